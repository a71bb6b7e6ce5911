"""When do printed numbers contradict one another?

A cell is one printed number (or one row of stars, or one claim in words). A constraint ties cells
together and measures their **strain**: how far they are from agreeing, in units of what rounding
(and, where the rule says so, a difference of samples) allows. At or below 1 they can be true
together; above 1 they cannot. Exact counts leave no room, so their strain is 0 or infinite.

Constraints are independent of one another. Which cell is to blame when one fails is the question of
`repairs`, which only has to change a cell's text and check again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import is_not
from typing import Literal, NamedTuple

import numpy as np

from shuseki.language import Message, glossary, listed, say
from shuseki.language.names import TwoNames
from shuseki.papers.printed import KEYS, PrintedNumber, PrintedPaper, Statement, p_interval

__all__ = [
    "Cell",
    "Certainty",
    "Changed",
    "Constraint",
    "Page",
    "Reading",
    "changes",
    "distance",
    "overlap",
]

CONSTANT = "constant"
Certainty = Literal["certain", "strong", "weak"]


class Cell(NamedTuple):
    """The address of one printed number.

    Attributes
    ----------
    kind
        Kind of table (``"coefficients"``, …) or ``"statement"``.
    key
        Names that tell the row apart, e.g. ``("START_L", "1", "HITECH")`` or a statement's id.
    column
        Column of the table, or field of the statement.
    """

    kind: str
    key: tuple[str, ...]
    column: str


class Reading(NamedTuple):
    """What a cell says: its text, and the true values that print as that text."""

    text: str
    value: float
    low: float
    high: float
    of: str = ""
    """``"se"`` for a standard error, which stands where others have t."""

    @property
    def half(self) -> float:
        """Half a unit of the last printed digit."""
        return (self.high - self.low) / 2


Readings = Sequence[Reading]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that must hold between printed cells.

    Attributes
    ----------
    rule
        Name of the rule (`RULES` of the audit lists them).
    cells
        Cells read, in the order in which ``strain`` takes them.
    strain
        Readings → how badly they disagree; above 1 they cannot all be true.
    found, expected
        Readings → what is printed, and what would agree: messages, or figures alone.
    certainty
        How sure a failure is; see `Finding`.
    assumption
        What has to hold for the certainty, in words; empty when nothing does.
    rewording
        For a claim in words: the words that would agree.
    suspects
        Cells that may be to blame here; the rest are context. All by default.
    group
        Failures of one group without a single-cell repair are reported together.
    place
        Where the claim stands, when it is not in a cell: page and section.
    """

    rule: str
    cells: tuple[Cell, ...]
    strain: Callable[[Readings], float]
    found: Callable[[Readings], str]
    expected: Callable[[Readings], str]
    certainty: Certainty = "certain"
    assumption: str = ""
    rewording: str = ""
    suspects: tuple[Cell, ...] | None = None
    group: str = ""
    place: str = ""

    @property
    def suspected(self) -> tuple[Cell, ...]:
        """Cells that may be to blame."""
        return self.cells if self.suspects is None else self.suspects


@lru_cache(maxsize=100_000)
def read(text: str, exact: bool) -> Reading:
    """Read a printed text; words and stars have no value."""
    try:
        number = PrintedNumber(text, exact=exact)
    except ValueError:
        return Reading(text, np.nan, np.nan, np.nan)
    low, high = number.interval
    return Reading(text, number.value, low, high)


class Page:
    """A paper's cells, by address: what the rules read and the repairs rewrite.

    Parameters
    ----------
    paper
        The printed paper.
    """

    def __init__(self, paper: PrintedPaper) -> None:
        self.paper = paper
        self.texts: dict[Cell, str] = {}
        self.exact: set[Cell] = set()
        self.table_of: dict[Cell, str] = {}
        self._terms = {(o, m): terms for o, m, terms in equations_of(paper)}
        self._readings: dict[Cell, Reading] = {}
        self._ranked: dict[str, list[tuple[str, str]]] = {}
        self._japanese = japanese_names(paper)
        for kind, keys in ROW_KEYS.items():
            frame = paper.table(kind)
            # A table that prints no star at all marks nothing.
            starred = set(frame.loc[frame["stars"] != "", "table"]) if "stars" in frame else set()
            for row in frame.to_dict("records"):
                key = tuple(str(row[name]) for name in keys)
                for column in CELL_COLUMNS[kind]:
                    text = str(row.get(column, ""))
                    if text or (column == "stars" and row["table"] in starred):
                        self._put(Cell(kind, key, column), text, str(row["table"]))
        for row in paper.table("shares").to_dict("records"):
            if row["n"]:
                self._put(self.respondents(str(row["question"])), str(row["n"]), str(row["table"]))
        for statement in paper.statements:
            for name in ("value", "low", "high"):
                if name in statement.fields and isinstance(statement[name], str):
                    cell = Cell("statement", (statement.id,), name)
                    self._put(cell, statement[name], "")
                    if statement.get("unit") in COUNTED and "." not in statement[name]:
                        self.exact.add(cell)

    def _put(self, cell: Cell, text: str, table: str) -> None:
        self.texts[cell] = text
        self.table_of[cell] = table
        counted = cell.column in ("n", "births", "rank", "step") or (
            cell.kind == "fit" and cell.key[-1] == "n"
        )
        if counted or text == "0":
            self.exact.add(cell)

    def __contains__(self, cell: Cell) -> bool:
        return cell in self.texts

    def reading(self, cell: Cell) -> Reading:
        """What a cell says."""
        if cell not in self._readings:
            self._readings[cell] = self.read(cell, self.texts[cell])
        return self._readings[cell]

    def read(self, cell: Cell, text: str) -> Reading:
        """What a cell would say with another text."""
        if cell.column == "p":
            low, high = p_interval(text)
            return Reading(text, (low + high) / 2, low, high)
        reading = read(text, cell in self.exact)
        return reading._replace(of="se") if cell.column == "se" else reading

    def readings(self, cells: Sequence[Cell]) -> Readings:
        """What some cells say."""
        return tuple(self.reading(cell) for cell in cells)

    def where(self, cell: Cell) -> Message:
        """Cite a cell: page, table, row and column."""
        if cell.kind == "statement":
            return listed([self.paper.statement(cell.key[0]).where, self.row_label(cell)])
        place = [self.paper.where(self.table_of[cell]), self.row_label(cell)]
        return listed(place if cell.kind == "correlations" else [*place, column_name(cell.column)])

    def row_label(self, cell: Cell) -> str:
        """Name the row of a cell."""
        match cell.kind, cell.key:
            case "coefficients" | "fit", (outcome, model, term):
                named = column_name(term) if cell.kind == "fit" or term == CONSTANT else term
                if not outcome:
                    return say("model {model}, {term}", model=model, term=named)
                return say(
                    "{outcome} model {model}, {term}", outcome=outcome, model=model, term=named
                )
            case "statement", (key,):
                return TwoNames(key, self.paper.statement(key).says_ja or key)
            case "correlations", (one, other):
                return say("{one} with {other}", one=one, other=other)
            case "ranking", (outcome, rank):
                return say("{outcome} rank {rank}", outcome=outcome, rank=rank)
            case "industries", ("high", rank):
                return say("high-technology rank {rank}", rank=rank)
            case "industries", ("low", rank):
                return say("low-technology rank {rank}", rank=rank)
            case "industries", (group, rank):
                return say("{outcome} rank {rank}", outcome=group, rank=rank)
        return listed(self.name(part) for part in cell.key)

    def name(self, text: str) -> str:
        """A question or an answer, in both languages where the paper's folder has them."""
        return TwoNames(text, self._japanese[text]) if text in self._japanese else text

    def statement(self, statement: Statement, name: str = "value") -> Cell:
        """Address of a number in a statement."""
        return Cell("statement", (statement.id,), name)

    # Addresses of table cells -----------------------------------------------------------------

    def coefficient(self, outcome: str, model: str, term: str, column: str = "coefficient") -> Cell:
        """Address of a cell of a coefficient table."""
        return Cell("coefficients", (outcome, model, term), column)

    def fit(self, outcome: str, model: str, statistic: str, column: str = "value") -> Cell:
        """Address of a fit statistic."""
        return Cell("fit", (outcome, model, statistic), column)

    def described(self, variable: str, statistic: str) -> Cell:
        """Address of a descriptive statistic."""
        return Cell("descriptives", (variable,), statistic)

    def correlation(self, one: str, other: str) -> Cell:
        """Address of a correlation, whichever way round it is printed."""
        cell = Cell("correlations", (one, other), "r")
        return cell if cell in self.texts else Cell("correlations", (other, one), "r")

    def share(self, question: str, answer: str) -> Cell:
        """Address of a percentage of respondents."""
        return Cell("shares", (question, answer), "percent")

    def respondents(self, question: str) -> Cell:
        """Address of a question's number of respondents."""
        return Cell("shares", (question,), "n")

    # What is in the paper -----------------------------------------------------------------------

    def equations(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Outcome, model and terms (with the constant) of each printed equation."""
        return ((outcome, model, terms) for (outcome, model), terms in self._terms.items())

    def terms(self, outcome: str, model: str) -> tuple[str, ...]:
        """Terms of one equation."""
        return self._terms[outcome, model]

    @property
    def areas(self) -> int | None:
        """Observations before anything was left out, if the paper says so."""
        areas = self.paper.about.get("areas")
        return None if areas is None else int(areas)

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Outcomes that are sums of other outcomes, with the same denominator."""
        groups = self.paper.about.get("births_by_group", {})
        return {whole: tuple(parts) for whole, parts in groups.items()}

    def n(self, cell: Cell) -> int | None:
        """A printed number of observations, if there is one."""
        return int(self.reading(cell).value) if cell in self else None

    def ranked(self, outcome: str) -> list[tuple[str, str]]:
        """Rank and area of a ranking, from the top."""
        if outcome not in self._ranked:
            frame = self.paper.table("ranking")
            rows = frame[frame["outcome"] == outcome]
            ordered = sorted(zip(rows["rank"], rows["area"], strict=True), key=lambda r: int(r[0]))
            self._ranked[outcome] = [(str(rank), str(area)) for rank, area in ordered]
        return self._ranked[outcome]


def japanese_names(paper: PrintedPaper) -> dict[str, str]:
    """Questions and answers → their Japanese names, where the paper's folder has them."""
    table = paper.table("shares")
    return {
        str(row[name]): str(row[f"{name}_ja"])
        for row in table.to_dict("records")
        for name in ("question", "answer")
        if row.get(f"{name}_ja")
    }


def equations_of(paper: PrintedPaper) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Outcome, model and terms of each equation in a coefficient table."""
    frame = paper.table("coefficients")
    for (outcome, model), rows in frame.groupby(["outcome", "model"], sort=False):
        yield str(outcome), str(model), tuple(rows["term"])


COUNTED = frozenset({"plants", "areas", "industries"})
CELL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "coefficients": ("coefficient", "t", "se", "p", "stars"),
    "fit": ("value", "stars"),
    "descriptives": ("mean", "median", "sd", "min", "max", "n", "step"),
    "correlations": ("r",),
    "ranking": ("births", "rate"),
    "industries": ("rd_intensity_percent",),
    "shares": ("percent",),
}
ROW_KEYS = {kind: KEYS[kind] for kind in CELL_COLUMNS}
"""Kind of table → the columns that name a row."""


def column_name(column: str) -> str:
    """Name the column of a cell."""
    return TwoNames(column, glossary()[column][1]) if column in glossary() else column


Changed = tuple[tuple[int, Reading], ...]
"""Positions of readings, each with what it says instead of what is printed."""


def changes(readings: Readings, printed: Readings) -> Changed:
    """Where readings are not those printed: one place of some hundreds, while a repair is tried.

    Parameters
    ----------
    readings, printed
        Of the same cells; as printed they are the same objects (`Page.readings`).
    """
    differ = compress(range(len(printed)), map(is_not, readings, printed))
    return tuple((at, readings[at]) for at in differ)


def distance(gap: float, room: float) -> float:
    """Strain of a gap that should be zero, when rounding leaves this much room."""
    if np.isnan(gap):
        return 0.0
    if room <= 0:
        return 0.0 if abs(gap) < 1e-9 else np.inf
    # A billionth forgives the arithmetic of this machine, not the print.
    return abs(gap) / (room * (1 + 1e-9))


def overlap(low: float, high: float, other_low: float, other_high: float) -> float:
    """Strain of two intervals that should share a value: gap of centres over sum of half-widths."""
    return distance(
        (low + high - other_low - other_high) / 2, (high - low + other_high - other_low) / 2
    )
