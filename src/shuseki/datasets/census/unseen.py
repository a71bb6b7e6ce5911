"""How biased are rates from incomplete records, and do corrected intervals cover the truth?

A census is drawn by the process of the synthetic census, plant by plant, and compared with its own
truth. By the records a birth is a number of 2000 with fewer than 20 regular employees that no
earlier wave has. In truth it is a plant of that size that opened since the wave of 1998. Between
the two stand:

    moves, lost numbers, growth over four workers, late capture, changes of industry   too many
    numbers that passed to a new plant (hidden among the survivors)                    too few
    births of one to three workers                                                     too few

``bias`` takes them away one after the other. ``coverage`` draws many censuses and asks, of each,
how often 95% intervals hold the truth: of the records as they are, and after correction by a
verified sample (``entry.misclassification``), imputation (``entry.imputation``) and, for the
smallest, either a size distribution (``entry.truncation``) or a follow-up of some of them.

The correction takes two things as given: opening dates that are right where they are known, which
is for 60% of the candidates; and, within a pattern of traces, candidates of all districts that are
as likely to be new. ``CONDITIONS`` says what becomes of the intervals where that does not hold.

Takes: seeds and sample sizes. Gives: ``RecordBias``, ``Coverage``; shares from 0 to 1.
Sources: Okamuro (2006), pp. 4–7 names the errors; their shares are those of the synthetic census
(``datasets.census.plants.Reasons``), not findings.
Limits: as assumed, what the census makes equal everywhere, the correction may take as equal: a new
number has the same reasons in every district, and births of 1–3 workers follow the stock of such
plants. In each draw the births of the districts are drawn anew (gamma-Poisson about model 1), so
that there is a law behind the coefficients; which districts are in the equation stays fixed.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.datasets.catalogue import load
from shuseki.datasets.census.design import CENSUS, DistrictDesign, district_design
from shuseki.datasets.census.histories import SMALL
from shuseki.datasets.census.plants import (
    BIRTH,
    CHANGE,
    GROWTH,
    LATE,
    LOST,
    MOVE,
    OUTSIDE,
    REASSIGNED,
    SURVEY_DAYS,
    Block,
    Country,
    Reasons,
    country,
    draw_block,
)
from shuseki.datasets.census.smallest import draw_smallest
from shuseki.entry.design import Design
from shuseki.entry.imputation import (
    ABOUT,
    About,
    ExtrapolatedSmallest,
    FollowedSmallest,
    Smallest,
    corrected_rates,
    pool_fit,
)
from shuseki.entry.misclassification import Candidates, split_patterns, verify_at_random
from shuseki.entry.ols import Fit, estimate, least_squares
from shuseki.entry.truncation import unseen_plants
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import ParameterError
from shuseki.language import Message, joined, listed, say
from shuseki.papers.okamuro_2006.variables import table_2
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006

__all__ = [
    "CONDITIONS",
    "ESTIMATORS",
    "FOLLOWED",
    "Conditions",
    "Coverage",
    "Drawn",
    "RecordBias",
    "bias",
    "coverage",
    "draw_census",
    "model_1",
    "told",
]

REASONS = Reasons()
"""Why plants appear, as the synthetic census has it."""
FEWER_THAN = 20
"""Births have fewer regular employees than this."""
NAMESAKES = (
    "no namesake left",
    *(
        f"namesake left another prefecture, {crowd} of the class did"
        for crowd in ("few", "some", "many")
    ),
    *(
        f"namesake left the prefecture, {crowd} of the class did"
        for crowd in ("1–14", "15–49", "50–149", "150+")
    ),
    "namesake left the town",
)
CROWD_ELSEWHERE, CROWD_NEAR = (500, 1500), (15, 50, 150)
"""Plants of the class gone from Japan, and from the prefecture, that separate these."""
OPENINGS = ("opening unknown", "opened since 1998")
PATTERNS = (
    *(f"{name}, {opening}" for name in NAMESAKES for opening in OPENINGS),
    "opened before",
    *(f"number goes on under another name, {opening}" for opening in OPENINGS),
    "number goes on under another name, opened before",
)
"""Traces in the records: of new numbers, then three of numbers that go on.

A namesake who left tells less where many left, so the crowd is part of the pattern."""
NEW_NUMBERS = 2 * len(NAMESAKES) + 1
ESTIMATORS = (
    "records",
    "verified and imputed",
    "records, all sizes",
    "extrapolated, spread as births",
    "extrapolated, spread as small plants",
    "followed up, all sizes",
)
"""The first two are of births of four or more workers, the others of births of any size."""
FOLLOWED = "MRATIO"
"""The regressor that the errors of the records follow, where they follow one."""
FEWEST = 0.2
"""Where errors vary, the district with the fewest has this share of those of the one with most."""


@dataclass(frozen=True)
class Conditions:
    """How far what the correction takes as given holds.

    Attributes
    ----------
    unknown_openings
        Share of the candidates whose day of opening the records lack.
    wrong_openings
        Share of the known days that are on the wrong side of the wave of 1998.
    errors
        How often a number is new though the plant is not: ``equal`` in all districts, ``random``
        (a district has 20 to 100% of them, by chance, anew in each census) or ``follow`` (20 to
        100%, in the order of the districts' ``FOLLOWED``).
    split
        Whether every pattern is divided into thirds of the districts by ``FOLLOWED`` before a
        sample is verified.
    """

    unknown_openings: float = 0.4
    wrong_openings: float = 0.0
    errors: Literal["equal", "random", "follow"] = "equal"
    split: bool = False

    def __post_init__(self) -> None:
        for name in ("unknown_openings", "wrong_openings"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ParameterError(
                    say(
                        "{name} is {value}. Expected a share from 0 to 1.",
                        name=name,
                        value=value,
                    )
                )
        if self.errors not in ("equal", "random", "follow"):
            raise ParameterError(
                say(
                    "errors is {errors!r}. Expected 'equal', 'random' or 'follow'.",
                    errors=self.errors,
                )
            )


AS_ASSUMED = Conditions()
CONDITIONS: Mapping[str, Conditions] = MappingProxyType(
    {
        "as assumed": AS_ASSUMED,
        "no opening dates": Conditions(unknown_openings=1.0),
        "a fifth of the opening dates wrong": Conditions(wrong_openings=0.2),
        "errors vary over districts": Conditions(errors="random"),
        f"errors follow {FOLLOWED}": Conditions(errors="follow"),
        f"errors follow {FOLLOWED}, patterns by its thirds": Conditions(
            errors="follow", split=True
        ),
    }
)
"""Name → conditions, from what is assumed to what breaks it and what mends it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one census shows of births, and what is true; one entry per plant that may be one.

    Attributes
    ----------
    area
        Position of the district, −1 outside, shape ``(n,)``.
    pattern
        Position in ``PATTERNS``, shape ``(n,)``.
    event
        What is true, position in ``datasets.census.plants.EVENTS``, shape ``(n,)``.
    employees
        In 2000, shape ``(n,)``.
    counted
        Whether the number is new, shape ``(n,)``: what the records count.
    smallest_births
        Births of 1–3 workers by district, shape ``(253,)``.
    smallest, smallest_opened
        Plants of 1–3 workers in 2000, all Japan, and how many of them opened since 1998.
    """

    area: Ints
    pattern: Ints
    event: Ints
    employees: Ints
    counted: Bools
    smallest_births: Ints
    smallest: int
    smallest_opened: int

    @property
    def is_new(self) -> Bools:
        """Whether the plant opened since 1998, shape ``(n,)``."""
        return np.isin(self.event, (BIRTH, REASSIGNED))

    def count(self, which: Bools) -> Ints:
        """Plants by district, shape ``(253,)``."""
        return np.bincount(self.area[which & (self.area >= 0)], minlength=OUTSIDE)


@result
class RecordBias(Result):
    """Rates and coefficients as errors of the records are taken away one after the other.

    Attributes
    ----------
    steps
        Names, from the records to the truth.
    births
        In the 253 districts at each step, shape ``(steps,)``.
    rates
        Births per 10,000 labour force, shape ``(steps, 253)``.
    coefficients
        Of model 1, shape ``(steps, k)``.
    terms
        Of the coefficients.
    """

    steps: tuple[str, ...]
    births: Ints
    rates: Floats
    coefficients: Floats
    terms: tuple[str, ...]

    def headline(self) -> Message:
        """Births by the records against true ones."""
        return say(
            "{records:,} births by the records, {larger:,} true ones of four or more workers, "
            "{all:,} of any size; n = {districts:count(district)}",
            records=int(self.births[0]),
            larger=int(self.births[-2]),
            all=int(self.births[-1]),
            districts=self.rates.shape[1],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per step: births, mean rate, rank correlation with the truth, coefficients."""
        frame = pd.DataFrame(
            {
                "step": self.steps,
                "births": self.births,
                "mean_rate_per_10000": self.rates.mean(axis=1),
                "rank_correlation_with_truth": [
                    scipy.stats.spearmanr(row, self.rates[-1]).statistic for row in self.rates
                ],
            }
        )
        return frame.join(pd.DataFrame(self.coefficients, columns=list(self.terms)))


@result
class Coverage(Result):
    """How often 95% intervals cover the truth.

    Attributes
    ----------
    table
        One row per estimator and target: ``estimator``, ``target``, ``what`` (district rates, or
        a term), ``coverage_share``, ``standard_error_share`` (over censuses), ``mean_bias`` and
        ``mean_width`` (in units of the rate, or of the coefficient), ``n`` intervals.
    censuses, draws, verified, followed
        Censuses drawn, imputations of each, candidates verified, smallest plants followed up.
    conditions
        How far what the correction takes as given held.
    """

    table: pd.DataFrame
    censuses: int
    draws: int
    verified: int
    followed: int
    conditions: Conditions = AS_ASSUMED

    def share(self, estimator: str, target: str = "rates", what: str = "") -> float:
        """Mean coverage of an estimator for a target: ``rates`` or a kind of coefficients.

        ``what`` names one coefficient; all of them by default.
        """
        rows = self.table[(self.table["estimator"] == estimator) & (self.table["target"] == target)]
        rows = rows[rows["what"] == what] if what else rows
        if rows.empty:
            raise ParameterError(
                say(
                    "No coverage of {target!r} {what} by {estimator!r}. Expected one of "
                    "{estimators} and rates, finite population or superpopulation.",
                    target=target,
                    what=what,
                    estimator=estimator,
                    estimators=listed(ESTIMATORS),
                )
            )
        return float(rows["coverage_share"].mean())

    def headline(self) -> Message:
        """Coverage of the rates before and after."""
        shares = say(
            "95% intervals cover the true rate in {before:.1%} of districts by the records, in "
            "{after:.1%} after correction",
            before=self.share("records"),
            after=self.share("verified and imputed"),
        )
        if self.conditions != AS_ASSUMED:
            shares = say("{shares} ({conditions})", shares=shares, conditions=told(self.conditions))
        return say("{shares}; n = {n} synthetic censuses", shares=shares, n=self.censuses)

    def to_frame(self) -> pd.DataFrame:
        """One row per estimator, target and term."""
        return self.table.copy()


def bias(*, seed: int = 2006, reasons: Reasons = REASONS) -> RecordBias:
    """Take the errors of the records away one after the other, in one synthetic census.

    Parameters
    ----------
    seed
        Of the census.
    reasons
        Why plants appear, as shares.
    """
    drawn = draw_census(district_design(), country(), np.random.default_rng(seed), reasons)
    world = model_1()
    left = drawn.counted.copy()
    steps, counts = ["records"], [drawn.count(left)]
    for name, event in (
        ("without moves", MOVE),
        ("without lost numbers", LOST),
        ("without late capture", LATE),
        ("without changes of industry", CHANGE),
        ("without growth from below four", GROWTH),
    ):
        left = left & (drawn.event != event)
        steps.append(name)
        counts.append(drawn.count(left))
    steps += ["with births under an old number", "with births of 1–3 workers"]
    counts.append(drawn.count(drawn.is_new))
    counts.append(counts[-1] + drawn.smallest_births)
    births = np.array(counts)
    rates = 10_000 * births / world.labour_force
    return RecordBias(
        steps=tuple(steps),
        births=births.sum(axis=1),
        rates=rates,
        coefficients=np.array([world.coefficients(row) for row in rates]),
        terms=world.fit.terms,
        notes=(NOT_A_FINDING,),
        sources=(CENSUS, OKAMURO_2006.at(say("pp. {first}-{last}", first=4, last=7))),
    )


NOT_A_FINDING = say(
    "The shares of the errors are those of the synthetic census: the mechanism is real, the "
    "numbers are not."
)


def coverage(
    censuses: int = 200,
    *,
    draws: int = 200,
    verified: int = 1500,
    followed: int = 1000,
    seed: int = 2006,
    reasons: Reasons = REASONS,
    conditions: Conditions = AS_ASSUMED,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Coverage:
    """Draw censuses, correct each, and count how often intervals cover the truth.

    Parameters
    ----------
    censuses
        How many; 200 take some minutes.
    draws
        Imputations of each.
    verified
        Candidates verified at random; a fifth of them among numbers that go on under another name.
    followed
        Plants of 1–3 workers asked when they opened.
    seed
        Of the first census; the others follow.
    conditions
        How far what the correction takes as given holds; ``CONDITIONS`` names some.
    workers
        Processes; more than one give the same numbers sooner.
    progress
        Called with the number of censuses done, and in all.
    """
    for name, value, least in (("censuses", censuses, 2), ("verified", verified, 100)):
        if value < least:
            raise ParameterError(
                say(
                    "{name} is {value}. Expected at least {least}.",
                    name=name,
                    value=value,
                    least=least,
                )
            )
    score = partial(
        score_census,
        seed=seed,
        draws=draws,
        verified=verified,
        followed=followed,
        reasons=reasons,
        conditions=conditions,
    )
    scores = []
    with ExitStack() as stack:
        run = map
        if workers > 1:
            pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
            run = stack.enter_context(pool).map  # type: ignore[assignment]
        for done, one in enumerate(run(score, range(censuses)), start=1):
            scores.append(one)
            if progress is not None:
                progress(done, censuses)
    return Coverage(
        table=tabulate(scores, model_1()),
        censuses=censuses,
        draws=draws,
        verified=verified,
        followed=followed,
        conditions=conditions,
        notes=(
            NOT_A_FINDING,
            say("Conditions: {conditions}.", conditions=told(conditions)),
            say(
                "Coefficients, finite population: those of the true rates of the same census. "
                "Superpopulation: their mean over all censuses."
            ),
        ),
        sources=(CENSUS, OKAMURO_2006.at(say("pp. {first}-{last}", first=4, last=7))),
    )


def told(conditions: Conditions) -> Message:
    """Say conditions in words."""
    known = 1 - conditions.unknown_openings
    parts = [say("opening dates known for {share:.0%} of the candidates", share=known)]
    if known:
        wrong = conditions.wrong_openings
        parts.append(say("{share:.0%} of them wrong", share=wrong) if wrong else say("and right"))
    errors = {
        "equal": say("errors equally frequent in all districts"),
        "random": say(
            "errors in a district from {fewest:.0%} to 100% of the most frequent, by chance",
            fewest=FEWEST,
        ),
        "follow": say(
            "errors in a district from {fewest:.0%} to 100%, in the order of {variable}",
            fewest=FEWEST,
            variable=FOLLOWED,
        ),
    }[conditions.errors]
    told_apart = [joined(parts, ", "), errors]
    if conditions.split:
        told_apart.append(say("patterns divided into thirds of {variable}", variable=FOLLOWED))
    return joined(told_apart, "; ")


# ---- the world: model 1 on the districts ----------------------------------------------------


@dataclass(frozen=True, eq=False)
class World:
    """The districts, and model 1 on them.

    Attributes
    ----------
    design
        What the census is drawn from.
    variables, fit
        Regional variables and model 1 of START by the records.
    rows
        Positions of the districts in the equation, shape ``(n,)``.
    labour_force
        Persons, shape ``(253,)``.
    smallest
        Plants of 1–3 workers in 2000: the published number spread over the districts as in their
        accounts of 1998, shape ``(253,)``.
    expected, shape
        Births expected by model 1, scaled to the number by the records, and how much districts
        vary round them: the shape of a gamma.
    """

    design: DistrictDesign
    variables: RegionalVariables
    fit: Fit
    rows: Ints
    labour_force: Floats
    smallest: Floats
    expected: Floats
    shape: float

    def coefficients(self, rates: Floats) -> Floats:
        """Model 1 on rates by district, shape ``(k,)``."""
        return least_squares(rates[self.rows], self.fit.sample.regressors).coefficients

    def refit(self, rates: Floats) -> Fit:
        """Model 1 on the same districts with other rates."""
        outcome = rates[self.rows]
        fitted = least_squares(outcome, self.fit.sample.regressors, self.fit.design.standard_errors)
        return replace(
            self.fit,
            sample=replace(self.fit.sample, outcome=outcome),
            coefficients=fitted.coefficients,
            covariance=fitted.covariance,
            residuals=fitted.residuals,
        )

    def redrawn(self, rng: np.random.Generator) -> DistrictDesign:
        """Draw the births that the records show anew, gamma-Poisson about model 1."""
        counted = self.design.births_high + self.design.births_low
        high = (self.design.births_high / counted).fillna(0.0).to_numpy()
        while True:
            mean = self.expected * rng.gamma(self.shape, 1 / self.shape, len(self.expected))
            births = rng.poisson(mean)
            if births.sum() < SMALL:  # the rest of Japan has what is left of its births
                break
        index = self.design.births_high.index
        of_high = rng.binomial(births, high)
        return replace(
            self.design,
            births_high=pd.Series(of_high, index=index),
            births_low=pd.Series(births - of_high, index=index),
        )


@lru_cache
def model_1() -> World:
    """Estimate model 1 of the 2006 paper on the districts of the synthetic census."""
    design = district_design()
    births = pd.DataFrame(
        {
            "births": design.births_high + design.births_low,
            "births_high": design.births_high,
            "births_low": design.births_low,
        }
    )
    variables = table_2(design.accounts, births, sources=(CENSUS,))
    terms = ("PCM", "GRSALES", "UNEMPL", "UNIV", "INST", "DENS", "MRATIO", "AVESIZE", "HITECH")
    fit = estimate(Design("START", terms), variables)
    rows = np.array([variables.areas.index(area) for area in fit.sample.areas])
    labour = design.accounts["labour_force_1995"].to_numpy(dtype=float)
    observed = variables.column("START").to_numpy()
    mean = observed.copy()
    mean[rows] = np.maximum(fit.sample.regressors @ fit.coefficients, 0.2)
    expected = mean * labour / 10_000
    of_model = expected[rows]
    seen = observed[rows] * labour[rows] / 10_000
    expected *= (observed * labour / 10_000).sum() / expected.sum()
    extra = ((seen - of_model) ** 2 - of_model).sum() / (of_model**2).sum()
    small = design.accounts["plants_1998"] - design.plants_of_4_or_more
    weights = small.clip(lower=0).to_numpy(dtype=float)
    return World(
        design=design,
        variables=variables,
        fit=fit,
        rows=rows,
        labour_force=labour,
        smallest=published_smallest() * inside_share() * weights / weights.sum(),
        expected=expected,
        shape=1 / extra,
    )


def published_smallest() -> float:
    """Plants of 1–3 workers in Japan, 2000."""
    table = load("plant-sizes")
    here = (table["industry_ja"] == "製造業計") & (table["size"] == "1~3") & (table["year"] == 2000)
    return float(table.loc[here, "plants"].iloc[0])


def inside_share() -> float:
    """Share of Japan's plants of 1–3 workers that stand in the districts, as the census has it."""
    place = country()
    outside = place.plants[place.area == OUTSIDE].sum() / place.plants.sum()
    return float(1 / (1 + outside))


# ---- one census ---------------------------------------------------------------------------------


def draw_census(
    design: DistrictDesign,
    place: Country,
    rng: np.random.Generator,
    reasons: Reasons = REASONS,
    conditions: Conditions = AS_ASSUMED,
) -> Drawn:
    """Draw a census as ``datasets.census`` does, and keep what may be a birth of 2000."""
    block = draw_block(design, place, 1.0, 0, rng, reasons)
    tiny = draw_smallest(design, place, 1.0, 0, rng)
    new = block.seen[:, 4] & ~block.seen[:, :4].any(axis=1)
    goes_on = block.seen[:, 3] & block.seen[:, 4]
    handed_on = goes_on & (block.heir != block.plant)
    small = block.employees[:, 4] < FEWER_THAN
    renamed = handed_on | (goes_on & looks_renamed(block, reasons, rng))
    at = np.flatnonzero((new | renamed) & small)
    recent = (block.opened_here[at] > SURVEY_DAYS[1998]) | handed_on[at]
    if conditions.wrong_openings:
        recent = recent ^ (rng.random(len(at)) < conditions.wrong_openings)
    unknown = rng.random(len(at)) < conditions.unknown_openings
    opening = np.where(unknown, 0, np.where(recent, 1, 2))
    told = 2 * namesakes(block, place, at, reasons, rng) + opening
    of_new = np.where(opening == 2, NEW_NUMBERS - 1, told)
    area = place.area[block.municipality[at]]
    tiny = tiny[tiny["wave"] == 4]
    born = tiny[tiny["born"]]
    born_in = place.area[born["municipality"].to_numpy()]
    event = np.where(handed_on, REASSIGNED, np.where(new, block.event, 0))[at]
    kept = np.ones(len(at), dtype=bool)
    if conditions.errors != "equal":
        wrong = new[at] & ~np.isin(event, (BIRTH, REASSIGNED))
        share = error_shares(design, conditions, rng)
        kept = ~wrong | (rng.random(len(at)) < np.append(share, share.mean())[area])
    return Drawn(
        area=np.where(area == OUTSIDE, -1, area)[kept],
        pattern=np.where(new[at], of_new, NEW_NUMBERS + opening)[kept],
        event=event[kept],
        employees=block.employees[at, 4][kept],
        counted=new[at][kept],
        smallest_births=np.bincount(born_in, minlength=OUTSIDE + 1)[:OUTSIDE],
        smallest=len(tiny),
        smallest_opened=len(born),
    )


def error_shares(
    design: DistrictDesign, conditions: Conditions, rng: np.random.Generator
) -> Floats:
    """Share of the errors of the most frequent that each district has, shape ``(253,)``."""
    if conditions.errors == "random":
        return np.asarray(rng.uniform(FEWEST, 1.0, len(design.accounts)))
    order = scipy.stats.rankdata(model_1().variables.column(FOLLOWED).to_numpy())
    return np.asarray(FEWEST + (1 - FEWEST) * (order - 1) / (len(order) - 1))


def looks_renamed(block: Block, reasons: Reasons, rng: np.random.Generator) -> Bools:
    """Whether a misspelt stem makes a plant look another one in 1998 or 2000, shape ``(n,)``.

    One misspelling in three writes the stem otherwise; for sole proprietors two in three
    (``datasets.census.names``).
    """
    share = reasons.misspelt_share * np.where(block.form == 2, 2 / 3, 1 / 3)
    return np.asarray(rng.random(len(share)) < 1 - (1 - share) ** 2)


def namesakes(
    block: Block, place: Country, at: Ints, reasons: Reasons, rng: np.random.Generator
) -> Ints:
    """Where a plant of the same class and name is missing in 2000 that was there in 1998.

    Position in ``NAMESAKES``, shape of ``at``. Misspelt names match nothing.
    """
    gone = np.flatnonzero(block.seen[:, 3] & ~block.seen[:, 4])
    names = ((block.industry * 120 + block.stem) * 4 + block.trade) * 3 + block.form

    def spelt(which: Ints) -> Ints:
        wrong = rng.random(len(which)) < reasons.misspelt_share
        return np.where(wrong, -1 - which, names[which])

    here, left = spelt(at), spelt(gone)
    town, prefecture = block.municipality, place.prefecture[block.municipality]
    classes = len(place.industries)

    def crowd(where: Ints) -> Ints:
        cell = where * classes + block.industry
        return np.asarray(np.bincount(cell[gone], minlength=int(cell.max()) + 1)[cell[at]])

    nowhere = np.zeros(len(names), dtype=np.int64)
    elsewhere = 1 + np.searchsorted(CROWD_ELSEWHERE, crowd(nowhere), side="right")
    near = 4 + np.searchsorted(CROWD_NEAR, crowd(prefecture), side="right")
    found = np.zeros(len(at), dtype=np.int64)
    for level, where in (
        (elsewhere, nowhere),
        (near, prefecture),
        (np.full(len(at), len(NAMESAKES) - 1), town),
    ):
        many = int(where.max()) + 1
        is_there = np.isin(here * many + where[at], left * many + where[gone])
        found = np.where(is_there, level, found)
    return found


# ---- scores ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Score:
    """One census: true rates and coefficients, intervals of each estimator, low, middle, high.

    ``rates[estimator]`` has shape ``(3, 253)``, ``coefficients[about][estimator]`` ``(3, k)``; the
    truths are of births of four or more workers, and of all sizes: ``(2, 253)`` and ``(2, k)``.
    """

    true_rates: Floats
    true_coefficients: Floats
    rates: dict[str, Floats]
    coefficients: dict[About, dict[str, Floats]]


def score_census(
    number: int,
    seed: int,
    draws: int,
    verified: int,
    followed: int,
    reasons: Reasons,
    conditions: Conditions = AS_ASSUMED,
) -> Score:
    """Draw one census of a series, and correct it in every way."""
    world = model_1()
    rng = np.random.default_rng([seed, number])
    drawn = draw_census(world.redrawn(rng), country(), rng, reasons, conditions)
    return examine(drawn, world, verified, followed, draws, rng, split=conditions.split)


def examine(
    drawn: Drawn,
    world: World,
    verified: int,
    followed: int,
    draws: int,
    rng: np.random.Generator,
    *,
    split: bool = False,
) -> Score:
    """Correct one census in every way, beside its truth."""
    labour = world.labour_force
    true_births = np.array([drawn.count(drawn.is_new), drawn.count(drawn.is_new)])
    true_births[1] += drawn.smallest_births
    true_rates = 10_000 * true_births / labour
    candidates = verify(drawn, world, verified, rng, split=split)
    seed = int(rng.integers(2**62))
    asked = min(followed, drawn.smallest)
    opened = int(
        rng.hypergeometric(drawn.smallest_opened, drawn.smallest - drawn.smallest_opened, asked)
    )
    observed = candidates.observed()
    poisson = 10_000 * np.array(poisson_interval(observed)) / labour
    plain = np.array([poisson[0], 10_000 * observed / labour, poisson[1]])
    fit = world.refit(plain[1])
    ends = scipy.stats.t.ppf(0.975, fit.degrees_of_freedom) * fit.standard_errors
    by_records = np.array([fit.coefficients - ends, fit.coefficients, fit.coefficients + ends])
    plain_estimators = (ESTIMATORS[0], ESTIMATORS[2])
    rates = dict.fromkeys(plain_estimators, plain)
    found = {about: dict.fromkeys(plain_estimators, by_records) for about in ABOUT}
    odds = extrapolated_odds(drawn, draws, rng)
    kinds: tuple[tuple[str, Smallest | None], ...] = (
        (ESTIMATORS[1], None),
        (ESTIMATORS[3], ExtrapolatedSmallest(odds)),
        (ESTIMATORS[4], ExtrapolatedSmallest(odds, world.smallest)),
        (ESTIMATORS[5], FollowedSmallest(world.smallest, asked, opened)),
    )
    for name, smallest in kinds:
        corrected = corrected_rates(candidates, labour, smallest=smallest, draws=draws, seed=seed)
        low, high = corrected.interval()
        rates[name] = np.array([low, corrected.rate, high])
        pooled = pool_fit(fit, corrected)
        for about in ABOUT:
            low, high = pooled.interval(about)
            found[about][name] = np.array([low, (low + high) / 2, high])
    truth = np.array([world.coefficients(row) for row in true_rates])
    return Score(true_rates, truth, rates, found)


def verify(
    drawn: Drawn, world: World, verified: int, rng: np.random.Generator, *, split: bool = False
) -> Candidates:
    """Verify candidates at random: by pattern in proportion, at least ten of each.

    A fifth of the sample goes to numbers that go on under another name. ``split`` divides the
    patterns by thirds of the districts first.
    """
    patterns, pattern = PATTERNS, drawn.pattern
    if split:
        patterns, pattern = split_patterns(
            PATTERNS, pattern, drawn.area, world.variables.column(FOLLOWED).to_numpy(), FOLLOWED
        )
    counts = np.bincount(pattern, minlength=len(patterns))
    is_new_number = np.arange(len(patterns)) * len(PATTERNS) // len(patterns) < NEW_NUMBERS
    share = np.where(
        is_new_number,
        0.8 * counts / counts[is_new_number].sum(),
        0.2 * counts / counts[~is_new_number].sum(),
    )
    wanted = np.maximum(np.rint(verified * share).astype(np.int64), 10)
    return Candidates(
        area=drawn.area,
        pattern=pattern,
        status=verify_at_random(pattern, drawn.is_new, wanted.tolist(), rng),
        counted=drawn.counted,
        areas=world.variables.areas,
        patterns=patterns,
        sources=(CENSUS,),
    )


def extrapolated_odds(drawn: Drawn, draws: int, rng: np.random.Generator) -> Floats:
    """Extrapolate the sizes of what the records count as births to 1–3 workers.

    Draws of births of 1–3 workers per birth of four or more, shape ``(draws,)``. The mixture of
    geometrics alone is tried: it was chosen knowing the truth, which it happens to be near.
    """
    sizes = np.arange(4, FEWER_THAN)
    plants = np.bincount(drawn.employees[drawn.counted], minlength=FEWER_THAN)[4:]
    found = unseen_plants(
        sizes, sizes, plants, seen_to=FEWER_THAN - 1, families=("geometric mixture",)
    )
    return found.draw_odds(draws, rng)


def poisson_interval(counts: Ints, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of Poisson means (Garwood), each of shape ``(n,)``."""
    low = np.where(counts == 0, 0.0, scipy.stats.chi2.ppf(0.5 - level / 2, 2 * counts) / 2)
    return np.nan_to_num(low), np.asarray(scipy.stats.chi2.ppf(0.5 + level / 2, 2 * counts + 2) / 2)


def tabulate(scores: list[Score], world: World) -> pd.DataFrame:
    """Count over censuses how often the intervals hold the truth."""
    rows: list[dict[str, object]] = []
    terms = world.fit.terms
    for name in ESTIMATORS:
        size = 0 if ESTIMATORS.index(name) < 2 else 1
        rates = np.array([score.rates[name] for score in scores])
        truth = np.array([score.true_rates[size] for score in scores])[:, None]
        rows += summarise(name, "rates", ("district rates",), rates, truth, over=(0, 2))
        own = np.array([score.true_coefficients[size] for score in scores])[:, None]
        for about in ABOUT:
            intervals = np.array([score.coefficients[about][name] for score in scores])
            true = own if about == "finite population" else own.mean(axis=0, keepdims=True)
            rows += summarise(name, about, terms, intervals, true)
    return pd.DataFrame(rows)


def summarise(
    estimator: str,
    target: str,
    names: tuple[str, ...],
    found: Floats,
    truth: Floats,
    over: tuple[int, ...] = (0,),
) -> list[dict[str, object]]:
    """Summarise intervals, shape ``(censuses, 3, n)``, against the truth, ``(…, 1, n)``."""
    low, middle, high = np.moveaxis(found, 1, 0)
    true = np.broadcast_to(truth[:, 0], low.shape)
    holds = ((low <= true) & (true <= high)).astype(float)
    if len(over) == 2:
        share = np.array([holds.mean()])
        error = np.array([holds.mean(axis=1).std(ddof=1) / np.sqrt(len(holds))])
        off, width = np.array([(middle - true).mean()]), np.array([(high - low).mean()])
    else:
        share = holds.mean(axis=0)
        error = np.sqrt(share * (1 - share) / len(holds))
        off, width = (middle - true).mean(axis=0), (high - low).mean(axis=0)
    return [
        {
            "estimator": estimator,
            "target": target,
            "what": what,
            "coverage_share": share[k],
            "standard_error_share": error[k],
            "mean_bias": off[k],
            "mean_width": width[k],
            "n": holds.size // len(names),
        }
        for k, what in enumerate(names)
    ]
