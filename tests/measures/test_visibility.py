"""Visibility: shares by hand, years and areas that can be compared."""

import numpy as np
import pytest

from shuseki.measures.visibility import comparable_areas, comparable_years, seen_share
from shuseki.panel import Panel


def panel(areas, plants) -> Panel:
    plants = np.asarray(plants, float)
    return Panel(
        areas,
        tuple("XY"[: plants.shape[1]]),
        tuple(str(2001 + k) for k in range(plants.shape[2])),
        {"plants": plants},
    )


def test_shares_by_hand():
    # 30 + 20 of 100, then 30 + 60; nan is not published; areas in another order
    seen = panel(("a", "b"), [[[30, 30], [20, 60]], [[np.nan, 5], [10, 5]]])
    whole = panel(("b", "a"), [[[10, 10]], [[100, 100]]])
    assert seen_share(seen, whole) == pytest.approx(np.array([[0.5, 0.9], [1, 1]]))


def test_years_and_areas_that_can_be_compared():
    share = np.array([[0.5, 0.51, 0.7], [0.9, 0.88, 0.9], [0.1, 0.1, 0.1], [0.0, 0.5, 0.5]])
    assert comparable_years(share).tolist() == [
        [True, False],
        [True, True],
        [False, False],
        [False, True],
    ]
    assert comparable_areas(share).tolist() == [False, True, False, False]
