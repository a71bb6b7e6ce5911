"""Trends: indices by hand, breaks that were put in, contributions that add up, bad input."""

from itertools import combinations

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.measures import trends as module
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
    breaks, growth = fit_course(years, series, rng)
    assert len(breaks) == 2
    for found, put in zip(breaks, (1989, 2002), strict=True):
        assert abs(found.year - put) <= 1
        assert found.first <= put <= found.last
        assert found.criterion_rise > 10
    assert growth == pytest.approx([np.expm1(0.06), np.expm1(-0.05), np.expm1(0.02)], abs=0.006)


def test_a_straight_course_has_no_break():
    # 200 straight courses with noise: the criterion finds breaks in few
    rng = np.random.default_rng(2)
    years = np.arange(1990.0, 2012.0)
    found = [
        len(fit_course(years, np.exp(0.03 * (years - 1990) + rng.normal(0, 0.03, 22)), rng)[0]) > 0
        for _ in range(100)
    ]
    assert np.mean(found) < 0.15


def test_the_search_is_that_of_every_course_one_by_one():
    # the least error over all sets of knots, by least squares one set at a time
    rng = np.random.default_rng(5)
    years = np.arange(1990.0, 2008.0)
    logs = np.cumsum(rng.normal(0, 0.1, (3, 18)), axis=1)
    for count in (1, 2):
        knots, found = module.best_course(tuple(years), count, logs)
        for row in range(3):
            errors = {
                one: module.criterion(years, logs[row], np.array(one))
                for one in combinations(years[3:-3], count)
                if count == 1 or np.diff(one)[0] >= 3
            }
            best = min(errors, key=lambda one: errors[one])
            assert tuple(knots[row]) == best
            assert found[row] == pytest.approx(errors[best])


def test_the_interval_of_a_break_holds_the_true_year():
    # 40 series with a break in 1995: the 90 % interval holds it in most (31 of 40 is the 1 % point)
    rng = np.random.default_rng(6)
    years = np.arange(1980.0, 2010.0)
    course = np.where(years < 1995, 0.05 * (years - 1995), -0.03 * (years - 1995))
    held = []
    for _ in range(40):
        breaks, _ = fit_course(years, np.exp(course + rng.normal(0, 0.03, 30)), rng)
        held.append(any(b.first <= 1995 <= b.last for b in breaks))
    assert sum(held) >= 31


def test_areas_whose_published_part_changes_are_no_part_of_the_total():
    plants = panel([[[50, 52, 90]], [[50, 50, 50]], [[40, 40, 40]]])
    everything = panel([[[100, 100, 100]], [[60, 60, 60]], [[50, 50, 50]]])
    answer = trends(plants, ["a"], "plants", industry="A", all_plants=everything)
    assert answer.amount[1] == pytest.approx([90, 90, 90])
    assert any("changes in a" in note for note in answer.notes)
    parts = contributions(plants, "plants", start="1990", end="1992", all_plants=everything)
    assert parts.total_growth == 0
    assert any("1 of 3 areas are left out" in note for note in parts.notes)


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
    with pytest.raises(ParameterError, match="is no time"):
        contributions(panel([[[1, 2]]]), "plants", start="1991", end="1990")
    with pytest.raises(DataError, match="adds up to 0"):
        contributions(panel([[[0, 2]]]), "plants", start="1990", end="1991")
