"""Rents of sharing, Shapley shares, channels, values of firms; and the planner's value."""

import itertools
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from shuseki.directory import Capability, Directory, Firm, Load, Rating, Tie
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.rents import (
    CHANNELS,
    firm_values,
    read_values,
    sampled_shapley,
    shapley_values,
    sharing_rent,
    split_by_channel,
    value_table,
)
from shuseki.sourcing.sharing import planned_orders, rent_by_channel

MONDAY = date(2026, 1, 5)


def random_game(n, seed):
    table = np.random.default_rng(seed).normal(size=1 << n)
    table[0] = 0
    return table


def by_orders(table):
    """Shapley values as the mean over all orders of arrival."""
    n = int(np.log2(len(table)))
    gains = np.zeros(n)
    for order in itertools.permutations(range(n)):
        mask = 0
        for k in order:
            gains[k] += table[mask | 1 << k] - table[mask]
            mask |= 1 << k
    return gains / len(list(itertools.permutations(range(n))))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_shapley_values_are_the_mean_over_all_orders(n):
    table = random_game(n, n)
    assert shapley_values(table) == pytest.approx(by_orders(table))
    assert shapley_values(table).sum() == pytest.approx(table[-1])


def test_weighted_majority_of_the_textbooks():
    # 50, 49 and 1 votes, 51 win: 2/3, 1/6, 1/6
    votes = {"fifty": 50, "forty-nine": 49, "one": 1}
    found = sharing_rent(lambda S: float(sum(votes[name] for name in S) >= 51), list(votes))
    assert found.shares == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert found.rent == 1
    assert found.is_superadditive
    assert found.is_stable is False  # fifty and one win alone and get 5/6


def test_additive_games_have_no_rent():
    worth = dict(zip("abcdef", range(6), strict=True))
    found = sharing_rent(lambda S: float(sum(worth[k] for k in S)), list(worth))
    assert found.rent == 0
    assert found.shares == pytest.approx(list(worth.values()))
    assert found.is_stable


def test_a_value_of_nothing_is_nobodys():
    found = sharing_rent(lambda S: 7.0 + 2 * len(S), ["a", "b"])
    assert found.shares.sum() == pytest.approx(found.together - found.nothing)


def test_losing_by_joining_is_said():
    found = sharing_rent(lambda S: [0, 5, 6][len(S)], ["a", "b"])
    assert found.is_superadditive is False
    assert found.rent == -4
    assert any("lose by joining" in note for note in found.notes)


def test_twelve_clusters_are_sampled_with_an_error():
    names = [f"c{k:02d}" for k in range(12)]
    # symmetric: each share is v(N)/12 = 12
    same = sharing_rent(lambda S: float(len(S) ** 2), names, draws=400)
    assert same.shares.sum() == pytest.approx(144)
    assert same.is_superadditive is None
    assert (np.abs(same.shares - 12) < 4.5 * same.standard_errors).all()
    assert (same.standard_errors > 0).all()
    # additive: no error at all
    worth = dict(zip(names, range(12), strict=True))
    sure = sharing_rent(lambda S: float(sum(worth[k] for k in S)), names, draws=5)
    assert sure.shares == pytest.approx(list(worth.values()))
    assert sure.standard_errors == pytest.approx(np.zeros(12))


def test_sampled_shares_approach_the_exact_ones():
    table = random_game(6, 0)
    exact = shapley_values(table)
    means, errors = sampled_shapley(lambda m: table[m], 6, 3000, np.random.default_rng(0))
    assert (np.abs(means - exact) < 4.5 * errors).all()
    assert means.sum() == pytest.approx(exact.sum())


def test_order_of_clusters_changes_nothing():
    value = lambda S: float(len(S) ** 2 + 3 * ("b" in S) - ("c" in S and "a" in S))  # noqa: E731
    first = sharing_rent(value, ["a", "b", "c"]).to_frame()
    again = sharing_rent(value, ["c", "a", "b"]).to_frame()
    pd.testing.assert_frame_equal(first, again)


def test_each_value_is_asked_once():
    asked = []

    def value(S):
        asked.append(S)
        return float(len(S))

    sharing_rent(value, ["a", "b", "c"])
    assert len(asked) == len(set(asked)) == 8


def test_rents_refuse():
    with pytest.raises(DataError, match="1 clusters: a"):
        sharing_rent(lambda S: 0.0, ["a"])
    with pytest.raises(DataError, match="Given twice: a"):
        sharing_rent(lambda S: 0.0, ["a", "a"])
    with pytest.raises(DataError, match=r"value of \{a\} is nan"):
        sharing_rent(lambda S: float("nan") if "b" not in S and S else 0.0, ["a", "b"])
    with pytest.raises(ParameterError, match="1 draws"):
        sharing_rent(lambda S: 0.0, [str(k) for k in range(11)], draws=1)
    with pytest.raises(ParameterError, match="3 values"):
        shapley_values(np.zeros(3))


# ---- channels and firms --------------------------------------------------------------------------


def test_channels_share_what_they_add():
    # 100 without any; embedding 10, information 20, both 10 more; reputation nothing
    def rent(on):
        return (
            100
            + 10 * ("embedding" in on)
            + 20 * ("information" in on)
            + 10 * ({"embedding", "information"} <= on)
        )

    found = split_by_channel(rent)
    assert found.channels == CHANNELS
    assert found.shares == pytest.approx([15, 25, 0])
    assert found.shares.sum() == pytest.approx(found.all_on - found.all_off)
    assert found.only.tolist() == [110, 120, 100]
    assert found.without.tolist() == [120, 110, 140]


def test_a_firm_without_a_substitute_is_worth_most():
    found = firm_values(
        lambda S: 8.0 * ("only" in S) + 5.0 * bool(S & {"x", "y"}), ["only", "x", "y"]
    )
    assert found.marginal.tolist() == [8, 0, 0]
    assert "only is worth most to the others, ¥8 of ¥13; 2 firms could leave" in found.headline()


# ---- tables of values ----------------------------------------------------------------------------


def test_values_are_read_back(tmp_path):
    value = lambda S: float(len(S) ** 2)  # noqa: E731
    value_table(value, ["ota", "suwa", "sabae"]).to_csv(tmp_path / "v.csv", index=False)
    again, names = read_values(tmp_path / "v.csv")
    assert names == ("ota", "suwa", "sabae")
    assert again(frozenset({"suwa", "ota"})) == 4
    assert again(frozenset()) == 0


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a", 1), ("b", 1)], r"No value for a\+b"),
        ([("a", 1), ("b", 1), ("a+b", 2), ("b+a", 3)], r"a\+b is given twice, in rows 2 and 3"),
        ([("a", 1), ("a+a", 1)], "Row 1: 'a\\+a' names no set"),
        ([("a", 1), ("+", 1)], "Row 1"),
        ([("a", np.nan), ("b", 1), ("a+b", 1)], "Row 0: no value for 'a'"),
        ([(f"c{k}", 1) for k in range(11)], "11 clusters in a table"),
    ],
)
def test_bad_values_are_named(rows, says):
    with pytest.raises(DataError, match=says):
        read_values(pd.DataFrame(rows, columns=["clusters", "value_yen"]))


# ---- what the planner says -----------------------------------------------------------------------


def two_clusters(loads=(), ratings=()):
    """Ota mills and grinds dearly, Suwa grinds cheaply and plates; only Ota mills."""
    firms = (
        Firm("hub", "ota", "hub", "13111", latitude=35.56, longitude=139.72, coordinator=True),
        Firm("g", "ota", "grinder", "13111", latitude=35.57, longitude=139.72),
        Firm("g", "suwa", "grinder", "20206", latitude=36.04, longitude=138.11),
        Firm("p", "suwa", "plater", "20206", latitude=36.04, longitude=138.12),
    )

    def able(firm, process, rate):
        return Capability(
            firm, process, ("carbon_steel",), 1, 500, 6, 0.2, 1, 5000, 1.0, 0.1, float(rate)
        )

    return Directory(
        firms,
        capabilities=(
            able("ota/hub", "milling", 5000),
            able("ota/g", "grinding", 20000),
            able("suwa/g", "grinding", 4000),
            able("suwa/p", "electroplating", 5000),
        ),
        ties=(Tie("ota/hub", "ota/g"),),
        loads=tuple(loads),
        ratings=tuple(ratings),
    )


def order(name, *processes, hub="ota/hub", price=None, days=60):
    steps = tuple(
        OrderStep(
            f"{k} {process}",
            Step(process, "carbon_steel", 50, it_grade=9, quantity=100),
            (f"{k - 1} {processes[k - 1]}",) if k else (),
        )
        for k, process in enumerate(processes)
    )
    return Order(
        name, steps, 100, MONDAY, MONDAY + timedelta(days=days), hub=hub, piece_kg=0.2,
        price_yen=price,
    )  # fmt: skip


ORDERS = (
    order("grind", "milling", "grinding", price=900_000),
    order("plate", "milling", "electroplating", price=500_000),
    order("own", "grinding", hub="suwa/p", price=200_000),
)


def test_value_of_clusters_from_the_planner():
    made = planned_orders(two_clusters(), ORDERS)
    ota, suwa, both = (made.value_yen(S) for S in (["ota"], ["suwa"], ["ota", "suwa"]))
    found = sharing_rent(made.value_yen, ["ota", "suwa"])
    assert found.alone.tolist() == [ota, suwa]
    assert found.rent == pytest.approx(both - ota - suwa)
    assert found.rent > 0  # ota alone cannot plate
    assert found.is_superadditive
    assert found.shares.sum() == pytest.approx(both)
    assert made.value_yen([]) == 0
    # suwa alone has no milling: only its own order
    assert suwa < 200_000


def test_plans_without_firms_equal_plans_from_scratch():
    made = planned_orders(two_clusters(), ORDERS)
    n = len(made.firms)
    whole = made.plan(np.ones(n, dtype=bool))
    for gone in range(n):
        alive = np.arange(n) != gone
        kept, fresh = made.plan(alive, whole), made.plan(alive)
        assert np.array_equal(kept.cost_yen, fresh.cost_yen, equal_nan=True)
        assert kept.sales_yen == pytest.approx(fresh.sales_yen)
        assert (kept.uses == fresh.uses).all()
    # the only mill gone: both of ota's orders are lost
    without = made.plan(np.array([key != "ota/hub" for key in made.firms]), whole)
    assert np.isnan(without.cost_yen).tolist() == [True, True, False]


def test_inside_is_never_better_than_sharing():
    made = planned_orders(two_clusters(), ORDERS)
    everyone = np.ones(len(made.firms), dtype=bool)
    inside, wide = made.inside().plan(everyone).cost_yen, made.plan(everyone).cost_yen
    assert np.isnan(inside[1])  # nobody in ota plates
    assert (inside[[0, 2]] >= wide[[0, 2]]).all()


def test_channels_are_switched_at_the_planner():
    # the cheap grinder is nearly full: eleven hours take eleven weeks, and 60 days are given
    weeks = [MONDAY + timedelta(weeks=k) for k in range(20)]
    loads = [Load("suwa/g", week, 1.0) for week in weeks]
    ratings = [Rating("suwa/g", "x", delivery=1.0), Rating("ota/g", "x", delivery=5.0)]
    directory = two_clusters(loads, ratings)
    rent = rent_by_channel(directory, ORDERS)
    found = split_by_channel(rent)
    assert found.shares.sum() == pytest.approx(found.all_on - found.all_off)
    # without seeing that it is full, it is chosen, is late, and the order earns nothing
    on = frozenset(CHANNELS)
    blind = planned_orders(directory, ORDERS, hidden=("loads",))
    assert blind.value_yen(["ota", "suwa"]) < planned_orders(directory, ORDERS).value_yen(
        ["ota", "suwa"]
    )
    # new ties that cost nothing are worth something
    assert rent(on - {"embedding"}) < rent(on)
    with pytest.raises(UnknownCodeError, match="gossip"):
        rent(frozenset({"gossip"}))


def test_planned_orders_refuse():
    directory = two_clusters()
    with pytest.raises(DataError, match="No orders"):
        planned_orders(directory, ())
    with pytest.raises(DataError, match="given twice: grind"):
        planned_orders(directory, (ORDERS[0], ORDERS[0]))
    with pytest.raises(DataError, match="Orders of no cluster: grind"):
        planned_orders(directory, (order("grind", "grinding", hub=""),))
    with pytest.raises(ParameterError, match="loss_share = 2"):
        planned_orders(directory, ORDERS, loss_share=2)
    with pytest.raises(UnknownCodeError, match="ties"):
        planned_orders(directory, ORDERS, hidden=("ties",))


def test_orders_without_a_price_and_impossible_ones_are_said():
    made = planned_orders(
        two_clusters(), (order("grind", "grinding"), order("cast", "sand_casting"))
    )
    assert made.worth_yen[0] > 0
    assert made.worth_yen[1] == 0
    assert any("Of 2 orders no price is stated" in note for note in made.notes)
    assert any("1 order cannot be made" in note for note in made.notes)
