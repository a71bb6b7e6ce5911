"""Counts behind printed percentages, intervals, McNemar bounds, one's own survey."""

import itertools
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.papers.catalogue import printed_paper
from shuseki.papers.survey import printed_questions
from shuseki.sourcing.survey import (
    Item,
    Question,
    compare_surveys,
    group_names,
    holm,
    item_tests,
    mcnemar_bounds,
    mcnemar_p_value,
    newcombe_interval,
    read_questions,
    read_survey,
    survey_figure,
    wilson_interval,
)

PRINTED = printed_questions()
NOTHING = "nothing in particular"


def columns(rows, firms=None):
    """A survey with one column per item of technology, from lists of ticked items."""
    items = [item.answer for item in PRINTED[0].items if item.answer not in ("other", NOTHING)]
    items += [f"technology: {name}" for name in ("other", NOTHING)]
    frame = pd.DataFrame(
        {item: [1 if item.removeprefix("technology: ") in row else "" for row in rows]
         for item in items}
    )  # fmt: skip
    frame.insert(0, "firm", firms or [f"f{k}" for k in range(len(rows))])
    return frame


# ---- the printed figures -------------------------------------------------------------------------


def test_counts_behind_the_printed_percentages():
    # 28.9% of 149 is 43: 43/149 = 28.86%, 42/149 = 28.19%, 44/149 = 29.53%; and so on
    assert [(q.n, q.counts.tolist()) for q in PRINTED] == [
        (149, [43, 38, 33, 27, 17, 7, 43]),
        (144, [40, 36, 19, 14, 9, 7, 2, 56]),
        (152, [68, 63, 44, 44, 44, 41, 31, 19, 18, 15, 14, 14, 6, 14]),
    ]


def test_every_printed_percentage_is_given_back():
    shares = printed_paper("shoko-2012").table("shares")
    again = [
        # a half is rounded up in print: 9 of 144 is 6.25%, printed 6.3
        str((Decimal(int(count)) * 100 / question.n).quantize(Decimal("0.1"), ROUND_HALF_UP))
        for question in PRINTED
        for count in question.counts
    ]
    assert again == shares["percent"].tolist()


def test_percentages_that_are_no_counts_are_named():
    paper = printed_paper("shoko-2012")
    shares = paper.table("shares").copy()
    shares.loc[0, "percent"] = "28.5"
    with pytest.raises(
        DataError, match=r"no whole count: higher level of technology = 28\.5% of 149"
    ):
        printed_questions(replace(paper, tables={**paper.tables, "shares": shares}))
    shares.loc[0, "percent"] = "30"  # 44 or 45 of 149
    with pytest.raises(DataError, match="of several counts: higher level of technology = 30%"):
        printed_questions(replace(paper, tables={**paper.tables, "shares": shares}))
    with pytest.raises(DataError, match="prints no percentage"):
        printed_questions(printed_paper("okamuro-2006"))


def test_the_figure_of_the_paper():
    found = survey_figure(PRINTED)
    table = found.to_frame()
    assert len(table) == 29
    assert "43 of 149 firms (28.9%, 22.2 to 36.6%); 2 more questions" in found.headline()
    assert "技術水準の向上" in told(found.headline(), "ja")
    assert (table["low_percent"] < table["percent"]).all()


# ---- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "n"), [(0, 9), (43, 149), (9, 9), (1, 1), (500, 1000)])
def test_wilson_agrees_with_statsmodels(count, n):
    for confidence in (0.9, 0.95, 0.99):
        low, high = wilson_interval(np.array([count]), n, confidence)
        oracle = proportion_confint(count, n, alpha=1 - confidence, method="wilson")
        assert (low[0], high[0]) == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (5, 0), (3, 3), (10, 4), (1, 12), (40, 25)])
def test_mcnemar_agrees_with_statsmodels(b, c):
    if b + c == 0:
        assert mcnemar_p_value(b, c) == 1
        return
    oracle = mcnemar(np.array([[7, b], [c, 9]]), exact=True).pvalue
    assert mcnemar_p_value(b, c) == pytest.approx(min(oracle, 1.0))


def test_mcnemar_bounds_hold_every_overlap():
    # every way in which ten firms can tick two items
    for first, second in itertools.product(range(6), repeat=2):
        low, high = mcnemar_bounds(first, second, 7)
        seen = [
            mcnemar_p_value(first - both, second - both)
            for both in range(min(first, second) + 1)
            if first + second - both <= 7
        ]
        assert (low, high) == (min(seen), max(seen))
    # nobody can tick both: one overlap, one p-value
    assert mcnemar_bounds(5, 2, 10, apart=True) == (mcnemar_p_value(5, 2),) * 2


def test_holm_by_hand():
    assert holm(np.array([0.04, 0.001, 0.5])).tolist() == pytest.approx([0.08, 0.003, 0.5])


def test_newcombe_is_the_published_example_turned_round():
    low, high = newcombe_interval(48, 80, 56, 70)
    assert (round(low, 4), round(high, 4)) == (-0.3339, -0.0524)


def test_pairs_of_the_paper():
    found = item_tests(PRINTED[0]).to_frame().set_index(["answer", "other_answer"])
    # 43 against 7 differ whatever the overlap; 43 against 33 may or may not
    assert found.loc[("higher level of technology", "other"), "verdict"] == "differ"
    assert (
        found.loc[("higher level of technology", "better capacity to develop"), "verdict"]
        == "depends on the overlap"
    )
    # "nothing" excludes the others: its overlap is known to be none
    rows = found[found.index.get_level_values(0) == NOTHING]
    assert (rows["least_p_value"] == rows["greatest_p_value"]).all()
    assert (found["least_p_value"] <= found["greatest_p_value"]).all()
    assert len(found) == 21


# ---- one's own survey ----------------------------------------------------------------------------

ROWS = [
    ["higher level of technology", "partners for development"],
    ["higher level of technology"],
    [NOTHING],
    ["other"],
    [],
]


def test_both_layouts_are_one_survey():
    wide = read_survey(columns(ROWS), PRINTED)
    frame = pd.DataFrame({"firm": [f"f{k}" for k in range(5)]})
    joined = read_survey(frame.assign(technology=["; ".join(row) for row in ROWS]), PRINTED)
    for found in (wide, joined):
        question = found.questions[0]
        assert question.counts.tolist() == [2, 1, 0, 0, 0, 1, 1]
        assert question.n == 4  # the last one answered nothing
        assert "1 firm answered no question" in found.notes[0]
    assert (wide.questions[0].answers == joined.questions[0].answers).all()
    # in a wide table a zero is an answer, a blank is none
    asked = columns(ROWS).replace("", 0)
    assert read_survey(asked, PRINTED).questions[0].n == 5


def test_japanese_wordings_of_the_figures_are_known():
    frame = pd.DataFrame(
        {
            "企業": ["甲", "乙"],
            "answers": [
                "技術レベルが向上した、経営知識等を学び、経営レベルが向上した、販売先を開拓できた",
                "大学等の研究機関、研究者とのつながりができた；情報の量が増えた",
            ],
        }
    )
    found = read_survey(frame, PRINTED, firm="企業")
    ticked = {
        item.answer
        for question in found.questions
        for item, count in zip(question.items, question.counts, strict=True)
        if count
    }
    assert ticked == {
        "higher level of technology",
        "knowledge of management",
        "new customers",
        "contacts with universities and researchers",
        "more information",
    }


@pytest.mark.parametrize("mark", ["1", 1, 1.0, "x", "○", "◯", "✓", "Yes", "はい", True, "Ｘ"])
def test_ticks_in_many_hands(mark):
    frame = columns([[], []]).astype(object)
    frame.loc[0, "trusted peers"] = mark
    assert read_survey(frame, PRINTED).questions[-1].counts[2] == 1


def test_a_file_of_answers(tmp_path):
    (tmp_path / "s.csv").write_text(
        "firm,employees,answers\na,3,trusted peers;more information\nb,30,other gains: 特にない\n",
        encoding="utf-8",
    )
    found = read_survey(tmp_path / "s.csv", PRINTED)
    assert found.questions[0].n == 2
    assert found.table["employees"].tolist() == [3, 30]


@pytest.mark.parametrize(
    ("frame", "error", "says"),
    [
        (columns(ROWS, ["a", "b", "c", "a", "e"]), DataError, "Firms given twice: a, in rows 0, 3"),
        (columns([[NOTHING, "other"]]), DataError, "Rows 0 tick nothing in particular beside"),
        (columns([[], []]), DataError, "None of the 2 firms ticked anything"),
        (columns(ROWS).iloc[:0], DataError, "0 rows"),
        (columns(ROWS).drop(columns="firm"), DataError, "a column 'firm'"),
        (columns(ROWS).assign(fun=1), UnknownCodeError, "Unknown items: 'fun'"),
        (columns(ROWS).assign(other=1), DataError, "'other' is an item of several"),
        (columns(ROWS).assign(技術水準の向上=1), DataError, "are the same item"),
        (columns(ROWS).rename(columns=lambda c: c if c == "firm" else f"{c}?"), UnknownCodeError,
         "No column is an item"),
        (columns(ROWS).replace(1, "maybe"), DataError, "no ticks: 'maybe' in row 0"),
        (pd.DataFrame({"firm": ["a"], "answers": ["trusted pears"]}), UnknownCodeError,
         "'trusted pears' in row 0.*Did you mean trusted peers"),
        (pd.DataFrame({"firm": ["a"], "answers": [NOTHING]}), DataError,
         "in row 0 is an item of several questions"),
    ],
)  # fmt: skip
def test_bad_surveys_are_named(frame, error, says):
    with pytest.raises(error, match=says):
        read_survey(frame, PRINTED)


def test_known_overlap_gives_one_p_value():
    # six tick only the first, none only the second: p = 2/2⁶
    rows = [["higher level of technology"]] * 6 + [
        ["higher level of technology", "partners for development"]
    ] * 5
    question = read_survey(columns(rows), PRINTED).questions[0]
    found = item_tests(question).to_frame().set_index(["answer", "other_answer"])
    pair = found.loc[("higher level of technology", "partners for development")]
    assert pair["least_p_value"] == pair["greatest_p_value"] == pytest.approx(2 / 2**6)


def test_questionnaires_of_ones_own(tmp_path):
    (tmp_path / "q.csv").write_text(
        "question,answer,answer_ja,wordings,kind\n"
        "gains,orders,受注,注文;jobs,multiple\ngains,none,なし,,exclusive\n",
        encoding="utf-8",
    )
    asked = read_questions(tmp_path / "q.csv")
    frame = pd.DataFrame({"firm": list("abc"), "注文": ["x", "", ""], "なし": ["", "○", ""]})
    question = read_survey(frame, asked).questions[0]
    assert (question.n, question.counts.tolist()) == (2, [1, 1])
    (tmp_path / "q.csv").write_text("question,answer,kind\ngains,orders,many\n")
    with pytest.raises(DataError, match="many in rows 2"):
        read_questions(tmp_path / "q.csv")
    with pytest.raises(DataError, match="No question or no answer in rows 1"):
        read_questions(pd.DataFrame({"question": ["gains"] * 2, "answer": ["orders", " "]}))
    with pytest.raises(DataError, match="Items given twice in 'gains': orders"):
        read_questions(pd.DataFrame({"question": ["gains"] * 2, "answer": ["orders", "Orders "]}))
    with pytest.raises(DataError, match="lacks 'answer'"):
        read_questions(pd.DataFrame({"question": ["gains"]}))


# ---- groups --------------------------------------------------------------------------------------


def grouped(*sizes):
    rows = [["higher level of technology"]] * sum(sizes)
    names = [name for name, size in zip("pqrs", sizes, strict=False) for _ in range(size)]
    return read_survey(columns(rows).assign(member=names), PRINTED, describing=("member",))


def test_small_groups_are_not_shown():
    shown = {one.group for one in grouped(12, 15, 4, 7).by("member")}
    assert shown == {"p", "q"}  # 4 + 7 = 11 hidden together: nothing can be told
    notes = grouped(12, 15, 4, 7).by("member")[0].notes
    assert any("2 groups (fewer than 10 firms" in note for note in notes)


def test_a_group_that_would_tell_a_small_one_is_not_shown_either():
    # one group of 4 is hidden: the total less p and q would tell it, so the next is hidden too
    assert {one.group for one in grouped(12, 15, 4).by("member")} == {"q"}
    # two small ones of 2 and 3 together are fewer than ten: p is hidden too
    assert {one.group for one in grouped(12, 15, 2, 3).by("member")} == {"q"}
    assert {one.group for one in grouped(12, 15).by("member")} == {"p", "q"}


def test_nothing_is_shown_of_few_firms():
    with pytest.raises(DataError, match=r"fewer than 10 firms answered: technology \(9\)"):
        grouped(9).figure()
    with pytest.raises(DataError, match="No group of 'member' has 10 firms"):
        grouped(9, 9).by("member")
    assert grouped(9).figure(minimum=5).questions[0].n == 9
    with pytest.raises(UnknownCodeError, match="size"):
        grouped(12).by("size")


def test_a_question_that_few_answered_is_left_out():
    rows = ["more information; technology: other"] * 3 + ["more information"] * 9
    frame = pd.DataFrame({"firm": [f"f{k}" for k in range(12)], "answers": rows})
    own = read_survey(frame, PRINTED)
    assert [question.n for question in own.questions] == [3, 12]
    found = own.figure()
    assert [question.question for question in found.questions] == ["other gains"]
    assert any("fewer than 10 firms answered: technology" in note for note in found.notes)
    assert own.shown() == found.questions


def test_classes_of_size():
    found = group_names(pd.Series([0, 1, 4, 5, 19, 20, 300, np.nan]), (1, 5, 20))
    assert found.tolist() == ["–0", "1–4", "1–4", "5–19", "5–19", "20–", "20–", "unknown"]
    with pytest.raises(DataError, match="no numbers"):
        group_names(pd.Series(["many", "few"]), (1, 5))
    assert group_names(pd.Series([1.0, None, "x"])).tolist() == ["1", "unknown", "x"]


# ---- beside the printed one ----------------------------------------------------------------------


def test_beside_the_printed_survey_by_hand():
    rows = [["higher level of technology"]] * 30 + [["other"]] * 20
    own = read_survey(columns(rows), PRINTED).questions
    table = compare_surveys(own, PRINTED).to_frame().set_index("answer")
    row = table.loc["higher level of technology"]
    assert row["difference_percent"] == pytest.approx(100 * (30 / 50 - 43 / 149))
    low, high = newcombe_interval(30, 50, 43, 149)
    assert (row["difference_low_percent"], row["difference_high_percent"]) == pytest.approx(
        (100 * low, 100 * high)
    )
    assert len(table) == 7
    with pytest.raises(DataError, match="no item in common"):
        compare_surveys([Question("x", (Item("y"),), np.array([1]), 2)], PRINTED)


def test_a_survey_beside_itself_differs_in_nothing():
    found = compare_surveys(PRINTED, PRINTED)
    assert (found.to_frame()["difference_percent"] == 0).all()
    assert "0 of 29 answers differ" in found.headline()


def test_questions_refuse():
    with pytest.raises(DataError, match="y = 3"):
        Question("x", (Item("y"),), np.array([3]), 2)
    with pytest.raises(DataError, match="1 items and 2 counts"):
        Question("x", (Item("y"),), np.array([1, 1]), 2)
    with pytest.raises(DataError, match="No question"):
        survey_figure([])
    for confidence in (0.0, 0.5, 1.0):
        with pytest.raises(ParameterError, match="confidence"):
            survey_figure(PRINTED, confidence=confidence)
    with pytest.raises(ParameterError, match="level"):
        item_tests(PRINTED[0], level=0.9)
    with pytest.raises(DataError, match="has one item"):
        item_tests(Question("x", (Item("y"),), np.array([1]), 2))
