"""Pairs at each distance: against brute force, by cells and by blocks."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
import pytest

from shuseki.measures.kdensity import smoothing_map
from shuseki.measures.pairs import (
    Places,
    distance_matrix,
    mesh,
    pair_shares,
    points,
    population_sums,
    simulated_shares,
    systematic_sample,
)

BIN_KM, BINS = 5.0, 16


def towns(sites: int, seed: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Two dense towns 60 km apart, so that some blocks are near and others far, degrees."""
    rng = np.random.default_rng(seed)
    east = np.where(rng.random(sites) < 0.5, 0.0, 0.65)
    return 36 + rng.normal(0, 0.04, sites), 138 + east + rng.normal(0, 0.05, sites)


def between_cells(places: Places) -> np.ndarray:
    """Distance of any two cells, ``(A, A)``: of the cells if near, of their blocks if far."""
    near = np.zeros((len(places.block_positions),) * 2, dtype=bool)
    for b in range(len(near)):
        near[b, places.near[places.near_start[b] : places.near_start[b + 1]]] = True
    pair = np.ix_(places.block, places.block)
    by_cell = distance_matrix(places.positions, places.own_km)
    return np.where(near[pair], by_cell, distance_matrix(places.block_positions)[pair])


def brute_force(places: Places, where: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted ordered pairs of plants in each bin, one by one."""
    between, counts = between_cells(places), np.zeros(BINS)
    for i, j in permutations(range(len(where)), 2):
        at = int(between[where[i], where[j]] / BIN_KM)
        if at < BINS:
            counts[at] += weights[i] * weights[j]
    return counts


def rows_of_counts(places: Places) -> Iterator[np.ndarray]:
    """Sites in each bin as seen from each site."""
    between = between_cells(places)
    for i, cell in enumerate(places.of_site):
        others = np.delete(between[cell][places.of_site], i)
        yield np.bincount(np.minimum((others / BIN_KM).astype(int), BINS), minlength=BINS + 1)[
            :BINS
        ]


@pytest.mark.parametrize("rounding_km", [0.0, 0.9, 5.0])
def test_pairs_and_rows_by_brute_force(rounding_km):
    places = mesh(*towns(300), rounding_km)
    assert places.rounding_km <= rounding_km + 1e-9
    assert (len(places.block_positions) < len(places.plants)) == (rounding_km > 0)
    population = population_sums(places, BIN_KM, BINS)
    # single precision moves pairs that lie within 0.4 m of an edge
    everyone = brute_force(places, places.of_site, np.ones(300))
    assert population.ordered_pairs == pytest.approx(everyone, abs=20)
    rows = np.array(list(rows_of_counts(places)))
    # … of two blocks of up to three plants, each of which sees up to 150 sites in a bin
    assert population.row_products == pytest.approx(rows.T @ rows, rel=2e-3, abs=1_000)
    rng = np.random.default_rng(2)
    some, weights = rng.permutation(300)[:80], rng.uniform(1, 9, 80)
    shares = pair_shares(places, places.of_site[some], weights, BIN_KM, BINS)
    total = weights.sum() ** 2 - (weights**2).sum()
    alone = brute_force(places, places.of_site[some], weights) / total
    assert shares == pytest.approx(alone, abs=1e-3)


def test_points_keep_their_own_order():
    latitude, longitude = towns(50)
    places = points(latitude, longitude)
    north = np.degrees(np.arcsin(places.positions[places.of_site, 2]))
    assert north == pytest.approx(latitude)


def test_all_of_an_industry_that_is_everyone_is_the_population():
    places = mesh(*towns(400), 0.9)
    population = population_sums(places, 1.0, 100)
    shares = pair_shares(places, places.of_site, np.ones(400), 1.0, 100)
    assert shares * 400 * 399 == pytest.approx(population.ordered_pairs, abs=4)


def test_blocks_move_the_density_less_than_the_kernel_smooths():
    rng = np.random.default_rng(1)
    latitude, longitude = 36 + rng.uniform(-1, 1, 6_000), 138 + rng.uniform(-1, 1, 6_000)
    fine, coarse = mesh(latitude, longitude), mesh(latitude, longitude, 1.5)
    assert len(coarse.block_positions) < len(fine.block_positions) / 2
    smooth = smoothing_map(np.linspace(0, 150, 61), 6.0, 1.0, 180)
    one, other = (
        smooth @ pair_shares(places, places.of_site, np.ones(6_000), 1.0, 180)
        for places in (fine, coarse)
    )
    assert other == pytest.approx(one, rel=0.01)


def test_many_cells_are_counted_as_few_are(monkeypatch):
    places = mesh(*towns(900), 0.9)
    alone = pair_shares(places, places.of_site, np.ones(900), 1.0, 100)
    monkeypatch.setattr("shuseki.measures.pairs.MANY", 10)
    at_once = pair_shares(places, places.of_site, np.ones(900), 1.0, 100)
    assert at_once == pytest.approx(alone, rel=1e-12)


def test_simulated_industries_have_the_mean_of_the_population():
    places = points(*towns(100))
    population = population_sums(places, 10.0, 10)
    drawn = simulated_shares(places, np.ones(20), 10.0, 10, 2_000, np.random.default_rng(5))
    error = drawn.std(axis=0) / np.sqrt(2_000)
    expected = population.ordered_pairs / (100 * 99)
    assert (np.abs(drawn.mean(axis=0) - expected) <= 4 * error + 1e-12).all()


def test_systematic_sample_takes_everyone_when_it_may():
    places = points(*towns(50))
    sample = systematic_sample(places.positions, places.plants, 100)
    assert sorted(sample) == list(range(50))
