"""In which three-digit industries is the prefecture around an area specialised?

Two-digit statistics see metal products where there is cutlery, and instruments where there are
watches. Three digits are published by prefecture only (economic census of 2014, workers of plants
of all sizes): they are the context of an area, not its own. The location quotient of prefecture p
in industry i is

    LQ_pi = (e_pi / Σ_i e_pi) / (E_i / Σ_i E_i)

with e the workers of the prefecture and E those of the nation. Its 90 % interval reads plants as
chance: ``LQ · exp(± 1.645 √((1 + v²) / plants))``, with v = 2 for how much plants differ in size,
as in the types. Industries are ordered by the lower end, so that one large plant does not lead.

Takes: a base. Gives: ``PrefectureIndustries`` of one area, or ``None``: without public
statistics, where no prefecture is known, and in the five prefectures that the source lacks
(17, 18, 29, 31, 47).
Sources: MIC, economic census for business frame 2014.
Limits: offices of an industry (codes that end in 0) are left out; plants of a prefecture are no
sample of those of the area.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.catalogue import dataset, load
from shuseki.geography.bundled import PREFECTURES
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.base import Base
from shuseki.results import Result, result

__all__ = ["PrefectureIndustries", "industries_around", "quotients_around"]

CENSUS, NAMES = "manufacturing-prefecture-3digit-2014", "manufacturing-3digit-names"
SHOWN = 10
NATION = "00"
Z, VARIATION = 1.645, 2.0


@result
class PrefectureIndustries(Result):
    """The industries in which a prefecture is most specialised, ``K``, the surest first.

    Attributes
    ----------
    prefecture
        Around which prefecture.
    codes, industries
        JSIC revision 13 and names, ``K``.
    plants, employees
        Of the prefecture, ``(K,)``.
    quotient, lower, upper
        Location quotient of workers with its 90 % interval, ``(K,)``.
    """

    area: str
    area_name: Message
    prefecture: Message
    codes: tuple[str, ...]
    industries: tuple[Message, ...]
    plants: Floats
    employees: Floats
    quotient: Floats
    lower: Floats
    upper: Floats

    def headline(self) -> Message:
        """Name the first three."""
        return say(
            "{prefecture} is specialised in {industries} (three digits, 2014)",
            prefecture=self.prefecture,
            industries=listed(
                say("{industry} ({quotient:.1f} times the nation's share)", industry=name,
                    quotient=float(quotient))
                for name, quotient in zip(self.industries[:3], self.quotient, strict=False)
            )
            if self.industries
            else say("none"),
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """One row per industry."""
        return in_both(
            {
                "code": self.codes[k],
                "industry": self.industries[k],
                "plants": self.plants[k],
                "employees": self.employees[k],
                "location_quotient": self.quotient[k],
                "lower": self.lower[k],
                "upper": self.upper[k],
            }
            for k in range(len(self.codes))
        )


# ---- public verbs ------------------------------------------------------------------------------


def industries_around(base: Base, area: str) -> PrefectureIndustries | None:
    """Give the industries in which the prefecture of an area is specialised."""
    prefecture = _prefecture(base, area)
    if prefecture is None:
        return None
    table = _quotients().loc[prefecture]
    table = table[table["lower"] > 1].sort_values("lower", ascending=False).head(SHOWN)
    names = _names()
    row = base.position(area)
    in_both_languages = (base.names("en")[row], base.names("ja")[row])
    if base.division.name != PREFECTURES:
        in_both_languages = (
            base.division.parent_names("en")[prefecture],
            base.division.parent_names("ja")[prefecture],
        )
    return PrefectureIndustries(
        area=area,
        area_name=TwoNames(base.names("en")[row], base.names("ja")[row]),
        prefecture=TwoNames(*in_both_languages),
        codes=tuple(map(str, table.index)),
        industries=tuple(names[str(code)] for code in table.index),
        plants=table["plants"].to_numpy(float),
        employees=table["employees"].to_numpy(float),
        quotient=table["quotient"].to_numpy(float),
        lower=table["lower"].to_numpy(float),
        upper=table["upper"].to_numpy(float),
        notes=(
            say(
                "Three-digit industries are published by prefecture: the context of the area, not "
                "the area itself. Shares are of workers in plants of all sizes."
            ),
        ),
        sources=(dataset(CENSUS).source,),
    )


def quotients_around(base: Base, area: str) -> dict[str, float]:
    """Location quotient of every three-digit industry of the prefecture of an area, by code."""
    prefecture = _prefecture(base, area)
    if prefecture is None:
        return {}
    found = _quotients().loc[prefecture, "quotient"]
    return {str(code): float(quotient) for code, quotient in found.items()}


# ---- arithmetic --------------------------------------------------------------------------------


def location_quotients(table: pd.DataFrame) -> pd.DataFrame:
    """Quotients of every prefecture and industry with their intervals.

    Parameters
    ----------
    table
        ``prefecture`` (``"00"`` the nation), ``industry``, ``plants``, ``employees``.

    Returns
    -------
    DataFrame
        ``plants``, ``employees``, ``quotient``, ``lower``, ``upper``, by prefecture and industry;
        rows without workers are left out.

    Examples
    --------
    >>> made = pd.DataFrame({"prefecture": ["00", "00", "01", "01"],
    ...                      "industry": ["091", "092"] * 2, "plants": [20, 20, 5, 5],
    ...                      "employees": [100, 100, 30, 10]})
    >>> location_quotients(made).loc["01", "quotient"].tolist()
    [1.5, 0.5]
    """
    kept = table.astype({"prefecture": str, "industry": str})
    kept = kept[~kept["industry"].str.endswith("0")].astype({"plants": float, "employees": float})
    kept = kept.dropna(subset=["employees"]).query("employees > 0")
    share = kept["employees"] / kept.groupby("prefecture")["employees"].transform("sum")
    kept = kept.assign(share=share)
    nation = kept[kept["prefecture"] == NATION].set_index("industry")["share"]
    kept = kept[kept["prefecture"] != NATION].copy()
    kept["quotient"] = kept["share"] / kept["industry"].map(nation)
    half = Z * np.sqrt((1 + VARIATION**2) / kept["plants"].clip(lower=1))
    kept["lower"], kept["upper"] = kept["quotient"] * np.exp(-half), kept["quotient"] * np.exp(half)
    columns = ["plants", "employees", "quotient", "lower", "upper"]
    return kept.set_index(["prefecture", "industry"])[columns].sort_index()


@lru_cache
def _quotients() -> pd.DataFrame:
    return location_quotients(load(CENSUS))


@lru_cache
def _names() -> dict[str, Message]:
    table = load(NAMES)
    return {
        code: TwoNames(en, ja)
        for code, en, ja in zip(table["industry"], table["name_en"], table["name_ja"], strict=True)
    }


def _prefecture(base: Base, area: str) -> str | None:
    """The prefecture of an area, if the census shows it."""
    if not base.has_statistics:
        return None
    row = base.position(area)
    code = area if base.division.name == PREFECTURES else base.division.parents[row]
    return code if code in _quotients().index.get_level_values("prefecture") else None
