import json
import shutil
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from pptx import Presentation
from typer.testing import CliRunner

from shuseki.cli.profile import app
from shuseki.errors import MissingExtraError, ParameterError, UnknownCodeError
from shuseki.profile import compare, profile
from shuseki.report.html import render
from shuseki.report.pdf import browser, pdf_of
from shuseki.report.profile_files import profile_bytes
from shuseki.report.profiles import comparison_document, profile_document

run = CliRunner().invoke


@pytest.fixture(scope="module")
def page():  # type: ignore[no-untyped-def]
    return profile("武生・鯖江")


def test_a_profile_is_told_in_either_language() -> None:
    done = run(app, ["profile", "東大阪", "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert "東大阪のカルテ" in done.output
    assert "当てはまる" in done.output
    done = run(app, ["profile", "Higashi-Osaka"])
    assert "Profile of Higashi-Osaka" in done.output
    assert "directions apply" in done.output


@pytest.mark.parametrize(
    "part",
    ["position", "character", "papers", "prefecture_industries", "peers", "trend", "frameworks",
     "entry", "what_if", "theory", "lock_in", "directions"],
)  # fmt: skip
def test_every_part_is_told(part: str) -> None:
    done = run(app, ["profile", "154", "--part", part, "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) > 3


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["profile", "東大坂"], UnknownCodeError),
        (["profile", "154", "--part", "colour"], UnknownCodeError),
        (["profile", "154", "--lang", "fr"], ParameterError),
        (["profile", "154", "--by", "county"], UnknownCodeError),
        (["profile", "154", "--given", "brokerage_share"], ParameterError),
        (["profile", "154", "--indicators", "nowhere.toml"], ParameterError),
        (["profile", "051", "--part", "lock_in"], ParameterError),
        (["compare", "154"], ParameterError),
    ],
)
def test_what_cannot_be_answered_is_refused(words: list[str], error: type[Exception]) -> None:
    done = run(app, words)
    assert isinstance(done.exception, error), done.output


def test_a_folder_holds_every_way_out(tmp_path: Path) -> None:
    out = tmp_path / "karte"
    done = run(app, ["profile", "鯖江", "--lang", "ja", "--out", str(out)])
    assert done.exit_code == 0, done.output
    found = {path.name for path in out.iterdir()}
    wanted = {"profile.html", "profile.xlsx", "profile.pptx", "profile.json", "manifest.json"}
    assert wanted <= found
    assert ("profile.pdf" in found) == (browser() is not None)


def test_several_side_by_side(tmp_path: Path) -> None:
    out = tmp_path / "both.html"
    done = run(app, ["compare", "東大阪", "諏訪", "--lang", "ja", "--output", str(out)])
    assert done.exit_code == 0, done.output
    assert "松本・諏訪" in out.read_text(encoding="utf-8")


def test_a_panel_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"A{a},{trade},{2010 + y},{10 + a * 3 + y},{100 + 7 * a}"
            for a in range(5) for trade in "xyz" for y in range(2)]  # fmt: skip
    path.write_text("area,industry,period,plants,employment\n" + "\n".join(rows) + "\n")
    done = run(app, ["profile", "A2", "--panel", str(path), "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert "A2" in done.output


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_page_has_every_section(page, lang: str) -> None:  # type: ignore[no-untyped-def]
    html = render(profile_document(page), lang)
    for words in {"en": ("At a glance", "What follows", "Sources"),
                  "ja": ("要点", "対応の方向", "このカルテで言えないこと")}[lang]:  # fmt: skip
        assert words in html
    assert html.count("<figure") >= 5
    assert "http://" not in html.split("<main")[1].split("plotly")[0]


def test_the_page_of_a_comparison_is_told() -> None:
    html = render(comparison_document(compare(["東大阪", "諏訪"])), "ja")
    assert "対応の方向" in html


def test_the_workbook_has_every_number_and_its_line(page) -> None:  # type: ignore[no-untyped-def]
    book = openpyxl.load_workbook(BytesIO(profile_bytes(page, ".xlsx", "ja")))
    assert {"position", "frameworks", "directions", "peers", "trend"} <= set(book.sheetnames)
    cells = {cell.value for row in book["position"].iter_rows() for cell in row}
    assert any("from shuseki.profile import indicator" in str(cell) for cell in cells)


def test_the_slides_open(page) -> None:  # type: ignore[no-untyped-def]
    deck = Presentation(BytesIO(profile_bytes(page, ".pptx", "ja")))
    texts = [
        shape.text_frame.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_text_frame
    ]
    assert any("武生・鯖江のカルテ" in text for text in texts)
    applies = len(page.directions.of("applies"))
    assert len(deck.slides) >= 5 + applies
    assert sum(shape.has_chart for slide in deck.slides for shape in slide.shapes) >= 4


def test_the_data_are_json(page) -> None:  # type: ignore[no-untyped-def]
    said = json.loads(profile_bytes(page, ".json", "ja"))
    assert said["area"] == "107"
    assert len(said["parts"]["position"]["rows"]) == len(page.position.indicators)


def test_another_ending_is_refused(page) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError, match=r"Cannot write \.docx"):
        profile_bytes(page, ".docx")


def test_several_areas_make_a_deck_too() -> None:
    deck = Presentation(BytesIO(profile_bytes(compare(["東大阪", "諏訪"]), ".pptx", "ja")))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert charts
    assert all(len(chart.plots[0].series) == 2 for chart in charts)
    assert any(shape.has_table for slide in deck.slides for shape in slide.shapes)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_room_can_read_the_slides(page, lang: str) -> None:  # type: ignore[no-untyped-def]
    """Every slide has a title of its own, and but for sources no text below 18 points."""
    deck = Presentation(BytesIO(profile_bytes(page, ".pptx", lang)))
    last = {"en": "Sources, and what is missing", "ja": "出所と、データのない項目"}[lang]
    foot = deck.slide_height * 0.9
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        sizes = [
            run.font.size.pt
            for shape in slide.shapes
            if shape.has_text_frame and shape.top < foot
            for paragraph in shape.text_frame.paragraphs
            for run in paragraph.runs
        ]
        assert min(sizes) >= (12 if slide.shapes.title.text_frame.text == last else 18)


def test_without_a_browser_a_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingExtraError, match="Install Chromium"):
        pdf_of("<p>page</p>")


@pytest.mark.skipif(browser() is None, reason="needs Chromium on the PATH")
def test_a_page_prints() -> None:
    assert pdf_of("<!DOCTYPE html><title>t</title><p>頁</p>").startswith(b"%PDF")
