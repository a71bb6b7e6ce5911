"""How are the results of the startup equations drawn?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.entry.definitions import Definitions
from shuseki.entry.descriptives import Correlations, Ranking
from shuseki.entry.effects import Effects, effects
from shuseki.entry.hypotheses import Verdicts
from shuseki.entry.ols import Fits
from shuseki.papers.okamuro_2006.robustness import Robustness
from shuseki.papers.printed import PrintedNumber
from shuseki.papers.replication import Replication
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    LIGHT,
    MISSING,
    ORANGE,
    RED,
    blank,
    title,
)
from shuseki.report.words import check_language, phrase

__all__: list[str] = []

WORDS = {
    "coefficients": ("Effects on the startup rate", "開業率への効果"),
    "interval": ("95% intervals", "95%信頼区間"),
    "printed": ("as printed", "原典の値"),
    "model": ("model {}", "モデル{}"),
    "ranking": ("Areas with the highest {}", "{}の上位地区"),
    "births": ("{:,.0f} births", "開業{:,.0f}件"),
    "verdicts": ("Verdicts on the hypotheses", "仮説の検証結果"),
    "overall": ("overall", "総合"),
    "supported": ("supported", "支持"),
    "contradicted": ("contradicted", "逆の結果"),
    "not supported": ("not supported", "不支持"),
    "not tested": ("not tested", "未検証"),
    "hypothesis": ("Hypothesis {}", "仮説{}"),
    "correlations": ("Correlations of the variables", "変数の相関行列"),
    "replication": ("Rebuilt cells within tolerance of the print", "原典の許容範囲内の再現値"),
    "share_percent": ("cells within tolerance (%)", "許容範囲内の割合（%）"),
    "table": ("Table {}", "表{}"),
    "appendix": ("Appendix {}", "付表{}"),
    "of": ("{} of {}", "{1}のうち{0}"),
    "robustness": ("t before and after: {}", "t値の変化：{}"),
    "before": ("t in the tables", "元の推定のt値"),
    "after": ("t in the exercise", "頑健性確認のt値"),
    "same": ("same conclusion", "結論は同じ"),
    "changes": ("conclusion changes", "結論が変わる"),
    "areas": ("n = {}", "n = {}"),
    "profit_separately": ("profit variables one at a time", "期待利益変数を別々に"),
    "institutes_by_prefecture": ("institutes by prefecture", "研究機関を都道府県で"),
    "without_metropolitan": ("without metropolitan districts", "大都市圏を除く"),
    "largest_industry": ("largest industry for HITECH", "最大産業ダミー"),
}
COLUMNS = {
    "coefficient": ("coefficients", "回帰係数"),
    "t": ("t", "t値"),
    "value": ("fit", "適合度"),
    "r": ("correlations", "相関係数"),
    "area": ("names", "地区名"),
}

VERDICT_COLOURS = {
    "supported": GREEN,
    "contradicted": RED,
    "not supported": LIGHT,
    "not tested": MISSING,
}


def _say(key: str, lang: str, *values: object) -> str:
    return WORDS[key][check_language(lang) == "ja"].format(*values)


def _label(name: str, definitions: Definitions, lang: str) -> str:
    label = definitions.label(name)
    return label.label_ja if lang == "ja" else label.label


def _step(name: str, definitions: Definitions, lang: str) -> str:
    step = definitions.step(name)
    return step.words_ja if lang == "ja" else step.words


def _unit(outcome: str, definitions: Definitions, lang: str) -> str:
    """What a rate counts, of all industries."""
    found = definitions.outcome(outcome)
    if found is None:
        return ""
    return (found.noun_ja or found.unit_ja) if lang == "ja" else (found.noun or found.unit)


def _n(counts: list[int], lang: str) -> str:
    low, high = min(counts), max(counts)
    return _say("areas", lang, low if low == high else f"{low}–{high}")


# ---- coefficients, printed beside obtained ------------------------------------------


@draws
def _(result: Fits, *, lang: str = "en") -> go.Figure:
    """Effects by variable, outcome and model, with the printed ones as open diamonds."""
    printed = pd.DataFrame(
        [
            {
                "outcome": fit.design.outcome,
                "model": fit.design.model,
                "variable": term,
                "change": PrintedNumber(text).value * fit.definitions.step(term).size,
            }
            for fit in result.fits
            if fit.printed is not None
            for term, text in zip(
                map(str, fit.printed.index), fit.printed["coefficient"], strict=True
            )
            if term != "constant"
        ],
        columns=["outcome", "model", "variable", "change"],
    )
    return _effects_figure(
        effects(result),
        printed,
        _unit(result.fits[0].design.outcome, result.fits[0].definitions, lang),
        _n([fit.n for fit in result.fits], lang),
        lang,
    )


@draws
def _(result: Effects, *, lang: str = "en") -> go.Figure:
    """Effects by variable, outcome and model."""
    return _effects_figure(result, pd.DataFrame(), "", "", lang)


def _effects_figure(
    result: Effects, printed: pd.DataFrame, unit: str, n: str, lang: str
) -> go.Figure:
    table = result.table
    outcomes = list(dict.fromkeys(table["outcome"]))
    models = list(dict.fromkeys(table["model"]))
    names = list(dict.fromkeys(table["variable"]))
    figure = make_subplots(
        rows=1,
        cols=len(outcomes),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[_label(outcome, result.definitions, lang) for outcome in outcomes],
    )
    place = {name: -at for at, name in enumerate(names)}
    width = 0.7 / max(len(models), 1)
    for column, outcome in enumerate(outcomes, start=1):
        for at, model in enumerate(models):
            colour = COLOURS[at % len(COLOURS)]
            shift = (len(models) - 1) / 2 - at
            own = table[(table["outcome"] == outcome) & (table["model"] == model)]
            figure.add_trace(
                go.Scatter(
                    x=own["change"],
                    y=[place[name] + shift * width for name in own["variable"]],
                    error_x={
                        "type": "data",
                        "symmetric": False,
                        "array": own["high"] - own["change"],
                        "arrayminus": own["change"] - own["low"],
                        "thickness": 1.4,
                        "width": 0,
                    },
                    mode="markers",
                    marker={"size": 7, "color": colour},
                    name=_say("model", lang, model),
                    legendgroup=model,
                    showlegend=column == 1,
                    text=own["words_ja" if lang == "ja" else "words"],
                    hovertemplate="%{text} %{customdata}<extra>%{fullData.name}</extra>",
                    customdata=own["stars"],
                ),
                row=1,
                col=column,
            )
            if printed.empty:
                continue
            other = printed[(printed["outcome"] == outcome) & (printed["model"] == model)]
            figure.add_trace(
                go.Scatter(
                    x=other["change"],
                    y=[place[name] + shift * width for name in other["variable"]],
                    mode="markers",
                    marker={"size": 9, "color": INK, "symbol": "diamond-open"},
                    name=_say("printed", lang),
                    legendgroup="printed",
                    legendrank=2000,
                    showlegend=column == 1 and at == 0,
                    hovertemplate="%{x:.3g}<extra>%{fullData.name}</extra>",
                ),
                row=1,
                col=column,
            )
        figure.add_vline(x=0, line_color=GREY, line_width=1, layer="below", row=1, col=column)
        figure.update_xaxes(title_text=unit, row=1, col=column)
    heading = ", ".join(p for p in (_say("coefficients", lang), _say("interval", lang), n) if p)
    figure.update_layout(
        template="shuseki",
        title_text=title(heading, result, lang),
        height=170 + 52 * len(names),
        legend_y=-0.12,
        margin_t=100,
    )
    figure.update_yaxes(
        tickvals=[place[name] for name in names],
        ticktext=[_step(name, result.definitions, lang) for name in names],
        range=[-len(names) + 0.45, 0.55],
        showgrid=False,
        ticks="",
    )
    return figure


# ---- rankings, correlations ------------------------------------------


@draws
def _(result: Ranking, *, lang: str = "en") -> go.Figure:
    """Rates of the first areas as bars, births beside them."""
    table = result.table.iloc[::-1]
    names = [
        f"{int(place)} {name}"
        for place, name in zip(table["rank"], table["area_name"], strict=True)
    ]
    heading = _say("ranking", lang, _label(result.outcome, result.definitions, lang))
    figure = blank(
        f"{heading}, {_say('areas', lang, result.areas)}",
        result,
        lang=lang,
        x=_unit(result.outcome, result.definitions, lang),
        height=140 + 28 * len(table),
    )
    figure.add_trace(
        go.Bar(
            x=table["rate"],
            y=names,
            orientation="h",
            marker_color=BLUE,
            text=[_say("births", lang, births) for births in table[result.counted]],
            textposition="auto",
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    )
    figure.update_yaxes(showgrid=False, ticks="")
    return figure


@draws
def _(result: Correlations, *, lang: str = "en") -> go.Figure:
    """The lower triangle as a coloured table."""
    names = list(result.matrix.index)
    lower = np.tril(np.ones(result.matrix.shape, dtype=bool), -1)
    values = np.where(lower, result.matrix.to_numpy(), np.nan)
    figure = blank(
        f"{_say('correlations', lang)}, {_n(list(np.diag(result.n)), lang)}",
        result,
        lang=lang,
        height=120 + 36 * len(names),
    )
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale=[[0, "#b2541a"], [0.5, "#ffffff"], [1, "#1d6a9e"]],
            colorbar={"title": "r"},
            text=[
                ["" if np.isnan(v) else f"{v:.2f}".replace("-0.00", "0.00") for v in row]
                for row in values
            ],
            texttemplate="%{text}",
            customdata=result.n.to_numpy(),
            hovertemplate="%{y} × %{x}: r = %{z:.3f}, n = %{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="")
    return figure


# ---- verdicts, robustness, replication ------------------------------------------


@draws
def _(result: Verdicts, *, lang: str = "en") -> go.Figure:
    """One coloured cell per hypothesis and outcome, the overall verdict, and the print."""
    frame = result.to_frame()
    columns = [c for c in frame.columns if c not in ("hypothesis", "says", "says_ja", "expects")]
    if result.elsewhere and result.by_outcome["outcome"].nunique() == 1:  # it is the overall one
        columns.remove("overall")
    codes = list(VERDICT_COLOURS)
    heads = [
        _say(column, lang)
        if column == "overall" or (column == "printed" and not result.elsewhere)
        else result.elsewhere
        if column == "printed"
        else _label(column, result.definitions, lang)
        for column in columns
    ]
    rows = [
        f"{_say('hypothesis', lang, h.id)}: {', '.join(f'{v} {s}' for v, s in h.expects.items())}"
        for h in result.hypotheses
    ]
    counts = result.by_outcome.set_index(["hypothesis", "outcome"])["counts"]
    figure = blank(_say("verdicts", lang), result, lang=lang, height=150 + 34 * len(rows))
    step = 1 / len(codes)
    scale = [
        [edge, colour]
        for at, colour in enumerate(VERDICT_COLOURS.values())
        for edge in (at * step, (at + 1) * step)
    ]
    figure.add_trace(
        go.Heatmap(
            z=[
                [codes.index(row[column]) + 0.5 for column in columns]
                for _, row in frame.iterrows()
            ],
            x=heads,
            y=rows,
            zmin=0,
            zmax=len(codes),
            colorscale=scale,
            showscale=False,
            xgap=3,
            ygap=3,
            text=[[_say(row[column], lang) for column in columns] for _, row in frame.iterrows()],
            texttemplate="%{text}",
            customdata=[
                [counts.get((h.id, column), "") for column in columns] for h in result.hypotheses
            ],
            hovertemplate="%{y}<br>%{x}: %{text}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(side="top", showgrid=False, ticks="")
    figure.update_layout(margin_t=110)
    return figure


@draws
def _(result: Robustness, *, lang: str = "en") -> go.Figure:
    """T-values before and after; off the cross of the thresholds nothing has changed."""
    frame = result.to_frame()
    frame = frame[frame["compared"]]
    heading = _say("robustness", lang, _say(result.exercise, lang))
    figure = blank(
        f"{heading}, {_n([fit.n for fit in result.varied.fits], lang)}",
        result,
        lang=lang,
        x=_say("before", lang),
        y=_say("after", lang),
        height=520,
    )
    reach = 1.05 * float(np.nanmax(np.abs(frame[["t_before", "t"]].to_numpy())))
    figure.add_trace(
        go.Scatter(
            x=[-reach, reach], y=[-reach, reach], mode="lines",
            line={"color": GREY, "width": 1}, showlegend=False, hoverinfo="skip",
        )
    )  # fmt: skip
    for threshold in (-1.65, 1.65):
        figure.add_hline(y=threshold, line_color=GREY, line_width=1, line_dash="dot", layer="below")
        figure.add_vline(x=threshold, line_color=GREY, line_width=1, line_dash="dot", layer="below")
    for changes, key, colour in ((False, "same", BLUE), (True, "changes", RED)):
        own = frame[frame["conclusion_changes"] == changes]
        figure.add_trace(
            go.Scatter(
                x=own["t_before"],
                y=own["t"],
                mode="markers",
                marker={"size": 8, "color": colour, "symbol": "circle" if not changes else "x"},
                name=f"{_say(key, lang)} ({len(own)})",
                text=own["outcome"] + ", " + own["model"] + ", " + own["term"],
                hovertemplate="%{text}: %{x:.2f} → %{y:.2f}<extra></extra>",
            )
        )
    return figure


@draws
def _(result: Replication, *, lang: str = "en") -> go.Figure:
    """Share of the cells within tolerance, by table and column."""
    table = result.by_table()
    table = table[table["compared"] > 0].iloc[::-1]
    names = [
        (
            _say("appendix", lang, str(row["table"])[1:])
            if str(row["table"]).startswith("A")
            else _say("table", lang, row["table"])
        )
        + f": {_column(str(row['column']), lang)}"
        for _, row in table.iterrows()
    ]
    figure = blank(
        f"{_say('replication', lang)}, {_say('areas', lang, len(result.compared()))}",
        result,
        lang=lang,
        x=_say("share_percent", lang),
        height=150 + 24 * len(table),
    )
    share = 100 * table["within_share"].astype(float)
    figure.add_trace(
        go.Bar(
            x=share,
            y=names,
            orientation="h",
            marker_color=[GREEN if value >= 95 else ORANGE for value in share],
            text=[
                _say("of", lang, round(row["within_share"] * row["compared"]), row["compared"])
                for _, row in table.iterrows()
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 112], tickvals=[0, 20, 40, 60, 80, 100])
    figure.update_yaxes(showgrid=False, ticks="")
    return figure


def _column(name: str, lang: str) -> str:
    if name in COLUMNS:
        return COLUMNS[name][lang == "ja"]
    text = phrase(name, lang)
    return text if lang == "ja" else text[:1].lower() + text[1:]
