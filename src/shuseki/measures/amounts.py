"""How much is in each cell, and is it an amount?

Every measure by areas starts here: one variable of a panel in one period, ``(areas, industries)``.
An amount is 0 or more, or unknown (``nan``: suppressed, not published); a negative or an infinite
one is refused by name, since shares, masses and probabilities have no meaning for it.
"""

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import DataError, examples
from shuseki.language import say
from shuseki.panel import Panel

__all__ = ["amounts", "positive_amounts", "series"]


def amounts(panel: Panel, variable: str, period: str | None = None) -> tuple[Floats, str]:
    """Give a variable in one period, ``(areas, industries)``, and the period.

    Raises
    ------
    ParameterError
        The panel has several periods and none is named.
    DataError
        A cell is negative or infinite; the message names cells.
    """
    array = panel.cross_section(variable, period)
    _refuse(panel, variable, array)
    return array, period or panel.periods[0]


def positive_amounts(panel: Panel, variable: str, period: str | None = None) -> tuple[Floats, str]:
    """Give amounts that add up to something, as ``amounts`` does.

    Raises
    ------
    DataError
        Also when all of them are 0 or unknown.
    """
    array, when = amounts(panel, variable, period)
    if np.nansum(array) <= 0:
        raise DataError(
            say(
                "{variable!r} adds up to nothing in {when}. Shares need a positive total. Choose "
                "another variable or period.",
                variable=variable,
                when=when,
            )
        )
    return array, when


def series(panel: Panel, variable: str) -> Floats:
    """Give a variable in all periods, ``(areas, industries, periods)``.

    Raises
    ------
    DataError
        A cell is negative or infinite; the message names cells.
    """
    array = panel.variable(variable)
    for k in range(len(panel.periods)):
        _refuse(panel, variable, array[:, :, k])
    return array


def _refuse(panel: Panel, variable: str, array: Floats) -> None:
    wrong = (array < 0) | np.isinf(array)
    if wrong.any():
        cells = (
            f"{panel.areas[a]} × {panel.industries[i]} ({array[a, i]:g})"
            for a, i in np.argwhere(wrong)
        )
        raise DataError(
            say(
                "{variable!r} is negative or infinite in {n_wrong} cells: {cells}. Expected 0 or "
                "more, or unknown (nan). Correct the cells, or choose another variable.",
                variable=variable,
                n_wrong=int(wrong.sum()),
                cells=examples(cells),
            )
        )
