"""How is a file of JSON objects read as a table?

Three forms are told apart by how they begin:

lines
    One object on each line (JSON Lines), as OffeneRegister publishes companies.
array
    One array of objects, as Brønnøysund publishes entities.
e-Stat
    An answer of the e-Stat API (``GET_STATS_DATA``): one row for each value, with the columns that
    the same answer has as CSV (``area_code``, the name of the axis, … ``unit``, ``value``).

An object is one row; objects inside it become columns with a point between the names
(``registered_address.city``), lists of words are joined by commas, other lists stay JSON.

Takes: blocks of UTF-8. Gives: rows with their numbers (the line, or the position in the array), and
the stretches that are no objects.
Source of the third: Statistics Bureau of Japan, e-Stat API 仕様 3.0, 4.4 統計データ取得.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shuseki.errors import DataError
from shuseki.language import say

__all__ = ["Found", "begins_as_objects", "objects_of"]

Found = tuple[int, dict[str, str] | None, str]
"""Number of the row, its columns (None where it is no object), and the text of what is none."""

BEGINS = re.compile(rb'\s*(\{\s*"|\[\s*\{|\[\s*\])')
ANSWER = "GET_STATS_DATA"
LONGEST = 1 << 26
SPACE = " \t\r\n"


def begins_as_objects(start: bytes) -> bool:
    """Whether a text begins as JSON objects do."""
    return BEGINS.match(start.removeprefix(b"\xef\xbb\xbf")) is not None


def objects_of(blocks: Iterable[bytes], file: str) -> Iterator[Found]:
    """Rows of a text of JSON, as it comes.

    Raises
    ------
    DataError
        For an answer of e-Stat that is an error or holds no values, for an array that ends
        before its end, and for objects within objects without end.
    """
    try:
        yield from _objects(iter(blocks), file)
    except RecursionError:
        raise DataError(
            say(
                "{file} has objects within objects, too deep to be read. Expected objects a few "
                "levels deep. Check the file.",
                file=file,
            )
        ) from None


def _objects(source: Iterator[bytes], file: str) -> Iterator[Found]:
    start = b""
    for block in source:
        start += block
        if start.strip():
            break
    start = start.lstrip()
    if start.startswith(b"["):
        yield from of_array(texts([start], source), file)
        return
    rest = [start, *source] if ANSWER.encode() in start[:200] else None
    if rest is not None:
        yield from of_answer(b"".join(rest), file)
        return
    yield from of_lines([start], source, file)


def texts(first: Iterable[bytes], then: Iterator[bytes]) -> Iterator[str]:
    """Blocks as text; a letter may be cut between two of them."""
    held = b""
    for block in (*first, None):
        if block is None:
            break
        held += block
    for block in then:
        cut = held.rfind(b"\n") + 1 or max(len(held) - 4, 0)
        while cut and cut < len(held) and held[cut] & 0xC0 == 0x80:
            cut -= 1
        yield held[:cut].decode("utf-8", errors="replace")
        held = held[cut:] + block
    yield held.decode("utf-8", errors="replace")


def of_lines(first: Iterable[bytes], then: Iterator[bytes], file: str) -> Iterator[Found]:
    """One object on each line; a file that is one object over many lines is that object."""
    row, held, seen = 0, "", False
    for text in texts(first, then):
        lines = (held + text).split("\n")
        held = lines.pop()
        if len(held) > LONGEST:
            raise too_long(file, row + 1)
        for line in lines:
            row += 1
            if line.strip():
                seen = True
                yield of_line(row, line)
    if held.strip() or not seen:
        yield of_line(row + 1, held)


def of_line(row: int, line: str) -> Found:
    """One line as a row."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if isinstance(said, dict):
        return row, columns_of(said), ""
    return row, None, line.strip()


def of_array(source: Iterator[str], file: str) -> Iterator[Found]:
    """The objects of an array, one after another, without holding it whole."""
    decoder, held, row, at = json.JSONDecoder(), "", 0, 0
    opened = False
    for text in source:
        held, at = held[at:] + text, 0
        while True:
            while at < len(held) and held[at] in SPACE + ("," if opened else "["):
                opened = opened or held[at] == "["
                at += 1
            if at >= len(held) or held[at] == "]":
                break
            try:
                said, end = decoder.raw_decode(held, at)
            except ValueError as error:
                if len(held) - at > LONGEST:
                    raise too_long(file, row + 1) from error
                break
            row, at = row + 1, end
            yield (row, columns_of(said), "") if isinstance(said, dict) else (row, None, str(said))
    if held[at:].strip()[:1] != "]":
        raise DataError(
            say(
                "{file} breaks off after object {row:,}. Expected an array of objects that ends "
                "with a bracket. It was probably cut off: copy it again.",
                file=file,
                row=row,
            )
        )


def of_answer(content: bytes, file: str) -> Iterator[Found]:
    """The values of an answer of the e-Stat API, as rows."""
    try:
        answer = json.loads(content.decode("utf-8", errors="replace"))[ANSWER]
    except (ValueError, KeyError) as error:
        raise DataError(
            say(
                "{file} is an answer of e-Stat that breaks off. Expected it whole. It was probably "
                "cut off: fetch it again.",
                file=file,
            )
        ) from error
    refuse_answer(answer.get("RESULT", {}), file)
    table = answer.get("STATISTICAL_DATA", {})
    axes = listed(table.get("CLASS_INF", {}).get("CLASS_OBJ"))
    names = {axis["@id"]: unlike_codes(str(axis.get("@name", ""))) for axis in axes}
    labels = {
        axis["@id"]: {str(c["@code"]): str(c.get("@name", "")) for c in listed(axis.get("CLASS"))}
        for axis in axes
    }
    row = 0
    for value in listed(table.get("DATA_INF", {}).get("VALUE")):
        row += 1
        columns: dict[str, str] = {}
        for axis, name in names.items():
            code = text_of(value.get(f"@{axis}"))
            columns[f"{axis}_code"] = code
            columns[name if name not in columns else f"{name} ({axis})"] = labels[axis].get(
                code, ""
            )
        columns["unit"] = text_of(value.get("@unit"))
        columns["value"] = text_of(value.get("$"))
        columns["annotation"] = text_of(value.get("@annotation"))
        yield row, columns, ""
    if not row:
        raise DataError(
            say(
                "{file} is an answer of e-Stat without values. Expected a table. Ask for other "
                "conditions.",
                file=file,
            )
        )


def refuse_answer(result: Mapping[str, Any], file: str) -> None:
    """Refuse an answer of e-Stat that says that something was wrong."""
    status = str(result.get("STATUS", "0"))
    if status != "0":
        raise DataError(
            say(
                "{file} is no table but a refusal of e-Stat: {why} (status {status}). Expected "
                "values. Correct the request, and fetch it again.",
                file=file,
                why=" ".join(str(result.get("ERROR_MSG", "")).split()),
                status=status,
            )
        )


def listed(said: Any) -> list[Any]:
    """What may be one thing, several, or nothing."""
    if said is None:
        return []
    return said if isinstance(said, list) else [said]


def unlike_codes(name: str) -> str:
    """The name of an axis as a header has it: one line, without spaces around."""
    return " ".join(name.split())


def columns_of(said: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """An object as columns."""
    columns: dict[str, str] = {}
    for key, value in said.items():
        name = before + str(key)
        if isinstance(value, Mapping):
            columns.update(columns_of(value, f"{name}."))
        else:
            columns[name] = text_of(value)
    return columns


def text_of(value: Any) -> str:
    """A value of JSON as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        plain = all(isinstance(one, str | int | float) for one in value)
        return ", ".join(map(str, value)) if plain else json.dumps(value, ensure_ascii=False)
    return str(value)


def too_long(file: str, row: int) -> DataError:
    """Say that an object does not end."""
    return DataError(
        say(
            "{file}, row {row:,}: the object has more than {most:,} letters. Expected one object "
            "for each row. Check what the file is.",
            file=file,
            row=row,
            most=LONGEST,
        )
    )
