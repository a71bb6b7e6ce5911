"""What is wrong with a file is said row by row, and nothing is changed."""

import re
from pathlib import Path

import pandas as pd
import pytest

from shuseki.records.validation import validate

HEADER = "wave,id,municipality,industry,employees,name,opened\n"


def written(folder: Path, text: str, name: str = "wave.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def reasons(findings) -> list[tuple[int, str, str]]:
    frame = findings.to_frame()
    return list(frame[["row", "reason", "value"]].itertuples(index=False, name=None))


def test_a_clean_file(tmp_path):
    path = written(tmp_path, HEADER + "1998,1,01202,H01,5,函館製作所,1990-04-01\n")
    before = path.read_bytes()
    findings = validate(path)
    assert findings.is_clean
    assert findings.can_be_ingested
    assert findings.headline() == "wave.csv (utf-8): 1 rows, nothing wrong"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_each_fault_of_a_row_has_its_row_value_and_reason(tmp_path):
    rows = [
        "1998,1,01202,H01,5,,",
        "1998,2,01202,H01,-3,,",  # row 3
        "1998,1,01202,H01,5,,",  # row 4
        "1998,3,01202,,5,,",  # row 5
        "1998,4,1202,H01,5,,",  # row 6
        "1998,,01202,H01,5,,",  # row 7
        ",5,01202,H01,5,,",  # row 8
        "1998,6,01202,H01,many,,",  # row 9
        "1998,7,01202",  # row 10: cut off
        "1998,8,01202,H01,5,,later",  # row 11: kept without the date
        "1998,9,01202,H01,4.5,,",  # row 12
    ]
    findings = validate(written(tmp_path, HEADER + "\n".join(rows) + "\n"))
    assert reasons(findings) == [
        (3, "negative employees", "-3"),
        (4, "duplicate id", "1"),
        (5, "no industry", ""),
        (6, "no municipality", "1202"),
        (7, "no id", ""),
        (8, "no wave", ""),
        (9, "no employees", "many"),
        (10, "unreadable", "1998,7,01202"),
        (11, "unreadable opened", "later"),
        (12, "no employees", "4.5"),
    ]
    assert findings.rows == 11
    assert findings.counts["no employees"] == 2
    assert findings.can_be_ingested


def test_rows_keep_their_numbers_after_lines_that_cannot_be_read(tmp_path):
    rows = ["bad", "1998,1,01202,H01,5,,", "bad", "bad", "1998,2,01202,H01,-1,,", "bad"]
    findings = validate(written(tmp_path, HEADER + "\n".join(rows) + "\n"))
    assert [(row, reason) for row, reason, _ in reasons(findings)] == [
        (2, "unreadable"),
        (4, "unreadable"),
        (5, "unreadable"),
        (6, "negative employees"),
        (7, "unreadable"),
    ]


def test_cp932_is_detected_and_said(tmp_path):
    path = written(tmp_path, HEADER + "1998,1,01202,H01,5,函館製作所①,\n", encoding="cp932")
    findings = validate(path)
    assert findings.encoding == "cp932"
    assert findings.is_clean


def test_cp932_declared_as_utf8_is_a_finding_that_says_what_to_write(tmp_path):
    path = written(tmp_path, HEADER + "1998,1,01202,H01,5,函館,\n", encoding="cp932")
    findings = validate(path, {"like": "house", "encoding": "utf-8"})
    assert not findings.can_be_ingested
    assert "declared as utf-8 but is cp932. Say encoding = 'cp932'" in findings.faults["says"][0]


JAPANESE = "1998,{k},01202,H01,5,函館製作所カナｶﾅ,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xe5\x87\xff\xff", b"\x81"])
def test_text_that_the_encoding_does_not_have_is_set_aside(tmp_path, encoding, bad):
    lines = [JAPANESE.format(k=k).encode(encoding) for k in range(5)]
    lines.insert(2, b"1998,99,01202,H01,5," + bad + b",\n")
    path = tmp_path / "wave.csv"
    path.write_bytes(HEADER.encode() + b"".join(lines))
    findings = validate(path)
    assert findings.encoding == encoding
    assert [(row, reason) for row, reason, _ in reasons(findings)] == [
        (0, "encoding"),
        (4, "undecodable"),
    ]
    assert findings.can_be_ingested
    at = int(re.search(r"at byte ([0-9,]+)", findings.faults["says"][0])[1].replace(",", ""))
    start = path.read_bytes().find(b",5," + bad) + 3
    assert start <= at < start + len(bad)


def test_a_missing_column_names_the_nearest(tmp_path):
    path = written(tmp_path, "wave,id,municipality,industry,emploees\n1998,1,01202,H01,5\n")
    findings = validate(path)
    assert not findings.can_be_ingested
    says = findings.faults["says"][0]
    assert "Columns missing" in says
    assert "'employees' (is it 'emploees'?)" in says


def test_an_unknown_municipality_code_comes_with_its_likely_successor(tmp_path):
    # 因島市 (34206) merged into 尾道市 (34205) on 2006-01-10.
    rows = "2008,1,34206,H01,5,,\n2008,2,34205,H01,5,,\n2008,3,99999,H01,5,,\n"
    findings = validate(written(tmp_path, HEADER + rows))
    frame = findings.to_frame().set_index("row")
    assert frame.loc[2, "kind"] == "look"
    assert "34205" in frame.loc[2, "says"]
    assert frame.loc[4, "reason"] == "unknown municipality"
    assert frame.loc[4, "kind"] == "set aside"
    assert findings.counts == {"unknown municipality": 1, "code of another date": 1}
    # Wards of designated cities are codes too.
    wards = written(tmp_path, HEADER + "1998,1,27102,H01,5,,\n", "wards.csv")
    assert validate(wards).is_clean
    # Without a list of codes only their form is checked.
    assert validate(written(tmp_path, HEADER + rows), codes="any").is_clean


def test_an_empty_wave(tmp_path):
    findings = validate(written(tmp_path, HEADER))
    assert not findings.can_be_ingested
    assert "has no rows" in findings.faults["says"][0]
    findings = validate(written(tmp_path, ""))
    assert "is empty" in findings.faults["says"][0]


def frame_of(n: int = 2000) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "wave": 1998,
            "id": range(n),
            "municipality": "01202",
            "industry": "H01",
            "employees": 5,
            "name": [f"name {k * k}" for k in range(n)],
        }
    )


@pytest.mark.parametrize("cut", [-1, 1000, 6])
def test_a_truncated_parquet_file(tmp_path, cut):
    path = tmp_path / "wave.parquet"
    frame_of().to_parquet(path, index=False)
    path.write_bytes(path.read_bytes()[:cut])
    findings = validate(path)
    assert not findings.can_be_ingested
    assert "is not a whole Parquet file" in findings.faults["says"][0]


def test_a_parquet_file_damaged_inside(tmp_path):
    path = tmp_path / "wave.parquet"
    frame_of().to_parquet(path, index=False)
    data = bytearray(path.read_bytes())
    data[60:1500] = b"\x00" * 1440
    path.write_bytes(bytes(data))
    findings = validate(path)
    assert not findings.can_be_ingested
    assert "cannot be read" in findings.faults["says"][0]


def test_parquet_rows_count_from_one(tmp_path):
    path = tmp_path / "wave.parquet"
    frame = frame_of(5)
    frame.loc[3, "employees"] = -1
    frame.to_parquet(path, index=False)
    assert reasons(validate(path)) == [(4, "negative employees", "-1")]


def test_no_file_is_a_finding_too(tmp_path):
    findings = validate(tmp_path / "none.csv")
    assert "There is no file" in findings.faults["says"][0]


def test_quotes_hold_separators_and_line_breaks(tmp_path):
    rows = '1998,1,01202,H01,5,"a, ""b""\nc",\n1998,2,01202,H01,-5,,\n'
    assert reasons(validate(written(tmp_path, HEADER + rows))) == [(4, "negative employees", "-5")]


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    text = "\ufeff" + (HEADER + "1998,1,01202,H01,5,,\n").replace("\n", "\r\n")
    assert validate(written(tmp_path, text)).is_clean
