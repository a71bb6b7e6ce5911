"""Which orders can all be served, and whose hour is worth most?

Each order takes one chain with a week for each step, or is not served ::

    min Σ_p c_p x_p + Σ_o worth_o u_o      Σ_{p of o} x_p + u_o = 1
                                           Σ_p h_p[firm, week] x_p ≤ free hours[firm, week]

with c_p the cost of the chain and of its lateness. Chains are columns: those that could improve
the plan are found by dynamic programming over steps, firms and weeks with the prices of the hours
(column generation), until none is left; then whole chains are chosen by HiGHS. The *bound* is what
no plan can be below; the gap to it is always reported. The price of a firm's hour in a week is the
dual value of its capacity: what one more hour there would save.

*Dates* are set afterwards by CP-SAT, with transport. A *joint order* shares one large lot among
small firms (磨き屋シンジケート); a *capacity exchange* lends idle machines and people
(北上ネットワークフォーラム), a transport problem whose duals are the prices of an hour.

Takes orders, a directory with free hours (``Load``), assumptions. Gives yen, weeks, yen per hour.
Sources: Dantzig and Wolfe (1960); Gilmore and Gomory (1961). Limits: an hour is an hour of the week
(work that needs more than a firm's free week is spread over several); the next firm begins in a
later week unless it can be reached within a day; firms that state no free hours have assumed ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import monotonic

import numba
import numpy as np
import pandas as pd
import scipy
from scipy import sparse

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import distance_km
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.courier import TARIFF
from shuseki.sourcing.offers import (
    UNITS,
    Held,
    Layers,
    Mode,
    Offers,
    check_directory,
    offers,
    offers_of,
    week_of,
)
from shuseki.sourcing.orders import Order
from shuseki.sourcing.processes import is_kind_of
from shuseki.sourcing.scheduling import BRANDIMARTE_1993, Operation, Schedule, schedule

__all__ = [
    "DANTZIG_WOLFE_1960",
    "Exchange",
    "JointOrder",
    "Need",
    "Served",
    "dates",
    "exchange",
    "joint_order",
    "serve",
    "transport_problem",
    "unserved_needs",
]

DANTZIG_WOLFE_1960 = Source(
    "DantzigWolfe1960",
    "Dantzig, G. B. and Wolfe, P., Decomposition principle for linear programs, "
    "Operations Research 8",
    "1960",
)
WEEKS = 12
SECONDS = 240.0
"""Time is a safety limit: rounds, nodes and the gap end the work, the same on every computer."""
ROUNDS = 200
NODES = 5
CHOOSING_GAP = 1e-4
CLOSE_ENOUGH = 1e-4
"""Share of the cost above the bound at which no better plan is sought."""
CLOSED = 1e-6
"""Relative distance of the columns' value to the bound at which no more columns are sought."""
NEIGHBOURHOODS = 600
TOGETHER = 8
"""Orders of each kind that are planned anew together."""
WORTH_NAMING = 1.0
"""Least price of an hour, yen, at which a firm counts as a bottleneck."""
UNITS_PER_WEEK = 160
"""Quarters of an hour in a working week of 40 hours."""
DATING_SECONDS = 120.0
DATING_WORK = 3.0
"""Work of CP-SAT (its deterministic time) after which the best schedule so far is taken."""


@dataclass(frozen=True, eq=False)
class Column:
    """A chain for an order, with a week for each step.

    Attributes
    ----------
    path
        Node of each layer of the order's graph.
    weeks, spans
        First week of each step, and in how many weeks it is done.
    rows, hours
        Firm-weeks that it uses, and the hours in each.
    late_weeks
        Weeks after the due day.
    """

    order: int
    path: Ints
    weeks: Ints
    spans: Ints
    rows: Ints
    hours: Floats
    cost_yen: float
    late_weeks: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """One order with its graph, the hours of each node, and where they count.

    Attributes
    ----------
    resource, hours
        Of each node of each layer.
    cost, arcs
        Yen of each node and each arc.
    lag
        Weeks between the end of a step and the start of the next, by arc: 0 or more.
    end_days
        Days from the last firm to the destination, by node of the last layer.
    """

    order: Order
    offers: Offers
    layers: Layers
    resource: list[Ints]
    hours: list[Floats]
    cost: list[Floats]
    arcs: list[Floats]
    lag: list[Ints]
    release: int
    due_days: float
    worth_yen: float


@result
class Served(Result):
    """Which chain serves each order, in which weeks, and what an hour is worth.

    Attributes
    ----------
    orders
        One row for each order: ``order``, ``served``, ``firms``, ``weeks`` (Mondays), ``cost_yen``,
        ``late_weeks``, ``worth_yen``.
    hours
        One row for each firm-week that is used or has a price: ``firm``, ``process``, ``week``,
        ``free_hours``, ``used_hours``, ``yen_per_hour``.
    value_yen, bound_yen
        Cost of the plan with what is not served, and what no plan can be below.
    """

    orders: pd.DataFrame
    hours: pd.DataFrame
    value_yen: float
    bound_yen: float
    columns: tuple[Column, ...]
    prepared: tuple[Prepared | None, ...]
    resources: tuple[tuple[str, str], ...]
    free: Floats
    start: date
    seconds: float

    @property
    def gap_share(self) -> float:
        """How much of the plan's cost a better one could save at most."""
        return max(self.value_yen - self.bound_yen, 0.0) / max(abs(self.value_yen), 1e-9)

    @property
    def bottlenecks(self) -> pd.DataFrame:
        """Firms by what their hours are worth, dearest first: yen per hour at most and in all."""
        priced = self.hours[self.hours["yen_per_hour"] >= WORTH_NAMING]
        table = (
            priced.assign(yen=priced["yen_per_hour"] * priced["free_hours"])
            .groupby(["firm", "process"], as_index=False)
            .agg(
                yen_per_hour=("yen_per_hour", "max"),
                weeks=("week", "count"),
                worth_yen=("yen", "sum"),
            )
        )
        return table.sort_values(
            ["yen_per_hour", "firm", "process"], ascending=[False, True, True]
        ).reset_index(drop=True)

    def headline(self) -> Message:
        """How many orders are served, at which cost, and how far it may be from the best."""
        served = int(self.orders["served"].sum())
        late = int((self.orders["late_weeks"] > 0).sum())
        top = self.bottlenecks
        return say(
            "{served} of {n:count(order)} served, {late} of them late; ¥{yen:,.0f} with what is "
            "not served, at most {gap:.2%} above the best; dearest hour: {firm}",
            served=served,
            n=len(self.orders),
            late=late,
            yen=self.value_yen,
            gap=self.gap_share,
            firm=say(
                "{firm}, ¥{yen:,.0f}", firm=top["firm"].iloc[0], yen=top["yen_per_hour"].iloc[0]
            )
            if len(top)
            else say("none"),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each order."""
        return self.orders.copy()


def serve(
    orders: Sequence[Order],
    directory: Directory,
    *,
    assumptions: Assumptions | None = None,
    weeks: int = WEEKS,
    mode: Mode = "wide",
    seconds: float = SECONDS,
) -> Served:
    """Give each order a chain and weeks, within the free hours of all firms.

    Parameters
    ----------
    orders
        What is asked for; an order without a price is worth an assumed multiple of its cheapest
        chain.
    directory
        Firms with their free hours by week.
    weeks
        From the week in which the first order is placed.
    mode
        As for ``planner.plan``.
    seconds
        Longest search, as a safety limit: the work ends by rounds and by the gap, so
        that the same orders get the same plan. A note says so where time ended it.

    Raises
    ------
    DataError, ParameterError, UnknownCodeError
        See ``sourcing.offers.offers``; no orders, repeated ids, weeks out of range.
    """
    if not orders or not 1 <= weeks <= 104 or not seconds > 0:
        raise ParameterError(
            say(
                "{n_orders:count(order)}, {weeks:count(week)}, {seconds:g} seconds. Expected one "
                "order or more, 1 to 104 weeks, and more than 0 seconds. Choose another number.",
                n_orders=len(orders),
                weeks=weeks,
                seconds=seconds,
            )
        )
    ids = [order.id for order in orders]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise DataError(
            say(
                "Repeated orders: {twice}. Expected each id once. Rename one.",
                twice=examples(twice),
            )
        )
    began = monotonic()
    stated = assumptions or Assumptions()
    start = week_of(min(order.placed for order in orders))
    held = Held.of(directory)
    found = [offers_of(order, held, mode=mode) for order in orders]
    resources, free = _free_hours(found, directory, stated, start, weeks)
    at = _by_firm(resources)
    prepared = tuple(
        None if one.missing else _prepare(one, stated, at, free, start) for one in found
    )
    worth = np.array(
        [
            one.worth_yen if one is not None else (order.price_yen or 0.0)
            for one, order in zip(prepared, orders, strict=True)
        ]
    )
    late_share = stated["late_yen_per_week"]
    pool, prices, bound, cut = _generate(prepared, worth, free, late_share, began + seconds)
    chosen, late = _choose(pool, worth, free, began + seconds)
    chosen, value = _improve(prepared, worth, free, prices, late_share, chosen, bound)
    bound = min(bound, value)
    return Served(
        orders=_orders_frame(orders, prepared, worth, chosen, start),
        hours=_hours_frame(resources, free, prices, chosen, start),
        value_yen=value,
        bound_yen=bound,
        columns=tuple(chosen),
        prepared=prepared,
        resources=tuple(resources),
        free=free,
        start=start,
        seconds=monotonic() - began,
        notes=_notes(found, directory, orders, prepared, by_time=cut or late),
        sources=(*directory.sources, TARIFF, DANTZIG_WOLFE_1960),
    )


# ---- preparing -----------------------------------------------------------------------------------


def _free_hours(
    found: Sequence[Offers],
    directory: Directory,
    assumptions: Assumptions,
    start: date,
    weeks: int,
) -> tuple[list[tuple[str, str]], Floats]:
    """Firm and process of each capacity, and its free hours by week, ``(resources, weeks)``."""
    firms = sorted({firm.key for one in found for firm in one.firms})
    stated: dict[tuple[str, str], Floats] = {}
    wanted = set(firms)
    for load in directory.loads:
        if load.firm not in wanted:
            continue
        week = (load.week - start).days // 7
        row = stated.setdefault((load.firm, load.process), np.zeros(weeks))
        if 0 <= week < weeks:
            row[week] += load.free_hours
    silent = wanted - {firm for firm, _ in stated}
    for firm in silent:
        stated[firm, ""] = np.full(weeks, assumptions["free_hours_per_week"])
    keys = sorted(stated)
    return keys, np.array([stated[key] for key in keys]).reshape(len(keys), weeks)


def _prepare(
    found: Offers,
    assumptions: Assumptions,
    at: Mapping[str, Mapping[str, int]],
    free: Floats,
    start: date,
) -> Prepared:
    layers = found.layers(assumptions)
    hours = [found.hours(k, assumptions) for k in range(len(found.candidates))]
    own = [
        np.array(
            [_resource(found.firms[c.firm].key, c.capability.process, at) for c in many],
            dtype=np.int64,
        )
        for many in found.candidates
    ]
    pairs = [
        list(zip(step.tolist(), candidate.tolist(), strict=True))
        for step, candidate in zip(layers.step, layers.candidate, strict=True)
    ]
    cost = [one[:, 0] * UNITS[0] for one in layers.nodes]
    arcs = [one[..., 0] * UNITS[0] for one in layers.arcs]
    lag = [
        np.where(np.isfinite(one[..., 1]), _weeks_between(one[..., 1] * UNITS[1]), 0).astype(
            np.int64
        )
        for one in layers.arcs
    ]
    order = found.order
    price = order.price_yen
    if price is None:
        price = assumptions["unserved_factor"] * _cheapest(cost, arcs)
    return Prepared(
        order=order,
        offers=found,
        layers=layers,
        resource=[np.array([own[s][c] for s, c in one], dtype=np.int64) for one in pairs],
        hours=[np.array([hours[s][c] for s, c in one]) for one in pairs],
        cost=cost,
        arcs=arcs,
        lag=lag,
        release=max(0, (week_of(order.placed) - start).days // 7),
        due_days=float((order.due - start).days),
        worth_yen=float(price),
    )


def _by_firm(resources: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Number of each capacity, by firm and process."""
    at: dict[str, dict[str, int]] = {}
    for k, (firm, process) in enumerate(resources):
        at.setdefault(firm, {})[process] = k
    return at


def _resource(firm: str, process: str, at: Mapping[str, Mapping[str, int]]) -> int:
    """The capacity that a capability uses: that of its process where the firm states one."""
    held = at.get(firm, {})
    own = [stated for stated in held if stated and is_kind_of(process, stated)]
    if own:
        return held[max(own, key=lambda stated: (len(stated), stated))]
    return held.get("", -1)


def _weeks_between(days: Floats) -> Floats:
    """A firm that is reached within a day can go on in the same week."""
    return np.where(days < 1.0, 0.0, np.maximum(1.0, np.ceil(days / 7.0)))


def _cheapest(cost: list[Floats], arcs: list[Floats]) -> float:
    best = cost[0]
    for arc, own in zip(arcs, cost[1:], strict=True):
        best = (best[:, None] + arc).min(axis=0) + own
    return float(best.min())


# ---- columns -------------------------------------------------------------------------------------


def _generate(
    prepared: Sequence[Prepared | None],
    worth: Floats,
    free: Floats,
    late_share: float,
    until: float,
) -> tuple[list[Column], Floats, float, bool]:
    """Columns, the price of an hour of each firm-week, the bound, and whether time ended it."""
    pool: list[Column] = []
    seen: set[tuple[int, bytes]] = set()
    prices = np.zeros_like(free)
    best_bound, best_prices = -np.inf, prices
    cut = False
    for turn in range(ROUNDS):
        reduced = worth.copy()
        fresh = 0
        for k, one in enumerate(prepared):
            if one is None:
                continue
            column, priced = _price(k, one, prices, free, late_share, worth[k])
            if column is None:
                continue
            reduced[k] = min(reduced[k], priced)
            key = (k, column.path.tobytes() + column.weeks.tobytes())
            if key not in seen:
                seen.add(key)
                pool.append(column)
                fresh += 1
        bound = float(reduced.sum() - (prices * free).sum())
        if bound > best_bound:
            best_bound, best_prices = bound, prices
        if not fresh:
            break
        if turn and monotonic() > until:
            cut = True
            break
        value, prices = _master(pool, worth, free)
        if value - best_bound <= CLOSED * max(abs(value), 1.0):
            best_prices = prices
            break
    return pool, best_prices, best_bound, cut


def _master(pool: Sequence[Column], worth: Floats, free: Floats) -> tuple[float, Floats]:
    """Value with parts of columns, and what an hour of each firm-week would save."""
    use = _use(pool, free)
    n = len(pool)
    once = sparse.hstack(
        [
            sparse.csr_array(
                (np.ones(n), ([c.order for c in pool], np.arange(n))), shape=(len(worth), n)
            ),
            sparse.eye_array(len(worth)),
        ],
        format="csr",
    )
    rows = np.unique(use.nonzero()[0])
    held = sparse.hstack([use[rows], sparse.csr_array((len(rows), len(worth)))], format="csr")
    found = scipy.optimize.linprog(
        np.concatenate([[c.cost_yen for c in pool], worth]),
        A_ub=held if len(rows) else None,
        b_ub=free.ravel()[rows] if len(rows) else None,
        A_eq=once,
        b_eq=np.ones(len(worth)),
        bounds=(0, None),
        method="highs",
    )
    prices = np.zeros(free.size)
    if len(rows):
        prices[rows] = np.maximum(-found.ineqlin.marginals, 0.0)
    return float(found.fun), prices.reshape(free.shape)


def _use(pool: Sequence[Column], free: Floats) -> sparse.csr_array:
    """Hours of each firm-week that each column uses, ``(firm-weeks, columns)``."""
    return sparse.csr_array(
        (
            np.concatenate([c.hours for c in pool]),
            (
                np.concatenate([c.rows for c in pool]),
                np.repeat(np.arange(len(pool)), [len(c.rows) for c in pool]),
            ),
        ),
        shape=(free.size, len(pool)),
    )


def _price(
    k: int,
    one: Prepared,
    prices: Floats,
    free: Floats,
    late_share: float,
    worth: float,
) -> tuple[Column | None, float]:
    """The chain with weeks that is cheapest when hours have prices, and its priced cost."""
    weeks = free.shape[1]
    late = _late(one, late_share, worth, weeks)
    best = None
    history = []
    spans: list[Ints] = []
    for r, (cost, hours, resource) in enumerate(
        zip(one.cost, one.hours, one.resource, strict=True)
    ):
        own, span = _nodes(cost, hours, resource, prices, free)
        if r == 0:
            own[:, : one.release] = np.inf
            best = own
        else:
            assert best is not None
            before, parent, came = _step(best, spans[-1], one.arcs[r - 1], one.lag[r - 1])
            best = before + own
            history.append((parent, came))
        spans.append(span)
    assert best is not None
    done = np.minimum(np.arange(weeks)[None, :] + spans[-1] - 1, weeks - 1)
    beyond = np.arange(weeks)[None, :] + spans[-1] > weeks
    total = np.where(beyond, np.inf, best + late[done])
    if not np.isfinite(total).any():
        return None, np.inf
    flat = int(np.argmin(total))
    i, w = divmod(flat, weeks)
    priced = float(total[i, w])
    path, start = [i], [w]
    for parent, came in reversed(history):
        i, w = int(parent[i, w]), int(came[i, w])
        path.append(i)
        start.append(w)
    path.reverse()
    start.reverse()
    width = [int(spans[r][path[r], start[r]]) for r in range(len(path))]
    return _column(k, one, path, start, width, late, weeks), priced


def _column(
    k: int,
    one: Prepared,
    path: list[int],
    start: list[int],
    width: list[int],
    late: Floats,
    weeks: int,
) -> Column:
    used: dict[int, float] = {}
    cost = 0.0
    for r, (i, w, s) in enumerate(zip(path, start, width, strict=True)):
        cost += one.cost[r][i] + (one.arcs[r - 1][path[r - 1], i] if r else 0.0)
        for week in range(w, w + s):
            row = int(one.resource[r][i]) * weeks + week
            used[row] = used.get(row, 0.0) + one.hours[r][i] / s
    end = start[-1] + width[-1] - 1
    rows = sorted(used)
    return Column(
        order=k,
        path=np.array(path),
        weeks=np.array(start),
        spans=np.array(width),
        rows=np.array(rows, dtype=np.int64),
        hours=np.array([used[row] for row in rows]),
        cost_yen=float(cost + late[end]),
        late_weeks=_late_weeks(one, end),
    )


def _late_weeks(one: Prepared, end: int) -> int:
    """Weeks by which parts that are finished in a week come too late."""
    finished = 7.0 * end + 5.0
    return int(max(0, np.ceil((finished - one.due_days) / 7.0)))


def _late(one: Prepared, late_share: float, worth: float, weeks: int) -> Floats:
    """Cost of being finished in each week, shape ``(weeks,)``."""
    return np.array([late_share * worth * _late_weeks(one, week) for week in range(weeks)])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _nodes(
    cost: Floats, hours: Floats, resource: Ints, prices: Floats, free: Floats
) -> tuple[Floats, Ints]:
    """Priced cost of a step begun in each week, and in how many weeks it is done, ``(n, W)``."""
    n, weeks = len(cost), free.shape[1]
    out = np.full((n, weeks), np.inf)
    span = np.ones((n, weeks), dtype=np.int64)
    for i in range(n):
        r = resource[i]
        if r < 0:
            continue
        for w in range(weeks):
            # the fewest weeks from here over which the work can be spread evenly
            least = np.inf
            for s in range(1, weeks - w + 1):
                least = min(least, free[r, w + s - 1])
                if least <= 0.0:
                    break
                if hours[i] / s <= least + 1e-9:
                    total = cost[i]
                    for week in range(w, w + s):
                        total += prices[r, week] * hours[i] / s
                    out[i, w] = total
                    span[i, w] = s
                    break
    return out, span


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _step(best: Floats, span: Ints, arc: Floats, lag: Ints) -> tuple[Floats, Ints, Ints]:
    """Least cost of having handed over by each week, from which node, begun in which week."""
    n, weeks = best.shape
    m = arc.shape[1]
    done = np.full((n, weeks), np.inf)  # least cost of having ended by a week
    begun = np.zeros((n, weeks), dtype=np.int64)
    for i in range(n):
        for w in range(weeks):
            if best[i, w] == np.inf:
                continue
            end = w + span[i, w] - 1
            if end < weeks and best[i, w] < done[i, end]:
                done[i, end] = best[i, w]
                begun[i, end] = w
        for w in range(1, weeks):
            if done[i, w - 1] <= done[i, w]:
                done[i, w] = done[i, w - 1]
                begun[i, w] = begun[i, w - 1]
    out = np.full((m, weeks), np.inf)
    parent = np.zeros((m, weeks), dtype=np.int64)
    came = np.zeros((m, weeks), dtype=np.int64)
    for i in range(n):
        for j in range(m):
            cost = arc[i, j]
            if cost == np.inf:
                continue
            for w in range(lag[i, j], weeks):
                offer = done[i, w - lag[i, j]] + cost
                if offer < out[j, w]:
                    out[j, w] = offer
                    parent[j, w] = i
                    came[j, w] = begun[i, w - lag[i, j]]
    return out, parent, came


# ---- choosing whole columns ----------------------------------------------------------------------


def _choose(
    pool: Sequence[Column], worth: Floats, free: Floats, until: float
) -> tuple[list[Column], bool]:
    """The whole columns of least cost, and whether time ended the search."""
    if not pool:
        return [], False
    n = len(pool)
    use = _use(pool, free)
    rows = np.unique(use.nonzero()[0])
    saved = np.array([c.cost_yen - worth[c.order] for c in pool])
    once = sparse.csr_array(
        (np.ones(n), ([c.order for c in pool], np.arange(n))), shape=(len(worth), n)
    )
    found = scipy.optimize.milp(
        saved,
        constraints=[
            scipy.optimize.LinearConstraint(once, -np.inf, 1),
            scipy.optimize.LinearConstraint(use[rows], -np.inf, free.ravel()[rows] + 1e-9),
        ],
        integrality=np.ones(n),
        bounds=scipy.optimize.Bounds(0, 1),
        options={
            "mip_rel_gap": CHOOSING_GAP,
            "node_limit": NODES,
            "time_limit": max(until - monotonic(), 1.0),
        },
    )
    by_time = monotonic() >= until
    if found.x is None:
        return [], by_time
    return [pool[int(i)] for i in np.flatnonzero(found.x > 0.5)], by_time


def _value(chosen: Sequence[Column], worth: Floats) -> float:
    return float(worth.sum() + sum(c.cost_yen - worth[c.order] for c in chosen))


def _improve(
    prepared: Sequence[Prepared | None],
    worth: Floats,
    free: Floats,
    prices: Floats,
    late_share: float,
    chosen: list[Column],
    bound: float,
) -> tuple[list[Column], float]:
    """Take out some orders and plan them anew in what the others leave, as long as that helps.

    First each order alone; then, again and again, a few that use one firm together with some that
    are not served, in a random sequence (large neighbourhood search, the same for the same data),
    until the bound says that little is left to gain.
    """
    plan = {c.order: c for c in chosen}
    possible = [k for k, one in enumerate(prepared) if one is not None]
    rng = np.random.default_rng(0)
    for k in possible:
        plan = _again(prepared, worth, free, prices * 0, late_share, plan, [k])
    for turn in range(NEIGHBOURHOODS):
        value = _value(list(plan.values()), worth)
        if value - bound <= CLOSE_ENOUGH * max(abs(value), 1.0):
            break
        taken = _neighbours(plan, possible, free.shape[1], rng)
        guide = prices * (turn % 3) / 2  # not at all, by half, or wholly by the prices of hours
        plan = _again(prepared, worth, free, guide, late_share, plan, taken)
    better = [plan[k] for k in sorted(plan)]
    return better, _value(better, worth)


def _neighbours(
    plan: dict[int, Column], possible: Sequence[int], weeks: int, rng: np.random.Generator
) -> list[int]:
    """Orders that use one firm, and some that are not served, in a random sequence."""
    taken: list[int] = []
    if plan:
        one = plan[int(rng.choice(sorted(plan)))]
        firm = int(rng.choice(one.rows)) // weeks
        taken = [k for k in sorted(plan) if (plan[k].rows // weeks == firm).any()]
    if len(taken) > TOGETHER:
        taken = [int(k) for k in rng.choice(taken, TOGETHER, replace=False)]
    waiting = [k for k in possible if k not in plan]
    if waiting:
        taken += [int(k) for k in rng.choice(waiting, min(TOGETHER, len(waiting)), replace=False)]
    return [int(k) for k in rng.permutation(taken)]


def _again(
    prepared: Sequence[Prepared | None],
    worth: Floats,
    free: Floats,
    guide: Floats,
    late_share: float,
    plan: dict[int, Column],
    taken: Sequence[int],
) -> dict[int, Column]:
    """The plan with some orders planned anew one after another, where that is better."""
    new = {k: column for k, column in plan.items() if k not in set(taken)}
    left = free.copy()
    for column in new.values():
        left.ravel()[column.rows] -= column.hours
    left = np.maximum(left, 0.0)
    for k in taken:
        one = prepared[k]
        assert one is not None
        found, _ = _price(k, one, guide, left, late_share, worth[k])
        if found is None or found.cost_yen >= worth[k]:
            continue
        room = left.ravel()[found.rows]
        if (found.hours <= room + 1e-9).all():
            new[k] = found
            left.ravel()[found.rows] = np.maximum(room - found.hours, 0.0)
    before, after = (
        sum(worth[k] - many[k].cost_yen for k in taken if k in many) for many in (plan, new)
    )
    return new if after > before else plan


# ---- tables --------------------------------------------------------------------------------------


def _orders_frame(
    orders: Sequence[Order],
    prepared: Sequence[Prepared | None],
    worth: Floats,
    chosen: Sequence[Column],
    start: date,
) -> pd.DataFrame:
    by_order = {c.order: c for c in chosen}
    rows = []
    for k, order in enumerate(orders):
        column, one = by_order.get(k), prepared[k]
        firms: list[str] = []
        weeks: list[str] = []
        if column is not None and one is not None:
            firms = [one.offers.firms[one.layers.firm[r][i]].key for r, i in enumerate(column.path)]
            weeks = [(start + timedelta(weeks=int(w))).isoformat() for w in column.weeks]
        rows.append(
            {
                "order": order.id,
                "served": column is not None,
                "firms": " → ".join(firms),
                "weeks": " → ".join(weeks),
                "cost_yen": column.cost_yen if column else np.nan,
                "late_weeks": column.late_weeks if column else 0,
                "worth_yen": worth[k],
            }
        )
    return pd.DataFrame(rows)


def _hours_frame(
    resources: Sequence[tuple[str, str]],
    free: Floats,
    prices: Floats,
    chosen: Sequence[Column],
    start: date,
) -> pd.DataFrame:
    used = np.zeros(free.size)
    for column in chosen:
        used[column.rows] += column.hours
    by_week = used.reshape(free.shape)
    rows = [
        {
            "firm": resources[r][0],
            "process": resources[r][1],
            "week": (start + timedelta(weeks=int(w))).isoformat(),
            "free_hours": free[r, w],
            "used_hours": by_week[r, w],
            "yen_per_hour": prices[r, w],
        }
        for r, w in zip(*np.nonzero((by_week > 1e-9) | (prices > 1e-6)), strict=True)
    ]
    names = ["firm", "process", "week", "free_hours", "used_hours", "yen_per_hour"]
    return pd.DataFrame(rows, columns=names)


def _notes(
    found: Sequence[Offers],
    directory: Directory,
    orders: Sequence[Order],
    prepared: Sequence[Prepared | None],
    *,
    by_time: bool,
) -> tuple[Message, ...]:
    notes: list[Message] = []
    if by_time:
        notes.append(
            say(
                "The search was ended by time; another run may end with another plan. The gap "
                "holds as told."
            )
        )
    impossible = [
        say("{order} ({steps})", order=one.order.id, steps=", ".join(one.missing))
        for one in found
        if one.missing
    ]
    if impossible:
        notes.append(
            say(
                "Nobody can make {n:count(order)}, whatever the capacity: {which}.",
                n=len(impossible),
                which=listed(impossible[:5]),
            )
        )
    stating = {load.firm for load in directory.loads}
    firms = {firm.key for one in found for firm in one.firms}
    silent = len(firms - stating)
    if silent:
        notes.append(
            say(
                "{n} of {of} firms state no free hours; theirs are assumed.",
                n=silent,
                of=len(firms),
            )
        )
    priceless = sum(
        order.price_yen is None and one is not None
        for order, one in zip(orders, prepared, strict=True)
    )
    if priceless:
        notes.append(
            say(
                "{n:count(order)} without a price: worth is an assumed multiple of the cheapest "
                "chain.",
                n=priceless,
            )
        )
    notes.append(say("Prices of hours are duals; where capacity is ample they are zero."))
    return tuple(notes)


# ---- dates ---------------------------------------------------------------------------------------


@result
class Dates(Result):
    """When each step of each served order begins and ends.

    Attributes
    ----------
    steps
        ``order``, ``step``, ``firm``, ``begins``, ``ends`` (days), ``late_days`` of the order.
    late_yen, bound_yen
        Weighted lateness, and what no schedule of these chains can be below.
    """

    steps: pd.DataFrame
    schedule: Schedule
    late_yen: float
    bound_yen: float

    def headline(self) -> Message:
        """How many orders are late, and how far from the best it may be."""
        late = self.steps.groupby("order")["late_days"].max()
        return say(
            "{n:count(order)} dated, {late} late; lateness ¥{yen:,.0f}, at least ¥{bound:,.0f}",
            n=len(late),
            late=int((late > 0).sum()),
            yen=self.late_yen,
            bound=self.bound_yen,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each step."""
        return self.steps.copy()


def dates(served: Served, *, seconds: float = DATING_SECONDS) -> Dates:
    """Set the day of each step of the served orders, with transport between firms.

    A firm works on what it took at the pace of its free hours: with 10 of 40 hours free, work of
    5 hours takes half a week. No step begins before the week that it was given. The search ends
    by work done, so that the days are the same on each run; ``seconds`` is a safety limit.
    """
    operations: list[Operation] = []
    labels: list[tuple[int, int]] = []
    weeks = served.free.shape[1]
    transport = _transport_units(served)
    for column in served.columns:
        one = served.prepared[column.order]
        assert one is not None
        last = len(column.path) - 1
        for r, i in enumerate(column.path):
            first, span = int(column.weeks[r]), int(column.spans[r])
            resource = int(one.resource[r][i])
            for week in range(first, first + span):
                pace = served.free[resource, min(week, weeks - 1)] / 40.0
                time = max(1, round(one.hours[r][i] / span / max(pace, 1e-3) * 4))
                end = r == last and week == first + span - 1
                due = int(one.due_days / 7.0 * UNITS_PER_WEEK)
                weight = max(1, round(0.02 * one.worth_yen / UNITS_PER_WEEK))
                after = (len(operations) - 1,) if labels and labels[-1][0] == column.order else ()
                labels.append((column.order, r))
                operations.append(
                    Operation(
                        (resource,),
                        (time,),
                        after,
                        week * UNITS_PER_WEEK,
                        due if end else None,
                        weight if end else 0,
                    )
                )
    found = schedule(operations, transport, objective="lateness", seconds=seconds, work=DATING_WORK)
    by_order = {column.order: column for column in served.columns}
    ended: dict[int, float] = {}
    for number, (k, _) in enumerate(labels):
        ended[k] = max(ended.get(k, 0.0), _days(int(found.end[number])))
    rows = []
    for number, (k, r) in enumerate(labels):
        one = served.prepared[k]
        assert one is not None
        column = by_order[k]
        rows.append(
            {
                "order": one.order.id,
                "step": one.order.steps[int(one.layers.step[r][column.path[r]])].name,
                "firm": served.resources[int(one.resource[r][column.path[r]])][0],
                "begins": _day(served.start, int(found.start[number])),
                "ends": _day(served.start, max(int(found.end[number]) - 1, 0)),
                "late_days": max(0, int(np.ceil(ended[k] - one.due_days))),
            }
        )
    columns = ["order", "step", "firm", "begins", "ends", "late_days"]
    return Dates(
        steps=pd.DataFrame(rows, columns=columns),
        schedule=found,
        late_yen=float(found.value),
        bound_yen=float(min(found.bound, found.value)),
        notes=(say("Days are working days; a firm works at the pace of its free hours."),),
        sources=(BRANDIMARTE_1993,),
    )


def _days(units: int) -> float:
    """Days from the start to the end of so many working quarters of an hour."""
    week, rest = divmod(units, UNITS_PER_WEEK)
    return 7.0 * week + float(np.ceil(rest / (UNITS_PER_WEEK / 5)))


def _day(start: date, units: int) -> str:
    week, rest = divmod(units, UNITS_PER_WEEK)
    return (start + timedelta(days=7 * week + rest // (UNITS_PER_WEEK // 5))).isoformat()


def _transport_units(served: Served) -> Ints:
    """Working time between the firms of two capacities, in quarters of an hour."""
    n = len(served.resources)
    units = np.zeros((n, n), dtype=np.int64)
    for column in served.columns:
        one = served.prepared[column.order]
        assert one is not None
        for r in range(1, len(column.path)):
            a, b = column.path[r - 1], column.path[r]
            days = one.layers.arcs[r - 1][a, b, 1] * UNITS[1]
            here, there = int(one.resource[r - 1][a]), int(one.resource[r][b])
            units[here, there] = max(units[here, there], round(min(days, 5.0) * 32))
    return units


# ---- one large lot among small firms -------------------------------------------------------------


@result
class JointOrder(Result):
    """How a lot is shared among firms, each too small for it.

    Attributes
    ----------
    shares
        ``firm``, ``pieces``, ``hours``, ``cost_yen``.
    unplaced
        Pieces for which no firm has hours.
    value_yen, bound_yen
        Cost of the pieces that are placed, and what no sharing of as many can be below.
    alone
        Firms that could have taken the whole lot.
    """

    order: Order
    shares: pd.DataFrame
    unplaced: int
    value_yen: float
    bound_yen: float
    alone: tuple[str, ...]

    def headline(self) -> Message:
        """How many firms share it, and at which cost."""
        return say(
            "{order}: {pieces:,} of {quantity:,} pieces shared among {n:count(firm)}, ¥{yen:,.0f} "
            "(at least ¥{bound:,.0f}); {alone} could take it alone",
            order=self.order.id,
            pieces=int(self.shares["pieces"].sum()),
            quantity=self.order.quantity,
            n=len(self.shares),
            yen=self.value_yen,
            bound=self.bound_yen,
            alone=", ".join(self.alone) if self.alone else say("nobody"),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each firm."""
        return self.shares.copy()


def joint_order(
    order: Order,
    directory: Directory,
    *,
    assumptions: Assumptions | None = None,
    mode: Mode = "wide",
    seconds: float = SECONDS,
) -> JointOrder:
    """Share one large lot of one step among firms, each within its lot sizes and free hours.

    Raises
    ------
    ParameterError
        The order has more than one step.
    """
    if len(order.steps) != 1:
        raise ParameterError(
            say(
                "Order {id!r} has {n_steps} steps. Expected one that several firms share. Make an "
                "order of the step that is shared.",
                id=order.id,
                n_steps=len(order.steps),
            )
        )
    stated = assumptions or Assumptions()
    free_lot = replace(order.steps[0], step=replace(order.steps[0].step, quantity=None))
    single = replace(order, steps=(free_lot,), quantity=1)
    found = offers(single, directory, mode=mode)
    n = len(found.candidates[0])
    each = found.hours(0, stated) - _setup(found, stated)
    setup = _setup(found, stated)
    rate = found.rates(0, stated)
    hours = _hours_until_due(found, directory, stated, order)
    layers = found.layers(stated)
    one_piece = layers.nodes[0][:, 0] * UNITS[0]
    fixed = np.maximum(one_piece - each * rate, 0.0)
    lots = [(c.capability.lot_min or 1, c.capability.lot_max) for c in found.candidates[0]]
    room = np.floor(np.maximum(hours - setup, 0.0) / np.maximum(each, 1e-9) + 1e-9)
    most = np.array(
        [
            min(room[k], np.inf if lots[k][1] is None else lots[k][1], order.quantity)
            for k in range(n)
        ]
    )
    least = np.array([lots[k][0] for k in range(n)], dtype=float)
    usable = (most >= least) & (most >= 1)
    unit = each * rate
    pieces, bound = _share(order.quantity, fixed, unit, least, most, usable, seconds)
    taken = np.flatnonzero(pieces > 0)
    shares = pd.DataFrame(
        {
            "firm": [found.firms[found.candidates[0][k].firm].key for k in taken],
            "pieces": pieces[taken].astype(int),
            "hours": setup[taken] + each[taken] * pieces[taken],
            "cost_yen": fixed[taken] + unit[taken] * pieces[taken],
        }
    )
    alone = tuple(
        found.firms[found.candidates[0][k].firm].key
        for k in range(n)
        if usable[k] and most[k] >= order.quantity
    )
    value = float(shares["cost_yen"].sum())
    return JointOrder(
        order=order,
        shares=shares,
        unplaced=int(order.quantity - pieces.sum()),
        value_yen=value,
        bound_yen=min(bound, value),
        alone=alone,
        notes=(
            say("Each firm's set-up, hand-over and a possible new tie are paid once."),
            say("Free hours are those until the due day."),
        ),
        sources=(*directory.sources, TARIFF),
    )


def _setup(found: Offers, assumptions: Assumptions) -> Floats:
    values = [c.capability.setup_hours for c in found.candidates[0]]
    return np.array(
        [
            assumptions.of("setup_hours", c.capability.process) if x is None else x
            for x, c in zip(values, found.candidates[0], strict=True)
        ],
        dtype=float,
    )


def _hours_until_due(
    found: Offers, directory: Directory, assumptions: Assumptions, order: Order
) -> Floats:
    """Free hours of each candidate from the week of placing to the due day."""
    start = week_of(order.placed)
    weeks = max(1, (order.due - start).days // 7)
    resources, free = _free_hours([found], directory, assumptions, start, weeks)
    at = _by_firm(resources)
    total = free.sum(axis=1)
    rows = [
        _resource(found.firms[c.firm].key, c.capability.process, at) for c in found.candidates[0]
    ]
    return np.array([total[r] if r >= 0 else 0.0 for r in rows])


def _share(
    quantity: int,
    fixed: Floats,
    unit: Floats,
    least: Floats,
    most: Floats,
    usable: Bools,
    seconds: float,
) -> tuple[Floats, float]:
    """Pieces of each firm at least cost, most pieces first, and a bound on that cost."""
    n = len(fixed)
    if not usable.any():
        return np.zeros(n), 0.0
    upper = np.where(usable, most, 0.0)
    eye = sparse.eye_array(n, format="csr")
    place = np.concatenate([np.ones(n), np.zeros(n)])[None, :]
    links = [
        scipy.optimize.LinearConstraint(
            sparse.hstack([eye, -sparse.diags_array(upper)]), -np.inf, 0
        ),
        scipy.optimize.LinearConstraint(
            sparse.hstack([eye, -sparse.diags_array(np.where(usable, least, 0.0))]), 0, np.inf
        ),
    ]
    bounds = scipy.optimize.Bounds(0, np.concatenate([upper, usable.astype(float)]))
    whole = np.ones(2 * n)
    options = {"mip_rel_gap": 0.0, "time_limit": seconds}
    first = scipy.optimize.milp(
        -place[0],
        constraints=[*links, scipy.optimize.LinearConstraint(place, 0, quantity)],
        integrality=whole,
        bounds=bounds,
        options=options,
    )
    if first.x is None:
        return np.zeros(n), 0.0
    placed = round(first.x[:n].sum())
    second = scipy.optimize.milp(
        np.concatenate([unit, fixed]),
        constraints=[*links, scipy.optimize.LinearConstraint(place, placed, placed)],
        integrality=whole,
        bounds=bounds,
        options=options,
    )
    best = first if second.x is None else second
    bound = second.mip_dual_bound if second.mip_dual_bound is not None else 0.0
    return np.round(best.x[:n]), float(bound)


# ---- idle hours lent -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Need:
    """Hours that a firm lacks for a process in a week, and what an hour would be worth to it."""

    firm: str
    process: str
    week: date
    hours: float
    worth_yen_per_hour: float


@result
class Exchange(Result):
    """Which idle hours help whom, and at which price.

    Attributes
    ----------
    loans
        ``lender``, ``borrower``, ``process``, ``week``, ``hours``, ``cost_yen_per_hour``.
    prices
        What an hour more is worth to each borrower, and what an idle hour is worth to each lender:
        ``firm``, ``side``, ``process``, ``week``, ``yen_per_hour``.
    saved_yen
        Worth of the hours lent, less what they cost.
    unmet_hours
        Hours that nobody could lend for less than they are worth.
    """

    loans: pd.DataFrame
    prices: pd.DataFrame
    saved_yen: float
    unmet_hours: float

    def headline(self) -> Message:
        """How many hours are lent, and what that saves."""
        return say(
            "{hours:,.1f} hours lent in {n:count(loan)}, ¥{yen:,.0f} saved; {unmet:,.1f} hours "
            "stay unmet",
            hours=float(self.loans["hours"].sum()),
            n=len(self.loans),
            yen=self.saved_yen,
            unmet=self.unmet_hours,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each loan."""
        return self.loans.copy()


def exchange(
    needs: Sequence[Need],
    directory: Directory,
    *,
    assumptions: Assumptions | None = None,
) -> Exchange:
    """Lend idle hours to those who lack them, where that is worth its cost.

    Parameters
    ----------
    needs
        Who lacks hours; see ``unserved_needs``.
    directory
        Firms with the process and free hours in the week may lend.

    Raises
    ------
    UnknownCodeError
        A need of a firm that is not in the directory.
    DataError
        Hours or worth below zero.
    """
    check_directory(directory)
    stated = assumptions or Assumptions()
    place = {
        firm.key: np.array([firm.latitude, firm.longitude], dtype=float) for firm in directory.firms
    }
    nobody = sorted({need.firm for need in needs} - set(place))
    if nobody:
        raise UnknownCodeError.among("firm", nobody, list(place))
    wrong = [need for need in needs if not need.hours >= 0 or not need.worth_yen_per_hour >= 0]
    if wrong:
        raise DataError(
            say(
                "Needs with hours or worth below zero: {wrong}. Expected 0 or more.",
                wrong=examples(wrong),
            )
        )
    idle = sorted(
        (
            (load.firm, load.process, week_of(load.week), load.free_hours)
            for load in directory.loads
            if load.free_hours > 0
        ),
        key=lambda row: (row[0], row[1], row[2]),
    )
    rates: dict[tuple[str, str], float] = {}
    for c in directory.capabilities:
        rate = c.rate_yen_per_hour
        rates[c.firm, c.process] = (
            stated.of("rate_yen_per_hour", c.process) if rate is None else rate
        )
    cost = np.full((len(idle), len(needs)), np.inf)
    for i, (firm, process, week, _) in enumerate(idle):
        for j, need in enumerate(needs):
            able = [
                rate
                for (owner, code), rate in rates.items()
                if owner == firm and is_kind_of(code, need.process)
            ]
            other = process and not is_kind_of(need.process, process)
            if not able or other or week != week_of(need.week) or firm == need.firm:
                continue
            km = float(distance_km(place[firm], place[need.firm]))
            km = stated["unknown_km"] if not np.isfinite(km) else km
            daily = 2 * km * stated["lending_yen_per_km"] / stated["hours_per_day"]
            cost[i, j] = min(able) + daily + stated["lending_yen_per_hour"]
    supply = np.array([row[3] for row in idle])
    demand = np.array([need.hours for need in needs])
    worth = np.array([need.worth_yen_per_hour for need in needs])
    lent, idle_price, need_price = transport_problem(cost, supply, demand, worth)
    loans = pd.DataFrame(
        [
            {
                "lender": idle[i][0],
                "borrower": needs[j].firm,
                "process": needs[j].process,
                "week": needs[j].week.isoformat(),
                "hours": lent[i, j],
                "cost_yen_per_hour": cost[i, j],
            }
            for i, j in zip(*np.nonzero(lent > 1e-9), strict=True)
        ],
        columns=["lender", "borrower", "process", "week", "hours", "cost_yen_per_hour"],
    )
    rows = [
        (idle[i][0], "lender", idle[i][1], idle[i][2].isoformat(), idle_price[i])
        for i in np.flatnonzero(lent.sum(axis=1) > 1e-9)
    ] + [
        (need.firm, "borrower", need.process, need.week.isoformat(), need_price[j])
        for j, need in enumerate(needs)
    ]
    saved = float((lent * (worth[None, :] - np.where(np.isfinite(cost), cost, 0.0))).sum())
    return Exchange(
        loans=loans,
        prices=pd.DataFrame(rows, columns=["firm", "side", "process", "week", "yen_per_hour"]),
        saved_yen=saved,
        unmet_hours=float(demand.sum() - lent.sum()),
        notes=(say("Prices are duals: where several are possible, the solver gives one."),),
        sources=directory.sources,
    )


def transport_problem(
    cost: Floats, supply: Floats, demand: Floats, worth: Floats
) -> tuple[Floats, Floats, Floats]:
    """Send hours where they are worth more than they cost.

    Parameters
    ----------
    cost
        Yen per hour from each supplier to each need, ``inf`` where impossible, ``(m, n)``.
    supply, demand
        Hours, ``(m,)`` and ``(n,)``.
    worth
        Yen per hour of each need, ``(n,)``.

    Returns
    -------
    tuple
        Hours sent, ``(m, n)``; what an hour more would save at each supplier, ``(m,)``, and cost
        at each need, ``(n,)``.

    Examples
    --------
    >>> sent, idle, need = transport_problem(
    ...     np.array([[3.0, 5.0]]), np.array([4.0]), np.array([3.0, 3.0]), np.array([9.0, 9.0])
    ... )
    >>> sent, idle, need
    (array([[3., 1.]]), array([4.]), array([7., 9.]))
    """
    m, n = cost.shape
    pairs = np.argwhere(cost < worth[None, :])
    sent = np.zeros((m, n))
    idle_price, need_price = np.zeros(m), worth.astype(float).copy()
    if not len(pairs):
        return sent, idle_price, need_price
    count = len(pairs)
    rows = sparse.csr_array((np.ones(count), (pairs[:, 0], np.arange(count))), shape=(m, count))
    met = sparse.csr_array((np.ones(count), (pairs[:, 1], np.arange(count))), shape=(n, count))
    found = scipy.optimize.linprog(
        np.concatenate([cost[pairs[:, 0], pairs[:, 1]], worth]),
        A_ub=sparse.hstack([rows, sparse.csr_array((m, n))]),
        b_ub=supply,
        A_eq=sparse.hstack([met, sparse.eye_array(n)]),
        b_eq=demand,
        bounds=(0, None),
        method="highs",
    )
    sent[pairs[:, 0], pairs[:, 1]] = found.x[:count]
    return sent, np.abs(found.ineqlin.marginals), np.asarray(found.eqlin.marginals)


def unserved_needs(served: Served, directory: Directory) -> tuple[Need, ...]:
    """Hours that orders which were not served lack, at the firm that would be cheapest.

    Each is asked for in the week in which the order is placed, and is worth the order's price for
    each of its hours.
    """
    served_ids = set(served.orders.loc[served.orders["served"], "order"])
    able = {c.firm for c in directory.capabilities}
    needs = []
    for one in served.prepared:
        if one is None or one.order.id in served_ids:
            continue
        cheapest = [int(np.argmin(cost)) for cost in one.cost]
        total = sum(float(one.hours[r][i]) for r, i in enumerate(cheapest))
        for r, i in enumerate(cheapest):
            step = one.order.steps[int(one.layers.step[r][i])].step
            firm = one.offers.firms[one.layers.firm[r][i]].key
            if firm in able:
                needs.append(
                    Need(
                        firm,
                        step.process,
                        week_of(one.order.placed),
                        float(one.hours[r][i]),
                        one.worth_yen / max(total, 1e-9),
                    )
                )
    return tuple(needs)
