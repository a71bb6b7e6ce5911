"""Does a command load only what it needs?"""

import subprocess
import sys
from importlib.metadata import version

HEAVY = ("esda", "great_tables", "libpysal", "openpyxl", "sklearn", "splink", "statsmodels")


COMMANDS = ("births", "directory", "measure", "plan", "profile", "theory")
ASKING = """
import contextlib, io, os, sys
import numba, pandas, plotly.graph_objects, pyarrow, pydantic, rich.markdown, scipy.stats, typer
from shuseki.cli import main

for command in {commands}:
    if (child := os.fork()) == 0:
        sys.argv = ["shuseki", command, "--help"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main()
        heavy = [name for name in {heavy} if name in sys.modules]
        print(command, "Usage" in said.getvalue(), *heavy, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_help_loads_no_library_that_only_an_answer_needs():
    """Each command in a process of its own, which has the program's entry and what all load."""
    code = ASKING.format(commands=COMMANDS, heavy=HEAVY)
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.splitlines() == [f"{command} True" for command in COMMANDS], told.stderr


def test_it_starts_as_a_module_and_says_its_version():
    call = [sys.executable, "-m", "shuseki", "--version"]
    told = subprocess.run(call, check=True, capture_output=True, text=True)
    assert told.stdout == f"shuseki {version('shuseki')}\n"
