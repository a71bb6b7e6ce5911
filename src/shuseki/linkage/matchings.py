"""Which records of one register pair with which of another, when each pairs with one at most?

A matching takes some of the candidate pairs, no record twice. With a weight w for each pair (how
much likelier the data are with the pair than without it, times the prior odds of a pair), the
probability of a matching is in proportion to the product of the weights of its pairs::

    P(M) ∝ Π w(l, r) over the pairs (l, r) of M

``pair_probabilities`` gives for each candidate the probability that it belongs to the matching, by
belief propagation on the candidates, which is exact where they form a tree and settles always::

    x(l → r) = 1 / (1 + Σ over r' ≠ r of w(l, r') y(r' → l)),   y likewise from right to left
    p(l, r)  = w x y / (1 + w x y)

``best_matching`` finds the matching with the largest product, exactly; ``draw_matchings`` draws
whole matchings by a Markov chain that adds, removes and exchanges pairs.

Takes: ``left``, ``right`` (positions), ``log_weight``, shape ``(pairs,)``. Gives: arrays.
Sources: Bayati, Gamarnik, Katz, Nair and Tetali (2007), Simple deterministic approximation
algorithms for counting matchings, STOC; Sadinle (2017), Bayesian estimation of bipartite matchings
for record linkage, JASA 112. Checked against the count of all matchings of small graphs.
"""

import numba
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from shuseki.arrays import Bools, Floats, Ints

__all__ = ["best_matching", "draw_matchings", "pair_probabilities"]

MOST = 60.0
"""Log weights beyond are as good as certain; none is let overflow."""
HOPELESS = -10.0
"""Pairs below have a probability under one in twenty thousand; they are passed over."""


def pair_probabilities(
    left: Ints,
    right: Ints,
    log_weight: Floats,
    *,
    n_left: int,
    n_right: int,
    rounds: int = 200,
    tolerance: float = 1e-5,
) -> Floats:
    """Find the probability that each candidate pair belongs to the matching, shape ``(pairs,)``.

    Examples
    --------
    >>> one = np.zeros(2, dtype=np.int64)
    >>> pair_probabilities(one, np.arange(2), np.log([1.0, 2.0]), n_left=1, n_right=2).round(3)
    array([0.25, 0.5 ])
    """
    found = np.zeros(len(left))
    some = np.flatnonzero(log_weight > HOPELESS)
    if len(some):
        found[some] = _propagate(
            left[some].astype(np.int32),
            right[some].astype(np.int32),
            np.exp(np.minimum(log_weight[some], MOST)),
            n_left,
            n_right,
            rounds,
            tolerance,
        )
    return found


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _propagate(
    left: Ints, right: Ints, w: Floats, n_left: int, n_right: int, rounds: int, tolerance: float
) -> Floats:
    n = len(left)
    x, y, p = np.ones(n), np.ones(n), np.zeros(n)
    sums_l, sums_r = np.zeros(n_left), np.zeros(n_right)
    for _ in range(rounds):
        sums_l[:] = 0.0
        for k in range(n):
            sums_l[left[k]] += w[k] * y[k]
        for k in range(n):
            others = sums_l[left[k]] - w[k] * y[k]
            x[k] = 1.0 / (1.0 + max(others, 0.0))
        sums_r[:] = 0.0
        for k in range(n):
            sums_r[right[k]] += w[k] * x[k]
        furthest = 0.0
        for k in range(n):
            others = sums_r[right[k]] - w[k] * x[k]
            y[k] = 0.5 * y[k] + 0.5 / (1.0 + max(others, 0.0))
            z = w[k] * x[k] * y[k]
            new = z / (1.0 + z)
            furthest = max(furthest, abs(new - p[k]))
            p[k] = new
        if furthest < tolerance:
            break
    return p


def best_matching(left: Ints, right: Ints, gain: Floats, *, n_left: int, n_right: int) -> Bools:
    """Choose the pairs of the matching with the largest sum of gains, shape ``(pairs,)``.

    Pairs without a gain (zero or less) are never taken.
    """
    taken = np.zeros(len(left), dtype=bool)
    use = np.flatnonzero(gain > 0)
    if not len(use):
        return taken
    rows, row = np.unique(left[use], return_inverse=True)
    columns, column = np.unique(right[use], return_inverse=True)
    # Pairs whose records have no other candidate need no search.
    alone = (np.bincount(row)[row] == 1) & (np.bincount(column)[column] == 1)
    taken[use[alone]] = True
    use, row, column = use[~alone], row[~alone], column[~alone]
    if not len(use):
        return taken
    rows, row = np.unique(row, return_inverse=True)
    columns, column = np.unique(column, return_inverse=True)
    n = len(rows)
    # Each record of the left may stay alone, at no gain: a column of its own. Costs are shifted to
    # be positive, since what is zero is no entry.
    shift = float(gain[use].max()) + 1.0
    cost = np.concatenate([shift - gain[use], np.full(n, shift)])
    at = (
        np.concatenate([row, np.arange(n)]),
        np.concatenate([column, len(columns) + np.arange(n)]),
    )
    graph = csr_array((cost, at), shape=(n, len(columns) + n))
    found_row, found_column = min_weight_full_bipartite_matching(graph)
    partner = np.full(n, -1)
    partner[found_row] = found_column
    taken[use[partner[row] == column]] = True
    return taken


def draw_matchings(
    left: Ints,
    right: Ints,
    log_weight: Floats,
    *,
    n_left: int,
    n_right: int,
    draws: int,
    rng: np.random.Generator,
    start: Bools | None = None,
    warm_up: int = 50,
    between: int = 10,
) -> Bools:
    """Draw whole matchings, shape ``(draws, pairs)``.

    Parameters
    ----------
    start
        Pairs of the matching to begin with; none by default.
    warm_up, between
        Sweeps (as many proposals as there are candidates) before the first draw, and between two.
    """
    drawn = np.zeros((draws, len(left)), dtype=bool)
    some = np.flatnonzero(log_weight > HOPELESS)
    if len(some):
        begin = np.zeros(len(left), dtype=bool) if start is None else start
        drawn[:, some] = _walk(
            left[some].astype(np.int64),
            right[some].astype(np.int64),
            np.minimum(log_weight[some], MOST),
            n_left,
            n_right,
            draws,
            begin[some].copy(),
            warm_up,
            between,
            int(rng.integers(2**31)),
        )
    return drawn


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _walk(
    left: Ints,
    right: Ints,
    log_weight: Floats,
    n_left: int,
    n_right: int,
    draws: int,
    taken: Bools,
    warm_up: int,
    between: int,
    seed: int,
) -> Bools:
    np.random.seed(seed)
    n = len(left)
    of_left, of_right = np.full(n_left, -1), np.full(n_right, -1)
    for k in range(n):
        if taken[k]:
            of_left[left[k]], of_right[right[k]] = k, k
    drawn = np.zeros((draws, n), dtype=np.bool_)
    for draw in range(draws):
        for _ in range(n * (warm_up if draw == 0 else between)):
            k = np.random.randint(n)
            a, b = of_left[left[k]], of_right[right[k]]
            if a == k:  # take it out
                if np.log(np.random.random()) < -log_weight[k]:
                    of_left[left[k]] = of_right[right[k]] = -1
                    taken[k] = False
            elif a < 0 and b < 0:  # put it in
                if np.log(np.random.random()) < log_weight[k]:
                    of_left[left[k]] = of_right[right[k]] = k
                    taken[k] = True
            elif a < 0 or b < 0:  # put it in the place of another
                other = max(a, b)
                if np.log(np.random.random()) < log_weight[k] - log_weight[other]:
                    of_left[left[other]] = of_right[right[other]] = -1
                    taken[other] = False
                    of_left[left[k]] = of_right[right[k]] = k
                    taken[k] = True
        drawn[draw] = taken
    return drawn


def components(left: Ints, right: Ints, *, n_left: int, n_right: int) -> Ints:
    """Number the groups of candidates that hang together, shape ``(pairs,)``."""
    n = n_left + n_right
    graph = csr_array((np.ones(len(left)), (left, n_left + right)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label[left], dtype=np.int64)
