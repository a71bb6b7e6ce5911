"""Are the names of the package what they say, whatever was imported before?"""

import subprocess
import sys

IMPORTING = """
import os, sys
import numpy, pandas  # what every module needs
from importlib import import_module

for before in ("catalogue", "accounts", "public", "panels"):
    if (child := os.fork()) == 0:
        import_module(f"shuseki.datasets.{before}")
        import shuseki.datasets as room
        print(before, *(name for name in room.__all__ if not callable(getattr(room, name))))
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(before, "failed", flush=True)
"""


def test_names_are_functions_after_any_import() -> None:
    """In a process for each, in which no module of the package was imported before."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n")[:-1] == ["catalogue", "accounts", "public", "panels"], done
