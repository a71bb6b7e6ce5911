import numpy as np
import pytest
import shapely
from libpysal.weights import KNN, DistanceBand, Queen, Rook, lat2W

from shuseki.errors import AlignmentError, ParameterError
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.weights import (
    contiguous_neighbours,
    inverse_distance_neighbours,
    nearest_neighbours,
    neighbours_within,
)

rng = np.random.default_rng(7)
CENTRES = np.column_stack([rng.uniform(33, 38, 40), rng.uniform(132, 140, 40)])
CODES = [f"{k:03d}" for k in range(40)]
GRID = [shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(3)]
GRID_CODES = [f"{k}" for k in range(9)]


def on_sphere(centres: np.ndarray) -> np.ndarray:
    """Points in three dimensions: chords order like great circles."""
    p = np.radians(centres)
    return np.column_stack(
        [np.cos(p[:, 0]) * np.cos(p[:, 1]), np.cos(p[:, 0]) * np.sin(p[:, 1]), np.sin(p[:, 0])]
    )


def test_nearest_are_those_of_libpysal() -> None:
    ours = nearest_neighbours(CODES, CENTRES, k=4, standardised=False).matrix.toarray()
    theirs = KNN.from_array(on_sphere(CENTRES), k=4).full()[0]
    np.testing.assert_array_equal(ours, theirs)


def test_band_is_that_of_libpysal() -> None:
    limit = 100.0
    chord = 2 * np.sin(limit / 6371.0088 / 2)
    ours = neighbours_within(CODES, CENTRES, limit, standardised=False)
    theirs = DistanceBand(on_sphere(CENTRES), chord, silence_warnings=True)
    np.testing.assert_array_equal(ours.matrix.toarray(), theirs.full()[0])
    assert set(ours.islands) == {CODES[k] for k in theirs.islands}


def test_inverse_distance() -> None:
    ours = inverse_distance_neighbours(CODES, CENTRES, power=2, standardised=False)
    distance = distance_matrix_km(CENTRES)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_allclose(ours.matrix.toarray(), distance**-2.0)
    with pytest.raises(ParameterError, match="000 and 001"):
        inverse_distance_neighbours(CODES[:2], np.array([[35.0, 135.0], [35.0, 135.0]]))


def test_contiguity_of_a_grid() -> None:
    queen = contiguous_neighbours(GRID_CODES, GRID, by="queen", standardised=False)
    rook = contiguous_neighbours(GRID_CODES, GRID, by="rook", standardised=False)
    # The middle of a 3 x 3 board: 8 moves of a king, 4 of a rook.
    assert len(queen.of("4")) == 8
    assert rook.of("4") == ("1", "3", "5", "7")
    np.testing.assert_array_equal(rook.matrix.toarray(), lat2W(3, 3).full()[0])
    np.testing.assert_array_equal(queen.matrix.toarray(), Queen.from_iterable(GRID).full()[0])
    np.testing.assert_array_equal(rook.matrix.toarray(), Rook.from_iterable(GRID).full()[0])


def test_geojson_shapes_are_taken() -> None:
    shapes = [shapely.geometry.mapping(box) for box in GRID]
    assert contiguous_neighbours(GRID_CODES, shapes).counts.sum() == 40
    with pytest.raises(AlignmentError, match="9 codes but 8 shapes"):
        contiguous_neighbours(GRID_CODES, GRID[:8])


def test_islands_are_named() -> None:
    apart = [*GRID, shapely.box(50, 50, 51, 51)]
    given = contiguous_neighbours([*GRID_CODES, "far"], apart)
    assert given.islands == ("far",)
    assert "islands far" in repr(given)
    np.testing.assert_allclose(given.matrix.sum(axis=1), [1] * 9 + [0])


def test_standardised_rows_add_up_to_one_and_the_lag_is_a_mean() -> None:
    given = nearest_neighbours(CODES, CENTRES, k=3)
    np.testing.assert_allclose(given.matrix.sum(axis=1), 1)
    values = np.arange(40.0)
    near = [CODES.index(code) for code in given.of("005")]
    assert given.lag(values)[5] == pytest.approx(values[near].mean())


def test_handing_over_to_libpysal() -> None:
    given = nearest_neighbours(CODES, CENTRES, k=3)
    weights = given.to_w()
    assert weights.id_order == CODES
    np.testing.assert_allclose(weights.full()[0], given.matrix.toarray())


def test_bad_parameters() -> None:
    with pytest.raises(ParameterError, match="k = 40"):
        nearest_neighbours(CODES, CENTRES, k=40)
    with pytest.raises(ParameterError, match="above 0 km"):
        neighbours_within(CODES, CENTRES, 0)
    with pytest.raises(AlignmentError, match="39 codes"):
        nearest_neighbours(CODES[:39], CENTRES)
