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

from shuseki.errors import DataError

__all__ = ["glossary"]


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
