"""Where does an agglomeration begin and end, and could it be chance?

The 2012 paper notes that there is no clear definition of an agglomeration's extent. Two answers.

**By areas** (after Mori and Smith 2014). A cluster scheme is a set of disjoint clusters of areas;
inside a cluster the plants of the industry fall on areas in proportion to a reference (all plants,
or land), and so outside all clusters. The scheme maximises the Bayesian information criterion::

    BIC = Σ_c n_c ln(n_c / m_c) − (k/2) ln n,   n_c, m_c shares of the industry and the reference

over clusters ``c`` and the rest, with ``k`` clusters. It grows by the best single step: start a
cluster in an area, add to one the neighbour of one of its members, or join two that touch; it
stops when no step improves. A cluster is denser in the industry than all areas together. An area
with three neighbours or more, all in one cluster, joins it. Significance: the same search on
industries drawn from the reference. The scheme's p compares criteria; a candidate's p compares its
gain with that of the best cluster of each random industry, as a scan statistic does, so that it
needs no further correction for the number of candidates. **Only a candidate with p ≤ .05 is called
a cluster**: where plants fall by chance, one is found in 5% of industries at most. The search alone
finds "clusters" in any scatter of plants; what chance makes as well is counted, never listed.

**How far, how dense** (after Mori and Smith 2015). The essential clusters are the largest which
together carry 90% of the clusters' gains in BIC. The essential containment is all areas whose
centre lies in the convex hull of the centres of their areas, on the sphere. The global extent is
its share of the land of all areas (0: one point; 1: the whole country); the local density is the
share of its land that the essential clusters occupy (1: nothing between them).

**By points**: HDBSCAN, density-based, without the points that it calls noise. It has no reference,
finds towns as well as agglomerations, and puts its clusters where plants happen to be dense; a test
of those places on the same plants would always reject. So as many plants are drawn from all sites
and clustered in the same way, and the largest statistic among the dense places of each draw is
kept; a dense place with p ≤ .05 is a cluster. The statistic is the likelihood ratio of the
industry's share of the sites in the hull of a place and outside (Kulldorff 1997).

Takes a panel with centres, or sites. Gives clusters with members, plants, shares, p.
Sources: Mori and Smith (2014), Journal of Economic Geography 14, pp. 547–588; Mori and Smith
(2015), Journal of Urban Economics 89, pp. 1–20; Campello, Moulavi and Sander (2013); Kulldorff
(1997), Communications in Statistics 26, pp. 1481–1496.
Checked against: clusters that were put in; every scheme of a small map (brute force); size under
chance.
Limits: the search is greedy and may end below the best scheme. Mori and Smith measure distance by
roads: their clusters and their containment are closed under shortest paths and filled (convex
solids), and they choose essential clusters by rebuilding the scheme; here areas touch by borders or
nearness, enclosure is by neighbours, and the containment is a straight hull, which also takes in
what lies across a bay. An area without any plant of the reference belongs to no cluster unless
enclosed, and yet counts as land.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, UnknownCodeError, examples
from shuseki.geography.borders import BORDERS, are_drawn, land_km2
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.geography.weights import Neighbours, border_neighbours, nearest_neighbours
from shuseki.language import Message, joined, listed, say, word
from shuseki.measures.amounts import amounts
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = ["Clusters", "PointClusters", "clusters", "point_clusters"]

MORI_SMITH = Source(
    "MoriSmith2014",
    "Mori, T. and Smith, T. E., A probabilistic modeling approach to the detection of industrial "
    "agglomerations, Journal of Economic Geography 14, pp. 547–588",
    "2014",
)
MORI_SMITH_2015 = Source(
    "MoriSmith2015",
    "Mori, T. and Smith, T. E., On the spatial scale of industrial agglomerations, Journal of "
    "Urban Economics 89, pp. 1–20",
    "2015",
)
HDBSCAN_2013 = Source(
    "Campello2013",
    "Campello, R., Moulavi, D. and Sander, J., Density-Based Clustering Based on Hierarchical "
    "Density Estimates, PAKDD",
    "2013",
)
KULLDORFF = Source(
    "Kulldorff1997",
    "Kulldorff, M., A spatial scan statistic, Communications in Statistics 26, pp. 1481–1496",
    "1997",
)
ESSENTIAL = 0.9
NEAREST = 6
SIGNIFICANT = 0.05
ROUNDING = 1e-9
"""What counts as on the edge of a hull, radians: a few millimetres."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of areas: members, those with most plants first, plants, shares, gain, p.

    ``p`` is the share of random industries whose best cluster gains as much or more, with 1 added
    above and below.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    plants: float
    share: float
    reference_share: float
    gain: float
    essential: bool
    p: float

    @property
    def ratio(self) -> float:
        """Plants over what the reference leads to expect."""
        return self.share / self.reference_share


@result
class Clusters(Result):
    """Clusters of one industry, the largest gain first.

    Attributes
    ----------
    areas
        All areas, in clusters or not.
    found
        The clusters: candidates beyond chance, p ≤ .05.
    within_chance
        The other candidates of the search, which random industries have as well.
    plants
        Plants of the industry in all areas.
    criterion
        Gain in BIC of all candidates over none.
    p
        Share of random industries with as high a criterion (with 1 added above and below).
    containment
        Areas of the essential containment.
    global_extent_share
        Share of the containment in the land (or the number) of all areas, 0 to 1; ``nan`` without
        a cluster or without centres.
    local_density_share
        Share of the essential clusters in the land (or the number of areas) of the containment.
    extent_unit
        What the two shares count: ``"land"`` or ``"areas"``.
    without_reference
        Areas without any plant of the reference, or without published figures.
    """

    industry: str
    industry_name: str
    period: str
    areas: tuple[str, ...]
    plants: float
    found: tuple[Cluster, ...]
    within_chance: tuple[Cluster, ...]
    criterion: float
    p: float
    simulations: int
    containment: tuple[str, ...]
    global_extent_share: float
    local_density_share: float
    extent_unit: str
    without_reference: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the industry's plants that lies in clusters."""
        return sum(cluster.share for cluster in self.found)

    @property
    def essential(self) -> tuple[Cluster, ...]:
        """The clusters that carry most of the gain."""
        return tuple(cluster for cluster in self.found if cluster.essential)

    def headline(self) -> Message:
        """Count the clusters, name the first, and say how far the essential ones reach."""
        if not self.found:
            return self._nothing()
        first, others = self.found[0], len(self.within_chance)
        main = say(
            "{industry}, {period}: {found:count(cluster)} beyond chance ({essential} essential; "
            "p ≤ {level} each) with {share:.0%} of {plants:,.0f} plants; the first, of "
            "{areas:count(area)} ({names}), {first:.0%}, {ratio:.1f} times its expectation "
            "(p = {p:.3f}){more}.",
            industry=self.industry_name,
            period=self.period,
            found=len(self.found),
            essential=len(self.essential),
            level=SIGNIFICANT,
            share=self.share,
            plants=self.plants,
            areas=len(first.areas),
            names=_first_names(first.area_names),
            first=first.share,
            ratio=first.ratio,
            p=first.p,
            more=say("; {n} more could be chance", n=others) if others else "",
        )
        if not np.isfinite(self.global_extent_share):
            return main
        reach = say(
            "The essential ones lie in {extent:.0%} of the land and fill {density:.0%} of that."
            if self.extent_unit == "land"
            else "The essential ones lie in {extent:.0%} of the areas and fill {density:.0%} of "
            "that.",
            extent=self.global_extent_share,
            density=self.local_density_share,
        )
        return joined([main, reach], " ")

    def _nothing(self) -> Message:
        """Say that no cluster is beyond chance, or that nothing was tested."""
        tried = len(self.within_chance)
        if not tried:
            tested = say("the search finds none")
        elif not self.simulations:
            tested = say("{n:count(candidate)}, not tested against chance", n=tried)
        else:
            tested = say(
                "{n:count(candidate)} that random industries have too, p ≥ {p:.2f}",
                n=tried,
                p=self.within_chance[0].p,
            )
        return say(
            "{industry}, {period}: no cluster beyond chance ({tested}; n = {plants:,.0f}).",
            industry=self.industry_name,
            period=self.period,
            tested=tested,
            plants=self.plants,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per cluster; :meth:`candidates` has those within chance too."""
        return self.candidates().iloc[: len(self.found)].drop(columns="beyond_chance")

    def candidates(self) -> pd.DataFrame:
        """One row per candidate of the search, clusters first."""
        return pd.DataFrame(
            [
                (
                    k + 1,
                    len(cluster.areas),
                    ", ".join(cluster.area_names),
                    "、".join(cluster.area_names),
                    cluster.plants,
                    cluster.share,
                    cluster.reference_share,
                    cluster.ratio,
                    cluster.gain,
                    cluster.p,
                    cluster.essential,
                    k < len(self.found),
                )
                for k, cluster in enumerate((*self.found, *self.within_chance))
            ],
            columns=[
                "cluster",
                "areas",
                "members",
                "members_ja",
                "plants",
                "share",
                "reference_share",
                "ratio",
                "gain",
                "p",
                "essential",
                "beyond_chance",
            ],
        ).astype({"beyond_chance": bool, "essential": bool})

    def members(self) -> pd.DataFrame:
        """One row per area in a cluster: its number, its p, and whether it is essential."""
        return pd.DataFrame(
            [
                (code, name, k + 1, one.p, one.essential)
                for k, one in enumerate(self.found)
                for code, name in zip(one.areas, one.area_names, strict=True)
            ],
            columns=["area", "area_name", "cluster", "p", "essential"],
        )


@result
class PointClusters(Result):
    """Density-based clusters of one industry's plants.

    Attributes
    ----------
    label
        Dense place of each plant (``cluster`` of ``places`` less one), −1 for none, ``(n,)``.
    latitude, longitude
        Of each plant, degrees.
    sites
        Plants of all industries.
    simulations
        Draws behind p.
    places
        One row per dense place, the largest first: plants, share, centre, radius; ``sites``, the
        plants of all industries in the hull; ``ratio``, the industry's share among them over its
        share everywhere; ``p``, the share of draws whose most unusual place is as unusual, ``nan``
        untested; ``beyond_chance``, whether it is a cluster: p ≤ .05.
    """

    industry: str
    label: Ints
    latitude: Floats
    longitude: Floats
    sites: int
    simulations: int
    places: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The clusters: dense places beyond chance."""
        beyond = self.places[self.places["beyond_chance"]]
        return beyond.drop(columns="beyond_chance").reset_index(drop=True)

    def headline(self) -> Message:
        """Count clusters and the plants in them, and say what else is dense."""
        n, dense, found = len(self.label), len(self.places), len(self.table)
        if dense and self.places["p"].isna().all():
            return say(
                "{industry}: {dense:count(dense place)} with {share:.0%} of {n:,} plants; not "
                "tested against chance, so none is called a cluster.",
                industry=self.industry,
                dense=dense,
                share=self.places["plants"].sum() / n,
                n=n,
            )
        if not found:
            return say(
                "{industry}: no cluster beyond chance; {rest:count(dense place)} could be chance "
                "(n = {n:,}).",
                industry=self.industry,
                rest=dense,
                n=n,
            )
        return say(
            "{industry}: {found:count(cluster)} beyond chance (p ≤ {level} each) with {share:.0%} "
            "of its plants; {rest:count(other dense place)} could be chance (n = {n:,}).",
            industry=self.industry,
            found=found,
            level=SIGNIFICANT,
            share=self.table["plants"].sum() / n,
            rest=dense - found,
            n=n,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per cluster; ``places`` has the dense places within chance too."""
        return self.table

    def members(self) -> pd.DataFrame:
        """One row per plant: where, its cluster beyond chance, its dense place; 0 for none."""
        number = self.label + 1
        return pd.DataFrame(
            {
                "latitude": self.latitude,
                "longitude": self.longitude,
                "cluster": np.where(np.isin(number, self.table["cluster"]), number, 0),
                "dense_place": number,
            }
        )


# ---- the public verbs --------------------------------------------------------------------


def clusters(
    panel: Panel,
    industry: str,
    *,
    variable: str = "plants",
    period: str | None = None,
    reference: Floats | None = None,
    neighbours: Neighbours | None = None,
    land: Floats | None = None,
    simulations: int = 99,
    seed: int = 2014,
    progress: Callable[[int, int], None] | None = None,
) -> Clusters:
    """Detect the clusters of an industry as sets of neighbouring areas.

    Parameters
    ----------
    panel
        Counts of plants, with centres unless ``neighbours`` is given.
    industry, variable, period
        Which, what, when.
    reference
        What chance follows, shape ``(areas,)``: habitable land, for instance; all plants of all
        industries by default.
    neighbours
        Which areas touch. By default those that share a border where all areas are municipalities
        of 2020, else the six nearest, made mutual; a note says which.
    land
        Size of each area, shape ``(areas,)``, for extent and density. By default the land of
        municipalities of 2020; of other areas the number is counted.
    simulations, seed
        Random industries for the significance.
    progress
        Called with (done, total).
    """
    table, when = amounts(panel, variable, period)
    k = panel.position("industry", industry)
    count = np.nan_to_num(table[:, k])
    base = np.nansum(table, axis=1) if reference is None else np.asarray(reference, dtype=float)
    if base.shape != (len(panel.areas),):
        raise AlignmentError(
            say(
                "The reference has shape {base_shape}. Expected one amount per area ({n_areas},).",
                base_shape=base.shape,
                n_areas=len(panel.areas),
            )
        )
    if not (np.isfinite(base) & (base >= 0)).all():
        wrong = np.flatnonzero(~(np.isfinite(base) & (base >= 0)))
        raise DataError(
            say(
                "The reference is missing, infinite or negative in {n_wrong} areas: {wrong}. "
                "Expected 0 or more everywhere. Correct it.",
                n_wrong=len(wrong),
                wrong=examples(f"{panel.areas[a]} ({base[a]:g})" for a in wrong),
            )
        )
    if len(panel.areas) < 2:
        raise DataError(
            say(
                "The panel has one area. A cluster needs others that it is denser than. Give "
                "finer areas."
            )
        )
    if reference is None and len(panel.industries) == 1:
        raise DataError(
            say(
                "Industry {industry} is the only one of the panel, so that its share is the same "
                "everywhere. Expected others to compare with. Give them, or reference=…",
                industry=industry,
            )
        )
    if count.sum() < 2:
        raise DataError(
            say(
                "Industry {industry} has {n_count:g} plants. A cluster needs two. Choose a "
                "coarser class.",
                industry=industry,
                n_count=count.sum(),
            )
        )
    stray = int(((count > 0) & (base <= 0)).sum())
    if stray:
        raise DataError(
            say(
                "{stray} areas have plants of the industry but a reference of 0. Chance could put "
                "none there. Give a reference that is positive where plants are.",
                stray=stray,
            )
        )
    known = are_drawn(panel.areas)
    if neighbours is not None:
        beside = say("Neighbours: {kind}.", kind=neighbours.kind)
    elif known:
        neighbours = border_neighbours(panel.areas)
        beside = say(
            "Neighbours: municipalities that share a border in 2020; one without a border, such as "
            "an island, and the nearest."
        )
    else:
        if panel.centres is None:
            raise DataError(
                say("The panel has no centres. Neighbours need them. Give neighbours=…")
            )
        nearest = min(NEAREST, len(panel.areas) - 1)
        neighbours = nearest_neighbours(panel.areas, panel.centres, nearest)
        beside = say("Neighbours: the {n} nearest areas, made mutual.", n=nearest)
    if neighbours.matrix.shape[0] != len(panel.areas):
        raise AlignmentError(
            say(
                "Neighbours of {matrix_shape} areas. Expected those of the panel's {n_areas}.",
                matrix_shape=neighbours.matrix.shape[0],
                n_areas=len(panel.areas),
            )
        )
    size, unit = _sizes(panel.areas, land, known)
    touching = adjacency(neighbours.matrix)
    sets, gains = cluster_scheme(count, base, touching)
    value = scheme_value(sets, count, base)
    random_value, random_best = random_schemes(
        round(float(count.sum())), base, touching, simulations, seed, progress
    )
    names = panel.area_names or panel.areas
    order = np.argsort(np.array(gains))[::-1].tolist()
    p = [_add_one(random_best, gains[c]) for c in order]
    beyond = sum(one <= SIGNIFICANT for one in p)  # p rises as gains fall
    sure = sum(gains[c] for c in order[:beyond])
    carried = np.cumsum([0.0, *(gains[c] for c in order[:beyond])])
    candidates = []
    for rank, c in enumerate(order):
        members = sorted(sets[c], key=lambda a: (-count[a], a))
        candidates.append(
            Cluster(
                areas=tuple(panel.areas[a] for a in members),
                area_names=tuple(names[a] for a in members),
                plants=float(count[members].sum()),
                share=float(count[members].sum() / count.sum()),
                reference_share=float(base[members].sum() / base.sum()),
                gain=float(gains[c]),
                essential=rank < beyond and bool(carried[rank] < ESSENTIAL * sure),
                p=p[rank],
            )
        )
    found = candidates[:beyond]
    essential = np.isin(panel.areas, [code for one in found if one.essential for code in one.areas])
    contained, extent, density = (
        extents(essential, panel.centres, size)
        if panel.centres is not None and found
        else (np.zeros(len(panel.areas), dtype=bool), np.nan, np.nan)
    )
    void = base <= 0
    suppressed = int((np.isnan(table[:, k]) & ~void).sum())
    return Clusters(
        industry=industry,
        industry_name=(panel.industry_names or panel.industries)[k],
        period=when,
        areas=panel.areas,
        plants=float(count.sum()),
        found=tuple(found),
        within_chance=tuple(candidates[beyond:]),
        criterion=value,
        p=_add_one(random_value, value),
        simulations=simulations,
        containment=tuple(np.array(panel.areas)[contained].tolist()),
        global_extent_share=extent,
        local_density_share=density,
        extent_unit=unit,
        without_reference=tuple(np.array(panel.areas)[void].tolist()),
        notes=(
            beside,
            *_too_few(simulations),
            *(
                [
                    say(
                        "Chance places {variable} one by one. Where they come together, as workers "
                        "do in plants, p is too small: test plants.",
                        variable=word(variable),
                    )
                ]
                if variable != "plants"
                else []
            ),
            *(
                [say("{n:,} suppressed cells count as no plants.", n=suppressed)]
                if suppressed
                else []
            ),
            *(
                [
                    say(
                        "{n:,} of {areas:,} areas have no plant of the reference (none there, or "
                        "none published): they are in no cluster unless enclosed.",
                        n=int(void.sum()),
                        areas=len(panel.areas),
                    )
                ]
                if void.any()
                else []
            ),
            *panel.notes,
        ),
        sources=(
            *panel.sources,
            *([BORDERS] if known else []),
            MORI_SMITH,
            MORI_SMITH_2015,
            AGGLOMERATION_2012.at(say("section {number}", number="1.1")),
        ),
    )


def point_clusters(
    sites: Sites,
    industry: str,
    *,
    smallest: int = 20,
    simulations: int = 99,
    seed: int = 2013,
    progress: Callable[[int, int], None] | None = None,
) -> PointClusters:
    """Find dense groups of the plants of an industry, whatever the areas.

    Parameters
    ----------
    sites, industry
        Which plants; those of all industries are where plants can be.
    smallest
        Plants that a cluster needs.
    simulations, seed
        Draws of as many plants from all sites, for the significance.
    progress
        Called with (done, total).
    """
    if industry not in sites.industries:
        raise UnknownCodeError.among("industry", [industry], sites.industries)
    sites.check_degrees("point_clusters")
    of = sites.of(industry)
    own = sites.select(of)
    if len(own) < max(smallest, 2):
        raise DataError(
            say(
                "Industry {industry} has {n_own} plants. A cluster needs {largest_smallest}. "
                "Choose a smaller cluster, or a coarser class.",
                industry=industry,
                n_own=len(own),
                largest_smallest=max(smallest, 2),
            )
        )
    everywhere = np.stack([sites.latitude, sites.longitude], axis=1)
    degrees = everywhere[of]
    label = dense_groups(degrees, smallest)
    tree = shapely.STRtree(shapely.points(everywhere))
    inside, plants_inside = hull_counts(label, of, everywhere, tree)
    alone = len(own) == len(sites)
    p = np.full(len(inside), np.nan)
    if simulations and not alone:
        unusual = likelihood_ratio(inside, plants_inside, len(own), len(sites))
        rng = np.random.default_rng(seed)
        most = np.zeros(simulations)
        for done in range(simulations):
            drawn = np.zeros(len(sites), dtype=bool)
            drawn[rng.choice(len(sites), len(own), replace=False)] = True
            counted = hull_counts(
                dense_groups(everywhere[drawn], smallest), drawn, everywhere, tree
            )
            most[done] = likelihood_ratio(*counted, len(own), len(sites)).max(initial=0.0)
            if progress:
                progress(done + 1, simulations)
        p = np.array([_add_one(most, float(one)) for one in unusual])
    rows = []
    for number in range(int(label.max()) + 1):
        group = degrees[label == number]
        centre = np.median(group, axis=0)
        scale = np.array([111.19, 111.19 * np.cos(np.radians(centre[0]))])
        rows.append(
            {
                "cluster": number + 1,
                "plants": len(group),
                "share": len(group) / len(own),
                "latitude": centre[0],
                "longitude": centre[1],
                "median_radius_km": float(np.median(np.hypot(*((group - centre) * scale).T))),
                "sites": int(plants_inside[number]),
                "ratio": inside[number] / plants_inside[number] * len(sites) / len(own),
                "p": p[number],
                "beyond_chance": bool(p[number] <= SIGNIFICANT),
            }
        )
    columns = ["cluster", "plants", "share", "latitude", "longitude", "median_radius_km"]
    table = pd.DataFrame(rows, columns=[*columns, "sites", "ratio", "p", "beyond_chance"])
    table = table.astype({"beyond_chance": bool})
    return PointClusters(
        industry=industry,
        label=label,
        latitude=own.latitude,
        longitude=own.longitude,
        sites=len(sites),
        simulations=simulations,
        places=table.sort_values("plants", ascending=False, ignore_index=True),
        notes=(
            say(
                "All sites are of the industry: there is nothing to compare with, and no p."
                if alone
                else "HDBSCAN finds towns too: ratio and p compare with the plants of all "
                "industries."
            ),
            *_too_few(simulations),
        ),
        sources=(*sites.sources, HDBSCAN_2013, KULLDORFF),
    )


# ---- array functions ---------------------------------------------------------------------


def adjacency(weights: sparse.csr_array) -> list[Ints]:
    """Neighbours of each area, made mutual."""
    mutual = ((weights + weights.T) != 0).tocsr()
    return [
        mutual.indices[mutual.indptr[a] : mutual.indptr[a + 1]].astype(np.int64)
        for a in range(mutual.shape[0])
    ]


def criterion(inside: Floats, base_inside: Floats, total: float, base_total: float) -> float:
    """BIC of a scheme over no cluster, from the plants and references of its clusters."""
    rest, base_rest = total - inside.sum(), base_total - base_inside.sum()
    value = float(_term(inside, base_inside, total, base_total).sum())
    value += float(_term(np.array([rest]), np.array([base_rest]), total, base_total)[0])
    return value - len(inside) / 2 * float(np.log(total))


def cluster_scheme(
    count: Floats, base: Floats, touching: Sequence[Ints]
) -> tuple[list[list[int]], list[float]]:
    """Grow the scheme that maximises the criterion; the members of each cluster and its gain.

    The gain of a cluster is what the criterion loses without it.
    """
    first = np.concatenate([[0], np.cumsum([len(near) for near in touching])]).astype(np.int64)
    near = np.concatenate([np.zeros(0, dtype=np.int64), *touching]).astype(np.int64)
    label = _grown(count.astype(float), base.astype(float), first, near)
    sets = [[int(a) for a in np.flatnonzero(label == c)] for c in np.unique(label[label >= 0])]
    pairs = np.array([(count[one].sum(), base[one].sum()) for one in sets]).reshape(-1, 2)
    total, base_total = float(count.sum()), float(base.sum())
    rest, base_rest = total - pairs[:, 0].sum(), base_total - pairs[:, 1].sum()
    without = _term(rest + pairs[:, 0], base_rest + pairs[:, 1], total, base_total)
    alone = _term(np.array([rest]), np.array([base_rest]), total, base_total)
    gains = _term(pairs[:, 0], pairs[:, 1], total, base_total) + alone - without
    return sets, (gains - np.log(total) / 2).tolist()


def random_schemes(
    plants: int,
    base: Floats,
    touching: Sequence[Ints],
    simulations: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Floats, Floats]:
    """Criterion of the scheme and gain of its best cluster, of industries that follow the base."""
    rng = np.random.default_rng(seed)
    value, best = np.zeros(simulations), np.zeros(simulations)
    for done in range(simulations):
        drawn = rng.multinomial(plants, base / base.sum()).astype(float)
        sets, gains = cluster_scheme(drawn, base, touching)
        value[done] = scheme_value(sets, drawn, base)
        best[done] = max(gains, default=0.0)
        if progress:
            progress(done + 1, simulations)
    return value, best


def scheme_value(sets: Sequence[Sequence[int]], count: Floats, base: Floats) -> float:
    """Criterion of a scheme, from the members of its clusters."""
    inside = np.array([count[list(one)].sum() for one in sets])
    base_inside = np.array([base[list(one)].sum() for one in sets])
    return criterion(inside, base_inside, float(count.sum()), float(base.sum()))


def extents(essential: Bools, centres: Floats, size: Floats) -> tuple[Bools, float, float]:
    """Essential containment, global extent and local density.

    Parameters
    ----------
    essential
        Which areas lie in essential clusters, at least one, shape ``(areas,)``.
    centres
        Latitude and longitude, degrees, shape ``(areas, 2)``.
    size
        Land of each area, or ones.

    Returns
    -------
    tuple
        Which areas have their centre in the convex hull of the essential ones, shape ``(areas,)``;
        their share of all size; the share of the essential ones in theirs.
    """
    contained: Bools = essential | in_hull(centres[essential], centres)
    within = float(size[contained].sum())
    return contained, within / float(size.sum()), float(size[essential].sum()) / within


def in_hull(corners: Floats, places: Floats) -> Bools:
    """Which places lie in the convex hull of others, by great circles; degrees, ``(n, 2)``.

    From the middle of the sphere great circles are seen as straight lines (gnomonic projection).
    """
    to = _on_sphere(places)
    middle = _on_sphere(corners).mean(axis=0)
    middle /= np.linalg.norm(middle)
    east = np.cross([0.0, 0.0, 1.0], middle)
    east /= np.linalg.norm(east)
    ahead = to @ middle

    axes = np.stack([east, np.cross(middle, east)], axis=1)

    def seen(points: Floats) -> Floats:
        flat: Floats = (points @ axes) / (points @ middle)[:, None]
        return flat

    hull = shapely.MultiPoint(seen(_on_sphere(corners))).convex_hull.buffer(ROUNDING)
    inside = np.zeros(len(places), dtype=bool)
    before = ahead > 0
    inside[before] = shapely.intersects(hull, shapely.points(seen(to[before])))
    return inside


def dense_groups(degrees: Floats, smallest: int) -> Ints:
    """Cluster of each point by HDBSCAN, −1 for noise, shape ``(n,)``.

    Distances are chords through the sphere, which order and, for neighbours, measure like arcs.
    """
    from sklearn.cluster import HDBSCAN  # heavy: only clusters of points pay for it

    found = HDBSCAN(min_cluster_size=smallest, copy=True).fit_predict(
        EARTH_RADIUS_KM * _on_sphere(degrees)
    )
    label: Ints = found.astype(np.int64)
    return label


def hull_counts(
    label: Ints, of: Bools, everywhere: Floats, tree: shapely.STRtree
) -> tuple[Floats, Floats]:
    """Plants of the industry, and of all, in the hull of each cluster, shape ``(clusters,)``."""
    own = everywhere[of]
    hulls = [
        shapely.MultiPoint(own[label == c]).convex_hull
        for c in range(int(label.max(initial=-1)) + 1)
    ]
    if not hulls:
        return np.zeros(0), np.zeros(0)
    which, sites = tree.query(hulls, predicate="intersects")
    inside: Floats = np.bincount(which[of[sites]], minlength=len(hulls)).astype(float)
    everyone: Floats = np.bincount(which, minlength=len(hulls)).astype(float)
    return inside, everyone


def likelihood_ratio(inside: Floats, everyone: Floats, plants: int, sites: int) -> Floats:
    """Log likelihood of two shares, in and out, over that of one; 0 where it is thinner inside."""
    out, others = plants - inside, sites - everyone

    def fit(events: Floats, trials: Floats) -> Floats:
        share = np.divide(events, trials, out=np.zeros_like(trials), where=trials > 0)
        value: Floats = trials * (_entropy(share) + _entropy(1 - share))
        return value

    whole = fit(np.array([float(plants)]), np.array([float(sites)]))
    denser = inside * others > out * everyone
    ratio: Floats = np.where(denser, fit(inside, everyone) + fit(out, others) - whole, 0.0)
    return ratio


def _entropy(share: Floats) -> Floats:
    value: Floats = share * np.log(np.where(share > 0, share, 1.0))
    return value


def _on_sphere(degrees: Floats) -> Floats:
    """Unit vectors of places given by latitude and longitude, shape ``(n, 3)``."""
    latitude, longitude = np.radians(degrees).T
    vectors: Floats = np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ],
        axis=1,
    )
    return vectors


def _sizes(areas: Sequence[str], land: Floats | None, known: bool) -> tuple[Floats, str]:
    """Size of each area and what it is."""
    if land is not None:
        size = np.asarray(land, dtype=float)
        if size.shape != (len(areas),) or not (size > 0).all():
            raise AlignmentError(
                say(
                    "The land has shape {size_shape} and {n_size} positive sizes. Expected a "
                    "positive one per area ({n_areas},).",
                    size_shape=size.shape,
                    n_size=int((size > 0).sum()),
                    n_areas=len(areas),
                )
            )
        return size, "land"
    return (land_km2(areas), "land") if known else (np.ones(len(areas)), "areas")


def _first_names(names: Sequence[str]) -> Message:
    """The first three names."""
    return say("{names} …", names=listed(names[:3])) if len(names) > 3 else listed(names)


def _too_few(simulations: int) -> tuple[Message, ...]:
    """Say when the test cannot find anything."""
    least = 1 / (simulations + 1)
    if simulations and least <= SIGNIFICANT:
        return ()
    needed = round(1 / SIGNIFICANT) - 1
    if not simulations:
        return (say("Nothing is tested: give {needed} random industries or more.", needed=needed),)
    return (
        say(
            "With {n:count(random industry,random industries)} p cannot be below {least:.2f}: give "
            "{needed} or more.",
            n=simulations,
            least=least,
            needed=needed,
        ),
    )


def _add_one(random: Floats, value: float) -> float:
    """Share of draws as high or equal, 1 added above and below; ``nan`` without draws."""
    if not len(random):
        return float("nan")
    as_high = random >= value - 1e-9 * max(1.0, abs(value))
    return float((as_high.sum() + 1) / (len(random) + 1))


def _term(plants: Floats, reference: Floats, total: float, base_total: float) -> Floats:
    """``n ln((n/N) / (m/M))``, 0 where there is no plant."""
    used = (plants > 1e-12) & (reference > 1e-12)
    safe_plants, safe_base = np.where(used, plants, 1), np.where(used, reference, 1)
    value: Floats = np.where(
        used, safe_plants * np.log(safe_plants / total / (safe_base / base_total)), 0.0
    )
    return value


@nb.njit(cache=True)
def _share_term(plants, reference, total, base_total):  # type: ignore[no-untyped-def]
    """``_term`` of one cluster."""
    if plants > 1e-12 and reference > 1e-12:
        return plants * np.log(plants / total / (reference / base_total))
    return 0.0


@nb.njit(cache=True)
def _grown(count, base, first, near):  # type: ignore[no-untyped-def]
    """Cluster of each area after the greedy search and the closing of holes, −1 for none.

    The neighbours of area ``a`` are ``near[first[a] : first[a + 1]]``. Of equal steps the order of
    kind (start, join, add), then the higher area and cluster, decides.
    """
    N = len(count)
    total, base_total = count.sum(), base.sum()
    half = np.log(total) / 2
    label = np.full(N, -1, dtype=np.int64)
    plants, reference = np.zeros(N), np.zeros(N)
    own, alone = np.zeros(N), np.zeros(N)
    alive = np.zeros(N, dtype=np.bool_)
    dense = count * base_total > base * total
    for a in range(N):
        alone[a] = _share_term(count[a], base[a], total, base_total)
    best_add, add_area = np.zeros(N), np.zeros(N, dtype=np.int64)
    number = 0
    while True:
        taken, base_taken = 0.0, 0.0
        for c in range(number):
            if alive[c]:
                taken += plants[c]
                base_taken += reference[c]
                best_add[c], add_area[c] = -np.inf, -1
        rest, base_rest = total - taken, base_total - base_taken
        now = _share_term(rest, base_rest, total, base_total)
        value, kind, which, into = 0.0, -1, -1, -1  # kinds: 0 add, 1 join, 2 start
        best_start, start_area = -np.inf, -1
        for a in range(N):
            if label[a] >= 0:
                c = label[a]
                for k in range(first[a], first[a + 1]):
                    d = label[near[k]]
                    if d > c:
                        gain = _share_term(
                            plants[c] + plants[d], reference[c] + reference[d], total, base_total
                        )
                        gain = gain - own[c] - own[d] + half
                        if (gain, 1, d, c) > (value, kind, which, into):
                            value, kind, which, into = gain, 1, d, c
                continue
            touches = False
            for k in range(first[a], first[a + 1]):
                touches = touches or label[near[k]] >= 0
            if not touches and not dense[a]:
                continue
            remains = _share_term(rest - count[a], base_rest - base[a], total, base_total)
            if dense[a]:
                gain = alone[a] + remains - (now + half)
                if gain > best_start:
                    best_start, start_area = gain, a
            for k in range(first[a], first[a + 1]):
                c = label[near[k]]
                if c < 0 or add_area[c] == a:
                    continue
                grown, widened = plants[c] + count[a], reference[c] + base[a]
                if grown * base_total > widened * total:
                    gain = _share_term(grown, widened, total, base_total) - own[c] - now + remains
                    if gain > best_add[c]:
                        best_add[c], add_area[c] = gain, a
        for c in range(number):
            if alive[c] and (best_add[c], 0, add_area[c], c) > (value, kind, which, into):
                value, kind, which, into = best_add[c], 0, add_area[c], c
        if start_area >= 0 and (best_start, 2, start_area, number) > (value, kind, which, into):
            value, kind, which, into = best_start, 2, start_area, number
        if value <= 1e-9:
            break
        if kind == 1:
            for a in range(N):
                if label[a] == which:
                    label[a] = into
            plants[into] += plants[which]
            reference[into] += reference[which]
            alive[which] = False
        else:
            label[which] = into
            plants[into] += count[which]
            reference[into] += base[which]
            if kind == 2:
                alive[into] = True
                number += 1
        own[into] = _share_term(plants[into], reference[into], total, base_total)
    for a in range(N):
        if label[a] < 0 and first[a + 1] - first[a] >= 3:
            c = label[near[first[a]]]
            for k in range(first[a], first[a + 1]):
                if label[near[k]] != c:
                    c = -1
            label[a] = c
    return label
