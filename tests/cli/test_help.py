"""Is what commands, options and arguments do told in either language, and shown whole?"""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from rich.cells import cell_len
from rich.markup import escape
from typer import rich_utils
from typer.main import get_command
from typer.testing import CliRunner

from shuseki.cli import COMMANDS, app
from shuseki.cli.usage import (
    NEVER_FIRST,
    NEVER_LAST,
    explained,
    explanations,
    line_ends,
    unwrapped,
)
from shuseki.language.catalogue import catalogue

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
"""Two words of Latin letters one after the other, as no list of names or values has them."""
LITERAL = re.compile(r"--[a-z][\w-]*|\.[a-z]{3,7}\b|`[^`]+`|[A-Za-z0-9]+_\w+|\w+=[\d.]+", re.ASCII)
"""Options, endings of files, commands, columns and values: what is typed as it stands."""


def rooms() -> Iterator[tuple[str, Any]]:
    """Every command that is asked for by one word, and the list of them all."""
    yield "shuseki", get_command(app)
    for name, (room, _) in COMMANDS.items():
        found = get_command(import_module(f"shuseki.cli.{room}").app)
        yield name, getattr(found, "commands", {}).get(name, found)


def texts(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """What a command, its parameters and the commands inside it do, each by its name."""
    for kind in ("help", "short_help", "epilog"):
        if getattr(command, kind):
            yield f"{name} ({kind})", getattr(command, kind)
    for param in command.params:
        if getattr(param, "help", None):
            yield f"{name} {max(param.opts, key=len)}", param.help
    for word, inner in getattr(command, "commands", {}).items():
        yield from texts(inner, f"{name} {word}")


@pytest.fixture(scope="module")
def every() -> dict[str, tuple[str, str]]:
    """Every text: where it stands, and how it is told in English and in Japanese."""
    found = {}
    for name, command in rooms():
        japanese = dict(texts(explained(command, "ja"), name))
        found |= {place: (text, japanese[place]) for place, text in texts(command, name)}
    return found


def test_every_text_is_told_in_japanese(every):
    assert {"plan --mode", "measure clusters industry", "app backup (help)"} <= set(every)
    english = [
        f"{place}: {text}"
        for place, (text, japanese) in every.items()
        if japanese == escape(unwrapped(text)) or not JAPANESE.search(japanese)
    ]
    assert english == []


def test_what_is_typed_stays_as_it_is(every):
    changed = [
        (place, lost)
        for place, (text, japanese) in every.items()
        if (lost := set(LITERAL.findall(text)) - set(LITERAL.findall(japanese)))
    ]
    assert changed == []


def test_no_japanese_is_left_over_or_stands_twice(every):
    known = set(explanations("ja"))
    assert sorted(known - {unwrapped(text) for text, _ in every.values()}) == []
    assert sorted(known & set(catalogue("ja"))) == []


def shown(monkeypatch, words: list[str], width: int) -> str:
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", width)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    return " ".join(re.sub("[│╭╮╰╯─]", " ", done.output).split())


@pytest.mark.parametrize("words", [["plan"], ["measure"], ["directory", "import"]])
def test_help_is_in_one_language(monkeypatch, words):
    said = shown(monkeypatch, [*words, "--help"], 250)
    assert ENGLISH.search(said)
    assert not JAPANESE.search(said)
    said = shown(monkeypatch, ["--lang", "ja", *words, "--help"], 250)
    assert "［既定：" in said or "コマンド" in said
    left = re.sub(rf"root {' '.join(words)}|`[^`]*`|<[^>]*>|en\|ja", "", said)
    assert ENGLISH.findall(left) == []


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_help_is_shown_whole(monkeypatch, lang):
    """In a narrow terminal nothing is cut off, and brackets are no markup."""
    said = shown(monkeypatch, ["capacity", "--help", "--lang", lang], 72).replace(" ", "")
    assert "[[orders]]" in said
    assert ("[value,low,high]" if lang == "en" else "[値,下限,上限]") in said
    for _, text in texts(dict(rooms())["capacity"], ""):
        told = text if lang == "en" else explanations("ja").get(unwrapped(text), "")
        assert "".join(told.split()) in said


def test_lines_of_japanese_end_where_they_may(every):
    width = 44
    for _, japanese in every.values():
        for text in japanese.split("\n\n"):
            ends = [0, *line_ends(text, width), len(text)]
            lines = [text[start:end] for start, end in pairwise(ends)]
            assert max(cell_len(line.rstrip()) for line in lines) <= width
            for before, after in pairwise(lines):
                assert after[0] not in NEVER_FIRST
                assert before[-1] not in NEVER_LAST
                assert not (before[-1].isalnum() and (before[-1] + after[0]).isascii())


def test_a_word_wider_than_a_line_is_broken():
    # 4 cells a line: "abcd", "ef", and 実 (2 cells) beside 行。 would be 6, so 行。 goes below.
    assert line_ends("abcdef実行。", 4) == [4, 7]
