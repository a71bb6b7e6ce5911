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

A plant whose record says that it closed by 31 December of a wave's year is not in that wave. Where
records know the days of opening and closing, ``lives="spells"`` counts by them: a birth is a plant
that began between two waves, a death one that ended there (``demography.spells``); late capture is
no birth then, and a lapse is no death.

A plant moved when its area differs, both areas being those of the day of the last wave: a town that
became a city, or was merged, moves nobody (``records.tally``).

Takes: a store, a converter of numbers (``linkage.exact``), a division. Gives: ``Births``
with funnel, panel and the births themselves as an Ibis expression; ``Events`` with counts by
wave and a panel. One query each, which brings counts, never plants, to memory.

Sources: Okamuro (2006), pp. 3–7. Limits: a plant that grows over the threshold of the survey,
changes into manufacturing, moves to another number or is captured late counts as a birth (p. 4);
the first wave has no births and the last no deaths; a death may still turn out a lapse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.demography.funnel import Funnel, Step
from shuseki.demography.spells import spells
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, listed, say
from shuseki.linkage.exact import STORED, Converter, carried, converter_of
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.records.tally import (
    Members,
    Places,
    area_codes,
    area_facts,
    by_cell,
    groups_of,
    panel_of,
    places_of,
    wave_day,
)
from shuseki.results import Result, result

__all__ = ["Births", "Events", "Exclusion", "Lives", "births", "events", "life_table"]

Lives: TypeAlias = Literal["waves", "spells"]
"""What tells when a plant lived: the waves that saw it, or its days of opening and closing too."""
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

    def headline(self) -> Message:
        """From candidates to births, and over how many areas."""
        return say(
            "{n:,} candidates → {births:count(birth)} in {areas:count(area)}, {since}–{at}",
            n=self.funnel.candidates,
            births=self.funnel.left,
            areas=len(self.panel.areas),
            since=self.since,
            at=self.at,
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

    def headline(self) -> Message:
        """Births and deaths over all waves."""
        return say(
            "{births:count(birth)} and {deaths:count(death)} over the waves {waves}",
            births=int(self.counts["births"].sum()),
            deaths=int(self.counts["deaths"].sum()),
            waves=listed(self.waves),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per wave."""
        return self.counts.copy()


# ---- births ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Candidates that are no births, told by one of their columns.

    Attributes
    ----------
    name, says, says_ja
        The step of the funnel: its name, and what it sets aside.
    column
        A column of text: ``id``, ``name``, ``address``, ``industry``, ``legal_form``.
    matches
        Pattern (a regular expression) of the values that are set aside.
    """

    name: str
    says: str
    says_ja: str
    column: str
    matches: str


def births(
    store: Store,
    *,
    at: int,
    since: int,
    earlier: Sequence[int] = (),
    exclude: Sequence[Exclusion] = (),
    fewer_than_employees: int | None = None,
    division: Members = None,
    classes: pd.DataFrame | Mapping[str, str] | None = None,
    converter: Converter | str = STORED,
    lives: Lives = "waves",
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
    exclude
        Candidates that are no births; each is a step of the funnel, in this order.
    fewer_than_employees
        Births have fewer regular employees than this; None for any size.
    division
        Table of municipality and area; births outside are set aside. None for the
        municipalities themselves.
    classes
        Industry → group, e.g. high and low technology; industries in no group are set aside.
    converter
        Numbers that changed, or ``"stored"`` for the store's own; None when none did.
    lives
        ``"waves"``: candidates are in ``at`` and not in ``since``. ``"spells"``: candidates are in
        the records of ``at`` (closed again or not) and opened between 31 December of ``since`` and
        of ``at``; where the day of opening is unknown, as for ``"waves"``.

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
            say(
                "Waves are not in order: earlier {earlier}, since {since}, at {at}. Expected "
                "earlier < since < at.",
                earlier=list(earlier),
                since=since,
                at=at,
            )
        )
    changed = converter_of(store, converter)

    def seen(wave: int) -> ir.Table:
        numbers = carried(store, wave, at, changed)
        return numbers.filter(numbers.ended == 0).select("id")

    places = places_of(store, division, [at], closed=lives == "spells", beside=(since, *earlier))
    groups = groups_of(classes)
    notes = (*LIMITS, *places.notes)
    if lives == "spells":
        candidates, dated = opened_between(store, since, at, seen(since))
        notes = (dated, *places.notes)
        before = (*earlier, since)  # one seen in ``since`` cannot have opened after it
    else:
        candidates, before = store.there(at).anti_join(seen(since), "id"), earlier
    unseen = candidates
    if before:
        unseen = candidates.anti_join(union_of([seen(year) for year in before]), "id")
    small = ibis.literal(True)
    if fewer_than_employees is not None:
        small = unseen.employees < fewer_than_employees
    placed = by_cell(unseen.mutate(small=small, step=step_of(unseen, exclude)), places)
    cube = placed.group_by("step", "small", "area", "industry").agg(births=placed.count())
    if before:
        whole = candidates.agg(births=candidates.count())
        whole = whole.select(
            step=ibis.literal(0, "int8"),
            small=ibis.null("boolean"),
            area=ibis.null("string"),
            industry=ibis.literal(ALL_CANDIDATES),
            births=whole.births,
        )
        cube = cube.union(whole)
    frame = cube.to_pandas()
    started = frame["industry"] == ALL_CANDIDATES
    n_candidates = int(frame.loc[started if before else ~started, "births"].sum())
    frame = frame[~started]

    counted, funnel_steps = sift(
        frame,
        n_candidates,
        at,
        since,
        before,
        exclude,
        fewer_than_employees,
        division,
        groups,
        lives,
    )
    areas = area_codes(division, counted["area"])
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
        notes=places.notes,
        sources=store.sources,
    )
    kept = placed.step == len(exclude)
    born = placed.filter(kept, placed.small, placed.area.notnull())
    if groups:
        born = born.filter(born.industry.isin(list(groups)))
    return Births(
        at=at,
        since=since,
        earlier=earlier,
        funnel=funnel,
        panel=panel,
        groups=groups or {},
        table=born.drop("small", "step"),
        notes=notes,
        sources=store.sources,
    )


def step_of(table: ir.Table, exclude: Sequence[Exclusion]) -> ir.IntegerValue:
    """The step that sets a candidate aside: its place among the exclusions, or their number."""
    if not exclude:
        return ibis.literal(0, "int8")
    missing = [one.column for one in exclude if one.column not in table.columns]
    if missing:
        raise DataError(
            say(
                "Births are to be excluded by {missing}, which the records do not have. Found "
                "{columns}. Name another column, or read it in the layout.",
                missing=examples(missing),
                columns=examples(table.columns, 20),
            )
        )
    rules = [
        (table[one.column].cast("string").re_search(one.matches).fill_null(False), k)
        for k, one in enumerate(exclude)
    ]
    return ibis.cases(*rules, else_=len(exclude)).cast("int8")


def union_of(tables: Sequence[ir.Table]) -> ir.Table:
    """Tables one below the other."""
    return tables[0] if len(tables) == 1 else ibis.union(*tables)


def opened_between(store: Store, since: int, at: int, seen: ir.Table) -> tuple[ir.Table, str]:
    """Records of ``at`` that opened after ``since``, and how many of them say when."""
    records = store.wave(at)
    known = ibis.literal(False)
    if "opened" in records.columns:
        known = records.opened.notnull()
        first, last = (ibis.literal(wave_day(year)).cast("date") for year in (since, at))
        dated = records.filter((records.opened > first) & (records.opened <= last))
    else:
        dated = records.filter(known)
    undated = store.there(at)
    if "opened" in records.columns:
        undated = undated.filter(undated.opened.isnull())
    told = records.agg(all=records.count(), known=known.cast("int64").sum()).to_pandas().iloc[0]
    note = say(
        "Of {n:,} records of {at}, {known:,} say when they opened; the others are candidates when "
        "{at} is the first to see them since {since}.",
        n=int(told["all"]),
        known=int(told["known"] or 0),
        at=at,
        since=since,
    )
    return dated.union(undated.anti_join(seen, "id")), note


ALL_CANDIDATES = "(all candidates)"
LIMITS = (
    say(
        "Births are establishments first seen: growth over the survey's threshold, a change into "
        "manufacturing, a move to another number and late capture count as births too."
    ),
)


def sift(
    frame: pd.DataFrame,
    candidates: int,
    at: int,
    since: int,
    earlier: Sequence[int],
    exclude: Sequence[Exclusion],
    fewer_than_employees: int | None,
    division: Members,
    groups: Mapping[str, str] | None,
    lives: Lives = "waves",
) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """Walk the cube of births through the steps of the funnel.

    Parameters
    ----------
    frame
        ``step`` (the exclusion, or their number), ``small`` (true, false, null), ``area`` (null
        outside), ``industry``, ``births``: the candidates that were not seen earlier.

    Returns
    -------
    The rows that are left, and the steps.
    """
    says, says_ja = f"in {at}, not in {since}", f"{since}年になく{at}年に存在する事業所"
    if lives == "spells":
        says, says_ja = (
            f"opened after {since}, by {at}",
            f"{since}年より後、{at}年までに開設の事業所",
        )
    steps = [Step("candidates", says, says_ja, 0, candidates)]

    def put(name: str, says: str, says_ja: str, left: int) -> None:
        steps.append(Step(name, says, says_ja, steps[-1].left - left, left))

    if earlier:
        put(
            "seen earlier",
            f"seen in {', '.join(map(str, earlier))}",
            f"{'・'.join(map(str, earlier))}年に存在",
            int(frame["births"].sum()),
        )
    for k, one in enumerate(exclude):
        frame = frame[frame["step"] != k]
        put(one.name, one.says, one.says_ja or one.says, int(frame["births"].sum()))
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
    if division is not None:
        n = len(area_codes(division, frame["area"]))
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
    lives: Lives = "waves",
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
    lives
        ``"waves"``, or ``"spells"`` for the days of opening and closing where they are known: a
        plant is then there on 31 December of a wave between them, and ``moves``,
        ``reappearances`` and ``lapses``, which only waves show, are missing.
    """
    years = tuple(sorted(store.waves if waves is None else waves))
    if len(years) < 2:
        raise ParameterError(
            say(
                "Waves given: {years}. Expected at least two. Add waves; or name years (waves=, "
                "--wave): a register that keeps the closed can be asked for any year up to its "
                "own.",
                years=list(years),
            )
        )
    group_of = groups_of(groups)
    places = places_of(store, division, years, closed=lives == "spells")
    if lives == "spells":
        rows, notes = spell_counts(store, years, places, converter)
    else:
        rows, notes = wave_counts(store, years, places, converter)
    rows = rows.dropna(subset=["area"])
    if group_of is not None:
        rows = rows.assign(industry=rows["industry"].map(group_of)).dropna(subset=["industry"])
    rows = rows.assign(wave=[str(years[int(k)]) for k in rows["k"]])
    variables = ["establishments", *COUNTS]
    rows = rows.groupby(["area", "industry", "wave"], as_index=False)[variables].sum()
    areas = area_codes(division, rows["area"])
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
    if lives == "spells":
        for name in SEEN_BY_WAVES:
            panel.values[name][:] = float("nan")
    counts = pd.DataFrame({"wave": years})
    for name in variables:
        total = panel.values[name].sum(axis=(0, 1))
        counts[name] = pd.array(total, dtype="Float64").astype("Int64")
    return Events(
        waves=years,
        counts=counts,
        panel=panel,
        notes=(*notes, *places.notes),
        sources=store.sources,
    )


SEEN_BY_WAVES = ("reappearances", "moves", "lapses")


def wave_counts(
    store: Store, years: Sequence[int], places: Places, converter: Converter | str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Count events from the waves that saw each plant: ``k``, ``area``, ``industry``, counts."""
    lives = life_table(store, years, places=places, converter=converter)
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
    # Who is seen last in wave k is missed first in wave k + 1.
    leaving = cells[["k", "area", "industry", "deaths", "lapses"]].assign(k=cells["k"] + 1)
    leaving = leaving[leaving["k"] < len(years)]
    rows = pd.concat([cells.drop(columns=["deaths", "lapses"]), leaving])
    return rows, (
        *LIMITS,
        say(
            "The first wave cannot tell births from survivors; the last cannot tell deaths "
            "from lapses, and counts them as deaths."
        ),
        *closed_yet_seen(store, years, converter),
    )


def closed_yet_seen(
    store: Store, years: Sequence[int], converter: Converter | str
) -> tuple[str, ...]:
    """Say how many plants are there in a wave after one in which they had closed."""
    if not any("closed" in store.wave(year).columns for year in years):
        return ()
    changed = converter_of(store, converter)
    records = ibis.union(
        *[carried(store, year, years[-1], changed, ["wave", "closed"]) for year in years]
    )
    own = ibis.window(group_by=["id", "ended"], order_by="wave")
    gone = (records.closed <= ibis.date(records.wave, 12, 31)).fill_null(False)
    before = records.mutate(gone=gone, had_gone=gone.lag().over(own))
    n = int(before.filter(~before.gone & before.had_gone).count().to_pyarrow().as_py())
    if not n:
        return ()
    return (
        say(
            "Records of plants that an earlier wave says had closed, open again and counted as "
            "there: {n:,}.",
            n=n,
        ),
    )


def spell_counts(
    store: Store, years: Sequence[int], places: Places, converter: Converter | str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Count events from the days on which plants began and ended, as ``wave_counts`` does."""
    found = spells(store, years, places=places, converter=converter)
    days = [ibis.literal(wave_day(year)).cast("date") for year in years]

    def there(k: int) -> ir.BooleanValue:
        return (found.start <= days[k]) & ((found.end > days[k]) | ~found.died)

    began: dict[str, ir.BooleanValue] = {}
    ended: dict[str, ir.BooleanValue] = {}
    for k, day in enumerate(days):
        began[f"establishments {k}"] = there(k)
        if k:
            since = found.start > days[k - 1]
            began[f"births {k}"] = since & (found.start <= day)
            began[f"survivors {k}"] = there(k - 1) & there(k)
            ended[f"deaths {k}"] = found.died & (found.end > days[k - 1]) & (found.end <= day)
    parts = []
    for flags, area, industry in (
        (began, "area", "industry"),
        (ended, "area_last", "industry_last"),
    ):
        sums = {name: flag.cast("int64").sum() for name, flag in flags.items()}
        table = found.group_by(area=found[area], industry=found[industry]).agg(**sums).to_pandas()
        long = table.melt(["area", "industry"], var_name="what", value_name="n")
        long[["what", "k"]] = long["what"].str.split(" ", expand=True)
        parts.append(long)
    cells = pd.concat(parts).astype({"k": int})
    rows = cells.pivot_table(
        index=["k", "area", "industry"], columns="what", values="n", aggfunc="sum", fill_value=0
    ).reset_index()
    rows = rows.reindex(columns=["k", "area", "industry", "establishments", *COUNTS], fill_value=0)
    known = (
        found.agg(
            n=found.count(),
            start=found.start_known.cast("int64").sum(),
            end=found.end_known.cast("int64").sum(),
        )
        .to_pandas()
        .iloc[0]
    )
    return rows, (
        say(
            "Of {n:,} plants, {start:,} say when they opened and {end:,} when they closed; the "
            "others are dated by the waves that saw them.",
            n=int(known["n"]),
            start=int(known["start"]),
            end=int(known["end"]),
        ),
    )


def life_table(
    store: Store,
    waves: Sequence[int],
    *,
    places: Places,
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
    records = by_cell(records, places)
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
