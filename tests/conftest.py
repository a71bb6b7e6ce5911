"""Waves of establishments on each engine, for the tests of records and demography."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from shuseki.records.store import Store

Waves = dict[int, list[tuple[Any, str, str, int]]]


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One local Spark session for all tests."""
    pyspark = pytest.importorskip("pyspark.sql", reason="needs the spark extra")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17 or later")
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
