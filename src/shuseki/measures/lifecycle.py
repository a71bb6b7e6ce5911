"""In which stage of its life is an agglomeration, how surely, and what goes with that stage?

Definition. Toyama's six stages (figure 3-2 of the 2012 paper): formation (生成), quantitative
growth (量的発展期), qualitative growth (質的発展期), maturity (成熟期), contraction (縮小期),
decline (衰退期). A hidden Markov chain moves through them in this order only; each year it stays
with probability 0.9, moves one on with 0.09, two on with 0.01. In each stage the yearly growth of
plants, workers and output (and the birth rate, if known) is drawn around the profile of the
stage, with Student's t (4 degrees of freedom, so that a year such as 2009 does not decide), the
scale being that of the data. The answer is the probability of each stage in each year given all
years.

The profiles put the table's words ("strong increase", "level", "decrease") into numbers; they are
stated in ``PROFILES``, are ours, and can be replaced.

Takes a panel whose periods are consecutive years. Gives stages and probabilities; the paper's
table of what goes with each stage comes with the answer.
Sources: figure 3-2 of the 2012 paper, after Toyama (2010).
Checked against: series simulated from the model; Ota (declining) and Kitakami (holding), as the
2012 paper says.
Limits: the stage is one of size and growth; market, learning and strategy are what the paper
associates with it, not what was measured. Amounts are nominal unless deflated before. The order
excludes rejuvenation: after a product change start the series anew, as figure 3-2 does.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError, examples
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = [
    "PROFILES",
    "STAGES",
    "STAGES_JA",
    "LifeCycle",
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

DATA = Path(__file__).parent / "data"


@result
class LifeCycle(Result):
    """The stage of each series; ``S`` series, ``T`` years.

    Attributes
    ----------
    codes, names
        Area codes and names of the series, and their ``industry``.
    periods
        Years; the first has no growth and no stage.
    probability
        Of each stage in each year from the second on, shape ``(S, T − 1, 6)``.
    growth_per_year
        Mean growth of each measure in the last five years, shape ``(S, measures)``.
    measures
        Which of plants, workers, output, births were followed.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    industry: str
    periods: tuple[str, ...]
    measures: tuple[str, ...]
    probability: Floats
    growth_per_year: Floats

    @property
    def stage(self) -> tuple[str, ...]:
        """Likeliest stage of each series in the last year."""
        return tuple(STAGES[k] for k in self.probability[:, -1].argmax(axis=1))

    @property
    def stage_ja(self) -> tuple[str, ...]:
        """The same in the terms of the source paper."""
        return tuple(STAGES_JA[k] for k in self.probability[:, -1].argmax(axis=1))

    @property
    def years_in_stage(self) -> Ints:
        """For how many years the likeliest stage has been the present one, ``(S,)``."""
        course = self.probability.argmax(axis=2)
        same = course[:, ::-1] == course[:, -1:]
        years: Ints = np.where(same.all(axis=1), same.shape[1], same.argmin(axis=1))
        return years

    def evidence(self) -> tuple[str, ...]:
        """Say for each series what speaks for its stage."""
        said = []
        for k, stage in enumerate(self.stage):
            growth = ", ".join(
                f"{name} {value:+.1%} a year"
                for name, value in zip(self.measures, self.growth_per_year[k], strict=True)
                if np.isfinite(value)
            )
            chance = self.probability[k, -1].max()
            said.append(
                f"{stage} ({chance:.0%}) for {self.years_in_stage[k]} years; last five years: "
                f"{growth}"
            )
        return tuple(said)

    def headline(self) -> str:
        """Say the stage of a few series, or count many."""
        year = self.periods[-1]
        if len(self.codes) <= 6:
            parts = [
                f"{name} {stage} ({chance:.0%})"
                for name, stage, chance in zip(
                    self.names, self.stage, self.probability[:, -1].max(axis=1), strict=True
                )
            ]
            return f"Stage in {year}: {', '.join(parts)}."
        count = pd.Series(self.stage).value_counts()
        parts = [f"{count[stage]} in {stage}" for stage in STAGES if stage in count]
        return f"Of {len(self.codes)} areas in {year}, {', '.join(parts)}."

    def to_frame(self) -> pd.DataFrame:
        """One row per series: stage, probability of each, growth, evidence."""
        frame = pd.DataFrame(
            {
                "area": self.codes,
                "area_name": self.names,
                "industry": self.industry,
                "stage": self.stage,
                "stage_ja": self.stage_ja,
            }
        )
        for k, name in enumerate(STAGES):
            frame[f"probability_{name.replace(' ', '_')}"] = self.probability[:, -1, k]
        for k, name in enumerate(self.measures):
            frame[f"{name}_growth_per_year"] = self.growth_per_year[:, k]
        frame["years_in_stage"] = self.years_in_stage
        frame["evidence"] = self.evidence()
        return frame

    def goes_with(self, code: str, lang: str = "en") -> pd.DataFrame:
        """Give the paper's row of market, learning, strategy … for the stage of one series."""
        k = self.codes.index(code)
        table = stage_table()
        stage, aspect = (
            (self.stage[k], "aspect") if lang == "en" else (self.stage_ja[k], "aspect_ja")
        )
        return table[[aspect, stage]]


# ---- the public verb ---------------------------------------------------------------------


def life_cycle(
    panel: Panel,
    *,
    plants: str | None = "plants",
    workers: str | None = "employment",
    output: str | None = None,
    births: str | None = None,
    industry: str | None = None,
    areas: Sequence[str] | None = None,
    profiles: Mapping[str, tuple[float, ...]] = PROFILES,
) -> LifeCycle:
    """Find the stage of each area's agglomeration, in one industry or in all.

    Parameters
    ----------
    panel
        Consecutive years, six or more.
    plants, workers, output, births
        Names of the variables; ``None`` for one that is not followed.
    industry
        Code; all together by default.
    areas
        Codes; all by default. Areas that are unknown or empty in half of the years or more are
        left out, with a note.
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
    series = {
        name: _series(panel, variable, industry)
        for name, variable in wanted.items()
        if variable is not None
    }
    if not series:
        raise ParameterError("Nothing to follow. Name plants, workers or output.")
    size = next(series[name] for name in ("workers", "plants", "output") if name in series)
    rows = np.array([panel.position("area", code) for code in areas or panel.areas])
    known = np.stack([(amount[rows] > 0).mean(axis=1) > 0.5 for amount in series.values()])
    kept = rows[known.all(axis=0)]
    if not len(kept):
        raise DataError(
            "Every area is unknown or empty in half of the years. A stage needs a series. Choose "
            "another variable, coarser areas or a coarser industry."
        )
    left_out = [panel.areas[k] for k in rows if k not in set(kept)]
    growth = {name: log_growth(amount[kept]) for name, amount in series.items()}
    scale = {name: pooled_scale(change) for name, change in growth.items()}
    count = series.get("plants")
    log_likelihood = np.zeros((len(kept), len(years) - 1, len(STAGES)))
    for name, change in growth.items():
        noise = 1 / np.maximum(count[kept][:, 1:], 1) if count is not None else 0.0
        spread = np.sqrt(scale[name] ** 2 + np.nan_to_num(noise))
        log_likelihood += log_density(change, profiles[name], spread)
    if births is not None and count is not None:
        rate = _series(panel, births, industry)[kept][:, 1:] / np.maximum(count[kept][:, 1:], 1)
        log_likelihood += log_density(
            rate,
            profiles["births"],
            np.sqrt(BIRTH_SCALE**2 + 0.05 / np.maximum(count[kept][:, 1:], 1)),
        )
    if len(years) >= LONG:
        level = np.where(size[kept] > 0, size[kept], np.nan)
        relative = np.log(level / np.nanmax(level, axis=1, keepdims=True))[:, 1:]
        for k, (middle, spread_of_stage) in enumerate(
            zip(profiles["size"], SIZE_SCALE, strict=True)
        ):
            density = student.logpdf((relative - middle) / spread_of_stage, FREEDOM)
            log_likelihood[:, :, k] += np.nan_to_num(density - np.log(spread_of_stage))
    probability = stage_probabilities(log_likelihood, transition_matrix())
    names = panel.area_names or panel.areas
    notes = list(panel.notes)
    if left_out:
        notes.insert(0, f"Left out, too few known years: {examples(left_out)}.")
    if len(years) < LONG:
        notes.append(
            f"{len(years)} years: size over its peak is not used, so formation and decline rest "
            "on growth alone."
        )
    if output is not None:
        notes.append("Output is nominal unless the panel was deflated.")
    recent = np.stack(
        [_recent(change) for change in growth.values()],
        axis=1,
    )
    return LifeCycle(
        codes=tuple(panel.areas[k] for k in kept),
        names=tuple(names[k] for k in kept),
        industry=industry or "all",
        periods=panel.periods,
        measures=tuple(growth),
        probability=probability,
        growth_per_year=recent,
        notes=tuple(notes),
        sources=(*panel.sources, AGGLOMERATION_2012.at("figure 3-2")),
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


def pooled_scale(change: Floats) -> float:
    """Robust scale of yearly growth around each series' median, all series together."""
    with np.errstate(invalid="ignore"):
        deviation = np.abs(change - np.nanmedian(change, axis=1, keepdims=True))
    return max(float(1.4826 * np.nanmedian(deviation)), 0.01)


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


def _series(panel: Panel, variable: str, industry: str | None) -> Floats:
    cube = panel.variable(variable)
    if industry is not None:
        return cube[:, panel.position("industry", industry), :]
    unknown = np.isnan(cube).all(axis=1)
    total: Floats = np.where(unknown, np.nan, np.nansum(cube, axis=1))
    return total


def _recent(change: Floats) -> Floats:
    last = change[:, -5:]
    known = np.isfinite(last)
    total = np.where(known, last, 0).sum(axis=1)
    mean: Floats = np.divide(
        total, known.sum(axis=1), out=np.full(len(last), np.nan), where=known.any(axis=1)
    )
    return mean
