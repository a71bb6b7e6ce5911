"""How large is an effect, in words?

A coefficient times a change that one can imagine: "10 points more manufacturing share: 0.92 more
births per 10,000 labour force". The change of each variable is part of its definition
(``entry.variables``), chosen as the 2006 paper tells its effects (pp. 14-15).

Takes: a ``Fit`` or ``Fits``. Gives: ``Effects``, in births per 10,000 labour force (or per 100
existing plants), with a 95% interval, in English and Japanese.
Limits: a linear extrapolation, other variables fixed. Whether the change is within the range of
the data is for the reader to check against the descriptive statistics.
"""

import numpy as np
import pandas as pd
from scipy import stats

from shuseki.entry.design import CONSTANT
from shuseki.entry.ols import Fit, Fits, stars
from shuseki.entry.variables import CONVENTIONS, DEFINITIONS, define
from shuseki.errors import UnknownCodeError
from shuseki.results import Result, result

__all__ = ["Effects", "effects", "tell", "tell_ja"]

INTERVAL = 0.95
BIRTHS_OF = {"START": "", "START_H": "high-tech ", "START_L": "low-tech "}
BIRTHS_OF_JA = {"START": "", "START_H": "ハイテク業種の", "START_L": "ローテク業種の"}


@result
class Effects(Result):
    """Effects in words.

    Attributes
    ----------
    table
        Columns ``outcome``, ``model``, ``variable``, ``step`` (in the variable's unit),
        ``change``, ``low``, ``high`` (births per 10,000 labour force or per 100 existing plants,
        95% interval), ``stars``, ``words``, ``words_ja``.
    """

    table: pd.DataFrame

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
    Okamuro (2006), section 5-3, pp. 14-15. A variable without a definition of its own is told per
    unit.
    """
    several = fits.fits if isinstance(fits, Fits) else (fits,)
    rows = [row for fit in several for row in _of_fit(fit)]
    return Effects(table=pd.DataFrame(rows), notes=fits.notes, sources=fits.sources)


def _of_fit(fit: Fit) -> list[dict[str, object]]:
    wide = float(stats.t.ppf(0.5 + INTERVAL / 2, fit.degrees_of_freedom))
    rows: list[dict[str, object]] = []
    for term, b, se, p in zip(fit.terms, fit.coefficients, fit.standard_errors, fit.p, strict=True):
        if term == CONSTANT:
            continue
        step = DEFINITIONS[term].step if term in DEFINITIONS else 1.0
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
                "words": tell(term, fit.design.outcome, change, fit.convention),
                "words_ja": tell_ja(term, fit.design.outcome, change, fit.convention),
            }
        )
    return rows


def tell(variable: str, outcome: str, change: float, convention: str = "labour_market") -> str:
    """Say a change of the outcome that goes with one step of a variable.

    Examples
    --------
    >>> tell("MRATIO", "START", 0.915)
    '10 points more manufacturing share of workers: 0.92 more births per 10,000 labour force'
    >>> tell("AVESIZE", "START_L", 0.677)
    '10 workers fewer per plant: 0.68 more low-tech births per 10,000 labour force'
    """
    step = DEFINITIONS[variable].step_words if variable in DEFINITIONS else f"1 more {variable}"
    noun = CONVENTIONS[convention].births_words
    kind = BIRTHS_OF.get(outcome, f"{outcome} ")
    return f"{step}: {_two_digits(change)} {'more' if change >= 0 else 'fewer'} {kind}{noun}"


def tell_ja(variable: str, outcome: str, change: float, convention: str = "labour_market") -> str:
    """Say the same in Japanese.

    Examples
    --------
    >>> tell_ja("MRATIO", "START", 0.915)
    '製造業比率が10ポイント高いと、労働力人口1万人あたりの開業数が0.92件多い'
    """
    step = (
        DEFINITIONS[variable].step_words_ja
        if variable in DEFINITIONS
        else f"{define(variable).label_ja}が1高い"
    )
    noun = CONVENTIONS[convention].births_words_ja
    kind = BIRTHS_OF_JA.get(outcome, f"{outcome}の")
    side = "多い" if change >= 0 else "少ない"
    return f"{step}と、{kind}{noun}が{_two_digits(change)}件{side}"


def _two_digits(change: float) -> str:
    size = abs(change)
    if size == 0 or not np.isfinite(size):
        return f"{size:g}"
    places = max(0, 1 - int(np.floor(np.log10(size))))
    return f"{size:.{places}f}"
