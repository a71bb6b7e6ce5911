"""Verdicts: the rule reproduces the paper's own reading, and is general."""

import pandas as pd
import pytest

from shuseki.entry.hypotheses import (
    Hypothesis,
    evidence_of,
    examine,
    read_hypotheses,
)
from shuseki.entry.ols import estimate_all
from shuseki.errors import DataError, ParameterError
from shuseki.papers.beside import examine_print, printed_evidence, stated_verdicts
from shuseki.papers.catalogue import printed_designs, printed_hypotheses, printed_paper

SIZE = (Hypothesis("s", "smaller, more", "", {"SIZE": "-"}),)


def evidence(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["outcome", "model", "variable", "coefficient", "p"])


def test_the_printed_tables_give_the_printed_verdicts():
    """Page 16: supports 3a, 4b, 6, 7; does not support 1, 2, 3b, 4a, 5."""
    verdicts = examine_print(printed_paper(), printed_hypotheses()).beside(
        stated_verdicts(printed_paper())
    )
    supported = {name for name, verdict in verdicts.overall.items() if verdict == "supported"}
    assert supported == {"3a", "4b", "6", "7"}
    assert set(verdicts.overall) - supported == {"1", "2", "3b", "4a", "5"}
    assert all(verdicts.agrees().values())
    assert "9 of 9 as printed" in verdicts.headline()


def test_the_printed_tables_give_the_printed_differences_between_the_groups():
    """Pages 13-14: push only for low-tech; graduates only for low-tech; 6 and 7 for both."""
    table = examine_print(printed_paper(), printed_hypotheses()).by_outcome
    wide = table.set_index(["hypothesis", "outcome"])["verdict"]
    assert wide["3a", "START_L"] == wide["4b", "START_L"] == "supported"
    assert wide["3a", "START_H"] == wide["4b", "START_H"] == "not supported"
    assert wide["6", "START_H"] == wide["7", "START_H"] == "supported"


def test_the_wage_exception_and_the_institutes_fall_short():
    """Page 14 sets aside WAGE (model 3), page 15 INST (model 1): each is one equation of a few."""
    table = examine_print(printed_paper(), printed_hypotheses()).by_outcome
    counts = table.set_index(["hypothesis", "outcome"])["counts"]
    assert counts["2", "START"] == "WAGE: 1 for, 0 against, of 2; LNLANDP: 0 for, 0 against, of 1"
    assert counts["5", "START"] == "INST: 1 for, 0 against, of 3"
    anything_goes = examine_print(printed_paper(), printed_hypotheses(), rule="any").by_outcome
    verdict = anything_goes.set_index(["hypothesis", "outcome"])["verdict"]
    assert verdict["5", "START"] == "supported"


def test_a_stricter_reading_drops_what_is_weak():
    under = (
        examine_print(printed_paper(), printed_hypotheses()).under().set_index(["rule", "level"])
    )
    assert under.loc[("most", 0.10), "4b"] == "supported"
    assert under.loc[("most", 0.05), "4b"] == "not supported"  # UNIV is starred once, at 10%
    assert under.loc[("all", 0.10), "3a"] == "not supported"  # t 1.51 in model 3
    assert (under[["6", "7"]] == "supported").all(axis=None)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([(-1, 0.01), (-1, 0.2)], "not supported"),  # one of two is not more than half
        ([(-1, 0.01), (-1, 0.02), (-1, 0.2)], "supported"),
        ([(1, 0.01), (1, 0.02), (-1, 0.01)], "contradicted"),
        ([(1, 0.01), (-1, 0.01)], "not supported"),
        ([(-1, 0.10)], "supported"),  # at the level counts
        ([(-1, 0.11)], "not supported"),
        ([(-1, float("nan"))], "not supported"),
    ],
)
def test_more_than_half_by_hand(rows, verdict):
    table = evidence(*[("Y", str(k), "SIZE", b, p) for k, (b, p) in enumerate(rows)])
    assert examine(table, SIZE).overall["s"] == verdict


def test_all_variables_of_a_hypothesis_must_speak():
    both = (Hypothesis("6", "", "", {"DENS": "+", "MRATIO": "+"}),)
    one = evidence(("Y", "1", "DENS", 1.0, 0.01), ("Y", "1", "MRATIO", 1.0, 0.5))
    assert examine(one, both).overall["6"] == "not supported"
    two = one.assign(p=0.01)
    assert examine(two, both).overall["6"] == "supported"
    assert examine(two.assign(coefficient=-1.0), both).overall["6"] == "contradicted"


def test_more_than_half_of_the_outcomes():
    rows = [("A", "1", "SIZE", -1.0, 0.01), ("B", "1", "SIZE", -1.0, 0.5)]
    assert examine(evidence(*rows), SIZE).overall["s"] == "not supported"
    rows.append(("C", "1", "SIZE", -1.0, 0.01))
    assert examine(evidence(*rows), SIZE).overall["s"] == "supported"


def test_a_variable_in_no_equation_is_not_tested():
    verdicts = examine(evidence(("Y", "1", "DENS", 1.0, 0.01)), SIZE)
    assert verdicts.overall["s"] == "not tested"
    assert verdicts.by_outcome["counts"].tolist() == ["SIZE: in no equation"]


def test_verdicts_of_estimates(variables):
    fits = estimate_all(printed_designs(), variables)
    verdicts = examine(fits, printed_hypotheses())
    # The made-up births follow AVESIZE and MRATIO strongly (conftest.TRUTH), and no profit.
    assert verdicts.overall["7"] == "supported"
    assert verdicts.overall["1"] == "not supported"
    assert len(evidence_of(fits)) == len(printed_evidence(printed_paper())) == 12 * 37 // 4 - 12
    frame = verdicts.to_frame()
    assert list(frame.columns[-4:]) == ["START", "START_H", "START_L", "overall"]
    assert verdicts.is_synthetic


def test_bad_questions_are_refused():
    table = evidence(("Y", "1", "SIZE", 1.0, 0.01))
    with pytest.raises(ParameterError, match="between 0 and 1"):
        examine(table, SIZE, level=10)
    with pytest.raises(ParameterError, match="any, most, all"):
        examine(table, SIZE, rule="majority")
    with pytest.raises(ParameterError, match="at least one"):
        examine(table, ())
    with pytest.raises(DataError, match="no p"):
        examine(table.drop(columns="p"), SIZE)
    with pytest.raises(DataError, match=r"each with '\+' or '-'"):
        Hypothesis("x", "", "", {"SIZE": "positive"})


def test_hypothesis_files_are_checked(tmp_path):
    file = tmp_path / "hypotheses.toml"
    good = '[[hypothesis]]\nid="1"\nsays="a"\nsays_ja="b"\nexpects={X="+"}\n'
    file.write_text(good, encoding="utf-8")
    assert read_hypotheses(file)[0].expects == {"X": "+"}
    file.write_text(good.replace("says_ja", "say_ja"), encoding="utf-8")
    with pytest.raises(DataError, match="says_ja, say_ja"):
        read_hypotheses(file)
    file.write_text(good + good, encoding="utf-8")
    with pytest.raises(DataError, match="given twice 1"):
        read_hypotheses(file)
    file.write_text(good + 'alternative_to="1b"\n', encoding="utf-8")
    with pytest.raises(DataError, match="not there 1b"):
        read_hypotheses(file)
