"""Codes of several dates, brought to one."""

import pandas as pd
import pytest

from shuseki.errors import UnknownCodeError
from shuseki.geography.areas import (
    check_codes,
    heirs,
    list_day,
    municipalities,
    origins,
    spells,
    valid_days,
)
from shuseki.geography.districts import division, division_from_table, division_of_members
from shuseki.geography.editions import edition
from shuseki.geography.names import spelling_key

# From the list of changes (e-Stat 廃置分合等情報): towns and villages that became cities.
BECAME_CITIES = [
    ("04423", "04216", "2016-10-10"),  # 富谷
    ("40305", "40231", "2018-10-01"),  # 那珂川
    ("03305", "03216", "2014-01-01"),  # 滝沢
    ("12402", "12239", "2013-01-01"),  # 大網白里
    ("23304", "23238", "2012-01-04"),  # 長久手
]


@pytest.mark.parametrize(("town", "city", "day"), BECAME_CITIES)
def test_a_town_and_the_city_it_became_are_one_place_on_any_day(
    town: str, city: str, day: str
) -> None:
    before = (pd.Timestamp(day) - pd.Timedelta(days=1)).date().isoformat()
    for at, code in ((before, town), (day, city)):
        assert edition([town, city], at).of() == {town: code, city: code}
    assert origins(city, before) == [town]


# Cities that became designated since 1995, with the day on which their wards began.
DESIGNATED = [
    ("11100", "2003-04-01"), ("22100", "2005-04-01"), ("27140", "2006-04-01"),
    ("15100", "2007-04-01"), ("22130", "2007-04-01"), ("33100", "2009-04-01"),
    ("14150", "2010-04-01"), ("43100", "2012-04-01"),
]  # fmt: skip


@pytest.mark.parametrize(("city", "day"), DESIGNATED)
def test_wards_count_with_their_city_from_their_first_day(city: str, day: str) -> None:
    wards = municipalities(day, wards=True).query("city == @city")["code"].tolist()
    assert len(wards) >= 3
    assert set(edition(wards, day).of().values()) == {city}
    # … and before it, with what the city was formed from, or took in later, as one area
    before = (pd.Timestamp(day) - pd.Timedelta(days=1)).date().isoformat()
    old = set(municipalities(before)["code"])
    older = [part for ward in wards for part in origins(ward, before)]
    at = edition(wards + older, before).of()
    assert set(older) <= old
    assert len({at[code] for code in older}) == 1
    assert {at[ward] for ward in wards} == {at[code] for code in older}


def test_redrawn_wards_have_successors() -> None:
    # 2024-01-01: 中・東・西・南区 and part of 北区 → 中央区; the rest of it and 浜北区 → 浜名区;
    # 天竜区 got a new code.
    day = "2024-01-01"
    assert [heirs(f"2213{k}", day) for k in (1, 2, 3, 4, 6, 7)] == [
        ["22138"], ["22138"], ["22138"], ["22138"], ["22139"], ["22140"]
    ]  # fmt: skip
    assert sorted(heirs("22135", day)) == ["22138", "22139"]
    assert heirs("22131", "2023-12-31") == []
    advice = check_codes(["22138"], "2023-12-31", wards=True).at[0, "advice"]
    assert "22131" in advice
    assert "22136" not in advice
    # the city itself went on, and its wards of either day lie in it
    codes = [f"2213{k}" for k in range(1, 10)] + ["22140"]
    assert set(edition(codes, "2023-12-31").of().values()) == {"22130"}
    assert set(edition(codes, day).of().values()) == {"22130"}
    by_ward = edition(codes, day, by_ward=["22130"]).of()
    assert by_ward["22134"] == "22138"
    assert by_ward["22137"] == "22140"


def test_every_code_since_1995_leads_to_a_municipality_of_today() -> None:
    codes = spells()["code"].unique()
    at = edition(codes, "2024-01-01")
    assert set(at.table["municipality"]) == set(municipalities("2024-01-01")["code"])


def test_no_code_was_given_twice() -> None:
    table = spells().sort_values(["code", "valid_from"])
    ended = table.groupby("code")["valid_to"].shift()
    again = ended.notna()
    assert (ended[again] == table.loc[again, "valid_from"]).all()


def test_a_code_of_the_future_brings_its_parts_together() -> None:
    # 西東京市 (13229) was formed of 田無市 (13216) and 保谷市 (13217) on 2001-01-21.
    at = edition(["13216", "13217", "13229", "13111"], "2000-12-31")
    assert at.of() == {"13111": "13111", **dict.fromkeys(["13216", "13217", "13229"], "13229")}
    assert edition(["13216", "13217", "13111"], "2000-12-31").of()["13216"] == "13216"


def test_a_merger_across_prefectures() -> None:
    # 山口村 (長野県 20431) joined 中津川市 (岐阜県 21206) on 2005-02-13.
    assert edition(["20431", "21206"], "2005-02-12").of()["20431"] == "20431"
    assert edition(["20431", "21206"], "2005-02-13").of()["20431"] == "21206"
    areas = division("prefecture", 2005).places(["20431"], "2004-12-31")
    assert areas["area"].tolist() == ["21"]


def test_a_division_in_parts_is_told() -> None:
    # 上九一色村 (19341) was divided on 2006-03-01, .95 to 富士河口湖町 (19430).
    table = edition(["19341", "19430"], "2006-12-31").table.set_index("code")
    assert table.loc["19341", ["municipality", "reason"]].tolist() == ["19430", "divided"]


def test_days_before_and_after_the_lists() -> None:
    assert list_day("2030-12-31") == "2024-01-01"
    assert list_day("1990-12-31") == "1995-01-01"
    assert edition(["14101"], "2031-12-31").of() == {"14101": "14100"}
    assert valid_days(["12239", "12402"]) is None


def test_codes_of_another_country_stay() -> None:
    counties = ["06037", "13101", "36061", "48201"]
    assert edition(counties, 2010).of() == dict(zip(counties, counties, strict=True))


# ---- divisions -----------------------------------------------------------------------------------


def test_a_division_may_name_wards() -> None:
    table = pd.DataFrame(
        {"municipality": ["14101", "14102", "14204"], "area": ["north", "port", "kamakura"]}
    )
    by = division_from_table(table, date=2000)
    places = by.places(["14101", "14102", "14204", "14103", "14100"], "2000-12-31")
    area = places.set_index("code")
    assert area["area"][["14101", "14102", "14204"]].tolist() == ["north", "port", "kamakura"]
    assert area.at["14103", "area"] in ("north", "port", "")  # named by no one: with its city
    assert area.at["14100", "share"] == 0.5  # the city as a whole lies in two areas


def test_wards_that_were_redrawn_stay_in_the_areas_of_the_user() -> None:
    table = pd.DataFrame(
        {
            "municipality": [f"2213{k}" for k in range(1, 8)],
            "area": ["city"] * 4 + ["north"] * 3,
        }
    )
    by = division_from_table(table, date="2023-12-31")
    area = by.places(["22138", "22139", "22140", "22131"], "2024-12-31").set_index("code")["area"]
    assert area.to_dict() == {"22131": "city", "22138": "city", "22139": "north", "22140": "north"}


def test_a_table_of_another_date_is_refused_with_the_date_to_say() -> None:
    table = pd.DataFrame({"municipality": ["12239", "12100"], "area": ["east", "west"]})
    assert division_from_table(table, date="2013-10-01").date == "2013-10-01"
    with pytest.raises(UnknownCodeError, match=r'date = "2024-01-01"'):
        division_from_table(table)
    six = pd.DataFrame({"municipality": ["122394", "121002"], "area": ["east", "west"]})
    read = division_from_table(six, date=2013)
    assert read.members["municipality"].tolist() == ["12100", "12239"]
    assert "check digit" in read.notes[0]


def test_a_table_without_a_date_is_of_the_nearest_on_which_it_holds() -> None:
    table = pd.DataFrame({"municipality": ["12402", "12100"], "area": ["east", "west"]})
    assert division_of_members(table, "2020-12-31").date == "2012-12-31"
    area = division_of_members(table, "2020-12-31").places(["12239"], "2020-12-31")["area"]
    assert area.tolist() == ["east"]


def test_spellings_of_a_name() -> None:
    pairs = [
        ("塩竈市", "塩釜市"),
        ("檮原町", "梼原町"),
        ("龍ケ崎市", "竜ヶ崎市"),
        ("茅ヶ崎市", "茅ケ崎市"),
        ("飛驒市", "飛騨市"),
        ("諫早市", "諌早市"),
        ("諏訪市", " 諏訪市"),
    ]
    for one, other in pairs:
        assert spelling_key(one) == spelling_key(other)
    assert spelling_key("諏訪市") != spelling_key("諫早市")
