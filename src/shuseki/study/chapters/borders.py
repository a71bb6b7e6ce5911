"""Would the answer differ if the borders of the areas ran elsewhere?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from shuseki.datasets.allotted import ALLOTTED, allotted_accounts
from shuseki.demography.events import births
from shuseki.entry.regions import Units, compare_divisions
from shuseki.geography.districts import Division, division, other_divisions
from shuseki.language import say
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Running, Told
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
    needs = ("records", "region", "births", "accounts", "entry")

    def check(self, asked: Borders, study: Any) -> Iterator[str]:
        """There must be equations, and other divisions of the same places."""
        yield from needs_equations(study)
        records = study.tables.get("records")
        if records is not None and records.codes_of == "any":
            yield "compares bundled divisions, which are Japanese, but the codes are not."

    def run(self, asked: Borders, running: Running) -> Answers:
        """Births by municipality, accounts allotted to municipalities."""
        rates = running.answers["accounts"]
        regions: Division = running.answers["region"]
        with running.manifest.step("compare divisions"):
            design = design_of(asked, running)
            variables = rates.variables
            by_municipality = allotted_accounts(rates.accounts, regions, variables.definitions)
            index = by_municipality.index
            units = division("municipality", regions.date)
            places = units.areas.set_index("code")
            centres = places.loc[index, ["latitude", "longitude"]].to_numpy(dtype=float)
            divisions: Mapping[str, pd.Series] = {
                regions.name: regions.members.set_index("municipality")["area"],
                "municipality": pd.Series(index, index=index),
                **{
                    name: other.members.set_index("municipality")["area"].reindex(index)
                    for name, other in other_divisions(regions).items()
                },
            }
            inside = births_by(running, units).reindex(index).fillna(0.0)
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
                sources=(*variables.sources, ALLOTTED),
                progress=running.progress,
            )
        return Answers({"borders": found})

    def results(self, answer: Answers) -> dict[str, Result]:
        """The comparison."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """The comparison."""
        yield Section(say("Other borders"), list(answer.found.values()))


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
