"""Which tables stand in a file that was laid out for readers?"""

from pathlib import Path

import openpyxl
import pytest

from shuseki.errors import DataError
from shuseki.reading.grids import grids


def workbook(path: Path) -> Path:
    """Two sheets, one hidden; a title, a heading over two columns, a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "plants"
    for row in (["Plants of the district"], [None, 2019, None], ["area", "food", "metal"],
                ["01", 12, 7], ["total", 34, 20], [], ["X: suppressed"]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("B2:C2")
    other = book.create_sheet("more")
    other.sheet_state = "hidden"
    other.append(["area", "plants"])
    other.append(["01", 19])
    book.save(path)
    return path


def test_every_sheet_is_read_with_merged_cells_filled(tmp_path: Path) -> None:
    first, second = grids(workbook(tmp_path / "t.xlsx"))
    assert (first.place, second.place) == ("plants", "more")
    assert first.rows[1] == ("", "2019", "2019")
    assert first.rows[3] == ("01", "12", "7")
    assert first.numbers == (1, 2, 3, 4, 5, 7)
    assert second.rows == (("area", "plants"), ("01", "19"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_csv_with_a_title_and_lines_of_other_lengths(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text('事業所数\n\n地域,産業,事業所数\nA,"1,2",3\n注\n', encoding=encoding)
    (found,) = grids(path)
    assert found.rows[1:3] == (("地域", "産業", "事業所数"), ("A", "1,2", "3"))
    assert found.numbers == (1, 3, 4, 5)


def test_cells_of_a_page_that_reach_over_rows_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.html"
    path.write_text(
        "<table><tr><th rowspan=2>area<th colspan=2>2019<tr><th>food<th>metal"
        "<tr><td>A &amp; B<td>1,234<td><b>X</b></table><table><tr><td>1</table>",
        encoding="utf-8",
    )
    first, second = grids(path)
    assert first.rows == (
        ("area", "2019", "2019"), ("area", "food", "metal"), ("A & B", "1,234", "X"),
    )  # fmt: skip
    assert second.place == "table 2"


def test_latex_as_shuseki_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "t.tex"
    path.write_text(
        "\\begin{tabular}{llr}\n\\toprule\n & \\multicolumn{2}{c}{2019} \\\\\n"
        "\\cmidrule(lr){2-3}\narea & food & metal \\\\\n\\midrule\nA\\_1 & 12 & $-$3 \\\\\n"
        "\\bottomrule\n\\end{tabular}\n",
        encoding="utf-8",
    )
    (found,) = grids(path)
    assert found.rows == (("", "2019", "2019"), ("area", "food", "metal"), ("A_1", "12", "-3"))


def test_json_is_a_table_of_its_records(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"area": "A", "plants": 2}, {"area": "B", "plants": 3}]', encoding="utf-8")
    (found,) = grids(path)
    assert found.rows[0] == ("area", "plants")
    assert [row[0] for row in found.rows[1:]] == ["A", "B"]


def test_a_file_without_a_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.html"
    path.write_text("<p>nothing</p>", encoding="utf-8")
    with pytest.raises(DataError, match="no table"):
        grids(path)
