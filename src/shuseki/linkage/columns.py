"""How are the columns of two registers kept when there are millions of records?

Each distinct value once, and for every record the number of its own: names of towns and of firms
stand in many records. Numbers follow the order in which values first stand, so that the same
registers give the same numbers. Words are numbers too; a list of them belongs to a text, not to a
record::

    Texts      distinct texts (Arrow), a code for each record
    Numbers    floats, one for each record
    Lists      words of distinct texts, pairs of neighbouring words, cells of a grid

Codes are of 32 bits: a register has up to two thousand million records.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numba
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shuseki.arrays import Floats, Ints
from shuseki.linkage.normalisation import is_cjk

__all__ = [
    "RARITY",
    "TEXTS_AT_ONCE",
    "Codes",
    "Lists",
    "Numbers",
    "Texts",
    "coded",
    "filled",
    "first_of",
    "objects",
    "word_keys",
    "words_of",
]

Codes: TypeAlias = NDArray[np.int32]
Keys: TypeAlias = NDArray[np.uint64]
RARITY = 1000
TEXTS_AT_ONCE = 1_000_000
OTHER, CJK, BLANK = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Texts:
    """A text for each record: ``distinct[codes[i]]``; a code of -1 where it is missing."""

    codes: Codes
    distinct: Any

    @property
    def n(self) -> int:
        """Distinct texts."""
        return len(self.distinct)

    def texts(self, at: Ints) -> NDArray[np.object_]:
        """Some of the distinct texts."""
        return objects(self.distinct.take(pa.array(at)))

    def taken(self, records: Ints) -> "Texts":
        """The texts of some records, in their order."""
        codes, old = in_order(self.codes[records], len(self.distinct))
        return Texts(codes, self.distinct.take(pa.array(old)))

    def numbers(self) -> Floats:
        """The texts as numbers; ``nan`` where it is missing."""
        found = np.append(objects(self.distinct).astype(float), np.nan)
        return np.asarray(found[self.codes], dtype=float)

    def starts(self, signs: int) -> Codes:
        """Number of the first signs of each text."""
        return coded(self.codes, pc.utf8_slice_codeunits(self.distinct, 0, signs)).codes

    def arrow(self, start: int, stop: int) -> Any:
        """The texts of some records as an Arrow array."""
        codes = self.codes[start:stop]
        return self.distinct.take(pa.array(codes, mask=codes < 0))


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number for each record, ``nan`` where it is missing."""

    values: Floats

    @cached_property
    def _coded(self) -> tuple[Codes, Floats]:
        codes, distinct = pd.factorize(self.values)
        return codes.astype(np.int32), np.asarray(distinct, dtype=float)

    @property
    def codes(self) -> Codes:
        """Number of the value of each record; -1 where it is missing."""
        return self._coded[0]

    @property
    def n(self) -> int:
        """Distinct numbers."""
        return len(self._coded[1])

    def texts(self, at: Ints) -> NDArray[np.object_]:
        """Some of the distinct numbers as texts."""
        return np.array([str(value) for value in self._coded[1][at]], dtype=object)

    def taken(self, records: Ints) -> "Numbers":
        """The numbers of some records, in their order."""
        return Numbers(self.values[records])

    def numbers(self) -> Floats:
        """The numbers."""
        return self.values

    def starts(self, signs: int) -> Codes:
        """A number has no first signs."""
        return np.full(len(self.values), -1, np.int32)

    def arrow(self, start: int, stop: int) -> Any:
        """The numbers of some records as an Arrow array."""
        return pa.array(self.values[start:stop], from_pandas=True)


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of numbers for each record: that of its code, none for a code of -1.

    Attributes
    ----------
    values, offsets
        The lists: ``values[offsets[code]:offsets[code + 1]]``.
    codes
        Shape ``(records,)``.
    rarity
        Of words, their rarity in tenths of a bit; the lists are sorted then.
    neighbours
        The lists are words in the order of the text; pairs of neighbours are what counts.
    """

    values: NDArray[Any]
    offsets: Ints
    codes: Codes
    rarity: NDArray[np.int16] | None = None
    neighbours: bool = False

    def keys(self) -> "Lists":
        """What records may agree in: each number once in a list."""
        if not self.neighbours:
            return self
        values, offsets = _neighbours(self.values, self.offsets)
        return Lists(values, offsets, self.codes)

    def taken(self, records: Ints) -> "Lists":
        """The lists of some records, in their order, without those of others."""
        codes, old = in_order(self.codes[records], len(self.offsets) - 1)
        size = np.diff(self.offsets)[old]
        offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        at = np.repeat(self.offsets[old] - offsets[:-1], size) + np.arange(offsets[-1])
        return replace(self, values=self.values[at], offsets=offsets, codes=codes)

    def arrow(self, start: int, stop: int) -> Any:
        """The lists of some records as an Arrow array; of words 1000 · word + rarity."""
        keys = self.keys()
        values = keys.values.astype(np.int64)
        if self.rarity is not None:
            values = values * RARITY + self.rarity[values]
        lists = pa.LargeListArray.from_arrays(pa.array(keys.offsets), pa.array(values))
        codes = self.codes[start:stop]
        empty = (codes < 0) | (np.diff(keys.offsets)[codes] == 0 if len(lists) else True)
        return lists.take(pa.array(codes, mask=empty)).cast(pa.list_(pa.int64()))

    def totals(self) -> Ints:
        """Rarity of all words of each list, in tenths of a bit."""
        if self.rarity is None:
            return np.zeros(len(self.offsets) - 1, np.int64)
        total = np.concatenate([[0], np.cumsum(self.rarity[self.values], dtype=np.int64)])
        return np.asarray(np.diff(total[self.offsets]))


def objects(texts: Any) -> NDArray[np.object_]:
    """Texts of an Arrow array as objects."""
    found = np.empty(len(texts), dtype=object)
    found[:] = texts.to_pylist()
    return found


def coded(codes: Codes, texts: Any) -> Texts:
    """Texts of records from a text for each code, some of them equal or missing."""
    found = _dictionary(texts)
    return Texts(np.append(found.codes, np.int32(-1))[codes], found.distinct)


def _dictionary(texts: Any) -> Texts:
    """The distinct texts of an Arrow array, in the order in which they first stand."""
    made = texts.dictionary_encode()
    made = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    codes = pc.fill_null(made.indices, -1).to_numpy(zero_copy_only=False)
    return Texts(codes.astype(np.int32), made.dictionary)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def in_order(codes: Codes, n: int) -> tuple[Codes, Ints]:
    """Number values anew as they first stand; the new codes, and the old ones of the new."""
    new = np.full(n, -1, np.int32)
    old = np.empty(n, np.int64)
    found = np.empty(len(codes), np.int32)
    known = 0
    for i in range(len(codes)):
        code = codes[i]
        if code < 0:
            found[i] = -1
            continue
        if new[code] < 0:
            new[code] = known
            old[known] = code
            known += 1
        found[i] = new[code]
    return found, old[:known].copy()


def filled(texts: Texts) -> Texts:
    """An empty text where it is missing."""
    missing = texts.codes < 0
    if not missing.any():
        return texts
    distinct = pa.concat_arrays([texts.distinct, pa.array([""], pa.large_string())])
    codes, old = in_order(
        np.where(missing, np.int32(len(texts.distinct)), texts.codes), len(distinct)
    )
    return Texts(codes, distinct.take(pa.array(old)))


def first_of(one: Texts, other: Texts) -> Texts:
    """A text of the one, of the other where it is missing."""
    made = _dictionary(pa.concat_arrays([one.distinct, other.distinct]))
    n = len(one.distinct)
    to_one, to_other = (np.append(part, np.int32(-1)) for part in (made.codes[:n], made.codes[n:]))
    codes = np.where(one.codes >= 0, to_one[one.codes], to_other[other.codes])
    codes, old = in_order(codes, len(made.distinct))
    return Texts(codes, made.distinct.take(pa.array(old)))


def word_keys(texts: Sequence[str]) -> tuple[Keys, Ints]:
    """Words of each text as numbers: equal words, and they alone, have equal numbers.

    Words are those of ``normalisation.words``; of three signs and more a number is a hash of 63
    bits, so that of a million words two agree with a probability of one in ten million.

    Returns
    -------
    keys
        Words of the first text, of the second, …, shape ``(words,)``.
    sizes
        Words of each text, shape ``(texts,)``.
    """
    signs = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum([0, *map(len, texts)])
    keys, found = _word_keys(signs, np.asarray(ends, np.int64), _kinds())
    return keys, found


@lru_cache
def _kinds() -> NDArray[np.uint8]:
    """Whether each sign is a blank, kanji, kana or hangul, or another."""
    kinds = np.zeros(0x110000, np.uint8)
    for code in range(0x10000):
        if is_cjk(chr(code)):
            kinds[code] = CJK
        elif chr(code).isspace():
            kinds[code] = BLANK
    return kinds


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _word_keys(
    signs: NDArray[np.uint32], ends: Ints, kinds: NDArray[np.uint8]
) -> tuple[Keys, Ints]:
    keys, sizes = np.empty(len(signs), np.uint64), np.zeros(len(ends) - 1, np.int64)
    n = 0
    for i in range(len(ends) - 1):
        before, at = n, ends[i]
        while at < ends[i + 1]:
            kind = kinds[signs[at]]
            start = at
            is_ascii = True
            while at < ends[i + 1] and kinds[signs[at]] == kind:
                is_ascii = is_ascii and signs[at] < 128
                at += 1
            if kind == BLANK:
                continue
            if is_ascii or signs[start] < 0x3040 or at - start == 1:
                keys[n] = _key(signs, start, at)
                n += 1
            else:
                for k in range(start, at - 1):
                    keys[n] = _key(signs, k, k + 2)
                    n += 1
        sizes[i] = n - before
    return keys[:n].copy(), sizes


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _key(signs: NDArray[np.uint32], start: int, stop: int) -> np.uint64:
    """One or two signs as they are; more by a hash with the first bit set."""
    if stop - start <= 2:
        key = np.uint64(0)
        for k in range(start, stop):
            key = (key << np.uint64(21)) | np.uint64(signs[k])
        return key
    key = np.uint64(0xCBF29CE484222325)
    for k in range(start, stop):
        key = (key ^ np.uint64(signs[k])) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(32)
    return key | (np.uint64(1) << np.uint64(63))


def words_of(texts: Texts) -> tuple[Lists, Lists]:
    """Words of each text with their rarity, and words in their order, for pairs of neighbours."""
    known: dict[int, int] = {}
    number = known.setdefault
    sequences, sizes = [], []
    for start in range(0, len(texts.distinct), TEXTS_AT_ONCE):
        keys, size = word_keys(texts.distinct[start : start + TEXTS_AT_ONCE].to_pylist())
        codes, distinct = pd.factorize(keys)
        own = [number(key, len(known)) for key in distinct.tolist()]
        sequences.append(np.array(own, np.int32)[codes])
        sizes.append(size)
    sequence = np.concatenate([*sequences, np.empty(0, np.int32)])
    ends = np.concatenate([[0], *sizes]).astype(np.int64)
    del sequences, sizes
    offsets = np.cumsum(ends)
    values, own_offsets = _sorted_once(sequence, offsets)
    records = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.distinct))
    count = _counted(values, own_offsets, records, max(len(known), 1))
    rarity = np.rint(10 * np.log2(len(texts.codes) / np.maximum(count, 1)))
    return (
        Lists(values, own_offsets, texts.codes, np.clip(rarity, 1, RARITY - 1).astype(np.int16)),
        Lists(sequence, offsets, texts.codes, neighbours=True),
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sorted_once(values: Codes, offsets: Ints) -> tuple[Codes, Ints]:
    """Each list sorted, every number in it once."""
    found, ends = np.empty_like(values), np.zeros(len(offsets), np.int64)
    n = 0
    for i in range(len(offsets) - 1):
        part = np.sort(values[offsets[i] : offsets[i + 1]])
        for k in range(len(part)):
            if k == 0 or part[k] != part[k - 1]:
                found[n] = part[k]
                n += 1
        ends[i + 1] = n
    return found[:n].copy(), ends


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _counted(values: Codes, offsets: Ints, records: Ints, n: int) -> Ints:
    """Records that have each word."""
    count = np.zeros(n, np.int64)
    for i in range(len(offsets) - 1):
        for k in range(offsets[i], offsets[i + 1]):
            count[values[k]] += records[i]
    return count


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _neighbours(values: Codes, offsets: Ints) -> tuple[Ints, Ints]:
    """Pairs of numbers side by side in each list, every pair once, as one number."""
    found, ends = np.empty(len(values), np.int64), np.zeros(len(offsets), np.int64)
    n = 0
    for i in range(len(offsets) - 1):
        first = n
        for k in range(offsets[i], offsets[i + 1] - 1):
            pair = (np.int64(values[k]) << 32) + values[k + 1]
            is_new = True
            for before in range(first, n):
                if found[before] == pair:
                    is_new = False
                    break
            if is_new:
                found[n] = pair
                n += 1
        ends[i + 1] = n
    return found[:n].copy(), ends
