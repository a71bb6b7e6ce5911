"""What does an error of a library or of the system mean to the user, and which is a defect of ours?

Errors that a bad file, a missing permission or a full machine raise below us become refusals in
words. Whatever else comes is a defect: the user gets one line on what happened, what to report, and
a private file with the details. That file quotes code and no data: the words of the error are left
out, since they may quote a row.
"""

import errno
import os
import platform
import re
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from shuseki.disk import NO_ROOM, NO_ROOM_SAID
from shuseki.errors import DataError, OutputError, ParameterError, ShusekiError
from shuseki.language import Message, joined, say

__all__ = ["refusal", "write_defect"]

UNREADABLE = {
    "_duckdb.IOException",
    "_duckdb.InvalidInputException",
    "_duckdb.ConversionException",
    "_duckdb.OutOfRangeException",
    "duckdb.IOException",
    "duckdb.InvalidInputException",
    "duckdb.ConversionException",
    "duckdb.OutOfRangeException",
    "pyarrow.lib.ArrowInvalid",
    "pyarrow.lib.ArrowIOError",
    "pyarrow.lib.ArrowNotImplementedError",
    "pandas.errors.EmptyDataError",
    "pandas.errors.ParserError",
    "zipfile.BadZipFile",
    "zlib.error",
    "_csv.Error",
    "openpyxl.utils.exceptions.InvalidFileException",
    "json.decoder.JSONDecodeError",
    "tomllib.TOMLDecodeError",
    "pydantic_core._pydantic_core.ValidationError",
}
OUT_OF_MEMORY = {
    "_duckdb.OutOfMemoryException",
    "duckdb.OutOfMemoryException",
    "pyarrow.lib.ArrowMemoryError",
    "numpy._core._exceptions._ArrayMemoryError",
}
OURS = (errno.EBADF, errno.EFAULT, errno.EDEADLK)
"""Errors of the system that no path, disk or network causes."""
PACKAGES = ("shuseki", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scipy", "typer")


def refusal(error: BaseException) -> ShusekiError | None:
    """Put an error of a library or of the system into words; None when it is a defect of ours."""
    first = (str(error).splitlines() or [""])[0]
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if isinstance(error, MemoryError) or kinds & OUT_OF_MEMORY:
        return ParameterError(
            say(
                "There was not enough memory: {first}. Expected room for the data. Give less of "
                "it (--memory, fewer files, a smaller --scale), or use a larger machine.",
                first=first or say("none left"),
            )
        )
    number = error.errno if isinstance(error, OSError) else None
    if number in NO_ROOM or any(words in str(error) for words in NO_ROOM_SAID):
        return OutputError(
            say(
                "The disk is full: {first}. Expected room for results and temporary files; "
                "nothing was left behind. Free the disk, or set TMPDIR to a folder on another one.",
                first=first,
            )
        )
    name = error.filename if isinstance(error, OSError) else None
    about = f" {os.fsdecode(name)}" if isinstance(name, str | bytes) else ""
    if isinstance(error, FileNotFoundError):
        return DataError(
            say(
                "There is no file{about}. Check the path.",
                about=about or f": {first}",
            )
        )
    if isinstance(error, IsADirectoryError | NotADirectoryError):
        return DataError(
            say(
                "{about} is not a file, or a part of its path is no folder. Expected the name of "
                "a file. Check the path.",
                about=about.strip() or first,
            )
        )
    if isinstance(error, PermissionError):
        return DataError(
            say(
                "Reading{about} is not allowed. Expected a file that you may read. Ask for the "
                "permission, or copy it.",
                about=about or f" ({first})",
            )
        )
    if isinstance(error, UnicodeDecodeError):
        return DataError(
            say(
                "A file is not text in {encoding}: byte {start:,} is not in it. Expected UTF-8. "
                "Save the file again as UTF-8.",
                encoding=error.encoding,
                start=error.start,
            )
        )
    if number is not None and number not in OURS:
        return OutputError(
            say(
                "The system refuses{about}: {why}. Expected a path and a disk that it accepts. "
                "Check both.",
                about=about,
                why=os.strerror(number),
            )
        )
    if kinds & UNREADABLE:
        return DataError(
            say(
                "A file could not be read: {first}. Expected a whole file of the kind that its "
                "name says. Check it, or write it again.",
                first=first,
            )
        )
    return None


def write_defect(error: BaseException, command: list[str]) -> Message:
    """Write what to report of a defect into a private file, and give the words for the user.

    Parameters
    ----------
    error
        What came.
    command
        The words of the command; of paths only the names are kept.
    """
    place = _place(error)
    lines = [
        "A defect of shuseki. This file holds no data: the words of the errors are left out.",
        "",
        f"command   {_names_only(command)}",
        f"error     {type(error).__name__} at {place}",
        f"system    Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        *(f"package   {name} {_version(name)}" for name in PACKAGES),
        "",
        *_frames(error),
    ]
    try:
        handle, name = tempfile.mkstemp(prefix="shuseki-defect-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        kept = say(
            "The details, without any data, are in {name}; please send that file.", name=name
        )
    except OSError as full:
        kept = say("The details could not be written ({why}).", why=full.strerror)
    first = (str(error).splitlines() or [""])[0][:200]
    asked = say(
        "This should not have happened, whatever the input; your files are as they were. Please "
        "report it to the developers: shuseki {version}, “{command}”, {kind} at {place}.",
        version=_version("shuseki"),
        command=_names_only(command),
        kind=type(error).__name__,
        place=place,
    )
    return joined([f"{type(error).__name__}: {first}", asked, kept], "\n")


def _place(error: BaseException) -> str:
    """The last line of ours that an error came through."""
    ours = Path(__file__).parents[1]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(ours):
            return f"{path.relative_to(ours).as_posix()}:{frame.lineno} ({frame.name})"
    return "an unknown place"


def _frames(error: BaseException | None) -> list[str]:
    """Frames of an error and of those that led to it: files, lines and code, and no values."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        for frame in traceback.extract_tb(error.__traceback__):
            short = re.sub(r".*?/(site-packages|lib/python[\d.]+|src)/", "", frame.filename)
            lines.append(f"  {short}:{frame.lineno} {frame.name}")
            if frame.line:
                lines.append(f"    {frame.line}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is not None:
            lines.append("which came after")
    return lines


def _names_only(command: list[str]) -> str:
    """The words of a command, with the names of files in place of their paths, and no key."""
    said = [
        "***" if before == "--key" else re.sub(r"^--key=.*", "--key=***", word, flags=re.DOTALL)
        for before, word in zip(["", *command], command, strict=False)
    ]
    return " ".join(re.sub(r"[^=\s]*[/\\]", "", word) for word in said)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
