"""Which establishments were born, died or moved over the waves?"""

from collections.abc import Iterator
from typing import Any

from pydantic import field_validator

from shuseki.demography.events import Events as Happened
from shuseki.demography.events import Lives, events
from shuseki.language import say
from shuseki.release.disclosure.answers import event_cells, events_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Beside, Chapter, Options, Running, Told

__all__ = ["EVENTS", "Events"]


class Events(Options):
    """Births, deaths, survivors and moves over two waves or more; all waves by default."""

    waves: tuple[int, ...] | None = None
    lives: Lives = "waves"

    @field_validator("waves")
    @classmethod
    def _several(cls, waves: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if waves is not None and len(set(waves)) < 2:
            raise ValueError(say("expected two waves or more"))
        return waves


class EventsChapter(Chapter[Events, Happened]):
    """Count what happened from wave to wave."""

    name = "events"
    about = say("Births, deaths, survivors and moves over two waves or more.")
    options = Events
    needs = ("records", "region", "industries")

    def check(self, asked: Events, study: Any) -> Iterator[str]:
        """Births by days and events by waves would tell who opened and closed in between."""
        births = study.tables.get("births")
        if births is not None and (births.lives, asked.lives) == ("spells", "waves"):
            yield say(
                "lives: 'waves', and 'spells' in [births]. The difference of the two tells how "
                'many opened and closed between two waves. Say lives = "spells" here too.'
            )

    def run(self, asked: Events, running: Running) -> Happened:
        """Count events by area, industry and wave."""
        grouped = running.answers.get("industries")
        with running.manifest.step(say("count births, deaths and moves")) as entry:
            found = events(
                running.answers["records"].store,
                waves=asked.waves,
                division=running.answers["region"],
                groups=(grouped.groups or None) if grouped else None,
                lives=asked.lives,
            )
            entry["waves"] = list(found.waves)
        return found

    def results(self, answer: Happened) -> dict[str, Result]:
        """The events."""
        return {"events": answer}

    def sections(self, answer: Happened, told: Told) -> Iterator[Section]:
        """Births, deaths and moves."""
        yield Section(say("Births, deaths and moves"), [answer])

    def tables(self, answer: Happened) -> dict[str, Beside]:
        """The panel of events."""
        by = {"area": "area", "industry": "industry", "period": "period"}
        return {"events": Beside(answer.panel.to_frame(), event_cells(by, inside="yes"))}

    def universes(self, answer: Happened) -> Iterator[Universe]:
        """Establishments, and what happened to them."""
        yield events_universe(answer.panel, answer.counts)


EVENTS = EventsChapter()
