"""How does a page become a file that prints?

``pdf_of`` lets a headless Chromium print an HTML page on A4 (the page's own style for print). The
browser is looked for on the PATH and in no other place; without one a message says what to do.

Takes: HTML that needs nothing else. Gives: the bytes of a PDF.
Limits: figures are drawn by the browser; it is given a minute.
"""

import os
import shutil
import subprocess
from pathlib import Path

from shuseki.disk import scratch
from shuseki.errors import MissingExtraError, OutputError

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
            "No Chromium on the PATH, which prints the PDF. Expected one of "
            f"{', '.join(BROWSERS[:3])}. Install Chromium or Google Chrome, or print the HTML page "
            "from any browser."
        )
    with scratch(what="pdf") as folder:
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
        return _printed(command, made)


def _printed(command: list[str], made: Path) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputError(
            f"{command[0]} did not print the page: {error}. Expected a PDF within {SECONDS} "
            "seconds. Print the HTML page from any browser."
        ) from error
    content = made.read_bytes() if made.is_file() else b""
    if not content.startswith(b"%PDF"):
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise OutputError(
            f"{command[0]} printed no PDF (exit code {done.returncode}): "
            f"{told[-1] if told else 'it said nothing'}. Print the HTML page from any browser."
        )
    return content
