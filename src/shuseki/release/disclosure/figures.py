"""Which numbers of a run's tables are about the same establishments?

A **universe** is a set of establishments counted over axes: births by area and industry, plants by
area, industry and wave. Its **atoms** are the cells that are not empty, with how many
establishments each holds, its amounts, and the largest and second largest contribution to each.

A **figure** is the sum over a set of atoms. Two cells of two tables that add up the same atoms are
one figure, whatever the tables call it: it is written in both or in neither. What is published of
a run is thus known at once, margins, totals and repetitions included:

    A x = y     figures (rows) of atoms (columns)
    H x = 0     what is known besides: establishments = survivors + births, one wave to the next

Takes: frames of atoms. Gives: a ``Ledger``: arrays for ``suppression`` and ``audit``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import say
from shuseki.panel import ALL, Panel

__all__ = ["COUNT", "Ledger", "Universe"]

COUNT = "count"
"""The layer of establishments; amounts have the names of their variables."""

Atoms = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Universe:
    """Establishments over axes.

    Attributes
    ----------
    name
        What is counted: ``births``, ``stocks``.
    atoms
        One row per cell that is not empty: axes as text, ``count``, amounts, and for each amount
        ``<amount>_largest`` and ``<amount>_second``.
    axes
        Columns of ``atoms`` by which figures can be named, groups among them.
    amounts
        Variables that are added up over establishments.
    """

    name: str
    atoms: pd.DataFrame
    axes: tuple[str, ...]
    amounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        largest = [f"{name}_{which}" for name in self.amounts for which in ("largest", "second")]
        wanted = [*self.axes, COUNT, *self.amounts, *largest]
        missing = [name for name in wanted if name not in self.atoms.columns]
        if missing:
            raise DataError(
                say(
                    "Atoms of {name} lack columns: {missing}. Found {columns}. Give each axis, "
                    "count and amount.",
                    name=self.name,
                    missing=examples(missing),
                    columns=examples(self.atoms.columns, 12),
                )
            )

    @classmethod
    def from_frame(
        cls,
        name: str,
        frame: pd.DataFrame,
        axes: Sequence[str],
        *,
        count: str = COUNT,
        amounts: Sequence[str] = (),
        groups: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "Universe":
        """Make a universe of a table of cells; empty cells are left out.

        Parameters
        ----------
        name
            What is counted.
        frame
            One row per cell: the axes, the count, the amounts with their largest contributions.
        axes
            Columns that name a cell.
        count
            Column of the number of establishments.
        amounts
            Columns that are added up.
        groups
            Axis → code → group: each becomes an axis ``<axis>_group``.

        Raises
        ------
        DataError
            A count or an amount is negative or infinite: what others can work out of sums is
            worked out from 0 on.
        """
        for column in (count, *amounts):
            wrong = (frame[column] < 0) | np.isinf(frame[column].astype(float))
            if wrong.any():
                cells = frame.loc[wrong, [*axes, column]].astype(str).agg(" × ".join, axis=1)
                raise DataError(
                    say(
                        "{column!r} is negative or infinite in {n:,} cells: {cells}. Expected 0 "
                        "or more, or the check of what may leave does not hold. Correct the cells.",
                        column=column,
                        n=int(wrong.sum()),
                        cells=examples(cells),
                    )
                )
        kept = frame[frame[count].fillna(0) > 0].reset_index(drop=True)
        atoms: dict[str, Any] = {axis: kept[axis].astype(str) for axis in axes}
        for axis, group_of in (groups or {}).items():
            atoms[f"{axis}_group"] = [group_of.get(code, "") for code in atoms[axis]]
        atoms[COUNT] = kept[count].astype(float)
        for amount in amounts:
            for column in (amount, f"{amount}_largest", f"{amount}_second"):
                atoms[column] = kept[column].astype(float).fillna(0.0)
        named = tuple(column for column in atoms if column in axes or column.endswith("_group"))
        return cls(name, pd.DataFrame(atoms), named, tuple(amounts))

    @classmethod
    def from_panel(
        cls,
        name: str,
        panel: Panel,
        count: str,
        *,
        groups: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "Universe":
        """Make a universe of one count of a panel."""
        frame = panel.to_frame()[["area", "industry", "period", count]]
        axes = ("area", "industry", "period")
        return cls.from_frame(name, frame, axes, count=count, groups=groups)

    def rows(self, named: Mapping[str, Iterable[str]], n: int) -> list[Atoms]:
        """Atoms behind each of ``n`` rows of a table.

        Parameters
        ----------
        named
            Axis → code of each row. A code ``"all"`` is every code of the axis.
        n
            Number of rows.
        """
        unknown = [axis for axis in named if axis not in self.axes]
        if unknown:
            raise UnknownCodeError.among("axis", unknown, self.axes)
        if not named:
            return [tuple(range(len(self.atoms)))] * n
        axes = list(named)
        keys = list(zip(*[list(map(str, named[axis])) for axis in axes], strict=True))
        if len(keys) != n:
            raise ParameterError(
                say(
                    "{n_keys} rows are named. Expected {n}, one per row.",
                    n_keys=len(keys),
                    n=n,
                )
            )
        found: dict[tuple[bool, ...], dict[Any, Any]] = {}
        out = []
        for key in keys:
            over = tuple(code == ALL for code in key)
            if over not in found:
                by = [axis for axis, every in zip(axes, over, strict=True) if not every]
                found[over] = dict(self.atoms.groupby(by).indices) if by else {}
            said = tuple(code for code, every in zip(key, over, strict=True) if not every)
            if not said:
                out.append(tuple(range(len(self.atoms))))
                continue
            at = found[over].get(said if len(said) > 1 else said[0])
            if at is None:
                at = found[over].get(said)
            out.append(() if at is None else tuple(int(k) for k in at))
        return out


@dataclass
class Ledger:
    """Every figure that the tables of a run would write.

    Attributes
    ----------
    universes
        By name.
    weights
        Cells of tables that show each figure; 0 for one that only stands behind a statistic.
    labels
        What the first table that shows it calls it.
    """

    universes: Mapping[str, Universe]
    weights: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    _figures: dict[Atoms, int] = field(default_factory=dict)
    _known: list[dict[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sizes = [len(one.atoms) for one in self.universes.values()]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self._start = dict(zip(self.universes, starts[:-1], strict=True))
        self.size = int(starts[-1])

    def figure(self, universe: str, atoms: Atoms, weight: float = 1.0, label: str = "") -> int:
        """Number of a figure; −1 for one that is empty, which is a plain 0.

        ``label`` is what the first table that shows it calls it.
        """
        if not atoms:
            return -1
        start = int(self._start[universe])
        key = tuple(sorted(start + k for k in atoms))
        at = self._figures.setdefault(key, len(self._figures))
        if at == len(self.weights):
            self.weights.append(0.0)
            self.labels.append("")
        self.weights[at] += weight
        self.labels[at] = self.labels[at] or label
        return at

    def knows(self, terms: Sequence[tuple[str, Atoms, float]]) -> None:
        """Write down that a weighted sum of figures is 0, where it is."""
        row: dict[int, float] = {}
        for universe, atoms, sign in terms:
            start = int(self._start[universe])
            for k in atoms:
                row[start + k] = row.get(start + k, 0.0) + sign
        row = {k: value for k, value in row.items() if value}
        counts = self.values(COUNT)
        if row and abs(sum(value * counts[k] for k, value in row.items())) < 1e-9:
            self._known.append(row)

    def __len__(self) -> int:
        return len(self._figures)

    @property
    def sums(self) -> sparse.csr_array:
        """Atoms of each figure, shape ``(figures, atoms)``, of ones."""
        lengths = [len(key) for key in self._figures]
        rows = np.repeat(np.arange(len(lengths)), lengths)
        columns = np.fromiter((k for key in self._figures for k in key), dtype=np.int64)
        shape = (len(lengths), self.size)
        return sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=shape)

    @property
    def known(self) -> sparse.csr_array:
        """What is known besides, shape ``(relations, atoms)``."""
        rows = [n for n, row in enumerate(self._known) for _ in row]
        columns = [k for row in self._known for k in row]
        values = [value for row in self._known for value in row.values()]
        return sparse.csr_array((values, (rows, columns)), shape=(len(self._known), self.size))

    @property
    def layers(self) -> tuple[str, ...]:
        """Counts, and every amount."""
        amounts = [name for one in self.universes.values() for name in one.amounts]
        return (COUNT, *dict.fromkeys(amounts))

    def values(self, layer: str, which: str = "") -> Floats:
        """Values of the atoms in a layer, shape ``(atoms,)``; 0 where it does not count them."""
        parts = []
        for one in self.universes.values():
            has = layer == COUNT or layer in one.amounts
            column = layer + which
            parts.append(one.atoms[column].to_numpy(float) if has else np.zeros(len(one.atoms)))
        return np.concatenate(parts) if parts else np.zeros(0)

    def holds(self, layer: str) -> Bools:
        """Which atoms a layer counts, shape ``(atoms,)``."""
        return np.concatenate(
            [
                np.full(len(one.atoms), layer == COUNT or layer in one.amounts)
                for one in self.universes.values()
            ]
        )
