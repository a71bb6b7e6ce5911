"""Does a kill damage nothing, and leave nothing that the next start does not sweep?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killing.py")


def killed(kind: str, trials: int, folder: Path, seed: int = 9) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, str(trials), str(seed), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("kind", "trials"),
    [
        ("ingest", 3),
        ("write", 3),
        ("import new", 3),
        *(
            pytest.param(kind, 100, marks=pytest.mark.slow)
            for kind in (
                *("ingest", "replace", "write", "run"),
                *("link", "import", "import new", "check-output", "profile"),
            )
        ),
    ],
)
def test_kills_damage_nothing_and_leave_nothing(tmp_path: Path, kind: str, trials: int) -> None:
    said = killed(kind, trials, tmp_path)
    assert said["faults"] == [], said
