"""Is what is known not sent again, and what is private kept nowhere?"""

import gzip
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from shuseki.app.maps import drawn_shapes, shape_file
from shuseki.app.sending import Sending, keeps
from shuseki.app.site import PUBLIC
from shuseki.report.html import ROWS

PUBLIC_PATHS = [
    "/en/",
    "/ja/ranking",
    "/api/ranking",
    "/api/ranking.csv",
    "/api/ranking.xlsx",
    "/api/compare/figures/en",
    "/api/values/plants?by=prefecture",
    "/api/openapi.json",
    "/static/app.js",
]
PRIVATE_PATHS = [
    "/en/companies",
    "/api/companies",
    "/api/companies.csv",
    "/en/company",
    "/en/uploads",
    "/en/studies",
    "/api/studies",
    "/en/sign-in",
    "/en/nothing",
    "/en/ranking?by=nothing",
]


@pytest.mark.parametrize("path", PUBLIC_PATHS)
def test_what_is_known_is_not_sent_again(client: TestClient, path: str):
    first = client.get(path)
    assert first.status_code == 200
    mark = first.headers["etag"]
    assert "no-store" not in first.headers["cache-control"]
    again = client.get(path, headers={"if-none-match": mark})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == mark
    assert client.get(path, headers={"if-none-match": 'W/"another"'}).content == first.content


@pytest.mark.parametrize("path", PRIVATE_PATHS)
def test_what_is_private_or_refused_is_kept_nowhere(client: TestClient, path: str):
    found = client.get(path)
    assert found.headers["cache-control"] == "no-store"
    assert "etag" not in found.headers
    again = client.get(path, headers={"if-none-match": "*"})
    assert again.status_code == found.status_code


def test_another_answer_has_another_mark(client: TestClient):
    pages = [
        "/en/ranking",
        "/ja/ranking",
        "/en/ranking?indicator=employment",
        "/en/ranking?row=301",
    ]
    marks = [client.get(page).headers["etag"] for page in pages[:3]]
    assert len(set(marks)) == 3


def test_a_signed_in_page_is_not_the_page_of_nobody(service: Callable[[str], TestClient]):
    rin, nobody = service("rin"), service("")
    mark = rin.get("/en/").headers["etag"]
    assert rin.get("/en/", headers={"if-none-match": mark}).status_code == 304
    assert nobody.get("/en/", headers={"if-none-match": mark}).status_code == 200


@pytest.mark.parametrize("path", ["/en/", "/static/app.css", "/api/ranking", "/en/companies"])
def test_packed_and_plain_are_the_same(client: TestClient, path: str):
    plain = client.get(path, headers={"accept-encoding": "identity"})
    with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(raw)
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert packed.headers.get("etag") == plain.headers.get("etag")


def test_packed_answers_are_kept_up_to_a_size():
    async def nothing(scope, receive, send): ...

    sending = Sending(nothing, public=PUBLIC, most_kept=3000)
    for number in range(50):
        body = bytes((number * k) % 251 for k in range(1000))
        assert gzip.decompress(sending.packed(body, str(number), 6)) == body
    assert sum(map(len, sending._packed.values())) == sending._size <= 3000
    before = dict(sending._packed)
    sending.packed(b"private" * 100, "", 6)
    assert dict(sending._packed) == before


@pytest.mark.parametrize("path", ["/api/studies/20260101000000-000000000000/events", "/en/a/b"])
def test_deeper_addresses_are_not_public(path: str):
    assert not keeps(path, PUBLIC)


def test_a_long_table_is_shown_in_parts_and_given_whole(client: TestClient):
    total = client.get("/api/ranking?by=municipality&limit=1").json()["tables"][0]["total"]
    pages = [
        client.get(f"/en/ranking?by=municipality&row={row}").text
        for row in range(1, total + 1, ROWS)
    ]
    codes = [
        line.split(">")[1].split("<")[0]
        for page in pages
        for line in page.splitlines()
        if 'scope="row"' in line
    ]
    assert len(codes) == total
    assert f'href="/en/ranking?by=municipality&amp;row={ROWS + 1}#table-1"' in pages[0]
    text = client.get("/api/ranking.csv?by=municipality").text
    assert len(text.splitlines()) == total + 1
    for wrong in ("x", "-1", "1" * 20, "%00"):
        assert client.get(f"/en/ranking?by=municipality&row={wrong}").status_code == 422
    assert client.get("/en/ranking?row=99999").status_code == 200


@pytest.mark.parametrize("by", ["district-253", "prefecture"])
def test_the_shapes_that_are_kept_are_those_that_are_drawn(by):
    drawn = drawn_shapes(by)
    text = shape_file(by, "ja")[0].decode()
    for path in (*drawn["paths"], *drawn["names"]["ja"], drawn["ground"]):
        assert path in text
