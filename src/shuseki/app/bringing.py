"""How does a reader bring areas of his own?

Pages under ``/{lang}/areas``. Everybody who uses the app sees them; a coordinator, an administrator
or who sits at the machine brings and deletes them.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from shuseki.app.accounts import Account
from shuseki.app.pages import checked_language, page
from shuseki.app.posted import content_of
from shuseki.app.questions import QUESTIONS
from shuseki.app.state import state_of
from shuseki.app.studies import Somebody, wrote
from shuseki.app.words import phrases
from shuseki.errors import ShusekiError
from shuseki.language import say, told, words_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


def _check_may(account: Account) -> None:
    if not account.is_at_least("coordinator"):
        raise HTTPException(
            403, say("A coordinator or an administrator brings areas. Ask one of them.")
        )


@router.get("/{lang}/areas")
def areas(request: Request, lang: str, account: Somebody) -> Response:
    """Areas that were brought."""
    return _list(request, checked_language(lang), account)


def _list(request: Request, lang: str, account: Account, refusal: str = "") -> Response:
    return page(
        request,
        "areas.html",
        lang,
        422 if refusal else 200,
        title=phrases(lang)["areas"],
        areas=state_of(request).areas.all(),
        may_bring=account.is_at_least("coordinator"),
        refusal=refusal,
        titles={name: told(one.title, lang) for name, one in QUESTIONS.items()},
    )


@router.post("/{lang}/areas/uploads")
async def bring(
    request: Request,
    lang: str,
    account: Somebody,
    file: UploadFile,
    title: Annotated[str, Form()] = "",
) -> Response:
    """Take areas in."""
    lang = checked_language(lang)
    _check_may(account)
    content = await content_of(file)
    try:
        made = await run_in_threadpool(
            state_of(request).areas.add, content, file.filename or "", title
        )
    except ShusekiError as error:
        return await run_in_threadpool(_list, request, lang, account, words_of(error))
    wrote(request, account, "bring areas", made.key)
    return RedirectResponse(f"/{lang}/areas", 303)


@router.post("/{lang}/areas/{key}/delete")
def delete(request: Request, lang: str, key: str, account: Somebody) -> Response:
    """Delete areas."""
    _check_may(account)
    state_of(request).areas.delete(key)
    wrote(request, account, "delete areas", key)
    return RedirectResponse(f"/{checked_language(lang)}/areas", 303)
