"""Which whole counts stand behind printed percentages?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import told
from shuseki.papers.audit import Audit, Cell, audit
from shuseki.papers.audit.trial import with_cell
from shuseki.papers.catalogue import paper_folder, printed_paper
from shuseki.papers.printed import PrintedPaper
from shuseki.papers.shares import recover_counts, share_interval, whole_counts
from shuseki.sources import Source


def survey(rows: list[tuple[str, str, str]], question: str = "Q") -> PrintedPaper:
    """A question: percent, n, kind of each answer."""
    table = pd.DataFrame(
        [("1", question, f"answer {k}", *row) for k, row in enumerate(rows)],
        columns=["table", "question", "answer", "percent", "n", "kind"],
    )
    source = Source("one", "one", "2026", origin="synthetic")
    return PrintedPaper("one", {}, {"shares": table}, {}, (), source)


def rules(found: Audit) -> list[tuple[str, str]]:
    return [(finding.rule, finding.certainty) for finding in found.findings]


@pytest.mark.parametrize(
    ("percent", "n", "least", "greatest"),
    [
        # By hand. 4/12 = 33.33; 3/12 = 25.00 and 4/12 = 33.33, so 30.0 is none of twelve.
        ("33.3", 12, 4, 4),
        ("30.0", 12, 4, 3),
        # 65/200 = 32.5 and 67/200 = 33.5 print as 33 when halves are rounded either way.
        ("33", 200, 65, 67),
        # 9/144 = 6.25, a half: the end of the interval 6.25 to 6.35 belongs to it.
        ("6.3", 144, 9, 9),
        ("6.3%", 144, 9, 9),
        ("0.0", 50, 0, 0),
        ("100.0", 50, 50, 50),
    ],
)
def test_whole_counts_by_hand(percent: str, n: int, least: int, greatest: int) -> None:
    low, high = share_interval(percent)
    found = whole_counts(np.array([low]), np.array([high]), np.array([n]))
    assert [int(end[0]) for end in found] == [least, greatest]


def test_counts_of_the_2012_survey() -> None:
    # Counts over n, by hand: 43/149 = 28.859, 38/149 = 25.503, 33/149 = 22.148, 27/149 = 18.121,
    # 17/149 = 11.409, 7/149 = 4.698; 40/144 = 27.778, 36/144 = 25, 19/144 = 13.194, 14/144 = 9.722,
    # 9/144 = 6.25, 7/144 = 4.861, 2/144 = 1.389, 56/144 = 38.889; 68/152 = 44.737, 63 = 41.447,
    # 44 = 28.947 (three times), 41 = 26.974, 31 = 20.395, 19 = 12.5, 18 = 11.842, 15 = 9.868,
    # 14 = 9.211 (three times, "nothing in particular" among them), 6 = 3.947.
    found = recover_counts(printed_paper("shoko-2012"))
    counts = {
        "technology": [43, 38, 33, 27, 17, 7, 43],
        "sales and production": [40, 36, 19, 14, 9, 7, 2, 56],
        "other gains": [68, 63, 44, 44, 44, 41, 31, 19, 18, 15, 14, 14, 6, 14],
    }
    table = found.to_frame()
    for question, expected in counts.items():
        own = table[table["question"] == question]
        assert own["least_count"].tolist() == own["greatest_count"].tolist() == expected
    assert found.headline() == (
        "shoko-2012: exactly one whole count behind 29 of 29 printed percentages (n = 144 to 152)"
    )
    assert told(found.headline(), "ja") == (
        "shoko-2012：印刷された割合29個のうち29個は人数が一通りに定まる（n = 144～152）"
    )


def test_the_2012_survey_is_consistent() -> None:
    found = audit(printed_paper("shoko-2012"))
    assert found.findings == ()
    # 29 percentages; beside "nothing in particular" 6 + 7 + 13 answers and 3 questions.
    assert found.asked == {
        "percentage of a whole count": 29,
        "answers beside an exclusive one": 29,
    }


def test_a_slip_in_the_survey_is_found_and_repaired() -> None:
    # 45/152 = 29.605 and 46/152 = 30.263: nothing of 152 is 29.8.
    cell = Cell("shares", ("other gains", "trusted peers"), "percent")
    (finding,) = audit(with_cell(printed_paper("shoko-2012"), cell, "29.8")).findings
    assert finding.rule == "percentage of a whole count"
    assert finding.certainty == "certain"
    assert finding.cells[0] == cell
    assert finding.expected == "29.61% or 30.26%"
    assert "28.9" in [repair.text for repair in finding.repairs]
    assert told(finding.where[0], "ja") == "表3-4-3、その他の面、信頼できる仲間、割合（%）"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # 12 respondents: 4, 5 and 3 are all; 4, 5 and 4 are one too many, 4, 5 and 2 one too few.
        ([("33.3", "12", "single"), ("41.7", "12", "single"), ("25.0", "12", "single")], []),
        (
            [("33.3", "12", "single"), ("41.7", "12", "single"), ("33.3", "12", "single")],
            [("answers add up", "certain")],
        ),
        (
            [("33.3", "12", "single"), ("41.7", "12", "single"), ("16.7", "12", "single")],
            [("answers add up", "strong")],
        ),
        # Several answers may add up to more.
        ([("33.3", "12", "multiple"), ("41.7", "12", "multiple"), ("33.3", "12", "multiple")], []),
        # 8 say none, so no other answer can have 5 of 12; and 4 others need 4 answers.
        (
            [("66.7", "12", "exclusive"), ("41.7", "12", "multiple")],
            [("answers beside an exclusive one", "certain")],
        ),
        (
            [("66.7", "12", "exclusive"), ("16.7", "12", "multiple"), ("8.3", "12", "multiple")],
            [("answers beside an exclusive one", "strong")],
        ),
        ([("66.7", "12", "exclusive"), ("33.3", "12", "multiple")], []),
        ([("30.0", "12", "multiple")], [("percentage of a whole count", "certain")]),
        ([("30.0", "", "multiple")], []),
    ],
)
def test_rules_by_hand(rows: list[tuple[str, str, str]], expected: list[tuple[str, str]]) -> None:
    assert rules(audit(survey(rows))) == expected


def test_silent_on_any_survey_that_was_counted() -> None:
    # Synthetic: counts drawn, percentages printed with one decimal.
    rng = np.random.default_rng(0)
    for _ in range(50):
        n = int(rng.integers(20, 2000))
        one = rng.multinomial(n, rng.dirichlet(np.ones(5)))
        assert rules(audit(survey([(f"{100 * c / n:.1f}", str(n), "single") for c in one]))) == []
        none = int(rng.integers(0, n // 2))
        given = rng.random((n - none, 4)) < 0.4
        given[~given.any(axis=1), 0] = True
        rows = [(f"{100 * c / n:.1f}", str(n), "multiple") for c in given.sum(axis=0)]
        rows.append((f"{100 * none / n:.1f}", str(n), "exclusive"))
        assert rules(audit(survey(rows))) == []


def test_bad_input(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="prints no percentage"):
        recover_counts(printed_paper("okamuro-2006"))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "paper.toml").write_text("[paper]\n")
    head = "question,answer,percent,n,kind\n"
    (folder / "shares.csv").write_text(head + "Q,a,30.0,10,several\n")
    with pytest.raises(UnknownCodeError, match="kind of answer"):
        PrintedPaper.read(folder)
    (folder / "shares.csv").write_text(head + "Q,a,30.0,10,single\nQ,b,70.0,20,single\n")
    with pytest.raises(DataError, match="n differs within a question"):
        PrintedPaper.read(folder)
    assert (paper_folder("shoko-2012") / "shares.csv").is_file()
