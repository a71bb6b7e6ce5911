"""How many births, rather than which rate?"""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import Field

from shuseki.entry.counts import count_effects, count_model, overdispersion
from shuseki.errors import ConvergenceError
from shuseki.language import say
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.equation import OfEquation, design_of, estimated, needs_equations
from shuseki.study.chapters.neighbours import Answers

__all__ = ["COUNTS", "Counts"]

Family = Literal["poisson", "negative_binomial", "zero_inflated"]


class Counts(OfEquation):
    """Count models of every outcome, with the denominator of its rate as exposure."""

    families: tuple[Family, ...] = Field(get_args(Family), min_length=1)


class CountsChapter(Chapter[Counts, Answers]):
    """Model counts."""

    name = "counts"
    about = say("Count models of every outcome, with the denominator of its rate as exposure.")
    options = Counts
    needs = ("accounts", "entry")

    def check(self, asked: Counts, study: Any) -> Iterator[str]:
        """There must be equations."""
        yield from needs_equations(study)

    def run(self, asked: Counts, running: Running) -> Answers:
        """Estimate each family where its assumptions can hold."""
        variables = running.answers["accounts"].variables
        with running.manifest.step(say("model the counts")) as entry:
            design = design_of(asked, running)
            counted = variables.frame[list(design.terms)].assign(
                **{name: variables.counts[name] for name in variables.outcomes},
                **{f"exposure of {n}": variables.exposure[n] for n in variables.outcomes},
            )
            groups = None
            if len(set(variables.area_groups)) > 1:
                groups = "parent"
                counted[groups] = list(variables.area_groups)
            found: dict[str, Result] = {}
            poisson = []
            for outcome in variables.outcomes:
                about = {
                    "outcome": outcome,
                    "terms": design.terms,
                    "exposure": f"exposure of {outcome}",
                    "standard_errors": "cluster" if groups else "HC1",
                    "groups": groups,
                    "sources": variables.sources,
                }
                fit = count_model(counted, **about)
                poisson.append(fit)
                found[f"counts_poisson_{outcome.lower()}"] = fit
                used = counted[[outcome, *design.terms, about["exposure"]]].dropna()
                found[f"overdispersion_{outcome.lower()}"] = overdispersion(
                    used[outcome].to_numpy(dtype=float), fit.means, sources=variables.sources
                )
                for family in asked.families:
                    if family == "poisson" or (family == "zero_inflated" and not fit.zeros):
                        continue
                    try:
                        found[f"counts_{family}_{outcome.lower()}"] = count_model(
                            counted, family=family, **about
                        )
                    except ConvergenceError:
                        continue  # no overdispersion or excess zeros: Poisson says it all
            found["counts_effects"] = count_effects(poisson, definitions=variables.definitions)
            entry["results"] = list(found)
        return Answers(found)

    def results(self, answer: Answers) -> dict[str, Result]:
        """Each of them."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """All of them."""
        yield Section(say("Counts"), list(estimated(answer.found, told)))


COUNTS = CountsChapter()
