"""Does every result of the room speak both languages, and neither in the other?"""

import re
import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from shuseki.entry.ols import estimate_all
from shuseki.language import Message, told
from shuseki.papers.audit import RULES, audit, audit_tests
from shuseki.papers.audit.findings import NEEDS
from shuseki.papers.audit.trial import plant, try_audit
from shuseki.papers.beside import examine_print, fits_beside
from shuseki.papers.catalogue import printed_designs, printed_hypotheses, printed_paper
from shuseki.papers.from_print import judge_from_print
from shuseki.papers.moments import fit_from_moments, printed_moments
from shuseki.papers.okamuro_2006.robustness import check_robustness
from shuseki.papers.replication import obtained_tables, replicate
from shuseki.papers.shares import recover_counts
from shuseki.results import Result

consistent_paper = runpy.run_path(str(Path(__file__).with_name("made_up.py")))["consistent_paper"]
NAMES = {"okamuro", "shoko", "made", "START", "GRIM"}
"""Names of papers, which stay in Latin letters."""
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def left(japanese: str) -> set[str]:
    """Latin words left in a Japanese text; capitals are symbols of variables."""
    return {w for w in re.findall(r"[A-Za-z]{4,}", japanese) if not w.isupper()} - NAMES


def translated(result: Result) -> None:
    """Headline and notes are messages, wholly in each language."""
    for text in (result.headline(), *result.notes):
        assert isinstance(text, Message), (type(result).__name__, text)
        assert not left(told(text, "ja")), (type(result).__name__, told(text, "ja"))
        assert not JAPANESE.search(text), (type(result).__name__, text)


def results(variables, accounts) -> Iterator[Result]:  # type: ignore[no-untyped-def]
    paper, hypotheses = printed_paper(), printed_hypotheses()
    fits = estimate_all(printed_designs(), variables)
    yield fits_beside(fits, paper)
    yield examine_print(paper, hypotheses)
    yield judge_from_print(paper, hypotheses)
    yield fit_from_moments(printed_moments(paper), "START", ["UNEMPL", "DENS"], n=251)
    yield replicate(paper, obtained_tables(fits=fits), relative_by_model={"4": 0.1})
    checks = check_robustness(fits, variables, hypotheses, accounts)
    # Why an exercise was not done is an error's message, which is English only.
    yield replace(checks, notes=())
    yield from checks.exercises
    yield recover_counts(printed_paper("shoko-2012"))
    yield try_audit(printed_paper("shoko-2012"))
    yield audit(paper)
    rows = {"coefficient": ["0.203", "19.4"], "se": ["0.100", "9.93"], "stars": ["*", "**"]}
    yield audit_tests(pd.DataFrame(rows))


def test_results_speak_both_languages(variables, accounts) -> None:  # type: ignore[no-untyped-def]
    answers = list(results(variables, accounts))
    assert len({type(answer) for answer in answers}) >= 10
    for answer in answers:
        translated(answer)


@pytest.mark.parametrize(
    "name", ["first digit of coefficient", "moved point of sd", "first digit of r", "stars",
             "first digit of f_statistic", "exchanged digits of adjusted_r2", "exchanged rows"]
)  # fmt: skip
def test_findings_speak_both_languages(name: str) -> None:
    from numpy.random import default_rng

    planted = plant(name, consistent_paper(1, "classical"), default_rng(0))
    assert planted is not None
    frame = audit(planted[0]).to_frame()
    for column in ("rule", "where", "found", "expected", "also", "assumption"):
        # The names of the made-up paper's sentences are its own.
        for text in frame[f"{column}_ja"]:
            assert not left(re.sub(r"\b(?:RATE|area|industry)\w*|\w+_\w+", "", text)), text
        assert not any(JAPANESE.search(text) for text in frame[column])


def test_every_rule_says_what_it_needs() -> None:
    assert set(NEEDS) == set(RULES)
    assert all(JAPANESE.search(told(rule, "ja")) for rule in RULES.values())


def test_tests_in_both_languages() -> None:
    rows = {"coefficient": ["0.203", "19.4"], "se": ["0.100", "9.93"], "stars": ["*", "**"]}
    frame = audit_tests(pd.DataFrame(rows)).to_frame()
    assert frame["found_ja"].tolist() == [
        "係数0.203、標準誤差0.100、印*: |t| 2.015 … 2.045、10%水準の印",
        "係数19.4、標準誤差9.93、印**: |t| 1.948 … 1.960、5%水準の印",
    ]
    assert frame["where_ja"].tolist() == ["1行目", "2行目"]
