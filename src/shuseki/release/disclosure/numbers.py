"""What are the numbers of a table, as far as they come from records?

A table says it in the smallest way: a tuple of declarations. What none of them covers is not
written where records are a user's.

===============  ==================================================================================
``Cells``        columns whose numbers are counts or amounts of establishments, or are computed of
                 some (a rate, a quotient): written where every figure that they need is
``Statistic``    columns computed from many figures (coefficients, indices): written where they
                 rest on enough, and where none, or many, of those figures are suppressed
``Free``         columns that do not come from records: definitions, printed tables
``Held``         never written: points of plants, quotients of single plants, powers of employees
===============  ==================================================================================

A cell that is computed only from figures that are written tells nothing that they do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shuseki.language import Message
from shuseki.results import Result

__all__ = ["Cells", "Declared", "Free", "Held", "Numbers", "Picture", "Statistic"]

Picture: TypeAlias = Literal["table", "never"]
"""A picture shows what its table shows, and is drawn where all of that is written; or never."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Cells:
    """Counts or amounts, or numbers computed of them.

    Attributes
    ----------
    universe
        Whose: ``"births"``.
    columns
        Columns that are blanked; all of them in a row whose figure is suppressed.
    by
        Axis → the column that holds its codes, or the codes row by row.
    where
        Axis → its one code in the whole table.
    needs
        Axes of each figure that the number is computed of; one figure, by all axes, by default.
    every
        Axes by which the figure must be written in full: a number computed of all its cells.
    ranked
        Rows stand in the order of the number, whose place between two others tells it: of the
        ``"first"`` few those suppressed are left out, and ranks are counted anew; where ``"all"``
        are there, they stand last, by their names.
    computed
        Whether the columns are computed: they are rounded to significant digits.
    """

    universe: str
    columns: Sequence[str]
    by: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[Sequence[str]] | None = None
    every: Sequence[str] = ()
    ranked: Literal["", "first", "all"] = ""
    computed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Statistic:
    """Numbers computed from many figures.

    Attributes
    ----------
    columns
        The columns; all numbers of the table where empty.
    units
        Residual degrees of freedom, or establishments, behind each row or the table; the rules
        say how many are enough.
    universe, by, where
        As for ``Cells``: the figures of a row …
    over
        … over these axes. They are computed from one figure for each code.
    equations
        How many numbers are computed from the same figures.
    same
        What names these numbers, where several tables tell the same ones: they count once.
    digits
        Significant digits; those of the rules where ``None``.
    """

    columns: Sequence[str] = ()
    units: float | Sequence[float] | None = None
    universe: str = ""
    by: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    over: Sequence[str] = ()
    equations: int = 1
    same: str = ""
    digits: int | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Free:
    """Columns that do not come from records; the whole table where empty."""

    columns: Sequence[str] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Held:
    """Columns that never leave; the whole table where empty."""

    why: Message
    columns: Sequence[str] = ()


Numbers: TypeAlias = tuple["Cells | Statistic | Free | Held", ...]
"""What the numbers of a table are."""


@dataclass(frozen=True, eq=False)
class Declared:
    """What is known of an answer.

    Attributes
    ----------
    numbers
        Of its table.
    picture
        When its picture may be drawn.
    drawn
        What is drawn in its place, with fewer digits; None for itself.
    """

    numbers: Numbers | None
    picture: Picture = "table"
    drawn: Result | None = None
