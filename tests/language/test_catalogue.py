"""Is every sentence translated, once, with the same blanks?"""

import ast
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import shuseki
from shuseki.language import glossary
from shuseki.language.catalogue import catalogue

SOURCE = Path(shuseki.__file__).parent
FILES = sorted((SOURCE / "language" / "ja").glob("*.po"))


@cache
def sentences(path: Path) -> list[tuple[int, str | None]]:
    """Line and first argument of every call of ``say``; None where it is not written out."""
    found: list[tuple[int, str | None]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            first = node.args[0]
            if isinstance(first, ast.Name) and path.parent.name == "language":
                continue
            alternatives = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            texts = [one.value if isinstance(one, ast.Constant) else None for one in alternatives]
            found += [(node.lineno, text) for text in texts]
    return found


def said() -> dict[str, str]:
    """Every sentence and where it is said."""
    return {
        key: f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, key in sentences(path)
        if key is not None
    }


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_sentence_is_written_out_where_it_is_said() -> None:
    hidden = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, key in sentences(path)
        if key is None
    ]
    assert hidden == []


def test_every_sentence_is_translated() -> None:
    known = catalogue("ja")
    assert {key: where for key, where in said().items() if key not in known} == {}


def test_no_translation_is_left_over() -> None:
    assert sorted(set(catalogue("ja")) - set(said())) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_translations_have_the_blanks_of_the_sentence(file: Path) -> None:
    with file.open("rb") as text:
        for message in read_po(text, locale="ja"):
            if message.id:
                assert message.string, message.id
                lost = blanks(str(message.id)) ^ blanks(str(message.string))
                assert not lost, (message.id, lost)


def test_the_glossary_has_both_languages() -> None:
    assert len(glossary()) > 200
