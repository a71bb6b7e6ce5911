"""What are the components of the 2006 paper's variables about 2020, from public statistics?

The same table as ``datasets.accounts`` gives of 1995–2000, of the years that are open today:
``COLUMNS`` says of every column which year and publication it is and what was done to it. Six of
the paper's eleven regressors can be computed as defined; mean wages have a stand-in, the taxable
income of those who pay tax; the others cannot be had by municipality (``MISSING``).

Takes a division. Gives a table, index area code; unknown is ``nan``: nobody was in the labour
force of 双葉町 in 2020.
Sources: population censuses of 2010 and 2020, economic census of 2021, 社会・人口統計体系 2015 and
2018, through the bundled data sets.
Limits: establishments and employees are private ones; graduates are those of 2010, the last year
that is open by municipality here.
"""

from collections.abc import Mapping
from functools import lru_cache

import pandas as pd

from shuseki.datasets.carrying import add_up, near_metropolis
from shuseki.datasets.catalogue import load
from shuseki.datasets.columns import Column
from shuseki.geography.districts import Division
from shuseki.language import Message, say

__all__ = ["COLUMNS_2020", "MISSING", "accounts_2020"]

DAY, DAY_2010 = "2020-10-01", "2010-10-01"
CHILDREN = "municipal-accounts-2015-2019"
"""Data set of the share under 15, by which the population of 15 and over is estimated."""

COLUMNS_2020 = (
    Column("labour_force_2020", "persons", "2020", "municipal-accounts-2020-2021",
           "employed and unemployed; unknown where it is nobody"),
    Column("unemployed_2020", "persons", "2020", "municipal-accounts-2020-2021", ""),
    Column("graduates_2010", "persons", "2010", "municipal-accounts-2010",
           "university and graduate school (E9106)"),
    Column("population_15_and_over_2010", "persons", "2010", "municipal-accounts-2010",
           "total, less the share under 15 of 2015"),
    Column("shipments_yen_2018", "yen", "2018", "municipal-accounts-2015-2018",
           "withheld municipalities count as 0"),
    Column("shipments_yen_2015", "yen", "2015", "municipal-accounts-2015-2018",
           "of municipalities that are published in 2018 too"),
    Column("taxable_income_yen_2018", "yen", "2018", "municipal-accounts-2015-2018", ""),
    Column("taxpayers_2018", "persons", "2018", "municipal-accounts-2015-2018", ""),
    Column("manufacturing_plants_2021", "plants", "2021", "municipal-accounts-2020-2021",
           "private, all sizes; unknown where there is none"),
    Column("manufacturing_employees_2021", "persons", "2021", "municipal-accounts-2020-2021",
           "private, all sizes"),
    Column("establishments_2021", "establishments", "2021", "municipal-accounts-2020-2021",
           "private, all industries"),
    Column("employees_2021", "persons", "2021", "municipal-accounts-2020-2021",
           "private, all industries"),
    Column("area_km2", "km2", "2024", "municipal-accounts-2020-2021", "total area"),
    Column("metropolitan", "yes or no", "2020", "municipality-population",
           "centre within 50 km of Tokyo or Osaka station"),
)  # fmt: skip

MISSING: Mapping[str, Message] = {
    "PCM": say("value added and wages of manufacturing are not open by municipality after 2012"),
    "WAGE": say(
        "wages of manufacturing are not open by municipality after 2012; the taxable income of "
        "those who pay tax stands in, as INCOME"
    ),
    "LNLANDP": say("industrial land prices are not open as a table by municipality"),
    "INST": say("research institutes are not open by municipality"),
    "HITECH": say("industries of manufacturing are not open by municipality after 2012"),
}
"""Variable of the 2006 paper → why it cannot be computed of about 2020."""


@lru_cache(maxsize=8)
def accounts_2020(by: Division) -> pd.DataFrame:
    """Compute the accounts of a division; see ``datasets.regional_accounts``."""
    now = add_up(by, load("municipal-accounts-2020-2021"), DAY)
    earlier = add_up(by, load("municipal-accounts-2010"), DAY_2010)
    of_2015 = load(CHILDREN)[["municipality", "population_2015", "population_under_15_2015"]]
    young = add_up(by, of_2015, DAY)
    table = load("municipal-accounts-2015-2018")
    years = [f"shipments_million_yen_{year}" for year in (2015, 2018)]
    table[years] = table[years].where(table[years].notna().all(axis=1))
    between = add_up(by, table, DAY)

    out = pd.DataFrame(index=pd.Index(by.codes, name="area"))
    force = now["employed_2020"] + now["unemployed_2020"]
    out["labour_force_2020"] = force.where(force > 0)
    out["unemployed_2020"] = now["unemployed_2020"]
    out["graduates_2010"] = earlier["university_graduates_2010"]
    under_15 = young["population_under_15_2015"] / young["population_2015"]
    out["population_15_and_over_2010"] = earlier["population_2010"] * (1 - under_15)
    for year in (2018, 2015):
        shipments = between[f"shipments_million_yen_{year}"] * 1e6
        out[f"shipments_yen_{year}"] = shipments.where(shipments > 0)
    out["taxable_income_yen_2018"] = between["taxable_income_1000_yen_2018"] * 1e3
    out["taxpayers_2018"] = between["taxpayers_2018"].where(between["taxpayers_2018"] > 0)
    for name in ("manufacturing_plants", "manufacturing_employees", "establishments", "employees"):
        counted = now[f"{name}_2021"]
        out[f"{name}_2021"] = counted.where(counted > 0)  # something is divided by it
    out["area_km2"] = now["area_km2_2024"]
    out["metropolitan"] = near_metropolis(by.areas[["latitude", "longitude"]].to_numpy(float))
    out = out[[column.column for column in COLUMNS_2020]]
    out.attrs = {
        "division": by.name,
        "datasets": (*dict.fromkeys(column.data for column in COLUMNS_2020), CHILDREN),
    }
    return out
