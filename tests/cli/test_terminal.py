"""What a user's file holds is shown in the terminal, and never obeyed by it."""

from io import StringIO
from pathlib import Path

from rich.table import Table
from typer.testing import CliRunner

import shuseki.cli
from shuseki.cli import app
from shuseki.cli.terminal import Terminal


def test_control_characters_are_shown_and_styles_stay():
    out = StringIO()
    console = Terminal(file=out, force_terminal=True, width=60, color_system="standard")
    table = Table("a\x1b[2J")
    table.add_row("b\x9b5m\u202e")
    console.print("c\x1b]0;owned\x07\x7f", style="bold", markup=False, highlight=False)
    console.print(table)
    said = out.getvalue()
    assert "\x1b[1mc␛]0;owned␡\x1b[0m" in said  # the bell is left out by the library
    assert "a␛[2" in said
    assert "b\ufffd5m" in said
    assert not set(said) & {"\x07", "\x7f", "\x9b", "\u202e"}
    assert "\x1b[2J" not in said


def test_findings_of_a_hostile_file(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(
        "id,wave,municipality,industry,employees\nA\x1b[31m,2000,99999\x1b[2J,2911,5\n", "utf-8"
    )
    said = CliRunner().invoke(app, ["validate", str(path)]).output
    assert "99999␛[2J" in said
    assert "\x1b[2J" not in said


def test_every_command_prints_through_it():
    for place in Path(shuseki.cli.__file__).parent.glob("*.py"):
        if place.name != "terminal.py":
            assert "rich.console" not in place.read_text(encoding="utf-8"), place.name
