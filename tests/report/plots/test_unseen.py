"""Do the pictures of corrections show what the results say, in both languages?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.design import Design
from shuseki.entry.imputation import corrected_rates, pool_fit
from shuseki.entry.misclassification import NEW, NOT_NEW, NOT_VERIFIED, Candidates, verified_shares
from shuseki.entry.ols import estimate
from shuseki.entry.truncation import unseen_plants
from shuseki.entry.variables import RegionalVariables
from shuseki.report.plots import plot
from shuseki.sources import Source

MADE_UP = Source("MadeUp", "Made-up candidates for tests", "2006", origin="synthetic")


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(1)
    area = np.repeat(np.arange(30), 40)
    is_new = rng.random(len(area)) < 0.5
    known = rng.random(len(area)) < 0.2
    codes = tuple(f"{k:03d}" for k in range(1, 31))
    candidates = Candidates(
        area=area,
        pattern=rng.integers(0, 2, len(area)),
        status=np.where(known, np.where(is_new, NEW, NOT_NEW), NOT_VERIFIED),
        counted=np.ones(len(area), dtype=bool),
        areas=codes,
        patterns=("opened before", "opened since"),
        sources=(MADE_UP,),
    )
    rates = corrected_rates(candidates, np.full(30, 50_000.0), draws=50)
    frame = pd.DataFrame(
        {"START": rates.observed + rng.normal(size=30), "X": rng.normal(size=30)}, index=codes
    )
    variables = RegionalVariables(
        frame=frame, outcomes=("START",), counts=frame[["START"]], sources=(MADE_UP,)
    )
    fit = estimate(Design("START", ("X",)), variables)
    sizes = np.arange(4, 20)
    unseen = unseen_plants(
        sizes,
        sizes,
        1000 * 0.7**sizes,
        seen_to=19,
        families=["geometric", "log-normal"],
        sources=(MADE_UP,),
    )
    return rates, pool_fit(fit, rates), verified_shares(candidates), unseen


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize(("lang", "mark"), [("en", "ynthetic"), ("ja", "合成データ")])
def test_pictures_name_their_n_and_are_marked(results, which, lang, mark):
    figure = plot(results[which], lang=lang)
    assert mark in figure.layout.title.text
    assert "n = " in figure.layout.title.text
    assert figure.layout.xaxis.title.text


def test_rates_show_every_area_with_its_interval(results):
    rates = results[0]
    dots = plot(rates).data[1]
    low, high = rates.interval()
    assert dots.y == pytest.approx(rates.rate)
    assert np.array(dots.y) + dots.error_y.array == pytest.approx(high)
    assert np.array(dots.y) - dots.error_y.arrayminus == pytest.approx(low)


def test_coefficients_are_told_in_standard_errors_by_the_records(results):
    pooled = results[1]
    by_records, corrected = plot(pooled).data
    assert by_records.x == pytest.approx(pooled.fit.t[1:])
    assert corrected.x == pytest.approx(pooled.coefficients[1:] / pooled.fit.standard_errors[1:])
