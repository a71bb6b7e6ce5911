"""How is an answer sent: packed, and not sent twice?

Every answer to GET that is whole gets an ``ETag`` made from its bytes; who has it already is told
304. What is sent packed (gzip) is packed once: the newest packed answers are kept, up to
``MOST_KEPT`` bytes. Browsers keep what everybody may see, and ask each time whether it is still so
(``no-cache``); whatever else there is (own records, firms, accounts) they keep nowhere
(``no-store``), and no packed copy of it stays here.

Streams (``text/event-stream``, long files) go through as they are.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from shuseki.app.own_areas import is_own

__all__ = ["Sending", "keeps"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SHORTEST, LONGEST = 500, 8_000_000
"""Bytes between which an answer is packed and marked."""
MOST_KEPT = 24_000_000
PACKED = ("text/", "application/json", "image/svg", "application/javascript")
LEVEL = {"text/javascript": 9, "application/javascript": 9, "text/css": 9}
"""How hard files of the program are packed: they are many, and packed once."""


def keeps(path: str, public: frozenset[str]) -> bool:
    """Whether a browser may keep what stands at a path: pages and numbers everybody may see.

    Parameters
    ----------
    path
        Of the request.
    public
        Names of the questions whose answer is the same for everybody, and of the other addresses
        of the API that are.
    """
    parts = path.strip("/").split("/")
    if parts[0] == "static":
        return True
    name = parts[1].partition(".")[0] if len(parts) > 1 else "map"
    return len(parts) <= (4 if parts[0] == "api" else 2) and name in public


class Sending:
    """Marks and packs answers; see the module.

    Parameters
    ----------
    app
        What answers.
    public
        As in ``keeps``.
    most_kept
        Bytes of packed answers that are kept.
    """

    def __init__(
        self,
        app: Callable[[Message, Receive, Send], Awaitable[None]],
        *,
        public: frozenset[str],
        most_kept: int = MOST_KEPT,
    ) -> None:
        self.app = app
        self.public = public
        self.most_kept = most_kept
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self.app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        start: Message | None = None
        body: list[bytes] = []
        through = False

        async def sending(message: Message) -> None:
            nonlocal start, through
            if through:
                await send(message)
                return
            if message["type"] == "http.response.start":
                start = message
                return
            assert start is not None
            body.append(message.get("body", b""))
            more = message.get("more_body", False)
            headers = dict(start["headers"])
            is_stream = headers.get(b"content-type", b"").startswith(b"text/event-stream")
            if more and (is_stream or sum(map(len, body)) > LONGEST):
                through = True
                await send(_with(start, {b"cache-control": b"no-store"}))
                await send({**message, "body": b"".join(body)})
                return
            if more:
                return
            first, content = self.answer(scope, asked, start, b"".join(body))
            await send(first)
            await send({"type": "http.response.body", "body": content})

        await self.app(scope, receive, sending)

    def answer(
        self, scope: Message, asked: dict[bytes, bytes], start: Message, body: bytes
    ) -> tuple[Message, bytes]:
        """An answer as it is sent: its start and its bytes."""
        if start["status"] == 304:  # a file of the program that did not change
            return start, b""
        own = dict(start["headers"])
        may_keep = (
            scope["method"] == "GET"
            and start["status"] == 200
            and own.get(b"cache-control") != b"no-store"
            and keeps(scope["path"], self.public)
            and not _of_own_areas(scope)
        )
        more: dict[bytes, bytes] = {}
        digest = ""
        if may_keep:
            digest = hashlib.blake2b(body, digest_size=12).hexdigest()
            more[b"etag"] = f'W/"{digest}"'.encode()
            more[b"cache-control"] = own.get(b"cache-control", b"private, no-cache")
            if _has(asked.get(b"if-none-match", b""), digest):
                return _with({**start, "status": 304}, more, without=(b"content-length",)), b""
        else:
            more[b"cache-control"] = b"no-store"
        kind = own.get(b"content-type", b"").decode("latin-1")
        if (
            SHORTEST <= len(body) <= LONGEST
            and kind.startswith(PACKED)
            and b"content-encoding" not in own
        ):
            more[b"vary"] = b"accept-encoding"
            if b"gzip" in asked.get(b"accept-encoding", b""):
                body = self.packed(body, digest, LEVEL.get(kind.partition(";")[0], 6))
                more[b"content-encoding"] = b"gzip"
        more[b"content-length"] = str(len(body)).encode()
        return _with(start, more), body

    def packed(self, body: bytes, digest: str, level: int) -> bytes:
        """Packed bytes; kept under their digest where there is one."""
        with self._lock:
            if digest in self._packed:
                self._packed.move_to_end(digest)
                return self._packed[digest]
        made = gzip.compress(body, level, mtime=0)
        if digest:
            with self._lock:
                if digest not in self._packed:
                    self._packed[digest] = made
                    self._size += len(made)
                while self._size > self.most_kept:
                    _, gone = self._packed.popitem(last=False)
                    self._size -= len(gone)
        return made


def _of_own_areas(scope: Message) -> bool:
    """Whether an address asks for areas that a reader brought."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("by", [])
    return any(is_own(one) for one in (*asked, *scope["path"].split("/")))


def _with(start: Message, more: dict[bytes, bytes], without: tuple[bytes, ...] = ()) -> Message:
    """The start of an answer with other headers in place of its own."""
    kept = [(k, v) for k, v in start["headers"] if k not in more and k not in without]
    return {**start, "headers": [*kept, *more.items()]}


def _has(given: bytes, digest: str) -> bool:
    """Whether ``If-None-Match`` names a digest."""
    parts = given.decode("latin-1").split(",")
    names = [part.strip().removeprefix("W/").strip('"') for part in parts]
    return digest in names or "*" in names
