"""Which shapes do areas have on a map?

Areas of Japan are joined from their municipalities. Those of 2020 have bundled outlines; of an
earlier date only the points are known, and every place on land belongs to the nearest (Voronoi
cells on a conformal map), up to a bundled shore. Okinawa and Amami stand in a frame at the lower
right, at four fifths of the scale. Areas of other countries have the outlines that the user gives
or, without them, the cells around their points, on a map of their own.

Takes: a division. Gives: ``Shapes``, kilometres on a conformal map.
Limits: in Japan before 2020 borders are not the legal ones, and the Ogasawara and Daito islands are
left out; without outlines, shapes are no borders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from shapely import affinity

from shuseki.arrays import Floats
from shuseki.errors import DataError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.borders import DATE, are_drawn
from shuseki.geography.borders import outlines as municipal_outlines
from shuseki.geography.districts import BUNDLED, Division, division
from shuseki.geography.land import land
from shuseki.language import say

__all__ = [
    "Shapes",
    "can_be_drawn",
    "inner_points",
    "municipal_shapes",
    "place",
    "project",
    "shapes",
]

EARTH_KM = 6371.0
PARALLELS = (33.0, 43.0)
CENTRE = (137.0, 37.0)
"""Lambert conformal conic map: standard parallels and centre, degrees."""
INSET_NORTH = 28.7
"""Land south of this latitude is drawn in the frame."""
INSET_SCALE = 0.8
OUTLYING = ((138.0, 31.5), (130.5, 27.0))
"""Land east and south of these places (Ogasawara, Daito) is left out; degrees."""
TOLERANCE_KM = 0.4
MUNICIPAL_TOLERANCE_KM = 0.8


@dataclass(frozen=True, eq=False)
class Shapes:
    """Areas as they lie on the map.

    Attributes
    ----------
    codes, names_en, names_ja
        One per area.
    outlines
        Shape of each area, kilometres on the map.
    ground
        All land, areas or not.
    frame
        West, south, east, north of the frame around islands that were moved, kilometres; None
        where none were.
    """

    codes: tuple[str, ...]
    names_en: tuple[str, ...]
    names_ja: tuple[str, ...]
    outlines: tuple[shapely.Geometry, ...]
    ground: shapely.Geometry
    frame: tuple[float, float, float, float] | None = None


def shapes(by: Division | str = "district-253") -> Shapes:
    """Build the areas of a division from their municipalities.

    Parameters
    ----------
    by
        A division, or the name of a bundled one. Its shapes are kept for the next map of it.
    """
    if isinstance(by, str):
        if by not in BUNDLED:
            raise UnknownCodeError.among("division", [by], BUNDLED)
        return built(division(by))
    return built(by)


def can_be_drawn(by: Division) -> bool:
    """Whether there are shapes for a division: its outlines, or points of three areas or more."""
    if by.outlines:
        return True
    if by.codes_of == "any":
        return by.centres is not None and int(np.isfinite(by.centres).all(axis=1).sum()) >= 3
    return by.name in BUNDLED and by.name != "municipality"


@lru_cache
def municipal_shapes() -> Shapes:
    """Give the municipalities of 2020 in their own outlines."""
    return built(division("municipality", DATE))


def shapes_elsewhere(by: Division) -> Shapes:
    """Shapes of a user's areas: outlines, or the cells around their points, in kilometres."""
    if by.outlines:
        codes = tuple(code for code in by.codes if code in by.outlines)
        degrees = np.array([by.outlines[code] for code in codes], dtype=object)
        middle = shapely.union_all(degrees).centroid
    else:
        found = by.centres
        if found is None:
            raise DataError(
                say(
                    "The areas of {by} have no outlines and no points. Expected one of them. Give "
                    "outlines (GeoJSON), or latitude and longitude of each area.",
                    by=by.name,
                )
            )
        known = np.asarray(np.isfinite(found).all(axis=1))
        codes = tuple(code for code, there in zip(by.codes, known, strict=True) if there)
        located = found[known]
        middle = shapely.Point(*np.median(located, axis=0)[::-1])

    def on_map(corners: Floats) -> Floats:
        return project(corners[:, 0], corners[:, 1], centre=(middle.x, middle.y))

    if by.outlines:
        drawn = shapely.transform(degrees, on_map)
        extent = np.ptp(shapely.total_bounds(drawn)[[0, 2]])
        cells = shapely.coverage_simplify(drawn, extent / 2000)
    else:
        points = on_map(located[:, ::-1])
        spread = shapely.MultiPoint(points).convex_hull
        reach = 0.12 * max(np.ptp(points[:, 0]), np.ptp(points[:, 1]), 1.0)
        cells = shapely.intersection(voronoi(points, spread.buffer(reach)), spread.buffer(reach))
    order = [by.codes.index(code) for code in codes]
    whole = [
        shapely.MultiPolygon([shapely.orient_polygons(part) for part in polygons(cell)])
        for cell in cells
    ]
    return Shapes(
        codes,
        tuple(by.names("en")[k] for k in order),
        tuple(by.names("ja")[k] for k in order),
        tuple(whole),
        shapely.union_all(whole),
    )


def polygons(shape: shapely.Geometry) -> list[shapely.Polygon]:
    """The polygons of a shape."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]


@lru_cache(maxsize=16)
def built(by: Division) -> Shapes:
    """Shapes of a division; the last few are kept, since a report draws many maps of one."""
    if by.codes_of == "any" or by.outlines:
        return shapes_elsewhere(by)
    units = municipalities(by.date)
    units = units[units["latitude"].notna()]
    members = by.members.set_index("municipality")["area"]
    area = units["code"].map(members)
    points = project(units["longitude"].to_numpy(float), units["latitude"].to_numpy(float))
    main, south = land_km()
    ground = shapely.union_all([main, south])
    if are_drawn(units["code"]):
        cells = drawn_outlines(units["code"].tolist())
        whole = shapely.union_all(cells)
        elsewhere = shapely.get_parts(ground)
        ground = shapely.union_all([whole, *elsewhere[~shapely.intersects(elsewhere, whole)]])
    else:
        cells = shapely.intersection(voronoi(points, ground), ground)
    table = by.areas.set_index("code")
    outlines = []
    for code in by.codes:
        mine = (area == code).to_numpy()
        joined = shapely.union_all(cells[mine])
        if joined.is_empty:
            joined = shapely.union_all(shapely.buffer(shapely.points(points[mine]), 4.0))
        outlines.append(joined)
    frame, shift = inset(main, south)
    return Shapes(
        by.codes,
        tuple(table["name_en"]),
        tuple(table["name_ja"]),
        tuple(placed(shape, main, shift) for shape in outlines),
        placed(ground, main, shift),
        frame,
    )


def drawn_outlines(codes: list[str]) -> np.ndarray:
    """Outlines of municipalities of 2020 in kilometres, without the outlying islands."""
    whole = np.array(
        [
            shapely.MultiPolygon(
                [part for part in shapely.get_parts(shape) if not is_outlying(part)]
            )
            for shape in municipal_outlines(codes)
        ]
    )
    on_map = shapely.transform(whole, lambda corners: project(corners[:, 0], corners[:, 1]))
    simple: np.ndarray = shapely.coverage_simplify(on_map, MUNICIPAL_TOLERANCE_KM)
    return simple


def is_outlying(part: shapely.Geometry) -> bool:
    west, south, _, _ = part.bounds
    return any(west > longitude and south < latitude for longitude, latitude in OUTLYING)


def voronoi(points: Floats, ground: shapely.Geometry) -> np.ndarray:
    """Cell of every point, in their order; points at the same place share a cell."""
    unique, which = np.unique(points.round(6), axis=0, return_inverse=True)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(unique), extend_to=ground.envelope.buffer(100), ordered=True
        )
    )
    found: np.ndarray = cells[which.ravel()]
    return found


def inner_points(outlines: Sequence[shapely.Geometry]) -> Floats:
    """A point inside the largest part of each shape, shape ``(n, 2)``."""
    points: Floats = shapely.get_coordinates(
        [largest(shape).representative_point() for shape in outlines]
    )
    return points


def largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def place(longitude: Floats, latitude: Floats) -> Floats:
    """Where places lie on the map, those of Okinawa and Amami in the frame, shape ``(n, 2)``."""
    main, south = land_km()
    _, shift = inset(main, south)
    points = project(longitude, latitude)
    below = points[:, 1] < main.bounds[1]
    points[below] = INSET_SCALE * points[below] + shift
    return points


def project(
    longitude: Floats, latitude: Floats, *, centre: tuple[float, float] | None = None
) -> Floats:
    """Lambert conformal conic map on a sphere: of Japan, or around another centre.

    Parameters
    ----------
    longitude, latitude
        Degrees, shape ``(n,)``.
    centre
        Longitude and latitude of the centre, degrees; the standard parallels are then 1° to
        either side of it.

    Returns
    -------
    Floats
        Kilometres east and north of the centre (137° E, 37° N), shape ``(n, 2)``.
        Formula: Snyder, Map Projections: A Working Manual (1987), equations 15-1 to 15-5.
    """
    parallels = PARALLELS
    if centre is not None:
        middle = float(np.clip(centre[1], -75, 75))
        middle = middle if abs(middle) > 1.5 else 1.5  # a cone, not a cylinder
        parallels = (middle - 1.0, middle + 1.0)
    first, second = np.radians(parallels)
    lon, lat = np.radians(longitude), np.radians(latitude)
    lon_0, lat_0 = np.radians(CENTRE if centre is None else centre)

    def half(angle: Floats | float) -> Floats:
        tangent: Floats = np.tan(np.pi / 4 + np.asarray(angle) / 2)
        return tangent

    n = np.log(np.cos(first) / np.cos(second)) / np.log(half(second) / half(first))
    f = np.cos(first) * half(first) ** n / n
    rho = EARTH_KM * f / half(lat) ** n
    rho_0 = EARTH_KM * f / half(lat_0) ** n
    theta = n * (lon - lon_0)
    return np.column_stack([rho * np.sin(theta), rho_0 - rho * np.cos(theta)])


@lru_cache
def land_km() -> tuple[shapely.Geometry, shapely.Geometry]:
    """Land of the main islands and of Okinawa and Amami, kilometres; without Ogasawara."""
    parts = shapely.get_parts(land())
    outlying = np.array([is_outlying(part) for part in parts])
    in_frame = (shapely.bounds(parts)[:, 3] < INSET_NORTH) & ~outlying
    on_map = shapely.transform(parts, lambda corners: project(corners[:, 0], corners[:, 1]))
    simple = shapely.simplify(on_map, TOLERANCE_KM)
    return shapely.union_all(simple[~in_frame & ~outlying]), shapely.union_all(simple[in_frame])


def inset(
    main: shapely.Geometry, south: shapely.Geometry
) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """Frame at the lower right of the main islands, and the way there."""
    margin = 15.0
    x0, y0, x1, y1 = south.bounds
    right, bottom = main.bounds[2], main.bounds[1]
    left = right - (x1 - x0) * INSET_SCALE - 2 * margin
    top = bottom + (y1 - y0) * INSET_SCALE + 2 * margin
    shift = (left + margin - x0 * INSET_SCALE, bottom + margin - y0 * INSET_SCALE)
    return (left, bottom, right, top), shift


def placed(
    shape: shapely.Geometry, main: shapely.Geometry, shift: tuple[float, float]
) -> shapely.Geometry:
    """Move what lies south of the main islands into the frame; outer rings counterclockwise."""
    south = main.bounds[1]
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    moved = [
        affinity.affine_transform(part, [INSET_SCALE, 0, 0, INSET_SCALE, *shift])
        if part.bounds[3] < south
        else part
        for part in polygons
    ]
    return shapely.MultiPolygon([shapely.orient_polygons(part) for part in moved])
