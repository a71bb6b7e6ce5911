"""How well can a suppressed number be found out from all that is written?

Whoever reads a run's tables knows every sum that is written, and that nothing is negative. For a
suppressed figure the least and the most that agree with that are two programs::

    min, max  a · x    subject to    A x = y,  H x = 0,  x ≥ 0

linear for amounts, in whole numbers for counts (which is what a careful attacker would solve). What
is fixed by one sum alone is put in first; the rest falls apart into components that share no sum,
and a component of one sum needs no program.

Atoms that stand in the same sums are one unknown, which keeps the programs small.

Whether an interval is wide enough is often seen without its program: every table that agrees with
what is written, found for one figure, is a witness for all (``tables``).

Takes: sums of atoms (``figures.Ledger``), the atoms' true values, which sums are written. Gives:
the interval of each figure asked about.

Limits: the reader is not one of the establishments; that two of them who stand in one sum do not
find each other out is a requirement of its own (``suppression``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import scipy
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from shuseki.arrays import Bools, Floats, Ints

__all__ = ["Attack"]

TINY = 1e-7
WHOLE_LARGEST = 400
"""Atoms of a component up to which counts are solved in whole numbers; rounded beyond."""


@dataclass
class Attack:
    """What a reader can compute.

    Attributes
    ----------
    sums
        Atoms of each figure, shape ``(figures, atoms)``.
    known
        Relations that are 0, shape ``(relations, atoms)``.
    values
        Of the atoms, shape ``(atoms,)``.
    written
        Which figures are written, shape ``(figures,)``.
    whole
        Whether values are whole numbers.
    tables
        Tables that may agree with what is written; those that do not are left out.
    """

    sums: sparse.csr_array
    known: sparse.csr_array
    values: Floats
    written: Bools
    whole: bool
    tables: list[Floats] = field(default_factory=list)
    _solved: dict[tuple[int, tuple[int, ...]], tuple[float, float]] = field(default_factory=dict)
    _kinds: dict[tuple[int, bytes, bytes], tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = self.sums.shape[1]
        rows = sparse.csr_array(sparse.vstack([self.sums[self.written], self.known]))
        signed = np.zeros(rows.shape[0], dtype=bool)
        signed[rows.shape[0] - self.known.shape[0] :] = True
        self.fixed: Bools = np.zeros(n, dtype=bool)
        while True:
            unknown = rows.multiply(~self.fixed[None, :]).tocsr()
            unknown.eliminate_zeros()
            left = np.diff(unknown.indptr)
            rest = unknown @ self.values
            done = (left == 1) | (~signed & (left > 0) & (rest <= TINY))
            if not done.any():
                break
            self.fixed[unknown[done].indices] = True
        keep = left > 1
        self._rows = sparse.csr_array(unknown[keep])
        self._rest: Floats = np.asarray(self._rows @ self.values)
        self._signed = signed[keep]
        m = self._rows.shape[0]
        graph = sparse.bmat([[None, abs(self._rows).T], [abs(self._rows), None]]) if m else None
        labels = connected_components(graph, directed=False)[1] if m else np.arange(n)
        self._part: Ints = labels[:n]
        self._row_part: Ints = labels[n:]

        agrees = self.sums[self.written], self.known
        self.tables = [
            table
            for table in self.tables
            if all(np.allclose(rows @ (table - self.values), 0.0, atol=1e-6) for rows in agrees)
        ]

    def draw(self, count: int) -> None:
        """Find tables that agree with what is written, each extreme in a direction of its own."""
        rng = np.random.default_rng(count)
        free = ~self.fixed & np.isin(self._part, self._row_part)
        if not free.any() or not self._rows.shape[0]:
            return
        rows = sparse.csr_array(self._rows[:, free])
        most = np.full(len(free), np.inf)
        for r in np.flatnonzero(~self._signed):
            on = self._rows.indices[self._rows.indptr[r] : self._rows.indptr[r + 1]]
            most[on] = np.minimum(most[on], self._rest[r])
        slack = 0.0 if self.whole else TINY * np.maximum(abs(self._rest), 1.0)
        most = np.minimum(most[free], 10.0 * (self.values.sum() + 100.0))
        for _ in range(count):
            answer = scipy.optimize.milp(
                rng.normal(size=rows.shape[1]),
                constraints=scipy.optimize.LinearConstraint(
                    rows, self._rest - slack, self._rest + slack
                ),
                bounds=scipy.optimize.Bounds(0.0, most),
            )
            if answer.x is None:
                continue
            found = np.round(answer.x) if self.whole else answer.x
            if self.whole and abs(found - answer.x).max() > 1e-6:
                continue  # no table of whole numbers
            table = self.values.copy()
            table[free] = found
            self.tables.append(table)

    def seen(self) -> Floats:
        """Width of every figure over the tables found, shape ``(figures,)``: it is no narrower."""
        if not self.tables:
            return np.zeros(self.sums.shape[0])
        every = self.sums @ np.array([self.values, *self.tables]).T
        return np.asarray(every.max(axis=1) - every.min(axis=1))

    def interval(self, atoms: Iterable[int]) -> tuple[float, float]:
        """Least and most that a sum of atoms can be."""
        at = np.asarray(list(atoms), dtype=np.int64)
        low = high = float(self.values[at[self.fixed[at]]].sum())
        free = at[~self.fixed[at]]
        for part in np.unique(self._part[free]):
            least, most = self._bounds(int(part), tuple(free[self._part[free] == part].tolist()))
            low, high = low + least, high + most
        return low, high

    def of(self, figure: int) -> tuple[float, float]:
        """Interval of one figure."""
        span = self.sums.indptr
        return self.interval(self.sums.indices[span[figure] : span[figure + 1]])

    def rests(self) -> list[tuple[int, ...]]:
        """Atoms of each sum that are not fixed: their sum is known though none of them is."""
        span = self._rows.indptr
        return [
            tuple(int(k) for k in self._rows.indices[span[r] : span[r + 1]])
            for r in np.flatnonzero(~self._signed)
        ]

    def _bounds(self, part: int, inside: tuple[int, ...]) -> tuple[float, float]:
        key = (part, inside)
        if key not in self._solved:
            self._solved[key] = self._solve(part, inside)
        return self._solved[key]

    def _solve(self, part: int, inside: tuple[int, ...]) -> tuple[float, float]:
        own = np.flatnonzero(self._row_part == part)
        if own.size == 0:
            return 0.0, np.inf
        rows = self._rows[own]
        members = np.unique(rows.indices)
        if own.size == 1 and not self._signed[own[0]]:
            whole = len(inside) == len(members)
            return (self._rest[own[0]] if whole else 0.0), float(self._rest[own[0]])
        matrix = sparse.csc_array(rows[:, members])
        # Atoms in the same sums can be exchanged for one another: one unknown for each kind.
        kinds: dict[bytes, int] = {}
        kind = np.empty(len(members), dtype=np.int64)
        span = matrix.indptr
        for k in range(len(members)):
            column = slice(span[k], span[k + 1])
            told = matrix.indices[column].tobytes() + matrix.data[column].tobytes()
            kind[k] = kinds.setdefault(told, len(kinds))
        first = np.array([int(np.argmax(kind == c)) for c in range(len(kinds))])
        merged = sparse.csr_array(matrix[:, first])
        asked = np.isin(members, inside)
        some = np.bincount(kind[asked], minlength=len(kinds))
        whole = some == np.bincount(kind, minlength=len(kinds))
        signed = self._signed[own]
        most = np.full(len(kinds), np.inf)
        for r in np.flatnonzero(~signed):
            on = merged.indices[merged.indptr[r] : merged.indptr[r + 1]]
            most[on] = np.minimum(most[on], self._rest[own[r]])
        far = 10.0 * (float(self.values[members].sum()) + 100.0)
        key = (part, whole[some > 0].tobytes(), np.flatnonzero(some).tobytes())
        if key not in self._kinds:
            about = (merged, self._rest[own], np.minimum(most, far), far, self.whole)
            aims = ((some > 0) & whole).astype(float), (some > 0).astype(float)
            self._kinds[key] = bounds_of(aims, *about)
        return self._kinds[key]


def bounds_of(
    aims: tuple[Floats, Floats],
    rows: sparse.csr_array,
    sums: Floats,
    most: Floats,
    far: float,
    whole: bool,
) -> tuple[float, float]:
    """Least of one sum of ``x`` and most of another, where ``rows x = sums``, ``0 ≤ x ≤ most``.

    ``far`` stands for no bound. In whole numbers where ``whole`` and few enough; missing where the
    program could not be solved, which counts as no width at all.
    """
    exact = whole and len(most) <= WHOLE_LARGEST
    slack = 0.0 if whole else TINY * np.maximum(abs(sums), 1.0)
    at = np.round(sums) if whole else sums
    found = []
    for sign, aim in zip((1.0, -1.0), aims, strict=True):
        if not aim.any():
            found.append(0.0)
            continue
        about = {
            "constraints": scipy.optimize.LinearConstraint(rows, at - slack, at + slack),
            "bounds": scipy.optimize.Bounds(0.0, np.maximum(most, 0.0)),
        }
        answer = scipy.optimize.milp(sign * aim, **about)
        fractions = answer.x is not None and abs(answer.x - np.round(answer.x)).max() > 1e-6
        if exact and fractions:
            # Unfinished, the best table found so far leaves a narrower interval. Without presolve,
            # since HiGHS says on the terminal that it takes a solution back.
            options = {"mip_rel_gap": 0.0, "node_limit": 2000, "presolve": False}
            whole_numbers = scipy.optimize.milp(
                sign * aim, integrality=np.ones(len(aim)), options=options, **about
            )
            answer = answer if whole_numbers.x is None else whole_numbers
        if answer.x is None:
            return np.nan, np.nan
        found.append(float(aim @ answer.x))
    low, high = found
    if whole:
        low, high = np.ceil(low - 1e-5), np.floor(high + 1e-5)
    return max(float(low), 0.0), np.inf if high >= far - 1 else float(high)
