"""Does a page go stale with what it computes, and with nothing else?"""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def freshness(tmp_path, monkeypatch):
    """The checker, on a package and a page of the test's own."""
    spec = importlib.util.spec_from_file_location("freshness", ROOT / "docs" / "freshness.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "freshness", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "SOURCE", tmp_path / "src")
    home = tmp_path / "src" / "shuseki"
    for folder in (home, home / "data", tmp_path / "docs", tmp_path / "benchmarks"):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shuseki.sums import total\n"
    )
    (home / "sums.py").write_text(
        '"""What is the sum?"""\n'
        "from shuseki.numbers import START as BEGIN\n"
        "from shuseki import words\n\n"
        "def total(values: list) -> float:\n"
        '    """Add up."""\n'
        "    if not values:\n"
        '        raise ValueError("Nothing to add up.")\n'
        "    return words.number(BEGIN) + sum(values)\n\n"
        "def other():\n    return 1\n"
    )
    (home / "numbers.py").write_text("START = 0\nUNUSED = 5\n")
    (home / "words.py").write_text("def number(x):\n    return x\n\ndef unused():\n    return 2\n")
    module.home = home
    return module


CODE = "from shuseki.sums import total\nprint(total([1, 2]))\n"


def changed(freshness, file: str, old: str, new: str) -> bool:
    """Whether the digest of CODE changes with a change of a file."""
    before = freshness.digest(CODE)
    path = freshness.home / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    for cached in (freshness.read, freshness.homes, freshness.data_files):
        cached.cache_clear()
    return freshness.digest(CODE) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sums.py", "sum(values)", "max(values)"),  # the function itself
        ("numbers.py", "START = 0", "START = 1"),  # what it imports, under another name
        ("words.py", "return x", "return x + 1"),  # what it reaches through a module
        ("sums.py", "if not values", "if values is None"),
        ("numbers.py", "UNUSED = 5", "import shuseki.words\nprint('on import')"),  # an effect
    ],
)
def test_what_is_computed_changes_the_digest(freshness, file, old, new):
    assert changed(freshness, file, old, new)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sums.py", "Add up.", "Add the values up."),  # a docstring
        ("sums.py", "Nothing to add up.", "No values. Give some."),  # what an error says
        ("sums.py", "values: list", "values: tuple"),  # an annotation
        ("sums.py", "return 1", "return 3"),  # another function
        ("numbers.py", "UNUSED = 5", "UNUSED = 6  # a comment"),
        ("words.py", "return 2", "return 4"),
    ],
)
def test_words_and_what_is_not_used_do_not(freshness, file, old, new):
    assert not changed(freshness, file, old, new)


def test_data_count_where_they_are_read(freshness):
    (freshness.home / "data" / "table.csv").write_text("1\n")
    assert not changed(freshness, "data/table.csv", "1", "2")
    assert changed(freshness, "numbers.py", "START = 0", "START = len(__file__)")
    assert changed(freshness, "data/table.csv", "2", "3")


def test_names_of_the_package_itself_are_followed(freshness):
    lazy = "import shuseki as sk\nprint(sk.total([1]))\n"
    before = freshness.digest(lazy)
    assert changed(freshness, "words.py", "return x", "return -x")
    assert freshness.digest(lazy) != before


def test_a_page_is_stale_when_its_code_or_its_output_was_changed(freshness):
    page = freshness.ROOT / "docs" / "page.md"
    text = f"# Sums\n\nWords.\n\n```python\n{CODE}```\n\n```text\n3\n```\n"
    page.write_text(freshness.stamped(page, text))
    assert not stale(freshness)
    page.write_text(page.read_text().replace("Words.", "Other words."))
    assert not stale(freshness)
    page.write_text(page.read_text().replace("\n3\n", "\n4\n"))  # by hand
    assert stale(freshness) == [("docs/page.md", "python docs/build.py docs/page.md")]
    page.write_text(freshness.stamped(page, text))
    assert changed(freshness, "sums.py", "sum(values)", "max(values)")
    assert stale(freshness)
    page.write_text(text)  # without the line
    assert stale(freshness)


def test_a_section_knows_its_script(freshness):
    script = freshness.ROOT / "benchmarks" / "speed.py"
    script.write_text(CODE)
    made = freshness.line(freshness.of_script(script, "1.2 s"), "benchmarks/speed.py --rows 9")
    readme = freshness.ROOT / "benchmarks" / "README.md"
    readme.write_text(f"# Benchmarks\n\n<!-- speed -->\n1.2 s\n\n{made}<!-- /speed -->\n")
    assert not stale(freshness)
    readme.write_text(readme.read_text().replace("1.2 s", "0.2 s"))
    assert stale(freshness) == [
        ("benchmarks/README.md, section speed", "python benchmarks/speed.py --rows 9")
    ]
    readme.write_text("<!-- speed -->\n1.2 s\n<!-- /speed -->\n")
    assert stale(freshness) == [
        ("benchmarks/README.md, section speed", "python benchmarks/speed.py")
    ]


def test_a_page_keeps_the_lines_of_its_sections(freshness):
    script = freshness.ROOT / "benchmarks" / "speed.py"
    script.write_text(CODE)
    made = freshness.line(freshness.of_script(script, "1.2 s"), "benchmarks/speed.py")
    page = freshness.ROOT / "docs" / "page.md"
    section = f"<!-- speed -->\n1.2 s\n\n{made}<!-- /speed -->\n"
    text = f"# Sums\n\n```python\n{CODE}```\n\n{section}\nEnd.\n"
    page.write_text(freshness.stamped(page, text))
    assert not stale(freshness)
    assert page.read_text() == freshness.stamped(page, page.read_text())
    assert page.read_text().count("made from") == 2
    page.write_text(page.read_text().replace("1.2 s", "1.3 s"))
    assert [name for name, _ in stale(freshness)] == ["docs/page.md, section speed"]


def stale(freshness) -> list[tuple[str, str]]:
    readme = freshness.ROOT / "benchmarks" / "README.md"
    if not readme.exists():
        readme.write_text("# Benchmarks\n")
    return [(name, how) for name, has, right, how in freshness.products() if has != right]


def test_a_page_on_counts_rests_on_counts():
    spec = importlib.util.spec_from_file_location("freshness", ROOT / "docs" / "freshness.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tree = ast.parse("from shuseki.entry.counts import count_model")
    found = module.Closure()
    found.follow(tree, module.Module("", tree))
    used = {line.split()[0] for line in found.dumps}
    assert "shuseki.entry.counts" in used
    assert "shuseki.entry.support" in used  # through it
    assert "shuseki.measures.distance.kdensity" not in used
    assert any("average_marginal_effects" in line for line in found.dumps)
