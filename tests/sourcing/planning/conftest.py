"""Directories and orders that are made up for tests: nothing in them is real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from shuseki.directory import Capability, Directory, Firm, Load, Rating, Tie
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep

PROCESSES = ("turning", "milling", "heat_treatment", "grinding", "plating", "polishing")
PLACES = {
    "ota": (35.561, 139.716, "13111"),
    "suwa": (36.039, 138.114, "20206"),
    "sabae": (35.957, 136.184, "18207"),
    "kitakami": (39.287, 141.113, "03206"),
    "tsubame": (37.673, 138.882, "15213"),
    "higashiosaka": (34.679, 135.601, "27227"),
}
MONDAY = date(2026, 1, 5)


def made_up(
    firms: int = 60,
    seed: int = 0,
    *,
    processes: tuple[str, ...] = PROCESSES,
    each: int = 2,
    clusters: tuple[str, ...] = tuple(PLACES),
    weeks: int = 0,
    known: bool = True,
    free_hours: float = 30.0,
) -> Directory:
    """Firms of some clusters, each with some processes, prices, ties and free hours."""
    rng = np.random.default_rng(seed)
    people: list[Firm] = []
    able: list[Capability] = []
    loads: list[Load] = []
    ratings: list[Rating] = []
    for k in range(firms):
        cluster = clusters[k % len(clusters)]
        latitude, longitude, municipality = PLACES[cluster]
        firm = Firm(
            f"{k:04d}",
            cluster,
            f"firm {k}",
            municipality,
            latitude=latitude + float(rng.normal(0, 0.02)),
            longitude=longitude + float(rng.normal(0, 0.02)),
            owner_age=int(rng.integers(40, 82)),
            successor=str(rng.choice(["decided", "undecided", "will_close"])),  # type: ignore[arg-type]
            coordinator=k < len(clusters),
        )
        people.append(firm)
        for process in rng.choice(processes, min(each, len(processes)), replace=False):
            able += [
                Capability(
                    firm.key,
                    str(process),
                    ("steel", "aluminium"),
                    1,
                    float(rng.integers(100, 500)),
                    int(rng.integers(4, 9)),
                    0.1,
                    1,
                    int(rng.integers(500, 5000)),
                    float(rng.integers(1, 6)) if known else None,
                    float(rng.uniform(0.05, 0.3)) if known else None,
                    float(rng.integers(40, 100) * 100) if known else None,
                )
            ]
        loads += [
            Load(firm.key, MONDAY + timedelta(weeks=w), float(round(rng.uniform(0, free_hours), 1)))
            for w in range(weeks)
        ]
        if rng.random() < 0.5:
            ratings.append(Rating(firm.key, "o", delivery=float(rng.integers(2, 6))))
    keys = [firm.key for firm in people]
    pairs = {tuple(sorted(rng.choice(firms, 2, replace=False))) for _ in range(firms)}
    ties = [Tie(keys[a], keys[b]) for a, b in sorted(pairs)]
    return Directory(
        tuple(people),
        tuple(able),
        loads=tuple(loads),
        ties=tuple(ties),
        ratings=tuple(ratings),
    )


def asked(
    *processes: str,
    quantity: int = 100,
    days: int = 60,
    hub: str = "ota/0000",
    id: str = "order",
    **more: Any,
) -> Order:
    """An order of steps that follow one another."""
    steps = tuple(
        OrderStep(
            name := f"{k} {process}",
            Step(process, "steel", 50, it_grade=9, quantity=quantity),
            (f"{k - 1} {processes[k - 1]}",) if k else (),
        )
        for k, process in enumerate(processes)
    )
    assert name
    return Order(
        id, steps, quantity, MONDAY, MONDAY + timedelta(days=days), hub=hub, piece_kg=0.2, **more
    )


@pytest.fixture(name="made_up", scope="session")
def made_up_fixture() -> Callable[..., Directory]:
    """Firms that do not exist."""
    return made_up


@pytest.fixture(name="asked", scope="session")
def asked_fixture() -> Callable[..., Order]:
    """Orders that nobody gave."""
    return asked
