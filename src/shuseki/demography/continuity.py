"""Which linked establishments go on, and which ended and began?

A link says that two records are of one plant or of one business. Whether that counts as going on is
a rule, and the rule is data (``data/continuity.toml``). Eurostat and OECD ask for two of three: the
same owner (here: the name), the same activity (four digits), the same location. What is missing on
either side is taken to hold.

    births = records of the later wave − those that go on − relocations − takeovers
             − changes of activity − splits − mergers − reactivations

each of which is a step of the funnel with its own count.

Takes: ``linkage.likeness.Links`` of two waves, and of an earlier and the later wave for
reactivations. Gives: ``Continuity``. Sources: Eurostat and OECD (2007), Manual on Business
Demography Statistics, ch. 5 and 6. Limits: the owner is known by the name alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools
from shuseki.demography.funnel import Funnel, Step
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import Message, say
from shuseki.language.names import TwoNames
from shuseki.linkage.likeness import Links
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["EUROSTAT_OECD", "Continuity", "Rule", "continuity", "rule_of", "rules"]

EUROSTAT_OECD = Source(
    "EurostatOECD2007",
    "Eurostat and OECD, Manual on Business Demography Statistics",
    "2007",
    say("ch. {number} and {last}", number=5, last=6),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """When an establishment goes on.

    Attributes
    ----------
    name
        Of the rule.
    says, says_ja
        The rule in words.
    hold
        How many of owner, activity and location must hold.
    reactivation_years
        A return within so many calendar years is no birth.
    must_hold
        Which of the three must hold in any case.
    source
        Who made the rule.
    """

    name: str
    says: str
    says_ja: str
    hold: int
    reactivation_years: int
    must_hold: tuple[str, ...] = ()
    source: str = ""

    def goes_on(self, changed: Mapping[str, Bools]) -> Bools:
        """Whether each goes on, from what changed: owner, activity, location, shape ``(n,)``."""
        holding = 3 - sum(np.asarray(one, dtype=int) for one in changed.values())
        found = np.asarray(holding >= self.hold)
        for name in self.must_hold:
            found &= ~changed[name]
        return found

    def words(self) -> TwoNames:
        """The rule in both languages."""
        return TwoNames(self.says, self.says_ja)


@lru_cache
def rules() -> dict[str, Rule]:
    """The rules that are known, by name."""
    with (files("shuseki.demography") / "data" / "continuity.toml").open("rb") as file:
        known = tomllib.load(file)
    return {
        name: Rule(
            name,
            rule["says"],
            rule["says_ja"],
            int(rule["hold"]),
            int(rule["reactivation_years"]),
            tuple(rule.get("must_hold", ())),
            rule["source"],
        )
        for name, rule in known.items()
    }


def rule_of(name: str) -> Rule:
    """A rule by its name.

    Raises
    ------
    UnknownCodeError
        There is none of that name.
    """
    if name not in rules():
        raise UnknownCodeError.among("rule of continuity", [name], list(rules()))
    return rules()[name]


@result
class Continuity(Result):
    """Who goes on between two waves, by a rule.

    Attributes
    ----------
    rule
        The rule.
    funnel
        From the records of the later wave to births.
    births, deaths
        Ids of the later wave that are born, of the earlier that are gone.
    events
        ``left``, ``right``, ``event``: one row per link, and per reactivation.
    """

    rule: Rule
    funnel: Funnel
    births: Any
    deaths: Any
    events: pd.DataFrame

    def headline(self) -> Message:
        """Births and deaths."""
        return say(
            "{births:,} births and {deaths:,} deaths by the rule '{rule}'",
            births=len(self.births),
            deaths=len(self.deaths),
            rule=self.rule.name,
        )

    def to_frame(self) -> pd.DataFrame:
        """Steps from records to births."""
        return self.funnel.to_frame()


EVENTS = (
    ("survivors", "go on unchanged", "変化なく存続"),
    ("relocations", "relocated, and go on", "移転して存続"),
    (
        "takeovers",
        "another name, the same activity and place: go on",
        "名称変更（活動・所在地は同じ）で存続",
    ),
    ("changes of activity", "another activity, and go on", "活動を変えて存続"),
    ("splits", "split off from one that goes on", "存続事業所からの分割"),
    ("mergers", "formed by a merger", "合併によるもの"),
    ("reactivations", "back after a pause", "休止後の再開"),
)


def continuity(
    links: Links,
    rule: str | Rule = "eurostat-oecd",
    *,
    earlier: Links | None = None,
    pause_years: int | None = None,
) -> Continuity:
    """Count who goes on.

    Parameters
    ----------
    links
        The earlier and the later wave.
    rule
        Name of a rule, or one of your own.
    earlier
        Links of a wave before and the later wave, for those that come back.
    pause_years
        Calendar years between these two waves; a longer pause than the rule's is a birth.

    Raises
    ------
    ParameterError
        ``earlier`` is of another later wave.
    """
    asked = rule_of(rule) if isinstance(rule, str) else rule
    right = np.asarray(links.right_ids)
    event = _events(links.table, asked)
    rows = links.table[["left", "right"]].assign(event=event)
    of = dict(zip(rows["right"], event, strict=True))
    for second in links.offspring.itertuples(index=False):
        if second.relation == "split":
            of.setdefault(second.right, "splits")
    if earlier is not None:
        if len(earlier.right_ids) != len(right) or set(earlier.right_ids) != set(right):
            raise ParameterError(
                say(
                    "The earlier links lead to {n_right_ids:,} records, these to {n_right:,}. "
                    "Expected links of an earlier wave with the same later wave.",
                    n_right_ids=len(earlier.right_ids),
                    n_right=len(right),
                )
            )
        if pause_years is None or pause_years <= asked.reactivation_years:
            back = earlier.table[~earlier.table["right"].isin(of)]
            back = back[_events(back, asked) != "ended"]
            of |= dict.fromkeys(back["right"], "reactivations")
            rows = pd.concat(
                [rows, back[["left", "right"]].assign(event="reactivations")], ignore_index=True
            )
    found = pd.Series([of.get(one, "births") for one in right.tolist()], dtype=object)
    found = found.replace("ended", "births")
    steps = [Step("records", "records of the later wave", "後の調査の事業所", 0, len(right))]
    for name, says, says_ja in EVENTS:
        count = int((found == name).sum())
        steps.append(Step(name, says, says_ja, count, steps[-1].left - count))
    going = set(links.table.loc[event != "ended", "left"].tolist())
    going |= set(links.offspring.loc[links.offspring["relation"] == "merger", "left"].tolist())
    return Continuity(
        rule=asked,
        funnel=Funnel(steps=tuple(steps), groups={}, printed_groups={}, notes=(asked.words(),)),
        births=right[(found == "births").to_numpy()],
        deaths=np.array([one for one in np.asarray(links.left_ids).tolist() if one not in going]),
        events=rows,
        notes=(asked.words(), *links.notes),
        sources=(*links.sources, EUROSTAT_OECD),
    )


def _events(table: pd.DataFrame, rule: Rule) -> Any:
    """What became of each link: an event, or ``"ended"`` where the rule does not hold."""
    changed = {
        "owner": table["renamed"].fillna(False).to_numpy(dtype=bool),
        "activity": table["changed_industry"].fillna(False).to_numpy(dtype=bool),
        "location": table["moved"].fillna(False).to_numpy(dtype=bool),
    }
    goes_on = rule.goes_on(changed)
    event = np.full(len(table), "survivors", dtype=object)
    event[changed["activity"]] = "changes of activity"
    event[changed["owner"]] = "takeovers"
    event[changed["location"]] = "relocations"
    merged = (table["relation"] == "merger").to_numpy(dtype=bool)
    event[merged] = "mergers"
    event[~goes_on & ~merged] = "ended"
    return event
