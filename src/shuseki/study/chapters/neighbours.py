"""Are the outcomes of neighbouring areas correlated, and do the conclusions survive it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from shuseki.entry.conley import conley_errors
from shuseki.entry.spatial import (
    spatial_effects,
    spatial_model,
    spatial_tests,
    surviving_conclusions,
)
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.weights import definitions_of_neighbours
from shuseki.language import say
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.equation import (
    OfEquation,
    centres_of,
    design_of,
    estimated,
    needs_equations,
    rows_kept,
)

__all__ = ["NEIGHBOURS", "Neighbours"]


class Neighbours(OfEquation):
    """Spatial dependence: tests, spatial models, and Conley standard errors."""

    cutoffs_km: tuple[Annotated[float, Field(gt=0)], ...] = Field((50, 100, 200), min_length=1)
    permutations: int = Field(default=999, ge=19)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Answers:
    """Results by name."""

    found: Mapping[str, Result]


class NeighboursChapter(Chapter[Neighbours, Answers]):
    """Ask whether neighbours matter."""

    name = "neighbours"
    about = say("Spatial dependence: tests, spatial models, and Conley standard errors.")
    options = Neighbours
    needs = ("accounts", "entry", "region")

    def check(self, asked: Neighbours, study: Any) -> Iterator[str]:
        """There must be equations."""
        yield from needs_equations(study)

    def run(self, asked: Neighbours, running: Running) -> Answers:
        """Test every outcome with the terms of the equation."""
        variables = running.answers["accounts"].variables
        with running.manifest.step(say("test spatial dependence")) as entry:
            design = design_of(asked, running)
            keep = rows_kept(variables, design)
            centres = centres_of(running.answers["region"], variables)
            table, terms = variables.frame, design.terms
            complete = table[list(terms)].notna().all(axis=1).to_numpy()
            weights = {
                label: near.to_w()
                for label, near in definitions_of_neighbours(
                    list(table.index[complete]), centres[complete]
                ).items()
            }
            distance = distance_matrix_km(centres)
            found: dict[str, Result] = {}
            for k, outcome in enumerate(variables.outcomes):
                used = keep[outcome] & complete
                part = table[used]
                about = {"outcome": outcome, "terms": terms, "sources": variables.sources}
                found[f"neighbours_{outcome.lower()}"] = spatial_tests(
                    part,
                    neighbours=weights,
                    permutations=asked.permutations,
                    seed=asked.seed,
                    **about,
                )
                found[f"conley_{outcome.lower()}"] = conley_errors(
                    part,
                    distances_km=distance[np.ix_(used, used)],
                    cutoffs_km=asked.cutoffs_km,
                    **about,
                )
                running.progress(k + 1, len(variables.outcomes))
            found["surviving"] = surviving_conclusions(
                table[complete],
                outcomes=variables.outcomes,
                terms=terms,
                neighbours=weights,
                keep={y: rows[complete] for y, rows in keep.items()},
                sources=variables.sources,
            )
            label, first = next(iter(weights.items()))
            lag = spatial_model(
                table[keep[design.outcome] & complete],
                outcome=design.outcome,
                terms=terms,
                neighbours=first,
                kind="lag",
                label=label,
                sources=variables.sources,
            )
            found |= {"spatial_lag": lag, "spatial_effects": spatial_effects(lag)}
            entry["results"] = list(found)
        return Answers(found)

    def results(self, answer: Answers) -> dict[str, Result]:
        """Each of them."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """All of them."""
        title = say("Neighbouring areas")
        yield Section(title, list(estimated(answer.found, told)))


NEIGHBOURS = NeighboursChapter()
