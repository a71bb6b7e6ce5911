"""How do chains of firms lie on the map, which choices are there, and where is capacity short?

A plan is drawn twice: every undominated chain by days and cost, those that are shown marked, and
the shown ones on the map. Firms whose place is unknown, or that lie outside it, are left out; of a
chain without any placed firm there is no line.
"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.geography.bundled import holds
from shuseki.geography.shapes import municipal_shapes, place
from shuseki.language import told
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import ROWS, heading, short
from shuseki.report.plots.maps import PALE, filled
from shuseki.report.plots.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    blank,
    title,
)
from shuseki.sourcing.capacity import Exchange, JointOrder, Served
from shuseki.sourcing.gaps import Gaps, Tipping
from shuseki.sourcing.planner import Chain, Locality, Plan

__all__: list[str] = []

HEIGHT = 900
MARGIN_KM = 60.0
LINES = 4
"""Chains that are drawn on the map."""
LETTERS = 46
SHADES = (RED, BLUE, GREEN, ORANGE, PURPLE, SKY, INK)


@draws
def plan(result: Plan, *, lang: str = "en") -> go.Figure:
    """Draw every undominated chain by days and cost, and the shown ones on the map."""
    ja = lang == "ja"
    heads = (
        ("支配されない連鎖", "地図上の連鎖") if ja else ("Undominated chains", "Chains on the map")
    )
    figure = make_subplots(
        2, 1, subplot_titles=heads, row_heights=[0.42, 0.58], vertical_spacing=0.14
    )
    text = (
        f"{result.order.id}：加工の連鎖（{len(result.front)}通り）"
        if ja
        else f"{result.order.id}: chains of firms, n = {len(result.front)}"
    )
    figure.update_layout(
        template="shuseki", height=HEIGHT, title_text=title(text, result, lang), showlegend=True
    )
    _front(figure, result, lang)
    _map(figure, result, lang)
    figure.update_xaxes(title_text="日数" if ja else "Days", row=1, col=1)
    figure.update_yaxes(title_text="費用（千円）" if ja else "Cost (1,000 yen)", row=1, col=1)
    figure.update_layout(legend={"y": -0.03})
    return figure


def _front(figure: go.Figure, result: Plan, lang: str) -> None:
    ja = lang == "ja"
    front = result.front
    figure.add_scatter(
        x=front["days"],
        y=front["cost_yen"] / 1000,
        mode="markers",
        marker={
            "size": 7,
            "color": 100 * front["risk"].astype(float),
            "colorscale": [[0, "#d8e8f3"], [1, "#0b3f66"]],
            "colorbar": {
                "title": {"text": "リスク（%）" if ja else "Risk (%)", "side": "right"},
                "len": 0.38,
                "y": 0.8,
                "thickness": 10,
            },
        },
        text=front["firms"],
        hovertemplate="%{text}<br>%{x:.1f}, %{y:,.0f}<extra></extra>",
        name="支配されない連鎖" if ja else "Undominated chains",
        row=1,
        col=1,
    )
    for k, chain in enumerate(result.chains):
        figure.add_scatter(
            x=[chain.days],
            y=[chain.cost_yen / 1000],
            mode="markers+text",
            marker={
                "size": 13,
                "color": _colour(k),
                "symbol": "circle-open",
                "line": {"width": 2.5},
            },
            text=[str(k + 1)],
            textposition="top center",
            name=f"{k + 1} {_roles(chain, lang)}",
            hovertemplate=f"{' → '.join(chain.firms)}<extra></extra>",
            row=1,
            col=1,
        )
    due = result.order.days
    if len(front) and front["days"].max() > 0.7 * due:
        figure.add_vline(x=due, line={"color": GREY, "dash": "dash"}, row=1, col=1)


def _map(figure: go.Figure, result: Plan, lang: str) -> None:
    figure.add_trace(filled([municipal_shapes().ground], "", PALE, GREY, 0.4), row=2, col=1)
    figure.data[-1].showlegend = False
    points: list[np.ndarray] = []
    shown = list(enumerate(result.chains[:LINES]))
    for k, chain in reversed(shown):  # the first one lies on top
        stops = [
            stop
            for stop in chain.stops
            if stop.latitude is not None
            and stop.longitude is not None
            and holds(stop.latitude, stop.longitude)
        ]
        if not stops:
            continue
        where = place(
            np.array([stop.longitude for stop in stops], dtype=float),
            np.array([stop.latitude for stop in stops], dtype=float),
        )
        points.append(where)
        figure.add_scatter(
            x=where[:, 0].round(1),
            y=where[:, 1].round(1),
            mode="lines+markers",
            line={"color": _colour(k), "width": 2.5},
            marker={"size": 9, "color": _colour(k), "symbol": "circle", "line": {"width": 1}},
            text=[f"{stop.name}: {stop.process}" for stop in stops],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            row=2,
            col=1,
        )
    figure.update_xaxes(visible=False, row=2, col=1)
    figure.update_yaxes(visible=False, scaleanchor="x2", scaleratio=1, row=2, col=1)
    if points:
        every = np.concatenate(points)
        low, high = every.min(axis=0) - MARGIN_KM, every.max(axis=0) + MARGIN_KM
        half = max(high - low) / 2
        middle = (low + high) / 2
        figure.update_xaxes(range=[middle[0] - half, middle[0] + half], row=2, col=1)
        figure.update_yaxes(range=[middle[1] - half, middle[1] + half], row=2, col=1)


def _colour(k: int) -> str:
    return SHADES[k % len(SHADES)]


def _roles(chain: Chain, lang: str) -> str:
    words = [heading(f"role_{role}", lang) for role in chain.roles]
    return ("・" if lang == "ja" else ", ").join(words)


@draws
def locality(result: Locality, *, lang: str = "en") -> go.Figure:
    """Draw the recommended chain of each mode by its cost."""
    ja = lang == "ja"
    table = result.to_frame()
    known = table[table["cost_yen"].notna()]
    figure = blank(
        f"{result.order.id}：調達の型による費用" if ja else f"{result.order.id}: cost by mode",
        result,
        lang=lang,
        x="費用（千円）" if ja else "Cost (1,000 yen)",
        height=340,
    )
    figure.add_bar(
        y=[str(told(mode, lang)) for mode in known["mode"]],
        x=known["cost_yen"] / 1000,
        orientation="h",
        marker={"color": [BLUE if timely else ORANGE for timely in known["in_time"]]},
        text=[
            f"{days:.1f}日" if ja else f"{days:.1f} days" for days in known["days"].astype(float)
        ],
        hovertext=known["firms"],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    return figure.update_yaxes(autorange="reversed")


@draws
def served(result: Served, *, lang: str = "en") -> go.Figure:
    """Draw the firms whose hours are worth most."""
    ja = lang == "ja"
    table = result.bottlenecks.head(ROWS)
    n = len(result.orders)
    good = int(result.orders["served"].sum())
    figure = blank(
        f"1時間の価値が高い企業（受注{n}件中{good}件を充足）"
        if ja
        else f"Whose hour is worth most: {good} of {n} orders served",
        result,
        lang=lang,
        x="円／時間" if ja else "Yen per hour",
        height=160 + 24 * max(len(table), 4),
    )
    names = [
        short(f"{firm} {process}".strip(), LETTERS)
        for firm, process in zip(table["firm"], table["process"], strict=True)
    ]
    figure.add_bar(
        y=names,
        x=table["yen_per_hour"],
        orientation="h",
        marker={"color": BLUE},
        text=[f"{weeks}週" if ja else f"{weeks} weeks" for weeks in table["weeks"]],
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
        showlegend=False,
    )
    if not len(table):
        return _none(figure, "時間が希少な企業はない" if ja else "No firm's hour is scarce")
    return figure.update_yaxes(autorange="reversed")


def _none(figure: go.Figure, text: str) -> go.Figure:
    """Say that there is nothing to draw, in the place of empty axes."""
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(
        text=text, xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False, font={"color": INK}
    )


@draws
def joint(result: JointOrder, *, lang: str = "en") -> go.Figure:
    """Draw how a lot is shared."""
    ja = lang == "ja"
    table = result.shares.sort_values(["pieces", "firm"], ascending=[False, True]).head(ROWS)
    figure = blank(
        f"{result.order.id}：共同受注の配分" if ja else f"{result.order.id}: shares of the lot",
        result,
        lang=lang,
        x="個" if ja else "Pieces",
        height=160 + 24 * max(len(table), 4),
    )
    figure.add_bar(
        y=table["firm"],
        x=table["pieces"],
        orientation="h",
        marker={"color": BLUE},
        showlegend=False,
    )
    return figure.update_yaxes(autorange="reversed")


@draws
def lent(result: Exchange, *, lang: str = "en") -> go.Figure:
    """Draw who lends most hours to whom."""
    ja = lang == "ja"
    pairs = result.loans.groupby(["lender", "borrower"])[["hours"]].sum().reset_index()
    pairs = pairs.sort_values(["hours", "lender", "borrower"], ascending=[False, True, True])
    pairs = pairs.head(ROWS)
    figure = blank(
        "遊休能力の融通" if ja else "Idle hours lent",
        result,
        lang=lang,
        x="時間" if ja else "Hours",
        height=160 + 24 * max(len(pairs), 4),
    )
    figure.add_bar(
        y=[f"{a} → {b}" for a, b in zip(pairs["lender"], pairs["borrower"], strict=True)],
        x=pairs["hours"],
        orientation="h",
        marker={"color": BLUE},
        showlegend=False,
    )
    if not len(pairs):
        return _none(figure, "融通される時間はない" if ja else "No hours are lent")
    return figure.update_yaxes(autorange="reversed")


@draws
def gaps(result: Gaps, *, lang: str = "en") -> go.Figure:
    """Draw what fills gaps best, by the worth of orders that it adds for each yen."""
    ja = lang == "ja"
    table = result.fillers.head(ROWS)
    n = len(result.cells)
    figure = blank(
        f"欠落工程を補う手段（需要の区分{n}）" if ja else f"What fills gaps: {n} cells of demand",
        result,
        lang=lang,
        x="1円当たりの増加額（円）" if ja else "Yen of orders added for each yen",
        height=160 + 26 * max(len(table), 4),
    )
    kinds = table["kind"].tolist()
    colours = {"entrant": BLUE, "machine": ORANGE, "partner_cluster": RED}
    for kind, colour in colours.items():
        at = np.array([one == kind for one in kinds], dtype=bool)
        if at.any():
            figure.add_bar(
                y=[short(name, LETTERS) for name in table["filler"][at]],
                x=table["yen_per_yen"][at],
                orientation="h",
                marker={"color": colour},
                name=heading(kind, lang),
                hovertemplate="%{y}: %{x:.2f}<extra></extra>",
            )
    if not len(table):
        return _none(figure, "補う手段はない" if ja else "Nothing fills a gap")
    return figure.update_yaxes(
        autorange="reversed",
        categoryorder="array",
        categoryarray=[short(name, LETTERS) for name in table["filler"]],
    )


@draws
def tipping(result: Tipping, *, lang: str = "en") -> go.Figure:
    """Draw yen per piece of each way by quantity."""
    ja = lang == "ja"
    figure = blank(
        f"{result.order.id}：数量と1個当たり費用"
        if ja
        else f"{result.order.id}: yen per piece by quantity",
        result,
        lang=lang,
        x="数量（個）" if ja else "Quantity (pieces)",
        y="円／個" if ja else "Yen per piece",
    )
    for mode, colour in (("wide", BLUE), ("inside", RED), ("insource", ORANGE)):
        figure.add_scatter(
            x=result.quantities["quantity"],
            y=result.quantities[f"{mode}_yen_per_piece"],
            mode="lines+markers",
            line={"color": colour},
            name=heading(f"mode_{mode}", lang),
        )
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log")
    if result.insource_quantity is not None:
        figure.add_vline(x=result.insource_quantity, line={"color": GREY, "dash": "dash"})
    return figure
