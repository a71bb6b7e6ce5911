"""How much more of its own industry does a plant find around it than of all industries?

Definition (Marcon and Puech 2010). For the plants ``S`` of an industry, with ``w`` either
1 or the employment, and ``d_ij ≤ r``::

    M(r) = Σ_{i∈S} [Σ_{j∈S} w_j / Σ_j w_j] / Σ_{i∈S} [(W_S − w_i) / (W − w_i)]

1 is what chance gives, 2 means twice as many of its own within ``r``. Plants that have no
neighbour within ``r`` are left out of both sums.

The null (labels drawn without replacement from all sites). Unweighted, numerator less
denominator is a sum over ordered pairs of ``1(d_ij ≤ r)/N_i(r) − 1/(N−1)``, with ``N_i`` the
neighbours of ``i``; its mean is 0 and its covariance follows from sums over the population, as in
:mod:`~shuseki.measures.kdensity`. So mean and covariance are exact when every site has a
neighbour, and to first order otherwise. Weighted, the denominators are drawn too: the null is
simulated, and the result says so.

Takes: :class:`~shuseki.sites.Sites`. Gives: M (no unit), cumulative in distance.
Sources: Marcon and Puech (2010), Journal of Economic Geography 10, pp. 745–762.
Checked against: R dbmss 2.9-0 (stored output), simulation.
Limits: relative and cumulative: high values at short distances blur into longer ones.
"""

from collections.abc import Sequence

import numba as nb
import numpy as np
import pandas as pd
from scipy.stats import norm

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.measures.kdensity import Weights, global_tail, simulated_bands
from shuseki.results import Result, result
from shuseki.sites import Sites, check_inside_japan
from shuseki.sources import Source

__all__ = ["MFunction", "m_function"]

MARCON_PUECH = Source(
    "MarconPuech2010",
    "Marcon, E. and Puech, F., Measures of the geographic concentration of industries: improving "
    "distance-based methods, Journal of Economic Geography 10",
    "2010",
)
SIMULATIONS = 1_000


@result
class MFunction(Result):
    """M of one industry beside what chance would give; arrays of shape ``(R,)``.

    Attributes
    ----------
    industry, plants, sites
        Code, plants of the industry, plants of all industries.
    radii_km
        Where M is evaluated.
    m
        Observed M.
    deviation
        Standard deviation under the null.
    global_lower, global_upper
        Bands that a curve of the null passes, on one side, with probability ``level``.
    """

    industry: str
    plants: int
    sites: int
    radii_km: Floats
    m: Floats
    deviation: Floats
    global_lower: Floats
    global_upper: Floats
    null_by: str
    weights: str
    level: float

    @property
    def localised_at(self) -> Bools:
        """Where M lies above the global band."""
        above: Bools = self.m > self.global_upper
        return above

    def headline(self) -> str:
        """Say the highest M and where it is significant."""
        peak = int(np.nanargmax(self.m))
        where = self.radii_km[self.localised_at]
        verdict = (
            f"above chance from {where.min():g} to {where.max():g} km"
            if where.size
            else "nowhere above chance"
        )
        return (
            f"Industry {self.industry}: within {self.radii_km[peak]:g} km a plant finds "
            f"{self.m[peak]:.2f} times its industry's share; {verdict} (n = {self.plants:,} of "
            f"{self.sites:,}, global band at {self.level:.0%})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per radius."""
        return pd.DataFrame(
            {
                "radius_km": self.radii_km,
                "m": self.m,
                "deviation": self.deviation,
                "global_lower": self.global_lower,
                "global_upper": self.global_upper,
            }
        )


def m_function(
    sites: Sites,
    industry: str,
    *,
    radii_km: Sequence[float] = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 75, 100),
    weights: Weights = "none",
    level: float = 0.05,
    inside_japan: bool = True,
    seed: int = 2010,
) -> MFunction:
    """Measure M around the plants of one industry.

    Parameters
    ----------
    sites
        All plants of all industries. Time grows with the square of their number: about 50,000
        sites in a minute.
    industry
        Code of the industry, of two plants or more.
    radii_km
        Increasing radii.
    weights
        ``"none"``: null by moments. ``"employment"``: null by 1,000 simulations.
    level
        Probability of passing one side of the global band by chance.
    seed
        Seed of the simulations.
    """
    if inside_japan:
        check_inside_japan(sites.latitude, sites.longitude)
    if industry not in sites.industries:
        raise UnknownCodeError.among("industry", [industry], sites.industries)
    radii = np.asarray(radii_km, dtype=float)
    if radii.size == 0 or (radii <= 0).any() or (np.diff(radii) <= 0).any():
        raise ParameterError(
            f"radii_km are {list(radii_km)}. Expected positive, increasing distances."
        )
    member = np.flatnonzero(sites.of(industry))
    if len(member) < 2:
        raise DataError(
            f"Industry {industry} has {len(member)} plants. M needs two. Choose a coarser class."
        )
    x, y, z = _chord_coordinates(sites.latitude, sites.longitude)
    mass = sites.employment if weights == "employment" else np.ones(len(sites))
    squares = (2 * EARTH_RADIUS_KM * np.sin(radii / 2 / EARTH_RADIUS_KM)) ** 2
    around = _mass_within(x, y, z, mass, np.arange(len(sites)), np.arange(len(sites)), squares)
    observed = _m_of(x, y, z, mass, member, around, squares)
    if weights == "none":
        covariance = m_covariance(x, y, z, around, squares, len(member))
        deviation = np.sqrt(np.diag(covariance))
        width = norm.isf(global_tail(covariance, level)) * deviation
        lower, upper, null_by = 1 - width, 1 + width, "moments"
    else:
        rng = np.random.default_rng(seed)
        drawn = np.array(
            [
                _m_of(x, y, z, mass, rng.permutation(len(sites))[: len(member)], around, squares)
                for _ in range(SIMULATIONS)
            ]
        )
        deviation = drawn.std(axis=0)
        _, _, lower, upper = simulated_bands(drawn, level)
        null_by = "simulation"
    return MFunction(
        industry=industry,
        plants=len(member),
        sites=len(sites),
        radii_km=radii,
        m=observed,
        deviation=deviation,
        global_lower=lower,
        global_upper=upper,
        null_by=null_by,
        weights=weights,
        level=level,
        notes=("The null of M is Gaussian, without correction of its skewness.",)
        if null_by == "moments"
        else (f"Null by {SIMULATIONS:,} simulations.",),
        sources=(*sites.sources, MARCON_PUECH),
    )


# ---- array functions -----------------------------------------------------------------------


def m_covariance(
    x: Floats, y: Floats, z: Floats, around: Floats, squares: Floats, n: int
) -> Floats:
    """Covariance of M over radii under the null, shape ``(R, R)``, for ``n`` plants of all."""
    N, c = len(x), 1 / (len(x) - 1)
    linked = (around > 0).astype(float)
    share = np.divide(1, around, out=np.zeros_like(around), where=around > 0)
    crossed, reached, column = _population_sums(x, y, z, share, linked, squares)
    smaller = np.minimum.outer(np.arange(len(squares)), np.arange(len(squares)))
    same_row = np.einsum("ir,is,irs->rs", share, share, around[:, smaller])
    both = linked.T @ linked
    same_row -= c * both
    across = crossed - c * (reached + reached.T)
    across += c**2 * (np.outer(linked.sum(axis=0), linked.sum(axis=0)) - both)
    T2 = (same_row + across) / 2
    # rows of the centred kernel add up to zero; its columns do not
    half = (column - c * (linked.sum(axis=0)[None, :] - linked)) / 2
    T1, G = half.T @ half, half.sum(axis=0)
    two, three, four = (float(np.prod([float(N - j) for j in range(k)])) for k in (2, 3, 4))
    m2, m3, m4 = (float(np.prod([float(n - j) for j in range(k)])) for k in (2, 3, 4))
    second = (
        2 * m2 / two * T2
        + 4 * m3 / three * (T1 - T2)
        + m4 / four * (np.outer(G, G) - 4 * T1 + 2 * T2)
    )
    mean = m2 / two * G
    expected = n * (n - 1) / (N - 1) * linked.mean(axis=0)
    covariance: Floats = (second - np.outer(mean, mean)) / np.outer(expected, expected)
    return covariance


def _chord_coordinates(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats, Floats]:
    north, east = np.radians(latitude), np.radians(longitude)
    return (
        EARTH_RADIUS_KM * np.cos(north) * np.cos(east),
        EARTH_RADIUS_KM * np.cos(north) * np.sin(east),
        EARTH_RADIUS_KM * np.sin(north),
    )


def _m_of(
    x: Floats, y: Floats, z: Floats, mass: Floats, member: Ints, around: Floats, squares: Floats
) -> Floats:
    own = _mass_within(x, y, z, mass, member, member, squares)
    total = around[member]
    found = total > 0
    ratio = np.divide(own, total, out=np.zeros_like(own), where=found)
    own_mass = mass[member]
    chance = (own_mass.sum() - own_mass) / (mass.sum() - own_mass)
    expected = chance @ found
    m: Floats = np.divide(
        ratio.sum(axis=0), expected, out=np.full(len(squares), np.nan), where=expected > 0
    )
    return m


@nb.njit(cache=True)
def _mass_within(x, y, z, mass, of, to, squares):  # type: ignore[no-untyped-def]
    """Mass of ``to`` within each radius of each of ``of``, itself left out, ``(len(of), R)``."""
    within = np.zeros((len(of), len(squares)))
    for a in range(len(of)):
        i = of[a]
        for j in to:
            if i == j:
                continue
            square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2
            if square <= squares[-1]:
                within[a, np.searchsorted(squares, square)] += mass[j]
        for r in range(1, len(squares)):
            within[a, r] += within[a, r - 1]
    return within


@nb.njit(cache=True)
def _population_sums(x, y, z, share, linked, squares):  # type: ignore[no-untyped-def]
    """Sums over ordered pairs within reach: two ``(R, R)`` and the column sums ``(N, R)``."""
    N, R = share.shape
    crossed, reached, column = np.zeros((R, R)), np.zeros((R, R)), np.zeros((N, R))
    for i in range(N):
        shares, links = np.zeros((R, R)), np.zeros((R, R))
        for j in range(N):
            if i == j:
                continue
            square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2
            if square > squares[-1]:
                continue
            b = np.searchsorted(squares, square)
            for r in range(R):
                shares[b, r] += share[j, r]
                links[b, r] += linked[j, r]
            for r in range(b, R):
                column[i, r] += share[j, r]
        for b in range(1, R):
            for r in range(R):
                shares[b, r] += shares[b - 1, r]
                links[b, r] += links[b - 1, r]
        for r in range(R):
            for s in range(R):
                crossed[r, s] += share[i, r] * shares[min(r, s), s]
                reached[r, s] += share[i, r] * links[r, s]
    return crossed, reached, column
