"""Do a reader's own areas, weights, surveys, printed tables and studies come in and out right?"""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook
from starlette.testclient import TestClient

from shuseki.app.asking import ask
from shuseki.app.forms import faults_by_field
from shuseki.app.questions.weights import drawn_ranks
from shuseki.geography.borders import outlines
from shuseki.language import told
from shuseki.papers.survey import printed_questions
from shuseki.study.chapters import CHAPTERS

OWN = "municipality,area,name_en,name_ja\n27227,A,East Osaka,東大阪\n20206,B,Suwa,諏訪\n"


def brought(client: TestClient, content: bytes, name: str) -> str:
    """Key of areas that were brought."""
    sent = client.post(
        "/en/areas/uploads", files={"file": (name, content)}, data={"title": "Mine <b>"}
    )
    assert sent.status_code == 200, sent.text
    assert "<b>" not in sent.text
    return re.findall(r"own-[0-9a-f]{12}", sent.text)[-1]


def test_own_areas_are_known_to_map_and_ranking(client: TestClient):
    key = brought(client, OWN.encode(), "mine.csv")
    told = client.get(f"/api/ranking?by={key}&indicator=plants&year=2012").json()
    whole = client.get("/api/ranking?by=municipality&indicator=plants&year=2012&limit=9999").json()
    alone = {row["area"]: row["plants"] for row in whole["tables"][0]["rows"]}
    rows = {row["area"]: row["plants"] for row in told["tables"][0]["rows"]}
    assert rows == {"A": alone["27227"], "B": alone["20206"]}
    assert "ask ranking" in told["command"]
    assert "--data" in told["command"]
    page = client.get(f"/ja/map?by={key}").text
    shapes = re.findall(r'data-shapes="([^"]+)"', page)[0]
    assert len(client.get(shapes).json()["areas"]) == 2
    assert "Mine &lt;b&gt;" in page
    client.post(f"/en/areas/{key}/delete")
    assert client.get(f"/api/ranking?by={key}").status_code == 422


def test_outlines_take_the_municipalities_whose_centre_they_hold(client: TestClient):
    (shape,) = outlines(["20206"])
    feature = {"type": "Feature", "properties": {"code": "S", "name": "Suwa"}}
    feature["geometry"] = json.loads(json.dumps(shape.__geo_interface__))
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    key = brought(client, text, "mine.geojson")
    assert client.get(f"/api/areas/{key}").json()["areas"][0]["name_en"] == "Suwa"
    client.post(f"/en/areas/{key}/delete")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b\n1,2\n", "mine.csv"),
        (b"municipality,area\n27227,A\n27227,B\n", "mine.csv"),
        (b"municipality,area\n99999,A\n", "mine.csv"),
        (b"{}", "mine.geojson"),
        (b'{"features": []}', "mine.geojson"),
        (b"x", "mine.exe"),
    ],
)
def test_areas_that_cannot_be_are_refused(client: TestClient, content: bytes, name: str):
    sent = client.post("/en/areas/uploads", files={"file": (name, content)})
    assert sent.status_code == 422
    assert "Expected" in sent.text or "expected" in sent.text


def test_a_reader_brings_no_areas(service: Callable[[str], TestClient]):
    for name, status in (("", 401), ("rin", 403), ("mei", 403), ("koji", 303)):
        sent = service(name).post("/en/areas/uploads", files={"file": ("m.csv", OWN.encode())})
        assert sent.status_code == status, name


def test_own_weights_order_by_their_mean(client: TestClient):
    told = client.get(
        "/api/weights?by=prefecture&productivity=3&worker_growth=0&entry_rate=0&graduate_share=1"
    ).json()
    rows = pd.DataFrame(told["tables"][0]["rows"])
    mean = (3 * rows["productivity"] + rows["graduate_share"]) / 4  # by hand
    assert np.allclose(rows["score"], mean, atol=0.06)
    assert rows["rank"].is_monotonic_increasing
    assert (rows["least_rank"] <= rows["rank"]).all()
    assert (rows["greatest_rank"] >= rows["rank"]).all()
    assert "productivity=3" in told["page"]


def test_ranks_that_are_drawn_hold_the_rank_where_nothing_is_uncertain():
    value = np.array([[3.0], [2.0], [1.0]])
    low, high = drawn_ranks(value, np.zeros((3, 1)), np.ones(1))
    assert low.tolist() == high.tolist() == [1, 2, 3]
    low, high = drawn_ranks(value, np.full((3, 1), 50.0), np.ones(1))
    assert (low == 1).all()
    assert (high == 3).all()


@pytest.mark.parametrize("query", ["productivity=0&worker_growth=0&entry_rate=0&graduate_share=0"])
def test_no_weight_is_refused(client: TestClient, query: str):
    found = client.get(f"/api/weights?{query}")
    assert found.status_code == 422
    assert "Expected 1 to" in found.json()["error"]


def answers(firms: int) -> str:
    """A survey in which every third firm ticks the first item of the first question."""
    first = printed_questions()[0]
    head = ["firm", "size", *(item.answer for item in first.items[:2])]
    rows = [[f"F{k}", "small" if k % 2 else "large", k % 3 == 0, k % 4 == 0] for k in range(firms)]
    lines = [",".join(head)]
    lines += [",".join([r[0], r[1], *("1" if x else "" for x in r[2:])]) for r in rows]
    return "\n".join(lines) + "\n"


def test_a_survey_of_ones_own_stands_beside_that_of_2012(client: TestClient):
    page = client.post(
        "/en/survey",
        data={"group": "size"},
        files={"file.answers": ("mine.csv", answers(60).encode())},
    )
    assert page.status_code == 200
    assert 'class="refusal"' not in page.text
    link = re.findall(r'href="(/api/survey\.csv\?[^"]+)"', page.text)[0].replace("&amp;", "&")
    assert "posted=" in link
    table = pd.read_csv(io.StringIO(client.get(link).text.removeprefix("\ufeff")), comment="#")
    assert table.loc[0, "count"] == 20  # every third of 60
    told = client.get(link.replace(".csv", "")).json()
    assert told["command"].startswith("shuseki survey answers.csv")
    for src in re.findall(r'data-src="([^"#]+)', page.text):
        assert client.get(src.replace("&amp;", "&")).status_code == 200


def test_a_survey_of_few_firms_is_not_shown(client: TestClient):
    page = client.post("/en/survey", data={"answers": answers(7)})
    assert page.status_code == 422
    assert "fewer than 10 firms" in page.text


def test_what_one_reader_sent_another_cannot_ask_for(service: Callable[[str], TestClient]):
    rin, mei = service("rin"), service("mei")
    sent = rin.post("/en/survey", data={"answers": answers(60)})
    assert sent.status_code == 303
    assert mei.get(sent.headers["location"]).status_code == 422
    page = rin.get(sent.headers["location"]).text
    link = re.findall(r'href="(/api/survey\?[^"]+)"', page)[0].replace("&amp;", "&")
    assert rin.get(link).status_code == 200
    assert mei.get(link).status_code == 404


TABLE = [
    ["variable", "(1)"],
    ["Density", "0.120***"],
    ["", "(0.100)"],
    ["N", "253"],
]
"""Three stars on a coefficient of 1.2 standard errors: they cannot be."""


def as_csv() -> bytes:
    return "\n".join(",".join(row) for row in TABLE).encode()


def as_xlsx() -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in TABLE:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def as_latex() -> bytes:
    rows = r" \\ ".join(" & ".join(row) for row in TABLE)
    return rf"\begin{{tabular}}{{lc}} {rows} \\ \end{{tabular}}".encode()


@pytest.mark.parametrize("make", [as_csv, as_xlsx, as_latex])
def test_a_printed_table_is_audited_from_a_file(client: TestClient, make: Callable[[], bytes]):
    page = client.post("/en/audit", data={"below": "se"}, files={"file.table": ("table", make())})
    assert page.status_code == 200, page.text
    assert "***" in page.text


def test_a_table_of_a_published_paper_is_audited(client: TestClient):
    place = Path(__file__).parents[2].parent / "shared/data/print_audit"
    files = sorted(place.glob("adachi_kawaguchi_saito_tables/*.tex"))
    if not files:
        pytest.skip("needs ../shared: tables of a published paper")
    told = {}
    for file in files[:6]:
        page = client.post("/en/audit", files={"file.table": (file.name, file.read_bytes())})
        assert "Traceback" not in page.text
        told[file.name] = page.status_code
    assert 200 in told.values(), told


def test_every_chapter_says_what_it_is_about():
    abouts = [chapter.about for chapter in CHAPTERS]
    assert len(set(abouts)) == len(abouts)
    assert all(told(about, "ja") != about for about in abouts)


def test_faults_of_a_study_stand_beside_their_fields(client: TestClient):
    sent = {
        "name": "mine",
        "chapter": ["births", "linkage", "measures"],
        "births.at": "soon",
        "births.since": "",
        "linkage.draws": "3",
        "linkage.waves": "1998, 2000",
    }
    page = client.post("/ja/studies", data=sent)
    assert page.status_code == 422
    assert 'id="fault-births.at"' in page.text
    assert 'value="soon"' in page.text
    assert "は数ではない" in page.text
    sent["births.at"] = "2000"
    page = client.post("/ja/studies", data=sent).text
    assert 'id="fault-births.since"' in page
    assert 'id="fault-linkage.draws"' in page
    assert "以上の値が必要である" in page


def test_a_fault_of_no_field_is_told_whole():
    text = "x has 2 faults:\n  births.at: Field required.\n  odd: what.\nCorrect the study file."
    faults, rest = faults_by_field(text, ["births.at"], "en")
    assert faults == {"births.at": "Field required."}
    assert rest == "odd: what."


def test_ask_knows_the_areas_of_a_folder(client: TestClient):
    key = brought(client, OWN.encode(), "mine.csv")
    data = client.app.state.shuseki.settings.data  # type: ignore[attr-defined]
    table = ask("ranking", data=data, by=key, indicator="plants").tables()[0]
    assert table.frame["area"].tolist() == ["A", "B"]
    client.post(f"/en/areas/{key}/delete")
