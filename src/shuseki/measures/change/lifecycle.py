"""In which stage of its life cycle is an agglomeration, how surely, and what comes with it?

Definition. Toyama's six stages (figure 3-2 of the 2012 paper): formation (生成), quantitative
growth (量的発展期), qualitative growth (質的発展期), maturity (成熟期), contraction (縮小期),
decline (衰退期). They are regimes of growth (``regimes``): a stage is the band in which the
growth of a spell of years lies, around what the profile of the stage states. Each stage ends with
probability 0.1 a year; Toyama's order is the likeliest (``FOLLOWS``), but every stage can follow
every other, so that growth can come back. Growth that comes back after contraction or decline is a
renewal, and has its own probability. Formation and qualitative growth have the same growth; they
differ by what comes before and after.

What hits all series in one year (the median of all beside its median over five years; 2009) is
taken out. The scale of yearly shocks is that of the data, ``s² + c / n`` in a series of ``n``
plants, from the steps of growth between years; how much larger the shocks of one series are, and
how long they last, is part of what is unknown. Measures that move together count as fewer: with
``M`` measures whose steps have the mean correlation ``r`` the evidence is divided by
``1 + (M − 1) r``. Answers are probabilities of each stage in each year: given all years
(``probability``), and given the years up to it (``filtered``); in the last year they are the same.

The profiles put the table's words ("strong increase", "level", "decrease") into numbers; they are
stated in ``PROFILES``, are ours, and can be replaced.

Takes a panel whose periods are consecutive years; one industry, all together, or each. Gives
stages and probabilities, growth to be expected in the next five years, and the paper's table of
what goes with each stage.
Sources: figure 3-2 of the 2012 paper, after Toyama (2010); Hamilton (1989), Econometrica 57;
division of the evidence: Pauli, Racugno and Ventura (2011), Statistica Sinica 21.
Checked against: made-up histories of ten shapes (``calibration``); what the bundled panels did
afterwards (``foresight``); Ota (shrinking) and Kitakami (holding), as the 2012 paper says.
Limits: the stage is one of growth; size beside its peak stands in the evidence, and market,
learning and strategy are what the paper associates with it, not what was measured. Amounts are
nominal unless deflated before. In a panel of fewer than 50 series a slump of the whole nation
counts as each area's own. In a record of less than a dozen years lasting shocks cannot be
distinguished from a stage. The outlook leaves out turns of the nation as a whole.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, listed, say, told, word
from shuseki.language.names import some_of
from shuseki.measures.amounts import series
from shuseki.measures.change.histories import Stages, made_up
from shuseki.measures.change.regimes import Regimes, Rules, find_regimes, grid
from shuseki.measures.visibility import comparable_years, seen_share
from shuseki.panel import ALL, Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = [
    "PROFILES",
    "STAGES",
    "Calibration",
    "Foresight",
    "LifeCycle",
    "calibration",
    "foresight",
    "life_cycle",
    "stage_table",
]

STAGES = (
    "formation",
    "quantitative growth",
    "qualitative growth",
    "maturity",
    "contraction",
    "decline",
)

PROFILES: Mapping[str, tuple[float, ...]] = {
    # growth per year (share) in each stage
    "plants": (0.03, 0.08, 0.03, 0.0, -0.04, -0.09),
    "workers": (0.03, 0.08, 0.03, 0.0, -0.035, -0.08),
    "output": (0.05, 0.11, 0.07, 0.01, -0.03, -0.09),
    # births per plant and year
    "births": (0.10, 0.10, 0.06, 0.04, 0.03, 0.02),
}
BIRTH_SCALE = 0.03
FREEDOM = 4
NEAR_PEAK = 0.95
SHORT = 12
LEAVING = 0.1
"""Probability that a stage ends, per year."""
FOLLOWS = np.array(
    [
        # what comes after each stage, in the order of STAGES
        [0.00, 0.60, 0.10, 0.10, 0.10, 0.10],
        [0.02, 0.00, 0.55, 0.20, 0.13, 0.10],
        [0.02, 0.13, 0.00, 0.55, 0.20, 0.10],
        [0.05, 0.10, 0.15, 0.00, 0.55, 0.15],
        [0.10, 0.10, 0.10, 0.25, 0.00, 0.45],
        [0.20, 0.20, 0.10, 0.20, 0.30, 0.00],
    ]
)
RISING, FALLING = (0, 1, 2), (4, 5)
BAND = 0.33
"""Spells of a stage grow as its profile, or that share of the way to the next profile."""
BAND_SHARES = (0.25, 0.5, 0.25, 0.15)
"""Below, at and above the profile; the outermost stages also reach a whole step beyond it."""
PANEL_SERIES = 50
CLASSES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
AHEAD = 5
DRAWN_AHEAD = 200
RENEWED = 0.5
EACH = "each"
ENOUGH_SERIES = 50
"""Series from which the noise of small cells can be estimated."""

SD_PER_MAD = 1.4826
SMALLEST_SCALE, TYPICAL_SCALE = 0.01, 0.05

DATA = Path(__file__).parent / "data"
DRAWN = Source("Drawn", say("Made-up histories of agglomerations"), "", origin="synthetic")


@result
class LifeCycle(Result):
    """The stage of each series; ``S`` series, ``T`` years.

    Attributes
    ----------
    codes, names
        Area codes and names of the series.
    industries, industry_names
        Industry of each series; ``"all"`` where industries were added up.
    periods
        Years; the first has no growth and no stage.
    probability
        Of each stage in each year from the second on, given all years, shape ``(S, T − 1, 6)``.
    filtered
        The same given the years up to each, ``(S, T − 1, 6)``: what could be said at the time.
    renewal
        Probability that the series grows in the last year after a contraction or decline that the
        record holds, ``(S,)``.
    outlook_per_year
        Growth per year of the first of workers, plants, output in the next five years: quantiles
        5, 50 and 95 %, ``(S, 3)``.
    size_over_peak, peak
        Size of the same in the last known year over its largest, ``(S,)``, and when that was.
    growth_per_year
        Mean growth of each measure in the last five years, shape ``(S, measures)``.
    acceleration_per_year
        Mean growth of the last three years less that of the three before, ``(S, measures)``.
    mean_plants, location_quotient
        Plants over all years, and the series' share of its area over the nation's, ``(S,)``;
        ``nan`` where plants are not followed or industries were added up.
    measures
        Which of plants, workers, output were followed.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    periods: tuple[str, ...]
    measures: tuple[str, ...]
    probability: Floats
    filtered: Floats
    renewal: Floats
    outlook_per_year: Floats
    size_over_peak: Floats
    peak: tuple[str, ...]
    growth_per_year: Floats
    acceleration_per_year: Floats
    mean_plants: Floats
    location_quotient: Floats

    @property
    def stage(self) -> tuple[str, ...]:
        """Likeliest stage of each series in the last year."""
        return tuple(STAGES[k] for k in self.probability[:, -1].argmax(axis=1))

    @property
    def stage_ja(self) -> tuple[str, ...]:
        """The same in the terms of the source paper."""
        return tuple(told(word(stage), "ja") for stage in self.stage)

    @property
    def chance(self) -> Floats:
        """Probability of the likeliest stage in the last year, ``(S,)``."""
        highest: Floats = self.probability[:, -1].max(axis=1)
        return highest

    @property
    def years_in_stage(self) -> Ints:
        """For how many years the likeliest stage has been the present one, ``(S,)``."""
        course = self.probability.argmax(axis=2)
        same = course[:, ::-1] == course[:, -1:]
        years: Ints = np.where(same.all(axis=1), same.shape[1], same.argmin(axis=1))
        return years

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each series: the area, and the industry where there are several."""
        if len(set(self.industries)) == 1:
            return self.names
        return tuple(listed(both) for both in zip(self.names, self.industry_names, strict=True))

    def evidence(self, lang: str = "en") -> tuple[str, ...]:
        """Say for each series what its stage rests on, in English or Japanese."""
        lead = _lead(self.measures)
        speed = self.acceleration_per_year[:, self.measures.index(lead)]
        said = []
        for k, stage in enumerate(self.stage):
            growth = [
                say("{measure} {growth:+.1%}", measure=word(name), growth=value)
                for name, value in zip(self.measures, self.growth_per_year[k], strict=True)
                if np.isfinite(value)
            ]
            parts = [
                say(
                    "{stage} ({chance:.0%}), {years:count(year)} so far",
                    stage=word(stage),
                    chance=self.chance[k],
                    years=self.years_in_stage[k],
                ),
                say("a year in the last five: {growth}", growth=joined(growth, ", ")),
            ]
            if np.isfinite(speed[k]):
                parts.append(
                    say(
                        "growth of {measure} {points:.1f} points higher in the last three years "
                        "than in the three before"
                        if speed[k] >= 0
                        else "growth of {measure} {points:.1f} points lower in the last three "
                        "years than in the three before",
                        measure=word(lead),
                        points=100 * abs(speed[k]),
                    )
                )
            if self.size_over_peak[k] < NEAR_PEAK:
                parts.append(
                    say(
                        "{measure} at {share:.0%} of the peak of {year}",
                        measure=word(lead),
                        share=self.size_over_peak[k],
                        year=self.peak[k],
                    )
                )
            if self.renewal[k] >= RENEWED:
                parts.append(
                    say("growth after shrinking: a renewal ({chance:.0%})", chance=self.renewal[k])
                )
            said.append(told(joined(parts), lang))
        return tuple(said)

    def headline(self) -> Message:
        """Say the stage of a few series, or count many."""
        return self._each() if len(self.codes) <= 6 else self._many()

    def _each(self) -> Message:
        each = [
            say(
                "{name} {stage} ({chance:.0%}, a renewal)"
                if again >= RENEWED
                else "{name} {stage} ({chance:.0%})",
                name=name,
                stage=word(stage),
                chance=chance,
            )
            for name, stage, chance, again in zip(
                self.labels, self.stage, self.chance, self.renewal, strict=True
            )
        ]
        return say("Stage in {year}: {each}.", year=self.periods[-1], each=joined(each, ", "))

    def _many(self) -> Message:
        stages, again = self.stage, int((self.renewal >= RENEWED).sum())
        counts = [
            say("{n:,} in {stage}", n=stages.count(stage), stage=word(stage))
            for stage in STAGES
            if stage in stages
        ]
        main = say(
            "Of {n:,} areas in {year}, {counts}; {sure:,} of these stages have a probability of "
            "80% or more."
            if len(set(self.industries)) == 1
            else "Of {n:,} pairs of area and industry in {year}, {counts}; {sure:,} of these "
            "stages have a probability of 80% or more.",
            n=len(self.codes),
            year=self.periods[-1],
            counts=joined(counts, ", "),
            sure=int((self.chance >= 0.8).sum()),
        )
        if not again:
            return main
        return joined([main, say("{n:,} grow again after shrinking.", n=again)], " ")

    def to_frame(self) -> pd.DataFrame:
        """One row per series: stage, probability of each, growth, evidence."""
        frame = pd.DataFrame(
            {
                "area": self.codes,
                "area_name": self.names,
                "industry": self.industries,
                "industry_name": self.industry_names,
                "stage": self.stage,
                "stage_ja": self.stage_ja,
                "probability": self.chance,
            }
        )
        for k, name in enumerate(STAGES):
            frame[f"probability_{name.replace(' ', '_')}"] = self.probability[:, -1, k]
        for k, name in enumerate(self.measures):
            frame[f"{name}_growth_per_year"] = self.growth_per_year[:, k]
            frame[f"{name}_acceleration_per_year"] = self.acceleration_per_year[:, k]
        frame["probability_renewal"] = self.renewal
        lead = _lead(self.measures)
        for k, name in enumerate(("low", "median", "high")):
            frame[f"{lead}_outlook_per_year_{name}"] = self.outlook_per_year[:, k]
        frame["years_in_stage"] = self.years_in_stage
        frame[f"{lead}_over_peak"] = self.size_over_peak
        frame["peak"] = self.peak
        frame["mean_plants"] = self.mean_plants
        frame["location_quotient"] = self.location_quotient
        frame["evidence"] = self.evidence()
        frame["evidence_ja"] = self.evidence("ja")
        return frame

    def by_industry(self) -> pd.DataFrame:
        """Count series by industry (rows) and stage (columns) in the last year."""
        counts = pd.crosstab(pd.Series(self.industry_names), pd.Series(self.stage))
        return counts.reindex(columns=list(STAGES), fill_value=0).rename_axis(
            index="industry_name", columns=None
        )

    def goes_with(
        self, code: str, lang: str = "en", *, industry: str | None = None
    ) -> pd.DataFrame:
        """Give the paper's row of market, learning, strategy … for the stage of one series."""
        at = [
            k
            for k, (area, one) in enumerate(zip(self.codes, self.industries, strict=True))
            if area == code and industry in (None, one)
        ]
        if not at:
            raise UnknownCodeError.among("series", [code, *filter(None, [industry])], self.codes)
        if len(at) > 1:
            raise ParameterError(
                say(
                    "Area {code!r} has {n_at} industries. Expected one: name it with industry=…, "
                    "such as {industries!r}.",
                    code=code,
                    n_at=len(at),
                    industries=self.industries[at[0]],
                )
            )
        table = stage_table()
        stage, aspect = (
            (self.stage[at[0]], "aspect") if lang == "en" else (self.stage_ja[at[0]], "aspect_ja")
        )
        return table[[aspect, stage]]


@result
class Calibration(Result):
    """How often the likeliest stage is the true one, in made-up histories.

    Attributes
    ----------
    said, right, count
        Mean probability of the likeliest stage, share in which it was the true stage, and their
        number, one per class of probability.
    brier
        Mean squared difference of the probability from right (1) or wrong (0).
    shape, years, series, when
        Of the histories; stages of the last year, or of all.
    """

    said: Floats
    right: Floats
    count: Ints
    brier: float
    shape: str
    years: int
    series: int
    when: str

    @property
    def mean_said(self) -> float:
        """Mean probability of the likeliest stage."""
        return float((self.count * self.said).sum() / self.count.sum())

    @property
    def mean_right(self) -> float:
        """Share in which it was the true one."""
        return float((self.count * self.right).sum() / self.count.sum())

    @property
    def gap(self) -> float:
        """Mean difference of what is said from what is right, over the classes."""
        return float((self.count * np.abs(self.said - self.right)).sum() / self.count.sum())

    def headline(self) -> Message:
        """Say how far the stated probability lies from the share that is right."""
        return say(
            "In {series:,} made-up histories of {years} years ({shape}), the likeliest stage in "
            "the last year has a stated probability of {said:.0%} and is right in {right:.0%}; the "
            "two differ by {gap:.0f} points on average over the classes (Brier score {brier:.2f}, "
            "n = {n:,})."
            if self.when == "last"
            else "In {series:,} made-up histories of {years} years ({shape}), the likeliest stage "
            "of a year has a stated probability of {said:.0%} and is right in {right:.0%}; the two "
            "differ by {gap:.0f} points on average over the classes (Brier score {brier:.2f}, "
            "n = {n:,}).",
            series=self.series,
            years=self.years,
            shape=word(self.shape),
            said=self.mean_said,
            right=self.mean_right,
            gap=100 * self.gap,
            brier=self.brier,
            n=int(self.count.sum()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per class of probability."""
        return pd.DataFrame({"said": self.said, "right": self.right, "count": self.count})


@result
class Foresight(Result):
    """What followed the stages judged with the years up to then.

    Attributes
    ----------
    table
        One row per series and year of judgement: ``area``, ``industry``, ``year``, ``stage``,
        ``probability``, the outlook (``low``, ``median``, ``high`` per year), and ``found``:
        growth per year in the five years that followed.
    measure
        What grew.
    """

    table: pd.DataFrame
    measure: str

    @property
    def held(self) -> float:
        """Share of the series whose growth lay in its 90 % interval."""
        return float(self.table["found"].between(self.table["low"], self.table["high"]).mean())

    @property
    def rank_correlation(self) -> float:
        """Of expected and actual growth, within years of judgement (their mean)."""
        groups = self.table.groupby("year")
        return float(
            np.mean([scipy.stats.spearmanr(d["median"], d["found"])[0] for _, d in groups])
        )

    def headline(self) -> Message:
        """Say how often growth lay in its interval, and how well stages ranked it."""
        return say(
            "{n:,} stages judged in {years} were followed for {ahead} years: the growth of "
            "{measure} lay in its 90% interval in {held:.0%}; among the series of one year the "
            "rank correlation of expected and actual growth is {correlation:.2f}.",
            n=len(self.table),
            years=some_of(sorted(self.table["year"].unique()), 8),
            ahead=AHEAD,
            measure=word(self.measure),
            held=self.held,
            correlation=self.rank_correlation,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per stage: number, expected and actual growth (medians), beyond the others."""
        middle = self.table.groupby("year")["found"].transform("median")
        rows = self.table.assign(
            beyond=self.table["found"] - middle,
            held=self.table["found"].between(self.table["low"], self.table["high"]),
        )
        found = rows.groupby("stage").agg(
            count=("found", "size"),
            said_per_year=("median", "median"),
            found_per_year=("found", "median"),
            beyond_all_per_year=("beyond", "median"),
            interval_held=("held", "mean"),
        )
        return found.reindex([stage for stage in STAGES if stage in found.index]).reset_index()

    def by_year(self) -> pd.DataFrame:
        """One row per year: number, expected and actual growth, interval, correlation."""
        rows = [
            {
                "year": year,
                "count": len(d),
                "said_per_year": d["median"].median(),
                "found_per_year": d["found"].median(),
                "interval_held": d["found"].between(d["low"], d["high"]).mean(),
                "rank_correlation": scipy.stats.spearmanr(d["median"], d["found"])[0],
            }
            for year, d in self.table.groupby("year")
        ]
        return pd.DataFrame(rows)


# ---- the public verb ---------------------------------------------------------------------


def life_cycle(
    panel: Panel,
    *,
    plants: str | None = "plants",
    workers: str | None = "employment",
    output: str | None = None,
    births: str | None = None,
    industry: str | Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    all_plants: Panel | None = None,
    fewest_plants: float = 10,
    profiles: Mapping[str, tuple[float, ...]] = PROFILES,
) -> LifeCycle:
    """Find the stage of each area's agglomeration, in one industry, in each, or in all together.

    Parameters
    ----------
    panel
        Consecutive years, six or more.
    plants, workers, output, births
        Names of the variables; ``None`` for one that is not followed.
    industry
        A code, several codes, or ``"each"``: one series per area and industry. All industries
        together by default.
    areas
        Codes; all by default. The noise of growth is estimated from the whole panel either way.
    all_plants
        All plants of the same areas and years, where the panel holds those of published
        industries only: growth in a year in which the published part of an area's plants jumps
        counts as unknown.
    fewest_plants
        Series of fewer plants in the mean of the years are left out, with a note, and so are
        those whose growth is unknown in half of the years or more.
    profiles
        Growth in each stage, to replace ours.
    """
    years = [*panel.years]
    if len(years) < 6 or any(b - a != 1 for a, b in pairwise(years)):
        raise ParameterError(
            say(
                "The periods are {periods}. Expected six consecutive years or more. Select the "
                "periods, or fill the gaps.",
                periods=examples(panel.periods, 12),
            )
        )
    wanted = {"plants": plants, "workers": workers, "output": output}
    codes = _industries(panel, industry)
    series = {
        name: _series(panel, variable, codes)
        for name, variable in wanted.items()
        if variable is not None
    }
    if not series:
        raise ParameterError(
            say("No variable is named. Expected one at least. Name plants, workers or output.")
        )
    size = series[_lead(tuple(series))]
    each = max(len(codes), 1)
    growth = {name: log_growth(amount) for name, amount in series.items()}
    if all_plants is not None:
        steady = comparable_years(seen_share(panel, all_plants, plants or "plants"))
        repeated = np.repeat(steady, each, axis=0)
        growth = {name: np.where(repeated, change, np.nan) for name, change in growth.items()}
    shares = np.stack([np.isfinite(change).mean(axis=1) for change in growth.values()])
    known: Bools = shares.min(axis=0) > 0.5
    count = series.get("plants")
    mean_plants = _mean(count) if count is not None else np.full(len(known), np.nan)
    large: Bools = (mean_plants >= fewest_plants) | np.isnan(mean_plants)
    rows = [panel.position("area", code) for code in areas or panel.areas]
    asked = np.zeros(len(known), dtype=bool)
    wanted_series = np.concatenate([np.arange(each) + each * row for row in rows])
    asked[wanted_series] = True
    kept = np.flatnonzero(known & large)
    shown = np.searchsorted(kept, wanted_series[(known & large)[wanted_series]])
    if not len(shown):
        raise DataError(
            say(
                "The growth of every series is unknown in half of the years, or it has fewer than "
                "{fewest_plants:g} plants. A stage needs a series. Choose another variable, "
                "coarser areas or industries, or lower fewest_plants.",
                fewest_plants=fewest_plants,
            )
        )
    growth = {name: change[kept] for name, change in growth.items()}
    own = {name: change - common_shocks(change) for name, change in growth.items()}
    weight = (size if count is None else count)[kept][:, 1:]
    scale = {name: noise_scale(change, weight) for name, change in own.items()}
    more = None
    if births is not None and count is not None:
        rate = _series(panel, births, codes)[kept][:, 1:] / np.maximum(weight, 1)
        more = log_density(
            rate, profiles["births"], np.sqrt(BIRTH_SCALE**2 + 0.05 / np.maximum(weight, 1))
        )
    rules = stage_rules(tuple(growth), profiles)
    found = find_regimes(
        np.stack(list(own.values())),
        np.stack(list(scale.values())),
        rules,
        power=1 / redundancy(list(own.values())),
        more=more,
    )
    lead = _lead(tuple(growth))
    ahead = outlook(
        found, rules, tuple(growth).index(lead), scale[lead][:, -1], np.random.default_rng(0)
    )
    at = kept[shown]
    area, line = at // each, at % each
    names = panel.area_names or panel.areas
    labels = dict(zip(panel.industries, panel.industry_names or panel.industries, strict=True))
    notes = list(panel.notes)
    unknown, small = asked & ~known, asked & known & ~large
    if unknown.any():
        places = dict.fromkeys(panel.areas[k // each] for k in np.flatnonzero(unknown))
        notes.insert(
            0,
            say(
                "Left out, too few known years: {n:,} series (of {areas}).",
                n=int(unknown.sum()),
                areas=some_of(places),
            ),
        )
    if small.any():
        notes.insert(
            0,
            say(
                "Left out, fewer than {fewest:g} plants: {n:,} series.",
                fewest=fewest_plants,
                n=int(small.sum()),
            ),
        )
    if all_plants is not None:
        gaps = int((~steady).sum())
        notes.append(
            say(
                "{gaps:,} of {all:,} area-years have no growth: the part of the plants whose "
                "industry is published jumped, or is small.",
                gaps=gaps,
                all=steady.size,
            )
        )
    if len(years) < SHORT:
        notes.append(
            say(
                "{years} years: lasting shocks cannot be distinguished from a stage, and adjacent "
                "stages hardly from each other.",
                years=len(years),
            )
        )
    if output is not None:
        notes.append(say("Output is nominal unless the panel was deflated."))
    quotient = _location_quotient(count, each) if count is not None else np.full(len(known), np.nan)
    over_peak, peak = _over_peak(series[lead][at])
    return LifeCycle(
        codes=tuple(panel.areas[k] for k in area),
        names=tuple(names[k] for k in area),
        industries=tuple(codes[k] if codes else ALL for k in line),
        industry_names=tuple(labels[codes[k]] if codes else "all industries" for k in line),
        periods=panel.periods,
        measures=tuple(growth),
        probability=found.smoothed[shown],
        filtered=found.filtered[shown],
        renewal=found.renewal[shown],
        outlook_per_year=ahead[shown],
        size_over_peak=over_peak,
        peak=tuple(panel.periods[k] for k in peak),
        growth_per_year=np.stack([_mean(g[shown][:, -5:]) for g in growth.values()], axis=1),
        acceleration_per_year=np.stack(
            [
                _mean(g[shown][:, -3:]) - _mean(g[shown][:, -6:-3])
                if len(years) > 6
                else np.full(len(shown), np.nan)
                for g in growth.values()
            ],
            axis=1,
        ),
        mean_plants=mean_plants[at],
        location_quotient=quotient[at],
        notes=tuple(notes),
        sources=(*panel.sources, AGGLOMERATION_2012.at(say("figure {number}", number="3-2"))),
    )


def calibration(
    *,
    series: int = 1000,
    years: int = 12,
    shape: str = "own model",
    when: str = "last",
    scale: float = 0.08,
    correlation: float = 0.5,
    seed: int = 0,
) -> Calibration:
    """Make up histories, find their stages, and count how often they are right.

    Parameters
    ----------
    series, years
        How many, in panels of 50; how long, six or more.
    shape
        One of ``histories.SHAPES``: the model's own, or one that it does not assume.
    when
        ``"last"``: the stage of the last year; ``"all"``: of every year.
    scale
        Of yearly shocks; that of districts' plants and employees 2001–2012 is 0.08.
    correlation
        Of the shocks of plants and workers.
    seed
        Of the random numbers.
    """
    if years < 6:
        raise ParameterError(
            say(
                "years is {years}. Expected 6 or more, as life_cycle asks for.",
                years=years,
            )
        )
    if when not in ("last", "all"):
        raise ParameterError(
            say(
                "when is {when!r}. Expected 'last' or 'all'.",
                when=when,
            )
        )
    rng = np.random.default_rng(seed)
    stages = Stages(
        np.array(PROFILES["plants"]), np.array(PROFILES["workers"]), transition_matrix()
    )
    chances, rights = [], []
    for first in range(0, series, PANEL_SERIES):
        number = min(PANEL_SERIES, series - first)
        history = made_up(shape, stages, rng, number, years, scale=scale, correlation=correlation)
        panel = Panel(
            tuple(f"{k:05d}" for k in range(number)),
            (ALL,),
            tuple(str(2001 + k) for k in range(years)),
            {"plants": history.plants[:, None, :], "employment": history.workers[:, None, :]},
        )
        answer = life_cycle(panel, fewest_plants=0)
        at = slice(-1, None) if when == "last" else slice(None)
        probability, stage = answer.probability[:, at], history.stage[:, at]
        chances.append(probability.max(axis=2).ravel())
        rights.append((probability.argmax(axis=2) == stage).ravel())
    said, right = np.concatenate(chances), np.concatenate(rights)
    which = np.digitize(said, CLASSES)
    classes = np.unique(which)
    return Calibration(
        said=np.array([said[which == k].mean() for k in classes]),
        right=np.array([right[which == k].mean() for k in classes]),
        count=np.array([(which == k).sum() for k in classes]),
        brier=float(((said - right) ** 2).mean()),
        shape=shape,
        years=years,
        series=series,
        when=when,
        notes=(say("Made-up histories; nothing follows for real areas."),),
        sources=(DRAWN,),
    )


def foresight(
    panel: Panel,
    *,
    years: Sequence[str] | None = None,
    all_plants: Panel | None = None,
    **options: Any,
) -> Foresight:
    """Judge stages from the years up to some, and look at the five years that followed.

    Parameters
    ----------
    panel, all_plants
        As for ``life_cycle``, with years before and after those of judgement.
    years
        Periods to judge in; by default every fifth that has six years before and five after.
    options
        Further arguments of ``life_cycle``.

    Raises
    ------
    ParameterError
        No year has six years up to it and five after it.
    """
    last = len(panel.periods) - 1 - AHEAD
    chosen = panel.periods[last:4:-AHEAD] if years is None else tuple(years)
    if not chosen or any(not 5 <= panel.position("period", year) <= last for year in chosen):
        raise ParameterError(
            say(
                "Periods {periods}, to be judged in {chosen}. Expected six periods up to each "
                "year and {ahead} after it. Choose other years.",
                periods=examples(panel.periods, 12),
                chosen=examples(chosen),
                ahead=AHEAD,
            )
        )
    parts, measure = [], ""
    for year in sorted(chosen):
        at = panel.position("period", year)
        until = panel.periods[: at + 1]
        answer = life_cycle(
            panel.select(periods=until),
            all_plants=all_plants.select(periods=until) if all_plants is not None else None,
            **options,
        )
        measure = _lead(answer.measures)
        variable = str(options.get(measure, "employment" if measure == "workers" else measure))
        lines = () if answer.industries[0] == ALL else tuple(dict.fromkeys(answer.industries))
        size = _series(panel, variable, lines)
        place = {area: k for k, area in enumerate(panel.areas)}
        line = {code: k for k, code in enumerate(lines)}
        rows = [
            place[area] * max(len(lines), 1) + line.get(code, 0)
            for area, code in zip(answer.codes, answer.industries, strict=True)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            followed = np.log(size[rows, at + AHEAD] / size[rows, at]) / AHEAD
        if all_plants is not None:
            span = panel.periods[at : at + AHEAD + 1]
            share = seen_share(
                panel.select(periods=span),
                all_plants.select(periods=span),
                options.get("plants", "plants"),
            )
            steady = np.asarray(comparable_years(share).all(axis=1))
            followed[~steady[[place[area] for area in answer.codes]]] = np.nan
        parts.append(
            pd.DataFrame(
                {
                    "area": answer.codes,
                    "industry": answer.industries,
                    "year": year,
                    "stage": answer.stage,
                    "probability": answer.chance,
                    "low": answer.outlook_per_year[:, 0],
                    "median": answer.outlook_per_year[:, 1],
                    "high": answer.outlook_per_year[:, 2],
                    "found": followed,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    known = np.isfinite(table["found"])
    notes = panel.notes
    if not known.all():
        notes = (
            say(
                "{n:,} series whose growth afterwards is unknown are left out.",
                n=int((~known).sum()),
            ),
            *notes,
        )
    return Foresight(
        table=table[known].reset_index(drop=True),
        measure=measure,
        notes=notes,
        sources=panel.sources,
    )


@lru_cache
def stage_table() -> pd.DataFrame:
    """Figure 3-2 of the 2012 paper: what goes with each stage, in English and Japanese."""
    return pd.read_csv(DATA / "toyama_2010_stages.csv")


# ---- array functions ---------------------------------------------------------------------


def transition_matrix() -> Floats:
    """Probability of each stage given that of the year before, ``(6, 6)``."""
    matrix: Floats = (1 - LEAVING) * np.eye(len(STAGES)) + LEAVING * FOLLOWS
    return matrix


def stage_rules(measures: Sequence[str], profiles: Mapping[str, tuple[float, ...]]) -> Rules:
    """Rates of growth of each stage: that of its profile, and some of the way to the next."""
    rates, stage, share = [], [], []
    for k in range(len(STAGES)):
        for step, weight in zip((-BAND, 0.0, BAND, 1.0), BAND_SHARES, strict=True):
            row = [_rate(profiles[name], k, step) for name in measures]
            if None not in row:
                rates.append(row)
                stage.append(k)
                share.append(weight)
    regime, weights = np.array(stage), np.array(share)
    return Rules(
        rates=np.ascontiguousarray(np.array(rates, dtype=float).T),
        regime=regime,
        share=weights / np.bincount(regime, weights)[regime],
        start=np.full(len(STAGES), 1 / len(STAGES)),
        follows=FOLLOWS,
        leaving=LEAVING,
        rising=RISING,
        falling=FALLING,
    )


def _rate(profile: Sequence[float], stage: int, step: float) -> float | None:
    """The stage's rate, ``step`` of the way to the next lower (below 0) or higher one.

    A whole step leads outward from the fastest and the slowest stage, and from no other.
    """
    own = profile[stage]
    above = min((rate - own for rate in profile if rate > own), default=None)
    below = min((own - rate for rate in profile if rate < own), default=None)
    up, down = above or below or 0.0, below or above or 0.0
    if step < 1:
        return own + step * (up if step > 0 else down)
    if above is None:
        return own + up
    return own - down if below is None else None


def outlook(
    found: Regimes, rules: Rules, measure: int, scale: Floats, rng: np.random.Generator
) -> Floats:
    """Growth per year over the next five years: quantiles 5, 50 and 95 %, ``(S, 3)``.

    Courses are drawn from the last year on, without anything that hits all series at once.
    """
    phi, factor, _ = grid()
    size = (len(found.last), DRAWN_AHEAD)
    state = _drawn(found.last, rng.random(size))
    point = _drawn(found.own_weights, rng.random(size))
    keep, spread = phi[point], factor[point] * scale[:, None]
    following = (rules.follows[rules.regime][:, rules.regime] * rules.share).cumsum(axis=1)
    shock = spread * scipy.stats.t.rvs(FREEDOM, size=size, random_state=rng)
    total = np.zeros(size)
    for _ in range(AHEAD):
        leaves = np.nonzero(rng.random(size) < rules.leaving)
        limits = following[state[leaves]]
        state[leaves] = (rng.random((len(limits), 1)) * limits[:, -1:] > limits).sum(axis=1)
        fresh = scipy.stats.t.rvs(FREEDOM, size=size, random_state=rng)
        shock = keep * shock + np.sqrt(1 - keep**2) * spread * fresh
        total += rules.rates[measure][state] + shock
    quantiles: Floats = np.quantile(total / AHEAD, [0.05, 0.5, 0.95], axis=1).T
    return quantiles


def _drawn(probability: Floats, uniform: Floats) -> Ints:
    """Draw columns with these probabilities ``(S, K)`` by uniform numbers ``(S, n)``."""
    limits = probability.cumsum(axis=1)
    limits /= limits[:, -1:]
    column = np.zeros(uniform.shape, dtype=np.int64)
    for k in range(probability.shape[1] - 1):
        column += uniform > limits[:, [k]]
    return column


def common_shocks(change: Floats) -> Floats:
    """What hits all series in a year and is gone in the next ones, ``(T − 1,)``.

    The median of all series less the median of that in the five years around it; 0 with fewer
    than 50 series, in which a slump of the nation cannot be seen.

    Examples
    --------
    >>> slump = np.tile([0.02, 0.02, -0.2, 0.1, 0.02, 0.02], (50, 1))
    >>> common_shocks(slump).round(2).tolist()
    [0.0, 0.0, -0.22, 0.08, 0.0, 0.0]
    """
    years = change.shape[1]
    if len(change) < ENOUGH_SERIES:
        return np.zeros(years)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # years without any known growth
        middle = np.nanmedian(change, axis=0)
        around = [np.nanmedian(middle[max(t - 2, 0) : t + 3]) for t in range(years)]
    shocks: Floats = np.nan_to_num(middle - np.array(around))
    return shocks


def log_growth(amount: Floats) -> Floats:
    """Yearly log growth, ``(S, T − 1)``; ``nan`` where either year is unknown or empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(amount > 0, np.log(amount), np.nan)
    change: Floats = np.diff(level, axis=1)
    return change


def noise_scale(change: Floats, size: Floats) -> Floats:
    """Scale of yearly growth, ``(S, T − 1)``: ``s² + c / size``, in any unit of size.

    Robust scales of the steps of growth between years, over √2, in five classes of size are fitted
    by least squares; ``s`` alone with few series.
    """
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series without any known growth
        deviation = np.abs(np.diff(change, axis=1)) / np.sqrt(2)
        inverse = 1 / np.where(size > 0, size, np.nan)
        middle = np.nanmedian(inverse, axis=1)
        spread_of_all = SD_PER_MAD * float(np.nanmedian(deviation))
    whole = max(spread_of_all, SMALLEST_SCALE) if np.isfinite(spread_of_all) else TYPICAL_SCALE
    if len(change) < ENOUGH_SERIES or not np.isfinite(middle).all():
        return np.full(change.shape, whole)
    inverse = np.where(np.isfinite(inverse), inverse, middle[:, None])
    classes = np.searchsorted(np.quantile(middle, [0.2, 0.4, 0.6, 0.8]), middle)
    used = np.unique(classes)
    x = np.array([middle[classes == k].mean() for k in used])
    scale = np.array([SD_PER_MAD * np.nanmedian(deviation[classes == k]) for k in used])
    base, per_size = scipy.optimize.nnls(
        np.stack([np.ones_like(x), x / x.mean()], axis=1), scale**2
    )[0]
    variance = base + per_size * inverse / x.mean()
    spread: Floats = np.sqrt(np.maximum(variance, SMALLEST_SCALE**2))
    return spread


def redundancy(changes: Sequence[Floats]) -> float:
    """``1 + (M − 1) r`` of ``M`` measures whose steps have the mean correlation ``r``."""
    if len(changes) == 1:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series without any known growth
        noise = [np.diff(g, axis=1).ravel() for g in changes]
    found = []
    for a, b in combinations(noise, 2):
        known = np.isfinite(a) & np.isfinite(b)
        if known.sum() > 2 and np.ptp(a[known]) > 0 and np.ptp(b[known]) > 0:
            found.append(float(scipy.stats.spearmanr(a[known], b[known])[0]))
    return 1 + (len(changes) - 1) * max(float(np.mean(found)) if found else 0.0, 0.0)


def log_density(values: Floats, middles: Sequence[float], spread: Floats | float) -> Floats:
    """Log density of each stage, ``(S, T − 1, 6)``; 0 where the value is unknown."""
    spread = np.broadcast_to(spread, values.shape)
    standard = (values[:, :, None] - np.asarray(middles)) / spread[:, :, None]
    density = scipy.stats.t.logpdf(standard, FREEDOM) - np.log(spread)[:, :, None]
    known: Floats = np.nan_to_num(density)
    return known


def _lead(measures: Sequence[str]) -> str:
    """The measure that stands for the size of a series."""
    return next(name for name in ("workers", "plants", "output") if name in measures)


def _over_peak(size: Floats) -> tuple[Floats, Ints]:
    """Size in the last known year over the largest, and the position of that, ``(S,)`` each."""
    known = np.isfinite(size) & (size > 0)
    filled = np.where(known, size, -np.inf)
    peak = filled.argmax(axis=1)
    last = size.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    rows = np.arange(len(size))
    share: Floats = size[rows, last] / size[rows, peak]
    return share, peak


def _industries(panel: Panel, industry: str | Sequence[str] | None) -> tuple[str, ...]:
    """Codes to be followed one by one; none for all together."""
    if industry is None:
        return ()
    if industry == EACH:
        return panel.industries
    codes = (industry,) if isinstance(industry, str) else tuple(industry)
    for code in codes:
        panel.position("industry", code)
    return codes


def _series(panel: Panel, variable: str, industries: tuple[str, ...]) -> Floats:
    """Series of every area in each industry (areas outermost), or in all together."""
    cube = series(panel, variable)
    if industries:
        chosen = cube[:, [panel.position("industry", code) for code in industries], :]
        flat: Floats = chosen.reshape(-1, chosen.shape[2])
        return flat
    unknown = np.isnan(cube).all(axis=1)
    total: Floats = np.where(unknown, np.nan, np.nansum(cube, axis=1))
    return total


def _location_quotient(count: Floats, each: int) -> Floats:
    """Share of a series in its area over its share in all areas, over all years, ``(S,)``."""
    if each == 1:
        return np.full(len(count), np.nan)
    table = np.nan_to_num(count).sum(axis=1).reshape(-1, each)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = table / table.sum(axis=1, keepdims=True) / (table.sum(axis=0) / table.sum())
    flat: Floats = quotient.ravel()
    return flat


def _mean(values: Floats) -> Floats:
    """Mean of the known values of each row; ``nan`` where none is known."""
    known: Bools = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=1)
    mean: Floats = np.divide(
        total, known.sum(axis=1), out=np.full(len(values), np.nan), where=known.any(axis=1)
    )
    return mean
