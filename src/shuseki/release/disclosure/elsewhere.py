"""Which cells of a table that was made elsewhere are unsafe?

The table has columns of codes, and columns of numbers. Codes are recognised by the axes of the
records (area, municipality, industry, wave or period); a row without a code of an axis, or with a
word for all, is a total. For every row the establishments behind it are counted from the store, and
each number is judged by the rules; then the whole table is audited: whether what stands in it gives
away a cell that is blank or marked ``X``.

Takes: the frame, a universe with the largest contributions. Gives: ``UnsafeCells``, one row per
cell that may not be read.

Limits: columns other than counts and amounts (rates, means) are judged by the establishments behind
their row; a row whose codes the store does not have is named, not judged.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools
from shuseki.errors import DataError, examples
from shuseki.language import Message, say
from shuseki.panel import ALL
from shuseki.release.disclosure.figures import COUNT, Ledger, Universe
from shuseki.release.disclosure.rules import Rules
from shuseki.release.disclosure.suppression import intervals, sensitive
from shuseki.results import Result, result

__all__ = ["AXES", "UnsafeCells", "check_table"]

AXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "area": ("area", "municipality", "code", "district", "地域", "市区町村", "地域コード",
                 "市区町村コード"),
        "industry": ("industry", "産業", "産業コード", "業種", "産業分類"),
        "period": ("period", "wave", "year", "年", "年次", "調査年"),
    }
)  # fmt: skip
"""Axis → names that a column of its codes may have."""
TOTALS = (
    "",
    "all",
    "total",
    "totals",
    "sum",
    "nan",
    "計",
    "合計",
    "総数",
    "総計",
    "全国",
    "全産業",
)
BLANK = ("", "x", "ｘ", "χ", "…", "...", "***", "nan", "-x-")
FEW = say("fewer establishments than the threshold")
DOMINATED = say("one or two establishments hold too much of it")
COMPUTED = say("it can be computed from the others, closer than the rules allow")


@result
class UnsafeCells(Result):
    """Cells of a table that may not be read.

    Attributes
    ----------
    table
        ``row`` (the first is 1, below the heading), ``column``, ``value`` as written, ``reason``.
    rows, cells
        Rows judged, and numbers in them.
    unknown
        Rows whose codes the records do not have.
    """

    table: pd.DataFrame
    rows: int
    cells: int
    unknown: tuple[int, ...]

    @property
    def is_safe(self) -> bool:
        """Whether every number may be read, and every row could be judged."""
        return self.table.empty and not self.unknown

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
    """Judge every number of a table.

    Parameters
    ----------
    frame
        As read, every cell as text.
    universe
        ``area``, ``industry``, ``period``, with the largest contributions to every amount.
    rules
        Those of the house by default.

    Raises
    ------
    DataError
        No column holds codes of the records, or none holds numbers.
    """
    rules = rules or Rules()
    axes = axes_of(frame)
    if not axes:
        raise DataError(
            say(
                "No column names areas, industries or waves: found {columns}. Expected one called "
                "area, industry or wave. Rename it.",
                columns=examples(frame.columns, 12),
            )
        )
    others = [name for name in frame.columns if name not in axes.values()]
    numbers = {name: as_values(frame[name]) for name in others}
    numbers = {
        name: values
        for name, values in numbers.items()
        if np.isfinite(values).any() or is_blank(frame[name]).any()
    }
    if not numbers:
        raise DataError(
            say(
                "No column holds numbers: found {others}. Expected counts or amounts.",
                others=examples(others, 12),
            )
        )
    keys, unknown = rows_of(frame, axes, universe)
    waves = universe.atoms["period"].nunique() if "period" in universe.axes else 1
    if "period" not in axes and waves > 1:
        last = max(universe.atoms["period"])
        keys["period"] = [last] * len(frame)
    ledger = Ledger({universe.name: universe})
    atoms = universe.rows(keys, len(frame))
    written: Bools = np.isfinite(np.array(list(numbers.values()))).any(axis=0)
    figures = [
        -1 if n in unknown else ledger.figure(universe.name, one, weight=float(written[n]))
        for n, one in enumerate(atoms)
    ]
    bad: list[tuple[int, str, str, Message]] = []
    judged = 0
    for n, figure in enumerate(figures):
        if figure < 0 and any(abs(values[n]) > 0 for values in numbers.values()):
            unknown.add(n)
    if len(ledger):
        found = sensitive(ledger, rules)
        few = rules.sensitive_counts(ledger.sums @ ledger.values(COUNT))
        shown = np.array(ledger.weights) > 0
        hidden = narrow(ledger, rules, ~shown, found)
        for n, figure in enumerate(figures):
            for name, values in numbers.items():
                judged += bool(np.isfinite(values[n]))
                if figure < 0:
                    continue
                value = frame[name].iloc[n]
                text = f"{value:g}" if isinstance(value, float) else str(value)
                if np.isfinite(values[n]) and found[figure]:
                    bad.append((n + 1, name, text, FEW if few[figure] else DOMINATED))
                elif not np.isfinite(values[n]) and hidden[figure]:
                    bad.append((n + 1, name, text, COMPUTED))
    return UnsafeCells(
        table=pd.DataFrame(bad, columns=["row", "column", "value", "reason"], dtype=object),
        rows=len(frame),
        cells=judged,
        unknown=tuple(n + 1 for n in sorted(unknown)),
    )


def narrow(ledger: Ledger, rules: Rules, suppressed: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Suppressed figures that the rules name and whose interval is too narrow."""
    out = np.zeros(len(suppressed), dtype=bool)
    asked = suppressed & found
    if not asked.any():
        return out
    spans = intervals(ledger, suppressed, COUNT, asked)
    out |= asked & ~(spans[:, 1] - spans[:, 0] >= rules.count_width() - 1e-6)
    return out


def axes_of(frame: pd.DataFrame) -> dict[str, str]:
    """Axis → the column that holds its codes."""
    found: dict[str, str] = {}
    for axis, names in AXES.items():
        for name in frame.columns:
            if str(name).strip().lower() in names and name not in found.values():
                found[axis] = name
                break
    return found


def rows_of(
    frame: pd.DataFrame, axes: Mapping[str, str], universe: Universe
) -> tuple[dict[str, list[str]], set[int]]:
    """Codes of each row, and the rows that have one which the records do not."""
    keys: dict[str, list[str]] = {}
    unknown: set[int] = set()
    for axis, column in axes.items():
        known = set(universe.atoms[axis])
        codes = []
        for n, cell in enumerate(frame[column]):
            text = str(cell).strip().removesuffix(".0")
            if text.lower() in TOTALS:
                codes.append(ALL)
                continue
            if text not in known:
                text = next((one for one in (text.zfill(2), text.zfill(5)) if one in known), text)
            if text not in known:
                unknown.add(n)
            codes.append(text)
        keys[axis] = codes
    return keys, unknown


def as_values(column: "pd.Series[Any]") -> np.ndarray:
    """Numbers of a column of text; missing where there are none."""
    texts = [str(cell).strip().replace(",", "").replace("，", "") for cell in column]
    return pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(dtype=float)


def is_blank(column: "pd.Series[Any]") -> np.ndarray:
    """Cells that are empty or marked as suppressed."""
    return np.array([str(cell).strip().lower() in BLANK for cell in column], dtype=bool)
