"""What do public statistics show of an area today, and how has it come there?

``present_accounts`` gives one row per area: population and labour (censuses of 2015 and 2020),
private establishments and employees by section (economic censuses of 2016 and 2021), migration,
municipal finance and staff, universities, incomes, shipments of 2019; the year is in every name.
``present_panel`` gives the same as time series from 1971 on, and ``breaks`` says between which
periods a series changes its definition: there it is drawn as broken and never spliced.

Takes a division. Gives persons, establishments, yen, km². Unknown is ``nan``; a sum over
municipalities of which some are withheld holds the published ones only.
Sources: ``load("municipal-accounts-2026")`` and its neighbours in the catalogue; every column
names its data set in ``present_provenance``.
Checked against national totals (tests/datasets/test_present.py).
Limits: 4_plus is plants with four or more employees (census of manufactures), all_sizes private
establishments of any size (economic census): two populations. Research spending by prefecture is
in none of the bundled files. Industrial land prices are of Osaka only.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.catalogue import dataset, load
from shuseki.datasets.public import default_division, manufacturing_panel, shipments_panel
from shuseki.geography.districts import Division
from shuseki.language import say
from shuseki.panel import ALL, Panel

__all__ = [
    "breaks",
    "present_accounts",
    "present_panel",
    "present_provenance",
]

TODAY = "2020-10-01"
ACCOUNTS = ("municipal-accounts-2021", "municipal-accounts-2026", "municipal-latest")
SERIES = "municipal-series-2005-2018"
COUNTS = "universities-municipal-2022"
LAND = "industrial-land-osaka"
FIRMS = "firms-prefecture-2024"
LAND_YEAR = 2023
CENSUS_YEARS = (1995, 2000, 2005, 2010, 2015)
SHIPMENTS_SSDS = tuple(range(2013, 2019))


# ---- public verbs ------------------------------------------------------------------------------


def present_accounts(by: str | Division = "district-253") -> pd.DataFrame:
    """Give the accounts of today, one row per area.

    Parameters
    ----------
    by
        A division of Japan, or the name of a bundled one; ``"municipality"`` means those of 2020.

    Examples
    --------
    >>> accounts = present_accounts("prefecture")
    >>> round(float(accounts["population_2020"].sum()) / 1e6, 1)
    126.1
    """
    return _accounts(by if isinstance(by, Division) else default_division(by)).copy()


def present_provenance() -> Mapping[str, str]:
    """Column of the accounts → name of its data set."""
    return dict(_provenance())


def present_panel(by: str | Division = "district-253") -> Panel:
    """Give time series of each area, not broken down by industry, 1971 to 2021.

    ``shipments_yen``; ``plants_4_plus``, ``employees_4_plus`` (2001–2012, 2019);
    ``plants_all_sizes``, ``employees_all_sizes`` (2016, 2021); ``population`` (1995–2020);
    ``labour_force``, ``unemployed`` (2000–2020); ``taxable_income_yen``. Years that are not
    published are ``nan``. Where a definition changes, see ``breaks``.

    Examples
    --------
    >>> panel = present_panel("prefecture")
    >>> panel.shape[0], panel.periods[0], panel.periods[-1]
    (47, '1971', '2021')
    """
    return _panel(by if isinstance(by, Division) else default_division(by))


@lru_cache
def breaks() -> pd.DataFrame:
    """Say where series change their definition.

    Returns
    -------
    DataFrame
        ``variable``, ``from_period``, ``to_period``, ``why_en``, ``why_ja``.
    """
    table = load("present-breaks")
    return table.assign(
        from_period=table["from_period"].astype(str), to_period=table["to_period"].astype(str)
    )


# ---- computing -----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _accounts(by: Division) -> pd.DataFrame:
    parts = [added(by, load(name), TODAY) for name in ACCOUNTS]
    series = load(SERIES)
    for year in sorted(series["year"].unique()):
        rows = series[series["year"] == year]
        wide = rows.pivot(index="municipality", columns="item", values="value")
        wide.columns = [f"{item}_{year}" for item in wide.columns]
        table = wide.reset_index()
        table["municipality"] = table["municipality"].astype(str)
        parts.append(added(by, table, f"{year}-10-01"))
    schools = load(COUNTS).rename(
        columns=lambda name: name if name == "municipality" else f"{name}_2022"
    )
    everywhere = load(ACCOUNTS[1])[["municipality"]]
    schools = everywhere.merge(schools, how="left").fillna(dict.fromkeys(schools.columns[1:], 0))
    parts.append(added(by, schools, TODAY))
    land = load(LAND)
    land = land[(land["year"] == LAND_YEAR)].assign(
        land_price_points_2023=lambda t: t["points"],
        land_price_sum_2023=lambda t: t["points"] * t["median_yen_per_m2"],
    )
    land = land.groupby("municipality")[["land_price_points_2023", "land_price_sum_2023"]].sum()
    parts.append(added(by, land.reset_index(), TODAY))
    out = pd.concat(parts, axis=1)
    out = out.loc[:, ~out.columns.duplicated()]
    if "prefecture" in by.areas.columns:
        firms = load(FIRMS)
        made = firms[firms["industry"] == "manufacturing"].set_index("prefecture")
        where = by.areas.set_index("code")["prefecture"]
        for column in ("employees", "value_added_million_yen"):
            known = made[column].astype(float).to_dict()
            out[f"prefecture_firms_{column}_2024"] = where.map(known).reindex(out.index)
    out.index.name = "area"
    return out


@lru_cache
def _provenance() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ACCOUNTS:
        found |= {column: name for column in load(name).columns if column != "municipality"}
    series = load(SERIES)
    pairs = series[["item", "year"]].drop_duplicates()
    found |= {f"{i}_{y}": SERIES for i, y in zip(pairs["item"], pairs["year"], strict=True)}
    found |= {f"{c}_2022": COUNTS for c in load(COUNTS).columns if c != "municipality"}
    found |= {"land_price_points_2023": LAND, "land_price_sum_2023": LAND}
    firm_columns = ("employees", "value_added_million_yen")
    return found | {f"prefecture_firms_{column}_2024": FIRMS for column in firm_columns}


def added(by: Division, table: pd.DataFrame, date: str) -> pd.DataFrame:
    """Add the columns of a municipal table up to areas; unknown where no member is known."""
    columns = [column for column in table.columns if column != "municipality"]
    weights = by.crosswalk(date).matrix(list(table["municipality"]))
    amounts = table[columns].to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(amounts)
    total = weights @ np.where(known, amounts, 0.0)
    seen = weights @ known.astype(float)
    return pd.DataFrame(np.where(seen > 0, total, np.nan), index=list(by.codes), columns=columns)


@lru_cache(maxsize=8)
def _panel(by: Division) -> Panel:
    accounts = _accounts(by)
    years = list(range(1971, 2022))
    at = {year: k for k, year in enumerate(years)}
    values: dict[str, Floats] = {}

    def put(name: str, year: int, amount: Floats) -> None:
        if name not in values:
            values[name] = np.full((len(by.codes), 1, len(years)), np.nan)
        values[name][:, 0, at[year]] = amount

    shipped = shipments_panel(by)
    for k, period in enumerate(shipped.periods):
        put("shipments_yen", int(period), shipped.values["shipments_yen"][:, 0, k])
    for year in (*SHIPMENTS_SSDS, 2019):
        put("shipments_yen", year, accounts[f"shipments_million_yen_{year}"].to_numpy() * 1e6)
    made = manufacturing_panel(by, industries="total")
    for k, period in enumerate(made.periods):
        put("plants_4_plus", int(period), made.values["plants"][:, 0, k])
        put("employees_4_plus", int(period), made.values["employment"][:, 0, k])
    for name in ("plants_4_plus", "employees_4_plus"):
        put(name, 2019, accounts[f"{name}_2019"].to_numpy())
    for name in ("plants", "employees"):
        for year in (2016, 2021):
            put(f"{name}_all_sizes", year, accounts[f"manufacturing_{name}_{year}"].to_numpy())
    people = load("municipality-population").rename(columns={"code": "municipality"})
    for year in CENSUS_YEARS:
        column = f"population_{year}"
        known = people[["municipality", column]].dropna()
        put("population", year, added(by, known, f"{year}-10-01")[column].to_numpy())
    put("population", 2020, accounts["population_2020"].to_numpy())
    old = added(by, load("municipal-accounts-2000"), "2000-10-01")
    for name in ("labour_force", "unemployed"):
        put(name, 2000, old[f"{name}_2000"].to_numpy())
        for year in (2005, 2010, 2015):
            put(name, year, accounts[f"{name}_{year}"].to_numpy())
    put("labour_force", 2020, (accounts["employed_2020"] + accounts["unemployed_2020"]).to_numpy())
    put("unemployed", 2020, accounts["unemployed_2020"].to_numpy())
    for year in (2005, 2010, 2015, 2018):
        income = accounts[f"taxable_income_1000_yen_{year}"].to_numpy() * 1e3
        put("taxable_income_yen", year, income)
    return present_panel_of(by, values, tuple(map(str, years)))


def present_panel_of(by: Division, values: Mapping[str, Floats], years: tuple[str, ...]) -> Panel:
    """Put series of areas into a panel with the sources of the present."""
    areas = by.areas
    names = ("manufacturing-municipal", "shipments-municipal", *ACCOUNTS, SERIES)
    return Panel(
        by.codes,
        (ALL,),
        years,
        values,
        area_names=tuple(areas["name_en"]) if "name_en" in areas else (),
        centres=by.centres,
        area_groups=tuple(areas["prefecture"]) if "prefecture" in areas else (),
        division=by.name,
        sources=tuple(dataset(name).source for name in names),
        notes=(say("Series with breaks of definition: see breaks()."),),
    )
