"""May these tables leave together, and what of them?

Everything that a run would write is entered first; then it is decided at once, since a margin in
one table can give away a cell of another; then each table is given back as it may be read::

    gate = Gate(Rules(), {"births": universe})
    table = gate.enter("panel", frame, (Cells(universe="births", columns=["births"], by=…),))
    gate.decide()
    gate.checked(table)                          # frame, marks, verdict

A table whose numbers nobody declared is held. So is everything that was entered after the decision.

Takes: frames with their declarations. Gives: frames with blanks, marks ``X`` in their shape, and
verdicts for ``outputs.json``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from shuseki.arrays import Bools
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.panel import ALL
from shuseki.release.disclosure.figures import Atoms, Ledger, Universe
from shuseki.release.disclosure.numbers import Cells, Free, Held, Numbers, Statistic
from shuseki.release.disclosure.rules import Rules
from shuseki.release.disclosure.suppression import Pattern, suppress

__all__ = ["Checked", "Gate", "Verdict", "X", "flagged"]

X = "X"
"""What stands in the place of a suppressed number, as in Japanese statistics."""

Verdict: TypeAlias = Literal["released", "released after suppression", "held"]

UNDECLARED = say("Nothing is known of how these numbers come from records.")
FEW = say("It rests on too few.")
SOLVED = say(
    "So few of the numbers it is computed from are suppressed that they could be solved for."
)
LEFT_OUT = say("Some of what it shows is suppressed.")


@dataclass(frozen=True, eq=False)
class Checked:
    """A table as it may leave.

    Attributes
    ----------
    frame
        Numbers that may not be read are missing; whole columns and rows may be left out. None where
        the table is held.
    marks
        ``"X"`` where a number is suppressed, else empty, in the shape of the frame.
    verdict, why
        What became of it, and by which rule.
    cells, suppressed
        Numbers from records in it, and how many of them are not written.
    """

    frame: pd.DataFrame | None
    marks: pd.DataFrame | None
    verdict: Verdict
    why: Message | None
    cells: int
    suppressed: int


@dataclass(eq=False)
class _Entry:
    name: str
    frame: pd.DataFrame
    numbers: Numbers | None
    figures: dict[int, list[list[int]]] = field(default_factory=dict)
    """Declaration → for each row the figures that it needs."""
    bases: dict[int, list[list[int]]] = field(default_factory=dict)
    solved: dict[int, Bools] = field(default_factory=dict)
    """Declaration → rows that could be solved for the suppressed numbers behind them."""


class Gate:
    """Tables of one run, decided together.

    Parameters
    ----------
    rules
        What may leave.
    universes
        What the tables count, by name.
    relations
        Adds to the ledger what is known besides.
    """

    def __init__(
        self,
        rules: Rules,
        universes: Mapping[str, Universe],
        relations: Callable[[Ledger], None] | None = None,
    ) -> None:
        self.rules = rules
        self.ledger = Ledger(dict(universes))
        self.pattern: Pattern | None = None
        self._entries: list[_Entry] = []
        self._base_rows: dict[Any, list[Atoms]] = {}
        if relations is not None:
            relations(self.ledger)

    def enter(self, name: str, frame: pd.DataFrame, numbers: Numbers | None) -> int:
        """Show a table to the gate; gives its number."""
        if self.pattern is not None:
            raise ParameterError(
                say(
                    "{name} came after the decision. Expected every table before it, since they "
                    "are decided together. Enter it first.",
                    name=name,
                )
            )
        entry = _Entry(name, frame, numbers)
        for k, part in enumerate(numbers or ()):
            if isinstance(part, Cells):
                self._enter_cells(entry, k, part)
            elif isinstance(part, Statistic) and part.universe:
                self._enter_statistic(entry, k, part)
        self._entries.append(entry)
        return len(self._entries) - 1

    def decide(self) -> Pattern:
        """Choose what is suppressed."""
        if self.pattern is None:
            self.pattern = suppress(self.ledger, self.rules)
            self._count_equations(self.pattern)
        return self.pattern

    def checked(self, number: int) -> Checked:
        """Give a table as it may leave."""
        self.decide()
        return self._checked(self._entries[number])

    def figures(self) -> list[dict[str, object]]:
        """Every suppressed figure that a table would have shown, with the interval that remains."""
        pattern = self.decide()
        shown = pattern.suppressed & (np.array(self.ledger.weights) > 0)
        out: list[dict[str, object]] = []
        for f in np.flatnonzero(shown):
            told: dict[str, object] = {"figure": self.ledger.labels[f]}
            for layer, spans in pattern.intervals.items():
                low, high = spans[f]
                if np.isfinite(low):
                    told[layer] = [float(low), float(high) if np.isfinite(high) else None]
            out.append(told)
        return out

    def suppressed_values(self, *, elsewhere: bool = False) -> frozenset[float]:
        """Numbers that may not be read in any sentence: suppressed, and written nowhere.

        With ``elsewhere``, also those that another figure has, which is written.
        """
        pattern = self.decide()
        if not len(self.ledger):
            return frozenset()
        sums = self.ledger.sums
        shown = np.array(self.ledger.weights) > 0
        secret: set[float] = set()
        written: set[float] = set()
        for layer in self.ledger.layers:
            values = sums @ self.ledger.values(layer)
            secret |= set(values[shown & pattern.suppressed].tolist())
            if not elsewhere:
                written |= set(values[shown & ~pattern.suppressed].tolist())
        return frozenset(secret - written - {0.0})

    # ---- entering ---------------------------------------------------------------------------

    def _enter_cells(self, entry: _Entry, k: int, part: Cells) -> None:
        n = len(entry.frame)
        universe = self._universe(part.universe)
        named = {axis: codes_of(entry.frame, code) for axis, code in part.by.items()}
        needs = [list(part.by)] if part.needs is None else [list(axes) for axes in part.needs]
        entry.figures[k] = [[] for _ in range(n)]
        for axes in needs:
            keys = {axis: named[axis] for axis in axes} | fixed(part.where, n)
            for j, atoms in enumerate(universe.rows(keys, n)):
                said = " ".join([part.universe, *(f"{axis}={keys[axis][j]}" for axis in keys)])
                entry.figures[k][j].append(self.ledger.figure(part.universe, atoms, label=said))
        if part.every:
            self._enter_bases(entry, k, part.universe, named | fixed(part.where, n), part.every)

    def _enter_statistic(self, entry: _Entry, k: int, part: Statistic) -> None:
        n = len(entry.frame)
        named = {axis: codes_of(entry.frame, code) for axis, code in part.by.items()}
        self._enter_bases(entry, k, part.universe, named | fixed(part.where, n), part.over)

    def _enter_bases(
        self,
        entry: _Entry,
        k: int,
        name: str,
        keys: Mapping[str, Sequence[str]],
        over: Sequence[str],
    ) -> None:
        universe = self._universe(name)
        entry.bases[k] = []
        for atoms in universe.rows(keys, len(entry.frame)):
            at = (name, atoms, tuple(over))
            if at not in self._base_rows:
                inside = universe.atoms.iloc[list(atoms)]
                groups = (
                    inside.groupby(list(over)).indices.values() if over else [range(len(atoms))]
                )
                self._base_rows[at] = [tuple(atoms[int(j)] for j in one) for one in groups]
            found = [self.ledger.figure(name, one, weight=0.0) for one in self._base_rows[at]]
            entry.bases[k].append(found)

    def _universe(self, name: str) -> Universe:
        if name not in self.ledger.universes:
            raise ParameterError(
                say(
                    "Nothing is counted as {name!r}. Expected one of {universes}. Give its "
                    "universe.",
                    name=name,
                    universes=", ".join(self.ledger.universes) or say("none"),
                )
            )
        return self.ledger.universes[name]

    # ---- giving back ------------------------------------------------------------------------

    def _checked(self, entry: _Entry) -> Checked:
        frame = entry.frame
        numeric = [c for c in frame.columns if holds_numbers(frame[c])]
        if entry.numbers is None:
            return held(frame, numeric, UNDECLARED)
        hidden = pd.DataFrame(False, index=frame.index, columns=frame.columns)
        covered: set[Any] = set()
        dropped: Bools = np.zeros(len(frame), dtype=bool)
        computed: dict[Any, int] = {}
        reasons: list[Message] = []
        ranked = ""
        from_records: set[Any] = set()
        for k, part in enumerate(entry.numbers):
            columns = [c for c in (part.columns or frame.columns) if c in frame.columns]
            covered |= set(columns)
            if isinstance(part, Free):
                continue
            from_records |= set(columns) & {*numeric, *part.columns}
            if isinstance(part, Held):
                if not part.columns:
                    return held(frame, numeric, part.why)
                covered -= set(columns)
                reasons.append(part.why)
                continue
            if isinstance(part, Cells):
                gone = self._gone(entry, k)
                if not part.computed:
                    gone |= self._unfounded(entry, k, [c for c in columns if c in numeric])
                if part.ranked:
                    dropped |= gone
                    ranked = part.ranked
                if part.computed:
                    computed |= dict.fromkeys(columns, self.rules.digits)
            else:
                gone, why = self._rests(entry, k, part)
                if why is not None:
                    reasons.append(why)
                columns = [c for c in columns if c in numeric or c in part.columns]
                computed |= dict.fromkeys(columns, part.digits or self.rules.digits)
            for column in columns:
                hidden[column] |= gone
        left_out = [c for c in numeric if c not in covered and not is_axis(entry, c)]
        from_records |= set(left_out)
        cells = len(frame) * len(from_records)
        lost = int(hidden[[c for c in frame if c in from_records]].to_numpy().sum())
        lost += len(frame) * len(left_out)
        if cells and lost >= cells:
            return held(frame, list(from_records), reasons[0] if reasons else LEFT_OUT)
        for column in frame.columns:
            if column in computed and holds_numbers(frame[column]):
                frame = put(frame, column, significant(frame[column], computed[column]))
            elif column in from_records and self.rules.rounding and holds_numbers(frame[column]):
                base = self.rules.rounding
                frame = put(frame, column, (frame[column] / base).round() * base)
        marks = hidden.replace({True: X, False: ""}).astype(object)
        frame = blanked(frame, hidden)
        if ranked == "first":
            frame, marks = frame[~dropped], marks[~dropped]
            if "rank" in frame:
                frame = frame.assign(rank=range(1, len(frame) + 1))
        elif ranked == "all":
            names = frame.iloc[:, 0].astype(str).where(dropped, "").tolist()
            at = sorted(range(len(frame)), key=lambda n: (bool(dropped[n]), names[n]))
            frame, marks = frame.iloc[at], marks.iloc[at]
        if ranked:
            frame, marks = frame.reset_index(drop=True), marks.reset_index(drop=True)
        keep = [c for c in frame.columns if c not in left_out]
        why = reasons[0] if reasons else (LEFT_OUT if lost else None)
        verdict: Verdict = "released after suppression" if lost else "released"
        return Checked(frame[keep], marks[keep], verdict, why, cells, lost)

    def _gone(self, entry: _Entry, k: int) -> Bools:
        """Rows of which a figure is suppressed."""
        assert self.pattern is not None
        suppressed = self.pattern.suppressed
        every = entry.bases.get(k, [[]] * len(entry.frame))
        return np.array(
            [
                any(f >= 0 and suppressed[f] for f in (*needed, *bases))
                for needed, bases in zip(entry.figures[k], every, strict=True)
            ],
            dtype=bool,
        )

    def _unfounded(self, entry: _Entry, k: int, columns: list[Any]) -> Bools:
        """Rows with a number behind which the universe has nobody: codes that are not its own."""
        nobody = np.array([any(f < 0 for f in row) for row in entry.figures[k]], dtype=bool)
        numbers = entry.frame[columns].to_numpy(dtype=float, na_value=np.nan)
        something: Bools = (np.nan_to_num(numbers) != 0).any(axis=1)
        return nobody & something

    def _rests(self, entry: _Entry, k: int, part: Statistic) -> tuple[Bools, Message | None]:
        """Rows of a statistic that may not be read, and why."""
        assert self.pattern is not None
        n = len(entry.frame)
        gone: Bools = np.zeros(n, dtype=bool)
        why = None
        if part.units is not None:
            units = np.broadcast_to(np.asarray(part.units, dtype=float), (n,))
            gone |= ~(units >= self.rules.fewest_units)
            why = FEW if gone.any() else None
        solved = entry.solved.get(k)
        if solved is not None and solved.any():
            gone |= solved
            why = why or SOLVED
        return gone, why

    def _count_equations(self, pattern: Pattern) -> None:
        """Find the statistics from which, with those before, suppressed numbers could be solved.

        Every number of a statistic is taken for an equation on the suppressed figures behind it.
        Those that several tables tell are gone through first, then the others in the order in which
        they were entered: one is written while, with all that are written before of the same
        figures, ``fewest_units`` more are unknown than there are equations.
        """
        written: dict[frozenset[int], dict[object, int]] = {}
        every = [
            (entry, k, part)
            for entry in self._entries
            for k, part in enumerate(entry.numbers or ())
            if isinstance(part, Statistic) and k in entry.bases
        ]
        for first in (True, False):
            for entry, k, part in every:
                if bool(part.same) != first:
                    continue
                behind = [
                    frozenset(f for f in bases if f >= 0 and pattern.suppressed[f])
                    for bases in entry.bases[k]
                ]
                told: object = part.same or (id(entry), k)
                solvable = set()
                for unknown in dict.fromkeys(one for one in behind if one):
                    before = written.setdefault(unknown, {})
                    asked = {**before, told: max(part.equations, before.get(told, 0))}
                    if len(unknown) < self.rules.fewest_units + sum(asked.values()):
                        solvable.add(unknown)
                    else:
                        written[unknown] = asked
                entry.solved[k] = np.array([one in solvable for one in behind], dtype=bool)


# ---- frames -------------------------------------------------------------------------------------


def flagged(checked: Checked) -> pd.DataFrame | None:
    """The frame with a column ``<name>_flag`` behind each in which something is suppressed."""
    if checked.frame is None or checked.marks is None:
        return None
    columns: dict[Any, pd.Series] = {}
    for column in checked.frame.columns:
        columns[column] = checked.frame[column]
        if (checked.marks[column] == X).any():
            columns[f"{column}_flag"] = checked.marks[column]
    return pd.DataFrame(columns)


def held(frame: pd.DataFrame, columns: Sequence[Any], why: Message) -> Checked:
    """A table that does not leave."""
    cells = len(frame) * len(columns)
    return Checked(None, None, "held", why, cells, cells)


def put(frame: pd.DataFrame, column: Any, series: pd.Series) -> pd.DataFrame:
    """A frame with another column in the place of one."""
    changed = {c: series if c == column else frame[c] for c in frame.columns}
    return pd.DataFrame(changed, columns=frame.columns)


def codes_of(frame: pd.DataFrame, given: str | Sequence[str]) -> list[str]:
    """Codes row by row: those of a column, or as given."""
    return list(frame[given].astype(str)) if isinstance(given, str) else list(map(str, given))


def fixed(where: Mapping[str, str], n: int) -> dict[str, list[str]]:
    """One code of an axis in every row."""
    return {axis: [str(code)] * n for axis, code in where.items() if code != ALL}


def is_axis(entry: _Entry, column: Any) -> bool:
    """Whether a column of numbers names rows: a year, a rank."""
    named = [
        code
        for part in entry.numbers or ()
        if isinstance(part, Cells | Statistic)
        for code in part.by.values()
        if isinstance(code, str)
    ]
    return column in named


def holds_numbers(column: pd.Series) -> bool:
    """Whether a column holds numbers."""
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)


def significant(column: pd.Series, digits: int) -> pd.Series:
    """Round to significant digits; whole numbers that have no more stay as they are."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    usable = np.isfinite(values) & (values != 0)
    size = np.zeros(len(values))
    size[usable] = np.floor(np.log10(np.abs(values[usable])))
    scale = 10.0 ** (digits - 1 - size)
    rounded = np.where(usable, np.round(values * scale) / scale, values)
    return pd.Series(rounded, index=column.index, name=column.name)


def blanked(frame: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Take out what is hidden; whole numbers stay whole."""
    columns: dict[Any, pd.Series] = {}
    for column in frame.columns:
        series, gone = frame[column], hidden[column]
        if not gone.any():
            columns[column] = series
        elif pd.api.types.is_bool_dtype(series):
            columns[column] = series.astype("boolean").mask(gone)
        elif pd.api.types.is_integer_dtype(series):
            columns[column] = series.astype("Int64").mask(gone)
        elif holds_numbers(series):
            columns[column] = series.astype(float).mask(gone)
        else:
            columns[column] = series.astype(object).where(~gone, None)
    return pd.DataFrame(columns, columns=frame.columns)
