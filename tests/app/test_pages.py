"""Does every question have its page, its files, its figures, in both languages?"""

import itertools
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest
from starlette.testclient import TestClient

from shuseki.app.question import query_of
from shuseki.app.questions import QUESTIONS, theory
from shuseki.app.questions.areas import CompareAsked
from shuseki.app.questions.theory import EQUATIONS, MODELS, regimes
from shuseki.theory import CorePeriphery, Housing, sweep
from shuseki.theory.solving.space import two_regions

QUICK = [name for name in QUESTIONS if name not in ("bifurcation", "capacity")]
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


class Text(HTMLParser):
    """Words of a page outside scripts, styles, code and what is marked as another language."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang, self.skip, self.words, self.open = lang, 0, [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("meta", "link", "input", "br", "path", "img", "col"):
            return
        other = dict(attrs).get("lang", self.lang) != self.lang
        cited = dict(attrs).get("class") in ("sources", "under")  # works bear their own titles
        plain = ("script", "style", "code", "pre", "textarea", "title")
        hidden = other or cited or tag in plain
        self.open.append((tag, hidden))
        self.skip += hidden

    def handle_endtag(self, tag):
        while self.open:
            name, hidden = self.open.pop()
            self.skip -= hidden
            if name == tag:
                return

    def handle_data(self, data):
        if not self.skip and data.strip():
            self.words.append(data.strip())


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_question_has_a_page(client: TestClient, name: str, lang: str):
    found = client.get(f"/{lang}/{name}")
    assert found.status_code == 200
    assert f'<html lang="{lang}">' in found.text
    assert 'class="refusal"' not in found.text
    for src in re.findall(r'(?:src|href)="([^"]+)"', found.text):
        assert src.startswith(("/", "#")), src  # nothing is fetched from elsewhere
    links = dict.fromkeys(re.findall(r'href="(/api/[^"]+)"', found.text))
    assert [link.split("?")[0].rsplit(".", 1)[-1] for link in links][:2] == ["csv", "xlsx"]
    for link in links:
        if ".pdf" in link:
            continue  # made by a browser: test_browser
        assert client.get(link.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize("name", ["map", "area", "ranking", "compare", "knowledge", "drivers"])
def test_a_japanese_page_has_no_english_words(client: TestClient, name: str):
    page = Text("ja")
    page.feed(client.get(f"/ja/{name}").text)
    english = [
        words
        for words in page.words
        if re.search(r"[A-Za-z]{4,} [a-z]{2,}", words) and not JAPANESE.search(words)
    ]
    assert english == []


@pytest.mark.parametrize("name", QUICK)
def test_every_figure_is_there(client: TestClient, name: str):
    page = client.get(f"/en/{name}").text
    for src in re.findall(r'data-src="([^"]+)"', page):
        address, _, key = src.replace("&amp;", "&").partition("#")
        assert key in client.get(address).json()


@pytest.mark.parametrize("name", QUICK)
def test_the_api_says_what_the_page_says(client: TestClient, name: str):
    told = client.get(f"/api/{name}", params={"lang": "ja", "limit": 2}).json()
    assert told["question"] == name
    assert told["page"] == f"/ja/{name}"
    assert told["command"].startswith("shuseki ")
    for table in told["tables"]:
        assert len(table["rows"]) == min(2, table["total"])
        for row in table["rows"]:
            assert list(row) == [column["name"] for column in table["columns"]]


def test_pages_of_an_answer_join_to_the_whole(client: TestClient):
    def rows(**about: int) -> list[dict]:
        return client.get("/api/ranking", params=about).json()["tables"][0]["rows"]

    whole = rows(limit=300)
    parts = [row for offset in range(0, 300, 100) for row in rows(limit=100, offset=offset)]
    assert len(whole) == 253
    assert parts == whole


@pytest.mark.parametrize(
    "query",
    [
        "indicator=nothing",
        "by=nothing",
        "year=1900",
        "unknown=1",
        "prefecture=nowhere",
        "year=%00",
        "indicator=" + "x" * 5000,
    ],
)
@pytest.mark.parametrize("place", ["/en/ranking", "/api/ranking", "/api/ranking.csv"])
def test_a_wrong_option_is_named_and_nothing_breaks(client: TestClient, place: str, query: str):
    found = client.get(f"{place}?{query}")
    assert found.status_code in (404, 422)
    assert "Expected" in found.text or "error" in found.text
    assert "Traceback" not in found.text


def test_names_may_be_written_in_either_language_with_or_without_their_kind(client: TestClient):
    counts = {
        client.get("/api/ranking", params={"prefecture": name}).json()["tables"][0]["total"]
        for name in ("大阪府", "大阪", "Osaka", "27")
    }
    assert len(counts) == 1


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_words_of_an_address_stay_words(client: TestClient, hostile: str):
    for path in ("/en/ranking", "/ja/compare", "/en/audit"):
        for option in ("prefecture", "areas", "indicator", "nothing"):
            page = client.get(path, params={option: hostile})
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text


def test_the_address_of_an_answer_gives_it_again(client: TestClient):
    asked = CompareAsked(areas=("松本・諏訪", "東大阪"), indicator="employment")
    told = client.get(f"/api/compare?{query_of(asked)}").json()
    assert told["options"] == asked.model_dump(mode="json")
    assert client.get(told["page"]).status_code == 200


def test_openapi_is_valid_json_with_every_question(client: TestClient):
    told = client.get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    for name in QUESTIONS:
        assert f"/api/{name}" in told["paths"]
        assert f"/api/{name}.csv" in told["paths"]


def test_a_table_is_audited_from_a_paste(client: TestClient):
    table = "variable,model 1,\nX,0.5,(2.5)\nN,100,\nR2,0.9,\n"
    found = client.post("/en/audit", data={"table": table})
    assert found.status_code in (200, 422)
    assert "Traceback" not in found.text


def test_values_of_the_map(client: TestClient):
    told = client.get("/api/values/plants?by=prefecture&year=2012").json()
    assert len(told["areas"]) == 47
    assert sum(told["counts"]) + told["missing"] == 47


def test_shapes_with_their_digest_are_kept_for_ever(client: TestClient):
    page = client.get("/en/map?by=prefecture").text
    (address,) = re.findall(r'data-shapes="([^"]+)"', page)
    found = client.get(address)
    assert "immutable" in found.headers["cache-control"]
    told = json.loads(found.text)
    assert len(told["areas"]) == 47
    assert "immutable" not in client.get(address.split("?")[0]).headers.get("cache-control", "")


def test_nobody_sees_the_pages_of_people(service: Callable[[str], TestClient]):
    nobody = service("")
    assert nobody.get("/en/map").status_code == 200
    for path in ("/en/uploads", "/en/studies", "/en/studies/new", "/api/studies"):
        assert nobody.get(path).status_code == 401


def test_another_readers_things_are_not_there(service: Callable[[str], TestClient]):
    rin, mei, ada = service("rin"), service("mei"), service("ada")
    wave = b"id,municipality,industry,employees\n1,13101,29,5\n"
    made = rin.post(
        "/en/uploads", files={"file": ("w.csv", wave)}, data={"layout": "house", "wave": "2001"}
    )
    assert made.status_code == 303
    place = made.headers["location"]
    key = place.rsplit("/", 1)[1]
    assert rin.get(place).status_code == 200
    for other in (mei, ada, service("")):
        assert other.get(place).status_code in (401, 404)
        assert other.post(f"{place}/delete").status_code in (401, 404)
        sent = other.post("/en/studies", data={"upload": key, "name": "s", "title": "s"})
        assert sent.status_code in (401, 422)
    assert rin.get(place).status_code == 200


def test_a_session_word_given_beforehand_is_not_used(service: Callable[[str], TestClient]):
    nobody = service("")
    nobody.cookies.set("shuseki", "fixed-by-somebody")
    answer = nobody.post("/en/sign-in", data={"name": "rin", "password": "correct horse battery"})
    cookie = answer.headers["set-cookie"]
    assert "fixed-by-somebody" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_wrong_passwords_are_counted(service: Callable[[str], TestClient]):
    nobody = service("")
    sent = [nobody.post("/en/sign-in", data={"name": "rin", "password": "x"}) for _ in range(6)]
    assert [one.status_code for one in sent] == [401] * 5 + [429]


def test_delete_everything_of_mine(service: Callable[[str], TestClient], tmp_path):
    rin, mei = service("rin"), service("mei")
    for one in (rin, mei):
        wave = b"id,municipality,industry,employees\n1,13101,29,5\n"
        one.post("/en/uploads", files={"file": ("w.csv", wave)}, data={"wave": "2001"})
    assert len(list((tmp_path / "data" / "uploads").iterdir())) == 2
    assert rin.post("/en/delete-all").status_code == 303
    assert len(list((tmp_path / "data" / "uploads").iterdir())) == 1
    assert "w.csv" in mei.get("/en/uploads").text


def test_where_industry_settles_is_said_in_words():
    """A core below the break point, either up to the sustain point, an even spread above it.

    Two even regions, σ = 5, μ = 0.4 (Fujita, Krugman and Venables 1999, chapter 5).
    """
    model = CorePeriphery(5, 0.4, distance=two_regions())
    found = regimes(sweep(model, transport_cost=np.linspace(1.5, 2.0, 12)))
    bounds = [1.5, model.break_point(), model.sustain_point(), 2.0]
    assert [kinds for _, _, kinds in found] == [("core",), ("dispersed", "core"), ("dispersed",)]
    assert np.allclose([low for low, _, _ in found], bounds[:-1], atol=1e-4)
    assert np.allclose([high for _, high, _ in found], bounds[1:], atol=1e-4)


def test_cheap_transport_spreads_people_where_houses_are_dear():
    """σ(1−μ) = 5 · 0.6 ≥ 1: the even spread is stable at every transport cost (Helpman 1998)."""
    model = Housing(5, 0.4, distance=two_regions())
    found = regimes(sweep(model, transport_cost=np.linspace(1.2, 2.4, 12)))
    assert found == [(1.2, 2.4, ("dispersed",))]


@pytest.mark.parametrize("name", ["knowledge", "counterfactual"])
@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("Try:", "Equations.")), ("ja", ("試すこと", "方程式"))]
)
def test_a_page_of_theory_says_what_to_try_and_its_equations(
    client: TestClient, name: str, lang: str, words: tuple[str, str]
):
    page = client.get(f"/{lang}/{name}").text
    assert all(word in page for word in words)
    low, high = ("0.2", "1") if name == "knowledge" else ("0", "2")
    assert f"<span>{low}</span><span>{high}</span>" in page  # of a slider


def test_every_page_of_theory_has_its_equations_and_a_guide():
    assert set(EQUATIONS) == set(MODELS)
    for one in QUESTIONS.values():
        if one.group == "theory":
            assert one.guide is not None, one.name


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("knowledge", {"theta": (0.1, 0.6), "group": (2, 8), "efficiency": (0.2, 1)}),
        ("counterfactual", {"change": ("productivity", "closure", "housing"), "size": (0, 2)}),
        ("bifurcation", {"model": tuple(MODELS), "sigma": (2, 12), "share": (0.1, 0.8)}),
    ],
)
def test_the_ends_of_every_slider_are_answered_or_refused_in_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, name: str, ends: dict[str, tuple]
):
    monkeypatch.setattr(theory, "COSTS", np.linspace(1.2, 2.4, 3))  # the ends, and one between
    where = {"by": "prefecture", "area": "Tokyo"} if name == "counterfactual" else {}
    found = []
    for values in itertools.product(*ends.values()):
        given = dict(zip(ends, values, strict=True)) | where
        answer = client.get(f"/api/{name}", params=given)
        assert answer.status_code == 200 or (
            answer.status_code == 422 and answer.json()["error"]
        ), given
        found.append(answer.status_code)
    assert 200 in found
    if name == "knowledge":
        assert set(found) == {200}
