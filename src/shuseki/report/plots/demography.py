"""How do candidates become births, what happened wave by wave, and how long do plants live?"""

import plotly.graph_objects as go

from shuseki.demography.events import Births, Events
from shuseki.demography.funnel import Funnel, group_words
from shuseki.demography.survival import Survival
from shuseki.panel import ALL
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import BLUE, COLOURS, GREY, MISSING, RED, SKY, blank

__all__: list[str] = []

EVENT_WORDS = {
    "births": ("Births", "開業"),
    "reappearances": ("Re-appearances", "再出現"),
    "deaths": ("Deaths", "廃業"),
    "lapses": ("Lapses", "一時的不在"),
}


@draws
def funnel(result: Funnel, *, lang: str = "en") -> go.Figure:
    """Draw what is left after each step, and beside it what was set aside."""
    table = result.to_frame(lang)
    japanese = lang == "ja"
    n = result.candidates
    figure = blank(
        f"開業事業所の絞り込み（事業所数、候補 n = {n:,}）"
        if japanese
        else f"From candidates to births, establishments, n = {n:,} candidates",
        result,
        lang=lang,
        x="事業所数" if japanese else "Establishments",
        height=110 + 52 * len(table),
    )
    steps = len(result.steps)
    figure.add_bar(
        y=table["step"],
        x=table["left"],
        orientation="h",
        marker_color=[BLUE] * steps + [SKY] * (len(table) - steps),
        name="残り" if japanese else "Left",
        text=[f"{left:,}" for left in table["left"]],
        textposition="inside",
        insidetextanchor="start",
        hovertemplate="%{y}: %{x:,}<extra></extra>",
        showlegend=False,
    )
    figure.add_bar(
        y=table["step"],
        x=table["set_aside"],
        orientation="h",
        marker_color=MISSING,
        name="除外" if japanese else "Set aside",
        text=[f"−{out:,}" if out else "" for out in table["set_aside"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: −%{x:,}<extra></extra>",
        showlegend=False,
    )
    if "printed_left" in table:
        printed = table.dropna(subset=["printed_left"])
        figure.add_scatter(
            y=printed["step"],
            x=printed["printed_left"].astype(int),
            mode="markers",
            marker={"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": RED}},
            name="原典の件数" if japanese else "As printed",
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.25, legend={"y": -0.25})
    figure.update_yaxes(autorange="reversed", showgrid=False, title_text="")
    figure.update_xaxes(tickformat=",", range=[0, n * 1.12])
    return figure


@draws
def births(result: Births, *, lang: str = "en") -> go.Figure:
    """Draw the funnel of the births."""
    return funnel(result.funnel, lang=lang)


@draws
def events(result: Events, *, lang: str = "en") -> go.Figure:
    """Draw entries above and exits below the line, wave by wave."""
    japanese = lang == "ja"
    counts = result.counts
    n = int(counts["establishments"].iloc[0])
    figure = blank(
        f"調査年別の開業・廃業（事業所数、初年 n = {n:,}）"
        if japanese
        else f"What happened between waves, establishments, n = {n:,} in the first wave",
        result,
        lang=lang,
        x="調査年（前回調査からの変化）" if japanese else "Wave (change since the wave before)",
        y="事業所数" if japanese else "Establishments",
    )
    signs = {"births": 1, "reappearances": 1, "deaths": -1, "lapses": -1}
    colours = dict(zip(signs, (BLUE, SKY, RED, MISSING), strict=True))
    for name, sign in signs.items():
        values = counts[name].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
        figure.add_bar(
            x=[str(wave) for wave in result.waves[1:]],
            y=sign * values[1:],
            customdata=values[1:],
            marker_color=colours[name],
            name=EVENT_WORDS[name][japanese],
            hovertemplate="%{x}: %{customdata:,}",
        )
    figure.update_layout(barmode="relative")
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(type="category")
    return figure.update_yaxes(tickformat=",")


@draws
def survival(result: Survival, *, lang: str = "en") -> go.Figure:
    """Draw survival as steps with a band of two standard errors."""
    japanese = lang == "ja"
    n = int(result.curves.groupby("group")["at_risk"].first().sum())
    figure = blank(
        f"開業事業所の生存率（n = {n:,}）"
        if japanese
        else f"Survival of establishments first seen after {result.waves[0]}, n = {n:,}",
        result,
        lang=lang,
        x="開業を確認した調査からの年数" if japanese else "Years since the wave of first sight",
        y="生存率" if japanese else "Share alive",
    )
    groups = list(dict.fromkeys(result.curves["group"]))
    for k, group in enumerate(groups):
        curve = result.curves[result.curves["group"] == group]
        name = ("全体" if japanese else "All") if group == ALL else group_words(group, lang)
        figure.add_scatter(
            x=curve["years"],
            y=curve["survival_share"],
            error_y={"array": 2 * curve["standard_error_share"], "thickness": 1, "width": 4},
            mode="lines+markers",
            line={"shape": "hv", "color": COLOURS[k % len(COLOURS)], "width": 2},
            name=name.removeprefix("of these: ").removeprefix("うち"),
        )
    figure.update_layout(showlegend=len(groups) > 1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure
