"""At which distances is an industry concentrated?"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shuseki.measures.distance.kdensity import KDensity
from shuseki.measures.distance.mfunction import IndividualM, JointMFunction, MFunction
from shuseki.measures.distance.ripley import Ripley
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import name_of, short
from shuseki.report.plots.theme import (
    BLUE,
    RED,
    SEQUENTIAL,
    blank,
    title,
)

__all__: list[str] = []

BAND = "rgba(107, 120, 131, 0.22)"
LOCAL_BAND = "rgba(107, 120, 131, 0.45)"
PANELS = 9
"""Curves shown side by side."""


@draws
def kdensity(result: KDensity, *, lang: str = "en") -> go.Figure:
    """Draw K beside its local and global bands, up to nine industries, the most localised first."""
    ja = lang == "ja"
    order = np.lexsort((result.dispersion_index, result.localisation_index))[::-1][:PANELS]
    columns = min(3, len(order))
    rows = -(-len(order) // columns)
    scale = 1_000
    heads = []
    for k in order:
        pattern = name_of(result.pattern[k], lang)
        heads.append(f"{short(result.industry_names[k], 24)} (n = {result.plants[k]:,}): {pattern}")
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


@draws
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
            f"{short(result.industry_names[k], 30)} (n = {result.plants[k]:,})" for k in order
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


@draws
def individual_m(result: IndividualM, *, lang: str = "en") -> go.Figure:
    """Draw the plants on the map, coloured by M at the radius in the middle."""
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


@draws
def ripley(result: Ripley, *, lang: str = "en") -> go.Figure:
    """Draw L beside plants placed anywhere and D beside the others, up to three industries."""
    ja = lang == "ja"
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = (result.d_km2 - result.d_upper_km2) / result.d_deviation_km2
    order = np.argsort(np.nan_to_num(beyond, nan=-np.inf).max(axis=1))[::-1][:3]
    columns = len(order)
    heads = [f"{short(result.industry_names[k], 26)} (n = {result.plants[k]:,})" for k in order]
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
