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
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from shuseki.app import api, bringing, editing, linking, pages, studies
from shuseki.app.accounts import Accounts, engine_of
from shuseki.app.answers import Answers
from shuseki.app.guard import Guard
from shuseki.app.jobs import Jobs
from shuseki.app.maps import shape_file
from shuseki.app.own_areas import OwnAreas
from shuseki.app.places import DIVISIONS
from shuseki.app.reviews import Reviews
from shuseki.app.state import Settings, State
from shuseki.app.uploads import Uploads
from shuseki.errors import ShusekiError, UnknownCodeError
from shuseki.language import words_of

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
        Jobs(settings.data / "jobs"),
        Uploads(settings.data / "uploads"),
        Reviews(settings.data / "reviews"),
        OwnAreas(settings.data / "areas"),
        accounts,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.warm:
            threading.Thread(target=_warm, daemon=True).start()
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
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.add_middleware(
        Guard,
        hosts=settings.hosts,
        longest_upload=settings.longest_upload,
    )
    app.add_exception_handler(ShusekiError, _refused)
    app.add_exception_handler(HTTPException, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


class Static(StaticFiles):
    """Files whose names carry their version, or that are small: kept by browsers."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """Say how long a file may be kept."""
        response = super().file_response(*given, **named)
        is_versioned = "/vendor/" in str(given[0])
        kept = "public, max-age=31536000, immutable" if is_versioned else "no-cache"
        response.headers["cache-control"] = kept
        return response


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Run the app in this process until it is stopped."""
    uvicorn.run(
        make_app(settings),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
        proxy_headers=False,
    )


def _warm() -> None:
    for by in DIVISIONS:
        for lang in ("en", "ja"):
            shape_file(by, lang)


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
    faults = [f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors()]
    return await _told(request, 422, "; ".join(faults)[:600] + ". Correct the options.")


async def _told(request: Request, status: int, text: str) -> Response:
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": text}, status)
    return pages.error_page(request, status, text)
