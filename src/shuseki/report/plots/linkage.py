"""How are links, and what likeness is worth, drawn?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.language import told, word
from shuseki.linkage.evaluation import LinkageScore
from shuseki.linkage.imputation import DrawnLinks
from shuseki.linkage.likeness import Links
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import BLUE, GREY, ORANGE, blank
from shuseki.report.words import column_words

__all__ = ["waterfall"]


@draws
def links(result: Links, *, lang: str = "en") -> go.Figure:
    """Draw what each level of each comparison is worth, in bits."""
    japanese = lang == "ja"
    table = result.match_weights()
    figure = blank(
        f"類似の重み（リンク n = {len(result.table):,}）"
        if japanese
        else f"What likeness is worth, n = {len(result.table):,} links",
        result,
        lang=lang,
        x="重み（ビット）" if japanese else "Weight, bits",
        height=160 + 24 * len(table),
    )
    label = [
        f"{column_words(str(one), lang)}{'：' if japanese else ': '}{told(word(str(level)), lang)}"
        for one, level in zip(table["comparison"], table["level"], strict=True)
    ]
    figure.add_bar(
        x=table["weight_bits"],
        y=label,
        orientation="h",
        marker={"color": np.where(table["weight_bits"] >= 0, BLUE, ORANGE)},
        hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return figure.update_yaxes(autorange="reversed", title_text="")


def waterfall(result: Links, steps: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Draw how the weight of one pair adds up.

    Parameters
    ----------
    result
        The links.
    steps
        ``result.waterfall(left, right)``.
    """
    japanese = lang == "ja"
    figure = blank(
        "1組の重みの内訳" if japanese else "How the weight of one pair adds up",
        result,
        lang=lang,
        y="重み（ビット）" if japanese else "Weight, bits",
        height=460,
    )
    text = [
        f"{column_words(str(step), lang)}<br>{told(word(str(level)), lang)}"
        for step, level in zip(steps["step"], steps["level"], strict=True)
    ]
    figure.add_trace(
        go.Waterfall(
            x=[*text, "計" if japanese else "total"],
            y=[*steps["weight_bits"], 0.0],
            measure=[*["relative"] * len(steps), "total"],
            increasing={"marker": {"color": BLUE}},
            decreasing={"marker": {"color": ORANGE}},
            totals={"marker": {"color": GREY}},
        )
    )
    return figure.update_xaxes(title_text="")


@draws
def drawn_links(result: DrawnLinks, *, lang: str = "en") -> go.Figure:
    """Draw births over the matchings that were drawn."""
    japanese = lang == "ja"
    births = result.is_birth.sum(axis=1)
    figure = blank(
        f"開業数の分布（対応づけの抽出 n = {len(births)}）"
        if japanese
        else f"Births over {len(births)} drawn matchings",
        result,
        lang=lang,
        x="開業数" if japanese else "Births",
        y="抽出回数" if japanese else "Draws",
        height=380,
    )
    values, count = np.unique(births, return_counts=True)
    figure.add_bar(x=values, y=count, marker={"color": BLUE})
    return figure


@draws
def linkage_score(result: LinkageScore, *, lang: str = "en") -> go.Figure:
    """Draw probability against the share true, in ten bins."""
    japanese = lang == "ja"
    table = result.calibration[result.calibration["pairs"] > 0]
    n = int(table["pairs"].sum())
    figure = blank(
        f"確率の較正（n = {n:,}組）" if japanese else f"Calibration, n = {n:,} pairs",
        result,
        lang=lang,
        x="推定確率" if japanese else "Probability",
        y="一致の割合" if japanese else "Share true",
        height=460,
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=table["mean_probability"],
        y=table["true_share"],
        mode="markers+lines",
        marker={"color": BLUE, "size": 9},
        text=[f"{count:,}" for count in table["pairs"]],
        hovertemplate="%{x:.2f} → %{y:.2f}, n = %{text}<extra></extra>",
    )
    return figure.update_layout(showlegend=False)
