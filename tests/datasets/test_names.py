"""Are the names of the package what they say, whatever was imported before?"""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("before", ["catalogue", "accounts", "public", "panels"])
def test_names_are_functions_after_any_import(before: str) -> None:
    code = (
        f"import shuseki.datasets.{before}\n"
        "import shuseki.datasets as room\n"
        "assert all(callable(getattr(room, name)) for name in room.__all__), room.__all__\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
