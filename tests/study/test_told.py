"""Is every word of a report as it was agreed, in both languages?

The text of three reports is kept in ``told/``: numbers are replaced by ``#``, so that the files
hold words and their order alone. A change of any sentence, heading, column or note must be read and
agreed: ``python tests/study/test_told.py`` writes the files anew.
"""

import html
import importlib.util
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from shuseki.geography.areas import municipalities, prefectures
from shuseki.geography.districts import division
from shuseki.report.blocks import Document
from shuseki.report.html import render
from shuseki.study.run import run
from shuseki.study.specification import read_study

HERE = Path(__file__).parent
KEPT = HERE / "told"
NAMES = ("marseille", "census", "companies")
LATIN = re.compile(r"(?:\b[A-Za-z]{2,}[ ,.;:]+){4,}[A-Za-z]{2,}")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
WORD = re.compile("[A-Za-z]*[a-z]{3,}")
NAMES_OF_WORKS = ["Okamuro", "SME Agency", "Acs", "Armington", "Nerlinger", "Evans", "Leighton"]
NAMES_OF_WORKS += ["Adachi", "Openshaw", "White", "MacKinnon"]
NAMES_OF_WORKS += [r"\band\b", "okamuro#"]
COLUMNS = ["births / labour_force_#", "research_institutes", "フォルダ rates"]
"""What a Japanese page leaves as it is: authors, columns that a formula names, a folder."""
QUOTED = ("約#件弱", "就業者", "従業者")
"""Words of the printed paper that an English report quotes; an English word stands beside each."""
LISTS = ("1995-10-01", "2000-10-01", "2020-10-01")
STUDY_2006 = """
[study]
name = "small"
title = "A small census"
title_ja = "小さな調査"
[records]
source = "synthetic-census"
scale = 0.05
[births]
at = 2000
since = 1998
earlier = [1995, 1996, 1997]
fewer_than_employees = 20
[events]
[survival]
[industries]
technology = "printed"
[accounts]
source = "synthetic"
[entry]
paper = "okamuro-2006"
robustness = true
[equality]
outcomes = ["START_H", "START_L"]
[counts]
families = ["poisson"]
[measures]
quotients = { since = "1996" }
concentration = true
clusters = { industries = ["H01"] }
"""


def text_of(page: str) -> list[str]:
    """What a reader reads of a page, line by line; numbers are ``#``."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r"</?(?:b|i|em|strong|span|a|sup|sub)\b[^>]*>", "", page)
    lines = (html.unescape(line).strip() for line in re.sub(r"<[^>]+>", "\n", page).split("\n"))
    words = (re.sub(r"[-−]?\d[\d,.]*", "#", line) for line in lines)
    return [line for line in dict.fromkeys(words) if re.search(r"[^\W\d_]", line)]


def beside(name: str) -> Any:
    """A module that stands beside this one."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents(folder: Path, names: tuple[str, ...] = NAMES) -> dict[str, Document]:
    """Reports of some studies, not yet told, once for each language."""
    beside("test_countries").france(folder)
    (folder / "census.toml").write_text(STUDY_2006, encoding="utf-8")
    files = {
        "marseille": folder / "study.toml",
        "census": folder / "census.toml",
        "companies": "companies-2021-2026",
    }

    def made(name: str, lang: str) -> Document:
        return run(read_study(files[name]).changed(lang=lang)).document()

    found = {}
    for name in names:
        found[f"{name}.en"] = made(name, "en")
        # Only measures name areas in the language of the study; the other reports are told twice.
        found[f"{name}.ja"] = made(name, "ja") if name == "census" else found[f"{name}.en"]
    return found


class Told:
    """What a reader reads of a report, each time as it is told then."""

    def __init__(self, name: str, document: Document) -> None:
        self.lang = name[-2:]
        self.agreed = (KEPT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        self.document = document

    def __call__(self) -> list[str]:
        return text_of(render(self.document, self.lang))


def reports(kept: dict[str, Document]) -> dict[str, str]:
    """Pages of the reports."""
    return {name: render(document, name[-2:]) for name, document in kept.items()}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    return documents(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def pages(kept: dict[str, Document]) -> dict[str, str]:
    return reports(kept)


@pytest.mark.parametrize("name", [f"{one}.{lang}" for one in NAMES for lang in ("en", "ja")])
def test_the_words_are_those_agreed(pages: dict[str, str], name: str) -> None:
    agreed = (KEPT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert text_of(pages[name]) == agreed


@pytest.mark.parametrize("name", [f"{one}.ja" for one in NAMES])
def test_a_japanese_page_has_no_english_sentence(pages: dict[str, str], name: str) -> None:
    page = re.sub(r'<section id="sources".*?</section>', "", pages[name], flags=re.DOTALL)
    own = "Unemployment pushes people into firms of their own"  # the study gives no Japanese
    found = [
        line
        for line in text_of(page)
        if LATIN.search(line) and own not in line and not is_citation(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["census.ja", "companies.ja"])
def test_a_japanese_page_has_no_english_word(pages: dict[str, str], name: str) -> None:
    page = re.sub(r'<section id="sources".*?</section>', "", pages[name], flags=re.DOTALL)
    lines = [line for line in text_of(page) if not line.startswith("出所：")]
    kept = re.compile("|".join(NAMES_OF_WORKS + COLUMNS))
    assert [line for line in lines if WORD.search(kept.sub("", line))] == []


@pytest.mark.parametrize("name", [f"{one}.en" for one in NAMES])
def test_an_english_page_has_no_japanese_but_names_and_quotations(
    pages: dict[str, str], name: str
) -> None:
    page = re.sub(r'<section id="sources".*?</section>', "", pages[name], flags=re.DOTALL)
    names = {*division("district-253").areas["name_ja"]}
    names |= {name for day in LISTS for name in municipalities(day)["name_ja"]}
    names |= {name[:-1] for name in prefectures()["name_ja"]}
    kept = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))
    quoted = re.compile("|".join(QUOTED))
    found = [
        line
        for line in text_of(page)
        if JAPANESE.search(quoted.sub("", kept.sub("", line))) and not is_citation(line)
    ]
    assert found == []


def is_citation(line: str) -> bool:
    """Whether a line cites a work or names a publication, which keep their own language."""
    return line.startswith("Source:") or bool(
        re.search(r"\(#\)|\b[A-Z]\. |Journal|Papers?\b|, #", line)
    )


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_changed_word_is_noticed(kept: dict[str, Document], lang: str) -> None:
    """Of a few changes; what stands inside pictures alone is not read here."""
    mutations = beside("mutations")
    report = Told(f"marseille.{lang}", kept[f"marseille.{lang}"])
    made, left = mutations.survivors(report, 6, random.Random(9))
    assert made == 6
    assert len(left) <= 2, left


if __name__ == "__main__":
    import tempfile

    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for name, page in reports(documents(Path(place))).items():
            (KEPT / f"{name}.txt").write_text("\n".join(text_of(page)) + "\n", encoding="utf-8")
            sys.stdout.write(f"{name}: {len(text_of(page))} lines\n")
