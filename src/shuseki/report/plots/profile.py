"""Where does an area stand, which conditions does it meet, and what makes the difference?"""

import re
from functools import cache

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.language import Message, say, told, word
from shuseki.profile.drivers import Drivers
from shuseki.profile.frameworks import FrameworkScores
from shuseki.profile.position import Position
from shuseki.profile.trend import Trend
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import short
from shuseki.report.plots.theme import BLUE, GREY, INK, LIGHT, ORANGE, RED, blank

__all__ = ["contributions_figure"]

ROW_PX = 22
ABSENT, HIGH = 10.0, 200 / 3
SHOWN_SERIES = ("plants_4_plus", "employees_4_plus", "shipments_yen", "population")
COLOURS = {"area": RED, "nation": INK, "prefecture": GREY, "peers": BLUE}


@draws
def position(result: Position, *, lang: str = "en") -> go.Figure:
    """Draw standings as dots with the interval of the rank, best at the right."""
    known = [k for k in range(len(result.indicators)) if np.isfinite(result.standing[k])]
    order = sorted(known, key=lambda k: result.standing[k])
    names = [short(str(told(result.indicators[k].label, lang)), 56) for k in order]
    n = result.areas[order]
    standing = result.standing[order]
    low = 100 * (n - result.rank_upper[order]) / np.maximum(n - 1, 1)
    high = 100 * (n - result.rank_lower[order]) / np.maximum(n - 1, 1)
    figure = blank(
        told(
            say("Standing of {area} in {n} indicators", area=result.area_name, n=len(order)), lang
        ),
        result,
        lang=lang,
        x=_in_lines(say("standing among the areas, 100 is best; bars hold 90% of the rank"), lang),
        height=max(320, 90 + ROW_PX * len(order)),
    )
    figure.add_scatter(
        x=standing,
        y=names,
        mode="markers",
        marker={"size": 9, "color": [RED if s < 100 / 3 else BLUE if s > HIGH else GREY
                                     for s in standing]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.maximum(high - standing, 0),
            "arrayminus": np.maximum(standing - low, 0),
            "color": GREY,
            "thickness": 2,
            "width": 0,
        },
        customdata=[
            [_value(result.value[k]), told(result.indicators[k].unit, lang), result.rank[k],
             result.areas[k], result.indicators[k].year]
            for k in order
        ],
        hovertemplate="%{y}: %{customdata[0]} %{customdata[1]} (%{customdata[4]})<br>"
        "%{customdata[2]:.0f} / %{customdata[3]:.0f}<extra></extra>",
        showlegend=False,
    )  # fmt: skip
    figure.layout.shapes = [_upright(50, LIGHT, layer="below")]
    figure.update_xaxes(range=[-3, 103])
    figure.update_yaxes(tickfont={"size": 11}, range=[-0.7, len(order) - 0.3], dtick=1)
    return figure


def _in_lines(title: Message, lang: str) -> str:
    """The title of an axis, each part on a line of its own, so that it is as wide as the axis."""
    return re.sub("; |；|(?<=）)、", "<br>", str(told(title, lang)))


def _value(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@draws
def frameworks(result: FrameworkScores, *, lang: str = "en") -> go.Figure:
    """Draw the score of each condition with the range that other weightings give it."""
    conditions = list(result.conditions)[::-1]
    rows = list(range(len(conditions)))[::-1]
    labels = [
        f"{short(told(f.label, lang).split('：')[0].split(':')[0].split('（')[0], 28)} · "
        f"{short(str(told(c.label, lang)), 44)}"
        for f, c in conditions
    ]
    score = result.score[rows]
    areas = result.areas[rows]
    with np.errstate(invalid="ignore"):
        low = 100 * (areas - result.rank_worst[rows]) / np.maximum(areas - 1, 1)
        high = 100 * (areas - result.rank_best[rows]) / np.maximum(areas - 1, 1)
        at = 100 * (areas - result.rank[rows]) / np.maximum(areas - 1, 1)
    figure = blank(
        told(say("Conditions of the theories in {area}", area=result.area_name), lang),
        result,
        lang=lang,
        x=_in_lines(
            say("rank among the areas in percent, 100 is first; lines hold for all weightings"),
            lang,
        ),
        height=90 + ROW_PX * len(rows),
    )
    known = np.isfinite(score)
    figure.add_scatter(
        x=np.where(known, at, np.nan),
        y=labels,
        mode="markers",
        marker={
            "size": 11,
            "symbol": "diamond",
            "color": [
                LIGHT if not k else RED if s <= 100 / 3 else BLUE if s >= HIGH else GREY
                for s, k in zip(at, known, strict=True)
            ],
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num(np.maximum(high - at, 0)),
            "arrayminus": np.nan_to_num(np.maximum(at - low, 0)),
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        customdata=np.stack(
            [score, result.rank[rows], areas, result.known[rows], result.of[rows]], axis=1
        ),
        hovertemplate="%{y}: %{customdata[0]:.0f}<br>%{customdata[1]:.0f} / %{customdata[2]:.0f}"
        "<br>n = %{customdata[3]:.0f} / %{customdata[4]:.0f}<extra></extra>",
        showlegend=False,
    )
    unknown = str(told(say("cannot be said"), lang))
    figure.layout.annotations = [
        {
            "x": 50, "y": labels[k], "text": unknown, "showarrow": False,
            "font": {"size": 11, "color": GREY},
        }
        for k in np.flatnonzero(~known)
    ]  # fmt: skip
    figure.layout.shapes = [_upright(50, LIGHT, layer="below")]
    figure.update_xaxes(range=[-3, 103])
    figure.update_yaxes(tickfont={"size": 11}, range=[-0.7, len(rows) - 0.3], dtick=1)
    return figure


@draws
def trend(result: Trend, *, lang: str = "en") -> go.Figure:
    """Draw each series as an index, broken where its definition changes."""
    shown = [name for name in SHOWN_SERIES if any(p.variable == name for p in result.pieces)]
    shown = shown or list(dict.fromkeys(piece.variable for piece in result.pieces))[:4]
    rows = max((len(shown) + 1) // 2, 1)
    axes, places = _grid(rows)
    seen: set[str] = set()
    traces: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for k, name in enumerate(shown):
        axis = str(k + 1) if k else ""  # said here: plotly's row and col cost most of the time
        for piece in (p for p in result.pieces if p.variable == name and len(p.years) > 1):
            notes.append(
                {
                    "x": piece.years[0], "y": 100, "text": f"{piece.years[0]} = 100",
                    "showarrow": False, "font": {"size": 10, "color": GREY}, "xanchor": "left",
                    "yanchor": "top", "xref": f"x{axis}", "yref": f"y{axis}",
                }
            )  # fmt: skip
            for r, reference in enumerate(result.references):
                traces.append(
                    {
                        "type": "scatter",
                        "x": piece.years,
                        "y": piece.index[r],
                        "mode": "lines+markers" if len(piece.years) < 3 else "lines",
                        "marker": {"size": 5},
                        "line": {
                            "color": COLOURS[reference],
                            "width": 3 if reference == "area" else 1.6,
                            "dash": {"nation": "dot", "prefecture": "dash"}.get(reference, "solid"),
                        },
                        "name": str(told(word(reference), lang)),
                        "legendgroup": reference,
                        "showlegend": reference not in seen,
                        "xaxis": f"x{axis}",
                        "yaxis": f"y{axis}",
                    }
                )
                seen.add(reference)
        for variable, start, end, _ in result.breaks:
            if variable == name:
                middle = (int(start) + int(end)) / 2
                lines.append(_upright(middle, ORANGE, 1, "dot", axis=axis))
    titles = [
        place | {"text": str(told(word(name), lang)), "font": {"size": 13, "color": INK}}
        for place, name in zip(places, shown, strict=False)
    ]
    figure = blank(
        told(say("{area} beside nation, prefecture and peers", area=result.area_name), lang),
        result,
        lang=lang,
        height=120 + 220 * rows,
        layout=axes
        | {
            "annotations": [*titles, *notes],
            "shapes": lines,
            "legend": {"y": -0.1},
            "margin": {"t": 96},
        },
    )
    figure.add_traces(traces)
    return figure


@cache
def _grid(rows: int) -> tuple[dict[str, object], tuple[dict[str, object], ...]]:
    """Axes of two plots a row in the layout, and where the title of each stands."""
    grid = make_subplots(
        rows=rows,
        cols=2,
        subplot_titles=["-"] * (2 * rows),
        vertical_spacing=0.16,
        horizontal_spacing=0.1,
    )
    grid.update_yaxes(gridcolor=LIGHT, tickfont={"size": 11}, rangemode="tozero")
    grid.update_xaxes(gridcolor=LIGHT, tickfont={"size": 11})
    layout = grid.to_plotly_json()["layout"]
    axes = {name: axis for name, axis in layout.items() if "axis" in name}
    return axes, tuple(layout["annotations"])


@draws
def drivers(result: Drivers, *, lang: str = "en") -> go.Figure:
    """Draw what each driver adds to the mean, and where that leads."""
    order = np.argsort(np.abs(result.contribution), kind="stable")
    terms = result.equation.terms
    labels = [short(str(told(terms[k].label, lang)), 40) for k in order]
    part = result.contribution[order]
    missing = {str(label) for label in result.missing}
    figure = blank(
        told(
            say(
                "What makes the difference in {area}: {outcome}",
                area=result.area_name,
                outcome=result.equation.label,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("difference from the mean: {unit}", unit=result.equation.unit), lang),
        height=150 + 28 * len(order),
    )
    figure.add_bar(
        x=part,
        y=labels,
        orientation="h",
        marker_color=[
            LIGHT
            if str(terms[k].label) in missing
            else BLUE
            if result.contribution[k] >= 0
            else RED
            for k in order
        ],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": result.upper[order] - part,
            "arrayminus": part - result.lower[order],
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate="%{y}: %{x:+.2f}<extra></extra>",
        showlegend=False,
    )
    expected, observed = result.predicted - result.mean, result.observed - result.mean
    lines = [_upright(0, INK, 1), _upright(expected, BLUE, dash="dash")]
    words = [_beside(expected, told(say("expected {rate:.2f}", rate=result.predicted), lang))]
    if np.isfinite(observed):
        lines.append(_upright(observed, RED))
        told_observed = told(say("observed {rate:.2f}", rate=result.observed), lang)
        words.append(_beside(observed, told_observed, "bottom"))
    figure.layout.shapes, figure.layout.annotations = lines, words
    return figure


def _upright(
    x: float,
    colour: str,
    width: float = 2,
    dash: str = "solid",
    layer: str = "above",
    axis: str = "",
) -> dict[str, object]:
    """A line over the whole height of a plot; ``add_vline`` takes milliseconds for each."""
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "layer": layer,
        "xref": f"x{axis}", "yref": f"y{axis} domain",
        "line": {"color": colour, "width": width, "dash": dash},
    }  # fmt: skip


def _beside(x: float, text: object, at: str = "top") -> dict[str, object]:
    """Words at the right of such a line, at its top or bottom."""
    return {
        "x": x, "y": 1 if at == "top" else 0, "text": str(text), "showarrow": False,
        "xanchor": "left", "yanchor": at, "xref": "x", "yref": "y domain",
    }  # fmt: skip


def contributions_figure(result: Trend, *, lang: str = "en") -> go.Figure:
    """Draw what each industry contributed to the change of employees."""
    parts = sorted(result.contributions, key=lambda one: one[1])
    figure = blank(
        told(
            say(
                "What each industry contributed to the change of employees in {area}, "
                "{growth:+.0%} from 2002 to 2012",
                area=result.area_name,
                growth=result.growth,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("percentage points"), lang),
        height=110 + ROW_PX * len(parts),
    )
    figure.add_bar(
        x=[points for _, points in parts],
        y=[short(str(told(name, lang)), 38) for name, _ in parts],
        orientation="h",
        marker_color=[BLUE if points >= 0 else RED for _, points in parts],
        showlegend=False,
    )
    figure.update_yaxes(tickfont={"size": 11})
    return figure
