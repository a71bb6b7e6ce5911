"""Which of the four types is an agglomeration, in what degree, and on what evidence?

Definition. The 2006 White Paper on Small and Medium Enterprises, as quoted by the 2012 paper,
names four types. Each is given by what can be measured of it:

=====================================  ==========================================================
type, as defined                       traits that indicate it
=====================================  ==========================================================
company town 企業城下町型: the mass     the mean worker's plant is large; one industry leads; there
plant of one large firm, with many     are many plants in machinery and metals (who could supply)
subcontractors around
local-product district 産地型: firms    plants in excess in one consumer-goods or household-ware
of one line of consumer goods          industry; small plants
urban complex 都市型複合: related       plants in machinery and metals; many of their classes;
firms in town since before the war,    many such plants; a large share of the nation's output
mostly machinery and metals            when the record starts
attracted complex 誘致型複合: plants    workers in machinery; growth since the start of the
that came later, of firms elsewhere    record beyond the nation; larger plants
=====================================  ==========================================================

A trait becomes its rank among the areas, 0 to 1, as far as it is known: the plants of an area are
a sample of those that such a place could have, so each trait is known with an error and
a bias (from plants drawn again, each industry a Poisson number, each plant with its size), is drawn
towards the mean of all areas by as much as its error says, and its rank is the expected one. The
score of a type is the geometric mean of its traits; membership is the cube of the score over the
sum of cubes, so that the four add up to 1. An area in the middle of every trait, or one of which
nothing is known, is a quarter of each: membership is a degree, not a label. Each membership has an
interval, and each leading type the probability that it leads.

Membership says of what kind an area is, not how much. In the 2012 paper an agglomeration is many
related firms near one another. The result therefore also gives the leading group of each area: of
machinery and metals together, or one local product, the group with most plants beyond the nation's
share. An area is called an agglomeration if that group has 100 plants or more and the lower bound
of its location quotient is above 1: exact binomial bounds, 95 % for all groups of the area at once.
``chance_agglomerations`` counts what the rule finds where every area has the nation's mix.

Takes a panel of plants and workers by area and industry in one period, and, for the two types that
differ by their time of growth, a panel of an amount over many years. Gives memberships, with the
traits as evidence.
Sources: White Paper 2006, as quoted in section 1.1 of the 2012 paper, with twelve named examples;
the 2006 paper names four more. Clopper and Pearson (1934), Biometrika 26, for the bounds; Laird and
Louis (1989), Journal of Educational Statistics 14, for expected ranks; DerSimonian and Laird
(1986), Controlled Clinical Trials 7, for how much areas differ beyond their errors.
Checked against: those sixteen (docs/measures/types.md counts hits and misses).
Limits: two-digit industries do not separate cutlery from other metal products, nor spectacles from
other instruments. Branch plants are not in public statistics; growth since the start stands for
late arrival. Plant sizes inside a cell are not seen, only their mean; their spread is assumed
(standard deviation twice the mean). The two traits of timing have no error here. Places of food,
wood, paper or chemicals lie outside the four types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import scipy
from scipy.special import entr, ndtr

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, say, told, word
from shuseki.language.names import some_of
from shuseki.measures.amounts import amounts, series
from shuseki.measures.visibility import SEEN_ENOUGH, seen_share
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = [
    "JSIC_10",
    "JSIC_11",
    "JSIC_12",
    "TYPES",
    "ChanceTypes",
    "IndustryGroups",
    "Types",
    "agglomeration_types",
    "chance_agglomerations",
    "named_examples",
]

TYPES = ("company town", "local-product district", "urban complex", "attracted complex")

Traits = Mapping[str, tuple[str, ...]]
Ranks = pd.DataFrame | Mapping[str, Floats]
TRAITS: Traits = {
    "company town": ("plant_size_of_mean_worker", "leading_industry_share", "machinery_plants"),
    "local-product district": ("local_product_excess", "small_plants"),
    "urban complex": (
        "machinery_metal_share",
        "machinery_variety",
        "machinery_plants",
        "early_share",
    ),
    "attracted complex": ("machinery_worker_share", "late_growth_per_year", "plant_size"),
}
LOGGED = ("plant_size_of_mean_worker", "plant_size", "machinery_plants", "early_share")
"""Traits whose errors are in proportion."""
POWER = 3
MANY_PLANTS = 100
"""Plants of the leading group that make an agglomeration, if its quotient is surely above 1."""
SURE = 0.95
SIZE_VARIATION = 2.0
"""Standard deviation of the sizes of plants in one industry and area, over their mean."""
REDRAWS = 400
DRAWS = 200
COVERED = 0.90
EQUAL = 1 / len(TYPES)
SEEN_WELL = 0.5

ENGINEERING_NAME = "machinery and metals"

DATA = Path(__file__).parent / "data"

SAID: Mapping[str, Callable[[float], Message]] = {
    # how the measured value of each trait is said
    "plant_size_of_mean_worker": lambda size: say(
        "the mean worker's plant has {size:,.0f} workers", size=size
    ),
    "leading_industry_share": lambda share: say(
        "{share:.0%} of workers in one industry", share=share
    ),
    "machinery_plants": lambda n: say("{n:,.0f} plants in machinery and metals", n=n),
    "local_product_excess": lambda share: say(
        "plants in one local product {points:.0f} points above the nation", points=100 * share
    ),
    "small_plants": lambda size: say("small plants, {size:.0f} workers each", size=size),
    "machinery_metal_share": lambda share: say(
        "{share:.0%} of plants in machinery and metals", share=share
    ),
    "machinery_variety": lambda entropy: say(
        "{n:.1f} effective classes of machinery and metals", n=float(np.exp(entropy))
    ),
    "early_share": lambda share: say(
        "{share:.2%} of the nation's output when the record starts", share=share
    ),
    "machinery_worker_share": lambda share: say("{share:.0%} of workers in machinery", share=share),
    "late_growth_per_year": lambda growth: say(
        "output has grown {points:+.1f} points a year beyond the nation", points=100 * growth
    ),
    "plant_size": lambda size: say("plants of {size:.0f} workers", size=size),
}


@dataclass(frozen=True, slots=True)
class IndustryGroups:
    """Which industries count as local products, and which as machinery and metals.

    Attributes
    ----------
    local_products
        Consumer goods, and metal products for their household ware.
    metals, machinery
        Two disjoint sets.
    """

    local_products: frozenset[str]
    metals: frozenset[str]
    machinery: frozenset[str]


JSIC_10 = IndustryGroups(
    local_products=frozenset({"14", "15", "17", "24", "25", "28", "32", "34"}),
    metals=frozenset({"26", "27", "28"}),
    machinery=frozenset({"29", "30", "31", "32"}),
)
"""Two-digit groups of JSIC revision 10 (1993): textiles, apparel, furniture, leather, ceramics,
metal products, precision instruments (with spectacles), other; metals; machinery."""


JSIC_11 = IndustryGroups(
    local_products=frozenset({"11", "12", "14", "21", "22", "25", "31", "32"}),
    metals=frozenset({"23", "24", "25"}),
    machinery=frozenset({"26", "27", "28", "29", "30", "31"}),
)
"""The same of revision 11 (2002–2007)."""

JSIC_12 = IndustryGroups(
    local_products=frozenset({"11", "13", "20", "21", "24", "32"}),
    metals=frozenset({"22", "23", "24"}),
    machinery=frozenset({"25", "26", "27", "28", "29", "30", "31"}),
)
"""The same of revision 12 (2008–2012), where spectacles moved to other manufacturing."""


@result
class Types(Result):
    """Membership of each area in the four types.

    Attributes
    ----------
    membership
        Shape ``(areas, 4)``, rows add up to 1.
    traits
        Measured traits, one row per area; shares unless the name says otherwise.
    ranks
        The same as ranks among areas, 0 to 1.
    membership_lower, membership_upper
        Between which the memberships lie with 90 % probability, ``(areas, 4)``.
    leading_chance
        Probability that the leading type leads, ``(areas,)``.
    related_group, related_plants, related_location_quotient
        The leading group of each area, its plants and its quotient.
    related_lower, related_upper
        Bounds of the quotient, each with 95 % for all groups of the area at once.
    seen_share
        Of the plants of each area, the share whose industry is known; 1 unless a panel of all
        plants was given.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    division: str
    period: str
    membership: Floats
    membership_lower: Floats
    membership_upper: Floats
    leading_chance: Floats
    traits: pd.DataFrame
    ranks: pd.DataFrame
    related_group: tuple[str, ...]
    related_plants: Floats
    related_location_quotient: Floats
    related_lower: Floats
    related_upper: Floats
    seen_share: Floats

    @property
    def leading(self) -> tuple[str, ...]:
        """The type with the highest membership."""
        return tuple(TYPES[k] for k in self.membership.argmax(axis=1))

    @property
    def agglomeration(self) -> Bools:
        """Whether many related plants are there: 100, and surely more than the nation's share."""
        many: Bools = (self.related_plants >= MANY_PLANTS) & (self.related_lower > 1)
        return many

    def headline(self) -> Message:
        """Count the agglomerations, and name the clearest of each type by its score."""
        which, parts = self.membership.argmax(axis=1), []
        scores = type_scores(self.ranks)
        for k, name in enumerate(TYPES):
            of_type = self.agglomeration & (which == k)
            if not of_type.any():
                parts.append(say("{type} none", type=word(name)))
                continue
            first = int(np.where(of_type, scores[:, k], -1).argmax())
            parts.append(
                say(
                    "{type} {n} (clearest {area}, {share:.0%})",
                    type=word(name),
                    n=int(of_type.sum()),
                    area=self.area_names[first],
                    share=self.membership[first, k],
                )
            )
        return say(
            "{count} of {n} areas are agglomerations in {period}: {types}.",
            count=int(self.agglomeration.sum()),
            n=len(self.areas),
            period=self.period,
            types=joined(parts, ", "),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area: membership, leading type, how much of an agglomeration, traits."""
        frame = pd.DataFrame({"area": self.areas, "area_name": self.area_names})
        for k, name in enumerate(TYPES):
            frame[f"membership_{name.replace(' ', '_').replace('-', '_')}"] = self.membership[:, k]
            frame[f"membership_{name.replace(' ', '_').replace('-', '_')}_lower"] = (
                self.membership_lower[:, k]
            )
            frame[f"membership_{name.replace(' ', '_').replace('-', '_')}_upper"] = (
                self.membership_upper[:, k]
            )
        frame["leading"] = self.leading
        frame["leading_probability"] = self.leading_chance
        frame["agglomeration"] = self.agglomeration
        frame["related_group"] = self.related_group
        frame["related_plants"] = self.related_plants
        frame["related_location_quotient"] = self.related_location_quotient
        frame["related_location_quotient_lower"] = self.related_lower
        frame["related_location_quotient_upper"] = self.related_upper
        frame["seen_share"] = self.seen_share
        return pd.concat([frame, self.traits.reset_index(drop=True)], axis=1)

    def evidence(self, area: str) -> pd.DataFrame:
        """One row per trait of the leading types of one area: its value and rank."""
        k = self._row(area)
        rows = [
            {
                "type": name,
                "membership": self.membership[k, TYPES.index(name)],
                "trait": trait,
                "value": self.traits[_measured(trait)].iloc[k],
                "rank": self.ranks[trait].iloc[k],
            }
            for name, traits in TRAITS.items()
            for trait in traits
            if trait in self.ranks
        ]
        return pd.DataFrame(rows).sort_values(
            ["membership", "rank"], ascending=False, ignore_index=True
        )

    def why(self, area: str, lang: str = "en") -> tuple[str, ...]:
        """Say why one area belongs to its types, in English or Japanese.

        The first sentence says how much of an agglomeration it is; then comes one for each type
        with more than a quarter of the membership, the strongest first.
        """
        k = self._row(area)
        values = {
            "area": self.area_names[k],
            "plants": self.related_plants[k],
            "group": word(self.related_group[k]),
            "quotient": self.related_location_quotient[k],
            "low": self.related_lower[k],
            "high": self.related_upper[k],
        }
        said = [
            say(
                "{area} is an agglomeration: {plants:,.0f} plants in {group}, {quotient:.2f} times "
                "the nation's share ({low:.2f}–{high:.2f})."
                if self.agglomeration[k]
                else "{area} is not an agglomeration: {plants:,.0f} plants in {group}, "
                "{quotient:.2f} times the nation's share ({low:.2f}–{high:.2f}).",
                **values,
            )
        ]
        if self.seen_share[k] < SEEN_WELL:
            said.append(
                say(
                    "The industry of {share:.0%} of its plants is published.",
                    share=self.seen_share[k],
                )
            )
        said += [
            say(
                "Membership in the type {type} {share:.0%} ({low:.0%}–{high:.0%}): {traits}.",
                type=word(TYPES[t]),
                share=self.membership[k, t],
                low=self.membership_lower[k, t],
                high=self.membership_upper[k, t],
                traits=joined(self._traits(k, TYPES[t])),
            )
            for t in np.argsort(self.membership[k])[::-1]
            if self.membership[k, t] > EQUAL
        ]
        return tuple(told(sentence, lang) for sentence in said)

    def _traits(self, k: int, of_type: str) -> list[Message]:
        """Value and place of each trait of a type in one area."""
        count = len(self.areas)
        return [
            say(
                "{value} (place {place} of {n})",
                value=SAID[trait](float(self.traits[_measured(trait)].iloc[k])),
                place=count - round(float(self.ranks[trait].iloc[k]) * count - 0.5),
                n=count,
            )
            for trait in TRAITS[of_type]
            if trait in self.ranks
        ]

    def check(self, named: pd.DataFrame | None = None) -> pd.DataFrame:
        """Compare with places whose type is known.

        Parameters
        ----------
        named
            ``place``, ``district`` (area code), ``type``; ``named_examples()`` by default.

        Returns
        -------
        DataFrame
            One row per place: its leading type, the membership and the place (1 to 4) of the type
            it is named for, and whether we call it an agglomeration. Places that were left out
            have no leading type.
        """
        table = named_examples() if named is None else named
        rows, at, known = self._named(table)
        mine = self.membership[rows, at]
        place = 1 + (self.membership[rows] > mine[:, None]).sum(axis=1)
        found = pd.DataFrame(
            {
                "leading": [self.leading[k] for k in rows],
                "membership_of_named": mine,
                "place_of_named": place,
                "leading_probability": self.leading_chance[rows],
                "agglomeration": self.agglomeration[rows],
            },
            index=table.index[known],
        )
        return table.join(found.astype({"place_of_named": "Int64"}).reindex(table.index))

    def sensitivity(self, named: pd.DataFrame | None = None) -> pd.DataFrame:
        """Count the named places that lead with their type under other choices of ours.

        Parameters
        ----------
        named
            As for ``check``.

        Returns
        -------
        DataFrame
            One row per choice: each trait left out, other powers, the arithmetic mean; ``hits``
            of ``known`` places, and ``first_or_second``.
        """
        rows, at, _ = self._named(named_examples() if named is None else named)
        choices: dict[str, Floats] = {"as chosen": self.membership}
        for name, traits in TRAITS.items():
            for trait in traits:
                if trait in self.ranks:
                    fewer = {**TRAITS, name: tuple(t for t in traits if t != trait)}
                    choices[f"{name} without {trait}"] = memberships(self.ranks, fewer)
        for power in (1, 2, 4, 5):
            choices[f"power {power}"] = memberships(self.ranks, power=power)
        choices["arithmetic mean"] = memberships(self.ranks, mean="arithmetic")
        found = []
        for choice, membership in choices.items():
            chosen = membership[rows]
            before = (chosen > chosen[np.arange(len(rows)), at][:, None]).sum(axis=1)
            found.append(
                {
                    "choice": choice,
                    "hits": int((before == 0).sum()),
                    "first_or_second": int((before <= 1).sum()),
                    "known": len(rows),
                }
            )
        return pd.DataFrame(found)

    def _named(self, table: pd.DataFrame) -> tuple[list[int], list[int], Bools]:
        """Rows and types of the named places that were not left out, and which those are."""
        known: Bools = table["district"].isin(self.areas).to_numpy()
        rows = [self.areas.index(code) for code in table["district"][known]]
        return rows, [TYPES.index(name) for name in table["type"][known]], known

    def _row(self, area: str) -> int:
        if area not in self.areas:
            raise UnknownCodeError.among("area", [area], self.areas)
        return self.areas.index(area)


@result
class ChanceTypes(Result):
    """What the rule finds where every area has the nation's mix of industries.

    Attributes
    ----------
    found
        Agglomerations in each redrawn nation, ``(times,)``.
    above
        Areas whose leading group has 100 plants or more and a quotient above 1, sure or not.
    strongest, surest
        Largest membership, and largest probability of leading, of what is called an agglomeration
        in each nation (0 where nothing is).
    areas, actual
        How many areas there are, and how many of the real ones are agglomerations.
    """

    found: Ints
    above: Ints
    strongest: Floats
    surest: Floats
    areas: int
    actual: int

    @property
    def rate(self) -> float:
        """Mean share of areas that are called agglomerations by chance."""
        return float(self.found.mean() / self.areas)

    def headline(self) -> Message:
        """Say how many there would be by chance."""
        return say(
            "With the nation's mix in every area, {mean:.1f} of {n} ({rate:.1%}) are called "
            "agglomerations on average of {times} redraws, {most} at most; {actual} are in fact.",
            mean=self.found.mean(),
            n=self.areas,
            rate=self.rate,
            times=len(self.found),
            most=int(self.found.max()),
            actual=self.actual,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per redrawn nation."""
        return pd.DataFrame(
            {
                "found": self.found,
                "above": self.above,
                "strongest_membership": self.strongest,
                "surest_leading": self.surest,
            }
        )


def agglomeration_types(
    panel: Panel,
    *,
    groups: IndustryGroups = JSIC_10,
    plants: str = "plants",
    workers: str = "employment",
    period: str | None = None,
    history: Panel | None = None,
    history_variable: str = "shipments_yen",
    all_plants: Panel | None = None,
    fewest_plants: float = 30,
    smallest_seen_share: float = SEEN_ENOUGH,
    size_variation: float = SIZE_VARIATION,
    seed: int = 0,
) -> Types:
    """Give each area's membership in the four types, with the evidence.

    Parameters
    ----------
    panel
        Plants and workers by area and two-digit industry.
    groups
        Which industries count as what.
    plants, workers, period
        Names of the variables, and when.
    history
        An amount over many years for the same areas (any order). Without it the traits of timing
        are left out of the last two types, with a note.
    history_variable
        Its name.
    all_plants
        All plants of the same areas and periods (any order), where the panel holds those of
        published industries only.
    fewest_plants, smallest_seen_share
        Areas with fewer plants, or with a smaller share of plants whose industry is known, are
        left out, with a note: their traits are noise, or those of their suburbs.
    size_variation
        Standard deviation of the sizes of plants in one industry and area, over their mean.
    seed
        Of the random numbers behind the errors of the traits.

    Notes
    -----
    Suppressed cells count as no workers, with a note.
    """
    unknown = sorted(
        (groups.local_products | groups.metals | groups.machinery) - set(panel.industries)
    )
    if len(unknown) > 3:
        raise ParameterError(
            say(
                "Groups name industries that the panel lacks: {unknown}. Expected codes such as "
                "{industries}. Give groups=… of the panel's classification.",
                unknown=examples(unknown),
                industries=examples(panel.industries),
            )
        )
    count, size = amounts(panel, plants, period)[0], amounts(panel, workers, period)[0]
    if count.ndim == 3:
        raise ParameterError(
            say(
                "The panel has {n_periods} periods. Expected one: name it with period=…",
                n_periods=len(panel.periods),
            )
        )
    suppressed = int((np.isnan(size) & (np.nan_to_num(count) > 0)).sum())
    count, size = np.nan_to_num(count), np.nan_to_num(size)
    large = (count.sum(axis=1) >= fewest_plants) & (size.sum(axis=1) > 0)
    seen = np.ones(len(count))
    if all_plants is not None:
        when = panel.position("period", period or panel.periods[0])
        seen = seen_share(panel, all_plants, plants)[:, when]
    kept = np.flatnonzero(large & (seen >= smallest_seen_share))
    if len(kept) < 4:
        raise DataError(
            say(
                "{n_kept} areas have {fewest_plants:g} plants or more. Ranks need four areas. Use "
                "larger areas.",
                n_kept=len(kept),
                fewest_plants=fewest_plants,
            )
        )
    luck = [np.random.default_rng([seed, crc32(panel.areas[k].encode())]) for k in kept]
    traits = pd.DataFrame(measure_traits(count[kept], size[kept], panel.industries, groups))
    errors, biases = trait_errors(
        count[kept], size[kept], panel.industries, groups, size_variation, luck
    )
    notes = list(panel.notes)
    if suppressed:
        notes.insert(0, say("{n:,} suppressed cells count as no workers.", n=suppressed))
    if not large.all():
        notes.insert(
            0,
            say(
                "{n:,} areas of fewer than {fewest:g} plants are left out.",
                n=int((~large).sum()),
                fewest=fewest_plants,
            ),
        )
    hidden = np.flatnonzero(large & (seen < smallest_seen_share))
    if len(hidden):
        names_of = panel.area_names or panel.areas
        notes.insert(
            0,
            say(
                "{n:,} areas are left out, since the industry of fewer than {share:.0%} of their "
                "plants is known: {areas}.",
                n=len(hidden),
                share=smallest_seen_share,
                areas=some_of(names_of[k] for k in hidden),
            ),
        )
    sources = panel.sources
    if history is None:
        notes.insert(0, say("Without a history, timing does not enter the last two types."))
    else:
        rows = [history.position("area", panel.areas[k]) for k in kept]
        amount = np.nansum(series(history, history_variable), axis=1)
        traits["late_growth_per_year"] = late_growth(
            amount[rows],
            np.array(history.years, dtype=float),
            panel.year(period or panel.periods[0]),
        )
        traits["early_share"] = early_share(amount)[rows]
        sources = (*sources, *history.sources)
    middle, spread = shrunk_traits(traits, errors, biases)
    ranks = expected_ranks(middle, spread)
    drawn = memberships(drawn_ranks(middle, spread, luck))
    membership = memberships(ranks)
    lower, upper = np.quantile(drawn, [(1 - COVERED) / 2, (1 + COVERED) / 2], axis=0)
    leads = drawn.argmax(axis=2) == membership.argmax(axis=1)
    names = panel.area_names or panel.areas
    labels = dict(zip(panel.industries, panel.industry_names or panel.industries, strict=True))
    related = related_groups(count[kept], panel.industries, groups)
    return Types(
        areas=tuple(panel.areas[k] for k in kept),
        area_names=tuple(names[k] for k in kept),
        division=panel.division,
        period=period or panel.periods[0],
        membership=membership,
        membership_lower=np.minimum(lower, membership),
        membership_upper=np.maximum(upper, membership),
        leading_chance=leads.mean(axis=0),
        traits=traits,
        ranks=ranks,
        related_group=tuple(labels.get(code, ENGINEERING_NAME) for code in related.index),
        related_plants=related["plants"].to_numpy(),
        related_location_quotient=related["location_quotient"].to_numpy(),
        related_lower=related["lower"].to_numpy(),
        related_upper=related["upper"].to_numpy(),
        seen_share=seen[kept],
        notes=tuple(notes),
        sources=(
            *dict.fromkeys(sources),
            AGGLOMERATION_2012.at(say("section {number}", number="1.1")),
        ),
    )


def chance_agglomerations(
    panel: Panel,
    *,
    plants: str = "plants",
    workers: str = "employment",
    period: str | None = None,
    times: int = 20,
    seed: int = 0,
    **options: Any,
) -> ChanceTypes:
    """Give every area the nation's mix of industries, and count what is called an agglomeration.

    Each plant of each area draws its industry by the nation's shares, and its size around the
    nation's mean in that industry; the number of plants stays.

    Parameters
    ----------
    panel, plants, workers, period, options
        As for ``agglomeration_types``.
    times, seed
        Redraws, and the seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    actual = agglomeration_types(panel, plants=plants, workers=workers, period=period, **options)
    one = panel if period is None else panel.select(periods=[period])
    count = np.nan_to_num(one.cross_section(plants))
    size = np.nan_to_num(one.cross_section(workers))
    share = count.sum(axis=0) / count.sum()
    mean = size.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
    variation = options.get("size_variation", SIZE_VARIATION)
    rows = []
    for _ in range(times):
        redrawn = rng.multinomial(count.sum(axis=1).round().astype(int), share).astype(float)
        employed = drawn_sizes(redrawn, mean, variation, rng)
        nation = one.with_variable(plants, redrawn[:, :, None]).with_variable(
            workers, employed[:, :, None]
        )
        found = agglomeration_types(nation, plants=plants, workers=workers, **options)
        called = found.agglomeration
        above = (found.related_plants >= MANY_PLANTS) & (found.related_location_quotient > 1)
        surest = float(found.leading_chance[called].max()) if called.any() else 0.0
        strongest_one = float(found.membership[called].max()) if called.any() else 0.0
        rows.append((int(called.sum()), int(above.sum()), strongest_one, surest))
    numbers, many, strongest, sure = (np.array(column) for column in zip(*rows, strict=True))
    return ChanceTypes(
        found=numbers,
        above=many,
        strongest=strongest,
        surest=sure,
        areas=len(actual.areas),
        actual=int(actual.agglomeration.sum()),
        notes=(say("The areas are drawn with the nation's mix; they are not the real ones."),),
        sources=panel.sources,
    )


@lru_cache
def named_examples() -> pd.DataFrame:
    """Places that the two papers name with their type: ``place``, ``district``, ``type``, …"""
    return pd.read_csv(DATA / "named_examples.csv", dtype=str)


# ---- array functions: count and size are (areas, industries) --------------------------------


def measure_traits(
    count: Floats, size: Floats, industries: tuple[str, ...], groups: IndustryGroups
) -> dict[str, Floats]:
    """Measure the traits that one period shows, each ``(…, areas)``.

    ``count`` and ``size`` may have axes before those of areas and industries: so many nations.
    """
    product, metal, machine = (
        np.array([code in group for code in industries])
        for group in (groups.local_products, groups.metals, groups.machinery)
    )
    plants, workers = count.sum(axis=-1), size.sum(axis=-1)
    mean_size = np.divide(size, count, out=np.zeros_like(size), where=count > 0)
    share = count / plants[..., None]
    nation = count.sum(axis=-2, keepdims=True)
    excess = share - nation / nation.sum(axis=-1, keepdims=True)
    engineering = count[..., metal | machine]
    whole = engineering.sum(axis=-1, keepdims=True)
    within = np.divide(
        engineering, whole, out=np.zeros_like(share[..., metal | machine]), where=whole > 0
    )
    return {
        "plant_size_of_mean_worker": (mean_size * size).sum(axis=-1) / workers,
        "leading_industry_share": size.max(axis=-1) / workers,
        "local_product_excess": excess[..., product].max(axis=-1),
        "plant_size": workers / plants,
        "machinery_metal_share": share[..., metal | machine].sum(axis=-1),
        "machinery_variety": entr(within).sum(axis=-1),
        "machinery_plants": engineering.sum(axis=-1),
        "machinery_worker_share": size[..., machine].sum(axis=-1) / workers,
    }


def late_growth(amount: Floats, years: Floats, until: float) -> Floats:
    """Log growth per year beyond all areas from the first years to the last, ``(areas,)``.

    The first and last three years are averaged, so that one year does not decide.
    """
    known = np.where(amount > 0, amount, np.nan)[:, years <= until]
    if known.shape[1] < 10:
        raise ParameterError(
            say(
                "The history has {known_shape} years up to the period. Late arrival needs ten.",
                known_shape=known.shape[1],
            )
        )
    with np.errstate(all="ignore"):
        first, last = (
            np.array([np.nanmean(part) if np.isfinite(part).any() else np.nan for part in block])
            for block in (known[:, :3], known[:, -3:])
        )
    span = known.shape[1] - 3
    growth = np.log(last / first) / span
    whole = np.log(np.nansum(last) / np.nansum(first)) / span
    relative: Floats = growth - whole
    return relative


def early_share(amount: Floats) -> Floats:
    """Share of all areas in the amount of the first three known years, ``(areas,)``."""
    known = np.where(amount > 0, amount, np.nan)[:, :3]
    years = np.isfinite(known).sum(axis=1)
    first = np.divide(
        np.nansum(known, axis=1), years, out=np.full(len(known), np.nan), where=years > 0
    )
    share: Floats = first / np.nansum(first)
    return share


def related_groups(
    count: Floats, industries: tuple[str, ...], groups: IndustryGroups
) -> pd.DataFrame:
    """The group of each area with most plants beyond the nation's share.

    Index: code of the local product, or ``""`` for machinery and metals together; columns
    ``plants``, ``location_quotient``, and its bounds ``lower`` and ``upper``: exact binomial ones
    of the group's share of the area's plants, each with 95 % for all groups of the area at once.
    """
    engineering = np.array([code in groups.metals | groups.machinery for code in industries])
    products = [code for code in industries if code in groups.local_products]
    codes = np.array(["", *products])
    members = np.stack([engineering, *(np.array(industries) == code for code in products)], axis=1)
    plants = count @ members
    total = count.sum(axis=1)
    expected = total[:, None] * plants.sum(axis=0) / total.sum()
    lead = (plants - expected).argmax(axis=1)
    rows = np.arange(len(count))
    quotient = np.divide(plants, expected, out=np.full(plants.shape, np.nan), where=expected > 0)
    mine, nation = plants[rows, lead], expected[rows, lead] / total
    error = (1 - SURE) / len(codes)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.nan_to_num(scipy.stats.beta.ppf(error, mine, total - mine + 1)) / nation
        upper = (
            np.nan_to_num(scipy.stats.beta.ppf(1 - error, mine + 1, total - mine), nan=1.0) / nation
        )
    return pd.DataFrame(
        {
            "plants": mine,
            "location_quotient": quotient[rows, lead],
            "lower": lower,
            "upper": upper,
        },
        index=codes[lead],
    )


def drawn_sizes(count: Floats, mean: Floats, variation: float, rng: np.random.Generator) -> Floats:
    """Draw the workers of cells of ``count`` plants of mean size ``mean``, ``(areas, industries)``.

    The sum of ``n`` sizes with standard deviation ``variation`` times the mean is drawn as a gamma
    variable.
    """
    shape = np.maximum(count, 0) / variation**2
    workers: Floats = np.where(shape > 0, rng.gamma(np.maximum(shape, 1e-9)), 0) * variation**2
    return workers * mean


def trait_errors(
    count: Floats,
    size: Floats,
    industries: tuple[str, ...],
    groups: IndustryGroups,
    variation: float,
    luck: Sequence[np.random.Generator],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Standard errors and biases of the traits that one period shows, from plants drawn again.

    The largest of several shares is too large on average, the more so the fewer the plants: that is
    a bias. Traits of ``LOGGED`` have the error and bias of their log. Each area has a generator of
    its own, so that the order of areas does not matter.
    """
    mean = np.divide(size, count, out=np.zeros_like(size), where=count > 0)
    observed = _scaled(measure_traits(count, size, industries, groups))
    shape = (REDRAWS, count.shape[1])
    plants = np.stack([rng.poisson(own, shape) for rng, own in zip(luck, count, strict=True)], 1)
    workers = np.stack(
        [
            drawn_sizes(again, own, variation, rng)
            for rng, again, own in zip(luck, plants.swapaxes(0, 1), mean, strict=True)
        ],
        axis=1,
    )
    lost = workers.sum(axis=2) == 0
    redrawn: Floats = np.where(lost[:, :, None], count, plants).astype(float)
    workers = np.where(lost[:, :, None], size, workers)
    drawn = _scaled(measure_traits(redrawn, workers, industries, groups))
    errors = {name: again.std(axis=0) for name, again in drawn.items()}
    biases = {name: again.mean(axis=0) - observed[name] for name, again in drawn.items()}
    return pd.DataFrame(errors), pd.DataFrame(biases)


def shrunk_traits(
    traits: pd.DataFrame, errors: pd.DataFrame, biases: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Middle and standard deviation of what each trait can be, given all areas.

    Normal, around the mean of all areas with the variance that their errors do not explain (by the
    weighted moments of DerSimonian and Laird, 1986). Traits without errors stay as they are.
    """
    middle = pd.DataFrame(_scaled({str(name): v.to_numpy() for name, v in traits.items()}))
    spread = pd.DataFrame(0.0, index=middle.index, columns=middle.columns)
    for name in errors:
        value = middle[name].to_numpy() - biases[name].to_numpy()
        variance = errors[name].to_numpy() ** 2
        variance = np.maximum(variance, max(1e-3 * float(np.median(variance)), 1e-12))
        weight = 1 / variance
        mean = (weight * value).sum() / weight.sum()
        excess = (weight * (value - mean) ** 2).sum() - (len(value) - 1)
        between = max(excess / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0)
        kept = between / (between + variance)
        if between > 0:
            mean = (kept * value).sum() / kept.sum()
        middle[name] = mean + kept * (value - mean)
        spread[name] = np.sqrt(kept * variance)
    return middle, spread


def _scaled(traits: Mapping[str, Floats]) -> dict[str, Floats]:
    """The traits, those of ``LOGGED`` as logs (of nothing: of half a plant, or next to nothing)."""
    least = {"machinery_plants": 0.5}
    return {
        name: np.log(np.maximum(value, least.get(name, 1e-9))) if name in LOGGED else value
        for name, value in traits.items()
    }


def expected_ranks(middle: pd.DataFrame, spread: pd.DataFrame) -> pd.DataFrame:
    """Expected ranks of the traits, 0 to 1 (unknown: the middle), with the reversed ones named.

    ``middle`` and ``spread`` say what each trait can be, one row per area.
    """
    ranks = {}
    for name, values in middle.items():
        known = values.notna().to_numpy()
        value, error = values.to_numpy()[known], spread[name].to_numpy()[known]
        apart = value[:, None] - value[None, :]
        both = np.sqrt(error[:, None] ** 2 + error[None, :] ** 2)
        ahead = np.where(both > 0, apart / np.maximum(both, 1e-12), np.sign(apart) * 40)
        rank = np.full(len(values), 0.5)
        rank[known] = ndtr(ahead).mean(axis=1)
        ranks[str(name)] = rank
    return pd.DataFrame(_with_reversed(ranks))


def drawn_ranks(
    middle: pd.DataFrame, spread: pd.DataFrame, luck: Sequence[np.random.Generator]
) -> dict[str, Floats]:
    """Ranks of traits drawn from what they can be, each ``(DRAWS, areas)``."""
    ranks = {}
    for name, values in middle.items():
        known = values.notna().to_numpy()
        drawn = np.stack([rng.standard_normal(DRAWS) for rng in luck], axis=1)
        drawn = values.to_numpy() + spread[name].to_numpy() * drawn
        rank = np.full(drawn.shape, 0.5)
        rank[:, known] = (scipy.stats.rankdata(drawn[:, known], axis=1) - 0.5) / known.sum()
        ranks[str(name)] = rank
    return _with_reversed(ranks)


def type_scores(ranks: Ranks, traits: Traits = TRAITS, *, mean: str = "geometric") -> Floats:
    """Mean of each type's ranks, 0 to 1, ``(…, areas, 4)``."""
    scores = []
    for names in traits.values():
        table = np.stack([np.asarray(ranks[name]) for name in names if name in ranks], axis=-1)
        scores.append(
            np.exp(np.log(table).mean(axis=-1)) if mean == "geometric" else table.mean(axis=-1)
        )
    return np.stack(scores, axis=-1)


def memberships(
    ranks: Ranks, traits: Traits = TRAITS, *, power: float = POWER, mean: str = "geometric"
) -> Floats:
    """Power of each type's score, rows add up to 1, ``(…, areas, 4)``."""
    powers = type_scores(ranks, traits, mean=mean) ** power
    membership: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return membership


def _with_reversed(ranks: dict[str, Floats]) -> dict[str, Floats]:
    return {**ranks, "small_plants": 1 - ranks["plant_size"]}


def _measured(trait: str) -> str:
    return "plant_size" if trait == "small_plants" else trait
