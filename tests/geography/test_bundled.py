"""Does only one piece know which country is bundled?

Outside the rooms that hold its statistics, codes and papers no module names a country: the modules
ask ``geography.bundled``, so that the user's own areas take the same way.
"""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import shuseki
from shuseki.geography.bundled import COUNTRY, DIVISIONS, are_bundled, holds
from shuseki.geography.districts import BUNDLED, division
from shuseki.geography.gazetteers import CODES

SOURCE = Path(shuseki.__file__).parent
ROOMS = {"geography", "datasets", "papers", "industries"}
"""Codes and outlines; statistics; what was printed; classifications."""
KNOWING = {
    "linkage/normalisation.py": "reads addresses and legal forms as they are written in Japan",
    "records/publishers.py": "asks the publishers of a country for its records",
    "records/layouts.py": "documents the option `codes`, whose values are names of countries",
    "reading/values.py": "names the publishers that define signs and eras",
    "reading/objects.py": "names the publisher that defines a form of file",
    "release/disclosure/rules.py": "names the practice that a rule follows",
    "release/disclosure/gate.py": "names the practice that a sign follows",
    "measures/visibility.py": "names the statistics for which it was written",
    "reading/files.py": "reads the answers of a publisher's interface",
    "report/marks.py": "shows how sources are cited",
    "cli/__init__.py": "says which publishers `pull` asks",
    "cli/pull.py": "asks the publishers of a country for its records",
    "cli/records.py": "documents the option `--codes`, whose values are names of countries",
}
"""Modules that may name the country, and why."""
LANGUAGE = re.compile(
    r"Japanese(?! (areas|address|municipal|statistic|prefecture|plants|records))"
    r"|\b_?(in_)?japanese\b|日本語"
)
COUNTRIES = re.compile(r"[jJ]apan|JAPAN|ssdse|SSDSE|e-Stat\b|\bMETI\b|日本")


def knowledge(text: str) -> list[str]:
    """Lines that speak of the country; the language of that name is not meant."""
    lines: list[str] = []
    if not COUNTRIES.search(text):
        return lines  # most modules: no need to take them apart
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NAME, tokenize.STRING, tokenize.COMMENT):
            said = LANGUAGE.sub("", token.string)
            lines += [f"{token.start[0]}: {found[0]}" for found in COUNTRIES.finditer(said)]
    return lines


def test_what_counts_as_knowledge():
    assert knowledge('x = "areas of Japan"') == ["1: Japan"]
    assert knowledge("is_japan = 1") == ["1: japan"]
    assert knowledge('"""Japanese statistics"""') == ["1: Japan"]
    assert knowledge('"""Names in English and Japanese."""') == []


def test_no_other_module_knows_the_country():
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name.split("/")[0] in ROOMS or name in KNOWING:
            continue
        lines = knowledge(path.read_text(encoding="utf-8"))
        if lines:
            found[name] = lines
    assert found == {}


@pytest.mark.parametrize("name", KNOWING)
def test_no_exception_is_left_over(name):
    assert knowledge((SOURCE / name).read_text(encoding="utf-8")), KNOWING[name]


def test_no_module_names_a_default_division_itself():
    names = {}
    bundled = set(DIVISIONS) - {"municipality"}  # that is also the name of a column
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        text = path.read_text(encoding="utf-8")
        if name.split("/")[0] in ROOMS or not any(one in text for one in bundled):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.arguments | ast.AnnAssign):
                given = [*getattr(node, "defaults", []), getattr(node, "value", None)]
                values = {d.value for d in given if isinstance(d, ast.Constant)}
                if values & bundled:
                    names[name] = node.lineno if isinstance(node, ast.AnnAssign) else 0
    assert names == {}


def test_the_bundled_country():
    assert COUNTRY in CODES
    assert set(DIVISIONS) == set(BUNDLED)
    assert division("prefecture").is_bundled_country
    # Okaya; Changhua (Taiwan); a code of a district that is none of a municipality
    assert are_bundled(["20204"])
    assert not are_bundled(["10007"])
    assert holds([36.0, 43.0], [138.0, 141.3])
    assert not holds([36.0, 24.1], [138.0, 120.5])
