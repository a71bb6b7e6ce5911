"""What are the components of the paper's variables in each region, from public statistics?

The fourteen variables of Okamuro 2006 are ratios of counts and amounts of 1995–2000. The *regional
accounts* hold those counts and amounts, one row per area, units and year in the names. Not every
year was published by municipality, or is to be had; the nearest is taken, and
``regional_accounts_provenance`` says of every column which year and publication it is and what was
done to it:

- 2001 amounts and counts are carried to 1998 by what is known of 1998: shipments of the area, and
  national totals by size of plant;
- value added is published gross of depreciation by municipality and net nationally; the areas are
  reduced by the national ratio, because the paper's variable is net;
- plants of 1–3 workers are not in the municipal tables; their number is that of 1998 nationally,
  spread by the ratio of all plants (2016) to plants of four or more (2012) in each area;
- the unemployed of 1995 are those of 2000 by the national change of the unemployment rate.

Takes a division. Gives a table, index area code; unknown is ``nan``.
Sources: in the provenance. Checked against table 3 of the paper: ``docs/datasets.md``.
Limits: no public source gives research institutes or industrial land prices; the share of
high-technology plants is a proxy from two-digit groups in cities.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.accounts_2020 import COLUMNS_2020, accounts_2020
from shuseki.datasets.carrying import add_up, near_metropolis, on_date
from shuseki.datasets.catalogue import dataset, load
from shuseki.datasets.columns import Column
from shuseki.datasets.public import manufacturing_cells
from shuseki.errors import ParameterError
from shuseki.geography.districts import Division, division
from shuseki.language import say

__all__ = ["COLUMNS", "regional_accounts", "regional_accounts_provenance"]

HIGHTECH_GROUPS = ("20", "23", "30", "31", "32", "34")
"""JSIC revision 10 groups whose classes are high-technology but for one (other transport)."""
LARGEST_INDUSTRY_GROUPS = {"food": ("12",), "textile": ("14", "15"), "electrical": ("30",)}

COLUMNS = (
    Column("labour_force_1995", "persons", "2000", "municipal-accounts-2000", "as of 2000"),
    Column("unemployed_1995", "persons", "2000", "municipal-accounts-2000",
           "2000, times the national rate of 1995 (4.3 %) over that of 2000 (4.7 %)"),
    Column("graduates_2000", "persons", "2000", "municipal-accounts-2000",
           "university and graduate school (E9106)"),
    Column("population_15_and_over_2000", "persons", "2000", "municipal-accounts-2000",
           "total, less the share under 15 of 2015 times its national change since 2000"),
    Column("value_added_yen_1998", "yen", "2001", "manufacturing-municipal",
           "2001, carried to 1998 by shipments, net of depreciation by the national ratio"),
    Column("cash_wages_yen_1998", "yen", "2001", "manufacturing-municipal",
           "2001, carried to 1998 by shipments"),
    Column("shipments_yen_1998", "yen", "1998", "shipments-municipal",
           "municipalities of 2015, divided by shipments of 2001"),
    Column("shipments_yen_1995", "yen", "1995", "shipments-municipal",
           "municipalities of 2015, divided by shipments of 2001"),
    Column("employees_1998", "persons", "2001", "manufacturing-municipal",
           "2001, carried to 1998 by national employees, plus 1-3 workers"),
    Column("plants_1998", "plants", "2001", "manufacturing-municipal",
           "2001, carried to 1998 by national plants, plus plants of 1-3 workers"),
    Column("hightech_plants_1998", "plants", "2001", "manufacturing-municipal",
           "proxy: share of groups 20, 23, 30, 31, 32, 34 in cities, times plants_1998"),
    Column("research_institutes_1996", "establishments", "", "", "no public source by area"),
    Column("plants_1996", "plants", "2001", "manufacturing-municipal",
           "plants_1998 by national plants; the establishment census of 1996 counts more"),
    Column("area_km2", "km2", "2019", "municipal-accounts-2015-2019",
           "total area of the municipalities of 2020, divided by habitable area of 2000"),
    Column("manufacturing_employees_1996", "persons", "2001", "manufacturing-municipal",
           "employees_1998 by national employees"),
    Column("all_employees_1996", "persons", "2009", "employees-municipal-2009",
           "as of 2009, when the nation had as many as in 1996 (62.8 million)"),
    Column("industrial_land_price_yen_per_m2_1998", "yen per m2", "", "",
           "no public source by area"),
    Column("metropolitan", "yes or no", "1995", "districts-253",
           "centre within 50 km of Tokyo or Osaka station"),
    Column("largest_industry", "group", "2001", "manufacturing-municipal",
           "most employees by two-digit group in cities; textiles and apparel count as one"),
)  # fmt: skip

KINDS = ("public", "public-2020")
"""Years of the accounts: those of the 2006 paper, and those about 2020."""
NATIONAL = ("plant-sizes", "census-summary")
"""Data sets of the nation by which areas are carried to another year."""


# ---- public verbs ------------------------------------------------------------------------------


def regional_accounts(kind: str = "public", by: str | Division = "district-253") -> pd.DataFrame:
    """Give the regional accounts from public statistics.

    Parameters
    ----------
    kind
        ``"public"``: of the 2006 paper's years, 1995–2000. ``"public-2020"``: of the years about
        2020 (``datasets.accounts_2020``). Synthetic accounts come with a synthetic census, in its
        folder.
    by
        A division, or the name of a bundled one.

    Returns
    -------
    DataFrame
        Index ``area``; the columns of ``COLUMNS``, or of ``COLUMNS_2020``.
        ``attrs["datasets"]`` names the data sets they come from
        (``datasets.dataset(name).source``), ``attrs["division"]`` the division.

    Examples
    --------
    >>> accounts = regional_accounts()
    >>> len(accounts), round(accounts["labour_force_1995"].sum() / 1e6)
    (253, 61)
    """
    if kind not in KINDS:
        raise ParameterError(
            say(
                "Accounts of kind {kind!r} are not bundled. Expected {kinds}. Synthetic accounts "
                "lie beside the waves of a synthetic census: read them there.",
                kind=kind,
                kinds=" or ".join(map(repr, KINDS)),
            )
        )
    areas = by if isinstance(by, Division) else named(by)
    return (compute(areas) if kind == "public" else accounts_2020(areas)).copy()


def regional_accounts_provenance(kind: str = "public") -> pd.DataFrame:
    """Say of every column of the public accounts which year and publication it is.

    Parameters
    ----------
    kind
        As for ``regional_accounts``.

    Returns
    -------
    DataFrame
        ``column``, ``unit``, ``actual_year``, ``publisher``, ``note``; ``publisher`` is empty
        where no public source exists.
    """
    return pd.DataFrame(
        [
            (c.column, c.unit, c.year, dataset(c.data).publisher if c.data else "", c.note)
            for c in (COLUMNS if kind == "public" else COLUMNS_2020)
        ],
        columns=["column", "unit", "actual_year", "publisher", "note"],
    )


# ---- computing ---------------------------------------------------------------------------------


@lru_cache
def named(name: str) -> Division:
    """Keep a bundled division, so that its accounts are computed once."""
    return division(name)


@lru_cache(maxsize=8)
def compute(by: Division) -> pd.DataFrame:
    """Compute the accounts of a division."""
    nation = national_totals()
    census = add_up(by, load("municipal-accounts-2000"), "2000-10-01")
    later_table = load("municipal-accounts-2015-2019")
    later = add_up(by, later_table, "2020-10-01")
    habitable = load("municipal-accounts-2000").set_index("municipality")["habitable_area_km2_2000"]
    surface = add_up(
        by, later_table[["municipality", "area_km2_2019"]], "2020-10-01",
        sizes=on_date(habitable, "2000-10-01", by.date),
    )  # fmt: skip
    cells = manufacturing_cells("total", (2001, 2012))
    made = add_up(by, cells[cells["year"] == 2001], "2001-12-31")
    made_2012 = add_up(by, cells[cells["year"] == 2012], "2012-12-31")
    sizes = cells[cells["year"] == 2001].set_index("municipality")["shipments_yen"].fillna(0.0)
    shipped = add_up(
        by, load("shipments-municipal"), "2015-10-01", sizes=on_date(sizes, "2001-12-31", by.date)
    )
    jobs = add_up(by, load("employees-municipal-2009"), "2009-07-01")
    groups = {name: two_digit_2001(by, name) for name in ("plants", "employees")}

    out = pd.DataFrame(index=pd.Index(by.codes, name="area"))
    out["labour_force_1995"] = census["labour_force_2000"]
    out["unemployed_1995"] = (
        census["unemployed_2000"] * nation["unemployment_1995"] / nation["unemployment_2000"]
    )
    out["graduates_2000"] = census["university_graduates_2000"]
    under_15 = later["population_under_15_2015"] / later["population_2015"]
    out["population_15_and_over_2000"] = census["population_2000"] * (
        1 - under_15 * nation["under_15_2000"] / nation["under_15_2015"]
    )

    larger = made["plants"] * nation["plants_1998"] / nation["plants_2001"]
    small = small_plants(
        larger.to_numpy(),
        (later["manufacturing_plants_2016"] / made_2012["plants"]).to_numpy(),
        nation["small_plants_1998"] / nation["plants_1998"],
    )
    shipments = shipped["shipments_million_yen_1998"] * 1e6
    out["value_added_yen_1998"] = (
        made["value_added_yen"] / made["shipments_yen"] * shipments
        * (nation["value_added_1998"] / nation["shipments_1998"]) / nation["gross_share_2001"]
    )  # fmt: skip
    out["cash_wages_yen_1998"] = (
        made["wages_yen"] * nation["wages_1998"] / nation["wages_2001"]
        + small * nation["small_wages_1998"] / nation["small_plants_1998"]
    )
    out["shipments_yen_1998"] = shipments
    out["shipments_yen_1995"] = shipped["shipments_million_yen_1995"] * 1e6
    out["employees_1998"] = (
        made["employees"] * nation["employees_1998"] / nation["employees_2001"]
        + small * nation["small_employees_1998"] / nation["small_plants_1998"]
    )
    out["plants_1998"] = larger + small
    out["hightech_plants_1998"] = out["plants_1998"] * hightech_share(groups["plants"])
    out["research_institutes_1996"] = np.nan
    out["plants_1996"] = out["plants_1998"] * nation["plants_1996"] / nation["plants_1998"]
    out["area_km2"] = surface["area_km2_2019"]
    out["manufacturing_employees_1996"] = (
        out["employees_1998"] * nation["employees_1996"] / nation["employees_1998"]
    )
    out["all_employees_1996"] = jobs["employees_2009"]
    out["industrial_land_price_yen_per_m2_1998"] = np.nan
    out["metropolitan"] = near_metropolis(by.areas[["latitude", "longitude"]].to_numpy(float))
    out["largest_industry"] = largest_industry(groups["employees"])
    out = out[[column.column for column in COLUMNS]]
    used = dict.fromkeys(column.data for column in COLUMNS if column.data)
    out.attrs = {
        "division": by.name,
        "datasets": (*used, *NATIONAL),
    }
    return out


@lru_cache
def national_totals() -> dict[str, float]:
    """National totals of plants with four or more workers, of smaller ones, and of the census."""
    sizes = load("plant-sizes")
    sizes = sizes[sizes["industry_ja"] == "製造業計"]
    units = {"plants": 1.0, "employees": 1.0, "wages_million_yen": 1e6,
             "shipments_million_yen": 1e6, "value_added_million_yen": 1e6}  # fmt: skip
    totals: dict[str, float] = {}
    for year in (1996, 1998, 2001):
        of_year = sizes[sizes["year"] == year].set_index("size")
        for column, unit in units.items():
            name = column.removesuffix("_million_yen")
            small = of_year.index == "1~3"
            totals[f"{name}_{year}"] = float(of_year.loc[~small, column].sum()) * unit
            if small.any():
                totals[f"small_{name}_{year}"] = float(of_year.loc[small, column].sum()) * unit
    published = manufacturing_cells("total", (2001,))
    published = published[published["value_added_yen"].notna()]
    totals["gross_share_2001"] = float(
        published["value_added_yen"].sum() / published["shipments_yen"].sum()
    )
    census, later = load("municipal-accounts-2000"), load("municipal-accounts-2015-2019")
    summary = load("census-summary").set_index(["item", "year"])["value"]
    totals["unemployment_1995"] = float(
        1 - summary["employed", 1995] / summary["labour_force", 1995]
    )
    totals["unemployment_2000"] = float(
        census["unemployed_2000"].sum() / census["labour_force_2000"].sum()
    )
    totals["under_15_2000"] = float(summary["share_under_15", 2000])
    totals["under_15_2015"] = float(
        later["population_under_15_2015"].sum() / later["population_2015"].sum()
    )
    return totals


def two_digit_2001(by: Division, variable: str) -> pd.DataFrame:
    """Plants or employees by area and two-digit group (JSIC 10), cities only."""
    cells = manufacturing_cells("jsic-10", (2001,))
    wide = cells.pivot(index="municipality", columns="industry", values=variable)
    return add_up(by, wide.reset_index(), "2001-12-31")


# ---- arithmetic ----------------------------------------------------------------------------------


def small_plants(larger: Floats, all_over_larger: Floats, national_ratio: float) -> Floats:
    """Spread the nation's plants of 1-3 workers over areas.

    ``small = larger x max(c x all_over_larger - 1, 0)``, with ``c`` such that the total is
    ``national_ratio`` times the larger plants.

    Parameters
    ----------
    larger
        Plants of four or more workers per area, shape ``(areas,)``.
    all_over_larger
        Plants of all sizes over larger plants in another year, shape ``(areas,)``.
    national_ratio
        Small over larger plants of the nation.
    """
    ratio = np.where(np.isfinite(all_over_larger), all_over_larger, 1 + national_ratio)
    low, high = 0.0, 10.0
    for _ in range(60):
        scale = (low + high) / 2
        small = larger * np.maximum(scale * ratio - 1, 0.0)
        low, high = (scale, high) if small.sum() < national_ratio * larger.sum() else (low, scale)
    spread: Floats = larger * np.maximum(high * ratio - 1, 0.0)
    return spread


def hightech_share(plants: pd.DataFrame) -> "pd.Series[float]":
    """Share of the groups that are mostly high-technology; unknown where no group is shown."""
    total = plants.sum(axis=1)
    return plants[list(HIGHTECH_GROUPS)].sum(axis=1) / total.where(total > 0)


def largest_industry(employees: pd.DataFrame) -> "pd.Series[str]":
    """Group with most employees; unknown where no group is shown."""
    totals = employees.copy()
    for name, codes in LARGEST_INDUSTRY_GROUPS.items():
        totals[name] = totals[list(codes)].sum(axis=1)
        totals = totals.drop(columns=list(codes))
    largest = totals.idxmax(axis=1).where(lambda top: top.isin(LARGEST_INDUSTRY_GROUPS), "other")
    return largest.where(totals.sum(axis=1) > 0)
