"""Registries that share, and peers that mean harm: each loses its page and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shuseki.directory import Directory, Firm
from shuseki.errors import DataError, OutputError, ParameterError
from shuseki.language import told, words_of
from shuseki.sourcing import exchange as exchange_module
from shuseki.sourcing import federation
from shuseki.sourcing.exchange import exchange, server
from shuseki.sourcing.federation import (
    Request,
    create_key,
    load_key,
    page,
    public_key_of,
    pull,
    pull_all,
    signed_request,
)
from shuseki.sourcing.registry.documents import canonical, digest
from shuseki.sourcing.registry.store import START, Registry

OTA = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SUWA = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
Change = Callable[[dict[str, Any]], None]
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
"""Two words of Latin letters one after the other: names and values stand alone."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, two_clusters: Directory) -> Path:
    """A folder with the registries of two clusters, which know of each other."""
    folder = tmp_path_factory.mktemp("pair")
    peers = {
        "ota": ("suwa", "http://suwa.test", public_key_of(SUWA)),
        "suwa": ("ota", "", public_key_of(OTA), "partner"),
    }
    for cluster, peer in peers.items():
        with Registry.create(folder / f"{cluster}.sqlite", cluster) as registry:
            registry.put(two_clusters.of_clusters(cluster))
            registry.add_peer(*peer)
    return folder


@pytest.fixture
def pair(tmp_path: Path, filled: Path) -> Iterator[tuple[Registry, Registry]]:
    """Ota, which pulls, and Suwa, which is pulled from: copies of one pair, opened."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    with (
        Registry.open(tmp_path / "ota.sqlite") as ota,
        Registry.open(tmp_path / "suwa.sqlite") as suwa,
    ):
        yield ota, suwa


def honest(suwa: Registry) -> httpx.ASGITransport:
    return httpx.ASGITransport(exchange(suwa, SUWA))


@contextmanager
def refusing(why: str) -> Iterator[None]:
    """Hold that the block is refused, for this reason, and in Japanese without English words."""
    with pytest.raises(DataError, match=why) as caught:
        yield
    japanese = told(words_of(caught.value), "ja")
    assert japanese != str(caught.value)
    assert not ENGLISH.search(japanese), japanese


class Body(httpx.AsyncByteStream):
    """What an answer says, in one piece."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


def said(content: bytes, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, stream=Body(content), headers=headers)


def answering(content: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(content)


def forged(suwa: Registry, change: Change, key: Ed25519PrivateKey = SUWA) -> httpx.MockTransport:
    """A peer that signs whatever it likes: what it says is changed, then signed."""

    def answer(request: httpx.Request) -> httpx.Response:
        after, nonce = int(request.url.params["after"]), request.url.params["nonce"]
        body = json.loads(page(suwa, SUWA, "partner", after, nonce).partition(b"\n")[2])
        change(body)
        text = json.dumps(body, ensure_ascii=False).encode()
        return said(key.sign(text).hex().encode() + b"\n" + text)

    return answering(answer)


def rewritten(body: dict[str, Any], at: int, change: Change) -> None:
    """Change a document, and make hash and chain agree again."""
    content = json.loads(body["entries"][at]["document"])
    change(content)
    text = canonical(content)
    body["entries"][at] |= {"document": text, "hash": digest(text)}
    rechained(body)


def rechained(body: dict[str, Any]) -> None:
    chain = body["after_chain"]
    for e in body["entries"]:
        chain = digest(
            chain + canonical([e["seq"], e["id"], e["version"], e["hash"], e["deleted"]])
        )
    body["head"] = {"seq": body["entries"][-1]["seq"], "chain": chain}


def test_records_come_over_as_bands(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    told = pull(ota, "suwa", OTA, transport=honest(suwa))
    theirs = ota.directory().of_clusters("suwa")
    assert told["added"] == len(theirs) == len(suwa.directory())
    assert all(firm.owner_age is None for firm in theirs.firms)  # for coordinators only
    seen = suwa.view("partner", "")
    assert {c.rate_yen_per_hour for c in theirs.capabilities} == {
        c.rate_yen_per_hour for c in seen.capabilities
    }
    again = pull(ota, "suwa", OTA, transport=honest(suwa))
    assert (again["added"], again["changed"]) == (0, 0)


def test_changes_and_removals_follow(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    pull(ota, "suwa", OTA, transport=honest(suwa))
    own = suwa.directory()
    renamed = replace(own.firms[0], name="新しい名前")
    suwa.put(replace(own, firms=(renamed, *own.firms[1:])))
    suwa.remove([own.keys[1]])
    told = pull(ota, "suwa", OTA, transport=honest(suwa))
    assert (told["removed"], told["error"]) == (1, "")
    theirs = {firm.key: firm for firm in ota.directory().firms}
    assert theirs[renamed.key].name == "新しい名前"
    assert own.keys[1] not in theirs


def test_a_pull_goes_on_where_it_was_cut(
    pair: tuple[Registry, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    ota, suwa = pair
    monkeypatch.setattr(federation, "PAGE_ENTRIES", 2)
    calls = 0
    inner = honest(suwa)

    class Cut(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise httpx.ConnectError("the line is dead")
            return await inner.handle_async_request(request)

    with refusing("try again"):
        pull(ota, "suwa", OTA, transport=Cut())
    assert ota.peer("suwa").seq == 4
    assert ota.peer("suwa").last_error
    told = pull(ota, "suwa", OTA, transport=inner)
    assert told["added"] == len(suwa.directory()) - 4
    assert ota.peer("suwa").last_error == ""


def test_copies_are_read_only(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    pull(ota, "suwa", OTA, transport=honest(suwa))
    with pytest.raises(DataError, match="read-only"):
        ota.put(ota.directory())
    with pytest.raises(LookupError):
        ota.remove([suwa.directory().keys[0]])


def _own(body: dict[str, Any]) -> dict[str, Any]:
    return body["entries"][0]


HOSTILE: dict[str, tuple[Change, str]] = {
    "a replay of an old answer": (lambda b: b.update(nonce="0" * 32), "replay"),
    "an answer to another step": (lambda b: b.update(after=3), "replay"),
    "another cluster": (lambda b: b.update(cluster="ota"), "another cluster"),
    "another protocol": (lambda b: b.update(protocol=99), "protocol"),
    "a log cut short": (lambda b: b["head"].update(seq=1), "chain"),
    "a log of nothing": (lambda b: b.update(entries=[]), "without entries"),
    "another chain": (lambda b: b["head"].update(chain="1" * 64), "chain"),
    "another beginning": (lambda b: b.update(after_chain="1" * 64), "rollback"),
    "a step again (a circle)": (lambda b: b["entries"][2].update(seq=1), "repeated or missing"),
    "a gap": (lambda b: b["entries"].pop(1), "repeated or missing"),
    "a changed document": (lambda b: _own(b).update(document="{}"), "hash"),
    "a version that is none": (lambda b: _own(b).update(version=0), "version"),
    "a version twice": (
        lambda b: (b["entries"][1].update(id=_own(b)["id"], version=1), rechained(b)),
        "again",
    ),
    "a document that is missing": (lambda b: _own(b).update(document=None), "without its document"),
    "a removed record with a document": (lambda b: _own(b).update(deleted=True), "removed"),
    "fields that nobody knows": (lambda b: _own(b).update(more=1), "fields"),
    "somebody else's firm": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(cluster="ota")),
        "another firm",
    ),
    "rows of somebody else": (
        lambda b: rewritten(b, 0, lambda d: d.update(equipment=[{"firm": "ota/1", "name": "x"}])),
        "another firm",
    ),
    "a name that runs": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(name="\x1b[2J")),
        "cannot be shown",
    ),
    "a name of a megabyte": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(name="x" * 10**6)),
        "too long",
    ),
    "a number as a name": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(name=7)),
        "not text",
    ),
    "hours below zero": (
        lambda b: rewritten(b, 0, lambda d: d.update(
            loads=[{"firm": "suwa/0001", "week": "2026-01-05", "free_hours": -1}])),
        "below 0",
    ),
    "a place that is none": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(latitude=91)),
        "latitude out of range",
    ),
    "a number beyond all bounds": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(employees=10**16)),
        "employees out of range",
    ),
    "half a person": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(employees=1.5)),
        "not a whole number",
    ),
    "a word as a number": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(employees="many")),
        "not a number",
    ),
    "a number as a yes": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(coordinator=1)),
        "neither true nor false",
    ),
    "a word that is none of the list": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(successor="perhaps")),
        "'perhaps', which is not one of decided, undecided",
    ),
    "a day that is none": (
        lambda b: rewritten(b, 0, lambda d: d.update(
            loads=[{"firm": "suwa/0001", "week": "soon", "free_hours": 1}])),
        "loads.week that is not a date",
    ),
    "materials that are no list": (
        lambda b: rewritten(b, 0, lambda d: d.update(
            capabilities=[{"firm": "suwa/0001", "process": "turning", "materials": "steel"}])),
        "list of at most 200",
    ),
    "a firm without a name": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].pop("name")),
        "firms without name",
    ),
    "a firm with a field that nobody knows": (
        lambda b: rewritten(b, 0, lambda d: d["firm"].update(more=1)),
        "unknown field 'more'",
    ),
    "a firm that is no object": (
        lambda b: rewritten(b, 0, lambda d: d.update(firm=[])),
        "firm that is not an object",
    ),
    "a table that is no list": (
        lambda b: rewritten(b, 0, lambda d: d.update(ties={})),
        "a table ties that is not a list",
    ),
    "a record without a firm": (
        lambda b: rewritten(b, 0, lambda d: d.pop("firm")),
        "one firm and its rows",
    ),
    "a record of several firms": (
        lambda b: rewritten(b, 0, lambda d: d.update(firms=[])),
        "several firms",
    ),
    "entries that are no list": (lambda b: b.update(entries={}), "list of at most 500"),
    "a step that is text": (lambda b: _own(b).update(seq="\x1b[2J"), "step '"),
    "an id of a wrong type": (lambda b: _own(b).update(id=7), "wrong type"),
    "a document of a wrong type": (lambda b: _own(b).update(document=7), "wrong type"),
    "more rows than a firm has": (
        lambda b: rewritten(b, 0, lambda d: d.update(
            equipment=[{"firm": "suwa/0001", "name": "x"}] * 20_001)),
        "rows of one firm",
    ),
    "deep nesting": (
        lambda b: (
            _own(b).update(document="[" * 5000 + "]" * 5000),
            _own(b).update(hash=digest(_own(b)["document"])),
            rechained(b),
        ),
        "deep",
    ),
    "a document written otherwise": (
        lambda b: (
            _own(b).update(document=_own(b)["document"].replace("{", "{ ", 1)),
            _own(b).update(hash=digest(_own(b)["document"])),
            rechained(b),
        ),
        "canonical",
    ),
    "an id with a slash": (
        lambda b: (_own(b).update(id="../ota/1"), rechained(b)),
        "id that is not allowed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_hostile_peer_signs_is_refused(pair: tuple[Registry, Registry], case: str) -> None:
    ota, suwa = pair
    before = repr(ota.directory().firms)
    change, why = HOSTILE[case]
    with refusing(why):
        pull(ota, "suwa", OTA, transport=forged(suwa, change))
    assert repr(ota.directory().firms) == before  # nothing of it was taken
    assert (ota.peer("suwa").seq, ota.peer("suwa").chain) == (0, START)
    told = pull(ota, "suwa", OTA, transport=honest(suwa))  # and the true ones still come
    assert told["added"] == len(suwa.directory())


def test_a_stranger_s_signature_is_refused(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    with refusing("did not sign"):
        pull(ota, "suwa", OTA, transport=forged(suwa, lambda b: None, OTA))


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"zz\n{}", b"\xff\xfe\n\xff", b"{}", b"0" * 128 + b"\n{}", b"<html>hello</html>"],
)
def test_what_is_no_page_is_refused(pair: tuple[Registry, Registry], content: bytes) -> None:
    ota, _ = pair
    with refusing("did not sign"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: said(content)))


@pytest.mark.parametrize(
    "content", [b'{"a":NaN}', b'{"a":1,"a":2}', b"[" * 99, b"1" * 5000, b"\xff"]
)
def test_signed_rubbish_is_refused(pair: tuple[Registry, Registry], content: bytes) -> None:
    ota, _ = pair
    signed = SUWA.sign(content).hex().encode() + b"\n" + content
    with refusing("Refused"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: said(signed)))


def test_a_true_answer_replayed_later_is_refused(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    kept: list[bytes] = []
    inner = honest(suwa)

    class Keeping(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await inner.handle_async_request(request)
            kept.append(await answer.aread())
            return said(kept[-1], answer.status_code)

    pull(ota, "suwa", OTA, transport=Keeping())
    with refusing("replay"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: said(kept[0])))


def test_a_registry_set_back_is_refused(
    pair: tuple[Registry, Registry], tmp_path: Path, two_clusters: Directory
) -> None:
    ota, suwa = pair
    pull(ota, "suwa", OTA, transport=honest(suwa))
    count = len(ota.directory())
    with Registry.create(tmp_path / "set_back.sqlite", "suwa") as older:
        older.add_peer("ota", "", public_key_of(OTA))
        older.put(two_clusters.only([suwa.directory().keys[0]]))
        with refusing("rollback"):
            pull(ota, "suwa", OTA, transport=honest(older))
    assert len(ota.directory()) == count


class Endless(httpx.AsyncByteStream):
    """A record that never ends."""

    def __init__(self, piece: bytes, pause: float = 0.0) -> None:
        self.piece, self.pause, self.sent = piece, pause, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < 1 << 30:
            self.sent += len(self.piece)
            await asyncio.sleep(self.pause)
            yield self.piece


def test_a_record_of_a_gigabyte_is_cut_off(pair: tuple[Registry, Registry]) -> None:
    ota, _ = pair
    stream = Endless(b"x" * (1 << 20))
    with refusing("8,388,608 bytes"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: httpx.Response(200, stream=stream)))
    assert stream.sent <= 10 << 20  # not read on


def test_an_answer_by_drops_is_cut_off(
    pair: tuple[Registry, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    ota, _ = pair
    monkeypatch.setattr(federation, "MOST_SECONDS", 0.3)
    stream = Endless(b"x", 0.05)
    with refusing("seconds"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: httpx.Response(200, stream=stream)))


def test_packed_and_redirected_answers_are_refused(pair: tuple[Registry, Registry]) -> None:
    ota, _ = pair
    packed = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Endless(b"x"))
    with refusing("compressed"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: packed))
    moved = said(b"", 302, location="http://169.254.169.254/")
    with refusing("302"):
        pull(ota, "suwa", OTA, transport=answering(lambda _: moved))
    ota.add_peer("suwa", "", public_key_of(SUWA))  # one that only pulls
    with pytest.raises(ParameterError, match="http"):
        pull(ota, "suwa", OTA)


def test_one_peer_that_fails_stops_no_other(pair: tuple[Registry, Registry]) -> None:
    ota, suwa = pair
    ota.add_peer("bad", "http://bad.test", public_key_of(OTA))
    pulled = pull_all(ota, OTA, transport=honest(suwa))
    assert pulled.failed == ("bad",)
    assert len(ota.directory().of_clusters("suwa")) == len(suwa.directory())


# ---- who asks ------------------------------------------------------------------------------------


def ask(app: Any, target: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://suwa.test") as client:
            return await client.get(target, headers=headers)

    return asyncio.run(one())


def test_only_a_peer_s_own_key_opens_its_view(pair: tuple[Registry, Registry]) -> None:
    _, suwa = pair
    app = exchange(suwa, SUWA)
    stranger = json.loads(ask(app, "/directory").content)
    assert "loads" not in stranger

    def headers(key: Ed25519PrivateKey, **other: Any) -> dict[str, str]:
        told = {
            "cluster": "ota", "owner": "suwa", "target": "/directory", "at": int(time.time()),
            "nonce": "ab" * 16,
        } | other  # fmt: skip
        return signed_request(key, Request(**told))

    mine = headers(OTA)
    assert "loads" in json.loads(ask(app, "/directory", mine).content)
    assert ask(app, "/directory", mine).status_code == 401  # a request replayed
    for n, wrong in enumerate(
        (
            headers(SUWA, nonce="0" * 32),  # another's key
            headers(OTA, nonce="1" * 32, cluster="nobody"),
            headers(OTA, nonce="2" * 32, owner="sabae"),  # meant for another registry
            headers(OTA, nonce="3" * 32, target="/log"),
            headers(OTA, nonce="4" * 32, at=int(time.time()) - 1000),
            headers(OTA, nonce="5" * 32) | {"x-shuseki-signature": "00"},
            headers(OTA, nonce="6" * 32) | {"x-shuseki-at": "soon"},
            headers(OTA, nonce="7" * 32) | {"x-shuseki-nonce": "x"},
        )
    ):
        assert ask(app, "/directory", wrong).status_code == 401, n


def test_it_only_reads(pair: tuple[Registry, Registry]) -> None:
    _, suwa = pair
    transport = httpx.ASGITransport(exchange(suwa, SUWA))

    async def post() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://suwa.test") as client:
            return (await client.post("/directory", content=b"{}")).status_code

    assert asyncio.run(post()) == 405
    assert ask(exchange(suwa, SUWA), "/search?q=" + "x" * 600).status_code == 400


# ---- keys ----------------------------------------------------------------------------------------


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    made = create_key(path)
    assert public_key_of(load_key(path)) == public_key_of(made)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OutputError):
        create_key(path)
    path.chmod(0o644)
    with pytest.raises(DataError, match="chmod"):
        load_key(path)
    other = tmp_path / "b.key"
    other.write_text("no key")
    other.chmod(0o600)
    with pytest.raises(DataError, match="no Ed25519 key"):
        load_key(other)
    with pytest.raises(DataError):
        load_key(tmp_path / "none.key")


# ---- a server under siege ------------------------------------------------------------------------


@contextmanager
def standing(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server on the loopback address; it is stopped at the end."""
    monkeypatch.setattr(exchange_module.Patient, "request_seconds", 1.0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    one = server(registry, SUWA, port=port)
    thread = threading.Thread(target=one.run, daemon=True)
    thread.start()
    while not one.started:
        time.sleep(0.02)
    try:
        yield port
    finally:
        one.should_exit = True
        thread.join(20)


def test_slow_readers_lose_their_connections_and_nothing_else(
    pair: tuple[Registry, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    ota, suwa = pair
    with standing(suwa, monkeypatch) as port:
        slow = []
        for _ in range(60):  # more than one address may have
            one = socket.socket()
            one.bind(("127.0.0.2", 0))
            one.settimeout(20)
            one.connect(("127.0.0.1", port))
            one.sendall(b"GET /about HTTP/1.1\r\nHost: x\r\nX-Slow: ")  # and never ends
            slow.append(one)
        ota.add_peer("suwa", f"http://127.0.0.1:{port}", public_key_of(SUWA))
        assert pull(ota, "suwa", OTA)["added"] == len(suwa.directory())
        for one in slow:
            with suppress(ConnectionError):
                assert one.recv(100) == b""  # closed from the other side
            one.close()


def test_requests_that_are_too_large_are_refused(
    pair: tuple[Registry, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, suwa = pair
    with standing(suwa, monkeypatch) as port:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as one,
            suppress(ConnectionError),
        ):
            one.sendall(b"GET /about HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (1 << 18))
            assert b"200 OK" not in one.recv(1000)
        answer = httpx.get(f"http://127.0.0.1:{port}/about", trust_env=False)
        assert answer.json()["cluster"] == "suwa"


def test_others_are_not_served_in_the_clear(pair: tuple[Registry, Registry]) -> None:
    with pytest.raises(ParameterError, match="certificate"):
        server(pair[1], SUWA, host="0.0.0.0")


def test_a_firm_of_no_name_is_still_a_firm(pair: tuple[Registry, Registry]) -> None:
    """Ids that a chamber gives may hold any letters."""
    ota, suwa = pair
    suwa.put(Directory((Firm("会員 １−２", "suwa", "あ"),)))
    pull(ota, "suwa", OTA, transport=honest(suwa))
    assert "suwa/会員 １−２" in ota.directory().keys
