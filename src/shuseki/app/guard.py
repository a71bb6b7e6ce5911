"""Was the request sent by our own pages, and is it of a size and a kind that we take?

Every request passes here before it reaches a page, as bytes:

- its ``Host`` is one that the app was started for (a page elsewhere cannot give its own name to
  this address);
- a method that changes something (not GET, HEAD or OPTIONS) comes from our own pages: the browser
  says ``Sec-Fetch-Site: same-origin``, or names our ``Origin``. A program that is no browser sends
  neither, and no cookie: it may use ``/api``;
- its body is no longer than allowed, counted as it arrives, whatever ``Content-Length`` says, and
  does not let us wait; only who may upload may send a long one.

Every answer carries headers that keep scripts, frames and guesses of types out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from shuseki.language import Message, say, told

__all__ = ["HEADERS", "REPORT_POLICY", "Guard"]

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: our own files. Plotly sets styles on its elements."""
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:"
)
"""A report of a run is one file with its script inside; it stands in a sandbox of its own."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses requests that are not ours to answer; see the module.

    Parameters
    ----------
    app
        What answers the others.
    hosts
        Names that the app answers to, without port.
    longest_body
        Bytes of a body.
    longest_upload
        Bytes of a body where files are brought.
    takes_files
        Whether files are brought at a path.
    may_upload
        Whether who sends these cookies may send a long body; everybody by default.
    patience_seconds
        How long to wait for the next part of a body.
    """

    def __init__(
        self,
        app: Callable[[Event, Receive, Send], Awaitable[None]],
        *,
        hosts: Collection[str],
        longest_body: int = 1_000_000,
        longest_upload: int = 200_000_000,
        takes_files: Callable[[str], bool] = lambda path: "/uploads" in path,
        may_upload: Callable[[str], bool] | None = None,
        patience_seconds: float = 60.0,
    ) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.longest_body = longest_body
        self.longest_upload = longest_upload
        self.takes_files = takes_files
        self.may_upload = may_upload
        self.patience_seconds = patience_seconds

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Look at one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        send = _with_headers(send)
        refusal = self.refusal(scope, headers)
        if refusal:
            status, text = refusal
            await _refusing(scope, status, text)(scope, receive, send)
            return
        longest = self.longest_body
        if scope["method"] not in SAFE and self.takes_files(scope["path"]):
            cookies = headers.get("cookie", "")
            may = self.may_upload is None or await run_in_threadpool(self.may_upload, cookies)
            longest = self.longest_upload if may else self.longest_body
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > longest:
            await _refusing(scope, 413, _too_long(longest))(scope, receive, send)
            return
        started = False
        arrived = 0
        is_whole = False

        async def counted() -> Event:
            nonlocal arrived, is_whole
            if is_whole:  # what comes now is that the reader left
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.patience_seconds)
            except TimeoutError:
                raise _TooSlowError from None
            is_whole = not message.get("more_body", False)
            arrived += len(message.get("body", b""))
            if arrived > longest:
                raise _TooLongError
            return message

        async def sent(message: Event) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, sent)
        except _TooLongError:
            if not started:
                await _refusing(scope, 413, _too_long(longest))(scope, receive, send)
        except _TooSlowError:
            if not started:
                await _refusing(scope, 408, TOO_SLOW)(scope, receive, send)

    def refusal(self, scope: Event, headers: dict[str, str]) -> tuple[int, Message] | None:
        """Status and reason when a request is refused, else None."""
        host = headers.get("host", "")
        if _name(host) not in self.hosts:
            return 400, say(
                "This address is not called {host!r} here. Expected one of {hosts}. Start the app "
                "with --name for another.",
                host=host[:80],
                hosts=", ".join(sorted(self.hosts)),
            )
        if scope["method"] in SAFE:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            ours = site == "same-origin"
        elif origin is not None:
            ours = origin.partition("://")[2].lower() == host.lower()
        else:
            ours = scope["path"].startswith("/api") and "cookie" not in headers
        if ours:
            return None
        return 403, say(
            "This request was not sent by a page of ours. Open the page here, and try again."
        )


class _TooLongError(Exception):
    """A body went on beyond what is allowed."""


class _TooSlowError(Exception):
    """The next part of a body did not come."""


TOO_SLOW = say("The request did not arrive whole in time. Send it again.")


def _too_long(longest: int) -> Message:
    return say("The request is longer than {longest:,} bytes. Send less.", longest=longest)


def _refusing(scope: Event, status: int, text: Message) -> PlainTextResponse:
    """A refusal in the language of the address."""
    lang = "ja" if scope["path"].startswith("/ja") else "en"
    return PlainTextResponse(told(text, lang) + "\n", status)


def _headers(scope: Event) -> dict[str, str]:
    """Headers by name; of one given twice, all values joined, so that none hides behind another."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _name(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _with_headers(send: Send) -> Send:
    """Add the headers to an answer that does not have its own."""

    async def sending(message: Event) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            extra = [
                (k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given
            ]
            message["headers"] = [*message["headers"], *extra]
        await send(message)

    return sending
