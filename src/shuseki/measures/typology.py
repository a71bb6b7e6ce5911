"""Which of the four types is an agglomeration, in what degree, and on what evidence?

Definition. The 2006 White Paper on Small and Medium Enterprises, as quoted by the 2012 paper,
names four types. Each is given by what can be measured of it:

=====================================  ==========================================================
type, as defined                       traits that speak for it
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

A trait becomes its rank among the areas, 0 to 1. The score of a type is the geometric mean of its
traits; membership is the cube of the score over the sum of cubes, so that the four add up to 1. An
area in the middle of every trait is a quarter of each: a graded answer, not a label.

Membership says of what kind, not how much. An agglomeration, to the 2012 paper, is many related
firms near one another. Beside membership stands therefore the leading group of each area: of
machinery and metals together, or one local product, the group with most plants beyond the nation's
share. An area is called an agglomeration if that group has 100 plants or more and a location
quotient above 1; only those are listed by default.

Takes a panel of plants and workers by area and industry in one period, and, for the two types that
differ by their time of growth, a panel of an amount over many years. Gives memberships, with the
traits as evidence.
Sources: White Paper 2006, as quoted in section 1.1 of the 2012 paper, with twelve named examples;
the 2006 paper names four more.
Checked against: those sixteen (docs/measures/types.md counts hits and misses).
Limits: two-digit industries cannot tell cutlery from other metal products, nor spectacles from
other instruments. Branch plants are not in public statistics; growth since the start stands for
late arrival. Plant sizes inside a cell are not seen, only their mean. Places of food, wood, paper
or chemicals lie outside the four types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.measures.visibility import SEEN_ENOUGH, seen_share
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = [
    "JSIC_10",
    "JSIC_11",
    "JSIC_12",
    "TYPES",
    "TYPES_JA",
    "IndustryGroups",
    "Types",
    "agglomeration_types",
    "named_examples",
]

TYPES = ("company town", "local-product district", "urban complex", "attracted complex")
TYPES_JA = ("企業城下町型集積", "産地型集積", "都市型複合集積", "誘致型複合集積")

Traits = Mapping[str, tuple[str, ...]]
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
POWER = 3
MANY_PLANTS = 100
"""Plants of the leading group that make an agglomeration, if its quotient is above 1."""
EQUAL = 1 / len(TYPES)
SEEN_WELL = 0.5

ENGINEERING_NAME = "machinery and metals"
ENGINEERING_NAME_JA = "機械・金属"

DATA = Path(__file__).parent / "data"

WORDS: Mapping[str, tuple[str, str, Callable[[float], float]]] = {
    # trait: English, Japanese, how the measured value is shown
    "plant_size_of_mean_worker": (
        "the mean worker's plant has {:,.0f} workers",
        "平均的な従業者が働く事業所の規模は{:,.0f}人",
        float,
    ),
    "leading_industry_share": (
        "{:.0%} of workers in one industry",
        "最大業種に従業者の{:.0%}",
        float,
    ),
    "machinery_plants": (
        "{:,.0f} plants in machinery and metals",
        "機械・金属の事業所数{:,.0f}",
        float,
    ),
    "local_product_excess": (
        "plants in one local product {:.0f} points above the nation",
        "地場産品1業種の事業所構成比が全国を{:.0f}ポイント上回る",
        lambda value: 100 * value,
    ),
    "small_plants": (
        "small plants, {:.0f} workers each",
        "事業所の平均規模{:.0f}人と小さい",
        float,
    ),
    "machinery_metal_share": (
        "{:.0%} of plants in machinery and metals",
        "事業所の{:.0%}が機械・金属",
        float,
    ),
    "machinery_variety": (
        "{:.1f} effective classes of machinery and metals",
        "機械・金属の実効業種数{:.1f}",
        lambda value: float(np.exp(value)),
    ),
    "early_share": (
        "{:.2%} of the nation's output when the record starts",
        "統計の初期に全国の出荷額の{:.2%}",
        float,
    ),
    "machinery_worker_share": (
        "{:.0%} of workers in machinery",
        "従業者の{:.0%}が機械",
        float,
    ),
    "late_growth_per_year": (
        "output has grown {:+.1f} points a year beyond the nation",
        "出荷額の年平均伸び率は全国比{:+.1f}ポイント",
        lambda value: 100 * value,
    ),
    "plant_size": ("plants of {:.0f} workers", "事業所の平均規模{:.0f}人", float),
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
    related_group, related_plants, related_location_quotient
        The leading group of each area, its plants and its quotient.
    seen_share
        Of the plants of each area, the share whose industry is known; 1 unless a panel of all
        plants was given.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    division: str
    period: str
    membership: Floats
    traits: pd.DataFrame
    ranks: pd.DataFrame
    related_group: tuple[str, ...]
    related_plants: Floats
    related_location_quotient: Floats
    seen_share: Floats

    @property
    def leading(self) -> tuple[str, ...]:
        """The type with the highest membership."""
        return tuple(TYPES[k] for k in self.membership.argmax(axis=1))

    @property
    def agglomeration(self) -> Bools:
        """Whether many related plants are there: 100 or more, and more than the nation's share."""
        many: Bools = (self.related_plants >= MANY_PLANTS) & (self.related_location_quotient > 1)
        return many

    def headline(self, lang: str = "en") -> str:
        """Count the agglomerations, and name the clearest of each type by its score."""
        ja, which, parts = lang == "ja", self.membership.argmax(axis=1), []
        scores = type_scores(self.ranks)
        for k, name in enumerate(TYPES_JA if ja else TYPES):
            of_type = self.agglomeration & (which == k)
            if not of_type.any():
                parts.append(f"{name}なし" if ja else f"{name} none")
                continue
            first = int(np.where(of_type, scores[:, k], -1).argmax())
            clearest = self.area_names[first]
            share = f"{self.membership[first, k]:.0%}"
            parts.append(
                f"{name}{int(of_type.sum())}（代表は{clearest}、{share}）"
                if ja
                else f"{name} {int(of_type.sum())} (clearest {clearest}, {share})"
            )
        count = int(self.agglomeration.sum())
        if ja:
            return f"{self.period}年、{len(self.areas)}地域中{count}が集積：{'、'.join(parts)}。"
        return (
            f"{count} of {len(self.areas)} areas are agglomerations in {self.period}: "
            f"{', '.join(parts)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area: membership, leading type, how much of an agglomeration, traits."""
        frame = pd.DataFrame({"area": self.areas, "area_name": self.area_names})
        for k, name in enumerate(TYPES):
            frame[f"membership_{name.replace(' ', '_').replace('-', '_')}"] = self.membership[:, k]
        frame["leading"] = self.leading
        frame["agglomeration"] = self.agglomeration
        frame["related_group"] = self.related_group
        frame["related_plants"] = self.related_plants
        frame["related_location_quotient"] = self.related_location_quotient
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
        """Say what speaks for the types of one area, in English or Japanese.

        The first sentence says how much of an agglomeration it is; then comes one for each type
        with more than a quarter of the membership, the strongest first.
        """
        k, ja = self._row(area), lang == "ja"
        name, group = self.area_names[k], self.related_group[k]
        plants, quotient = self.related_plants[k], self.related_location_quotient[k]
        is_one = bool(self.agglomeration[k])
        if ja:
            group = ENGINEERING_NAME_JA if group == ENGINEERING_NAME else group
            said = [
                f"{name}：{group}の{plants:,.0f}事業所、特化係数{quotient:.1f}（"
                + ("集積に該当" if is_one else "集積に該当せず")
                + "）。"
            ]
        else:
            said = [
                f"{name} is {'an' if is_one else 'not an'} agglomeration: {plants:,.0f} plants in "
                f"{group}, {quotient:.1f} times the nation's share."
            ]
        if self.seen_share[k] < SEEN_WELL:
            said.append(
                f"業種が公表されている事業所は全体の{self.seen_share[k]:.0%}。"
                if ja
                else f"The industry of {self.seen_share[k]:.0%} of its plants is published."
            )
        count = len(self.areas)
        for t in np.argsort(self.membership[k])[::-1]:
            if self.membership[k, t] <= EQUAL:
                continue
            parts = []
            for trait in TRAITS[TYPES[t]]:
                if trait not in self.ranks:
                    continue
                english, japanese, shown = WORDS[trait]
                value = shown(float(self.traits[_measured(trait)].iloc[k]))
                place = count - round(float(self.ranks[trait].iloc[k]) * count - 0.5)
                if ja:
                    parts.append(f"{japanese.format(value)}（{count}地域中{place}位）")
                else:
                    parts.append(f"{english.format(value)} (place {place} of {count})")
            share = self.membership[k, t]
            if ja:
                said.append(f"{TYPES_JA[t]}（所属度{share:.0%}）：{'、'.join(parts)}。")
            else:
                said.append(f"{TYPES[t].capitalize()}, {share:.0%}: {'; '.join(parts)}.")
        return tuple(said)

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

    Notes
    -----
    Suppressed cells count as no workers, with a note.
    """
    unknown = sorted(
        (groups.local_products | groups.metals | groups.machinery) - set(panel.industries)
    )
    if len(unknown) > 3:
        raise ParameterError(
            f"Groups name industries that the panel lacks: {examples(unknown)}. Expected codes "
            f"such as {examples(panel.industries)}. Give groups=… of the panel's classification."
        )
    count, size = panel.variable(plants, period), panel.variable(workers, period)
    if count.ndim == 3:
        raise ParameterError(
            f"The panel has {len(panel.periods)} periods. Expected one: name it with period=…"
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
            f"{len(kept)} areas have {fewest_plants:g} plants or more. Ranks need four areas. Use "
            "larger areas."
        )
    traits = measure_traits(count[kept], size[kept], panel.industries, groups)
    notes = list(panel.notes)
    if suppressed:
        notes.insert(0, f"{suppressed} suppressed cells count as no workers.")
    if not large.all():
        notes.insert(
            0, f"{int((~large).sum())} areas of fewer than {fewest_plants:g} plants are left out."
        )
    hidden = np.flatnonzero(large & (seen < smallest_seen_share))
    if len(hidden):
        names_of = panel.area_names or panel.areas
        notes.insert(
            0,
            f"{len(hidden)} areas are left out, since the industry of fewer than "
            f"{smallest_seen_share:.0%} of their plants is known: "
            f"{examples([names_of[k] for k in hidden])}.",
        )
    sources = panel.sources
    if history is None:
        notes.insert(0, "Without a history, timing does not enter the last two types.")
    else:
        rows = [history.position("area", panel.areas[k]) for k in kept]
        amount = np.nansum(history.variable(history_variable), axis=1)
        traits["late_growth_per_year"] = late_growth(
            amount[rows],
            np.array([float(year) for year in history.periods]),
            float(period or panel.periods[0]),
        )
        traits["early_share"] = early_share(amount)[rows]
        sources = (*sources, *history.sources)
    ranks = trait_ranks(traits)
    names = panel.area_names or panel.areas
    labels = dict(zip(panel.industries, panel.industry_names or panel.industries, strict=True))
    related = related_groups(count[kept], panel.industries, groups)
    return Types(
        areas=tuple(panel.areas[k] for k in kept),
        area_names=tuple(names[k] for k in kept),
        division=panel.division,
        period=period or panel.periods[0],
        membership=memberships(ranks),
        traits=traits,
        ranks=ranks,
        related_group=tuple(labels.get(code, ENGINEERING_NAME) for code in related.index),
        related_plants=related["plants"].to_numpy(),
        related_location_quotient=related["location_quotient"].to_numpy(),
        seen_share=seen[kept],
        notes=tuple(notes),
        sources=(*dict.fromkeys(sources), AGGLOMERATION_2012.at("section 1.1")),
    )


@lru_cache
def named_examples() -> pd.DataFrame:
    """Places that the two papers name with their type: ``place``, ``district``, ``type``, …"""
    return pd.read_csv(DATA / "named_examples.csv", dtype=str)


# ---- array functions: count and size are (areas, industries) --------------------------------


def measure_traits(
    count: Floats, size: Floats, industries: tuple[str, ...], groups: IndustryGroups
) -> pd.DataFrame:
    """Measure the traits that one period shows, one row per area."""
    product, metal, machine = (
        np.array([code in group for code in industries])
        for group in (groups.local_products, groups.metals, groups.machinery)
    )
    plants, workers = count.sum(axis=1), size.sum(axis=1)
    mean_size = np.divide(size, count, out=np.zeros_like(size), where=count > 0)
    share = count / plants[:, None]
    excess = share - count.sum(axis=0) / count.sum()
    engineering = count[:, metal | machine]
    within = np.divide(
        engineering,
        engineering.sum(axis=1, keepdims=True),
        out=np.zeros_like(engineering),
        where=engineering.sum(axis=1, keepdims=True) > 0,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        variety = -np.where(within > 0, within * np.log(within), 0).sum(axis=1)
    return pd.DataFrame(
        {
            "plant_size_of_mean_worker": (mean_size * size).sum(axis=1) / workers,
            "leading_industry_share": size.max(axis=1) / workers,
            "local_product_excess": excess[:, product].max(axis=1),
            "plant_size": workers / plants,
            "machinery_metal_share": share[:, metal | machine].sum(axis=1),
            "machinery_variety": variety,
            "machinery_plants": engineering.sum(axis=1),
            "machinery_worker_share": size[:, machine].sum(axis=1) / workers,
        }
    )


def late_growth(amount: Floats, years: Floats, until: float) -> Floats:
    """Log growth per year beyond all areas from the first years to the last, ``(areas,)``.

    The first and last three years are averaged, so that one year does not decide.
    """
    known = np.where(amount > 0, amount, np.nan)[:, years <= until]
    if known.shape[1] < 10:
        raise ParameterError(
            f"The history has {known.shape[1]} years up to the period. Late arrival needs ten."
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
    ``plants`` and ``location_quotient``.
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
    return pd.DataFrame(
        {"plants": plants[rows, lead], "location_quotient": quotient[rows, lead]},
        index=codes[lead],
    )


def trait_ranks(traits: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the traits, 0 to 1 (unknown: the middle), with the reversed ones named."""
    ranks = pd.DataFrame(
        {
            name: (rankdata(values.to_numpy(), nan_policy="omit") - 0.5) / values.notna().sum()
            for name, values in traits.items()
        }
    ).fillna(0.5)
    ranks["small_plants"] = 1 - ranks["plant_size"]
    return ranks


def type_scores(ranks: pd.DataFrame, traits: Traits = TRAITS, *, mean: str = "geometric") -> Floats:
    """Mean of each type's ranks, 0 to 1, ``(areas, 4)``."""
    scores = []
    for names in traits.values():
        table = ranks[[name for name in names if name in ranks]].to_numpy()
        scores.append(
            np.exp(np.log(table).mean(axis=1)) if mean == "geometric" else table.mean(axis=1)
        )
    return np.stack(scores, axis=1)


def memberships(
    ranks: pd.DataFrame, traits: Traits = TRAITS, *, power: float = POWER, mean: str = "geometric"
) -> Floats:
    """Power of each type's score, rows add up to 1, ``(areas, 4)``."""
    powers = type_scores(ranks, traits, mean=mean) ** power
    membership: Floats = powers / powers.sum(axis=1, keepdims=True)
    return membership


def _measured(trait: str) -> str:
    return "plant_size" if trait == "small_plants" else trait
