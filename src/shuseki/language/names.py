"""How are names listed in a sentence: none, a few, or the first of many?

Takes: names. Gives: a ``Message``, told in either language.
"""

from collections.abc import Iterable
from typing import Any, cast

from shuseki.language.messages import Message, listed, say, told

__all__ = ["TwoNames", "named", "some_of"]

SHOWN = 5


def named(items: Iterable[Any]) -> Message:
    """List names, or say "none".

    Examples
    --------
    >>> named(["3a", "6"]), named([])
    ('3a, 6', 'none')
    """
    every = list(items)
    return listed(every) if every else say("none")


def some_of(items: Iterable[Any], shown: int = SHOWN) -> Message:
    """List up to ``shown`` names, and say how many there are when there are more.

    Examples
    --------
    >>> some_of(["a", "b", "c"], shown=2)
    'a, b … (3 in all)'
    """
    every = list(items)
    if len(every) <= shown:
        return listed(every)
    return say("{names} … ({n:,} in all)", names=listed(every[:shown]), n=len(every))


class TwoNames(Message):
    """A name that a user's or a paper's file gives in both languages."""

    japanese: str

    def __new__(cls, english: str, japanese: str) -> "TwoNames":
        """Keep both; either may itself be a message."""
        made = cast("TwoNames", super().__new__(cls, "", parts=(english,)))
        made.japanese = japanese
        return made

    def in_language(self, lang: str) -> str:
        """Tell it."""
        return super().in_language(lang) if lang != "ja" else str(told(self.japanese, lang))

    def __reduce__(self) -> tuple[Any, ...]:
        return TwoNames, (str(self), self.japanese)
