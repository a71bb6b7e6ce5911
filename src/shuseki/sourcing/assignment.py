"""Which firm takes which order, and which columns cover every order once?

Assignment (the generalised assignment problem): each job goes to one agent whose capacity holds ::

    min Σ c[i, j] x[i, j]     Σ_i x[i, j] = 1,   Σ_j l[i, j] x[i, j] ≤ b[i],   x in {0, 1}

Partition with two objectives: choose columns so that every row is covered once, and find every
undominated pair of costs, by the ε-constraint method: least first cost, then least second, then
again with the second cost at least one smaller.

Solved by HiGHS through ``scipy.optimize.milp`` with no gap allowed. Takes arrays of whole numbers
where values must be exact. Gives the choice, its value, and the solver's bound.
Sources: Cattrysse, Salomon and Van Wassenhove (1994); Haimes, Lasdon and Wismer (1971). Checked
against published optima and fronts (``benchmarks/sourcing.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

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
    found = milp(
        np.where(allowed, cost, 0.0).ravel(),
        constraints=[
            LinearConstraint(once, 1, 1),
            LinearConstraint(held, -np.inf, capacity),
        ],
        integrality=np.ones(cost.size),
        bounds=Bounds(0, allowed.ravel().astype(float)),
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
    values: list[Floats] = []
    columns: list[Floats] = []
    limit = np.inf
    while True:
        first = _least(own, 0, cover, np.array([np.inf, limit]), seconds)
        if first is None:
            break
        best = float((own[:, 0] * first).sum())
        second = _least(own, 1, cover, np.array([best, limit]), seconds)
        point = first if second is None else second
        value = point @ own
        values.append(value)
        taken = np.zeros(len(members))
        taken[keep[point > 0.5]] = 1
        columns.append(taken)
        limit = value[1] - 1
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


def _least(
    costs: Floats, objective: int, cover: sparse.csr_array, limits: Floats, seconds: float
) -> Floats | None:
    """Columns of least cost in one objective within limits on both; ``None`` if there are none."""
    if not len(costs):
        return None
    bounded = np.flatnonzero(np.isfinite(limits))
    constraints = [LinearConstraint(cover, 1, 1)]
    if len(bounded):
        constraints.append(LinearConstraint(costs.T[bounded], -np.inf, limits[bounded]))
    found = milp(
        costs[:, objective],
        constraints=constraints,
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, 1),
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
