"""The four exercises of section 5-1."""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.design import Design
from shuseki.entry.ols import estimate, estimate_all
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, ParameterError
from shuseki.papers.catalogue import printed_designs, printed_hypotheses
from shuseki.papers.okamuro_2006.robustness import (
    EXERCISES,
    check_robustness,
    institutes_by_prefecture,
    largest_industry,
    profit_separately,
    without_metropolitan,
)

HYPOTHESES = printed_hypotheses()


@pytest.fixture(scope="module")
def fits(variables):
    return estimate_all(printed_designs(), variables)


def test_all_four_are_done_on_whole_data(fits, variables, accounts):
    seen = []
    checks = check_robustness(
        fits, variables, HYPOTHESES, accounts=accounts, progress=lambda *at: seen.append(at)
    )
    assert [one.exercise for one in checks.exercises] == list(EXERCISES)
    assert not checks.skipped
    assert seen[-1] == (4, 4)
    assert len(checks.to_frame()) == 4 * len(HYPOTHESES)
    assert checks["without_metropolitan"].exercise == "without_metropolitan"
    assert checks.is_synthetic
    with pytest.raises(ParameterError, match="profit_separately"):
        checks["profit"]


def test_profit_variables_one_at_a_time(fits, variables):
    varied = profit_separately(fits, variables, HYPOTHESES)
    terms = [set(fit.terms) & {"PCM", "GRSALES"} for fit in varied.varied.fits]
    assert len(terms) == 24
    assert all(len(kept) == 1 for kept in terms)
    frame = varied.to_frame()
    assert frame["compared"].all()
    own = frame[(frame["outcome"] == "START") & (frame["model"] == "1 / PCM only")]
    alone = estimate(printed_designs()[0].without("GRSALES"), variables)
    assert own.set_index("term").loc["PCM", "t"] == pytest.approx(alone.t[alone.position("PCM")])
    before = fits["START", 1]
    assert own.set_index("term").loc["PCM", "t_before"] == before.t[before.position("PCM")]


def test_institutes_are_those_of_the_prefecture(fits, variables, accounts):
    varied = institutes_by_prefecture(fits, variables, HYPOTHESES, accounts=accounts)
    sample = varied.varied["START", 1].sample
    column = sample.regressors[:, sample.terms.index("INST")]
    group = {code: f"{int(code) // 6:02d}" for code in accounts.index}
    mine = [code for code in accounts.index if group[code] == group["010"]]
    expected = (
        accounts.loc[mine, "research_institutes_1996"].sum()
        / accounts.loc[mine, "plants_1996"].sum()
    )
    assert column[sample.areas.index("010")] == pytest.approx(expected)
    assert len(np.unique(column)) == len(set(group.values()))


def test_metropolitan_districts_are_left_out(fits, variables):
    varied = without_metropolitan(fits, variables, HYPOTHESES)
    metropolitan = set(variables.frame.index[variables.frame["metropolitan"].astype(bool)])
    for fit in varied.varied.fits:
        assert not metropolitan & set(fit.sample.areas)
        assert fit.n < varied.baseline[fit.design.outcome, fit.design.model].n


def test_dummies_replace_the_high_tech_share(fits, variables):
    varied = largest_industry(fits, variables, HYPOTHESES)
    fit = varied.varied["START", 1]
    assert "HITECH" not in fit.terms
    assert fit.terms[-3:] == ("LARGEST_FOOD", "LARGEST_TEXTILE", "LARGEST_ELECTRICAL")
    frame = varied.to_frame()
    assert not frame[frame["term"].str.startswith("LARGEST")]["compared"].any()


def test_a_change_is_seen():
    """A made-up world where a regressor matters in the metropolitan areas alone."""
    rng = np.random.default_rng(5)
    metropolitan = np.arange(120) < 30
    x = rng.normal(size=120)
    y = np.where(metropolitan, 5 * x, 0.0) + rng.normal(size=120)
    frame = pd.DataFrame(
        {"START": y, "UNEMPL": x, "metropolitan": metropolitan},
        index=[f"{k:03d}" for k in range(120)],
    )
    world = RegionalVariables(frame=frame, outcomes=("START",))
    fits = estimate_all([Design("START", ("UNEMPL",), outliers="none")], world)
    varied = without_metropolitan(fits, world, HYPOTHESES)
    assert varied.changed_verdicts()["3a"] == ("supported", "not supported")
    assert varied.to_frame()["conclusion_changes"].tolist() == [True]
    assert "1 of 1 coefficients" in varied.headline()
    assert "3a (supported → not supported)" in varied.headline()


def test_what_the_data_do_not_allow_is_said(fits, variables):
    bare = type(variables)(
        frame=variables.frame.drop(columns=["metropolitan", "largest_industry"]),
        outcomes=variables.outcomes,
        counts=variables.counts,
        exposure=variables.exposure,
        definitions=variables.definitions,
    )
    checks = check_robustness(fits, bare, HYPOTHESES)
    assert [one.exercise for one in checks.exercises] == ["profit_separately"]
    assert set(checks.skipped) == set(EXERCISES) - {"profit_separately"}
    assert "prefectures" in checks.skipped["institutes_by_prefecture"]
    assert any("was not done" in note for note in checks.notes)
    with pytest.raises(ParameterError, match="no column 'metropolitan'"):
        checks["without_metropolitan"]
    with pytest.raises(DataError, match=r"accounts have no research_institutes_1996"):
        institutes_by_prefecture(fits, variables, HYPOTHESES)
    one = estimate_all([Design("START", ("PCM", "DENS"))], variables)
    with pytest.raises(ParameterError, match="PCM and GRSALES"):
        profit_separately(one, variables, HYPOTHESES)
    partly = variables.frame["largest_industry"].mask(variables.frame.index < "011")
    unknown = largest_industry(fits, variables.with_columns(largest_industry=partly), HYPOTHESES)
    assert not set(unknown.varied["START", 1].sample.areas) & set(variables.areas[:10])
    assert any("largest industry unknown: 001" in note for note in unknown.notes)
    with pytest.raises(DataError, match="other everywhere"):
        largest_industry(fits, variables.with_columns(largest_industry=["other"] * 253), HYPOTHESES)
