"""Which printed numbers cannot all be true?"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.cells import cell_len
from rich.markup import escape

from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, write
from shuseki.cli.terminal import Terminal
from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.disk import scratch
from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, check_language, joined, listed, say, told
from shuseki.language.names import some_of
from shuseki.papers.audit import Audit, TestAudit, audit_tests
from shuseki.papers.audit import audit as audit_paper
from shuseki.papers.catalogue import new_paper, paper_folder, printed_paper, write_paper
from shuseki.papers.printed import TEST_COLUMNS, PrintedPaper, text_of
from shuseki.papers.printed_table import Below, PrintedTable, paper_texts, read_printed_table
from shuseki.papers.shares import recover_counts
from shuseki.report.exports import ENDINGS
from shuseki.report.words import phrase

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
        Path | None,
        typer.Option(
            "--output", "--table", help=f"Write the findings to this file: {', '.join(ENDINGS)}."
        ),
        WRITES,
    ] = None,
    lang: Lang = "en",
) -> None:
    """Say which printed numbers cannot all be true, and what would repair them.

    Exit code 0: nothing found; 1: findings.
    """
    console = Terminal()
    check_language(lang)
    if paper and (new is not None or tables):
        option = "new" if new is not None else "from"
        raise ParameterError(
            say(
                "Both {paper} and --{option}. Expected one: a paper to audit, or a folder to "
                "start. Leave one out.",
                paper=paper,
                option=option,
            )
        )
    if tables:
        print_of = _of_tables(console, tables, below, new, lang)
    elif new is not None:
        _tell(console, written(new, new_paper(new)), lang)
        print_of = printed_paper(new)
    elif Path(paper).suffix.lower() == ".csv" and Path(paper).is_file():
        _finish(console, _tests(Path(paper)), table, lang)
        return
    else:
        print_of = printed_paper(paper or "okamuro-2006")
    own = not print_of.table("denominators").empty
    known = None if own else labour_force_of_ranked(print_of)
    found = audit_paper(print_of, denominators=None if known is None or known.empty else known)
    if not print_of.table("shares").empty:
        _tell(console, recover_counts(print_of).headline(), lang)
    _finish(console, found, table, lang)


def _tell(console: Terminal, text: str, lang: str, style: str = "") -> None:
    """Print one line as it is, in the language."""
    console.print(told(text, lang), style=style, markup=False, highlight=False, soft_wrap=True)


def written(folder: Path, files: Sequence[str]) -> Message:
    """Say what was written."""
    return say("Written to {folder}: {files}", folder=folder, files=listed(files))


def _of_tables(
    console: Terminal, paths: list[Path], below: str, new: Path | None, lang: str
) -> PrintedPaper:
    """Read printed tables into a paper's folder, and say what was not taken."""
    if below not in ("", "t", "se", "p"):
        raise ParameterError(
            say(
                "--below {below!r}. Expected t, se or p. Choose one of them.",
                below=below,
            )
        )
    said: Below | None = None if below == "" else below  # type: ignore[assignment]
    read = [read_printed_table(path, below=said) for path in paths]
    for one in read:
        _show_table(console, one, lang)
    texts = paper_texts(read, key=new.name if new is not None else read[0].name)
    if new is not None:
        _tell(console, written(new, write_paper(new, texts)), lang)
        return printed_paper(new)
    with scratch(what="paper") as place:
        folder = place / "paper"
        write_paper(folder, texts)
        return PrintedPaper.read(paper_folder(folder))


def _show_table(console: Terminal, read: PrintedTable, lang: str) -> None:
    _tell(console, read.headline(), lang)
    reasons: dict[str, list[Message]] = {}
    for cell in read.unused:
        reasons.setdefault(cell.why, []).append(
            say(
                "row {row} column {column} {text}",
                row=cell.row,
                column=cell.column,
                text=repr(cell.text),
            )
        )
    for why, cells in reasons.items():
        unused = say("not used, {why}: {cells}", why=why, cells=some_of(cells, SHOWN))
        console.print("  ", end="")
        _tell(console, unused, lang)


def _tests(path: Path) -> TestAudit:
    """Audit a CSV of printed tests."""
    rows = list(csv.reader(text_of(path).splitlines()))
    if not rows:
        raise DataError(
            say(
                "{path} is empty. Expected a heading: {test_columns}.",
                path=path,
                test_columns=listed(TEST_COLUMNS),
            )
        )
    uneven = [i for i, row in enumerate(rows[1:], start=2) if row and len(row) != len(rows[0])]
    if uneven:
        raise DataError(
            say(
                "{path}, line {uneven}: {n_rows} cells for {n_rows_2} columns ({n_uneven} such "
                "lines). Expected one cell per column. Correct them.",
                path=path,
                uneven=uneven[0],
                n_rows=len(rows[uneven[0] - 1]),
                n_rows_2=len(rows[0]),
                n_uneven=len(uneven),
            )
        )
    heading = [name.strip() for name in rows[0]]
    return audit_tests(pd.DataFrame([row for row in rows[1:] if row], columns=heading, dtype=str))


def _finish(console: Terminal, found: Audit | TestAudit, table: Path | None, lang: str) -> None:
    """Show the findings, and leave with the code that says whether there are any."""
    _tell(console, found.headline(), lang, style="bold")
    frame = found.to_frame()
    end = "_ja" if lang == "ja" else ""
    for row in frame.to_dict("records"):
        certainty = phrase(f"value_{row['certainty']}", lang)
        console.print(
            f"\n[bold]{row['number']}[/] [cyan]{certainty}[/] · {escape(row[f'rule{end}'])}"
        )
        for label in ("where", "found", "expected", "repair", "assumption"):
            said = row[f"{label}{end}"]
            if said:
                head = phrase(label, lang)
                gap = " " * max(11 - cell_len(head), 1)
                _tell(console, f"  {head if lang == 'ja' else label}{gap}{said}", lang)
    if isinstance(found, Audit):
        _show_unasked(console, found, lang)
    elif len(found.unread):
        cells = found.unread.head(SHOWN).astype(str).agg(" ".join, axis=1)
        console.print()
        _tell(console, say("Not read: {cells}", cells=joined(cells, "; ")), lang)
    if table is not None:
        write(found, table, lang)
        _tell(console, say("Written: {file}", file=table), lang)
    if len(frame):
        raise typer.Exit(FOUND_SOMETHING)


def _show_unasked(console: Terminal, found: Audit, lang: str) -> None:
    """How many rules could be applied, and what the others lack."""
    unasked = found.unasked()
    asked = len(found.asked)
    console.print()
    _tell(
        console,
        say(
            "{asked} of {all} rules could be applied. Not applied, for lack of:",
            asked=asked,
            all=asked + len(unasked),
        ),
        lang,
    )
    end = "_ja" if lang == "ja" else ""
    for missing, rules in unasked.groupby(f"missing{end}", sort=False):
        _tell(console, f"  {missing}: {told(listed(rules[f'rule{end}']), lang)}", lang)
