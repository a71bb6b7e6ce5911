"""How are spatial and count models, other specifications and other divisions drawn?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.entry.atlas import Atlas, NullAtlas
from shuseki.entry.conley import ConleyErrors
from shuseki.entry.counts import CountFit
from shuseki.entry.equality import Equality
from shuseki.entry.regions import DivisionComparison
from shuseki.entry.spatial import SpatialEffects, SpatialTests, Survival
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    RED,
    blank,
    title,
)
from shuseki.report.words import check_language, phrase

__all__: list[str] = []

WORDS = {
    "tests": ("Spatial dependence of {}: p-values", "{}の空間的依存性：p値"),
    "effects": ("Direct and indirect effects on {}", "{}への直接効果と間接効果"),
    "direct": ("direct", "直接効果"),
    "indirect": ("indirect", "間接効果"),
    "total": ("total", "総効果"),
    "in_errors": ("effect in its standard errors", "効果（標準誤差を単位とする）"),
    "survival": (
        "Share of {} spatial models with the verdict of least squares",
        "最小二乗法と同じ結論となる空間モデルの割合（{}モデル）",
    ),
    "share": ("share of models (%)", "モデルの割合（%）"),
    "conley": ("Standard errors of {} relative to HC1", "{}の標準誤差（HC1に対する比）"),
    "cutoff": ("cut-off (km)", "距離の上限（km）"),
    "ratio": ("Conley / HC1", "Conley / HC1"),
    "counts": ("Births of {}: {}", "{}の開業数：{}"),
    "poisson": ("Poisson", "ポアソン回帰"),
    "negative_binomial": ("negative binomial", "負の二項回帰"),
    "zero_inflated": ("zero-inflated Poisson", "ゼロ過剰ポアソン回帰"),
    "log_rate": (
        "change in the log rate per standard error",
        "対数開業率の変化（標準誤差を単位とする）",
    ),
    "equality": ("{} against {}: are the slopes equal?", "{}と{}の係数は等しいか"),
    "slope": ("slope in standard errors of the difference", "係数（差の標準誤差を単位とする）"),
    "differs": ("differs at 5%", "5%水準で異なる"),
    "regions": ("Coefficients of {} by division", "地域区分別の係数（{}）"),
    "random": ("random divisions, {} areas", "無作為な地域区分（{}地区）"),
    "atlas": ("t of every specification: {:,}", "すべての定式化のt値：{:,}通り"),
    "t": ("t", "t値"),
    "null": ("Significant share of specifications", "有意となる定式化の割合"),
    "significant": ("share significant at 5% (%)", "5%水準で有意な割合（%）"),
    "chance": ("p-value against chance", "偶然に対するp値"),
    "areas": ("n = {:,}", "n = {:,}"),
    "positive": ("positive", "正"),
    "negative": ("negative", "負"),
    "not significant": ("not significant", "有意でない"),
}


def _say(key: str, lang: str, *values: object) -> str:
    return WORDS[key][check_language(lang) == "ja"].format(*values)


# ---- neighbours ------------------------------------------------------


@draws
def _(result: SpatialTests, *, lang: str = "en") -> go.Figure:
    """One cell per test and definition of neighbours, coloured by p."""
    wide = result.table.pivot(index="test", columns="neighbours", values="p_value")
    wide = wide.loc[list(dict.fromkeys(result.table["test"]))]
    names = [phrase(f"value_{name}", lang) for name in wide.index]
    figure = blank(
        f"{_say('tests', lang, result.outcome)}, {_say('areas', lang, result.n)}",
        result,
        lang=lang,
        height=170 + 38 * len(wide),
    )
    figure.add_trace(
        go.Heatmap(
            z=np.sqrt(wide.to_numpy()),
            x=list(wide.columns),
            y=names,
            zmin=0,
            zmax=1,
            colorscale=[
                [0, ORANGE],
                [np.sqrt(0.05), "#f5e3c0"],
                [np.sqrt(0.1), LIGHT],
                [1, "white"],
            ],
            showscale=False,
            xgap=3,
            ygap=3,
            text=[[f"{p:.3f}" for p in row] for row in wide.to_numpy()],
            texttemplate="%{text}",
            hovertemplate="%{y}, %{x}: p = %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(side="top", showgrid=False, ticks="")
    figure.update_layout(margin_t=120)
    return figure


@draws
def _(result: SpatialEffects, *, lang: str = "en") -> go.Figure:
    """Direct, indirect and total effects over their standard errors, ±1.96 marked."""
    figure = blank(
        f"{_say('effects', lang, result.outcome)} ({result.neighbours})",
        result,
        lang=lang,
        x=_say("in_errors", lang),
        height=180 + 44 * len(result.terms),
    )
    rows = (("direct", result.direct), ("indirect", result.indirect), ("total", result.total))
    for k, (name, values) in enumerate(rows):
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(result.errors[k] > 0, values / result.errors[k], np.nan)
        figure.add_trace(
            go.Bar(
                x=z,
                y=list(result.terms),
                orientation="h",
                name=_say(name, lang),
                marker_color=COLOURS[k],
                customdata=np.column_stack([values, result.errors[k]]),
                hovertemplate="%{y}: %{customdata[0]:.4g} (%{customdata[1]:.2g})"
                "<extra>%{fullData.name}</extra>",
            )
        )
    _significance_lines(figure)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_layout(barmode="group", legend_traceorder="normal")
    return figure


@draws
def _(result: Survival, *, lang: str = "en") -> go.Figure:
    """Share of spatial models with the same verdict, by outcome and term."""
    table = result.table.iloc[::-1]
    colours = {"positive": BLUE, "negative": RED, "not significant": GREY}
    figure = blank(
        _say("survival", lang, result.models),
        result,
        lang=lang,
        x=_say("share", lang),
        height=170 + 24 * len(table),
    )
    for verdict, colour in colours.items():
        own = table[table["verdict"] == verdict]
        figure.add_trace(
            go.Bar(
                x=100 * own["same_verdict_share"],
                y=own["outcome"] + " " + own["term"],
                orientation="h",
                marker_color=colour,
                name=_say(verdict, lang),
                hovertemplate="%{y}: %{x:.0f}%<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(
        showgrid=False,
        ticks="",
        categoryorder="array",
        categoryarray=list(table["outcome"] + " " + table["term"]),
    )
    return figure


@draws
def _(result: ConleyErrors, *, lang: str = "en") -> go.Figure:
    """Conley's errors over HC1, by cut-off, a line per term."""
    figure = blank(
        f"{_say('conley', lang, result.outcome)}, {_say('areas', lang, result.n)}",
        result,
        lang=lang,
        x=_say("cutoff", lang),
        y=_say("ratio", lang),
    )
    ratio = result.errors / result.robust
    for k, term in enumerate(result.terms[1:], start=1):
        figure.add_trace(
            go.Scatter(
                x=[0, *result.cutoffs_km],
                y=[1, *ratio[:, k]],
                mode="lines+markers",
                name=term,
                line_color=COLOURS[(k - 1) % len(COLOURS)],
                hovertemplate="%{x:g} km: %{y:.2f}<extra>%{fullData.name}</extra>",
            )
        )
    figure.add_hline(y=1, line_color=GREY, line_width=1, line_dash="dot", layer="below")
    return figure


# ---- counts, equality ------------------------------------------------------


@draws
def _(result: CountFit, *, lang: str = "en") -> go.Figure:
    """Coefficients over their standard errors, ±1.96 marked."""
    heading = _say("counts", lang, result.outcome, _say(result.family, lang))
    figure = blank(
        f"{heading}, {_say('areas', lang, result.n)}",
        result,
        lang=lang,
        x=_say("log_rate", lang),
        height=170 + 36 * len(result.terms),
    )
    z = (result.coefficients / result.errors)[1:]
    figure.add_trace(
        go.Bar(
            x=z,
            y=list(result.terms[1:]),
            orientation="h",
            marker_color=[BLUE if abs(value) > 1.96 else GREY for value in z],
            customdata=result.coefficients[1:],
            hovertemplate="%{y}: %{customdata:.4g}, z = %{x:.2f}<extra></extra>",
        )
    )
    _significance_lines(figure)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure


@draws
def _(result: Equality, *, lang: str = "en") -> go.Figure:
    """The two slopes of each term, joined, in standard errors of their difference."""
    figure = blank(
        f"{_say('equality', lang, *result.outcomes)} χ²({len(result.terms)}) = {result.wald:.1f}, "
        f"p = {result.p_joint:.2g}, {_say('areas', lang, result.n[2])}",
        result,
        lang=lang,
        x=_say("slope", lang),
        height=190 + 36 * len(result.terms),
    )
    first, second = result.first / result.errors, result.second / result.errors
    for term, a, b, p in zip(result.terms, first, second, result.p_values(), strict=True):
        figure.add_trace(
            go.Scatter(
                x=[a, b],
                y=[term, term],
                mode="lines",
                line={"color": RED if p < 0.05 else LIGHT, "width": 4},
                showlegend=False,
                hoverinfo="skip",
            )
        )
    for outcome, values, colour in zip(result.outcomes, (first, second), COLOURS, strict=False):
        figure.add_trace(
            go.Scatter(
                x=values,
                y=list(result.terms),
                mode="markers",
                marker={"size": 11, "color": colour},
                name=outcome,
                hovertemplate="%{y}: %{x:.2f}<extra>%{fullData.name}</extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[None], y=[None], mode="lines", line={"color": RED, "width": 4},
            name=_say("differs", lang),
        )
    )  # fmt: skip
    figure.add_vline(x=0, line_color=GREY, line_width=1, layer="below")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure


# ---- other borders ------------------------------------------------------


@draws
def _(result: DivisionComparison, *, lang: str = "en") -> go.Figure:
    """A panel per term: named divisions with 95% intervals, random ones as ranges."""
    outcome = result.table["outcome"].iloc[0]
    table = result.table[result.table["outcome"] == outcome]
    drawn = result.random[result.random["outcome"] == outcome]
    divisions = list(dict.fromkeys(table["division"]))
    figure = make_subplots(
        rows=1,
        cols=len(result.terms),
        subplot_titles=list(result.terms),
        shared_yaxes=True,
        horizontal_spacing=0.02,
    )
    labels = [
        f"{name} ({_say('areas', lang, int(table.loc[table['division'] == name, 'n'].max()))})"
        for name in divisions
    ]
    for column, term in enumerate(result.terms, start=1):
        own = table[table["term"] == term].set_index("division").loc[divisions]
        figure.add_trace(
            go.Scatter(
                x=own["coefficient"],
                y=labels,
                mode="markers",
                marker={"size": 9, "color": BLUE},
                error_x={
                    "array": own["high"] - own["coefficient"],
                    "arrayminus": own["coefficient"] - own["low"],
                    "color": BLUE,
                },
                showlegend=False,
                hovertemplate="%{y}: %{x:.3g}<extra></extra>",
            ),
            row=1,
            col=column,
        )
        for areas, part in drawn[drawn["term"] == term].groupby("areas"):
            low, middle, high = part["coefficient"].quantile([0.025, 0.5, 0.975])
            figure.add_trace(
                go.Scatter(
                    x=[middle],
                    y=[_say("random", lang, areas)],
                    mode="markers",
                    marker={"size": 9, "color": GREEN, "symbol": "diamond"},
                    error_x={"array": [high - middle], "arrayminus": [middle - low]},
                    showlegend=False,
                    hovertemplate="%{x:.3g}<extra></extra>",
                ),
                row=1,
                col=column,
            )
        figure.add_vline(x=0, line_color=GREY, line_width=1, layer="below", row=1, col=column)
    rows = len(divisions) + drawn["areas"].nunique()
    figure.update_layout(
        template="shuseki",
        title_text=title(_say("regions", lang, outcome), result, lang),
        height=190 + 40 * rows,
        margin_t=110,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(nticks=4)
    return figure


# ---- every specification ------------------------------------------------------


@draws
def _(result: Atlas, *, lang: str = "en") -> go.Figure:
    """Distribution of t over all specifications, a violin per term and outcome."""
    t = result.t_values()
    outcomes = list(dict.fromkeys(result.choices["outcome"]))
    figure = blank(
        _say("atlas", lang, len(result)),
        result,
        lang=lang,
        y=_say("t", lang),
        height=460,
    )
    levels = np.linspace(0.01, 0.99, 99)
    for k, outcome in enumerate(outcomes):
        rows = (result.choices["outcome"] == outcome).to_numpy()
        quantiles = {
            term: np.nanquantile(t[rows, j], levels)
            for j, term in enumerate(result.terms)
            if np.isfinite(t[rows, j]).any()
        }
        frame = pd.DataFrame(quantiles).melt(var_name="term", value_name="t")
        figure.add_trace(
            go.Box(
                x=frame["term"],
                y=frame["t"],
                name=outcome,
                marker_color=COLOURS[k % len(COLOURS)],
                boxpoints=False,
            )
        )
    for bound in (-1.96, 1.96):
        figure.add_hline(y=bound, line_color=GREY, line_width=1, line_dash="dot", layer="below")
    figure.update_layout(boxmode="group")
    return figure


@draws
def _(result: NullAtlas, *, lang: str = "en") -> go.Figure:
    """Share of significant specifications per term, with the p of the permutations."""
    table = result.table.iloc[::-1]
    figure = blank(
        _say("null", lang),
        result,
        lang=lang,
        x=_say("significant", lang),
        height=150 + 30 * len(table),
    )
    figure.add_trace(
        go.Bar(
            x=100 * table["significant_share"],
            y=table["term"],
            orientation="h",
            marker_color=[BLUE if p < 0.05 else GREY for p in table["p_value"]],
            text=[f"{_say('chance', lang)}: {p:.3f}" for p in table["p_value"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.0f}%<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 120], tickvals=[0, 20, 40, 60, 80, 100])
    figure.update_yaxes(showgrid=False, ticks="")
    return figure


def _significance_lines(figure: go.Figure) -> None:
    for bound in (-1.96, 1.96):
        figure.add_vline(x=bound, line_color=GREY, line_width=1, line_dash="dot", layer="below")
    figure.add_vline(x=0, line_color=GREY, line_width=1, layer="below")
