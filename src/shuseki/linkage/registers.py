"""What of two registers is compared?

Two tables with columns of the schema (``records.establishments``: id, name, address, municipality,
industry, employees, latitude, longitude, legal_form, opened; whichever there are) and extra columns
become two tables with the same folded columns, side by side::

    name, name_start, name_numbers        folded; the first four signs; the numbers in the name
    name_words, name_word_pairs           numbers of words with their rarity; neighbouring words
    address, address_numbers, address_words, address_word_pairs
    municipality, industry, employees, latitude, longitude, legal_form, opened, cell
    extra columns under their own names, or ``extra_1`` … where these are no plain ones

The rarity of a word is ``10 log2(records / records with it)``, in tenths of a bit.

A column is kept as the distinct values and, for each record, the number of its own, in the order
in which they first stand: names of towns are written once, however many plants they have. Folding
works over distinct values, a part at a time.

A column that only one register fills compares nothing and is left out, with a note.
"""

import keyword
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError, examples
from shuseki.geography.areas import LAST_DAY
from shuseki.geography.bundled import are_bundled
from shuseki.geography.editions import edition
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import some_of
from shuseki.linkage.columns import (
    TEXTS_AT_ONCE,
    Lists,
    Numbers,
    Texts,
    coded,
    filled,
    first_of,
    objects,
    words_of,
)
from shuseki.linkage.normalisation import (
    fold,
    placed,
    spelt_address,
    spelt_name,
)
from shuseki.linkage.settings import KINDS

__all__ = ["COLUMNS", "Registers", "registers"]

COLUMNS = (
    "id",
    "name",
    "address",
    "municipality",
    "industry",
    "employees",
    "latitude",
    "longitude",
    "legal_form",
    "opened",
)
"""Columns of the schema that a linkage reads."""
COMPARED = COLUMNS[1:]
TAKEN = frozenset({*KINDS, "unique_id"})
"""What columns are called here."""
CELL_DEGREES = 0.01
PLACED_SHARE = 0.5
START = 4
"""Signs of a name that a record may agree in."""
BLANKS = frozenset({"", "nan", "None", "NaN", "<NA>"})
"""Texts that stand for a missing one."""


@dataclass(frozen=True, eq=False)
class Registers:
    """Two registers, folded, one below the other.

    Attributes
    ----------
    n_left, n_right
        Records; the left ones come first.
    ids
        As given, left and right.
    values
        Column → one value for each record.
    lists
        Column → a list for each record.
    extra
        Extra column → its name as given.
    notes
        What was done with columns.
    """

    n_left: int
    n_right: int
    ids: tuple[Any, Any]
    values: Mapping[str, Texts | Numbers]
    lists: Mapping[str, Lists]
    extra: Mapping[str, str]
    notes: tuple[Message, ...]

    @property
    def n(self) -> int:
        """Records of both."""
        return self.n_left + self.n_right

    def has(self, column: str) -> bool:
        """Whether a column is there."""
        return column in self.values or column in self.lists

    def side(self, right: bool) -> tuple[int, int]:
        """First record and the one after the last, of a register."""
        return (self.n_left, self.n) if right else (0, self.n_left)

    def within(self, right: bool, some: Ints, others: Ints) -> "Registers":
        """Records of one register on either side, by their positions in it."""
        start, _ = self.side(right)
        rows = start + np.concatenate([some, others])
        ids = np.asarray(self.ids[right])
        return Registers(
            n_left=len(some),
            n_right=len(others),
            ids=(ids[some], ids[others]),
            values={name: column.taken(rows) for name, column in self.values.items()},
            lists={name: lists.taken(rows) for name, lists in self.lists.items()},
            extra=self.extra,
            notes=(),
        )

    def table(self, right: bool) -> Any:
        """One register as an Arrow table, with ``unique_id``, its position in it."""
        start, stop = self.side(right)
        columns: dict[str, Any] = {"unique_id": pa.array(np.arange(stop - start))}
        for name, values in self.values.items():
            columns[name] = values.arrow(start, stop)
        for name, lists in self.lists.items():
            columns[name] = lists.arrow(start, stop)
        return pa.table(columns)


def registers(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    named: Mapping[str, str] | None = None,
    extra: Sequence[str] = (),
) -> Registers:
    """Fold two tables.

    Parameters
    ----------
    left, right
        The registers.
    named
        Column of the schema → its name in the tables, where it is another.
    extra
        Further columns to compare, such as a postcode.

    Raises
    ------
    DataError
        A register is empty; an id stands twice; nothing can be compared.
    ParameterError
        A column that was named is not there.
    """
    sides = (("left", left), ("right", right))
    names = {column: (named or {}).get(column, column) for column in COLUMNS}
    for which, frame in sides:
        if not len(frame):
            raise DataError(
                say(
                    "The {which} register has no records. Expected one row per establishment. "
                    "Check the file, or the filter that made it.",
                    which=which,
                )
            )
        double = frame.columns[frame.columns.duplicated()].intersection([*names.values(), *extra])
        if len(double):
            raise DataError(
                say(
                    "Columns that stand more than once in the {which} register: {double}. Expected "
                    "each once. Rename or drop one.",
                    which=which,
                    double=examples(map(str, double)),
                )
            )
        asked = [*(named or {}).values(), *extra]
        absent = [column for column in asked if column not in frame.columns]
        if absent:
            raise ParameterError(
                say(
                    "The {which} register has no column {absent}. Found {columns}. Name columns "
                    "that both registers have.",
                    which=which,
                    absent=examples(absent),
                    columns=examples(map(str, frame.columns), 12),
                )
            )
    if twice := [name for name in extra if name in {names[column] for column in COMPARED}]:
        raise ParameterError(
            say(
                "Extra columns that are compared already: {twice}. Expected others. Leave them "
                "out.",
                twice=examples(twice),
            )
        )
    notes: list[Message] = []
    ids = tuple(_ids(which, frame, names["id"], notes) for which, frame in sides)
    both: dict[str, pd.Series[Any]] = {}
    for column in (*COMPARED, *extra):
        name = names.get(column, column)
        there = [name in frame.columns and frame[name].notna().any() for _, frame in sides]
        if all(there):
            both[column] = pd.concat([frame[name] for _, frame in sides], ignore_index=True)
        elif any(there):
            notes.append(
                say(
                    "Only the {which} register has {column}: not compared.",
                    which=say("left") if there[0] else say("right"),
                    column=column,
                )
            )
    compared = {
        plain_column(name, k): name for k, name in enumerate(extra, start=1) if name in both
    }
    values, lists = _folded(both, compared, notes)
    if not values:
        raise DataError(
            say(
                "Nothing to compare: left has {columns}; right has {columns_2}. Expected at least "
                "one of {compared} in both, or extra columns that are named. Rename the columns, "
                'or say which is which (name="…").',
                columns=examples(map(str, left.columns), 12),
                columns_2=examples(map(str, right.columns), 12),
                compared=listed(COMPARED),
            )
        )
    if "name" not in values:
        notes.append(
            say(
                "No names to compare: links rest on {columns} alone, and are less certain.",
                columns=joined([*values], ", "),
            )
        )
    elif values["name"].n == 1:
        notes.append(say("All names are equal: they tell nothing apart."))
    return Registers(
        n_left=len(left),
        n_right=len(right),
        ids=(ids[0], ids[1]),
        values=values,
        lists=lists,
        extra=compared,
        notes=tuple(notes),
    )


def plain_column(name: str, k: int) -> str:
    """Name under which an extra column, the k-th, is compared: its own where a condition reads it.

    Examples
    --------
    >>> plain_column("postcode", 1), plain_column("post code", 2), plain_column("cell", 3)
    ('postcode', 'extra_2', 'extra_3')
    """
    is_plain = name.isidentifier() and name == unicodedata.normalize("NFKC", name)
    is_taken = keyword.iskeyword(name) or name in TAKEN or re.fullmatch("extra_[0-9]+", name)
    return name if is_plain and not is_taken else f"extra_{k}"


def _ids(which: str, frame: pd.DataFrame, column: str, notes: list[Message]) -> Any:
    """Identifiers as given, or the number of the row, from 0."""
    if column not in frame.columns:
        notes.append(
            say(
                "The {which} register has no ids: its rows are numbered from 0.",
                which=say("left") if which == "left" else say("right"),
            )
        )
        return np.arange(len(frame))
    ids = frame[column]
    if ids.isna().any():
        raise DataError(
            say(
                "Records of the {which} register without an id: {n}, rows {rows}. "
                "Expected an id in each. Number them, or leave the column out.",
                which=which,
                n=int(ids.isna().sum()),
                rows=examples(np.flatnonzero(ids.isna())),
            )
        )
    twice = ids[ids.duplicated()]
    if len(twice):
        raise DataError(
            say(
                "Ids that stand more than once in the {which} register: {twice}. Expected each "
                "once. Take one wave, drop the duplicates, or leave the column out.",
                which=which,
                twice=examples(twice.unique()),
            )
        )
    return ids.to_numpy()


# ---- folding ---------------------------------------------------------------------------------


def _folded(
    both: dict[str, "pd.Series[Any]"], extra: Mapping[str, str], notes: list[Message]
) -> tuple[dict[str, Texts | Numbers], dict[str, Lists]]:
    """Fold every column; what was folded is taken out of ``both``."""
    values: dict[str, Texts | Numbers] = {}
    lists: dict[str, Lists] = {}
    form: Texts | None = None
    if "name" in both:
        folded, form, numbers = _spelt(
            _texts(both.pop("name")), spelt_name, ("name", "legal_form", "numbers")
        )
        values["name"] = folded
        values["name_numbers"] = filled(numbers)
        values["name_start"] = coded(
            folded.codes,
            pc.utf8_slice_codeunits(pc.replace_substring(folded.distinct, " ", ""), 0, START),
        )
        lists["name_words"], lists["name_word_pairs"] = words_of(folded)
    if "legal_form" in both:
        said, form_given = _spelt(
            _texts(both.pop("legal_form")), spelt_name, ("name", "legal_form")
        )
        form_given = first_of(form_given, said)
        form = form_given if form is None else first_of(form_given, form)
    if form is not None and len(form.distinct) > 1:
        values["legal_form"] = form
    written = _texts(both.pop("address")) if "address" in both else None
    if written is not None:
        address, numbers = _spelt(written, spelt_address, ("address", "numbers"))
        values["address"], values["address_numbers"] = address, numbers
        lists["address_words"], lists["address_word_pairs"] = words_of(address)
    municipality = None
    if "municipality" in both:
        municipality = _folded_code(both.pop("municipality"))
    elif written is not None:
        municipality = _municipalities(written, notes)
    del written
    if municipality is not None:
        codes = objects(municipality.distinct)
        if are_bundled(codes):
            to = edition(codes.tolist(), LAST_DAY).of()
            told = pd.Series(codes, dtype=object).map(to)
            told = told.astype(object).where(told.notna(), None)
            municipality = coded(municipality.codes, pa.array(told, pa.large_string()))
        values["municipality"] = municipality
    if "industry" in both:
        values["industry"] = _folded_code(both.pop("industry"))
    if "employees" in both:
        values["employees"] = Numbers(np.maximum(_number(both.pop("employees")), 0.0))
    if {"latitude", "longitude"} <= set(both):
        latitude, longitude = (_number(both.pop(name)) for name in ("latitude", "longitude"))
        out = ~((np.abs(latitude) <= 90) & (np.abs(longitude) <= 180))
        out |= (latitude == 0) & (longitude == 0)
        latitude, longitude = np.where(out, np.nan, latitude), np.where(out, np.nan, longitude)
        values["latitude"], values["longitude"] = Numbers(latitude), Numbers(longitude)
        lists["cell"] = _cells(latitude, longitude)
    if "opened" in both:
        opened = _texts(both.pop("opened"))
        day = pc.replace_substring(opened.distinct, " 00:00:00", "")
        values["opened"] = coded(opened.codes, day)
    for column, name in extra.items():
        values[column] = _extra(both[name])
    return {name: column for name, column in values.items() if _is_filled(column)}, lists


def _is_filled(column: Texts | Numbers) -> bool:
    """Whether any record has a value."""
    if isinstance(column, Texts):
        return len(column.distinct) > 0
    return not bool(np.isnan(column.values).all())


def _texts(column: "pd.Series[Any]", whole_numbers: bool = False) -> Texts:
    """Text, missing where it is blank; whole numbers without a point if so asked."""
    if whole_numbers and pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    is_mixed = column.dtype == object and pd.api.types.infer_dtype(column) != "string"
    if is_mixed:
        # 1 and 1.0 are equal, and written otherwise.
        column = column.where(column.isna(), column.astype(str))
    found, distinct = pd.factorize(column)
    codes = found.astype(np.int32)
    del found, column
    chunks = []
    for start in range(0, len(distinct), TEXTS_AT_ONCE):
        part = pd.Series(distinct[start : start + TEXTS_AT_ONCE]).astype(object).astype(str)
        stripped = [None if text in BLANKS else text for text in part.str.strip().tolist()]
        chunks.append(pa.array(stripped, pa.large_string()))
    return coded(codes, pa.chunked_array(chunks, pa.large_string()))


def _spelt(
    given: Texts, spell: Callable[[str], Any], columns: tuple[str, ...]
) -> tuple[Texts, ...]:
    """Columns of what a function makes of each text, missing where nothing is."""
    chunks: list[list[Any]] = [[] for _ in columns]
    for start in range(0, len(given.distinct), TEXTS_AT_ONCE):
        done = [spell(text) for text in given.distinct[start : start + TEXTS_AT_ONCE].to_pylist()]
        for name, made in zip(columns, chunks, strict=True):
            texts = [getattr(one, name) or None for one in done]
            made.append(pa.array(texts, pa.large_string()))
    return tuple(coded(given.codes, pa.chunked_array(made, pa.large_string())) for made in chunks)


def _folded_code(column: "pd.Series[Any]", without: str = "") -> Texts:
    """Codes, or names in place of codes, folded; without what a pattern finds."""
    given = _texts(column, whole_numbers=True)

    def folded(text: str) -> str | None:
        found = fold(text).strip()
        return (re.sub(without, "", found) if without else found) or None

    made = [folded(text) for text in given.distinct.to_pylist()]
    return coded(given.codes, pa.array(made, pa.large_string()))


def _extra(column: "pd.Series[Any]") -> Texts:
    """An extra column: letters and digits, in lower case."""
    return _folded_code(column, r"[\W_]+")


def _number(column: "pd.Series[Any]") -> Floats:
    numbers = pd.Series(pd.to_numeric(column, errors="coerce")).astype(float)
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _municipalities(addresses: Texts, notes: list[Message]) -> Texts | None:
    """Municipalities of addresses; None when most of them cannot be placed."""
    codes = addresses.codes[addresses.codes >= 0]
    sample = addresses.texts(codes[:: max(len(codes) // 200, 1)].astype(np.int64))
    if placed(pd.Series(sample)).table["municipality"].notna().mean() < PLACED_SHARE:
        return None
    found = placed(pd.Series(objects(addresses.distinct), dtype=object)).table
    lost = found["municipality"].isna().to_numpy() & (found["reason"] != "no address").to_numpy()
    if lost.any():
        notes.append(
            say(
                "Addresses whose municipality cannot be said: {n:,} ({which}).",
                n=int(np.bincount(codes, minlength=len(lost))[lost].sum()),
                which=some_of(found.loc[lost, "address"].astype(str).tolist()),
            )
        )
    return coded(addresses.codes, pa.array(found["municipality"], pa.large_string()))


def _cells(latitude: Floats, longitude: Floats) -> Lists:
    """Cells of four grids, each shifted by half a cell: near points share at least one."""
    there = ~np.isnan(latitude) & ~np.isnan(longitude)
    y, x = latitude[there] / CELL_DEGREES, longitude[there] / CELL_DEGREES
    row, column = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    row_2, column_2 = np.floor(y + 0.5).astype(np.int64), np.floor(x + 0.5).astype(np.int64)
    # Points of the same quarter of a cell are in the same four cells.
    key = (row + 2**20) << 32 | (row_2 - row) << 31 | (column + 2**20) << 1 | (column_2 - column)
    own, distinct = pd.factorize(key)
    codes = np.full(len(latitude), -1, np.int32)
    codes[there] = own
    row, column = (distinct >> 32) - 2**20, ((distinct >> 1) & (2**30 - 1)) - 2**20
    row_2, column_2 = row + ((distinct >> 31) & 1), column + (distinct & 1)
    corners = ((row, column), (row_2, column), (row, column_2), (row_2, column_2))
    columns = [(k << 60) | ((y + 2**20) << 24) | (x + 2**20) for k, (y, x) in enumerate(corners)]
    return Lists(
        np.column_stack(columns).ravel().astype(np.int64),
        np.arange(len(distinct) + 1, dtype=np.int64) * len(columns),
        codes,
    )
