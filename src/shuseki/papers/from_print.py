"""Which hypotheses do a paper's printed moments support, when its data are not available?

Every equation of the paper is fitted again from its printed means, standard deviations and
correlations (`shuseki.papers.moments`), with what rounding allows. The same hypotheses are judged
by the same rule (`shuseki.entry.hypotheses.examine`) three times: at the printed moments; with
every variable's t at the end of its guaranteed interval that favours the hypothesis least; and
with it at the end that favours it most. A verdict that is the same all three times does not depend
on rounding.

Takes: a `PrintedPaper` and hypotheses. Gives: `PrintVerdicts`, beside the paper's own verdicts.

Limits: standard errors are classical, so a paper's robust stars may differ; where the moments are
of other observations than the equations (outliers left out of one only), so are the answers: the
notes say which variables have another n. The ends of several variables' intervals need not be
reached together, so "depends on rounding" is cautious.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from shuseki.entry.design import CONSTANT
from shuseki.entry.hypotheses import LEVEL, Hypothesis, Rule, Verdict, examine
from shuseki.errors import DataError
from shuseki.language import Message, say
from shuseki.language.names import named
from shuseki.papers.beside import stated_verdicts
from shuseki.papers.moments import MomentFit, fit_from_moments, printed_moments
from shuseki.papers.printed import PrintedPaper
from shuseki.results import Result, result

__all__ = ["PrintVerdicts", "judge_from_print"]


@result
class PrintVerdicts(Result):
    """Verdicts from printed moments.

    Attributes
    ----------
    hypotheses
        What was expected.
    fits
        (outcome, model) → the equation from moments.
    at_moments, least, most
        Hypothesis → overall verdict at the printed moments, and at the ends of the intervals that
        favour it least and most.
    by_paper
        Hypothesis → what the paper says; empty when it says nothing.
    """

    hypotheses: tuple[Hypothesis, ...]
    fits: Mapping[tuple[str, str], MomentFit]
    at_moments: Mapping[str, Verdict]
    least: Mapping[str, Verdict]
    most: Mapping[str, Verdict]
    by_paper: Mapping[str, Verdict]

    def rounding_matters(self, hypothesis: str) -> bool:
        """Whether rounding could turn the verdict."""
        return not self.least[hypothesis] == self.at_moments[hypothesis] == self.most[hypothesis]

    def headline(self) -> Message:
        """Which are supported from print alone."""
        yes = [h.id for h in self.hypotheses if self.at_moments[h.id] == "supported"]
        sure = [name for name in yes if not self.rounding_matters(name)]
        n = sorted({fit.n for fit in self.fits.values()})
        return say(
            "from moments alone supports {yes} ({sure} whatever the rounding), "
            "{equations:count(equation)}, n = {fewest} to {most}",
            yes=named(yes),
            sure=named(sure),
            equations=len(self.fits),
            fewest=n[0],
            most=n[-1],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per hypothesis."""
        rows = [
            {
                "hypothesis": h.id,
                "says": h.says,
                "at_printed_moments": self.at_moments[h.id],
                "least_favourable_rounding": self.least[h.id],
                "most_favourable_rounding": self.most[h.id],
                "rounding_matters": self.rounding_matters(h.id),
                "printed_verdict": self.by_paper.get(h.id, ""),
            }
            for h in self.hypotheses
        ]
        return pd.DataFrame(rows)


def judge_from_print(
    paper: PrintedPaper,
    hypotheses: Sequence[Hypothesis],
    *,
    level: float = LEVEL,
    rule: Rule = "most",
) -> PrintVerdicts:
    """Judge hypotheses by a paper's printed moments alone.

    Parameters
    ----------
    paper
        With descriptive statistics, correlations, and the terms of its equations.
    hypotheses
        What was expected.
    level, rule
        As in `shuseki.entry.hypotheses.examine`.

    Raises
    ------
    DataError
        The paper prints no equations, or not the moments of all their variables.
    """
    moments = printed_moments(paper)
    table = paper.table("coefficients")
    if table.empty:
        raise DataError(
            say(
                "{name_given} prints no equations. Expected a coefficients table, whose terms say "
                "what stood together. Fit the equations of your choice with fit_from_moments.",
                name_given=paper.key,
            )
        )
    fits: dict[tuple[str, str], MomentFit] = {}
    for (one, other), rows in table.groupby(["outcome", "model"], sort=False):
        outcome, model = str(one), str(other)
        terms = [str(term) for term in rows["term"] if term != CONSTANT]
        n = paper.number("fit", "value", outcome=outcome, model=model, statistic="n")
        fits[outcome, model] = fit_from_moments(moments, outcome, terms, n=int(n.value))
    ends: dict[str, dict[str, Verdict]] = {"middle": {}, "least": {}, "most": {}}
    for hypothesis in hypotheses:
        for end, verdicts in ends.items():
            evidence = _evidence(fits, hypothesis, end)
            judged = examine(evidence, [hypothesis], level=level, rule=rule)
            verdicts[hypothesis.id] = judged.overall[hypothesis.id]
    first, *_ = fits.values()
    notes = [first.notes[0]]
    pooled = [note for fit in fits.values() for note in fit.notes[1:]]
    if pooled:
        notes.append(
            say(
                "In {some} of {all:count(equation)}, for example: {note}",
                some=len(pooled),
                all=len(fits),
                note=pooled[0],
            )
        )
    return PrintVerdicts(
        hypotheses=tuple(hypotheses),
        fits=fits,
        at_moments=ends["middle"],
        least=ends["least"],
        most=ends["most"],
        by_paper=stated_verdicts(paper),
        notes=tuple(notes),
        sources=(paper.source,),
    )


def _evidence(
    fits: Mapping[tuple[str, str], MomentFit], hypothesis: Hypothesis, end: str
) -> pd.DataFrame:
    """One row per equation and variable, with t at one end of its guaranteed interval."""
    rows = []
    for (outcome, model), fit in fits.items():
        for i, variable in enumerate(fit.terms):
            if variable not in hypothesis.expects:
                continue
            upward = (hypothesis.expects[variable] == "+") == (end == "most")
            t = fit.t_values[i]
            if end != "middle":
                t = fit.t_high[i] if upward else fit.t_low[i]
            rows.append(
                {
                    "outcome": outcome,
                    "model": model,
                    "variable": variable,
                    "coefficient": float(np.sign(t)),
                    "p": float(2 * stats.t.sf(abs(t), fit.degrees_of_freedom)),
                }
            )
    return pd.DataFrame(rows, columns=["outcome", "model", "variable", "coefficient", "p"])
