"""How alike are the shocks of neighbouring areas, and what does that do to an estimate?

Growth has shocks that areas near one another share. An estimate that takes areas as independent
then calls chance an effect: mass around an area is smooth over space, and so are shared shocks.
Here the shocks of industry ``i`` in area ``a`` follow a law::

    e_ai = c_a + u_ai + v_ai,    v_ai of variance  α + β / size_ai

``c`` is shared by all industries of an area, ``u`` is an industry's own; both are sums of fields
over space whose correlation falls as ``exp(−distance / range)``, over a grid of ranges, and ``c``
has a part without neighbours; ``v`` stands alone, and is larger in small cells.

The variances are those, not negative, that give residuals like the ones at hand: mean products of
the residuals of one industry, and of two industries, by distance. Residuals of a regression are
less alike than its shocks, since the regressors take up some of what is shared; so drawn
shocks go through the same regression before they are compared (indirect inference).

Takes residuals of a least-squares fit with its regressors. Gives the law, draws from it, and the
covariance of estimates that are linear in the outcome.
Sources: Conley (1999), Journal of Econometrics 92, and Kelly (2019), "The standard errors of
persistence", for what shared shocks do; Gouriéroux, Monfort and Renault (1993), Journal of
Applied Econometrics 8, for indirect inference.
Checked against: laws that were put in; the covariance against the spread of draws.
Limits: the law is the same in all directions and all over the map. Shocks shared over half the
map or more cannot be separated from its mean.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from shuseki.arrays import Floats, Ints

__all__ = ["Cells", "Normals", "ShockLaw", "drawn_shocks", "estimate_covariance", "fitted_law"]

STEPS = 6
"""Ranges that are tried: from the spacing of areas to half the map, in equal ratios."""
DRAWN = 40
"""Draws of each field from which its residuals are known."""
SIZES = 5
"""Classes of size among which the variance of single cells is compared."""
JITTER = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Which area and industry each observation is of, and what lies between the areas.

    Attributes
    ----------
    area, industry
        Numbers from 0, ``(cells,)``; areas are rows of ``distance_km``.
    distance_km
        Between the areas, ``(A, A)``.
    size
        Of each cell, positive, ``(cells,)``.
    """

    area: Ints
    industry: Ints
    distance_km: Floats
    size: Floats


@dataclass(frozen=True, eq=False, slots=True)
class ShockLaw:
    """Variances of the parts of a shock, in squares of the outcome.

    Attributes
    ----------
    ranges_km
        Of the fields, ``(L,)``.
    common, own
        Variance of the fields that all industries share, and of an industry's own, ``(L,)``.
    common_alone
        Of what all industries of an area share with no other area.
    alone, alone_by_size
        Of a single cell: constant, and over its size.
    """

    ranges_km: Floats
    common: Floats
    own: Floats
    common_alone: float
    alone: float
    alone_by_size: float

    def correlation(self, distance_km: float, cells: Cells) -> float:
        """Correlation of shocks of one industry in two areas, for cells of usual size."""
        fall = np.exp(-distance_km / self.ranges_km)
        alone = self.alone + self.alone_by_size * float((1 / cells.size).mean())
        total = self.common.sum() + self.own.sum() + self.common_alone + alone
        shared = float(((self.common + self.own) * fall).sum())
        return shared / float(total) if total > 0 else 0.0


def fitted_law(
    residual: Floats, regressors: Floats, cells: Cells, rng: np.random.Generator
) -> ShockLaw:
    """Find the law whose residuals, after the same regression, are like those at hand.

    Parameters
    ----------
    residual
        ``(cells,)``.
    regressors
        All columns that were fitted, those of industries' means too, ``(cells, k)``.
    """
    distance = cells.distance_km
    others = distance[distance > 0]
    if not len(others):
        return ShockLaw(np.ones(1), np.zeros(1), np.zeros(1), 0.0, float(residual.var()), 0.0)
    spacing = float(np.median(np.where(distance > 0, distance, np.inf).min(axis=1)))
    ranges = np.geomspace(max(spacing, 1e-3), max(float(others.max()) / 2, 2 * spacing), STEPS)
    edges = np.concatenate([[0.0], ranges, [np.inf]])
    bins = np.digitize(distance, edges[1:]) + 1
    np.fill_diagonal(bins, 0)
    rank = cells.size.argsort(kind="stable").argsort(kind="stable")
    classes = rank * SIZES // len(rank)
    basis = np.linalg.qr(regressors)[0]

    def like(shocks: Floats) -> Floats:
        """Moments of the residuals that these shocks would leave."""
        return _moments(shocks - basis @ (basis.T @ shocks), cells, bins, classes, len(edges))

    count = _pairs(cells, bins, classes, len(edges))
    scale = max(float(residual.var()), 1e-300)
    weight = np.sqrt(count)
    areas, industries = len(distance), int(cells.industry.max()) + 1
    columns = []
    for reach in ranges:
        root = np.linalg.cholesky(np.exp(-distance / reach) + JITTER * np.eye(areas))
        field = root @ rng.standard_normal((areas, DRAWN))
        columns.append(like(field[cells.area]))
        fields = np.tensordot(root, rng.standard_normal((areas, industries, DRAWN)), 1)
        columns.append(like(fields[cells.area, cells.industry]))
    columns.append(like(rng.standard_normal((areas, DRAWN))[cells.area]))
    single = rng.standard_normal((len(residual), DRAWN))
    columns += [like(single), like(single / np.sqrt(cells.size)[:, None])]
    observed = _moments(residual[:, None], cells, bins, classes, len(edges)) / scale
    design = np.stack(columns, axis=1)
    known = count > 0
    variance = (
        scale
        * scipy.optimize.nnls(design[known] * weight[known, None], observed[known] * weight[known])[
            0
        ]
    )
    return ShockLaw(
        ranges_km=ranges,
        common=variance[0 : 2 * STEPS : 2],
        own=variance[1 : 2 * STEPS : 2],
        common_alone=float(variance[-3]),
        alone=float(variance[-2]),
        alone_by_size=float(variance[-1]),
    )


def drawn_shocks(law: ShockLaw, cells: Cells, normal: "Normals") -> Floats:
    """Shocks that follow the law, ``(cells, draws)``."""
    shared = _root(law.common, law, cells) @ normal.common
    shared += np.sqrt(law.common_alone) * normal.common_alone
    own = np.tensordot(_root(law.own, law, cells), normal.own, 1)
    single = np.sqrt(law.alone + law.alone_by_size / cells.size)
    drawn: Floats = (
        shared[cells.area]
        + own[cells.area, cells.industry]
        + single[:, None] * normal.alone[cells.area, cells.industry]
    )
    return drawn


@dataclass(frozen=True, eq=False, slots=True)
class Normals:
    """Independent standard normal numbers behind a draw."""

    common: Floats  # (areas, draws)
    common_alone: Floats
    own: Floats  # (areas, industries, draws)
    alone: Floats

    @classmethod
    def drawn(cls, areas: int, industries: int, draws: int, rng: np.random.Generator) -> "Normals":
        """Draw them."""
        return cls(
            rng.standard_normal((areas, draws)),
            rng.standard_normal((areas, draws)),
            rng.standard_normal((areas, industries, draws)),
            rng.standard_normal((areas, industries, draws)),
        )

    def of(self, areas: Ints) -> "Normals":
        """Those of some areas."""
        return Normals(
            self.common[areas], self.common_alone[areas], self.own[areas], self.alone[areas]
        )

    def followed_by(self, other: "Normals", correlation: float) -> "Normals":
        """Numbers of a later time, correlated with these."""
        rest = np.sqrt(max(1 - correlation**2, 0.0))
        return Normals(
            *(
                correlation * getattr(self, name) + rest * getattr(other, name)
                for name in ("common", "common_alone", "own", "alone")
            )
        )


def estimate_covariance(law: ShockLaw, weights: Floats, cells: Cells) -> Floats:
    """Covariance of estimates ``weights' outcome`` under the law, ``(k, k)``.

    Parameters
    ----------
    weights
        ``(cells, k)``; of least squares, ``X (X'X)⁻¹``.
    """
    areas = len(cells.distance_km)
    industries = int(cells.industry.max()) + 1
    k = weights.shape[1]
    laid = np.zeros((areas, industries, k))
    laid[cells.area, cells.industry] = weights
    single = law.alone + law.alone_by_size / cells.size
    together = laid.sum(axis=1)
    shared = _field(law.common, law, cells)
    covariance: Floats = weights.T @ (single[:, None] * weights)
    covariance += law.common_alone * together.T @ together
    covariance += together.T @ shared @ together
    own = np.tensordot(_field(law.own, law, cells), laid, 1)
    covariance += laid.reshape(-1, k).T @ own.reshape(-1, k)
    return covariance


def _field(variance: Floats, law: ShockLaw, cells: Cells) -> Floats:
    """Covariance of a sum of fields between areas, ``(A, A)``."""
    field = np.zeros_like(cells.distance_km)
    for part, reach in zip(variance, law.ranges_km, strict=True):
        if part > 0:
            field += part * np.exp(-cells.distance_km / reach)
    return field


def _root(variance: Floats, law: ShockLaw, cells: Cells) -> Floats:
    field = _field(variance, law, cells)
    size = max(float(field.diagonal().max(initial=0.0)), 1e-300)
    root: Floats = np.linalg.cholesky(field + JITTER * size * np.eye(len(field))).astype(float)
    return root


def _laid_out(values: Floats, cells: Cells) -> Floats:
    """``(areas, industries, draws)``, 0 where there is no cell."""
    shape = (len(cells.distance_km), int(cells.industry.max()) + 1, values.shape[1])
    laid = np.zeros(shape)
    laid[cells.area, cells.industry] = values
    return laid


def _moments(values: Floats, cells: Cells, bins: Ints, classes: Ints, count: int) -> Floats:
    """Mean products by distance, of one industry and of two, and squares by size."""
    pairs = _pairs(cells, bins, classes, count)
    sums = _sums(values, cells, bins, classes, count) / values.shape[1]
    means: Floats = np.divide(sums, pairs, out=np.zeros_like(sums), where=pairs > 0)
    return means


def _pairs(cells: Cells, bins: Ints, classes: Ints, count: int) -> Floats:
    return _sums(np.ones((len(cells.area), 1)), cells, bins, classes, count)


def _sums(values: Floats, cells: Cells, bins: Ints, classes: Ints, count: int) -> Floats:
    """Sums of products by distance: of one industry, of two industries; of squares by size."""
    laid = _laid_out(values, cells)
    flat = laid.reshape(len(laid), -1)
    same = flat @ flat.T
    together = laid.sum(axis=1)
    different = together @ together.T - same
    by = bins.ravel()
    squares = np.bincount(classes, (values**2).sum(axis=1), SIZES)
    one = np.bincount(by, same.ravel(), count)
    two = np.bincount(by, different.ravel(), count)
    return np.concatenate([squares, one[1:], two])
