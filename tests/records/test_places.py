"""What a code of a municipality is, from the file to the counts."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shuseki.geography.areas import iso_date, municipalities
from shuseki.geography.districts import division, division_from_table
from shuseki.records.ingest import ingest
from shuseki.records.store import Store
from shuseki.records.tally import places_of, tally
from shuseki.records.validation import validate

HEADER = "wave,id,municipality,industry,employees"


def written(path: Path, wave: int, codes: list[str], more: str = "", fields: str = "") -> Path:
    rows = [f"{wave},{k + 1},{code},29,5{more}" for k, code in enumerate(codes)]
    path.write_text("\n".join([HEADER + fields, *rows]) + "\n", encoding="utf-8")
    return path


def kept(folder: Path) -> list[str]:
    store = Store.open(folder)
    rows = pd.concat([store.wave(year).to_pandas() for year in store.waves])
    return rows.sort_values("id")["municipality"].tolist()


def test_check_digits_and_lost_zeros_are_repaired_counted_and_said(tmp_path: Path) -> None:
    path = written(tmp_path / "w.csv", 1998, ["131113", "12025", "12106", "141003", "1202"])
    found = validate(path)
    assert found.counts == {"no municipality": 1, "repaired municipality": 4}
    says = found.to_frame().set_index("row")["says"]
    assert "13111" in says[2]
    assert "01210" in says[4]
    assert "01202" in says[6]
    assert found.to_frame()["kind"].tolist() == ["repaired"] * 4 + ["set aside"]
    assert found.to_frame()["value"].tolist() == ["131113", "12025", "12106", "141003", "1202"]
    assert any(
        note.startswith("Municipality codes read") and note.endswith("4.") for note in found.notes
    )
    report = ingest(path, tmp_path / "store")
    assert report.notes == tuple(f"w.csv: {note}" for note in found.notes[1:])
    assert ingest(path, tmp_path / "store").notes == report.notes  # in already, and still said
    assert kept(tmp_path / "store") == ["13111", "01202", "01210", "14100"]


def test_codes_that_can_be_two_are_set_aside_only_in_a_mixed_file(tmp_path: Path) -> None:
    mixed = validate(written(tmp_path / "a.csv", 1998, ["131113", "13103", "12106"]))
    assert mixed.counts["ambiguous municipality"] == 1
    plain = validate(written(tmp_path / "b.csv", 1998, ["13111", "12106"]))
    assert plain.is_clean
    alone = validate(written(tmp_path / "c.csv", 1998, ["12106"]))
    assert alone.counts == {"code that could be another": 1}


def test_numbers_in_parquet_are_codes_too(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"wave": 1998, "id": [1, 2], "municipality": [13111.0, np.nan], "industry": "29",
         "employees": 5}
    )  # fmt: skip
    frame.to_parquet(tmp_path / "w.parquet")
    assert validate(tmp_path / "w.parquet").counts == {
        "no municipality": 1,
        "municipality: decimal": 1,
    }


def test_totals_are_no_municipalities(tmp_path: Path) -> None:
    codes = ["00000", "01000", "13100", "", "01202"]
    found = validate(written(tmp_path / "w.csv", 2010, codes))
    assert found.counts == {"no municipality": 1, "unknown municipality": 3}
    assert "prefecture" in " ".join(found.to_frame()["says"])


def test_a_wave_after_the_newest_list_is_read_by_it(tmp_path: Path) -> None:
    path = written(tmp_path / "w.csv", 2027, ["22138", "13111"])
    found = validate(path)
    assert found.is_clean
    assert "2024-01-01; it is used for 2027-12-31" in " ".join(found.notes)
    assert ingest(path, tmp_path / "store").notes == (f"w.csv: {found.notes[1]}",)
    panel = tally(Store.open(tmp_path / "store"))
    assert panel.areas == ("13111", "22130")
    assert "it is used for 2027-12-31" in " ".join(panel.notes)


# ---- counts -----------------------------------------------------------------------------


def a_store(folder: Path, waves: dict[int, list[str]]) -> Store:
    folder.mkdir()
    for year, codes in waves.items():
        frame = pd.DataFrame(
            {"wave": year, "id": range(1, len(codes) + 1), "municipality": codes,
             "industry": "29", "employees": 5}
        )  # fmt: skip
        frame.to_parquet(folder / f"wave_{year}.parquet", index=False)
    return Store.open(folder)


def test_an_area_holds_the_same_places_in_every_wave(tmp_path: Path) -> None:
    # 因島市 (34206) joined 尾道市 (34205) on 2006-01-10; 14101 is a ward of 横浜市.
    store = a_store(
        tmp_path / "s", {2004: ["34206", "34205", "14101"], 2010: ["34205", "34205", "14101"]}
    )
    panel = tally(store)
    assert panel.areas == ("14100", "34205")
    assert panel.values["plants"][:, 0].tolist() == [[1, 1], [2, 2]]
    told = " ".join(panel.notes)
    assert "codes of wards, counted with their city: 2 (14101" in told
    assert "merged or renamed by 2010-12-31, counted with its successor: 1 (34206" in told
    assert tally(store, waves=[2004]).areas == ("14100", "34205", "34206")


def test_wards_stay_where_the_user_names_them(tmp_path: Path) -> None:
    store = a_store(tmp_path / "s", {2000: ["14101", "14102", "14102", "14204"]})
    table = pd.DataFrame(
        {"municipality": ["14101", "14102", "14204"], "area": ["north", "port", "old"]}
    )
    for by in (table, division_from_table(table, date=2000)):
        panel = tally(store, division=by)
        counts = dict(zip(panel.areas, panel.values["plants"][:, 0, 0], strict=True))
        assert counts == {"north": 1, "port": 2, "old": 1}


def test_a_users_table_of_one_year_holds_for_waves_of_others(tmp_path: Path) -> None:
    # 富谷町 (04423) became 富谷市 (04216) on 2016-10-10.
    table = pd.DataFrame({"municipality": ["04423", "04100"], "area": ["a", "b"]})
    store = a_store(tmp_path / "s", {2014: ["04423", "04101"], 2019: ["04216", "04101"]})
    panel = tally(store, division=table)
    assert panel.values["plants"][:, 0].tolist() == [[1, 1], [1, 1]]


def test_codes_of_another_date_than_their_wave_are_told(tmp_path: Path) -> None:
    store = a_store(tmp_path / "s", {2000: ["04216", "13111", "13103"]})
    panel = tally(store)
    assert panel.areas == ("04423", "13103", "13111")
    assert "a code of another date than their wave" in " ".join(panel.notes)


def test_codes_of_another_country_are_left_alone(tmp_path: Path) -> None:
    counties = ["06037", "13101", "36061", "48201"]
    store = a_store(tmp_path / "s", {2000: counties})
    panel = tally(store)
    assert panel.areas == tuple(counties)
    assert panel.notes == ()
    own = pd.DataFrame({"municipality": counties, "area": ["w", "s", "n", "s"]})
    assert tally(store, division=own).values["plants"][:, 0, 0].tolist() == [1, 2, 1]


@pytest.mark.parametrize("date", [1995, "1999-12-31", 2005, 2010, 2020])
def test_every_municipality_of_a_day_lies_in_its_prefecture(date: Any, tmp_path: Path) -> None:
    units = municipalities(date, wards=True)
    store = a_store(tmp_path / "s", {int(iso_date(date)[:4]): units["code"].tolist()})
    places = places_of(store, division("prefecture", date), list(store.waves))
    assert places.table is not None
    assert (places.table["area"] == places.table["municipality"].str[:2]).all()


# ---- days of opening and closing -------------------------------------------------------------


def test_days_that_do_not_fit_are_found(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(
        HEADER + ",opened,closed\n"
        "2000,1,13111,29,5,1990-01-01,\n"
        "2000,2,13111,29,5,1990-01-01,2000-12-31\n"  # closed on the day of the wave
        "2000,3,13111,29,5,1990-01-01,2001-01-01\n"  # the day after: there
        "2000,4,13111,29,5,2001-01-01,\n"  # opened after it
        "2000,5,13111,29,5,1999-01-01,1998-01-01\n",
        encoding="utf-8",
    )
    found = validate(path)
    assert found.counts == {
        "closed before the wave": 2,
        "opened after the wave": 1,
        "closed before it opened": 1,
    }
    rows = found.to_frame().groupby("reason")["row"].agg(list).to_dict()
    assert rows == {
        "closed before the wave": [3, 6],
        "opened after the wave": [5],
        "closed before it opened": [6],
    }
    report = ingest(path, tmp_path / "store")
    assert report.files["rows_kept"].tolist() == [5]
    assert any("closed by the end of their wave" in n and n.endswith(": 2.") for n in report.notes)
    store = Store.open(tmp_path / "store")
    assert store.wave(2000).count().to_pyarrow().as_py() == 5
    assert tally(store).values["plants"].sum() == 3
