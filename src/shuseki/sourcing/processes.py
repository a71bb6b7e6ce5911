"""What can be done to a part, of what material, and how finely?

The processes are a tree with our own codes (``cylindrical_grinding``), each with its group of
DIN 8580, its symbol of JIS B 0122, its industries of JSIC, and its number among the twelve base
technologies of 2015. A process may stand under two parents (polishing is abrasive and a surface
treatment). Materials are groups (``stainless_steel``) with the grades of each (``SUS304``).

A grade of tolerance of ISO 286 turns a width in μm into a number that does not depend on size: at a
nominal size D the width of grade g is read from the standard's table, and the grade that a
tolerance t asks for is the coarsest g with width(D, g) ≤ t.

Takes codes, mm and μm. Gives codes and grades 1 to 16.
Sources: DIN 8580:2003 by hsu-aut/IndustrialStandard-ODP-DIN8580 (MIT); JIS B 0122 (symbols marked
``seen`` or ``recalled``; the same letters mean different things in different classes, so that a
symbol is named with its class); ISO 286-1, table 1 (to 500 mm seen, from there to 3150 mm
recalled); usual grades by process: the chart of the Engineering Toolbox.
Limits: the usual grades are a prior for those who ask for one; matching never uses them.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import say
from shuseki.language.names import TwoNames

__all__ = [
    "GRADES",
    "Material",
    "Process",
    "grade_of",
    "is_kind_of",
    "material_group",
    "materials",
    "process",
    "processes",
    "usual_grades",
    "width_um",
]

GRADES = range(1, 17)
"""Grades of tolerance of ISO 286 that the table holds: 1 (finest) to 16."""


@dataclass(frozen=True, slots=True)
class Process:
    """A kind of work on a part.

    Attributes
    ----------
    code
        Ours, e.g. ``"cylindrical_grinding"``.
    parents
        Codes of the kinds that it is a kind of.
    din8580
        Number of its (sub)group, e.g. ``"3.3.1"``; empty where the standard has none.
    jis_b0122
        Class and symbol, e.g. ``("grinding:GE",)``; ``jis_status`` is ``seen`` or ``recalled``.
    jsic
        Four-digit industries of JSIC that live from it.
    technology
        Number among the twelve base technologies (2015), or ``None``.
    usual_grades
        Usual best and worst grade of tolerance, or ``None``: a prior, never a match.
    """

    code: str
    parents: tuple[str, ...]
    name_en: str
    name_ja: str
    din8580: str
    jis_b0122: tuple[str, ...]
    jis_status: str
    jsic: tuple[str, ...]
    technology: int | None
    usual_grades: tuple[int, int] | None

    def name(self, lang: str) -> str:
        """Name in a language, ``"en"`` or ``"ja"``."""
        return self.name_ja if lang == "ja" else self.name_en

    @property
    def label(self) -> TwoNames:
        """Name, told in either language."""
        return TwoNames(self.name_en, self.name_ja)


@dataclass(frozen=True, slots=True)
class Material:
    """A group of materials, and the grades that belong to it."""

    code: str
    parents: tuple[str, ...]
    name_en: str
    name_ja: str
    grades: tuple[str, ...]

    def name(self, lang: str) -> str:
        """Name in a language, ``"en"`` or ``"ja"``."""
        return self.name_ja if lang == "ja" else self.name_en

    @property
    def label(self) -> TwoNames:
        """Name, told in either language."""
        return TwoNames(self.name_en, self.name_ja)


@cache
def processes() -> Mapping[str, Process]:
    """Give every process by its code, parents before children."""
    return MappingProxyType(
        {
            row["code"]: Process(
                row["code"],
                tuple(row["parents"].split()),
                row["name_en"],
                row["name_ja"],
                row["din8580"],
                tuple(row["jis_b0122"].split()),
                row["jis_status"],
                tuple(row["jsic"].split()),
                int(row["technology"]) if row["technology"] else None,
                (int(row["it_best"]), int(row["it_worst"])) if row["it_best"] else None,
            )
            for row in _rows("processes.csv")
        }
    )


@cache
def materials() -> Mapping[str, Material]:
    """Give every group of materials by its code, parents before children."""
    return MappingProxyType(
        {
            row["code"]: Material(
                row["code"],
                tuple(row["parent"].split()),
                row["name_en"],
                row["name_ja"],
                tuple(row["grades"].split()),
            )
            for row in _rows("materials.csv")
        }
    )


def process(code: str) -> Process:
    """Give one process.

    Raises
    ------
    UnknownCodeError
        There is no process of that code; the nearest are named.
    """
    if code not in processes():
        raise UnknownCodeError.among("process", [code], list(processes()))
    return processes()[code]


def material_group(named: str) -> str:
    """Give the group of a material: of its own code, or of a grade such as ``SUS304``.

    Raises
    ------
    UnknownCodeError
        Neither a group nor a grade that the table holds.

    Examples
    --------
    >>> material_group("SUS304"), material_group("steel")
    ('stainless_steel', 'steel')
    """
    if named in materials():
        return named
    group = _grades().get(written_grade(named))
    if group is None:
        near = get_close_matches(named, [*materials(), *_grades()], n=1, cutoff=0.5)
        raise UnknownCodeError.among(
            "material",
            [named],
            [*materials(), *_grades()],
            hint="" if near else say("Name a group or a grade of it."),
        )
    return group


@cache
def group_or_same(named: str) -> str:
    """Group of a material, or what was named where the table holds no such material."""
    return named if named in materials() else _grades().get(written_grade(named), named)


def written_grade(text: str) -> str:
    """Write a grade as the table does: narrow, in capitals, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def is_kind_of(code: str, kind: str) -> bool:
    """Whether a process, or a group of materials, is another or a kind of it.

    Examples
    --------
    >>> is_kind_of("cylindrical_grinding", "grinding"), is_kind_of("grinding", "polishing")
    (True, False)
    """
    return kind in _kinds().get(code, frozenset((code,)))


def width_um(size_mm: float, grade: int) -> float:
    """Width of a grade of tolerance at a nominal size, μm.

    Raises
    ------
    ParameterError
        A grade that is not 1 to 16, or a size beyond the table (3150 mm).

    Examples
    --------
    >>> width_um(20, 6)
    13.0
    """
    if grade not in GRADES:
        raise ParameterError(
            say(
                "Grade of tolerance {grade!r}. Expected 1 to 16. Choose one of them.",
                grade=grade,
            )
        )
    row = _size_step(size_mm)
    if row is None:
        raise ParameterError(
            say(
                "A size of {size_mm:g} mm. Expected more than 0 and at most 3150 mm, where the "
                "table of ISO 286 ends. State the grade itself.",
                size_mm=size_mm,
            )
        )
    return float(_tolerances()[row, 1 + grade])


def grade_of(tolerance_um: float, size_mm: float) -> int | None:
    """Grade that a tolerance asks for: the coarsest whose width is not above it.

    Parameters
    ----------
    tolerance_um
        Whole width of the tolerance, μm (±5 μm is 10).
    size_mm
        Nominal size.

    Returns
    -------
    int | None
        1 to 16; 0 where even grade 1 is too wide; ``None`` beyond the table's 3150 mm.

    Examples
    --------
    >>> grade_of(13, 20), grade_of(12.9, 20), grade_of(0.1, 20)
    (6, 5, 0)
    """
    row = _size_step(size_mm)
    if row is None:
        return None
    return int(np.searchsorted(_tolerances()[row, 2:], tolerance_um * (1 + 1e-12), side="right"))


def usual_grades(code: str) -> tuple[int, int] | None:
    """Usual best and worst grade of a process, or of the nearest kind that has them.

    It is a prior for those who must assume something, and must be told as an assumption.
    """
    found = process(code)
    if found.usual_grades is not None:
        return found.usual_grades
    above = [usual_grades(parent) for parent in found.parents]
    return next((grades for grades in above if grades is not None), None)


def _size_step(size_mm: float) -> int | None:
    """Row of the table: sizes over its first column, up to and including its second."""
    table = _tolerances()
    if not 0 < size_mm <= table[-1, 1]:
        return None
    return int(np.searchsorted(table[:, 1], size_mm, side="left"))


@cache
def _tolerances() -> Floats:
    """Table of ISO 286: over mm, up to mm, width of grades 1 to 16 in μm."""
    table = np.array([list(row.values())[:-1] for row in _rows("iso286.csv")], dtype=float)
    table.flags.writeable = False
    return table


@cache
def _kinds() -> Mapping[str, frozenset[str]]:
    """Code → itself and everything that it is a kind of."""
    kinds: dict[str, frozenset[str]] = {}
    above = {code: known.parents for code, known in processes().items()}
    above |= {code: group.parents for code, group in materials().items()}
    for code, parents in above.items():
        kinds[code] = frozenset((code,)).union(*(kinds[parent] for parent in parents))
    return kinds


@cache
def _grades() -> Mapping[str, str]:
    return {
        written_grade(grade): group.code for group in materials().values() for grade in group.grades
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (files("shuseki.sourcing") / "data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
