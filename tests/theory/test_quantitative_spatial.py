"""Inversion, exact hat and its audit, on made-up regions with known answers."""

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.theory.models.quantitative_housing import HousingParameters, exact_hat, utility_slope
from shuseki.theory.models.quantitative_immobile import ImmobileDemandParameters
from shuseki.theory.models.quantitative_spatial import Prior
from shuseki.theory.solving.trade import invert_trade, leading_eigenvalue

N = 40


def made_up(*, directed=False, seed=0, n=N):
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2)) * 500
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, 8)
    costs = np.maximum(apart / 8, 1) ** 0.33
    if directed:
        costs = costs * (1 + 0.2 * rng.random((n, n)))
    return np.exp(rng.normal(0, 1, n)) * 1e4, np.exp(rng.normal(0, 0.15, n)) * 3e6, costs


def long_run_in_levels(costs, productivity, amenity, chosen):
    """Shares of people and wages (mean 1 over people) under symmetric costs.

    Another way to what the exact hat solves: one product with D per step, which contracts by
    |γ₂/γ₁| (Allen and Arkolakis 2014).
    """
    sigma, alpha, beta = chosen.elasticity_of_substitution, chosen.alpha, chosen.beta
    ratio = chosen.gamma_2 / chosen.gamma_1
    np.testing.assert_allclose(costs, costs.T)
    assert abs(ratio) < 1
    kernel, s = costs ** (1 - sigma), (sigma - 1) / (2 * sigma - 1)
    lA, lu = np.log(productivity), np.log(amenity)
    left, right = s * ((sigma - 1) * lA + sigma * lu), np.exp(s * ((sigma - 1) * lu + sigma * lA))
    y, moved = np.zeros_like(lA), 1.0
    while moved > 1e-12:
        new = left + np.log(kernel @ (right * np.exp(ratio * y)))
        new -= new.mean()
        moved, y = np.max(np.abs(new - y)), new
    people = np.exp(y / (s * chosen.gamma_1))
    people /= people.sum()
    lw = ((1 + (beta - alpha) * (sigma - 1)) * np.log(people) - (sigma - 1) * (lA - lu)) / (
        1 - 2 * sigma
    )
    wage = np.exp(lw - lw.mean())
    return people, wage / (wage @ people)


@pytest.fixture(scope="module")
def world():
    return HousingParameters().invert(*made_up())


def shocks(seed=1, n=N):
    rng = np.random.default_rng(seed)
    cost = 1 - 0.1 * rng.random((n, n))
    cost = (cost + cost.T) / 2
    np.fill_diagonal(cost, 1)
    return cost, 1 + 0.3 * rng.random(n), 1 + rng.random(n)


def test_uniqueness_condition_of_helpman():
    # RRH: σ=5, μ=.75: σ(1-μ) = 1.25 > 1, hence |γ₂/γ₁| < 1; Helpman is AA with these spillovers
    chosen = HousingParameters()
    assert (chosen.alpha, chosen.beta) == pytest.approx((1 / 4, -1 / 3))
    assert chosen.gamma_1 == pytest.approx(5 / 3)
    assert chosen.contraction == pytest.approx(0.55)
    assert HousingParameters(4, 0.8).contraction > 1  # σ(1-μ) = .8
    assert HousingParameters(4, 0.75).contraction == pytest.approx(1)  # σ(1-μ) = 1
    # AA's own σ=9, α=.1, β=-.3: unique
    assert HousingParameters(9, productivity_spillover=0.1, amenity_spillover=-0.3).contraction < 1


def test_observed_state_is_an_equilibrium(world):
    sigma, mu = 5, 0.75
    people, pay = world.employment, world.wage
    productivity = world.productivity * people**0.25
    offered = (pay / productivity) ** (1 - sigma)
    kernel = world.iceberg.T ** (1 - sigma)
    access = kernel @ offered
    sold = offered * (kernel.T @ (pay * people / access))
    np.testing.assert_allclose(sold / sold.sum(), pay * people / (pay @ people), rtol=1e-10)
    utility = (pay * access ** (1 / (sigma - 1))) ** mu * (world.housing / people) ** (1 - mu)
    assert np.ptp(np.log(utility)) < 1e-10


def test_housing_equals_the_published_inversion(world):
    # RRH: H^(1-μ) = L^((σ(1-μ)-1)/(σ-1)) A^(-μ) π_nn^(μ/(σ-1)), up to scale
    sigma, mu = 5, 0.75
    own = np.diag(world.trade_shares)
    H = (
        world.employment ** ((sigma * (1 - mu) - 1) / (sigma - 1))
        * world.productivity**-mu
        * own ** (mu / (sigma - 1))
    ) ** (1 / (1 - mu))
    assert np.ptp(np.log(H / world.housing)) < 1e-10


def test_inversion_recovers_fundamentals():
    rng = np.random.default_rng(3)
    _, _, costs = made_up()
    A, u = np.exp(rng.normal(0, 0.2, N)), np.exp(rng.normal(0, 0.2, N))
    people, wage = long_run_in_levels(costs, A, u, HousingParameters())
    found = HousingParameters().invert(people, wage, costs)
    # note §5: 5e-12 at 1,741 regions
    assert np.ptp(np.log(found.productivity / A)) < 1e-10
    assert np.ptp(np.log(found.amenity / u)) < 1e-10


def test_inversion_of_nearly_separate_islands():
    # Sinkhorn's steps alone need more than 20,000 here
    costs = np.full((4, 4), 40.0)
    costs[:2, :2] = costs[2:, 2:] = 1.5
    np.fill_diagonal(costs, 1.0)
    sales = np.array([1.0, 2.0, 3.0, 4.0])
    supply, access = invert_trade(costs**-4, sales)
    sold = supply * ((costs**-4).T @ (sales / access))
    np.testing.assert_allclose(sold, sales, rtol=1e-11)


def test_long_run_in_levels_gives_back_the_observed(world):
    people, _ = long_run_in_levels(
        world.iceberg, world.productivity, world.amenity, world.parameters
    )
    np.testing.assert_allclose(people, world.employment / world.employment.sum(), rtol=1e-9)


@pytest.mark.parametrize("directed", [False, True])
def test_nothing_changes_when_nothing_changes(directed):
    change = HousingParameters().invert(*made_up(directed=directed)).counterfactual()
    np.testing.assert_allclose(change.employment, 1, atol=1e-10)
    np.testing.assert_allclose(change.wage, 1, atol=1e-10)
    assert change.welfare == pytest.approx(1, abs=1e-10)
    assert change.moved_share < 1e-10


def test_hat_equals_a_solution_in_levels(world):
    cost, A, H = shocks()
    cost = np.maximum(cost, 1 / world.iceberg)
    change = world.counterfactual(transport_cost=cost, productivity=A, housing=H)
    people, wage = long_run_in_levels(
        world.iceberg * cost,
        world.productivity * A,
        world.amenity * H ** (1 / 3),
        world.parameters,
    )
    before = world.employment / world.employment.sum()
    np.testing.assert_allclose(change.employment * before, people, rtol=1e-9)  # note §5: 1e-11
    new_wage = change.wage * world.wage
    np.testing.assert_allclose(new_wage / new_wage.mean(), wage / wage.mean(), rtol=1e-9)


def test_hat_holds_with_directed_costs():
    world = HousingParameters().invert(*made_up(directed=True))
    cost, A, H = shocks()
    cost = np.maximum(cost, 1 / world.iceberg)
    change = world.counterfactual(transport_cost=cost, productivity=A, housing=H)
    # the new state, inverted, must show the changed fundamentals
    after = HousingParameters().invert(
        world.employment * change.employment, world.wage * change.wage, world.iceberg * cost
    )
    assert np.ptp(np.log(after.productivity / (world.productivity * A))) < 1e-9
    assert np.ptp(np.log(after.housing / (world.housing * H))) < 1e-8


def test_regions_have_no_identity(world):
    order = np.random.default_rng(0).permutation(N)
    A = shocks()[1]
    people, wage, costs = made_up()
    other = HousingParameters().invert(people[order], wage[order], costs[np.ix_(order, order)])
    np.testing.assert_allclose(
        other.counterfactual(productivity=A[order]).employment,
        world.counterfactual(productivity=A).employment[order],
        rtol=1e-9,
    )


def test_utility_slope_is_the_derivative(world):
    # people are moved by hand, wages are left to clear: dense finite differences
    sigma, h = 5, 1e-5
    kernel = world.iceberg.T ** (1 - sigma)

    def log_utility(people):
        wage = world.wage / world.wage.mean()
        total = (world.wage / world.wage.mean()) @ world.employment
        for _ in range(4000):
            offered = (wage / (world.productivity * people**0.25)) ** (1 - sigma)
            access = kernel @ offered
            sold = offered * (kernel.T @ (wage * people / access))
            wage = wage * (sold / (wage * people)) ** (1 / sigma)
            wage *= total / (wage @ people)
        return (
            np.log(wage) + np.log(access) / (sigma - 1) + np.log(world.amenity / people ** (1 / 3))
        )

    slope = utility_slope(world.trade_shares, world.wage * world.employment, world.parameters)
    for k in (0, 7):
        shift = np.ones(N)
        shift[k] = np.exp(h)
        up, down = log_utility(world.employment * shift), log_utility(world.employment / shift)
        np.testing.assert_allclose((up - down) / (2 * h), slope[:, k], atol=1e-6)


def test_leading_eigenvalue_by_arnoldi_equals_dense():
    world = HousingParameters().invert(*made_up(n=80))
    matrix = world._adjustment()
    assert leading_eigenvalue(matrix) == pytest.approx(world.spectrum()[0].real, abs=1e-6)


def test_audit_of_a_unique_and_stable_world(world):
    audit = world.audit
    assert audit.observed_is_stable
    assert audit.leading_growth < 0
    assert audit.is_unique
    assert "by theorem: |γ₂/γ₁| = 0.5500" in audit.uniqueness


def test_unstable_observed_state_is_refused_with_the_condition():
    world = HousingParameters(4, 0.9).invert(*made_up())
    with pytest.raises(ParameterError, match=r"unstable.*σ\(1-μ\) = 0.4, short of 1 by 0.6"):
        world.counterfactual(productivity=shocks()[1])


def test_class_one_names_the_congestion_that_would_hold_it():
    people, wage, costs = made_up()
    one = ImmobileDemandParameters(5, 0.4).invert(people, wage, costs)
    with pytest.raises(ParameterError, match="ξ above about") as caught:
        one.counterfactual()
    needed = float(str(caught.value).split("ξ above about ")[1].split(",")[0])
    for factor, stable in ((0.98, False), (1.02, True)):
        chosen = ImmobileDemandParameters(5, 0.4, needed * factor)
        other = chosen.invert(people, wage, costs)
        assert other.audit.observed_is_stable is stable


def test_class_three_keeps_the_observed_and_moves_with_shocks():
    chosen = ImmobileDemandParameters(5, 0.4, 0.3)
    world = chosen.invert(*made_up(directed=True))
    assert np.ptp(world.footloose.payoff(world.shares)) < 1e-12
    np.testing.assert_allclose(
        world.footloose.short_run(world.shares).wage / world.wage,
        np.mean(world.footloose.short_run(world.shares).wage / world.wage),
        rtol=1e-8,
    )
    np.testing.assert_allclose(world.counterfactual().employment, 1, atol=1e-6)
    better = np.ones(N)
    better[4] = 1.1
    change = world.counterfactual(productivity=better)
    assert np.argmax(change.employment) == 4
    # closed plants come back when nothing else has changed and there is one place to return to
    back = world.counterfactual(closed_share=np.where(np.arange(N) == 4, 0.3, 0.0))
    np.testing.assert_allclose(back.employment, 1, atol=1e-5)


def test_foreign_nodes_keep_their_people():
    people, wage, costs = made_up()
    mobile = np.arange(N) < N - 1
    world = HousingParameters().invert(people, wage, costs, mobile=mobile)
    better = np.where(mobile, 1.0, 1.3)
    change = world.counterfactual(productivity=better)
    assert change.employment[-1] == 1
    assert change.wage[-1] > 1.1
    home = world.employment[mobile]
    assert (home * change.employment[mobile]).sum() == pytest.approx(home.sum(), rel=1e-10)
    assert "immobile" in world.audit.uniqueness


def test_draws_give_intervals_and_repeat():
    people, wage, costs = made_up(n=15)
    world = HousingParameters().invert(people, wage, costs)
    better = np.where(np.arange(15) == 2, 1.1, 1.0)
    one = world.with_draws(draws=30, seed=4, productivity=better)
    two = world.with_draws(draws=30, seed=4, productivity=better)
    assert one.intervals is not None
    assert two.intervals is not None
    np.testing.assert_array_equal(one.intervals.employment_low, two.intervals.employment_low)
    assert one.intervals.employment_low[2] < one.employment[2] < one.intervals.employment_high[2]
    assert one.intervals.agreement_share[2] == 1
    assert 0 < one.intervals.stable_share <= 1
    assert "agreement_share" in one.to_frame()
    assert "observed state is stable in" in one.notes[-1]


def test_draws_count_the_unstable():
    people, wage, costs = made_up(n=15)
    world = HousingParameters().invert(people, wage, costs)
    wide = Prior(elasticity_of_substitution=(3, 9), goods_share=(0.6, 0.95))
    found = world.with_draws(
        draws=60, prior=wide, seed=1, productivity=np.where(np.arange(15) == 2, 1.05, 1.0)
    )
    assert found.intervals is not None
    assert 0.05 < found.intervals.stable_share < 0.95


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"productivity": np.full(N, -1.0)}, "smallest factor is -1"),
        ({"productivity": np.ones(3)}, r"shape \(3,\)"),
        ({"closed_share": np.full(N, 1.0)}, r"Expected shares in \[0, 1\)"),
    ],
)
def test_impossible_shocks(world, change, says):
    with pytest.raises(ParameterError, match=says):
        world.counterfactual(**change)


def test_impossible_data():
    people, wage, costs = made_up()
    with pytest.raises(DataError, match="1 regions without positive employment: 3 0"):
        HousingParameters().invert(np.where(np.arange(N) == 3, 0, people), wage, costs)
    with pytest.raises(DataError, match="negative"):
        HousingParameters().invert(people, wage, -costs)
    with pytest.raises(ParameterError, match="congestion = -1"):
        ImmobileDemandParameters(congestion=-1.0)
    with pytest.raises(ParameterError, match="1 regions whose people stay"):
        ImmobileDemandParameters().invert(people, wage, costs, mobile=np.arange(N) > 0)


def test_a_prior_has_the_parameters_of_the_model(world):
    with pytest.raises(ParameterError, match="range of congestion; HousingParameters has"):
        world.with_draws(draws=1, prior=Prior(congestion=(0.1, 0.3)))


def test_market_access_of_immobile_demand_is_that_of_its_customers():
    # two like regions: both reach the same market
    even = ImmobileDemandParameters(5, 0.4, 0.3).invert(
        np.ones(2), np.ones(2), np.array([[1.0, 1.5], [1.5, 1.0]])
    )
    np.testing.assert_allclose(even.market_access, 1)
    np.testing.assert_allclose(even.productivity, 1)
    # by hand: shares ½ and ½ of spending weighed by 1 and 1.5^-4
    np.testing.assert_allclose(even.trade_shares[0, 0], 1 / (1 + 1.5**-4))


def test_hat_converges_from_anywhere_where_it_is_unique(world):
    rng = np.random.default_rng(0)
    found = exact_hat(
        world.trade_shares,
        world.wage * world.employment,
        world.employment,
        world.parameters,
        start=rng.normal(0, 1, (2, N)),
    )
    np.testing.assert_allclose(found[0], 0, atol=1e-10)
    assert found[-1] < 120  # undamped, 55–72 steps in the note from no change
