"""Which files does a command read, which does it write, and may it?

The type of an option that writes a file is ``Written`` (``Annotated[…, WRITES]``). Before a command
starts, ``guard`` looks at every such option and at every other argument that names a file: a place
that cannot be written, a folder, or one of the inputs is refused before any work (exit code 4),
and two options never write the same file.
"""

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import typer
from typer.models import ArgumentInfo

from shuseki.errors import OutputError
from shuseki.language import say
from shuseki.release import check_file

__all__ = ["WRITES", "guard"]

WRITES = "writes this file"
"""Marks the type of an option that writes a file."""


def guard(app: typer.Typer) -> typer.Typer:
    """Have every command of a room look at its files before it starts."""
    for command in app.registered_commands:
        if command.callback is not None and not hasattr(command.callback, "__wrapped__"):
            command.callback = _looking_first(command.callback)
    return app


def _looking_first(callback: Callable[..., Any]) -> Callable[..., Any]:
    hints = get_type_hints(callback, include_extras=True)
    writes = {
        name: _option(name, kind.__metadata__)
        for name, kind in hints.items()
        if WRITES in getattr(kind, "__metadata__", ())
    }

    @functools.wraps(callback)
    def look(**given: Any) -> Any:
        reads = [path for name in given if name not in writes for path in _files(given[name])]
        asked = {word: given[name] for name, word in writes.items() if given.get(name) is not None}
        refuse(asked, reads)
        return callback(**given)

    return look


def _option(name: str, metadata: tuple[Any, ...]) -> str:
    """The word of an option, such as ``--output``, or the name of an argument, as in the help."""
    for info in metadata:
        if isinstance(info, ArgumentInfo):
            return name.upper()
        for word in (getattr(info, "default", None), *(getattr(info, "param_decls", None) or ())):
            if isinstance(word, str) and word.startswith("--"):
                return word
    return f"--{name.replace('_', '-')}"


def refuse(places: dict[str, Path], reads: list[Path]) -> None:
    """Refuse what may not be written.

    Raises
    ------
    OutputError
        A place is a folder, an input, not writable, or named by two options.
    """
    taken: dict[str, str] = {}
    for option, place in places.items():
        check_file(place, reads)
        real = os.path.realpath(place)
        if real in taken and Path(real).parent != Path("/dev"):
            raise OutputError(
                say(
                    "{option} and {taken} both name {place}. Expected a file for each. Choose "
                    "another name for one of them.",
                    option=option,
                    taken=taken[real],
                    place=place,
                )
            )
        taken[real] = option


def _files(given: Any) -> Iterator[Path]:
    """The files among the values of an argument."""
    for value in given if isinstance(given, list | tuple) else (given,):
        if isinstance(value, str | Path) and os.path.isfile(value):
            yield Path(value)
