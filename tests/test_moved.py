"""Does a script that names modules as they were still run?"""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from shuseki.moved import MOVED


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_name_gives_the_module_as_it_is(old: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} is now {MOVED[old]}"):
        found = import_module(old)
    assert found is import_module(MOVED[old])
    del sys.modules[old]


def test_a_module_that_never_was_is_not_found() -> None:
    assert find_spec("shuseki.measures.nothing") is None


def test_a_script_of_an_earlier_version_runs() -> None:
    code = "from shuseki.measures.quotients import location_quotients; print(location_quotients)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "location_quotients" in ran.stdout
