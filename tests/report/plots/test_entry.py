"""Pictures of the startup equations: drawn in both languages, marked, and true to their numbers."""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.descriptives import correlate, rank
from shuseki.entry.effects import effects
from shuseki.entry.hypotheses import examine
from shuseki.entry.ols import estimate_all
from shuseki.entry.variables import RegionalVariables
from shuseki.papers.beside import fits_beside, stated_verdicts
from shuseki.papers.catalogue import (
    printed_definitions,
    printed_designs,
    printed_hypotheses,
    printed_paper,
)
from shuseki.papers.okamuro_2006.robustness import profit_separately
from shuseki.papers.replication import obtained_tables, replicate
from shuseki.report.plots import plot
from shuseki.sources import Source


@pytest.fixture(scope="module")
def drawn() -> dict[str, object]:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        rng.normal(size=(80, len(printed_definitions().names))),
        columns=list(printed_definitions().names),
        index=[f"{k:03d}" for k in range(80)],
    )
    for outcome in ("START", "START_H", "START_L"):
        frame[outcome] = frame["MRATIO"] + rng.normal(size=80)
    variables = RegionalVariables(
        frame=frame,
        outcomes=("START", "START_H", "START_L"),
        counts=frame[["START", "START_H", "START_L"]].abs().round(),
        definitions=printed_definitions(),
        area_names=tuple(f"地区{k}" for k in range(80)),
        sources=(Source("MadeUp", "Made up", "2006", origin="synthetic"),),
    )
    paper = printed_paper()
    fits = fits_beside(estimate_all(printed_designs(), variables), paper)
    hypotheses = printed_hypotheses()
    return {
        "fits": fits,
        "effects": effects(fits),
        "ranking": rank(variables),
        "correlations": correlate(variables),
        "verdicts": examine(fits, hypotheses).beside(stated_verdicts(paper)),
        "robustness": profit_separately(fits, variables, hypotheses),
        "replication": replicate(paper, obtained_tables(fits=fits), sources=fits.sources),
    }


KINDS = ["fits", "effects", "ranking", "correlations", "verdicts", "robustness", "replication"]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_says_that_its_data_are_synthetic(drawn, kind, lang):
    figure = plot(drawn[kind], lang=lang)
    heading = figure.layout.title.text
    assert ("合成データ" if lang == "ja" else "Synthetic data") in heading
    assert any(ord(letter) > 0x3040 for letter in heading) == (lang == "ja")
    assert len(figure.data) > 0


def test_printed_coefficients_stand_beside_the_estimates(drawn):
    figure = plot(drawn["fits"])
    printed = [trace for trace in figure.data if trace.name == "as printed"]
    assert len(printed) == 12
    # Table 4, model 1: MRATIO 9.15, told per 10 points.
    assert max(printed[0].x) == pytest.approx(1.08)  # UNEMPL 10.8 per 10 points
    assert any(value == pytest.approx(0.915) for value in printed[0].x)
    estimates = next(trace for trace in figure.data if trace.name == "model 1")
    fit = drawn["fits"]["START", 1]
    at = list(fit.design.terms).index("MRATIO")
    assert estimates.x[at] == pytest.approx(0.1 * fit.coefficients[fit.position("MRATIO")])


def test_a_ranking_draws_the_first_on_top(drawn):
    figure = plot(drawn["ranking"])
    assert figure.data[0].y[-1].startswith("1 地区")
    assert figure.data[0].x[-1] == max(figure.data[0].x)


def test_verdicts_are_told_in_the_language_of_the_reader(drawn):
    texts = np.array(plot(drawn["verdicts"], lang="ja").data[0].text).ravel()
    assert set(texts) <= {"支持", "不支持", "逆の結果", "未検証"}
    assert texts.reshape(9, 5)[8, 4] == "支持"  # hypothesis 7 in print
