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

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from shuseki.cli.refusals import refusal, write_defect
from shuseki.cli.terminal import Terminal
from shuseki.cli.usage import CommandLineError, frame, language_of, show_wrong, taken
from shuseki.errors import OutputError, ShusekiError
from shuseki.language import Message, check_language, say, told, words_of

__all__ = ["app", "main"]

WRONG_USAGE = 2
BAD_INPUT = 3
BAD_OUTPUT = 4
DEFECT = 5
CLEARING_SECONDS = 2.0
INTERRUPTED = 128 + signal.SIGINT
STOPS: dict[int, Message] = {
    signal.SIGINT: say("Interrupted; nothing was left half written."),
    signal.SIGTERM: say("Terminated; nothing was left half written."),
    signal.SIGHUP: say("The terminal was closed; nothing was left half written."),
}

COMMANDS = {
    "run": ("study", say("Run a study: records, births, rates, equations, verdicts, report.")),
    "audit": (
        "audit",
        say("Say which printed numbers cannot all be true, and what would repair them."),
    ),
    "datasets": ("datasets", say("List what is bundled: publisher, year, terms.")),
    "validate": ("records", say("Say what is wrong with a file of records, row by row.")),
    "ingest": ("records", say("Take files into a store; no row is lost silently.")),
    "layouts": ("records", say("List the known layouts of records.")),
    "pull": ("pull", say("Fetch a publisher's data with your key: e-Stat, corporate numbers.")),
    "births": ("demography", say("Count births between two waves: candidates, funnel, areas.")),
    "events": ("demography", say("Count births, deaths, survivors and moves from wave to wave.")),
    "survival": ("demography", say("How long do establishments live?")),
    "link": ("linkage", say("Link two registers whose numbers do not say who is who.")),
    "panel": ("demography", say("Add establishments up by area, industry and wave.")),
    "measure": ("measure", say("How concentrated are industries, where, and since when?")),
    "entry": (
        "entry",
        say("Why do firms start there? Neighbours, counts, borders, specifications."),
    ),
    "check-output": (
        "disclosure",
        say("Say which cells of a table made elsewhere tell too much about one establishment."),
    ),
    "theory": ("theory", say("Why do firms gather? Models of agglomeration.")),
    "directory": ("directory", say("Who can do what? Import, search, check, export, share.")),
    "app": ("web", say("Start the web application: map, profiles, own records, orders.")),
    "ask": ("ask", say("Ask what a page of the application asks: ranking, map, weights, orders.")),
    "plan": ("sourcing", say("Which chain of firms should make an order?")),
    "capacity": ("sourcing", say("Which orders can all be served, and whose hour is worth most?")),
    "gaps": ("sourcing", say("What can a cluster not do, and what would fill it?")),
    "inquiry": ("sourcing", say("Who could take up a technology or a need, and with whom?")),
    "network": ("network", say("Who deals with whom? Roles, coupling, failures that spread.")),
    "members": ("network", say("Who came and went between two lists of members?")),
    "rents": ("network", say("What does it bring clusters to share their directories?")),
    "resilience": ("network", say("Who is missed when they go, and which policy helps?")),
    "survey": ("network", say("What do members say that their network brought them?")),
    "profile": ("profile", say("Where does an area stand, why, and what follows?")),
    "compare": ("profile", say("Set several areas side by side.")),
}
"""Command → the module that holds it, and what it does. Rooms of several commands are groups."""


class Rooms(TyperGroup):
    """Commands whose modules are loaded only when they are asked for.

    Attributes
    ----------
    language
        What ``--lang`` says, wherever it stands; None where it is not given.
    """

    language: str | None = None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **about: Any,
    ) -> Any:
        """Run a command line, and tell in the reader's language what is wrong with it."""
        words, self.language = taken(sys.argv[1:] if args is None else args)
        lang = check_language(self.language or "en")
        with frame(lang):
            try:
                done = super().main(
                    words, prog_name, complete_var, False, windows_expand_args, **about
                )
            except CommandLineError as error:
                if not standalone_mode:
                    raise
                show_wrong(error, words, lang)
                done = getattr(error, "exit_code", WRONG_USAGE)
            except typer.Abort:
                if not standalone_mode:
                    raise
                Terminal(stderr=True).print(told(say("Aborted."), lang))
                done = 1
        if not standalone_mode:
            return done
        sys.exit(done if isinstance(done, int) else 0)

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, in the order of a study."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        """Give what a list of commands needs: the name and the help."""
        if name not in COMMANDS:
            return None
        return TyperCommand(name, help=told(COMMANDS[name][1], self.language or "en"))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that was asked for."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            room = import_module(f"{__name__}.{COMMANDS[name][0]}").app
            command = get_command(import_module(f"{__name__}.gate").guard(room))
            if isinstance(command, TyperGroup) and name in command.commands:
                command = command.commands[name]
            command.name = name
            inside = command.commands if isinstance(command, TyperGroup) else {}
            at = 1 if rest and rest[0] in inside else 0
            speaks = inside[rest[0]] if at else command
            if self.language is not None and any("--lang" in one.opts for one in speaks.params):
                rest = [*rest[:at], "--lang", self.language, *rest[at:]]
        return name, command, rest


app = typer.Typer(
    cls=Rooms,
    help="Industrial agglomerations, from establishment records to policy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        Terminal().print(f"shuseki {version('shuseki')}", highlight=False)
        raise typer.Exit


@app.callback()
def rooms(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
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
        logging.disable()  # a library that swallows it would log its traceback
        raise Stopped(number)  # where a library swallows it, the next signal raises it again

    def unraisable(one: Any) -> None:
        if not isinstance(one.exc_value, Stopped):  # it came while an object was destroyed
            usual(one)

    before, quiet, usual = {}, logging.root.manager.disable, sys.unraisablehook
    sys.unraisablehook = unraisable
    if threading.current_thread() is threading.main_thread():
        asked = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, stop) for number in asked}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        logging.disable(quiet)
        sys.unraisablehook = usual


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
    console, lang = Terminal(stderr=True), language_of(sys.argv[1:])
    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__  # the reader of our output has gone, e.g. `| head`
    if isinstance(error, SystemExit) and not came:
        return error.code
    if came or isinstance(error, KeyboardInterrupt | Stopped):
        number = came[0] if came else signal.SIGINT
        console.print(told(STOPS[number], lang))
        return 128 + number
    if isinstance(error, BrokenPipeError):
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    known = error if isinstance(error, ShusekiError) else refusal(error)
    if known is not None:
        console.print(f"[bold red]{type(known).__name__}[/]", highlight=False)
        said = told(words_of(known), lang)
        console.print(said, markup=False, highlight=False, soft_wrap=True)
        return BAD_OUTPUT if isinstance(known, OutputError) else BAD_INPUT
    console.print(f"[bold red]{told(say('A defect of shuseki'), lang)}[/]", highlight=False)
    said = told(write_defect(error, sys.argv), lang)
    console.print(said, markup=False, highlight=False, soft_wrap=True)
    return DEFECT
