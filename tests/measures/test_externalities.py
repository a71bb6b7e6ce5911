"""Range of externalities: a decay that was put in, statsmodels, by hand, bad input."""

import numpy as np
import pytest
import statsmodels.api as sm

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.measures import externalities as module
from shuseki.measures.externalities import CHANNELS, externality_range
from shuseki.panel import Panel


def drawn_panel(reach_km: float, seed: int = 0, areas: int = 400, later_km: float | None = None):
    """Plants of six industries that grow with the same industry nearby, by exp(−d/reach)."""
    rng = np.random.default_rng(seed)
    centres = np.stack([rng.uniform(34, 37, areas), rng.uniform(136, 140, areas)], axis=1)
    distance = module.distance_matrix_km(centres)
    start = rng.lognormal(3.5, 1, (areas, 6))
    amounts = [start]
    for reach in (reach_km, later_km or reach_km):
        near = np.exp(-distance / reach)
        np.fill_diagonal(near, 0)
        mass = np.log1p(near @ amounts[-1])
        mass = (mass - mass.mean(axis=0)) / mass.std(axis=0)
        growth = 0.03 * mass + rng.normal(0, 0.02, start.shape)
        amounts.append(amounts[-1] * np.exp(5 * growth))
    return Panel(
        tuple(map(str, range(areas))),
        tuple("ABCDEF"),
        ("2001", "2006", "2011"),
        {"plants": np.stack(amounts, axis=2)},
        centres=centres,
    )


def test_a_longer_reach_is_seen_as_longer():
    short = externality_range(drawn_panel(10), spans=[("2001", "2006")], replicates=60)
    long = externality_range(drawn_panel(60), spans=[("2001", "2006")], replicates=60)
    same = CHANNELS.index("same industry")
    assert short.half_distance_km[0, same] < 20
    assert long.half_distance_km[0, same] > 1.5 * short.half_distance_km[0, same]
    assert short.coefficient[0, same, 0] > 4 * short.standard_error[0, same, 0]
    assert short.lower_km[0, same] <= short.half_distance_km[0, same] <= short.upper_km[0, same]
    assert "same industry" in short.headline()
    assert len(short.to_frame()) == 12


def test_widening_between_two_spans_is_noticed():
    panel = drawn_panel(8, later_km=80)
    answer = externality_range(panel, spans=[("2001", "2006"), ("2006", "2011")], replicates=60)
    assert answer.widening[CHANNELS.index("same industry")] > 0.9


def test_nothing_is_found_where_nothing_is():
    # 30 panels of pure noise: same-industry coefficients beyond 1.96 errors in about 5%
    beyond = []
    for seed in range(30):
        panel = drawn_panel(10, seed=seed, areas=120)
        rng = np.random.default_rng(seed + 100)
        cube = panel.values["plants"].copy()
        cube[:, :, 1] = cube[:, :, 0] * np.exp(rng.normal(0, 0.1, cube.shape[:2]))
        answer = externality_range(
            panel.with_variable("plants", cube), spans=[("2001", "2006")], replicates=2
        )
        beyond.append(np.abs(answer.coefficient / answer.standard_error)[0, 0] > 1.96)
    assert np.mean(beyond) == pytest.approx(0.05, abs=0.06)


def test_clustered_errors_against_statsmodels():
    rng = np.random.default_rng(1)
    design, cluster = rng.normal(size=(300, 4)), rng.integers(0, 40, 300)
    growth = design @ [0.5, 0, 0.2, 0] + rng.normal(size=40)[cluster] + rng.normal(size=300)
    coefficient, error = module.clustered_ols(growth, design, cluster)
    theirs = sm.OLS(growth, design).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    assert coefficient == pytest.approx(theirs.params)
    assert error == pytest.approx(theirs.bse)


def test_half_distance_by_hand():
    # b exp(−d/ρ) with ρ = 40: halves at 40 ln 2 = 27.7 km; the grid steps by 4%
    middles = np.array([7.5, 22.5, 45.0, 90.0])
    beta = 0.02 * np.exp(-middles / 40)
    half = module.half_distances(np.stack([beta, -beta]), np.ones((2, 4)), middles)
    assert half[0] == pytest.approx(40 * np.log(2), rel=0.03)
    assert np.isnan(half[1])


def test_the_area_itself_is_not_its_own_surroundings():
    amount = np.array([[100.0, 1.0], [1.0, 1.0], [5.0, 2.0]])
    rings = np.ones((1, 3, 3))
    mass = module.ring_masses(amount, rings, np.zeros((2, 2)))
    around = np.log1p(np.array([6.0, 105.0, 101.0]))
    assert mass[0, 0, :, 0] == pytest.approx((around - around.mean()) / around.std())


def test_bad_input():
    panel = drawn_panel(10, areas=60)
    with pytest.raises(ParameterError, match="increasing edges from 0"):
        externality_range(panel, rings_km=(5, 10, 20))
    with pytest.raises(ParameterError, match="end before they start"):
        externality_range(panel, spans=[("2006", "2001")])
    with pytest.raises(UnknownCodeError, match="Unknown industry"):
        externality_range(panel, related={"A": ["Z"]})
    with pytest.raises(DataError, match="needs more than"):
        externality_range(panel, smallest=1e9)
