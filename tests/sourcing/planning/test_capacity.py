"""Are orders served within the hours there are, at a cost that is bounded from below?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from shuseki.directory import Capability, Directory, Firm, Load
from shuseki.errors import ShusekiError
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.capacity import (
    Need,
    dates,
    exchange,
    joint_order,
    serve,
    transport_problem,
    unserved_needs,
)
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep

MONDAY = date(2026, 1, 5)
MakeFirms = Callable[..., Directory]
MakeOrder = Callable[..., Order]


def lone(key: str, hours_per_piece: float, rate: float, hours: list[float]) -> Directory:
    """One firm that turns, with free hours by week."""
    cluster, _, id = key.partition("/")
    return Directory(
        (Firm(id, cluster, id, "13111", "", 35.56, 139.72),),
        (
            Capability(
                key,
                "turning",
                lot_min=1,
                lot_max=10_000,
                setup_hours=0.0,
                hours_per_piece=hours_per_piece,
                rate_yen_per_hour=rate,
            ),
        ),
        loads=tuple(Load(key, MONDAY + timedelta(weeks=w), h) for w, h in enumerate(hours)),
    )


def both(*many: Directory) -> Directory:
    return Directory(
        *(tuple(row for one in many for row in getattr(one, name)) for name in ("firms",)),
        capabilities=tuple(c for one in many for c in one.capabilities),
        loads=tuple(x for one in many for x in one.loads),
    )


def turned(id: str, quantity: int, price: float, days: int = 7) -> Order:
    step = OrderStep("turning", Step("turning", quantity=quantity))
    return Order(
        id, (step,), quantity, MONDAY, MONDAY + timedelta(days=days), piece_kg=0.1, price_yen=price
    )


def test_the_price_of_an_hour_by_hand() -> None:
    # 12 hours for two orders of 10 hours each: the worthier is served, and parts of chains would
    # serve a fifth of the other, so that an hour more saves (50,000 - 10·1000)/10 = 4,000 yen and
    # the bound is 10,000 + 0.2·10,000 + 0.8·50,000 = 52,000
    firms = lone("ota/a", 1.0, 1000.0, [12.0])
    orders = [turned("small", 10, 50_000.0), turned("large", 10, 90_000.0)]
    served = serve(orders, firms, weeks=1)
    assert served.orders.set_index("order")["served"].to_dict() == {"small": False, "large": True}
    assert served.value_yen == 10_000 + 50_000
    assert served.bound_yen == pytest.approx(52_000)
    assert served.gap_share == pytest.approx(8 / 60)
    assert served.bottlenecks["yen_per_hour"].tolist() == [pytest.approx(4000)]
    assert "1 of 2 orders served" in served.headline()


def test_where_capacity_is_ample_hours_have_no_price() -> None:
    served = serve([turned("one", 10, 50_000.0)], lone("ota/a", 1.0, 1000.0, [40.0]), weeks=1)
    assert served.bottlenecks.empty
    assert served.value_yen == 10_000


def test_work_beyond_a_week_is_spread_and_lateness_costs() -> None:
    # 30 hours at 10 a week: three weeks, ends in the third; due after 7 days: 2 weeks late at 2%
    firms = lone("ota/a", 1.0, 1000.0, [10.0] * 4)
    served = serve([turned("long", 30, 100_000.0)], firms, weeks=4)
    assert served.orders["late_weeks"].tolist() == [2]
    assert served.value_yen == pytest.approx(30_000 + 2 * 0.02 * 100_000)
    assert served.hours["used_hours"].tolist() == [10.0, 10.0, 10.0]


def test_hours_are_never_overdrawn_and_the_bound_is_below(
    made_up: MakeFirms, asked: MakeOrder
) -> None:
    firms = made_up(12, weeks=8, free_hours=20.0)
    rng = np.random.default_rng(1)
    orders = [
        asked(
            *rng.choice(["turning", "milling", "grinding", "plating"], 3, replace=False),
            hub="",
            id=f"o{k}",
            quantity=int(rng.integers(10, 60)),
            days=int(rng.integers(14, 50)),
        )
        for k in range(12)
    ]
    served = serve(orders, firms, weeks=8, seconds=10)
    assert not served.orders["served"].all()  # hours are scarce
    assert len(served.bottlenecks)
    hours = served.hours
    assert (hours["used_hours"] <= hours["free_hours"] + 1e-6).all()
    assert served.bound_yen <= served.value_yen
    assert 0 <= served.gap_share < 0.2
    costs = served.orders["cost_yen"].fillna(0).sum()
    worth = served.orders.loc[~served.orders["served"], "worth_yen"].sum()
    assert served.value_yen == pytest.approx(costs + worth)
    timed = dates(served, seconds=5)
    assert set(timed.steps["order"]) == set(served.orders.loc[served.orders["served"], "order"])
    assert (timed.steps["begins"] <= timed.steps["ends"]).all()
    assert timed.bound_yen <= timed.late_yen


def test_an_order_that_nobody_can_make_is_named() -> None:
    firms = lone("ota/a", 1.0, 1000.0, [40.0])
    step = OrderStep("plating", Step("plating"))
    other = replace(turned("plated", 5, 9_000.0), steps=(step,))
    served = serve([other, turned("one", 10, 50_000.0)], firms, weeks=1)
    assert served.value_yen == 9_000 + 10_000
    assert any("plated (plating)" in note for note in served.notes)


@pytest.mark.parametrize(
    ("orders", "weeks"),
    [([], 4), ([turned("a", 1, 1.0)], 0), ([turned("a", 1, 1.0), turned("a", 2, 1.0)], 4)],
)
def test_what_cannot_be_served_is_refused(orders: list[Order], weeks: int) -> None:
    with pytest.raises(ShusekiError):
        serve(orders, lone("ota/a", 1.0, 1000.0, [40.0]), weeks=weeks)


# ---- one lot among many --------------------------------------------------------------------------


def test_a_lot_is_shared_by_hand() -> None:
    # 30 pieces; 20 hours each: the cheap firm takes 20, the dear one 10
    firms = both(
        lone("ota/a", 1.0, 1000.0, [20.0]),
        lone("ota/b", 1.0, 2000.0, [20.0]),
    )
    plain = Assumptions().replace(new_tie_yen=0, handling_yen=0)
    shared = joint_order(turned("lot", 30, 1.0), firms, assumptions=plain)
    assert shared.shares["firm"].tolist() == ["ota/a", "ota/b"]
    assert shared.shares["pieces"].tolist() == [20, 10]
    assert shared.value_yen == pytest.approx(20 * 1000 + 10 * 2000)
    assert shared.bound_yen == pytest.approx(shared.value_yen)
    assert shared.alone == ()
    assert shared.unplaced == 0


def test_what_no_firm_has_hours_for_stays_unplaced() -> None:
    shared = joint_order(turned("lot", 30, 1.0), lone("ota/a", 1.0, 1000.0, [20.0]))
    assert shared.unplaced == 10


def test_a_lot_of_several_steps_is_refused(asked: MakeOrder, made_up: MakeFirms) -> None:
    with pytest.raises(ShusekiError, match="one that several firms share"):
        joint_order(asked("turning", "grinding"), made_up(12))


# ---- lent hours ----------------------------------------------------------------------------------


def test_prices_of_a_transport_problem_by_hand() -> None:
    # two lenders of 5 hours at 2 and 4 yen, a need of 8 hours worth 10 each: 5 from the first, 3
    # from the second. An hour more of the first saves 4 - 2, of the need costs 4.
    sent, idle, need = transport_problem(
        np.array([[2.0], [4.0]]), np.array([5.0, 5.0]), np.array([8.0]), np.array([10.0])
    )
    assert sent.ravel().tolist() == [5.0, 3.0]
    assert idle.tolist() == [2.0, 0.0]
    assert need.tolist() == [4.0]


def test_idle_hours_go_where_they_are_worth_their_cost() -> None:
    firms = both(lone("ota/a", 1.0, 1000.0, [10.0]), lone("ota/b", 1.0, 9000.0, [0.0]))
    rich = Need("ota/b", "turning", MONDAY, 15.0, 8000.0)
    lent = exchange([rich], firms)
    assert lent.loans[["lender", "borrower", "hours"]].to_numpy().tolist() == [
        ["ota/a", "ota/b", 10.0]
    ]
    assert lent.unmet_hours == 5
    # the rate, 500 for the agreement, no way to go
    assert lent.saved_yen == pytest.approx(10 * (8000 - 1000 - 500))
    poor = replace(rich, worth_yen_per_hour=1200.0)
    assert exchange([poor], firms).loans.empty
    late = replace(rich, week=MONDAY + timedelta(weeks=1))
    assert exchange([late], firms).loans.empty
    other = replace(rich, process="plating")
    assert exchange([other], firms).loans.empty


def test_needs_of_what_is_not_served() -> None:
    firms = lone("ota/a", 1.0, 1000.0, [10.0])
    served = serve([turned("s", 10, 50_000.0), turned("l", 10, 90_000.0)], firms, weeks=1)
    needs = unserved_needs(served, firms)
    assert needs == (Need("ota/a", "turning", MONDAY, 10.0, 5000.0),)


@pytest.mark.parametrize(
    "need",
    [
        Need("ota/nobody", "turning", MONDAY, 1.0, 1.0),
        Need("ota/a", "turning", MONDAY, -1.0, 1.0),
        Need("ota/a", "turning", MONDAY, 1.0, float("nan")),
    ],
)
def test_needs_that_cannot_be_are_refused(need: Need) -> None:
    with pytest.raises(ShusekiError):
        exchange([need], lone("ota/a", 1.0, 1000.0, [10.0]))


def test_the_same_orders_get_the_same_plan_and_the_same_days(made_up: MakeFirms) -> None:
    firms = made_up(30, weeks=4, free_hours=6.0)
    orders = [turned(f"{k}", 20 + k, 30_000.0 + 500 * k, days=14) for k in range(24)]
    first, again = (serve(orders, firms, weeks=4) for _ in range(2))
    assert first.orders.equals(again.orders)
    assert (first.value_yen, first.bound_yen) == (again.value_yen, again.bound_yen)
    assert dates(first).steps.equals(dates(again).steps)


def test_a_search_that_time_ended_says_so() -> None:
    firms = lone("ota/a", 1.0, 1000.0, [12.0] * 4)  # one order a week: all want the first
    orders = [turned(f"{k}", 10, 60_000.0 + 500 * k, days=30) for k in range(6)]
    served = serve(orders, firms, weeks=4, seconds=1e-6)
    assert any("ended by time" in note for note in served.notes)
    assert not any("ended by time" in note for note in serve(orders, firms, weeks=4).notes)
