import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.catalogue import load
from shuseki.datasets.public import manufacturing_panel, shipments_panel
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.districts import division_from_table


@pytest.fixture(scope="module")
def by_prefecture() -> dict[str, np.ndarray]:
    panel = manufacturing_panel("prefecture", industries="total")
    return {name: np.nansum(array, axis=(0, 1)) for name, array in panel.values.items()}


def test_national_totals_are_those_that_meti_prints(by_prefecture: dict[str, np.ndarray]) -> None:
    # 工業統計表, plants with four or more employees: 2001 316,267; 2009 235,817; 2012 216,262.
    plants = by_prefecture["plants"]
    assert plants[[0, 8, 11]] == pytest.approx([316_267, 235_817, 216_262])
    # Employees of 2001: 8,866,220, of which 94 municipalities withhold 0.03 %.
    assert by_prefecture["employment"][0] == pytest.approx(8_866_220, rel=5e-4)
    # Shipments of 2001: 286,667 billion yen.
    assert by_prefecture["shipments_yen"][0] == pytest.approx(286_667e9, rel=5e-4)


def test_totals_do_not_depend_on_the_division(by_prefecture: dict[str, np.ndarray]) -> None:
    own = manufacturing_panel("municipality", industries="total")
    assert own.shape == (1741, 1, 12)
    np.testing.assert_allclose(
        np.nansum(own.values["plants"], axis=(0, 1)), by_prefecture["plants"], rtol=1e-12
    )


def test_value_added_of_2012_is_left_out() -> None:
    panel = manufacturing_panel("prefecture", industries="total", years=[2011, 2012])
    assert np.isfinite(panel.cross_section("value_added_yen", "2011")).all()
    assert np.isnan(panel.cross_section("value_added_yen", "2012")).all()


def test_districts_of_cities_and_what_is_not_published() -> None:
    panel = manufacturing_panel("district-253", industries="jsic-10")
    assert panel.shape == (253, 23, 1)
    plants = panel.cross_section("plants")
    # Districts without a city that shows industries are unknown, not empty.
    unknown = np.isnan(plants).all(axis=1)
    assert 0 < unknown.sum() < 30
    total = manufacturing_panel("district-253", industries="total", years=[2001])
    assert np.all(plants.sum(axis=1)[~unknown] <= total.cross_section("plants")[~unknown, 0] + 1e-6)
    assert any("cities only" in note for note in panel.notes)


def test_withheld_amounts_are_unknown_and_their_plants_counted() -> None:
    panel = manufacturing_panel("municipality", industries="jsic-12", years=[2010])
    plants, money = panel.cross_section("plants"), panel.cross_section("shipments_yen")
    hidden = panel.cross_section("plants_withheld")
    alone = (plants > 0) & (hidden == plants)
    assert alone.any()
    assert np.isnan(money[alone]).all()
    assert np.isfinite(money[(plants > 0) & (hidden == 0)]).all()


def test_comparable_industries_run_through_the_revisions() -> None:
    panel = manufacturing_panel("prefecture", industries="comparable")
    assert panel.periods == tuple(map(str, range(2001, 2013)))
    food = panel.variable("plants")[:, panel.position("industry", "09"), :].sum(axis=0)
    # No jump beyond a fifth between years, through both changes of classification.
    assert np.all(np.abs(np.diff(food) / food[:-1]) < 0.2)


def test_years_must_fit_the_classification() -> None:
    with pytest.raises(ParameterError, match="2001"):
        manufacturing_panel(industries="jsic-12", years=[2001])
    with pytest.raises(UnknownCodeError, match="jsic-12"):
        manufacturing_panel(industries="jsic-13")  # type: ignore[arg-type]


def test_shipments_since_1971() -> None:
    panel = shipments_panel("municipality", years=[1971, 1990, 2012])
    # 大田区, million yen, in the Cabinet Office's table.
    printed = np.array([819_563, 1_729_222, 479_617])
    given = panel.values["shipments_yen"][panel.areas.index("13111"), 0]
    assert given / 1e6 == pytest.approx(printed, abs=1)
    with pytest.raises(ParameterError, match="1971 to 2012"):
        shipments_panel(years=[1970])


def test_a_users_division_works() -> None:
    table = pd.DataFrame({"municipality": ["13111", "13109"], "area": ["south", "south"]})
    panel = shipments_panel(division_from_table(table), years=[1990])
    assert panel.shape == (1, 1, 1)
    own = load("shipments-municipal").set_index("municipality")["shipments_million_yen_1990"]
    assert panel.values["shipments_yen"].item() == pytest.approx(
        (own["13111"] + own["13109"]) * 1e6
    )


def test_sources_name_publisher_and_year() -> None:
    panel = manufacturing_panel("prefecture", industries="total", years=[2001])
    assert "METI" in panel.sources[0].citation
    assert not panel.is_synthetic
