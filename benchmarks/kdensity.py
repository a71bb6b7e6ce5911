"""How long does K-density take, beside the simulations of R dbmss?

Run: python benchmarks/kdensity.py [--largest 10000000]
dbmss is timed when Rscript and the package are there (R_LIBS); it simulates, so the time of one
simulation is what is measured, and 1,000 of them are what a user runs.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sections import machine, write_section

from shuseki.datasets.census.census import synthetic_census
from shuseki.datasets.public import manufacturing_panel
from shuseki.measures.distance.kdensity import kdensity
from shuseki.sites import Sites
from shuseki.sources import Source

SIMULATIONS = 5

DBMSS = """
suppressMessages(library(dbmss))
plants <- read.csv("{folder}/plants.csv")
window <- spatstat.geom::owin(range(plants$x) + c(-1, 1), range(plants$y) + c(-1, 1))
points <- wmppp(data.frame(X = plants$x, Y = plants$y, PointType = plants$industry,
                           PointWeight = 1), window = window)
r <- seq(0, 400, 4)
cost <- function(x) c(x[["elapsed"]], x[["user.self"]] + x[["sys.self"]])
one <- cost(system.time(Kdhat(points, r = r, ReferenceType = "A")))
many <- cost(system.time(KdEnvelope(points, r = r, NumberOfSimulations = {simulations},
                                    ReferenceType = "A")))
cat(one, (many - one) / {simulations}, as.character(packageVersion("dbmss")))
"""


def census(plants: int, industries: int, seed: int = 1) -> Sites:
    """Invented plants: scattered some km around real municipalities, as many as stand there."""
    rng = np.random.default_rng(seed)
    panel = manufacturing_panel("municipality", industries="total", years=[2001])
    count = np.nan_to_num(panel.cross_section("plants")[:, 0])
    town = rng.choice(len(count), size=plants, p=count / count.sum())
    size = rng.pareto(1.2, industries) + 0.2
    industry = rng.choice(industries, size=plants, p=size / size.sum())
    return Sites(
        panel.centres[town, 0] + rng.normal(0, 0.035, plants),
        panel.centres[town, 1] + rng.normal(0, 0.04, plants),
        industry,
        tuple(f"S{k:02d}" for k in range(industries)),
        np.ceil(rng.lognormal(2.3, 1.0, plants)),
        sources=(Source("Benchmark", "Plants invented for the benchmark", "", origin="synthetic"),),
    )


def spread_evenly(plants: int, industries: int, seed: int = 1) -> Sites:
    """Invented plants anywhere between 31 and 45° N, 130 and 145° E."""
    rng = np.random.default_rng(seed)
    towns = census(plants, industries, seed)
    return replace(
        towns,
        latitude=rng.uniform(31, 45, plants),
        longitude=rng.uniform(130, 145, plants),
    )


def very_unequal(plants: int, industries: int, seed: int = 1) -> Sites:
    """Invented plants in towns, of sizes whose mean does not settle (Pareto, 0.7)."""
    rng = np.random.default_rng(seed + 5)
    return replace(
        census(plants, industries, seed), employment=np.ceil(5 * rng.pareto(0.7, plants) + 1)
    )


MAPS = {"towns": census, "even": spread_evenly, "unequal": very_unequal}


def synthetic_census_sites() -> Sites:
    """The plants of 1996 in the synthetic census: 58 industries, about 370,000 plants."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = synthetic_census(folder)
        wave = pd.read_parquet(Path(folder) / "wave_1996.parquet")
    return Sites.from_frame(wave, employment="employees", sources=drawn.sources)


def timed(run) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processors."""
    start, used = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - used


def dbmss(sites: Sites) -> tuple[list[float], str] | None:
    """Seconds of one estimate and of one simulation, each on the clock and of processors."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        north = (sites.latitude - 36) * 111.19
        east = (sites.longitude - 138) * 111.19 * np.cos(np.radians(36))
        letter = np.where(sites.industry == 0, "A", "B")
        table = pd.DataFrame({"x": east, "y": north, "industry": letter})
        table.to_csv(Path(folder) / "plants.csv", index=False)
        script = Path(folder) / "run.R"
        script.write_text(DBMSS.format(folder=folder, simulations=SIMULATIONS))
        done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-500:])
        return None
    words = done.stdout.split()[-5:]
    return [float(word) for word in words[:4]], words[4]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=10_000_000)
    largest = parser.parse_args().largest
    kdensity(census(3_000, 3))  # compile
    print("compiled", flush=True)
    lines = ["## K-density with global bands", "", machine(), f"{os.cpu_count()} cores.", ""]

    whole = synthetic_census_sites()
    kdensity(census(30_000, 3), weights="employment")  # compile the mesh
    plain = timed(lambda: kdensity(whole))
    weighted = timed(lambda: kdensity(whole, weights="employment"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    lines += [
        f"All {len(whole.industries)} industries of the synthetic census of 1996 ({len(whole):,} "
        f"plants, mesh of about 1 km): **{plain[0]:.0f} s** by plants ({plain[1]:.0f} s of "
        f"processors), {weighted[0]:.0f} s by employment ({weighted[1]:.0f} s), {peak:.1f} GB at "
        "most.",
        "",
    ]

    print(lines[-2], flush=True)
    rng = np.random.default_rng(2)
    some = census(20_000, 1)
    industry = np.ones(20_000, dtype=np.int64)
    industry[rng.permutation(20_000)[:5_000]] = 0
    two = Sites(some.latitude, some.longitude, industry, ("A", "B"), some.employment)
    ours = timed(lambda: kdensity(two, industries=["A"], range_km=400))
    theirs = dbmss(two)
    lines += ["One industry of 5,000 among 20,000 points, exact positions:", ""]
    lines += ["| | seconds | of processors | to a global band, processors |", "|---|---|---|---|"]
    lines.append(f"| shuseki, exact null | {ours[0]:.1f} | {ours[1]:.1f} | {ours[1]:.1f} s |")
    if theirs is not None:
        (once, once_used, simulation, used), version = theirs
        lines.append(f"| R dbmss {version}, one estimate | {once:.1f} | {once_used:.1f} | |")
        lines.append(
            f"| R dbmss {version}, one simulation (mean of {SIMULATIONS}) | {simulation:.2f} | "
            f"{used:.2f} | 1,000 of them: {used * 1000 / 60:.0f} min, "
            f"{used * 1000 / ours[1]:,.0f} times ours |"
        )
    else:
        lines.append("| R dbmss | not installed here | |")
    lines += [
        "",
        "Growth with the number of sites (invented), 10 industries, seconds of processors: plants",
        "in towns, spread evenly over 14° by 15°, and in the same towns with very unequal sizes",
        "(Pareto, 0.7; the heaviest of a million has .63 of all workers): to compare with towns by",
        "plants. By employment the bandwidth is wider, so that fewer blocks do.",
        "",
        "| sites | positions | towns | by employment | even | by employment | unequal, by "
        "employment |",
        "|---|---|---|---|---|---|---|",
    ]
    kdensity(census(40_000, 3), positions="mesh", bandwidth_km=2)  # compile the transforms
    sites = 10_000
    while sites <= largest:
        cells = []
        for kind, by in (
            ("towns", "none"),
            ("towns", "employment"),
            ("even", "none"),
            ("even", "employment"),
            ("unequal", "employment"),
        ):
            drawn = MAPS[kind](sites, 10)
            _, used = timed(lambda drawn=drawn, by=by: kdensity(drawn, weights=by))
            cells.append(f"{used:.1f}")
            print(sites, kind, by, cells[-1], flush=True)
        how = "points" if sites <= 20_000 else "mesh"
        lines.append(f"| {sites:,} | {how} | {' | '.join(cells)} |")
        sites *= 10
    text = "\n".join(lines)
    write_section("kdensity", text)
    print(text)


if __name__ == "__main__":
    main()
