"""Is the bootstrap what re-estimating every drawn outcome gives, and does it keep its level?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.counts import bootstrap_counts
from shuseki.entry.design import Design
from shuseki.entry.ols import estimate, least_squares
from shuseki.entry.variables import RegionalVariables
from shuseki.entry.wild_bootstrap import (
    cluster_weights,
    restricted_t,
    share_as_large,
    wild_cluster_bootstrap,
)
from shuseki.errors import ParameterError


def drawn(
    seed: int, clusters: int = 6, each: int = 12
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An outcome without effects; term and error share the clusters' surprises."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), each)
    n = len(codes)
    x = np.column_stack(
        [np.ones(n), rng.normal(size=clusters)[codes] + rng.normal(size=n), rng.normal(size=n)]
    )
    y = rng.normal(size=clusters)[codes] + rng.normal(size=n)
    return y, x, codes


def test_equals_estimating_every_drawn_outcome():
    y, x, codes = drawn(1)
    v, _ = cluster_weights(6, "webb", 500, seed=3)
    own, ours = restricted_t(y, x, codes, 1, v)
    fit = least_squares(y, x, "CR1", codes)
    assert own == pytest.approx(fit.coefficients[1] / np.sqrt(fit.covariance[1, 1]), rel=1e-9)
    rest = np.delete(x, 1, axis=1)
    fitted = rest @ np.linalg.lstsq(rest, y, rcond=None)[0]
    theirs = []
    for weights in v:
        again = least_squares(fitted + weights[codes] * (y - fitted), x, "CR1", codes)
        theirs.append(again.coefficients[1] / np.sqrt(again.covariance[1, 1]))
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_few_clusters_are_enumerated():
    for clusters, weights, many in ((2, "webb", 36), (5, "webb", 7776), (12, "rademacher", 4096)):
        v, enumerated = cluster_weights(clusters, weights, 9_999, seed=0)
        assert enumerated
        assert v.shape == (many, clusters)
        assert len(np.unique(v, axis=0)) == many
        np.testing.assert_allclose(v.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose((v**2).mean(axis=0), 1)
    v, enumerated = cluster_weights(6, "webb", 9_999, seed=0)  # 46,656 of them
    assert not enumerated
    assert len(v) == 9_999


def test_shares_by_hand():
    # |t*| of 2 and 3 are at least 2; drawn at random the sample itself counts too
    assert share_as_large(-2.0, np.array([1.0, -2, 3, 0]), True) == 2 / 4
    assert share_as_large(-2.0, np.array([1.0, -2, 3, 0]), False) == 3 / 5


def regional(seed: int, clusters: int) -> RegionalVariables:
    y, x, codes = drawn(seed, clusters)
    frame = pd.DataFrame({"START": y, "A": x[:, 1], "B": x[:, 2], "g": codes.astype(str)})
    frame.index = [f"{k:03d}" for k in range(len(y))]
    return RegionalVariables(frame=frame, outcomes=("START",))


def test_it_keeps_its_level_where_t_does_not():
    # 200 noise samples in six clusters. 5% is 10, with a standard deviation of 3.1: at most 22
    ask = Design("START", ("A", "B"), outliers="none", standard_errors="CR1", groups="g")
    by_normal = by_bootstrap = 0
    for seed in range(200):
        fit = estimate(ask, regional(seed, 6))
        by_normal += abs(fit.t[1]) > 1.96
        by_bootstrap += wild_cluster_bootstrap(fit, draws=399, seed=seed).p[0] < 0.05
    assert by_normal > 22
    assert by_bootstrap <= 22


def test_a_result_says_how_many_clusters_and_draws():
    fit = estimate(
        Design("START", ("A", "B"), outliers="none", standard_errors="CR1", groups="g"),
        regional(3, 4),
    )
    answer = wild_cluster_bootstrap(fit)
    assert answer.enumerated
    assert "(4 clusters, all 1,296 draws of Webb weights)" in answer.headline()
    assert list(answer.to_frame()["term"]) == ["A", "B"]
    assert "Only 4 clusters" in " ".join(answer.notes)
    plain = estimate(Design("START", ("A",), outliers="none"), regional(3, 4))
    with pytest.raises(ParameterError, match="no clusters"):
        wild_cluster_bootstrap(plain)
    with pytest.raises(ParameterError, match="weights is 'normal'"):
        wild_cluster_bootstrap(fit, weights="normal")


def test_two_clusters_never_give_a_small_p():
    for seed in range(20):
        fit = estimate(
            Design("START", ("B",), outliers="none", standard_errors="CR1", groups="g"),
            regional(seed, 2),
        )
        assert wild_cluster_bootstrap(fit).p[0] >= 1 / 6 - 1e-12  # ±(c, c) are 6 of 36


def test_scores_of_counts_find_an_effect_and_keep_the_level():
    # as above, 100 noise samples of eight clusters: 5 expected, standard deviation 2.2, at most 14
    found = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(8), 10)
        a = rng.normal(size=8)[codes] + rng.normal(size=80)
        mean = np.exp(1 + 0.4 * rng.normal(size=8)[codes])
        frame = pd.DataFrame({"a": a, "y": rng.poisson(mean), "g": codes})
        found += (
            bootstrap_counts(frame, outcome="y", terms=["a"], groups="g", draws=199).p[0] < 0.05
        )
    assert found <= 14
    frame["y"] = rng.poisson(mean * np.exp(0.5 * a))
    strong = bootstrap_counts(frame, outcome="y", terms=["a"], groups="g", draws=999)
    assert strong.p[0] < 0.05
    assert "y: significant at 5% by the restricted wild cluster bootstrap" in strong.headline()
