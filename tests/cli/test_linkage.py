"""Two files are linked from a terminal, in both languages."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli import app
from shuseki.errors import DataError, ParameterError

RUN = CliRunner()


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    left = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "name": ["㈱東洋製作所", "Müller GmbH", "日進電機"],
            "plz": list("123"),
        }
    )
    right = pd.DataFrame(
        {
            "id": ["x", "y", "z"],
            "name": ["Muller", "株式会社東洋製作所", "大和印刷"],
            "plz": list("219"),
        }
    )
    places = tmp_path / "left.csv", tmp_path / "right.csv"
    for frame, place in zip((left, right), places, strict=True):
        frame.to_csv(place, index=False)
    return str(places[0]), str(places[1])


def test_links_are_written(files: tuple[str, str], tmp_path: Path) -> None:
    out, review = tmp_path / "links.csv", tmp_path / "review.csv"
    found = RUN.invoke(
        app,
        ["link", *files, "--extra", "plz", "--out", str(out), "--review", str(review), "--draws",
         "20"],
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    table = pd.read_csv(out)
    assert set(zip(table["left"], table["right"], strict=True)) == {("a", "y"), ("b", "x")}
    assert "match" in pd.read_csv(review)


def test_japanese(files: tuple[str, str]) -> None:
    found = RUN.invoke(app, ["link", *files, "--lang", "ja", "--draws", "0"])
    assert found.exit_code == 0, found.output
    assert "リンク" in found.output


@pytest.mark.parametrize("option", [["--column", "nom"], ["--column", "colour=x"]])
def test_a_column_that_cannot_be(files: tuple[str, str], option: list[str]) -> None:
    found = RUN.invoke(app, ["link", *files, *option])
    assert isinstance(found.exception, ParameterError)


def test_an_empty_file(files: tuple[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("id,name\n")
    found = RUN.invoke(app, ["link", files[0], str(empty)])
    assert isinstance(found.exception, DataError)
