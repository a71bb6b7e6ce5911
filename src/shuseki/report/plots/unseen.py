"""How are rates and coefficients drawn before and after correction for what the records miss?"""

import numpy as np
import plotly.graph_objects as go

from shuseki.entry.imputation import CorrectedRates, PooledFit
from shuseki.entry.misclassification import VerifiedShares
from shuseki.entry.truncation import FAMILIES, UnseenPlants
from shuseki.language import told
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import BLUE, GREY, ORANGE, blank

__all__: list[str] = []


@draws
def corrected_rates(result: CorrectedRates, *, lang: str = "en") -> go.Figure:
    """Draw corrected rates with their intervals over those by the records."""
    japanese = lang == "ja"
    n, low, high = len(result.areas), *result.interval()
    figure = blank(
        f"開業率：記録による値と補正後の値（n = {n}地区、95%区間）"
        if japanese
        else f"Startup rates by the records and corrected, 95% intervals, n = {n} areas",
        result,
        lang=lang,
        x=f"記録による開業率（{result.per:,}あたり）"
        if japanese
        else f"By the records, births per {result.per:,}",
        y=f"補正後の開業率（{result.per:,}あたり）"
        if japanese
        else f"Corrected, births per {result.per:,}",
        height=520,
    )
    top = float(max(result.observed.max(), high.max()))
    figure.add_scatter(
        x=[0, top],
        y=[0, top],
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1},
        name="補正なし" if japanese else "No correction",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=result.observed,
        y=result.rate,
        error_y={
            "array": high - result.rate,
            "arrayminus": result.rate - low,
            "thickness": 1,
            "width": 0,
        },
        mode="markers",
        marker={"size": 6, "color": BLUE, "opacity": 0.75},
        text=list(result.areas),
        name="地区" if japanese else "Area",
        hovertemplate="%{text}: %{x:.2f} → %{y:.2f}<extra></extra>",
    )
    return figure.update_yaxes(rangemode="tozero").update_xaxes(rangemode="tozero")


@draws
def pooled_fit(result: PooledFit, *, lang: str = "en") -> go.Figure:
    """Draw coefficients by the records and corrected, in standard errors of the former."""
    japanese = lang == "ja"
    fit, terms = result.fit, list(result.fit.terms[1:])
    unit = fit.standard_errors[1:]
    reach = 1.96 * np.ones(len(terms))
    low, high = (ends[1:] / unit for ends in result.interval())
    figure = blank(
        f"{fit.design.outcome}の係数：記録と補正後（n = {fit.n}、95%区間）"
        if japanese
        else f"Coefficients of {fit.design.outcome} by the records and corrected, "
        f"95% intervals, n = {fit.n}",
        result,
        lang=lang,
        x="係数（記録による標準誤差を単位とする）"
        if japanese
        else "Coefficient, in standard errors by the records",
        height=140 + 46 * len(terms),
    )
    at = np.arange(len(terms))
    middle = result.coefficients[1:] / unit
    for name, x, above, below, shift, colour in (
        ("記録" if japanese else "By the records", fit.t[1:], reach, reach, -0.14, ORANGE),
        ("補正後" if japanese else "Corrected", middle, high - middle, middle - low, 0.14, BLUE),
    ):
        figure.add_scatter(
            x=x,
            y=at + shift,
            error_x={"array": above, "arrayminus": below, "thickness": 1.5, "width": 3},
            mode="markers",
            marker={"size": 8, "color": colour},
            text=terms,
            name=name,
            hovertemplate="%{text}: %{x:.2f}",
        )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return figure.update_yaxes(
        tickvals=at, ticktext=terms, autorange="reversed", showgrid=False, title_text=""
    )


@draws
def unseen_plants(result: UnseenPlants, *, lang: str = "en") -> go.Figure:
    """Draw the plants below the threshold by each family."""
    japanese = lang == "ja"
    fits = [fit for fit in result.fits if fit.is_identified]
    figure = blank(
        f"{result.seen_from}人未満の事業所（捕捉1事業所あたり、n = {result.seen:,}）"
        if japanese
        else f"Plants below {result.seen_from} workers per plant seen, n = {result.seen:,} seen",
        result,
        lang=lang,
        x="未捕捉／捕捉（対数目盛、95%区間）"
        if japanese
        else "Unseen per seen, log scale, 95% intervals",
        height=200 + 40 * len(fits),
    )
    names = [told(FAMILIES[fit.family].label, lang) for fit in fits]
    middle = np.exp([*(fit.log_odds for fit in fits), result.log_odds])
    factor = np.exp(1.96 * np.array([*(f.standard_error for f in fits), result.standard_error]))
    figure.add_scatter(
        x=middle,
        y=[*names, "平均（赤池の重み）" if japanese else "average, Akaike weights"],
        error_x={
            "array": middle * factor - middle,
            "arrayminus": middle - middle / factor,
            "thickness": 1.5,
        },
        mode="markers",
        marker={"size": 9, "color": [*[BLUE] * len(fits), ORANGE]},
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.update_xaxes(type="log", dtick="D1")
    return figure.update_yaxes(autorange="reversed", title_text="")


@draws
def verified_shares(result: VerifiedShares, *, lang: str = "en") -> go.Figure:
    """Draw the share that is new, pattern by pattern."""
    japanese = lang == "ja"
    low, high = result.interval()
    n = int(result.verified.sum())
    figure = blank(
        f"候補のうち真の開業の割合（確認した候補 n = {n:,}、95%区間）"
        if japanese
        else f"Share of the candidates that is new, 95% intervals, n = {n:,} verified",
        result,
        lang=lang,
        x="真の開業の割合" if japanese else "Share that is new",
        height=160 + 30 * len(result.patterns),
    )
    share = np.divide(
        result.new, result.verified, out=np.zeros(len(low)), where=result.verified > 0
    )
    figure.add_scatter(
        x=share,
        y=[
            f"{name} ({many:,})"
            for name, many in zip(result.patterns, result.candidates, strict=True)
        ],
        error_x={
            "array": np.maximum(high - share, 0),
            "arrayminus": np.maximum(share - low, 0),
            "thickness": 1.5,
        },
        mode="markers",
        marker={"size": 8, "color": BLUE},
        hovertemplate="%{y}: %{x:.0%}<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    return figure.update_yaxes(autorange="reversed", title_text="")
