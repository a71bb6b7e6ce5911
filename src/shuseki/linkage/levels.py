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
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from shuseki.arrays import Bools, Floats, Ints
from shuseki.geography.distances import distance_km
from shuseki.linkage.columns import Codes, Numbers
from shuseki.linkage.registers import Registers
from shuseki.linkage.settings import Comparison, tree_of

__all__ = ["Ruler"]

PAIRS_AT_ONCE = 1_000_000
MOST_BYTES = 2_000_000
"""Distinct texts up to so many are kept as bytes."""
WORDS = ("overlap", "within", "shared")
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
    """Compares pairs of records of two registers; from several threads at once if need be."""

    def __init__(self, registers: Registers, comparisons: Sequence[Comparison]) -> None:
        self.registers, self.comparisons = registers, comparisons
        self._starts: dict[tuple[str, int], Codes] = {}
        self._bytes: dict[str, NDArray[np.object_]] = {}
        self._totals: dict[str, Ints] = {}
        self._conditions = [
            [tree_of(level.when) if level.when else None for level in one.levels]
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
                missing &= self.is_missing(column, pairs.a) | self.is_missing(column, pairs.b)
        level[missing] = -1
        rest = np.flatnonzero(~missing)
        for at, condition in enumerate(self._conditions[k]):
            if condition is None or not len(rest):
                break
            holds, _ = pairs.truth(condition, rest)
            level[rest[holds]] = at
            rest = rest[~holds]
        return level

    def is_missing(self, column: str, records: Ints) -> Bools:
        """Whether records have no value."""
        if column in self.registers.lists:
            lists = self.registers.lists[column]
            codes = lists.codes[records]
            return np.asarray((codes < 0) | (lists.offsets[codes + 1] == lists.offsets[codes]))
        values = self.registers.values[column]
        if isinstance(values, Numbers):
            return np.isnan(values.values[records])
        return np.asarray(values.codes[records] < 0)

    def codes(self, column: str, signs: int = 0) -> Codes:
        """Number of the value (or of its first signs) of each record, -1 missing."""
        if not signs:
            return self.registers.values[column].codes
        if (column, signs) not in self._starts:
            self._starts[column, signs] = self.registers.values[column].starts(signs)
        return self._starts[column, signs]

    def bytes_of(self, column: str, at: Ints) -> NDArray[np.object_]:
        """Some of the distinct values of a column as bytes."""
        values = self.registers.values[column]
        n = values.n
        if n > MOST_BYTES:
            return _encoded(values.texts(at))
        if column not in self._bytes:
            self._bytes[column] = _encoded(values.texts(np.arange(n)))
        return self._bytes[column][at]

    def totals(self, column: str) -> Ints:
        """Sum of the rarities of the words of each list."""
        if column not in self._totals:
            self._totals[column] = self.registers.lists[column].totals()
        return self._totals[column]


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
            return self._kept("distance_km", "", at)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise TypeError(ast.dump(node))
        name, column = node.func.id, node.args[0].id  # type: ignore[attr-defined]
        if not self.ruler.registers.has(column):
            return np.full(len(at), np.nan)
        if name in ("equal", "agree", "alike"):
            signs = int(node.args[1].value) if name == "alike" else 0  # type: ignore[attr-defined]
            codes = self.ruler.codes(column, signs)
            return np.asarray(_equal(codes, self.a, self.b, at))
        return self._kept(name, column, at)

    def _kept(self, name: str, column: str, at: Ints) -> Floats:
        """A measure of the pairs ``at``; the same one stands in several levels, and is kept."""
        if (name, column) not in self._known:
            self._known[name, column] = np.full(len(self.a), np.inf)
        known = self._known[name, column]
        found = known[at]
        is_new = np.isinf(found)
        if is_new.any():
            new = at[is_new]
            found[is_new] = self._measured(name, column, new)
            known[new] = found[is_new]
        return found

    def _measured(self, name: str, column: str, at: Ints) -> Floats:
        if name == "distance_km":
            return self._distance_km(self.a[at], self.b[at])
        if name == "ratio":
            values = self.ruler.registers.values[column].numbers()
            one, other = values[self.a[at]], values[self.b[at]]
            return np.asarray((np.minimum(one, other) + 1) / (np.maximum(one, other) + 1))
        if name == "likeness":
            return self._likeness(column, self.a[at], self.b[at])
        shared = self._kept("shared_rarity", column, at) if name in WORDS else None
        if shared is None:
            return self._shared_rarity(column, self.a[at], self.b[at])
        totals, codes = self.ruler.totals(column), self.ruler.registers.lists[column].codes
        if not len(totals):  # no record has a word
            return np.full(len(at), np.nan)
        one, other = (totals[codes[side[at]]].astype(float) for side in (self.a, self.b))
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "overlap":
                return np.asarray(2 * shared / (one + other))
            if name == "within":
                return np.asarray(shared / np.minimum(one, other))
            return shared / 10

    def _shared_rarity(self, column: str, a: Ints, b: Ints) -> Floats:
        """Rarity of the words that two records share, in tenths of a bit."""
        lists = self.ruler.registers.lists[column]
        if lists.rarity is None:
            return np.where(
                self.ruler.is_missing(column, a) | self.ruler.is_missing(column, b), np.nan, 0.0
            )
        codes = lists.codes
        return np.asarray(_shared(lists.values, lists.offsets, lists.rarity, codes[a], codes[b]))

    def _likeness(self, column: str, a: Ints, b: Ints) -> Floats:
        codes = self.ruler.codes(column)
        n = self.ruler.registers.values[column].n
        one, other = codes[a], codes[b]
        there = (one >= 0) & (other >= 0)
        key = one[there].astype(np.int64) * n + other[there]
        distinct, back = np.unique(key, return_inverse=True)
        found = np.full(len(a), np.nan)
        if len(distinct):
            values = cpdist(
                self.ruler.bytes_of(column, distinct // n),
                self.ruler.bytes_of(column, distinct % n),
                scorer=JaroWinkler.similarity,
                dtype=np.float64,
                workers=1,
            )
            found[there] = values[back]
        return found

    def _distance_km(self, a: Ints, b: Ints) -> Floats:
        values = self.ruler.registers.values
        names = ("latitude", "longitude")
        if not all(name in values for name in names):
            return np.full(len(a), np.nan)
        degrees = [values[name].numbers() for name in names]
        return distance_km(*(np.column_stack([one[side] for one in degrees]) for side in (a, b)))


def _encoded(texts: NDArray[np.object_]) -> NDArray[np.object_]:
    found = np.empty(len(texts), dtype=object)
    found[:] = [text.encode() for text in texts]
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _equal(codes: Codes, a: Ints, b: Ints, at: Ints) -> Floats:
    """1 where two records have the same value, 0 where another, ``nan`` where one is missing."""
    found = np.empty(len(at))
    for k in range(len(at)):
        one, other = codes[a[at[k]]], codes[b[at[k]]]
        if one < 0 or other < 0:
            found[k] = np.nan
        else:
            found[k] = 1.0 if one == other else 0.0
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shared(values: Codes, offsets: Ints, rarity: NDArray[np.int16], a: Codes, b: Codes) -> Floats:
    """Rarity of the words that two lists share, in tenths of a bit; ``nan`` if one has none."""
    found = np.empty(len(a))
    for k in range(len(a)):
        if a[k] < 0 or b[k] < 0:
            found[k] = np.nan
            continue
        i, i_end = offsets[a[k]], offsets[a[k] + 1]
        j, j_end = offsets[b[k]], offsets[b[k] + 1]
        if i == i_end or j == j_end:
            found[k] = np.nan
            continue
        total = 0
        while i < i_end and j < j_end:
            one, other = values[i], values[j]
            if one == other:
                total += rarity[one]
            # Without a branch on the order, which no processor can foresee.
            i += one <= other
            j += other <= one
        found[k] = total
    return found
