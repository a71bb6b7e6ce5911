"""What are the orders of clusters worth together, and what if firms, or channels, are missing?

Between the planner, which makes one order, and ``rents`` and ``resilience``, which ask the same of
many orders again and again. Each order belongs to a cluster (that of its hub); alone, a cluster has
its own orders and its own firms ::

    v(S) = Σ_{orders of S} max(0, worth − cost of the best chain in time of firms of S)

The best chain is the one with the least yen *plus* what may be lost, a share of the worth times
−ln(1 − P(a firm is late or closes)), so that ratings, which say who delivers, are worth something.
Worth is the order's price, or an assumed multiple of its cheapest chain. The channels of a rent are
switched at the planner's inputs:

    embedding     on: a new tie costs nothing, since members are known; off: it costs
    information   on: free hours are seen; off: every wait is the assumed one
    reputation    on: ratings are seen; off: every firm is taken as one without

What is not seen is still so: a chain chosen without seeing free hours or ratings is counted at what
it then costs, and one that turns out late earns nothing.

Takes: a directory, orders. Gives: ``PlannedOrders``, a ``rents.Value``, the rent by channel.
Limits: capacity is not shared between orders; a chain of so many steps may visit a firm twice.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import say
from shuseki.sources import Source
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.chains import best_chains, pareto_chains
from shuseki.sourcing.offers import UNITS, Held, Layers, Offers, offers_of
from shuseki.sourcing.orders import Order
from shuseki.sourcing.rents import CHANNELS
from shuseki.sourcing.resilience import Plan

__all__ = ["PlannedOrders", "planned_orders", "rent_by_channel"]

LOSS_SHARE = 0.1
"""Of the worth of an order, lost when a firm of its chain is late or closes: an assumption."""


@dataclass(frozen=True, eq=False)
class PlannedOrders:
    """Orders that are planned with any of the firms of a directory (``resilience.Orders``).

    Attributes
    ----------
    firms
        Keys of the firms that can do some step, sorted.
    names
        Of the orders.
    clusters
        Cluster of each order.
    worth_yen
        Of each order, shape ``(o,)``; 0 where nobody can make it in time.
    graphs, truths
        What is seen of each order's chains, and what is so; the same where all is seen.
    loss_share
        Share of the worth that is lost when a firm is late or closes.
    stays_inside
        Whether an order may only use the firms of its own cluster.
    """

    firms: tuple[str, ...]
    names: tuple[str, ...]
    clusters: tuple[str, ...]
    worth_yen: Floats
    graphs: tuple[Layers | None, ...]
    truths: tuple[Layers | None, ...]
    numbers: tuple[Ints, ...]
    days: Ints
    loss_share: float
    stays_inside: bool = False
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    _found: dict[tuple[int, bytes], "Served"] = field(default_factory=dict, repr=False)

    @property
    def firm_clusters(self) -> tuple[str, ...]:
        """Cluster of each firm."""
        return tuple(key.partition("/")[0] for key in self.firms)

    def inside(self) -> "PlannedOrders":
        """The same orders, each made within its own cluster."""
        note = say("Every order is made inside its own cluster, as if nothing were shared.")
        return replace(self, stays_inside=True, notes=(*self.notes, note), _found={})

    def plan(self, alive: Bools, before: Plan | None = None) -> Plan:
        """Serve every order as cheaply as the firms that are there allow."""
        n, o = len(self.firms), len(self.names)
        cost, sales = np.full(o, np.nan), np.zeros((o, n))
        uses = np.zeros((o, n), dtype=bool)
        for k in range(o):
            there = alive if alive.ndim == 1 else alive[k]
            if before is not None:
                if np.isnan(before.cost_yen[k]):
                    continue  # what more firms could not make, fewer cannot
                if not (before.uses[k] & ~there).any():
                    cost[k], uses[k] = before.cost_yen[k], before.uses[k]
                    sales[k] = before.paid_yen[k]
                    continue
            found = self._best(k, there)
            if found.expected_yen <= self.worth_yen[k]:
                cost[k], sales[k], uses[k] = found.cost_yen, found.paid_yen, found.uses
        return Plan(cost, sales.sum(axis=0), uses, sales)

    def value_yen(self, clusters: Collection[str]) -> float:
        """V of a set of clusters: their orders, made by their firms."""
        allowed = np.array([cluster in clusters for cluster in self.firm_clusters], dtype=bool)
        owned = [k for k, owner in enumerate(self.clusters) if owner in clusters]
        return sum(self._gain(k, allowed) for k in owned)

    def value_of_firms(self, firms: Collection[str]) -> float:
        """V of a set of firms: all orders, made by these."""
        allowed = np.array([key in firms for key in self.firms], dtype=bool)
        return sum(self._gain(k, allowed) for k in range(len(self.names)))

    def _gain(self, k: int, allowed: Bools) -> float:
        """Worth less cost of an order that is taken on; 0 where none is."""
        found = self._best(k, allowed)
        worth = float(self.worth_yen[k])
        return worth - found.cost_yen if found.expected_yen <= worth else 0.0

    def _best(self, k: int, alive: Bools) -> "Served":
        """How an order is served by the firms that are there."""
        graph, truth, n = self.graphs[k], self.truths[k], len(self.firms)
        nobody = Served(np.inf, np.inf, np.zeros(n), np.zeros(n, dtype=bool))
        if graph is None or truth is None:
            return nobody
        allowed = alive
        if self.stays_inside:
            own = self.clusters[k]
            allowed = alive & np.array([cluster == own for cluster in self.firm_clusters])
        flags = allowed[self.numbers[k]]
        key = (k, np.packbits(flags).tobytes())
        if key not in self._found:
            self._found[key] = self._serve(k, graph.allowing(flags), truth, flags) or nobody
        return self._found[key]

    def _serve(self, k: int, seen: Layers, truth: Layers, flags: Bools) -> "Served | None":
        at_stake = self.loss_share * float(self.worth_yen[k])
        due = int(self.days[k])
        best = _best_path(seen, at_stake, due)
        if best is None:
            return None
        expected, path = best
        so = truth.allowing(flags)
        yen, days = _cost_of(so, path, at_stake)
        if days > due and truth is not self.graphs[k]:
            yen = max(yen, float(self.worth_yen[k]))
        firms = np.array([firm[i] for firm, i in zip(so.firm, path, strict=True)], dtype=np.int64)
        paid, used = np.zeros(len(self.firms)), np.zeros(len(self.firms), dtype=bool)
        at = self.numbers[k][firms]
        steps = [layer[i, 0] * UNITS[0] for layer, i in zip(so.nodes, path, strict=True)]
        np.add.at(paid, at, np.array(steps))
        used[at] = True
        return Served(expected, yen, paid, used)


class Served(NamedTuple):
    """How an order is served: what is expected to be lost with it, what is, who is paid what."""

    expected_yen: float
    cost_yen: float
    paid_yen: Floats
    uses: Bools


def planned_orders(
    directory: Directory,
    orders: Sequence[Order],
    *,
    assumptions: Assumptions | None = None,
    worth_yen: Floats | None = None,
    loss_share: float = LOSS_SHARE,
    hidden: Collection[str] = (),
) -> PlannedOrders:
    """Prepare orders for being planned many times.

    Parameters
    ----------
    directory
        The view that the reader may see.
    orders
        Each with a hub or a cluster.
    worth_yen
        Of each order, shape ``(o,)``; its price by default, or ``unserved_factor`` times its
        cheapest chain with all firms.
    loss_share
        Share of the worth that is lost when a firm of the chain is late or closes, 0 to 1: an
        assumption.
    hidden
        ``"loads"``, ``"ratings"``: what is not seen when chains are chosen, and is so all the same.

    Raises
    ------
    ParameterError
        A share outside 0 to 1.
    DataError
        No orders, an order twice, or one whose cluster is not known.
    """
    if not 0 <= loss_share <= 1:
        raise ParameterError(
            say(
                "loss_share = {loss_share:g}. Expected a share from 0 to 1.",
                loss_share=loss_share,
            )
        )
    if not orders:
        raise DataError(say("No orders. Expected one or more. Write an order."))
    names = tuple(order.id for order in orders)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            say(
                "Orders given twice: {twice}. Expected each id once. Rename it.",
                twice=examples(twice),
            )
        )
    homeless = [order.id for order in orders if not (order.cluster or order.hub)]
    if homeless:
        raise DataError(
            say(
                "Orders of no cluster: {homeless}. Expected a hub or a cluster: alone, a cluster "
                "has its own orders only. Say whose order it is.",
                homeless=examples(homeless),
            )
        )
    clusters = tuple(order.cluster or order.hub.partition("/")[0] for order in orders)
    known = {firm.cluster for firm in directory.firms}
    if strange := sorted(set(clusters) - known):
        raise UnknownCodeError.among("cluster", strange, sorted(known))
    if unknown := set(hidden) - {"loads", "ratings"}:
        raise UnknownCodeError.among("table to hide", unknown, ("loads", "ratings"))
    stated = assumptions or Assumptions()
    held = Held.of(directory)
    found = [offers_of(order, held) for order in orders]
    return _prepared(found, clusters, stated, worth_yen, loss_share, hidden, directory.sources)


def _prepared(
    found: Sequence[Offers],
    clusters: tuple[str, ...],
    stated: Assumptions,
    worth_yen: Floats | None,
    loss_share: float,
    hidden: Collection[str],
    sources: tuple[Source, ...],
) -> PlannedOrders:
    """Price the offers, as they are and as they are seen."""
    orders = [one.order for one in found]
    names = tuple(order.id for order in orders)
    firms = tuple(sorted({firm.key for one in found for firm in one.firms}))
    at = {key: k for k, key in enumerate(firms)}
    truths = tuple(None if one.missing else one.layers(stated) for one in found)
    graphs = truths
    if hidden:
        views = [_without(one, hidden) for one in found]
        graphs = tuple(None if one.missing else one.layers(stated) for one in views)
    made = PlannedOrders(
        firms=firms,
        names=names,
        clusters=clusters,
        worth_yen=np.zeros(len(orders)),
        graphs=graphs,
        truths=truths,
        numbers=tuple(
            np.array([at[firm.key] for firm in one.firms], dtype=np.int64) for one in found
        ),
        days=np.array([order.days for order in orders], dtype=np.int64),
        loss_share=loss_share,
        sources=sources,
    )
    if worth_yen is None:
        everyone = np.ones(len(firms), dtype=bool)
        cheapest = np.array([made._best(k, everyone).expected_yen for k in range(len(orders))])
        factor = stated["unserved_factor"]
        worth_yen = np.array(
            [
                float(order.price_yen)
                if order.price_yen is not None
                else (factor * cost if np.isfinite(cost) else 0.0)
                for order, cost in zip(orders, cheapest, strict=True)
            ]
        )
    unpriced = sum(order.price_yen is None for order in orders)
    impossible = int((worth_yen == 0).sum())
    notes = [
        say(
            "Assumed: {percent:g}% of an order's worth is lost where a firm is late or closes.",
            percent=100 * loss_share,
        )
    ]
    if unpriced:
        notes.append(
            say(
                "Of {n:count(order)} no price is stated: worth {factor:g} times the cheapest "
                "chain, an assumption.",
                n=unpriced,
                factor=stated["unserved_factor"],
            )
        )
    if impossible:
        notes.append(
            say(
                "{n:count(order)} cannot be made in time by any firms and count nowhere.",
                n=impossible,
            )
        )
    return replace(made, worth_yen=worth_yen, notes=tuple(notes), _found={})


def _without(found: Offers, hidden: Collection[str]) -> Offers:
    """The same offers, of firms whose loads or ratings are not seen."""
    seen = found
    if "loads" in hidden:
        seen = replace(seen, loads={})
    if "ratings" in hidden:
        seen = replace(seen, delivery={})
    return seen


def rent_by_channel(
    directory: Directory,
    orders: Sequence[Order],
    *,
    assumptions: Assumptions | None = None,
    clusters: Sequence[str] | None = None,
    loss_share: float = LOSS_SHARE,
) -> Callable[[frozenset[str]], float]:
    """The rent of sharing when some channels are on, for ``rents.split_by_channel``.

    The worth of orders is that of the whole directory with every channel on, so that rents compare.

    Parameters
    ----------
    clusters
        Who shares; all by default.
    loss_share
        As for ``planned_orders``.
    """
    stated = assumptions or Assumptions()
    known = stated.replace(new_tie_yen=0.0, new_tie_days=0.0)
    members = sorted({f.cluster for f in directory.firms}) if clusters is None else list(clusters)
    whole = planned_orders(directory, orders, assumptions=known, loss_share=loss_share)
    held = Held.of(directory)
    found = [offers_of(order, held) for order in orders]

    def rent(on: frozenset[str]) -> float:
        if unknown := on - set(CHANNELS):
            raise UnknownCodeError.among("channel", unknown, CHANNELS)
        hidden = [
            table
            for channel, table in (("information", "loads"), ("reputation", "ratings"))
            if channel not in on
        ]
        made = _prepared(
            found,
            whole.clusters,
            known if "embedding" in on else stated,
            whole.worth_yen,
            loss_share,
            hidden,
            directory.sources,
        )
        return made.value_yen(members) - sum(made.value_yen([member]) for member in members)

    return rent


def _best_path(graph: Layers, at_stake: float, due_days: int) -> tuple[float, Ints] | None:
    """Expected cost of the best chain in time, and its nodes; ``None`` where there is none."""
    if any(len(layer) == 0 for layer in graph.nodes):
        return None
    nodes, arcs = graph.of(("cost_yen", "risk", "days"))
    two = [_expected(layer, at_stake) for layer in nodes]
    between = [_expected(arc, at_stake) for arc in arcs]
    due = due_days / UNITS[1]
    best = best_chains(two, between, weights=np.array([1.0, 1e-6]))
    if not len(best):
        return None
    if best.values[0, 1] > due:
        best = pareto_chains(two, between, within=np.array([np.inf, due]))
        if not len(best):
            return None
    return float(best.values[0, 0]), best.paths[0]


def _expected(costs: Floats, at_stake: float) -> Floats:
    """Yen, with what may be lost, and days, last axis of length 2."""
    yen = costs[..., 0] * UNITS[0] + costs[..., 1] * UNITS[2] * at_stake
    return np.stack([np.round(yen), costs[..., 2]], axis=-1)


def _cost_of(graph: Layers, path: Ints, at_stake: float) -> tuple[float, float]:
    """Yen, with what may be lost, and days of a chain."""
    nodes, arcs = graph.of(("cost_yen", "risk", "days"))
    total = np.zeros(2)
    for k, i in enumerate(path):
        total += _expected(nodes[k][i], at_stake)
        if k:
            total += _expected(arcs[k - 1][path[k - 1], i], at_stake)
    return float(total[0]), float(total[1] * UNITS[1])
