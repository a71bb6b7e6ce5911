"""Does the application leave quietly?"""

import subprocess
import sys

CODE = """
import duckdb
from types import SimpleNamespace
from shuseki.app import site

duckdb.sql("select 1").fetchall()
site.DIVISIONS = ()
site._warm(SimpleNamespace(show=lambda *asked: None))
"""
"""What is read at the start is set apart from the collector of garbage: DuckDB must not miss it."""


def test_nothing_is_said_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == ""
