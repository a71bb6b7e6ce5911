"""M: against R dbmss, every possible sample, and simulation."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.measures.distance import mfunction as module
from shuseki.measures.distance.mfunction import individual_m, joint_m_function, m_function
from shuseki.measures.distance.pairs import along, unit_vectors
from shuseki.sites import Sites

ORACLE = Path(__file__).parents[1] / "oracle"


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
    around = module._within(plane, np.arange(9), np.arange(9))
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


def pairs_by_hand() -> Sites:
    """Four plants on a line, km: A at 0 and 10, B at 1 and 30."""
    return Sites.on_plane(
        np.array([0.0, 10.0, 1.0, 30.0]),
        np.zeros(4),
        np.array([0, 0, 1, 1]),
        ("A", "B"),
        np.array([1.0, 2.0, 4.0, 8.0]),
    )


def test_joint_m_by_hand():
    # around A at 0 within 2 km: B alone, 1; A at 10 has no neighbour there and is left out.
    # chance: 2 of 3 others are B: M(2) = 1 / (2/3) = 1.5
    # within 9.5 km: at 0 B (1 of 1), at 10 the B at 1 (1 of 1): M = (1 + 1) / (2/3 + 2/3) = 1.5
    # within 12 km: at 0 B and A, 1/2; at 10 both A and B, 1/2: M = 1 / (4/3) = .75
    answer = joint_m_function(pairs_by_hand(), [("A", "B")], radii_km=(2, 9.5, 12))
    assert answer.m[0] == pytest.approx([1.5, 1.5, 0.75])
    assert answer.to_frame()["other"].unique().tolist() == ["B"]
    # all other sites are of B: chance has no choice
    assert answer.expected[0] == pytest.approx(answer.m[0])
    assert not answer.localised_at.any()
    assert any("no choice: A × B" in note for note in answer.notes)
    # by employment within 12 km: 4 of 6 at 0 and 4 of 5 at 10; W_B = 12 of 14 and of 13
    weighted = joint_m_function(pairs_by_hand(), [("A", "B")], radii_km=(12,), weights="employment")
    assert weighted.m[0, 0] == pytest.approx((4 / 6 + 4 / 5) / (12 / 14 + 12 / 13))


def test_individual_m_by_hand():
    # within 12 km of A at 0: A and B, so own share 1/2 over 1/3; of A at 10: the same
    own = individual_m(pairs_by_hand(), "A", radii_km=(2, 12))
    assert own.m[:, 1] == pytest.approx([1.5, 1.5])
    assert own.m[0, 0] == 0
    assert np.isnan(own.m[1, 0])
    assert own.site.tolist() == [0, 1]
    other = individual_m(pairs_by_hand(), "A", "B", radii_km=(12,))
    assert other.m[:, 0] == pytest.approx([0.75, 0.75])
    assert other.to_frame()["x_km"].tolist() == [0, 10]
    assert "median" in other.headline()
    assert "中央値" in told(other.headline(), "ja")


def test_the_mean_of_individual_m_is_m():
    # without weights every plant has the same chance, so M is the mean over plants with neighbours
    sites = crowd(2_500)
    each = individual_m(sites, "A", radii_km=(5, 20))
    whole = m_function(sites, ["A"], radii_km=(5, 20))
    assert np.nanmean(each.m, axis=0) == pytest.approx(whole.m[0])


def test_joint_null_over_every_possible_second_industry():
    # A keeps its 3 sites; B is any 2 of the other 6
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 10, (2, 9))
    about = {"radii_km": (4, 7)}
    drawn, others = [], np.arange(3, 9)
    for chosen in combinations(others, 2):
        industry = np.where(np.arange(9) < 3, 0, 2)
        industry[list(chosen)] = 1
        sites = Sites.on_plane(x, y, industry, ("A", "B", "C"))
        answer = joint_m_function(sites, [("A", "B")], **about)
        drawn.append(answer.m[0])
    drawn = np.array(drawn)
    assert answer.expected[0] == pytest.approx(drawn.mean(axis=0))
    assert answer.deviation[0] == pytest.approx(drawn.std(axis=0))


def test_moments_of_a_sample_over_every_sample():
    values = np.random.default_rng(2).exponential(size=(8, 2))
    drawn = np.array([values[list(some)].mean(axis=0) for some in combinations(range(8), 3)])
    mean, deviation, skewness, covariance = module.sample_ratio_moments(values, np.ones(8), 3)
    centred = drawn - drawn.mean(axis=0)
    assert mean == pytest.approx(drawn.mean(axis=0))
    assert covariance == pytest.approx(np.cov(drawn.T, bias=True))
    assert skewness == pytest.approx((centred**3).mean(axis=0) / deviation**3)


@pytest.mark.parametrize("weights", ["none", "employment"])
def test_m_of_everyone_is_one_and_says_nothing(weights):
    sites = crowd(2_500).select(np.arange(2_500) % 10 == 0)
    everyone = replace(sites, industry=np.zeros(250, dtype=int), industries=("A",))
    answer = m_function(everyone, radii_km=(5, 20), weights=weights)
    assert answer.m == pytest.approx(1)
    assert answer.global_upper == pytest.approx(1)
    assert not answer.localised_at.any()
    assert any("its M is 1 and says nothing" in note for note in answer.notes)


@pytest.mark.parametrize("sites", [2, 3, 4])
def test_m_of_two_or_three_plants(sites):
    few = Sites.on_plane(
        np.arange(sites) * 3.0, np.zeros(sites), np.minimum(np.arange(sites), 2) // 2, ("A", "B")
    )
    answer = m_function(few, ["A"], radii_km=(1, 4))
    # 1 km: nobody has a neighbour; 4 km: A sees A, and of three or more the second sees B too:
    # (1 + 1/2) / 2 over 1 / (n − 1)
    wanted = 1.0 if sites == 2 else 0.75 * (sites - 1)
    assert np.isnan(answer.m[0, 0])
    assert np.isnan(answer.global_upper[0, 0])
    assert answer.m[0, 1] == pytest.approx(wanted)
    assert any("within 1 km: M is undefined" in note for note in answer.notes)


def test_pairs_that_are_no_pairs_are_refused():
    sites = pairs_by_hand()
    with pytest.raises(ParameterError, match="Pairs of one industry: A"):
        joint_m_function(sites, [("A", "A")])
    with pytest.raises(ParameterError, match="none given"):
        joint_m_function(sites, [])
    with pytest.raises(UnknownCodeError, match="Unknown industry"):
        joint_m_function(sites, [("A", "X")])
    with pytest.raises(DataError, match="too few plants"):
        individual_m(sites.select(np.array([True, False, True, True])), "A")


@pytest.mark.parametrize("step", [1.0, 0.1, 0.7])
def test_sites_at_a_radius_are_within_it(step):
    # Whole numbers on a grid, so that a radius is the distance of many pairs, counted in integers;
    # the coordinates in km are rounded (0.3 − 0.2 is not 0.1).
    east, north = (axis.ravel() for axis in np.meshgrid(np.arange(12), np.arange(7)))
    industry = (np.random.default_rng(1).random(len(east)) >= 0.3).astype(int)
    sites = Sites.on_plane(east * step, north * step, industry, ("A", "B"))
    radii = np.array([1, 2, 3, 5])
    squares = (east[:, None] - east) ** 2 + (north[:, None] - north) ** 2
    near = (squares[..., None] <= radii**2) & ~np.eye(len(east), dtype=bool)[..., None]
    of_one, of_other = industry == 0, industry == 1
    around = near[of_one].sum(axis=1)
    own, other = near[of_one][:, of_one].sum(axis=1), near[of_one][:, of_other].sum(axis=1)
    n, N = of_one.sum(), len(east)
    asked = {"radii_km": tuple(step * radii)}
    each = own / around / ((n - 1) / (N - 1))
    assert m_function(sites, ["A"], **asked).m[0] == pytest.approx(each.mean(axis=0))
    assert individual_m(sites, "A", **asked).m == pytest.approx(each)
    both = (other / around).mean(axis=0) / (of_other.sum() / (N - 1))
    assert joint_m_function(sites, [("A", "B")], **asked).m[0] == pytest.approx(both)
