"""Does a table show the digits, marks and words that it was given?"""

import math

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.report import Document, Section, Table, beside, render, wide
from shuseki.report.html.tables import table_html
from shuseki.report.tables import decimals_of, show
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006


def table(**columns: object) -> Table:
    return Table(name="t", title="T", frame=pd.DataFrame(columns))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0005, 3, "0.001"),
        (-0.565, 3, "−0.565"),
        (1234567.891, 1, "1,234,567.9"),
        (-26634, None, "−26,634"),
        (np.int64(7), 0, "7"),
        (np.float64(0.123456), None, "0.1235"),
        (math.nan, 2, "–"),
        (None, None, "–"),
        (pd.NA, None, "–"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "−∞"),
        (True, None, "yes"),
        ("PCM", 3, "PCM"),
    ],
)
def test_one_value(value: object, digits: int | None, text: str) -> None:
    assert show(value, digits) == text


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([392.9, 386.41], 0),  # three figures of 390
        ([2.449, 2.19], 2),
        ([0.2161, 0.0464], 3),  # median 0.131
        ([0.00123, 0.00311], 5),
        ([6.5, 7.0, 3.2], 1),  # no more than the values have
        ([253.0, 251.0], 0),
        ([math.nan, 1.5], 1),
        ([math.nan], 0),
        ([1, 2], 0),
        (["a", "b"], None),
        ([True, False], None),
    ],
)
def test_default_digits_show_three_figures(values: list[object], places: int | None) -> None:
    assert decimals_of(pd.Series(values)) == places


def test_digits_by_column_by_number_and_by_cell() -> None:
    frame = pd.DataFrame({"x": [1.23456], "y": [1.23456]})
    by_column = Table(name="t", title="T", frame=frame, digits={"x": 1})
    assert by_column.shown() == [["1.2"], ["1.23"]]
    assert Table(name="t", title="T", frame=frame, digits=4).shown() == [["1.2346"], ["1.2346"]]
    cells = pd.DataFrame({"x": [0], "y": [3]})
    assert Table(name="t", title="T", frame=frame, digits=cells).shown() == [["1"], ["1.235"]]


def test_years_take_no_comma_and_counts_do() -> None:
    assert table(year=[1998], wave=[2000], from_year=[1966], plants=[1998]).shown() == [
        ["1998"],
        ["2000"],
        ["1966"],
        ["1,998"],
    ]


def test_words_stand_in_for_values_in_the_reader_s_language() -> None:
    made = Table(
        name="t",
        title="T",
        frame=pd.DataFrame({"verdict": ["supported", "food", "other"]}),
        words={"food": ("food", "食品")},
    )
    assert made.shown("ja") == [["支持", "食品", "other"]]
    assert made.shown("en") == [["supported", "food", "other"]]


def test_each_reader_sees_the_columns_of_one_language() -> None:
    made = Table(
        name="t",
        title="T",
        frame=pd.DataFrame(
            {
                "says": ["births"],
                "says_ja": ["開業"],
                "name_en": ["Ota"],
                "name_ja": ["大田"],
                "n_ja": [1.5],
                "x": [2.5],
            }
        ),
        row_names="says",
        digits=pd.DataFrame([[None, None, None, None, 1, 2]]),
    )
    english, japanese = made.in_language("en"), made.in_language("ja")
    assert (
        list(english.frame.columns) == list(japanese.frame.columns) == ["says", "name", "n_ja", "x"]
    )
    assert english.shown("en") == [["births"], ["Ota"], ["1.5"], ["2.50"]]
    assert japanese.shown("ja") == [["開業"], ["大田"], ["1.5"], ["2.50"]]
    assert "大田" in table_html(made, "ja")
    assert "大田" not in table_html(made, "en")
    plain = table(x=[1])
    assert plain.in_language("ja") is plain


def test_a_result_that_speaks_both_languages_is_asked_in_both() -> None:
    @result
    class Steps(Result):
        def headline(self) -> str:
            return "one step"

        def to_frame(self, lang: str = "en") -> pd.DataFrame:
            return pd.DataFrame({"step": ["除外" if lang == "ja" else "set aside"], "n": [3]})

    made = Table.of(Steps(), name="steps", title="Steps")
    assert list(made.frame.columns) == ["step", "step_ja", "n"]
    assert made.in_language("ja").shown("ja") == [["除外"], ["3"]]


def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "variable": ["UNEMPL", "UNIV", "UNEMPL"],
            "model": ["Model 1", "Model 1", "Model 2"],
            "printed": [12.3, -4.56, 11.0],
            "obtained": [12.34, -4.581, 11.16],
            "digits": [1, 2, 1],
            "stars_printed": ["**", "*", ""],
            "stars_obtained": ["***", "*", None],
        }
    )


def test_printed_stands_beside_obtained() -> None:
    made = beside(
        cells(), rows="variable", columns="model", digits="digits", name="table4", title="Table 4"
    )
    assert list(made.frame.columns) == [
        ("", "variable"),
        ("Model 1", "printed"),
        ("Model 1", "obtained"),
        ("Model 2", "printed"),
        ("Model 2", "obtained"),
    ]
    assert made.shown() == [
        ["UNEMPL", "UNIV"],
        ["12.3", "−4.56"],
        ["12.3", "−4.58"],
        ["11.0", "–"],
        ["11.2", "–"],
    ]


def test_what_differs_by_more_than_a_unit_is_marked_and_explained() -> None:
    made = beside(
        cells(),
        rows="variable",
        columns="model",
        digits="digits",
        stars=("stars_printed", "stars_obtained"),
        tolerance_units=1,
        name="table4",
        title="Table 4",
    )
    # 12.34 rounds to 12.3, none off; −4.581 to −4.58, two units off; 11.16 to 11.2, two units off
    assert made.shown()[2] == ["12.3***", "−4.58* ≠"]
    assert made.shown()[4][0] == "11.2 ≠"
    assert made.shown()[1] == ["12.3**", "−4.56*"]
    assert "1 unit of its last digit" in made.remarks()[0]
    loose = beside(
        cells(),
        rows="variable",
        columns="model",
        digits="digits",
        tolerance_units=2,
        name="table4",
        title="Table 4",
    )
    assert not any("≠" in text for column in loose.shown() for text in column)


def test_a_tidy_frame_spreads_into_groups_with_hanging_stars() -> None:
    made = wide(
        cells(),
        rows="variable",
        columns="model",
        values={"b": "obtained", "print": "printed"},
        digits={"b": 2},
        stars={"b": "stars_obtained"},
        name="models",
        title="Models",
    )
    assert made.frame.columns.tolist()[1:3] == [("Model 1", "b"), ("Model 1", "print")]
    assert made.shown()[1] == ["12.34***", "−4.58*"]
    assert made.shown()[2] == ["12.3", "−4.6"]  # three figures of 11
    assert made.frame["Model 1", "b"].tolist() == [12.34, -4.581]
    with pytest.raises(DataError, match="Missing columns: p"):
        wide(cells(), rows="variable", columns="model", values=["p"], name="t", title="T")


def test_beside_refuses_what_it_cannot_place() -> None:
    about = {"rows": "variable", "columns": "model", "name": "t", "title": "T"}
    with pytest.raises(DataError, match="Missing columns: digits"):
        beside(cells().drop(columns="digits"), digits="digits", **about)
    with pytest.raises(ParameterError, match="without digits"):
        beside(cells(), tolerance_units=1, **about)
    with pytest.raises(DataError, match=r"more than once, the first: \['UNIV', 'Model 1'\]"):
        beside(cells().iloc[[0, 1, 1]], **about)


def test_a_table_refuses_bad_names_and_columns() -> None:
    with pytest.raises(ParameterError, match="names files"):
        Table(name="Table 4/5", title="T", frame=pd.DataFrame({"x": [1]}))
    with pytest.raises(DataError, match="same name: x"):
        Table(name="t", title="T", frame=pd.DataFrame([[1, 2]], columns=["x", "x"]))
    with pytest.raises(DataError, match="no column 'y' for its row_names"):
        Table(name="t", title="T", frame=pd.DataFrame({"x": [1]}), row_names="y")


def test_a_table_has_title_headings_rows_and_source() -> None:
    made = beside(
        cells(),
        rows="variable",
        columns="model",
        digits="digits",
        name="table4",
        title=("Start-up <rate>", "開業率"),
        sources=(OKAMURO_2006.at("table 4"),),
    )
    html = render(Document("T", [Section("S", [made])]))
    assert "Start-up &lt;rate&gt;" in html
    assert "Model 1" in html
    assert html.count(">Printed</th>") == html.count(">Obtained</th>") == 2
    assert "As printed: Okamuro 2006" in html
    assert "table 4" in html
    japanese = render(Document("T", [Section("S", [made])]), "ja")
    assert "開業率" in japanese
    assert japanese.count(">再現値</th>") == 2
