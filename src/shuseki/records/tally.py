"""How do establishments add up to a panel, or become sites?

``tally`` counts and adds in the engine and brings one row per area, industry and wave to
memory; ``locate`` brings the plants with coordinates, without their names.

Variables of the panel::

    plants                      establishments
    employment                  Σ employees, persons
    squared_employment          Σ employees², persons²; adds up over cells
    plant_herfindahl            Σ employees² / (Σ employees)² of the cell; 1 is one plant,
                                1/plants is plants of one size; nan where no one is employed
    shipments_yen, wages_yen    Σ over plants, where the records hold them

Takes: a store; a division (table of municipality and area). Gives: ``Panel``, ``Sites``.
Limits: plants outside the division are not in the panel; ``notes`` say how many.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from shuseki.errors import DataError, examples
from shuseki.geography import areas as codes
from shuseki.geography.districts import Division
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.sites import Sites

__all__ = [
    "Members",
    "area_codes",
    "area_facts",
    "by_cell",
    "groups_of",
    "locate",
    "members_of",
    "panel_of",
    "tally",
]

Members: TypeAlias = Division | pd.DataFrame | None
"""Which municipality belongs to which area: a division, a table with both, or None for the
municipalities themselves."""

AMOUNTS = ("shipments_yen", "wages_yen")


def tally(
    store: Store,
    *,
    waves: Sequence[int] | None = None,
    division: Members = None,
    groups: pd.DataFrame | Mapping[str, str] | None = None,
) -> Panel:
    """Add establishments up to areas × industries × waves.

    Parameters
    ----------
    store
        Waves of establishments.
    waves
        Years; all by default.
    division
        Which municipality belongs to which area; the municipalities themselves by default.
    groups
        Industry → group, to add industries up; the industries themselves by default.

    Returns
    -------
    Panel
        Periods are waves. All areas of the division are in it, with 0 where nothing is.
    """
    years = tuple(store.waves if waves is None else waves)
    table = store.establishments(years)
    members = members_of(division, years)
    group_of = groups_of(groups)
    amounts = [name for name in AMOUNTS if name in table.columns]
    cells = by_cell(table, members).group_by("area", "industry", "wave")
    frame = cells.agg(
        plants=lambda t: t.count(),
        employment=lambda t: t.employees.sum(),
        # The square as a float: the square of a large plant times many plants passes 2**63.
        squared_employment=lambda t: (t.employees.cast("float64") ** 2).sum(),
        **{name: (lambda t, name=name: t[name].sum()) for name in amounts},
    ).to_pandas()
    variables = ["plants", "employment", "squared_employment", *amounts]
    notes = []
    inside = frame["area"].notna()
    if group_of is not None:
        frame["industry"] = frame["industry"].map(group_of)
        if lost := int(frame.loc[frame["industry"].isna() & inside, "plants"].sum()):
            notes.append(f"{lost:,} plants belong to no group of industries and are left out.")
    if not inside.all():
        lost = int(frame.loc[~inside, "plants"].sum())
        notes.append(f"{lost:,} plants lie outside the division and are left out.")
    frame = frame[inside & frame["industry"].notna()]
    frame = frame.groupby(["area", "industry", "wave"], as_index=False)[variables].sum(min_count=1)
    areas = area_codes(division, members, frame["area"])
    industries = sorted(set(group_of.values()) if group_of else frame["industry"].unique())
    panel = panel_of(
        frame,
        variables,
        areas,
        industries,
        [str(year) for year in years],
        period="wave",
        sources=store.sources,
        notes=tuple(notes),
        **area_facts(division),
    )
    employment, squared = panel.values["employment"], panel.values["squared_employment"]
    herfindahl = np.full(employment.shape, np.nan)
    np.divide(squared, employment**2, out=herfindahl, where=employment > 0)
    return panel.with_variable("plant_herfindahl", herfindahl)


def locate(store: Store, wave: int) -> Sites:
    """Bring the plants of one wave that have coordinates, without names.

    Raises
    ------
    DataError
        When the wave has no coordinates.
    """
    table = store.wave(wave)
    missing = [name for name in ("latitude", "longitude") if name not in table.columns]
    if missing:
        raise DataError(
            f"Wave {wave} has no {' and '.join(missing)}. Expected degrees for each plant. "
            "Locate the addresses first, or tally by municipality."
        )
    located = table.filter(table.latitude.notnull(), table.longitude.notnull())
    frame = located.select(
        "latitude", "longitude", "industry", "employees", "municipality"
    ).to_pandas()
    return Sites.from_frame(
        frame, employment="employees", area="municipality", sources=store.sources
    )


# ---- cells --------------------------------------------------------------------------------


def by_cell(table: ir.Table, members: pd.DataFrame | None) -> ir.Table:
    """Give each establishment its ``area``: null outside the division."""
    if members is None:
        return table.mutate(area=table.municipality)
    of = ibis.memtable(members[["municipality", "area"]])
    joined = table.left_join(of, "municipality")
    return joined.select(*table.columns, area=joined.area)


def members_of(division: Members, waves: Sequence[int] = ()) -> pd.DataFrame | None:
    """Table of municipality and area, each municipality once; None for no division.

    A ``Division`` knows codes of its own date. Codes that came later, until the last of the
    waves, are put into the area of their largest share, and wards go with their city.
    """
    if division is None:
        return None
    if isinstance(division, Division):
        tables = [division.members[["municipality", "area"]]]
        days = [f"{year}-12-31" for year in sorted(waves)]
        days = [day for day in days if division.date < day <= codes.LAST_DAY]
        tables += [division.assignment(day).reset_index()[["municipality", "area"]] for day in days]
        members = pd.concat(tables).drop_duplicates("municipality")
        area_of = members.set_index("municipality")["area"]
        for day in {division.date, *days}:
            units = codes.municipalities(day, wards=True)
            wards = units.loc[units["kind"] == "ward", ["code", "city"]]
            wards = wards.assign(area=wards["city"].map(area_of)).dropna(subset=["area"])
            tables.append(wards.rename(columns={"code": "municipality"})[["municipality", "area"]])
        return pd.concat(tables).drop_duplicates("municipality", ignore_index=True)
    missing = [name for name in ("municipality", "area") if name not in division.columns]
    if missing:
        raise DataError(
            f"The division lacks columns: {examples(missing)}. Found "
            f"{examples(division.columns, 12)}. Expected municipality and area. Rename them."
        )
    frame = division[["municipality", "area"]].astype(str)
    twice = frame.loc[frame["municipality"].duplicated(), "municipality"].unique()
    if len(twice):
        raise DataError(
            f"Municipalities in more than one area: {examples(twice)}. "
            "Expected each once. Choose one area for each."
        )
    return frame


def area_codes(division: Members, members: pd.DataFrame | None, found: pd.Series) -> list[str]:
    """Codes of all areas of a division, or those found when there is none."""
    if isinstance(division, Division):
        return list(division.codes)
    return sorted(found.unique() if members is None else members["area"].unique())


def area_facts(division: Members) -> dict[str, Any]:
    """What a panel says of its areas: the division's name; names, centres, prefectures."""
    if division is None:
        return {"division": "municipality"}
    if isinstance(division, pd.DataFrame):
        return {"division": "user"}
    table = division.areas
    return {
        "division": division.name,
        "area_names": tuple(table["name_en"]),
        "centres": table[["latitude", "longitude"]].to_numpy(dtype=float),
        "area_groups": tuple(table["prefecture"]),
    }


def groups_of(groups: pd.DataFrame | Mapping[str, str] | None) -> dict[str, str] | None:
    """Industry → group as a dictionary; a data frame needs both columns."""
    if groups is None or isinstance(groups, Mapping):
        return None if groups is None else dict(groups)
    missing = [name for name in ("industry", "group") if name not in groups.columns]
    if missing:
        raise DataError(
            f"The table of groups lacks columns: {examples(missing)}. Found "
            f"{examples(groups.columns, 12)}. Expected industry and group. Rename them."
        )
    return dict(zip(groups["industry"].astype(str), groups["group"].astype(str), strict=True))


def panel_of(
    frame: pd.DataFrame,
    variables: Sequence[str],
    areas: Sequence[str],
    industries: Sequence[str],
    periods: Sequence[str],
    *,
    period: str | None = None,
    **about: Any,
) -> Panel:
    """Lay rows out over all codes of each axis; an absent row is a counted zero.

    Parameters
    ----------
    frame
        ``area``, ``industry``, the column ``period`` if any, and the variables.
    """
    axes = [pd.Index(areas), pd.Index(industries), pd.Index(periods)]
    keys = [frame["area"], frame["industry"]]
    keys.append(frame[period].astype(str) if period else pd.Series(periods[0], frame.index))
    at = tuple(axis.get_indexer(pd.Index(key)) for axis, key in zip(axes, keys, strict=True))
    values = {}
    for name in variables:
        array = np.zeros((len(areas), len(industries), len(periods)))
        array[at] = frame[name].to_numpy(dtype=float)
        values[name] = array
    return Panel(tuple(areas), tuple(industries), tuple(periods), values, **about)
