"""What are columns, values, units and results called?

``glossary.csv`` has one row per word: its key, English, Japanese. Keys of values of cells begin
with ``value_``, of units with ``unit_``, of results with ``result_`` and the name of the type; any
other key is a column or a phrase of the page. The Japanese terms are those of the two source papers
(Okamuro 2006; Shoko Research Institute 2012) where they have them.
"""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from shuseki.errors import DataError
from shuseki.language.messages import LANGUAGES, Message, check_language

__all__ = ["glossary", "named_kind", "word"]


@lru_cache
def glossary() -> Mapping[str, tuple[str, str]]:
    """Key → (English, Japanese).

    Raises
    ------
    DataError
        A key stands twice, or a word is missing.
    """
    found: dict[str, tuple[str, str]] = {}
    with (files("shuseki.language") / "glossary.csv").open(encoding="utf-8") as text:
        for row in csv.DictReader(text):
            key, words = row["key"], (row["en"], row["ja"])
            if key in found or not all(words):
                raise DataError(
                    f"glossary.csv, {key!r}: given twice, or without a word. Expected each key "
                    "once, in English and Japanese. Correct it."
                )
            found[key] = words
    return MappingProxyType(found)


def word(value: str) -> Message:
    """What a value of a cell (a variable, an index, a pattern …) is called in a sentence.

    The row ``value_<value>`` of the glossary; a value without a row is told by its own name.

    Examples
    --------
    >>> word("plants"), word("plants").in_language("ja"), word("Suwa").in_language("ja")
    ('plants', '事業所数', 'Suwa')
    """
    return _Word(value)


def named_kind(kind: str) -> Message:
    """What a kind (of codes: area, industry, wave …; of rows, of tables) is called in a refusal.

    The row ``kind_<kind>`` of the glossary, or its own name; a message stays as it is.

    Examples
    --------
    >>> named_kind("plants").in_language("ja"), word("plants").in_language("ja")
    ('事業所', '事業所数')
    """
    return kind if isinstance(kind, Message) else _Word(kind, "kind")


class _Word(Message):
    """A word of the glossary."""

    _of: str

    def __new__(cls, value: str, of: str = "value") -> "_Word":
        made = str.__new__(cls, _words(value, of)[0])
        made.key, made.values, made._of = str(value), {}, of
        made._parts, made._separator = (), ""
        return made

    def in_language(self, lang: str) -> str:
        """Tell it."""
        return _words(self.key, self._of)[LANGUAGES.index(check_language(lang))]

    def __reduce__(self) -> tuple[Any, ...]:
        return _Word, (self.key, self._of)


def _words(value: str, of: str) -> tuple[str, str]:
    return glossary().get(f"{of}_{value}", (str(value), str(value)))
