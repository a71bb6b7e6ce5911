"""How does this area stand, why, and what follows? (カルテ)

``profile`` puts everything that is known of one area into one answer; ``compare`` sets several side
by side; ``what_if`` moves drivers of entry.

==============  ==================================================================================
part            question
==============  ==================================================================================
``position``    Where does it stand in each indicator, and how sure is that?
``character``   Of which type is it, in which stage, which clusters reach in?
``papers``      What do the two papers say of it, and do the statistics say the same?
``prefecture_industries``
                In which three-digit industries is its prefecture specialised?
``peers``       Which areas are built most alike, and why?
``trend``       How has it developed beside nation, prefecture and peers?
``frameworks``  Which conditions of the theories does it meet, and which does it lack?
``entry``       What entry is to be expected, and which drivers make the difference?
``what_if``     What would follow if a driver were different?
``theory``      What does a calibrated model say of productivity, closures, transport?
``lock_in``     How far is it from the locked-in state?
``directions``  What follows for policy, and what would overturn it?
==============  ==================================================================================

Takes: a code or a name; a division, or a panel of the user's. Gives: ``Profile``.
Sources: with every part. Limits: those of the parts; what is missing is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shuseki.datasets.catalogue import load
from shuseki.datasets.public import input_output_shares
from shuseki.errors import ParameterError
from shuseki.geography.bundled import DISTRICTS
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.districts import Division
from shuseki.industries.concordance import comparable_groups
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.measures.change.typology import TYPES
from shuseki.panel import Panel
from shuseki.profile.base import Base, base_of, base_of_panel
from shuseki.profile.character import Character, character_of
from shuseki.profile.directions import WORDS, Direction, Directions, directions, judge
from shuseki.profile.drivers import Drivers, drivers_of, equation, equations
from shuseki.profile.frameworks import (
    Framework,
    FrameworkScores,
    check_keys,
    frameworks,
    scores_of,
)
from shuseki.profile.indicators import Values, indicators, values_of
from shuseki.profile.paper_statements import PaperStatements, statements_on
from shuseki.profile.peers import Peers, peers_of, shares_of
from shuseki.profile.places import find, place
from shuseki.profile.position import Position, position_of
from shuseki.profile.prefecture_industries import (
    PrefectureIndustries,
    industries_around,
    quotients_around,
)
from shuseki.profile.rules import Facts
from shuseki.profile.trend import Trend, trend_of
from shuseki.profile.what_if import (
    LockIn,
    TheoryEffects,
    WhatIf,
    lock_in,
    steps_of,
    through_theory,
    what_if_of,
)
from shuseki.reading.toml import Faults
from shuseki.results import Result, result

__all__ = ["PARTS", "Comparison", "Profile", "compare", "indicator", "profile", "what_if"]

PARTS = ("position", "character", "papers", "prefecture_industries", "peers", "trend", "frameworks",
         "entry", "what_if", "theory", "lock_in", "directions")  # fmt: skip
NEAR_KM = 100.0
COMPLEMENT_QUOTIENT = 2.0


@dataclass(frozen=True, eq=False)
class Setting:
    """What a profile is computed with: the values of a base, frameworks and directions."""

    values: Values
    frameworks: tuple[Framework, ...]
    directions: tuple[Direction, ...]

    @property
    def base(self) -> Base:
        """The areas."""
        return self.values.base


@result
class Profile(Result):
    """Everything known of one area; each part is a result of its own.

    Attributes
    ----------
    area, area_name, division
        Which area, of which division.
    position, character, peers, trend, frameworks, directions
        See the module.
    entry
        Drivers by equation: ``"births"``, ``"high-tech births"``, ``"low-tech births"``, and
        ``"companies"`` where births of companies are bundled; empty without public statistics.
    papers, prefecture_industries
        ``None`` where the papers say nothing of it, where no prefecture is known.
    what_if
        Each driver by the step in which the paper tells its effect; ``None`` without public
        statistics.
    theory, lock_in
        ``None`` where they cannot be said.
    facts
        What the directions were judged on.
    """

    area: str
    area_name: Message
    prefecture: Message
    division: str
    position: Position
    character: Character
    papers: PaperStatements | None
    prefecture_industries: PrefectureIndustries | None
    peers: Peers
    trend: Trend
    frameworks: FrameworkScores
    entry: Mapping[str, Drivers]
    what_if: WhatIf | None
    theory: TheoryEffects | None
    lock_in: LockIn | None
    directions: Directions
    facts: Facts

    def headline(self) -> Message:
        """Say the area in one line."""
        return joined([self.character.headline(), self.frameworks.headline()], "; ")

    @property
    def missing(self) -> tuple[Message, ...]:
        """What this page cannot say, by name."""
        lacking = [
            entry.label
            for entry, why in zip(self.position.indicators, self.position.why_missing, strict=True)
            if why is not None
        ]
        if not self.entry:
            lacking.append(say("equations of entry"))
        elif "companies" not in self.entry:
            lacking.append(say("births of companies 2021–2026"))
        if self.theory is None:
            lacking.append(say("effects through the calibrated theory"))
        if self.lock_in is None:
            lacking.append(say("lock-in"))
        return tuple(lacking)

    def parts(self) -> dict[str, Result]:
        """The parts that there are, by name."""
        found: dict[str, Result] = {}
        for name in PARTS:
            if name == "entry":
                found |= {f"entry ({key})": one for key, one in self.entry.items()}
                continue
            one = getattr(self, name)
            if one is not None:
                found[name] = one
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row per indicator, as ``position.to_frame()``."""
        return self.position.to_frame()


@result
class Comparison(Result):
    """Several areas side by side."""

    profiles: tuple[Profile, ...]

    def headline(self) -> Message:
        """Name them."""
        return say(
            "{n} areas side by side: {areas}",
            n=len(self.profiles),
            areas=listed(one.area_name for one in self.profiles),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area and indicator or condition."""
        rows: list[dict[str, Any]] = []
        for one in self.profiles:
            for k, entry in enumerate(one.position.indicators):
                rows.append(
                    {
                        "area": one.area_name, "kind": say("indicator"), "what": entry.label,
                        "unit": entry.unit, "value": one.position.value[k],
                        "standing": one.position.standing[k],
                    }
                )  # fmt: skip
            for k, (framework, condition) in enumerate(one.frameworks.conditions):
                rows.append(
                    {
                        "area": one.area_name, "kind": framework.label, "what": condition.label,
                        "unit": say("score, 0 to 100"), "value": one.frameworks.score[k],
                        "standing": one.frameworks.score[k],
                    }
                )  # fmt: skip
        return in_both(rows)

    def directions_frame(self) -> pd.DataFrame:
        """One row per direction and area, with the verdict."""
        return in_both(
            {"direction": j.direction.label, "area": one.area_name, "verdict": WORDS[j.verdict]}
            for one in self.profiles
            for j in one.directions.judged
        )


# ---- public verbs ------------------------------------------------------------------------------


def profile(
    area: str,
    *,
    by: str | Division | None = None,
    panel: Panel | None = None,
    indicators: str | Path | None = None,
    frameworks: str | Path | None = None,
    directions: str | Path | None = None,
    given: Facts | None = None,
) -> Profile:
    """Put everything known of one area into one answer.

    Parameters
    ----------
    area
        Code or name, in Japanese or English.
    by
        Division; by default the 253 districts, then municipalities, then prefectures.
    panel
        Plants and employment of the user's own areas by industry and period, of any country:
        indicators of public statistics are then named as missing.
    indicators, frameworks, directions
        TOML files of the user's, in the form of the bundled ones.
    given
        Facts that only firms or a plan can say, such as ``{"brokerage_share": 0.6}``.

    Raises
    ------
    UnknownCodeError
        No area, or several, of that name.

    Examples
    --------
    >>> page = profile("東大阪")
    >>> page.area, page.character.leading
    ('154', 'local-product district')
    """
    if panel is not None:
        base = base_of_panel(panel, by if isinstance(by, Division) else None)
        code = find(base.division, area)
    else:
        base, code = place(area, by)
    return profile_of(setting_of(base, indicators, frameworks, directions), code, given)


def compare(areas: Sequence[str], *, by: str | Division | None = None) -> Comparison:
    """Set several areas of one division side by side.

    Parameters
    ----------
    areas
        Codes or names, two or more.
    by
        Division; that of the first area by default.

    Raises
    ------
    ParameterError
        Fewer than two areas, or one twice.
    """
    if isinstance(areas, str) or len(areas) < 2:
        raise ParameterError(
            say(
                "{areas!r} is one area. Expected two or more. Name them.",
                areas=areas,
            )
        )
    base, first = place(areas[0], by)
    codes = [first, *(find(base.division, area) for area in areas[1:])]
    if len(set(codes)) < len(codes):
        raise ParameterError(
            say(
                "An area is named twice: {areas}. Name each once.",
                areas=listed(areas),
            )
        )
    setting = setting_of(base)
    found = tuple(profile_of(setting, code) for code in codes)
    return Comparison(profiles=found, notes=found[0].notes, sources=found[0].sources)


def what_if(
    area: str,
    changes: Mapping[str, float | str],
    *,
    by: str | Division | None = None,
    key: str = "births",
) -> WhatIf:
    """Move drivers of entry of an area within the observed range.

    Parameters
    ----------
    area
        Code or name.
    changes
        Driver → new value or a change such as ``"+10%"``.
    by, key
        Division; which equation.

    Examples
    --------
    >>> round(what_if("東大阪", {"UNEMPL": 0.05}).total, 2)
    -0.1
    """
    base, code = place(area, by)
    return what_if_of(base, code, changes, key)


def indicator(key: str, area: str, *, by: str | Division | None = None) -> float:
    """One indicator of one area.

    Examples
    --------
    >>> round(indicator("unemployment", "東大阪"), 3)
    0.047
    """
    base, code = place(area, by)
    return float(_values(base).of(key)[base.position(code)])


# ---- putting it together -------------------------------------------------------------------------


def setting_of(
    base: Base,
    indicators_file: str | Path | None = None,
    frameworks_file: str | Path | None = None,
    directions_file: str | Path | None = None,
) -> Setting:
    """Values of a base, with the files of the user's."""
    faults = Faults()
    catalogue, chosen, rules = indicators(), frameworks(), directions()
    with faults.gathered():
        catalogue = indicators(indicators_file)
    with faults.gathered():
        chosen = frameworks(frameworks_file)
    with faults.gathered():
        rules = directions(directions_file)
    if not faults.found:
        with faults.gathered():
            check_keys(chosen, catalogue)
    faults.tell()
    values = _values(base) if indicators_file is None else values_of(base, catalogue)
    return Setting(values, chosen, rules)


@lru_cache(maxsize=4)
def _values(base: Base) -> Values:
    return values_of(base)


def profile_of(setting: Setting, code: str, given: Facts | None = None) -> Profile:
    """Compute every part for one area of a base."""
    base, values = setting.base, setting.values
    row = base.position(code)
    name = TwoNames(base.names("en")[row], base.names("ja")[row])
    peers = peers_of(base, code)
    character = character_of(base, code)
    entry = {key: drivers_of(base, code, key) for key in equations(base)}
    locked = lock_in(base, values, code)
    trend = trend_of(base, code, peers.codes)
    facts = dict(facts_of(setting, code, character, entry, locked, trend)) | dict(given or {})
    parents = {lang: base.division.parent_names(lang) for lang in ("en", "ja")}
    parent = base.division.parents[row]
    return Profile(
        area=code,
        area_name=name,
        prefecture=TwoNames(parents["en"].get(parent, parent), parents["ja"].get(parent, parent)),
        division=base.division.name,
        position=position_of(values, code),
        character=character,
        papers=statements_on(facts, code, name) if base.division.name == DISTRICTS else None,
        prefecture_industries=industries_around(base, code),
        peers=peers,
        trend=trend,
        frameworks=scores_of(values, code, setting.frameworks),
        entry=entry,
        what_if=steps_of(base, code) if entry else None,
        theory=through_theory(base, code),
        lock_in=locked,
        directions=judge(facts, code, name, values.catalogue, setting.directions),
        facts=facts,
        notes=base.notes,
        sources=base.sources,
    )


# ---- facts ---------------------------------------------------------------------------------------


def facts_of(
    setting: Setting,
    code: str,
    character: Character,
    entry: Mapping[str, Drivers],
    locked: LockIn | None,
    trend: Trend,
) -> dict[str, Any]:
    """The facts on which directions are judged."""
    base, values = setting.base, setting.values
    row = base.position(code)
    facts: dict[str, Any] = {}
    for k, one in enumerate(values.catalogue.entries):
        facts[one.key] = float(values.value[row, k])
        facts[f"standing_{one.key}"] = float(values.standing[row, k])
    facts |= _reach_facts(base, row) | _survey_facts() | _complement(base, row)
    facts |= _course_facts(trend)
    facts |= {f"prefecture_quotient_{c}": q for c, q in quotients_around(base, code).items()}
    if character.stage:
        facts["stage"], facts["shrinking"] = character.stage, character.shrinking
    if character.leading:
        facts["leading_type"] = character.leading
        short = ("company_town", "local_product", "urban", "attracted")
        facts |= {
            f"membership_{key}": float(character.membership[k]) for k, key in enumerate(short)
        }
        assert len(short) == len(TYPES)
    if base.mix is not None:
        number = base.columns["leading_industry_number"].iloc[row]
        if np.isfinite(number):
            facts["leading_industry"] = base.mix.names_en[int(number)]
            facts["leading_industry_ja"] = base.mix.names_ja[int(number)]
    if locked is not None:
        facts["lock_in_fall"] = locked.fall_percent
        facts["size_over_peak"] = locked.over_peak
        facts["escape_indigenous"] = float(locked.smallest[0])
        facts["escape_transplant"] = float(locked.smallest[2])
        facts["escape_related"] = float(locked.smallest[3])
    return facts | _entry_facts(base, row, entry)


def _reach_facts(base: Base, row: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    table = base.columns
    if "supplier_access_10_km" in table:
        near = table["supplier_access_10_km"].to_numpy(float)
        far = table["supplier_access_100_km"].to_numpy(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(near > 0, far / near, np.nan)
        facts["supplier_reach"] = float(reach[row])
        facts["median_supplier_reach"] = float(np.nanmedian(reach))
    if "plants_4_plus_2002" in table:
        first, last = (table[f"plants_4_plus_{y}"].to_numpy(float) for y in (2002, 2010))
        with np.errstate(divide="ignore", invalid="ignore"):
            own = last[row] / first[row] - 1
            nation = np.nansum(last) / np.nansum(first) - 1
        facts["plant_loss_beyond_nation"] = float(nation - own)
        facts["plant_change"], facts["plant_change_nation"] = float(own), float(nation)
    return facts


def _course_facts(trend: Trend) -> dict[str, Any]:
    """Change of workers over the piece of the trend that its headline tells."""
    for piece in trend.pieces:
        if piece.variable == "employees_4_plus" and len(piece.years) > 1:
            change = piece.index[:, -1] / 100 - 1
            at = trend.references.index("nation")
            return {"worker_change": float(change[0]), "worker_change_nation": float(change[at])}
    return {}


def _survey_facts() -> dict[str, Any]:
    shares = _survey()
    return {
        "survey_new_products_share": shares["joint new technology or product"],
        "survey_information_share": shares["more information"],
    }


@lru_cache
def _survey() -> dict[str, float]:
    table = load("shoko-2012-shares")
    return {
        str(answer): float(percent)
        for answer, percent in zip(table["answer"], table["percent"], strict=True)
    }


def _complement(base: Base, row: int) -> dict[str, Any]:
    """Areas within 100 km strong in what the leading industry buys and this area lacks."""
    bought = _bought_by_leading(base)
    share = shares_of(base)
    if bought is None or share is None or base.mix is None or not np.isfinite(share[row]).all():
        return {}
    centres = base.division.centres
    assert centres is not None
    quotient = _quotients(base)
    lacking = (quotient[row] < LACKING) & (bought[row] >= BOUGHT_SHARE)
    apart = distance_matrix_km(centres[[row]], centres)[0]
    near = (apart <= NEAR_KM) & (np.arange(len(apart)) != row)
    leading = int(base.columns["leading_industry_number"].iloc[row])
    strong = (quotient >= COMPLEMENT_QUOTIENT) & lacking & near[:, None]
    strong &= (quotient[:, leading] < 1)[:, None]  # and they in turn lack what is made here
    areas = np.flatnonzero(strong.any(axis=1))
    facts: dict[str, Any] = {"complements": float(len(areas))}
    if len(areas):
        employed = np.where(strong, np.nan_to_num(base.mix.employment), 0.0)
        best, industry = np.unravel_index(int(employed.argmax()), employed.shape)
        facts |= {
            "complement_name": base.names("en")[best],
            "complement_name_ja": base.names("ja")[best],
            "complement_industry": base.mix.names_en[industry],
            "complement_industry_ja": base.mix.names_ja[industry],
            "complement_km": float(apart[best]),
        }
    return facts


LACKING, BOUGHT_SHARE = 0.8, 0.20


@lru_cache(maxsize=4)
def _quotients(base: Base) -> np.ndarray:
    share = shares_of(base)
    assert share is not None
    assert base.mix is not None
    nation = np.nansum(base.mix.employment, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: np.ndarray = np.nan_to_num(share / (nation / nation.sum()))
    return found


@lru_cache(maxsize=4)
def _bought_by_leading(base: Base) -> np.ndarray | None:
    """Share of each industry in what the leading industry of each area buys, ``(areas, I)``.

    ``None`` where no table says who sells to whom. Industries that one group of the table holds
    have the group's share each.
    """
    if not base.has_statistics or base.mix is None or base.division.centres is None:
        return None
    dealings = input_output_shares("comparable")
    groups = comparable_groups([10, 11, 12])
    group = groups[groups["revision"] == "12"].set_index("code")["group"].to_dict()
    at = [dealings.industries.index(group[code]) for code in base.mix.industries]
    between = dealings.suppliers[np.ix_(at, at)]
    number = base.columns["leading_industry_number"].to_numpy(float)
    known = np.isfinite(number)
    out = np.zeros((len(number), len(at)))
    out[known] = between[number[known].astype(int)]
    return out


def _entry_facts(base: Base, row: int, entry: Mapping[str, Drivers]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    suffix = {"births": "", "high-tech births": "_high", "low-tech births": "_low"}
    for key, ending in suffix.items():
        if key not in entry:
            return facts
        found = entry[key]
        of = equation(base, key)
        for k, term in enumerate(of.terms):
            t = term.coefficient / term.standard_error if term.standard_error else np.nan
            facts[f"t_{term.key}{ending}"] = float(t)
            facts[f"abs_t_{term.key}{ending}"] = float(abs(t))
            known = bool(np.isfinite(of.x[row, k]))
            facts[f"contribution_{term.key}{ending}"] = (
                float(found.contribution[k]) if known else np.nan
            )
    births = entry["births"]
    facts["observed_births"] = births.observed
    facts["expected_births"], facts["mean_births"] = births.predicted, births.mean
    facts["place_expected_births"] = float(1 + (equation(base).expected > births.predicted).sum())
    facts["observed_high"] = entry["high-tech births"].observed
    high, low = entry["high-tech births"], entry["low-tech births"]
    facts["expected_high"], facts["mean_high"] = max(high.predicted, 0.0), high.mean
    both = max(high.predicted, 0.0) + max(low.predicted, 0.0)
    facts["lowtech_share"] = max(low.predicted, 0.0) / both if both > 0 else np.nan
    facts["mean_lowtech_share"] = low.mean / (low.mean + high.mean)
    facts["seedbed_births"] = facts["contribution_DENS"] + facts["contribution_MRATIO"]
    of = equation(base, "births")
    dens, ratio = of.find("DENS"), of.find("MRATIO")
    x = of.x[row]
    share = x[ratio]
    fewer = 0.9 * share / (0.9 * share + (1 - share)) - share
    facts["births_lost"] = float(
        -(of.coefficients[dens] * -0.1 * x[dens] + of.coefficients[ratio] * fewer)
    )
    return facts


def all_profiles(by: str | Division = DISTRICTS) -> dict[str, Profile]:
    """Profiles of every area of a division."""
    base = base_of(by)
    setting = setting_of(base)
    return {code: profile_of(setting, code) for code in base.codes}
