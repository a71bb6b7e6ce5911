import numpy as np
import pytest
from scipy.optimize import linprog

from shuseki.profile.weightings import CAP, capped_extremes, corner_ranks, rank_range, scores


def capped_weights(rng: np.random.Generator, count: int, draws: int) -> np.ndarray:
    """Random weights of the simplex, none above the cap."""
    found = np.empty((0, count))
    while len(found) < draws:
        weight = rng.dirichlet(np.full(count, 0.7), 4 * draws)
        found = np.vstack([found, weight[weight.max(axis=1) <= CAP]])
    return found[:draws]


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_closed_form_is_the_linear_program(count: int) -> None:
    rng = np.random.default_rng(count)
    for difference in rng.normal(size=(20, count)):
        low, high = capped_extremes(difference[None, :])
        # the same program by scipy's solver
        bounds, ones = [(0, CAP)] * count, np.ones((1, count))
        worst = linprog(difference, A_eq=ones, b_eq=[1], bounds=bounds)
        best = linprog(-difference, A_eq=ones, b_eq=[1], bounds=bounds)
        assert low[0] == pytest.approx(worst.fun, abs=1e-9)
        assert high[0] == pytest.approx(-best.fun, abs=1e-9)


def test_one_indicator_has_all_the_weight() -> None:
    low, high = capped_extremes(np.array([[7.0]]))
    assert (low[0], high[0]) == (7.0, 7.0)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_ranges_contain_ten_thousand_random_weightings(missing: float) -> None:
    rng = np.random.default_rng(11)
    standing = rng.uniform(0, 100, (60, 5))
    standing[rng.uniform(size=standing.shape) < missing] = np.nan
    standing[np.isnan(standing).all(axis=1), 0] = 50.0
    weights = capped_weights(rng, 5, 10_000)
    rows = [0, 7, 23]
    low = np.full(len(rows), np.inf)
    high = np.zeros(len(rows))
    for weight in weights:
        score = scores(standing, weight)
        for k, row in enumerate(rows):
            if np.isfinite(score[row]):
                rank = 1 + np.nansum(score > score[row] + 1e-9)
                low[k], high[k] = min(low[k], rank), max(high[k], rank)
    for k, row in enumerate(rows):
        best, worst = rank_range(standing, row)
        assert best <= low[k]
        assert high[k] <= worst


def test_what_corners_reach_lies_within_the_bounds() -> None:
    standing = np.random.default_rng(3).uniform(0, 100, (40, 4))
    for row in range(40):
        best, worst = rank_range(standing, row)
        reached_best, reached_worst = corner_ranks(standing, row)
        assert best <= reached_best <= reached_worst <= worst


def test_order_of_indicators_is_nothing() -> None:
    standing = np.random.default_rng(5).uniform(0, 100, (30, 4))
    turned = standing[:, [2, 0, 3, 1]]
    for row in range(30):
        assert rank_range(standing, row) == rank_range(turned, row)
        assert corner_ranks(standing, row) == corner_ranks(turned, row)


def test_nothing_known_has_no_rank() -> None:
    best, worst = rank_range(np.array([[np.nan, np.nan], [1.0, 2.0]]), 0)
    assert np.isnan(best)
    assert np.isnan(worst)
