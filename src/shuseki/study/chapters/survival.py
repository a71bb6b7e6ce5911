"""How long do establishments live?"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import field_validator

from shuseki.demography.events import Lives
from shuseki.demography.survival import Survival as Lived
from shuseki.demography.survival import survival
from shuseki.language import listed, say
from shuseki.release.disclosure.answers import survival_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Options, Running, Told

__all__ = ["SURVIVAL", "Survival"]


class Survival(Options):
    """Survival of the plants first seen after the first wave; needs three waves."""

    waves: tuple[int, ...] | None = None
    by: Literal["all", "industry", "area"] = "all"
    lives: Lives = "waves"

    @field_validator("waves")
    @classmethod
    def _several(cls, waves: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if waves is not None and len(set(waves)) < 3:
            raise ValueError(say("expected three waves or more"))
        return waves


class SurvivalChapter(Chapter[Survival, Lived]):
    """Follow the plants that were born."""

    name = "survival"
    about = say("Survival of the plants first seen after the first wave; needs three waves.")
    options = Survival
    needs = ("records", "region", "industries")

    def check(self, asked: Survival, study: Any) -> Iterator[str]:
        """Ages of those who live tell who was born of late: not beside births of the same cells."""
        beside = [f"[{name}]" for name in ("births", "events") if study.has(name)]
        if asked.lives == "spells" and asked.by != "all" and beside:
            yield say(
                "lives: 'spells' with by = {by!r}, beside {beside}. Ages of those who live tell "
                'how many were born of late in each. Say lives = "waves", or by = "all".',
                by=asked.by,
                beside=listed(beside),
            )

    def run(self, asked: Survival, running: Running) -> Lived:
        """Estimate survival."""
        grouped = running.answers.get("industries")
        by_industry = asked.by == "industry" and grouped is not None
        with running.manifest.step(say("follow the births")) as entry:
            found = survival(
                running.answers["records"].store,
                waves=asked.waves,
                by=asked.by,
                groups=(grouped.groups or None) if by_industry and grouped else None,
                division=running.answers["region"] if asked.by == "area" else None,
                lives=asked.lives,
            )
            entry["plants"] = dict(found.plants)
        return found

    def results(self, answer: Lived) -> dict[str, Result]:
        """The curves."""
        return {"survival": answer}

    def sections(self, answer: Lived, told: Told) -> Iterator[Section]:
        """How long they live."""
        yield Section(say("Survival"), [answer])

    def universes(self, answer: Lived) -> Iterator[Universe]:
        """Plants by the age at which they died, or were last seen."""
        yield survival_universe(answer)


SURVIVAL = SurvivalChapter()
