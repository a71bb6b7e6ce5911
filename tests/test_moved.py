"""Does a script that names modules as they were still run?"""

import subprocess
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec

import pytest

from shuseki.moved import LEFT, MOVED, renamed


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_name_gives_the_module_as_it_is(old: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} is now {MOVED[old]}"):
        found = import_module(old)
    new = import_module(MOVED[old])
    assert found is new or all(getattr(found, name) is getattr(new, name) for name in new.__all__)
    del sys.modules[old]


def test_a_module_that_never_was_is_not_found() -> None:
    assert find_spec("shuseki.measures.nothing") is None


def test_a_script_of_an_earlier_version_runs() -> None:
    code = "from shuseki.measures.quotients import location_quotients; print(location_quotients)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "location_quotients" in ran.stdout


@pytest.mark.parametrize(("room", "name"), [(r, n) for r, names in LEFT.items() for n in names])
def test_a_name_that_left_its_module_is_found(room: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = import_module(room)
    with pytest.warns(DeprecationWarning, match=f"{room}.{name} is now shuseki"):
        found = getattr(module, name)
    where, _, new = LEFT[room][name].partition(":")
    assert found is getattr(import_module(where), new)


def test_a_name_that_never_was_is_not_found_either() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        import_module("shuseki.study.run").nothing  # noqa: B018


def test_an_argument_is_taken_by_its_old_name() -> None:
    @renamed(births="counts")
    def both(counts: int, other: int = 0) -> tuple[int, int]:
        return counts, other

    assert both(1, other=2) == both(counts=1, other=2) == (1, 2)
    with pytest.warns(DeprecationWarning, match="births= is now counts="):
        assert both(births=3) == (3, 0)


def test_a_class_takes_an_argument_by_its_old_name() -> None:
    @renamed(births="counts")
    class Holder:
        def __init__(self, *, counts: int) -> None:
            self.counts = counts

    with pytest.warns(DeprecationWarning, match="births= is now counts="):
        assert Holder(births=3).counts == 3
