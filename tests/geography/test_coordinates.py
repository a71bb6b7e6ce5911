"""The one gate for places, of any country."""

import numpy as np
import pytest

from shuseki.errors import DataError
from shuseki.geography.coordinates import check_coordinates


def test_any_place_on_earth_passes():
    check_coordinates(np.array([-90, 35.7, 90.0]), np.array([-180, 139.7, 180.0]))


@pytest.mark.parametrize(
    ("latitude", "longitude", "says"),
    [
        (139.7, 35.7, r"1 plants cannot be .* row b \(139.7, 35.7\).*exchanged: swap"),
        (91.0, 181.0, "Correct those rows"),
        (np.nan, 139.7, "1 plants have no coordinates: rows b"),
        (35.7, np.inf, "no coordinates: rows b"),
    ],
)
def test_what_cannot_be_is_named(latitude, longitude, says):
    both = np.array([35.0, latitude]), np.array([135.0, longitude])
    with pytest.raises(DataError, match=says):
        check_coordinates(*both, rows=["a", "b"], what="plants")
