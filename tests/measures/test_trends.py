"""Trends: indices by hand, breaks that were put in, contributions that add up, bad input."""

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.measures.trends import contributions, fit_course, trends
from shuseki.panel import Panel


def panel(amount) -> Panel:
    array = np.array(amount, dtype=float)
    return Panel(
        tuple("abcdefgh"[: array.shape[0]]),
        tuple("ABCD"[: array.shape[1]]),
        tuple(str(1990 + k) for k in range(array.shape[2])),
        {"plants": array},
    )


def test_indices_by_hand():
    two = panel([[[50, 40, 25], [50, 40, 25]], [[100, 110, 100], [0, 10, 50]]])
    answer = trends(two, ["a"], "plants")
    assert answer.index[0] == pytest.approx([100, 80, 50])
    # all: 200, 200, 200
    assert answer.index[1] == pytest.approx([100, 100, 100])
    assert answer.headline() == (
        "plants in 1992 (1990 = 100): a 50; all areas together 100. 1 of 1 are below that."
    )
    one = trends(two, ["b"], "plants", industry="A", base="1991")
    assert one.index[0] == pytest.approx([100 / 1.1, 100, 100 / 1.1])
    assert len(answer.to_frame()) == 6


def test_unit_does_not_matter():
    rng = np.random.default_rng(0)
    once = panel(rng.uniform(10, 20, (3, 2, 12)))
    again = once.with_variable("plants", once.values["plants"] * 1e6)
    first, second = trends(once, ["b"], "plants"), trends(again, ["b"], "plants")
    assert second.index == pytest.approx(first.index)
    assert second.breaks == first.breaks


def test_breaks_are_found_where_they_were_put():
    rng = np.random.default_rng(1)
    years = np.arange(1971.0, 2013.0)
    slope = np.where(years < 1990, 0.06, np.where(years < 2003, -0.05, 0.02))
    series = 100 * np.exp(np.cumsum(slope) + rng.normal(0, 0.01, len(years)))
    breaks, growth = fit_course(years, series)
    assert len(breaks) == 2
    assert abs(breaks[0] - 1989) <= 1
    assert abs(breaks[1] - 2002) <= 1
    assert growth == pytest.approx([np.expm1(0.06), np.expm1(-0.05), np.expm1(0.02)], abs=0.006)


def test_a_straight_course_has_no_break():
    # 200 straight courses with noise: the criterion finds breaks in few
    rng = np.random.default_rng(2)
    years = np.arange(1990.0, 2012.0)
    found = [
        len(fit_course(years, np.exp(0.03 * (years - 1990) + rng.normal(0, 0.03, 22)))[0]) > 0
        for _ in range(100)
    ]
    assert np.mean(found) < 0.15


def test_gaps_are_gaps_and_the_total_compares_like_with_like():
    gappy = panel([[[10, 20, 30]], [[np.nan, 5, 5]]])
    answer = trends(gappy, ["a"], "plants")
    assert answer.amount[1] == pytest.approx([10, 20, 30])
    assert any("leaves out 1 of 2 areas" in note for note in answer.notes)
    with pytest.raises(DataError, match="No 'plants' in the base period 1990: b"):
        trends(gappy, ["b"], "plants")
    assert np.isnan(trends(gappy, ["b"], "plants", base="1991").index[0, 0])


def test_spells_cover_the_whole_time():
    rng = np.random.default_rng(3)
    answer = trends(panel(rng.uniform(10, 20, (3, 1, 15))), ["a", "b"], "plants")
    spells = answer.spells()
    for _, rows in spells.groupby("area_name"):
        assert rows["from"].iloc[0] == 1990
        assert rows["to"].iloc[-1] == 2004
        assert (rows["from"].iloc[1:].to_numpy() == rows["to"].iloc[:-1].to_numpy()).all()


def test_contributions_add_up_to_growth():
    rng = np.random.default_rng(4)
    grown = panel(rng.uniform(10, 20, (5, 3, 2)))
    for by in ("area", "industry"):
        answer = contributions(grown, "plants", start="1990", end="1991", by=by)
        assert answer.contribution_points.sum() == pytest.approx(100 * answer.total_growth)
    assert "points" in answer.headline()


def test_bad_input():
    with pytest.raises(ParameterError, match="needs two"):
        trends(panel([[[1]]]), ["a"], "plants")
    with pytest.raises(UnknownCodeError, match="Unknown area"):
        trends(panel([[[1, 2]]]), ["z"], "plants")
    with pytest.raises(ParameterError, match="'area' or 'industry'"):
        contributions(panel([[[1, 2]]]), "plants", start="1990", end="1991", by="year")
    with pytest.raises(DataError, match="adds up to 0"):
        contributions(panel([[[0, 2]]]), "plants", start="1990", end="1991")
