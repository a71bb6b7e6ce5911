"""Rest, stability, branches and hysteresis."""

import numpy as np
import pytest

from shuseki.errors import ConvergenceError, ParameterError
from shuseki.theory import (
    CorePeriphery,
    FootlooseEntrepreneur,
    Housing,
    Linear,
    VerticalLinkages,
    break_points,
    equilibria,
    hysteresis,
    solve,
    stability,
    sustain_points,
    sweep,
)
from shuseki.theory.solving.dynamics import simulate
from shuseki.theory.solving.space import circle


def nudged(state, size, seed):
    """A state with every share changed by a random factor within ``1 ± size``, renormalised."""
    moved = state * (1 + np.random.default_rng(seed).uniform(-size, size, len(state)))
    return moved * (state.sum() / moved.sum())


def count_peaks(shares, *, even=0.02):
    """Local maxima around a circle; 0 when the shares differ by less than ``even``, relative."""
    if np.ptp(shares) < even * shares.mean():
        return 0
    higher = (shares > np.roll(shares, 1) + 1e-9) & (shares >= np.roll(shares, -1) - 1e-9)
    return int((higher & (shares > shares.mean())).sum())


# unstable roots of Krugman's model, σ=5, μ=.4: theory note §1, six digits
@pytest.mark.parametrize(
    ("cost", "root"), [(1.65, 0.692623), (1.70, 0.834887), (1.75, 0.924906), (1.80, 0.991608)]
)
def test_unstable_roots_between_break_and_sustain(cost, root):
    found = equilibria(CorePeriphery(transport_cost=cost))
    assert found.is_complete
    shares = [round(float(one.state[0]), 6) for one in found.found]
    assert shares == [1.0, root, 0.5, round(1 - root, 6), 0.0]
    assert [one.is_stable for one in found.found] == [True, False, True, False, True]


def test_one_regime_on_either_side():
    high = equilibria(CorePeriphery(transport_cost=2.1)).found
    assert [(round(float(e.state[0]), 3), e.is_stable) for e in high] == [
        (1.0, False),
        (0.5, True),
        (0.0, False),
    ]
    low = equilibria(CorePeriphery(transport_cost=1.5)).found
    assert [e.is_stable for e in low] == [True, False, True]


@pytest.mark.parametrize(
    ("model", "between"),
    [
        (CorePeriphery(), (1.3, 2.2)),
        (FootlooseEntrepreneur(2.5, 0.5), (1.5, 3)),
        (VerticalLinkages(), (1.5, 3)),
        (Linear(), (0.1, 0.27)),
    ],
    ids=["CP", "FE", "VL", "linear"],
)
def test_numerical_points_equal_the_closed_forms(model, between):
    assert break_points(model, between=between) == pytest.approx([model.break_point()], rel=1e-8)
    assert sustain_points(model, between=between) == pytest.approx(
        [model.sustain_point()], rel=1e-8
    )


def test_sweep_of_the_linear_model_has_no_folds():
    # break and sustain point coincide (Ottaviano, Tabuchi and Thisse 2002): the branch between them
    # stays at one cost, and turns back by rounding alone
    found = sweep(Linear(), transport_cost=np.linspace(0.1, 0.27, 9), seeds=2)
    assert found.folds == ()
    assert found.break_points == pytest.approx([Linear().break_point()], rel=1e-8)


def test_a_coarse_grid_has_the_same_branches_as_a_fine_one(swept):
    coarse = sweep(CorePeriphery(), transport_cost=np.linspace(1.2, 2.4, 7), seeds=3)
    assert [branch.kind for branch in coarse.branches] == [branch.kind for branch in swept.branches]


@pytest.fixture(scope="module")
def swept():
    return sweep(CorePeriphery(), transport_cost=np.linspace(1.2, 2.4, 61))


def test_sweep_finds_every_branch_of_the_tomahawk(swept):
    assert [branch.kind for branch in swept.branches] == [
        "dispersed",
        "core",
        "core",
        "asymmetric",
        "asymmetric",
    ]
    assert swept.break_points == pytest.approx([1.626577], abs=5e-7)
    assert swept.sustain_points == pytest.approx([1.807313], abs=5e-7)
    assert swept.folds == ()


def test_the_unstable_branch_runs_from_break_to_sustain_point(swept):
    # note §6: from (½+, 1.6268) to (.9976, 1.8052) and on, monotone in T
    branch = swept.branches[3]
    assert not branch.is_stable.any()
    assert (np.diff(branch.transport_cost) > -1e-9).all()
    assert branch.transport_cost[[0, -1]] == pytest.approx([1.626577, 1.807313], abs=2e-6)
    share = branch.states.max(axis=1)
    assert np.interp(1.8052, branch.transport_cost, share) == pytest.approx(0.9976, abs=3e-4)
    # every point is an equilibrium
    for cost, state in zip(branch.transport_cost[1:-1:9], branch.states[1:-1:9], strict=True):
        payoff = CorePeriphery(transport_cost=float(cost)).payoff(state)
        assert payoff[0] == pytest.approx(payoff[1], rel=1e-9)


def test_sweep_says_when_it_may_have_missed_branches(swept):
    assert swept.notes == ()
    two = sweep(VerticalLinkages(), transport_cost=np.linspace(2.3, 2.4, 3), seeds=1)
    assert "there may be others" in two.notes[0]


def test_sweep_result_speaks(swept):
    assert "break points 1.626577; sustain points 1.807313" in swept.headline()
    frame = swept.to_frame()
    assert set(frame.columns) == {
        "branch",
        "kind",
        "transport_cost",
        "region",
        "share",
        "is_stable",
    }


def test_hysteresis_of_core_periphery():
    # note §5: down-jump 1.62, up-jump 1.81
    path = hysteresis(CorePeriphery(), transport_cost=np.round(np.arange(1.55, 1.9, 0.01), 2))
    assert path.jumps_falling == (1.62,)
    assert path.jumps_rising == (1.81,)


@pytest.mark.slow
def test_class_three_band_and_fold():
    # ξ=.02: agglomeration for 1.0683 < T < 1.5127 (note §3)
    found = sweep(
        CorePeriphery(congestion=0.02), transport_cost=np.linspace(1.03, 1.7, 20), seeds=3
    )
    assert found.break_points == pytest.approx([1.0683, 1.5127], abs=5e-5)
    assert found.sustain_points == ()
    # the branch leaves subcritically at the upper end: it folds a little above
    assert len(found.folds) == 1
    assert found.break_points[1] < found.folds[0] < 1.525


# inverted U of vertical linkages, α=.5, σ=5, μ=.4: note §4, four digits
@pytest.mark.parametrize(
    ("eta", "band"),
    [(0.95, (1.0421, 1.8305)), (0.90, (1.0989, 1.7440)), (0.85, (1.1880, 1.6213))],
)
def test_inverted_u_of_vertical_linkages(eta, band):
    model = VerticalLinkages(farm_elasticity=eta)
    assert break_points(model, between=(1.01, 2.5)) == pytest.approx(band, abs=5e-5)


def test_period_doubling_on_the_circle():
    # n=16, critical step costs of waves k = 1, 2, 4, 6, 7, 8 (note §1); 3 and 5 from e(d) as well
    points = break_points(CorePeriphery(distance=circle(16)), between=(1.05, 2.2))
    assert [round(p, 4) for p in points] == [
        1.1764, 1.3648, 1.5330, 1.6751, 1.7870, 1.8674, 1.9157, 1.9319,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("congestion", "peaks"), [(0.0, (0, {4, 5}, 2, 1, 1)), (0.01, (0, {4, 5}, 2, 1, 0))]
)
def test_peaks_on_the_circle_by_class(congestion, peaks):
    # note §3: class I 0/4/2/1/1, class III 0/4/2/1/0. At 1.495 waves of 4 and of 8 grow almost
    # alike: some seeds end with five peaks
    for cost, expected in zip((2.115, 1.495, 1.189, 1.057, 1.008), peaks, strict=True):
        model = CorePeriphery(distance=circle(16), congestion=congestion, transport_cost=cost)
        rest = solve(model, nudged(model.dispersed, 0.01, seed=3))
        assert rest.is_stable
        assert count_peaks(rest.state) in (expected if isinstance(expected, set) else {expected})


def test_housing_has_one_peak_only():
    for cost in (1.05, 1.6):
        model = Housing(distance=circle(16), transport_cost=cost)
        rest = solve(model, nudged(model.dispersed, 0.01, seed=1), tolerance=1e-6)
        assert count_peaks(rest.state) == (cost > 1.05)


@pytest.mark.parametrize("wave", [2, 5, 8])
def test_a_wave_grows_at_its_rate(wave):
    model = CorePeriphery(distance=circle(16), transport_cost=1.6)
    even, size = model.dispersed, 1e-6
    shape = np.cos(2 * np.pi * wave * np.arange(16) / 16)
    path = simulate(model, even + size * shape, until=1.0, records=2, tolerance=1e-12)
    grown = np.log((path.end - even) @ shape / (size * shape @ shape))
    # rate γ ω̄ e(d_k) of the linearised drift; the second order is of the size of the wave
    expected = model.spectrum()[wave] * model.payoff(even)[0]
    assert grown == pytest.approx(expected, abs=1e-5)


def test_simulation_keeps_the_whole_and_repeats():
    model = CorePeriphery(transport_cost=1.5)
    one = simulate(model, nudged(model.dispersed, 0.2, seed=5), until=300, records=5)
    two = simulate(model, nudged(model.dispersed, 0.2, seed=5), until=300, records=5)
    np.testing.assert_array_equal(one.states, two.states)
    np.testing.assert_allclose(one.states.sum(axis=1), 1, atol=1e-6)  # local error 1e-9
    assert one.end.max() > nudged(model.dispersed, 0.2, seed=5).max()


def test_stability_of_a_corner_is_the_temptation_of_the_empty():
    at = CorePeriphery(transport_cost=1.9)
    core = np.array([1.0, 0.0])
    payoff = at.payoff(core)
    found = stability(at, core)
    assert found.invasion == pytest.approx(payoff[1] - payoff[0])
    assert not found.is_stable


def test_limits_are_reported():
    with pytest.raises(ConvergenceError, match="after 3 steps"):
        solve(CorePeriphery(transport_cost=1.5), np.array([0.6, 0.4]), limit=3)
    with pytest.raises(ParameterError, match=r"transport_cost = 0\.5"):
        sweep(CorePeriphery(), transport_cost=np.array([0.5, 0.6]))
