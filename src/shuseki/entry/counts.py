"""How many births, rather than which rate?

Births are counts. With exposure E (the labour force, in 10,000) a count model says
E[y | x] = E · exp(x'b), so that exp(x'b) is the startup rate per 10,000 and a district without a
single birth is an observation like any other.

poisson             maximum likelihood; with robust errors it is the Poisson pseudo-maximum
                    likelihood estimator, which needs only the mean to be right
negative_binomial   variance μ + αμ² (NB2)
zero_inflated       Poisson, with a logit share of areas that could not have had a birth,
                    π = 1 / (1 + exp(−z'c)), the same everywhere unless z is given

Average marginal effects are changes of E[y | x] / E = (1 − π) exp(x'b), zeros of both kinds in it:

    mean over areas of  (1 − π) exp(x'b) b_j − π (1 − π) exp(x'b) c_j

with c_j = 0 for a term that is not in z; standard errors by the delta method over b and c.

Takes    a table, one row per area: counts, exposure, terms; groups for clustered errors.
Gives    CountFit: coefficients (change in the log rate), and average marginal effects in births
         per 10,000 labour force, so that they compare with the linear model.
Sources  Cameron and Trivedi (2013), Regression Analysis of Count Data, ch. 3–4; Santos Silva and
         Tenreyro (2006), Review of Economics and Statistics 88; Correia, Guimarães and Zylkin
         (2021), arXiv:1903.01633, for separation.
Checked  tests/entry/test_counts.py.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy
from scipy import special

from shuseki.arrays import Bools, Floats, Ints
from shuseki.entry.definitions import Definitions
from shuseki.entry.effects import Effects, tell_both
from shuseki.entry.ols import check_design, kind_of_errors, small_sample_factor, stars
from shuseki.entry.rows import complete_rows, note_left_out
from shuseki.entry.support import check_support, cluster_codes, note_few_clusters
from shuseki.entry.wild_bootstrap import (
    MACKINNON_ET_AL_2023,
    Weights,
    WildBootstrap,
    cluster_weights,
    score_t,
    share_as_large,
)
from shuseki.errors import ConvergenceError, DataError, ParameterError, examples
from shuseki.language import Message, listed, say, word
from shuseki.language.names import named
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "CountFit",
    "Overdispersion",
    "bootstrap_counts",
    "count_effects",
    "count_model",
    "overdispersion",
    "separated",
]

Family = Literal["poisson", "negative_binomial", "zero_inflated"]
FAMILIES = ("poisson", "negative_binomial", "zero_inflated")
FAMILY_NAMES: Mapping[str, Message] = {
    "poisson": say("Poisson"),
    "negative_binomial": say("negative binomial regression"),
    "zero_inflated": say("zero-inflated Poisson"),
}
ERRORS = ("classical", "HC0", "HC1", "cluster")
CLUSTERED_BY = "CR1, clustered by "
NO_EXCESS = 1e-3
"""With less probability than this that any area cannot have births, there is no excess of zeros."""

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
    clusters
        Number of clusters; ``None`` unless the errors are clustered.
    terms
        ``constant`` and the regressors, length k.
    coefficients, errors
        Change in the log rate per unit of the term, and standard errors, shape ``(k,)``.
    covariance
        Shape ``(k, k)``.
    marginal_effects, marginal_errors
        Average change in the rate per 10,000 per unit of the term (delta method), zeros of both
        kinds in it, shape ``(k,)``; ``nan`` for the constant.
    inflation_terms, inflation_coefficients, inflation_errors
        Of the zero-inflated model: change in the log odds that an area cannot have births, shape
        ``(m,)``, the constant first; empty for the others.
    dispersion
        α of the negative binomial; 0 for the others.
    means
        Expected counts, shape ``(n,)``.
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
    clusters: int | None = None
    inflation_terms: tuple[str, ...] = ()
    inflation_coefficients: Floats
    inflation_errors: Floats

    @property
    def degrees_of_freedom(self) -> float:
        """G − 1 with clusters, else infinite: Student's t is then the normal distribution."""
        return np.inf if self.clusters is None else self.clusters - 1.0

    def p_values(self) -> Floats:
        """Two-sided, from the normal distribution or, with clusters, t(G − 1), shape ``(k,)``."""
        p: Floats = 2 * scipy.stats.t.sf(
            np.abs(self.coefficients / self.errors), self.degrees_of_freedom
        )
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
                "z" if self.clusters is None else "t": self.coefficients / self.errors,
                "p_value": self.p_values(),
                "marginal_effect_per_10000": self.marginal_effects,
                "marginal_standard_error": self.marginal_errors,
            }
        )

    def headline(self) -> Message:
        """Which terms are significant, n, and how zeros fit."""
        significant = [
            f"{term} {'+' if b > 0 else '−'}"
            for term, b, p in zip(self.terms, self.coefficients, self.p_values(), strict=True)
            if p < 0.05 and term != "constant"
        ]
        return say(
            "{outcome}, {family}: significant at 5% ({errors}): {names}; n = {n}, "
            "{zeros:count(zero)} ({expected:.1f} expected)",
            outcome=self.outcome,
            family=FAMILY_NAMES[self.family],
            errors=self.errors_used,
            names=named(significant),
            n=self.n,
            zeros=self.zeros,
            expected=self.zeros_expected,
        )

    @property
    def errors_used(self) -> str:
        """Kind of standard errors, as said in a sentence."""
        clustered = self.standard_errors.removeprefix(CLUSTERED_BY)
        if clustered != self.standard_errors:
            return say("CR1, clustered by {column}", column=word(clustered))
        return kind_of_errors(self.standard_errors)


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
                "alternative": pd.Series(
                    [say("variance μ + αμ"), say("variance μ + αμ²")], dtype=object
                ),
                "alpha": [self.alpha_nb1, self.alpha_nb2],
                "t": [self.t_nb1, self.t_nb2],
                "p_value_one_sided": scipy.stats.norm.sf([self.t_nb1, self.t_nb2]),
            }
        )

    def headline(self) -> Message:
        """The quadratic alternative."""
        return say(
            "overdispersion α = {alpha:.3g} (t = {t:.2f}), n = {n}",
            alpha=self.alpha_nb2,
            t=self.t_nb2,
            n=self.n,
        )


def count_model(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    exposure: str | None = None,
    family: Family = "poisson",
    inflation: Sequence[str] = (),
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
    inflation
        For ``zero_inflated``: columns that say which areas cannot have births; by default their
        share is the same everywhere.
    standard_errors
        ``classical``, ``HC0``, ``HC1`` (× n / (n − k)), or ``cluster`` (CR1: × G / (G − 1); with
        ``groups``).
    groups
        Column of clusters, e.g. the prefecture.

    Raises
    ------
    DataError
        Negative or fractional counts, exposure that is not positive, a constant or collinear term,
        a single cluster, a coefficient that one area or cluster decides almost alone (unless the
        errors are classical).
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
            raise ParameterError(
                say(
                    "{name} is {value!r}. Expected one of {allowed}.",
                    name=name,
                    value=value,
                    allowed=listed(allowed),
                )
            )
    if (standard_errors == "cluster") != (groups is not None):
        raise ParameterError(
            say(
                "Clustered standard errors need groups, and groups mean clustered standard "
                "errors. Found standard_errors={standard_errors!r}, groups={groups!r}. Give both "
                "or neither.",
                standard_errors=standard_errors,
                groups=groups,
            )
        )
    if inflation and family != "zero_inflated":
        raise ParameterError(
            say(
                "Terms of the inflation, {inflation}, for family {family!r}. Expected them for "
                "'zero_inflated' only. Leave them out, or change the family.",
                inflation=examples(inflation),
                family=family,
            )
        )
    numbers = list(dict.fromkeys((outcome, *filter(None, (exposure,)), *terms, *inflation)))
    used = complete_rows(table, numbers, [groups] if groups else [])
    y = used[outcome].to_numpy()
    base = used[exposure].to_numpy() if exposure else np.ones(len(used))
    x, z = (
        np.column_stack([np.ones(len(used)), used[list(names)].to_numpy()])
        for names in (terms, inflation)
    )
    names = ("constant", *terms)
    where = say("the {family} model of {outcome}", family=word(family), outcome=outcome)
    _check(used, outcome, y, base, x, names, family, where)
    if inflation:
        check_design(y, z, ("constant", *inflation), say("the inflation of {where}", where=where))
    codes, clusters = cluster_codes(list(used[groups]), groups) if groups else (None, ())
    scale = np.concatenate([[1.0], x[:, 1:].std(axis=0)])
    scale_z = np.concatenate([[1.0], z[:, 1:].std(axis=0)])
    found = _fit(y, x / scale, z / scale_z, base, family, standard_errors, codes)
    told = check_support(
        x * np.sqrt(found.means)[:, None],
        names,
        list(used.index),
        "CR1" if groups else standard_errors,
        where,
        codes=codes,
        names=clusters,
        factor=_factor(standard_errors, len(x), len(names), len(clusters)),
    )
    if len(found.inflation) and found.idle < NO_EXCESS:
        told += (
            say(
                "In no area does the probability of being unable to have births exceed {least:g}: "
                "there is no excess of zeros, and the model is Poisson's.",
                least=NO_EXCESS,
            ),
        )
    if groups:
        told += note_few_clusters(
            len(clusters), say("use the score bootstrap (of the Poisson model)")
        )
    rescale = np.concatenate([scale_z if len(found.inflation) else scale_z[:0], scale])
    covariance = found.covariance / np.outer(rescale, rescale)
    b, c, m = found.coefficients / scale, found.inflation, len(found.inflation)
    if m:
        c = c / scale_z
    effects, effect_errors = average_marginal_effects(
        x, b, covariance, z if m else z[:, :0], c, names, ("constant", *inflation)
    )
    errors = np.sqrt(np.diag(covariance))
    return CountFit(
        outcome=outcome,
        family=family,
        standard_errors=f"{CLUSTERED_BY}{groups}" if groups else standard_errors,
        clusters=len(clusters) if groups else None,
        terms=names,
        coefficients=b,
        errors=errors[m:],
        covariance=covariance[m:, m:],
        marginal_effects=effects,
        marginal_errors=effect_errors,
        inflation_terms=("constant", *inflation) if m else (),
        inflation_coefficients=c,
        inflation_errors=errors[:m],
        dispersion=found.dispersion,
        means=found.means,
        log_likelihood=found.log_likelihood,
        n=len(used),
        zeros=int((y == 0).sum()),
        zeros_expected=found.zeros,
        notes=(*note_left_out(table, used), *told),
        sources=(*sources, COUNT_DATA),
    )


def bootstrap_counts(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    groups: str,
    exposure: str | None = None,
    weights: Weights = "webb",
    draws: int = 9_999,
    seed: int = 0,
    sources: tuple[Source, ...] = (),
) -> WildBootstrap:
    """Test each term of a Poisson model by the wild cluster bootstrap of its score.

    Parameters
    ----------
    table, outcome, terms, groups, exposure
        As for :func:`count_model`, whose ``cluster`` errors stand beside.
    weights, draws, seed
        As for ``entry.wild_bootstrap.wild_cluster_bootstrap``.

    Notes
    -----
    Kline and Santos (2012): the model without the term gives scores s_i = x_i (y_i − μ_i) and
    information A; the sums by cluster of the term's row of A⁻¹ times the scores get the weights.
    """
    fit = count_model(
        table,
        outcome=outcome,
        terms=terms,
        exposure=exposure,
        standard_errors="cluster",
        groups=groups,
        sources=sources,
    )
    numbers = [outcome, *filter(None, (exposure,)), *terms]
    used = complete_rows(table, list(dict.fromkeys(numbers)), [groups])
    y = used[outcome].to_numpy()
    base = used[exposure].to_numpy() if exposure else np.ones(len(used))
    x = np.column_stack([np.ones(len(used)), used[list(terms)].to_numpy()])
    x = x / np.sqrt((x**2).mean(axis=0))
    codes, names = cluster_codes(list(used[groups]), groups)
    v, enumerated = cluster_weights(len(names), weights, draws, seed)
    p = []
    for j in range(1, x.shape[1]):
        mean = _poisson(y, np.delete(x, j, axis=1), base).mu
        row = np.linalg.inv((x * mean[:, None]).T @ x)[j]
        scores = np.bincount(codes, (x @ row) * (y - mean)).astype(float)
        own, drawn = score_t(scores, v)
        p.append(share_as_large(own, drawn, enumerated))
    return WildBootstrap(
        outcome=outcome,
        terms=fit.terms[1:],
        coefficients=fit.coefficients[1:],
        t=(fit.coefficients / fit.errors)[1:],
        p_t=fit.p_values()[1:],
        p=np.array(p),
        clusters=len(names),
        draws=len(v),
        weights=weights,
        enumerated=enumerated,
        notes=fit.notes,
        sources=(*fit.sources, MACKINNON_ET_AL_2023),
    )


def count_effects(fits: Sequence[CountFit], *, definitions: Definitions) -> Effects:
    """Tell average marginal effects in the words of the linear model (``entry.effects``).

    Parameters
    ----------
    fits
        Count models whose exposure is the denominator in the unit of the rate (the labour force in
        10,000); outcomes named as the rates.
    definitions
        Of rates and terms.
    """
    rows = []
    for fit in fits:
        bound = float(scipy.stats.t.ppf(0.975, fit.degrees_of_freedom))
        for k, term in enumerate(fit.terms):
            if term == "constant":
                continue
            step = definitions.step(term).size
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
                    **tell_both(term, fit.outcome, change, definitions),
                }
            )
    return Effects(
        table=pd.DataFrame(rows),
        definitions=definitions,
        notes=(say("Average marginal effects of count models, delta-method intervals."),),
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
        sources=(*sources, COUNT_DATA.at(say("eq. {number}", number="3.39"))),
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
    where: str,
) -> None:
    negative = y < 0
    if negative.any():
        raise DataError(
            say(
                "Negative counts of {outcome}: rows {index}. Expected counts of births. Correct "
                "them.",
                outcome=outcome,
                index=examples(used.index[negative]),
            )
        )
    fractional = y != np.round(y)
    if fractional.any() and family != "poisson":
        raise DataError(
            say(
                "{outcome} is not a count in rows {index}. Expected whole numbers. Pass the "
                'counts and an exposure, or use family="poisson".',
                outcome=outcome,
                index=examples(used.index[fractional]),
            )
        )
    if (base <= 0).any():
        raise DataError(
            say(
                "Exposure is not positive in rows {index}. Expected positive numbers. Leave those "
                "areas out.",
                index=examples(used.index[base <= 0]),
            )
        )
    if not y.any():
        raise DataError(
            say(
                "All {n_y} counts of {outcome} are 0. Expected at least one birth.",
                n_y=len(y),
                outcome=outcome,
            )
        )
    check_design(y, x, names, where)
    spread = x[:, 1:].std(axis=0)
    rows, terms = separated(y, x / np.concatenate([[1.0], spread]))
    if rows.any():
        raise ParameterError(
            say(
                "{n_rows} areas without births are separated by {terms}: rows {index}. The "
                "likelihood has no maximum. Leave out those terms, or those areas (they say "
                "nothing about the others).",
                n_rows=int(rows.sum()),
                terms=examples(names[j] for j in terms if j) or "constant",
                index=examples(used.index[rows]),
            )
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
    solution = scipy.optimize.linprog(
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
    x: Floats,
    b: Floats,
    covariance: Floats,
    z: Floats,
    c: Floats,
    names: tuple[str, ...],
    inflation: tuple[str, ...],
) -> tuple[Floats, Floats]:
    """Average change of (1 − π) exp(x'b) by each column of x, with delta-method errors.

    Parameters
    ----------
    x, b
        Shapes ``(n, k)`` and ``(k,)``.
    covariance
        Of (c, b), shape ``(m + k, m + k)``.
    z, c
        Of the inflation, π = 1 / (1 + exp(−z'c)), shapes ``(n, m)`` and ``(m,)``; m may be 0.
    names, inflation
        Names of the columns of x and z: a term in both has both effects.

    Returns
    -------
    effects, errors
        Shape ``(k,)`` each; ``nan`` for the constant.
    """
    k, m = len(b), len(c)
    idle = special.expit(z @ c) if m else np.zeros(len(x))
    rate = (1 - idle) * np.exp(x @ b)
    effects, errors = np.full(k, np.nan), np.full(k, np.nan)
    for j in range(1, k):
        i = inflation.index(names[j]) if m and names[j] in inflation else None
        slope = b[j] - (idle * c[i] if i is not None else 0.0)
        effects[j] = (rate * slope).mean()
        by_b = ((rate * slope)[:, None] * x).mean(axis=0)
        by_b[j] += rate.mean()
        tilt = -rate * idle * slope
        if i is not None:
            tilt = tilt - rate * idle * (1 - idle) * c[i]
        by_c = (tilt[:, None] * z).mean(axis=0)
        if i is not None:
            by_c[i] -= (rate * idle).mean()
        gradient = np.concatenate([by_c, by_b])
        errors[j] = np.sqrt(gradient @ covariance @ gradient)
    return effects, errors


class _Found(NamedTuple):
    """What the likelihood gives: b ``(k,)``, c ``(m,)``, covariance of (c, b), fitted values.

    ``idle`` is the largest probability that an area cannot have births.
    """

    coefficients: Floats
    inflation: Floats
    covariance: Floats
    dispersion: float
    log_likelihood: float
    means: Floats
    zeros: float
    idle: float = 0.0


def _fit(
    y: Floats,
    x: Floats,
    z: Floats,
    base: Floats,
    family: str,
    standard_errors: str,
    codes: Ints | None,
) -> _Found:
    import statsmodels.api as sm  # heavy: only who fits pays for it

    k, m = x.shape[1], z.shape[1]
    none = np.zeros(0)
    poisson = _poisson(y, x, base)
    if family == "poisson":
        scores = x * (y - poisson.mu)[:, None]
        bread = np.linalg.inv((x * poisson.mu[:, None]).T @ x)
        cov = _sandwich(bread, scores, standard_errors, codes, k)
        zeros = float(np.exp(-poisson.mu).sum())
        return _Found(poisson.params, none, cov, 0.0, float(poisson.llf), poisson.mu, zeros)
    if family == "negative_binomial":
        model = sm.NegativeBinomial(y, x, loglike_method="nb2", exposure=base)
        # moment estimate of α; where it is not positive the likelihood falls from α = 0 on
        excess = float(((y - poisson.mu) ** 2 - y).sum() / (poisson.mu**2).sum())
        if excess <= 0:
            raise ConvergenceError(
                say(
                    "The negative binomial likelihood did not settle: α = {excess:.3g} by "
                    "moments. Expected a positive number. The data show no overdispersion (see "
                    "overdispersion()): use family='poisson'.",
                    excess=excess,
                )
            )
        start = np.append(poisson.params, excess)
    else:
        model = sm.ZeroInflatedPoisson(y, x, exog_infl=z, exposure=base, inflation="logit")
        idle = max((y == 0).mean() - np.exp(-poisson.mu).mean(), 0.01)
        start = np.concatenate([[np.log(idle / (1 - idle))], np.zeros(m - 1), poisson.params])
    fit = _maximise(model, start, family)
    order = np.arange(k) if family == "negative_binomial" else np.arange(m + k)
    bread = np.asarray(np.linalg.inv(_information(model, fit.params)), dtype=np.float64)
    cov = _sandwich(bread, model.score_obs(fit.params), standard_errors, codes, k)
    cov = cov[np.ix_(order, order)]
    if family == "negative_binomial":
        alpha = float(fit.params[-1])
        mu = np.exp(x @ fit.params[:k]) * base
        zeros = float(((1 + alpha * mu) ** (-1 / alpha)).sum())
        return _Found(fit.params[:k], none, cov, alpha, float(fit.llf), mu, zeros)
    idle = special.expit(z @ fit.params[:m])
    mu = np.exp(x @ fit.params[m:]) * base
    zeros = float((idle + (1 - idle) * np.exp(-mu)).sum())
    means, most = (1 - idle) * mu, float(idle.max())
    return _Found(fit.params[m:], fit.params[:m], cov, 0.0, float(fit.llf), means, zeros, most)


def _poisson(y: Floats, x: Floats, base: Floats) -> Any:
    """Maximum of the Poisson likelihood."""
    import statsmodels.api as sm

    fit = sm.GLM(y, x, family=sm.families.Poisson(), offset=np.log(base)).fit(
        maxiter=200, tol=1e-12
    )
    if not fit.converged:
        raise ConvergenceError(
            say(
                "Poisson did not converge in 200 steps (deviance {deviance:.6g}). Rescale or "
                "leave out terms.",
                deviance=fit.deviance,
            )
        )
    return fit


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
            say("The data may show no overdispersion (see overdispersion()): use family='poisson'.")
            if family == "negative_binomial"
            else say(
                "There may be no excess of zeros: use family='poisson' or 'negative_binomial'."
            )
        )
        raise ConvergenceError(
            say(
                "The {replace} likelihood did not settle: gradient {steepness:.3g}, smallest "
                "curvature {lowest:.3g}. Expected 0 and a positive number. {advice}",
                replace=family.replace("_", " "),
                steepness=steepness,
                lowest=lowest,
                advice=advice,
            )
        )
    return fit


def _information(model: Any, params: Floats) -> Floats:
    """Minus the derivative of the scores, by central differences, shape ``(k, k)``.

    The scores of statsmodels are exact; its Hessian of the zero-inflated Poisson is not
    (version 0.15: standard errors 0.1 to 0.6% off, where R's pscl agrees with these differences).
    """
    from statsmodels.tools.numdiff import approx_fprime

    negative: Floats = -approx_fprime(params, model.score, centered=True)
    return (negative + negative.T) / 2


def _sandwich(
    bread: Floats, scores: Floats, standard_errors: str, codes: Ints | None, k: int
) -> Floats:
    """Covariance from the inverse information ``(k, k)`` and the scores ``(n, k)``."""
    if standard_errors == "classical":
        return bread
    clusters = 0 if codes is None else int(codes.max()) + 1
    factor = _factor(standard_errors, len(scores), k, clusters)
    if codes is not None:
        summed = np.zeros((clusters, scores.shape[1]))
        np.add.at(summed, codes, scores)
        scores = summed
    covariance: Floats = factor * bread @ (scores.T @ scores) @ bread
    return covariance


def _factor(standard_errors: str, n: int, k: int, clusters: int) -> float:
    return small_sample_factor("CR1" if clusters else standard_errors, n, k, clusters)
