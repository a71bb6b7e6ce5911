import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.areas import (
    check_codes,
    city_of,
    iso_date,
    lookup,
    municipalities,
    population,
    prefectures,
    require_codes,
)

CONVERTER = (
    Path(__file__).parents[3]
    / "shared/data/japan/merger/kondo_municipality_converter_1980_2020_jp.csv"
)

# Numbers of municipalities on census day: MIC, census reports (23 special wards included).
COUNTS = {1995: 3255, 2000: 3252, 2005: 2239, 2010: 1750, 2015: 1741, 2020: 1741}


@pytest.mark.parametrize(("year", "count"), COUNTS.items())
def test_counts_on_census_days(year: int, count: int) -> None:
    table = municipalities(year)
    assert len(table) == count
    assert table["code"].is_unique


@pytest.mark.skipif(not CONVERTER.is_file(), reason="Kondo's converter is not beside the checkout")
@pytest.mark.parametrize("year", COUNTS)
def test_codes_are_those_of_the_converter(year: int) -> None:
    known = pd.read_csv(CONVERTER, dtype=str)[f"id_muni{year}"].dropna().str.zfill(5)
    assert set(municipalities(year)["code"]) == set(known)


def test_a_merger_takes_effect_on_its_day() -> None:
    # 因島市 joined 尾道市 on 2006-01-10 (e-Stat 廃置分合等情報).
    assert "34206" in set(municipalities("2006-01-09")["code"])
    assert "34206" not in set(municipalities("2006-01-10")["code"])


def test_a_name_changes_while_the_code_goes_on() -> None:
    # 水海道市 became 常総市 on 2006-01-01 with the same code.
    assert lookup("08211", "2005-12-31").name_ja == "水海道市"
    assert lookup("08211", "2006-01-01").name_ja == "常総市"
    assert lookup("08211").name_en == "Joso-shi"


def test_every_municipality_has_a_centre_in_japan() -> None:
    table = municipalities(1995, wards=True)
    assert table["latitude"].between(24, 46).all()
    assert table["longitude"].between(122, 146).all()


def test_wards_are_listed_on_demand_and_name_their_city() -> None:
    table = municipalities(1995, wards=True)
    wards = table[table["kind"] == "ward"]
    assert set(wards["city"]) <= set(municipalities(1995)["code"])
    # 12 designated cities in 1995.
    assert wards["city"].nunique() == 12


def test_city_of_replaces_wards_only() -> None:
    codes = pd.Series(["01101", "13101", "34205"])
    assert city_of(codes).tolist() == ["01100", "13101", "34205"]


def test_unknown_code_names_its_successor() -> None:
    with pytest.raises(UnknownCodeError, match=r"34206.*valid until 2006-01-10.*34205 \(尾道市\)"):
        require_codes(["34205", "34206"], 2010)


def test_divided_municipality_names_both_successors_the_larger_first() -> None:
    row = check_codes(["19341"], 2010).iloc[0]
    assert row["successor"] == "19430 19201"
    assert "its successors are" in row["advice"]


def test_successors_are_followed_through_several_changes() -> None:
    # 大宮市 → さいたま市 (2001) → さいたま市 as a designated city (2003).
    assert check_codes(["11205"], 2005).at[0, "successor"] == "11100"
    assert check_codes(["11205"], "2002-01-01").at[0, "successor"] == "11244"


@pytest.mark.parametrize(
    ("code", "reason", "successor"),
    [
        ("1100", "malformed", "01100"),  # a leading zero lost in a spreadsheet
        ("342068", "malformed", "34206"),  # six digits, the last a check digit
        ("1100.0", "malformed", "01100"),  # read as a float
        ("tokyo", "malformed", ""),
        ("01101", "ward", "01100"),
        ("13000", "prefecture", ""),
        ("34399", "unknown", ""),
        ("11100", "not yet", ""),
    ],
)
def test_reasons(code: str, reason: str, successor: str) -> None:
    row = check_codes([code], 1995).iloc[0]
    assert (row["reason"], row["successor"]) == (reason, successor)


def test_a_code_that_never_was_names_near_ones() -> None:
    advice = check_codes(["34299"], 1995).at[0, "advice"]
    # 三原市 and 廿日市市 close the cities of 広島県 in 1995, 府中町 opens the towns.
    assert "34302" in advice


def test_valid_codes_give_no_findings() -> None:
    assert check_codes(municipalities(2000)["code"], 2000).empty
    assert check_codes(["01101"], 2000, wards=True).empty


def test_dates() -> None:
    written = (2000, np.int64(2000), "2000", "２０００", "20001001", datetime.date(2000, 10, 1),
               pd.Timestamp("2000-10-01 05:00"), np.datetime64("2000-10-01T05:00:00"))  # fmt: skip
    assert {iso_date(date) for date in written} == {"2000-10-01"}
    with pytest.raises(ParameterError, match="1995-01-01 to 2024-01-01"):
        municipalities(1970)
    for date in ("last year", "²²²²", "2000-10-011", "2000-10-01 or later", "2000-02-30", ""):
        with pytest.raises(ParameterError, match="Not a date"):
            municipalities(date)


def test_population_and_prefectures() -> None:
    # Census 2000: 126,925,843 people.
    assert population(2000).sum() == 126_925_843
    assert len(prefectures()) == 47
    with pytest.raises(ParameterError, match="2005"):
        population(1999)
