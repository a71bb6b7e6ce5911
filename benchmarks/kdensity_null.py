"""Is the null of K-density, made without simulation, the one that simulation finds?

Run: python benchmarks/kdensity_null.py [--times 4000]
Random industries are drawn from 20,000 plants that stand where Japanese plants stand; their K is
compared with the mean and the deviation that were computed, and with the bands.
"""

import argparse

import numpy as np
from kdensity import census, spread_evenly
from sections import machine, write_section

from shuseki.measures.distance import kdensity as module
from shuseki.measures.distance.pairs import (
    points,
    population_sums,
    simulated_shares,
    systematic_sample,
)

SITES, LEVEL = 20_000, 0.05
PLANTS = (20, 50, 100, 300, 1_000, 5_000)


def row(places, weights: np.ndarray, times: int, words: str, sample_rows: bool = False) -> str:
    """One line of the table: errors of the moments, and sizes of the four bands."""
    member = module._Member("A", "A", np.arange(len(weights)), weights)
    sample = systematic_sample(places.positions, places.plants, module.SCALE_SITES)
    spread_km, range_km = module.distance_spread(places.positions[sample])
    h = 0.9 * spread_km * member.effective_pairs**-0.2
    bin_km = min(1.0, h / 3)
    bins = int(np.ceil((range_km + 3 * h) / bin_km))
    at_km = np.linspace(0, range_km, module.DISTANCES + 1)
    smooth = module.smoothing_map(at_km, h, bin_km, bins)
    work = {"exact_work": 0} if sample_rows else {}
    population = population_sums(places, bin_km, bins, **work)
    third = module.third_moment_ladder(places, population, np.array([h]), range_km)
    null = module._null(places, population, third(h), member, smooth, at_km, LEVEL)
    expected, deviation, skewness, local_lower, local_upper, lower, upper = null.curves
    rng = np.random.default_rng(len(weights) + 1)
    drawn = simulated_shares(places, weights, bin_km, bins, times, rng) @ smooth.T
    mean, spread = (np.abs(drawn.mean(axis=0) / expected - 1), drawn.std(axis=0) / deviation - 1)
    local = (100 * (drawn > local_upper).mean(axis=0), 100 * (drawn < local_lower).mean(axis=0))
    everywhere = (
        100 * (drawn > upper).any(axis=1).mean(),
        100 * (drawn < lower).any(axis=1).mean(),
    )
    tail = module.global_tail(np.cov(drawn.T), LEVEL)
    width = -module.ndtri(tail) * deviation
    normal = (
        100 * (drawn > expected + width).any(axis=1).mean(),
        100 * (drawn < expected - width).any(axis=1).mean(),
    )
    centred = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    wrong = np.abs(skewness - (centred**3).mean(axis=0)).max()
    line = (
        f"| {words} | {times:,} | {null.by} | {np.abs(skewness).max():.2f} ({wrong:.2f}) | "
        f"{100 * mean.max():.1f}% | "
        f"{100 * np.abs(spread).max():.1f}% | {local[0].mean():.1f} ({local[0].min():.1f}–"
        f"{local[0].max():.1f}) | {local[1].mean():.1f} ({local[1].min():.1f}–{local[1].max():.1f})"
        f" | {everywhere[0]:.1f} | {everywhere[1]:.1f} | {normal[0]:.1f} | {normal[1]:.1f} |"
    )
    print(line, flush=True)
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=4_000)
    times = parser.parse_args().times
    places, even = points(census(SITES, 1)), points(spread_evenly(SITES, 1))
    size = np.ceil(np.random.default_rng(9).lognormal(2.3, 1.0, max(PLANTS)))
    lines = [
        "## K-density: is the null without simulation the one that simulation finds?",
        "",
        machine(),
        f"Random industries of n plants among {SITES:,} sites where Japanese plants stand (made up",
        "near real places), range to the median distance, bandwidth by Silverman's rule. Largest",
        "error of mean and deviation at any distance; share of random industries, in %, beyond",
        "each band: at one distance (mean, and range over distances) and anywhere; 5 is wanted.",
        "Skewness: the largest, and in brackets its largest difference from the simulated one,",
        "whose standard error at one distance is 0.04. Even: sites spread evenly over 14° by 15°.",
        "Sampled rows: covariance of 4,096 of the 20,000 sites, as on maps of many blocks. Very",
        "unequal: sizes by a Pareto law of 0.9.",
        "The last two columns: normal bands as wide, without skewness. Monte Carlo error of 5%",
        "over 4,000: 0.3; of a deviation: 1%.",
        "",
        "| n | industries | bands by | skewness | mean | deviation | above, one distance | below | "
        "above, anywhere | below | normal, above | below |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [row(places, np.ones(n), times, f"{n:,}") for n in PLANTS]
    lines += [
        row(places, size[:n] / size[:n].mean(), times, f"{n:,}, by employment") for n in PLANTS[2:]
    ]
    lines += [row(even, np.ones(n), times, f"{n:,}, even") for n in PLANTS[2:]]
    lines += [row(places, np.ones(1_000), times, "1,000, sampled rows", sample_rows=True)]
    lines += [row(even, np.ones(1_000), times, "1,000, even, sampled rows", sample_rows=True)]
    heavy = np.random.default_rng(4).pareto(0.9, 1_000) + 0.1
    lines += [row(places, heavy, times, "1,000, very unequal")]
    lines += [row(even, heavy, times, "1,000, very unequal, even")]
    write_section("kdensity-null", "\n".join(lines))


if __name__ == "__main__":
    main()
