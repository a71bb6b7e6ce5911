"""The funnel adds up, and stands beside the print."""

import pytest

from shuseki.demography.funnel import Funnel, Step
from shuseki.errors import DataError, ParameterError


def funnel() -> Funnel:
    return Funnel(
        steps=(
            Step("candidates", "in 2000, not in 1998", "1998年になく2000年に存在", 0, 26634),
            Step("seen earlier", "seen in 1995, 1996, 1997", "以前に存在", 6711, 19923),
            Step("large", "20 or more", "20人以上", 2912, 17011),
            Step("outside", "outside", "地区外", 818, 16193),
        ),
        groups={"high": 3740, "low": 12453},
        printed_groups={},
    )


def test_it_refuses_steps_that_do_not_add_up():
    with pytest.raises(DataError, match="26,634 − 6,411 ≠ 19,923"):
        Funnel(
            steps=(
                Step("candidates", "", "", 0, 26634),
                Step("seen earlier", "", "", 6411, 19923),  # as Okamuro (2006), p. 5, prints it
            ),
            groups={},
            printed_groups={},
        )


def test_printed_counts_stand_beside_with_their_difference():
    # Okamuro (2006), pp. 5–7.
    beside = funnel().with_printed(
        left={"candidates": 26634, "seen earlier": 19923, "large": 17011, "outside": 16193},
        set_aside={"seen earlier": 6411},
        groups={"high": 3760, "low": 12453},
    )
    frame = beside.to_frame()
    assert frame["difference_left"].tolist() == [0, 0, 0, 0, -20, 0]
    assert frame["difference_set_aside"].dropna().tolist() == [300]
    # p. 5: 85.4% of 19,923 are small; p. 7: 95.2% of these are inside; 23.1% are high-tech.
    assert round(17011 / 19923, 3) == 0.854
    assert frame["left_share"].round(3).tolist()[-2:] == [0.231, 0.769]


def test_without_print_there_are_no_printed_columns():
    assert list(funnel().to_frame().columns) == ["step", "set_aside", "left", "left_share"]
    assert funnel().headline() == (
        "26,634 candidates → 16,193 left; most set aside: seen in 1995, 1996, 1997 (6,711)"
    )


def test_it_speaks_japanese():
    steps = funnel().to_frame("ja")["step"].tolist()
    assert steps[-2:] == ["うちハイテク業種", "うちローテク業種"]


def test_an_unknown_step_is_named():
    with pytest.raises(ParameterError, match="no step 'outsid'"):
        funnel().with_printed(left={"outsid": 1})
