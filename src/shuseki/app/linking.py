"""How does a reader decide which records are the same?

Pages under ``/{lang}/links``: two registers in, the doubtful pairs one after another with what both
say and how their weight adds up, by keyboard or mouse; linked again with the decisions; the
decisions as a file. Each reader has what is his own.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from shuseki.app.pages import checked_language, page
from shuseki.app.reviews import Review
from shuseki.app.state import account_of, state_of
from shuseki.app.studies import Somebody, wrote
from shuseki.app.words import phrases
from shuseki.errors import ShusekiError, UnknownCodeError
from shuseki.language import say, words_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


def own_review(request: Request, key: str, account: Somebody) -> Review:
    """A review of the reader's; another's is not there for him."""
    found = state_of(request).reviews.get(key)
    if found.owner != account.name:
        raise UnknownCodeError(
            say("There is no review {key_given!r}. Expected one of your list.", key_given=key[:60])
        )
    return found


OwnReview = Annotated[Review, Depends(own_review)]


@router.get("/{lang}/links")
def reviews(request: Request, lang: str, account: Somebody) -> Response:
    """The reader's reviews, and where to bring two registers."""
    return _list(request, checked_language(lang), account.name, "")


def _list(request: Request, lang: str, owner: str, refusal: str) -> Response:
    return page(
        request,
        "links.html",
        lang,
        422 if refusal else 200,
        title=phrases(lang)["links"],
        reviews=state_of(request).reviews.all(owner),
        refusal=refusal,
    )


@router.post("/{lang}/links/uploads")
async def begin(
    request: Request,
    lang: str,
    account: Somebody,
    left: UploadFile,
    right: UploadFile,
    pairs: Annotated[int, Form()] = 100,
) -> Response:
    """Take two registers in and link them."""
    lang = checked_language(lang)
    try:
        made = await run_in_threadpool(
            state_of(request).reviews.add,
            (left.file, right.file),
            (left.filename or "", right.filename or ""),
            account.name,
            pairs,
        )
    except ShusekiError as error:
        return _list(request, lang, account.name, words_of(error))
    wrote(request, account, "link registers", made.key)
    return RedirectResponse(f"/{lang}/links/{made.key}", 303)


@router.get("/{lang}/links/{key}")
def review(request: Request, lang: str, found: OwnReview, pair: int = 0) -> Response:
    """One pair, side by side; by default the first without a decision."""
    lang = checked_language(lang)
    number = pair - 1 if pair else found.next_open()
    shown = found.pairs[number] if 0 <= number < len(found.pairs) else None
    endings = found.endings
    return page(
        request,
        "link.html",
        lang,
        title=found.title,
        review=found,
        number=number,
        pair=shown,
        largest=max((abs(step["bits"]) for step in shown["steps"]), default=1.0) if shown else 1.0,
        at={"en": 0, "ja": 1}[lang],
        command=f"shuseki link left{endings[0]} right{endings[1]} --labels decisions.csv "
        f"--review pairs.csv --review-pairs {found.asked} --lang {lang}",
        python="import pandas as pd\nimport shuseki as sk\n"
        'left, right = (pd.read_csv(f"{side}.csv", dtype=str) for side in ("left", "right"))\n'
        'labels = pd.read_csv("decisions.csv").dropna(subset="match")\n'
        "sk.link(left, right, labels=labels)",
    )


@router.post("/{lang}/links/{key}/decide")
def decide(
    request: Request,
    lang: str,
    found: OwnReview,
    pair: Annotated[int, Form()],
    decision: Annotated[str, Form()],
) -> Response:
    """Keep a decision, and show the next pair that has none."""
    state = state_of(request)
    state.reviews.decide(found.key, pair - 1, decision)
    wrote(request, account_of(request), "decide link", f"{found.key} {pair} {decision}")
    after = state.reviews.get(found.key).next_open(pair - 1)
    return RedirectResponse(f"/{checked_language(lang)}/links/{found.key}?pair={after + 1}", 303)


@router.post("/{lang}/links/{key}/again")
def again(request: Request, lang: str, found: OwnReview) -> Response:
    """Link again, with what was decided."""
    if found.state != "linking":
        state_of(request).reviews.link(found.key)
    return RedirectResponse(f"/{checked_language(lang)}/links/{found.key}", 303)


@router.post("/{lang}/links/{key}/delete")
def delete(request: Request, lang: str, found: OwnReview) -> Response:
    """Delete a review."""
    state_of(request).reviews.delete(found.key)
    wrote(request, account_of(request), "delete review", found.key)
    return RedirectResponse(f"/{checked_language(lang)}/links", 303)


@router.get("/{lang}/links/{key}/decisions.csv")
def decisions(request: Request, lang: str, found: OwnReview) -> Response:
    """The pairs with their decisions, as ``shuseki link --labels`` reads them."""
    text = "\ufeff" + found.to_csv(checked_language(lang))
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote('decisions.csv')}",
        "cache-control": "no-store",
    }
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
