"""How do entry and exit rates of a nation look over the years?"""

import plotly.graph_objects as go

from shuseki.report.national import EntryExitRates
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import BLUE, RED, blank
from shuseki.report.words import phrase

__all__: list[str] = []


@draws
def entry_and_exit(result: EntryExitRates, *, lang: str = "en") -> go.Figure:
    """Draw both rates as steps: each holds between two censuses."""
    n = len(result.from_year)
    unit = phrase(f"unit_{result.unit}", lang)
    figure = blank(
        phrase("national_title", lang, unit=unit, n=n),
        result,
        lang=lang,
        x=phrase("national_x", lang),
        y=phrase("national_y", lang),
        height=400,
    )
    for key, rates, colour, dash in (
        ("entry_rate", result.entry_rate_percent, BLUE, "solid"),
        ("exit_rate", result.exit_rate_percent, RED, "dash"),
    ):
        figure.add_scatter(
            x=[*result.from_year.tolist(), int(result.to_year[-1])],
            y=[*rates.tolist(), float(rates[-1])],
            mode="lines",
            line={"shape": "hv", "width": 2.5, "color": colour, "dash": dash},
            name=phrase(key, lang),
            text=[
                f"{start}–{end}"
                for start, end in zip(
                    [*result.from_year, result.from_year[-1]],
                    [*result.to_year, result.to_year[-1]],
                    strict=True,
                )
            ],
            hovertemplate="%{text}: %{y:.1f}%",
        )
    figure.update_yaxes(rangemode="tozero", ticksuffix="%")
    figure.update_xaxes(tickvals=[*result.from_year.tolist()[::2], int(result.to_year[-1])])
    return figure.update_layout(hovermode="x unified")
