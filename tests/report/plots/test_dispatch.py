"""Is the picture of a room found when a result of that room is drawn, and no sooner?"""

import subprocess
import sys
from pathlib import Path

import pytest

import shuseki.report.plots
from shuseki.errors import ParameterError
from shuseki.report.plots import plot
from shuseki.report.plots.dispatch import PICTURES, has_picture, kinds

AIDS = {"__init__", "dispatch", "labels", "maps", "scatter", "theme"}
"""Modules of the room that draw no kind of result themselves."""


def test_every_module_of_pictures_is_some_rooms():
    folder = Path(shuseki.report.plots.__file__).parent
    modules = {file.stem for file in folder.glob("*.py")} - AIDS
    assert modules == {name for names in PICTURES.values() for name in names}


def test_every_picture_is_found_from_its_room():
    lost = [
        kind.__qualname__
        for kind in kinds()
        if kind.__module__.startswith("shuseki.")
        and not any(f"{kind.__module__}.".startswith(f"{room}.") for room in PICTURES)
    ]
    assert len(kinds()) > 80
    assert lost == []


LOADING = """
import os, sys
import numpy, pandas, plotly.graph_objects  # what every room needs
from pkgutil import resolve_name
from shuseki.report.plots.dispatch import has_picture

for room, names in {rooms}.items():
    if (child := os.fork()) == 0:
        lost = []
        for name in names:
            kind = resolve_name(name)
            if not has_picture(kind.__new__(kind)):
                lost.append(name)
        print(room, *lost, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(room, "failed", flush=True)
"""


def test_each_room_loads_the_pictures_of_all_its_results():
    """In a process for each, in which nothing was drawn before."""
    rooms = {
        room: sorted(
            f"{kind.__module__}:{kind.__qualname__}"
            for kind in kinds()
            if f"{kind.__module__}.".startswith(f"{room}.")
        )
        for room in PICTURES
    }
    assert all(rooms.values())
    done = subprocess.run(
        [sys.executable, "-c", LOADING.format(rooms=rooms)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n")[:-1] == list(PICTURES), done.stderr


def test_what_has_no_picture_is_refused_by_name():
    assert not has_picture(3)
    with pytest.raises(ParameterError, match="There is no picture for int"):
        plot(3)
