"""Kaplan–Meier by hand and from known lives."""

import numpy as np
import pytest

from shuseki.demography.survival import kaplan_meier, survival
from shuseki.errors import DataError


def test_by_hand():
    # 10 plants: 2 die at 1, 3 are cut off at 2, 1 of the 5 left dies at 3, 4 are cut off there.
    # S(1) = 8/10; S(2) = 8/10; S(3) = 8/10 · 4/5 = .64.
    curve = kaplan_meier(
        np.array([1.0, 2.0, 3.0, 3.0]),
        np.array([True, False, True, False]),
        np.array([2.0, 3.0, 1.0, 4.0]),
    )
    assert curve["years"].tolist() == [0, 1, 2, 3]
    assert curve["at_risk"].tolist() == [10, 10, 8, 5]
    assert curve["survival_share"].to_numpy() == pytest.approx([1, 0.8, 0.8, 0.64])
    # Greenwood: .64² (2/(10·8) + 1/(5·4)) = .64² · .075
    assert curve["standard_error_share"].iloc[-1] == pytest.approx(0.64 * np.sqrt(0.075))


def test_without_censoring_it_is_the_share_that_lives():
    rng = np.random.default_rng(0)
    lifetimes = rng.integers(1, 9, 500).astype(float)
    curve = kaplan_meier(lifetimes, np.ones(500, bool), np.ones(500))
    alive = [(lifetimes > t).mean() for t in curve["years"]]
    assert curve["survival_share"].to_numpy() == pytest.approx(alive)


def test_those_who_die_on_the_first_day_are_deaths():
    # 10 plants: 4 close on the day they open, 3 of the 6 left at 2, 3 are cut off there.
    # S(0) = 6/10, S(2) = 6/10 · 3/6 = .3
    curve = kaplan_meier(
        np.array([0.0, 2.0, 2.0]), np.array([True, True, False]), np.array([4.0, 3.0, 3.0])
    )
    assert curve["years"].tolist() == [0, 2]
    assert curve["at_risk"].tolist() == [10, 6]
    assert curve["deaths"].tolist() == [4, 3]
    assert curve["survival_share"].to_numpy() == pytest.approx([0.6, 0.3])


def test_all_dead_leaves_no_error_to_estimate():
    curve = kaplan_meier(np.array([1.0]), np.array([True]), np.array([3.0]))
    assert curve["survival_share"].tolist() == [1, 0]
    assert np.isfinite(curve["standard_error_share"]).all()


def plant(number: int, industry: str = "H01") -> tuple[int, str, str, int]:
    return (number, "01202", industry, 5)


def test_from_a_store(open_store):
    # First seen in 1996: 1 (missed in 1997: one year), 2 (missed in 2000: four years), 3 (alive,
    # four years). First seen in 1998: 4 (alive, two years). Plant 9 was there from the start.
    waves = {
        1995: [plant(9)],
        1996: [plant(9), plant(1), plant(2), plant(3, "L01")],
        1997: [plant(9), plant(2), plant(3, "L01")],
        1998: [plant(2), plant(3, "L01"), plant(4)],
        2000: [plant(3, "L01"), plant(4)],
    }
    store = open_store(waves)
    curve = survival(store).curves
    # 4 at risk; at 1 one of 4 dies; at 2 plant 4 is cut off; at 4 one of 2 dies.
    assert curve["years"].tolist() == [0, 1, 2, 4]
    assert curve["survival_share"].to_numpy() == pytest.approx([1, 0.75, 0.75, 0.375])
    by_group = survival(store, by="industry", groups={"H01": "high", "L01": "low"})
    low = by_group.curves.query("group == 'low'")
    assert low["survival_share"].tolist() == [1, 1]
    assert "low: 100.0% live after 4 years (n = 1)" in by_group.headline()


def test_it_needs_births_to_follow(open_store):
    store = open_store({1998: [plant(1)], 2000: [plant(1)]})
    with pytest.raises(DataError, match="No plant is first seen after 1998"):
        survival(store)
