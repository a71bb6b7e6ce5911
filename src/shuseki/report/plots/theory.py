"""Which pictures say best where industry settles, leaves, and when knowledge stops?"""

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.report.plots.dispatch import plot
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
from shuseki.report.words import check_language
from shuseki.theory.models.knowledge_creation import ExchangeCurve, GroupSizes, KnowledgePath
from shuseki.theory.models.offshoring import Departures, OffshoringPath
from shuseki.theory.models.path_dependence import Escapes, History, LifecyclePath
from shuseki.theory.models.quantitative_spatial import Counterfactual
from shuseki.theory.solving.dynamics import Trajectory
from shuseki.theory.solving.equilibrium import Branch, Hysteresis, Sweep

__all__: list[str] = []

WORDS = {
    "bifurcation": ("Where industry settles, by transport cost (n = {} regions)",
                    "輸送費用と立地の均衡（n = {}地域）"),
    "cost": ("transport cost, units sent per unit delivered", "輸送費用（到着1単位あたり発送量）"),
    "share": ("share of region 1", "地域1のシェア"),
    "largest": ("largest share", "最大地域のシェア"),
    "stable": ("stable", "安定"),
    "unstable": ("unstable", "不安定"),
    "break": ("break point {:.4f}", "分岐点 {:.4f}"),
    "sustain": ("sustain point {:.4f}", "維持点 {:.4f}"),
    "fold": ("fold {:.4f}", "折り返し点 {:.4f}"),
    "hysteresis": ("History decides between the jumps (n = {} regions)",
                   "履歴効果：低下時と上昇時（n = {}地域）"),
    "falling": ("transport cost falling", "輸送費用の低下"),
    "rising": ("transport cost rising", "輸送費用の上昇"),
    "counterfactual": ("Change of employment: {} (n = {} areas)",
                       "従業者数の変化：{}（n = {}地区）"),
    "employment": ("change of employment, %", "従業者数の変化（％）"),
    "percent": ("%", "％"),
    "gap": ("Largest wage gap that a cluster survives, by good (n = {} goods)",
            "集積が耐えられる最大の賃金格差（n = {}財）"),
    "broad": ("broad transport cost of the average good", "広い意味での輸送費（平均的な財）"),
    "ratio": ("home wage / foreign wage", "国内賃金／海外賃金"),
    "wage_gap": ("wage gap {:g}", "賃金格差 {:g}"),
    "offshoring": ("Manufacturing leaves as the border opens (n = {} regions)",
                   "国境の輸送費用の低下と海外移転（n = {}地域）"),
    "border": ("cost of the border, units sent per unit delivered",
               "国境の輸送費用（到着1単位あたりの発送量）"),
    "manufacturing": ("share of labour in manufacturing", "製造業の労働力シェア"),
    "foreign": ("abroad", "海外"),
    "home": ("home", "国内"),
    "groups": ("Growth of knowledge by size of the group (θ = {:.3g}, n = {} sizes)",
               "集団の規模と知識の成長率（θ = {:.3g}、n = {}）"),
    "persons": ("persons who rotate", "交代で組む人数"),
    "growth": ("growth of knowledge per unit of time", "知識の成長率（単位時間あたり）"),
    "best": ("best: 1 + 1/θ = {:.3g}", "最適：1 + 1/θ = {:.3g}"),
    "exchange": ("Exchange with other regions restores diversity (groups of {})",
                 "他地域との交流による多様性の回復（{}人の集団）"),
    "exchange_share": ("share of time with people of other regions, %",
                       "他地域の人との交流時間の割合（％）"),
    "optimum": ("optimum {:.1f}%", "最適 {:.1f}％"),
    "knowledge": ("Knowledge creation over time (n = {} persons)", "知識創造の推移（n = {}人）"),
    "time": ("time, units of 1/β", "時間（1/β単位）"),
    "time_plain": ("time", "時間"),
    "difference": ("difference of knowledge m", "知識の差異 m"),
    "escapes": ("Smallest shock that ends a negative lock-in (n = {} scenarios)",
                "負のロックインから抜け出す最小のショック（n = {}シナリオ）"),
    "scenario": ("scenario (figure 3-3)", "シナリオ（図表3-3）"),
    "kind": ("kind", "種類"),
    "pulse": ("once", "一時的"),
    "lasting": ("lasting", "持続的"),
    "size": ("smallest size", "最小の大きさ"),
    "unit": ("in", "単位"),
    "never": ("none suffices", "効果なし"),
    "lifecycle": ("Life of a cluster (n = {} times)", "産業集積のライフサイクル（n = {}）"),
    "plants": ("plants, index", "事業所数（指数）"),
    "history": ("Share of the leading region over {:,} histories",
                "先頭地域のシェア（{:,}回の試行）"),
    "histories": ("histories", "試行数"),
    "emergence": ("emergence", "生成"),
    "growing": ("growth", "発展"),
    "maturity": ("maturity", "成熟"),
    "decline": ("decline", "縮小・衰退"),
    "trajectory": ("Path of {} entries", "{}変数の経路"),
    "value": ("value", "値"),
}  # fmt: skip


def _say(key: str, lang: str, *values: object) -> str:
    return WORDS[key][check_language(lang) == "ja"].format(*values)


@plot.register
def _(result: Sweep, *, lang: str = "en") -> go.Figure:
    two = result.model.regions == 2
    figure = blank(
        _say("bifurcation", lang, result.model.regions),
        result,
        lang=lang,
        x=_say("cost", lang),
        y=_say("share" if two else "largest", lang),
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
                    name=_say("stable" if stable else "unstable", lang),
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
    points = [("break", p) for p in result.break_points[:4]]
    points += [("sustain", p) for p in result.sustain_points[:4]]
    points += [("fold", p) for p in result.folds[:4]]
    for k, (kind, at) in enumerate(points):
        figure.add_vline(
            x=at,
            line={"color": GREY, "width": 1, "dash": "dot"},
            annotation_text=_say(kind, lang, at),
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


@plot.register
def _(result: Hysteresis, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("hysteresis", lang, result.model.regions),
        result,
        lang=lang,
        x=_say("cost", lang),
        y=_say("largest", lang),
    )
    for key, states, colour, dash in (
        ("falling", result.falling, BLUE, "solid"),
        ("rising", result.rising, RED, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=result.transport_cost,
                y=states.max(axis=1),
                mode="lines",
                name=_say(key, lang),
                line={"color": colour, "width": 2.5, "dash": dash},
            )
        )
    return figure


@plot.register
def _(result: Counterfactual, *, lang: str = "en") -> go.Figure:
    change = 100 * (result.employment - 1)
    if result.division in ("district-253", "prefecture"):
        home = [k for k, code in enumerate(result.codes) if code.isdigit()]
        values = pd.Series(change[home], index=[result.codes[k] for k in home])
        titles = {one: _say("counterfactual", one, result.shock, len(home)) for one in ("en", "ja")}
        return choropleth(
            result.division,
            values,
            title=(titles["en"], titles["ja"]),
            unit=WORDS["percent"],
            result=result,
            middle=0.0,
            lang=lang,
        )
    order = np.argsort(change)
    if len(order) > 30:
        order = np.concatenate([order[:15], order[-15:]])
    figure = blank(
        _say("counterfactual", lang, result.shock, len(change)),
        result,
        lang=lang,
        x=_say("employment", lang),
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
            y=[result.names[k] for k in order],
            orientation="h",
            marker_color=[BLUE if change[k] >= 0 else RED for k in order],
            error_x=error,
            showlegend=False,
        )
    )
    return figure


@plot.register
def _(result: Departures, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("gap", lang, len(result.goods)),
        result,
        lang=lang,
        x=_say("broad", lang),
        y=_say("ratio", lang),
    )
    for k, (good, gap) in enumerate(zip(result.goods, result.sustainable_gap, strict=True)):
        figure.add_trace(
            go.Scatter(
                x=result.transport_cost,
                y=gap,
                mode="lines",
                name=good.name,
                line={"color": COLOURS[k % len(COLOURS)], "width": 2.5},
            )
        )
    figure.add_hline(
        y=result.wage_gap,
        line={"color": GREY, "dash": "dot"},
        annotation_text=_say("wage_gap", lang, result.wage_gap),
    )
    return figure


@plot.register
def _(result: OffshoringPath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("offshoring", lang, len(result.names)),
        result,
        lang=lang,
        x=_say("border", lang),
        y=_say("manufacturing", lang),
    )
    homes = len(result.names) - result.foreign
    for k, name in enumerate(result.names):
        abroad = k >= homes
        figure.add_trace(
            go.Scatter(
                x=result.border_cost,
                y=result.manufacturing_share[:, k],
                mode="lines",
                name=_say("foreign" if abroad else "home", lang),
                legendgroup=str(abroad),
                showlegend=k in (0, homes),
                hovertext=name,
                line={"color": RED if abroad else BLUE, "width": 3 if abroad else 1.2},
                opacity=1 if abroad else 0.6,
            )
        )
    figure.update_xaxes(autorange="reversed")
    return figure


@plot.register
def _(result: GroupSizes, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("groups", lang, result.theta, len(result.persons)),
        result,
        lang=lang,
        x=_say("persons", lang),
        y=_say("growth", lang),
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
        annotation_text=_say("best", lang, result.best),
    )
    return figure


@plot.register
def _(result: ExchangeCurve, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("exchange", lang, result.group),
        result,
        lang=lang,
        x=_say("exchange_share", lang),
        y=_say("growth", lang),
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
            text=[_say("optimum", lang, 100 * result.best_share)],
            textposition="bottom center",
            marker={"color": RED, "size": 10},
            showlegend=False,
        )
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


@plot.register
def _(result: KnowledgePath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("knowledge", lang, result.model.persons), result, lang=lang, x=_say("time", lang)
    )
    for key, values, colour in (
        ("growth", result.growth, BLUE),
        ("difference", result.difference, ORANGE),
    ):
        figure.add_trace(
            go.Scatter(
                x=result.time,
                y=values,
                mode="lines",
                name=_say(key, lang),
                line={"color": colour, "width": 2.5},
            )
        )
    figure.update_yaxes(rangemode="tozero", title_text=_say("value", lang))
    return figure


@plot.register
def _(result: Escapes, *, lang: str = "en") -> go.Figure:
    # sizes are in different units: a table, not bars that invite comparison
    japanese = check_language(lang) == "ja"
    figure = blank(_say("escapes", lang, len(result.scenarios)), result, lang=lang, height=360)
    rows = [
        (
            one.name_ja if japanese else one.name,
            _say(one.kind, lang),
            f"{size:.3g}" if np.isfinite(size) else _say("never", lang),
            one.unit_ja if japanese else one.unit,
        )
        for one, size in zip(result.scenarios, result.size, strict=True)
    ]
    figure.add_trace(
        go.Table(
            columnwidth=[3, 1.2, 1.2, 3],
            header={
                "values": [_say(key, lang) for key in ("scenario", "kind", "size", "unit")],
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


@plot.register
def _(result: LifecyclePath, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("lifecycle", lang, len(result.time)),
        result,
        lang=lang,
        x=_say("time_plain", lang),
        y=_say("plants", lang),
    )
    stages = np.array(result.stage)
    for stage, key, colour in (
        ("emergence", "emergence", ORANGE),
        ("growth", "growing", GREEN),
        ("maturity", "maturity", BLUE),
        ("decline", "decline", RED),
    ):
        here = stages == stage
        if here.any():
            figure.add_trace(
                go.Scatter(
                    x=result.time[here],
                    y=result.plants[here],
                    mode="markers",
                    name=_say(key, lang),
                    marker={"color": colour, "size": 6},
                )
            )
    figure.update_yaxes(rangemode="tozero")
    return figure


@plot.register
def _(result: History, *, lang: str = "en") -> go.Figure:
    figure = blank(
        _say("history", lang, len(result.shares)),
        result,
        lang=lang,
        x=_say("largest", lang),
        y=_say("histories", lang),
    )
    figure.add_trace(
        go.Histogram(x=result.shares.max(axis=1), nbinsx=40, marker_color=BLUE, showlegend=False)
    )
    return figure


@plot.register
def _(result: Trajectory, *, lang: str = "en") -> go.Figure:
    entries = result.states.shape[1]
    figure = blank(
        _say("trajectory", lang, entries),
        result,
        lang=lang,
        x=_say("time_plain", lang),
        y=_say("value", lang),
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
