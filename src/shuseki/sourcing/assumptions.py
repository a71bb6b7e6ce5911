"""What is assumed where nobody has said, and how far could it be off?

Prices, times and risks that a directory does not hold are assumptions: each has a value, a low and
a high end, a unit and a basis in words (``data/assumptions.csv``), some of them by process. An
answer says which of them it used, and a share of draws says how far it hangs on them: draws are
triangular between low and high with the mode at the value.

Takes names and processes. Gives numbers in the unit of the table.
Limits: they are assumptions until a cluster supplies its own; state yours with ``replace``.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import say
from shuseki.sourcing.processes import is_kind_of, processes

__all__ = ["Assumption", "Assumptions", "check_within", "draw_triangular"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that stands in for what nobody has said.

    Attributes
    ----------
    process
        Code of the process that it is for; empty for all.
    value, low, high
        What is taken, and its range.
    """

    name: str
    process: str
    value: float
    low: float
    high: float
    unit: str
    basis: str


@cache
def _bundled() -> Mapping[tuple[str, str], Assumption]:
    """Read the table that comes with the library."""
    table = files("shuseki.sourcing") / "data" / "assumptions.csv"
    with table.open(encoding="utf-8") as file:
        rows = [
            Assumption(
                row["name"],
                row["process"],
                float(row["value"]),
                float(row["low"]),
                float(row["high"]),
                row["unit"],
                row["basis"],
            )
            for row in csv.DictReader(file)
        ]
    return MappingProxyType({(row.name, row.process): row for row in rows})


@dataclass(frozen=True, eq=False)
class Assumptions:
    """All assumptions of the planner; ``Assumptions()`` are those of the table.

    Examples
    --------
    >>> stated = Assumptions().replace(queue_days=3)
    >>> stated["queue_days"], stated.of("hours_per_piece", "deep_drawing")
    (3.0, 0.005)
    """

    rows: Mapping[tuple[str, str], Assumption] = field(default_factory=_bundled)

    def __getitem__(self, name: str) -> float:
        return self.at(name).value

    def at(self, name: str, process: str = "") -> Assumption:
        """Give the assumption for a process, or the one of the nearest kind above it."""
        if (name, "") not in self.rows:
            names = sorted({known for known, _ in self.rows})
            raise UnknownCodeError.among("assumption", [name], names)
        if process:
            own = self.rows.get((name, process))
            if own is not None:
                return own
            for code in reversed(list(processes())):
                if (name, code) in self.rows and is_kind_of(process, code):
                    return self.rows[name, code]
        return self.rows[name, ""]

    def of(self, name: str, process: str = "") -> float:
        """Give the value for a process."""
        return self.at(name, process).value

    def replace(
        self, ranges: Mapping[str, tuple[float, float, float]] | None = None, **values: float
    ) -> "Assumptions":
        """State your own: a value (then without a range), or value, low and high.

        Raises
        ------
        UnknownCodeError
            No such assumption.
        ParameterError
            A value that is not a number ≥ 0, or is not between its low and its high.
        """
        stated = {name: (value, value, value) for name, value in values.items()}
        stated |= dict(ranges or {})
        rows = dict(self.rows)
        for name, (value, low, high) in stated.items():
            known = self.at(name)
            numbers = np.array([value, low, high], dtype=float)
            if not np.isfinite(numbers).all() or not 0 <= low <= value <= high:
                raise ParameterError(
                    say(
                        "Assumption {name}: value {value!r}, low {low!r}, high {high!r}. Expected "
                        "numbers with 0 ≤ low ≤ value ≤ high. Correct them.",
                        name=name,
                        value=value,
                        low=low,
                        high=high,
                    )
                )
            for key in [key for key in rows if key[0] == name]:
                rows[key] = Assumption(
                    name, key[1], float(value), float(low), float(high), known.unit, "stated"
                )
        return Assumptions(MappingProxyType(rows))

    def drawn(self, rng: np.random.Generator) -> "Assumptions":
        """Draw every assumption once."""
        rows = {
            key: Assumption(
                row.name,
                row.process,
                float(draw_triangular(rng, row, 1)[0]),
                row.low,
                row.high,
                row.unit,
                row.basis,
            )
            for key, row in self.rows.items()
        }
        return Assumptions(MappingProxyType(rows))

    def to_frame(self) -> pd.DataFrame:
        """Name, process, value, low, high, unit and basis of each."""
        return pd.DataFrame(
            [
                (row.name, row.process, row.value, row.low, row.high, row.unit, row.basis)
                for row in self.rows.values()
            ],
            columns=["assumption", "process", "value", "low", "high", "unit", "basis"],
        )


def draw_triangular(rng: np.random.Generator, row: Assumption, count: int) -> Floats:
    """Draw from low to high with the mode at the value, shape ``(count,)``."""
    if row.high <= row.low:
        return np.full(count, row.value)
    return rng.triangular(row.low, row.value, row.high, count)


def check_within(*parameters: tuple[str, float, float, float]) -> None:
    """Refuse a parameter outside its range.

    Parameters
    ----------
    *parameters
        Name, value, the least and the most it may be.

    Raises
    ------
    ParameterError
        One is outside, or no number.
    """
    for name, value, low, high in parameters:
        if not low <= value <= high:
            raise ParameterError(
                say(
                    "{name} = {value:g}. Expected {low:g} to {high:g}. Choose another value.",
                    name=name,
                    value=value,
                    low=low,
                    high=high,
                )
            )
