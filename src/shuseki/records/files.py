"""How is a published file read, row by row, without losing one?

CSV is read as text in one streaming pass; a line with another number of fields than the file
becomes a rejected line, never a silent loss. CP932 (Shift JIS as Windows writes it) is turned
into UTF-8 in a stream. Parquet is read as it is.

Takes: a path and a layout. Gives: ``FileFacts`` (size, hash, encoding as found) and ``RawRows``:
the table as written with its ``row`` numbers, and the lines that could not be read. Rows are
numbered as a spreadsheet would: the header of a CSV file is row 1; in Parquet the first is 1.

Limits: one record may hold line breaks inside quotes; its number then counts records, not lines.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir

from shuseki.errors import DataError, examples
from shuseki.records.establishments import UNDECODABLE
from shuseki.records.layouts import Layout

__all__ = ["FileFacts", "RawRows", "examine", "read_rows"]

BLOCK = 1 << 22
MARK = b"PAR1"
ODD = re.compile(f"[{UNDECODABLE}\uf8f0-\uf8f3\x80]")
"""What a decoder makes of bytes that are not in the encoding: U+FFFD, and what the CP932 decoder
makes of single bytes A0, FD, FE, FF and 80."""
HALF_WIDTH = re.compile("[\uff61-\uff9f]")
SAMPLED_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is, before any row is believed.

    Attributes
    ----------
    encoding
        What the bytes really are: ``utf-8``, ``cp932`` or, for Parquet, empty.
    broken
        Byte offset of the first byte that the encoding does not have; -1 when there is none.
    misdeclared
        Whether the layout declares another encoding.
    advice
        What to do about it, or about bytes that are broken; empty when all is well.
    """

    path: Path
    format: str
    bytes: int
    sha256: str
    encoding: str
    broken: int = -1
    misdeclared: bool = False
    advice: str = ""


@dataclass(frozen=True, slots=True)
class RawRows:
    """A file as a table of an engine: the rows that could be read, and the lines that could not.

    Attributes
    ----------
    table
        Their columns and ``row``.
    rejected
        ``row``, ``text``, ``told``: lines with another number of fields.
    """

    table: ir.Table
    rejected: ir.Table
    facts: FileFacts


def examine(path: str | Path, layout: Layout) -> FileFacts:
    """Hash a file and find its encoding, in one pass.

    Raises
    ------
    DataError
        When there is no such file, or it is a Parquet file without its end.
    """
    path = Path(path)
    if not path.is_file():
        near = sorted(other.name for other in path.parent.glob(f"*{path.suffix}"))[:5]
        raise DataError(
            f"There is no file {path}. Expected a CSV or Parquet file. "
            + (f"The folder holds {', '.join(near)}." if near else "Check the path.")
        )
    if is_parquet(path):
        check_whole_parquet(path)
        return FileFacts(path, "parquet", path.stat().st_size, digest(path), "")
    found, broken, sha = find_encoding(path)
    advice = ""
    if broken >= 0:
        advice = (
            f"{path.name} holds bytes that {found} does not have, the first at byte {broken:,}; "
            "the rows with them are set aside. Save the file again as UTF-8."
        )
    misdeclared = layout.encoding not in ("auto", found)
    if misdeclared:
        advice = (
            f"{path.name} was declared as {layout.encoding} but is {found}. "
            f"Say encoding = {found!r}, or 'auto'."
        )
    return FileFacts(path, "csv", path.stat().st_size, sha, found, broken, misdeclared, advice)


def read_rows(
    connection: ibis.BaseBackend, facts: FileFacts, layout: Layout, work: Path
) -> RawRows:
    """Read a file into a table with row numbers.

    Parameters
    ----------
    connection
        An Ibis connection to DuckDB.
    facts
        What ``examine`` found.
    layout
        Delimiter, header, skipped lines.
    work
        An existing folder for the intermediate files; the caller removes it.
    """
    if facts.format == "parquet":
        try:
            table = connection.read_parquet(str(facts.path), file_row_number=True)
        except duckdb.Error as error:
            raise DataError(
                f"{facts.path.name} cannot be read as Parquet: {str(error).splitlines()[0]}. "
                "Expected a whole file. Copy or write it again."
            ) from error
        numbered = table.mutate(row=table.file_row_number + 1).drop("file_row_number")
        return RawRows(numbered, nothing_rejected(), facts)
    return read_csv(connection, facts, layout, work)


def read_csv(connection: ibis.BaseBackend, facts: FileFacts, layout: Layout, work: Path) -> RawRows:
    """Stage a CSV file as Parquet, all text, and collect the lines that cannot be read."""
    names = header_names(facts, layout)
    path = facts.path
    if facts.encoding != "utf-8" or facts.broken >= 0:
        path = work / "as_utf8.csv"
        transcode(facts.path, path, facts.encoding)
    staged = work / "as_text.parquet"
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    above = layout.skip_lines + int(layout.header)
    table = f"rejects_{facts.sha256[:12]}"
    connection.raw_sql(f"DROP TABLE IF EXISTS {table}; DROP TABLE IF EXISTS {table}_scan")
    try:
        connection.raw_sql(
            f"COPY (SELECT * FROM read_csv({quoted(path)}, auto_detect=false, "
            f"columns={{{columns}}}, header={str(layout.header).lower()}, "
            f"skip={layout.skip_lines}, delim={quoted(layout.delimiter)}, quote='\"', "
            f"escape='\"', new_line={quoted(new_line(path))}, "
            f"store_rejects=true, rejects_table='{table}', rejects_scan='{table}_scan')) "
            f"TO {quoted(staged)} (FORMAT parquet, COMPRESSION zstd)"
        )
    except duckdb.InvalidInputException as error:
        raise DataError(
            f"{facts.path.name} cannot be read as CSV: {str(error).splitlines()[0]}. "
            f"Expected {len(names)} fields separated by {layout.delimiter!r}. "
            "Correct the file, or the layout's delimiter."
        ) from error
    rejects = connection.table(table)
    rejected = rejects.group_by("line").agg(
        text=rejects.csv_line.arbitrary(), told=rejects.error_message.arbitrary()
    )
    rejected = rejected.select(
        row=(rejected.line + layout.skip_lines).cast("int64"), text="text", told="told"
    )
    written = connection.read_parquet(str(staged), file_row_number=True)
    written = written.mutate(at=written.file_row_number).drop("file_row_number")
    if rejected.count().to_pyarrow().as_py() == 0:
        return RawRows(written.mutate(row=written.at + 1 + above).drop("at"), rejected, facts)
    # The k-th rejected line comes after row - 1 - above - k of the rows that were read.
    order = ibis.row_number().over(order_by=rejected.row)
    before = rejected.select(at=rejected.row - 1 - above - order, so_far=order + 1)
    before = before.group_by("at").agg(so_far=before.so_far.max())
    shifted = written.asof_join(before, on="at")
    row = shifted.at + 1 + above + shifted.so_far.fill_null(0)
    return RawRows(shifted.mutate(row=row).drop("at", "at_right", "so_far"), rejected, facts)


def header_names(facts: FileFacts, layout: Layout) -> list[str]:
    """Names of the columns: the header's, or ``c1`` … when there is none."""
    if not layout.header:
        return [f"c{k + 1}" for k in range(layout.width)]
    encoding = "utf-8-sig" if facts.encoding == "utf-8" else facts.encoding
    with facts.path.open(encoding=encoding, errors="replace", newline="") as lines:
        for _ in range(layout.skip_lines):
            lines.readline()
        names = next(csv.reader(lines, delimiter=layout.delimiter), [])
    names = [name.strip() for name in names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{facts.path.name} names columns twice: {examples(repeated)}. "
            "Expected each name once. Rename them."
        )
    if not names:
        raise DataError(f"{facts.path.name} is empty. Expected a header and rows. Check the file.")
    return names


def nothing_rejected() -> ir.Table:
    """An empty table of rejected lines."""
    schema = {"row": "int64", "text": "string", "told": "string"}
    return ibis.memtable({name: [] for name in schema}, schema=schema)


# ---- bytes ------------------------------------------------------------------------------


def find_encoding(path: Path) -> tuple[str, int, str]:
    """Tell UTF-8 from CP932 over the whole file.

    A file that is not UTF-8 throughout is CP932 when that leaves fewer characters that no one
    writes; a UTF-8 file with some bad bytes stays UTF-8.

    Returns
    -------
    encoding
        ``utf-8`` or ``cp932``.
    broken
        The first byte that this encoding does not have; -1 when there is none.
    sha256
        Hash of the bytes.
    """
    sha = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, broken = 0, -1
    for block in blocks(path):
        sha.update(block)
        if broken < 0:
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                broken = offset - held + error.start
        offset += len(block)
    if broken < 0 and (rest := decoder.getstate()[0]):
        broken = offset - len(rest)
    if broken < 0:
        return "utf-8", -1, sha.hexdigest()
    if oddity(path, "utf-8") <= oddity(path, "cp932"):
        return "utf-8", broken, sha.hexdigest()
    return "cp932", first_odd_byte(path), sha.hexdigest()


def oddity(path: Path, encoding: str) -> float:
    """How much of the file's first 16 MB with other than ASCII is text that no one writes.

    Undecodable bytes count one, half-width katakana a half: UTF-8 read as CP932 is full of them.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    count = 0.0
    for block in islice((b for b in blocks(path) if not b.isascii()), SAMPLED_BLOCKS):
        text = decoder.decode(block)
        count += len(ODD.findall(text)) + len(HALF_WIDTH.findall(text)) / 2
    return count


def first_odd_byte(path: Path) -> int:
    """Where CP932 first has no character; -1 when it always does."""
    decoder = codecs.getincrementaldecoder("cp932")(errors="replace")
    offset = 0
    for block in blocks(path):
        held = len(decoder.getstate()[0])
        text = decoder.decode(block)
        if odd := ODD.search(text):
            return offset - held + len(text[: odd.start()].encode("cp932"))
        offset += len(block)
    held = len(decoder.getstate()[0])
    return offset - held if held else -1


def transcode(path: Path, to: Path, encoding: str) -> None:
    """Write a file again as UTF-8; what cannot be decoded becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with to.open("wb") as out:
        for block in blocks(path):
            text = decoder.decode(block)
            out.write((ODD.sub(UNDECODABLE, text) if ODD.search(text) else text).encode("utf-8"))
        out.write(decoder.decode(b"", final=True).encode("utf-8"))


def blocks(path: Path, start: int = 0) -> Iterator[bytes]:
    """Read a file in blocks of a few megabytes."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_line(path: Path) -> str:
    r"""Which line ending the file uses: ``\r\n`` or ``\n``."""
    with path.open("rb") as file:
        first = io.BytesIO(file.read(BLOCK)).readline()
    return "\\r\\n" if first.endswith(b"\r\n") else "\\n"


def is_parquet(path: Path) -> bool:
    """Whether the first bytes, or the name, say Parquet."""
    with path.open("rb") as file:
        return file.read(4) == MARK or path.suffix.lower() in (".parquet", ".pq")


def check_whole_parquet(path: Path) -> None:
    """Refuse a Parquet file whose end is missing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if start != MARK or end != MARK or size < 12:
        raise DataError(
            f"{path.name} is not a whole Parquet file ({size:,} bytes, "
            f"{'begins' if start == MARK else 'does not begin'} as one, "
            f"{'ends' if end == MARK else 'does not end'} as one). "
            "Expected the mark PAR1 at both ends. It was probably cut off: copy it again."
        )


def quoted(text: object) -> str:
    """A string as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"
