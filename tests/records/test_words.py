"""Is everything that is wrong with a file said in Japanese too?"""

import gzip
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from shuseki.geography.areas import check_codes
from shuseki.geography.codes import not_municipalities, read_codes
from shuseki.language import Message, told
from shuseki.reading.lines import MOST_BYTES
from shuseki.records.establishments import LOOKS, REASONS
from shuseki.records.ingest import ingest
from shuseki.records.validation import DATES_SAY, Findings, validate

HEADER = "wave,id,municipality,industry,employees,name,opened,closed,latitude,longitude"
LAYOUT = {"like": "house", "name": "様式", "keep": {"industry": ["H01", "", "1.0", "1e9"]}}
NAMES = re.compile(
    r"'[^']*'|[\w-]+\.(csv|xlsx|xls|zip|gz|parquet|pdf)|encoding =|member =|municipality = \{.*\}"
    r"|Parquet|xlsx|Excel|PAR1|validate|house|date_order|--dates"
)
"""Quoted values, files, keys of a layout, formats, a command and a layout."""


def english(text: str) -> list[str]:
    """Words of four Latin letters or more that are no names."""
    return re.findall(r"[A-Za-z]{4,}", NAMES.sub("", text))


def told_in_japanese(findings: Findings) -> None:
    """Assert that a reader of Japanese reads Japanese only, and one of English only English."""
    frame = findings.told("ja")
    for column in ("kind", "column", "reason", "says"):
        assert {value: english(value) for value in frame[column] if english(value)} == {}
    for text in (findings.headline(), *findings.notes):
        assert isinstance(text, Message)
        assert english(told(text, "ja")) == [], text
    rows = findings.to_frame()
    assert [one for one in rows["says_ja"] if english(one)] == []
    assert all(isinstance(one, Message) for one in findings.faults["says"])


def row(k: int, **cells: str) -> bytes:
    """A row without fault but for what is said."""
    clean = {
        "wave": "1998", "id": str(k), "municipality": "13111", "industry": "H01", "employees": "5",
        "name": "大田製作所", "opened": "1990-04-01", "closed": "", "latitude": "35.5",
        "longitude": "139.7",
    }  # fmt: skip
    return ",".join({**clean, **cells}.values()).encode()


EVERY_FAULT = [
    *[row(k) for k in range(1, 4)],
    row(1),  # duplicate id
    row(11, wave=""),
    row(0, id=""),
    row(12, municipality=""),
    row(13, municipality="1202"),
    row(14, municipality="99999"),
    row(15, municipality="131114"),
    row(16, municipality="34299"),
    row(17, industry=""),
    row(18, employees="many"),
    row(19, employees="-3"),
    row("２２"),  # full width
    row("2\x1b3"),  # a character that is not seen
    row(20, industry="X99"),  # not kept by the layout
    row(21, name="x").replace(b"x", b"\xff"),  # undecodable
    b"1998,22",  # too few fields
    row(23, name='a"b'),  # a quotation mark inside a field
    row(24, name="a\0b"),
    row(25, name="a" * (MOST_BYTES + 1)),
    row(26, opened="later"),
    row(27, closed="later"),
    row(28, latitude="north", longitude="east"),
    row(29, opened="1990-04"),
    row(30, industry="1.0"),
    row(31, industry="1e9"),
    row(32, municipality="131113"),  # a check digit
    row(33, municipality="12025"),  # … whose zero was lost
    row(35, municipality="12106"),  # 千葉市美浜区, or 岩見沢市 without its zero
    row(36, municipality="34205", wave="2008"),
    row(37, municipality="34206", wave="2008"),  # 因島市 was no more
    row(38, municipality="12239"),  # 大網白里市 was not yet
    row(39, closed="1995-01-01"),
    row(40, opened="2001-01-01"),
    row(41, closed="1980-01-01"),
]


def test_every_fault_is_told_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "wave.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), *EVERY_FAULT]) + b"\n")
    mixed = validate(path, LAYOUT)
    told_in_japanese(mixed)
    # One code alone cannot tell whether it has a check digit.
    path = tmp_path / "alone.csv"
    path.write_bytes(HEADER.encode() + b"\n" + row(1, municipality="12106") + b"\n")
    alone = validate(path)
    told_in_japanese(alone)
    # A unit that two rows tell of, and a day whose order is not said.
    path = tmp_path / "changes.csv"
    days = [row(1, opened="1990-04-01", closed=day) for day in ("1999-01-01", "1/4/1999")]
    path.write_bytes(b"\n".join([HEADER.encode(), *days, row(2, closed="1999-01-01")]) + b"\n")
    changes = {
        "like": "house",
        "name": "様式",
        "rows": "changes",
        "columns": {"recorded": "opened"},
    }
    follow = validate(path, changes)
    told_in_japanese(follow)
    days = [row(k, opened=day) for k, day in enumerate(("1990-04-01", "1990-04-02", "1/4/1990"))]
    path.write_bytes(b"\n".join([HEADER.encode(), *days]) + b"\n")
    either = validate(path)
    told_in_japanese(either)
    found = {
        *mixed.faults["reason"],
        *alone.faults["reason"],
        *follow.faults["reason"],
        *either.faults["reason"],
    }
    asked = {*REASONS, *LOOKS, *DATES_SAY, "encoding", "check digit", "lost zero"}
    asked |= {"ended", "not yet", "ambiguous", "unreadable opened", "unreadable latitude"}
    assert asked - found == set()
    assert {*mixed.faults["kind"]} == {"set aside", "blank", "look", "repaired"}
    seen = " ".join(mixed.told("ja")["says"])
    assert "34206（因島市）は2006-01-10まで有効であった。後継は34205（尾道市）である。" in seen
    assert "行の項目数がファイルと異なる（10に対し2）" in seen


def of_bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def two_files(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("a.csv", "a\n")
        pack.writestr("b.csv", "a\n")


WHOLE = {
    "absent.csv": lambda path: None,
    "empty.csv": of_bytes(b""),
    "headed.csv": of_bytes(HEADER.encode() + b"\n"),
    "lacking.csv": of_bytes(b"wave,id,municipality,industry,emploees\n1998,1,01202,H01,5\n"),
    "twice.csv": of_bytes(b"wave,wave\n1,2\n"),
    "unnamed.csv": of_bytes(b",,\n1,2,3\n"),
    "page.csv": of_bytes(b"<html>\n"),
    "print.csv": of_bytes(b"%PDF-1.4\n"),
    "western.csv": of_bytes(b"wave,name\n1998,caf\xe9\n"),
    "cut.parquet": of_bytes(b"PAR1 and no more"),
    "hollow.parquet": of_bytes(b"PAR1" + b"\0" * 20 + b"PAR1"),
    "old.xls": of_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 20),
    "blank.xlsx": workbook,
    "pair.zip": two_files,
    "short.gz": of_bytes(gzip.compress(HEADER.encode() * 50)[:40]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_taken_in_is_told_in_japanese(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "調査"
    folder.mkdir()
    WHOLE[name](folder / name)
    findings = validate(folder / name)
    assert not findings.can_be_ingested
    text = told(findings.faults["says"][0], "ja").replace(str(folder), "")
    assert re.search("[ぁ-ん]", text)
    # Brackets hold what a library said; columns are named as the file names them.
    text = re.sub("（[^（）]*）", "", text)
    assert set(english(text)) <= {*HEADER.split(","), "emploees"}, text


def test_another_encoding_is_told_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "wave.csv"
    path.write_bytes(f"{HEADER}\n".encode() + row(1).decode().encode("cp932") + b"\n")
    findings = validate(path, {"like": "house", "encoding": "utf-8"})
    says = told(findings.faults["says"][0], "ja")
    assert says.startswith("wave.csvの文字コードはutf-8と指定されたが、cp932である。")


def test_advice_on_codes_is_told_in_japanese() -> None:
    odd = ["00000", "13000", "13100", "27102", "34206", "11100", "99999", "1202", "131113",
           "131114", "13111.0", "", "abc", "19341"]  # fmt: skip
    advice = [
        *check_codes(odd, 2000)["advice"],
        *check_codes(odd, 2010)["advice"],
        *read_codes(odd)["advice"],
        *read_codes(["12106", "13111", "131113"])["advice"],
        *read_codes(["12025", "13111"])["advice"],
        *not_municipalities(["14100", "14101", "14102", "14204"])["advice"],
    ]
    assert len(advice) > 30
    for one in advice:
        assert isinstance(one, Message)
        assert english(told(one, "ja")) == [], one


def test_the_report_of_an_ingest_is_told_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "wave.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), *EVERY_FAULT]) + b"\n")
    report = ingest([path], tmp_path / "store", LAYOUT)
    for text in (report.headline(), *report.notes):
        assert english(told(text, "ja")) == [], text
    assert isinstance(report.to_frame(), pd.DataFrame)
