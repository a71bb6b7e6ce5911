"""Which typing slip would explain why printed numbers disagree?

The slips that typists and typesetters make: one digit for another, two digits exchanged, a
decimal point or an exponent moved, a sign lost or added, a digit lost or doubled, a star too many
or too few. Every slip of every suspected cell is undone in turn, and every constraint on that cell
is checked again. A repair is good when what failed holds and nothing that held fails; among good
ones those that settle more failures come first, then slips that can happen in few ways (a point
moved, two digits exchanged, a sign) before those that can happen in many (any digit for any
other), then those that leave the least strain on the cell's other constraints.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shuseki.language import Message, say
from shuseki.papers.audit.constraints import Cell, Constraint, Page, Reading, Readings

__all__ = ["Repair", "search", "slips"]

DIGITS = "0123456789"
SIGNED = frozenset({"coefficients", "correlations", "descriptives"})
ONE_DIGIT = say("one digit")
EXCHANGED = say("two digits exchanged")
POINT = say("decimal point moved")
EXPONENT = say("exponent off by one")
SIGN = say("wrong sign")
LOST = say("a digit lost")
DOUBLED = say("a digit too many")
STARS = say("wrong stars")


@dataclass(frozen=True, slots=True)
class Repair:
    """A change of one cell that makes failed constraints hold.

    Attributes
    ----------
    cell
        The cell to change; none for a change of words.
    text
        What it should read.
    slip
        What kind of slip was undone.
    settles
        How many failed constraints it settles.
    breaks
        How many constraints that held it breaks.
    strain
        Root mean square strain left on the constraints of the cell.
    cost
        0.5 for slips with few alternatives (0.75 when the digits printed change with it), 1 for one
        digit, 1.5 for a digit lost or doubled.
    """

    cell: Cell | None
    text: str
    slip: Message
    settles: int
    breaks: int
    strain: float
    cost: float


def slips(
    text: str, is_stars: bool = False, is_signed: bool = True
) -> Iterator[tuple[str, Message, float]]:
    """Texts that a single slip could have turned into this one, with the slip and its cost.

    Examples
    --------
    >>> [fixed for fixed, slip, _ in slips("-0.0565") if slip == "decimal point moved"]
    ['-0.565', '-0.00565', '-5.65']
    """
    if is_stars:
        yield from ((stars, STARS, 0.5) for stars in ("", "*", "**", "***") if stars != text)
        return
    sign, body = ("-", text[1:]) if text[:1] in "-−" else ("", text)
    tail = "%" if body.endswith("%") else ""
    body = body.removesuffix("%")
    mantissa, mark, exponent = body.partition("E")
    seen = {text}

    def fresh(
        number: str, slip: Message, cost: float, head: str = sign
    ) -> Iterator[tuple[str, Message, float]]:
        candidate = f"{head}{number}{mark}{exponent}{tail}"
        if candidate not in seen and any(c in DIGITS for c in number):
            seen.add(candidate)
            yield candidate, slip, cost

    places = [i for i, c in enumerate(mantissa) if c in DIGITS]
    if len(places) == 0:
        return
    plain = mantissa.replace(",", "")
    whole, point, decimals = plain.partition(".")
    if point:
        for shift, cost in ((1, 0.5), (-1, 0.5), (2, 1.0)):
            yield from fresh(_moved(whole, decimals, shift), POINT, cost)
    if is_signed:
        yield from fresh(mantissa, SIGN, 0.5, "" if sign else "-")
    for i in places:
        for digit in DIGITS:
            yield from fresh(mantissa[:i] + digit + mantissa[i + 1 :], ONE_DIGIT, 1.0)
    for i, j in pairwise(places):
        swapped = list(mantissa)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        number = "".join(swapped)
        # A table prints its numbers to so many digits: 0.5065 for 0.0565 is one digit more.
        yield from fresh(number, EXCHANGED, 0.5 if _digits(number) == _digits(mantissa) else 0.75)
    if mark:
        for step in (1, -1):
            power = int(exponent) + step
            candidate = f"{sign}{mantissa}E{power:+03d}{tail}"
            if candidate not in seen:
                seen.add(candidate)
                yield candidate, EXPONENT, 0.5
    if len(places) > 1:
        for i in places:
            yield from fresh(_grouped(mantissa[:i] + mantissa[i + 1 :]), DOUBLED, 1.5)
    for i in [*places, places[-1] + 1]:
        for digit in DIGITS:
            yield from fresh(_grouped(mantissa[:i] + digit + mantissa[i:]), LOST, 1.5)


def _digits(mantissa: str) -> int:
    """Digits from the first that is not zero."""
    return len("".join(c for c in mantissa if c in DIGITS).lstrip("0"))


def _moved(whole: str, decimals: str, shift: int) -> str:
    """Move the decimal point to the right, keeping every significant digit."""
    digits = whole + decimals
    position = len(whole) + shift
    if position <= 0:
        digits, position = "0" * (1 - position) + digits, 1
    if position > len(digits):
        digits += "0" * (position - len(digits))
    left = digits[:position].lstrip("0") or "0"
    right = digits[position:]
    return f"{left}.{right}" if right else left


def _grouped(mantissa: str) -> str:
    """Put the thousands' commas where they belong, if there were any."""
    if "," not in mantissa:
        return mantissa
    whole, point, decimals = mantissa.replace(",", "").partition(".")
    return f"{int(whole or '0'):,}{point}{decimals}"


def search(
    page: Page,
    constraints: Sequence[Constraint],
    by_cell: Mapping[Cell, Sequence[int]],
    failed: Sequence[int],
) -> dict[tuple[Cell, str], tuple[Repair, frozenset[int]]]:
    """Undo every slip of every suspected cell, and keep what settles more than it breaks.

    Parameters
    ----------
    page
        The cells as printed.
    constraints
        All constraints.
    by_cell
        Cell → positions of the constraints that read it.
    failed
        Positions of the constraints that fail.

    Returns
    -------
    dict
        (cell, new text) → the repair, and the positions of the failures that it settles.
    """
    is_failed = frozenset(failed)
    suspected: dict[Cell, set[int]] = {}
    for i in failed:
        for cell in constraints[i].suspected:
            suspected.setdefault(cell, set()).add(i)
    printed: dict[int, Readings] = {}
    places: dict[tuple[int, Cell], list[int]] = {}

    def strain(i: int, cell: Cell, changed: Reading) -> float:
        """Strain of one constraint with one cell changed."""
        if i not in printed:
            printed[i] = page.readings(constraints[i].cells)
            for at, own in enumerate(constraints[i].cells):
                places.setdefault((i, own), []).append(at)
        readings = list(printed[i])
        for at in places[i, cell]:
            readings[at] = changed
        return constraints[i].strain(tuple(readings))

    found: dict[tuple[Cell, str], tuple[Repair, frozenset[int]]] = {}
    for cell in sorted(suspected, key=lambda c: (c.kind, c.key, c.column)):
        touching = by_cell[cell]
        failing = [i for i in touching if i in is_failed]
        holding = [i for i in touching if i not in is_failed]
        quick_first = sorted(holding, key=lambda i: len(constraints[i].cells))
        # Asking all is slow for moments; a true repair settles one of a few that are far apart.
        few = failing[:: max(len(failing) // 4, 1)]
        for text, slip, cost in slips(
            page.texts[cell], cell.column == "stars", cell.kind in SIGNED
        ):
            changed = page.read(cell, text)
            after = {i: strain(i, cell, changed) for i in few}
            if all(value > 1 for value in after.values()):
                continue
            after |= {i: strain(i, cell, changed) for i in failing if i not in after}
            settled = frozenset(i for i, left in after.items() if left <= 1)
            # A cell that is context alone of what it would settle is not to blame for it.
            if not settled & suspected[cell]:
                continue
            breaks = 0
            for i in quick_first:
                after[i] = strain(i, cell, changed)
                breaks += bool(after[i] > 1)
                if breaks == len(settled):
                    break
            else:
                left = [min(after[i], 10.0) for i in (*failing, *holding)]
                rms = float(np.sqrt(np.mean(np.square(left))))
                found[cell, text] = (
                    Repair(cell, text, slip, len(settled), breaks, rms, cost),
                    settled,
                )
    return found
