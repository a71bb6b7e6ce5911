"""How does a published file become rows of establishments, typed, without losing one?

The file is read in one streaming pass by ``reading.files``; its columns are named by the layout
and typed by ``records.establishments``, stretch by stretch, into one Parquet file for the query
engine. Lines that could not be read lie beside it.

Takes: a path and a layout. Gives: ``FileFacts`` (size, hash, encoding as found) and ``Staged``:
the typed rows with their numbers, the lines that could not be read, and the ``Account`` of lines.
Rows are numbered as an editor shows them: the header of a CSV file is row 1, and a record that
runs over several lines has the number of its first; in Parquet the first row is 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shuseki.errors import DataError
from shuseki.language import Message, say, word
from shuseki.reading.files import Chunk, Options, TableFile, open_table
from shuseki.reading.tables import misdeclared
from shuseki.reading.values import Convention, Evidence
from shuseki.records.establishments import Typed, typed
from shuseki.records.layouts import Layout

__all__ = ["Account", "FileFacts", "Staged", "examine", "stage"]

CONVENTIONS: Mapping[str, Convention] = {".": "point", ",": "comma"}
REJECTED = pa.schema(
    [("row", pa.int64()), ("text", pa.string())]
    + [(name, pa.int64()) for name in ("kind", "fields", "expected")]
)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is, before any row is believed.

    Attributes
    ----------
    encoding
        What the bytes really are: ``utf-8``, ``cp932`` …; empty for Parquet and xlsx.
    broken
        Byte offset of the first byte that the encoding does not have; -1 when there is none.
    misdeclared
        Whether the layout declares another encoding.
    advice
        What to do about it, or about bytes that are broken; None when all is well.
    """

    path: Path
    format: str
    bytes: int
    sha256: str
    encoding: str
    table: TableFile
    broken: int = -1
    misdeclared: bool = False
    advice: Message | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where the lines of a file went.

    Attributes
    ----------
    lines
        Lines of the file.
    above
        Those above the first row: the header, and what was skipped.
    blank
        Empty ones.
    continued
        Those that continue a record whose quoted field holds line breaks.
    records, rejected
        Records that were read, and lines that could not be.
    """

    lines: int
    above: int
    blank: int
    continued: int
    records: int
    rejected: int

    @property
    def rows_in(self) -> int:
        """Rows of the file, counted by its lines and not by a parser."""
        return self.lines - self.above - self.blank - self.continued


@dataclass(frozen=True, slots=True)
class Staged:
    """A file as typed rows, on the disk.

    Attributes
    ----------
    rows
        Parquet file of the typed rows.
    rejected
        Parquet file of the lines that could not be read, with the columns of ``Aside``.
    """

    rows: Path
    rejected: Path
    account: Account


def examine(path: str | Path, layout: Layout) -> FileFacts:
    """Hash a file, find its encoding and its columns.

    Raises
    ------
    DataError
        When there is no such file, or it is no table.
    """
    table = open_table(
        path,
        Options(
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            header=layout.header,
            width=layout.width,
            skip_lines=layout.skip_lines,
            sheet=layout.sheet,
            member=layout.member,
        ),
    )
    writing, name = table.writing, table.path.name
    advice: Message | None = None
    if writing.found:
        advice = misdeclared(table)
    elif writing.broken >= 0:
        advice = say(
            "{file} holds bytes that {encoding} does not have, the first at byte {at:,}; the rows "
            "with them are set aside. Save the file again as UTF-8.",
            file=name,
            encoding=writing.encoding,
            at=writing.broken,
        )
    return FileFacts(
        path=table.path,
        format=table.format,
        bytes=table.path.stat().st_size,
        sha256=writing.sha256,
        encoding=writing.encoding,
        table=table,
        broken=writing.broken,
        misdeclared=bool(writing.found),
        advice=advice,
    )


def stage(facts: FileFacts, layout: Layout, work: Path) -> Staged:
    """Read a file into typed rows with their numbers.

    Parameters
    ----------
    facts
        What ``examine`` found.
    layout
        Names the columns.
    work
        An existing folder for the intermediate files; the caller removes it.

    Raises
    ------
    DataError
        When the file lacks a column or is damaged.
    """
    layout.check_columns(facts.table.named)
    conventions: dict[str, Convention] = {}
    if layout.decimal in CONVENTIONS:
        conventions = dict.fromkeys(layout.columns, CONVENTIONS[layout.decimal])
    staged, evidence = write_rows(facts, layout, work, conventions)
    if layout.decimal == "auto":
        semicolons = facts.table.delimiter == ";"
        settled = {name: e.convention(semicolons=semicolons) for name, e in evidence.items()}
        if any(settled[name] != "point" and e.unsure for name, e in evidence.items()):
            staged, _ = write_rows(facts, layout, work, settled)
    return staged


def write_rows(
    facts: FileFacts, layout: Layout, work: Path, conventions: Mapping[str, Convention]
) -> tuple[Staged, dict[str, Evidence]]:
    """Type the rows stretch by stretch, and learn which decimal signs the columns speak for."""
    rows, rejected = work / "rows.parquet", work / "rejected.parquet"
    evidence: dict[str, Evidence] = {}
    days: dict[str, tuple[int, int]] = {}
    lines = blank = continued = records = n_rejected = 0
    writer: pq.ParquetWriter | None = None
    try:
        with pq.ParquetWriter(rejected, REJECTED) as beside:
            for chunk, part in typed_chunks(facts, layout, conventions):
                if writer is None:
                    writer = pq.ParquetWriter(
                        rows, part.table.schema, compression="lz4", use_dictionary=False
                    )
                writer.write_table(part.table)
                if chunk.aside:
                    lines_aside = map(astuple, chunk.aside)
                    columns = [list(column) for column in zip(*lines_aside, strict=True)]
                    beside.write_table(pa.table(columns, schema=REJECTED))
                for name, found in part.evidence.items():
                    evidence[name] = evidence.get(name, Evidence()) + found
                for name, (either, filled) in part.two_readings.items():
                    before = days.get(name, (0, 0))
                    days[name] = (before[0] + either, before[1] + filled)
                lines += chunk.lines
                blank += chunk.blank
                continued += chunk.continued
                records += len(chunk.rows)
                n_rejected += len(chunk.aside)
    finally:
        if writer is not None:
            writer.close()
    if writer is None or not records + n_rejected:
        raise DataError(
            say(
                "{file} has no rows. Expected one per establishment. Check that the whole wave "
                "was written.",
                file=facts.path.name,
            )
        )
    refuse_two_readings(facts, days)
    above = facts.table.above
    account = Account(lines + above, above, blank, continued, records, n_rejected)
    return Staged(rows, rejected, account), evidence


def refuse_two_readings(facts: FileFacts, days: Mapping[str, tuple[int, int]]) -> None:
    """Refuse a file most of whose days in a column can be read in two ways."""
    for name, (either, filled) in days.items():
        if either > filled / 2:
            raise DataError(
                say(
                    "{file}: {n:,} of {filled:,} days in {column} can be read in two ways, as "
                    "1/4/1998 can. Expected to be told what comes first; it is not guessed. Say "
                    "--dates day-month-year or --dates month-day-year, or date_order in the "
                    "layout; write years with four digits.",
                    file=facts.path.name,
                    n=either,
                    filled=filled,
                    column=word(name),
                )
            )


def typed_chunks(
    facts: FileFacts, layout: Layout, conventions: Mapping[str, Convention]
) -> Iterable[tuple[Chunk, Typed]]:
    """Stretches of a file, and their rows typed."""
    for chunk in facts.table.chunks(layout.theirs):
        try:
            written = layout.read(chunk.columns, len(chunk.rows))
            yield (
                chunk,
                typed(written, chunk.rows, conventions, layout.multiply, layout.date_order),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            kinds = ", ".join(f"{name} {column.type}" for name, column in chunk.columns.items())
            raise DataError(
                say(
                    "{file} cannot be read: {why}. Expected columns of text, numbers or days; "
                    "found {kinds}. Write the file again.",
                    file=facts.path.name,
                    why=str(error).splitlines()[0],
                    kinds=kinds,
                )
            ) from error
