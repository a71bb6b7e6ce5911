"""Searches in Japanese and English."""

from __future__ import annotations

import pytest

from shuseki.directory import Capability, Directory, Equipment, Firm
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.sourcing.search import read_query, search

# Sabae stands at 35.9593, 136.2183; Tsubame some 300 km away.
NEAR, FAR = (35.96, 136.22), (37.67, 138.93)


def firm(id: str, place: tuple[float, float] | None = NEAR, **more: str) -> Firm:
    latitude, longitude = place or (None, None)
    return Firm(id, "sabae", f"firm {id}", latitude=latitude, longitude=longitude, **more)


def able(id: str, process: str = "polishing", **more: object) -> Capability:
    told = {"materials": ("stainless_steel",), "size_min_mm": 1, "size_max_mm": 100, "it_grade": 6}
    return Capability(f"sabae/{id}", process, **{**told, **more})  # type: ignore[arg-type]


HELD = Directory(
    firms=(
        firm("can"),
        firm("far", FAR),
        firm("placeless", None),
        firm("coarse"),
        firm("grinds"),
        firm("silent"),
        firm("glasses", products="チタン眼鏡枠"),
    ),
    capabilities=(
        able("can"),
        able("far"),
        able("placeless"),
        able("coarse", it_grade=9),
        able("grinds", "grinding"),
        able("silent", it_grade=None),
        able("glasses", "electroplating"),
    ),
    equipment=(Equipment("sabae/can", "バフ研磨機"),),
)


@pytest.mark.parametrize(
    "said",
    [
        "研磨 SUS304 φ20 IT6 鯖江から100km",
        "polishing SUS304 dia 20 mm IT6 within 100 km of Sabae",
        "鯖江市から100km以内 研磨 ＳＵＳ３０４ 直径20mm 6級",
        "みがき SUS304 20mm h6 35.96,136.22から100km",
    ],
)
def test_one_search_in_two_languages(said: str) -> None:
    verdicts = {hit.firm.id: hit.verdict for hit in search(HELD, said).hits}
    assert verdicts == {
        "can": "ok",
        "far": "conflict",
        "placeless": "unknown",
        "coarse": "conflict",
        "grinds": "conflict",
        "silent": "unknown",
        "glasses": "conflict",
    }


def test_each_verdict_names_the_attribute_that_failed() -> None:
    found = search(HELD, "研磨 SUS304 φ20 IT6 鯖江から100km")
    failing = {hit.firm.id: [check.attribute for check in hit.failing] for hit in found.hits}
    assert failing["can"] == []
    assert failing["far"] == ["distance_km"]
    assert failing["coarse"] == ["it_grade"]
    assert failing["grinds"] == ["process"]
    assert failing["silent"] == ["it_grade"]
    frame = found.to_frame()
    assert frame.loc[0, "firm"] == "sabae/can"
    assert frame["verdict"].tolist()[0] == "can"
    assert found.hits[0].distance_km == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("said", ["めっき", "メッキ", "鍍金"])
def test_spellings_find_the_same(said: str) -> None:
    assert [hit.firm.id for hit in search(HELD, said).of("ok")] == ["glasses"]


def test_words_are_looked_for_and_their_absence_is_unknown() -> None:
    found = search(HELD, "眼鏡")
    assert [hit.firm.id for hit in found.of("ok")] == ["glasses"]
    assert len(found.of("unknown")) == 6


def test_order_of_rows_changes_nothing() -> None:
    turned = Directory(HELD.firms[::-1], HELD.capabilities[::-1], HELD.equipment)
    said = "研磨 SUS304 φ20 IT6 鯖江から100km"
    assert search(turned, said).to_frame().equals(search(HELD, said).to_frame())


@pytest.mark.parametrize(
    ("said", "attribute", "value"),
    [
        ("旋盤 ±0.01", "tolerance_um", 20.0),
        ("旋盤 ±5μm", "tolerance_um", 10.0),
        ("turning tolerance 0.02 mm", "tolerance_um", 20.0),
        ("旋盤 H7", "it_grade", 7),
        ("旋盤 IT 8", "it_grade", 8),
        ("旋盤 Ra0.8", "roughness_um", 0.8),
        ("旋盤 1,000個", "quantity", 1000),
        ("turning qty 50", "quantity", 50),
        ("フライス 120x80x30 mm", "size_mm", 120.0),
        ("フライス 12 cm", "size_mm", 120.0),
        ("プレス ISO 9001:2015 JIS Q 9100", "certificates", ("ISO9001", "JISQ9100")),
        ("旋盤 S45C", "material", "S45C"),
        ("旋盤 真鍮", "material", "copper"),
        ("turning near Suwa", "within_km", None),
        ("turning 30 km from 36.0,138.1", "within_km", 30.0),
    ],
)
def test_what_is_read(said: str, attribute: str, value: object) -> None:
    asked = read_query(said)
    assert getattr(asked, attribute) == value
    assert not asked.words


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "asks for nothing"),
        ("   ", "asks for nothing"),
        ("円筒研磨", "円筒研削 or 研磨"),
        ("めっき以外", "denies"),
        ("研磨 100km", "without a place"),
        ("研磨 φ0", "size_mm"),
        ("研磨 IT17", "it_grade"),
        ("研磨 SUS304 アルミ", "several materials"),
        ("研磨 95.0,10.0から10km", "latitude"),
        ("x" * 501, "501"),
    ],
)
def test_a_search_that_cannot_be_is_refused(said: str, why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        search(HELD, said)


def test_a_place_that_is_none_or_several() -> None:
    with pytest.raises(UnknownCodeError, match="no municipality"):
        search(HELD, "研磨 存在しない町から10km")
    with pytest.raises(UnknownCodeError, match="Fuchu"):
        search(HELD, "polishing within 10 km of Fuchu")  # in Tokyo and in Hiroshima


def test_an_empty_directory() -> None:
    found = search(Directory(()), "研磨")
    assert not found.hits
    assert found.to_frame().empty
    assert told(found.headline(), "ja")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("ほげ加工", ("ほげ加工", "曲げ加工")),
        ("研磨 ほげ加工", ("ほげ加工", "曲げ加工")),
        ("SUS304のほげ加工", ("ほげ加工", "曲げ加工")),
        ("grindng SUS304", ("grindng", "grinding")),
        ("heat treatmant", ("heat treatmant", "heat treatment")),
        ("研磨 titanum", ("titanum", "titanium")),
        ("研磨 SUS999", ("SUS999", "SUS309")),
        ("研磨 鯖恵市から100km", ("鯖恵", "鯖江市")),
        ("polishing within 30 km of Sabbae", ("Sabbae", "Sabae-shi")),
    ],
)
def test_what_nobody_knows_is_named_with_what_is_near(said: str, names: tuple[str, str]) -> None:
    with pytest.raises(UnknownCodeError) as refused:
        search(HELD, said)
    for name in names:
        assert name in str(refused.value)


def test_a_word_that_some_firm_holds_is_looked_for_in_all() -> None:
    found = search(HELD, "眼鏡枠 めっき")
    assert {hit.firm.id for hit in found.of("ok")} == {"glasses"}


@pytest.mark.parametrize("said", ["研磨 φ-5", "研磨 ±-3", "研磨 -5mm", "研磨 -5個", "研磨 Ra-1"])
def test_numbers_below_zero_are_refused(said: str) -> None:
    with pytest.raises(ParameterError, match="Correct it"):
        search(HELD, said)


@pytest.mark.parametrize("said", ["who can do polishing", "研磨できる会社を探す"])
def test_words_of_a_question_ask_for_nothing(said: str) -> None:
    assert read_query(said).words == ()


def test_a_place_ends_where_small_letters_go_on() -> None:
    assert read_query("near Sabae polishing").processes == ("polishing",)
