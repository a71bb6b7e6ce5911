"""Plants over several waves without numbers, made up so that every event is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import shuseki as sk
from shuseki.demography.linked_waves import LinkedWaves, link_waves
from shuseki.errors import DataError, ParameterError

TRADES = ["製作所", "鉄工所", "精機", "工業", "電機", "化成", "印刷", "木工", "製菓", "染工"]
STEMS = [
    "東洋",
    "日進",
    "三和",
    "大和",
    "富士",
    "昭和",
    "共栄",
    "協和",
    "新生",
    "第一",
    "中央",
    "東亜",
]
NAMES = [f"{a}{b}" for a in STEMS for b in TRADES]  # 120, no two alike
PAUSED, CLOSED, OPENED, MOVED = range(5), range(5, 12), range(110, 120), range(20, 26)


def wave(plants: list[int], year: int, moved: tuple[int, ...] = ()) -> pd.DataFrame:
    """Records of some plants, numbered anew in an order of their own."""
    order = np.random.default_rng(year).permutation(plants)
    return pd.DataFrame(
        {
            "id": [f"{year}-{k}" for k in range(len(order))],
            "name": [f"株式会社{NAMES[p]}" for p in order],
            "address": [
                f"{'諏訪市高島' if p in moved else '岡谷市本町'}{p % 7 + 1}丁目{p}番" for p in order
            ],
            "industry": [f"{p % 10}1" for p in order],
            "plant": order,
        }
    )


def waves(years: tuple[int, int, int]) -> dict[int, pd.DataFrame]:
    """110 plants; in the second wave 5 pause, 7 have closed and 10 are new; then the 5 are back."""
    first = list(range(110))
    second = [p for p in (*first, *OPENED) if p not in PAUSED and p not in CLOSED]
    return {
        years[0]: wave(first, years[0]),
        years[1]: wave(second, years[1], tuple(MOVED)),
        years[2]: wave([*second, *PAUSED], years[2], tuple(MOVED)),
    }


@pytest.fixture(scope="module")
def yearly() -> dict[int, pd.DataFrame]:
    return waves((2016, 2017, 2018))


@pytest.fixture(scope="module")
def found(yearly: dict[int, pd.DataFrame]) -> LinkedWaves:
    return link_waves(yearly, draws=30)


def test_events_of_every_interval(found: LinkedWaves) -> None:
    count = found.to_frame().set_index(["to_wave", "event"])["count"]
    # as made in waves(): the five that pause are back within two years, so they did not die
    assert count[2017].to_dict() == {
        "survivors": 98, "births": 10, "deaths": 7, "relocations": 6, "reactivations": 0,
    }  # fmt: skip
    assert count[2018].to_dict() == {
        "survivors": 108, "births": 0, "deaths": 0, "relocations": 0, "reactivations": 5,
    }  # fmt: skip
    assert "120 plants in 3 waves: 10 births and 7 deaths" in found.headline()


def test_intervals_are_about_the_counts(found: LinkedWaves) -> None:
    frame = found.to_frame()
    assert (frame["low"] <= frame["count"]).all()
    assert (frame["count"] <= frame["high"]).all()
    assert (frame["low"] <= frame["mean"].round()).all()
    assert (frame["mean"].round() <= frame["high"]).all()


def test_one_id_over_all_waves(found: LinkedWaves, yearly: dict[int, pd.DataFrame]) -> None:
    truth = pd.concat([one.assign(wave=year) for year, one in yearly.items()])
    both = found.plants.merge(truth[["wave", "id", "plant"]], on=["wave", "id"])
    assert len(both) == len(truth)
    assert both.groupby("plant_x")["plant_y"].nunique().max() == 1
    assert both.groupby("plant_y")["plant_x"].nunique().max() == 1
    # numbers differ between all waves, so each of the 98 + 108 + 5 that go on has changed
    assert len(found.converter()) == 211


def test_a_long_pause_is_a_death_and_a_birth() -> None:
    # back after four calendar years: the rule allows two
    late = link_waves(waves((2012, 2014, 2016)), draws=20)
    count = late.to_frame().set_index(["to_wave", "event"])["count"]
    assert count[2014]["deaths"] == 12
    assert count[2016]["births"] == 5
    assert count[2016]["reactivations"] == 0
    assert late.plants["plant"].nunique() == 125


def test_two_waves_are_as_one_linkage(yearly: dict[int, pd.DataFrame]) -> None:
    first, second, _ = yearly.values()
    two = link_waves({2016: first, 2017: second}, draws=20)
    one = sk.link(first, second)
    pd.testing.assert_frame_equal(two.steps[0].links.to_frame(), one.to_frame())


def test_what_cannot_be_linked_names_the_waves(yearly: dict[int, pd.DataFrame]) -> None:
    with pytest.raises(ParameterError, match="two or more"):
        link_waves({2016: yearly[2016]})
    with pytest.raises(
        DataError, match=r"2016 \(left\) and 2017 \(right\): The right register has no records"
    ):
        link_waves({**yearly, 2017: yearly[2017].iloc[:0]})
