"""Does a stop leave nothing, at whatever line of our own clearing up it comes?

A signal that comes while a folder is made, changes places or is removed is rare, and random kills
seldom meet it. Here the work is done once for each line that it runs through, and stopped there.
"""

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from shuseki.disk import Scratch, scratch
from shuseki.release import whole_file, whole_folder

WATCHED = ("disk.py", "folders.py", "files.py", "contextlib.py")


class Stop(BaseException):
    """What a signal raises in the main thread."""


def stopped_at(number: int, work: Callable[[], object]) -> bool:
    """Do work and stop it at a line by its number; whether it runs through so many."""
    count = -1

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if os.path.basename(frame.f_code.co_filename) not in WATCHED:
            return None
        if event == "line":
            count += 1
            if count == number:
                raise Stop
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Stop:
        pass
    finally:
        sys.settrace(before)
    return count >= number


def by_scratch(place: Path) -> None:
    with scratch(place, "work") as folder:
        (folder / "records").write_text("secret")


def by_hand(place: Path) -> None:
    made = Scratch(place, "spill")
    (made.work / "records").write_text("secret")
    made.close()


def by_file(place: Path) -> None:
    with whole_file(place / "a.csv") as new:
        new.write_text("new")


def by_folder(place: Path) -> None:
    with whole_folder(place / "run") as folder:
        (folder / "new.csv").write_text("new")


def by_failure(place: Path) -> None:
    with suppress(ValueError), whole_folder(place / "run") as folder:
        (folder / "new.csv").write_text("new")
        raise ValueError


@pytest.mark.parametrize("work", [by_scratch, by_hand, by_file, by_folder, by_failure])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stop_at_any_line_leaves_the_old_or_the_new_and_nothing_else(
    tmp_path: Path, work: Callable[[Path], None]
) -> None:
    number, old, new = 0, 0, 0
    while True:
        place = tmp_path / str(number)
        place.mkdir()
        (place / "a.csv").write_text("old")
        with whole_folder(place / "run") as folder:
            (folder / "old.csv").write_text("old")
        if not stopped_at(number, lambda place=place: work(place)):  # type: ignore[misc]
            break
        if list(place.glob(".shuseki-*")):  # an error that refers to itself holds it until then
            gc.collect()
        hidden = [path.name for path in place.rglob("*") if path.name.startswith(".shuseki-")]
        assert hidden == [], number
        names = {path.name for path in (place / "run").iterdir()}
        assert names in ({"old.csv", "manifest.json"}, {"new.csv", "manifest.json"}), number
        is_new = "new.csv" in names or (place / "a.csv").read_text() == "new"
        old, new, number = old + (not is_new), new + is_new, number + 1
    assert number > 40
    assert old > 20
    assert work not in (by_file, by_folder) or new > 5
