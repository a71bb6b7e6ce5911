"""What do public statistics show of manufacturing in a region?

``manufacturing_panel`` gives plants, employment, wages, shipments and value added by area, industry
and year; ``shipments_panel`` shipments since 1971; ``input_output_shares`` who sells to whom.

Takes the name of a division, or a ``Division``. Gives panels whose sources name publisher, year and
terms; amounts in yen, nominal. Empty (``nan``) is unknown: withheld, or not published.
Sources: METI 工業統計表 2001–2012; Cabinet Office (from METI) 1971–2012; OECD input–output tables
1995–2018; see ``catalogue``.
Checked against the national totals that METI prints.
Limits: plants with four or more employees. Industries are published for cities only (designated
cities by ward; the wards are added up): 73 % of plants in 2001, 88 % in 2012; totals are for all
municipalities. Sums leave out withheld cells, which are of one or two plants; ``plants_withheld``
counts the plants in them.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Bools
from shuseki.datasets.catalogue import dataset, load
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.districts import Division, aggregate, division
from shuseki.industries.classification import classification
from shuseki.industries.concordance import comparable_groups
from shuseki.language import say
from shuseki.measures.change.externalities import InputOutput, input_output
from shuseki.measures.visibility import seen_share
from shuseki.panel import ALL, Panel

__all__ = [
    "INPUT_OUTPUT_YEARS",
    "MANUFACTURING_YEARS",
    "fully_published",
    "input_output_shares",
    "manufacturing_panel",
    "shipments_panel",
]

MANUFACTURING_YEARS = tuple(range(2001, 2013))
SHIPMENT_YEARS = tuple(range(1971, 2013))
INPUT_OUTPUT_YEARS = tuple(range(1995, 2019))
REVISION_YEARS = {"10": (2001,), "11": tuple(range(2002, 2008)), "12": tuple(range(2008, 2013))}
AMOUNTS = ("wages", "materials", "shipments", "value_added")
YEN = 10_000

Industries = Literal["total", "jsic-10", "jsic-11", "jsic-12", "comparable"]


# ---- panels ----------------------------------------------------------------------------------


def manufacturing_panel(
    by: str | Division = "district-253",
    *,
    industries: Industries = "jsic-12",
    years: Sequence[int] | None = None,
) -> Panel:
    """Manufacturing by area, industry and year, plants with four or more employees.

    Parameters
    ----------
    by
        A division, or the name of a bundled one; ``"municipality"`` means those of 2020.
    industries
        ``"total"``: not broken down, all municipalities. ``"jsic-10"`` (2001), ``"jsic-11"``
        (2002–2007), ``"jsic-12"`` (2008–2012): two-digit groups, cities only.
        ``"comparable"``: the groups of groups that all three revisions share, cities only.
    years
        All years of the classification by default.

    Returns
    -------
    Panel
        ``plants``, ``employment``, ``wages_yen``, ``materials_yen``, ``shipments_yen``,
        ``value_added_yen`` (gross of depreciation), and ``plants_withheld``: the plants whose
        amounts are withheld and therefore not in the sums.

    Examples
    --------
    >>> manufacturing_panel("prefecture", industries="total", years=[2001]).shape
    (47, 1, 1)
    """
    allowed = MANUFACTURING_YEARS
    if industries not in ("total", "comparable"):
        revision = industries.removeprefix("jsic-")
        if revision not in REVISION_YEARS:
            raise UnknownCodeError.among(
                "breakdown", [industries], ("total", "comparable", "jsic-10", "jsic-11", "jsic-12")
            )
        allowed = REVISION_YEARS[revision]
    wanted = tuple(years) if years is not None else allowed
    outside = [year for year in wanted if year not in allowed]
    if outside or not wanted:
        raise ParameterError(
            say(
                "Years {outside} are not published by {industries!r}. Expected {allowed} to "
                "{allowed_2}. Choose among them, or industries='comparable'.",
                outside=outside,
                industries=industries,
                allowed=allowed[0],
                allowed_2=allowed[-1],
            )
        )
    to = by if isinstance(by, Division) else default_division(by)
    cells = manufacturing_cells(industries, wanted).rename(columns={"employees": "employment"})
    return build_panel(cells, to, industries, wanted)


def shipments_panel(
    by: str | Division = "district-253", *, years: Sequence[int] | None = None
) -> Panel:
    """Shipments of manufacturing by area since 1971, yen, not broken down by industry.

    Unknown where a municipality of the area was withheld in that year.

    Examples
    --------
    >>> shipments_panel("prefecture", years=[1971, 2012]).shape
    (47, 1, 2)
    """
    wanted = tuple(years) if years is not None else SHIPMENT_YEARS
    outside = [year for year in wanted if year not in SHIPMENT_YEARS]
    if outside:
        raise ParameterError(
            say(
                "No shipments of {outside}. Expected years from 1971 to 2012.",
                outside=outside,
            )
        )
    table = load("shipments-municipal")
    columns = [f"shipments_million_yen_{year}" for year in wanted]
    values = table[columns].to_numpy(float)[:, None, :] * 1e6
    panel = Panel(
        tuple(table["municipality"]),
        (ALL,),
        tuple(map(str, wanted)),
        {"shipments_yen": values},
        division="municipality",
        sources=(dataset("shipments-municipal").source,),
    )
    to = by if isinstance(by, Division) else default_division(by)
    return aggregate(panel, to, date=SHIPMENT_CODES).panel


def fully_published(
    by: str | Division = "municipality",
    years: Sequence[int] = (2001, 2006, 2012),
    share: float = 0.98,
) -> tuple[str, ...]:
    """Areas whose industries are published in full, so that they can be compared over time.

    Industries are published for cities only: where a town joined a city, its plants appear in the
    city's industries and look like growth. Areas are kept whose industries have at least ``share``
    of all plants in each of the years.

    Examples
    --------
    >>> len(fully_published("municipality"))
    389
    """
    panel = manufacturing_panel(by, industries="comparable", years=years)
    seen = seen_share(panel, manufacturing_panel(by, industries="total", years=years))
    kept: Bools = np.asarray((seen >= share).all(axis=1))
    return tuple(code for code, keep in zip(panel.areas, kept, strict=True) if keep)


SHIPMENT_CODES = "2015-10-01"


def default_division(name: str) -> Division:
    """Give a bundled division; municipalities are those of 2020, since they only merge."""
    return division(name, 2020) if name == "municipality" else division(name)


# ---- who sells to whom -----------------------------------------------------------------------


def input_output_shares(
    industries: Literal["jsic-10", "jsic-11", "comparable"] = "comparable", *, year: int = 2005
) -> InputOutput:
    """Of what an industry buys from (sells to) other manufacturing, the share of each partner.

    The OECD's table has 17 sectors. Where industries share one (food and beverages; iron and
    steel, and non-ferrous metals), its flows are divided by their shipments of 2002, and flows
    inside the sector are left out: the table does not tell them from an industry's own.

    Parameters
    ----------
    industries
        As in ``manufacturing_panel``; revision 12 alone cannot be told apart by the table.
    year
        1995 to 2018; the input–output tables of Japan themselves are of 1995, 2000, 2005, 2011
        and 2015, the OECD estimates the years between.

    Examples
    --------
    >>> dealings = input_output_shares("jsic-10", year=2000)
    >>> metal, steel = (dealings.industries.index(code) for code in ("28", "26"))
    >>> bool(dealings.suppliers[metal].argmax() == steel)
    True
    """
    if year not in INPUT_OUTPUT_YEARS:
        raise ParameterError(
            say(
                "No input–output table of {year}. Expected 1995 to 2018. Choose a year among them.",
                year=year,
            )
        )
    part = industry_parts(industries)
    flows = load("input-output-flows")
    column = f"million_usd_{year}"
    table = flows.pivot(index="seller", columns="buyer", values=column)
    sectors = list(part.columns)
    between = table.loc[sectors, sectors].to_numpy(float) * ~np.eye(len(sectors), dtype=bool)
    parts = part.to_numpy(float)
    return input_output(
        pd.DataFrame(parts @ between @ parts.T, index=part.index, columns=part.index),
        sources=(dataset("input-output-flows").source, dataset("input-output-industries").source),
        notes=(
            say(
                "Suppliers and customers: manufacturing only, domestic and imported goods, {year}; "
                "transactions inside one of the table's 17 sectors are left out.",
                year=year,
            ),
        ),
    )


def industry_parts(industries: str) -> pd.DataFrame:
    """Part of each sector of the table that an industry makes, industries × sectors."""
    known = ("jsic-10", "jsic-11", "comparable")
    if industries not in known:
        raise UnknownCodeError.among("breakdown with an input–output table", [industries], known)
    table = load("input-output-industries")
    revision = industries.removeprefix("jsic-") if industries != "comparable" else "10"
    table = table[table["revision"] == revision].rename(columns={"industry": "code"})
    if industries == "comparable":
        groups = comparable_groups([10, 11, 12])
        group = groups[groups["revision"] == "10"].set_index("code")["group"]
        table = table.assign(code=table["code"].map(group.to_dict()))
    return table.pivot_table(
        index="code", columns="sector", values="sector_share", aggfunc="sum", fill_value=0.0
    )


# ---- cells of manufacturing ---------------------------------------------------------------------


def manufacturing_cells(industries: Industries, years: tuple[int, ...]) -> pd.DataFrame:
    """Published cells: ``municipality``, ``year``, ``industry`` and the variables."""
    table = load("manufacturing-municipal")
    table = table[table["year"].isin(years)]
    total = table["industry"] == ALL
    cells = table[total if industries == "total" else ~total]
    cells = pd.DataFrame(
        {
            "municipality": cells["municipality"].astype(str),
            "year": cells["year"].astype(int),
            "industry": cells["industry"].astype(str),
            "plants": cells["plants"].to_numpy(float),
            "plants_withheld": cells["plants_withheld"].to_numpy(float),
            "employees": cells["employees"].to_numpy(float, na_value=np.nan),
            **{
                f"{amount}_yen": cells[f"{amount}_10000_yen"].to_numpy(float, na_value=np.nan) * YEN
                for amount in AMOUNTS
            },
        }
    )
    if industries == "comparable":
        groups = comparable_groups([10, 11, 12]).set_index(["revision", "code"])["group"]
        used = cells["year"].map({y: r for r, years_ in REVISION_YEARS.items() for y in years_})
        cells["industry"] = groups.reindex(
            pd.MultiIndex.from_arrays([used, cells["industry"]])
        ).to_numpy()
    return cells


def build_panel(
    cells: pd.DataFrame, to: Division, industries: Industries, years: tuple[int, ...]
) -> Panel:
    """Add cells up, year by year because codes change, and put them on three axes."""
    variables = [c for c in cells.columns if c not in ("municipality", "year", "industry")]
    codes = (ALL,) if industries == "total" else tuple(sorted(cells["industry"].unique()))
    values = {name: np.zeros((len(to.codes), len(codes), len(years))) for name in variables}
    at_industry = {code: k for k, code in enumerate(codes)}
    for k, year in enumerate(years):
        of_year = cells[cells["year"] == year]
        places = of_year["municipality"].unique()
        weights = to.crosswalk(f"{year}-12-31").matrix(list(places))
        at = {code: position for position, code in enumerate(places)}
        row = of_year["municipality"].map(at).to_numpy()
        column = of_year["industry"].map(at_industry).to_numpy()
        cell = row * len(codes) + column
        for name in variables:
            amount = np.nan_to_num(of_year[name].to_numpy(float))
            grid = np.bincount(cell, amount, len(places) * len(codes))
            values[name][:, :, k] = weights @ grid.reshape(len(places), len(codes))
        if industries != "total":  # a place without a city shows no industry at all
            unknown = weights.sum(axis=1) == 0
            for name in variables:
                values[name][unknown, :, k] = np.nan
        for name in ("employment", *(f"{amount}_yen" for amount in AMOUNTS)):
            withheld = (values["plants"][:, :, k] > 0) & (values[name][:, :, k] == 0)
            values[name][withheld, k] = np.nan
    if industries in ("total", "comparable"):
        names: tuple[str, ...] = ()
    else:
        table = classification(industries).table.set_index("code")["name_en"]
        names = tuple(table[code] for code in codes)
    areas = to.areas
    return Panel(
        to.codes,
        codes,
        tuple(map(str, years)),
        values,
        area_names=tuple(areas["name_en"]),
        industry_names=names,
        centres=areas[["latitude", "longitude"]].to_numpy(float),
        area_groups=tuple(areas["prefecture"]),
        division=to.name,
        sources=(dataset("manufacturing-municipal").source, *to.sources),
        notes=(
            say("Plants with four or more employees."),
            say("Sums leave out withheld cells; plants_withheld counts their plants."),
            *(() if industries == "total" else (say("Industries are published for cities only."),)),
        ),
    )
