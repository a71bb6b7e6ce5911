"""How do time and memory of a linkage without numbers grow with the registers?

Synthetic data: the waves of 1996 and 1998 with their numbers hidden, linked by name, address,
municipality, industry, employees, legal form and coordinates. Each size runs in a process of its
own, after another has made the data, so that memory is that of the linkage alone.

``python benchmarks/linkage_scale.py 10000 100000 1000000``: records of a register.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from linkage_likeness import census, hidden
from sections import machine, write_section

from shuseki.linkage.evaluation import f1
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


def made(folder: Path, records: int) -> None:
    """Write two waves whose numbers are hidden, and the true pairs."""
    case = hidden(next(census(max(records / PLANTS, 0.01))))
    for name, frame in (("left", case.left), ("right", case.right)):
        frame[[c for c in KEPT if c in frame]].to_parquet(folder / f"{name}.parquet")
    case.truth.to_parquet(folder / "truth.parquet")


def linked(folder: Path) -> None:
    """Link them and say what it took."""
    left, right, truth = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("left", "right", "truth")
    )
    # The first use compiles; a register of a hundred records does it.
    link(left.head(100), right.head(100))
    begin, cpu = time.perf_counter(), time.process_time()
    links = link(left, right)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    found, true = (
        set((frame["left"] * 10**9 + frame["right"]).tolist()) for frame in (links.table, truth)
    )
    born = set(right["id"].tolist()) - set(truth["right"].tolist())
    row = {
        "left": len(left),
        "right": len(right),
        "seconds": seconds,
        "cpu": cpu,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "kept": len(links.pairs.left),
        "pairs": f1(found, true)["f1"],
        "births": f1(set(np.asarray(links.births()).tolist()), born)["f1"],
    }
    (folder / "row.json").write_text(json.dumps(row), encoding="utf-8")


def main() -> None:
    """Run every size and write the table."""
    if sys.argv[1:2] == ["--one"]:
        what, folder = sys.argv[2], Path(sys.argv[3])
        if what == "make":
            made(folder, int(sys.argv[4]))
        else:
            linked(folder)
        return
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000]
    lines = []
    for size in sizes:
        with TemporaryDirectory() as folder:
            for step in ("make", "link"):
                subprocess.run(
                    [sys.executable, __file__, "--one", step, folder, str(size)], check=True
                )
            row = json.loads((Path(folder) / "row.json").read_text(encoding="utf-8"))
        print(row, flush=True)
        lines.append(
            f"| {row['left']:,} × {row['right']:,} | {row['seconds']:.0f} | {row['cpu']:.0f} | "
            f"{1e3 * row['cpu'] / row['left']:.2f} | {row['gb']:.1f} | {row['pairs']:.4f} | "
            f"{row['births']:.4f} |"
        )
        write_section(
            "linkage-scale",
            "## How linkage without numbers grows\n\n"
            f"{machine()} Synthetic data: two waves, numbers hidden, linked by name, address, "
            "municipality, industry, employees, legal form and coordinates; peak memory of the "
            "process, data included; seconds on a busy machine of two cores.\n\n"
            "| records | seconds | CPU seconds | CPU ms per record | memory, GB | pairs F1 | "
            "births F1 |\n|---|---|---|---|---|---|---|\n" + "\n".join(lines),
        )


if __name__ == "__main__":
    main()
