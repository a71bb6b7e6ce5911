"""Processes, materials and grades of tolerance."""

from __future__ import annotations

import pytest

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.sourcing.processes import (
    grade_of,
    is_kind_of,
    material_group,
    materials,
    process,
    processes,
    usual_grades,
    width_um,
)


@pytest.mark.parametrize(
    ("size_mm", "grade", "width"),
    [
        # ISO 286-1, table 1 as printed in textbooks; 10-18 mm IT5 is 8, not the 9 of one web chart
        (18, 5, 8),
        (20, 6, 13),
        (50, 7, 25),
        (50.001, 7, 30),
        (500, 11, 400),
        (3, 1, 0.8),
        (3150, 6, 135),
    ],
)
def test_widths_are_those_of_the_standard(size_mm: float, grade: int, width: float) -> None:
    assert width_um(size_mm, grade) == width


@pytest.mark.parametrize("grade", range(6, 12))
@pytest.mark.parametrize(
    ("over", "to"), [(10, 18), (18, 30), (30, 50), (80, 120), (180, 250), (400, 500)]
)
def test_widths_follow_the_formula(over: float, to: float, grade: int) -> None:
    """The unit i = 0.45 ∛D + 0.001 D, D the geometric mean; IT6 = 10i, 16i, 25i, 40i, 64i, 100i."""
    mean = (over * to) ** 0.5
    unit = 0.45 * mean ** (1 / 3) + 0.001 * mean
    factor = {6: 10, 7: 16, 8: 25, 9: 40, 10: 64, 11: 100}[grade]
    assert width_um(to, grade) == pytest.approx(factor * unit, rel=0.06)  # the print is rounded


@pytest.mark.parametrize("size_mm", [0.5, 3, 19, 120, 315, 900, 3000])
def test_widths_grow_with_grade_and_a_grade_is_found_again(size_mm: float) -> None:
    widths = [width_um(size_mm, grade) for grade in range(1, 17)]
    assert widths == sorted(set(widths))
    assert [grade_of(width, size_mm) for width in widths] == list(range(1, 17))


def test_beyond_the_table() -> None:
    assert grade_of(10, 3151) is None
    assert grade_of(10, 0) is None
    assert grade_of(10_000, 20) == 16
    with pytest.raises(ParameterError, match="3150"):
        width_um(3151, 6)
    with pytest.raises(ParameterError, match="1 to 16"):
        width_um(20, 17)


def test_the_tree_hangs_together() -> None:
    seen: set[str] = set()
    for code, known in processes().items():
        assert set(known.parents) <= seen, code  # parents stand before children
        seen.add(code)
        assert known.technology is None or 1 <= known.technology <= 12
        assert all(len(one) == 4 and one.isdigit() for one in known.jsic)
        assert all(":" in one for one in known.jis_b0122)
    symbols = [one for known in processes().values() for one in known.jis_b0122]
    assert len(symbols) == len(set(symbols))
    names = [known.name_ja for known in processes().values()]
    assert len(names) == len(set(names))
    grades = [grade for group in materials().values() for grade in group.grades]
    assert len(grades) == len(set(grades))


def test_kinds() -> None:
    assert is_kind_of("hard_chromium_plating", "surface_treatment")
    assert is_kind_of("buffing", "abrasive")
    assert is_kind_of("stainless_steel", "metal")
    assert not is_kind_of("plating", "hard_chromium_plating")
    assert is_kind_of("nothing_known", "nothing_known")


def test_usual_grades_are_those_of_the_nearest_kind() -> None:
    assert usual_grades("cylindrical_grinding") == (5, 7)
    assert usual_grades("automatic_turning") == (7, 13)
    assert usual_grades("five_axis_milling") == (10, 13)  # of milling
    assert usual_grades("assembly") is None


def test_materials() -> None:
    assert material_group("ＳＵＳ３０４") == "stainless_steel"
    assert material_group("s45c") == "carbon_steel"
    assert material_group("titanium") == "titanium"
    with pytest.raises(UnknownCodeError):
        material_group("")
    with pytest.raises(UnknownCodeError):
        process("")
