"""Where does an agglomeration begin and end, and could it be chance?

"There is no clear definition of an agglomeration's extent", says the 2012 paper. Two answers.

**By areas** (after Mori and Smith 2014). A cluster scheme is a set of disjoint clusters of areas;
inside a cluster the plants of the industry fall on areas in proportion to a reference (all plants,
or land), and so outside all clusters. The scheme maximises the Bayesian information criterion::

    BIC = Σ_c n_c ln(n_c / m_c) − (k/2) ln n,   n_c, m_c shares of the industry and the reference

over clusters ``c`` and the rest, with ``k`` clusters. It grows by the best single step: start a
cluster in an area, add to one the neighbour of one of its members, or join two that touch; it
stops when no step improves. A cluster is denser in the industry than all areas together. An area
with three neighbours or more, all in one cluster, joins it. The essential containment is the
share of the gain in BIC that the largest clusters carry: those which make 90% of it are
essential. Significance: the same search on industries drawn from the reference.

**By points**: HDBSCAN, density-based, with the noise left out.

Takes a panel with centres, or sites. Gives clusters with members, plants, shares.
Sources: Mori and Smith (2014), Journal of Economic Geography 14, pp. 1–34; Campello, Moulavi and
Sander (2013).
Checked against: clusters that were put in; every scheme of a small map (brute force).
Limits: the search is greedy and may end below the best scheme. Mori and Smith close clusters by
shortest roads; here neighbours are nearest or bordering areas, and enclosure is by neighbours.
HDBSCAN knows no reference: it finds towns as well as agglomerations, so compare with all plants.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.cluster import HDBSCAN

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.geography.weights import Neighbours, nearest_neighbours
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites, check_inside_japan
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = ["Clusters", "PointClusters", "clusters", "point_clusters"]

MORI_SMITH = Source(
    "MoriSmith2014",
    "Mori, T. and Smith, T. E., A probabilistic modeling approach to the detection of industrial "
    "agglomerations, Journal of Economic Geography 14",
    "2014",
)
HDBSCAN_2013 = Source(
    "Campello2013",
    "Campello, R., Moulavi, D. and Sander, J., Density-Based Clustering Based on Hierarchical "
    "Density Estimates, PAKDD",
    "2013",
)
ESSENTIAL = 0.9


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of areas: members, plants, share of the industry and of the reference."""

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    plants: float
    share: float
    reference_share: float
    gain: float
    essential: bool

    @property
    def ratio(self) -> float:
        """Plants over what the reference leads to expect."""
        return self.share / self.reference_share


@result
class Clusters(Result):
    """Clusters of one industry, the largest gain first.

    Attributes
    ----------
    found
        The clusters.
    plants
        Plants of the industry in all areas.
    criterion
        Gain in BIC over no cluster.
    p
        Share of random industries with as high a gain (with 1 added above and below).
    """

    industry: str
    industry_name: str
    period: str
    areas: int
    plants: float
    found: tuple[Cluster, ...]
    criterion: float
    p: float
    simulations: int

    @property
    def share(self) -> float:
        """Share of the industry's plants that lies in clusters."""
        return sum(cluster.share for cluster in self.found)

    def headline(self) -> str:
        """Count the clusters and name the first."""
        if not self.found:
            return f"{self.industry_name}, {self.period}: no cluster (n = {self.plants:,.0f})."
        first = self.found[0]
        essential = sum(cluster.essential for cluster in self.found)
        names = ", ".join(first.area_names[:3]) + (" …" if len(first.area_names) > 3 else "")
        return (
            f"{self.industry_name}, {self.period}: {len(self.found)} clusters ({essential} "
            f"essential) hold {self.share:.0%} of {self.plants:,.0f} plants; the first, of "
            f"{len(first.areas)} areas ({names}), {first.share:.0%}, {first.ratio:.1f} times its "
            f"expectation (p = {self.p:.3f})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per cluster."""
        return pd.DataFrame(
            [
                {
                    "cluster": k + 1,
                    "areas": len(cluster.areas),
                    "members": "、".join(cluster.area_names),
                    "plants": cluster.plants,
                    "share": cluster.share,
                    "reference_share": cluster.reference_share,
                    "ratio": cluster.ratio,
                    "gain": cluster.gain,
                    "essential": cluster.essential,
                }
                for k, cluster in enumerate(self.found)
            ],
            columns=[
                "cluster",
                "areas",
                "members",
                "plants",
                "share",
                "reference_share",
                "ratio",
                "gain",
                "essential",
            ],
        )

    def members(self) -> pd.DataFrame:
        """One row per area in a cluster: the cluster's number and whether it is essential."""
        return pd.DataFrame(
            [
                {"area": code, "area_name": name, "cluster": k + 1, "essential": one.essential}
                for k, one in enumerate(self.found)
                for code, name in zip(one.areas, one.area_names, strict=True)
            ],
            columns=["area", "area_name", "cluster", "essential"],
        )


@result
class PointClusters(Result):
    """Density-based clusters of one industry's plants.

    Attributes
    ----------
    label
        Cluster of each plant, −1 for noise, shape ``(n,)``.
    latitude, longitude
        Of each plant, degrees.
    table
        One row per cluster: plants, share, centre, radius.
    """

    industry: str
    label: Ints
    latitude: Floats
    longitude: Floats
    table: pd.DataFrame

    def headline(self) -> str:
        """Count clusters and the plants in them."""
        inside = int((self.label >= 0).sum())
        return (
            f"{self.industry}: {len(self.table)} dense clusters hold "
            f"{inside / len(self.label):.0%} of {len(self.label):,} plants; the rest is scattered."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per cluster."""
        return self.table


# ---- the public verbs --------------------------------------------------------------------


def clusters(
    panel: Panel,
    industry: str,
    *,
    variable: str = "plants",
    period: str | None = None,
    reference: Floats | None = None,
    neighbours: Neighbours | None = None,
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
        Which areas touch; the six nearest, made mutual, by default.
    simulations, seed
        Random industries for the significance.
    progress
        Called with (done, total).
    """
    table = panel.variable(variable, period)
    if table.ndim == 3:
        raise ParameterError(
            f"The panel has {len(panel.periods)} periods. Expected one: name it with period=…"
        )
    k = panel.position("industry", industry)
    count = np.nan_to_num(table[:, k])
    base = np.nansum(table, axis=1) if reference is None else np.asarray(reference, dtype=float)
    if base.shape != (len(panel.areas),):
        raise AlignmentError(
            f"The reference has shape {base.shape}. Expected one amount per area "
            f"({len(panel.areas)},)."
        )
    if count.sum() < 2:
        raise DataError(
            f"Industry {industry} has {count.sum():g} plants. A cluster needs two. Choose a "
            "coarser class."
        )
    stray = int(((count > 0) & (base <= 0)).sum())
    if stray:
        raise DataError(
            f"{stray} areas have plants of the industry but a reference of 0. Chance could put "
            "none there. Give a reference that is positive where plants are."
        )
    if neighbours is None:
        if panel.centres is None:
            raise DataError("The panel has no centres. Neighbours need them. Give neighbours=…")
        neighbours = nearest_neighbours(panel.areas, panel.centres, min(6, len(panel.areas) - 1))
    touching = adjacency(neighbours.matrix)
    sets, gains = cluster_scheme(count, base, touching)
    rng = np.random.default_rng(seed)
    total, exceeded = sum(gains), 0
    for done in range(simulations):
        drawn = rng.multinomial(round(float(count.sum())), base / base.sum()).astype(float)
        exceeded += sum(cluster_scheme(drawn, base, touching)[1]) >= total
        if progress:
            progress(done + 1, simulations)
    names = panel.area_names or panel.areas
    order = np.argsort(gains)[::-1]
    carried = np.cumsum(np.array(gains)[order]) / total if len(gains) else np.zeros(0)
    suppressed = int(np.isnan(table[:, k]).sum())
    notes = (f"{suppressed} suppressed cells count as no plants.",) if suppressed else ()
    return Clusters(
        industry=industry,
        industry_name=(panel.industry_names or panel.industries)[k],
        period=period or panel.periods[0],
        areas=len(panel.areas),
        plants=float(count.sum()),
        found=tuple(
            Cluster(
                areas=tuple(panel.areas[a] for a in sets[c]),
                area_names=tuple(names[a] for a in sets[c]),
                plants=float(count[sets[c]].sum()),
                share=float(count[sets[c]].sum() / count.sum()),
                reference_share=float(base[sets[c]].sum() / base.sum()),
                gain=float(gains[c]),
                essential=bool(rank == 0 or carried[rank - 1] < ESSENTIAL),
            )
            for rank, c in enumerate(order)
        ),
        criterion=float(total),
        p=(exceeded + 1) / (simulations + 1),
        simulations=simulations,
        notes=(*notes, *panel.notes),
        sources=(*panel.sources, MORI_SMITH, AGGLOMERATION_2012.at("section 1.1")),
    )


def point_clusters(
    sites: Sites, industry: str, *, smallest: int = 20, inside_japan: bool = True
) -> PointClusters:
    """Find dense groups of the plants of an industry, whatever the areas.

    Parameters
    ----------
    sites, industry
        Which plants.
    smallest
        Plants that a cluster needs.
    inside_japan
        Refuse coordinates outside Japan.
    """
    if industry not in sites.industries:
        raise UnknownCodeError.among("industry", [industry], sites.industries)
    if inside_japan:
        check_inside_japan(sites.latitude, sites.longitude)
    own = sites.select(sites.of(industry))
    if len(own) < max(smallest, 2):
        raise DataError(
            f"Industry {industry} has {len(own)} plants. A cluster needs {max(smallest, 2)}. "
            "Choose a smaller cluster, or a coarser class."
        )
    degrees = np.stack([own.latitude, own.longitude], axis=1)
    label = HDBSCAN(min_cluster_size=smallest, metric="haversine", copy=True).fit_predict(
        np.radians(degrees)
    )
    rows = []
    for number in range(int(label.max()) + 1):
        inside = degrees[label == number]
        centre = np.median(inside, axis=0)
        scale = np.array([111.19, 111.19 * np.cos(np.radians(centre[0]))])
        rows.append(
            {
                "cluster": number + 1,
                "plants": len(inside),
                "share": len(inside) / len(own),
                "latitude": centre[0],
                "longitude": centre[1],
                "median_radius_km": float(np.median(np.hypot(*((inside - centre) * scale).T))),
            }
        )
    columns = ["cluster", "plants", "share", "latitude", "longitude", "median_radius_km"]
    table = pd.DataFrame(rows, columns=columns)
    return PointClusters(
        industry=industry,
        label=label.astype(np.int64),
        latitude=own.latitude,
        longitude=own.longitude,
        table=table.sort_values("plants", ascending=False, ignore_index=True),
        notes=("HDBSCAN knows no reference: compare with the clusters of all plants.",),
        sources=(*sites.sources, HDBSCAN_2013),
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
    count: Floats, base: Floats, touching: list[Ints]
) -> tuple[list[list[int]], list[float]]:
    """Grow the scheme that maximises the criterion; the members of each cluster and its gain.

    The gain of a cluster is what the criterion loses without it.
    """
    total, base_total = float(count.sum()), float(base.sum())
    label = np.full(len(count), -1, dtype=np.int64)
    inside: dict[int, tuple[float, float]] = {}
    number = 0

    def term(plants: Floats | float, reference: Floats | float) -> Floats:
        return _term(np.atleast_1d(plants), np.atleast_1d(reference), total, base_total)

    def denser(plants: Floats | float, reference: Floats | float) -> Bools:
        above: Bools = np.atleast_1d(plants) * base_total > np.atleast_1d(reference) * total
        return above

    while True:
        rest = total - sum(pair[0] for pair in inside.values())
        base_rest = base_total - sum(pair[1] for pair in inside.values())
        now = term(rest, base_rest)
        steps: list[tuple[float, str, int, int]] = []
        free = np.flatnonzero((label < 0) & denser(count, base))
        if len(free):
            gain = term(count[free], base[free]) + term(rest - count[free], base_rest - base[free])
            gain -= now + np.log(total) / 2
            first = int(gain.argmax())
            steps.append((float(gain[first]), "start", int(free[first]), number))
        for c, (plants, reference) in inside.items():
            around = np.unique(np.concatenate([touching[a] for a in np.flatnonzero(label == c)]))
            outside = around[label[around] < 0]
            own = term(plants, reference)
            if len(outside):
                grown, widened = plants + count[outside], reference + base[outside]
                gain = term(grown, widened) - own - now
                gain += term(rest - count[outside], base_rest - base[outside])
                gain = np.where(denser(grown, widened), gain, -np.inf)
                first = int(gain.argmax())
                steps.append((float(gain[first]), "add", int(outside[first]), c))
            for other in np.unique(label[around[label[around] > c]]):
                more = inside[int(other)]
                joined = term(plants + more[0], reference + more[1]) - own - term(*more)
                steps.append((float(joined[0]) + np.log(total) / 2, "join", int(other), c))
        value, kind, which, c = max(steps, default=(0.0, "", -1, -1))
        if value <= 1e-9:
            break
        if kind == "join":
            more = inside.pop(which)
            label[label == which] = c
        else:
            more = (float(count[which]), float(base[which]))
            label[which] = c
            number += kind == "start"
        before = inside.get(c, (0.0, 0.0))
        inside[c] = (before[0] + more[0], before[1] + more[1])
    for a in np.flatnonzero(label < 0):
        around = np.unique(label[touching[a]])
        if len(touching[a]) >= 3 and len(around) == 1 and around[0] >= 0:
            c = int(around[0])
            label[a] = c
            inside[c] = (inside[c][0] + float(count[a]), inside[c][1] + float(base[a]))
    pairs = np.array(list(inside.values())).reshape(-1, 2)
    whole = criterion(pairs[:, 0], pairs[:, 1], total, base_total)
    without = (np.delete(pairs, k, axis=0) for k in range(len(pairs)))
    gains = [whole - criterion(left[:, 0], left[:, 1], total, base_total) for left in without]
    return [[int(a) for a in np.flatnonzero(label == c)] for c in inside], gains


def _term(plants: Floats, reference: Floats, total: float, base_total: float) -> Floats:
    """``n ln((n/N) / (m/M))``, 0 where there is no plant."""
    used = (plants > 1e-12) & (reference > 1e-12)
    safe_plants, safe_base = np.where(used, plants, 1), np.where(used, reference, 1)
    value: Floats = np.where(
        used, safe_plants * np.log(safe_plants / total / (safe_base / base_total)), 0.0
    )
    return value
