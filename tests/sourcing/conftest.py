"""Registries on SQLite and on PostgreSQL, and a small directory with everything in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory
from shuseki.sourcing.registry.store import Registry


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Give empty places for registries; the same test body runs on both databases."""
    if request.param == "sqlite":
        yield lambda name: str(tmp_path / f"{name}.sqlite")
        return
    import psycopg

    url = request.getfixturevalue("postgresql")
    made: list[str] = []

    def place(name: str) -> str:
        database = f"{name}_{len(made)}_{os.getpid()}_{time.monotonic_ns()}"
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        made.append(database)
        return f"{url}/{database}"

    yield place


@pytest.fixture
def new_registry(new_place: Callable[[str], str]) -> Iterator[Callable[[str], Registry]]:
    """Make empty registries; they are closed at the end."""
    made: list[Registry] = []

    def create(cluster: str) -> Registry:
        made.append(Registry.create(new_place(cluster), cluster))
        return made[-1]

    yield create
    for registry in made:
        registry.close()


@pytest.fixture(scope="session")
def two_clusters() -> Directory:
    """Synthetic firms of two clusters, with ties between them."""
    return synthetic_clusters(seed=7, firms=28, clusters=("ota", "suwa"), weeks=2)
