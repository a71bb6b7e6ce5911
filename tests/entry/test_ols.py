"""Least squares against statsmodels, hand arithmetic, certified values and invariance."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from shuseki.datasets import regional_accounts
from shuseki.entry.descriptives import describe
from shuseki.entry.design import CLUSTERED, STANDARD_ERRORS, Design, read_designs
from shuseki.entry.ols import check_design, estimate, estimate_all, least_squares, stars
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.papers.beside import fits_beside
from shuseki.papers.catalogue import paper_folder, printed_paper
from shuseki.papers.okamuro_2006.variables import table_2

EXACT = 1e-10
"""Relative agreement with statsmodels on well-conditioned data."""


def test_a_line_by_hand():
    # (0, 1), (1, 2), (2, 6): slope 2.5, intercept 0.5; residuals .5, −1, .5; e'e = 1.5.
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    y = np.array([1.0, 2.0, 6.0])
    classical = least_squares(y, X, "classical")
    np.testing.assert_allclose(classical.coefficients, [0.5, 2.5])
    np.testing.assert_allclose(classical.residuals, [0.5, -1.0, 0.5])
    np.testing.assert_allclose(classical.leverages, [5 / 6, 1 / 3, 5 / 6])
    # var(slope) = 1.5 / (3 − 2) / Σ(x − 1)² = 1.5 / 2.
    assert classical.covariance[1, 1] == pytest.approx(0.75)
    # HC0 of the slope: Σ(x − 1)² e² / (Σ(x − 1)²)² = (.25 + .25) / 4; HC1 multiplies by 3 / 1.
    assert least_squares(y, X, "HC0").covariance[1, 1] == pytest.approx(0.125)
    assert least_squares(y, X, "HC1").covariance[1, 1] == pytest.approx(0.375)
    # HC2: each .25 / (1 − 5/6) = 1.5, so 3 / 4; HC3: each .25 / (1/6)² = 9, so 18 / 4.
    assert least_squares(y, X, "HC2").covariance[1, 1] == pytest.approx(0.75)
    assert least_squares(y, X, "HC3").covariance[1, 1] == pytest.approx(4.5)


def of_statsmodels(kind, codes):
    """How statsmodels is asked for a kind of standard errors."""
    if kind in CLUSTERED:
        return {"cov_type": "cluster", "cov_kwds": {"groups": codes}}
    return {"cov_type": "nonrobust" if kind == "classical" else kind}


@pytest.mark.parametrize("kind", STANDARD_ERRORS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(15, 120), k=st.integers(2, 9))
def test_equal_to_statsmodels(kind, seed, n, k):
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [np.ones(n), rng.normal(size=(n, k - 1)) * 10.0 ** rng.uniform(-3, 3, k - 1)]
    )
    y = X @ rng.normal(size=k) + rng.normal(size=n) * (1 + np.abs(X[:, 1]))
    codes = rng.permutation(n) % 7 if kind in CLUSTERED else None
    ours = least_squares(y, X, kind, codes)
    theirs = sm.OLS(y, X).fit(**of_statsmodels(kind, codes))
    scale = np.sqrt(np.outer(*[np.diag(ours.covariance)] * 2))
    np.testing.assert_allclose(
        ours.coefficients / theirs.bse, theirs.params / theirs.bse, atol=EXACT * 1e3, rtol=EXACT
    )
    factor = (n - k) / (n - 1) if kind == "CR1" else 1.0  # statsmodels has the factor of CR1S
    np.testing.assert_allclose(
        ours.covariance / scale, factor * theirs.cov_params() / scale, atol=EXACT
    )


@pytest.mark.parametrize("kind", [kind for kind in STANDARD_ERRORS if kind != "CR1"])
def test_a_fit_equals_statsmodels_in_every_number(variables, kind):
    design = Design("START", ("UNEMPL", "DENS", "MRATIO", "AVESIZE"), standard_errors=kind)
    fit = estimate(design, variables)
    theirs = sm.OLS(fit.sample.outcome, fit.sample.regressors).fit(
        **of_statsmodels(kind, fit.sample.clusters), use_t=True
    )
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=EXACT)
    np.testing.assert_allclose(fit.standard_errors, theirs.bse, rtol=EXACT)
    np.testing.assert_allclose(fit.t, theirs.tvalues, rtol=EXACT)
    np.testing.assert_allclose(fit.p, theirs.pvalues, rtol=1e-8)
    assert fit.r2 == pytest.approx(theirs.rsquared, rel=EXACT)
    assert fit.adjusted_r2 == pytest.approx(theirs.rsquared_adj, rel=EXACT)
    # statsmodels prints the Wald F of the chosen covariance.
    assert fit.f_robust == pytest.approx(float(np.squeeze(theirs.fvalue)), rel=1e-9)
    assert fit.f_robust_p == pytest.approx(float(theirs.f_pvalue), rel=1e-6)
    if kind == "classical":
        assert fit.f_classical == pytest.approx(fit.f_robust, rel=1e-9)


def test_longley_certified():
    """NIST StRD, Longley (certified values; data in statsmodels): eleven digits asked for."""
    data = sm.datasets.longley.load_pandas()
    X = sm.add_constant(data.exog).to_numpy()
    ours = least_squares(data.endog.to_numpy(), X, "classical")
    certified = [
        -3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683,
        -1.03322686717359, -0.511041056535807e-01, 1829.15146461355,
    ]  # fmt: skip
    deviations = [
        890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699,
        0.214274163161675, 0.226073200069370, 455.478499142212,
    ]  # fmt: skip
    np.testing.assert_allclose(ours.coefficients, certified, rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.covariance)), deviations, rtol=1e-8)


def test_the_printed_f_is_the_classical_one():
    """F = (R²/(k − 1)) / ((1 − R²)/(n − k)) from each printed adjusted R², tables 4 to 6."""
    paper = printed_paper()
    for design in read_designs(paper_folder() / "designs.toml"):
        where = {"outcome": design.outcome, "model": design.model}
        adjusted = paper.number("fit", "value", statistic="adjusted_r2", **where)
        n = paper.number("fit", "value", statistic="n", **where).value
        f = paper.number("fit", "value", statistic="f_statistic", **where)
        k = len(design.terms) + 1

        def implied(value, n=n, k=k):
            r2 = 1 - (1 - value) * (n - k) / (n - 1)
            return (r2 / (k - 1)) / ((1 - r2) / (n - k))

        low, high = (implied(value) for value in adjusted.interval)
        assert low - f.last_digit <= f.value <= high + f.last_digit, where


def test_slopes_do_not_depend_on_the_order_of_the_areas(variables):
    design = Design("START", ("UNEMPL", "DENS", "LNLANDP"))
    fit = estimate(design, variables)
    shuffled = variables.frame.sample(frac=1, random_state=1)
    other = estimate(design, replace(variables, frame=shuffled))
    np.testing.assert_allclose(fit.coefficients, other.coefficients, rtol=EXACT)
    np.testing.assert_allclose(fit.covariance, other.covariance, rtol=1e-9)


def test_a_change_of_units_changes_the_slope_alone(variables):
    design = Design("START", ("UNEMPL", "DENS"))
    percent = variables.with_columns(UNEMPL=100 * variables.column("UNEMPL"))
    a, b = estimate(design, variables), estimate(design, percent)
    assert b.coefficients[1] == pytest.approx(a.coefficients[1] / 100, rel=1e-9)
    np.testing.assert_allclose(a.t, b.t, rtol=1e-8)
    assert a.adjusted_r2 == pytest.approx(b.adjusted_r2)


def test_slopes_of_the_groups_add_up_on_one_sample(variables):
    terms = ("UNEMPL", "DENS", "MRATIO")
    whole, high, low = (
        estimate(Design(outcome, terms, outliers="none"), variables)
        for outcome in ("START", "START_H", "START_L")
    )
    np.testing.assert_allclose(
        whole.coefficients, high.coefficients + low.coefficients, rtol=1e-8, atol=1e-9
    )


def test_robust_t_cover_the_truth():
    """Under heteroskedasticity the 95% intervals of HC3 cover a true slope of 2 about 95%."""
    # 400 draws; three standard errors of a share of 95% are 3.3 points.
    rng = np.random.default_rng(1)
    x = rng.normal(size=100)
    X = np.column_stack([np.ones(100), x])
    covered = 0
    for _ in range(400):
        y = 1 + 2 * x + rng.normal(size=100) * (0.5 + np.abs(x))
        fitted = least_squares(y, X, "HC3")
        covered += abs(fitted.coefficients[1] - 2) < 1.984 * np.sqrt(fitted.covariance[1, 1])
    assert 0.917 < covered / 400 < 0.983


def test_stars_stop_at_their_level():
    assert [stars(p) for p in (0.0099, 0.01, 0.0499, 0.05, 0.0999, 0.10)] == [
        "***", "**", "**", "*", "*", "",
    ]  # fmt: skip
    assert stars(float("nan")) == ""


@pytest.mark.parametrize("method", ["to_frame", "fit_statistics"])
def test_tables_are_tidy(variables, method):
    fits = estimate_all(read_designs(paper_folder() / "designs.toml"), variables)
    frame = getattr(fits, method)()
    assert list(frame.columns[:2]) == ["outcome", "model"]
    assert not frame.duplicated(list(frame.columns[:3])).any()


def test_printed_beside_obtained(variables):
    paper = printed_paper()
    seen = []
    designs = read_designs(paper_folder() / "designs.toml")
    fits = fits_beside(
        estimate_all(designs, variables, progress=lambda *at: seen.append(at)), paper
    )
    frame = fits["START", 1].to_frame().set_index("term")
    assert frame.loc["UNEMPL", "printed_coefficient"] == "10.8"
    assert frame.loc["UNEMPL", "printed_stars"] == "**"
    assert seen[-1] == (12, 12)
    assert fits["START_L", "4"].n == fits["START_L", 4].n
    assert ("START", 4) in fits
    assert ("START", 5) not in fits
    assert len(fits) == len(list(fits)) == 12
    with pytest.raises(UnknownCodeError, match="START, 5"):
        fits["START", 5]
    assert fits.of("START").models == ("1", "2", "3", "4")


def test_the_truth_is_found(variables):
    from_births = estimate(
        Design("START", ("UNEMPL", "DENS", "MRATIO", "AVESIZE", "HITECH"), outliers="none"),
        variables,
    )
    truth = np.array([9.0, 0.014, 9.0, -0.09, 2.4])  # conftest.TRUTH
    z = (from_births.coefficients[1:] - truth) / from_births.standard_errors[1:]
    assert np.abs(z).max() < 3


def test_singular_designs_name_the_terms(variables):
    more = variables.with_columns(
        SUM=variables.column("UNEMPL") + 2 * variables.column("UNIV"), FLAT=[5.0] * 253
    )
    with pytest.raises(
        DataError, match=r"add up to one another, or to a constant, in model 1 of START: .*SUM"
    ):
        estimate(Design("START", ("PCM", "UNEMPL", "UNIV", "SUM")), more)
    with pytest.raises(DataError, match=r"do not vary .*: FLAT"):
        estimate(Design("START", ("PCM", "FLAT")), more)
    with pytest.raises(DataError, match="20 areas for 21 coefficients"):
        check_design(np.arange(20.0), np.ones((20, 21)), tuple("abcdefghijklmnopqrstu"), "it")
    with pytest.raises(DataError, match="outcome is 3"):
        estimate(Design("START", ("PCM",)), more.with_columns(START=[3.0] * 253))


def test_dummies_that_fill_the_constant_are_named(variables):
    flags = pd.get_dummies(variables.frame["largest_industry"], dtype=float)
    more = variables.with_columns(**{name: flags[name] for name in flags})
    with pytest.raises(DataError, match="or to a constant") as error:
        estimate(Design("START", tuple(flags)), more)
    assert all(name in str(error.value) for name in flags)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_an_area_with_a_dummy_of_its_own_is_named(variables, kind):
    alone = variables.with_columns(ALONE=[1.0] + [0.0] * 252)
    estimate(Design("START", ("PCM", "ALONE"), standard_errors="classical"), alone)
    with pytest.raises(DataError, match=r"^ALONE is decided .* by area 001 \(leverage 1\)"):
        estimate(Design("START", ("PCM", "ALONE"), standard_errors=kind), alone)


def test_a_dummy_of_two_areas_is_told(variables):
    # their two residuals are d/2 and −d/2: HC0 finds half of the variance, HC1 253/250 of that
    both = variables.with_columns(BOTH=[1.0, 1.0] + [0.0] * 251)
    fit = estimate(Design("START", ("PCM", "BOTH"), outliers="none"), both)
    assert fit.notes[-1].startswith("BOTH rests on few areas (001, 002): with equal variances")
    assert "71% of the true one" in fit.notes[-1]  # √.5 = .707


def test_clusters_by_prefecture_and_by_a_column(variables):
    by_prefecture = estimate(Design("START", ("UNEMPL", "DENS"), standard_errors="CR1"), variables)
    assert by_prefecture.clusters == 43  # 253 codes, six to a made-up prefecture
    assert by_prefecture.degrees_of_freedom == 42
    assert "CR1 standard errors (43 clusters)" in by_prefecture.headline()
    assert not by_prefecture.notes[1:]
    few = variables.with_columns(region=[k % 4 for k in range(253)])
    fit = estimate(Design("START", ("UNEMPL",), standard_errors="CR1", groups="region"), few)
    assert "Only 4 clusters" in fit.notes[-1]
    p = 2 * stats.t.sf(abs(fit.t[1]), 3)
    assert fit.p[1] == pytest.approx(p)
    five = ("UNEMPL", "DENS", "MRATIO", "AVESIZE")
    joint = estimate(Design("START", five, standard_errors="CR1", groups="region"), few)
    assert np.isnan(joint.f_robust)  # four slopes, rank three at most


def test_clusters_that_say_nothing_are_refused(variables):
    one = variables.with_columns(all=["x"] * 253, half=["a"] * 120 + ["b"] * 133)
    one = one.with_columns(SIDE=(one.frame["half"] == "a").astype(float))
    with pytest.raises(DataError, match="in one cluster"):
        estimate(Design("START", ("PCM",), standard_errors="CR1", groups="all"), one)
    with pytest.raises(DataError, match=r"^SIDE is decided almost alone by clusters"):
        estimate(Design("START", ("SIDE",), standard_errors="CR1", groups="half"), one)
    # beside a term that varies within the two clusters it is refused all the same
    with pytest.raises(DataError, match=r"^SIDE is decided"):
        estimate(Design("START", ("PCM", "SIDE"), standard_errors="CR1", groups="half"), one)
    with pytest.raises(UnknownCodeError, match="nowhere"):
        estimate(Design("START", ("PCM",), standard_errors="CR1", groups="nowhere"), one)
    with pytest.raises(ParameterError, match="Groups 'half' with HC1"):
        Design("START", ("PCM",), groups="half")
    gap = one.with_columns(half=[None] + ["a"] * 119 + ["b"] * 133)
    with pytest.raises(DataError, match=r"\(half\) is unknown in 001"):
        estimate(
            Design("START", ("PCM",), outliers="none", standard_errors="CR1", groups="half"), gap
        )


def test_one_treated_cluster_is_told_three_are_not(variables):
    # the variance of the only treated cluster cannot be seen: of 1/m + 1/(11 m) only 1/(11 m),
    # itself less 1/11, times 12/11: 12/11 · (10/121) / (12/11) = .083, whose root is 29%
    groups = variables.with_columns(g=[k % 12 for k in range(253)])
    one = groups.with_columns(TREATED=(groups.frame["g"] == 0).astype(float))
    ask = Design("START", ("TREATED",), outliers="none", standard_errors="CR1", groups="g")
    told = estimate(ask, one).notes
    assert told[0].startswith("TREATED rests on few clusters (0): with equal variances its CR1")
    assert "29% of the true one" in told[0]
    three = groups.with_columns(TREATED=(groups.frame["g"] < 3).astype(float))
    assert not any("TREATED" in note for note in estimate(ask, three).notes)


def test_sets_of_equations_are_checked(variables):
    with pytest.raises(ParameterError, match="No designs"):
        estimate_all([], variables)
    with pytest.raises(ParameterError, match="same outcome and model"):
        estimate_all([Design("START", ("PCM",))] * 2, variables)
    with pytest.raises(ParameterError, match="HC9"):
        least_squares(np.ones(3), np.ones((3, 1)), "HC9")


def test_columbus_as_published():
    """Anselin (1988), Spatial Econometrics, table 12.1: CRIME on INC and HOVAL, 49 areas."""
    folder = Path(__file__).parents[2] / "../shared/data/published/spatial_econ"
    file = folder / "spdata_columbus.csv"
    if not file.is_file():
        pytest.skip("the published data sets are not beside this checkout")
    data = pd.read_csv(file)
    X = np.column_stack([np.ones(len(data)), data["INC"], data["HOVAL"]])
    fitted = least_squares(data["CRIME"].to_numpy(), X, "classical")
    np.testing.assert_allclose(fitted.coefficients, [68.619, -1.597, -0.274], atol=6e-4)
    np.testing.assert_allclose(
        np.sqrt(np.diag(fitted.covariance)), [4.735, 0.334, 0.103], atol=6e-4
    )


def test_public_accounts_give_the_regressors():
    """Real statistics through the same definitions: GRSALES and UNIV as printed (table 3)."""
    variables = table_2(regional_accounts("public"))
    table = describe(variables).table
    assert not variables.is_synthetic
    assert table.loc["GRSALES", "min"] == pytest.approx(-0.230, abs=0.001)
    assert table.loc["UNIV", "mean"] == pytest.approx(0.093, abs=0.001)
    assert table.loc["INST", "n"] == 0
