"""What do the municipalities of 2020 look like, and which of them share a border?

Reads the municipalities of the National Land Numerical Information (国土数値情報 N03, 1 January
2021), simplified to 1% of their points by SmartNews with the borders kept in common
(smartnews-smri/japan-topography, ``N03-21_s0010_designated_city.topojson``; designated cities are
one unit, the wards of Tokyo apart; free for any use with credit to MLIT), and writes

- ``borders_2020.csv``: every pair of municipalities that has a line in common, by code;
- ``outlines_2020.parquet``: one row per corner in ten-thousandths of a degree, simplified further
  without parting neighbours. Islands of less than a square kilometre are left out, unless they are
  all that there is.

Four pieces of reclaimed land that belong to no municipality, and the six villages of the Northern
Territories, for which no statistics exist, are left out::

    python derive/borders.py PATH_TO_JAPAN_DATA
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

OUT = Path(__file__).parents[1] / "src/shuseki/geography/data"
MAP = "geo/N03-21_s0010_designated_city.topojson"
DEGREE_KM = 111.2
SQUARE = np.array([DEGREE_KM * np.cos(np.radians(37)), DEGREE_KM])
"""Kilometres of a degree of longitude and of latitude, about the middle of the country."""
TOLERANCE_KM = 0.4
SMALLEST_KM2 = 1.0
PER_DEGREE = 10_000


def municipal_parts(topology: dict[str, Any], codes: set[str]) -> dict[str, list[list[list[int]]]]:
    """List the polygons of each municipality, each a list of rings, each a list of arcs."""
    (shapes,) = topology["objects"].values()
    parts: dict[str, list[list[list[int]]]] = defaultdict(list)
    for shape in shapes["geometries"]:
        code = shape["properties"]["N03_007"]
        if code in codes:
            parts[code] += [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    return dict(sorted(parts.items()))


def owners(parts: dict[str, list[list[list[int]]]]) -> dict[int, set[str]]:
    """Name the municipalities on either side of each arc."""
    sides: dict[int, set[str]] = defaultdict(set)
    for code, polygons in parts.items():
        for rings in polygons:
            for ring in rings:
                for arc in ring:
                    sides[arc if arc >= 0 else ~arc].add(code)
    return sides


def joined(arcs: list[np.ndarray], indices: list[int]) -> np.ndarray:
    """Join arcs to one ring; ``~k`` is arc k backwards."""
    pieces = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in indices]
    return np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])


def outlines(
    topology: dict[str, Any], parts: dict[str, list[list[list[int]]]], sides: dict[int, set[str]]
) -> pd.DataFrame:
    """Draw each municipality, neighbours along the same corners."""
    scale = np.array(topology["transform"]["scale"])
    offset = np.array(topology["transform"]["translate"])
    arcs = [
        (np.cumsum(np.array(arc), axis=0) * scale + offset) * SQUARE for arc in topology["arcs"]
    ]
    shapes = []
    for polygons in parts.values():
        drawn = []
        for rings in polygons:
            outer, *holes = (joined(arcs, ring) for ring in rings)
            alone = all(len(sides[arc if arc >= 0 else ~arc]) == 1 for arc in rings[0])
            if len(outer) >= 4:
                holes = [hole for hole in holes if len(hole) >= 4]
                whole = shapely.make_valid(shapely.Polygon(outer, holes), method="structure")
                drawn += [(piece, alone) for piece in shapely.get_parts(whole)]
        largest = max(polygon.area for polygon, _ in drawn)
        shapes.append(
            shapely.MultiPolygon(
                [
                    polygon
                    for polygon, alone in drawn
                    if not alone or polygon.area >= min(SMALLEST_KM2, largest)
                ]
            )
        )
    touching = [code for code, shape in zip(parts, shapes, strict=True) if not shape.is_valid]
    print("shapes that are not valid:", touching)
    print("coverage without gaps or overlaps:", shapely.coverage_is_valid(shapes))
    simple = shapely.coverage_simplify(shapes, TOLERANCE_KM)
    rows = [
        (code, n, k, *corner)
        for code, shape in zip(parts, simple, strict=True)
        for n, polygon in enumerate(shapely.get_parts(shape))
        for k, ring in enumerate([polygon.exterior, *polygon.interiors])
        for corner in whole_numbers(ring)
    ]
    names = ["municipality", "polygon", "ring", "longitude_e4", "latitude_e4"]
    return pd.DataFrame(rows, columns=names)


def whole_numbers(ring: shapely.LinearRing) -> np.ndarray:
    """Corners in ten-thousandths of a degree, each once in a row and the first again at the end."""
    corners = np.rint(shapely.get_coordinates(ring) / SQUARE * PER_DEGREE).astype(int)
    moved = np.r_[True, (np.diff(corners, axis=0) != 0).any(axis=1)]
    return corners[moved]


def compact(table: pd.DataFrame) -> pa.Table:
    """Give each column the type that takes least room."""
    return pa.table(
        {
            "municipality": pa.array(table["municipality"]).dictionary_encode(),
            "polygon": pa.array(table["polygon"], pa.int16()),
            "ring": pa.array(table["ring"], pa.int16()),
            **{name: pa.array(table[name], pa.int32()) for name in ("longitude_e4", "latitude_e4")},
        }
    )


def main(japan: Path) -> None:
    units = pd.read_csv(OUT / "municipalities.csv", dtype=str, keep_default_na=False)
    day = "2020-10-01"
    valid = (units.valid_from <= day) & ((units.valid_to == "") | (units.valid_to > day))
    codes = set(units[valid & (units.kind != "ward")].code)
    topology = json.loads((japan / MAP).read_text(encoding="utf-8"))
    parts = municipal_parts(topology, codes)
    print(f"{len(codes)} codes, without a shape: {sorted(codes - set(parts))}")

    sides = owners(parts)
    pairs = sorted({tuple(sorted(both)) for both in sides.values() if len(both) == 2})
    bordered = {code for pair in pairs for code in pair}
    print(f"{len(pairs)} borders; {len(codes - bordered)} municipalities have none")
    pd.DataFrame(pairs, columns=["from_code", "to_code"]).to_csv(
        OUT / "borders_2020.csv", index=False, lineterminator="\n"
    )

    table = outlines(topology, parts, sides)
    print(f"{len(table)} corners in {len(table.groupby(['municipality', 'polygon']))} polygons")
    pq.write_table(
        compact(table),
        OUT / "outlines_2020.parquet",
        compression="zstd",
        compression_level=19,
        use_dictionary=["municipality"],
        column_encoding=dict.fromkeys(table.columns.drop("municipality"), "DELTA_BINARY_PACKED"),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
