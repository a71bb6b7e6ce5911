"""Are gaps named, are fillers ranked by what they add, and do ways cross where they should?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shuseki.directory import Capability, Directory, Firm, Load, Tie
from shuseki.errors import ShusekiError
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.gaps import cell_of, gaps, tipping_points
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep

MONDAY = date(2026, 1, 5)
MakeFirms = Callable[..., Directory]
MakeOrder = Callable[..., Order]


def firm(key: str, **more: object) -> Firm:
    cluster, _, id = key.partition("/")
    place = {"ota": (35.56, 139.72, "13111"), "suwa": (36.04, 138.11, "20206")}[cluster]
    return Firm(id, cluster, id, place[2], "", place[0], place[1], **more)  # type: ignore[arg-type]


def able(key: str, process: str, rate: float = 5000.0, **more: object) -> Capability:
    stated = {"setup_hours": 1.0, "hours_per_piece": 0.1, "rate_yen_per_hour": rate} | more
    return Capability(key, process, ("steel",), 1, 300, 5, 0.2, 1, 1000, **stated)  # type: ignore[arg-type]


def asked_for(*processes: str, quantity: int = 100, hub: str = "", **more: object) -> Order:
    steps = tuple(
        OrderStep(p, Step(p, "steel", 50, it_grade=9, quantity=quantity), processes[k - 1 : k])
        for k, p in enumerate(processes)
    )
    due = MONDAY + timedelta(days=120)
    return Order("o", steps, quantity, MONDAY, due, hub=hub, piece_kg=0.1, **more)  # type: ignore[arg-type]


def test_cells_of_each_state() -> None:
    old = {"owner_age": 75, "successor": "will_close"}
    firms = Directory(
        (firm("ota/a"), firm("ota/b"), firm("ota/c"), firm("ota/d", **old)),
        (
            able("ota/a", "turning"),
            able("ota/b", "turning"),
            able("ota/a", "milling"),
            able("ota/d", "plating"),
        ),
    )
    orders = [replace(asked_for(p), id=p) for p in ("turning", "milling", "plating", "grinding")]
    found = gaps(orders, firms)
    states = found.cells.set_index("process")["state"].to_dict()
    # one firm of 2% a year: 0.98⁵ = 0.90 < 1 is at risk, as is one of 8%: 0.92⁵ = 0.66;
    # two of 2%: 1.81
    assert states == {
        "grinding": "gap",
        "milling": "at_risk",
        "plating": "at_risk",
        "turning": "covered",
    }
    five = found.cells.set_index("process")["expected_firms_in_5_years"]
    assert five["turning"] == pytest.approx(2 * 0.98**5)
    assert five["plating"] == pytest.approx(0.92**5)
    assert "1 gaps" in found.headline()


def test_a_cell_that_one_firm_dominates_is_thin() -> None:
    firms = Directory(
        (firm("ota/a"), firm("ota/b")),
        (able("ota/a", "turning"), able("ota/b", "turning")),
        loads=(Load("ota/a", MONDAY, 45.0), Load("ota/b", MONDAY, 5.0)),
    )
    found = gaps([asked_for("turning")], firms)
    assert found.cells["state"].tolist() == ["thin"]
    assert found.cells["top_share"].tolist() == [0.9]


def test_fillers_by_hand() -> None:
    # nobody in Ota grinds; Suwa does. The order is worth 500,000.
    firms = Directory(
        (firm("ota/a"), firm("ota/b"), firm("suwa/c")),
        (able("ota/a", "turning"), able("ota/b", "turning"), able("suwa/c", "grinding")),
        ties=(Tie("ota/a", "suwa/c"), Tie("ota/b", "suwa/c")),
    )
    found = gaps([asked_for("turning", "grinding", price_yen=500_000.0)], firms, cluster="ota")
    ways = found.fillers.set_index("kind")
    assert set(ways.index) == {"partner_cluster", "entrant"}
    partner = ways.loc["partner_cluster"]
    # each step 1 + 100·0.1·1.15 = 12.5 h · 5000 = 62,500; a parcel of 10 kg 1,530; handling 1,500
    assert partner["added_yen"] == pytest.approx(500_000 - 2 * 62_500 - 1_530 - 1_500)
    assert partner["cost_yen_per_year"] == 500_000
    assert partner["cells_closed"] == partner["orders_added"] == 1
    assert found.fillers["yen_per_yen"].is_monotonic_decreasing
    twice = gaps(
        [asked_for("turning", "grinding", price_yen=500_000.0)],
        firms,
        cluster="ota",
        orders_per_year=2,
    )
    assert twice.fillers["added_yen"].tolist() == [2 * x for x in found.fillers["added_yen"]]


def test_a_machine_helps_the_firm_that_nearly_can() -> None:
    firms = Directory((firm("ota/a"),), (able("ota/a", "grinding"),))
    firms = replace(firms, capabilities=(replace(firms.capabilities[0], it_grade=11),))
    found = gaps([asked_for("grinding", price_yen=500_000.0)], firms)
    machine = found.fillers[found.fillers["kind"] == "machine"]
    assert len(machine) == 1
    assert machine["filler"].iloc[0].startswith("ota/a")
    assert machine["orders_added"].iloc[0] == 1
    assert found.cells["nearest"].tolist() == ["ota/a (it_grade)"]


@pytest.mark.parametrize(
    "more", [{"cluster": "atlantis"}, {"orders_per_year": 0.0}, {"orders_per_year": -1.0}]
)
def test_gaps_of_nothing_are_refused(more: dict[str, object]) -> None:
    firms = Directory((firm("ota/a"),), (able("ota/a", "turning"),))
    with pytest.raises(ShusekiError):
        gaps([asked_for("turning")], firms, **more)  # type: ignore[arg-type]
    with pytest.raises(ShusekiError):
        gaps([], firms)


def test_classes_hold_their_upper_end() -> None:
    assert cell_of(Step("turning", size_mm=10), 10).size_mm == "3–10"
    assert cell_of(Step("turning", size_mm=10.1), 10).size_mm == "10–30"
    assert cell_of(Step("turning"), 1).lot == "≤1"
    assert cell_of(Step("turning"), 10_001).lot == ">10000"


# ---- tipping points ------------------------------------------------------------------------------


def test_the_quantity_at_which_insourcing_pays_by_hand() -> None:
    # outside 0.1 h a piece at 5,000 = 500 and 5,000 for the set-up; in house 0.15 h (assumed) at
    # 2,000 = 300, a set-up of 2 h · 2,000, and a machine of 1,000,000 a year (10 years, no
    # interest, 10,000,000): 5,000 + 500 q > 4,000 + 300 q + 1,000,000 from q = 4,996 on; a van to
    # and from 800 each is paid outside: 2·800 less, from q = 4,988 on
    firms = Directory(
        (firm("ota/hub"), firm("ota/a")),
        (able("ota/a", "turning", rate=5000.0),),
        ties=(Tie("ota/hub", "ota/a"),),
    )
    plain = Assumptions().replace(
        machine_yen=10_000_000,
        machine_years=10,
        interest_share=0,
        rate_yen_per_hour=2000,
        setup_hours=2,
        hours_per_piece=0.15,
        time_factor_per_grade=1,
        machine_hours_per_year=1e6,
        own_van_yen=800,
        courier_factor=1000,
        lorry_yen=1e7,
    )
    order = asked_for("turning", hub="ota/hub")
    found = tipping_points(order, firms, assumptions=plain)
    assert found.insource_quantity == 4_988
    assert "4,988" in found.headline()


def test_the_fare_at_which_the_wide_area_ends_by_hand() -> None:
    # Suwa is 12.5 h · 1,000 = 12,500 yen cheaper; the parcel goes and comes at 1,530 each: a fare
    # of (12,500 + 2·800)/(2·1,530) = 4.608 times the tariff
    firms = Directory(
        (firm("ota/hub"), firm("ota/a"), firm("suwa/b")),
        (able("ota/a", "turning", rate=5000.0), able("suwa/b", "turning", rate=4000.0)),
        ties=(Tie("ota/hub", "ota/a"), Tie("ota/hub", "suwa/b")),
    )
    found = tipping_points(asked_for("turning", hub="ota/hub"), firms)
    assert found.courier_factor == pytest.approx((12_500 + 1_600) / 3_060, rel=0.01)
    near = firms.of_clusters("ota")
    assert tipping_points(asked_for("turning", hub="ota/hub"), near).courier_factor == 0.0


def test_tipping_points_without_a_hub_are_refused() -> None:
    firms = Directory((firm("ota/a"),), (able("ota/a", "turning"),))
    with pytest.raises(ShusekiError, match="names no hub"):
        tipping_points(asked_for("turning"), firms)
    with pytest.raises(ShusekiError, match="quantities"):
        tipping_points(asked_for("turning", hub="ota/a"), firms, quantities=(0,))
