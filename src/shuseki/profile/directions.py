"""What follows for policy, on which evidence, and what would overturn it?

A direction is a rule of one of the two papers (``directions.toml``): a condition over the facts of
an area, evidence in sentences, and what would change the verdict::

    applies           the condition holds
    does not apply    it does not
    cannot be judged  it depends on facts that nobody has given: they are named

Every direction is told of every area; those that do not apply with the reason. Facts that only a
chamber or a plan can give (the price of ordering locally, brokerage, lots) decide where they are
given (``given`` of the rule). Without them ``when`` judges on what public statistics say in their
place, the evidence says so, and the facts that would settle it are named.

Takes: the facts of an area. Gives: ``Directions``.
Sources: Shoko Research Institute (2012), sections 1–3; Okamuro (2006), pp. 13–15,
with section or page for each.
Limits: thresholds are ours; ``reach`` counts to how many districts each rule applies.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, Literal, NotRequired

import numpy as np
import pandas as pd
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from shuseki.errors import DataError
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.frameworks import tables_of, texts_of
from shuseki.profile.indicators import TABLES, Indicators
from shuseki.profile.rules import Facts, Rule
from shuseki.reading.toml import Faults, check_shape, only_tables, read_toml
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, OKAMURO_2006, Source

__all__ = ["Direction", "Directions", "Judged", "Verdict", "directions", "judge", "reach"]

Verdict = Literal["applies", "does not apply", "cannot be judged"]
VERDICTS: Mapping[bool | None, Verdict] = {
    True: "applies",
    False: "does not apply",
    None: "cannot be judged",
}
WORDS: Mapping[Verdict, Message] = {
    "applies": say("applies"),
    "does not apply": say("does not apply"),
    "cannot be judged": say("cannot be judged"),
}
PAPERS: Mapping[str, Source] = {"2012": AGGLOMERATION_2012, "2006": OKAMURO_2006}
FIELDS = {"id", "label", "label_ja", "text", "text_ja", "paper", "where", "where_ja", "when",
          "given", "evidence",
          "evidence_ja", "overturn", "overturn_ja", "kept", "kept_ja"}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Direction:
    """One rule; see ``directions.toml``."""

    id: str
    label: Message
    text: Message
    paper: str
    where: str
    where_ja: str
    when: Rule
    given: Rule | None
    evidence: tuple[tuple[str, str], ...]
    overturn: Message
    kept: Message | None = None

    @property
    def place(self) -> Message:
        """Year of the paper, and where in it."""
        year = self.source.year if self.source else ""
        return TwoNames(f"{year}, {self.where}", f"{year}年論文、{self.where_ja}")

    @property
    def source(self) -> Source | None:
        """The paper, with the place in it."""
        found = PAPERS.get(self.paper)
        return found.at(TwoNames(self.where, self.where_ja)) if found else None


@dataclass(frozen=True, eq=False)
class Judged:
    """A direction judged for one area."""

    direction: Direction
    verdict: Verdict
    evidence: tuple[Message, ...]
    unknown: tuple[Message, ...]
    command: str


@result
class Directions(Result):
    """Every direction, judged for one area; those that apply first."""

    area: str
    area_name: Message
    judged: tuple[Judged, ...]

    def of(self, verdict: Verdict) -> tuple[Judged, ...]:
        """Those with a verdict."""
        return tuple(one for one in self.judged if one.verdict == verdict)

    def headline(self) -> Message:
        """Count them, and name the first that apply."""
        applies = self.of("applies")
        return say(
            "{area}: {n} of {all} directions apply ({first}), {unjudged} cannot be judged",
            area=self.area_name,
            n=len(applies),
            all=len(self.judged),
            first=listed(one.direction.label for one in applies[:3]) if applies else say("none"),
            unjudged=len(self.of("cannot be judged")),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per direction."""
        return in_both(
            [
                {
                    "id": one.direction.id,
                    "direction": one.direction.label,
                    "verdict": WORDS[one.verdict],
                    "what_to_do": one.direction.text,
                    "evidence": joined(one.evidence, " ") if one.evidence else "",
                    "unknown": listed(one.unknown) if one.unknown else "",
                    "overturn": one.direction.overturn,
                    "source": one.direction.source.words() if one.direction.source else "",
                    "rule": one.direction.when.text,
                    "command": one.command,
                }
                for one in self.judged
            ]
        )


# ---- public verbs ------------------------------------------------------------------------------


def directions(also: str | Path | None = None) -> tuple[Direction, ...]:
    """Give the directions, with those of a TOML file of the user's.

    Examples
    --------
    >>> directions()[0].id
    'wide-area-use'
    """
    found = {one.id: one for one in _bundled()[0]}
    if also is not None:
        table = read_toml(Path(also))
        found |= {one.id: one for one in read_directions(table, str(also))[0]}
    return tuple(found.values())


def judge(
    facts: Facts,
    area: str,
    area_name: Message,
    catalogue: Indicators,
    chosen: tuple[Direction, ...] | None = None,
) -> Directions:
    """Judge every direction on the facts of one area."""
    found = []
    for one in directions() if chosen is None else chosen:
        own = one.given.holds(facts) if one.given is not None else None
        verdict = VERDICTS[one.when.holds(facts) if own is None else own]
        unknown = one.when.unknown(facts) if verdict == "cannot be judged" else ()
        if one.given is not None and own is None:
            unknown += one.given.unknown(facts)
        found.append(
            Judged(
                direction=one,
                verdict=verdict,
                evidence=told_by_facts(one.evidence, facts),
                unknown=tuple(fact_label(name, catalogue) for name in dict.fromkeys(unknown)),
                command=f"shuseki profile {area} --part directions",
            )
        )
    order = {"applies": 0, "cannot be judged": 1, "does not apply": 2}
    found.sort(key=lambda one: order[one.verdict])
    return Directions(
        area=area,
        area_name=area_name,
        judged=tuple(found),
        notes=(
            say(
                "Rules of the two papers; their thresholds are ours. A direction is a question to "
                "ask, not an order."
            ),
        ),
        sources=(AGGLOMERATION_2012, OKAMURO_2006),
    )


def reach(judged: Mapping[str, Directions]) -> pd.DataFrame:
    """Count to how many areas each direction applies.

    Parameters
    ----------
    judged
        Area → its directions.

    Returns
    -------
    DataFrame
        ``id``, ``direction``, ``applies``, ``does_not_apply``, ``cannot_be_judged``, ``kept``.
    """
    rows: dict[str, dict[str, Any]] = {}
    for answer in judged.values():
        for one in answer.judged:
            row = rows.setdefault(
                one.direction.id,
                {"id": one.direction.id, "direction": one.direction.label, "applies": 0,
                 "does_not_apply": 0, "cannot_be_judged": 0, "kept": one.direction.kept or ""},
            )  # fmt: skip
            row[one.verdict.replace(" ", "_")] += 1
    return in_both(rows.values())


# ---- reading -------------------------------------------------------------------------------------


@lru_cache
def _bundled() -> tuple[tuple[Direction, ...], dict[str, Message]]:
    place = files("shuseki.profile") / "directions.toml"
    return read_directions(read_toml(Path(str(place))), "directions.toml")


@with_config(ConfigDict(extra="forbid"))
class Fact(TypedDict):
    """What a ``[[fact]]`` has."""

    key: str
    label: str
    label_ja: NotRequired[str]
    user: NotRequired[bool]


def read_directions(
    table: Mapping[str, Any], where: str
) -> tuple[tuple[Direction, ...], dict[str, Message]]:
    """Read the ``[[direction]]`` and ``[[fact]]`` tables of a file."""
    check_shape(table, only_tables(*TABLES), where)
    faults, found = Faults(), []
    for row in tables_of(table, "direction", where):
        with faults.gathered():
            found.append(_direction(row, where))
    faults.tell()
    ids = [one.id for one in found]
    if len(set(ids)) < len(ids):
        raise DataError(
            say(
                "{where}: a direction is given twice. Keep one of each.",
                where=where,
            )
        )
    facts = tables_of(table, "fact", where)
    for fact in facts:
        check_shape(fact, Fact, f"{where}, [[fact]]")
    labels: dict[str, Message] = {
        row["key"]: TwoNames(row["label"], row.get("label_ja", row["label"])) for row in facts
    }
    return tuple(found), labels


def _direction(row: Mapping[str, Any], where: str) -> Direction:
    name = row.get("id", "a direction without an id")
    unknown = sorted(set(row) - FIELDS)
    lacking = [key for key in ("id", "label", "text", "when") if not isinstance(row.get(key), str)]
    if unknown or lacking:
        raise DataError(
            say(
                "{where}, {name}: missing {lacking}, unknown {unknown}. Expected {fields}.",
                where=where,
                name=name,
                lacking=", ".join(lacking) or say("nothing"),
                unknown=", ".join(unknown) or say("nothing"),
                fields=listed(sorted(FIELDS)),
            )
        )
    english = texts_of(row, "evidence", f"{where}, {name}")
    japanese = texts_of(row, "evidence_ja", f"{where}, {name}", english)
    if len(english) != len(japanese):
        raise DataError(
            say("{where}, {name}: evidence and evidence_ja differ in length.", where=where,
                name=name)
        )  # fmt: skip
    for sentence in (*english, *japanese):
        _check_blanks(sentence, f"{where}, {name}")

    def both(key: str) -> Message:
        return TwoNames(str(row.get(key, "")), str(row.get(f"{key}_ja", row.get(key, ""))))

    return Direction(
        id=str(row["id"]),
        label=both("label"),
        text=both("text"),
        paper=str(row.get("paper", "")),
        where=str(row.get("where", "")),
        where_ja=str(row.get("where_ja", row.get("where", ""))),
        when=Rule(str(row["when"])),
        given=Rule(str(row["given"])) if "given" in row else None,
        evidence=tuple(zip(english, japanese, strict=True)),
        overturn=both("overturn"),
        kept=both("kept") if "kept" in row else None,
    )


def fact_label(name: str, catalogue: Indicators) -> Message:
    """What a fact is called."""
    labels: dict[str, Message] = _bundled()[1]
    if name in labels:
        return labels[name]
    key = name.removeprefix("standing_")
    known = {entry.key: entry.label for entry in catalogue.entries}
    return known.get(key, say("{name}", name=name))


# ---- sentences -----------------------------------------------------------------------------------


def told_by_facts(sentences: tuple[tuple[str, str], ...], facts: Facts) -> tuple[Message, ...]:
    """The sentences whose facts are all known, English and Japanese."""
    said = []
    for english, japanese in sentences:
        names = {field for _, field, _, _ in Formatter().parse(english) if field}
        names |= {field for _, field, _, _ in Formatter().parse(japanese) if field}
        values = {name: facts.get(name) for name in names}
        if all(_is_known(value) for value in values.values()):
            with suppress(ValueError):  # the form of a number for a fact in words, or the reverse
                said.append(TwoNames(english.format(**values), japanese.format(**values)))
    return tuple(said)


def _check_blanks(sentence: str, where: str) -> None:
    """Every blank of a sentence is a fact's name, and its form one of numbers or of texts."""
    try:
        for _, name, form, conversion in Formatter().parse(sentence):
            if name is None:
                continue
            if not name.isidentifier() or conversion or "{" in (form or ""):
                raise ValueError(name)
            try:
                format(1.5, form or "")
            except ValueError:
                format("text", form or "")
    except ValueError:
        raise DataError(
            say(
                "{where}: the sentence {sentence!r} has a blank that cannot be filled. Expected "
                "the name of a fact in braces, with the form of a number or without: {example}. "
                "Correct it.",
                where=where,
                sentence=sentence,
                example="{wage:.1f}",
            )
        ) from None


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not np.isfinite(value))
