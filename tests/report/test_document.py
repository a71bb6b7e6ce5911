"""Is the page whole, honest, and readable by anybody?"""

import json
import re
import shutil
import subprocess
from contextlib import nullcontext
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from shuseki.errors import ParameterError
from shuseki.profile.profiles import profile
from shuseki.report import Document, Figure, Finding, Section, Table, html, render
from shuseki.report.html import render_fragment
from shuseki.report.profiles import profile_document
from shuseki.results import Result
from shuseki.sources import Source

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page as a browser does, and remembers what it saw."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [dict(attrs) for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.text))


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page.replace(get_plotlyjs(), ""))
    assert reader.open == []
    return reader


@pytest.fixture(params=["en", "ja"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_page_needs_nothing_else(report: Document, lang: str) -> None:
    page = render(report, lang)
    ours = page.replace(get_plotlyjs(), "")
    assert len(page) - len(ours) == len(get_plotlyjs())  # inlined, and once
    assert not re.search(r"https?://", ours)
    assert not re.search(r"@import|url\(|<link|\bsrc=", ours)


def test_the_page_speaks_its_language(report: Document) -> None:
    english, japanese = read(render(report, "en")), read(render(report, "ja"))
    assert english.all("html") == [{"lang": "en"}]
    assert japanese.all("html") == [{"lang": "ja"}]
    assert "Contents" in english.words
    assert "Source: " in english.words
    assert "目次" in japanese.words
    assert "図1" in japanese.words
    assert "出所：" in japanese.words
    assert not re.search(r"Contents|Source|Note:|Figure|Printed\b", japanese.words)


def test_everything_is_numbered_captioned_and_sourced(report: Document, lang: str) -> None:
    reader = read(render(report, lang))
    figures = [tag for tag in reader.all("figure") if "picture" in tag["class"]]
    tables = [tag for tag in reader.all("figure") if "table" in tag["class"]]
    assert [tag["id"] for tag in figures] == ["figure-1", "figure-2"]
    assert [tag["id"] for tag in tables] == ["table-1", "table-2", "table-3"]
    assert len(reader.all("figcaption")) == 5
    for number in (1, 2):
        assert re.search(rf"Figure {number} \w|図{number} \w", reader.words)
    assert len(re.findall("Source: |出所：", reader.words)) == 5


def test_a_work_stands_once_with_all_its_places() -> None:
    # the paper as data, as a method, and as another room cites it: one work
    work = Source("paper", "Okamuro, H., Startup rates, RIETI", "2006")
    as_data = Source("Paper2006", work.citation, "2006", "table 3", origin="printed")
    table = Table(
        name="t",
        title="A table",
        frame=pd.DataFrame({"n": [1]}),
        sources=(work.at("table 2"), work, as_data, work.at("table 2")),
    )
    page = read(render(Document("Title", [Section("One", [table])]), "en"))
    assert "Source: Okamuro 2006, table 2, table 3 " in page.words
    assert page.words.count("Okamuro, H., Startup rates, RIETI (2006)") == 1
    assert "Printed tables Okamuro, H." in page.words
    assert "Methods" not in page.words
    assert [tag["href"] for tag in page.all("a")].count("#source-1") == 1


def test_links_lead_somewhere_and_names_are_unique(report: Document, lang: str) -> None:
    reader = read(render(report, lang))
    names = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(names) == len(set(names))
    targets = {tag["href"].removeprefix("#") for tag in reader.all("a")}
    assert targets <= set(names)
    assert {"content", "section-1", "section-2", "sources"} <= targets
    for _, attrs in reader.tags:
        for name in (attrs.get("aria-labelledby") or "").split():
            assert name in names


def test_a_reader_who_cannot_see_is_told(report: Document, lang: str) -> None:
    reader = read(render(report, lang))
    assert "skip" in str(reader.all("a")[0].get("class"))
    plots = [tag for tag in reader.all("div") if tag.get("class") == "plot"]
    assert all(tag["role"] == "img" and len(tag["aria-label"]) > 3 for tag in plots)
    assert plots[1]["aria-label"] == {"en": "Two random walks", "ja": "二つの乱歩"}[lang]
    headings = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    content = headings[headings.index(1) :]
    assert all(later - earlier <= 1 for earlier, later in pairwise(content))
    assert all(tag.get("scope") for tag in reader.all("th"))


def test_what_is_invented_is_marked_everywhere(report: Document) -> None:
    reader = read(render(report, "en"))
    assert "they are not findings about Japan" in reader.words
    marks = [tag["class"] for tag in reader.all("span") if "origin" in (tag.get("class") or "")]
    # key numbers, figure 1, table 1, table 2 are invented; figure 2 and table 3 are public
    assert marks == ["origin synthetic"] * 4 + ["origin public"] * 2
    pictures = [tag for tag in reader.all("div") if tag.get("class") == "plot"]
    assert [tag["data-file"] for tag in pictures] == ["figure-1_synthetic", "figure-2_public"]
    first = drawings(render(report, "en"))[0]
    assert first["layout"]["title"]["text"] == "Synthetic data"


def test_no_banner_without_invented_data() -> None:
    public = Source("M", "METI, Census", "2001", origin="public")
    table = Table(name="t", title="T", frame=pd.DataFrame({"x": [1]}), sources=(public,))
    words = read(render(Document("D", [Section("S", [table])]))).words
    assert "not findings" not in words
    assert "Public statistics: METI 2001" in words


def drawings(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


def test_figures_leave_their_title_to_the_caption(report: Document) -> None:
    page = render(report, "en")
    first, second = drawings(page)
    assert "Candidates left, n = 4 steps" in read(page).words
    assert "title" not in second["layout"] or "text" not in second["layout"]["title"]
    assert first["data"][0]["type"] == "bar"


def test_figures_given_are_not_changed(report: Document) -> None:
    figure = go.Figure(go.Scatter(x=[1], y=[1])).update_layout(title_text="Kept", height=300)
    before = figure.to_json()
    page = render(Document("D", [Section("S", [Figure(figure)])]))
    assert figure.to_json() == before
    assert "height:300px" in page


def test_the_same_document_gives_the_same_page(candidates: Result) -> None:
    document = Document("D", [Section("S", [candidates])])
    assert render(document, "en") == render(document, "en")


def test_nothing_is_taken_for_markup(candidates: Result) -> None:
    nasty = '<script>alert("x")</script>&'
    document = Document(
        nasty,
        [
            Section(
                nasty,
                [
                    nasty,
                    Figure(go.Figure(go.Bar(x=["</script><b>"], y=[1])), caption=nasty, alt=nasty),
                    Table(
                        name="t",
                        title=nasty,
                        frame=pd.DataFrame({nasty: [nasty]}),
                        notes=(nasty,),
                        sources=(Source("k", nasty, "2000"),),
                    ),
                ],
            )
        ],
    )
    page = render(document)
    reader = read(page)
    assert nasty.replace("<script>", "") not in page
    assert reader.words.count('alert("x")') >= 7
    assert drawings(page)[0]["data"][0]["x"] == ["</script><b>"]


def test_a_finding_can_leave_parts_out(candidates: Result) -> None:
    def count(finding: Finding) -> tuple[int, int]:
        reader = read(render(Document("D", [Section("S", [finding])])))
        kinds = [tag["class"] for tag in reader.all("figure")]
        return kinds.count("picture"), kinds.count("table")

    assert count(Finding(candidates)) == (1, 1)
    assert count(Finding(candidates, picture=False)) == (0, 1)
    assert count(Finding(candidates, table=False)) == (1, 0)
    other = Table(name="other", title="Other", frame=pd.DataFrame({"x": [1]}))
    document = Document("D", [Section("S", [Finding(candidates, table=other)])])
    assert [table.name for table in document.tables()] == ["other"]


def test_notes_of_a_finding_stand_once(candidates: Result) -> None:
    for finding in (Finding(candidates), Finding(candidates, table=False)):
        words = read(render(Document("D", [Section("S", [finding])]))).words
        assert words.count("Numbers as printed on pages 5 and 6.") == 1


def test_a_headline_can_be_said_in_japanese(candidates: Result) -> None:
    own = render(Document("D", [Section("S", [Finding(candidates)])]), "ja")
    assert '<p class="headline" lang="en">26,634 candidates' in own
    said = Finding(candidates, headline=("", "26,634候補から16,193開業"))
    page = render(Document("D", [Section("S", [said])]), "ja")
    assert '<p class="headline">26,634候補から16,193開業</p>' in page


def test_tables_of_one_name_are_told_apart(candidates: Result) -> None:
    document = Document("D", [Section("S", [candidates, candidates])])
    assert [table.name for table in document.tables()] == ["candidates", "candidates-2"]


def test_a_page_without_figures_carries_no_script() -> None:
    page = render(Document("D", [Section("S", ["Only words."])]))
    assert "<script" not in page
    assert len(page) < 20_000


def test_what_is_not_a_block_is_refused() -> None:
    frame = pd.DataFrame({"x": [1]})
    with pytest.raises(ParameterError, match=r"type DataFrame.*Give a frame a title"):
        render(Document("D", [Section("S", [frame])]))  # type: ignore[list-item]


def test_a_figure_without_words_is_refused() -> None:
    with pytest.raises(ParameterError, match="neither a caption nor a title"):
        render(Document("D", [Section("S", [Figure(go.Figure())])]))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs the browser chromium")
def test_a_browser_without_a_network_draws_every_figure(report: Document, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(report, "ja"), encoding="utf-8")
    drawn = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=10000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    ).stdout
    assert drawn.count('class="main-svg"') >= 2
    assert "候補の絞り込み" in drawn


def test_figures_drawn_without_checks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = profile("154")
    document = profile_document(answer)
    quick = render_fragment(document, "ja", figures_at="").figures
    monkeypatch.setattr(html, "unchecked", nullcontext)
    checked = render_fragment(document, "ja", figures_at="").figures
    assert list(quick) == list(checked)
    assert len(quick) >= 5

    def said(told: str) -> Any:
        found = json.loads(told)
        found["layout"] = {key: value for key, value in found["layout"].items() if value != []}
        return found

    for key, told in quick.items():
        assert said(told) == said(checked[key])
