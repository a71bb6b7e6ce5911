"""Codes as people write them: check digits, lost zeros, totals."""

import pytest

from shuseki.geography.areas import check_codes, check_digit, municipalities
from shuseki.geography.codes import are_of_japan, not_municipalities, read_codes


def meant(codes: list[str]) -> dict[str, str]:
    table = read_codes(codes)
    return dict(zip(table["code"], table["read"], strict=True))


@pytest.mark.parametrize(
    ("code", "digit"),
    # By hand, weights 6 5 4 3 2. 13111: 6+15+4+3+2 = 30, 30 mod 11 = 8, 11 − 8 = 3.
    # 01202: 0+5+8+0+4 = 17, mod 11 = 6, 5. 01210: 0+5+8+3+0 = 16, mod 11 = 5, 6.
    # 01100: 0+5+4 = 9, 2. 14204: 6+20+8+0+8 = 42, mod 11 = 9, 2.
    # 20202: 12+0+8+0+4 = 24, mod 11 = 2, 9. 13103: 6+15+4+0+6 = 31, mod 11 = 9, 2.
    # 12208: 6+10+8+0+16 = 40, mod 11 = 7, 4. 10201: 6+0+8+0+2 = 16, mod 11 = 5, 6.
    [("13111", "3"), ("01202", "5"), ("01210", "6"), ("01100", "2"), ("14204", "2"),
     ("20202", "9"), ("13103", "2"), ("12208", "4"), ("10201", "6")],
)  # fmt: skip
def test_check_digits_by_hand(code: str, digit: str) -> None:
    assert check_digit(code) == digit


def test_a_remainder_of_nought_or_one_ends_in_its_last_digit() -> None:
    # 01222: 0 + 5 + 8 + 6 + 4 = 23, 23 mod 11 = 1, 11 − 1 = 10. 10212: 6 + 0 + 8 + 3 + 4 = 21, mod
    # 11 = 10, 1. 10221: 6 + 0 + 8 + 6 + 2 = 22, mod 11 = 0, 11 − 0 = 11.
    assert check_digit("01222") == "0"
    assert check_digit("10212") == "1"
    assert check_digit("10221") == "1"


def test_every_code_of_a_list_comes_back_from_its_six_digits() -> None:
    codes = municipalities(2000, wards=True)["code"].tolist()
    six = [code + check_digit(code) for code in codes]
    assert meant(six) == dict(zip(six, codes, strict=True))
    # … and from a spreadsheet that ate the zeros of the first nine prefectures
    eaten = [code.lstrip("0") for code in six]
    assert meant(eaten) == dict(zip(eaten, codes, strict=True))


def test_a_list_of_plain_codes_is_left_alone() -> None:
    for year in (1995, 2005, 2020):
        assert read_codes(municipalities(year, wards=True)["code"]).empty


def test_five_digits_are_judged_by_the_file() -> None:
    # 12106 is 千葉市美浜区, and 岩見沢市 (01210) with its check digit 6 and without its zero.
    assert meant(["131113", "12106"])["12106"] == "01210"
    assert meant(["12025", "12106"])["12106"] == "01210"
    assert meant(["13111", "12106"]) == {}
    assert meant(["13111", "131113", "12106"])["12106"] == ""
    alone = read_codes(["12106"]).iloc[0]
    assert (alone["read"], alone["how"]) == ("12106", "ambiguous")


def test_what_no_digit_proves_is_told_and_not_repaired() -> None:
    table = read_codes(["1202", "131114", "12025", "13111"]).set_index("code")
    assert table["read"].tolist() == ["", "", ""]
    assert "01202" in table.at["1202", "advice"]
    assert "would be 3" in table.at["131114", "advice"]
    assert "01202" in table.at["12025", "advice"]  # the other code has five digits


def test_spelling() -> None:
    assert meant(["13111.0", "１３１１１", " 13111"]) == dict.fromkeys(
        ["13111.0", "１３１１１", " 13111"], "13111"
    )
    assert meant(["13111", "131113.0"]) == {"131113.0": "13111"}


def test_totals_and_empty_codes_are_no_municipalities() -> None:
    codes = ["00000", "01000", "13100", "01330", "", "nan", "01100", "13101", "01202", "13111"]
    told = not_municipalities(codes).set_index("code")["reason"].to_dict()
    assert told == {
        "": "empty", "nan": "empty", "00000": "country", "01000": "prefecture",
        "13100": "county", "01330": "county",
    }  # fmt: skip
    wards = not_municipalities(["14100", "14101", "14102", "14204"])
    assert wards[["code", "reason"]].to_numpy().tolist() == [["14100", "total of its wards"]]
    assert not_municipalities(["14100", "14204"]).empty
    assert not_municipalities([f"{k:02d}000" for k in range(1, 48)]).empty  # a table of prefectures
    assert not_municipalities(["06037", "36061", "17031"]).empty  # counties elsewhere


def test_codes_of_other_countries_are_not_taken_for_japanese_ones() -> None:
    assert not are_of_japan(["06037", "36061", "13101", "48201"])
    assert not are_of_japan(["DE111", "FR101"])
    assert not are_of_japan([])


def test_checks_name_what_a_total_is() -> None:
    table = check_codes(["00000", "13000", "13100", "13300", ""], 2010).set_index("code")["reason"]
    assert table.to_dict() == {
        "": "empty", "00000": "country", "13000": "prefecture", "13100": "county",
        "13300": "county",
    }  # fmt: skip
