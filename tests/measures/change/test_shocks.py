"""The law of shocks: laws that were put in, covariance against the spread of draws."""

import numpy as np
import pytest

from shuseki.geography.distances import distance_matrix_km
from shuseki.measures.change.shocks import (
    Cells,
    Normals,
    ShockLaw,
    drawn_shocks,
    estimate_covariance,
    fitted_law,
)


@pytest.fixture
def cells() -> Cells:
    """Of 150 areas by five industries, four cells in five."""
    rng = np.random.default_rng(0)
    centres = np.stack([rng.uniform(34, 37, 150), rng.uniform(136, 140, 150)], axis=1)
    area, industry = np.nonzero(rng.random((150, 5)) < 0.8)
    size = rng.lognormal(3, 1, len(area))
    return Cells(area, industry, distance_matrix_km(centres), size)


def law(**parts: float) -> ShockLaw:
    """Fields of one range, 50 km."""
    return ShockLaw(
        ranges_km=np.array([50.0]),
        common=np.array([parts.get("common", 0.0)]),
        own=np.array([parts.get("own", 0.0)]),
        common_alone=parts.get("common_alone", 0.0),
        alone=parts.get("alone", 0.0),
        alone_by_size=parts.get("alone_by_size", 0.0),
    )


def drawn(given: ShockLaw, cells: Cells, draws: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return drawn_shocks(given, cells, Normals.drawn(150, 5, draws, rng))


def test_covariance_of_estimates_is_the_spread_of_draws(cells):
    given = law(common=1, own=2, common_alone=0.5, alone=1, alone_by_size=10)
    weights = np.random.default_rng(1).normal(size=(len(cells.area), 3))
    weights[:, 0] = 1  # a sum, on which what is shared tells
    spread = np.cov(weights.T @ drawn(given, cells, 4_000, 2))
    exact = estimate_covariance(given, weights, cells)
    # the error of a variance from 4,000 draws is 2.2%
    assert np.diag(spread) == pytest.approx(np.diag(exact), rel=0.09)


def test_covariance_by_hand():
    # two areas 50 km apart, one industry; e = c + u + v: variance 1 + 2 + 3 + 4/2, covariance
    # (1 + 2) exp(−1)
    pair = Cells(
        np.array([0, 1]), np.array([0, 0]), np.array([[0.0, 50.0], [50.0, 0.0]]), np.full(2, 2.0)
    )
    given = law(common=1, own=2, alone=3, alone_by_size=4)
    covariance = estimate_covariance(given, np.eye(2), pair)
    assert covariance == pytest.approx(np.array([[8, 3 / np.e], [3 / np.e, 8]]))
    assert given.correlation(50, pair) == pytest.approx(3 / np.e / 8)


@pytest.mark.parametrize(
    "given",
    [
        law(alone=1.0),
        law(own=0.6, alone=0.4),
        law(own=0.3, common_alone=0.4, alone=0.3),
        law(common=0.5, alone=0.2, alone_by_size=6),
    ],
    ids=["alone", "own", "area", "common"],
)
def test_a_law_that_was_put_in_is_found(given, cells):
    # What residuals show is less than what was put in: the mean over draws must undo that. No
    # variance is negative, so that noise in long ranges adds a little.
    industries = np.eye(5)[cells.industry]
    smooth = np.column_stack([industries, cells.distance_km[:3].T[cells.area]])
    basis = np.linalg.qr(smooth)[0]
    found = []
    for k, shocks in enumerate(drawn(given, cells, 20, 3).T):
        residual = shocks - basis @ (basis.T @ shocks)
        one = fitted_law(residual, smooth, cells, np.random.default_rng(k))
        found.append([one.correlation(km, cells) for km in (10, 30, 100)])
    true = [given.correlation(km, cells) for km in (10, 30, 100)]
    assert np.mean(found, axis=0) == pytest.approx(true, abs=0.12)


def test_draws_of_a_later_time_go_with_the_first():
    rng = np.random.default_rng(4)
    first, other = (Normals.drawn(30, 4, 200, rng) for _ in range(2))
    later = first.followed_by(other, -0.5)
    together = np.corrcoef(first.alone.ravel(), later.alone.ravel())[0, 1]
    assert together == pytest.approx(-0.5, abs=0.03)  # 24,000 pairs: four standard deviations
    assert later.alone.std() == pytest.approx(1, abs=0.02)


def test_one_place_has_no_neighbours():
    alone = Cells(np.zeros(3, int), np.arange(3), np.zeros((1, 1)), np.ones(3))
    found = fitted_law(np.array([1.0, 0, -1]), np.ones((3, 1)), alone, np.random.default_rng(0))
    assert found.correlation(10, alone) == 0
