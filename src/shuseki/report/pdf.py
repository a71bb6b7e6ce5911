"""How does a page become a file that prints?

``pdf_of`` lets a headless Chromium print an HTML page on A4 (the page's own style for print). The
browser is looked for on the PATH and in no other place; without one a message says what to do.

Takes: HTML that needs nothing else. Gives: the bytes of a PDF.
Limits: figures are drawn by the browser; it is given two minutes.
"""

import os
import shutil
import signal
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from shuseki.disk import Scratch, termination_as_exit
from shuseki.errors import MissingExtraError, OutputError
from shuseki.language import listed, say, words_of

__all__ = ["browser", "pdf_of"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "headless_shell", "chrome-headless-shell", "msedge", "microsoft-edge")  # fmt: skip
SECONDS = 120
DRAWING_MS = 15_000
"""Time that the page is given to draw itself, on the clock of the browser."""


def browser() -> str | None:
    """The first browser on the PATH that prints without a window, or ``None``."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf_of(html: str) -> bytes:
    """Print a page.

    Raises
    ------
    MissingExtraError
        There is no Chromium on the PATH.
    OutputError
        The browser did not print it.
    """
    program = browser()
    if program is None:
        raise MissingExtraError(
            say(
                "No Chromium on the PATH, which prints the PDF. Expected one of {browsers}. "
                "Install Chromium or Google Chrome, or print the HTML page from any browser.",
                browsers=listed(BROWSERS[:3]),
            )
        )
    with termination_as_exit(), closing(Scratch(what="pdf")) as place:
        folder = place.work
        page, made = folder / "page.html", folder / "page.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder / 'browser'}",
            f"--virtual-time-budget={DRAWING_MS}",
            f"--print-to-pdf={made}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # its sandbox does not run as root
            command.insert(2, "--no-sandbox")
        return _printed(command, made, place.lock)


def _printed(command: list[str], made: Path, lock: int) -> bytes:
    """Let the browser print; it holds the lock of its folder, also when we are killed before it."""
    try:
        code, said = _run(command, made.parent / "said.txt", lock)
    except (OSError, subprocess.TimeoutExpired) as error:
        late = isinstance(error, subprocess.TimeoutExpired)
        raise OutputError(
            say(
                "{command} did not print the page: {error}. Expected a PDF within {seconds} "
                "seconds. Print the HTML page from any browser.",
                command=command[0],
                error=say("it did not end") if late else words_of(error),
                seconds=SECONDS,
            )
        ) from error
    content = made.read_bytes() if made.is_file() else b""
    if not content.startswith(b"%PDF"):
        told = said.strip().splitlines()
        last = told[-1] if told else say("it said nothing")
        raise OutputError(
            say(
                "{command} printed no PDF (exit code {returncode}): {last}. Print the HTML page "
                "from any browser.",
                command=command[0],
                returncode=code,
                last=last,
            )
        )
    return content


def _run(command: list[str], said: Path, lock: int) -> tuple[int, str]:
    """Run a program and all that it starts, to the end or not at all: exit code, what it said."""
    with (
        said.open("wb") as stream,  # a pipe would stay open as long as any of its helpers
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            pass_fds=(lock,),
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait(SECONDS)
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
    return code, said.read_text(encoding="utf-8", errors="replace")
