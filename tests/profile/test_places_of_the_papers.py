"""What the two papers say of nine places, and what the pages of their districts say."""

import pytest

from shuseki.profile import profile
from shuseki.profile.paper_statements import statements, statements_on
from shuseki.profile.profiles import Profile
from shuseki.report.html import render
from shuseki.report.profiles import profile_document

NINE = ("083", "154", "114", "024", "090", "107", "133", "207", "051")


@pytest.fixture(scope="module")
def pages() -> dict[str, Profile]:
    return {code: profile(code) for code in NINE}


def said(page: Profile) -> dict[str, bool | None]:
    """Place in the paper and first words → whether the statistics say the same."""
    assert page.papers is not None
    return {
        f"{one.place} {str(one.text).split()[0]}": holds
        for one, holds in zip(page.papers.statements, page.papers.holds, strict=True)
    }


def test_the_nine_places_have_statements(pages: dict[str, Profile]) -> None:
    assert {one.area for one in statements()} == set(NINE)
    for page in pages.values():
        assert page.papers is not None
        for one, told in zip(page.papers.statements, page.papers.told(), strict=True):
            assert str(one.place) in told
            assert told.in_language("ja") != str(told)  # type: ignore[attr-defined]
    assert profile("001").papers is None
    assert profile("13111").papers is None  # Ota as a municipality: the statements are of districts


def test_the_23_wards(pages: dict[str, Profile]) -> None:
    # 2012 paper: §1.2, figures 1-1 to 1-3 (Ota shrank most); §3.1 (1) (insourcing; no room)
    assert said(pages["083"]) == {
        "2012, §1.2, figures 1-1 to 1-3 Ota,": True,
        "2012, §3.1 (1) Firms": True,
        "2012, §3.1 (1) Large,": True,
    }
    assert pages["083"].character.leading == "urban complex"  # §1.1: southern Tokyo
    applies = {one.direction.id for one in pages["083"].directions.of("applies")}
    assert {"room-for-machines", "regroup-inside"} <= applies


def test_higashi_osaka(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.1 (urban complex) and §1.2 (workers and shipments, not plants, below the
    # nation); 2006 paper, section 3, table 1 (first, 12.88)
    page = pages["154"]
    assert said(page) == {
        "2012, §1.1 Higashi-Osaka": False,
        "2012, §1.2, figures 1-1 to 1-3 Workers": True,
        "2006, section 3, table 1 Higashi-Osaka,": True,
    }
    assert page.papers is not None
    told = page.papers.told()[0]
    for words, lang in (("bolts, nuts and screws", "en"), ("金属製品を産地の製品に数える", "ja")):
        assert words in (told if lang == "en" else told.in_language("ja"))  # type: ignore[attr-defined]
    for lang, words in (("en", "the statistics say otherwise"), ("ja", "統計では異なる")):
        assert words in render(profile_document(page), lang)


def test_matsumoto_suwa(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.1 (urban complex), §3.1 (1) (orders from far), §1.2 (Okaya shrank more)
    page = pages["114"]
    assert said(page) == {
        "2012, §1.1, §3.1 Suwa": True,
        "2012, §3.1 (1) Firms": None,
        "2012, §1.2, figures 1-1 to 1-3 Okaya,": False,
    }
    judged = {one.direction.id: one.verdict for one in page.directions.judged}
    assert judged["wide-area-use"] == "does not apply"
    assert page.papers is not None
    assert "wide-area use does not follow" in page.papers.told()[1]
    assert "Okaya alone" in page.papers.told()[2]
    given = profile("114", given={"outside_orders_share": 0.8}).papers
    assert given is not None
    assert given.holds[1] is True


def test_iwate_chubu(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.2 (Kitakami alone held its size), §3.2 (2) ④ (thin links between local firms)
    assert list(said(pages["024"]).values()) == [True, None]
    assert pages["024"].character.leading == "attracted complex"  # §1.1: Kitakami valley


def test_sanjo_gosen(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.1 (metal tableware and cutlery), §3.2 (2) ④ (polishers' joint orders)
    assert list(said(pages["090"]).values()) == [True, None]
    around = pages["090"].prefecture_industries
    assert around is not None
    assert around.codes[0] == "242"  # tableware, cutlery, hand tools and hardware


def test_takefu_sabae(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.1 (spectacles), §3.2 (1) (spectacle districts shrink); 2006 paper, section 3 and
    # table 1 (electrical machinery; first in high-tech births, 2.89)
    assert list(said(pages["107"]).values()) == [True, True, False]
    assert pages["107"].entry["high-tech births"].observed == 2.89
    assert pages["107"].prefecture_industries is None  # the source lacks Fukui


def test_toyota_okawa_and_futaba(pages: dict[str, Profile]) -> None:
    # 2012 paper §1.1 (company town); 2006 paper, table 1 (Okawa second, 7.27 on 16 births) and
    # appendix (Futaba is one of the 253)
    assert list(said(pages["133"]).values()) == [True]
    assert pages["133"].character.leading == "company town"
    assert list(said(pages["207"]).values()) == [True]
    assert pages["207"].entry["births"].observed == 7.27
    assert list(said(pages["051"]).values()) == [True]
    papers = pages["051"].papers
    assert papers is not None
    assert "evacuated" in papers.told()[0]


def test_what_is_unknown_cannot_be_said() -> None:
    name = profile("154").area_name
    found = statements_on({}, "154", name)
    assert found is not None
    assert found.holds == (None, None, None)
    assert all(not one for one in found.evidence)
    assert len(found.to_frame()) == 3
