"""Where does the land of Japan end, in a few thousand corners?

Joins the municipalities of the National Land Numerical Information (国土数値情報 N03, 1 January
2021), simplified to 0.1% of their points by SmartNews (smartnews-smri/japan-topography,
``data/municipality/N03-21_s0001.topojson``; free for any use with credit to MLIT), and keeps every
piece of land of at least a square kilometre. Writes ``japan_land.csv`` of the maps::

    python derive/japan_land.py path/to/N03-21_s0001.topojson
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

OUTLINE = Path(__file__).parents[1] / "src/shuseki/geography/data/japan_land.csv"
SMALLEST_KM2 = 1.0


def derive(topology: dict[str, Any]) -> pd.DataFrame:
    """Derive the outline from a topology of municipalities (TopoJSON, quantized)."""
    scale = np.array(topology["transform"]["scale"])
    offset = np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + offset for arc in topology["arcs"]]
    (municipalities,) = topology["objects"].values()
    polygons = []
    for shape in municipalities["geometries"]:
        for rings in [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]:
            outer, *holes = (joined(arcs, ring) for ring in rings)
            if len(outer) >= 4:
                holes = [hole for hole in holes if len(hole) >= 4]
                polygons.append(shapely.make_valid(shapely.Polygon(outer, holes)))
    whole = shapely.get_parts(shapely.union_all(polygons))
    degree_km = 111.2
    km2 = shapely.area(whole) * degree_km**2 * np.cos(np.radians(shapely.bounds(whole)[:, 1]))
    rows = [
        (n, k, *corner)
        for n, polygon in enumerate(whole[km2 >= SMALLEST_KM2])
        for k, ring in enumerate([polygon.exterior, *polygon.interiors])
        for corner in shapely.get_coordinates(ring).round(4)
    ]
    return pd.DataFrame(rows, columns=["polygon", "ring", "longitude", "latitude"])


def joined(arcs: list[np.ndarray], indices: list[int]) -> np.ndarray:
    """Join arcs to one ring; ``~k`` is arc k backwards."""
    parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in indices]
    return np.vstack([parts[0], *(part[1:] for part in parts[1:])])


if __name__ == "__main__":
    derive(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).to_csv(
        OUTLINE, index=False, float_format="%.4f", lineterminator="\n"
    )
