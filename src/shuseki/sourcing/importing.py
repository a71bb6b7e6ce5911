"""How does a chamber's list of firms become a directory?

A list is a table (CSV, xlsx, Parquet, JSON) of one row for each firm, or for each firm and process;
a layout says which of its columns is which of ours. What the columns of processes and materials say
in words is read by ``sourcing.vocabulary``. Every row is checked by itself, and what is wrong with
it is named with its row, its value and what to do:

    set aside        the row is left out: it has no name, is told twice, or names nobody
    blank            a value that cannot be: the row is kept without it, so that it is unknown
    not understood   words for which there is no code, or more than one: listed, never guessed
    look             kept, but to be looked at: a date that is past, two firms that look the same

Lists of free hours, ties and ratings are read likewise, against firms that are known.

Takes a file, a layout by name or as a mapping, and the cluster. Gives ``Imported``: a ``Directory``
and the faults. Rows are numbered as in the file: the header is row 1 of a CSV or a sheet.
"""

import csv
import hashlib
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from shuseki.directory import (
    TABLES,
    Capability,
    Directory,
    Equipment,
    Evidence,
    Firm,
    Load,
    Rating,
    Successor,
    Tie,
    TieKind,
    check_cluster,
)
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.reading.files import Options, open_table
from shuseki.reading.values import as_text, read_number
from shuseki.results import Result, result
from shuseki.sources import USER, Source
from shuseki.sourcing.processes import materials, processes
from shuseki.sourcing.vocabulary import Phrase, Reading, read_text

__all__ = ["Imported", "Layout", "check_directory", "known_layouts", "layout_of", "read_list"]

Kind = Literal["set aside", "blank", "not understood", "look"]
LONGEST_TEXT = 4000
LARGEST_JSON = 1 << 28
KEYS: Mapping[str, tuple[str, ...]] = {
    "firms": ("name",),
    "loads": ("firm", "week", "free_hours"),
    "ties": ("source", "target"),
    "ratings": ("firm", "order"),
}
"""Columns without which a list of a table says nothing."""
FORMULA = re.compile(r"^\s*(?:[=@]|[+\-](?=[A-Za-z@(=]))")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
UNITS = re.compile(
    r"(?:人|名|歳|才|円(?:/時間|/h)?|yen|mm|ミリ|μm|um|µm|時間|hours?|h|個|pcs?|年|件|級)$", re.I
)
SUCCESSORS: Mapping[str, Successor] = {
    "decided": "decided",
    "決定": "decided",
    "決定済": "decided",
    "決定済み": "decided",
    "決まっている": "decided",
    "あり": "decided",
    "有": "decided",
    "有り": "decided",
    "undecided": "undecided",
    "未定": "undecided",
    "未決定": "undecided",
    "will_close": "will_close",
    "廃業予定": "will_close",
    "廃業": "will_close",
    "too_early": "too_early",
    "時期尚早": "too_early",
    "まだ考えていない": "too_early",
    "unknown": "unknown",
    "不明": "unknown",
}
TRUE = ("1", "true", "yes", "y", "はい", "○", "〇", "有", "あり", "該当")
FALSE = ("0", "false", "no", "n", "いいえ", "×", "無", "なし", "非該当")
TIES: Mapping[str, TieKind] = {kind: kind for kind in get_args(TieKind)} | {
    "発注": "order",
    "受発注": "order",
    "取引": "order",
    "共同受注": "joint",
    "共同": "joint",
    "貸借": "lending",
    "応援": "lending",
    "会員": "membership",
    "資本": "ownership",
}
EVIDENCE: Mapping[str, Evidence] = {kind: kind for kind in get_args(Evidence)} | {
    "自己申告": "declared",
    "申告": "declared",
    "確認済": "verified",
    "確認済み": "verified",
    "実績": "observed",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of a list's columns is which of ours.

    Attributes
    ----------
    table
        ``firms`` (with what they can do), ``loads``, ``ties`` or ``ratings``.
    columns
        Ours → theirs, the first of several names that the file has.
    written
        Language of the words: ``ja`` (and English) or ``zh``.
    """

    name: str
    table: str
    columns: Mapping[str, tuple[str, ...]]
    title: str = ""
    written: str = "ja"
    source: Source = USER

    def found(self, named: Sequence[str]) -> dict[str, str]:
        """Ours → theirs, for the columns that a file has."""
        chosen = {
            ours: next((name for name in theirs if name in named), "")
            for ours, theirs in self.columns.items()
        }
        return {ours: theirs for ours, theirs in chosen.items() if theirs}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    kind: Kind
    row: int
    column: str
    value: str
    says: Message


KINDS: Mapping[Kind, Message] = {
    "set aside": say("set aside"),
    "blank": say("left blank"),
    "not understood": say("not understood"),
    "look": say("to be looked at"),
}


@result
class Imported(Result):
    """A list, read.

    Attributes
    ----------
    directory
        What was understood of it.
    rows
        Rows of the file.
    faults
        In the order of the file.
    tables
        What of a firm the list renews (``Registry.put``).
    """

    file: str
    directory: Directory
    rows: int
    faults: tuple[Fault, ...]
    tables: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def count(self, kind: Kind) -> int:
        """How many faults there are of a kind."""
        return sum(fault.kind == kind for fault in self.faults)

    def headline(self) -> Message:
        """Rows, what came of them, and how many faults of each kind."""
        made = say(
            "{file}: {rows:count(row)}, {firms:count(firm)}, {done:count(capability,capabilities)}",
            file=self.file,
            rows=self.rows,
            firms=len(self.directory.firms),
            done=len(self.directory.capabilities),
        )
        if self.is_clean:
            return say("{made}; nothing wrong", made=made)
        counts = listed(
            say("{kind} {n:,}", kind=words, n=self.count(kind))
            for kind, words in KINDS.items()
            if self.count(kind)
        )
        return say("{made}; {counts}", made=made, counts=counts)

    def to_frame(self) -> pd.DataFrame:
        """One row per fault."""
        return pd.DataFrame(
            [(f.row, f.column, f.value, KINDS[f.kind], f.says) for f in self.faults],
            columns=["row", "column", "value", "kind", "says"],
            dtype=object,  # sentences stay sentences, to be told in either language
        )


# ---- public verbs ------------------------------------------------------------------------------


def read_list(
    path: str | Path | pd.DataFrame | Mapping[str, pd.DataFrame],
    cluster: str,
    *,
    layout: str | Mapping[str, Any] = "auto",
    known: Directory | None = None,
    today: date | None = None,
    encoding: str = "auto",
    sheet: str = "",
) -> Imported:
    """Read a list of firms, or of what is known of them.

    Parameters
    ----------
    path
        CSV, xlsx, Parquet, or JSON (rows as objects, or tables by our own names); a data frame, or
        data frames by our own names (``{"firms": …, "capabilities": …}``).
    cluster
        Code of the cluster that owns the records, e.g. ``"ota"``.
    layout
        Name of a known layout, ``"auto"`` for the one that fits the columns best, or a mapping
        with ``columns`` and, where it is not firms, ``table``.
    known
        Firms that loads, ties and ratings may name, beside those of the file.
    today
        Day against which dates are held; the computer's by default.

    Raises
    ------
    DataError
        A file that is no table, or in which no row is good.
    ParameterError
        A cluster or a layout that cannot be.
    """
    check_cluster(cluster)
    day = today or date.today()
    if isinstance(path, str | Path):
        place = Path(path)
        tables, numbered = _tables(place, encoding, sheet)
    else:
        place = Path("the frame")
        tables, numbered = _of_frames(path)
    if isinstance(tables, Mapping):
        return _read_own(place.name, tables, cluster, known, day)
    if not tables:
        raise DataError(
            say(
                "{place} has no rows. Expected a header and data. Check the file.",
                place=place.name,
            )
        )
    names = list(dict.fromkeys(name for row in tables for name in row))
    plan = layout_of(layout, names, place.name)
    found = plan.found(names)
    missing = [key for key in KEYS[plan.table] if key not in found]
    if missing:
        wanted = "; ".join(
            f"{key} ({' / '.join(plan.columns.get(key, (key,)))})" for key in missing
        )
        raise DataError(
            say(
                "{place} lacks {wanted}. Found the columns {names}. Rename them, or give a layout "
                "of your own with --layout.",
                place=place.name,
                wanted=wanted,
                names=examples(names, 12),
            )
        )
    rows = [
        Row(number, {ours: row.get(theirs, "") for ours, theirs in found.items()}, [])
        for number, row in zip(numbered, tables, strict=True)
    ]
    return _read_rows(place.name, rows, plan, cluster, known, day)


def check_directory(directory: Directory, *, today: date | None = None) -> tuple[Fault, ...]:
    """Say what is odd in a directory as a whole: twins, dates that are past, ties that are stale.

    Returns
    -------
    tuple of Fault
        ``row`` counts the rows of the table from 1.
    """
    day = today or date.today()
    faults: list[Fault] = list(_twins(list(enumerate(directory.firms, 1))))
    for at, held in enumerate(directory.capabilities, 1):
        faults += _odd_capability(at, held, day)
    for at, load in enumerate(directory.loads, 1):
        faults += [fault for fault in _odd_load(at, load, day) if fault.kind == "look"]
    return tuple(faults)


@cache
def known_layouts() -> Mapping[str, Layout]:
    """Layouts that are bundled, by name."""
    text = (package_files("shuseki.sourcing") / "data" / "layouts.toml").read_text(encoding="utf-8")
    return {name: _layout(name, keys) for name, keys in tomllib.loads(text).items()}


def layout_of(wanted: str | Mapping[str, Any], names: Sequence[str], file: str) -> Layout:
    """Give a layout by name, of a mapping, or the one that fits the columns best.

    Raises
    ------
    UnknownCodeError
        No layout of that name.
    DataError
        No known layout fits.
    """
    if not isinstance(wanted, str):
        return _layout("own", wanted)
    if wanted != "auto":
        if wanted not in known_layouts():
            raise UnknownCodeError.among("layout", [wanted], list(known_layouts()))
        return known_layouts()[wanted]
    fitting = {
        name: len(found)
        for name, plan in known_layouts().items()
        if (found := plan.found(names)) and all(key in found for key in KEYS[plan.table])
    }
    if not fitting:
        raise DataError(
            say(
                "{file}: no known layout fits the columns {names}. Expected at least a name (name "
                "/ 会社名). Rename the columns, or give a layout of your own with --layout.",
                file=file,
                names=examples(names, 12),
            )
        )
    return known_layouts()[max(fitting, key=lambda name: fitting[name])]


def _layout(name: str, keys: Mapping[str, Any]) -> Layout:
    table = keys.get("table", "firms")
    columns = keys.get("columns")
    unknown = set(keys) - {"title", "table", "columns", "written", "publisher", "year", "terms"}
    is_known = isinstance(table, str) and table in KEYS
    if unknown or not isinstance(columns, Mapping) or not is_known:
        raise ParameterError(
            say(
                "The layout {name!r} has {unknown}. Expected columns (ours = theirs), table "
                "({keys}), title, written. Correct it; the layouts of shuseki are examples.",
                name=name,
                unknown=examples(sorted(unknown) or [f"table = {table!r}"]),
                keys=listed(KEYS),
            )
        )
    no_text = [
        key
        for key in ("title", "written", "publisher", "year", "terms")
        if not isinstance(keys.get(key, ""), str | int if key == "year" else str)
    ]
    if no_text:
        raise ParameterError(
            say(
                "The layout {name!r} has {field} = {value!r}. Expected text in quotes. Correct it.",
                name=name,
                field=no_text[0],
                value=keys[no_text[0]],
            )
        )
    ours = {*OWN[table]}
    strange = set(columns) - ours
    if strange:
        raise UnknownCodeError.among("column", strange, sorted(ours))
    for key, theirs in columns.items():
        given = theirs if isinstance(theirs, list) else [theirs]
        if not all(isinstance(one, str) for one in given):
            raise ParameterError(
                say(
                    "The layout {name!r} has {column} = {theirs!r}. Expected the name of a column, "
                    "or a list of names. Correct it.",
                    name=name,
                    column=key,
                    theirs=theirs,
                )
            )
    source = USER
    if "publisher" in keys:
        source = Source(
            name,
            f"{keys['publisher']}, {keys.get('title', name)}",
            str(keys.get("year", "")),
            terms=keys.get("terms", ""),
            origin="public",
        )
    return Layout(
        name,
        table,
        {
            key: tuple(theirs) if isinstance(theirs, list) else (theirs,)
            for key, theirs in columns.items()
        },
        keys.get("title", ""),
        keys.get("written", "ja"),
        source,
    )


OWN: Mapping[str, tuple[str, ...]] = {
    "firms": (
        *(f.name for f in fields(Firm)),
        *(f.name for f in fields(Capability) if f.name != "firm"),
        "processes",
        "size",
        "lot",
        "equipment",
        "classes",
    ),
    "loads": tuple(f.name for f in fields(Load)),
    "ties": tuple(f.name for f in fields(Tie)),
    "ratings": tuple(f.name for f in fields(Rating)),
}
"""Columns that a layout may name, by table."""


# ---- one row -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row by our names, and what is wrong with it."""

    number: int
    cells: dict[str, str]
    faults: list[Fault]

    def fault(self, kind: Kind, column: str, says: Message, value: str | None = None) -> None:
        """Note a fault."""
        said = self.cells.get(column, "") if value is None else value
        self.faults.append(Fault(kind, self.number, column, said[:200], says))

    @property
    def is_set_aside(self) -> bool:
        """Whether the row is left out."""
        return any(fault.kind == "set aside" for fault in self.faults)

    def text(self, column: str) -> str:
        """Text of a cell, without what could be run or would garble a screen."""
        said = unicodedata.normalize("NFKC", self.cells.get(column, "")).strip()
        if not said or said in ("-", "―", "ー", "—", "n/a", "N/A", "nan", "None", "null", "不明"):
            return ""
        kind: Kind = "set aside" if column in ("id", "name") else "blank"
        if FORMULA.search(said):
            self.fault(kind, column, say("A formula; expected text. Write what it gives."))
            return ""
        if CONTROL.search(said) or "\ufffd" in said:
            self.fault(
                kind,
                column,
                say("Signs that cannot be shown; expected text. Type the cell again."),
                CONTROL.sub("?", said),
            )
            return ""
        if len(said) > LONGEST_TEXT:
            self.fault(
                "blank",
                column,
                say("{n:,} letters; expected at most {most:,}. Shorten it.", n=len(said),
                    most=LONGEST_TEXT),
            )  # fmt: skip
            return ""
        return said

    def number_of(
        self,
        column: str,
        low: float = 0.0,
        high: float = math.inf,
        *,
        whole: bool = False,
        above: bool = False,
        kind: Kind = "blank",
    ) -> float | None:
        """Read a number between two bounds; nothing, and a fault, where it is none."""
        said = self.text(column)
        if not said:
            return None
        value, sign = read_number(UNITS.sub("", said.removeprefix("IT").removeprefix("Ra").strip()))
        if sign.name not in ("READ", "NIL") or math.isnan(value):
            self.fault(kind, column, say("No number; expected one. Write it in digits."))
            return None
        if not low <= value <= high or (above and value == low):
            self.fault(
                kind,
                column,
                say(
                    "{value:,.15g} cannot be; expected {bounds}. Correct it.",
                    value=value,
                    bounds=_bounds(low, high, above),
                ),
            )
            return None
        if whole and value != round(value):
            self.fault("blank", column, say("{value:g} is no whole number. Round it.", value=value))
            return None
        return value

    def whole_of(self, column: str, low: float = 0, high: float = math.inf) -> int | None:
        """Read a whole number."""
        value = self.number_of(column, low, high, whole=True)
        return None if value is None else int(value)

    def day_of(self, column: str, kind: Kind = "blank") -> date | None:
        """Read a day."""
        said = self.text(column)
        if not said:
            return None
        parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?", said)
        try:
            return (
                date(*(int(part) for part in parts.groups())) if parts else date.fromisoformat(said)
            )
        except ValueError:
            self.fault(kind, column, say("No day; expected one such as 2026-04-06. Correct it."))
            return None

    def choice_of(self, column: str, known: Mapping[str, Any], none: Any) -> Any:
        """Read a word out of a list."""
        said = self.text(column)
        if not said:
            return none
        if said.casefold() not in known:
            self.fault(
                "not understood",
                column,
                say(
                    "Expected one of {known}. Choose one.",
                    known=", ".join(dict.fromkeys(str(value) for value in known.values())),
                ),
            )
            return none
        return known[said.casefold()]

    def range_of(self, text: str, low: str, high: str, *, whole: bool) -> Any:
        """Read two bounds, of two columns or of one in words; none where they contradict."""
        if self.text(low) or self.text(high) or not self.text(text):
            least = self.number_of(low, 0, whole=whole)
            most = self.number_of(high, 0, whole=whole, above=True)
            column = high
        else:
            least, most = self._range_in_words(text)
            column = text
        if least is not None and most is not None and least > most:
            self.fault(
                "blank",
                column,
                say(
                    "From {least:g} to {most:g}: the least is above the most. Exchange or correct "
                    "them.",
                    least=least,
                    most=most,
                ),
                f"{least:g} > {most:g}",
            )
            return None, None
        if whole:
            return (None if least is None else int(least), None if most is None else int(most))
        return least, most

    def _range_in_words(self, column: str) -> tuple[float | None, float | None]:
        """``φ1〜φ200``, ``最大300mm``, ``200以下``, ``1個から``."""
        said = self.text(column).replace("φ", "").replace("Φ", "").replace(",", "")
        numbers = [float(found) for found in NUMBER.findall(said)]
        if "x" in said.casefold() or "×" in said:
            self.fault(
                "not understood", column, say("Several dimensions; expected the largest. Write it.")
            )
            return None, None
        if len(numbers) == 2 and re.search(r"[~〜～\-–—]|から|to", said):
            return numbers[0], numbers[1]
        if len(numbers) == 1:
            if re.search(r"最大|以下|まで|未満|max|up to|≦|<", said, re.I):
                return 0.0, numbers[0]
            if re.search(r"最小|以上|から|~$|〜$|min|from|≧|>", said, re.I):
                return numbers[0], None
        self.fault(
            "not understood",
            column,
            say("Expected a range such as 1~200, or 200 以下 for up to 200. Write it so."),
        )
        return None, None


def _bounds(low: float, high: float, above: bool) -> Message:
    if high == math.inf:
        if above:
            return say("more than {low:g}", low=low)
        return say("{low:g} or more", low=low)
    return say("{low:,.15g} to {high:,.15g}", low=low, high=high)


# ---- the rows of a table -------------------------------------------------------------------------


def _read_rows(
    file: str,
    rows: list[Row],
    plan: Layout,
    cluster: str,
    known: Directory | None,
    day: date,
) -> Imported:
    if plan.table == "firms":
        made, faults = _firms(rows, plan, cluster, day)
    else:
        made, faults = _details(rows, plan.table, cluster, known, day)
    made = replace(made, sources=(plan.source,))
    if not any(getattr(made, table) for table in TABLES):
        first = faults[0]
        raise DataError(
            say(
                "{file}: none of {n_rows:count(row)} is good; row {row}, {column} {first!r}: "
                "{says} Expected at least one. Correct the file.",
                file=file,
                n_rows=len(rows),
                row=first.row,
                column=first.column,
                first=first.value,
                says=first.says,
            )
        )
    order = sorted(dict.fromkeys(faults), key=lambda fault: fault.row)
    return Imported(
        file=file,
        directory=made,
        rows=len(rows),
        faults=tuple(order),
        tables=(plan.table,) if plan.table != "firms" else ("firms", "capabilities", "equipment"),
        notes=tuple(_unknown_shares(made)),
        sources=(plan.source,),
    )


def _firms(rows: list[Row], plan: Layout, cluster: str, day: date) -> tuple[Directory, list[Fault]]:
    firms: dict[str, tuple[int, Firm]] = {}
    capabilities: list[Capability] = []
    machines: dict[Equipment, None] = {}
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for row in rows:
        content = tuple(sorted(row.cells.items()))
        if content in seen:
            row.fault(
                "set aside",
                "name",
                say("The same as row {row}. Delete one of the two.", row=seen[content]),
            )
            continue
        seen[content] = row.number
        firm = _firm(row, cluster, day)
        if row.is_set_aside:
            continue
        before = firms.get(firm.key)
        if before is not None and before[1] != firm:
            unlike = [
                f.name for f in fields(Firm) if getattr(before[1], f.name) != getattr(firm, f.name)
            ]
            row.fault(
                "set aside",
                "id",
                say(
                    "The firm {firm} stands in row {row} with another {names}. Make them agree, or "
                    "give the second firm an id of its own.",
                    firm=firm.key,
                    row=before[0],
                    names=", ".join(unlike),
                ),
                firm.id,
            )
            continue
        firms.setdefault(firm.key, (row.number, firm))
        capabilities += _capabilities(row, firm.key, plan, day)
        for machine in _machines(row, firm.key):
            machines.setdefault(machine)
    faults = [fault for row in rows for fault in row.faults]
    faults += _twins(list(firms.values()))
    made = tuple(firm for _, firm in firms.values())
    return Directory(made, tuple(dict.fromkeys(capabilities)), tuple(machines)), faults


def _firm(row: Row, cluster: str, day: date) -> Firm:
    name = row.text("name")
    if not name and not row.is_set_aside:
        row.fault("set aside", "name", say("No name. Write the name of the firm."))
    address = row.text("address")
    own = row.text("cluster")
    if own and own != cluster:
        row.fault(
            "set aside",
            "cluster",
            say(
                "A firm of {own}; this list is imported for {cluster}. Import it for its own "
                "cluster.",
                own=own,
                cluster=cluster,
            ),
        )
    number = re.sub(r"\D", "", row.text("corporate_number"))
    said = row.text("id")
    if "/" in said or len(said) > 80:
        row.fault("set aside", "id", say("Expected an id without / and of at most 80 letters."))
    made = said or number or "n" + hashlib.sha256(f"{name}\n{address}".encode()).hexdigest()[:12]
    latitude, longitude = _place(row)
    founded = row.whole_of("founded", 1500, day.year)
    return Firm(
        id=made,
        cluster=cluster,
        name=name,
        municipality=row.text("municipality"),
        address=address,
        latitude=latitude,
        longitude=longitude,
        corporate_number=number,
        employees=row.whole_of("employees", 0, 1_000_000),
        owner_age=row.whole_of("owner_age", 15, 110),
        successor=row.choice_of("successor", SUCCESSORS, "unknown"),
        founded=founded,
        coordinator=row.choice_of(
            "coordinator", dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False), False
        ),
        products=row.text("products"),
    )


def _place(row: Row) -> tuple[float | None, float | None]:
    """Degrees; both or none."""
    latitude = row.number_of("latitude", -180, 180)
    longitude = row.number_of("longitude", -180, 180)
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None:
        column = "latitude" if latitude is None else "longitude"
        row.fault("blank", column, say("One of latitude and longitude is not there. Give both."))
        return None, None
    if abs(latitude) > 90:
        row.fault(
            "blank",
            "latitude",
            say("{value:g}° of latitude: expected -90 to 90. Were the two exchanged?",
                value=latitude),
        )  # fmt: skip
        return None, None
    if latitude == 0 and longitude == 0:
        row.fault("blank", "latitude", say("0°, 0° is in the sea. Leave both empty if unknown."))
        return None, None
    return latitude, longitude


def _capabilities(row: Row, firm: str, plan: Layout, day: date) -> list[Capability]:
    read = _understood(row, "processes", plan.written)
    done: dict[str, tuple[str, ...]] = dict(read.together)
    code = row.text("process")
    if code:
        if code in processes():
            done.setdefault(code, ())
        else:
            also = _understood(row, "process", plan.written)
            done = dict(also.together) | done
    for known in _of_classes(row):
        done.setdefault(known, ())
    of_firm = _materials(row, plan.written)
    sizes = row.range_of("size", "size_min_mm", "size_max_mm", whole=False)
    lots = row.range_of("lot", "lot_min", "lot_max", whole=True)
    grade = row.whole_of("it_grade", 1, 16)
    made = Capability(
        firm=firm,
        process="",
        size_min_mm=sizes[0],
        size_max_mm=sizes[1],
        it_grade=grade,
        roughness_um=row.number_of("roughness_um", 0, 1000, above=True),
        lot_min=lots[0],
        lot_max=lots[1],
        setup_hours=row.number_of("setup_hours", 0, 10_000),
        hours_per_piece=row.number_of("hours_per_piece", 0, 100_000),
        rate_yen_per_hour=row.number_of("rate_yen_per_hour", 0, 10_000_000),
        certificates=_certificates(row.text("certificates")),
        evidence=row.choice_of("evidence", EVIDENCE, "declared"),
        valid_until=row.day_of("valid_until"),
    )
    row.faults.extend(_odd_capability(row.number, made, day))
    return [
        replace(made, process=known, materials=tuple(dict.fromkeys((*groups, *of_firm))))
        for known, groups in done.items()
    ]


def _materials(row: Row, written: str) -> tuple[str, ...]:
    """Groups of materials: their codes, or what words name."""
    pieces = [piece.strip() for piece in re.split("[、,;]", row.text("materials"))]
    if all(piece in materials() for piece in pieces):
        return tuple(dict.fromkeys(pieces))
    return _understood(row, "materials", written, wanted="material").materials


def _odd_capability(at: int, held: Capability, day: date) -> Iterator[Fault]:
    if held.valid_until is not None and held.valid_until < day:
        yield Fault(
            "look",
            at,
            "valid_until",
            str(held.valid_until),
            say(
                "The declaration ended before {day}. Ask the firm whether it still holds.", day=day
            ),
        )


def _odd_load(at: int, load: Load, day: date) -> Iterator[Fault]:
    if (day - load.week).days >= 7:
        yield Fault(
            "look", at, "week", str(load.week), say("The week is past. Give the coming weeks.")
        )


def _understood(row: Row, column: str, written: str, wanted: str = "process") -> Reading:
    """Read words, and list what was not understood."""
    said = row.text(column)
    read = _read(said, written)
    for phrase in read.phrases:
        row.fault("not understood", column, _told(phrase), phrase.text)
    if wanted == "material" and read.processes:
        row.fault(
            "not understood",
            column,
            say("Processes among the materials. Move them to the column of processes."),
        )
    return read


def _told(phrase: Phrase) -> Message:
    if phrase.why == "denied":
        return say("It denies or defers, so that nothing is taken from it. Name what is done.")
    if phrase.why == "ambiguous":
        return say(
            "It may mean {codes}. Ask the firm which, and write that.",
            codes=" / ".join(phrase.words),
        )
    if phrase.why == "partly":
        return say("Not known: {words}. What was known is taken.", words=", ".join(phrase.words))
    return say("No process or material that is known. Use another word, or add it as a synonym.")


@cache
def _read(text: str, written: str) -> Reading:
    return read_text(text, written=written)


def _of_classes(row: Row) -> Iterator[str]:
    """Processes of product classes; a class that stands for several is listed."""
    for said in re.split(r"[;、,]", row.text("classes")):
        number = re.match(r"\d{3}", said.strip())
        codes = _classes().get(number[0], ()) if number else ()
        if len(codes) == 1:
            yield codes[0]
        elif codes:
            row.fault(
                "not understood",
                "classes",
                say(
                    "It may mean {codes}. Ask the firm which, and write that.",
                    codes=" / ".join(codes),
                ),
                said.strip(),
            )


@cache
def _classes() -> Mapping[str, tuple[str, ...]]:
    path = package_files("shuseki.sourcing") / "data" / "classes.csv"
    with path.open(encoding="utf-8") as file:
        return {row["code"]: tuple(row["process"].split()) for row in csv.DictReader(file)}


CERTIFICATE = re.compile(r"(?:JIS\s?Q|ISO|IATF|AS|EN|NADCAP|JIS)\s?-?\d*", re.I)


def _certificates(text: str) -> tuple[str, ...]:
    """Certificates as they are compared: capitals, without blanks and years."""
    found = [
        re.sub(r"[\s\-]", "", re.sub(r":\d{4}", "", piece)).upper()
        for piece in re.split(r"[、,;/・\n]", text)
        if piece.strip()
    ]
    return tuple(dict.fromkeys(found))


def _machines(row: Row, firm: str) -> list[Equipment]:
    """Machines of a list in words: ``NC旋盤 3台、円筒研削盤(2015)``."""
    made = []
    for piece in re.split(r"[、,;\n]", row.text("equipment")):
        said = piece.strip()
        if not said:
            continue
        count = re.search(r"[x×]?\s*(\d{1,4})\s*(?:台|基|units?|sets?)", said, re.I)
        year = re.search(r"\(?((?:19|20)\d{2})年?(?:製)?\)?", said)
        name = said
        for part in (count, year):
            name = name.replace(part[0], " ") if part else name
        read = _read(name, "ja").processes
        made.append(
            Equipment(
                firm,
                " ".join(name.split()) or said,
                read[0] if len(read) == 1 else "",
                int(count[1]) if count and int(count[1]) else 1,
                int(year[1]) if year else None,
            )
        )
    return made


def _twins(firms: list[tuple[int, Firm]]) -> Iterator[Fault]:
    """Firms under two ids that share a corporate number, or a name and an address."""
    seen: dict[tuple[str, ...], tuple[int, Firm]] = {}
    for row, firm in firms:
        signs: list[tuple[str, ...]] = []
        if firm.corporate_number:
            signs.append(("corporate_number", firm.corporate_number))
        if firm.address:
            signs.append(("name", _plain(firm.name), _plain(firm.address)))
        for sign in signs:
            before = seen.setdefault(sign, (row, firm))
            if before[1].key != firm.key:
                yield Fault(
                    "look",
                    row,
                    sign[0],
                    sign[1],
                    say(
                        "The firm of row {row} ({firm}) looks the same. If they are one, keep one "
                        "id; if they are two works, leave them.",
                        row=before[0],
                        firm=before[1].key,
                    ),
                )
                break


def _plain(text: str) -> str:
    """Text without blanks, forms of companies and signs."""
    bare = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"株式会社|有限会社|合同会社|\(株\)|\(有\)|[\s・.,\-]", "", bare)


# ---- what is known of firms ----------------------------------------------------------------------


def _details(
    rows: list[Row], table: str, cluster: str, known: Directory | None, day: date
) -> tuple[Directory, list[Fault]]:
    held = known or Directory(())
    keys = set(held.keys)
    seen: dict[Any, int] = {}
    named: list[Any] = []
    for row in rows:
        one: Any = DETAILS[table](row, cluster, keys, day)
        if row.is_set_aside or one is None:
            continue
        before = seen.setdefault(replace(one, **dict.fromkeys(VALUES[table])), row.number)
        if before != row.number:
            row.fault(
                "set aside",
                KEYS[table][0],
                say("Told before in row {row}. Delete one of the two.", row=before),
            )
            continue
        named.append(one)
    faults = [fault for row in rows for fault in row.faults]
    about = {end for one in named for end in _ends(one)}
    directory = replace(held.only(about), **{other: () for other in TABLES if other != "firms"})
    return replace(directory, **{table: tuple(named)}), faults


VALUES: Mapping[str, tuple[str, ...]] = {
    "loads": ("free_hours", "as_of"),
    "ties": ("amount_yen", "orders", "last"),
    "ratings": ("quality", "delivery", "cost", "on"),
}
"""What is not part of the identity of a row."""


def _ends(one: Any) -> tuple[str, ...]:
    return (one.source, one.target) if isinstance(one, Tie) else (one.firm,)


def _key_of(row: Row, column: str, cluster: str, keys: set[str]) -> str:
    """Key of a firm that is known; a fault where it is nobody."""
    said = row.text(column)
    key = said if "/" in said else f"{cluster}/{said}"
    if not said:
        row.fault("set aside", column, say("No firm. Write its id."))
    elif key not in keys:
        row.fault(
            "set aside",
            column,
            say("{firm} is nobody in the directory. Correct the id, or import the firm first.",
                firm=key),
        )  # fmt: skip
    return key


def _process_of(row: Row) -> str:
    said = row.text("process")
    if not said or said in processes():
        return said
    read = _understood(row, "process", "ja")
    if len(read.processes) == 1:
        return read.processes[0]
    row.fault("set aside", "process", say("Expected one process. Name it, or give one row each."))
    return ""


def _load(row: Row, cluster: str, keys: set[str], day: date) -> Load | None:
    firm = _key_of(row, "firm", cluster, keys)
    week = row.day_of("week", "set aside")
    hours = row.number_of("free_hours", 0, 100_000, kind="set aside")
    process = _process_of(row)
    as_of = row.day_of("as_of")
    if week is None or hours is None:
        column = "week" if week is None else "free_hours"
        if not row.is_set_aside:
            row.fault("set aside", column, say("Without it the row says nothing. Write it."))
        return None
    if week.weekday() != 0:
        row.fault("set aside", "week", say("No Monday. Write the Monday of that week."))
        return None
    load = Load(firm, week, hours, process, as_of)
    row.faults.extend(_odd_load(row.number, load, day))
    return load


def _tie(row: Row, cluster: str, keys: set[str], day: date) -> Tie | None:
    source = _key_of(row, "source", cluster, keys)
    target = _key_of(row, "target", cluster, keys)
    if source == target and not row.is_set_aside:
        row.fault("set aside", "target", say("A firm with itself. Name the other firm."))
    last = row.day_of("last")
    if last is not None and last > day:
        row.fault("blank", "last", say("The day is to come. Write the day of the last order."))
        last = None
    return Tie(
        source,
        target,
        row.choice_of("kind", TIES, "order"),
        row.number_of("amount_yen", 0, 1e15),
        row.whole_of("orders", 0, 1_000_000_000),
        last,
    )


def _rating(row: Row, cluster: str, keys: set[str], day: date) -> Rating | None:
    on = row.day_of("on")
    if on is not None and on > day:
        row.fault("blank", "on", say("The day is to come. Write the day of the rating."))
        on = None
    order = row.text("order")
    if not order:
        row.fault("set aside", "order", say("No order. Write its number."))
    return Rating(
        _key_of(row, "firm", cluster, keys),
        order,
        row.number_of("quality", 1, 5),
        row.number_of("delivery", 1, 5),
        row.number_of("cost", 1, 5),
        on,
    )


DETAILS = {"loads": _load, "ties": _tie, "ratings": _rating}


def _unknown_shares(made: Directory) -> Iterator[Message]:
    """Say how many capabilities leave an attribute open, where it is four in ten or more."""
    n = len(made.capabilities)
    for name in ("materials", "size_max_mm", "it_grade", "roughness_um", "lot_max",
                 "rate_yen_per_hour", "certificates"):  # fmt: skip
        open_ones = sum(getattr(one, name) in (None, ()) for one in made.capabilities)
        if n and open_ones >= 0.4 * n:
            yield say(
                "{k:,} of {n:,} capabilities do not say {name}: searches that ask for it answer "
                "“unknown”.",
                k=open_ones,
                n=n,
                name=name,
            )


# ---- files ---------------------------------------------------------------------------------------


def _tables(
    path: Path, encoding: str, sheet: str
) -> tuple[list[dict[str, str]] | Mapping[str, Any], list[int]]:
    """Rows as text with their numbers; or, of JSON, tables by our own names."""
    if path.suffix.lower() == ".json":
        return _json(path)
    table = open_table(path, Options(encoding=encoding, sheet=sheet))
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    for chunk in table.chunks():
        if chunk.aside:
            first = chunk.aside[0]
            raise DataError(
                say(
                    "{path}, row {row}: {told}. Found {text!r}. Expected one record per line. "
                    "Correct the file.",
                    path=path.name,
                    row=first.row,
                    told=first.told,
                    text=first.text[:80],
                )
            )
        columns = {name: as_text(column).to_pylist() for name, column in chunk.columns.items()}
        for at, number in enumerate(chunk.rows):
            row = {name: values[at] or "" for name, values in columns.items()}
            if any(row.values()):
                rows.append(row)
                numbers.append(int(number))
    return rows, numbers


def _json(path: Path) -> tuple[list[dict[str, str]] | Mapping[str, Any], list[int]]:
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise DataError(
                say(
                    "{path} has {st_size:,} bytes. Expected at most {largest_json:,} of JSON. "
                    "Give it as CSV.",
                    path=path.name,
                    st_size=path.stat().st_size,
                    largest_json=LARGEST_JSON,
                )
            )
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(
            say(
                "{path} cannot be read: {strerror}. Expected a file. Check the name.",
                path=path,
                strerror=error.strerror,
            )
        ) from None
    except (ValueError, RecursionError) as error:
        raise DataError(
            say(
                "{path} is no JSON: {error}. Expected rows as objects. Correct the file.",
                path=path.name,
                error=str(error)[:200],
            )
        ) from None
    if isinstance(content, dict) and isinstance(content.get("firms"), list):
        return content, []
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise DataError(
            say(
                "{path} holds {kind}. Expected a list of rows as objects, or tables by name "
                "(firms, capabilities …). Correct the file.",
                path=path.name,
                kind=type(content).__name__,
            )
        )
    rows = [{str(name): _cell(value) for name, value in row.items()} for row in content]
    return rows, list(range(1, len(rows) + 1))


def _of_frames(
    given: pd.DataFrame | Mapping[str, pd.DataFrame],
) -> tuple[list[dict[str, str]] | Mapping[str, Any], list[int]]:
    """Rows of a frame as text, counted from 1; or frames by our own names."""

    def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
        known = frame.astype(object).where(frame.notna(), None)
        return [
            {str(name): _as_json(value) for name, value in row.items()}
            for row in known.to_dict(orient="records")
        ]

    if isinstance(given, pd.DataFrame):
        rows = [{n: _cell(v) for n, v in row.items()} for row in records(given)]
        return rows, list(range(1, len(rows) + 1))
    return {str(name): records(frame) for name, frame in given.items()}, []


def _as_json(value: Any) -> Any:
    """A value of a frame as JSON would have it."""
    if isinstance(value, tuple | set | np.ndarray):
        return list(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date):
        return value.isoformat()[:10]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return "、".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    return "=" + json.dumps(value, ensure_ascii=False)[:100]  # refused as a cell that is no value


def _read_own(
    file: str, tables: Mapping[str, Any], cluster: str, known: Directory | None, day: date
) -> Imported:
    """Read tables by our own names, as ``export`` writes them."""
    firms = _rows_of(file, tables, "firms")
    of_firm = {f"{cluster}/{row.get('id', '')}" for row in firms}
    house = known_layouts()["house"]
    rows = [Row(n, {k: _cell(v) for k, v in row.items()}, []) for n, row in enumerate(firms, 1)]
    made, faults = _firms(rows, house, cluster, day)
    capabilities: list[Capability] = []
    machines: list[Equipment] = []
    for n, content in enumerate(_rows_of(file, tables, "capabilities"), 1):
        row = Row(n, {k: _cell(v) for k, v in content.items()}, [])
        firm = _key_of(row, "firm", cluster, set(made.keys))
        if not row.is_set_aside:
            capabilities += _capabilities(row, firm, house, day)
        faults += row.faults
    for n, content in enumerate(_rows_of(file, tables, "equipment"), 1):
        row = Row(n, {k: _cell(v) for k, v in content.items()}, [])
        firm, name = _key_of(row, "firm", cluster, set(made.keys)), row.text("name")
        if not row.is_set_aside and name:
            count = row.whole_of("count", 1, 100_000) or 1
            year = row.whole_of("year", 1500, day.year)
            machines.append(Equipment(firm, name, _process_of(row), count, year))
        faults += row.faults
    made = replace(
        made,
        capabilities=(*made.capabilities, *capabilities),
        equipment=(*made.equipment, *machines),
        sources=(USER,),
    )
    others = () if known is None else known.only(set(known.keys) - of_firm).firms
    everybody = Directory((*made.firms, *others))
    total = len(rows)
    for table in ("loads", "ties", "ratings"):
        content_rows = _rows_of(file, tables, table)
        details = [
            Row(n, {k: _cell(v) for k, v in row.items()}, [])
            for n, row in enumerate(content_rows, 1)
        ]
        total += len(details)
        found, more = _details(details, table, cluster, everybody, day)
        faults += more
        keys = set(made.keys)
        extra = [f for f in found.firms if f.key not in keys]
        made = replace(made, firms=(*made.firms, *extra), **{table: getattr(found, table)})
    if not made.firms:
        raise DataError(
            say(
                "{file} has no firm that is good. Expected at least one. Correct the file.",
                file=file,
            )
        )
    return Imported(
        file=file,
        directory=made,
        rows=total,
        faults=tuple(dict.fromkeys(faults)),
        tables=tuple(table for table in TABLES if table in tables),
        notes=tuple(_unknown_shares(made)),
        sources=(USER,),
    )


def _rows_of(file: str, tables: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tables.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(
            say(
                "{file}: {name} holds {kind}. Expected a list of rows as objects. Correct the "
                "file.",
                file=file,
                name=name,
                kind=type(rows).__name__,
            )
        )
    return rows
