"""How do the regional variables explain the outcome?

Least squares, y = X b + e, with the constant in the first column of X, and one of seven
covariances of b, with A = (X'X)⁻¹, leverages h_i = x_i'A x_i, k columns, and G clusters g::

    classical   A · e'e / (n − k)
    HC0         A X' diag(e_i²) X A                      (White 1980)
    HC1         n / (n − k) · HC0
    HC2         A X' diag(e_i² / (1 − h_i)) X A
    HC3         A X' diag(e_i² / (1 − h_i)²) X A         (MacKinnon and White 1985)
    CR1         G / (G − 1) · A (Σ_g X_g'e_g e_g'X_g) A  (Liang and Zeger 1986)
    CR1S        (n − 1) / (n − k) · CR1                  (what Stata's regress calls clustered)

Two F statistics test that all slopes are zero: ``f_classical`` = (R²/(k−1)) / ((1−R²)/(n−k)),
which is what the 2006 paper prints (its F follow from its adjusted R² and n), and ``f_robust``,
the Wald statistic of the chosen covariance over k − 1. P-values are from Student's t and F with
n − k degrees of freedom, with clusters G − 1; stars as in the paper: *** 1%, ** 5%, * 10%.

Takes: a ``Design`` and ``RegionalVariables``. Gives: a ``Fit``, or ``Fits`` of many designs.
Sources: Okamuro (2006), tables 4-6. Checked against: statsmodels to ten digits, and its stored
output; NIST Longley.
Limits: one cross-section, independent rows or clusters: areas that depend on their neighbours break
the standard errors. A coefficient that few areas decide is refused or noted (``entry.support``);
with few clusters use ``entry.wild_bootstrap``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from scipy import linalg

from shuseki.arrays import Floats, Ints
from shuseki.entry.definitions import Definitions
from shuseki.entry.design import CLUSTERED, CONSTANT, STANDARD_ERRORS, Design, Sample
from shuseki.entry.support import check_support, note_few_clusters
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.language.names import some_of
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "LEVELS",
    "WHITE_1980",
    "Fit",
    "Fits",
    "LeastSquares",
    "estimate",
    "estimate_all",
    "least_squares",
    "small_sample_factor",
    "stars",
]

LEVELS = (("***", 0.01), ("**", 0.05), ("*", 0.10))
"""Stars of the 2006 paper and the p-value each stays below."""

WHITE_1980 = Source(
    "White1980",
    "White, H., A heteroskedasticity-consistent covariance matrix estimator, Econometrica 48",
    "1980",
)
MACKINNON_WHITE_1985 = Source(
    "MacKinnonWhite1985",
    "MacKinnon, J. G. and White, H., Some heteroskedasticity-consistent covariance matrix "
    "estimators with improved finite sample properties, Journal of Econometrics 29",
    "1985",
)
LIANG_ZEGER_1986 = Source(
    "LiangZeger1986",
    "Liang, K.-Y. and Zeger, S. L., Longitudinal data analysis using generalized linear models, "
    "Biometrika 73",
    "1986",
)

STEPS = {
    "outliers": say("outliers"),
    "incomplete": say("incomplete rows"),
    "metropolitan": say("metropolitan districts"),
}
"""Steps that set areas aside; others are the user's own columns."""

COLLINEAR = 1e-10
"""Smallest accepted diagonal of R, of the unit-length columns of X; below it X is singular."""


def kind_of_errors(name: str) -> str:
    """Kind of standard errors, as said in a sentence; abbreviations stay."""
    return say("classical") if name == "classical" else name


def stars(p: float) -> str:
    """Stars of a p-value; none when it is not known.

    Examples
    --------
    >>> [stars(p) for p in (0.004, 0.03, 0.09, 0.2)]
    ['***', '**', '*', '']
    """
    return next((mark for mark, level in LEVELS if p < level), "")


@result
class Fit(Result):
    """One equation, estimated.

    Attributes
    ----------
    design
        What was asked.
    sample
        The rows and columns used, and who was set aside.
    coefficients
        In units of the outcome per unit of the term, shape ``(k,)``, the constant first.
    covariance
        Of the coefficients, by the design's standard errors, shape ``(k, k)``.
    residuals
        Shape ``(n,)``.
    r2, adjusted_r2
        Shares of variance explained; 1 is all of it.
    f_classical, f_robust
        Tests that all slopes are zero.
    definitions
        What outcome and terms are.
    printed
        What a paper prints for this equation: index terms, columns ``coefficient``, ``t``,
        ``stars``; ``None`` when there is no paper.
    errors_called
        What the standard errors are, where they are not those of the design: ``Conley, 50 km``.
    """

    design: Design
    sample: Sample
    coefficients: Floats
    covariance: Floats
    residuals: Floats
    r2: float
    adjusted_r2: float
    f_classical: float
    f_robust: float
    definitions: Definitions = field(default_factory=Definitions)
    printed: pd.DataFrame | None = None
    errors_called: str = ""

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients, the constant first."""
        return self.sample.terms

    @property
    def n(self) -> int:
        """Number of areas."""
        return self.sample.n

    @property
    def clusters(self) -> int | None:
        """Number of clusters; ``None`` unless the standard errors are clustered."""
        return None if self.sample.clusters is None else len(self.sample.cluster_names)

    @property
    def degrees_of_freedom(self) -> int:
        """Those of t and of the robust F: areas less coefficients; with clusters, G − 1."""
        return self.n - len(self.terms) if self.clusters is None else self.clusters - 1

    @property
    def standard_errors(self) -> Floats:
        """Standard errors of the coefficients, shape ``(k,)``."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def t(self) -> Floats:
        """Coefficients over their standard errors, shape ``(k,)``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.coefficients / self.standard_errors)

    @property
    def p(self) -> Floats:
        """Two-sided p-values, Student's t with ``degrees_of_freedom``, shape ``(k,)``."""
        return np.asarray(2 * scipy.stats.t.sf(np.abs(self.t), self.degrees_of_freedom))

    @property
    def f_classical_p(self) -> float:
        """P-value of the classical F."""
        k = len(self.terms)
        return float(scipy.stats.f.sf(self.f_classical, k - 1, self.n - k))

    @property
    def f_robust_p(self) -> float:
        """P-value of the robust F."""
        return float(scipy.stats.f.sf(self.f_robust, len(self.terms) - 1, self.degrees_of_freedom))

    def position(self, term: str) -> int:
        """Position of a term among the coefficients."""
        if term not in self.terms:
            raise UnknownCodeError.among("term", [term], self.terms)
        return self.terms.index(term)

    def headline(self) -> Message:
        """Outcome, model, adjusted R², F, n, and the kind of standard errors."""
        fit = say(
            "{outcome}, model {model}: adjusted R² {share:.3f}, F {f:.1f}, n = {n}, {kind} "
            "standard errors",
            outcome=self.design.outcome,
            model=self.design.model,
            share=self.adjusted_r2,
            f=self.f_classical,
            n=self.n,
            kind=self.errors_called or kind_of_errors(self.design.standard_errors),
        )
        if self.clusters is None:
            return fit
        return say("{fit} ({clusters:count(cluster)})", fit=fit, clusters=self.clusters)

    def to_frame(self) -> pd.DataFrame:
        """One row per term: estimate, and beside it the print when there is one."""
        p = self.p
        frame = pd.DataFrame(
            {
                "outcome": self.design.outcome,
                "model": self.design.model,
                "term": list(self.terms),
                "coefficient": self.coefficients,
                "standard_error": self.standard_errors,
                "t": self.t,
                "p": p,
                "stars": [stars(value) for value in p],
            }
        )
        if self.printed is None:
            return frame
        for column in ("coefficient", "t", "stars"):
            frame[f"printed_{column}"] = [
                self.printed[column].get(term, "") for term in frame["term"]
            ]
        return frame

    def fit_statistics(self) -> pd.DataFrame:
        """One row per statistic: adjusted R², R², both F, n."""
        return pd.DataFrame(
            [
                {"statistic": "adjusted_r2", "value": self.adjusted_r2, "p": np.nan},
                {"statistic": "r2", "value": self.r2, "p": np.nan},
                {"statistic": "f_statistic", "value": self.f_classical, "p": self.f_classical_p},
                {"statistic": "f_robust", "value": self.f_robust, "p": self.f_robust_p},
                {"statistic": "n", "value": float(self.n), "p": np.nan},
            ]
        ).assign(
            outcome=self.design.outcome,
            model=self.design.model,
            stars=lambda f: [stars(value) for value in f["p"]],
        )[["outcome", "model", "statistic", "value", "p", "stars"]]

    def beside(self, printed: pd.DataFrame, source: Source) -> "Fit":
        """Put what a paper prints for this outcome and model beside the estimates.

        Parameters
        ----------
        printed
            ``outcome``, ``model``, ``term``, ``coefficient``, ``t`` and ``stars``, as printed.
        source
            Where they stand.
        """
        mine = printed[
            (printed["outcome"] == self.design.outcome) & (printed["model"] == self.design.model)
        ]
        if mine.empty:
            return self
        return replace(
            self,
            printed=mine.set_index("term")[["coefficient", "t", "stars"]],
            sources=(*self.sources, source),
        )


@result
class Fits(Result, Mapping[tuple[str, str], Fit]):
    """Many equations: ``fits["START", 1]`` is one of them.

    Attributes
    ----------
    fits
        In the order of the designs.
    """

    fits: tuple[Fit, ...]

    def __getitem__(self, key: tuple[str, str | int]) -> Fit:
        outcome, model = key[0], str(key[1])
        for fit in self.fits:
            if (fit.design.outcome, fit.design.model) == (outcome, model):
                return fit
        known = [f"{fit.design.outcome}, {fit.design.model}" for fit in self.fits]
        raise UnknownCodeError.among("equation", [f"{outcome}, {model}"], known)

    def __contains__(self, key: object) -> bool:
        return (
            isinstance(key, tuple)
            and len(key) == 2
            and (key[0], str(key[1])) in {(f.design.outcome, f.design.model) for f in self.fits}
        )

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter([(fit.design.outcome, fit.design.model) for fit in self.fits])

    def __len__(self) -> int:
        return len(self.fits)

    def headline(self) -> Message:
        """Number of equations, range of adjusted R² and of n."""
        adjusted = [fit.adjusted_r2 for fit in self.fits]
        areas = [fit.n for fit in self.fits]
        return say(
            "{equations:count(equation)}, adjusted R² {least:.3f} to {most:.3f}, n = {fewest} to "
            "{largest}",
            equations=len(self.fits),
            least=min(adjusted),
            most=max(adjusted),
            fewest=min(areas),
            largest=max(areas),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per equation and term."""
        return pd.concat([fit.to_frame() for fit in self.fits], ignore_index=True)

    def fit_statistics(self) -> pd.DataFrame:
        """One row per equation and statistic."""
        return pd.concat([fit.fit_statistics() for fit in self.fits], ignore_index=True)

    def of(self, outcome: str) -> "Fits":
        """The equations of one outcome."""
        return replace(self, fits=tuple(fit for fit in self.fits if fit.design.outcome == outcome))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes, in the order of the designs."""
        return tuple(dict.fromkeys(fit.design.outcome for fit in self.fits))

    @property
    def models(self) -> tuple[str, ...]:
        """Models, in the order of the designs."""
        return tuple(dict.fromkeys(fit.design.model for fit in self.fits))


def estimate(design: Design, variables: RegionalVariables) -> Fit:
    """Estimate one equation.

    Parameters
    ----------
    design
        Outcome, terms, sample and outlier rules, kind of standard errors.
    variables
        The regional variables.

    Returns
    -------
    Fit

    Raises
    ------
    DataError
        Terms that do not vary or that are combinations of one another, fewer areas than
        coefficients, a coefficient that one area or cluster decides almost alone (unless the
        standard errors are classical).
    UnknownCodeError
        Variables that are not there.

    Notes
    -----
    Okamuro (2006), p. 9 and tables 4-6.
    """
    sample = design.sample(variables)
    where = say("model {model} of {outcome}", model=design.model, outcome=design.outcome)
    check_design(sample.outcome, sample.regressors, sample.terms, where)
    codes, kind = sample.clusters, design.standard_errors
    fitted = least_squares(sample.outcome, sample.regressors, kind, codes)
    n, k = sample.regressors.shape
    told = check_support(
        sample.regressors,
        sample.terms,
        sample.areas,
        kind,
        where,
        codes=codes,
        names=sample.cluster_names,
        factor=small_sample_factor(kind, n, k, len(sample.cluster_names)),
    )
    centred = sample.outcome - sample.outcome.mean()
    r2 = 1 - float(fitted.residuals @ fitted.residuals) / float(centred @ centred)
    notes = [
        say("Set aside, {step}: {areas}.", step=STEPS.get(step, step), areas=some_of(areas))
        for step, areas in sample.set_aside.items()
    ]
    if codes is not None:
        told += note_few_clusters(len(sample.cluster_names), say("use the wild cluster bootstrap"))
    joint = float("nan")
    if codes is None or len(sample.cluster_names) >= k:
        slopes, middle = fitted.coefficients[1:], fitted.covariance[1:, 1:]
        joint = float(slopes @ np.linalg.pinv(middle, hermitian=True) @ slopes) / (k - 1)
    return Fit(
        design=design,
        sample=sample,
        coefficients=fitted.coefficients,
        covariance=fitted.covariance,
        residuals=fitted.residuals,
        r2=r2,
        adjusted_r2=1 - (1 - r2) * (n - 1) / (n - k),
        f_classical=_ratio(r2 / (k - 1), (1 - r2) / (n - k)),
        f_robust=joint,
        definitions=variables.definitions,
        notes=(*notes, *told),
        sources=(
            *variables.sources,
            *((LIANG_ZEGER_1986,) if codes is not None else (WHITE_1980, MACKINNON_WHITE_1985)),
        ),
    )


def estimate_all(
    designs: Iterable[Design],
    variables: RegionalVariables,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Fits:
    """Estimate many equations.

    Parameters
    ----------
    designs
        The equations.
    variables
        The regional variables.
    progress
        Called with the number done and the number in all.
    """
    asked = tuple(designs)
    if not asked:
        raise ParameterError(say("No designs were given. Expected at least one equation."))
    keys = [(design.outcome, design.model) for design in asked]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise ParameterError(
            say(
                "Equations with the same outcome and model: {repeated}. Expected a model name of "
                "its own for each. Rename one.",
                repeated=examples(repeated),
            )
        )
    fits = []
    for done, design in enumerate(asked, start=1):
        fits.append(estimate(design, variables))
        if progress is not None:
            progress(done, len(asked))
    sources = dict.fromkeys(source for fit in fits for source in fit.sources)
    return Fits(fits=tuple(fits), sources=tuple(sources), notes=variables.notes)


# ---- arrays ---------------------------------------------------------------------------------


class LeastSquares(NamedTuple):
    """Coefficients ``(k,)``, their covariance ``(k, k)``, residuals and leverages ``(n,)``."""

    coefficients: Floats
    covariance: Floats
    residuals: Floats
    leverages: Floats


def least_squares(
    y: Floats, X: Floats, standard_errors: str = "HC1", codes: Ints | None = None
) -> LeastSquares:
    """Least squares and a covariance of the coefficients.

    Parameters
    ----------
    y
        Outcome, shape ``(n,)``.
    X
        Regressors, shape ``(n, k)``, of full column rank; put the constant in yourself.
    standard_errors
        One of ``classical``, ``HC0``, ``HC1``, ``HC2``, ``HC3``, ``CR1``, ``CR1S``.
    codes
        Cluster of each row, 0 … G − 1, shape ``(n,)``, for ``CR1`` and ``CR1S``.

    Returns
    -------
    LeastSquares

    Examples
    --------
    A line through (0, 1), (1, 2), (2, 6): slope 2.5, intercept 0.5.

    >>> X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> least_squares(np.array([1.0, 2.0, 6.0]), X).coefficients.round(12)
    array([0.5, 2.5])
    """
    if standard_errors not in STANDARD_ERRORS:
        raise ParameterError(
            say(
                "Unknown kind of standard error {standard_errors!r}. Expected one of "
                "{standard_errors_2}.",
                standard_errors=standard_errors,
                standard_errors_2=listed(STANDARD_ERRORS),
            )
        )
    if (standard_errors in CLUSTERED) != (codes is not None):
        with_clusters = " or ".join(CLUSTERED)
        if codes is None:
            raise ParameterError(
                say(
                    "{standard_errors} standard errors without clusters. Expected {with_clusters} "
                    "with clusters, the others without. Change one.",
                    standard_errors=standard_errors,
                    with_clusters=with_clusters,
                )
            )
        raise ParameterError(
            say(
                "{standard_errors} standard errors with clusters. Expected {with_clusters} with "
                "clusters, the others without. Change one.",
                standard_errors=standard_errors,
                with_clusters=with_clusters,
            )
        )
    n, k = X.shape
    length = np.linalg.norm(X, axis=0)
    Q, R = np.linalg.qr(X / length)
    coefficients = linalg.solve_triangular(R, Q.T @ y)
    residuals = y - (X / length) @ coefficients
    leverages = np.einsum("ij,ij->i", Q, Q)
    inverse = linalg.solve_triangular(R, np.eye(k))
    squares = residuals**2
    match standard_errors:
        case "classical":
            middle = np.eye(k) * (squares.sum() / (n - k))
        case "HC0" | "HC1":
            middle = (Q.T * squares) @ Q
        case "CR1" | "CR1S":
            assert codes is not None
            scores = np.zeros((int(codes.max()) + 1, k))
            np.add.at(scores, codes, Q * residuals[:, None])
            middle = scores.T @ scores
        case _:
            power = 1 if standard_errors == "HC2" else 2
            with np.errstate(divide="ignore", invalid="ignore"):
                middle = (Q.T * (squares / (1 - leverages) ** power)) @ Q
    if standard_errors != "classical":
        groups = 0 if codes is None else int(codes.max()) + 1
        middle = middle * small_sample_factor(standard_errors, n, k, groups)
    covariance = inverse @ middle @ inverse.T
    return LeastSquares(
        coefficients / length, covariance / np.outer(length, length), residuals, leverages
    )


def small_sample_factor(standard_errors: str, n: int, k: int, groups: int = 0) -> float:
    """What a robust covariance multiplies the sandwich with; see the module's formulas."""
    match standard_errors:
        case "HC1":
            return n / (n - k)
        case "CR1":
            return groups / (groups - 1)
        case "CR1S":
            return groups / (groups - 1) * (n - 1) / (n - k)
    return 1.0


def check_size(n: int, k: int, where: str) -> None:
    """Refuse to estimate as many coefficients as there are areas, or more.

    Raises
    ------
    DataError
        ``k`` is not below ``n``.
    """
    if n <= k:
        raise DataError(
            say(
                "{n} areas for {k} coefficients in {where}. Expected more areas than "
                "coefficients. Drop terms, or relax the sample rules.",
                n=n,
                k=k,
                where=where,
            )
        )


def check_design(y: Floats, X: Floats, terms: tuple[str, ...], where: str) -> None:
    """Refuse a design that has no unique solution, and name the terms.

    Parameters
    ----------
    y, X
        Outcome ``(n,)`` and regressors ``(n, k)``.
    terms
        Names of the columns.
    where
        Which equation, for the message.

    Raises
    ------
    DataError
        An outcome or term that does not vary, fewer rows than needed, collinear terms.
    """
    n, k = X.shape
    check_size(n, k, where)
    if np.ptp(y) == 0:
        raise DataError(
            say(
                "The outcome is {value:g} in all {n} areas of {where}. Expected one that varies.",
                value=y[0],
                n=n,
                where=where,
            )
        )
    flat = [
        term
        for term, column in zip(terms, X.T, strict=True)
        if term != CONSTANT and np.ptp(column) <= 1e-12 * np.abs(column).max(initial=0.0)
    ]
    if flat:
        raise DataError(
            say(
                "Terms that do not vary over the {n} areas of {where}: {flat}. Expected "
                "regressors that vary. Leave them out.",
                n=n,
                where=where,
                flat=examples(flat),
            )
        )
    scaled = X - X.mean(axis=0)
    scaled[:, 0] = 1.0 if terms[0] == CONSTANT else scaled[:, 0]
    scaled /= np.linalg.norm(scaled, axis=0)
    _, R, order = linalg.qr(scaled, mode="economic", pivoting=True)
    last = np.abs(np.diag(R))
    rank = int((last > COLLINEAR).sum())
    if rank < k:
        others = linalg.solve_triangular(R[:rank, :rank], R[:rank, rank])
        involved = [order[j] for j in range(rank) if abs(others[j]) > 1e-6]
        names = [terms[j] for j in sorted([*involved, order[rank]])]
        raise DataError(
            say(
                "Terms that add up to one another, or to a constant, in {where}: {names}. "
                "Expected terms none of which follows from the others. Leave one out, e.g. "
                "{terms}.",
                where=where,
                names=examples(names),
                terms=terms[order[rank]],
            )
        )


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else np.inf
