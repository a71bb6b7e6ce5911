"""Printed tests against the numbers beside them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shuseki.errors import DataError, UnknownCodeError
from shuseki.papers.audit.significance import audit_tests
from shuseki.papers.printed import p_interval


def rows(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=str)


@pytest.mark.parametrize(
    ("coefficient", "se", "stars", "grade"),
    [
        # By hand. 0.50/0.10: between .495/.105 = 4.71 and .505/.095 = 5.32, beyond 2.576.
        ("0.50", "0.10", "***", ""),
        ("0.50", "0.10", "", "certain"),  # .495/.11 = 4.5 > 2.92, the 10% of two degrees of freedom
        ("0.28", "0.10", "", "strong"),  # .275/.105 = 2.6 < 2.92, but above 1.71, of 25
        # .495/.405 = 1.22 to .505/.395 = 1.28, below even the one-sided 1.28 at 10%
        ("0.50", "0.40", "***", "certain"),
        # 0.2/0.1: from .15/.15 = 1 to .25/.05 = 5: anything goes
        ("0.2", "0.1", "", ""),
        ("0.2", "0.1", "***", ""),
        # .0645/.0335 = 1.925 to .0655/.0325 = 2.015: both sides of 1.96
        ("0.065", "0.033", "**", ""),
        ("0.065", "0.033", "*", ""),
        ("0.065", "0.033", "***", "certain"),  # below 2.326, the one-sided 1%
        # zero over zero says nothing
        ("0.000", "0.000", "***", ""),
    ],
)
def test_one_row_by_hand(coefficient: str, se: str, stars: str, grade: str) -> None:
    level = str({"*": 10, "**": 5, "***": 1}.get(stars, 0))
    found = audit_tests(rows(coefficient=[coefficient], se=[se], level=[level])).findings
    assert found["certainty"].tolist() == ([grade] if grade else [])


def test_a_table_without_a_star_marks_nothing() -> None:
    assert not audit_tests(rows(coefficient=["0.50"], se=["0.10"], stars=[""])).asked


def test_digits_cut_off_are_weak() -> None:
    # 0.31/0.16: rounded at most .315/.155 = 2.03; with digits cut off .32/.155 = 2.06. At 5% with
    # 24 degrees of freedom: 2.064. t(24) said, claimed: rounded fails by t but not by the normal.
    # 1.9/1.0 at 5%: rounded .. 1.95/.95 = 2.05 > 1.96: silent. 1.88/1.00: 1.885/.995 = 1.894, cut
    # 1.89/.995 = 1.8995: fails both. 1.94/1.00: 1.945/.995 = 1.9548 fails, cut 1.95/.995 = 1.9598
    # fails (1.95996), 1.95/1.00: 1.955/.995 = 1.965 silent.
    found = audit_tests(rows(coefficient=["1.945"], se=["0.993"], stars=["**"])).findings
    # 1.9455/.9925 = 1.96020 > 1.95996: silent
    assert found.empty
    found = audit_tests(rows(coefficient=["1.944"], se=["0.993"], stars=["**"])).findings
    # rounded 1.9445/.9925 = 1.95919; cut 1.945/.9925 = 1.95970; fails both
    assert found["certainty"].tolist() == ["strong"]
    found = audit_tests(rows(coefficient=["19.4"], se=["9.93"], stars=["**"])).findings
    # rounded 19.45/9.925 = 1.95970; cut 19.5/9.925 = 1.9647: only cutting explains it
    assert found["certainty"].tolist() == ["weak"]
    assert "cut off" in found["explanation"].iloc[0]


def test_a_table_of_one_sided_tests_is_weak_but_one_such_row_is_not() -> None:
    # 1.75 at 5%: one-sided 1.645, two-sided 1.960.
    one = rows(coefficient=["1.750", "0.500"], se=["1.000", "1.000"], stars=["**", ""])
    assert audit_tests(one).findings["certainty"].tolist() == ["strong"]
    many = rows(
        coefficient=["1.750", "1.850", "1.800", "1.400"], se=["1.000"] * 4,
        stars=["**", "**", "**", "*"],
    )  # fmt: skip
    found = audit_tests(many).findings
    assert set(found["certainty"]) == {"weak"}
    assert "one-sided" in found["explanation"].iloc[0]
    # An unstarred 1.9 in the same table speaks against one-sided tests, one for each of the rows.
    against = pd.concat(
        [
            many,
            rows(coefficient=["1.900"] * 4, se=["1.000"] * 4, stars=["*"] * 4),
            rows(coefficient=["0.500"] * 12, se=["1.000"] * 12, stars=[""] * 12),
        ]
    )
    assert "strong" in set(audit_tests(against).findings["certainty"])


def test_few_degrees_of_freedom_explain_a_near_miss_unless_the_table_says_otherwise() -> None:
    # 2.03 unstarred at 5%: t with 30 degrees has 2.042.
    alone = rows(coefficient=["2.030"], se=["1.000"], level=["10"])
    found = audit_tests(alone).findings
    assert found["certainty"].tolist() == ["weak"]
    # A row of 1.98 with two stars in the same table: no common critical value fits both better.
    both = rows(coefficient=["2.030", "1.980"], se=["1.000"] * 2, level=["10", "5"])
    assert audit_tests(both).findings["certainty"].tolist() == ["strong"]
    # With degrees of freedom said, that is the only excuse: t(100) has 1.984.
    said = rows(coefficient=["2.030"], se=["1.000"], level=["10"], df=["100"])
    assert audit_tests(said).findings["certainty"].tolist() == ["certain"]
    said = rows(coefficient=["2.030"], se=["1.000"], level=["10"], df=["30"])
    assert audit_tests(said).findings.empty


def test_t_is_coefficient_over_error_and_p_that_of_the_statistic() -> None:
    found = audit_tests(
        rows(
            coefficient=["0.50", "0.50", "-0.50"], se=["0.10", "0.10", "0.10"],
            statistic=["5.00", "3.00", "5.00"],
        )
    ).findings  # fmt: skip
    assert found["line"].tolist() == [2, 3]  # 3.00 is not 4.7 to 5.3; signs differ
    assert set(found["certainty"]) == {"certain"}


@pytest.mark.parametrize(
    ("kind", "statistic", "df", "df2", "p", "grade"),
    [
        # statcheck's kind of cases; p by scipy's distributions, to two digits as printed
        ("t", "2.20", "28", "", "0.04", ""),  # two-sided .0362
        ("t", "2.20", "28", "", "0.02", "weak"),  # one-sided .0181
        ("t", "2.20", "28", "", "0.40", "certain"),
        ("F", "4.45", "1", "28", "0.04", ""),  # .0440
        ("F", "4.45", "1", "28", "<.01", "certain"),
        ("chi2", "6.53", "2", "", "0.038", ""),  # .0382
        ("chi2", "6.53", "2", "", "0.083", "certain"),
        ("z", "1.96", "", "", "0.05", ""),
        ("r", "0.35", "40", "", "0.023", ""),  # t = 2.363, p = .0231
        ("r", "0.35", "40", "", "0.23", "certain"),
        ("t", "2.2", "28", "", ">.05", "certain"),  # at most .0406 (2.15)
        ("t", "0.0", "28", "", "0.98", ""),
    ],
)
def test_p_is_recomputed(kind: str, statistic: str, df: str, df2: str, p: str, grade: str) -> None:
    found = audit_tests(
        rows(kind=[kind], statistic=[statistic], df=[df], df2=[df2], p=[p])
    ).findings
    assert found["certainty"].tolist() == ([grade] if grade else [])


def test_claims_follow_from_p() -> None:
    found = audit_tests(
        rows(p=["0.03", "0.03", "0.05", "<0.01"], stars=["**", "***", "**", "**"])
    ).findings
    assert found[["line", "direction"]].values.tolist() == [[2, "overstated"], [4, "understated"]]


def test_p_texts() -> None:
    assert p_interval("0.05") == (0.045, 0.055)
    assert p_interval("<0.001") == (0.0, 0.001)
    assert p_interval("p = .03") == (pytest.approx(0.025), pytest.approx(0.035))
    assert np.isnan(p_interval("n.s.")[0])


def test_what_is_not_of_the_format_is_named() -> None:
    with pytest.raises(UnknownCodeError, match="Did you mean se"):
        audit_tests(rows(coefficient=["1"], see=["1"]))
    with pytest.raises(DataError, match="Expected coefficient and se, or"):
        audit_tests(rows(coefficient=["1"]))
    with pytest.raises(DataError, match="Line 1: stars"):
        audit_tests(rows(coefficient=["1"], se=["1"], stars=["+"]))
    with pytest.raises(UnknownCodeError, match="kind of a statistic"):
        audit_tests(rows(kind=["G"], statistic=["1"], p=["0.1"]))
    unread = audit_tests(rows(coefficient=["1.0", "x"], se=["0.5", "0.1"])).unread
    assert unread.values.tolist() == [[2, "coefficient", "x"]]


def made_up(rng: np.random.Generator, tables: int) -> pd.DataFrame:
    """Tables of made-up tests by several conventions, one row in 125 with another claim."""
    made = []
    for table in range(tables):
        convention = rng.choice(["normal", "t", "one", "cut"], p=[0.62, 0.25, 0.05, 0.08])
        df = int(rng.choice([8, 12, 20, 30, 45]))
        for _ in range(int(rng.integers(6, 40))):
            z, se = rng.normal() * rng.choice([1, 2.5, 4]), 10 ** rng.uniform(-2, 1)
            size = abs(z)
            p = {
                "t": 2 * stats.t.sf(size, df),
                "one": stats.norm.sf(size),
            }.get(str(convention), 2 * stats.norm.sf(size))
            claim = min((level for level in (10, 5, 1) if 100 * p <= level), default=0)
            places = max(int(rng.choice([2, 3, 4]) - np.floor(np.log10(se)) - 1), 0)
            shown = [z * se, se]
            if convention == "cut":
                shown = [np.trunc(v * 10**places) / 10**places for v in shown]
            slip = rng.random() < 0.008
            if slip:
                claim = int(rng.choice([v for v in (0, 10, 5, 1) if v != claim]))
            b, error = (f"{v:.{places}f}" for v in shown)
            made.append((str(table), b, error, str(claim), slip))
    return pd.DataFrame(made, columns=["table", "coefficient", "se", "level", "slip"])


def test_grades_are_more_often_right_than_the_plain_check() -> None:
    # Synthetic, seed 0: every failing row is what a two-sided normal check flags.
    made = made_up(np.random.default_rng(0), 250)
    found = audit_tests(made.drop(columns="slip")).findings
    right = made["slip"].to_numpy()[found["line"].to_numpy() - 1]
    sure = (found["certainty"] != "weak").to_numpy()
    assert right.mean() < 0.4  # plain: most flags are of other conventions
    assert right[sure].mean() > 0.8
    assert right[(found["certainty"] == "certain").to_numpy()].mean() > 0.95
    assert right[sure].sum() > 0.85 * made["slip"].sum()
