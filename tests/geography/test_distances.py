import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuseki.errors import AlignmentError
from shuseki.geography.distances import (
    EARTH_RADIUS_KM,
    distance_km,
    distance_matrix_km,
    own_distance_km,
)


def test_by_hand() -> None:
    # A quarter of a great circle, and one degree of a meridian: 2 pi R / 360.
    pole, equator = np.array([90.0, 0.0]), np.array([0.0, 77.0])
    assert distance_km(pole, equator) == pytest.approx(np.pi * EARTH_RADIUS_KM / 2)
    one_degree = distance_km(np.array([35.0, 135.0]), np.array([36.0, 135.0]))
    assert one_degree == pytest.approx(np.pi * EARTH_RADIUS_KM / 180)


def test_near_points_do_not_lose_digits() -> None:
    # One metre north: the law of cosines would give 0 or several metres here.
    step = np.degrees(0.001 / EARTH_RADIUS_KM)
    a = np.array([35.0, 135.0])
    assert distance_km(a, a + np.array([step, 0.0])) == pytest.approx(0.001, rel=1e-6)


@given(st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180)), min_size=3, max_size=3))
def test_it_is_a_metric(points: list[tuple[float, float]]) -> None:
    matrix = distance_matrix_km(np.array(points))
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    assert matrix[0, 2] <= matrix[0, 1] + matrix[1, 2] + 1e-6
    assert np.all(matrix <= np.pi * EARTH_RADIUS_KM + 1e-6)


def test_shapes() -> None:
    centres = np.array([[35.0, 135.0], [36.0, 136.0], [37.0, 137.0]])
    assert distance_matrix_km(centres, centres[:2]).shape == (3, 2)
    assert distance_km(centres[:2], centres[1:]).shape == (2,)
    with pytest.raises(AlignmentError, match=r"\(places, 2\)"):
        distance_matrix_km(centres.T)


def test_own_distance() -> None:
    # .376 sqrt(area), Head and Mayer.
    assert own_distance_km(np.array([1.0])) == pytest.approx(0.376, abs=5e-4)
