"""What orders can one practise on, when no coordinator has opened the books?

Orders of the coordinators of a directory, each a route of steps (``clusters_orders/routes.csv``),
a quantity and a due day drawn at random. Nothing in them is real.

Takes: a directory, how many, a seed. Gives: ``sourcing.orders.Order``s; the same seed gives the
same orders. Limits: weights by route are equal; real order books are not.
"""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files

import numpy as np

from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError
from shuseki.language import say
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep

__all__ = ["synthetic_orders"]


def synthetic_orders(
    directory: Directory, orders: int = 40, *, seed: int = 1, placed: date = date(2026, 1, 5)
) -> tuple[Order, ...]:
    """Draw orders for the coordinators of a directory.

    Parameters
    ----------
    directory
        With coordinators; every firm may be one where none is marked.
    orders
        How many.
    placed
        Day on which all are placed.

    Raises
    ------
    DataError
        The directory has no firms.
    ParameterError
        Fewer than one order.
    """
    if orders < 1:
        raise ParameterError(
            say(
                "{orders} orders. Expected 1 or more, such as 40.",
                orders=orders,
            )
        )
    hubs = [firm.key for firm in directory.firms if firm.coordinator] or list(directory.keys)
    if not hubs:
        raise DataError(
            say("The directory has no firms. Expected one or more. Import a list first.")
        )
    by_cluster: dict[str, list[str]] = {}
    for hub in hubs:
        by_cluster.setdefault(hub.partition("/")[0], []).append(hub)
    clusters = sorted(by_cluster)
    rng = np.random.default_rng(seed)
    routes = _routes()
    made = []
    for k in range(orders):
        route = routes[int(rng.integers(len(routes)))]
        cluster = clusters[k % len(clusters)]
        hub = by_cluster[cluster][int(rng.integers(len(by_cluster[cluster])))]
        low, high = int(route["quantity_low"]), int(route["quantity_high"])
        quantity = int(np.round(np.exp(rng.uniform(np.log(low), np.log(high)))))
        days = int(rng.integers(30, 91))
        made.append(
            Order(
                f"{k + 1:03d} {route['route']}",
                _steps(route["processes"].split(">"), route["material"], quantity),
                quantity,
                placed,
                placed + timedelta(days=days),
                hub=hub,
                piece_kg=float(round(rng.uniform(0.05, 2.0), 2)),
                unknown="ask",
            )
        )
    return tuple(made)


def _routes() -> list[dict[str, str]]:
    path = files("shuseki.datasets") / "data" / "clusters_orders" / "routes.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _steps(processes: Sequence[str], material: str, quantity: int) -> tuple[OrderStep, ...]:
    names = [process.strip() for process in processes]
    return tuple(
        OrderStep(
            f"{k + 1} {name}",
            Step(name, material, quantity=quantity),
            (f"{k} {names[k - 1]}",) if k else (),
        )
        for k, name in enumerate(names)
    )
