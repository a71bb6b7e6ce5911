"""M: against R dbmss, every possible sample, and simulation."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.measures import mfunction as module
from shuseki.measures.mfunction import m_function
from shuseki.measures.pairs import along, unit_vectors
from shuseki.sites import Sites

ORACLE = Path(__file__).parent / "oracle"


@pytest.fixture
def sites() -> Sites:
    return Sites.from_frame(pd.read_csv(ORACLE / "dbmss_plants.csv"))


@pytest.mark.parametrize(("weights", "column"), [("none", "plain"), ("employment", "weighted")])
def test_m_against_dbmss(sites, weights, column):
    printed = pd.read_csv(ORACLE / "dbmss_m.csv").iloc[1:]
    answer = m_function(sites, ["A"], radii_km=printed["r"], weights=weights)
    assert answer.m[0] == pytest.approx(printed[column].to_numpy(), rel=1e-7)
    assert len(answer.to_frame()) == 6


def little_map(weights: np.ndarray) -> tuple[module._Plane, np.ndarray]:
    """Nine sites, each with a neighbour within the smallest radius."""
    rng = np.random.default_rng(1)
    position = unit_vectors(35 + rng.normal(0, 0.1, 9), 139 + rng.normal(0, 0.1, 9))
    position = position[np.argsort(along(position))]
    squares = np.array([18.0, 22.0, 30.0]) ** 2
    plane = module._Plane(
        *(6371.0088 * position.T.copy()), 6371.0088 * along(position), weights, squares
    )
    around = module._within(*plane, np.arange(9), np.arange(9))
    assert around.min() > 0
    return plane, around


def test_covariance_over_every_possible_industry():
    plane, around = little_map(np.ones(9))
    drawn = np.array(
        [module._m_of(plane, np.array(chosen), around) for chosen in combinations(range(9), 4)]
    )
    assert drawn.mean(axis=0) == pytest.approx(np.ones(3))
    population = module.population_kernel(plane, around)
    deviation, _, covariance = module.m_moments(population, 4)
    assert covariance == pytest.approx(np.cov(drawn.T, bias=True), abs=1e-12)
    assert deviation == pytest.approx(drawn.std(axis=0))


def test_weighted_numerator_over_every_possible_industry():
    # numerator less denominator is a sum of kernels: mean 0 and covariance are exact
    w = np.array([1.0, 9.0, 2.0, 5.0, 1.0, 3.0, 30.0, 4.0, 2.0])
    plane, around = little_map(w)
    drawn = []
    for chosen in combinations(range(9), 4):
        member = np.array(chosen)
        m = module._m_of(plane, member, around)
        chance = ((w[member].sum() - w[member]) / (w.sum() - w[member])).sum()
        drawn.append((m - 1) * chance)
    drawn = np.array(drawn)
    assert drawn.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    population = module.population_kernel(plane, around)
    expected = 4 * 3 * population.chance
    _, _, covariance = module.m_moments(population, 4)
    assert covariance * np.outer(expected, expected) == pytest.approx(
        np.cov(drawn.T, bias=True), abs=1e-12
    )
    # by hand: each of 4 · 3 ordered pairs expects 1 / (N − 1)
    assert expected == pytest.approx(12 / 8)


def crowd(sites: int = 4_000) -> Sites:
    """Plants of three random industries around 40 towns."""
    rng = np.random.default_rng(12)
    centre = np.stack([rng.uniform(34, 37, 40), rng.uniform(135, 139, 40)], axis=1)
    place = centre[rng.integers(0, 40, sites)] + rng.normal(0, 0.06, (sites, 2))
    return Sites(
        place[:, 0],
        place[:, 1],
        np.repeat([0, 1, 2], [600, 1_400, sites - 2_000]),
        ("A", "B", "C"),
        np.ceil(rng.lognormal(2.3, 1, sites)),
    )


@pytest.mark.parametrize("weights", ["none", "employment"])
def test_deviation_and_bands_against_simulation(weights, monkeypatch):
    sites, radii = crowd(), (2, 5, 10, 20, 50)
    by_moments = m_function(sites, ["A"], radii_km=radii, weights=weights)
    monkeypatch.setattr(module, "LARGEST_SKEWNESS", -1.0)
    simulated = m_function(sites, ["A"], radii_km=radii, weights=weights)
    assert (by_moments.null_by, simulated.null_by) == (("moments",), ("simulation",))
    assert by_moments.m == pytest.approx(simulated.m)
    # 2,000 simulations; their bands at 1–2% tails have errors of about 4% of a deviation
    for name in ("global_lower", "global_upper"):
        gap = np.abs(getattr(by_moments, name) - getattr(simulated, name)) / by_moments.deviation
        assert gap.max() < 0.35


def test_gathered_industries_are_above_chance_and_named():
    sites = crowd()
    near = (sites.latitude - sites.latitude[0]) ** 2 + (sites.longitude - sites.longitude[0]) ** 2
    industry = np.where(np.argsort(np.argsort(near)) < 80, 0, 1 + np.arange(4_000) % 2)
    again = Sites(sites.latitude, sites.longitude, industry, sites.industries, sites.employment)
    seen = []
    answer = m_function(again, radii_km=(2, 10), progress=lambda done, total: seen.append(done))
    assert seen == [1, 2, 3]
    assert answer.localised_at[0].all()
    assert "most A" in answer.headline()
    assert not m_function(sites, ["A"], radii_km=(5, 20), level=0.001).localised_at.any()


def test_bad_radii_and_one_plant(sites):
    with pytest.raises(ParameterError, match="positive, increasing"):
        m_function(sites, ["A"], radii_km=(5, 5))
    lonely = Sites(
        sites.latitude,
        sites.longitude,
        np.where(np.arange(300) == 0, 0, 1),
        ("A", "B"),
        sites.employment,
    )
    with pytest.raises(DataError, match="fewer than two plants: A"):
        m_function(lonely, ["A"])
    assert any("two plants: A" in note for note in m_function(lonely).notes)
