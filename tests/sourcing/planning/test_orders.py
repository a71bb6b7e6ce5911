"""Is an order read whole, and is every fault named with its field and a remedy?"""

from datetime import date
from pathlib import Path

import pytest

from shuseki.errors import ShusekiError
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep, Place, read_order, read_orders

GOOD = """
quantity = 200
placed = 2026-01-05
due = 2026-02-20
hub = "ota/0001"
destination = "14100"
material = "SUS304"
size_mm = 20
[[steps]]
process = "turning"
tolerance_um = 52
[[steps]]
process = "grinding"
it_grade = 6
[[steps]]
process = "grinding"
roughness_um = 0.2
"""


def written(folder: Path, text: str, name: str = "valve.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_order_is_read(tmp_path: Path) -> None:
    order = read_order(written(tmp_path, GOOD))
    assert (order.id, order.quantity, order.days) == ("valve", 200, 46)
    assert [one.name for one in order.steps] == ["turning", "grinding", "grinding 3"]
    assert [one.after for one in order.steps] == [(), ("turning",), ("grinding",)]
    assert order.steps[0].step == Step("turning", "SUS304", 20, 52, quantity=200)
    assert order.steps[0].step.required_grade == 9  # IT9 at 18 to 30 mm is 52 μm (ISO 286-1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("quantity = 200", "quantity = 0", "quantity = 0.*one piece or more"),
        ("quantity = 200", "quantity = -5", "quantity = -5"),
        ("quantity = 200", "quantity = 2.5", "quantity = 2.5.*a number"),
        ("quantity = 200", 'quantity = "200"', "quantity = '200'"),
        ("quantity = 200", "quantity = true", "quantity = True"),
        ("quantity = 200\n", "", "quantity is missing"),
        ("due = 2026-02-20\n", "", "due is missing"),
        ("due = 2026-02-20", "due = 2025-12-31", "before 2026-01-05.*state placed"),
        ("due = 2026-02-20", "due = 2126-02-20", "Correct the year"),
        ("due = 2026-02-20", 'due = "2026-02-20"', "a day without quotes"),
        ("due = 2026-02-20", "due = 2026-02-20T10:00:00", "a day without quotes"),
        ("turning", "turnin", "step 1.*Unknown process: turnin.*turning"),
        ("SUS304", "SUS999X", "Unknown material"),
        ("size_mm = 20", "size_mm = -1", "size_mm"),
        ("size_mm = 20", "size_mm = nan", "size_mm"),
        ("size_mm = 20", "size_mm = [20]", r"size_mm = \[20\].*a number"),
        ("size_mm = 20", "size_mm = {mm = 20}", "size_mm = {.*a number"),
        ('material = "SUS304"', 'material = ["SUS304"]', "material = .*text in quotes"),
        ("tolerance_um = 52", "tolerance_um = 20000", "smaller than the part"),
        ("tolerance_um = 52", "tolerance_um = 52\nit_grade = 6", "IT9.*State one of the two"),
        ("it_grade = 6", "it_grade = 17", "1 to 16"),
        ("it_grade = 6", "it_grade = 6\nafter = ['nobody']", "comes after nobody"),
        ("tolerance_um = 52", 'after = ["grinding"]', "wait for one another: grinding → turning"),
        ("tolerance_um = 52", 'after = ["turning"]', "turning → turning"),
        ("tolerance_um", "tolerence_um", "Did you mean tolerance_um"),
        ("quantity = 200", "quantity = 200\nflavour = 1", "unknown field flavour"),
        ('destination = "14100"', "destination = {latitude = 139, longitude = 35}", "exchanged"),
        ('destination = "14100"', "destination = {latitude = 35}", "longitude = 139.6"),
        ('destination = "14100"', 'unknown = "guess"', '"refuse" or "ask"'),
        ('destination = "14100"', "price_yen = -1", "price_yen = -1"),
        ('destination = "14100"', "piece_kg = 0", "piece_kg = 0"),
        ('process = "turning"\n', "", "step 1: process is missing"),
        ("[[steps]]", "[[stages]]", "unknown field stages"),
        ("quantity = 200", "quantity = ", "not a TOML file"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ShusekiError, match=f"(?s){says}") as refused:
        read_order(written(tmp_path, GOOD.replace(old, new)))
    assert "valve.toml" in str(refused.value)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("turning", "turnin").replace("quantity = 200", "quantity = 'x'")
    with pytest.raises(ShusekiError) as refused:
        read_order(written(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 2


def test_orders_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    rows = "\n".join(
        f"""[[orders]]
id = "o{k}"
quantity = {k}
placed = 2026-01-05
due = 2026-02-20
[[orders.steps]]
process = "turning"
"""
        for k in (1, 2)
    )
    many = written(tmp_path, rows, "many.toml")
    assert [one.id for one in read_orders(many)] == ["o1", "o2"]
    written(tmp_path, GOOD, "valve.toml")
    assert [one.id for one in read_orders(tmp_path)] == ["o1", "o2", "valve-1"]
    with pytest.raises(ShusekiError, match="holds 2 orders"):
        read_order(many)
    with pytest.raises(ShusekiError, match="Repeated orders: o1"):
        read_orders(written(tmp_path, rows.replace('"o2"', '"o1"'), "many.toml"))


@pytest.mark.parametrize("text", ["orders = 3", "orders = []", "orders = [1]"])
def test_a_file_without_orders_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ShusekiError, match="orders"):
        read_orders(written(tmp_path, text))


def test_orders_without_a_day_are_placed_today(tmp_path: Path) -> None:
    text = GOOD.replace("placed = 2026-01-05\n", "")
    assert read_order(written(tmp_path, text), today=date(2026, 2, 1)).days == 19


def steps(*after: tuple[str, tuple[str, ...]]) -> tuple[OrderStep, ...]:
    return tuple(OrderStep(name, Step("turning"), before) for name, before in after)


def test_states_of_a_partial_order_by_hand() -> None:
    # a before c, b free: a | b first; then {a,b}, {a,c}; then all
    many = steps(("a", ()), ("b", ()), ("c", ("a",)))
    order = Order("o", many, 1, date(2026, 1, 5), date(2026, 2, 5))
    assert order.sequences() == [
        [(0b001, 0), (0b010, 1)],
        [(0b011, 0), (0b011, 1), (0b101, 2)],
        [(0b111, 1), (0b111, 2)],
    ]


def test_too_many_sequences_are_refused() -> None:
    many = steps(*((f"s{k}", ()) for k in range(14)))
    order = Order("o", many, 1, date(2026, 1, 5), date(2026, 2, 5))
    with pytest.raises(ShusekiError, match="too many sequences"):
        order.sequences()


def test_a_place_is_degrees() -> None:
    order = Order("o", steps(("a", ())), 1, date(2026, 1, 5), date(2026, 2, 5))
    assert order.place_of(Place(35.0, 139.0), None) == Place(35.0, 139.0)  # type: ignore[arg-type]
