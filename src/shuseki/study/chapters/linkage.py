"""Which record is which when numbers do not say, and how sure are births and deaths then?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import Field, field_validator, model_validator

from shuseki.demography.continuity import Continuity, continuity, rules
from shuseki.demography.linked_waves import LinkedWaves, link_waves
from shuseki.errors import ShusekiError
from shuseki.language import listed, say, words_of
from shuseki.linkage.imputation import DrawnLinks, draw_links
from shuseki.linkage.likeness import Links, link
from shuseki.linkage.review import LABEL_COLUMNS, from_words
from shuseki.linkage.settings import linkage_settings
from shuseki.reading.tables import read_table
from shuseki.release.disclosure.answers import linkage_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.numbers import Statistic
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.sources import USER
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told

__all__ = ["LINKAGE", "LinkageOptions", "Linked"]

TEXT = ("id", "name", "address", "municipality", "industry", "legal_form", "opened")


class LinkageOptions(Options):
    """Links of two registers, or of two waves of the records or more, by likeness."""

    left: Path | None = None
    right: Path | None = None
    waves: tuple[int, ...] = ()
    columns: dict[str, str] = Field(default_factory=dict)
    extra: tuple[str, ...] = ()
    labels: Path | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    rule: str = "eurostat-oecd"
    draws: int = Field(default=100, ge=20)
    engine: Literal["arrays", "duckdb", "spark"] = "arrays"
    seed: int = 0

    @field_validator("settings")
    @classmethod
    def _known(cls, settings: dict[str, Any]) -> dict[str, Any]:
        try:
            linkage_settings(settings)
        except ShusekiError as error:
            raise ValueError(words_of(error)) from None
        return settings

    @field_validator("rule")
    @classmethod
    def _rule(cls, rule: str) -> str:
        if rule not in rules():
            raise ValueError(
                say(
                    "unknown rule {rule!r}, expected one of {names}",
                    rule=rule,
                    names=listed(rules()),
                )
            )
        return rule

    @model_validator(mode="after")
    def _two(self) -> "LinkageOptions":
        files = self.left is not None and self.right is not None
        if (self.left is None) != (self.right is None):
            raise ValueError(say("expected both left and right, or waves of the records"))
        if files == (len(self.waves) >= 2) or len(set(self.waves)) != len(self.waves):
            raise ValueError(say("expected left and right, or waves = [earlier, later, …]"))
        if len(self.waves) > 2 and self.labels is not None:
            raise ValueError(say("labels are of two registers; expected two waves with them"))
        return self


@dataclass(frozen=True, eq=False)
class Linked:
    """Links, what they say of continuity, and how sure that is."""

    links: Links
    continuity: Continuity
    drawn: DrawnLinks


class LinkageChapter(Chapter[LinkageOptions, Linked | LinkedWaves]):
    """Link by likeness."""

    name = "linkage"
    about = say("Links of two registers, or of two waves of the records, by likeness.")
    options = LinkageOptions
    needs = ("records",)

    def check(self, asked: LinkageOptions, study: Any) -> Iterator[str]:
        """Waves need records."""
        if asked.waves and not study.has("records"):
            yield (
                say(
                    "waves are named, but there is no table [records]. Add one, or name left and "
                    "right."
                )
            )

    def run(self, asked: LinkageOptions, running: Running) -> Linked | LinkedWaves:
        """Link, count and draw."""
        if len(asked.waves) > 2:
            return self._waves(asked, running)
        with running.manifest.step(say("link by likeness")) as entry:
            left, right, sources = self._registers(asked, running)
            labels = None
            if asked.labels is not None:
                running.manifest.add_input(asked.labels)
                labels = from_words(read_table(asked.labels, codes_if_any=LABEL_COLUMNS))
            links = link(
                left,
                right,
                extra=asked.extra,
                settings=asked.settings,
                labels=labels,
                engine=asked.engine,
                seed=asked.seed,
                sources=sources,
                progress=running.progress,
                **asked.columns,  # type: ignore[arg-type]
            )
            counted = continuity(links, asked.rule)
            drawn = draw_links(links, draws=asked.draws, seed=asked.seed)
            entry["links"] = len(links.table)
            entry["births"] = len(counted.births)
        return Linked(links, counted, drawn)

    def _waves(self, asked: LinkageOptions, running: Running) -> LinkedWaves:
        """Each wave with the next."""
        store = running.answers["records"].store
        with running.manifest.step(say("link by likeness")) as entry:
            found = link_waves(
                {wave: store.there(wave).to_pandas() for wave in sorted(asked.waves)},
                rule=asked.rule,
                extra=asked.extra,
                settings=asked.settings,
                draws=asked.draws,
                engine=asked.engine,
                seed=asked.seed,
                sources=tuple(store.sources),
                progress=running.progress,
                **asked.columns,  # type: ignore[arg-type]
            )
            entry["plants"] = int(found.plants["plant"].nunique())
        return found

    def _registers(
        self, asked: LinkageOptions, running: Running
    ) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Any, ...]]:
        if asked.left is not None and asked.right is not None:
            text = [asked.columns.get(column, column) for column in TEXT]
            tables = []
            for path in (asked.left, asked.right):
                running.manifest.add_input(path)
                tables.append(read_table(path, text=[*text, *asked.extra]).reset_index(drop=True))
            return tables[0], tables[1], (USER,)
        store = running.answers["records"].store
        first, later = (store.there(wave).to_pandas() for wave in sorted(asked.waves))
        return first, later, tuple(store.sources)

    def results(self, answer: Linked | LinkedWaves) -> dict[str, Result]:
        """What is told. The links themselves name firms and stay out of the folder."""
        if isinstance(answer, LinkedWaves):
            return {"linked_waves": answer}
        return {"continuity": answer.continuity, "linkage_intervals": answer.drawn}

    def brief(self, answer: Linked | LinkedWaves, told: Told) -> Brief:
        """Births with their interval."""
        if isinstance(answer, LinkedWaves):
            fewest = float(answer.table["count"].min())
            rests = (Statistic(columns=["said"], units=fewest),)
            return Brief(sentences=(answer.headline(),), rests=rests)
        low, mean, high = answer.drawn.interval(answer.drawn.is_birth.sum(axis=1))
        born = (Statistic(columns=["said"], units=low),)
        links = answer.links
        fewest = min(len(links.table), len(links.births()), len(links.left_ids) - len(links.table))
        linked = (Statistic(columns=["said"], units=fewest),)
        return Brief(
            numbers=(
                (f"{mean:,.0f} ({low:,.0f}–{high:,.0f})", say("births, linked by likeness"), born),
            ),
            sentences=(answer.links.headline(),),
            rests=linked,
        )

    def is_confidential(self, answer: Linked | LinkedWaves) -> bool:
        """Whether the registers are a user's."""
        whose = answer if isinstance(answer, LinkedWaves) else answer.links
        return any(source.origin == "user" for source in whose.sources)

    def universes(self, answer: Linked | LinkedWaves) -> Iterator[Universe]:
        """Records of the later wave, by what became of them; many waves are held."""
        if isinstance(answer, Linked):
            yield linkage_universe(answer.continuity.funnel)

    def sections(self, answer: Linked | LinkedWaves, told: Told) -> Iterator[Section]:
        """Who goes on, and how sure that is."""
        yield Section(
            say("Linkage by likeness"),
            [answer] if isinstance(answer, LinkedWaves) else [answer.continuity, answer.drawn],
        )


LINKAGE = LinkageChapter()
