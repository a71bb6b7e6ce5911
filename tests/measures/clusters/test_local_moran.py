"""Local Moran: against esda, by hand, all draws of a small map, areas without data."""

from itertools import combinations

import esda
import numpy as np
import pytest
from scipy import sparse

from shuseki.errors import DataError
from shuseki.geography.weights import Neighbours, nearest_neighbours
from shuseki.language import told
from shuseki.measures.clusters.local_moran import conditional_p, local_moran
from shuseki.measures.neighbours import standardised
from shuseki.panel import Panel


@pytest.mark.filterwarnings("ignore:The alternative hypothesis")  # of their p, unused here
def test_local_moran_against_esda(panel):
    answer = local_moran(panel, "corner")
    theirs = esda.Moran_Local(
        answer.value,
        nearest_neighbours(panel.areas, panel.centres, 8).to_w(),
        permutations=0,
    )
    # esda scales by n − 1, we by n
    assert answer.local_moran == pytest.approx(theirs.Is * 40 / 39, rel=1e-10)
    assert answer.kind[0] == "high-high"
    assert "of high quotient among high" in answer.headline()


def line(values, others, **more) -> Panel:
    """Four areas in a row, an industry and the rest; each touches the next."""
    cube = np.stack([np.asarray(values, float), np.asarray(others, float)], axis=1)[:, :, None]
    return Panel(tuple("abcd"), ("A", "rest"), ("1",), {"employment": cube, "plants": cube}, **more)


def row_of_four() -> Neighbours:
    touch = sparse.csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0.0]]))
    return Neighbours(tuple("abcd"), touch, "a row", False)


def test_local_moran_with_ties_by_hand():
    # Only a holds the industry: z = √3, −1/√3, −1/√3, −1/√3, and a draw is high only with a in it.
    # a: b beside it, −1; every draw is −1. b: a and c, (−1/√3)(√3 − 1/√3)/2 = −1/3; of the draws of
    # two those with a (2/3) are −1/3, the others 1/3: as low 2/3, as high all. c: b and d, 1/3: as
    # high the 1/3 without a, as low all: twice 1/3. d: c, 1/3: as high 2/3, as low all.
    answer = local_moran(line([8, 0, 0, 0], [2, 10, 10, 10]), "A", neighbours=row_of_four())
    assert answer.local_moran == pytest.approx([-1, -1 / 3, 1 / 3, 1 / 3])
    # 999 draws: a standard deviation of 1.5 points, doubled
    assert answer.p == pytest.approx([1, 1, 2 / 3, 1], abs=0.1)
    assert set(answer.kind) == {""}


def test_local_p_is_that_of_all_draws():
    # 12 areas, three neighbours each: all 165 draws of three of the eleven others
    rng = np.random.default_rng(2)
    z = standardised(rng.integers(0, 4, 12).astype(float))  # many ties
    centres = np.stack([rng.uniform(35, 36, 12), rng.uniform(138, 139, 12)], axis=1)
    weights = nearest_neighbours([f"{k:02d}" for k in range(12)], centres, 3).matrix
    local = z * (weights @ z)
    given = conditional_p(z, weights, local, 4_999, 1)
    for a in range(12):
        others = np.delete(z, a)
        draws = np.array([z[a] * np.mean(three) for three in combinations(others, 3)])
        high, low = (draws >= local[a] - 1e-9).mean(), (draws <= local[a] + 1e-9).mean()
        # 4,999 draws: a standard deviation of 0.7 points, doubled
        assert given[a] == pytest.approx(min(1, 2 * min(high, low)), abs=0.05)


def test_equal_values_have_no_local_moran():
    answer = local_moran(line([3, 3, 3, 3], [5, 5, 5, 5]), "A", neighbours=row_of_four())
    assert np.isnan(answer.local_moran).all()
    assert np.isnan(answer.p).all()
    assert set(answer.kind) == {""}
    assert "local Moran is undefined (n = 4)" in answer.headline()
    assert "定まらない" in told(answer.headline(), "ja")


def test_one_area_that_holds_an_industry_does_not_make_the_rest_alike():
    rng = np.random.default_rng(0)
    centres = np.stack([rng.uniform(34, 37, 300), rng.uniform(136, 140, 300)], axis=1)
    cube = np.stack([np.zeros(300), rng.poisson(100, 300) + 1.0], axis=1)[:, :, None]
    cube[70, 0] = 50
    data = Panel(
        tuple(f"{k:03d}" for k in range(300)), ("A", "rest"), ("1",), {"employment": cube},
        centres=centres,
    )  # fmt: skip
    answer = local_moran(data, "A", permutations=499)
    assert "low-low" not in answer.kind
    beside = nearest_neighbours(data.areas, centres, 8).matrix[:, [70]].toarray().ravel() > 0
    # the holder is among the eight neighbours of few: a draw that has it is rare, 8 of 299
    assert {k for k, kind in enumerate(answer.kind) if kind} <= set(np.flatnonzero(beside))


def test_areas_without_data_are_left_out_and_named(panel):
    cube = panel.values["employment"].copy()
    cube[3] = 0  # nobody works in 03
    cube[5] = np.nan  # nothing is published of 05
    cube[9, 1] = np.nan  # "corner" is suppressed in 09
    gappy = panel.with_variable("employment", cube)
    answer = local_moran(gappy, "corner", permutations=199)
    assert answer.without_data == ("03", "05", "09")
    assert len(answer.areas) == len(answer.p) == 37
    assert "3 areas without data left out" in answer.headline()
    assert any("03, 05, 09" in note for note in answer.notes)
    # the same as without those areas, but for what they add to the nation
    kept = [code for code in panel.areas if code not in answer.without_data]
    alone = local_moran(gappy.select(areas=kept), "corner", permutations=199)
    assert answer.local_moran == pytest.approx(alone.local_moran)
    assert answer.p == pytest.approx(alone.p)


def test_who_has_no_neighbour_left_is_left_out():
    # a and b touch only c, whose industry is suppressed; d, e and f touch one another
    touch = np.zeros((6, 6))
    touch[[0, 1, 2, 2], [2, 2, 0, 1]] = 1
    touch[np.ix_([3, 4, 5], [3, 4, 5])] = 1 - np.eye(3)
    given = Neighbours(tuple("abcdef"), sparse.csr_array(touch), "given", False)
    cube = np.array([[1, 2, np.nan, 3, 5, 8], [4.0] * 6]).T[:, :, None]
    data = Panel(tuple("abcdef"), ("A", "rest"), ("1",), {"employment": cube})
    answer = local_moran(data, "A", neighbours=given)
    assert answer.areas == ("d", "e", "f")
    assert answer.without_data == ("a", "b", "c")


def test_bad_input(panel):
    empty = panel.with_variable("employment", panel.values["employment"] * [[[1], [0], [1]]])
    with pytest.raises(DataError, match="has no employment anywhere"):
        local_moran(empty, "corner")
    with pytest.raises(DataError, match="Local Moran needs three"):
        local_moran(panel.select(areas=["00", "01"]), "even")
    for wrong in (-3.0, np.inf):
        broken = panel.values["employment"].copy()
        broken[2, 1, 0] = wrong
        with pytest.raises(DataError, match="negative or infinite in 1 cells: 02 × corner"):
            local_moran(panel.with_variable("employment", broken), "even")
