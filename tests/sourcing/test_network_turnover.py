"""Members who come and go, and what follows for what they know."""

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.sourcing.turnover import common_share_path, knowledge_outlook, turnover
from shuseki.theory.models.knowledge_creation import (
    KnowledgeCreation,
    exchange_meetings,
    knowledge_path,
    rotation,
)
from shuseki.theory.models.knowledge_growth import bliss_point, pair_growth, rotation_growth

TEN = list("abcdefghij")


def test_turnover_by_hand():
    # of ten, six stay, four leave, two join in two years: J = 6/12; s = √0.6, s_B = √(6/8)
    found = turnover(TEN, [*TEN[:6], "x", "y"], years=2)
    assert (found.stayed, found.left, found.joined) == (
        tuple("abcdef"),
        tuple("ghij"),
        ("x", "y"),
    )
    assert found.jaccard_index == 0.5
    assert found.staying_share_per_year == pytest.approx(0.6**0.5)
    assert found.jaccard_turnover_per_year == pytest.approx(
        1 - 1 / (1 / 0.6**0.5 + 1 / 0.75**0.5 - 1)
    )
    assert found.replacement_ratio == 0.5
    assert len(found.to_frame()) == 12


def test_one_year_is_the_jaccard_distance():
    found = turnover(TEN, [*TEN[:6], "x", "y"], years=1)
    assert found.jaccard_turnover_per_year == pytest.approx(1 - found.jaccard_index)


def test_nobody_left_and_nobody_stayed():
    same = turnover(TEN, TEN, years=3)
    assert same.jaccard_turnover_per_year == 0
    assert np.isnan(same.replacement_ratio)
    gone = turnover(TEN, ["x"], years=3)
    assert gone.jaccard_turnover_per_year == 1
    with pytest.raises(ParameterError, match="No member stayed"):
        knowledge_outlook(gone)


def test_lists_refuse():
    with pytest.raises(DataError, match="later list is empty"):
        turnover(TEN, [], years=1)
    with pytest.raises(DataError, match="twice in the earlier list: b"):
        turnover(["a", "b", "b"], TEN, years=1)
    for years in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="years"):
            turnover(TEN, TEN, years=years)


@pytest.mark.parametrize("group", [2, 3, 6])
def test_closed_groups_follow_the_simulated_model(group):
    # β = 1: a year is a unit of time of theory.knowledge_creation
    theta = 1 / 3
    best = float(pair_growth(bliss_point(theta), theta))
    found = knowledge_outlook(
        turnover(TEN, TEN, years=1),
        group=group,
        growth_at_best_per_year=best,
        difference=0.3,
        years=20,
    )
    simulated = knowledge_path(
        KnowledgeCreation(rotation([group, group])), difference=0.3, until=20.0, records=21
    )
    assert found.growth_closed == pytest.approx(simulated.growth, rel=1e-5)
    # nobody comes or goes: the two paths are one
    assert found.growth_observed == pytest.approx(found.growth_closed)


def test_long_run_of_a_closed_group_is_the_closed_form():
    theta, group = 1 / 3, 6
    path = common_share_path(np.linspace(0, 400, 3), 0.3, 0.2, 0.0, group, theta, 1.0)
    c = path[-1]
    growth = float(pair_growth((1 - c) / (2 - c), theta))
    assert growth == pytest.approx(float(rotation_growth(group, theta)), rel=1e-6)


def test_turnover_slows_the_decay_of_pairs_and_exchange_stops_it():
    slow = knowledge_outlook(turnover(TEN, [*TEN[:9], "x"], years=3))
    fast = knowledge_outlook(turnover(TEN, [*TEN[:5], *"vwxyz"], years=3))
    assert slow.growth_closed[-1] < slow.growth_observed[-1]
    # the same decay without newcomers, more difference left with more of them
    assert slow.growth_closed == pytest.approx(fast.growth_closed)
    share = slow.exchange_share
    assert 0 < share < 1
    # at that share the simulated groups keep 95% of the best
    theta = 1 / 3
    best = float(pair_growth(bliss_point(theta), theta))
    kept = knowledge_path(
        KnowledgeCreation(exchange_meetings([2, 2], share)), difference=0.4, until=400
    )
    assert kept.growth[-1] == pytest.approx(0.95 * best, rel=2e-3)


def test_the_best_group_needs_no_exchange():
    # 1 + 1/θ = 4 persons: rotation stays at the best difference
    found = knowledge_outlook(turnover(TEN, TEN, years=1), group=4)
    assert found.exchange_share == 0
    assert found.growth_closed[-1] == pytest.approx(found.growth_best, rel=1e-6)
    assert "stays without exchange" in found.headline()


@pytest.mark.parametrize(
    "wrong",
    [
        {"group": 1},
        {"difference": 0.5},
        {"newcomer_difference": 0.0},
        {"efficiency": 1.5},
        {"growth_at_best_per_year": 0.0},
        {"years": 0},
        {"keep_share": 1.2},
    ],
)
def test_outlook_refuses(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        knowledge_outlook(turnover(TEN, TEN, years=1), **wrong)
