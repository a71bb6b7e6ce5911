"""Which areas and indicators can be shown?

A *layer* is one indicator in the years it is known for, over the areas of a division. Layers are
named once here; the map, the ranking, the comparison and the API ask them by name.

Takes: a division (``DIVISIONS``) and the name of a layer. Gives: values of a year by area, with
the layer's unit, source and notes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, TypeAlias, get_args

import numpy as np
import pandas as pd
from pydantic import AfterValidator

from shuseki.app.own_areas import is_own, own_division, own_divisions
from shuseki.arrays import Floats
from shuseki.datasets.companies import company_panel
from shuseki.datasets.public import MANUFACTURING_YEARS, manufacturing_panel
from shuseki.errors import UnknownCodeError
from shuseki.geography.borders import DATE
from shuseki.geography.bundled import DISTRICTS, MUNICIPALITIES, PREFECTURES, ZONES
from shuseki.geography.bundled import DivisionName as BundledName
from shuseki.geography.districts import Division, division
from shuseki.geography.names import spelling_key
from shuseki.language import Message, say
from shuseki.panel import Panel
from shuseki.profile.base import base_of
from shuseki.profile.indicators import Values as IndicatorValues
from shuseki.profile.indicators import indicators, values_of
from shuseki.sources import Source

__all__ = [
    "DIVISIONS",
    "BundledName",
    "DivisionName",
    "Layer",
    "Values",
    "area_codes",
    "division_asked",
    "division_of",
    "layer",
    "layers",
]

DIVISIONS: Mapping[BundledName, Message] = {
    DISTRICTS: say("Industrial districts (253)"),
    MUNICIPALITIES: say("Municipalities (2020)"),
    ZONES: say("Commuting zones (1995)"),
    PREFECTURES: say("Prefectures"),
}
assert set(DIVISIONS) == set(get_args(BundledName))


def _known(by: str) -> str:
    known = [*DIVISIONS, *own_divisions()]
    if by not in known:
        raise ValueError(f"Unknown division, expected one of {', '.join(known)}")
    return by


DivisionName: TypeAlias = Annotated[str, AfterValidator(_known)]
"""A bundled division, or one that a reader brought (``own_areas``)."""


@dataclass(frozen=True, eq=False)
class Read:
    """Values of all areas, their standard errors (0 where none is known), and their sources."""

    values: Floats
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    errors: Floats | None = None


@dataclass(frozen=True, eq=False)
class Values:
    """A layer in one year.

    Attributes
    ----------
    codes
        Of the areas.
    values, errors
        One per area; ``nan`` where unknown.
    """

    layer: "Layer"
    year: str
    codes: tuple[str, ...]
    values: Floats
    errors: Floats
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Area, name and value, highest first; areas without a value last."""
        return pd.DataFrame({"area": self.codes, self.layer.column: self.values}).sort_values(
            self.layer.column, ascending=False, kind="stable", ignore_index=True
        )


@dataclass(frozen=True, eq=False)
class Layer:
    """An indicator.

    Attributes
    ----------
    name
        In addresses.
    label, unit
        In words.
    column
        Name of its column, with the unit.
    years
        Those it is known for, in order.
    read
        Division and year → values.
    sign
        −1 where less is better.
    """

    name: str
    label: Message
    unit: Message
    column: str
    years: tuple[str, ...]
    read: Callable[[DivisionName, str], Read]
    sign: int = 1

    def known_last(self, by: DivisionName) -> str:
        """The latest year in which any area has a value."""
        for year in reversed(self.years):
            if np.isfinite(self.read(by, year).values).any():
                return year
        return self.years[-1]

    def of(self, by: DivisionName, year: str) -> Values:
        """Values of a year; the latest known when none is named."""
        year = year or self.known_last(by)
        if year not in self.years:
            raise UnknownCodeError.among("year", [year], list(self.years))
        found = self.read(by, year)
        errors = np.zeros(len(found.values)) if found.errors is None else found.errors
        return Values(
            self, year, division_of(by).codes, found.values, errors, found.sources, found.notes
        )


@cache
def division_of(by: DivisionName) -> Division:
    """A division, as it is drawn."""
    if is_own(by):
        return own_division(by)
    return division(by, DATE) if by == "municipality" else division(by)


def division_asked(by: DivisionName) -> str | Division:
    """The same as the library is told of it: by name where it is bundled."""
    return own_division(by) if is_own(by) else by


@lru_cache(maxsize=8)
def _totals(by: DivisionName) -> Panel:
    return manufacturing_panel(division_of(by), industries="total")


def _total(
    variable: str, per: str = "", factor: float = 1.0
) -> Callable[[DivisionName, str], Read]:
    def read(by: DivisionName, year: str) -> Read:
        panel = _totals(by)
        at = panel.periods.index(year)
        values = panel.values[variable][:, 0, at] * factor
        if per:
            with np.errstate(invalid="ignore", divide="ignore"):
                below = panel.values[per][:, 0, at]
                values = np.where(below > 0, values / below, np.nan)
        return Read(values, panel.sources, panel.notes)

    return read


@lru_cache(maxsize=64)
def _companies(by: DivisionName, year: str) -> Read:
    panel = company_panel(division_of(by), first=f"{year}-01", last=f"{year}-12")
    births = panel.values["births"][:, 0, :].sum(axis=1)
    return Read(births, panel.sources, panel.notes, np.sqrt(np.maximum(births, 0.0)))


@lru_cache(maxsize=8)
def _indicators(by: DivisionName) -> IndicatorValues:
    return values_of(base_of(division_of(by)))


def _indicator(key: str) -> Callable[[DivisionName, str], Read]:
    def read(by: DivisionName, year: str) -> Read:
        found = _indicators(by)
        return Read(found.of(key), found.sources(key), (), found.error[:, found.column[key]])

    return read


def _of_profile() -> list[Layer]:
    """Indicators of the profile that public statistics give."""
    return [
        Layer(one.key, one.label, one.unit, one.key, (one.year,), _indicator(one.key), one.sign)
        for one in indicators().entries
        if one.formula is not None
    ]


YEARS = tuple(map(str, MANUFACTURING_YEARS))
COMPANY_YEARS = ("2022", "2023", "2024", "2025")
"""Whole years of the corporate-number register."""


@cache
def layers() -> Mapping[str, Layer]:
    """Every layer by name."""
    plants, persons = say("plants"), say("persons")
    found = [
        Layer("plants", say("Plants in manufacturing"), plants, "plants", YEARS, _total("plants")),
        Layer(
            "employment",
            say("Employees in manufacturing"),
            persons,
            "employment",
            YEARS,
            _total("employment"),
        ),
        Layer(
            "plant_size",
            say("Employees per plant"),
            persons,
            "employees_per_plant",
            YEARS,
            _total("employment", per="plants"),
        ),
        Layer(
            "shipments",
            say("Shipments of manufacturing"),
            say("100 million yen"),
            "shipments_100_million_yen",
            YEARS,
            _total("shipments_yen", factor=1e-8),
        ),
        Layer(
            "value_added_per_employee",
            say("Value added per employee"),
            say("10,000 yen"),
            "value_added_10000_yen_per_employee",
            YEARS,
            _total("value_added_yen", per="employment", factor=1e-4),
        ),
    ]
    found.append(
        Layer(
            "company_births",
            say("New companies in a year"),
            say("companies"),
            "company_births",
            COMPANY_YEARS,
            _companies,
        )
    )
    names = {one.name for one in found}
    found += [one for one in _of_profile() if one.name not in names]
    return {one.name: one for one in found}


def layer(name: str) -> Layer:
    """One layer.

    Raises
    ------
    UnknownCodeError
        No such layer.
    """
    found = layers()
    if name not in found:
        raise UnknownCodeError.among("indicator", [name], list(found))
    return found[name]


KINDS = ("都", "府", "県", "市", "区", "町", "村")
"""What may be left off a name."""


@cache
def _keys(by: DivisionName) -> Mapping[str, str]:
    """Every way in which an area may be written → its code; a name that two share is left out."""
    areas = division_of(by)
    found: dict[str, set[str]] = {}
    for lang in ("en", "ja"):
        for code, name in zip(areas.codes, areas.names(lang), strict=True):
            found.setdefault(spelling_key(name), set()).add(code)
            for suffix in KINDS:
                if name.endswith(suffix) and len(name) > len(suffix) + 1:
                    bare = spelling_key(name.removesuffix(suffix))
                    found.setdefault(bare, set()).add(code)
    once = {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1}
    return once | {code: code for code in areas.codes}


def area_codes(by: DivisionName, named: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of areas given by code or name, each once, in their order.

    Raises
    ------
    UnknownCodeError
        Not an area of the division; the nearest names are given.
    """
    known = _keys(by)
    keys = [name if name in known else spelling_key(name) for name in named]
    unknown = [name for name, key in zip(named, keys, strict=True) if key not in known]
    if unknown:
        names = [*division_of(by).names("ja"), *division_of(by).names("en")]
        raise UnknownCodeError.among("area", unknown, names)
    return tuple(dict.fromkeys(known[key] for key in keys))
