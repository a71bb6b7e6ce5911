"""Which establishments were born, died or moved between two waves?

Births::

    candidates = wave[at] not in wave[since]
    births     = candidates not seen earlier, small enough, inside the division

Events of any set of waves w1 < w2 < …, which need not be yearly, for each plant:

    birth          in w(k), in no earlier wave
    reappearance   in w(k), not in w(k−1), in an earlier one
    survivor       in w(k−1) and in w(k); it *moved* when its area differs
    death          in w(k−1), in no later wave
    lapse          in w(k−1), not in w(k), in a later one

Takes: a store, a converter of numbers (``demography.linkage``), a division. Gives: ``Births``
with funnel, panel and the births themselves as an Ibis expression; ``Events`` with counts by
wave and a panel. One query each, which brings counts, never plants, to memory.

Sources: Okamuro (2006), pp. 3–7. Limits: a plant that grows over the threshold of the survey,
changes into manufacturing, moves to another number or is captured late counts as a birth (p. 4);
the first wave has no births and the last no deaths; a death may still turn out a lapse.
"""

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.demography.funnel import Funnel, Step
from shuseki.demography.linkage import STORED, Converter, carried, converter_of
from shuseki.errors import ParameterError
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.records.tally import (
    Members,
    area_codes,
    area_facts,
    by_cell,
    groups_of,
    members_of,
    panel_of,
)
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006

__all__ = ["Births", "Events", "births", "events", "life_table"]

COUNTS = ("births", "reappearances", "survivors", "moves", "deaths", "lapses")


@result
class Births(Result):
    """Establishments born between two waves.

    Attributes
    ----------
    at, since, earlier
        Waves: counted in ``at``, absent from ``since``, never seen in ``earlier``.
    funnel
        How candidates became births.
    panel
        ``births`` by area × industry, period ``at``.
    groups
        Industry → group, empty without classes.
    table
        The births themselves as an Ibis expression, with ``area``.
    """

    at: int
    since: int
    earlier: tuple[int, ...]
    funnel: Funnel
    panel: Panel
    groups: Mapping[str, str]
    table: ir.Table

    def headline(self) -> str:
        """From candidates to births, and over how many areas."""
        return (
            f"{self.funnel.candidates:,} candidates → {self.funnel.left:,} births "
            f"in {len(self.panel.areas)} areas, {self.since}–{self.at}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Births by area and industry, one row per cell, zeros included."""
        frame = self.panel.to_frame().drop(columns="period")
        if self.groups:
            frame.insert(2, "group", frame["industry"].map(dict(self.groups)))
        return frame.astype({"births": "int64"})

    def by_area(self) -> pd.DataFrame:
        """Births by area: ``births``, and ``births_<group>`` for each group of industries."""
        counts = self.panel.values["births"][:, :, 0]
        columns = {"births": counts.sum(axis=1)}
        for group in dict.fromkeys(self.groups.values()):
            belongs = [self.groups[industry] == group for industry in self.panel.industries]
            columns[f"births_{group}"] = counts[:, belongs].sum(axis=1)
        index = pd.Index(self.panel.areas, name="area")
        return pd.DataFrame(columns, index=index).astype("int64")


@result
class Events(Result):
    """What happened to establishments over a set of waves.

    Attributes
    ----------
    waves
        Years, ascending.
    counts
        One row per wave: establishments, births, reappearances, survivors, moves, deaths,
        lapses; missing where the wave cannot tell.
    panel
        The same by area × industry × wave. Deaths and lapses are counted at the wave in which
        the plant is missed first, in the area where it was last seen.
    """

    waves: tuple[int, ...]
    counts: pd.DataFrame
    panel: Panel

    def headline(self) -> str:
        """Births and deaths over all waves."""
        return (
            f"{int(self.counts['births'].sum()):,} births and "
            f"{int(self.counts['deaths'].sum()):,} deaths over the waves "
            f"{', '.join(map(str, self.waves))}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per wave."""
        return self.counts.copy()


# ---- births ---------------------------------------------------------------------------------


def births(
    store: Store,
    *,
    at: int,
    since: int,
    earlier: Sequence[int] = (),
    fewer_than_employees: int | None = None,
    division: Members = None,
    classes: pd.DataFrame | Mapping[str, str] | None = None,
    converter: Converter | str = STORED,
) -> Births:
    """Count the establishments born between two waves, by area and industry.

    Parameters
    ----------
    store
        Waves of establishments.
    at, since
        Candidates are in ``at`` and not in ``since``.
    earlier
        Waves before ``since``; candidates seen in one of them are set aside.
    fewer_than_employees
        Births have fewer regular employees than this; None for any size.
    division
        Table of municipality and area; births outside are set aside. None for the
        municipalities themselves.
    classes
        Industry → group, e.g. high and low technology; industries in no group are set aside.
    converter
        Numbers that changed, or ``"stored"`` for the store's own; None when none did.

    Raises
    ------
    UnknownCodeError
        When a wave is not in the store.
    ParameterError
        When the waves are not in order.

    References
    ----------
    Okamuro (2006), pp. 3–7.
    """
    earlier = tuple(sorted(earlier))
    store.check_waves([at, since, *earlier])
    if not all(a < b for a, b in zip((*earlier, since), (*earlier, since, at)[1:], strict=True)):
        raise ParameterError(
            f"Waves are not in order: earlier {list(earlier)}, since {since}, at {at}. "
            "Expected earlier < since < at."
        )
    changed = converter_of(store, converter)

    def seen(wave: int) -> ir.Table:
        numbers = carried(store, wave, at, changed)
        return numbers.filter(numbers.ended == 0).select("id")

    members, groups = members_of(division, [at]), groups_of(classes)
    wave = store.wave(at)
    candidates = wave.anti_join(seen(since), "id")
    unseen = candidates
    if earlier:
        unseen = candidates.anti_join(ibis.union(seen(earlier[0]), *map(seen, earlier[1:])), "id")
    small = ibis.literal(True)
    if fewer_than_employees is not None:
        small = unseen.employees < fewer_than_employees
    placed = by_cell(unseen.mutate(small=small), members)
    cube = placed.group_by("small", "area", "industry").agg(births=placed.count())
    if earlier:
        whole = candidates.agg(births=candidates.count())
        whole = whole.select(
            small=ibis.null("boolean"),
            area=ibis.null("string"),
            industry=ibis.literal(ALL_CANDIDATES),
            births=whole.births,
        )
        cube = cube.union(whole)
    frame = cube.to_pandas()
    started = frame["industry"] == ALL_CANDIDATES
    n_candidates = int(frame.loc[started if earlier else ~started, "births"].sum())
    frame = frame[~started]

    counted, funnel_steps = sift(
        frame, n_candidates, at, since, earlier, fewer_than_employees, members, groups
    )
    areas = area_codes(division, members, counted["area"])
    industries = sorted(groups if groups else counted["industry"].unique())
    panel = panel_of(
        counted,
        ["births"],
        areas,
        industries,
        [str(at)],
        **area_facts(division),
        sources=store.sources,
    )
    in_group = counted.groupby(counted["industry"].map(groups or {}))["births"].sum()
    funnel = Funnel(
        steps=funnel_steps,
        groups={g: int(in_group.get(g, 0)) for g in dict.fromkeys((groups or {}).values())},
        printed_groups={},
        sources=(*store.sources, OKAMURO_2006.at("pp. 3–7")),
    )
    born = placed.filter(placed.small, placed.area.notnull())
    if groups:
        born = born.filter(born.industry.isin(list(groups)))
    return Births(
        at=at,
        since=since,
        earlier=earlier,
        funnel=funnel,
        panel=panel,
        groups=groups or {},
        table=born.drop("small"),
        notes=LIMITS,
        sources=(*store.sources, OKAMURO_2006.at("pp. 3–7")),
    )


ALL_CANDIDATES = "(all candidates)"
LIMITS = (
    "Births are establishments first seen: growth over the survey's threshold, a change into "
    "manufacturing, a move to another number and late capture count as births too.",
)


def sift(
    frame: pd.DataFrame,
    candidates: int,
    at: int,
    since: int,
    earlier: Sequence[int],
    fewer_than_employees: int | None,
    members: pd.DataFrame | None,
    groups: Mapping[str, str] | None,
) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """Walk the cube of births through the steps of the funnel.

    Parameters
    ----------
    frame
        ``small`` (true, false, null), ``area`` (null outside), ``industry``, ``births``: the
        candidates that were not seen earlier.

    Returns
    -------
    The rows that are left, and the steps.
    """
    steps = [
        Step(
            "candidates",
            f"in {at}, not in {since}",
            f"{since}年になく{at}年に存在する事業所",
            0,
            candidates,
        )
    ]

    def put(name: str, says: str, says_ja: str, left: int) -> None:
        steps.append(Step(name, says, says_ja, steps[-1].left - left, left))

    if earlier:
        put(
            "seen earlier",
            f"seen in {', '.join(map(str, earlier))}",
            f"{'・'.join(map(str, earlier))}年に存在",
            int(frame["births"].sum()),
        )
    if fewer_than_employees is not None:
        if frame["small"].isna().any():
            frame = frame[frame["small"].notna()]
            put("size unknown", "employees unknown", "従業者数不明", int(frame["births"].sum()))
        frame = frame[frame["small"].astype(bool)]
        put(
            "large",
            f"{fewer_than_employees} or more regular employees",
            f"常用従業者{fewer_than_employees}人以上",
            int(frame["births"].sum()),
        )
    if members is not None:
        n = members["area"].nunique()
        frame = frame[frame["area"].notna()]
        put("outside", f"outside the {n} areas", f"{n}地区外", int(frame["births"].sum()))
    if groups is not None:
        frame = frame[frame["industry"].isin(list(groups))]
        if int(frame["births"].sum()) != steps[-1].left:
            put("no group", "industry in no group", "業種区分なし", int(frame["births"].sum()))
    counted = frame.groupby(["area", "industry"], as_index=False)[["births"]].sum()
    return counted, tuple(steps)


# ---- events over many waves -----------------------------------------------------------------


def events(
    store: Store,
    *,
    waves: Sequence[int] | None = None,
    division: Members = None,
    groups: pd.DataFrame | Mapping[str, str] | None = None,
    converter: Converter | str = STORED,
) -> Events:
    """Count births, deaths, survivors, moves and re-appearances over a set of waves.

    Parameters
    ----------
    store
        Waves of establishments.
    waves
        Years, at least two; all by default.
    division
        Table of municipality and area; None for the municipalities themselves.
    groups
        Industry → group, to add industries up.
    converter
        Numbers that changed, or ``"stored"`` for the store's own.
    """
    years = tuple(sorted(store.waves if waves is None else waves))
    if len(years) < 2:
        raise ParameterError(f"Waves given: {list(years)}. Expected at least two.")
    members, group_of = members_of(division, years), groups_of(groups)
    lives = life_table(store, years, division=division, converter=converter)
    k = order_of(lives.wave, years)
    before, after = order_of(lives.wave_before, years), order_of(lives.wave_after, years)
    flagged = lives.mutate(
        k=k,
        birth=before.isnull(),
        again=(before < k - 1).fill_null(False),
        stays=(before == k - 1).fill_null(False),
        moved=((before == k - 1) & (lives.area_before != lives.area)).fill_null(False),
        last=after.isnull(),
        pauses=(after > k + 1).fill_null(False),
    )
    cells = (
        flagged.group_by("k", "area", "industry")
        .agg(
            establishments=flagged.count(),
            **{
                name: flagged[flag].cast("int64").sum()
                for name, flag in zip(
                    COUNTS, ("birth", "again", "stays", "moved", "last", "pauses"), strict=True
                )
            },
        )
        .to_pandas()
    )
    cells = cells.dropna(subset=["area"])
    if group_of is not None:
        cells = cells.assign(industry=cells["industry"].map(group_of)).dropna(subset=["industry"])
    # Who is seen last in wave k is missed first in wave k + 1.
    leaving = cells[["k", "area", "industry", "deaths", "lapses"]].assign(k=cells["k"] + 1)
    leaving = leaving[leaving["k"] < len(years)]
    rows = pd.concat([cells.drop(columns=["deaths", "lapses"]), leaving])
    rows = rows.assign(wave=[str(years[int(k)]) for k in rows["k"]])
    variables = ["establishments", *COUNTS]
    rows = rows.groupby(["area", "industry", "wave"], as_index=False)[variables].sum()
    areas = area_codes(division, members, rows["area"])
    industries = sorted(set(group_of.values()) if group_of else rows["industry"].unique())
    panel = panel_of(
        rows,
        variables,
        areas,
        industries,
        [str(year) for year in years],
        period="wave",
        **area_facts(division),
        sources=store.sources,
    )
    for name in COUNTS:
        panel.values[name][:, :, 0] = float("nan")
    panel.values["reappearances"][:, :, 1] = float("nan")
    panel.values["lapses"][:, :, -1] = float("nan")
    counts = pd.DataFrame({"wave": years})
    for name in variables:
        total = panel.values[name].sum(axis=(0, 1))
        counts[name] = pd.array(total, dtype="Float64").astype("Int64")
    return Events(
        waves=years,
        counts=counts,
        panel=panel,
        notes=(
            *LIMITS,
            "The first wave cannot tell births from survivors; the last cannot tell deaths "
            "from lapses, and counts them as deaths.",
        ),
        sources=store.sources,
    )


def life_table(
    store: Store,
    waves: Sequence[int],
    *,
    division: Members = None,
    converter: Converter | str = STORED,
) -> ir.Table:
    """Each record with the waves in which its plant was seen before and after.

    Returns
    -------
    ir.Table
        ``plant`` and ``ended`` (together the key of a plant, ``id`` as of the last wave),
        ``wave``, ``area``, ``industry``, ``employees``, ``wave_before``, ``wave_after``,
        ``area_before``, ``first_wave``, ``last_wave``; null where there is none.
    """
    years = sorted(waves)
    store.check_waves(years)
    changed = converter_of(store, converter)
    columns = ["wave", "municipality", "industry", "employees"]
    records = ibis.union(*[carried(store, year, years[-1], changed, columns) for year in years])
    records = by_cell(records, members_of(division, years))
    records = records.rename(plant="id")
    own = ibis.window(group_by=["plant", "ended"], order_by="wave")
    whole = ibis.window(group_by=["plant", "ended"])
    return records.mutate(
        wave_before=records.wave.lag().over(own),
        wave_after=records.wave.lead().over(own),
        area_before=records.area.lag().over(own),
        first_wave=records.wave.min().over(whole),
        last_wave=records.wave.max().over(whole),
    )


def order_of(wave: ir.IntegerValue, years: Sequence[int]) -> ir.IntegerValue:
    """Position of a wave among the years; null for null."""
    return wave.cases(*[(year, k) for k, year in enumerate(years)], else_=ibis.null("int8"))
