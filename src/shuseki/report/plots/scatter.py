"""How does a rate go with one feature of the areas?

A point is an area. Those that lie farthest from the middle of the cloud carry their names.

Takes regional variables and the names of two of their columns. Gives a Plotly figure.
"""

from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go

from shuseki.entry.variables import RegionalVariables
from shuseki.language import told
from shuseki.report.plots.theme import BLUE, GREY, INK, blank
from shuseki.report.words import phrase

__all__ = ["scatter"]

NAMED = 8
WIDE = 5.0
"""A logarithmic axis where the largest value is so many times the median."""
APART = 0.05
"""Names stand where their points are so far apart, as a share of the picture."""


def scatter(
    variables: RegionalVariables,
    x: str,
    y: str,
    *,
    set_aside: Collection[str] = (),
    lang: str = "en",
) -> go.Figure:
    """Draw one variable against another, a point for each area.

    Parameters
    ----------
    variables
        Regional variables; their area names should be in the language.
    x, y
        Names of two columns.
    set_aside
        Areas that the equations leave out; drawn as rings.
    lang
        ``"en"`` or ``"ja"``.
    """
    across, up = variables.column(x).to_numpy(), variables.column(y).to_numpy()
    known = np.isfinite(across) & np.isfinite(up)
    names = np.array(variables.area_names or variables.areas)
    out = np.array([code in set(set_aside) for code in variables.areas])
    labels = [variables.definitions.label(name) for name in (x, y)]
    titles = [
        told(f"{label.label} ({label.unit})", lang)
        if lang != "ja"
        else f"{label.label_ja}（{label.unit_ja}）"
        for label in labels
    ]
    n = int(known.sum())
    figure = blank(
        phrase("scatter_title", lang, y=titles[1].split(" (")[0].split("（")[0],
               x=titles[0].split(" (")[0].split("（")[0], n=n),
        variables, lang=lang, x=titles[0], y=titles[1], height=520,
    )  # fmt: skip
    far = _far(across, up, known, NAMED)
    wide = bool((up[known] > 0).all() and up[known].max() > WIDE * np.median(up[known]))
    for mask, symbol, colour, key in (
        (known & ~out, "circle", BLUE, "scatter_used"),
        (known & out, "circle-open", GREY, "scatter_out"),
    ):
        if mask.any():
            figure.add_scatter(
                x=across[mask],
                y=up[mask],
                mode="markers",
                marker={"symbol": symbol, "size": 8, "color": colour, "opacity": 0.75},
                name=phrase(key, lang, n=int(mask.sum())),
                text=names[mask],
                hovertemplate="%{text}<br>%{x:.3~g}, %{y:.3~g}<extra></extra>",
            )
    middle = float(np.median(across[known]))
    for at in far:
        left = across[at] > middle
        figure.add_annotation(
            x=across[at],
            y=float(np.log10(up[at])) if wide else up[at],
            text=str(names[at]),
            showarrow=False,
            xanchor="right" if left else "left",
            xshift=-7 if left else 7,
            font={"size": 11, "color": INK},
        )
    if wide:
        figure.update_yaxes(type="log", tickvals=_steps(up[known]), tickformat=",~g")
    else:
        figure.update_yaxes(rangemode="tozero")
    return figure


def _steps(values: np.ndarray) -> list[float]:
    """Ticks 1, 2, 5, 10, … of a logarithmic axis, from below the smallest to above the largest."""
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    return [
        float(part * 10.0**power) for power in range(int(low), int(high) + 1) for part in (1, 2, 5)
    ]


def _far(across: np.ndarray, up: np.ndarray, known: np.ndarray, count: int) -> list[int]:
    """Positions of the points farthest from the medians, in median absolute deviations."""
    distance = np.zeros(len(across))
    for values in (across, up):
        middle = np.median(values[known])
        spread = np.median(np.abs(values[known] - middle)) or 1.0
        distance += np.where(known, np.square((values - middle) / spread), 0.0)
    spans = [np.ptp(values[known]) or 1.0 for values in (across, np.log(np.maximum(up, 1e-9)))]
    places = np.column_stack([across / spans[0], np.log(np.maximum(up, 1e-9)) / spans[1]])
    found: list[int] = []
    for k in np.argsort(-distance, kind="stable"):
        near = [abs(places[k, 1] - places[other, 1]) < APART for other in found]
        beside = [abs(places[k, 0] - places[other, 0]) < 4 * APART for other in found]
        if known[k] and not any(a and b for a, b in zip(near, beside, strict=True)):
            found.append(int(k))
        if len(found) == count:
            break
    return found
