"""How much more of its own industry does a plant have around it than of all industries?

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
``distance.kdensity``. Dividing by the expectation of the denominator is exact to first
order (exact without weights, if every site has a neighbour). Bands: the quantile of a gamma law
with the skewness that chance meetings of pairs give, at a level that holds for the whole curve.
Where that skewness is above 0.75 (few pairs expected at the smallest radius) the null is
simulated, and ``null_by`` says so.

Two industries (``joint_m_function``): around the plants ``A``, the share of ``B``::

    M(r) = Σ_{i∈A} [Σ_{j∈B} w_j / Σ_j w_j] / Σ_{i∈A} [W_B / (W − w_i)]

The null leaves ``A`` where it is and draws ``B`` from all other sites. Numerator and denominator
are then sums over a simple random sample, of ``w_j Σ_{i∈A} 1(d_ij ≤ r) / B_i(r)`` and of ``w_j``:
mean, covariance and skewness are exact without weights, of first order with them. Its mean is
below 1 where the plants of ``A`` are mostly near each other.

One plant (``individual_m``): its own term of the numerator over its own of the denominator.

M of an industry to which all plants belong is 1 and says nothing; within a radius at which no plant
has a neighbour it is undefined, ``nan``, with its bands.

Takes: :class:`~shuseki.sites.Sites`. Gives: M (no unit), cumulative in distance.
Sources: Marcon and Puech (2010), Journal of Economic Geography 10, pp. 745–762.
Checked against: R dbmss 2.9-0 (stored output), every sample of a small population, simulation.
Limits: relative and cumulative: high values at short distances blur into longer ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.language import Message, joined, say
from shuseki.language.names import some_of
from shuseki.measures.distance.kdensity import (
    LARGEST_SKEWNESS,
    Weights,
    falling,
    global_tail,
    pearson_quantile,
    simulated_bands,
)
from shuseki.measures.distance.pairs import PARTS, along, first_radius, positions_of, site_draws
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = [
    "IndividualM",
    "JointMFunction",
    "MFunction",
    "individual_m",
    "joint_m_function",
    "m_function",
]

MARCON_PUECH = Source(
    "MarconPuech2010",
    "Marcon, E. and Puech, F., Measures of the geographic concentration of industries: improving "
    "distance-based methods, Journal of Economic Geography 10",
    "2010",
)
SIMULATIONS = 2_000
ROUNDING = 1e-9
"""Of sums and of distances: an M this little above a band is not above it, and a site this little
beyond a radius is within."""
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
        above: Bools = self.m > self.global_upper + ROUNDING
        return above

    def headline(self) -> Message:
        """Count the industries above chance, and name the highest M among them."""
        return say(
            "{count} of {n} industries have more of their own around them than chance gives, "
            "within {reach:g} km (global bands at {level:.0%} on each side, n = {sites:,} "
            "sites){most}.",
            n=len(self.industries),
            **self._above(),
        )

    def _above(self) -> dict[str, Any]:
        """How many curves lie above chance, on what terms, and the highest M among them."""
        above, most = self.localised_at, joined([])
        if above.any():
            highest = np.nanargmax(np.where(above, self.m, np.nan))
            k, r = np.unravel_index(int(highest), self.m.shape)
            most = say(
                "; most {industry}: {times:.2f} times its share within {radius:g} km",
                industry=self.industry_names[k],
                times=self.m[k, r],
                radius=self.radii_km[r],
            )
        return {
            "count": int(above.any(axis=1).sum()),
            "reach": self.radii_km[-1],
            "level": self.level,
            "sites": self.sites,
            "most": most,
        }

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


@result
class JointMFunction(MFunction):
    """M of one industry around the plants of another, beside what chance would give.

    ``industries`` holds both codes as ``"A × B"``, ``plants`` those of ``A``, around which ``B`` is
    measured.

    Attributes
    ----------
    pairs
        Codes of both, ``K`` of them.
    other_plants
        Plants of ``B``, ``(K,)``.
    expected
        Mean of M under the null, ``(K, R)``: below 1 where the plants of ``A``
        are mostly near each other.
    """

    pairs: tuple[tuple[str, str], ...]
    other_plants: Ints
    expected: Floats

    def headline(self) -> Message:
        """Count the pairs above chance, and name the highest M among them."""
        return say(
            "In {count} of {n} pairs the first industry has more of the second around it than "
            "chance gives, within {reach:g} km (global bands at {level:.0%} on each side, "
            "n = {sites:,} sites){most}.",
            n=len(self.pairs),
            **self._above(),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pair and radius."""
        frame, radii = super().to_frame(), len(self.radii_km)
        frame["industry"] = np.repeat([one for one, _ in self.pairs], radii)
        frame.insert(1, "other", np.repeat([other for _, other in self.pairs], radii))
        frame.insert(4, "other_plants", np.repeat(self.other_plants, radii))
        frame.insert(list(frame).index("m") + 1, "expected", self.expected.ravel())
        return frame


@result
class IndividualM(Result):
    """M around each plant of an industry.

    Attributes
    ----------
    industry, other
        Codes: around the plants of the first, the share of the second (the same for itself).
    industry_name, other_name
        Their names.
    radii_km
        ``(R,)``.
    m
        ``(n, R)``; ``nan`` where a plant has no neighbour.
    site
        Row of each plant among the sites, ``(n,)``.
    latitude, longitude
        Degrees, or km to the north and to the east on a plane, ``(n,)``.
    plane
        Whether they are km.
    """

    industry: str
    other: str
    industry_name: str
    other_name: str
    radii_km: Floats
    m: Floats
    site: Ints
    latitude: Floats
    longitude: Floats
    plane: bool

    def headline(self) -> Message:
        """Say the median, and what a tenth of the plants exceed, at the radius in the middle."""
        r = len(self.radii_km) // 2
        seen = self.m[np.isfinite(self.m[:, r]), r]
        if not seen.size:
            return say(
                "{industry}: no plant has a neighbour within {radius:g} km (n = 0).",
                industry=self.industry_name,
                radius=self.radii_km[r],
            )
        median, high = np.quantile(seen, [0.5, 0.9])
        return say(
            "Around plants of {industry}, {other} has {median:.2f} times its share within "
            "{radius:g} km (median), {high:.2f} times or more around a tenth of them "
            "(n = {n:,} plants).",
            industry=self.industry_name,
            other=self.other_name,
            median=median,
            radius=self.radii_km[r],
            high=high,
            n=seen.size,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per plant and radius."""
        count, radii = self.m.shape
        names = ("y_km", "x_km") if self.plane else ("latitude", "longitude")
        return pd.DataFrame(
            {
                "site": np.repeat(self.site, radii),
                names[0]: np.repeat(self.latitude, radii),
                names[1]: np.repeat(self.longitude, radii),
                "radius_km": np.tile(self.radii_km, count),
                "m": self.m.ravel(),
            }
        )


def m_function(
    sites: Sites,
    industries: Sequence[str] | None = None,
    *,
    radii_km: Sequence[float] = RADII_KM,
    weights: Weights = "none",
    level: float = 0.05,
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
    seed
        Of the simulations, where moments do not serve.
    progress
        Called with (done, total) industries.

    Raises
    ------
    DataError
        Missing employment, or no industry of two plants.
    """
    unknown = [code for code in industries or () if code not in sites.industries]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, sites.industries)
    radii = _checked(radii_km, level)
    count = np.bincount(sites.industry, minlength=len(sites.industries))
    wanted = [sites.industries.index(code) for code in industries or sites.industries]
    kept = [k for k in wanted if count[k] >= 2]
    lonely = [sites.industries[k] for k in wanted if count[k] < 2]
    if not kept:
        raise DataError(
            say(
                "Industries of fewer than two plants: {lonely}. M needs a pair. Choose a coarser "
                "class.",
                lonely=examples(lonely),
            )
        )
    plane, order = _plane_of(sites, radii, weights)
    everyone = np.arange(len(sites))
    around = _within(plane, everyone, everyone)
    population = population_kernel(plane, around)
    industry = sites.industry[order]
    rng = np.random.default_rng(seed)
    rows, null_by = [], []
    for step, k in enumerate(kept):
        member = np.flatnonzero(industry == k)
        observed = _m_of(plane, member, around)
        deviation, skewness, covariance = m_moments(population, len(member))
        if len(member) == len(sites):
            deviation, lower, upper = np.zeros(len(radii)), observed, observed
            null_by.append("moments")
        elif skewness.max() <= LARGEST_SKEWNESS:
            tail = global_tail(covariance, level)
            lower = 1 + deviation * pearson_quantile(tail, skewness)
            upper = 1 + deviation * pearson_quantile(1 - tail, skewness)
            null_by.append("moments")
        else:
            draws = np.sort(site_draws(len(sites), len(member), SIMULATIONS, rng), axis=1)
            drawn = _m_of_each(plane, draws, around)
            _, _, lower, upper = simulated_bands(np.nan_to_num(drawn, nan=1.0), level)
            null_by.append("simulation")
        unseen = population.chance == 0
        rows.append([observed, *(np.where(unseen, np.nan, c) for c in (deviation, lower, upper))])
        if progress:
            progress(step + 1, len(kept))
    names = sites.industry_names or sites.industries
    m, deviation, lower, upper = np.array(rows).transpose(1, 0, 2)
    codes = [sites.industries[k] for k in kept]
    notes = list[Message]()
    if lonely:
        left = say(
            "Left out, with fewer than two plants: {industries}.", industries=some_of(lonely)
        )
        notes.append(left)
    notes += _notes(codes, null_by, radii, population.chance == 0, weights)
    if len(sites) in count[kept]:
        notes.append(
            say(
                "All sites are of industry {industry}: its M is 1 and says nothing.",
                industry=codes[0],
            )
        )
    return MFunction(
        industries=tuple(codes),
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


def joint_m_function(
    sites: Sites,
    pairs: Sequence[tuple[str, str]],
    *,
    radii_km: Sequence[float] = RADII_KM,
    weights: Weights = "none",
    level: float = 0.05,
    seed: int = 2010,
    progress: Callable[[int, int], None] | None = None,
) -> JointMFunction:
    """Measure M of the second industry of each pair around the plants of the first.

    Parameters
    ----------
    sites
        All plants of all industries.
    pairs
        Codes of two different industries: around which, and what. ``("A", "B")`` and
        ``("B", "A")`` are two questions.

    Other parameters as in :func:`m_function`.

    Raises
    ------
    DataError
        An industry without plants, or missing employment.
    ParameterError
        No pair, or a pair of one industry.
    """
    radii = _checked(radii_km, level)
    asked = [(str(one), str(other)) for one, other in pairs]
    same = [one for one, other in asked if one == other]
    if not asked or same:
        raise ParameterError(
            say(
                "Pairs of one industry: {same}. Expected pairs of two different codes. Use "
                "m_function for one industry.",
                same=examples(same) or say("none given"),
            )
        )
    count = {code: int(sites.of(code).sum()) for pair in asked for code in pair}
    empty = [code for code, plants in count.items() if plants == 0]
    if empty:
        raise DataError(
            say(
                "Industries without plants: {empty}. A pair needs a plant of each. Choose other "
                "industries.",
                empty=examples(empty),
            )
        )
    plane, order = _plane_of(sites, radii, weights)
    everyone, rng = np.arange(len(sites)), np.random.default_rng(seed)
    rows, null_by, unseen = [], [], np.ones(len(radii), dtype=bool)
    for step, (one, other) in enumerate(asked):
        of_one, of_other = sites.of(one)[order], sites.of(other)[order]
        looking = np.flatnonzero(of_one)
        around = _within(plane, looking, everyone)
        rest = np.flatnonzero(~of_one)
        seen = plane.mass[rest, None] * _sums_within(plane, rest, looking, _inverses(around))
        by_chance = (around > 0).T @ (1 / (plane.mass.sum() - plane.mass[looking]))
        own = of_other[rest]
        row, by = _joint_row(seen, plane.mass[rest], own, by_chance, level, rng)
        rows.append(row)
        null_by.append(by)
        unseen &= by_chance == 0
        if progress:
            progress(step + 1, len(asked))
    m, expected, deviation, lower, upper = np.array(rows).transpose(1, 0, 2)
    names = dict(zip(sites.industries, sites.industry_names or sites.industries, strict=True))
    codes = [f"{one} × {other}" for one, other in asked]
    notes = _notes(codes, null_by, radii, unseen, weights)
    everyone_else = [
        code for code, (one, other) in zip(codes, asked, strict=True)
        if count[one] + count[other] == len(sites)
    ]  # fmt: skip
    if everyone_else:
        notes.append(
            say(
                "All other sites are of the second industry, so that chance has no choice: "
                "{industries}.",
                industries=some_of(everyone_else),
            )
        )
    return JointMFunction(
        industries=tuple(codes),
        industry_names=tuple(f"{names[one]} × {names[other]}" for one, other in asked),
        plants=np.array([count[one] for one, _ in asked]),
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
        pairs=tuple(asked),
        other_plants=np.array([count[other] for _, other in asked]),
        expected=expected,
    )


def individual_m(
    sites: Sites,
    industry: str,
    other: str | None = None,
    *,
    radii_km: Sequence[float] = RADII_KM,
    weights: Weights = "none",
) -> IndividualM:
    """Measure M around each plant of an industry: of itself, or of another.

    Parameters
    ----------
    sites
        All plants of all industries.
    industry, other
        Around whose plants, and of what; of itself by default.
    radii_km, weights
        As in :func:`m_function`.

    Raises
    ------
    DataError
        An industry of fewer than two plants, another without any, or missing employment.
    """
    radii = _checked(radii_km, 0.05)
    of = industry if other is None else other
    if sites.of(industry).sum() < 1 + (of == industry) or not sites.of(of).any():
        raise DataError(
            say(
                "Industries {industries} have too few plants. M needs a pair. Choose other "
                "industries.",
                industries=examples(dict.fromkeys((industry, of))),
            )
        )
    plane, order = _plane_of(sites, radii, weights)
    looking = np.flatnonzero(sites.of(industry)[order])
    wanted = np.flatnonzero(sites.of(of)[order])
    around = _within(plane, looking, np.arange(len(sites)))
    found = _within(plane, looking, wanted)
    mass = plane.mass[looking]
    chance = plane.mass[wanted].sum() - (mass if of == industry else 0 * mass)
    m = np.divide(found, around, out=np.full_like(around, np.nan), where=around > 0)
    m /= (chance / (plane.mass.sum() - mass))[:, None]
    names = dict(zip(sites.industries, sites.industry_names or sites.industries, strict=True))
    back = np.argsort(order[looking])
    site = order[looking][back]
    return IndividualM(
        industry=industry,
        other=of,
        industry_name=names[industry],
        other_name=names[of],
        radii_km=radii,
        m=m[back],
        site=site,
        latitude=sites.latitude[site],
        longitude=sites.longitude[site],
        plane=sites.plane,
        notes=sites.notes,
        sources=(*sites.sources, MARCON_PUECH),
    )


def _checked(radii_km: Sequence[float], level: float) -> Floats:
    radii = np.asarray(radii_km, dtype=float)
    if not (radii.size and np.isfinite(radii).all() and (np.diff(radii, prepend=0) > 0).all()):
        raise ParameterError(
            say(
                "radii_km are {radii_km}. Expected positive, increasing distances.",
                radii_km=list(radii_km),
            )
        )
    if not 0 < level < 0.5:
        raise ParameterError(
            say(
                "level is {level}. Expected a probability between 0 and 0.5.",
                level=level,
            )
        )
    return radii


def _notes(
    codes: list[str], null_by: list[str], radii: Floats, unseen: Bools, weights: Weights
) -> list[Message]:
    notes = list[Message]()
    simulated = [code for code, by in zip(codes, null_by, strict=True) if by == "simulation"]
    if simulated:
        notes.append(
            say(
                "Null by {n:,} simulations; too few pairs are expected at the smallest radius: "
                "{industries}.",
                n=SIMULATIONS,
                industries=some_of(simulated),
            )
        )
    if unseen.any():
        notes.append(
            say(
                "No plant has a neighbour within {radius:g} km: M is undefined there.",
                radius=radii[unseen].max(),
            )
        )
    if weights == "employment":
        notes.append(say("The null is of first order in the industry's share of employment."))
    return notes


def _joint_row(
    seen: Floats,
    mass: Floats,
    own: Bools,
    by_chance: Floats,
    level: float,
    rng: np.random.Generator,
) -> tuple[list[Floats], str]:
    """M, its expectation, deviation and bands, each ``(R,)``, and how the null was made.

    ``seen`` is what each other site adds to the numerator, ``(N', R)``; ``own`` marks the second
    industry among them, ``(N',)``; ``by_chance`` is ``Σ_{i∈A} 1 / (W − w_i)``, ``(R,)``.
    """
    scale = np.divide(1, by_chance, out=np.full(len(by_chance), np.nan), where=by_chance > 0)
    m = seen[own].sum(axis=0) / mass[own].sum() * scale
    expected, deviation, skewness, covariance = sample_ratio_moments(seen, mass, int(own.sum()))
    expected, deviation = expected * scale, deviation * scale
    if own.all():
        return [m, m, np.zeros(len(m)) * scale, m, m], "moments"
    if np.abs(skewness).max() <= LARGEST_SKEWNESS:
        tail = global_tail(covariance, level)
        bands = [expected + deviation * pearson_quantile(p, skewness) for p in (tail, 1 - tail)]
        return [m, expected, deviation, *bands], "moments"
    drawn = np.array(
        [
            seen[some].sum(axis=0) / mass[some].sum()
            for some in site_draws(len(mass), int(own.sum()), SIMULATIONS, rng)
        ]
    )
    _, _, lower, upper = simulated_bands(drawn, level)
    return [m, expected, deviation, lower * scale, upper * scale], "simulation"


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
    linked, share = (around > 0).astype(float), _inverses(around)
    own, by_chance = w[:, None] * share, (w * c)[:, None] * linked
    crossed, reached, column, square, cubes = _kernel_sums(plane, share, own, by_chance)
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
    second = 2 * m2 / two * population.pairs
    if three:
        second += 4 * m3 / three * (population.rows - population.pairs)
    if four:
        second += m4 / four * (np.outer(G, G) - 4 * population.rows + 2 * population.pairs)
    mean = m2 / two * G
    expected = m2 * population.chance
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = np.nan_to_num((second - np.outer(mean, mean)) / np.outer(expected, expected))
        deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
        skewness = m2 / two * population.cubes / expected**3 / deviation**3
    return deviation, np.nan_to_num(skewness, posinf=0, neginf=0), covariance


def sample_ratio_moments(
    values: Floats, mass: Floats, n: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, deviation, skewness ``(R,)`` and covariance ``(R, R)`` of a ratio of sample sums.

    Of ``Σ values / Σ mass`` over ``n`` of ``N`` sites drawn without replacement; exact where the
    masses are equal, otherwise of first order (Cochran 1977, Sampling Techniques, p. 153).
    """
    N = len(mass)
    mean = values.sum(axis=0) / mass.sum()
    if N < 2 or n == N:
        nothing = np.zeros(len(mean))
        return mean, nothing, nothing, np.diag(nothing)
    residual = (values - mean * mass[:, None]) / mass.mean()
    residual -= residual.mean(axis=0)
    covariance: Floats = (N - n) / (n * N * (N - 1)) * (residual.T @ residual)
    deviation = np.sqrt(np.diag(covariance))
    skewness = np.zeros(len(mean))
    if N > 2:
        factor = (N - n) * (N - 2 * n) / (n**2 * (N - 1) * (N - 2))
        third = factor * (residual**3).mean(axis=0)
        np.divide(third, deviation**3, out=skewness, where=deviation > 0)
    return mean, deviation, skewness, covariance


def _m_of(plane: _Plane, member: Ints, around: Floats) -> Floats:
    own, total, mass = _within(plane, member, member), around[member], plane.mass
    found = total > 0
    ratio = np.divide(own, total, out=np.zeros_like(own), where=found)
    own_mass = mass[member]
    chance = (own_mass.sum() - own_mass) / (mass.sum() - own_mass)
    expected = chance @ found
    m: Floats = np.divide(
        ratio.sum(axis=0), expected, out=np.full(own.shape[1], np.nan), where=expected > 0
    )
    return m


def _plane_of(sites: Sites, radii: Floats, weights: Weights) -> tuple[_Plane, Ints]:
    """The sites in order along the map, and that order."""
    position = positions_of(sites)
    place = along(position)
    order = np.argsort(place, kind="stable")
    x, y, z = np.ascontiguousarray(EARTH_RADIUS_KM * position[order].T)
    reach = radii if sites.plane else 2 * EARTH_RADIUS_KM * np.sin(radii / 2 / EARTH_RADIUS_KM)
    mass = sites.weights(weights)[order]
    squares = (reach * (1 + ROUNDING)) ** 2
    return _Plane(x, y, z, EARTH_RADIUS_KM * place[order], mass, squares), order


def _inverses(around: Floats) -> Floats:
    """One over the mass around each site, 0 where there is none."""
    inverse: Floats = np.divide(1, around, out=np.zeros_like(around), where=around > 0)
    return inverse


# Loops over threads only call loops that are compiled without threads: compiling takes half.


def _reached(plane: _Plane, of: Ints, to: Ints) -> tuple[Ints, Ints]:
    """First and last of ``to`` that the largest radius can reach from each of ``of``."""
    place, reach = plane.along[to], np.sqrt(plane.squares[-1])
    first = np.searchsorted(place, plane.along[of] - reach)
    return first, np.searchsorted(place, plane.along[of] + reach, side="right")


def _sums_within(plane: _Plane, of: Ints, to: Ints, value: Floats) -> Floats:
    """Sum of ``value`` ``(len(to), R)`` at those of ``to`` within each radius, ``(len(of), R)``."""
    sums = np.zeros((len(of), len(plane.squares)))
    _add_within(plane, of, to, *_reached(plane, of, to), value, sums)
    return sums


def _within(plane: _Plane, of: Ints, to: Ints) -> Floats:
    """Mass of ``to`` within each radius of each of ``of``, itself left out, ``(len(of), R)``.

    ``of`` and ``to`` are positions in the order along the map.
    """
    within = np.zeros((len(of), len(plane.squares)))
    _add_mass(plane, of, to, *_reached(plane, of, to), within)
    return within


def _m_of_each(plane: _Plane, draws: Ints, around: Floats) -> Floats:
    """M of each of many industries, whose sites ascend in ``draws`` ``(S, n)``: ``(S, R)``."""
    curves = np.full((len(draws), len(plane.squares)), np.nan)
    _add_curves(plane, plane.mass.sum(), draws, around, curves)
    return curves


def _kernel_sums(
    plane: _Plane, share: Floats, own: Floats, by_chance: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Sums over pairs within reach.

    Of products of ``own`` with ``own`` and ``by_chance``, ``(R, R)``; of the shares and of the
    squared masses around each site, ``(N, R)``; of cubes over unordered pairs, ``(R,)``.
    """
    N, R = share.shape
    crossed, reached, cubes = np.zeros((PARTS, R, R)), np.zeros((PARTS, R, R)), np.zeros((PARTS, R))
    column, square_mass = np.zeros((N, R)), np.zeros((N, R))
    everyone = np.arange(N)
    _add_kernel(
        plane, *_reached(plane, everyone, everyone), share, own, by_chance,
        crossed, reached, column, square_mass, cubes,
    )  # fmt: skip
    return crossed.sum(axis=0), reached.sum(axis=0), column, square_mass, cubes.sum(axis=0)


@nb.njit(cache=True)
def _square(plane, i, j):  # type: ignore[no-untyped-def]
    x, y, z = plane.x[i] - plane.x[j], plane.y[i] - plane.y[j], plane.z[i] - plane.z[j]
    return x**2 + y**2 + z**2


@nb.njit(cache=True)
def _add_values(plane, i, to, value, sums):  # type: ignore[no-untyped-def]
    for b in range(len(to)):
        for r in range(first_radius(plane.squares, _square(plane, i, to[b])), len(sums)):
            sums[r] += value[b, r]


@nb.njit(parallel=True, cache=True)
def _add_within(plane, of, to, first, last, value, sums):  # type: ignore[no-untyped-def]
    for a in nb.prange(len(of)):
        near = slice(first[a], last[a])
        _add_values(plane, of[a], to[near], value[near], sums[a])


@nb.njit(cache=True)
def _mass_around(plane, i, to, within):  # type: ignore[no-untyped-def]
    for j in to:
        if i == j:
            continue
        square = _square(plane, i, j)
        if square <= plane.squares[-1]:
            within[first_radius(plane.squares, square)] += plane.mass[j]
    for r in range(1, len(within)):
        within[r] += within[r - 1]


@nb.njit(parallel=True, cache=True)
def _add_mass(plane, of, to, first, last, within):  # type: ignore[no-untyped-def]
    for a in nb.prange(len(of)):
        _mass_around(plane, of[a], to[first[a] : last[a]], within[a])


@nb.njit(cache=True)
def _curve(plane, total, member, around, curve):  # type: ignore[no-untyped-def]
    reach, first, last, of_all = np.sqrt(plane.squares[-1]), 0, 0, 0.0
    for i in member:
        of_all += plane.mass[i]
    ratio, expected = np.zeros(len(curve)), np.zeros(len(curve))
    for i in member:
        while plane.along[member[first]] < plane.along[i] - reach:
            first += 1
        while last < len(member) and plane.along[member[last]] <= plane.along[i] + reach:
            last += 1
        own = np.zeros(len(curve))
        _mass_around(plane, i, member[first:last], own)
        chance = (of_all - plane.mass[i]) / (total - plane.mass[i])
        for r in range(len(curve)):
            if around[i, r] > 0:
                ratio[r] += own[r] / around[i, r]
                expected[r] += chance
    for r in range(len(curve)):
        if expected[r] > 0:
            curve[r] = ratio[r] / expected[r]


@nb.njit(parallel=True, cache=True)
def _add_curves(plane, total, draws, around, curves):  # type: ignore[no-untyped-def]
    for s in nb.prange(len(draws)):
        _curve(plane, total, draws[s], around, curves[s])


@nb.njit(cache=True)
def _kernel_of(  # type: ignore[no-untyped-def]
    plane, i, first, last, share, own, by_chance, crossed, reached, column, square_mass, cubes
):
    R = len(cubes)
    near_own, near_chance = np.zeros((R, R)), np.zeros((R, R))
    for j in range(first, last):
        if i == j:
            continue
        square = _square(plane, i, j)
        if square > plane.squares[-1]:
            continue
        b = first_radius(plane.squares, square)
        square_mass[i, b] += plane.mass[j] ** 2
        for r in range(R):
            near_own[b, r] += own[j, r]
            near_chance[b, r] += by_chance[j, r]
        for r in range(b, R):
            column[i, r] += share[j, r]
            if i < j:
                cubes[r] += (plane.mass[j] * share[i, r] + plane.mass[i] * share[j, r]) ** 3
    for b in range(1, R):
        square_mass[i, b] += square_mass[i, b - 1]
        for r in range(R):
            near_own[b, r] += near_own[b - 1, r]
            near_chance[b, r] += near_chance[b - 1, r]
    for r in range(R):
        for s in range(R):
            crossed[r, s] += own[i, r] * near_own[min(r, s), s]
            reached[r, s] += own[i, r] * near_chance[r, s]


@nb.njit(parallel=True, cache=True)
def _add_kernel(  # type: ignore[no-untyped-def]
    plane, first, last, share, own, by_chance, crossed, reached, column, square_mass, cubes
):
    for part in nb.prange(PARTS):
        for i in range(part, len(first), PARTS):
            _kernel_of(
                plane, i, first[i], last[i], share, own, by_chance,
                crossed[part], reached[part], column, square_mass, cubes[part],
            )  # fmt: skip
