"""Would the answer differ if the borders of the areas ran elsewhere?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from shuseki.datasets import regional_accounts
from shuseki.datasets.allotted import ALLOTTED, allotted_accounts
from shuseki.demography.events import births
from shuseki.entry.regions import DivisionComparison, Units, compare_divisions
from shuseki.errors import DataError
from shuseki.geography.districts import Division, division, other_divisions
from shuseki.language import say
from shuseki.release.disclosure.answers import equations, municipal_freedom
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Finding, Section, own_table
from shuseki.results import Result
from shuseki.sources import Source
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.accounts import PUBLIC, Rates
from shuseki.study.chapters.counted import added_up
from shuseki.study.chapters.equation import OfEquation, design_of, needs_equations

__all__ = ["BORDERS", "Borders"]


class Borders(OfEquation):
    """The equation in other divisions, and in random ones."""

    draws: int = Field(default=100, ge=0)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Compared:
    """The equation in other divisions.

    Attributes
    ----------
    found
        The comparison.
    outcome
        The outcome of the equation.
    births
        What it counts, by municipality.
    area_of
        Area of the study in which each municipality lies.
    """

    found: DivisionComparison
    outcome: str
    births: pd.Series
    area_of: pd.Series


class BordersChapter(Chapter[Borders, Compared]):
    """Estimate the equation in other divisions."""

    name = "borders"
    about = say("The equation in other divisions, and in random ones.")
    options = Borders
    needs = ("records", "region", "births", "counted", "accounts", "entry")

    def check(self, asked: Borders, study: Any) -> Iterator[str]:
        """There must be equations, and other divisions of the same places."""
        yield from needs_equations(study)
        if study.codes == "any":
            yield say("compares bundled divisions, but the codes are of another country.")

    def run(self, asked: Borders, running: Running) -> Compared:
        """Births by municipality, accounts allotted to municipalities."""
        rates = running.answers["accounts"]
        regions: Division = running.answers["region"]
        with running.manifest.step(say("compare divisions")):
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
            counts = next(
                one.counts for one in variables.definitions.outcomes if one.name == design.outcome
            )
            born = inside[counts] if counts in inside else pd.Series(0.0, index=index)
        return Compared(found, design.outcome, born, divisions[regions.name])

    def results(self, answer: Compared) -> dict[str, Result]:
        """The comparison."""
        return {"borders": answer.found}

    def sections(self, answer: Compared, told: Told) -> Iterator[Section]:
        """The comparison."""
        numbers = compared_numbers(answer, told)
        finding = Finding(answer.found, table=own_table(answer.found, numbers=numbers))
        yield Section(say("Other borders"), [finding])


def compared_numbers(answer: Compared, told: Told) -> FromRecords:
    """Equations on the births of areas, and on those of municipalities, which are not written.

    Of the random divisions quantiles over the draws are told, each of them the coefficient of one.
    """
    variables = told.answers["accounts"].variables
    table, every = answer.found.table, answer.found.to_frame()
    count = 2 * len(table) + 4 * (len(every) - len(table))
    smallest = min([*table["n"], *answer.found.random.get("n", ())])
    units = municipal_freedom(
        answer.births, answer.area_of, count, smallest - len(answer.found.terms) - 1
    )
    own = table["division"] == answer.found.reference
    return equations(variables.definitions, [answer.outcome], units, 2 * int(own.sum()))


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
