"""Waves on each engine, a database server, and hand-made regional accounts with a known truth."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# One thread for linear algebra, said before NumPy is loaded, here and in what the tests start:
# matrices of the tests are small, and the threads of two workers on two cores wait for one another
# (an inverse of 111 × 111 takes 30 times the processor time).
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# Compiled modules are kept beside the sources (git ignores them), as numba keeps its own: otherwise
# each worker, and every process that a test starts, compiles all modules again.
os.environ["PYTHONDONTWRITEBYTECODE"] = ""

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from shuseki.records.store import Store

sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[Any], list[Any]]:
    """Look for examples in docstrings of the sources alone: here are none, and it takes long."""
    found = yield
    return [one for one in found if type(one).__name__ != "DoctestModule"]


@pytest.fixture(autouse=True)
def _no_engine_but_ours() -> Iterator[None]:
    """Nothing is asked of the engine that Ibis opens for tables without one.

    It may read files, has no folder of its own, and stays open to the end, where DuckDB's binding
    reports it as a leak above pytest's last line.
    """
    yield
    if ibis := sys.modules.get("ibis"):
        opened, ibis.options.default_backend = ibis.options.default_backend, None
        assert opened is None


def _leave() -> None:
    """End a worker of pytest-xdist, which has told all it has to tell.

    Taking a million objects apart serves nobody, and DuckDB's binding calls its own constants
    leaked when something goes after it does (27 types of columns, no connection).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if "PYTEST_XDIST_WORKER" in os.environ:
    atexit.register(_leave)  # the first that is registered runs last


Waves = dict[int, list[tuple[Any, str, str, int]]]


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One local Spark session for all tests."""
    pyspark = pytest.importorskip("pyspark.sql", reason="needs the spark extra")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17 or later")
    # Workers run the Python of the tests, with what is installed there.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        pyspark.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


ON_SPARK = [
    pytest.mark.spark,
    # PySpark 4.3 calls what pandas 3 deprecates, in every conversion.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=ON_SPARK)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Write waves given as ``{year: [(id, municipality, industry, employees), …]}`` and open them.

    ``converter`` is a list of (from_wave, to_wave, from_id, to_id). The same test body runs on
    DuckDB and on Spark.
    """
    # Imported here only: every process of a parallel run reads this file, and one that holds DuckDB
    # while a thread of its own still lives complains of leaks after pytest's last line.
    from shuseki.records.store import Store

    session = request.getfixturevalue("spark") if request.param == "spark" else None
    stores: list[Store] = []

    def opened(waves: Waves, converter: list[tuple[int, int, Any, Any]] | None = None) -> Store:
        folder = tmp_path / "store"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for year, rows in waves.items():
            frame = pd.DataFrame(rows, columns=["id", "municipality", "industry", "employees"])
            frame.insert(0, "wave", year)
            frame.to_parquet(folder / f"wave_{year}.parquet", index=False)
        if converter is not None:
            frame = pd.DataFrame(converter, columns=["from_wave", "to_wave", "from_id", "to_id"])
            frame.to_parquet(folder / "converter.parquet", index=False)
        stores.append(Store.open(folder) if session is None else Store.on_spark(folder, session))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


# ---- databases ----------------------------------------------------------------------------


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


# ---- regional accounts ---------------------------------------------------------------------


def make_accounts(n: int = 253, seed: int = 2006) -> pd.DataFrame:
    """Accounts of n areas drawn at random; nothing in them is real."""
    rng = np.random.default_rng(seed)
    index = [f"{k:03d}" for k in range(1, n + 1)]
    plants = rng.integers(200, 3000, n)
    employees = plants * rng.uniform(8, 35, n)
    shipments = employees * rng.uniform(15e6, 40e6, n)
    labour = rng.integers(20_000, 400_000, n)
    population = labour * rng.uniform(1.5, 1.7, n)
    workers = labour * rng.uniform(0.85, 0.95, n)
    wages = employees * rng.uniform(2.3e6, 6.5e6, n)
    return pd.DataFrame(
        {
            "labour_force_1995": labour,
            "unemployed_1995": labour * rng.uniform(0.015, 0.07, n),
            "graduates_2000": population * rng.uniform(0.04, 0.22, n),
            "population_15_and_over_2000": population,
            "value_added_yen_1998": wages + shipments * rng.uniform(0.06, 0.34, n),
            "cash_wages_yen_1998": wages,
            "shipments_yen_1998": shipments,
            "shipments_yen_1995": shipments / rng.uniform(0.8, 1.35, n),
            "employees_1998": employees,
            "plants_1998": plants,
            "hightech_plants_1998": np.round(plants * rng.uniform(0.02, 0.45, n)),
            "research_institutes_1996": rng.poisson(3, n),
            "plants_1996": plants + rng.integers(0, 50, n),
            "area_km2": rng.uniform(30, 3000, n),
            "manufacturing_employees_1996": workers * rng.uniform(0.08, 0.48, n),
            "all_employees_1996": workers,
            "industrial_land_price_yen_per_m2_1998": np.where(
                rng.random(n) < 0.77, rng.uniform(5e3, 3e5, n), np.nan
            ),
            "metropolitan": rng.random(n) < 0.1,
            "largest_industry": rng.choice(["food", "textile", "electrical", "other"], n),
        },
        index=index,
    )


TRUTH = {"UNEMPL": 9.0, "DENS": 0.014, "MRATIO": 9.0, "AVESIZE": -0.09, "HITECH": 2.4}
"""Slopes that the made-up births follow; all other variables have none."""


def make_births(accounts: pd.DataFrame, seed: int = 2006, noise: float = 0.8) -> pd.DataFrame:
    """Births that follow TRUTH, three quarters of them low-tech."""
    from shuseki.papers.okamuro_2006.variables import table_2

    rng = np.random.default_rng(seed)
    regressors = table_2(accounts).frame
    rate = 3.0 + sum(slope * regressors[name] for name, slope in TRUTH.items())
    rate = np.maximum(rate + noise * rng.normal(size=len(accounts)), 0.05)
    births = rate * accounts["labour_force_1995"] / 10_000
    share = rng.uniform(0.15, 0.35, len(accounts))
    return pd.DataFrame(
        {"births": births, "births_high": births * share, "births_low": births * (1 - share)}
    )


@pytest.fixture(scope="session")
def accounts() -> pd.DataFrame:
    return make_accounts()


@pytest.fixture(scope="session")
def variables(accounts) -> Any:
    from shuseki.papers.okamuro_2006.variables import table_2
    from shuseki.sources import Source

    made_up = Source("MadeUp", "Made-up regional accounts for tests", "2006", origin="synthetic")
    prefecture = {code: f"{int(code) // 6:02d}" for code in accounts.index}
    return table_2(accounts, make_births(accounts), area_groups=prefecture, sources=(made_up,))
