import numpy as np
import pytest
from scipy.optimize import linprog

from shuseki.errors import ParameterError
from shuseki.profile.base import base_of
from shuseki.profile.frameworks import condition_standings, frameworks
from shuseki.profile.indicators import values_of
from shuseki.profile.weightings import (
    CAP,
    capped_extremes,
    corner_ranks,
    exact_rank_range,
    rank_range,
    scores,
)


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


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_exact_range_lies_between_corners_and_bounds(count: int) -> None:
    rng = np.random.default_rng(20 + count)
    standing = rng.uniform(0, 100, (25, count))
    score = standing @ capped_weights(rng, count, 20_000).T
    for row in (0, 5, 12):
        rank = 1 + (score > score[row] + 1e-6).sum(axis=0)
        best, worst = exact_rank_range(standing, row)
        bound_best, bound_worst = rank_range(standing, row)
        corner_best, corner_worst = corner_ranks(standing, row)
        assert bound_best <= best <= min(corner_best, rank.min())
        assert max(corner_worst, rank.max()) <= worst <= bound_worst


def test_the_exact_range_by_hand() -> None:
    # Area 0 has 50 everywhere; of (100, 0) and (0, 100) exactly one is above it unless both tie at
    # w = (½, ½): best rank 1, worst 2; the pairwise bound cannot see that they exclude each other
    standing = np.array([[50.0, 50.0], [100.0, 0.0], [0.0, 100.0]])
    assert exact_rank_range(standing, 0) == (1.0, 2.0)
    assert rank_range(standing, 0) == (1.0, 3.0)
    with pytest.raises(ParameterError, match="unknown"):
        exact_rank_range(np.array([[np.nan, 1.0], [1.0, 2.0]]), 0)


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


def test_ranges_of_the_districts_contain_ten_thousand_random_weightings() -> None:
    values = values_of(base_of("district-253"))
    rng = np.random.default_rng(12)
    checked = 0
    for framework in frameworks():
        for condition in framework.conditions:
            standing = condition_standings(values, condition)
            standing = standing[:, np.isfinite(standing).any(axis=0)]
            whole = np.isfinite(standing).all(axis=1)
            standing = standing[whole]
            if standing.shape[1] < 2:
                continue
            score = standing @ capped_weights(rng, standing.shape[1], 10_000).T
            for row in (0, 100, len(standing) - 1):
                rank = 1 + (score > score[row] + 1e-9).sum(axis=0)
                best, worst = rank_range(standing, row)
                assert best <= rank.min()
                assert rank.max() <= worst
            checked += 1
    assert checked >= 15
