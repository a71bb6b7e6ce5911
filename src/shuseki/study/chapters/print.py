"""How close is what was obtained to what a paper prints, and can the print be true?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.entry.descriptives import Ranking, rank
from shuseki.errors import DataError
from shuseki.language import Message, glossary, joined, say, word
from shuseki.language.names import TwoNames
from shuseki.papers.audit import Audit, audit
from shuseki.papers.catalogue import PRINTED_PAPERS, printed_paper
from shuseki.papers.printed import PrintedNumber, PrintedPaper
from shuseki.papers.replication import Replication, obtained_tables, replicate
from shuseki.release.disclosure.answers import of_fits
from shuseki.release.disclosure.numbers import Free
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Block, Finding, Section
from shuseki.report.tables import Table, beside, wide
from shuseki.results import Result
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told
from shuseki.study.chapters.accounts import Rates, ranking_title, titled
from shuseki.study.chapters.entry import Estimated, table_stem

__all__ = ["PRINT", "Print", "Replicated"]


KINDS = {
    "ranking": say("ranking"),
    "descriptives": say("descriptive statistics"),
    "coefficients": say("coefficients"),
    "fit": say("fit"),
    "correlations": say("correlations"),
    **{
        name: TwoNames(name, glossary()[name][1])
        for name in ("area", "births", "rate", "mean", "median", "sd", "min", "max", "n")
        if name in glossary()
    },
    "coefficient": say("coefficient"),
    "value": say("value"),
}
"""What the tables and columns of a print are called."""


class Print(Options):
    """Nothing to choose: it runs where ``[entry]`` names a paper."""


@dataclass(frozen=True, eq=False)
class Replicated:
    """A paper beside the study.

    Attributes
    ----------
    paper
        The printed paper.
    replication
        Printed beside obtained.
    audit
        What the print contradicts.
    """

    paper: PrintedPaper
    replication: Replication
    audit: Audit


class PrintChapter(Chapter[Print, Replicated]):
    """Compare with the print, and audit it."""

    name = "print"
    about = say("Numbers beside those printed; it runs where entry names a paper.")
    options = Print
    needs = ("accounts", "entry")

    def wanted(self, study: Any) -> bool:
        """Whether the study names a paper."""
        return study.paper_named is not None

    def run(self, asked: Print, running: Running) -> Replicated:
        """Compare every printed cell with the one obtained; audit the print."""
        rates: Rates = running.answers["accounts"]
        estimated: Estimated = running.answers["entry"]
        named = str(running.study.paper_named)
        paper = printed_paper(named)
        if named not in PRINTED_PAPERS:
            for path in sorted(Path(named).iterdir()):
                if path.suffix in (".csv", ".toml"):
                    running.manifest.add_input(path)
        with running.manifest.step(say("compare with the print")) as entry:
            replication = replicate(
                paper,
                obtained_tables(
                    fits=estimated.fits,
                    descriptives=rates.descriptives,
                    correlations=rates.correlations,
                    rankings=rankings_as_printed(running),
                ),
                relative_by_model=paper.about.get("tolerance_by_model", {}),
                sources=rates.variables.sources,
            )
            findings = audit(paper, denominators=denominators_of(paper))
            entry["cells"] = len(replication.to_frame())
            entry["findings"] = len(findings.to_frame())
        return Replicated(paper, replication, findings)

    def results(self, answer: Replicated) -> dict[str, Result]:
        """Replication and audit."""
        return {"replication": answer.replication, "audit": answer.audit}

    def brief(self, answer: Replicated, told: Told) -> Brief:
        """Cells rebuilt, contradictions found."""
        return Brief(
            numbers=(
                (
                    f"{answer.replication.share_within:.1%}",
                    say("printed cells rebuilt"),
                ),
                (f"{len(answer.audit.findings)}", say("contradictions in print")),
            )
        )

    def sections(self, answer: Replicated, told: Told) -> Iterator[Section]:
        """Printed beside obtained, and contradictions."""
        yield Section(say("Printed beside obtained"), list(_replication(answer, told)))
        yield Section(say("What cannot all be true"), list(_audit(answer.audit)))


def rankings_as_printed(running: Running) -> tuple[Ranking, ...]:
    """The rankings, with areas named in the language of the print."""
    regions = running.answers["region"]
    variables = running.answers["accounts"].variables
    names = dict(zip(regions.codes, regions.names("ja"), strict=True))
    printed = replace(variables, area_names=tuple(names[code] for code in variables.areas))
    return tuple(rank(printed, name) for name in variables.outcomes)


def denominators_of(paper: PrintedPaper) -> pd.DataFrame | None:
    """Official denominators of the ranked areas, where known and the paper brings none."""
    if not paper.table("denominators").empty:
        return None
    known = labour_force_of_ranked(paper)
    return None if known.empty else known


# ---- telling ------------------------------------------------------------------------------------


def _replication(answer: Replicated, told: Told) -> Iterator[Block]:
    replication, named = answer.replication, told.study.paper_named
    definitions = told.answers["accounts"].variables.definitions
    yield say(
        "Every cell that the paper prints, beside the one obtained; ≠ marks a difference "
        "of more than one unit of the last printed digit."
    )
    yield Table(
        name="replication_by_table",
        title=say("How much of each table was rebuilt"),
        frame=replication.by_table(),
        labels={"table": say("Table")},
        words=KINDS,
        sources=replication.sources,
    )
    cells = replication.cells.assign(
        digits=[_decimals(text) for text in replication.cells["printed"]],
        term=replication.cells["row"].str.split().str[-1],
        equation=replication.cells["outcome"] + " " + replication.cells["model"].astype(str),
    )
    outcomes = list(told.answers["accounts"].variables.outcomes)
    for outcome in outcomes:
        own = cells[(cells["kind"] == "ranking") & (cells["outcome"] == outcome)]
        if len(own):
            yield wide(
                own.assign(term=own["term"].astype(int)),
                rows="term",
                columns="column",
                values=("printed", "obtained"),
                name=f"printed_table1_{outcome.lower()}",
                title=ranking_title(definitions.label(outcome), named),
                labels={"term": say("Rank")},
                sources=replication.sources,
            )
    pairs: list[tuple[pd.DataFrame, str, str, str, Message, bool]] = [
        (
            cells[cells["kind"] == "descriptives"],
            "term",
            "column",
            "printed_table3",
            titled(say("Descriptive statistics"), named, "descriptives"),
            False,
        )
    ]
    for outcome in outcomes:
        label = definitions.label(outcome)
        for column, words in (("coefficient", say("coefficients")), ("t", say("t"))):
            pairs.append(
                (
                    cells[(cells["outcome"] == outcome) & (cells["column"] == column)],
                    "term",
                    "model",
                    f"printed_{table_stem(named, outcome)}_{column}",
                    titled(
                        say("{rate}, {what}", rate=label.heading, what=words),
                        named,
                        "coefficients",
                        outcome,
                    ),
                    column == "coefficient",
                )
            )
    pairs.append(
        (
            cells[cells["kind"] == "fit"],
            "equation",
            "term",
            "printed_fit",
            titled(say("Adjusted R², F, n"), named, "fit"),
            False,
        )
    )
    for own, rows, columns, name, title, starred in pairs:
        if len(own):
            table = beside(
                own,
                rows=rows,
                columns=columns,
                printed="printed_value",
                obtained="obtained_value",
                digits="digits",
                stars=("printed_stars", "obtained_stars") if starred else None,
                tolerance_units=1.0,
                name=name,
                title=title,
                sources=replication.sources,
            )
            yield replace(table, numbers=obtained_numbers(table, own, told))
    correlations = cells[cells["kind"] == "correlations"]
    if len(correlations):
        yield Table(
            name="printed_appendix2",
            title=titled(say("Correlations"), named, "correlations"),
            frame=correlations[["row", "printed", "obtained", "last_digits_off"]],
            sources=replication.sources,
        )
    yield Table(
        name="replication_cells",
        title=say("Cells outside the tolerance"),
        frame=replication.outside()[
            ["table", "row", "outcome", "model", "column", "printed", "obtained", "last_digits_off"]
        ],
        labels={"table": say("Table")},
        words=KINDS
        | {row: joined(map(word, row.split()), " ") for row in set(replication.cells["row"])},
        sources=replication.sources,
    )


def obtained_numbers(table: Table, cells: pd.DataFrame, told: Told) -> FromRecords | None:
    """What the numbers beside printed ones rest on, where they are those of the equations."""
    if not set(cells["kind"]) <= {"coefficients", "fit"}:
        return None
    fits = told.answers["entry"].fits
    outcomes = dict.fromkeys(cells["outcome"])
    own = tuple(fit for outcome in outcomes for fit in fits.of(outcome).fits)
    printed = [c for c in table.frame.columns if "printed" in str(c)]
    obtained = [c for c in table.frame.columns if c not in printed]
    numbers = of_fits(replace(fits, fits=own), obtained).numbers or ()
    return (*numbers, Free(columns=printed))


def _decimals(text: str) -> int:
    try:
        unit = PrintedNumber(text).last_digit
    except DataError:
        return 0
    return max(0, round(-np.log10(unit))) if unit else 0


def _audit(found: Audit) -> Iterator[Block]:
    yield say(
        "Rules that hold for any paper were put to the printed numbers; none was written "
        "for one cell. Each finding names the cells, what would repair it, and how sure "
        "that is."
    )
    yield Finding(
        found,
        title=say("Contradictions in print"),
    )


PRINT = PrintChapter()
