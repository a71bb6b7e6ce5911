"""Which store, areas and groups of industries does a command mean?"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from shuseki.cli.terminal import Terminal
from shuseki.demography.events import Lives
from shuseki.errors import ParameterError
from shuseki.geography.areas import iso_date
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.districts import BUNDLED, Division, division, division_from_table
from shuseki.language import listed, say
from shuseki.reading.tables import read_table
from shuseki.records.store import Store

__all__ = [
    "Areas",
    "Date",
    "Encoding",
    "Groups",
    "How",
    "StoreFolder",
    "Waves",
    "asked",
    "division_of",
    "groups_of",
]

A = TypeVar("A")

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


def asked(folder: Path, ask: Callable[[Store], A]) -> A:
    """Open the store, ask, and close it."""
    if not folder.is_dir():
        raise ParameterError(
            say(
                "No store {folder}. Expected a folder that `shuseki ingest` made. Ingest records "
                "first, or check the path.",
                folder=folder,
            )
        )
    with closing(Store.open(folder)) as opened, Terminal().status("counting"):
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
            say(
                "No division {named!r}. Expected {bundled}, or a table of municipality and area. "
                "Check the name.",
                named=named,
                bundled=listed(BUNDLED),
            )
        )
    whose = store.gazetteer.name if store.gazetteer is not None else COUNTRY
    day = iso_date(date) if date is not None else f"{store.waves[-1]:04d}-12-31"
    return division_from_table(path, date=day, encoding=encoding, codes=whose)


def groups_of(path: Path | None, encoding: str) -> dict[str, str] | None:
    """Industry → group, of a table."""
    if path is None:
        return None
    table = read_table(path, codes=["industry", "group"], encoding=encoding)
    return dict(zip(table["industry"], table["group"], strict=True))
