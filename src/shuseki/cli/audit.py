"""Which printed numbers cannot all be true?"""

import csv
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.markup import escape

from shuseki.cli.gate import WRITES
from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.disk import scratch
from shuseki.errors import DataError, ParameterError
from shuseki.papers.audit import Audit, TestAudit, audit_tests
from shuseki.papers.audit import audit as audit_paper
from shuseki.papers.catalogue import new_paper, paper_folder, printed_paper, write_paper
from shuseki.papers.printed import TEST_COLUMNS, PrintedPaper, text_of
from shuseki.papers.printed_table import Below, PrintedTable, paper_texts, read_printed_table
from shuseki.release import write_csv

__all__ = ["app"]

app = typer.Typer(add_completion=False)
FOUND_SOMETHING = 1
SHOWN = 10


@app.command()
def audit(
    paper: Annotated[
        str, typer.Argument(help="A bundled paper, a folder, or a CSV of printed tests.")
    ] = "",
    new: Annotated[
        Path | None,
        typer.Option("--new", help="Start this folder: a template, or what --from reads."),
    ] = None,
    tables: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Table of regressions: .tex, .csv or .xlsx; may be repeated."),
    ] = None,
    below: Annotated[
        str, typer.Option(help="What stands in parentheses: t, se or p; found when not said.")
    ] = "",
    table: Annotated[
        Path | None, typer.Option(help="Write the findings to this CSV file."), WRITES
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the findings: en or ja.")] = "en",
) -> None:
    """Say which printed numbers cannot all be true, and what would repair them.

    Exit code 0: nothing found; 1: findings.
    """
    console = Console()
    if lang not in ("en", "ja"):
        raise ParameterError(f"Language {lang!r}. Expected en or ja. Choose one of them.")
    if paper and (new is not None or tables):
        raise ParameterError(
            f"Both {paper} and --{'new' if new is not None else 'from'}. Expected one: a paper to "
            "audit, or a folder to start. Leave one out."
        )
    if tables:
        print_of = _of_tables(console, tables, below, new)
    elif new is not None:
        console.print(f"Written to {new}: {', '.join(new_paper(new))}", markup=False)
        print_of = printed_paper(new)
    elif Path(paper).suffix.lower() == ".csv" and Path(paper).is_file():
        _finish(console, _tests(Path(paper)), table, lang)
        return
    else:
        print_of = printed_paper(paper or "okamuro-2006")
    own = not print_of.table("denominators").empty
    known = None if own else labour_force_of_ranked(print_of)
    found = audit_paper(print_of, denominators=None if known is None or known.empty else known)
    _finish(console, found, table, lang)


def _of_tables(console: Console, paths: list[Path], below: str, new: Path | None) -> PrintedPaper:
    """Read printed tables into a paper's folder, and say what was not taken."""
    if below not in ("", "t", "se", "p"):
        raise ParameterError(f"--below {below!r}. Expected t, se or p. Choose one of them.")
    said: Below | None = None if below == "" else below  # type: ignore[assignment]
    read = [read_printed_table(path, below=said) for path in paths]
    for one in read:
        _show_table(console, one)
    texts = paper_texts(read, key=new.name if new is not None else read[0].name)
    if new is not None:
        console.print(f"Written to {new}: {', '.join(write_paper(new, texts))}", markup=False)
        return printed_paper(new)
    with scratch(what="paper") as place:
        folder = place / "paper"
        write_paper(folder, texts)
        return PrintedPaper.read(paper_folder(folder))


def _show_table(console: Console, read: PrintedTable) -> None:
    console.print(repr(read).strip("<>"), markup=False, highlight=False, soft_wrap=True)
    reasons: dict[str, list[str]] = {}
    for cell in read.unused:
        reasons.setdefault(cell.why, []).append(
            f"row {cell.row} column {cell.column} {cell.text!r}"
        )
    for why, cells in reasons.items():
        more = f" … ({len(cells)} in all)" if len(cells) > SHOWN else ""
        console.print(
            f"  not used, {why}: {'; '.join(cells[:SHOWN])}{more}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _tests(path: Path) -> TestAudit:
    """Audit a CSV of printed tests."""
    rows = list(csv.reader(text_of(path).splitlines()))
    if not rows:
        raise DataError(f"{path} is empty. Expected a heading: {', '.join(TEST_COLUMNS)}.")
    uneven = [i for i, row in enumerate(rows[1:], start=2) if row and len(row) != len(rows[0])]
    if uneven:
        raise DataError(
            f"{path}, line {uneven[0]}: {len(rows[uneven[0] - 1])} cells for {len(rows[0])} "
            "columns "
            f"({len(uneven)} such lines). Expected one cell per column. Correct them."
        )
    heading = [name.strip() for name in rows[0]]
    return audit_tests(pd.DataFrame([row for row in rows[1:] if row], columns=heading, dtype=str))


def _finish(console: Console, found: Audit | TestAudit, table: Path | None, lang: str) -> None:
    """Show the findings, and leave with the code that says whether there are any."""
    console.print(found.headline(), style="bold", markup=False, highlight=False, soft_wrap=True)
    frame = found.to_frame(lang)
    for row in frame.to_dict("records"):
        console.print(
            f"\n[bold]{row['number']}[/] [cyan]{row['certainty']}[/] · {escape(row['rule'])}"
        )
        for label in ("where", "found", "expected", "repair", "assumption"):
            said = row[label]
            if said:
                console.print(f"  {label:<11}{said}", markup=False, highlight=False, soft_wrap=True)
    if isinstance(found, Audit):
        _show_unasked(console, found, lang)
    elif len(found.unread):
        cells = found.unread.head(SHOWN).astype(str).agg(" ".join, axis=1)
        console.print(f"\nNot read: {'; '.join(cells)}", markup=False, highlight=False)
    if table is not None:
        write_csv(table, frame)
        console.print(f"Written: {table}", markup=False, highlight=False)
    if len(frame):
        raise typer.Exit(FOUND_SOMETHING)


def _show_unasked(console: Console, found: Audit, lang: str) -> None:
    """How many rules could be asked, and what the others lack."""
    unasked = found.unasked()
    asked = len(found.asked)
    console.print(
        f"\n{asked} of {asked + len(unasked)} rules could be asked. Not asked, for want of:"
        if lang == "en"
        else f"\n{asked + len(unasked)}規則のうち{asked}を適用。次の不足により適用できない規則:",
        highlight=False,
    )
    name = "rule" if lang == "en" else "rule_ja"
    for missing, rules in unasked.groupby("missing", sort=False):
        console.print(
            f"  {missing}: {', '.join(rules[name])}", markup=False, highlight=False, soft_wrap=True
        )
