"""Formulas: the numbers are those of statsmodels, to nine digits."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import shuseki as sk
from shuseki.errors import DataError, ParameterError, UnknownCodeError

N = 120


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Made-up areas; two have a missing value."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "z": rng.uniform(1, 5, N),
            "prefecture": rng.choice(list("abcdefghijklmnopqrstuvwxy"), N),
            "kind": rng.choice(["u", "v", "w"], N),
            "latitude": 35 + 4 * rng.random(N),
            "longitude": 136 + 4 * rng.random(N),
            "labour_force": rng.integers(100, 900, N),
            "country": "Japan",
        }
    )
    frame["y"] = 1 + frame["x"] - np.log(frame["z"]) / 2 + rng.normal(size=N)
    frame["births"] = rng.poisson(frame["labour_force"] * np.exp(-3 + 0.3 * frame["x"]))
    frame.loc[[3, 7], "x"] = np.nan
    return frame


FORMULA = "y ~ x*log(z) + C(kind)"
THEIRS = "y ~ x*np.log(z) + C(kind)"
KINDS = [
    ("classical", "nonrobust"),
    *((kind, kind) for kind in ("HC0", "HC1", "HC2", "HC3")),
    ("cluster:prefecture", "cluster"),
]


@pytest.mark.parametrize(("vcov", "theirs"), KINDS)
def test_coefficients_and_errors_are_those_of_statsmodels(table, vcov, theirs):
    used = table.dropna()
    groups = {"groups": pd.factorize(used["prefecture"])[0]} if theirs == "cluster" else None
    other = smf.ols(THEIRS, used).fit(cov_type=theirs, cov_kwds=groups)
    fit = sk.ols(FORMULA, table, vcov=vcov)
    names = {"Intercept": "constant"}
    rename = {name: names.get(name, name.replace("np.log", "log")) for name in other.params.index}
    mine = pd.DataFrame({"b": fit.coefficients, "se": fit.standard_errors}, index=fit.terms)
    expected = pd.DataFrame({"b": other.params, "se": other.bse}).rename(rename)
    np.testing.assert_allclose(mine, expected.loc[mine.index], rtol=1e-9)
    assert fit.n == N - 2
    assert fit.r2 == pytest.approx(other.rsquared, rel=1e-9)
    assert "2 rows with a missing value left out." in fit.notes


def test_cr1_leaves_out_the_factor_of_coefficients(table):
    stata = sk.ols("y ~ x", table, vcov="cluster:prefecture")
    plain = sk.ols("y ~ x", table, vcov="CR1:prefecture")
    factor = (stata.n - 1) / (stata.n - 2)  # (n − 1) / (n − k), entry.ols
    np.testing.assert_allclose(stata.covariance, factor * plain.covariance, rtol=1e-12)


def test_poisson_is_that_of_statsmodels(table):
    used = table.dropna()
    other = smf.poisson("births ~ x + C(kind)", used, exposure=used["labour_force"]).fit(
        disp=0, cov_type="HC0", maxiter=100
    )
    fit = sk.poisson("births ~ x + C(kind)", table, exposure="labour_force", vcov="HC0")
    order = ["Intercept", *fit.terms[1:]]
    np.testing.assert_allclose(fit.coefficients, other.params[order], rtol=1e-6)
    np.testing.assert_allclose(fit.errors, other.bse[order], rtol=1e-6)
    hc1 = sk.poisson("births ~ x + C(kind)", table, exposure="labour_force")
    np.testing.assert_allclose(hc1.errors, fit.errors * np.sqrt(118 / 114), rtol=1e-9)
    clustered = sk.poisson("births ~ x", table, exposure="labour_force", vcov="cluster:prefecture")
    assert clustered.clusters == table.dropna()["prefecture"].nunique()


def test_conley_of_a_tiny_cutoff_is_hc0(table):
    near = sk.ols("y ~ x + z", table, vcov="conley:0.001km")
    white = sk.ols("y ~ x + z", table, vcov="HC0")
    np.testing.assert_allclose(near.standard_errors, white.standard_errors, rtol=1e-9)
    assert "Conley, 0.001 km standard errors" in near.headline()
    assert near.f_robust == pytest.approx(white.f_robust, rel=1e-9)
    assert any(source.key == "Conley1999" for source in near.sources)


def test_regional_variables_keep_their_words_and_counts(variables):
    fit = sk.ols("START ~ UNEMPL + MRATIO", variables, vcov="cluster:area_group")
    assert fit.definitions is variables.definitions
    assert fit.clusters == len(set(variables.area_groups))
    counts = sk.poisson("START ~ UNEMPL + MRATIO", variables)
    given = pd.DataFrame(
        {
            "n": variables.counts["START"],
            "force": variables.exposure["START"],
            "UNEMPL": variables.frame["UNEMPL"],
            "MRATIO": variables.frame["MRATIO"],
        }
    )
    by_hand = sk.poisson("n ~ UNEMPL + MRATIO", given, exposure="force")
    np.testing.assert_allclose(counts.coefficients, by_hand.coefficients, rtol=1e-12)


ERRORS = [
    ("y ~ xx", {}, UnknownCodeError, r"no column 'xx'.*Did you mean x\?"),
    ("y ~ x", {"vcov": "cluster:prefectur"}, UnknownCodeError, "Did you mean prefecture"),
    ("y ~ x", {"vcov": "HC9"}, ParameterError, "vcov='HC9'. Expected classical, HC0"),
    ("y ~ x", {"vcov": "cluster"}, ParameterError, "cluster:COLUMN"),
    ("y ~ x", {"vcov": "conley:near"}, ParameterError, "conley:50km"),
    ("y ~ x", {"vcov": "conley:9km", "latitude": "lat"}, UnknownCodeError, "Did you mean latitude"),
    ("y ~ x + C(country)", {}, DataError, r"do not vary.*C\(country\)"),
    ("y ~ x + I(z * 0)", {}, DataError, "do not vary"),
    ("y ~ x + I(2 * x)", {}, DataError, "add up to one another"),
    ("y ~ log(x)", {}, DataError, "no value in 5[0-9] of 118 rows.*above 0"),
    ("y ~ x +", {}, ParameterError, "cannot be computed.*Correct it"),
    ("~ x", {}, ParameterError, "no outcome and ~"),
    ("y ~ x | kind", {}, ParameterError, r"\| is not read here.*C\(column\)"),
    ("y ~ 0 + x", {}, ParameterError, "leaves out the constant"),
    ("y ~ 1", {}, ParameterError, "no terms"),
    ("y + z ~ x", {}, ParameterError, "2 columns"),
]


@pytest.mark.parametrize(("formula", "more", "kind", "words"), ERRORS)
def test_errors_say_what_to_do(table, formula, more, kind, words):
    with pytest.raises(kind, match=words):
        sk.ols(formula, table, **more)


def test_poisson_refuses_what_it_has_not(table):
    with pytest.raises(ParameterError, match=r"vcov='HC3' of a Poisson model"):
        sk.poisson("births ~ x", table, vcov="HC3")
    with pytest.raises(ParameterError, match="The data are list"):
        sk.ols("y ~ x", [1])
