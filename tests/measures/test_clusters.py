"""Clusters: put in and found, every scheme of a small map, size under chance, bad input."""

from itertools import product

import numpy as np
import pytest

from shuseki.errors import AlignmentError, DataError, UnknownCodeError
from shuseki.measures import clusters as module
from shuseki.measures.clusters import clusters, point_clusters
from shuseki.panel import Panel
from shuseki.sites import Sites


def grid(side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.stack(
        [np.repeat(35 + 0.1 * np.arange(side), side), np.tile(138 + 0.12 * np.arange(side), side)],
        axis=1,
    )
    return centres, rng.poisson(40, side * side).astype(float)


def panel(count, others, centres) -> Panel:
    cube = np.stack([count, others], axis=1)[:, :, None]
    codes = tuple(f"{k:03d}" for k in range(len(count)))
    return Panel(codes, ("A", "rest"), ("2001",), {"plants": cube}, centres=centres)


def test_two_clusters_that_were_put_in():
    centres, others = grid(12)
    rng = np.random.default_rng(1)
    count = rng.poisson(1, 144).astype(float)
    first, second = [13, 14, 25, 26], [118, 119, 130]
    count[first] = 30
    count[second] = 15
    answer = clusters(panel(count, others, centres), "A", simulations=19)
    assert {frozenset(map(int, one.areas)) for one in answer.found[:2]} == {
        frozenset(first),
        frozenset(second),
    }
    assert answer.p == 0.05
    assert answer.found[0].essential
    assert answer.found[0].ratio > 5
    assert "of 4 areas" in answer.headline()
    assert answer.members()["area"].nunique() == len(answer.members())
    assert len(answer.to_frame()) == len(answer.found)


def test_chance_seldom_makes_significant_clusters():
    centres, others = grid(7)
    rng = np.random.default_rng(2)
    p = []
    for _ in range(40):
        count = rng.multinomial(120, others / others.sum()).astype(float)
        p.append(clusters(panel(count, others, centres), "A", simulations=19).p)
    # p ≤ .1 in 10% of 40 samples: mean 4, three standard deviations above is 10
    assert np.sum(np.array(p) <= 0.1) <= 10


def test_the_search_against_the_best_of_all_schemes():
    # a row of 7 areas: all 2^7 sets, each set's runs being its clusters
    rng = np.random.default_rng(3)
    touching = [np.array([k for k in (a - 1, a + 1) if 0 <= k < 7]) for a in range(7)]
    reached = []
    for _ in range(30):
        base = rng.integers(20, 60, 7).astype(float)
        count = rng.poisson(base * np.where(rng.random(7) < 0.3, 0.8, 0.1)).astype(float) + 1
        sets, _ = module.cluster_scheme(count, base, touching)

        def value(runs, count=count, base=base):
            inside = np.array([count[run].sum() for run in runs])
            reference = np.array([base[run].sum() for run in runs])
            return module.criterion(inside, reference, count.sum(), base.sum())

        best = 0.0
        for chosen in product([0, 1], repeat=7):
            runs, run = [], []
            for k, taken in enumerate((*chosen, 0)):
                if taken:
                    run.append(k)
                elif run:
                    runs.append(run)
                    run = []
            dense = all(
                count[run].sum() / count.sum() > base[run].sum() / base.sum() for run in runs
            )
            if runs and dense and len(runs) < 7:
                best = max(best, value(runs))
        found = value(sets) if sets else 0.0
        assert found <= best + 1e-9
        if best > 0:
            reached.append(found / best)
    # greedy: nearly always the best
    assert np.mean(np.array(reached) > 1 - 1e-9) > 0.9


def test_gain_by_hand():
    # one area with 30 of 40 plants and half of the reference
    count, base = np.array([30.0, 10.0]), np.array([50.0, 50.0])
    value = module.criterion(count[:1], base[:1], 40.0, 100.0)
    expected = 30 * np.log(0.75 / 0.5) + 10 * np.log(0.25 / 0.5) - np.log(40) / 2
    assert value == pytest.approx(expected)


def test_an_even_industry_has_no_cluster():
    centres, others = grid(6)
    answer = clusters(panel(others / 4, others, centres), "A", simulations=9)
    assert answer.found == ()
    assert "no cluster" in answer.headline()
    assert answer.to_frame().empty
    assert answer.members().empty


def test_an_enclosed_area_joins():
    _, others = grid(5)
    count = np.ones(25)
    ring = [6, 7, 8, 11, 13, 16, 17, 18]
    count[ring] = 80
    count[12] = 0
    others[12] = 400
    touching = [
        np.array([b for b in range(25) if abs(a // 5 - b // 5) + abs(a % 5 - b % 5) == 1])
        for a in range(25)
    ]
    sets, _ = module.cluster_scheme(count, count + others, touching)
    assert any(set(ring) <= set(members) and 12 in members for members in sets)


def test_dense_points_against_scattered_ones():
    rng = np.random.default_rng(4)
    latitude = np.concatenate(
        [rng.normal(35.6, 0.02, 80), rng.normal(34.7, 0.02, 60), rng.uniform(33, 39, 40)]
    )
    longitude = np.concatenate(
        [rng.normal(139.7, 0.02, 80), rng.normal(135.5, 0.02, 60), rng.uniform(132, 141, 40)]
    )
    sites = Sites(latitude, longitude, np.zeros(180, dtype=int), ("A",), np.ones(180))
    answer = point_clusters(sites, "A")
    assert len(answer.table) == 2
    assert answer.table["plants"].iloc[0] == pytest.approx(80, abs=6)
    assert answer.table["latitude"].iloc[0] == pytest.approx(35.6, abs=0.02)
    # the radius of half the plants of a round normal cloud is 1.18 deviations: 2.2 km by 1.8 km
    assert answer.table["median_radius_km"].iloc[0] == pytest.approx(2.4, abs=0.5)
    assert "dense clusters hold" in answer.headline()
    with pytest.raises(DataError, match="needs 500"):
        point_clusters(sites, "A", smallest=500)
    with pytest.raises(UnknownCodeError):
        point_clusters(sites, "B")


def test_bad_input():
    centres, others = grid(4)
    one = np.zeros(16)
    one[3] = 1
    with pytest.raises(DataError, match="has 1 plants"):
        clusters(panel(one, others, centres), "A")
    with pytest.raises(AlignmentError, match="one amount per area"):
        clusters(panel(others, others, centres), "A", reference=np.ones(3))
    with pytest.raises(DataError, match="a reference of 0"):
        clusters(panel(others, others, centres), "A", reference=np.zeros(16))
    with pytest.raises(DataError, match="no centres"):
        clusters(panel(others, others, None), "A")
    gappy = others.copy()
    gappy[0] = np.nan
    answer = clusters(panel(gappy, others, centres), "A", simulations=0)
    assert any("1 suppressed" in note for note in answer.notes)
