"""Do the pages say what their code says?

Runs the ```` ```python ```` blocks of every page, in order and in one namespace per page, and
puts what a block prints into the ```` ```text ```` block that follows it; ```` ```py ```` blocks
are shown only. With ``--check`` nothing is written and a page whose output has changed is an
error. A page that is run carries a digest of what it rests on (``docs/freshness.py``). The pages of
``docs/theory`` are doctests with figures: ``docs/theory/draw.py`` runs those.

    python docs/build.py [--check] [PAGE ...]
"""

import contextlib
import io
import re
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from freshness import stamped

HERE = Path(__file__).resolve().parent
BLOCK = re.compile(r"^```python\n(.*?)^```\n(\n?^```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)


def rebuilt(page: Path) -> str:
    """Give the page's text with the output of its blocks renewed."""
    namespace: dict[str, object] = {"__name__": "__page__"}

    def renew(match: re.Match[str]) -> str:
        code, shown = match[1], match[2]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, str(page), "exec"), namespace)
        if shown is None:
            return match[0]
        if not said.getvalue().strip():
            raise ValueError(f"nothing is printed, where output is shown, by {code!r}")
        return f"```python\n{code}```\n\n```text\n{said.getvalue().rstrip()}\n```\n"

    return BLOCK.sub(renew, page.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Renew or check the pages; exit code 1 when one failed or, with --check, differs."""
    check = "--check" in arguments
    named = [Path(name).resolve() for name in arguments if not name.startswith("--")]
    differ = failed = 0
    for page in named or sorted(HERE.rglob("*.md")):
        before = page.read_text(encoding="utf-8")
        if "```python" not in before or "```python\n>>>" in before:
            continue
        start = time.process_time()
        try:
            with TemporaryDirectory() as place, contextlib.chdir(place):  # for what a page writes
                shutil.copytree(HERE / "examples", place, dirs_exist_ok=True)
                after = rebuilt(page)
        except Exception as error:
            failed += 1
            print(f"failed: {page.relative_to(HERE.parent)}: {type(error).__name__}: {error}")
            continue
        print(f"{time.process_time() - start:6.1f} s  {page.relative_to(HERE.parent)}", flush=True)
        if after != before:
            differ += 1
            print(f"{'differs' if check else 'renewed'}: {page.relative_to(HERE.parent)}")
        if not check:
            page.write_text(stamped(page, after), encoding="utf-8")
    return int(bool(failed or (check and differ)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
