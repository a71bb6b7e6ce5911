"""Are the shares of true births what a verified sample says?"""

import numpy as np
import pytest

from shuseki.entry.misclassification import (
    NEW,
    NOT_NEW,
    NOT_VERIFIED,
    Candidates,
    draw_shares,
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
