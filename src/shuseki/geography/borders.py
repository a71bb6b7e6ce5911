"""What are the outlines of the municipalities of 2020, and which of them share a border?

Two municipalities share a border if a line of the map of their boundaries belongs to both; a
strait, with a bridge or without, is no border. Designated cities are one unit, the special wards of
Tokyo are apart, as in ``municipalities(2020)``.

Takes codes. Gives pairs of codes, shapes in degrees, land in km².
Sources: MLIT, 国土数値情報 N03, 1 January 2021 (no code changed since 1 October 2020), simplified
to 1% by SmartNews and once more by ``derive/borders.py``, neighbours along the same corners.
Checked against the areas of 2019 of the Geospatial Information Authority.
Limits: shapes are good to some 400 m, for maps of a prefecture or more; islands of less than
1 km² are left out of shapes and land; lakes count as land, as in the official areas.
"""

from collections.abc import Collection
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
import shapely

from shuseki.arrays import Floats
from shuseki.geography.areas import municipalities, read, require_codes
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["BORDERS", "DATE", "are_drawn", "border_pairs", "land_km2", "outlines"]

DATE = "2020-10-01"
BORDERS = Source(
    "Borders2020",
    say("MLIT, National Land Numerical Information N03, simplified by SmartNews"),
    "2021",
    terms=say("free for any use with credit to MLIT"),
)
PER_DEGREE = 10_000


def are_drawn(codes: Collection[str]) -> bool:
    """Whether all codes, at least one, are municipalities of 2020, so that shapes are known."""
    return len(codes) > 0 and set(codes) <= _known()


def border_pairs() -> pd.DataFrame:
    """List the pairs that share a border, each once: ``from_code``, ``to_code``."""
    return read("borders_2020.csv").copy()


def outlines(codes: Collection[str]) -> list[shapely.MultiPolygon]:
    """Give the shapes of municipalities of 2020, in their order: longitude and latitude, degrees.

    Raises
    ------
    UnknownCodeError
        A code was not valid on 1 October 2020; the message names its successor.

    Examples
    --------
    >>> ota = outlines(["13111"])[0]
    >>> ota.contains(shapely.Point(139.716, 35.561))
    True
    """
    require_codes(codes, DATE)
    drawn = _outlines()
    return [drawn[code] for code in codes]


def land_km2(codes: Collection[str]) -> Floats:
    """Measure the land of municipalities of 2020, km², shape ``(codes,)``."""
    on_cylinder = [shapely.transform(shape, _equal_area) for shape in outlines(codes)]
    area: Floats = shapely.area(on_cylinder)
    return area


@lru_cache
def _known() -> frozenset[str]:
    return frozenset(municipalities(DATE)["code"])


@lru_cache
def _outlines() -> dict[str, shapely.MultiPolygon]:
    with (files("shuseki.geography") / "data/outlines_2020.parquet").open("rb") as file:
        table = pd.read_parquet(file)
    corners = table[["longitude_e4", "latitude_e4"]].to_numpy()
    codes = table["municipality"].astype(str).to_numpy(str)
    place, code_number = np.unique(codes, return_inverse=True)
    of_ring = np.stack([code_number, table["polygon"], table["ring"]], axis=1)
    starts = np.r_[True, (np.diff(of_ring, axis=0) != 0).any(axis=1)]
    ring = np.cumsum(starts) - 1
    rings = shapely.linearrings(corners / PER_DEGREE, indices=ring)
    outer = table["ring"].to_numpy()[starts] == 0
    polygons = shapely.polygons(rings[outer])
    holes, inside = rings[~outer], (np.cumsum(outer) - 1)[~outer]
    for k in np.unique(inside):
        polygons[k] = shapely.Polygon(polygons[k].exterior, list(holes[inside == k]))
    wholes = shapely.multipolygons(polygons, indices=code_number[starts][outer])
    return dict(zip(map(str, place), wholes, strict=True))


def _equal_area(degrees: Floats) -> Floats:
    """Lambert's cylinder: kilometres whose areas are those of the sphere."""
    longitude, latitude = np.radians(degrees).T
    projected: Floats = EARTH_RADIUS_KM * np.stack([longitude, np.sin(latitude)], axis=1)
    return projected
