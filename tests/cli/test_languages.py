"""Is every command told in either language?"""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from shuseki.cli import COMMANDS
from shuseki.cli.datasets import app as datasets
from shuseki.cli.records import app as records

NO_LANGUAGE: frozenset[str] = frozenset()
"""Commands that say nothing of their own."""
HEADER = "wave,id,municipality,industry,employees\n"
run = CliRunner().invoke


def commands() -> Iterator[tuple[str, object]]:
    """Every command of every room, by its full name."""
    for name, (room, _) in COMMANDS.items():
        found = get_command(import_module(f"shuseki.cli.{room}").app)
        inside = getattr(found, "commands", {})
        if not inside:
            yield name, found
        elif name in inside:
            yield name, inside[name]
        else:
            yield from ((f"{name} {word}", one) for word, one in inside.items())


def test_every_command_has_a_language() -> None:
    every = dict(commands())
    assert len(every) > len(COMMANDS)
    without = {
        name
        for name, command in every.items()
        if not any("--lang" in one.opts for one in command.params)
    }
    assert without == NO_LANGUAGE


@pytest.mark.parametrize("words", [["layouts"], ["validate", "w.csv"]])
def test_an_unknown_language_is_refused(words: list[str]) -> None:
    assert "Unknown language 'fr'" in str(run(records, [*words, "--lang", "fr"]).exception)


def english(text: str) -> list[str]:
    """Words of four Latin letters or more that are no names of files and keys."""
    return re.findall(r"[A-Za-z]{4,}", re.sub(r"[\w/.-]*\.csv|house|utf-8|'[^']*'", "", text))


def test_findings_are_told_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    rows = "1998,1,01202,H01,-5\n1998,2,99999,H01,5\n2008,3,34206,H01,5\n1998,4\n"
    path.write_text(HEADER + rows)
    done = run(records, ["validate", str(path), "--lang", "ja"])
    assert done.exit_code == 1
    assert "従業者数が負" in done.output
    assert "34206（因島市）は2006-01-10まで有効であった" in done.output
    # What the user wrote, and where the records are from, stay.
    told = [line for line in done.output.splitlines() if not line.startswith("出所")]
    assert english("\n".join(told)) == []


def test_findings_are_written_by_the_ending_of_the_file(tmp_path: Path) -> None:
    path, page = tmp_path / "w.csv", tmp_path / "findings.html"
    path.write_text(HEADER + "1998,1,01202,H01,-5\n")
    run(records, ["validate", str(path), "--lang", "ja", "--output", str(page)])
    assert "従業者数が負" in page.read_text(encoding="utf-8")


def test_what_was_taken_in_is_told_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(HEADER + "1998,1,01202,H01,-5\n1998,2,01202,H01,5\n")
    words = ["ingest", str(path), "--store", str(tmp_path / "store"), "--lang", "ja"]
    first = run(records, words).output
    assert "1ファイル：入力2行＝採用1行＋除外1行" in first
    assert "採用行数" in first
    assert "取込済み" in run(records, words).output


def test_data_sets_and_layouts_are_listed_in_japanese(tmp_path: Path) -> None:
    assert "様式" in run(records, ["layouts", "--lang", "ja"]).output
    place = tmp_path / "sets.csv"
    done = run(datasets, ["--lang", "ja", "--output", str(place)])
    assert "研究：companies-2021-2026、okamuro-2006" in done.output
    assert "合成" in done.output
    assert place.is_file()
