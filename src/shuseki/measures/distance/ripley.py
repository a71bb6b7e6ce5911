"""How many neighbours does a plant have, compared with plants anywhere, or with all plants?

Definition (Ripley 1977). For ``n`` plants in a window ``W`` of area ``|W|``::

    K(r) = |W| / [n (n − 1)] Σ_{i≠j} e_ij 1(d_ij ≤ r)      L(r) = √(K(r) / π) − r

K is the area around a plant that would hold its neighbours if all places were equally likely:
``πr²`` then, and L is 0; L = 2 at 10 km means as many neighbours within 10 km as chance gives
within 12.

Edge: the translation correction (Ohser 1983), ``e_ij = |W| / |W ∩ (W + x_i − x_j)|``, which has the
mean ``πr²`` exactly, in a window of any shape.

Plants cannot be anywhere: mountains and the sea are empty, and all industries are clustered. The
difference from the other plants allows for that (Diggle and Chetwynd 1991)::

    D(r) = K of the industry − K of all other plants

under the null that chance decides which plants belong to the industry. D then has the mean 0,
whatever the map; its covariance over radii is exact. With ``z`` marking the industry it is a sum of
``z_i z_j g_ij`` and of ``z_i R_i``, where ``g_ij = |W| e_ij 1(d_ij ≤ r)`` and ``R_i`` its row sums,
so sums over the population (``G``, ``T₁ = Σ R_i R_i'``, ``T₂ = Σ g_ij g_ij'``) are all it needs.

Bands. Of L: simulation of as many plants placed anywhere in the window. Of D: a gamma law with the
skewness that chance meetings of pairs give, at a level that holds for the whole curve; where that
skewness is above 0.75 labels are drawn, and ``null_by`` says so. Both are global, and passed by
chance on one side with the stated probability.

Takes: :class:`~shuseki.sites.Sites`, on a plane or projected to one. Gives: K and D in km², L in
km.
Sources: Ripley (1977), Journal of the Royal Statistical Society B 39, pp. 172–212; Diggle and
Chetwynd (1991), Biometrics 47, pp. 1155–1163.
Checked against: astropy 8.0.2 (stored output), every labelling of a small population, simulation.
Limits: cumulative: clustering at short distances remains in longer ones. Use M for shares,
K-density for single distances.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numba as nb
import numpy as np
import pandas as pd
import shapely
import shapely.affinity

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, say
from shuseki.language.names import some_of
from shuseki.measures.distance.kdensity import (
    LARGEST_SKEWNESS,
    falling,
    global_tail,
    pearson_quantile,
    simulated_bands,
)
from shuseki.measures.distance.pairs import first_radius, site_draws
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = ["Ripley", "ripley"]

RIPLEY = Source(
    "Ripley1977",
    "Ripley, B. D., Modelling spatial patterns, Journal of the Royal Statistical Society B 39",
    "1977",
)
DIGGLE_CHETWYND = Source(
    "DiggleChetwynd1991",
    "Diggle, P. J. and Chetwynd, A. G., Second-order analysis of spatial clustering for "
    "inhomogeneous populations, Biometrics 47",
    "1991",
)
RADII, LARGEST_SHARE = 25, 0.25
"""Radii by default, up to this share of the shorter side of the window."""
SHIFTS = 64
"""Shifts to each side at which the overlap of a window with itself is computed; linear between."""
LABELLINGS = 2_000
ROUNDING = 1e-9
"""A site this little beyond a radius, the rounding of coordinates, is within it."""


@result
class Ripley(Result):
    """Ripley's K and L of industries, and their difference from the other plants.

    Attributes
    ----------
    industries, industry_names
        Codes and names of the ``K`` industries.
    plants
        Plants of each, shape ``(K,)``.
    sites
        Plants of all industries.
    radii_km
        ``(R,)``.
    k_km2, l_km
        K, and L less the radius, ``(K, R)``.
    l_lower_km, l_upper_km
        Global bands of L for plants placed anywhere, ``(K, R)``.
    d_km2
        K less that of all other plants, ``(K, R)``; ``nan`` where there are not two others.
    d_deviation_km2, d_lower_km2, d_upper_km2
        Standard deviation and global bands of D under random labels, ``(K, R)``.
    null_by
        How the null of D was made, per industry: ``"moments"`` or ``"simulation"``.
    area_km2
        Of the window.
    simulations
        For the bands of L.
    level
        Probability of passing one band by chance.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    plants: Ints
    sites: int
    radii_km: Floats
    k_km2: Floats
    l_km: Floats
    l_lower_km: Floats
    l_upper_km: Floats
    d_km2: Floats
    d_deviation_km2: Floats
    d_lower_km2: Floats
    d_upper_km2: Floats
    null_by: tuple[str, ...]
    area_km2: float
    simulations: int
    level: float

    @property
    def gathers_at(self) -> Bools:
        """Where L lies above the band of plants placed anywhere, ``(K, R)``."""
        above: Bools = self.l_km > self.l_upper_km
        return above

    @property
    def localised_at(self) -> Bools:
        """Where D lies above the band of random labels, ``(K, R)``."""
        above: Bools = self.d_km2 > self.d_upper_km2
        return above

    def headline(self) -> Message:
        """Count the industries above chance by both standards."""
        return say(
            "Of {n} industries {anywhere} are more clustered than plants placed anywhere and "
            "{others} more than all other plants, within {reach:.3g} km (Ripley's L and D, global "
            "bands at {level:.0%} on each side, n = {sites:,} sites).",
            n=len(self.industries),
            anywhere=int(self.gathers_at.any(axis=1).sum()),
            others=int(self.localised_at.any(axis=1).sum()),
            reach=self.radii_km[-1],
            level=self.level,
            sites=self.sites,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry and radius."""
        count, radii = self.k_km2.shape
        frame = {
            "industry": np.repeat(self.industries, radii),
            "industry_name": np.repeat(self.industry_names, radii),
            "plants": np.repeat(self.plants, radii),
            "radius_km": np.tile(self.radii_km, count),
        }
        for name in (
            "k_km2",
            "l_km",
            "l_lower_km",
            "l_upper_km",
            "d_km2",
            "d_deviation_km2",
            "d_lower_km2",
            "d_upper_km2",
        ):
            frame[name] = getattr(self, name).ravel()
        return pd.DataFrame(frame).assign(null_by=np.repeat(self.null_by, radii))


def ripley(
    sites: Sites,
    industries: Sequence[str] | None = None,
    *,
    radii_km: Sequence[float] | None = None,
    window: shapely.Polygon | shapely.MultiPolygon | None = None,
    simulations: int = 199,
    level: float = 0.05,
    seed: int = 1977,
    progress: Callable[[int, int], None] | None = None,
) -> Ripley:
    """Measure Ripley's K, L and D of each industry.

    Parameters
    ----------
    sites
        All plants of all industries. Sites in degrees are projected (``Sites.projected``).
    industries
        Codes; all by default. Those of fewer than two plants are left out, with a note.
    radii_km
        Increasing radii; by default 25 up to a quarter of the shorter side of the window.
    window
        Where plants can be, on the plane of the sites (km); by default the convex hull of all
        sites. Only for sites on a plane.
    simulations
        Of plants placed anywhere, for the bands of L. Time grows with these times the pairs of
        the industry.
    level
        Probability of passing one side of a global band by chance.
    seed
        Of the simulations.
    progress
        Called with (done, total) industries.

    Raises
    ------
    DataError
        Sites outside the window or all on one line, or no industry of two plants.
    ParameterError
        A window for sites in degrees, radii that do not increase or exceed the window.
    """
    unknown = [code for code in industries or () if code not in sites.industries]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, sites.industries)
    if window is not None and not sites.plane:
        raise ParameterError(
            say(
                "The window is on a plane, the sites are in degrees. Expected both on one plane. "
                "Use sites.projected() first, and give the window there."
            )
        )
    if not 0 < level < 0.5:
        raise ParameterError(
            say(
                "level is {level}. Expected a probability between 0 and 0.5.",
                level=level,
            )
        )
    if simulations < round(2 / level) - 1:
        raise ParameterError(
            say(
                "simulations is {simulations}. Expected {level} or more for a band at "
                "{level_2:.0%}.",
                simulations=simulations,
                level=round(2 / level) - 1,
                level_2=level,
            )
        )
    count = np.bincount(sites.industry, minlength=len(sites.industries))
    wanted = [sites.industries.index(code) for code in industries or sites.industries]
    kept = [k for k in wanted if count[k] >= 2]
    lonely = [sites.industries[k] for k in wanted if count[k] < 2]
    if not kept:
        raise DataError(
            say(
                "Industries of fewer than two plants: {lonely}. K needs a pair. Choose a coarser "
                "class.",
                lonely=examples(lonely),
            )
        )
    flat = sites.projected()
    field = _window(flat, window)
    radii = _radii(field, radii_km)
    overlap = overlap_of(field, float(radii[-1]))
    order = np.argsort(flat.longitude, kind="stable")
    x, y = flat.longitude[order], flat.latitude[order]
    industry = flat.industry[order]
    rows, pairs, cubes = population_rows(x, y, radii, overlap)
    rng = np.random.default_rng(seed)
    curves, null_by = [], []
    for step, k in enumerate(kept):
        member = np.flatnonzero(industry == k)
        n = len(member)
        K = (
            overlap.area**2
            * _within_pairs(x[member], y[member], radii, *overlap.table)
            / (n * (n - 1))
        )
        drawn = anywhere(field, n, simulations, rng)
        east, north = np.ascontiguousarray(np.moveaxis(drawn, -1, 0))
        by_chance = _within_pairs(east, north, radii, *overlap.table)
        by_chance *= overlap.area**2 / (n * (n - 1))
        _, _, low, high = simulated_bands(_l_of(by_chance, radii), level)
        relative, by = _difference((x, y), member, (rows, pairs, cubes), radii, overlap, level, rng)
        curves.append((K, _l_of(K, radii), low, high, *relative))
        null_by.append(by)
        if progress:
            progress(step + 1, len(kept))
    names = sites.industry_names or sites.industries
    K, L, l_low, l_high, D, deviation, d_low, d_high = np.array(curves).transpose(1, 0, 2)
    notes = list[Message]()
    if lonely:
        left = say(
            "Left out, with fewer than two plants: {industries}.", industries=some_of(lonely)
        )
        notes.append(left)
    notes.append(
        say(
            "Edges by the translation correction in the convex hull of all sites ({area:,.0f} km²)."
            if window is None
            else "Edges by the translation correction in the window ({area:,.0f} km²).",
            area=overlap.area,
        )
    )
    few = [sites.industries[k] for k in kept if len(sites) - count[k] < 2]
    if few:
        notes.append(
            say("Fewer than two other plants, so no D: {industries}.", industries=some_of(few))
        )
    simulated = [
        sites.industries[k] for k, by in zip(kept, null_by, strict=True) if by == "simulation"
    ]
    if simulated:
        notes.append(
            say(
                "Null of D by {n:,} labellings; too few pairs are expected at the smallest radius: "
                "{industries}.",
                n=LABELLINGS,
                industries=some_of(simulated),
            )
        )
    return Ripley(
        industries=tuple(sites.industries[k] for k in kept),
        industry_names=tuple(names[k] for k in kept),
        plants=count[kept],
        sites=len(sites),
        radii_km=radii,
        k_km2=K,
        l_km=L,
        l_lower_km=l_low,
        l_upper_km=l_high,
        d_km2=D,
        d_deviation_km2=deviation,
        d_lower_km2=d_low,
        d_upper_km2=d_high,
        null_by=tuple(null_by),
        area_km2=overlap.area,
        simulations=simulations,
        level=level,
        notes=(*notes, *flat.notes),
        sources=(*sites.sources, RIPLEY, DIGGLE_CHETWYND),
    )


def _window(flat: Sites, window: shapely.Geometry | None) -> shapely.Geometry:
    places = shapely.points(flat.longitude, flat.latitude)
    if window is None:
        hull = shapely.MultiPoint(places).convex_hull
        if hull.area == 0:
            raise DataError(
                say(
                    "All sites lie on one line or in one place. Expected sites that span an area. "
                    "Give a window."
                )
            )
        return hull
    outside = np.flatnonzero(~shapely.covers(window, places))
    if outside.size:
        raise DataError(
            say(
                "{outside_size} sites lie outside the window: rows {outside}. Expected all "
                "inside. Choose a larger window, or leave those sites out.",
                outside_size=outside.size,
                outside=examples(outside),
            )
        )
    return window


def _radii(window: shapely.Geometry, radii_km: Sequence[float] | None) -> Floats:
    west, south, east, north = window.bounds
    side = min(east - west, north - south)
    if radii_km is None:
        radii: Floats = side * LARGEST_SHARE * np.arange(1, RADII + 1) / RADII
        return radii
    radii = np.array(radii_km, dtype=float)
    if not (radii.size and np.isfinite(radii).all() and (np.diff(radii, prepend=0) > 0).all()):
        raise ParameterError(
            say(
                "radii_km are {radii_km}. Expected positive, increasing distances.",
                radii_km=list(radii_km),
            )
        )
    if radii[-1] >= side:
        raise ParameterError(
            say(
                "The largest radius is {radii:g} km, the shorter side of the window {side:g} km. "
                "Expected radii within the window. Choose smaller ones.",
                radii=radii[-1],
                side=side,
            )
        )
    return radii


# ---- array functions -----------------------------------------------------------------------


class Overlap(NamedTuple):
    """Area that a window shares with itself moved by each of a grid of shifts.

    Attributes
    ----------
    area
        Of the window, km².
    table
        The shared area, ``(2S + 1, 2S + 1)`` km², by shift in ``x`` and ``y``, and the largest
        shift, km.
    """

    area: float
    table: tuple[Floats, float]


def overlap_of(window: shapely.Geometry, reach_km: float) -> Overlap:
    """Overlap of a window with itself, moved by up to ``reach_km`` each way."""
    steps = np.linspace(-reach_km, reach_km, 2 * SHIFTS + 1)
    half = steps[SHIFTS:]
    shared = np.empty((SHIFTS + 1, 2 * SHIFTS + 1))
    for k, dx in enumerate(half):
        moved = np.array([shapely.affinity.translate(window, dx, dy) for dy in steps])
        shared[k] = shapely.area(shapely.intersection(window, moved))
    # a window moved by v overlaps as one moved by −v
    full = np.concatenate([shared[:0:-1, ::-1], shared])
    return Overlap(float(window.area), (full, reach_km))


def anywhere(window: shapely.Geometry, n: int, times: int, rng: np.random.Generator) -> Floats:
    """Draw ``n`` points anywhere in a window, in order of ``x``, shape ``(times, n, 2)``."""
    west, south, east, north = window.bounds
    wanted, found = n * times, []
    shapely.prepare(window)
    share = window.area / ((east - west) * (north - south))
    while wanted > 0:
        tried = rng.uniform((west, south), (east, north), (int(wanted / share * 1.05) + 16, 2))
        inside = tried[shapely.contains_xy(window, tried[:, 0], tried[:, 1])][:wanted]
        found.append(inside)
        wanted -= len(inside)
    points = np.concatenate(found).reshape(times, n, 2)
    order = np.argsort(points[:, :, 0], axis=1)
    ordered: Floats = np.take_along_axis(points, order[:, :, None], axis=1)
    return ordered


def _l_of(k_km2: Floats, radii: Floats) -> Floats:
    length: Floats = np.sqrt(k_km2 / np.pi) - radii
    return length


def population_rows(
    x: Floats, y: Floats, radii: Floats, overlap: Overlap
) -> tuple[Floats, Floats, Floats]:
    """Row sums of the kernel, ``(N, R)``; over ordered pairs its squares and cubes, ``(R,)``.

    ``x`` ascends. The product at two radii is the square at the smaller, so ``T₂`` follows.
    """
    rows, pairs, cubes = _kernel_rows(x, y, radii, *overlap.table)
    unit = overlap.area**2
    return unit * rows, unit**2 * pairs, unit**3 * cubes


def difference_moments(
    rows: Floats, pairs: Floats, cubes: Floats, n: int
) -> tuple[Floats, Floats, Floats]:
    """Deviation, skewness ``(R,)`` and covariance ``(R, R)`` of D for ``n`` random labels."""
    N, G, T1 = len(rows), rows.sum(axis=0), rows.T @ rows
    smaller = np.minimum.outer(np.arange(len(G)), np.arange(len(G)))
    T2 = pairs[smaller]
    p1, p2, p3, p4 = (falling(n, k) / falling(N, k) if falling(N, k) else 0.0 for k in (1, 2, 3, 4))
    one, other = 1 / falling(n, 2), 1 / falling(N - n, 2)
    square = np.outer(G, G)
    of_pairs = 2 * p2 * T2 + 4 * p3 * (T1 - T2) + p4 * (square - 4 * T1 + 2 * T2) - p2**2 * square
    of_rows = p1 * T1 + p2 * (square - T1) - p1**2 * square
    crossed = 2 * p2 * T1 + p3 * (square - 2 * T1) - p1 * p2 * square
    a, b = one - other, 2 * other
    covariance: Floats = a**2 * of_pairs + b**2 * of_rows + a * b * (crossed + crossed.T)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
    skewness = np.zeros(len(G))
    np.divide(4 * p2 * one**3 * cubes, deviation**3, out=skewness, where=deviation > 0)
    return deviation, skewness, covariance


def _difference(
    at: tuple[Floats, Floats],
    member: Ints,
    population: tuple[Floats, Floats, Floats],
    radii: Floats,
    overlap: Overlap,
    level: float,
    rng: np.random.Generator,
) -> tuple[list[Floats], str]:
    """D, its deviation and its bands, each ``(R,)``, and how the null was made."""
    (x, y), (rows, pairs, cubes) = at, population
    N, n, G = len(x), len(member), rows.sum(axis=0)
    if N - n < 2:
        return [np.full(len(radii), np.nan)] * 4, "moments"

    def of(labels: Ints) -> Floats:
        inside = overlap.area**2 * _within_pairs(x[labels], y[labels], radii, *overlap.table)
        outside = G - 2 * rows[labels].sum(axis=0) + inside
        difference: Floats = inside / falling(n, 2) - outside / falling(N - n, 2)
        return difference

    observed = of(member)
    deviation, skewness, covariance = difference_moments(rows, pairs, cubes, n)
    if skewness.max() <= LARGEST_SKEWNESS:
        tail = global_tail(covariance, level)
        lower, upper = (deviation * pearson_quantile(p, skewness) for p in (tail, 1 - tail))
        return [observed, deviation, lower, upper], "moments"
    drawn = np.array([of(np.sort(some)) for some in site_draws(N, n, LABELLINGS, rng)])
    _, _, lower, upper = simulated_bands(drawn, level)
    return [observed, deviation, lower, upper], "simulation"


@nb.njit(cache=True, inline="always")
def _shared(dx, dy, table, reach):  # type: ignore[no-untyped-def]
    """Overlap of the window moved by (dx, dy), linear between the shifts of the table."""
    steps = (len(table) - 1) // 2
    u, v = (dx / reach + 1) * steps, (dy / reach + 1) * steps
    i, j = min(int(u), 2 * steps - 1), min(int(v), 2 * steps - 1)
    s, t = u - i, v - j
    return (1 - s) * ((1 - t) * table[i, j] + t * table[i, j + 1]) + s * (
        (1 - t) * table[i + 1, j] + t * table[i + 1, j + 1]
    )


def _within_pairs(x: Floats, y: Floats, radii: Floats, table: Floats, reach: float) -> Floats:
    """Sum over ordered pairs within each radius of one over the overlap.

    ``x``, ascending, and ``y`` of one pattern ``(n,)`` or of many ``(times, n)``; gives ``(R,)`` or
    ``(times, R)``.
    """
    sums = np.zeros((*x.shape[:-1], len(radii)))
    add = _add_pairs if x.ndim == 1 else _add_patterns  # threads for many only
    add(x, y, radii * (1 + ROUNDING), table, reach, sums)
    return sums.cumsum(axis=-1)


def _kernel_rows(
    x: Floats, y: Floats, radii: Floats, table: Floats, reach: float
) -> tuple[Floats, Floats, Floats]:
    """Row sums of one over the overlap, ``(N, R)``; over ordered pairs its squares and cubes."""
    radii = radii * (1 + ROUNDING)
    powers = np.zeros((3, len(x), len(radii)))
    first, last = np.searchsorted(x, x - radii[-1]), np.searchsorted(x, x + radii[-1], side="right")
    _add_rows(x, y, first, last, radii, table, reach, powers)
    rows, squares, cubes = powers.cumsum(axis=2)
    return rows, squares.sum(axis=0), cubes.sum(axis=0)


# Loops over threads only call loops that are compiled without threads: compiling takes half.


@nb.njit(cache=True)
def _add_pairs(x, y, radii, table, reach, sums):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            dx, dy = x[j] - x[i], y[j] - y[i]
            if dx > radii[-1]:
                break
            distance = np.sqrt(dx * dx + dy * dy)
            if distance <= radii[-1]:
                sums[first_radius(radii, distance)] += 2 / _shared(dx, dy, table, reach)


@nb.njit(parallel=True, cache=True)
def _add_patterns(x, y, radii, table, reach, sums):  # type: ignore[no-untyped-def]
    for k in nb.prange(len(x)):
        _add_pairs(x[k], y[k], radii, table, reach, sums[k])


@nb.njit(cache=True)
def _add_row(i, first, last, x, y, radii, table, reach, powers):  # type: ignore[no-untyped-def]
    for j in range(first, last):
        if i == j:
            continue
        dx, dy = x[j] - x[i], y[j] - y[i]
        distance = np.sqrt(dx * dx + dy * dy)
        if distance <= radii[-1]:
            r = first_radius(radii, distance)
            g = 1 / _shared(dx, dy, table, reach)
            powers[0, i, r] += g
            powers[1, i, r] += g**2
            powers[2, i, r] += g**3


@nb.njit(parallel=True, cache=True)
def _add_rows(x, y, first, last, radii, table, reach, powers):  # type: ignore[no-untyped-def]
    for i in nb.prange(len(x)):
        _add_row(i, first[i], last[i], x, y, radii, table, reach, powers)
