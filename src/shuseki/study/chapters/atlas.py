"""What would every other reasonable specification have found?"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from shuseki.arrays import Bools
from shuseki.entry.atlas import Atlas as Estimates
from shuseki.entry.atlas import atlas, influence, permutation_test, strongly_correlated
from shuseki.entry.design import OUTLIER_RULES
from shuseki.entry.variables import RegionalVariables
from shuseki.language import say
from shuseki.release.disclosure.answers import equations
from shuseki.release.disclosure.numbers import Held
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Block, Finding, Section, own_table
from shuseki.report.tables import Table
from shuseki.results import Result
from shuseki.study.chapter import Chapter, Running, Told
from shuseki.study.chapters.equation import OfEquation, design_of, needs_equations
from shuseki.study.chapters.neighbours import Answers

__all__ = ["ATLAS", "Atlas"]


class Atlas(OfEquation):
    """Every combination of terms, outliers and samples, and a test against chance."""

    threshold: float = Field(default=0.5, gt=0, le=1)
    permutations: int = Field(default=99, ge=0)
    seed: int = 0


class AtlasChapter(Chapter[Atlas, Answers]):
    """Estimate every specification."""

    name = "atlas"
    about = say("Every combination of terms, outliers and samples, and a test against chance.")
    options = Atlas
    needs = ("accounts", "entry")

    def check(self, asked: Atlas, study: Any) -> Iterator[str]:
        """There must be equations."""
        yield from needs_equations(study)

    def run(self, asked: Atlas, running: Running) -> Answers:
        """Terms that are strongly correlated never stand together."""
        variables = running.answers["accounts"].variables
        with running.manifest.step(say("estimate every specification")) as entry:
            design = design_of(asked, running)
            table = variables.frame
            candidates = [name for name in variables.regressors if table[name].notna().any()]
            rules: dict[str, Any] = {
                "outlier_rules": {
                    name: lambda y, drop=rule: ~drop(y) for name, rule in OUTLIER_RULES.items()
                },
                "never_together": strongly_correlated(table[candidates], asked.threshold),
            }
            samples: dict[str, Callable[[pd.DataFrame], Bools]] = {"all": everywhere}
            for name in variables.definitions.columns.attributes:
                if name in table and table[name].dropna().isin([True, False]).all():
                    samples[f"without {name}"] = partial(without, name)
            if len(samples) > 1:
                rules["samples"] = samples
            about = {"outcomes": variables.outcomes, "terms": candidates}
            answer = atlas(table, sources=variables.sources, **about, **rules)
            found: dict[str, Result] = {"atlas": answer}
            found |= {
                f"influence_{term.lower()}": influence(answer, term)
                for term in design.terms
                if term in candidates
            }
            if asked.permutations:
                found["atlas_null"] = permutation_test(
                    table,
                    permutations=asked.permutations,
                    rng=np.random.default_rng(asked.seed),
                    progress=running.progress,
                    sources=variables.sources,
                    **about,
                    **rules,
                )
            entry["results"] = list(found)
        return Answers(found)

    def results(self, answer: Answers) -> dict[str, Result]:
        """Each of them."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """All of them."""
        yield Section(say("Every specification"), list(_told(answer, told)))


def _told(answer: Answers, told: Told) -> Iterator[Block]:
    """The support of each term, the choices that matter, the test; then every specification."""
    found = dict(answer.found)
    every = found.pop("atlas")
    assert isinstance(every, Estimates)
    variables: RegionalVariables = told.answers["accounts"].variables
    used = every.estimated
    freedom = every.n[used] - every.included[used].sum(axis=1) - 1
    units = float(freedom.min()) if used.any() else 0.0

    def said(table: pd.DataFrame) -> FromRecords:
        rows = table["outcome"].value_counts().max() if "outcome" in table else len(table)
        count = int(rows) * len(table.select_dtypes("number").columns)
        return equations(variables.definitions, variables.outcomes, units, count)

    support = every.support()
    yield Finding(
        every,
        table=Table.of(
            every,
            name="atlas_support",
            title=say("How often each term comes out with which sign"),
            frame=support,
            numbers=said(support),
        ),
    )
    for one in found.values():
        yield Finding(one, table=own_table(one, numbers=said(one.to_frame())))
    yield own_table(every, numbers=(Held(why=EVERY),))


EVERY = say(
    "Thousands of equations on the same births could be solved for them; the summary is written."
)


def without(attribute: str, table: pd.DataFrame) -> Bools:
    """Areas that do not have an attribute."""
    return ~table[attribute].to_numpy(dtype=bool)


def everywhere(table: pd.DataFrame) -> Bools:
    """All areas."""
    return np.ones(len(table), dtype=bool)


ATLAS = AtlasChapter()
