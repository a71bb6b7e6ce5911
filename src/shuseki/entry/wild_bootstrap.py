"""How reliable are p-values with few clusters?

With few clusters even t(G − 1) rejects too often. The restricted wild cluster bootstrap simulates
how large |t| of each term would be if the term had no effect. For term j the equation without it
gives residuals ũ; every cluster's are multiplied by one random weight v_g of mean 0 and variance 1,

    y* = fitted without j + v_g ũ,   t* = b_j* / error of b_j* (CR1)

and p is the share of |t*| at least as large as |t|. Weights are Webb's six points, ±√½, ±1 and
±√(3/2), or Rademacher's ±1. There are 6^G (2^G) of them: where that is no more than the draws asked
for, all are tried once (exact enumeration). For a Poisson model the scores of the equation without
j take the place of y* (Kline and Santos 2012): T* = Σ v_g u_g / √Σ (v_g u_g)².

Takes    a ``Fit`` with clusters, or a ``CountFit`` of Poisson with clusters.
Gives    WildBootstrap: a p per term, from 0 to 1.
Sources  Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90; Webb (2023),
         Canadian Journal of Economics 56 (six points); MacKinnon, Nielsen and Webb (2023), Journal
         of Econometrics 232, section 5; Kline and Santos (2012), Journal of Econometric Methods 1.
Checked  tests/entry/test_wild_bootstrap.py: against re-estimating every drawn outcome, by size.
Limits   with fewer than about five clusters p is coarse (with two, never below 1/6), and where the
         term is constant within clusters and few of them have it, no bootstrap helps.
"""

from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats, Ints
from shuseki.entry.ols import Fit, stars
from shuseki.errors import ParameterError
from shuseki.language import Message, listed, say
from shuseki.language.names import named
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "WildBootstrap",
    "cluster_weights",
    "restricted_t",
    "score_t",
    "share_as_large",
    "wild_cluster_bootstrap",
]

Weights = Literal["webb", "rademacher"]
POINTS = {
    "webb": np.array([-np.sqrt(1.5), -1, -np.sqrt(0.5), np.sqrt(0.5), 1, np.sqrt(1.5)]),
    "rademacher": np.array([-1.0, 1.0]),
}
TIE = 1e-9
"""|t*| this close to |t|, relatively, counts as equal: enumeration meets the sample itself."""

MACKINNON_ET_AL_2023 = Source(
    "MacKinnonNielsenWebb2023",
    "MacKinnon, Nielsen and Webb, Cluster-robust inference: a guide to empirical practice, Journal "
    "of Econometrics 232",
    "2023",
    say("section {number}", number=5),
)


@result
class WildBootstrap(Result):
    """P-values by the restricted wild cluster bootstrap.

    Attributes
    ----------
    outcome
        Of the equation.
    terms
        Without the constant, length k.
    coefficients, t, p_t
        Of the equation, its t by CR1, and the p of Student's t(G − 1), shape ``(k,)``.
    p
        By the bootstrap, shape ``(k,)``.
    clusters, draws
        G, and how many vectors of weights were tried.
    weights
        ``webb`` or ``rademacher``.
    enumerated
        Whether the draws are all there are.
    """

    outcome: str
    terms: tuple[str, ...]
    coefficients: Floats
    t: Floats
    p_t: Floats
    p: Floats
    clusters: int
    draws: int
    weights: str
    enumerated: bool

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "term": self.terms,
                "coefficient": self.coefficients,
                "t": self.t,
                "p_t": self.p_t,
                "p_bootstrap": self.p,
                "stars": [stars(p) for p in self.p],
            }
        )

    def headline(self) -> Message:
        """Which terms are significant, and by how many clusters and draws."""
        significant = [
            f"{term} {'+' if b > 0 else '−'}"
            for term, b, p in zip(self.terms, self.coefficients, self.p, strict=True)
            if p < 0.05
        ]
        return say(
            "{outcome}: significant at 5% by the restricted wild cluster bootstrap "
            "({clusters:count(cluster)}, all {draws:,} draws of {weights} weights): {names}"
            if self.enumerated
            else "{outcome}: significant at 5% by the restricted wild cluster bootstrap "
            "({clusters:count(cluster)}, {draws:,} draws of {weights} weights): {names}",
            outcome=self.outcome,
            clusters=self.clusters,
            draws=self.draws,
            weights=self.weights.capitalize(),
            names=named(significant),
        )


def wild_cluster_bootstrap(
    fit: Fit, *, weights: Weights = "webb", draws: int = 9_999, seed: int = 0
) -> WildBootstrap:
    """Test each term of an equation by the restricted wild cluster bootstrap.

    Parameters
    ----------
    fit
        Least squares with ``standard_errors="CR1"`` or ``"CR1S"``.
    weights
        ``webb`` (six points) or ``rademacher`` (two).
    draws
        Vectors of weights; all there are, once each, where they are no more than this.
    seed
        Of the draws.

    Raises
    ------
    ParameterError
        A fit without clusters, or unknown weights.

    Notes
    -----
    MacKinnon, Nielsen and Webb (2023), section 5, WCR-C with Webb's weights.
    """
    codes = fit.sample.clusters
    if codes is None:
        raise ParameterError(
            say(
                "The fit has {standard_errors} standard errors and no clusters. Expected "
                "clusters. Estimate it with standard_errors='CR1'.",
                standard_errors=fit.design.standard_errors,
            )
        )
    v, enumerated = cluster_weights(int(codes.max()) + 1, weights, draws, seed)
    x, y = fit.sample.regressors, fit.sample.outcome
    p = []
    for j in range(1, x.shape[1]):
        own, drawn = restricted_t(y, x, codes, j, v)
        p.append(share_as_large(own, drawn, enumerated))
    return WildBootstrap(
        outcome=fit.design.outcome,
        terms=fit.terms[1:],
        coefficients=fit.coefficients[1:],
        t=fit.t[1:],
        p_t=fit.p[1:],
        p=np.array(p),
        clusters=v.shape[1],
        draws=len(v),
        weights=weights,
        enumerated=enumerated,
        notes=fit.notes,
        sources=(*fit.sources, MACKINNON_ET_AL_2023),
    )


# ---- arrays ---------------------------------------------------------------------------------


def cluster_weights(clusters: int, weights: str, draws: int, seed: int) -> tuple[Floats, bool]:
    """Draw, or enumerate, weights of clusters, shape ``(draws, clusters)``.

    Examples
    --------
    >>> v, enumerated = cluster_weights(3, "webb", 9_999, 0)
    >>> v.shape, enumerated
    ((216, 3), True)
    """
    if weights not in POINTS:
        raise ParameterError(
            say(
                "weights is {weights!r}. Expected one of {points}.",
                weights=weights,
                points=listed(POINTS),
            )
        )
    if draws < 99:
        raise ParameterError(
            say(
                "draws is {draws}. Expected at least 99; 9,999 is usual.",
                draws=draws,
            )
        )
    points = POINTS[weights]
    if clusters * np.log(len(points)) <= np.log(draws):
        return np.array(list(product(points, repeat=clusters))), True
    return np.random.default_rng(seed).choice(points, (draws, clusters)), False


def restricted_t(y: Floats, x: Floats, codes: Ints, j: int, v: Floats) -> tuple[float, Floats]:
    """Give the t of column j by CR1, and those of outcomes drawn without its effect, ``(draws,)``.

    Parameters
    ----------
    y, x
        Shapes ``(n,)`` and ``(n, k)``.
    codes
        Cluster of each row, 0 … G − 1.
    v
        Weights, shape ``(draws, G)``.

    Notes
    -----
    With w the j-th column of X(X'X)⁻¹, b_j* = Σ_g v_g w_g'ũ_g, and the sum of influences of cluster
    g is w_g'(u*)_g = Σ_h v_h C_gh, C_gh = [g = h] w_g'ũ_g − w_g'X_g (X'X)⁻¹ X_h'ũ_h. So a draw
    costs G² rather than an equation.
    """
    q, r = np.linalg.qr(x / np.linalg.norm(x, axis=0))
    w = np.linalg.solve(r, q.T)[j]
    groups = int(codes.max()) + 1
    rest = np.delete(x / np.linalg.norm(x, axis=0), j, axis=1)
    u = y - rest @ np.linalg.lstsq(rest, y, rcond=None)[0]
    effect = np.bincount(codes, w * u, minlength=groups)

    def by_cluster(values: Floats) -> Floats:
        summed = np.zeros((groups, values.shape[1]))
        np.add.at(summed, codes, values)
        return summed

    influence = np.diag(effect) - by_cluster(q * w[:, None]) @ by_cluster(q * u[:, None]).T

    def t(draws: Floats) -> Floats:
        spread = ((draws @ influence.T) ** 2).sum(axis=1) * groups / (groups - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(draws @ effect / np.sqrt(spread))

    return float(t(np.ones((1, groups)))[0]), t(v)


def score_t(scores: Floats, v: Floats) -> tuple[float, Floats]:
    """Give T of cluster scores ``(G,)`` and of their reweighted draws, shape ``(draws,)``."""

    def t(draws: Floats) -> Floats:
        weighted = draws * scores
        return np.asarray(weighted.sum(axis=1) / np.sqrt((weighted**2).sum(axis=1)))

    return float(t(np.ones((1, len(scores))))[0]), t(v)


def share_as_large(own: float, drawn: Floats, enumerated: bool) -> float:
    """Share of draws at least as large; the sample itself counts unless all were enumerated."""
    known = drawn[~np.isnan(drawn)]
    larger = int((np.abs(known) >= abs(own) * (1 - TIE)).sum())
    return larger / len(known) if enumerated else (1 + larger) / (1 + len(known))
