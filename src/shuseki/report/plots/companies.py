"""How do births, deaths and moves of corporations look, month by month and area by area?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.datasets.companies import CompanyMoves, CompanySeries
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import BLUE, GREY, LIGHT, RED, blank
from shuseki.report.words import phrase

__all__: list[str] = []

SHOWN = 10
"""Areas with the largest gains, and as many with the largest losses."""


@draws
def months(result: CompanySeries, *, lang: str = "en") -> go.Figure:
    """Draw births and deaths as lines; months of a clearing by the registrar are shaded."""
    figure = blank(
        phrase("companies_title", lang, n=len(result.months)),
        result,
        lang=lang,
        y=phrase("companies_y", lang),
        height=440,
    )
    at = [f"{month}-15" for month in result.months]
    lines = (("companies_born", result.births, BLUE, "solid"),
             ("companies_died", result.deaths, RED, "dash"))  # fmt: skip
    for key, counts, colour, dash in lines:
        figure.add_scatter(
            x=at,
            y=counts.tolist(),
            mode="lines",
            line={"width": 2.2, "color": colour, "dash": dash},
            name=phrase(key, lang),
            hovertemplate="%{x|%Y-%m}: %{y:,}",
        )
    top = float(max(result.births.max(), result.deaths.max()))
    for month, purged in zip(result.months, result.closed_by_registrar, strict=True):
        if month not in result.purges:
            continue
        year, number = (int(part) for part in month.split("-"))
        after = f"{year + number // 12}-{number % 12 + 1:02d}-01"
        figure.add_vrect(x0=f"{month}-01", x1=after, fillcolor=LIGHT, line_width=0, layer="below")
        figure.add_annotation(
            x=f"{month}-15",
            y=top * 1.08,
            text=f"{int(purged):,}",
            showarrow=False,
            font={"size": 11, "color": GREY},
        )
    if result.purges:
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "square", "size": 12, "color": LIGHT},
            name=phrase("companies_purged", lang),
        )
    figure.update_yaxes(range=[0, top * 1.15], tickformat=",")
    figure.update_xaxes(tickformat="%Y", dtick="M12", tick0="2022-01-01")
    return figure.update_layout(hovermode="x unified")


@draws
def moves(result: CompanyMoves, *, lang: str = "en") -> go.Figure:
    """Draw net gains as bars, the largest first."""
    table = result.table
    if len(table) > 2 * SHOWN:
        table = pd.concat([table.head(SHOWN), table.tail(SHOWN)])
    names = table["area_ja" if lang == "ja" else "area_en"].tolist()
    figure = blank(
        phrase("moves_title", lang, n=len(result.table), first=result.first_year,
               last=result.last_year),
        result, lang=lang, x=phrase("moves_x", lang), height=150 + 24 * len(table),
    )  # fmt: skip
    net = table["net"].to_numpy()
    figure.add_bar(
        x=net,
        y=[f"{k:02d} {name}" for k, name in enumerate(names)],
        orientation="h",
        marker_color=[BLUE if value >= 0 else RED for value in net],
        text=[f"{value:+,.0f}" for value in net],
        textposition="outside",
        cliponaxis=False,
        customdata=np.column_stack([table["moved_in"], table["moved_out"]]),
        hovertemplate="+%{customdata[0]:,.0f} −%{customdata[1]:,.0f}<extra></extra>",
        showlegend=False,
    )
    low, high = min(0.0, float(net.min())), max(0.0, float(net.max()))
    room = 0.12 * (high - low)
    figure.update_xaxes(range=[low - room, high + room], tickformat=",")
    figure.update_yaxes(
        autorange="reversed", showgrid=False, tickmode="array",
        tickvals=[f"{k:02d} {name}" for k, name in enumerate(names)], ticktext=names,
    )  # fmt: skip
    return figure
