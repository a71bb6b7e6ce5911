"""How far do the external economies of an agglomeration reach, and do they reach further now?

Watanabe, as quoted by the 2012 paper (section 2.1): proximity, scale and scope economies each have
their own geographic range, and ranges widen. The measure (after Rosenthal and Strange 2003):
growth of an industry in an area on what lies around it in rings of distance::

    g_ai = Σ_channel Σ_ring β_(channel, ring) z_(channel, ring, ai) + γ ln(own size) + industry

with, for each ring, three channels: plants of the same industry, those of the area itself left out
(scale economies, 規模の経済), plants of related industries (dealings nearby, 近接の利益), and the
entropy of industries (scope economies, 範囲の経済). Logs of masses, and the entropy, enter
standardised: β is the growth per year that goes with one standard deviation. The range of a
channel is the distance at which the fitted decay ``β(d) = b exp(−d/ρ)`` has fallen to half,
``ρ ln 2``, with a bootstrap interval over areas.

Takes a panel with centres and two periods or more. Gives β by channel and ring with HC1 standard
errors clustered by area, half-distances in km, and their difference between two spans of time.
Sources: section 2.1 of the 2012 paper; Rosenthal and Strange (2003), Review of Economics and
Statistics 85, pp. 377–393.
Checked against: panels with a decay that was put in; statsmodels (clustered OLS).
Limits: association, not cause: areas that grow differ in more than their surroundings. Rings
shorter than the spacing of areas see nothing. Without an input–output table "related" is what the
caller says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import distance_matrix_km
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = ["CHANNELS", "CHANNELS_JA", "ExternalityRange", "externality_range"]

CHANNELS = ("same industry", "related industries", "variety")
CHANNELS_JA = ("同一業種（規模の経済）", "関連業種（近接の利益）", "多様性（範囲の経済）")

ROSENTHAL_STRANGE = Source(
    "RosenthalStrange2003",
    "Rosenthal, S. S. and Strange, W. C., Geography, Industrial Organization, and Agglomeration, "
    "Review of Economics and Statistics 85",
    "2003",
)
GRID_KM = np.geomspace(5, 500, 120)


@result
class ExternalityRange(Result):
    """Growth on mass in rings; ``P`` spans of time, 3 channels, ``R`` rings.

    Attributes
    ----------
    spans
        First and last period of each span.
    rings_km
        Edges of the rings, ``R + 1``.
    coefficient, standard_error
        Growth per year that goes with one standard deviation, shape ``(P, 3, R)``.
    half_distance_km, lower_km, upper_km
        Where the fitted decay has halved, shape ``(P, 3)``; ``nan`` where the near coefficient is
        not above 0, since there is nothing to decay.
    widening
        Share of bootstrap samples in which the last span reaches further than the first, ``(3,)``;
        ``nan`` with one span.
    observations
        Area × industry cells of each span.
    """

    variable: str
    spans: tuple[tuple[str, str], ...]
    rings_km: Floats
    coefficient: Floats
    standard_error: Floats
    half_distance_km: Floats
    lower_km: Floats
    upper_km: Floats
    widening: Floats
    observations: tuple[int, ...]
    level: float

    def headline(self) -> str:
        """Say the range of each channel in the last span."""
        start, end = self.spans[-1]
        parts = [
            f"{name} {half:.0f} km ({low:.0f}–{high:.0f})"
            if np.isfinite(half)
            else f"{name} none found"
            for name, half, low, high in zip(
                CHANNELS,
                self.half_distance_km[-1],
                self.lower_km[-1],
                self.upper_km[-1],
                strict=True,
            )
        ]
        return (
            f"Distance at which the association with growth of {self.variable} halves, "
            f"{start}–{end}: {', '.join(parts)} ({self.level:.0%} intervals, "
            f"n = {self.observations[-1]:,})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per span, channel and ring."""
        rows = [
            {
                "span": f"{start}–{end}",
                "channel": channel,
                "ring_from_km": self.rings_km[r],
                "ring_to_km": self.rings_km[r + 1],
                "coefficient_per_year": self.coefficient[p, c, r],
                "standard_error_per_year": self.standard_error[p, c, r],
                "half_distance_km": self.half_distance_km[p, c],
                "half_distance_lower_km": self.lower_km[p, c],
                "half_distance_upper_km": self.upper_km[p, c],
            }
            for p, (start, end) in enumerate(self.spans)
            for c, channel in enumerate(CHANNELS)
            for r in range(len(self.rings_km) - 1)
        ]
        return pd.DataFrame(rows)


def externality_range(
    panel: Panel,
    *,
    variable: str = "plants",
    spans: Sequence[tuple[str, str]] | None = None,
    rings_km: Sequence[float] = (0, 15, 30, 60, 120),
    related: Mapping[str, Sequence[str]] | None = None,
    smallest: float = 5.0,
    replicates: int = 200,
    level: float = 0.9,
    seed: int = 2003,
) -> ExternalityRange:
    """Estimate how growth goes with mass at each distance, by channel and span of time.

    Parameters
    ----------
    panel
        Plants (or another amount) by area, industry and period, with centres.
    variable
        What grows, and what the mass is made of.
    spans
        Pairs of periods (years); the first and the last by default. Give two to compare.
    rings_km
        Edges; the first ring holds the area itself.
    related
        Industry → its suppliers and customers. By default all industries whose location goes
        with it (correlation of log shares over areas above 0.3), a stand-in, as a note says.
    smallest
        Cells below this at the start of the span are left out: their growth is noise.
    replicates, level, seed
        Of the bootstrap over areas.
    """
    if panel.centres is None:
        raise DataError("The panel has no centres. Rings need them. Give centres=…")
    edges = np.asarray(rings_km, dtype=float)
    if len(edges) < 3 or (np.diff(edges) <= 0).any() or edges[0] != 0:
        raise ParameterError(
            f"rings_km are {list(rings_km)}. Expected increasing edges from 0, two rings or more."
        )
    wanted = tuple(spans) if spans is not None else ((panel.periods[0], panel.periods[-1]),)
    backward = [span for span in wanted if float(span[1]) <= float(span[0])]
    if backward:
        raise ParameterError(f"Spans that end before they start: {examples(backward)}.")
    distance = distance_matrix_km(panel.centres)
    rings = np.stack([(distance >= a) & (distance < b) for a, b in pairwise(edges)]).astype(float)
    notes = list(panel.notes)
    if related is None:
        notes.insert(0, "Related industries are those located alike, not an input–output table.")
    fits = [_fit(panel, variable, start, end, rings, related, smallest) for start, end in wanted]
    middles = np.array([(a + b) / 2 for a, b in pairwise(edges)])
    halves, drawn = [], []
    for fit in fits:
        rng = np.random.default_rng(seed)
        halves.append(half_distances(fit.coefficient, fit.standard_error, middles))
        drawn.append(_bootstrap(fit, middles, len(panel.areas), replicates, rng))
    tail = (1 - level) / 2
    lower, upper = (np.array([_quantile(sample, q) for sample in drawn]) for q in (tail, 1 - tail))
    half = np.array(halves)
    return ExternalityRange(
        variable=variable,
        spans=wanted,
        rings_km=edges,
        coefficient=np.array([fit.coefficient for fit in fits]),
        standard_error=np.array([fit.standard_error for fit in fits]),
        half_distance_km=half,
        lower_km=np.where(np.isfinite(half), lower, np.nan),
        upper_km=np.where(np.isfinite(half), upper, np.nan),
        widening=_further(drawn[0], drawn[-1])
        if len(wanted) > 1
        else np.full(len(CHANNELS), np.nan),
        observations=tuple(len(fit.growth) for fit in fits),
        level=level,
        notes=("Association, not cause.", *notes),
        sources=(*panel.sources, AGGLOMERATION_2012.at("section 2.1"), ROSENTHAL_STRANGE),
    )


# ---- array functions ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Fit:
    growth: Floats  # (cells,), industry means out
    design: Floats  # (cells, 3 R + 1), industry means out
    area: Ints  # (cells,)
    coefficient: Floats  # (3, R)
    standard_error: Floats


def ring_masses(amount: Floats, rings: Floats, related: Floats) -> Floats:
    """Standardised mass of each channel in each ring, ``(3, R, areas, industries)``.

    Parameters
    ----------
    amount
        Shape ``(areas, industries)``.
    rings
        1 where an area lies in a ring around another, ``(R, areas, areas)``.
    related
        1 where the column's industry is related to the row's, ``(industries, industries)``.
    """
    around = rings @ amount
    others = around - rings[:, np.arange(len(amount)), np.arange(len(amount))][:, :, None] * amount
    total = around.sum(axis=2, keepdims=True)
    share = np.divide(around, total, out=np.zeros_like(around), where=total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(share > 0, -share * np.log(share), 0).sum(axis=2, keepdims=True)
    channels = np.stack(
        [
            np.log1p(np.maximum(others, 0)),
            np.log1p(around @ related.T),
            np.broadcast_to(entropy, around.shape),
        ]
    )
    mean = channels.mean(axis=2, keepdims=True)
    spread = channels.std(axis=2, keepdims=True)
    standard: Floats = np.divide(
        channels - mean, spread, out=np.zeros_like(channels), where=spread > 1e-12
    )
    return standard


def located_alike(amount: Floats, threshold: float = 0.3) -> Floats:
    """1 for pairs of industries whose log shares go together over areas, 0 on the diagonal."""
    total = amount.sum(axis=1, keepdims=True)
    share = np.log1p(np.divide(amount, total, out=np.zeros_like(amount), where=total > 0) * 100)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(np.corrcoef(share.T))
    alike: Floats = (correlation > threshold).astype(float)
    np.fill_diagonal(alike, 0)
    return alike


def within_industries(values: Floats, industry: Ints) -> Floats:
    """Values less the mean of their industry, shape as given, cells first."""
    count = np.bincount(industry)
    if values.ndim == 1:
        inside: Floats = values - (np.bincount(industry, values) / count)[industry]
        return inside
    columns: Floats = np.stack([within_industries(column, industry) for column in values.T], axis=1)
    return columns


def clustered_ols(growth: Floats, design: Floats, cluster: Ints) -> tuple[Floats, Floats]:
    """Least squares with standard errors clustered (small-sample factor of statsmodels)."""
    inverse = np.linalg.pinv(design.T @ design)
    coefficient = inverse @ (design.T @ growth)
    residual = growth - design @ coefficient
    scores = np.stack(
        [np.bincount(cluster, design[:, k] * residual) for k in range(design.shape[1])], axis=1
    )
    groups = len(np.unique(cluster))
    n, k = design.shape
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    variance = factor * inverse @ (scores.T @ scores) @ inverse
    return coefficient, np.sqrt(np.maximum(np.diag(variance), 0))


def half_distances(coefficient: Floats, weight_error: Floats, middles_km: Floats) -> Floats:
    """Distance at which ``b exp(−d/ρ)`` halves, fitted to the rings by weighted least squares.

    ``(channels,)``; ``nan`` where ``b`` is not above 0.
    """
    decay = np.exp(-middles_km[None, :] / GRID_KM[:, None])
    halves = []
    for beta, error in zip(coefficient, weight_error, strict=True):
        if not (np.isfinite(beta) & np.isfinite(error)).all():
            halves.append(np.nan)
            continue
        weight = 1 / np.maximum(error, 1e-12) ** 2
        b = (decay * weight * beta).sum(axis=1) / (decay**2 * weight).sum(axis=1)
        lost = (weight * (beta - b[:, None] * decay) ** 2).sum(axis=1)
        best = int(lost.argmin())
        halves.append(GRID_KM[best] * np.log(2) if b[best] > 0 else np.nan)
    return np.array(halves)


def _fit(
    panel: Panel,
    variable: str,
    start: str,
    end: str,
    rings: Floats,
    related: Mapping[str, Sequence[str]] | None,
    smallest: float,
) -> _Fit:
    before, after = panel.variable(variable, start), panel.variable(variable, end)
    amount = np.nan_to_num(before)
    if related is None:
        links = located_alike(amount)
    else:
        named = {other for others in related.values() for other in others}
        unknown = sorted(named - set(panel.industries))
        if unknown:
            raise UnknownCodeError.among("industry", unknown, panel.industries)
        links = np.array(
            [
                [
                    float(other in related.get(code, ()) and other != code)
                    for other in panel.industries
                ]
                for code in panel.industries
            ]
        )
    used: Bools = (np.nan_to_num(before) >= smallest) & (np.nan_to_num(after) > 0)
    area, industry = np.nonzero(used)
    channels = ring_masses(amount, rings, links)
    count = channels.shape[0] * channels.shape[1]
    if len(area) <= 2 * count:
        raise DataError(
            f"{len(area)} cells of {smallest:g} or more {variable} in {start}. The estimate needs "
            f"more than {2 * count}. Lower smallest=…, or use finer areas."
        )
    columns = channels[:, :, area, industry].reshape(count, len(area)).T
    years = float(end) - float(start)
    growth = np.log(after[area, industry] / before[area, industry]) / years
    design = np.column_stack([columns, np.log(before[area, industry])])
    growth = within_industries(growth, industry)
    design = within_industries(design, industry)
    coefficient, error = clustered_ols(growth, design, area)
    unseen = np.ptp(design, axis=0) < 1e-12
    coefficient, error = np.where(unseen, np.nan, coefficient), np.where(unseen, np.nan, error)
    shape = channels.shape[:2]
    return _Fit(growth, design, area, coefficient[:-1].reshape(shape), error[:-1].reshape(shape))


def _bootstrap(
    fit: _Fit, middles_km: Floats, areas: int, replicates: int, rng: np.random.Generator
) -> Floats:
    """Half-distances of samples of areas drawn again, ``(replicates, channels)``."""
    size = fit.design.shape[1]
    square = np.einsum("ni,nj->nij", fit.design, fit.design)
    by_area = np.zeros((areas, size, size))
    np.add.at(by_area, fit.area, square)
    moment = np.zeros((areas, size))
    np.add.at(moment, fit.area, fit.design * fit.growth[:, None])
    present = np.unique(fit.area)
    halves = []
    for _ in range(replicates):
        weight = np.bincount(rng.choice(present, len(present)), minlength=areas).astype(float)
        coefficient = np.linalg.pinv(np.tensordot(weight, by_area, 1)) @ (weight @ moment)
        halves.append(
            half_distances(
                coefficient[:-1].reshape(fit.coefficient.shape), fit.standard_error, middles_km
            )
        )
    return np.array(halves)


def _quantile(sample: Floats, q: float) -> Floats:
    """Quantile over replicates; those without a decay are left out, all-missing stays missing."""
    return np.array(
        [
            np.quantile(column[np.isfinite(column)], q) if np.isfinite(column).any() else np.nan
            for column in sample.T
        ]
    )


def _further(first: Floats, last: Floats) -> Floats:
    both = np.isfinite(first) & np.isfinite(last)
    count = both.sum(axis=0)
    share: Floats = np.divide(
        ((last > first) & both).sum(axis=0),
        count,
        out=np.full(first.shape[1], np.nan),
        where=count > 0,
    )
    return share
