"""Pictures and commands of the theories."""

import numpy as np
import plotly.graph_objects as go
import pytest
from typer.testing import CliRunner

from shuseki.cli.theory import app, in_japanese
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.report.plots import plot
from shuseki.theory import CorePeriphery, hysteresis, sweep
from shuseki.theory.models.knowledge_creation import (
    KnowledgeCreation,
    exchange_curve,
    group_sizes,
    knowledge_path,
    rotation,
)
from shuseki.theory.models.offshoring import Good, departures
from shuseki.theory.models.path_dependence import Lifecycle, Urn, lifecycle_path, play
from shuseki.theory.models.quantitative_spatial import QuantitativeSpatial
from shuseki.theory.solving.dynamics import simulate

RUNNER = CliRunner()


def results():
    model = CorePeriphery()
    costs = 1 + 4 * np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 10
    world = QuantitativeSpatial.invert(np.arange(1.0, 5), np.ones(4), costs)
    return [
        sweep(model, transport_cost=np.linspace(1.4, 2.0, 7), seeds=1),
        hysteresis(model, transport_cost=np.array([1.5, 1.7, 1.9])),
        departures([Good("a"), Good("b", 3.5)], wage_gap=1.1, transport_cost=np.linspace(1, 2, 9)),
        exchange_curve(np.linspace(0, 0.9, 7)),
        group_sizes(),
        knowledge_path(KnowledgeCreation(rotation([4])), until=5, records=5),
        lifecycle_path(Lifecycle(), until=20, records=9),
        play(Urn(np.ones(2)), histories=20, steps=20),
        simulate(model, np.array([0.6, 0.4]), until=2, records=4),
        world.counterfactual(productivity=np.array([1.1, 1, 1, 1])),
        world.with_draws(draws=4, productivity=np.array([1.1, 1, 1, 1])),
    ]


@pytest.fixture(scope="module")
def all_results():
    return results()


def test_every_picture_speaks_both_languages(all_results):
    for one in all_results:
        english, japanese = plot(one), plot(one, lang="ja")
        assert isinstance(english, go.Figure)
        assert english.data
        assert english.layout.title.text != japanese.layout.title.text
        assert english.layout.title.text.isascii() or "θ" in english.layout.title.text
        assert not in_japanese(one).isascii() or type(one).__name__ in (
            "KnowledgePath",
            "Trajectory",
        )


def test_stable_and_unstable_are_drawn_apart(all_results):
    names = {trace.name for trace in plot(all_results[0]).data}
    assert names == {"stable", "unstable"}


def test_offshoring_command_writes_page_and_table(tmp_path):
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    ran = RUNNER.invoke(
        app,
        ["offshoring", "--good", "lathes=4,1.5", "--figure", str(page), "--table", str(table),
         "--lang", "ja"],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert "lathes" in ran.output
    assert "移転" in page.read_text(encoding="utf-8")
    assert table.read_text().startswith("good,elasticity_of_substitution")


def test_knowledge_command():
    ran = RUNNER.invoke(app, ["knowledge", "--efficiency", "0.7"])
    assert ran.exit_code == 0, ran.output
    assert "at best 0.42188 at 61.0%" in " ".join(ran.output.split())


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
        (["offshoring", "--good", "x=big"], ParameterError, "is no number"),
    ],
)
def test_commands_refuse(words, error, says):
    ran = RUNNER.invoke(app, words)
    assert isinstance(ran.exception, error)
    assert says in str(ran.exception)
