"""Does a reader of either language find every word?"""

import re
import string
from pathlib import Path

import pytest

import shuseki.report
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.report.words import WORDS, column_words, phrase, pick

SOURCE = Path(shuseki.report.__file__).parent


@pytest.mark.parametrize("key", list(WORDS))
def test_both_languages_say_it_with_the_same_blanks(key: str) -> None:
    english, japanese = WORDS[key]
    assert english.strip()
    assert japanese.strip()
    blanks = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in (english, japanese)
    ]
    assert blanks[0] == blanks[1]


def test_every_phrase_that_the_code_asks_for_exists() -> None:
    python = {
        key
        for file in SOURCE.rglob("*.py")
        for key in re.findall(r'\bphrase\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))
    }
    templates = {
        key
        for file in SOURCE.rglob("*.html")
        for key in re.findall(r'\bsay\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))
    }
    asked = python | templates
    assert len(asked) > 20
    assert asked <= set(WORDS)


@pytest.mark.parametrize(
    ("key", "term"),
    [  # Okamuro 2006, table 2 and text
        ("district", "工業地区"),
        ("labour_force", "労働力人口"),
        ("entry_rate", "開業率"),
        ("exit_rate", "廃業率"),
        ("plants", "事業所数"),
    ],
)
def test_terms_are_those_of_the_paper(key: str, term: str) -> None:
    assert phrase(key, "ja") == term


def test_an_unknown_phrase_names_the_nearest() -> None:
    with pytest.raises(UnknownCodeError, match=r"Did you mean .*mark_synthetic"):
        phrase("mark_synthetik")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ParameterError, match="Expected 'en' or 'ja'"):
        phrase("figure", "de", number=1)
    with pytest.raises(ParameterError, match="Unknown language"):
        pick("START", "fr")


def test_a_text_has_two_versions_or_one() -> None:
    assert pick(("Births", "開業数"), "en") == "Births"
    with pytest.raises(ParameterError, match="3 versions"):
        pick(("a", "b", "c"), "en")  # type: ignore[arg-type]


def test_columns_without_a_phrase_show_their_name_and_unit() -> None:
    assert column_words("shipments_million_yen") == "Shipments (million yen)"
    assert column_words("births_per_10000", "ja") == "開業数（1万人あたり）"
    assert column_words("area_km2") == "Area (km²)"
    assert column_words("LNLANDP") == "LNLANDP"  # what it is called is in its definition
    assert column_words("GDP") == "GDP"
