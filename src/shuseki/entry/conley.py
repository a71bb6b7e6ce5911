"""How sure are we, when neighbouring areas share their surprises?

Robust standard errors treat areas as independent. Conley's let the residuals of areas closer
than a cut-off be correlated in any way::

    V = (X'X)⁻¹ [ Σ_i Σ_j K(d_ij / cut-off) x_i e_i e_j x_j' ] (X'X)⁻¹

with K = 1 inside the cut-off (uniform) or falling to 0 at it (Bartlett). A cut-off of 0 is White's
HC0. The uniform kernel can give a negative variance in small samples; Bartlett's is reported by
default for that reason, though in two dimensions it is not guaranteed to be positive either.

Takes    regressors (n, k), residuals (n,), distances in km.
Gives    ConleyErrors: a standard error per term and cut-off, beside HC1.
Sources  Conley (1999), Journal of Econometrics 92, eq. 3.11.
Checked  tests/entry/test_conley.py: by hand, and against spreg's HAC on the same kernel.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError, DataError, ParameterError
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["ConleyErrors", "conley_covariance", "conley_errors"]

Kernel = Literal["bartlett", "uniform"]

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
        Standard errors, shape ``(c, k)``; ``nan`` where the variance came out negative.
    robust
        HC1 errors, shape ``(k,)``.
    neighbours
        Mean number of other areas within each cut-off, shape ``(c,)``.
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
    n: int

    def to_frame(self) -> pd.DataFrame:
        """One row per term and cut-off; cut-off 0 is HC1."""
        rows = [
            pd.DataFrame(
                {
                    "term": self.terms,
                    "cutoff_km": cutoff,
                    "mean_neighbours": near,
                    "coefficient": self.coefficients,
                    "standard_error": errors,
                    "t": self.coefficients / errors,
                }
            )
            for cutoff, near, errors in zip(
                (0.0, *self.cutoffs_km),
                (0.0, *self.neighbours),
                (self.robust, *self.errors),
                strict=True,
            )
        ]
        return pd.concat(rows, ignore_index=True)

    def headline(self) -> str:
        """The largest change of a standard error."""
        ratio = np.abs(self.errors / self.robust)[:, 1:]
        at = np.unravel_index(np.nanargmax(ratio), ratio.shape)
        return (
            f"{self.outcome}: Conley errors are {np.nanmin(ratio):.2f}–{np.nanmax(ratio):.2f} "
            f"times HC1 (largest for {self.terms[at[1] + 1]} at {self.cutoffs_km[at[0]]:g} km), "
            f"n = {self.n}"
        )


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
        raise ParameterError(f"kernel is {kernel!r}. Expected 'bartlett' or 'uniform'.")
    if min(cutoffs_km, default=0.0) <= 0:
        raise ParameterError(
            f"Cut-offs are {list(cutoffs_km)} km. Expected positive distances. "
            "HC1 is always reported beside them."
        )
    if distances_km.shape != (len(table), len(table)):
        raise AlignmentError(
            f"Distances have shape {distances_km.shape}. Expected one row and column per area of "
            f"the table ({len(table)}). Compute them in the table's order."
        )
    used = table[[outcome, *terms]].dropna()
    if len(used) <= len(terms) + 1:
        raise DataError(
            f"{len(used)} complete areas for {len(terms) + 1} coefficients. "
            "Expected more areas than coefficients. Leave out terms."
        )
    at = table.index.get_indexer(used.index)
    near = distances_km[np.ix_(at, at)]
    x = np.column_stack([np.ones(len(used)), used[list(terms)].to_numpy(dtype=float)])
    y = used[outcome].to_numpy(dtype=float)
    scale = np.sqrt((x**2).mean(axis=0))
    b, _, rank, _ = np.linalg.lstsq(x / scale, y, rcond=None)
    if rank < x.shape[1]:
        raise DataError(
            f"The terms are linear combinations of one another (rank {rank} of {x.shape[1]}). "
            "Leave one of them out."
        )
    residual = y - x / scale @ b
    covariances = [
        conley_covariance(x / scale, residual, near, cutoff, kernel)
        for cutoff in (0.0, *cutoffs_km)
    ]
    with np.errstate(invalid="ignore"):
        errors = np.array([np.sqrt(np.diag(v)) for v in covariances]) / scale
    n, k = x.shape
    negative = np.isnan(errors).any()
    return ConleyErrors(
        outcome=outcome,
        kernel=kernel,
        terms=("constant", *terms),
        coefficients=b / scale,
        cutoffs_km=tuple(map(float, cutoffs_km)),
        errors=errors[1:],
        robust=errors[0] * np.sqrt(n / (n - k)),
        neighbours=np.array([(near < cutoff).sum(axis=1).mean() - 1 for cutoff in cutoffs_km]),
        n=n,
        notes=("A variance came out negative: choose the Bartlett kernel or a shorter cut-off.",)
        if negative
        else (),
        sources=(*sources, CONLEY),
    )


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
        ratio = distances_km / cutoff_km
        weight = np.maximum(1 - ratio, 0) if kernel == "bartlett" else (ratio < 1).astype(float)
        meat = scores.T @ weight @ scores
    bread = np.linalg.inv(x.T @ x)
    covariance: Floats = bread @ meat @ bread
    return covariance
