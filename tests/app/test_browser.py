"""Does every page work in a real browser: in both languages, by keyboard, on a narrow screen?

Needs Debian's chromium; axe-core is in ``vendor/``.
"""

import shlex
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from shuseki.app.questions import QUESTIONS
from shuseki.app.site import make_app
from shuseki.app.state import Settings
from shuseki.cli import app as command_line

CHROMIUM = next((p for name in ("chromium", "chromium-browser") if (p := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs chromium (apt-get install chromium)"
)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
QUICK = [name for name in QUESTIONS if name not in ("bifurcation", "capacity")]
BOTH = ("map", "area", "ranking", "orders", "companies")
"""Pages that are looked at in both languages; the others in Japanese."""
OWN = ("uploads", "studies", "studies/new", "links", "firms", "areas", "sign-in")
WIDE = {"width": 1200, "height": 900}
WAVES = "id,municipality,industry,employees\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a free port of loopback."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    app = make_app(Settings(tmp_path_factory.mktemp("app"), warm=False))
    config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()  # or DuckDB complains of it when the process ends


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def visitor(browser: Any, address: str) -> Iterator[Any]:
    """One visitor's browser, which keeps the scripts of earlier pages; gone before the app is."""
    context = browser.new_context()
    context.set_default_timeout(120_000)  # nothing here is about speed
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(visitor: Any, address: str) -> tuple[Any, list[str]]:
    """The visitor's one tab, and its errors and requests elsewhere.

    A tab of its own for each test would start a process each, which compiles every script again.
    """
    opened = visitor.new_page()
    faults: list[str] = []
    opened.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: faults.append(str(e)))
    opened.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:", "blob:")) else faults.append(r.url),
    )
    return opened, faults


@pytest.fixture
def page(tab: tuple[Any, list[str]]) -> Iterator[Any]:
    """A page on which every error and every request elsewhere is a failure."""
    opened, faults = tab
    opened.set_viewport_size(WIDE)
    opened.emulate_media(media="screen")
    yield opened
    found = [*faults]
    faults.clear()  # not before: what a page does late is the next one's
    assert found == []


def drawn(page: Any) -> None:
    """Wait until the figures that are in sight are drawn."""
    page.wait_for_load_state("networkidle")
    if page.locator(".plot[data-src]").count():
        page.locator(".plot[data-src]").first.scroll_into_view_if_needed()
        page.locator(".plot[data-drawn]").first.wait_for(timeout=60_000)


@pytest.mark.parametrize("name", QUICK)
def test_a_page_does_not_scroll_sideways_and_has_no_barrier(
    page: Any, address: str, name: str
) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(f"{address}/ja/{name if name != 'map' else ''}")
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size(WIDE)
    page.evaluate("document.querySelector('.menu')?.setAttribute('open', '')")  # as on a wide load
    assert barriers(page) == []


@pytest.mark.parametrize("name", BOTH)
def test_a_page_in_english_has_no_barrier(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}/en/{name if name != 'map' else ''}")
    drawn(page)
    assert barriers(page) == []


LOOK = """() => {
    const seen = new Set();
    for (const row of document.querySelectorAll("tbody tr")) {
        const attributes = /\\b(?!class=|style=)([\\w-]+)="[^"]+"/g;
        const said = row.outerHTML.replace(/>[^<]+</g, ">x<").replace(attributes, '$1="x"');
        const kind = `${row.sectionRowIndex % 2} ${said}`;
        row.toggleAttribute("data-alike", seen.has(kind));
        seen.add(kind);
    }
    return axe.run({exclude: ["[data-alike]"]}, {resultTypes: ["violations"]});
}"""
"""Of rows that differ in words and values of attributes alone, one is looked at, and one of those
in the other shade: the same is true of hundreds, and looking takes long."""


def barriers(page: Any) -> list[Any]:
    """What axe-core finds on a page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(LOOK)
    return [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found["violations"]]


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_pages_of_ones_own_have_no_barrier_and_fit(
    page: Any, address: str, path: str, lang: str
) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{address}/{lang}/{path}")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_pages_are_a_menu_on_a_narrow_screen(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{address}/en/ranking")
    link = page.get_by_role("link", name="Compare", exact=True)
    assert not link.is_visible()
    page.locator(".menu > summary").press("Enter")
    link.click()
    page.wait_for_url("**/en/compare")


def test_pairs_are_decided_by_keyboard(page: Any, address: str, tmp_path: Path) -> None:
    head = "id,name,address,municipality,industry,employees\n"
    names = ["山田製作所", "山田精機", "佐藤工業", "佐藤精機", "富士電機", "富士金属", "三和工業"]
    for side, shift in (("left", 0), ("right", 1)):
        rows = [
            f"{side}{k},{names[(k + shift * (k % 3 == 0)) % 7]},大田区{k % 4}-{k},13111,"
            f"{20 + k % 3},{5 + k + shift}\n"
            for k in range(40)
        ]
        (tmp_path / f"{side}.csv").write_text(head + "".join(rows), encoding="utf-8")
    page.goto(f"{address}/en/links")
    for side in ("left", "right"):
        page.set_input_files(f"#{side}", tmp_path / f"{side}.csv")
    page.fill("#pairs", "5")
    page.get_by_role("button", name="Link").click()
    page.locator("section.pair").wait_for(timeout=120_000)
    page.keyboard.press("d")
    page.wait_for_url("**pair=2")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**pair=1")
    page.locator("button[value=different][aria-pressed]").wait_for()
    assert barriers(page) == []
    page.keyboard.press("s")
    page.locator("p", has_text="1 / 5").first.wait_for()


def test_weights_stand_in_the_address(page: Any, address: str) -> None:
    page.goto(f"{address}/en/weights?by=prefecture")
    page.fill("#option-productivity", "3")
    page.keyboard.press("Tab")
    page.wait_for_url("**productivity=3*")
    page.get_by_role("columnheader", name="×3").first.wait_for()


def test_in_print_there_is_no_form(page: Any, address: str) -> None:
    page.goto(f"{address}/en/compare")
    drawn(page)
    page.emulate_media(media="print")
    assert not page.locator("form.options").is_visible()
    assert page.locator("table").first.is_visible()


def test_the_map_by_keyboard_alone(page: Any, address: str) -> None:
    page.goto(f"{address}/en/")
    page.wait_for_load_state("networkidle")
    page.locator("#map path.area").first.wait_for(timeout=60_000)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "map":
            break
    page.keyboard.press("ArrowDown")
    first = page.locator("#map-told").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator("#map-told").inner_text()
    assert first
    assert second
    assert first != second


def test_the_slider_keeps_the_year_in_the_address(page: Any, address: str) -> None:
    page.goto(f"{address}/en/")
    page.locator("#map path.area").first.wait_for(timeout=60_000)
    before = page.locator("#map path.area").evaluate_all(
        "all => all.map(a => a.getAttribute('fill'))"
    )
    page.locator("#map-slider").focus()
    page.keyboard.press("Home")
    page.wait_for_url("**year=2001*")
    page.wait_for_load_state("networkidle")
    after = page.locator("#map path.area").evaluate_all(
        "all => all.map(a => a.getAttribute('fill'))"
    )
    assert before != after
    page.reload()
    page.locator("#map path.area").first.wait_for(timeout=60_000)
    assert page.locator("#map-year").inner_text() == "2001"


def test_a_form_changes_the_answer_and_the_address(page: Any, address: str) -> None:
    page.goto(f"{address}/en/ranking")
    page.select_option("#option-indicator", "employment")
    page.wait_for_url("**indicator=employment*")
    page.get_by_role("columnheader", name="Employees in manufacturing").first.wait_for()
    page.go_back()
    page.wait_for_load_state("networkidle")


def test_the_language_is_one_link_away(page: Any, address: str) -> None:
    page.goto(f"{address}/en/ranking?indicator=employment")
    page.get_by_role("link", name="日本語").click()
    page.wait_for_url("**/ja/ranking?indicator=employment")
    assert page.evaluate("document.documentElement.lang") == "ja"


def test_a_whole_way_from_records_to_report(page: Any, address: str, tmp_path: Path) -> None:
    for year, ids in ((1998, range(1, 41)), (2000, range(11, 61))):
        rows = "".join(f"{k},{13101 + k % 3},29,{5 + k % 7}\n" for k in ids)
        (tmp_path / f"w{year}.csv").write_text(WAVES + rows, encoding="utf-8")
        page.goto(f"{address}/en/uploads")
        page.set_input_files("#file", tmp_path / f"w{year}.csv")
        page.fill("#wave", str(year))
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("heading", name=f"w{year}.csv").wait_for()
    page.goto(f"{address}/en/studies/new")
    page.fill("#name", "mine")
    for box in page.locator("input[name=upload]").all():
        box.check()
    page.locator("details.chapter", has_text="births").first.locator("summary").click()
    page.check("input[value=births]")
    page.fill("[id='births.at']", "2000")
    page.fill("[id='births.since']", "1998")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("link", name="Report", exact=True).wait_for(timeout=180_000)
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    page.go_back()
    page.goto(f"{address}/en/studies")
    page.get_by_text("Delete everything of mine").first.click()
    page.get_by_role("button", name="Delete everything of mine").click()
    page.get_by_text("Nothing here yet.").wait_for()


ON_THE_MAP = """() => document.querySelector(".plot[data-drawn]").data
    .filter(one => one.yaxis === "y2" && one.mode === "lines+markers").map(one => one.text)"""
ORDERS = {
    "en": ("turning SUS304 dia 20 mm IT8\ngrinding SUS304 dia 20 mm IT6", "Show", "in time", "¥"),
    "ja": ("旋削 SUS304 φ20 IT8\n研磨 SUS304 φ20 IT6", "表示", "納期内", "円"),
}
"""Language → an order in its words, the button that plans it, in time, what money is."""


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_whole_way_from_an_order_to_its_chains(page: Any, address: str, lang: str) -> None:
    steps, show, in_time, yen = ORDERS[lang]
    page.goto(f"{address}/{lang}/orders")
    page.fill("#option-steps", steps)
    page.fill("#option-quantity", "250")
    page.get_by_role("button", name=show, exact=True).click()
    page.wait_for_url("**quantity=250*")  # an address of its own: it can be loaded again
    drawn(page)
    headline = page.locator("p.headline").first.inner_text()
    assert in_time in headline
    assert yen in headline
    chains = page.evaluate(ON_THE_MAP)
    assert chains
    assert all(len(stops) == 2 for stops in chains)  # two steps, each at a firm with a place
    rows = page.locator("table").first.locator("tbody tr")
    assert rows.count() >= len(chains)
    reasons = [cell for row in rows.all() for cell in row.locator("td").all_inner_texts()]
    assert any(yen in cell for cell in reasons)  # what each would cost without one
    asked = page.url
    firm = page.locator("#answer table a[href*='/company?firm=']").first
    key = firm.inner_text()
    assert key in headline
    firm.click()
    page.wait_for_url(lambda url: f"/{lang}/company?firm={key}" in url)
    page.get_by_role("cell", name=key.partition("/")[2], exact=True).first.wait_for()
    page.goto(asked)
    page.locator(".ways summary").first.click()
    command = page.locator(".ways pre").first.inner_text()
    words = shlex.split(command)
    assert words[:3] == ["shuseki", "ask", "orders"]
    done = CliRunner().invoke(command_line, words[1:])
    assert done.exit_code == 0, done.output
    assert "".join(headline.split()) in "".join(done.output.split())  # lines break elsewhere
    other = "ja" if lang == "en" else "en"
    page.get_by_role("link", name="日本語" if lang == "en" else "English").click()
    page.wait_for_url(lambda url: f"/{other}/orders?" in url and "quantity=250" in url)
    assert ORDERS[other][2] in page.locator("p.headline").first.inner_text()
