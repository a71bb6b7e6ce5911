"""Breaks: found where put, silent where there are none, intervals that hold, tables of chance."""

from itertools import combinations

import numpy as np
import pytest

from shuseki.errors import ParameterError
from shuseki.measures.change import breaks as module
from shuseki.measures.change.breaks import drawn_shocks, fit_course, simulated_quantiles


def share_with_breaks(shocks, years=22):
    """Share of series, straight but for their shocks ``(B, T)``, that show a break."""
    t = np.arange(1990.0, 1990 + years)
    found = [len(fit_course(t, np.exp(0.02 * (t - 1990) + 0.03 * one))[0]) > 0 for one in shocks]
    return np.mean(found)


def test_breaks_are_found_where_they_were_put():
    rng = np.random.default_rng(1)
    years = np.arange(1971.0, 2013.0)
    slope = np.where(years < 1990, 0.06, np.where(years < 2003, -0.05, 0.02))
    series = 100 * np.exp(np.cumsum(slope) + rng.normal(0, 0.01, len(years)))
    breaks, growth = fit_course(years, series)
    assert len(breaks) == 2
    for found, put in zip(breaks, (1989, 2002), strict=True):
        assert abs(found.year - put) <= 1
        assert found.first <= put <= found.last
        assert found.p < 0.001
    assert growth == pytest.approx([np.expm1(0.06), np.expm1(-0.05), np.expm1(0.02)], abs=0.006)


@pytest.mark.parametrize("lasting", [0.0, 0.5, 0.8, 1.0])
def test_shocks_that_last_are_no_breaks(lasting):
    # 5 % of 120 series are 6; 12 or more have a probability of 2 %
    rng = np.random.default_rng(2)
    assert share_with_breaks(drawn_shocks(rng, lasting, 120, 22)) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("years", [15, 22, 30, 45])
@pytest.mark.parametrize("lasting", [0.0, 0.3, 0.5, 0.8, 0.95, 1.0])
def test_shocks_that_last_are_no_breaks_at_length(lasting, years):
    # 5 % of 600 series with a standard error of .9 points
    rng = np.random.default_rng(3)
    assert share_with_breaks(drawn_shocks(rng, lasting, 600, years), years) < 0.075


def test_heavy_shocks_that_stay_for_good_are_no_breaks():
    # a random walk with steps of Student's t, 4 degrees of freedom
    rng = np.random.default_rng(4)
    assert share_with_breaks(rng.standard_t(4, (120, 22)).cumsum(axis=1)) < 0.12


@pytest.mark.parametrize("lasting", [0.0, 0.5, 1.0])
def test_a_large_break_is_found_whatever_the_shocks(lasting):
    # growth from +5 to −5 per cent after fifteen years of thirty, shocks of 3 per cent
    rng = np.random.default_rng(5)
    t = np.arange(1980.0, 2010.0)
    turn = np.where(t < 1995, 0.05 * (t - 1995), -0.05 * (t - 1995))
    found = [
        fit_course(t, np.exp(turn + 0.03 * one))[0] for one in drawn_shocks(rng, lasting, 60, 30)
    ]
    assert np.mean([len(one) > 0 for one in found]) > 0.9
    # the 90 % interval holds the year in most (47 of 60 is the 1 % point); breaks found beside it
    # by chance do not count
    held = [any(b.first <= 1995 <= b.last for b in one) for one in found if one]
    assert np.mean(held) > 47 / 60


def test_two_breaks_that_hide_each_other_are_found():
    # down and up again by the same: one break alone explains little
    t = np.arange(1975.0, 2013.0)
    rng = np.random.default_rng(6)
    course = 0.06 * np.abs(np.clip(t - 1993.5, -9, 9))
    breaks, _ = fit_course(t, np.exp(course + 0.02 * rng.standard_normal(38)))
    assert len(breaks) >= 2


def test_the_search_is_that_of_every_course_one_by_one():
    # restricted likelihood by hand: least squares of the shocks, one set of years at a time
    rng = np.random.default_rng(7)
    years = tuple(np.arange(1990.0, 2006.0))
    logs = rng.normal(0, 0.1, 16).cumsum()
    t = np.array(years)
    for count in (1, 2):
        best = -np.inf
        for knots in combinations(range(3, 13), count):
            if count == 2 and knots[1] - knots[0] < 3:
                continue
            for phi in module.LASTING:
                value = by_hand(t, logs, [t[k] for k in knots], phi)
                if value > best:
                    best, where, last = value, knots, phi
        found = module.best_sets(years, count, logs)
        assert found.at == where
        assert found.lasting == last
        assert found.peak == pytest.approx(best)


def by_hand(t, logs, knots, phi):
    """Log likelihood from the covariance matrix of the deviations; of steps for a random walk."""
    line = np.stack([np.ones_like(t), t - t[0]], axis=1)
    bends = np.stack([np.maximum(t - knot, 0) for knot in knots], axis=1)
    if phi < 1:
        covariance = phi ** np.abs(t[:, None] - t[None, :]) / (1 - phi**2)
        y, base, whole = logs, line, np.hstack([line, bends])
    else:
        covariance = np.eye(len(t) - 1)
        y, base, whole = np.diff(logs), np.diff(line, axis=0)[:, 1:], None
        whole = np.hstack([base, np.diff(bends, axis=0)])
    inverse = np.linalg.inv(covariance)
    weights = np.linalg.solve(whole.T @ inverse @ whole, whole.T @ inverse @ y)
    left = y - whole @ weights
    return (
        -0.5 * np.linalg.slogdet(covariance)[1]
        - 0.5 * np.linalg.slogdet(base.T @ inverse @ base)[1]
        - 0.5 * (len(t) - 2) * np.log(left @ inverse @ left)
    )


def test_gaps_are_gaps():
    rng = np.random.default_rng(8)
    t = np.arange(1980.0, 2010.0)
    amount = np.exp(np.where(t < 1995, 0.08, -0.08) * (t - 1995) + 0.02 * rng.standard_normal(30))
    amount[[3, 4, 20]] = np.nan
    breaks, growth = fit_course(t, amount)
    assert abs(breaks[0].year - 1995) <= 1
    assert growth == pytest.approx([np.expm1(0.08), np.expm1(-0.08)], abs=0.01)
    assert fit_course(t, np.full(30, np.nan)) == ((), (pytest.approx(np.nan, nan_ok=True),))


def test_the_table_is_what_the_simulation_gives():
    # tolerance: the 5 % point of 400 draws has a standard error of some 6 %, and the largest of
    # nine is taken
    quantiles = simulated_quantiles(15, 400, np.random.default_rng(9))
    at = module.TAILS.index(0.05)
    for step, row in quantiles.items():
        assert row[at] == pytest.approx(module._table()[15, *step][at], rel=0.2)
    with pytest.raises(ParameterError, match="Expected 10 or more"):
        simulated_quantiles(9, 10, np.random.default_rng(0))


def test_probabilities_fall_with_the_evidence():
    quantiles = module._table()[30, 0, 1]
    ratios = np.linspace(0, 60, 200)
    found = [module.tail_probability(ratio, quantiles) for ratio in ratios]
    assert (np.diff(found) <= 0).all()
    assert found[0] == 1
    assert found[-1] >= module.SMALLEST_P
    for tail, quantile in zip(module.TAILS, quantiles, strict=True):
        assert module.tail_probability(quantile, quantiles) == pytest.approx(tail, rel=1e-3)


def test_longer_series_than_the_table_holds_are_simulated(monkeypatch):
    monkeypatch.setattr(module, "simulated_quantiles", lambda *_: {
        step: np.linspace(5, 30, 10) for step in module.STEPS
    })  # fmt: skip
    t = np.arange(1950.0, 2013.0)
    amount = np.exp(np.where(t < 1980, 0.05, -0.05) * (t - 1980))
    breaks, _ = fit_course(t, amount, np.random.default_rng(0))
    assert breaks[0].year == 1980
