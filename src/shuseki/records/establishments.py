"""What do we know of one establishment in one wave?

An establishment table has one row per establishment and wave. This module names its columns,
their types and units, and the rules by which a row cannot be believed; ``validate`` lists the
rows that break them and ``ingest`` sets the same rows aside.

Takes: any Ibis table whose columns hold the values as text. Gives: the same rows typed, with
the reason (or null) why each should be set aside.

Identifiers are ``int64`` when every identifier of the table is a whole number without leading
zeros, and text otherwise: a number never loses its zeros.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

__all__ = ["FIELDS", "REASONS", "REQUIRED", "SCHEMA", "Field", "reason", "typed"]

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
    Field("municipality", "string", "five digits, edition of the wave", required=True),
    Field("industry", "string", "code of the layout's classification", required=True),
    Field("employees", "int64", "regular employees (常用従業者数), persons", required=True),
    Field("name", "string", "name of the establishment"),
    Field("address", "string", "address"),
    Field("latitude", "float64", "degrees north"),
    Field("longitude", "float64", "degrees east"),
    Field("legal_form", "string", "legal form (経営組織)"),
    Field("opened", "date", "date of opening"),
    Field("closed", "date", "date of closing"),
    Field("shipments_yen", "float64", "value of shipments of the year, yen"),
    Field("wages_yen", "float64", "cash wages of the year, yen"),
)
SCHEMA: Mapping[str, Field] = {field.name: field for field in FIELDS}
REQUIRED = tuple(field.name for field in FIELDS if field.required)

REASONS: Mapping[str, str] = {
    "unreadable": "the line has another number of fields than the file",
    "undecodable": "the text holds bytes that the encoding does not have",
    "not kept by the layout": "the layout keeps only rows with other values",
    "no wave": "the wave is empty or not a year",
    "no id": "the identifier is empty",
    "no municipality": "the municipality code is not five digits",
    "unknown municipality": "the municipality code is not in the edition of the wave",
    "no industry": "the industry is empty",
    "no employees": "the number of employees is empty or not a whole number",
    "negative employees": "the number of employees is below zero",
    "duplicate id": "the identifier appears earlier in the same wave",
}
"""Why a row is set aside, in the order in which the rules are asked."""

UNDECODABLE = "\ufffd"
WHOLE_NUMBER = r"^(0|[1-9][0-9]{0,17})$"
DATE = r"^([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2})$"


def typed(written: ir.Table) -> ir.Table:
    """Give each column of the schema its type; what does not parse becomes null.

    Parameters
    ----------
    written
        Columns named as in the schema, text or already typed; other columns pass unchanged.

    Returns
    -------
    ir.Table
        With one more column, ``unread``: the text that could not be read as its kind, as
        ``column=text`` followed by a line feed for each; empty when all could.

    Notes
    -----
    ``id`` stays text unless it comes as a number, because whether all identifiers are numbers
    is known only when the whole table has been read. Thousands separators are accepted. Dates
    are read as ``2000-12-31``, ``2000/12/31``, ``20001231``.
    """
    columns: dict[str, ir.Value] = {}
    unread: ir.StringValue = ibis.literal("")
    for field in FIELDS:
        if field.name not in written.columns:
            continue
        value = written[field.name]
        if not value.type().is_string():
            kind = "int64" if field.name == "id" and value.type().is_integer() else field.kind
            columns[field.name] = value.cast(kind)
            continue
        text = value.strip().nullif("")
        parsed = columns[field.name] = parse(text, field.kind)
        if field.kind != "string":
            lost = text.notnull() & parsed.isnull()
            said = ibis.literal(f"{field.name}=") + text.fill_null("") + "\n"
            unread = unread + ibis.ifelse(lost, said, "")
    return written.mutate(**columns, unread=unread)


def parse(text: ir.StringValue, kind: Kind) -> ir.Value:
    """Read trimmed text as a kind of value; null when it is none."""
    if kind == "string":
        return text
    if kind == "date":
        return text.re_replace(DATE, r"\1-\2-\3").try_cast("date")
    number = text.replace(",", "").try_cast("float64")
    if kind == "float64":
        return number
    # By way of a float: "12.0" is twelve, "12.5" is no whole number.
    return ibis.ifelse(number == number.floor(), number, ibis.null("float64")).try_cast(kind)


def reason(
    rows: ir.Table,
    *,
    asked: Collection[str] = REQUIRED,
    unknown_municipalities: Collection[tuple[int, str]] = (),
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
    unknown_municipalities
        Pairs of wave and code that do not exist.
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
    rules.append((~rows.municipality.re_search("^[0-9]{5}$").fill_null(False), "no municipality"))
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
