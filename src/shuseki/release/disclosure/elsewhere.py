"""Which cells of tables that were made elsewhere are unsafe?

The tables of one file are judged together: what stands in one sheet may give away a cell of
another. Every number is placed by its codes of area, industry and wave (``layouts``); behind it the
establishments are counted from the store. A cell is unsafe where it

    counts, or adds up, fewer establishments than the threshold
    is an amount, or computed of one, of which one or two establishments hold too much
    is a whole number below the threshold, of what the records do not count (births, say)
    is marked as suppressed, and what stands in the tables gives it away

A column is taken for a count, or for an amount, where its numbers are those of the records.

Takes: tables, a universe with the largest contributions. Gives: ``UnsafeCells``, one row per cell
that may not be read.

Limits: numbers that are neither counts nor amounts of the records (rates, means) are judged by the
establishments behind them, not by what they could be computed back to; a row whose codes the store
does not have is named, not judged.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from shuseki.language import Message, say
from shuseki.release.disclosure.figures import COUNT, Ledger, Universe
from shuseki.release.disclosure.layouts import AXES, Laid, Placed, laid_out
from shuseki.release.disclosure.rules import Rules
from shuseki.release.disclosure.suppression import intervals, sensitive
from shuseki.results import Result, result

__all__ = ["AXES", "UnsafeCells", "check_laid", "check_table"]

FEW = say("fewer establishments than the threshold")
DOMINATED = say("one or two establishments hold too much of it")
COMPUTED = say("it can be computed from the others, closer than the rules allow")
SMALL = say("a number below the threshold; if it counts establishments, it may not be read")


@result
class UnsafeCells(Result):
    """Cells of a table that may not be read.

    Attributes
    ----------
    table
        ``sheet`` (where the file has several tables), ``row``, ``column``, ``value`` as written,
        ``reason``.
    rows, cells
        Rows judged, and numbers in them.
    unknown
        Rows whose codes the records do not have.
    unjudged
        Sheets with numbers of which it is not known what they count.
    """

    table: pd.DataFrame
    rows: int
    cells: int
    unknown: tuple[int, ...]
    unjudged: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether every number may be read, and every row could be judged."""
        return self.table.empty and not self.unknown and not self.unjudged

    def headline(self) -> Message:
        """How many cells are unsafe."""
        if self.is_safe:
            return say("No unsafe cell among {n:,} numbers in {rows:,} rows.", n=self.cells,
                       rows=self.rows)  # fmt: skip
        if self.unknown:
            return say(
                "{bad:count(unsafe cell)} among {n:,} numbers in {rows:,} rows; {lost:,} rows have "
                "codes that the records do not have, and were not judged.",
                bad=len(self.table),
                n=self.cells,
                rows=self.rows,
                lost=len(self.unknown),
            )
        return say(
            "{bad:count(unsafe cell)} among {n:,} numbers in {rows:,} rows.",
            bad=len(self.table),
            n=self.cells,
            rows=self.rows,
        )

    def to_frame(self, lang: str = "en") -> pd.DataFrame:
        """One row per unsafe cell."""
        said = [
            reason.in_language(lang) if isinstance(reason, Message) else reason
            for reason in self.table["reason"]
        ]
        return self.table.assign(reason=pd.Series(said, index=self.table.index, dtype=object))


def check_table(frame: pd.DataFrame, universe: Universe, rules: Rules | None = None) -> UnsafeCells:
    """Judge every number of a frame; rows are counted from 1, below the heading.

    Parameters
    ----------
    frame
        Every cell as text.
    universe
        ``area``, ``industry``, ``period``, with the largest contributions to every amount.
    rules
        Those of the house by default.

    Raises
    ------
    DataError
        No column holds codes of the records, or none holds numbers.
    """
    known = known_of(universe)
    cells = [["" if cell != cell else str(cell) for cell in row] for row in frame.to_numpy()]
    rows = [list(map(str, frame.columns)), *cells]
    return check_laid([("", laid_out(rows, range(len(rows)), known))], universe, rules)


def known_of(universe: Universe) -> dict[str, frozenset[str]]:
    """Codes of every axis."""
    return {axis: frozenset(universe.atoms[axis]) for axis in universe.axes}


def check_laid(
    tables: Sequence[tuple[str, Laid]], universe: Universe, rules: Rules | None = None
) -> UnsafeCells:
    """Judge every number of all tables of a file, together.

    Parameters
    ----------
    tables
        Where each lies, and what it says.
    universe, rules
        As for ``check_table``.
    """
    rules = rules or Rules()
    every = [(place, cell) for place, laid in tables for cell in laid.cells]
    waves = list(universe.atoms["period"]) if "period" in universe.axes else []
    last = {"period": max(waves)} if waves else {}
    keys = [{**last, **cell.keys} for _, cell in every]
    axes = list(dict.fromkeys(axis for one in keys for axis in one))
    named = {axis: [one.get(axis, "all") for one in keys] for axis in axes}
    atoms = universe.rows(named, len(every))
    ledger = Ledger({universe.name: universe})
    figures = [
        -1
        if cell.unknown
        else ledger.figure(universe.name, one, weight=float(cell.value is not None))
        for (_, cell), one in zip(every, atoms, strict=True)
    ]
    lost = {
        (place, cell.row)
        for (place, cell), figure in zip(every, figures, strict=True)
        if cell.unknown or (figure < 0 and cell.value)
    }
    bad: list[tuple[str, int, str, str, Message]] = []
    if len(ledger):
        judged = Judged(ledger, rules, kinds_of(every, figures, ledger))
        for (place, cell), figure in zip(every, figures, strict=True):
            why = judged.why(place, cell, figure)
            if why is not None:
                bad.append((place, cell.row, cell.column, cell.text, why))
    columns = ["sheet", "row", "column", "value", "reason"]
    table = pd.DataFrame(bad, columns=columns, dtype=object)
    return UnsafeCells(
        table=table if len(tables) > 1 else table.drop(columns="sheet"),
        rows=sum(laid.rows for _, laid in tables),
        cells=sum(cell.value is not None for _, cell in every),
        unknown=tuple(sorted(row for _, row in lost)),
    )


def kinds_of(
    every: Sequence[tuple[str, Placed]], figures: Sequence[int], ledger: Ledger
) -> dict[tuple[str, str], str]:
    """What each column counts: a layer of the records whose numbers it has, or ``""``."""
    sums = {layer: ledger.sums @ ledger.values(layer) for layer in ledger.layers}
    of: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for (place, cell), figure in zip(every, figures, strict=True):
        if figure >= 0 and cell.value is not None:
            of.setdefault((place, cell.what), []).append((cell.value, figure))
    return {
        key: next(
            (
                layer
                for layer, values in sums.items()
                if all(np.isclose(value, values[figure], rtol=1e-9) for value, figure in cells)
            ),
            "",
        )
        for key, cells in of.items()
    }


class Judged:
    """What the rules say of each figure of a ledger."""

    def __init__(self, ledger: Ledger, rules: Rules, kinds: Mapping[tuple[str, str], str]) -> None:
        self.rules, self.kinds = rules, kinds
        self.few = rules.sensitive_counts(ledger.sums @ ledger.values(COUNT))
        self.found = sensitive(ledger, rules)
        self.hidden = narrow(ledger, rules, np.array(ledger.weights) == 0, self.found)

    def why(self, place: str, cell: Placed, figure: int) -> Message | None:
        """Why a cell may not be read; None where it may."""
        kind = self.kinds.get((place, cell.what), "")
        if cell.value is None:
            return COMPUTED if figure >= 0 and self.hidden[figure] else None
        if figure >= 0 and self.few[figure]:
            return FEW
        if figure >= 0 and self.found[figure] and kind != COUNT:
            return DOMINATED
        small = 0 < cell.value < self.rules.threshold and cell.value == int(cell.value)
        return SMALL if small and not kind and figure >= 0 else None


def narrow(ledger: Ledger, rules: Rules, suppressed: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Suppressed figures that the rules name and whose interval is too narrow."""
    out = np.zeros(len(suppressed), dtype=bool)
    asked = suppressed & found
    if not asked.any():
        return out
    spans = intervals(ledger, suppressed, COUNT, asked)
    out |= asked & ~(spans[:, 1] - spans[:, 0] >= rules.count_width() - 1e-6)
    return out
