"""Is the command line refused in the reader's language, and its help framed in it?"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer
from typer import rich_utils
from typer.main import get_command
from typer.testing import CliRunner

from shuseki.cli import BAD_INPUT, COMMANDS, WRONG_USAGE, app
from shuseki.cli.usage import frame, language_of, taken, wrong
from shuseki.errors import ParameterError
from shuseki.language import told, words_of

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """Panels are not cut to the width of a terminal."""
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 250)


def said(words: list[str]) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, " ".join(re.sub("[│╭╮╰╯─]", " ", done.output).split())


FAULTS = {
    "unknown option": (
        ["profile", "Suwa", "--zz"],
        "There is no option --zz. Expected one of the command's. See them with --help.",
        "オプション--zzはない。このコマンドのオプションが必要である。--helpで確認する。",
    ),
    "misspelt option": (
        ["profile", "Suwa", "--outpu", "x.csv"],
        "There is no option --outpu. Expected one of the command's. Did you mean --output, --out",
        "オプション--outpuはない。このコマンドのオプションが必要である。--output、--out",
    ),
    "missing argument": (
        ["validate"],
        "FILE is missing. Expected a value for it. Give it.",
        "FILEがない。値が必要である。与える。",
    ),
    "missing option": (
        ["entry", "counts", "t.csv"],
        "--outcome is missing. Expected a value for it. Give it.",
        "--outcomeがない。値が必要である。与える。",
    ),
    "no value": (
        ["profile", "Suwa", "--output"],
        "--output is followed by too few values. Expected what it is to be. Give it.",
        "--outputの後の値が足りない。値が必要である。与える。",
    ),
    "value of a switch": (
        ["entry", "counts", "t.csv", "--bootstrap=3"],
        "--bootstrap is followed by a value. Expected none: it is a switch. Leave the value out.",
        "--bootstrapの後に値がある。値を取らないオプションである。値を除く。",
    ),
    "no whole number": (
        ["app", "--port", "many"],
        '--port is "many". Expected a whole number. Correct it.',
        '--portが"many"である。整数が必要である。訂正する。',
    ),
    "no number": (
        ["run", "study.toml", "--scale", "big"],
        '--scale is "big". Expected a number. Correct it.',
        '--scaleが"big"である。数が必要である。訂正する。',
    ),
    "number too large": (
        ["app", "--port", "70000"],
        "--port is 70000. Expected 65,535 or less. Correct it.",
        "--portが70000である。65,535以下が必要である。訂正する。",
    ),
    "number too small": (
        ["app", "--port", "-1"],
        "--port is -1. Expected 0 or more. Correct it.",
        "--portが-1である。0以上が必要である。訂正する。",
    ),
    "unknown choice": (
        ["run", "study.toml", "--progress", "loud"],
        '--progress is "loud". Expected one of bar, json, none. Choose one.',
        '--progressが"loud"である。bar、json、noneのいずれかが必要である。一つを選ぶ。',
    ),
    "too many words": (
        ["validate", "a.csv", "b.csv", "c.csv"],
        "More than the command takes: b.csv, c.csv. Expected its arguments only.",
        "余分な語がある：b.csv、c.csv。引数だけが必要である。",
    ),
    "unknown command": (
        ["profil", "Suwa"],
        "There is no command profil. Expected one of the commands. Did you mean profile?",
        "コマンドprofilはない。コマンドのいずれかが必要である。profileのことか。",
    ),
    "unknown command of a room": (
        ["measure", "ginni"],
        "There is no command ginni. Expected one of the commands. See them with --help.",
        "コマンドginniはない。コマンドのいずれかが必要である。--helpで確認する。",
    ),
    "no command": (
        ["measure"],
        "No command was given. Expected one of the commands. See them with --help.",
        "コマンドがない。コマンドのいずれかが必要である。--helpで確認する。",
    ),
}
"""Each kind of fault: a command line, and what is said of it."""


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_wrong_command_line_is_told_in_either_language(fault):
    words, english, japanese = FAULTS[fault]
    code, text = said(words)
    assert code == WRONG_USAGE
    assert english in text
    assert not JAPANESE.search(text)
    has_usage = "Usage: " in text  # the parser does not always say which command it read
    for where in (["--lang", "ja", *words], [words[0], "--lang=ja", *words[1:]]):
        code, text = said(where)
        assert code == WRONG_USAGE
        assert japanese in text
        assert ("使い方：" in text) == has_usage
        # What stays is what the user typed, and names of commands, options and arguments.
        names = r"'[^']*'|\"[^\"]*\"|\{[^}]*\}|-?-[\w-]+|[A-Z]{3,}|\w+\.csv|--help"
        left = re.sub(names, "", text)
        known = {*words, "root", "profile", "bar", "json", "none"}
        assert set(re.findall(r"[A-Za-z]{3,}", left)) <= known


def having(option: str) -> list[str]:
    """Commands that have an option, as they are typed."""

    def inside(command: Any, words: str) -> Iterator[str]:
        if any(option in param.opts for param in command.params):
            yield words
        for name, inner in getattr(command, "commands", {}).items():
            yield from inside(inner, f"{words} {name}")

    found = []
    for name, (room, _) in COMMANDS.items():
        command = get_command(import_module(f"shuseki.cli.{room}").app)
        found += inside(getattr(command, "commands", {}).get(name, command), name)
    return found


def test_commands_that_draw_are_found():
    assert {"link", "run", "entry atlas", "theory path", "resilience"} <= set(having("--seed"))


LEAST = {
    **{f"{words} --seed -1": 0 for words in having("--seed")},
    "births --fewer-than-employees 0": 1,
    "check-output --p-percent -1": 0.0,
    "entry atlas --permutations -1": 0,
    "entry atlas --threshold -1": 0.0,
    "entry regions --draws 0": 1,
    "theory bifurcation --costs 1": 2,
    "theory counterfactual --draws -1": 0,
    "theory knowledge --group 1": 2,
    "theory offshoring --from 0.5": 1.0,
    "theory offshoring --to 0.5": 1.0,
}
"""A command line with a number that is too small, and the least that is taken."""


@pytest.mark.parametrize("line", list(LEAST))
def test_a_number_too_small_is_refused_before_anything_runs(line):
    words = line.split()
    *_, option, value = words
    code, text = said(words)
    assert code == WRONG_USAGE
    assert f"{option} is {value}. Expected {LEAST[line]} or more. Correct it." in text
    code, text = said(["--lang", "ja", *words])
    assert code == WRONG_USAGE
    assert f"{option}が{value}である。{LEAST[line]}以上が必要である。訂正する。" in text


@pytest.mark.parametrize("command", ["bifurcation", "offshoring"])
@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("value", ["1e400", "1e300", "inf", "nan"])
def test_a_cost_without_end_is_refused(command, option, value):
    code, text = said(["theory", command, option, value])
    assert code == WRONG_USAGE
    assert f"{option} is {value}. Expected 1,000,000.0 or less. Correct it." in text


@pytest.mark.parametrize("plants", ["0", "-1", "nan", "inf"])
def test_a_lifecycle_begins_with_some_plants(plants):
    refused = CliRunner().invoke(app, ["theory", "path", "--plants", plants])
    assert isinstance(refused.exception, ParameterError)
    japanese = told(words_of(refused.exception), "ja")
    assert japanese == f"--plantsが{plants}である。0を超える数が必要である。訂正する。"


def test_the_language_is_found_wherever_it_stands():
    assert taken(["profile", "--lang=en", "Suwa", "--lang", "ja"]) == (["profile", "Suwa"], "ja")
    assert taken(["profile", "--", "--lang", "ja"]) == (["profile", "--", "--lang", "ja"], None)
    assert taken(["profile", "--lang"]) == (["profile", "--lang"], None)
    assert language_of(["--lang", "ja"]) == "ja"
    assert language_of(["--lang", "fr"]) == language_of([]) == "en"


@pytest.mark.parametrize("words", [["--lang", "ja", "datasets"], ["datasets", "--lang", "ja"]])
def test_an_answer_is_told_in_the_language_before_or_after_the_command(words):
    code, text = said(words)
    assert code == 0
    assert "経済産業省、工業統計表 産業編" in text


def test_an_unknown_language_is_refused_before_anything_runs():
    refused = CliRunner().invoke(app, ["--lang", "fr", "datasets"])
    assert isinstance(refused.exception, ParameterError)
    assert BAD_INPUT == 3  # what the docstring of the command line promises


HEADINGS = {
    "en": ("Usage: ", "Options", "Commands", "[OPTIONS] COMMAND [ARGS]...", "Set several areas"),
    "ja": ("使い方：", "オプション", "コマンド", "[オプション] コマンド [引数]...", "複数の地域を"),
}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_headings_of_help_are_in_one_language(lang):
    code, text = said(["--help", "--lang", lang])
    assert code == 0
    for word in HEADINGS[lang]:
        assert word in text
    other = HEADINGS["ja" if lang == "en" else "en"]
    for word in (*other, "Show this message and exit." if lang == "ja" else "この説明を"):
        assert word not in text
    _, text = said(["validate", "--help", "--lang", lang])
    assert ("引数" if lang == "ja" else "Arguments") in text
    assert ("［必須］" if lang == "ja" else "[required]") in text


def test_the_headings_are_put_back():
    before = rich_utils.OPTIONS_PANEL_TITLE
    with frame("ja"):
        assert rich_utils.OPTIONS_PANEL_TITLE == "オプション"
    assert before == rich_utils.OPTIONS_PANEL_TITLE == "Options"


def test_what_has_no_kind_is_quoted():
    message = wrong(typer.BadParameter("of its own kind."), [])
    assert "of its own kind. Expected it as the help says" in message
    assert told(message, "ja").startswith("コマンドに誤りがある：")
