"""Which pairs are worth comparing?

Of a million records by a million nearly all pairs are hopeless. A pair is a candidate when both
records agree in all columns of one rule (``[blocking]`` of the settings), such as the same name, or
a word of the name and the municipality. The records that agree are a block. Where a rule makes
blocks too large (a common word), its smaller blocks are taken, up to a number of pairs for each
record of the whole register; small registers are compared in full.

Blocks are kept, not pairs: the candidates of some left records are made when they are asked for,
so that memory grows with the records and not with the pairs. Blocks are found a part of the keys
at a time, in the order of the keys::

    keys of a part → sorted on either side → blocks → smaller ones within the budget so far

What does not fit into the budget of the parts so far does not fit into that of all.

Takes: ``Registers`` and the rules. Gives: ``Candidates``.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from shuseki.arrays import Ints
from shuseki.linkage.columns import Codes, Lists
from shuseki.linkage.registers import Registers

__all__ = ["Candidates", "candidates"]

Keys: TypeAlias = NDArray[np.uint64]
MIX = np.uint64(0x9E3779B97F4A7C15)
SPREAD = np.uint64(0xBF58476D1CE4E5B9)
ROWS_AT_ONCE = 16_000_000
"""Keys of one side that are sorted at a time, about."""
RECORDS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs to compare, by the left record.

    Attributes
    ----------
    n_left, n_right
        Records.
    blocks
        Blocks of the rules; None where all pairs are compared.
    counts
        Pairs of each left record, shape ``(n_left,)``.
    """

    n_left: int
    n_right: int
    blocks: "Blocks | None"
    counts: Ints

    @property
    def total(self) -> int:
        """How many pairs there are."""
        return int(self.counts.sum())

    def of(self, records: Ints) -> tuple[Ints, Ints]:
        """The pairs of some left records, in the order of the records and of their rights.

        Returns
        -------
        Positions in the left and in the right register, each pair once, shape ``(pairs,)``.
        """
        counts = self.counts[records]
        left = np.repeat(records, counts)
        if self.blocks is None:
            return left, np.tile(np.arange(self.n_right), len(records))
        blocks = self.blocks
        right = np.empty(len(left), np.int64)
        _filled(
            records, blocks.starts, blocks.block, blocks.first, blocks.right, self.n_right, right
        )
        return left, right

    def every(self) -> tuple[Ints, Ints]:
        """All pairs."""
        return self.of(np.arange(self.n_left))

    def parts(self, pairs: int) -> list[Ints]:
        """Left records in groups with about so many pairs."""
        group = (np.cumsum(self.counts) - self.counts) // max(pairs, 1)
        return np.split(np.arange(self.n_left), np.flatnonzero(np.diff(group)) + 1)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Records that agree.

    Attributes
    ----------
    starts, block
        Blocks of each left record: ``block[starts[i]:starts[i + 1]]``.
    first, right
        Right records of each block: ``right[first[b]:first[b + 1]]``.
    """

    starts: Ints
    block: Codes
    first: Ints
    right: Codes


@dataclass(frozen=True, eq=False)
class Found:
    """Blocks of one rule, in the order of their keys: how many records of either side, and which.

    Attributes
    ----------
    a, b
        How many records of the left and of the right each block has.
    left, right
        Records of the first block, of the second, …
    """

    a: Codes
    b: Codes
    left: Codes
    right: Codes

    @property
    def pairs(self) -> int:
        """Pairs of all blocks."""
        return int((self.a * self.b.astype(np.int64)).sum())

    def within(self, budget: float) -> "Found":
        """The smaller blocks, within a budget of pairs."""
        size = self.a * self.b.astype(np.int64)
        by_size = np.sort(size)
        number = int(np.searchsorted(np.cumsum(by_size), budget, side="right"))
        last = by_size[number]
        # Of the blocks of the size at which the budget ends, the first ones.
        fits = size < last
        fits[np.flatnonzero(size == last)[: number - int(fits.sum())]] = True
        return Found(
            self.a[fits],
            self.b[fits],
            self.left[np.repeat(fits, self.a)],
            self.right[np.repeat(fits, self.b)],
        )


def candidates(
    registers: Registers,
    rules: Sequence[Sequence[str]],
    *,
    pairs_per_record: float,
    pairs_per_rule: int,
    most_in_full: int,
    also: tuple[Ints, Ints] | None = None,
) -> Candidates:
    """Find the pairs to compare.

    Parameters
    ----------
    registers
        The registers.
    rules
        Columns that a pair must agree in; a rule with a column that is not there is left out.
        ``extra`` stands for each extra column.
    pairs_per_record
        Most pairs that a rule may make, for each record of the larger register.
    pairs_per_rule
        A rule may make so many in any case.
    most_in_full
        Up to so many pairs all are compared.
    also
        Positions of pairs, left and right, that are candidates in any case.
    """
    n_left, n_right = registers.n_left, registers.n_right
    if n_left * n_right <= most_in_full:
        return Candidates(n_left, n_right, None, np.full(n_left, n_right))
    budget = max(pairs_per_record * max(n_left, n_right), pairs_per_rule)
    found = [
        _blocks(registers, columns, budget)
        for rule in rules
        for columns in _rules(registers, rule)
        if all(registers.has(column) for column in columns)
    ]
    if also is not None:
        one = np.ones(len(also[0]), np.int32)
        found.append(Found(one, one, also[0].astype(np.int32), also[1].astype(np.int32)))
    blocks = _together(found, n_left)
    counts = np.zeros(n_left, np.int64)
    _count(blocks.starts, blocks.block, blocks.first, blocks.right, n_right, counts)
    return Candidates(n_left, n_right, blocks, counts)


def _rules(registers: Registers, rule: Sequence[str]) -> list[list[str]]:
    """A rule, once for each extra column when it names them."""
    if "extra" not in rule:
        return [list(rule)]
    return [[name if part == "extra" else part for part in rule] for name in registers.extra]


def _keys(registers: Registers, column: str) -> Lists:
    """What a record may agree in, as numbers."""
    if column in registers.lists:
        return registers.lists[column].keys()
    values = registers.values[column]
    return Lists(np.arange(values.n, dtype=np.int32), np.arange(values.n + 1), values.codes)


def _blocks(registers: Registers, columns: Sequence[str], budget: float) -> Found:
    """Blocks of one rule, within a budget of pairs."""
    lists = [_keys(registers, column) for column in columns]
    sides = [registers.side(False), registers.side(True)]
    rows = np.ones(registers.n, np.int64)
    for one in lists:
        size = np.append(np.diff(one.offsets), 0)
        rows *= size[one.codes]
    most = max(int(rows[start:stop].sum()) for start, stop in sides)
    del rows
    bits = max(int(np.ceil(np.log2(max(most / ROWS_AT_ONCE, 1)))), 0)
    kept: list[Found] = []
    pairs = 0
    with ThreadPoolExecutor(len(sides)) as pool:
        for part in range(1 << bits):
            asked = [pool.submit(_sorted, lists, *side, bits, part) for side in sides]
            (key_left, left), (key_right, right) = (task.result() for task in asked)
            del asked
            kept.append(_shared(key_left, left, key_right, right))
            del key_left, left, key_right, right
            pairs += kept[-1].pairs
            if pairs > budget:
                kept = [_joined(kept).within(budget)]
                pairs = kept[0].pairs
    return _joined(kept)


def _sorted(
    lists: Sequence[Lists], start: int, stop: int, bits: int, part: int
) -> tuple[Keys, Codes]:
    """Keys of the records of one side that begin with the bits of a part, sorted; the records."""
    found = []
    for first in range(start, stop, RECORDS_AT_ONCE):
        record = np.arange(first, min(first + RECORDS_AT_ONCE, stop), dtype=np.int32)
        key = np.zeros(len(record), np.uint64)
        for one in lists:
            size = _sizes(record, one.codes, one.offsets)
            record, key = _expanded(record, key, one.codes, one.offsets, one.values, size)
        if bits:
            own = np.flatnonzero(key >> np.uint64(64 - bits) == np.uint64(part))
            record, key = record[own], key[own]
        found.append((record - np.int32(start), key))
    key = np.concatenate([one for _, one in found])
    record = np.concatenate([one for one, _ in found])
    del found
    order = np.argsort(key)
    return key[order], record[order]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sizes(record: Codes, codes: Codes, offsets: Ints) -> int:
    """Numbers in the lists of some records."""
    total = 0
    for i in record:
        if codes[i] >= 0:
            total += offsets[codes[i] + 1] - offsets[codes[i]]
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _expanded(
    record: Codes, key: Keys, codes: Codes, offsets: Ints, values: Ints, size: int
) -> tuple[Codes, Keys]:
    """A row for each number in the list of a record, its key mixed with the number."""
    records, keys = np.empty(size, np.int32), np.empty(size, np.uint64)
    n = 0
    for i in range(len(record)):
        code = codes[record[i]]
        if code < 0:
            continue
        for k in range(offsets[code], offsets[code + 1]):
            mixed = (key[i] ^ (np.uint64(values[k]) + MIX)) * SPREAD
            records[n] = record[i]
            keys[n] = mixed ^ (mixed >> np.uint64(29))
            n += 1
    return records, keys


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shared_keys(one: Keys, other: Keys) -> tuple[Ints, Codes, Ints, Codes]:
    """Where the rows of each key that both have begin, and how many there are."""
    most = min(len(one), len(other))
    start, start_2 = np.empty(most, np.int64), np.empty(most, np.int64)
    a, b = np.empty(most, np.int32), np.empty(most, np.int32)
    i, j, n = 0, 0, 0
    while i < len(one) and j < len(other):
        if one[i] < other[j]:
            i += 1
        elif one[i] > other[j]:
            j += 1
        else:
            key = one[i]
            start[n], start_2[n] = i, j
            while i < len(one) and one[i] == key:
                i += 1
            while j < len(other) and other[j] == key:
                j += 1
            a[n], b[n] = i - start[n], j - start_2[n]
            n += 1
    return start[:n].copy(), a[:n].copy(), start_2[:n].copy(), b[:n].copy()


def _shared(one: Keys, left: Codes, other: Keys, right: Codes) -> Found:
    """The blocks of sorted keys that both sides have."""
    start, a, start_2, b = _shared_keys(one, other)
    return Found(a, b, _rows(left, start, a), _rows(right, start_2, b))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rows(values: Codes, start: Ints, size: Codes) -> Codes:
    """Stretches of an array, one after the other."""
    found = np.empty(size.sum(), values.dtype)
    n = 0
    for i in range(len(start)):
        for k in range(start[i], start[i] + size[i]):
            found[n] = values[k]
            n += 1
    return found


def _joined(found: Sequence[Found]) -> Found:
    if len(found) == 1:
        return found[0]
    return Found(
        np.concatenate([one.a for one in found]),
        np.concatenate([one.b for one in found]),
        np.concatenate([one.left for one in found]),
        np.concatenate([one.right for one in found]),
    )


def _together(found: list[Found], n_left: int) -> Blocks:
    """Blocks of all rules, by the left record; ``found`` is used up."""
    starts = np.zeros(n_left + 1, np.int64)
    for one in found:
        starts[1:] += np.bincount(one.left, minlength=n_left)
    np.cumsum(starts, out=starts)
    at = starts[:-1].copy()
    block = np.empty(int(starts[-1]), np.int32)
    first = np.zeros(sum(len(one.a) for one in found) + 1, np.int64)
    right = np.empty(sum(len(one.right) for one in found), np.int32)
    number, n = 0, 0
    while found:
        one = found.pop(0)
        _placed(one.left, one.a, number, at, block)
        first[number + 1 : number + 1 + len(one.b)] = one.b
        right[n : n + len(one.right)] = one.right
        number, n = number + len(one.a), n + len(one.right)
    np.cumsum(first, out=first)
    return Blocks(starts, block, first, right)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _placed(left: Codes, a: Codes, number: int, at: Ints, block: Codes) -> None:
    """Write the number of each block where those of its left records stand."""
    n = 0
    for i in range(len(a)):
        for _ in range(a[i]):
            block[at[left[n]]] = number + i
            at[left[n]] += 1
            n += 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(
    starts: Ints, block: Codes, first: Ints, right: Codes, n_right: int, counts: Ints
) -> None:
    """Count the right records of each left one, each once."""
    seen = np.full(n_right, -1, np.int32)
    for i in range(len(counts)):
        n = 0
        for at in range(starts[i], starts[i + 1]):
            for k in range(first[block[at]], first[block[at] + 1]):
                if seen[right[k]] != i:
                    seen[right[k]] = i
                    n += 1
        counts[i] = n


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _filled(
    records: Ints, starts: Ints, block: Codes, first: Ints, right: Codes, n_right: int, found: Ints
) -> None:
    """Write the right records of each left one, each once and in order."""
    seen = np.full(n_right, -1, np.int32)
    n = 0
    for i in range(len(records)):
        begin = n
        for at in range(starts[records[i]], starts[records[i] + 1]):
            for k in range(first[block[at]], first[block[at] + 1]):
                if seen[right[k]] != i:
                    seen[right[k]] = i
                    found[n] = right[k]
                    n += 1
        found[begin:n].sort()
