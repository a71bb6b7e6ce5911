"""The real districts: calibration and counterfactuals by name (public statistics of 2001)."""

import numpy as np
import pytest

from shuseki.bridges.world import Foreign, invert
from shuseki.datasets.worlds import bundled_world_data
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.panel import Panel
from shuseki.theory.models.quantitative_immobile import ImmobileDemandParameters


def bundled(name="district-253", **options):
    return invert(**vars(bundled_world_data(name)), **options)


@pytest.fixture(scope="module")
def japan():
    return bundled()


def test_the_observed_districts_are_a_stable_and_unique_equilibrium(japan):
    assert len(japan.codes) == 253
    assert japan.model.audit.observed_is_stable
    assert japan.model.audit.is_unique
    frame = japan.to_frame()
    assert frame["employees"].sum() > 5e6  # manufacturing employees 2001, plants of 4 and more


def test_names_are_found_in_both_languages_and_by_part(japan):
    suwa = japan.find("Suwa")
    assert japan.names["en"][suwa] == "Matsumoto-Suwa"
    assert japan.find("諏訪") == suwa == japan.find(japan.codes[suwa])
    with pytest.raises(UnknownCodeError, match="Did you mean Nagoya"):
        japan.find("Nagoyaa")


def test_a_cheaper_road(japan):
    change = japan.counterfactual(transport_cost={("Suwa", "Nagoya"): 0.8})
    suwa = japan.find("Suwa")
    assert np.argmax(change.employment) == suwa
    assert change.welfare > 1
    assert change.codes == japan.codes
    assert "松本" in told(change.headline(), "ja")
    assert "transport cost Matsumoto-Suwa – Nagoya × 0.8" in change.headline()
    assert "松本・諏訪～名古屋の輸送費用0.8倍" in told(change.headline(), "ja")
    assert not change.is_synthetic
    people = japan.model.employment
    assert (people * change.employment).sum() == pytest.approx(people.sum(), rel=1e-10)


def test_closed_plants_with_intervals(japan):
    change = japan.counterfactual(plant_closure={"室蘭": 0.3}, draws=8, seed=1)
    muroran = japan.find("Muroran")
    assert change.intervals is not None
    assert change.intervals.employment_high[muroran] < 1
    assert change.intervals.agreement_share[muroran] == 1


def test_a_foreign_node():
    world = bundled(foreign=[Foreign("China", 5e7, 0.1)])
    assert world.codes[-1] == "China"
    change = world.counterfactual(transport_cost={("*", "China"): 0.8})
    assert change.employment[-1] == 1
    assert change.wage[-1] > 1


def small(**values):
    shape = (3, 1, 1)
    given = {"employees": [100.0, 200.0, 50.0], "wages_yen": [4e8, 9e8, 2e8]} | values
    return Panel(
        ("a", "b", "c"),
        ("all",),
        ("2001",),
        {name: np.array(column, dtype=float).reshape(shape) for name, column in given.items()},
        centres=np.array([[35.0, 137.0], [35.5, 138.0], [36.0, 137.5]]),
    )


def test_areas_without_workers_are_left_out_and_withheld_wages_filled():
    world = invert(small(employees=[100, 0, 50], wages_yen=[4e8, 0, np.nan]))
    assert world.codes == ("a", "c")
    assert len(world.notes) == 2
    assert world.model.wage[1] == pytest.approx(4e6)


def test_bad_input(japan):
    with pytest.raises(AlignmentError, match="Distances of shape"):
        invert(small(), np.ones((2, 2)))
    with pytest.raises(DataError, match="3 distances are 0"):
        invert(small(), np.ones((3, 3)) - np.eye(3))
    with pytest.raises(DataError, match="No area has employees"):
        invert(small(employees=[0, 0, 0]))
    with pytest.raises(ParameterError, match="Nothing was changed"):
        japan.counterfactual()
    with pytest.raises(ParameterError, match="below 1"):
        japan.counterfactual(transport_cost={("Suwa", "Nagoya"): 0.01})
    with pytest.raises(ParameterError, match="unstable"):
        bundled(parameters=ImmobileDemandParameters(5, 0.4)).counterfactual(
            productivity={"Suwa": 1.1}
        )
    with pytest.raises(ParameterError, match="border_cost"):
        Foreign("x", 1e6, border_cost=0.5)


def test_distances_within_areas_are_half_the_way_to_the_nearest_unless_known():
    # T = (d/d_min)^δ with δ = 1: costs within areas are ratios of the distances within them
    own = np.diag(invert(small(), distance_elasticity=1.0).model.iceberg)
    within = np.diag(
        invert(small(), within_km=np.array([2.0, 4.0, 8.0]), distance_elasticity=1.0).model.iceberg
    )
    np.testing.assert_allclose(within, [1, 2, 4])
    assert own.min() == 1
