"""How is a value or a category drawn by area on a map?

Areas are joined from their municipalities. Those of 2020 have bundled outlines; of an earlier date
only the points are known, and every place on land belongs to the nearest (Voronoi cells on a
conformal map), up to a bundled shore. No tiles, no download. Values are coloured by quantile, so
that every colour covers about as many areas; areas without a value are hatched, and land in no
area is pale. Okinawa and Amami stand in a frame at the lower right, at four fifths of the scale.

Areas of other countries are drawn by the outlines that the user gives or, without them, as the
cells around their points, on a map of their own.

Takes a division and one value per area. Gives a Plotly figure of filled shapes in kilometres,
under 1 MB, with the value of each area on hovering.
Limits: in Japan before 2020 borders are not the legal ones, and the Ogasawara and Daito islands are
left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import shapely
from shapely import affinity

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import municipalities
from shuseki.geography.borders import DATE, are_drawn
from shuseki.geography.borders import outlines as municipal_outlines
from shuseki.geography.districts import BUNDLED, Division, division
from shuseki.report.plots.outline import LAND_SOURCE, land
from shuseki.report.plots.theme import COLOURS, DIVERGING, GREY, INK, MISSING, SEQUENTIAL, blank
from shuseki.report.tables import decimals_of, show
from shuseki.report.words import WORDS, Text, check_language, phrase, pick
from shuseki.results import Result
from shuseki.sources import Source

__all__ = [
    "LAND_SOURCE",
    "Shapes",
    "can_be_drawn",
    "category_map",
    "choropleth",
    "filled",
    "finish",
    "map_notes",
    "map_sources",
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
PALE = "#f6f5f2"
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
        A division, or the name of a bundled one, whose shapes are kept for the next map.
    """
    if isinstance(by, str):
        if by not in BUNDLED:
            raise UnknownCodeError.among("division", [by], BUNDLED)
        return _bundled(by)
    return _built(by)


def can_be_drawn(by: Division) -> bool:
    """Whether there are shapes for a division: its outlines, or points of three areas or more."""
    if by.outlines:
        return True
    if by.codes_of == "any":
        return by.centres is not None and int(np.isfinite(by.centres).all(axis=1).sum()) >= 3
    return by.name in BUNDLED and by.name != "municipality"


def map_notes(by: Division) -> tuple[Text, ...]:
    """What must be said of the shapes of a division."""
    if by.outlines:
        return ()
    return (WORDS["map_note" if by.codes_of == "japan" else "map_note_points"],)


def map_sources(by: Division) -> tuple[Source, ...]:
    """Where the shapes come from."""
    return (LAND_SOURCE,) if by.codes_of == "japan" and not by.outlines else ()


def choropleth(
    areas: Shapes | Division | str,
    values: "pd.Series[float] | Mapping[str, float]",
    *,
    title: Text,
    unit: Text = "",
    result: Result | None = None,
    bins: int = 6,
    digits: int | None = None,
    middle: float | None = None,
    lang: str = "en",
) -> go.Figure:
    """Colour areas by their values.

    Parameters
    ----------
    areas
        Shapes, a division, or the name of a bundled one.
    values
        Value by area code; areas that are absent or ``nan`` are hatched.
    title, unit
        What is shown, and in what (heads the legend).
    result
        The answer that the values come from; its sources mark the title.
    bins
        Number of colours, 2 to 6; each covers about as many areas.
    digits
        Decimals in the legend; about three figures by default.
    middle
        Colour what lies below it orange and what lies above it blue.
    lang
        ``"en"`` or ``"ja"``.

    Returns
    -------
    go.Figure
        Title and legend in the language; no request to any server.
    """
    if not 2 <= bins <= len(SEQUENTIAL):
        raise ParameterError(
            f"bins is {bins}. Expected 2 to {len(SEQUENTIAL)}, as many as a reader can tell apart. "
            "Choose another number."
        )
    drawn = areas if isinstance(areas, Shapes) else shapes(areas)
    series = _aligned(values, drawn).astype(float)
    known = series[np.isfinite(series)]
    numbers: Floats = np.array(known, dtype=np.float64)
    if known.empty:
        raise DataError(
            f"No value for any of the {len(drawn.codes)} areas. Expected finite numbers by area "
            f"code, such as {drawn.codes[0]!r}. Check the codes of the values."
        )
    places = decimals_of(known) if digits is None else digits
    edges, colours = _classes(numbers, bins, middle)
    which = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(colours) - 1)
    groups = []
    for k, colour in enumerate(colours):
        mine = known[which == k]
        if len(mine):
            label = phrase(
                "map_legend",
                lang,
                low=show(float(mine.min()), places, lang),
                high=show(float(mine.max()), places, lang),
            )
            groups.append((f"{label} ({len(mine)})", colour, list(mine.index)))
    text = {
        str(code): show(None if np.isnan(value) else value, places, lang)
        for code, value in series.items()
    }
    return _map(drawn, groups[::-1], text, title=title, unit=unit, result=result, lang=lang)


def category_map(
    areas: Shapes | Division | str,
    categories: "pd.Series[str] | Mapping[str, str]",
    *,
    title: Text,
    labels: Mapping[str, Text] | None = None,
    colours: Mapping[str, str] | None = None,
    result: Result | None = None,
    lang: str = "en",
) -> go.Figure:
    """Colour areas by a category.

    Parameters
    ----------
    areas, title, result, lang
        As for ``choropleth``.
    categories
        Category by area code; areas that are absent are hatched.
    labels, colours
        Words and colour of each category, in the order of the legend; the categories themselves,
        in the order of the alphabet, and the house colours by default.
    """
    drawn = areas if isinstance(areas, Shapes) else shapes(areas)
    series = _aligned(categories, drawn)
    known = series.dropna().astype(str)
    wanted = list(labels) if labels is not None else sorted(known.unique())
    unknown = sorted(set(known) - set(wanted))
    if unknown:
        raise UnknownCodeError.among("category", unknown, wanted, "Give it a label.")
    if colours is None and len(wanted) > len(COLOURS):
        raise ParameterError(
            f"{len(wanted)} categories. Expected at most {len(COLOURS)}, as many as a reader can "
            "tell apart. Join some, or give colours."
        )
    words = {key: pick(labels[key], lang) if labels is not None else key for key in wanted}
    paint = dict(zip(wanted, COLOURS, strict=False)) if colours is None else colours
    groups = [
        (f"{words[key]} ({int((known == key).sum())})", paint[key], list(known.index[known == key]))
        for key in wanted
        if (known == key).any()
    ]
    text = {str(code): words.get(value, "–") for code, value in series.astype(object).items()}
    return _map(drawn, groups, text, title=title, unit="", result=result, lang=lang)


# ---- drawing -------------------------------------------------------------------------------


def _map(
    drawn: Shapes,
    groups: Sequence[tuple[str, str, list[str]]],
    text: Mapping[str, str],
    *,
    title: Text,
    unit: Text,
    result: Result | None,
    lang: str,
) -> go.Figure:
    """Ground, groups of areas, areas without a value, and a point on each to hover."""
    language = check_language(lang)
    at = {code: k for k, code in enumerate(drawn.codes)}
    figure = blank(pick(title, language), result, lang=language, height=680)
    ground = filled([drawn.ground], phrase("map_outside", language), PALE, GREY, 0.4)
    ground.legendrank = 2000
    figure.add_trace(ground)
    coloured = {code for _, _, codes in groups for code in codes}
    for label, colour, codes in groups:
        figure.add_trace(filled([drawn.outlines[at[code]] for code in codes], label, colour))
    missing = [code for code in drawn.codes if code not in coloured]
    if missing:
        trace = filled(
            [drawn.outlines[at[code]] for code in missing],
            f"{phrase('map_missing', language)} ({len(missing)})",
            "white",
        )
        trace.fillpattern = {"shape": "/", "fgcolor": GREY, "bgcolor": MISSING, "size": 5}
        figure.add_trace(trace)
    points = inner_points(drawn.outlines)
    names = drawn.names_ja if language == "ja" else drawn.names_en
    figure.add_scatter(
        x=points[:, 0].round(1),
        y=points[:, 1].round(1),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        text=[f"{name}<br>{text[code]}" for code, name in zip(drawn.codes, names, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    return finish(figure, drawn, language, unit)


# ---- the parts of a map --------------------------------------------------------------------


def finish(figure: go.Figure, drawn: Shapes, lang: str, unit: Text = "") -> go.Figure:
    """Frame Okinawa, hide the axes, keep the scale, and put the legend on the sea.

    Parameters
    ----------
    figure
        A figure whose traces are in kilometres on the map; it is changed.
    drawn
        What it shows.
    lang, unit
        Language, and what heads the legend.
    """
    if drawn.frame is not None:
        west, south, east, north = drawn.frame
        figure.add_shape(
            type="rect", x0=west, y0=south, x1=east, y1=north, line={"color": GREY, "width": 1}
        )
        figure.add_annotation(
            x=east,
            y=north,
            text=phrase("map_inset", lang),
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"size": 11, "color": GREY},
        )
    left, bottom, right, top = drawn.ground.bounds
    room = 10 if drawn.frame is not None else 0.02 * max(right - left, top - bottom)
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_layout(
        xaxis={**hidden, "range": [left - room, right + room], "constraintoward": "center"},
        yaxis={
            **hidden,
            "range": [bottom - room, top + room],
            "constraintoward": "top",
            "scaleanchor": "x",
        },
        margin={"l": 8, "r": 8, "b": 8},
        hovermode="closest",
        hoverdistance=40,
        legend={
            "orientation": "v",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "title": {"text": pick(unit, lang), "font": {"size": 12, "color": INK}},
            "bgcolor": "rgba(255,255,255,0.7)",
        },
    )
    return figure


def filled(
    outlines: Sequence[shapely.Geometry],
    label: str,
    colour: str,
    line: str = "white",
    width: float = 0.5,
) -> go.Scatter:
    """One trace of many shapes: rings parted by gaps, holes running the other way round."""
    rings = [
        ring
        for polygon in shapely.get_parts(list(outlines))
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    gap = np.full((1, 2), np.nan)
    corners = [part for ring in rings for part in (shapely.get_coordinates(ring).round(1), gap)]
    x, y = np.vstack(corners[:-1]).T if corners else (np.empty(0), np.empty(0))
    return go.Scatter(
        x=_gapped(x),
        y=_gapped(y),
        mode="lines",
        fill="toself",
        fillcolor=colour,
        line={"color": line, "width": width},
        name=label,
        hoverinfo="skip",
    )


def inner_points(outlines: Sequence[shapely.Geometry]) -> Floats:
    """A point inside the largest part of each shape, shape ``(n, 2)``."""
    points: Floats = shapely.get_coordinates(
        [_largest(shape).representative_point() for shape in outlines]
    )
    return points


def place(longitude: Floats, latitude: Floats) -> Floats:
    """Where places lie on the map, those of Okinawa and Amami in the frame, shape ``(n, 2)``."""
    main, south = _land_km()
    _, shift = _inset(main, south)
    points = project(longitude, latitude)
    below = points[:, 1] < main.bounds[1]
    points[below] = INSET_SCALE * points[below] + shift
    return points


def _gapped(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 1) for value in values]


def _classes(values: Floats, bins: int, middle: float | None) -> tuple[Floats, list[str]]:
    """Lower edge and colour of each class: quantiles, on either side of the middle if given."""
    if middle is None:
        edges = np.unique(np.quantile(values, np.arange(bins) / bins))
        at = np.linspace(0, len(SEQUENTIAL) - 1, len(edges)).round().astype(int)
        return edges, [SEQUENTIAL[k] for k in at]
    below, above = values[values < middle], values[values >= middle]
    low = np.unique(np.quantile(below, np.arange(3) / 3)) if below.size else np.empty(0)
    high = np.unique(np.quantile(above, np.arange(3) / 3)) if above.size else np.empty(0)
    colours = [*DIVERGING[: len(low)], *DIVERGING[len(DIVERGING) - len(high) :]]
    return np.concatenate([low, high]), colours


def _aligned(values: "pd.Series | Mapping[str, object]", drawn: Shapes) -> pd.Series:
    """Values in the order of the shapes; unknown codes are refused."""
    series = values if isinstance(values, pd.Series) else pd.Series(dict(values))
    series = series.set_axis(series.index.astype(str))
    unknown = series.index.difference(list(drawn.codes))
    if len(unknown):
        raise UnknownCodeError.among("area", list(unknown), drawn.codes)
    repeated = series.index[series.index.duplicated()]
    if len(repeated):
        raise DataError(
            f"More than one value for areas {examples(repeated.unique())}. Expected one each. "
            "Select one period or industry first."
        )
    return series.reindex(list(drawn.codes))


# ---- building shapes -------------------------------------------------------------------------


@lru_cache
def municipal_shapes() -> Shapes:
    """Give the municipalities of 2020 in their own outlines."""
    return _built(division("municipality", DATE))


@lru_cache
def _bundled(name: str) -> Shapes:
    return _built(division(name))


def _elsewhere(by: Division) -> Shapes:
    """Shapes of a user's areas: outlines, or the cells around their points, in kilometres."""
    if by.outlines:
        codes = tuple(code for code in by.codes if code in by.outlines)
        degrees = np.array([by.outlines[code] for code in codes], dtype=object)
        middle = shapely.union_all(degrees).centroid
    else:
        found = by.centres
        if found is None:
            raise DataError(
                f"The areas of {by.name} have no outlines and no points. Expected one of them. "
                "Give outlines (GeoJSON), or latitude and longitude of each area."
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


def _built(by: Division) -> Shapes:
    if by.codes_of == "any" or by.outlines:
        return _elsewhere(by)
    units = municipalities(by.date)
    units = units[units["latitude"].notna()]
    members = by.members.set_index("municipality")["area"]
    area = units["code"].map(members)
    points = project(units["longitude"].to_numpy(float), units["latitude"].to_numpy(float))
    main, south = _land_km()
    ground = shapely.union_all([main, south])
    if are_drawn(units["code"]):
        cells = _drawn(units["code"].tolist())
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
    frame, shift = _inset(main, south)
    placed = [_placed(shape, main, shift) for shape in outlines]
    return Shapes(
        by.codes,
        tuple(table["name_en"]),
        tuple(table["name_ja"]),
        tuple(placed),
        _placed(ground, main, shift),
        frame,
    )


def _drawn(codes: list[str]) -> np.ndarray:
    """Outlines of municipalities of 2020 in kilometres, without the outlying islands."""
    shapes = np.array(
        [
            shapely.MultiPolygon([part for part in shapely.get_parts(shape) if not _outlying(part)])
            for shape in municipal_outlines(codes)
        ]
    )
    on_map = shapely.transform(shapes, lambda corners: project(corners[:, 0], corners[:, 1]))
    simple: np.ndarray = shapely.coverage_simplify(on_map, MUNICIPAL_TOLERANCE_KM)
    return simple


def _outlying(part: shapely.Geometry) -> bool:
    west, south, _, _ = part.bounds
    return any(west > longitude and south < latitude for longitude, latitude in OUTLYING)


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


@lru_cache
def _land_km() -> tuple[shapely.Geometry, shapely.Geometry]:
    """Land of the main islands and of Okinawa and Amami, kilometres; without Ogasawara."""
    parts = shapely.get_parts(land())
    outlying = np.array([_outlying(part) for part in parts])
    in_frame = (shapely.bounds(parts)[:, 3] < INSET_NORTH) & ~outlying
    on_map = shapely.transform(parts, lambda corners: project(corners[:, 0], corners[:, 1]))
    simple = shapely.simplify(on_map, TOLERANCE_KM)
    return shapely.union_all(simple[~in_frame & ~outlying]), shapely.union_all(simple[in_frame])


def _inset(
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


def _placed(
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


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]
