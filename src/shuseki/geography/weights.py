"""Which areas are neighbours, and with what weight?

Four kinds: the ``k`` nearest, all within a distance, all by the inverse of their distance, and
those that share a border (of shapes that you give, or of the municipalities of 2020). No area is
its own neighbour. ``standardised`` weights add up to one in every row, so that the weighted sum of
the neighbours is their mean.

Takes centres (degrees), shapes or codes. Gives a sparse matrix, shape ``(areas, areas)``.
Sources: the kinds are those of Anselin 1988, chapter 3; distances as in ``distances``.
Checked against libpysal (nearest, band, queen contiguity).
Limits: an area without neighbours is an island: its row is empty, and the object names it. The
nearest k are not mutual; ties are broken by the order of the areas.

Contiguity is libpysal's (``Graph.build_contiguity``). The other kinds are ours: its bands and
inverse distances are Euclidean; its nearest neighbours refuse places with one centre, and importing
it takes longer (1.7 s of processor) than finding those of 1,741 areas here (0.2 s).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from scipy import sparse

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.geography.areas import municipalities, require_codes
from shuseki.geography.borders import DATE, border_pairs
from shuseki.geography.distances import distance_matrix_km
from shuseki.language import Message, joined, say

if TYPE_CHECKING:
    from libpysal.weights import W

__all__ = [
    "Neighbours",
    "border_neighbours",
    "contiguous_neighbours",
    "definitions_of_neighbours",
    "inverse_distance_neighbours",
    "nearest_neighbours",
    "neighbours_within",
]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Weights of neighbours.

    Attributes
    ----------
    codes
        Area codes, in the order of rows and columns.
    matrix
        Weight of the column's area for the row's, shape ``(areas, areas)``, zero diagonal.
    kind
        What makes a neighbour, in words of either language.
    standardised
        Whether each row that has neighbours adds up to one.
    """

    codes: tuple[str, ...]
    matrix: sparse.csr_array
    kind: Message
    standardised: bool

    def __post_init__(self) -> None:
        if self.matrix.shape != (len(self.codes), len(self.codes)):
            raise AlignmentError(
                say(
                    "{n_codes} codes but a matrix of shape {matrix_shape}. Expected one row and "
                    "one column per area.",
                    n_codes=len(self.codes),
                    matrix_shape=self.matrix.shape,
                )
            )

    @property
    def islands(self) -> tuple[str, ...]:
        """Areas without neighbours."""
        return tuple(self.codes[k] for k in np.flatnonzero(np.diff(self.matrix.indptr) == 0))

    @property
    def counts(self) -> Floats:
        """Number of neighbours of each area, shape ``(areas,)``."""
        count: Floats = np.diff(self.matrix.indptr).astype(float)
        return count

    def of(self, code: str) -> tuple[str, ...]:
        """Neighbours of one area, in the order of the codes."""
        row = self.codes.index(code)
        columns = self.matrix.indices[self.matrix.indptr[row] : self.matrix.indptr[row + 1]]
        return tuple(self.codes[k] for k in np.sort(columns))

    def lag(self, values: Floats) -> Floats:
        """Weighted sum over the neighbours, shape as given (areas first)."""
        lagged: Floats = np.asarray(self.matrix @ values)
        return lagged

    def standardise(self) -> "Neighbours":
        """Make every row add up to one; islands stay empty."""
        return replace(self, matrix=standardise_rows(self.matrix), standardised=True)

    def to_w(self) -> "W":
        """Hand over to libpysal."""
        from libpysal.weights import WSP  # slow to import, and needed only here

        weights = WSP(sparse.csr_array(self.matrix), id_order=list(self.codes)).to_W(
            silence_warnings=True
        )
        if self.standardised and not self.islands:
            weights.transform = "r"  # they are; libpysal would not know
        return weights

    def __repr__(self) -> str:
        islands = f", islands {examples(self.islands)}" if self.islands else ""
        mean = self.counts.mean() if len(self.codes) else 0.0
        return f"<Neighbours: {len(self.codes)} areas, {self.kind}, {mean:.1f} on average{islands}>"


# ---- public verbs ----------------------------------------------------------------------------


def nearest_neighbours(
    codes: Sequence[str], centres: Floats, k: int = 5, *, standardised: bool = True
) -> Neighbours:
    """Take the ``k`` nearest areas, by great circle between centres ``(areas, 2)`` in degrees.

    Examples
    --------
    >>> line = np.array([[35.0, 135.0], [35.0, 135.1], [35.0, 135.3], [35.0, 136.0]])
    >>> nearest_neighbours(["a", "b", "c", "d"], line, k=1).of("d")
    ('c',)
    """
    count = len(codes)
    if not 0 < k < count:
        raise ParameterError(
            say(
                "k = {k}. Expected 1 to {count} neighbours for {count_2} areas.",
                k=k,
                count=count - 1,
                count_2=count,
            )
        )
    distance = measured(codes, centres)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
    rows = np.repeat(np.arange(count), k)
    matrix = sparse.csr_array((np.ones(count * k), (rows, nearest.ravel())), shape=(count, count))
    return finish(codes, matrix, say("the {k} nearest", k=k), standardised)


def neighbours_within(
    codes: Sequence[str], centres: Floats, limit_km: float, *, standardised: bool = True
) -> Neighbours:
    """Take all areas whose centre lies within ``limit_km``."""
    distance = measured(codes, centres)
    np.fill_diagonal(distance, np.inf)
    positive(limit_km)
    matrix = sparse.csr_array((distance <= limit_km).astype(float))
    return finish(codes, matrix, say("within {limit:g} km", limit=limit_km), standardised)


def inverse_distance_neighbours(
    codes: Sequence[str],
    centres: Floats,
    limit_km: float = np.inf,
    *,
    power: float = 1.0,
    standardised: bool = True,
) -> Neighbours:
    """Weight all areas within ``limit_km`` by ``distance_km ** -power``.

    Raises
    ------
    ParameterError
        Two areas have the same centre: their weight would be infinite.
    """
    distance = measured(codes, centres)
    np.fill_diagonal(distance, np.inf)
    positive(limit_km)
    same = np.argwhere(np.triu(distance == 0))
    if len(same):
        pairs = (joined([str(codes[i]), str(codes[j])], " and ") for i, j in same)
        raise ParameterError(
            say(
                "Areas with the same centre: {pairs}. Expected distances above zero. Move one, or "
                "use the nearest k.",
                pairs=examples(pairs),
            )
        )
    weight = np.where(distance <= limit_km, distance, np.inf) ** -power
    kind = (
        say("inverse distance to the {power:g} within {limit:g} km", power=power, limit=limit_km)
        if np.isfinite(limit_km)
        else say("inverse distance to the {power:g}", power=power)
    )
    return finish(codes, sparse.csr_array(weight), kind, standardised)


def contiguous_neighbours(
    codes: Sequence[str],
    shapes: Sequence[Any],
    *,
    by: Literal["queen", "rook"] = "queen",
    standardised: bool = True,
) -> Neighbours:
    """Take the areas that share a border point (``"queen"``) or a border line (``"rook"``).

    Parameters
    ----------
    codes
        Area codes.
    shapes
        Shapely polygons or GeoJSON geometries, one per area. Borders must fit exactly, as in
        one file simplified by topology.
    """
    polygons = [
        shape if isinstance(shape, shapely.Geometry) else shapely.geometry.shape(shape)
        for shape in shapes
    ]
    if len(polygons) != len(codes):
        raise AlignmentError(
            say(
                "{n_codes} codes but {n_polygons} shapes. Expected one each.",
                n_codes=len(codes),
                n_polygons=len(polygons),
            )
        )
    from geopandas import GeoSeries  # slow to import, and needed only here
    from libpysal.graph import Graph

    graph = Graph.build_contiguity(GeoSeries(polygons), rook=by == "rook")
    matrix = sparse.csr_array(graph.sparse, dtype=float)
    kind = say("queen contiguity" if by == "queen" else "rook contiguity")
    return finish(codes, matrix, kind, standardised)


def border_neighbours(codes: Sequence[str], *, standardised: bool = True) -> Neighbours:
    """Take the municipalities of 2020 that share a border.

    One that has no border among the codes, such as an island, is joined with the nearest of them
    by centre, in both directions; ``kind`` counts them.

    Parameters
    ----------
    codes
        Municipalities of 1 October 2020, all or some: designated cities as one, Tokyo's special
        wards apart.

    Raises
    ------
    UnknownCodeError
        A code was not valid then; the message names its successor.

    Examples
    --------
    >>> from shuseki.geography.areas import municipalities
    >>> border_neighbours(municipalities(2020)["code"].tolist()).of("13111")
    ('13109', '13110', '13112', '14130')
    """
    require_codes(codes, DATE)
    position = {code: k for k, code in enumerate(codes)}
    if len(position) < len(codes):
        twice = [code for k, code in enumerate(codes) if position[code] != k]
        raise DataError(
            say(
                "Codes given more than once: {twice}. Expected each once.",
                twice=examples(twice),
            )
        )
    pairs = border_pairs()
    inside = pairs["from_code"].isin(position) & pairs["to_code"].isin(position)
    left = pairs.loc[inside, "from_code"].map(position).to_numpy(dtype=np.int64)
    right = pairs.loc[inside, "to_code"].map(position).to_numpy(dtype=np.int64)
    alone = np.setdiff1d(np.arange(len(codes)), np.concatenate([left, right]))
    if len(alone) and len(codes) > 1:
        centres = municipalities(DATE).set_index("code")[["latitude", "longitude"]]
        at = centres.loc[list(codes)].to_numpy(dtype=float)
        distance = distance_matrix_km(at[alone], at)
        distance[np.arange(len(alone)), alone] = np.inf
        left = np.concatenate([left, alone])
        right = np.concatenate([right, distance.argmin(axis=1)])
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    count = len(codes)
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0  # two islands that are nearest to each other were counted twice
    kind = (
        say("borders of 2020, {n} without one to their nearest", n=len(alone))
        if len(alone)
        else say("borders of 2020")
    )
    return finish(codes, matrix, kind, standardised)


# ---- arithmetic ------------------------------------------------------------------------------


def standardise_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Divide each row by its sum; empty rows stay empty."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix)


def finish(
    codes: Sequence[str], matrix: sparse.csr_array, kind: Message, standardised: bool
) -> Neighbours:
    matrix.eliminate_zeros()
    matrix.sort_indices()
    neighbours = Neighbours(tuple(codes), matrix, kind, False)
    return neighbours.standardise() if standardised else neighbours


def measured(codes: Sequence[str], centres: Floats) -> Floats:
    if len(codes) != len(centres):
        raise AlignmentError(
            say(
                "{n_codes} codes but {n_centres} centres. Expected one each.",
                n_codes=len(codes),
                n_centres=len(centres),
            )
        )
    return distance_matrix_km(np.asarray(centres, dtype=float))


def positive(limit_km: float) -> None:
    if not limit_km > 0:
        raise ParameterError(
            say(
                "limit_km = {limit_km}. Expected a distance above 0 km.",
                limit_km=limit_km,
            )
        )


NEAREST = 5
"""Neighbours in the first of the definitions; the second has twice as many."""


def definitions_of_neighbours(codes: Sequence[str], centres: Floats) -> dict[str, Neighbours]:
    """Several definitions of a neighbour, none of which leaves an island.

    Parameters
    ----------
    codes, centres
        Areas and their centres in degrees, shape ``(n, 2)``.

    Returns
    -------
    dict
        The five nearest; the ten nearest; all within the shortest distance that leaves nobody
        alone; and inverse distance within twice that.
    """
    distance = distance_matrix_km(centres)
    np.fill_diagonal(distance, np.inf)
    reach = float(np.ceil(distance.min(axis=1).max()))
    return {
        say("nearest {k}", k=NEAREST): nearest_neighbours(codes, centres, NEAREST),
        say("nearest {k}", k=2 * NEAREST): nearest_neighbours(codes, centres, 2 * NEAREST),
        say("within {limit:g} km", limit=reach): neighbours_within(codes, centres, reach),
        say("inverse distance within {limit:g} km", limit=2 * reach): inverse_distance_neighbours(
            codes, centres, 2 * reach
        ),
    }
