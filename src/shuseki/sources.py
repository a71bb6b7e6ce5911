"""Where did this number come from, and may we publish it?"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["AGGLOMERATION_2012", "OKAMURO_2006", "USER", "Origin", "Source"]

Origin = Literal["public", "synthetic", "printed", "user", "method"]


@dataclass(frozen=True, slots=True)
class Source:
    """A paper, a publication or a data set that an answer rests on.

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

    def __str__(self) -> str:
        place = f", {self.where}" if self.where else ""
        terms = f" [{self.terms}]" if self.terms else ""
        mark = "" if self.origin == "method" else f" ({self.origin})"
        year = f" ({self.year})" if self.year else ""
        return f"{self.citation}{year}{place}{mark}{terms}"


OKAMURO_2006 = Source(
    "Okamuro2006",
    "Okamuro, H., 製造業の開業率への地域要因の影響, RIETI Discussion Paper 06-J-049",
    "2006",
    origin="printed",
)
AGGLOMERATION_2012 = Source(
    "Agglomeration2012",
    "商工総合研究所, 産業集積の現状と課題 (平成23年度調査研究事業)",
    "2012",
)
USER = Source("User", "The user's own data", "", origin="user")
