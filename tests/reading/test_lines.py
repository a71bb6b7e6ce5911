"""Every line is a record, empty, or set aside with its number; a stray quote costs its own line."""

import csv
import gzip
import io
import re

import numpy as np
import pytest

import shuseki.reading.files as files
from shuseki.errors import DataError
from shuseki.reading.files import Options, open_table
from shuseki.reading.lines import MOST_BYTES, Kind, scan


def read(folder, data: bytes, **options):
    """Rows by number, lines set aside by number, and the chunks."""
    path = folder / "t.csv"
    path.write_bytes(data)
    table = open_table(path, Options(**options))
    chunks = list(table.chunks())
    rows = {}
    for chunk in chunks:
        cells = [chunk.columns[name].to_pylist() for name in table.named]
        rows |= dict(zip(chunk.rows.tolist(), zip(*cells, strict=True), strict=True))
    return rows, {a.row: a.told for c in chunks for a in c.aside}, chunks


def test_an_open_quote_costs_its_own_line(tmp_path):
    rows, aside, _ = read(tmp_path, b'a,b\n1,x\n2,"y\n3,z\n4,"w"\n')
    assert rows == {2: ("1", "x"), 4: ("3", "z"), 5: ("4", "w")}
    assert list(aside) == [3]


def test_a_record_may_run_over_lines_that_are_no_records(tmp_path):
    rows, aside, chunks = read(tmp_path, b'a,b,c\n1,"x\ny\r\nz",2\n3,4,5\n')
    assert rows == {2: ("1", "x\ny\r\nz", "2"), 5: ("3", "4", "5")}
    assert not aside
    assert sum(c.continued for c in chunks) == 2


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b'"x\ny",1,2\n', [("x\ny", "1", "2")]),  # the first field, a field between, the last
        (b'1,"x\ny",2\n', [("1", "x\ny", "2")]),
        (b'1,2,"x\ny"\n', [("1", "2", "x\ny")]),
        (b'1,"x, x\ny",2\n', [("1", "x, x\ny", "2")]),
        (b'1,",2\n3,",4\n', []),  # two rows, each with a stray mark in the same field
        (b'",1,2\n",3,4\n', []),
        (b'1,2,"\n3,4,"\n', []),
        (b'1,"x\ny, y",2\n', []),  # may be either: its lines are set aside
    ],
)
def test_two_rows_with_stray_marks_never_become_one(tmp_path, data, kept):
    rows, aside, _ = read(tmp_path, b"a,b,c\n" + data + b"7,8,9\n")
    assert list(rows.values()) == [*kept, ("7", "8", "9")]
    assert len(aside) == (0 if kept else 2)


def test_a_record_that_never_ends_costs_one_line_each(tmp_path):
    tail = b"".join(b"word %d\n" % k for k in range(300))
    rows, aside, _ = read(tmp_path, b'a,b\n1,"x\n' + tail + b"5,6\n")
    assert rows == {303: ("5", "6")}
    assert list(aside) == list(range(2, 303))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'a"b,2', "quotation mark"),
        (b'"a"b,2', "quotation mark"),
        (b' "a",2', "quotation mark"),
        (b"1,\0", "NUL"),
        (b"1", "1 for 2"),
        (b"1,2,3", "3 for 2"),
        (b"1," + b"x" * (MOST_BYTES + 1), "longer than"),
    ],
)
def test_what_is_set_aside_and_why(tmp_path, line, told):
    rows, aside, _ = read(tmp_path, b"a,b\n1,2\n" + line + b"\n3,4\n")
    assert list(rows) == [2, 4]
    assert told in aside[3]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_and_the_last_line_without(tmp_path, ends):
    data = ends.join([b"a,b", b"1,2", b"", b"3,4"])
    rows, aside, chunks = read(tmp_path, data)
    assert rows == {2: ("1", "2"), 4: ("3", "4")}
    assert not aside
    assert sum(c.blank for c in chunks) == 1


def test_blocks_may_end_anywhere(tmp_path, monkeypatch):
    """The same rows whatever the block size: the bytes of a line end, a letter, a quote part."""
    text = 'a,b\r\n1,"東京\r\n都"\r\n2,"x""y"\r\n\r\n3,"open\r\n4,z\r\n' * 3
    data = text.encode()
    whole = read(tmp_path, data)
    for size in (1, 2, 3, 5, 7, 16):
        monkeypatch.setattr("shuseki.reading.encoding.BLOCK", size)
        assert read(tmp_path, data)[:2] == whole[:2]


def test_lines_agree_with_another_parser_where_all_is_well():
    rng = np.random.default_rng(3)
    pieces = ["a", "é", "東", ",", '"', "\n", "\r\n", " ", ""]
    for _ in range(200):
        table = [
            ["".join(rng.choice(pieces, rng.integers(0, 4))) + f"-{k}" for k in range(3)]
            for _ in range(6)
        ]
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(table)
        data = out.getvalue().encode()
        found = scan(data, 3, ",", final=True)
        kinds = found.kinds.tolist()
        lines = len(re.findall(rb"\r\n|\n|\r", data))
        assert found.lines == lines
        if all(k == Kind.RECORD for k in kinds):
            assert len(kinds) == len(table)


def test_a_parser_that_loses_a_row_is_caught(tmp_path, monkeypatch):
    parse = files.parse
    monkeypatch.setattr(files, "parse", lambda *a, **k: parse(*a, **k).slice(1))
    with pytest.raises(DataError, match="3 records in the lines at hand, but the parser found 2"):
        read(tmp_path, b"a,b\n1,2\n3,4\n5,6\n")


@pytest.mark.parametrize(
    ("data", "names", "delimiter"),
    [
        (b"a;b,c;d\n1;2;3\n", ("a", "b,c", "d"), ";"),
        (b"a\tb\n1\t2\n", ("a", "b"), "\t"),
        (b"a|b\n1|2\n", ("a", "b"), "|"),
        (b'"a,b";c\n1;2\n', ("a,b", "c"), ";"),
        (b"sep=;\na;b\n1;2\n", ("a", "b"), ";"),
        (b"\n \na,b\n1,2\n", ("a", "b"), ","),
        (b'"two\nlines", b \n1,2\n', ("two lines", "b"), ","),
        (b"\xef\xbb\xbfa,b,\n1,2,\n", ("a", "b", ""), ","),
        (b"one\n1\n", ("one",), ","),
        (b"PAR1,PAR2\n1,2\n", ("PAR1", "PAR2"), ","),
        (b"PK,FEA1\n1,2\n", ("PK", "FEA1"), ","),
        (b"a\x0bb,c\n1,2\n", ("a b", "c"), ","),
    ],
)
def test_headers(tmp_path, data, names, delimiter):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    table = open_table(path)
    assert (table.names, table.delimiter) == (names, delimiter)
    (chunk,) = table.chunks()
    lines = len(data.splitlines())
    assert len(chunk.rows) == 1
    assert chunk.rows[0] == lines


def test_ten_thousand_columns(tmp_path):
    names = ",".join(f"c{k}" for k in range(10_000))
    cells = ",".join(map(str, range(10_000)))
    rows, aside, _ = read(tmp_path, f"{names}\n{cells}\n{cells},1\n{cells}\n".encode())
    assert list(rows) == [2, 4]
    assert rows[2][-1] == "9999"
    assert "10,001 for 10,000" in aside[3]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b,a\n1,2,3\n", "names columns twice: a"),
        (b",,\n1,2,3\n", "names no columns"),
        (b"<!DOCTYPE html>\n<p>404\n", "is no table"),
        (b"%PDF-1.4\n", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"SQLite format 3\0", "is a database of SQLite"),
        (b"ARROW1\0\0", "is an Arrow file"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "is packed by 7-Zip"),
        (b"<stata_dta><header>", "is a data set of Stata"),
        (b"\x72\x02\x01\x00\x05\x00", "is a data set of Stata"),
        (b"$FL2@(#) SPSS", "is a data set of SPSS"),
        (gzip.compress(b"X\n\0\0\0\3", mtime=0), "is a data set of R"),
        (gzip.compress(b"PAR1\x15\x04", mtime=0), "is a packed Parquet file"),
        (gzip.compress(gzip.compress(b"a\n1\n", mtime=0), mtime=0), "is packed twice"),
        (b"PK\5\6" + b"\0" * 18, "holds no file"),
        (b"\3\x60\1\1\0\0\0\0", r"holds the control character '\\x03'"),
        (b"a,b\x1b[2J\n1,2\n", r"holds the control character '\\x1b'"),
        (b"a" * 5_000_000, "first line of more than"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, data, says):
    with pytest.raises(DataError, match=says):
        read(tmp_path, data)
