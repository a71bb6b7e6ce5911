"""What does it cost to send the parts from one firm to the next, and how long does it take?

A load goes the cheapest of the ways that are open to it: by one's own van where the next firm is
near, by courier in parcels of the tariff's sizes, or by a chartered lorry. A parcel's size is the
larger of that of its weight and that of its sides (2, 5, 10, 15, 20, 25, 30 kg; 60 to 200 cm for
the three sides together). The tariff gives yen; days, vans and lorries are stated assumptions
(``sourcing.assumptions``).

Takes prefectures (two digits) or places in degrees, kilograms, mm. Gives yen and days.
Source: Yamato Transport, TA-Q-BIN basic fares in cash, in force from 2025-12-01 (within a
prefecture from 2025-11-10), tax included; ``derive/courier.py``.
Limits: dated prices; no discounts or surcharges; one weight for the whole chain.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.geography.areas import municipalities, prefectures
from shuseki.geography.distances import distance_km
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["TARIFF", "parcel_sizes", "parcels_yen", "prefecture_of", "transport", "zones"]

TARIFF = Source(
    "Yamato2025",
    say("Yamato Transport, TA-Q-BIN basic fares in cash, in force from 2025-12-01"),
    "2025",
    terms=say("prices are facts; collected from two transcriptions that agree"),
    origin="public",
)
SIZES = (60, 80, 100, 120, 140, 160, 180, 200)
"""Sizes of the tariff: the three sides together, cm."""
WEIGHTS_KG = (2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 30.0)
"""Heaviest parcel of each size."""
ELSEWHERE = -1
"""Zone of a place of which the tariff says nothing."""
SEARCH_KM = 60.0
"""A place farther than this from every municipality's centre is in no prefecture."""


@cache
def zones() -> Mapping[str, int]:
    """Give the number of the zone of each prefecture (two digits)."""
    names = _zone_names()
    return {row["prefecture"]: names.index(row["zone"]) for row in _rows("courier_zones.csv")}


def parcel_sizes(weight_kg: float, size_mm: float | None = None) -> dict[int, int]:
    """Share a load out into parcels: index of the size → parcels.

    Parameters
    ----------
    weight_kg
        Of the whole load, > 0.
    size_mm
        Largest dimension of one part; its three sides are taken to be as long.

    Examples
    --------
    >>> parcel_sizes(33.0)
    {6: 1, 1: 1}
    """
    sides = 0 if size_mm is None else int(np.searchsorted(SIZES, 3 * size_mm / 10))
    sides = min(sides, len(SIZES) - 1)
    whole, rest = divmod(weight_kg, WEIGHTS_KG[-1])
    parcels: dict[int, int] = {}
    if whole:
        parcels[max(6, sides)] = int(whole)
    if rest > 1e-9:
        size = max(int(np.searchsorted(WEIGHTS_KG, rest)), sides)
        parcels[size] = parcels.get(size, 0) + 1
    return parcels


@cache
def _fares() -> tuple[Floats, Floats]:
    """Yen by zone, zone and size, and within a prefecture by size."""
    names = _zone_names()
    between = np.full((len(names), len(names), len(SIZES)), np.nan)
    within = np.zeros(len(SIZES))
    for row in _rows("courier_rates.csv"):
        yen = [float(row[f"size_{size}_yen"]) for size in SIZES]
        if row["origin"] == "same_prefecture":
            within[:] = yen
            continue
        a, b = names.index(row["origin"]), names.index(row["destination"])
        between[a, b] = between[b, a] = yen
    return between, within


def parcels_yen(parcels: Mapping[int, int]) -> tuple[Floats, float]:
    """Fare of a load between each two zones, shape ``(zones, zones)``, and within a prefecture."""
    between, within = _fares()
    total = sum((between[:, :, size] * count for size, count in parcels.items()), np.zeros(1))
    return np.asarray(total), float(sum(within[size] * n for size, n in parcels.items()))


def transport(
    places: Floats,
    prefecture: Sequence[str],
    *,
    weight_kg: float,
    size_mm: float | None,
    own_van_km: float,
    own_van_yen: float,
    own_van_days: float,
    courier_factor: float,
    courier_elsewhere_yen: float,
    courier_km_per_day: float,
    lorry_yen: float,
    lorry_yen_per_km: float,
    unknown_km: float,
) -> tuple[Floats, Floats, Floats]:
    """Cheapest way between every two places: yen, days and km, each of shape ``(n, n)``.

    Parameters
    ----------
    places
        Latitude and longitude in degrees, ``nan`` where unknown, shape ``(n, 2)``.
    prefecture
        Two digits, or ``""`` for a place that the tariff does not know.
    weight_kg, size_mm
        As for ``parcel_sizes``.
    own_van_km, own_van_yen, own_van_days
        How far one's own van goes, and what it costs and takes.
    courier_factor
        Multiplies the tariff.
    courier_elsewhere_yen
        Fare of a parcel where the tariff has none.
    courier_km_per_day
        A parcel takes one day, and one more for each such distance.
    lorry_yen, lorry_yen_per_km
        A chartered lorry, fixed and by distance; it takes as long as a parcel.
    unknown_km
        Distance to a place that is not known.
    """
    n = len(places)
    known: Bools = np.isfinite(places[:, 0]) & np.isfinite(places[:, 1])
    filled = np.where(known[:, None], places, 0.0)
    km = distance_km(filled[:, None, :], filled[None, :, :])
    km[~known] = unknown_km
    km[:, ~known] = unknown_km
    number = zones()
    zone: Ints = np.array([number.get(one, ELSEWHERE) for one in prefecture], dtype=np.int64)
    codes = np.array(prefecture)
    parcels = parcel_sizes(weight_kg, size_mm)
    fares, within = parcels_yen(parcels)
    courier = fares[zone[:, None], zone[None, :]]
    at_home = (zone != ELSEWHERE) & np.array([code != OKINAWA for code in prefecture], dtype=bool)
    same = (codes[:, None] == codes[None, :]) & at_home[:, None]
    courier = np.where(same, within, courier)
    abroad = (zone[:, None] == ELSEWHERE) | (zone[None, :] == ELSEWHERE)
    courier = np.where(abroad, courier_elsewhere_yen * sum(parcels.values()), courier)
    lorry = lorry_yen + lorry_yen_per_km * km
    sent = np.minimum(courier * courier_factor, lorry)
    days = 1.0 + np.floor(km / courier_km_per_day)
    near = km <= own_van_km
    yen = np.where(near & (own_van_yen <= sent), own_van_yen, sent)
    days = np.where(near, np.minimum(own_van_days, days), days)
    diagonal = np.arange(n)
    for what in (yen, days, km):
        what[diagonal, diagonal] = 0.0
    return yen, days, km


OKINAWA = "47"
"""The fare within a prefecture does not hold here."""


def prefecture_of(
    municipality: str, address: str, latitude: float | None, longitude: float | None
) -> str:
    """Two digits of the prefecture of a firm, or ``""`` where nothing tells it.

    The municipality's code comes first, then the name at the head of the address, then the
    nearest municipality's centre.

    Examples
    --------
    >>> prefecture_of("13111", "", None, None), prefecture_of("", "東京都大田区", None, None)
    ('13', '13')
    """
    if len(municipality) == 5 and municipality[:2] in zones():
        return municipality[:2]
    for name, code in _prefecture_names():
        if address.startswith(name):
            return code
    if latitude is None or longitude is None or not np.isfinite([latitude, longitude]).all():
        return ""
    tree, points, codes = _centres()
    _, nearest = tree.query([latitude, longitude])
    near = distance_km(np.array([latitude, longitude]), points[nearest]) <= SEARCH_KM
    return codes[nearest] if near else ""


@cache
def _centres() -> tuple[scipy.spatial.cKDTree, Floats, list[str]]:
    table = municipalities(2020)
    points = table[["latitude", "longitude"]].to_numpy(dtype=float)
    table, points = table[np.isfinite(points).all(axis=1)], points[np.isfinite(points).all(axis=1)]
    return scipy.spatial.cKDTree(points), points, table["prefecture"].tolist()


@cache
def _prefecture_names() -> list[tuple[str, str]]:
    table = prefectures()
    return list(zip(table["name_ja"], table["code"], strict=True))


@cache
def _zone_names() -> list[str]:
    return list(dict.fromkeys(row["zone"] for row in _rows("courier_zones.csv")))


def _rows(name: str) -> list[dict[str, str]]:
    with (files("shuseki.sourcing") / "data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
