"""How does a registry answer other registries and readers?

A small ASGI application that a server runs by itself (``serve``) or a larger application mounts.
It only reads. Who signs a request with the key of a peer is answered as that peer's audience,
everybody else as the public. An answer is made of what was published to that audience and of
nothing else: nothing hidden is even read.

    GET /about       which cluster, which public key
    GET /log         the next part of the log, signed (``sourcing.federation``)
    GET /search      ?q=研磨+SUS304&lang=ja: firms of the cluster held against a search
    GET /directory   firms of the cluster as JSON

``serve`` stands on the loopback address unless told otherwise. A connection that has not sent its
request within 10 seconds is closed, one that does not take its answer within 60 as well; an address
has 32 connections at most, and a request at most 16 KiB.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from shuseki.directory import TABLES, Directory
from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import check_language, say, told
from shuseki.sourcing.federation import NONCE, PROTOCOL, Request, page, public_key_of, verify
from shuseki.sourcing.registry.documents import canonical, documents_of
from shuseki.sourcing.registry.store import Registry
from shuseki.sourcing.search import Found, search

__all__ = ["Patient", "directory_json", "exchange", "found_json", "serve", "server"]

SKEW_SECONDS = 300
REMEMBERED = 100_000
REQUEST_SECONDS = 10.0
ANSWER_SECONDS = 60.0
CONNECTIONS_PER_ADDRESS = 32
MOST_HEADER_BYTES = 1 << 14
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def exchange(registry: Registry, key: Ed25519PrivateKey) -> Starlette:
    """Make the application of a registry.

    Parameters
    ----------
    key
        That the registry signs with.
    """
    nonces = _Nonces()
    held: dict[str, tuple[tuple[int, str], Directory]] = {}

    def shared(audience: str) -> Directory:
        """What an audience was told; read again only when it was told something new."""
        head = registry.head(audience)
        if audience not in held or held[audience][0] != head:
            held[audience] = (head, registry.shared(audience))
        return held[audience][1]

    def about(request: HttpRequest) -> Response:
        return _json(
            {
                "protocol": PROTOCOL,
                "cluster": registry.cluster,
                "public_key": public_key_of(key),
            }
        )

    def log(request: HttpRequest) -> Response:
        after, nonce = request.query_params.get("after", ""), request.query_params.get("nonce", "")
        if not after.isascii() or not after.isdigit() or len(after) > 9:
            raise ParameterError(
                say("after is no step. Expected a whole number. Correct the request.")
            )
        audience = _audience(registry, nonces, request)
        content = page(registry, key, audience, int(after), nonce)
        return Response(content, media_type="application/octet-stream")

    def find(request: HttpRequest) -> Response:
        seen = shared(_audience(registry, nonces, request))
        lang = check_language(request.query_params.get("lang", "en"))
        return _json(found_json(search(seen, request.query_params.get("q", "")), lang))

    def whole(request: HttpRequest) -> Response:
        seen = shared(_audience(registry, nonces, request))
        return Response(directory_json(seen), media_type="application/json")

    routes = [
        Route("/about", _guarded(about)),
        Route("/log", _guarded(log)),
        Route("/search", _guarded(find)),
        Route("/directory", _guarded(whole)),
    ]
    return Starlette(routes=routes)


def directory_json(directory: Directory) -> str:
    """Write a directory as JSON, by our own names, in one way: rows and keys in order.

    ``importing.read_list`` reads it again for the cluster that owns the firms.
    """
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for cluster in sorted({firm.cluster for firm in directory.firms}):
        for document in documents_of(directory, cluster):
            content = document.content
            tables["firms"].append(content["firm"])
            for table, rows in content.items():
                if table != "firm":
                    tables[table] += rows
    named = {table: rows for table, rows in tables.items() if rows or table == "firms"}
    notes = [str(note) for note in directory.notes]
    sources = [str(source) for source in directory.sources]
    return canonical({**named, "notes": notes, "sources": sources})


def found_json(found: Found, lang: str) -> dict[str, Any]:
    """What a search found, as plain values in a language."""
    return {
        "headline": str(told(found.headline(), lang)),
        "asks": [str(told(one, lang)) for one in found.query.asks],
        "firms": [
            {
                "firm": {f.name: getattr(hit.firm, f.name) for f in fields(hit.firm)},
                "verdict": hit.verdict,
                "distance_km": hit.distance_km,
                "checks": [
                    {
                        "attribute": check.attribute,
                        "verdict": check.verdict,
                        "reason": str(told(check.reason, lang)),
                    }
                    for check in hit.checks
                ],
            }
            for hit in found.hits
        ],
        "notes": [str(told(note, lang)) for note in found.notes],
    }


# ---- who asks ------------------------------------------------------------------------------------


class _Nonces:
    """Numbers of requests that were answered, so that none is answered twice."""

    def __init__(self) -> None:
        self.seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.lock = threading.Lock()

    def once(self, cluster: str, nonce: str) -> bool:
        """Whether a number is new; it is remembered."""
        with self.lock:
            if (cluster, nonce) in self.seen:
                return False
            self.seen[cluster, nonce] = None
            while len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
            return True


class _StrangerError(Exception):
    """Somebody claims to be a peer and is not."""


def _audience(registry: Registry, nonces: _Nonces, request: HttpRequest) -> str:
    """As whom a request is answered: the public, unless a peer's key has signed it."""
    cluster = request.headers.get("x-shuseki-cluster")
    if cluster is None:
        return "public"
    at, nonce = request.headers.get("x-shuseki-at", ""), request.headers.get("x-shuseki-nonce", "")
    if not at.isascii() or not at.isdigit() or len(at) > 12 or not NONCE.fullmatch(nonce):
        raise _StrangerError
    target = request.url.path.removeprefix(request.scope.get("root_path", ""))
    query = request.url.query
    asked = Request(
        cluster, registry.cluster, f"{target}?{query}" if query else target, int(at), nonce
    )
    peer = next((peer for peer in registry.peers() if peer.cluster == cluster), None)
    signature = request.headers.get("x-shuseki-signature", "")
    if peer is None or not verify(peer.public_key, signature, asked.message):
        raise _StrangerError
    if abs(time.time() - int(at)) > SKEW_SECONDS or not nonces.once(cluster, nonce):
        raise _StrangerError
    return peer.audience


def _guarded(answer: Callable[[HttpRequest], Response]) -> Callable[[HttpRequest], Response]:
    """Answer, or refuse in words; nothing of the house is told when it breaks."""

    def guarded(request: HttpRequest) -> Response:
        try:
            return answer(request)
        except _StrangerError:
            return _json(
                {
                    "error": "The request is not signed by a peer that is known, or is old, or was "
                    "made before. Exchange keys, and check the clock."
                },
                401,
            )
        except ShusekiError as error:
            return _json({"error": str(error)}, 400)

    return guarded


def _json(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status_code=status, headers={"cache-control": "no-store"})


# ---- the server ----------------------------------------------------------------------------------


class Patient(H11Protocol):
    """HTTP with an end to patience: late requests and readers who do not read are cut off."""

    held: ClassVar[Counter[str]] = Counter()
    per_address = CONNECTIONS_PER_ADDRESS
    request_seconds = REQUEST_SECONDS
    answer_seconds = ANSWER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless its address has too many."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.held[self.address] += 1
        self.watch: asyncio.TimerHandle | None = None
        self.answered: Any = None
        self.since = self.loop.time()
        if self.held[self.address] > self.per_address:
            transport.abort()
            return
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self.held[self.address] -= 1
        if self.held[self.address] <= 0:
            del self.held[self.address]
        if self.watch is not None:
            self.watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Look at the clock, and again in a while."""
        now = self.loop.time()
        being_answered = self.cycle is not None and not self.cycle.response_complete
        state = self.cycle if being_answered else None
        if state is not self.answered:
            self.answered, self.since = state, now
        if now - self.since > (self.answer_seconds if being_answered else self.request_seconds):
            self.transport.abort()
            return
        self.watch = self.loop.call_later(min(1.0, self.request_seconds / 4), self._look)


def server(
    registry: Registry,
    key: Ed25519PrivateKey,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    certificate: str | None = None,
    certificate_key: str | None = None,
    behind_proxy: bool = False,
) -> uvicorn.Server:
    """Make a server of the exchange.

    Parameters
    ----------
    certificate, certificate_key
        PEM files for HTTPS.
    behind_proxy
        A proxy stands before it, does HTTPS, and bounds connections.

    Raises
    ------
    ParameterError
        An address that others reach, without HTTPS.
    DataError
        A certificate or a key that is none, or that do not belong together.
    """
    if host not in LOOPBACK and not certificate and not behind_proxy:
        raise ParameterError(
            say(
                "The address {host} can be reached by others, and nothing is encrypted. Expected "
                "a certificate, or a proxy that does HTTPS. Give --certificate and "
                "--certificate-key, or say --behind-proxy.",
                host=host,
            )
        )
    per_address = 1 << 30 if behind_proxy else CONNECTIONS_PER_ADDRESS
    if certificate:
        _check_certificate(certificate, certificate_key)
    protocol = type("Patient", (Patient,), {"held": Counter(), "per_address": per_address})
    return uvicorn.Server(
        uvicorn.Config(
            exchange(registry, key),
            host=host,
            port=port,
            http=protocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=5,
            h11_max_incomplete_event_size=MOST_HEADER_BYTES,
            ssl_certfile=certificate,
            ssl_keyfile=certificate_key,
        )
    )


def _check_certificate(certificate: str, key: str | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:  # of TLS too
        raise DataError(
            say(
                "The certificate {certificate} with the key {key_file} cannot be used: {why}. "
                "Expected PEM files that belong together. Check both names.",
                certificate=certificate,
                key_file=key or certificate,
                why=error.strerror or str(error),
            )
        ) from None


def serve(
    registry: Registry,
    key: Ed25519PrivateKey,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    **options: Any,
) -> None:
    """Answer until stopped; options as those of ``server``.

    Raises
    ------
    ParameterError
        The address is not of this machine, or taken.
    """
    made = server(registry, key, host=host, port=port, **options)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ParameterError(
            say(
                "{host}, port {port}, cannot be listened on: {why}. Expected an address of this "
                "machine and a port that is free. Choose another --host or --port.",
                host=host,
                port=port,
                why=error.strerror or str(error),
            )
        ) from None
    with listening:
        made.run(sockets=[listening])
