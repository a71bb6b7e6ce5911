"""Which shapes and values does the map need?

Shapes are paths of SVG in whole numbers on a grid of half a kilometre, each corner as a step from
the one before; one file for a division and a language, which never changes while the app runs and
which browsers may keep for ever. Values come apart, a few kilobytes for an indicator and a year.

Colours are classes of equal numbers of areas (quantiles), so that every colour covers about as
many; the legend says the bounds and the number of areas of each.
"""

import gzip
import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely

from shuseki.app.own_areas import is_own
from shuseki.app.places import DivisionName, Values, division_asked, division_of
from shuseki.arrays import Floats
from shuseki.geography.bundled import PREFECTURES
from shuseki.geography.shapes import municipal_shapes, polygons, shapes
from shuseki.language import LANGUAGES
from shuseki.report.plots.theme import MISSING, SEQUENTIAL

__all__ = ["classes", "drawn_shapes", "map_values", "shape_file"]

GRID_KM = 0.5
MARGIN_KM = 10.0
SMALLEST_KM2 = 1.0
"""Islands smaller than this are left out where the area has a larger part."""


@lru_cache(maxsize=8)
def shape_file(by: DivisionName, lang: str) -> tuple[bytes, str]:
    """The shapes of a division with their names in a language, as JSON, and a digest of it."""
    if is_own(by):
        found = drawn_shapes(by)
    else:
        kept = files("shuseki.app").joinpath("shapes", f"{by}.json.gz")
        found = json.loads(gzip.decompress(kept.read_bytes()))
    names = found.pop("names")[lang]
    areas = zip(found.pop("codes"), names, found.pop("paths"), found.pop("in")[lang], strict=True)
    told = {"size": found.pop("size"), "areas": list(areas), **found}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return text, hashlib.sha256(text).hexdigest()[:16]


def drawn_shapes(by: DivisionName) -> dict[str, Any]:
    """Draw the shapes of a division, with names in both languages: what ``shape_file`` reads.

    ``derive/map_shapes.py`` keeps those of bundled divisions in ``shapes/``: drawing takes seconds.
    """
    drawn = municipal_shapes() if by == "municipality" else shapes(division_asked(by))
    west, south, east, north = shapely.union_all(list(drawn.outlines)).bounds
    if drawn.frame is not None:
        west, south = min(west, drawn.frame[0]), min(south, drawn.frame[1])
        east, north = max(east, drawn.frame[2]), max(north, drawn.frame[3])
    left, top = west - MARGIN_KM, north + MARGIN_KM
    size = [round((east - left + MARGIN_KM) / GRID_KM), round((top - south + MARGIN_KM) / GRID_KM)]

    def on_grid(corners: Floats) -> np.ndarray:
        cells: np.ndarray = np.rint(
            np.column_stack([corners[:, 0] - left, top - corners[:, 1]]) / GRID_KM
        ).astype(int)
        return cells

    parents = {
        lang: dict(zip(division_of(by).codes, _parents(by, lang), strict=True))
        for lang in LANGUAGES
    }
    told: dict[str, Any] = {
        "size": size,
        "codes": list(drawn.codes),
        "names": {"en": list(drawn.names_en), "ja": list(drawn.names_ja)},
        "in": {lang: [parents[lang].get(code, "") for code in drawn.codes] for lang in LANGUAGES},
        "paths": [path_of(outline, on_grid) for outline in drawn.outlines],
        "ground": path_of(drawn.ground, on_grid),
    }
    if drawn.frame is not None:
        corners = np.array([drawn.frame[:2], drawn.frame[2:]], dtype=float)
        (x1, y2), (x2, y1) = on_grid(corners).tolist()
        told["frame"] = [x1, y1, x2 - x1, y2 - y1]
    return told


def _parents(by: DivisionName, lang: str) -> list[str]:
    """Name of the prefecture of each area, where it lies in one."""
    areas = division_of(by)
    if by == PREFECTURES:
        return [""] * len(areas.codes)
    prefectures = division_of(PREFECTURES)
    names = dict(zip(prefectures.codes, prefectures.names(lang), strict=True))
    members = areas.members.groupby("area")["municipality"].agg(lambda codes: codes.iloc[0][:2])
    return [names.get(members.get(code, ""), "") for code in areas.codes]


def path_of(shape: shapely.Geometry, on_grid: Any) -> str:
    """A shape as a path: ``M`` a corner, then steps; parts that vanish on the grid are left out."""
    parts = sorted(polygons(shape), key=lambda part: -part.area)
    kept = [part for k, part in enumerate(parts) if k == 0 or part.area >= SMALLEST_KM2]
    path: list[str] = []
    for part in kept:
        for ring in (part.exterior, *part.interiors):
            corners = on_grid(shapely.get_coordinates(ring))
            moved = np.r_[True, np.any(np.diff(corners, axis=0) != 0, axis=1)]
            corners = corners[moved][:-1]
            if len(corners) < 3:
                continue
            steps = np.diff(corners, axis=0)
            path.append(f"M{corners[0, 0]} {corners[0, 1]}l")
            path.append(" ".join(f"{dx} {dy}" for dx, dy in steps))
            path.append("z")
    if not path and kept:
        x, y = on_grid(shapely.get_coordinates(kept[0].centroid))[0]
        return f"M{x} {y}h1v1h-1z"
    return "".join(path)


def classes(values: Floats, most: int = len(SEQUENTIAL)) -> tuple[list[float], np.ndarray]:
    """Upper bounds of classes with about equal numbers, and the class of each value (−1: none).

    Examples
    --------
    >>> bounds, number = classes(np.array([1.0, 2.0, 3.0, 4.0, np.nan]), most=2)
    >>> bounds, number.tolist()
    ([2.5, 4.0], [0, 0, 1, 1, -1])
    """
    known = values[np.isfinite(values)]
    number = np.full(len(values), -1)
    if not len(known):
        return [], number
    bounds = np.unique(np.quantile(known, np.arange(1, most + 1) / most))
    found = np.searchsorted(bounds, values, side="left")
    number = np.where(np.isfinite(values), np.minimum(found, len(bounds) - 1), -1)
    return bounds.tolist(), number


def map_values(found: Values) -> dict[str, Any]:
    """What the map needs of a layer in a year: class and value by area, bounds, colours."""
    bounds, number = classes(found.values)
    counts = [int((number == k).sum()) for k in range(len(bounds))]
    steps = np.linspace(0, len(SEQUENTIAL) - 1, max(len(bounds), 1)).round().astype(int)
    return {
        "year": found.year,
        "areas": {
            code: [int(k), None if not np.isfinite(value) else float(f"{value:.6g}")]
            for code, k, value in zip(found.codes, number, found.values, strict=True)
        },
        "low": None if not len(bounds) else float(np.nanmin(found.values)),
        "bounds": bounds,
        "counts": counts,
        "missing": int((number < 0).sum()),
        "colours": [SEQUENTIAL[k] for k in steps[: len(bounds)]],
        "none": MISSING,
    }
