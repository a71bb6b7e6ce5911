"""Which pages are there?

Every question has its page at ``/{lang}/{question}``, with all options in the address. The others:
studies (``/studies``) with their jobs, sign-in, and what each reader may change. Pages are written
by Jinja2; the form of a question is sent as it changes, and htmx puts the new answer in place.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from html import unescape
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from shuseki.app.accounts import NOBODY, TooManyFailuresError
from shuseki.app.answers import FIRST
from shuseki.app.api import require
from shuseki.app.editors import may_edit
from shuseki.app.maps import shape_file
from shuseki.app.places import division_of, layer
from shuseki.app.posted import content_of, text_of
from shuseki.app.question import Asked, Question, Reader, form_of, read_options
from shuseki.app.questions import QUESTIONS
from shuseki.app.state import COOKIE, account_of, address_of, reader_of, state_of
from shuseki.app.ways import command_of, python_of
from shuseki.app.words import phrases
from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import LANGUAGES, say, told, words_of
from shuseki.report.words import Text, column_words, pick

__all__ = ["checked_language", "error_page", "page", "router"]

router = APIRouter(include_in_schema=False)
GROUPS = {
    "areas": say("Areas"),
    "theory": say("Theory"),
    "firms": say("Firms"),
    "print": say("Printed tables"),
}


OWN = ("uploads", "studies", "links", "firms", "areas")
"""Pages of what is a reader's own."""


@cache
def templates() -> Environment:
    """The templates of the pages."""
    return Environment(
        loader=PackageLoader("shuseki.app", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def page(
    request: Request, template: str, lang: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """Write a page."""
    account = account_of(request)
    listed: dict[str, list[tuple[str, str]]] = {}
    for question in QUESTIONS.values():
        if account.is_at_least(question.role) and question.is_listed:
            title = told(question.title, lang)
            listed.setdefault(told(GROUPS[question.group], lang), []).append((question.name, title))
    other = "en" if lang == "ja" else "ja"
    query = f"?{request.url.query}" if request.url.query else ""
    rest = request.url.path.removeprefix(f"/{lang}/").lstrip("/")
    html = (
        templates()
        .get_template(template)
        .render(
            w=phrases(lang),
            lang=lang,
            other=other,
            other_address=f"/{other}/{rest}{query}",
            pages=listed,
            account=account,
            signs_in=state_of(request).accounts is not None,
            here=rest.partition("/")[0],
            own=[(name, phrases(lang)[name]) for name in OWN if may_open(request, name)],
            column_words=partial(column_words, lang=lang),
            administers=account.role == "administrator" and state_of(request).accounts is not None,
            **{name: told(value, lang) for name, value in values.items()},
        )
    )
    return HTMLResponse(html, status)


def may_open(request: Request, name: str) -> bool:
    """Whether a page of one's own is in the reader's list of pages."""
    account = account_of(request)
    writes = account.role in ("member", "coordinator") or state_of(request).accounts is None
    return bool(account.name) and (name != "firms" or writes)


def error_page(request: Request, status: int, text: str) -> HTMLResponse:
    """A refusal as a page, in the language of the address."""
    lang = "ja" if request.url.path.startswith("/ja") else "en"
    words = phrases(lang)
    title = words["not_found"] if status == 404 else words["error"]
    if status in (401, 403):
        title = words["your_role"]
    return page(request, "error.html", lang, status, title=title, text=text)


@router.get("/")
def root(request: Request) -> Response:
    """To the language of the browser."""
    first = request.headers.get("accept-language", "").strip().lower()
    return RedirectResponse(f"/{'ja' if first.startswith('ja') else 'en'}/", 302)


def question_page(request: Request, lang: str, question: Question[Any]) -> Response:
    """The page of a question: its form and its answer, or why there is none."""
    reader = reader_of(request, require(question, account_of(request)), lang)
    given = request.query_params.multi_items()
    return _page_of(request, question, reader, given)


def _page_of(
    request: Request,
    question: Question[Any],
    reader: Reader,
    given: Sequence[tuple[str, str]],
    fault: str = "",
) -> Response:
    status, refusal, answer, command, python, query = 200, "", "", "", "", ""
    title: Text = question.title
    asked: Asked = question.options()
    try:
        if fault:
            raise DataError(fault)
        kept = state_of(request).posted
        pairs = [(key, text) for key, text in given if key != FIRST]
        asked = read_options(question, kept.pairs(pairs, reader.account.name))
        query = kept.query(asked, reader.account.name)
        first = _first_row(request.query_params.get(FIRST, ""))
        shown = state_of(request).answers.show(question, asked, reader, query, first)
        answer, title = shown.html, shown.title
        command = command_of(question, asked, reader)
        python = python_of(question, asked, reader)
    except ShusekiError as error:
        status, refusal = 422, words_of(error)
    about: dict[str, Any] = {
        "question": question.name,
        "title": pick(title, reader.lang),
        "about": told(question.about, reader.lang),
        "guide": told(question.guide or "", reader.lang),
        "fields": form_of(question, asked, reader.lang),
        "answer": Markup(answer),
        "refusal": refusal,
        "command": command,
        "python": python,
        "query": query,
        "files": f"/api/{question.name}",
        "endings": list(question.files),
        "link": f"/{reader.lang}/{question.name}" + (f"?{query}" if query else ""),
        "edits": "",
    }
    if not refusal:
        about["answer"] = Markup(_linked(answer, question, asked, reader))
    if question.name == "company" and reader.has_firms and not refusal:
        key = getattr(asked, "firm", "") or reader.firms().keys[0]
        about["edits"] = key if may_edit(request, key) else ""
    if question.template == "map.html":
        about |= _map(asked, reader.lang)
    return page(request, question.template, reader.lang, status, **about)


def _first_row(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ParameterError(
            say("{name}={text}. Expected the number of a row, from 1.", name=FIRST, text=text[:20])
        )
    return int(text or 1)


CELL = re.compile(r'(<t[dh][^>]*class="gt_row gt_(?:left|stub)"[^>]*>)([^<>]{1,120})(</t[dh]>)')


def _linked(html: str, question: Question[Any], asked: Asked, reader: Reader) -> str:
    """Lead from the key of a firm to its page, and from the code of an area to its profile."""
    if question.depends_on_reader:
        known = set(reader.firms().keys) if question.name != "company" else set()
        place = f"/{reader.lang}/company?firm="
    elif question.name in AREA_LISTS:
        by = getattr(asked, "by", "district-253")
        known = set(division_of(by).codes)
        place = f"/{reader.lang}/area?by={by}&amp;area="
    else:
        return html

    def lead(found: re.Match[str]) -> str:
        key = unescape(found[2])
        if key not in known:
            return found[0]
        return f'{found[1]}<a href="{place}{quote(key)}">{found[2]}</a>{found[3]}'

    return CELL.sub(lead, html)


AREA_LISTS = ("map", "ranking", "weights")
"""Questions whose tables have the code of an area in each row."""


def _map(asked: Any, lang: str) -> Mapping[str, Any]:
    one = layer(asked.indicator)
    year = asked.year or one.known_last(asked.by)
    _, digest = shape_file(asked.by, lang)
    return {
        "map": {
            "shapes": f"/api/shapes/{asked.by}/{lang}?v={digest}",
            "at": f"/api/values/{one.name}?by={asked.by}&year={quote(year)}",
            "label": told(one.label, lang),
            "unit": told(one.unit, lang),
            "year": year,
            "years": json.dumps(list(one.years)),
            "by": asked.by,
        }
    }


def checked_language(lang: str) -> str:
    """Refuse a page in a language that there is not."""
    if lang not in LANGUAGES:
        raise HTTPException(404, say("There is no such page"))
    return lang


@router.get("/{lang}/")
def home(request: Request, lang: str) -> Response:
    """The map."""
    return question_page(request, checked_language(lang), QUESTIONS["map"])


@router.get("/{lang}/sign-in")
def sign_in_form(request: Request, lang: str) -> Response:
    """Where people sign in."""
    return page(request, "sign-in.html", checked_language(lang), refusal="")


@router.post("/{lang}/sign-in")
def sign_in(
    request: Request, lang: str, name: str = Form(""), password: str = Form("")
) -> Response:
    """Open a session; an older one of this browser ends."""
    words = phrases(checked_language(lang))
    accounts = state_of(request).accounts
    if accounts is None:
        raise HTTPException(404, words["not_found"])
    address = address_of(request)
    try:
        word = accounts.sign_in(name, password, address)
    except TooManyFailuresError:
        return page(request, "sign-in.html", lang, 429, refusal=words["sign_in_wait"])
    if word is None:
        tried = name if name.isprintable() else ascii(name)
        accounts.log(NOBODY, "sign in refused", tried[:80], address)
        return page(request, "sign-in.html", lang, 401, refusal=words["sign_in_wrong"])
    accounts.sign_out(request.cookies.get(COOKIE, ""))
    accounts.log(accounts.who(word), "sign in", address=address)
    response = RedirectResponse(f"/{lang}/", 303)
    response.set_cookie(
        COOKIE,
        word,
        httponly=True,
        samesite="lax",
        secure=state_of(request).settings.secure,
        path="/",
        max_age=12 * 3600,
    )
    return response


@router.post("/{lang}/sign-out")
def sign_out(request: Request, lang: str) -> Response:
    """End the session."""
    accounts = state_of(request).accounts
    account = account_of(request)
    if accounts is not None and account.name:
        accounts.log(account, "sign out", address=address_of(request))
        accounts.sign_out(request.cookies.get(COOKIE, ""))
    response = RedirectResponse(f"/{checked_language(lang)}/", 303)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/{lang}/accounts")
def accounts_page(request: Request, lang: str) -> Response:
    """Who may sign in, and what people did; for administrators."""
    words = phrases(checked_language(lang))
    accounts = state_of(request).accounts
    if accounts is None:
        raise HTTPException(404, words["not_found_do"])
    account = account_of(request)
    if not account.is_at_least("administrator"):
        status = 401 if account.role == "nobody" else 403
        raise HTTPException(
            status,
            say("This needs the role {role}. Sign in with it.", role="administrator"),
        )
    return page(
        request,
        "accounts.html",
        lang,
        title=words["accounts"],
        accounts=accounts.all(),
        logged=list(accounts.logged()),
    )


@router.get("/{lang}/{name}")
def asked_page(request: Request, lang: str, name: str) -> Response:
    """The page of any question."""
    if name not in QUESTIONS:
        raise HTTPException(404, phrases(checked_language(lang))["not_found_do"])
    return question_page(request, checked_language(lang), QUESTIONS[name])


@router.post("/{lang}/{name}")
async def asked_in_a_form(request: Request, lang: str, name: str) -> Response:
    """The same, for options too long for an address (a pasted table).

    What was sent is kept under a word where it is long; the answer stands at an address of its own,
    which can be loaded again, shared, and read in the other language.
    """
    if name not in QUESTIONS:
        raise HTTPException(404, phrases(checked_language(lang))["not_found_do"])
    question = QUESTIONS[name]
    reader = reader_of(request, require(question, account_of(request)), checked_language(lang))
    files: list[tuple[str, str, bytes]] = []
    fault = ""
    async with request.form(max_files=5, max_fields=200) as form:
        given = [
            (key, value.replace("\r\n", "\n"))  # as a form sends the lines of a text
            for key, value in form.multi_items()
            if isinstance(value, str)
        ]
        try:
            files = [
                (key.removeprefix("file."), value.filename or "", await content_of(value))
                for key, value in form.multi_items()
                if isinstance(value, UploadFile)
            ]
        except DataError as error:
            fault = words_of(error)

    def answer() -> Response:
        brought = dict(given)
        if fault:
            return _page_of(request, question, reader, given, fault)
        kept, owner = state_of(request).posted, reader.account.name
        try:
            brought |= {key: text_of(content, name) for key, name, content in files if content}
            asked = read_options(question, kept.pairs(list(brought.items()), owner))
        except ShusekiError as error:
            return _page_of(request, question, reader, given, words_of(error))
        query = kept.query(asked, owner)
        return RedirectResponse(f"/{lang}/{name}" + (f"?{query}" if query else ""), 303)

    return await run_in_threadpool(answer)
