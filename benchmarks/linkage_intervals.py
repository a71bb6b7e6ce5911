"""Do intervals of births hold the true births when all numbers are lost?

Synthetic censuses: the waves of 1996 and 1998, linked by name, municipality, industry and employees
alone, so that there is something to be unsure of. For each census the 95% interval of births over
whole matchings is compared with the truth. Whole censuses of three sizes are taken: in a small one
so little is unsure that an interval is two or three whole numbers, and holds the truth too often.

``python benchmarks/linkage_intervals.py 200``: number of censuses of each size.
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
SCALES = (0.01, 0.02, 0.03)
FIRST_SEED = 2001
"""None of these censuses was looked at when the prior of the model was chosen."""
EVERY = 10


Row = tuple[int, int, float, float, float, float]


def one(scale: float, seed: int) -> Row:
    """Plants, true births, low end, mean and high end, and births by the links alone."""
    with TemporaryDirectory() as folder:
        synthetic_census(folder, scale=scale, seed=seed)
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
    return len(right), born, low, mean, high, float(len(links.births()))


def main() -> None:
    """Draw the censuses and write the table."""
    censuses = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    begin = time.perf_counter()
    rows: dict[float, list[Row]] = {scale: [] for scale in SCALES}
    for k in range(1, censuses + 1):
        for scale in SCALES:
            rows[scale].append(one(scale, FIRST_SEED + k))
            print(k, scale, rows[scale][-1], flush=True)
        if k % EVERY == 0 or k == censuses:
            write(rows, time.perf_counter() - begin)


def write(rows: dict[float, list[Row]], seconds: float) -> None:
    """Write the table of the censuses that are done."""
    lines = []
    for done in rows.values():
        plants, born, low, mean, high, linked = np.array(done).T
        share = float(((low <= born) & (born <= high)).mean())
        error = np.sqrt(share * (1 - share) / len(done))
        gap = mean - born
        lines.append(
            f"| {plants.mean():,.0f} | {share:.1%} (± {error:.1%}) | {born.mean():.1f} "
            f"| {mean.mean():.1f} | {np.sqrt((gap**2).mean()):.2f} | {linked.mean():.1f} "
            f"| {(high - low).mean():.1f} |"
        )
    count = len(next(iter(rows.values())))
    write_section(
        "linkage-intervals",
        "## Do intervals of births hold when all numbers are lost?\n\n"
        f"{machine()} Synthetic data: {count} censuses of each size, two waves linked by name, "
        "municipality, industry and employees; 100 matchings drawn; "
        f"{seconds / count / len(rows):.1f} s per census beside other work.\n\n"
        "| plants in a wave | 95% intervals that hold the true births | true births | expected "
        "| gap, root mean square | by the links alone | width of the interval |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n",
    )


if __name__ == "__main__":
    main()
