"""Is a study file refused before anything runs, with the nearest right key?"""

import json
from pathlib import Path

import pytest

from shuseki.cli.study import telling
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import say, told
from shuseki.papers.catalogue import new_paper
from shuseki.study.specification import bundled_studies, read_study

GOOD = """
[study]
name = "mine"
title = "Mine"

[births]
at = 2000
since = 1998
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_paper_may_be_a_folder_beside_the_study(tmp_path: Path) -> None:
    new_paper(tmp_path / "mypaper")
    study = read_study(write(tmp_path, GOOD + '[entry]\npaper = "mypaper"'))
    assert study.paper_named == str(tmp_path / "mypaper")
    with pytest.raises(DataError, match=r"there is no folder .*nopaper"):
        read_study(write(tmp_path, GOOD + '[entry]\npaper = "nopaper"'))


@pytest.mark.parametrize("name", bundled_studies())
def test_bundled_studies_are_valid(name: str) -> None:
    assert read_study(name).name == name


def test_defaults(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, GOOD))
    assert study.records.source == "synthetic-census"
    assert study.entry.standard_errors == "HC1"
    assert [chapter.name for chapter in study.chapters] == ["records", "region", "births"]
    assert study.is_synthetic


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("sinse = 1998", r"births.sinse: unknown key. Did you mean 'since'\?"),
        ("[recrods]", r"recrods: unknown key. Did you mean 'records'\?"),
        ('[entry]\nstandard_errors = "HC7"', r"entry.standard_errors: .*found 'HC7'"),
        ("[records]\nscale = 1000", r"records.scale: expected 100 or less"),
        ("earlier = [2001]", r"2001 are not before the wave of the births, 2000"),
        (
            '[[records.waves]]\nfiel = "x"',
            r"records.waves.0.fiel: unknown key. Did you mean 'file'",
        ),
    ],
)
def test_faults_are_named_with_the_remedy(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_study(write(tmp_path, GOOD + change))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has 2 faults:") as caught:
        read_study(write(tmp_path, GOOD + "sinse = 1\n[recrods]"))
    assert "births.sinse" in str(caught.value)
    assert "nothing was run" in str(caught.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    more = '[records]\nsource = "files"\n[[records.waves]]\nfile = "absent.csv"'
    with pytest.raises(DataError, match=r"do not exist: .*absent\.csv"):
        read_study(write(tmp_path, GOOD + more))


def test_files_without_waves_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no records\.waves are named"):
        read_study(write(tmp_path, GOOD + '[records]\nsource = "files"'))


def test_not_toml(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a TOML file in UTF-8"):
        read_study(write(tmp_path, "[study\nname = 3"))
    path = tmp_path / "cp932.toml"
    path.write_bytes('title = "開業率"'.encode("cp932"))
    with pytest.raises(DataError, match="is not a TOML file in UTF-8"):
        read_study(path)


def test_unknown_study_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownCodeError, match="Did you mean okamuro-2006"):
        read_study("okamuro-206")
    with pytest.raises(ParameterError, match="No study file"):
        read_study(tmp_path / "absent.toml")


def test_a_command_line_is_checked_too(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, GOOD))
    assert study.changed(lang="ja", scale=0.5).report.lang == "ja"
    with pytest.raises(ParameterError, match=r"report\.lang"):
        study.changed(lang="fr")


def test_steps_are_told_on_the_bar_in_the_language_of_the_report(capsys) -> None:
    with telling("bar", "a study", "ja") as tell:
        tell({"event": "step", "step": say("count the births")})
        tell({"event": "progress", "step": "count the births", "done": 1, "of": 2})
    assert "count the births" not in capsys.readouterr().out
    with telling("json", "a study", "ja") as tell:
        tell({"event": "step", "step": say("count the births")})
    assert json.loads(capsys.readouterr().out)["step"] == "count the births"
    assert told(say("count the births"), "ja") == "開業の集計"
