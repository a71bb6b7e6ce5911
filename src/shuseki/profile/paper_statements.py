"""What do the two papers say of this place, and do the statistics say the same?

A statement is data (``paper_statements.toml``): what a paper says of a district, where it says so,
a condition over the facts of the district that holds if the statistics say the same, evidence in
sentences, and why they may say otherwise. The verdict is *so do the statistics*, *the statistics
say otherwise*, or *the statistics cannot say*: a page never leaves a reader who knows the paper
alone with a difference.

Takes: facts of an area. Gives: ``PaperStatements``, or ``None`` where the papers say nothing.
Sources: the two papers, with the place in each.
Limits: the 253 districts; a paper speaks of a city or a ward, the district around it is larger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from shuseki.language import Message, joined, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.directions import PAPERS, told_by_facts
from shuseki.profile.rules import Facts, Rule
from shuseki.reading.toml import read_toml
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, OKAMURO_2006, Source

__all__ = ["PaperStatements", "Statement", "statements", "statements_on"]

SAME, OTHERWISE, CANNOT = (
    say("so do the statistics"),
    say("the statistics say otherwise"),
    say("the statistics cannot say"),
)
VERDICTS: Mapping[bool | None, Message] = {True: SAME, False: OTHERWISE, None: CANNOT}


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a paper on a district; see ``paper_statements.toml``."""

    area: str
    text: Message
    source: Source
    place: Message
    when: Rule
    evidence: tuple[tuple[str, str], ...]
    otherwise: Message


@result
class PaperStatements(Result):
    """Statements of the papers on one area, each with what the statistics say.

    Attributes
    ----------
    statements
        What the papers say.
    holds
        Whether the statistics say the same; ``None`` where they cannot say.
    evidence
        Sentences for each.
    """

    area: str
    area_name: Message
    statements: tuple[Statement, ...]
    holds: tuple[bool | None, ...]
    evidence: tuple[tuple[Message, ...], ...]

    def headline(self) -> Message:
        """Count the statements and those with which the statistics agree."""
        return say(
            "The papers make {n:count(statement)} on {area}; the statistics say the same of {same}",
            n=len(self.statements),
            area=self.area_name,
            same=sum(one is True for one in self.holds),
        )

    def told(self) -> tuple[Message, ...]:
        """Every statement with its verdict, its evidence and, where they differ, why."""
        found = []
        for one, holds, evidence in zip(self.statements, self.holds, self.evidence, strict=True):
            parts: list[Message] = [
                say("{statement} ({source}): {verdict}.", statement=one.text, source=one.place,
                    verdict=VERDICTS[holds]),
                *evidence,
            ]  # fmt: skip
            if holds is not True:
                parts.append(one.otherwise)
            found.append(joined(parts, " "))
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """One row per statement."""
        return in_both(
            {
                "paper_says": one.text,
                "verdict": VERDICTS[holds],
                "evidence": joined(evidence, " ") if evidence else "",
                "why": "" if holds is True else one.otherwise,
                "source": str(one.source),
                "rule": one.when.text,
            }
            for one, holds, evidence in zip(self.statements, self.holds, self.evidence, strict=True)
        )


# ---- public verbs ------------------------------------------------------------------------------


def statements() -> tuple[Statement, ...]:
    """Give every statement.

    Examples
    --------
    >>> sorted({one.area for one in statements()})
    ['024', '051', '083', '090', '107', '114', '133', '154', '207']
    """
    return _bundled()


def statements_on(facts: Facts, area: str, area_name: Message) -> PaperStatements | None:
    """Compare what the papers say of a district with its facts."""
    chosen = tuple(one for one in statements() if one.area == area)
    if not chosen:
        return None
    return PaperStatements(
        area=area,
        area_name=area_name,
        statements=chosen,
        holds=tuple(one.when.holds(facts) for one in chosen),
        evidence=tuple(told_by_facts(one.evidence, facts) for one in chosen),
        notes=(
            say(
                "The papers speak of a city or a ward, the statistics here of the district around "
                "it; conditions are ours."
            ),
        ),
        sources=(AGGLOMERATION_2012, OKAMURO_2006),
    )


# ---- reading -------------------------------------------------------------------------------------


@lru_cache
def _bundled() -> tuple[Statement, ...]:
    table = read_toml(Path(str(files("shuseki.profile") / "paper_statements.toml")))
    return tuple(_read(row) for row in table["statement"])


def _read(row: Mapping[str, Any]) -> Statement:
    source = PAPERS[row["paper"]]
    where, where_ja = row["where"], row.get("where_ja", row["where"])
    return Statement(
        area=row["area"],
        text=TwoNames(row["text"], row["text_ja"]),
        source=source.at(TwoNames(where, where_ja)),
        place=TwoNames(f"{source.year}, {where}", f"{source.year}年論文、{where_ja}"),
        when=Rule(row["when"]),
        evidence=tuple(zip(row.get("evidence", []), row.get("evidence_ja", []), strict=True)),
        otherwise=TwoNames(row["otherwise"], row["otherwise_ja"]),
    )
