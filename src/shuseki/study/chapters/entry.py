"""Why there: which features of a region go with its rates?"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from shuseki.entry.definitions import Definitions
from shuseki.entry.design import OUTLIER_RULES, Design
from shuseki.entry.effects import Effects, effects
from shuseki.entry.hypotheses import Hypothesis, Verdicts, examine
from shuseki.entry.ols import Fits, estimate_all, kind_of_errors
from shuseki.entry.without import AreaSet, WithoutAreas, without_areas
from shuseki.errors import ShusekiError, UnknownCodeError, examples
from shuseki.language import Message, listed, say, words_of
from shuseki.language.names import TwoNames, named
from shuseki.papers.beside import fits_beside, stated_verdicts
from shuseki.papers.catalogue import (
    PRINTED_PAPERS,
    RobustnessChecks,
    exercises_of,
    paper_folder,
    printed_designs,
    printed_hypotheses,
    printed_paper,
    table_number,
)
from shuseki.release.disclosure.answers import counted_as, equations, freedom, of_fits
from shuseki.release.disclosure.numbers import Cells, Free, Held, Statistic
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Block, Figure, Finding, Section
from shuseki.report.marks import short
from shuseki.report.plots.scatter import scatter
from shuseki.report.tables import Table, wide
from shuseki.report.words import Text
from shuseki.results import Result
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told
from shuseki.study.chapters.accounts import Rates, definitions_of, titled

__all__ = ["ENTRY", "Entry", "Estimated"]


class Equation(Options):
    """One regression."""

    outcome: str
    model: str
    terms: tuple[str, ...] = Field(min_length=1)


class OwnHypothesis(Options):
    """What is expected: variable → ``"+"`` or ``"-"``."""

    id: str
    says: str
    says_ja: str = ""
    expects: dict[str, Literal["+", "-"]] = Field(min_length=1)
    alternative_to: str = ""


class Without(Options):
    """Areas without which the equations are estimated again."""

    name: str = Field(min_length=1)
    name_ja: str = ""
    areas: tuple[str, ...] = Field(min_length=1)


class Entry(Options):
    """Which equations are estimated, and how; which hypotheses are judged by them.

    ``paper`` names a bundled paper or a folder, whose equations and hypotheses are taken and whose
    printed tables stand beside what is obtained. ``beside`` names a paper that asks the same
    hypotheses of other data: only its verdicts stand beside.
    """

    paper: str | None = None
    beside: str | None = None
    convention: str = ""
    standard_errors: Literal["HC0", "HC1", "HC2", "HC3", "classical"] = "HC1"
    outliers: str = "printed"
    equations: tuple[Equation, ...] = ()
    hypotheses: tuple[OwnHypothesis, ...] = ()
    without: tuple[Without, ...] = ()
    scatter: tuple[str, ...] = ()
    robustness: bool = False

    @field_validator("outliers")
    @classmethod
    def _rule(cls, rule: str) -> str:
        if rule not in OUTLIER_RULES:
            raise ValueError(say("expected one of {names}", names=listed(OUTLIER_RULES)))
        return rule


@dataclass(frozen=True, eq=False)
class Estimated:
    """Equations, what they mean, and the verdicts.

    Attributes
    ----------
    fits, effects
        The equations and their effects in words.
    verdicts
        On the hypotheses; None when the study has none.
    robustness
        The exercises of the paper; None when not asked for.
    without
        The equations without some areas; None when not asked for.
    """

    fits: Fits
    effects: Effects
    verdicts: Verdicts | None
    robustness: RobustnessChecks | None
    without: WithoutAreas | None = None


class EntryChapter(Chapter[Entry, Estimated]):
    """Estimate the equations, and judge the hypotheses."""

    name = "entry"
    about = say("Which equations are estimated, and how; which hypotheses are judged by them.")
    options = Entry
    needs = ("accounts",)

    def wanted(self, study: Any) -> bool:
        """Whether the study has equations: its own, or those of a paper."""
        asked = study.tables.get("entry")
        return bool(study.has("entry") and asked and (asked.equations or asked.paper))

    def check(self, asked: Entry, study: Any) -> Iterator[str]:
        """The paper, the outcomes and the terms must be known."""
        named = study.paper_named
        if asked.paper is not None and named not in PRINTED_PAPERS and not Path(named).is_dir():
            yield words_of(
                UnknownCodeError.among(
                    "printed paper",
                    [asked.paper],
                    list(PRINTED_PAPERS),
                    say(
                        "Expected {papers}, or a folder; there is no folder {folder}. Correct "
                        "entry.paper.",
                        papers=listed(PRINTED_PAPERS),
                        folder=named,
                    ),
                )
            )
            return
        if asked.beside is not None and asked.beside not in PRINTED_PAPERS:
            known = UnknownCodeError.among("printed paper", [asked.beside], list(PRINTED_PAPERS))
            yield say(
                "beside: {known}",
                known=known,
            )
        names = [one.name for one in asked.without]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield say(
                "without: named twice: {twice}. Expected a name for each.",
                twice=examples(twice),
            )
        try:
            definitions = definitions_of(study)
        except ShusekiError:
            return  # told by the accounts
        outcomes = [one.name for one in definitions.outcomes]
        terms = {*definitions.names, *definitions.columns.attributes}
        expected = {term for equation in asked.equations for term in equation.terms}
        for k, equation in enumerate(asked.equations):
            if equation.outcome not in outcomes:
                known = UnknownCodeError.among("outcome", [equation.outcome], outcomes)
                yield say(
                    "equations.{k}.outcome: {known}",
                    k=k,
                    known=known,
                )
            unknown = [term for term in equation.terms if term not in terms]
            if unknown:
                known = UnknownCodeError.among("variable", unknown, sorted(terms))
                yield say(
                    "equations.{k}.terms: {known}",
                    k=k,
                    known=known,
                )
        strange = [name for name in asked.scatter if name not in definitions.names]
        if strange:
            known = UnknownCodeError.among("variable", strange, sorted(definitions.names))
            yield say(
                "scatter: {known}",
                known=known,
            )
        keys = [(equation.outcome, equation.model) for equation in asked.equations]
        repeated = sorted({f"{o} {m}" for o, m in keys if keys.count((o, m)) > 1})
        if repeated:
            yield say(
                "equations: given twice: {repeated}. Expected a model name for each.",
                repeated=examples(repeated),
            )
        for k, hypothesis in enumerate(asked.hypotheses):
            lost = [name for name in hypothesis.expects if name not in expected | terms]
            if lost:
                known = UnknownCodeError.among("variable", lost, sorted(terms))
                yield say(
                    "hypotheses.{k}.expects: {known}",
                    k=k,
                    known=known,
                )
        if asked.robustness and exercises_of(named) is None:
            yield (
                say(
                    "robustness: no paper is named that describes exercises of robustness. Leave "
                    "it out."
                )
            )

    def reads(self, asked: Entry, study: Any) -> Iterator[Path]:
        """The folder of a paper of the user's."""
        named = study.paper_named
        if named is not None and named not in PRINTED_PAPERS:
            yield from sorted(Path(named).iterdir()) if Path(named).is_dir() else ()

    def run(self, asked: Entry, running: Running) -> Estimated:
        """Estimate, examine, and do the exercises."""
        rates: Rates = running.answers["accounts"]
        paper = running.study.paper_named
        with running.manifest.step(say("estimate the equations")) as entry:
            fits = estimate_all(designs_of(asked, paper), rates.variables)
            if paper is not None:
                fits = fits_beside(fits, printed_paper(paper))
            entry["equations"] = len(fits)
            entry["n"] = {f"{outcome} {model}": fits[outcome, model].n for outcome, model in fits}
        with running.manifest.step(say("examine the hypotheses")):
            hypotheses = hypotheses_of(asked, paper)
            verdicts = examine(fits, hypotheses) if hypotheses else None
            if verdicts is not None and asked.beside is not None:
                verdicts = beside_paper(verdicts, asked.beside)
            exercises = exercises_of(paper) if asked.robustness else None
            robust = None
            if exercises is not None:
                robust = exercises(fits, rates.variables, hypotheses, rates.accounts)
        without = None
        if asked.without:
            with running.manifest.step(say("leave some areas out")) as entry:
                sets = [AreaSet(one.name, one.areas, one.name_ja) for one in asked.without]
                designs = [fit.design for fit in fits.fits]
                without = without_areas(designs, rates.variables, hypotheses, sets)
                entry["verdicts_that_change"] = without.changed()
        return Estimated(fits, effects(fits), verdicts, robust, without)

    def results(self, answer: Estimated) -> dict[str, Result]:
        """Equations, effects, verdicts, exercises."""
        found: dict[str, Result | None] = {
            "fits": answer.fits,
            "effects": answer.effects,
            "verdicts": answer.verdicts,
            "robustness": answer.robustness,
            "without": answer.without,
        }
        return {name: one for name, one in found.items() if one is not None}

    def brief(self, answer: Estimated, told: Told) -> Brief:
        """How many equations; which hypotheses are supported; the largest effects."""
        sentences: list[Message] = []
        if answer.verdicts is not None:
            overall = answer.verdicts.overall
            supported = [name for name, verdict in overall.items() if verdict == "supported"]
            sentences.append(
                say("Of the hypotheses, {names} are supported.", names=named(supported))
            )
            agrees = answer.verdicts.agrees()
            if answer.verdicts.elsewhere and agrees:
                sentences.append(
                    say(
                        "{same} of {n} verdicts are those that {paper} states of its own data: "
                        "{names}.",
                        same=sum(agrees.values()),
                        n=len(agrees),
                        paper=answer.verdicts.elsewhere,
                        names=named(name for name, same in agrees.items() if same),
                    )
                )
        for variable in surest(answer, 3):
            first = next(fit for fit in answer.fits.fits if variable in fit.terms)
            key = (first.design.outcome, first.design.model, variable)
            sentences.append(answer.effects.say(*key))
        return Brief(
            numbers=((f"{len(answer.fits)}", say("equations")),),
            sentences=tuple(sentences),
            rests=of_fits(answer.fits).numbers,
        )

    def sections(self, answer: Estimated, told: Told) -> Iterator[Section]:
        """The equations, and the verdicts."""
        yield Section(say("Why there: the equations"), list(_equations(answer, told)))
        if answer.verdicts is not None:
            beside = told.study.entry.beside
            yield Section(say("Verdicts"), list(_verdicts(answer, answer.verdicts, beside)))
        if answer.without is not None:
            definitions = told.answers["accounts"].variables.definitions
            yield Section(say("Without some areas"), list(_without(answer.without, definitions)))


def designs_of(asked: Entry, paper: str | None) -> tuple[Design, ...]:
    """The study's own equations, or the paper's."""
    if asked.equations:
        return tuple(
            Design(
                outcome=equation.outcome,
                terms=equation.terms,
                model=equation.model,
                outliers=asked.outliers,
                standard_errors=asked.standard_errors,
            )
            for equation in asked.equations
        )
    assert paper is not None
    return printed_designs(paper, standard_errors=asked.standard_errors)


def hypotheses_of(asked: Entry, paper: str | None) -> tuple[Hypothesis, ...]:
    """The study's own hypotheses, or the paper's where it states some."""
    if asked.hypotheses:
        return tuple(
            Hypothesis(
                id=one.id,
                says=one.says,
                says_ja=one.says_ja or one.says,
                expects=one.expects,
                alternative_to=one.alternative_to,
            )
            for one in asked.hypotheses
        )
    if paper is not None and (paper_folder(paper) / "hypotheses.toml").is_file():
        return printed_hypotheses(paper)
    return ()


def beside_paper(verdicts: Verdicts, name: str) -> Verdicts:
    """Put beside what a paper that asks the same hypotheses states of its own data."""
    paper = printed_paper(name)
    called = TwoNames(short(paper.source), short(paper.source, "ja"))
    asked = {one.id for one in verdicts.hypotheses}
    stated = {key: one for key, one in stated_verdicts(paper).items() if key in asked}
    return replace(
        verdicts.beside(stated, called),
        notes=(
            *verdicts.notes,
            say(
                "The last column is what {paper} states of its own data; another universe, so that "
                "agreement or not is no test of either.",
                paper=called,
            ),
        ),
        sources=(*verdicts.sources, paper.source),
    )


def surest(answer: Estimated, count: int) -> list[str]:
    """Variables whose effects are surest, by the median of their absolute t."""
    frame = answer.fits.to_frame()
    frame = frame[frame["term"] != "constant"]
    sure = frame.assign(size=frame["t"].abs()).groupby("term", sort=False)["size"].median()
    return list(sure.sort_values(ascending=False, kind="stable").index[:count])


# ---- telling ------------------------------------------------------------------------------------


def _equations(answer: Estimated, told: Told) -> Iterator[Block]:
    errors = told.study.entry.standard_errors
    paper = told.study.paper_named
    yield say(
        "Least squares with {errors} standard errors; stars: *** 1%, ** 5%, * 10%.",
        errors=kind_of_errors(errors),
    )
    definitions: Definitions = answer.fits.fits[0].definitions
    for outcome in answer.fits.outcomes:
        label = definitions.label(outcome)
        of_outcome = answer.fits.of(outcome)
        title = titled(
            say("Equations of the {rate}", rate=label.said), paper, "coefficients", outcome
        )
        yield Finding(
            of_outcome,
            title=title,
            table=coefficients(of_outcome, f"{table_stem(paper, outcome)}_coefficients", title),
        )
        for name in told.study.entry.scatter:
            yield _scatter(answer, told, outcome, name)
    yield Table.of(
        answer.effects,
        name="effects",
        title=say("Effects in words"),
        numbers=of_fits(answer.fits).numbers,
    )


def _scatter(answer: Estimated, told: Told, outcome: str, name: str) -> Block:
    variables = told.answers["accounts"].variables
    first = answer.fits.of(outcome).fits[0]
    return Figure(
        lambda lang: scatter(
            variables, name, outcome, set_aside=first.sample.set_aside.get("outliers", ()),
            lang=lang,
        ),
        caption=say(
            "{outcome} and {name}",
            outcome=variables.definitions.label(outcome).heading,
            name=variables.definitions.label(name).said,
        ),
        notes=(say("Rings: areas that the outlier rule sets aside."),),
        sources=variables.sources,
    )  # fmt: skip


def table_stem(paper: str | None, outcome: str) -> str:
    """Stem of the file of an outcome's table: its number in the paper, or the outcome."""
    place = table_number(paper, "coefficients", outcome)
    number = "".join(one for one in place[0] if one.isdigit()) if place else ""
    return f"table{number}" if number else outcome.lower()


def coefficients(fits: Fits, name: str, title: Message) -> Table:
    """Equations side by side: coefficient and t of each term."""
    notes = tuple(
        say(
            "Model {model}: n = {n}, adjusted R² = {share:.3f}, F = {f:.1f}.",
            model=fit.design.model,
            n=fit.n,
            share=fit.adjusted_r2,
            f=fit.f_classical,
        )
        for fit in fits.fits
    )
    table = wide(
        fits.to_frame(),
        rows="term",
        columns="model",
        values=("coefficient", "t"),
        stars={"coefficient": "stars"},
        name=name,
        title=title,
        notes=notes,
        sources=fits.sources,
        numbers=of_fits(fits).numbers,
    )
    digits = {
        column: [
            three_figures(b) if column[-1] == "coefficient" else 2 for b in table.frame[column]
        ]
        if column[0]
        else [None] * len(table.frame)
        for column in table.frame.columns
    }
    return replace(table, digits=pd.DataFrame(digits))


def three_figures(value: float) -> int:
    """Decimals that show three significant figures."""
    if not np.isfinite(value) or value == 0:
        return 2
    return max(0, 2 - math.floor(math.log10(abs(value))))


def without_numbers(answer: WithoutAreas, definitions: Definitions) -> FromRecords | None:
    """Equations; and what they are without an area tells its births, unless these are written."""
    every = of_fits(answer.fits[0]).numbers
    if every is None:
        return None
    units = min(freedom(fit) for fits in answer.fits for fit in fits.fits)
    numbers: list[Cells | Statistic | Free | Held] = []
    for outcome in answer.fits[0].outcomes:
        counted = counted_as(definitions, outcome)
        terms = sum(len(fit.terms) for fits in answer.fits for fit in fits.of(outcome).fits)
        numbers += equations(definitions, [outcome], units, terms)
        if counted is None:
            continue
        universe, where = counted
        left_out = dict.fromkeys(code for one in answer.sets for code in one.areas)
        numbers += [
            Cells(universe=universe, columns=(), where={**where, "area": code}, computed=True)
            for code in left_out
        ]
    return tuple(numbers)


def _without(answer: WithoutAreas, definitions: Definitions) -> Iterator[Block]:
    numbers = without_numbers(answer, definitions)
    frame = answer.verdict_frame()
    labels: dict[str, Text] = {
        f"verdict_{k}": one.kept for k, one in enumerate(answer.sets[: len(answer.verdicts)])
    }
    yield Finding(
        answer,
        title=say("The same equations without some areas"),
        table=Table.of(
            answer,
            name="verdicts_without_areas",
            title=say("Verdicts with and without some areas"),
            frame=frame,
            labels=labels,
            numbers=numbers,
        )
        if len(frame)
        else False,
    )
    yield Table.of(
        answer,
        name="coefficients_without_areas",
        title=say("Coefficients with and without some areas"),
        labels={f"coefficient_{k}": one.kept for k, one in enumerate(answer.sets)},
        numbers=numbers,
        **coefficients_without(answer),
    )


def coefficients_without(answer: WithoutAreas) -> dict[str, pd.DataFrame]:
    """``frame``, ``digits`` and ``endings``: a row per equation and term, a column per set."""
    keys = ["outcome", "model", "term"]
    frames = [fits.to_frame() for fits in answer.fits]
    parts = {name: frames[0][keys].copy() for name in ("frame", "digits", "endings")}
    parts["digits"][keys], parts["endings"][keys] = None, ""
    for k, frame in enumerate(frames):
        own = frames[0][keys].merge(frame, on=keys, how="left")
        column = f"coefficient_{k}"
        parts["frame"][column] = own["coefficient"]
        parts["digits"][column] = [three_figures(b) for b in own["coefficient"]]
        parts["endings"][column] = own["stars"].fillna("")
    return parts


def _verdicts(answer: Estimated, verdicts: Verdicts, beside: str | None = None) -> Iterator[Block]:
    frame = verdicts.to_frame()
    labels: dict[str, Text] = {
        name: verdicts.definitions.label(name).heading for name in answer.fits.outcomes
    }
    if beside is not None:
        frame = frame.rename(columns={"printed": "stated"})
        labels["overall"] = say("today")
        labels["stated"] = say("stated by {paper}", paper=verdicts.elsewhere)
        if len(answer.fits.outcomes) == 1:
            frame = frame.drop(columns=list(answer.fits.outcomes))
    yield Finding(
        verdicts,
        title=say("The hypotheses"),
        table=Table.of(
            verdicts,
            name="verdicts",
            title=say("The hypotheses"),
            frame=frame,
            labels=labels,
            numbers=of_fits(answer.fits).numbers,
        ),
    )
    robust = answer.robustness
    if robust is not None and len(checks := robust.to_frame()):
        tables = checks[checks["exercise"] == checks["exercise"].iloc[0]]
        frame = pd.DataFrame(
            {"hypothesis": tables["hypothesis"], "before": tables["verdict_before"]}
        )
        for exercise, own in checks.groupby("exercise", sort=False):
            frame[str(exercise)] = own["verdict_after"].to_numpy()
        yield Finding(
            robust,
            title=say("Robustness: the exercises of {section}", section=TwoNames(*robust.section)),
            table=Table.of(
                robust,
                name="robustness",
                title=say("Verdicts under each exercise"),
                frame=frame,
                labels=dict(robust.labels),
                numbers=of_fits(answer.fits).numbers,
            ),
        )


ENTRY = EntryChapter()
