"""Which number says too much about one establishment?

A cell of establishments is sensitive

    by number       0 < n < threshold; an empty cell is not
    by dominance    x1 + … + xn > k · X: the n largest hold more than the share k of an amount
    by p percent    X − x1 − x2 < p/100 · x1: the second can tell the first within p percent

and its number is not written. Nor may it be found out from others: whoever computes with all that
is written must be left with an interval that is wide enough (``width``):

    counts          ``threshold`` establishments, so that it holds a number that is not sensitive
    amounts         p percent of the amount (10 where the rule is dominance), or what is missing to
                    the amount at which the rule would let the cell go, whichever is more

Statistics of many areas (coefficients, correlations, indices) are written where they rest on
``fewest_units`` more than they estimate, with ``digits`` significant digits: from ten-digit
coefficients or means, whole numbers that were not written can be solved for.

Takes: arrays by cell: establishments, amount, the largest and second largest contribution. Gives:
which are sensitive, and the width that each must keep.

Sources: Hundepool and others (2012), *Statistical Disclosure Control*, chapter 4; τ-argus manual;
the practice of Japanese statistics to write X for one or two establishments.
"""

from dataclasses import dataclass

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import say

__all__ = ["Dominance", "Rules"]


@dataclass(frozen=True)
class Dominance:
    """The n largest hold more than the share k.

    Attributes
    ----------
    n
        One or two: how many of the largest.
    k
        Share of the amount, between 0 and 1.
    """

    n: int = 1
    k: float = 0.75

    def __post_init__(self) -> None:
        if self.n not in (1, 2) or not 0 < self.k < 1:
            raise ParameterError(
                say(
                    "dominance is n = {value}, k = {value_2}. Expected n of 1 or 2 and a share k "
                    "between 0 and 1. Correct it.",
                    value=self.n,
                    value_2=self.k,
                )
            )


@dataclass(frozen=True)
class Rules:
    """What may leave.

    Attributes
    ----------
    threshold
        Fewest establishments of a cell that is written.
    dominance
        Rule for amounts; None for none, or where ``p_percent`` is given.
    p_percent
        Rule for amounts in place of dominance.
    rounding
        Counts and amounts are written as multiples of this; None for as they are.
    secondary
        Whether further cells are suppressed, so that the first cannot be computed.
    digits
        Significant digits of numbers that are computed from others.
    fewest_units
        Residual degrees of freedom, or establishments, that a statistic needs.
    """

    threshold: int = 3
    dominance: Dominance | None = Dominance()
    p_percent: float | None = None
    rounding: int | None = None
    secondary: bool = True
    digits: int = 3
    fewest_units: int = 10

    def __post_init__(self) -> None:
        if self.p_percent is not None:
            object.__setattr__(self, "dominance", None)

    @property
    def percent(self) -> float:
        """Width of the interval that an amount must keep, in percent of the amount."""
        return 10.0 if self.p_percent is None else self.p_percent

    def sensitive_counts(self, count: Ints) -> Bools:
        """Cells of too few establishments, shape as given."""
        few: Bools = (count > 0) & (count < self.threshold)
        return few

    def sensitive_amounts(self, amount: Floats, largest: Floats, second: Floats) -> Bools:
        """Cells in which one or two establishments hold too much, shape as given."""
        held: Bools = self._missing(amount, largest, second) > 1e-9 * np.maximum(amount, 1.0)
        return held & (amount > 0)

    def count_width(self) -> float:
        """Width that the interval of a suppressed count must have, in establishments."""
        return float(self.threshold)

    def amount_width(self, amount: Floats, largest: Floats, second: Floats) -> Floats:
        """Width that the interval of a suppressed amount must have, shape as given."""
        missing = np.maximum(self._missing(amount, largest, second), 0.0)
        return np.asarray(np.maximum(self.percent / 100.0 * amount, missing))

    def _missing(self, amount: Floats, largest: Floats, second: Floats) -> Floats:
        """How much more the amount would have to be for the rule to let the cell go."""
        if self.p_percent is not None:
            return np.asarray(self.p_percent / 100.0 * largest - (amount - largest - second))
        if self.dominance is None:
            return np.full_like(np.asarray(amount, dtype=float), -np.inf)
        top = largest if self.dominance.n == 1 else largest + second
        return np.asarray(top / self.dominance.k - amount)

    def said(self) -> dict[str, object]:
        """The rules as plain values, for ``outputs.json``."""
        dominance = self.dominance
        return {
            "threshold": self.threshold,
            "dominance": None if dominance is None else {"n": dominance.n, "k": dominance.k},
            "p_percent": self.p_percent,
            "rounding": self.rounding,
            "secondary": self.secondary,
            "digits": self.digits,
            "fewest_units": self.fewest_units,
            "protection": {
                "counts": f"interval at least {self.threshold} wide",
                "amounts": f"interval at least {self.percent:g} percent of the amount wide",
            },
        }
