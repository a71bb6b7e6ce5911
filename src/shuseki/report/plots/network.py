"""Which pictures say best who deals with whom, what belonging brings, and who would be missed?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.language import Message, say, told
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import ROWS, name_of, short
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    LIGHT,
    MISSING,
    ORANGE,
    RED,
    SKY,
    blank,
    title,
)
from shuseki.sourcing.exits import ExitOutlook
from shuseki.sourcing.network import ROLES, Brokerage, GroupMixing, Positions
from shuseki.sourcing.rents import ChannelSplit, FirmValues, SharingRent
from shuseki.sourcing.resilience import Cascade, Criticality, PolicyComparison
from shuseki.sourcing.survey import Question, SurveyComparison, SurveyFigure
from shuseki.sourcing.systemic_risk import Percolation, SystemicRisk
from shuseki.sourcing.turnover import KnowledgeOutlook

__all__: list[str] = []

LONGEST = 40
BAND = "rgba(0, 114, 178, 0.16)"


# ---- network -------------------------------------------------------------------------------------


@draws
def _(result: Positions, *, lang: str = "en") -> go.Figure:
    """Draw firms and ties; tied firms stand near each other."""
    table = result.table
    figure = blank(
        told(
            say(
                "Who deals with whom: {n:count(firm)}, {ties:count(tie)}",
                n=len(table),
                ties=result.ties,
            ),
            lang,
        ),
        result,
        lang=lang,
        height=640,
    )
    x, y = result.place[:, 0], result.place[:, 1]
    gap = np.full(result.ties, np.nan)
    figure.add_scatter(
        x=np.column_stack([x[result.source], x[result.target], gap]).ravel(),
        y=np.column_stack([y[result.source], y[result.target], gap]).ravel(),
        mode="lines",
        line={"color": MISSING, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    partners = (table["customers"] + table["suppliers"]).to_numpy()
    for k, group in enumerate(sorted(table["group"].unique())):
        rows = (table["group"] == group).to_numpy()
        figure.add_scatter(
            x=x[rows],
            y=y[rows],
            mode="markers",
            name=str(group) or told(say("all firms"), lang),
            text=table["firm"][rows],
            customdata=partners[rows],
            marker={
                "color": COLOURS[k % len(COLOURS)],
                "size": 4 + 3 * np.sqrt(partners[rows]),
                "symbol": k // len(COLOURS),
                "line": {"color": "white", "width": 0.6},
            },
            hovertemplate="%{text}: %{customdata}<extra></extra>",
        )
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(visible=False)
    figure.update_yaxes(scaleanchor="x")
    return figure.update_layout(legend={"y": -0.02})


@draws
def _(result: Brokerage, *, lang: str = "en") -> go.Figure:
    """Draw how often each role occurs, beside chance."""
    figure = blank(
        told(
            say("Roles of brokers, pairs of firms, n = {n:count(firm)}", n=len(result.firms)), lang
        ),
        result,
        lang=lang,
        y=told(say("pairs that only a broker joins"), lang),
    )
    names = [name_of(role, lang) for role in ROLES]
    for values, name, colour in (
        (result.counts.sum(axis=0), say("observed"), BLUE),
        (result.expected.sum(axis=0), say("by chance"), MISSING),
    ):
        figure.add_bar(x=names, y=values, name=told(name, lang), marker_color=colour)
    figure.update_layout(barmode="group")
    return figure.update_yaxes(tickformat=",")


@draws
def _(result: GroupMixing, *, lang: str = "en") -> go.Figure:
    """Draw the index of each group beside chance."""
    table = result.table
    figure = blank(
        told(say("E–I index by group, n = {n:count(tie)}", n=result.ties), lang),
        result,
        lang=lang,
        x=told(say("E–I index: −1 all ties within, 1 none"), lang),
        height=160 + 34 * len(table),
    )
    for column, name, colour, symbol in (
        ("external_internal_index", say("observed"), BLUE, "circle"),
        ("expected_index", say("by chance"), GREY, "line-ns-open"),
    ):
        figure.add_scatter(
            x=table[column],
            y=table["group"],
            mode="markers",
            name=told(name, lang),
            marker={"color": colour, "size": 13, "symbol": symbol, "line": {"width": 2}},
        )
    figure.update_xaxes(range=[-1.05, 1.05])
    return figure.update_yaxes(autorange="reversed", type="category")


@draws
def _(result: Percolation, *, lang: str = "en") -> go.Figure:
    """Draw the largest part by share removed."""
    figure = blank(
        told(
            say(
                "Largest connected part as firms leave at random, n = {n:,}", n=len(result.removed)
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("share of firms that left"), lang),
        y=told(say("share of firms in the largest part"), lang),
    )
    figure.add_scatter(x=result.removed, y=result.largest, mode="lines", line={"color": BLUE})
    figure.add_vrect(
        x0=result.threshold_low, x1=result.threshold_high, fillcolor=BAND, line_width=0
    )
    figure.add_vline(
        x=result.threshold,
        line={"color": GREY, "dash": "dot"},
        annotation_text=told(say("falls apart at {share:.0%}", share=result.threshold), lang),
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    return figure.update_yaxes(tickformat=".0%", range=[0, 1.02])


@draws
def _(result: SystemicRisk, *, lang: str = "en") -> go.Figure:
    """Draw the firms whose failure spreads furthest."""
    table = result.to_frame().head(ROWS)
    figure = _ranking(
        say("Output that stops when a firm fails, n = {n:count(firm)}", n=len(result.firms)),
        table["firm"],
        result,
        lang,
        say("share of all output"),
    )
    figure.add_bar(
        y=_labels(table["firm"]),
        x=table["own_output_share"],
        orientation="h",
        name=told(say("its own"), lang),
        marker_color=BLUE,
    )
    figure.add_bar(
        y=_labels(table["firm"]),
        x=(table["systemic_risk_share"] - table["own_output_share"]).clip(lower=0),
        orientation="h",
        name=told(say("of others"), lang),
        marker_color=ORANGE,
    )
    figure.update_layout(barmode="stack")
    return figure.update_xaxes(tickformat=".0%")


@draws
def _(result: KnowledgeOutlook, *, lang: str = "en") -> go.Figure:
    """Draw growth of knowledge with and without newcomers."""
    figure = blank(
        told(say("Growth of knowledge in groups of {n}, a model's advice", n=result.group), lang),
        result,
        lang=lang,
        x=told(say("years from now"), lang),
        y=told(say("growth, share of the best"), lang),
    )
    for values, name, colour in (
        (result.growth_observed, say("newcomers as observed"), BLUE),
        (result.growth_closed, say("no newcomers"), RED),
    ):
        figure.add_scatter(
            x=result.time_years,
            y=values / result.growth_best,
            mode="lines",
            name=told(name, lang),
            line={"color": colour, "width": 2.5},
        )
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero")


# ---- rents ---------------------------------------------------------------------------------------


@draws
def _(result: SharingRent, *, lang: str = "en") -> go.Figure:
    """Draw what each cluster has alone and what it gains."""
    table = result.to_frame()
    figure = blank(
        told(
            say(
                "What sharing brings each cluster, yen, n = {n:count(cluster)}",
                n=len(result.clusters),
            ),
            lang,
        ),
        result,
        lang=lang,
        y=told(say("yen"), lang),
    )
    figure.add_bar(
        x=table["cluster_name"],
        y=table["alone_yen"],
        name=told(say("alone"), lang),
        marker_color=MISSING,
    )
    figure.add_bar(
        x=table["cluster_name"],
        y=table["sharing_gain_yen"],
        name=told(say("gain by the Shapley rule"), lang),
        marker_color=BLUE,
        error_y={
            "array": 1.96 * table["standard_error_yen"],
            "visible": bool((table["standard_error_yen"] > 0).any()),
        },
    )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    return figure.update_yaxes(tickformat=",")


@draws
def _(result: ChannelSplit, *, lang: str = "en") -> go.Figure:
    """Draw what each channel adds to the rent."""
    names = [told(say("no channel"), lang), *(name_of(name, lang) for name in result.channels)]
    figure = blank(
        told(
            say("What carries the rent of sharing, yen, n = {n:count(channel)}", n=len(names) - 1),
            lang,
        ),
        result,
        lang=lang,
        y=told(say("yen"), lang),
    )
    figure.add_waterfall(
        x=[*names, told(say("all channels"), lang)],
        y=[result.all_off, *result.shares, 0],
        measure=["absolute", *["relative"] * len(result.channels), "total"],
        increasing={"marker": {"color": BLUE}},
        decreasing={"marker": {"color": RED}},
        totals={"marker": {"color": GREY}},
        connector={"line": {"color": LIGHT}},
    )
    return figure.update_yaxes(tickformat=",")


@draws
def _(result: FirmValues, *, lang: str = "en") -> go.Figure:
    """Draw the firms that the others would miss most."""
    table = result.to_frame().head(ROWS)
    figure = _ranking(
        say("What the others would lose without a firm, n = {n:count(firm)}", n=len(result.firms)),
        table["firm"],
        result,
        lang,
        say("yen"),
    )
    figure.add_bar(
        y=_labels(table["firm"]), x=table["marginal_value_yen"], orientation="h", marker_color=BLUE
    )
    return figure.update_xaxes(tickformat=",")


# ---- resilience ----------------------------------------------------------------------------------


@draws
def _(result: Criticality, *, lang: str = "en") -> go.Figure:
    """Draw the most critical firms: probability of leaving times what would be lost."""
    table = result.to_frame().head(ROWS)
    figure = _ranking(
        say(
            "Expected loss from a firm's exit within {years:count(year)}, n = {n:count(firm)}",
            years=result.years,
            n=len(result.firms),
        ),
        table["firm"],
        result,
        lang,
        say("yen, times the probability of leaving"),
    )
    p = table["exit_probability_share"]
    for column, name, colour in (
        ("loss_yen", say("orders lost"), RED),
        ("cost_increase_yen", say("others cost more"), ORANGE),
    ):
        figure.add_bar(
            y=_labels(table["firm"]),
            x=p * table[column],
            orientation="h",
            name=told(name, lang),
            marker_color=colour,
            customdata=np.column_stack([p, table["orders_lost"]]),
            hovertemplate="%{y}: ¥%{x:,.0f} (p = %{customdata[0]:.2f})",
        )
    figure.update_layout(barmode="stack")
    return figure.update_xaxes(tickformat=",")


@draws
def _(result: ExitOutlook, *, lang: str = "en") -> go.Figure:
    """Draw the firms likeliest to leave, with the range of what is assumed."""
    table = result.firms.head(ROWS)
    p = table["exit_probability_share"]
    figure = _ranking(
        say(
            "Probability of leaving within {years:count(year)}, n = {n:count(firm)}",
            years=result.years,
            n=len(result.firms),
        ),
        table["firm"],
        result,
        lang,
        say("probability, with the range of what is assumed"),
    )
    figure.add_scatter(
        y=_labels(table["firm"]),
        x=p,
        mode="markers",
        marker={"color": BLUE, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": table["exit_probability_high_share"] - p,
            "arrayminus": p - table["exit_probability_low_share"],
            "color": SKY,
        },
        showlegend=False,
    )
    return figure.update_xaxes(tickformat=".0%", range=[0, 1])


@draws
def _(result: Cascade, *, lang: str = "en") -> go.Figure:
    """Draw firms and orders year by year, as shares of the first year, with bands."""
    table = result.table
    figure = blank(
        told(
            say(
                "Firms and orders left, middle nine tenths of {n:count(run)}",
                n=result.runs,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("years from now"), lang),
        y=told(say("share of the first year"), lang),
    )
    for stem, name, colour in (
        ("firms", say("firms"), GREY),
        ("orders", say("orders served"), BLUE),
    ):
        start = float(table[stem].iloc[0]) or 1.0
        figure.add_scatter(
            x=[*table["year"], *table["year"][::-1]],
            y=[*(table[f"{stem}_high"] / start), *(table[f"{stem}_low"][::-1] / start)],
            fill="toself",
            fillcolor=BAND if colour == BLUE else "rgba(107, 120, 131, 0.14)",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=table["year"],
            y=table[stem] / start,
            mode="lines",
            name=told(name, lang),
            line={"color": colour, "width": 2.5},
        )
    return figure.update_yaxes(tickformat=".0%", range=[0, 1.03])


@draws
def _(result: PolicyComparison, *, lang: str = "en") -> go.Figure:
    """Draw what each policy saves, with its interval."""
    table = result.table
    names = [str(told(name, lang)) for name in table["policy"]]
    figure = blank(
        told(
            say(
                "What policies save over {years:count(year)}, yen, n = {n:count(run)}",
                years=result.years,
                n=result.runs,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("yen against doing nothing"), lang),
        height=190 + 46 * len(table),
    )
    figure.add_bar(
        y=names,
        x=table["saved_yen"],
        orientation="h",
        marker_color=GREEN,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": table["saved_high_yen"] - table["saved_yen"],
            "arrayminus": table["saved_yen"] - table["saved_low_yen"],
        },
        showlegend=False,
    )
    figure.update_yaxes(autorange="reversed")
    return figure.update_xaxes(tickformat=",")


# ---- survey --------------------------------------------------------------------------------------


@draws
def _(result: SurveyFigure, *, lang: str = "en") -> go.Figure:
    """Draw the share of every item with its interval, question by question."""
    figure, frames = _questions(
        say("What members say it brought, percent of firms"), result, result.questions, lang
    )
    if result.group:
        text = say("What members say it brought, percent of firms: {group}", group=result.group)
        figure.update_layout(title_text=title(told(text, lang), result, lang))
    table = result.to_frame()
    for row, question in enumerate(frames, 1):
        rows = table[table["question"] == question.question]
        figure.add_bar(
            y=[str(told(item.name, lang)) for item in question.items],
            x=rows["percent"],
            orientation="h",
            marker_color=[MISSING if item.is_exclusive else BLUE for item in question.items],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["high_percent"] - rows["percent"],
                "arrayminus": rows["percent"] - rows["low_percent"],
                "color": GREY,
                "thickness": 1,
                "width": 3,
            },
            customdata=rows["count"],
            hovertemplate="%{y}: %{x:.1f}% (%{customdata})<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
    return figure


@draws
def _(result: SurveyComparison, *, lang: str = "en") -> go.Figure:
    """Draw one's own survey beside the printed one."""
    common = set(result.table["question"])
    figure, frames = _questions(
        say("One's own survey beside the printed one, percent of firms"),
        result,
        [question for question in result.own if question.question in common],
        lang,
        extra=12,
    )
    for row, question in enumerate(frames, 1):
        rows = result.table[result.table["question"] == question.question]
        names = rows["answer_ja" if lang == "ja" else "answer"]
        for column, name, colour in (
            ("percent", say("own survey"), BLUE),
            ("printed_percent", say("as printed"), MISSING),
        ):
            figure.add_bar(
                y=names,
                x=rows[column],
                orientation="h",
                name=told(name, lang),
                legendgroup=column,
                showlegend=row == 1,
                marker_color=colour,
                hovertemplate="%{y}: %{x:.1f}%",
                row=row,
                col=1,
            )
    return figure.update_layout(barmode="group", legend={"y": 1.0, "x": 1, "xanchor": "right"})


def _questions(
    text: Message,
    result: SurveyFigure | SurveyComparison,
    questions: "tuple[Question, ...] | list[Question]",
    lang: str,
    extra: int = 0,
) -> tuple[go.Figure, list[Question]]:
    """One panel for each question, as high as its items need."""
    counts = [len(question.items) for question in questions]
    figure = make_subplots(
        rows=len(questions),
        cols=1,
        row_heights=[count + 1 for count in counts],
        subplot_titles=[
            told(say("{question} (n = {n:,})", question=q.name, n=q.n), lang) for q in questions
        ],
        vertical_spacing=0.28 / (len(questions) * 3),
        shared_xaxes=True,
    )
    figure.update_layout(
        template="shuseki",
        title_text=title(told(text, lang), result, lang),
        height=150 + (24 + extra) * sum(counts) + 48 * len(counts),
        margin={"l": 64, "r": 24, "t": 92, "b": 56},
        bargap=0.3,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(rangemode="tozero", ticksuffix="%")
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    return figure, list(questions)


# ---- parts ---------------------------------------------------------------------------------------


def _labels(names: "pd.Series[str]") -> list[str]:
    return [short(str(name), LONGEST) for name in names]


def _ranking(
    text: Message, names: "pd.Series[str]", result: object, lang: str, x: Message
) -> go.Figure:
    """An empty ranking, the first on top."""
    figure = blank(
        told(text, lang),
        result,  # type: ignore[arg-type]
        lang=lang,
        x=told(x, lang),
        height=170 + 24 * len(names),
    )
    return figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
