"""Links, intervals and scores have pictures in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

from shuseki.linkage.evaluation import evaluated
from shuseki.linkage.imputation import draw_links
from shuseki.linkage.likeness import Links, link
from shuseki.report.plots import plot
from shuseki.report.plots.linkage import waterfall


@pytest.fixture(scope="module")
def links() -> Links:
    names = [f"{a}{b}" for a in "東西南北上下" for b in ("電機", "製作所", "印刷")]
    left = pd.DataFrame({"id": range(18), "name": names})
    return link(left, left.assign(id=range(100, 118)).head(15))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_pictures(links: Links, lang: str) -> None:
    truth = pd.DataFrame({"left": range(15), "right": range(100, 115)})
    steps = links.waterfall(*links.table.loc[0, ["left", "right"]])
    drawing = waterfall(links, steps, lang=lang)
    assert len(drawing.data[0].x) == len(steps) + 1
    weights = plot(links, lang=lang)
    assert len(weights.data[0].x) == len(links.match_weights())
    drawn = plot(draw_links(links, draws=20), lang=lang)
    assert sum(drawn.data[0].y) == 20
    score = plot(evaluated(links, truth), lang=lang)
    assert len(score.data) == 2
