"""Trends: indices by hand, breaks with their evidence, contributions that add up, bad input."""

from dataclasses import replace

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.measures.change.trends import contributions, trends
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


def test_breaks_are_told_with_their_evidence():
    # all industries of a turn from +6 to −5 per cent in 1999; the noise is 1 per cent
    years = np.arange(24)
    rng = np.random.default_rng(7)
    turn = np.where(years < 9, 0.06 * years, 0.54 - 0.05 * (years - 9))
    answer = trends(panel([[100 * np.exp(turn + 0.01 * rng.standard_normal(24))]]), ["a"], "plants")
    table = answer.break_evidence()
    assert table["break"].tolist() == [1999, 1999]  # of the area and of all areas, the same here
    assert table["evidence"].iloc[0] == "very strong"
    assert table["p"].max() < 0.001
    assert (table["before"] > 0).all()
    assert (table["after"] < 0).all()
    assert answer.break_evidence("ja")["evidence"].iloc[0] == "非常に強い"


def test_few_years_show_no_break_and_say_so():
    answer = trends(panel([[[1, 2, 4, 8, 8, 4, 2, 1]]]), ["a"], "plants")
    assert answer.breaks == ((), ())
    assert "8 periods are too few to look for breaks." in answer.notes


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
    for periods, says in (
        (("x", "y"), "The periods are no years: x, y"),
        (("2000Q1", "2000Q2"), "The periods are no years"),
        (("1991", "1990"), "Expected years in order"),
    ):
        with pytest.raises(ParameterError, match=says):
            trends(replace(panel([[[1, 2]]]), periods=periods), ["a"], "plants")
    with pytest.raises(UnknownCodeError, match="Unknown area"):
        trends(panel([[[1, 2]]]), ["z"], "plants")
    with pytest.raises(ParameterError, match="'area' or 'industry'"):
        contributions(panel([[[1, 2]]]), "plants", start="1990", end="1991", by="year")
    with pytest.raises(ParameterError, match="is not after the start"):
        contributions(panel([[[1, 2]]]), "plants", start="1991", end="1990")
    with pytest.raises(DataError, match="adds up to 0"):
        contributions(panel([[[0, 2]]]), "plants", start="1990", end="1991")
