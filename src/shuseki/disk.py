"""How do we write in private, one at a time, and leave nothing behind?

Three things that every writer of this house needs:

- ``scratch``: a folder that only its owner can read (0700), which goes away when the work ends, by
  success, error, interrupt or termination. A process that is killed outright cannot clean up; the
  next ``scratch`` in the same place does it (``sweep``). A scratch folder is known by its name, by
  a ``lock`` file with our mark, and by nobody holding that lock; anything else is left alone.
- ``locked``: one writer of a folder at a time. The system itself frees the lock of a dead process.
- ``flush``, ``make_private``, ``fingerprint``, ``explained``: reach the disk, close to others,
  tell two files apart, and say in words why the disk refused.

Limits: Linux and macOS; a folder on a network disk must offer ``flock``.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from shuseki.errors import OutputError
from shuseki.language import say

__all__ = [
    "Lock",
    "Scratch",
    "explained",
    "fingerprint",
    "flush",
    "locked",
    "make_private",
    "scratch",
    "sweep",
]

MARK = b"scratch folder of shuseki\n"
PREFIX = ".shuseki-"
KEPT = "kept"
"""Name inside a scratch folder for what must not be swept with it (see ``release.folders``)."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_ALLOWED = {errno.EROFS, errno.EACCES, errno.EPERM}
NO_ROOM_SAID = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "max_temp_directory_size",
    "database or disk is full",
)
"""What query engines quote from the system in errors of their own kinds."""


class Scratch:
    """A private folder with an owner; ``scratch`` is the usual way to have one.

    Attributes
    ----------
    place
        The hidden folder: a ``lock`` file, and what the owner puts beside it.
    work
        The empty folder inside to work in.
    """

    def __init__(self, parent: str | Path | None = None, what: str = "work") -> None:
        self._held, self._owner = -1, os.getpid()
        beside = Path(tempfile.gettempdir()) if parent is None else Path(parent)
        beside = beside.absolute()
        sweep(beside)
        for _ in range(5):  # a sweep of another process may take the folder before it is locked
            self.place = beside / f"{PREFIX}{what}-{secrets.token_hex(8)}"
            self.work = self.place / "work"
            try:
                self.place.mkdir(mode=0o700)
                self._held = _create_locked(self.place / "lock")
                self.work.mkdir(mode=0o700)
                return
            except (FileNotFoundError, FileExistsError, BlockingIOError):
                self._let_go()
            except BaseException:  # no room, not allowed, or a signal to stop
                _remove(self.place)
                self._let_go()
                raise
        raise OutputError(
            say(
                "No scratch folder could be kept in {beside}: others remove it. Expected a "
                "folder for temporary files. Set TMPDIR, or choose another folder.",
                beside=beside,
            )
        )

    @property
    def lock(self) -> int:
        """Descriptor of the lock: a program that inherits it keeps the folder while it runs."""
        return self._held

    def close(self) -> None:
        """Remove the folder, unless something is kept in it, and free the lock.

        A signal to stop that comes meanwhile is heard after it.
        """
        try:
            self._clear()
        finally:
            self._clear()

    def _clear(self) -> None:
        """Remove the folder; nothing is left to do the second time."""
        if self._held < 0:
            return
        if not (self.place / KEPT).exists():
            _remove(self.place)
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)

    def __del__(self) -> None:
        """Close what a signal kept its owner from closing; a forked child owns nothing."""
        if self._owner == os.getpid():
            self.close()


@contextmanager
def scratch(parent: str | Path | None = None, what: str = "work") -> Iterator[Path]:
    """Open a private folder that goes away at the end, whatever the end is.

    Parameters
    ----------
    parent
        Where: the system's folder for temporary files by default.
    what
        A word for its name.

    Examples
    --------
    >>> with scratch(what="example") as folder:
    ...     oct(folder.stat().st_mode & 0o777)
    '0o700'
    >>> folder.exists()
    False
    """
    with termination_as_exit():
        made = Scratch(parent, what)
        try:
            yield made.work
        finally:
            made.close()


def sweep(parent: str | Path) -> list[Path]:
    """Remove the scratch folders that killed processes left in a folder; give their names."""
    swept = []
    for place in abandoned(parent):
        if not (place / KEPT).exists():
            _remove(place)
            swept.append(place)
    return swept


def abandoned(parent: str | Path) -> Iterator[Path]:
    """Scratch folders of ours whose owners are dead; each is locked while it is looked at."""
    try:
        places = sorted(Path(parent).glob(f"{PREFIX}*"))
    except OSError:
        return
    for place in places:
        with suppress(OSError):
            told = place.lstat()
            if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.geteuid():
                continue
            lock = place / "lock"
            if not os.path.lexists(lock):
                _remove_if_empty(place)
                continue
            held = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mark = os.read(held, len(MARK))
                if mark == MARK:
                    yield place
                elif mark == b"" and os.listdir(place) == ["lock"]:
                    lock.unlink()
                    place.rmdir()
            finally:
                os.close(held)


def _remove(place: Path) -> None:
    """Remove a scratch folder, the lock last: by it a removal that is killed can be finished.

    What a program that was just stopped still writes is waited for; what stays keeps the lock.
    """
    with suppress(OSError):
        for pause in (0.0, 0.05, 0.5):
            time.sleep(pause)
            for inside in place.iterdir():
                if inside.is_dir() and not inside.is_symlink():
                    shutil.rmtree(inside, ignore_errors=True)
                elif inside.name != "lock":
                    inside.unlink(missing_ok=True)
            if set(os.listdir(place)) <= {"lock"}:
                (place / "lock").unlink(missing_ok=True)
                place.rmdir()
                return


def _remove_if_empty(place: Path) -> None:
    """A folder without a lock is a scratch folder killed as it was made, or not ours."""
    if time.time() - place.lstat().st_mtime > 1:
        place.rmdir()


def _create_locked(path: Path) -> int:
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(held, MARK + f"process {os.getpid()}\n".encode())
        if not os.path.samestat(os.fstat(held), path.stat()):
            raise FileNotFoundError(path)
    except BaseException:
        os.close(held)
        raise
    return held


# ---- one writer at a time ---------------------------------------------------------------------


class Lock:
    """A lock that is held; ``share`` lets readers in, and still keeps writers out."""

    def __init__(self, folder: Path, held: int, wait_seconds: float) -> None:
        self._folder, self._held, self._wait_seconds = folder, held, wait_seconds

    def share(self) -> None:
        """Turn a writer's lock into a reader's."""
        _take(self._folder, self._held, fcntl.LOCK_SH, self._wait_seconds, None)


@contextmanager
def locked(
    folder: str | Path,
    *,
    wait_seconds: float = 60.0,
    waiting: Callable[[], None] | None = None,
) -> Iterator[Lock]:
    """Be the only writer of a folder; wait for another, and refuse in words when it takes long.

    The folder itself is locked, so that no file is left; where a disk cannot do that, a file
    ``.lock`` in it. The system frees both with the process.

    Parameters
    ----------
    folder
        An existing folder.
    wait_seconds
        How long to wait.
    waiting
        Called once when it must wait.

    Raises
    ------
    OutputError
        Another process still holds it, or the disk knows no locks.
    """
    folder = Path(folder)
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            _take(folder, held, fcntl.LOCK_EX, wait_seconds, waiting)
        except OutputError:
            raise
        except OSError:  # a network disk may lock files only
            os.close(held)
            held = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            _take(folder, held, fcntl.LOCK_EX, wait_seconds, waiting)
        yield Lock(folder, held, wait_seconds)
    finally:
        os.close(held)


def _take(
    folder: Path, held: int, kind: int, wait_seconds: float, waiting: Callable[[], None] | None
) -> None:
    until, told = time.monotonic() + wait_seconds, False
    while True:
        try:
            fcntl.flock(held, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        if not told and waiting is not None:
            waiting()
            told = True
        if time.monotonic() >= until:
            raise OutputError(
                say(
                    "{folder} is being used by another process, for more than {wait_seconds:g} "
                    "seconds. Expected one writer at a time; nothing was changed. Wait until it "
                    "is done, and call again.",
                    folder=folder,
                    wait_seconds=wait_seconds,
                )
            )
        time.sleep(0.05)


# ---- files --------------------------------------------------------------------------------------


def fingerprint(path: Path) -> dict[str, Any]:
    """SHA-256 and size in bytes of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"sha256": digest, "bytes": os.fstat(stream.fileno()).st_size}


def flush(folder: Path) -> None:
    """Wait until every file and folder below has reached the disk."""
    for place, _, files in os.walk(folder):
        for name in (*files, "."):
            flush_one(Path(place, name))


def flush_one(path: Path) -> None:
    """Wait until one file or folder has reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Close a folder and all below to everyone but its owner: 0700 and 0600."""
    for place, _, files in os.walk(folder):
        os.chmod(place, 0o700)
        for name in files:
            os.chmod(os.path.join(place, name), 0o600)


def explained(error: Exception, target: Path, within: Path | None = None) -> Exception:
    """Turn a failure to write ``target`` into advice; leave every other error as it is.

    A refusal of permission is one of ours when its file lies ``within`` (the target's folder).
    """
    if isinstance(error, OutputError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    if number in NO_ROOM or any(words in str(error) for words in NO_ROOM_SAID):
        free: str = say("unknown")
        with suppress(OSError):
            free = say("{n:,.0f} MB free", n=shutil.disk_usage(target.parent).free / 1e6)
        return OutputError(
            say(
                "No room to write {target} ({free}): {why}. Expected room for all of it; "
                "nothing was left behind. Free the disk, or choose another one.",
                target=target,
                free=free,
                why=str(error).splitlines()[0],
            )
        )
    name = getattr(error, "filename", None)
    ours = name == str(target) or _is_within(name, within or target.parent)
    if number in NOT_ALLOWED and ours:
        return OutputError(
            say(
                "Writing {target} is not allowed: {error}. Expected a folder that you may write. "
                "Choose another folder, or ask for the permission.",
                target=target,
                error=error,
            )
        )
    return error


def _is_within(name: object, folder: Path) -> bool:
    """Whether a file name of an error lies in a folder, or on the way to it."""
    if not isinstance(name, str | os.PathLike):
        return False
    path = Path(os.fsdecode(name)).absolute()
    return path == folder or path.is_relative_to(folder) or folder.is_relative_to(path)


@contextmanager
def termination_as_exit() -> Iterator[None]:
    """Let a polite termination (``SIGTERM``) unwind like an interrupt, so that nothing is left."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    try:
        signal.signal(signal.SIGTERM, leave)
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
