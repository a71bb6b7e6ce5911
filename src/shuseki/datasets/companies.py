"""How many companies were born, closed and moved in Japan, where and when, since July 2021?

Every corporation of Japan has a number, and the National Tax Agency publishes every change: a new
one, a new address, a closure with its cause. ``company_panel`` adds them up by area and month,
``company_series`` says the nation month by month, ``company_moves`` who moved from where to where.

What is counted, and what is not:

- a *birth* is a new registration; corrections and older states of a row are left out, and so is
  whoever existed when numbers were given out on 5 October 2015;
- a *death* is a liquidation or the end by a merger. Dormant corporations that the registrar clears
  in January (55,686 in January 2025, 45,400 in January 2026) are counted apart: they died at some
  time, but not then;
- a *move* is a new address of an old corporation, told apart from births.

Takes a division. Gives a ``Panel`` of counts; results whose sources name publisher and terms.
Source: 国税庁法人番号公表サイト, daily files of 14 July 2021 to 21 August 2026, by the month of the
file; ``derive/corporate_register.py``. Checked: 185,210 births of all kinds to October 2022, as
the summary of the files says.
Limits: corporations, not establishments; the place is that of the registered head office; no
industry; no sole proprietors. July 2021 and August 2026 are not whole months (``WHOLE_MONTHS``).
"""

from dataclasses import replace
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Ints
from shuseki.datasets.catalogue import dataset, load
from shuseki.errors import ParameterError
from shuseki.geography.districts import Division, aggregate, division
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.panel import ALL, Panel
from shuseki.results import Result, result

__all__ = [
    "CODES_DATE",
    "MONTHS",
    "WHOLE_MONTHS",
    "CompanyMoves",
    "CompanySeries",
    "Kinds",
    "company_moves",
    "company_panel",
    "company_series",
]

CODES_DATE = "2020-10-01"
"""Day of the municipality codes."""
NOWHERE = "00000"
MONTHS = tuple(
    f"{year}-{month:02d}"
    for year in range(2021, 2027)
    for month in range(1, 13)
    if "2021-07" <= f"{year}-{month:02d}" <= "2026-08"
)
"""Months of the daily files."""
WHOLE_MONTHS = MONTHS[1:-1]
"""Sixty months that the files cover from the first day to the last."""
COUNTED = ("births", "liquidated", "merged_away", "closed_by_registrar", "revived", "moved")

Kinds = Literal["company", "other", "all"]
KINDS: tuple[Kinds, ...] = ("company", "other", "all")
"""Companies (stock, limited, partnership, limited liability), other corporations, or both."""

NOT_DEATHS = say(
    "Closures by the registrar, which clears dormant corporations in January, are no deaths and "
    "are counted apart."
)
HEAD_OFFICES = say(
    "A corporation is counted where its head office is registered; that need not be where it works."
)
UNIVERSE = say("Corporations of all industries, not establishments; no sole proprietors.")


# ---- results -----------------------------------------------------------------------------------


@result
class CompanySeries(Result):
    """What happened in the nation, month by month.

    Attributes
    ----------
    months
        As ``2021-08``.
    births, liquidated, merged_away, closed_by_registrar, moved
        Counts, shape ``(months,)``.
    kinds
        Which corporations.
    """

    months: tuple[str, ...]
    births: Ints
    liquidated: Ints
    merged_away: Ints
    closed_by_registrar: Ints
    moved: Ints
    kinds: Kinds = "company"

    @property
    def deaths(self) -> Ints:
        """Liquidated or merged away, shape ``(months,)``."""
        died: Ints = self.liquidated + self.merged_away
        return died

    @property
    def purges(self) -> tuple[str, ...]:
        """Months in which the registrar closed more corporations than died otherwise."""
        more = self.closed_by_registrar > self.deaths
        return tuple(month for month, purged in zip(self.months, more, strict=True) if purged)

    def headline(self) -> Message:
        """Births, deaths and clearings, and their number of months."""
        return say(
            "{births:,} born, {deaths:,} liquidated or merged away, {purged:,} cleared by the "
            "registrar, {moved:,} moved in {n:count(month)} ({first} to {last})",
            births=int(self.births.sum()),
            deaths=int(self.deaths.sum()),
            purged=int(self.closed_by_registrar.sum()),
            moved=int(self.moved.sum()),
            n=len(self.months),
            first=self.months[0],
            last=self.months[-1],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per month."""
        return pd.DataFrame(
            {
                "month": self.months,
                "births": self.births,
                "liquidated": self.liquidated,
                "merged_away": self.merged_away,
                "closed_by_registrar": self.closed_by_registrar,
                "moved": self.moved,
            }
        )


@result
class CompanyMoves(Result):
    """How many companies moved into and out of each area.

    Attributes
    ----------
    table
        One row per area that a company moved into or out of: ``area``, ``area_en``, ``area_ja``,
        ``moved_in``, ``moved_out``, ``net``; the largest net gain first.
    pairs
        One row per pair of areas: ``from_area``, ``to_area``, ``n``; the most moves first. An
        empty code is a place in no area.
    first_year, last_year
        Years of the moves.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    first_year: int
    last_year: int

    def headline(self) -> Message:
        """How many crossed a border, and who gained and lost most."""
        gain, loss = self.table.iloc[0], self.table.iloc[-1]
        return say(
            "{n:,} moves between areas seen in {first}–{last}; most gained: {gain} ({more:+,}), "
            "most lost: {loss} ({fewer:+,}); n = {areas:count(area)}",
            n=round(self.pairs["n"].sum()),
            first=self.first_year,
            last=self.last_year,
            gain=TwoNames(str(gain["area_en"]), str(gain["area_ja"])),
            more=round(gain["net"]),
            loss=TwoNames(str(loss["area_en"]), str(loss["area_ja"])),
            fewer=round(loss["net"]),
            areas=len(self.table),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        return self.table.copy()


# ---- public verbs ------------------------------------------------------------------------------


def company_panel(
    by: str | Division = "municipality",
    *,
    kinds: Kinds = "company",
    first: str = WHOLE_MONTHS[0],
    last: str = WHOLE_MONTHS[-1],
) -> Panel:
    """Count what happened to corporations by area and month.

    Parameters
    ----------
    by
        A division, or the name of a bundled one; ``"municipality"`` means those of 2020.
    kinds
        ``"company"``, ``"other"`` corporations (medical, educational, cooperatives, …), or
        ``"all"``.
    first, last
        Months, as ``"2021-08"``; by default all whole ones. ``"2021-07"`` and ``"2026-08"`` are
        there in part.

    Returns
    -------
    Panel
        ``births``; ``deaths`` = ``liquidated`` + ``merged_away``; ``closed_by_registrar``;
        ``revived``; ``moved`` (a new address within the municipality or from another). A
        municipality of 2020 that lies in two areas is divided by population.

    Raises
    ------
    ParameterError
        An unknown kind, or months that are not covered.

    Examples
    --------
    >>> panel = company_panel("prefecture")
    >>> panel.shape
    (47, 1, 60)
    """
    months = months_between(first, last)
    if kinds not in KINDS:
        raise ParameterError(
            say(
                "Unknown kind of corporation {kinds!r}. Expected one of {kinds_2}.",
                kinds=kinds,
                kinds_2=listed(KINDS),
            )
        )
    panel = _municipal(kinds).select(periods=months)
    if isinstance(by, str) and by == "municipality":
        return panel
    areas = by if isinstance(by, Division) else _default(by)
    added: Panel = aggregate(panel, areas, date=CODES_DATE).panel
    return replace(added, notes=(*panel.notes, *_outside(panel, added)))


def _outside(panel: Panel, added: Panel) -> tuple[Message, ...]:
    """How many births lie in no area of a division."""
    every, inside = panel.values["births"].sum(), added.values["births"].sum()
    if every - inside < 0.5:
        return ()
    return (
        say(
            "{n:,} of {every:,} births lie in municipalities that are in none of the areas; one "
            "that lies in two is divided by population.",
            n=round(every - inside),
            every=round(every),
        ),
    )


def company_series(
    *, kinds: Kinds = "company", first: str = MONTHS[0], last: str = MONTHS[-1]
) -> CompanySeries:
    """Count what happened in the nation, month by month.

    Parameters
    ----------
    kinds, first, last
        As for ``company_panel``; by default all months, the first and the last in part.

    Examples
    --------
    >>> company_series().purges
    ('2022-01', '2023-01', '2024-01', '2025-01', '2026-01')
    >>> int(company_series(kinds="all", last="2022-10").births.sum())
    185210
    """
    months = months_between(first, last)
    table = events(kinds)
    sums = table.groupby("month")[list(COUNTED)].sum().reindex(list(months), fill_value=0)
    partial = [month for month in months if month not in WHOLE_MONTHS]
    return CompanySeries(
        months=months,
        **{
            name: sums[name].to_numpy(dtype="int64")
            for name in ("births", "liquidated", "merged_away", "closed_by_registrar", "moved")
        },
        kinds=kinds,
        notes=(
            UNIVERSE,
            NOT_DEATHS,
            *(
                [say("Months that the files cover in part: {months}.", months=", ".join(partial))]
                if partial
                else []
            ),
        ),
        sources=(dataset("company-events").source,),
    )


def company_moves(
    by: str | Division = "municipality", *, first: int = 2022, last: int = 2026
) -> CompanyMoves:
    """Count the companies that moved from one area to another.

    Parameters
    ----------
    by
        As for ``company_panel``.
    first, last
        Years of the move, 2019 to 2026.

    Raises
    ------
    ParameterError
        Years outside, or the last before the first.

    Notes
    -----
    Only companies whose earlier address is seen in the daily files are told, the more the later
    the year: compare areas, not years.
    """
    if not 2019 <= first <= last <= 2026:
        raise ParameterError(
            say(
                "Moves of {first} to {last}. Expected years from 2019 to 2026, the first not "
                "after the last.",
                first=first,
                last=last,
            )
        )
    areas = by if isinstance(by, Division) else _default(by)
    table = load("company-moves")
    table = table[table["year"].between(first, last)]
    codes = sorted({*table["from_code"].astype(str), *table["to_code"].astype(str)})
    at = {code: k for k, code in enumerate(codes)}
    flows = np.zeros((len(codes), len(codes)))
    rows = table["from_code"].astype(str).map(at).to_numpy()
    columns = table["to_code"].astype(str).map(at).to_numpy()
    np.add.at(flows, (rows, columns), table["n"].to_numpy(float))
    weights = areas.crosswalk(CODES_DATE).matrix(codes)
    inside = np.asarray(weights.sum(axis=0)).ravel()
    ways = np.vstack([np.asarray(weights @ np.eye(len(codes))), 1.0 - inside])
    between = ways @ flows @ ways.T
    np.fill_diagonal(between, 0.0)
    named = {lang: dict(zip(areas.codes, areas.names(lang), strict=True)) for lang in ("en", "ja")}
    labels = np.array([*areas.codes, ""])
    frame = pd.DataFrame(
        {
            "area": labels,
            "area_en": [named["en"].get(code, code) for code in labels],
            "area_ja": [named["ja"].get(code, code) for code in labels],
            "moved_in": between.sum(axis=0),
            "moved_out": between.sum(axis=1),
        }
    ).iloc[:-1]
    frame["net"] = frame["moved_in"] - frame["moved_out"]
    seen = frame[frame["moved_in"] + frame["moved_out"] > 0]
    where = np.argwhere(between > 0)
    pairs = pd.DataFrame(
        {
            "from_area": labels[where[:, 0]],
            "to_area": labels[where[:, 1]],
            "n": between[where[:, 0], where[:, 1]],
        }
    )
    return CompanyMoves(
        table=seen.sort_values("net", ascending=False, kind="stable", ignore_index=True),
        pairs=pairs.sort_values("n", ascending=False, kind="stable", ignore_index=True),
        first_year=first,
        last_year=last,
        notes=(
            say(
                "Only companies whose earlier address is seen in the daily files, the more the "
                "later the year: areas compare, years do not."
            ),
            HEAD_OFFICES,
        ),
        sources=(dataset("company-moves").source, *areas.sources),
    )


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Months from the first to the last, both included.

    Raises
    ------
    ParameterError
        A month that is not covered, or the last before the first.
    """
    unknown = [month for month in (first, last) if month not in MONTHS]
    if unknown or first > last:
        raise ParameterError(
            say(
                "Months {first} to {last}. Expected months from {months} to {months_2}, such as "
                "{whole_months!r}, the first not after the last. {whole_months} to "
                "{whole_months_2} are covered whole.",
                first=first,
                last=last,
                months=MONTHS[0],
                months_2=MONTHS[-1],
                whole_months=WHOLE_MONTHS[0],
                whole_months_2=WHOLE_MONTHS[-1],
            )
        )
    return MONTHS[MONTHS.index(first) : MONTHS.index(last) + 1]


# ---- the table ---------------------------------------------------------------------------------


def events(kinds: Kinds) -> pd.DataFrame:
    """Rows of the bundled table of some kind, codes as text."""
    table = load("company-events")
    if kinds != "all":
        table = table[table["kind"] == kinds]
    return table.astype({"municipality": str, "month": str})


@lru_cache(maxsize=len(KINDS))
def _municipal(kinds: Kinds) -> Panel:
    """All months by municipality of 2020; a month without a row is a counted zero."""
    table = events(kinds)
    units = _default("municipality")
    shape = (len(units.codes), 1, len(MONTHS))
    row = pd.Categorical(table["municipality"], categories=list(units.codes)).codes
    month = pd.Categorical(table["month"], categories=list(MONTHS)).codes
    inside = row >= 0
    values = {}
    for name in COUNTED:
        counts = np.zeros(shape)
        np.add.at(counts[:, 0, :], (row[inside], month[inside]), table[name].to_numpy()[inside])
        values[name] = counts
    values["deaths"] = values["liquidated"] + values["merged_away"]
    abroad = int(table.loc[~inside, "births"].sum())
    areas = units.areas
    return Panel(
        units.codes,
        (ALL,),
        MONTHS,
        values,
        area_names=tuple(areas["name_en"]),
        centres=areas[["latitude", "longitude"]].to_numpy(float),
        area_groups=tuple(areas["prefecture"]),
        division=units.name,
        sources=(dataset("company-events").source, *units.sources),
        notes=(
            UNIVERSE,
            HEAD_OFFICES,
            NOT_DEATHS,
            *(
                [say("{n:,} births of all months without a place in Japan are left out.", n=abroad)]
                if abroad
                else []
            ),
        ),
    )


@lru_cache
def _default(name: str) -> Division:
    """Keep a bundled division; municipalities and prefectures are those of 2020."""
    return division(name, 2020) if name in ("municipality", "prefecture") else division(name)
