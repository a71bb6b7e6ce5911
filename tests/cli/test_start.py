"""Does a command load only what it needs?"""

import subprocess
import sys

import pytest

HEAVY = ("esda", "great_tables", "libpysal", "openpyxl", "sklearn", "splink", "statsmodels")


@pytest.mark.parametrize("command", ["births", "directory", "measure", "plan", "profile", "theory"])
def test_help_loads_no_library_that_only_an_answer_needs(command):
    code = (
        "import sys\n"
        "from shuseki.cli import main\n"
        f"sys.argv = ['shuseki', {command!r}, '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print('loaded', *[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "Usage" in told.stdout
    assert told.stdout.splitlines()[-1] == "loaded"
