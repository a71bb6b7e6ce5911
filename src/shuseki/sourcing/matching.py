"""Can this firm do this step?

What a step asks is held against what a capability declares, attribute by attribute, and each gets
one of three verdicts:

- ``ok``: declared, and it is enough;
- ``conflict``: declared, and it is not;
- ``unknown``: not declared. Unknown is never taken for "can".

A match is a conflict when any attribute is, else unknown when any is, else ok. What a step does not
ask is not looked at. A firm that declares a kind of the process that is asked for can do it
(cylindrical grinding, asked: grinding); one that declares only the more general process may or may
not (unknown). Materials likewise.

Takes codes of ``sourcing.processes``, mm, μm, pieces. A tolerance in μm is the whole width; with
the size it becomes a grade of ISO 286, and the finer of it and a grade that is asked for counts.
Limits: a match says what was declared, not what was proved; see ``Capability.evidence``.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from shuseki.directory import Capability
from shuseki.errors import ParameterError
from shuseki.language import Message, listed, say
from shuseki.sourcing.processes import (
    GRADES,
    grade_of,
    group_or_same,
    is_kind_of,
    material_group,
    materials,
    process,
    processes,
)

__all__ = ["Check", "Match", "Step", "Verdict", "best_match", "match"]

Verdict = Literal["ok", "unknown", "conflict"]
Attribute = Literal[
    "process",
    "material",
    "size_mm",
    "it_grade",
    "roughness_um",
    "quantity",
    "certificates",
    "valid_until",
    "text",
    "distance_km",
]
ORDER: dict[Verdict, int] = {"ok": 0, "unknown": 1, "conflict": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order: what must be done to the part.

    Attributes
    ----------
    process
        Code of ``sourcing.processes``.
    material
        Group of materials or a grade, e.g. ``"SUS304"``; empty when any will do.
    size_mm
        Largest dimension of the part, mm.
    tolerance_um
        Whole width of the tolerance, μm (±5 μm is 10).
    it_grade
        Grade of tolerance of ISO 286, 1 to 16.
    roughness_um
        Arithmetic mean roughness Ra, μm.
    quantity
        Pieces.
    certificates
        All of them are asked for.

    Raises
    ------
    UnknownCodeError
        A process or a material that the tables do not hold.
    ParameterError
        A number that is not positive, or a grade that is not 1 to 16.
    """

    process: str
    material: str = ""
    size_mm: float | None = None
    tolerance_um: float | None = None
    it_grade: int | None = None
    roughness_um: float | None = None
    quantity: int | None = None
    certificates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        process(self.process)
        if self.material:
            material_group(self.material)
        for name in ("size_mm", "tolerance_um", "roughness_um", "quantity"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ParameterError(
                    say(
                        "A step of {process} with {name} = {value!r}. Expected a positive number. "
                        "Correct it, or leave it out when it is not known.",
                        process=self.process,
                        name=name,
                        value=value,
                    )
                )
        if self.it_grade is not None and self.it_grade not in GRADES:
            raise ParameterError(
                say(
                    "A step of {process} with it_grade = {it_grade!r}. Expected 1 to 16. Correct "
                    "it, or state tolerance_um and size_mm.",
                    process=self.process,
                    it_grade=self.it_grade,
                )
            )

    @property
    def material_group(self) -> str:
        """Group of the material; empty when any will do."""
        return material_group(self.material) if self.material else ""

    @property
    def asks_tolerance(self) -> bool:
        """Whether a tolerance is asked for, in μm or as a grade."""
        return self.tolerance_um is not None or self.it_grade is not None

    @property
    def required_grade(self) -> int | None:
        """Grade that is asked for; 0 is finer than grade 1; ``None`` when none can be told."""
        grades = [] if self.it_grade is None else [self.it_grade]
        if self.tolerance_um is not None:
            told = None if self.size_mm is None else grade_of(self.tolerance_um, self.size_mm)
            if told is None:
                return None
            grades.append(told)
        return min(grades, default=None)


@dataclass(frozen=True, slots=True)
class Check:
    """One attribute: what was asked, what is declared, and the verdict.

    Attributes
    ----------
    asked, declared
        The values; ``declared`` is a pair for sizes and quantities, ``None`` when unknown.
    """

    attribute: Attribute
    verdict: Verdict
    asked: Any
    declared: Any

    @property
    def reason(self) -> Message:
        """Say it in words."""
        return say(
            "{attribute}: asked {asked}, has {declared}: {verdict}",
            attribute=ATTRIBUTES[self.attribute],
            asked=_said(self.attribute, self.asked),
            declared=_said(self.attribute, self.declared),
            verdict=VERDICTS[self.verdict],
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A capability held against a step.

    Attributes
    ----------
    checks
        One for each attribute that the step asks for, in a fixed order.
    """

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks."""
        return max((check.verdict for check in self.checks), key=ORDER.__getitem__)

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that are not ok, conflicts first."""
        wrong = [check for check in self.checks if check.verdict != "ok"]
        return tuple(sorted(wrong, key=lambda check: -ORDER[check.verdict]))


def match(capability: Capability, step: Step, *, on: date | None = None) -> Match:
    """Hold a capability against a step.

    Parameters
    ----------
    on
        Day on which the step is to be done; a declaration that ended before it is a conflict.
        ``None`` does not ask.

    Examples
    --------
    >>> able = Capability("ota/1", "cylindrical_grinding", ("steel",), 1, 200, it_grade=5)
    >>> match(able, Step("grinding", size_mm=20, it_grade=6)).verdict
    'ok'
    >>> [c.attribute for c in match(able, Step("grinding", "SUS304", size_mm=300)).failing]
    ['size_mm', 'material']
    """
    checks = [
        Check(
            "process", _kind(step.process, (capability.process,)), step.process, capability.process
        )
    ]
    if step.material:
        declared = capability.materials or None
        verdict = _kind(step.material_group, tuple(map(group_or_same, capability.materials)))
        checks.append(Check("material", verdict, step.material, declared))
    if step.size_mm is not None:
        sizes = (capability.size_min_mm, capability.size_max_mm)
        checks.append(Check("size_mm", _within(step.size_mm, *sizes), step.size_mm, sizes))
    if step.asks_tolerance:
        best = _number(capability.it_grade)
        grade = step.required_grade
        verdict = "unknown" if grade is None else _at_least_as_fine(grade, best)
        if step.it_grade is not None and _at_least_as_fine(step.it_grade, best) == "conflict":
            verdict = "conflict"  # whatever the tolerance in μm would ask
        asked = grade if grade is not None else step.it_grade
        checks.append(Check("it_grade", verdict, asked, best))
    if step.roughness_um is not None:
        best = _number(capability.roughness_um)
        verdict = _at_least_as_fine(step.roughness_um, best)
        checks.append(Check("roughness_um", verdict, step.roughness_um, best))
    if step.quantity is not None:
        lots = (capability.lot_min, capability.lot_max)
        checks.append(Check("quantity", _within(step.quantity, *lots), step.quantity, lots))
    if step.certificates:
        held = capability.certificates
        verdict = "ok" if set(step.certificates) <= set(held) else "conflict"
        verdict = verdict if held else "unknown"
        checks.append(Check("certificates", verdict, step.certificates, held or None))
    if on is not None and capability.valid_until is not None:
        verdict = "ok" if on <= capability.valid_until else "conflict"
        checks.append(Check("valid_until", verdict, on, capability.valid_until))
    return Match(tuple(checks))


def best_match(
    capabilities: Iterable[Capability], step: Step, *, on: date | None = None
) -> tuple[Capability, Match] | None:
    """Give the capability that fits a step best, and how; ``None`` where there is none.

    Ok comes before unknown before conflict, then the right process, then the fewest attributes
    that fail; among equals the first.
    """
    held = [(capability, match(capability, step, on=on)) for capability in capabilities]
    return min(held, key=lambda pair: _worth(pair[1]), default=None)


def _worth(held: Match) -> tuple[int, int, int]:
    return ORDER[held.verdict], ORDER[held.checks[0].verdict], len(held.failing)


@lru_cache(maxsize=4096)
def _kind(asked: str, declared: tuple[str, ...]) -> Verdict:
    """Ok for the same or a kind of it, unknown for something more general or nothing declared."""
    groups = [code for code in declared if code]
    if any(is_kind_of(code, asked) for code in groups):
        return "ok"
    if not groups or any(is_kind_of(asked, code) for code in groups):
        return "unknown"
    return "conflict"


def _within(asked: float, low: float | None, high: float | None) -> Verdict:
    """Ok between two declared bounds; a broken one is a conflict, a missing one unknown."""
    least, most = _number(low), _number(high)
    if (least is not None and asked < least) or (most is not None and asked > most):
        return "conflict"
    return "unknown" if least is None or most is None else "ok"


def _at_least_as_fine(asked: float, best: float | None) -> Verdict:
    if best is None:
        return "unknown"
    return "ok" if best <= asked else "conflict"


def _number(value: float | None) -> float | None:
    """Give a number, or ``None`` for one that is not there (``None`` or nan)."""
    return None if value is None or math.isnan(value) else value


def _said(attribute: Attribute, value: Any) -> Any:
    """A value in words: bounds as a range, several as a list, nothing as "nothing"."""
    if value is None or value == (None, None):
        return say("nothing")
    if attribute == "process":
        return processes()[value].label if value in processes() else value
    if attribute == "material":
        named = (value,) if isinstance(value, str) else value
        return listed(materials()[n].label if n in materials() else n for n in named)
    if isinstance(value, tuple) and len(value) == 2 and not isinstance(value[0], str):
        low, high = (_number(bound) for bound in value)
        if low is None and high is None:
            return say("nothing")
        if low is None:
            return say("at most {high:g}", high=high)
        if high is None:
            return say("at least {low:g}", low=low)
        return say("{low:g} to {high:g}", low=low, high=high)
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


VERDICTS: dict[Verdict, Message] = {
    "ok": say("ok"),
    "unknown": say("unknown"),
    "conflict": say("conflict"),
}
ATTRIBUTES: dict[Attribute, Message] = {
    "process": say("process"),
    "material": say("material"),
    "size_mm": say("size, mm"),
    "it_grade": say("grade of tolerance (IT)"),
    "roughness_um": say("roughness Ra, μm"),
    "quantity": say("quantity, pieces"),
    "certificates": say("certificates"),
    "valid_until": say("valid until"),
    "text": say("words"),
    "distance_km": say("distance, km"),
}
"""What an attribute is called."""
