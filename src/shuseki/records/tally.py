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
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.sites import Sites

__all__ = ["Division", "by_cell", "groups_of", "locate", "members_of", "tally"]

Division: TypeAlias = Any
"""A data frame with ``municipality`` and ``area``, or an object whose ``members`` is one."""

AMOUNTS = ("shipments_yen", "wages_yen")


def tally(
    store: Store,
    *,
    waves: Sequence[int] | None = None,
    division: Division = None,
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
    members = members_of(division)
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
    areas = sorted(frame["area"].unique() if members is None else members["area"].unique())
    industries = sorted(set(group_of.values()) if group_of else frame["industry"].unique())
    panel = panel_of(
        frame, variables, areas, industries, [str(year) for year in years], period="wave"
    )
    employment, squared = panel.values["employment"], panel.values["squared_employment"]
    herfindahl = np.full(employment.shape, np.nan)
    np.divide(squared, employment**2, out=herfindahl, where=employment > 0)
    return Panel(
        panel.areas,
        panel.industries,
        panel.periods,
        {**panel.values, "plant_herfindahl": herfindahl},
        division=name_of(division),
        sources=store.sources,
        notes=tuple(notes),
    )


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


def members_of(division: Division) -> pd.DataFrame | None:
    """Table of municipality and area of a division, checked; None for no division."""
    if division is None:
        return None
    frame = division if isinstance(division, pd.DataFrame) else division.members
    missing = [name for name in ("municipality", "area") if name not in frame.columns]
    if missing:
        raise DataError(
            f"The division lacks columns: {examples(missing)}. Found "
            f"{examples(frame.columns, 12)}. Expected municipality and area. Rename them."
        )
    frame = frame[["municipality", "area"]].astype(str)
    twice = frame.loc[frame["municipality"].duplicated(), "municipality"].unique()
    if len(twice):
        raise DataError(
            f"Municipalities in more than one area: {examples(twice)}. "
            "Expected each once. Choose one area for each."
        )
    return frame


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


def name_of(division: Division) -> str:
    """Name of a division, or what stands for one."""
    return "municipality" if division is None else str(getattr(division, "name", "own"))


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
