"""Is the plan of an order exact, the same for any order of rows, and explained from what it saw?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest

from shuseki.directory import Capability, Directory, Firm, Load, Rating, Tie
from shuseki.errors import ShusekiError
from shuseki.language import told
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.matching import Step
from shuseki.sourcing.offers import offers
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import locality, plan, valuation, value

MONDAY = date(2026, 1, 5)
MakeFirms = Callable[..., Directory]
MakeOrder = Callable[..., Order]
PLAIN = Assumptions().replace(
    queue_days=2,
    handling_yen=1000,
    new_tie_yen=5000,
    new_tie_days=1,
    exit_per_year=0.02,
    exit_per_year_old=0.08,
    late_share=0.1,
    own_van_km=15,
    own_van_yen=800,
    own_van_days=0.25,
    courier_km_per_day=600,
    lorry_yen=15_000,
    lorry_yen_per_km=200,
    time_factor_per_grade=1.2,
    hours_per_day=8,
)


def turner(firm: str, **more: object) -> Capability:
    stated = {"setup_hours": 2.0, "hours_per_piece": 0.1, "rate_yen_per_hour": 5000.0} | more
    return Capability(firm, "turning", ("steel",), 1, 300, 7, 0.8, 1, 1000, **stated)  # type: ignore[arg-type]


def grinder(firm: str, **more: object) -> Capability:
    stated = {"setup_hours": 1.0, "hours_per_piece": 0.2, "rate_yen_per_hour": 6000.0} | more
    return Capability(firm, "grinding", ("steel",), 1, 300, 5, 0.2, 1, 1000, **stated)  # type: ignore[arg-type]


def ota(id: str, **more: object) -> Firm:
    return Firm(id, "ota", id, "13111", "", 35.561, 139.716, **more)  # type: ignore[arg-type]


def suwa(id: str, **more: object) -> Firm:
    return Firm(id, "suwa", id, "20206", "", 36.039, 138.114, **more)  # type: ignore[arg-type]


def order(quantity: int = 100, hub: str = "", days: int = 60, **more: object) -> Order:
    steps = (
        OrderStep("turn", Step("turning", "steel", 50, it_grade=9, quantity=quantity)),
        OrderStep("grind", Step("grinding", "steel", 50, it_grade=7, quantity=quantity), ("turn",)),
    )
    due = MONDAY + timedelta(days=days)
    return Order("o", steps, quantity, MONDAY, due, hub=hub, piece_kg=0.1, **more)  # type: ignore[arg-type]


def test_cost_days_and_risk_of_a_chain_by_hand() -> None:
    firms = Directory((ota("a"), suwa("b")), (turner("ota/a"), grinder("suwa/b")))
    chain = plan(order(), firms, assumptions=PLAIN, draws=0).recommended
    assert chain is not None
    # turning: 2 + 100·0.1·1.2 (IT9) = 14 h · 5000 = 70,000
    # grinding: 1 + 100·0.2·1.2³ (IT7) = 35.56 h · 6000 = 213,360
    # 10 kg is a parcel of size 100, Kanto to Shin-etsu 1,530 yen; handling 1,000; new tie 5,000
    assert chain.cost_yen == 70_000 + 213_360 + 1_530 + 1_000 + 5_000
    # wait 2 each; work (14 + 35.56)/8 · 7/5; a parcel 1 day; a new tie 1 day
    assert chain.days == pytest.approx(4 + (14 + 35.56) / 8 * 1.4 + 1 + 1, abs=0.02)
    # late twice with 0.1; the second firm is entered by a hand-over, as is the first from nowhere:
    # its exit counts once each
    assert chain.risk == pytest.approx(1 - 0.9**2 * 0.98**2, abs=2e-4)
    assert chain.firms == ("ota/a", "suwa/b")


def test_one_firm_for_both_steps_hands_nothing_over() -> None:
    firms = Directory((ota("a"),), (turner("ota/a"), grinder("ota/a")))
    chain = plan(order(), firms, assumptions=PLAIN, draws=0).recommended
    assert chain is not None
    assert chain.cost_yen == 70_000 + 213_360
    assert chain.risk == pytest.approx(1 - 0.9**2 * 0.98, abs=2e-4)


def test_a_tie_saves_the_search_and_ratings_and_loads_are_used() -> None:
    firms = Directory(
        (ota("a"), ota("b")),
        (turner("ota/a"), grinder("ota/b")),
        loads=(
            Load("ota/b", MONDAY, 20.0),
            Load("ota/b", MONDAY + timedelta(weeks=1), 20.0),
        ),
        ties=(Tie("ota/b", "ota/a"),),
        ratings=(Rating("ota/b", "1", delivery=5), Rating("ota/b", "2", delivery=3)),
    )
    chain = plan(order(), firms, assumptions=PLAIN, draws=0).recommended
    assert chain is not None
    # both in one place: own van 800, handling 1,000, no new tie
    assert chain.cost_yen == 70_000 + 213_360 + 800 + 1_000
    # 35.56 h of 20 a week: one week, and 15.56/20 of the next
    assert chain.stops[1].days == pytest.approx(0.25 + 7 + 7 * 15.56 / 20, abs=0.02)
    # mean rating 4: late share = 0.3 + (0.02 - 0.3)·¾ = 0.09
    assert chain.risk == pytest.approx(1 - 0.9 * 0.91 * 0.98**2, abs=2e-4)


def test_with_a_hub_ties_are_those_with_the_hub() -> None:
    firms = Directory(
        (ota("hub"), ota("a"), suwa("b")),
        (turner("ota/a"), grinder("suwa/b")),
        ties=(Tie("ota/hub", "ota/a"), Tie("ota/a", "suwa/b")),
    )
    chain = plan(order(hub="ota/hub"), firms, assumptions=PLAIN, draws=0).recommended
    assert chain is not None
    # to a by van 800; to b 1,530 + 1,000 + new tie with the hub 5,000; back to the hub 1,530
    assert chain.cost_yen == 70_000 + 213_360 + 800 + 1_530 + 1_000 + 5_000 + 1_530


def every_value(one: Order, firms: Directory) -> np.ndarray:
    """Cost, days and risk of every chain, by enumeration of the graph."""
    layers = offers(one, firms).layers(PLAIN)
    nodes, arcs = layers.of(("cost_yen", "days", "risk"))
    found = []
    for path in product(*[range(len(layer)) for layer in nodes]):
        total = nodes[0][path[0]].copy()
        for k in range(1, len(path)):
            total += arcs[k - 1][path[k - 1], path[k]] + nodes[k][path[k]]
        if np.isfinite(total).all():
            found.append(total)
    return np.unique(np.array(found), axis=0)


@pytest.mark.parametrize("seed", range(4))
def test_the_front_is_that_of_every_chain(seed: int, made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(24, seed)
    one = asked("turning", "grinding", "plating", hub="")
    values = every_value(one, firms)
    best = [v for v in values if not ((values <= v).all(1) & (values < v).any(1)).any()]
    front = plan(one, firms, assumptions=PLAIN, draws=0).front
    np.testing.assert_allclose(front["cost_yen"], [v[0] for v in best])
    np.testing.assert_allclose(front["days"], [v[1] / 100 for v in best])


def test_steps_of_a_partial_order_are_done_in_the_better_sequence(made_up: MakeFirms) -> None:
    # b and c are both free after a: the two sequences of three firms in a row, by hand
    steps = (
        OrderStep("a", Step("turning")),
        OrderStep("b", Step("grinding"), ("a",)),
        OrderStep("c", Step("plating"), ("a",)),
    )
    free = Order("o", steps, 10, MONDAY, MONDAY + timedelta(days=90), piece_kg=0.1)
    names = {"b": ("b",), "c": ("c",)}
    fixed = [
        replace(
            free,
            steps=(
                steps[0],
                OrderStep(first, steps[k].step, ("a",)),
                OrderStep(then, steps[3 - k].step, names[first]),
            ),
        )
        for k, (first, then) in ((1, ("b", "c")), (2, ("c", "b")))
    ]
    firms = made_up(30, 5)
    values = np.concatenate([every_value(one, firms) for one in fixed])
    values = np.unique(values, axis=0)
    best = [v for v in values if not ((values <= v).all(1) & (values < v).any(1)).any()]
    front = plan(free, firms, assumptions=PLAIN, draws=0).front
    np.testing.assert_allclose(front["cost_yen"], [v[0] for v in best])


def test_the_order_of_rows_changes_nothing(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(60, 1, weeks=4)
    rng = np.random.default_rng(0)

    def shuffled(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(rows[k] for k in rng.permutation(len(rows)))

    other = Directory(
        **{
            name: shuffled(getattr(firms, name))
            for name in ("firms", "capabilities", "equipment", "loads", "ties", "ratings")
        }  # type: ignore[arg-type]
    )
    one = asked("turning", "grinding", "plating")
    first, second = (plan(one, d, draws=3) for d in (firms, other))
    assert first.summary() == second.summary()
    assert first.front.equals(second.front)
    assert first.refused == second.refused
    assert first.unused.equals(second.unused)


def test_another_firm_never_makes_the_front_worse(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(60, 2)
    one = asked("turning", "grinding", "plating", hub="")
    columns = ["cost_yen", "days", "risk"]
    for count in (20, 30, 45, 60):
        smaller = firms.only(firm.key for firm in firms.firms[: count - 10])
        larger = firms.only(firm.key for firm in firms.firms[:count])
        before = plan(one, smaller, draws=0).front[columns].to_numpy()
        after = plan(one, larger, draws=0).front[columns].to_numpy()
        for row in before:
            assert (after <= row + 1e-9).all(axis=1).any()


def test_the_wide_area_is_never_dominated_by_the_inside(
    made_up: MakeFirms, asked: MakeOrder
) -> None:
    columns = ["cost_yen", "days", "risk"]
    for seed in range(5):
        firms = made_up(72, seed)
        found = locality(asked("turning", "grinding"), firms).plans
        wide = found["wide"].front[columns].to_numpy()
        for row in found["inside"].front[columns].to_numpy():
            assert not ((row <= wide).all(axis=1) & (row < wide).any(axis=1)).any()
            assert (wide <= row + 1e-9).all(axis=1).any()


def test_the_price_of_locality_by_hand() -> None:
    # the grinder in Suwa asks 4,000 an hour, the one in Ota 6,000; both tied to everybody
    firms = Directory(
        (ota("hub"), ota("a"), ota("b"), suwa("c")),
        (
            turner("ota/a"),
            grinder("ota/b"),
            grinder("suwa/c", rate_yen_per_hour=4000.0),
        ),
        ties=tuple(Tie("ota/hub", key) for key in ("ota/a", "ota/b", "suwa/c")),
    )
    found = locality(order(hub="ota/hub"), firms, assumptions=PLAIN)
    # inside: van 800 and handling; wide: parcel 1,530 and handling there, and back 1,530
    inside = 213_360 + 800 + 1_000 + 800
    wide = 142_240 + 1_530 + 1_000 + 1_530
    assert found.price_yen == inside - wide
    assert "¥" in found.headline()
    own = found.plans["insource"].recommended
    assert own is not None
    assert all(stop.bought for stop in own.stops)


def test_without_a_firm_is_the_best_chain_without_it(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(48, 3)
    one = asked("turning", "grinding", hub="", days=200)
    found = plan(one, firms, draws=0)
    best = found.recommended
    assert best is not None
    for each in best.without:
        rest = firms.only(key for key in firms.keys if key != each.firm)
        other = plan(one, rest, draws=0).recommended
        assert other is not None
        assert each.cost_yen == other.cost_yen - best.cost_yen
        assert "without" in each.reason
        assert "がなければ" in told(each.reason, "ja")


def test_at_most_seven_chains_with_their_roles(made_up: MakeFirms, asked: MakeOrder) -> None:
    found = plan(asked("turning", "milling", "heat_treatment", "grinding"), made_up(90, 4), draws=0)
    assert len(found.front) > 7
    assert len(found.chains) == 7
    assert "recommended" in found.chains[0].roles
    front = found.front
    by_role = {role: chain for chain in found.chains for role in chain.roles}
    assert by_role["cheapest"].cost_yen == front["cost_yen"].min()
    assert by_role["fastest"].days == pytest.approx(front["days"].min())
    assert by_role["safest"].risk == pytest.approx(front["risk"].min())
    timely = front[front["in_time"]]
    assert by_role["recommended"].cost_yen == timely["cost_yen"].min()


def test_where_nothing_is_assumed_every_draw_agrees(made_up: MakeFirms, asked: MakeOrder) -> None:
    fixed = Assumptions()
    fixed = fixed.replace(**{name: fixed[name] for name in sorted({key for key, _ in fixed.rows})})
    found = plan(asked("turning", "grinding"), made_up(40, 6), assumptions=fixed, draws=4)
    assert found.recommended_stays_share == 1.0
    assert all(chain.stays_share == 1.0 for chain in found.chains)


def test_draws_are_the_same_for_the_same_seed(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(40, 6, known=False)
    shares = [
        [chain.stays_share for chain in plan(asked("turning", "grinding"), firms, draws=8).chains]
        for _ in range(2)
    ]
    assert shares[0] == shares[1]
    assert min(share for share in shares[0] if share is not None) < 1


def test_refused_firms_have_their_attribute() -> None:
    firms = Directory(
        (ota("a"), ota("b"), ota("c"), ota("d")),
        (
            turner("ota/a"),
            replace(turner("ota/b"), size_max_mm=20),
            replace(turner("ota/c"), it_grade=None),
            replace(turner("ota/d"), valid_until=date(2026, 1, 10)),
            grinder("ota/a"),
        ),
    )
    found = plan(order(), firms, draws=0)
    why = {one.firm: (one.verdict, one.attributes) for one in found.refused}
    assert why == {
        "ota/b": ("conflict", ("size_mm",)),
        "ota/c": ("unknown", ("it_grade",)),
        "ota/d": ("conflict", ("valid_until",)),
    }
    asking = plan(replace(order(), unknown="ask"), firms, draws=0)
    assert "ota/c" not in {one.firm for one in asking.refused}


def test_a_chain_of_firms_to_be_asked_says_what() -> None:
    firms = Directory((ota("c"),), (replace(turner("ota/c"), it_grade=None), grinder("ota/c")))
    found = plan(replace(order(), unknown="ask"), firms, draws=0)
    assert found.chains[0].stops[0].ask == ("it_grade",)
    assert any("Ask before you promise" in note for note in found.notes)


def test_what_nobody_can_do_is_named_with_the_nearest() -> None:
    firms = Directory((ota("a"),), (turner("ota/a"), replace(grinder("ota/a"), it_grade=9)))
    found = plan(order(), firms)
    assert found.missing == ("grind",)
    assert found.recommended is None
    assert "nobody can do grind" in found.headline()
    assert any("ota/a" in note for note in found.notes)
    assert len(found.to_frame()) == 0


def test_much_that_is_unknown_is_said(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(60, 1)
    silent = replace(
        firms,
        capabilities=tuple(
            replace(c, it_grade=None, materials=()) if k % 2 else c
            for k, c in enumerate(firms.capabilities)
        ),
    )
    notes = " ".join(plan(asked("turning", "grinding"), silent, draws=0).notes)
    assert "is not declared" in notes
    assert "So much is unknown" in notes


def worse_size(c: Capability) -> Capability:
    return replace(c, size_min_mm=500, size_max_mm=2)


def worse_lot(c: Capability) -> Capability:
    return replace(c, lot_min=500, lot_max=2)


def below_zero(c: Capability) -> Capability:
    return replace(c, rate_yen_per_hour=-1)


@pytest.mark.parametrize("worse", [worse_size, worse_lot, below_zero])
def test_contradictory_capabilities_are_named(worse: Callable[[Capability], Capability]) -> None:
    firms = Directory((ota("a"),), (worse(turner("ota/a")), grinder("ota/a")))
    with pytest.raises(ShusekiError, match=r"ota/a, turning.*Correct these records"):
        plan(order(), firms)


@pytest.mark.parametrize(
    "broken",
    [
        {"loads": (Load("ota/a", MONDAY, -3.0),)},
        {"loads": (Load("ota/a", MONDAY, float("nan")),)},
        {"ratings": (Rating("ota/a", "x", delivery=9),)},
    ],
)
def test_impossible_hours_and_ratings_are_named(broken: dict[str, object]) -> None:
    firms = Directory((ota("a"),), (turner("ota/a"), grinder("ota/a")), **broken)  # type: ignore[arg-type]
    with pytest.raises(ShusekiError, match="ota/a"):
        plan(order(), firms)


@pytest.mark.parametrize(
    ("one", "mode", "says"),
    [
        (order(), "insource", "names no hub"),
        (order(), "inside", "neither a cluster nor a hub"),
        (order(hub="ota/nobody"), "wide", "ota/nobody"),
        (order(cluster="atlantis"), "inside", "atlantis"),
        (order(destination="atlantis"), "wide", "atlantis"),
        (order(destination="99999"), "wide", "99999"),
        (order(), "sideways", "sideways"),
    ],
)
def test_modes_and_places_that_are_not_there_are_refused(one: Order, mode: str, says: str) -> None:
    firms = Directory((ota("a"),), (turner("ota/a"), grinder("ota/a")))
    with pytest.raises(ShusekiError, match=says):
        plan(one, firms, mode=mode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more", [{"objectives": ("beauty",)}, {"objectives": ()}, {"draws": -1}, {"shown": 9}]
)
def test_choices_out_of_range_are_refused(more: dict[str, object], made_up: MakeFirms) -> None:
    with pytest.raises(ShusekiError):
        plan(order(), made_up(12), **more)  # type: ignore[arg-type]


def test_firms_of_unknown_place_or_abroad_are_planned_with_assumptions() -> None:
    firms = Directory(
        (Firm("x", "far", "x"), Firm("y", "taiwan", "y", latitude=24.15, longitude=120.67)),
        (turner("far/x"), grinder("taiwan/y")),
    )
    chain = plan(order(), firms, assumptions=PLAIN, draws=0).recommended
    assert chain is not None
    # no fare of the tariff: 3,000 for the one parcel; 300 km assumed to an unknown place
    assert chain.cost_yen == 70_000 + 213_360 + 3_000 + 1_000 + 5_000
    assert chain.distance_km == 300


def test_more_hand_overs_than_fit_are_refused_before_they_are_weighed(made_up: MakeFirms) -> None:
    names = [f"s{k}" for k in range(8)]
    steps = tuple(OrderStep(name, Step("turning")) for name in names)
    free = Order("o", steps, 10, MONDAY, MONDAY + timedelta(days=90))
    with pytest.raises(ShusekiError, match="Say with after"):
        plan(free, made_up(120), draws=0)


# ---- what a directory is worth -------------------------------------------------------------------


def test_the_value_of_a_directory_by_hand() -> None:
    firms = Directory((ota("a"), suwa("b")), (turner("ota/a"), grinder("ota/a"), grinder("suwa/b")))
    own = order(price_yen=300_000.0)
    # a alone: 283,360 (see above)
    assert value(firms, [own], PLAIN) == 300_000 - 283_360
    assert value(firms, [own], PLAIN, clusters=["suwa"]) == 0
    assert value(firms, [replace(own, price_yen=100.0)], PLAIN) == 0


def test_values_agree_with_plans_of_parts(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(48, 7)
    orders = [
        asked("turning", "grinding", hub="", id="1", days=25),
        asked("milling", "plating", hub="", id="2", days=40),
    ]
    made = valuation(firms, orders)
    for clusters in (("ota",), ("ota", "suwa"), ("sabae", "tsubame", "kitakami")):
        costs = made.cost_yen(made.of_clusters(clusters))
        for one, cost in zip(orders, costs, strict=True):
            best = plan(one, firms.of_clusters(*clusters), draws=0).recommended
            in_time = best is not None and best.in_time
            assert cost == (best.cost_yen if in_time and best else np.inf)


def test_more_firms_are_never_worth_less(made_up: MakeFirms, asked: MakeOrder) -> None:
    firms = made_up(48, 8)
    orders = [asked("turning", "grinding", hub="", id=str(k), quantity=20 + k) for k in range(3)]
    made = valuation(firms, orders)
    values = [
        made.value_yen(made.of_clusters(names))
        for names in ((), ("ota",), ("ota", "suwa"), ("ota", "suwa", "sabae"))
    ]
    assert values == sorted(values)
    assert made.value_yen() == pytest.approx(made.worth_yen.sum() - made.cost_yen().sum())
