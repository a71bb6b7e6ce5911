"""Which printed numbers of a paper cannot all be true?

A printed paper repeats itself: counts and their sums, rates and their counts, coefficients and
their t values, tables and sentences. Every repetition is a constraint between cells; `audit` checks
all of them, and for each that fails it undoes every typing slip in every suspected cell to see
which one change would make everything agree. Failures that one change settles are one finding.

Takes: a `PrintedPaper` (cells as printed, so that rounding is known), and if wanted the true
denominators of its rates. Gives: findings with the cells, the rule, what was found and expected,
the repairs ranked, and how sure it is. Nothing here knows any particular paper: the rules
(`counts`, `rankings`, `descriptives`, `correlations`, `regressions`, `unusual`, `shares`, `prose`)
speak of kinds of table and kinds of statement only.

Limits: a digit that no other cell repeats cannot be checked; two slips that hide one another are
not found; statements are audited as paraphrased in the paper's data folder.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from shuseki.language import joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.papers.audit import (
    correlations,
    counts,
    descriptives,
    prose,
    rankings,
    regressions,
    shares,
    unusual,
)
from shuseki.papers.audit.constraints import Cell, Certainty, Constraint, Page
from shuseki.papers.audit.findings import CERTAINTIES, RULES, Audit, Finding
from shuseki.papers.audit.repairs import Repair, search
from shuseki.papers.audit.significance import TestAudit, audit_tests, found_of, where_of
from shuseki.papers.printed import PrintedPaper

__all__ = [
    "CERTAINTIES",
    "RULES",
    "Audit",
    "Cell",
    "Finding",
    "Repair",
    "TestAudit",
    "audit",
    "audit_tests",
]

ROOMS = (counts, rankings, descriptives, correlations, regressions, unusual, shares, prose)
RANK: dict[Certainty, int] = {"certain": 0, "strong": 1, "weak": 2}
SHOWN_REPAIRS = 5


def audit(
    paper: PrintedPaper,
    *,
    denominators: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Look for contradictions among everything a paper prints.

    Parameters
    ----------
    paper
        The printed paper.
    denominators
        True denominators of the ranked rates (by default those of the paper's folder), one row per
        member of an area: ``area``, ``member``,
        ``value``, and ``later`` (the unit that the member became part of) if known. They may be of
        another year: all that is required is that the ratios of all areas are alike.
    progress
        Called with (contradictions settled, contradictions found).

    Returns
    -------
    Audit
        With findings, most certain first; none for a consistent paper.
    """
    page = Page(paper)
    if denominators is None and not paper.table("denominators").empty:
        denominators = paper.table("denominators").assign(
            value=paper.values("denominators", "value")
        )
    odd = [] if denominators is None else _odd(page, denominators)
    constraints = [c for room in ROOMS for c in room.constraints(page)]
    strains = {i: c.strain(page.readings(c.cells)) for i, c in enumerate(constraints)}
    failed = [i for i, strain in strains.items() if strain > 1]
    by_cell: dict[Cell, list[int]] = {}
    for i, constraint in enumerate(constraints):
        for cell in dict.fromkeys(constraint.cells):
            by_cell.setdefault(cell, []).append(i)
    candidates = search(page, constraints, by_cell, failed)
    findings = _explained(page, constraints, failed, candidates, progress)
    asked = Counter(c.rule for c in constraints)
    if denominators is not None:
        findings += odd
        asked["denominator against the true one"] = len(rankings.implied_denominators(page))
    if not paper.table("tests").empty:
        tests = audit_tests(paper.table("tests"), levels=paper.about.get("stars", (1, 5, 10)))
        findings += [_of_test(row) for row in tests.findings.to_dict("records")]
        asked |= Counter(tests.asked)
    findings.sort(key=lambda f: (RANK[f.certainty], -len(f.also), list(RULES).index(f.rule)))
    return Audit(
        title=paper.key,
        findings=tuple(findings),
        asked=dict(asked),
        page=page,
        notes=tuple(correlations.samples(page)),
        sources=(paper.source,),
    )


def _explained(
    page: Page,
    constraints: Sequence[Constraint],
    failed: Sequence[int],
    candidates: dict[tuple[Cell, str], tuple[Repair, frozenset[int]]],
    progress: Callable[[int, int], None] | None,
) -> list[Finding]:
    """Gather failures that one repair settles, then those that none does."""
    remaining = set(failed)
    findings = []
    clean = [(repair, settled) for repair, settled in candidates.values() if not repair.breaks]
    while remaining:
        best: tuple[float, ...] | None = None
        chosen: frozenset[int] = frozenset()
        for repair, settled in clean:
            left = settled & remaining
            # A sentence alone is more likely wrong than the table that it describes.
            if not left or (len(left) == 1 and all(constraints[i].rewording for i in left)):
                continue
            score = (-len(left), repair.cost, repair.strain)
            if best is None or score < best:
                best, chosen = score, left
        if best is None:
            break
        repairs = [repair for repair, settled in clean if settled & remaining == chosen]
        findings.append(_finding(page, constraints, sorted(chosen), repairs))
        remaining -= chosen
        if progress is not None:
            progress(len(failed) - len(remaining), len(failed))
    groups: dict[tuple[str, str], list[int]] = {}
    for i in sorted(remaining):
        groups.setdefault((constraints[i].rule, constraints[i].group or str(i)), []).append(i)
    for members in groups.values():
        repairs = [
            repair
            for repair, settled in candidates.values()
            if set(members) <= settled and repair.breaks < repair.settles
        ]
        findings.append(_finding(page, constraints, members, repairs))
        if progress is not None:
            progress(len(failed), len(failed))
    return findings


def _finding(
    page: Page, constraints: Sequence[Constraint], members: Sequence[int], repairs: Sequence[Repair]
) -> Finding:
    """Write a finding about some failures that have one explanation."""
    ranked = sorted(repairs, key=lambda r: (r.breaks, -r.settles, r.cost, r.strain))
    ordered = sorted(
        members, key=lambda i: (RANK[constraints[i].certainty], len(constraints[i].suspected))
    )
    first = constraints[ordered[0]]
    alike = [constraints[i] for i in ordered if constraints[i].rule == first.rule]
    others = Counter(constraints[i].rule for i in ordered if constraints[i].rule != first.rule)
    readings = page.readings(first.cells)
    found = [c.found(page.readings(c.cells)) for c in alike]
    cells = list(dict.fromkeys(r.cell for r in ranked[:1] if r.cell is not None))
    cells += [cell for cell in first.suspected if cell not in cells]
    where = list(dict.fromkeys(c.place for c in alike if c.place))
    return Finding(
        rule=first.rule,
        certainty=first.certainty,
        cells=tuple(cells),
        where=(*where, *(page.where(cell) for cell in cells)),
        found=joined(dict.fromkeys(found), "; "),
        expected=first.expected(readings),
        assumption=first.assumption,
        repairs=tuple(ranked[:SHOWN_REPAIRS]),
        rewording=first.rewording,
        also=tuple(others.most_common()),
    )


OF_ZERO = say("the stars are of the coefficient being zero")


def _of_test(row: Mapping[Hashable, Any]) -> Finding:
    """A finding about a printed test."""
    return Finding(
        rule=str(row["rule"]),
        certainty=row["certainty"],
        cells=(),
        where=(listed(["tests.csv", where_of(row)]),),
        found=found_of(row),
        expected=TwoNames(str(row["expected"]), str(row["expected_ja"])),
        assumption=OF_ZERO if "ratio" in str(row["rule"]) else "",
        rewording=TwoNames(str(row["explanation"]), str(row["explanation_ja"])),
    )


def _odd(page: Page, denominators: pd.DataFrame) -> list[Finding]:
    """Areas whose implied denominators are out of line with the true ones."""
    implied = rankings.implied_denominators(page)
    odd = rankings.odd_denominators(implied, denominators)
    totals = denominators.groupby("area")["value"].sum()
    findings = []
    for row in odd.reset_index().to_dict("records"):
        area, fitting = str(row["area"]), tuple(row["fitting"])
        narrowest = implied.loc[area].to_dict()
        key = (str(narrowest["outcome"]), str(narrowest["rank"]))
        cells = (Cell("ranking", key, "rate"), Cell("ranking", key, "births"))
        low, high = float(narrowest["low"]), float(narrowest["high"])
        right = float(totals[area]) / float(row["typical"])
        rate = page.reading(cells[1]).value * rankings.PER / right
        members = ", ".join(fitting) + (f" ({row['later']})" if row["later"] else "")
        findings.append(
            Finding(
                rule="denominator against the true one",
                certainty="strong",
                cells=cells,
                where=tuple(page.where(cell) for cell in cells),
                found=say(
                    "{area}: births and rate imply a denominator of {low:,.0f} to {high:,.0f}",
                    area=area,
                    low=low,
                    high=high,
                ),
                expected=say(
                    "{denominator:,.0f}, as official figures and the other areas' ratios tell; "
                    "the rate would be {rate:.2f}",
                    denominator=right,
                    rate=rate,
                ),
                assumption=say("the official figures are of the same areas"),
                rewording=say("the denominator is that of {members} alone", members=members)
                if fitting
                else "",
            )
        )
    return findings
