"""The directory from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shuseki.cli.directory import app
from shuseki.errors import DataError, ParameterError

LIST = """会員番号,会社名,所在地,緯度,経度,加工内容,材質,加工寸法,公差等級
1,鈴木製作所,大田区,35.56,139.72,旋盤,SUS304,1〜200,IT7
2,佐藤研磨,大田区,35.57,139.71,"バフ研磨、円筒研磨",ステンレス,500以下,IT6
"""


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    return found.exit_code, found.output


@pytest.fixture
def store(tmp_path: Path) -> str:
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    store = str(tmp_path / "ota.sqlite")
    code, said = run("import", str(tmp_path / "list.csv"), "--store", store, "--cluster", "ota")
    assert code == 0
    assert "ota: 2 added" in said
    return store


def test_search_in_both_languages(store: str) -> None:
    code, said = run("search", "研磨 SUS304 φ20 IT6 大田区から50km", "--store", store)
    assert code == 0
    assert "1 of 2 firms can" in said
    assert "ota/2" in said
    assert "ota/1" not in said  # only with --all
    _, said = run("search", "研磨 SUS304", "--store", store, "--lang", "ja", "--all")
    assert "2社のうち1社が可能" in said
    assert "工程：求める研磨、登録旋削：不適合" in said


def test_check(store: str, tmp_path: Path) -> None:
    code, said = run("check", str(tmp_path / "list.csv"), "--cluster", "ota")
    assert code == 1
    assert "円筒研磨" in said
    code, said = run("check", "--store", store)
    assert (code, "nothing wrong" in said) == (0, True)
    with pytest.raises(ParameterError, match="Nothing to check"):
        run("check")


def test_export(store: str, tmp_path: Path) -> None:
    run("export", "--store", store, "--output", str(tmp_path / "all.json"))
    told = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert [firm["id"] for firm in told["firms"]] == ["1", "2"]
    run("export", "--store", store, "--output", str(tmp_path / "c.csv"), "--table", "capabilities")
    assert (tmp_path / "c.csv").read_text(encoding="utf-8").startswith("firm,process,")
    with pytest.raises(ParameterError, match="json"):
        run("export", "--store", store, "--output", str(tmp_path / "all.doc"))


def test_levels_peers_and_pulls(store: str) -> None:
    assert run("level", "firms.name", "private", "--store", store)[0] == 0
    code, said = run("search", "旋盤", "--store", store, "--role", "public", "--cluster", "x")
    assert code == 0
    assert "鈴木製作所" not in said
    code, key = run("key", "--store", store)
    assert len(key.strip()) == 64
    code, said = run("peer", "suwa", key.strip(), "--store", store, "--url", "http://127.0.0.1:9")
    assert "suwa" in said
    code, said = run("pull", "--store", store)
    assert code == 1
    assert "failed" in said
    run("peer", "suwa", "--forget", "--store", store)
    assert run("pull", "--store", store)[0] == 0


def test_without_a_registry_firms_are_synthetic() -> None:
    code, said = run("search", "polishing near Sabae")
    assert code == 0
    assert "Synthetic" in said


def test_a_registry_is_of_one_cluster(store: str, tmp_path: Path) -> None:
    words = ("import", str(tmp_path / "list.csv"), "--store", store)
    with pytest.raises(ParameterError, match="not of suwa"):
        run(*words, "--cluster", "suwa")
    with pytest.raises(ParameterError, match="--cluster"):
        run("import", str(tmp_path / "list.csv"), "--store", str(tmp_path / "new.sqlite"))
    with pytest.raises(DataError, match="no registry"):
        run("search", "x", "--store", str(tmp_path / "none.sqlite"))
    assert not (tmp_path / "new.sqlite").exists()


def test_layouts() -> None:
    assert "chamber" in run("layouts")[1]
