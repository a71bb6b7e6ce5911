"""Do intervals of births hold the true births when all numbers are lost?

Synthetic censuses: the waves of 1996 and 1998, linked by name, municipality, industry and employees
alone, so that there is something to be unsure of. For each census the 95% interval of births over
whole matchings is compared with the truth. Whole censuses of 3,700 plants are taken: of a part of
one so little is unsure that most intervals are a single number, and hold it too often.

``python benchmarks/linkage_intervals.py 200``: number of censuses.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sections import machine, write_section

from shuseki.datasets.census import synthetic_census
from shuseki.linkage.imputation import draw_links
from shuseki.linkage.likeness import link

COLUMNS = ["id", "name", "municipality", "industry", "employees"]
EVERY = 10


def one(seed: int) -> tuple[int, float, float, float, float]:
    """True births, low end, mean and high end, and births by the links alone."""
    with TemporaryDirectory() as folder:
        synthetic_census(folder, scale=0.01, seed=seed)
        truth = pd.read_parquet(Path(folder) / "truth.parquet", columns=["plant", "wave", "id"])
        sides = []
        for year in (1996, 1998):
            wave = pd.read_parquet(Path(folder) / f"wave_{year}.parquet")
            own = truth[truth["wave"] == year].dropna().drop_duplicates("id")
            wave = wave.assign(id=wave["id"].map(own.set_index("id")["plant"])).dropna(
                subset=["id"]
            )
            sides.append(wave[COLUMNS].sample(frac=1, random_state=seed).reset_index(drop=True))
    left, right = sides
    born = int((~right["id"].isin(set(left["id"]))).sum())
    links = link(left, right, seed=seed, settings={"sampled_pairs": 200_000})
    drawn = draw_links(links, draws=100, seed=seed)
    low, mean, high = drawn.interval(drawn.is_birth.sum(axis=1))
    return born, low, mean, high, float(len(links.births()))


def main() -> None:
    """Draw the censuses and write the table."""
    censuses = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    begin = time.perf_counter()
    rows = []
    for seed in range(1, censuses + 1):
        rows.append(one(seed))
        print(seed, rows[-1], flush=True)
        if seed % EVERY == 0 or seed == censuses:
            write(rows, time.perf_counter() - begin)


def write(rows: list[tuple[int, float, float, float, float]], seconds: float) -> None:
    """Write the table of the censuses that are done."""
    found = np.array(rows)
    born, low, mean, high, linked = found.T
    share = float(((low <= born) & (born <= high)).mean())
    gap = float(np.sqrt(((mean - born) ** 2).mean()))
    error = np.sqrt(share * (1 - share) / len(found))
    write_section(
        "linkage-intervals",
        "## Do intervals of births hold when all numbers are lost?\n\n"
        f"{machine()} Synthetic data: {len(found)} censuses, two waves of some 3,700 plants "
        "each, linked by name, municipality, industry and employees; 100 matchings "
        f"drawn; {seconds / len(found):.1f} s per census.\n\n"
        "| | |\n|---|---|\n"
        f"| share of 95% intervals that hold the true births | {share:.1%} (± {error:.1%}) |\n"
        f"| true births, mean | {born.mean():.1f} |\n"
        f"| births expected, mean | {mean.mean():.1f} |\n"
        f"| gap between expected and true births, root mean square | {gap:.2f} |\n"
        f"| births by the links alone, mean | {linked.mean():.1f} |\n"
        f"| width of the interval, mean | {(high - low).mean():.1f} |\n",
    )


if __name__ == "__main__":
    main()
