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
Maurel–Sédillot index are exact under darts (γ's is the paper's) when the sizes of plants are known;
Gini's and Theil's are delete-a-group jackknifes over areas; Moran's p is by permutation of areas,
one-sided (alike together). Coagglomeration γᶜ asks the same of industries together; its error is
exact under darts thrown independently.

**Sizes of plants** come, in this order, from ``herfindahl=`` (:func:`plant_herfindahls`, from the
plants themselves); from ``squared_employment`` of the panel, with ``cubed_employment`` and
``fourth_power_employment`` beside it (as records are tallied); or from nothing. With squares alone
H is exact, and the errors of γ are those of 1/H equal plants, an upper bound. With nothing the
plants of a cell are taken as equal: H is bounded from below, γ and the Maurel–Sédillot index from
above, and their errors are too small. The result says which. Sizes must be of the plants that the
panel counts.

**Unknown and empty.** A suppressed cell counts as no employment in the indices. Moran's I takes
quotients, which an area without employment, or with the industry's own cell suppressed, does not
have: it is left out and named. Where all quotients are equal I is undefined (``nan``), and so is p.
Equal values count in both tails of every permutation p.
Sources: Ellison and Glaeser (1997), Journal of Political Economy 105, pp. 889–927; Maurel and
Sédillot (1999), Regional Science and Urban Economics 29, pp. 575–604; Moran (1950), Biometrika 37.
Checked against: hand calculation, R REAT 3.0.3 (stored output), esda.
Limits: all but Moran ignore where areas lie; all depend on the areal unit (``scale_sweep``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.geography.weights import Neighbours, nearest_neighbours, standardise_rows
from shuseki.measures.amounts import amounts
from shuseki.measures.distance.kdensity import KDensity
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
    "PlantSizes",
    "ScaleSweep",
    "coagglomeration",
    "comparable",
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
NEAREST = 8
"""Neighbours of an area in Moran's I, unless given."""
EQUAL = 1e-12
"""Values that differ by less, relative to their size, are equal."""
TOLD = 0.01
"""Sizes are of another population where totals differ by more than this share."""
POWERS: Mapping[int, str] = {
    2: "squared_employment",
    3: "cubed_employment",
    4: "fourth_power_employment",
}
"""Variables of a panel that add up powers of the plants' employment."""
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
        H of plant sizes; ``herfindahl_from`` says ``"plants"`` (all sizes known), ``"squares"`` (H
        known) or ``"cell means"`` (plants of a cell taken as equal).
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
        known = np.flatnonzero(np.isfinite(self.ellison_glaeser))
        if not len(known):
            return (
                f"{len(self.industries)}業種のいずれもγが定まらない（{self.areas}地域、"
                f"{self.period}年）。"
                if lang == "ja"
                else f"γ is undefined for all of {len(self.industries)} industries over "
                f"{self.areas} areas in {self.period}: see the notes."
            )
        order = known[np.argsort(self.ellison_glaeser[known])]
        high, low = int(order[-1]), int(order[0])
        strong = int((self.ellison_glaeser[known] > 0.05).sum())
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
    areas
        Those that have a quotient and a neighbour.
    value
        Location quotient less 1 of the industry in each area.
    local_moran, p
        Local indicator, and its two-sided conditional permutation p: twice the smaller of the
        shares of draws that are as high and as low, equal ones in both. ``nan`` where all
        quotients are equal.
    kind
        ``high-high``, ``low-low``, ``high-low``, ``low-high``, or ``""`` where p is ``level`` or
        above.
    without_data
        Areas left out: no employment, the industry's cell suppressed, or no neighbour left.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    industry: str
    period: str
    value: Floats
    local_moran: Floats
    p: Floats
    kind: tuple[str, ...]
    without_data: tuple[str, ...]
    level: float

    def headline(self, lang: str = "en") -> str:
        """Count the areas of each kind."""
        left, ja = len(self.without_data), lang == "ja"
        outside = (
            (f"。データのない{left}地域を除く" if ja else f"; {left} areas without data left out")
            if left
            else ""
        )
        if not np.isfinite(self.p).any():
            return (
                f"{self.industry}（{self.period}年）：特化係数がすべて等しく、ローカル・モランは定まら"
                f"ない（n = {len(self.areas)}{outside}）。"
                if ja
                else f"{self.industry}, {self.period}: the quotient is the same in all areas, so "
                f"that local Moran is undefined (n = {len(self.areas)}{outside})."
            )
        count = {kind: self.kind.count(kind) for kind in ("high-high", "low-low")}
        if lang == "ja":
            return (
                f"{self.industry}（{self.period}年）：特化係数の高い地域が隣り合うのは"
                f"{count['high-high']}地域、低い地域が隣り合うのは{count['low-low']}地域"
                f"（p < {self.level:g}、n = {len(self.areas)}、偶然の期待数"
                f"{self.level * len(self.areas):.0f}{outside}）。"
            )
        return (
            f"{self.industry}, {self.period}: {count['high-high']} areas of high quotient among "
            f"high, {count['low-low']} of low among low (p < {self.level:g}, "
            f"n = {len(self.areas)}; {self.level * len(self.areas):.0f} of all kinds expected by "
            f"chance{outside})."
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
        gamma, error = self.gamma[first, second], self.standard_error[first, second]
        z = np.divide(gamma, error, out=np.full(len(gamma), np.nan), where=error > 0)
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
        agreement = agreement[np.triu_indices(len(divisions), 1)]
        lowest = float(agreement[np.isfinite(agreement)].min(initial=1.0))
        order, order_ja = (
            (
                f"Spearman correlation of their order between units at least {lowest:.2f}",
                f"地域単位を変えても業種の順位相関は{lowest:.2f}以上",
            )
            if np.isfinite(agreement).any()
            else ("too few industries to compare their order", "業種が少なく順位は比べられない")
        )
        if lang == "ja":
            units = "、".join(
                f"{DIVISION_WORDS.get(name, name)}{wide[name].median():.3f}" for name in divisions
            )
            return f"{len(wide)}業種のγの中央値：{units}。{order_ja}。"
        return f"Median γ of {len(wide)} industries by areal unit: {median}; {order}."

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
        Of the plants that the panel counts, from :func:`plant_herfindahls`; or industry code → H.
    neighbours
        For Moran's I, one row per area of the panel; by default the eight nearest of the areas that
        have a quotient, when the panel has centres.
    permutations, seed
        Of Moran's p.

    Raises
    ------
    DataError
        Employment is negative or infinite; an industry employs no one; there is one area.
    AlignmentError
        An industry without H, or neighbours of other areas.
    """
    found, when = amounts(panel, employment, period)
    plants = amounts(panel, "plants", period)[0] if "plants" in panel.values else None
    suppressed = np.isnan(found)
    workers = _employed(panel, found, employment)
    powers = _plant_sizes(panel, workers, plants, herfindahl, period)
    notes = [*panel.notes, *powers.notes]
    if suppressed.any():
        notes.insert(0, f"{int(suppressed.sum())} suppressed cells count as no employment.")
    single = [code for code, h in zip(panel.industries, powers.second, strict=True) if h >= ONE]
    if single:
        notes.append(f"One-plant industries have no γ: {examples(single)}.")
    total = workers.sum(axis=0)
    share = workers / total
    base = workers.sum(axis=1) / workers.sum()
    gamma, gamma_error = ellison_glaeser(share, base, powers.second, powers.fourth)
    index, index_error = maurel_sedillot(share, base, powers.second, powers.third, powers.fourth)
    alone = total >= (1 - EQUAL) * total.sum()
    if alone.any():
        notes.append(
            f"Industry {panel.industries[int(alone.argmax())]} is all employment: compared with "
            "itself it is even everywhere, and γ says nothing."
        )
        gamma, gamma_error = np.where(alone, np.nan, (gamma, gamma_error))
        index, index_error = np.where(alone, np.nan, (index, index_error))
    groups = np.unique(panel.area_groups, return_inverse=True)[1] if panel.area_groups else None
    T, between = theil(share, base, groups)
    statistic, p = (np.full(len(total), np.nan) for _ in range(2))
    if neighbours is not None or panel.centres is not None:
        relative = np.divide(
            share, base[:, None], out=np.full_like(share, np.nan), where=base[:, None] > 0
        )
        relative[suppressed] = np.nan
        near = _Near(panel, neighbours)
        for k in range(len(total)):
            matrix, kept = near.of(np.isfinite(relative[:, k]))
            if kept.sum() > 2:
                one = moran(relative[kept, k][:, None], matrix, permutations, seed)
                statistic[k], p[k] = one[0][0], one[1][0]
        notes += near.notes(np.isnan(relative).all(axis=1))
        undefined = [
            code for code, value in zip(panel.industries, statistic, strict=True) if np.isnan(value)
        ]
        if undefined:
            notes.append(
                f"Moran's I is undefined, all quotients being equal or too few: "
                f"{examples(undefined)}."
            )
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
        herfindahl=powers.second,
        herfindahl_from=powers.origin,
        notes=tuple(notes),
        sources=(*panel.sources, ELLISON_GLAESER, MAUREL_SEDILLOT, MORAN),
    )


@dataclass(frozen=True, eq=False)
class PlantSizes(Mapping[str, float]):
    """Industry code → Herfindahl index of plant sizes, and what else the errors under darts need.

    Arrays of shape ``(industries,)``.

    Attributes
    ----------
    industries
        Codes.
    plants, employment
        How many, and their workers.
    second, third, fourth
        ``Σ z²`` (the Herfindahl index), ``Σ z³``, ``Σ z⁴`` of the plants' shares of their industry.
    """

    industries: tuple[str, ...]
    plants: Floats
    employment: Floats
    second: Floats
    third: Floats
    fourth: Floats

    def __getitem__(self, code: str) -> float:
        if code not in self.industries:
            raise KeyError(code)
        return float(self.second[self.industries.index(code)])

    def __iter__(self) -> Iterator[str]:
        return iter(self.industries)

    def __len__(self) -> int:
        return len(self.industries)

    def differs_from(self, panel: Panel, employment: str, period: str | None = None) -> str:
        """Say in which industry the panel counts other plants; ``""`` where it counts these.

        Plants and employment of each industry of the panel may differ by 1%.
        """
        counted = {"employment": np.nansum(amounts(panel, employment, period)[0], axis=0)}
        if "plants" in panel.values:
            counted["plants"] = np.nansum(amounts(panel, "plants", period)[0], axis=0)
        position = {code: k for k, code in enumerate(self.industries)}
        for k, code in enumerate(panel.industries):
            if code not in position:
                return f"industry {code} has no sizes"
            for name, total in counted.items():
                ours = float(getattr(self, name)[position[code]])
                if not abs(ours - total[k]) <= TOLD * max(total[k], ours):
                    return f"industry {code}: {name} {ours:,.0f} in the sizes, {total[k]:,.0f} here"
        return ""


def plant_herfindahls(sites: Sites) -> PlantSizes:
    """Herfindahl index of plant sizes by industry, from the plants themselves.

    Industries that employ no one are left out.
    """
    size, count = sites.employment, len(sites.industries)
    if not (np.isfinite(size) & (size >= 0)).all():
        wrong = size[~(np.isfinite(size) & (size >= 0))]
        raise DataError(
            f"{len(wrong)} sites have employment {examples(wrong)}. Expected 0 or more. Correct "
            "them, or leave those sites out."
        )
    total = np.bincount(sites.industry, size, count).astype(float)
    used = total > 0
    share = size / np.where(used, total, 1)[sites.industry]
    second, third, fourth = (
        np.bincount(sites.industry, share**k, count)[used].astype(float) for k in (2, 3, 4)
    )
    return PlantSizes(
        industries=tuple(np.array(sites.industries)[used].tolist()),
        plants=np.bincount(sites.industry, minlength=count)[used].astype(float),
        employment=total[used],
        second=second,
        third=third,
        fourth=fourth,
    )


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
    """Find areas whose quotient, and whose neighbours' quotient, are unlike the rest.

    Parameters
    ----------
    panel, industry, period, variable
        Of which the quotient is taken. Areas that have none are left out and named.
    neighbours
        One row per area of the panel; by default the eight nearest of the areas that have a
        quotient.
    permutations, level, seed
        Of p.

    Raises
    ------
    DataError
        The variable is negative or infinite; the industry is nowhere; fewer than three areas have
        data; no centres and no neighbours.
    """
    amount, when = amounts(panel, variable, period)
    filled = np.nan_to_num(amount)
    k = panel.position("industry", industry)
    total = filled.sum(axis=1)
    known: Bools = np.isfinite(amount[:, k]) & (total > 0)
    if filled[:, k].sum() <= 0:
        raise DataError(
            f"Industry {industry} has no {variable} anywhere in {when}. A quotient needs some. "
            "Choose another industry or period."
        )
    if neighbours is None and panel.centres is None:
        raise DataError("The panel has no centres. Neighbours need them. Give neighbours=…")
    near = _Near(panel, neighbours)
    matrix, kept = near.of(known)
    if kept.sum() < 3:
        raise DataError(
            f"{int(kept.sum())} areas have a quotient of {industry} and a neighbour. Like among "
            "like needs three. Give finer areas."
        )
    expected = total[kept] * filled[:, k].sum() / filled.sum()
    value = filled[kept, k] / expected - 1
    z = _standardised(value)
    around = matrix @ z
    local = z * around
    p = conditional_p(z, matrix, local, permutations, seed)
    names = np.where(z > 0, "high", "low"), np.where(around > 0, "high", "low")
    kind = tuple(
        f"{own}-{beside}" if chance < level else ""
        for own, beside, chance in zip(*names, p, strict=True)
    )
    area_names = panel.area_names or panel.areas
    return LocalMoran(
        areas=tuple(np.array(panel.areas)[kept].tolist()),
        area_names=tuple(np.array(area_names)[kept].tolist()),
        industry=(panel.industry_names or panel.industries)[k],
        period=when,
        value=value,
        local_moran=local,
        p=p,
        kind=kind,
        without_data=tuple(np.array(panel.areas)[~kept].tolist()),
        level=level,
        notes=(
            "p is not corrected for looking at every area.",
            *near.notes(~kept),
            *panel.notes,
        ),
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
    if len(panel.industries) < 2:
        raise DataError(
            f"The panel has {len(panel.industries)} industries. Gathering together takes two. "
            "Give finer classes."
        )
    workers, when = amounts(panel, employment, period)
    plants = amounts(panel, "plants", period)[0] if "plants" in panel.values else None
    suppressed = int(np.isnan(workers).sum())
    workers = _employed(panel, workers, employment)
    powers = _plant_sizes(panel, workers, plants, herfindahl, period)
    share, base = workers / workers.sum(axis=0), workers.sum(axis=1) / workers.sum()
    gamma, error = pairwise_coagglomeration(share, base, powers.second)
    notes = [*panel.notes, *_HERFINDAHL_NOTES[powers.origin]]
    if suppressed:
        notes.insert(0, f"{suppressed} suppressed cells count as no employment.")
    return Coagglomeration(
        industries=panel.industries,
        industry_names=panel.industry_names or panel.industries,
        period=when,
        gamma=gamma,
        standard_error=error,
        notes=tuple(notes),
        sources=(*panel.sources, ELLISON_GLAESER),
    )


def disagreement(answer: Concentration, distances: KDensity | None = None) -> Disagreement:
    """Compare the order of industries by each index, and say why they differ.

    Parameters
    ----------
    answer
        From :func:`concentration`.
    distances
        From :mod:`~shuseki.measures.distance.kdensity`, to add Γ; industries in both are compared.
    """
    keep = comparable(answer)
    if distances is not None:
        keep = np.array([k for k in keep if answer.industries[k] in distances.industries], int)
    if len(keep) < 3:
        raise AlignmentError(
            f"{len(keep)} industries have every index{' in both answers' if distances else ''}. A "
            "comparison of ranks needs three. Compute both with one classification, or give finer "
            "classes."
        )
    columns = {
        name: getattr(answer, name)[keep]
        for name in INDICES
        if np.isfinite(getattr(answer, name)).any()
    }
    if distances is not None:
        where = [distances.industries.index(answer.industries[k]) for k in keep]
        columns["k_density"] = distances.localisation_index[where]
    tied = [name for name, values in columns.items() if np.ptp(values) == 0]
    columns = {name: values for name, values in columns.items() if name not in tied}
    if len(columns) < 2:
        raise DataError(
            f"{len(columns)} indices tell the industries apart. A comparison needs two. Give "
            "finer areas or classes."
        )
    left = [code for k, code in enumerate(answer.industries) if k not in set(keep.tolist())]
    values = np.stack(list(columns.values()), axis=1)
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
            *([f"Industries without one of the indices: {examples(left)}."] if left else []),
            *answer.notes,
        ),
        sources=answer.sources,
    )


def comparable(answer: Concentration) -> Ints:
    """Positions of the industries that have every index that any of them has."""
    columns = [getattr(answer, name) for name in INDICES]
    used = [values for values in columns if np.isfinite(values).any()]
    complete: Ints = np.flatnonzero(np.isfinite(used).all(axis=0))
    return complete


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
class _Powers:
    """Sums of powers of the plants' shares of their industry, each ``(industries,)``."""

    second: Floats  # H
    third: Floats
    fourth: Floats
    origin: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What follows for γ, the Maurel–Sédillot index and their errors."""
        return (*_HERFINDAHL_NOTES[self.origin], *_ERROR_NOTES[self.origin])


_HERFINDAHL_NOTES: Mapping[str, tuple[str, ...]] = {
    "plants": (),
    "squares": (),
    "cell means": (
        "Sizes of plants are unknown: those of a cell are taken as equal, which makes H a lower "
        "bound and errors under darts too small.",
    ),
}
_ERROR_NOTES: Mapping[str, tuple[str, ...]] = {
    "plants": ("H and the errors under darts are of the plants' own sizes.",),
    "squares": (
        "H is of the plants' own sizes. Errors under darts take 1/H plants of equal size, since "
        "only squares are known: with unequal plants γ's are smaller than shown.",
    ),
    "cell means": ("γ and the Maurel–Sédillot index are therefore upper bounds.",),
}


def _plant_sizes(
    panel: Panel,
    workers: Floats,
    plants: Floats | None,
    given: Mapping[str, float] | None,
    period: str | None,
) -> _Powers:
    if given is not None:
        missing = [code for code in panel.industries if code not in given]
        if missing:
            raise AlignmentError(
                f"Industries without a Herfindahl index: {examples(missing)}. Expected one each. "
                "Compute them from the same records with plant_herfindahls."
            )
        if isinstance(given, PlantSizes):
            at = [given.industries.index(code) for code in panel.industries]
            return _Powers(given.second[at], given.third[at], given.fourth[at], "plants")
        H = np.array([given[code] for code in panel.industries])
        return _Powers(H, H**2, H**3, "squares")
    total = workers.sum(axis=0)
    if POWERS[2] in panel.values:

        def power(k: int) -> Floats:
            sums: Floats = np.nansum(amounts(panel, POWERS[k], period)[0], axis=0)
            shares: Floats = sums / total**k
            return shares

        H = power(2)
        if POWERS[3] in panel.values and POWERS[4] in panel.values:
            return _Powers(H, power(3), power(4), "plants")
        return _Powers(H, H**2, H**3, "squares")
    if plants is not None:
        return _Powers(*cell_mean_powers(workers, np.nan_to_num(plants)), "cell means")
    raise DataError(
        f"The panel holds {examples(panel.values)}. γ needs plants, or herfindahl=… Add one."
    )


@dataclass(frozen=True, eq=False)
class _Near:
    """Neighbours among the areas that have data: given ones, or the eight nearest."""

    panel: Panel
    given: Neighbours | None
    known: dict[bytes, tuple[sparse.csr_array, Bools]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given is not None and self.given.matrix.shape[0] != len(self.panel.areas):
            raise AlignmentError(
                f"Neighbours of {self.given.matrix.shape[0]} areas. Expected those of the panel's "
                f"{len(self.panel.areas)}."
            )

    def of(self, data: Bools) -> tuple[sparse.csr_array, Bools]:
        """Standardised weights among areas that have data and a neighbour, and which those are."""
        key = data.tobytes()
        if key not in self.known:
            self.known[key] = self._among(data)
        return self.known[key]

    def _among(self, data: Bools) -> tuple[sparse.csr_array, Bools]:
        panel, kept = self.panel, data.copy()
        if self.given is None:
            assert panel.centres is not None
            if kept.sum() < 2:
                return sparse.csr_array((int(kept.sum()),) * 2), kept
            codes = [code for code, one in zip(panel.areas, kept, strict=True) if one]
            count = min(NEAREST, len(codes) - 1)
            return nearest_neighbours(codes, panel.centres[kept], count).matrix, kept
        whole = sparse.csr_array(self.given.matrix)
        while True:  # who loses all neighbours is left out, and may have been another's last
            part = sparse.csr_array(whole[kept][:, kept])
            islands = np.diff(part.indptr) == 0
            if not islands.any():
                return standardise_rows(part), kept
            kept[np.flatnonzero(kept)[islands]] = False

    def notes(self, without: Bools) -> tuple[str, ...]:
        """Name the areas left out."""
        if not without.any():
            return ()
        codes = np.array(self.panel.areas)[without]
        return (
            f"Areas without data are left out of Moran's I: {examples(codes)}; neighbours are "
            "sought among the others.",
        )


def _employed(panel: Panel, workers: Floats, employment: str) -> Floats:
    """Workers with suppressed cells as 0; refuse one area, and industries that employ no one."""
    if len(panel.areas) < 2:
        raise DataError(
            "The panel has one area, which holds everything. Concentration needs two or more. "
            "Give finer areas."
        )
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
    """Moran's I of each column of ``(areas, columns)`` and its one-sided permutation p.

    p is the share of permutations with as high an I, equal ones included, 1 added above and below;
    both are ``nan`` where all values are equal.
    """
    rng = np.random.default_rng(seed)
    z = np.stack([_standardised(column) for column in values.T], axis=1)
    observed = (z * (weights @ z)).sum(axis=0) / weights.sum()
    exceeded = np.zeros(z.shape[1])
    for _ in range(permutations):
        again = z[rng.permutation(len(z))]
        drawn = (again * (weights @ again)).sum(axis=0) / weights.sum()
        exceeded += drawn >= observed - EQUAL
    p = (exceeded + 1) / (permutations + 1)
    return observed, np.where(np.isfinite(observed), p, np.nan)


def _standardised(values: Floats) -> Floats:
    """Less the mean, over the standard deviation; ``nan`` where all values are equal."""
    apart = values - values.mean()
    spread = float(apart.std())
    if spread <= EQUAL * max(float(np.abs(values).max()), 1.0):
        return np.full(len(values), np.nan)
    z: Floats = apart / spread
    return z


def conditional_p(
    z: Floats, weights: sparse.csr_array, local: Floats, permutations: int, seed: int
) -> Floats:
    """Two-sided p of local indicators: the area stays, its neighbours are drawn, ``(areas,)``.

    Twice the smaller of two shares of draws, as high and as low, 1 added above and below; equal
    draws count in both. The same draws of positions serve every area. ``nan`` where the indicator
    is.
    """
    if np.isnan(local).all():
        return np.full(len(z), np.nan)
    rng = np.random.default_rng(seed)
    others = len(z) - 1
    most = int(np.diff(weights.indptr).max())
    drawn = rng.random((permutations, others)).argpartition(min(most, others - 1), axis=1)
    p = np.ones(len(z))
    for a in range(len(z)):
        row = weights.data[weights.indptr[a] : weights.indptr[a + 1]]
        chosen = drawn[:, : len(row)]
        around = z[chosen + (chosen >= a)] @ row * z[a]
        near = EQUAL * max(1.0, abs(local[a]))
        high, low = (around >= local[a] - near).sum(), (around <= local[a] + near).sum()
        p[a] = min(1.0, 2 * (int(min(high, low)) + 1) / (permutations + 1))
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
