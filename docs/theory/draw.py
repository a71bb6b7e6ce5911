"""Which pictures do these pages show?

Runs the code of every page and draws the figures it saves, as PNG, with a headless Chromium:
``python docs/theory/draw.py``. ``tests/theory/test_docs.py`` runs the same code and checks what it
prints. A page that ran gets a digest of what it rests on (``docs/freshness.py``).
"""

import doctest
import subprocess
import sys
import tempfile
from pathlib import Path

import plotly.graph_objects as go

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from freshness import stamped  # noqa: E402


def draw(figure: go.Figure, name: str) -> None:
    """Draw one figure into ``figures/<name>.png``."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        height = int(figure.layout.height or 420)
        figure.write_html(page, include_plotlyjs=True, config={"displayModeBar": False})
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={folder}/profile",
                f"--window-size=860,{height + 60}",
                f"--screenshot={HERE / 'figures' / name}.png",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def main() -> int:
    """Run every page."""
    (HERE / "figures").mkdir(exist_ok=True)
    failed = 0
    for page in sorted(HERE.glob("*.md")):
        outcome = doctest.testfile(
            str(page),
            module_relative=False,
            globs={"save": draw},
            optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL,
            encoding="utf-8",
        )
        failed += outcome.failed
        if not outcome.failed:
            text = page.read_text(encoding="utf-8")
            page.write_text(stamped(page, text), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
