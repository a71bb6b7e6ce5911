"""Which areas are neighbours, among those that have data?

Takes a panel and its neighbours, or the centres of its areas. Gives standardised weights among the
areas that have data and a neighbour, and which areas those are.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from shuseki.arrays import Bools, Floats
from shuseki.errors import AlignmentError
from shuseki.geography.weights import Neighbours, nearest_neighbours, standardise_rows
from shuseki.language import Message, say
from shuseki.language.names import some_of
from shuseki.panel import Panel

__all__ = ["EQUAL", "KnownNeighbours", "standardised"]

NEAREST = 8
"""Neighbours of an area, unless given."""
EQUAL = 1e-12
"""Values that differ by less, relative to their size, are equal."""


@dataclass(frozen=True, eq=False)
class KnownNeighbours:
    """Neighbours among the areas that have data: those given, or the eight nearest.

    Raises
    ------
    AlignmentError
        The neighbours are those of other areas.
    """

    panel: Panel
    given: Neighbours | None
    known: dict[bytes, tuple[sparse.csr_array, Bools]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given is not None and self.given.matrix.shape[0] != len(self.panel.areas):
            raise AlignmentError(
                say(
                    "Neighbours of {matrix_shape} areas. Expected those of the panel's {n_areas}. "
                    "Make them from the areas of the panel.",
                    matrix_shape=self.given.matrix.shape[0],
                    n_areas=len(self.panel.areas),
                )
            )

    def among(self, data: Bools) -> tuple[sparse.csr_array, Bools]:
        """Standardised weights among areas that have data and a neighbour, and which those are."""
        key = data.tobytes()
        if key not in self.known:
            self.known[key] = self._among(data)
        return self.known[key]

    def _among(self, data: Bools) -> tuple[sparse.csr_array, Bools]:
        panel, kept = self.panel, data.copy()
        if self.given is None:
            assert panel.centres is not None
            if kept.sum() < 2:
                return sparse.csr_array((int(kept.sum()),) * 2), kept
            codes = [code for code, one in zip(panel.areas, kept, strict=True) if one]
            count = min(NEAREST, len(codes) - 1)
            return nearest_neighbours(codes, panel.centres[kept], count).matrix, kept
        whole = sparse.csr_array(self.given.matrix)
        while True:  # an area without neighbours is left out, and may have been another's last
            part = sparse.csr_array(whole[kept][:, kept])
            islands = np.diff(part.indptr) == 0
            if not islands.any():
                return standardise_rows(part), kept
            kept[np.flatnonzero(kept)[islands]] = False

    def notes(self, without: Bools) -> tuple[Message, ...]:
        """Name the areas left out."""
        if not without.any():
            return ()
        return (
            say(
                "Areas without data are left out of Moran's I: {areas}; the neighbours of an area "
                "are among the others.",
                areas=some_of(np.array(self.panel.areas)[without].tolist()),
            ),
        )


def standardised(values: Floats) -> Floats:
    """Less the mean, over the standard deviation; ``nan`` where all values are equal."""
    apart = values - values.mean()
    spread = float(apart.std())
    if spread <= EQUAL * max(float(np.abs(values).max()), 1.0):
        return np.full(len(values), np.nan)
    z: Floats = apart / spread
    return z
