"""How fast are two waves linked and births counted, beside SQL written by hand?

Makes two waves of N plants (seeded), a converter for 1% of the numbers and a division, as
Parquet. Then, in turn and several times, each in a process of its own: ``births`` of this
project, and the same counts in DuckDB SQL as a careful user would write it. Both must give the
same counts. Reports the ratio of the medians and the peak memory of each process.

    python benchmarks/linkage.py                            # 10 million plants per wave
    python benchmarks/linkage.py --rows 100000000 --memory 12GB --repeats 1
    python benchmarks/linkage.py --spark                    # the same expression on Spark, too
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import ibis
from sections import machine, write_section

import shuseki.demography.events as events
from shuseki.records.store import Store

MUNICIPALITIES, AREAS, INDUSTRIES = 3000, 253, 58
SHARES = {"born": 0.07, "converted": 0.01, "inside": 0.95}
SQL = """
WITH before AS (
  SELECT coalesce(converter.to_id, old.id) AS id
  FROM read_parquet('{folder}/wave_1998.parquet') AS old
  LEFT JOIN read_parquet('{folder}/converter.parquet') AS converter ON old.id = converter.from_id
), born AS (
  SELECT municipality, industry
  FROM read_parquet('{folder}/wave_2000.parquet') ANTI JOIN before USING (id)
  WHERE employees < 20
)
SELECT area, industry, count(*) AS births
FROM born JOIN read_parquet('{folder}/division.parquet') USING (municipality)
GROUP BY area, industry
"""


def make(folder: Path, rows: int, memory: str) -> None:
    """Write two waves, a converter and a division, the same for the same number of rows."""
    config = {"memory_limit": memory, "temp_directory": str(folder / "spill")}
    connection = duckdb.connect(config=config)
    connection.execute("SET preserve_insertion_order = false")
    born, converted = int(rows * SHARES["born"]), int(rows * SHARES["converted"])
    plant = f"""
      CAST(wave AS INTEGER) AS wave, CAST(number AS BIGINT) AS id,
      printf('%05d', 1001 + CAST(hash(plant, 1) % {MUNICIPALITIES} AS INTEGER)) AS municipality,
      printf('%02d', CAST(hash(plant, 2) % {INDUSTRIES} AS INTEGER)) AS industry,
      CAST(4 + floor(4 / pow((hash(plant, 3) % 1000000 + 1) / 1000000.0, 0.8)) AS BIGINT)
        AS employees"""
    for wave, start in ((1998, 0), (2000, born)):
        # Plants 0 … converted had another number, above all others, in 1998.
        number = (
            f"CASE WHEN {wave} = 1998 AND plant BETWEEN {born} AND {born + converted - 1} "
            f"THEN plant + {10 * rows} ELSE plant END"
        )
        connection.execute(f"""
          COPY (
            SELECT {plant} FROM (
              SELECT {wave} AS wave, plant, {number} AS number
              FROM (SELECT (range * 7919) % {rows} + {start} AS plant FROM range({rows}))
            )
          ) TO '{folder}/wave_{wave}.parquet' (FORMAT parquet, COMPRESSION zstd)""")
    connection.execute(f"""
      COPY (SELECT 1998 AS from_wave, 2000 AS to_wave, plant + {10 * rows} AS from_id,
                   plant AS to_id FROM range({born}, {born + converted}) AS t(plant))
      TO '{folder}/converter.parquet' (FORMAT parquet)""")
    connection.execute(f"""
      COPY (SELECT printf('%05d', 1001 + k) AS municipality, printf('%03d', 1 + k % {AREAS}) AS area
            FROM range({int(MUNICIPALITIES * SHARES["inside"])}) AS t(k))
      TO '{folder}/division.parquet' (FORMAT parquet)""")
    connection.close()


def ours(folder: Path, memory: str, engine: str) -> int:
    """Births by this project; the number that is left."""
    if engine == "spark":
        store = Store.on_spark(folder, spark_session(memory, folder))
    else:
        store = Store.open(folder, memory_limit=memory, spill_to=folder / "spill")
    division = duckdb.sql(f"SELECT * FROM '{folder}/division.parquet'").df()
    found = events.births(store, at=2000, since=1998, fewer_than_employees=20, division=division)
    return checksum(found.to_frame().query("births > 0"))


def by_hand(folder: Path, memory: str, engine: str) -> int:
    """Births by hand-written SQL."""
    del engine
    config = {"memory_limit": memory, "temp_directory": str(folder / "spill")}
    connection = duckdb.connect(config=config)
    connection.execute("SET preserve_insertion_order = false")
    return checksum(connection.sql(SQL.format(folder=folder)).df())


def checksum(frame) -> int:
    """One number that two equal tables share."""
    weight = frame["area"].astype(int) * 1000 + frame["industry"].astype(int)
    return int((weight * frame["births"]).sum())


def spark_session(memory: str, folder: Path):
    """A local Spark session with the memory given."""
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[*]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", memory)
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.local.dir", str(folder / "spill"))
        .getOrCreate()
    )


def child(which: str, folder: Path, memory: str, engine: str) -> None:
    """Run one of the two in this process and print what it took."""
    duckdb.sql("SELECT 1").df()  # both start with the engine and pandas loaded
    ibis.duckdb.connect().disconnect()
    start, cpu = time.perf_counter(), time.process_time()
    found = {"ours": ours, "by_hand": by_hand}[which](folder, memory, engine)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "found": found,
                "seconds": seconds,
                "cpu_seconds": time.process_time() - cpu,
                "peak_gb": used.ru_maxrss / 2**20,
            }
        )
    )


def measure(which: str, folder: Path, memory: str, engine: str = "duckdb") -> dict[str, float]:
    """Run one of the two in a process of its own."""
    command = [sys.executable, __file__, "--child", which, "--folder", str(folder)]
    command += ["--memory", memory, "--engine", engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--repeats", type=int, default=15)
    options.add_argument("--memory", default="3GB")
    options.add_argument("--spark", action="store_true")
    options.add_argument("--folder", type=Path)
    options.add_argument("--child", choices=["ours", "by_hand"])
    options.add_argument("--engine", default="duckdb")
    given = options.parse_args()
    if given.child:
        child(given.child, given.folder, given.memory, given.engine)
        return
    folder = given.folder or Path(tempfile.mkdtemp(prefix="linkage-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if not (folder / "division.parquet").exists():
            make(folder, given.rows, given.memory)
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "by_hand": []}
        for k in range(given.repeats):
            for which in ("ours", "by_hand") if k % 2 else ("by_hand", "ours"):
                runs[which].append(measure(which, folder, given.memory))
                print(which, runs[which][-1], flush=True)
        found = {run["found"] for each in runs.values() for run in each}
        spark = measure("ours", folder, "8g", "spark") if given.spark else None
        if spark:
            print("spark", spark, flush=True)
            found.add(spark["found"])
        if len(found) > 1:
            raise SystemExit(f"The counts differ: {found}")
        report(given, runs, spark)
    finally:
        if not given.folder:
            shutil.rmtree(folder)


def report(given, runs, spark) -> None:
    """Write the section."""
    middle = {
        which: {
            key: statistics.median(run[key] for run in each) for key in ("seconds", "cpu_seconds")
        }
        for which, each in runs.items()
    }
    peak = {which: max(run["peak_gb"] for run in each) for which, each in runs.items()}
    by_hand, ours = middle["by_hand"], middle["ours"]
    lines = [
        f"## Births from two waves of {given.rows:,} plants each",
        "",
        f"{machine()} Memory limit of the engine {given.memory}; median of {given.repeats}, "
        "alternating, each in a process of its own. Same counts by area and industry.",
        "",
        "| | seconds | ratio | CPU seconds | ratio | peak memory, GiB |",
        "|---|---|---|---|---|---|",
        f"| SQL by hand, DuckDB | {by_hand['seconds']:.2f} | 1 | {by_hand['cpu_seconds']:.2f} "
        f"| 1 | {peak['by_hand']:.2f} |",
        f"| `births`, DuckDB, with its funnel | {ours['seconds']:.2f} "
        f"| {ours['seconds'] / by_hand['seconds']:.2f} | {ours['cpu_seconds']:.2f} "
        f"| {ours['cpu_seconds'] / by_hand['cpu_seconds']:.2f} | {peak['ours']:.2f} |",
    ]
    if spark:
        lines.append(
            f"| `births`, Spark local | {spark['seconds']:.1f} "
            f"| {spark['seconds'] / by_hand['seconds']:.1f} | | | |"
        )
    print("\n".join(lines))
    write_section(f"linkage-{given.rows}", "\n".join(lines))


if __name__ == "__main__":
    main()
