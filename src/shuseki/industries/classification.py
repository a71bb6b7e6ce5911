"""Which industries does a classification name, and how do they nest?

Bundled are

- ``"okamuro-58"``: the 58 manufacturing classes of appendix table 1 of Okamuro 2006, with their
  R&D intensity as printed. The paper gives no codes; ours are the printed group and rank,
  ``H01``–``H22`` and ``L01``–``L36``;
- ``"jsic-10"``, ``"jsic-11"``, ``"jsic-12"``, ``"jsic-14"``: the medium (two-digit) groups of
  manufacturing of the Japan Standard Industrial Classification, revisions of 1993, 2002, 2007 and
  2023. Revision 13 (2013) has the medium groups of revision 12.

The 58 classes nest in the medium groups of revision 10 (``jsic10``): our own assignment by name,
with a mark of confidence, since the paper follows the minor groups but does not list them.

Sources: Okamuro 2006, appendix table 1; MIC, 日本標準産業分類; METI 工業統計表.
Limits: two misprints of class names (撚糸, 銑鉄) are corrected in ``name_ja``; ``name_as_printed``
keeps them. English names are our own.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import pandas as pd

from shuseki.errors import UnknownCodeError
from shuseki.language import say
from shuseki.language.names import TwoNames
from shuseki.sources import OKAMURO_2006, Source

__all__ = ["CLASSIFICATIONS", "JSIC", "Classification", "classification"]

CLASSIFICATIONS = ("okamuro-58", "jsic-10", "jsic-11", "jsic-12", "jsic-14")
SINCE = {"10": "1993-10-01", "11": "2002-10-01", "12": "2008-04-01", "14": "2024-04-01"}

JSIC = Source(
    "JSIC",
    TwoNames(
        "MIC, 日本標準産業分類 (Japan Standard Industrial Classification), manufacturing",
        "総務省、日本標準産業分類、製造業",
    ),
    "1993-2023",
    terms=say("GoJ Standard Terms of Use 2.0"),
    origin="public",
)


@dataclass(frozen=True, eq=False)
class Classification:
    """A list of industries.

    Attributes
    ----------
    name
        One of ``CLASSIFICATIONS``.
    table
        ``code``, ``name_ja``, ``name_en``, in the order of the classification. For
        ``"okamuro-58"`` also ``technology_as_printed`` (``"high"``, ``"low"``), ``rank``,
        ``rd_intensity_percent``, ``name_as_printed``, ``jsic10``, ``jsic10_confidence``,
        ``jsic10_note``.
    since
        Day from which statistics use it, ``""`` when it is not official.
    """

    name: str
    table: pd.DataFrame
    since: str
    sources: tuple[Source, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes in the order of the classification."""
        return tuple(self.table["code"])

    def names(self, lang: str = "en") -> tuple[str, ...]:
        """Names in English (``"en"``) or Japanese (``"ja"``)."""
        return tuple(self.table[f"name_{lang}"])

    def require(self, codes: "pd.Series[str] | list[str] | tuple[str, ...]") -> None:
        """Raise ``UnknownCodeError`` unless every code is in the classification."""
        unknown = sorted(set(codes) - set(self.codes))
        if unknown:
            raise UnknownCodeError.among(
                say("{name} industry", name=self.name), unknown, self.codes
            )

    def __repr__(self) -> str:
        return f"<Classification {self.name}: {len(self.table)} industries>"


@lru_cache
def classification(name: str = "okamuro-58") -> Classification:
    """Give a bundled classification.

    Examples
    --------
    >>> classification("okamuro-58")
    <Classification okamuro-58: 58 industries>
    >>> classification("jsic-12").names()[:2]
    ('Food', 'Beverages, tobacco and feed')
    """
    if name not in CLASSIFICATIONS:
        raise UnknownCodeError.among("classification", [name], CLASSIFICATIONS)
    if name == "okamuro-58":
        table = read("okamuro_58.csv")
        table["rank"] = pd.to_numeric(table["rank"])
        table["rd_intensity_percent"] = pd.to_numeric(table["rd_intensity_percent"])
        return Classification(
            name, table, "", (OKAMURO_2006.at(say("appendix table {number}", number=1)),)
        )
    revision = name.removeprefix("jsic-")
    table = read("jsic_manufacturing.csv")
    table = table[table["revision"] == revision].drop(columns="revision")
    return Classification(name, table.reset_index(drop=True), SINCE[revision], (JSIC,))


def read(name: str) -> pd.DataFrame:
    """Read a bundled table of text."""
    with (files("shuseki.industries") / "data" / name).open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    return pd.DataFrame(table)
