"""Compute what profiles look up: theory, escapes, columns, stages, types, clusters, K-density.

    python derive/profile_tables.py [theory] [escapes] [columns] [characters] [kdensity] [clusters]

Takes only bundled data. Writes to ``src/shuseki/datasets/data/profile``; all of it can be computed
anew by the functions of ``shuseki.profile`` that it calls, and tests hold that it agrees with them.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.datasets.public import default_division
from shuseki.profile.base import KEPT, computed_base, kept_tables
from shuseki.profile.character import character_table
from shuseki.profile.industry_tables import cluster_table, kdensity_table
from shuseki.profile.what_if import DIFFERENCES, theory_table
from shuseki.theory.models.path_dependence import SCENARIOS, Lifecycle, escape
from shuseki.theory.solving.dynamics import simulate

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/profile"
SIZES, MIXES = 9, 7


def write(table: pd.DataFrame, name: str) -> None:
    path = OUT / f"{name}.csv"
    table.to_csv(path, index=False)
    print(f"{name}: {len(table):,} rows, {path.stat().st_size / 1024:,.0f} kB")


def theory() -> None:
    write(theory_table(), "theory")


def escapes() -> None:
    """Border of the locked-in state and smallest shocks on a grid of plants and difference."""
    model = Lifecycle()

    def end(log_plants: float, difference: float) -> float:
        state = np.array([log_plants, difference])
        return float(simulate(model, state, until=1000.0, records=2, tolerance=1e-7).end[0])

    low, high = end(-3.0, 0.05), end(5.0, 0.4)
    halfway = (low + high) / 2
    recovered = float(np.exp(halfway))
    rows = []
    for difference in np.linspace(*DIFFERENCES, MIXES):
        below, above = low, high
        if end(low, difference) > halfway:
            above = low
        while above - below > 1e-3:
            middle = (below + above) / 2
            below, above = (below, middle) if end(middle, difference) > halfway else (middle, above)
        for log_plants in np.linspace(low, high, SIZES):
            state = np.array([log_plants, difference])
            sizes = [
                0.0 if log_plants >= above else
                escape(model, one, locked_in=state, recovered=recovered, tolerance=1e-3)
                for one in SCENARIOS
            ]  # fmt: skip
            rows.append((log_plants, difference, above, *sizes))
    columns = ["log_plants", "difference", "border_log_plants"]
    columns += [f"scenario_{k + 1}" for k in range(len(SCENARIOS))]
    write(pd.DataFrame(rows, columns=columns).round(5), "escapes")


def keep(table: pd.DataFrame, name: str) -> None:
    path = OUT / f"{name.replace('-', '_')}.parquet"
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{path.name}: {len(table):,} rows, {path.stat().st_size / 1024:,.0f} kB")


def characters() -> None:
    for division, name in KEPT.items():
        table = character_table(computed_base(default_division(division))).reset_index()
        number = table.select_dtypes("float").columns
        table[number] = table[number].round(4)
        keep(table, f"character_{name}")


def columns() -> None:
    for division, name in KEPT.items():
        wide, series = kept_tables(computed_base(default_division(division)))
        keep(wide, f"columns_{name}")
        keep(series, f"history_{name}")


def kdensities() -> None:
    write(kdensity_table(), "kdensity")


def all_clusters() -> None:
    write(cluster_table(), "clusters")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    parts = {"theory": theory, "escapes": escapes, "columns": columns, "characters": characters,
             "kdensity": kdensities, "clusters": all_clusters}  # fmt: skip
    for name in [arg for arg in sys.argv[1:] if arg in parts] or parts:
        parts[name]()
