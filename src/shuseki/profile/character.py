"""Of which type is the area, in which stage, and which clusters reach into it?

Types are memberships in the four of the White Paper 2006 (``measures.change.typology``), the stage
one of six with its probability (``measures.change.lifecycle``), clusters sets of neighbouring
municipalities in which an industry has more plants than chance (``measures.clusters``), K-density
whether the leading industry is localised in the nation and up to what distance
(``measures.distance``).

Takes: a base. Gives: ``Character`` of one area. Of the 253 districts and the municipalities the
answers are bundled (``derive/profile_tables.py`` makes them with ``character_table`` and the
functions of ``industry_tables``); of any other division types and stages are computed.
Sources: those of the measures.
Limits: types want industries (cities, 2001), stages six years in a row (2001–2012): both are older
than the accounts. Clusters and K-density are of 2012, plants at the centres of municipalities.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.catalogue import entries, load
from shuseki.datasets.public import manufacturing_panel, shipments_panel
from shuseki.errors import ShusekiError
from shuseki.geography.bundled import DISTRICTS
from shuseki.industries.classification import classification
from shuseki.language import Message, joined, say, word
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.measures.change.lifecycle import STAGES, LifeCycle, life_cycle
from shuseki.measures.change.typology import (
    JSIC_10,
    TYPES,
    Types,
    agglomeration_types,
    named_examples,
)
from shuseki.panel import Panel
from shuseki.profile.base import LATEST, Base, industry_names
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = ["Character", "character_of", "character_table"]

FEWEST_PLANTS = 10
BUNDLED = {
    DISTRICTS: "profile-character-districts",
    "municipality": "profile-character-municipalities",
    "prefecture": "profile-character-prefectures",
    "commuting-zone-1995": "profile-character-commuting-zones",
}
YEARS = 6


@result
class Character(Result):
    """Types, stage, clusters and K-density of one area.

    Attributes
    ----------
    membership, membership_lower, membership_upper
        In the four types, ``(4,)``; ``nan`` where the area is too small.
    leading_chance
        Probability that the leading type leads.
    agglomeration
        Whether many related plants are there; ``None`` where unknown.
    stage_year, stage_probability
        Last year of the series, and the six stages then, ``(6,)``; ``nan`` where unknown.
    why, evidence
        Sentences on the types and the stage.
    renewal
        Probability that it grows again after shrinking.
    outlook_per_year
        Growth of workers per year expected then for five years: 5, 50, 95 %.
    clusters
        Industry, members in the area, members in all, plants of the cluster, its ratio to chance.
    localisation
        What K-density says of the leading industry.
    named
        The type that one of the papers names this area for, or nothing.
    """

    area: str
    area_name: Message
    membership: Floats
    membership_lower: Floats
    membership_upper: Floats
    leading_chance: float
    agglomeration: bool | None
    stage_probability: Floats
    renewal: float
    outlook_per_year: Floats
    why: tuple[Message, ...]
    evidence: tuple[Message, ...]
    clusters: tuple[tuple[Message, int, int, float, float], ...]
    localisation: Message | None
    named: str = ""
    stage_year: str = ""

    @property
    def leading(self) -> str:
        """The type with the highest membership, or nothing."""
        return TYPES[int(self.membership.argmax())] if np.isfinite(self.membership).all() else ""

    @property
    def beside_the_paper(self) -> Message | None:
        """Whether the statistics say the type that the paper names, and if not why not."""
        if not self.named or not self.leading:
            return None
        at = TYPES.index(self.named)
        if self.named == self.leading:
            return say("The paper names it as {type}: so do the statistics.", type=word(self.named))
        return say(
            "The paper names it as {named} (membership here {share:.0%}). Two-digit statistics of "
            "2001 put {leading} first: they know neither whether a plant's customers are consumers "
            "or machine makers, nor who came when.",
            named=word(self.named),
            share=float(self.membership[at]),
            leading=word(self.leading),
        )

    @property
    def stage(self) -> str:
        """The likeliest stage, or nothing."""
        known = np.isfinite(self.stage_probability).all()
        return STAGES[int(self.stage_probability.argmax())] if known else ""

    @property
    def shrinking(self) -> float:
        """Probability of contraction or decline."""
        return float(self.stage_probability[-2:].sum())

    def headline(self) -> Message:
        """Say type and stage with their probabilities."""
        parts: list[Message] = []
        if self.leading:
            parts.append(
                say(
                    "{type} ({share:.0%}, leads with probability {chance:.0%})",
                    type=word(self.leading),
                    share=float(self.membership.max()),
                    chance=self.leading_chance,
                )
            )
        if self.stage:
            parts.append(
                say(
                    "stage in {year}: {stage} ({chance:.0%})",
                    year=self.stage_year,
                    stage=word(self.stage),
                    chance=float(self.stage_probability.max()),
                )
            )
        if not parts:
            parts.append(say("too few plants or years for a type or a stage"))
        return say("{area}: {parts}", area=self.area_name, parts=joined(parts))

    def to_frame(self) -> pd.DataFrame:
        """One row per type and stage."""
        rows: list[dict[str, Any]] = [
            {"kind": word("type"), "value": word(name), "probability": self.membership[k],
             "lower": self.membership_lower[k], "upper": self.membership_upper[k]}
            for k, name in enumerate(TYPES)
        ]  # fmt: skip
        rows += [
            {"kind": word("stage"), "value": word(name), "probability": self.stage_probability[k],
             "lower": np.nan, "upper": np.nan}
            for k, name in enumerate(STAGES)
        ]  # fmt: skip
        return in_both(rows)

    def clusters_frame(self) -> pd.DataFrame:
        """One row per cluster that reaches in."""
        columns = ("industry", "municipalities_here", "municipalities", "plants", "ratio")
        rows = (dict(zip(columns, row, strict=True)) for row in self.clusters)
        return in_both(rows, columns)


# ---- public verb -------------------------------------------------------------------------------


def character_of(base: Base, area: str) -> Character:
    """Give type, stage, clusters and localisation of one area."""
    row = base.position(area)
    table = _table(base)
    name = TwoNames(base.names("en")[row], base.names("ja")[row])
    found = table.loc[area] if area in table.index else None

    def numbers(prefix: str, count: int) -> Floats:
        if found is None:
            return np.full(count, np.nan)
        return np.array([found.get(f"{prefix}_{k}", np.nan) for k in range(count)], dtype=float)

    def sentences(key: str) -> tuple[Message, ...]:
        if found is None or not isinstance(found.get(f"{key}_en"), str):
            return ()
        pairs = zip(found[f"{key}_en"].split("\n"), found[f"{key}_ja"].split("\n"), strict=True)
        return tuple(TwoNames(en, ja) for en, ja in pairs if en)

    membership = numbers("membership", 4)
    stages = numbers("stage", 6)
    notes = []
    if not np.isfinite(membership).all():
        notes.append(say("Too few plants of known industry for a type."))
    if not np.isfinite(stages).all():
        notes.append(say("Too few plants or consecutive years for a stage."))
    known = found is not None and np.isfinite(membership).all()
    return Character(
        area=area,
        area_name=name,
        membership=membership,
        membership_lower=numbers("lower", 4),
        membership_upper=numbers("upper", 4),
        leading_chance=_number(found, "leading_chance") if known else np.nan,
        agglomeration=bool(found["agglomeration"]) if known and found is not None else None,
        stage_probability=stages,
        renewal=_number(found, "renewal"),
        outlook_per_year=numbers("outlook", 3),
        why=sentences("why"),
        evidence=sentences("evidence"),
        clusters=_reaching_in(base, area),
        localisation=_localised(base, row),
        stage_year=_stage_year(base),
        named=_named_types().get(area, "") if base.division.name == DISTRICTS else "",
        notes=tuple(notes),
        sources=(
            *base.sources,
            AGGLOMERATION_2012.at(
                say("section {number}, figure {figure}", number="1.1", figure="3-2")
            ),
        ),
    )


def _stage_year(base: Base) -> str:
    """Last year of the series from which stages are told."""
    if base.has_statistics or base.history is None:
        return str(LATEST)
    return base.history.periods[-1]


def _number(row: Any, key: str) -> float:
    return float(row[key]) if row is not None else float("nan")


@lru_cache
def _named_types() -> dict[str, str]:
    table = named_examples()
    return dict(zip(table["district"].astype(str).str.zfill(3), table["type"], strict=True))


def _reaching_in(base: Base, area: str) -> tuple[tuple[Message, int, int, float, float], ...]:
    return _clusters_of(base).get(area, ())


@lru_cache(maxsize=4)
def _clusters_of(base: Base) -> dict[str, tuple[tuple[Message, int, int, float, float], ...]]:
    """Area → the clusters that reach into it, those with most of its municipalities first."""
    if not base.has_statistics or not _has("profile-clusters"):
        return {}
    table = load("profile-clusters")
    area = base.division.assignment("2020-10-01")["area"].to_dict()
    table["area"] = table["municipality"].map(area)
    size = table.groupby(["industry", "cluster"])["municipality"].transform("size")
    table = table.assign(members=size).dropna(subset=["area"])
    here = table.groupby(["area", "industry", "cluster"], as_index=False).agg(
        here=("municipality", "size"), members=("members", "first"),
        plants=("plants", "first"), ratio=("ratio", "first"),
    )  # fmt: skip
    here = here.sort_values(["here", "ratio"], ascending=False)
    names = _industry_names()
    found: dict[str, list[tuple[Message, int, int, float, float]]] = {}
    for row in here.to_dict("records"):
        found.setdefault(str(row["area"]), []).append(
            (names[str(row["industry"])], int(row["here"]), int(row["members"]),
             float(row["plants"]), float(row["ratio"]))
        )  # fmt: skip
    return {code: tuple(rows) for code, rows in found.items()}


def _localised(base: Base, row: int) -> Message | None:
    if not base.has_statistics or base.mix is None or not _has("profile-kdensity"):
        return None
    number = base.columns["leading_industry_number"].iloc[row]
    if not np.isfinite(number):
        return None
    code = base.mix.industries[int(number)]
    table = _kdensity()
    if code not in table.index:
        return None
    one = table.loc[code]
    name = _industry_names()[code]
    if one["pattern"] != "localised":
        return say(
            "{industry} is not localised in the nation (K-density: {pattern})",
            industry=name,
            pattern=word(str(one["pattern"])),
        )
    return say(
        "{industry} is localised in the nation from {start:.0f} to {end:.0f} km (K-density, "
        "global band)",
        industry=name,
        start=_number(one, "localised_from_km"),
        end=_number(one, "localised_to_km"),
    )


@lru_cache
def _kdensity() -> pd.DataFrame:
    return load("profile-kdensity").set_index("industry")


@lru_cache
def _industry_names() -> dict[str, Message]:
    table = classification("jsic-12").table
    return {
        code: TwoNames(en, ja)
        for code, en, ja in zip(table["code"], table["name_en"], table["name_ja"], strict=True)
    }


def _has(name: str) -> bool:
    return any(entry.name == name for entry in entries())


# ---- the tables ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _table(base: Base) -> pd.DataFrame:
    name = BUNDLED.get(base.division.name, "")
    if base.has_statistics and name and _has(name):
        return load(name).set_index("area")
    return character_table(base)


def character_table(base: Base) -> pd.DataFrame:
    """Types and stages of all areas of a base, one row per area that has either."""
    parts = [part for part in (_types(base), _stages(base)) if part is not None]
    if not parts:
        return pd.DataFrame({"area": []}).set_index("area")
    return pd.concat(parts, axis=1).rename_axis("area").sort_index()


def _types(base: Base) -> pd.DataFrame | None:
    if not base.has_statistics:
        return None
    panel = manufacturing_panel(base.division, industries="jsic-10").drop_empty("employment")
    whole = manufacturing_panel(base.division, industries="total", years=[2001])
    try:
        found = agglomeration_types(
            panel, groups=JSIC_10, history=shipments_panel(base.division), all_plants=whole
        )
    except ShusekiError:
        return None
    in_japanese = agglomeration_types(
        _in_japanese(panel, base),
        groups=JSIC_10,
        history=shipments_panel(base.division),
        all_plants=whole,
    )
    return pd.concat(
        [
            pd.DataFrame(found.membership).add_prefix("membership_"),
            pd.DataFrame(found.membership_lower).add_prefix("lower_"),
            pd.DataFrame(found.membership_upper).add_prefix("upper_"),
            pd.DataFrame(
                {
                    "leading_chance": found.leading_chance,
                    "agglomeration": found.agglomeration,
                    "why_en": ["\n".join(_named(found, k, "en")) for k in range(len(found.areas))],
                    "why_ja": [
                        "\n".join(_named(in_japanese, k, "ja")) for k in range(len(found.areas))
                    ],
                }
            ),
        ],
        axis=1,
    ).set_index(pd.Index(found.areas))


def _in_japanese(panel: Panel, base: Base) -> Panel:
    """The panel with Japanese names of areas and industries."""
    names = dict(zip(base.codes, base.names("ja"), strict=True))
    return replace(
        panel,
        area_names=tuple(names[code] for code in panel.areas),
        industry_names=industry_names(panel.industries, "jsic-10")[1],
    )


def _named(found: Types, k: int, lang: str) -> tuple[str, ...]:
    """The sentences on one area; its name is left to the reader of the page."""
    return tuple(sentence.replace("\n", " ") for sentence in found.why(found.areas[k], lang))


def _stages(base: Base) -> pd.DataFrame | None:
    if base.has_statistics:
        panel = manufacturing_panel(base.division, industries="total")
    elif base.history is not None:
        panel = base.history
    else:
        return None
    try:
        found = _life_cycle(panel)
    except ShusekiError:
        return None
    pairs = list(zip(found.evidence("en"), found.evidence("ja"), strict=True))
    return pd.concat(
        [
            pd.DataFrame(found.probability[:, -1]).add_prefix("stage_"),
            pd.DataFrame(found.outlook_per_year).add_prefix("outlook_"),
            pd.DataFrame(
                {
                    "renewal": found.renewal,
                    "evidence_en": [en for en, _ in pairs],
                    "evidence_ja": [ja for _, ja in pairs],
                }
            ),
        ],
        axis=1,
    ).set_index(pd.Index(found.codes))


def _life_cycle(panel: Panel) -> LifeCycle:
    return life_cycle(panel, fewest_plants=FEWEST_PLANTS)
