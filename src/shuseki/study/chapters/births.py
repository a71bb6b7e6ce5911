"""Which establishments are births, and how did candidates become births?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd
from pydantic import Field, field_validator, model_validator

from shuseki.demography.events import Births as Born
from shuseki.demography.events import Exclusion, Lives, births
from shuseki.demography.funnel import GROUPS_JA, Funnel
from shuseki.errors import examples
from shuseki.geography.shapes import can_be_drawn
from shuseki.language import Message, say
from shuseki.language.names import TwoNames
from shuseki.panel import Panel
from shuseki.papers.beside import funnel_beside
from shuseki.papers.catalogue import printed_paper
from shuseki.release.disclosure.answers import BORN, births_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.numbers import Cells
from shuseki.report.blocks import Block, Bullets, Figure, Finding, Section
from shuseki.report.plots.maps import choropleth, map_notes, map_sources
from shuseki.report.tables import Table
from shuseki.report.words import Lang
from shuseki.results import Result
from shuseki.study.chapter import Beside, Brief, Chapter, Options, Running, Told

__all__ = ["BIRTHS", "Births", "Counted"]


class Exclude(Options):
    """Candidates that are no births: a step of the funnel."""

    name: str = Field(min_length=1)
    says: str = ""
    says_ja: str = ""
    column: Literal["id", "name", "address", "industry", "legal_form"]
    matches: str

    @field_validator("matches")
    @classmethod
    def _pattern(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(
                say("{pattern!r} is no regular expression: {why}", pattern=text, why=str(error))
            ) from None
        return text


class Births(Options):
    """Which establishments count as births."""

    at: int
    since: int
    earlier: tuple[int, ...] = ()
    exclude: tuple[Exclude, ...] = ()
    fewer_than_employees: int | None = Field(default=None, gt=0)
    lives: Lives = "waves"

    @model_validator(mode="after")
    def _ordered(self) -> "Births":
        late = [wave for wave in (*self.earlier, self.since) if wave >= self.at]
        if late:
            raise ValueError(
                say(
                    "waves {waves} are not before the wave of the births, {at}",
                    waves=examples(late),
                    at=self.at,
                )
            )
        return self


@dataclass(frozen=True, eq=False)
class Counted:
    """Births by area and industry.

    Attributes
    ----------
    born
        The births.
    funnel
        How candidates became births, beside the print where a paper states it.
    """

    born: Born
    funnel: Funnel
    panel: Panel


class BirthsChapter(Chapter[Births, Counted]):
    """Count the births."""

    name = "births"
    about = say("Which establishments count as births.")
    options = Births
    needs = ("records", "region", "industries")

    def check(self, asked: Births, study: Any) -> Iterator[str]:
        """The waves must be among the study's, where the study says them."""
        records = study.tables.get("records")
        if records is None or records.source != "files":
            return
        said = [wave.wave for wave in records.waves]
        if None not in said:
            for name in ("at", "since"):
                if getattr(asked, name) not in said:
                    yield say(
                        "{name}: no wave {missing}. Found {said}.",
                        name=name,
                        missing=getattr(asked, name),
                        said=examples(said),
                    )

    def run(self, asked: Births, running: Running) -> Counted:
        """Count them, and put a paper's counts beside."""
        regions = running.answers["region"]
        grouped = running.answers.get("industries")
        with running.manifest.step(say("count the births")) as entry:
            born = births(
                running.answers["records"].store,
                at=asked.at,
                since=asked.since,
                earlier=asked.earlier,
                exclude=[
                    Exclusion(
                        one.name,
                        one.says or one.name,
                        one.says_ja or one.says or one.name,
                        one.column,
                        one.matches,
                    )
                    for one in asked.exclude
                ],
                fewer_than_employees=asked.fewer_than_employees,
                division=regions,
                classes=(grouped.groups or None) if grouped else None,
                lives=asked.lives,
            )
            paper = running.study.paper_named
            funnel = born.funnel
            if paper is not None:
                funnel = funnel_beside(funnel, printed_paper(paper))
            entry["funnel"] = {step.name: step.left for step in funnel.steps}
        return Counted(born, funnel, named(born.panel, grouped))

    def results(self, answer: Counted) -> dict[str, Result]:
        """The funnel."""
        return {"funnel": answer.funnel}

    def brief(self, answer: Counted, told: Told) -> Brief:
        """Births and areas."""
        born = (Cells(universe="births", columns=["said"], where=BORN),)
        return Brief(
            numbers=(
                (f"{answer.funnel.left:,}", say("establishments born"), born),
                (f"{len(answer.panel.areas):,}", say("areas")),
            )
        )

    def sections(self, answer: Counted, told: Told) -> Iterator[Section]:
        """From candidates to births."""
        yield Section(say("From candidates to births"), list(_told(answer, told)))

    def tables(self, answer: Counted) -> dict[str, Beside]:
        """The panel of births."""
        frame = answer.panel.to_frame()
        by = {"area": "area", "industry": "industry"}
        births = Cells(universe="births", columns=["births"], by=by, where=BORN)
        return {"panel": Beside(frame, (births,))}

    def universes(self, answer: Counted) -> Iterator[Universe]:
        """Births, and the candidates that were none."""
        yield births_universe(answer.panel, answer.funnel, answer.born.groups)


def named(panel: Panel, grouped: Any) -> Panel:
    """Put the names of industries on a panel, where the study gives them."""
    if grouped is None or not grouped.names:
        return panel
    names = tuple(grouped.names.get(code, (code, code))[0] for code in panel.industries)
    return replace(panel, industry_names=names)


def _told(answer: Counted, told: Told) -> Iterator[Block]:
    asked = told.study.births
    yield say(
        "A birth is an establishment in the wave of {at} that was not in that of {since}; "
        "candidates are set aside step by step, and every one is accounted for.",
        at=asked.at,
        since=asked.since,
    )
    yield Finding(answer.funnel, title=say("The funnel"))
    yield from _contradicted(answer.funnel)
    if "accounts" in told.answers:  # rates tell where
        return
    regions = told.answers["region"]
    counts = answer.born.by_area()["births"]
    title = say("Births by area")
    if can_be_drawn(regions):

        def draw(lang: Lang, values: "pd.Series[float]") -> Any:
            return choropleth(
                regions,
                values,
                title=title,
                unit=say("births"),
                result=answer.funnel,
                lang=lang,
            )

        yield Figure(
            draw,
            caption=title,
            notes=map_notes(regions),
            sources=(*answer.funnel.sources, *map_sources(regions)),
            values=counts.astype(float),
            numbers=(Cells(universe="births", columns=["value"], by={"area": "area"}, where=BORN),),
        )
    table = counts.sort_values(ascending=False, kind="stable").reset_index()
    places = {
        lang: dict(zip(regions.codes, regions.names(lang), strict=True)) for lang in ("en", "ja")
    }
    yield Table(
        name="births_by_area",
        title=title,
        frame=table.assign(
            area_en=[places["en"].get(code, code) for code in table["area"]],
            area_ja=[places["ja"].get(code, code) for code in table["area"]],
        )[["area_en", "area_ja", "births"]],
        sources=answer.funnel.sources,
        numbers=(
            Cells(
                universe="births",
                columns=["births"],
                by={"area": list(table["area"])},
                where=BORN,
                ranked="all",
            ),
        ),
    )


def _contradicted(funnel: Funnel) -> Iterator[Block]:
    """Where the print contradicts itself, say which number the study follows and why."""
    told: list[Message] = []
    for step in funnel.steps:
        printed = step.printed_set_aside
        if printed is not None and printed != step.set_aside:
            told.append(
                say(
                    "“{step}”: the paper prints {printed:,} set aside; its own counts before and "
                    "after leave {n:,}, which the study follows because every later count and "
                    "percentage agrees with it.",
                    step=TwoNames(step.says, step.says_ja),
                    printed=printed,
                    n=step.set_aside,
                )
            )
    for group, printed in funnel.printed_groups.items():
        obtained = funnel.groups.get(group)
        if obtained is not None and obtained != printed:
            told.append(
                say(
                    "Group “{group}”: the paper prints {printed:,}; {n:,} adds up with the other "
                    "groups to the printed total of {total:,} and gives the printed percentage, so "
                    "the study follows it.",
                    group=TwoNames(group, GROUPS_JA.get(group, group)),
                    printed=printed,
                    n=obtained,
                    total=funnel.left,
                )
            )
    if told:
        yield Bullets(told)


BIRTHS = BirthsChapter()
