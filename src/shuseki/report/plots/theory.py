"""Which pictures say best where industry settles, leaves, and when knowledge stops?"""

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.geography.bundled import DISTRICTS, PREFECTURES
from shuseki.language import Message, say, told
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.maps import choropleth
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    RED,
    blank,
)
from shuseki.report.words import phrase
from shuseki.theory.models.counterfactual import Counterfactual
from shuseki.theory.models.knowledge_creation import KnowledgePath
from shuseki.theory.models.knowledge_growth import ExchangeCurve, GroupSizes
from shuseki.theory.models.offshoring import Departures, OffshoringPath
from shuseki.theory.models.path_dependence import STAGES, Escapes, LifecyclePath
from shuseki.theory.models.urns import History
from shuseki.theory.solving.branches import Branch, Hysteresis, Sweep
from shuseki.theory.solving.dynamics import Trajectory

__all__: list[str] = []


@draws
def _(result: Sweep, *, lang: str = "en") -> go.Figure:
    two = result.model.regions == 2
    figure = blank(
        told(
            say(
                "Where industry settles, by transport cost, n = {n:count(region)}",
                n=result.model.regions,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("transport cost, units sent per unit delivered"), lang),
        y=told(say("share of region 1" if two else "largest share"), lang),
        height=460,
    )
    seen: set[bool] = set()
    for branch in result.branches:
        for stable, cost, share in _pieces(branch, two):
            figure.add_trace(
                go.Scatter(
                    x=cost,
                    y=share,
                    mode="lines",
                    name=told(say("stable" if stable else "unstable"), lang),
                    legendgroup=str(stable),
                    showlegend=stable not in seen,
                    line={
                        "color": BLUE if stable else RED,
                        "width": 3 if stable else 1.8,
                        "dash": "solid" if stable else "dash",
                    },
                )
            )
            seen.add(stable)
    points = [(say("break point {cost:.4f}", cost=p), p) for p in result.break_points[:4]]
    points += [(say("sustain point {cost:.4f}", cost=p), p) for p in result.sustain_points[:4]]
    points += [(say("fold {cost:.4f}", cost=p), p) for p in result.folds[:4]]
    for k, (name, at) in enumerate(points):
        figure.add_vline(
            x=at,
            line={"color": GREY, "width": 1, "dash": "dot"},
            annotation_text=told(name, lang),
            annotation_position="top right",
            annotation_yshift=-15 * k,
            annotation_font_size=11,
        )
    figure.update_xaxes(range=[result.transport_cost[0], result.transport_cost[-1]])
    figure.update_yaxes(range=[-0.03, 1.05 + 0.06 * len(points)] if two else None)
    return figure


def _pieces(branch: Branch, two: bool) -> list[tuple[bool, np.ndarray, np.ndarray]]:
    """Cut a branch where its stability changes; neighbouring pieces share a point."""
    share = branch.states[:, 0] if two else branch.states.max(axis=1)
    cuts = np.flatnonzero(np.diff(branch.is_stable.astype(int))) + 1
    bounds = [0, *cuts, len(share)]
    return [
        (
            bool(branch.is_stable[low]),
            branch.transport_cost[max(low - 1, 0) : high],
            share[max(low - 1, 0) : high],
        )
        for low, high in itertools.pairwise(bounds)
    ]


@draws
def _(result: Hysteresis, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Falling and rising transport cost: where history decides, n = {n:count(region)}",
                n=result.model.regions,
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("transport cost, units sent per unit delivered"), lang),
        y=told(say("largest share"), lang),
    )
    for name, states, colour, dash in (
        (say("transport cost falling"), result.falling, BLUE, "solid"),
        (say("transport cost rising"), result.rising, RED, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=result.transport_cost,
                y=states.max(axis=1),
                mode="lines",
                name=told(name, lang),
                line={"color": colour, "width": 2.5, "dash": dash},
            )
        )
    return figure


@draws
def _(result: Counterfactual, *, lang: str = "en") -> go.Figure:
    change = 100 * (result.employment - 1)
    if result.division in (DISTRICTS, PREFECTURES):
        home = [k for k, code in enumerate(result.codes) if code.isdigit()]
        values = pd.Series(change[home], index=[result.codes[k] for k in home])
        return choropleth(
            result.division,
            values,
            title=_change_of_employment(result, len(home)),
            unit=phrase("unit_percent", lang),
            result=result,
            middle=0.0,
            lang=lang,
        )
    order = np.argsort(change)
    if len(order) > 30:
        order = np.concatenate([order[:15], order[-15:]])
    figure = blank(
        told(_change_of_employment(result, len(change)), lang),
        result,
        lang=lang,
        x=told(say("change of employment, %"), lang),
        height=max(320, 22 * len(order) + 140),
    )
    bounds = result.intervals
    error = None
    if bounds is not None:
        error = {
            "type": "data",
            "symmetric": False,
            "array": 100 * (bounds.employment_high - result.employment)[order],
            "arrayminus": 100 * (result.employment - bounds.employment_low)[order],
            "color": INK,
            "thickness": 1,
        }
    figure.add_trace(
        go.Bar(
            x=change[order],
            y=[told(result.names[k], lang) for k in order],
            orientation="h",
            marker_color=[BLUE if change[k] >= 0 else RED for k in order],
            error_x=error,
            showlegend=False,
        )
    )
    return figure


def _change_of_employment(result: Counterfactual, n: int) -> Message:
    return say("Change of employment: {shock}, n = {n:count(area)}", shock=result.shock, n=n)


@draws
def _(result: Departures, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Largest wage gap that a cluster survives, by good, n = {n:count(good)}",
                n=len(result.goods),
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("broad transport cost of the average good"), lang),
        y=told(say("home wage / foreign wage"), lang),
    )
    for k, (good, gap) in enumerate(zip(result.goods, result.sustainable_gap, strict=True)):
        figure.add_trace(
            go.Scatter(
                x=result.transport_cost,
                y=gap,
                mode="lines",
                name=told(good.name, lang),
                line={"color": COLOURS[k % len(COLOURS)], "width": 2.5},
            )
        )
    figure.add_hline(
        y=result.wage_gap,
        line={"color": GREY, "dash": "dot"},
        annotation_text=told(say("wage gap {gap:g}", gap=result.wage_gap), lang),
    )
    return figure


@draws
def _(result: OffshoringPath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Manufacturing as the cost of the border falls, n = {n:count(region)}",
                n=len(result.names),
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("cost of the border, units sent per unit delivered"), lang),
        y=told(say("share of labour in manufacturing"), lang),
    )
    homes = len(result.names) - result.foreign
    for k, name in enumerate(result.names):
        abroad = k >= homes
        figure.add_trace(
            go.Scatter(
                x=result.border_cost,
                y=result.manufacturing_share[:, k],
                mode="lines",
                name=told(say("abroad" if abroad else "at home"), lang),
                legendgroup=str(abroad),
                showlegend=k in (0, homes),
                hovertext=name,
                line={"color": RED if abroad else BLUE, "width": 3 if abroad else 1.2},
                opacity=1 if abroad else 0.6,
            )
        )
    figure.update_xaxes(autorange="reversed")
    return figure


@draws
def _(result: GroupSizes, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Growth of knowledge by size of the group (θ = {theta:.3g}), n = {n:count(size)}",
                theta=result.theta,
                n=len(result.persons),
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("persons who take turns"), lang),
        y=told(say("growth of knowledge per unit of time"), lang),
    )
    figure.add_trace(
        go.Scatter(
            x=result.persons,
            y=result.growth,
            mode="lines+markers",
            line={"color": BLUE, "width": 2.5},
            showlegend=False,
        )
    )
    figure.add_vline(
        x=result.best,
        line={"color": GREY, "dash": "dot"},
        annotation_text=told(say("best: 1 + 1/θ = {best:.3g}", best=result.best), lang),
    )
    return figure


@draws
def _(result: ExchangeCurve, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Growth of knowledge by exchange with other regions (groups of {group}), "
                "n = {n:count(share)}",
                group=result.group,
                n=len(result.share),
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("share of time with people of other regions, %"), lang),
        y=told(say("growth of knowledge per unit of time"), lang),
    )
    figure.add_trace(
        go.Scatter(
            x=100 * result.share,
            y=result.growth,
            mode="lines",
            line={"color": BLUE, "width": 3},
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[100 * result.best_share],
            y=[result.best_growth],
            mode="markers+text",
            text=[told(say("best: {percent:.1f}%", percent=100 * result.best_share), lang)],
            textposition="bottom center",
            marker={"color": RED, "size": 10},
            showlegend=False,
        )
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


@draws
def _(result: KnowledgePath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say("Knowledge creation over time, n = {n:count(person)}", n=result.model.persons), lang
        ),
        result,
        lang=lang,
        x=told(say("time, units of 1/β"), lang),
    )
    for name, values, colour in (
        (say("growth of knowledge per unit of time"), result.growth, BLUE),
        (say("difference of knowledge m"), result.difference, ORANGE),
    ):
        figure.add_trace(
            go.Scatter(
                x=result.time,
                y=values,
                mode="lines",
                name=told(name, lang),
                line={"color": colour, "width": 2.5},
            )
        )
    figure.update_yaxes(rangemode="tozero", title_text=phrase("value", lang))
    return figure


@draws
def _(result: Escapes, *, lang: str = "en") -> go.Figure:
    # sizes are in different units: a table, not bars that invite comparison
    figure = blank(
        told(
            say(
                "Smallest shock that ends a negative lock-in, n = {n:count(scenario)}",
                n=len(result.scenarios),
            ),
            lang,
        ),
        result,
        lang=lang,
        height=360,
    )
    rows = [
        (
            told(one.name, lang),
            phrase(f"value_{one.kind}", lang),
            f"{size:.3g}" if np.isfinite(size) else told(say("none suffices"), lang),
            told(one.unit, lang),
        )
        for one, size in zip(result.scenarios, result.size, strict=True)
    ]
    figure.add_trace(
        go.Table(
            columnwidth=[3, 1.2, 1.2, 3],
            header={
                "values": [
                    phrase(key, lang) for key in ("scenario", "kind", "smallest_size", "unit")
                ],
                "align": "left",
                "fill_color": LIGHT,
            },
            cells={
                "values": list(zip(*rows, strict=True)),
                "align": "left",
                "fill_color": "white",
                "height": 30,
            },
        )
    )
    return figure


@draws
def _(result: LifecyclePath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(say("Life of a cluster, n = {n:count(time)}", n=len(result.time)), lang),
        result,
        lang=lang,
        x=phrase("time", lang),
        y=phrase("plants_index", lang),
    )
    stages = np.array(result.stage)
    for stage, colour in (
        ("emergence", ORANGE),
        ("growth", GREEN),
        ("maturity", BLUE),
        ("decline", RED),
    ):
        here = stages == stage
        if here.any():
            figure.add_trace(
                go.Scatter(
                    x=result.time[here],
                    y=result.plants[here],
                    mode="markers",
                    name=told(STAGES[stage], lang),
                    marker={"color": colour, "size": 6},
                )
            )
    figure.update_yaxes(rangemode="tozero")
    return figure


@draws
def _(result: History, *, lang: str = "en") -> go.Figure:
    figure = blank(
        told(
            say(
                "Share of the leading region, n = {n:count(history,histories)}",
                n=len(result.shares),
            ),
            lang,
        ),
        result,
        lang=lang,
        x=told(say("largest share"), lang),
        y=told(say("histories"), lang),
    )
    figure.add_trace(
        go.Histogram(x=result.shares.max(axis=1), nbinsx=40, marker_color=BLUE, showlegend=False)
    )
    return figure


@draws
def _(result: Trajectory, *, lang: str = "en") -> go.Figure:
    entries = result.states.shape[1]
    figure = blank(
        told(say("Path through time, n = {n:count(entry,entries)}", n=entries), lang),
        result,
        lang=lang,
        x=phrase("time", lang),
        y=phrase("value", lang),
    )
    for k in range(entries):
        figure.add_trace(
            go.Scatter(
                x=result.time,
                y=result.states[:, k],
                mode="lines",
                name=str(k + 1),
                line={"color": COLOURS[k % len(COLOURS)]},
                showlegend=entries <= 8,
            )
        )
    return figure
