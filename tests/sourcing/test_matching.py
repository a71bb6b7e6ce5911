"""What a step asks against what a capability declares."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from itertools import product

import pytest

from shuseki.directory import Capability
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.sourcing.matching import ORDER, Step, best_match, match

ABLE = Capability(
    "ota/1",
    "cylindrical_grinding",
    ("stainless_steel", "alloy_steel"),
    size_min_mm=1,
    size_max_mm=200,
    it_grade=6,
    roughness_um=0.4,
    lot_min=1,
    lot_max=500,
    certificates=("ISO9001",),
    valid_until=date(2027, 3, 31),
)
STEP = Step("grinding", "SUS304", 20, it_grade=6, roughness_um=0.8, quantity=100,
            certificates=("ISO9001",))  # fmt: skip


def test_everything_declared_and_enough_is_ok() -> None:
    held = match(ABLE, STEP, on=date(2026, 4, 1))
    assert held.verdict == "ok"
    assert not held.failing
    assert [check.attribute for check in held.checks] == [
        "process", "material", "size_mm", "it_grade", "roughness_um", "quantity", "certificates",
        "valid_until",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attribute", "changes"),
    [
        ("process", {"process": "polishing"}),
        ("material", {"materials": ("plastic",)}),
        ("size_mm", {"size_max_mm": 19.9}),
        ("size_mm", {"size_min_mm": 20.1}),
        ("it_grade", {"it_grade": 7}),
        ("roughness_um", {"roughness_um": 1.6}),
        ("quantity", {"lot_max": 99}),
        ("quantity", {"lot_min": 101}),
        ("certificates", {"certificates": ("ISO14001",)}),
        ("valid_until", {"valid_until": date(2026, 3, 31)}),
    ],
)
def test_one_attribute_that_does_not_do_is_named(attribute: str, changes: dict) -> None:
    held = match(replace(ABLE, **changes), STEP, on=date(2026, 4, 1))
    assert held.verdict == "conflict"
    assert [check.attribute for check in held.failing] == [attribute]


@pytest.mark.parametrize(
    ("attribute", "changes"),
    [
        ("process", {"process": "abrasive"}),  # more general than what is asked for
        ("material", {"materials": ()}),
        ("material", {"materials": ("steel",)}),
        ("size_mm", {"size_min_mm": None, "size_max_mm": None}),
        ("size_mm", {"size_max_mm": None}),
        ("size_mm", {"size_min_mm": float("nan")}),
        ("it_grade", {"it_grade": None}),
        ("roughness_um", {"roughness_um": None}),
        ("quantity", {"lot_min": None, "lot_max": None}),
        ("quantity", {"lot_min": None}),
        ("certificates", {"certificates": ()}),
    ],
)
def test_what_is_not_declared_is_unknown(attribute: str, changes: dict) -> None:
    held = match(replace(ABLE, **changes), STEP)
    assert held.verdict == "unknown"
    assert [check.attribute for check in held.failing] == [attribute]


def test_unknown_is_never_ok() -> None:
    """Every subset of eight attributes is left open: ok only when none of the asked ones is."""
    open_ones = ("materials", "size_max_mm", "it_grade", "roughness_um", "lot_max", "certificates")
    blank = {f.name: f.default for f in fields(Capability) if f.name in open_ones}
    for left_out in product((False, True), repeat=len(open_ones)):
        gone = {n: blank[n] for n, out in zip(open_ones, left_out, strict=True) if out}
        verdict = match(replace(ABLE, **gone), STEP).verdict
        assert verdict == ("unknown" if gone else "ok")


def test_what_is_not_asked_is_not_looked_at() -> None:
    assert match(Capability("ota/1", "grinding"), Step("grinding")).verdict == "ok"


def test_a_conflict_outweighs_an_unknown() -> None:
    held = match(replace(ABLE, it_grade=None, size_max_mm=10), STEP)
    assert held.verdict == "conflict"
    assert [check.attribute for check in held.failing] == ["size_mm", "it_grade"]


@pytest.mark.parametrize(
    ("step", "grade"),
    [
        (Step("grinding", size_mm=20, tolerance_um=13), 6),  # ISO 286: 13 μm over 18 to 30 mm
        (Step("grinding", size_mm=18, tolerance_um=13), 6),  # 11 μm over 10 to 18 mm; IT7 is 18
        (Step("grinding", size_mm=20, tolerance_um=12.99), 5),
        (Step("grinding", size_mm=20, tolerance_um=13, it_grade=4), 4),  # the finer of the two
        (Step("grinding", size_mm=20, tolerance_um=0.5), 0),  # finer than IT1, 1.5 μm
        (Step("grinding", tolerance_um=13), None),  # without a size it cannot be told
        (Step("grinding", size_mm=4000, tolerance_um=13), None),  # beyond the table
        (Step("grinding", size_mm=20), None),
    ],
)
def test_a_tolerance_becomes_a_grade(step: Step, grade: int | None) -> None:
    assert step.required_grade == grade


def test_a_grade_finer_than_the_finest_cannot_be_met() -> None:
    step = Step("grinding", size_mm=20, tolerance_um=0.5)
    assert match(replace(ABLE, it_grade=1), step).verdict == "conflict"


def test_a_tolerance_without_a_size_is_unknown() -> None:
    assert match(ABLE, Step("grinding", tolerance_um=13)).verdict == "unknown"
    # … but a grade that is asked for beside it still decides
    assert match(ABLE, Step("grinding", tolerance_um=13, it_grade=5)).verdict == "conflict"


def test_grinding_is_not_polishing() -> None:
    assert match(Capability("a/1", "polishing"), Step("grinding")).verdict == "conflict"
    assert match(Capability("a/1", "grinding"), Step("polishing")).verdict == "conflict"


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_mm": 0},
        {"size_mm": -1},
        {"size_mm": float("nan")},
        {"tolerance_um": -2},
        {"roughness_um": float("inf")},
        {"quantity": 0},
        {"it_grade": 0},
        {"it_grade": 17},
    ],
)
def test_a_step_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        Step("grinding", **wrong)


def test_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(UnknownCodeError, match="Did you mean grinding"):
        Step("grindin")
    with pytest.raises(UnknownCodeError, match="SUS999"):
        Step("grinding", "SUS999")


def test_the_best_of_several_capabilities_counts() -> None:
    others = [Capability("a/1", "polishing"), replace(ABLE, it_grade=None), ABLE]
    found = best_match(others, STEP)
    assert found is not None
    assert found[0] is ABLE
    assert best_match([], STEP) is None
    assert ORDER[match(others[1], STEP).verdict] == 1


def test_a_reason_is_told_in_both_languages() -> None:
    reason = match(replace(ABLE, materials=("plastic",)), STEP).failing[0].reason
    assert reason == "material: asked SUS304, has plastic: conflict"
    assert "樹脂" in told(reason, "ja")
