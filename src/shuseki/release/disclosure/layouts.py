"""What does each number of a table that somebody laid out count?

A table for readers has titles, headings of several rows, totals, and perhaps an axis in its
columns::

    Plants of the district
                      2019               2020
    area        food    metal      food    metal
    Ota          12       7         11       X
    total        34      20         33       18
    X: suppressed

The row that names an axis (area, industry, wave) is the heading; rows above it that leave the
columns of axes empty, or repeat them, belong to it. A heading that is a code, or the name of one,
puts its column there; the other headings say what is counted. A word for all is a total; so is an
empty cell in a column of codes.

Takes: rows of text, the codes of each axis and their names. Gives: ``Laid``, one ``Placed`` for
each number or mark of suppression.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shuseki.errors import DataError, examples
from shuseki.language import say
from shuseki.panel import ALL

__all__ = ["AXES", "Laid", "Placed", "laid_out"]

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
    "grand total",
    "nan",
    "計",
    "合計",
    "総数",
    "総計",
    "全国",
    "全産業",
)
BLANK = ("", "x", "ｘ", "χ", "…", "...", "***", "nan", "-x-")
WHAT = "number"
"""What is counted, where no heading says it."""


@dataclass(frozen=True)
class Placed:
    """A number of a table, or the mark in its place.

    Attributes
    ----------
    row
        As the file counts.
    column, what
        Its heading in full; of this, what says what is counted.
    text
        As written.
    value
        As a number; None where it is blank or marked as suppressed.
    keys
        Axis → code, or ``"all"``.
    unknown
        Whether a code is not one of the records.
    """

    row: int
    column: str
    what: str
    text: str
    value: float | None
    keys: Mapping[str, str]
    unknown: bool


@dataclass(frozen=True)
class Laid:
    """A table, understood.

    Attributes
    ----------
    axes
        Axes that it has, in rows or in columns.
    rows
        Rows with numbers or marks.
    cells
        Its numbers and marks.
    """

    axes: tuple[str, ...]
    rows: int
    cells: tuple[Placed, ...]


def laid_out(
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int],
    known: Mapping[str, frozenset[str]],
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> Laid:
    """Find out what each number counts.

    Parameters
    ----------
    rows, numbers
        Cells as text, and the number of each row in its file.
    known
        Axis → codes of the records.
    names
        Axis → name → code.

    Raises
    ------
    DataError
        No column holds codes of the records, or none holds numbers.
    """
    codes = Codes(known, names or {})
    at = next((k for k, row in enumerate(rows) if axes_of(row)), None)
    if at is None:
        raise DataError(
            say(
                "No column names areas, industries or waves: found {columns}. Expected one called "
                "area, industry or wave. Rename it.",
                columns=examples(rows[0], 12),
            )
        )
    axes = axes_of(rows[at])
    first, last = heading(rows, at, axes)
    others = [c for c in range(len(rows[at])) if c not in axes.values()]
    labels = {c: labels_of(rows[first : last + 1], c, axes) for c in others}
    across = in_columns(labels, axes, codes)
    cells = list(cells_of(rows, numbers, last + 1, axes, labels, across, codes))
    if not cells:
        raise DataError(
            say(
                "No column holds numbers: found {others}. Expected counts or amounts.",
                others=examples(map(" ".join, labels.values()), 12),
            )
        )
    found = dict.fromkeys([*axes, *(axis for one in across.values() for axis in one)])
    return Laid(tuple(found), len({cell.row for cell in cells}), tuple(cells))


class Codes:
    """Codes of the records, as a table may write them."""

    def __init__(
        self, known: Mapping[str, frozenset[str]], names: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.known, self.names = known, names

    def of(self, axis: str, cell: str) -> str | None:
        """The code, ``"all"`` for a total, None for what is neither."""
        text = cell.strip().removesuffix(".0")
        if text.lower() in TOTALS:
            return ALL
        known = self.known.get(axis, frozenset())
        tries = [text, text.zfill(2), text.zfill(5), *text.split()[:1], text.removesuffix("年")]
        found = next((one for one in tries if one in known), None)
        return found if found is not None else self.names.get(axis, {}).get(text)


def axes_of(row: Sequence[str]) -> dict[str, int]:
    """Axis → the column that is named after it."""
    found: dict[str, int] = {}
    for axis, names in AXES.items():
        for c, cell in enumerate(row):
            if cell.strip().lower() in names and c not in found.values():
                found[axis] = c
                break
    return found


def heading(rows: Sequence[Sequence[str]], at: int, axes: Mapping[str, int]) -> tuple[int, int]:
    """First and last row of the heading around the one that names axes."""

    def belongs(row: Sequence[str]) -> bool:
        same = all(row[c] in ("", rows[at][c]) for c in axes.values())
        return same and any(cell and c not in axes.values() for c, cell in enumerate(row))

    first = last = at
    while first > 0 and belongs(rows[first - 1]):
        first -= 1
    while last + 1 < len(rows) and belongs(rows[last + 1]) and not any(
        number_of(cell) is not None for cell in rows[last + 1]
    ):  # fmt: skip
        last += 1
    return first, last


def labels_of(
    heads: Sequence[Sequence[str]], column: int, axes: Mapping[str, int]
) -> tuple[str, ...]:
    """Headings over a column; in the upper rows one reaches to the right until the next."""
    found: list[str] = []
    for k, row in enumerate(heads):
        c = column
        while k < len(heads) - 1 and not row[c] and c > 0 and c - 1 not in axes.values():
            c -= 1
        if row[c] and row[c] not in found:
            found.append(row[c])
    return tuple(found)


def in_columns(
    labels: Mapping[int, tuple[str, ...]], axes: Mapping[str, int], codes: Codes
) -> dict[int, dict[str, str]]:
    """Column → axis → code, for the axes that the headings have."""
    found: dict[int, dict[str, str]] = {c: {} for c in labels}
    for axis in AXES:
        if axis in axes:
            continue
        said = {
            c: [code for label in one if label and (code := codes.of(axis, label)) is not None]
            for c, one in labels.items()
        }
        if any(code != ALL for one in said.values() for code in one):
            for c, one in said.items():
                if one:
                    found[c][axis] = next((code for code in one if code != ALL), ALL)
    return found


def cells_of(
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int],
    start: int,
    axes: Mapping[str, int],
    labels: Mapping[int, tuple[str, ...]],
    across: Mapping[int, Mapping[str, str]],
    codes: Codes,
) -> Iterator[Placed]:
    """Every number, and every mark in a column that has some."""
    body = [(numbers[k], rows[k]) for k in range(start, len(rows))]
    body = [
        (n, row)
        for n, row in body
        if any(said(row[c]) for c in labels)
        or any(codes.of(axis, row[c]) not in (None, ALL) for axis, c in axes.items())
    ]
    columns = [
        c for c in labels
        if any(number_of(row[c]) is not None or row[c].strip().lower() in BLANK[1:]
               for _, row in body)
    ]  # fmt: skip
    for n, row in body:
        own = {axis: codes.of(axis, row[c]) for axis, c in axes.items()}
        for c in columns:
            value = number_of(row[c])
            if value is None and row[c].strip().lower() not in BLANK:
                continue
            keys = {**{axis: code or row[axes[axis]] for axis, code in own.items()}, **across[c]}
            what = [one for one in labels[c] if not any(codes.of(axis, one) for axis in across[c])]
            yield Placed(
                row=n,
                column=" ".join(labels[c]) or WHAT,
                what=" ".join(what) or WHAT,
                text=row[c],
                value=value,
                keys=keys,
                unknown=any(code is None for code in own.values()),
            )


def said(cell: str) -> bool:
    """Whether a cell holds a number, or a mark in the place of one."""
    return number_of(cell) is not None or cell.strip().lower() in BLANK[1:]


def number_of(cell: str) -> float | None:
    """The number in a cell, with its separators of thousands."""
    text = cell.strip().replace(",", "").replace("，", "").replace("\u00a0", "").replace(" ", "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None
