"""Which function draws which kind of result?

The pictures of a room are loaded when its first result is drawn: who draws one profile does not
load the libraries of every measure.
"""

from collections.abc import Callable, Mapping
from functools import cache, singledispatch
from importlib import import_module
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from shuseki.errors import ParameterError

__all__ = ["DRAWN_IN", "drawer_of", "plot"]

DRAWN_IN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "shuseki.datasets": ("companies",),
        "shuseki.demography": ("demography",),
        "shuseki.entry": ("entry", "entry_deeper", "unseen"),
        "shuseki.linkage": ("linkage",),
        "shuseki.measures.change": ("change",),
        "shuseki.measures.clusters": ("clusters",),
        "shuseki.measures.distance": ("distance",),
        "shuseki.measures.indices": ("indices",),
        "shuseki.papers.okamuro_2006": ("entry",),
        "shuseki.papers.replication": ("entry",),
        "shuseki.profile": ("profile",),
        "shuseki.report.national": ("national",),
        "shuseki.sourcing": ("network", "sourcing"),
        "shuseki.theory": ("theory",),
    }
)
"""Room of a result → modules of this folder with its pictures."""


@singledispatch
def plot(result: object, *, lang: str = "en") -> go.Figure:
    """Draw a result as a Plotly figure.

    Parameters
    ----------
    result
        Any result that has a picture.
    lang
        Language of titles, axes and hover texts, ``"en"`` or ``"ja"``.
    """
    drawer = drawer_of(type(result))
    if drawer is not None:
        return drawer(result, lang=lang)
    for module in dict.fromkeys(name for names in DRAWN_IN.values() for name in names):
        _load(module)
    drawn = sorted(kind.__name__ for kind in plot.registry if kind is not object)
    raise ParameterError(
        f"There is no picture for {type(result).__name__}. Expected one of {', '.join(drawn)}. "
        "Use to_frame() for its table."
    )


def drawer_of(kind: type) -> Callable[..., go.Figure] | None:
    """The function that draws a kind of result; None where it has no picture."""
    for one in kind.__mro__:
        for room, modules in DRAWN_IN.items():
            if one.__module__ == room or one.__module__.startswith(f"{room}."):
                for module in modules:
                    _load(module)
    found = plot.dispatch(kind)
    return None if found is plot.dispatch(object) else found


@cache
def _load(module: str) -> Any:
    return import_module(f"shuseki.report.plots.{module}")
