"""A study holds orders against a directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shuseki.errors import ShusekiError
from shuseki.study.run import run
from shuseki.study.specification import read_study

LIST = """会員番号,会社名,所在地,緯度,経度,加工内容,材質
1,鈴木製作所,大田区,35.56,139.72,旋盤,SUS304
2,佐藤研磨,大田区,35.57,139.71,バフ研磨,ステンレス
"""
ORDER = """
id = "a"
quantity = 20
placed = 2026-01-05
due = 2026-03-06
cluster = "ota"
unknown = "ask"
[[steps]]
process = "turning"
[[steps]]
process = "polishing"
"""


def study(folder: Path, sourcing: str, more: str = "") -> Path:
    (folder / "list.csv").write_text(LIST, encoding="utf-8")
    (folder / "order.toml").write_text(ORDER, encoding="utf-8")
    place = folder / "study.toml"
    head = '[study]\nname = "chains"\ntitle = "Chains"\ntitle_ja = "連鎖"\n'
    place.write_text(f"{head}[sourcing]\n{sourcing}\n{more}\n", encoding="utf-8")
    return place


def everything(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.suffix in (".csv", ".html", ".json")]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def test_synthetic_clusters_are_told_as_such(tmp_path: Path) -> None:
    asked = "made_up_firms = 60\nmade_up_orders = 4\nruns = 4"
    place = study(tmp_path, asked, '[report]\nlang = "ja"')
    done = run(read_study(place), tmp_path / "out")
    assert done.study.is_synthetic
    assert list(done.results()) == [
        *("sourcing_gaps", "criticality", "cascade", "policies", "exit_outlook"),
        *("positions", "brokerage", "group_mixing", "systemic_risk", "percolation"),
        *("sharing_rent", "channels"),
    ]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "企業は合成であり、実在しない" in page
    for title in ("退出が惜しまれる企業", "企業間の取引関係", "企業情報の共有がもたらすもの"):
        assert title in page


def test_it_is_absent_unless_it_is_asked_for() -> None:
    assert "sourcing" not in [one.name for one in read_study("okamuro-2006").chapters]


OWN = 'firms = "list.csv"\ncluster = "ota"\norders = "order.toml"\nruns = 4'


def test_firms_of_a_user_are_not_named_to_others(tmp_path: Path) -> None:
    done = run(read_study(study(tmp_path, OWN)), tmp_path / "out")
    told = everything(tmp_path / "out")
    assert done.is_checked
    for name in ("鈴木", "佐藤", "ota/1 ", "ota/2 "):
        assert name not in told
    assert json.loads((tmp_path / "out" / "outputs.json").read_text())["checked"]


def test_for_internal_use_they_are(tmp_path: Path) -> None:
    place = study(tmp_path, OWN, "[disclosure]\napply = false")
    run(read_study(place), tmp_path / "out")
    assert "ota/1" in everything(tmp_path / "out")


def test_orders_that_nobody_can_make_are_told_as_such(tmp_path: Path) -> None:
    place = study(tmp_path, OWN, "[disclosure]\napply = false")
    refused = ORDER.replace('unknown = "ask"', 'unknown = "refuse"')
    (tmp_path / "order.toml").write_text(refused, encoding="utf-8")  # the list tells no lots
    done = run(read_study(place), tmp_path / "out")
    assert "no firm's exit loses any of 1 orders" in done.headlines()["criticality"]


def test_one_part_alone(tmp_path: Path) -> None:
    place = study(tmp_path, f'{OWN}\nparts = ["network"]', "[disclosure]\napply = false")
    done = run(read_study(place), tmp_path / "out")
    assert done.results() == {}  # the list tells no ties
    assert "too little" in everything(tmp_path / "out")


@pytest.mark.parametrize(
    ("sourcing", "said"),
    [
        ('firms = "list.csv"', "cluster is missing"),
        ('firms = "list.csv"\nstore = "order.toml"\ncluster = "ota"', "Take one out"),
        ("parts = []", "parts is empty"),
        ('parts = ["gap"]', "parts"),
        ('firms = "nothing.csv"\ncluster = "ota"', "nothing.csv"),
        ("runs = 1", "runs"),
        ("seeds = 1", "Did you mean 'seed'"),
    ],
)
def test_faults_are_named_before_anything_runs(tmp_path: Path, sourcing: str, said: str) -> None:
    with pytest.raises(ShusekiError, match=said):
        read_study(study(tmp_path, sourcing))
