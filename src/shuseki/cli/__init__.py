"""How does a study run from a terminal?

Each room has a module here with its own commands. This one lists them, loads the one that is
asked for, and turns every refusal into a message and an exit code:

====  ===================================================================
0     done
1     ``validate``, ``audit`` or ``check-output`` found something
2     the command line is wrong
3     the data, a code, a parameter or the study file is wrong
4     the output could not be written; nothing was left behind
5     a defect of shuseki; a file with what to report was written
130   interrupted; nothing was left half written
143   terminated; nothing was left half written
====  ===================================================================
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import pairwise
from types import FrameType
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from shuseki.cli.refusals import refusal, write_defect
from shuseki.errors import OutputError, ShusekiError

__all__ = ["app", "main"]

BAD_INPUT = 3
BAD_OUTPUT = 4
DEFECT = 5
CLEARING_SECONDS = 2.0
INTERRUPTED = 128 + signal.SIGINT
STOPS = {
    signal.SIGINT: "Interrupted",
    signal.SIGTERM: "Terminated",
    signal.SIGHUP: "The terminal was closed",
}

COMMANDS = {
    "run": ("study", "Run a study: records, births, rates, equations, verdicts, report."),
    "audit": ("audit", "Say which printed numbers cannot all be true, and what would repair them."),
    "datasets": ("datasets", "List what is bundled: publisher, year, terms."),
    "validate": ("records", "Say what is wrong with a file of records, row by row."),
    "ingest": ("records", "Take files into a store; no row is lost silently."),
    "layouts": ("records", "List the known layouts of records."),
    "pull": ("pull", "Fetch a publisher's data with your key: e-Stat, corporate numbers."),
    "births": ("demography", "Count births between two waves: candidates, funnel, areas."),
    "events": ("demography", "Count births, deaths, survivors and moves from wave to wave."),
    "survival": ("demography", "How long do establishments live?"),
    "link": ("linkage", "Link two registers whose numbers do not say who is who."),
    "panel": ("demography", "Add establishments up by area, industry and wave."),
    "measure": ("measure", "How concentrated are industries, where, and since when?"),
    "entry": (
        "entry",
        "Why do firms start there? Neighbours, counts, borders, specifications.",
    ),
    "check-output": (
        "disclosure",
        "Say which cells of a table made elsewhere tell too much about one establishment.",
    ),
    "theory": ("theory", "Why do firms gather? Models of agglomeration."),
    "directory": ("directory", "Who can do what? Import, search, check, export, share."),
    "app": ("web", "Start the web application: map, profiles, own records, orders."),
    "ask": ("ask", "Ask what a page of the application asks: ranking, map, weights, orders."),
    "plan": ("sourcing", "Which chain of firms should make an order?"),
    "capacity": ("sourcing", "Which orders can all be served, and whose hour is worth most?"),
    "gaps": ("sourcing", "What can a cluster not do, and what would fill it?"),
    "inquiry": ("sourcing", "Who could take up a technology or a need, and with whom?"),
    "network": ("network", "Who deals with whom? Roles, coupling, failures that spread."),
    "members": ("network", "Who came and went between two lists of members?"),
    "rents": ("network", "What does it bring clusters to share their directories?"),
    "resilience": ("network", "Who is missed when they go, and which policy helps?"),
    "survey": ("network", "What do members say that their network brought them?"),
    "profile": ("profile", "Where does an area stand, why, and what follows?"),
    "compare": ("profile", "Set several areas side by side."),
}
"""Command → the module that holds it, and what it does. Rooms of several commands are groups."""


class Rooms(TyperGroup):
    """Commands whose modules are loaded only when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, in the order of a study."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        """Give what a list of commands needs: the name and the help."""
        return TyperCommand(name, help=COMMANDS[name][1]) if name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that was asked for."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            room = import_module(f"{__name__}.{COMMANDS[name][0]}").app
            command = get_command(import_module(f"{__name__}.gate").guard(room))
            if isinstance(command, TyperGroup) and name in command.commands:
                command = command.commands[name]
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=Rooms,
    help="Industrial agglomerations, from establishment records to policy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def rooms() -> None:
    """Industrial agglomerations, from establishment records to policy."""


class Stopped(BaseException):
    """A signal asked us to stop; it unwinds everything, so that nothing is left behind."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stopping() -> Iterator[list[int]]:
    """Turn the signals that stop a program into one exception; give those that came."""
    came: list[int] = []

    until = 0.0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal until
        came.append(number)
        if time.monotonic() < until:
            return  # what is being cleared up now is not interrupted again at once
        until = time.monotonic() + CLEARING_SECONDS
        raise Stopped(number)  # where a library swallows it, the next signal raises it again

    before = {}
    if threading.current_thread() is threading.main_thread():
        asked = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, stop) for number in asked}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> None:
    """Run the command line, and say what went wrong in words."""
    with suppress(AttributeError, ValueError):  # no stream there, or one of a test
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    with stopping() as came:
        try:
            app()
        except BaseException as error:
            sys.exit(_said(error, came))


def _said(error: BaseException, came: list[int]) -> Any:
    """Say what went wrong, and give the exit code."""
    console = Console(stderr=True)
    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__  # the reader of our output has gone, e.g. `| head`
    if isinstance(error, SystemExit) and not came:
        return error.code
    if came or isinstance(error, KeyboardInterrupt | Stopped):
        number = came[0] if came else signal.SIGINT
        console.print(f"{STOPS[signal.Signals(number)]}; nothing was left half written.")
        return 128 + number
    if isinstance(error, BrokenPipeError):
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    known = error if isinstance(error, ShusekiError) else refusal(error)
    if known is not None:
        console.print(f"[bold red]{type(known).__name__}[/]", highlight=False)
        console.print(_words(known), markup=False, highlight=False, soft_wrap=True)
        return BAD_OUTPUT if isinstance(known, OutputError) else BAD_INPUT
    console.print("[bold red]A defect of shuseki[/]", highlight=False)
    console.print(write_defect(error, sys.argv), markup=False, highlight=False, soft_wrap=True)
    return DEFECT


def _words(error: ShusekiError) -> str:
    """Words of a refusal: in Japanese where that was asked for and the refusal has it."""
    from shuseki.language import told, words_of

    words = sys.argv[1:]
    japanese = "--lang=ja" in words or ("--lang", "ja") in pairwise(words)
    return str(told(words_of(error), "ja" if japanese else "en"))
