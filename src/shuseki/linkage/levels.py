"""At which level does each pair stand, in every comparison, found on arrays?

What ``comparing`` asks of Splink in SQL, asked of whole numbers: each distinct value gets a number,
a condition is worked out for the pairs that no earlier level took, and a likeness once for each
two distinct texts. Time and memory grow with the number of pairs.

    equal, agree, alike    numbers of the values, or of their first signs, are the same
    overlap, within        rarity of shared words over that of all: merge of two sorted lists
    likeness               Jaro–Winkler on the bytes of UTF-8, as DuckDB has it
    and, or, not           of three values: what is missing is neither true nor false

Takes: ``Registers``, comparisons, positions of the pairs. Gives: levels, shape
``(pairs, comparisons)``, -1 where something is missing. Checked against Splink on DuckDB.
"""

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from shuseki.arrays import Bools, Floats, Ints
from shuseki.geography.distances import distance_km
from shuseki.linkage.registers import RARITY, Lists, Registers
from shuseki.linkage.settings import Comparison

__all__ = ["Ruler"]

PAIRS_AT_ONCE = 1_000_000
Truth: TypeAlias = tuple[Bools, Bools]
"""Where it holds, and where it does not; neither where something is missing."""
COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Ruler:
    """Compares pairs of records of two registers."""

    def __init__(self, registers: Registers, comparisons: Sequence[Comparison]) -> None:
        self.registers, self.comparisons = registers, comparisons
        self._codes: dict[tuple[str, int], tuple[Ints, Any]] = {}
        self._sorted: dict[str, tuple[Lists, Ints]] = {}
        self._conditions = [
            [_tree(level.when) if level.when else None for level in one.levels]
            for one in comparisons
        ]

    def levels(self, left: Ints, right: Ints) -> NDArray[np.int8]:
        """Level of each pair in every comparison; positions in the left and right register."""
        found = np.empty((len(left), len(self.comparisons)), dtype=np.int8)
        for start in range(0, len(left), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            pairs = _Pairs(self, left[part], right[part] + self.registers.n_left)
            for k, one in enumerate(self.comparisons):
                found[part, k] = self._of(pairs, k, one)
        return found

    def _of(self, pairs: "_Pairs", k: int, one: Comparison) -> NDArray[np.int8]:
        level = np.full(len(pairs.a), len(one.levels) - 1, dtype=np.int8)
        missing = np.ones(len(level), dtype=bool)
        for column in one.columns:
            if self.registers.has(column):
                there = self.there(column)
                missing &= ~(there[pairs.a] & there[pairs.b])
        level[missing] = -1
        rest = np.flatnonzero(~missing)
        for at, condition in enumerate(self._conditions[k]):
            if condition is None or not len(rest):
                break
            holds, _ = pairs.truth(condition, rest)
            level[rest[holds]] = at
            rest = rest[~holds]
        return level

    def there(self, column: str) -> Bools:
        """Whether each record has a value."""
        if column in self.registers.lists:
            return np.asarray(np.diff(self.registers.lists[column].offsets) > 0)
        return np.asarray(self.codes(column)[0] >= 0)

    def codes(self, column: str, signs: int = 0) -> tuple[Ints, Any]:
        """Number of the value (or of its first signs) of each record, -1 missing; the values."""
        if (column, signs) not in self._codes:
            values = self.registers.values[column]
            if signs:
                values = values.astype("object").str.slice(0, signs)
            codes, distinct = pd.factorize(values)
            self._codes[column, signs] = codes.astype(np.int64), np.asarray(distinct, dtype=object)
        return self._codes[column, signs]

    def bytes_of(self, column: str) -> Any:
        """The distinct values of a column as bytes."""
        key = (column, -1)
        if key not in self._codes:
            codes, distinct = self.codes(column)
            made = np.empty(len(distinct), dtype=object)
            made[:] = [str(value).encode() for value in distinct]
            self._codes[key] = codes, made
        return self._codes[key][1]

    def words(self, column: str) -> tuple[Lists, Ints]:
        """Words of each record in order, and the sum of their rarities."""
        if column not in self._sorted:
            lists = self.registers.lists[column]
            owner = np.repeat(np.arange(len(lists.offsets) - 1), np.diff(lists.offsets))
            values = lists.values[np.lexsort((lists.values, owner))]
            total = np.concatenate([[0], np.cumsum(values % RARITY)])
            self._sorted[column] = (
                Lists(values, lists.offsets),
                np.diff(total[lists.offsets]).astype(np.int64),
            )
        return self._sorted[column]


class _Pairs:
    """Some pairs, and what was found of them."""

    def __init__(self, ruler: Ruler, a: Ints, b: Ints) -> None:
        self.ruler, self.a, self.b = ruler, a, b
        self._known: dict[tuple[str, str], Floats] = {}

    def truth(self, node: ast.expr, at: Ints) -> Truth:
        """Where a condition holds and where it does not, of the pairs ``at``."""
        if isinstance(node, ast.BoolOp):
            return self._joined(node, at)
        if isinstance(node, ast.UnaryOp):
            holds, fails = self.truth(node.operand, at)
            return fails, holds
        if isinstance(node, ast.Compare):
            one = self.value(node.left, at)
            other = self.value(node.comparators[0], at)
            known = ~(np.isnan(one) | np.isnan(other))
            holds = COMPARE[type(node.ops[0])](one, other) & known
            return holds, known & ~holds
        value = self.value(node, at)
        return value > 0, value == 0

    def _joined(self, node: ast.BoolOp, at: Ints) -> Truth:
        """``and`` and ``or``; what is decided already is asked nothing more."""
        is_or = isinstance(node.op, ast.Or)
        decided = np.zeros(len(at), dtype=bool)
        every = np.ones(len(at), dtype=bool)
        for part in node.values:
            open_ = np.flatnonzero(~decided)
            holds, fails = self.truth(part, at[open_])
            decided[open_] = holds if is_or else fails
            every[open_] &= fails if is_or else holds
        every &= ~decided
        return (decided, every) if is_or else (every, decided)

    def value(self, node: ast.expr, at: Ints) -> Floats:
        """What a call or a number says of the pairs ``at``; ``nan`` where something is missing."""
        if isinstance(node, ast.Constant):
            return np.full(len(at), float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return self._distance_km(at)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise TypeError(ast.dump(node))
        name, column = node.func.id, node.args[0].id  # type: ignore[attr-defined]
        if not self.ruler.registers.has(column):
            return np.full(len(at), np.nan)
        if name in ("equal", "agree", "alike"):
            signs = int(node.args[1].value) if name == "alike" else 0  # type: ignore[attr-defined]
            codes = self.ruler.codes(column, signs)[0]
            one, other = codes[self.a[at]], codes[self.b[at]]
            return np.where((one < 0) | (other < 0), np.nan, (one == other).astype(float))
        # The same likeness stands in several levels: it is kept.
        known = self._known.setdefault((name, column), np.full(len(self.a), np.inf))
        new = at[np.isinf(known[at])]
        if len(new):
            known[new] = self._measured(name, column, self.a[new], self.b[new])
        return known[at]

    def _measured(self, name: str, column: str, a: Ints, b: Ints) -> Floats:
        if name == "ratio":
            values = self.ruler.registers.values[column].to_numpy(dtype=float, na_value=np.nan)
            one, other = values[a], values[b]
            return np.asarray((np.minimum(one, other) + 1) / (np.maximum(one, other) + 1))
        if name == "likeness":
            return self._likeness(column, a, b)
        lists, total = self.ruler.words(column)
        shared = _shared(lists.values, lists.offsets, a, b)
        one, other = total[a].astype(float), total[b].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "overlap":
                found = 2 * shared / (one + other)
            elif name == "within":
                found = shared / np.minimum(one, other)
            else:
                found = shared / 10
        return np.where((one == 0) | (other == 0), np.nan, found)

    def _likeness(self, column: str, a: Ints, b: Ints) -> Floats:
        codes, _ = self.ruler.codes(column)
        texts = self.ruler.bytes_of(column)
        one, other = codes[a], codes[b]
        there = (one >= 0) & (other >= 0)
        key = one[there] * len(texts) + other[there]
        distinct, back = np.unique(key, return_inverse=True)
        found = np.full(len(a), np.nan)
        if len(distinct):
            values = cpdist(
                texts[distinct // len(texts)],
                texts[distinct % len(texts)],
                scorer=JaroWinkler.similarity,
                dtype=np.float64,
                workers=-1,
            )
            found[there] = values[back]
        return found

    def _distance_km(self, at: Ints) -> Floats:
        values = self.ruler.registers.values
        names = ("latitude", "longitude")
        if not all(name in values for name in names):
            return np.full(len(at), np.nan)
        a, b = (
            np.column_stack([values[name].to_numpy(dtype=float)[side[at]] for name in names])
            for side in (self.a, self.b)
        )
        return distance_km(a, b)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _shared(values: Ints, offsets: Ints, a: Ints, b: Ints) -> Floats:
    """Rarity of the words that two records share, in tenths of a bit."""
    found = np.zeros(len(a))
    for k in range(len(a)):
        i, i_end = offsets[a[k]], offsets[a[k] + 1]
        j, j_end = offsets[b[k]], offsets[b[k] + 1]
        total = 0
        while i < i_end and j < j_end:
            if values[i] == values[j]:
                total += values[i] % RARITY
                i += 1
                j += 1
            elif values[i] < values[j]:
                i += 1
            else:
                j += 1
        found[k] = total
    return found


def _tree(when: str) -> ast.expr:
    """A condition, parsed; its spelling was checked by ``settings.sql_of``."""
    spelt = re.sub(r"(?<![<>=])=(?!=)", "==", when).replace("<>", "!=")
    return ast.parse(" ".join(spelt.split()), mode="eval").body
