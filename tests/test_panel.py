"""Is a variable of a panel given in the shape that was asked for?"""

import numpy as np
import pytest

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.panel import Panel

PLANTS = np.arange(12.0).reshape(2, 3, 2)
PANEL = Panel(("a", "b"), ("x", "y", "z"), ("1998", "2000"), {"plants": PLANTS})


def test_a_variable_has_all_three_axes_even_with_one_period() -> None:
    np.testing.assert_array_equal(PANEL.variable("plants"), PLANTS)
    assert PANEL.select(periods=["2000"]).variable("plants").shape == (2, 3, 1)
    with pytest.raises(UnknownCodeError, match="Unknown variable: plant"):
        PANEL.variable("plant")


def test_a_cross_section_is_of_one_period() -> None:
    np.testing.assert_array_equal(PANEL.cross_section("plants", "2000"), PLANTS[:, :, 1])
    one = PANEL.select(periods=["1998"])
    np.testing.assert_array_equal(one.cross_section("plants"), PLANTS[:, :, 0])
    with pytest.raises(ParameterError, match="has 2 periods"):
        PANEL.cross_section("plants")
    with pytest.raises(UnknownCodeError, match="Unknown period: 1999"):
        PANEL.cross_section("plants", "1999")


def test_a_period_has_a_year() -> None:
    assert PANEL.year("2000") == 2000
    with pytest.raises(UnknownCodeError, match="Unknown period: 1999"):
        PANEL.year("1999")
    waves = Panel(("a", "b"), ("x", "y", "z"), ("first", "second"), {"plants": PLANTS})
    with pytest.raises(ParameterError, match="first"):
        waves.year("second")
