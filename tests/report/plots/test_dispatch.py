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


@pytest.mark.parametrize("room", PICTURES)
def test_a_room_loads_the_pictures_of_all_its_results(room):
    """In a process of its own, in which nothing was drawn before."""
    mine = sorted(
        f"{kind.__module__}:{kind.__qualname__}"
        for kind in kinds()
        if f"{kind.__module__}.".startswith(f"{room}.")
    )
    code = (
        "from pkgutil import resolve_name\n"
        "from shuseki.report.plots.dispatch import has_picture\n"
        f"for name in {mine!r}:\n"
        "    kind = resolve_name(name)\n"
        "    assert has_picture(kind.__new__(kind)), name\n"
    )
    assert mine
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_has_no_picture_is_refused_by_name():
    assert not has_picture(3)
    with pytest.raises(ParameterError, match="There is no picture for int"):
        plot(3)
