"""On which days does each firm do its part, when several orders share the firms?

A flexible job shop with transport: each operation is done by one of several firms (machines), one
at a time each; what must come before has been finished and carried over ::

    start_j ≥ end_i + transport[firm_i, firm_j]     for i before j

Least makespan, or least weighted lateness after due times. Solved by CP-SAT with optional
intervals; the bound is the solver's.

Takes whole numbers of one unit of time. Gives start and firm of each operation, value and bound.
Source: Brandimarte (1993), the flexible job shop; transport between machines after Homayouni and
Fontes (2021). Checked against published best known values (``benchmarks/sourcing.py``).
Limits: transport has no vehicles of its own and waits for nobody; a firm does one operation at a
time for each of its machines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from ortools.sat.python import cp_model

from shuseki.arrays import Ints
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["BRANDIMARTE_1993", "Operation", "Schedule", "schedule"]

BRANDIMARTE_1993 = Source(
    "Brandimarte1993",
    "Brandimarte, P., Routing and scheduling in a flexible job shop by tabu search, "
    "Annals of Operations Research 41",
    "1993",
    where=say("pp. {first}-{last}", first=157, last=183),
)
WORKERS = 4
SECONDS = 60.0
LONGEST = 2**40
"""Sums of times beyond this are refused."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Work to be done once, by one of several machines.

    Attributes
    ----------
    machines, times
        Who could do it, and how long each takes.
    after
        Numbers of the operations that must be finished and carried over before.
    release
        Earliest start.
    due, weight
        When it should be finished (``None`` when it does not matter), and what each unit of
        lateness weighs.
    """

    machines: tuple[int, ...]
    times: tuple[int, ...]
    after: tuple[int, ...] = ()
    release: int = 0
    due: int | None = None
    weight: int = 0


@dataclass(frozen=True, eq=False)
class Schedule:
    """When each operation starts, and where.

    Attributes
    ----------
    start, machine, end
        Shape ``(operations,)``.
    value, bound
        Makespan, or weighted lateness, and what no schedule can be below.
    """

    start: Ints
    machine: Ints
    end: Ints
    value: int
    bound: int

    @property
    def is_optimal(self) -> bool:
        """Whether no schedule is better."""
        return self.value <= self.bound


def schedule(
    operations: Sequence[Operation],
    transport: Ints | None = None,
    *,
    objective: str = "makespan",
    count: Sequence[int] | None = None,
    seconds: float = SECONDS,
    work: float | None = None,
) -> Schedule:
    """Give every operation a machine and a time.

    Parameters
    ----------
    operations
        What is to be done.
    transport
        Time from each machine to each, ≥ 0, shape ``(machines, machines)``; none by default.
    objective
        ``"makespan"``, or ``"lateness"``: the weighted sum of lateness, then the makespan.
    count
        Machines of each kind; one of each by default.
    seconds
        Longest search. With less than it needs, the answer may depend on the computer.
    work
        Longest search in the solver's own measure of work, which is the same on every computer: the
        answer is then the same on each run, unless ``seconds`` end it.

    Raises
    ------
    DataError
        An operation without a machine, with a time below zero, or that waits for itself.
    """
    machines = 1 + max((m for one in operations for m in one.machines), default=-1)
    carried = (
        np.zeros((machines, machines), dtype=np.int64)
        if transport is None
        else np.asarray(transport, dtype=np.int64)
    )
    many = [1] * len(carried) if count is None else list(count)
    _check(operations, machines, carried, many, objective, min(seconds, work or seconds))
    if not operations:
        none = np.zeros(0, dtype=np.int64)
        return Schedule(none, none, none, 0, 0)
    first = _greedy(operations, carried, many)
    horizon = max(int(first[2].max()), 1)
    if objective == "lateness":
        horizon = max(
            horizon,
            sum(max(one.times) for one in operations)
            + int(carried.max(initial=0)) * len(operations)
            + max(one.release for one in operations),
        )
    model = cp_model.CpModel()
    starts, ends, used = _variables(model, operations, carried, many, horizon)
    span = model.new_int_var(0, horizon, "makespan")
    for end in ends:
        model.add(span >= end)
    _fill(model, operations, many, span, used)
    late = _lateness(model, operations, ends, horizon)
    if objective == "makespan":
        model.minimize(span)
    else:
        model.minimize(sum(late) * (horizon + 1) + span)
    _hint(model, operations, first, starts, used)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = seconds
    if work is not None:
        solver.parameters.interleave_search = True
        solver.parameters.max_deterministic_time = work
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return _as_schedule(operations, *first, objective, bound=0)
    start = np.array([solver.value(one) for one in starts], dtype=np.int64)
    machine = np.array(
        [
            next(m for m, flag in zip(one.machines, flags, strict=True) if solver.value(flag))
            for one, flags in zip(operations, used, strict=True)
        ],
        dtype=np.int64,
    )
    end = np.array([solver.value(one) for one in ends], dtype=np.int64)
    bound = int(np.ceil(solver.best_objective_bound - 1e-6))
    if objective == "lateness":
        bound = bound // (horizon + 1)
    return _as_schedule(operations, start, machine, end, objective, bound=bound)


# ---- the model -----------------------------------------------------------------------------------


def _variables(
    model: cp_model.CpModel,
    operations: Sequence[Operation],
    carried: Ints,
    count: Sequence[int],
    horizon: int,
) -> tuple[list[cp_model.IntVar], list[cp_model.IntVar], list[list[cp_model.IntVar]]]:
    """Starts, ends and who does it; nothing overlaps, and what comes before is carried over."""
    starts, ends, used = [], [], []
    on: dict[int, list[cp_model.IntervalVar]] = {}
    for k, one in enumerate(operations):
        start = model.new_int_var(one.release, horizon, f"start {k}")
        end = model.new_int_var(one.release, horizon, f"end {k}")
        flags = []
        for m, time in zip(one.machines, one.times, strict=True):
            flag = model.new_bool_var(f"{k} on {m}")
            interval = model.new_optional_interval_var(start, time, end, flag, f"{k} at {m}")
            on.setdefault(m, []).append(interval)
            flags.append(flag)
        model.add_exactly_one(flags)
        model.add(end == start + sum(t * f for t, f in zip(one.times, flags, strict=True)))
        starts.append(start)
        ends.append(end)
        used.append(flags)
    for m, intervals in on.items():
        if count[m] == 1:
            model.add_no_overlap(intervals)
        else:
            model.add_cumulative(intervals, [1] * len(intervals), count[m])
    for k, one in enumerate(operations):
        for before in one.after:
            _carry(model, operations, carried, before, k, starts, ends, used)
    return starts, ends, used


def _fill(
    model: cp_model.CpModel,
    operations: Sequence[Operation],
    count: Sequence[int],
    span: cp_model.IntVar,
    used: list[list[cp_model.IntVar]],
) -> None:
    """No machine can do more than the makespan holds: a bound that the solver uses at once."""
    head, tail = _heads_and_tails(operations)
    work: dict[int, list[cp_model.LinearExprT]] = {}
    ends: dict[int, tuple[int, int]] = {}
    for k, one in enumerate(operations):
        for m, time, flag in zip(one.machines, one.times, used[k], strict=True):
            work.setdefault(m, []).append(time * flag)
            least, last = ends.get(m, (head[k], tail[k]))
            ends[m] = (min(least, head[k]), min(last, tail[k]))
    for m, terms in work.items():
        model.add(count[m] * (span - sum(ends[m])) >= sum(terms))


def _heads_and_tails(operations: Sequence[Operation]) -> tuple[list[int], list[int]]:
    """Least time before and after each operation, by what must come before it alone."""
    n = len(operations)
    head, tail = [one.release for one in operations], [0] * n
    sequence: list[int] = []
    waits = [len(set(one.after)) for one in operations]
    next_of: list[list[int]] = [[] for _ in range(n)]
    for k, one in enumerate(operations):
        for i in set(one.after):
            next_of[i].append(k)
    free = [k for k in range(n) if not waits[k]]
    while free:
        k = free.pop()
        sequence.append(k)
        for later in next_of[k]:
            head[later] = max(head[later], head[k] + min(operations[k].times))
            waits[later] -= 1
            if not waits[later]:
                free.append(later)
    for k in reversed(sequence):
        for later in next_of[k]:
            tail[k] = max(tail[k], tail[later] + min(operations[later].times))
    return head, tail


def _carry(
    model: cp_model.CpModel,
    operations: Sequence[Operation],
    carried: Ints,
    before: int,
    after: int,
    starts: list[cp_model.IntVar],
    ends: list[cp_model.IntVar],
    used: list[list[cp_model.IntVar]],
) -> None:
    """An operation starts when what comes before has arrived where it is done."""
    lags = carried[np.ix_(operations[before].machines, operations[after].machines)]
    least = int(lags.min())
    model.add(starts[after] >= ends[before] + least)
    for a, one in enumerate(used[before]):
        row = int(lags[a].min())
        if row > least:
            model.add(starts[after] >= ends[before] + row).only_enforce_if(one)
        for b, other in enumerate(used[after]):
            if lags[a, b] > max(row, int(lags[:, b].min())):
                model.add(starts[after] >= ends[before] + int(lags[a, b])).only_enforce_if(
                    one, other
                )
    for b, other in enumerate(used[after]):
        column = int(lags[:, b].min())
        if column > least:
            model.add(starts[after] >= ends[before] + column).only_enforce_if(other)


def _lateness(
    model: cp_model.CpModel,
    operations: Sequence[Operation],
    ends: list[cp_model.IntVar],
    horizon: int,
) -> list[cp_model.LinearExprT]:
    late: list[cp_model.LinearExprT] = []
    for k, one in enumerate(operations):
        if one.due is not None and one.weight:
            more = model.new_int_var(0, horizon, f"late {k}")
            model.add(more >= ends[k] - one.due)
            late.append(one.weight * more)
    return late


def _hint(
    model: cp_model.CpModel,
    operations: Sequence[Operation],
    first: tuple[Ints, Ints, Ints],
    starts: list[cp_model.IntVar],
    used: list[list[cp_model.IntVar]],
) -> None:
    start, machine, _ = first
    for k, one in enumerate(operations):
        model.add_hint(starts[k], int(start[k]))
        for m, flag in zip(one.machines, used[k], strict=True):
            model.add_hint(flag, bool(m == machine[k]))


def _greedy(
    operations: Sequence[Operation], carried: Ints, count: Sequence[int]
) -> tuple[Ints, Ints, Ints]:
    """Earliest finish first: a schedule to start from, and a horizon."""
    n = len(operations)
    start, machine, end = (np.zeros(n, dtype=np.int64) for _ in range(3))
    free = [[0] * many for many in count]
    waits = [len(set(one.after)) for one in operations]
    next_of: list[list[int]] = [[] for _ in range(n)]
    for k, one in enumerate(operations):
        for i in set(one.after):
            next_of[i].append(k)
    ready_now = sorted(k for k in range(n) if not waits[k])
    while ready_now:
        best: tuple[int, int, int, int] | None = None
        for k in ready_now:
            one = operations[k]
            for m, time in zip(one.machines, one.times, strict=True):
                ready = max(
                    [one.release, min(free[m])]
                    + [int(end[i] + carried[machine[i], m]) for i in one.after]
                )
                offer = (ready + time, ready, k, m)
                if best is None or offer < best:
                    best = offer
        assert best is not None
        done, ready, k, m = best
        start[k], machine[k], end[k] = ready, m, done
        free[m][free[m].index(min(free[m]))] = done
        ready_now.remove(k)
        for later in next_of[k]:
            waits[later] -= 1
            if not waits[later]:
                ready_now.append(later)
        ready_now.sort()
    return start, machine, end


def _as_schedule(
    operations: Sequence[Operation],
    start: Ints,
    machine: Ints,
    end: Ints,
    objective: str,
    *,
    bound: int,
) -> Schedule:
    if objective == "makespan":
        return Schedule(start, machine, end, int(end.max()), bound)
    late = sum(
        one.weight * max(0, int(end[k]) - one.due)
        for k, one in enumerate(operations)
        if one.due is not None
    )
    return Schedule(start, machine, end, late, bound)


def _check(
    operations: Sequence[Operation],
    machines: int,
    carried: Ints,
    count: Sequence[int],
    objective: str,
    seconds: float,
) -> None:
    if objective not in ("makespan", "lateness") or not seconds > 0:
        raise ParameterError(
            say(
                "objective = {objective!r}, seconds = {seconds}. Expected makespan or lateness, "
                "and more than 0 seconds.",
                objective=objective,
                seconds=seconds,
            )
        )
    square = carried.ndim == 2 and carried.shape[0] == carried.shape[1]
    if not square or len(carried) < machines or (carried < 0).any():
        raise DataError(
            say(
                "Transport of shape {carried_shape}, least {smallest_carried}. Expected times ≥ 0 "
                "between each two of {machines} machines. Add what is missing.",
                carried_shape=carried.shape,
                smallest_carried=carried.min(initial=0),
                machines=machines,
            )
        )
    if len(count) < len(carried) or min(count, default=1) < 1:
        raise DataError(
            say(
                "Machines of each kind: {count}. Expected one or more of {n_carried} kinds.",
                count=list(count),
                n_carried=len(carried),
            )
        )
    faults: list[str] = []
    for k, one in enumerate(operations):
        if not one.machines or len(one.machines) != len(one.times):
            faults.append(
                say(
                    "{k} has {machines} machines and {times} times",
                    k=k,
                    machines=len(one.machines),
                    times=len(one.times),
                )
            )
        elif min(one.times) < 0 or min(one.machines) < 0 or one.release < 0 or one.weight < 0:
            faults.append(say("{k} has a time, a machine or a weight below zero", k=k))
        if any(not 0 <= i < len(operations) for i in one.after):
            faults.append(
                say(
                    "{k} comes after {after}, of {n} operations",
                    k=k,
                    after=list(one.after),
                    n=len(operations),
                )
            )
    if faults:
        raise DataError(
            say(
                "Operations that cannot be done: {faults}. Expected one machine or more, times ≥ "
                "0, and operations that exist. Correct them.",
                faults=examples(faults),
            )
        )
    total = sum(max(one.times) + one.release for one in operations) + int(carried.sum())
    if total > LONGEST:
        raise DataError(
            say(
                "Times add up to {total:,}. Expected at most {longest:,}. Use hours.",
                total=total,
                longest=LONGEST,
            )
        )
    _check_rings(operations)


def _check_rings(operations: Sequence[Operation]) -> None:
    left = set(range(len(operations)))
    while left:
        free = {k for k in left if not left & set(operations[k].after)}
        if not free:
            raise DataError(
                say(
                    "Operations that wait for one another: {left}. Expected a sequence. Take one "
                    "out of an after.",
                    left=examples(sorted(left)),
                )
            )
        left -= free


def in_sequence(jobs: Sequence[Sequence[Operation]]) -> list[Operation]:
    """Put jobs, each a sequence of operations, into one list with what comes before each.

    Examples
    --------
    >>> one = Operation((0,), (3,))
    >>> [operation.after for operation in in_sequence([[one, one], [one]])]
    [(), (0,), ()]
    """
    numbered = list(chain.from_iterable(jobs))
    after: dict[int, int] = {}
    at = 0
    for job in jobs:
        after |= {b: a for a, b in pairwise(range(at, at + len(job)))}
        at += len(job)
    return [
        Operation(
            one.machines,
            one.times,
            (*one.after, after[k]) if k in after else one.after,
            one.release,
            one.due,
            one.weight,
        )
        for k, one in enumerate(numbered)
    ]
