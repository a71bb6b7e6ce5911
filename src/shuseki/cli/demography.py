"""How are births, events, survival and panels had from a store, at a terminal?"""

import re
from typing import Annotated, Any

import pandas as pd
import typer

from shuseki.cli.disclosure import Internal, released
from shuseki.cli.show import Figure, Lang, Output
from shuseki.cli.stores import (
    Areas,
    Date,
    Encoding,
    Groups,
    How,
    StoreFolder,
    Waves,
    asked,
    division_of,
    groups_of,
)
from shuseki.cli.terminal import Terminal
from shuseki.demography.events import Births, Exclusion
from shuseki.demography.events import births as count_births
from shuseki.demography.events import events as count_events
from shuseki.demography.survival import survival as follow
from shuseki.errors import ParameterError
from shuseki.language import Message, say, words_of
from shuseki.panel import Panel
from shuseki.records.store import Store
from shuseki.records.tally import largest, tally
from shuseki.release.disclosure.answers import (
    births_universe,
    events_universe,
    stocks_universe,
    survival_universe,
)
from shuseki.release.disclosure.figures import Universe
from shuseki.results import Result, result

__all__ = ["app", "births", "events", "panel", "survival"]

app = typer.Typer(add_completion=False, help="Births, deaths, survival and panels of a store.")


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
        int | None,
        typer.Option("--fewer-than-employees", min=1, help="Births are smaller than this."),
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
    internal: Internal = False,
) -> None:
    """Count the establishments born between two waves, and show how candidates became births."""
    excluded = [exclusion(text) for text in exclude or []]

    def ask(opened: Store) -> Births:
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
    frame = found.to_frame()
    released(
        found,
        [births_universe(found.panel, found.funnel, found.groups)],
        internal=internal,
        lang=lang,
        output=output,
        figure=figure,
        also=[found.funnel],
        table=frame[frame["births"] > 0],
        console=Terminal(),
    )


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
    internal: Internal = False,
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
    released(
        found,
        [events_universe(found.panel, found.counts)],
        internal=internal,
        lang=lang,
        output=output,
        figure=figure,
    )


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
    internal: Internal = False,
) -> None:
    """Follow the plants born after the first wave: how many live how long?"""
    if by not in ("all", "industry", "area"):
        raise ParameterError(
            say(
                "--by is {by!r}. Expected all, industry or area.",
                by=by,
            )
        )
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
    released(
        found,
        [survival_universe(found)],
        internal=internal,
        lang=lang,
        output=output,
        figure=figure,
    )


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
    internal: Internal = False,
) -> None:
    """Add establishments up by area, industry and wave."""

    def ask(opened: Store) -> tuple[Tallied, tuple[Universe, ...]]:
        about: dict[str, Any] = {
            "waves": wave or None,
            "division": division_of(areas, date, encoding, opened),
            "groups": groups_of(groups, encoding),
        }
        told = tally(opened, **about)
        answer = Tallied(panel=told, notes=told.notes, sources=told.sources)
        if not any(source.origin == "user" for source in told.sources):
            return answer, ()
        return answer, (stocks_universe(told, largest(opened, **about)),)

    found, universes = asked(store, ask)
    released(found, universes, internal=internal, lang=lang, output=output)


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


def exclusion(text: str) -> Exclusion:
    """Read ``column:pattern``."""
    column, _, pattern = text.partition(":")
    if not pattern:
        raise ParameterError(
            say(
                "--exclude is {text!r}. Expected a column and a pattern with a colon between, "
                "such as 'id:^S'.",
                text=text,
            )
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise ParameterError(
            say(
                "--exclude has the pattern {pattern!r}, which is no regular expression: {error}.",
                pattern=pattern,
                error=words_of(error),
            )
        ) from None
    said = f"{column} matches {pattern}"
    return Exclusion(said, said, f"{column}が{pattern}に一致", column, pattern)
