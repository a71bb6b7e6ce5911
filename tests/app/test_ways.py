"""Does every page show how it is had elsewhere, and is what it shows the same?"""

import csv
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient
from typer.testing import CliRunner

from shuseki.app.asking import ask
from shuseki.app.questions import QUESTIONS
from shuseki.cli import app as command_line
from shuseki.errors import ParameterError, UnknownCodeError

CHEAP = [name for name in QUESTIONS if name not in ("bifurcation", "capacity", "rents")]
RUN = {
    "ranking": "by=prefecture&indicator=employment",
    "drivers": "area=松本・諏訪&unemployment=5&size=-5",
    "orders": "steps=研磨 SUS304&quantity=50",
    "survey": "",
    "knowledge": "theta=0.3&group=3",
    "area": "area=松本・諏訪",
    "profiles": "areas=松本・諏訪,東大阪",
    "audit": "paper=okamuro-2006",
    "counterfactual": "by=prefecture&area=Osaka&size=0.3",
}
"""Questions whose command and Python are run, with options that are not the defaults: every one
with a command of its own, and two of ``shuseki ask``. All the others are asked in the same way."""


@pytest.mark.parametrize("name", CHEAP)
def test_every_page_is_had_as_command_python_files_and_link(client: TestClient, name: str):
    lang = "ja"
    page = client.get(f"/{lang}/{name}").text
    ways = page[page.index('class="ways"') :]
    for ending in (".csv", ".xlsx", ""):
        assert f'href="/api/{name}{ending}?' in ways
    assert f'href="/{lang}/{name}"' in ways
    command, python = re.findall(r"<code>(.*?)</code>", ways, re.DOTALL)
    assert command.startswith("shuseki ")
    assert "import" in python
    compile(python.replace("&#34;", '"').replace("&#39;", "'"), name, "exec")
    assert 'class="sources"' in page


def cell(value: Any) -> str:
    """A number to six digits, or a text."""
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError):
        return str(value)


def told_cells(told: dict[str, Any]) -> set[str]:
    """Every cell of the tables of an answer."""
    tables = told["tables"]
    return {cell(value) for table in tables for row in table["rows"] for value in row.values()}


@pytest.mark.parametrize("name", RUN)
def test_the_command_gives_the_numbers_of_the_page(client: TestClient, name: str, tmp_path: Path):
    told = client.get(f"/api/{name}?{RUN[name]}&limit=10000").json()
    words = shlex.split(told["command"])
    assert words[0] == "shuseki"
    place = tmp_path / ("out.xlsx" if name in ("area", "profiles") else "out.csv")
    done = CliRunner().invoke(command_line, [*words[1:], "--output", str(place)])
    assert done.exit_code in ((0, 1) if name == "audit" else (0,)), done.output
    if place.suffix == ".xlsx":
        book = load_workbook(place, read_only=True)
        rows = [list(row) for sheet in book.worksheets[1:] for row in sheet.values]
    else:
        rows = list(csv.reader(io.StringIO(place.read_text(encoding="utf-8-sig"))))
    found = {cell(value) for row in rows[1:] for value in row if value}
    told_too = told_cells(told)
    shared = found & told_too
    assert found
    # a workbook may hold more than the page; page and file word verdicts in their own ways
    assert len(shared) >= 0.5 * min(len(found), len(told_too)), sorted(found - shared)[:20]


@pytest.mark.parametrize("name", RUN)
def test_the_python_gives_the_numbers_of_the_page(client: TestClient, name: str):
    told = client.get(f"/api/{name}?{RUN[name]}&limit=10000").json()
    *first, last = told["python"].split("\n")
    space: dict[str, Any] = {}
    exec("\n".join(first), space)
    answer = eval(last, space)
    frames = answer if isinstance(answer, list) else [answer.to_frame()]
    found = {cell(value) for frame in frames for column in frame for value in frame[column]}
    shared = found & told_cells(told)
    assert found
    assert len(shared) >= 0.5 * len(found), sorted(found - shared)[:20]


def test_an_answer_asked_for_is_that_of_its_page(client: TestClient):
    told = client.get("/api/ranking?by=prefecture&indicator=plants").json()
    frame = ask("ranking", by="prefecture", indicator="plants").tables()[0].frame
    shown = [row["plants"] for row in told["tables"][0]["rows"]]
    assert frame["plants"].tolist() == pytest.approx(shown)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UnknownCodeError, match="question"):
        ask("nothing")
    with pytest.raises(ParameterError, match="Expected the options"):
        ask("ranking", nothing=1)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "html"])
def test_an_answer_is_written_as_a_file(tmp_path: Path, ending: str):
    place = tmp_path / f"out.{ending}"
    words = ["ask", "ranking", "by=prefecture", "indicator=plants", "--output", str(place)]
    done = CliRunner().invoke(command_line, words)
    assert done.exit_code == 0, done.output
    if ending == "json":
        rows = json.loads(place.read_text(encoding="utf-8"))["ranking"]
        assert len(rows) == 47
    assert place.stat().st_size > 500


@pytest.mark.parametrize(
    "words", [["nothing"], ["ranking", "nothing"], ["ranking", "by=@no-such-file"]]
)
def test_what_is_asked_wrongly_is_refused_in_words(words: list[str]):
    done = CliRunner().invoke(command_line, ["ask", *words])
    assert done.exit_code != 0
    assert "Expected" in str(done.exception) or "Expected" in done.output
