"""Are the shares of true births what a verified sample says?"""

import numpy as np
import pytest
import statsmodels.api as sm

from shuseki.entry.misclassification import (
    NEW,
    NOT_NEW,
    NOT_VERIFIED,
    Candidates,
    draw_shares,
    equal_shares,
    split_patterns,
    verified_shares,
    verify_at_random,
)
from shuseki.errors import AlignmentError, DataError, ParameterError


def candidates(status, pattern=None, area=None, counted=None, patterns=("old", "recent")):
    n = len(status)
    return Candidates(
        area=np.zeros(n, dtype=np.int64) if area is None else np.array(area),
        pattern=np.zeros(n, dtype=np.int64) if pattern is None else np.array(pattern),
        status=np.array(status),
        counted=np.ones(n, dtype=bool) if counted is None else np.array(counted),
        areas=("001", "002"),
        patterns=patterns,
    )


def test_shares_by_hand():
    found = verified_shares(
        candidates([NEW, NOT_NEW, NOT_NEW, NOT_VERIFIED, NEW], pattern=[0, 0, 0, 0, 1])
    )
    assert found.candidates.tolist() == [4, 1]
    assert found.verified.tolist() == [3, 1]
    assert found.new.tolist() == [1, 1]
    assert found.share == pytest.approx([1.5 / 4, 1.5 / 2])
    assert "n = 4 verified" in found.headline()


def test_jeffreys_interval_of_none_in_ten():
    # Brown, Cai and DasGupta (2001), p. 108: 0 of n has the lower end 0; the upper end is the
    # 97.5% point of Beta(0.5, 10.5), 0.2172 (R: qbeta(0.975, 0.5, 10.5)).
    found = verified_shares(candidates([NOT_NEW] * 10))
    low, high = found.interval()
    assert low[0] == 0
    assert high[0] == pytest.approx(0.2172, abs=5e-5)


def test_drawn_shares_have_mean_and_interval():
    drawn = draw_shares(np.array([20]), np.array([5]), 40_000, np.random.default_rng(3))[:, 0]
    # Beta(5.5, 15.5): mean 5.5/21, variance ab/((a+b)²(a+b+1)).
    assert drawn.mean() == pytest.approx(5.5 / 21, abs=0.002)
    assert drawn.var() == pytest.approx(5.5 * 15.5 / (21**2 * 22), rel=0.03)


def test_observed_counts_only_what_the_records_count():
    made = candidates([NEW] * 4, area=[0, 1, 1, -1], counted=[True, True, False, True])
    assert made.observed().tolist() == [1, 1]


def test_pattern_never_verified_is_named():
    with pytest.raises(DataError, match=r"recent \(2\)"):
        verified_shares(candidates([NEW, NOT_VERIFIED, NOT_VERIFIED], pattern=[0, 1, 1]))


def test_rows_out_of_range_are_named():
    with pytest.raises(DataError, match="2 in row 1"):
        candidates([NEW, NEW], area=[0, 2])
    with pytest.raises(DataError, match="status out of range: 7 in row 0"):
        candidates([7, NEW])


def test_columns_of_different_length():
    with pytest.raises(AlignmentError, match="pattern"):
        candidates([NEW, NEW], pattern=[0])


def test_verification_draws_as_many_as_wanted_and_tells_the_truth():
    pattern = np.repeat([0, 1], [100, 3])
    is_new = np.arange(103) % 2 == 0
    status = verify_at_random(pattern, is_new, [10, 10], np.random.default_rng(0))
    known = status != NOT_VERIFIED
    assert np.bincount(pattern[known]).tolist() == [10, 3]
    assert (status[known] == is_new[known]).all()


def test_negative_sample_sizes_are_refused():
    with pytest.raises(ParameterError, match="patterns 1"):
        verify_at_random(np.array([0]), np.array([True]), [1, -1], np.random.default_rng(0))


def sample(slope: float, seed: int = 0) -> tuple[Candidates, np.ndarray]:
    """Verified candidates of two patterns in 40 areas, share new .4 or .7 plus slope · value."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=40)
    area, pattern = rng.integers(40, size=800), rng.integers(2, size=800)
    share = np.clip(np.array([0.4, 0.7])[pattern] + slope * values[area], 0, 1)
    new = rng.random(800) < share
    return (
        Candidates(
            area=area,
            pattern=pattern,
            status=np.where(new, NEW, NOT_NEW),
            counted=np.ones(800, dtype=bool),
            areas=tuple(f"{k:02d}" for k in range(40)),
            patterns=("one", "two"),
        ),
        values,
    )


def test_equal_shares_by_statsmodels():
    # dummies of the two patterns and the standardised variable, HC0
    candidates, values = sample(0.05)
    ours = equal_shares(candidates, values, "size")
    x = values[candidates.area]
    x = (x - x.mean()) / x.std()
    theirs = sm.OLS(
        (candidates.status == NEW).astype(float),
        np.column_stack([candidates.pattern == 0, candidates.pattern == 1, x]).astype(float),
    ).fit(cov_type="HC0")
    assert ours.slope == pytest.approx(theirs.params[2], rel=1e-9)
    assert ours.error == pytest.approx(theirs.bse[2], rel=1e-9)
    assert ours.p == pytest.approx(theirs.pvalues[2], rel=1e-6)
    assert ours.to_frame()["n"].iloc[0] == 800


def test_equal_shares_keeps_its_level_and_finds_a_slope():
    # 5% of 200 are 10, standard deviation 3.1: at most 22
    level = [equal_shares(*sample(0.0, seed), "size").p < 0.05 for seed in range(200)]
    assert sum(level) <= 22
    assert equal_shares(*sample(0.15), "size").p < 1e-4


def test_equal_shares_needs_a_variable_that_varies():
    candidates, _ = sample(0.0)
    with pytest.raises(DataError, match="size does not vary over the 800 verified"):
        equal_shares(candidates, np.ones(40), "size")
    with pytest.raises(ParameterError, match="groups is 1"):
        split_patterns(("a",), np.zeros(2, int), np.zeros(2, int), np.arange(3.0), "x", groups=1)
