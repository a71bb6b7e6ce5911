"""May what a command shows of a user's records leave, and is a table made elsewhere safe?

Commands that count a user's records show them as they may be read by others: small numbers, and
those from which they could be computed, are ``X``. ``--internal`` shows everything, and marks it as
not for release, on the terminal and in the file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from shuseki.cli.show import Lang, Output, show, write
from shuseki.cli.stores import Areas, Date, Encoding, Groups, asked, division_of, groups_of
from shuseki.cli.terminal import Terminal
from shuseki.errors import DataError, ParameterError
from shuseki.language import check_language, say
from shuseki.language.names import some_of
from shuseki.panel import Panel
from shuseki.reading.grids import grids
from shuseki.records.store import Store
from shuseki.records.tally import largest, tally
from shuseki.release import write_text
from shuseki.release.disclosure.answers import links, stocks_universe
from shuseki.release.disclosure.elsewhere import check_laid, known_of
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.gate import Gate
from shuseki.release.disclosure.layouts import laid_out, number_of
from shuseki.release.disclosure.rules import Dominance, Rules
from shuseki.report.disclosed import disclosed_answer, drawn
from shuseki.report.exports import ENDINGS
from shuseki.report.marks import INTERNAL, INTERNAL_SAID
from shuseki.report.words import pick
from shuseki.results import Result

__all__ = ["Internal", "app", "is_confidential", "panel_universes", "released"]

app = typer.Typer(add_completion=False, help="What may leave the house.")

Internal = Annotated[
    bool,
    typer.Option(
        "--internal",
        help="Show everything, unchecked and marked as not for release; for confidential records.",
    ),
]


def is_confidential(*answers: Result) -> bool:
    """Whether an answer rests on records of a user."""
    return any(source.origin == "user" for one in answers for source in one.sources)


def panel_universes(panel: Panel | None) -> tuple[Universe, ...]:
    """What a user's panel counts, where it says how many plants there are.

    How large the largest plant of a cell is, a panel does not say; where it has the sum of squares
    its root is taken, which is no less.
    """
    if panel is None or "plants" not in panel.values:
        return ()
    frame = panel.to_frame()
    sizes = frame[["area", "industry", "period"]].copy()
    amounts = [name for name in ("employment", "shipments_yen", "wages_yen") if name in frame]
    for name in amounts:
        most = frame[name].fillna(0.0)
        if name == "employment" and "squared_employment" in frame:
            most = frame["squared_employment"].fillna(0.0) ** 0.5
        few = frame["plants"].fillna(0) < 3
        known = name == "employment" and "squared_employment" in frame
        sizes[f"{name}_largest"] = most.where(few | known, 0.0)
        sizes[f"{name}_second"] = 0.0
    return (stocks_universe(panel, sizes),)


def released(
    answer: Result,
    universes: Sequence[Universe],
    *,
    internal: bool,
    lang: str = "en",
    output: Path | None = None,
    figure: Path | None = None,
    also: Sequence[Result] = (),
    console: Terminal | None = None,
    **about: Any,
) -> None:
    """Show an answer, and write it, as it may be read.

    Parameters
    ----------
    answer, also
        What was found, and other answers to show before it.
    universes
        What the answers count.
    internal
        Show everything, marked as not for release.
    about
        Further arguments of ``show``, which hold for an answer that is shown as it is.
    """
    every = [*also, answer]
    if not is_confidential(*every) or internal:
        for one in every:
            marked = one
            if internal and is_confidential(one):
                notes, sources = (INTERNAL_SAID, *one.notes), (*one.sources, INTERNAL)
                marked = replace(one, notes=notes, sources=sources)
            show(
                marked,
                lang=lang,
                console=console,
                output=output if one is answer else None,
                figure=figure if one is every[0] else None,
                **(about if one is answer else {}),
            )
        return
    check_language(lang)
    gate = Gate(Rules(), {one.name: one for one in universes}, links)
    checked = disclosed_answer(every, gate)
    for found in checked:
        if found.verdict == "held":
            out = console or Terminal()
            out.print(pick(found.headline(), lang), markup=False, highlight=False, soft_wrap=True)
            why = say("Held: {why} --internal shows it, marked as not for release.", why=found.why)
            out.print(pick(why, lang), markup=False, highlight=False, soft_wrap=True)
        else:
            show(found, lang=lang, console=console)
    last = checked[-1]
    if output is not None:
        if last.verdict == "held" and output.suffix.lower() in ("", *ENDINGS):
            raise ParameterError(
                say(
                    "{output} was not written: the table is held. {why} Expected a table that may "
                    "leave. Use --internal to write it, marked as not for release.",
                    output=output,
                    why=last.why,
                )
            )
        write(last, output, lang)
        typer.echo(f"{pick(say('Table'), lang)}: {output}")
    if figure is not None:
        write_text(figure, drawn(checked[0], lang).to_html(include_plotlyjs=True))
        typer.echo(f"{pick(say('Picture'), lang)}: {figure}")


@app.command("check-output")
def check_output(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Tables made elsewhere: CSV, xlsx (every sheet), HTML, LaTeX, JSON.",
        ),
    ],
    against: Annotated[Path, typer.Option("--against", help="Folder of the store of records.")],
    areas: Areas = None,
    date: Date = None,
    groups: Groups = None,
    threshold: Annotated[
        int, typer.Option("--threshold", help="Fewest establishments of a cell.", min=2)
    ] = 3,
    p_percent: Annotated[
        float | None,
        typer.Option("--p-percent", min=0, help="Rule for amounts in place of dominance."),
    ] = None,
    dominance: Annotated[
        float, typer.Option("--dominance", help="Largest share of one establishment.")
    ] = 0.75,
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Say which cells of tables tell too much about one establishment.

    All tables of the files are judged together. Areas may stand in rows or in columns, under
    headings of several rows.

    Exit code 0: none; 1: some, or rows that could not be judged; 3: the table cannot be read.
    """
    check_language(lang)
    several = len(files) > 1
    tables = [
        replace(one, place=f"{file.name} {one.place}".strip()) if several else one
        for file in files
        for one in grids(file, encoding)
    ]

    def ask(opened: Store) -> tuple[Universe, dict[str, str]]:
        division = division_of(areas, date, encoding, opened)
        about: dict[str, Any] = {"division": division, "groups": groups_of(groups, encoding)}
        names = {} if division is None else {
            name: code
            for language in ("en", "ja")
            for code, name in zip(division.codes, division.names(language), strict=True)
        }  # fmt: skip
        return stocks_universe(tally(opened, **about), largest(opened, **about)), names

    rules = Rules(threshold=threshold, dominance=Dominance(1, dominance), p_percent=p_percent)
    universe, names = asked(against, ask)
    laid, faults = [], []
    for one in tables:
        try:
            known = known_of(universe)
            laid.append((one.place, laid_out(one.rows, one.numbers, known, {"area": names})))
        except DataError as error:
            numbered = any(number_of(cell) is not None for row in one.rows for cell in row)
            faults.append((one.place, error, numbered))
    if not laid:
        raise faults[0][1]
    found = check_laid(laid, universe, rules)
    if faults:
        told = say(
            "Not judged, since nothing there names areas, industries or waves: {names}.",
            names=some_of([place for place, _, _ in faults]),
        )
        unjudged = tuple(place for place, _, numbered in faults if numbered)
        found = replace(found, notes=(*found.notes, told), unjudged=unjudged)
    show(found, lang=lang, output=output, table=found.to_frame(lang))
    if not found.is_safe:
        raise typer.Exit(1)
