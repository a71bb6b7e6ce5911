import re

import numpy as np
import pytest
import shapely
from libpysal.weights import KNN, DistanceBand, Queen, Rook, lat2W

from shuseki.datasets.catalogue import load
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.borders import are_drawn, border_pairs, land_km2, outlines
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.weights import (
    border_neighbours,
    contiguous_neighbours,
    definitions_of_neighbours,
    inverse_distance_neighbours,
    nearest_neighbours,
    neighbours_within,
)
from shuseki.language import told

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


def test_contiguity_of_the_municipalities() -> None:
    # Pairs counted with an index of the shapes and the length of what two of them share,
    # before libpysal did it: 4,432 pairs that touch, 4,400 of them along a line.
    shapes = outlines(MUNICIPALITIES)
    queen = contiguous_neighbours(MUNICIPALITIES, shapes, by="queen", standardised=False)
    rook = contiguous_neighbours(MUNICIPALITIES, shapes, by="rook", standardised=False)
    assert (queen.matrix.nnz, rook.matrix.nnz) == (2 * 4432, 2 * 4400)
    assert len(queen.islands) == 48


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


MUNICIPALITIES = municipalities(2020)["code"].tolist()
BORDERS_BY_HAND = {
    "13111": "13109 13110 13112 14130",  # Ota: Shinagawa, Meguro, Setagaya, the city of Kawasaki
    "27227": "27100 27212 27218 29209 29342",  # Higashi-Osaka: Osaka, Yao, Daito, Ikoma, Heguri
    "28205": "28224 28226",  # Sumoto: the two other cities of Awaji, across no strait
    "42209": "42210",  # Tsushima has no border; Iki is the nearest
}


def test_borders_are_mutual_and_few() -> None:
    given = border_neighbours(MUNICIPALITIES, standardised=False)
    matrix = given.matrix.toarray()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert set(np.unique(matrix)) == {0.0, 1.0}
    assert not np.diag(matrix).any()
    assert given.islands == ()
    assert "48 without one" in given.kind
    # On a map without crossings an area has fewer than six neighbours on average (Euler).
    assert 4.5 < given.counts.mean() < 6
    np.testing.assert_allclose(border_neighbours(MUNICIPALITIES).matrix.sum(axis=1), 1)


@pytest.mark.parametrize("code", list(BORDERS_BY_HAND))
def test_borders_by_hand(code: str) -> None:
    assert " ".join(border_neighbours(MUNICIPALITIES).of(code)) == BORDERS_BY_HAND[code]


def test_borders_are_those_of_the_outlines() -> None:
    # one prefecture, by the shapes instead of by the lines they share
    gunma = [code for code in MUNICIPALITIES if code[:2] == "10"]
    by_shape = contiguous_neighbours(gunma, outlines(gunma), by="queen", standardised=False)
    by_line = border_neighbours(gunma, standardised=False)
    assert (by_line.matrix > by_shape.matrix).nnz == 0  # a line is a point too
    assert by_shape.matrix.nnz - by_line.matrix.nnz <= 4


def test_outlines_have_the_official_area() -> None:
    # Geospatial Information Authority, 2019. Simplified shapes: 2% for nine in ten.
    official = load("municipal-accounts-2015-2019").set_index("municipality")["area_km2_2019"]
    ours = land_km2(MUNICIPALITIES)
    assert ours.sum() == pytest.approx(official.sum(), rel=0.01)
    off = np.abs(ours / official.reindex(MUNICIPALITIES).to_numpy(float) - 1)
    assert np.nanquantile(off, 0.9) < 0.02
    assert shapely.coverage_is_valid(outlines(MUNICIPALITIES))  # no gap and no overlap


def test_some_municipalities_keep_their_borders() -> None:
    given = border_neighbours(["13111", "13109", "01202"], standardised=False)
    assert given.of("13111") == ("13109",)
    assert given.of("01202") == ("13109",)  # Hakodate borders neither; Shinagawa is nearer
    assert border_neighbours(["13111"]).islands == ("13111",)
    assert len(border_pairs()) == 4400


def test_borders_of_unknown_codes_are_refused() -> None:
    with pytest.raises(UnknownCodeError, match="its successor is 34205"):
        border_neighbours(["34206", "34205"])
    with pytest.raises(DataError, match="more than once: 13111"):
        border_neighbours(["13111", "13109", "13111"])
    assert are_drawn(["13111"])
    assert not are_drawn(["13111", "13101000"])
    assert not are_drawn([])


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


def test_what_makes_a_neighbour_is_told_in_japanese() -> None:
    kinds = [
        nearest_neighbours(CODES, CENTRES).kind,
        neighbours_within(CODES, CENTRES, 100).kind,
        inverse_distance_neighbours(CODES, CENTRES).kind,
        inverse_distance_neighbours(CODES, CENTRES, 100, power=2).kind,
        contiguous_neighbours(GRID_CODES, GRID).kind,
        contiguous_neighbours(GRID_CODES, GRID, by="rook").kind,
        border_neighbours(["13111", "13109"]).kind,
        border_neighbours(["13111", "42209"]).kind,
        *definitions_of_neighbours(CODES, CENTRES),
    ]
    assert kinds[3] == "inverse distance to the 2 within 100 km"
    assert told(kinds[3], "ja") == "100 km以内で距離の2乗に反比例"
    for kind in kinds:
        assert not re.search("[A-Za-z]", told(kind, "ja").replace(" km", "")), kind
