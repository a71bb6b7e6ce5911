"""Where do the benchmark scripts write what they measured?

Each script owns one section of ``benchmarks/README.md``, between two marks that name it.
"""

import platform
import re
from pathlib import Path

README = Path(__file__).with_name("README.md")
HEAD = "# Benchmarks\n\nWritten by the scripts in this folder; run one to renew its section.\n"


def write_section(name: str, markdown: str) -> None:
    """Put a section into the README, in place of the one of the same name."""
    text = README.read_text(encoding="utf-8") if README.exists() else HEAD
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = f"{start}\n{markdown.strip()}\n{end}"
    if start in text:
        text = re.sub(
            re.escape(start) + ".*?" + re.escape(end), lambda _: section, text, flags=re.DOTALL
        )
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    README.write_text(text, encoding="utf-8")


def machine() -> str:
    """One line about this machine, for the top of a section."""
    return f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}."
