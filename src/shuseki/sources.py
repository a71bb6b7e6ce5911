"""Where did this number come from, and may we publish it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shuseki.language import Message, joined, say
from shuseki.language.names import TwoNames

__all__ = ["AGGLOMERATION_2012", "OKAMURO_2006", "ORIGINS", "USER", "Origin", "Source"]

Origin = Literal["public", "synthetic", "printed", "user", "method"]
ORIGINS: Mapping[Origin, Message] = {
    "public": say("public"),
    "synthetic": say("synthetic"),
    "printed": say("printed"),
    "user": say("user"),
    "method": say("method"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A paper, a publication or a data set that an answer rests on.

    What is said of it may be a ``Message`` that is told in either language; titles of papers stay
    as they were published.

    Attributes
    ----------
    key
        Short name used in tables, e.g. ``"Okamuro2006"``.
    citation
        Author or publisher, title, outlet.
    year
        Year of publication, or of the data.
    where
        Page, table or equation, e.g. ``"p. 6"``; empty for the whole work.
    terms
        Terms of use; empty for works that are only cited.
    origin
        ``public`` statistics, ``synthetic`` data, ``printed`` tables of a paper, a
        ``user``'s own records, or the paper behind a ``method``.
    """

    key: str
    citation: str
    year: str
    where: str = ""
    terms: str = ""
    origin: Origin = "method"

    def at(self, where: str) -> "Source":
        """Point at a page, table or equation of the same work."""
        return Source(self.key, self.citation, self.year, where, self.terms, self.origin)

    def words(self) -> Message:
        """The source line, to be told in either language."""
        parts = [self.citation]
        if self.year:
            parts.append(say(" ({year})", year=self.year))
        if self.where:
            parts.append(say(", {where}", where=self.where))
        if self.origin != "method":
            parts.append(say(" ({origin})", origin=ORIGINS[self.origin]))
        if self.terms:
            parts.append(say(" [{terms}]", terms=self.terms))
        return joined(parts, "")

    def __str__(self) -> str:
        return str(self.words())


OKAMURO_2006 = Source(
    "Okamuro2006",
    TwoNames(
        "Okamuro, H., 製造業の開業率への地域要因の影響, RIETI Discussion Paper 06-J-049",
        "岡室博之、製造業の開業率への地域要因の影響、RIETI Discussion Paper 06-J-049",
    ),
    "2006",
    origin="printed",
)
AGGLOMERATION_2012 = Source(
    "Agglomeration2012",
    TwoNames(
        "Shoko Research Institute, 産業集積の現状と課題 (research project of fiscal 2011)",
        "商工総合研究所、産業集積の現状と課題（平成23年度調査研究事業）",
    ),
    "2012",
)
USER = Source("User", say("The user's own data"), "", origin="user")
