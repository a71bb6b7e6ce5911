"""Are the outcomes of neighbouring areas correlated?

The 2006 paper leaves spatial dependence to later work (p. 18). Four questions, in order::

    is there any?       Moran's I of outcomes and residuals; Lagrange-multiplier tests
    of which kind?      y = ρWy + Xb + WXθ + u,  u = λWu + e, and its special cases
                        slx: θ;  lag: ρ;  error: λ;  lag_error: ρ, λ;  durbin: ρ, θ
    what does it mean?  effects of a term on its own area (direct), on all others (indirect)
    does it matter?     the same terms under several definitions of a neighbour

With S(ρ) = (I − ρW)⁻¹ and ω the eigenvalues of W (row-standardised, no islands)::

    direct = b f(ρ) + θ g(ρ),   f = mean 1/(1 − ρω),   g = mean ω/(1 − ρω)
    total  = (b + θ) / (1 − ρ),   indirect = total − direct

and the standard errors are those of the delta method, with the derivatives of these formulas.
Generalised moments take spatial lags of the regressors as instruments for Wy: WX, or WX and W²X
(where WX are regressors themselves, W²X, or W²X and W³X). P-values are two-sided; that of Moran's I
of the outcome is twice the smaller tail among permutations.

Takes    a table, one row per area, and neighbours (libpysal weights) in its order.
Gives    SpatialTests, SpatialFit, SpatialEffects, Survival.
Limits   an area without a neighbour among those used has no spatial lag: it is left out under that
         definition of neighbours, and a note names it.
Sources  Anselin (1988), Spatial Econometrics; Anselin et al. (1996), Regional Science and Urban
         Economics 26 (robust tests); LeSage and Pace (2009), ch. 2 (effects). Estimated by spreg.
Checked  tests/entry/test_spatial.py: published values on Columbus and Baltimore, effects against
         the inverse matrix and against simulated draws.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats
from shuseki.entry.ols import check_design, check_size
from shuseki.entry.rows import complete_rows, note_left_out
from shuseki.entry.support import check_support
from shuseki.errors import AlignmentError, ConvergenceError, ParameterError, examples
from shuseki.language import Message, joined, listed, say, words_of
from shuseki.language.glossary import word
from shuseki.language.names import named, some_of
from shuseki.results import Result, result
from shuseki.sources import Source

if TYPE_CHECKING:
    from libpysal.weights import W

__all__ = [
    "KINDS",
    "SpatialEffects",
    "SpatialFit",
    "SpatialTests",
    "Survival",
    "effects_of",
    "spatial_effects",
    "spatial_model",
    "spatial_tests",
    "surviving_conclusions",
]

Kind = Literal["ols", "slx", "lag", "error", "lag_error", "durbin"]
Method = Literal["ml", "gmm"]
KINDS: tuple[Kind, ...] = ("ols", "slx", "lag", "error", "lag_error", "durbin")
METHODS: Mapping[str, tuple[Method, ...]] = {
    "ols": ("ml",),
    "slx": ("ml",),
    "lag": ("ml", "gmm"),
    "error": ("ml", "gmm"),
    "lag_error": ("gmm",),
    "durbin": ("ml", "gmm"),
}
"""Kind → the methods that spreg has for it; ``ols`` and ``slx`` are least squares with HC1."""

LAGS, MOST_LAG = ("rho", "lambda"), 0.999
"""Strengths of spatial lags; above it one is at its bound, 1, in maximum likelihood."""
KIND_NAMES: Mapping[str, Message] = {
    "ols": say("least squares"),
    "slx": say("lags of the regressors (SLX)"),
    "lag": say("spatial lag"),
    "error": say("spatial error"),
    "lag_error": say("spatial lag and error"),
    "durbin": say("spatial Durbin"),
}
METHOD_NAMES: Mapping[str, Message] = {
    "ml": say("maximum likelihood"),
    "gmm": say("generalised moments"),
    "least squares, HC1": say("least squares, HC1"),
}

ANSELIN = Source("Anselin1988", "Anselin, Spatial Econometrics: Methods and Models, Kluwer", "1988")
LESAGE_PACE = Source(
    "LeSagePace2009",
    "LeSage and Pace, Introduction to Spatial Econometrics, CRC Press",
    "2009",
    say("ch. {number}", number=2),
)


# ---- results --------------------------------------------------------------------------------


@result
class SpatialTests(Result):
    """Whether there is spatial dependence, and of which kind.

    Attributes
    ----------
    outcome
        Of the equation.
    table
        One row per definition of neighbours and test: ``statistic``, ``p_value`` and the
        ``distribution`` it is from. All are two-sided.
    n
        Areas.
    """

    outcome: str
    table: pd.DataFrame
    n: int

    def to_frame(self) -> pd.DataFrame:
        """One row per definition of neighbours and test."""
        return self.table

    def headline(self) -> Message:
        """How many definitions show dependence in the residuals, and which kind they point to."""
        by = self.table.pivot(index="neighbours", columns="test", values="p_value")
        dependent = int((by["Moran's I of residuals"] < 0.05).sum())
        lag = int(((by["robust LM lag"] < 0.05) & (by["robust LM error"] >= 0.05)).sum())
        error = int(((by["robust LM error"] < 0.05) & (by["robust LM lag"] >= 0.05)).sum())
        return say(
            "{outcome}: residuals are spatially dependent at 5% under {dependent} of {all} "
            "definitions of a neighbour; the robust tests point to lag in {lag}, to error in "
            "{error} (n = {n})",
            outcome=self.outcome,
            dependent=dependent,
            all=len(by),
            lag=lag,
            error=error,
            n=self.n,
        )


@result
class SpatialFit(Result):
    """A spatial regression.

    Attributes
    ----------
    outcome, kind, method, neighbours
        What was estimated, how, and who is a neighbour.
    standard_errors
        ``HC1``, ``HC0``, ``information`` (maximum likelihood) or ``robust to heteroskedasticity``
        (the moments of Arraiz et al.).
    instruments
        Of the spatial lag of the outcome, e.g. ``WX``; empty unless by generalised moments.
    terms
        ``constant``, the regressors, their spatial lags (``W·NAME``), ``rho``, ``lambda``.
    coefficients, errors, covariance
        Shapes ``(k,)``, ``(k,)``, ``(k, k)``.
    log_likelihood, aic
        ``nan`` for GMM.
    n
        Areas.
    eigenvalues
        Of the weights (real parts), shape ``(n,)``: what the effects need.
    """

    outcome: str
    kind: str
    method: str
    neighbours: str
    terms: tuple[str, ...]
    coefficients: Floats
    errors: Floats
    covariance: Floats
    log_likelihood: float
    aic: float
    n: int
    eigenvalues: Any
    standard_errors: str = ""
    instruments: str = ""

    def coefficient(self, term: str) -> float:
        """One coefficient; 0 for a term that is not in the model."""
        return float(self.coefficients[self.terms.index(term)]) if term in self.terms else 0.0

    def p_values(self) -> Floats:
        """Two-sided, from the normal distribution, shape ``(k,)``."""
        p: Floats = 2 * scipy.stats.norm.sf(np.abs(self.coefficients / self.errors))
        return p

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "kind": self.kind,
                "method": self.method,
                "instruments": self.instruments,
                "neighbours": self.neighbours,
                "term": self.terms,
                "coefficient": self.coefficients,
                "standard_error": self.errors,
                "z": self.coefficients / self.errors,
                "p_value": self.p_values(),
            }
        )

    def headline(self) -> Message:
        """The spatial parameters, and what is significant."""
        spatial = [
            f"{sign} = {self.coefficient(term):.3f}"
            for term, sign in (("rho", "ρ"), ("lambda", "λ"))
            if term in self.terms
        ]
        significant = [
            f"{term} {'+' if b > 0 else '−'}"
            for term, b, p in zip(self.terms, self.coefficients, self.p_values(), strict=True)
            if p < 0.05 and term not in ("constant", "rho", "lambda")
        ]
        how: str = METHOD_NAMES.get(self.method, self.method)
        if self.instruments:
            how = say("{how}, instruments {names}", how=how, names=self.instruments)
        model = say(
            "{outcome}, {kind} by {how} ({neighbours})",
            outcome=self.outcome,
            kind=KIND_NAMES[self.kind],
            how=how,
            neighbours=self.neighbours,
        )
        found = joined(
            [*spatial, say("significant at 5%: {names}", names=named(significant))], ", "
        )
        return say("{model}: {found}; n = {n}", model=model, found=found, n=self.n)


@result
class SpatialEffects(Result):
    """Direct and indirect effects of a change of a term.

    Attributes
    ----------
    outcome, kind, neighbours
        Of the model.
    terms
        Regressors, length k.
    direct, indirect, total
        Effects of one unit in the term, averaged over areas, shape ``(k,)``.
    errors
        Their delta-method standard errors, shape ``(3, k)``, in that order.
    """

    outcome: str
    kind: str
    neighbours: str
    terms: tuple[str, ...]
    direct: Floats
    indirect: Floats
    total: Floats
    errors: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "kind": self.kind,
                "neighbours": self.neighbours,
                "term": self.terms,
                "direct": self.direct,
                "direct_standard_error": self.errors[0],
                "indirect": self.indirect,
                "indirect_standard_error": self.errors[1],
                "total": self.total,
                "total_standard_error": self.errors[2],
            }
        )

    def headline(self) -> Message:
        """Where the indirect effect is significant."""
        spill = [
            term
            for term, effect, error in zip(self.terms, self.indirect, self.errors[1], strict=True)
            if error > 0 and abs(effect) > scipy.stats.norm.ppf(0.975) * error
        ]
        return say(
            "{outcome}, {kind} ({neighbours}): indirect effects on other areas significant at 5%: "
            "{names}",
            outcome=self.outcome,
            kind=KIND_NAMES[self.kind],
            neighbours=self.neighbours,
            names=named(spill),
        )


@result
class Survival(Result):
    """Which conclusions hold once spatial dependence is allowed for.

    Attributes
    ----------
    table
        One row per outcome and term: the sign and significance by least squares, and the share
        of spatial models (kinds × definitions of neighbours) with the same verdict.
    models
        How many spatial models each verdict was put to.
    """

    table: pd.DataFrame
    models: int

    def to_frame(self) -> pd.DataFrame:
        """One row per outcome and term."""
        return self.table

    def headline(self) -> Message:
        """How many significant terms stay significant in most models."""
        significant = self.table[self.table["verdict"] != "not significant"]
        kept = significant[significant["same_verdict_share"] > 0.5]
        lost = significant[significant["same_verdict_share"] <= 0.5]
        parts = [
            say(
                "{kept} of {significant} significant terms stay so in most of {models} spatial "
                "models",
                kept=len(kept),
                significant=len(significant),
                models=self.models,
            )
        ]
        if len(lost):
            parts.append(say("lost: {names}", names=named(lost["outcome"] + " " + lost["term"])))
        return joined(parts, "; ")


# ---- the public verbs -------------------------------------------------------------------------


def spatial_tests(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    neighbours: Mapping[str, "W"],
    permutations: int = 999,
    seed: int = 0,
    sources: tuple[Source, ...] = (),
) -> SpatialTests:
    """Test outcomes and residuals for spatial dependence under several definitions of neighbours.

    Parameters
    ----------
    table
        One row per area.
    outcome, terms
        Column names; areas with a missing value are left out, with their links.
    neighbours
        Label → weights whose ids are the table's index (any order).
    permutations, seed
        For Moran's I of the outcome.

    Raises
    ------
    DataError
        An outcome or term that does not vary, collinear terms, too few areas.
    AlignmentError, ParameterError
        Weights without some areas of the table, or without any link, weights that are negative or
        no numbers.
    """
    if permutations < 19:
        raise ParameterError(
            say(
                "permutations is {permutations}. Expected at least 19; 999 is usual.",
                permutations=permutations,
            )
        )
    rows: list[dict[str, object]] = []
    notes: list[Message] = []
    complete = complete_rows(table, [outcome, *terms])
    for label, weights in neighbours.items():
        y, x, _, w, alone = _linked(complete, outcome, terms, weights, label)
        notes += alone
        state = np.random.get_state()  # esda draws from the global generator
        np.random.seed(seed)
        with _quiet():
            moran = _library("esda").Moran(y, w, permutations=permutations)
        np.random.set_state(state)
        with _quiet():
            ols = _library("spreg").OLS(y[:, None], x, w=w, spat_diag=True, moran=True)
        drawn = f"{permutations} permutations, twice the smaller tail"
        varies, varies_left = can_vary(w.sparse, None), can_vary(w.sparse, x)
        undefined = []
        for test, statistic, p, distribution in (
            ("Moran's I of the outcome", moran.I, two_tailed(moran.I, moran.sim), drawn),
            ("Moran's I of residuals", ols.moran_res[0], ols.moran_res[2], "normal, two-sided"),
            ("LM lag", *ols.lm_lag, "χ²(1)"),
            ("LM error", *ols.lm_error, "χ²(1)"),
            ("robust LM lag", *ols.rlm_lag, "χ²(1)"),
            ("robust LM error", *ols.rlm_error, "χ²(1)"),
            ("LM lag and error", *ols.lm_sarma, "χ²(2)"),
        ):
            is_defined = varies if distribution == drawn else varies_left
            if not is_defined:
                undefined.append(word(test))
            rows.append(
                {
                    "outcome": outcome,
                    "neighbours": label,
                    "test": test,
                    "statistic": float(statistic) if is_defined else np.nan,
                    "p_value": float(p) if is_defined else np.nan,
                    "distribution": distribution,
                }
            )
        if undefined:
            notes.append(
                say(
                    "Undefined under {label}: {tests}. With these neighbours the statistic is the "
                    "same whatever the values.",
                    label=label,
                    tests=joined(undefined, ", "),
                )
            )
    return SpatialTests(
        outcome=outcome,
        table=pd.DataFrame(rows),
        n=len(complete),
        notes=(*note_left_out(table, complete), *notes),
        sources=(*sources, ANSELIN),
    )


def spatial_model(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    neighbours: "W",
    kind: Kind,
    method: Method = "ml",
    instrument_lags: int | None = None,
    label: str = "neighbours",
    sources: tuple[Source, ...] = (),
) -> SpatialFit:
    """Estimate one spatial model.

    Parameters
    ----------
    table
        One row per area; areas with a missing value are left out, with their links.
    outcome, terms
        Column names.
    neighbours
        Weights whose ids are the table's index; they are row-standardised here.
    kind, method
        See the module's formulas; ``METHODS`` says which go together. GMM errors are robust to
        heteroskedasticity; maximum likelihood's are not.
    instrument_lags
        For GMM with a lag of the outcome: 1 or 2 orders of W. By default 1 (WX), as in spreg; 2 for
        ``durbin`` (W²X + W³X), whose WX are regressors.
    label
        What to call this definition of neighbours.

    Raises
    ------
    ParameterError
        No area has a neighbour, or a method that the kind does not have.
    DataError
        Collinear terms, lags of terms included, or ids that do not match.
    ConvergenceError
        The spatial lag reaches its bound, or the errors are not defined.
    """
    if kind not in METHODS or method not in METHODS[kind]:
        raise ParameterError(
            say(
                "kind {kind!r} by method {method!r}. Expected one of {methods}.",
                kind=kind,
                method=method,
                methods=listed(
                    say("{kind} by {methods}", kind=known, methods="/".join(ways))
                    for known, ways in METHODS.items()
                ),
            )
        )
    has_instruments = method == "gmm" and kind != "error"
    if instrument_lags not in ((None, 1, 2) if has_instruments else (None,)):
        raise ParameterError(
            say(
                "instrument_lags is {lags!r} for kind {kind!r} by {method!r}. Expected {wanted}.",
                lags=instrument_lags,
                kind=kind,
                method=method,
                wanted=say("1 or 2") if has_instruments else say("None: there are no instruments"),
            )
        )
    complete = complete_rows(table, [outcome, *terms])
    y, x, used, w, alone = _linked(complete, outcome, terms, neighbours, label)
    lagged = 1 if kind in ("slx", "durbin") else 0
    orders = instrument_lags or 1 + lagged
    scale = x.std(axis=0)
    notes = [*note_left_out(table, complete), *alone]
    errors = "HC1" if kind in ("ols", "slx") else "information" if method == "ml" else "HC0"
    where = say("the {kind} model of {outcome}", kind=kind, outcome=outcome)
    names = ["constant", *terms, *(f"W·{term}" for term in terms if lagged)]
    full = np.column_stack([np.ones(len(y)), x, *([w.sparse @ x] if lagged else [])])
    if lagged:  # without lags ``_linked`` has checked it
        check_design(y, full, tuple(names), where)
    n, k = full.shape
    if errors != "information":
        factor = n / (n - k) if errors == "HC1" else 1.0
        notes += check_support(full, names, list(used.index), errors, where, factor=factor)
    names += {"lag": ["rho"], "durbin": ["rho"], "error": ["lambda"]}.get(kind, [])
    names += ["rho", "lambda"] if kind == "lag_error" else []
    check_size(n, len(names), where)
    if kind in ("error", "lag_error") and method == "gmm":
        errors = "robust to heteroskedasticity"
    instruments = ""
    if has_instruments:
        named = [
            f"W{'²³'[o - 2] if o > 1 else ''}X" for o in range(1 + lagged, 1 + lagged + orders)
        ]
        instruments = " + ".join(named)
        notes.append(
            say(
                "Instruments of the spatial lag of {outcome}: {names}.",
                outcome=outcome,
                names=instruments,
            )
        )
    try:
        with _quiet():
            model = _estimators(orders)[kind, method](y[:, None], x / scale, w, lagged)
    except Exception as error:  # spreg has no class of its own for what it cannot solve
        raise _unsettled(where) from error
    unit = np.ones(len(names))
    unit[1 : 1 + len(terms)] = 1 / scale
    if lagged:
        unit[1 + len(terms) : 1 + 2 * len(terms)] = 1 / scale
    b = np.asarray(model.betas, dtype=float).ravel() * unit
    cov = np.asarray(model.vm, dtype=float)[: len(names), : len(names)] * np.outer(unit, unit)
    border = method == "ml" and any(
        abs(value) > MOST_LAG for name, value in zip(names, b, strict=True) if name in LAGS
    )
    if border or not (np.diag(cov) > 0).all():
        raise _unsettled(where)
    return SpatialFit(
        outcome=outcome,
        kind=kind,
        method="least squares, HC1" if kind in ("ols", "slx") else method,
        neighbours=label,
        terms=tuple(names),
        coefficients=b,
        errors=np.sqrt(np.diag(cov)),
        covariance=cov,
        log_likelihood=float(getattr(model, "logll", np.nan)),
        aic=float(getattr(model, "aic", np.nan)),
        n=len(y),
        eigenvalues=eigenvalues_of(w.full()[0]),
        standard_errors=errors,
        instruments=instruments,
        notes=tuple(notes),
        sources=(*sources, ANSELIN),
    )


def _unsettled(where: str) -> ConvergenceError:
    return ConvergenceError(
        say(
            "No estimate with standard errors for {where}: the spatial lag is as strong as it can "
            "be (1 or −1), or tells nothing of its own. Expected areas that differ from their "
            "neighbours. Choose other neighbours, fewer terms or another kind.",
            where=where,
        )
    )


def spatial_effects(fit: SpatialFit) -> SpatialEffects:
    """Direct, indirect and total effects of a fit, with delta-method errors."""
    plain = [
        term
        for term in fit.terms
        if term not in ("constant", "rho", "lambda") and not term.startswith("W·")
    ]
    at = {term: k for k, term in enumerate(fit.terms)}
    rho = fit.coefficient("rho")
    values, errors = [], []
    for term in plain:
        b, theta = fit.coefficient(term), fit.coefficient(f"W·{term}")
        effect, gradient = effects_of(b, theta, rho, fit.eigenvalues)
        full = np.zeros((3, len(fit.terms)))
        for column, name in enumerate((term, f"W·{term}", "rho")):
            if name in at:
                full[:, at[name]] = gradient[:, column]
        values.append(effect)
        errors.append(np.sqrt(np.einsum("ij,jk,ik->i", full, fit.covariance, full)))
    direct, indirect, total = np.array(values).T
    return SpatialEffects(
        outcome=fit.outcome,
        kind=fit.kind,
        neighbours=fit.neighbours,
        terms=tuple(plain),
        direct=direct,
        indirect=indirect,
        total=total,
        errors=np.array(errors).T,
        sources=(*fit.sources, LESAGE_PACE),
    )


def surviving_conclusions(
    table: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    terms: Sequence[str],
    neighbours: Mapping[str, "W"],
    kinds: Sequence[tuple[Kind, Method]] = (("lag", "ml"), ("error", "ml"), ("durbin", "ml")),
    keep: Mapping[str, Bools] | None = None,
    level: float = 0.10,
    sources: tuple[Source, ...] = (),
) -> Survival:
    """Find which signs and significances of least squares hold in spatial models.

    The verdict on a term is its sign if significant, else "not significant"; in a model with ρ
    it is that of the total effect, otherwise of the coefficient.

    Parameters
    ----------
    keep
        Outcome → rows that its outlier rule leaves; all by default.
    level
        Two-sided level of significance; the paper's stars begin at 10%.
    """
    rows = []
    notes: dict[str, None] = {}
    for outcome in outcomes:
        part = table if keep is None else table[keep[outcome]]
        first = next(iter(neighbours.values()))
        plain = spatial_model(
            part, outcome=outcome, terms=terms, neighbours=first, kind="ols", sources=sources
        )
        baseline = _verdicts(plain, terms, level)
        fits = []
        for (label, w), (kind, method) in product(neighbours.items(), kinds):
            try:
                fit = spatial_model(
                    part,
                    outcome=outcome,
                    terms=terms,
                    neighbours=w,
                    kind=kind,
                    method=method,
                    label=label,
                )
            except ConvergenceError as error:
                notes[say("{label}, left out: {why}", label=label, why=words_of(error))] = None
            else:
                fits.append(fit)
        if not fits:
            raise ConvergenceError(joined(notes, " "))
        notes |= dict.fromkeys(note for fit in fits for note in fit.notes)
        found = [_verdicts(fit, terms, level) for fit in fits]
        for term in terms:
            same = [verdicts[term] == baseline[term] for verdicts in found]
            rows.append(
                {
                    "outcome": outcome,
                    "term": term,
                    "verdict": baseline[term],
                    "same_verdict_share": float(np.mean(same)),
                    "models": len(same),
                }
            )
    answers = pd.DataFrame(rows)
    return Survival(
        table=answers,
        models=int(answers["models"].max()),
        notes=tuple(notes),
        sources=(*sources, ANSELIN, LESAGE_PACE),
    )


def _verdicts(fit: SpatialFit, terms: Sequence[str], level: float) -> dict[str, str]:
    effects = spatial_effects(fit)
    bound = scipy.stats.norm.ppf(1 - level / 2)
    answers = {}
    for term in terms:
        k = effects.terms.index(term)
        effect, error = effects.total[k], effects.errors[2, k]
        significant = abs(effect) > bound * error
        answers[term] = (
            ("positive" if effect > 0 else "negative") if significant else ("not significant")
        )
    return answers


# ---- checks -----------------------------------------------------------------------------------


def _linked(
    complete: pd.DataFrame, outcome: str, terms: Sequence[str], neighbours: "W", label: str
) -> tuple[Floats, Floats, pd.DataFrame, "W", list[Message]]:
    """The areas that have a neighbour among those of a table, and their weights.

    Returns
    -------
    outcome, terms, table, weights, notes
        A note names the areas that have none and are left out.
    """
    w, alone = _aligned(neighbours, complete.index, label)
    used = complete.drop(index=alone)
    y, x = used[outcome].to_numpy(), used[list(terms)].to_numpy()
    with_constant = np.column_stack([np.ones(len(y)), x])
    check_design(
        y, with_constant, ("constant", *terms), say("the equation of {outcome}", outcome=outcome)
    )
    notes = [
        say(
            "{label}: {n:count(area)} without a neighbour left out: {names}.",
            label=label,
            n=len(alone),
            names=some_of(alone),
        )
    ]
    return y, x, used, w, notes if alone else []


def _aligned(w: "W", index: pd.Index, label: str) -> tuple["W", list[Any]]:
    """Put weights into the table's order, without the areas it lacks, row-standardised.

    The lag of an area without a neighbour is not defined: such areas are taken out, with their
    links, until every area has one. The second value names them.
    """
    ids = set(w.id_order)
    absent = [code for code in index if code not in ids]
    if absent:
        raise AlignmentError(
            say(
                "{label}: {n_absent} areas of the table have no place in the weights: {absent}. "
                "Expected the weights' ids to be the table's index. Build the weights from the "
                "same areas.",
                label=label,
                n_absent=len(absent),
                absent=examples(absent),
            )
        )
    inside = set(index)
    links = {
        code: {
            other: weight
            for other, weight in zip(w.neighbors[code], w.weights[code], strict=True)
            if other in inside and weight != 0
        }
        for code in index
    }
    wrong = [
        say("{code} to {other} ({weight:g})", code=code, other=other, weight=weight)
        for code, near in links.items()
        for other, weight in near.items()
        if not 0 < weight < np.inf
    ]
    if wrong:
        raise ParameterError(
            say(
                "{label}: weights that are negative or no numbers: {wrong}. Expected positive "
                "numbers. Correct the weights.",
                label=label,
                wrong=examples(wrong),
            )
        )
    alone: list[Any] = []
    while islands := [code for code, near in links.items() if not near]:
        alone += islands
        gone = set(islands)
        links = {
            code: {other: weight for other, weight in near.items() if other not in gone}
            for code, near in links.items()
            if code not in gone
        }
    if not links:
        raise ParameterError(
            say(
                "{label}: areas without a neighbour: {islands} of {n_index}. Expected at least "
                "one each, or their spatial lag is undefined. Use the nearest k, a longer "
                "distance band, or leave those areas out.",
                label=label,
                islands=examples(alone),
                n_index=len(index),
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # several components are no obstacle here
        aligned = _library("libpysal.weights").W(
            {code: list(near) for code, near in links.items()},
            {code: list(near.values()) for code, near in links.items()},
            id_order=list(links),
            silence_warnings=True,
        )
    aligned.transform = "r"
    return aligned, [code for code in index if code not in links]


def can_vary(w: Any, x: Floats | None) -> bool:
    """Whether Moran's I of what a regression leaves depends on the values at all.

    I is a mean of the eigenvalues of MSM weighted by squares of the residuals, with S the symmetric
    part of W and M = I − X(X'X)⁻¹X'. Where they are equal (every area a neighbour of every other,
    or as many coefficients as areas), I is the same whatever the values.

    Parameters
    ----------
    w
        Weights, sparse, shape ``(n, n)``.
    x
        Terms beside the constant, shape ``(n, k)``, or none.
    """
    n = w.shape[0]
    columns = [np.ones((n, 1)), *([] if x is None else [x])]
    q = np.linalg.qr(np.column_stack(columns))[0]
    both = ((w + w.T) / 2).toarray()
    both -= q @ (q.T @ both)
    both -= (both @ q) @ q.T
    squares = (n - q.shape[1]) * float((both**2).sum())
    return bool(squares - float(np.trace(both)) ** 2 > 1e-9 * squares)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what spreg prints and warns about to itself."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _library(name: str) -> Any:
    """Import esda or spreg when it is needed: they are slow to import, and warn as they do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def _estimators(orders: int) -> dict[tuple[str, str], Any]:
    spreg = _library("spreg")
    least_squares = {
        (kind, "ml"): lambda y, x, w, lags: spreg.OLS(y, x, w=w, slx_lags=lags, robust="white")
        for kind in ("ols", "slx")
    }
    return {
        **least_squares,
        ("lag", "ml"): lambda y, x, w, lags: spreg.ML_Lag(y, x, w=w, spat_impacts=None),
        ("durbin", "ml"): lambda y, x, w, lags: spreg.ML_Lag(
            y, x, w=w, slx_lags=lags, spat_impacts=None
        ),
        ("error", "ml"): lambda y, x, w, lags: spreg.ML_Error(y, x, w=w),
        ("lag", "gmm"): lambda y, x, w, lags: spreg.GM_Lag(
            y, x, w=w, w_lags=orders, robust="white", spat_impacts=None
        ),
        ("durbin", "gmm"): lambda y, x, w, lags: spreg.GM_Lag(
            y, x, w=w, slx_lags=lags, w_lags=orders, robust="white", spat_impacts=None
        ),
        ("error", "gmm"): lambda y, x, w, lags: spreg.GM_Error_Het(y, x, w=w),
        ("lag_error", "gmm"): lambda y, x, w, lags: spreg.GM_Combo_Het(y, x, w=w, w_lags=orders),
    }


# ---- the arithmetic ---------------------------------------------------------------------------


def two_tailed(observed: float, drawn: Floats) -> float:
    """P-value of both tails: twice the smaller share of draws at least as extreme, at most 1.

    Draws that differ from the observed by the rounding of a sum alone are ties, in either tail.

    Parameters
    ----------
    observed, drawn
        A statistic, and those of permutations, shape ``(permutations,)``.

    Examples
    --------
    One of nine draws is above: (1 + 1) / (9 + 1) in the upper tail.

    >>> two_tailed(0.5, np.array([0.6, 0, 0, 0, 0, 0, 0, 0, -1]))
    0.4
    """
    tie = 1e-10 * float(np.abs([observed, *drawn]).max())
    larger = 1 + int((drawn >= observed - tie).sum())
    smaller = 1 + int((drawn <= observed + tie).sum())
    return min(1.0, 2 * min(larger, smaller) / (1 + len(drawn)))


def eigenvalues_of(weights: Floats) -> Any:
    """Eigenvalues of row-standardised weights, shape ``(n,)``.

    Equal weights of mutual neighbours (contiguity, distance bands) are D⁻¹A with A symmetric,
    which has the eigenvalues of the symmetric D^(−1/2) A D^(−1/2): many times faster, and real.
    """
    linked = weights > 0
    degree = linked.sum(axis=1)
    if (linked == linked.T).all() and np.allclose(weights, linked / degree[:, None]):
        root = np.sqrt(degree)
        return np.linalg.eigvalsh(linked / np.outer(root, root))
    return np.linalg.eigvals(weights)


def effects_of(b: float, theta: float, rho: float, eigenvalues: Floats) -> tuple[Floats, Floats]:
    """Direct, indirect and total effect, and their derivatives by (b, θ, ρ).

    Parameters
    ----------
    b, theta, rho
        Coefficient of the term, of its spatial lag, and of the outcome's.
    eigenvalues
        Of row-standardised weights without islands, shape ``(n,)``; may be complex.

    Returns
    -------
    effects, gradient
        Shapes ``(3,)`` and ``(3, 3)``.
    """
    omega = np.asarray(eigenvalues)
    rest = 1 / (1 - rho * omega)
    f, g = rest.mean().real, (omega * rest).mean().real
    f_rho, g_rho = (omega * rest**2).mean().real, (omega**2 * rest**2).mean().real
    direct = b * f + theta * g
    total = (b + theta) / (1 - rho)
    of_direct = np.array([f, g, b * f_rho + theta * g_rho])
    of_total = np.array([1 / (1 - rho), 1 / (1 - rho), (b + theta) / (1 - rho) ** 2])
    return (
        np.array([direct, total - direct, total]),
        np.array([of_direct, of_total - of_direct, of_total]),
    )
