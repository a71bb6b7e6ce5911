"""Spellings that must come together, and those that must not."""

import pandas as pd
import pytest

from shuseki.linkage.normalisation import placed, spelt_address, spelt_name, spelt_names, words

SAME_NAMES = [
    (
        "株式会社東洋製作所",
        "㈱東洋製作所",
        "(株) 東洋製作所",
        "東洋製作所（株）",
        "東洋製作所　株式会社",
    ),
    ("有限会社髙橋鐵工所", "㈲高橋鉄工所", "(有)高橋鉄工所"),
    ("鶴ヶ丘工業", "鶴ケ丘工業", "鶴が丘工業"),
    ("ｱｻﾋﾋﾞｰﾙ", "アサヒビール"),
    ("井ノ上製菓", "井之上製菓", "井の上製菓"),
    ("東洋製作所第二工場", "東洋製作所 第2工場", "東洋製作所第２工場"),
    ("陸友纖維工業股份有限公司", "陸友繊維工業"),
    ("臺灣電機有限公司", "台湾電機"),
    ("Müller Maschinenbau GmbH", "MULLER MASCHINENBAU G.m.b.H.", "Muller Maschinenbau"),
    ("Bergbau Actien-Gesellschaft", "Bergbau A.-G.", "Bergbau Akt.-Ges.", "Bergbau AG"),
    ("Société Dupont S.A.R.L.", "DUPONT SARL", "Dupont"),
    ("Smith & Sons Co., Ltd.", "SMITH AND SONS LIMITED", "Smith Sons"),
    ("Siluria Brewing Company", "Siluria Brewing Co.", "siluria brewing"),
    ("Bærum Snekkeri AS", "baerum snekkeri"),
    ("O'Brien's Pub LLC", "OBriens Pub"),
]


@pytest.mark.parametrize("spellings", SAME_NAMES, ids=lambda names: names[0])
def test_spellings_of_one_name_come_together(spellings: tuple[str, ...]) -> None:
    assert len({spelt_name(text).name for text in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("㈱東洋", "kabushiki kaisha"),
        ("東洋（有）", "yugen kaisha"),
        ("合同会社みどり", "godo kaisha"),
        ("ACME GmbH & Co. KG", "gmbh & co kg"),
        ("Formosa Textil S.A. de C.V.", "sa de cv"),
        ("Nordic Wood OÜ", "ou"),
        ("立茂工業有限公司", "limited company"),
        ("東洋製作所", ""),
    ],
)
def test_the_legal_form_is_taken_off_and_kept(text: str, form: str) -> None:
    assert spelt_name(text).legal_form == form


def test_numbers_in_a_name_tell_works_apart() -> None:
    assert spelt_name("東洋製作所第一工場").numbers == "1"
    assert spelt_name("東洋製作所第二工場").numbers == "2"
    assert spelt_name("鹿港十二廠").numbers == "12"


def test_a_name_that_is_nothing_but_a_form_stays() -> None:
    assert spelt_name("株式会社").name == "株式会社"
    assert spelt_name("Company").name == "company"


def test_addresses_in_words_and_in_numbers_are_the_same() -> None:
    wanted = spelt_address("東京都大田区大森北2-15-3")
    for text in (
        "東京都大田区大森北二丁目１５番３号",
        "東京都大田区大森北２丁目15番地3",
        "東京都 大田区 大森北 2－15－3",
    ):
        assert spelt_address(text) == wanted


def test_kanji_numbers_are_read() -> None:
    # 二十三 = 23, 十一 = 11
    assert spelt_address("東町二十三番地").numbers == "23"
    assert spelt_address("東町十一番地").numbers == "11"


def test_streets_have_one_form() -> None:
    assert spelt_address("Lange Straße 5") == spelt_address("Lange Strasse 5")
    assert spelt_address("1208 Walnut Avenue") == spelt_address("1208 WALNUT AVE.")


def test_words_of_kanji_are_pairs_of_characters() -> None:
    assert words("東洋") == ["東洋"]
    assert words("光") == ["光"]
    assert words("") == []


def test_what_is_missing_stays_missing() -> None:
    table = spelt_names(pd.Series([None, "東洋", ""]))
    assert table["name"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("長野県諏訪市高島1-22-30", "20206"),
        ("〒392-8511 長野県諏訪市高島1-22-30", "20206"),
        ("長野県諏訪郡下諏訪町4613", "20361"),
        ("北海道札幌市中央区北1条", "01101"),
        ("茨城県竜ケ崎市3710", "08208"),
        ("埼玉県大宮市桜木町1", "11205"),  # merged into さいたま市 in 2001
        ("三重県四日市市浜町", "24202"),
        ("諏訪市高島", "20206"),
    ],
)
def test_an_address_names_its_municipality(address: str, code: str) -> None:
    assert placed(pd.Series([address])).table["municipality"].tolist() == [code]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("府中市本町1", "several municipalities of that name"),  # in Tokyo and in Hiroshima
        ("火星市1", "no name found"),
        ("長野県火星市1", "no municipality of that name"),
        (None, "no address"),
        ("1208 Walnut Ave", "no name found"),
    ],
)
def test_what_cannot_be_placed_is_set_aside_with_the_reason(address: str, reason: str) -> None:
    answer = placed(pd.Series([address], dtype=object))
    assert answer.set_aside()["reason"].tolist() == [reason]
