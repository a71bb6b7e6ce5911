"""Do imputed rates and pooled coefficients say how sure they are?"""

import numpy as np
import pytest

from shuseki.entry.design import Design
from shuseki.entry.imputation import (
    ExtrapolatedSmallest,
    FollowedSmallest,
    corrected_rates,
    draw_births,
    many_least_squares,
    pool,
    pool_fit,
)
from shuseki.entry.misclassification import NEW, NOT_NEW, NOT_VERIFIED, Candidates
from shuseki.entry.ols import estimate, least_squares
from shuseki.errors import AlignmentError, DataError, ParameterError


def made(area, status, areas, counted=None):
    n = len(area)
    return Candidates(
        area=np.asarray(area),
        pattern=np.zeros(n, dtype=np.int64),
        status=np.asarray(status),
        counted=np.ones(n, dtype=bool) if counted is None else np.asarray(counted),
        areas=tuple(areas),
        patterns=("any",),
    )


# ---- births -------------------------------------------------------------------------------------


def test_verified_candidates_leave_nothing_to_draw():
    sure = made([0, 0, 1, -1], [NEW, NOT_NEW, NEW, NEW], "ab")
    drawn, expected = draw_births(sure, 50, np.random.default_rng(0))
    assert (drawn == [1, 1]).all()
    assert (expected == [1, 1]).all()


def test_moments_of_drawn_births():
    # 400 unverified in one area; 40 verified outside, 10 of them new: Beta-binomial with
    # 400, 10.5, 30.5 has mean 400·10.5/41 and variance 400·ab(a+b+400)/((a+b)²(a+b+1)).
    area = np.repeat([0, -1], [400, 40])
    status = np.repeat([NOT_VERIFIED, NEW, NOT_NEW], [400, 10, 30])
    drawn, expected = draw_births(made(area, status, "a"), 40_000, np.random.default_rng(1))
    a, b, n = 10.5, 30.5, 400
    assert drawn.mean() == pytest.approx(n * a / (a + b), rel=0.01)
    variance = n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1))
    assert drawn.var() == pytest.approx(variance, rel=0.04)
    # Expected, only the share varies: n² ab/((a+b)²(a+b+1)).
    assert expected.mean() == pytest.approx(n * a / (a + b), rel=0.01)
    only_share = n**2 * a * b / ((a + b) ** 2 * (a + b + 1))
    assert expected.var() == pytest.approx(only_share, rel=0.04)


def test_intervals_hold_true_counts_when_the_share_is_drawn_from_its_prior():
    rng = np.random.default_rng(7)
    area = np.repeat(np.arange(20), 60)
    held = []
    for number in range(60):
        is_new = rng.random(len(area)) < rng.beta(0.5, 0.5)
        status = np.where(rng.random(len(area)) < 0.1, np.where(is_new, NEW, NOT_NEW), NOT_VERIFIED)
        rates = corrected_rates(
            made(area, status, map(str, range(20))), np.full(20, 1e4), seed=number
        )
        low, high = rates.interval()
        true = np.bincount(area, weights=is_new)
        held.append(((low <= true) & (true <= high)).mean())
    # Whole numbers make the intervals a little too wide: 95% at least, less its Monte Carlo error.
    assert 0.93 < np.mean(held) <= 1.0


def test_observed_rate_is_that_of_the_records():
    counted = [True, True, False]
    rates = corrected_rates(
        made([0, 0, 0], [NEW, NOT_NEW, NEW], "a", counted), np.array([20_000.0])
    )
    assert rates.observed.tolist() == [1.0]
    assert rates.rate.tolist() == [1.0]  # one of the two counted, and one that was not
    assert list(rates.to_frame()) == [
        "area",
        "observed_per_10000",
        "corrected_per_10000",
        "low_per_10000",
        "high_per_10000",
    ]


def test_same_seed_same_draws():
    unsure = made([0] * 20, [NEW, *[NOT_VERIFIED] * 19], "a")
    one, two, other = (corrected_rates(unsure, np.array([1e4]), seed=s).draws for s in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


# ---- the smallest -------------------------------------------------------------------------------


def test_followed_smallest_have_the_mean_of_their_share():
    followed = FollowedSmallest(np.array([1000.0, 0.0]), asked=99, opened=9)
    drawn = followed.expect(np.zeros((20_000, 2)), np.random.default_rng(2))
    assert drawn[:, 0].mean() == pytest.approx(1000 * 9.5 / 100, rel=0.01)
    assert (drawn[:, 1] == 0).all()


def test_extrapolated_smallest_follow_births_or_the_plants_given():
    births = np.tile([[100.0, 300.0]], (20_000, 1))
    odds = np.full(20_000, 2.0)
    rng = np.random.default_rng(3)
    as_births = ExtrapolatedSmallest(odds).expect(births, rng).mean(axis=0)
    assert as_births == pytest.approx([201, 601], rel=0.01)  # two for each birth and a half
    as_plants = ExtrapolatedSmallest(odds, np.array([3.0, 1.0])).expect(births, rng).mean(axis=0)
    assert as_plants == pytest.approx([601.5, 200.5], rel=0.01)


def test_smallest_that_cannot_be():
    with pytest.raises(DataError, match="11 of 10"):
        FollowedSmallest(np.ones(1), asked=10, opened=11)
    with pytest.raises(DataError, match="areas 1"):
        FollowedSmallest(np.array([1.0, np.nan]), asked=10, opened=1)
    with pytest.raises(AlignmentError, match="3 draws"):
        ExtrapolatedSmallest(np.ones(3)).expect(np.ones((5, 2)), np.random.default_rng(0))


# ---- pooling ------------------------------------------------------------------------------------


def test_rubin_by_hand():
    # Five imputations 1…5, each of variance 0.5: mean 3, W 0.5, B 2.5, T = 0.5 + 1.2·2.5 = 3.5.
    # λ = 3/3.5; ν_m = 4/λ² = 5.4444; complete 10: ν_obs = 11/13·10·(1 − λ) = 1.20879;
    # ν = 1/(1/5.4444 + 1/1.20879) = 0.98917 (Barnard and Rubin 1999, equation 3).
    pooled = pool(np.arange(1.0, 6.0)[:, None], np.full((5, 1), 0.5), 10)
    error, degrees = pooled.error_total()
    assert pooled.estimate == pytest.approx([3])
    assert error**2 == pytest.approx([3.5])
    assert pooled.missing_share == pytest.approx([3 / 3.5])
    assert degrees == pytest.approx([0.98917], abs=5e-6)
    error, degrees = pooled.error_between()
    assert error**2 == pytest.approx([3.0])
    assert degrees == pytest.approx([4])


def test_equal_imputations_are_complete_data():
    pooled = pool(np.ones((10, 1)), np.full((10, 1), 4.0))
    error, degrees = pooled.error_total()
    assert error == pytest.approx([2])
    assert np.isinf(degrees).all()


def test_one_imputation_cannot_vary():
    with pytest.raises(ParameterError, match="1 imputations"):
        pool(np.ones((1, 2)), np.ones((1, 2)))


@pytest.mark.parametrize("kind", ["classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR1S"])
def test_many_outcomes_are_each_alone(kind):
    rng = np.random.default_rng(11)
    X = np.column_stack([np.ones(30), rng.normal(size=(30, 2)) * [1, 1000]])
    Y = rng.normal(size=(4, 30))
    codes = np.arange(len(X)) % 9 if kind.startswith("CR") else None
    coefficients, variances = many_least_squares(Y, X, kind, codes)
    for row, b, v in zip(Y, coefficients, variances, strict=True):
        alone = least_squares(row, X, kind, codes)
        assert b == pytest.approx(alone.coefficients, rel=1e-9)
        assert v == pytest.approx(np.diag(alone.covariance), rel=1e-9)


@pytest.fixture(scope="module")
def fit(variables):
    return estimate(Design("START", ("UNEMPL", "MRATIO", "AVESIZE")), variables)


def births_by_area(variables, seed, verified):
    """Candidates of every area, half of them new; all or a tenth of them verified."""
    rng = np.random.default_rng(seed)
    area = np.repeat(np.arange(len(variables.areas)), 40)
    is_new = rng.random(len(area)) < 0.5
    known = rng.random(len(area)) < verified
    status = np.where(known, np.where(is_new, NEW, NOT_NEW), NOT_VERIFIED)
    return made(area, status, variables.areas), np.bincount(area, weights=is_new)


def test_fit_on_verified_births_is_the_fit_on_true_births(fit, variables):
    candidates, births = births_by_area(variables, 5, 1.0)
    rates = corrected_rates(candidates, np.full(len(births), 1e4))
    pooled = pool_fit(fit, rates)
    rows = [variables.areas.index(area) for area in fit.sample.areas]
    true = least_squares(births[rows], fit.sample.regressors)
    assert pooled.coefficients == pytest.approx(true.coefficients)
    low, high = pooled.interval("finite population")
    assert high - low == pytest.approx(0, abs=1e-9)
    error, _ = pooled.errors()
    assert error == pytest.approx(np.sqrt(np.diag(true.covariance)))


def test_unverified_births_widen_the_intervals(fit, variables):
    candidates, _ = births_by_area(variables, 5, 0.1)
    pooled = pool_fit(fit, corrected_rates(candidates, np.full(len(variables.areas), 1e4)))
    table = pooled.to_frame()
    finite, tables = (
        pooled.interval(about) for about in ("finite population", "superpopulation, completed")
    )
    assert (tables[0] < finite[0]).all()
    assert (finite[1] < tables[1]).all()
    assert table["low_finite"].tolist() == finite[0].tolist()
    assert ((table["missing_share"] > 0) & (table["missing_share"] < 1)).all()
    assert "200 imputations" in pooled.headline()
    by_law, by_tables = (pooled.errors(f"superpopulation{of}")[0] for of in ("", ", completed"))
    assert (by_law < by_tables).all()
    with pytest.raises(ParameterError, match="finite population"):
        pooled.interval("sample")


def test_areas_of_the_fit_must_be_corrected(fit):
    rates = corrected_rates(made([0], [NEW], "a"), np.array([1e4]))
    with pytest.raises(AlignmentError, match="Areas of the fit"):
        pool_fit(fit, rates)


def test_parameters_that_cannot_be():
    one = made([0], [NEW], "a")
    with pytest.raises(ParameterError, match="draws is 5"):
        corrected_rates(one, np.array([1e4]), draws=5)
    with pytest.raises(DataError, match="not positive in a"):
        corrected_rates(one, np.array([0.0]))
    with pytest.raises(AlignmentError, match="2 denominators for 1 areas"):
        corrected_rates(one, np.ones(2))
