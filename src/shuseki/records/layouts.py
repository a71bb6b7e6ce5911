"""How does each publisher lay out its file?

A layout is data: which of their columns is which of ours, the encoding, constants, maps of
values, factors of units. ``layouts.toml`` beside this module holds the known ones; a user's own
is a table of the same keys in the study file.

Takes: the name of a known layout, or a mapping. Gives: a ``Layout``, which turns columns as the
publisher wrote them into those of the schema (``records.establishments``).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from dataclasses import replace as changed
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any, Required, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from shuseki.errors import DataError, ParameterError, examples
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.gazetteers import gazetteer
from shuseki.language import Message, say, words_of
from shuseki.language.glossary import named_kind
from shuseki.language.names import some_of
from shuseki.reading.encoding import codec
from shuseki.reading.toml import Plain, Positive, check_shape
from shuseki.reading.values import FULL_WIDTH, Order, as_text, distinct_of
from shuseki.records.establishments import REQUIRED, SCHEMA
from shuseki.sources import Origin

__all__ = ["Cut", "Join", "Layout", "Only", "known_layouts", "layout"]

DECIMALS = ("auto", ".", ",")
ORDERS: tuple[str, ...] = get_args(Order)
MAPS = ("columns", "constants", "values", "calendar", "multiply", "keep")
"""Keys of a layout that are tables."""
ROWS = ("units", "changes")
MINGUO = re.compile(
    r"(?:中華民國|民國|民国)?\s*(?:"
    r"(?P<y1>\d{2,3})(?P<m1>\d{2})(?P<d1>\d{2})?"
    r"|(?P<y2>\d{1,3})(?P<mark>[./-])(?P<m2>\d{1,2})(?:(?P=mark)(?P<d2>\d{1,2}))?"
    r"|(?P<y3>\d{1,3}|元)年\s*(?P<m3>\d{1,2})月(?:\s*(?P<d3>\d{1,2})日)?)"
)


@dataclass(frozen=True, slots=True)
class Join:
    """Several of their columns make one of ours, each padded with zeros to its width."""

    join: tuple[str, ...]
    pad: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of one of their columns: what a pattern finds, its first group where it has one.

    Text in which the pattern finds nothing is empty.
    """

    column: str
    extract: str


@dataclass(frozen=True, slots=True)
class Only:
    """One of their columns in the rows in which others have these values; empty elsewhere."""

    column: str
    where: Mapping[str, tuple[str, ...]]


def _theirs(value: Any) -> Any:
    is_one = isinstance(value, str | int | Mapping | Join | Cut | Only)
    if isinstance(value, bool) or not is_one:
        raise ValueError(say("expected the name of a column, its position, or a table"))
    return value


Theirs = Annotated[Any, BeforeValidator(_theirs)]
Some = Field(min_length=1)
Several = Annotated[list[Plain], Some] | Annotated[tuple[Plain, ...], Some]


class Told(TypedDict, total=False):
    """What a layout says, as it stands in a file."""

    title: str
    publisher: str
    terms: str
    origin: str
    encoding: str
    delimiter: str
    decimal: str
    sheet: str
    member: str
    header: bool
    width: Annotated[int, Field(ge=0)]
    skip_lines: Annotated[int, Field(ge=0)]
    date_order: str
    rows: str
    keeps_closed: bool
    codes: str
    codes_on: Plain
    like: str
    columns: dict[str, Theirs]
    constants: dict[str, Plain]
    values: dict[str, dict[str, Plain]]
    calendar: dict[str, str]
    multiply: dict[str, Positive]
    keep: dict[str, Plain | Several]


class Part(TypedDict, total=False):
    """One of their columns, or a part of it."""

    column: Plain
    extract: str
    where: dict[str, Plain | Several]


class Parts(TypedDict, total=False):
    """Several of their columns."""

    join: Required[Several]
    pad: list[Annotated[int, Field(ge=0)]] | tuple[Annotated[int, Field(ge=0)], ...]


Source = str | Join | Cut | Only
"""Where one of our columns comes from."""


def names_of(source: Source) -> tuple[str, ...]:
    """Their columns that a source reads."""
    if isinstance(source, Join):
        return source.join
    if isinstance(source, Only):
        return (source.column, *source.where)
    return (source.column if isinstance(source, Cut) else source,)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one publisher lays out a file.

    Attributes
    ----------
    name, title, publisher, terms
        What it is.
    columns
        Our column → theirs (a name, or ``c7`` for the seventh of a file without header), a ``Join``
        of several, a ``Cut`` of one, or ``Only`` some rows of one.
    constants
        Our column → one value for every row, e.g. the wave.
    values
        Our column → (their value → our value); other values pass.
    calendar
        Our column of days → the calendar of their years: ``"minguo"`` counts from 1912, the first
        year of the Republic of China (``1090508`` is 8 May 2020).
    date_order
        What ``1/4/1998`` means in this file: ``"day-month-year"``, ``"month-day-year"``, or
        ``"auto"``, under which such a day is not read.
    multiply
        Our column → factor, e.g. 10,000 when amounts are in 万円.
    keep
        Their column → the values of the rows to keep; other rows are set aside.
    encoding, delimiter, header, width, skip_lines
        How the text is written; encoding and delimiter are found when they are ``"auto"``;
        ``width`` is the number of columns when there is no header.
    decimal
        The decimal sign; ``"auto"`` lets each column say it.
    sheet, member
        Which sheet of a workbook (the first), which file in a zip (the only one).
    rows
        What a row is: ``"units"``, of which each identifier is there once in a wave; or
        ``"changes"`` and periods of units, of which the one with the latest ``recorded`` counts,
        with the earliest ``opened``.
    keeps_closed
        Whether the file is a register that says when its units opened, and keeps those that
        closed with the day: it then stands for every earlier year too (``Store.wave``).
    codes
        Whose the codes of places are: ``"japan"``, which are checked, or ``"any"``.
    codes_on
        Date (ISO) of the municipality codes; empty for 31 December of the wave.
    """

    name: str
    title: str = ""
    publisher: str = ""
    terms: str = ""
    origin: Origin = "user"
    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: str = "auto"
    sheet: str = ""
    member: str = ""
    header: bool = True
    width: int = 0
    skip_lines: int = 0
    date_order: Order = "auto"
    rows: str = "units"
    keeps_closed: bool = False
    codes: str = COUNTRY
    codes_on: str = ""
    columns: Mapping[str, str | Join | Cut] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    calendar: Mapping[str, str] = field(default_factory=dict)
    multiply: Mapping[str, float] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[str, ...]:
        """Required columns that the publisher fills."""
        return tuple(name for name in REQUIRED if name in self.columns or name in self.constants)

    @property
    def theirs(self) -> tuple[str, ...]:
        """Their columns that this layout reads, required or not."""
        names: list[str] = []
        for source in self.columns.values():
            names += names_of(source)
        return tuple(dict.fromkeys([*names, *self.keep]))

    def with_wave(self, wave: int) -> "Layout":
        """Say the wave of a file that does not hold it."""
        said = {key: value for key, value in asdict_shallow(self).items() if key != "columns"}
        said["columns"] = {key: value for key, value in self.columns.items() if key != "wave"}
        said["constants"] = {**self.constants, "wave": str(wave)}
        return Layout(**said)

    def fingerprint(self) -> str:
        """The layout as one line of text; two that read a file alike have the same."""
        said = {key: value for key, value in asdict(self).items() if key not in TOLD}
        return repr(sorted(said.items()))

    def missing(self, found: Sequence[str]) -> list[Message]:
        """Say which of the columns needed are not in the file, and what may be meant."""
        needed: list[str] = list(self.keep)
        beyond = ["recorded"] if self.rows == "changes" else []
        beyond += ["opened", "closed"] if self.keeps_closed else []
        for name in (*REQUIRED, *beyond):
            source = self.columns.get(name)
            if source is not None:
                needed += names_of(source)
        told = []
        for name in dict.fromkeys(needed):
            if name not in found:
                near = get_close_matches(name, found, n=1, cutoff=0.5)
                told.append(
                    say("'{name}' (is it '{near}'?)", name=name, near=near[0])
                    if near
                    else say("'{name}'", name=name)
                )
        return told

    def check_columns(self, found: Sequence[str]) -> None:
        """Refuse a file that lacks columns this layout needs, or of which no one says the year."""
        if "wave" not in self.asked:
            raise DataError(
                say(
                    "Files of the layout '{layout}' do not say of which year they are. Expected "
                    "the year, as of whose 31 December the units are counted. Say it: wave = …, "
                    "or --wave.",
                    layout=self.name,
                )
            )
        if told := self.missing(found):
            raise DataError(
                say(
                    "Columns missing for layout '{layout}': {missing}. Found {found}. Correct the "
                    "file, or write a layout that names its columns (and says how many lines "
                    "stand above them: skip_lines).",
                    layout=self.name,
                    missing=some_of(told),
                    found=some_of(found, 40),
                )
            )

    def read(self, raw: Mapping[str, Any], n: int) -> dict[str, Any]:
        """Name their columns as ours; apply joins, maps and constants.

        Parameters
        ----------
        raw
            Their columns, Arrow arrays of shape ``(n,)``.

        Returns
        -------
        dict
            ``kept_by_layout`` and the columns of the schema that the file has; all required
            columns are there, empty where the publisher has none.
        """
        kept = pa.array(np.full(n, True))
        for theirs, values in self.keep.items():
            kept = pc.and_(kept, pc.is_in(as_text(raw[theirs]), pa.array(values, pa.string())))
        ours: dict[str, Any] = {"kept_by_layout": kept}
        for name in SCHEMA:
            if name in self.constants:
                ours[name] = pa.repeat(pa.scalar(self.constants[name]), n)
            elif (value := self._value(raw, name)) is not None:
                ours[name] = value
            elif name in REQUIRED:
                ours[name] = pa.nulls(n, pa.string())
        return ours

    def _value(self, raw: Mapping[str, Any], name: str) -> Any:
        source = self.columns.get(name)
        if source is None or any(column not in raw for column in names_of(source)):
            return None
        if isinstance(source, Join):
            value = joined(source, raw)
        elif isinstance(source, Cut):
            value = cut(source, raw)
        elif isinstance(source, Only):
            value = only(source, raw)
        else:
            value = raw[source]
        if name in self.calendar:
            value = gregorian(as_text(value))
        if name in self.values:
            said, at = distinct_of(as_text(value))
            mapped = [self.values[name].get(one or "", one) for one in said]
            value = pa.array(mapped, pa.string()).take(pa.array(at))
        return value


def joined(source: Join, raw: Mapping[str, Any]) -> Any:
    """Several columns as one text; empty where one that is padded is empty."""
    parts = [as_text(raw[column]) for column in source.join]
    empty = pa.array(np.full(len(parts[0]), False))
    for k, width in enumerate(source.pad):
        empty = pc.or_(empty, pc.equal(parts[k], ""))
        parts[k] = pc.utf8_lpad(parts[k], width, "0")
    text = pc.binary_join_element_wise(*parts, "")
    return pc.if_else(empty, "", text)


def cut(source: Cut, raw: Mapping[str, Any]) -> Any:
    """What the pattern finds in each text."""
    pattern = re.compile(source.extract)
    said, at = distinct_of(as_text(raw[source.column]))
    found = [pattern.search(one or "") for one in said]
    parts = ["" if m is None else (m[1] if pattern.groups else m[0]) or "" for m in found]
    return pa.array(parts, pa.string()).take(pa.array(at))


def only(source: Only, raw: Mapping[str, Any]) -> Any:
    """One column where others have the values that are said, empty elsewhere."""
    text = as_text(raw[source.column])
    held = pa.array(np.full(len(text), True))
    for column, values in source.where.items():
        held = pc.and_(held, pc.is_in(as_text(raw[column]), pa.array(values, pa.string())))
    return pc.if_else(held, text, "")


def gregorian(text: Any) -> Any:
    """Days and months of the Minguo calendar as ISO ones; what is none stays as it is.

    A year of four digits is one of the common era, and stays as well.
    """
    said, at = distinct_of(text)
    days = [of_minguo(one or "") for one in said]
    return pa.array(days, pa.string()).take(pa.array(at))


def of_minguo(text: str) -> str:
    """One day or month of the Minguo calendar.

    Examples
    --------
    >>> of_minguo("1090508"), of_minguo("民國109年5月8日"), of_minguo("109/5"), of_minguo("later")
    ('2020-05-08', '2020-05-08', '2020-05', 'later')
    """
    found = MINGUO.fullmatch(text.strip().translate(FULL_WIDTH))
    if found is None:
        return text
    year, month, day = (
        next((found[f"{part}{k}"] for k in "123" if found[f"{part}{k}"]), None) for part in "ymd"
    )
    assert year is not None
    assert month is not None
    ends = "" if day is None else f"-{int(day):02d}"
    return f"{(1 if year == '元' else int(year)) + 1911:04d}-{int(month):02d}{ends}"


TOLD = ("name", "title", "publisher", "terms", "origin")
"""What a layout says about itself, which does not change how a file is read."""


@lru_cache
def known_layouts() -> Mapping[str, Layout]:
    """The layouts that come with the package, by name."""
    text = resources.files("shuseki.records").joinpath("layouts.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return MappingProxyType({name: from_table(name, table) for name, table in tables.items()})


def layout(
    which: "str | Layout | Mapping[str, Any]" = "house",
    *,
    wave: int | None = None,
    codes: str | None = None,
) -> Layout:
    """Find a known layout, or make one from a table of the study file.

    Parameters
    ----------
    which
        Name of a known layout; a mapping with the keys of ``layouts.toml``, which may start
        from a known one by ``like = "name"``; or a ``Layout``.
    wave
        Year of the file, for publishers who do not write it into the rows.
    codes
        Whose the codes of places are, in place of what the layout says.

    Raises
    ------
    ParameterError
        For an unknown name or a misspelt key; the nearest ones are named.
    """
    if isinstance(which, Layout):
        found = which
    elif isinstance(which, str):
        known = known_layouts()
        if which not in known:
            raise unknown("layout", which, known)
        found = known[which]
    else:
        found = from_table("own", which)
    if codes is not None:
        found = changed(found, codes=gazetteer(codes).name)
    return found if wave is None else found.with_wave(wave)


def from_table(name: str, table: Mapping[str, Any]) -> Layout:
    """Make a layout from the table that says it, and refuse keys that mean nothing."""
    check_shape(dict(table), Told, "[layout]")
    said = dict(table)
    keys = [key.name for key in fields(Layout)]
    if "like" in said:
        base = asdict_shallow(layout(str(said.pop("like"))))
        for key in MAPS:
            base[key] = {**base[key], **from_maps(key, said.pop(key, {}))}
        said = {**base, **said}
    for key in said:
        if key not in keys:
            raise unknown("layout key", key, keys)
    for key in MAPS:
        said[key] = from_maps(key, said.get(key, {}))
        ours = [column for column in said[key] if key != "keep" and column not in SCHEMA]
        if ours:
            raise unknown(say("column of ours in [{table}]", table=key), ours[0], SCHEMA)
    said["name"] = str(said.get("name", name))
    made = Layout(**said)
    codec(made.encoding)
    gazetteer(made.codes)
    if made.decimal not in DECIMALS:
        raise unknown("decimal sign", made.decimal, DECIMALS)
    if made.date_order not in ORDERS:
        raise unknown("order of days", str(made.date_order), ORDERS)
    if made.rows not in ROWS:
        raise unknown("kind of rows", str(made.rows), ROWS)
    if made.rows == "changes" and "recorded" not in made.columns:
        raise ParameterError(
            say(
                "Layout {made!r} has rows = 'changes', but does not say which column is "
                "'recorded', the day by which the latest counts. Add it to [columns].",
                made=made.name,
            )
        )
    if made.keeps_closed and "opened" not in made.columns:
        raise ParameterError(
            say(
                "Layout {made!r} has keeps_closed = true, but does not say which column is "
                "'opened'. Add it to [columns], or leave keeps_closed out.",
                made=made.name,
            )
        )
    for column in ("id", "municipality"):
        if column not in made.columns and column not in made.constants:
            raise ParameterError(
                say(
                    "Layout {made!r} does not say which column is {column!r}. Expected it in "
                    "[columns]; found {columns}. Add it.",
                    made=made.name,
                    column=column,
                    columns=examples(made.columns, 14),
                )
            )
    if not made.header and made.width < 1:
        raise ParameterError(
            say(
                "Layout {made!r} has no header and no width. Expected the number of columns. Add "
                "width = ...",
                made=made.name,
            )
        )
    return made


def from_maps(key: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Give the inner tables of a layout their types."""
    if key == "columns":
        return {name: from_source(source) for name, source in table.items()}
    if key == "keep":
        return {as_name(name): as_values(values) for name, values in table.items()}
    if key == "calendar":
        for name, calendar in table.items():
            if calendar != "minguo" or SCHEMA.get(name, SCHEMA["id"]).kind != "date":
                raise unknown(say("calendar of {name!r}", name=name), str(calendar), ("minguo",))
    if key in ("constants", "calendar"):
        return {name: str(value) for name, value in table.items()}
    if key == "multiply":
        return {name: float(value) for name, value in table.items()}
    return {
        name: {str(theirs): str(ours) for theirs, ours in values.items()}
        for name, values in table.items()
    }


def from_source(source: Any) -> Source:
    """Read one entry of ``columns``: a name, a position, several joined, or a part of one."""
    if isinstance(source, Join | Cut | Only):
        return source
    if isinstance(source, Mapping) and "column" in source:
        known = ("column", "where") if "where" in source else ("column", "extract")
        for key in source:
            if key not in known:
                raise unknown("key of a part of a column", key, (*known, "where"))
        check_shape(dict(source), Part, "[columns]")
        if len(source) == 1:
            return as_name(source["column"])
        if "where" in source:
            where = {as_name(n): as_values(values) for n, values in source["where"].items()}
            return Only(as_name(source["column"]), where)
        pattern = str(source["extract"])
        try:
            re.compile(pattern)
        except re.error as error:
            raise ParameterError(
                say(
                    "The pattern {pattern!r} of a column is no regular expression: {error}. "
                    "Correct it.",
                    pattern=pattern,
                    error=words_of(error),
                )
            ) from None
        return Cut(as_name(source["column"]), pattern)
    if isinstance(source, Mapping):
        for key in source:
            if key not in ("join", "pad"):
                raise unknown("key of a joined column", key, ("join", "pad"))
        check_shape(dict(source), Parts, "[columns]")
        return Join(tuple(map(as_name, source["join"])), tuple(source.get("pad", ())))
    return as_name(source)


def as_name(column: int | str) -> str:
    """A position becomes the name that a column without header gets: 7 is ``c7``."""
    text = str(column)
    return f"c{text}" if isinstance(column, int) or text.isdecimal() else text


def as_values(values: Any) -> tuple[str, ...]:
    """One value, or a list of them, as texts."""
    return tuple(map(str, values if isinstance(values, list | tuple) else [values]))


def asdict_shallow(made: Layout) -> dict[str, Any]:
    """Fields of a layout by name, inner tables as they are."""
    return {key.name: getattr(made, key.name) for key in fields(Layout)}


def unknown(kind: str, given: str, known: "Sequence[str] | Mapping[str, Any]") -> ParameterError:
    """Say that a word is not known, and which one may be meant."""
    near = get_close_matches(str(given), list(known), n=1, cutoff=0.5)
    advice = say("Did you mean {name!r}?", name=near[0]) if near else say("Choose one of them.")
    return ParameterError(
        say(
            "Unknown {kind}: {given!r}. Expected one of {known}. {advice}",
            kind=named_kind(kind),
            given=given,
            known=examples(known, 20),
            advice=advice,
        )
    )
