"""How does a firm's record change, and who may change it?

Pages under ``/{lang}/firm``. A member writes the record of his own firm, with every field of it; a
coordinator those of his cluster, as far as they are shown to him; who sits at the machine is the
coordinator of its registry. A change names the version that it was made on, and is refused where
another came between. A firm says field by field who may see it. Lists come in as files, with an
account of every row before anything is kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from shuseki.app.accounts import Account
from shuseki.app.directory import REGISTRY, has_registry
from shuseki.app.editors import Editor, editor_of, place_of
from shuseki.app.kept import ending_of, shown_name
from shuseki.app.pages import checked_language, page
from shuseki.app.posted import content_of
from shuseki.app.records import Change, FaultsError, firm_form, read_firm
from shuseki.app.state import state_of
from shuseki.app.studies import Somebody, wrote
from shuseki.app.uploads import check_unpacked
from shuseki.app.words import phrases
from shuseki.directory import Firm
from shuseki.disk import scratch
from shuseki.errors import DataError, ShusekiError, UnknownCodeError
from shuseki.language import say, told, words_of
from shuseki.report.blocks import Document, Section
from shuseki.report.html import render_fragment
from shuseki.sourcing.importing import Imported, read_list
from shuseki.sourcing.registry.store import ChangedMeanwhileError, Registry
from shuseki.sourcing.registry.visibility import LEVELS

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
MOST_UNPACKED = 100_000_000
ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet", ".json")


def opened(request: Request, account: Somebody) -> tuple[str, Editor]:
    """Cluster of the registry and what the reader may write; refused when that is nothing."""
    if not has_registry(state_of(request).settings.data):
        raise HTTPException(
            404,
            say(
                "There is no registry here: the firms shown are synthetic. Expected firms of "
                "one's own. Bring a list of them in."
            ),
        )
    with Registry.open(place_of(request)) as registry:
        cluster = registry.cluster
    editor = editor_of(request, cluster)
    if editor is None:
        raise HTTPException(
            403,
            say(
                "Records of {cluster} are written by its coordinators, and by each firm its own.",
                cluster=cluster,
            ),
        )
    return cluster, editor


Opened = Annotated[tuple[str, Editor], Depends(opened)]


def own_firm(editor: Editor, key: str) -> None:
    """Refuse another's firm as one that is not there."""
    if not editor.may(key):
        raise UnknownCodeError(
            say(
                "There is no firm {key_given!r} that you write. Expected your own.",
                key_given=key[:80],
            )
        )


@router.get("/{lang}/firm")
def edit(request: Request, lang: str, held: Opened, firm: str = "") -> Response:
    """The form of a firm; of a new one without a key."""
    lang, (_, editor) = checked_language(lang), held
    key = firm or editor.firm
    if key:
        own_firm(editor, key)
    elif editor.firm:
        raise HTTPException(403, say("A member writes his own firm. Its coordinator adds others."))
    return _form(request, lang, editor, key)


def _form(
    request: Request,
    lang: str,
    editor: Editor,
    key: str,
    *,
    given: Mapping[str, str] | None = None,
    faults: Mapping[str, Any] | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    with Registry.open(place_of(request)) as registry:
        part, rules = registry.directory().only([key]), registry.visibility()
        versions = registry.versions(registry.cluster)
    if key and not len(part):
        raise UnknownCodeError(
            say("There is no firm {key_given!r}. Expected one of the list.", key_given=key[:80])
        )
    one: Firm | None = part.firms[0] if key else None
    words = phrases(lang)
    form = firm_form(one, part.capabilities, rules, editor.role, lang, given)
    accounts = state_of(request).accounts
    return page(
        request,
        "firm.html",
        lang,
        status,
        title=one.name if one else words["new_firm"],
        key=key,
        form=form,
        version=versions.get(key.partition("/")[2], 0) if key else 0,
        levels=[(level, words[f"level_{level}"]) for level in LEVELS],
        faults={name: told(text, lang) for name, text in (faults or {}).items()},
        refusal=refusal,
        history=accounts.logged_of(key) if accounts is not None and key else [],
        new_id=(given or {}).get("id", ""),
        may_close=not editor.firm and bool(key),
    )


@router.post("/{lang}/firm")
async def change(request: Request, lang: str, held: Opened) -> Response:
    """Keep a change of a firm, or a new one."""
    lang, (cluster, editor) = checked_language(lang), held
    form = await request.form(max_files=0, max_fields=3000)
    given = {k: v.replace("\r\n", "\n") for k, v in form.multi_items() if isinstance(v, str)}
    return await run_in_threadpool(_changed, request, lang, cluster, editor, given)


def _changed(
    request: Request, lang: str, cluster: str, editor: Editor, given: dict[str, str]
) -> Response:
    key = given.get("firm", "")
    is_new = not key
    if is_new and editor.firm:
        raise HTTPException(403, say("A member writes his own firm. Its coordinator adds others."))
    try:
        with Registry.open(place_of(request)) as registry:
            if is_new:
                key = f"{cluster}/{_new_id(given.get('id', ''), registry)}"
            own_firm(editor, key)
            part, rules = registry.directory().only([key]), registry.visibility()
            if not is_new and not len(part):
                raise UnknownCodeError(
                    say(
                        "There is no firm {key_given!r}. Expected one of the list.",
                        key_given=key[:80],
                    )
                )
            before = part.firms[0] if len(part) else Firm(key.partition("/")[2], cluster, "")
            made = read_firm(given, before, part.capabilities, rules, editor.role)
            _keep(registry, key, made, _version(given.get("version", "0")))
    except FaultsError as error:
        shown = "" if is_new else key
        return _form(
            request, lang, editor, shown, given=given, faults=error.faults, status=422,
            refusal=phrases(lang)["form_faults"],
        )  # fmt: skip
    except ChangedMeanwhileError as error:
        return _form(request, lang, editor, key, refusal=words_of(error), status=409)
    except (DataError, UnknownCodeError) as error:
        if is_new:
            return _form(
                request, lang, editor, "", given=given, refusal=words_of(error), status=422
            )
        raise
    about = f"{key}: {', '.join(made.changed)}"
    wrote(request, editor.account, "add firm" if is_new else "change firm", about)
    return RedirectResponse(f"/{lang}/company?firm={key}", 303)


def _new_id(wanted: str, registry: Registry) -> str:
    """The id that was asked for, or the next free number."""
    taken = registry.versions(registry.cluster)
    if not wanted.strip():
        return next(f"{k:04d}" for k in range(1, 1_000_000) if f"{k:04d}" not in taken)
    if not wanted.isprintable() or "/" in wanted or len(wanted) > 80 or " " in wanted:
        raise DataError(
            say(
                "The id {wanted!r}. Expected letters and digits without / and blanks. Choose "
                "another, or leave it empty.",
                wanted=wanted[:80],
            )
        )
    return wanted.strip()


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _keep(registry: Registry, key: str, made: Change, version: int) -> None:
    id = key.partition("/")[2]
    levels = {key: made.levels} if made.levels else None
    registry.put(
        made.directory, tables=("firms", "capabilities"), seen={id: version}, levels=levels
    )


@router.post("/{lang}/firm/close")
def close(
    request: Request,
    lang: str,
    held: Opened,
    firm: Annotated[str, Form()],
    version: Annotated[str, Form()] = "",
) -> Response:
    """Take a firm out of the registry."""
    lang, (cluster, editor) = checked_language(lang), held
    own_firm(editor, firm)
    if editor.firm:
        raise HTTPException(403, say("The coordinator closes a record. Ask him."))
    with Registry.open(place_of(request)) as registry:
        own = registry.directory().of_clusters(cluster)
        if firm not in own.keys:
            raise UnknownCodeError(
                say("There is no firm {firm!r}. Expected one of the list.", firm=firm[:80])
            )
        left = own.only(set(own.keys) - {firm})
        try:
            registry.put(left, whole=True, seen={firm.partition("/")[2]: _version(version)})
        except ChangedMeanwhileError as error:
            return _form(request, lang, editor, firm, refusal=words_of(error), status=409)
    wrote(request, editor.account, "close firm", firm)
    return RedirectResponse(f"/{lang}/companies", 303)


# ---- lists -----------------------------------------------------------------------------------


@router.get("/{lang}/firms")
def firms(request: Request, lang: str, account: Somebody) -> Response:
    """The firms that the reader writes, and where a list of them comes in."""
    return _firms(request, checked_language(lang))


def _firms(
    request: Request,
    lang: str,
    refusal: str = "",
    imported: Imported | None = None,
    kept: str = "",
) -> Response:
    data = state_of(request).settings.data
    listed: list[tuple[str, str, int]] = []
    cluster, may_bring = "", state_of(request).accounts is None
    if has_registry(data):
        with Registry.open(place_of(request)) as registry:
            cluster, versions = registry.cluster, registry.versions(registry.cluster)
            own = registry.directory().of_clusters(cluster).firms
        editor = editor_of(request, cluster)
        may_bring = editor is not None and not editor.firm
        if editor is None:
            raise HTTPException(
                403, say("Records of {cluster} are written by its coordinators.", cluster=cluster)
            )
        listed = [(f.key, f.name, versions.get(f.id, 0)) for f in own if editor.may(f.key)]
    elif not may_bring:
        raise HTTPException(404, say("There is no registry here. The administrator makes it."))
    answer = ""
    if imported is not None:
        answer = render_fragment(Document(imported.file, [Section("", [imported])]), lang).html
    return page(
        request,
        "firms.html",
        lang,
        422 if refusal else 200,
        title=phrases(lang)["firms"],
        firms=listed,
        cluster=cluster,
        may_bring=may_bring,
        refusal=refusal,
        answer=Markup(answer),
        imported=imported,
        kept=kept,
        command=f"shuseki directory import LIST.csv --cluster {cluster or 'CLUSTER'} "
        f"--store {REGISTRY} --lang {lang}",
    )


@router.post("/{lang}/firms/uploads")
async def bring(
    request: Request,
    lang: str,
    account: Somebody,
    file: UploadFile,
    cluster: Annotated[str, Form()] = "",
    keep: Annotated[str, Form()] = "",
) -> Response:
    """Read a list and account for every row; keep it only when that was asked."""
    lang = checked_language(lang)
    content = await content_of(file)
    return await run_in_threadpool(
        _brought, request, lang, account, file.filename or "", content, cluster, keep == "yes"
    )


def _brought(
    request: Request,
    lang: str,
    account: Account,
    name: str,
    content: bytes,
    cluster: str,
    keeps: bool,
) -> Response:
    shown = shown_name(name)
    ending = ending_of(shown, ENDINGS)
    data = state_of(request).settings.data
    try:
        if has_registry(data):
            cluster, editor = opened(request, account)
            if editor.firm:
                raise HTTPException(403, say("The coordinator brings lists in. Ask him."))
        elif state_of(request).accounts is not None:
            raise HTTPException(403, say("The administrator makes the registry at the machine."))
        if not ending:
            raise DataError(
                say(
                    "The file {shown!r}. Expected a list as {known}. Save it as one.",
                    shown=shown,
                    known=", ".join(ENDINGS),
                )
            )
        with scratch(what="list") as place:
            stored = place / f"list{ending}"
            stored.write_bytes(content)
            check_unpacked(stored, shown, MOST_UNPACKED)
            known = None
            if has_registry(data):
                with Registry.open(place_of(request)) as registry:
                    known = registry.directory()
            found = replace(read_list(stored, cluster, known=known), file=shown)
        if not keeps:
            return _firms(request, lang, imported=found)
        where = place_of(request)
        there = has_registry(data)
        with Registry.open(where) if there else Registry.making(where, cluster) as registry:
            changes = registry.put(found.directory, tables=found.tables)
    except ShusekiError as error:
        return _firms(request, lang, refusal=words_of(error))
    wrote(request, account, "import firms", f"{cluster}: {changes.headline()}")
    return _firms(request, lang, kept=told(changes.headline(), lang))
