"""Establishments add up to a panel, and become sites."""

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError
from shuseki.geography.districts import division
from shuseki.records.store import Store
from shuseki.records.tally import locate, members_of, tally

DIVISION = pd.DataFrame({"municipality": ["01202", "01203"], "area": ["001", "002"]})
WAVES = {
    1998: [(1, "01202", "H01", 30), (2, "01202", "H01", 10), (3, "01203", "L01", 5)],
    2000: [(1, "01202", "H01", 30), (4, "13101", "L01", 7)],
}


def test_by_hand(open_store):
    panel = tally(open_store(WAVES), division=DIVISION)
    assert (panel.areas, panel.industries, panel.periods) == (
        ("001", "002"),
        ("H01", "L01"),
        ("1998", "2000"),
    )
    assert panel.values["plants"][:, :, 0].tolist() == [[2, 0], [0, 1]]
    assert panel.values["employment"][:, :, 0].tolist() == [[40, 0], [0, 5]]
    # (30² + 10²) / 40² = 1000/1600
    herfindahl = panel.values["plant_herfindahl"]
    assert herfindahl[0, 0, 0] == pytest.approx(0.625)
    assert np.isnan(herfindahl[0, 1, 0])
    assert panel.notes == ("1 plants lie outside the division and are left out.",)


def test_squares_add_up_over_cells(open_store):
    """The Herfindahl of a whole is Σ squares / (Σ employment)² of its parts."""
    store = open_store(WAVES)
    parts, whole = tally(store), tally(store, groups={"H01": "all", "L01": "all"})
    for panel in (parts, whole):
        assert panel.values["squared_employment"].sum() == 30**2 + 10**2 + 5**2 + 30**2 + 7**2
    merged = pd.DataFrame({"municipality": ["01202", "01203", "13101"], "area": "x"})
    one = tally(store, waves=[1998], division=merged, groups={"H01": "all", "L01": "all"})
    squares = parts.values["squared_employment"][:, :, 0].sum()
    employment = parts.values["employment"][:, :, 0].sum()
    assert one.values["plant_herfindahl"].item() == pytest.approx(squares / employment**2)


def test_amounts_and_missing_ones(tmp_path):
    frame = pd.DataFrame(
        {
            "wave": 1998,
            "id": [1, 2, 3],
            "municipality": "01202",
            "industry": ["H01", "H01", "L01"],
            "employees": 5,
            "shipments_yen": [1e8, 2e8, None],
        }
    )
    frame.to_parquet(tmp_path / "wave_1998.parquet", index=False)
    shipments = tally(Store.open(tmp_path)).values["shipments_yen"][0, :, 0]
    assert shipments[0] == 3e8
    assert np.isnan(shipments[1])


def test_industries_in_no_group_are_said(open_store):
    panel = tally(open_store(WAVES), waves=[1998], groups={"H01": "high"})
    assert panel.values["plants"].sum() == 2
    assert panel.notes == ("1 plants belong to no group of industries and are left out.",)


def test_the_bundled_districts_know_wards_and_later_codes():
    # 篠山市 (28221) was made of 篠山町 (28641) and others on 1999-04-01; 27102 is 大阪市都島区.
    codes = ["27102", "27100", "28221", "28641"]
    area = division("district-253").places(codes, "2000-12-31").set_index("code")["area"]
    assert area["27102"] == area["27100"]
    assert "28221" not in division("district-253").members["municipality"].tolist()
    assert area["28221"] == area["28641"]


def test_a_division_needs_its_columns_once_each():
    with pytest.raises(DataError, match="lacks columns: area"):
        members_of(DIVISION[["municipality"]])
    with pytest.raises(DataError, match="more than one area: 01202"):
        members_of(pd.concat([DIVISION, DIVISION[:1].assign(area="009")]))


def test_plants_become_sites_without_names(tmp_path):
    frame = pd.DataFrame(
        {
            "wave": 1998,
            "id": [1, 2],
            "municipality": "01202",
            "industry": ["H01", "L01"],
            "employees": [5, 6],
            "name": "a name",
            "latitude": [41.77, None],
            "longitude": [140.73, 140.7],
        }
    )
    frame.to_parquet(tmp_path / "wave_1998.parquet", index=False)
    store = Store.open(tmp_path)
    sites = locate(store, 1998)
    assert len(sites) == 1
    assert sites.notes == ("1 plants of 1998 have no coordinates and are left out.",)
    assert sites.employment.tolist() == [5]
    assert sites.area.tolist() == ["01202"]
    frame.drop(columns="latitude").to_parquet(tmp_path / "wave_1998.parquet", index=False)
    with pytest.raises(DataError, match="has no latitude"):
        locate(Store.open(tmp_path), 1998)
