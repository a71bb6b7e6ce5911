"""How many births, rather than which rate?

Births are counts. With exposure E (the labour force, in 10,000) a count model says
E[y | x] = E · exp(x'b), so that exp(x'b) is the startup rate per 10,000 and a district without a
single birth is an observation, not a nuisance.

poisson             maximum likelihood; with robust errors it is the Poisson pseudo-maximum
                    likelihood estimator, which needs only the mean to be right
negative_binomial   variance μ + αμ² (NB2)
zero_inflated       Poisson, with a logit share of areas that could not have had a birth

Takes    a table, one row per area: counts, exposure, terms; groups for clustered errors.
Gives    CountFit: coefficients (change in the log rate), and average marginal effects in births
         per 10,000 labour force, so that they compare with the linear model.
Sources  Cameron and Trivedi (2013), Regression Analysis of Count Data, ch. 3–4; Santos Silva and
         Tenreyro (2006), Review of Economics and Statistics 88; Correia, Guimarães and Zylkin
         (2021), arXiv:1903.01633, for separation.
Checked  tests/entry/test_counts.py.
"""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from scipy.optimize import linprog
from statsmodels.tools.numdiff import approx_fprime

from shuseki.arrays import Bools, Floats, Ints
from shuseki.entry.effects import Effects, tell, tell_ja
from shuseki.entry.ols import stars
from shuseki.entry.variables import DEFINITIONS, Convention
from shuseki.errors import ConvergenceError, DataError, ParameterError, examples
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "CountFit",
    "Overdispersion",
    "count_effects",
    "count_model",
    "overdispersion",
    "separated",
]

Family = Literal["poisson", "negative_binomial", "zero_inflated"]
FAMILIES = ("poisson", "negative_binomial", "zero_inflated")
ERRORS = ("classical", "HC0", "HC1", "cluster")

COUNT_DATA = Source(
    "CameronTrivedi2013",
    "Cameron and Trivedi, Regression Analysis of Count Data, 2nd ed., Cambridge University Press",
    "2013",
)


@result
class CountFit(Result):
    """A count model.

    Attributes
    ----------
    outcome, family, standard_errors
        What was estimated, and how.
    terms
        ``constant`` and the regressors, length k.
    coefficients, errors
        Change in the log rate per unit of the term, and standard errors, shape ``(k,)``.
    covariance
        Shape ``(k, k)``.
    marginal_effects, marginal_errors
        Average change in the rate per 10,000 per unit of the term (delta method), shape ``(k,)``.
    dispersion
        α of the negative binomial; 0 for the others.
    means
        Expected counts (of areas that can have births, when zero-inflated), shape ``(n,)``.
    log_likelihood, n
        Of the fit. ``zeros`` counts areas without a birth, ``zeros_expected`` what the fit expects.
    """

    outcome: str
    family: str
    standard_errors: str
    terms: tuple[str, ...]
    coefficients: Floats
    errors: Floats
    covariance: Floats
    marginal_effects: Floats
    marginal_errors: Floats
    dispersion: float
    means: Floats
    log_likelihood: float
    n: int
    zeros: int
    zeros_expected: float

    def p_values(self) -> Floats:
        """Two-sided, from the normal distribution, shape ``(k,)``."""
        p: Floats = 2 * stats.norm.sf(np.abs(self.coefficients / self.errors))
        return p

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "family": self.family,
                "term": self.terms,
                "coefficient_log_rate": self.coefficients,
                "standard_error": self.errors,
                "z": self.coefficients / self.errors,
                "p_value": self.p_values(),
                "marginal_effect_per_10000": self.marginal_effects,
                "marginal_standard_error": self.marginal_errors,
            }
        )

    def headline(self) -> str:
        """Which terms are significant, n, and how zeros fit."""
        named = [
            f"{term} {'+' if b > 0 else '−'}"
            for term, b, p in zip(self.terms, self.coefficients, self.p_values(), strict=True)
            if p < 0.05 and term != "constant"
        ]
        return (
            f"{self.outcome}, {self.family.replace('_', ' ')}: significant at 5% "
            f"({self.standard_errors}): {', '.join(named) or 'none'}; n = {self.n}, "
            f"{self.zeros} zeros ({self.zeros_expected:.1f} expected)"
        )


@result
class Overdispersion(Result):
    """Is the variance larger than the mean?

    Attributes
    ----------
    alpha_nb1, t_nb1
        Cameron and Trivedi's regression against variance μ + αμ.
    alpha_nb2, t_nb2
        The same against variance μ + αμ².
    n
        Observations.
    """

    alpha_nb1: float
    t_nb1: float
    alpha_nb2: float
    t_nb2: float
    n: int

    def to_frame(self) -> pd.DataFrame:
        """One row per alternative."""
        return pd.DataFrame(
            {
                "alternative": ["variance μ + αμ", "variance μ + αμ²"],
                "alpha": [self.alpha_nb1, self.alpha_nb2],
                "t": [self.t_nb1, self.t_nb2],
                "p_value_one_sided": stats.norm.sf([self.t_nb1, self.t_nb2]),
            }
        )

    def headline(self) -> str:
        """The quadratic alternative."""
        return f"overdispersion α = {self.alpha_nb2:.3g} (t = {self.t_nb2:.2f}), n = {self.n}"


def count_model(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    exposure: str | None = None,
    family: Family = "poisson",
    standard_errors: str = "HC1",
    groups: str | None = None,
    sources: tuple[Source, ...] = (),
) -> CountFit:
    """Fit a count model to the areas of a table.

    Parameters
    ----------
    table
        One row per area. Rows with a missing value are left out, and the result says how many.
    outcome
        Column of counts (any non-negative numbers for ``poisson``: the pseudo-likelihood holds).
    terms
        Columns of regressors.
    exposure
        Column with the base of the rate, e.g. the labour force in 10,000; none by default.
    family
        ``poisson``, ``negative_binomial`` or ``zero_inflated``.
    standard_errors
        ``classical``, ``HC0``, ``HC1`` (× n / (n − k)), or ``cluster`` (× G / (G − 1); with
        ``groups``).
    groups
        Column of clusters, e.g. the prefecture.

    Raises
    ------
    DataError
        Negative or fractional counts, exposure that is not positive, a constant or collinear term.
    ParameterError
        Separation: a combination of terms is at its bound exactly where there are no births.
    ConvergenceError
        The likelihood did not reach its maximum.
    """
    for name, value, allowed in (
        ("family", family, FAMILIES),
        ("standard_errors", standard_errors, ERRORS),
    ):
        if value not in allowed:
            raise ParameterError(f"{name} is {value!r}. Expected one of {', '.join(allowed)}.")
    if (standard_errors == "cluster") != (groups is not None):
        raise ParameterError(
            "Clustered standard errors need groups, and groups mean clustered standard errors. "
            f"Found standard_errors={standard_errors!r}, groups={groups!r}. Give both or neither."
        )
    wanted = [outcome, *terms, *filter(None, (exposure, groups))]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise DataError(
            f"The table lacks columns {examples(missing)}. Found {examples(table.columns, 20)}. "
            "Name columns that it has."
        )
    used = table[wanted].dropna()
    y = used[outcome].to_numpy(dtype=float)
    base = used[exposure].to_numpy(dtype=float) if exposure else np.ones(len(used))
    x = np.column_stack([np.ones(len(used)), used[list(terms)].to_numpy(dtype=float)])
    names = ("constant", *terms)
    _check(used, outcome, y, base, x, names, family)
    codes = pd.factorize(used[groups])[0] if groups else None
    scale = np.concatenate([[1.0], x[:, 1:].std(axis=0)])
    b, cov, alpha, loglik, expected = _fit(y, x / scale, base, family, standard_errors, codes)
    b, cov = b / scale, cov / np.outer(scale, scale)
    rate = np.exp(x @ b)
    effects, effect_errors = average_marginal_effects(x, b, cov, rate)
    left_out = len(table) - len(used)
    return CountFit(
        outcome=outcome,
        family=family,
        standard_errors=standard_errors if not groups else f"clustered by {groups}",
        terms=names,
        coefficients=b,
        errors=np.sqrt(np.diag(cov)),
        covariance=cov,
        marginal_effects=effects,
        marginal_errors=effect_errors,
        dispersion=alpha,
        means=rate * base,
        log_likelihood=loglik,
        n=len(used),
        zeros=int((y == 0).sum()),
        zeros_expected=expected,
        notes=(f"{left_out} areas with a missing value were left out.",) if left_out else (),
        sources=(*sources, COUNT_DATA),
    )


def count_effects(fits: Sequence[CountFit], *, convention: Convention = "labour_market") -> Effects:
    """Tell average marginal effects in the words of the linear model (``entry.effects``).

    Parameters
    ----------
    fits
        Count models whose exposure is the convention's denominator in its unit (the labour force
        in 10,000); outcomes named as the rates (``START``, ``START_H``, ``START_L``).
    convention
        Of the rates.
    """
    bound = float(stats.norm.ppf(0.975))
    rows = []
    for fit in fits:
        for k, term in enumerate(fit.terms):
            if term == "constant":
                continue
            step = DEFINITIONS[term].step if term in DEFINITIONS else 1.0
            change = float(fit.marginal_effects[k]) * step
            half = bound * float(fit.marginal_errors[k]) * abs(step)
            rows.append(
                {
                    "outcome": fit.outcome,
                    "model": fit.family.replace("_", " "),
                    "variable": term,
                    "step": step,
                    "change": change,
                    "low": change - half,
                    "high": change + half,
                    "stars": stars(float(fit.p_values()[k])),
                    "words": tell(term, fit.outcome, change, convention),
                    "words_ja": tell_ja(term, fit.outcome, change, convention),
                }
            )
    return Effects(
        table=pd.DataFrame(rows),
        notes=("Average marginal effects of count models, delta-method intervals.",),
        sources=tuple(dict.fromkeys(source for fit in fits for source in fit.sources)),
    )


def overdispersion(
    counts: Floats, means: Floats, *, sources: tuple[Source, ...] = ()
) -> Overdispersion:
    """Test equidispersion: regress ((y − μ)² − y)/μ on 1 (NB1) and on μ (NB2), no constant.

    Parameters
    ----------
    counts, means
        Observed counts and the means of a Poisson fit, shape ``(n,)``. t is heteroskedasticity-
        robust (Cameron and Trivedi 2013, eq. 3.39).
    """
    z = ((counts - means) ** 2 - counts) / means
    answers = []
    for g in (np.ones_like(means), means):
        a = (g @ z) / (g @ g)
        robust = np.sqrt(((g * (z - a * g)) ** 2).sum()) / (g @ g)
        answers += [float(a), float(a / robust)]
    return Overdispersion(
        alpha_nb1=answers[0],
        t_nb1=answers[1],
        alpha_nb2=answers[2],
        t_nb2=answers[3],
        n=len(counts),
        sources=(*sources, COUNT_DATA.at("eq. 3.39")),
    )


# ---- checks ---------------------------------------------------------------------------------


def _check(
    used: pd.DataFrame,
    outcome: str,
    y: Floats,
    base: Floats,
    x: Floats,
    names: tuple[str, ...],
    family: str,
) -> None:
    if len(used) <= x.shape[1]:
        raise DataError(
            f"{len(used)} complete rows for {x.shape[1]} coefficients. Expected more rows than "
            "coefficients. Leave out terms, or fill in the missing values."
        )
    negative = y < 0
    if negative.any():
        raise DataError(
            f"Negative counts of {outcome}: rows {examples(used.index[negative])}. "
            "Expected counts of births. Correct them."
        )
    fractional = y != np.round(y)
    if fractional.any() and family != "poisson":
        raise DataError(
            f"{outcome} is not a count in rows {examples(used.index[fractional])}. Expected whole "
            'numbers. Pass the counts and an exposure, or use family="poisson".'
        )
    if (base <= 0).any():
        raise DataError(
            f"Exposure is not positive in rows {examples(used.index[base <= 0])}. "
            "Expected positive numbers. Leave those areas out."
        )
    if not y.any():
        raise DataError(f"All {len(y)} counts of {outcome} are 0. Expected at least one birth.")
    centred = x[:, 1:] - x[:, 1:].mean(axis=0)
    spread = centred.std(axis=0)
    flat = [names[j + 1] for j in np.flatnonzero(spread <= 1e-12 * np.abs(x[:, 1:]).max(axis=0))]
    if flat:
        raise DataError(f"Terms that do not vary: {examples(flat)}. Leave them out.")
    if np.linalg.matrix_rank(centred / spread) < len(names) - 1:
        _, _, right = np.linalg.svd(centred / spread)
        loaded = [names[j + 1] for j in np.flatnonzero(np.abs(right[-1]) > 1e-6)]
        raise DataError(
            f"Terms that are linear combinations of one another: {examples(loaded)}. "
            "Leave one of them out."
        )
    where, terms = separated(y, x / np.concatenate([[1.0], spread]))
    if where.any():
        raise ParameterError(
            f"{int(where.sum())} areas without births are separated by "
            f"{examples(names[j] for j in terms)}: rows {examples(used.index[where])}. The "
            "likelihood has no maximum. Leave out those terms, or those areas (they say nothing "
            "about the others)."
        )


def separated(y: Floats, x: Floats) -> tuple[Bools, list[int]]:
    """Find the zeros that a combination of columns separates from the rest.

    Maximises Σ z_i over z = xγ with z = 0 where y > 0 and 0 ≤ −z ≤ 1 where y = 0 (Correia,
    Guimarães and Zylkin 2021, eq. 4): the estimate exists iff the maximum is 0.

    Parameters
    ----------
    y, x
        Shapes ``(n,)`` and ``(n, k)``.

    Returns
    -------
    where, columns
        The separated rows, shape ``(n,)``, and the columns of the separating combination.
    """
    zero = y == 0
    where = np.zeros(len(y), dtype=bool)
    if not zero.any():
        return where, []
    solution = linprog(
        x[zero].sum(axis=0),
        A_ub=np.vstack([x[zero], -x[zero]]),
        b_ub=np.concatenate([np.zeros(zero.sum()), np.ones(zero.sum())]),
        A_eq=x[~zero],
        b_eq=np.zeros((~zero).sum()),
        bounds=(None, None),
        method="highs",
    )
    if solution.status != 0 or solution.fun > -1e-7:
        return where, []
    where[zero] = x[zero] @ solution.x < -1e-7
    return where, [int(j) for j in np.flatnonzero(np.abs(solution.x) > 1e-7)]


# ---- the arithmetic -------------------------------------------------------------------------


def average_marginal_effects(
    x: Floats, b: Floats, cov: Floats, rate: Floats
) -> tuple[Floats, Floats]:
    """Average d rate / d x_j = b_j · mean(rate), with delta-method errors, shapes ``(k,)``."""
    mean = rate.mean()
    effects = b * mean
    gradient = np.eye(len(b)) * mean + np.outer(b, (rate[:, None] * x).mean(axis=0))
    return effects, np.sqrt(np.einsum("ij,jk,ik->i", gradient, cov, gradient))


def _fit(
    y: Floats,
    x: Floats,
    base: Floats,
    family: str,
    standard_errors: str,
    codes: Ints | None,
) -> tuple[Floats, Floats, float, float, float]:
    """Coefficients, covariance, dispersion, log likelihood, expected zeros."""
    n, k = x.shape
    poisson = sm.GLM(y, x, family=sm.families.Poisson(), offset=np.log(base)).fit(
        maxiter=200, tol=1e-12
    )
    if not poisson.converged:
        raise ConvergenceError(
            f"Poisson did not converge in 200 steps (deviance {poisson.deviance:.6g}). "
            "Rescale or leave out terms."
        )
    if family == "poisson":
        scores = x * (y - poisson.mu)[:, None]
        bread = np.linalg.inv((x * poisson.mu[:, None]).T @ x)
        cov = _sandwich(bread, scores, standard_errors, codes, k)
        zeros = float(np.exp(-poisson.mu).sum())
        return poisson.params, cov, 0.0, float(poisson.llf), zeros
    if family == "negative_binomial":
        model = sm.NegativeBinomial(y, x, loglike_method="nb2", exposure=base)
        # moment estimate of α; where it is not positive the likelihood falls from α = 0 on
        excess = float(((y - poisson.mu) ** 2 - y).sum() / (poisson.mu**2).sum())
        if excess <= 0:
            raise ConvergenceError(
                f"The negative binomial likelihood did not settle: α = {excess:.3g} by moments. "
                "Expected a positive number. The data show no overdispersion (see "
                "overdispersion()): use family='poisson'."
            )
        start = np.append(poisson.params, excess)
    else:
        model = sm.ZeroInflatedPoisson(
            y, x, exog_infl=np.ones((n, 1)), exposure=base, inflation="logit"
        )
        idle = max((y == 0).mean() - np.exp(-poisson.mu).mean(), 0.01)
        start = np.concatenate([[np.log(idle / (1 - idle))], poisson.params])
    fit = _maximise(model, start, family)
    order = np.arange(k) if family == "negative_binomial" else np.arange(1, k + 1)
    bread = np.asarray(np.linalg.inv(_information(model, fit.params)), dtype=np.float64)
    cov = _sandwich(bread, model.score_obs(fit.params), standard_errors, codes, k)
    b = fit.params[order]
    mu = np.exp(x @ b) * base
    if family == "negative_binomial":
        alpha = float(fit.params[-1])
        zeros = float(((1 + alpha * mu) ** (-1 / alpha)).sum())
    else:
        alpha = 0.0
        idle = 1 / (1 + np.exp(-fit.params[0]))
        zeros = float((idle + (1 - idle) * np.exp(-mu)).sum())
    return b, cov[np.ix_(order, order)], alpha, float(fit.llf), zeros


def _maximise(model: Any, start: Floats, family: str) -> Any:
    """Maximise a likelihood of statsmodels, and refuse an answer that has not settled."""
    steepness, lowest, size = np.nan, np.nan, 1.0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fit = model.fit(start_params=start, method="bfgs", maxiter=100, gtol=1e-6, disp=0)
        fit = model.fit(start_params=fit.params, method="newton", maxiter=100, tol=1e-12, disp=0)
        if np.isfinite(fit.params).all():
            steepness = float(np.abs(model.score(fit.params)).max())
            size = max(float(np.abs(model.score_obs(fit.params)).sum(axis=0).max()), 1.0)
            curvature = _information(model, fit.params)
            if np.isfinite(curvature).all():
                lowest = float(np.linalg.eigvalsh(curvature)[0])
    if not (steepness <= 1e-5 * size and lowest > 0):
        advice = (
            "The data may show no overdispersion (see overdispersion()): use family='poisson'."
            if family == "negative_binomial"
            else "There may be no excess of zeros: use family='poisson' or 'negative_binomial'."
        )
        raise ConvergenceError(
            f"The {family.replace('_', ' ')} likelihood did not settle: gradient {steepness:.3g}, "
            f"smallest curvature {lowest:.3g}. Expected 0 and a positive number. {advice}"
        )
    return fit


def _information(model: Any, params: Floats) -> Floats:
    """Minus the derivative of the scores, by central differences, shape ``(k, k)``.

    The scores of statsmodels are exact; its Hessian of the zero-inflated Poisson is not
    (version 0.15: standard errors 0.1 to 0.6% off, where R's pscl agrees with these differences).
    """
    negative: Floats = -approx_fprime(params, model.score, centered=True)
    return (negative + negative.T) / 2


def _sandwich(
    bread: Floats, scores: Floats, standard_errors: str, codes: Ints | None, k: int
) -> Floats:
    """Covariance from the inverse information ``(k, k)`` and the scores ``(n, k)``."""
    n = len(scores)
    if standard_errors == "classical":
        return bread
    factor = n / (n - k) if standard_errors == "HC1" else 1.0
    if codes is not None:
        clusters = int(codes.max()) + 1
        summed = np.zeros((clusters, scores.shape[1]))
        np.add.at(summed, codes, scores)
        scores, factor = summed, clusters / (clusters - 1)
    covariance: Floats = factor * bread @ (scores.T @ scores) @ bread
    return covariance
