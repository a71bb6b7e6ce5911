"""How does a layer lie over the areas, who stands where, and how do some compare?"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from shuseki.app.own_areas import own_divisions
from shuseki.app.places import (
    DIVISIONS,
    DivisionName,
    Values,
    area_codes,
    division_of,
    layer,
    layers,
)
from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.geography.bundled import DISTRICTS, PREFECTURES
from shuseki.language import say, told
from shuseki.profile.indicators import all_rank_intervals
from shuseki.report.blocks import Block, Figure
from shuseki.report.plots.theme import COLOURS, blank
from shuseki.report.tables import Table
from shuseki.report.words import Text

__all__ = ["COMPARE", "MAP", "RANKING"]

MOST_AREAS = 20


def _layers(lang: str) -> list[tuple[str, str]]:
    return [(name, told(one.label, lang)) for name, one in layers().items()]


def _divisions(lang: str) -> list[tuple[str, str]]:
    bundled = [(name, told(text, lang)) for name, text in DIVISIONS.items()]
    return [*bundled, *own_divisions().items()]


def _years(lang: str) -> list[tuple[str, str]]:
    years = sorted({year for one in layers().values() for year in one.years}, reverse=True)
    return [("", told(say("latest"), lang)), *((year, year) for year in years)]


By = Annotated[DivisionName, Label(say("Division"), choices=_divisions)]
Indicator = Annotated[str, Label(say("Indicator"), choices=_layers)]
Year = Annotated[str, Label(say("Year"), choices=_years)]


class MapAsked(Asked):
    """A layer in a year."""

    by: By = DISTRICTS
    indicator: Indicator = "plants"
    year: Year = ""


class RankingAsked(MapAsked):
    """The same, of areas of one prefecture or all."""

    prefecture: Annotated[str, Label(say("Prefecture"))] = ""


class CompareAsked(Asked):
    """Some areas."""

    by: By = DISTRICTS
    areas: Annotated[
        tuple[str, ...],
        Label(say("Areas to compare"), area=True),
        Field(max_length=MOST_AREAS),
    ] = ("東大阪", "東京（23区）")
    indicator: Indicator = "plants"


def _label(values: Values) -> Text:
    one = values.layer
    return (
        f"{one.label}, {values.year} ({one.unit})",
        f"{told(one.label, 'ja')}、{values.year}年（{told(one.unit, 'ja')}）",
    )


def _named(values: Values, by: DivisionName) -> pd.DataFrame:
    areas = division_of(by)
    frame = values.to_frame()
    for lang, column in (("ja", "name_ja"), ("en", "name")):
        names = dict(zip(areas.codes, areas.names(lang), strict=True))
        frame.insert(1, column, frame["area"].map(names))
    return frame


def _table(values: Values, frame: pd.DataFrame, name: str) -> Table:
    one = values.layer
    return Table(
        name=name,
        title=_label(values),
        frame=frame,
        labels={one.column: (str(one.label), told(one.label, "ja"))},
        row_names="name",
        notes=tuple(values.notes),
        sources=values.sources,
    )


def _map(asked: MapAsked, reader: Reader) -> Sequence[Block]:
    values = layer(asked.indicator).of(asked.by, asked.year)
    return [_table(values, _named(values, asked.by), "map")]


def _ranking(asked: RankingAsked, reader: Reader) -> Sequence[Block]:
    values = layer(asked.indicator).of(asked.by, asked.year)
    frame = _named(values, asked.by)
    if asked.prefecture:
        (code,) = area_codes(PREFECTURES, (asked.prefecture,))
        members = division_of(asked.by).members
        inside = set(members.loc[members["municipality"].str[:2] == code, "area"])
        frame = frame[frame["area"].isin(inside)].reset_index(drop=True)
    column = values.layer.column
    low, high = rank_bounds(values.values * values.layer.sign, values.errors)
    bounds = pd.DataFrame({"low": low, "high": high}, index=pd.Index(values.codes))
    ascending = values.layer.sign < 0
    frame = frame.sort_values(column, ascending=ascending, kind="stable", ignore_index=True)
    frame.insert(0, "rank", frame[column].rank(method="min", ascending=ascending))
    frame["rank"] = frame["rank"].astype("Int64")
    frame.insert(1, "rank_lower", frame["area"].map(bounds["low"]).astype("Int64"))
    frame.insert(2, "rank_upper", frame["area"].map(bounds["high"]).astype("Int64"))
    return [_table(values, frame, "ranking")]


def rank_bounds(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Best and worst rank of each area at 90%, as its profile says; ``nan`` unknown."""
    _, low, high = all_rank_intervals(values, errors)
    return np.floor(low), np.ceil(high)


def _compare(asked: CompareAsked, reader: Reader) -> Sequence[Block]:
    codes = area_codes(asked.by, asked.areas)
    if not codes:
        raise ParameterError(
            say("No areas to compare. Expected 1 to 20 names or codes. Name some.")
        )
    areas = division_of(asked.by)
    at = [areas.codes.index(code) for code in codes]
    one = layer(asked.indicator)
    read = [one.of(asked.by, year) for year in one.years]
    series = np.array([values.values[at] for values in read])

    def drawn(lang: str) -> go.Figure:
        names = areas.names(lang)
        figure = blank(told(one.label, lang), lang=lang, y=told(one.unit, lang))
        for k, position in enumerate(at):
            figure.add_scatter(
                x=[int(year) for year in one.years],
                y=series[:, k],
                name=names[position],
                line={"color": COLOURS[k % len(COLOURS)], "dash": DASHES[k // len(COLOURS)]},
            )
        return figure.update_xaxes(tickformat="d")

    english, japanese = areas.names("en"), areas.names("ja")
    labels: dict[str, Text] = {
        code: (english[position], japanese[position])
        for code, position in zip(codes, at, strict=True)
    }
    frame = pd.DataFrame(series, columns=pd.Index(codes))
    frame.insert(0, "year", [int(year) for year in one.years])
    title = (f"{one.label} ({one.unit})", f"{told(one.label, 'ja')}（{told(one.unit, 'ja')}）")
    every = list(layers().values())
    latest = pd.DataFrame(
        {
            "indicator": [str(x.label) for x in every],
            "indicator_ja": [told(x.label, "ja") for x in every],
            "year": [x.known_last(asked.by) for x in every],
        }
    )
    now = [x.of(asked.by, y).values[at] for x, y in zip(every, latest["year"], strict=True)]
    latest = pd.concat([latest, pd.DataFrame(np.array(now), columns=pd.Index(codes))], axis=1)
    sources = read[-1].sources
    return [
        Figure(drawn, caption=title, sources=sources),
        Table(name="series", title=title, frame=frame, labels=labels, sources=sources),
        Table(
            name="latest",
            title=("Latest values", "最新の値"),
            frame=latest,
            labels=labels,
            row_names="indicator",
            sources=sources,
        ),
    ]


DASHES = ("solid", "dash", "dot", "dashdot")


MAP = Question(
    name="map",
    title=say("Map"),
    about=say("One indicator over all areas. Choose areas, indicator and year."),
    options=MapAsked,
    answer=_map,
    template="map.html",
)
RANKING = Question(
    name="ranking",
    title=say("Ranking"),
    about=say("All areas in the order of one indicator."),
    options=RankingAsked,
    answer=_ranking,
)
COMPARE = Question(
    name="compare",
    title=say("Compare"),
    about=say("Up to 20 areas side by side, as a figure and as tables."),
    options=CompareAsked,
    answer=_compare,
)
