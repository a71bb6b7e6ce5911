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
expressions over the waves. The converter itself, which lists only numbers that changed, is
composed in memory; the waves never are.

Sources: Okamuro (2006), p. 3: waves are joined by a converter of municipality, district and
plant numbers. Limits: a number that is lost or given again without a row in the converter
cannot be told from a death or a survival.
"""

from collections.abc import Sequence
from typing import TypeAlias

import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, joined, say
from shuseki.records.establishments import SCHEMA
from shuseki.records.store import Store
from shuseki.results import Result, result

__all__ = [
    "STORED",
    "Converter",
    "ConverterFindings",
    "carried",
    "changes",
    "converter_of",
    "examine_converter",
]

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

    def headline(self) -> Message:
        """Rows, and how many findings of each kind."""
        if self.findings.empty:
            return say("{n:,} changes of number, nothing odd", n=self.rows)
        kinds = self.findings["finding"].value_counts()
        return say(
            "{n:,} changes of number: {kinds}",
            n=self.rows,
            kinds=joined(
                [
                    say("{count:,} {kind}", count=int(count), kind=str(kind))
                    for kind, count in kinds.items()
                ],
                ", ",
            ),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per finding."""
        return self.findings.copy()


def converter_of(store: Store, converter: Converter | str) -> pd.DataFrame | None:
    """The converter in memory, ids of the store's type; None when no number ever changes.

    Raises
    ------
    DataError
        When it lacks a column, or a row leads back in time.
    """
    if isinstance(converter, str):
        if converter != STORED:
            raise ParameterError(
                say(
                    "Converter {converter!r} is not known. Expected {stored!r}, a table, or None. "
                    "Read the file and pass its table.",
                    converter=converter,
                    stored=STORED,
                )
            )
        table = store.converter()
    elif isinstance(converter, pd.DataFrame):
        table = store.as_converter(ibis.memtable(converter)) if len(converter) else None
    else:
        table = None if converter is None else store.as_converter(converter)
    if table is None:
        return None
    # A table held in memory has no engine of its own, and shall not get the one that Ibis opens.
    ours = isinstance(converter, pd.DataFrame | str)
    frame: pd.DataFrame = store.connection.to_pandas(table) if ours else table.to_pandas()
    back = frame[frame["from_wave"] >= frame["to_wave"]]
    if len(back):
        steps = back[["from_wave", "to_wave"]].drop_duplicates().itertuples(index=False)
        raise DataError(
            say(
                "The converter leads back in time: {steps} ({n_back} rows). Expected from_wave "
                "before to_wave. Exchange or correct those rows.",
                steps=examples(say("{before} to {after}", before=a, after=b) for a, b in steps),
                n_back=len(back),
            )
        )
    return frame


def carried(
    store: Store,
    wave: int,
    at: int,
    converter: pd.DataFrame | None,
    columns: Sequence[str] = (),
) -> ir.Table:
    """Records of ``wave`` under the numbers of a later wave ``at``.

    Returns
    -------
    ir.Table
        ``id`` as of ``at``, ``ended`` (see ``changes``) and the columns asked for; with
        ``closed`` among these, the records of the closed are there too.
    """
    table = store.wave(wave) if "closed" in columns else store.there(wave)
    absent = [name for name in columns if name not in table.columns]
    table = table.mutate(**{name: ibis.null(SCHEMA[name].kind) for name in absent})
    table = table.select("id", *columns)
    changed = None if converter is None else changes(converter, wave, at)
    if changed is None or changed.empty:
        return table.mutate(ended=ibis.literal(0, "int32"))
    numbers = ibis.memtable(changed)
    joined = table.left_join(numbers, table.id == numbers.from_id)
    return joined.select(
        id=ibis.coalesce(joined.to_id, joined.id),
        ended=joined.ended.fill_null(0).cast("int32"),
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
    frame = converter_of(store, converter)
    if frame is None:
        return ConverterFindings(rows=0, findings=pd.DataFrame(columns=FINDINGS))
    found = [
        several(frame, "to_id", "from_id").assign(finding="merged"),
        several(frame, "from_id", "to_id").assign(finding="split"),
    ]
    moved = frame[frame["from_id"] != frame["to_id"]]
    pairs = moved.merge(
        moved, left_on=["from_id", "to_id"], right_on=["to_id", "from_id"], suffixes=("", "_back")
    )
    for kind, cycle in (
        ("exchanged", pairs[pairs["to_wave_back"] == pairs["to_wave"]]),
        ("returned", pairs[pairs["to_wave_back"] > pairs["to_wave"]]),
    ):
        rows = cycle[["from_wave", "to_wave_back", "from_id"]].set_axis(FINDINGS[1:4], axis=1)
        found.append(rows.assign(finding=kind, count=1))
    for year in sorted(set(frame["from_wave"]) & set(store.waves)):
        rows = frame.loc[frame["from_wave"] == year, [*FINDINGS[1:3], "from_id"]]
        rows = rows.set_axis(FINDINGS[1:4], axis=1).drop_duplicates()
        lost = ibis.memtable(rows).anti_join(store.wave(int(year)), "id").to_pandas()
        found.append(lost.assign(finding="without record", count=1))
    findings = pd.concat([part[FINDINGS] for part in found if len(part)] or [found[0][FINDINGS]])
    findings = findings.drop_duplicates().sort_values(FINDINGS[:4], ignore_index=True)
    return ConverterFindings(rows=len(frame), findings=findings, sources=store.sources)


FINDINGS = ["finding", "from_wave", "to_wave", "id", "count"]


def several(frame: pd.DataFrame, one: str, many: str) -> pd.DataFrame:
    """Numbers of one side of a step that stand beside several of the other."""
    beside = frame.groupby(["from_wave", "to_wave", one])[many].nunique()
    return beside[beside > 1].rename("count").rename_axis(FINDINGS[1:4]).reset_index()


# ---- arithmetic on numbers ---------------------------------------------------------------------


def changes(converter: pd.DataFrame, wave: int, at: int) -> pd.DataFrame | None:
    """Compose a converter into one table from the numbers of ``wave`` to those of ``at``.

    Parameters
    ----------
    converter
        ``from_wave``, ``to_wave``, ``from_id``, ``to_id``; rows of the same two waves are one
        step, and steps take effect in the order of ``to_wave``.

    Returns
    -------
    DataFrame or None
        ``from_id``, ``to_id``, ``ended``: the wave at which the number passed to another plant,
        0 while it is the plant's. Numbers that stay are not listed. None when no step lies
        between the two waves.
    """
    composed: pd.DataFrame | None = None
    between = converter[(converter["to_wave"] > wave) & (converter["to_wave"] <= at)]
    steps = between[["to_wave", "from_wave"]].drop_duplicates().to_numpy(dtype=int).tolist()
    for step_to, step_from in sorted(steps):
        rows = between[(between["to_wave"] == step_to) & (between["from_wave"] == step_from)]
        step = rows[["from_id", "to_id"]].drop_duplicates().assign(ended=0)
        if step_from >= wave:
            # Whoever bore a number that now goes to another plant, and did not move, has ended.
            taken = step.loc[~step["to_id"].isin(step["from_id"]), ["to_id"]].drop_duplicates()
            ended = taken.assign(from_id=taken["to_id"], ended=step_to)
            step = pd.concat([step, ended], ignore_index=True)
        step = step[TAKES]
        composed = step if composed is None else chained(composed, step)
    return composed


TAKES = ["from_id", "to_id", "ended"]


def chained(first: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """One table of changes after another; numbers that have ended change no more."""
    ended, alive = first[first["ended"] > 0], first[first["ended"] == 0]
    stays = alive[~alive["to_id"].isin(then["from_id"])]
    changes_again = alive[["from_id", "to_id"]].merge(
        then.rename(columns={"from_id": "to_id", "to_id": "new_id"}), on="to_id"
    )
    through = changes_again.drop(columns="to_id").rename(columns={"new_id": "to_id"})
    fresh = then[~then["from_id"].isin(first["from_id"])]
    return pd.concat([ended, stays, through, fresh], ignore_index=True)
