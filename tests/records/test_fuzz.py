"""Whatever is done to a file, no row is lost: lines counted here = kept + set aside."""

import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from shuseki.errors import ShusekiError
from shuseki.records.ingest import ingest
from shuseki.records.validation import validate

HEADER = ["wave", "id", "municipality", "industry", "employees", "name", "latitude", "opened"]
JUNK = (
    *(
        '"',
        '""',
        "\0",
        ",",
        ";",
        "\t",
        "x" * 5000,
        "NaN",
        "inf",
        "1e400",
        "-",
        "－",
        "X",
        "…",
        "***",
    ),
    *(
        "1,234",
        "35,56",
        "1.23E+12",
        "1.0",
        "00",
        "199803",
        "98",
        "0",
        "1998-13-01",
        "平成10年4月1日",
    ),
    *(
        "=1+1",
        "\u3000",
        "\ufeff",
        "None",
        "null",
        "(x)",
        "△5",
        "②",
        "a\\",
        "\\n",
        "'",
        "`",
        "|",
        " ",
    ),
)


def good(k: int) -> list[str]:
    return ["1998", f"G{k}", "01202", "H01", str(k % 50), f"製作所{k}", "41.5", "1990-04-01"]


def fuzzed_csv(rng: np.random.Generator, n: int, columns: int = 0) -> tuple[bytes, set[str]]:
    """Bytes of a CSV file, and the identifiers of the rows that nothing was done to."""
    more = [f"more{k}" for k in range(columns)]
    lines, untouched = [",".join(HEADER + more).encode()], set()
    for k in range(n):
        cells = good(k) + ["1"] * columns
        dice = rng.random()
        if dice < 0.5:
            untouched.add(f"G{k}")
        elif dice < 0.8:
            cells[rng.integers(len(HEADER))] = str(rng.choice(JUNK))
        elif dice < 0.85:
            cells = cells[: rng.integers(0, len(cells))]
        elif dice < 0.9:
            cells.append(str(rng.choice(JUNK)))
        line = ",".join(cells).encode()
        if dice > 0.9:  # bytes out of anywhere, but no line ends
            at = rng.integers(0, len(line) + 1)
            stray = rng.integers(0, 256, 3).astype(np.uint8).tobytes()
            line = line[:at] + re.sub(rb"[\r\n]", b"?", stray) + line[at:]
        lines.append(line)
    ends = [b"\n", b"\r\n", b"\r"]
    return b"".join(line + ends[rng.integers(3)] for line in lines), untouched


def check(path: Path, store: Path, rows: int, untouched: set[str]) -> None:
    """Hold what was kept and set aside against the rows that there are."""
    findings = validate(path, codes="any")
    assert findings.can_be_ingested, findings.faults
    assert findings.rows == rows
    report = ingest(path, store, codes="any").files.iloc[0]
    assert report["rows_in"] == rows
    assert report["lines_continued"] == 0
    assert report["rows_kept"] + report["rows_set_aside"] == rows
    kept = [pd.read_parquet(part) for part in store.glob("parts/*/wave=*/*.parquet")]
    aside = [pd.read_parquet(part) for part in store.glob("parts/*/set_aside.parquet")]
    assert sum(map(len, kept)) == report["rows_kept"]
    assert sum(map(len, aside)) == report["rows_set_aside"]
    numbers = pd.concat(aside)["row"]
    assert numbers.is_unique
    assert untouched <= set(pd.concat(kept)["id"].astype(str))


def rows_of(data: bytes) -> int:
    """Lines of a file but the header and those that hold nothing but spaces, counted here."""
    lines = re.split(rb"\r\n|\n|\r", data)
    return sum(1 for line in lines[1:] if line.strip(b" "))


SLOW = pytest.param(8, 12_500, marks=pytest.mark.slow)
MANY = pytest.param(100_000, marks=pytest.mark.slow)


@pytest.mark.parametrize(("files", "n"), [(2, 150), SLOW])
def test_no_line_of_a_csv_file_is_lost(tmp_path, files, n):
    rng = np.random.default_rng(9)
    for k in range(files):
        data, untouched = fuzzed_csv(rng, n, columns=10_000 if k == 1 and n < 1000 else 0)
        path = tmp_path / f"w{k}.csv"
        path.write_bytes(data)
        check(path, tmp_path / f"s{k}", rows_of(data), untouched)


@pytest.mark.parametrize("n", [300, MANY])
def test_no_row_of_a_parquet_file_is_lost(tmp_path, n):
    rng = np.random.default_rng(10)
    frame = pd.DataFrame([good(k) for k in range(n)], columns=HEADER)
    untouched = set(frame["id"][n // 2 :])
    for k in range(n // 2):
        frame.iat[k, int(rng.integers(len(HEADER)))] = str(rng.choice(JUNK))
    path = tmp_path / "w.parquet"
    frame.to_parquet(path, index=False)
    check(path, tmp_path / "s", n, untouched)
    # The same as numbers and days, as other programs store them.
    typed = pd.DataFrame([good(k) for k in range(300)], columns=HEADER)
    typed["employees"] = typed["employees"].astype(float)
    typed.loc[:20, "employees"] = [np.nan, np.inf, 1e300, -1, 2.5, *np.arange(16.0)]
    typed["latitude"] = typed["latitude"].astype("float32")
    typed["industry"] = typed["industry"].astype("category")
    typed["opened"] = pd.to_datetime(typed["opened"]).dt.tz_localize("Asia/Tokyo")
    path = tmp_path / "t.parquet"
    typed.to_parquet(path, index=False)
    check(path, tmp_path / "t", 300, set(typed["id"][21:]))


@pytest.mark.parametrize("n", [200, MANY])
def test_no_row_of_a_workbook_is_lost(tmp_path, n):
    rng = np.random.default_rng(11)
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    untouched, rows = set(), 0
    for k in range(n):
        cells: list[object] = list(good(k))
        if k % 2:
            junk = [j for j in JUNK if "\0" not in j]
            cells[int(rng.integers(len(HEADER)))] = rng.choice(
                np.array([*junk, 5, 2.5, True, None, pd.Timestamp("2001-05-03")], dtype=object)
            )
        elif k % 10 == 0:
            cells = [None] * 3
        else:
            untouched.add(f"G{k}")
        rows += any(str(c).strip() for c in cells if c is not None)
        book.active.append(cells)
    path = tmp_path / "w.xlsx"
    book.save(path)
    check(path, tmp_path / "s", rows, untouched)


@pytest.mark.parametrize("files", [9, pytest.param(300, marks=pytest.mark.slow)])
def test_bytes_out_of_anywhere_are_refused_in_words_or_counted(tmp_path, files):
    """Damage to a good file of any kind: an answer or a refusal, never a traceback."""
    rng = np.random.default_rng(12)
    whole = fuzzed_csv(rng, 20)[0]
    pd.DataFrame([good(k) for k in range(20)], columns=HEADER).to_parquet(tmp_path / "g.parquet")
    book = openpyxl.Workbook()
    for k in range(20):
        book.active.append(good(k))
    book.save(tmp_path / "g.xlsx")
    kinds = {
        "csv": whole,
        "parquet": (tmp_path / "g.parquet").read_bytes(),
        "xlsx": (tmp_path / "g.xlsx").read_bytes(),
    }
    for k in range(files):
        kind = list(kinds)[k % 3]
        data = bytearray(kinds[kind])
        for at in rng.integers(0, len(data), rng.integers(1, 6)):
            data[at] = rng.integers(256)
        data = data[: rng.integers(1, len(data) + 1)] if k % 5 == 0 else data
        path = tmp_path / f"d{k}.{kind}"
        path.write_bytes(bytes(data))
        findings = validate(path, codes="any")
        if not findings.can_be_ingested:
            continue
        try:
            report = ingest(path, tmp_path / f"s{k}", codes="any").files.iloc[0]
        except ShusekiError:
            continue
        assert report["rows_in"] == report["rows_kept"] + report["rows_set_aside"] == findings.rows
