"""Are Conley's standard errors those of the formula, and of another program?"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.conley import conley_covariance, conley_errors
from shuseki.errors import AlignmentError, DataError, ParameterError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # spreg's imports warn about their own dependencies
    import spreg
    from libpysal import weights


def points(n: int = 150, seed: int = 8) -> tuple[pd.DataFrame, np.ndarray]:
    """Areas on a 500 km square, with residuals that near areas share."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 500, (n, 2))
    distance = np.hypot(*(at[:, None] - at[None]).T)
    shared = np.linalg.cholesky(np.exp(-distance / 80) + 1e-9 * np.eye(n))
    frame = pd.DataFrame({"a": shared @ rng.normal(size=n), "b": rng.normal(size=n)})
    frame[["east_km", "north_km"]] = at
    frame["y"] = 1 + frame["a"] + shared @ rng.normal(size=n)
    return frame, distance


def test_by_hand() -> None:
    # one regressor x = (1, 1, 2), e = (1, −1, 2), d12 = 5 and 3 far away, cut-off 10, Bartlett:
    # Σx² = 6; meat = 1 + 1 + 16 + 2·(1 − 5/10)·(1·−1) = 17; variance 17/36
    x = np.array([[1.0], [1.0], [2.0]])
    e = np.array([1.0, -1.0, 2.0])
    d = np.array([[0.0, 5, 99], [5, 0, 99], [99, 99, 0]])
    assert conley_covariance(x, e, d, 10, "bartlett")[0, 0] == pytest.approx(17 / 36)
    # uniform: the pair counts in full, meat = 18 − 2
    assert conley_covariance(x, e, d, 10, "uniform")[0, 0] == pytest.approx(16 / 36)


def test_short_cutoff_is_white() -> None:
    frame, distance = points()
    answer = conley_errors(
        frame, outcome="y", terms=["a", "b"], distances_km=distance, cutoffs_km=[1e-9]
    )
    n, k = 150, 3
    np.testing.assert_allclose(answer.errors[0] * np.sqrt(n / (n - k)), answer.robust, rtol=1e-12)


def test_equals_spreg_hac() -> None:
    # spreg's HAC (Kelejian and Prucha 2007) with a triangular kernel of fixed bandwidth
    frame, distance = points()
    cutoff = 90.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kernel = weights.Kernel(
            frame[["east_km", "north_km"]].to_numpy(),
            bandwidth=cutoff,
            fixed=True,
            function="triangular",
            diagonal=True,
        )
        model = spreg.OLS(
            frame[["y"]].to_numpy(), frame[["a", "b"]].to_numpy(), robust="hac", gwk=kernel
        )
    ours = conley_errors(
        frame, outcome="y", terms=["a", "b"], distances_km=distance, cutoffs_km=[cutoff]
    )
    np.testing.assert_allclose(ours.coefficients, model.betas.ravel(), rtol=1e-10)
    np.testing.assert_allclose(ours.errors[0] ** 2, np.diag(model.vm), rtol=1e-8)


def test_equals_stored_output_of_r_on_a_line() -> None:
    # sandwich::NeweyWest with L lags is Bartlett's kernel with a cut-off of L + 1 km on points
    # 1 km apart; see reference/conley.R
    here = Path(__file__).with_name("reference")
    frame = pd.read_csv(here / "counts.csv").assign(rate=lambda t: t["births"] / t["base"])
    line = np.arange(len(frame), dtype=float)
    theirs = pd.read_csv(here / "conley_reference.csv")
    ours = conley_errors(
        frame,
        outcome="rate",
        terms=["a", "b"],
        distances_km=np.abs(line[:, None] - line),
        cutoffs_km=sorted(set(theirs["cutoff_km"])),
    )
    np.testing.assert_allclose(ours.errors.ravel(), theirs["standard_error"].to_numpy(), rtol=1e-9)


def test_dependence_widens_the_error_of_what_is_clustered() -> None:
    frame, distance = points(n=400)
    answer = conley_errors(
        frame, outcome="y", terms=["a", "b"], distances_km=distance, cutoffs_km=[150]
    )
    ratio = answer.errors[0] / answer.robust
    assert ratio[1] > 1.2  # a is spatially dependent, as the residuals are
    assert ratio[2] < ratio[1]  # b is not


def test_units_do_not_matter() -> None:
    frame, distance = points()
    one = conley_errors(frame, outcome="y", terms=["a"], distances_km=distance)
    two = conley_errors(
        frame.assign(a=frame["a"] * 1e6), outcome="y", terms=["a"], distances_km=distance
    )
    np.testing.assert_allclose(one.errors[:, 1], two.errors[:, 1] * 1e6, rtol=1e-9)


def test_bad_input_is_named() -> None:
    frame, distance = points(20)
    with pytest.raises(ParameterError, match="Expected positive distances"):
        conley_errors(frame, outcome="y", terms=["a"], distances_km=distance, cutoffs_km=[0])
    with pytest.raises(AlignmentError, match="shape"):
        conley_errors(frame, outcome="y", terms=["a"], distances_km=distance[:5])
    with pytest.raises(DataError, match="add up to one another"):
        conley_errors(
            frame.assign(c=frame["a"]), outcome="y", terms=["a", "c"], distances_km=distance
        )


def test_a_cutoff_over_the_whole_map_gives_no_error_and_says_so() -> None:
    # residuals add up to 0: the uniform kernel over all pairs finds no variance
    frame, distance = points()
    answer = conley_errors(
        frame,
        outcome="y",
        terms=["a", "b"],
        distances_km=distance,
        cutoffs_km=[50, 1e4],
        kernel="uniform",
    )
    assert np.isfinite(answer.errors[0]).all()
    assert np.isnan(answer.errors[1]).all()
    np.testing.assert_allclose(answer.kept_shares[1], 0, atol=1e-10)
    assert answer.within_shares[1] == 1
    assert "10000 km covers 100% of the pairs of areas: no error for any term" in (answer.notes[0])
    assert "3 of 6" not in answer.headline()  # slopes alone: 2 of 4
    assert "2 of 4 cannot be estimated" in answer.headline()


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_every_cutoff_too_long_leaves_hc1(kernel: str) -> None:
    frame, distance = points()
    answer = conley_errors(
        frame,
        outcome="y",
        terms=["a"],
        distances_km=distance,
        cutoffs_km=[700, 2e4],
        kernel=kernel,
    )
    assert "no Conley errors at 700, 20000 km" in answer.headline()
    assert len(answer.notes) == 2


def test_errors_too_small_on_average_are_told() -> None:
    frame, distance = points()
    cutoffs = [150, 300, 400, 500]
    answer = conley_errors(
        frame, outcome="y", terms=["a", "b"], distances_km=distance, cutoffs_km=cutoffs
    )
    told = (answer.kept_shares < 0.6) & np.isfinite(answer.errors)
    assert told.any()
    assert not told[0].any()
    named = [
        f"{term} at {cutoff} km"
        for cutoff, row in zip(cutoffs, told, strict=True)
        for term, low in zip(answer.terms, row, strict=True)
        if low
    ]
    assert [note.split(":")[0] for note in answer.notes if " at " in note] == named


def test_a_dummy_of_one_area_is_refused() -> None:
    frame, distance = points(60)
    frame["alone"] = (frame.index == 3).astype(float)
    with pytest.raises(DataError, match="alone is decided almost alone by area 3"):
        conley_errors(frame, outcome="y", terms=["a", "alone"], distances_km=distance)


def test_distances_that_are_unknown_are_refused() -> None:
    frame, distance = points(30)
    distance[3, 4] = np.nan
    with pytest.raises(DataError, match="Distances are negative, infinite or missing"):
        conley_errors(frame, outcome="y", terms=["a"], distances_km=distance)
