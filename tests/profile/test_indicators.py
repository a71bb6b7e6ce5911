"""Ranks of an area and how uncertain they are."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from shuseki.profile.indicators import COVERED, POINTS, all_rank_intervals, rank_intervals


@pytest.mark.parametrize("seed", range(6))
def test_intervals_are_those_of_all_chances_summed_one_by_one(seed: int) -> None:
    """Areas near and far, certain and not, and unknown: nothing may be lost by leaving out."""
    rng = np.random.default_rng(seed)
    value = np.round(rng.normal(0, 10.0 ** rng.integers(-1, 3, 8), (60, 8)), 1)
    error = np.abs(rng.normal(0, 1, value.shape)) * rng.integers(0, 2, value.shape)
    error[:, 0] = 0.0
    value[rng.random(value.shape) < 0.1] = np.nan
    for row in (0, 7, 59):
        rank, low, high = rank_intervals(value, error, row)
        for column in range(value.shape[1]):
            x, e = value[row, column], error[row, column]
            if np.isnan(x):
                assert np.isnan([rank[column], low[column], high[column]]).all()
                continue
            others = [r for r in range(60) if r != row and np.isfinite(value[r, column])]
            y, s = value[others, column], error[others, column]
            expected = 1 + sum(y > x) + sum(y == x) / 2
            assert rank[column] == expected
            if e == 0 and not s.any():
                assert low[column] == high[column] == expected
                continue
            bounds = []
            for chance in ((1 - COVERED) / 2, (1 + COVERED) / 2):
                for ahead in range(len(others) + 1):
                    below = 0.0
                    for k in range(POINTS):
                        at = x + e * ndtri((k + 0.5) / POINTS)
                        p = ndtr((y - at) / np.maximum(s, 1e-300))
                        deviation = np.sqrt(max((p * (1 - p)).sum(), 1e-12))
                        below += ndtr((ahead + 0.5 - p.sum()) / deviation) / POINTS
                    if below >= chance or ahead == len(others):
                        bounds.append(1 + ahead)
                        break
            assert low[column] == min(bounds[0], expected)
            assert high[column] == max(bounds[1], expected)


def test_intervals_hold_the_rank_of_values_drawn_again() -> None:
    """Ranks of 4,000 draws of all values: 90% lie within, give or take the steps of a rank."""
    rng = np.random.default_rng(3)
    value, error = rng.normal(0, 5, (40, 1)), rng.uniform(0.5, 4, (40, 1))
    for row in (0, 11, 25):
        _, low, high = rank_intervals(value, error, row)
        drawn = value + error * rng.standard_normal((40, 4000))
        rank = 1 + (drawn > drawn[row]).sum(axis=0)
        inside = ((rank >= low[0]) & (rank <= high[0])).mean()
        assert 0.88 <= inside <= 0.99


def test_all_areas_at_once_have_the_intervals_of_each() -> None:
    rng = np.random.default_rng(4)
    value, error = np.round(rng.normal(0, 5, 50), 1), rng.uniform(0, 3, 50) * (rng.random(50) < 0.8)
    value[7] = np.nan
    each = [
        np.concatenate(rank_intervals(value[:, None], error[:, None], row)) for row in range(50)
    ]
    np.testing.assert_array_equal(np.stack(all_rank_intervals(value, error), axis=1), each)
