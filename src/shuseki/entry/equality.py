"""Do two outcomes, such as high- and low-technology births, have the same coefficients?

Comparing two columns of stars is no test of a difference. Estimated on the same areas, the slopes
of the two equations are correlated through the areas' residuals; seemingly unrelated estimation
stacks their influence functions ψ_i = (X'X)⁻¹ x_i e_i (zero for an area that an equation leaves
out) and takes the joint covariance Σ_i ψ_i ψ_i', so that b_1 − b_2 has a standard error.

Takes    a table, one row per area; two outcomes (with their own outlier rules); terms.
Gives    Equality: per term the two slopes, their difference, its robust error; a joint test.
Sources  Zellner (1962), Journal of the American Statistical Association 57; Weesie (1999), Stata
         Technical Bulletin 52 (stacked scores with a robust covariance).
Checked  tests/entry/test_equality.py: against one stacked regression with interactions.
Limits   with the same terms and the same areas, feasible generalised least squares equals least
         squares equation by equation (Zellner 1962), so nothing else is estimated here.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.entry.ols import check_design, small_sample_factor
from shuseki.entry.support import check_support, cluster_codes, note_few_clusters
from shuseki.errors import AlignmentError, DataError, examples
from shuseki.language import Message, say
from shuseki.language.names import named
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Equality", "equality_of_coefficients", "stacked_covariance"]

ZELLNER = Source(
    "Zellner1962",
    "Zellner, An efficient method of estimating seemingly unrelated regressions, JASA 57",
    "1962",
)


@result
class Equality(Result):
    """Whether two equations have the same slopes.

    Attributes
    ----------
    outcomes
        The two outcomes.
    terms
        Regressors without the constant, length k.
    first, second
        Their slopes in the two equations, shape ``(k,)``.
    differences, errors
        First minus second, and robust standard errors (HC1, or CR1 with clusters), ``(k,)``.
    wald, p_joint
        Wald statistic that all slopes are equal, and its p: from χ²(k), or with clusters wald / k
        from F(k, G − 1); ``nan`` where there are no more clusters than slopes.
    clusters
        Number of clusters; ``None`` for independent areas.
    correlation
        Of the two equations' residuals over the areas that both use.
    n
        Areas of the first, of the second, and of both.
    """

    outcomes: tuple[str, str]
    terms: tuple[str, ...]
    first: Floats
    second: Floats
    differences: Floats
    errors: Floats
    wald: float
    p_joint: float
    correlation: float
    n: tuple[int, int, int]
    clusters: int | None = None

    def p_values(self) -> Floats:
        """Two-sided per term, normal or, with clusters, t(G − 1), shape ``(k,)``."""
        degrees = np.inf if self.clusters is None else self.clusters - 1
        p: Floats = 2 * scipy.stats.t.sf(np.abs(self.differences / self.errors), degrees)
        return p

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "term": self.terms,
                self.outcomes[0]: self.first,
                self.outcomes[1]: self.second,
                "difference": self.differences,
                "standard_error": self.errors,
                "z" if self.clusters is None else "t": self.differences / self.errors,
                "p_value": self.p_values(),
            }
        )

    def headline(self) -> Message:
        """The joint test, and the terms that differ."""
        differ = [term for term, p in zip(self.terms, self.p_values(), strict=True) if p < 0.05]
        k = len(self.terms)
        joint: str = f"χ²({k}) = {self.wald:.1f}, p = {self.p_joint:.3g}"
        if self.clusters is not None:
            joint = (
                f"F({k}, {self.clusters - 1}) = {self.wald / k:.1f}, p = {self.p_joint:.3g}"
                if np.isfinite(self.wald)
                else say("not tested together ({clusters:count(cluster)})", clusters=self.clusters)
            )
        return say(
            "{one} against {other}: equal slopes, {joint}; different at 5%: {names} (n = {n})",
            one=self.outcomes[0],
            other=self.outcomes[1],
            joint=joint,
            names=named(differ),
            n=self.n[2],
        )


def equality_of_coefficients(
    table: pd.DataFrame,
    *,
    outcomes: tuple[str, str],
    terms: Sequence[str],
    keep: tuple[Bools, Bools] | None = None,
    standardised: bool = False,
    groups: str | None = None,
    sources: tuple[Source, ...] = (),
) -> Equality:
    """Test whether two outcomes have the same slopes.

    Parameters
    ----------
    table
        One row per area.
    outcomes, terms
        Column names.
    keep
        Rows that each equation's outlier rule leaves; all by default.
    standardised
        Divide each outcome by its mean first, so that slopes are proportional changes: high-
        technology births are a fifth of all, so their slopes in births per 10,000 are smaller for
        that reason alone.
    groups
        Column of clusters; none by default.
    """
    wanted = [*outcomes, *terms, *filter(None, (groups,))]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise DataError(
            say(
                "The table lacks columns {missing}. Found {columns}. Name columns that it has.",
                missing=examples(missing),
                columns=examples(table.columns, 20),
            )
        )
    n = len(table)
    kept = keep or (np.ones(n, dtype=bool), np.ones(n, dtype=bool))
    if any(len(rows) != n for rows in kept):
        raise AlignmentError(
            say(
                "keep has {kept} rows. Expected one per area ({n}).",
                kept=[len(rows) for rows in kept],
                n=n,
            )
        )
    x = table[list(terms)].to_numpy(dtype=float)
    designs = np.column_stack([np.ones(n), x])
    slopes, influences, residuals, used = [], [], [], []
    for outcome, rows in zip(outcomes, kept, strict=True):
        y = table[outcome].to_numpy(dtype=float)
        rows = rows & np.isfinite(y) & np.isfinite(x).all(axis=1)
        if groups:
            rows = rows & table[groups].notna().to_numpy()
        check_design(
            y[rows],
            designs[rows],
            ("constant", *terms),
            say("the equation of {outcome}", outcome=outcome),
        )
        if standardised:
            y = y / y[rows].mean()
        b, influence, residual = influence_functions(designs, y, rows)
        slopes.append(b)
        influences.append(influence)
        residuals.append(residual)
        used.append(rows)
    codes: Ints | None = None
    names: tuple[str, ...] = ()
    notes = [say("Outcomes are divided by their means.")] if standardised else []
    if groups:
        any_used = used[0] | used[1]
        codes = np.full(n, -1, dtype=np.int64)
        codes[any_used], names = cluster_codes(list(table[groups][any_used]), groups)
        notes += note_few_clusters(len(names), say("interpret them with caution"))
    for outcome, rows in zip(outcomes, used, strict=True):
        told = check_support(
            designs[rows],
            ("constant", *terms),
            list(table.index[rows]),
            "CR1" if groups else "HC1",
            say("the equation of {outcome}", outcome=outcome),
            codes=codes[rows] if codes is not None else None,
            names=names,
            factor=small_sample_factor(
                "CR1" if groups else "HC1", int(rows.sum()), designs.shape[1], len(names)
            ),
        )
        notes += [note for note in told if note not in notes]
    cov = stacked_covariance(influences, used, codes)
    k = designs.shape[1]
    contrast = np.hstack([np.eye(k)[1:], -np.eye(k)[1:]])
    difference = slopes[0][1:] - slopes[1][1:]
    var = contrast @ cov @ contrast.T
    wald, p_joint = np.nan, np.nan
    if codes is None or len(names) >= k:
        wald = float(difference @ np.linalg.solve(var, difference))
        p_joint = float(
            scipy.stats.chi2.sf(wald, k - 1)
            if codes is None
            else scipy.stats.f.sf(wald / (k - 1), k - 1, len(names) - 1)
        )
    both = used[0] & used[1]
    return Equality(
        outcomes=outcomes,
        terms=tuple(terms),
        first=slopes[0][1:],
        second=slopes[1][1:],
        differences=difference,
        errors=np.sqrt(np.diag(var)),
        wald=wald,
        p_joint=p_joint,
        correlation=float(np.corrcoef(residuals[0][both], residuals[1][both])[0, 1]),
        n=(int(used[0].sum()), int(used[1].sum()), int(both.sum())),
        clusters=len(names) if groups else None,
        notes=tuple(notes),
        sources=(*sources, ZELLNER),
    )


def influence_functions(x: Floats, y: Floats, rows: Bools) -> tuple[Floats, Floats, Floats]:
    """Least squares on some rows: slopes ``(k,)``, influence ``(n, k)``, residuals ``(n,)``.

    Influence and residuals are 0 for rows that are not used.
    """
    used = x[rows]
    scale = np.sqrt((used**2).mean(axis=0))
    q, r = np.linalg.qr(used / scale)
    b = np.linalg.solve(r, q.T @ y[rows]) / scale
    residual = np.zeros(len(y))
    residual[rows] = y[rows] - used @ b
    influence = np.zeros_like(x)
    influence[rows] = np.linalg.solve(r, q.T).T / scale * residual[rows, None]
    return b, influence, residual


def stacked_covariance(
    influences: Sequence[Floats], used: Sequence[Bools], codes: Ints | None = None
) -> Floats:
    """Joint covariance of several equations' slopes.

    Parameters
    ----------
    influences
        One ``(n, k_m)`` array per equation, 0 for rows that the equation does not use.
    used
        Which rows each equation uses, shape ``(n,)`` each.
    codes
        Cluster of each row, ``(n,)``, −1 where no equation uses it; none for independent areas.
        Each equation's influence carries √(n_m / (n_m − k_m)) (HC1), or the clusters' G / (G − 1).
    """
    if codes is None:
        scaled = [
            influence * np.sqrt(rows.sum() / (rows.sum() - influence.shape[1]))
            for influence, rows in zip(influences, used, strict=True)
        ]
        stacked = np.hstack(scaled)
        factor = 1.0
    else:
        clusters = int(codes.max()) + 1
        inside = codes >= 0
        every = np.hstack(list(influences))
        stacked = np.zeros((clusters, every.shape[1]))
        np.add.at(stacked, codes[inside], every[inside])
        factor = clusters / (clusters - 1)
    covariance: Floats = factor * stacked.T @ stacked
    return covariance
