"""Vertical linkages in changes: against levels, against itself, and after plants have closed."""

from dataclasses import replace

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.theory import VerticalLinkages, solve
from shuseki.theory.counterfactual.vertical_hat import ObservedLinkages
from shuseki.theory.solving.space import any_costs


def regions(n, seed=0):
    """Synthetic regions: shares, wages, labour, and costs that differ by direction."""
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2)) * 500
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    iceberg = 1.5 * np.maximum(apart / 8, 1) ** 0.15 * rng.uniform(0.95, 1.05, (n, n))
    return rng.uniform(0.15, 0.35, n), rng.uniform(0.8, 1.2, n), rng.uniform(0.5, 2, n), iceberg


def observe(n, seed=0, **parameters):
    return ObservedLinkages.invert(*regions(n, seed), **{"intermediate_share": 0.3, **parameters})


def shocks(n, seed=1):
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(0, 0.03, (n, n))), np.exp(rng.normal(0, 0.003, n))


@pytest.fixture(scope="module")
def ten():
    return observe(10)


def test_no_shock_no_change(ten):
    found = ten.counterfactual()
    np.testing.assert_allclose(found.employment, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.wage, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.price_index, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.real_income, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("eta", [0.7, 1.0])
@pytest.mark.parametrize("which", ["costs", "productivity", "both"])
def test_equals_the_model_in_levels(eta, which):
    # a world known in levels, solved before and after by theory.equilibrium, whose arithmetic is
    # another; observed are only shares, wages, labour and who buys where
    n, sigma = 10, 5.0
    _, outside, labour, iceberg = regions(n)
    # with η = 1 industry spreads only where labour is all that differs: dearer transport
    alpha, cost = (0.3, iceberg) if eta < 1 else (0.1, iceberg**3)
    outside = outside if eta < 1 else np.ones(n)
    before = VerticalLinkages(
        elasticity_of_substitution=sigma,
        intermediate_share=alpha,
        manufacturing_share=0.3,
        transport_cost=float(np.e),
        farm_elasticity=eta,
        distance=any_costs(cost),
        labour=labour,
        outside_wage=outside**0.05,
    )
    rest = solve(before, tolerance=1e-13).state
    assert ((rest > 0.01) & (rest < 0.99)).all()
    run = before.short_run(rest)
    made = (
        labour * rest * run.wage ** (1 - sigma * (1 - alpha)) * run.price_index ** (-alpha * sigma)
    )
    bought = (made[:, None] * before.proximity).T
    observed = ObservedLinkages(
        manufacturing_share=rest,
        wage=run.wage,
        labour=labour,
        trade_shares=bought / bought.sum(axis=1, keepdims=True),
        elasticity_of_substitution=sigma,
        intermediate_share=alpha,
        farm_elasticity=eta,
    )
    assert observed.spending_share == pytest.approx(0.3, rel=1e-10)
    cost_change, better = shocks(n)
    cost_change = np.ones((n, n)) if which == "productivity" else cost_change
    better = np.ones(n) if which == "costs" else better
    found = observed.counterfactual(transport_cost=cost_change, productivity=better)
    assert np.max(np.abs(found.employment - 1)) > 0.01
    # A_r^σ multiplies row r of D: in levels a lower cost of everything r sends
    after = replace(
        before,
        distance=before.distance
        + np.log(cost_change)
        - sigma / (sigma - 1) * np.log(better)[:, None],
    )
    again = solve(after, rest, tolerance=1e-13).state
    np.testing.assert_allclose(found.manufacturing_share, again, rtol=0, atol=1e-10)
    np.testing.assert_allclose(after.payoff(found.manufacturing_share), 0, atol=1e-10)
    new = after.short_run(found.manufacturing_share)
    np.testing.assert_allclose(found.wage, new.wage / run.wage, rtol=1e-10)
    np.testing.assert_allclose(found.price_index, new.price_index / run.price_index, rtol=1e-10)
    real = new.income / run.income * found.price_index**-0.3
    np.testing.assert_allclose(found.real_income, real, rtol=1e-10)


def test_the_model_in_levels_behind_the_observed_state(ten):
    np.testing.assert_allclose(ten.levels.payoff(ten.manufacturing_share), 0, atol=1e-11)
    run = ten.levels.short_run(ten.manufacturing_share)
    np.testing.assert_allclose(run.wage, ten.wage, rtol=1e-11)
    np.testing.assert_allclose(run.price_index / run.price_index[0], 1, rtol=1e-11)


def test_two_hundred_and_fifty_regions_converge():
    observed = observe(250, intermediate_share=0.4)
    cost_change, better = shocks(250)
    found = observed.counterfactual(transport_cost=cost_change, productivity=better)
    # theory note §5: 1,400 steps at a fixed rate; a rate that grows and Newton's method need fewer
    assert found.iterations < 400
    after = replace(
        observed.levels,
        distance=observed.levels.distance
        + np.log(cost_change)
        - 1.25 * np.log(better)[:, None]
        + 1,
    )
    inside = found.manufacturing_share > 0
    np.testing.assert_allclose(after.payoff(found.manufacturing_share)[inside], 0, atol=1e-9)


def test_the_order_of_regions_does_not_matter(ten):
    order = np.random.default_rng(2).permutation(10)
    cost_change, better = shocks(10)
    turned = ObservedLinkages(
        manufacturing_share=ten.manufacturing_share[order],
        wage=ten.wage[order],
        labour=ten.labour[order],
        trade_shares=ten.trade_shares[np.ix_(order, order)],
        intermediate_share=0.3,
    )
    one = ten.counterfactual(transport_cost=cost_change, productivity=better)
    other = turned.counterfactual(
        transport_cost=cost_change[np.ix_(order, order)], productivity=better[order]
    )
    np.testing.assert_allclose(other.employment, one.employment[order], rtol=1e-9)
    np.testing.assert_allclose(other.price_index, one.price_index[order], rtol=1e-9)


def test_units_do_not_matter(ten):
    cost_change, better = shocks(10)
    scaled = replace(ten, wage=4e6 * ten.wage, labour=1e3 * ten.labour)
    one = ten.counterfactual(transport_cost=cost_change, productivity=better)
    other = scaled.counterfactual(transport_cost=cost_change, productivity=better)
    np.testing.assert_allclose(other.employment, one.employment, rtol=1e-9)


def test_a_sum_of_money_is_what_is_spent(ten):
    np.testing.assert_allclose(ten.trade_shares.T @ ten.spending, ten.sales, rtol=1e-9)
    assert ten.spending.sum() == pytest.approx(ten.sales.sum())


def test_a_region_comes_back_from_few_closures_and_not_from_many():
    # two like regions between T_B = 1.8988 and T_S = 2.5167 (theory note §4): spread and core hold
    even = ObservedLinkages.invert(
        np.full(2, 0.4),
        np.ones(2),
        np.ones(2),
        np.array([[1, 2.2], [2.2, 1]]),
        intermediate_share=0.5,
        farm_elasticity=1.0,
    )
    few = even.counterfactual(closed_share=np.array([0.0, 0.1]))
    np.testing.assert_allclose(few.employment, 1, atol=1e-10)
    many = even.counterfactual(closed_share=np.array([0.0, 0.97]), shock="plants close")
    np.testing.assert_allclose(many.manufacturing_share, [0.8, 0], atol=1e-9)
    assert many.total_employment == pytest.approx(1)
    assert many.headline().startswith(
        "plants close: manufacturing employment 0 +100.00%, 1 -100.00%"
    )
    assert "once plants have closed" in many.notes[1]


def test_an_unstable_observed_state_is_refused():
    with pytest.raises(ParameterError, match=r"unstable: small moves away from it grow at \+"):
        # below T_B = 1.8988 the even spread does not hold
        ObservedLinkages.invert(
            np.full(2, 0.4),
            np.ones(2),
            np.ones(2),
            np.array([[1, 1.7], [1.7, 1]]),
            intermediate_share=0.5,
            farm_elasticity=1.0,
        ).counterfactual()


def test_a_region_that_would_leave_farming_is_refused():
    even = ObservedLinkages.invert(
        np.full(2, 0.7),
        np.ones(2),
        np.ones(2),
        np.array([[1, 2.2], [2.2, 1]]),
        intermediate_share=0.5,
        farm_elasticity=1.0,
        names=("Suwa", "Ota"),
    )
    with pytest.raises(ParameterError, match="leave farming altogether: Suwa"):
        even.counterfactual(productivity=np.array([1.3, 1.0]))


def test_result_is_a_table(ten):
    frame = ten.counterfactual(productivity=shocks(10)[1]).to_frame()
    assert len(frame) == 10
    assert frame["manufacturing_employment_change_percent"].abs().max() > 1


@pytest.mark.parametrize(
    ("build", "error", "says"),
    [
        (
            lambda: observe(10, intermediate_share=0.85),
            ParameterError,
            r"ασ/\(σ-1\) = 1.062, above 1 by 0.0625",
        ),
        (lambda: observe(10, farm_elasticity=1.4), ParameterError, "farm_elasticity = 1.4"),
        (
            lambda: ObservedLinkages.invert(
                np.array([0.2, 0.0]), np.ones(2), np.ones(2), np.full((2, 2), 1.5)
            ),
            DataError,
            r"1 regions without a manufacturing share inside \(0, 1\): 1 0",
        ),
        (
            lambda: ObservedLinkages.invert(
                np.full(2, 0.2), np.array([1.0, -1.0]), np.ones(2), np.full((2, 2), 1.5)
            ),
            DataError,
            "positive wage: 1 -1",
        ),
        (
            lambda: ObservedLinkages.invert(
                np.full(2, 0.2), np.ones(2), np.ones(2), np.array([[1, -1.5], [1.5, 1]])
            ),
            DataError,
            "negative",
        ),
        (
            lambda: ObservedLinkages(
                np.full(2, 0.2), np.ones(2), np.ones(2), np.array([[0.9, 0.1], [0.3, 0.7]])
            ),
            DataError,
            "does not balance in 2 regions",
        ),
        (
            lambda: ObservedLinkages(np.full(2, 0.2), np.ones(2), np.ones(2), np.ones((2, 2))),
            DataError,
            "rows adding up to 2",
        ),
        (
            lambda: observe(3).counterfactual(productivity=np.array([1.0, -0.1, 1.0])),
            ParameterError,
            "smallest factor is -0.1",
        ),
        (
            lambda: observe(3).counterfactual(productivity=np.ones(4)),
            ParameterError,
            r"shape \(4,\)",
        ),
        (
            lambda: observe(3).counterfactual(closed_share=np.array([0.0, 1.0, 0.0])),
            ParameterError,
            "closed_share from 0 to 1",
        ),
    ],
)
def test_bad_input(build, error, says):
    with pytest.raises(error, match=says):
        build()
