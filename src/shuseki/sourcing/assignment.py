"""Which firm takes which order, and which columns cover every order once?

Assignment (the generalised assignment problem): each job goes to one agent whose capacity holds ::

    min Σ c[i, j] x[i, j]     Σ_i x[i, j] = 1,   Σ_j l[i, j] x[i, j] ≤ b[i],   x in {0, 1}

Partition with two objectives: choose columns so that every row is covered once, and find every
undominated pair of costs, in two phases: the corners of the convex hull by weighted sums, then,
between two corners, the ε-constraint method (least first cost, then least second, then again with
the second cost at least one smaller) on the columns that the reduced costs leave.

Solved by HiGHS through ``scipy.optimize.milp`` with no gap allowed. Takes arrays of whole numbers
where values must be exact. Gives the choice, its value, and the solver's bound.
Sources: Cattrysse, Salomon and Van Wassenhove (1994); Haimes, Lasdon and Wismer (1971); Ulungu and
Teghem (1995). Checked against published optima and fronts (``benchmarks/sourcing.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy
from scipy import sparse

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import ConvergenceError, DataError
from shuseki.language import say
from shuseki.sources import Source

__all__ = [
    "CATTRYSSE_1994",
    "HAIMES_1971",
    "Assignment",
    "PartitionFront",
    "assign",
    "partition_front",
]

CATTRYSSE_1994 = Source(
    "Cattrysse1994",
    "Cattrysse, D. G., Salomon, M. and Van Wassenhove, L. N., A set partitioning heuristic for the "
    "generalized assignment problem, European Journal of Operational Research 72",
    "1994",
)
HAIMES_1971 = Source(
    "Haimes1971",
    "Haimes, Y. Y., Lasdon, L. S. and Wismer, D. A., On a bicriterion formulation of the problems "
    "of integrated system identification and system optimization, IEEE Transactions on Systems, "
    "Man and Cybernetics 1",
    "1971",
)
SECONDS = 300.0
INFEASIBLE, STOPPED = 2, 1


@dataclass(frozen=True, eq=False)
class Assignment:
    """Which agent does each job.

    Attributes
    ----------
    agent
        Shape ``(jobs,)``.
    value, bound
        Cost, and what no assignment can be below.
    """

    agent: Ints
    value: float
    bound: float

    @property
    def gap_share(self) -> float:
        """How much of the value may be saved at most."""
        return max(self.value - self.bound, 0.0) / max(abs(self.value), 1e-12)


def assign(
    cost: Floats, load: Floats, capacity: Floats, *, seconds: float = SECONDS
) -> Assignment | None:
    """Give every job to one agent, at least cost; ``None`` where the capacities do not hold it.

    Parameters
    ----------
    cost, load
        Of each job with each agent, shape ``(agents, jobs)``; a cost of ``inf`` forbids.
    capacity
        Shape ``(agents,)``, ≥ 0.
    seconds
        Longest search.

    Raises
    ------
    DataError
        Shapes do not fit, or a load or a capacity is below zero.
    ConvergenceError
        The time was over before any assignment was found.

    Examples
    --------
    >>> found = assign(np.array([[1.0, 2.0], [3.0, 1.0]]), np.ones((2, 2)), np.array([1.0, 1.0]))
    >>> found.agent, found.value
    (array([0, 1]), 2.0)
    """
    cost, load = np.asarray(cost, dtype=float), np.asarray(load, dtype=float)
    capacity = np.asarray(capacity, dtype=float)
    if cost.ndim != 2 or load.shape != cost.shape or capacity.shape != cost.shape[:1]:
        raise DataError(
            say(
                "Costs {cost_shape}, loads {load_shape}, capacities {capacity_shape}. Expected "
                "(agents, jobs) twice and (agents,).",
                cost_shape=cost.shape,
                load_shape=load.shape,
                capacity_shape=capacity.shape,
            )
        )
    if (load < 0).any() or (capacity < 0).any() or np.isnan(cost).any():
        raise DataError(
            say(
                "Least load {smallest_load:g}, least capacity {smallest_capacity:g}. Expected "
                "loads and capacities of 0 or more, and costs that are numbers. Correct them.",
                smallest_load=load.min(initial=0),
                smallest_capacity=capacity.min(initial=0),
            )
        )
    agents, jobs = cost.shape
    if not jobs:
        return Assignment(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    once = sparse.kron(np.ones((1, agents)), sparse.eye(jobs), format="csr")
    held = sparse.csr_array(
        (
            load.ravel(),
            (np.repeat(np.arange(agents), jobs), np.arange(agents * jobs)),
        ),
        shape=(agents, agents * jobs),
    )
    allowed = np.isfinite(cost) & (load <= capacity[:, None])
    found = scipy.optimize.milp(
        np.where(allowed, cost, 0.0).ravel(),
        constraints=[
            scipy.optimize.LinearConstraint(once, 1, 1),
            scipy.optimize.LinearConstraint(held, -np.inf, capacity),
        ],
        integrality=np.ones(cost.size),
        bounds=scipy.optimize.Bounds(0, allowed.ravel().astype(float)),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if found.status == INFEASIBLE:
        return None
    if found.x is None:
        raise ConvergenceError(
            say(
                "No assignment was found in {seconds:g} seconds. Expected one. Allow more seconds.",
                seconds=seconds,
            )
        )
    agent = found.x.reshape(agents, jobs).argmax(axis=0)
    value = float(cost[agent, np.arange(jobs)].sum())
    return Assignment(agent, value, _bound(found.mip_dual_bound, value, cost[allowed]))


def _bound(bound: float | None, value: float, costs: Floats) -> float:
    """The solver's bound; where all costs are whole numbers, rounded up to one."""
    least = -np.inf if bound is None else float(bound)
    if np.isfinite(least) and (costs == np.round(costs)).all():
        least = float(np.ceil(least - 1e-6))
    return min(least, value)


@dataclass(frozen=True, eq=False)
class PartitionFront:
    """Every undominated pair of costs of a partition.

    Attributes
    ----------
    values
        In order of the first cost, shape ``(p, 2)``.
    columns
        Columns chosen for each, shape ``(p, columns)``, true where chosen.
    """

    values: Floats
    columns: Bools


def partition_front(
    costs: Floats, members: Sequence[Sequence[int]], rows: int, *, seconds: float = SECONDS
) -> PartitionFront:
    """Find every undominated way of covering each row once.

    Parameters
    ----------
    costs
        Two whole-number costs of each column, shape ``(columns, 2)``.
    members
        Rows (from 0) that each column covers.
    rows
        Number of rows.
    seconds
        Longest search for one point.

    Raises
    ------
    DataError
        A row that does not exist, costs that are no whole numbers.
    ConvergenceError
        The time was over before a point was proved.
    """
    costs = np.asarray(costs, dtype=float)
    if costs.ndim != 2 or costs.shape != (len(members), 2) or (costs != np.round(costs)).any():
        raise DataError(
            say(
                "Costs of shape {costs_shape} for {n_members} columns. Expected two whole numbers "
                "for each. Multiply them until they are whole.",
                costs_shape=costs.shape,
                n_members=len(members),
            )
        )
    wrong = sorted({r for many in members for r in many if not 0 <= r < rows})
    if wrong:
        raise DataError(
            say(
                "Rows {wrong} of {rows}. Expected 0 to {rows_2}. Correct them.",
                wrong=wrong[:5],
                rows=rows,
                rows_2=rows - 1,
            )
        )
    keep = _undominated_columns(costs, members)
    chosen = [sorted(set(members[k])) for k in keep]
    cover = sparse.csr_array(
        (
            np.ones(sum(map(len, chosen))),
            (
                np.concatenate([np.array(one, dtype=int) for one in chosen] or [np.zeros(0, int)]),
                np.repeat(np.arange(len(keep)), [len(one) for one in chosen]),
            ),
        ),
        shape=(rows, len(keep)),
    )
    own = costs[keep]
    found = _Front(own, cover, seconds).points()
    values = [np.array(value) for value in found]
    columns = []
    for point in found.values():
        taken = np.zeros(len(members))
        taken[keep[point > 0.5]] = 1
        columns.append(taken)
    return PartitionFront(
        np.array(values).reshape(-1, 2),
        np.array(columns, dtype=bool).reshape(-1, len(members)),
    )


def _undominated_columns(costs: Floats, members: Sequence[Sequence[int]]) -> Ints:
    """Columns for which no other covers the same rows at no more cost."""
    by_rows: dict[frozenset[int], list[int]] = {}
    for k, many in enumerate(members):
        if len(many):
            by_rows.setdefault(frozenset(many), []).append(k)
    kept: list[int] = []
    for same in by_rows.values():
        least = np.inf
        for k in sorted(same, key=lambda k: (costs[k, 0], costs[k, 1], k)):
            if costs[k, 1] < least:
                least = costs[k, 1]
                kept.append(k)
    return np.array(sorted(kept), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Front:
    """The search for the points of a front: corners first, then what lies between two of them."""

    costs: Floats
    cover: sparse.csr_array
    seconds: float

    def points(self) -> dict[tuple[float, float], Floats]:
        """Value → columns, from the least first cost to the least second."""
        corners: dict[tuple[float, float], Floats] = {}
        for first in (0, 1):
            end = self._end(first)
            if end is None:
                return {}
            corners[self._value(end)] = end
        for left, right in list(pairwise(sorted(corners))):
            self._add_corners(corners, left, right)
        found = dict(corners)
        for left, right in pairwise(sorted(corners)):
            found |= self._between(left, right)
        return {value: found[value] for value in sorted(found)}

    def _value(self, chosen: Floats) -> tuple[float, float]:
        one, other = chosen @ self.costs
        return float(one), float(other)

    def _end(self, first: int) -> Floats | None:
        """Least in one cost and, among these, in the other."""
        weights = np.eye(2)[first]
        best = self._least(weights, np.full(2, np.inf))
        if best is None:
            return None
        limits = np.full(2, np.inf)
        limits[first] = (best @ self.costs)[first]
        return self._least(1 - weights, limits, across=weights)

    def _add_corners(
        self,
        known: dict[tuple[float, float], Floats],
        left: tuple[float, float],
        right: tuple[float, float],
    ) -> None:
        """Add every corner of the convex hull between two of them."""
        weights = _normal(left, right)
        chosen = self._least(weights, np.full(2, np.inf))
        assert chosen is not None
        value = self._value(chosen)
        if value in known or weights @ value >= weights @ left - 1e-9 * abs(weights @ left):
            return
        known[value] = chosen
        self._add_corners(known, left, value)
        self._add_corners(known, value, right)

    def _between(
        self, left: tuple[float, float], right: tuple[float, float]
    ) -> dict[tuple[float, float], Floats]:
        """Every point within the rectangle of two corners that lie beside one another."""
        across = _normal(left, right)
        limits = np.array([right[0] - 1, left[1] - 1])
        found = {}
        while (first := self._least(np.array([1.0, 0.0]), limits, across)) is not None:
            best = np.array([(first @ self.costs)[0], limits[1]])
            second = self._least(np.array([0.0, 1.0]), best, across)
            point = first if second is None else second
            found[self._value(point)] = point
            limits[1] = self._value(point)[1] - 1
        return found

    def _least(
        self, weights: Floats, limits: Floats, across: Floats | None = None
    ) -> Floats | None:
        """Columns of the least weighted cost within limits on both; ``None`` if there are none.

        With ``across`` the columns are left out that no choice within the limits can hold: those
        whose reduced cost, in the linear relaxation with these weights, leads beyond the limits.
        """
        kept = np.arange(len(self.costs))
        if across is not None:
            kept = self._open(across, limits)
        if not len(kept):
            return None
        cover = self.cover[:, kept]
        if (np.diff(cover.tocsr().indptr) == 0).any():
            return None
        found = _chosen(self.costs[kept], weights, cover, limits, self.seconds)
        if found is None:
            return None
        whole = np.zeros(len(self.costs))
        whole[kept] = found
        return whole

    def _open(self, weights: Floats, limits: Floats) -> Ints:
        """Columns that a choice within the limits may hold."""
        bounded = np.isfinite(limits)
        relaxed = scipy.optimize.linprog(
            self.costs @ weights,
            A_ub=self.costs.T[bounded] if bounded.any() else None,
            b_ub=limits[bounded] if bounded.any() else None,
            A_eq=self.cover,
            b_eq=np.ones(self.cover.shape[0]),
            bounds=(0, 1),
            method="highs",
        )
        if relaxed.status == INFEASIBLE:
            return np.zeros(0, dtype=np.int64)
        if relaxed.status != 0:
            return np.arange(len(self.costs))
        most = float(weights[weights > 0] @ limits[weights > 0])
        room = most - relaxed.fun + 1e-6 * max(abs(most), 1.0)
        return np.asarray(np.flatnonzero(relaxed.lower.marginals <= room))


def _normal(left: tuple[float, float], right: tuple[float, float]) -> Floats:
    """Weights under which two points cost the same, the larger of them 1."""
    weights = np.array([left[1] - right[1], right[0] - left[0]])
    return np.asarray(weights / weights.max())


def _chosen(
    costs: Floats, weights: Floats, cover: sparse.csr_array, limits: Floats, seconds: float
) -> Floats | None:
    """Columns of the least weighted cost within limits on both; ``None`` if there are none."""
    bounded = np.flatnonzero(np.isfinite(limits))
    constraints = [scipy.optimize.LinearConstraint(cover, 1, 1)]
    if len(bounded):
        constraints.append(
            scipy.optimize.LinearConstraint(costs.T[bounded], -np.inf, limits[bounded])
        )
    found = scipy.optimize.milp(
        costs @ weights,
        constraints=constraints,
        integrality=np.ones(len(costs)),
        bounds=scipy.optimize.Bounds(0, 1),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if found.status == INFEASIBLE:
        return None
    if found.status == STOPPED or found.x is None:
        raise ConvergenceError(
            say(
                "A point of the front was not proved in {seconds:g} seconds. Expected it to be. "
                "Allow more seconds.",
                seconds=seconds,
            )
        )
    chosen = np.round(found.x)
    if (chosen @ costs > limits).any() or (cover @ chosen != 1).any():
        raise ConvergenceError(
            say(
                "The solver's answer breaks a limit after rounding. Expected whole columns. Scale "
                "the costs down."
            )
        )
    return np.asarray(chosen)
