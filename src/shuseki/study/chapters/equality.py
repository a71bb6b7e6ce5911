"""Do two outcomes depend on the same features?"""

from collections.abc import Iterator
from typing import Any

from shuseki.entry.equality import equality_of_coefficients
from shuseki.language import listed, say
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.accounts import definitions_of
from shuseki.study.chapters.equation import (
    OfEquation,
    design_of,
    estimated,
    needs_equations,
    rows_kept,
)
from shuseki.study.chapters.neighbours import Answers

__all__ = ["EQUALITY", "Equality"]


class Equality(OfEquation):
    """Whether the coefficients of two outcomes are equal."""

    outcomes: tuple[str, str]
    standardised: bool = True


class EqualityChapter(Chapter[Equality, Answers]):
    """Compare two outcomes."""

    name = "equality"
    about = say("Whether the coefficients of two outcomes are equal.")
    options = Equality
    needs = ("accounts", "entry")

    def check(self, asked: Equality, study: Any) -> Iterator[str]:
        """There must be equations, and both outcomes."""
        yield from needs_equations(study)
        known = [one.name for one in definitions_of(study).outcomes]
        for name in asked.outcomes:
            if name not in known:
                yield say(
                    "outcomes: unknown {name!r}. Expected two of {known}.",
                    name=name,
                    known=listed(known),
                )

    def run(self, asked: Equality, running: Running) -> Answers:
        """Test the terms of the equation."""
        variables = running.answers["accounts"].variables
        with running.manifest.step(say("compare two outcomes")):
            design = design_of(asked, running)
            keep = rows_kept(variables, design)
            first, second = asked.outcomes
            found = equality_of_coefficients(
                variables.frame,
                outcomes=(first, second),
                terms=design.terms,
                keep=(keep[first], keep[second]),
                standardised=asked.standardised,
                sources=variables.sources,
            )
        return Answers({"equality": found})

    def results(self, answer: Answers) -> dict[str, Result]:
        """The test."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """The comparison."""
        yield Section(say("Two outcomes compared"), list(estimated(answer.found, told)))


EQUALITY = EqualityChapter()
