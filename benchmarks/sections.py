"""Where do the benchmark scripts write what they measured?

Each script owns one section of ``benchmarks/README.md``, or of a page of ``docs``, between two
marks that name it. Its last line is a digest of the code that was measured (``docs/freshness.py``),
so that a check can say when a section is older than the code.
"""

import platform
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from freshness import line, of_script  # noqa: E402

README = ROOT / "benchmarks" / "README.md"
HEAD = "# Benchmarks\n\nWritten by the scripts in this folder; run one to renew its section.\n"


def write_section(name: str, markdown: str, page: Path = README) -> None:
    """Put a section into a page, in place of the one of the same name."""
    text = page.read_text(encoding="utf-8") if page.exists() else HEAD
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    script = Path(sys.argv[0]).resolve()
    command = " ".join([str(script.relative_to(ROOT)), *sys.argv[1:]])
    found = of_script(script, markdown)
    section = f"{start}\n{markdown.strip()}\n\n{line(found, command)}{end}"
    if start in text:
        text = re.sub(
            re.escape(start) + ".*?" + re.escape(end), lambda _: section, text, flags=re.DOTALL
        )
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    page.write_text(text, encoding="utf-8")


def machine() -> str:
    """One line about this machine, for the top of a section."""
    return f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}."
