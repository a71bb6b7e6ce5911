"""Are unsafe cells found in tables that somebody laid out by hand?"""

from collections.abc import Sequence

import pandas as pd
import pytest

from shuseki.release.disclosure.elsewhere import UnsafeCells, check_laid, known_of
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.layouts import laid_out

ROWS = [
    # area A: food 1 (of 2019), metal 9; area B: food 8, metal 7; 2020 one more of each
    ("A", "20", "2019", 1), ("A", "24", "2019", 9), ("B", "20", "2019", 8), ("B", "24", "2019", 7),
    ("A", "20", "2020", 2), ("A", "24", "2020", 10), ("B", "20", "2020", 9), ("B", "24", "2020", 8),
]  # fmt: skip


def universe(**amounts: Sequence[float]) -> Universe:
    frame = pd.DataFrame(ROWS, columns=["area", "industry", "period", "count"])
    return Universe.from_frame(
        "stocks", frame.assign(**amounts), ["area", "industry", "period"],
        amounts=[name for name in amounts if "_" not in name],
    )  # fmt: skip


def judged(*tables: list[list[str]], names: dict[str, str] | None = None,
           of: Universe | None = None) -> UnsafeCells:  # fmt: skip
    there = of or universe()
    laid = [
        (f"sheet {k}", laid_out(rows, range(1, len(rows) + 1), known_of(there),
                                {"area": names or {}}))
        for k, rows in enumerate(tables, 1)
    ]  # fmt: skip
    return check_laid(laid, there)


CROSS = [
    ["Plants", "", "", "", ""],
    ["", "2019", "", "2020", ""],
    ["area", "20", "24", "20", "24"],
    ["Ota", "1", "9", "2", "10"],
    ["B", "8", "7", "9", "8"],
    ["total", "9", "16", "11", "18"],
    ["Source: own records", "", "", "", ""],
]


def test_axes_in_columns_under_a_heading_of_two_rows() -> None:
    found = judged(CROSS, names={"Ota": "A"})
    assert found.cells == 12
    assert found.unknown == ()
    assert found.table[["row", "column", "value"]].to_numpy().tolist() == [
        [4, "2019 20", "1"],
        [4, "2020 20", "2"],
    ]


def test_what_is_marked_is_found_from_the_totals_below() -> None:
    marked = [[*row] for row in CROSS]
    marked[3][1] = marked[3][3] = "X"
    found = judged(marked, names={"Ota": "A"})  # 9 − 8 = 1, 11 − 9 = 2
    assert found.table[["row", "value"]].to_numpy().tolist() == [[4, "X"], [4, "X"]]
    marked[4][1] = marked[4][3] = "X"
    assert judged(marked, names={"Ota": "A"}).is_safe


def test_one_sheet_gives_away_what_another_hides() -> None:
    hidden = [["area", "industry", "wave", "plants"], ["A", "20", "2019", "X"]]
    assert judged(hidden).is_safe
    other = [["area", "wave", "plants"], ["A", "2019", "10"]]
    rest = [["area", "industry", "wave", "plants"], ["A", "24", "2019", "9"]]
    found = judged(hidden, other, rest)  # 10 − 9 = 1
    assert found.table[["sheet", "row", "value"]].to_numpy().tolist() == [["sheet 1", 2, "X"]]


def test_a_count_is_judged_as_a_count_and_an_amount_as_an_amount() -> None:
    employees = [10.0, 90, 80, 70, 20, 100, 90, 80]
    first = [10.0, 80, 20, 20, 15, 20, 20, 20]  # 80 of 90: more than three quarters
    there = universe(employment=employees, employment_largest=first, employment_second=[0.0] * 8)
    table = [["area", "industry", "wave", "plants", "employment"], ["A", "24", "2019", "9", "90"]]
    found = judged(table, of=there)
    assert found.table[["column", "value"]].to_numpy().tolist() == [["employment", "90"]]


def test_small_whole_numbers_of_something_else_are_named() -> None:
    table = [["area", "wave", "births"], ["A", "2020", "2"], ["B", "2020", "4"]]
    found = judged(table)
    assert found.table[["row", "value"]].to_numpy().tolist() == [[2, "2"]]
    assert "if it counts establishments" in str(found.table["reason"].iloc[0])
    rates = [["area", "wave", "rate"], ["A", "2020", "2.5"], ["B", "2020", "1.5"]]
    assert judged(rates).is_safe


@pytest.mark.parametrize("word", ["total", "計", ""])
def test_words_for_all_are_totals(word: str) -> None:
    table = [["area", "industry", "wave", "plants"], ["A", word, "2019", "10"]]
    assert judged(table).is_safe


def test_a_row_of_an_unknown_area_is_no_proof_of_safety() -> None:
    table = [["area", "wave", "plants"], ["A", "2019", "10"], ["Elsewhere", "2019", "5"]]
    found = judged(table)
    assert found.unknown == (3,)
    assert not found.is_safe
