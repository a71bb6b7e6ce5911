"""How are births, events, survival and panels had from a store, at a terminal?"""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

from shuseki.cli.show import Figure, Lang, Output, show
from shuseki.demography.events import Exclusion, Lives
from shuseki.demography.events import births as count_births
from shuseki.demography.events import events as count_events
from shuseki.demography.survival import survival as follow
from shuseki.errors import ParameterError
from shuseki.geography.areas import iso_date
from shuseki.geography.districts import BUNDLED, Division, division, division_from_table
from shuseki.language import Message, say
from shuseki.panel import Panel
from shuseki.reading.tables import read_table
from shuseki.records.store import Store
from shuseki.records.tally import tally
from shuseki.results import Result, result

__all__ = ["app", "births", "events", "panel", "survival"]

app = typer.Typer(add_completion=False, help="Births, deaths, survival and panels of a store.")

StoreFolder = Annotated[
    Path, typer.Argument(help="Folder of the store; `shuseki ingest` makes it.")
]
Areas = Annotated[
    str | None,
    typer.Option(
        "--division",
        help="Areas: a bundled division, or a table of municipality and area; the places "
        "themselves without it.",
    ),
]
Date = Annotated[
    str | None, typer.Option("--date", help="Day of the municipality codes of the division.")
]
Groups = Annotated[
    Path | None, typer.Option("--groups", help="Table of industry and group: only these count.")
]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Of the tables, when it cannot be found.")
]
How = Annotated[
    Lives, typer.Option("--lives", help="By the waves that saw a plant, or by its days (spells).")
]
Waves = Annotated[
    list[int] | None, typer.Option("--wave", help="Years; repeat it. All by default.")
]


@app.command()
def births(
    store: StoreFolder,
    at: Annotated[int, typer.Option("--at", help="Wave in which births are counted.")],
    since: Annotated[int, typer.Option("--since", help="Wave in which they are absent.")],
    earlier: Annotated[
        list[int] | None,
        typer.Option("--earlier", help="Earlier waves in which they are absent; repeat it."),
    ] = None,
    fewer_than: Annotated[
        int | None, typer.Option("--fewer-than-employees", help="Births are smaller than this.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            help="Candidates that are no births, as column:pattern, such as 'id:^S'; repeat it.",
        ),
    ] = None,
    areas: Areas = None,
    date: Date = None,
    groups: Groups = None,
    lives: How = "waves",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Count the establishments born between two waves, and show how candidates became births."""
    excluded = [exclusion(text) for text in exclude or []]

    def ask(opened: Store) -> Result:
        return count_births(
            opened,
            at=at,
            since=since,
            earlier=earlier or (),
            exclude=excluded,
            fewer_than_employees=fewer_than,
            division=division_of(areas, date, encoding, opened),
            classes=groups_of(groups, encoding),
            lives=lives,
        )

    found = asked(store, ask)
    funnel = found.funnel  # type: ignore[attr-defined]
    show(funnel, lang=lang, figure=figure)
    frame = found.to_frame()
    console = Console()
    show(found, lang=lang, output=output, table=frame[frame["births"] > 0], console=console)


@app.command()
def events(
    store: StoreFolder,
    wave: Waves = None,
    areas: Areas = None,
    date: Date = None,
    groups: Groups = None,
    lives: How = "waves",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Count births, deaths, survivors and moves from wave to wave."""
    found = asked(
        store,
        lambda opened: count_events(
            opened,
            waves=wave or None,
            division=division_of(areas, date, encoding, opened),
            groups=groups_of(groups, encoding),
            lives=lives,
        ),
    )
    show(found, lang=lang, output=output, figure=figure)


@app.command()
def survival(
    store: StoreFolder,
    wave: Waves = None,
    by: Annotated[str, typer.Option("--by", help="all, industry or area.")] = "all",
    areas: Areas = None,
    date: Date = None,
    groups: Groups = None,
    lives: How = "waves",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Follow the plants born after the first wave: how many live how long?"""
    if by not in ("all", "industry", "area"):
        raise ParameterError(f"--by is {by!r}. Expected all, industry or area.")
    found = asked(
        store,
        lambda opened: follow(
            opened,
            waves=wave or None,
            by=by,  # type: ignore[arg-type]
            groups=groups_of(groups, encoding) if by == "industry" else None,
            division=division_of(areas, date, encoding, opened) if by == "area" else None,
            lives=lives,
        ),
    )
    show(found, lang=lang, output=output, figure=figure)


@app.command()
def panel(
    store: StoreFolder,
    wave: Waves = None,
    areas: Areas = None,
    date: Date = None,
    groups: Groups = None,
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Add establishments up by area, industry and wave."""
    found = asked(
        store,
        lambda opened: Tallied(
            panel=(
                told := tally(
                    opened,
                    waves=wave or None,
                    division=division_of(areas, date, encoding, opened),
                    groups=groups_of(groups, encoding),
                )
            ),
            notes=told.notes,
            sources=told.sources,
        ),
    )
    show(found, lang=lang, output=output)


@result
class Tallied(Result):
    """Establishments added up.

    Attributes
    ----------
    panel
        By area, industry and wave.
    """

    panel: Panel

    def headline(self) -> Message:
        """Plants, areas, industries and waves."""
        plants = float(self.panel.values["plants"].sum())
        return say(
            "{plants:,.0f} plants in {areas:count(area)}, {industries:count(industry,industries)} "
            "and {waves:count(wave)}.",
            plants=plants,
            areas=len(self.panel.areas),
            industries=len(self.panel.industries),
            waves=len(self.panel.periods),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area, industry and wave."""
        return self.panel.to_frame()


# ---- reading what is named ----------------------------------------------------------------------


def asked(folder: Path, ask: Callable[[Store], Result]) -> Result:
    """Open the store, ask, and close it."""
    if not folder.is_dir():
        raise ParameterError(
            f"No store {folder}. Expected a folder that `shuseki ingest` made. Ingest records "
            "first, or check the path."
        )
    with closing(Store.open(folder)) as opened, Console().status("counting"):
        return ask(opened)


def division_of(
    named: str | None, date: str | None, encoding: str, store: Store
) -> Division | None:
    """A bundled division by its name, or a table of the user's."""
    if named is None:
        return None
    if named in BUNDLED:
        return division(named) if date is None else division(named, date)
    path = Path(named)
    if not path.is_file():
        raise ParameterError(
            f"No division {named!r}. Expected {', '.join(BUNDLED)}, or a table of municipality and "
            "area. Check the name."
        )
    whose = store.gazetteer.name if store.gazetteer is not None else "japan"
    day = iso_date(date) if date is not None else f"{store.waves[-1]:04d}-12-31"
    return division_from_table(path, date=day, encoding=encoding, codes=whose)


def groups_of(path: Path | None, encoding: str) -> dict[str, str] | None:
    """Industry → group, of a table."""
    if path is None:
        return None
    table = read_table(path, codes=["industry", "group"], encoding=encoding)
    return dict(zip(table["industry"], table["group"], strict=True))


def exclusion(text: str) -> Exclusion:
    """Read ``column:pattern``."""
    column, _, pattern = text.partition(":")
    if not pattern:
        raise ParameterError(
            f"--exclude is {text!r}. Expected a column and a pattern with a colon between, such as "
            "'id:^S'."
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise ParameterError(
            f"--exclude has the pattern {pattern!r}, which is no regular expression: {error}."
        ) from None
    said = f"{column} matches {pattern}"
    return Exclusion(said, said, f"{column}が{pattern}に一致", column, pattern)
