"""Where does the land end?

One outline of Japan's land, so that areas on our maps stop at the coast. It is the union of the
municipal boundaries of the National Land Numerical Information (国土数値情報 N03, 1 January 2021),
which SmartNews simplified to 0.1% of their points: good for a map of the whole country, not for
measuring a shore. Bundled as ``data/japan_land.csv``: one row per corner, ``polygon``, ``ring``
(0 is the outer one), ``longitude``, ``latitude`` (degrees, four decimals).

``derive/japan_land.py`` derives it.
"""

from functools import lru_cache
from importlib.resources import files

import pandas as pd
import shapely

from shuseki.language import say
from shuseki.sources import Source

__all__ = ["LAND_SOURCE", "land"]

LAND_SOURCE = Source(
    "MLIT2021",
    say("MLIT, National Land Numerical Information N03, simplified by SmartNews"),
    "2021",
    terms=say("free for any use with credit to MLIT"),
)
DATA = files("shuseki.geography").joinpath("data", "japan_land.csv")


@lru_cache
def land() -> shapely.MultiPolygon:
    """Give the land of Japan in degrees (longitude, latitude)."""
    with DATA.open(encoding="utf-8") as file:
        corners = pd.read_csv(file)
    rings = {
        key: ring[["longitude", "latitude"]].to_numpy()
        for key, ring in corners.groupby(["polygon", "ring"])
    }
    return shapely.MultiPolygon(
        [
            shapely.Polygon(ring, [hole for key, hole in rings.items() if key[0] == n and key[1]])
            for (n, k), ring in rings.items()
            if k == 0
        ]
    )
