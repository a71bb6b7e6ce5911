"""Pictures and commands of networks, rents, resilience and surveys, in both languages."""

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.network import app
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.papers.survey import printed_questions
from shuseki.report.plots import plot
from shuseki.sourcing.survey import compare_surveys, survey_figure

RUNNER = CliRunner()


def ran(*words):
    result = RUNNER.invoke(app, list(map(str, words)))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def english(text):
    """Words of four or more Latin letters that are no names of files; sources stay as printed."""
    told = "\n".join(line for line in text.splitlines() if not line.startswith("出所"))
    return re.findall(r"(?<![-/.\w])[A-Za-z]{4,}(?![/.\w])", told)


@pytest.fixture
def tables(tmp_path):
    """Small files for every command."""
    pd.DataFrame({"source": ["a", "b", "c", "a"], "target": ["b", "c", "d", "d"]}).to_csv(
        tmp_path / "ties.csv", index=False
    )
    pd.DataFrame({"firm": list("abcd"), "group": ["p", "p", "q", "q"]}).to_csv(
        tmp_path / "firms.csv", index=False
    )
    pd.DataFrame(
        {
            "firm": list("abcd"),
            "owner_age": [60, 70, "", 50],
            "successor": ["decided", "undecided", "will_close", ""],
            "processes": ["hub", "plating", "plating", "turning"],
        }
    ).to_csv(tmp_path / "heads.csv", index=False)
    pd.DataFrame(
        {
            "order": ["1", "1", "2"],
            "chain": ["a>b", "a>c", "a>d"],
            "cost_yen": [100, 120, 80],
            "worth_yen": [200, 200, 200],
        }
    ).to_csv(tmp_path / "chains.csv", index=False)
    pd.DataFrame({"clusters": ["p", "q", "p+q"], "value_yen": [1, 2, 9]}).to_csv(
        tmp_path / "values.csv", index=False
    )
    pd.DataFrame({"member": list("abcd")}).to_csv(tmp_path / "before.csv", index=False)
    pd.DataFrame({"member": list("bcde")}).to_csv(tmp_path / "after.csv", index=False)
    rows = [
        ["信頼できる仲間ができた"],
        ["情報の量が増えた", "信頼できる仲間"],
        ["other gains: 特になし"],
    ] * 8
    pd.DataFrame(
        {
            "firm": [f"f{k}" for k in range(24)],
            "employees": [3, 30] * 12,
            "answers": ["；".join(row) for row in rows],
        }
    ).to_csv(tmp_path / "survey.csv", index=False)
    return tmp_path


def commands(at):
    return {
        "network": ["network", at / "ties.csv", "--firms", at / "firms.csv"],
        "members": ["members", at / "before.csv", at / "after.csv", "--years", "2"],
        "rents": ["rents", "--values", at / "values.csv"],
        "resilience": [
            "resilience", "--chains", at / "chains.csv", "--firms", at / "heads.csv",
            "--runs", "20", "--years", "3",
        ],
        "printed survey": ["survey"],
        "own survey": ["survey", at / "survey.csv", "--group", "employees", "--bounds", "1,20"],
    }  # fmt: skip


SAYS = {
    "network": ["4 firms, 4 ties", "E–I index"],
    "members": ["3 stayed, 1 left, 1 joined in 2 years"],
    "rents": ["sharing brings ¥6: ¥9 together, ¥3 each alone"],
    "resilience": ["is most critical", "saves most", "after 3 years"],
    "printed survey": ["43 of 149 firms (28.9%, 22.2 to 36.6%)"],
    "own survey": ["16 of 24 firms", "differ from the printed survey"],
}


@pytest.mark.parametrize("name", SAYS)
def test_commands_answer_in_both_languages(name, tables):
    words = commands(tables)[name]
    page, out = tables / "page.html", tables / "out.json"
    text = " ".join(ran(*words, "--figure", page, "--output", out).split())
    for said in SAYS[name]:
        assert said in text
    assert json.loads(out.read_text())["rows"]
    assert "<html" in page.read_text(encoding="utf-8")
    japanese = ran(*words, "--lang", "ja")
    assert [word for word in english(japanese) if word not in ("ESRI", "plating", "turning")] == []


def test_made_up_clusters_are_marked_synthetic(tables):
    few = ["--made-up-firms", "40", "--made-up-orders", "6"]
    assert "synthetic" in ran("rents", *few)
    assert "synthetic" in ran("resilience", *few, "--runs", "4", "--years", "2")
    assert "synthetic" in ran("network", "--made-up-firms", "40", "--permutations", "19")


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["network", "--firms", "firms.csv"], ParameterError, "without a table of ties"),
        (["network", "ties.csv", "--outcome", "growth"], ParameterError, "--outcome without"),
        (["network", "ties.csv", "--firms", "firms.csv", "--outcome", "growth"], UnknownCodeError,
         "growth"),
        (["resilience", "--chains", "chains.csv"], ParameterError, "without --firms"),
        (["resilience", "--chains", "chains.csv", "--firms", "firms.csv", "--orders", "x"],
         ParameterError, "together"),
        (["network", "ties.csv", "--store", "x"], ParameterError, "together"),
        (["rents", "--values", "values.csv", "--orders", "x"], ParameterError, "together"),
        (["rents", "--values", "ties.csv"], DataError, "lacks columns"),
        (["survey", "--group", "employees"], ParameterError, "without a survey"),
        (["survey", "survey.csv", "--group", "size"], UnknownCodeError, "size"),
        (["survey", "survey.csv", "--group", "employees", "--bounds", "5,1"], ParameterError,
         "do not rise"),
        (["survey", "survey.csv", "--group", "employees", "--bounds", "x"], ParameterError,
         "are no numbers"),
        (["survey", "survey.csv", "--minimum", "50"], DataError, "fewer than 50 firms"),
        (["members", "before.csv", "after.csv", "--years", "0"], ParameterError, "years = 0"),
    ],
)  # fmt: skip
def test_commands_refuse(words, error, says, tables):
    given = [str(tables / word) if word.endswith(".csv") else word for word in words]
    result = RUNNER.invoke(app, given)
    assert isinstance(result.exception, error), result.output
    assert says in str(result.exception)


def test_the_printed_figure_is_drawn_with_every_item():
    printed = printed_questions()
    figure = plot(survey_figure(printed), lang="ja")
    assert sum(len(trace.y) for trace in figure.data) == 29
    assert "情報量の増加" in figure.data[2].y
    beside = plot(compare_surveys(printed, printed))
    assert {trace.name for trace in beside.data} == {"own survey", "as printed"}
