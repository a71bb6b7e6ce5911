"""What is known of every area, so that one of them can be placed among them?

A *base* gathers, for one division, everything the profile is computed from: the accounts of
today and of 1995–2012 as one table of columns (units and years in the names), the industries of
each area, the masses of suppliers and customers around it, and the time series. It is computed
once for a division and kept.

Columns made here, of the industries that a panel shows (``I`` industries; ``e`` employees):

``leading_*``               of the industry with the largest excess ``e_ri − e_r (e_i / e)``
``effective_industries``    ``exp(−Σ s ln s)`` of the shares ``s`` of employees
``related_density``         of the leading industry: ``Σ_j φ_ij M_rj / Σ_j φ_ij``, with M = 1 where
                            the location quotient is above 1 and φ the smaller of the two
                            conditional probabilities that areas have both industries
``supplier_access_R_km``    ``Σ_i s_ri Σ_j b_ij E_j(R)``: employees within R km of industries j that
                            sell to those of the area (``b``: shares of purchases); ``customer_``
                            likewise with shares of sales; ``finer_`` by the detailed table of the
                            United States in place of the OECD's 17 sectors
``mix_plant_size``          plant size of the nation in each industry, weighted by the area's plants
``mix_value_added_share``   value added over shipments of the nation, weighted by the area's
                            shipments

Takes: a division (of any country), or a panel of plants and employees of the user's. Gives: a
``Base``. Sources: those of the data sets; related density: Hidalgo et al. (2007), Science 317.
Limits: bundled industries are published for cities only, to 2012; access counts employees of
manufacturing in cities, at the centres of municipalities, straight distances.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.accounts import COLUMNS as EARLY_COLUMNS
from shuseki.datasets.accounts import regional_accounts
from shuseki.datasets.catalogue import dataset, entries, load
from shuseki.datasets.linkages import us_linkages
from shuseki.datasets.panels import JOINED
from shuseki.datasets.present import (
    added,
    present_accounts,
    present_panel,
    present_panel_of,
    present_provenance,
)
from shuseki.datasets.public import default_division, input_output_shares, manufacturing_panel
from shuseki.errors import DataError, UnknownCodeError
from shuseki.geography.bundled import DISTRICTS, MUNICIPALITIES
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.districts import Division, division
from shuseki.industries.classification import classification
from shuseki.language import Message, listed, say
from shuseki.panel import Panel
from shuseki.sources import Source

__all__ = ["Base", "base_of", "base_of_panel"]

RADII_KM = (10, 30, 100)
LATEST = 2012
"""Last year of industries by municipality."""
EARLY = 2001
COMPARABLE = 2002
"""First year whose industries compare with the latest: publishing left manufacturing that year."""
MANUFACTURING = "manufacturing-municipal"
FLOWS = "input-output-flows"
FINER = "us-linkages-jsic12"


@dataclass(frozen=True, eq=False)
class Mix:
    """Industries of each area in one period.

    Attributes
    ----------
    industries, names_en, names_ja
        Codes and names, ``I``.
    plants, employment
        Shape ``(areas, I)``; rows of ``nan`` where no industry is shown.
    """

    industries: tuple[str, ...]
    names_en: tuple[str, ...]
    names_ja: tuple[str, ...]
    plants: Floats
    employment: Floats
    period: str


@dataclass(frozen=True, eq=False)
class Base:
    """Everything a profile is computed from, for all areas of one division.

    Attributes
    ----------
    division
        The areas.
    columns
        One row per area (index: code); every number that formulas may name.
    datasets
        Column → name of its data set in the catalogue; absent for a user's own.
    mix
        Industries in the latest period; ``None`` where none are known.
    history
        Time series, or ``None``.
    has_statistics
        Whether bundled public statistics stand behind it.
    early_groups, late_groups
        Groups of industries that compare over the years, at the first and the last.
    """

    division: Division
    columns: pd.DataFrame
    datasets: Mapping[str, str]
    mix: Mix | None
    history: Panel | None
    has_statistics: bool
    sources: tuple[Source, ...] = ()
    notes: tuple[Message, ...] = ()
    early_groups: Mix | None = None
    late_groups: Mix | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the areas."""
        return self.division.codes

    def names(self, lang: str = "en") -> tuple[str, ...]:
        """Names of the areas."""
        return self._names[lang]

    def position(self, code: str) -> int:
        """Row of an area."""
        if code not in self._rows:
            raise UnknownCodeError.among("area", [code], list(self._rows))
        return self._rows[code]

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        return {lang: self.division.names(lang) for lang in ("en", "ja")}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {code: k for k, code in enumerate(self.codes)}

    def sources_of(self, names: tuple[str, ...]) -> tuple[Source, ...]:
        """The data sets behind columns."""
        found = dict.fromkeys(self.datasets[name] for name in names if name in self.datasets)
        known = tuple(dataset(name).source for name in found)
        return known or self.sources


# ---- public verbs ------------------------------------------------------------------------------


def base_of(by: str | Division = DISTRICTS) -> Base:
    """Gather what public statistics know of the areas of a division of the bundled country.

    Parameters
    ----------
    by
        ``"district-253"``, ``"municipality"`` (of 2020), ``"prefecture"``,
        ``"commuting-zone-1995"``, or a division of the user's of its municipalities.

    Raises
    ------
    DataError
        No bundled statistics know the areas: give a panel of its plants and employees.
    """
    return _base(by if isinstance(by, Division) else default_division(by))


def base_of_panel(panel: Panel, by: Division | None = None) -> Base:
    """Gather what a panel of the user's knows: plants and employees by area and industry.

    Parameters
    ----------
    panel
        ``plants`` and ``employment`` by area, industry and period; the last period is today.
    by
        The areas' names and places; those of the panel by default.
    """
    lacking = [name for name in ("plants", "employment") if name not in panel.values]
    if lacking:
        raise DataError(
            say(
                "The panel has no {lacking}. Found {values}. Expected plants and employment by "
                "area and industry. Name the columns so.",
                lacking=" and no ".join(lacking),
                values=listed(panel.values),
            )
        )
    areas = _areas_of(panel, by)
    names = panel.industry_names or panel.industries
    last = panel.periods[-1]
    mix = Mix(
        panel.industries,
        tuple(names),
        tuple(names),
        panel.cross_section("plants", last),
        panel.cross_section("employment", last),
        last,
    )
    columns = pd.DataFrame(index=pd.Index(panel.areas, name="area"))
    columns = pd.concat([columns, industry_columns(mix, panel.areas)], axis=1)
    if areas.centres is not None and np.isfinite(areas.centres).all():
        own = {f"employment_within_{r}_km": m for r, m in around(areas.centres, mix).items()}
        columns = columns.assign(**own)
    if len(panel.periods) > 1:
        first = panel.periods[0]
        for name in ("plants", "employment"):
            before = np.nansum(panel.cross_section(name, first), axis=1)
            after = np.nansum(panel.cross_section(name, last), axis=1)
            columns[f"first_{name}"], columns[f"last_{name}"] = before, after
    return Base(
        areas, columns, {}, mix, panel, False, panel.sources,
        (say("Indicators of public statistics are missing: the areas are the user's own."),),
    )  # fmt: skip


def _areas_of(panel: Panel, by: Division | None) -> Division:
    if by is not None:
        missing = sorted(set(panel.areas) - set(by.codes))
        if missing or len(by.codes) != len(panel.areas):
            raise DataError(
                say(
                    "The division has {n_codes} areas, the panel {n_areas}. Expected the same "
                    "areas in both. Select them.",
                    n_codes=len(by.codes),
                    n_areas=len(panel.areas),
                )
            )
        order = by.areas.set_index("code").loc[list(panel.areas)].reset_index()
        return Division(by.name, by.date, by.members, order, by.sources, by.notes, by.codes_of)
    table = pd.DataFrame({"code": panel.areas, "name_en": panel.area_names or panel.areas})
    table["name_ja"] = table["name_en"]
    if panel.centres is not None:
        table["latitude"], table["longitude"] = panel.centres[:, 0], panel.centres[:, 1]
    if panel.area_groups:
        table["parent"] = panel.area_groups
    members = pd.DataFrame({"municipality": panel.areas, "area": panel.areas, "confidence": "high"})
    return Division(panel.division or "user", "", members, table, panel.sources, codes_of="any")


# ---- gathering what is bundled ------------------------------------------------------------------


@lru_cache(maxsize=4)
def _base(by: Division) -> Base:
    if not by.is_bundled_country:
        raise DataError(
            say(
                "No bundled statistics know the areas of the division {by!r}. Expected a panel of "
                "its plants and employees. Give panel=…",
                by=by.name,
            )
        )
    name = KEPT.get(by.name, "")
    if name and by is default_division(by.name) and _is_bundled(f"profile-columns-{name}"):
        return kept_base(by, name)
    return computed_base(by)


KEPT = {
    DISTRICTS: "districts",
    MUNICIPALITIES: "municipalities",
    "prefecture": "prefectures",
    "commuting-zone-1995": "commuting-zones",
}
"""Divisions whose columns are bundled, so that a first profile does not wait for them."""
USED = (MANUFACTURING, FLOWS, "municipal-accounts-2021", "municipal-accounts-2026")


def _is_bundled(name: str) -> bool:
    return any(entry.name == name for entry in entries())


def computed_base(by: Division) -> Base:
    """Compute everything anew from the statistics."""
    present = present_accounts(by)
    made = manufacturing_panel(by, industries="total", years=tuple(range(EARLY, LATEST + 1)))
    totals = {
        f"{name}_{year}": made.values[variable][:, 0, k]
        for name, variable in MADE.items()
        for k, year in enumerate(made.periods)
    }
    early = regional_accounts(by=by)
    mix, early_mix = _mix(by, "jsic-12", LATEST), _mix(by, "jsic-10", EARLY)
    parts = [
        present,
        pd.DataFrame(totals, index=present.index),
        early.drop(columns=["largest_industry"]).astype(float),
        industry_columns(mix, by.codes),
        industry_columns(early_mix, by.codes).add_prefix("early_"),
        _mix_rates(by, mix),
        _access(by),
    ]
    columns = pd.concat(parts, axis=1)
    columns = columns.loc[:, ~columns.columns.duplicated()]
    groups = [_mix(by, "comparable", year) for year in (COMPARABLE, LATEST)]
    return _put_together(by, columns, mix, groups[0], groups[1], present_panel(by))


def _put_together(
    by: Division, columns: pd.DataFrame, mix: Mix, early: Mix, late: Mix, history: Panel
) -> Base:
    datasets = dict(present_provenance())
    datasets |= {column.column: column.data for column in EARLY_COLUMNS if column.data}
    for name in map(str, columns.columns):
        if "_access_" in name:
            datasets[name] = FINER if name.startswith("finer_") else FLOWS
        else:
            datasets.setdefault(name, MANUFACTURING)
    births, source = companies_created(by)
    if births is not None:
        columns = columns.assign(companies_created_per_year=births.reindex(columns.index))
        datasets["companies_created_per_year"] = source
    return Base(
        by, columns, datasets, mix, history, True,
        tuple(dataset(name).source for name in USED),
        early_groups=early, late_groups=late,
    )  # fmt: skip


# ---- what is kept of the bundled divisions -------------------------------------------------------


def kept_tables(base: Base) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Everything of a base as two tables: one row per area; one per area, variable and year."""
    wide = [base.columns.drop(columns=["companies_created_per_year"], errors="ignore")]
    for kind, mix in (("mix", base.mix), ("early", base.early_groups), ("late", base.late_groups)):
        assert mix is not None
        for name, array in (("plants", mix.plants), ("employment", mix.employment)):
            labels = [f"{kind}:{name}:{code}" for code in mix.industries]
            wide.append(pd.DataFrame(array, index=base.columns.index, columns=labels))
    assert base.history is not None
    series = {
        f"{name}:{year}": array[:, 0, k]
        for name, array in base.history.values.items()
        for k, year in enumerate(base.history.periods)
        if np.isfinite(array[:, 0, k]).any()
    }
    columns = pd.concat(wide, axis=1).rename_axis("area").reset_index()
    return columns, pd.DataFrame(series, index=base.columns.index).rename_axis("area").reset_index()


def kept_base(by: Division, name: str) -> Base:
    """Read a base back from the bundled tables."""
    table = load(f"profile-columns-{name}").set_index("area").loc[list(by.codes)]
    series = load(f"profile-history-{name}").set_index("area").loc[list(by.codes)]
    mixes = {}
    for kind, revision, year in (("mix", "jsic-12", LATEST), ("early", "comparable", COMPARABLE),
                                 ("late", "comparable", LATEST)):  # fmt: skip
        prefix = f"{kind}:plants:"
        codes = tuple(c.removeprefix(prefix) for c in table.columns if c.startswith(prefix))
        plants, employment = (
            table[[f"{kind}:{variable}:{code}" for code in codes]].to_numpy(float)
            for variable in ("plants", "employment")
        )
        mixes[kind] = Mix(codes, *industry_names(codes, revision), plants, employment, str(year))
    years = tuple(str(year) for year in range(1971, 2022))
    values: dict[str, Floats] = {}
    for column in series.columns:
        variable, when = column.split(":")
        array = values.setdefault(variable, np.full((len(by.codes), 1, len(years)), np.nan))
        array[:, 0, years.index(when)] = series[column].to_numpy(float)
    history = present_panel_of(by, values, years)
    plain = [column for column in table.columns if ":" not in column]
    return _put_together(
        by, table[plain].copy(), mixes["mix"], mixes["early"], mixes["late"], history
    )


def companies_created(by: Division) -> tuple["pd.Series[float] | None", str]:
    """New companies per year of each area, where births of companies are bundled."""
    if not _is_bundled(COMPANIES):
        return None, ""
    table = load(COMPANIES)
    return created_per_year(by, table), COMPANIES


COMPANIES = "company-events"


def created_per_year(by: Division, table: pd.DataFrame) -> "pd.Series[float]":
    """Births of companies a year in the whole months of the register, by area.

    Parameters
    ----------
    table
        ``municipality``, ``month``, ``kind`` and ``births``, codes of 1 October 2020.
    """
    months = sorted(table["month"].astype(str).unique())[1:-1]
    kept = table[table["month"].astype(str).isin(months)]
    if "kind" in kept:
        kept = kept[kept["kind"] == "company"]
    births = kept.groupby("municipality", observed=True)["births"].sum().reset_index()
    births["municipality"] = births["municipality"].astype(str)
    births = births[births["municipality"] != "00000"]
    total = added(by, births, "2020-10-01")["births"]
    return total * MONTHS_A_YEAR / max(len(months), 1)


MONTHS_A_YEAR = 12
MADE = {
    "plants_4_plus": "plants",
    "employees_4_plus": "employment",
    "wages_yen": "wages_yen",
    "shipments_yen": "shipments_yen",
    "value_added_yen": "value_added_yen",
}


def _mix(by: Division, revision: str, year: int) -> Mix:
    panel = manufacturing_panel(by, industries=revision, years=[year])  # type: ignore[arg-type]
    return Mix(
        panel.industries,
        *industry_names(panel.industries, revision),
        panel.values["plants"][:, :, 0],
        panel.values["employment"][:, :, 0],
        str(year),
    )


def industry_names(
    codes: tuple[str, ...], revision: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """English and Japanese names of industries, or of groups of them that compare."""
    table = classification("jsic-12" if revision == "comparable" else revision).table
    table = table.set_index("code")
    found = []
    for k, column in enumerate(("name_en", "name_ja")):
        names = table[column].to_dict() | {code: words[k] for code, words in JOINED.items()}
        found.append(tuple(str(names[code]) for code in codes))
    return found[0], found[1]


def _mix_rates(by: Division, mix: Mix) -> pd.DataFrame:
    """Plant size and value-added share that the nation's rates give the area's industries."""
    panel = manufacturing_panel(by, industries="jsic-12", years=[LATEST - 1])
    shipped = np.nan_to_num(panel.values["shipments_yen"][:, :, 0])
    added = np.where(shipped > 0, np.nan_to_num(panel.values["value_added_yen"][:, :, 0]), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = added.sum(axis=0) / shipped.sum(axis=0)
        size = np.nansum(mix.employment, axis=0) / np.nansum(mix.plants, axis=0)
        plants = np.nan_to_num(mix.plants)
        table = {
            "mix_plant_size": plants @ size / plants.sum(axis=1),
            "mix_value_added_share": shipped @ rate / shipped.sum(axis=1),
            "industries_value_added_yen": added.sum(axis=1),
            "industries_shipments_yen": shipped.sum(axis=1),
        }
    return pd.DataFrame(table, index=pd.Index(by.codes, name="area"))


def _access(by: Division) -> pd.DataFrame:
    """Supplier and customer access of the areas, at the latest year and the early one."""
    table: dict[str, Floats] = {}
    if by.centres is None:
        return pd.DataFrame(index=pd.Index(by.codes, name="area"))
    dealings = input_output_shares("comparable")
    places, masses = _municipal_masses()
    own = manufacturing_panel(by, industries="comparable", years=[COMPARABLE, LATEST])
    order = [dealings.industries.index(code) for code in own.industries]
    suppliers = dealings.suppliers[np.ix_(order, order)]
    customers = dealings.customers[np.ix_(order, order)]
    apart = distance_matrix_km(by.centres, places)
    for k, prefix in enumerate(("early_", "")):
        employment = np.nan_to_num(own.values["employment"][:, :, k])
        with np.errstate(invalid="ignore"):
            share = employment / employment.sum(axis=1, keepdims=True)
        for radius in RADII_KM:
            near = (apart <= radius) @ masses[:, :, k]
            for name, links in (("supplier", suppliers), ("customer", customers)):
                access = np.einsum("ri,rj,ij->r", share, near, links)
                table[f"{prefix}{name}_access_{radius}_km"] = access
    table |= _finer_access(by, apart)
    return pd.DataFrame(table, index=pd.Index(by.codes, name="area"))


def _finer_access(by: Division, apart: Floats) -> dict[str, Floats]:
    """The same by the detailed table of the United States, in the latest year."""
    dealings = us_linkages()
    masses = _finer_masses()
    own = manufacturing_panel(by, industries="jsic-12", years=[LATEST])
    order = [dealings.industries.index(code) for code in own.industries]
    employment = np.nan_to_num(own.values["employment"][:, :, 0])
    with np.errstate(invalid="ignore"):
        share = employment / employment.sum(axis=1, keepdims=True)
    table = {}
    for radius in RADII_KM:
        near = (apart <= radius) @ masses
        for name, links in (("supplier", dealings.suppliers), ("customer", dealings.customers)):
            part = links[np.ix_(order, order)]
            table[f"finer_{name}_access_{radius}_km"] = np.einsum("ri,rj,ij->r", share, near, part)
    return table


@lru_cache
def _finer_masses() -> Floats:
    """Employees of municipalities by two-digit industry, ``(places, I)``."""
    towns = division("municipality", 2020)
    panel = manufacturing_panel(towns, industries="jsic-12", years=[LATEST])
    masses: Floats = np.nan_to_num(panel.values["employment"][:, :, 0])
    return masses


@lru_cache
def _municipal_masses() -> tuple[Floats, Floats]:
    """Centres of municipalities and employees by industry, ``(places, I, 2)``."""
    towns = division("municipality", 2020)
    panel = manufacturing_panel(towns, industries="comparable", years=[COMPARABLE, LATEST])
    centres = towns.centres
    assert centres is not None
    return centres, np.nan_to_num(panel.values["employment"])


# ---- arithmetic ----------------------------------------------------------------------------------


def industry_columns(mix: Mix, codes: tuple[str, ...]) -> pd.DataFrame:
    """What the industries of each area say of it; see the module."""
    employment, plants = np.nan_to_num(mix.employment), np.nan_to_num(mix.plants)
    total = employment.sum(axis=1)
    known = total > 0
    leading = leading_industries(employment)
    rows = np.arange(len(total))
    nation = employment.sum(axis=0) / max(employment.sum(), 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = employment / total[:, None]
        quotient = share / nation
        entropy = -np.nansum(np.where(share > 0, share * np.log(share), 0.0), axis=1)
    table = {
        "industry_plants": plants.sum(axis=1),
        "industry_employment": total,
        "leading_industry_number": leading.astype(float),
        "leading_plants": plants[rows, leading],
        "leading_employment": employment[rows, leading],
        "leading_share": share[rows, leading],
        "leading_quotient": quotient[rows, leading],
        "effective_industries": np.exp(entropy),
        "related_density": related_density(quotient)[rows, leading],
    }
    frame = pd.DataFrame(table, index=pd.Index(codes, name="area"))
    return frame.where(pd.Series(known, index=frame.index), axis=0)


def leading_industries(employment: Floats) -> np.ndarray:
    """Position of the industry with the largest excess over the nation's share, ``(areas,)``.

    Examples
    --------
    >>> leading_industries(np.array([[10.0, 90.0], [60.0, 40.0]])).tolist()
    [1, 0]
    """
    nation = employment.sum(axis=0) / max(employment.sum(), 1e-300)
    excess = employment - employment.sum(axis=1, keepdims=True) * nation
    found: np.ndarray = excess.argmax(axis=1)
    return found


def related_density(quotient: Floats) -> Floats:
    """Density of related industries around each industry of each area, ``(areas, I)``.

    Examples
    --------
    >>> quotient = np.array([[2.0, 2.0, 0.1], [2.0, 2.0, 0.1], [0.1, 0.1, 2.0]])
    >>> related_density(quotient)[0].round(2).tolist()  # 0 and 1 go together, 2 with neither
    [1.0, 1.0, nan]
    """
    has = (np.nan_to_num(quotient) > 1).astype(float)
    both = has.T @ has
    count = np.diag(both).copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.nan_to_num(both / np.maximum(count[:, None], count[None, :]))
        np.fill_diagonal(near, 0.0)
        density: Floats = has @ near.T / near.sum(axis=1)
    return density


def around(centres: Floats, mix: Mix) -> dict[int, Floats]:
    """Employees of all industries within each radius, ``(areas,)``."""
    total = np.nan_to_num(mix.employment).sum(axis=1)
    apart = distance_matrix_km(centres)
    return {radius: (apart <= radius) @ total for radius in RADII_KM}
