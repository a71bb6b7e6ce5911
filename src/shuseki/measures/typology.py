"""Which of the four types is an agglomeration, in what degree, and on what evidence?

Definition. The 2006 White Paper on Small and Medium Enterprises, as quoted by the 2012 paper,
names four types. Each is given by what can be measured of it:

=====================================  ==========================================================
type                                   traits that speak for it
=====================================  ==========================================================
company town 企業城下町型               the mean worker's plant is large; one industry leads
local-product district 産地型           plants in excess in one consumer-goods or household-ware
                                       industry; small plants
urban complex 都市型複合                plants in machinery and metals; many of their classes;
                                       many such plants; early growth
attracted complex 誘致型複合            workers in machinery; growth since the start of the
                                       record beyond the nation; larger plants
=====================================  ==========================================================

A trait becomes its rank among the areas, 0 to 1. The score of a type is the geometric mean of its
traits; membership is the cube of the score over the sum of cubes, so that the four add up to 1. An
area in the middle of every trait is a quarter of each: a graded answer, not a label.

Takes a panel of plants and workers by area and industry in one period, and, for the two types that
differ by their time of growth, a panel of an amount over many years. Gives memberships, with the
traits as evidence.
Sources: White Paper 2006, as quoted in section 1.1 of the 2012 paper, with named examples.
Checked against: those examples (docs/measures/types.md counts hits and misses).
Limits: two-digit industries cannot tell cutlery from other metal products, nor spectacles from
other instruments. Branch plants are not in public statistics; growth since the start stands for
late arrival. Plant sizes inside a cell are not seen, only their mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = ["JSIC_10", "TYPES", "TYPES_JA", "IndustryGroups", "Types", "agglomeration_types"]

TYPES = ("company town", "local-product district", "urban complex", "attracted complex")
TYPES_JA = ("企業城下町型集積", "産地型集積", "都市型複合集積", "誘致型複合集積")

TRAITS: Mapping[str, tuple[str, ...]] = {
    "company town": ("plant_size_of_mean_worker", "leading_industry_share"),
    "local-product district": ("local_product_excess", "small_plants"),
    "urban complex": ("machinery_metal_share", "machinery_variety", "machinery_plants", "early"),
    "attracted complex": ("machinery_worker_share", "late_growth_per_year", "plant_size"),
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
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    period: str
    membership: Floats
    traits: pd.DataFrame
    ranks: pd.DataFrame

    @property
    def leading(self) -> tuple[str, ...]:
        """The type with the highest membership."""
        return tuple(TYPES[k] for k in self.membership.argmax(axis=1))

    def headline(self) -> str:
        """Name the clearest example of each type."""
        parts = []
        for k, name in enumerate(TYPES):
            first = int(self.membership[:, k].argmax())
            parts.append(f"{name} {self.area_names[first]} ({self.membership[first, k]:.0%})")
        return (
            f"Clearest of {len(self.areas)} areas in {self.period}: {', '.join(parts)}; "
            f"{int((self.membership.max(axis=1) < 0.5).sum())} areas have no type above a half."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area: membership, leading type, traits."""
        frame = pd.DataFrame({"area": self.areas, "area_name": self.area_names})
        for k, name in enumerate(TYPES):
            frame[f"membership_{name.replace(' ', '_').replace('-', '_')}"] = self.membership[:, k]
        frame["leading"] = self.leading
        return pd.concat([frame, self.traits.reset_index(drop=True)], axis=1)

    def evidence(self, area: str) -> pd.DataFrame:
        """One row per trait of the leading types of one area: its value and rank."""
        if area not in self.areas:
            raise UnknownCodeError.among("area", [area], self.areas)
        k = self.areas.index(area)
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


def agglomeration_types(
    panel: Panel,
    *,
    groups: IndustryGroups = JSIC_10,
    plants: str = "plants",
    workers: str = "employment",
    period: str | None = None,
    history: Panel | None = None,
    history_variable: str = "shipments_yen",
    fewest_plants: float = 30,
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
    fewest_plants
        Areas with fewer are left out: their traits are noise.

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
    kept = np.flatnonzero((count.sum(axis=1) >= fewest_plants) & (size.sum(axis=1) > 0))
    if len(kept) < 4:
        raise DataError(
            f"{len(kept)} areas have {fewest_plants:g} plants or more. Ranks need four areas. Use "
            "larger areas."
        )
    traits = measure_traits(count[kept], size[kept], panel.industries, groups)
    notes = list(panel.notes)
    if suppressed:
        notes.insert(0, f"{suppressed} suppressed cells count as no workers.")
    small = len(panel.areas) - len(kept)
    if small:
        notes.insert(0, f"{small} areas of fewer than {fewest_plants:g} plants are left out.")
    sources = panel.sources
    if history is None:
        notes.insert(0, "Without a history, timing does not enter the last two types.")
    else:
        rows = [history.position("area", panel.areas[k]) for k in kept]
        traits["late_growth_per_year"] = late_growth(
            np.nansum(history.variable(history_variable), axis=1)[rows],
            np.array([float(year) for year in history.periods]),
            None if period is None else float(period),
        )
        sources = (*sources, *history.sources)
    ranks = trait_ranks(traits)
    names = panel.area_names or panel.areas
    return Types(
        areas=tuple(panel.areas[k] for k in kept),
        area_names=tuple(names[k] for k in kept),
        period=period or panel.periods[0],
        membership=memberships(ranks),
        traits=traits,
        ranks=ranks,
        notes=tuple(notes),
        sources=(*dict.fromkeys(sources), AGGLOMERATION_2012.at("section 1.1")),
    )


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


def late_growth(amount: Floats, years: Floats, until: float | None) -> Floats:
    """Log growth per year beyond all areas from the first years to the last, ``(areas,)``.

    The first and last three years are averaged, so that one year does not decide.
    """
    used = np.ones(len(years), dtype=bool) if until is None else years <= until
    known = np.where(amount > 0, amount, np.nan)[:, used]
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


def trait_ranks(traits: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the traits, 0 to 1 (unknown: the middle), with the reversed ones named."""
    ranks = pd.DataFrame(
        {
            name: (rankdata(values.to_numpy(), nan_policy="omit") - 0.5) / values.notna().sum()
            for name, values in traits.items()
        }
    ).fillna(0.5)
    ranks["small_plants"] = 1 - ranks["plant_size"]
    if "late_growth_per_year" in ranks:
        ranks["early"] = 1 - ranks["late_growth_per_year"]
    return ranks


def memberships(ranks: pd.DataFrame) -> Floats:
    """Cube of the geometric mean of each type's ranks, rows add up to 1, ``(areas, 4)``."""
    scores = np.stack(
        [
            np.exp(np.log(ranks[[name for name in traits if name in ranks]]).mean(axis=1))
            for traits in TRAITS.values()
        ],
        axis=1,
    )
    cubes = scores**3
    membership: Floats = cubes / cubes.sum(axis=1, keepdims=True)
    return membership


def _measured(trait: str) -> str:
    return {"small_plants": "plant_size", "early": "late_growth_per_year"}.get(trait, trait)
