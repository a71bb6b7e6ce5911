"""Which function draws which kind of result?"""

from functools import singledispatch

import plotly.graph_objects as go

from shuseki.errors import ParameterError
from shuseki.language import listed, say

__all__ = ["plot"]


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
    drawn = sorted(kind.__name__ for kind in plot.registry if kind is not object)
    raise ParameterError(
        say(
            "There is no picture for {kind}. Expected one of {drawn}. Use to_frame() for its "
            "table.",
            kind=type(result).__name__,
            drawn=listed(drawn),
        )
    )
