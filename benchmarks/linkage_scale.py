"""How do time and memory of a linkage without numbers grow with the registers?

Synthetic data: the waves of 1996 and 1998 with their numbers hidden, linked by name, address,
municipality, industry, employees, legal form and coordinates. Each size runs in a process of its
own, after another has made the data, so that memory is that of the linkage alone.

``python benchmarks/linkage_scale.py 10000 100000 1000000``: records of a register. The section is
written after each size. ``--keep FOLDER`` keeps the data and takes those that are there;
``--make`` makes them and links nothing.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sections import machine, write_section

from shuseki.arrays import Ints
from shuseki.datasets.census import synthetic_census
from shuseki.linkage.likeness import link

PLANTS = 370_000
"""Plants of a wave at scale 1."""
KEPT = (
    "id",
    "name",
    "address",
    "municipality",
    "industry",
    "employees",
    "legal_form",
    "latitude",
    "longitude",
)
SIDES = (("left", 1996, 2, 10**6), ("right", 1998, 3, 5 * 10**6))
"""Name, wave, seed of the order of rows, first number."""
FAR = 10**9
"""Above every number."""


def made(folder: Path, records: int) -> None:
    """Write two waves whose numbers are hidden, and the true pairs; one wave at a time."""
    rng = np.random.default_rng(1)
    plants, numbers = [], []
    with TemporaryDirectory(dir=folder) as place:
        synthetic_census(place, scale=max(records / PLANTS, 0.01))
        for name, year, seed, first in SIDES:
            frame = wave(Path(place), year).sample(frac=1, random_state=seed)
            plants.append(frame["id"].to_numpy())
            numbers.append(rng.permutation(len(frame)) + first)
            frame["id"] = numbers[-1]
            frame.to_parquet(folder / f"{name}.parquet", index=False)
            del frame
    _, one, other = np.intersect1d(*plants, assume_unique=True, return_indices=True)
    truth = pd.DataFrame({"left": numbers[0][one], "right": numbers[1][other]})
    truth.to_parquet(folder / "truth.parquet")


def wave(folder: Path, year: int) -> pd.DataFrame:
    """Plants of a wave that the truth knows, by their true number."""
    path = folder / f"wave_{year}.parquet"
    there = set(pq.read_schema(path).names)
    frame = pd.read_parquet(path, columns=[name for name in KEPT if name in there])
    truth = pd.read_parquet(
        folder / "truth.parquet", columns=["plant", "id"], filters=[("wave", "==", year)]
    )
    plant = truth.dropna().drop_duplicates("id").set_index("id")["plant"]
    del truth
    frame["id"] = plant.reindex(frame["id"]).to_numpy()
    return frame.dropna(subset=["id"])


def linked(folder: Path) -> None:
    """Link them and say what it took."""
    left, right = (pd.read_parquet(folder / f"{name}.parquet") for name, *_ in SIDES)
    # The first use compiles; a register of a hundred records does it, in parts.
    few = {"most_pairs_compared_in_full": 1, "pairs_learned_from": 100}
    link(left.head(100), right.head(100), settings=few)
    begin, cpu = time.perf_counter(), time.process_time()
    links = link(left, right)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    n, m, kept = len(left), len(right), len(links.pairs.left)
    births, every = np.asarray(links.births()), right["id"].to_numpy()
    del left, right
    truth = pd.read_parquet(folder / "truth.parquet")
    row = {
        "left": n,
        "right": m,
        "seconds": seconds,
        "cpu": cpu,
        "gb": peak,
        "kept": kept,
        "pairs": f1(keys(links.table), keys(truth)),
        "births": f1(births, np.setdiff1d(every, truth["right"].to_numpy(), assume_unique=True)),
    }
    (folder / "row.json").write_text(json.dumps(row), encoding="utf-8")


def keys(pairs: pd.DataFrame) -> Ints:
    """Pairs as numbers."""
    return pairs["left"].to_numpy(np.int64) * FAR + pairs["right"].to_numpy(np.int64)


def f1(found: Ints, true: Ints) -> float:
    """F1 of what was found, each once, against what is true."""
    both = len(np.intersect1d(found, true, assume_unique=True))
    return 2 * both / (len(found) + len(true))


def main() -> None:
    """Run every size and write the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    asked.add_argument("--keep", type=Path, help="folder of the data")
    asked.add_argument("--make", action="store_true", help="make the data and link nothing")
    asked.add_argument("--one", choices=("make", "link"), help="one step in the folder of a size")
    given = asked.parse_args()
    if given.one == "make":
        made(given.keep, given.sizes[0])
    elif given.one == "link":
        linked(given.keep)
    elif given.keep:
        measured(given.sizes, given.keep, given.make)
    else:
        with TemporaryDirectory() as folder:
            measured(given.sizes, Path(folder), given.make)


def measured(sizes: list[int], keep: Path, only_make: bool) -> None:
    """Make the data of each size where they are not there, link, and write the section."""
    lines = []
    for size in sizes:
        folder = keep / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        steps = [] if (folder / "truth.parquet").exists() else ["make"]
        for step in (*steps, *(() if only_make else ("link",))):
            command = [sys.executable, __file__, "--one", step, "--keep", str(folder), str(size)]
            subprocess.run(command, check=True)
        if only_make:
            continue
        row = json.loads((folder / "row.json").read_text(encoding="utf-8"))
        print(row, flush=True)
        lines.append(
            f"| {row['left']:,} × {row['right']:,} | {row['seconds']:,.0f} | {row['cpu']:,.0f} | "
            f"{1e3 * row['cpu'] / row['left']:.2f} | {row['gb']:.1f} | {row['pairs']:.4f} | "
            f"{row['births']:.4f} |"
        )
        write_section(
            "linkage-scale",
            "## How linkage without numbers grows\n\n"
            f"{machine()} Synthetic data: two waves, numbers hidden, linked by name, address, "
            "municipality, industry, employees, legal form and coordinates. Names and streets are "
            "put together from lists of the same length at every size, so that larger registers "
            "have more namesakes and neighbours. Peak memory of the process, data included; "
            f"{os.cpu_count()} processors; seconds include whatever else the machine did.\n\n"
            "| records | seconds | CPU seconds | CPU ms per record | memory, GB | pairs F1 | "
            "births F1 |\n|---|---|---|---|---|---|---|\n" + "\n".join(lines),
        )


if __name__ == "__main__":
    main()
