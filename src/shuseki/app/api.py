"""Which numbers and figures does the API give?

``/api/<question>`` answers the same options as the page of that name, typed in OpenAPI 3.1
(``/api/openapi.json``): JSON with headlines, tables (paged by ``limit`` and ``offset``), notes,
sources, and the same as a command and in Python. ``/api/<question>.csv`` and ``.xlsx`` are files;
``/api/<question>/figures/<lang>`` gives the pictures as Plotly JSON. Nothing leaves here that the
page would not show.
"""

import json
import mimetypes
from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pandas as pd
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, create_model
from starlette.exceptions import HTTPException

from shuseki.app.accounts import Account
from shuseki.app.maps import map_values, shape_file
from shuseki.app.places import DivisionName, division_of, layer, layers
from shuseki.app.question import Asked, Question, Reader, read_options
from shuseki.app.questions import QUESTIONS
from shuseki.app.state import account_of, reader_of, state_of
from shuseki.app.ways import command_of, python_of
from shuseki.errors import UnknownCodeError
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import say, told
from shuseki.report.blocks import Heading
from shuseki.report.exports import to_csv, to_excel
from shuseki.report.tables import Table
from shuseki.report.words import pick
from shuseki.sources import Source

__all__ = ["answer_file", "router"]

router = APIRouter(prefix="/api")
Lang = Literal["en", "ja"]
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
BRIEFLY = {"cache-control": "private, max-age=300"}


class ColumnOut(BaseModel):
    """A column: its name in the rows, and what a reader calls it."""

    name: str
    label: str


class TableOut(BaseModel):
    """Rows of a table from ``offset``; ``total`` is their number in all."""

    name: str
    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, Any]]
    total: int
    offset: int
    notes: list[str]


class SourceOut(BaseModel):
    """What an answer rests on."""

    citation: str
    year: str
    where: str
    terms: str
    origin: str


class AnswerOut(BaseModel):
    """An answer."""

    question: str
    title: str
    options: dict[str, Any]
    headlines: list[str]
    tables: list[TableOut]
    sources: list[SourceOut]
    synthetic: bool
    command: str
    python: str
    page: str


class AreaOut(BaseModel):
    """An area of a division."""

    code: str
    name_en: str
    name_ja: str
    latitude: float | None
    longitude: float | None


class AreasOut(BaseModel):
    """Areas of a division from ``offset``."""

    division: str
    areas: list[AreaOut]
    total: int
    offset: int


class IndicatorOut(BaseModel):
    """An indicator and the years it is known for."""

    name: str
    label_en: str
    label_ja: str
    unit_en: str
    unit_ja: str
    years: list[str]


class Paging(BaseModel):
    """Language and rows of an answer."""

    lang: Lang = "en"
    posted: str = ""
    limit: int = Field(1000, ge=1, le=10_000)
    offset: int = Field(0, ge=0)


@router.get("/indicators")
def indicators() -> list[IndicatorOut]:
    """Every indicator that map, ranking and comparison can show."""
    return [
        IndicatorOut(
            name=one.name,
            label_en=str(one.label),
            label_ja=told(one.label, "ja"),
            unit_en=str(one.unit),
            unit_ja=told(one.unit, "ja"),
            years=list(one.years),
        )
        for one in layers().values()
    ]


@router.get("/areas/{division}")
def areas(
    division: DivisionName,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> AreasOut:
    """Areas of a division: code, names, centre."""
    found = division_of(division)
    centres = found.centres
    rows = [
        AreaOut(
            code=code,
            name_en=english,
            name_ja=japanese,
            latitude=None if centres is None else _number(centres[k, 0]),
            longitude=None if centres is None else _number(centres[k, 1]),
        )
        for k, (code, english, japanese) in enumerate(
            zip(found.codes, found.names("en"), found.names("ja"), strict=True)
        )
    ]
    return AreasOut(
        division=division, areas=rows[offset : offset + limit], total=len(rows), offset=offset
    )


@router.get("/shapes/{division}/{lang}", include_in_schema=False)
def shapes(division: DivisionName, lang: Lang, v: str = "") -> Response:
    """Shapes of a division for the map; with their digest in ``v`` they never change."""
    text, digest = shape_file(division, lang)
    return Response(text, media_type="application/json", headers=FOREVER if v == digest else {})


@router.get("/values/{indicator}")
def values(indicator: str, by: DivisionName = DISTRICTS, year: str = "") -> dict[str, Any]:
    """Values of an indicator for the map: class and value by area, bounds, numbers of areas."""
    return map_values(layer(indicator).of(by, year))


def _endpoint(question: Question[Any]) -> Callable[..., AnswerOut]:
    options = create_model(
        f"{question.name.title().replace('-', '')}Options", __base__=(question.options, Paging)
    )

    def answer(request: Request, given: Any) -> AnswerOut:
        account = require(question, account_of(request))
        asked = read_options(question, own_pairs(request))
        return _told(request, question, asked, reader_of(request, account, given.lang), given)

    answer.__annotations__["given"] = Annotated[options, Query()]
    answer.__doc__ = str(question.about)
    return answer


def _told(
    request: Request, question: Question[Any], asked: Asked, reader: Reader, page: Paging
) -> AnswerOut:
    document = state_of(request).answers.document(question, asked, reader)
    parts = [part for section in document.parts() for part in section]
    query = state_of(request).posted.query(asked, reader.account.name)
    return AnswerOut(
        question=question.name,
        title=told(question.title, reader.lang),
        options=asked.model_dump(mode="json"),
        headlines=[pick(part.headline, reader.lang) for part in parts if isinstance(part, Heading)],
        tables=[_table(part, reader.lang, page) for part in parts if isinstance(part, Table)],
        sources=[_source(one, reader.lang) for one in document.all_sources()],
        synthetic=document.is_synthetic,
        command=command_of(question, asked, reader),
        python=python_of(question, asked, reader),
        page=f"/{reader.lang}/{question.name}" + (f"?{query}" if query else ""),
    )


def own_pairs(request: Request) -> list[tuple[str, str]]:
    """What an address says of the question itself."""
    ours = {*Paging.model_fields, "table"} - {"posted"}
    given = [(key, value) for key, value in request.query_params.multi_items() if key not in ours]
    return state_of(request).posted.pairs(given, account_of(request).name)


def require(question: Question[Any], account: Account) -> Account:
    """The account, if it may ask this.

    Raises
    ------
    HTTPException
        401 without a session, 403 in a role that may not.
    """
    if not account.is_at_least(question.role):
        status = 401 if account.role == "nobody" else 403
        raise HTTPException(
            status, say("This needs the role {role}. Sign in with it.", role=question.role)
        )
    return account


def _table(table: Table, lang: str, page: Paging) -> TableOut:
    frame = table.in_language(lang).frame
    names = ["_".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns]
    rows = frame.iloc[page.offset : page.offset + page.limit].set_axis(names, axis=1)
    text = rows.to_json(orient="records", force_ascii=False, double_precision=10)
    return TableOut(
        name=table.name,
        title=pick(table.title, lang),
        columns=[
            ColumnOut(name=name, label=table.label(column, lang))
            for name, column in zip(names, frame.columns, strict=True)
        ],
        rows=json.loads(text),
        total=len(frame),
        offset=page.offset,
        notes=[pick(note, lang) for note in table.notes],
    )


def _source(source: Source, lang: str) -> SourceOut:
    return SourceOut(
        citation=told(source.citation, lang),
        year=told(source.year, lang),
        where=told(source.where, lang),
        terms=told(source.terms, lang),
        origin=source.origin,
    )


def answer_file(request: Request, question: Question[Any], ending: str) -> Response:
    """An answer as a file: ``csv`` (one table, named by ``table``) or ``xlsx`` (all)."""
    account = require(question, account_of(request))
    lang = "ja" if request.query_params.get("lang") == "ja" else "en"
    asked = read_options(question, own_pairs(request))
    document = state_of(request).answers.document(
        question, asked, reader_of(request, account, lang)
    )
    tables = document.tables()
    wanted = request.query_params.get("table", "")
    if wanted and wanted not in [table.name for table in tables]:
        raise UnknownCodeError.among("table", [wanted], [table.name for table in tables])
    if wanted:
        tables = tuple(table for table in tables if table.name == wanted)
    if not tables:
        raise UnknownCodeError(
            say("This answer has no table. Expected one. Take the JSON instead.")
        )
    name = f"{question.name}.{ending}"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    if ending == "csv":
        text = "﻿" + to_csv(tables[0].in_language(lang))
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(to_excel(tables, lang), media_type=kind, headers=headers)


def _add(question: Question[Any]) -> None:
    def csv(request: Request) -> Response:
        return answer_file(request, question, "csv")

    def xlsx(request: Request) -> Response:
        return answer_file(request, question, "xlsx")

    def figure(request: Request, lang: Lang) -> Response:
        account = require(question, account_of(request))
        asked = read_options(question, own_pairs(request))
        query = state_of(request).posted.query(asked, account.name)
        reader = reader_of(request, account, lang)
        shown = state_of(request).answers.show(question, asked, reader, query)
        headers = {} if question.depends_on_reader else BRIEFLY
        return Response(shown.figures, media_type="application/json", headers=headers)

    def other(ending: str) -> Callable[[Request], Response]:
        def give(request: Request) -> Response:
            account = require(question, account_of(request))
            lang = "ja" if request.query_params.get("lang") == "ja" else "en"
            asked = read_options(question, own_pairs(request))
            content = question.files[ending](asked, reader_of(request, account, lang))
            name = quote(f"{question.name}.{ending}")
            kind = mimetypes.guess_type(f"a.{ending}")[0] or "application/octet-stream"
            headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(content, media_type=kind, headers=headers)

        return give

    path = f"/{question.name}"
    router.add_api_route(path, _endpoint(question), response_model=AnswerOut, name=question.name)
    others = [(ending, other(ending)) for ending in question.files]
    for ending, endpoint in (("csv", csv), ("xlsx", xlsx), *others):
        router.add_api_route(
            f"{path}.{ending}",
            endpoint,
            name=f"{question.name}_{ending}",
            description=f"{question.about} As a file ({ending}).",
        )
    router.add_api_route(
        f"{path}/figures/{{lang}}", figure, name=f"{question.name}_figures", response_model=None
    )


for _question in QUESTIONS.values():
    _add(_question)


def _number(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 6)
