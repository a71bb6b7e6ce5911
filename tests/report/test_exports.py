"""Do the files read back, keep their mark, and come out the same twice?"""

import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from shuseki.errors import ParameterError
from shuseki.report import Document, Table, write_tables
from shuseki.report.exports import to_csv, to_excel, to_latex
from shuseki.sources import Source

INVENTED = Source("P", "shuseki, practice census", "2026", origin="synthetic")
METI = Source("M", "METI, Census", "2001", origin="public")


def simple(name: str = "rates", **about: object) -> Table:
    frame = pd.DataFrame(
        {
            "district": ["東大阪", "=1+1", 'a "b", c'],
            "births": [638, 16, 0],
            "rate_per_10000": [12.884567890123, np.nan, -1 / 3],
            "complete": [True, False, True],
        }
    )
    given: dict[str, object] = {"sources": (METI,), **about}
    return Table(name=name, title=("Rates & births", "開業率"), frame=frame, **given)  # type: ignore[arg-type]


def test_csv_reads_back_without_options_and_keeps_its_origin() -> None:
    back = pd.read_csv(io.StringIO(to_csv(simple())))
    assert list(back.columns) == [*simple().frame.columns, "data_origin"]
    assert back["data_origin"].unique().tolist() == ["Public statistics: METI 2001"]
    # text that a spreadsheet would run gets an apostrophe; everything else reads back as it is
    assert back["district"].tolist() == ["東大阪", "'=1+1", 'a "b", c']
    assert back["births"].dtype == np.int64
    assert back["complete"].tolist() == [True, False, True]
    # ten significant digits
    assert back["rate_per_10000"].tolist()[0] == 12.88456789
    assert np.isnan(back["rate_per_10000"][1])


def test_two_levels_of_columns_and_endings_become_plain_columns(report: Document) -> None:
    table = next(table for table in report.tables() if table.name == "table4")
    back = pd.read_csv(io.StringIO(to_csv(table)))
    assert back.columns[:5].tolist() == [
        "variable",
        "Model_1_printed",
        "Model_1_printed_mark",
        "Model_1_obtained",
        "Model_1_obtained_mark",
    ]
    assert back["Model_1_printed"].dtype == float
    assert set(back["data_origin"]) == {"Synthetic data"}


def test_names_end_in_the_origin_of_the_data(tmp_path: Path, report: Document) -> None:
    written = write_tables(report.tables(), tmp_path / "tables")
    assert [path.name for path in written] == [
        "candidates_synthetic.csv",
        "candidates_synthetic.tex",
        "table4_synthetic.csv",
        "table4_synthetic.tex",
        "districts_public.csv",
        "districts_public.tex",
        "tables_synthetic.xlsx",
    ]
    assert all(path.is_file() for path in written)


def test_formats_can_be_chosen_and_names_must_differ(tmp_path: Path) -> None:
    assert [p.name for p in write_tables([simple()], tmp_path, formats=["csv"])] == [
        "rates_public.csv"
    ]
    with pytest.raises(ParameterError, match="same name: rates"):
        write_tables([simple(), simple()], tmp_path)


def test_the_same_tables_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Document
) -> None:
    first = write_tables(report.tables(), tmp_path / "a")
    # ten years later, as far as openpyxl and zipfile can tell
    later = __import__("time").localtime(2_000_000_000)
    monkeypatch.setattr("time.localtime", lambda *_: later)
    second = write_tables(report.tables(), tmp_path / "b")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_a_workbook_keeps_no_time() -> None:
    with zipfile.ZipFile(io.BytesIO(to_excel([simple()]))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2000-01-01T00:00:00Z") == 2


def test_a_workbook_has_numbers_digits_and_marks() -> None:
    table = simple(digits={"rate_per_10000": 2}, sources=(INVENTED, METI), notes=("Mind this.",))
    book = openpyxl.load_workbook(io.BytesIO(to_excel([table], "ja")))
    assert book.sheetnames == ["目次", "rates"]
    assert [cell.value for cell in book["目次"][4]] == ["rates", "開業率", "合成データ"]
    sheet = book["rates"]
    assert sheet["A1"].value == "開業率"
    assert sheet["A2"].value == "合成データ"
    assert [cell.value for cell in sheet[4]] == [
        "工業地区",
        "開業数",
        "開業率（1万人あたり）",
        "完全",
    ]
    assert sheet["B5"].value == 638
    assert sheet["B5"].number_format == "#,##0"
    assert sheet["C5"].value == 12.88456789
    assert sheet["C5"].number_format == "#,##0.00"
    assert sheet["C6"].value == "–"
    assert sheet["A6"].value == "=1+1"
    assert sheet["A6"].data_type == "s"  # text, not a formula
    assert sheet["D5"].value == "はい"
    remarks = [sheet.cell(row, 1).value for row in range(8, sheet.max_row + 1)]
    assert remarks[0] == "合成データ"
    assert remarks[-1] == "注：Mind this."


def test_stars_in_a_workbook_leave_the_number_a_number(report: Document) -> None:
    table = next(table for table in report.tables() if table.name == "table4")
    sheet = openpyxl.load_workbook(io.BytesIO(to_excel([table])))["table4"]
    assert isinstance(sheet["B6"].value, float)
    assert sheet["B6"].number_format == '#,##0.000"**"'


def test_sheet_names_are_short_and_differ() -> None:
    tables = [simple("a" * 31 + end) for end in ("x", "y")] + [simple("contents")]
    book = openpyxl.load_workbook(io.BytesIO(to_excel(tables)))
    assert book.sheetnames == ["Contents", "a" * 31, "a" * 29 + "~2", "contents~2"]


def test_latex_escapes_groups_and_aligns() -> None:
    table = Table(
        name="t",
        title="50% & more_so",
        frame=pd.DataFrame(
            {"g": ["A", "A", "B"], "v": ["x_1", "y", "z\x1b[\n\n2"], "b": [1.5, -2.0, 3.0]}
        ),
        row_groups="g",
        sources=(INVENTED,),
    )
    text = to_latex(table)
    assert r"z\textbackslash{}x1b[  2 & 3.0 \\" in text  # TeX refuses the character itself
    assert r"\caption{50\% \& more\_so}" in text
    assert r"\begin{tabular}{lr}" in text
    assert text.index(r"\textit{A}") < text.index(r"x\_1 & 1.5 \\") < text.index(r"\textit{B}")
    assert r"y & $-$2.0 \\" in text
    assert r"\footnotesize Synthetic data" in text


def test_latex_headings_span_their_columns(report: Document) -> None:
    table = next(table for table in report.tables() if table.name == "table4")
    text = to_latex(table)
    assert r"\multicolumn{2}{c}{Model 1}" in text
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-5}" in text
    assert r"\rlap{\textsuperscript{**}}" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "&" in line]
    assert {line.count("&") for line in body[1:]} == {8}
