"""Whose codes of places are these, and what is known of them?

A *gazetteer* says how the codes of a country are read, which of them were valid on a date, and what
became of each later. Two are bundled:

``japan``
    Municipalities of Japan with their dates (``areas``), wards, check digits (``codes``), mergers.
``any``
    Nothing is known: a code is an area, in every wave the same one. For every other country, and
    for areas of one's own. A code that changed from wave to wave must be harmonised beforehand.

A layout says whose codes its file bears (``codes = "any"``); a store remembers it.

Takes: codes and dates. Gives: tables of what each code means.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

import pandas as pd

from shuseki.errors import UnknownCodeError
from shuseki.geography.areas import check_codes, list_day, told_of_lists
from shuseki.geography.codes import are_of_japan, read_codes
from shuseki.geography.editions import Edition, edition, moved

__all__ = ["CODES", "Codes", "Gazetteer", "gazetteer", "guessed"]

Codes: TypeAlias = Literal["japan", "any"]
"""Whose codes."""
CODES: tuple[Codes, ...] = get_args(Codes)
ODD = ["code", "read", "reason", "advice"]


class Gazetteer(Protocol):
    """What is known of the codes of a country."""

    @property
    def name(self) -> Codes:
        """Its name."""
        ...

    @property
    def form(self) -> str:
        """Pattern of a code that is written as it should be."""
        ...

    def check(self, codes: Collection[str], date: str) -> pd.DataFrame:
        """Tell the codes that are not valid on a date, or not read as they are written.

        Returns
        -------
        DataFrame
            ``code``, ``read`` (what it is read as; empty where that cannot be told), ``reason``,
            ``advice``.
        """
        ...

    def notes(self, days: Collection[str]) -> tuple[str, ...]:
        """Say which days lie outside the lists of codes."""
        ...

    def edition(self, codes: Collection[str], day: str) -> Edition:
        """Bring codes of several dates to the places of one day."""
        ...

    def moved(self, counts: pd.DataFrame, days: Mapping[int, str], day: str) -> tuple[str, ...]:
        """Say how many plants count elsewhere than under their code; see ``editions.moved``."""
        ...


@dataclass(frozen=True)
class Japan:
    """Municipalities of Japan."""

    name: Codes = "japan"
    form: str = "^[0-9]{5}$"

    def check(self, codes: Collection[str], date: str) -> pd.DataFrame:
        """Dates before or after the bundled lists are asked of the first or the last list."""
        misread = read_codes(codes).rename(columns={"how": "reason"})
        standing = set(codes) - set(misread["code"])
        odd = check_codes(standing | set(misread["read"]) - {""}, list_day(date), wards=True)
        return pd.concat([misread[ODD], odd.assign(read="")[ODD]], ignore_index=True)

    def notes(self, days: Collection[str]) -> tuple[str, ...]:
        """Days after the newest list, and before the first."""
        return told_of_lists(set(days))

    def edition(self, codes: Collection[str], day: str) -> Edition:
        """By mergers and renamings; wards go with their city."""
        return edition(codes, day)

    def moved(self, counts: pd.DataFrame, days: Mapping[int, str], day: str) -> tuple[str, ...]:
        """Wards, mergers, codes of other dates."""
        return moved(counts, days, day)


@dataclass(frozen=True)
class Anywhere:
    """Codes of which nothing is known."""

    name: Codes = "any"
    form: str = r"\S"

    def check(self, codes: Collection[str], date: str) -> pd.DataFrame:
        """No code is odd."""
        return pd.DataFrame(columns=ODD)

    def notes(self, days: Collection[str]) -> tuple[str, ...]:
        """There is no list."""
        return ()

    def edition(self, codes: Collection[str], day: str) -> Edition:
        """Every code stays what it is."""
        given = sorted({str(code) for code in codes})
        return Edition(day, pd.DataFrame({"code": given, "municipality": given, "reason": ""}))

    def moved(self, counts: pd.DataFrame, days: Mapping[int, str], day: str) -> tuple[str, ...]:
        """No plant counts elsewhere."""
        return ()


GAZETTEERS: Mapping[str, Gazetteer] = {"japan": Japan(), "any": Anywhere()}


def gazetteer(codes: str) -> Gazetteer:
    """Find a gazetteer by its name.

    Raises
    ------
    UnknownCodeError
        There is none of that name.
    """
    if codes not in GAZETTEERS:
        raise UnknownCodeError.among("codes", [codes], CODES)
    return GAZETTEERS[codes]


def guessed(codes: Collection[str]) -> Gazetteer:
    """Guess whose codes these are, for tables that do not say it: Japan's when most of them are."""
    return GAZETTEERS["japan" if are_of_japan(codes) else "any"]
