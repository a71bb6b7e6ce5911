"""How long do establishments live?

Kaplan–Meier survival of the plants first seen after the first wave: over the times t at which
deaths d(t) are found among n(t) plants still followed::

    S(t) = Π over u ≤ t of (1 − d(u) / n(u))
    standard error (Greenwood) = S(t) · sqrt( Σ over u ≤ t of d(u) / (n(u) (n(u) − d(u))) )

A plant is followed from the wave that saw it first to the last wave of all; a plant last seen
earlier died in the interval up to the next wave, and is counted at its end. The curve is
therefore an upper bound, by at most one interval between waves (deaths are interval-censored by
the dates of the waves). Plants of the first wave are left out: their birth was not seen.

With ``lives="spells"`` the days of opening and closing are used where records know them
(``demography.spells``). A plant is then at risk from the day on which it came under observation
(left truncation): the first wave that saw it, for a survey records only who is there; or, where
some plant's first record shows it closed already, so that the records keep the closed, from its
beginning, but not before the first day of closing that they hold. A plant of the first wave whose
day of opening is known is followed too. What lives on the day of the last wave is cut off there.

Takes: a store, groups of industries or a division. Gives: ``Survival``, in shares of the cohort
(1 at birth). Source: Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457–481.
Limits: a plant that lapses and returns counts as alive in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.demography.events import LIMITS, Lives, life_table
from shuseki.demography.spells import spells
from shuseki.errors import DataError
from shuseki.language import Message, joined, say
from shuseki.linkage.exact import STORED, Converter
from shuseki.panel import ALL
from shuseki.records.store import Store
from shuseki.records.tally import Members, Places, groups_of, places_of
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
    plants
        Group → plants followed, from their beginning or later.
    cohorts
        By waves, who the curves count: ``group``, ``code`` (area or industry at birth), ``wave`` of
        birth, ``years``, ``died``, ``plants``. None by days. It is for the gate, and no table.
    """

    curves: pd.DataFrame
    waves: tuple[int, ...]
    plants: Mapping[str, int]
    cohorts: pd.DataFrame | None = field(default=None, repr=False)

    def headline(self) -> Message:
        """Share that lives at the end, of each group, with n."""
        told = []
        for group, curve in self.curves.groupby("group", sort=False):
            last, n = curve.iloc[-1], self.plants[str(group)]
            lives = say(
                "{share:.1%} live after {years:g} years (n = {n:,})",
                share=float(last["survival_share"]),
                years=round(float(last["years"]), 1),
                n=n,
            )
            named = say("{group}: {lives}", group=str(group), lives=lives)
            told.append(lives if group == ALL else named)
        if len(told) > 4:
            told = [*told[:4], say("{n:,} more groups", n=len(told) - 4)]
        return joined(told, "; ")

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
    lives: Lives = "waves",
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
    lives
        ``"waves"``, or ``"spells"`` for the days of opening and closing where they are known.

    Raises
    ------
    DataError
        When no plant is born after the first wave.
    """
    years = tuple(sorted(store.waves if waves is None else waves))
    places = places_of(store, division, years, closed=lives == "spells")
    columns = [] if by == "all" else [by]
    if lives == "spells":
        frame, notes = spells_followed(store, years, places, converter, columns)
    else:
        frame, notes = waves_followed(store, years, places, converter, columns)
    frame["group"] = frame[by] if columns else ALL
    if by == "industry" and (group_of := groups_of(groups)) is not None:
        frame["group"] = frame["group"].map(group_of)
    frame = frame.dropna(subset=["group"])
    if frame.empty:
        raise DataError(
            say(
                "No plant is first seen after {years} and followed in the waves {years_2}. "
                "Expected three waves or more, with births, or days of opening. Add waves.",
                years=years[0],
                years_2=list(years),
            )
        )
    curves = []
    for group, rows in frame.groupby("group"):
        curve = kaplan_meier(
            rows["years"].to_numpy(dtype=float),
            rows["died"].to_numpy(dtype=bool),
            rows["plants"].to_numpy(dtype=float),
            rows["entered"].to_numpy(dtype=float),
        )
        curves.append(curve.assign(group=str(group)))
    table = pd.concat(curves, ignore_index=True)
    cohorts = None
    if lives == "waves":
        frame["code"] = frame[by] if columns else ALL
        keys = ["group", "code", "wave", "years", "died"]
        named = frame.rename(columns={"first_wave": "wave"})
        cohorts = pd.DataFrame(named.groupby(keys, as_index=False)["plants"].sum())
    return Survival(
        curves=table[["group", *table.columns.drop("group")]],
        waves=years,
        cohorts=cohorts,
        plants={str(group): int(n) for group, n in frame.groupby("group")["plants"].sum().items()},
        notes=(*notes, *places.notes),
        sources=(*store.sources, KAPLAN_MEIER_1958),
    )


def waves_followed(
    store: Store,
    years: Sequence[int],
    places: Places,
    converter: Converter | str,
    columns: Sequence[str],
) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    """Lives as the waves show them: ``entered``, ``years``, ``died``, ``plants``, the columns."""
    lives = life_table(store, years, places=places, converter=converter)
    born = lives.filter(lives.wave == lives.first_wave, lives.first_wave > years[0])
    counts = born.group_by(*columns, "first_wave", "last_wave").agg(plants=born.count())
    frame = counts.to_pandas()
    if len(years) < 3:
        frame = frame[:0]
    missed = dict(zip(years, [*years[1:], years[-1]], strict=True))
    end = frame["last_wave"].map(missed).to_numpy(dtype=float)
    frame["years"] = end - frame["first_wave"].to_numpy(dtype=float)
    frame["died"] = (frame["last_wave"] < years[-1]).to_numpy()
    frame["entered"] = -np.inf
    return frame, (
        say(
            "Deaths are counted at the first wave that misses the plant; the curve is an upper "
            "bound by at most one interval between waves."
        ),
        *LIMITS,
    )


def spells_followed(
    store: Store,
    years: Sequence[int],
    places: Places,
    converter: Converter | str,
    columns: Sequence[str],
) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    """Lives between the days of opening and closing, as ``waves_followed`` gives them."""
    found = spells(store, years, places=places, converter=converter)
    about = found.agg(
        first_end=found.end.min(where=found.end_known),
        keeps_closed=(~found.first_there).any(),
    ).to_pandas()
    keeps_closed = bool(about["keeps_closed"].fillna(False).iloc[0])
    keeps_closed &= bool(about["first_end"].notna().iloc[0])
    found = found.filter(found.start_known | (found.first_wave > years[0]))
    since = ibis.literal(about["first_end"].iloc[0]).cast("date") if keeps_closed else found.seen
    days = found.select(
        *columns,
        "start_known",
        "end_known",
        "died",
        entered=since.delta(found.start, unit="day"),
        lived=found.end.delta(found.start, unit="day"),
    )
    frame = days.group_by(*days.columns).agg(plants=days.count()).to_pandas()
    entered = frame["entered"].to_numpy(dtype=float) / DAYS_PER_YEAR
    # One who is under observation from the first day is at risk on that day too.
    frame["entered"] = np.where(entered <= 0, -np.inf, entered)
    frame["years"] = frame["lived"].to_numpy(dtype=float) / DAYS_PER_YEAR
    dated, ended = (
        int(frame.loc[frame[name], "plants"].sum()) for name in ("start_known", "end_known")
    )
    return frame[frame["years"] > frame["entered"]], (
        say(
            "Of {n:,} plants, {dated:,} say when they opened and {ended:,} when they closed; the "
            "others are dated by waves, and die at the first that misses them.",
            n=int(frame["plants"].sum()),
            dated=dated,
            ended=ended,
        ),
        say(
            "Each plant is at risk from its beginning, or from {day}, the first closing on "
            "record, if that is later.",
            day=f"{about['first_end'].iloc[0]:%Y-%m-%d}",
        )
        if keeps_closed
        else say(
            "Each plant is at risk from its beginning, or from the first wave that saw it, if that "
            "is later."
        ),
    )


DAYS_PER_YEAR = 365.25


# ---- arithmetic ------------------------------------------------------------------------------


def kaplan_meier(
    years: Floats, died: Bools, plants: Floats, entered: Floats | None = None
) -> pd.DataFrame:
    """Estimate survival from lifetimes, some of them cut off, some seen from later on only.

    Parameters
    ----------
    years
        Age at the end of observation, shape ``(n,)``.
    died
        Whether it ended in death, shape ``(n,)``; otherwise observation ended.
    plants
        How many plants the row stands for, shape ``(n,)``.
    entered
        Age at which observation began, < ``years``, shape ``(n,)``; from birth by default.

    Returns
    -------
    DataFrame
        ``years``, ``at_risk``, ``deaths``, ``survival_share``, ``standard_error_share``, one
        row per time, from 0; deaths at 0 are of those who closed on the day they opened. Those
        whose observation ends at a time are at risk at it, those whose observation begins at it
        are not yet.
    """
    begun = np.full(len(years), -np.inf) if entered is None else entered
    times, at = np.unique(years, return_inverse=True)
    deaths = np.bincount(at, weights=plants * died)
    gone = np.cumsum(np.bincount(at, weights=plants)) - np.bincount(at, weights=plants)
    order = np.argsort(begun)
    came = np.concatenate([[0.0], np.cumsum(plants[order])])
    at_risk = came[np.searchsorted(begun[order], times, side="left")] - gone
    share = np.cumprod(1 - deaths / at_risk)
    left = at_risk - deaths
    terms = np.divide(deaths, at_risk * left, out=np.zeros_like(deaths), where=left > 0)
    error = share * np.sqrt(np.cumsum(terms))
    table = pd.DataFrame(dict(zip(CURVE, (times, at_risk, deaths, share, error), strict=True)))
    if not (times <= 0).any():
        start = pd.DataFrame([(0.0, plants[begun <= 0].sum(), 0.0, 1.0, 0.0)], columns=CURVE)
        table = pd.concat([start, table], ignore_index=True)
    return table.astype({"at_risk": "int64", "deaths": "int64"})


CURVE = ["years", "at_risk", "deaths", "survival_share", "standard_error_share"]
