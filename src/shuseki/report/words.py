"""Which words does a reader see, in English and in Japanese?

One table holds every phrase of the document, its tables and its marks. The Japanese terms are
those of the two source papers (Okamuro 2006; Shoko Research Institute 2012). A phrase that is
not here is an error, so that no page is half translated.
"""

from types import MappingProxyType
from typing import Literal

from shuseki.errors import ParameterError, UnknownCodeError

__all__ = ["LANGUAGES", "WORDS", "Lang", "check_language", "say"]

Lang = Literal["en", "ja"]
LANGUAGES: tuple[Lang, ...] = ("en", "ja")

WORDS = MappingProxyType(
    {
        # where the data come from
        "mark_synthetic": ("Synthetic data", "合成データ"),
        "mark_user": ("User's own records", "利用者提供データ"),
        "mark_public": ("Public statistics", "公的統計"),
        "mark_printed": ("As printed", "原典掲載値"),
    }
)


def check_language(lang: str) -> Lang:
    """Refuse a language that the report does not speak."""
    for known in LANGUAGES:
        if lang == known:
            return known
    raise ParameterError(
        f"Unknown language {lang!r}. Expected 'en' or 'ja'. Choose one of the two."
    )


def say(key: str, lang: str = "en", **values: object) -> str:
    """Give the phrase in a language, with its blanks filled in.

    Examples
    --------
    >>> say("mark_synthetic", "ja")
    '合成データ'
    """
    at = LANGUAGES.index(check_language(lang))
    if key not in WORDS:
        raise UnknownCodeError.among("phrase", [key], list(WORDS))
    return WORDS[key][at].format(**values)
