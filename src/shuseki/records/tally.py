"""How do establishments add up to a panel, or become sites?

``tally`` counts and adds in the engine and brings one row per area, industry and wave to
memory; ``locate`` brings the plants with coordinates, without their names.

Variables of the panel::

    plants                      establishments
    employment                  Σ employees, persons
    squared_employment          Σ employees², persons²; adds up over cells
    cubed_employment            Σ employees³
    fourth_power_employment     Σ employees⁴; with the two before, what errors under darts need
    plant_herfindahl            Σ employees² / (Σ employees)² of the cell; 1 is one plant,
                                1/plants is plants of one size; nan where no one is employed
    shipments_yen, wages_yen    Σ over plants, where the records hold them

Records of several waves bear codes of several dates. Before anything is counted, every code is
brought to the municipalities of the last day of the last wave (``geography.editions``), so that an
area holds the same places in every wave; wards count with their city unless the division names
them. What was done to which plants is said in ``notes``.

Takes: a store; a division (table of municipality and area). Gives: ``Panel``, ``Sites``.
Limits: plants outside the division are not in the panel; ``notes`` say how many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from shuseki.errors import DataError, examples
from shuseki.geography.districts import Division, division_of_members
from shuseki.geography.gazetteers import guessed
from shuseki.language import say
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.sites import Sites

__all__ = [
    "Members",
    "Places",
    "area_codes",
    "area_facts",
    "by_cell",
    "groups_of",
    "largest",
    "locate",
    "panel_of",
    "places_of",
    "points_of_areas",
    "tally",
    "wave_day",
]

Members: TypeAlias = Division | pd.DataFrame | None
"""Which municipality belongs to which area: a division, a table with both, or None for the
municipalities themselves."""

POWERS = {"squared_employment": 2, "cubed_employment": 3, "fourth_power_employment": 4}
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
    places = places_of(store, division, years)
    group_of = groups_of(groups)
    amounts = [name for name in AMOUNTS if name in table.columns]
    cells = by_cell(table, places).group_by("area", "industry", "wave")
    frame = cells.agg(
        plants=lambda t: t.count(),
        employment=lambda t: t.employees.sum(),
        # Powers as floats: the square of a large plant times many plants passes 2**63.
        **{
            name: (lambda t, k=k: (t.employees.cast("float64") ** k).sum())
            for name, k in POWERS.items()
        },
        **{name: (lambda t, name=name: t[name].sum()) for name in amounts},
    ).to_pandas()
    variables = ["plants", "employment", *POWERS, *amounts]
    notes = list(places.notes)
    inside = frame["area"].notna()
    if group_of is not None:
        frame["industry"] = frame["industry"].map(group_of)
        if lost := int(frame.loc[frame["industry"].isna() & inside, "plants"].sum()):
            notes.append(
                say("{n:,} plants belong to no group of industries and are left out.", n=lost)
            )
    if not inside.all():
        lost = int(frame.loc[~inside, "plants"].sum())
        notes.append(say("{n:,} plants lie outside the division and are left out.", n=lost))
    frame = frame[inside & frame["industry"].notna()]
    frame = frame.groupby(["area", "industry", "wave"], as_index=False)[variables].sum(min_count=1)
    areas = area_codes(division, frame["area"])
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


def largest(
    store: Store,
    *,
    waves: Sequence[int] | None = None,
    division: Members = None,
    groups: pd.DataFrame | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Find the two largest contributions to every amount of a panel, for the control of disclosure.

    Parameters
    ----------
    store, waves, division, groups
        As for ``tally``, whose cells these are.

    Returns
    -------
    DataFrame
        ``area``, ``industry``, ``period``, and ``<amount>_largest``, ``<amount>_second`` for
        ``employment`` and the amounts that the records hold; 0 where there is no second.
    """
    years = tuple(store.waves if waves is None else waves)
    table = store.establishments(years)
    cells = by_cell(table, places_of(store, division, years))
    group_of = groups_of(groups)
    keys = ["area", "industry", "wave"]
    found: pd.DataFrame | None = None
    amounts = {"employment": "employees"} | {
        name: name for name in AMOUNTS if name in table.columns
    }
    for name, column in amounts.items():
        own = cells.filter(cells[column].notnull(), cells.area.notnull())
        order = ibis.window(group_by=keys, order_by=ibis.desc(own[column]))
        top = own.select(*keys, size=own[column], place=ibis.row_number().over(order))
        frame = top.filter(top.place < 2).select(*keys, "size").to_pandas()
        if group_of is not None:
            frame["industry"] = frame["industry"].map(group_of)
            frame = frame.dropna(subset=["industry"])
        frame = frame.sort_values("size", ascending=False, kind="stable")
        frame["size"] = frame["size"].astype(float)
        frame["place"] = frame.groupby(keys).cumcount()
        wide = frame[frame["place"] < 2].pivot(index=keys, columns="place", values="size")
        wide = wide.reindex(columns=[0, 1]).fillna(0.0)
        wide.columns = pd.Index([f"{name}_largest", f"{name}_second"])
        found = wide if found is None else found.join(wide, how="outer")
    assert found is not None
    rows = found.fillna(0.0).reset_index()
    rows["wave"] = rows["wave"].astype(str)
    return rows.rename(columns={"wave": "period"})


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
            say(
                "Wave {wave} has no {missing}. Expected degrees for each plant. Locate the "
                "addresses first, or tally by municipality.",
                wave=wave,
                missing=" and ".join(missing),
            )
        )
    table = store.there(wave)
    located = table.filter(table.latitude.notnull(), table.longitude.notnull())
    lost = int(table.count().execute()) - int(located.count().execute())
    frame = located.select(
        "latitude", "longitude", "industry", "employees", "municipality"
    ).to_pandas()
    sites = Sites.from_frame(
        frame, employment="employees", area="municipality", sources=store.sources
    )
    if not lost:
        return sites
    note = say("{n:,} plants of {wave} have no coordinates and are left out.", n=lost, wave=wave)
    return replace(sites, notes=(*sites.notes, note))


def points_of_areas(store: Store) -> pd.DataFrame:
    """Every code of a place that the waves bear, and the middle of its plants.

    Returns
    -------
    DataFrame
        ``code``, ``latitude``, ``longitude`` (degrees; ``nan`` where no plant is located).
    """
    table = store.establishments()
    located = {"latitude", "longitude"} <= set(table.columns)
    middles = {
        name: table[name].median() if located else ibis.null("float64")
        for name in ("latitude", "longitude")
    }
    found = pd.DataFrame(table.group_by(code=table.municipality).agg(**middles).to_pandas())
    return found.dropna(subset=["code"]).sort_values("code", ignore_index=True)


# ---- cells --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Places:
    """Where the codes of some waves lie, on one day.

    Attributes
    ----------
    table
        ``municipality`` as written and ``area`` (missing outside the division); None when every
        code is its own area.
    notes
        How many plants count elsewhere than under the code that they bear, and why.
    """

    table: pd.DataFrame | None
    notes: tuple[str, ...]


def by_cell(table: ir.Table, places: Places) -> ir.Table:
    """Give each establishment its ``area``: null outside the division."""
    if places.table is None:
        return table.mutate(area=table.municipality)
    of = ibis.memtable(places.table)
    joined = table.left_join(of, "municipality")
    return joined.select(*table.columns, area=joined.area)


def places_of(
    store: Store,
    division: Members,
    waves: Sequence[int],
    *,
    closed: bool = False,
    beside: Sequence[int] = (),
) -> Places:
    """Bring the codes of some waves to the last day of the last, and put them into areas.

    With ``closed``, the codes of establishments that had closed are there too. The notes speak of
    the waves ``beside`` them as well, from which nothing is counted.
    """
    read = store.wave if closed else store.there
    tables = [read(year).group_by("municipality").agg(plants=lambda t: t.count()) for year in waves]
    tables = [table.mutate(wave=year) for table, year in zip(tables, waves, strict=True)]
    table = tables[0] if len(tables) == 1 else ibis.union(*tables)
    counts = table.to_pandas().dropna(subset=["municipality"])
    found = sorted(counts["municipality"].unique())
    if not found:  # nobody is there
        return Places(None, store.notes_on([*waves, *beside]))
    known = store.gazetteer or guessed(found)
    day = wave_day(max(waves))
    if isinstance(division, pd.DataFrame):
        division = division_of_members(members_of(division), day, known.name)
    if division is None:
        table = known.edition(found, day).table
        at = table.assign(area=table["municipality"], share=1.0)
    else:
        at = division.places(found, day)
    same = (at["code"] == at["municipality"]) & (at["code"] == at["area"])
    counts = counts.merge(at, left_on="municipality", right_on="code", suffixes=("", "_then"))
    told = () if division is None else division.notes
    days = {wave: wave_day(wave) for wave in counts["wave"].unique()}
    moved = known.moved(counts, days, day)
    notes = (*told, *moved, *store.notes_on([*waves, *beside]))
    return Places(None if same.all() else place_table(at), notes)


def place_table(at: pd.DataFrame) -> pd.DataFrame:
    """What the engine joins: a code, and its area or nothing."""
    area = at["area"].astype(object).where(at["area"] != "", None)
    return pd.DataFrame({"municipality": at["code"], "area": area})


def wave_day(wave: int) -> str:
    """The day that a wave is a picture of: 31 December of its year."""
    return f"{int(wave):04d}-12-31"


def members_of(division: pd.DataFrame) -> pd.DataFrame:
    """Table of municipality and area, each municipality once."""
    missing = [name for name in ("municipality", "area") if name not in division.columns]
    if missing:
        raise DataError(
            say(
                "The division lacks columns: {missing}. Found {columns}. Expected municipality "
                "and area. Rename them.",
                missing=examples(missing),
                columns=examples(division.columns, 12),
            )
        )
    frame = division[["municipality", "area"]].astype(str).reset_index(drop=True)
    twice = frame.loc[frame["municipality"].duplicated(), "municipality"].unique()
    if len(twice):
        raise DataError(
            say(
                "Municipalities in more than one area: {twice}. Expected each once. Choose one "
                "area for each.",
                twice=examples(twice),
            )
        )
    return frame


def area_codes(division: Members, found: pd.Series) -> list[str]:
    """Codes of all areas of a division, or those found when there is none."""
    if isinstance(division, Division):
        return list(division.codes)
    return sorted((found if division is None else division["area"].astype(str)).unique())


def area_facts(division: Members) -> dict[str, Any]:
    """What a panel says of its areas: the division's name; names, centres, prefectures."""
    if division is None:
        return {"division": "municipality"}
    if isinstance(division, pd.DataFrame):
        return {"division": "user"}
    return {
        "division": division.name,
        "area_names": division.names(),
        "centres": division.centres,
        "area_groups": tuple(division.parents),
    }


def groups_of(groups: pd.DataFrame | Mapping[str, str] | None) -> dict[str, str] | None:
    """Industry → group as a dictionary; a data frame needs both columns."""
    if groups is None or isinstance(groups, Mapping):
        return None if groups is None else dict(groups)
    missing = [name for name in ("industry", "group") if name not in groups.columns]
    if missing:
        raise DataError(
            say(
                "The table of groups lacks columns: {missing}. Found {columns}. Expected industry "
                "and group. Rename them.",
                missing=examples(missing),
                columns=examples(groups.columns, 12),
            )
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
