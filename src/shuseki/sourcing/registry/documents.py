"""What is told of a firm in one piece, and is it the same as before?

A document is a firm with the rows that belong to it: what it can do, its machines, free hours, ties
and ratings. It is written in one way only (JSON, keys in order, nothing that says nothing), so that
the same content has the same bytes and the same SHA-256. A tie belongs to the firm that orders,
where that firm is of the cluster, else to the one that is ordered from.

``read_document`` takes nothing on trust: unknown fields, wrong types, signs that cannot be shown,
numbers that are none and rows of other firms are refused.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from typing import Any, Literal, get_args, get_origin

from shuseki.directory import TABLES, Directory
from shuseki.errors import DataError
from shuseki.language import Message, listed, say

__all__ = ["Document", "canonical", "digest", "documents_of", "read_document", "read_json"]

DEEPEST = 12
LONGEST_TEXT = 20_000
LONGEST_LIST = 200
MOST_ROWS = 20_000
UNSHOWN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
ID = re.compile(r"[^/\s\x00-\x1f][^/\x00-\x1f]{0,79}")


@dataclass(frozen=True, slots=True)
class Document:
    """A firm and its rows, as a directory has them."""

    cluster: str
    id: str
    rows: Mapping[str, tuple[Any, ...]]

    @property
    def content(self) -> dict[str, Any]:
        """As plain values: what differs from the defaults."""
        told = {
            table: [_plain(row, table) for row in rows]
            for table, rows in self.rows.items()
            if rows and table != "firms"
        }
        return {"firm": _plain(self.rows["firms"][0], "firms"), **told}

    @property
    def text(self) -> str:
        """Canonical JSON."""
        return canonical(self.content)


def canonical(content: Any) -> str:
    """Write plain values in the one way: keys in order, no blanks, UTF-8.

    Raises
    ------
    DataError
        A number that is none (nan, infinity).
    """
    try:
        return json.dumps(
            content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
    except ValueError:
        raise DataError(
            say(
                "A number that is not finite. Expected finite numbers, or nothing. Correct the "
                "record."
            )
        ) from None


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def documents_of(directory: Directory, cluster: str) -> Iterator[Document]:
    """Give the documents of the firms of a cluster, in the order of their ids."""
    rows: dict[str, dict[str, list[Any]]] = {
        firm.key: {table: [] for table in TABLES}
        for firm in sorted(directory.firms, key=lambda firm: firm.id)
        if firm.cluster == cluster
    }
    for table in TABLES:
        for row in getattr(directory, table):
            if table == "firms":
                owner = row.key
            elif table == "ties":
                owner = row.source if row.source in rows else row.target
            else:
                owner = row.firm
            if owner in rows:
                rows[owner][table].append(row)
    for key, held in rows.items():
        ordered = {
            table: tuple(sorted(some, key=lambda row, table=table: canonical(_plain(row, table))))  # type: ignore[misc]
            for table, some in held.items()
        }
        yield Document(cluster, key.partition("/")[2], ordered)


def read_json(text: str | bytes) -> Any:
    """Read JSON that a stranger wrote.

    Raises
    ------
    DataError
        It is no JSON, too deep, names a key twice, or holds numbers that are none.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise refused(say("bytes that are not UTF-8")) from None
    depth = deepest = 0
    for sign in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        if sign[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign[0] in "]}":
            depth -= 1
        if deepest > DEEPEST:
            raise refused(say("JSON nested more than {most} deep", most=DEEPEST))
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise refused(say("text that is not JSON")) from None


def read_document(content: Any, cluster: str, id: str) -> Document:
    """Read what a peer tells of one of its firms.

    Raises
    ------
    DataError
        Anything that is not as it must be; the message names the table and the field.
    """
    if not isinstance(content, dict) or set(content) - {"firm", *TABLES} or "firm" not in content:
        raise refused(say("a record that does not hold one firm and its rows"))
    if "firms" in content:
        raise refused(say("a record of several firms"))
    if not ID.fullmatch(id):
        raise refused(say("an id that is not allowed: {id!r}", id=id[:40]))
    key = f"{cluster}/{id}"
    firm = _row({**_object(content["firm"], "firm"), "id": id, "cluster": cluster}, "firms")
    if content["firm"].get("id") != id or content["firm"].get("cluster") != cluster:
        raise refused(say("a record of another firm than {firm}", firm=key))
    rows: dict[str, tuple[Any, ...]] = {"firms": (firm,)}
    total = 0
    for table in TABLES:
        if table == "firms":
            continue
        told = content.get(table, [])
        if not isinstance(told, list):
            raise refused(say("a table {table} that is not a list", table=table))
        total += len(told)
        if total > MOST_ROWS:
            raise refused(say("more than {most:,} rows of one firm", most=MOST_ROWS))
        read = tuple(_row(_object(one, table), table) for one in told)
        for row in read:
            ends = (row.source, row.target) if table == "ties" else (row.firm,)
            if key not in ends:
                raise refused(
                    say(
                        "rows of {table} of another firm in the record of {firm}",
                        table=table,
                        firm=key,
                    )
                )
        rows[table] = read
    return Document(cluster, id, rows)


def refused(what: Message) -> DataError:
    """Refuse what a stranger sent.

    Parameters
    ----------
    what
        What was found, as it stands after "Refused: ".
    """
    return DataError(
        say(
            "Refused: {what}. Expected a record as a registry writes it. Nothing of it was taken.",
            what=what,
        )
    )


# ---- one row -------------------------------------------------------------------------------------


def _plain(row: Any, table: str) -> dict[str, Any]:
    """What a row says that differs from the defaults."""
    told: dict[str, Any] = {}
    for f in fields(TABLES[table]):
        value = getattr(row, f.name)
        if isinstance(value, float) and math.isnan(value):
            value = None
        if f.default is not MISSING and (value == f.default or value is None):
            continue
        if isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, float | int) and not isinstance(value, bool):
            value = float(value) if _holds(f, float) else int(value)
        told[f.name] = value
    return told


def _object(content: Any, what: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise refused(say("{what} that is not an object", what=what))
    return content


def _row(content: dict[str, Any], table: str) -> Any:
    kind = TABLES[table]
    known = {f.name: f for f in fields(kind)}
    strange = set(content) - set(known)
    if strange:
        raise refused(
            say(
                "{table} with an unknown field {field!r}",
                table=table,
                field=sorted(strange)[0][:40],
            )
        )
    missing = [n for n, f in known.items() if f.default is MISSING and n not in content]
    if missing:
        raise refused(say("{table} without {field}", table=table, field=missing[0]))
    return kind(**{name: _value(content[name], known[name], table) for name in content})


def _value(value: Any, f: "Field[Any]", table: str) -> Any:
    """Take a value of the type that the field declares, or refuse it."""
    where = f"{table}.{f.name}"
    if value is None and type(None) in get_args(f.type):
        return None
    if get_origin(f.type) is tuple:
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            raise refused(
                say(
                    "{where} that is not a list of at most {most:,} entries",
                    where=where,
                    most=LONGEST_LIST,
                )
            )
        return tuple(_text(one, where) for one in value)
    if get_origin(f.type) is Literal:
        if value not in get_args(f.type):
            raise refused(
                say(
                    "{where} = {value!r}, which is not one of {known}",
                    where=where,
                    value=str(value)[:40],
                    known=listed(get_args(f.type)),
                )
            )
        return value
    if _holds(f, date):
        try:
            return date.fromisoformat(_text(value, where))
        except ValueError:
            raise refused(say("{where} that is not a date", where=where)) from None
    if _holds(f, bool):
        if not isinstance(value, bool):
            raise refused(say("{where} that is neither true nor false", where=where))
        return value
    if _holds(f, float) or _holds(f, int):
        if isinstance(value, bool) or not isinstance(value, float | int):
            raise refused(say("{where} that is not a number", where=where))
        if abs(value) > 1e15:
            raise refused(say("{where} out of range", where=where))
        if _holds(f, int) and value != int(value):
            raise refused(say("{where} that is not a whole number", where=where))
        if value < 0 and f.name not in ("latitude", "longitude"):
            raise refused(say("{where} below 0", where=where))
        if f.name in BOUNDS and not BOUNDS[f.name][0] <= value <= BOUNDS[f.name][1]:
            raise refused(say("{where} out of range", where=where))
        return float(value) if _holds(f, float) else int(value)
    return _text(value, where)


BOUNDS = {"latitude": (-90, 90), "longitude": (-180, 180), "it_grade": (1, 16)}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise refused(say("{where} that is not text", where=where))
    if len(value) > LONGEST_TEXT or UNSHOWN.search(value):
        raise refused(
            say(
                "{where} that is too long or has characters that cannot be shown",
                where=where,
            )
        )
    return value


def _holds(f: "Field[Any]", kind: type) -> bool:
    return f.type is kind or kind in get_args(f.type)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise refused(say("an object with the same key twice"))
    return made


def _no_constant(name: str) -> Any:
    raise refused(say("{name}, which is not a finite number", name=name))
