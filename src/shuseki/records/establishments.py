"""What do we know of one establishment in one wave?

An establishment table has one row per establishment and wave. This module names its columns,
their types and units, and the rules by which a row cannot be believed; ``validate`` lists the
rows that break them and ``ingest`` sets the same rows aside.

Takes: columns as Arrow arrays, text or as stored. Gives: the same rows typed
(``reading.values`` says how), and the reason (or null) why each should be set aside.

Identifiers and codes are text. A store keeps identifiers as ``int64`` only when every one of them
is a whole number as it is written: a number never loses its zeros.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shuseki.arrays import Bools, Ints
from shuseki.language import Message, say
from shuseki.reading.encoding import UNDECODABLE
from shuseki.reading.values import (
    Cells,
    Convention,
    Evidence,
    Order,
    Sign,
    as_text,
    codes_of,
    days_of,
    flat,
    numbers_of,
    truth,
    years_of,
)

__all__ = [
    "FIELDS",
    "LOOKS",
    "REASONS",
    "REQUIRED",
    "SCHEMA",
    "Field",
    "Typed",
    "reason",
    "typed",
]

Kind = Literal["int32", "int64", "float64", "string", "date"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the schema."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


FIELDS = (
    Field("wave", "int32", "year of the survey", required=True),
    Field("id", "string", "number of the establishment within the wave", required=True),
    Field("municipality", "string", "code of the place, edition of the wave", required=True),
    Field("industry", "string", "code of the layout's classification", required=True),
    Field("employees", "int64", "regular employees (常用従業者数), persons", required=True),
    Field("name", "string", "name of the establishment"),
    Field("address", "string", "address"),
    Field("latitude", "float64", "degrees north"),
    Field("longitude", "float64", "degrees east"),
    Field("legal_form", "string", "legal form (経営組織)"),
    Field("opened", "date", "date of opening"),
    Field("closed", "date", "date of closing"),
    Field("recorded", "date", "day on which the publisher recorded what the row says"),
    Field("shipments_yen", "float64", "value of shipments of the year, yen"),
    Field("wages_yen", "float64", "cash wages of the year, yen"),
)
SCHEMA: Mapping[str, Field] = {field.name: field for field in FIELDS}
REQUIRED = tuple(field.name for field in FIELDS if field.required)

REASONS: Mapping[str, Message] = {
    "unreadable": say("the line cannot be cut into the fields of the file"),
    "undecodable": say("the text holds bytes that the encoding does not have"),
    "not kept by the layout": say("the layout keeps only rows with other values"),
    "no wave": say("the wave is empty or not a year"),
    "no id": say("the identifier is empty"),
    "no municipality": say(
        "the municipality code is empty or not of the form that its country's codes have"
    ),
    "ambiguous municipality": say("the municipality code can be read in two ways"),
    "unknown municipality": say("the municipality code is not in the edition of the wave"),
    "no industry": say("the industry is empty"),
    "no employees": say("the number of employees is empty or no whole number"),
    "negative employees": say("the number of employees is below zero"),
    "duplicate id": say("the identifier appears earlier in the same wave"),
    "superseded": say("a later row says what this unit became; the latest counts"),
}
"""Why a row is set aside, in the order in which the rules are asked."""

WHOLE_NUMBER = r"^(0|[1-9][0-9]{0,17})$"
MOST_WHOLE = 2.0**53
"""From here on not every whole number is a float."""

LOOKS: Mapping[str, Message] = {
    "decimal": say(
        "is written as a decimal number; elsewhere it may be a whole one (1.0 against 1)"
    ),
    "scientific": say("is in scientific notation: digits were lost when it was written"),
    "unseen": say("holds a character that is not seen, such as a control character"),
    "width": say("is written in full-width letters, and read as half-width ones"),
    "month": say("is a month; its first day is taken"),
    "two readings": say(
        "has two readings and is left empty. Of days such as 1/4/1998 say what comes first: "
        "date_order in the layout, or --dates; write years with four digits"
    ),
}
"""What to look at in rows that are kept: codes that were numbers for a while, and are kept as
written, codes in full width, months for days, and days with two readings."""
DECIMAL, SCIENTIFIC = r"^[0-9]+\.0*$", r"^[0-9](\.[0-9]*)?[eE][+]?[0-9]+$"
UNSEEN = r"[\p{Cc}\p{Cf}]"
"""Control and format characters."""
DEGREES = {"latitude": 90.0, "longitude": 180.0}


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """Rows with the types of the schema.

    Attributes
    ----------
    table
        Arrow table: ``row``, ``kept_by_layout``, the columns of the schema that there are; and
        ``unread``, the text that could not be read as its kind, ``column=text`` and a line feed
        for each; ``looks``, what to look at in what is kept, ``column:look=text`` likewise.
    evidence
        Column → which decimal sign its cells speak for.
    two_readings
        Column of days → cells with two readings, and cells that are filled.
    """

    table: Any
    evidence: Mapping[str, Evidence]
    two_readings: Mapping[str, tuple[int, int]]


def typed(
    written: Mapping[str, Any],
    rows: Ints,
    conventions: Mapping[str, Convention],
    multiply: Mapping[str, float],
    order: Order = "auto",
) -> Typed:
    """Give each column of the schema its type; what does not parse becomes null.

    Parameters
    ----------
    written
        Columns named as in the schema, Arrow arrays of shape ``(n,)``, text or as stored; and
        ``kept_by_layout``.
    rows
        Number of each row in its file, shape ``(n,)``.
    conventions
        Column → how ``1,234`` and ``1.234`` are read; as a thousand and a decimal number when it
        is not said.
    multiply
        Column → factor of its numbers.
    order
        What ``1/4/1998`` means.

    Notes
    -----
    Nil, withheld and not available are not read as numbers here: they are findings.
    """
    columns: dict[str, Any] = {"row": pa.array(rows, pa.int64())}
    columns["kept_by_layout"] = written["kept_by_layout"]
    evidence: dict[str, Evidence] = {}
    two_readings: dict[str, tuple[int, int]] = {}
    unread, looks = Remarks(len(rows)), Remarks(len(rows))
    for field in FIELDS:
        if field.name not in written:
            continue
        column = flat(written[field.name])
        if field.kind == "string":
            columns[field.name] = text = code_or_text(field.name, column)
            if field.name in CODES:
                look_at(field.name, column, text, looks)
            continue
        if field.name == "wave":
            cells = years_of(column)
            values = cells.values
        elif field.kind == "date":
            cells = days_of(column, order)
            values = cells.values
            either = cells.signs == Sign.AMBIGUOUS
            filled = cells.signs != Sign.EMPTY
            two_readings[field.name] = (int(either.sum()), int(filled.sum()))
            if either.any():
                looks.add(f"{field.name}:two readings", either, as_text(column))
            partial = cells.signs == Sign.PARTIAL
            if partial.any():
                looks.add(f"{field.name}:month", partial, as_text(column))
        else:
            cells = numbers_of(column, conventions.get(field.name, "point"))
            evidence[field.name] = cells.evidence
            values = amounts(field, cells, multiply.get(field.name, 1.0))
        columns[field.name] = values
        lost = truth(values.is_null()) & (cells.signs != Sign.EMPTY)
        if field.kind == "date":
            lost &= cells.signs != Sign.AMBIGUOUS
        if lost.any():
            unread.add(field.name, lost, as_text(column))
    columns["unread"], columns["looks"] = unread.array(), looks.array()
    return Typed(pa.table(columns), evidence, two_readings)


CODES = ("id", "municipality", "industry")


def code_or_text(name: str, column: Any) -> Any:
    """Text, null where it is empty; of a code also where it says ``nan``."""
    text = codes_of(column) if name in CODES else as_text(column)
    empty = pc.equal(text, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text


def amounts(field: Field, cells: Cells, factor: float) -> Any:
    """Numbers of a field as an Arrow array, null where there is none that can be."""
    values = cells.values * factor
    bad = cells.signs != Sign.READ
    if field.kind != "float64":
        with np.errstate(invalid="ignore"):
            bad |= (np.floor(values) != values) | (np.abs(values) >= MOST_WHOLE)
        return pa.array(np.where(bad, 0, values).astype(np.int64), mask=bad)
    if field.name in DEGREES:
        with np.errstate(invalid="ignore"):
            bad |= np.abs(values) > DEGREES[field.name]
    return pa.array(np.where(bad, 0.0, values), mask=bad)


def look_at(name: str, column: Any, text: Any, looks: "Remarks") -> None:
    """Note codes that may be written otherwise elsewhere: as numbers, wide, with hidden signs."""
    if pa.types.is_floating(column.type):
        looks.add(f"{name}:decimal", ~truth(text.is_null()), text)
        return
    written = as_text(column)
    mended = truth(pc.not_equal(written, text))
    if mended.any():
        looks.add(f"{name}:width", mended, written)
    if not pc.any(pc.match_substring_regex(text, f"^[0-9.]+[eE.]|{UNSEEN}")).as_py():
        return
    for look, pattern in (("decimal", DECIMAL), ("scientific", SCIENTIFIC), ("unseen", UNSEEN)):
        found = truth(pc.match_substring_regex(text, pattern))
        if found.any():
            looks.add(f"{name}:{look}", found, text)


class Remarks:
    """What is to be said of each row, added up column by column."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.said: dict[int, str] = {}

    def add(self, what: str, where: Bools, text: Any) -> None:
        """Say something of some rows, with the text that they hold."""
        at = np.flatnonzero(where)
        told = text.take(pa.array(at)).to_pylist()
        for k, value in zip(at.tolist(), told, strict=True):
            self.said[k] = self.said.get(k, "") + f"{what}={' '.join((value or '').split())}\n"

    def array(self) -> Any:
        """What was said of each row, as Arrow text."""
        if not self.said:
            return pa.repeat(pa.scalar(""), self.n)
        return pa.array([self.said.get(k, "") for k in range(self.n)], pa.string())


def reason(
    rows: ir.Table,
    *,
    asked: Collection[str] = REQUIRED,
    form: str = "^[0-9]{5}$",
    unknown_municipalities: Collection[tuple[int, str]] = (),
    ambiguous_municipalities: Collection[str] = (),
    undecodable: bool = False,
) -> ir.StringValue:
    """Say for each row why it should be set aside; null when it may be kept.

    Parameters
    ----------
    rows
        Typed rows.
    asked
        Required columns that the publisher fills; a layout that has no employees does not ask
        for them.
    form
        Pattern of a municipality code.
    unknown_municipalities
        Pairs of wave and code that do not exist.
    ambiguous_municipalities
        Codes that can be read in two ways.
    undecodable
        Whether to look for text that the encoding of the file did not have.
    """
    rules: list[tuple[ir.BooleanValue, str]] = []
    if undecodable:
        held = [
            rows[field.name].contains(UNDECODABLE).fill_null(False)
            for field in FIELDS
            if field.name in rows.columns and rows[field.name].type().is_string()
        ]
        rules.append((ibis.or_(*held), "undecodable"))
    rules.append((rows.wave.isnull(), "no wave"))
    rules.append((rows.id.isnull(), "no id"))
    rules.append((~rows.municipality.re_search(form).fill_null(False), "no municipality"))
    if ambiguous_municipalities:
        either = rows.municipality.isin(list(ambiguous_municipalities)).fill_null(False)
        rules.append((either, "ambiguous municipality"))
    if unknown_municipalities:
        pairs = [f"{wave}:{code}" for wave, code in unknown_municipalities]
        at = rows.wave.cast("string") + ":" + rows.municipality
        rules.append((at.isin(pairs).fill_null(False), "unknown municipality"))
    if "industry" in asked:
        rules.append((rows.industry.isnull(), "no industry"))
    if "employees" in asked:
        rules.append((rows.employees.isnull(), "no employees"))
    rules.append(((rows.employees < 0).fill_null(False), "negative employees"))
    return ibis.cases(*rules, else_=ibis.null("string"))
