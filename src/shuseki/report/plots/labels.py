"""What stands beside a bar or a curve: names made short, and words of the glossary?"""

from shuseki.language import named, told

__all__ = ["ROWS", "heading", "short", "word"]

ROWS = 20
"""Rows of a ranking that fit a figure."""


def word(value: str, lang: str) -> str:
    """Name a variable, an index, a type … as in a sentence.

    Examples
    --------
    >>> word("plants", "en"), word("plants", "ja")
    ('plants', '事業所数')
    """
    return str(told(named(value), lang))


def heading(value: str, lang: str) -> str:
    """Name it at the beginning of a line.

    Examples
    --------
    >>> heading("plants", "en")
    'Plants'
    """
    text = word(value, lang)
    return text[:1].upper() + text[1:]


def short(text: str, length: int) -> str:
    """Cut a long name.

    Examples
    --------
    >>> short("Precision instruments", 12)
    'Precision i…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"
