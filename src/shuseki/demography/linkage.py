"""Which record in one wave is which record in the next?

Exact linkage: a record in wave *w* is the record with the same number in wave *t*, after every
change of number that took effect in between. Changes come as a converter, one row per number
that changed::

    from_wave  to_wave  from_id  to_id
         1995     1996      101    901

A row means: the plant that bore ``from_id`` in ``from_wave`` bears ``to_id`` in ``to_wave``.
Rows chain over waves. A number that a converter gives to another plant is no longer the number
of its old bearer: the old bearer, unless converted itself, has ended at that wave.

Takes: a store and a converter (an Ibis table, a data frame, or the store's own). Gives: Ibis
expressions; nothing is drawn into memory.

Sources: Okamuro (2006), p. 3: waves are joined by a converter of municipality, district and
plant numbers. Limits: a number that is lost or given again without a row in the converter
cannot be told from a death or a survival.
"""

from collections.abc import Sequence
from typing import TypeAlias

import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.errors import DataError, examples
from shuseki.records.store import Store
from shuseki.results import Result, result

__all__ = ["Converter", "ConverterFindings", "carried", "changes", "examine_converter", "steps_of"]

Converter: TypeAlias = ir.Table | pd.DataFrame | None
STORED = "stored"
"""Ask for the converter that lies in the store."""


@result
class ConverterFindings(Result):
    """What is odd in a converter; none of it stops a linkage, save backward rows.

    Attributes
    ----------
    rows
        Rows of the converter.
    findings
        ``finding``, ``from_wave``, ``to_wave``, ``id``, ``count``: one row per number.
    """

    rows: int
    findings: pd.DataFrame

    def headline(self) -> str:
        """Rows, and how many findings of each kind."""
        if self.findings.empty:
            return f"{self.rows:,} changes of number, nothing odd"
        kinds = self.findings["finding"].value_counts()
        return f"{self.rows:,} changes of number: " + ", ".join(
            f"{count} {kind}" for kind, count in kinds.items()
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per finding."""
        return self.findings.copy()


def converter_of(store: Store, converter: Converter | str) -> ir.Table | None:
    """The converter as a table of the store's engine, or None when numbers never change."""
    if isinstance(converter, str):
        return store.converter()
    if converter is None:
        return None
    if isinstance(converter, pd.DataFrame):
        if converter.empty:
            return None
        converter = ibis.memtable(converter)
    return store.as_converter(converter)


def steps_of(converter: ir.Table | None) -> list[tuple[int, int]]:
    """Steps of a converter as (from_wave, to_wave), in the order in which they took effect.

    Raises
    ------
    DataError
        When a row leads back in time.
    """
    if converter is None:
        return []
    found = converter.select("from_wave", "to_wave").distinct().to_pandas()
    steps = [(int(a), int(b)) for a, b in found.itertuples(index=False)]
    back = [f"{a} to {b}" for a, b in steps if a >= b]
    if back:
        raise DataError(
            f"The converter leads back in time: {examples(back)}. "
            "Expected from_wave before to_wave. Exchange or correct those rows."
        )
    return sorted(steps, key=lambda step: (step[1], step[0]))


def changes(
    converter: ir.Table, steps: Sequence[tuple[int, int]], wave: int, at: int
) -> ir.Table | None:
    """Compose the converter into one table from the numbers of ``wave`` to those of ``at``.

    Returns
    -------
    ir.Table or None
        ``from_id``, ``to_id``, ``ended``: the wave at which the number passed to another plant,
        null while it is the plant's. Numbers that stay are not listed. None when no step lies
        between the two waves.
    """
    composed: ir.Table | None = None
    for step_from, step_to in steps:
        if not wave < step_to <= at:
            continue
        rows = converter.filter(converter.from_wave == step_from, converter.to_wave == step_to)
        moved = rows.select(from_id="from_id", to_id="to_id", ended=ibis.null("int32"))
        step = moved
        if step_from >= wave:
            # Whoever bore a number that now goes to another plant, and did not move, has ended.
            others = rows.view()
            taken = rows.anti_join(others, rows.to_id == others.from_id)
            step = moved.union(
                taken.select(from_id="to_id", to_id="to_id", ended=ibis.literal(step_to, "int32"))
            ).distinct()
        composed = step if composed is None else chained(composed, step)
    return composed


def chained(first: ir.Table, then: ir.Table) -> ir.Table:
    """One table of changes after another."""
    then = then.view()
    on = [first.to_id == then.from_id, first.ended.isnull()]
    through = first.left_join(then, on).select(
        from_id=first.from_id,
        to_id=then.to_id.fill_null(first.to_id),
        ended=ibis.coalesce(first.ended, then.ended),
    )
    fresh = then.anti_join(first, then.from_id == first.from_id)
    return through.union(fresh.select("from_id", "to_id", "ended"))


def carried(
    store: Store,
    wave: int,
    at: int,
    converter: ir.Table | None,
    steps: Sequence[tuple[int, int]],
    columns: Sequence[str] = (),
) -> ir.Table:
    """Records of ``wave`` under the numbers of a later wave ``at``.

    Returns
    -------
    ir.Table
        ``id`` as of ``at``, ``ended`` (see ``changes``) and the columns asked for.
    """
    table = store.wave(wave)
    changed = None if converter is None else changes(converter, steps, wave, at)
    if changed is None:
        return table.select("id", *columns).mutate(ended=ibis.null("int32"))
    joined = table.select("id", *columns).left_join(changed, table.id == changed.from_id)
    return joined.select(
        id=ibis.coalesce(joined.to_id, joined.id),
        ended=joined.ended,
        **{name: joined[name] for name in columns},
    )


def examine_converter(store: Store, converter: Converter | str = STORED) -> ConverterFindings:
    """List what is odd in a converter.

    Findings
    --------
    ``merged``
        Several numbers became one (many-to-one): births are counted right, deaths are not.
    ``split``
        One number became several (one-to-many).
    ``returned``
        A number that was given up is borne again by the same plant (a cycle over time).
    ``exchanged``
        Two plants exchanged numbers within one step (a cycle within a step).
    ``without record``
        ``from_id`` is not in its wave.
    """
    table = converter_of(store, converter)
    none = pd.DataFrame(columns=["finding", "from_wave", "to_wave", "id", "count"])
    if table is None:
        return ConverterFindings(rows=0, findings=none)
    steps = steps_of(table)
    found = []
    for kind, near, far in (("merged", "to_id", "from_id"), ("split", "from_id", "to_id")):
        grouped = table.group_by("from_wave", "to_wave", near).agg(count=table[far].nunique())
        odd = grouped.filter(grouped["count"] > 1).rename(id=near)
        found.append(odd.to_pandas().assign(finding=kind))
    moved = table.filter(table.from_id != table.to_id)
    back = moved.view()
    for kind, later in (
        ("exchanged", back.to_wave == moved.to_wave),
        ("returned", back.to_wave > moved.to_wave),
    ):
        pairs = moved.inner_join(
            back, [moved.to_id == back.from_id, moved.from_id == back.to_id, later]
        )
        rows = pairs.select(
            from_wave=moved.from_wave, to_wave=back.to_wave, id=moved.from_id
        ).distinct()
        found.append(rows.to_pandas().assign(finding=kind, count=1))
    for step_from, _ in steps:
        if step_from in store.waves:
            of_wave = table.filter(table.from_wave == step_from)
            lost = of_wave.anti_join(
                store.wave(step_from), of_wave.from_id == store.wave(step_from).id
            )
            rows = lost.select("from_wave", "to_wave", id="from_id").distinct()
            found.append(rows.to_pandas().assign(finding="without record", count=1))
    found = [frame[none.columns] for frame in found if len(frame)]
    findings = pd.concat(found, ignore_index=True).drop_duplicates() if found else none
    findings = findings.sort_values(["finding", "to_wave", "id"], ignore_index=True)
    return ConverterFindings(
        rows=int(table.count().to_pyarrow().as_py()), findings=findings, sources=store.sources
    )
