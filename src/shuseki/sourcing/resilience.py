"""Who is missed when they go, what follows, and which policy helps most?

Orders are planned again without the firms that left. An order whose cheapest chain is whole keeps
it (removing firms never makes another one cheaper); one whose chain is broken moves to the next
cheapest, or is lost. ::

    criticality_i = p_i · ( worth of orders lost without i + cost increase of the others )

**Cascade**, year by year: firms leave (``exits.yearly_hazard``), all orders are planned anew, firms
that lose sales are likelier to leave next year (β_sales). Every policy is run on the same draws, so
that differences are of the policy and not of luck; intervals are of the mean of paired differences.

**Renewal** (``Renewal``; nothing of it by default). Entry: each firm, older or new, brings forth a
newcomer with a yearly probability e, who can do what that firm can and may leave from the next year
on; with a hazard h that is the same for all, E[firms in year t] = n (1 − h + e)^t. Ties fade: whom
an order could fall back on, and does not deal with, is forgotten with a yearly probability δ; whom
it deals with is not. An order with one chain in use and one to fall back on, one
firm each, is served in year t with probability (1−h)^t [1 + Σ_{s≤t} h (1−h)^{s−1} (1−δ)^{s−1}].

Takes: ``Orders`` (``ChainTable``: each order's chains and their cost, or any object with the same
``plan``, such as the planner's), ``Owners``. Gives: orders, yen, shares of runs.
Sources: as ``exits``; Diem et al. (2022) for the static index beside it (``systemic_risk``); that
ties in disuse fade: Burt, R. S. (2002), Bridge decay, Social Networks 24, pp. 333-363.
Checked against: with β_sales = 0 the exits are independent, and P(no survivor) = Π p_i; an order
with one chain fails with any of its firms; the two closed forms of renewal.
Limits: the orders are those at hand; no new ones come. A newcomer brings nothing that nobody could
do, and what the last firm could do is gone with it. Prices stay. A lost order loses its worth less
its cost (as much as it costs where no worth is stated).
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, say
from shuseki.language.names import some_of
from shuseki.reading.tables import read_table
from shuseki.results import Result, result
from shuseki.sources import USER, Source
from shuseki.sourcing.assumptions import check_within
from shuseki.sourcing.exits import (
    STATUSES,
    TYPICAL_EMPLOYEES,
    ExitHazard,
    Owners,
    cell_members,
    exit_probability,
    yearly_hazard,
)

__all__ = [
    "Cascade",
    "ChainTable",
    "Criticality",
    "Orders",
    "Plan",
    "Policy",
    "PolicyComparison",
    "Renewal",
    "cascade",
    "compare_policies",
    "criticality",
    "read_chains",
    "standard_policies",
]

SEPARATOR = ">"
MOST_RUNS = 100_000
HELPED = 5
"""Firms that a policy helps, unless said otherwise."""


class Plan(NamedTuple):
    """How the orders are served.

    ``cost_yen`` of each order, ``nan`` where lost, shape ``(o,)``; ``sales_yen`` of each firm,
    shape ``(n,)``; ``uses``, which firm serves which order, and ``paid_yen``, what it is paid,
    shape ``(o, n)``.
    """

    cost_yen: Floats
    sales_yen: Floats
    uses: Bools
    paid_yen: Floats


class Orders(Protocol):
    """Orders that can be planned with any set of firms."""

    @property
    def firms(self) -> tuple[str, ...]:
        """Names, in the order of every array of firms."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the orders."""

    @property
    def worth_yen(self) -> Floats:
        """What is lost with an order, besides its cost that is saved, shape ``(o,)``."""

    def plan(self, alive: Bools, before: Plan | None = None) -> Plan:
        """Serve every order as cheaply as the firms that are there allow.

        Parameters
        ----------
        alive
            Shape ``(n,)``; or ``(o, n)``, whom each order may still turn to.
        before
            A plan with more firms, of which chains that are whole may be kept.
        """


@dataclass(frozen=True, eq=False)
class ChainTable:
    """Orders whose possible chains are listed, each with its cost.

    Attributes
    ----------
    firms, names
        Of firms and orders.
    order
        Number of the order of each chain, shape ``(c,)``.
    uses
        Which firms a chain needs, shape ``(c, n)``.
    cost_yen
        Of each chain, shape ``(c,)``.
    worth_yen
        Of each order, shape ``(o,)``; a chain that costs more is not taken.
    """

    firms: tuple[str, ...]
    names: tuple[str, ...]
    order: Ints
    uses: Bools
    cost_yen: Floats
    worth_yen: Floats
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    _ranked: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # by order, then cost, then place in the table: the first usable chain is the plan
        ranked = np.lexsort((np.arange(len(self.order)), self.cost_yen, self.order))
        object.__setattr__(self, "_ranked", ranked)

    def plan(self, alive: Bools, before: Plan | None = None) -> Plan:
        """Serve every order by its cheapest whole chain."""
        del before  # looking at all chains at once is as fast
        there = alive if alive.ndim == 1 else alive[self.order]
        usable = ~(self.uses & ~there).any(axis=1) & (self.cost_yen <= self.worth_yen[self.order])
        ranked = self._ranked[usable[self._ranked]]
        served, first = np.unique(self.order[ranked], return_index=True)
        chosen = ranked[first]
        cost = np.full(len(self.names), np.nan)
        cost[served] = self.cost_yen[chosen]
        uses = np.zeros((len(self.names), len(self.firms)), dtype=bool)
        uses[served] = self.uses[chosen]
        shares = uses / np.maximum(uses.sum(axis=1, keepdims=True), 1)
        paid = np.nan_to_num(cost)[:, None] * shares  # in equal parts: the table does not say
        return Plan(cost, paid.sum(axis=0), uses, paid)

    def only(self, chains: Bools) -> "ChainTable":
        """The same orders with some of the chains, shape ``(c,)``."""
        return replace(
            self, order=self.order[chains], uses=self.uses[chains], cost_yen=self.cost_yen[chains]
        )

    def within(self, group: Mapping[str, str]) -> "ChainTable":
        """Only the chains whose firms are all of one group: no sharing between clusters."""
        unknown = [firm for firm in self.firms if firm not in group]
        if unknown:
            raise DataError(
                say(
                    "No group for {unknown}. Expected one for every firm. Add them.",
                    unknown=examples(unknown),
                )
            )
        number = np.unique([group[firm] for firm in self.firms], return_inverse=True)[1]
        low = np.where(self.uses, number, number.max() + 1).min(axis=1)
        high = np.where(self.uses, number, -1).max(axis=1)
        return self.only(low == high)


def read_chains(given: str | Path | pd.DataFrame, firms: Sequence[str] | None = None) -> ChainTable:
    """Read the possible chains of orders from a table.

    Parameters
    ----------
    given
        One row per chain: ``order``, ``chain`` (firms in their order, joined by ``>``),
        ``cost_yen``; optional ``worth_yen``, the same in all rows of an order.
    firms
        Every firm that may be named; those of the table by default.

    Raises
    ------
    DataError
        A cost that is no amount, two worths of one order, a chain without firms.
    UnknownCodeError
        A chain through a firm that is not in the list; the message names the row.
    """
    if isinstance(given, pd.DataFrame):
        table = given
    else:
        table = read_table(
            given,
            codes=["order", "chain"],
            numbers=["cost_yen", "worth_yen"],
            required=["cost_yen"],
        )
    missing = [name for name in ("order", "chain", "cost_yen") if name not in table]
    if missing or table.empty:
        raise DataError(
            say(
                "The table of chains has {n_table} rows, lacks {missing}. Expected order, chain, "
                "cost_yen and one row or more. Correct it.",
                n_table=len(table),
                missing=examples(missing) or say("nothing"),
            )
        )
    chains = [
        [part.strip() for part in str(cell).split(SEPARATOR) if part.strip()]
        for cell in table["chain"]
    ]
    empty = [row for row, chain in zip(table.index, chains, strict=True) if not chain]
    if empty:
        raise DataError(
            say(
                "No firms in the chains of rows {empty}. Expected names joined by {separator}, "
                "such as hub {separator} plater. Fill them in.",
                empty=examples(empty),
                separator=SEPARATOR,
            )
        )
    cost = table["cost_yen"].to_numpy(dtype=float)
    wrong: Bools = np.asarray(~(cost >= 0) | np.isinf(cost))
    if wrong.any():
        said = examples(
            say("{value:g} in row {row}", value=value, row=row)
            for row, value in zip(table.index[wrong], cost[wrong], strict=True)
        )
        raise DataError(
            say(
                "Costs that are no amounts: {said}. Expected yen ≥ 0. Correct them.",
                said=said,
            )
        )
    names = (
        tuple(firms)
        if firms is not None
        else tuple(dict.fromkeys(part for chain in chains for part in chain))
    )
    at = {name: k for k, name in enumerate(names)}
    nobody = [
        say("{value!r} in row {row}", value=part, row=row)
        for row, chain in zip(table.index, chains, strict=True)
        for part in chain
        if part not in at
    ]
    if nobody:
        raise UnknownCodeError(
            say(
                "Chains through firms that are not in the list: {nobody}. Expected firms such as "
                "{names}. Correct the name, or add the firm.",
                nobody=examples(nobody),
                names=examples(names[:2]),
            )
        )
    orders = tuple(dict.fromkeys(map(str, table["order"])))
    number = {name: k for k, name in enumerate(orders)}
    order = np.array([number[str(name)] for name in table["order"]], dtype=np.int64)
    uses = np.zeros((len(chains), len(names)), dtype=bool)
    for row, chain in enumerate(chains):
        uses[row, [at[part] for part in chain]] = True
    worth = np.full(len(orders), np.inf)
    if "worth_yen" in table:
        told = table["worth_yen"].to_numpy(dtype=float)
        for k, name in enumerate(orders):
            values = np.unique(told[(order == k) & ~np.isnan(told)])
            if len(values) > 1:
                raise DataError(
                    say(
                        "Order {name!r} has several worths: {values}. Expected one. Give the same "
                        "worth_yen in all its rows.",
                        name=name,
                        values=examples(values),
                    )
                )
            if len(values) == 1:
                worth[k] = values[0]
    notes: tuple[str, ...] = ()
    if np.isinf(worth).any():
        notes = (
            say(
                "Of {n:count(order)} no worth is stated: a lost one counts as what it costs now.",
                n=int(np.isinf(worth).sum()),
            ),
        )
    return ChainTable(names, orders, order, uses, cost, worth, notes, (USER,))


def _loss(before: Plan, after: Plan, worth: Floats) -> tuple[Ints, Floats, Floats]:
    """Orders lost (0 or 1), yen lost with them, cost increase of the others, ``(o,)`` each.

    An order that is served only after counts as yen won, where its worth is stated.
    """
    had, has = ~np.isnan(before.cost_yen), ~np.isnan(after.cost_yen)
    lost, won = had & ~has, ~had & has & np.isfinite(worth)
    stated = np.where(np.isinf(worth), 2 * before.cost_yen, worth)  # worth − cost = cost
    yen = np.where(lost, stated - before.cost_yen, 0.0)
    yen = np.where(won, after.cost_yen - worth, yen)
    dearer = np.where(had & has, after.cost_yen - before.cost_yen, 0.0)
    return lost.astype(np.int64), np.nan_to_num(yen), np.nan_to_num(dearer)


# ---- criticality ---------------------------------------------------------------------------------


@result
class Criticality(Result):
    """What is lost when a firm goes, times how likely it goes.

    Attributes
    ----------
    firms
        Shape ``(n,)``.
    orders_lost
        Orders that nobody else can serve, shape ``(n,)``.
    loss_yen, cost_increase_yen
        Worth less cost of the orders lost; rise in cost of the others, shape ``(n,)`` each.
    exit_probability
        Within ``years``, shape ``(n,)``.
    systemic_risk
        ESRI beside it, ``nan`` where not computed, shape ``(n,)``.
    """

    firms: tuple[str, ...]
    orders_lost: Ints
    loss_yen: Floats
    cost_increase_yen: Floats
    exit_probability: Floats
    systemic_risk: Floats
    years: int
    orders: int

    @property
    def expected_loss_yen(self) -> Floats:
        """Criticality: probability times loss and cost increase, shape ``(n,)``."""
        return self.exit_probability * (self.loss_yen + self.cost_increase_yen)

    def headline(self) -> Message:
        """The most critical firm, and how many orders hang on one firm."""
        ranked = self.ranked()
        if not ranked or not self.expected_loss_yen[ranked[0]]:
            return say(
                "no firm's exit loses any of {orders:,} orders or makes one dearer, n = "
                "{n:count(firm)}",
                orders=self.orders,
                n=len(self.firms),
            )
        top = ranked[0]
        single = int((self.orders_lost > 0).sum())
        return say(
            "{firm} is most critical: its exit loses {lost:count(order)} of {orders:,} and makes "
            "the rest ¥{dearer:,.0f} dearer; it leaves within {years:count(year)} with "
            "probability {p:.2f}. {single:count(firm)} cannot be replaced in some order, n = "
            "{n:count(firm)}",
            firm=self.firms[top],
            lost=int(self.orders_lost[top]),
            orders=self.orders,
            dearer=float(self.cost_increase_yen[top]),
            years=self.years,
            p=float(self.exit_probability[top]),
            single=single,
            n=len(self.firms),
        )

    def ranked(self) -> list[int]:
        """Numbers of firms, the most critical first, then by name."""
        return sorted(
            range(len(self.firms)), key=lambda k: (-self.expected_loss_yen[k], self.firms[k])
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm, the most critical first."""
        frame = pd.DataFrame(
            {
                "firm": self.firms,
                "orders_lost": self.orders_lost,
                "loss_yen": self.loss_yen,
                "cost_increase_yen": self.cost_increase_yen,
                "exit_probability_share": self.exit_probability,
                "expected_loss_yen": self.expected_loss_yen,
                "systemic_risk_share": self.systemic_risk,
            }
        )
        return frame.iloc[self.ranked()].reset_index(drop=True)


def criticality(
    orders: Orders,
    owners: Owners,
    *,
    parameters: ExitHazard | None = None,
    years: int = 5,
    systemic_risk: Mapping[str, float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Criticality:
    """Plan all orders again without each firm.

    Parameters
    ----------
    orders
        With their possible chains.
    owners
        Heads of the firms; every firm of the orders must be among them.
    systemic_risk
        ESRI by firm, to stand beside.

    Raises
    ------
    DataError
        A firm of the orders whose head is not given.
    """
    owners = _matched(orders, owners)
    chosen = ExitHazard() if parameters is None else parameters
    n = len(orders.firms)
    everyone = np.ones(n, dtype=bool)
    whole = orders.plan(everyone)
    lost, loss, dearer = np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)
    needed: Bools = np.asarray(whole.uses.any(axis=0))
    for k in range(n):
        if needed[k]:  # nobody misses a firm that serves nothing
            alive = everyone.copy()
            alive[k] = False
            gone, yen, more = _loss(whole, orders.plan(alive, whole), orders.worth_yen)
            lost[k], loss[k], dearer[k] = gone.sum(), yen.sum(), more.sum()
        if progress:
            progress(k + 1, n)
    index = np.array([(systemic_risk or {}).get(name, np.nan) for name in orders.firms])
    return Criticality(
        firms=orders.firms,
        orders_lost=lost,
        loss_yen=loss,
        cost_increase_yen=dearer,
        exit_probability=exit_probability(owners, chosen, years),
        systemic_risk=index,
        years=years,
        orders=len(orders.names),
        notes=(*_notes(orders), *owners.notes),
        sources=_sources(orders, owners),
    )


def _notes(orders: Orders) -> tuple[str, ...]:
    return tuple(getattr(orders, "notes", ()))


def _sources(orders: Orders, owners: Owners) -> tuple[Source, ...]:
    every = (*getattr(orders, "sources", ()), *owners.sources)
    return tuple(dict.fromkeys(every))


def _matched(orders: Orders, owners: Owners) -> Owners:
    """The heads in the order of the firms of the orders."""
    at = {name: k for k, name in enumerate(owners.firms)}
    missing = [name for name in orders.firms if name not in at]
    if missing:
        raise DataError(
            say(
                "Firms of the orders without a row of their own: {missing} ({n_missing} of "
                "{n_firms}). Expected each in the table of firms, its age left empty where "
                "unknown. Add them.",
                missing=examples(missing),
                n_missing=len(missing),
                n_firms=len(orders.firms),
            )
        )
    if not orders.names:
        raise DataError(say("No orders. Expected one or more. Add orders."))
    rows = [at[name] for name in orders.firms]
    return replace(
        owners,
        firms=orders.firms,
        age=owners.age[rows],
        status=owners.status[rows],
        employees=owners.employees[rows],
        cells=tuple(owners.cells[k] for k in rows) if owners.cells else (),
    )


# ---- cascade -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """What is done, and for whom.

    Attributes
    ----------
    name
        In words.
    successors
        Firms that find a successor.
    transfers
        Firms that are handed over when their head goes, with a probability ``takeover_share``.
    orders
        The orders as they can be planned under the policy, such as with a shared directory; those
        of the comparison by default.
    """

    name: Message
    successors: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    takeover_share: float = 1.0
    orders: Orders | None = None


@dataclass(frozen=True)
class Renewal:
    """What comes anew and what fades while nobody uses it, per year.

    Attributes
    ----------
    entry_share
        Newcomers per firm and year, 0 to 1. Of the enterprises of the bundled ``entry-exit-rates``
        2.7% (1991-1996) to 5.9% (1975-1981) a year were new; in metal and machinery fewer.
    fading_share
        Share of unused ties that is forgotten in a year, 0 to 1: an assumption. Of
        bankers' bridges Burt (2002) saw nine in ten go in a year; suppliers' ties last longer.
    age_at_entry
        Years of the head of a newcomer, whose firm is of typical size and for whom a successor is
        not yet a question.

    Raises
    ------
    ParameterError
        A share outside 0 to 1, or an age outside 15 to 110.
    """

    entry_share: float = 0.0
    fading_share: float = 0.0
    age_at_entry: float = 40.0

    def __post_init__(self) -> None:
        check_within(
            ("entry_share", self.entry_share, 0, 1),
            ("fading_share", self.fading_share, 0, 1),
            ("age_at_entry", self.age_at_entry, 15, 110),
        )

    @property
    def is_none(self) -> bool:
        """Whether nothing comes and nothing fades."""
        return not (self.entry_share or self.fading_share)

    def hazard(self, parameters: ExitHazard, years: int, lost_share: Floats) -> Floats:
        """Hazard of newcomers of so many years, at places that lost sales, shape ``(n,)``."""
        n = len(lost_share)
        status = np.tile([status == "too_early" for status in STATUSES], (n, 1)).astype(float)
        age = np.full(n, self.age_at_entry + years)
        return yearly_hazard(parameters, age, status, np.full(n, TYPICAL_EMPLOYEES), lost_share)


class Newcomers:
    """Firms that have come, by year of entry and by the firm whose work they can do.

    Parameters
    ----------
    n
        Firms at the start.
    orders
        Number of orders.
    years
        How far to look.
    rng
        Draws of this run: as many for every policy, so that policies are compared on the same ones.
    """

    def __init__(
        self, renewal: Renewal, n: int, orders: int, years: int, rng: np.random.Generator
    ) -> None:
        self.renewal, self.years, self.rng = renewal, years, rng
        self.count = np.zeros((years, n), dtype=np.int64)
        self.known = np.ones((orders, n), dtype=bool)
        # years of disuse after which each tie is forgotten: geometric, from one draw
        self.lasts = np.full((orders, n), np.inf)
        if renewal.fading_share:
            self.lasts = rng.geometric(renewal.fading_share, (orders, n)).astype(float)
        self.disused = np.zeros((orders, n))

    @property
    def total(self) -> Ints:
        """Newcomers that are there, shape ``(n,)``."""
        return np.asarray(self.count.sum(axis=0))

    def pass_year(
        self, year: int, parameters: ExitHazard, founders: Bools, lost_share: Floats
    ) -> None:
        """Let newcomers leave, and others come forth of those who are there as the year begins.

        Parameters
        ----------
        founders
            Which firms of the start are there, shape ``(n,)``.
        """
        leave = self.rng.random((self.years, len(founders)))
        come = self.rng.random(len(founders))
        before = self.total + founders
        for cohort in range(year):
            if self.count[cohort].any():
                hazard = self.renewal.hazard(parameters, year - cohort, lost_share)
                self.count[cohort] -= _binomial(leave[cohort], self.count[cohort], hazard)
        share = np.full(len(founders), self.renewal.entry_share)
        self.count[year] = _binomial(come, before, share)

    def forget(self, uses: Bools) -> None:
        """Count a year of disuse for ties that no order uses, shape ``(o, n)``."""
        self.disused += ~uses
        self.known &= uses | (self.disused < self.lasts)


def _binomial(uniform: Floats, count: Ints, share: Floats) -> Ints:
    """Successes of so many trials, from one uniform number each."""
    return np.asarray(scipy.stats.binom.ppf(uniform, count, share)).clip(0).astype(np.int64)


class Paths(NamedTuple):
    """Simulated years, shape ``(runs, years + 1)`` each, year 0 first; cells at the end.

    ``alive`` firms, ``new`` those among them that came, ``served`` orders, ``loss_yen`` of the year
    against year 0; ``empty_cells`` whether nobody is left, shape ``(runs, c)``; ``left``, whether
    each firm has gone, shape ``(runs, n)``.
    """

    alive: Ints
    new: Ints
    served: Ints
    loss_yen: Floats
    empty_cells: Bools
    left: Bools


def simulate(
    orders: Orders,
    owners: Owners,
    parameters: ExitHazard,
    policy: Policy,
    uniforms: Floats,
    status_uniforms: Floats,
    *,
    renewal: Renewal | None = None,
    seeds: Ints | None = None,
    reference: Plan | None = None,
    progress: Callable[[], None] | None = None,
) -> Paths:
    """Let firms leave and orders be planned anew, year by year.

    Parameters
    ----------
    uniforms
        One number in [0, 1) for each run, year and firm, shape ``(runs, years, n)``: the same for
        policies that are compared.
    status_uniforms
        One for each run and firm, shape ``(runs, n)``: which successor an unknown one is.
    renewal, seeds
        What comes and fades, nothing by default; with it, a seed for each run, shape ``(runs,)``.
    reference
        Plan against which losses are counted; that of the first year by default.
    """
    runs, years, n = uniforms.shape
    chosen = policy.orders if policy.orders is not None else orders
    helped = owners.with_successors(policy.successors)
    protected = np.isin(np.array(owners.firms, dtype=object), list(policy.transfers))
    whole = chosen.plan(np.ones(n, dtype=bool))
    base = whole if reference is None else reference
    _, member = cell_members(owners.cells, n)
    alive_path = np.zeros((runs, years + 1), dtype=np.int64)
    new_path = np.zeros((runs, years + 1), dtype=np.int64)
    served_path = np.zeros((runs, years + 1), dtype=np.int64)
    loss_path = np.zeros((runs, years + 1))
    empty = np.zeros((runs, member.shape[1]), dtype=bool)
    left = np.zeros((runs, n), dtype=bool)
    sales = np.where(whole.sales_yen > 0, whole.sales_yen, np.nan)
    cumulative = helped.status.cumsum(axis=1)
    start = _loss(base, whole, chosen.worth_yen)
    for run in range(runs):
        status = np.zeros_like(helped.status)
        drawn = (status_uniforms[run][:, None] >= cumulative).sum(axis=1)
        status[np.arange(n), np.minimum(drawn, status.shape[1] - 1)] = 1.0
        founders, plan = np.ones(n, dtype=bool), whole
        alive = founders
        others = None
        if renewal is not None and seeds is not None and not renewal.is_none:
            draws = np.random.default_rng(seeds[run])
            others = Newcomers(renewal, n, len(chosen.names), years, draws)
        alive_path[run, 0], served_path[run, 0] = n, int((~np.isnan(whole.cost_yen)).sum())
        loss_path[run, 0] = start[1].sum() + start[2].sum()
        for year in range(years):
            lost_share = np.clip(np.nan_to_num(1 - plan.sales_yen / sales), 0.0, 1.0)
            hazard = yearly_hazard(
                parameters, helped.age + year, status, helped.employees, lost_share
            )
            hazard = np.where(protected, hazard * (1 - policy.takeover_share), hazard)
            if others is not None:
                others.pass_year(year, parameters, founders, lost_share)
            founders = founders & ~(uniforms[run, year] < hazard)
            still = founders if others is None else founders | (others.total > 0)
            going, alive = alive & ~still, still
            if plan.uses[:, going].any():
                plan = chosen.plan(alive if others is None else alive & others.known, plan)
            if others is not None:
                others.forget(plan.uses)
                new_path[run, year + 1] = int(others.total.sum())
            _, yen, more = _loss(base, plan, chosen.worth_yen)
            alive_path[run, year + 1] = int(founders.sum()) + new_path[run, year + 1]
            served_path[run, year + 1] = int((~np.isnan(plan.cost_yen)).sum())
            loss_path[run, year + 1] = yen.sum() + more.sum()
        empty[run] = ~(member & alive[:, None]).any(axis=0)
        left[run] = ~alive
        if progress:
            progress()
    return Paths(alive_path, new_path, served_path, loss_path, empty, left)


@result
class Cascade(Result):
    """What follows when firms leave and orders are planned anew.

    Attributes
    ----------
    table
        One row per year: ``year``, mean and middle nine tenths over runs of ``firms`` left,
        ``orders`` served and ``loss_yen`` of the year.
    cells
        One row per process: share of runs in which nobody is left at the end.
    exits_alone_yen
        Loss of the last year with β_sales = 0, mean over runs: what does not spread.
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    exits_alone_yen: float
    runs: int
    firms: int
    orders: int

    def headline(self) -> Message:
        """Firms, orders and yen at the end."""
        last = self.table.iloc[-1]
        return say(
            "after {years:count(year)} {firms:.1f} of {all_firms:,} firms remain and "
            "{orders:.1f} of {all_orders:,} orders are served ({low:.0f} to {high:.0f}); the "
            "year's loss is ¥{loss:,.0f}, without spreading ¥{alone:,.0f}, n = {n:count(run)}",
            years=int(last["year"]),
            firms=float(last["firms"]),
            all_firms=self.firms,
            orders=float(last["orders"]),
            all_orders=self.orders,
            low=float(last["orders_low"]),
            high=float(last["orders_high"]),
            loss=float(last["loss_yen"]),
            alone=self.exits_alone_yen,
            n=self.runs,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per year."""
        return self.table.copy()


def cascade(
    orders: Orders,
    owners: Owners,
    *,
    parameters: ExitHazard | None = None,
    renewal: Renewal | None = None,
    years: int = 10,
    runs: int = 200,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cascade:
    """Simulate exits and plans, year by year.

    Parameters
    ----------
    renewal
        Firms that come and ties that fade; none by default.

    Raises
    ------
    DataError
        A firm of the orders whose head is not given.
    ParameterError
        Fewer than one year or two runs.
    """
    owners = _matched(orders, owners)
    chosen = ExitHazard() if parameters is None else parameters
    uniforms, status, seeds = _draws(len(owners), years, runs, rng)
    nothing = Policy(say("nothing is done"))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, 2 * runs)

    def follow(hazard: ExitHazard) -> Paths:
        return simulate(
            orders,
            owners,
            hazard,
            nothing,
            uniforms,
            status,
            renewal=renewal,
            seeds=seeds,
            progress=step,
        )

    paths = follow(chosen)
    alone = follow(replace(chosen, per_share_of_sales_lost=0.0))
    columns: dict[str, object] = {"year": np.arange(years + 1)}
    for name, values in (
        ("firms", paths.alive),
        ("orders", paths.served),
        ("loss_yen", paths.loss_yen),
    ):
        low, high = np.quantile(values, [0.05, 0.95], axis=0)
        stem, unit = (name, "") if name != "loss_yen" else ("loss", "_yen")
        columns[name] = values.mean(axis=0)
        columns[f"{stem}_low{unit}"] = low
        columns[f"{stem}_high{unit}"] = high
    names, member = cell_members(owners.cells, len(owners))
    cells = pd.DataFrame(
        {
            "process": names,
            "firms": member.sum(axis=0),
            "none_left_share": paths.empty_cells.mean(axis=0),
        }
    ).sort_values(["none_left_share", "process"], ascending=[False, True], ignore_index=True)
    return Cascade(
        table=pd.DataFrame(columns),
        cells=cells,
        exits_alone_yen=float(alone.loss_yen[:, -1].mean()),
        runs=runs,
        firms=len(owners),
        orders=len(orders.names),
        notes=(
            *_notes(orders),
            *owners.notes,
            say("Bands hold the middle nine tenths of {n:,} simulated runs.", n=runs),
            *_renewed(renewal, float(paths.new[:, -1].mean())),
        ),
        sources=_sources(orders, owners),
    )


def _renewed(renewal: Renewal | None, newcomers: float) -> tuple[Message, ...]:
    """What was assumed of newcomers and ties."""
    if renewal is None or renewal.is_none:
        return ()
    return (
        say(
            "Assumed: {entry:.1%} of firms a year bring forth a newcomer, and {fading:.1%} of "
            "unused ties are forgotten; at the end {n:.1f} firms are newcomers.",
            entry=renewal.entry_share,
            fading=renewal.fading_share,
            n=newcomers,
        ),
    )


def _draws(
    n: int, years: int, runs: int, rng: np.random.Generator | None
) -> tuple[Floats, Floats, Ints]:
    if not 1 <= years <= 50:
        raise ParameterError(
            say(
                "years = {years}. Expected 1 to 50. Choose another horizon.",
                years=years,
            )
        )
    if not 2 <= runs <= MOST_RUNS:
        raise ParameterError(
            say(
                "{runs:,} runs. Expected 2 to {most:,}, such as 200. Choose another number.",
                runs=runs,
                most=MOST_RUNS,
            )
        )
    rng = np.random.default_rng(0) if rng is None else rng
    seeds = deepcopy(rng).integers(2**62, size=runs)  # of a copy: other draws stay as they are
    return rng.random((runs, years, n)), rng.random((runs, n)), seeds


# ---- policies ------------------------------------------------------------------------------------


@result
class PolicyComparison(Result):
    """What policies save, against doing nothing, on the same draws.

    Attributes
    ----------
    table
        One row per policy: ``policy``, ``firms_helped``, ``orders_saved`` in the last year and
        ``saved_yen`` over all years, each with the ends of a 95% interval of the mean,
        ``exits_fewer``.
    """

    table: pd.DataFrame
    runs: int
    years: int

    def headline(self) -> Message:
        """The policy that saves most, and whether that is beyond the error of the simulation."""
        top = self.table.iloc[int(self.table["saved_yen"].to_numpy().argmax())]
        return say(
            "{policy} saves most: ¥{yen:,.0f} over {years:count(year)} (¥{low:,.0f} to "
            "¥{high:,.0f}), n = {n:count(run)}",
            policy=top["policy"],
            yen=float(top["saved_yen"]),
            low=float(top["saved_low_yen"]),
            high=float(top["saved_high_yen"]),
            years=self.years,
            n=self.runs,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per policy."""
        return self.table.copy()


def standard_policies(
    found: Criticality, owners: Owners, *, helped: int = HELPED, shared: Orders | None = None
) -> tuple[Policy, ...]:
    """Successor matching, transfer of critical firms, and a shared directory if there is one.

    Parameters
    ----------
    found
        Criticality of the firms: the most critical are helped first.
    owners
        Whose successor is decided needs none.
    helped
        How many firms each policy helps.
    shared
        The orders as they can be planned when clusters share their directories.

    Raises
    ------
    ParameterError
        Nobody is to be helped.
    """
    if helped < 1:
        raise ParameterError(
            say(
                "{helped} firms are to be helped. Expected 1 or more, such as 5.",
                helped=helped,
            )
        )
    decided = {name for name, row in zip(owners.firms, owners.status, strict=True) if row[0] == 1.0}
    ranked = [found.firms[k] for k in found.ranked()]
    policies = [
        Policy(
            say("successors for critical firms"),
            successors=tuple(name for name in ranked if name not in decided)[:helped],
        ),
        Policy(say("transfer of critical firms"), transfers=tuple(ranked[:helped])),
    ]
    if shared is not None:
        policies.append(Policy(say("shared directory"), orders=shared))
    return tuple(policies)


def compare_policies(
    orders: Orders,
    owners: Owners,
    policies: Sequence[Policy],
    *,
    parameters: ExitHazard | None = None,
    renewal: Renewal | None = None,
    years: int = 10,
    runs: int = 200,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PolicyComparison:
    """Simulate each policy on the draws of doing nothing.

    Parameters
    ----------
    renewal
        Firms that come and ties that fade under every policy; none by default.

    Raises
    ------
    DataError
        No policy; a policy for firms that are not there, or with other firms or orders.
    """
    owners = _matched(orders, owners)
    if not policies:
        raise DataError(say("No policy to compare. Expected one or more. Add a policy."))
    known = set(owners.firms)
    for policy in policies:
        unknown = [name for name in (*policy.successors, *policy.transfers) if name not in known]
        if unknown:
            raise DataError(
                say(
                    "Policy {policy!r} helps firms that are not there: {unknown}. Expected firms "
                    "of the orders. Correct the names.",
                    policy=policy.name,
                    unknown=examples(unknown),
                )
            )
        other = policy.orders
        if other is not None and (other.firms != orders.firms or other.names != orders.names):
            raise DataError(
                say(
                    "Policy {policy!r} has other firms or orders than doing nothing. Expected the "
                    "same, planned in another way. Plan the same orders.",
                    policy=policy.name,
                )
            )
    chosen = ExitHazard() if parameters is None else parameters
    uniforms, status, seeds = _draws(len(owners), years, runs, rng)
    whole = orders.plan(np.ones(len(owners), dtype=bool))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, runs * (1 + len(policies)))

    def run_policy(policy: Policy) -> Paths:
        return simulate(
            orders,
            owners,
            chosen,
            policy,
            uniforms,
            status,
            renewal=renewal,
            seeds=seeds,
            reference=whole,
            progress=step,
        )

    nothing = run_policy(Policy(say("nothing is done")))
    rows = []
    for policy in policies:
        paths = run_policy(policy)
        orders_saved = _interval(paths.served[:, -1] - nothing.served[:, -1])
        saved = _interval((nothing.loss_yen - paths.loss_yen)[:, 1:].sum(axis=1))
        rows.append(
            {
                "policy": str(policy.name),
                "firms_helped": len(policy.successors) + len(policy.transfers),
                "orders_saved": orders_saved[0],
                "orders_saved_low": orders_saved[1],
                "orders_saved_high": orders_saved[2],
                "saved_yen": saved[0],
                "saved_low_yen": saved[1],
                "saved_high_yen": saved[2],
                "exits_fewer": float((paths.alive[:, -1] - nothing.alive[:, -1]).mean()),
            }
        )
    return PolicyComparison(
        table=pd.DataFrame(rows).assign(
            policy=pd.Series([policy.name for policy in policies], dtype=object)
        ),
        runs=runs,
        years=years,
        notes=(
            *_notes(orders),
            *owners.notes,
            say(
                "Intervals: 95%, of the mean difference over {n:,} pairs of runs on the same "
                "draws; what is assumed may be off by more.",
                n=runs,
            ),
            *_renewed(renewal, float(nothing.new[:, -1].mean())),
            *(
                say("{policy}: {firms}", policy=policy.name, firms=some_of(chosen_firms))
                for policy in policies
                if (chosen_firms := (*policy.successors, *policy.transfers))
            ),
        ),
        sources=_sources(orders, owners),
    )


def _interval(difference: Floats | Ints) -> tuple[float, float, float]:
    """Mean of paired differences and its 95% interval."""
    mean = float(np.mean(difference))
    error = 1.96 * float(np.std(difference, ddof=1)) / np.sqrt(len(difference))
    return mean, mean - error, mean + error
