"""Is what a store gives exactly what its files say, whatever happened to it before?"""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from shuseki.disk import Scratch, locked, sweep
from shuseki.errors import DataError, OutputError, ParameterError
from shuseki.records.ingest import Delivery, bind, ingest, writing
from shuseki.records.layouts import layout
from shuseki.records.store import Store

HEADER = "wave,id,municipality,industry,employees\n"


def rows(year: int, ids: range, employees: int = 5) -> str:
    return "".join(f"{year},{k},01202,H01,{employees}\n" for k in ids)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + text)
    return path


def total(store: Store) -> tuple[int, int]:
    frame = store.establishments().to_pandas()
    return len(frame), int(frame["employees"].sum())


def bound(folder: Path, *files: Path) -> Store:
    with writing(folder):
        report = bind([Delivery(path, layout("house")) for path in files], folder)
    return Store.open(folder, parts=report.parts, converter=None)


# ---- a wave delivered again ---------------------------------------------------------------------


def test_a_corrected_wave_is_refused_or_replaces_itself(tmp_path: Path) -> None:
    old = written(tmp_path / "old/w98.csv", rows(1998, range(10)))
    new = written(tmp_path / "new/w98.csv", rows(1998, range(12), employees=7))
    ingest(old, tmp_path / "store")
    with pytest.raises(DataError, match=r"10 of the 12 .*already.*--replace"):
        ingest(new, tmp_path / "store")
    assert total(Store.open(tmp_path / "store")) == (10, 50)
    report = ingest(new, tmp_path / "store", replace=True)
    assert "replaced: w98.csv" in report.headline()
    assert total(Store.open(tmp_path / "store")) == (12, 84)
    assert len(list((tmp_path / "store/parts").iterdir())) == 1
    # and back again
    ingest(old, tmp_path / "store", replace=True)
    assert total(Store.open(tmp_path / "store")) == (10, 50)


def test_replacing_by_another_name_and_by_another_layout(tmp_path: Path) -> None:
    ingest(written(tmp_path / "w98.csv", rows(1998, range(10))), tmp_path / "store")
    path = written(tmp_path / "w98_corrected.csv", rows(1998, range(9), employees=7))
    ingest(path, tmp_path / "store", replace=True)
    assert total(Store.open(tmp_path / "store")) == (9, 63)
    other = {"like": "house", "multiply": {"employees": 2}}
    with pytest.raises(ParameterError, match="by another layout"):
        ingest(path, tmp_path / "store", other)
    ingest(path, tmp_path / "store", other, replace=True)
    assert total(Store.open(tmp_path / "store")) == (9, 126)


def test_only_the_same_delivery_is_replaced(tmp_path: Path) -> None:
    """Forty-seven files of one wave: a corrected one replaces its own part, not the others."""
    files = [written(tmp_path / f"{k}.csv", rows(1998, range(10 * k, 10 * k + 10))) for k in (1, 2)]
    ingest(files, tmp_path / "store")
    again = written(tmp_path / "again/1.csv", rows(1998, range(10, 20), employees=7))
    ingest(again, tmp_path / "store", replace=True)
    assert total(Store.open(tmp_path / "store")) == (20, 120)


def test_replacing_never_loses_another_wave(tmp_path: Path) -> None:
    both = rows(1998, range(10)) + rows(2000, range(10))
    ingest(written(tmp_path / "w.csv", both), tmp_path / "store")
    again = written(tmp_path / "again/w.csv", rows(1998, range(10), employees=7))
    with pytest.raises(DataError, match="wave 2000 would be lost"):
        ingest(again, tmp_path / "store", replace=True)
    assert total(Store.open(tmp_path / "store")) == (20, 100)


def test_a_few_common_numbers_are_set_aside_and_told(tmp_path: Path) -> None:
    one = written(tmp_path / "a.csv", rows(1998, range(10)))
    two = written(tmp_path / "b.csv", rows(1998, range(8, 18)))
    report = ingest([one, two], tmp_path / "store")
    assert report.reasons == {"duplicate id": 2}
    assert report.notes == (
        "2 rows of b.csv are set aside: a.csv has establishments with their numbers in the same "
        "wave.",
    )


# ---- what a study reads -------------------------------------------------------------------------


def test_a_study_reads_the_parts_of_its_files_and_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(10)))
    assert total(bound(tmp_path / "store", path)) == (10, 50)
    before = {part.name for part in (tmp_path / "store/parts").iterdir()}
    written(path, rows(1998, range(10), employees=7))  # corrected in place
    assert total(bound(tmp_path / "store", path)) == (10, 70)
    assert before < {part.name for part in (tmp_path / "store/parts").iterdir()}
    with pytest.raises(DataError, match="in two parts that were taken in apart"):
        Store.open(tmp_path / "store")
    written(path, rows(1998, range(10)))  # and back: the first part is there still
    assert total(bound(tmp_path / "store", path)) == (10, 50)
    assert len(list((tmp_path / "store/parts").iterdir())) == 2


def test_a_file_that_left_the_study_takes_nothing_with_it(tmp_path: Path) -> None:
    """Rows set aside because another file has them come back when that file is not named."""
    one = written(tmp_path / "a.csv", rows(1998, range(10)))
    two = written(tmp_path / "b.csv", rows(1998, range(8, 18)))
    assert total(bound(tmp_path / "store", one, two)) == (18, 90)
    assert total(bound(tmp_path / "store", two)) == (10, 50)
    assert total(bound(tmp_path / "store", one, two)) == (18, 90)


def test_what_ingest_took_in_serves_a_study_in_any_order(tmp_path: Path) -> None:
    one = written(tmp_path / "a.csv", rows(1998, range(10)))
    two = written(tmp_path / "b.csv", rows(1998, range(8, 18)))
    ingest([two, one], tmp_path / "store")
    assert total(bound(tmp_path / "store", one, two)) == (18, 90)
    assert len(list((tmp_path / "store/parts").iterdir())) == 2


def test_a_converter_belongs_to_who_asks(tmp_path: Path) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(10)))
    ingest(path, tmp_path / "store")
    table = pd.DataFrame({"from_wave": [1998], "to_wave": [2000], "from_id": [1], "to_id": [2]})
    table.to_parquet(tmp_path / "store/converter.parquet", index=False)
    own = Store.open(tmp_path / "store").converter()
    assert own is not None
    assert own.to_pandas().to_numpy().tolist() == [[1998, 2000, 1, 2]]
    assert bound(tmp_path / "store", path).converter() is None
    store = Store.open(tmp_path / "store", converter=table.assign(to_id=["3"]))
    given = store.converter()
    assert given is not None
    assert store.connection.to_pandas(given)["to_id"].tolist() == [3]
    for wrong in ("3.0", "A3", ""):
        store = Store.open(tmp_path / "store", converter=table.assign(to_id=[wrong]))
        with pytest.raises(DataError, match="no whole numbers"):
            store.converter()


# ---- exactly the named file ---------------------------------------------------------------------


def test_a_folder_whose_name_is_a_pattern_or_a_partition(tmp_path: Path) -> None:
    for folder, employees in (("s[2]", 5), ("s2", 7), ("employees=999", 3), ("it's a * ?", 4)):
        path = written(tmp_path / folder / "w.csv", rows(1998, range(10), employees))
        ingest(path, tmp_path / folder / "store")
    for folder, employees in (("s[2]", 5), ("s2", 7), ("employees=999", 3), ("it's a * ?", 4)):
        assert total(Store.open(tmp_path / folder / "store")) == (10, 10 * employees)


def test_the_file_that_is_named_is_read(tmp_path: Path) -> None:
    named = written(tmp_path / "w[2]000.csv", rows(2000, range(3)))
    written(tmp_path / "w2000.csv", rows(2000, range(100)))
    assert ingest(named, tmp_path / "store").files["rows_in"].item() == 3
    frame = pd.read_csv(named, dtype=str)
    frame.to_parquet(tmp_path / "w[2]000.parquet")
    pd.read_csv(tmp_path / "w2000.csv", dtype=str).to_parquet(tmp_path / "w2000.parquet")
    report = ingest(tmp_path / "w[2]000.parquet", tmp_path / "other")
    assert report.files["rows_in"].item() == 3


# ---- damage and foreign things ------------------------------------------------------------------


def test_damage_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(10)))
    ingest(path, tmp_path / "store")
    part = next((tmp_path / "store/parts").iterdir())
    whole = tmp_path / "whole"
    shutil.copytree(part, whole)
    table = part / "wave=1998/establishments.parquet"

    def damaged(match: str) -> None:
        for call in (lambda: Store.open(tmp_path / "store"), lambda: ingest(path, part.parents[1])):
            with pytest.raises(DataError, match=rf"{match}.*Remove the folder .*ingest its file"):
                call()
        shutil.rmtree(part)
        shutil.copytree(whole, part)

    table.write_bytes(table.read_bytes()[:-20])
    damaged("has .* bytes, not")
    table.unlink()
    damaged("is missing")
    (part / "report.json").unlink()
    damaged("has no report.json")
    (part / "report.json").write_text("{")
    damaged("cannot be read")
    content = bytearray(table.read_bytes())
    content[10] ^= 255
    table.write_bytes(content)
    with pytest.raises(DataError, match="not as it was written"):
        bound(tmp_path / "store", path)


def test_a_loose_wave_that_was_cut_off(tmp_path: Path) -> None:
    frame = pd.read_csv(written(tmp_path / "w.csv", rows(1998, range(10))), dtype={"id": "int64"})
    frame.to_parquet(tmp_path / "wave_1998.parquet")
    content = (tmp_path / "wave_1998.parquet").read_bytes()
    (tmp_path / "wave_1998.parquet").write_bytes(content[:-30])
    with pytest.raises(DataError, match="cut off or damaged"):
        Store.open(tmp_path).wave(1998)


def test_foreign_things_in_a_store_are_neither_read_nor_deleted(tmp_path: Path) -> None:
    store = tmp_path / "store"
    foreign = {
        "thesis.tex": "precious",
        "parts/notes.txt": "precious",
        "parts/mine/table.csv": "precious",
        "parts/mine/report.json": '{"my": "own"}',
        "parts/.shuseki-mine/lock": "not ours",
        "parts/.shuseki-mine/precious.txt": "precious",
        "parts/.shuseki-file": "precious",
        "wave_notes.parquet": "no parquet",
    }
    for name, text in foreign.items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_text(text)
    ingest(written(tmp_path / "w98.csv", rows(1998, range(10))), store)
    again = written(tmp_path / "again/w98.csv", rows(1998, range(10), employees=7))
    ingest(again, store, replace=True)
    assert total(Store.open(store)) == (10, 70)
    assert {name: (store / name).read_text() for name in foreign} == foreign


def test_a_replaced_part_keeps_what_the_user_put_into_it(tmp_path: Path) -> None:
    ingest(written(tmp_path / "w98.csv", rows(1998, range(10))), tmp_path / "store")
    part = next((tmp_path / "store/parts").iterdir())
    (part / "notes.txt").write_text("precious")
    (part / "wave=1998/notes.txt").write_text("precious")
    again = written(tmp_path / "again/w98.csv", rows(1998, range(10), employees=7))
    ingest(again, tmp_path / "store", replace=True)
    assert total(Store.open(tmp_path / "store")) == (10, 70)
    assert sorted(p.name for p in part.rglob("*.txt")) == ["notes.txt", "notes.txt"]
    assert not list(part.rglob("*.parquet"))


def test_a_report_that_names_files_of_others_deletes_none(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(written(tmp_path / "w98.csv", rows(1998, range(10))), store)
    (tmp_path / "precious.txt").write_text("precious")
    part = next((store / "parts").iterdir())
    said = json.loads((part / "report.json").read_text())
    said["files"]["../../../precious.txt"] = {"sha256": "", "bytes": 8}
    said["replaces"] = ["..", "../..", "/"]
    (part / "report.json").write_text(json.dumps(said))
    ingest(written(tmp_path / "w00.csv", rows(2000, range(10))), store)
    assert (tmp_path / "precious.txt").read_text() == "precious"


def test_everything_is_closed_to_others(tmp_path: Path) -> None:
    ingest(written(tmp_path / "w98.csv", rows(1998, range(10))), tmp_path / "store")
    for path in [tmp_path / "store", *(tmp_path / "store").rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(10)))
    import shuseki.records.ingest as ingesting

    write_part = ingesting.write_part

    def meanwhile(*given: object) -> object:
        written(path, rows(1998, range(11)))
        return write_part(*given)

    monkeypatch.setattr(ingesting, "write_part", meanwhile)
    with pytest.raises(DataError, match="changed while it was read"):
        ingest(path, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_store_that_got_nothing_goes_away_with_the_folders_made_for_it(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("wave,id\n1998,1\n")
    for refused in ("deep/er/store", "deep"):
        with pytest.raises(DataError, match="Columns missing"):
            ingest(bad, tmp_path / refused)
        assert not (tmp_path / "deep").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    with pytest.raises(DataError, match="Columns missing"):
        ingest(bad, mine)
    assert list(mine.iterdir()) == []  # the folder was there before
    (mine / "notes.txt").write_text("mine")
    good = written(tmp_path / "w98.csv", rows(1998, range(10)))
    ingest(good, mine)
    with pytest.raises(DataError, match="Columns missing"):
        ingest(bad, mine)
    assert Store.open(mine).waves == (1998,)


# ---- two at once, and what a killed one left ----------------------------------------------------

ONE = """
import sys
from shuseki.records.ingest import ingest
print(ingest(sys.argv[1], sys.argv[2]).headline())
"""


def test_two_ingests_at_once_store_rows_once(tmp_path: Path) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(1000)))
    command = [sys.executable, "-c", ONE, str(path), str(tmp_path / "store")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("already in the store" in text for text in said) == 1
    assert total(Store.open(tmp_path / "store")) == (1000, 5000)


def test_a_second_writer_is_refused_in_words_when_it_takes_long(tmp_path: Path) -> None:
    with (
        locked(tmp_path) as first,
        pytest.raises(OutputError, match="used by another process"),
        locked(tmp_path, wait_seconds=0.1),
    ):
        pytest.fail("two writers")
    with locked(tmp_path) as first:
        first.share()
    with locked(tmp_path, wait_seconds=0.1):
        pass


def test_a_dead_owner_does_not_block_and_is_swept(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from shuseki.disk import Scratch, locked\n"
        "with locked(sys.argv[1]):\n"
        "    made = Scratch(sys.argv[1], 'test')\n"
        "    (made.work / 'microdata.csv').write_text('secret')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.rglob("microdata.csv"))) == 1
    with locked(tmp_path, wait_seconds=0.1):
        mine = Scratch(tmp_path, "test")  # sweeps
        assert list(tmp_path.iterdir()) == [mine.place]
        assert sweep(tmp_path) == []  # never a living one
        mine.close()
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_touches_nothing_that_only_looks_like_ours(tmp_path: Path) -> None:
    (tmp_path / ".shuseki-a").mkdir()
    (tmp_path / ".shuseki-a/precious").write_text("x")
    (tmp_path / ".shuseki-b").mkdir()
    (tmp_path / ".shuseki-b/lock").write_text("another program's")
    (tmp_path / "target").mkdir()
    (tmp_path / "target/lock").write_bytes(b"scratch folder of shuseki\n")
    (tmp_path / ".shuseki-c").symlink_to(tmp_path / "target")
    before = sorted(tmp_path.rglob("*"))
    old = time.time() - 100
    for path in before:
        os.utime(path, (old, old), follow_symlinks=False)
    sweep(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_start_that_takes_nothing_in_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    path = written(tmp_path / "w98.csv", rows(1998, range(10)))
    ingest(path, tmp_path / "store")
    killed = Scratch(tmp_path / "store/parts", "ingest")
    (killed.work / "rows.parquet").write_text("microdata")
    os.close(killed.lock)  # as the system does when its owner dies
    killed._held = -1
    ingest(path, tmp_path / "store")
    assert not killed.place.exists()
