"""How is a question of the web application asked from a terminal?

``shuseki ask`` lists the questions; ``shuseki ask ranking indicator=employment`` answers one as its
page does. The page shows the command that gives its own numbers.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from shuseki.app.asking import ask as answer_of
from shuseki.app.questions import QUESTIONS
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, tell_rows, wide
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import check_language, listed, say, told
from shuseki.release import whole_file
from shuseki.report.blocks import Document, Heading
from shuseki.report.exports import to_csv, to_excel
from shuseki.report.html import render
from shuseki.report.tables import Table
from shuseki.report.words import phrase, pick

__all__ = ["app"]

app = typer.Typer(add_completion=False, help="Ask what a page of the application asks.")
ENDINGS = (".csv", ".xlsx", ".json", ".html")


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="Name of the question; without one, all are listed.")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Argument(help="option=value, as in the page's address; option=@file reads a file."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of the app, for firms of your own.")
    ] = None,
    table: Annotated[
        str, typer.Option("--table", help="Which table a CSV file shall hold; the first.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "--out", help=f"Write to this file: {', '.join(ENDINGS)}."),
        WRITES,
    ] = None,
    lang: Lang = "en",
) -> None:
    """Answer a question as its page in the application does."""
    check_language(lang)
    console = wide()
    if question is None and (data is not None or output is not None):
        raise ParameterError(
            say(
                "--data and --output are of an answer, and no question is named. Expected one of "
                "{known}. Name it first.",
                known=listed(QUESTIONS),
            )
        )
    if question is None:
        for one in QUESTIONS.values():
            console.print(f"{one.name:15} {told(one.title, lang)}", markup=False, highlight=False)
        return
    given = dict(_option(text) for text in options or ())
    found = answer_of(question, lang=lang, data=data, **given)
    for section in found.parts():
        for part in section:
            if isinstance(part, Heading):
                console.print(pick(part.headline, lang), markup=False, highlight=False)
            elif isinstance(part, Table):
                shown = part.in_language(lang).frame
                labels = {str(name): part.label(name, lang) for name in shown.columns}
                tell_rows(shown.set_axis(list(labels), axis=1), lang, console, labels)
    for source in found.all_sources():
        colon = "：" if lang == "ja" else ": "
        said = f"{phrase('source', lang)}{colon}{told(source.words(), lang)}"
        console.print(said, style="dim", markup=False, highlight=False, soft_wrap=True)
    if output is not None:
        content = _bytes(found, output, table, lang)
        with whole_file(output) as work:
            work.write_bytes(content)


def _option(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise ParameterError(
            say(
                "The option {text_given!r}. Expected option=value, such as indicator=employment. "
                "Correct it.",
                text_given=text[:80],
            )
        )
    if not value.startswith("@"):
        return name, value
    try:
        return name, Path(value[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            say(
                "{value} cannot be read ({kind}). Expected a text file in UTF-8. Check the "
                "name, or save it again.",
                value=value[1:],
                kind=type(error).__name__,
            )
        ) from None


def _bytes(found: Document, output: Path, wanted: str, lang: str) -> bytes:
    """The answer as a file of the format that the ending says."""
    ending = output.suffix.lower()
    if ending not in ENDINGS:
        raise ParameterError(
            say(
                "The ending {ending!r}. Expected one of {known}. Choose another name.",
                ending=ending,
                known=", ".join(ENDINGS),
            )
        )
    if ending == ".html":
        return render(found, lang).encode()
    tables = [one for one in found.tables() if wanted in ("", one.name)]
    if not tables:
        raise UnknownCodeError.among("table", [wanted], [one.name for one in found.tables()])
    if ending == ".xlsx":
        return to_excel(tables, lang)
    if ending == ".csv":
        return ("\ufeff" + to_csv(tables[0].in_language(lang))).encode()
    told_tables = {
        one.name: json.loads(
            one.in_language(lang)
            .frame.rename(columns=lambda name: "_".join(name) if isinstance(name, tuple) else name)
            .to_json(orient="records", force_ascii=False, double_precision=10)
        )
        for one in tables
    }
    return (json.dumps(told_tables, ensure_ascii=False, indent=1) + "\n").encode()
