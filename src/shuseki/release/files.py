"""How does one file appear on disk whole, or not at all, and never in the place of an input?

The file is written under another name in a private folder beside its place (``disk.scratch``), and
renamed when it is whole and has reached the disk. What the user names is written even if a file
is there, as everyone expects of ``--output``; but never a file that the same command reads, by
whatever name (link, hard link, other case), and never a folder. A link is followed, and stays.
``/dev/stdout`` and pipes are written straight.
"""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from shuseki.disk import explained, flush_one, scratch
from shuseki.errors import OutputError
from shuseki.language import say
from shuseki.release.cells import inert_frame

__all__ = ["check_file", "whole_file", "write_csv", "write_text"]


def check_file(path: str | Path, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse a place where a file may not be written, before any work.

    Parameters
    ----------
    path
        Where the file shall stand.
    inputs
        Files that the same work reads.

    Raises
    ------
    OutputError
        It is a folder, an input, in a folder that does not exist, or may not be written.
    """
    place = Path(path)
    real = Path(os.path.realpath(place))
    if not str(path) or real.is_dir():
        raise OutputError(
            say(
                "{place} is a folder. Expected the name of a file to write. Add a name to it.",
                place=place,
            )
        )
    for given in inputs:
        if _are_one(real, given):
            raise OutputError(
                say(
                    "{place} is the input {name} itself. Expected another file: an input is never "
                    "overwritten. Choose another name.",
                    place=place,
                    name=Path(given).name,
                )
            )
    if _is_special(place):
        return
    if not real.parent.is_dir():
        raise OutputError(
            say(
                "There is no folder {parent} to write {place} into. Expected one that exists. "
                "Make it, or choose another.",
                parent=real.parent,
                place=place.name,
            )
        )
    if not os.access(real.parent, os.W_OK | os.X_OK) or (
        real.exists() and not os.access(real, os.W_OK)
    ):
        raise OutputError(
            say(
                "Writing {place} is not allowed. Expected a file and a folder that you may write. "
                "Choose another place, or ask for the permission.",
                place=place,
            )
        )


@contextmanager
def whole_file(path: str | Path, inputs: Iterable[str | Path] = ()) -> Iterator[Path]:
    r"""Open a place to write one file, which appears at ``path`` only when all went well.

    Parameters
    ----------
    path
        Where the finished file shall stand; a file that stands there is replaced.
    inputs
        Files that the same work reads; none of them is replaced.

    Yields
    ------
    Path
        A free name, with the ending of ``path``, to write.

    Raises
    ------
    OutputError
        The place is refused (``check_file``), the disk is full or cannot be written. Other errors
        of the work pass through unchanged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder, "a.csv")) as place:
    ...         _ = place.write_text("area,x\n")
    ...     Path(folder, "a.csv").read_text()
    'area,x\n'
    """
    check_file(path, inputs)
    real = Path(os.path.realpath(path))
    special = _is_special(Path(path))
    try:
        with scratch(None if special else real.parent, "file") as folder:
            place = folder / f"whole{real.suffix}"
            yield place
            if special:
                _write_straight(Path(path), place.read_bytes())
                return
            if real.exists():
                place.chmod(stat.S_IMODE(real.stat().st_mode))
            flush_one(place)
            place.replace(real)
            flush_one(real.parent)
    except Exception as error:
        told = explained(error, real)
        if told is error:
            raise
        raise told from error


def write_text(path: str | Path, text: str, inputs: Iterable[str | Path] = ()) -> None:
    """Write a text in UTF-8, whole or not at all."""
    with whole_file(path, inputs) as place:
        place.write_text(text, encoding="utf-8", newline="\n")


def write_csv(path: str | Path, frame: pd.DataFrame, inputs: Iterable[str | Path] = ()) -> None:
    """Write a table as CSV (UTF-8, no index), whole or not at all; no cell of it is a formula."""
    with whole_file(path, inputs) as place:
        inert_frame(frame).to_csv(place, index=False, lineterminator="\n")


def _are_one(path: Path, given: str | Path) -> bool:
    """Whether two names are of one file; a file that is not there is none."""
    with suppress(OSError):
        return os.path.samefile(path, given)
    return False


def _write_straight(path: Path, content: bytes) -> None:
    """Write to a device, a pipe or an open stream, behind what it has already."""
    if str(path) in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        sys.stdout.flush()
        out = os.dup(1)
    else:
        out = os.open(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(out, "wb") as stream:
        stream.write(content)


def _is_special(path: Path) -> bool:
    """Whether a path is a device, a pipe or an open stream, which can only be written straight."""
    if path.absolute().parts[1:2] in (("dev",), ("proc",)):
        return True
    with suppress(OSError):
        mode = path.stat().st_mode
        return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
    return False
