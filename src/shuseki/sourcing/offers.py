"""What would each firm take for each step, and what does it take to hand the part over?

For a firm that can do a step ::

    hours    = set-up + pieces · hours per piece · f^(10 - IT)      f: a grade finer takes longer
    yen      = hours · rate
    days     = wait until its free hours have added up to ``hours``  (or an assumed wait + work)
    risk     = -ln(1 - P(late))

and for a hand-over to another firm: transport and handling, the search for a firm with which there
is no tie, its distance, and the risk -ln(1 - P(exit)) that it closes while the parts are wanted.
Risks add up along a chain, so that exp(-risk) is the probability that nothing goes wrong.

Ties are those with the hub where the order has one (who takes the order deals with every firm),
else those between the firm before and the firm after. Numbers that the directory does not hold
are ``sourcing.assumptions``. Everything is rounded to ``UNITS``, so that sums are exact.

Takes an order, a directory and assumptions. Gives layers of nodes and arcs for ``sourcing.chains``,
with the four ``MEASURES``. What is computed depends on the directory that is given and on nothing
else: give the view that the reader may see.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Capability, Directory, Firm, Load
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, say
from shuseki.sourcing.assumptions import Assumption, Assumptions, draw_triangular
from shuseki.sourcing.courier import prefecture_of, transport
from shuseki.sourcing.matching import Attribute, Match, Step, match
from shuseki.sourcing.orders import Order, Place
from shuseki.sourcing.processes import is_kind_of

__all__ = [
    "MEASURES",
    "UNITS",
    "Candidate",
    "Held",
    "Layers",
    "Measure",
    "Mode",
    "Offers",
    "Refusal",
    "check_directory",
    "check_homes",
    "offers",
    "offers_of",
    "week_of",
]

Measure: TypeAlias = Literal["cost_yen", "days", "risk", "distance_km"]
Mode: TypeAlias = Literal["wide", "inside", "insource"]
MEASURES: tuple[Measure, ...] = ("cost_yen", "days", "risk", "distance_km")
"""What adds up along a chain."""
UNITS = np.array([1.0, 0.01, 1e-4, 0.1])
"""Everything is rounded to these: yen, days, risk, km."""
BASE_GRADE = 10
"""Grade of tolerance for which hours per piece are declared."""
WEEK = 7.0
WORKING = 5.0
MOST_HOURS = 10_000.0
ARCS = 15_000_000
"""Most hand-overs of one order that are weighed."""
CANDIDATES = 2500
"""Most firms that are weighed for one step."""
UNKNOWN_NOTED = 0.4
"""Share of firms refused for what they did not declare from which on an answer says so first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm that can do a step, by which of its capabilities.

    Attributes
    ----------
    firm
        Number of the firm in ``Offers.firms``.
    bought
        The hub does not have the machine: it would buy it.
    ask
        Attributes that the firm did not declare and must be asked for.
    """

    firm: int
    capability: Capability
    bought: bool = False
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A firm that does such work and was refused for a step.

    Attributes
    ----------
    attributes
        Those that conflict, or that are unknown.
    """

    step: str
    firm: str
    verdict: Literal["unknown", "conflict"]
    attributes: tuple[Attribute, ...]
    reason: Message


@dataclass(frozen=True, eq=False)
class Layers:
    """The graph of one order: each layer holds the states after so many steps.

    Attributes
    ----------
    nodes
        Costs in each measure, each of shape ``(n_k, 4)``.
    arcs
        Each of shape ``(n_k, n_k+1, 4)``.
    step
        Number of the step of each node, each of shape ``(n_k,)``.
    candidate
        Number of the node among the candidates of that step, each of shape ``(n_k,)``.
    firm
        Number of the firm of each node, each of shape ``(n_k,)``.
    """

    nodes: list[Floats]
    arcs: list[Floats]
    step: list[Ints]
    candidate: list[Ints]
    firm: list[Ints]

    def of(self, measures: Sequence[Measure]) -> tuple[list[Floats], list[Floats]]:
        """Nodes and arcs in some of the measures."""
        at = [MEASURES.index(one) for one in measures]
        return [one[..., at] for one in self.nodes], [one[..., at] for one in self.arcs]

    def without(self, firm: int) -> "Layers":
        """The graph without a firm."""
        return self.allowing_nodes([one != firm for one in self.firm])

    def allowing(self, allowed: Bools) -> "Layers":
        """The graph of some firms, shape ``(firms,)``."""
        return self.allowing_nodes([allowed[one] for one in self.firm])

    def allowing_nodes(self, keep: Sequence[Bools]) -> "Layers":
        """The graph of some nodes, one array of flags for each layer."""
        return Layers(
            [one[k] for one, k in zip(self.nodes, keep, strict=True)],
            [one[np.ix_(k, m)] for one, k, m in zip(self.arcs, keep[:-1], keep[1:], strict=True)],
            [one[k] for one, k in zip(self.step, keep, strict=True)],
            [one[k] for one, k in zip(self.candidate, keep, strict=True)],
            [one[k] for one, k in zip(self.firm, keep, strict=True)],
        )


@dataclass(frozen=True, eq=False)
class Offers:
    """Who can do which step of an order, ready to be priced under any assumptions.

    Attributes
    ----------
    firms
        The firms that can do some step, in order of their keys.
    candidates
        Of each step.
    refused
        Firms that do such work and were refused.
    mode
        Which firms may be in a chain.
    """

    order: Order
    firms: tuple[Firm, ...]
    candidates: tuple[tuple[Candidate, ...], ...]
    refused: tuple[Refusal, ...]
    mode: Mode
    loads: dict[str, tuple[Load, ...]]
    ties: frozenset[tuple[str, str]]
    delivery: dict[str, float]
    start: Place | None
    end: Place | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the steps that nobody can do."""
        return tuple(
            one.name for one, who in zip(self.order.steps, self.candidates, strict=True) if not who
        )

    def layers(self, assumptions: Assumptions, rng: np.random.Generator | None = None) -> Layers:
        """Price every offer and every hand-over.

        Parameters
        ----------
        assumptions
            What stands in for what is not known.
        rng
            Draws, for each firm on its own, what that firm did not declare; without it every firm
            is given the value.
        """
        nodes = [self._step_costs(k, assumptions, rng) for k in range(len(self.candidates))]
        between, start, end = self._hand_overs(assumptions)
        who = [np.array([c.firm for c in many], dtype=np.int64) for many in self.candidates]
        premium = self._premium(assumptions)
        states = self.order.sequences()
        self._check_size(states, who)
        layers: list[Floats] = []
        arcs: list[Floats] = []
        steps: list[Ints] = []
        numbers: list[Ints] = []
        firms: list[Ints] = []
        for r, layer in enumerate(states):
            own = [nodes[last] for _, last in layer]
            if r == 0:
                own = [
                    one + start[who[last]] + _priced(one, premium[0][who[last]])
                    for one, (_, last) in zip(own, layer, strict=True)
                ]
            if r == len(states) - 1:
                own = [one + end[who[last]] for one, (_, last) in zip(own, layer, strict=True)]
            layers.append(_rounded(np.concatenate(own)))
            steps.append(np.concatenate([np.full(len(who[s]), s) for _, s in layer]))
            numbers.append(np.concatenate([np.arange(len(who[s])) for _, s in layer]))
            firms.append(np.concatenate([who[s] for _, s in layer]))
            if r:
                arcs.append(
                    _rounded(
                        np.concatenate(
                            [
                                np.concatenate(
                                    [
                                        self._arcs(a, b, who, nodes, between, premium[1])
                                        for b in layer
                                    ],
                                    axis=1,
                                )
                                for a in states[r - 1]
                            ]
                        )
                    )
                )
        return Layers(layers, arcs, steps, numbers, firms)

    def _check_size(self, states: Sequence[Sequence[tuple[int, int]]], who: list[Ints]) -> None:
        """Refuse a graph that does not fit into memory."""
        nodes = [sum(len(who[last]) for _, last in layer) for layer in states]
        arcs = sum(a * b for a, b in pairwise(nodes))
        if arcs > ARCS:
            raise ParameterError(
                say(
                    "Order {id!r}: {arcs:,} hand-overs are possible (steps in any sequence: "
                    "{n_states}, firms for a step: up to {largest_candidates:,}). Expected at "
                    "most {arcs_2:,}. Say with after = [...] which steps come first, ask for more "
                    "(material, size, tolerance), or give fewer clusters.",
                    id=self.order.id,
                    arcs=arcs,
                    n_states=len(states[-1]) > 1,
                    largest_candidates=max(map(len, self.candidates)),
                    arcs_2=ARCS,
                )
            )

    def hours(
        self, step: int, assumptions: Assumptions, rng: np.random.Generator | None = None
    ) -> Floats:
        """Hours of each candidate of a step, shape ``(n,)``."""
        many = self.candidates[step]
        order = self.order
        wanted = order.steps[step].step
        setup = _declared(many, "setup_hours", assumptions, rng)
        each = _declared(many, "hours_per_piece", assumptions, rng)
        grade = wanted.required_grade
        finer = max(0, BASE_GRADE - grade) if grade is not None else 0
        factor = assumptions.of("time_factor_per_grade", wanted.process) ** finer
        return np.asarray(setup + order.quantity * each * factor)

    def rates(
        self, step: int, assumptions: Assumptions, rng: np.random.Generator | None = None
    ) -> Floats:
        """Yen per hour of each candidate of a step, shape ``(n,)``."""
        many = self.candidates[step]
        rate = _declared(many, "rate_yen_per_hour", assumptions, rng)
        bought = np.array([c.bought for c in many], dtype=bool)
        if bought.any():
            rate = rate + np.where(bought, machine_yen_per_hour(many, assumptions), 0.0)
        return np.asarray(rate)

    # ---- parts of the arithmetic ---------------------------------------------------------------

    def _step_costs(
        self, step: int, assumptions: Assumptions, rng: np.random.Generator | None
    ) -> Floats:
        """Yen, days, risk of being late, and no km, of each candidate, shape ``(n, 4)``."""
        many = self.candidates[step]
        hours = self.hours(step, assumptions, rng)
        work = hours / assumptions["hours_per_day"] * WEEK / WORKING
        wait = _drawn_or_value(assumptions.at("queue_days"), len(many), rng)
        days = wait + work
        for k, candidate in enumerate(many):
            loads = self.loads.get(self.firms[candidate.firm].key, ())
            if loads and not candidate.bought:
                done = _days_of_load(
                    loads, candidate.capability.process, self.order.placed, hours[k]
                )
                if done is not None:
                    days[k] = max(done, work[k])
        late = _drawn_or_value(assumptions.at("late_share"), len(many), rng)
        worst, best = assumptions["late_share_at_1"], assumptions["late_share_at_5"]
        for k, candidate in enumerate(many):
            rated = self.delivery.get(self.firms[candidate.firm].key)
            if rated is not None:
                late[k] = worst + (best - worst) * (rated - 1) / 4
        yen = hours * self.rates(step, assumptions, rng)
        return np.stack([yen, days, _risk(late), np.zeros(len(many))], axis=1)

    def _hand_overs(self, assumptions: Assumptions) -> tuple[Floats, Floats, Floats]:
        """Costs between firms, from the origin and to the destination."""
        order, n = self.order, len(self.firms)
        places, prefecture = self._places
        size = _size(order)
        weight = order.weight_kg
        if weight is None:
            cube = (size or assumptions["size_mm"]) / 1000
            weight = (
                cube**3
                * assumptions["fill_share"]
                * assumptions["density_kg_per_m3"]
                * order.quantity
            )
        names = (
            "own_van_km",
            "own_van_yen",
            "own_van_days",
            "courier_factor",
            "courier_elsewhere_yen",
            "courier_km_per_day",
            "lorry_yen",
            "lorry_yen_per_km",
            "unknown_km",
        )
        yen, days, km = transport(
            places,
            prefecture,
            weight_kg=weight,
            size_mm=size,
            **{name: assumptions[name] for name in names},
        )
        moved = np.stack([yen, days, np.zeros_like(yen), km], axis=2)
        start = np.zeros((n, 4)) if self.start is None else moved[n, :n].copy()
        end = np.zeros((n, 4)) if self.end is None else moved[:n, n + 1].copy()
        between = moved[:n, :n]
        between[..., 0] += assumptions["handling_yen"]
        new_hub, new_pair = self._new_ties
        between[..., 0] += assumptions["new_tie_yen"] * new_pair
        between[..., 1] += assumptions["new_tie_days"] * new_pair
        start[:, 0] += assumptions["new_tie_yen"] * new_hub
        start[:, 1] += assumptions["new_tie_days"] * new_hub
        exit_risk = _risk(self._exit(assumptions))
        between[..., 2] += exit_risk[None, :]
        start[:, 2] += exit_risk
        between[np.arange(n), np.arange(n)] = 0.0
        return between, start, end

    @cached_property
    def _places(self) -> tuple[Floats, list[str]]:
        """Degrees and prefecture of each firm, of the origin and of the destination."""
        ends = [Place() if place is None else place for place in (self.start, self.end)]
        degrees = [(one.latitude, one.longitude) for one in self.firms]
        degrees += [(one.latitude, one.longitude) for one in ends]
        places: Floats = np.array(
            [[np.nan if x is None else x for x in pair] for pair in degrees], dtype=np.float64
        )
        prefecture = [
            prefecture_of(one.municipality, one.address, one.latitude, one.longitude)
            for one in self.firms
        ]
        prefecture += [
            prefecture_of(one.municipality, "", one.latitude, one.longitude) for one in ends
        ]
        return places, prefecture

    @cached_property
    def _new_ties(self) -> tuple[Bools, Bools]:
        """Whether a firm has no tie with the hub, ``(n,)``, and whether two firms have none."""
        keys = [firm.key for firm in self.firms]
        n = len(keys)
        if self.order.hub:
            none = np.array(
                [key != self.order.hub and (self.order.hub, key) not in self.ties for key in keys],
                dtype=bool,
            )
            return none, np.broadcast_to(none[None, :], (n, n))
        at = {key: k for k, key in enumerate(keys)}
        new = np.ones((n, n), dtype=bool)
        for a, b in self.ties:
            if a in at and b in at:
                new[at[a], at[b]] = False
        return np.zeros(n, dtype=bool), new

    def _premium(self, assumptions: Assumptions) -> tuple[Floats, Floats]:
        """Share of the price added for a new tie or taken off for an old one."""
        more, less = assumptions["new_tie_premium_share"], assumptions["tie_discount_share"]
        new_hub, new_pair = self._new_ties
        if not self.order.hub:
            return np.zeros(len(self.firms)), np.where(new_pair, more, -less)
        own = np.array([firm.key == self.order.hub for firm in self.firms], dtype=bool)
        hub = np.where(own, 0.0, np.where(new_hub, more, -less))
        return hub, np.broadcast_to(hub[None, :], new_pair.shape)

    def _exit(self, assumptions: Assumptions) -> Floats:
        """Probability that a firm closes while the parts are wanted, shape ``(n,)``."""
        years = assumptions["exit_horizon_years"]
        usual, old = assumptions["exit_per_year"], assumptions["exit_per_year_old"]
        age = assumptions["old_age"]
        hazard = np.array(
            [
                old
                if firm.owner_age is not None
                and firm.owner_age >= age
                and firm.successor in ("undecided", "will_close", "unknown")
                else usual
                for firm in self.firms
            ]
        )
        return np.asarray(1 - (1 - np.minimum(hazard, 0.999)) ** years).reshape(len(self.firms))

    def _arcs(
        self,
        before: tuple[int, int],
        after: tuple[int, int],
        who: list[Ints],
        nodes: list[Floats],
        between: Floats,
        premium: Floats,
    ) -> Floats:
        """Costs from the candidates of one state to those of the next, forbidden where unfit."""
        (done, a), (then, b) = before, after
        if then != done | 1 << b or done >> b & 1:
            return np.full((len(who[a]), len(who[b]), 4), np.inf)
        at = np.ix_(who[a], who[b])
        arcs = between[at].copy()
        share = premium[at]
        if share.any():
            arcs[..., 0] += share * nodes[b][None, :, 0]
        return arcs


def _priced(nodes: Floats, share: Floats) -> Floats:
    extra = np.zeros_like(nodes)
    extra[:, 0] = nodes[:, 0] * share
    return extra


def _rounded(costs: Floats) -> Floats:
    """Whole numbers of ``UNITS``; what is below zero (a discount beyond the price) is zero."""
    return np.asarray(np.maximum(np.round(costs / UNITS), 0.0))


def _risk(probability: Floats) -> Floats:
    return np.asarray(-np.log1p(-np.minimum(probability, 0.9999)))


def _size(order: Order) -> float | None:
    sizes = [one.step.size_mm for one in order.steps if one.step.size_mm is not None]
    return order.size_mm if order.size_mm is not None else max(sizes, default=None)


def _declared(
    many: Sequence[Candidate],
    name: str,
    assumptions: Assumptions,
    rng: np.random.Generator | None,
) -> Floats:
    """What each firm declares, with what is assumed where it declares nothing."""
    stated = [getattr(candidate.capability, name) for candidate in many]
    values = np.array([np.nan if x is None else x for x in stated], dtype=float)
    silent = ~np.isfinite(values)
    processes = np.array([candidate.capability.process for candidate in many])
    for process in np.unique(processes[silent]):
        at = np.flatnonzero(silent & (processes == process))
        values[at] = _drawn_or_value(assumptions.at(name, str(process)), len(at), rng)
    return values


def _drawn_or_value(row: Assumption, count: int, rng: np.random.Generator | None) -> Floats:
    return np.full(count, row.value) if rng is None else draw_triangular(rng, row, count)


def machine_yen_per_hour(many: Sequence[Candidate], assumptions: Assumptions) -> Floats:
    """What an hour of a machine costs that the hub would buy, shape ``(n,)``."""
    yearly = 1 / assumptions["machine_years"] + assumptions["interest_share"]
    hours = assumptions["machine_hours_per_year"] * assumptions["machine_used_share"]
    price = np.array([assumptions.of("machine_yen", c.capability.process) for c in many])
    return np.asarray(price * yearly / hours)


def week_of(day: date) -> date:
    """Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def _days_of_load(loads: Sequence[Load], process: str, placed: date, hours: float) -> float | None:
    """Days until the free hours of a firm have added up, or ``None`` where they never do."""
    own = [one for one in loads if one.process and is_kind_of(process, one.process)]
    chosen = own or [one for one in loads if not one.process]
    left = hours
    for one in chosen:
        begins = (one.week - placed).days
        if begins + WEEK <= 0 or one.free_hours <= 0:
            continue
        if one.free_hours >= left:
            return max(begins, 0) + WEEK * left / one.free_hours
        left -= one.free_hours
    return None


# ---- who can do what -----------------------------------------------------------------------------


def check_homes(orders: Sequence[Order], directory: Directory) -> None:
    """Refuse orders of a cluster, or of a hub, that the directory does not hold.

    Raises
    ------
    UnknownCodeError
        The order is named, with the clusters that there are.
    """
    clusters = sorted({firm.cluster for firm in directory.firms})
    keys = frozenset(directory.keys)
    for order in orders:
        if order.cluster and order.cluster not in clusters:
            raise UnknownCodeError(
                say(
                    "Order {order!r} is of the cluster {cluster!r}. Expected one of the directory: "
                    "{clusters}. Correct cluster, or leave it out.",
                    order=order.id,
                    cluster=order.cluster,
                    clusters=examples(clusters, 12),
                )
            )
        if order.hub and order.hub not in keys:
            raise UnknownCodeError(
                say(
                    "Order {order!r} has the hub {hub!r}. Expected a firm of the directory, such "
                    "as {firms}. Correct hub, or leave it out.",
                    order=order.id,
                    hub=order.hub,
                    firms=examples(sorted(keys)[:2]),
                )
            )


def check_directory(directory: Directory) -> None:
    """Refuse a directory whose capabilities or free hours contradict themselves.

    Raises
    ------
    DataError
        Sizes or lots of which the least is above the most, hours or rates below zero, free hours
        below zero; firm and value are named.
    """
    faults: list[str] = []
    for c in directory.capabilities:
        for low, high in (("size_min_mm", "size_max_mm"), ("lot_min", "lot_max")):
            least, most = getattr(c, low), getattr(c, high)
            if least is not None and most is not None and least > most:
                faults.append(
                    say(
                        "{firm}, {process}: {low} = {least} is above {high} = {most}",
                        firm=c.firm,
                        process=c.process,
                        low=low,
                        least=least,
                        high=high,
                        most=most,
                    )
                )
        for name in ("setup_hours", "hours_per_piece", "rate_yen_per_hour"):
            value = getattr(c, name)
            if value is not None and value < 0:
                faults.append(
                    say(
                        "{firm}, {process}: {name} = {value} is below zero",
                        firm=c.firm,
                        process=c.process,
                        name=name,
                        value=value,
                    )
                )
    faults += [
        say(
            "{firm}, week of {week}: free_hours = {hours}",
            firm=load.firm,
            week=load.week,
            hours=load.free_hours,
        )
        for load in directory.loads
        if not 0 <= load.free_hours < MOST_HOURS
    ]
    for rating in directory.ratings:
        value = rating.delivery
        if value is not None and not 1 <= value <= 5 and not np.isnan(value):
            faults.append(
                say(
                    "{firm}, order {order}: delivery = {value}",
                    firm=rating.firm,
                    order=rating.order,
                    value=value,
                )
            )
    if faults:
        raise DataError(
            say(
                "Contradictory or impossible records ({n_faults}): {faults}. Expected a least "
                "that is not above the most, hours, rates and free hours of 0 or more, and "
                "ratings of 1 to 5. Correct these records.",
                n_faults=len(faults),
                faults=joined(faults[:5], "; "),
            )
        )


def offers(order: Order, directory: Directory, *, mode: Mode = "wide") -> Offers:
    """Find who can do which step.

    Parameters
    ----------
    mode
        ``wide``: all firms; ``inside``: those of the order's cluster, or of its hub's;
        ``insource``: the hub, which buys the machines that it lacks.

    Raises
    ------
    ParameterError
        The mode needs a hub or a cluster that the order does not name.
    UnknownCodeError
        The hub, the cluster or a place is not there.
    DataError
        See ``check_directory``.
    """
    return offers_of(order, Held.of(directory), mode=mode)


@dataclass(frozen=True, eq=False)
class Held:
    """A directory that was checked and sorted once, for many orders.

    Attributes
    ----------
    directory
        As given.
    firms
        Key → firm.
    capabilities
        Process → capabilities, in an order that does not depend on that of the rows.
    ties
        Pairs of keys, each in both directions.
    loads
        Key → free hours by week.
    delivery
        Key → mean of how its deliveries were rated.
    """

    directory: Directory
    firms: dict[str, Firm]
    capabilities: dict[str, list[Capability]]
    ties: frozenset[tuple[str, str]]
    loads: dict[str, tuple[Load, ...]]
    delivery: dict[str, float]

    @classmethod
    def of(cls, directory: Directory) -> "Held":
        """Check it and sort it.

        Raises
        ------
        DataError
            See ``check_directory``.
        """
        check_directory(directory)
        by_process: dict[str, list[Capability]] = defaultdict(list)
        for capability in sorted(directory.capabilities, key=_canonical):
            by_process[capability.process].append(capability)
        return cls(
            directory,
            {firm.key: firm for firm in directory.firms},
            dict(by_process),
            frozenset(
                pair
                for tie in directory.ties
                for pair in ((tie.source, tie.target), (tie.target, tie.source))
            ),
            _loads(directory),
            _delivery(directory),
        )


def offers_of(order: Order, held: Held, *, mode: Mode = "wide", refusals: bool = True) -> Offers:
    """Find who can do which step, of a directory that was checked; as ``offers``.

    Parameters
    ----------
    refusals
        Whether to say of each firm that cannot do a step why.
    """
    if order.hub and order.hub not in held.firms:
        raise UnknownCodeError.among("firm", [order.hub], list(held.firms))
    allowed = _who(order, held.directory, mode)
    refused: list[Refusal] = []
    able: list[list[tuple[Capability, bool, tuple[str, ...]]]] = []
    for one in order.steps:
        fits: list[tuple[Capability, bool, tuple[str, ...]]] = []
        for key, own in sorted(_matched(order, one.step, held, allowed).items()):
            chosen, refusal = _choose(order, one.name, key, own, refusals)
            if chosen is not None:
                fits.append((chosen[0], False, chosen[1]))
            if refusal is not None:
                refused.append(refusal)
        if mode == "insource" and not fits:
            fits = [(Capability(order.hub, one.step.process), True, ())]
        if len(fits) > CANDIDATES:
            raise ParameterError(
                say(
                    "{n_fits:,} firms can do step {one!r} of order {id!r}. Expected at most "
                    "{candidates:,}. Ask for more (material, size, tolerance), or give fewer "
                    "clusters.",
                    n_fits=len(fits),
                    one=one.name,
                    id=order.id,
                    candidates=CANDIDATES,
                )
            )
        able.append(fits)
    used = sorted({c.firm for fits in able for c, *_ in fits})
    number = {key: k for k, key in enumerate(used)}
    return Offers(
        order=order,
        firms=tuple(held.firms[key] for key in used),
        candidates=tuple(
            tuple(Candidate(number[c.firm], c, bought, ask) for c, bought, ask in fits)
            for fits in able
        ),
        refused=tuple(refused),
        mode=mode,
        loads={key: held.loads[key] for key in used if key in held.loads},
        ties=held.ties,
        delivery={key: held.delivery[key] for key in used if key in held.delivery},
        start=order.place_of(order.origin or order.hub or None, held.directory),
        end=order.place_of(order.destination or order.hub or None, held.directory),
    )


def _who(order: Order, directory: Directory, mode: Mode) -> set[str]:
    """Keys of the firms that may be in a chain."""
    if mode == "wide":
        return set(directory.keys)
    if mode == "insource":
        if not order.hub:
            raise ParameterError(
                say(
                    "Order {id!r} names no hub, whose own work insourcing would be. Expected hub "
                    '= "cluster/id". Name the firm that takes the order.',
                    id=order.id,
                )
            )
        return {order.hub}
    if mode != "inside":
        raise ParameterError(
            say(
                "mode = {mode!r}. Expected wide, inside or insource. Choose one.",
                mode=mode,
            )
        )
    cluster = order.cluster or order.hub.partition("/")[0]
    clusters = sorted({firm.cluster for firm in directory.firms})
    if not cluster:
        raise ParameterError(
            say(
                "Order {id!r} names neither a cluster nor a hub. Expected one for mode inside: "
                "{clusters}. Add cluster = …",
                id=order.id,
                clusters=examples(clusters),
            )
        )
    if cluster not in clusters:
        raise UnknownCodeError.among("cluster", [cluster], clusters)
    return {firm.key for firm in directory.firms if firm.cluster == cluster}


def _matched(
    order: Order, step: Step, held: Held, allowed: set[str]
) -> dict[str, list[tuple[Capability, Match]]]:
    """Capabilities of the kind that a step asks for, held against it, by firm."""
    found: dict[str, list[tuple[Capability, Match]]] = defaultdict(list)
    for process, many in held.capabilities.items():
        if is_kind_of(process, step.process) or is_kind_of(step.process, process):
            for c in many:
                if c.firm in allowed:
                    found[c.firm].append((c, match(c, step, on=order.due)))
    return found


def _canonical(c: Capability) -> tuple[str, ...]:
    """An order that does not depend on the order of rows."""
    return (c.firm, c.process, repr(c))


def _choose(
    order: Order, step: str, key: str, own: Sequence[tuple[Capability, Match]], refusals: bool
) -> tuple[tuple[Capability, tuple[str, ...]] | None, Refusal | None]:
    """The capability by which a firm does a step, or why it does not."""
    fit = [c for c, m in own if m.verdict == "ok"]
    if fit:
        return (min(fit, key=_worth), ()), None
    unknown = [(c, m) for c, m in own if m.verdict == "unknown"]
    if unknown:
        c, m = min(unknown, key=lambda pair: (len(pair[1].failing), *_worth(pair[0])))
        missing = tuple(check.attribute for check in m.failing)
        if order.unknown == "ask" and "process" not in missing:
            return (c, missing), None
        if not refusals:
            return None, None
        return None, Refusal(step, key, "unknown", missing, m.failing[0].reason)
    if not refusals:
        return None, None
    c, m = min(own, key=lambda pair: (len(pair[1].failing), *_worth(pair[0])))
    wrong = tuple(check.attribute for check in m.failing if check.verdict == "conflict")
    return None, Refusal(step, key, "conflict", wrong, m.failing[0].reason)


def _worth(c: Capability) -> tuple[float, float, str]:
    """Cheapest first; what declares no price comes after what does."""
    rate = np.inf if c.rate_yen_per_hour is None else c.rate_yen_per_hour
    each = np.inf if c.hours_per_piece is None else c.hours_per_piece
    return (float(rate * each) if rate * each == rate * each else np.inf, float(rate), repr(c))


def _loads(directory: Directory) -> dict[str, tuple[Load, ...]]:
    loads: dict[str, list[Load]] = defaultdict(list)
    for one in directory.loads:
        loads[one.firm].append(one)
    return {
        key: tuple(sorted(many, key=lambda one: (one.week, one.process, one.free_hours)))
        for key, many in loads.items()
    }


def _delivery(directory: Directory) -> dict[str, float]:
    """Mean of how the deliveries of each firm were rated."""
    given: dict[str, list[float]] = defaultdict(list)
    for one in directory.ratings:
        if one.delivery is not None and not np.isnan(one.delivery):
            given[one.firm].append(one.delivery)
    return {key: sum(sorted(many)) / len(many) for key, many in given.items()}
