"""Which words does a reader see, in English and in Japanese?

One table holds every phrase of the document, its tables and its marks. The Japanese terms are
those of the two source papers (Okamuro 2006; Shoko Research Institute 2012). A phrase that is
not here is an error, so that no page is half translated.

What an author writes (titles, captions, paragraphs) is a `Text`: a pair (English, Japanese),
or one string that serves both, such as a variable's name.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import say
from shuseki.language.glossary import glossary
from shuseki.language.messages import LANGUAGES, Lang, check_language, told

__all__ = [
    "LANGUAGES",
    "WORDS",
    "Lang",
    "Text",
    "check_language",
    "column_words",
    "phrase",
    "pick",
    "result_words",
]

Text: TypeAlias = str | tuple[str, str]

WORDS: Mapping[str, tuple[str, str]] = glossary()

UNITS = ("per_10000", "10000_yen", "million_yen", "percent", "seconds", "share", "years")
SHORT_UNITS = ("km2", "yen", "km")


def phrase(key: str, lang: str = "en", **values: object) -> str:
    """Give the phrase in a language, with its blanks filled in.

    Examples
    --------
    >>> phrase("figure", "ja", number=3)
    '図3'
    """
    at = LANGUAGES.index(check_language(lang))
    if key not in WORDS:
        raise UnknownCodeError.among("phrase", [key], list(WORDS))
    return WORDS[key][at].format(**values)


def pick(text: Text, lang: str = "en") -> str:
    """Choose the language of an author's text.

    Examples
    --------
    >>> pick(("Births", "開業数"), "ja"), pick("START", "ja")
    ('開業数', 'START')
    """
    if isinstance(text, str):
        check_language(lang)
        return str(told(text, lang))
    if len(text) != len(LANGUAGES):
        raise ParameterError(
            say(
                "A text with {n_text} versions: {text!r}. Expected (English, Japanese), or one "
                "string for both.",
                n_text=len(text),
                text=text,
            )
        )
    return text[LANGUAGES.index(check_language(lang))]


def column_words(column: str, lang: str = "en") -> str:
    """Head a column: its phrase when it has one, else its own name with the unit in brackets.

    Examples
    --------
    >>> column_words("set_aside", "ja"), column_words("distance_to_port_km")
    ('除外数', 'Distance to port (km)')
    >>> column_words("plants_1996"), column_words("plants_1996", "ja")
    ('Plants 1996', '事業所数（1996年）')
    """
    if column in WORDS and "{" not in WORDS[column][0]:
        return phrase(column, lang)
    for unit in (*UNITS, *SHORT_UNITS):
        if column.endswith(f"_{unit}"):
            stem = column.removesuffix(f"_{unit}")
            brackets = "（{}）" if check_language(lang) == "ja" else " ({})"
            return column_words(stem, lang) + brackets.format(phrase(f"unit_{unit}", lang))
    dated = re.fullmatch(r"(.+)_(\d{4})", column)
    if dated and dated[1] in WORDS:
        year = "（{}年）" if check_language(lang) == "ja" else " {}"
        return column_words(dated[1], lang) + year.format(dated[2])
    words = column.replace("_", " ").strip()
    return words if words.isupper() else words[:1].upper() + words[1:]


def result_words(name: str) -> tuple[str, str]:
    """Title of an answer by the name of its type, when its author gives none.

    Examples
    --------
    >>> result_words("LocationQuotients"), result_words("NewThing")
    (('Location quotients', '特化係数'), ('New thing', 'New thing'))
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    plain = words.replace("_", " ").capitalize()
    return WORDS.get(f"result_{words}", (plain, plain))
