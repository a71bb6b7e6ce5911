"""Which chain of firms should make an order, what would another cost, and why these?

Every chain that no other chain dominates in cost, days, risk (or distance) is found exactly
(``sourcing.chains``) among the firms that a mode allows: all (*wide*), those of one cluster
(*inside*), or the hub alone, which buys the machines that it lacks (*insource*). From the front up
to seven chains are shown: the cheapest that arrives in time, the best in each objective, the knee
(least distance from the best in all, each objective scaled by its range on the front), and then
those that differ most from what is already shown. Of each firm of a chain it is said what the best
chain without it costs more; of each firm that is not in any, why not.

The *price of locality* is what the cheapest chain in time inside the cluster costs more than the
one over a wide area. The *share of draws* is how often, with every assumption drawn from its range,
no other chain is as good in all objectives and better in one (of the recommended chain: none that
arrives in time is cheaper).

Takes an order, a directory (the view that the reader may see: nothing else is looked at) and
assumptions. Gives yen, days from placing to arrival, risk as the probability that a firm of the
chain closes or is late, and km. Limits: a match says what firms declared; prices and days without
data are assumptions; capacity is that of one order alone (many orders: ``sourcing.capacity``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Directory
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import Message, joined, listed, say, word
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.chains import (
    MARTINS_1984,
    NAMOA_2010,
    Front,
    beaten,
    best_chains,
    cheapest_through,
    pareto_chains,
)
from shuseki.sourcing.courier import TARIFF
from shuseki.sourcing.matching import ATTRIBUTES
from shuseki.sourcing.offers import (
    MEASURES,
    UNITS,
    UNKNOWN_NOTED,
    Held,
    Layers,
    Measure,
    Mode,
    Offers,
    Refusal,
    offers,
    offers_of,
)
from shuseki.sourcing.orders import Order

__all__ = [
    "Chain",
    "Locality",
    "Plan",
    "Stop",
    "Valuation",
    "Without",
    "locality",
    "plan",
    "valuation",
    "value",
]

SHOWN = 7
"""Chains that are shown of a front."""
DRAWS = 20
MOST_DRAWS = 10_000
OBJECTIVES: tuple[Measure, ...] = ("cost_yen", "days", "risk")
UNUSED = 50
"""Firms that could and are in no chain of the front, listed with the nearest first."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One step at one firm.

    Attributes
    ----------
    cluster, latitude, longitude
        Of the firm; for the map.
    cost_yen, days
        Of the step, with the hand-over before it; that of the first has the way from the origin.
    ask
        Attributes that the firm did not declare and must be asked for.
    bought
        The hub would buy the machine.
    """

    step: str
    process: str
    firm: str
    name: str
    cluster: str
    latitude: float | None
    longitude: float | None
    cost_yen: float
    days: float
    ask: tuple[str, ...] = ()
    bought: bool = False


@dataclass(frozen=True, slots=True)
class Without:
    """What the best chain without a firm costs more; ``None`` where there is no other chain."""

    firm: str
    cost_yen: float | None
    days: float | None
    risk: float | None
    distance_km: float | None

    @property
    def reason(self) -> Message:
        """Say it: "without this firm: +¥8,200, +2.0 days, risk +0.4%"."""
        if self.cost_yen is None or self.days is None:
            return say("without {firm}: no other chain", firm=self.firm)
        sign = "+" if self.cost_yen >= 0 else "−"
        return say(
            "without {firm}: {sign}¥{yen:,.0f}, {days:+.1f} days, risk {risk:+.1%}",
            firm=self.firm,
            sign=sign,
            yen=abs(self.cost_yen),
            days=self.days,
            risk=self.risk,
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of firms, one for each step, in the order in which the part goes.

    Attributes
    ----------
    roles
        Why it is shown: ``recommended``, ``cheapest``, ``fastest``, ``safest``, ``nearest``,
        ``knee``, ``different``.
    cost_yen, days, risk, distance_km
        Of the whole chain; ``risk`` is a probability.
    in_time
        Whether it arrives by the due day.
    stays_share
        Share of draws of the assumptions in which no other chain is better; ``None`` if not drawn.
    without
        For each firm, what the best chain without it costs more.
    """

    stops: tuple[Stop, ...]
    roles: tuple[str, ...]
    cost_yen: float
    days: float
    risk: float
    distance_km: float
    in_time: bool
    stays_share: float | None = None
    without: tuple[Without, ...] = ()

    @property
    def firms(self) -> tuple[str, ...]:
        """Keys of the firms, in the order in which the part goes."""
        return tuple(stop.firm for stop in self.stops)


@result
class Plan(Result):
    """The chains that no other chain dominates, and the few that are shown.

    Attributes
    ----------
    order, mode, objectives
        What was asked.
    front
        Values in all ``MEASURES`` and firms of every chain of the front: columns ``cost_yen``,
        ``days``, ``risk``, ``distance_km``, ``in_time``, ``firms``.
    chains
        The chains that are shown; the recommended one first.
    recommended_stays_share
        Share of draws in which no other chain that arrives in time is cheaper; ``None`` if not
        drawn, or where no chain arrives in time.
    refused
        Firms that do such work and were refused, and why.
    unused
        Firms that could and are in no chain of the front: what the cheapest chain with them costs
        more, and the firm of the front that takes their place.
    missing
        Steps that nobody can do.
    error
        By how much the front may miss, in each objective; zeros where it is exact.
    """

    order: Order
    mode: Mode
    objectives: tuple[Measure, ...]
    front: pd.DataFrame
    chains: tuple[Chain, ...]
    recommended_stays_share: float | None
    refused: tuple[Refusal, ...]
    unused: pd.DataFrame
    missing: tuple[str, ...]
    error: Floats
    draws: int

    @property
    def recommended(self) -> Chain | None:
        """The cheapest chain that arrives in time, else the fastest; ``None`` without any."""
        return self.chains[0] if self.chains else None

    def headline(self) -> Message:
        """The recommended chain, or what is missing."""
        best = self.recommended
        if best is None:
            return say(
                "{order} ({mode}): no chain; nobody can do {steps}",
                order=self.order.id,
                mode=word(f"mode_{self.mode}"),
                steps=", ".join(self.missing) or "–",
            )
        late = say("in time") if best.in_time else say("late")
        return say(
            "{order} ({mode}): {firms}: ¥{yen:,.0f}, {days:.1f} days of {due} ({late}), risk "
            "{risk:.1%}; {n:count(undominated chain)}",
            order=self.order.id,
            mode=word(f"mode_{self.mode}"),
            firms=" → ".join(best.firms),
            yen=best.cost_yen,
            days=best.days,
            due=self.order.days,
            late=late,
            risk=best.risk,
            n=len(self.front),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each chain that is shown."""
        roles = [listed([word(f"role_{role}") for role in one.roles]) for one in self.chains]
        reasons = [joined([one.reason for one in chain.without]) for chain in self.chains]
        table = pd.DataFrame(
            [
                {
                    "chain": k,
                    "roles": "",
                    "firms": " → ".join(chain.firms),
                    "cost_yen": chain.cost_yen,
                    "days": chain.days,
                    "risk": chain.risk,
                    "distance_km": chain.distance_km,
                    "in_time": chain.in_time,
                    "stays_share": chain.stays_share,
                    "reasons": "",
                }
                for k, chain in enumerate(self.chains, 1)
            ],
            columns=[
                "chain",
                "roles",
                "firms",
                "cost_yen",
                "days",
                "risk",
                "distance_km",
                "in_time",
                "stays_share",
                "reasons",
            ],
        )
        return table.assign(roles=_words(roles), reasons=_words(reasons))

    def stops_frame(self) -> pd.DataFrame:
        """One row for each step of each chain that is shown."""
        return pd.DataFrame(
            [
                {
                    "chain": k,
                    "step": stop.step,
                    "process": stop.process,
                    "firm": stop.firm,
                    "name": stop.name,
                    "cost_yen": stop.cost_yen,
                    "days": stop.days,
                    "ask": ", ".join(stop.ask),
                    "bought": stop.bought,
                }
                for k, chain in enumerate(self.chains, 1)
                for stop in chain.stops
            ]
        )

    def refused_frame(self) -> pd.DataFrame:
        """One row for each firm that does such work and was refused."""
        return pd.DataFrame(
            [
                (one.step, one.firm, one.verdict, ", ".join(one.attributes), one.reason)
                for one in self.refused
            ],
            columns=["step", "firm", "verdict", "attributes", "reason"],
        ).assign(reason=_words([one.reason for one in self.refused]))


def _words(messages: Sequence[Message]) -> "pd.Series[Any]":
    """A column that keeps its words in both languages."""
    return pd.Series(list(messages), dtype=object)


def plan(
    order: Order,
    directory: Directory,
    *,
    objectives: Sequence[Measure] = OBJECTIVES,
    mode: Mode = "wide",
    assumptions: Assumptions | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    shown: int = SHOWN,
) -> Plan:
    """Find every undominated chain for an order, and explain a few of them.

    Parameters
    ----------
    order, directory
        What is to be made, and who could; give the view of the directory that the reader may see.
    objectives
        Of ``cost_yen``, ``days``, ``risk`` and ``distance_km``; the others are reported.
    mode
        ``wide``, ``inside`` the cluster, or ``insource``.
    assumptions
        What stands in for what is not known.
    draws, seed
        Draws of the assumptions, 0 for none.
    shown
        Most chains that are shown, 1 to 7.

    Raises
    ------
    ParameterError, UnknownCodeError, DataError
        See ``sourcing.offers.offers``.
    """
    chosen = _objectives(objectives)
    if not 1 <= shown <= SHOWN or not 0 <= draws <= MOST_DRAWS:
        raise ParameterError(
            say(
                "shown = {shown}, draws = {draws}. Expected 1 to {shown_2} chains and 0 to "
                "{most:,} draws. Choose another number.",
                shown=shown,
                draws=draws,
                shown_2=SHOWN,
                most=MOST_DRAWS,
            )
        )
    stated = assumptions or Assumptions()
    found = offers(order, directory, mode=mode)
    if found.missing:
        return _no_chain(found, chosen, draws)
    layers = found.layers(stated)
    nodes, arcs = layers.of(chosen)
    front = pareto_chains(nodes, arcs)
    frame, values = _front_frame(found, layers, front, chosen)
    picked = _representatives(frame, values, chosen, shown)
    stays, recommended = _stays(found, layers, front, picked, chosen, stated, draws, seed)
    chains = tuple(
        _chain(found, layers, front, row, roles, frame, stays[k], chosen)
        for k, (row, roles) in enumerate(picked)
    )
    return Plan(
        order=order,
        mode=mode,
        objectives=chosen,
        front=frame,
        chains=chains,
        recommended_stays_share=recommended,
        refused=found.refused,
        unused=_unused(found, layers, front),
        missing=(),
        error=front.error * UNITS[[MEASURES.index(one) for one in chosen]],
        draws=draws,
        notes=_notes(found, stated, front, chains, recommended, draws),
        sources=_sources(directory),
    )


# ---- the price of locality -----------------------------------------------------------------------


@result
class Locality(Result):
    """What it costs to stay inside the cluster, or to do it oneself.

    Attributes
    ----------
    plans
        Of each mode that the order allows.
    """

    order: Order
    plans: Mapping[Mode, Plan]

    @property
    def price_yen(self) -> float | None:
        """Cheapest chain in time inside, less that over a wide area; ``None`` where one fails."""
        inside, wide = self._in_time("inside"), self._in_time("wide")
        return None if inside is None or wide is None else inside - wide

    def _in_time(self, mode: Mode) -> float | None:
        best = self.plans[mode].recommended if mode in self.plans else None
        return best.cost_yen if best is not None and best.in_time else None

    def headline(self) -> Message:
        """The price of locality."""
        if self.price_yen is None:
            return say(
                "{order}: no price of locality: inside the cluster {inside}, over a wide area "
                "{wide}",
                order=self.order.id,
                inside=_state(self.plans.get("inside")),
                wide=_state(self.plans.get("wide")),
            )
        return say(
            "{order}: the price of locality is ¥{yen:,.0f}",
            order=self.order.id,
            yen=self.price_yen,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each mode: its recommended chain."""
        rows = []
        for mode, one in self.plans.items():
            best = one.recommended
            rows.append(
                {
                    "mode": mode,
                    "firms": " → ".join(best.firms) if best else "",
                    "cost_yen": best.cost_yen if best else np.nan,
                    "days": best.days if best else np.nan,
                    "risk": best.risk if best else np.nan,
                    "distance_km": best.distance_km if best else np.nan,
                    "in_time": best.in_time if best else False,
                    "undominated_chains": len(one.front),
                    "missing_steps": ", ".join(one.missing),
                }
            )
        return pd.DataFrame(rows).assign(mode=_words([word(f"mode_{mode}") for mode in self.plans]))


def _state(one: Plan | None) -> Message:
    if one is None:
        return say("not asked")
    if one.recommended is None:
        return say("nobody can do {steps}", steps=", ".join(one.missing))
    return say("in time") if one.recommended.in_time else say("no chain is in time")


def locality(
    order: Order,
    directory: Directory,
    *,
    objectives: Sequence[Measure] = OBJECTIVES,
    assumptions: Assumptions | None = None,
    draws: int = 0,
) -> Locality:
    """Plan an order in every mode that it allows, and compare.

    Raises
    ------
    ParameterError
        The order names neither a hub nor a cluster, so that there is no inside.
    """
    modes: list[Mode] = ["wide", "inside"]
    if order.hub:
        modes.append("insource")
    plans = {
        mode: plan(
            order,
            directory,
            objectives=objectives,
            mode=mode,
            assumptions=assumptions,
            draws=draws,
        )
        for mode in modes
    }
    notes = [say("The price of locality compares the cheapest chains that arrive in time.")]
    if "insource" in plans:
        notes.append(
            say(
                "In-house work counts the yearly cost of machines that are bought by the hour, "
                "not the time until they stand."
            )
        )
    return Locality(order=order, plans=plans, notes=tuple(notes), sources=_sources(directory))


# ---- what a directory is worth to many orders ----------------------------------------------------


@dataclass(frozen=True, eq=False)
class Valuation:
    """Orders prepared for being planned again and again with some of the firms.

    Attributes
    ----------
    keys
        Of the firms that can do some step of some order, sorted; flags are in this order.
    worth_yen
        What each order is worth: its price, or where none is stated an assumed multiple of its
        cheapest chain with all firms, shape ``(orders,)``; 0 where nobody can make it.
    """

    orders: tuple[Order, ...]
    keys: tuple[str, ...]
    worth_yen: Floats
    graphs: tuple[Layers | None, ...]
    numbers: tuple[Ints, ...]
    days: Ints
    _found: dict[tuple[int, bytes], float] = field(default_factory=dict)

    def of_clusters(self, clusters: Iterable[str]) -> Bools:
        """Flags of the firms of some clusters."""
        wanted = set(clusters)
        return np.array([key.partition("/")[0] in wanted for key in self.keys], dtype=bool)

    def without(self, firms: Iterable[str]) -> Bools:
        """Flags of all firms but some."""
        gone = set(firms)
        return np.array([key not in gone for key in self.keys], dtype=bool)

    def cost_yen(self, allowed: Bools | None = None) -> Floats:
        """Cost of the cheapest chain in time of each order, ``inf`` where none, ``(orders,)``."""
        flags = np.ones(len(self.keys), dtype=bool) if allowed is None else allowed
        return np.array([self._cost(k, flags) for k in range(len(self.orders))])

    def value_yen(self, allowed: Bools | None = None) -> float:
        """Worth of the orders that are made, less what their chains cost, yen.

        An order that costs more than it is worth is not made.
        """
        return float(np.maximum(self.worth_yen - self.cost_yen(allowed), 0.0).sum())

    def firms(self, allowed: Bools | None = None) -> list[tuple[str, ...]]:
        """Firms of the cheapest chain in time of each order; none where there is none."""
        flags = np.ones(len(self.keys), dtype=bool) if allowed is None else allowed
        chosen = []
        for k, graph in enumerate(self.graphs):
            path = None if graph is None else _in_time(graph, flags[self.numbers[k]], self.days[k])
            chosen.append(
                () if path is None else tuple(self.keys[self.numbers[k][firm]] for firm in path[1])
            )
        return chosen

    def _cost(self, k: int, flags: Bools) -> float:
        graph = self.graphs[k]
        if graph is None:
            return np.inf
        own = flags[self.numbers[k]]
        key = (k, np.packbits(own).tobytes())
        if key not in self._found:
            best = _in_time(graph, own, self.days[k])
            self._found[key] = np.inf if best is None else best[0]
        return self._found[key]


def valuation(
    directory: Directory,
    orders: Sequence[Order],
    assumptions: Assumptions | None = None,
) -> Valuation:
    """Prepare orders for being planned many times with parts of a directory.

    Capacity is not shared between orders; see ``sourcing.capacity`` for that.
    """
    stated = assumptions or Assumptions()
    held = Held.of(directory)
    found = [offers_of(order, held, refusals=False) for order in orders]
    keys = sorted({firm.key for one in found for firm in one.firms})
    at = {key: k for k, key in enumerate(keys)}
    graphs = tuple(None if one.missing else one.layers(stated) for one in found)
    numbers = tuple(np.array([at[firm.key] for firm in one.firms], dtype=np.int64) for one in found)
    days = np.array([order.days for order in orders], dtype=np.int64)
    made = Valuation(tuple(orders), tuple(keys), np.zeros(len(orders)), graphs, numbers, days)
    cheapest = made.cost_yen()
    worth = np.array(
        [
            order.price_yen
            if order.price_yen is not None
            else (stated["unserved_factor"] * cost if np.isfinite(cost) else 0.0)
            for order, cost in zip(orders, cheapest, strict=True)
        ]
    )
    return Valuation(made.orders, made.keys, worth, graphs, numbers, days, made._found)


def value(
    directory: Directory,
    orders: Sequence[Order],
    assumptions: Assumptions | None = None,
    *,
    clusters: Iterable[str] | None = None,
) -> float:
    """Worth of the orders that a directory can make in time, less what they cost, yen.

    Parameters
    ----------
    clusters
        Those whose firms may be used; all by default. What an order without a price is worth is
        always told from the whole directory, so that values of parts compare.
    """
    made = valuation(directory, orders, assumptions)
    return made.value_yen(None if clusters is None else made.of_clusters(clusters))


def _in_time(graph: Layers, own: Bools, due_days: int) -> tuple[float, Ints] | None:
    """Cost of the cheapest chain in time and the firms that it goes through."""
    kept = graph if own.all() else graph.allowing(own)
    if any(len(layer) == 0 for layer in kept.nodes):
        return None
    nodes, arcs = kept.of(("cost_yen", "days"))
    due = due_days / UNITS[1]
    best = best_chains(nodes, arcs, weights=np.array([1.0, 1e-6]))
    if not len(best):
        return None
    if best.values[0, 1] > due:
        best = pareto_chains(nodes, arcs, within=np.array([np.inf, due]))
        if not len(best):
            return None
    path = best.paths[0]
    firms = np.array([firm[i] for firm, i in zip(kept.firm, path, strict=True)], dtype=np.int64)
    return float(best.values[0, 0]), firms


# ---- what is shown of a front --------------------------------------------------------------------


def _objectives(asked: Sequence[Measure]) -> tuple[Measure, ...]:
    chosen = tuple(dict.fromkeys(asked))
    unknown = [one for one in chosen if one not in MEASURES]
    if unknown or not chosen:
        raise UnknownCodeError.among("objective", unknown or ["none"], list(MEASURES))
    return chosen


def _front_frame(
    found: Offers, layers: Layers, front: Front, objectives: tuple[Measure, ...]
) -> tuple[pd.DataFrame, Floats]:
    """Every chain of the front in all measures, and the values of the objectives, scaled."""
    total = _all_values(layers, front.paths) * UNITS
    firms = [
        " → ".join(found.firms[layers.firm[k][i]].key for k, i in enumerate(path))
        for path in front.paths
    ]
    frame = pd.DataFrame(total, columns=list(MEASURES))
    frame["risk"] = -np.expm1(-frame["risk"])
    frame["in_time"] = frame["days"] <= found.order.days + 1e-9
    frame["firms"] = firms
    return frame, front.values


def _all_values(layers: Layers, paths: Ints) -> Floats:
    total = layers.nodes[0][paths[:, 0]].copy()
    for k, arc in enumerate(layers.arcs):
        total += arc[paths[:, k], paths[:, k + 1]] + layers.nodes[k + 1][paths[:, k + 1]]
    return np.asarray(total)


ROLES: Mapping[Measure, str] = {
    "cost_yen": "cheapest",
    "days": "fastest",
    "risk": "safest",
    "distance_km": "nearest",
}


def _representatives(
    frame: pd.DataFrame, values: Floats, objectives: tuple[Measure, ...], shown: int
) -> list[tuple[int, tuple[str, ...]]]:
    """Rows of the front that are shown, with their roles; the recommended one first."""
    scaled = _scaled(values)
    roles: dict[int, list[str]] = {}

    def give(row: int, role: str) -> None:
        roles.setdefault(row, []).append(role)

    give(_recommended(frame), "recommended")
    for k, one in enumerate(objectives):
        others = [c for c in range(len(objectives)) if c != k]
        order = np.lexsort((*[values[:, c] for c in reversed(others)], values[:, k]))
        give(int(order[0]), ROLES[one])
    give(int(np.argmin((scaled**2).sum(axis=1))), "knee")
    picked = list(roles)[:shown]
    while len(picked) < min(shown, len(frame)):
        apart = ((scaled[:, None] - scaled[picked][None]) ** 2).sum(axis=2).min(axis=1)
        if apart.max() <= 0:
            break
        row = int(np.argmax(apart))
        give(row, "different")
        picked.append(row)
    return [(row, tuple(roles[row])) for row in picked]


def _recommended(frame: pd.DataFrame) -> int:
    """Cheapest in time; where none is, the fastest."""
    timely = np.flatnonzero(frame["in_time"].to_numpy())
    if len(timely):
        rows = frame.iloc[timely]
        order = np.lexsort((rows["days"].to_numpy(), rows["cost_yen"].to_numpy()))
        return int(timely[order[0]])
    return int(np.lexsort((frame["cost_yen"].to_numpy(), frame["days"].to_numpy()))[0])


def _scaled(values: Floats) -> Floats:
    """Values from 0 (best of the front) to 1 (worst)."""
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((values - low) / np.where(high > low, high - low, 1.0))


def _chain(
    found: Offers,
    layers: Layers,
    front: Front,
    row: int,
    roles: tuple[str, ...],
    frame: pd.DataFrame,
    stays: float | None,
    objectives: tuple[Measure, ...],
) -> Chain:
    path = front.paths[row]
    stops = []
    for k, i in enumerate(path):
        step, candidate = layers.step[k][i], layers.candidate[k][i]
        chosen = found.candidates[step][candidate]
        firm = found.firms[chosen.firm]
        cost = layers.nodes[k][i] * UNITS
        if k:
            cost = cost + layers.arcs[k - 1][path[k - 1], i] * UNITS
        wanted = found.order.steps[step]
        stops.append(
            Stop(
                step=wanted.name,
                process=wanted.step.process,
                firm=firm.key,
                name=firm.name,
                cluster=firm.cluster,
                latitude=firm.latitude,
                longitude=firm.longitude,
                cost_yen=float(cost[0]),
                days=round(float(cost[1]), 2),
                ask=chosen.ask,
                bought=chosen.bought,
            )
        )
    values = frame.iloc[row]
    used = sorted({int(layers.firm[k][i]) for k, i in enumerate(path)})
    total = _all_values(layers, path[None])[0]
    without = tuple(_without(found, layers, firm, total, roles, front, objectives) for firm in used)
    return Chain(
        stops=tuple(stops),
        roles=roles,
        cost_yen=float(values["cost_yen"]),
        days=round(float(values["days"]), 2),
        risk=float(values["risk"]),
        distance_km=round(float(values["distance_km"]), 1),
        in_time=bool(values["in_time"]),
        stays_share=stays,
        without=without,
    )


def _without(
    found: Offers,
    layers: Layers,
    firm: int,
    total: Floats,
    roles: tuple[str, ...],
    front: Front,
    objectives: tuple[Measure, ...],
) -> Without:
    """Compare with the best chain without a firm.

    Of the recommended chain, the cheapest in time; of another, the one whose largest loss in any
    objective, in units of its range on the front, is least.
    """
    rest = layers.without(firm)
    key = found.firms[firm].key
    path = None
    if all(len(layer) for layer in rest.nodes):
        if "recommended" in roles:
            path = _in_time_path(rest, found.order.days)
        if path is None:
            uses = np.array(
                [[layers.firm[k][i] == firm for k, i in enumerate(one)] for one in front.paths]
            )
            others = front.values[~uses.any(axis=1)]
            path = _nearest_path(rest, total, front, others, objectives)
    if path is None:
        return Without(key, None, None, None, None)
    other = _all_values(rest, path[None])[0]
    more = (other - total) * UNITS
    risk = np.exp(-total[2] * UNITS[2]) - np.exp(-other[2] * UNITS[2])
    return Without(
        key, float(more[0]), round(float(more[1]), 2), float(risk), round(float(more[3]), 1)
    )


def _nearest_path(
    rest: Layers, total: Floats, front: Front, others: Floats, objectives: tuple[Measure, ...]
) -> Ints | None:
    """The chain whose largest loss, each objective scaled by its range, is least."""
    at = [MEASURES.index(one) for one in objectives]
    own = total[at]
    nodes, arcs = rest.of(objectives)
    span = front.values.max(axis=0) - front.values.min(axis=0)
    scale = np.where(span > 0, span, np.maximum(own, 1.0))
    offered = best_chains(nodes, arcs, weights=1 / scale)
    if not len(offered):
        return None
    known = np.concatenate([offered.values, others])
    bound = own + ((known - own) / scale).max(axis=1).min() * scale
    near = pareto_chains(nodes, arcs, within=bound + 1e-6)
    if not len(near):
        return np.asarray(offered.paths[0])
    loss = (near.values - own) / scale
    order = np.lexsort((np.maximum(loss, 0).sum(axis=1), loss.max(axis=1)))
    nearest: Ints = near.paths[int(order[0])]
    return nearest


def _in_time_path(layers: Layers, due_days: int) -> Ints | None:
    nodes, arcs = layers.of(("cost_yen", "days"))
    best = best_chains(nodes, arcs, weights=np.array([1.0, 1e-6]))
    due = due_days / UNITS[1]
    if len(best) and best.values[0, 1] > due:
        best = pareto_chains(nodes, arcs, within=np.array([np.inf, due]))
    return best.paths[0] if len(best) else None


# ---- how far it hangs on assumptions -------------------------------------------------------------


def _stays(
    found: Offers,
    layers: Layers,
    front: Front,
    picked: Sequence[tuple[int, tuple[str, ...]]],
    objectives: tuple[Measure, ...],
    assumptions: Assumptions,
    draws: int,
    seed: int,
) -> tuple[list[float | None], float | None]:
    """Share of draws in which each shown chain stays undominated, and the first one cheapest."""
    if not draws:
        return [None] * len(picked), None
    paths = front.paths[[row for row, _ in picked]]
    rng = np.random.default_rng(seed)
    kept = np.zeros(len(picked))
    cheapest = 0
    for _ in range(draws):
        drawn = found.layers(assumptions.drawn(rng), rng)
        nodes, arcs = drawn.of(objectives)
        own = _all_values(drawn, paths)
        at = [MEASURES.index(one) for one in objectives]
        kept += ~beaten(nodes, arcs, own[:, at])
        cheapest += _still_cheapest(drawn, own[0], found.order.days)
    return [float(x) for x in kept / draws], cheapest / draws


def _still_cheapest(drawn: Layers, own: Floats, due_days: int) -> bool:
    """Whether a chain is in time, and no other that is in time is cheaper."""
    if own[1] > due_days / UNITS[1]:
        return False
    path = _in_time_path(drawn, due_days)
    if path is None:
        return False
    return bool(_all_values(drawn, path[None])[0, 0] >= own[0])


# ---- who is not in a chain -----------------------------------------------------------------------


def _unused(found: Offers, layers: Layers, front: Front) -> pd.DataFrame:
    """Firms that could and are in no chain of the front, nearest to the cheapest chain first."""
    nodes, arcs = layers.of(("cost_yen",))
    through = cheapest_through(nodes, arcs)
    cheapest = min(float(one.min(initial=np.inf)) for one in through[:1])
    rows: dict[tuple[int, int], float] = {}
    for k, costs in enumerate(through):
        for i, cost in enumerate(costs):
            key = (int(layers.step[k][i]), int(layers.candidate[k][i]))
            rows[key] = min(rows.get(key, np.inf), float(cost))
    used = {
        (int(layers.step[k][i]), int(layers.candidate[k][i]))
        for path in front.paths
        for k, i in enumerate(path)
    }
    instead = _instead(found, layers, front)
    table = pd.DataFrame(
        [
            (
                found.order.steps[step].name,
                found.firms[found.candidates[step][c].firm].key,
                (cost - cheapest) * UNITS[0],
                instead.get(step, ""),
            )
            for (step, c), cost in rows.items()
            if (step, c) not in used
        ],
        columns=["step", "firm", "cheapest_chain_with_it_yen_more", "instead"],
    )
    table = table.sort_values(["cheapest_chain_with_it_yen_more", "step", "firm"])
    return table.head(UNUSED).reset_index(drop=True)


def _instead(found: Offers, layers: Layers, front: Front) -> dict[int, str]:
    """The firm of the cheapest chain of the front at each step."""
    if not len(front):
        return {}
    path = front.paths[0]
    return {int(layers.step[k][i]): found.firms[layers.firm[k][i]].key for k, i in enumerate(path)}


# ---- words ---------------------------------------------------------------------------------------


def _no_chain(found: Offers, objectives: tuple[Measure, ...], draws: int) -> Plan:
    empty = pd.DataFrame(columns=[*MEASURES, "in_time", "firms"])
    notes = [
        say("Nobody can do {step}: {near}", step=step, near=_nearest(found, step))
        for step in found.missing
    ]
    return Plan(
        order=found.order,
        mode=found.mode,
        objectives=objectives,
        front=empty,
        chains=(),
        recommended_stays_share=None,
        refused=found.refused,
        unused=pd.DataFrame(columns=["step", "firm", "cheapest_chain_with_it_yen_more", "instead"]),
        missing=found.missing,
        error=np.zeros(len(objectives)),
        draws=draws,
        notes=(*notes, *_unknown_note(found)),
        sources=(TARIFF, MARTINS_1984, NAMOA_2010),
    )


def _nearest(found: Offers, step: str) -> Message:
    """The firms that come nearest to doing a step, and what they lack."""
    near = sorted(
        (one for one in found.refused if one.step == step),
        key=lambda one: (len(one.attributes), one.verdict, one.firm),
    )
    if not near:
        return say("no firm of the directory declares such work; ask another cluster")
    return joined([say("{firm} ({reason})", firm=one.firm, reason=one.reason) for one in near[:3]])


def _unknown_note(found: Offers) -> list[Message]:
    """Say how many firms were refused for what they did not declare."""
    unknown = [one for one in found.refused if one.verdict == "unknown"]
    if not unknown:
        return []
    able = sum(len(many) for many in found.candidates)
    attributes = Counter(a for one in unknown for a in one.attributes)
    most = [name for name, _ in sorted(attributes.items(), key=lambda x: (-x[1], str(x[0])))[:3]]
    share = len(unknown) / (able + len(found.refused))
    text = say(
        "{n} of {of} offers ({share:.0%}) were refused because {attributes} is not declared; ask "
        'the firms, or plan with unknown = "ask".',
        n=len(unknown),
        of=able + len(found.refused),
        share=share,
        attributes=listed([ATTRIBUTES[name] for name in most]),
    )
    if share < UNKNOWN_NOTED:
        return [text]
    return [
        text,
        say("So much is unknown that the answer speaks of what is declared, not of what is there."),
    ]


def _notes(
    found: Offers,
    assumptions: Assumptions,
    front: Front,
    chains: Sequence[Chain],
    recommended: float | None,
    draws: int,
) -> tuple[Message, ...]:
    notes: list[Message] = []
    assumed = _assumed_share(found)
    if assumed:
        notes.append(
            say(
                "Set-up, hours or rates of {share:.0%} of the offers are assumptions, as are wait "
                "(where free hours are unknown), hand-overs and risks.",
                share=assumed,
            )
        )
    if draws and recommended is not None:
        notes.append(
            say(
                "With all assumptions drawn from their ranges, no chain in time is cheaper than "
                "the recommended one in {share:.0%} of {draws} draws.",
                share=recommended,
                draws=draws,
            )
        )
    if chains and not chains[0].in_time:
        notes.append(
            say(
                "No chain arrives by {due}; the fastest takes {days:.1f} days.",
                due=found.order.due.isoformat(),
                days=chains[0].days,
            )
        )
    asked = sorted({stop.firm for chain in chains for stop in chain.stops if stop.ask})
    if asked:
        notes.append(
            say(
                "Ask before you promise: {firms} did not declare what a step needs.",
                firms=", ".join(asked),
            )
        )
    if not front.is_exact:
        notes.append(
            say(
                "The front was too large to be kept whole; chains may be better by up to its error."
            )
        )
    notes += _unknown_note(found)
    notes.append(say("A match says what a firm declared, not what it was proved to do."))
    return tuple(notes)


def _assumed_share(found: Offers) -> float:
    names = ("setup_hours", "hours_per_piece", "rate_yen_per_hour")
    many = [one.capability for step in found.candidates for one in step]
    if not many:
        return 0.0
    return float(np.mean([any(getattr(c, name) is None for name in names) for c in many]))


def _sources(directory: Directory) -> tuple[Source, ...]:
    return (*directory.sources, TARIFF, MARTINS_1984, NAMOA_2010)
