"""What of two registers is compared?

Two tables with columns of the schema (``records.establishments``: id, name, address, municipality,
industry, employees, latitude, longitude, legal_form, opened; whichever there are) and extra columns
become two tables with the same folded columns, side by side::

    name, name_start, name_numbers        folded; the first four signs; the numbers in the name
    name_words, name_word_pairs           numbers of words, 1000 · word + rarity
    address, address_numbers, address_words, address_word_pairs
    municipality, industry, employees, latitude, longitude, legal_form, opened, cell
    extra columns under their own names

The rarity of a word is ``10 log2(records / records with it)``, in tenths of a bit.

A column that only one register fills compares nothing and is left out, with a note.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError, examples
from shuseki.geography.areas import LAST_DAY
from shuseki.geography.bundled import are_bundled
from shuseki.geography.editions import edition
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import some_of
from shuseki.linkage.normalisation import (
    fold,
    over_distinct,
    placed,
    spelt_addresses,
    spelt_names,
    words,
)

__all__ = ["COLUMNS", "Lists", "Registers", "registers"]

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
RARITY = 1000
CELL_DEGREES = 0.01
PLACED_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of numbers for each record: ``values[offsets[i]:offsets[i + 1]]``."""

    values: Ints
    offsets: Ints

    def arrow(self) -> Any:
        """As an Arrow array of lists; null where the list is empty."""
        made = pa.ListArray.from_arrays(
            pa.array(self.offsets, pa.int32()), pa.array(self.values, pa.int64())
        )
        empty = np.diff(self.offsets) == 0
        if not empty.any():
            return made
        return pa.ListArray.from_arrays(
            pa.array(self.offsets, pa.int32(), mask=np.append(empty, False)),
            pa.array(self.values, pa.int64()),
        )

    def part(self, start: int, stop: int) -> "Lists":
        """The lists of some records."""
        offsets = self.offsets[start : stop + 1]
        return Lists(self.values[offsets[0] : offsets[-1]], offsets - offsets[0])

    def taken(self, records: Ints) -> "Lists":
        """The lists of some records, in their order."""
        size = np.diff(self.offsets)[records]
        offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        at = np.repeat(self.offsets[records] - offsets[:-1], size) + np.arange(offsets[-1])
        return Lists(self.values[at], offsets)


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
        Column → one value for each record, missing where there is none.
    lists
        Column → a list for each record.
    extra
        Names of the extra columns.
    notes
        What was done with columns.
    """

    n_left: int
    n_right: int
    ids: tuple[Any, Any]
    values: Mapping[str, "pd.Series[Any]"]
    lists: Mapping[str, Lists]
    extra: tuple[str, ...]
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
            values={
                name: column.iloc[rows].reset_index(drop=True)
                for name, column in self.values.items()
            },
            lists={name: lists.taken(rows) for name, lists in self.lists.items()},
            extra=self.extra,
            notes=(),
        )

    def table(self, right: bool) -> Any:
        """One register as an Arrow table, with ``unique_id``, its position in it."""
        start, stop = self.side(right)
        columns: dict[str, Any] = {"unique_id": pa.array(np.arange(stop - start))}
        for name, values in self.values.items():
            columns[name] = pa.array(values.iloc[start:stop], from_pandas=True)
        for name, lists in self.lists.items():
            columns[name] = lists.part(start, stop).arrow()
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
    values, lists = _folded(both, tuple(extra), notes)
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
    elif values["name"].nunique() == 1:
        notes.append(say("All names are equal: they tell nothing apart."))
    return Registers(
        n_left=len(left),
        n_right=len(right),
        ids=(ids[0], ids[1]),
        values=values,
        lists=lists,
        extra=tuple(name for name in extra if name in both),
        notes=tuple(notes),
    )


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


def _folded(
    both: Mapping[str, "pd.Series[Any]"], extra: tuple[str, ...], notes: list[Message]
) -> tuple[dict[str, "pd.Series[Any]"], dict[str, Lists]]:
    """Fold every column."""
    values: dict[str, pd.Series[Any]] = {}
    lists: dict[str, Lists] = {}
    form: pd.Series[Any] | None = None
    if "name" in both:
        spelt = spelt_names(_text(both["name"]))
        values["name"], form = spelt["name"], spelt["legal_form"]
        values["name_numbers"] = spelt["numbers"].fillna("")
        values["name_start"] = spelt["name"].str.replace(" ", "").str.slice(0, 4)
        lists["name_words"], lists["name_word_pairs"] = _words(spelt["name"])
    if "legal_form" in both:
        said = spelt_names(_text(both["legal_form"]))
        given = said["legal_form"].fillna(said["name"])
        form = given if form is None else given.fillna(form)
    if form is not None and form.nunique() > 1:
        values["legal_form"] = form
    if "address" in both:
        spelt = spelt_addresses(_text(both["address"]))
        values["address"] = spelt["address"]
        values["address_numbers"] = spelt["numbers"]
        lists["address_words"], lists["address_word_pairs"] = _words(spelt["address"])
    municipality = _folded_code(both["municipality"]) if "municipality" in both else None
    if municipality is None and "address" in both:
        municipality = _municipalities(_text(both["address"]), notes)
    if municipality is not None:
        codes = municipality.dropna().unique()
        if are_bundled(codes):
            to = edition(codes.tolist(), LAST_DAY).of()
            municipality = municipality.map(to)
        values["municipality"] = municipality
    if "industry" in both:
        values["industry"] = _folded_code(both["industry"])
    if "employees" in both:
        values["employees"] = _number(both["employees"]).clip(lower=0)
    if {"latitude", "longitude"} <= set(both):
        degrees = [_number(both[name]) for name in ("latitude", "longitude")]
        out = ~(degrees[0].between(-90, 90) & degrees[1].between(-180, 180))
        out |= (degrees[0] == 0) & (degrees[1] == 0)
        for name, column in zip(("latitude", "longitude"), degrees, strict=True):
            values[name] = column.mask(out)
        lists["cell"] = _cells(values["latitude"], values["longitude"])
    if "opened" in both:
        values["opened"] = _text(both["opened"]).str.replace(" 00:00:00", "")
    for name in extra:
        if name in both:
            values[name] = _extra(both[name])
    kept = {name: column for name, column in values.items() if column.notna().any()}
    return kept, lists


def _text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Text, missing where it is blank."""
    given = column.astype("object")
    text = given.where(given.isna(), given.astype(str).str.strip())
    return text.where(~text.isin(["", "nan", "None", "NaN", "<NA>"]), None)


def _code(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Codes as text; whole numbers without a point."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return _text(column)


def _folded_code(column: "pd.Series[Any]", without: str = "") -> "pd.Series[Any]":
    """Codes, or names in place of codes, folded; without what a pattern finds."""

    def folded(text: str) -> str | None:
        found = fold(text).strip()
        return (re.sub(without, "", found) if without else found) or None

    text = _code(column)
    return pd.Series(over_distinct(text, folded, None), text.index, dtype=object)


def _extra(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """An extra column: letters and digits, in lower case."""
    return _folded_code(column, r"[\W_]+")


def _number(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.Series(pd.to_numeric(column, errors="coerce")).astype(float)


def _municipalities(addresses: "pd.Series[Any]", notes: list[Message]) -> "pd.Series[Any] | None":
    """Municipalities of addresses; None when most of them cannot be placed."""
    there = addresses.dropna()
    sample = there.iloc[:: max(len(there) // 200, 1)]
    if placed(sample).table["municipality"].notna().mean() < PLACED_SHARE:
        return None
    found = placed(addresses)
    lost = found.set_aside()
    lost = lost[lost["reason"] != "no address"]
    if len(lost):
        notes.append(
            say(
                "Addresses whose municipality cannot be said: {n:,} ({which}).",
                n=len(lost),
                which=some_of(lost["address"].astype(str).unique().tolist()),
            )
        )
    return found.table["municipality"].astype("object").where(found.table["municipality"].notna())


def _words(texts: "pd.Series[Any]") -> tuple[Lists, Lists]:
    """Words of each text with their rarity, and pairs of words that stand side by side."""
    codes, distinct = pd.factorize(texts)
    known: dict[str, int] = {}
    flat: list[int] = []
    pairs: list[int] = []
    ends, pair_ends = [0], [0]
    number = known.setdefault
    for text in distinct:
        own = [number(word, len(known)) for word in words(text)]
        flat.extend(dict.fromkeys(own))
        ends.append(len(flat))
        pairs.extend(dict.fromkeys((a << 32) + b for a, b in pairwise(own)))
        pair_ends.append(len(pairs))
    one = _taken(np.array(flat, np.int64), np.array(ends, np.int64), codes)
    two = _taken(np.array(pairs, np.int64), np.array(pair_ends, np.int64), codes)
    count = np.bincount(one.values, minlength=max(len(known), 1))
    rarity = np.rint(10 * np.log2(len(texts) / np.maximum(count, 1))).astype(np.int64)
    rarity = np.clip(rarity, 1, RARITY - 1)
    return Lists(one.values * RARITY + rarity[one.values], one.offsets), two


def _taken(values: Ints, ends: Ints, codes: Ints) -> Lists:
    """Lists of distinct texts as lists of records; none for a missing text (code -1)."""
    size = np.append(np.diff(ends), 0)[codes]
    start = np.append(ends[:-1], 0)[codes]
    offsets = np.concatenate([[0], np.cumsum(size)])
    at = np.repeat(start - offsets[:-1], size) + np.arange(offsets[-1])
    return Lists(values[at], offsets)


def _cells(latitude: "pd.Series[Any]", longitude: "pd.Series[Any]") -> Lists:
    """Cells of four grids, each shifted by half a cell: near points share at least one."""
    there = latitude.notna().to_numpy()
    y: Floats = latitude.to_numpy(float)[there] / CELL_DEGREES
    x: Floats = longitude.to_numpy(float)[there] / CELL_DEGREES
    columns = []
    for k, (dy, dx) in enumerate(((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))):
        row, column = np.floor(y + dy).astype(np.int64), np.floor(x + dx).astype(np.int64)
        columns.append((k << 60) | ((row + 2**20) << 24) | (column + 2**20))
    size = np.where(there, 4, 0)
    return Lists(
        np.column_stack(columns).ravel() if len(y) else np.empty(0, np.int64),
        np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
    )
