"""How does a reader bring records, run a study on them, and take the results away?

Pages under ``/{lang}/studies`` and ``/{lang}/uploads``, and the same under ``/api/studies``. Each
reader sees what is his own; an administrator sees that others have something, never what. Of a
study that is done the reader gets the report and the files that the gate of disclosure released.
"""

import asyncio
import json
import mimetypes
import weakref
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from shuseki.app.accounts import Account
from shuseki.app.guard import REPORT_POLICY
from shuseki.app.jobs import Job
from shuseki.app.pages import checked_language, page
from shuseki.app.state import account_of, address_of, state_of
from shuseki.app.uploads import Upload
from shuseki.app.words import phrases
from shuseki.disk import scratch
from shuseki.errors import ParameterError, ShusekiError, UnknownCodeError
from shuseki.language import Lang, say, words_of
from shuseki.language.catalogue import translation
from shuseki.report.blocks import Document, Section
from shuseki.report.html import render_fragment

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/studies")
TICK_SECONDS = 0.3


def somebody(request: Request) -> Account:
    """Who is signed in; refused when nobody is."""
    account = account_of(request)
    if not account.is_at_least("reader"):
        raise HTTPException(401, say("This needs an account. Sign in."))
    return account


Somebody = Annotated[Account, Depends(somebody)]


def own_job(request: Request, key: str, account: Somebody) -> Job:
    """A job of the reader's; another's is not there for him."""
    job = state_of(request).jobs.get(key)
    if job.owner != account.name:
        raise UnknownCodeError(
            say(
                "There is no job {name_given!r}. Expected one of the list of jobs.",
                name_given=key[:60],
            )
        )
    return job


def own_upload(request: Request, key: str, account: Somebody) -> Upload:
    """A file of the reader's."""
    upload = state_of(request).uploads.get(key)
    if upload.owner != account.name:
        raise UnknownCodeError(
            say(
                "There is no upload {name_given!r}. Expected one of your list.",
                name_given=key[:60],
            )
        )
    return upload


def known_layouts() -> list[str]:
    """Names of the layouts of records; the rooms of records are loaded when first asked."""
    from shuseki.records.layouts import known_layouts as known

    return sorted(known())


def bundled_studies() -> tuple[str, ...]:
    """Names of the studies that come with shuseki; likewise."""
    from shuseki.study.specification import bundled_studies as bundled

    return bundled()


OwnJob = Annotated[Job, Depends(own_job)]
OwnUpload = Annotated[Upload, Depends(own_upload)]


def wrote(request: Request, account: Account, action: str, about: str = "") -> None:
    """Write into the log what somebody did, where people sign in."""
    accounts = state_of(request).accounts
    if accounts is not None:
        accounts.log(account, action, about, address_of(request))


# ---- records ---------------------------------------------------------------------------------


@router.get("/{lang}/uploads")
def uploads(request: Request, lang: str, account: Somebody) -> Response:
    """The reader's files, and where to bring one."""
    lang = checked_language(lang)
    return page(
        request,
        "uploads.html",
        lang,
        title=phrases(lang)["uploads"],
        uploads=state_of(request).uploads.all(account.name),
        layouts=known_layouts(),
        refusal="",
    )


@router.post("/{lang}/uploads")
async def bring(
    request: Request,
    lang: str,
    account: Somebody,
    file: UploadFile,
    layout: Annotated[str, Form()] = "house",
    wave: Annotated[str, Form()] = "",
) -> Response:
    """Take a file in, and show what was understood."""
    lang = checked_language(lang)
    store = state_of(request).uploads
    try:
        year = _year(wave)
        made = await run_in_threadpool(
            store.add, file.file, file.filename or "", account.name, layout, year
        )
    except ShusekiError as error:
        return page(
            request,
            "uploads.html",
            lang,
            422,
            title=phrases(lang)["uploads"],
            uploads=store.all(account.name),
            layouts=known_layouts(),
            refusal=words_of(error),
        )
    wrote(request, account, "upload", made.key)
    return RedirectResponse(f"/{lang}/uploads/{made.key}", 303)


def _year(text: str) -> int | None:
    if not text.strip():
        return None
    year = text.strip()
    if not (year.isascii() and year.isdigit() and len(year) <= 4):
        raise ParameterError(
            say(
                "The wave {text!r}. Expected a year such as 1998. Correct it.",
                text=text[:20],
            )
        )
    return int(text)


@router.get("/{lang}/uploads/{key}")
def upload(request: Request, lang: str, found: OwnUpload) -> Response:
    """What was understood of a file, row by row."""
    lang = checked_language(lang)
    answer, refusal = "", found.refused(lang)
    if not refusal:
        document = Document(found.name, [Section("", [found.findings()])])
        answer = render_fragment(document, lang).html
    return page(
        request,
        "upload.html",
        lang,
        title=found.name,
        upload=found,
        answer=Markup(answer),
        refusal=refusal,
        command=f"shuseki validate {_quoted(found.name)} --layout {found.layout}"
        + (f" --wave {found.wave}" if found.wave else ""),
    )


@router.post("/{lang}/uploads/{key}/delete")
def delete_upload(request: Request, lang: str, found: OwnUpload) -> Response:
    """Delete a file."""
    state_of(request).uploads.delete(found.key)
    wrote(request, account_of(request), "delete upload", found.key)
    return RedirectResponse(f"/{checked_language(lang)}/uploads", 303)


@router.post("/{lang}/delete-all")
def delete_all(request: Request, lang: str, account: Somebody) -> Response:
    """Delete everything of the reader's: files, jobs and results."""
    state = state_of(request)
    for one in state.uploads.all(account.name):
        state.uploads.delete(one.key)
    for job in state.jobs.all():
        if job.owner == account.name:
            state.jobs.delete(job.key)
    for review in state.reviews.all(account.name):
        state.reviews.delete(review.key)
    wrote(request, account, "delete everything")
    return RedirectResponse(f"/{checked_language(lang)}/studies", 303)


# ---- studies -----------------------------------------------------------------------------------


@router.get("/{lang}/studies")
def studies(request: Request, lang: str, account: Somebody) -> Response:
    """The reader's studies."""
    lang = checked_language(lang)
    jobs = [job for job in state_of(request).jobs.all() if job.owner == account.name]
    return page(
        request,
        "studies.html",
        lang,
        title=phrases(lang)["studies"],
        jobs=jobs,
        bundled=bundled_studies(),
    )


@router.get("/{lang}/studies/new")
def new_study(request: Request, lang: str, account: Somebody) -> Response:
    """The form of a study."""
    return _form(request, checked_language(lang), account)


def _form(
    request: Request,
    lang: str,
    account: Account,
    refusal: str = "",
    text: str = "",
    given: dict[str, list[str]] | None = None,
) -> Response:
    from shuseki.app.forms import chapter_forms, faults_by_field  # every room: when first asked

    names = [
        f"{chapter['name']}.{field['name']}"
        for chapter in chapter_forms(lang)
        for field in chapter["fields"]
    ]
    faults, rest = faults_by_field(refusal, names, lang) if refusal else ({}, "")
    chosen = given or {}
    return page(
        request,
        "new-study.html",
        lang,
        422 if refusal else 200,
        title=phrases(lang)["new_study"],
        uploads=state_of(request).uploads.all(account.name),
        chapters=chapter_forms(lang, given, faults),
        refusal=rest,
        faults=faults,
        text=text,
        name=chosen.get("name", ["study"])[0],
        study_title=chosen.get("title", [""])[0],
        brought=chosen.get("upload", []),
    )


@router.post("/{lang}/studies")
async def run_study(request: Request, lang: str, account: Somebody) -> Response:
    """Check the study that the form means, and run it."""
    from shuseki.app.forms import study_text

    lang = checked_language(lang)
    form = await request.form(max_files=0, max_fields=2000)
    given: dict[str, list[str]] = {}
    for key, value in form.multi_items():
        if isinstance(value, str):
            given.setdefault(key, []).append(value)
    text = given.get("text", [""])[0].replace("\r\n", "\n")
    state = state_of(request)
    try:
        bundled = given.get("bundled", [""])[0]
        if bundled:
            if bundled not in bundled_studies():
                raise UnknownCodeError.among("study", [bundled], bundled_studies())
            job = await run_in_threadpool(state.jobs.add, bundled, account.name, {}, bundled)
        else:
            chosen = [own_upload(request, key, account) for key in given.get("upload", [])]
            name = given.get("name", ["study"])[0].strip() or "study"
            title = given.get("title", [name])[0].strip() or name
            if not text.strip():
                text = study_text(name, title, chosen, given, lang)
            files = {f"{one.key}{one.ending}": one.file for one in state.uploads.all(account.name)}
            needed = {name: file for name, file in files.items() if name in text}
            await run_in_threadpool(check_study, text, needed)
            job = await run_in_threadpool(state.jobs.add, title, account.name, needed, text)
    except ShusekiError as error:
        written = given.get("text", [""])[0]
        return _form(request, lang, account, words_of(error), written, given)
    wrote(request, account, "run study", job.key)
    return RedirectResponse(f"/{lang}/studies/{job.key}", 303)


def check_study(text: str, files: dict[str, Any]) -> None:
    """Check a study file whole, and that it reads nothing but the files given.

    Raises
    ------
    DataError, ParameterError
        Everything that is wrong with it.
    """
    from shuseki.study.specification import read_study

    with scratch(what="study") as place:
        for name, file in files.items():
            (place / name).symlink_to(file)
        (place / "study.toml").write_text(text, encoding="utf-8", newline="\n")
        found = read_study(place / "study.toml")
        allowed = {place / name for name in files} | {place / "study.toml"}
        allowed |= {path.resolve() for path in allowed}
        others = [p for p in found.reads if p not in allowed and p.resolve() not in allowed]
        if others:
            raise ParameterError(
                say(
                    "The study names {others}, which is not among its files. Expected files that "
                    "were uploaded. Upload it, and use its name.",
                    others=", ".join(sorted(p.name for p in others))[:200],
                )
            )


@router.get("/{lang}/studies/{key}")
def study(request: Request, lang: str, job: OwnJob) -> Response:
    """A study: how far it is, or what it found."""
    lang = checked_language(lang)
    return page(request, "study.html", lang, title=job.title, job=job, files=job.files())


@router.post("/{lang}/studies/{key}/cancel")
def cancel(request: Request, lang: str, job: OwnJob) -> Response:
    """Stop a study."""
    state_of(request).jobs.cancel(job.key)
    wrote(request, account_of(request), "cancel study", job.key)
    return RedirectResponse(f"/{checked_language(lang)}/studies/{job.key}", 303)


@router.post("/{lang}/studies/{key}/delete")
def delete(request: Request, lang: str, job: OwnJob) -> Response:
    """Delete a study with what it found."""
    state_of(request).jobs.delete(job.key)
    wrote(request, account_of(request), "delete study", job.key)
    return RedirectResponse(f"/{checked_language(lang)}/studies", 303)


# ---- the same for programs ---------------------------------------------------------------------


class StudyIn(BaseModel):
    """A study to run: the text of a study file on the synthetic census, or a bundled name."""

    study: str = Field(max_length=200_000)
    title: str = Field("", max_length=200)


class StudyOut(BaseModel):
    """A study that was asked for."""

    key: str
    title: str
    created: str
    state: str
    command: str
    errors: str
    files: list[str]


@api.get("")
def all_studies(request: Request, account: Somebody) -> list[StudyOut]:
    """The reader's studies, newest first."""
    return [_out(job) for job in state_of(request).jobs.all() if job.owner == account.name]


@api.post("", status_code=202)
def start(request: Request, account: Somebody, asked: StudyIn) -> StudyOut:
    """Run a study: answered at once, with the key under which it is found."""
    state = state_of(request)
    files = {f"{one.key}{one.ending}": one.file for one in state.uploads.all(account.name)}
    needed = {name: file for name, file in files.items() if name in asked.study}
    if asked.study in bundled_studies():
        needed = {}
    else:
        check_study(asked.study, needed)
    job = state.jobs.add(asked.title or asked.study[:60], account.name, needed, asked.study)
    wrote(request, account, "run study", job.key)
    return _out(job)


@api.get("/{key}")
def one_study(job: OwnJob) -> StudyOut:
    """A study: its state, and its files when it is done."""
    return _out(job)


@api.get("/{key}/events", response_class=StreamingResponse)
def events(request: Request, job: OwnJob, lang: Lang = "en") -> StreamingResponse:
    """What a study tells, from the beginning, as server-sent events: ``told``, then ``end``."""
    streams = state_of(request).streams
    if not streams.enter(job.owner):
        raise HTTPException(429, say("Too many pages watch studies. Close some, and try again."))

    async def tell() -> AsyncIterator[str]:
        sent = 0
        while True:
            now = await run_in_threadpool(state_of(request).jobs.get, job.key)
            told = await run_in_threadpool(now.events)
            for event in told[sent:]:
                if lang != "en" and "step" in event:
                    event["step"] = translation(event["step"], lang) or event["step"]
                yield f"event: told\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
            sent = len(told)
            if now.state not in ("waiting", "running"):
                yield f"event: end\ndata: {now.state}\n\n"
                return
            if await request.is_disconnected():
                return
            await asyncio.sleep(TICK_SECONDS)

    telling = tell()
    weakref.finalize(telling, streams.leave, job.owner)  # also when it is never begun
    return StreamingResponse(
        telling, media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


@api.get("/{key}/files/{path:path}", response_class=FileResponse)
def file(job: OwnJob, path: str) -> Response:
    """A file of a study that is done: one of those listed, and no other."""
    place = job.file(path)
    is_page = place.suffix == ".html"
    kind = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    headers = {"cache-control": "no-store"}
    if is_page:
        headers["content-security-policy"] = REPORT_POLICY
    else:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(place.name)}"
    return FileResponse(place, media_type="text/html" if is_page else kind, headers=headers)


def _out(job: Job) -> StudyOut:
    return StudyOut(
        key=job.key,
        title=job.title,
        created=job.created,
        state=job.state,
        command=job.command,
        errors=job.errors() if job.state == "failed" else "",
        files=job.files(),
    )


def _quoted(name: str) -> str:
    return name if name.replace(".", "").replace("-", "").replace("_", "").isalnum() else repr(name)
