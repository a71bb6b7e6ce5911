"""How large are standard errors when the residuals of nearby areas are correlated?

Robust standard errors treat areas as independent. Conley's let the residuals of areas closer
than a cut-off be correlated in any way::

    V = (X'X)⁻¹ [ Σ_i Σ_j K(d_ij / cut-off) x_i e_i e_j x_j' ] (X'X)⁻¹

with K = 1 inside the cut-off (uniform) or falling to 0 at it (Bartlett). A cut-off of 0 is White's
HC0. The uniform kernel can give a negative variance in small samples; Bartlett's is reported by
default for that reason, though in two dimensions it is not guaranteed to be positive either.

Residuals add up to 0 over all areas: a kernel that covers them all finds no variance at all. So
the share of the variance that residuals of independent errors would show is computed for every
cut-off and term (``entry.support.kept_share``). Below 30% of it, or with 90% of the pairs within
the cut-off, the error is ``nan``; below 60% a note says so.

Takes    regressors (n, k), residuals (n,), distances in km.
Gives    ConleyErrors: a standard error per term and cut-off, beside HC1.
Sources  Conley (1999), Journal of Econometrics 92, eq. 3.11.
Checked  tests/entry/test_conley.py: by hand, and against spreg's HAC on the same kernel.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.entry.ols import check_design
from shuseki.entry.rows import complete_rows, note_left_out
from shuseki.entry.support import TOLD, check_support, kept_share
from shuseki.errors import AlignmentError, DataError, ParameterError
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import some_of
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["ConleyErrors", "conley_covariance", "conley_errors"]

Kernel = Literal["bartlett", "uniform"]
USELESS = 0.3
"""A cut-off whose errors would show less than this share of the variance gives none."""
ALL_PAIRS = 0.9
"""With this share of the pairs of areas within the cut-off, the kernel covers the whole map."""

CONLEY = Source(
    "Conley1999",
    "Conley, GMM estimation with cross sectional dependence, Journal of Econometrics 92",
    "1999",
)


@result
class ConleyErrors(Result):
    """Standard errors that allow for dependence between near areas.

    Attributes
    ----------
    outcome, kernel
        What was estimated, and with which kernel.
    terms
        ``constant`` and the regressors, length k.
    coefficients
        Least squares, shape ``(k,)``.
    cutoffs_km
        Distances beyond which residuals are taken as independent, length c.
    errors
        Standard errors, shape ``(c, k)``; ``nan`` where the variance came out negative, or where
        the cut-off reaches over the whole map.
    kept_shares
        Share of the variance that residuals of independent errors would show, shape ``(c, k)``.
    robust
        HC1 errors, shape ``(k,)``.
    neighbours, within_shares
        Mean number of other areas within each cut-off, and share of all pairs, shape ``(c,)``.
    n
        Areas.
    """

    outcome: str
    kernel: str
    terms: tuple[str, ...]
    coefficients: Floats
    cutoffs_km: tuple[float, ...]
    errors: Floats
    robust: Floats
    neighbours: Floats
    within_shares: Floats
    kept_shares: Floats
    n: int

    def to_frame(self) -> pd.DataFrame:
        """One row per term and cut-off; cut-off 0 is HC1."""
        rows = [
            pd.DataFrame(
                {
                    "term": self.terms,
                    "cutoff_km": cutoff,
                    "mean_neighbours": near,
                    "pairs_within_share": within,
                    "coefficient": self.coefficients,
                    "standard_error": errors,
                    "t": self.coefficients / errors,
                }
            )
            for cutoff, near, within, errors in zip(
                (0.0, *self.cutoffs_km),
                (0.0, *self.neighbours),
                (0.0, *self.within_shares),
                (self.robust, *self.errors),
                strict=True,
            )
        ]
        return pd.concat(rows, ignore_index=True)

    def headline(self) -> Message:
        """The largest change of a standard error."""
        ratio = np.abs(self.errors / self.robust)[:, 1:]
        if np.isnan(ratio).all():
            return say(
                "{outcome}: no Conley errors at {cutoffs} km, which cover the whole map; HC1 "
                "alone, n = {n}",
                outcome=self.outcome,
                cutoffs=listed([f"{c:g}" for c in self.cutoffs_km]),
                n=self.n,
            )
        at = np.unravel_index(np.nanargmax(ratio), ratio.shape)
        unknown = int(np.isnan(ratio).sum())
        parts = [
            say(
                "{outcome}: Conley errors are {least:.2f}–{most:.2f} times HC1 (largest for {term} "
                "at {cutoff:g} km)",
                outcome=self.outcome,
                least=float(np.nanmin(ratio)),
                most=float(np.nanmax(ratio)),
                term=self.terms[at[1] + 1],
                cutoff=self.cutoffs_km[at[0]],
            )
        ]
        if unknown:
            parts.append(say("{n} of {of} cannot be estimated", n=unknown, of=ratio.size))
        return say("{text}, n = {n}", text=joined(parts, "; "), n=self.n)


def conley_errors(
    table: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    distances_km: Floats,
    cutoffs_km: Sequence[float] = (50.0, 100.0, 200.0),
    kernel: Kernel = "bartlett",
    sources: tuple[Source, ...] = (),
) -> ConleyErrors:
    """Estimate by least squares with Conley's standard errors at several cut-offs.

    Parameters
    ----------
    table
        One row per area; rows with missing values are left out.
    outcome, terms
        Column names.
    distances_km
        Between the areas of the table, in its order, shape ``(n, n)``, kilometres.
    cutoffs_km
        Positive distances.
    kernel
        ``bartlett`` or ``uniform``.
    """
    if kernel not in ("bartlett", "uniform"):
        raise ParameterError(
            say(
                "kernel is {kernel!r}. Expected 'bartlett' or 'uniform'.",
                kernel=kernel,
            )
        )
    if not (len(cutoffs_km) and np.isfinite(cutoffs_km).all() and min(cutoffs_km) > 0):
        raise ParameterError(
            say(
                "Cut-offs are {cutoffs_km} km. Expected positive distances. HC1 is always "
                "reported beside them.",
                cutoffs_km=list(cutoffs_km),
            )
        )
    if distances_km.shape != (len(table), len(table)):
        raise AlignmentError(
            say(
                "Distances have shape {distances_km_shape}. Expected one row and column per area "
                "of the table ({n_table}). Compute them in the table's order.",
                distances_km_shape=distances_km.shape,
                n_table=len(table),
            )
        )
    used = complete_rows(table, [outcome, *terms])
    at = table.index.get_indexer(used.index)
    near = distances_km[np.ix_(at, at)]
    if not np.isfinite(near).all() or (near < 0).any():
        raise DataError(
            say(
                "Distances are negative, infinite or missing. Expected kilometres between all "
                "areas. Correct the coordinates."
            )
        )
    x = np.column_stack([np.ones(len(used)), used[list(terms)].to_numpy()])
    y = used[outcome].to_numpy()
    n, k = x.shape
    names, where = ("constant", *terms), say("the equation of {outcome}", outcome=outcome)
    check_design(y, x, names, where)
    told = check_support(x, names, list(used.index), "HC1", where, factor=n / (n - k))
    scale = np.sqrt((x**2).mean(axis=0))
    b = np.linalg.lstsq(x / scale, y, rcond=None)[0]
    residual = y - x / scale @ b
    covariances = [
        conley_covariance(x / scale, residual, near, cutoff, kernel)
        for cutoff in (0.0, *cutoffs_km)
    ]
    with np.errstate(invalid="ignore"):
        errors = np.array([np.sqrt(np.diag(v)) for v in covariances]) / scale
    robust, errors = errors[0] * np.sqrt(n / (n - k)), errors[1:]
    pairs = near[np.triu_indices(n, 1)]
    within = np.array([(pairs < cutoff).mean() for cutoff in cutoffs_km])
    kept = np.array([kept_share(x, kernel=kernel_of(near, c, kernel)) for c in cutoffs_km])
    negative = np.isnan(errors)
    useless = (kept < USELESS) | (within >= ALL_PAIRS)[:, None]
    errors[useless] = np.nan
    return ConleyErrors(
        outcome=outcome,
        kernel=kernel,
        terms=names,
        coefficients=b / scale,
        cutoffs_km=tuple(map(float, cutoffs_km)),
        errors=errors,
        robust=robust,
        neighbours=2 * within * len(pairs) / n,
        within_shares=within,
        kept_shares=kept,
        n=n,
        notes=(
            *note_left_out(table, used),
            *told,
            *_notes(names, cutoffs_km, within, kept, useless, negative),
        ),
        sources=(*sources, CONLEY),
    )


def _notes(
    terms: Sequence[str],
    cutoffs_km: Sequence[float],
    within: Floats,
    kept: Floats,
    useless: Bools,
    negative: Bools,
) -> tuple[Message, ...]:
    """Say which errors cannot be estimated, which came out negative, which are too small."""
    notes = []
    for c, cutoff in enumerate(cutoffs_km):
        if useless[c].any():
            lost = [terms[j] for j in np.flatnonzero(useless[c]).tolist()]
            notes.append(
                say(
                    "{cutoff:g} km covers {share:.0%} of the pairs of areas: no error for {terms}, "
                    "since residuals add up to 0 over the whole map. Choose a shorter cut-off.",
                    cutoff=cutoff,
                    share=float(within[c]),
                    terms=say("any term") if useless[c].all() else some_of(lost),
                )
            )
        below = [terms[j] for j in np.flatnonzero(negative[c] & ~useless[c]).tolist()]
        if below:
            notes.append(
                say(
                    "The variance of {terms} came out negative at {cutoff:g} km: choose the "
                    "Bartlett kernel or a shorter cut-off.",
                    terms=some_of(below),
                    cutoff=cutoff,
                )
            )
        few = np.flatnonzero((kept[c] < TOLD) & ~useless[c] & ~negative[c]).tolist()
        notes += [
            say(
                "{term} at {cutoff:g} km: if areas were independent, with equal variances, this "
                "standard error would be {share:.0%} of the true one.",
                term=terms[j],
                cutoff=cutoff,
                share=float(np.sqrt(kept[c, j])),
            )
            for j in few
        ]
    return tuple(notes)


def conley_covariance(
    x: Floats, residuals: Floats, distances_km: Floats, cutoff_km: float, kernel: Kernel
) -> Floats:
    """Covariance of least-squares slopes, shape ``(k, k)``; a cut-off of 0 gives HC0.

    Parameters
    ----------
    x, residuals
        Shapes ``(n, k)`` and ``(n,)``.
    distances_km
        Shape ``(n, n)``, zeros on the diagonal.
    """
    scores = x * residuals[:, None]
    if cutoff_km == 0:
        meat = scores.T @ scores
    else:
        meat = scores.T @ kernel_of(distances_km, cutoff_km, kernel) @ scores
    bread = np.linalg.inv(x.T @ x)
    covariance: Floats = bread @ meat @ bread
    return covariance


def kernel_of(distances_km: Floats, cutoff_km: float, kernel: Kernel) -> Floats:
    """Weights of pairs K(d / cut-off), shape of the distances."""
    ratio = distances_km / cutoff_km
    return np.asarray(
        np.maximum(1 - ratio, 0) if kernel == "bartlett" else (ratio < 1).astype(float)
    )
