"""Regression from moments equals regression on data, and its bounds hold."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.papers.catalogue import printed_paper
from shuseki.papers.moments import Moments, fit_from_moments, moments_of, printed_moments


def made_up(seed: int, n: int = 200, k: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = (
        rng.normal(size=(n, k))
        @ (np.eye(k) + 0.4 * rng.normal(size=(k, k)))
        * rng.uniform(0.01, 50, k)
    )
    X += rng.normal(size=k) * 10
    y = X @ rng.normal(size=k) / X.std(0).sum() + rng.normal(size=n)
    return pd.DataFrame(np.column_stack([y, X]), columns=["y", *(f"x{i}" for i in range(k))])


def rounded(data: pd.DataFrame, digits: int = 3) -> Moments:
    """Moments as a paper prints them: correlations to three places, the rest to three digits."""
    exact = moments_of(data)

    def half(values: np.ndarray) -> np.ndarray:
        return 0.5 * 10.0 ** (np.floor(np.log10(np.abs(values))) - digits + 1)

    def cut(values: np.ndarray) -> np.ndarray:
        unit = 2 * half(values)
        return np.round(values / unit) * unit

    p = len(exact.variables)
    return Moments(
        variables=exact.variables,
        means=cut(exact.means),
        standard_deviations=cut(exact.standard_deviations),
        correlations=np.round(exact.correlations, 3),
        counts=exact.counts,
        mean_half_widths=half(exact.means),
        deviation_half_widths=half(exact.standard_deviations),
        correlation_half_widths=0.0005 * (1 - np.eye(p)),
    )


@pytest.mark.parametrize("seed", range(5))
def test_equals_least_squares_on_the_data(seed: int) -> None:
    data = made_up(seed)
    terms = list(data.columns[1:])
    fit = fit_from_moments(moments_of(data), "y", terms)
    # Reference: statsmodels on the data themselves.
    ols = sm.OLS(data["y"], sm.add_constant(data[terms])).fit()
    np.testing.assert_allclose(fit.coefficients, ols.params, rtol=1e-9)
    np.testing.assert_allclose(fit.standard_errors, ols.bse, rtol=1e-9)
    assert fit.r_squared == pytest.approx(ols.rsquared, rel=1e-10)
    assert fit.adjusted_r_squared == pytest.approx(ols.rsquared_adj, rel=1e-10)
    assert fit.f_statistic == pytest.approx(ols.fvalue, rel=1e-9)
    # Exact moments leave no room.
    np.testing.assert_allclose(fit.guaranteed_low, fit.coefficients, rtol=1e-9)
    np.testing.assert_allclose(fit.guaranteed_high, fit.coefficients, rtol=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_guaranteed_bounds_hold_the_truth(seed: int) -> None:
    data = made_up(seed)
    terms = list(data.columns[1:])
    truth = fit_from_moments(moments_of(data), "y", terms)
    fit = fit_from_moments(rounded(data), "y", terms)
    for low, value, high in (
        (fit.guaranteed_low, truth.coefficients, fit.guaranteed_high),
        (fit.standard_error_low, truth.standard_errors, fit.standard_error_high),
        (fit.t_low, truth.t_values, fit.t_high),
    ):
        assert np.all(low <= value)
        assert np.all(value <= high)
    assert fit.r_squared_low <= truth.r_squared <= fit.r_squared_high
    # Found bounds are attained, so they lie inside the guaranteed ones, up to the arithmetic; where
    # regressors are nearly collinear the guaranteed ones are wider than need be, by half at most.
    width = fit.guaranteed_high - fit.guaranteed_low
    assert np.all(fit.guaranteed_low <= fit.found_low + 1e-9 * width)
    assert np.all(fit.found_high <= fit.guaranteed_high + 1e-9 * width)
    assert np.all((fit.found_high - fit.found_low)[1:] > 0.5 * width[1:])


def test_found_bounds_are_reached_by_no_random_matrix_and_nearly_by_some() -> None:
    data = made_up(3)
    terms = list(data.columns[1:])
    moments = rounded(data)
    fit = fit_from_moments(moments, "y", terms)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(2000):
        E = np.triu(rng.choice([-1.0, 1.0], size=(6, 6)), 1) * 0.0005
        R = moments.correlations + E + E.T
        s = moments.standard_deviations + moments.deviation_half_widths * rng.choice([-1, 1], 6)
        drawn.append(np.linalg.solve(R[1:, 1:], R[1:, 0]) * s[0] / s[1:])
    assert np.all(np.min(drawn, axis=0) >= fit.guaranteed_low[1:])
    assert np.all(np.max(drawn, axis=0) <= fit.guaranteed_high[1:])
    assert np.all(np.min(drawn, axis=0) >= fit.found_low[1:] - 1e-12)


def test_singular_box_gives_infinite_bounds_and_says_so() -> None:
    near = Moments(
        variables=("y", "a", "b"),
        means=np.zeros(3),
        standard_deviations=np.ones(3),
        correlations=np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.999], [0.5, 0.999, 1.0]]),
        counts=np.full(3, 50),
        mean_half_widths=np.zeros(3),
        deviation_half_widths=np.zeros(3),
        correlation_half_widths=0.01 * (1 - np.eye(3)),
    )
    fit = fit_from_moments(near, "y", ["a", "b"])
    assert np.isinf(fit.guaranteed_high[1])
    assert any("singular" in note for note in fit.notes)


def test_bad_input_is_named() -> None:
    moments = moments_of(made_up(1))
    with pytest.raises(UnknownCodeError, match="x9"):
        fit_from_moments(moments, "y", ["x9"])
    with pytest.raises(ParameterError, match="each"):
        fit_from_moments(moments, "y", ["x1", "x1"])
    with pytest.raises(ParameterError, match="observations"):
        fit_from_moments(moments, "y", ["x1", "x2"], n=3)
    R = np.array([[1, 0.1, 0.9], [0.1, 1, 0.99], [0.9, 0.99, 1.0]])
    impossible = Moments(
        ("y", "a", "b", "c"),
        np.zeros(4),
        np.ones(4),
        np.block([[np.ones((1, 1)), np.zeros((1, 3))], [np.zeros((3, 1)), R]]),
        np.full(4, 50),
        np.zeros(4),
        np.zeros(4),
        np.zeros((4, 4)),
    )
    with pytest.raises(DataError, match="eigenvalue"):
        fit_from_moments(impossible, "y", ["a", "b", "c"])
    with pytest.raises(DataError, match="at most 1"):
        Moments(
            ("y", "a"),
            np.zeros(2),
            np.ones(2),
            np.array([[1, 1.2], [1.2, 1]]),
            np.full(2, 9),
            np.zeros(2),
            np.zeros(2),
            np.zeros((2, 2)),
        )


def test_printed_moments_of_the_2006_paper() -> None:
    moments = printed_moments(printed_paper("okamuro-2006"))
    # Table 3 and appendix 2: INST has standard deviation .005, DENS with START .407.
    at = moments.position
    assert moments.standard_deviations[at("INST")] == 0.005
    assert moments.deviation_half_widths[at("INST")] == pytest.approx(0.0005)
    assert moments.correlations[at("DENS"), at("START")] == 0.407
    fit = fit_from_moments(moments, "START", ["MRATIO", "AVESIZE", "DENS"], n=251)
    # By hand: R⁻¹r with the printed correlations .027, .100, −.169 and .552, −.356, .407.
    R = np.array([[1, 0.1, 0.027], [0.1, 1, -0.169], [0.027, -0.169, 1]])
    slopes = np.linalg.solve(R, [0.552, -0.356, 0.407])
    np.testing.assert_allclose(
        fit.coefficients[1:], slopes * 1.20 / np.array([0.082, 6.3, 16.6]), rtol=1e-12
    )
    assert any("different observations" in note for note in fit.notes)
