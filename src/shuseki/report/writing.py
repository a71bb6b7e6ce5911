"""How does a folder of results appear on disk whole, or not at all?

Everything is written into a hidden sibling, ``.<name>.partial-<process>``, on the same disk. Only
when the work is done, the files have reached the disk, and the folder says what it is
(``manifest.json``) does it take its place, by renaming. On an error, an interrupt or a
termination the sibling is removed, and whatever stood at the place still stands there.

A run replaces only a folder that is itself a run, or an empty one. Between the two renames of a
replacement the old run is ``.<name>.previous``; should the machine stop just then, the next
``whole_folder`` of that name puts it back.

Limits: a process that is killed outright (``SIGKILL``, power) leaves its hidden sibling behind;
it can be deleted. Two runs that finish at the same place one after the other: the later stands.
"""

import errno
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from shuseki.errors import OutputError

__all__ = ["MANIFEST", "whole_folder"]

MANIFEST = "manifest.json"
"""The file by which we know a folder to be one of our runs."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_ROOM_SAID = ("No space left on device", "Disk quota exceeded", "File too large")
"""What query engines quote from the system in errors of their own kinds."""


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Open a folder to write into, which appears at ``path`` only when all went well.

    Parameters
    ----------
    path
        Where the finished folder shall stand. Its parents are made when they are missing.

    Yields
    ------
    Path
        An empty folder to write everything into, ``manifest.json`` included.

    Raises
    ------
    OutputError
        Something at ``path`` is not a run of ours; the place cannot be written; the disk is
        full; or no manifest was written. Other errors of the work pass through unchanged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     with whole_folder(Path(place, "run")) as folder:
    ...         _ = (folder / "manifest.json").write_text("{}")
    ...     sorted(file.name for file in Path(place, "run").iterdir())
    ['manifest.json']
    """
    target = Path(path).absolute()
    previous = target.with_name(f".{target.name}.previous")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _restore(target, previous)
        _refuse_foreign(target)
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir()
    except OSError as error:
        raise _explained(error, target, target.parent) from error
    with _termination_as_exit():
        try:
            yield partial
            if not (partial / MANIFEST).is_file():
                raise OutputError(
                    f"Nothing named {MANIFEST} was written for {target}. Expected every run to "
                    f"say what it is. Write {MANIFEST} before leaving the folder."
                )
            _flush(partial)
            _refuse_foreign(target)
            _exchange(partial, target, previous)
        except Exception as error:
            raise _explained(error, target, partial) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace what is not a run of ours."""
    if not os.path.lexists(target) or (target / MANIFEST).is_file():
        return
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        return
    kind = f"a folder without {MANIFEST}" if target.is_dir() else "not a folder"
    raise OutputError(
        f"{target} exists and is {kind}. Expected a free name, an empty folder or an earlier "
        "run, which would be replaced. Choose another folder, or move that one away."
    )


def _restore(target: Path, previous: Path) -> None:
    """Finish or undo a replacement that a stop of the machine cut in two."""
    if not (previous / MANIFEST).is_file():
        return
    if target.exists():
        shutil.rmtree(previous)
    else:
        previous.rename(target)


def _flush(folder: Path) -> None:
    """Wait until every file and folder below has reached the disk."""
    for place, _, files in os.walk(folder):
        for name in (*files, "."):
            descriptor = os.open(os.path.join(place, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _exchange(partial: Path, target: Path, previous: Path) -> None:
    """Let the finished folder take its place; put the earlier one back if it cannot."""
    replaces = target.exists()
    if replaces:
        target.rename(previous)
    try:
        partial.rename(target)
    except BaseException:
        if replaces:
            previous.rename(target)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _explained(error: Exception, target: Path, within: Path) -> Exception:
    """Turn a failure to write into advice; leave every other error as it is."""
    if isinstance(error, OutputError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    if number in _NO_ROOM or any(words in str(error) for words in _NO_ROOM_SAID):
        free = "unknown"
        with suppress(OSError):
            free = f"{shutil.disk_usage(target.parent).free / 1e6:,.0f} MB free"
        return OutputError(
            f"No room to write {target} ({free}): {error}. Expected room for the whole run; "
            "nothing was left behind. Free the disk, or choose a folder on another one."
        )
    if number in _NOT_ALLOWED and str(getattr(error, "filename", "")).startswith(str(within)):
        return OutputError(
            f"Writing {target} is not allowed: {error}. Expected a folder that you may write. "
            "Choose another folder, or ask for the permission."
        )
    return error


@contextmanager
def _termination_as_exit() -> Iterator[None]:
    """Let a polite termination (``SIGTERM``) unwind like an interrupt, so that nothing is left."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
