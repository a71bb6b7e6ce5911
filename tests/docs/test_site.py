"""Has the site a place for every page and room, and does it keep to itself?"""

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
UNSHOWN = {"cli", "disk", "moved"}
"""Rooms without a page of reference: commands have --help, and nobody calls the disk."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.delitem(sys.modules, "offline", raising=False)
    import offline as module

    return module


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r"\w[\w/]*\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert pages - {"README.md", "measures/figures/made.md"} <= listed
    generated = {"index.md", "questions.md", "ja.md", "benchmarks.md", "changelog.md"}
    assert listed - pages <= generated | {"citation.md", "measures/figures/made.md"}


def test_every_room_has_a_page_of_reference():
    named = {
        room
        for page in (DOCS / "reference").glob("*.md")
        for room in re.findall(r"^::: shuseki\.(\w+)", page.read_text(encoding="utf-8"), re.M)
    }
    source = ROOT / "src" / "shuseki"
    rooms = {
        path.stem
        for path in source.iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    assert rooms - named == UNSHOWN
    assert named <= rooms


def test_notebooks_have_the_code_of_their_pages():
    books = sorted((DOCS / "tutorials").glob("*.ipynb"))
    assert books
    for book in books:
        cells = json.loads(book.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        page = book.with_suffix(".md").read_text(encoding="utf-8")
        assert code == [
            block.rstrip("\n") for block in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
        ], f"{book.name} is older than its page. Renew it: make notebooks"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.html", '<script src="https://cdn.org/x.js"></script>', ["https://cdn.org/x.js"]),
        ("a.html", '<link rel="stylesheet" href="//cdn.org/x.css">', ["//cdn.org/x.css"]),
        ("a.html", '<link href="https://f.org/i.png" rel="icon">', ["https://f.org/i.png"]),
        ("a.css", "@font-face{src:url(https://f.org/a.woff)}", ["https://f.org/a.woff"]),
        ("a.html", '<a href="https://doi.org/1">x</a><script src="own.js"></script>', []),
        ("a.html", '<link rel="canonical" href="https://own.org/">', []),
    ],
)
def test_what_a_page_would_fetch_is_named(offline, tmp_path, name, text, found, capsys):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert [address for _, address in offline.fetched(tmp_path)] == found
    assert offline.main([str(tmp_path)]) == int(bool(found))


def test_locks_hold_versions_alone():
    for lock in ROOT.glob("requirements*.lock"):
        for line in lock.read_text(encoding="utf-8").splitlines():
            assert re.match(r"^[a-z0-9-]+==[\w.!+]+( ; .+)?$", line), (lock.name, line)
