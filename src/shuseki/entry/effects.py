"""How large is an effect, in words?

A coefficient times a change that is easy to picture: "10 points more manufacturing share: 0.92 more
births per 10,000 labour force". The change of each variable is part of its definition
(``entry.definitions``).

Takes: a ``Fit`` or ``Fits``. Gives: ``Effects``, in the unit of the outcome, with a 95% interval,
in English and Japanese.
Limits: a linear extrapolation, other variables fixed. Whether the change is within the range of
the data is for the reader to check against the descriptive statistics.
"""

from dataclasses import field

import numpy as np
import pandas as pd
import scipy

from shuseki.entry.definitions import CONSTANT, Definitions
from shuseki.entry.ols import Fit, Fits, stars
from shuseki.errors import UnknownCodeError
from shuseki.language import Message, say, told
from shuseki.language.names import TwoNames
from shuseki.results import Result, result

__all__ = ["Effects", "effects", "tell"]

INTERVAL = 0.95


@result
class Effects(Result):
    """Effects in words.

    Attributes
    ----------
    table
        Columns ``outcome``, ``model``, ``variable``, ``step`` (in the variable's unit),
        ``change``, ``low``, ``high`` (in the unit of the outcome, 95% interval), ``stars``,
        ``words``, ``words_ja``.
    definitions
        What outcomes and variables are.
    """

    table: pd.DataFrame
    definitions: Definitions = field(default_factory=Definitions)

    def headline(self) -> Message:
        """The surest effect, in words."""
        sure = self.table["change"].abs() / (self.table["high"] - self.table["low"])
        return self._at(int(sure.to_numpy().argmax()))

    def to_frame(self) -> pd.DataFrame:
        """One row per equation and variable."""
        return self.table.copy()

    def say(self, outcome: str, model: str | int, variable: str) -> Message:
        """One effect as a sentence."""
        key = f"{outcome}, {model}, {variable}"
        known = self.table[["outcome", "model", "variable"]].agg(", ".join, axis=1)
        if key not in set(known):
            raise UnknownCodeError.among("effect", [key], list(known))
        return self._at(int(np.flatnonzero(known == key)[0]))

    def _at(self, row: int) -> Message:
        return TwoNames(str(self.table["words"].iloc[row]), str(self.table["words_ja"].iloc[row]))


def effects(fits: Fit | Fits) -> Effects:
    """Tell every coefficient but the constant as an effect.

    Parameters
    ----------
    fits
        One equation or many.

    Returns
    -------
    Effects

    Notes
    -----
    A variable without a step of its own is told per unit.
    """
    several = fits.fits if isinstance(fits, Fits) else (fits,)
    rows = [row for fit in several for row in _of_fit(fit)]
    return Effects(
        table=pd.DataFrame(rows),
        definitions=several[0].definitions,
        notes=fits.notes,
        sources=fits.sources,
    )


def _of_fit(fit: Fit) -> list[dict[str, object]]:
    wide = float(scipy.stats.t.ppf(0.5 + INTERVAL / 2, fit.degrees_of_freedom))
    rows: list[dict[str, object]] = []
    for term, b, se, p in zip(fit.terms, fit.coefficients, fit.standard_errors, fit.p, strict=True):
        if term == CONSTANT:
            continue
        step = fit.definitions.step(term).size
        change = b * step
        half = wide * se * abs(step)
        rows.append(
            {
                "outcome": fit.design.outcome,
                "model": fit.design.model,
                "variable": term,
                "step": step,
                "change": change,
                "low": change - half,
                "high": change + half,
                "stars": stars(p),
                **tell_both(term, fit.design.outcome, change, fit.definitions),
            }
        )
    return rows


def tell(variable: str, outcome: str, change: float, definitions: Definitions) -> Message:
    """Say a change of the outcome that goes with one step of a variable.

    Examples
    --------
    >>> message = tell("DENS", "START", 0.915, Definitions())
    >>> message, told(message, "ja")
    ('1 more DENS: 0.92 more START', 'DENSが1高いと、STARTが0.92件多い')
    """
    step = definitions.step(variable)
    return say(
        "{step}: {size} more {noun}" if change >= 0 else "{step}: {size} fewer {noun}",
        step=TwoNames(step.words, step.words_ja),
        size=_two_digits(change),
        noun=TwoNames(*definitions.counted(outcome)),
    )


def tell_both(
    variable: str, outcome: str, change: float, definitions: Definitions
) -> dict[str, str]:
    """Columns ``words`` and ``words_ja`` of an effect."""
    message = tell(variable, outcome, change, definitions)
    return {"words": str(message), "words_ja": str(told(message, "ja"))}


def _two_digits(change: float) -> str:
    size = abs(change)
    if size == 0 or not np.isfinite(size):
        return f"{size:g}"
    places = max(0, 1 - int(np.floor(np.log10(size))))
    return f"{size:.{places}f}"
