"""Probabilities of whole matchings against the count of all of them."""

from itertools import combinations

import numpy as np
import pytest

from shuseki.linkage.matchings import best_matching, draw_matchings, pair_probabilities


def counted(left: list[int], right: list[int], weight: list[float]) -> np.ndarray:
    """Probability of each pair by listing every matching."""
    total, found = 0.0, np.zeros(len(left))
    for size in range(len(left) + 1):
        for pairs in combinations(range(len(left)), size):
            if len({left[k] for k in pairs}) == size == len({right[k] for k in pairs}):
                product = np.prod([weight[k] for k in pairs])
                total += product
                found[list(pairs)] += product
    return found / total


TREE = ([0, 0, 1, 2], [0, 1, 1, 1], [2.0, 1.0, 3.0, 0.5])
CYCLE = ([0, 0, 1, 1], [0, 1, 0, 1], [3.0, 1.0, 0.5, 2.0])


def test_probabilities_on_a_tree_are_exact() -> None:
    left, right, weight = TREE
    got = pair_probabilities(
        np.array(left), np.array(right), np.log(weight), n_left=3, n_right=2, tolerance=1e-12
    )
    np.testing.assert_allclose(got, counted(*TREE), atol=1e-8)


def test_probabilities_on_a_cycle_are_near() -> None:
    left, right, weight = CYCLE
    got = pair_probabilities(np.array(left), np.array(right), np.log(weight), n_left=2, n_right=2)
    np.testing.assert_allclose(got, counted(*CYCLE), atol=0.05)  # belief propagation on a cycle


@pytest.mark.parametrize("graph", [TREE, CYCLE], ids=["tree", "cycle"])
def test_draws_have_the_probabilities_of_all_matchings(graph: tuple) -> None:
    left, right, weight = graph
    drawn = draw_matchings(
        np.array(left), np.array(right), np.log(weight), n_left=3, n_right=2, draws=4000,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    # standard error of a share of 4,000 draws is at most 0.008, more as they hang together
    np.testing.assert_allclose(drawn.mean(axis=0), counted(*graph), atol=0.05)


def test_draws_use_no_record_twice() -> None:
    rng = np.random.default_rng(3)
    left, right = np.repeat(np.arange(6), 6), np.tile(np.arange(6), 6)
    drawn = draw_matchings(
        left, right, rng.normal(0, 2, 36), n_left=6, n_right=6, draws=50, rng=rng
    )
    for draw in drawn:
        assert len(set(left[draw])) == draw.sum() == len(set(right[draw]))


def test_the_best_matching_beats_the_greedy_one() -> None:
    # greedy takes 5 and is left with 1; 4 + 4 is more
    taken = best_matching(
        np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([5.0, 4.0, 4.0, 1.0]),
        n_left=2, n_right=2,
    )  # fmt: skip
    assert taken.tolist() == [False, True, True, False]


def test_pairs_without_gain_are_not_taken() -> None:
    taken = best_matching(
        np.array([0, 1]), np.array([0, 1]), np.array([-1.0, 0.0]), n_left=2, n_right=2
    )
    assert not taken.any()


def test_a_certain_rival_leaves_nothing() -> None:
    got = pair_probabilities(
        np.array([0, 1]), np.array([0, 0]), np.array([60.0, 1.0]), n_left=2, n_right=1
    )
    assert got[0] > 0.999
    assert got[1] < 0.001
