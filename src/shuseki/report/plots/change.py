"""Since when, in which stage of its life, of which type, and how far does it reach?"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.geography.bundled import DISTRICTS
from shuseki.language import told
from shuseki.measures.change.externalities import ExternalityRange
from shuseki.measures.change.lifecycle import RENEWED, STAGES, LifeCycle
from shuseki.measures.change.trends import Contributions, Trends
from shuseki.measures.change.typology import TYPES, Types, named_examples
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import ROWS, heading, name_of, short
from shuseki.report.plots.maps import category_map
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    PURPLE,
    RED,
    SEQUENTIAL,
    blank,
    title,
)

__all__ = ["types_map"]

TYPE_COLOURS = (RED, GREEN, BLUE, PURPLE)


@draws
def trends(result: Trends, *, lang: str = "en") -> go.Figure:
    """Draw the indices, all areas together in black, breaks as rings."""
    ja = lang == "ja"
    of = "" if result.industry == "all" else short(result.industry_name, 40)
    figure = blank(
        f"{of}{'の' if of else ''}{name_of(result.variable, lang)}の推移（{result.base}年 = 100）"
        if ja
        else f"{heading(result.variable, lang)}{', ' if of else ''}{of}, {result.base} = 100",
        result,
        lang=lang,
        x="年" if ja else "Year",
        y=f"指数（{result.base}年 = 100）" if ja else f"Index, {result.base} = 100",
    )
    years = [int(period) for period in result.periods]
    colours = iter(COLOURS * (len(result.codes) // len(COLOURS) + 1))
    for k, code in enumerate(result.codes):
        nation = code == "nation"
        name = heading(result.names[k], lang)
        colour = INK if nation else next(colours)
        figure.add_scatter(
            x=years,
            y=result.index[k],
            mode="lines",
            line={
                "color": colour,
                "width": 3 if nation else 2,
                "dash": "dot" if nation else "solid",
            },
            name=name,
            hovertemplate=f"{name} %{{x}}: %{{y:.0f}}<extra></extra>",
        )
        at = [years.index(one.year) for one in result.breaks[k] if one.year in years]
        if at:
            figure.add_scatter(
                x=[years[t] for t in at],
                y=result.index[k, at],
                mode="markers",
                marker={"symbol": "circle-open", "size": 10, "color": colour, "line": {"width": 2}},
                name="転換点" if ja else "Break",
                showlegend=not any(result.breaks[:k]),
                legendrank=2000,
                hoverinfo="skip",
            )
    figure.add_hline(y=100, line={"color": GREY, "width": 1})
    figure.update_yaxes(rangemode="tozero")
    return figure


@draws
def contributions(result: Contributions, *, lang: str = "en") -> go.Figure:
    """Draw the largest contributions."""
    ja = lang == "ja"
    top = result.to_frame().head(ROWS)[::-1]
    figure = blank(
        f"{name_of(result.variable, lang)}の増減寄与（{result.start}–{result.end}年、"
        f"全体 {result.total_growth:+.1%}）"
        if ja
        else f"Who contributed to the change of {name_of(result.variable, lang)}, "
        f"{result.start}–{result.end} ({result.total_growth:+.1%})",
        result,
        lang=lang,
        x="寄与度（%ポイント）" if ja else "Contribution, percentage points",
        height=140 + 24 * len(top),
    )
    figure.add_bar(
        x=top["contribution_points"],
        y=[short(name, 30) for name in top["name"]],
        orientation="h",
        marker_color=[BLUE if value >= 0 else RED for value in top["contribution_points"]],
        showlegend=False,
        hovertemplate="%{y}: %{x:+.2f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_yaxes(showgrid=False)
    return figure


@draws
def types(result: Types, *, lang: str = "en") -> go.Figure:
    """Draw memberships as stacked bars: the named places, then the largest of each type."""
    ja = lang == "ja"
    named = named_examples() if result.division == DISTRICTS else named_examples()[:0]
    named = named[named["district"].isin(result.areas)]
    rows = [result.areas.index(code) for code in named["district"]]
    leading = result.membership.argmax(axis=1)
    each = 5 if len(result.areas) > 24 else len(result.areas)
    for k in range(len(TYPES)):
        size = np.where(result.agglomeration & (leading == k), result.related_plants, -1)
        rows += [int(a) for a in np.argsort(size)[::-1][:each] if size[a] > 0 and a not in rows]
    if not rows:
        rows = list(range(min(len(result.areas), ROWS)))
    labels = [short(result.area_names[a], 28) for a in rows]
    figure = blank(
        f"集積の4類型への所属度（{result.period}年、{int(result.agglomeration.sum())}集積）"
        if ja
        else f"Membership in the four types, {result.period}: "
        f"{int(result.agglomeration.sum())} agglomerations",
        result,
        lang=lang,
        x="所属度" if ja else "Membership",
        height=190 + 24 * len(rows),
    )
    for k, colour in enumerate(TYPE_COLOURS):
        figure.add_bar(
            y=labels,
            x=result.membership[rows, k],
            orientation="h",
            marker_color=colour,
            name=heading(TYPES[k], lang),
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    if len(named):
        figure.add_scatter(
            y=labels[: len(named)],
            x=[1.03] * len(named),
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 9,
                "color": [TYPE_COLOURS[TYPES.index(name)] for name in named["type"]],
            },
            showlegend=False,
            hoverinfo="skip",
            cliponaxis=False,
        )
        figure.add_scatter(
            y=labels[:1],
            x=[None],
            mode="markers",
            marker={"symbol": "diamond", "size": 9, "color": INK},
            name="論文が挙げる類型" if ja else "Type named in the papers",
        )
        figure.add_hline(y=len(named) - 0.5, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_layout(
        barmode="stack",
        bargap=0.2,
        legend={"y": -70 / (24 * len(rows) + 60), "traceorder": "normal"},
        margin={"r": 40},
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.045], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], showgrid=False)
    return figure


def types_map(result: Types, *, lang: str = "en") -> go.Figure:
    """Draw the leading type of every agglomeration on a map of the 253 districts."""
    ja = lang == "ja"
    kind = dict(
        zip(
            result.areas,
            np.where(result.agglomeration, np.array(result.leading), "none"),
            strict=True,
        )
    )
    return category_map(
        result.division,
        kind,
        title=(
            f"Leading type of the {int(result.agglomeration.sum())} agglomerations, "
            f"{result.period}",
            f"集積の類型（{result.period}年、{int(result.agglomeration.sum())}集積）",
        ),
        labels={
            **{name: (heading(name, "en"), heading(name, "ja")) for name in TYPES},
            "none": ("No agglomeration by our rule", "集積に該当せず"),
        },
        colours={**dict(zip(TYPES, TYPE_COLOURS, strict=True)), "none": LIGHT},
        result=result,
        lang="ja" if ja else "en",
    )


@draws
def life_cycle(result: LifeCycle, *, lang: str = "en") -> go.Figure:
    """Draw the stages of a few series over time; of many areas, of many industries, count them."""
    if len(result.codes) <= 6:
        return _few_lives(result, lang)
    if len(set(result.industries)) > 1:
        return _lives_by_industry(result, lang)
    ja = lang == "ja"
    words = [heading(stage, lang) for stage in STAGES]
    figure = blank(
        f"ライフサイクル段階別の地域の割合（n = {len(result.codes):,}）"
        if ja
        else f"Areas by stage of life, n = {len(result.codes):,}",
        result,
        lang=lang,
        x="年" if ja else "Year",
        y="地域の割合" if ja else "Share of areas",
    )
    share = result.probability.mean(axis=0)
    for k, stage in enumerate(words):
        figure.add_bar(
            x=list(result.periods[1:]),
            y=share[:, k],
            name=stage,
            marker_color=_stage_colour(k),
        )
    figure.update_layout(barmode="stack", bargap=0.05, legend={"traceorder": "normal"})
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    return figure


def _few_lives(result: LifeCycle, lang: str) -> go.Figure:
    """Probability of each stage over time, one panel per series."""
    ja = lang == "ja"
    words = [heading(stage, lang) for stage in STAGES]
    columns = min(2, len(result.codes))
    rows = -(-len(result.codes) // columns)
    heads = [
        f"{short(told(name, lang), 40)}: {name_of(now, lang)} ({chance:.0%}"
        f"{('' if again < RENEWED else '、再生' if ja else ', renewal')})"
        for name, now, chance, again in zip(
            result.labels, result.stage, result.chance, result.renewal, strict=True
        )
    ]
    figure = make_subplots(
        rows, columns, subplot_titles=heads, vertical_spacing=0.28 / rows, horizontal_spacing=0.1
    )
    for place in range(len(result.codes)):
        for k, stage in enumerate(words):
            figure.add_bar(
                x=[int(period) for period in result.periods[1:]],
                y=result.probability[place, :, k],
                name=stage,
                legendgroup=stage,
                showlegend=place == 0,
                marker={"color": _stage_colour(k), "line": {"width": 0}},
                hovertemplate=f"{stage} %{{x}}: %{{y:.0%}}<extra></extra>",
                row=place // columns + 1,
                col=place % columns + 1,
            )
    figure.update_layout(
        template="shuseki",
        barmode="stack",
        bargap=0,
        height=190 + 210 * rows,
        margin={"t": 110},
        legend={"y": -40 / (210 * rows), "traceorder": "normal"},
        title_text=title(
            "産業集積のライフサイクル段階（確率）" if ja else "Stage of life, probability",
            result,
            lang,
        ),
    )
    figure.update_annotations(font_size=12)
    figure.update_yaxes(tickformat=".0%", range=[0, 1], tickvals=[0, 0.5, 1])
    return figure


def _lives_by_industry(result: LifeCycle, lang: str) -> go.Figure:
    """Stages by industry as bars, above the course of the most specialised series."""
    ja = lang == "ja"
    words = [heading(stage, lang) for stage in STAGES]
    counts = result.by_industry()
    counts = counts.loc[counts.sum(axis=1).sort_values().index]
    size = np.nan_to_num(result.mean_plants)
    large = size >= min(50.0, float(np.median(size)))
    quotient = np.where(large, np.nan_to_num(result.location_quotient), -1)
    chosen = np.argsort(quotient)[::-1][:30][::-1]
    above, below = 22 * len(counts), 19 * len(chosen)
    heads = (
        (
            f"業種別の地域数（{result.periods[-1]}年）",
            "最も特化した地域・業種の段階の推移（かっこ内は直近の確率）",
        )
        if ja
        else (
            f"Areas by stage in each industry, {result.periods[-1]}",
            "Course of the most specialised (in brackets: probability of the last stage)",
        )
    )
    gap = 80 / (above + below)
    figure = make_subplots(
        2,
        1,
        subplot_titles=heads,
        vertical_spacing=gap,
        row_heights=[above / (above + below), below / (above + below)],
    )
    for k, stage in enumerate(words):
        figure.add_bar(
            y=[short(str(name).replace("製造業", ""), 38) for name in counts.index],
            x=counts[STAGES[k]],
            orientation="h",
            name=stage,
            marker_color=_stage_colour(k),
            hovertemplate=f"%{{y}}, {stage}: %{{x}}<extra></extra>",
            row=1,
            col=1,
        )
    scale = [[at / 6, _stage_colour(k)] for k in range(len(words)) for at in (k, k + 1)]
    course = result.probability[chosen].argmax(axis=2)
    figure.add_heatmap(
        z=course,
        x=[int(period) for period in result.periods[1:]],
        y=[
            f"{short(result.names[k], 24)}: {_line(result.industry_names[k])} "
            f"({result.chance[k]:.0%})"
            for k in chosen
        ],
        zmin=-0.5,
        zmax=5.5,
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        customdata=np.array(words)[course],
        hovertemplate="%{y} %{x}: %{customdata}<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_layout(
        template="shuseki",
        barmode="stack",
        bargap=0.2,
        height=above + below + 260,
        margin={"t": 110},
        legend={"y": -60 / (above + below), "traceorder": "normal"},
        title_text=title(
            f"地域・業種別のライフサイクル段階（n = {len(result.codes):,}）"
            if ja
            else f"Stages of life of {len(result.codes):,} pairs of area and industry",
            result,
            lang,
        ),
    )
    figure.update_annotations(font_size=13)
    figure.update_yaxes(showgrid=False)
    figure.update_xaxes(tickformat="d", showgrid=False, row=2, col=1)
    return figure


@draws
def externality_range(result: ExternalityRange, *, lang: str = "en") -> go.Figure:
    """Draw the coefficients of each channel by distance, spans side by side."""
    ja = lang == "ja"
    words = []
    for c, name in enumerate(result.channels):
        parts = [
            f"{start}–{end}: {told(result.distance(p, c), lang)}"
            for p, (start, end) in enumerate(result.spans)
        ]
        words.append("<br>".join([f"<b>{heading(name, lang)}</b>", *parts]))
    figure = make_subplots(
        1, len(words), subplot_titles=words, shared_yaxes=True, horizontal_spacing=0.03
    )
    middle = (result.rings_km[1:] + result.rings_km[:-1]) / 2
    for p, (start, end) in enumerate(result.spans):
        for c in range(len(words)):
            figure.add_scatter(
                x=middle + (p - (len(result.spans) - 1) / 2) * 1.5,
                y=100 * result.coefficient[p, c],
                error_y={
                    "type": "data",
                    "array": 196 * result.standard_error[p, c],
                    "thickness": 1,
                },
                mode="lines+markers",
                line={"color": COLOURS[p % len(COLOURS)]},
                name=f"{start}–{end}",
                legendgroup=str(p),
                showlegend=c == 0,
                row=1,
                col=c + 1,
            )
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    n = max(result.observations)
    if result.outcome == "births":
        what, what_ja = "births", "開業"
        unit, unit_ja = (
            "Births per 100 plants a year, per s.d.",
            "1標準偏差当たり年開業率（%ポイント）",
        )
    else:
        variable = name_of(result.variable, lang)
        what, what_ja = f"growth of {variable}", f"{variable}の成長"
        unit, unit_ja = "Points of growth a year per s.d.", "1標準偏差当たり年成長率（%ポイント）"
    figure.update_layout(
        template="shuseki",
        height=470,
        margin={"t": 150},
        title_text=title(
            f"外部経済の及ぶ距離：{what_ja}との関係（n = {n:,}）"
            if ja
            else f"{what[0].upper()}{what[1:]} and what is around, by distance (n = {n:,})",
            result,
            lang,
        ),
    )
    figure.update_annotations(font_size=10)
    figure.update_xaxes(title_text="距離（km）" if ja else "Distance of the ring, km")
    figure.update_yaxes(title_text=unit_ja if ja else unit, col=1)
    return figure


def _line(industry: str) -> str:
    """Name of an industry up to its first comma or bracket."""
    return industry.split(",")[0].split("（")[0].removesuffix("製造業")


def _stage_colour(k: int) -> str:
    return (SEQUENTIAL[1], SEQUENTIAL[2], SEQUENTIAL[3], GREEN, ORANGE, RED)[k]
