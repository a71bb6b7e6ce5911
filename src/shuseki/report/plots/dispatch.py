"""Which function draws which kind of result?

The pictures of a room live in the module of its name beside this one. A module is imported when a
result of its room is first drawn, so that an answer in words does not wait for every room.
"""

from collections.abc import Callable
from functools import singledispatch
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import plotly.graph_objects as go

from shuseki.errors import ParameterError

__all__ = ["plot"]


@singledispatch
def _drawn(result: object, *, lang: str = "en") -> go.Figure:
    raise ParameterError(
        f"There is no picture for {type(result).__name__}. Expected one of "
        f"{', '.join(sorted(kind.__name__ for kind in _drawn.registry if kind is not object))}. "
        "Use to_frame() for its table."
    )


class Pictures:
    """What ``plot`` is: a function that dispatches on the type of its first argument."""

    def __call__(self, result: object, *, lang: str = "en") -> go.Figure:
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
            There is no picture for it.
        """
        return self._of(type(result))(result, lang=lang)

    def draws(self, kind: type) -> bool:
        """Whether there is a picture for results of this type."""
        return self._of(kind) is not _drawn.dispatch(object)

    def register(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let a function draw the type that its first argument is annotated with."""
        return _drawn.register(function)

    def _of(self, kind: type) -> Callable[..., go.Figure]:
        """The function for a type: from the module of its room, else from any."""
        rooms = [one.name for one in iter_modules(import_module("shuseki.report.plots").__path__)]
        near = [part for part in kind.__module__.split(".") if part in rooms]
        for names in (near, rooms):
            for name in names:
                import_module(f"shuseki.report.plots.{name}")
            found: Callable[..., go.Figure] = _drawn.dispatch(kind)
            if found is not _drawn.dispatch(object):
                return found
        return found


plot = Pictures()
