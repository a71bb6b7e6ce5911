"""What does a paper print for these equations, and which verdicts does it state?

Puts the print beside what was obtained: coefficients, t and stars beside a ``Fits``, stated
verdicts beside ``Verdicts``; and reads evidence from the printed stars alone.

Takes: a ``PrintedPaper``. Gives: the same results with the print in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from shuseki.demography.funnel import Funnel
from shuseki.entry.design import CONSTANT
from shuseki.entry.hypotheses import LEVEL, Hypothesis, Rule, Verdict, Verdicts, examine
from shuseki.entry.ols import LEVELS, Fits
from shuseki.language import say
from shuseki.language.names import TwoNames
from shuseki.papers.printed import PrintedPaper

__all__ = ["examine_print", "fits_beside", "funnel_beside", "printed_evidence", "stated_verdicts"]


def fits_beside(fits: Fits, paper: PrintedPaper) -> Fits:
    """Put the paper's coefficients beside those estimated, equation by equation."""
    table = paper.table("coefficients")
    place = {
        (str(row.outcome), str(row.model)): paper.source.at(paper.where(str(row.table)))
        for row in table.drop_duplicates(["outcome", "model"]).itertuples()
    }
    beside = tuple(
        fit.beside(table, place[fit.design.outcome, fit.design.model])
        if (fit.design.outcome, fit.design.model) in place
        else fit
        for fit in fits.fits
    )
    sources = dict.fromkeys(source for fit in beside for source in fit.sources)
    return replace(fits, fits=beside, sources=tuple(sources))


def stated_verdicts(paper: PrintedPaper) -> dict[str, Verdict]:
    """Hypothesis → the verdict that the paper states."""
    stated: dict[str, Verdict] = {}
    for statement in paper.of_kind("verdicts"):
        stated |= dict.fromkeys(statement["supported"], "supported")
        stated |= dict.fromkeys(statement["not_supported"], "not supported")
    return stated


def funnel_beside(funnel: Funnel, paper: PrintedPaper) -> Funnel:
    """Put the printed counts beside the funnel's, as far as the paper states them."""
    stated = paper.about.get("funnel", {})

    def printed(kind: str) -> dict[str, int]:
        return {
            name: round(paper.statement(said).number().value)
            for name, said in stated.get(kind, {}).items()
        }

    if not stated:
        return funnel
    steps = {step.name for step in funnel.steps}
    place = str(stated.get("where", ""))
    where = paper.source.at(TwoNames(place, str(stated.get("where_ja", place))))
    beside = funnel.with_printed(
        left={name: n for name, n in printed("left").items() if name in steps},
        set_aside={name: n for name, n in printed("set_aside").items() if name in steps},
        groups={name: n for name, n in printed("groups").items() if name in funnel.groups},
    )
    return replace(beside, sources=(*beside.sources, where))


def printed_evidence(paper: PrintedPaper) -> pd.DataFrame:
    """One row per printed coefficient: outcome, model, variable, coefficient, p.

    Significance is taken from the stars as printed, even where t says otherwise: p is the level
    that the stars stay below, or 1.
    """
    levels: Mapping[str, float] = dict(LEVELS) | paper.about.get("stars", {})
    table = paper.table("coefficients")
    frame = pd.DataFrame(
        {
            "outcome": table["outcome"],
            "model": table["model"],
            "variable": table["term"],
            "coefficient": paper.values("coefficients", "coefficient"),
            "p": [levels.get(mark, 1.0) for mark in table["stars"]],
        }
    )
    return frame[frame["variable"] != CONSTANT].reset_index(drop=True)


def examine_print(
    paper: PrintedPaper,
    hypotheses: Sequence[Hypothesis],
    *,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Verdicts:
    """Judge hypotheses by the stars of a printed table; see ``entry.hypotheses.examine``."""
    judged = examine(printed_evidence(paper), hypotheses, level=level, rule=rule)
    note = say("Significance is read from the printed stars.")
    return replace(judged, notes=(*judged.notes, note), sources=(paper.source,))
