"""The lock-in rent, who leaves first, and home regions with a foreign node."""

import numpy as np
import pytest
from scipy.optimize import brentq

from shuseki.errors import DataError, ParameterError
from shuseki.theory import VerticalLinkages
from shuseki.theory.models.offshoring import (
    Good,
    LockIn,
    departures,
    offshoring_model,
    offshoring_path,
)


def test_rent_of_the_baseline():
    rent = LockIn(5, 0.5, 0.5)
    assert round(rent.strongest_cost(), 5) == 1.37798  # note §4
    assert round(rent.largest_gap(), 4) == 1.3219
    low, high = rent.costs_held(1.2)
    assert (round(low, 4), round(high, 4)) == (1.1334, 1.8306)
    assert rent.costs_held(1.4) is None
    assert rent.costs_held(1.0)[0] == 1.0


@pytest.mark.parametrize("labour_abroad", [0.6, 1.0])
@pytest.mark.parametrize("cost", [1.2, 1.6])
def test_rent_is_the_zero_profit_wage_abroad(labour_abroad, cost):
    # the explicit model with unequal incomes: the wage a lone firm abroad could pay
    model = VerticalLinkages(
        5, 0.5, 0.3, cost, labour=np.array([1.0, labour_abroad]), outside_wage=np.array([1.2, 1.0])
    )
    share = brentq(lambda x: model.payoff(np.array([x, 0.0]))[0], 0.05, 0.999)
    run = model.short_run(np.array([share, 0.0]))
    rent = LockIn(5, 0.5, run.income[0] / run.income.sum())
    assert run.wage[0] / run.wage[1] == pytest.approx(float(rent.sustainable_gap(cost)), rel=1e-8)


def test_what_is_dear_to_transport_and_differentiated_stays():
    goods = [
        Good("average"),
        Good("bulky", bulk=2),
        Good("differentiated", elasticity_of_substitution=3.5),
        Good("commodity", elasticity_of_substitution=8),
    ]
    found = departures(goods, wage_gap=1.2, transport_cost=np.linspace(1, 2, 20))
    leaves = dict(zip([good.name for good in goods], found.leaves_at, strict=True))
    assert leaves["bulky"] < leaves["average"]
    assert leaves["differentiated"] < leaves["average"]
    largest = found.to_frame().set_index("good")["largest_wage_gap"]
    assert largest["differentiated"] > largest["average"] > largest["commodity"]
    # commodities never hold this gap
    assert np.isnan(leaves["commodity"])
    assert "commodity leaves first" in found.headline()


@pytest.fixture(scope="module")
def home_and_abroad():
    rng = np.random.default_rng(0)
    n = 5
    points = rng.random((n, 2)) * 500
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, 8)
    observed = rng.uniform(0.15, 0.35, n)
    model, state = offshoring_model(
        observed, rng.uniform(0.5, 2, n), np.maximum(apart / 8, 1) ** 0.1, intermediate_share=0.3
    )
    return observed, model, state


def test_observed_shares_are_an_equilibrium(home_and_abroad):
    observed, model, state = home_and_abroad
    np.testing.assert_allclose(state[:-1], observed)
    assert np.max(np.abs(model.payoff(state))) < 1e-6


@pytest.mark.slow
def test_industry_leaves_as_the_border_opens(home_and_abroad):
    _, model, state = home_and_abroad
    path = offshoring_path(model, state, foreign=1, border_factor=np.array([1.0, 0.8, 0.5]))
    assert path.home_share[0] == pytest.approx(
        (state[:-1] @ model.persons[:-1]) / (state @ model.persons), rel=1e-4
    )
    assert path.home_share[0] > path.home_share[1] > path.home_share[2]
    assert np.isfinite(path.leaves_at).any()
    assert len(path.to_frame()) == 18


def test_bad_input():
    with pytest.raises(ParameterError, match=r"σ\(1-α\) = 0.8, short of the 1 .* by 0.2"):
        LockIn(4, 0.8)
    with pytest.raises(ParameterError, match=r"home_income_share = 1\.5"):
        LockIn(home_income_share=1.5)
    with pytest.raises(DataError, match="inside"):
        offshoring_model(np.array([0.0, 0.3]), np.ones(2), np.ones((2, 2)))
    with pytest.raises(ParameterError, match="No goods"):
        departures([], wage_gap=1.2, transport_cost=np.array([1.1]))
