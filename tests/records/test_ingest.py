"""Files become a store whole or not at all, and no row is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import shuseki.records.ingest as ingesting
from shuseki.errors import DataError, OutputError, ParameterError
from shuseki.records.ingest import ingest
from shuseki.records.store import Store

HEADER = "wave,id,municipality,industry,employees,name\n"
GOOD = HEADER + "1998,1,01202,H01,5,函館\n1998,2,01202,H01,-5,\n1998,3\n1998,1,01202,H01,9,\n"


def written(folder: Path, text: str, name: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def set_aside(store: Path) -> pd.DataFrame:
    parts = sorted(store.glob("parts/*/set_aside.parquet"))
    return pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_rows_in_are_rows_kept_plus_rows_set_aside_with_reasons(tmp_path):
    path = written(tmp_path, GOOD, "w98.csv", "cp932")
    report = ingest(path, tmp_path / "store")
    row = report.to_frame().iloc[0]
    assert (row.rows_in, row.rows_kept, row.rows_set_aside) == (4, 1, 3)
    assert row.encoding == "cp932"
    assert "4 rows in = 1 kept + 3 set aside" in report.headline()
    aside = set_aside(tmp_path / "store").sort_values("row")
    assert aside[["row", "reason"]].to_numpy().tolist() == [
        [3, "negative employees"],
        [4, "unreadable"],
        [5, "duplicate id"],
    ]
    assert aside["text"].tolist()[1] == "1998,3"
    kept = Store.open(tmp_path / "store").wave(1998).to_pandas()
    assert kept[["id", "name"]].to_numpy().tolist() == [[1, "函館"]]


def test_a_second_call_skips_what_is_in(tmp_path):
    one = written(tmp_path, GOOD, "w98.csv")
    two = written(tmp_path, GOOD.replace("1998", "2000"), "w00.csv")
    ingest(one, tmp_path / "store")
    before = everything(tmp_path / "store")
    report = ingest([one, two], tmp_path / "store")
    assert report.files["skipped"].tolist() == [True, False]
    assert "1 file already in the store" in report.headline()
    after = everything(tmp_path / "store")
    assert before.items() <= after.items()
    assert Store.open(tmp_path / "store").waves == (1998, 2000)


def test_the_same_file_by_another_layout_is_refused(tmp_path):
    path = written(tmp_path, GOOD, "w98.csv")
    ingest(path, tmp_path / "store")
    with pytest.raises(ParameterError, match="by another layout"):
        ingest(path, tmp_path / "store", {"like": "house", "multiply": {"employees": 2}})


def test_a_number_that_another_file_of_the_wave_holds_is_set_aside(tmp_path):
    one = written(tmp_path, HEADER + "1998,1,01202,H01,5,\n1998,2,01202,H01,5,\n", "a.csv")
    two = written(tmp_path, HEADER + "1998,2,01202,H01,7,\n1998,A3,01202,H01,5,\n", "b.csv")
    report = ingest([one, two], tmp_path / "store")
    assert report.reasons == {"duplicate id": 1}
    wave = Store.open(tmp_path / "store").wave(1998).order_by("id").to_pandas()
    # One file has a number that is no number: the ids of the store become text.
    assert wave[["id", "employees"]].to_numpy().tolist() == [["1", 5], ["2", 5], ["A3", 5]]


def test_leading_zeros_are_never_lost(tmp_path):
    path = written(tmp_path, HEADER + "1998,007,01202,H01,5,\n1998,7,01202,H01,5,\n", "w.csv")
    assert ingest(path, tmp_path / "store").files["rows_kept"].item() == 2
    ids = Store.open(tmp_path / "store").wave(1998).id.to_pandas()
    assert sorted(ids) == ["007", "7"]


def test_whole_numbers_become_numbers(tmp_path):
    path = written(tmp_path, HEADER + "1998,9007199254740993,01202,H01,5,\n", "w.csv")
    ingest(path, tmp_path / "store")
    wave = Store.open(tmp_path / "store").wave(1998)
    assert wave.id.type().is_int64()
    assert wave.id.to_pandas().tolist() == [9007199254740993]  # 2**53 + 1: no float on the way


def test_a_file_of_several_waves_is_parted(tmp_path):
    path = written(tmp_path, HEADER + "1998,1,01202,H01,5,\n2000,1,01202,H01,5,\n", "w.csv")
    assert ingest(path, tmp_path / "store").files["waves"].item() == [1998, 2000]
    assert Store.open(tmp_path / "store").waves == (1998, 2000)


def test_the_corporate_number_register(tmp_path):
    def line(number: str, latest: str) -> str:
        fields = [""] * 30
        fields[1], fields[6], fields[8] = number, "函館株式会社", "301"
        fields[9:12], fields[13:15] = ["北海道", "函館市", "一丁目"], ["01", "202"]
        fields[18], fields[23] = "2020-05-01", latest
        return ",".join(f'"{field}"' for field in fields) + "\n"

    text = line("1000020012025", "1") + line("1000020012026", "0")
    path = written(tmp_path, text, "01_hokkaido_all_20240131.csv", "cp932")
    report = ingest(path, tmp_path / "store", "corporate-number", wave=2024, codes="any")
    assert report.reasons == {"not kept by the layout": 1}
    row = Store.open(tmp_path / "store").wave(2024).to_pandas().iloc[0]
    assert row["id"] == 1000020012025
    assert row["municipality"] == "01202"
    assert row["address"] == "北海道函館市一丁目"
    assert row["legal_form"] == "stock company"
    assert str(row["closed"])[:10] == "2020-05-01"
    assert pd.isna(row["employees"])
    assert report.sources[0].origin == "public"


def test_a_synthetic_parquet_file_stays_marked(tmp_path):
    frame = pd.read_csv(written(tmp_path, GOOD.split("1998,3")[0], "w.csv"), dtype=str)
    table = pa.Table.from_pandas(frame.fillna(""))
    pq.write_table(
        table.replace_schema_metadata({"origin": "synthetic"}), tmp_path / "wave_1998.parquet"
    )
    ingest(tmp_path / "wave_1998.parquet", tmp_path / "store")
    assert [s.origin for s in Store.open(tmp_path / "store").sources] == ["synthetic"]
    assert [s.origin for s in Store.open(tmp_path).sources] == ["synthetic"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER, "has no rows"),
        (HEADER.replace("employees", "emploees") + "1998,1,01202,H01,5,\n", "is it 'emploees'"),
    ],
)
def test_a_file_that_cannot_be_taken_in_leaves_nothing(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        ingest(written(tmp_path, text, "w.csv"), tmp_path / "store")
    assert everything(tmp_path / "store") == {}


def test_cp932_declared_as_utf8_is_refused(tmp_path):
    path = written(tmp_path, GOOD, "w.csv", "cp932")
    with pytest.raises(DataError, match="Say encoding = 'cp932'"):
        ingest(path, tmp_path / "store", {"like": "house", "encoding": "utf-8"})
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("where", ["check_rows", "write_part"])
def test_an_interrupt_leaves_nothing_half_written(tmp_path, monkeypatch, where):
    one = written(tmp_path, GOOD, "w98.csv")
    two = written(tmp_path, GOOD.replace("1998", "2000"), "w00.csv")
    ingest(one, tmp_path / "store")
    before = everything(tmp_path / "store")

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ingesting, where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest([one, two], tmp_path / "store")
    assert everything(tmp_path / "store") == before
    # The next call goes on where it stopped.
    report = ingest([one, two], tmp_path / "store")
    assert report.files["skipped"].tolist() == [True, False]


def test_a_killed_ingest_is_taken_up_again(tmp_path):
    path = written(tmp_path, GOOD, "w98.csv")
    ingest(path, tmp_path / "store")
    part = next((tmp_path / "store/parts").iterdir())
    part.rename(part.with_name(f".{part.name}.partial"))  # as if killed before the last step
    (part.with_name(f".{part.name}.partial") / "report.json").unlink()
    with pytest.raises(DataError, match="No waves"):
        Store.open(tmp_path / "store")
    ingest(path, tmp_path / "store")
    assert [p.name for p in (tmp_path / "store/parts").iterdir()] == [part.name]
    assert json.loads((part / "report.json").read_text())["rows_kept"] == 1


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from shuseki.errors import OutputError
from shuseki.records.ingest import ingest
try:
    ingest(sys.argv[1], sys.argv[2])
except OutputError as error:
    print(error)
    sys.exit(3)
"""


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path):
    """No file may pass 200 kB in a process of its own: the disk is full for ingest."""
    small = written(tmp_path, GOOD, "w98.csv")
    ingest(small, tmp_path / "store")
    before = everything(tmp_path / "store")
    rows = "".join(f"2000,{k * 7919 % 1000003},01202,H01,5,{k * k}\n" for k in range(30_000))
    big = written(tmp_path, HEADER + rows, "w00.csv")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(big), str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "Nothing of it was kept" in done.stdout
    assert everything(tmp_path / "store") == before


def test_an_error_that_is_not_the_disk_is_not_called_one(tmp_path, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ingesting, "check_rows", broken)
    with pytest.raises(OSError, match="Input/output") as raised:
        ingest(written(tmp_path, GOOD, "w.csv"), tmp_path / "store")
    assert not isinstance(raised.value, OutputError)


def test_progress_is_told(tmp_path):
    told = []
    path = written(tmp_path, GOOD, "w.csv")
    ingest(path, tmp_path / "store", progress=lambda what, share: told.append((what, share)))
    assert told == [("w.csv", 0.0), ("done", 1.0)]


@pytest.mark.parametrize("n", [3_000, pytest.param(400_000, marks=pytest.mark.slow)])
def test_rows_keep_their_numbers_across_blocks_and_lines_that_cannot_be_read(tmp_path, n):
    """The longer file, 42 MB, spans several blocks of the reader."""
    bad = set(range(7, n, n // 9))
    negative = set(range(5, n, n // 7)) - bad
    rows = (
        "cut\n" if k in bad else f"1998,{k},01202,H01,{-1 if k in negative else 5},{k:080d}\n"
        for k in range(n)
    )
    report = ingest(written(tmp_path, HEADER + "".join(rows), "w.csv"), tmp_path / "store")
    assert report.files["rows_in"].item() == n
    aside = set_aside(tmp_path / "store")
    # Row k + 2 holds number k: the header is row 1.
    for reason, expected in (("unreadable", bad), ("negative employees", negative)):
        assert set(aside.loc[aside.reason == reason, "row"]) == {k + 2 for k in expected}
