"""How much does a rank depend on how indicators are weighted?

A score is ``w·x / Σ w`` over the indicators that an area has, with weights ``w ≥ 0, Σ w = 1`` and
each ``w_k ≤ c``. Area s stands above area r under some weights when ``max_w (score_s − score_r) >
0``, and under all when ``min_w (score_s − score_r) > 0``. Both are linear programs over a simplex
with a cap; their solution is known in closed form: the largest difference takes
``c``, the next what is left of it, and so on::

    max_w w·d = Σ_j min(c, 1 − (j − 1) c)⁺ d_(j),   d sorted from large to small

So rank r is never better than ``1 + #{s: min > 0}`` and never worse than ``1 + #{s: max > 0}``,
whatever the weights. The bounds are over pairs: no single weighting need attain them; what the
corners of the simplex attain is given besides, so that the true range lies between the two.
``exact_rank_range`` finds it by a mixed-integer program, in up to seconds for one condition of one
area where the bounds take a millisecond: it serves to check, the bounds to show.

Where an area lacks an indicator, the weights of the others are scaled up. Two areas that lack the
same are compared over the others with no cap (0.6 on a missing one frees the rest); two that lack
different ones by the range of each.

Takes: standings ``(areas, K)``, a cap. Gives: ranks. Checked against ``scipy.optimize.linprog`` and
10,000 random weightings (tests/profile/test_weightings.py).
"""

from itertools import permutations

import numpy as np
import scipy

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import say

__all__ = ["CAP", "capped_extremes", "corner_ranks", "exact_rank_range", "rank_range", "scores"]

CAP = 0.6
"""No indicator has more weight than this."""


def scores(standing: Floats, weights: Floats | None = None) -> Floats:
    """Weighted mean of the known standings, ``(areas,)``.

    Parameters
    ----------
    standing
        ``(areas, K)``; ``nan`` is unknown.
    weights
        ``(K,)``; equal by default.

    Examples
    --------
    >>> scores(np.array([[100.0, 0.0], [50.0, np.nan]])).tolist()
    [50.0, 50.0]
    """
    known = np.isfinite(standing)
    weight = np.ones(standing.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    total = known @ weight
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(known, standing, 0.0) @ weight / total
    return np.where(total > 0, found, np.nan)


def capped_extremes(difference: Floats, cap: float = CAP) -> tuple[Floats, Floats]:
    """Smallest and largest ``w·d`` over ``w ≥ 0, Σ w = 1, w_k ≤ cap``, for each row.

    Parameters
    ----------
    difference
        ``(n, K)``, all known.
    cap
        Largest weight of one; 1 where ``K`` weights of it would not add up to 1.

    Examples
    --------
    >>> low, high = capped_extremes(np.array([[10.0, 0.0, -5.0]]))
    >>> float(low[0]), float(high[0])  # 0.6·(-5) + 0.4·0 and 0.6·10 + 0.4·0
    (-3.0, 6.0)
    """
    count = difference.shape[1]
    limit = cap if cap * count >= 1 else 1.0
    weight = np.clip(1 - limit * np.arange(count), 0.0, limit)
    ordered = np.sort(difference, axis=1)
    low: Floats = ordered @ weight
    high: Floats = ordered[:, ::-1] @ weight
    return low, high


def rank_range(standing: Floats, row: int, cap: float = CAP) -> tuple[float, float]:
    """Between which ranks (best = 1) one area lies, whatever the weights.

    Parameters
    ----------
    standing
        ``(areas, K)``.
    row
        The area.

    Examples
    --------
    >>> standing = np.array([[100.0, 100.0], [60.0, 0.0], [0.0, 60.0]])
    >>> rank_range(standing, 0), rank_range(standing, 1)
    ((1.0, 1.0), (2.0, 3.0))
    """
    known = np.isfinite(standing)
    mine = known[row]
    if not mine.any():
        return np.nan, np.nan
    others: Bools = np.asarray(known.any(axis=1))
    others[row] = False
    rest = standing[others]
    alike = (known[others] == mine).all(axis=1)
    always = np.zeros(len(rest), dtype=bool)
    ever = np.zeros(len(rest), dtype=bool)
    if alike.any():
        low, high = capped_extremes(
            rest[alike][:, mine] - standing[row, mine], cap if mine.all() else 1.0
        )
        always[alike], ever[alike] = low > 0, high > 0
    if not alike.all():
        mine_low, mine_high = span(standing[[row]], cap)
        low, high = span(rest[~alike], cap)
        always[~alike], ever[~alike] = low > mine_high, high > mine_low
    return float(1 + always.sum()), float(1 + ever.sum())


def exact_rank_range(
    standing: Floats, row: int, cap: float = CAP, *, seconds: float = 60.0
) -> tuple[float, float]:
    """The best and the worst rank that some weighting gives one area.

    With ``d_s`` the differences of area s from the area, z_s = 1 where s stands above it, and the
    sums over those s that the bounds leave open::

        best:   min Σ z_s,  d_s·w ≤ (max_w d_s·w) z_s
        worst:  max Σ z_s,  d_s·w ≥ ε − (ε − min_w d_s·w) (1 − z_s)

    Parameters
    ----------
    standing
        ``(areas, K)``, all known.
    row
        The area.
    seconds
        How long each of the two programs may take.

    Raises
    ------
    ParameterError
        Something is unknown.
    ConvergenceError
        A program was not solved in that time.

    Examples
    --------
    >>> standing = np.array([[50.0, 50.0], [100.0, 0.0], [0.0, 100.0]])
    >>> rank_range(standing, 0), exact_rank_range(standing, 0)  # one of the two is always below
    ((1.0, 3.0), (1.0, 2.0))
    """
    if not np.isfinite(standing).all():
        raise ParameterError(
            say("A standing is unknown. Expected all to be known. Leave out areas or indicators.")
        )
    count = standing.shape[1]
    limit = cap if cap * count >= 1 else 1.0
    apart = np.delete(standing, row, axis=0) - standing[row]
    low, high = capped_extremes(apart, cap)
    always = int((low > 0).sum())
    disputed = (low <= 0) & (high > 0)
    apart, low, high = apart[disputed], low[disputed], high[disputed]
    n = len(apart)
    if n == 0:
        return float(1 + always), float(1 + always)
    adds_up = scipy.optimize.LinearConstraint(
        np.concatenate([np.ones(count), np.zeros(n)])[None, :], 1, 1
    )
    between = scipy.optimize.Bounds(
        np.zeros(count + n), np.concatenate([np.full(count, limit), np.ones(n)])
    )
    whole = np.concatenate([np.zeros(count), np.ones(n)])
    best = scipy.optimize.LinearConstraint(np.hstack([apart, -np.diag(high)]), -np.inf, 0)
    slack = ABOVE - low
    worst = scipy.optimize.LinearConstraint(
        np.hstack([apart, -np.diag(slack)]), ABOVE - slack, np.inf
    )
    found = []
    for sign, above in ((1.0, best), (-1.0, worst)):
        answer = scipy.optimize.milp(
            sign * whole,
            constraints=[above, adds_up],
            integrality=whole,
            bounds=between,
            options={"time_limit": seconds},
        )
        if answer.status != 0:
            raise ConvergenceError(
                say(
                    "The best or worst rank was not found in {seconds:g} seconds. Expected an "
                    "optimum. Allow more seconds, or take the bounds of rank_range.",
                    seconds=seconds,
                )
            )
        found.append(float(1 + always + round(abs(answer.fun))))
    return found[0], found[1]


ABOVE = 1e-6
"""By how much a score must be higher to stand above, in points of 100."""


def span(standing: Floats, cap: float) -> tuple[Floats, Floats]:
    """Between which scores each area lies; without a cap where it lacks an indicator."""
    whole = np.isfinite(standing).all(axis=1)
    low, high = np.nanmin(standing, axis=1), np.nanmax(standing, axis=1)
    if whole.any():
        low[whole], high[whole] = capped_extremes(standing[whole], cap)
    return low, high


def corner_ranks(standing: Floats, row: int, cap: float = CAP) -> tuple[float, float]:
    """Best and worst rank that the corners of the simplex give: these are attained."""
    count = standing.shape[1]
    weights = [np.ones(count) / count]
    if count > 1 and cap * 2 >= 1:
        for one, two in permutations(range(count), 2):
            weight = np.zeros(count)
            weight[one], weight[two] = cap, 1 - cap
            weights.append(weight)
    each = np.stack(weights, axis=1)
    known = np.isfinite(standing)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(known, standing, 0.0) @ each / (known @ each)
    ranks = 1 + (score > score[row] + 1e-9).sum(axis=0)[np.isfinite(score[row])]
    return (float(ranks.min()), float(ranks.max())) if len(ranks) else (np.nan, np.nan)
