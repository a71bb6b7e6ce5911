"""How long do establishments live?

Kaplan–Meier survival of the plants first seen after the first wave: over the times t at which
deaths d(t) are found among n(t) plants still followed::

    S(t) = Π over u ≤ t of (1 − d(u) / n(u))
    standard error (Greenwood) = S(t) · sqrt( Σ over u ≤ t of d(u) / (n(u) (n(u) − d(u))) )

A plant is followed from the wave that saw it first to the last wave of all; a plant last seen
earlier died in the interval up to the next wave, and is counted at its end. The curve is
therefore an upper bound, by at most one interval between waves (deaths are interval-censored by
the dates of the waves). Plants of the first wave are left out: their birth was not seen.

Takes: a store, groups of industries or a division. Gives: ``Survival``, in shares of the cohort
(1 at birth). Source: Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457–481.
Limits: a plant that lapses and returns counts as alive in between.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.demography.events import LIMITS, life_table
from shuseki.demography.linkage import STORED, Converter
from shuseki.errors import DataError
from shuseki.panel import ALL
from shuseki.records.store import Store
from shuseki.records.tally import Members, groups_of
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Survival", "kaplan_meier", "survival"]

KAPLAN_MEIER_1958 = Source(
    "KaplanMeier1958",
    "Kaplan, E. L., and P. Meier, Nonparametric estimation from incomplete observations, "
    "Journal of the American Statistical Association 53, 457–481",
    "1958",
)


@result
class Survival(Result):
    """Survival of birth cohorts.

    Attributes
    ----------
    curves
        One row per group and time: ``group``, ``years``, ``at_risk``, ``deaths``,
        ``survival_share``, ``standard_error_share``.
    waves
        Years that were followed.
    """

    curves: pd.DataFrame
    waves: tuple[int, ...]

    def headline(self) -> str:
        """Share that lives at the end, of each group, with n."""
        told = []
        for group, curve in self.curves.groupby("group", sort=False):
            last, n = curve.iloc[-1], int(curve["at_risk"].iloc[0])
            name = "" if group == ALL else f"{group}: "
            told.append(
                f"{name}{last['survival_share']:.1%} live after {last['years']:g} years (n = {n:,})"
            )
        return "; ".join(told[:4]) + (f"; {len(told) - 4} more groups" if len(told) > 4 else "")

    def to_frame(self) -> pd.DataFrame:
        """One row per group and time."""
        return self.curves.copy()


def survival(
    store: Store,
    *,
    waves: Sequence[int] | None = None,
    by: Literal["all", "industry", "area"] = "all",
    groups: pd.DataFrame | Mapping[str, str] | None = None,
    division: Members = None,
    converter: Converter | str = STORED,
) -> Survival:
    """Follow the plants born after the first wave to the last.

    Parameters
    ----------
    store
        Waves of establishments.
    waves
        Years, at least three; all by default.
    by
        What to tell apart: industry or area at birth.
    groups
        Industry → group, with ``by="industry"``.
    division
        Municipality → area, with ``by="area"``.
    converter
        Numbers that changed.

    Raises
    ------
    DataError
        When no plant is born after the first wave.
    """
    years = tuple(sorted(store.waves if waves is None else waves))
    lives = life_table(store, years, division=division, converter=converter)
    born = lives.filter(lives.wave == lives.first_wave, lives.first_wave > years[0])
    columns = [] if by == "all" else [by]
    counts = born.group_by(*columns, "first_wave", "last_wave").agg(plants=born.count())
    frame = counts.to_pandas()
    frame["group"] = frame[by] if columns else ALL
    if by == "industry" and groups is not None:
        frame["group"] = frame["group"].map(groups_of(groups))
    frame = frame.dropna(subset=["group"])
    if frame.empty or len(years) < 3:
        raise DataError(
            f"No plant is first seen after {years[0]} and followed in the waves {list(years)}. "
            "Expected three waves or more, with births. Add waves."
        )
    missed = dict(zip(years, [*years[1:], years[-1]], strict=True))
    end = frame["last_wave"].map(missed).to_numpy(dtype=float)
    frame["years"] = end - frame["first_wave"].to_numpy(dtype=float)
    frame["died"] = (frame["last_wave"] < years[-1]).to_numpy()
    curves = []
    for group, rows in frame.groupby("group"):
        curve = kaplan_meier(
            rows["years"].to_numpy(dtype=float),
            rows["died"].to_numpy(dtype=bool),
            rows["plants"].to_numpy(dtype=float),
        )
        curves.append(curve.assign(group=str(group)))
    table = pd.concat(curves, ignore_index=True)
    return Survival(
        curves=table[["group", *table.columns.drop("group")]],
        waves=years,
        notes=(
            "Deaths are counted at the first wave that misses the plant; the curve is an upper "
            "bound by at most one interval between waves.",
            *LIMITS,
        ),
        sources=(*store.sources, KAPLAN_MEIER_1958),
    )


# ---- arithmetic ------------------------------------------------------------------------------


def kaplan_meier(years: Floats, died: Bools, plants: Floats) -> pd.DataFrame:
    """Estimate survival from lifetimes, some of them cut off.

    Parameters
    ----------
    years
        Time under observation, shape ``(n,)``.
    died
        Whether it ended in death, shape ``(n,)``; otherwise observation ended.
    plants
        How many plants the row stands for, shape ``(n,)``.

    Returns
    -------
    DataFrame
        ``years``, ``at_risk``, ``deaths``, ``survival_share``, ``standard_error_share``, one
        row per time, from 0. Those whose observation ends at a time are at risk at it.
    """
    times = np.unique(years)
    at_risk = np.array([plants[years >= t].sum() for t in times])
    deaths = np.array([plants[(years == t) & died].sum() for t in times])
    share = np.cumprod(1 - deaths / at_risk)
    left = at_risk - deaths
    terms = np.divide(deaths, at_risk * left, out=np.zeros_like(deaths), where=left > 0)
    error = share * np.sqrt(np.cumsum(terms))
    start = pd.DataFrame([(0.0, plants.sum(), 0.0, 1.0, 0.0)], columns=CURVE)
    rows = pd.DataFrame(dict(zip(CURVE, (times, at_risk, deaths, share, error), strict=True)))
    table = pd.concat([start, rows[rows["years"] > 0]], ignore_index=True)
    return table.astype({"at_risk": "int64", "deaths": "int64"})


CURVE = ["years", "at_risk", "deaths", "survival_share", "standard_error_share"]
