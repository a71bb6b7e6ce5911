"""At which distances do the plants of an industry gather, beyond what chance would do?

Definition (Duranton and Overman 2005). The K-density of an industry with plants
``1 … n`` at distance ``d`` is the kernel density of the distances of its pairs::

    K(d) = Σ_{i<j} w_i w_j [φ_h(d − d_ij) + φ_h(d + d_ij)] / Σ_{i<j} w_i w_j

with ``φ_h`` the normal density of bandwidth ``h``, mirrored at 0, and ``w`` either 1 or the
employment. It is compared with what would happen if the plants, each keeping its employment,
stood on sites drawn without replacement from all ``N`` sites.

The null without simulation. Count pairs in narrow distance bins; smoothing is then a linear
map. With ``c_i`` the number of sites in each bin as seen from site ``i``, one pass over the
population gives ``G = Σ c_i``, ``T₁ = Σ c_i c_i'`` and ``T₂ = diag(G)`` (a pair lies in one
bin), and with them, for every industry at once (``(N)_k = N(N−1)…(N−k+1)``)::

    E[C]   = q₂ G / (N)₂
    E[CC'] = 2 q₂₂ T₂ / (N)₂ + 4 q₂₁₁ (T₁ − T₂) / (N)₃ + q₁₁₁₁ (GG' − 4T₁ + 2T₂) / (N)₄

where the ``q`` are sums over distinct plants of products of their weights: ``q₂ = Σ w_i w_j``,
``q₂₂ = Σ w_i² w_j²``, ``q₂₁₁ = Σ w_i² w_j w_k``, ``q₁₁₁₁ = Σ w_i w_j w_k w_l``; with equal
weights they are ``(n)₂, (n)₂, (n)₃, (n)₄``. Mean and covariance are exact, weighted or not.

Bands. Local: the quantile of a gamma law with that mean, that variance and the skewness of K,
at each distance. Global: the same quantile at the level which the whole curve, with the exact
correlation between distances and a Gaussian copula, passes anywhere with the stated
probability. What is approximate: the skewness (third moments from a systematic spatial sample
of 700 sites), the gamma law, and the copula. Where the law of K is too far from that (few
plants, or a few plants with nearly all the employment), the null is simulated, and
``null_by`` says so.

Takes: :class:`~shuseki.sites.Sites`, or a panel of plant counts with the areas' centres.
Gives: density per km. Localised at ``d`` where K lies above the upper band, dispersed where
below the lower; Γ and Ψ are the areas between K and the global bands (0 = none).
Sources: Duranton and Overman (2005), Review of Economic Studies 72, pp. 1077–1106; Marcon and
Puech (2010), Journal of Economic Geography 10, pp. 745–762.
Checked against: R dbmss 2.9-0 (stored output), all samples of a small population, simulation.
Limits: Distances are great circles, not roads. The bandwidth follows Silverman's rule with the
spread of all sites, not of the industry, so that it is fixed under the null.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import gamma as gamma_law
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import own_distance_km
from shuseki.measures.pairs import (
    Places,
    Population,
    at_centres,
    distance_matrix,
    mesh,
    pair_shares,
    points,
    population_sums,
    simulated_shares,
    systematic_sample,
    unit_vectors,
)
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites, check_inside_japan
from shuseki.sources import Source

__all__ = ["KDensity", "kdensity", "kdensity_areas"]

DURANTON_OVERMAN = Source(
    "DurantonOverman2005",
    "Duranton, G. and Overman, H. G., Testing for Localization Using Micro-Geographic Data, "
    "Review of Economic Studies 72",
    "2005",
)

Progress = Callable[[int, int], None]
Weights = Literal["none", "employment"]
Positions = Literal["auto", "points", "mesh"]

LARGEST_POINT_SET = 20_000
"""Above this many sites, ``positions="auto"`` puts them into cells of the standard mesh."""

SMALLEST_MESH_BANDWIDTH_KM = 2.0
"""Twice the mesh: a narrower kernel would see the grid."""
ROUNDING = 0.25
"""Blocks add at most this share of the narrowest bandwidth to a far distance; kernel and rounding
together are then at most 3% wider than the kernel."""

DISTANCES = 128
THIRD_MOMENT_SITES = 700
THIRD_MOMENT_DISTANCES = 16
COPULA_DRAWS, COPULA_RANK = 2**14, 64


@result
class KDensity(Result):
    """The K-density of industries beside what chance would give.

    Attributes
    ----------
    industries, industry_names
        Codes and names of the ``K`` industries.
    plants
        Plants of each, shape ``(K,)``.
    sites
        How many sites the null draws from.
    distances_km
        Where K is evaluated, shape ``(D,)``, from 0 to the range.
    bandwidth_km
        Bandwidth of each industry, shape ``(K,)``.
    density_per_km
        Observed K, shape ``(K, D)``.
    expected_per_km, deviation_per_km, skewness
        Mean, standard deviation and skewness of K under the null, shape ``(K, D)``.
    local_lower_per_km, local_upper_per_km, global_lower_per_km, global_upper_per_km
        Bands, shape ``(K, D)``. A curve of the null passes the upper one with probability
        ``level`` at one distance (local) or anywhere (global), and the lower one likewise.
    null_by
        Per industry ``"moments"`` or ``"simulation"``.
    weights
        ``"none"`` (pairs of plants) or ``"employment"`` (pairs of workers).
    level
        Probability of passing one band by chance.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    plants: Ints
    sites: int
    distances_km: Floats
    bandwidth_km: Floats
    density_per_km: Floats
    expected_per_km: Floats
    deviation_per_km: Floats
    skewness: Floats
    local_lower_per_km: Floats
    local_upper_per_km: Floats
    global_lower_per_km: Floats
    global_upper_per_km: Floats
    null_by: tuple[str, ...]
    weights: str
    level: float

    @property
    def localised_at(self) -> Bools:
        """Where K lies above the global band, shape ``(K, D)``."""
        above: Bools = self.density_per_km > self.global_upper_per_km
        return above

    @property
    def dispersed_at(self) -> Bools:
        """Where K lies below the global band, shape ``(K, D)``."""
        below: Bools = self.density_per_km < self.global_lower_per_km
        return below

    @property
    def pattern(self) -> tuple[str, ...]:
        """Per industry ``localised``, ``dispersed`` or ``random``, over the whole range.

        An industry that passes both bands is localised: at the far end of the range the
        density must be low where it is high at the near end (Duranton and Overman).
        """
        return tuple(
            "localised" if near.any() else "dispersed" if far.any() else "random"
            for near, far in zip(self.localised_at, self.dispersed_at, strict=True)
        )

    @property
    def localisation_index(self) -> Floats:
        """Γ: area between K and the upper global band, shape ``(K,)``, 0 to 1."""
        return _area_km(self.density_per_km - self.global_upper_per_km, self.distances_km)

    @property
    def dispersion_index(self) -> Floats:
        """Ψ: area between the lower global band and K, 0 for localised industries."""
        below = _area_km(self.global_lower_per_km - self.density_per_km, self.distances_km)
        localised = np.array([kind == "localised" for kind in self.pattern])
        return np.where(localised, 0.0, below)

    def headline(self, lang: str = "en") -> str:
        """Count the industries by pattern."""
        count = {kind: self.pattern.count(kind) for kind in ("localised", "dispersed", "random")}
        unit = "workers" if self.weights == "employment" else "plants"
        if lang == "ja":
            return (
                f"{len(self.industries)}業種中、集中{count['localised']}、分散{count['dispersed']}、"
                f"偶然と区別できず{count['random']}（{self.distances_km[-1]:.0f} km以内、"
                f"{'従業者' if self.weights == 'employment' else '事業所'}の組、大域信頼帯"
                f"{self.level:.0%}、{self.sites:,}事業所）。"
            )
        return (
            f"Of {len(self.industries)} industries {count['localised']} are localised, "
            f"{count['dispersed']} dispersed and {count['random']} not distinguishable from "
            f"chance within {self.distances_km[-1]:.0f} km (pairs of {unit}, global bands at "
            f"{self.level:.0%}, n = {self.sites:,} sites)."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry: pattern, where, Γ, Ψ."""
        rows = []
        for k in range(len(self.industries)):
            near = self.distances_km[self.localised_at[k]]
            far = self.distances_km[self.dispersed_at[k]]
            rows.append(
                {
                    "industry": self.industries[k],
                    "industry_name": self.industry_names[k],
                    "plants": int(self.plants[k]),
                    "pattern": self.pattern[k],
                    "localisation_index": self.localisation_index[k],
                    "dispersion_index": self.dispersion_index[k],
                    "localised_from_km": near.min() if near.size else np.nan,
                    "localised_to_km": near.max() if near.size else np.nan,
                    "dispersed_from_km": far.min() if far.size else np.nan,
                    "dispersed_to_km": far.max() if far.size else np.nan,
                    "bandwidth_km": self.bandwidth_km[k],
                    "null_by": self.null_by[k],
                }
            )
        return pd.DataFrame(rows)

    def curves(self) -> pd.DataFrame:
        """One row per industry and distance: K, its expectation and its bands."""
        count = len(self.industries)
        frame = {
            "industry": np.repeat(self.industries, len(self.distances_km)),
            "distance_km": np.tile(self.distances_km, count),
        }
        for name in (
            "density",
            "expected",
            "deviation",
            "local_lower",
            "local_upper",
            "global_lower",
            "global_upper",
        ):
            frame[f"{name}_per_km"] = getattr(self, f"{name}_per_km").ravel()
        return pd.DataFrame(frame)


# ---- the public verbs --------------------------------------------------------------------


def kdensity(
    sites: Sites,
    *,
    industries: Sequence[str] | None = None,
    weights: Weights = "none",
    positions: Positions = "auto",
    range_km: float | None = None,
    bandwidth_km: float | None = None,
    level: float = 0.05,
    inside_japan: bool = True,
    progress: Progress | None = None,
) -> KDensity:
    """Measure at which distances the plants of each industry gather or keep apart.

    Parameters
    ----------
    sites
        All plants of all industries; chance draws from these.
    industries
        Codes to measure; all by default. Industries of one plant or none are left out, with
        a note, since they have no pair.
    weights
        ``"none"`` or ``"employment"``.
    positions
        ``"points"`` for exact positions; ``"mesh"`` to move the sites of each cell of the
        standard mesh (30″ × 45″, about 1 km) to their mean position; ``"auto"`` for points up
        to 20,000 sites. Observation and null use the same positions.
    range_km
        Largest distance; the median distance between sites by default.
    bandwidth_km
        One bandwidth for all industries; Silverman's rule with the spread of all sites and
        the pairs of the industry by default.
    level
        Probability of passing one side of a band by chance.
    inside_japan
        Refuse coordinates outside Japan.
    progress
        Called with (done, total).

    Raises
    ------
    DataError
        Coordinates outside Japan or exchanged, missing or negative employment, or no industry
        of two plants.
    """
    if inside_japan:
        check_inside_japan(sites.latitude, sites.longitude)
    if weights == "employment":
        check_employed(sites)
    unknown = [code for code in industries or () if code not in sites.industries]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, sites.industries)
    wanted = [sites.industries.index(code) for code in industries or sites.industries]
    names = sites.industry_names or sites.industries
    order = np.argsort(sites.industry, kind="stable")
    bounds = np.searchsorted(sites.industry[order], np.arange(len(sites.industries) + 1))
    members = []
    for k in wanted:
        rows = order[bounds[k] : bounds[k + 1]]
        size = sites.employment[rows] if weights == "employment" else np.ones(len(rows))
        members.append(_Member(sites.industries[k], names[k], rows, size))
    members, notes = _with_pairs(members)
    exact = positions == "points" or (positions == "auto" and len(sites) <= LARGEST_POINT_SET)
    position = unit_vectors(sites.latitude, sites.longitude)
    sample = systematic_sample(position, np.ones(len(sites)), THIRD_MOMENT_SITES)
    smallest = 0.0 if exact else SMALLEST_MESH_BANDWIDTH_KM
    scale = _scale(position[sample], members, range_km, bandwidth_km, smallest)
    if exact:
        places = points(sites.latitude, sites.longitude)
        how = "Exact positions."
    else:
        places = mesh(sites.latitude, sites.longitude, scale.bandwidths_km.min() * ROUNDING)
        how = (
            f"Positions are {len(places.plants):,} cells of the standard mesh (about 1 km), far "
            f"from each other {len(places.block_positions):,} blocks of cells, for observation "
            "and null alike; two plants of one cell count as 0.5 km apart."
        )
    return _measure(
        places,
        members,
        scale,
        places.of_site[sample],
        weights=weights,
        level=level,
        notes=(*notes, how, *sites.notes),
        sources=(*sites.sources, DURANTON_OVERMAN),
        progress=progress,
    )


def kdensity_areas(
    panel: Panel,
    *,
    variable: str = "plants",
    period: str | None = None,
    industries: Sequence[str] | None = None,
    weights: Weights = "none",
    employment: str = "employment",
    area_km2: Floats | None = None,
    range_km: float | None = None,
    bandwidth_km: float | None = None,
    level: float = 0.05,
    progress: Progress | None = None,
) -> KDensity:
    """Measure the K-density from plant counts by area, each area at its centre.

    Parameters
    ----------
    panel
        With centres, and ``variable`` counting plants. Small areas (municipalities) are
        better: what happens within an area cannot be seen.
    variable, period
        Which counts, and when.
    weights, employment
        With ``"employment"`` the plants of a cell are taken as equal in size, ``employment``
        (the variable of that name) over plants; plants of unknown or no employment have the
        mean size of their industry.
    area_km2
        Shape ``(areas,)``. Two plants of one area then count as ``0.376 √area`` km apart
        (the mean distance to the centre of a disc); 0 km otherwise.

    Other parameters as in :func:`kdensity`. Suppressed cells (``nan``) are left out, with a
    note of how many.

    Raises
    ------
    DataError
        No centres, counts that are not whole numbers, or no industry of two plants.
    """
    if panel.centres is None:
        raise DataError(
            "The panel has no centres. Expected latitude and longitude of each area. Give "
            "centres=… when building the panel, or use sites."
        )
    chosen = panel.select(industries=industries) if industries is not None else panel
    counts = chosen.variable(variable, period)
    whole = panel.variable(variable, period)
    if whole.ndim == 3 or counts.ndim == 3:
        raise ParameterError(
            f"The panel has {len(panel.periods)} periods. Expected one: name it with period=…"
        )
    suppressed = int(np.isnan(whole).sum())
    filled, population = np.rint(np.nan_to_num(counts)), np.rint(np.nan_to_num(whole)).sum(axis=1)
    broken = int((np.abs(np.nan_to_num(whole) % 1 - 0.5) < 0.5 - 1e-6).sum())
    if (filled < 0).any():
        raise DataError(
            f"{variable!r} is negative somewhere. Expected counts of plants. Choose the variable "
            "that counts plants."
        )
    occupied = population > 0
    filled, population, centres = filled[occupied], population[occupied], panel.centres[occupied]
    own_km = np.zeros(len(panel.areas)) if area_km2 is None else own_distance_km(area_km2)
    size = np.ones_like(filled)
    notes = (f"Plants stand at the centres of {int(occupied.sum()):,} areas.", *panel.notes)
    if weights == "employment":
        size = mean_sizes(filled, chosen.variable(employment, period)[occupied])
        notes = ("Plants of an area and industry are taken as equal in size.", *notes)
    if broken:
        notes = (f"{broken} cells hold parts of plants, of divided areas: rounded.", *notes)
    if suppressed:
        notes = (f"{suppressed} suppressed cells are left out.", *notes)
    members = []
    for k, (code, name) in enumerate(
        zip(chosen.industries, chosen.industry_names or chosen.industries, strict=True)
    ):
        rows = np.repeat(np.arange(len(filled)), filled[:, k].astype(np.int64))
        members.append(_Member(code, name, rows, size[rows, k]))
    members, left_out = _with_pairs(members)
    places = at_centres(centres, population, own_km[occupied])
    position = unit_vectors(centres[:, 0], centres[:, 1])
    sample = systematic_sample(position, population, THIRD_MOMENT_SITES)
    return _measure(
        places,
        members,
        _scale(position[sample], members, range_km, bandwidth_km, 0.0),
        places.of_site[sample],
        weights=weights,
        level=level,
        notes=(*left_out, *notes),
        sources=(*panel.sources, DURANTON_OVERMAN),
        progress=progress,
    )


def check_employed(sites: Sites) -> None:
    """Refuse sites whose employment cannot weigh them."""
    bad = np.flatnonzero(~(sites.employment > 0))
    if bad.size:
        raise DataError(
            f"{bad.size} sites without positive employment: rows {examples(bad)}. Expected "
            'persons in every row. Leave those sites out, or use weights="none".'
        )


# ---- from plants to curves -----------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Member:
    """An industry: the site or area of each plant, and the weight of each."""

    code: str
    name: str
    rows: Ints
    weights: Floats


@dataclass(frozen=True, eq=False, slots=True)
class _Scale:
    """Bandwidth of each industry, and the range, km."""

    bandwidths_km: Floats
    range_km: float
    notes: tuple[str, ...]


def _with_pairs(members: list[_Member]) -> tuple[list[_Member], tuple[str, ...]]:
    """Leave out industries without a pair of plants, and say which."""
    kept = [member for member in members if len(member.rows) >= 2]
    if not kept:
        raise DataError(
            f"None of the {len(members)} industries has two plants. A distance needs a pair. "
            "Choose other industries, or coarser classes."
        )
    lonely = [member.code for member in members if len(member.rows) < 2]
    notes = (f"Left out, with fewer than two plants: {examples(lonely)}.",) if lonely else ()
    return kept, notes


def _scale(
    sample: Floats,
    members: list[_Member],
    range_km: float | None,
    bandwidth_km: float | None,
    smallest_km: float,
) -> _Scale:
    spread_km, median_km = distance_spread(sample)
    limit_km = float(range_km) if range_km is not None else median_km
    notes: tuple[str, ...] = ()
    if bandwidth_km is not None:
        bandwidths = np.full(len(members), float(bandwidth_km))
    else:
        pairs = np.array([_effective_pairs(member.weights) for member in members])
        bandwidths = 0.9 * spread_km * pairs**-0.2
        narrow = int((bandwidths < smallest_km).sum())
        if narrow and spread_km > 0:
            notes = (f"Bandwidths of {narrow} industries are raised to {smallest_km:g} km.",)
            bandwidths = np.maximum(bandwidths, smallest_km)
    if not (limit_km > 0 and (bandwidths > 0).all()):
        raise ParameterError(
            f"range_km is {limit_km:g} and the smallest bandwidth {bandwidths.min():g} km. "
            "Expected positive distances. All sites may stand in one place."
        )
    return _Scale(bandwidths, limit_km, notes)


def _measure(
    places: Places,
    members: list[_Member],
    scale: _Scale,
    sample: Ints,
    *,
    weights: str,
    level: float,
    notes: tuple[str, ...],
    sources: tuple[Source, ...],
    progress: Progress | None,
) -> KDensity:
    if not 0 < level < 0.5:
        raise ParameterError(f"level is {level}. Expected a probability between 0 and 0.5.")
    widest, narrowest = float(scale.bandwidths_km.max()), float(scale.bandwidths_km.min())
    distances_km = np.linspace(0, scale.range_km, DISTANCES + 1)
    bin_km = min(1.0, narrowest / 3, scale.range_km / 100)
    bins = int(np.ceil((scale.range_km + 3 * widest) / bin_km))
    total = len(places.plants) + len(members)
    population = population_sums(
        places, bin_km, bins, progress and (lambda done: progress(done, total))
    )
    third = _third_moments_by_bandwidth(
        places.positions[sample], places.own_km[sample], scale.bandwidths_km, scale.range_km
    )
    curves: dict[str, list[Floats]] = {name: [] for name in _CURVES}
    null_by = []
    with threadpool_limits(1, "blas"):  # the matrices of one industry are small
        for step, (member, h) in enumerate(zip(members, scale.bandwidths_km, strict=True)):
            relative = member.weights / member.weights.mean()
            smooth = smoothing_map(distances_km, h, bin_km, bins)
            shares = pair_shares(places, places.of_site[member.rows], relative, bin_km, bins)
            null = _null(places, population, third(h, distances_km), relative, smooth, level)
            null_by.append(null.by)
            for name, curve in zip(_CURVES, (smooth @ shares, *null.curves), strict=True):
                curves[name].append(curve)
            if progress:
                progress(len(places.plants) + step + 1, total)
    simulated = [m.code for m, by in zip(members, null_by, strict=True) if by == "simulation"]
    if simulated:
        notes = (
            f"Null by {SIMULATIONS:,} simulations, too few or too unequal plants for moments: "
            f"{examples(simulated)}.",
            *notes,
        )
    return KDensity(
        industries=tuple(member.code for member in members),
        industry_names=tuple(member.name for member in members),
        plants=np.array([len(member.rows) for member in members]),
        sites=population.sites,
        distances_km=distances_km,
        bandwidth_km=scale.bandwidths_km,
        **{name: np.array(curves[name]) for name in _CURVES},
        null_by=tuple(null_by),
        weights=weights,
        level=level,
        notes=(*scale.notes, *notes),
        sources=sources,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Null:
    """What chance gives: expectation, deviation, skewness and four bands, each ``(D,)``."""

    curves: tuple[Floats, ...]
    by: str


def _null(
    places: Places,
    population: Population,
    third: "_ThirdMoments",
    plant_weights: Floats,
    smooth: Floats,
    level: float,
) -> _Null:
    mean, by_bin = null_moments(population, plant_weights)
    expected = smooth @ mean
    covariance = smooth @ by_bin @ smooth.T
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
    skewness = null_skewness(third, plant_weights, population.sites, deviation)
    effective = plant_weights.sum() ** 2 / (plant_weights**2).sum()
    if effective >= SMALLEST_EFFECTIVE_PLANTS and np.abs(skewness).max() <= LARGEST_SKEWNESS:
        everywhere = global_tail(covariance, level)
        bands = [
            expected + deviation * pearson_quantile(tail, skewness)
            for tail in (level, 1 - level, everywhere, 1 - everywhere)
        ]
        return _Null((expected, deviation, skewness, *bands), "moments")
    rng = np.random.default_rng(len(plant_weights))
    shares = simulated_shares(
        places, plant_weights, population.bin_km, smooth.shape[1], SIMULATIONS, rng
    )
    bands = simulated_bands(shares @ smooth.T, level)
    return _Null((expected, deviation, skewness, *bands), "simulation")


_CURVES = (
    "density_per_km",
    "expected_per_km",
    "deviation_per_km",
    "skewness",
    "local_lower_per_km",
    "local_upper_per_km",
    "global_lower_per_km",
    "global_upper_per_km",
)

SIMULATIONS = 4_000
SMALLEST_EFFECTIVE_PLANTS = 20.0
LARGEST_SKEWNESS = 0.75
"""Beyond this the lower global band of the gamma law is passed too often (6.5% for 5% at 1.2)."""


def _effective_pairs(weights: Floats) -> float:
    """Number of equal pairs whose sum would vary as these weighted ones: n(n−1)/2 if equal."""
    first, second, fourth = (float((weights**k).sum()) for k in (1, 2, 4))
    if second**2 <= fourth:
        return 1.0
    return (first**2 - second) ** 2 / (second**2 - fourth) / 2


def _area_km(gap: Floats, distances_km: Floats) -> Floats:
    return np.trapezoid(np.maximum(gap, 0), distances_km, axis=1)


# ---- array functions ------------------------------------------------------------------------


def distance_spread(positions: Floats) -> tuple[float, float]:
    """Silverman's spread min(sd, IQR/1.34) and the median of all distances, km."""
    distance = distance_matrix(positions)[np.triu_indices(len(positions), 1)]
    low, median, high = np.quantile(distance, [0.25, 0.5, 0.75])
    spread = min(float(distance.std()), float(high - low) / 1.34)
    return spread, float(median)


def mean_sizes(plants: Floats, employment: Floats) -> Floats:
    """Mean size of the plants of each cell; of its industry where unknown or 0, as given."""
    known = (np.nan_to_num(employment) > 0) & (plants > 0)
    total, count = (
        np.where(known, employment, 0).sum(axis=0),
        np.where(known, plants, 0).sum(axis=0),
    )
    usual = np.divide(total, count, out=np.ones_like(total), where=count > 0)
    size: Floats = np.divide(
        employment, plants, out=np.broadcast_to(usual, plants.shape).copy(), where=known
    )
    return size


def smoothing_map(distances_km: Floats, bandwidth_km: float, bin_km: float, bins: int) -> Floats:
    """Normal kernel mirrored at 0 and averaged over each bin, shape ``(D, B)``, per km."""
    edges = np.arange(bins + 1) * bin_km
    ahead = ndtr((edges[None, :] - distances_km[:, None]) / bandwidth_km)
    mirror = ndtr((edges[None, :] + distances_km[:, None]) / bandwidth_km)
    smooth: Floats = np.diff(ahead + mirror, axis=1) / bin_km
    return smooth


# ---- the null ------------------------------------------------------------------------------


def null_moments(population: Population, weights: Floats) -> tuple[Floats, Floats]:
    """Exact mean ``(B,)`` and covariance ``(B, B)`` of the shares of pairs in each bin."""
    N = population.sites
    G, T1 = population.ordered_pairs, population.row_products
    T2 = np.diag(G)
    p1, p2, p3, p4 = (float((weights**k).sum()) for k in (1, 2, 3, 4))
    q2 = p1**2 - p2
    q22 = p2**2 - p4
    q211 = p2 * p1**2 - p2**2 - 2 * p3 * p1 + 2 * p4
    q1111 = p1**4 - 6 * p1**2 * p2 + 3 * p2**2 + 8 * p1 * p3 - 6 * p4
    two, three, four = falling(N, 2), falling(N, 3), falling(N, 4)
    mean = G / two
    covariance = 2 * q22 / q2**2 / two * T2 - np.outer(mean, mean)
    if three:
        covariance += 4 * q211 / q2**2 / three * (T1 - T2)
    if four:
        covariance += q1111 / q2**2 / four * (np.outer(G, G) - 4 * T1 + 2 * T2)
    return mean, covariance


def falling(n: int, k: int) -> float:
    """Ordered draws of ``k`` of ``n``: ``n (n − 1) … (n − k + 1)``."""
    return float(np.prod([float(n - j) for j in range(k)]))


@dataclass(frozen=True, slots=True)
class _ThirdMoments:
    """Third moments of the Hoeffding parts ``g_ij = μ + a_i + a_j + b_ij``, each ``(D,)``."""

    aaa: Floats
    aab: Floats
    abb: Floats
    bbb: Floats
    triangle: Floats


def third_moments(
    distance_km: NDArray[np.floating], bandwidth_km: float, at_km: Floats
) -> _ThirdMoments:
    """Third moments over a sample of sites with distances ``(m, m)``."""
    m = len(distance_km)
    rows = []
    for d in at_km:
        near = float(d)
        g = np.exp(-0.5 * ((distance_km - near) / bandwidth_km) ** 2)
        if near < 6 * bandwidth_km:
            g += np.exp(-0.5 * ((distance_km + near) / bandwidth_km) ** 2)
        g /= bandwidth_km * np.sqrt(2 * np.pi)
        np.fill_diagonal(g, 0)
        mean = g.sum() / (m * (m - 1))
        a = (g.sum(axis=1) / (m - 1) - mean) * (m - 1) / (m - 2)
        b = g - mean - a[:, None] - a[None, :]
        np.fill_diagonal(b, 0)
        square, product = b * b, b @ b
        pairs = m * (m - 1)
        rows.append(
            (
                (a**3).mean(),
                a @ b @ a / pairs,
                a @ square.sum(axis=1) / pairs,
                np.vdot(square, b) / pairs,
                np.vdot(product, b) / (pairs * (m - 2)),
            )
        )
    return _ThirdMoments(*np.array(rows).T)


def _third_moments_by_bandwidth(
    positions: Floats, own_km: Floats, bandwidths: Floats, range_km: float
) -> Callable[[float, Floats], _ThirdMoments]:
    """Third moments at any bandwidth: computed on a ladder of them, interpolated between."""
    distance = distance_matrix(positions, own_km).astype(np.float32)
    low, high = np.log(bandwidths.min()), np.log(bandwidths.max())
    rungs = np.linspace(low, high, 1 + int(np.ceil((high - low) / 0.7 - 1e-9)))
    at_km = range_km * np.linspace(0, 1, THIRD_MOMENT_DISTANCES) ** 1.5
    ladder = [third_moments(distance, float(np.exp(rung)), at_km) for rung in rungs]

    def at(bandwidth_km: float, distances_km: Floats) -> _ThirdMoments:
        place = np.interp(np.log(bandwidth_km), rungs, np.arange(len(rungs)))
        below = int(min(place, max(len(rungs) - 2, 0)))
        above, share = min(below + 1, len(rungs) - 1), place - below
        parts = []
        for name in ("aaa", "aab", "abb", "bbb", "triangle"):
            near, far = getattr(ladder[below], name), getattr(ladder[above], name)
            parts.append(np.interp(distances_km, at_km, (1 - share) * near + share * far))
        return _ThirdMoments(*parts)

    return at


def null_skewness(third: _ThirdMoments, weights: Floats, sites: int, deviation: Floats) -> Floats:
    """Skewness of K under the null at each distance, shape ``(D,)``.

    K is a quadratic form in the weights that stand on the sites, 0 where no plant stands. In the
    parts ``a`` and ``b`` only deviations of the weights from their mean over all sites count;
    their sums are exact. That the deviations of different sites are dependent, since they add up
    to 0, is left out beyond the first part.
    """
    total, square = weights.sum(), (weights**2).sum()
    q2 = total**2 - square
    slope = 2 * weights * (total - weights) / q2
    c, empty_c = weights - total / sites, -total / sites
    A, empty_A = slope - slope.sum() / sites, -slope.sum() / sites

    def over_sites(i: int, j: int) -> float:
        return float((A**i * c**j).sum() + (sites - len(c)) * empty_A**i * empty_c**j)

    c2, c4, c6 = over_sites(0, 2), over_sites(0, 4), over_sites(0, 6)
    third_central = (
        over_sites(3, 0) * third.aaa
        + 6 * (over_sites(1, 1) ** 2 - over_sites(2, 2)) / q2 * third.aab
        + 12 * (over_sites(1, 2) * c2 - over_sites(1, 4)) / q2**2 * third.abb
        + 4 * (over_sites(0, 3) ** 2 - c6) / q2**3 * third.bbb
        + 8 * (c2**3 - 3 * c2 * c4 + 2 * c6) / q2**3 * third.triangle
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = third_central / deviation**3
    finite: Floats = np.nan_to_num(skewness, posinf=0, neginf=0)
    return finite


def pearson_quantile(probability: float, skewness: Floats) -> Floats:
    """Quantile of the standardised gamma (Pearson III) law with each skewness, ``(D,)``."""
    size: Floats = np.maximum(np.abs(skewness), 1e-3)
    shape = 4 / size**2
    upper = (gamma_law.ppf(probability, shape) - shape) / np.sqrt(shape)
    lower = -(gamma_law.ppf(1 - probability, shape) - shape) / np.sqrt(shape)
    quantile: Floats = np.where(skewness >= 0, upper, lower)
    return quantile


def global_tail(covariance: Floats, level: float) -> float:
    """Tail probability at each distance that the whole curve passes with probability ``level``.

    The maximum of a Gaussian curve with these correlations, by a fixed low-discrepancy
    sequence in its leading directions. No plant is drawn.
    """
    deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    correlation = covariance / np.outer(deviation, deviation)
    values, vectors = np.linalg.eigh(correlation)
    order = np.argsort(values)[::-1]
    share = np.cumsum(values[order]) / values.sum()
    rank = min(int(np.searchsorted(share, 0.9995)) + 1, COPULA_RANK)
    loading = vectors[:, order[:rank]] * np.sqrt(np.maximum(values[order[:rank]], 0))
    loading /= np.sqrt((loading**2).sum(axis=1))[:, None]
    paths = _normal_draws()[:, :rank] @ loading.T
    highest = np.concatenate([paths.max(axis=1), (-paths).max(axis=1)])
    return float(ndtr(-np.quantile(highest, 1 - level)))


@lru_cache
def _normal_draws() -> Floats:
    uniform = qmc.Sobol(COPULA_RANK, rng=np.random.default_rng(2005)).random(COPULA_DRAWS)
    normal: Floats = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    return normal


def simulated_bands(curves: Floats, level: float) -> list[Floats]:
    """Local and global bands of simulated curves ``(S, D)``, the lower first."""
    local = np.quantile(curves, [level, 1 - level], axis=0)
    rank = curves.argsort(axis=0).argsort(axis=0)
    highest = int(np.quantile(rank.max(axis=1), 1 - level, method="higher"))
    lowest = int(np.quantile(rank.min(axis=1), level, method="lower"))
    ordered = np.sort(curves, axis=0)
    return [local[0], local[1], ordered[lowest], ordered[highest]]
