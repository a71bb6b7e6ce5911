"""Would the answer differ if the borders of the areas ran elsewhere?"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from shuseki.datasets import regional_accounts
from shuseki.datasets.allotted import ALLOTTED, allotted_accounts
from shuseki.demography.events import births
from shuseki.entry.regions import Units, compare_divisions
from shuseki.errors import DataError
from shuseki.geography.districts import Division, division, other_divisions
from shuseki.language import say
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.sources import Source
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.accounts import PUBLIC, Rates
from shuseki.study.chapters.counted import added_up
from shuseki.study.chapters.equation import OfEquation, design_of, needs_equations
from shuseki.study.chapters.neighbours import Answers

__all__ = ["BORDERS", "Borders"]


class Borders(OfEquation):
    """The equation in other divisions, and in random ones."""

    draws: int = Field(default=100, ge=0)
    seed: int = 0


class BordersChapter(Chapter[Borders, Answers]):
    """Estimate the equation in other divisions."""

    name = "borders"
    options = Borders
    needs = ("records", "region", "births", "counted", "accounts", "entry")

    def check(self, asked: Borders, study: Any) -> Iterator[str]:
        """There must be equations, and other divisions of the same places."""
        yield from needs_equations(study)
        if study.codes == "any":
            yield say("compares bundled divisions, but the codes are of another country.")

    def run(self, asked: Borders, running: Running) -> Answers:
        """Births by municipality, accounts allotted to municipalities."""
        rates = running.answers["accounts"]
        regions: Division = running.answers["region"]
        with running.manifest.step("compare divisions"):
            design = design_of(asked, running)
            variables = rates.variables
            fine = units_of(running, rates, regions)
            by_municipality, units = fine.accounts, fine.units
            index = by_municipality.index
            places = units.areas.set_index("code")
            centres = places.loc[index, ["latitude", "longitude"]].to_numpy(dtype=float)
            divisions: Mapping[str, pd.Series] = {
                regions.name: areas_of(regions, units.date),
                "municipality": pd.Series(index, index=index),
                **{
                    name: areas_of(other, units.date).reindex(index)
                    for name, other in other_divisions(regions).items()
                },
            }
            inside = fine.births.reindex(index).fillna(0.0)
            found = compare_divisions(
                Units(by_municipality, inside, centres),
                divisions,
                terms=design.terms,
                outcomes=(design.outcome,),
                random_areas=(len(variables.areas),) if asked.draws else (),
                draws=asked.draws,
                rng=np.random.default_rng(asked.seed),
                definitions=variables.definitions,
                outliers=design.outliers,
                sources=(*variables.sources, *fine.sources),
                progress=running.progress,
            )
        return Answers({"borders": found})

    def results(self, answer: Answers) -> dict[str, Result]:
        """The comparison."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """The comparison."""
        yield Section(say("Other borders"), list(answer.found.values()))


class FineUnits(NamedTuple):
    """Municipalities of one day: their accounts, births, and what is made up of them."""

    units: Division
    accounts: pd.DataFrame
    births: pd.DataFrame
    sources: tuple[Source, ...]


def units_of(running: Running, rates: Rates, regions: Division) -> FineUnits:
    """Accounts and births of municipalities: published ones where there are, else allotted."""
    counted = running.answers.get("counted")
    asked = running.study.accounts
    day = regions.date if counted is None else counted.date
    units = division("municipality", day)
    births = births_by(running, units) if counted is None else added_up(counted.by(units))
    if counted is not None and asked.source in PUBLIC:
        return FineUnits(units, regional_accounts(asked.source, by=units), births, ())
    if day != regions.date:
        raise DataError(
            say(
                "The births have municipalities of {day}, the areas of {date}. Expected accounts "
                "by municipality to compare divisions. Use accounts of a public source, or leave "
                "[borders] out.",
                day=day,
                date=regions.date,
            )
        )
    allotted = allotted_accounts(rates.accounts, regions, rates.variables.definitions)
    return FineUnits(units, allotted, births, (ALLOTTED,))


def areas_of(regions: Division, day: str) -> pd.Series:
    """Area of each municipality of a day: that in which the most of it lies."""
    if regions.date == day:
        return regions.members.set_index("municipality")["area"]
    return regions.assignment(day)["area"]


def births_by(running: Running, units: Division) -> pd.DataFrame:
    """Births of the study by municipality."""
    asked = running.study.births
    grouped = running.answers.get("industries")
    born = births(
        running.answers["records"].store,
        at=asked.at,
        since=asked.since,
        earlier=asked.earlier,
        fewer_than_employees=asked.fewer_than_employees,
        division=units,
        classes=(grouped.groups or None) if grouped else None,
        lives=asked.lives,
    )
    return born.by_area()


BORDERS = BordersChapter()
