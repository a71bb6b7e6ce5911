"""Urns, entry and exit, thresholds of escape, the lifecycle."""

import numpy as np
import pytest
from scipy.special import gammaln

from shuseki.errors import ParameterError
from shuseki.theory import CorePeriphery
from shuseki.theory.models.path_dependence import (
    SCENARIOS,
    Lifecycle,
    escape_share,
    escapes,
    lifecycle_path,
)
from shuseki.theory.models.urns import EntryExit, Urn, play
from shuseki.theory.solving.dynamics import simulate


def test_proportional_urn_has_the_dirichlet_limit():
    # seeds (1, 2): Beta(1, 2), mean 1/3, variance 2/(9·4) = .0556 (note §8: .3313, .0548)
    found = play(Urn(np.array([1.0, 2.0])), histories=3000, steps=500, seed=1).to_frame()
    # standard error of the mean .236/√3000 = .0043; of the variance about .001
    assert found["mean_share"][0] == pytest.approx(1 / 3, abs=0.013)
    assert found["variance"][0] == pytest.approx(1 / 18, abs=0.004)


@pytest.mark.parametrize(("kappa", "leader"), [(0.5, 0.520), (1.0, 0.7505), (1.5, 0.981)])
def test_leader_by_feedback(kappa, leader):
    # note §8; κ=1 is 3/4 exactly in the limit. How near the limit depends on the steps
    found = play(Urn(np.ones(2), kappa), histories=1500, steps=2000, seed=2)
    assert found.leader_share == pytest.approx(leader, abs=0.015)


def test_entry_and_exit_end_dirichlet_multinomial():
    # P(n₁ = 0) of the Dirichlet-multinomial with a/b = (½, ½) and 20 plants
    weight, plants = 0.5, 20
    expected = np.exp(
        gammaln(2 * weight)
        + gammaln(plants + weight)
        - gammaln(plants + 2 * weight)
        - gammaln(weight)
    )
    found = play(EntryExit(np.ones(2), 2.0, plants), histories=2000, steps=1000, seed=3)
    assert (found.shares[:, 0] == 0).mean() == pytest.approx(expected, abs=0.025)


def test_seeds_repeat():
    one = play(Urn(np.ones(3)), histories=20, steps=50, seed=9)
    two = play(Urn(np.ones(3)), histories=20, steps=50, seed=9)
    three = play(Urn(np.ones(3)), histories=20, steps=50, seed=10)
    np.testing.assert_array_equal(one.shares, two.shares)
    assert (one.shares != three.shares).any()


def test_mean_path_of_a_strong_urn_is_monopoly():
    model = Urn(np.ones(2), feedback=2.0)
    assert simulate(model, np.array([0.52, 0.48]), until=60).end[0] == pytest.approx(1, abs=1e-3)


def test_path_creation_crosses_the_unstable_branch():
    # CP, T=1.7: from the core λ must fall below .8349 (note §8)
    found = escape_share(
        CorePeriphery(transport_cost=1.7), np.array([1.0, 0.0]), np.array([0.0, 1.0])
    )
    assert found.threshold[0] == pytest.approx(0.834887, abs=1e-6)
    assert found.share == pytest.approx(1 - 0.834887, abs=1e-6)
    np.testing.assert_allclose(found.destination, 0.5, atol=1e-6)
    with pytest.raises(ParameterError, match="leads back"):
        escape_share(
            CorePeriphery(transport_cost=1.7), np.array([1.0, 0.0]), np.array([0.95, 0.05])
        )


def test_lifecycle_has_a_lock_in_and_a_way_to_thrive():
    dying = lifecycle_path(Lifecycle(), plants=0.5, until=400)
    living = lifecycle_path(Lifecycle(), plants=2.0, until=400)
    assert dying.plants[-1] < 0.1 < 5 < living.plants[-1]
    assert "decline" in dying.stage
    assert "emergence" in living.stage
    assert living.stage[-1] == dying.stage[-1] == "maturity"


def test_escapes_are_thresholds():
    assert len(SCENARIOS) == 5  # figure 3-3 prints five rows
    found = escapes()
    assert found.locked_in < 0.1
    assert found.thriving > 5
    size = dict(zip([one.name for one in SCENARIOS], found.size, strict=True))
    # a pulse of knowledge alone fades; plants from elsewhere, and lasting changes, do
    assert np.isinf(size["Indigenous creation"])
    moved = size["Transplantation from elsewhere"]
    start = np.array([np.log(found.locked_in), 0.02])
    for factor, recovers in ((0.9, False), (1.1, True)):
        state = np.array([np.log(np.exp(start[0]) + factor * moved), start[1]])
        end = simulate(Lifecycle(), state, until=500, records=2).end
        assert bool(np.exp(end[0]) > 1) is recovers


def test_no_lock_in_is_said():
    with pytest.raises(ParameterError, match="there is no lock-in"):
        escapes(Lifecycle(openness=50.0))


def test_bad_input():
    with pytest.raises(ParameterError, match="Seeds"):
        Urn(np.array([1.0, 0.0]))
    with pytest.raises(ParameterError, match="feedback"):
        Urn(np.ones(2), -1)
    with pytest.raises(ParameterError, match="crowding"):
        Lifecycle(crowding=0)
