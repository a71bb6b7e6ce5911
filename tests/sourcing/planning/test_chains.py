"""Is the front that of all chains, whatever the shape?"""

from itertools import pairwise, product

import numpy as np
import pytest

from shuseki.errors import ParameterError
from shuseki.sourcing.chains import (
    beaten,
    best_chains,
    cheapest_through,
    is_efficient,
    pareto_chains,
    values_of,
)


def every_chain(nodes: list[np.ndarray], arcs: list[np.ndarray]) -> np.ndarray:
    """Values of all chains, by enumeration."""
    paths = np.array(list(product(*[range(len(layer)) for layer in nodes])))
    values = values_of(nodes, arcs, paths)
    return values[np.isfinite(values).all(axis=1)]


def brute(values: np.ndarray) -> np.ndarray:
    """The undominated ones, each against each."""
    unique = np.unique(values, axis=0)
    return np.array(
        [
            one
            for one in unique
            if not ((unique <= one).all(axis=1) & (unique < one).any(axis=1)).any()
        ]
    ).reshape(-1, values.shape[1])


def drawn(rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    layers, d = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    sizes = rng.integers(1, 6, layers)
    high = int(rng.choice([3, 30, 1000]))  # few different values make many ties
    nodes = [rng.integers(0, high, (n, d)).astype(float) for n in sizes]
    arcs = [rng.integers(0, high, (a, b, d)).astype(float) for a, b in pairwise(sizes)]
    if rng.random() < 0.3:
        for arc in arcs:
            arc[rng.random(arc.shape[:2]) < 0.3] = np.inf
        nodes[0][rng.random(len(nodes[0])) < 0.2] = np.inf
    return nodes, arcs


def test_label_setting_gives_what_enumeration_gives_in_1000_random_cases() -> None:
    rng = np.random.default_rng(12)
    for _ in range(1000):
        nodes, arcs = drawn(rng)
        front = pareto_chains(nodes, arcs)
        assert front.is_exact
        np.testing.assert_array_equal(front.values, brute(every_chain(nodes, arcs)))
        np.testing.assert_array_equal(values_of(nodes, arcs, front.paths), front.values)


def test_within_bounds_it_gives_the_part_of_the_front_inside() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        nodes, arcs = drawn(rng)
        whole = pareto_chains(nodes, arcs).values
        if not len(whole):
            continue
        bound = np.median(whole, axis=0)
        inside = whole[(whole <= bound).all(axis=1)]
        np.testing.assert_array_equal(pareto_chains(nodes, arcs, within=bound).values, inside)


def test_the_best_by_weight_are_those_of_enumeration() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        nodes, arcs = drawn(rng)
        weights = rng.integers(1, 5, nodes[0].shape[1]).astype(float)
        totals = np.sort(every_chain(nodes, arcs) @ weights)
        for count in (1, 3, 50):
            found = best_chains(nodes, arcs, weights=weights, count=count)
            np.testing.assert_allclose(found.values @ weights, totals[:count])
            assert len({tuple(path) for path in found.paths.tolist()}) == len(found)


def test_the_cheapest_through_a_node_is_that_of_enumeration() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        nodes, arcs = drawn(rng)
        paths = np.array(list(product(*[range(len(layer)) for layer in nodes])))
        totals = values_of(nodes, arcs, paths).sum(axis=1)
        for k, costs in enumerate(cheapest_through(nodes, arcs)):
            for i, cost in enumerate(costs):
                assert cost == totals[paths[:, k] == i].min()


def test_what_is_beaten_is_what_some_chain_beats() -> None:
    rng = np.random.default_rng(6)
    for _ in range(100):
        nodes, arcs = drawn(rng)
        values = every_chain(nodes, arcs)
        if not len(values):
            continue
        some = values[rng.integers(0, len(values), 6)]
        wanted = [
            bool(((values <= one).all(axis=1) & (values < one).any(axis=1)).any()) for one in some
        ]
        assert beaten(nodes, arcs, some).tolist() == wanted


def test_a_coarse_grid_misses_no_more_than_it_says() -> None:
    rng = np.random.default_rng(7)
    nodes = [rng.integers(0, 1000, (12, 3)).astype(float) for _ in range(4)]
    arcs = [rng.integers(0, 1000, (12, 12, 3)).astype(float) for _ in range(3)]
    whole = pareto_chains(nodes, arcs)
    coarse = pareto_chains(nodes, arcs, grid=np.full(3, 50.0))
    assert len(coarse) < len(whole)
    assert coarse.error.tolist() == [150.0] * 3  # three steps of 50
    for one in whole.values:
        assert (coarse.values <= one + coarse.error).all(axis=1).any()


def test_more_labels_than_the_limit_make_the_grid_coarser_and_it_says_so() -> None:
    rng = np.random.default_rng(8)
    nodes = [rng.integers(0, 10_000, (20, 3)).astype(float) for _ in range(4)]
    arcs = [rng.integers(0, 10_000, (20, 20, 3)).astype(float) for _ in range(3)]
    whole = pareto_chains(nodes, arcs)
    cut = pareto_chains(nodes, arcs, limit=150)
    assert not cut.is_exact
    for one in whole.values:
        assert (cut.values <= one + cut.error).all(axis=1).any()


def test_of_equal_rows_the_first_is_efficient() -> None:
    values = np.array([[2.0, 1.0, 0.0, 5.0], [2.0, 1.0, 0.0, 5.0], [1.0, 9.0, 0.0, 5.0]])
    assert is_efficient(values).tolist() == [True, False, True]
    assert is_efficient(values[:, :3]).tolist() == [True, False, True]


def test_without_any_way_through_there_is_no_chain() -> None:
    wall = [np.full((2, 2, 2), np.inf)]
    nodes = [np.ones((2, 2)), np.ones((2, 2))]
    assert len(pareto_chains(nodes, wall)) == 0
    assert len(best_chains(nodes, wall)) == 0
    assert len(pareto_chains([np.ones((0, 2)), np.ones((2, 2))], [np.ones((0, 2, 2))])) == 0


@pytest.mark.parametrize(
    ("nodes", "arcs", "says"),
    [
        ([], [], "0 layers"),
        ([np.ones((2, 2))], [np.ones((2, 2, 2))], "one set of arcs"),
        ([np.ones((2, 2)), np.ones((3, 2))], [np.ones((2, 2, 2))], "Expected"),
        ([np.ones(2)], [], "shapes"),
        ([-np.ones((2, 2))], [], "2 costs|4 costs"),
        ([np.full((1, 2), np.nan)], [], "not a number"),
    ],
)
def test_costs_that_do_not_fit_are_refused(
    nodes: list[np.ndarray], arcs: list[np.ndarray], says: str
) -> None:
    with pytest.raises(ParameterError, match=says):
        pareto_chains(nodes, arcs)


@pytest.mark.parametrize("more", [{"within": np.ones(3)}, {"grid": -np.ones(2)}])
def test_bounds_that_do_not_fit_are_refused(more: dict[str, np.ndarray]) -> None:
    with pytest.raises(ParameterError):
        pareto_chains([np.ones((2, 2))], [], **more)
