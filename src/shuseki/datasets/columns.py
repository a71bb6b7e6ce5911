"""Where does one column of the regional accounts come from?"""

from dataclasses import dataclass

__all__ = ["Column"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the accounts: its unit, the year it is of, its data set, what was done."""

    column: str
    unit: str
    year: str
    data: str
    note: str
