from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.mergers import Crosswalk, convert, crosswalk
from shuseki.panel import Panel

CONVERTER = (
    Path(__file__).parents[3]
    / "shared/data/japan/merger/kondo_municipality_converter_1980_2020_jp.csv"
)


def panel(areas: tuple[str, ...], **values: list[float]) -> Panel:
    arrays = {name: np.array(column, float).reshape(-1, 1, 1) for name, column in values.items()}
    return Panel(areas, ("all",), ("2000",), arrays)


@pytest.mark.skipif(not CONVERTER.is_file(), reason="Kondo's converter is not beside the checkout")
@pytest.mark.parametrize("year", [2000, 2005, 2010, 2015, 2020])
def test_every_code_goes_where_the_converter_sends_it(year: int) -> None:
    known = pd.read_csv(CONVERTER, dtype=str).dropna(subset="id_muni1995")
    sent = dict(
        zip(known["id_muni1995"].str.zfill(5), known[f"id_muni{year}"].str.zfill(5), strict=True)
    )
    table = crosswalk(1995, year).table
    differ = table[table["from_code"].map(sent) != table["to_code"]]
    # The converter sends 上九一色村 whole to 甲府市; we divide it from 2006 on.
    assert set(differ["from_code"]) <= {"19341"}


def test_forward_covers_all_and_only_the_municipalities_of_the_day() -> None:
    way = crosswalk(1995, 2020)
    assert set(way.table["from_code"]) == set(municipalities(1995)["code"])
    assert set(way.table["to_code"]) == set(municipalities(2020)["code"])


def test_there_and_back_keeps_totals_and_is_marked_as_an_estimate() -> None:
    back = crosswalk(2020, 1995)
    assert back.estimated
    areas = tuple(municipalities(2020)["code"])
    before = panel(areas, plants=list(np.arange(len(areas), dtype=float)))
    done = convert(before, back)
    assert done.panel.values["plants"].sum() == pytest.approx(before.values["plants"].sum())
    again = convert(done.panel, crosswalk(1995, 2020)).panel
    np.testing.assert_allclose(
        np.delete(again.values["plants"], [areas.index("19201"), areas.index("19430")], axis=0),
        np.delete(before.values["plants"], [areas.index("19201"), areas.index("19430")], axis=0),
        rtol=1e-9,
    )


def test_merged_municipalities_add_up() -> None:
    # 尾道市 34205 absorbed 因島市 34206 (2006) and, in 2005, 御調町 34441 and 向島町 34444.
    codes = ("34205", "34206", "34441", "34444")
    done = convert(panel(codes, plants=[10, 20, 3, 4]), crosswalk(1995, 2010))
    new = done.panel
    assert new.values["plants"][new.areas.index("34205"), 0, 0] == 37
    assert done.totals.set_index("variable").loc["plants"].tolist() == [37, 37, 0]
    assert set(done.moves["from_code"]) == set(codes)


def test_a_divided_municipality_is_divided_by_its_weights() -> None:
    done = convert(panel(("19341",), plants=[100]), crosswalk(1995, 2010))
    new = done.panel
    south = new.values["plants"][new.areas.index("19430"), 0, 0]
    north = new.values["plants"][new.areas.index("19201"), 0, 0]
    # Habitable area gained, B1103: 1,776 ha by 富士河口湖町 and 91 ha by 甲府市.
    assert south == pytest.approx(100 * 1776 / 1867, abs=0.01)
    assert north + south == pytest.approx(100)


def test_what_has_no_successor_is_lost_with_its_amount() -> None:
    done = convert(panel(("34205", "99999"), plants=[10, 5]), crosswalk(1995, 2010))
    assert done.lost[["code", "share", "plants"]].values.tolist() == [["99999", 1.0, 5.0]]
    assert "never valid" in done.lost.at[0, "reason"]
    before, after, lost = done.totals.set_index("variable").loc["plants"]
    assert before == after + lost == 15
    assert any("99999" in note for note in done.notes)


def test_unknown_cells_stay_unknown_or_are_skipped() -> None:
    given = panel(("34205", "34206"), sales_yen=[10, np.nan])
    at = municipalities(2010)["code"].tolist().index("34205")
    kept = convert(given, crosswalk(1995, 2010)).panel.values["sales_yen"]
    assert np.isnan(kept[at, 0, 0])
    assert np.isfinite(np.delete(kept, at, axis=0)).all()
    skipped = convert(given, crosswalk(1995, 2010), missing="skip").panel.values["sales_yen"]
    assert skipped[at, 0, 0] == 10


def test_ratios_are_refused_or_averaged() -> None:
    given = panel(("34205", "34206"), labour_force=[100, 300], unemployed_share=[0.1, 0.2])
    with pytest.raises(ParameterError, match=r"unemployed_share.*averages="):
        convert(given, crosswalk(1995, 2010))
    done = convert(given, crosswalk(1995, 2010), averages={"unemployed_share": "labour_force"})
    at = done.panel.areas.index("34205")
    # (100 x .1 + 300 x .2) / 400 = .175
    assert done.panel.values["unemployed_share"][at, 0, 0] == pytest.approx(0.175)
    assert done.totals["variable"].tolist() == ["labour_force"]
    with pytest.raises(UnknownCodeError, match="variable"):
        convert(given, crosswalk(1995, 2010), averages={"unemployed_share": "labour_forces"})


def test_another_divisions_panel_is_refused() -> None:
    with pytest.raises(AlignmentError, match="None of the 2 areas"):
        convert(panel(("001", "002"), plants=[1, 2]), crosswalk(1995, 2010))


def test_the_order_of_areas_does_not_matter() -> None:
    way = crosswalk(1995, 2010)
    one = convert(panel(("34205", "34206"), plants=[1, 2]), way).panel.values["plants"]
    other = convert(panel(("34206", "34205"), plants=[2, 1]), way).panel.values["plants"]
    np.testing.assert_array_equal(one, other)


def test_weights_must_add_up() -> None:
    table = pd.DataFrame(
        {"from_code": ["a", "a"], "to_code": ["b", "c"], "weight": [0.5, 0.4], "kind": "",
         "date": ""}
    )  # fmt: skip
    with pytest.raises(DataError, match="add up to 1 for areas a"):
        Crosswalk(table, "old", "new", pd.DataFrame({"code": ["b", "c"]}))


def test_sizes_divide_going_back_and_must_be_complete() -> None:
    old = municipalities(1995)["code"]
    sizes = pd.Series(1.0, index=old)
    sizes["34206"] = 3.0
    table = crosswalk(2010, 1995, sizes=sizes).table
    part = table[table["from_code"] == "34205"].set_index("to_code")["weight"]
    # 尾道市 of 2010 has five parts of 1995 (瀬戸田町 34430 too): 3 of 1 + 1 + 1 + 1 + 3.
    assert part["34206"] == pytest.approx(3 / 7)
    with pytest.raises(DataError, match="No size is given"):
        crosswalk(2010, 1995, sizes=sizes.drop("34206"))


def test_the_conversion_says_itself() -> None:
    done = convert(panel(("34205", "34206"), plants=[1, 2]), crosswalk(1995, 2010))
    assert done.headline() == (
        "2 areas (municipality on 1995-10-01) → 1,750 (municipality on 2010-10-01); "
        "0 divided, 0 without a successor"
    )
    assert len(done.to_frame()) == 2
