"""Who is turned away before a page is reached?"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from shuseki.app.guard import HEADERS, Guard
from shuseki.app.state import Streams


def ask(headers: Mapping[str, str], path: str = "/en/x", method: str = "POST", **about: Any) -> int:
    """Status that the guard alone gives; 200 where it lets through."""
    chunks = list(about.pop("chunks", [b""]))
    statuses: list[int] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        body = chunks.pop(0) if chunks else b""
        if body is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": body, "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    guard = Guard(inner, hosts=["localhost", "[::1]"], **about)
    given = [(k.encode(), v.encode()) for k, v in {"host": "localhost:8000", **headers}.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": given}
    asyncio.run(guard(scope, receive, send))
    return statuses[0]


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, "/en/x", 200),
        ({"sec-fetch-site": "same-site"}, "/en/x", 403),
        ({"sec-fetch-site": "cross-site"}, "/en/x", 403),
        ({"sec-fetch-site": "cross-site"}, "/api/studies", 403),
        ({"sec-fetch-site": "none"}, "/en/x", 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:8000"}, "/en/x", 403),
        ({"origin": "http://localhost:8000"}, "/en/x", 200),
        ({"origin": "http://localhost:9000"}, "/en/x", 403),
        ({"origin": "http://evil.example"}, "/en/x", 403),
        ({"origin": "http://evil.example"}, "/api/studies", 403),
        ({"origin": "null"}, "/en/x", 403),
        ({}, "/en/x", 403),
        ({}, "/api/studies", 200),  # a program, which has no cookie that a page could borrow
        ({"cookie": "shuseki=x"}, "/api/studies", 403),
    ],
)
def test_what_changes_something_comes_from_our_pages(headers, path, status):
    assert ask(headers, path) == status


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "post", "PROPFIND"])
def test_every_method_but_three_is_asked_where_it_comes_from(method):
    assert ask({}, method=method) == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_origin(method):
    assert ask({}, method=method) == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("", 400),
        ("localhost, evil.example", 400),
    ],
)
def test_only_our_names_are_answered(host, status):
    assert ask({"host": host}, method="GET") == status


@pytest.mark.parametrize(
    ("headers", "chunks", "status"),
    [
        ({"content-length": "10"}, [b"x" * 10], 200),
        ({"content-length": "11"}, [b"x" * 11], 413),
        ({}, [b"x" * 6, b"x" * 5], 413),  # no length said: counted
        ({"content-length": "2"}, [b"x" * 6, b"x" * 5], 413),  # a length that is not true
        ({"content-length": "-1"}, [b""], 413),
        ({"content-length": "1e3"}, [b""], 413),
    ],
)
def test_a_body_is_counted_as_it_arrives(headers, chunks, status):
    ours = {"sec-fetch-site": "same-origin", **headers}
    assert ask(ours, chunks=chunks, longest_body=10) == status


def test_only_uploads_may_be_long():
    ours = {"sec-fetch-site": "same-origin", "content-length": "50"}
    assert ask(ours, "/en/uploads", longest_body=10, longest_upload=100) == 200
    assert ask(ours, "/en/studies", longest_body=10, longest_upload=100) == 413


def test_only_who_may_upload_sends_a_long_body():
    ours = {"sec-fetch-site": "same-origin", "content-length": "50", "cookie": "shuseki=known"}
    about = {"longest_body": 10, "longest_upload": 100, "may_upload": lambda c: "known" in c}
    assert ask(ours, "/en/uploads", **about) == 200
    assert ask({**ours, "cookie": "shuseki=other"}, "/en/uploads", **about) == 413


def test_a_body_that_does_not_come_is_not_waited_for():
    ours = {"sec-fetch-site": "same-origin"}
    assert ask(ours, chunks=[b"x", None], patience_seconds=0.01) == 408


@pytest.mark.parametrize("path", ["/en/", "/static/app.js", "/en/nothing", "/api/openapi.json"])
def test_every_answer_has_the_headers(client: TestClient, path: str):
    found = client.get(path).headers
    assert {name: found[name] for name in HEADERS} == HEADERS


def test_refusals_have_the_headers_too(client: TestClient):
    found = client.post("/en/studies", headers={"sec-fetch-site": "cross-site"})
    assert found.status_code == 403
    assert found.headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_a_line_break_makes_no_header(client: TestClient):
    found = client.get("/en/%0d%0aset-cookie:%20x=1")
    assert "set-cookie" not in found.headers
    assert found.status_code == 404


def test_streams_of_one_account_are_limited():
    streams = Streams(most=5, most_of_one=3)
    assert [streams.enter("mei") for _ in range(5)] == [True] * 3 + [False] * 2
    assert [streams.enter("rin") for _ in range(3)] == [True, True, False]  # five in all
    streams.leave("mei")
    assert streams.enter("mei")
