"""How does a study run from a terminal?

Each room has a module here with its own commands. This one lists them, loads the one that is
asked for, and turns every refusal into a message and an exit code:

====  ===================================================================
0     done
1     ``validate`` or ``audit`` found something
2     the command line is wrong
3     the data, a code, a parameter or the study file is wrong
4     the output could not be written; nothing was left behind
130   interrupted; nothing was left half written
====  ===================================================================
"""

import os
import sys
from importlib import import_module
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from shuseki.errors import OutputError, ShusekiError

__all__ = ["app", "main"]

BAD_INPUT = 3
BAD_OUTPUT = 4
INTERRUPTED = 130

COMMANDS = {
    "run": ("study", "Run a study: records, births, rates, equations, verdicts, report."),
    "audit": ("audit", "Say which printed numbers cannot all be true, and what would repair them."),
    "datasets": ("datasets", "List what is bundled: publisher, year, terms."),
    "validate": ("records", "Say what is wrong with a file of records, row by row."),
    "ingest": ("records", "Take files into a store; no row is lost silently."),
    "layouts": ("records", "List the known layouts of records."),
    "measure": ("measure", "How gathered, where, and since when?"),
    "entry": ("entry", "Why there? Neighbours, counts, regions, every specification."),
    "theory": ("theory", "Why at all? The models behind agglomeration."),
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
            command = get_command(import_module(f"{__name__}.{COMMANDS[name][0]}").app)
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


def main() -> None:
    """Run the command line, and say what went wrong in words."""
    console = Console(stderr=True)
    try:
        app()
    except ShusekiError as error:
        console.print(f"[bold red]{type(error).__name__}[/]", highlight=False)
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(BAD_OUTPUT if isinstance(error, OutputError) else BAD_INPUT)
    except KeyboardInterrupt:
        console.print("Interrupted; nothing was left half written.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
