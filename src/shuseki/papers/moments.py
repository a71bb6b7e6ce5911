"""What do a paper's printed moments imply for its regressions, and how much can rounding change it?

A least-squares fit needs no data, only moments: with ``R`` the correlations of the regressors,
``r`` their correlations with the outcome, and standard deviations ``s``::

    β = R⁻¹ r          b_j = β_j s_y / s_j          b_0 = ȳ − Σ b_j x̄_j
    R² = β'r           se_j² = (1 − R²) / (n − k − 1) · (s_y / s_j)² · (R⁻¹)_jj      (classical)

Printed moments are rounded, so each is an interval and every answer is one too. Two bounds are
given. The **guaranteed** bounds hold for every matrix in the box of rounding (they may be a
little wide; they use no property of the matrix but its symmetry, so they also hold for the
positive semidefinite ones among them). The **found** bounds are attained by a positive
semidefinite matrix inside the box, so the truth can be at least that far out. Where the two
nearly agree, as with three printed digits they do, both are sharp.

Takes: means, standard deviations, correlations and counts, each with half a unit of its last
printed digit. Gives: coefficients in the units of outcome over regressor, with both bounds.

Sources: the normal equations; the guaranteed bound is the classical one for interval linear
systems (Neumaier 1990, *Interval Methods for Systems of Equations*, section 4.1), sharpened by
the exact first-order term.

Limits: the standard errors are classical; a paper's robust ones cannot be had from second
moments. Printed moments of different samples (pairwise counts, outliers dropped from the
equations only) are not the moments of any one regression: `Moments.counts` is compared, and the
fit says so in its notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.papers.printed import PrintedPaper
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["MomentFit", "Moments", "fit_from_moments", "moments_of", "printed_moments"]

CONSTANT = "constant"


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """First and second moments of some variables, and how finely they were printed.

    Attributes
    ----------
    variables
        Names, in the order of every array; ``p`` of them.
    means, standard_deviations
        ``(p,)``, in each variable's own unit. Standard deviations have divisor ``n − 1``.
    correlations
        ``(p, p)``, symmetric, ones on the diagonal.
    counts
        ``(p,)`` observations of each variable.
    mean_half_widths, deviation_half_widths
        ``(p,)`` half a unit of the last printed digit; zeros when the moments are exact.
    correlation_half_widths
        ``(p, p)`` likewise, zeros on the diagonal.
    sources
        Where the moments were printed.
    """

    variables: tuple[str, ...]
    means: Floats
    standard_deviations: Floats
    correlations: Floats
    counts: Ints
    mean_half_widths: Floats
    deviation_half_widths: Floats
    correlation_half_widths: Floats
    sources: tuple[Source, ...] = field(default=())

    def __post_init__(self) -> None:
        p = len(self.variables)
        vectors = (
            self.means,
            self.standard_deviations,
            self.counts,
            self.mean_half_widths,
            self.deviation_half_widths,
        )
        matrices = (self.correlations, self.correlation_half_widths)
        if any(v.shape != (p,) for v in vectors) or any(m.shape != (p, p) for m in matrices):
            shapes = [v.shape for v in (*vectors, *matrices)]
            raise DataError(
                say(
                    "Moments of shapes {shapes} for {p} variables. Expected ({p},) for vectors "
                    "and ({p}, {p}) for matrices. Give one value per variable, one row per "
                    "correlation.",
                    shapes=shapes,
                    p=p,
                )
            )
        beyond = np.argwhere(np.abs(self.correlations) - self.correlation_half_widths > 1)
        if len(beyond):
            i, j = beyond[0]
            raise DataError(
                say(
                    "Correlation of {variables} and {variables_2} is {correlations:g} ({n_beyond} "
                    "such pairs). Expected at most 1 in size. Correct the table.",
                    variables=self.variables[i],
                    variables_2=self.variables[j],
                    correlations=self.correlations[i, j],
                    n_beyond=len(beyond) // 2,
                )
            )
        if np.any(self.standard_deviations + self.deviation_half_widths <= 0):
            flat = np.flatnonzero(self.standard_deviations + self.deviation_half_widths <= 0)
            raise DataError(
                say(
                    "Standard deviation of {variables} is {standard_deviations:g}. Expected a "
                    "positive one. Leave out variables that do not vary.",
                    variables=self.variables[flat[0]],
                    standard_deviations=self.standard_deviations[flat[0]],
                )
            )

    def position(self, variable: str) -> int:
        """Index of a variable."""
        if variable not in self.variables:
            raise UnknownCodeError.among("variable", [variable], self.variables)
        return self.variables.index(variable)


@result
class MomentFit(Result):
    """A least-squares equation obtained from moments alone, with what rounding allows.

    All arrays have one entry per term, the constant first. A bound is infinite where the box of
    rounding contains a singular set of regressors.

    Attributes
    ----------
    outcome, terms
        Names; ``terms[0]`` is ``"constant"``.
    coefficients, standard_errors
        At the printed values; classical standard errors (NaN for the constant when a mean is
        missing).
    guaranteed_low, guaranteed_high
        Every matrix in the box of rounding gives a coefficient between these.
    found_low, found_high
        Some positive semidefinite matrix in the box attains these.
    standard_error_low, standard_error_high, t_low, t_high
        Guaranteed. Standard deviations cancel in t, so its bounds are the tighter ones.
    r_squared, r_squared_low, r_squared_high
        Share; the bounds are guaranteed.
    n
        Observations assumed.
    """

    outcome: str
    terms: tuple[str, ...]
    coefficients: Floats
    standard_errors: Floats
    guaranteed_low: Floats
    guaranteed_high: Floats
    found_low: Floats
    found_high: Floats
    standard_error_low: Floats
    standard_error_high: Floats
    t_low: Floats
    t_high: Floats
    r_squared: float
    r_squared_low: float
    r_squared_high: float
    n: int

    @property
    def degrees_of_freedom(self) -> int:
        """Observations less coefficients."""
        return self.n - len(self.terms)

    @property
    def t_values(self) -> Floats:
        """Coefficient over classical standard error."""
        return self.coefficients / self.standard_errors

    @property
    def adjusted_r_squared(self) -> float:
        """R² corrected for degrees of freedom."""
        return self._adjusted(self.r_squared)

    @property
    def adjusted_r_squared_bounds(self) -> tuple[float, float]:
        """Guaranteed bounds of the adjusted R²."""
        return self._adjusted(self.r_squared_low), self._adjusted(self.r_squared_high)

    @property
    def f_statistic(self) -> float:
        """Test that all slopes are zero, from R²."""
        k = len(self.terms) - 1
        return self.r_squared / k / ((1 - self.r_squared) / self.degrees_of_freedom)

    def headline(self) -> Message:
        """Say the fit in one line."""
        low, high = self.adjusted_r_squared_bounds
        return say(
            "{outcome} on {terms:count(term)} from moments alone: adjusted R² {share:.3f} "
            "({low:.3f} to {high:.3f} within rounding), n = {n}",
            outcome=self.outcome,
            terms=len(self.terms) - 1,
            share=self.adjusted_r_squared,
            low=low,
            high=high,
            n=self.n,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "term": self.terms,
                "coefficient": self.coefficients,
                "guaranteed_low": self.guaranteed_low,
                "guaranteed_high": self.guaranteed_high,
                "found_low": self.found_low,
                "found_high": self.found_high,
                "classical_standard_error": self.standard_errors,
                "t": self.t_values,
                "t_low": self.t_low,
                "t_high": self.t_high,
            }
        )

    def _adjusted(self, r_squared: float) -> float:
        return 1 - (1 - r_squared) * (self.n - 1) / self.degrees_of_freedom


def moments_of(data: pd.DataFrame, sources: tuple[Source, ...] = ()) -> Moments:
    """Take exact moments of the rows of a table that have every value.

    Parameters
    ----------
    data
        One column per variable.
    sources
        Where the data come from.
    """
    whole = data.dropna()
    p = whole.shape[1]
    if len(whole) < 2:
        raise DataError(
            say(
                "{n_whole} of {n_data} rows have every value. Expected at least 2. Leave out the "
                "emptiest column.",
                n_whole=len(whole),
                n_data=len(data),
            )
        )
    return Moments(
        variables=tuple(str(name) for name in whole.columns),
        means=whole.mean().to_numpy(np.float64),
        standard_deviations=whole.std(ddof=1).to_numpy(np.float64),
        correlations=np.atleast_2d(np.corrcoef(whole.to_numpy(np.float64), rowvar=False)),
        counts=np.full(p, len(whole), dtype=np.int64),
        mean_half_widths=np.zeros(p),
        deviation_half_widths=np.zeros(p),
        correlation_half_widths=np.zeros((p, p)),
        sources=sources,
    )


def printed_moments(paper: PrintedPaper) -> Moments:
    """Take the moments that a paper prints: its descriptive statistics and its correlations.

    Parameters
    ----------
    paper
        With ``descriptives`` and ``correlations`` tables.

    Raises
    ------
    DataError
        A variable lacks its mean, deviation, n, or a correlation with another.
    """
    described = set(paper.table("descriptives")["variable"])
    table = paper.table("correlations")
    variables = tuple(v for v in dict.fromkeys([*table["variable"], *table["with"]]))
    missing = [v for v in variables if v not in described]
    if missing or not variables:
        raise DataError(
            say(
                "Correlations of {n_variables} variables; without descriptive statistics: "
                "{missing}. Expected both tables for the same variables. Add them.",
                n_variables=len(variables),
                missing=examples(missing) or say("none"),
            )
        )
    numbers = {
        column: [paper.number("descriptives", column, variable=v) for v in variables]
        for column in ("mean", "sd", "n")
    }
    p = len(variables)
    correlations, widths = np.eye(p), np.zeros((p, p))
    at = {name: i for i, name in enumerate(variables)}
    seen = set()
    for one, other in zip(table["variable"], table["with"], strict=True):
        i, j = at[one], at[other]
        if i == j:
            continue
        number = paper.number("correlations", "r", variable=one, **{"with": other})
        low, high = number.interval
        correlations[i, j] = correlations[j, i] = number.value
        widths[i, j] = widths[j, i] = (high - low) / 2
        seen.add(frozenset((one, other)))
    lacking = [
        say("{one} with {other}", one=a, other=b)
        for i, a in enumerate(variables)
        for b in variables[i + 1 :]
        if frozenset((a, b)) not in seen
    ]
    if lacking:
        raise DataError(
            say(
                "No correlation of {lacking}. Expected one for every pair. Complete the table, or "
                "leave the variable out.",
                lacking=examples(lacking),
            )
        )

    def half(column: str) -> Floats:
        return np.array([(n.interval[1] - n.interval[0]) / 2 for n in numbers[column]])

    return Moments(
        variables=variables,
        means=np.array([n.value for n in numbers["mean"]]),
        standard_deviations=np.array([n.value for n in numbers["sd"]]),
        correlations=correlations,
        counts=np.array([int(n.value) for n in numbers["n"]], dtype=np.int64),
        mean_half_widths=half("mean"),
        deviation_half_widths=half("sd"),
        correlation_half_widths=widths,
        sources=(paper.source,),
    )


def fit_from_moments(
    moments: Moments, outcome: str, terms: Sequence[str], *, n: int | None = None
) -> MomentFit:
    """Fit ``outcome`` on ``terms`` and a constant by least squares, from moments alone.

    Parameters
    ----------
    moments
        Printed or exact moments.
    outcome, terms
        Variables of ``moments``; terms without the constant.
    n
        Observations; by default the fewest of any variable in the equation.

    Returns
    -------
    MomentFit
        With guaranteed and found bounds on every coefficient.

    Raises
    ------
    DataError
        The printed correlations of the terms are not those of linearly independent variables.
    ParameterError
        No terms, a term twice, the outcome among them, or too few observations.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"y": [1.0, 3.0, 2.0, 5.0], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> fit_from_moments(moments_of(table), "y", ["x"]).coefficients.round(6).tolist()
    [0.0, 1.1]
    """
    terms = tuple(terms)
    if not terms or len(set(terms)) < len(terms) or outcome in terms:
        raise ParameterError(
            say(
                "Terms {terms} for {outcome}. Expected at least one, each once, without the "
                "outcome. Name the regressors only.",
                terms=", ".join(terms) or say("none"),
                outcome=outcome,
            )
        )
    y = moments.position(outcome)
    x = np.array([moments.position(term) for term in terms])
    counts = moments.counts[np.append(x, y)]
    observed = int(counts.min()) if n is None else n
    k = len(terms)
    if observed <= k + 1:
        raise ParameterError(
            say(
                "{observed} observations for {value} coefficients. Expected more. Use fewer terms.",
                observed=observed,
                value=k + 1,
            )
        )
    R, r = moments.correlations[np.ix_(x, x)], moments.correlations[x, y]
    D, d = moments.correlation_half_widths[np.ix_(x, x)], moments.correlation_half_widths[x, y]
    smallest = float(np.linalg.eigvalsh(R)[0])
    if smallest <= 0:
        raise DataError(
            say(
                "The correlations of {terms} have a smallest eigenvalue of {smallest:.2g}. "
                "Expected a positive one: no data have these correlations as printed. Audit the "
                "correlation table, or leave out one of the most correlated terms.",
                terms=listed(terms),
                smallest=smallest,
            )
        )
    inverse = np.linalg.inv(R)
    slopes = inverse @ r
    reach, inverse_reach = slope_reach(inverse, slopes, D, d)
    r2, r2_low, r2_high = explained_share(R, inverse, r, D, d)
    sy, sx = moments.standard_deviations[y], moments.standard_deviations[x]
    hy, hx = moments.deviation_half_widths[y], moments.deviation_half_widths[x]
    with np.errstate(divide="ignore"):
        ratio_low = (sy - hy) / (sx + hx)
        ratio_high = np.where(sx > hx, (sy + hy) / np.maximum(sx - hx, 0), np.inf)
    low, high = _stretch(slopes - reach, slopes + reach, ratio_low, ratio_high)
    found = np.array([_found(R, r, D, d, j) for j in range(k)]).reshape(k, 2)
    found_low, found_high = _stretch(found[:, 0], found[:, 1], ratio_low, ratio_high)

    freedom = observed - k - 1
    diagonal, diagonal_reach = np.diag(inverse), np.diag(inverse_reach)
    se = np.sqrt((1 - r2) / freedom * diagonal) * sy / sx
    se_low = np.sqrt((1 - r2_high) / freedom * np.maximum(diagonal - diagonal_reach, 1)) * ratio_low
    se_high = np.sqrt((1 - r2_low) / freedom * (diagonal + diagonal_reach)) * ratio_high

    with np.errstate(divide="ignore"):
        steep = 1 / np.sqrt((1 - r2_high) / freedom * np.maximum(diagonal - diagonal_reach, 1))
    flat = 1 / np.sqrt((1 - r2_low) / freedom * (diagonal + diagonal_reach))
    t_low, t_high = _stretch(slopes - reach, slopes + reach, flat, steep)

    b = slopes * sy / sx
    my, mx = moments.means[y], moments.means[x]
    gy, gx = moments.mean_half_widths[y], moments.mean_half_widths[x]
    constant = my - b @ mx
    constant_low, constant_high = _constant_bounds(my, gy, mx, gx, low, high)
    inner_low, inner_high = _found_constant(
        R, r, D, d, (sy, hy), (sx, hx), (my, gy), (mx, gx), constant
    )
    spread = sy * np.sqrt((1 - r2) * (observed - 1) / freedom)
    scaled = mx / sx
    constant_se = spread * np.sqrt(1 / observed + scaled @ inverse @ scaled / (observed - 1))
    scaled_high = (np.abs(mx) + gx) / np.where(sx > hx, sx - hx, np.nan)
    wide = (sy + hy) * np.sqrt((1 - r2_low) * (observed - 1) / freedom)
    constant_se_high = np.inf
    if np.all(np.isfinite(scaled_high)) and np.all(np.isfinite(inverse_reach)):
        far = scaled_high @ (np.abs(inverse) + inverse_reach) @ scaled_high
        constant_se_high = float(wide * np.sqrt(1 / observed + far / (observed - 1)))
    constant_se_low = (sy - hy) * np.sqrt((1 - r2_high) * (observed - 1) / freedom / observed)

    constant_t_low, constant_t_high = -np.inf, np.inf
    if np.isfinite(constant_high - constant_low) and constant_se_low > 0:
        below, above = constant_se_low, constant_se_high
        constant_t_low = constant_low / (above if constant_low >= 0 else below)
        constant_t_high = constant_high / (below if constant_high >= 0 else above)

    notes = [
        say("Standard errors are classical: robust ones cannot be computed from second moments.")
    ]
    if len(set(counts.tolist())) > 1 or (n is not None and n != counts.min()):
        notes.append(
            say(
                "The moments pool different observations (n: {pairs}; equation: {n}), so they are "
                "not those of any single regression.",
                pairs=listed(
                    f"{name} {int(count)}"
                    for name, count in zip((*terms, outcome), counts, strict=True)
                ),
                n=observed,
            )
        )
    if not np.all(np.isfinite(high - low)):
        notes.append(
            say("Rounding alone allows a singular set of regressors: some bounds are infinite.")
        )
    return MomentFit(
        outcome=outcome,
        terms=(CONSTANT, *terms),
        coefficients=np.append(constant, b),
        standard_errors=np.append(constant_se, se),
        guaranteed_low=np.append(constant_low, low),
        guaranteed_high=np.append(constant_high, high),
        found_low=np.append(inner_low, found_low),
        found_high=np.append(inner_high, found_high),
        standard_error_low=np.append(constant_se_low, se_low),
        standard_error_high=np.append(constant_se_high, se_high),
        t_low=np.append(constant_t_low, t_low),
        t_high=np.append(constant_t_high, t_high),
        r_squared=r2,
        r_squared_low=r2_low,
        r_squared_high=r2_high,
        n=observed,
        notes=tuple(notes),
        sources=moments.sources,
    )


def critical_t(level: float, degrees_of_freedom: int) -> float:
    """Two-sided critical value of Student's t."""
    return float(scipy.stats.t.isf(level / 2, degrees_of_freedom))


def slope_reach(
    inverse: Floats, slopes: Floats, matrix_widths: Floats, vector_widths: Floats
) -> tuple[Floats, Floats]:
    """Bound how far slopes, and the inverse, can move when ``R`` and ``r`` move in their box.

    With ``A = R + E``, ``a = r + e``, ``|E| ≤ D`` symmetric, ``|e| ≤ d`` and ``P = R⁻¹``::

        β' − β = P(e − Eβ) − P E (β' − β)

    so ``|β' − β| ≤ g = (I − |P|D)⁻¹ |P|(d + D|β|)`` when the spectral radius of ``|P|D`` is below
    one, and, first order exact, ``|β' − β| ≤ max|P(e − Eβ)| + |P| D g``.

    Parameters
    ----------
    inverse
        ``(k, k)`` inverse of the printed correlations.
    slopes
        ``(k,)`` at the printed correlations.
    matrix_widths, vector_widths
        ``(k, k)`` and ``(k,)`` half-widths ``D`` and ``d``.

    Returns
    -------
    tuple
        ``(k,)`` reach of the slopes, ``(k, k)`` reach of the inverse; infinite when the box may
        contain a singular matrix.
    """
    P = np.abs(inverse)
    k = len(slopes)
    M = P @ matrix_widths
    if np.max(np.abs(np.linalg.eigvals(M))) >= 1:
        return np.full(k, np.inf), np.full((k, k), np.inf)
    damping = np.linalg.inv(np.eye(k) - M)
    crude = damping @ (P @ (vector_widths + matrix_widths @ np.abs(slopes)))
    # |Σ_ij P_ci E_ij β_j| over symmetric E: each pair i < j moves once, by P_ci β_j + P_cj β_i.
    paired = inverse[:, :, None] * slopes[None, None, :]
    paired = np.abs(paired + paired.transpose(0, 2, 1))
    first = P @ vector_widths + np.einsum("cij,ij->c", paired, matrix_widths) / 2
    return np.minimum(first + M @ crude, crude), damping @ M @ P


def explained_share(
    R: Floats, inverse: Floats, r: Floats, matrix_widths: Floats, vector_widths: Floats
) -> tuple[float, float, float]:
    """R² at the printed correlations, and its guaranteed bounds over the box, within 0 and 1.

    ``r'R⁻¹r`` is convex in ``(R, r)``, so its tangent plane bounds it from below; the remainder
    ``|e − Eβ|² / λ`` with ``λ`` the smallest eigenvalue in the box bounds it from above.
    """
    slopes = inverse @ r
    value = float(slopes @ r)
    push = vector_widths + matrix_widths @ np.abs(slopes)
    first = float(
        2 * np.abs(slopes) @ vector_widths + np.abs(slopes) @ matrix_widths @ np.abs(slopes)
    )
    smallest = float(np.linalg.eigvalsh(R)[0] - np.linalg.norm(matrix_widths, 2))
    remainder = float(push @ push) / smallest if smallest > 0 else np.inf
    return value, max(value - first, 0.0), min(value + first + remainder, 1.0)


def _stretch(
    low: Floats, high: Floats, ratio_low: Floats, ratio_high: Floats
) -> tuple[Floats, Floats]:
    """Multiply slopes by a positive ratio, both known to intervals."""
    with np.errstate(invalid="ignore"):
        return (
            np.where(low >= 0, low * ratio_low, low * ratio_high),
            np.where(high >= 0, high * ratio_high, high * ratio_low),
        )


def _found(R: Floats, r: Floats, D: Floats, d: Floats, j: int) -> tuple[float, float]:
    """Walk to corners of the box where slope ``j`` is least and greatest."""
    unit = np.eye(len(r))[j]
    return _corner(R, r, D, d, unit, -1.0), _corner(R, r, D, d, unit, 1.0)


def _corner(R: Floats, r: Floats, D: Floats, d: Floats, weights: Floats, sign: float) -> float:
    """Best ``weights'β`` that a positive semidefinite corner of the box gives, as found."""
    best = float(weights @ np.linalg.solve(R, r))
    A, a = R, r
    for _ in range(4):
        P = np.linalg.inv(A)
        w, slopes = P @ weights, P @ a
        push = np.outer(w, slopes)
        A_next = R - sign * np.sign(push + push.T) * D
        a_next = r + sign * np.sign(w) * d
        A_next, a_next = _inside(R, r, A_next, a_next)
        value = float(weights @ np.linalg.solve(A_next, a_next))
        if sign * (value - best) <= 1e-15:
            break
        best, A, a = value, A_next, a_next
    return best


def _inside(R: Floats, r: Floats, A: Floats, a: Floats) -> tuple[Floats, Floats]:
    """Step back from a corner towards the printed values until the matrix is semidefinite."""
    step = 1.0
    for _ in range(30):
        B, b = R + step * (A - R), r + step * (a - r)
        whole = np.block([[B, b[:, None]], [b[None, :], np.ones((1, 1))]])
        if np.linalg.eigvalsh(whole)[0] >= 0 and np.linalg.eigvalsh(B)[0] > 1e-12:
            return B, b
        step *= 0.7
    return R, r


def _constant_bounds(
    mean: float, half: float, means: Floats, halves: Floats, low: Floats, high: Floats
) -> tuple[float, float]:
    """Guaranteed bounds of ``ȳ − Σ b x̄`` by interval arithmetic."""
    with np.errstate(invalid="ignore"):
        products = np.nan_to_num(
            np.stack(
                [
                    low * (means - halves),
                    low * (means + halves),
                    high * (means - halves),
                    high * (means + halves),
                ]
            ),
            nan=0.0,
            posinf=np.inf,
            neginf=-np.inf,
        )
    return float(mean - half - products.max(0).sum()), float(mean + half - products.min(0).sum())


def _found_constant(
    R: Floats,
    r: Floats,
    D: Floats,
    d: Floats,
    outcome_sd: tuple[float, float],
    term_sds: tuple[Floats, Floats],
    outcome_mean: tuple[float, float],
    term_means: tuple[Floats, Floats],
    printed: float,
) -> tuple[float, float]:
    """Constants that corners of the box attain: the means and deviations move, then ``R``."""
    (sy, hy), (sx, hx) = outcome_sd, term_sds
    (my, gy), (mx, gx) = outcome_mean, term_means
    slopes = np.linalg.solve(R, r)
    ends = []
    for sign in (-1.0, 1.0):
        moved_means = mx - sign * np.sign(slopes) * gx
        moved_sds = np.maximum(sx + sign * np.sign(slopes * moved_means) * hx, sx * 1e-3)
        total = float(slopes @ (moved_means / moved_sds))
        moved_sy = max(sy - sign * np.sign(total) * hy, 0.0)
        weights = -moved_sy * moved_means / moved_sds
        ends.append(my + sign * gy + _corner(R, r, D, d, weights, sign))
    return min(ends[0], printed), max(ends[1], printed)
