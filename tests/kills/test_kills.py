"""Does a kill damage nothing, and leave nothing that the next start does not sweep?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killing.py")


def killed(kinds: str, trials: int, folder: Path, seed: int = 9) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kinds, str(trials), str(seed), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("kinds", "trials"),
    [
        ("ingest,write,import new", 3),
        *(
            pytest.param(kind, 100, marks=pytest.mark.slow)
            for kind in (
                *("ingest", "replace", "write", "run"),
                *("link", "import", "import new", "check-output", "profile"),
            )
        ),
    ],
)
def test_kills_damage_nothing_and_leave_nothing(tmp_path: Path, kinds: str, trials: int) -> None:
    told = killed(kinds, trials, tmp_path)
    assert len(told) == len(kinds.split(","))
    for said in told:
        assert said["faults"] == [], said
