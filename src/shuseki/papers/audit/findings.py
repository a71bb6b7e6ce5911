"""What does an audit return, and how certain is each finding?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from shuseki.language import Message, joined, listed, say, told
from shuseki.papers.audit.constraints import Cell, Certainty, Page, column_name
from shuseki.papers.audit.repairs import Repair
from shuseki.papers.printed import PrintedPaper
from shuseki.results import Result, result

__all__ = ["CERTAINTIES", "RULES", "Audit", "Finding"]

CERTAINTIES: Mapping[Certainty, Message] = MappingProxyType(
    {
        "certain": say("no data whatever, rounded as printed, can make all of it true"),
        "strong": say("it can all be true only if the assumption named fails"),
        "weak": say("it can all be true, by a rare chance or a loose reading; worth a look"),
    }
)
"""What each degree of certainty means."""

RULES: Mapping[str, Message] = MappingProxyType(
    {
        str(rule): rule
        for rule in (
            say("sum of counts"),
            say("share against counts"),
            say("multiple"),
            say("shares of named areas"),
            say("order of a ranked list"),
            say("group against threshold"),
            say("mean of a list"),
            say("members of a list"),
            say("one denominator per area"),
            say("denominator against the true one"),
            say("births of groups add"),
            say("rates of groups add"),
            say("a group is no larger than the whole"),
            say("an unranked area is below the last"),
            say("rank in words"),
            say("order of statistics"),
            say("median within a standard deviation of the mean"),
            say("median that the extremes allow"),
            say("median against the tails"),
            say("largest possible standard deviation"),
            say("smallest possible standard deviation"),
            say("largest kept is the next in the ranking"),
            say("mean with the outliers put back"),
            say("outlier rule against its result"),
            say("means of groups add"),
            say("extreme in words"),
            say("size of a correlation"),
            say("positive semidefinite correlations"),
            say("correlations of a sum with its parts"),
            say("correlation of a sum"),
            say("correlations that two models need"),
            say("coefficient that the moments allow"),
            say("adjusted R² that the moments allow"),
            say("t against the standard error"),
            say("p against t"),
            say("stars against p"),
            say("range of R²"),
            say("adjusted R² is no larger"),
            say("adjusted R² against R²"),
            say("mean of whole numbers"),
            say("median and extremes of whole numbers"),
            say("standard deviation of whole numbers"),
            say("standard deviation of zeros and ones"),
            say("sign of t"),
            say("stars against t"),
            say("stars against F"),
            say("range of adjusted R²"),
            say("F against R²"),
            say("more regressors explain no less"),
            say("constant from the means"),
            say("observations of an equation"),
            say("classical standard error"),
            say("standard error in line"),
            say("unusual standard error"),
            say("coefficients of a sum add"),
            say("standard errors of a sum"),
            say("gaps that cost no row"),
            say("t is coefficient over standard error"),
            say("p is that of the statistic"),
            say("claim against p"),
            say("claim against the ratio to its error"),
            say("percentage of a whole count"),
            say("answers add up"),
            say("answers beside an exclusive one"),
            say("variable is in the models named"),
            say("significance in words"),
            say("direction in words"),
            say("fit in words"),
            say("effect in words"),
            say("number in words"),
            say("correlation in words"),
            say("pairs said not to be used together"),
            say("pairs kept apart by correlation"),
            say("one definition"),
            say("citation has an entry"),
            say("entry is cited"),
        )
    }
)
"""Every rule by its name."""


WORDED = ("rule", "where", "found", "expected", "repair", "also", "assumption")
COLUMNS = ["number", "certainty", *(name + end for name in WORDED for end in ("", "_ja"))]
"""Columns of an audit's frame; those of words stand in both languages."""


def in_both(**values: object) -> dict[str, object]:
    """A row of the frame: words in English, and in Japanese beside them."""
    row: dict[str, object] = {}
    for name, value in values.items():
        row[name] = str(value) if name in WORDED else value
        if name in WORDED:
            row[f"{name}_ja"] = str(told(value, "ja"))
    return row


def said_degrees(certain: int, strong: int, weak: int) -> Message:
    """How many findings have each certainty."""
    return listed(
        [
            say("{n} certain", n=certain),
            say("{n} strong", n=strong),
            say("{n} weak", n=weak),
        ]
    )


def _first(places: Sequence[str]) -> str:
    """The first places of a finding, and how many there are."""
    if len(places) <= SHOWN_PLACES:
        return joined(places, "; ")
    return say("{places} … ({n})", places=joined(places[:SHOWN_PLACES], "; "), n=len(places))


SHOWN_PLACES = 4

EQUATION = ("coefficients.csv",)
DESCRIBED = ("descriptives.csv",)
BOTH = ("coefficients.csv", "correlations.csv", "descriptives.csv: sd, n", "fit.csv: n")
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sum of counts": ("statement: difference or sum",),
        "share against counts": ("statement: share",),
        "multiple": ("statement: multiple",),
        "shares of named areas": ("statement: named_share",),
        "order of a ranked list": ("ranking.csv or industries.csv",),
        "group against threshold": ("industries.csv", "statement: threshold"),
        "mean of a list": ("industries.csv", "statement: quantity of a table's mean"),
        "members of a list": ("industries.csv", "statement: quantity of a table's count"),
        "one denominator per area": ("ranking.csv",),
        "denominator against the true one": ("ranking.csv", "denominators.csv"),
        "births of groups add": ("ranking.csv", "[paper] births_by_group"),
        "rates of groups add": ("ranking.csv", "[paper] births_by_group"),
        "a group is no larger than the whole": ("ranking.csv", "[paper] births_by_group"),
        "an unranked area is below the last": ("ranking.csv", "[paper] births_by_group"),
        "rank in words": ("ranking.csv", "statement: rank"),
        "order of statistics": DESCRIBED,
        "median within a standard deviation of the mean": ("descriptives.csv: mean, median, sd",),
        "median that the extremes allow": ("descriptives.csv: median, mean, min, max, n",),
        "median against the tails": ("descriptives.csv: median, mean, sd, min, max, n",),
        "largest possible standard deviation": ("descriptives.csv: sd, mean, min, max, n",),
        "smallest possible standard deviation": ("descriptives.csv: sd, mean, min, max, n",),
        "median and extremes of whole numbers": (*DESCRIBED, "descriptives.csv: median, n, step"),
        "mean of whole numbers": (*DESCRIBED, "descriptives.csv: mean, n, step"),
        "standard deviation of whole numbers": (*DESCRIBED, "descriptives.csv: mean, sd, n, step"),
        "standard deviation of zeros and ones": (
            *DESCRIBED, "descriptives.csv: mean, sd, min, max, n, step",
            say("a variable of 0 and 1"),
        ),
        "largest kept is the next in the ranking": ("ranking.csv", "statement: outlier_rule"),
        "mean with the outliers put back": ("ranking.csv", "statement: outlier_rule"),
        "outlier rule against its result": ("ranking.csv", "statement: outlier_rule"),
        "means of groups add": ("[paper] births_by_group", "statement: outlier_rule"),
        "extreme in words": ("statement: quantity of an extreme",),
        "size of a correlation": ("correlations.csv",),
        "positive semidefinite correlations": ("correlations.csv",),
        "correlations of a sum with its parts": ("correlations.csv", "[paper] births_by_group"),
        "correlation of a sum": ("correlations.csv", "[paper] births_by_group"),
        "correlations that two models need": (*BOTH, say("two models of one outcome and one n")),
        "coefficient that the moments allow": BOTH,
        "adjusted R² that the moments allow": (*BOTH, "fit.csv: adjusted_r2"),
        "t against the standard error": (*EQUATION, "coefficients.csv: t, se"),
        "p against t": (*EQUATION, "coefficients.csv: p, and t or se"),
        "stars against p": (*EQUATION, "coefficients.csv: p, stars", "[paper] stars"),
        "sign of t": (*EQUATION, "coefficients.csv: t"),
        "stars against t": (*EQUATION, "coefficients.csv: t or se, stars", "[paper] stars"),
        "stars against F": (*EQUATION, "fit.csv: f_statistic with stars, n", "[paper] stars"),
        "range of R²": ("fit.csv: r2",),
        "adjusted R² is no larger": ("fit.csv: r2, adjusted_r2",),
        "adjusted R² against R²": ("fit.csv: r2, adjusted_r2, n", say("a printed constant")),
        "range of adjusted R²": ("fit.csv: adjusted_r2, n", say("a printed constant")),
        "F against R²": ("fit.csv: f_statistic, adjusted_r2 or r2, n", say("a printed constant")),
        "more regressors explain no less": (
            "fit.csv: adjusted_r2, n", say("a model inside another of one n"),
        ),
        "constant from the means": (
            *EQUATION, *DESCRIBED, "descriptives.csv: mean, min, max, n", "fit.csv: n",
            say("a printed constant"),
        ),
        "observations of an equation": (*EQUATION, "descriptives.csv: n", "[paper] areas"),
        "classical standard error": (
            *BOTH, "fit.csv: adjusted_r2", say("eight classical errors"),
        ),
        "standard error in line": (*EQUATION, "coefficients.csv: t or se", say("eight such cells")),
        "unusual standard error": (
            *BOTH, "descriptives.csv: mean, sd", "coefficients.csv: t or se",
            "fit.csv: adjusted_r2", say("a printed constant"), say("twelve such cells"),
        ),
        "coefficients of a sum add": (*EQUATION, "[paper] births_by_group"),
        "standard errors of a sum": (*EQUATION, "[paper] births_by_group"),
        "gaps that cost no row": (*EQUATION, "ranking.csv", "[paper] areas"),
        "t is coefficient over standard error": ("tests.csv",),
        "p is that of the statistic": ("tests.csv",),
        "claim against p": ("tests.csv",),
        "claim against the ratio to its error": ("tests.csv",),
        "percentage of a whole count": ("shares.csv: percent, n",),
        "answers add up": ("shares.csv: percent, n", say("answers of kind single")),
        "answers beside an exclusive one": (
            "shares.csv: percent, n", say("answers of kind exclusive"),
        ),
        "variable is in the models named": (*EQUATION, "statement: significance"),
        "significance in words": (*EQUATION, "statement: significance"),
        "direction in words": (*EQUATION, "statement: direction"),
        "fit in words": ("fit.csv", "statement: fit_extreme or fit_range"),
        "effect in words": (*EQUATION, "statement: effect"),
        "number in words": ("statement: approximation",),
        "correlation in words": ("correlations.csv", "statement: weak_correlation"),
        "pairs said not to be used together": (*EQUATION, "statement: never_together"),
        "pairs kept apart by correlation": ("correlations.csv", "statement: never_together"),
        "one definition": ("statement: definition",),
        "citation has an entry": ("citations.csv", "references.csv"),
        "entry is cited": ("citations.csv", "references.csv"),
    }
)  # fmt: skip
"""What each rule needs of a paper's folder."""
NO_CELLS = say("cells that could be compared")


@dataclass(frozen=True, slots=True)
class Finding:
    """Printed things that cannot all be true.

    Attributes
    ----------
    rule
        The rule that failed most certainly.
    certainty
        ``certain``, ``strong`` or ``weak``; `CERTAINTIES` says what each means.
    cells
        The cells that the failure rests on, the most suspect first.
    where
        Table, row, column and page of each (of the claim, for a claim in words).
    found, expected
        What is printed, and what would agree.
    assumption
        What has to hold for the certainty; empty when nothing does.
    repairs
        Single changes that settle it, best first; empty when none does.
    rewording
        For a claim in words, the words that would agree.
    also
        Other rules that the best repair settles, with how often each failed.
    """

    rule: str
    certainty: Certainty
    cells: tuple[Cell, ...]
    where: tuple[str, ...]
    found: str
    expected: str
    assumption: str = ""
    repairs: tuple[Repair, ...] = ()
    rewording: str = ""
    also: tuple[tuple[str, int], ...] = ()

    def repair_in_words(self, page: Page) -> str:
        """The best repair, and how many others are as good."""
        said = [self.rewording] if self.rewording else []
        for repair in self.repairs[:3]:
            assert repair.cell is not None
            slip: str = repair.slip
            if repair.breaks:
                slip = say("{slip}, breaks {n}", slip=slip, n=repair.breaks)
            said.append(
                say(
                    "{cell}: {printed} → {text} ({slip})",
                    cell=_short(page, repair.cell),
                    printed=page.texts[repair.cell] or "—",
                    text=repair.text or "—",
                    slip=slip,
                )
            )
        return joined(said, "; ") if said else ""


def _short(page: Page, cell: Cell) -> str:
    row = page.row_label(cell) if cell.kind == "statement" else " ".join(cell.key).strip()
    if cell.column in ("value", "r"):
        return row
    return say("{row} {column}", row=row, column=column_name(cell.column))


@result
class Audit(Result):
    """The contradictions of a printed paper.

    Attributes
    ----------
    title
        The paper's key.
    findings
        Most certain first.
    asked
        Rule → how many times it was applied.
    page
        The cells audited.
    """

    title: str
    findings: tuple[Finding, ...]
    asked: Mapping[str, int]
    page: Page

    def count(self, certainty: Certainty) -> int:
        """How many findings have this certainty."""
        return sum(finding.certainty == certainty for finding in self.findings)

    def headline(self) -> Message:
        """Say the audit in one line."""
        return say(
            "{n:count(contradiction)} in {title} ({degrees}) from {checks:,} checks of {rules} "
            "rules, n = {cells:,} printed cells",
            n=len(self.findings),
            title=self.title,
            degrees=said_degrees(*(self.count(certainty) for certainty in CERTAINTIES)),
            checks=sum(self.asked.values()),
            rules=len(self.asked),
            cells=len(self.page.texts),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per finding; sentences in English, and in Japanese in columns with ``_ja``."""
        rows = [
            in_both(
                number=number,
                certainty=finding.certainty,
                rule=RULES[finding.rule],
                where=_first(finding.where),
                found=finding.found,
                expected=finding.expected,
                repair=finding.repair_in_words(self.page),
                also=joined(
                    [
                        say("{rule} ×{times}", rule=RULES[rule], times=times)
                        for rule, times in finding.also
                    ],
                    "; ",
                ),
                assumption=finding.assumption,
            )
            for number, finding in enumerate(self.findings, start=1)
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def unasked(self) -> pd.DataFrame:
        """One row per rule that could not be applied: what it needs, and what is missing."""
        paper = self.page.paper
        rows = []
        for rule, needs in NEEDS.items():
            if self.asked.get(rule):
                continue
            missing = [need for need in needs if _lacks(paper, need)]
            rows.append(
                {
                    "rule": rule,
                    "rule_ja": told(RULES[rule], "ja"),
                    "needs": "; ".join(needs),
                    "missing": str(lacking := joined(missing, "; ") if missing else NO_CELLS),
                    "missing_ja": told(lacking, "ja"),
                }
            )
        return pd.DataFrame(rows, columns=["rule", "rule_ja", "needs", "missing", "missing_ja"])

    def coverage(self) -> pd.DataFrame:
        """One row per rule applied: how often, and in how many findings it took part."""
        taking: dict[str, int] = {}
        for finding in self.findings:
            for rule in {finding.rule, *(rule for rule, _ in finding.also)}:
                taking[rule] = taking.get(rule, 0) + 1
        return pd.DataFrame(
            {
                "rule": list(self.asked),
                "rule_ja": [told(RULES[rule], "ja") for rule in self.asked],
                "checks": list(self.asked.values()),
                "findings": [taking.get(rule, 0) for rule in self.asked],
            }
        )


def _lacks(paper: PrintedPaper, need: str) -> bool:
    """Whether a paper's folder lacks what a rule needs, as far as that can be told."""
    if need.startswith("[paper] "):
        return not paper.about.get(need.removeprefix("[paper] "))
    if need.startswith("statement: "):
        kinds = need.removeprefix("statement: ").split(" of ")[0].split(" or ")
        return not any(paper.of_kind(kind) for kind in kinds)
    if ".csv" not in need:
        return False
    tables = [part.split(".csv")[0] for part in need.split(" or ") if ".csv" in part]
    if all(paper.table(kind).empty for kind in tables):
        return True
    if ": " not in need:
        return False
    kind = tables[0]
    table = paper.table(kind)
    for group in need.split(": ")[1].replace(", and ", ", ").split(", "):
        names = [name.split(" with ")[0] for name in group.split(" or ")]
        if kind == "fit":
            there = any((table["statistic"] == name).any() for name in names)
        else:
            there = any(name in table and bool((table[name] != "").any()) for name in names)
        if not there:
            return True
    return False
