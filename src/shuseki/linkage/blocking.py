"""Which pairs are worth comparing?

Of a million records by a million nearly all pairs are hopeless. A pair is a candidate when both
records agree in all columns of one rule (``[blocking]`` of the settings), such as the same name, or
a word of the name and the municipality. Where a rule makes blocks too large (a common word), its
smaller blocks are taken, up to a number of pairs for each record; small registers are compared in
full.

Takes: ``Registers`` and the rules. Gives: positions ``left``, ``right``, each pair once.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shuseki.arrays import Ints
from shuseki.linkage.registers import RARITY, Lists, Registers

__all__ = ["candidates"]

Keys: TypeAlias = NDArray[np.uint64]
MIX = np.uint64(0x9E3779B97F4A7C15)


def candidates(
    registers: Registers,
    rules: Sequence[Sequence[str]],
    *,
    pairs_per_record: float,
    pairs_per_rule: int,
    most_in_full: int,
) -> tuple[Ints, Ints]:
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

    Returns
    -------
    Positions in the left and in the right register, each pair once and in order, shape
    ``(pairs,)``.
    """
    n_left, n_right = registers.n_left, registers.n_right
    if n_left * n_right <= most_in_full:
        every = np.arange(n_left * n_right)
        return every // n_right, every % n_right
    budget = max(pairs_per_record * max(n_left, n_right), pairs_per_rule)
    found: list[Ints] = []
    keys = {name: _keys(registers, name) for rule in rules for name in _named(registers, rule)}
    for rule in rules:
        found += [
            _pairs(registers, [keys[column] for column in columns], budget)
            for columns in _rules(registers, rule)
            if all(registers.has(column) for column in columns)
        ]
    pairs = np.concatenate(found) if found else np.empty(0, np.int64)
    del found
    pairs.sort()
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
    return pairs // n_right, pairs % n_right


def _rules(registers: Registers, rule: Sequence[str]) -> list[list[str]]:
    """A rule, once for each extra column when it names them."""
    if "extra" not in rule:
        return [list(rule)]
    return [[name if part == "extra" else part for part in rule] for name in registers.extra]


def _named(registers: Registers, rule: Sequence[str]) -> list[str]:
    return [name for one in _rules(registers, rule) for name in one if registers.has(name)]


def _keys(registers: Registers, column: str) -> Lists:
    """What a record may agree in, as numbers."""
    if column in registers.lists:
        lists = registers.lists[column]
        return Lists(lists.values // RARITY, lists.offsets) if column.endswith("words") else lists
    codes, _ = pd.factorize(registers.values[column])
    there = codes >= 0
    return Lists(
        codes[there].astype(np.int64), np.concatenate([[0], np.cumsum(there)]).astype(np.int64)
    )


def _pairs(registers: Registers, columns: Sequence[Lists], budget: float) -> Ints:
    """Pairs of one rule as ``left · n_right + right``, not yet distinct."""
    record = np.arange(registers.n)
    key = np.zeros(registers.n, dtype=np.uint64)
    for lists in columns:
        size = np.diff(lists.offsets)[record]
        start = lists.offsets[record]
        total = np.cumsum(size)
        at = np.repeat(start - (total - size), size) + np.arange(total[-1] if len(total) else 0)
        record, key = np.repeat(record, size), np.repeat(key, size)
        value = lists.values[at].astype(np.uint64)
        key = (key ^ (value + MIX)) * np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(29)
    is_right = record >= registers.n_left
    return _blocks(
        key[~is_right],
        record[~is_right],
        key[is_right],
        record[is_right] - registers.n_left,
        registers.n_right,
        budget,
    )


def _blocks(
    key_left: Keys, left: Ints, key_right: Keys, right: Ints, n_right: int, budget: float
) -> Ints:
    """Pairs with a key in common; of the blocks the smaller ones, within a budget of pairs."""
    order_left, order_right = np.argsort(key_left), np.argsort(key_right)
    one, first_left, many_left = np.unique(
        key_left[order_left], return_index=True, return_counts=True
    )
    other, first_right, many_right = np.unique(
        key_right[order_right], return_index=True, return_counts=True
    )
    _, at_left, at_right = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    a, b = many_left[at_left], many_right[at_right]
    size = a * b
    order = np.argsort(size, kind="stable")
    kept = order[np.cumsum(size[order]) <= budget]
    a, b, size = a[kept], b[kept], size[kept]
    start_left, start_right = first_left[at_left[kept]], first_right[at_right[kept]]
    total = int(size.sum())
    inside = np.arange(total) - np.repeat(np.cumsum(size) - size, size)
    width = np.repeat(b, size)
    row = left[order_left[np.repeat(start_left, size) + inside // width]]
    column = right[order_right[np.repeat(start_right, size) + inside % width]]
    return np.asarray(row * n_right + column, dtype=np.int64)
