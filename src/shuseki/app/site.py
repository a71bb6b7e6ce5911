"""How is the app made and served?

``make_app`` puts the pages, the API and the guard together over a folder of data::

    <data>/app.sqlite     accounts, sessions and the log, when people sign in
    <data>/jobs/          studies that were run here
    <data>/uploads/       records that were brought here
    <data>/areas/         areas that were brought here
    <data>/reviews/       registers that were linked here, and what was decided of their pairs

Takes: ``Settings``. Gives: an ASGI application, which ``serve`` runs on one port.
"""

import asyncio
import atexit
import gc
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.staticfiles import StaticFiles
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from shuseki.app import api, bringing, editing, linking, pages, studies
from shuseki.app.accounts import LOCAL, Accounts, engine_of, own_folder
from shuseki.app.answers import Answers
from shuseki.app.directory import REGISTRY, has_registry
from shuseki.app.guard import Guard
from shuseki.app.jobs import Jobs
from shuseki.app.maps import shape_file
from shuseki.app.own_areas import OwnAreas
from shuseki.app.places import DIVISIONS, division_of, layers
from shuseki.app.question import Reader, takes_file
from shuseki.app.questions import QUESTIONS
from shuseki.app.questions.areas import COMPARE, MAP, RANKING
from shuseki.app.questions.profile import AREA, AreaAsked
from shuseki.app.reviews import Reviews
from shuseki.app.sending import Sending
from shuseki.app.state import COOKIE, Settings, State
from shuseki.app.uploads import Uploads
from shuseki.disk import locked
from shuseki.errors import OutputError, ShusekiError, UnknownCodeError
from shuseki.language import LANGUAGES, say, told, words_of
from shuseki.language.refusals import refusals
from shuseki.sourcing.registry.store import Registry

__all__ = ["make_app", "serve"]


def make_app(settings: Settings) -> FastAPI:
    """Build the application.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    database = engine_of(settings.data, settings.database)
    accounts = Accounts(database) if settings.accounts else None
    state = State(
        settings,
        Answers(),
        Jobs(own_folder(settings.data / "jobs")),
        Uploads(own_folder(settings.data / "uploads")),
        Reviews(own_folder(settings.data / "reviews")),
        OwnAreas(own_folder(settings.data / "areas")),
        accounts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.warm:
            threading.Thread(target=_warm, args=(state.answers,), daemon=True).start()
        ticking = asyncio.create_task(_tick(state.jobs))
        yield
        ticking.cancel()

    app = FastAPI(
        title="shuseki",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.shuseki = state
    app.include_router(studies.api)
    app.include_router(api.router)
    app.mount("/static", Static(directory=str(files("shuseki.app") / "static")), name="static")
    app.include_router(studies.router)
    app.include_router(linking.router)
    app.include_router(editing.router)
    app.include_router(bringing.router)
    app.include_router(pages.router)
    app.add_middleware(Sending, public=PUBLIC)
    app.add_middleware(
        Guard,
        hosts=settings.hosts,
        longest_upload=settings.longest_upload,
        takes_files=_takes_files,
        may_upload=None if accounts is None else partial(_may_upload, accounts),
    )
    app.add_exception_handler(ShusekiError, _refused)
    app.add_exception_handler(HTTPException, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)
    return app


def _takes_files(path: str) -> bool:
    """Whether files are brought at a path: pages of uploads, and questions that take one."""
    return "/uploads" in path or path.rpartition("/")[2] in WITH_FILES


WITH_FILES = frozenset(name for name, one in QUESTIONS.items() if takes_file(one))
PUBLIC = frozenset(
    {name for name, one in QUESTIONS.items() if one.role == "nobody" and not one.depends_on_reader}
    | {"areas", "indicators", "openapi", "shapes", "values"}
)
"""Answers that are the same for everybody."""


class Static(StaticFiles):
    """Files whose names carry their version, or that are small: kept by browsers."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """Say how long a file may be kept."""
        response = super().file_response(*given, **named)
        is_versioned = "/vendor/" in str(given[0])
        kept = "public, max-age=31536000, immutable" if is_versioned else "no-cache"
        response.headers["cache-control"] = kept
        return response


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Run the app in this process until it is stopped.

    Everything that can be refused is looked at first: the folder, the accounts, the registry, the
    port.

    Parameters
    ----------
    settings
        How.
    host, port
        Where it listens; port 0 takes one that is free.
    ready
        Called with the port as soon as it is open.

    Raises
    ------
    OutputError
        The folder cannot be written or another app uses it, or the port is taken.
    DataError, ParameterError
        The accounts or the registry cannot be used.
    """
    made = make_app(settings)
    if has_registry(settings.data):
        Registry.open(settings.data / REGISTRY).close()
    with _alone(settings.data), _opened(host, port) as place:
        if ready is not None:
            ready(int(place.getsockname()[1]))
        config = uvicorn.Config(
            made,
            http=Timely,
            log_level="warning",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=20,
            limit_concurrency=MOST_AT_ONCE,
            server_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(config).run(sockets=[place])


MOST_AT_ONCE = 500
"""Connections and requests beyond which the app answers 503: others are served in peace."""


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Be the only app of a folder."""
    holding = ExitStack()
    try:
        holding.enter_context(locked(data / "jobs", wait_seconds=0))
    except OutputError:
        raise OutputError(
            say(
                "Another app uses {data}. Expected one app for a folder. Stop the other, or choose "
                "another folder with --data.",
                data=data,
            )
        ) from None
    with holding:
        yield


def _opened(host: str, port: int) -> socket.socket:
    """The port, open."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        place = socket.create_server((host, port), family=family, backlog=512)
        # An answer in two parts waits 40 ms for the reader's acknowledgement of the first, unless
        # told not to; connections inherit this, and asyncio sees to it only of sockets of its own.
        place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return place
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            say(
                "Port {port} of {host} cannot be used: {why}. Expected a free port of this "
                "machine. Choose another with --port (0 takes any that is free).",
                port=port,
                host=host,
                why=why,
            )
        ) from None


def _may_upload(accounts: Accounts, cookies: str) -> bool:
    """Whether these cookies are of somebody who is signed in."""
    return accounts.who(cookie_parser(cookies).get(COOKIE, "")).is_at_least("reader")


class Timely(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """A connection that is closed when it sends no request: nobody holds one for nothing."""

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        asyncio.get_running_loop().call_later(FIRST_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


FIRST_SECONDS = 15


def _warm(answers: Answers) -> None:
    """Read what the first pages need, so that nobody waits for it."""
    for by in DIVISIONS:
        for lang in LANGUAGES:
            shape_file(by, lang)
        for one in layers().values():
            one.of(by, "")
        asked = AreaAsked(by=by, area=division_of(by).codes[0])
        answers.show(AREA, asked, Reader(LOCAL))
    for question in (MAP, RANKING, COMPARE):
        answers.show(question, question.options(), Reader(LOCAL))
    gc.collect()
    threadpool_limits(1, "blas")  # matrices are small: a second thread would only wait
    gc.set_threshold(*COLLECTED)
    gc.freeze()  # what was read stays: it need not be looked through again
    atexit.register(gc.unfreeze)  # but it is cleared when the process ends


COLLECTED = (20_000, 10, 50)
"""New objects until the collector looks at them, and how often until it looks at older ones.

A page leaves some 6,000 objects. By default (700, 10, 10) one page in twenty waited a tenth of a
second while all that is kept was looked through.
"""


async def _tick(jobs: Jobs) -> None:
    """Start what waits, now and then: a process that ends tells nobody."""
    while True:
        await asyncio.to_thread(jobs.start_waiting)
        await asyncio.sleep(1)


def _status(error: Exception) -> int:
    return 404 if isinstance(error, UnknownCodeError) else 422


async def _refused(request: Request, error: Exception) -> Response:
    return await _told(request, _status(error), words_of(error))


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return await _told(request, error.status_code, error.detail)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = refusals(error.errors(), beyond=1)
    return await _told(request, 422, say("{faults}. Correct the options.", faults=faults))


async def _broken(request: Request, error: Exception) -> Response:
    """A fault of ours: said in words; what happened stands in the log of the process."""
    lang = "ja" if request.url.path.startswith("/ja") else "en"
    return await _told(request, 500, told(BROKEN, lang))


BROKEN = say("The app has made a mistake. Try again; if it stays, report it with what you asked.")


async def _told(request: Request, status: int, text: str) -> Response:
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": text}, status)
    return pages.error_page(request, status, text)
