"""Which tutorials can be opened as notebooks?

Makes ``docs/tutorials/NAME.ipynb`` of every tutorial that runs code: the page's words and code, run
anew, with what they print. The page is the source; the notebook is made of it (jupytext, nbclient).

    python docs/notebooks.py [PAGE ...]
"""

import os
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from freshness import AT_END
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parent / "tutorials"
SHOWN = re.compile(r"(^```python\n.*?^```\n)\n?^```text\n.*?^```\n", re.DOTALL | re.MULTILINE)
ITSELF = re.compile(r"^\[This page as a notebook\]\([^)]*\)\n+", re.MULTILINE)


def notebook(page: Path) -> nbformat.NotebookNode:
    """The notebook of a page, run."""
    text = AT_END.sub("\n", page.read_text(encoding="utf-8"))
    book = jupytext.reads(ITSELF.sub("", SHOWN.sub(r"\1", text)), fmt="md")
    with TemporaryDirectory() as place:
        shutil.copytree(TUTORIALS.parent / "examples", place, dirs_exist_ok=True)
        client = NotebookClient(
            book,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": place}},
        )
        client.execute(env={**os.environ, "PYTHONHASHSEED": "0"})
    for k, cell in enumerate(book.cells):
        cell.id = f"cell-{k}"
    book.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    return book


def main(arguments: list[str]) -> int:
    """Make the notebooks of the named tutorials, or of all."""
    for page in [Path(name) for name in arguments] or sorted(TUTORIALS.glob("*.md")):
        if "```python" not in page.read_text(encoding="utf-8"):
            continue
        book = notebook(page)
        nbformat.validate(book)
        place = page.with_suffix(".ipynb")
        nbformat.write(book, place)
        print(f"{place.name}: {len(book.cells)} cells, {place.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
