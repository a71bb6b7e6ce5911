"""What is written beside a bar or a curve?"""

from shuseki.language import told, word

__all__ = ["ROWS", "heading", "name_of", "short"]

ROWS = 20
"""Rows of a ranking that fit a figure."""


def name_of(value: str, lang: str) -> str:
    """Name a variable, an index, a type … as in a sentence.

    Examples
    --------
    >>> name_of("plants", "en"), name_of("plants", "ja")
    ('plants', '事業所数')
    """
    return str(told(word(value), lang))


def heading(value: str, lang: str) -> str:
    """Name it at the beginning of a line.

    Examples
    --------
    >>> heading("plants", "en")
    'Plants'
    """
    text = name_of(value, lang)
    return text[:1].upper() + text[1:]


def short(text: str, length: int) -> str:
    """Cut a long name.

    Examples
    --------
    >>> short("Precision instruments", 12)
    'Precision i…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"
