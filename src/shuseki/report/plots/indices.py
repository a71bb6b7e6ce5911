"""How concentrated is an industry, and how specialised a place?"""

import numpy as np
import plotly.graph_objects as go

from shuseki.measures.indices.concentration import (
    Coagglomeration,
    Concentration,
    Disagreement,
    ScaleSweep,
)
from shuseki.measures.indices.quotients import LocationQuotients, ShiftShare, Specialisation
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import ROWS, name_of, short
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREY,
    LIGHT,
    ORANGE,
    blank,
)

__all__: list[str] = []


@draws
def location_quotients(result: LocationQuotients, *, lang: str = "en") -> go.Figure:
    """Draw the surest quotients with their intervals."""
    ja = lang == "ja"
    top = result.top(ROWS)[::-1]
    figure = blank(
        f"特化係数の上位{len(top)}（{name_of(result.variable, lang)}、{result.period}年）"
        if ja
        else f"The {len(top)} surest location quotients: "
        f"{name_of(result.variable, lang)}, {result.period}, {result.level:.0%} interval",
        result,
        lang=lang,
        x="特化係数（全国 = 1、対数目盛）" if ja else "Location quotient (nation = 1, log scale)",
        height=140 + 26 * len(top),
    )
    labels = [
        f"{short(area, 22)}: {short(industry, 26)}"
        for area, industry in zip(top["area_name"], top["industry_name"], strict=True)
    ]
    figure.add_scatter(
        x=top["location_quotient"],
        y=labels,
        mode="markers",
        marker={"color": BLUE, "size": 8},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": top["upper"] - top["location_quotient"],
            "arrayminus": top["location_quotient"] - top["lower"],
            "color": GREY,
            "thickness": 1.2,
        },
        hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(type="log")
    figure.add_vline(x=1, line={"color": GREY, "dash": "dot"})
    return figure


@draws
def specialisation(result: Specialisation, *, lang: str = "en") -> go.Figure:
    """Draw variety against specialisation, the extremes named."""
    ja = lang == "ja"
    figure = blank(
        f"特化と多様性（{name_of(result.variable, lang)}、{result.period}年、"
        f"n = {len(result.areas)}）"
        if ja
        else f"Specialised and varied areas: {name_of(result.variable, lang)}, "
        f"{result.period}, n = {len(result.areas)}",
        result,
        lang=lang,
        x="クルーグマン特化指数（0–2）" if ja else "Krugman specialisation, 0–2",
        y="実効業種数" if ja else "Effective number of industries",
    )
    named = {int(k) for k in np.argsort(np.nan_to_num(result.krugman))[-6:]}
    named |= {int(k) for k in np.argsort(np.nan_to_num(result.effective_industries))[-6:]}
    figure.add_scatter(
        x=result.krugman,
        y=result.effective_industries,
        mode="markers+text",
        marker={"color": BLUE, "size": 6, "opacity": 0.65},
        text=[short(name, 18) if k in named else "" for k, name in enumerate(result.area_names)],
        textposition="top center",
        textfont={"size": 10, "color": GREY},
        hovertext=result.area_names,
        hovertemplate="%{hovertext}: %{x:.2f}, %{y:.1f}<extra></extra>",
        showlegend=False,
    )
    return figure


@draws
def shift_share(result: ShiftShare, *, lang: str = "en") -> go.Figure:
    """Draw the competitive part of those who gained and lost most."""
    ja = lang == "ja"
    order = np.argsort(result.competitive)
    chosen = np.concatenate([order[:8], order[-8:]]) if len(order) > 16 else order
    figure = blank(
        f"シフト・シェア分析：地域競争力要因（{name_of(result.variable, lang)}、"
        f"{result.start}–{result.end}年）"
        if ja
        else f"Gained and lost beyond nation and industry mix: "
        f"{name_of(result.variable, lang)}, {result.start}–{result.end}",
        result,
        lang=lang,
        x=("初期値に対する割合（%）" if ja else "% of the first year"),
        height=150 + 30 * len(chosen),
    )
    initial = np.maximum(result.initial, 1)
    for values, english, japanese, colour in (
        (result.industry_mix, "Industry mix", "産業構成要因", ORANGE),
        (result.competitive, "Own competitiveness", "地域競争力要因", BLUE),
    ):
        figure.add_bar(
            y=[short(result.area_names[k], 24) for k in chosen],
            x=100 * (values / initial)[chosen],
            orientation="h",
            marker_color=colour,
            name=japanese if ja else english,
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    figure.update_layout(barmode="group", legend={"y": -0.1})
    return figure


@draws
def concentration(result: Concentration, *, lang: str = "en") -> go.Figure:
    """Draw γ of each industry with twice its error under chance, sorted."""
    ja = lang == "ja"
    order = np.argsort(np.nan_to_num(result.ellison_glaeser, nan=-1))[-40:]
    figure = blank(
        f"産業別の地理的集中度（{result.areas}地域、{result.period}年）"
        if ja
        else f"How concentrated are industries? {result.areas} areas, {result.period}",
        result,
        lang=lang,
        x="エリソン・グレーザー指数 γ"
        if ja
        else "Ellison–Glaeser γ (bar: 2 standard errors of chance)",
        height=150 + 24 * len(order),
    )
    figure.add_scatter(
        x=result.ellison_glaeser[order],
        y=[short(result.industry_names[k], 40) for k in order],
        mode="markers",
        marker={"color": BLUE, "size": 9},
        error_x={
            "type": "data",
            "array": 2 * result.ellison_glaeser_standard_error[order],
            "color": GREY,
            "thickness": 1,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        showlegend=False,
    )
    for value, english, japanese in ((0.02, "low", "低"), (0.05, "high", "高")):
        figure.add_vline(
            x=value,
            line={"color": GREY, "dash": "dot"},
            annotation_text=japanese if ja else english,
            annotation_font_size=11,
        )
    return figure


@draws
def coagglomeration(result: Coagglomeration, *, lang: str = "en") -> go.Figure:
    """Draw the pairs that locate together most."""
    ja = lang == "ja"
    top = result.to_frame().head(ROWS)[::-1]
    figure = blank(
        f"産業間の共集積（{result.period}年、上位{len(top)}組）"
        if ja
        else f"Industries that locate together, {result.period}: the first {len(top)} pairs",
        result,
        lang=lang,
        x="共集積指数 γᶜ" if ja else "Coagglomeration γᶜ",
        height=140 + 26 * len(top),
    )
    figure.add_bar(
        x=top["coagglomeration"],
        y=[
            f"{short(a, 28)} + {short(b, 28)}"
            for a, b in zip(top["industry_name"], top["other_name"], strict=True)
        ],
        orientation="h",
        marker_color=BLUE,
        showlegend=False,
    )
    return figure


@draws
def disagreement(result: Disagreement, *, lang: str = "en") -> go.Figure:
    """Draw the rank of each industry by each index as a line."""
    ja = lang == "ja"
    spread = np.ptp(result.ranks, axis=1)
    loud = set(np.argsort(spread)[-5:].tolist())
    figure = blank(
        f"指数による順位の違い（{len(result.industries)}産業）"
        if ja
        else f"The same {len(result.industries)} industries, ranked by each index",
        result,
        lang=lang,
        y="順位（1 = 最も集中）" if ja else "Rank (1 = most concentrated)",
        height=520,
    )
    words = [name_of(name, lang) for name in result.indices]
    colours = iter(COLOURS)
    for k in np.argsort(spread):
        emphasised = int(k) in loud
        figure.add_scatter(
            x=words,
            y=result.ranks[k],
            mode="lines+markers",
            line={
                "color": next(colours) if emphasised else LIGHT,
                "width": 2.5 if emphasised else 1.2,
            },
            name=short(result.industry_names[k], 34),
            showlegend=emphasised,
            hovertemplate=f"{result.industry_names[k]}: %{{y:.0f}}<extra></extra>",
        )
    figure.update_yaxes(range=[len(result.industries) + 0.5, 0.5])
    return figure


@draws
def scale_sweep(result: ScaleSweep, *, lang: str = "en") -> go.Figure:
    """Draw γ of each industry by areal unit."""
    ja = lang == "ja"
    wide = result.table.pivot(index="industry_name", columns="division", values="ellison_glaeser")
    divisions = list(dict.fromkeys(result.table["division"]))
    areas = result.table.groupby("division")["areas"].first()
    figure = blank(
        f"地域単位による集中度の違い（{len(wide)}産業）"
        if ja
        else f"γ of {len(wide)} industries by areal unit",
        result,
        lang=lang,
        y="エリソン・グレーザー指数 γ" if ja else "Ellison–Glaeser γ",
        height=520,
    )
    loud = wide.max(axis=1).nlargest(5).index
    colours = iter(COLOURS)
    for name, row in wide.iterrows():
        emphasised = name in loud
        figure.add_scatter(
            x=[f"{name_of(division, lang)}<br>({areas[division]:,})" for division in divisions],
            y=row[divisions],
            mode="lines+markers",
            line={
                "color": next(colours) if emphasised else LIGHT,
                "width": 2.5 if emphasised else 1.2,
            },
            name=short(str(name), 34),
            showlegend=bool(emphasised),
        )
    return figure
