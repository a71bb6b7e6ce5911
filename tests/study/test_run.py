"""Does a study on the user's own records run from files to report, whole or not at all?"""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, OutputError
from shuseki.geography.areas import municipalities
from shuseki.study.manifest import Manifest
from shuseki.study.run import Run, run
from shuseki.study.specification import Study, read_study

STUDY = """
[study]
name = "mine"
title = "My prefectures"

[records]
source = "files"
converter = "converter.csv"

[records.layouts.mine]
like = "house"
encoding = "cp932"
columns = { id = "番号", municipality = "市区町村", industry = "業種", employees = "従業者" }

[[records.waves]]
file = "w1995.csv"
layout = "mine"
wave = 1995
[[records.waves]]
file = "w1998.csv"
layout = "mine"
wave = 1998
[[records.waves]]
file = "w2000.csv"
layout = "mine"
wave = 2000

[births]
at = 2000
since = 1998
earlier = [1995]
fewer_than_employees = 20

[region]
division = "prefecture"

[accounts]
source = "file"
file = "accounts.csv"

[entry]
robustness = false
outliers = "none"
[[entry.equations]]
outcome = "START"
model = "mine"
terms = ["UNEMPL", "MRATIO"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three waves of 6,000 plants in CP932, a converter, and accounts of 47 prefectures."""
    place = tmp_path_factory.mktemp("mine")
    rng = np.random.default_rng(1)
    codes = municipalities(1998)["code"].to_numpy()
    n = 6000
    plants = pd.DataFrame(
        {
            "番号": np.arange(1, n + 1),
            "市区町村": rng.choice(codes, n),
            "業種": rng.choice(["H01", "H07", "L10", "L30"], n),
            "従業者": rng.integers(4, 40, n),
        }
    )
    born = np.arange(n) % 4 == 0
    plants[~born].to_csv(place / "w1995.csv", index=False, encoding="cp932")
    plants[~born].to_csv(place / "w1998.csv", index=False, encoding="cp932")
    # ten old plants get new numbers in 2000: without the converter they would count as births
    later = plants.copy()
    later.loc[later.index[1:40:4], "番号"] += 100_000
    later.to_csv(place / "w2000.csv", index=False, encoding="cp932")
    old = plants.loc[plants.index[1:40:4], "番号"]
    pd.DataFrame(
        {"from_wave": 1998, "to_wave": 2000, "from_id": old, "to_id": old + 100_000}
    ).to_csv(place / "converter.csv", index=False)
    force = rng.integers(50_000, 4_000_000, 47)
    pd.DataFrame(
        {
            "area": [f"{k:02d}" for k in range(1, 48)],
            "labour_force_1995": force,
            "unemployed_1995": (force * rng.uniform(0.02, 0.06, 47)).round(),
            "manufacturing_employees_1996": (force * rng.uniform(0.1, 0.3, 47)).round(),
            "all_employees_1996": (force * 0.9).round(),
        }
    ).to_csv(place / "accounts.csv", index=False)
    (place / "study.toml").write_text(STUDY, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def written(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """The run, and the folder that it wrote."""
    place = tmp_path_factory.mktemp("out") / "run"
    return run(folder / "study.toml", out=place), place


def test_from_files_to_folder(folder: Path, written: tuple[Run, Path]) -> None:
    answer, place = written
    # every fourth of 6,000 is new; the converter takes the ten renumbered out of the candidates
    assert answer.funnel.candidates == 1500
    records = pd.read_csv(folder / "w2000.csv", encoding="cp932")
    small = records[(records["番号"] <= 6000) & ((records["番号"] - 1) % 4 == 0)]
    assert answer.funnel.left == int((small["従業者"] < 20).sum())
    assert answer.panel.values["births"].sum() == answer.funnel.left
    fit = answer.fits["START", "mine"]
    assert fit.n == 47
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {
        "w1995.csv",
        "w1998.csv",
        "w2000.csv",
        "converter.csv",
        "accounts.csv",
    }
    assert not manifest["synthetic"]
    files = next(step["files"] for step in manifest["steps"] if "files" in step)
    kept = {part["file"]: part["rows_kept"] for part in files}
    assert kept == {"w1995.csv": 4500, "w1998.csv": 4500, "w2000.csv": 6000}
    assert (place / "report.html").stat().st_size > 100_000
    listed = {p for p in everything(place) if p != "manifest.json"}
    assert set(manifest["outputs"]) == listed


def everything(place: Path) -> dict[str, bytes]:
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def test_the_users_folder_survives_every_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    (mine / "thesis.tex").write_text("precious")
    (mine / "manifest.json").write_text('{"name": "my page"}')
    (mine / "data").mkdir()
    before = everything(tmp_path)
    monkeypatch.chdir(mine / "data")
    for out in (".", "..", mine, tmp_path, "../thesis.tex", "../study.toml", "../study.toml/run"):
        with pytest.raises(OutputError):
            run(mine / "study.toml", out=out)
    assert everything(tmp_path) == before


def test_a_study_reads_its_own_files_whatever_its_store_holds(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    monkeypatch.chdir(tmp_path)
    text = STUDY.replace('source = "files"\n', 'source = "files"\nstore = "store"\n', 1)

    def candidates(said: str) -> int:
        (mine / "study.toml").write_text(said, encoding="utf-8")
        return run(mine / "study.toml").funnel.candidates

    assert candidates(text) == 1500
    assert (mine / "store/parts").is_dir()  # beside the study, not where we work
    assert not (tmp_path / "store").exists()
    # without the converter the ten that it explains count as births
    assert candidates(text.replace('converter = "converter.csv"', "")) == 1510
    # a corrected wave of 1998 in which half of the newcomers of 2000 are there already
    early = pd.read_csv(mine / "w1998.csv", encoding="cp932", dtype=str)
    late = pd.read_csv(mine / "w2000.csv", encoding="cp932", dtype=str)
    more = late[~late["番号"].isin(early["番号"]) & (late["番号"].astype(int) <= 6000)].iloc[:750]
    whole = pd.concat([early, more])
    whole.to_csv(mine / "w1998.csv", index=False, encoding="cp932")
    assert candidates(text) == 750
    early.to_csv(mine / "w1998.csv", index=False, encoding="cp932")
    assert candidates(text) == 1500


def test_wards_and_waves_after_the_newest_list_of_codes(folder: Path, tmp_path: Path) -> None:
    # 300 plants of three wards (横浜市鶴見区, 札幌市中央区, and 浜松市中央区, which began in 2024)
    rows = pd.DataFrame(
        {
            "id": range(1, 301),
            "municipality": ["14101", "01101", "22138"] * 100,
            "industry": "H01",
            "employees": 5,
        }
    )
    rows[::10].assign(wave=2022).to_csv(tmp_path / "a.csv", index=False)
    rows.assign(wave=2027).to_csv(tmp_path / "b.csv", index=False)
    text = f"""
[study]
name = "late"
title = "Late"
[records]
source = "files"
[[records.waves]]
file = "a.csv"
[[records.waves]]
file = "b.csv"
[births]
at = 2027
since = 2022
[region]
division = "prefecture"
[accounts]
source = "file"
file = "{folder / "accounts.csv"}"
[entry]
robustness = false
outliers = "none"
[[entry.equations]]
outcome = "START"
model = "1"
terms = ["UNEMPL", "MRATIO"]
"""
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    answer = run(tmp_path / "study.toml")
    assert (answer.funnel.candidates, answer.funnel.left) == (270, 270)
    births = answer.panel.values["births"].sum(axis=(1, 2))
    counts = dict(zip(answer.panel.areas, births, strict=True))
    assert {area: n for area, n in counts.items() if n} == {"01": 90, "14": 90, "22": 90}
    told = " ".join(answer.funnel.notes)
    assert "codes of wards, counted with their city: 300" in told
    assert "it is used for 2027-12-31" in told


def test_two_runs_give_the_same_bytes(
    folder: Path, tmp_path: Path, written: tuple[Run, Path]
) -> None:
    one, two = written[1], tmp_path / "two"
    run(folder / "study.toml", out=two)
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(files) > 5
    assert any(path.suffix == ".xlsx" for path in files)
    for path in files:
        if path.name != "manifest.json":  # it tells the seconds
            assert (one / path).read_bytes() == (two / path).read_bytes(), path


def test_an_interrupt_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shuseki.study.run.write_tables", stop)
    with pytest.raises(KeyboardInterrupt):
        run(folder / "study.toml", out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_so(
    written: tuple[Run, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shuseki.study.run.write_tables", full)
    with pytest.raises(OutputError, match="No room to write"):
        written[0].write(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_synthetic_accounts_need_the_synthetic_census(folder: Path, tmp_path: Path) -> None:
    changed = STUDY.replace('source = "file"\nfile = "accounts.csv"', 'source = "synthetic"')
    path = folder / "mixed.toml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(DataError, match="Expected both from the same census"):
        run(path)


def test_the_error_inside_a_property_is_told_and_not_that_there_is_no_such_property(
    folder: Path,
) -> None:
    asked = read_study(folder / "study.toml")
    chapter = SimpleNamespace(
        name="records", results=lambda answer: {}, is_confidential=lambda answer: answer.rows
    )
    found = Run(
        SimpleNamespace(name="mine", chapters=(chapter,)),  # type: ignore[arg-type]
        {"records": object()},
        Manifest(asked),
    )
    with pytest.raises(AttributeError, match="'object' object has no attribute 'rows'"):
        _ = found.origin
    with pytest.raises(AttributeError, match="The run of 'mine' has no 'originn'"):
        _ = found.originn
    with pytest.raises(AttributeError, match="'object' object has no attribute 'name'"):
        _ = Study({"study": object()}, frozenset()).name  # type: ignore[dict-item]
    with pytest.raises(AttributeError, match="has no attribute 'nome'"):
        _ = asked.nome
