"""How concentrated is an industry, by which index, and does the areal unit decide it?

Definitions. ``s_a`` is the industry's share of employment in area ``a``, ``x_a`` that of all
industries, ``H = Σ z_k²`` the Herfindahl index of the sizes of the industry's plants.

==================  =========================================================  ===============
index               formula                                                    0 means
==================  =========================================================  ===============
locational Gini     1 − twice the area under the Lorenz curve of s over x      s = x everywhere
Theil               Σ s ln(s/x) = between + within groups of areas             s = x everywhere
Ellison–Glaeser γ   (G − (1−Σx²)H) / ((1−Σx²)(1−H)),  G = Σ(s−x)²              darts at the map
Maurel–Sédillot     ((Σs²−Σx²)/(1−Σx²) − H) / (1−H)                            darts at the map
Moran's I           of s/x among neighbours                                    −1/(n−1): no order
==================  =========================================================  ===============

γ above 0.05 is high and below 0.02 low, says its paper. The standard errors of γ and of the
Maurel–Sédillot index are exact under darts (γ's is the paper's); Gini's and Theil's are
delete-a-group jackknifes over areas; Moran's p is by permutation of areas. Coagglomeration γᶜ
asks the same of industries together; its error is exact under darts thrown independently.

Takes a panel with employment and plants; with ``squared_employment`` (as records are tallied) H
is exact. Else H is bounded from below: all plants of a cell as large as its mean. γ is then an
upper bound, and the result says so.
Sources: Ellison and Glaeser (1997), Journal of Political Economy 105, pp. 889–927; Maurel and
Sédillot (1999), Regional Science and Urban Economics 29, pp. 575–604; Moran (1950), Biometrika 37.
Checked against: hand calculation, R REAT 3.0.3 (stored output), esda.
Limits: all but Moran ignore where areas lie; all depend on the areal unit (``scale_sweep``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.geography.weights import Neighbours, nearest_neighbours
from shuseki.measures.kdensity import KDensity
from shuseki.measures.words import INDEX_WORDS
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = [
    "Coagglomeration",
    "Concentration",
    "Disagreement",
    "LocalMoran",
    "ScaleSweep",
    "coagglomeration",
    "concentration",
    "disagreement",
    "local_moran",
    "plant_herfindahls",
    "scale_sweep",
]

ELLISON_GLAESER = Source(
    "EllisonGlaeser1997",
    "Ellison, G. and Glaeser, E. L., Geographic Concentration in U.S. Manufacturing Industries: "
    "A Dartboard Approach, Journal of Political Economy 105",
    "1997",
)
MAUREL_SEDILLOT = Source(
    "MaurelSedillot1999",
    "Maurel, F. and Sédillot, B., A measure of the geographic concentration in French "
    "manufacturing industries, Regional Science and Urban Economics 29",
    "1999",
)
MORAN = Source(
    "Moran1950", "Moran, P. A. P., Notes on continuous stochastic phenomena, Biometrika 37", "1950"
)
ANSELIN = Source(
    "Anselin1995",
    "Anselin, L., Local Indicators of Spatial Association, Geographical Analysis 27",
    "1995",
)
Index = Callable[[Floats, Floats], Floats]

DIVISION_WORDS: Mapping[str, str] = {
    "municipality": "市町村",
    "district": "253地区",
    "commuting zone": "通勤圏",
    "prefecture": "都道府県",
}

JACKKNIFE_GROUPS = 100
ONE = 1 - 1e-12
"""A Herfindahl index from here on is that of a single plant."""
INDICES = ("locational_gini", "theil", "ellison_glaeser", "maurel_sedillot", "moran")


@result
class Concentration(Result):
    """Indices of every industry; arrays of shape ``(industries,)``.

    Attributes
    ----------
    locational_gini, theil, theil_between, theil_within
        With ``..._standard_error``; between and within groups of areas, ``nan`` without groups.
    ellison_glaeser, maurel_sedillot
        With ``..._standard_error`` under the null of darts.
    moran, moran_p
        Moran's I and its one-sided permutation p; ``nan`` without centres or neighbours.
    herfindahl
        H of plant sizes; ``herfindahl_from`` says ``"plants"`` or ``"cell means"``.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    period: str
    division: str
    areas: int
    plants: Floats
    employment: Floats
    locational_gini: Floats
    locational_gini_standard_error: Floats
    theil: Floats
    theil_standard_error: Floats
    theil_between: Floats
    theil_within: Floats
    ellison_glaeser: Floats
    ellison_glaeser_standard_error: Floats
    maurel_sedillot: Floats
    maurel_sedillot_standard_error: Floats
    moran: Floats
    moran_p: Floats
    herfindahl: Floats
    herfindahl_from: str

    def headline(self, lang: str = "en") -> str:
        """Name the most and the least concentrated industry by γ."""
        order = np.argsort(np.where(np.isfinite(self.ellison_glaeser), self.ellison_glaeser, 0))
        high, low = int(order[-1]), int(order[0])
        strong = int((self.ellison_glaeser > 0.05).sum())
        if lang == "ja":
            return (
                f"{len(self.industries)}業種中{strong}業種が強く集中（エリソン・グレーザー指数"
                f" γ > 0.05、{self.areas}地域、{self.period}年）。最も集中しているのは"
                f"{self.industry_names[high]}（γ = {self.ellison_glaeser[high]:.3f}）、最も"
                f"分散しているのは{self.industry_names[low]}"
                f"（γ = {self.ellison_glaeser[low]:.3f}）。"
            )
        return (
            f"{strong} of {len(self.industries)} industries are highly concentrated "
            f"(Ellison–Glaeser γ > 0.05) over {self.areas} areas in {self.period}; most "
            f"{self.industry_names[high]} (γ = {self.ellison_glaeser[high]:.3f}), least "
            f"{self.industry_names[low]} (γ = {self.ellison_glaeser[low]:.3f})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry."""
        columns = (
            "plants",
            "employment",
            "locational_gini",
            "locational_gini_standard_error",
            "theil",
            "theil_standard_error",
            "theil_between",
            "theil_within",
            "ellison_glaeser",
            "ellison_glaeser_standard_error",
            "maurel_sedillot",
            "maurel_sedillot_standard_error",
            "moran",
            "moran_p",
            "herfindahl",
        )
        frame = pd.DataFrame({name: getattr(self, name) for name in columns})
        frame.insert(0, "industry_name", self.industry_names)
        frame.insert(0, "industry", self.industries)
        return frame


@result
class LocalMoran(Result):
    """Where like areas lie together, for one industry; arrays of shape ``(areas,)``.

    Attributes
    ----------
    value
        Location quotient less 1 of the industry in each area.
    local_moran, p
        Local indicator, and its two-sided conditional permutation p.
    kind
        ``high-high``, ``low-low``, ``high-low``, ``low-high``, or ``""`` where p is above
        ``level``.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    industry: str
    period: str
    value: Floats
    local_moran: Floats
    p: Floats
    kind: tuple[str, ...]
    level: float

    def headline(self, lang: str = "en") -> str:
        """Count the areas of each kind."""
        count = {kind: self.kind.count(kind) for kind in ("high-high", "low-low")}
        if lang == "ja":
            return (
                f"{self.industry}（{self.period}年）：特化係数の高い地域が隣り合うのは"
                f"{count['high-high']}地域、低い地域が隣り合うのは{count['low-low']}地域"
                f"（p < {self.level:g}、n = {len(self.areas)}、偶然の期待数"
                f"{self.level * len(self.areas):.0f}）。"
            )
        return (
            f"{self.industry}, {self.period}: {count['high-high']} areas of high quotient among "
            f"high, {count['low-low']} of low among low (p < {self.level:g}, "
            f"n = {len(self.areas)}; {self.level * len(self.areas):.0f} expected by chance)."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        return pd.DataFrame(
            {
                "area": self.areas,
                "area_name": self.area_names,
                "location_quotient_less_1": self.value,
                "local_moran": self.local_moran,
                "p": self.p,
                "kind": self.kind,
            }
        )


@result
class Coagglomeration(Result):
    """Which industries gather together; arrays of shape ``(industries, industries)``.

    Attributes
    ----------
    gamma
        Pairwise γᶜ.
    standard_error
        Of γᶜ under darts that the two industries throw independently.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    period: str
    gamma: Floats
    standard_error: Floats

    def headline(self, lang: str = "en") -> str:
        """Name the pair that gathers most, and count those beyond chance."""
        first, second = np.triu_indices(len(self.industries), 1)
        gamma, z = self.gamma[first, second], (self.gamma / self.standard_error)[first, second]
        top = int(np.nanargmax(gamma))
        if lang == "ja":
            return (
                f"{len(gamma)}組中、最も共に集積するのは{self.industry_names[first[top]]}と"
                f"{self.industry_names[second[top]]}（γᶜ = {gamma[top]:.3f}、{self.period}年）。"
                f"偶然の標準誤差の2倍を超えて集まるのは{int((z > 2).sum())}組、離れるのは"
                f"{int((z < -2).sum())}組。"
            )
        return (
            f"Of {len(gamma)} pairs {self.industry_names[first[top]]} and "
            f"{self.industry_names[second[top]]} gather most (γᶜ = {gamma[top]:.3f}, "
            f"{self.period}); {int((z > 2).sum())} pairs gather and {int((z < -2).sum())} keep "
            "apart by more than two standard errors of chance."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pair."""
        first, second = np.triu_indices(len(self.industries), 1)
        gamma, error = self.gamma[first, second], self.standard_error[first, second]
        frame = pd.DataFrame(
            {
                "industry": [self.industries[k] for k in first],
                "industry_name": [self.industry_names[k] for k in first],
                "other": [self.industries[k] for k in second],
                "other_name": [self.industry_names[k] for k in second],
                "coagglomeration": gamma,
                "standard_error": error,
                "z": gamma / error,
            }
        )
        return frame.sort_values("coagglomeration", ascending=False, ignore_index=True)


@result
class Disagreement(Result):
    """Where the indices rank industries differently, and why.

    Attributes
    ----------
    indices
        Names of the ``J`` indices compared.
    ranks
        Rank of each industry by each index, 1 the most concentrated, ``(industries, J)``.
    agreement
        Spearman correlation of the indices, ``(J, J)``.
    reasons
        Why, in words, one per industry; empty where the ranks are near.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    indices: tuple[str, ...]
    ranks: Floats
    agreement: Floats
    reasons: tuple[str, ...]

    def headline(self, lang: str = "en") -> str:
        """Name the pair of indices that agrees least and the industry ranked most unlike."""
        first, second = np.triu_indices(len(self.indices), 1)
        least = int(np.argmin(self.agreement[first, second]))
        spread = self.ranks.max(axis=1) - self.ranks.min(axis=1)
        worst = int(np.argmax(spread))
        if lang == "ja":
            one, other = (INDEX_WORDS[self.indices[k[least]]][1] for k in (first, second))
            return (
                f"{len(self.indices)}指標のうち{one}と{other}の一致が最も低い（順位相関"
                f"{self.agreement[first[least], second[least]]:.2f}）。順位が最も食い違うのは"
                f"{self.industry_names[worst]}（{len(self.industries)}業種中"
                f"{self.ranks[worst].min():.0f}位から{self.ranks[worst].max():.0f}位）。"
            )
        return (
            f"Of {len(self.indices)} indices {self.indices[first[least]]} and "
            f"{self.indices[second[least]]} agree least (Spearman "
            f"{self.agreement[first[least], second[least]]:.2f}); ranks differ most for "
            f"{self.industry_names[worst]}: {self.ranks[worst].min():.0f} to "
            f"{self.ranks[worst].max():.0f} of {len(self.industries)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry, the most disputed first."""
        frame = pd.DataFrame(self.ranks, columns=[f"rank_{name}" for name in self.indices])
        frame.insert(0, "industry_name", self.industry_names)
        frame.insert(0, "industry", self.industries)
        frame["spread"] = self.ranks.max(axis=1) - self.ranks.min(axis=1)
        frame["reason"] = self.reasons
        return frame.sort_values("spread", ascending=False, ignore_index=True)


@result
class ScaleSweep(Result):
    """The same indices by several areal units.

    Attributes
    ----------
    table
        One row per division and industry: ``division``, ``areas``, ``industry``,
        ``industry_name`` and the indices.
    """

    table: pd.DataFrame

    def headline(self, lang: str = "en") -> str:
        """Say how the median γ and the order of industries change with the unit."""
        wide = self.table.pivot(index="industry", columns="division", values="ellison_glaeser")
        divisions = list(dict.fromkeys(self.table["division"]))
        median = ", ".join(f"{name} {wide[name].median():.3f}" for name in divisions)
        agreement = wide[divisions].corr(method="spearman").to_numpy()
        if lang == "ja":
            units = "、".join(
                f"{DIVISION_WORDS.get(name, name)}{wide[name].median():.3f}" for name in divisions
            )
            return (
                f"{len(wide)}業種のγの中央値：{units}。地域単位を変えても業種の順位相関は"
                f"{np.nanmin(agreement):.2f}以上。"
            )
        return (
            f"Median γ of {len(wide)} industries by areal unit: {median}; Spearman correlation of "
            f"their order between units at least {np.nanmin(agreement):.2f}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per division and industry."""
        return self.table


# ---- the public verbs --------------------------------------------------------------------


def concentration(
    panel: Panel,
    *,
    employment: str = "employment",
    period: str | None = None,
    herfindahl: Mapping[str, float] | None = None,
    neighbours: Neighbours | None = None,
    permutations: int = 999,
    seed: int = 1997,
) -> Concentration:
    """Measure how concentrated each industry is, by five indices.

    Parameters
    ----------
    panel
        With employment and, unless sizes are known, ``plants``.
    employment
        Name of the variable that counts workers.
    period
        Which; the only one by default.
    herfindahl
        Industry code → H of plant sizes, from :func:`plant_herfindahls`.
    neighbours
        For Moran's I; the eight nearest areas by default, when the panel has centres.
    permutations, seed
        Of Moran's p.
    """
    workers, when = _one(panel, employment, period)
    plants = _one(panel, "plants", period)[0] if "plants" in panel.values else None
    unknown = int(np.isnan(workers).sum())
    workers = _employed(panel, workers, employment)
    sizes = _plant_sizes(panel, workers, plants, herfindahl, period)
    notes = [*panel.notes, *sizes.notes]
    if unknown:
        notes.insert(0, f"{unknown} suppressed cells count as no employment.")
    single = [code for code, h in zip(panel.industries, sizes.second, strict=True) if h >= ONE]
    if single:
        notes.append(f"One-plant industries have no γ: {examples(single)}.")
    total = workers.sum(axis=0)
    share = workers / total
    base = workers.sum(axis=1) / workers.sum()
    gamma, gamma_error = ellison_glaeser(share, base, sizes.second, sizes.fourth)
    index, index_error = maurel_sedillot(share, base, sizes.second, sizes.third, sizes.fourth)
    groups = np.unique(panel.area_groups, return_inverse=True)[1] if panel.area_groups else None
    T, between = theil(share, base, groups)
    if neighbours is None and panel.centres is not None and len(panel.areas) > 8:
        neighbours = nearest_neighbours(panel.areas, panel.centres, 8)
    if neighbours is not None:
        relative = np.divide(
            share, base[:, None], out=np.zeros_like(share), where=base[:, None] > 0
        )
        statistic, p = moran(relative, neighbours.matrix, permutations, seed)
    else:
        statistic = p = np.full(len(total), np.nan)
    return Concentration(
        industries=panel.industries,
        industry_names=panel.industry_names or panel.industries,
        period=when,
        division=panel.division,
        areas=len(panel.areas),
        plants=np.nansum(plants, axis=0) if plants is not None else np.full(len(total), np.nan),
        employment=total,
        locational_gini=locational_gini(share, base),
        locational_gini_standard_error=jackknife_error(locational_gini, workers),
        theil=T,
        theil_standard_error=jackknife_error(lambda s, x: theil(s, x, None)[0], workers),
        theil_between=between,
        theil_within=T - between,
        ellison_glaeser=gamma,
        ellison_glaeser_standard_error=gamma_error,
        maurel_sedillot=index,
        maurel_sedillot_standard_error=index_error,
        moran=statistic,
        moran_p=p,
        herfindahl=sizes.second,
        herfindahl_from=sizes.origin,
        notes=tuple(notes),
        sources=(*panel.sources, ELLISON_GLAESER, MAUREL_SEDILLOT, MORAN),
    )


def plant_herfindahls(sites: Sites) -> dict[str, float]:
    """Herfindahl index of plant sizes by industry, from the plants themselves."""
    total = np.bincount(sites.industry, sites.employment, len(sites.industries))
    square = np.bincount(sites.industry, sites.employment**2, len(sites.industries))
    return {
        code: float(square[k] / total[k] ** 2)
        for k, code in enumerate(sites.industries)
        if total[k] > 0
    }


def local_moran(
    panel: Panel,
    industry: str,
    *,
    period: str | None = None,
    variable: str = "employment",
    neighbours: Neighbours | None = None,
    permutations: int = 999,
    level: float = 0.05,
    seed: int = 1995,
) -> LocalMoran:
    """Find areas whose quotient, and whose neighbours' quotient, are unlike the rest."""
    amount, when = _one(panel, variable, period)
    filled = np.nan_to_num(amount)
    k = panel.position("industry", industry)
    total = filled.sum(axis=1)
    expected = total * filled[:, k].sum() / filled.sum()
    value = np.divide(filled[:, k], expected, out=np.ones_like(total), where=expected > 0) - 1
    if neighbours is None:
        if panel.centres is None:
            raise DataError("The panel has no centres. Neighbours need them. Give neighbours=…")
        neighbours = nearest_neighbours(panel.areas, panel.centres, 8)
    matrix = neighbours.standardise().matrix
    z = (value - value.mean()) / value.std()
    around = matrix @ z
    local = z * around
    p = conditional_p(z, matrix, local, permutations, seed)
    names = np.where(z > 0, "high", "low"), np.where(around > 0, "high", "low")
    kind = tuple(
        f"{own}-{near}" if chance < level else ""
        for own, near, chance in zip(*names, p, strict=True)
    )
    return LocalMoran(
        areas=panel.areas,
        area_names=panel.area_names or panel.areas,
        industry=(panel.industry_names or panel.industries)[k],
        period=when,
        value=value,
        local_moran=local,
        p=p,
        kind=kind,
        level=level,
        notes=("p is not corrected for looking at every area.", *panel.notes),
        sources=(*panel.sources, ANSELIN),
    )


def coagglomeration(
    panel: Panel,
    *,
    employment: str = "employment",
    period: str | None = None,
    herfindahl: Mapping[str, float] | None = None,
) -> Coagglomeration:
    """Measure which pairs of industries gather together.

    γᶜ of two industries is ``Σ (s_i − x)(s_j − x) / (1 − Σx²)`` (Ellison, Glaeser and Kerr's
    form, in which plant sizes drop out; they enter the standard error).

    Parameters
    ----------
    panel, employment, period, herfindahl
        As for :func:`concentration`.
    """
    workers, when = _one(panel, employment, period)
    plants = _one(panel, "plants", period)[0] if "plants" in panel.values else None
    workers = _employed(panel, workers, employment)
    sizes = _plant_sizes(panel, workers, plants, herfindahl, period)
    share, base = workers / workers.sum(axis=0), workers.sum(axis=1) / workers.sum()
    gamma, error = pairwise_coagglomeration(share, base, sizes.second)
    return Coagglomeration(
        industries=panel.industries,
        industry_names=panel.industry_names or panel.industries,
        period=when,
        gamma=gamma,
        standard_error=error,
        notes=(*panel.notes, *sizes.notes),
        sources=(*panel.sources, ELLISON_GLAESER),
    )


def disagreement(answer: Concentration, distances: KDensity | None = None) -> Disagreement:
    """Compare the order of industries by each index, and say why they differ.

    Parameters
    ----------
    answer
        From :func:`concentration`.
    distances
        From :mod:`~shuseki.measures.kdensity`, to add Γ; industries in both are compared.
    """
    keep = np.arange(len(answer.industries))
    columns = {
        name: getattr(answer, name) for name in INDICES if np.isfinite(getattr(answer, name)).any()
    }
    if distances is not None:
        keep = np.array(
            [k for k, code in enumerate(answer.industries) if code in distances.industries]
        )
        if len(keep) < 3:
            raise AlignmentError(
                f"{len(keep)} industries are in both answers. A comparison of ranks needs three. "
                "Compute both with one classification."
            )
        where = [distances.industries.index(answer.industries[k]) for k in keep]
        columns = {name: values[keep] for name, values in columns.items()}
        columns["k_density"] = distances.localisation_index[where]
    tied = [name for name, values in columns.items() if np.ptp(np.nan_to_num(values)) == 0]
    columns = {name: values for name, values in columns.items() if name not in tied}
    values = np.nan_to_num(np.stack(list(columns.values()), axis=1))
    ranks = rankdata(-values, axis=0)
    names = tuple(columns)
    drivers = _Drivers(
        large_plants=rankdata(-answer.herfindahl[keep]),
        few_plants=rankdata(answer.plants[keep]),
    )
    return Disagreement(
        industries=tuple(answer.industries[k] for k in keep),
        industry_names=tuple(answer.industry_names[k] for k in keep),
        indices=names,
        ranks=ranks,
        agreement=np.corrcoef(ranks.T),
        reasons=tuple(_reason(names, ranks[k], k, drivers, answer.areas) for k in range(len(keep))),
        notes=(
            *(f"{name} is the same for all industries: left out." for name in tied),
            *answer.notes,
        ),
        sources=answer.sources,
    )


def scale_sweep(
    panels: Mapping[str, Panel], *, employment: str = "employment", period: str | None = None
) -> ScaleSweep:
    """Compute the indices of the same industries by several areal units.

    Parameters
    ----------
    panels
        Name of the division → panel by that division, from the finest to the coarsest.
    """
    if len(panels) < 2:
        raise ParameterError("A sweep needs two areal units or more. Give more panels.")
    tables, sources = [], {}
    for name, panel in panels.items():
        answer = concentration(panel, employment=employment, period=period, permutations=99)
        frame = answer.to_frame()[["industry", "industry_name", *INDICES]]
        frame.insert(0, "areas", answer.areas)
        frame.insert(0, "division", name)
        tables.append(frame)
        sources.update(dict.fromkeys(answer.sources))
    return ScaleSweep(
        table=pd.concat(tables, ignore_index=True),
        notes=("Shares within each division's own areas; areas outside a division are not in it.",),
        sources=tuple(sources),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Sizes:
    """Sums of powers of the plants' shares of their industry, each ``(industries,)``."""

    second: Floats  # H
    third: Floats
    fourth: Floats
    origin: str
    notes: tuple[str, ...]


def _plant_sizes(
    panel: Panel,
    workers: Floats,
    plants: Floats | None,
    herfindahl: Mapping[str, float] | None,
    period: str | None,
) -> _Sizes:
    if herfindahl is not None:
        missing = [code for code in panel.industries if code not in herfindahl]
        if missing:
            raise AlignmentError(
                f"Industries without a Herfindahl index: {examples(missing)}. Expected one each. "
                "Compute them from the same records with plant_herfindahls."
            )
        H = np.array([herfindahl[code] for code in panel.industries])
    elif "squared_employment" in panel.values:
        squared = np.nansum(_one(panel, "squared_employment", period)[0], axis=0)
        H = squared / workers.sum(axis=0) ** 2
    elif plants is not None:
        note = (
            "H takes the plants of a cell as equal in size: a lower bound, so γ and the "
            "Maurel–Sédillot index are upper bounds, and errors under darts lower bounds."
        )
        return _Sizes(*cell_mean_powers(workers, np.nan_to_num(plants)), "cell means", (note,))
    else:
        raise DataError(
            f"The panel holds {examples(panel.values)}. γ needs plants, or herfindahl=… Add one."
        )
    note = "Standard errors under darts take 1/H plants of equal size."
    return _Sizes(H, H**2, H**3, "plants", (note,))


def _employed(panel: Panel, workers: Floats, employment: str) -> Floats:
    """Workers with suppressed cells as 0; refuse industries that employ no one."""
    filled = np.nan_to_num(workers)
    total = filled.sum(axis=0)
    empty = [code for code, size in zip(panel.industries, total, strict=True) if size == 0]
    if empty:
        raise DataError(
            f"Industries that employ no one: {examples(empty)} ({len(empty)} of "
            f"{len(total)}). An area share needs a positive total. Use "
            f"panel.drop_empty({employment!r}) first."
        )
    return filled


# ---- array functions: s is (areas, industries), x is (areas,) ------------------------------


def locational_gini(share: Floats, base: Floats) -> Floats:
    """Gini coefficient of the Lorenz curve of ``share`` over ``base``, ``(industries,)``."""
    gini = np.empty(share.shape[1])
    used = base > 0
    for k in range(share.shape[1]):
        s, x = share[used, k], base[used]
        order = np.argsort(s / x, kind="stable")
        cumulated = np.concatenate([[0.0], np.cumsum(s[order])])
        gini[k] = 1 - ((cumulated[1:] + cumulated[:-1]) * x[order]).sum()
    return gini


def theil(share: Floats, base: Floats, groups: np.ndarray | None) -> tuple[Floats, Floats]:
    """Theil index and its part between groups of areas (``nan`` without groups)."""
    total = _divergence(share, base)
    if groups is None:
        return total, np.full(share.shape[1], np.nan)
    count = int(groups.max()) + 1
    indicator = sparse.csr_array(
        (np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(count, len(groups))
    )
    return total, _divergence(indicator @ share, indicator @ base)


def ellison_glaeser(
    share: Floats, base: Floats, herfindahl: Floats, fourth: Floats
) -> tuple[Floats, Floats]:
    """γ and its standard error under the null of darts, each ``(industries,)``.

    Parameters
    ----------
    herfindahl, fourth
        ``Σ z²`` and ``Σ z⁴`` of plant sizes, ``(industries,)``.
    """
    G = ((share - base[:, None]) ** 2).sum(axis=0)
    x2, x3 = (base**2).sum(), (base**3).sum()
    scale = (1 - x2) * (1 - herfindahl)
    one = herfindahl >= ONE
    gamma = np.where(one, np.nan, (G - (1 - x2) * herfindahl) / np.where(one, 1, scale))
    variance = 2 * (herfindahl**2 * (x2 - 2 * x3 + x2**2) - fourth * (x2 - 4 * x3 + 3 * x2**2))
    error = np.sqrt(np.maximum(variance, 0)) / np.where(one, np.nan, scale)
    return gamma, error


def maurel_sedillot(
    share: Floats, base: Floats, herfindahl: Floats, third: Floats, fourth: Floats
) -> tuple[Floats, Floats]:
    """The index of Maurel and Sédillot and its standard error under darts, ``(industries,)``.

    Parameters
    ----------
    herfindahl, third, fourth
        ``Σ z²``, ``Σ z³`` and ``Σ z⁴`` of plant sizes, ``(industries,)``.

    Notes
    -----
    Under darts ``Σs² = H + Σ_{k≠l} z_k z_l 1(same area)``. Two plants meet with probability
    ``Σx²``; pairs that share a plant are dependent through ``Σx³``.
    """
    x2, x3 = (base**2).sum(), (base**3).sum()
    one = herfindahl >= ONE
    scale = np.where(one, np.nan, (1 - x2) * (1 - herfindahl))
    index: Floats = ((share**2).sum(axis=0) - x2 - (1 - x2) * herfindahl) / scale
    pairs = herfindahl**2 - fourth
    triples = herfindahl - 2 * third + 2 * fourth - herfindahl**2
    variance = 2 * pairs * (x2 - x2**2) + 4 * triples * (x3 - x2**2)
    error: Floats = np.sqrt(np.maximum(variance, 0)) / scale
    return index, error


def pairwise_coagglomeration(
    share: Floats, base: Floats, herfindahl: Floats
) -> tuple[Floats, Floats]:
    """γᶜ of every pair and its error under independent darts, ``(industries, industries)``.

    The shares of an industry of darts scatter around ``x`` with covariance
    ``H (diag(x) − xx')``, so the variance of γᶜ is the trace of the product of two of these.
    """
    apart = share - base[:, None]
    x2, x3 = (base**2).sum(), (base**3).sum()
    gamma: Floats = apart.T @ apart / (1 - x2)
    error: Floats = np.sqrt(np.outer(herfindahl, herfindahl) * (x2 - 2 * x3 + x2**2)) / (1 - x2)
    return gamma, error


def group_coagglomeration(
    share: Floats, base: Floats, weight: Floats, gamma: Floats, herfindahl: Floats
) -> float:
    """γᶜ of several industries as one (Ellison and Glaeser 1997).

    Parameters
    ----------
    weight
        Share of each industry in the employment of all of them, ``(industries,)``.
    gamma, herfindahl
        Of each industry.
    """
    together = share @ weight
    G = ((together - base) ** 2).sum() / (1 - (base**2).sum())
    H = (weight**2 * herfindahl).sum()
    own = (gamma * weight**2 * (1 - herfindahl)).sum()
    return float((G - H - own) / (1 - (weight**2).sum()))


def cell_mean_powers(employment: Floats, plants: Floats) -> tuple[Floats, Floats, Floats]:
    """Lower bounds of ``Σ z²``, ``Σ z³``, ``Σ z⁴``: plants of a cell as large as their mean."""
    count = np.where(employment > 0, np.maximum(plants, 1), 1)
    size = employment / count / employment.sum(axis=0)
    second, third, fourth = ((count * size**k).sum(axis=0) for k in (2, 3, 4))
    return second, third, fourth


def moran(
    values: Floats, weights: sparse.csr_array, permutations: int, seed: int
) -> tuple[Floats, Floats]:
    """Moran's I of each column of ``(areas, columns)`` and its one-sided permutation p."""
    rng = np.random.default_rng(seed)
    z = values - values.mean(axis=0)
    scale = len(z) / weights.sum() / (z**2).sum(axis=0)
    observed = scale * (z * (weights @ z)).sum(axis=0)
    exceeded = np.zeros(z.shape[1])
    for _ in range(permutations):
        again = z[rng.permutation(len(z))]
        exceeded += scale * (again * (weights @ again)).sum(axis=0) >= observed
    return observed, (exceeded + 1) / (permutations + 1)


def conditional_p(
    z: Floats, weights: sparse.csr_array, local: Floats, permutations: int, seed: int
) -> Floats:
    """Two-sided p of local indicators: the area stays, its neighbours are drawn, ``(areas,)``.

    The same draws of positions serve every area, as in esda.
    """
    rng = np.random.default_rng(seed)
    others = len(z) - 1
    most = int(np.diff(weights.indptr).max())
    drawn = rng.random((permutations, others)).argpartition(min(most, others - 1), axis=1)
    p = np.ones(len(z))
    for a in range(len(z)):
        row = weights.data[weights.indptr[a] : weights.indptr[a + 1]]
        if not len(row):
            continue
        chosen = drawn[:, : len(row)]
        around = z[chosen + (chosen >= a)] @ row * z[a]
        high = int((around >= local[a]).sum())
        p[a] = min(1.0, 2 * (min(high, permutations - high) + 1) / (permutations + 1))
    return p


def jackknife_error(index: Index, employment: Floats) -> Floats:
    """Standard error by leaving out each of up to 100 groups of areas in turn."""
    areas = len(employment)
    group = np.arange(areas) % min(JACKKNIFE_GROUPS, areas)
    values = []
    for g in range(int(group.max()) + 1):
        left = employment[group != g]
        total = left.sum(axis=0)
        share = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
        values.append(index(share, left.sum(axis=1) / left.sum()))
    spread = np.array(values)
    count = len(spread)
    error: Floats = np.sqrt((count - 1) / count * ((spread - spread.mean(axis=0)) ** 2).sum(axis=0))
    return error


def _divergence(share: Floats, base: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(share > 0, share * np.log(share / base[:, None]), 0)
    total: Floats = terms.sum(axis=0)
    return total


def _one(panel: Panel, variable: str, period: str | None) -> tuple[Floats, str]:
    array = panel.variable(variable, period)
    if array.ndim == 3:
        raise ParameterError(
            f"The panel has {len(panel.periods)} periods. Expected one: name it with period=…"
        )
    return array, period or panel.periods[0]


# ---- words -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drivers:
    large_plants: Floats
    few_plants: Floats


def _reason(names: tuple[str, ...], ranks: Floats, k: int, drivers: _Drivers, areas: int) -> str:
    count = len(drivers.large_plants)
    if ranks.max() - ranks.min() < max(3, count / 4):
        return ""
    rank = dict(zip(names, ranks, strict=True))
    gap, said = count / 5, []
    raw = min(rank["locational_gini"], rank["theil"])
    if rank["ellison_glaeser"] - raw > gap:
        if drivers.large_plants[k] <= count / 3:
            said.append(
                "plant sizes: a few large plants make the shares unequal; with H taken out "
                "(γ) less is left"
            )
        else:
            said.append("area sizes: unequal over many small areas, which γ weighs less")
    elif raw - rank["ellison_glaeser"] > gap:
        said.append("area sizes: far above its share in a few large areas, which γ weighs more")
    if "moran" in rank and rank["moran"] - rank["ellison_glaeser"] > gap:
        said.append(
            f"areal unit: gathered inside single ones of the {areas} areas, not across borders"
        )
    elif "moran" in rank and rank["ellison_glaeser"] - rank["moran"] > gap:
        said.append("distance: spread over groups of neighbouring areas, which γ cannot see")
    if "k_density" in rank and abs(rank["k_density"] - rank["ellison_glaeser"]) > gap:
        near = rank["k_density"] < rank["ellison_glaeser"]
        said.append(
            "distance: pairs of plants are near each other across borders of areas"
            if near
            else "distance: workers are gathered, plants are not near each other"
        )
    return "; ".join(said)
