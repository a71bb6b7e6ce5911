"""The printed paper as data."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuseki.errors import DataError, OutputError, ParameterError, UnknownCodeError
from shuseki.papers.audit import audit
from shuseki.papers.catalogue import (
    new_paper,
    printed_designs,
    printed_hypotheses,
    printed_paper,
)
from shuseki.papers.printed import PrintedNumber, PrintedPaper, p_interval

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


SMALL = '[paper]\nkey = "small"\n'


@pytest.mark.parametrize(
    ("toml", "tables", "message"),
    [
        (SMALL, {"coefficient": "a\n"}, "file in .*coefficient.csv.*Did you mean coefficients.csv"),
        (SMALL, {"fit": "outcome,model,statistc,value\n"}, "column of fit.csv.*mean statistic"),
        (SMALL + "star = 1\n", {}, r"key of \[paper\] in paper.toml: star.*Did you mean stars"),
        (SMALL + "[[statment]]\n", {}, "table of paper.toml: statment.*Did you mean statement"),
        (SMALL + '[tables]\n1 = {titel = "x"}\n', {}, "table 1 .*titel.*Did you mean title"),
        (PAPER.replace('"quantity"', '"quantty"'), {}, "kind of statement: quantty"),
        (PAPER + 'untis = "x"\n', {}, "field of statement 'plants': untis.*Did you mean unit"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(tmp_path, toml, tables, message):
    if "quantty" in toml:
        toml = toml.replace('value = "1,200"', "").replace('unit = "plants"', "")
    with pytest.raises(UnknownCodeError, match=message):
        PrintedPaper.read(folder(tmp_path, toml, **tables))


@pytest.mark.parametrize(
    ("toml", "tables", "message"),
    [
        ("[paper", {}, "not a TOML file"),
        (SMALL + 'stars = { "*" = 10 }\n', {}, "levels as shares"),
        (SMALL + 'areas = "many"\n', {}, "areas: expected a whole number"),
        (SMALL, {"fit": ""}, "empty. Expected a heading: table, outcome"),
        (SMALL, {"fit": "# a comment\noutcome,model,statistic,value\nY,1,n\n"},
         "fit.csv, line 3: 3 cells for 4 columns"),
        (SMALL, {"coefficients": "outcome,model,term,coefficient,p\nY,1,X,0.1,n.s.\n"},
         "line 2, column p: 'n.s.'"),
    ],
)  # fmt: skip
def test_broken_files_are_named(tmp_path, toml, tables, message):
    with pytest.raises(DataError, match=message):
        PrintedPaper.read(folder(tmp_path, toml, **tables))


def test_columns_may_be_left_out_and_comments_stand_first(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    paper = PrintedPaper.read(
        folder(
            tmp_path,
            "",
            coefficients="# ours\n\noutcome,model,term,coefficient,se,p\nY,1,X,0.50,0.10,<.001\n",
            descriptives="variable,mean,n,step\nX,3.5,10,1\n",
        )
    )
    assert paper.key == tmp_path.name
    assert paper.table("coefficients").iloc[0].to_dict() == {
        "table": "", "outcome": "Y", "model": "1", "term": "X", "coefficient": "0.50", "t": "",
        "stars": "", "se": "0.10", "p": "<.001",
    }  # fmt: skip
    assert paper.table("descriptives").loc[0, "step"] == "1"
    assert paper.table("descriptives").loc[0, "sd"] == ""


def test_a_folder_is_read_by_its_path_and_started_from_a_template(tmp_path):
    made = tmp_path / "new"
    assert "paper.toml" in new_paper(made)
    paper = printed_paper(made)
    assert len(paper.table("coefficients")) == 7
    assert [design.terms for design in printed_designs(made)] == [
        ("SIZE", "SCHOOLS"), ("SIZE", "WAGE", "SCHOOLS")
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"No hypotheses\.toml"):
        printed_hypotheses(made)
    with pytest.raises(OutputError, match="nothing was written"):
        new_paper(made)
    assert audit(paper).findings == ()


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


@pytest.mark.parametrize(
    "text", ["1E999", "-0.5e+400", "1E-400", "1/0", "9" * 400, "9" * 400 + "/7", "1e" + "9" * 5_000]
)
def test_a_number_that_no_machine_holds_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="out of range"):
        PrintedNumber(text)
    assert np.isnan(p_interval(text)).all()


def test_the_ends_of_the_range_have_intervals() -> None:
    assert PrintedNumber("1E300").interval == pytest.approx((5e299, 1.5e300))
    assert PrintedNumber("2.5E-319").interval == pytest.approx((2.45e-319, 2.55e-319), abs=1e-322)
