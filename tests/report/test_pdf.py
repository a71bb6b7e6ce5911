"""Does a page that is printed leave nothing, however the printing ends?"""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from shuseki.disk import PREFIX, sweep
from shuseki.errors import OutputError
from shuseki.report import pdf

BROWSER = r"""#!/bin/sh
# A browser with a helper that goes on writing into its folder, as Chromium's do.
for word; do case "$word" in --user-data-dir=*) folder="${word#*=}";; --print-to-pdf=*) made="${word#*=}";; esac; done
(while :; do mkdir -p "$folder"; echo x >> "$folder/cookies"; done) &
%s
"""  # noqa: E501
ENDS = {
    "prints": 'echo %PDF-1.4 > "$made"',
    "fails": "echo 'no display' >&2; exit 1",
    "hangs": "sleep 60",
}
PRINT = "from shuseki.report.pdf import pdf_of; pdf_of('<p>x</p>')"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return place


def browser(temporary: Path, end: str) -> None:
    program = temporary.parent / "chromium"
    program.write_text(BROWSER % ENDS[end])
    program.chmod(stat.S_IRWXU)


def left(temporary: Path) -> list[Path]:
    return list(temporary.glob(f"{PREFIX}*"))


def wait_for(temporary: Path) -> None:
    for _ in range(600):
        if list(temporary.glob(f"{PREFIX}*/work/browser/cookies")):
            return
        time.sleep(0.05)
    raise AssertionError("the browser never started")


def test_a_page_is_printed_and_nothing_is_left(temporary: Path) -> None:
    browser(temporary, "prints")
    assert pdf.pdf_of("<p>x</p>") == b"%PDF-1.4\n"
    assert left(temporary) == []


def test_what_a_failing_browser_said_is_told(temporary: Path) -> None:
    browser(temporary, "fails")
    with pytest.raises(OutputError, match=r"exit code 1\): no display"):
        pdf.pdf_of("<p>x</p>")
    assert left(temporary) == []


def test_a_browser_that_hangs_is_stopped_with_its_helpers(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(temporary, "hangs")
    monkeypatch.setattr(pdf, "SECONDS", 0.5)
    with pytest.raises(OutputError, match=r"it did not end\. Expected a PDF within 0\.5 seconds"):
        pdf.pdf_of("<p>x</p>")
    assert left(temporary) == []


def test_a_stop_stops_the_browser_and_leaves_nothing(temporary: Path) -> None:
    browser(temporary, "hangs")
    with subprocess.Popen([sys.executable, "-c", PRINT], stderr=subprocess.DEVNULL) as process:
        wait_for(temporary)
        process.send_signal(signal.SIGTERM)
    assert left(temporary) == []


def test_a_browser_that_outlives_a_kill_keeps_its_folder_until_it_ends(temporary: Path) -> None:
    browser(temporary, "hangs")
    with subprocess.Popen([sys.executable, "-c", PRINT]) as process:
        wait_for(temporary)
        process.kill()
    (place,) = left(temporary)
    assert sweep(temporary) == []
    group = next(
        int(told.parent.name)
        for told in Path("/proc").glob("[0-9]*/cmdline")
        if told.parent.name == str(os.getpgid(int(told.parent.name)))
        and str(place).encode() in told.read_bytes()
    )
    os.killpg(group, signal.SIGKILL)
    for _ in range(100):
        if sweep(temporary) == [place]:
            break
        time.sleep(0.05)
    assert left(temporary) == []
