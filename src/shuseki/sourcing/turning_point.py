"""Does an outcome rise with coupling and then fall, and where does it turn?

The outcome of a firm (growth, survival, innovations) on its coupling x, least squares with HC1::

    y = a + b x + c x² + e,        turning point x* = −b / (2c)

An inverted U needs more than c < 0 (Lind and Mehlum 2010): the slope is positive at the smallest x
and negative at the largest, both beyond chance. Its p-value is the larger of the two one-sided
p-values. The turning point is told only then, with Fieller's interval.

Takes: x and y, one value per firm. Gives: ``InvertedU``.
Sources: Uzzi (1996), who expects it of first- and second-order coupling; Lind and Mehlum (2010);
Fieller (1954). Checked against: parabolas with a known turning point.
Limits: a cross-section shows where the outcome is high, not what coupling does to it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.sourcing.network import UZZI_1996

__all__ = ["InvertedU", "Parabola", "fit_parabola", "turning_point"]

LIND_MEHLUM_2010 = Source(
    "LindMehlum2010",
    "Lind, J. T. and Mehlum, H., With or without U? The appropriate test for a U-shaped "
    "relationship, Oxford Bulletin of Economics and Statistics 72",
    "2010",
)
FIELLER_1954 = Source(
    "Fieller1954",
    "Fieller, E. C., Some problems in interval estimation, Journal of the Royal Statistical "
    "Society B 16",
    "1954",
)
FEWEST = 10


@result
class InvertedU(Result):
    """Whether an outcome rises and falls with coupling.

    Attributes
    ----------
    name
        What x is.
    at
        Smallest and largest x.
    slopes
        Of the outcome there.
    p_value
        Of the inverted U, the larger of two one-sided p-values.
    turning, low, high
        Turning point and its interval; ``nan`` where the data do not support one.
    """

    name: Message
    at: tuple[float, float]
    slopes: tuple[float, float]
    p_value: float
    turning: float
    low: float
    high: float
    firms: int

    @property
    def is_supported(self) -> bool:
        """Whether the data support an inverted U."""
        return not np.isnan(self.turning)

    def headline(self) -> Message:
        """Whether it turns, and where."""
        if self.is_supported:
            return say(
                "the outcome turns at {name} = {turning:.3f} ({low:.3f} to {high:.3f}; p = {p:.3f} "
                "of the inverted U), n = {n:count(firm)}",
                name=self.name,
                turning=self.turning,
                low=self.low,
                high=self.high,
                p=self.p_value,
                n=self.firms,
            )
        return say(
            "no inverted U in {name} that chance does not explain (p = {p:.3f}): no turning point "
            "is told, n = {n:count(firm)}",
            name=self.name,
            p=self.p_value,
            n=self.firms,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row: ends, slopes, turning point."""
        return pd.DataFrame(
            {
                "smallest": [self.at[0]],
                "slope_at_smallest": [self.slopes[0]],
                "largest": [self.at[1]],
                "slope_at_largest": [self.slopes[1]],
                "p_value": [self.p_value],
                "turning_point": [self.turning],
                "turning_point_low": [self.low],
                "turning_point_high": [self.high],
                "firms": [self.firms],
            }
        )


def turning_point(
    x: Floats, y: Floats, *, name: Message | None = None, level: float = 0.05
) -> InvertedU:
    """Test for an inverted U, and tell its turning point if there is one.

    Parameters
    ----------
    x, y
        Coupling and outcome of each firm, shape ``(n,)``; firms without either are left out.
    name
        What x is, for the words.
    level
        Of the test; the interval holds ``1 − level``.

    Raises
    ------
    DataError
        Fewer than ten firms with both, or fewer than three different values of x.
    ParameterError
        A level outside (0, 0.5).
    """
    if not 0 < level < 0.5:
        raise ParameterError(
            say(
                "level = {level:g}. Expected one in (0, 0.5), such as 0.05.",
                level=level,
            )
        )
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape:
        raise DataError(
            say(
                "{x_size} values of x, {y_size} of y. Expected one of each per firm.",
                x_size=x.size,
                y_size=y.size,
            )
        )
    there = np.isfinite(x) & np.isfinite(y)
    x, y = x[there], y[there]
    values = len(np.unique(x))
    if len(x) < FEWEST or values < 3:
        raise DataError(
            say(
                "{n_x} firms with both values, {values} different ones. Expected {fewest} firms "
                "or more and three values: a curve needs them. Add firms.",
                n_x=len(x),
                values=values,
                fewest=FEWEST,
            )
        )
    fit = fit_parabola(x, y)
    ends = np.array([x.min(), x.max()])
    slopes = fit.linear + 2 * fit.square * ends
    spread = np.sqrt(
        fit.covariance[1, 1] + 4 * ends * fit.covariance[1, 2] + 4 * ends**2 * fit.covariance[2, 2]
    )
    # a slope told exactly (no residuals) has no spread
    signed = np.array([slopes[0], -slopes[1]])
    t = np.divide(signed, spread, out=np.sign(signed) * np.inf, where=spread > 0)
    p = float(stats.t.sf(t, len(x) - 3).max())
    turning, low, high = np.nan, np.nan, np.nan
    inside = fit.square < 0 and ends[0] < -fit.linear / (2 * fit.square) < ends[1]
    if p < level and inside:
        turning = -fit.linear / (2 * fit.square)
        low, high = _fieller(fit, stats.t.isf(level / 2, len(x) - 3))
    return InvertedU(
        name=say("coupling") if name is None else name,
        at=(float(ends[0]), float(ends[1])),
        slopes=(float(slopes[0]), float(slopes[1])),
        p_value=p,
        turning=float(turning),
        low=float(low),
        high=float(high),
        firms=len(x),
        notes=(
            say(
                "Firms that differ in coupling may differ in much else: an association, no effect."
            ),
        ),
        sources=(UZZI_1996, LIND_MEHLUM_2010, FIELLER_1954),
    )


class Parabola(NamedTuple):
    """y = constant + linear x + square x², with the HC1 covariance of the three, ``(3, 3)``."""

    constant: float
    linear: float
    square: float
    covariance: Floats


def fit_parabola(x: Floats, y: Floats) -> Parabola:
    """Least squares on x and x², shape ``(n,)`` each."""
    X = np.column_stack([np.ones_like(x), x, x**2])
    inverse = np.linalg.pinv(X.T @ X)
    b = inverse @ X.T @ y
    e = y - X @ b
    n, k = X.shape
    meat = (X * (e**2)[:, None]).T @ X
    return Parabola(float(b[0]), float(b[1]), float(b[2]), n / (n - k) * inverse @ meat @ inverse)


def _fieller(fit: Parabola, t: float) -> tuple[float, float]:
    """Interval of −b/(2c): all r with (b + 2 r c)² ≤ t² Var(b + 2 r c)."""
    v = fit.covariance
    square = 4 * (fit.square**2 - t**2 * v[2, 2])
    linear = 4 * (fit.linear * fit.square - t**2 * v[1, 2])
    constant = fit.linear**2 - t**2 * v[1, 1]
    inside = linear**2 - 4 * square * constant
    if square <= 0 or inside < 0:
        return -np.inf, np.inf  # the curvature is not told apart from zero: no bounded interval
    root = np.sqrt(inside)
    return (-linear - root) / (2 * square), (-linear + root) / (2 * square)
