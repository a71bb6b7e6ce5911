"""How high are the rates of smaller and larger areas?

The rates of the study, computed again for the other bundled divisions: municipalities, commuting
zones, prefectures. Needs counts by municipality and public accounts, which can be added up to any
division.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pydantic import Field

from shuseki.datasets import regional_accounts
from shuseki.entry.definitions import Label
from shuseki.entry.descriptives import Ranking, rank
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.errors import UnknownCodeError
from shuseki.geography.bundled import DIVISIONS, MUNICIPALITIES, PREFECTURES, ZONES
from shuseki.geography.districts import BUNDLED, Division, division
from shuseki.language import Message, listed, say, words_of
from shuseki.report.blocks import Block, Figure, Section
from shuseki.report.plots.maps import choropleth, map_notes, map_sources
from shuseki.report.tables import Table
from shuseki.report.words import Lang
from shuseki.results import Result
from shuseki.study.chapter import Beside, Chapter, Options, Running, Told
from shuseki.study.chapters.accounts import PUBLIC, named, sources_of
from shuseki.study.chapters.counted import added_up

__all__ = ["SCALES", "Scales"]

TODAY = 2020
"""Year of the municipalities and prefectures."""


class Scales(Options):
    """Other divisions of which the rates are told."""

    divisions: tuple[str, ...] = Field(default=(MUNICIPALITIES, ZONES, PREFECTURES), min_length=1)
    map: bool = True


@dataclass(frozen=True, eq=False)
class Scaled:
    """The rates of each division.

    Attributes
    ----------
    own
        The areas of the study, and their rates.
    areas
        Name → division.
    variables
        Name → rates and variables.
    rankings
        Name → the areas with the highest rate.
    """

    own: tuple[Division, RegionalVariables]
    areas: dict[str, Division]
    variables: dict[str, RegionalVariables]
    rankings: dict[str, Ranking]


class ScalesChapter(Chapter[Scales, Scaled]):
    """Compute the rates of other divisions."""

    name = "scales"
    about = say("Other divisions of which the rates are told.")
    options = Scales
    needs = ("counted", "accounts")

    def check(self, asked: Scales, study: Any) -> Iterator[str]:
        """Counts by municipality and public accounts are needed."""
        unknown = [name for name in asked.divisions if name not in BUNDLED]
        if unknown:
            yield say(
                "divisions: {why}",
                why=words_of(UnknownCodeError.among("division", unknown, BUNDLED)),
            )
        accounts = study.tables.get("accounts")
        if not study.has("counted") or accounts is None or accounts.source not in PUBLIC:
            yield (
                say(
                    "needs births by municipality and public accounts, to add them up to other "
                    "areas. Expected [counted], and accounts.source one of {public}. Add them, or "
                    "leave [scales] out.",
                    public=listed(PUBLIC),
                )
            )

    def run(self, asked: Scales, running: Running) -> Scaled:
        """Add up, and divide."""
        source = running.study.accounts.source
        definitions = replace(running.answers["accounts"].variables.definitions, variables=())
        counted = running.answers["counted"]
        areas, variables, rankings = {}, {}, {}
        with running.manifest.step(say("compute the rates of other divisions")) as entry:
            for at, name in enumerate(asked.divisions):
                by = division(name, TODAY) if name in DATED else division(name)
                accounts = regional_accounts(source, by=by)
                counts = counted.by(by)
                found = regional_variables(
                    accounts,
                    added_up(counts),
                    definitions=definitions,
                    area_names=dict(
                        zip(by.codes, by.names(running.study.report.lang), strict=True)
                    ),
                    area_groups=dict(zip(by.codes, by.parents, strict=True)),
                    sources=(*counts.sources, *sources_of(running.study.accounts, accounts)),
                )
                areas[name], variables[name] = by, found
                rankings[name] = rank(found, found.outcomes[0])
                running.progress(at + 1, len(asked.divisions))
            entry["areas"] = {name: len(one.areas) for name, one in variables.items()}
        own = running.answers["region"], running.answers["accounts"].variables
        return Scaled(own, areas, variables, rankings)

    def results(self, answer: Scaled) -> dict[str, Result]:
        """A ranking for each division."""
        return {f"ranking_{plain(name)}": one for name, one in answer.rankings.items()}

    def sections(self, answer: Scaled, told: Told) -> Iterator[Section]:
        """A map and a ranking for each division."""
        yield Section(say("The rates of smaller and larger areas"), list(_told(answer, told)))

    def tables(self, answer: Scaled) -> dict[str, Beside]:
        """The rates of every area of every division."""
        every = [
            answer.own,
            *((answer.areas[name], answer.variables[name]) for name in answer.areas),
        ]
        return {
            f"rates/{plain(by.name)}": Beside(rates_of(variables, by), None, "csv")
            for by, variables in every
        }


DATED = (MUNICIPALITIES, PREFECTURES)
"""Divisions whose areas are those of a year."""


SELF = ("prefecture_en", "prefecture_ja")
NOTES: Mapping[str, tuple[Message, ...]] = {
    ZONES: (say("A commuting zone is called by its largest municipality of 1995."),),
    MUNICIPALITIES: (
        say("Nobody was in the labour force of Futaba-machi in 2020: it has no rate."),
    ),
}


def plain(name: str) -> str:
    """Name of a division as a part of a file's name."""
    return name.replace("-", "_")


def rates_of(variables: RegionalVariables, by: Division) -> pd.DataFrame:
    """One row per area: code, names, and of every outcome the count, the denominator, the rate."""
    frame = pd.DataFrame({"area": by.codes, "area_en": by.names("en"), "area_ja": by.names("ja")})
    for outcome in variables.outcomes:
        told = variables.definitions.outcome(outcome)
        assert told is not None
        counts = variables.counts[outcome].to_numpy()
        frame[told.counts] = counts
        if told.denominator:
            frame[told.denominator] = variables.exposure[outcome].to_numpy() * told.per
        frame[outcome] = variables.column(outcome).to_numpy()
        frame[f"{outcome}_unit"] = told.unit
    frame["source"] = "; ".join(
        source.key for source in variables.sources if source.origin != "method"
    )
    return frame


def _told(answer: Scaled, told: Told) -> Iterator[Block]:
    yield say(
        "The same rate for other areas; all of them are in the folder rates. The fewer people live "
        "in an area, the more a few births weigh."
    )
    for name, ranking in answer.rankings.items():
        by, variables = answer.areas[name], answer.variables[name]
        outcome = ranking.outcome
        label: Label = variables.definitions.label(outcome)
        title = say("{rate} by {division}", rate=label.heading, division=DIVISIONS[name])
        if told.study.scales.map:

            def draw(
                lang: Lang,
                by: Division = by,
                variables: RegionalVariables = variables,
                outcome: str = outcome,
                title: Any = title,
                label: Label = label,
            ) -> Any:
                return choropleth(
                    by,
                    variables.frame[outcome],
                    title=title,
                    unit=label.unit_said,
                    result=variables,
                    lang=lang,
                )

            yield Figure(
                draw,
                caption=title,
                notes=map_notes(by),
                sources=(*variables.sources, *map_sources(by)),
            )
        frame = named(by, ranking)
        yield Table.of(
            ranking,
            name=f"ranking_{plain(name)}",
            title=say("{title}: the highest of {n:,}", title=title, n=ranking.areas),
            frame=frame.drop(columns=[c for c in frame if name == "prefecture" and c in SELF]),
            notes=(*ranking.notes, *NOTES.get(name, ())),
        )


SCALES = ScalesChapter()
