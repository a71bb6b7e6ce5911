"""How does every command show its answer?

One way for all: the headline, the first rows of the table, notes and sources; ``--output`` writes
everything into a file whose ending says the format, ``--figure`` draws a page, and ``--lang`` says
it in English or Japanese. Every file leaves through ``release``.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from shuseki.cli.gate import WRITES
from shuseki.cli.terminal import Terminal, visible
from shuseki.errors import ParameterError
from shuseki.language import Message, check_language, say, told
from shuseki.release import whole_file, write_text
from shuseki.report.blocks import Document, Finding, Section
from shuseki.report.exports import ENDINGS, result_bytes
from shuseki.report.html import render
from shuseki.report.plots.dispatch import has_picture, plot
from shuseki.report.words import WORDS, column_words, phrase, pick
from shuseki.results import Result

__all__ = ["Figure", "Lang", "Output", "bar", "rows_of", "show", "tell_rows", "write"]

SHOWN = 20
PAGE_ROWS = 300
"""A longer table is left to the file."""
WIDE = 220

Lang = Annotated[
    str, typer.Option("--lang", help="Language of answer and picture: en or ja.", metavar="en|ja")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "--out", help=f"Write everything to this file: {', '.join(ENDINGS)}."),
    WRITES,
]
Figure = Annotated[
    Path | None, typer.Option("--figure", help="Draw the answer into this HTML file."), WRITES
]


def show(
    answer: Result,
    *,
    lang: str = "en",
    output: Path | None = None,
    figure: Path | None = None,
    table: pd.DataFrame | None = None,
    also: Sequence[Result] = (),
    page: str | None = None,
    console: Terminal | None = None,
) -> None:
    """Print an answer, and write what was asked for.

    Parameters
    ----------
    answer
        What was found.
    lang, output, figure
        As the options say.
    table
        Columns and rows to print in place of the whole table; the file has all of them.
    also
        Other answers to the same question, of which the headlines are printed.
    page
        Title of a page that ``figure`` becomes: it has the pictures and tables of all answers.

    Raises
    ------
    ParameterError
        The file's ending is none of ours, or the answer has no picture.
    """
    check_language(lang)
    console = console or wide()
    for one in (answer, *also):
        console.print(pick(one.headline(), lang), markup=False, highlight=False, soft_wrap=True)
    frame = answer.to_frame() if table is None else table
    if len(frame):
        tell_rows(frame, lang, console, answer.column_labels())
    colon = "：" if lang == "ja" else ": "
    for note in answer.notes:
        said = f"{phrase('note', lang)}{colon}{pick(note, lang)}"
        console.print(said, style="dim", markup=False, highlight=False, soft_wrap=True)
    for source in answer.sources:
        if source.origin != "method":
            said = f"{phrase('source', lang)}{colon}{told(source.words(), lang)}"
            console.print(said, style="dim", markup=False, highlight=False, soft_wrap=True)
    if output is not None:
        write(answer, output, lang)
        said = f"{phrase('written_table', lang)}{colon}{output}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    if figure is not None and page is not None:
        blocks = [Finding(one, table=len(one.to_frame()) <= PAGE_ROWS) for one in (answer, *also)]
        write_text(figure, render(Document(page, [Section(page, blocks)]), lang))
        said = f"{phrase('written_page', lang)}{colon}{figure}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    elif figure is not None:
        if not has_picture(answer):
            raise ParameterError(
                say(
                    "{kind} has no picture. Expected an answer that has one. Leave --figure out.",
                    kind=type(answer).__name__,
                )
            )
        write_text(figure, plot(answer, lang=lang).to_html(include_plotlyjs=True))
        said = f"{phrase('written_picture', lang)}{colon}{figure}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def wide() -> Terminal:
    """The terminal; what is piped into a file or a program is not cut to a width."""
    return Terminal() if sys.stdout.isatty() else Terminal(width=WIDE)


def write(answer: Result, place: Path, lang: str = "en") -> None:
    """Write an answer into a file; its ending says the format.

    Raises
    ------
    ParameterError
        The ending is none of ours.
    """
    content = result_bytes(answer, place.suffix.lower() or ".csv", lang)
    with whole_file(place) as work:
        work.write_bytes(content)


def tell_rows(
    frame: pd.DataFrame,
    lang: str = "en",
    console: Terminal | None = None,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Print the first rows of a table; ``labels`` go before the words of the glossary."""
    own = labels or {}
    console = console or wide()
    frame = in_language(frame, lang)
    table = Table(show_edge=False, header_style="bold")
    for name in frame:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(
            Text(visible(_heading(str(name), own, lang))),
            justify="right" if numeric else "left",
        )
    for cells in rows_of(frame.head(SHOWN), lang):
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console.print(table)
    if len(frame) > SHOWN:
        more = phrase("more_rows", lang, n=f"{len(frame) - SHOWN:,}")
        console.print(more, style="dim", markup=False, highlight=False)


def _heading(name: str, own: Mapping[str, str], lang: str) -> str:
    return pick(own[name], lang) if name in own else column_words(name, lang)


def in_language(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Keep the columns of one language where both are there (``x`` and ``x_ja``)."""
    columns = {}
    for name in frame.columns:
        text = str(name)
        stem = text.removesuffix("_ja").removesuffix("_en")
        both = f"{stem}_ja" in frame.columns and (
            stem in frame.columns or f"{stem}_en" in frame.columns
        )
        if not both:
            columns[text] = frame[name]
        elif text.endswith("_ja") == (lang == "ja"):
            columns[stem] = frame[name]
    return pd.DataFrame(columns)


def rows_of(frame: pd.DataFrame, lang: str = "en") -> Iterator[list[str]]:
    """Cells of a table as they are read."""
    for row in frame.itertuples(index=False):
        yield [_cell(value, lang) for value in row]


def _cell(value: Any, lang: str) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if isinstance(value, bool):
        return phrase("yes" if value else "no", lang)
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() or abs(value) >= 10_000 else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Message):
        return str(told(value, lang))
    key = f"value_{value}"
    return phrase(key, lang) if isinstance(value, str) and key in WORDS else str(value)


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar that goes when it is done; call what it gives with (done, of)."""
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        transient=True,
    ) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
