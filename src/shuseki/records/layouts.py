"""How does each publisher lay out its file?

A layout is data: which of their columns is which of ours, the encoding, constants, maps of
values, factors of units. ``layouts.toml`` beside this module holds the known ones; a user's own
is a table of the same keys in the study file.

Takes: the name of a known layout, or a mapping. Gives: a ``Layout``, which turns a table as the
publisher wrote it into the columns of the schema (``records.establishments``).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from importlib import resources
from typing import Any

import ibis
import ibis.expr.types as ir

from shuseki.errors import DataError, ParameterError, examples
from shuseki.records.establishments import REQUIRED, SCHEMA
from shuseki.sources import Origin

__all__ = ["Join", "Layout", "known_layouts", "layout"]

ENCODINGS = ("auto", "utf-8", "cp932")


@dataclass(frozen=True, slots=True)
class Join:
    """Several of their columns make one of ours, each padded with zeros to its width."""

    join: tuple[str, ...]
    pad: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How one publisher lays out a file.

    Attributes
    ----------
    name, title, publisher, terms
        What it is.
    columns
        Our column → theirs (a name, or ``c7`` for the seventh of a file without header), or a
        ``Join`` of several.
    constants
        Our column → one value for every row, e.g. the wave.
    values
        Our column → (their value → our value); other values pass.
    multiply
        Our column → factor, e.g. 10,000 when amounts are in 万円.
    keep
        Their column → the values of the rows to keep; other rows are set aside.
    encoding, delimiter, header, width, skip_lines
        How the CSV is written; ``width`` is the number of columns when there is no header.
    codes_on
        Date (ISO) of the municipality codes; empty for 31 December of the wave.
    """

    name: str
    title: str = ""
    publisher: str = ""
    terms: str = ""
    origin: Origin = "user"
    encoding: str = "auto"
    delimiter: str = ","
    header: bool = True
    width: int = 0
    skip_lines: int = 0
    codes_on: str = ""
    columns: Mapping[str, str | Join] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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
            names += source.join if isinstance(source, Join) else (source,)
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

    def missing(self, found: Sequence[str]) -> list[str]:
        """Say which of the columns needed are not in the file, and what may be meant."""
        needed: list[str] = list(self.keep)
        for name in REQUIRED:
            source = self.columns.get(name)
            if source is not None:
                needed += source.join if isinstance(source, Join) else (source,)
        told = []
        for name in dict.fromkeys(needed):
            if name not in found:
                near = get_close_matches(name, found, n=1, cutoff=0.5)
                told.append(f"{name!r}" + (f" (is it {near[0]!r}?)" if near else ""))
        return told

    def read(self, raw: ir.Table) -> ir.Table:
        """Name their columns as ours; apply joins, maps, factors and constants.

        Parameters
        ----------
        raw
            The file as written, with a column ``row``.

        Returns
        -------
        ir.Table
            ``row``, ``kept_by_layout`` and the columns of the schema that the file has; all
            required columns are there, null where the publisher has none.
        """
        if told := self.missing(raw.columns):
            raise DataError(
                f"Columns missing for layout {self.name!r}: {examples(told)}. "
                f"Found {examples(raw.columns, 40)}. "
                "Correct the file, or write a layout that names its columns."
            )
        ours: dict[str, ir.Value] = {"row": raw["row"]}
        kept: list[ir.BooleanValue] = [
            raw[theirs].cast("string").isin(values).fill_null(False)
            for theirs, values in self.keep.items()
        ]
        ours["kept_by_layout"] = ibis.and_(*kept)
        for name in SCHEMA:
            if name in self.constants:
                ours[name] = ibis.literal(self.constants[name])
            elif (value := self._value(raw, name)) is not None:
                ours[name] = value
            elif name in REQUIRED:
                ours[name] = ibis.null("string")
        return raw.select(**ours)

    def _value(self, raw: ir.Table, name: str) -> ir.Value | None:
        source = self.columns.get(name)
        if source is None:
            return None
        if isinstance(source, Join):
            if any(column not in raw.columns for column in source.join):
                return None
            parts = [raw[column].cast("string").strip() for column in source.join]
            for k, width in enumerate(source.pad):
                parts[k] = ibis.ifelse(
                    parts[k].length() < width, parts[k].lpad(width, "0"), parts[k]
                )
            value = parts[0]
            for part in parts[1:]:
                value = value + part
        elif source not in raw.columns:
            return None
        else:
            value = raw[source]
        if name in self.values:
            text = value.cast("string").strip()
            value = text.cases(*self.values[name].items(), else_=text)
        if name in self.multiply:
            if value.type().is_string():
                value = value.replace(",", "").strip().nullif("")
            value = value.try_cast("float64") * self.multiply[name]
        return value


TOLD = ("name", "title", "publisher", "terms", "origin")
"""What a layout says about itself, which does not change how a file is read."""


def known_layouts() -> dict[str, Layout]:
    """Read the layouts that come with the package, by name."""
    text = resources.files("shuseki.records").joinpath("layouts.toml").read_text(encoding="utf-8")
    return {name: from_table(name, table) for name, table in tomllib.loads(text).items()}


def layout(
    which: "str | Layout | Mapping[str, Any]" = "house", *, wave: int | None = None
) -> Layout:
    """Find a known layout, or make one from a table of the study file.

    Parameters
    ----------
    which
        Name of a known layout; a mapping with the keys of ``layouts.toml``, which may start
        from a known one by ``like = "name"``; or a ``Layout``.
    wave
        Year of the file, for publishers who do not write it into the rows.

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
    return found if wave is None else found.with_wave(wave)


def from_table(name: str, table: Mapping[str, Any]) -> Layout:
    """Make a layout from the table that says it, and refuse keys that mean nothing."""
    said = dict(table)
    keys = [key.name for key in fields(Layout)]
    if "like" in said:
        base = asdict_shallow(layout(str(said.pop("like"))))
        for key in ("columns", "constants", "values", "multiply", "keep"):
            base[key] = {**base[key], **from_maps(key, said.pop(key, {}))}
        said = {**base, **said}
    for key in said:
        if key not in keys:
            raise unknown("layout key", key, keys)
    for key in ("columns", "constants", "values", "multiply", "keep"):
        said[key] = from_maps(key, said.get(key, {}))
        ours = [column for column in said[key] if key != "keep" and column not in SCHEMA]
        if ours:
            raise unknown(f"column of ours in [{key}]", ours[0], SCHEMA)
    said["name"] = str(said.get("name", name))
    made = Layout(**said)
    if made.encoding not in ENCODINGS:
        raise unknown("encoding", made.encoding, ENCODINGS)
    for column in ("id", "municipality"):
        if column not in made.columns:
            raise ParameterError(
                f"Layout {made.name!r} does not say which column is {column!r}. "
                f"Expected it in [columns]; found {examples(made.columns, 14)}. Add it."
            )
    if not made.header and made.width < 1:
        raise ParameterError(
            f"Layout {made.name!r} has no header and no width. "
            "Expected the number of columns. Add width = ..."
        )
    return made


def from_maps(key: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Give the inner tables of a layout their types."""
    if key == "columns":
        return {name: from_source(source) for name, source in table.items()}
    if key == "keep":
        return {as_name(name): tuple(map(str, values)) for name, values in table.items()}
    if key == "constants":
        return {name: str(value) for name, value in table.items()}
    if key == "multiply":
        return {name: float(value) for name, value in table.items()}
    return {
        name: {str(theirs): str(ours) for theirs, ours in values.items()}
        for name, values in table.items()
    }


def from_source(source: Any) -> str | Join:
    """Read one entry of ``columns``: a name, a position, or several of them joined."""
    if isinstance(source, Join):
        return source
    if isinstance(source, Mapping):
        for key in source:
            if key not in ("join", "pad"):
                raise unknown("key of a joined column", key, ("join", "pad"))
        return Join(tuple(map(as_name, source["join"])), tuple(source.get("pad", ())))
    return as_name(source)


def as_name(column: int | str) -> str:
    """A position becomes the name that a column without header gets: 7 is ``c7``."""
    text = str(column)
    return f"c{text}" if isinstance(column, int) or text.isdecimal() else text


def asdict_shallow(made: Layout) -> dict[str, Any]:
    """Fields of a layout by name, inner tables as they are."""
    return {key.name: getattr(made, key.name) for key in fields(Layout)}


def unknown(kind: str, given: str, known: "Sequence[str] | Mapping[str, Any]") -> ParameterError:
    """Say that a word is not known, and which one may be meant."""
    near = get_close_matches(str(given), list(known), n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]!r}?" if near else "Choose one of them."
    return ParameterError(
        f"Unknown {kind}: {given!r}. Expected one of {examples(known, 20)}. {advice}"
    )
