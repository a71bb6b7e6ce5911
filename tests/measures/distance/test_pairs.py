"""Pairs at each distance: against brute force, by cells and by blocks."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
import pytest

from shuseki.measures.distance import pairs as module
from shuseki.measures.distance.kdensity import smoothing_map
from shuseki.measures.distance.pairs import (
    Places,
    distance_matrix,
    each_industry,
    mesh,
    pair_shares,
    pairs_between,
    points,
    population_sums,
    row_counts,
    simulated_shares,
    site_draws,
    systematic_sample,
)
from shuseki.sites import Sites

BIN_KM, BINS = 5.0, 16


def towns(sites: int, seed: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Two dense towns 60 km apart, so that some blocks are near and others far, degrees."""
    rng = np.random.default_rng(seed)
    east = np.where(rng.random(sites) < 0.5, 0.0, 0.65)
    return 36 + rng.normal(0, 0.04, sites), 138 + east + rng.normal(0, 0.05, sites)


def at(latitude: np.ndarray, longitude: np.ndarray, *, plane: bool = False) -> Sites:
    """Sites of one industry."""
    here, n = (latitude, longitude), len(latitude)
    return Sites(*here, np.zeros(n, dtype=int), ("A",), np.ones(n), plane=plane)


def between_cells(places: Places) -> np.ndarray:
    """Distance of any two cells, ``(A, A)``: of the cells if near, of their blocks if far."""
    near = np.zeros((len(places.block_positions),) * 2, dtype=bool)
    for b in range(len(near)):
        near[b, places.near[places.near_start[b] : places.near_start[b + 1]]] = True
    pair = np.ix_(places.block, places.block)
    flat = places.plane
    by_cell = distance_matrix(places.positions, places.own_km, plane=flat)
    by_block = distance_matrix(places.block_positions, plane=flat)
    return np.where(near[pair], by_cell, by_block[pair])


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
    places = mesh(at(*towns(300)), rounding_km)
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
    places = points(at(latitude, longitude))
    north = np.degrees(np.arcsin(places.positions[places.of_site, 2]))
    assert north == pytest.approx(latitude)


def test_all_of_an_industry_that_is_everyone_is_the_population():
    places = mesh(at(*towns(400)), 0.9)
    population = population_sums(places, 1.0, 100)
    shares = pair_shares(places, places.of_site, np.ones(400), 1.0, 100)
    assert shares * 400 * 399 == pytest.approx(population.ordered_pairs, abs=4)


def test_blocks_move_the_density_less_than_the_kernel_smooths():
    rng = np.random.default_rng(1)
    latitude, longitude = 36 + rng.uniform(-1, 1, 6_000), 138 + rng.uniform(-1, 1, 6_000)
    fine, coarse = mesh(at(latitude, longitude)), mesh(at(latitude, longitude), 1.5)
    assert len(coarse.block_positions) < len(fine.block_positions) / 2
    smooth = smoothing_map(np.linspace(0, 150, 61), 6.0, 1.0, 180)
    one, other = (
        smooth @ pair_shares(places, places.of_site, np.ones(6_000), 1.0, 180)
        for places in (fine, coarse)
    )
    assert other == pytest.approx(one, rel=0.01)


def test_many_cells_are_counted_as_few_are(monkeypatch):
    places = mesh(at(*towns(900)), 0.9)
    alone = pair_shares(places, places.of_site, np.ones(900), 1.0, 100)
    monkeypatch.setattr("shuseki.measures.distance.pairs.MANY", 10)
    at_once = pair_shares(places, places.of_site, np.ones(900), 1.0, 100)
    assert at_once == pytest.approx(alone, rel=1e-12)


def test_simulated_industries_have_the_mean_of_the_population():
    places = points(at(*towns(100)))
    population = population_sums(places, 10.0, 10)
    drawn = simulated_shares(places, np.ones(20), 10.0, 10, 2_000, np.random.default_rng(5))
    error = drawn.std(axis=0) / np.sqrt(2_000)
    expected = population.ordered_pairs / (100 * 99)
    assert (np.abs(drawn.mean(axis=0) - expected) <= 4 * error + 1e-12).all()


def test_systematic_sample_takes_everyone_when_it_may():
    places = points(at(*towns(50)))
    sample = systematic_sample(places.positions, places.plants, 100)
    assert sorted(sample) == list(range(50))


@pytest.mark.parametrize("plane", [False, True], ids=["sphere", "plane"])
@pytest.mark.parametrize("rounding_km", [0.0, 0.9])
def test_transforms_count_the_pairs_that_are_counted_one_by_one(plane, rounding_km, monkeypatch):
    latitude, longitude = towns(700)
    if plane:
        latitude, longitude = 111 * (latitude - 36), 90 * (longitude - 138)
    places = mesh(at(latitude, longitude, plane=plane), rounding_km, many=0)
    weights = np.random.default_rng(3).uniform(1, 9, 700)
    bin_km, bins = 1.0, 90
    monkeypatch.setattr(module, "PAIR_WORK", 0.0)
    one_by_one = pair_shares(places, places.of_site, weights, bin_km, bins)
    monkeypatch.setattr(module, "PAIR_WORK", np.inf)
    transformed = pair_shares(places, places.of_site, weights, bin_km, bins)
    assert transformed.sum() == pytest.approx(one_by_one.sum(), rel=2e-3)
    # a lattice has many pairs at one distance: single precision and rows added up at once move
    # some over a bin's edge; what a kernel of two bins sees of that is below 2%
    smooth = smoothing_map(np.linspace(0, 80, 41), 2.0, bin_km, bins)
    assert smooth @ transformed == pytest.approx(smooth @ one_by_one, rel=0.02, abs=2e-5)


def test_transforms_reach_around_the_world_and_past_the_antimeridian(monkeypatch):
    rng = np.random.default_rng(4)
    east = 180 + rng.uniform(-1, 1, 300)
    places = mesh(at(rng.uniform(-18, -16, 300), np.where(east > 180, east - 360, east)), many=0)
    far = mesh(at(rng.uniform(-3, 3, 200), rng.uniform(-180, 180, 200)), 99.0, many=0)
    for here, bin_km, bins in ((places, 5.0, 60), (far, 200.0, 101)):
        found = []
        for work in (0.0, np.inf):
            monkeypatch.setattr(module, "PAIR_WORK", work)
            shares = pair_shares(here, here.of_site, np.ones(len(here.of_site)), bin_km, bins)
            found.append(np.cumsum(shares))
        assert found[1] == pytest.approx(found[0], abs=2e-3)
    # all pairs are within half the way around: 20,015 km
    assert found[0][-1] == pytest.approx(1)


def test_pairs_between_two_industries_by_brute_force():
    places = mesh(at(*towns(200)), 0.9)
    rng = np.random.default_rng(6)
    order = rng.permutation(200)
    one, other = order[:40], order[40:110]
    w, v = rng.uniform(1, 9, 40), rng.uniform(1, 9, 70)
    shares = pairs_between(
        places, (places.of_site[one], places.of_site[other]), (w, v), BIN_KM, BINS
    )
    between, wanted = between_cells(places), np.zeros(BINS)
    for i, weight in zip(places.of_site[one], w, strict=True):
        for j, also in zip(places.of_site[other], v, strict=True):
            b = int((places.own_km[i] if i == j else between[i, j]) / BIN_KM)
            if b < BINS:
                wanted[b] += weight * also
    assert shares == pytest.approx(wanted / w.sum() / v.sum(), abs=1e-3)


def test_rows_of_some_cells_are_those_of_brute_force():
    places = mesh(at(*towns(300)), 0.9)
    rows = np.array(list(rows_of_counts(places)))
    some = np.array([5, 200, 5, 17])
    # single precision moves a few of 300 sites over a bin's edge
    assert row_counts(places, places.of_site[some], BIN_KM, BINS) == pytest.approx(
        rows[some], abs=6
    )


def test_rows_of_a_sample_give_the_covariance_of_all():
    places = points(at(*towns(3_000)))
    exact = population_sums(places, 2.0, 60)
    sampled = population_sums(places, 2.0, 60, exact_work=0, sample=600)
    assert (exact.exact, sampled.exact) == (True, False)
    # counted by blocks on both sides or row by row: single precision
    assert sampled.ordered_pairs == pytest.approx(exact.ordered_pairs, rel=1e-3)
    smooth = smoothing_map(np.linspace(0, 90, 10), 10.0, 2.0, 60)

    def spread(population):
        G = population.ordered_pairs
        rows = population.row_products - np.outer(G, G) / 3_000
        return np.sqrt(np.diag(smooth @ rows @ smooth.T))

    # three standard errors of a deviation from 600 rows
    assert spread(sampled) == pytest.approx(spread(exact), rel=3 / np.sqrt(2 * 600))


def test_distances_on_a_plane_are_straight_lines():
    # 3-4-5: two sites, 500 km apart
    places = points(at(np.array([0.0, 400.0]), np.array([0.0, 300.0]), plane=True))
    assert distance_matrix(places.positions, plane=True)[0, 1] == pytest.approx(500)
    shares = pair_shares(places, places.of_site, np.ones(2), 1.0, 600)
    assert shares[499:501].sum() == pytest.approx(1)


def test_far_arcs_are_exact():
    # a quarter and half of the way around the earth: 10,007.5 and 20,015.1 km
    places = points(at(np.array([0.0, 0.0, 0.0]), np.array([1.0, 91.0, -179.0])))
    shares = pair_shares(places, places.of_site, np.ones(3), 1.0, 20_020)
    assert shares[10_006:10_009].sum() == pytest.approx(2 / 3)
    assert shares[20_013:20_017].sum() == pytest.approx(1 / 3)


def test_draws_are_of_distinct_sites_and_each_as_likely():
    drawn = site_draws(6, 4, 6_000, np.random.default_rng(3))
    assert all(len(set(some)) == 4 for some in drawn)
    # each site is drawn first, second, … once in six: a standard error of 1,000 is 29
    for place in range(4):
        assert np.bincount(drawn[:, place], minlength=6) == pytest.approx(1_000, abs=120)
    # and each of the 15 pairs of the first two, either way, once in 15: 400, standard error 19
    first = np.sort(drawn[:, :2], axis=1)
    assert np.unique(first, axis=0, return_counts=True)[1] == pytest.approx(400, abs=80)


def test_pairs_of_each_of_many_industries_by_brute_force():
    # 300 sites in cells of the mesh: some plants share a cell, 0.5 km apart
    places = mesh(at(*towns(300)))
    rng = np.random.default_rng(7)
    where = places.of_site[np.array([rng.permutation(300)[:40] for _ in range(3)])]
    where[:, 5] = where[:, 20]
    weights = rng.uniform(1, 9, 40)
    apart = distance_matrix(places.positions, places.own_km)
    for bin_km, bins in ((5.0, 16), (0.3, 200)):
        ordered = each_industry(places, where, weights, bin_km, bins)
        crossed = each_industry(places, where, weights, bin_km, bins, 15)
        for cells, found, between in zip(where, ordered, crossed, strict=True):
            all_, some = np.zeros(bins), np.zeros(bins)
            for i, j in permutations(range(40), 2):
                b = int(apart[cells[i], cells[j]] / bin_km)
                if b < bins:
                    all_[b] += weights[i] * weights[j]
                    some[b] += weights[i] * weights[j] * (i < 15 <= j)
            # single precision moves pairs within 0.4 m of an edge: two, of a weight of 81 at most,
            # either way
            assert np.cumsum(found) == pytest.approx(np.cumsum(all_), abs=4 * 81)
            assert np.cumsum(between) == pytest.approx(np.cumsum(some), abs=2 * 81)
