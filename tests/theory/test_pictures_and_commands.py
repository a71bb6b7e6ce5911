"""Pictures and commands of the theories."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from shuseki.cli.theory import app
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.report.plots import plot
from shuseki.theory import CorePeriphery, sweep

RUNNER = CliRunner()


def test_stable_and_unstable_are_drawn_apart():
    found = sweep(CorePeriphery(), transport_cost=np.linspace(1.4, 2.0, 7), seeds=1)
    names = {trace.name for trace in plot(found).data}
    assert names == {"stable", "unstable"}


def test_offshoring_command_writes_page_and_table(tmp_path):
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    ran = RUNNER.invoke(
        app,
        ["offshoring", "--good", "lathes=4,1.5", "--figure", str(page), "--output", str(table),
         "--lang", "ja"],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert "lathes" in ran.output
    assert "移転" in page.read_text(encoding="utf-8")
    assert table.read_text().startswith("good,good_ja,elasticity_of_substitution")
    assert "移転する輸送費" in ran.output


def test_knowledge_command():
    ran = RUNNER.invoke(app, ["knowledge", "--efficiency", "0.7"])
    assert ran.exit_code == 0, ran.output
    assert "at best 0.42188 at 61.0%" in " ".join(ran.output.split())


def test_commands_speak_japanese():
    for words in (["knowledge"], ["path", "--process", "entry-exit"]):
        ran = RUNNER.invoke(app, [*words, "--lang", "ja"])
        assert ran.exit_code == 0, ran.output
        assert re.findall(r"(?<!--)\b[A-Za-z]{4,}", ran.output) == []


def test_linear_model_from_the_command():
    ran = RUNNER.invoke(app, ["bifurcation", "--model", "linear", "--costs", "6"])
    assert ran.exit_code == 0, ran.output
    # τ* of the default parameters, as in the docstring of Linear
    assert "break points 0.225722" in " ".join(ran.output.split())


@pytest.mark.slow
def test_bifurcation_command():
    ran = RUNNER.invoke(app, ["bifurcation", "--costs", "6", "--from", "1.5", "--to", "2"])
    assert ran.exit_code == 0, ran.output
    assert "1.626577" in ran.output


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["counterfactual", "--cost", "Suwa=0.8"], ParameterError, "names one area"),
        (["counterfactual", "--productivity", "Suwa"], ParameterError, "has no value"),
        (["counterfactual", "--productivity", "Sua=1.1"], UnknownCodeError, "Unknown area"),
        (["counterfactual", "--congestion", "0.3"], ParameterError, "which has none"),
        (["offshoring", "--good", "x=big"], ParameterError, "is no number"),
    ],
)
def test_commands_refuse(words, error, says):
    ran = RUNNER.invoke(app, words)
    assert isinstance(ran.exception, error)
    assert says in str(ran.exception)
