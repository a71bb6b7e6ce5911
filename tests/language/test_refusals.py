"""Is every refusal told in both languages?

An error of ours is raised with a message, so that it can be told in Japanese; the catalogue's tests
hold that every message has its Japanese.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

import shuseki
import shuseki.errors
from shuseki.cli import BAD_INPUT, main
from shuseki.errors import DataError, ParameterError, ShusekiError, UnknownCodeError, examples
from shuseki.geography.districts import division
from shuseki.language import say, told, words_of
from shuseki.study.specification import read_study

SOURCE = Path(shuseki.__file__).parent
ERRORS = {
    name
    for name, kind in vars(shuseki.errors).items()
    if isinstance(kind, type) and issubclass(kind, ShusekiError)
}
BELOW = {"errors.py", "sources.py", "arrays.py", "moved.py"}
"""Modules under ``language``, which cannot speak of it."""
PLAIN = ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp
JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


def plain_refusals(text: str) -> list[int]:
    """Lines where an error of ours is given words that are no message."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        named = node.func.id if isinstance(node.func, ast.Name) else ""
        if named in ERRORS:
            words = node.args[0] if node.args else None
            if words is None or isinstance(words, PLAIN):
                lines.append(node.lineno)
    return lines


def test_what_is_a_plain_refusal():
    assert plain_refusals('raise DataError("No file. Name one.")') == [1]
    assert plain_refusals('raise DataError(f"No {x}." + advice)') == [1]
    assert plain_refusals('raise DataError(say("No {x}.", x=x))') == []


def test_every_refusal_of_every_room_is_a_message():
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name in BELOW or name.startswith("language/"):
            continue
        lines = plain_refusals(path.read_text(encoding="utf-8"))
        if lines:
            found[name] = lines
    assert found == {}


def test_examples_are_listed_in_both_languages():
    few, many = examples(["a", "b"]), examples("abcdefg", shown=2)
    assert (few, told(few, "ja")) == ("a, b", "a、b")
    assert (many, told(many, "ja")) == ("a, b … (7 in all)", "a、b …（計7）")
    message = say("Unknown table {table!r}. Expected one of {tables}.", table="x", tables=many)
    assert told(message, "ja") == "表'x'は知られていない。a、b …（計7）のいずれかが必要である。"


@pytest.mark.parametrize(
    ("error", "japanese"),
    [
        (
            UnknownCodeError.among("industry", ["x"], ["food", "steel"]),
            "産業xは知られていない。知られている2のいずれかが必要である。産業の版を確認する。",
        ),
        (
            UnknownCodeError.among("wave", ["1997"], ["1998", "2001"]),
            "調査年1997は知られていない。知られている2のいずれかが必要である。1998のことか。",
        ),
        (
            UnknownCodeError.among("area", ["x"], ["y"], say("Correct it.")),
            "地域xは知られていない。知られている1のいずれかが必要である。訂正する。",
        ),
    ],
)
def test_unknown_codes_are_told(error, japanese):
    assert told(words_of(error), "ja") == japanese
    assert told(words_of(error), "en") == str(error)


def test_words_of_an_error_that_is_not_ours_are_its_first_line():
    assert words_of(ValueError("one\ntwo")) == "one"
    assert words_of(ParameterError()) == ""


def refused(call, *given) -> str:
    with pytest.raises(ShusekiError) as caught:
        call(*given)
    return told(words_of(caught.value), "ja")


def test_refusals_are_told_in_japanese(tmp_path):
    assert refused(division, "nowhere").startswith("地域区分nowhereは知られていない。")
    file = tmp_path / "study.toml"
    file.write_text('[study]\ntitle = "x"\n[measures]\nquotient = true\n[nothing]\n')
    said = refused(read_study, file)
    assert f"{file}に誤りが" in said
    assert "知られていないキーである" in said
    for line in said.splitlines():
        assert JAPANESE.search(line), line


def test_the_terminal_refuses_in_the_language_that_was_asked_for(monkeypatch, capsys):
    words = ["shuseki", "profile", "Nowhereville", "--lang", "ja"]
    for lang in ("ja", "en"):
        monkeypatch.setattr(sys, "argv", [*words[:-1], lang])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == BAD_INPUT
        assert ("の中にない" in capsys.readouterr().err) == (lang == "ja")


def test_a_refusal_inside_a_refusal_is_told_too():
    inner = DataError(say("Unknown table {table!r}. Expected one of {tables}.", table=1, tables=2))
    outer = say("{place}: {why}", place="a", why=words_of(inner))
    assert told(outer, "ja") == "a：表1は知られていない。2のいずれかが必要である。"
