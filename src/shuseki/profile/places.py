"""Which area is meant?

An area is found by its code, its name in Japanese or English (any spelling of it, with or without
市, 区, -shi …), a part of a compound name that no other has (諏訪 for 松本・諏訪), or, when no
district bears the name, by a municipality: 大田区 is then the municipality. A misspelt name is
refused with the nearest names.

Takes: what somebody typed. Gives: a base and a code. Sources: the lists of ``geography``.
Limits: names that several areas share (府中市) need a code or the prefecture: 府中市（東京都）.
"""

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

from shuseki.errors import UnknownCodeError
from shuseki.geography.bundled import DISTRICTS, MUNICIPALITIES, PREFECTURES
from shuseki.geography.districts import Division
from shuseki.geography.names import spelling_key
from shuseki.language import listed, say
from shuseki.profile.base import Base, base_of

__all__ = ["candidates", "find", "place"]

SUFFIX = re.compile(
    r"(?:\s*[(（].*[)）]|[市区町村都府県]|[-\s]?(?:shi|ku|machi|cho|mura|son|city|ward|district))$"
)
PARTS = re.compile(r"[・\-–—/,、]")
OTHERS = (MUNICIPALITIES, PREFECTURES)
"""Divisions that are asked when the first has no such name."""


def place(area: str, by: str | Division | Base | None = None) -> tuple[Base, str]:
    """Find the base and the code of an area.

    Parameters
    ----------
    area
        Code or name.
    by
        A division, its name, or a base; by default the 253 districts, then the municipalities, then
        the prefectures.

    Raises
    ------
    UnknownCodeError
        No area, or several, of that name; candidates are named.
    """
    if by is not None:
        base = by if isinstance(by, Base) else base_of(by)
        return base, find(base.division, area)
    asked = unicodedata.normalize("NFKC", area).strip()
    if re.fullmatch(r"\d{5}", asked):
        base = base_of("municipality")
        return base, find(base.division, asked)
    refused: UnknownCodeError | None = None
    for name in (DISTRICTS, *OTHERS):
        base = base_of(name)
        try:
            return base, find(base.division, asked)
        except UnknownCodeError as error:
            if "areas are called" in str(error):
                raise
            refused = refused or error
    near = candidates(asked, [base_of(name).division for name in (DISTRICTS, MUNICIPALITIES)])
    shown = (
        say("Did you mean {names}?", names=listed(near))
        if near
        else say("Give a code, or choose a division.")
    )
    raise UnknownCodeError(
        say(
            "No area {area!r} among 253 districts, 1,741 municipalities and 47 prefectures. "
            "Expected a code or a name. {shown}",
            area=area,
            shown=shown,
        )
    ) from refused


def find(by: Division, area: str) -> str:
    """Find the code of an area of a division.

    Examples
    --------
    >>> from shuseki.geography.districts import division
    >>> districts = division("district-253")
    >>> find(districts, "東大阪"), find(districts, "Higashi-Osaka"), find(districts, "諏訪")
    ('154', '154', '114')
    """
    asked = unicodedata.normalize("NFKC", area).strip()
    index = _index(by)
    if asked in index.codes:
        return asked
    for level in (index.exact, index.bare, index.parts):
        hits = level.get(key_of(asked), ())
        if not hits and level is index.bare:
            hits = level.get(bare(asked), ())
        if len(hits) == 1:
            return hits[0]
        if len(hits) > 1:
            shown = ", ".join(f"{code} {index.named[code]}" for code in hits[:5])
            raise UnknownCodeError(
                say(
                    "{n_hits} areas are called {area!r}: {shown}. Expected one. Use a code.",
                    n_hits=len(hits),
                    area=area,
                    shown=shown,
                )
            )
    near = candidates(asked, [by])
    advice = (
        say("Did you mean {names}?", names=listed(near))
        if near
        else say("Check the list of {division}.", division=by.name)
    )
    raise UnknownCodeError(
        say(
            "No area {area!r} in {by}. Expected one of {n_codes:,} codes or names. {advice}",
            area=area,
            by=by.name,
            n_codes=len(by.codes),
            advice=advice,
        )
    )


def candidates(area: str, among: Sequence[Division], count: int = 5) -> list[str]:
    """Nearest names of some divisions, in the script that was typed."""
    asked = key_of(area)
    keys: dict[str, str] = {}
    for by in among:
        for level in (_index(by).exact, _index(by).parts):
            for key in level:
                keys.setdefault(key, _index(by).shown.get(key, key))
    near = get_close_matches(asked, list(keys), n=count, cutoff=0.5)
    if len(near) < count:
        near += [key for key in keys if asked and asked in key and key not in near]
    return list(dict.fromkeys(keys[key] for key in near))[:count]


class _Names:
    """Keys of the names of a division."""

    def __init__(self, by: Division) -> None:
        self.codes = set(by.codes)
        self.exact: dict[str, tuple[str, ...]] = {}
        self.bare: dict[str, tuple[str, ...]] = {}
        self.parts: dict[str, tuple[str, ...]] = {}
        self.shown: dict[str, str] = {}
        self.named: dict[str, str] = {}
        parents = by.parents
        for lang in ("ja", "en"):
            parent_names = by.parent_names(lang)
            for code, name, parent in zip(by.codes, by.names(lang), parents, strict=True):
                where = parent_names.get(parent, "")
                self.named[code] = f"{name} ({where})" if where else name
                self._add(self.exact, name, code)
                if where:
                    for form in (f"{name}({where})", f"{name}（{where}）", f"{where}{name}"):
                        self._add(self.exact, form, code)
                self._add(self.bare, bare(name), code)
                pieces = PARTS.split(name)
                if len(pieces) > 1:
                    for piece in pieces:
                        self._add(self.parts, piece, code)

    def _add(self, level: dict[str, tuple[str, ...]], name: str, code: str) -> None:
        key = key_of(name)
        if not key:
            return
        self.shown.setdefault(key, name)
        held = level.get(key, ())
        if code not in held:
            level[key] = (*held, code)


@lru_cache(maxsize=16)
def _index(by: Division) -> _Names:
    return _Names(by)


def key_of(name: str) -> str:
    """A name without its spelling: width, case, hyphens, brackets.

    Examples
    --------
    >>> key_of("Higashi-Osaka") == key_of("higashiosaka") == key_of("Higashi Ōsaka")
    True
    """
    plain = spelling_key(name).replace("ō", "o").replace("ū", "u")
    return re.sub(r"[・\-–—\s()（）'’]", "", plain)


def bare(name: str) -> str:
    """A name without what kind of place it is.

    Examples
    --------
    >>> bare("Sabae-shi"), bare("大田区")
    ('sabae', '大田')
    """
    return key_of(SUFFIX.sub("", spelling_key(name)))
