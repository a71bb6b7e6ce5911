"""How is a value or a category drawn by area on a map?

Values are coloured by quantile, so that every colour covers about as many areas; areas without a
value are hatched, and land in no area is pale. No tiles, no download. The shapes are those of
``geography.shapes``.

Takes a division and one value per area. Gives a Plotly figure of filled shapes in kilometres,
under 1 MB, with the value of each area on hovering.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import shapely

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.districts import Division
from shuseki.geography.land import LAND_SOURCE
from shuseki.geography.shapes import Shapes, inner_points, shapes
from shuseki.language import say
from shuseki.report.plots.theme import COLOURS, DIVERGING, GREY, INK, MISSING, SEQUENTIAL, blank
from shuseki.report.tables import decimals_of, show
from shuseki.report.words import WORDS, Text, check_language, phrase, pick
from shuseki.results import Result
from shuseki.sources import Source

__all__ = [
    "LAND_SOURCE",
    "category_map",
    "choropleth",
    "filled",
    "finish",
    "map_notes",
    "map_sources",
]

PALE = "#f6f5f2"
SEEN = 0.001
"""Land outside the areas is named in the legend when it is more than this share of all."""


def map_notes(by: Division) -> tuple[Text, ...]:
    """What must be said of the shapes of a division."""
    if by.outlines:
        return ()
    return (WORDS["map_note" if by.is_bundled_country else "map_note_points"],)


def map_sources(by: Division) -> tuple[Source, ...]:
    """Where the shapes come from."""
    return (LAND_SOURCE,) if by.is_bundled_country and not by.outlines else ()


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
            say(
                "bins is {bins}. Expected 2 to {n_sequential}, as many as a reader can tell "
                "apart. Choose another number.",
                bins=bins,
                n_sequential=len(SEQUENTIAL),
            )
        )
    drawn = areas if isinstance(areas, Shapes) else shapes(areas)
    series = _aligned(values, drawn).astype(float)
    known = series[np.isfinite(series)]
    numbers: Floats = np.array(known, dtype=np.float64)
    if known.empty:
        raise DataError(
            say(
                "No value for any of the {n_codes} areas. Expected finite numbers by area code, "
                "such as {codes!r}. Check the codes of the values.",
                n_codes=len(drawn.codes),
                codes=drawn.codes[0],
            )
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
        raise UnknownCodeError.among("category", unknown, wanted, say("Give it a label."))
    if colours is None and len(wanted) > len(COLOURS):
        raise ParameterError(
            say(
                "{n_wanted} categories. Expected at most {n_colours}, as many as a reader can "
                "tell apart. Join some, or give colours.",
                n_wanted=len(wanted),
                n_colours=len(COLOURS),
            )
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
    elsewhere = drawn.ground.area - sum(shape.area for shape in drawn.outlines)
    ground.showlegend = bool(elsewhere > SEEN * drawn.ground.area)
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


def _gapped(values: Floats) -> np.ndarray:
    # Plotly takes an array of objects as it is, and writes it as it writes a list, which it would
    # go through number by number first.
    told = [None if np.isnan(value) else round(float(value), 1) for value in values]
    return np.array(told, dtype=object)


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
            say(
                "More than one value for areas {repeated}. Expected one each. Select one period "
                "or industry first.",
                repeated=examples(repeated.unique()),
            )
        )
    return series.reindex(list(drawn.codes))
