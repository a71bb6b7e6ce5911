"""How large is an effect, in words?

A coefficient times a change that one can imagine: "10 points more manufacturing share: 0.92 more
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
from scipy import stats

from shuseki.entry.definitions import CONSTANT, Definitions
from shuseki.entry.ols import Fit, Fits, stars
from shuseki.errors import UnknownCodeError
from shuseki.results import Result, result

__all__ = ["Effects", "effects", "tell", "tell_ja"]

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

    def headline(self) -> str:
        """The surest effect, in words."""
        sure = self.table["change"].abs() / (self.table["high"] - self.table["low"])
        return str(self.table["words"].iloc[int(sure.to_numpy().argmax())])

    def to_frame(self) -> pd.DataFrame:
        """One row per equation and variable."""
        return self.table.copy()

    def say(self, outcome: str, model: str | int, variable: str, lang: str = "en") -> str:
        """One effect as a sentence, ``"en"`` or ``"ja"``."""
        key = f"{outcome}, {model}, {variable}"
        known = self.table[["outcome", "model", "variable"]].agg(", ".join, axis=1)
        if key not in set(known):
            raise UnknownCodeError.among("effect", [key], list(known))
        return str(self.table.loc[known == key, "words_ja" if lang == "ja" else "words"].iloc[0])


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
    wide = float(stats.t.ppf(0.5 + INTERVAL / 2, fit.degrees_of_freedom))
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
                "words": tell(term, fit.design.outcome, change, fit.definitions),
                "words_ja": tell_ja(term, fit.design.outcome, change, fit.definitions),
            }
        )
    return rows


def tell(variable: str, outcome: str, change: float, definitions: Definitions) -> str:
    """Say a change of the outcome that goes with one step of a variable.

    Examples
    --------
    >>> tell("DENS", "START", 0.915, Definitions())
    '1 more DENS: 0.92 more START'
    """
    more = "more" if change >= 0 else "fewer"
    noun = definitions.counted(outcome)[0]
    return f"{definitions.step(variable).words}: {_two_digits(change)} {more} {noun}"


def tell_ja(variable: str, outcome: str, change: float, definitions: Definitions) -> str:
    """Say the same in Japanese.

    Examples
    --------
    >>> tell_ja("DENS", "START", 0.915, Definitions())
    'DENSが1高いと、STARTが0.92件多い'
    """
    side = "多い" if change >= 0 else "少ない"
    noun = definitions.counted(outcome)[1]
    return f"{definitions.step(variable).words_ja}と、{noun}が{_two_digits(change)}件{side}"


def _two_digits(change: float) -> str:
    size = abs(change)
    if size == 0 or not np.isfinite(size):
        return f"{size:g}"
    places = max(0, 1 - int(np.floor(np.log10(size))))
    return f"{size:.{places}f}"
