"""How much more of its own industry does a plant find around it than of all industries?

Definition (Marcon and Puech 2010). For the plants ``S`` of an industry, with ``w`` either
1 or the employment, and ``d_ij ≤ r``::

    M(r) = Σ_{i∈S} [Σ_{j∈S} w_j / Σ_j w_j] / Σ_{i∈S} [(W_S − w_i) / (W − w_i)]

1 is what chance gives, 2 means twice as much of its own within ``r``. Plants that have no
neighbour within ``r`` are left out of both sums.

The null: which plants belong to the industry is drawn without replacement; each site keeps its
employment. Numerator less denominator is then a sum over ordered pairs of the industry of
``w_j [1(d_ij ≤ r) / B_i(r) − 1 / (W − w_i)]``, with ``B_i`` the mass around ``i``: a kernel that
does not depend on the industry and whose rows add up to 0. So its mean is 0 and its covariance
over radii follows from sums over the population, one pass for every industry, as in
:mod:`~shuseki.measures.kdensity`. Dividing by the expectation of the denominator is exact to first
order (exact without weights, if every site has a neighbour). Bands: the quantile of a gamma law
with the skewness that chance meetings of pairs give, at a level that holds for the whole curve.
Where that skewness is above 0.75 (few pairs expected at the smallest radius) the null is
simulated, and ``null_by`` says so.

Takes: :class:`~shuseki.sites.Sites`. Gives: M (no unit), cumulative in distance.
Sources: Marcon and Puech (2010), Journal of Economic Geography 10, pp. 745–762.
Checked against: R dbmss 2.9-0 (stored output), every sample of a small population, simulation.
Limits: relative and cumulative: high values at short distances blur into longer ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.measures.kdensity import (
    LARGEST_SKEWNESS,
    Weights,
    check_employed,
    falling,
    global_tail,
    pearson_quantile,
    simulated_bands,
)
from shuseki.measures.pairs import along, unit_vectors
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
SIMULATIONS = 2_000
RADII_KM = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 75.0, 100.0)


@result
class MFunction(Result):
    """M of industries beside what chance would give.

    Attributes
    ----------
    industries, industry_names
        Codes and names of the ``K`` industries.
    plants
        Plants of each, shape ``(K,)``.
    sites
        Plants of all industries.
    radii_km
        Where M is evaluated, ``(R,)``.
    m
        Observed M, ``(K, R)``; ``nan`` where no plant of the industry has a neighbour.
    deviation
        Standard deviation under the null, ``(K, R)``.
    global_lower, global_upper
        Bands that a curve of the null passes, on one side, with probability ``level``, ``(K, R)``.
    null_by
        Per industry ``"moments"`` or ``"simulation"``.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    plants: Ints
    sites: int
    radii_km: Floats
    m: Floats
    deviation: Floats
    global_lower: Floats
    global_upper: Floats
    null_by: tuple[str, ...]
    weights: str
    level: float

    @property
    def localised_at(self) -> Bools:
        """Where M lies above the global band, ``(K, R)``."""
        above: Bools = self.m > self.global_upper
        return above

    def headline(self, lang: str = "en") -> str:
        """Count the industries above chance, and name the highest M among them."""
        ja, above = lang == "ja", self.localised_at
        count, reach = int(above.any(axis=1).sum()), f"{self.radii_km[-1]:g} km"
        said = (
            f"{len(self.industries)}業種中{count}業種で、周囲{reach}以内の同業種の割合が偶然を上回る"
            f"（大域信頼帯{self.level:.0%}、{self.sites:,}事業所）"
            if ja
            else f"{count} of {len(self.industries)} industries find more of their own around them "
            f"than chance gives, within {reach} (global bands at {self.level:.0%}, "
            f"n = {self.sites:,} sites)"
        )
        if not count:
            return f"{said}。" if ja else f"{said}."
        k, r = np.unravel_index(int(np.nanargmax(np.where(above, self.m, np.nan))), self.m.shape)
        radius, times = f"{self.radii_km[r]:g} km", f"{self.m[k, r]:.2f}"
        return (
            f"{said}。最大は{self.industry_names[k]}：{radius}以内で全体の割合の{times}倍。"
            if ja
            else f"{said}; most {self.industry_names[k]}: {times} times its share within {radius}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry and radius."""
        count, radii = self.m.shape
        return pd.DataFrame(
            {
                "industry": np.repeat(self.industries, radii),
                "industry_name": np.repeat(self.industry_names, radii),
                "plants": np.repeat(self.plants, radii),
                "radius_km": np.tile(self.radii_km, count),
                "m": self.m.ravel(),
                "deviation": self.deviation.ravel(),
                "global_lower": self.global_lower.ravel(),
                "global_upper": self.global_upper.ravel(),
                "null_by": np.repeat(self.null_by, radii),
            }
        )


def m_function(
    sites: Sites,
    industries: Sequence[str] | None = None,
    *,
    radii_km: Sequence[float] = RADII_KM,
    weights: Weights = "none",
    level: float = 0.05,
    inside_japan: bool = True,
    seed: int = 2010,
    progress: Callable[[int, int], None] | None = None,
) -> MFunction:
    """Measure M around the plants of each industry.

    Parameters
    ----------
    sites
        All plants of all industries. Time grows with the pairs of sites within the largest
        radius.
    industries
        Codes; all by default. Those of fewer than two plants are left out, with a note.
    radii_km
        Increasing radii.
    weights
        ``"none"`` or ``"employment"``.
    level
        Probability of passing one side of the global band by chance.
    inside_japan
        Refuse coordinates outside Japan.
    seed
        Of the simulations, where moments do not serve.
    progress
        Called with (done, total) industries.
    """
    if inside_japan:
        check_inside_japan(sites.latitude, sites.longitude)
    unknown = [code for code in industries or () if code not in sites.industries]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, sites.industries)
    radii = np.asarray(radii_km, dtype=float)
    if radii.size == 0 or (radii <= 0).any() or (np.diff(radii) <= 0).any():
        raise ParameterError(
            f"radii_km are {list(radii_km)}. Expected positive, increasing distances."
        )
    if not 0 < level < 0.5:
        raise ParameterError(f"level is {level}. Expected a probability between 0 and 0.5.")
    if weights == "employment":
        check_employed(sites)
    count = np.bincount(sites.industry, minlength=len(sites.industries))
    wanted = [sites.industries.index(code) for code in industries or sites.industries]
    kept = [k for k in wanted if count[k] >= 2]
    lonely = [sites.industries[k] for k in wanted if count[k] < 2]
    if not kept:
        raise DataError(
            f"Industries of fewer than two plants: {examples(lonely)}. M needs a pair. Choose a "
            "coarser class."
        )
    position = unit_vectors(sites.latitude, sites.longitude)
    order = np.argsort(along(position), kind="stable")
    x, y, z = np.ascontiguousarray(EARTH_RADIUS_KM * position[order].T)
    sorted_along = EARTH_RADIUS_KM * along(position)[order]
    mass = sites.employment[order] if weights == "employment" else np.ones(len(sites))
    squares = (2 * EARTH_RADIUS_KM * np.sin(radii / 2 / EARTH_RADIUS_KM)) ** 2
    plane = _Plane(x, y, z, sorted_along, mass, squares)
    everyone = np.arange(len(sites))
    around = _within(*plane, everyone, everyone)
    population = population_kernel(plane, around)
    industry = sites.industry[order]
    rng = np.random.default_rng(seed)
    rows, null_by = [], []
    for step, k in enumerate(kept):
        member = np.flatnonzero(industry == k)
        observed = _m_of(plane, member, around)
        deviation, skewness, covariance = m_moments(population, len(member))
        if np.nanmax(skewness) <= LARGEST_SKEWNESS:
            tail = global_tail(covariance, level)
            lower = 1 + deviation * pearson_quantile(tail, skewness)
            upper = 1 + deviation * pearson_quantile(1 - tail, skewness)
            null_by.append("moments")
        else:
            drawn = np.array(
                [
                    _m_of(plane, np.sort(rng.choice(len(sites), len(member), False)), around)
                    for _ in range(SIMULATIONS)
                ]
            )
            _, _, lower, upper = simulated_bands(np.nan_to_num(drawn, nan=1.0), level)
            null_by.append("simulation")
        rows.append((observed, deviation, lower, upper))
        if progress:
            progress(step + 1, len(kept))
    names = sites.industry_names or sites.industries
    m, deviation, lower, upper = np.array(rows).transpose(1, 0, 2)
    notes = [f"Left out, with fewer than two plants: {examples(lonely)}."] if lonely else []
    simulated = [
        sites.industries[k] for k, by in zip(kept, null_by, strict=True) if by == "simulation"
    ]
    if simulated:
        notes.append(
            f"Null by {SIMULATIONS:,} simulations, too few pairs expected at the smallest radius: "
            f"{examples(simulated)}."
        )
    if weights == "employment":
        notes.append("The null is of first order in the industry's share of employment.")
    return MFunction(
        industries=tuple(sites.industries[k] for k in kept),
        industry_names=tuple(names[k] for k in kept),
        plants=count[kept],
        sites=len(sites),
        radii_km=radii,
        m=m,
        deviation=deviation,
        global_lower=lower,
        global_upper=upper,
        null_by=tuple(null_by),
        weights=weights,
        level=level,
        notes=(*notes, *sites.notes),
        sources=(*sites.sources, MARCON_PUECH),
    )


# ---- array functions -----------------------------------------------------------------------


class _Plane(NamedTuple):
    """Sites in order along the map, km, with their masses, and the squares of the radii."""

    x: Floats
    y: Floats
    z: Floats
    along: Floats
    mass: Floats
    squares: Floats


@dataclass(frozen=True, eq=False, slots=True)
class PopulationKernel:
    """Sums over all sites of the kernel ``q_ij = w_j [1(d ≤ r)/B_i − 1/(W − w_i)]``.

    Attributes
    ----------
    sites
        Their number ``N``.
    total
        ``G``: over ordered pairs of the kernel made symmetric, ``(R,)``.
    rows
        ``T₁``: over sites of the products of the row sums at two radii, ``(R, R)``.
    pairs
        ``T₂``: over ordered pairs of the products at two radii, ``(R, R)``.
    cubes
        Over unordered pairs of the cube of both directions together, ``(R,)``.
    chance
        Expected denominator of M for each ordered pair of plants, ``(R,)``.
    """

    sites: int
    total: Floats
    rows: Floats
    pairs: Floats
    cubes: Floats
    chance: Floats


def population_kernel(plane: _Plane, around: Floats) -> PopulationKernel:
    """Pass once over the pairs of sites within the largest radius."""
    w, N = plane.mass, len(plane.mass)
    W, squared = w.sum(), (w**2).sum()
    c = 1 / (W - w)
    linked = (around > 0).astype(float)
    share = np.divide(1, around, out=np.zeros_like(around), where=around > 0)
    own, by_chance = w[:, None] * share, (w * c)[:, None] * linked
    crossed, reached, column, square, cubes = _kernel_sums(*plane, share, own, by_chance)
    smaller = np.minimum.outer(np.arange(around.shape[1]), np.arange(around.shape[1]))
    forth = np.einsum("ir,is,irs->rs", share, share, square[:, smaller])
    once = np.einsum("i,ir,is,is->rs", c, linked, share, square)
    forth += np.einsum("ir,is,i->rs", linked, linked, c**2 * (squared - w**2)) - once - once.T
    v = by_chance.sum(axis=0)
    back = crossed - reached - reached.T + np.outer(v, v) - by_chance.T @ by_chance
    # the rows of the kernel add up to zero; its columns do not
    lost = (c[:, None] * linked).sum(axis=0)[None, :] - c[:, None] * linked
    half = w[:, None] * (column - lost) / 2
    return PopulationKernel(
        sites=N,
        total=half.sum(axis=0),
        rows=half.T @ half,
        pairs=(forth + back) / 2,
        cubes=cubes,
        chance=linked.mean(axis=0) / (N - 1),
    )


def m_moments(population: PopulationKernel, n: int) -> tuple[Floats, Floats, Floats]:
    """Deviation, skewness ``(R,)`` and covariance ``(R, R)`` of M for ``n`` plants drawn.

    The skewness is that of chance meetings of pairs, the part that counts at short radii.
    """
    N, G = population.sites, population.total
    two, three, four = (falling(N, k) for k in (2, 3, 4))
    m2, m3, m4 = (falling(n, k) for k in (2, 3, 4))
    second = (
        2 * m2 / two * population.pairs
        + 4 * m3 / three * (population.rows - population.pairs)
        + m4 / four * (np.outer(G, G) - 4 * population.rows + 2 * population.pairs)
    )
    mean = m2 / two * G
    expected = m2 * population.chance
    covariance: Floats = (second - np.outer(mean, mean)) / np.outer(expected, expected)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = m2 / two * population.cubes / expected**3 / deviation**3
    return deviation, np.nan_to_num(skewness), covariance


def _m_of(plane: _Plane, member: Ints, around: Floats) -> Floats:
    own, total, mass = _within(*plane, member, member), around[member], plane.mass
    found = total > 0
    ratio = np.divide(own, total, out=np.zeros_like(own), where=found)
    own_mass = mass[member]
    chance = (own_mass.sum() - own_mass) / (mass.sum() - own_mass)
    expected = chance @ found
    m: Floats = np.divide(
        ratio.sum(axis=0), expected, out=np.full(own.shape[1], np.nan), where=expected > 0
    )
    return m


@nb.njit(parallel=True, cache=True)
def _within(x, y, z, along, mass, squares, of, to):  # type: ignore[no-untyped-def]
    """Mass of ``to`` within each radius of each of ``of``, itself left out, ``(len(of), R)``.

    ``of`` and ``to`` are positions in the order along the map.
    """
    within = np.zeros((len(of), len(squares)))
    reach = np.sqrt(squares[-1])
    place = along[to]
    first = np.searchsorted(place, along[of] - reach)
    last = np.searchsorted(place, along[of] + reach)
    for a in nb.prange(len(of)):
        i = of[a]
        for j in to[first[a] : last[a]]:
            if i == j:
                continue
            square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2
            if square <= squares[-1]:
                within[a, np.searchsorted(squares, square)] += mass[j]
        for r in range(1, len(squares)):
            within[a, r] += within[a, r - 1]
    return within


@nb.njit(parallel=True, cache=True)
def _kernel_sums(x, y, z, along, mass, squares, share, own, by_chance):  # type: ignore[no-untyped-def]
    """Sums over pairs within reach.

    Of products of ``own`` with ``own`` and ``by_chance``, ``(R, R)``; of the shares and of the
    squared masses around each site, ``(N, R)``; of cubes over unordered pairs, ``(R,)``.
    """
    N, R = share.shape
    parts = 64
    crossed, reached = np.zeros((parts, R, R)), np.zeros((parts, R, R))
    cubes = np.zeros((parts, R))
    column, square_mass = np.zeros((N, R)), np.zeros((N, R))
    reach = np.sqrt(squares[-1])
    first, last = np.searchsorted(along, along - reach), np.searchsorted(along, along + reach)
    for part in nb.prange(parts):
        near_own, near_chance = np.empty((R, R)), np.empty((R, R))
        for i in range(part, N, parts):
            near_own[:], near_chance[:] = 0, 0
            for j in range(first[i], last[i]):
                if i == j:
                    continue
                square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2
                if square > squares[-1]:
                    continue
                b = np.searchsorted(squares, square)
                square_mass[i, b] += mass[j] ** 2
                for r in range(R):
                    near_own[b, r] += own[j, r]
                    near_chance[b, r] += by_chance[j, r]
                for r in range(b, R):
                    column[i, r] += share[j, r]
                    if i < j:
                        cubes[part, r] += (mass[j] * share[i, r] + mass[i] * share[j, r]) ** 3
            for b in range(1, R):
                square_mass[i, b] += square_mass[i, b - 1]
                for r in range(R):
                    near_own[b, r] += near_own[b - 1, r]
                    near_chance[b, r] += near_chance[b - 1, r]
            for r in range(R):
                for s in range(R):
                    crossed[part, r, s] += own[i, r] * near_own[min(r, s), s]
                    reached[part, r, s] += own[i, r] * near_chance[r, s]
    return crossed.sum(axis=0), reached.sum(axis=0), column, square_mass, cubes.sum(axis=0)
