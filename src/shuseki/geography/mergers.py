"""Which area did an older area become, and in what proportion?

A crosswalk says, for every area of one table, the areas of another that took it over and the
weight of each; the weights of an area add up to one. Forward in time nearly all weights are 1:
municipalities merge. One was divided (上九一色村, 2006), by the habitable area each successor
gained. Backward in time a merged municipality is divided among its parts by their size (census
population unless the caller knows better): an estimate, and marked as one.

``convert`` carries a panel across. Amounts and counts are added up:
``value[new] = sum over old of weight[old, new] x value[old]``. A ratio cannot be added up, and a
variable whose name says that it is one (``_share``, ``_per_10000``, ``_rate`` …) is refused
unless the variable that weights it is named.

Takes a panel by area. Gives a ``Conversion``: the new panel and the audit trail, in which for
every variable the total before = the total after + what was lost.
Sources: as ``areas``. Checked against Kondo's converter: from 1995 to each census up to 2020 every
code goes where the converter sends it; only 上九一色村 is sent whole to 甲府市 there.
Limits: adjustments of boundaries between municipalities that both went on are not followed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from shuseki.arrays import Bools, Floats
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import (
    CODES,
    Date,
    changes,
    check_codes,
    iso_date,
    municipalities,
    population,
    populations,
)
from shuseki.language import Message, say
from shuseki.language.names import some_of
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Conversion", "Crosswalk", "convert", "crosswalk"]

RATIO_WORDS = ("_share", "_rate", "_ratio", "_percent", "_per_", "_mean", "_median", "_index")


class AreaPanel(Protocol):
    """Whatever has values over areas and can be replaced: a ``Panel``."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def areas(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> Mapping[str, Floats]: ...
    @property
    def sources(self) -> tuple[Source, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


P = TypeVar("P", bound=AreaPanel)


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """Which area became which.

    Attributes
    ----------
    table
        ``from_code``, ``to_code``, ``weight`` (0 to 1, adding up to 1 per ``from_code``),
        ``kind`` (what happened) and ``date`` (when it last did, ``""`` if nothing did).
    from_division, to_division
        What the codes on either side are, e.g. ``"municipality on 1995-10-01"``.
    to_areas
        All areas on the new side with ``code``, ``name_ja``, ``prefecture``, ``latitude``,
        ``longitude``; areas that nothing becomes are kept, with zeros.
    from_date
        Day whose codes the old side uses, ``""`` when that is not a date.
    estimated
        Whether weights between 0 and 1 were estimated by size.
    """

    table: pd.DataFrame
    from_division: str
    to_division: str
    to_areas: pd.DataFrame
    from_date: str = ""
    estimated: bool = False
    sources: tuple[Source, ...] = (CODES,)

    def __post_init__(self) -> None:
        total = self.table.groupby("from_code")["weight"].sum()
        wrong = total.index[(total - 1).abs() > 1e-9]
        if len(wrong):
            raise DataError(
                say(
                    "Weights that do not add up to 1 for areas {wrong}. Expected the shares of "
                    "each old area in the new ones. Rescale them.",
                    wrong=examples(wrong),
                )
            )

    def then(self, after: "Crosswalk") -> "Crosswalk":
        """Follow this crosswalk by another; areas that the second does not know are left out.

        Weights that lead nowhere are not spread over the others: an area that the second
        crosswalk knows only in part is lost in that part.
        """
        joined = self.table.merge(
            after.table, left_on="to_code", right_on="from_code", suffixes=("", "_after")
        )
        joined["weight"] *= joined["weight_after"]
        joined["date"] = joined[["date", "date_after"]].max(axis=1)
        table = (
            joined.groupby(["from_code", "to_code_after"], sort=True)
            .agg(weight=("weight", "sum"), kind=("kind", "last"), date=("date", "max"))
            .reset_index()
            .rename(columns={"to_code_after": "to_code"})
        )
        partial = table.groupby("from_code")["weight"].sum()
        incomplete = partial.index[partial < 1 - 1e-9]
        outside = pd.DataFrame(
            {
                "from_code": incomplete,
                "to_code": "",
                "weight": (1 - partial[incomplete]).to_numpy(),
                "kind": "outside the division",
                "date": "",
            }
        )
        return Crosswalk(
            pd.concat([table, outside], ignore_index=True),
            self.from_division,
            after.to_division,
            after.to_areas,
            from_date=self.from_date,
            estimated=self.estimated or after.estimated,
            sources=tuple(dict.fromkeys(self.sources + after.sources)),
        )

    def matrix(self, from_codes: Sequence[str]) -> sparse.csr_array:
        """Weights as a sparse matrix, shape ``(new areas, old areas as given)``."""
        table = self.table[self.table["to_code"] != ""]
        at = pd.Series(range(len(from_codes)), index=list(from_codes))
        to = pd.Series(range(len(self.to_areas)), index=list(self.to_areas["code"]))
        known = table[table["from_code"].isin(at.index)]
        return sparse.csr_array(
            (
                known["weight"].to_numpy(float),
                (to[known["to_code"]].to_numpy(), at[known["from_code"]].to_numpy()),
            ),
            shape=(len(to), len(at)),
        )

    def __repr__(self) -> str:
        split = int(self.table.loc[self.table["weight"] < 1, "from_code"].nunique())
        return (
            f"<Crosswalk: {self.table['from_code'].nunique():,} ({self.from_division}) → "
            f"{len(self.to_areas):,} ({self.to_division}), {split} divided>"
        )


@result
class Conversion(Result, Generic[P]):
    """A panel on other areas, and how it got there.

    Attributes
    ----------
    panel
        The new panel.
    moves
        ``from_code``, ``to_code``, ``weight``, ``kind``, ``date`` of the areas in the panel.
    lost
        Areas, or parts of areas, without a successor: ``code``, ``share`` (0 to 1), ``reason``,
        and one column per variable with the amount lost.
    totals
        One row per added variable: ``variable``, ``before``, ``after``, ``lost``; unknown
        (``nan``) cells count as nothing here.
    """

    panel: P
    moves: pd.DataFrame
    lost: pd.DataFrame
    totals: pd.DataFrame
    from_division: str
    to_division: str

    def headline(self) -> Message:
        """Areas before and after, divided and lost."""
        return say(
            "{before:count(area)} ({one}) → {after:,} ({other}); {divided} divided, {lost} without "
            "a successor",
            before=self.moves["from_code"].nunique(),
            one=self.from_division,
            after=len(self.panel.areas),
            other=self.to_division,
            divided=int(self.moves.loc[self.moves["weight"] < 1, "from_code"].nunique()),
            lost=len(self.lost),
        )

    def to_frame(self) -> pd.DataFrame:
        """The moves, one row per old and new area."""
        return self.moves.copy()


# ---- public verbs -------------------------------------------------------------------------


def crosswalk(
    from_date: Date, to_date: Date, *, sizes: "pd.Series[float] | None" = None
) -> Crosswalk:
    """Relate the municipalities of one date to those of another.

    Parameters
    ----------
    from_date, to_date
        Days or years; ``to_date`` may be the earlier one.
    sizes
        Only for going back in time: the size of each municipality of ``to_date`` by which a
        merged one is divided, index code. Census population of the last census up to
        ``to_date`` by default (the first bundled one is 1995).

    Examples
    --------
    >>> crosswalk(1995, 2020)
    <Crosswalk: 3,255 (municipality on 1995-10-01) → 1,741 (municipality on 2020-10-01), 1 divided>
    """
    start, end = iso_date(from_date), iso_date(to_date)
    if sizes is None or start <= end:
        return between(start, end)
    return related(turn_round(followed(end, start), sizes), start, end)


def convert(
    panel: P,
    by: Crosswalk,
    *,
    averages: Mapping[str, str] | None = None,
    missing: Literal["unknown", "skip"] = "unknown",
) -> Conversion[P]:
    """Carry a panel to other areas.

    Parameters
    ----------
    panel
        Values over areas whose codes are those of the old side of the crosswalk.
    by
        The crosswalk.
    averages
        For ratios: variable → the variable of the panel that weights it (``{"unemployed_share":
        "labour_force"}``); they are averaged instead of added.
    missing
        ``"unknown"``: a sum with an unknown part is unknown (``nan``). ``"skip"``: unknown
        parts are left out, so that the sum is that of the published cells.

    Returns
    -------
    Conversion
        The new panel with its audit trail. Areas of the panel that the crosswalk does not know
        are listed in ``lost`` with their amounts.

    Raises
    ------
    AlignmentError
        No area of the panel is known to the crosswalk.
    ParameterError
        A variable is a ratio by its name and has no weight in ``averages``.
    """
    averages = dict(averages or {})
    ratios = [
        name
        for name in panel.values
        if any(word in f"{name}_" for word in RATIO_WORDS) and name not in averages
    ]
    if ratios:
        raise ParameterError(
            say(
                "Ratios cannot be added up: {ratios}. Expected counts and amounts. Convert "
                "numerator and denominator and divide, or name the weights: "
                "averages={{{ratios_2!r}: <variable that weights it>}}.",
                ratios=examples(ratios),
                ratios_2=ratios[0],
            )
        )
    unknown = [name for pair in averages.items() for name in pair if name not in panel.values]
    if unknown:
        raise UnknownCodeError.among("variable", unknown, list(panel.values))
    known = set(by.table["from_code"])
    if not known.intersection(panel.areas):
        raise AlignmentError(
            say(
                "None of the {n_areas} areas is known to the crosswalk; the first are {areas}. "
                "Expected codes of {from_division}. Use the crosswalk of the panel's own division "
                "and date.",
                n_areas=len(panel.areas),
                areas=examples(panel.areas),
                from_division=by.from_division,
            )
        )
    weights = by.matrix(panel.areas)
    values = {
        name: weighted_mean(weights, array, panel.values[averages[name]])
        if name in averages
        else weighted_sum(weights, array, skip=missing == "skip")
        for name, array in panel.values.items()
    }
    added = [name for name in panel.values if name not in averages]
    lost = lost_areas(panel, by, weights, added)
    totals = pd.DataFrame(
        {
            "variable": added,
            "before": [float(np.nansum(panel.values[name])) for name in added],
            "after": [float(np.nansum(weighted_sum(weights, panel.values[name], skip=True)))
                      for name in added],
            "lost": [float(lost[name].sum()) for name in added],
        }
    )  # fmt: skip
    notes = conversion_notes(by, lost, missing)
    areas = by.to_areas
    located = areas[["latitude", "longitude"]].to_numpy(float) if "latitude" in areas else None
    new = replace(
        panel,
        areas=tuple(areas["code"]),
        values=values,
        area_names=tuple(areas["name_ja"]) if "name_ja" in areas else (),
        centres=located,
        area_groups=tuple(areas["prefecture"]) if "prefecture" in areas else (),
        division=by.to_division,
        sources=tuple(dict.fromkeys(panel.sources + by.sources)),
        notes=panel.notes + notes,
    )
    moves = by.table[by.table["from_code"].isin(panel.areas) & (by.table["to_code"] != "")]
    return Conversion(
        panel=new,
        moves=moves.reset_index(drop=True),
        lost=lost,
        totals=totals,
        from_division=by.from_division,
        to_division=by.to_division,
        notes=notes,
        sources=new.sources,
    )


# ---- arithmetic ---------------------------------------------------------------------------


def weighted_sum(weights: sparse.csr_array, array: Floats, *, skip: bool) -> Floats:
    """Add up areas: ``(new, old) @ (old, industries, periods)``; see ``missing`` of ``convert``."""
    flat = array.reshape(array.shape[0], -1)
    gaps: Bools = np.isnan(flat)
    total: Floats = np.asarray(weights @ np.where(gaps, 0.0, flat))
    if gaps.any():
        unknown: Bools = np.asarray(weights @ gaps.astype(float)) > 0
        if skip:  # then only a sum of nothing but unknown parts stays unknown
            unknown &= np.asarray(weights @ (~gaps).astype(float)) == 0
        total[unknown] = np.nan
    return total.reshape(-1, *array.shape[1:])


def weighted_mean(weights: sparse.csr_array, array: Floats, by: Floats) -> Floats:
    """Average areas by a size: ``sum(weight x size x value) / sum(weight x size)``."""
    top = weighted_sum(weights, array * by, skip=False)
    bottom = weighted_sum(weights, by, skip=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = top / bottom
    return mean


@lru_cache(maxsize=64)
def between(start: str, end: str) -> Crosswalk:
    """Relate two days, going back by population."""
    if start <= end:
        return related(followed(start, end), start, end)
    return related(turn_round(followed(end, start), size_on(end)), start, end)


def related(table: pd.DataFrame, start: str, end: str) -> Crosswalk:
    """Make a crosswalk of a table between the municipalities of two days."""
    return Crosswalk(
        table,
        say("municipality on {day}", day=start),
        say("municipality on {day}", day=end),
        municipalities(end),
        from_date=start,
        estimated=start > end,
    )


@lru_cache(maxsize=64)
def followed(start: str, end: str) -> pd.DataFrame:
    """Follow all municipalities of a day to a later one."""
    return follow(tuple(municipalities(start)["code"]), start, end)


def follow(codes: tuple[str, ...], start: str, end: str) -> pd.DataFrame:
    """Follow codes from one day to a later one along the recorded changes."""
    where: dict[str, dict[str, float]] = {code: {code: 1.0} for code in codes}
    holders: dict[str, set[str]] = defaultdict(set)
    for code in codes:
        holders[code].add(code)
    what = dict.fromkeys(codes, ("unchanged", ""))
    for date, old, heirs, kind in changes():
        if not start < date <= end:
            continue
        for origin in sorted(holders.pop(old, set())):
            share = where[origin].pop(old)
            for heir, weight in heirs:
                where[origin][heir] = where[origin].get(heir, 0.0) + share * weight
                holders[heir].add(origin)
            what[origin] = (kind, date)
    rows = [
        (origin, heir, weight, *what[origin])
        for origin in codes
        for heir, weight in sorted(where[origin].items())
    ]
    return pd.DataFrame(rows, columns=["from_code", "to_code", "weight", "kind", "date"])


def turn_round(forward: pd.DataFrame, sizes: "pd.Series[float]") -> pd.DataFrame:
    """Turn a crosswalk round, dividing each later area among its earlier parts by size."""
    size = forward["from_code"].map(sizes)
    if size.isna().any():
        without = forward.loc[size.isna(), "from_code"]
        raise DataError(
            say(
                "No size is given for municipalities {without}. Expected a size for every "
                "municipality of the earlier date. Add them (0 is allowed).",
                without=examples(without),
            )
        )
    part = size.to_numpy(float) * forward["weight"].to_numpy(float)
    whole = pd.Series(part).groupby(forward["to_code"].to_numpy()).transform("sum").to_numpy()
    count = forward.groupby("to_code")["from_code"].transform("size").to_numpy()
    weight = np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 1.0 / count)
    table = pd.DataFrame(
        {
            "from_code": forward["to_code"],
            "to_code": forward["from_code"],
            "weight": weight,
            "kind": np.where(forward["kind"] == "unchanged", "unchanged", "divided by size"),
            "date": forward["date"],
        }
    )
    return table.sort_values(["from_code", "to_code"], ignore_index=True)


def size_on(day: str) -> "pd.Series[float]":
    """Population of the municipalities of a day, from the last census that knew each of them."""
    years = [int(name.removeprefix("population_")) for name in populations().columns]
    codes = municipalities(day)["code"]
    earlier = [year for year in years if f"{year}-10-01" <= day][::-1]
    later = [year for year in years if f"{year}-10-01" > day]
    size = pd.Series(np.nan, index=codes)
    for year in earlier + later:
        size = size.fillna(population(year).reindex(codes))
    return size.fillna(0.0)


def lost_areas(
    panel: AreaPanel, by: Crosswalk, weights: sparse.csr_array, added: Sequence[str]
) -> pd.DataFrame:
    """List areas, or parts of areas, that lead nowhere, with the amounts lost."""
    carried = np.asarray(weights.sum(axis=0)).ravel()
    position = np.flatnonzero(carried < 1 - 1e-9)
    codes = [panel.areas[k] for k in position]
    if by.from_date and codes:
        reasons = check_codes(codes, by.from_date).set_index("code")["advice"]
    else:
        reasons = pd.Series(dtype=str)
    table = pd.DataFrame(
        {
            "code": codes,
            "share": 1 - carried[position],
            "reason": [reasons.get(code, "outside the division") for code in codes],
        }
    )
    for name in added:
        amount = np.nansum(panel.values[name][position], axis=(1, 2))
        table[name] = amount * table["share"].to_numpy()
    return table


def conversion_notes(by: Crosswalk, lost: pd.DataFrame, missing: str) -> tuple[Message, ...]:
    """What a careful reader must know of a conversion."""
    notes = []
    if by.estimated:
        notes.append(say("Merged areas were divided among their parts by size: an estimate."))
    if len(lost):
        notes.append(
            say(
                "{n:,} areas have no successor in whole or in part: {codes}.",
                n=len(lost),
                codes=some_of(lost["code"]),
            )
        )
    if missing == "skip":
        notes.append(say("Sums leave out unpublished cells."))
    return tuple(notes)
