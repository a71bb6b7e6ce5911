"""The models against published points, closed forms, finite differences and one another."""

import dataclasses

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.theory import (
    CorePeriphery,
    FootlooseEntrepreneur,
    Housing,
    Linear,
    VerticalLinkages,
)
from shuseki.theory.solving.space import any_costs, circle, discounts

RNG = np.random.default_rng(7)
POINTS = RNG.random((5, 2))
DISTANCE = np.hypot(*(POINTS[:, None] - POINTS[None]).transpose(2, 0, 1)) + 0.1 * RNG.random((5, 5))
SHARES = np.array([0.3, 0.1, 0.25, 0.2, 0.15])
LAND = np.array([0.1, 0.3, 0.2, 0.25, 0.15])

MODELS = {
    "core-periphery": CorePeriphery(distance=DISTANCE, farm_shares=LAND),
    "core-periphery, crowded": CorePeriphery(distance=DISTANCE, farm_shares=LAND, congestion=0.1),
    "footloose": FootlooseEntrepreneur(
        distance=DISTANCE, workers=LAND, congestion=0.05, productivity=1 + LAND, amenity=1 + SHARES
    ),
    "linear": Linear(distance=DISTANCE * 0.3),
    "housing": Housing(distance=DISTANCE, housing=LAND),
    "vertical": VerticalLinkages(distance=DISTANCE),
    "vertical, concave": VerticalLinkages(
        distance=DISTANCE, farm_elasticity=0.9, labour=1 + LAND, outside_wage=1 - LAND
    ),
}


def utility_gap(model, share):
    """``ΔV = Cτ(τ*-τ)(λ-½)`` (Ottaviano, Tabuchi and Thisse 2002): first region over second."""
    _, b, c, _ = model.demand
    A, L, phi, tau = model.workers, model.mobile, model.labour_per_firm, model.transport_cost
    bracket = 2 * b * phi * (3 * b * phi + 3 * c * L + c * A) + c**2 * L * (A + L)
    scale = bracket * L * (b * phi + c * L) / (2 * phi**2 * (2 * b * phi + c * L) ** 2)
    return scale * tau * (model.break_point() - tau) * (share - 0.5)


def state_of(model):
    return SHARES if model.bounds.fixed_sums else 2 * SHARES


@pytest.mark.parametrize("name", MODELS)
def test_analytic_jacobian_is_the_slope_of_the_payoff(name):
    model = MODELS[name]
    state, h = state_of(model), 1e-6
    slope = np.column_stack(
        [(model.payoff(state + h * e) - model.payoff(state - h * e)) / (2 * h) for e in np.eye(5)]
    )
    # central differences of a function solved to 1e-12: error about 1e-12 / 1e-6 and h²
    assert np.max(np.abs(model.payoff_jacobian(state) - slope)) < 5e-8


@pytest.mark.parametrize("name", MODELS)
def test_regions_have_no_identity(name):
    model = MODELS[name]
    state, order = state_of(model), np.array([3, 0, 4, 1, 2])
    names = [field.name for field in dataclasses.fields(model)]
    fields = {
        field: value[order]
        for field, value in vars(model).items()
        if isinstance(value, np.ndarray) and value.shape == (5,) and field in names
    }
    shuffled = type(model)(
        **{
            field: fields.get(field, getattr(model, field))
            for field in names
            if field != "distance"
        },
        distance=model.distance[np.ix_(order, order)],
    )
    np.testing.assert_allclose(shuffled.payoff(state[order]), model.payoff(state)[order], atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_many_states_at_once_are_the_same_as_one_by_one(name):
    model = MODELS[name]
    state = state_of(model)
    both = model.payoff(np.stack([state, np.roll(state, 1)]))
    np.testing.assert_allclose(both[0], model.payoff(state), atol=1e-9)
    np.testing.assert_allclose(both[1], model.payoff(np.roll(state, 1)), atol=1e-9)


def test_walras_wages_of_manufacturing_add_up():
    # Krugman's normalisation: Σ w λ = 1 when farmers earn 1 and are 1-μ of income
    for cost in (1.05, 1.7, 3.0):
        model = CorePeriphery(transport_cost=cost, distance=DISTANCE, farm_shares=LAND)
        assert model.short_run(SHARES).wage @ SHARES == pytest.approx(1, abs=1e-10)
    model = MODELS["vertical, concave"]
    state = 2 * SHARES
    run = model.short_run(state)
    paid = (model.persons * run.wage * state).sum()
    assert paid == pytest.approx(model.manufacturing_share * run.income.sum(), rel=1e-10)


# σ, μ, T_sustain, T_break: theory note §1, six digits (σ=5) and four digits, from the formulas of
# Fujita, Krugman and Venables, chapter 5; the first pair is theirs
@pytest.mark.parametrize(
    ("sigma", "mu", "sustain", "break_", "digits"),
    [
        (5, 0.4, 1.807313, 1.626577, 6),
        (4, 0.2, 1.3934, 1.3735, 4),
        (4, 0.4, 2.3394, 1.9718, 4),
        (10, 0.3, 1.1709, 1.1570, 4),
    ],
)
def test_core_periphery_points(sigma, mu, sustain, break_, digits):
    model = CorePeriphery(sigma, mu)
    assert round(model.sustain_point(), digits) == sustain
    assert round(model.break_point(), digits) == break_


def test_krugman_1991_points():
    # Krugman's σ=4, μ=.3 with τ = 1/T: ν(.5) = 1.2541 (diverse), ν(.75) = .7816 (concentrated)
    model = CorePeriphery(4, 0.3)

    def nu(tau):
        core = np.array([1.0, 0.0])
        payoff = model.at(1 / tau).payoff(core)
        return (payoff[1] / payoff[0]) ** 4  # ω₂/ω₁ to the power σ

    assert round(nu(0.5), 4) == 1.2541
    assert round(nu(0.75), 4) == 0.7816
    assert round(1 / model.sustain_point(), 4) == 0.5796
    assert round(1 / model.break_point(), 4) == 0.6134


def test_critical_discount_of_core_periphery():
    assert CorePeriphery().critical_discount() == pytest.approx(0.75)  # note §1
    assert CorePeriphery().gain(np.array(0.75)) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    ("sigma", "mu", "phi_break", "phi_sustain"),
    [(5, 0.4, 0.696970, 0.695442), (2.5, 0.5, 0.333333, 0.309373)],  # note §2
)
def test_footloose_points(sigma, mu, phi_break, phi_sustain):
    model = FootlooseEntrepreneur(sigma, mu)
    assert round(model.break_point() ** (1 - sigma), 6) == phi_break
    assert round(model.sustain_point() ** (1 - sigma), 6) == phi_sustain
    assert model.gain(np.array(model.critical_discount())) == pytest.approx(0, abs=1e-15)


def test_footloose_by_iteration_equals_the_direct_solution():
    model = FootlooseEntrepreneur(distance=circle(70))
    state = np.linspace(1, 2, 70) / np.linspace(1, 2, 70).sum()
    direct = model._direct(state, state @ model.proximity)
    run = model.short_run(state)
    np.testing.assert_allclose(run.wage, direct, rtol=1e-12)
    assert 0 < run.iterations < 20  # 13 in the note


def test_linear_model_from_primitives():
    model = Linear(20, 5, 3, 1.5, 1, 0.5, transport_cost=0.15)
    assert round(model.break_point(), 8) == 0.22572178  # note §2
    assert round(model.trade_limit(), 6) == 0.272727
    for share in (0.1, 0.3, 0.8):
        gap = model.payoff(np.array([share, 1 - share]))
        assert (gap[0] - gap[1]) / utility_gap(model, share) == pytest.approx(1, abs=1e-10)
    # agglomeration wherever there is trade: τ* above the limit of trade (note §2)
    open_ = Linear(10, 4, 2, 2, 1, 1, transport_cost=0.1)
    assert round(open_.break_point(), 4) == 0.8302
    assert round(open_.trade_limit(), 4) == 0.6667


def test_vertical_linkages_points_do_not_depend_on_spending():
    # α=.5, σ=5: T_B = 13^(1/4) = 1.898829, T_S = 2.516716 for μ = .3 and .4 (note §4)
    for mu in (0.3, 0.4):
        model = VerticalLinkages(5, 0.5, mu)
        assert model.break_point() == pytest.approx(13**0.25, abs=1e-12)
        assert round(model.sustain_point(), 6) == 2.516716
        core = np.array([2 * mu, 0.0])
        at = model.at(model.sustain_point())
        np.testing.assert_allclose(at.payoff(core), 0, atol=1e-9)


def test_helpman_breaks_above_its_point():
    model = Housing(4, 0.8)
    assert round(model.critical_discount(), 6) == 0.631579  # note §3
    assert round(model.break_point(), 5) == 1.64218
    assert model.gain(np.array(0.9)) > 0 > model.gain(np.array(0.3))


def test_housing_never_breaks_when_dispersion_is_strong():
    with pytest.raises(ParameterError, match=r"σ\(1-μ\) = 1.25, above 1 by 0.25"):
        Housing(5, 0.75).break_point()


@pytest.mark.parametrize(
    "model",
    [
        CorePeriphery(distance=circle(16)),
        FootlooseEntrepreneur(distance=circle(16)),
        Housing(distance=circle(16), transport_cost=1.2),
        CorePeriphery(distance=circle(9), congestion=0.02),
    ],
    ids=["CP", "FE", "housing", "CP-III"],
)
def test_fourier_spectrum_equals_dense_eigenvalues(model):
    even = model.dispersed
    payoff, slope = model.payoff(even), model.payoff_jacobian(even)
    jacobian = even[:, None] * (slope - (payoff + slope.T @ even)[None, :])
    Q = np.linalg.svd(np.ones((1, model.regions)))[2][1:].T
    dense = np.sort(np.linalg.eigvals(Q.T @ jacobian @ Q).real) / payoff[0]
    np.testing.assert_allclose(dense, np.sort(model.spectrum()[1:]), atol=1e-12)


def test_two_regions_are_a_circle_of_two():
    model = CorePeriphery(transport_cost=1.5)
    phi = 1.5**-4
    assert discounts(model.proximity)[1] == pytest.approx((1 - phi) / (1 + phi))


def test_class_three_is_unstable_between_two_thresholds_only():
    # σ=5, μ=.4: max e = .04042, so ξ > .0404 always disperses (note §3)
    d = np.linspace(0, 1, 20_001)
    assert np.max(CorePeriphery().gain(d)) == pytest.approx(0.04042, abs=5e-6)
    assert (CorePeriphery(congestion=0.0405).gain(d) < 0).all()


# ---- bad input -------------------------------------------------------------------------------


def test_black_hole_says_by_how_much():
    with pytest.raises(ParameterError, match=r"black hole: σ\(1-μ\) = 0.8, .* exceed by 0.2"):
        CorePeriphery(2, 0.6)
    with pytest.raises(ParameterError, match=r"μ/\(σ-1\) = 1.2, above .* by 0.2"):
        FootlooseEntrepreneur(1.5, 0.6)
    with pytest.raises(ParameterError, match=r"σ\(1-α\) = 0.9"):
        VerticalLinkages(3, 0.7)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: CorePeriphery(0.9, 0.4), "elasticity_of_substitution = 0.9"),
        (lambda: CorePeriphery(5, 1.4), "manufacturing_share = 1.4"),
        (lambda: CorePeriphery(transport_cost=0.9), "transport_cost = 0.9"),
        (lambda: CorePeriphery(farm_shares=np.array([0.7, 0.7])), "add up to 1.4"),
        (lambda: Linear(transport_cost=0.4), "limit of trade 0.272727 by"),
        (lambda: Linear(variety=0.5), "variety = 0.5"),
        (lambda: VerticalLinkages(farm_elasticity=1.2), "farm_elasticity = 1.2"),
        (lambda: CorePeriphery(distance=circle(4)).break_point(), "this model has 4 regions"),
    ],
)
def test_parameters_outside_their_range(build, says):
    with pytest.raises(ParameterError, match=says):
        build()


def test_costs_that_are_no_costs():
    with pytest.raises(DataError, match="2 transport costs are negative: 0 → 1 -2"):
        any_costs(np.array([[1, -2.0], [-2.0, 1]]))
    with pytest.raises(DataError, match="below 1"):
        any_costs(np.array([[1, 0.5], [0.5, 1]]))
    apart = np.full((4, 4), np.inf)
    apart[:2, :2] = apart[2:, 2:] = 1.5
    with pytest.raises(DataError, match="disconnected: 2 of 4 regions"):
        any_costs(apart)
    with pytest.raises(DataError, match="missing: 0 → 1"):
        any_costs(np.array([[1, np.nan], [1.5, 1]]))


def test_wages_are_found_where_regions_hardly_trade():
    """Where plain steps crawl (T^(1-σ) = 2e-8): each region's sales are what the others spend."""
    model = Housing(elasticity_of_substitution=12, goods_share=0.1, transport_cost=5)
    people = np.array([0.3, 0.7])
    wage = model.short_run(people).wage
    assert people @ wage == pytest.approx(1, abs=1e-12)
    share = people[:, None] * (wage[:, None] ** -11) * model.proximity  # origin × destination
    share = share / share.sum(axis=0)
    np.testing.assert_allclose(share @ (people * wage), people * wage, rtol=1e-9)


def test_wages_of_newtons_steps_are_those_of_plain_ones(monkeypatch):
    from shuseki.theory.models import housing

    model = Housing(elasticity_of_substitution=4, goods_share=0.8, transport_cost=2)
    states = np.array([[0.1, 0.9], [0.4, 0.6]])
    plain = model.short_run(states).wage
    monkeypatch.setattr(housing, "PLAIN", 2)
    np.testing.assert_allclose(model.short_run(states).wage, plain, rtol=1e-11)
