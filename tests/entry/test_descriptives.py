"""Tables 1 and 3 and appendix 2."""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.descriptives import correlate, describe, pairwise_correlations, rank
from shuseki.errors import ParameterError


def test_pairwise_correlations_equal_pandas():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5)) + 1e3
    values[rng.random(values.shape) < 0.2] = np.nan
    r, n = pairwise_correlations(values)
    np.testing.assert_allclose(r, pd.DataFrame(values).corr().to_numpy(), atol=1e-11)
    assert n[0, 0] == (~np.isnan(values[:, 0])).sum()
    assert n[0, 1] == (~np.isnan(values[:, :2])).all(axis=1).sum()


def test_no_variation_is_no_correlation():
    r, _ = pairwise_correlations(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, np.nan]]))
    assert np.isnan(r[0]).all()
    assert r[1, 1] == 1


def test_descriptives_clear_each_rate_of_its_outliers(variables):
    rates = variables.column("START").to_numpy().copy()
    rates[7] = 40.0
    changed = variables.with_columns(START=rates)
    table = describe(changed)
    assert table.set_aside["START"] == ("008",)
    assert table.table.loc["START", "n"] == 252
    assert table.table.loc["PCM", "n"] == 253
    assert table.table.loc["START", "max"] < 40
    kept = np.delete(rates, 7)
    assert table.table.loc["START", "sd"] == pytest.approx(np.std(kept, ddof=1))
    assert describe(changed, outliers="none").table.loc["START", "max"] == 40
    assert correlate(changed).n.loc["START", "LNLANDP"] < 253


def test_descriptives_come_in_the_order_of_the_definitions(variables):
    table = describe(variables)
    assert table.to_frame()["variable"].tolist() == [
        "START", "START_H", "START_L", "PCM", "GRSALES", "WAGE", "LNLANDP", "UNEMPL", "UNIV",
        "INST", "DENS", "MRATIO", "AVESIZE", "HITECH",
    ]  # fmt: skip
    assert "START" in table.headline()
    assert describe(variables, ["UNIV"]).table.index.tolist() == ["UNIV"]


def test_a_variable_nobody_has_is_shown_as_unknown(variables):
    table = describe(variables.with_columns(UNIV=[np.nan] * 253)).table
    assert np.isnan(table.loc["UNIV", "mean"])
    assert table.loc["UNIV", "n"] == 0


def test_correlations_say_the_strongest(variables):
    correlations = correlate(variables, ["PCM", "WAGE", "UNIV"])
    frame = correlations.to_frame()
    assert len(frame) == 6
    assert "strongest" in correlations.headline()
    assert correlations.stronger_than(0.0) == [("PCM", "WAGE"), ("PCM", "UNIV"), ("WAGE", "UNIV")]
    assert correlations.stronger_than(0.99) == []


def test_a_ranking_keeps_outliers(variables):
    rates = variables.column("START").to_numpy().copy()
    rates[7] = 40.0
    ranking = rank(variables.with_columns(START=rates), "START", top=3)
    assert ranking.table["area"].iloc[0] == "008"
    assert ranking.table["rate"].is_monotonic_decreasing
    assert ranking.table["rank"].tolist() == [1, 2, 3]
    assert ranking.areas == 253
    with pytest.raises(ParameterError, match="not a startup rate"):
        rank(variables, "PCM")
    with pytest.raises(ParameterError, match="at least 1"):
        rank(variables, "START", top=0)


def test_rules_are_checked(variables):
    with pytest.raises(ParameterError, match="outlier rule"):
        describe(variables, outliers="3sd")
