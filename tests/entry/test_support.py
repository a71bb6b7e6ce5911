"""Is the share of the variance that residuals keep what it is said to be?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.conley import kernel_of
from shuseki.entry.rows import complete_rows
from shuseki.entry.support import check_support, cluster_codes, decisive, kept_share
from shuseki.errors import DataError, ParameterError


def test_a_dummy_of_one_and_of_two_areas_by_hand():
    # D = 1 in area 0 of 4: weights of its slope are (1, −1/3, −1/3, −1/3), Σw² = 4/3; leverages
    # (1, 1/3, 1/3, 1/3): kept = 3 · (1/9)(2/3) / (4/3) = 1/6
    one = np.column_stack([np.ones(4), [1.0, 0, 0, 0]])
    assert kept_share(one)[1] == pytest.approx(1 / 6)
    # D = 1 in two of four: every leverage is 1/2
    two = np.column_stack([np.ones(4), [1.0, 1, 0, 0]])
    assert kept_share(two)[1] == pytest.approx(1 / 2)
    assert decisive(one)[1].tolist() == [0]


def test_clusters_with_a_term_constant_within_keep_nothing():
    x = np.column_stack([np.ones(6), [1.0, 1, 1, 0, 0, 0]])
    codes = np.array([0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(kept_share(x, codes), 0, atol=1e-12)


@pytest.mark.parametrize("kind", ["rows", "clusters", "kernel"])
def test_it_is_the_mean_of_the_sandwich_over_simulated_residuals(kind):
    rng = np.random.default_rng(5)
    n = 40
    x = np.column_stack([np.ones(n), rng.exponential(size=n) ** 2, np.arange(n) < 4])
    codes = np.arange(n) % 6
    at = rng.uniform(0, 10, (n, 2))
    distance = np.hypot(*(at[:, None] - at[None]).T)
    pairs = {
        "rows": np.eye(n),
        "clusters": (codes[:, None] == codes).astype(float),
        "kernel": kernel_of(distance, 6.0, "bartlett"),
    }[kind]
    ours = kept_share(x, codes if kind == "clusters" else None, pairs if kind == "kernel" else None)
    bread = np.linalg.inv(x.T @ x)
    e = rng.normal(size=(20_000, n))
    e -= e @ x @ bread @ x.T
    found = np.zeros(3)
    for one in e:
        scores = x * one[:, None]
        found += np.diag(bread @ scores.T @ pairs @ scores @ bread) / len(e)
    # a variance of 20,000 draws to 1% (√(2/20,000)), times three and the spread of the kernel
    np.testing.assert_allclose(ours, found / np.diag(bread), atol=0.03)


def test_classical_errors_are_not_asked_and_hc2_only_for_leverage_one():
    late = np.array([0.0, 1, 2, 3, 5, 1, 2, 4, 3, 2])
    one = np.column_stack([np.ones(10), np.arange(10) == 0, late])
    names, areas = ("constant", "D", "x"), list("abcdefghij")
    assert check_support(one, names, areas, "classical", "it") == ()
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        with pytest.raises(DataError, match=r"^D is decided almost alone by area a \(leverage 1\)"):
            check_support(one, names, areas, kind, "it", factor=10 / 7 if kind == "HC1" else 1)
    two = np.column_stack([np.ones(10), np.arange(10) < 2, late])
    assert check_support(two, names, areas, "HC3", "it") == ()


def test_a_term_that_is_one_only_elsewhere_is_found_too():
    # D = 0 in area a alone is the same equation as a dummy of a
    x = np.column_stack([np.ones(6), [0.0, 1, 1, 1, 1, 1]])
    with pytest.raises(DataError, match="by area a"):
        check_support(x, ("constant", "D"), list("abcdef"), "HC1", "it", factor=6 / 4)


def test_one_cluster_is_refused():
    with pytest.raises(DataError, match="All 3 areas are in one cluster"):
        cluster_codes(["x", "x", "x"], "prefecture")
    codes, names = cluster_codes(["b", "a", "b"], "prefecture")
    assert codes.tolist() == [0, 1, 0]
    assert names == ("b", "a")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"y": [1.0, 2], "x": ["many", "3"]}), "Column x holds 'many'"),
        (pd.DataFrame({"y": [1.0, np.inf], "x": [1, 2]}), "Infinite values of y in rows 1"),
        (pd.DataFrame({"y": [1.0, 2], "x": [1, 2]}, index=["a", "a"]), "Areas given twice: a"),
        (pd.DataFrame({"y": [1.0, 2]}), "lacks columns x"),
    ],
)
def test_rows_that_cannot_be_used_are_named(table, message):
    with pytest.raises(DataError, match=message):
        complete_rows(table, ["y", "x"])


def test_a_column_named_twice_is_refused_and_numbers_in_words_are_read():
    with pytest.raises(ParameterError, match="named twice: y"):
        complete_rows(pd.DataFrame({"y": [1.0]}), ["y", "y"])
    assert complete_rows(pd.DataFrame({"y": ["1", "2.5"]}), ["y"])["y"].tolist() == [1, 2.5]
