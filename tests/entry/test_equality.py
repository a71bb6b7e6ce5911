"""Does the stacked test say what one regression with interactions would say?"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from shuseki.entry.equality import equality_of_coefficients
from shuseki.errors import DataError


def areas(n: int = 200, gap: float = 0.0, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.exponential(size=n)})
    shared = rng.normal(size=n) * (0.5 + frame["b"])
    frame["high"] = 1 + frame["a"] + frame["b"] + shared + 0.3 * rng.normal(size=n)
    frame["low"] = 2 + (1 + gap) * frame["a"] + frame["b"] + shared + 0.3 * rng.normal(size=n)
    frame["prefecture"] = np.arange(n) % 20
    return frame


def test_differences_equal_the_regression_of_the_difference() -> None:
    # the same rows and terms: b_1 − b_2 is the regression of y_1 − y_2, with the same HC1 errors
    frame = areas()
    ours = equality_of_coefficients(frame, outcomes=("high", "low"), terms=["a", "b"])
    theirs = sm.OLS(frame["high"] - frame["low"], sm.add_constant(frame[["a", "b"]])).fit(
        cov_type="HC1"
    )
    np.testing.assert_allclose(ours.differences, theirs.params[["a", "b"]], rtol=1e-8)
    np.testing.assert_allclose(ours.errors, theirs.bse[["a", "b"]], rtol=1e-8)
    wald = theirs.wald_test("a = 0, b = 0", use_f=False, scalar=True)
    assert ours.wald == pytest.approx(wald.statistic, rel=1e-8)


def test_different_samples_equal_one_stacked_clustered_regression() -> None:
    # two equations on different rows = one regression with interactions, clustered by area
    frame = areas()
    keep = (frame["a"].to_numpy() < 1.5, frame["b"].to_numpy() < 2.5)
    ours = equality_of_coefficients(
        frame.assign(area=np.arange(200)),
        outcomes=("high", "low"),
        terms=["a", "b"],
        keep=keep,
        groups="area",
    )
    x = np.column_stack([np.ones(200), frame[["a", "b"]]])
    zero = np.zeros_like(x)
    design = np.vstack([np.hstack([x, zero])[keep[0]], np.hstack([zero, x])[keep[1]]])
    y = np.concatenate([frame["high"][keep[0]], frame["low"][keep[1]]])
    area = np.concatenate([np.flatnonzero(keep[0]), np.flatnonzero(keep[1])])
    fit = sm.OLS(y, design).fit(
        cov_type="cluster", cov_kwds={"groups": area, "use_correction": False}
    )
    contrast = np.hstack([np.eye(3)[1:], -np.eye(3)[1:]])
    expected = np.sqrt(np.diag(contrast @ fit.cov_params() @ contrast.T))
    clusters = 200  # all areas stand in the clustered sum
    np.testing.assert_allclose(
        ours.errors, expected * np.sqrt(clusters / (clusters - 1)), rtol=1e-8
    )


def test_size_and_power() -> None:
    rejected = [
        [
            equality_of_coefficients(
                areas(gap=gap, seed=seed), outcomes=("high", "low"), terms=["a", "b"]
            ).p_values()[0]
            < 0.05
            for seed in range(300)
        ]
        for gap in (0.0, 0.2)
    ]
    # 5% of 300 is 15 with a standard deviation of 3.8: 4 deviations up is 30
    assert 3 <= sum(rejected[0]) <= 30
    assert sum(rejected[1]) > 280


def test_proportional_equations_are_equal_when_standardised() -> None:
    frame = areas()
    frame["low"] = 5 * frame["high"]
    plain = equality_of_coefficients(frame, outcomes=("high", "low"), terms=["a", "b"])
    scaled = equality_of_coefficients(
        frame, outcomes=("high", "low"), terms=["a"], standardised=True
    )
    assert plain.p_joint < 1e-6
    np.testing.assert_allclose(scaled.differences, 0, atol=1e-12)


def test_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="lacks columns c"):
        equality_of_coefficients(areas(), outcomes=("high", "low"), terms=["c"])


def test_collinear_terms_are_refused() -> None:
    with pytest.raises(DataError, match="add up to one another"):
        equality_of_coefficients(
            areas().assign(c=lambda t: t["a"] * 2), outcomes=("high", "low"), terms=["a", "c"]
        )


def test_few_clusters_use_t_and_f_and_are_told() -> None:
    frame = areas().assign(region=lambda t: t.index % 6)
    few = equality_of_coefficients(
        frame, outcomes=("high", "low"), terms=["a", "b"], groups="region"
    )
    assert few.clusters == 6
    assert few.p_values()[0] == pytest.approx(
        2 * stats.t.sf(abs(few.differences[0] / few.errors[0]), 5)
    )
    assert few.p_joint == pytest.approx(stats.f.sf(few.wald / 2, 2, 5))
    assert "F(2, 5)" in few.headline()
    assert any("Only 6 clusters" in note for note in few.notes)
    two = equality_of_coefficients(
        frame.assign(region=frame.index % 2),
        outcomes=("high", "low"),
        terms=["a", "b"],
        groups="region",
    )
    assert np.isnan(two.p_joint)
    assert "not tested together (2 clusters)" in two.headline()


def test_clusters_and_areas_that_decide_alone_are_refused() -> None:
    frame = areas().assign(half=lambda t: t.index < 90, one="x")
    frame["side"] = frame["half"].astype(float)
    frame["alone"] = (frame.index == 7).astype(float)
    ask = {"outcomes": ("high", "low")}
    with pytest.raises(DataError, match=r"^side is decided almost alone by clusters"):
        equality_of_coefficients(frame, terms=["a", "side"], groups="half", **ask)
    with pytest.raises(DataError, match="in one cluster"):
        equality_of_coefficients(frame, terms=["a"], groups="one", **ask)
    with pytest.raises(DataError, match="by area 7"):
        equality_of_coefficients(frame, terms=["a", "alone"], **ask)


def test_areas_without_a_cluster_are_left_out() -> None:
    # they had been added to the last cluster
    frame = areas().astype({"prefecture": object})
    frame.loc[:9, "prefecture"] = None
    ask = {"outcomes": ("high", "low"), "terms": ["a", "b"], "groups": "prefecture"}
    gaps, without = (equality_of_coefficients(t, **ask) for t in (frame, frame.iloc[10:]))
    np.testing.assert_allclose(gaps.errors, without.errors)
    assert gaps.n == without.n
