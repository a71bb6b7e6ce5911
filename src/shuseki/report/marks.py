"""Is this number real, invented, or copied from print, and how does every page say so?

Every table, figure and file that leaves the house carries a mark of its origin. Synthetic wins
over everything else: one invented input makes the whole answer an exercise.

============  ==============================================  ===================
mark          when                                            file names end in
============  ==============================================  ===================
synthetic     any source is synthetic                         ``_synthetic``
user          else, any source is the user's own records      ``_user``
public        else, any source is a public statistic          ``_public``
printed       else, any source is a printed table             ``_printed``
unmarked      only methods are cited, or nothing              nothing
============  ==============================================  ===================
"""

import re
from collections.abc import Iterable

from shuseki.language import say, told
from shuseki.report.words import Lang, phrase
from shuseki.sources import Origin, Source

__all__ = [
    "INTERNAL",
    "INTERNAL_SAID",
    "PRECEDENCE",
    "mark",
    "origin",
    "publishers",
    "short",
    "suffix",
]

INTERNAL_SAID = say("For internal use, not for release: confidential records, not checked.")
INTERNAL = Source("internal", INTERNAL_SAID, "", origin="user")
"""Marks an answer that was not checked before it was shown."""
PRECEDENCE: tuple[Origin, ...] = ("synthetic", "user", "public", "printed")


def origin(sources: Iterable[Source]) -> Origin:
    """Name the origin that decides how an answer is marked; ``"method"`` when none does."""
    found = {source.origin for source in sources}
    return next((kind for kind in PRECEDENCE if kind in found), "method")


def mark(sources: Iterable[Source], lang: Lang = "en") -> str:
    """Say where the data come from, in a few words; empty when only methods are cited.

    Examples
    --------
    >>> mark([Source("METI2001", "METI, Census of Manufactures", "2001", origin="public")])
    'Public statistics: METI 2001'
    >>> mark([Source("Waves", "shuseki, synthetic census", "2026", origin="synthetic")], "ja")
    '合成データ'
    """
    given = tuple(sources)
    kind = origin(given)
    if kind == "method":
        return ""
    words = phrase(f"mark_{kind}", lang)
    if any(source.key == INTERNAL.key for source in given):
        return str(told(INTERNAL_SAID, lang))
    if kind in ("synthetic", "user"):
        return words
    colon = "：" if lang == "ja" else ": "
    joint = "、" if lang == "ja" else ", "
    return f"{words}{colon}{joint.join(publishers(given, kind, lang))}"


def publishers(sources: Iterable[Source], kind: Origin, lang: Lang = "en") -> list[str]:
    """Name publisher (the citation up to its first comma) and year, each once, in order."""
    named = (short(source, lang) for source in sources if source.origin == kind)
    return list(dict.fromkeys(named))


def short(source: Source, lang: Lang = "en") -> str:
    """Name a source in a line: its citation up to the first comma, and its year."""
    author = re.split("[,、]", told(source.citation, lang), maxsplit=1)[0]
    return f"{author.strip()} {told(source.year, lang)}".strip()


def suffix(sources: Iterable[Source]) -> str:
    """Ending of a file's stem: ``"_synthetic"``, ``"_public"`` …; empty when unmarked."""
    kind = origin(sources)
    return "" if kind == "method" else f"_{kind}"
