"""The printed paper as data."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuseki.datasets.printed import printed_paper
from shuseki.entry.printed import PrintedNumber, PrintedPaper
from shuseki.errors import DataError, ParameterError, UnknownCodeError

PAPER = """
[paper]
key = "small"
citation = "Nobody, A small paper"
year = "2000"
[paper.aliases]
SZIE = "SIZE"

[[statement]]
id = "plants"
kind = "quantity"
page = "3"
section = "2"
says = "plants"
value = "1,200"
unit = "plants"
"""


@pytest.mark.parametrize(
    ("text", "value", "last_digit", "low", "high"),
    [  # by hand: half a unit of the last digit either way
        ("0.121E-04", 1.21e-5, 1e-7, 1.205e-5, 1.215e-5),
        ("-.230", -0.230, 1e-3, -0.2305, -0.2295),
        ("−.230", -0.230, 1e-3, -0.2305, -0.2295),
        ("12,453", 12453, 1, 12452.5, 12453.5),
        ("23.1%", 0.231, 1e-3, 0.2305, 0.2315),
        ("10.2", 10.2, 0.1, 10.15, 10.25),
        ("10.20", 10.2, 0.01, 10.195, 10.205),
        ("-3.52", -3.52, 0.01, -3.525, -3.515),
        ("0.307E-02", 0.00307, 1e-5, 0.003065, 0.003075),
    ],
)
def test_a_number_knows_its_last_digit(text, value, last_digit, low, high):
    number = PrintedNumber(text)
    assert number.value == pytest.approx(value, rel=1e-15)
    assert number.last_digit == pytest.approx(last_digit, rel=1e-15)
    assert number.interval == pytest.approx((low, high), rel=1e-14)


def test_a_fraction_and_a_count_are_exact():
    assert PrintedNumber("1/3").interval == (1 / 3, 1 / 3)
    assert PrintedNumber("251", exact=True).interval == (251, 251)


@pytest.mark.parametrize("text", ["", "abc", "1,23", "--1", "1.2.3", ".", "%", "12 3"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(DataError, match="not a printed number"):
        PrintedNumber(text)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_value_agrees_with_its_own_print(value, decimals):
    printed = PrintedNumber(f"{value:.{decimals}f}")
    assert printed.agrees_with(value)
    assert printed.units_off(value) <= 0.5 + 1e-6
    assert not printed.agrees_with(value + 1.01 * printed.last_digit)


@pytest.mark.parametrize("text", ["0.121E-04", "-0.0909", "12,453", "23.1%", "10.2", "251"])
def test_print_like_writes_the_same_way(text):
    assert PrintedNumber(text).print_like(PrintedNumber(text).value) == text


def test_the_bundled_paper_is_whole():
    paper = printed_paper("okamuro-2006")
    # Counted in tables 4-6, the constant included.
    coefficients = paper.table("coefficients")
    terms = coefficients.groupby(["outcome", "model"]).size().unstack()
    assert terms.loc["START"].tolist() == [10, 10, 8, 9]
    assert (terms == terms.loc["START"]).all(axis=None)
    assert len(paper.table("fit")) == 36
    assert len(paper.table("descriptives")) == len(paper.table("variables")) == 14
    assert len(paper.table("correlations")) == 14 * 15 / 2
    assert paper.table("ranking").groupby("outcome").size().tolist() == [10, 10, 10]
    assert paper.table("industries").groupby("group").size().to_dict() == {"high": 22, "low": 36}
    assert paper.outcomes == ("START", "START_H", "START_L")
    assert paper.models == ("1", "2", "3", "4")


def test_the_paper_is_kept_as_printed_misprints_included():
    paper = printed_paper("okamuro-2006")
    # Table 6, model 1 prints -0.0565; pages 6 and 7 print 6,411 and 3,760.
    assert (
        paper.number(
            "coefficients", "coefficient", outcome="START_L", model="1", term="HITECH"
        ).text
        == "-0.0565"
    )
    assert paper.statement("seen_before").number().value == 6411
    assert paper.statement("births_high").number().value == 3760
    assert paper.statement("births_high").where == "p. 7, section 3"


def test_statements_name_only_what_the_tables_print():
    paper = printed_paper("okamuro-2006")
    variables = set(paper.table("variables")["variable"])
    quantities = {s.id for kind in ("quantity", "quantity_range") for s in paper.of_kind(kind)}
    for statement in paper.statements:
        for field in ("variables", "higher_with", "lower_with", "any_of"):
            assert set(statement.get(field, ())) <= variables, statement.id
        assert set(statement.get("outcomes", ())) <= set(paper.outcomes), statement.id
    for statement in paper.of_kind("share"):
        assert {statement["part"], statement["whole"], statement["share"]} <= quantities
    for statement in paper.of_kind("sum"):
        assert {*statement["parts"], statement["total"]} <= quantities


def test_the_correlation_matrix_is_symmetric_with_ones():
    matrix = printed_paper("okamuro-2006").correlation_matrix()
    assert matrix.shape == (14, 14)
    assert (matrix == matrix.T).all(axis=None)
    assert all(matrix.loc[name, name] == 1 for name in matrix)
    assert matrix.loc["WAGE", "UNIV"] == 0.693  # appendix 2


def folder(tmp_path: Path, toml: str = PAPER, **tables: str) -> Path:
    (tmp_path / "paper.toml").write_text(toml, encoding="utf-8")
    for kind, text in tables.items():
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_another_paper_is_another_folder(tmp_path):
    paper = PrintedPaper.read(
        folder(
            tmp_path, descriptives="table,variable,mean,median,sd,min,max,n\n1,SZIE,2,2,1,0,9,30\n"
        )
    )
    assert paper.table("descriptives")["variable"].tolist() == ["SIZE"]  # the alias
    assert paper.number("descriptives", "min", variable="SIZE").interval == (0, 0)
    assert paper.table("ranking").empty
    assert paper.statement("plants").number().interval == (1200, 1200)
    assert math.isclose(paper.values("descriptives", "sd").iloc[0], 1)


def test_bad_folders_are_named(tmp_path):
    with pytest.raises(DataError, match=r"No paper\.toml"):
        PrintedPaper.read(tmp_path)
    head = "table,variable,mean,median,sd,min,max,n\n"
    with pytest.raises(DataError, match=r"Missing columns in fit\.csv: statistic"):
        PrintedPaper.read(folder(tmp_path, fit="table,outcome,model,value,stars\n"))
    (tmp_path / "fit.csv").unlink()
    with pytest.raises(DataError, match=r"given twice in descriptives\.csv: SIZE"):
        PrintedPaper.read(folder(tmp_path, descriptives=head + 2 * "1,SIZE,2,2,1,0,9,30\n"))
    with pytest.raises(DataError, match=r"descriptives\.csv, line 2, column sd: 'one'"):
        PrintedPaper.read(folder(tmp_path, descriptives=head + "1,SIZE,2,2,one,0,9,30\n"))
    (tmp_path / "descriptives.csv").unlink()
    with pytest.raises(DataError, match="'plants' lacks unit"):
        PrintedPaper.read(folder(tmp_path, PAPER.replace('unit = "plants"', "")))


def test_questions_without_an_answer_are_named():
    paper = printed_paper("okamuro-2006")
    with pytest.raises(ParameterError, match="4 cells of coefficients"):
        paper.number("coefficients", "t", outcome="START", term="PCM")
    with pytest.raises(UnknownCodeError, match="kind of table"):
        paper.table("coefficient")
    with pytest.raises(UnknownCodeError, match="births_high"):
        paper.statement("birth_high")
    with pytest.raises(UnknownCodeError, match="okamuro-2006"):
        printed_paper("okamuro-2005")
