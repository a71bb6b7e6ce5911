"""Which regressors and births must a census have, to agree with the 2006 paper as far as it can?

The confidential waves behind the paper cannot be had. Its print, however, says a great deal of
them: twelve equations (coefficients, robust t, R², F, n), means, medians, standard deviations and
extremes, correlations, top tens, totals and shares. ``derive/census_design.py`` looks for one table
of 253 districts, as near as it can to the public statistics of the real districts: whole births,
whole plants, whole persons. It agrees with all but some of the correlations, which the printed
equations do not leave possible together (``derive/census_correlations.py``). That table is stored
here and only read.

Takes: nothing, or a scale: how many times as many plants and persons as in Japan. All counts and
amounts grow with it, and the area with them, so that every rate and ratio stays.
Gives: the regional accounts of the 253 districts, from which the fourteen variables follow
(``entry.variables``), and the births by technology.
Sources: Okamuro (2006), tables 1 and 3–6, appendix table 2, pp. 6–7; public statistics as
starting point. Checked against: statsmodels, from the stored table
(``tests/datasets/test_census.py``).
Limits: one solution among many. The districts are real, their numbers are not: no figure here
says anything about a real district. The table is fixed; a seed varies the plants, not the
districts.
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from shuseki.datasets.catalogue import load
from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["CENSUS", "DistrictDesign", "district_design", "synthetic_accounts"]

CENSUS = Source(
    "SyntheticCensus",
    say(
        "Synthetic census of manufactures, after the print of Okamuro (2006); describes no real "
        "plant"
    ),
    "1995-2000",
    terms="BSD-3-Clause",
    origin="synthetic",
)
DESIGN = "synthetic-districts"
RATIOS = ("industrial_land_price_yen_per_m2_1998",)
"""Accounts that do not grow with the scale."""
ATTRIBUTES = ("metropolitan", "largest_industry")
PLANTS = ("births_high", "births_low", "plants_of_4_or_more_1998")
"""Columns of the stored table that are not accounts: they are what the waves must show."""


@dataclass(frozen=True, eq=False)
class DistrictDesign:
    """What the waves must show in each district, at scale 1.

    Attributes
    ----------
    accounts
        Regional accounts, index district ``"001"``–``"253"``.
    births_high, births_low
        New plants of 1998–2000 with fewer than 20 regular employees, by technology.
    plants_of_4_or_more
        Plants of the 1998 wave.
    high_technology_plants
        Of these, in high-technology classes: the account's share, to the nearest plant.
    """

    accounts: pd.DataFrame
    births_high: "pd.Series[int]"
    births_low: "pd.Series[int]"
    plants_of_4_or_more: "pd.Series[int]"
    high_technology_plants: "pd.Series[int]"

    @property
    def rates(self) -> pd.DataFrame:
        """START, START_H and START_L: births per 10,000 labour force."""
        per = 10_000 / self.accounts["labour_force_1995"]
        high, low = self.births_high * per, self.births_low * per
        return pd.DataFrame({"START": high + low, "START_H": high, "START_L": low})

    def __repr__(self) -> str:
        births = int(self.births_high.sum() + self.births_low.sum())
        return f"<DistrictDesign: synthetic, {births:,} births in {len(self.accounts)} districts>"


def district_design() -> DistrictDesign:
    """Read what the synthetic census must show in each district.

    Examples
    --------
    >>> district_design()
    <DistrictDesign: synthetic, 16,193 births in 253 districts>
    """
    table = stored()
    accounts = table.drop(columns=list(PLANTS)).copy()
    share = accounts["hightech_plants_1998"] / accounts["plants_1998"]
    plants = table["plants_of_4_or_more_1998"]
    return DistrictDesign(
        accounts=with_source(accounts),
        births_high=table["births_high"],
        births_low=table["births_low"],
        plants_of_4_or_more=plants,
        high_technology_plants=(share * plants).round().astype("int64"),
    )


def synthetic_accounts(scale: float = 1.0) -> pd.DataFrame:
    """Regional accounts of the synthetic census.

    Parameters
    ----------
    scale
        How many times as many persons and plants; ratios of the accounts do not change. The
        waves of ``synthetic_census`` at the same scale belong to them.

    Returns
    -------
    DataFrame
        Index ``district``; columns as in the public accounts. ``attrs["sources"]`` says that it
        is synthetic; a Parquet file of it keeps that.

    Examples
    --------
    >>> accounts = synthetic_accounts()
    >>> len(accounts), accounts.attrs["sources"][0]["origin"]
    (253, 'synthetic')
    """
    check_scale(scale)
    accounts = district_design().accounts
    if scale != 1:
        grows = [name for name in accounts.columns if name not in (*RATIOS, *ATTRIBUTES)]
        accounts[grows] = accounts[grows] * scale
    return accounts


def check_scale(scale: float) -> None:
    """Refuse a scale that is not from 0.01 to 100."""
    if not 0.01 <= scale <= 100:
        raise ParameterError(
            say(
                "scale is {scale}. Expected 0.01 to 100, where 1 is about 370,000 plants a wave. "
                "Choose a scale within.",
                scale=scale,
            )
        )


def with_source(accounts: pd.DataFrame) -> pd.DataFrame:
    """Mark accounts as synthetic."""
    accounts.attrs["sources"] = [
        {
            name: getattr(CENSUS, name)
            for name in ("key", "citation", "year", "where", "terms", "origin")
        }
    ]
    return accounts


@lru_cache
def stored() -> pd.DataFrame:
    """The stored table, index district."""
    return load(DESIGN).set_index("district")
