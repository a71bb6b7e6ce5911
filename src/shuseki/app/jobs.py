"""How is a study run while the reader waits?

A job is a folder, and its process is the command shown to the reader
(``shuseki run study.toml --out out --progress json``), in a session of its own. Two run at a time,
the others wait in the order in which they came. What it tells goes line by line into a file of the
folder, so that a reader who comes late sees everything; what it finds appears whole or not at all,
as the command writes it. The process holds a lock on a file of the folder for as long as it lives,
so that anybody can see whether it does: the app may be killed at any moment, the process goes on,
and when the app starts again it finds the folder as it is. A job that was started, has no run and
no process has failed.

::

    <key>/job.json        what was asked, by whom, when
    <key>/study.toml      and the files it names
    <key>/progress.jsonl  what the command tells
    <key>/errors.txt      what it says when it refuses
    <key>/process.lock    held by the process; with its number, for cancelling
    <key>/cancelled       there when the reader cancelled
    <key>/out/            the run, once it is whole
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from shuseki.app.kept import KEY, arriving, deleted, keys, swept
from shuseki.disk import explained
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import listed, say
from shuseki.release import MANIFEST, write_text

__all__ = ["Job", "Jobs"]

State = Literal["waiting", "running", "done", "failed", "cancelled"]
AT_ONCE = 2
MOST_WAITING = 20
"""Jobs of one account that may wait."""


@dataclass(frozen=True)
class Job:
    """One job, as its folder says.

    Attributes
    ----------
    key
        Name of the folder.
    title, owner, created
        What was asked, by which account, when (ISO, UTC).
    state
        ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
    command
        As the reader would type it.
    """

    folder: Path
    key: str
    title: str
    owner: str
    created: str
    state: State
    command: str

    @property
    def out(self) -> Path:
        """Where the run is, once it is whole."""
        return self.folder / "out"

    def events(self) -> list[dict[str, Any]]:
        """What the command has told so far; a line that is not yet whole is left for later."""
        place = self.folder / "progress.jsonl"
        if not place.exists():
            return []
        text = place.read_text(encoding="utf-8", errors="replace")
        return [found for line in text.split("\n")[:-1] if isinstance(found := _json(line), dict)]

    def errors(self) -> str:
        """What the command said when it refused."""
        place = self.folder / "errors.txt"
        return place.read_text(encoding="utf-8", errors="replace") if place.exists() else ""

    def files(self) -> list[str]:
        """Files of the run that ``outputs.json`` does not hold back, by their paths in it."""
        if self.state != "done":
            return []
        held = held_back(self.out)
        return sorted(
            str(path.relative_to(self.out))
            for path in self.out.rglob("*")
            if path.is_file() and str(path.relative_to(self.out)) not in held
        )

    def file(self, name: str) -> Path:
        """One of ``files``.

        Raises
        ------
        UnknownCodeError
            Any other, whatever path leads there.
        """
        if name not in self.files():
            raise UnknownCodeError.among("file", [name], self.files()[:50])
        return self.out / name


def held_back(out: Path) -> set[str]:
    """Files that the gate of disclosure holds back in a run's folder."""
    place = out / "outputs.json"
    if not place.exists():
        return set()
    told = json.loads(place.read_text(encoding="utf-8"))
    entries = told.get("files", told) if isinstance(told, dict) else told
    if isinstance(entries, Mapping):
        entries = [{"file": name, **about} for name, about in entries.items()]
    return {entry["file"] for entry in entries if entry.get("verdict") == "held"}


class Jobs:
    """The jobs of a folder.

    Parameters
    ----------
    folder
        Where they are; made private when it is not there.
    at_once
        How many run at a time.
    """

    def __init__(self, folder: Path, *, at_once: int = AT_ONCE) -> None:
        self.folder = folder
        self.at_once = at_once
        self._lock = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        swept(folder)
        self.start_waiting()

    def add(self, title: str, owner: str, files: Mapping[str, bytes | Path], study: str) -> Job:
        """Put a job in: the study file's text and the files it names, and start it when it can.

        Parameters
        ----------
        title
            Of the job.
        owner
            Name of the account.
        files
            Name in the folder → content, or a file to be linked or copied.
        study
            Text of the study file, or the name of a bundled study.
        """
        waiting = sum(job.owner == owner and job.state == "waiting" for job in self.all())
        if waiting >= MOST_WAITING:
            raise ParameterError(
                say(
                    "{waiting} studies of yours wait already. Expected at most {most}. Wait until "
                    "some are done, or delete some.",
                    waiting=waiting,
                    most=MOST_WAITING,
                )
            )
        wrong = [name for name in files if Path(name).name != name or name in RESERVED]
        if wrong:
            raise ParameterError(
                say(
                    "The file name {name!r}. Expected a name without folders, and none of "
                    "{reserved}. Rename the file.",
                    name=wrong[0],
                    reserved=listed(sorted(RESERVED)),
                )
            )
        bundled = "\n" not in study and "=" not in study
        try:
            with arriving(self.folder) as (key, making):
                for name, content in files.items():
                    if isinstance(content, bytes):
                        (making / name).write_bytes(content)
                    else:
                        _link(content, making / name)
                if not bundled:
                    write_text(making / "study.toml", study)
                told = {
                    "title": title,
                    "owner": owner,
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                    "study": study if bundled else "study.toml",
                }
                write_text(
                    making / "job.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n"
                )
        except OSError as error:
            raise explained(error, self.folder) from error
        self.start_waiting()
        return self.get(key)

    def get(self, key: str) -> Job:
        """One job.

        Raises
        ------
        UnknownCodeError
            No such job.
        """
        folder = self.folder / key
        if not KEY.fullmatch(key) or not (folder / "job.json").exists():
            raise UnknownCodeError(
                say(
                    "There is no job {name_given!r}. Expected one of the list of jobs.",
                    name_given=key[:60],
                )
            )
        told = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        return Job(
            folder=folder,
            key=key,
            title=told["title"],
            owner=told["owner"],
            created=told["created"],
            state=self._state(folder),
            command=f"shuseki run {told['study']} --out out",
        )

    def all(self) -> list[Job]:
        """Every job, newest first."""
        return [self.get(key) for key in keys(self.folder, "job.json")]

    def cancel(self, key: str) -> None:
        """Stop a job with everything it started."""
        job = self.get(key)
        if job.state not in ("waiting", "running"):
            return
        write_text(job.folder / "cancelled", "")
        number = _process(job.folder)
        if number is not None:
            with suppress(ProcessLookupError):
                os.killpg(number, signal.SIGTERM)
        self.start_waiting()

    def delete(self, key: str) -> None:
        """Delete a job with everything in its folder; one that runs is cancelled first."""
        self.cancel(key)
        held = self._processes.pop(key, None)
        if held is not None:
            try:
                held.wait(timeout=5)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(held.pid, signal.SIGKILL)
                held.wait(timeout=5)
        deleted(self.folder, key)

    def start_waiting(self) -> None:
        """Start those that wait, oldest first, as many as may run."""
        with self._lock:
            for key, process in list(self._processes.items()):
                if process.poll() is not None:
                    del self._processes[key]
            jobs = [job for job in reversed(self.all()) if job.state in ("waiting", "running")]
            running = sum(job.state == "running" for job in jobs)
            for job in jobs:
                if job.state == "waiting" and running < self.at_once:
                    self._start(job)
                    running += 1

    def _start(self, job: Job) -> None:
        told = json.loads((job.folder / "job.json").read_text(encoding="utf-8"))
        words = ["run", told["study"], "--out", "out", "--progress", "json"]
        lock = os.open(job.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with (
                (job.folder / "progress.jsonl").open("wb") as tells,
                (job.folder / "errors.txt").open("wb") as errors,
            ):
                process = subprocess.Popen(
                    [sys.executable, "-c", "from shuseki.cli import main; main()", *words],
                    cwd=job.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=tells,
                    stderr=errors,
                    start_new_session=True,
                    pass_fds=[lock],
                )
            os.pwrite(lock, str(process.pid).encode(), 0)
        finally:
            os.close(lock)
        self._processes[job.key] = process

    def _state(self, folder: Path) -> State:
        if (folder / "out" / MANIFEST).exists():
            return "done"
        held = self._processes.get(folder.name)
        if held is not None:
            held.poll()
        if is_held(folder / LOCK):
            return "running"
        if (folder / "out" / MANIFEST).exists():  # it ended between the two looks
            return "done"
        if (folder / "cancelled").exists():
            return "cancelled"
        return "failed" if (folder / LOCK).exists() else "waiting"


LOCK = "process.lock"
RESERVED = frozenset(
    {"job.json", "study.toml", "progress.jsonl", "errors.txt", "process.lock", "cancelled", "out"}
)


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock."""
    try:
        place = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(place)
    return False


def _process(folder: Path) -> int | None:
    """Number of the job's process while it lives."""
    if not is_held(folder / LOCK):
        return None
    number = (folder / LOCK).read_text(encoding="ascii")
    return int(number) if number.isdigit() else None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
