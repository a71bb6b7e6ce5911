"""How does every picture of ours look?

White, quiet, and readable by colour-blind eyes and on a grey printer. The colours are those of
Okabe and Ito, *Color Universal Design* (2008); the steps of a map are one hue, light to dark.
Importing this module registers the Plotly template ``"shuseki"`` and leaves the default alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import plotly.graph_objects as go
import plotly.io as pio

from shuseki.report.marks import mark
from shuseki.report.words import check_language
from shuseki.results import Result

__all__ = [
    "BLUE",
    "COLOURS",
    "DIVERGING",
    "FONT",
    "GREEN",
    "GREY",
    "INK",
    "LIGHT",
    "MISSING",
    "ORANGE",
    "PURPLE",
    "RED",
    "SEQUENTIAL",
    "SKY",
    "blank",
    "title",
    "unchecked",
]

BLUE, RED, GREEN, ORANGE, SKY, PURPLE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#e69f00",
    "#56b4e9",
    "#cc79a7",
)
COLOURS = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY)
"""Categories, in this order."""
INK, GREY, LIGHT = "#22303c", "#6b7883", "#e3e8ec"
"""Text; secondary text and reference lines; grid."""
MISSING = "#d9d9d9"
"""An area without a value."""
SEQUENTIAL = ("#d8e8f3", "#abd0e6", "#74b2d6", "#3d8ec0", "#176a9f", "#0b3f66")
"""Little to much, six steps."""
DIVERGING = ("#b2541a", "#e39b63", "#f5dcc3", "#f3f3f3", "#c4ddec", "#6aaed3", "#1d6a9e")
"""Below to above a middle, seven steps: orange, white, blue."""
FONT = (
    "'Helvetica Neue', Arial, 'Hiragino Kaku Gothic ProN', 'Yu Gothic', Meiryo, "
    "'Noto Sans CJK JP', 'Noto Sans JP', IPAGothic, sans-serif"
)
"""System fonts only: nothing is downloaded."""

_AXIS = {
    "showgrid": True,
    "gridcolor": LIGHT,
    "gridwidth": 1,
    "zeroline": False,
    "linecolor": GREY,
    "showline": True,
    "ticks": "outside",
    "tickcolor": GREY,
    "ticklen": 4,
    "automargin": True,
    "exponentformat": "none",
    "title": {"standoff": 8, "font": {"size": 13}},
    "tickfont": {"size": 12},
}

pio.templates["shuseki"] = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "title": {"x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 16, "color": INK}},
        "colorway": list(COLOURS),
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "colorscale": {
            "sequential": [[k / 5, colour] for k, colour in enumerate(SEQUENTIAL)],
            "diverging": [[k / 6, colour] for k, colour in enumerate(DIVERGING)],
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -0.18,
            "yanchor": "top",
            "font": {"size": 12},
        },
        "margin": {"l": 64, "r": 24, "t": 72, "b": 56},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "bgcolor": "white"},
    }
)


TEMPLATE = pio.templates["shuseki"].to_plotly_json()
CHECKED: ContextVar[bool] = ContextVar("CHECKED", default=True)


def title(text: str, result: Result | None = None, lang: str = "en") -> str:
    """Give the title of a picture, with the origin of its data in a second line.

    Parameters
    ----------
    text
        What the picture shows, with unit and n, in the language of ``lang``.
    result
        The answer drawn; its sources decide the second line: "Synthetic data" / 合成データ,
        or publisher and year of public statistics, or the paper of a printed table.
    lang
        ``"en"`` or ``"ja"``.
    """
    language = check_language(lang)
    origin = mark(result.sources, language) if result is not None else ""
    if not origin:
        return text
    return f"{text}<br><span style='font-size:12px;color:{GREY}'>{origin}</span>"


def blank(
    text: str,
    result: Result | None = None,
    *,
    lang: str = "en",
    x: str = "",
    y: str = "",
    height: int = 420,
    layout: Mapping[str, object] | None = None,
) -> go.Figure:
    """Open an empty figure in the house style, titled and marked; add traces to it.

    Parameters
    ----------
    text, result, lang
        As for ``title``.
    x, y
        Titles of the axes, with units.
    height
        Pixels; the width is the reader's.
    layout
        What else Plotly is to know of it; an update later costs milliseconds.
    """
    whole = {"template": TEMPLATE, "height": height, "title": {"text": title(text, result, lang)}}
    if x:
        whole["xaxis"] = {"title": {"text": x}}
    if y:
        whole["yaxis"] = {"title": {"text": y}}
    return go.Figure(layout=whole | dict(layout or {}), _validate=CHECKED.get())


@contextmanager
def unchecked() -> Iterator[None]:
    """Leave out Plotly's checks of what our own functions draw: 20 ms of a page.

    For JSON that goes to a browser: the same is drawn with all checks wherever else a result is
    plotted. A figure that a user may change afterwards needs its checks.
    """
    token = CHECKED.set(False)
    try:
        yield
    finally:
        CHECKED.reset(token)
