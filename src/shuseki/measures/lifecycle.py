"""In which stage of its life is an agglomeration, how surely, and what goes with that stage?

Definition. Toyama's six stages (figure 3-2 of the 2012 paper): formation (生成), quantitative
growth (量的発展期), qualitative growth (質的発展期), maturity (成熟期), contraction (縮小期),
decline (衰退期). A hidden Markov chain moves through them in this order only; each year it stays
with probability 0.9, moves one on with 0.09, two on with 0.01. In each stage the yearly growth of
plants, workers and output (and the birth rate, if known) is drawn around the profile of the
stage, with Student's t (4 degrees of freedom, so that a year such as 2009 does not decide). The
scale is that of the data: ``s² + c / n`` in a series of ``n`` plants. Measures that move together
count as fewer: with ``M`` measures of mean correlation ``r`` the evidence is divided by
``1 + (M − 1) r``. The answer is the probability of each stage in each year given all years.

Acceleration enters through the order: growth of three per cent is formation if it was slower
before and faster after, qualitative growth if it slows down. The acceleration itself (growth of
the last three years less that of the three before) is given as evidence; it is no second draw,
because growth has been counted already.

The profiles put the table's words ("strong increase", "level", "decrease") into numbers; they are
stated in ``PROFILES``, are ours, and can be replaced.

Takes a panel whose periods are consecutive years; one industry, all together, or each. Gives
stages and probabilities; the paper's table of what goes with each stage comes with the answer.
Sources: figure 3-2 of the 2012 paper, after Toyama (2010); division of the evidence: Pauli,
Racugno and Ventura (2011), Statistica Sinica 21.
Checked against: series simulated from the model (``calibration``); Ota (declining) and Kitakami
(holding), as the 2012 paper says.
Limits: the stage is one of size and growth; market, learning and strategy are what the paper
associates with it, not what was measured. Amounts are nominal unless deflated before. A slump of
the whole nation counts as each area's own. The order excludes rejuvenation: after a product
change start the series anew, as figure 3-2 does.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.stats import spearmanr
from scipy.stats import t as student

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.measures.visibility import comparable_years, seen_share
from shuseki.panel import ALL, Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = [
    "PROFILES",
    "STAGES",
    "STAGES_JA",
    "Calibration",
    "LifeCycle",
    "calibration",
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
STAGES_JA = ("生成", "量的発展期", "質的発展期", "成熟期", "縮小期", "衰退期")

PROFILES: Mapping[str, tuple[float, ...]] = {
    # growth per year (share) in each stage
    "plants": (0.03, 0.08, 0.03, 0.0, -0.04, -0.09),
    "workers": (0.03, 0.08, 0.03, 0.0, -0.035, -0.08),
    "output": (0.05, 0.11, 0.07, 0.01, -0.03, -0.09),
    # births per plant and year
    "births": (0.10, 0.10, 0.06, 0.04, 0.03, 0.02),
    # log of the size over the largest so far or later
    "size": (-2.0, -0.8, -0.2, -0.05, -0.25, -0.9),
}
SIZE_SCALE = (0.6, 0.5, 0.25, 0.15, 0.25, 0.5)
BIRTH_SCALE = 0.03
LONG = 20
"""Years a series must cover before its size over its peak says anything."""
FREEDOM = 4
STAY, ONE_ON, TWO_ON = 0.90, 0.09, 0.01
EACH = "each"
ENOUGH_SERIES = 50
"""Series from which the noise of small cells can be told."""
MEASURES_JA = {"plants": "事業所数", "workers": "従業者数", "output": "出荷額等"}

SD_PER_MAD = 1.4826
SMALLEST_SCALE = 0.01

DATA = Path(__file__).parent / "data"
DRAWN = Source("Drawn", "Series drawn from the model of the life cycle", "", origin="synthetic")


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
        Of each stage in each year from the second on, shape ``(S, T − 1, 6)``.
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
        return tuple(STAGES_JA[k] for k in self.probability[:, -1].argmax(axis=1))

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
        return tuple(f"{a}, {i}" for a, i in zip(self.names, self.industry_names, strict=True))

    def evidence(self, lang: str = "en") -> tuple[str, ...]:
        """Say for each series what speaks for its stage, in English or Japanese."""
        ja = lang == "ja"
        words = [MEASURES_JA[name] if ja else name for name in self.measures]
        lead = next(name for name in ("workers", "plants", "output") if name in self.measures)
        speed = self.acceleration_per_year[:, self.measures.index(lead)]
        stages = self.stage_ja if ja else self.stage
        said = []
        for k, stage in enumerate(stages):
            known = [
                (word, value)
                for word, value in zip(words, self.growth_per_year[k], strict=True)
                if np.isfinite(value)
            ]
            chance, years = self.chance[k], self.years_in_stage[k]
            if ja:
                growth = "、".join(f"{word}{value:+.1%}" for word, value in known)
                text = f"{stage}（確率{chance:.0%}、{years}年目）。直近5年の年平均伸び率：{growth}"
            else:
                growth = ", ".join(f"{word} {value:+.1%}" for word, value in known)
                text = (
                    f"{stage} ({chance:.0%}), {years} {'year' if years == 1 else 'years'} so far; "
                    f"a year in the last five: {growth}"
                )
            if np.isfinite(speed[k]):
                points = 100 * abs(speed[k])
                lead_word = MEASURES_JA[lead] if ja else lead
                if ja:
                    text += (
                        f"。{lead_word}の伸び率は直近3年で前の3年より{points:.1f}ポイント"
                        f"{'高い' if speed[k] >= 0 else '低い'}"
                    )
                else:
                    text += (
                        f"; growth of {lead_word} {points:.1f} points "
                        f"{'higher' if speed[k] >= 0 else 'lower'} in the last three years than "
                        "in the three before"
                    )
            said.append(text)
        return tuple(said)

    def headline(self, lang: str = "en") -> str:
        """Say the stage of a few series, or count many."""
        ja, year = lang == "ja", self.periods[-1]
        stages, words = (self.stage_ja, STAGES_JA) if ja else (self.stage, STAGES)
        if len(self.codes) <= 6:
            each = zip(self.labels, stages, self.chance, strict=True)
            if ja:
                said = "、".join(f"{name}は{stage}（{chance:.0%}）" for name, stage, chance in each)
                return f"{year}年の段階：{said}。"
            said = ", ".join(f"{name} {stage} ({chance:.0%})" for name, stage, chance in each)
            return f"Stage in {year}: {said}."
        count = pd.Series(stages).value_counts()
        sure = int((self.chance >= 0.8).sum())
        one = len(set(self.industries)) == 1
        if ja:
            parts = "、".join(f"{stage}{count[stage]:,}" for stage in words if stage in count)
            what = "地域" if one else "の地域×業種"
            return f"{year}年、{len(self.codes):,}{what}：{parts}。うち確率80%以上は{sure:,}。"
        parts = ", ".join(f"{count[stage]:,} in {stage}" for stage in words if stage in count)
        what = "areas" if one else "pairs of area and industry"
        return (
            f"Of {len(self.codes):,} {what} in {year}, {parts}; {sure:,} of these stages have a "
            "probability of 80% or more."
        )

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
        frame["years_in_stage"] = self.years_in_stage
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
                f"Area {code!r} has {len(at)} industries. Expected one: name it with industry=…, "
                f"such as {self.industries[at[0]]!r}."
            )
        table = stage_table()
        stage, aspect = (
            (self.stage[at[0]], "aspect") if lang == "en" else (self.stage_ja[at[0]], "aspect_ja")
        )
        return table[[aspect, stage]]


@result
class Calibration(Result):
    """How often the stage that was given a probability is the true one, in drawn series.

    Attributes
    ----------
    said, right, count
        Mean probability of the likeliest stage in the last year, share of the series in which it
        was the true stage, and the number of series, one per class of probability.
    years, series
        Length and number of the drawn series.
    """

    said: Floats
    right: Floats
    count: Ints
    years: int
    series: int

    def headline(self) -> str:
        """Say how far what is said lies from what is right."""
        gap = float((self.count * np.abs(self.said - self.right)).sum() / self.count.sum())
        share = float((self.count * self.right).sum() / self.count.sum())
        return (
            f"Drawn from the model, the likeliest stage is the true one in {share:.0%} of "
            f"{self.series:,} series of {self.years} years; what is said differs from what is "
            f"right by {100 * gap:.0f} points on average."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per class of probability."""
        return pd.DataFrame({"said": self.said, "right": self.right, "series": self.count})


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
        Codes; all by default. The noise of growth is told from the whole panel either way.
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
    years = [int(period) for period in panel.periods]
    if len(years) < 6 or any(b - a != 1 for a, b in pairwise(years)):
        raise ParameterError(
            f"The periods are {examples(panel.periods, 12)}. Expected six consecutive years or "
            "more. Select the periods, or fill the gaps."
        )
    wanted = {"plants": plants, "workers": workers, "output": output}
    codes = _industries(panel, industry)
    series = {
        name: _series(panel, variable, codes)
        for name, variable in wanted.items()
        if variable is not None
    }
    if not series:
        raise ParameterError("Nothing to follow. Name plants, workers or output.")
    size = next(series[name] for name in ("workers", "plants", "output") if name in series)
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
            f"The growth of every series is unknown in half of the years, or it has fewer than "
            f"{fewest_plants:g} plants. A stage needs a series. Choose another variable, coarser "
            "areas or industries, or lower fewest_plants."
        )
    growth = {name: change[kept] for name, change in growth.items()}
    weight = (size if count is None else count)[kept][:, 1:]
    drawn = [
        log_density(change, profiles[name], noise_scale(change, weight))
        for name, change in growth.items()
    ]
    log_likelihood: Floats = np.sum(drawn, axis=0) / redundancy(list(growth.values()))
    if births is not None and count is not None:
        rate = _series(panel, births, codes)[kept][:, 1:] / np.maximum(weight, 1)
        log_likelihood = log_likelihood + log_density(
            rate, profiles["births"], np.sqrt(BIRTH_SCALE**2 + 0.05 / np.maximum(weight, 1))
        )
    if len(years) >= LONG:
        log_likelihood = log_likelihood + size_density(size[kept], profiles["size"])[:, 1:]
    probability = stage_probabilities(log_likelihood[shown], transition_matrix())
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
            f"Left out, too few known years: {int(unknown.sum()):,} series "
            f"(of {examples(places)}).",
        )
    if small.any():
        notes.insert(
            0, f"Left out, fewer than {fewest_plants:g} plants: {int(small.sum()):,} series."
        )
    if all_plants is not None:
        gaps = int((~steady).sum())
        notes.append(
            f"{gaps:,} of {steady.size:,} area-years tell no growth: the part of the plants whose "
            "industry is published jumped, or is small."
        )
    if len(years) < LONG:
        notes.append(
            f"{len(years)} years: size over its peak is not used, so formation and decline rest "
            "on growth alone."
        )
    if output is not None:
        notes.append("Output is nominal unless the panel was deflated.")
    quotient = _location_quotient(count, each) if count is not None else np.full(len(known), np.nan)
    return LifeCycle(
        codes=tuple(panel.areas[k] for k in area),
        names=tuple(names[k] for k in area),
        industries=tuple(codes[k] if codes else ALL for k in line),
        industry_names=tuple(labels[codes[k]] if codes else "all industries" for k in line),
        periods=panel.periods,
        measures=tuple(growth),
        probability=probability,
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
        sources=(*panel.sources, AGGLOMERATION_2012.at("figure 3-2")),
    )


def calibration(
    *,
    series: int = 2000,
    years: int = 12,
    scale: float = 0.08,
    correlation: float = 0.5,
    seed: int = 0,
) -> Calibration:
    """Draw series from the model, find their stages, and count how often they are right.

    Parameters
    ----------
    series, years
        How many, how long.
    scale
        Noise of yearly growth; that of districts' plants and employees 2001–2012 is 0.08.
    correlation
        Of the noise of plants and workers.
    seed
        Of the random numbers.
    """
    if not 6 <= years < LONG:
        raise ParameterError(
            f"years is {years}. Expected 6 to {LONG - 1}: the drawn series have no size of their "
            "own, which longer series are judged by. Choose fewer years."
        )
    stage, plants, workers = draw_courses(
        np.random.default_rng(seed), series, years, scale=scale, correlation=correlation
    )
    panel = Panel(
        tuple(f"{k:05d}" for k in range(series)),
        (ALL,),
        tuple(str(2001 + k) for k in range(years)),
        {"plants": plants[:, None, :], "employment": workers[:, None, :]},
    )
    answer = life_cycle(panel, fewest_plants=0)
    right = answer.probability[:, -1].argmax(axis=1) == stage[:, -1]
    edges = np.array([0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01])
    which = np.digitize(answer.chance, edges) - 1
    classes = np.unique(which)
    return Calibration(
        said=np.array([answer.chance[which == k].mean() for k in classes]),
        right=np.array([right[which == k].mean() for k in classes]),
        count=np.array([(which == k).sum() for k in classes]),
        years=years,
        series=series,
        notes=("Series drawn from the model itself; nothing is said of the real world.",),
        sources=(DRAWN,),
    )


@lru_cache
def stage_table() -> pd.DataFrame:
    """Figure 3-2 of the 2012 paper: what goes with each stage, in English and Japanese."""
    return pd.read_csv(DATA / "toyama_2010_stages.csv")


# ---- array functions ---------------------------------------------------------------------


def transition_matrix() -> Floats:
    """Probability of each stage given the one before, ``(6, 6)``: stay or move on, never back."""
    matrix = STAY * np.eye(6) + ONE_ON * np.eye(6, k=1) + TWO_ON * np.eye(6, k=2)
    ordered: Floats = matrix / matrix.sum(axis=1, keepdims=True)
    return ordered


def log_growth(amount: Floats) -> Floats:
    """Yearly log growth, ``(S, T − 1)``; ``nan`` where either year is unknown or empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(amount > 0, np.log(amount), np.nan)
    change: Floats = np.diff(level, axis=1)
    return change


def noise_scale(change: Floats, size: Floats) -> Floats:
    """Scale of yearly growth, ``(S, T − 1)``: ``s² + c / size``, in any unit of size.

    Robust scales of five classes of size are fitted by least squares; ``s`` alone with few series.
    """
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series without any known growth
        deviation = np.abs(change - np.nanmedian(change, axis=1, keepdims=True))
        inverse = 1 / np.where(size > 0, size, np.nan)
        middle = np.nanmedian(inverse, axis=1)
    whole = max(SD_PER_MAD * float(np.nanmedian(deviation)), SMALLEST_SCALE)
    if len(change) < ENOUGH_SERIES or not np.isfinite(middle).all():
        return np.full(change.shape, whole)
    inverse = np.where(np.isfinite(inverse), inverse, middle[:, None])
    classes = np.searchsorted(np.quantile(middle, [0.2, 0.4, 0.6, 0.8]), middle)
    used = np.unique(classes)
    x = np.array([middle[classes == k].mean() for k in used])
    scale = np.array([SD_PER_MAD * np.nanmedian(deviation[classes == k]) for k in used])
    base, per_size = nnls(np.stack([np.ones_like(x), x / x.mean()], axis=1), scale**2)[0]
    variance = base + per_size * inverse / x.mean()
    spread: Floats = np.sqrt(np.maximum(variance, SMALLEST_SCALE**2))
    return spread


def redundancy(changes: Sequence[Floats]) -> float:
    """``1 + (M − 1) r`` of ``M`` measures whose noise has the mean correlation ``r``."""
    if len(changes) == 1:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series without any known growth
        noise = [(g - np.nanmedian(g, axis=1, keepdims=True)).ravel() for g in changes]
    found = []
    for a, b in combinations(noise, 2):
        known = np.isfinite(a) & np.isfinite(b)
        if known.sum() > 2 and np.ptp(a[known]) > 0 and np.ptp(b[known]) > 0:
            found.append(float(spearmanr(a[known], b[known])[0]))
    return 1 + (len(changes) - 1) * max(float(np.mean(found)) if found else 0.0, 0.0)


def size_density(size: Floats, middles: Sequence[float]) -> Floats:
    """Log density of the size over its peak in each stage, ``(S, T, 6)``."""
    level = np.where(size > 0, size, np.nan)
    relative = np.log(level / np.nanmax(level, axis=1, keepdims=True))
    standard = (relative[:, :, None] - np.asarray(middles)) / np.asarray(SIZE_SCALE)
    density: Floats = np.nan_to_num(student.logpdf(standard, FREEDOM) - np.log(SIZE_SCALE))
    return density


def draw_courses(
    rng: np.random.Generator,
    series: int,
    years: int,
    *,
    scale: float,
    correlation: float = 0.0,
) -> tuple[Ints, Floats, Floats]:
    """Draw stages ``(S, T − 1)`` and the plants and workers ``(S, T)`` that go with them."""
    transition = transition_matrix().cumsum(axis=1)
    stage = np.empty((series, years - 1), dtype=np.int64)
    stage[:, 0] = rng.integers(0, len(STAGES), series)
    for year in range(1, years - 1):
        draw = rng.random(series)[:, None]
        stage[:, year] = (draw > transition[stage[:, year - 1]]).sum(axis=1)
    shared, first, second = student.rvs(FREEDOM, size=(3, *stage.shape), random_state=rng)
    courses = []
    for name, own in (("plants", first), ("workers", second)):
        noise = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
        growth = np.asarray(PROFILES[name])[stage] + scale * noise
        start = np.zeros((series, 1))
        courses.append(1000 * np.exp(np.hstack([start, growth.cumsum(axis=1)])))
    return stage, courses[0], courses[1]


def log_density(values: Floats, middles: Sequence[float], spread: Floats | float) -> Floats:
    """Log density of each stage, ``(S, T − 1, 6)``; 0 where the value is unknown."""
    spread = np.broadcast_to(spread, values.shape)
    standard = (values[:, :, None] - np.asarray(middles)) / spread[:, :, None]
    density = student.logpdf(standard, FREEDOM) - np.log(spread)[:, :, None]
    known: Floats = np.nan_to_num(density)
    return known


def stage_probabilities(log_likelihood: Floats, transition: Floats) -> Floats:
    """Forward–backward: probability of each stage given all years, ``(S, T, K)``.

    Any stage may be the first.
    """
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=2, keepdims=True))
    years = likelihood.shape[1]
    forward = np.empty_like(likelihood)
    backward = np.ones_like(likelihood)
    forward[:, 0] = likelihood[:, 0] / likelihood[:, 0].sum(axis=1, keepdims=True)
    for year in range(1, years):
        ahead = (forward[:, year - 1] @ transition) * likelihood[:, year]
        forward[:, year] = ahead / ahead.sum(axis=1, keepdims=True)
    for year in range(years - 2, -1, -1):
        behind = (backward[:, year + 1] * likelihood[:, year + 1]) @ transition.T
        backward[:, year] = behind / behind.sum(axis=1, keepdims=True)
    joint = forward * backward
    probability: Floats = joint / joint.sum(axis=2, keepdims=True)
    return probability


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
    cube = panel.variable(variable)
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
