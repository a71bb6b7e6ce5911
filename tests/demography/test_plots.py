"""The pictures of demography: bilingual, marked, and drawn from the numbers."""

import pandas as pd
import pytest

from shuseki.demography.events import Events
from shuseki.demography.funnel import Funnel, Step
from shuseki.demography.survival import Survival
from shuseki.panel import Panel
from shuseki.report.plots import plot
from shuseki.sources import Source

SYNTHETIC = (Source("c", "Synthetic census", "1995–2000", origin="synthetic"),)


def funnel() -> Funnel:
    return Funnel(
        steps=(
            Step("candidates", "in 2000, not in 1998", "1998年になく2000年に存在", 0, 100),
            Step("large", "20 or more", "20人以上", 30, 70),
        ),
        groups={"high": 20, "low": 50},
        printed_groups={"high": 21},
        sources=SYNTHETIC,
    )


def test_the_funnel_shows_left_set_aside_and_print():
    figure = plot(funnel())
    left, aside, printed = figure.data
    assert list(left.x) == [100, 70, 20, 50]
    assert list(aside.x) == [0, 30, 0, 0]
    assert list(printed.x) == [21]
    assert "n = 100 candidates" in figure.layout.title.text
    assert "Synthetic data" in figure.layout.title.text


def test_the_funnel_in_japanese():
    figure = plot(funnel(), lang="ja")
    assert list(figure.data[0].y)[-1] == "うちローテク業種"
    assert "合成データ" in figure.layout.title.text


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_events_and_survival_are_drawn(lang):
    counts = pd.DataFrame({"wave": [1998, 2000], "establishments": [10, 9]})
    for name, value in (("births", 2), ("reappearances", None), ("deaths", 3), ("lapses", None)):
        counts[name] = pd.array([None, value], dtype="Int64")
    events = Events(
        waves=(1998, 2000), counts=counts, panel=Panel((), (), (), {}), sources=SYNTHETIC
    )
    figure = plot(events, lang=lang)
    heights = [trace.y[0] for trace in figure.data]
    assert heights[0] == 2
    assert heights[2] == -3
    curves = pd.DataFrame(
        [("all", 0.0, 10, 0, 1.0, 0.0), ("all", 2.0, 10, 4, 0.6, 0.15)],
        columns=["group", "years", "at_risk", "deaths", "survival_share", "standard_error_share"],
    )
    figure = plot(
        Survival(curves=curves, waves=(1995, 1998, 2000), plants={"all": 10}, sources=SYNTHETIC),
        lang=lang,
    )
    assert list(figure.data[0].y) == [1.0, 0.6]
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
