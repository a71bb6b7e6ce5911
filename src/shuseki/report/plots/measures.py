"""Where is it concentrated, at which distance, since when, and at which stage of its life?"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.measures.change.externalities import CHANNELS_JA, ExternalityRange
from shuseki.measures.change.lifecycle import RENEWED, STAGES, STAGES_JA, LifeCycle
from shuseki.measures.change.trends import Contributions, Trends
from shuseki.measures.change.typology import TYPES, TYPES_JA, Types, named_examples
from shuseki.measures.distance.kdensity import KDensity
from shuseki.measures.distance.mfunction import IndividualM, JointMFunction, MFunction
from shuseki.measures.distance.ripley import Ripley
from shuseki.measures.indices.concentration import (
    Coagglomeration,
    Concentration,
    Disagreement,
    LocalMoran,
    ScaleSweep,
)
from shuseki.measures.indices.quotients import LocationQuotients, ShiftShare, Specialisation
from shuseki.measures.words import INDEX_WORDS, PATTERN_WORDS, VARIABLE_WORDS
from shuseki.report.plots.dispatch import plot
from shuseki.report.plots.maps import category_map
from shuseki.report.plots.theme import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    LIGHT,
    MISSING,
    ORANGE,
    PURPLE,
    RED,
    SEQUENTIAL,
    SKY,
    blank,
    title,
)

__all__ = ["types_map"]

BAND = "rgba(107, 120, 131, 0.22)"
LOCAL_BAND = "rgba(107, 120, 131, 0.45)"
SHOWN = 20
"""Rows of a ranking that fit a figure."""
PANELS = 9
"""Curves shown side by side."""

TYPE_COLOURS = (RED, GREEN, BLUE, PURPLE)


@plot.register
def kdensity(result: KDensity, *, lang: str = "en") -> go.Figure:
    """Draw K beside its local and global bands, up to nine industries, the most localised first."""
    ja = lang == "ja"
    order = np.lexsort((result.dispersion_index, result.localisation_index))[::-1][:PANELS]
    columns = min(3, len(order))
    rows = -(-len(order) // columns)
    scale = 1_000
    heads = []
    for k in order:
        pattern = result.pattern[k]
        words = PATTERN_WORDS[pattern] if ja else pattern
        heads.append(f"{_short(result.industry_names[k], 24)} (n = {result.plants[k]:,}): {words}")
    figure = make_subplots(
        rows, columns, subplot_titles=heads, vertical_spacing=0.14 if rows > 1 else 0.1
    )
    x = result.distances_km
    for place, k in enumerate(order):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        first = place == 0
        for low, high, colour, name in (
            ("global_lower", "global_upper", BAND, "大域信頼帯" if ja else "Global band"),
            ("local_lower", "local_upper", LOCAL_BAND, "局所信頼帯" if ja else "Local band"),
        ):
            lower = scale * getattr(result, f"{low}_per_km")[k]
            upper = scale * getattr(result, f"{high}_per_km")[k]
            figure.add_scatter(
                x=np.concatenate([x, x[::-1]]),
                y=np.concatenate([upper, lower[::-1]]),
                fill="toself",
                fillcolor=colour,
                line={"width": 0},
                hoverinfo="skip",
                name=name,
                legendgroup=low,
                showlegend=first,
                **at,
            )
        figure.add_scatter(
            x=x,
            y=scale * result.density_per_km[k],
            mode="lines",
            line={"color": BLUE, "width": 2},
            name="K密度" if ja else "K-density",
            legendgroup="k",
            showlegend=first,
            hovertemplate="%{x:.0f} km: %{y:.2f}<extra></extra>",
            **at,
        )
    unit = (
        ("従業者の組" if ja else "pairs of workers")
        if result.weights == "employment"
        else ("事業所の組" if ja else "pairs of plants")
    )
    text = (
        f"K密度と無作為立地の信頼帯（上下それぞれ{result.level:.0%}、{unit}、"
        f"{result.sites:,}事業所から抽出）"
        if ja
        else f"K-density beside chance, {unit}, bands at {result.level:.0%} on each side "
        f"(n = {result.sites:,} sites)"
    )
    _lay_out_panels(figure, title(text, result, lang), rows)
    figure.update_xaxes(title_text="距離（km）" if ja else "Distance, km", row=rows)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title_text="K（千km⁻¹）" if ja else "K per 1,000 km", col=1)
    return figure


def _lay_out_panels(figure: go.Figure, text: str, rows: int) -> None:
    """Title, height and legend of curves in panels of three a row."""
    figure.update_layout(
        template="shuseki",
        title_text=text,
        height=170 + 240 * rows,
        margin={"t": 110},
        legend={"y": -0.09 if rows > 1 else -0.24},
    )
    figure.update_annotations(font_size=12)


@plot.register
def m_function(result: MFunction, *, lang: str = "en") -> go.Figure:
    """Draw M beside its band, up to nine industries, those furthest above it first."""
    ja = lang == "ja"
    beyond = np.nan_to_num((result.m - result.global_upper) / result.deviation, nan=-np.inf)
    order = np.argsort(beyond.max(axis=1))[::-1][:PANELS]
    columns = min(3, len(order))
    rows = -(-len(order) // columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=[
            f"{_short(result.industry_names[k], 30)} (n = {result.plants[k]:,})" for k in order
        ],
        vertical_spacing=0.14 if rows > 1 else 0.1,
    )
    x = result.radii_km
    for place, k in enumerate(order):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([result.global_upper[k], result.global_lower[k][::-1]]),
            fill="toself",
            fillcolor=BAND,
            line={"width": 0},
            hoverinfo="skip",
            name="大域信頼帯" if ja else "Global band",
            showlegend=place == 0,
            **at,
        )
        figure.add_scatter(
            x=x,
            y=result.m[k],
            mode="lines+markers",
            line={"color": BLUE},
            marker={"size": 4},
            name="M",
            showlegend=place == 0,
            hovertemplate="%{x:g} km: %{y:.2f}<extra></extra>",
            **at,
        )
    unit = (
        ("従業者" if ja else "workers")
        if result.weights == "employment"
        else ("事業所" if ja else "plants")
    )
    joint = isinstance(result, JointMFunction)
    text = (
        f"M関数：周囲の{'相手業種' if joint else '自産業'}の割合／全体での割合"
        f"（{unit}、{result.sites:,}事業所）"
        if ja
        else f"M: {'the other' if joint else 'own'} share of {unit} around a plant over its share "
        f"everywhere (n = {result.sites:,} sites)"
    )
    _lay_out_panels(figure, title(text, result, lang), rows)
    figure.update_xaxes(title_text="半径（km）" if ja else "Radius, km", row=rows)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title_text="M（倍）" if ja else "M, times", col=1)
    return figure


@plot.register
def individual_m(result: IndividualM, *, lang: str = "en") -> go.Figure:
    """Draw the plants where they stand, coloured by M at the radius in the middle."""
    ja = lang == "ja"
    r = len(result.radii_km) // 2
    seen = np.isfinite(result.m[:, r])
    at, radius = result.m[:, r], f"{result.radii_km[r]:g} km"
    top = float(np.quantile(at[seen], 0.98)) if seen.any() else 1.0
    order = np.flatnonzero(seen)[np.argsort(at[seen])]
    figure = blank(
        f"{result.industry_name}の各事業所の周囲{radius}以内における{result.other_name}のM"
        f"（n = {int(seen.sum()):,}）"
        if ja
        else f"M of {result.other_name} within {radius} of each plant of {result.industry_name} "
        f"(n = {int(seen.sum()):,})",
        result,
        lang=lang,
        height=560,
    )
    figure.add_scatter(
        x=result.longitude[order],
        y=result.latitude[order],
        mode="markers",
        marker={
            "color": at[order],
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": max(top, 1.0),
            "size": 6,
            "colorbar": {"title": "M（倍）" if ja else "M, times"},
        },
        hovertemplate="M = %{marker.color:.2f}<extra></extra>",
        showlegend=False,
    )
    words = (
        (("東（km）", "北（km）") if ja else ("East, km", "North, km"))
        if result.plane
        else (("経度", "緯度") if ja else ("Longitude", "Latitude"))
    )
    figure.update_xaxes(title_text=words[0])
    middle = float(np.mean(result.latitude)) if not result.plane else 0.0
    figure.update_yaxes(
        title_text=words[1], scaleanchor="x", scaleratio=1 / np.cos(np.radians(middle))
    )
    return figure


@plot.register
def ripley(result: Ripley, *, lang: str = "en") -> go.Figure:
    """Draw L beside plants that stand anywhere and D beside the others, up to three industries."""
    ja = lang == "ja"
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = (result.d_km2 - result.d_upper_km2) / result.d_deviation_km2
    order = np.argsort(np.nan_to_num(beyond, nan=-np.inf).max(axis=1))[::-1][:3]
    columns = len(order)
    heads = [f"{_short(result.industry_names[k], 26)} (n = {result.plants[k]:,})" for k in order]
    figure = make_subplots(2, columns, subplot_titles=heads, vertical_spacing=0.12)
    x = result.radii_km
    for column, k in enumerate(order, start=1):
        for row, (curve, low, high, colour, name) in enumerate(
            (
                (result.l_km, result.l_lower_km, result.l_upper_km, BLUE, "L"),
                (result.d_km2, result.d_lower_km2, result.d_upper_km2, RED, "D"),
            ),
            start=1,
        ):
            at = {"row": row, "col": column}
            figure.add_scatter(
                x=np.concatenate([x, x[::-1]]),
                y=np.concatenate([high[k], low[k][::-1]]),
                fill="toself",
                fillcolor=BAND,
                line={"width": 0},
                hoverinfo="skip",
                name="大域信頼帯" if ja else "Global band",
                showlegend=column == row == 1,
                **at,
            )
            figure.add_scatter(
                x=x,
                y=curve[k],
                mode="lines",
                line={"color": colour, "width": 2},
                name=name,
                showlegend=column == 1,
                hovertemplate="%{x:.3g} km: %{y:.3g}<extra></extra>",
                **at,
            )
    text = (
        f"リプリーのL（無作為な立地と比較）とD（他の全事業所と比較）、信頼帯は上下それぞれ"
        f"{result.level:.0%}（{result.sites:,}事業所）"
        if ja
        else f"Ripley's L beside plants anywhere, D beside all others, bands at {result.level:.0%} "
        f"on each side (n = {result.sites:,} sites)"
    )
    _lay_out_panels(figure, title(text, result, lang), 2)
    figure.update_xaxes(title_text="半径（km）" if ja else "Radius, km", row=2)
    figure.update_yaxes(title_text="L − r（km）" if ja else "L − r, km", row=1, col=1)
    figure.update_yaxes(title_text="D（km²）" if ja else "D, km²", row=2, col=1)
    return figure


@plot.register
def location_quotients(result: LocationQuotients, *, lang: str = "en") -> go.Figure:
    """Draw the surest quotients with their intervals."""
    ja = lang == "ja"
    top = result.top(SHOWN)[::-1]
    figure = blank(
        f"特化係数の上位{len(top)}（{_variable(result.variable, lang)}、{result.period}年）"
        if ja
        else f"The {len(top)} surest location quotients: "
        f"{_variable(result.variable, lang).lower()}, {result.period}, {result.level:.0%} interval",
        result,
        lang=lang,
        x="特化係数（全国 = 1、対数目盛）" if ja else "Location quotient (nation = 1, log scale)",
        height=140 + 26 * len(top),
    )
    labels = [
        f"{_short(area, 22)}: {_short(industry, 26)}"
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


@plot.register
def specialisation(result: Specialisation, *, lang: str = "en") -> go.Figure:
    """Draw variety against specialisation, the extremes named."""
    ja = lang == "ja"
    figure = blank(
        f"特化と多様性（{_variable(result.variable, lang)}、{result.period}年、"
        f"n = {len(result.areas)}）"
        if ja
        else f"Specialised and varied areas: {_variable(result.variable, lang).lower()}, "
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
        text=[_short(name, 18) if k in named else "" for k, name in enumerate(result.area_names)],
        textposition="top center",
        textfont={"size": 10, "color": GREY},
        hovertext=result.area_names,
        hovertemplate="%{hovertext}: %{x:.2f}, %{y:.1f}<extra></extra>",
        showlegend=False,
    )
    return figure


@plot.register
def shift_share(result: ShiftShare, *, lang: str = "en") -> go.Figure:
    """Draw the competitive part of those who gained and lost most."""
    ja = lang == "ja"
    order = np.argsort(result.competitive)
    chosen = np.concatenate([order[:8], order[-8:]]) if len(order) > 16 else order
    figure = blank(
        f"シフト・シェア分析：地域競争力要因（{_variable(result.variable, lang)}、"
        f"{result.start}–{result.end}年）"
        if ja
        else f"Gained and lost beyond nation and industry mix: "
        f"{_variable(result.variable, lang).lower()}, {result.start}–{result.end}",
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
            y=[_short(result.area_names[k], 24) for k in chosen],
            x=100 * (values / initial)[chosen],
            orientation="h",
            marker_color=colour,
            name=japanese if ja else english,
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    figure.update_layout(barmode="group", legend={"y": -0.1})
    return figure


@plot.register
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
        y=[_short(result.industry_names[k], 40) for k in order],
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


@plot.register
def local_moran(result: LocalMoran, *, lang: str = "en") -> go.Figure:
    """Draw the Moran scatter, areas of each kind coloured."""
    ja = lang == "ja"
    figure = blank(
        f"ローカル・モラン（{result.industry}、{result.period}年、n = {len(result.areas)}）"
        if ja
        else f"Like areas together: {result.industry}, {result.period}, n = {len(result.areas)}",
        result,
        lang=lang,
        x="特化係数 − 1" if ja else "Location quotient less 1",
        y="ローカル・モラン統計量" if ja else "Local Moran",
    )
    words = {
        "high-high": ("high among high", "高・高", RED),
        "low-low": ("low among low", "低・低", BLUE),
        "high-low": ("high among low", "高・低", ORANGE),
        "low-high": ("low among high", "低・高", SKY),
        "": ("not significant", "有意でない", MISSING),
    }
    kinds = np.array(result.kind)
    for kind, (english, japanese, colour) in words.items():
        at = kinds == kind
        if at.any():
            figure.add_scatter(
                x=result.value[at],
                y=result.local_moran[at],
                mode="markers",
                marker={"color": colour, "size": 7},
                text=np.array(result.area_names)[at],
                hovertemplate="%{text}<extra></extra>",
                name=f"{japanese if ja else english} ({int(at.sum())})",
            )
    return figure


@plot.register
def coagglomeration(result: Coagglomeration, *, lang: str = "en") -> go.Figure:
    """Draw the pairs that gather most."""
    ja = lang == "ja"
    top = result.to_frame().head(SHOWN)[::-1]
    figure = blank(
        f"産業間の共集積（{result.period}年、上位{len(top)}組）"
        if ja
        else f"Industries that gather together, {result.period}: the first {len(top)} pairs",
        result,
        lang=lang,
        x="共集積指数 γᶜ" if ja else "Coagglomeration γᶜ",
        height=140 + 26 * len(top),
    )
    figure.add_bar(
        x=top["coagglomeration"],
        y=[
            f"{_short(a, 28)} + {_short(b, 28)}"
            for a, b in zip(top["industry_name"], top["other_name"], strict=True)
        ],
        orientation="h",
        marker_color=BLUE,
        showlegend=False,
    )
    return figure


@plot.register
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
    words = [INDEX_WORDS.get(name, (name, name))[int(ja)] for name in result.indices]
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
            name=_short(result.industry_names[k], 34),
            showlegend=emphasised,
            hovertemplate=f"{result.industry_names[k]}: %{{y:.0f}}<extra></extra>",
        )
    figure.update_yaxes(range=[len(result.industries) + 0.5, 0.5])
    return figure


@plot.register
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
            x=[f"{division}<br>({areas[division]:,})" for division in divisions],
            y=row[divisions],
            mode="lines+markers",
            line={
                "color": next(colours) if emphasised else LIGHT,
                "width": 2.5 if emphasised else 1.2,
            },
            name=_short(str(name), 34),
            showlegend=bool(emphasised),
        )
    return figure


@plot.register
def trends(result: Trends, *, lang: str = "en") -> go.Figure:
    """Draw the indices, all areas together in black, breaks as rings."""
    ja = lang == "ja"
    of = "" if result.industry == "all" else _short(result.industry_name, 40)
    figure = blank(
        f"{of}{'の' if of else ''}{_variable(result.variable, lang)}の推移（{result.base}年 = 100）"
        if ja
        else f"{_variable(result.variable, lang)}{', ' if of else ''}{of}, {result.base} = 100",
        result,
        lang=lang,
        x="年" if ja else "Year",
        y=f"指数（{result.base}年 = 100）" if ja else f"Index, {result.base} = 100",
    )
    years = [int(period) for period in result.periods]
    colours = iter(COLOURS * (len(result.codes) // len(COLOURS) + 1))
    for k, code in enumerate(result.codes):
        nation = code == "nation"
        name = ("製造業全体" if ja else "All areas") if nation else result.names[k]
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


@plot.register
def contributions(result: Contributions, *, lang: str = "en") -> go.Figure:
    """Draw the largest contributions."""
    ja = lang == "ja"
    top = result.to_frame().head(SHOWN)[::-1]
    figure = blank(
        f"{_variable(result.variable, lang)}の増減寄与（{result.start}–{result.end}年、"
        f"全体 {result.total_growth:+.1%}）"
        if ja
        else f"Who contributed to the change of {_variable(result.variable, lang).lower()}, "
        f"{result.start}–{result.end} ({result.total_growth:+.1%})",
        result,
        lang=lang,
        x="寄与度（%ポイント）" if ja else "Contribution, percentage points",
        height=140 + 24 * len(top),
    )
    figure.add_bar(
        x=top["contribution_points"],
        y=[_short(name, 30) for name in top["name"]],
        orientation="h",
        marker_color=[BLUE if value >= 0 else RED for value in top["contribution_points"]],
        showlegend=False,
        hovertemplate="%{y}: %{x:+.2f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_yaxes(showgrid=False)
    return figure


@plot.register
def types(result: Types, *, lang: str = "en") -> go.Figure:
    """Draw memberships as stacked bars: the named places, then the largest of each type."""
    ja = lang == "ja"
    named = named_examples() if result.division == "district-253" else named_examples()[:0]
    named = named[named["district"].isin(result.areas)]
    rows = [result.areas.index(code) for code in named["district"]]
    leading = result.membership.argmax(axis=1)
    each = 5 if len(result.areas) > 24 else len(result.areas)
    for k in range(len(TYPES)):
        size = np.where(result.agglomeration & (leading == k), result.related_plants, -1)
        rows += [int(a) for a in np.argsort(size)[::-1][:each] if size[a] > 0 and a not in rows]
    if not rows:
        rows = list(range(min(len(result.areas), SHOWN)))
    labels = [_short(result.area_names[a], 28) for a in rows]
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
            name=TYPES_JA[k] if ja else TYPES[k].capitalize(),
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
            **{
                name: (name.capitalize(), name_ja)
                for name, name_ja in zip(TYPES, TYPES_JA, strict=True)
            },
            "none": ("No agglomeration by our rule", "集積に該当せず"),
        },
        colours={**dict(zip(TYPES, TYPE_COLOURS, strict=True)), "none": LIGHT},
        result=result,
        lang="ja" if ja else "en",
    )


@plot.register
def life_cycle(result: LifeCycle, *, lang: str = "en") -> go.Figure:
    """Draw the stages of a few series over time; of many areas, of many industries, count them."""
    if len(result.codes) <= 6:
        return _few_lives(result, lang)
    if len(set(result.industries)) > 1:
        return _lives_by_industry(result, lang)
    ja = lang == "ja"
    words = STAGES_JA if ja else STAGES
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
    for k, word in enumerate(words):
        figure.add_bar(
            x=list(result.periods[1:]),
            y=share[:, k],
            name=word.capitalize(),
            marker_color=_stage_colour(k),
        )
    figure.update_layout(barmode="stack", bargap=0.05, legend={"traceorder": "normal"})
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    return figure


def _few_lives(result: LifeCycle, lang: str) -> go.Figure:
    """Probability of each stage over time, one panel per series."""
    ja = lang == "ja"
    words = STAGES_JA if ja else STAGES
    columns = min(2, len(result.codes))
    rows = -(-len(result.codes) // columns)
    stage = result.stage_ja if ja else result.stage
    heads = [
        f"{_short(name, 40)}: {now} ({chance:.0%}"
        f"{('' if again < RENEWED else '、再生' if ja else ', renewal')})"
        for name, now, chance, again in zip(
            result.labels, stage, result.chance, result.renewal, strict=True
        )
    ]
    figure = make_subplots(
        rows, columns, subplot_titles=heads, vertical_spacing=0.28 / rows, horizontal_spacing=0.1
    )
    for place in range(len(result.codes)):
        for k, word in enumerate(words):
            figure.add_bar(
                x=[int(period) for period in result.periods[1:]],
                y=result.probability[place, :, k],
                name=word.capitalize(),
                legendgroup=word,
                showlegend=place == 0,
                marker={"color": _stage_colour(k), "line": {"width": 0}},
                hovertemplate=f"{word} %{{x}}: %{{y:.0%}}<extra></extra>",
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
    words = STAGES_JA if ja else STAGES
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
            f"Districts by stage in each industry, {result.periods[-1]}",
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
    for k, word in enumerate(words):
        figure.add_bar(
            y=[_short(str(name).replace("製造業", ""), 38) for name in counts.index],
            x=counts[STAGES[k]],
            orientation="h",
            name=word.capitalize(),
            marker_color=_stage_colour(k),
            hovertemplate=f"%{{y}}, {word}: %{{x}}<extra></extra>",
            row=1,
            col=1,
        )
    scale = [[at / 6, _stage_colour(k)] for k in range(len(words)) for at in (k, k + 1)]
    course = result.probability[chosen].argmax(axis=2)
    figure.add_heatmap(
        z=course,
        x=[int(period) for period in result.periods[1:]],
        y=[
            f"{_short(result.names[k], 24)}: {_line(result.industry_names[k])} "
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


@plot.register
def externality_range(result: ExternalityRange, *, lang: str = "en") -> go.Figure:
    """Draw the coefficients of each channel by distance, spans side by side."""
    ja = lang == "ja"
    words = [CHANNELS_JA[name] if ja else name.capitalize() for name in result.channels]
    for c, name in enumerate(words):
        parts = [
            f"{start}–{end}: " + _range_words(result, p, c, ja)
            for p, (start, end) in enumerate(result.spans)
        ]
        words[c] = "<br>".join([f"<b>{name}</b>", *parts])
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
        variable = _variable(result.variable, lang)
        what, what_ja = f"growth of {variable.lower()}", f"{variable}の成長"
        unit, unit_ja = "Points of growth a year per s.d.", "1標準偏差当たり年成長率（%ポイント）"
    figure.update_layout(
        template="shuseki",
        height=470,
        margin={"t": 150},
        title_text=title(
            f"外部経済の及ぶ距離：{what_ja}との関係（n = {n:,}）"
            if ja
            else f"How far does {what} go with what is around? n = {n:,}",
            result,
            lang,
        ),
    )
    figure.update_annotations(font_size=10)
    figure.update_xaxes(title_text="距離（km）" if ja else "Distance of the ring, km")
    figure.update_yaxes(title_text=unit_ja if ja else unit, col=1)
    return figure


def _range_words(result: ExternalityRange, p: int, c: int, ja: bool) -> str:
    half, low, high = (
        values[p, c] for values in (result.half_distance_km, result.lower_km, result.upper_km)
    )
    if not np.isfinite(half):
        return "検出されず" if ja else "none found"
    first, last = result.rings_km[1], result.rings_km[-1]
    top = f"{high:.0f}" if high < last else f"{last:g}+"
    if half < first / 2:  # nearer than the rings can tell
        up_to = (f"（～{top}）" if ja else f" (to {top})") if high > first else ""
        return f"{first:g} km以内で半減{up_to}" if ja else f"halves within {first:g} km{up_to}"
    if ja:
        return f"{half:.0f} kmで半減（{low:.0f}～{top}）"
    return f"halves at {half:.0f} km ({low:.0f}–{top})"


def _variable(name: str, lang: str) -> str:
    return VARIABLE_WORDS.get(name, (name, name))[int(lang == "ja")]


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _line(industry: str) -> str:
    """Name of an industry up to its first comma or bracket."""
    return industry.split(",")[0].split("（")[0].removesuffix("製造業")


def _stage_colour(k: int) -> str:
    return (SEQUENTIAL[1], SEQUENTIAL[2], SEQUENTIAL[3], GREEN, ORANGE, RED)[k]
