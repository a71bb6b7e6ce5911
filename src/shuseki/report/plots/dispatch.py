"""Which function draws which kind of result?

`PICTURES` says where the pictures of each room are. A module of pictures is imported when a result
of its room is first drawn, so that a command pays for no room but its own.
"""

from functools import cache, singledispatch
from importlib import import_module

import plotly.graph_objects as go

from shuseki.errors import ParameterError
from shuseki.language import listed, say

__all__ = ["PICTURES", "draws", "has_picture", "kinds", "plot"]

PICTURES = {
    "shuseki.datasets.companies": ("companies",),
    "shuseki.demography": ("demography",),
    "shuseki.entry": ("entry", "entry_deeper", "unseen"),
    "shuseki.linkage": ("linkage",),
    "shuseki.measures.change": ("change",),
    "shuseki.measures.clusters": ("clusters",),
    "shuseki.measures.distance": ("distance",),
    "shuseki.measures.indices": ("indices",),
    "shuseki.papers": ("entry",),
    "shuseki.profile": ("profile",),
    "shuseki.report.national": ("national",),
    "shuseki.sourcing": ("network", "sourcing"),
    "shuseki.theory": ("theory",),
}
"""Room → the modules here that draw its results."""


@singledispatch
def _draw(result: object, *, lang: str = "en") -> go.Figure:
    known = sorted(kind.__name__ for kind in kinds())
    raise ParameterError(
        say(
            "There is no picture for {kind}. Expected one of {drawn}. Use to_frame() for its "
            "table.",
            kind=type(result).__name__,
            drawn=listed(known),
        )
    )


draws = _draw.register
"""Decorator: this function draws the kind of result that its first parameter is annotated with."""


def plot(result: object, *, lang: str = "en") -> go.Figure:
    """Draw a result as a Plotly figure.

    Parameters
    ----------
    result
        Any result that has a picture.
    lang
        Language of titles, axes and hover texts, ``"en"`` or ``"ja"``.

    Raises
    ------
    ParameterError
        There is no picture for this kind of result.
    """
    _load_for(type(result))
    return _draw(result, lang=lang)


def has_picture(result: object) -> bool:
    """Say whether `plot` can draw this result."""
    _load_for(type(result))
    return _draw.dispatch(type(result)) is not _draw.dispatch(object)


def kinds() -> frozenset[type]:
    """Give every kind of result that has a picture; imports all modules of pictures."""
    for room in PICTURES:
        _load(room)
    return frozenset(_draw.registry) - {object}


def _load_for(kind: type) -> None:
    for parent in kind.__mro__:
        _load(parent.__module__)


@cache
def _load(module: str) -> None:
    for room, names in PICTURES.items():
        if module == room or module.startswith(f"{room}."):
            for name in names:
                import_module(f"shuseki.report.plots.{name}")
