"""Firms and orders of one's own frames give what the verbs of ``sourcing`` give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import shuseki as sk
from shuseki.sourcing.orders import read_orders as read_toml_orders
from shuseki.sourcing.planner import plan as plan_order

FIRMS = pd.DataFrame(
    {
        "id": ["1", "2", "3"],
        "name": ["A", "B", "C"],
        "latitude": [35.56, 35.57, 35.96],
        "longitude": [139.72, 139.71, 136.22],
        "processes": ["turning", "grinding", "turning; grinding"],
        "materials": ["SUS304"] * 3,
    }
)
ORDERS = pd.DataFrame(
    {
        "id": ["a", "a", "b"],
        "quantity": [300.0, 300.0, 20.0],
        "placed": "2026-01-05",
        "due": pd.Timestamp("2026-03-06"),
        "cluster": "ota",
        "piece_kg": 0.2,
        "process": ["turning", "grinding", "turning"],
        "it_grade": [None, None, None],
    }
)
TOML = """
[[orders]]
id = "a"
quantity = 300
placed = 2026-01-05
due = 2026-03-06
cluster = "ota"
piece_kg = 0.2
[[orders.steps]]
process = "turning"
[[orders.steps]]
process = "grinding"
[[orders]]
id = "b"
quantity = 20
placed = 2026-01-05
due = 2026-03-06
cluster = "ota"
piece_kg = 0.2
[[orders.steps]]
process = "turning"
"""


def test_a_frame_of_steps_is_what_toml_is(tmp_path: Path) -> None:
    (tmp_path / "orders.toml").write_text(TOML, encoding="utf-8")
    assert sk.read_orders(ORDERS) == read_toml_orders(tmp_path / "orders.toml")
    assert sk.read_orders(tmp_path / "orders.toml") == sk.read_orders(ORDERS)


def test_a_frame_of_firms_is_what_its_file_is(tmp_path: Path) -> None:
    FIRMS.to_csv(tmp_path / "firms.csv", index=False)
    of_file = sk.read_directory(tmp_path / "firms.csv", "ota", today=date(2026, 1, 5))
    of_frame = sk.read_directory(FIRMS, "ota", today=date(2026, 1, 5))
    assert of_frame.firms == of_file.firms
    assert of_frame.capabilities == of_file.capabilities


def test_frames_by_name_carry_free_hours() -> None:
    firms = sk.read_directory(
        {
            "firms": FIRMS[["id", "name", "latitude", "longitude"]],
            "capabilities": pd.DataFrame(
                {"firm": ["1", "2"], "process": ["turning", "grinding"], "lot_min": [1, 1]}
            ),
            "loads": pd.DataFrame(
                {"firm": ["1"], "week": [pd.Timestamp("2026-01-05")], "free_hours": [12.5]}
            ),
        },
        "ota",
        today=date(2026, 1, 5),
    )
    assert [(able.firm, able.process) for able in firms.capabilities] == [
        ("ota/1", "turning"),
        ("ota/2", "grinding"),
    ]
    assert [(load.firm, load.free_hours) for load in firms.loads] == [("ota/1", 12.5)]


def test_verbs_take_frames() -> None:
    firms = sk.read_directory(FIRMS, "ota")
    one = ORDERS[ORDERS["id"] == "a"]
    found = sk.plan(one, FIRMS, cluster="ota", draws=0)
    same = plan_order(sk.read_orders(one)[0], firms, draws=0)
    assert [chain.firms for chain in found.chains] == [chain.firms for chain in same.chains]
    assert len(sk.search(FIRMS, "研磨 研削", cluster="ota").hits) == 3
    assert sk.capacity(ORDERS, firms, weeks=8).orders["order"].tolist() == ["a", "b"]
    # turning in lots of hundreds and of tens, and grinding
    assert len(sk.gaps(ORDERS, firms, of="ota").cells) == 3
    assert sk.resilience(ORDERS, firms).orders == 2


def test_rents_of_a_table_of_values() -> None:
    # two clusters, alone 10 and 20, together 50: 20 are shared equally
    values = pd.DataFrame({"clusters": ["a", "b", "a+b"], "value_yen": [10.0, 20.0, 50.0]})
    found = sk.rents(values=values).to_frame().set_index("cluster_name")
    assert found["shapley_value_yen"].to_dict() == {"a": 20.0, "b": 30.0}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (ORDERS.rename(columns={"process": "proces"}), "proces"),
        (ORDERS.assign(quantity=[300, 200, 20]), "Row 2"),
        (ORDERS.assign(quantity=[-1, -1, 20]), "quantity"),
        (ORDERS.assign(process=["turning", "hoge", "turning"]), "hoge"),
        (ORDERS.assign(due="2025-01-01"), "before"),
        (ORDERS.assign(due="soon"), "due"),
        (ORDERS.assign(id=[None, "a", "b"]), "Row 1"),
        (ORDERS.iloc[:0], "no rows"),
    ],
)
def test_faults_of_a_frame_are_named(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(sk.ShusekiError, match=said):
        sk.read_orders(frame)


@pytest.mark.parametrize("verb", [sk.plan, sk.capacity, sk.gaps])
@pytest.mark.parametrize(("column", "value"), [("cluster", "nowhere"), ("hub", "ota/nobody")])
def test_orders_of_nobody_are_refused(verb: object, column: str, value: str) -> None:
    one = ORDERS[ORDERS["id"] == "b"].assign(**{column: value})
    with pytest.raises(sk.ShusekiError, match=f"Order 'b'.*{value}.*Correct {column}"):
        verb(one, FIRMS, cluster="ota")  # type: ignore[operator]
