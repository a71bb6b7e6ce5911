"""Which pages are there?

Every question has its page at ``/{lang}/{question}``, with all options in the address. The others:
studies (``/studies``) with their jobs, sign-in, and what each reader may change. Pages are written
by Jinja2; the form of a question is sent as it changes, and htmx puts the new answer in place.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException

from shuseki.app.accounts import NOBODY, TooManyFailuresError
from shuseki.app.answers import FIRST
from shuseki.app.api import require
from shuseki.app.maps import shape_file
from shuseki.app.places import layer
from shuseki.app.question import Asked, Question, Reader, form_of, query_of, read_options
from shuseki.app.questions import QUESTIONS
from shuseki.app.state import COOKIE, account_of, address_of, reader_of, state_of
from shuseki.app.words import phrases
from shuseki.errors import ParameterError, ShusekiError
from shuseki.language import LANGUAGES, say, told, words_of
from shuseki.report.words import Text, pick

__all__ = ["checked_language", "error_page", "page", "router"]

router = APIRouter(include_in_schema=False)
GROUPS = {
    "areas": say("Areas"),
    "theory": say("Theory"),
    "firms": say("Firms"),
    "print": say("Printed tables"),
}


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
            own=[("uploads", phrases(lang)["uploads"]), ("studies", phrases(lang)["studies"])]
            if account.is_at_least("reader")
            else [],
            administers=account.role == "administrator" and state_of(request).accounts is not None,
            **{name: told(value, lang) for name, value in values.items()},
        )
    )
    return HTMLResponse(html, status)


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
) -> Response:
    status, refusal, answer = 200, "", ""
    title: Text = question.title
    asked: Asked = question.options()
    try:
        asked = read_options(question, [(key, text) for key, text in given if key != FIRST])
        first = _first_row(request.query_params.get(FIRST, ""))
        shown = state_of(request).answers.show(question, asked, reader, first)
        answer = shown.fragment.html
        title = shown.document.title
    except ShusekiError as error:
        status, refusal = 422, words_of(error)
    query = query_of(asked)
    about: dict[str, Any] = {
        "question": question.name,
        "title": pick(title, reader.lang),
        "about": told(question.about, reader.lang),
        "fields": form_of(question, asked, reader.lang),
        "answer": Markup(answer),
        "refusal": refusal,
        "command": question.command(asked, reader.lang),
        "python": question.python(asked),
        "query": query,
        "files": f"/api/{question.name}",
        "endings": list(question.files),
        "link": f"/{reader.lang}/{question.name}" + (f"?{query}" if query else ""),
    }
    if question.template == "map.html":
        about |= _map(asked, reader.lang)
    return page(request, question.template, reader.lang, status, **about)


def _first_row(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ParameterError(
            say("{name}={text}. Expected the number of a row, from 1.", name=FIRST, text=text[:20])
        )
    return int(text or 1)


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
    """The same, for options too long for an address (a pasted table)."""
    if name not in QUESTIONS:
        raise HTTPException(404, phrases(checked_language(lang))["not_found_do"])
    question = QUESTIONS[name]
    reader = reader_of(request, require(question, account_of(request)), checked_language(lang))
    form = await request.form(max_files=0, max_fields=50)
    given = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    return _page_of(request, question, reader, given)
