"""How is a table read from a file, whatever the file is, without losing a row?

CSV (any delimiter, encoding, gzip, bzip2, zip), JSON, Parquet and xlsx become the same thing: a
stream of ``Chunk``, columns as Arrow arrays with the number of each row as an editor, or a
spreadsheet, shows it; and beside them the lines that could not be read, each with its number and
text. Exactly the file that is named is opened.

The rows of a text file are told by ``reading.lines``; the parser only cuts them into fields. When
the parser finds another number of rows than there are, that is an error, never a loss.

An answer of the e-Stat API as CSV has a block of facts above its header; it is passed over, and an
answer that is a refusal is refused. JSON is read as ``reading.objects`` says.

Takes: a path and ``Options``. Gives: ``TableFile``.
Limits: xlsx is held in memory. A line may have 64 MB. Formulas of xlsx count with the value that
was stored with them.
"""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from shuseki.arrays import Ints
from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import some_of
from shuseki.reading.encoding import (
    ALWAYS_ALLOWED,
    MOST_TIMES,
    Writing,
    digest,
    examine_bytes,
    opened,
    utf8_blocks,
)
from shuseki.reading.lines import TOLD, Kind, Scanned, gather, scan
from shuseki.reading.objects import begins_as_objects, objects_of, refuse_answer
from shuseki.reading.values import number_text

__all__ = ["Aside", "Chunk", "Options", "TableFile", "open_table"]

MARK = b"PAR1"
FOREIGN: Mapping[bytes, Message] = {
    MARK + b"\x15": say("a packed Parquet file"),
    b"PK\x03\x04": say("packed twice"),
    b"\x1f\x8b": say("packed twice"),
    b"7z\xbc\xaf": say("packed by 7-Zip"),
    b"Rar!\x1a": say("packed by RAR"),
    b"\xfd7zXZ\x00": say("packed by xz"),
    b"\x28\xb5\x2f\xfd": say("packed by zstd"),
    b"ARROW1\x00": say("an Arrow file (Feather)"),
    b"FEA1\x00": say("an Arrow file (Feather)"),
    b"<stata_dta>": say("a data set of Stata"),
    b"$FL2@(#)": say("a data set of SPSS"),
    b"$FL3@(#)": say("a data set of SPSS"),
    b"\x00" * 12 + b"\xc2\xea\x81\x60": say("a data set of SAS"),
    b"RDX2\nX\n": say("a data set of R"),
    b"RDX3\nX\n": say("a data set of R"),
    b"X\n\x00\x00": say("a data set of R"),
    b"SQLite format 3\x00": say("a database of SQLite"),
    b"%PDF-": say("a PDF"),
    b"\x89PNG": say("a picture"),
    b"\xff\xd8\xff": say("a picture"),
    b"GIF89a": say("a picture"),
}
"""How files begin that are no tables here, and what they are: with bytes that no header has."""
OLD_STATA = re.compile(rb"[\x68-\x73][\x01\x02]\x01\x00")
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
"""Control characters that no name of a column has; those that are spaces are taken out of it."""
DELIMITERS = ",\t;|"
AFTER_A_NAME = (b",", b"\t", b";", b"|", b'"', b"\r", b"\n")
LONGEST_LINE = 1 << 26
LONGEST_HEADER = 1 << 22
BATCH = 1 << 16
SHOWN_TEXT = 1000
AHEAD = 3


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says of a file.

    Attributes
    ----------
    encoding
        ``"auto"``, or a name that Python knows.
    delimiter
        One character, or ``"auto"``: the one that the header has most of.
    header
        Whether the first line names the columns; else they are ``c1``, ``c2`` …
    width
        Number of columns of a file without header; 0 for that of its first line.
    skip_lines
        Lines above the header.
    sheet, member
        Of xlsx and zip: which one; the first, and the only one, when empty.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    header: bool = True
    width: int = 0
    skip_lines: int = 0
    sheet: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that could not be read, and why; how many fields it has, and how many the file has."""

    row: int
    text: str
    kind: Kind
    fields: int = 0
    expected: int = 0

    @property
    def told(self) -> Message:
        """Why, in words."""
        if self.kind != Kind.FIELDS:
            return TOLD[self.kind]
        return say(
            "the line has another number of fields than the file: {fields:,} for {expected:,}",
            fields=self.fields,
            expected=self.expected,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some rows of a file.

    Attributes
    ----------
    rows
        Their numbers, shape ``(n,)``.
    columns
        Name → Arrow array, shape ``(n,)``: text, or as stored in Parquet.
    aside
        The lines among them that could not be read.
    lines, blank, continued
        Lines of the file that they are; how many of those are empty, and how many continue a
        record whose quoted field holds line breaks: ``lines = n + len(aside) + blank + continued``.
    """

    rows: Ints
    columns: Mapping[str, Any]
    aside: tuple[Aside, ...] = ()
    lines: int = 0
    blank: int = 0
    continued: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TableFile:
    """A file that holds a table.

    Attributes
    ----------
    format
        ``csv``, ``json``, ``parquet`` or ``xlsx``.
    writing
        Encoding and hash.
    names
        Of the columns, in order; empty for a column without one.
    delimiter
        Of a text file.
    above, offset
        Lines above the first row (those skipped, and the header), and their bytes as UTF-8.
    """

    path: Path
    format: str
    writing: Writing
    options: Options
    names: tuple[str, ...]
    delimiter: str = ""
    above: int = 0
    offset: int = 0
    sheet: "Sheet | None" = field(default=None, repr=False)

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the columns that have one."""
        return tuple(name for name in self.names if name)

    def chunks(self, wanted: Collection[str] | None = None) -> Iterator[Chunk]:
        """Read the file in stretches.

        Parameters
        ----------
        wanted
            Columns to give; all that have a name by default.

        Raises
        ------
        DataError
            When the file is damaged, or the parser and the lines disagree.
        """
        columns = [n for n in self.named if wanted is None or n in wanted]
        if self.format == "parquet":
            return parquet_chunks(self.path, columns)
        if self.format == "xlsx":
            return sheet_chunks(self, columns)
        if self.format == "json":
            return json_chunks(self, columns)
        return text_chunks(self, columns)


def open_table(path: str | Path, options: Options = Options()) -> TableFile:
    """Find out what a file is, and what its columns are called.

    Raises
    ------
    DataError
        When there is no such file, it is empty, damaged, or no table.
    ParameterError
        For an encoding or a delimiter that cannot be.
    """
    path = Path(path)
    if not path.is_file():
        raise not_there(path)
    with path.open("rb") as file:
        start = file.read(8)
    if is_parquet(start) or path.suffix.lower() in (".parquet", ".pq"):
        return open_parquet(path, options)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(
            say(
                "{file} is a workbook of an old Excel (xls), or locked by a password. Expected "
                "xlsx, CSV or Parquet. Save it as one of them.",
                file=path.name,
            )
        )
    if start[:4] == b"PK\x03\x04" and (kind := packed_kind(path)):
        if kind != "xlsx":
            raise of_another_kind(path, kind)
        return open_sheet(path, options)
    return open_text(path, options)


def not_there(path: Path) -> DataError:
    """Say what a path is that is no file, and which files stand there."""
    folder = path if path.is_dir() else path.parent
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    near = [one.name for one in there if one.is_file() and not one.name.startswith(".")]
    if path.is_dir():
        told = say("{file} is a folder. Expected a CSV, Parquet or xlsx file.", file=path)
    elif path.exists():
        told = say(
            "{file} is no file on a disk, which is read more than once. Expected a CSV, Parquet or "
            "xlsx file.",
            file=path,
        )
    else:
        near = [name for name in near if Path(name).suffix == path.suffix]
        told = say("There is no file {file}. Expected a CSV, Parquet or xlsx file.", file=path)
    then = say("The folder holds {names}.", names=some_of(near)) if near else say("Check the path.")
    return DataError(joined([told, then], " "))


def is_parquet(start: bytes) -> bool:
    """Whether a file begins like Parquet, and not like a table with a column PAR1."""
    return start[:4] == MARK and start[4:5] not in (
        b"",
        b",",
        b";",
        b"\t",
        b"|",
        b'"',
        b"\r",
        b"\n",
    )


# ---- text ------------------------------------------------------------------------------------


def open_text(path: Path, options: Options) -> TableFile:
    """Find the encoding, the delimiter and the header of a text file."""
    if options.delimiter != "auto" and (
        len(options.delimiter) != 1
        or not options.delimiter.isascii()
        or options.delimiter in '"\r\n'
    ):
        raise ParameterError(
            say(
                "The delimiter is {delimiter!r}. Expected one character, such as ',' or ';', or "
                "'auto'.",
                delimiter=options.delimiter,
            )
        )
    with opened(path, options.member) as unpacked:
        begin = unpacked.read(16)
    for mark, kind in FOREIGN.items():
        if begin.startswith(mark):
            raise of_another_kind(path, kind)
    if OLD_STATA.match(begin):
        raise of_another_kind(path, say("a data set of Stata"))
    writing = examine_bytes(path, options.encoding, options.member)
    start = b""
    for block in utf8_blocks(path, writing, options.member):
        start += block
        if len(start) >= LONGEST_HEADER:
            break
    if begins_as_objects(start):
        return open_json(path, writing, options)
    lines, above = start, 0
    delimiter = options.delimiter
    for _ in range(options.skip_lines):
        lines, above = lines[header_end(lines)[1] :], above + 1
    while lines and not lines[: header_end(lines)[0]].strip():  # empty lines above the header
        lines, above = lines[header_end(lines)[1] :], above + 1
    if lines[:4].lower() == b"sep=" and header_end(lines)[0] == 5:
        delimiter = chr(lines[4]) if delimiter == "auto" else delimiter
        lines, above = lines[header_end(lines)[1] :], above + 1
    if RESULT.match(lines):
        facts = facts_above(path, lines)
        lines, above = lines[len(facts) :], above + facts.count(b"\n")
    if not lines.strip():
        raise DataError(
            say("{file} is empty. Expected a header and rows. Check the file.", file=path.name)
        )
    stop, after, n_lines = whole_record(lines)
    if len(start) >= LONGEST_HEADER and after == len(lines):
        raise DataError(
            say(
                "{file} has a first line of more than {most:,} bytes. Expected the names of "
                "columns. Check what the file is.",
                file=path.name,
                most=LONGEST_HEADER,
            )
        )
    head = lines[:stop].decode("utf-8", errors="replace").removeprefix("\ufeff")
    if head.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml", "{\\rtf")):
        raise DataError(
            say(
                "{file} is no table: it begins with {start}. Expected a header and rows. Download "
                "or save it again.",
                file=path.name,
                start=repr(head.lstrip()[:15]),
            )
        )
    if found := NO_TEXT.search(head):
        raise DataError(
            say(
                "{file} is no table: its first line holds the control character {found!r}. "
                "Expected text. Convert it into CSV, Parquet or xlsx.",
                file=path.name,
                found=found[0],
            )
        )
    if delimiter == "auto":
        delimiter = delimiter_of(head, 0 if options.header else options.width)
    try:
        cells = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise DataError(
            say(
                "{file} does not begin with a header: {why}. Expected names of columns. Check the "
                "file.",
                file=path.name,
                why=str(error),
            )
        ) from None
    if not options.header:
        names = tuple(f"c{k + 1}" for k in range(options.width or len(cells)))
        after = n_lines = 0
    else:
        names = header_of(path, cells)
    offset = len(start) - len(lines) + after
    return TableFile(path, "csv", writing, options, names, delimiter, above + n_lines, offset)


RESULT = re.compile(rb'"?RESULT"?,?\r?\n"?STATUS"?,')
VALUE = re.compile(rb'^"?VALUE"?,?\r?\n', re.MULTILINE)


def facts_above(path: Path, lines: bytes) -> bytes:
    """The block of facts above the header of an answer of the e-Stat API, with its last line."""
    found = VALUE.search(lines)
    head = lines[: found.end()] if found else lines[: 1 << 16]
    records = csv.reader(io.StringIO(head.decode("utf-8", errors="replace"), newline=""))
    refuse_answer({row[0]: row[1] for row in records if len(row) > 1}, path.name)
    if found is None:
        raise DataError(
            say(
                "{file} is an answer of e-Stat without values. Expected a table. Ask for other "
                "conditions.",
                file=path.name,
            )
        )
    return head


def header_of(path: Path, cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns: without spaces and line breaks around and inside, each once."""
    names = tuple(" ".join(cell.strip("\ufeff").split()) for cell in cells)
    named = [name for name in names if name]
    repeated = (
        sorted({name for name in named if named.count(name) > 1})
        if (len(set(named)) < len(named))
        else []
    )
    if repeated:
        raise DataError(
            say(
                "{file} names columns twice: {names}. Expected each name once. Rename them.",
                file=path.name,
                names=some_of(repeated),
            )
        )
    if not named:
        raise DataError(
            say(
                "{file} names no columns in its first line. Expected a header. Add one, or say "
                "how many lines stand above it.",
                file=path.name,
            )
        )
    return names


def header_end(data: bytes) -> tuple[int, int]:
    """Where the first line ends, without and with its line end."""
    ends = [at for mark in (b"\n", b"\r") if (at := data.find(mark)) >= 0]
    if not ends:
        return len(data), len(data)
    at = min(ends)
    return at, at + (2 if data[at : at + 2] == b"\r\n" else 1)


def whole_record(data: bytes) -> tuple[int, int, int]:
    """Where the header ends, without and with its line end, and its lines: it may hold breaks."""
    stop, after = header_end(data)
    first = (stop, after, 1)
    lines = 1
    while data[:stop].count(b'"') % 2:
        more, then = header_end(data[after:])
        if after >= len(data) or lines == 20:
            return first
        stop, after, lines = after + more, after + then, lines + 1
    return stop, after, lines


def delimiter_of(head: str, width: int) -> str:
    """The delimiter that the first line has most of, outside quotation marks."""
    bare = "".join(head.split('"')[::2])
    if width:
        fitting = [mark for mark in DELIMITERS if bare.count(mark) == width - 1]
        if fitting:
            return fitting[0]
    return max(DELIMITERS, key=bare.count)


def text_chunks(table: TableFile, wanted: Sequence[str]) -> Iterator[Chunk]:
    """Scan a text file, and cut its records into fields."""
    position = {name: k for k, name in enumerate(table.names)}
    at = [position[name] for name in wanted]
    held, skip, done = b"", table.offset, table.above
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Future[Chunk]] = []
        source = utf8_blocks(table.path, table.writing, table.options.member)
        for block, final in with_last(source):
            held += block[skip:]
            skip = max(skip - len(block), 0)
            found = scan(held, len(table.names), table.delimiter, final=final)
            if not found.consumed and len(held) > LONGEST_LINE:
                raise DataError(
                    say(
                        "{file}, row {row}: the line has more than {most:,} bytes. Expected "
                        "records in lines. Check what the file is.",
                        file=table.path.name,
                        row=done + 1,
                        most=LONGEST_LINE,
                    )
                )
            if found.lines:
                waiting.append(pool.submit(cut, table, held, found, done, wanted, at))
            held, done = held[found.consumed :], done + found.lines
            if len(waiting) > AHEAD:
                yield waiting.pop(0).result()
        for coming in waiting:
            yield coming.result()


def cut(
    table: TableFile, data: bytes, found: Scanned, done: int, wanted: Sequence[str], at: list[int]
) -> Chunk:
    """Cut the records among some lines into fields, and describe the other lines."""
    records = found.records
    n = int(records.sum())
    rows = done + 1 + found.first
    if found.is_clean:
        clean = memoryview(data)[: found.consumed]
    else:
        out = np.empty(int((found.end - found.start + 1)[records].sum()), np.uint8)
        gather(np.frombuffer(data, np.uint8), found.start, found.end, records, out)
        clean = memoryview(out)
    columns = fields_of(table, clean, n, len(table.names), wanted, at)
    others = np.flatnonzero(~records & (found.kinds != Kind.BLANK))
    aside = []
    for k in others:
        text = data[found.start[k] : min(found.end[k], found.start[k] + 4 * SHOWN_TEXT)]
        said = text.decode("utf-8", errors="replace")[:SHOWN_TEXT].replace("\0", "\u2400")
        kind, fields = Kind(int(found.kinds[k])), int(found.fields[k])
        aside.append(Aside(int(rows[k]), said, kind, fields, len(table.names)))
    return Chunk(
        rows[records],
        columns,
        tuple(aside),
        lines=found.lines,
        blank=int((found.kinds == Kind.BLANK).sum()),
        continued=int((found.last - found.first).sum()),
    )


def fields_of(
    table: TableFile, data: memoryview, n: int, width: int, wanted: Sequence[str], at: list[int]
) -> dict[str, Any]:
    """Cut ``n`` records into fields by Arrow's parser, and hold its count against ours.

    Raises
    ------
    DataError
        When it finds another number of rows: a fault of this program.
    """
    if not n:
        return {name: pa.array([], pa.string()) for name in wanted}
    every = [f"c{k}" for k in range(width)]
    some = [every[k] for k in at] or every[:1]
    try:
        parsed = parse(
            pa.BufferReader(pa.py_buffer(data)),
            read_options=pa.csv.ReadOptions(
                column_names=every, block_size=len(data) + 1, use_threads=True
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=table.delimiter, newlines_in_values=True, ignore_empty_lines=True
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(some, pa.string()),
                include_columns=some,
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        parsed_rows = parsed.num_rows
    except pa.ArrowInvalid as error:
        parsed_rows = say("none ({why})", why=str(error))
    if parsed_rows != n:
        raise DataError(
            say(
                "{file}: {n:,} records in the lines at hand, but the parser found {parsed}. "
                "Expected these to agree. Nothing was read; please report this.",
                file=table.path.name,
                n=n,
                parsed=parsed_rows,
            )
        )
    return {name: parsed.column(f"c{k}") for name, k in zip(wanted, at, strict=True)}


parse = pa.csv.read_csv


def with_last(source: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Blocks, and whether each is the last."""
    held = next(source, b"")
    for block in source:
        yield held, False
        held = block
    yield held, True


# ---- JSON --------------------------------------------------------------------------------------


def open_json(path: Path, writing: Writing, options: Options) -> TableFile:
    """Learn which columns the objects of a file have: any object may have one of its own."""
    names: dict[str, None] = {}
    for _, columns, _ in objects_of(utf8_blocks(path, writing, options.member), path.name):
        if columns is not None and not columns.keys() <= names.keys():
            names.update(dict.fromkeys(columns))
    if not names:
        raise DataError(
            say(
                "{file} holds no objects. Expected JSON with one object for each row. Check the "
                "file.",
                file=path.name,
            )
        )
    return TableFile(path, "json", writing, options, tuple(names))


def json_chunks(table: TableFile, wanted: Sequence[str]) -> Iterator[Chunk]:
    """Objects as rows; what is no object is set aside."""
    source = objects_of(
        utf8_blocks(table.path, table.writing, table.options.member), table.path.name
    )
    rows: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    aside: list[Aside] = []
    done = 0

    def chunk(last: int) -> Chunk:
        n = len(rows) + len(aside)
        return Chunk(
            np.array(rows, np.int64),
            {name: pa.array(cells, pa.string()) for name, cells in columns.items()},
            tuple(aside),
            lines=last - done,
            blank=last - done - n,
        )

    row = 0
    for row, found, text in source:
        if found is None:
            aside.append(Aside(row, text[:SHOWN_TEXT], Kind.OBJECT))
        else:
            rows.append(row)
            for name, cells in columns.items():
                cells.append(found.get(name, ""))
        if len(rows) + len(aside) >= BATCH:
            yield chunk(row)
            done, rows, aside = row, [], []
            columns = {name: [] for name in wanted}
    if row > done:
        yield chunk(row)


# ---- Parquet -----------------------------------------------------------------------------------


def open_parquet(path: Path, options: Options) -> TableFile:
    """Refuse a Parquet file whose end is missing, and read its columns' names."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if start != MARK or end != MARK or size < 12:
        begins = (
            say("begins as one") if start == MARK else say("does not begin as one"),
            say("ends as one") if end == MARK else say("does not end as one"),
        )
        raise DataError(
            say(
                "{file} is not a whole Parquet file ({size:,} bytes, {marks}). Expected the mark "
                "PAR1 at both ends. It was probably cut off: copy it again.",
                file=path.name,
                size=size,
                marks=listed(begins),
            )
        )
    with path.open("rb") as file:
        try:
            names = pyarrow.parquet.ParquetFile(file).schema_arrow.names
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            say(
                "{file} names columns twice: {names}. Expected each name once. Rename them.",
                file=path.name,
                names=some_of(repeated),
            )
        )
    return TableFile(path, "parquet", Writing("", digest(path)), options, tuple(names))


def parquet_chunks(path: Path, wanted: Sequence[str]) -> Iterator[Chunk]:
    """Batches of a Parquet file; its first row is 1."""
    done = 0
    with path.open("rb") as file:
        try:
            held = pyarrow.parquet.ParquetFile(file)
            expected = held.metadata.num_rows
            for batch in held.iter_batches(BATCH, columns=list(wanted)):
                n = batch.num_rows
                columns = {name: batch.column(name) for name in wanted}
                yield Chunk(np.arange(done + 1, done + n + 1), columns, lines=n)
                done += n
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error
    if done != expected:
        raise DataError(
            say(
                "{file} holds {expected:,} rows, but {done:,} were read. Expected these to agree. "
                "Copy or write the file again.",
                file=path.name,
                expected=expected,
                done=done,
            )
        )


def damaged(path: Path, error: Exception) -> DataError:
    """Say that a Parquet file cannot be read."""
    return DataError(
        say(
            "{file} cannot be read as Parquet: {why}. Expected a whole, undamaged file. Copy or "
            "write it again.",
            file=path.name,
            why=str(error).splitlines()[0],
        )
    )


# ---- xlsx --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet of a workbook as text: rows below the header, each with its number."""

    name: str
    rows: Sequence[tuple[int, list[str]]]
    blank: int


def of_another_kind(path: Path, kind: str) -> DataError:
    """Say of a file what it is besides a table."""
    return DataError(
        say(
            "{file} is {kind}. Expected xlsx, CSV or Parquet. Save it as one of them.",
            file=path.name,
            kind=kind,
        )
    )


def packed_kind(path: Path) -> str:
    """What a zip is besides a zip: ``xlsx``, another document in words, or nothing."""
    try:
        with zipfile.ZipFile(path) as pack:
            names = {info.filename for info in pack.infolist()}
    except zipfile.BadZipFile:
        return ""
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return say("a binary workbook (xlsb)")
    if "word/document.xml" in names:
        return say("a text of Word")
    if {"mimetype", "content.xml"} <= names:
        return say("a document of OpenOffice (ods or odt)")
    return ""


def open_sheet(path: Path, options: Options) -> TableFile:
    """Read one sheet of a workbook."""
    with zipfile.ZipFile(path) as pack:
        unpacked = sum(info.file_size for info in pack.infolist())
    if unpacked > ALWAYS_ALLOWED and unpacked > MOST_TIMES * path.stat().st_size:
        raise DataError(
            say(
                "{file} unpacks to {n:,} bytes, over {times} times its size. Expected a table. "
                "Save it as CSV if it is one.",
                file=path.name,
                n=unpacked,
                times=MOST_TIMES,
            )
        )
    import openpyxl  # heavy: only who reads a workbook pays for it

    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = [sheet.title for sheet in book.worksheets]
            if options.sheet and options.sheet not in sheets:
                raise DataError(
                    say(
                        "{file} has no sheet {sheet}. Found {names}. Name one.",
                        file=path.name,
                        sheet=repr(options.sheet),
                        names=some_of(sheets, 12),
                    )
                )
            sheet = book[options.sheet or sheets[0]]
            sheet.reset_dimensions()
            lines = [[shown(cell) for cell in line] for line in sheet.iter_rows()]
            name = sheet.title
    except DataError:
        raise
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise DataError(
            say(
                "{file} cannot be read as xlsx: {why}. Expected a whole workbook. Save it again, "
                "or as CSV.",
                file=path.name,
                why=f"{type(error).__name__}: {error}",
            )
        ) from error
    numbered = list(enumerate(lines, 1))[options.skip_lines :]
    numbered = [(row, trimmed(cells)) for row, cells in numbered]
    filled = [(row, cells) for row, cells in numbered if cells]
    if not filled:
        raise DataError(
            say(
                "{file}, sheet {sheet}, is empty. Expected a header and rows. Check the file, or "
                "name another sheet ({names}).",
                file=path.name,
                sheet=repr(name),
                names=some_of(sheets, 12),
            )
        )
    above = filled[0][0]
    if options.header:
        names = header_of(path, filled[0][1])
        filled = filled[1:]
    else:
        width = options.width or max(len(cells) for _, cells in filled)
        names, above = tuple(f"c{k + 1}" for k in range(width)), above - 1
    blank = sum(1 for row, cells in numbered if not cells and row > above)
    return TableFile(
        path,
        "xlsx",
        Writing("", digest(path)),
        options,
        names,
        above=above,
        sheet=Sheet(name, filled, blank),
    )


def sheet_chunks(table: TableFile, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The rows of a sheet; those with cells to the right of the header are set aside."""
    assert table.sheet is not None
    width = len(table.names)
    fits = [(row, cells) for row, cells in table.sheet.rows if len(cells) <= width]
    aside = tuple(
        Aside(row, "\t".join(cells)[:SHOWN_TEXT], Kind.FIELDS, len(cells), width)
        for row, cells in table.sheet.rows
        if len(cells) > width
    )
    columns = {}
    for name in wanted:
        k = table.names.index(name)
        columns[name] = pa.array(
            [cells[k] if k < len(cells) else "" for _, cells in fits], pa.string()
        )
    yield Chunk(
        np.array([row for row, _ in fits], np.int64),
        columns,
        aside,
        lines=len(fits) + len(aside) + table.sheet.blank,
        blank=table.sheet.blank,
    )


def trimmed(cells: list[str]) -> list[str]:
    """Cells up to the last that holds something."""
    n = len(cells)
    while n and not cells[n - 1].strip():
        n -= 1
    return cells[:n]


def shown(cell: Any) -> str:
    """A cell as text: numbers as stored, with the zeros that a format of zeros shows."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        text = number_text(float(value)) if isinstance(value, float) else str(value)
        zeros = str(cell.number_format or "").split(";")[0]
        if zeros and set(zeros) == {"0"} and text.isdigit():
            return text.zfill(len(zeros))
        return text
    if isinstance(value, datetime):
        at_midnight = value.time() == time()
        return value.date().isoformat() if at_midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
