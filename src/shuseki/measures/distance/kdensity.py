"""At which distances are the plants of an industry nearer together than chance makes them?

Definition (Duranton and Overman 2005). The K-density of an industry with plants
``1 … n`` at distance ``d`` is the kernel density of the distances of its pairs::

    K(d) = Σ_{i<j} w_i w_j [φ_h(d − d_ij) + φ_h(d + d_ij)] / Σ_{i<j} w_i w_j

with ``φ_h`` the normal density of bandwidth ``h``, mirrored at 0, and ``w`` either 1 or the
employment. It is compared with what would happen if the plants, each keeping its employment,
were on sites drawn without replacement from all ``N`` sites.

The null without simulation. Count pairs in narrow distance bins; smoothing is then a linear
map. With ``c_i`` the number of sites in each bin as seen from site ``i``, one pass over the
population gives ``G = Σ c_i``, ``T₁ = Σ c_i c_i'`` and ``T₂ = diag(G)`` (a pair lies in one
bin), and with them, for every industry at once (``(N)_k = N(N−1)…(N−k+1)``)::

    E[C]   = q₂ G / (N)₂
    E[CC'] = 2 q₂₂ T₂ / (N)₂ + 4 q₂₁₁ (T₁ − T₂) / (N)₃ + q₁₁₁₁ (GG' − 4T₁ + 2T₂) / (N)₄

where the ``q`` are sums over distinct plants of products of their weights: ``q₂ = Σ w_i w_j``,
``q₂₂ = Σ w_i² w_j²``, ``q₂₁₁ = Σ w_i² w_j w_k``, ``q₁₁₁₁ = Σ w_i w_j w_k w_l``; with equal
weights they are ``(n)₂, (n)₂, (n)₃, (n)₄``. Mean and covariance are exact, weighted or not.

Two industries (``joint_kdensity``): K is the kernel density of the distances between a plant of
the one and a plant of the other. Chance puts both, disjoint, on the sites (``v`` the weights of the
other; sums of powers ``p``)::

    E[C]   = p₁ v₁ G / (N)₂
    E[CC'] = p₂ v₂ T₂ / (N)₂ + [p₂ (v₁² − v₂) + v₂ (p₁² − p₂)] (T₁ − T₂) / (N)₃
             + (p₁² − p₂)(v₁² − v₂)(GG' − 4T₁ + 2T₂) / (N)₄

Bands. Local: the quantile of a gamma law with that mean, that variance and the skewness of K,
at each distance. Global: the same quantile at the level which the whole curve, with the exact
correlation between distances and a Gaussian copula, passes anywhere with the stated
probability, on each side. Skewness: with ``g_ij = μ + a_i + a_j + b_ij`` the kernel of a pair,
``E a³``, ``E a_i b_ij²`` and ``E b_ij³`` are those of 2,048 sites spread over the map, each seen
from with all others; ``E a_i a_j b_ij`` and ``E b_ij b_jk b_ki`` are those of 700 of them.
What is approximate: that sample, the gamma law, the copula; on maps of very many blocks also the
covariance of the rows (``distance.pairs``). Where the law of K is too far from that,
the null is simulated, and ``null_by`` says so: few plants all; of many, the fewest heaviest that
make 99% of the variance (300 at most), the rest by the mean and the covariance that they leave.
That is 4,000 times 45,000 pairs at most, however many sites; the level of a simulated band has a
Monte Carlo error of √(.05 × .95 / 4,000) = .34 points.

Takes: :class:`~shuseki.sites.Sites`, or a panel of plant counts with the areas' centres.
Gives: density per km. Localised at ``d`` where K lies above the upper band, dispersed where
below the lower; Γ and Ψ are the areas between K and the global bands (0 = none).
Sources: Duranton and Overman (2005), Review of Economic Studies 72, pp. 1077–1106, for two
industries too; Marcon and Puech (2010), Journal of Economic Geography 10, pp. 745–762.
Checked against: R dbmss 2.9-0 (stored output), all samples of a small population, simulation
(levels of the global bands: 4.5 to 5.7% for 5%, by moments and by simulation).
Limits: Distances are great circles, not roads. The bandwidth follows Silverman's rule with the
spread of all sites, not of the industry, so that it is fixed under the null.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy
from scipy import sparse
from scipy.special import ndtr, ndtri
from threadpoolctl import threadpool_limits

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import own_distance_km
from shuseki.language import Message, say
from shuseki.language.names import some_of
from shuseki.measures.amounts import amounts
from shuseki.measures.distance.pairs import (
    Places,
    Population,
    at_centres,
    distance_matrix,
    each_industry,
    mesh,
    pair_shares,
    pairs_between,
    points,
    population_sums,
    positions_of,
    simulated_shares,
    site_draws,
    systematic_sample,
    unit_vectors,
)
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = ["JointKDensity", "KDensity", "joint_kdensity", "kdensity", "kdensity_areas"]

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
"""Twice the mesh: a narrower kernel would show the grid."""
MOST_PLACED = 10**8
"""Plants of areas that are placed at their centres, one by one."""
ROUNDING = 0.25
"""Blocks add at most this share of the narrowest bandwidth to a far distance; kernel and rounding
together are then at most 3% wider than the kernel."""

DISTANCES = 128
SCALE_SITES = 700
"""Sites whose distances set range and bandwidths."""
THIRD_MOMENT_ROWS, THIRD_MOMENT_SITES = 2_048, 700
THIRD_MOMENT_DISTANCES = 16
COPULA_DRAWS, COPULA_RANK = 2**14, 64
NO_VARIANCE = 1e-12
"""Share of the largest variance below which a curve does not move at a distance."""


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

    def headline(self) -> Message:
        """Count the industries by pattern."""
        return say(
            "Of {n} industries {localised} are localised, {dispersed} dispersed and {random} not "
            "distinguishable from chance within {reach:.0f} km ({terms}).",
            n=len(self.industries),
            **self._counts(),
        )

    def _counts(self) -> dict[str, Any]:
        """How many industries are of each pattern, and on what terms."""
        patterns = ("localised", "dispersed", "random")
        return {
            **{kind: self.pattern.count(kind) for kind in patterns},
            "reach": self.distances_km[-1],
            "terms": say(
                "pairs of workers, global bands at {level:.0%} on each side, n = {sites:,} sites"
                if self.weights == "employment"
                else "pairs of plants, global bands at {level:.0%} on each side, n = {sites:,} "
                "sites",
                level=self.level,
                sites=self.sites,
            ),
        }

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


@result
class JointKDensity(KDensity):
    """The K-density between the plants of two industries, beside what chance would give.

    ``industries`` holds both codes as ``"A × B"``, ``plants`` those of the first.

    Attributes
    ----------
    pairs
        The two codes of each pair, ``K`` of them.
    other_plants
        Plants of the second, shape ``(K,)``.
    among
        What chance draws from: ``"all"`` sites, or the sites of ``"both"`` industries.
    """

    pairs: tuple[tuple[str, str], ...]
    other_plants: Ints
    among: str

    def headline(self) -> Message:
        """Count the pairs by pattern, and name the one with the highest Γ."""
        best = int(np.argmax(self.localisation_index))
        return say(
            "Of {n} pairs of industries {localised} are jointly localised, {dispersed} dispersed "
            "and {random} not distinguishable from chance within {reach:.0f} km (drawn from "
            "{base}, {terms}){most}.",
            n=len(self.pairs),
            base=say("the sites of both" if self.among == "both" else "all sites"),
            most=say("; most {industry}", industry=self.industry_names[best])
            if self.pattern[best] == "localised"
            else "",
            **self._counts(),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pair: pattern, where, Γ, Ψ."""
        frame = super().to_frame()
        frame.insert(0, "other", [other for _, other in self.pairs])
        frame["industry"] = [one for one, _ in self.pairs]
        frame.insert(list(frame).index("plants") + 1, "other_plants", self.other_plants)
        return frame


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
    progress: Progress | None = None,
) -> KDensity:
    """Measure at which distances the plants of each industry are localised or dispersed.

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
    progress
        Called with (done, total).

    Raises
    ------
    DataError
        Missing employment, or no industry of two plants.
    """
    members, notes = _with_pairs(_members(sites, industries, weights))
    places, scale, how = _placed(sites, members, positions, range_km, bandwidth_km)
    return _measure(
        places,
        members,
        scale,
        weights=weights,
        level=level,
        notes=(*notes, *how, *sites.notes),
        sources=(*sites.sources, DURANTON_OVERMAN),
        progress=progress,
    )


def joint_kdensity(
    sites: Sites,
    pairs: Sequence[tuple[str, str]],
    *,
    among: Literal["all", "both"] = "all",
    weights: Weights = "none",
    positions: Positions = "auto",
    range_km: float | None = None,
    bandwidth_km: float | None = None,
    level: float = 0.05,
    progress: Progress | None = None,
) -> JointKDensity:
    """Measure at which distances the plants of two industries are near each other.

    Parameters
    ----------
    sites
        All plants of all industries.
    pairs
        Codes of two different industries each.
    among
        Where chance puts the plants of both: on ``"all"`` sites (are they nearer together than
        any two industries would?), or on the sites of ``"both"`` (are they mixed where they are?).

    Other parameters as in :func:`kdensity`.

    Raises
    ------
    ParameterError
        No pair, or a pair of one industry.
    DataError
        An industry without plants, or missing employment.
    """
    asked = [(str(one), str(other)) for one, other in pairs]
    same = [one for one, other in asked if one == other]
    if not asked or same:
        raise ParameterError(
            say(
                "Pairs of one industry: {same}. Expected pairs of two different codes. Use "
                "kdensity for one industry.",
                same=examples(same) or say("none given"),
            )
        )
    if among not in ("all", "both"):
        raise ParameterError(
            say(
                'among is {among!r}. Expected "all" or "both".',
                among=among,
            )
        )
    answers = []
    for group in [asked] if among == "all" else [[pair] for pair in asked]:
        some = sites
        if among == "both":
            some = sites.select(sites.of(group[0][0]) | sites.of(group[0][1]))
        codes = sorted({code for pair in group for code in pair})
        of = {member.code: member for member in _members(some, codes, weights)}
        empty = [code for code, member in of.items() if not len(member.rows)]
        if empty:
            raise DataError(
                say(
                    "Industries without plants: {empty}. A pair needs a plant of each. Choose "
                    "other industries.",
                    empty=examples(empty),
                )
            )
        joint = [
            _Member(
                f"{one} × {other}",
                f"{of[one].name} × {of[other].name}",
                of[one].rows,
                of[one].weights,
                (of[other].rows, of[other].weights),
            )
            for one, other in group
        ]
        places, scale, how = _placed(some, joint, positions, range_km, bandwidth_km)
        answers.append(
            _measure(
                places,
                joint,
                scale,
                weights=weights,
                level=level,
                notes=(*how, *sites.notes),
                sources=(*sites.sources, DURANTON_OVERMAN),
                progress=progress,
            )
        )
    if len(answers) > 1 and np.ptp([answer.distances_km[-1] for answer in answers]) > 0:
        raise ParameterError(
            say(
                "The sites of the pairs spread differently, so that their ranges differ. Expected "
                "one range for a table. Name it with range_km=…, or ask for one pair at a time."
            )
        )
    first = answers[0]
    sizes = np.bincount(sites.industry, minlength=len(sites.industries))
    joined = {
        name: np.concatenate([getattr(answer, name) for answer in answers])
        for name in ("plants", "bandwidth_km", *_CURVES)
    }
    return JointKDensity(
        industries=tuple(code for answer in answers for code in answer.industries),
        industry_names=tuple(name for answer in answers for name in answer.industry_names),
        sites=max(answer.sites for answer in answers),
        distances_km=first.distances_km,
        null_by=tuple(by for answer in answers for by in answer.null_by),
        weights=weights,
        level=level,
        notes=tuple(dict.fromkeys(note for answer in answers for note in answer.notes)),
        sources=first.sources,
        pairs=tuple(asked),
        other_plants=np.array([sizes[sites.industries.index(other)] for _, other in asked]),
        among=among,
        **joined,
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
        No centres, more than 10⁸ plants, or no industry of two plants.
    """
    if panel.centres is None:
        raise DataError(
            say(
                "The panel has no centres. Expected latitude and longitude of each area. Give "
                "centres=… when building the panel, or use sites."
            )
        )
    chosen = panel.select(industries=industries) if industries is not None else panel
    whole, _ = amounts(panel, variable, period)
    counts, _ = amounts(chosen, variable, period)
    suppressed = int(np.isnan(whole).sum())
    filled, population = np.rint(np.nan_to_num(counts)), np.rint(np.nan_to_num(whole)).sum(axis=1)
    if filled.sum() > MOST_PLACED:
        raise DataError(
            say(
                "{variable!r} adds up to {total:,.0f}. Plants are placed one by one: expected a "
                "count of at most {most:,}. Choose another variable.",
                variable=variable,
                total=float(filled.sum()),
                most=MOST_PLACED,
            )
        )
    broken = int((np.abs(np.nan_to_num(whole) % 1 - 0.5) < 0.5 - 1e-6).sum())
    occupied = population > 0
    filled, population, centres = filled[occupied], population[occupied], panel.centres[occupied]
    own_km = np.zeros(len(panel.areas)) if area_km2 is None else own_distance_km(area_km2)
    size = np.ones_like(filled)
    notes = (
        say("Plants are placed at the centres of {n:,} areas.", n=int(occupied.sum())),
        *panel.notes,
    )
    if weights == "employment":
        size = mean_sizes(filled, amounts(chosen, employment, period)[0][occupied])
        notes = (say("Plants of an area and industry are taken as equal in size."), *notes)
    if broken:
        rounded = say("{n:,} cells hold parts of plants, of divided areas: rounded.", n=broken)
        notes = (rounded, *notes)
    if suppressed:
        notes = (say("{n:,} suppressed cells are left out.", n=suppressed), *notes)
    members = []
    for k, (code, name) in enumerate(
        zip(chosen.industries, chosen.industry_names or chosen.industries, strict=True)
    ):
        rows = np.repeat(np.arange(len(filled)), filled[:, k].astype(np.int64))
        members.append(_Member(code, name, rows, size[rows, k]))
    members, left_out = _with_pairs(members)
    places = at_centres(centres, population, own_km[occupied])
    position = unit_vectors(centres[:, 0], centres[:, 1])
    sample = systematic_sample(position, population, SCALE_SITES)
    return _measure(
        places,
        members,
        _scale(position[sample], members, range_km, bandwidth_km, 0.0),
        weights=weights,
        level=level,
        notes=(*left_out, *notes),
        sources=(*panel.sources, DURANTON_OVERMAN),
        progress=progress,
    )


# ---- from plants to curves -----------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Member:
    """An industry, or two: the site or area of each plant, and the weight of each."""

    code: str
    name: str
    rows: Ints
    weights: Floats
    other: tuple[Ints, Floats] | None = None

    @property
    def relative(self) -> Floats:
        """Weights over their mean."""
        relative: Floats = self.weights / self.weights.mean()
        return relative

    @property
    def size(self) -> int:
        """Plants, of both where there are two."""
        return len(self.rows) + (0 if self.other is None else len(self.other[0]))

    @property
    def effective(self) -> float:
        """Number of equal plants with the same sum of squared shares, the lesser of two."""
        both = [self.weights] if self.other is None else [self.weights, self.other[1]]
        return min(float(w.sum() ** 2 / (w**2).sum()) for w in both)

    @property
    def effective_pairs(self) -> float:
        """Number of equal pairs whose sum would vary as these weighted ones: n(n−1)/2 if equal."""
        if self.other is not None:
            return float(
                np.prod([w.sum() ** 2 / (w**2).sum() for w in (self.weights, self.other[1])])
            )
        first, second, fourth = (float((self.relative**k).sum()) for k in (1, 2, 4))
        if second**2 <= fourth:
            return 1.0
        return (first**2 - second) ** 2 / (second**2 - fourth) / 2

    @property
    def heaviest(self) -> float:
        """Share of the plants that can be simulated in the squared weights, the lesser of two."""
        both = [self.weights] if self.other is None else [self.weights, self.other[1]]
        squares = [np.sort(w**2)[::-1] for w in both]
        room = SIMULATED_PLANTS // len(both)
        return min(float(w[:room].sum() / w.sum()) for w in squares)

    @property
    def shares(self) -> Floats:
        """Share of each plant in the weights of its industry, those of the other after."""
        both = [self.weights] if self.other is None else [self.weights, self.other[1]]
        shares: Floats = np.concatenate([w / w.sum() for w in both])
        return shares

    @property
    def slopes(self) -> Floats:
        """How K moves with where each plant stands: its factor of ``a_i``."""
        w = self.shares
        return w if self.other is not None else 2 * w * (1 - w) / (1 - (w**2).sum())

    @property
    def heavy(self) -> Ints:
        """The fewest heaviest plants that make ``SIMULATED_SHARE`` of the variance, in order.

        Of both its parts: that of where each plant stands, and that of pairs beyond it.
        """
        w = self.shares
        order = np.argsort(w, kind="stable")[::-1]
        first, square = order < len(self.rows), w[order] ** 2
        if self.other is None:
            standing = np.cumsum(square * (1 - w[order]) ** 2)
            pairs = np.cumsum(square) ** 2 - np.cumsum(square**2)
        else:
            standing = np.cumsum(square)
            pairs = np.cumsum(np.where(first, square, 0)) * np.cumsum(np.where(first, 0, square))
        enough = max(
            int(np.searchsorted(part, SIMULATED_SHARE * part[-1])) for part in (standing, pairs)
        )
        heavy: Ints = np.sort(order[: min(enough + 1, SIMULATED_PLANTS)])
        return heavy

    def alone(self, sites: int) -> bool:
        """Whether chance has no choice: equal plants on every site."""
        return self.other is None and self.size == sites and bool(np.ptp(self.weights) == 0)


@dataclass(frozen=True, eq=False, slots=True)
class _Scale:
    """Bandwidth of each industry, and the range, km."""

    bandwidths_km: Floats
    range_km: float
    notes: tuple[str, ...]


def _members(sites: Sites, industries: Sequence[str] | None, weights: Weights) -> list[_Member]:
    size = sites.weights(weights)
    unknown = [code for code in industries or () if code not in sites.industries]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, sites.industries)
    wanted = [sites.industries.index(code) for code in industries or sites.industries]
    names = sites.industry_names or sites.industries
    order = np.argsort(sites.industry, kind="stable")
    bounds = np.searchsorted(sites.industry[order], np.arange(len(sites.industries) + 1))
    rows = [order[bounds[k] : bounds[k + 1]] for k in wanted]
    return [
        _Member(sites.industries[k], names[k], own, size[own])
        for k, own in zip(wanted, rows, strict=True)
    ]


def _placed(
    sites: Sites,
    members: list[_Member],
    positions: Positions,
    range_km: float | None,
    bandwidth_km: float | None,
) -> tuple[Places, _Scale, tuple[str, ...]]:
    """Put sites at their points or into the mesh, and set range and bandwidths."""
    if positions not in ("auto", "points", "mesh"):
        raise ParameterError(
            say(
                'positions is {positions!r}. Expected "auto", "points" or "mesh".',
                positions=positions,
            )
        )
    exact = positions == "points" or (positions == "auto" and len(sites) <= LARGEST_POINT_SET)
    position = positions_of(sites)
    sample = systematic_sample(position, np.ones(len(sites)), SCALE_SITES)
    smallest = 0.0 if exact else SMALLEST_MESH_BANDWIDTH_KM
    scale = _scale(position[sample], members, range_km, bandwidth_km, smallest, sites.plane)
    if exact:
        return points(sites), scale, (say("Exact positions."),)
    places = mesh(sites, scale.bandwidths_km.min() * ROUNDING)
    how = say(
        "Positions are {cells:,} cells of a mesh (about 1 km), far from each other {blocks:,} "
        "blocks of cells, for observation and null alike; two plants of one cell count as 0.5 km "
        "apart."
        if sites.plane
        else "Positions are {cells:,} cells of the standard mesh (about 1 km), far from each other "
        "{blocks:,} blocks of cells, for observation and null alike; two plants of one cell count "
        "as 0.5 km apart.",
        cells=len(places.plants),
        blocks=len(places.block_positions),
    )
    return places, scale, (how,)


def _with_pairs(members: list[_Member]) -> tuple[list[_Member], tuple[str, ...]]:
    """Leave out industries without a pair of plants, and say which."""
    kept = [member for member in members if len(member.rows) >= 2]
    if not kept:
        raise DataError(
            say(
                "None of the {n_members} industries has two plants. A distance needs a pair. "
                "Choose other industries, or coarser classes.",
                n_members=len(members),
            )
        )
    lonely = [member.code for member in members if len(member.rows) < 2]
    left = say("Left out, with fewer than two plants: {industries}.", industries=some_of(lonely))
    return kept, (left,) if lonely else ()


def _scale(
    sample: Floats,
    members: list[_Member],
    range_km: float | None,
    bandwidth_km: float | None,
    smallest_km: float,
    plane: bool = False,
) -> _Scale:
    for name, given in (("range_km", range_km), ("bandwidth_km", bandwidth_km)):
        if given is not None and not 0 < given < np.inf:
            raise ParameterError(
                say(
                    "{name} is {given:g}. Expected a positive distance.",
                    name=name,
                    given=given,
                )
            )
    if len(sample) < 2:
        raise DataError(say("There is one site. A distance needs a pair. Add the other sites."))
    spread_km, median_km = distance_spread(sample, plane=plane)
    limit_km = float(range_km) if range_km is not None else median_km
    notes: tuple[str, ...] = ()
    if bandwidth_km is not None:
        bandwidths = np.full(len(members), float(bandwidth_km))
    else:
        pairs = np.array([member.effective_pairs for member in members])
        bandwidths = 0.9 * spread_km * pairs**-0.2
        narrow = int((bandwidths < smallest_km).sum())
        if narrow and spread_km > 0:
            raised = say(
                "Bandwidths of {n:count(industry,industries)} are raised to {km:g} km.",
                n=narrow,
                km=smallest_km,
            )
            notes = (raised,)
            bandwidths = np.maximum(bandwidths, smallest_km)
    if not (limit_km > 0 and (bandwidths > 0).all()):
        raise DataError(
            say(
                "Distances of the sites spread {spread_km:g} km around a median of {median_km:g} "
                "km: most sites are in one place, or all equally far apart. Expected sites at "
                "several distances. Name range_km and bandwidth_km, or locate the sites more "
                "exactly.",
                spread_km=spread_km,
                median_km=median_km,
            )
        )
    return _Scale(bandwidths, limit_km, notes)


def _measure(
    places: Places,
    members: list[_Member],
    scale: _Scale,
    *,
    weights: str,
    level: float,
    notes: tuple[str, ...],
    sources: tuple[Source, ...],
    progress: Progress | None,
) -> KDensity:
    if not 0 < level < 0.5:
        raise ParameterError(
            say(
                "level is {level}. Expected a probability between 0 and 0.5.",
                level=level,
            )
        )
    widest, narrowest = float(scale.bandwidths_km.max()), float(scale.bandwidths_km.min())
    distances_km = np.linspace(0, scale.range_km, DISTANCES + 1)
    # as narrow as a third of the bandwidth below 3 km, and a fiftieth above 50 km
    bin_km = min(max(1.0, narrowest / 50), narrowest / 3, scale.range_km / 100)
    bins = int(np.ceil((scale.range_km + 3 * widest) / bin_km))
    if bins > LARGEST_BINS:
        raise ParameterError(
            say(
                "A range of {range_km:,.0f} km with a bandwidth of {narrowest:g} km asks for "
                "{bins:,} bins of distance. Expected {largest_bins:,} at most. Choose a shorter "
                "range or a wider bandwidth.",
                range_km=scale.range_km,
                narrowest=narrowest,
                bins=bins,
                largest_bins=LARGEST_BINS,
            )
        )
    total = len(places.plants) + len(members)
    population = population_sums(
        places, bin_km, bins, progress and (lambda done: progress(done, total))
    )
    curves: dict[str, list[Floats]] = {name: [] for name in _CURVES}
    null_by, noted = [], list(notes)
    with threadpool_limits(1, "blas"):  # the matrices of one industry are small
        third = third_moment_ladder(places, population, scale.bandwidths_km, scale.range_km)
        for step, (member, h) in enumerate(zip(members, scale.bandwidths_km, strict=True)):
            smooth = smoothing_map(distances_km, h, bin_km, bins)
            own = places.of_site[member.rows]
            if member.other is None:
                shares = pair_shares(places, own, member.relative, bin_km, bins)
            else:
                where = (own, places.of_site[member.other[0]])
                shares = pairs_between(
                    places, where, (member.weights, member.other[1]), bin_km, bins
                )
            null = _null(places, population, third(h), member, smooth, distances_km, level)
            null_by.append(null.by)
            for name, curve in zip(_CURVES, (smooth @ shares, *null.curves), strict=True):
                curves[name].append(curve)
            if progress:
                progress(len(places.plants) + step + 1, total)
    for by, told_of in _NULL_NOTES.items():
        those = [m.code for m, one in zip(members, null_by, strict=True) if one == by]
        if those:
            noted.insert(0, told_of(some_of(those)))
    if not population.exact:
        noted.append(
            say(
                "The covariance of the null is that of {n:,} sites spread over the map; its mean "
                "is of all sites.",
                n=len(population.rows),
            )
        )
    return KDensity(
        industries=tuple(member.code for member in members),
        industry_names=tuple(member.name for member in members),
        plants=np.array([len(member.rows) for member in members]),
        sites=population.sites,
        distances_km=distances_km,
        bandwidth_km=scale.bandwidths_km,
        **{name: np.array(curves[name]) for name in _CURVES},
        null_by=tuple("simulation" if by.startswith("simulation") else "moments" for by in null_by),
        weights=weights,
        level=level,
        notes=(*scale.notes, *noted),
        sources=sources,
    )


LARGEST_BINS = 20_000

SIMULATIONS = 4_000
SIMULATED_PLANTS = 300
"""Plants of an industry that are simulated one by one at most; of more plants the heaviest."""
SIMULATED_SHARE = 0.99
"""Share of the variance that the heaviest plants make, if so few can, when only they are simulated;
the rest is many light plants and taken as normal."""
SMALLEST_EFFECTIVE_PLANTS = 20.0
MOST = 0.8
"""Share of the squared weights that simulated plants must have, where only skewness asks for it."""
LARGEST_SKEWNESS = 0.75
"""Beyond this the lower global band of the gamma law is passed too often (6.5% for 5% at 1.2)."""
PAIRS_SKEWNESS = 0.25
"""Beyond this few plants are simulated where pairs make the variance, as on maps spread evenly: a
sum over pairs is less near a Gaussian copula, and passed its lower global band by 6% for 5%."""

_NULL_NOTES: Mapping[str, Callable[[Message], Message]] = {
    "moments, skewed": lambda industries: say(
        "Null by moments though its skewness is over {skewness:g}, of too many plants to simulate: "
        "the lower band may be passed by 6 or 7% where 5% are wanted: {industries}.",
        skewness=LARGEST_SKEWNESS,
        industries=industries,
    ),
    "simulation of the heaviest": lambda industries: say(
        "Null by {n:,} simulations of the heaviest plants ({plants} at most), the rest by moments; "
        "plants are too unequal for moments alone: {industries}.",
        n=SIMULATIONS,
        plants=SIMULATED_PLANTS,
        industries=industries,
    ),
    "simulation": lambda industries: say(
        "Null by {n:,} simulations; plants are too few or too unequal for moments: {industries}.",
        n=SIMULATIONS,
        industries=industries,
    ),
    "everyone": lambda industries: say(
        "All sites are of the industry, so that chance has no choice: {industries}.",
        industries=industries,
    ),
}


@dataclass(frozen=True, eq=False, slots=True)
class _Null:
    """What chance gives: expectation, deviation, skewness and four bands, each ``(D,)``."""

    curves: tuple[Floats, ...]
    by: str


def _null(
    places: Places,
    population: Population,
    third: "_Rung",
    member: _Member,
    smooth: Floats,
    distances_km: Floats,
    level: float,
) -> _Null:
    mean, by_bin = (
        null_moments(population, member.relative)
        if member.other is None
        else joint_null_moments(population, member.weights, member.other[1])
    )
    expected = smooth @ mean
    nothing = np.zeros(len(expected))
    if member.alone(population.sites):
        return _Null((expected, nothing, nothing, *4 * (expected,)), "everyone")
    covariance = smooth @ by_bin @ smooth.T
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
    moments = third_moments(third, population, smooth, distances_km)
    skewness = null_skewness(moments, member, population.sites, deviation)
    skewed = bool(np.abs(skewness).max() > LARGEST_SKEWNESS)
    simulate = member.effective < SMALLEST_EFFECTIVE_PLANTS
    simulate |= skewed and member.heaviest >= MOST
    if not simulate and member.size <= SIMULATED_PLANTS:
        simulate = float(np.abs(skewness).max()) > PAIRS_SKEWNESS and _by_pairs(
            population, member, smooth, deviation
        )
    if not simulate:
        everywhere = global_tail(covariance, level)
        bands = [
            expected + deviation * pearson_quantile(tail, skewness)
            for tail in (level, 1 - level, everywhere, 1 - everywhere)
        ]
        by = "moments, skewed" if skewed else "moments"
        return _Null((expected, deviation, skewness, *bands), by)
    rng = np.random.default_rng(member.size)
    few = member.size <= min(SIMULATED_PLANTS, 2 * len(member.heavy))
    drawn = (
        simulated_curves(places, population, member, smooth, rng)
        if few
        else partly_simulated_curves(places, population, member, smooth, rng)
    )
    bands = simulated_bands(drawn, level)
    by = "simulation" if few else "simulation of the heaviest"
    return _Null((expected, deviation, skewness, *bands), by)


def _by_pairs(population: Population, member: _Member, smooth: Floats, deviation: Floats) -> bool:
    """Whether pairs, not where each plant stands, make most of the variance at some distance."""
    standing = np.diag(two_covariances(population, smooth)[0])
    single = squares_at_random(member.slopes, population.sites) * standing
    moving = deviation**2 > NO_VARIANCE * deviation.max(initial=0.0) ** 2
    return bool((single < deviation**2 / 2)[moving].any())


def simulated_curves(
    places: Places,
    population: Population,
    member: _Member,
    smooth: Floats,
    rng: np.random.Generator,
    times: int = SIMULATIONS,
) -> Floats:
    """Curves of industries that chance put on the sites, ``(times, D)``."""
    smooth, bin_km = coarser(smooth, population.bin_km)
    bins = smooth.shape[1]
    if member.other is None:
        return simulated_shares(places, member.relative, bin_km, bins, times, rng) @ smooth.T
    of_site = np.repeat(np.arange(len(places.plants)), np.rint(places.plants).astype(np.int64))
    where = of_site[site_draws(len(of_site), member.size, times, rng)]
    n = len(member.rows)
    both = np.concatenate([member.weights, member.other[1]])
    pairs = each_industry(places, where, both, bin_km, bins, n)
    curves: Floats = pairs @ smooth.T / (both[:n].sum() * both[n:].sum())
    return curves


def partly_simulated_curves(
    places: Places,
    population: Population,
    member: _Member,
    smooth: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Curves of chance where few plants have much of the weight, ``(SIMULATIONS, D)``.

    The heaviest plants ``H`` are put on sites spread over the map. Their pairs with the other
    plants are what a plant expects where it stands. What that leaves is added, normal, with the
    covariance ``Σ s_i² E aa' + r E bb'``, ``s`` the slopes of the light plants and ``r`` the
    squared weights of the pairs not both of ``H``.
    """
    N, sites = population.sites, len(population.rows)
    heavy = member.heavy[:sites]
    w, first = member.shares, np.arange(len(member.shares)) < len(member.rows)
    if member.other is None:
        scale, split = 1 - float((w**2).sum()), None
        to_light = 2 * w[heavy] * (1 - w[heavy].sum()) / scale
        pairs, simulated = (
            2 * float((x**2).sum() ** 2 - (x**4).sum()) / scale**2 for x in (w, w[heavy])
        )
    else:
        scale, of_first = 1.0, first[heavy]
        split = int(of_first.sum())
        light = [1 - w[heavy[side]].sum() for side in (of_first, ~of_first)]
        to_light = w[heavy] * np.where(of_first, light[1], light[0])
        pairs, simulated = (
            float((w[some & first] ** 2).sum() * (w[some & ~first] ** 2).sum())
            for some in (np.ones(len(w), dtype=bool), np.isin(np.arange(len(w)), heavy))
        )
    at = site_draws(sites, len(heavy), SIMULATIONS, rng)
    table = sparse.csr_array(
        (np.tile(to_light, SIMULATIONS), at.ravel(), np.arange(SIMULATIONS + 1) * len(heavy)),
        (SIMULATIONS, sites),
    )
    wide, bin_km = coarser(smooth, population.bin_km)
    among = each_industry(
        places, population.cells[at], w[heavy], bin_km, wide.shape[1], split
    ) @ (wide.T / scale)  # fmt: skip
    part = among + table @ (population.rows @ smooth.T / (N - 1))
    standing, beyond = two_covariances(population, smooth)
    left = squares_at_random(np.delete(member.slopes, heavy), N) * standing
    left += max(pairs - simulated, 0) * beyond
    values, vectors = np.linalg.eigh(left)
    more = rng.standard_normal((SIMULATIONS, len(values)))
    part += more @ (vectors * np.sqrt(np.maximum(values, 0))).T
    curves: Floats = part - part.mean(axis=0) + smooth @ population.ordered_pairs / falling(N, 2)
    return curves


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


def _area_km(gap: Floats, distances_km: Floats) -> Floats:
    return np.trapezoid(np.maximum(gap, 0), distances_km, axis=1)


# ---- array functions ------------------------------------------------------------------------


def distance_spread(positions: Floats, *, plane: bool = False) -> tuple[float, float]:
    """Silverman's spread min(sd, IQR/1.34) and the median of all distances, km."""
    distance = distance_matrix(positions, plane=plane)[np.triu_indices(len(positions), 1)]
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


def coarser(smooth: Floats, bin_km: float) -> tuple[Floats, float]:
    """The kernel over bins of up to a sixth of its bandwidth, and their width, km.

    A smoothing map of narrow bins, averaged over neighbours: the kernel gets 0.1% wider.
    """
    bandwidth_km = 1 / (np.sqrt(2 * np.pi) * smooth[-1].max())  # the height of the normal density
    merged = max(1, int(bandwidth_km / 6 / bin_km))
    padded = np.pad(smooth, ((0, 0), (0, -smooth.shape[1] % merged)), mode="edge")
    return padded.reshape(len(smooth), -1, merged).mean(axis=2), merged * bin_km


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


def joint_null_moments(
    population: Population, weights: Floats, others: Floats
) -> tuple[Floats, Floats]:
    """Mean ``(B,)`` and covariance ``(B, B)`` of the shares of pairs between two industries."""
    N, G, T1 = population.sites, population.ordered_pairs, population.row_products
    T2 = np.diag(G)
    p, v = (np.array([(w**k).sum() for k in (1, 2)]) / w.sum() ** [1, 2] for w in (weights, others))
    two, three, four = falling(N, 2), falling(N, 3), falling(N, 4)
    mean = G / two
    covariance = p[1] * v[1] / two * T2 - np.outer(mean, mean)
    if three:
        covariance += (p[1] * (1 - v[1]) + v[1] * (1 - p[1])) / three * (T1 - T2)
    if four:
        covariance += (1 - p[1]) * (1 - v[1]) / four * (np.outer(G, G) - 4 * T1 + 2 * T2)
    return mean, covariance


def two_covariances(population: Population, smooth: Floats) -> tuple[Floats, Floats]:
    """``E aa'`` and ``E bb'`` of the parts ``g_ij = μ + a_i + a_j + b_ij``, each ``(D, D)``."""
    N, G = population.sites, population.ordered_pairs
    mean = smooth @ G / falling(N, 2)
    seen = smooth @ population.row_products @ smooth.T / (N * (N - 1.0) ** 2)
    standing = (seen - np.outer(mean, mean)) * ((N - 1) / max(N - 2, 1)) ** 2
    beyond = (smooth * G) @ smooth.T / falling(N, 2) - np.outer(mean, mean)
    return standing, beyond - 2 * standing * (N - 2) / (N - 1)


def squares_at_random(slopes: Floats, sites: int) -> float:
    """``Var Σ s_i a_i`` over ``E a²``, of plants on distinct sites: ``Σ s² − (Σ s)² / N``."""
    return max(float((slopes**2).sum() - slopes.sum() ** 2 / sites), 0.0)


def falling(n: int, k: int) -> float:
    """Ordered draws of ``k`` of ``n``: ``n (n − 1) … (n − k + 1)``."""
    return float(np.prod([float(n - j) for j in range(k)]))


class _Moments(NamedTuple):
    """Third moments of the Hoeffding parts ``g_ij = μ + a_i + a_j + b_ij``, each ``(D,)``."""

    aaa: Floats
    aab: Floats
    abb: Floats
    bbb: Floats
    triangle: Floats


class _Rung(NamedTuple):
    """What third moments need of pairs and triples, relative to other moments, ``(D',)``.

    Attributes
    ----------
    at_km
        Distances.
    rows
        Sites seen in each bin from sites spread over the map, ``(S, B)``.
    linear
        ``E a_i a_j g_ij`` over ``μ E a²``.
    triangle
        ``E b_ij b_jk b_ki`` over ``(E b²)^1.5``.
    """

    at_km: Floats
    rows: Floats
    linear: Floats
    triangle: Floats


def third_moment_ladder(
    places: Places, population: Population, bandwidths: Floats, range_km: float
) -> Callable[[float], _Rung]:
    """Moments of pairs and triples at any bandwidth: on a ladder of them, interpolated between."""
    rng = np.random.default_rng(700)
    step = max(1, len(population.rows) // THIRD_MOMENT_ROWS)
    rows = population.rows[::step]
    some = rng.permutation(len(population.rows))[:THIRD_MOMENT_SITES]
    cells, bins = population.cells[some], population.rows.shape[1]
    apart = distance_matrix(places.positions[cells], places.own_km[cells], plane=places.plane)
    np.fill_diagonal(apart, np.inf)
    where = np.minimum(apart / population.bin_km, bins).astype(np.int64)
    low, high = np.log(bandwidths.min()), np.log(bandwidths.max())
    rungs = np.linspace(low, high, 1 + int(np.ceil((high - low) / 0.7 - 1e-9)))
    at_km = range_km * np.linspace(0, 1, THIRD_MOMENT_DISTANCES) ** 1.5
    ladder = [
        pair_moments(
            smoothing_map(at_km, float(np.exp(rung)), population.bin_km, bins),
            population,
            population.rows[some],
            where,
        )
        for rung in rungs
    ]

    def at(bandwidth_km: float) -> _Rung:
        place = np.interp(np.log(bandwidth_km), rungs, np.arange(len(rungs)))
        below = int(min(place, max(len(rungs) - 2, 0)))
        above, share = min(below + 1, len(rungs) - 1), place - below
        linear, triangle = (1 - share) * ladder[below] + share * ladder[above]
        return _Rung(at_km, rows, linear, triangle)

    return at


def pair_moments(smooth: Floats, population: Population, rows: Floats, where: Ints) -> Floats:
    """``E a_i a_j g_ij / (μ E a²)`` and ``E b_ij b_jk b_ki / (E b²)^1.5``, shape ``(2, D')``.

    Over sites of which ``rows`` see all others and ``where`` are the bins of each pair, the
    diagonal beyond the last.
    """
    N, m = population.sites, len(rows)
    padded = np.concatenate([smooth, np.zeros((len(smooth), 1))], axis=1).astype(np.float32)
    mean = smooth @ population.ordered_pairs / falling(N, 2)
    everyone = smooth**2 @ population.ordered_pairs / falling(N, 2)
    linear, triangle = np.zeros(len(smooth)), np.zeros(len(smooth))
    if m < 3 or N < 3:
        return np.stack([linear, triangle])
    each = rows @ smooth.T / (N - 1)
    for k, mu in enumerate(mean):
        g = padded[k].take(where)
        a = (each[:, k] - mu) * (N - 1) / (N - 2)
        small = a.astype(np.float32)
        b = g - (small + np.float32(mu))[:, None]
        b -= small
        np.fill_diagonal(b, 0)
        second = float((a**2).mean())
        variance = max(float(everyone[k]) - mu**2 - 2 * second * (N - 2) / (N - 1), 0)
        if mu * second > 0:
            linear[k] = small @ (g @ small) / (m * (m - 1)) / (mu * second)
        if variance > 0:
            # b is symmetric: with b.T the product is known to be, and is half the work
            triangle[k] = np.vdot(b @ b.T, b) / (m * (m - 1) * (m - 2)) / variance**1.5
    return np.stack([linear, triangle])


def third_moments(
    rung: _Rung, population: Population, smooth: Floats, distances_km: Floats
) -> _Moments:
    """Third moments at each distance, those of pairs and triples interpolated, ``(D,)``.

    ``E a³``, ``E a_i b_ij²`` and ``E b_ij³`` follow from what each site sees; sites are distinct,
    so that ``E a_i a_j = −E a² / (N − 1)`` and ``E a_i² a_j = −E a³ / (N − 1)``.
    """
    N, G = population.sites, population.ordered_pairs
    if N < 3:
        return _Moments(*np.zeros((5, len(distances_km))))
    at = np.searchsorted(distances_km, rung.at_km - 1e-9).clip(max=len(distances_km) - 1)
    at = np.unique(at)
    kernel = smooth[at]
    mean, square, cube = (kernel**k @ G / falling(N, 2) for k in (1, 2, 3))
    one, two = (rung.rows @ (kernel**k).T / (N - 1) for k in (1, 2))
    a = (one - mean) * (N - 1) / (N - 2)
    linear, triangle = (
        np.interp(distances_km[at], rung.at_km, part) for part in (rung.linear, rung.triangle)
    )
    a2, a3 = (a**2).mean(axis=0), (a**3).mean(axis=0)
    apart2, apart3 = -a2 / (N - 1), -a3 / (N - 1)
    crossed = linear * mean * a2  # E a_i a_j g_ij
    aab = crossed - mean * apart2 - 2 * apart3
    # E a_i (g − s)² and E (g − s)³ with s = μ + a_i + a_j
    level = mean + a
    abb = (
        (a * two).mean(axis=0)
        - 2 * ((a * level * one).mean(axis=0) + crossed)
        + (a * level**2).mean(axis=0)
        + 2 * (mean * apart2 + apart3)
        + apart3
    )
    bbb = (
        cube
        - 3 * (mean * square + 2 * (a * two).mean(axis=0))
        + 3 * (mean**3 + 2 * ((a**2 + 2 * mean * a) * one).mean(axis=0) + 2 * crossed)
        - (mean**3 + 3 * mean * (2 * a2 + 2 * apart2) + 2 * a3 + 6 * apart3)
    )
    variance = np.maximum(square - mean**2 - 2 * a2 * (N - 2) / (N - 1), 0)
    parts = (a3, aab, abb, bbb, triangle * variance**1.5)
    return _Moments(*(np.interp(distances_km, distances_km[at], part) for part in parts))


def null_skewness(third: _Moments, member: _Member, sites: int, deviation: Floats) -> Floats:
    """Skewness of K under the null at each distance, shape ``(D,)``.

    K is a quadratic form in the weights on the sites, 0 where there is no plant. In the
    parts ``a`` and ``b`` only deviations of the weights from their mean over all sites count;
    their sums are exact. That the deviations of different sites are dependent, since they add up
    to 0, is left out beyond the first part. Between two industries there are no triangles.
    """
    if member.other is None:
        third_central = _third_central(third, member.relative, sites)
    else:
        third_central = _joint_third_central(third, member.weights, member.other[1], sites)
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = third_central / deviation**3
    finite: Floats = np.nan_to_num(skewness, posinf=0, neginf=0)
    return finite


def _third_central(third: _Moments, weights: Floats, sites: int) -> Floats:
    total, square = weights.sum(), (weights**2).sum()
    q2 = total**2 - square
    slope = 2 * weights * (total - weights) / q2
    c, empty_c = weights - total / sites, -total / sites
    A, empty_A = slope - slope.sum() / sites, -slope.sum() / sites

    def over_sites(i: int, j: int) -> float:
        return float((A**i * c**j).sum() + (sites - len(c)) * empty_A**i * empty_c**j)

    c2, c4, c6 = over_sites(0, 2), over_sites(0, 4), over_sites(0, 6)
    central: Floats = (
        over_sites(3, 0) * third.aaa
        + 6 * (over_sites(1, 1) ** 2 - over_sites(2, 2)) / q2 * third.aab
        + 12 * (over_sites(1, 2) * c2 - over_sites(1, 4)) / q2**2 * third.abb
        + 4 * (over_sites(0, 3) ** 2 - c6) / q2**3 * third.bbb
        + 8 * (c2**3 - 3 * c2 * c4 + 2 * c6) / q2**3 * third.triangle
    )
    return central


def _joint_third_central(third: _Moments, weights: Floats, others: Floats, sites: int) -> Floats:
    """With ``u``, ``v`` the shares of the weights less their mean over all sites."""
    u, v = (np.pad(w / w.sum(), (0, sites - len(w))) - 1 / sites for w in (weights, others))
    v = v[::-1]  # disjoint
    both = u + v

    def s(i: int, j: int) -> float:
        return float((u**i * v**j).sum())

    central: Floats = (
        float((both**3).sum()) * third.aaa
        + 6 * float((both * u).sum() * (both * v).sum()) * third.aab
        + 3
        * (float((both * u**2).sum()) * s(0, 2) + float((both * v**2).sum()) * s(2, 0))
        * third.abb
        + s(3, 0) * s(0, 3) * third.bbb
    )
    return central


def pearson_quantile(probability: float, skewness: Floats) -> Floats:
    """Quantile of the standardised gamma (Pearson III) law with each skewness, ``(D,)``."""
    size: Floats = np.maximum(np.abs(skewness), 1e-3)
    shape = 4 / size**2
    upper = (scipy.stats.gamma.ppf(probability, shape) - shape) / np.sqrt(shape)
    lower = -(scipy.stats.gamma.ppf(1 - probability, shape) - shape) / np.sqrt(shape)
    quantile: Floats = np.where(skewness >= 0, upper, lower)
    return quantile


def global_tail(covariance: Floats, level: float) -> float:
    """Tail probability at each distance that the whole curve passes with probability ``level``.

    The maximum of a Gaussian curve with these correlations, by a fixed low-discrepancy
    sequence in its leading directions. No plant is drawn.
    """
    variance = np.diag(covariance)
    moving = variance > NO_VARIANCE * variance.max(initial=0.0)
    if not moving.any():
        return level
    deviation = np.sqrt(variance[moving])
    correlation = covariance[np.ix_(moving, moving)] / np.outer(deviation, deviation)
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
    uniform = scipy.stats.qmc.Sobol(COPULA_RANK, rng=np.random.default_rng(2005)).random(
        COPULA_DRAWS
    )
    normal: Floats = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    return normal


def simulated_bands(curves: Floats, level: float) -> list[Floats]:
    """Local and global bands of simulated curves ``(S, D)``, the lower first."""
    local = np.quantile(curves, [level, 1 - level], axis=0)
    by_distance = np.ascontiguousarray(curves.T)
    order = by_distance.argsort(axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(curves))[None, :], axis=1)
    highest = int(np.quantile(rank.max(axis=0), 1 - level, method="higher"))
    lowest = int(np.quantile(rank.min(axis=0), level, method="lower"))
    ordered = np.take_along_axis(by_distance, order, axis=1).T
    return [local[0], local[1], ordered[lowest], ordered[highest]]
