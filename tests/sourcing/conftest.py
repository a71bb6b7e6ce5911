"""Registries on SQLite and on PostgreSQL, and a small directory with everything in it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory
from shuseki.sourcing.registry.store import Registry


def _programs() -> Path | None:
    """Folder of PostgreSQL's programs, as Debian installs them."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server of our own, which goes away at the end."""
    psycopg = pytest.importorskip("psycopg", reason="needs the postgresql extra")
    programs = _programs()
    if programs is None:
        pytest.skip("needs PostgreSQL (Debian: apt-get install postgresql)")
    as_user: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="shuseki-pg-"))
    if os.getuid() == 0:
        if shutil.which("setpriv") is None or not _is_user("postgres"):
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", "shuseki", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    server = subprocess.Popen(
        [*as_user, programs / "postgres", "-D", data, *options.split()],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                psycopg.connect(f"postgresql://shuseki@127.0.0.1:{port}/postgres").close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)  # it is starting up
        yield f"postgresql://shuseki@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # the fast way: it does not wait for clients
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _is_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


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
