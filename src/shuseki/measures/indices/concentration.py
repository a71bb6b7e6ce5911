"""How concentrated is an industry, by which index, and does the areal unit decide it?

Definitions. ``s_a`` is the industry's share of employment in area ``a``, ``x_a`` that of all
industries, ``H = Σ z_k²`` the Herfindahl index of the sizes of the industry's plants.

==================  =========================================================  ===============
index               formula                                                    0 means
==================  =========================================================  ===============
locational Gini     1 − twice the area under the Lorenz curve of s over x      s = x everywhere
Theil               Σ s ln(s/x) = between + within groups of areas             s = x everywhere
Ellison–Glaeser γ   (G − (1−Σx²)H) / ((1−Σx²)(1−H)),  G = Σ(s−x)²              random location
Maurel–Sédillot     ((Σs²−Σx²)/(1−Σx²) − H) / (1−H)                            random location
Moran's I           of s/x among neighbours                                    −1/(n−1): no order
==================  =========================================================  ===============

Random location: each plant chooses an area with probability ``x_a``, independently of the others
(the dartboard of Ellison and Glaeser). By their paper γ is high above 0.05 and low below 0.02. The
standard errors of γ and of the Maurel–Sédillot index are exact under random location (γ's is the
paper's) when the sizes of plants are known; those of Gini and Theil are delete-a-group jackknifes
over areas; Moran's p is by permutation of areas, one-sided (like areas together). Coagglomeration
γᶜ measures the same of pairs of industries; its error is exact where both locate at random,
independently of each other.

**Sizes of plants** come, in this order, from ``herfindahl=`` (:func:`plant_herfindahls`, from the
plants themselves); from ``squared_employment`` of the panel, with ``cubed_employment`` and
``fourth_power_employment`` beside it (as records are tallied); or from nothing. With squares alone
H is exact, and the errors of γ are those of 1/H equal plants, an upper bound. With nothing the
plants of a cell are taken as equal: H is bounded from below, γ and the Maurel–Sédillot index from
above, and their errors are too small. The result says which. The sizes must be those of the plants
that the panel counts.

**Unknown and empty.** A suppressed cell counts as no employment in the indices. Moran's I takes
quotients, which an area without employment, or with the industry's own cell suppressed, does not
have: such an area is left out and named. Where all quotients are equal I is undefined (``nan``),
and so is p. Equal values count in both tails of every permutation p.
Sources: Ellison and Glaeser (1997), Journal of Political Economy 105, pp. 889–927; Maurel and
Sédillot (1999), Regional Science and Urban Economics 29, pp. 575–604; Moran (1950), Biometrika 37.
Checked against: hand calculation, R REAT 3.0.3 (stored output), esda.
Limits: all but Moran's I ignore where areas lie; all depend on the areal unit (``scale_sweep``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from scipy import sparse

from shuseki.arrays import Floats, Ints
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.geography.weights import Neighbours
from shuseki.language import Message, joined, say, told, word
from shuseki.language.names import some_of
from shuseki.measures.amounts import amounts, positive_amounts
from shuseki.measures.distance.kdensity import KDensity
from shuseki.measures.neighbours import EQUAL, KnownNeighbours, standardised
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = [
    "Coagglomeration",
    "Concentration",
    "Disagreement",
    "PlantSizes",
    "ScaleSweep",
    "coagglomeration",
    "comparable",
    "concentration",
    "disagreement",
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
Index = Callable[[Floats, Floats], Floats]

JACKKNIFE_GROUPS = 100
NUMBERS_AT_ONCE = 2**15
"""Values of permuted maps that are held at a time."""
ONE = 1 - 1e-12
"""A Herfindahl index from here on is that of a single plant."""
TOLD = 0.01
"""Sizes are those of other plants where totals differ by more than this share."""
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
        With ``..._standard_error`` under random location.
    moran, moran_p
        Moran's I and its one-sided permutation p; ``nan`` without centres or neighbours.
    herfindahl
        H of plant sizes; ``herfindahl_from`` is ``"plants"`` (all sizes known), ``"squares"`` (H
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

    def headline(self) -> Message:
        """Name the most and the least concentrated industry by γ."""
        known = np.flatnonzero(np.isfinite(self.ellison_glaeser))
        if not len(known):
            return say(
                "γ is undefined for all of {n} industries over {areas} areas in {period}: see the "
                "notes.",
                n=len(self.industries),
                areas=self.areas,
                period=self.period,
            )
        order = known[np.argsort(self.ellison_glaeser[known])]
        high, low = int(order[-1]), int(order[0])
        return say(
            "{strong} of {n} industries are highly concentrated (Ellison–Glaeser γ > 0.05) over "
            "{areas} areas in {period}; most {most} (γ = {high:.3f}), least {least} "
            "(γ = {low:.3f}).",
            strong=int((self.ellison_glaeser[known] > 0.05).sum()),
            n=len(self.industries),
            areas=self.areas,
            period=self.period,
            most=self.industry_names[high],
            high=self.ellison_glaeser[high],
            least=self.industry_names[low],
            low=self.ellison_glaeser[low],
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
class Coagglomeration(Result):
    """Which industries locate together; arrays of shape ``(industries, industries)``.

    Attributes
    ----------
    gamma
        Pairwise γᶜ.
    standard_error
        Of γᶜ where both industries locate at random, independently of each other.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    period: str
    gamma: Floats
    standard_error: Floats

    def headline(self) -> Message:
        """Name the pair that locates together most, and count those beyond chance."""
        first, second = np.triu_indices(len(self.industries), 1)
        gamma, error = self.gamma[first, second], self.standard_error[first, second]
        z = np.divide(gamma, error, out=np.full(len(gamma), np.nan), where=error > 0)
        top = int(np.nanargmax(gamma))
        return say(
            "Of {n} pairs {one} and {other} locate together most (γᶜ = {gamma:.3f}, {period}); "
            "{together} pairs locate together and {apart} apart by more than two standard errors "
            "of chance.",
            n=len(gamma),
            one=self.industry_names[first[top]],
            other=self.industry_names[second[top]],
            gamma=gamma[top],
            period=self.period,
            together=int((z > 2).sum()),
            apart=int((z < -2).sum()),
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
        Why, one sentence per industry; empty where the ranks are near.
    """

    industries: tuple[str, ...]
    industry_names: tuple[str, ...]
    indices: tuple[str, ...]
    ranks: Floats
    agreement: Floats
    reasons: tuple[Message, ...]

    def headline(self) -> Message:
        """Name the two indices that agree least and the industry whose ranks differ most."""
        first, second = np.triu_indices(len(self.indices), 1)
        least = int(np.argmin(self.agreement[first, second]))
        spread = self.ranks.max(axis=1) - self.ranks.min(axis=1)
        worst = int(np.argmax(spread))
        return say(
            "Of {count} indices {one} and {other} agree least (Spearman {agreement:.2f}); ranks "
            "differ most for {industry}: {low:.0f} to {high:.0f} of {n}.",
            count=len(self.indices),
            one=word(self.indices[first[least]]),
            other=word(self.indices[second[least]]),
            agreement=self.agreement[first[least], second[least]],
            industry=self.industry_names[worst],
            low=self.ranks[worst].min(),
            high=self.ranks[worst].max(),
            n=len(self.industries),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry, those whose ranks differ most first."""
        frame = pd.DataFrame(self.ranks, columns=[f"rank_{name}" for name in self.indices])
        frame.insert(0, "industry_name", self.industry_names)
        frame.insert(0, "industry", self.industries)
        frame["spread"] = self.ranks.max(axis=1) - self.ranks.min(axis=1)
        frame["reason"] = [str(reason) for reason in self.reasons]
        frame["reason_ja"] = [told(reason, "ja") for reason in self.reasons]
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

    def headline(self) -> Message:
        """Say how the median γ and the order of industries change with the unit."""
        wide = self.table.pivot(index="industry", columns="division", values="ellison_glaeser")
        divisions = list(dict.fromkeys(self.table["division"]))
        medians = joined(
            [
                say("{division} {gamma:.3f}", division=word(name), gamma=wide[name].median())
                for name in divisions
            ],
            ", ",
        )
        agreement = wide[divisions].corr(method="spearman").to_numpy()
        agreement = agreement[np.triu_indices(len(divisions), 1)]
        if not np.isfinite(agreement).any():
            return say(
                "Median γ of {n} industries by areal unit: {medians}; too few industries to "
                "compare their order.",
                n=len(wide),
                medians=medians,
            )
        return say(
            "Median γ of {n} industries by areal unit: {medians}; Spearman correlation of their "
            "order between units at least {lowest:.2f}.",
            n=len(wide),
            medians=medians,
            lowest=float(agreement[np.isfinite(agreement)].min()),
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
    found, when = positive_amounts(panel, employment, period)
    plants = amounts(panel, "plants", period)[0] if "plants" in panel.values else None
    suppressed = np.isnan(found)
    workers = _employed(panel, found, employment)
    powers = _plant_sizes(panel, workers, plants, herfindahl, period)
    notes = [*panel.notes, *powers.notes]
    if suppressed.any():
        notes.insert(
            0, say("{n:,} suppressed cells count as no employment.", n=int(suppressed.sum()))
        )
    single = [code for code, h in zip(panel.industries, powers.second, strict=True) if h >= ONE]
    if single:
        notes.append(
            say("One-plant industries have no γ: {industries}.", industries=some_of(single))
        )
    total = workers.sum(axis=0)
    share = workers / total
    base = workers.sum(axis=1) / workers.sum()
    gamma, gamma_error = ellison_glaeser(share, base, powers.second, powers.fourth)
    index, index_error = maurel_sedillot(share, base, powers.second, powers.third, powers.fourth)
    alone = total >= (1 - EQUAL) * total.sum()
    if alone.any():
        notes.append(
            say(
                "Industry {industry} is all employment: its share is that of all industries in "
                "every area, and γ says nothing.",
                industry=panel.industries[int(alone.argmax())],
            )
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
        near = KnownNeighbours(panel, neighbours)
        for k in range(len(total)):
            matrix, kept = near.among(np.isfinite(relative[:, k]))
            if kept.sum() > 2:
                one = moran(relative[kept, k][:, None], matrix, permutations, seed)
                statistic[k], p[k] = one[0][0], one[1][0]
        notes += near.notes(np.isnan(relative).all(axis=1))
        undefined = [
            code for code, value in zip(panel.industries, statistic, strict=True) if np.isnan(value)
        ]
        if undefined:
            notes.append(
                say(
                    "Moran's I is undefined, all quotients being equal or too few: {industries}.",
                    industries=some_of(undefined),
                )
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
    """Industry code → Herfindahl index of plant sizes, and higher powers for the standard errors.

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

    def differs_from(
        self, panel: Panel, employment: str, period: str | None = None
    ) -> Message | None:
        """Say in which industry the panel counts other plants; ``None`` where it counts these.

        Plants and employment of each industry of the panel may differ by 1%.
        """
        counted = {"employment": np.nansum(amounts(panel, employment, period)[0], axis=0)}
        if "plants" in panel.values:
            counted["plants"] = np.nansum(amounts(panel, "plants", period)[0], axis=0)
        position = {code: k for k, code in enumerate(self.industries)}
        for k, code in enumerate(panel.industries):
            if code not in position:
                return say("industry {industry} has no sizes", industry=code)
            for name, total in counted.items():
                ours = float(getattr(self, name)[position[code]])
                if not abs(ours - total[k]) <= TOLD * max(total[k], ours):
                    return say(
                        "industry {industry}: {variable} {sizes:,.0f} in the sizes, {panel:,.0f} "
                        "in the panel",
                        industry=code,
                        variable=word(name),
                        sizes=ours,
                        panel=total[k],
                    )
        return None


def plant_herfindahls(sites: Sites) -> PlantSizes:
    """Herfindahl index of plant sizes by industry, from the plants themselves.

    Industries that employ no one are left out.
    """
    size, count = sites.employment, len(sites.industries)
    if not (np.isfinite(size) & (size >= 0)).all():
        wrong = size[~(np.isfinite(size) & (size >= 0))]
        raise DataError(
            say(
                "{n_wrong} sites have employment {wrong}. Expected 0 or more. Correct them, or "
                "leave those sites out.",
                n_wrong=len(wrong),
                wrong=examples(wrong),
            )
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


def coagglomeration(
    panel: Panel,
    *,
    employment: str = "employment",
    period: str | None = None,
    herfindahl: Mapping[str, float] | None = None,
) -> Coagglomeration:
    """Measure which pairs of industries locate together.

    γᶜ of two industries is ``Σ (s_i − x)(s_j − x) / (1 − Σx²)`` (Ellison, Glaeser and Kerr's
    form, in which plant sizes drop out; they enter the standard error).

    Parameters
    ----------
    panel, employment, period, herfindahl
        As for :func:`concentration`.
    """
    if len(panel.industries) < 2:
        raise DataError(
            say(
                "The panel has {n_industries} industries. Coagglomeration takes two. Give finer "
                "classes.",
                n_industries=len(panel.industries),
            )
        )
    workers, when = positive_amounts(panel, employment, period)
    plants = amounts(panel, "plants", period)[0] if "plants" in panel.values else None
    suppressed = int(np.isnan(workers).sum())
    workers = _employed(panel, workers, employment)
    powers = _plant_sizes(panel, workers, plants, herfindahl, period)
    share, base = workers / workers.sum(axis=0), workers.sum(axis=1) / workers.sum()
    gamma, error = pairwise_coagglomeration(share, base, powers.second)
    notes = [*panel.notes, *_HERFINDAHL_NOTES[powers.origin]]
    if suppressed:
        notes.insert(0, say("{n:,} suppressed cells count as no employment.", n=suppressed))
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
            say(
                "{n_keep} industries have every index (of both answers). A comparison of ranks "
                "needs three. Compute both with one classification, or give finer classes.",
                n_keep=len(keep),
            )
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
            say(
                "{n_columns} indices differ between the industries. A comparison needs two. Give "
                "finer areas or classes.",
                n_columns=len(columns),
            )
        )
    left = [code for k, code in enumerate(answer.industries) if k not in set(keep.tolist())]
    values = np.stack(list(columns.values()), axis=1)
    ranks = scipy.stats.rankdata(-values, axis=0)
    names = tuple(columns)
    drivers = _Drivers(
        large_plants=scipy.stats.rankdata(-answer.herfindahl[keep]),
        few_plants=scipy.stats.rankdata(answer.plants[keep]),
    )
    return Disagreement(
        industries=tuple(answer.industries[k] for k in keep),
        industry_names=tuple(answer.industry_names[k] for k in keep),
        indices=names,
        ranks=ranks,
        agreement=np.corrcoef(ranks.T),
        reasons=tuple(_reason(names, ranks[k], k, drivers, answer.areas) for k in range(len(keep))),
        notes=(
            *(
                say("{index} is the same for all industries: left out.", index=word(name))
                for name in tied
            ),
            *(
                [
                    say(
                        "Industries without one of the indices: {industries}.",
                        industries=some_of(left),
                    )
                ]
                if left
                else []
            ),
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
        raise ParameterError(say("A sweep needs two areal units or more. Give more panels."))
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
        notes=(
            say(
                "Shares are of the areas of each division; areas outside a division are not "
                "counted in it."
            ),
        ),
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
    def notes(self) -> tuple[Message, ...]:
        """What follows for γ, the Maurel–Sédillot index and their errors."""
        return (*_HERFINDAHL_NOTES[self.origin], *_ERROR_NOTES[self.origin])


_HERFINDAHL_NOTES: Mapping[str, tuple[Message, ...]] = {
    "plants": (),
    "squares": (),
    "cell means": (
        say(
            "Sizes of plants are unknown: those of a cell are taken as equal, which makes H a "
            "lower bound and the standard errors too small."
        ),
    ),
}
_ERROR_NOTES: Mapping[str, tuple[Message, ...]] = {
    "plants": (say("H and the standard errors are from the sizes of the plants."),),
    "squares": (
        say(
            "H is from the sizes of the plants. The standard errors take 1/H plants of equal size, "
            "since only squares are known: with unequal plants those of γ are smaller than shown."
        ),
    ),
    "cell means": (say("γ and the Maurel–Sédillot index are therefore upper bounds."),),
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
                say(
                    "Industries without a Herfindahl index: {missing}. Expected one each. Compute "
                    "them from the same records with plant_herfindahls.",
                    missing=examples(missing),
                )
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
        say(
            "The panel holds {values}. γ needs plants, or herfindahl=… Add one.",
            values=examples(panel.values),
        )
    )


def _employed(panel: Panel, workers: Floats, employment: str) -> Floats:
    """Workers with suppressed cells as 0; refuse one area, and industries without workers."""
    if len(panel.areas) < 2:
        raise DataError(
            say("The panel has one area. Concentration needs two or more. Give finer areas.")
        )
    filled = np.nan_to_num(workers)
    total = filled.sum(axis=0)
    empty = [code for code, size in zip(panel.industries, total, strict=True) if size == 0]
    if empty:
        raise DataError(
            say(
                "Industries that employ no one: {empty} ({n_empty} of {n_total}). An area share "
                "needs a positive total. Use panel.drop_empty({employment!r}) first.",
                empty=examples(empty),
                n_empty=len(empty),
                n_total=len(total),
                employment=employment,
            )
        )
    there = np.flatnonzero(filled.sum(axis=1))
    if len(there) == 1:
        raise DataError(
            say(
                "Only {area} has any {employment!r}. Concentration needs two areas that have. Give "
                "finer areas.",
                area=panel.areas[there[0]],
                employment=employment,
            )
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
    """γ and its standard error under random location, each ``(industries,)``.

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
    """The index of Maurel and Sédillot and its error under random location, ``(industries,)``.

    Parameters
    ----------
    herfindahl, third, fourth
        ``Σ z²``, ``Σ z³`` and ``Σ z⁴`` of plant sizes, ``(industries,)``.

    Notes ----- Under random location ``Σs² = H + Σ_{k≠l} z_k z_l 1(same area)``. Two plants meet
    with probability ``Σx²``; pairs that share a plant are dependent through ``Σx³``.
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
    """γᶜ of every pair and its error under random location, ``(industries, industries)``.

    The shares of an industry that locates at random scatter around ``x`` with covariance
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
    z = np.stack([standardised(column) for column in values.T], axis=1)
    areas, columns = z.shape
    total = weights.sum()
    observed = (z * (weights @ z)).sum(axis=0) / total
    exceeded = np.zeros(columns)
    at_once = max(NUMBERS_AT_ONCE // max(z.size, 1), 1)
    for start in range(0, permutations, at_once):
        times = min(at_once, permutations - start)
        orders = np.stack([rng.permutation(areas) for _ in range(times)], axis=1)
        again = z[orders].reshape(areas, times * columns)
        drawn = (again * (weights @ again)).sum(axis=0).reshape(times, columns) / total
        exceeded += (drawn >= observed - EQUAL).sum(axis=0)
    p = (exceeded + 1) / (permutations + 1)
    return observed, np.where(np.isfinite(observed), p, np.nan)


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


def _reason(
    names: tuple[str, ...], ranks: Floats, k: int, drivers: _Drivers, areas: int
) -> Message:
    count = len(drivers.large_plants)
    if ranks.max() - ranks.min() < max(3, count / 4):
        return joined([])
    rank = dict(zip(names, ranks, strict=True))
    gap, said = count / 5, list[Message]()
    raw = min(rank["locational_gini"], rank["theil"])
    if rank["ellison_glaeser"] - raw > gap:
        if drivers.large_plants[k] <= count / 3:
            said.append(
                say(
                    "plant sizes: a few large plants make the shares unequal; with H taken out "
                    "(γ) less is left"
                )
            )
        else:
            said.append(say("area sizes: unequal over many small areas, which γ weighs less"))
    elif raw - rank["ellison_glaeser"] > gap:
        said.append(
            say("area sizes: far above its share in a few large areas, which γ weighs more")
        )
    if "moran" in rank and rank["moran"] - rank["ellison_glaeser"] > gap:
        said.append(
            say(
                "areal unit: concentrated in single ones of the {areas} areas, not across borders",
                areas=areas,
            )
        )
    elif "moran" in rank and rank["ellison_glaeser"] - rank["moran"] > gap:
        said.append(say("distance: spread over neighbouring areas, which γ does not see"))
    if "k_density" in rank and abs(rank["k_density"] - rank["ellison_glaeser"]) > gap:
        near = rank["k_density"] < rank["ellison_glaeser"]
        said.append(
            say(
                "distance: pairs of plants are near each other across borders of areas"
                if near
                else "distance: workers are concentrated, plants are not near each other"
            )
        )
    return joined(said)
