"""How many pairs of plants lie at each distance?

Positions. Plants are in cells: a cell is one plant (``points``), a cell of the mesh (``mesh``:
the standard one of 30″ × 45″, about 1 km, at the mean position of its plants; on a plane squares
of 0.927 km), or an area (``at_centres``). Cells lie in blocks of ``side × side`` mesh cells (a
point or an area is its own block). Two plants of one cell are ``own_km`` apart; two plants of near
blocks are as far apart as their cells; two plants of far blocks (8 sides or more) as far as their
blocks, which are placed at the mean position of their plants or, where there are many, at their
middles: then they form a lattice. So a distance is known to a fraction of itself, and a census
needs few distances. It is one fixed, symmetric distance between any two sites, so a null that
draws sites is as exact as with exact distances.

Counting. Both ways work in narrow bins of distance and give the same counts:

* pair by pair, in single precision (0.4 m), looking only at blocks within reach;
* on a lattice, by the Fourier transform of each row: the product of the transforms of two rows
  counts the pairs at every difference of columns at once. Time grows with the map's rows and
  columns, not with the square of its blocks. Pairs of rows of nearly the same mean latitude are
  added up first, which moves a distance by at most 0.2 bins (root mean square).

Whichever is less work is taken. ``population_sums`` gives what the null of every industry needs.
Its rows, the sites seen at each distance from a site, are of all sites where that is no more than
``EXACT_WORK`` pairs of blocks, otherwise of ``ROWS`` sites spread over the map.

Takes degrees, or km on a plane; gives kilometres.
Checked against: brute force over all pairs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np
import scipy
from numpy.typing import NDArray
from scipy import fft, sparse
from scipy.spatial.distance import cdist

from shuseki.arrays import Floats, Ints
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.sites import Sites

__all__ = [
    "Lattice",
    "Places",
    "Population",
    "along",
    "at_centres",
    "distance_matrix",
    "first_radius",
    "mesh",
    "pair_shares",
    "pairs_between",
    "points",
    "population_sums",
    "positions_of",
    "row_counts",
    "simulated_shares",
    "systematic_sample",
    "unit_vectors",
]

Singles = NDArray[np.float32]

MESH_KM = EARTH_RADIUS_KM * float(np.radians(1 / 80))
"""The longer side of a cell of the standard mesh at the equator."""
PLANE_CELL_KM = EARTH_RADIUS_KM * float(np.radians(1 / 120))
"""As long as 30″ of latitude: no whole number of bins, whose edges a lattice would meet."""
SIDES = (8, 4, 2, 1)
NEAR_SIDES = 8
"""Blocks closer than this many sides are measured cell by cell."""
MANY = 3_000
"""Above this many cells of an industry its pairs are counted on all processors."""
CHUNK = 1024
OWN_MESH_KM = 0.5
LATTICE_BLOCKS = 30_000
"""Above this many blocks they are on a lattice, so that transforms can count their pairs."""
EXACT_WORK = 1_500_000_000
"""Pairs of blocks up to which the rows of all sites are counted."""
ROWS = 4_096
EXACT_ARC_KM = 2_000.0
"""Up to here the series of the arc in its chord is right to 1 m; beyond it the arcsine is taken."""
LARGEST_SPECTRUM = 100_000_000
"""Numbers of a transformed map that are held in memory."""


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """Where blocks are whose middles form rows and columns.

    Attributes
    ----------
    row, column
        Of each block, ``(B,)``.
    row_step, column_step
        Radians of latitude and longitude from one to the next; on a plane, km over earth radius.
    """

    row: Ints
    column: Ints
    row_step: float
    column_step: float


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where plants are: ``A`` cells in ``B`` blocks, cells in the order of their blocks.

    Attributes
    ----------
    positions
        Unit vectors of the cells, shape ``(A, 3)``; on a plane, km over earth radius.
    plants
        Plants of all industries in each cell, ``(A,)``.
    own_km
        Distance of two plants of one cell, ``(A,)``.
    of_site
        Cell of each site, ``(n,)``; of each area, where plants are counted by area.
    block
        Block of each cell, ``(A,)``, ascending.
    block_positions
        Unit vectors of the blocks, ``(B, 3)``; blocks are in order along the map.
    near_start, near
        Blocks near block ``b``, itself included: ``near[near_start[b]:near_start[b + 1]]``.
    near_km
        No near block is further than this, cell to cell.
    rounding_km
        Standard deviation that blocks add to the distance of a far pair.
    plane
        Whether the earth is flat here: distances are straight lines.
    lattice
        Rows and columns of the blocks, where they are at their middles.
    """

    positions: Floats
    plants: Floats
    own_km: Floats
    of_site: Ints
    block: Ints
    block_positions: Floats
    near_start: Ints
    near: Ints
    near_km: float
    rounding_km: float
    plane: bool = False
    lattice: Lattice | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Population:
    """What the null needs to know of all sites, whatever the industry.

    Attributes
    ----------
    sites
        Their number.
    bin_km
        Width of a bin.
    ordered_pairs
        ``G``: ordered pairs in each bin, shape ``(B,)``.
    row_products
        ``T₁``: sum over sites of the products of their counts in two bins, ``(B, B)``.
    cells, rows
        Cells of sites spread over the map, ``(S,)``, and the sites seen from them in each bin,
        ``(S, B)``.
    exact
        Whether ``T₁`` is of all sites, not of these.
    """

    sites: int
    bin_km: float
    ordered_pairs: Floats
    row_products: Floats
    cells: Ints
    rows: Floats
    exact: bool


# ---- positions -----------------------------------------------------------------------------


def positions_of(sites: Sites) -> Floats:
    """Positions of sites, ``(n, 3)``: on the unit sphere, or km over earth radius on a plane."""
    return _placed(sites.latitude, sites.longitude, sites.plane)


def points(sites: Sites) -> Places:
    """Give every plant a cell of its own, at its exact position."""
    nothing = np.zeros(len(sites))
    return _single(positions_of(sites), nothing + 1, nothing, plane=sites.plane)


def at_centres(centres: Floats, plants: Floats, own_km: Floats) -> Places:
    """Put the plants of each area at its centre, ``(A, 2)`` degrees; ``of_site`` is of areas."""
    return _single(unit_vectors(centres[:, 0], centres[:, 1]), plants, own_km, plane=False)


def mesh(sites: Sites, rounding_km: float = 0.0, *, many: int = LATTICE_BLOCKS) -> Places:
    """Put plants into cells of the mesh, and the cells into blocks.

    The standard mesh of the third order: 30″ of latitude by 45″ of longitude; on a plane squares
    as long as 30″, 0.927 km. The blocks are the largest of 8, 4, 2 or 1 cells a side that add no
    more than ``rounding_km`` to the distance of a far pair (standard deviation). More than
    ``many`` blocks are placed at their middles, on a lattice.
    """
    per_row, per_column = (1 / PLANE_CELL_KM,) * 2 if sites.plane else (120.0, 80.0)
    row = np.floor(sites.latitude * per_row).astype(np.int64)
    column = np.floor(sites.longitude * per_column).astype(np.int64)
    _, of_site, held = np.unique(_paired(row, column), return_inverse=True, return_counts=True)
    plants = held.astype(float)
    first = np.empty(len(plants), dtype=np.int64)
    first[of_site] = np.arange(len(of_site))
    row, column = row[first], column[first]
    position = np.stack(
        [np.bincount(of_site, x) / plants for x in (sites.latitude, sites.longitude)], axis=1
    )
    position = _placed(position[:, 0], position[:, 1], sites.plane)
    for side in SIDES:
        blocks, block = np.unique(_paired(row // side, column // side), return_inverse=True)
        low = len(blocks) <= many
        middle = (
            _mean_positions(position, plants, block, sites.plane)
            if low
            else _middles(row, column, block, side, per_row, per_column, sites.plane)
        )
        away = EARTH_RADIUS_KM * np.sqrt(((position - middle[block]) ** 2).sum(axis=1))
        added_km = float(np.sqrt((plants * away**2).sum() / plants.sum()))
        if added_km <= rounding_km or side == 1:
            break
    sequence = np.argsort(along(middle), kind="stable")
    block = _inverse(sequence)[block]
    order = np.argsort(block, kind="stable")
    cell_km = PLANE_CELL_KM if sites.plane else MESH_KM
    near_km = NEAR_SIDES * side * cell_km if side > 1 else 0.0
    near_start, near = _near(middle[sequence], near_km)
    lattice = None
    if not low:
        one = np.searchsorted(block[order], np.arange(len(sequence)))
        steps = (side / per_row, side / per_column)
        lattice = Lattice(
            row[order][one] // side,
            _turned(column[order][one] // side, None if sites.plane else 28_800 // side),
            *(step / EARTH_RADIUS_KM if sites.plane else float(np.radians(step)) for step in steps),
        )
    return Places(
        positions=position[order],
        plants=plants[order],
        own_km=np.full(len(plants), OWN_MESH_KM),
        of_site=_inverse(order)[of_site],
        block=block[order],
        block_positions=middle[sequence],
        near_start=near_start,
        near=near,
        near_km=near_km + 2 * float(away.max()),
        rounding_km=added_km,
        plane=sites.plane,
        lattice=lattice,
    )


def _turned(column: Ints, around: int | None) -> Ints:
    """Columns counted from the east end of the widest gap, of as many as go ``around``."""
    if around is None:
        return column
    held = np.unique(column % around)
    gaps = np.diff(held, append=held[0] + around)
    turned: Ints = (column - held[(int(gaps.argmax()) + 1) % len(held)]) % around
    return turned


def _paired(row: Ints, column: Ints) -> Ints:
    """One number for a row and a column."""
    key: Ints = row * (1 << 31) + column
    return key


def _placed(latitude: Floats, longitude: Floats, plane: bool) -> Floats:
    """Positions from degrees, or from km on a plane, ``(n, 3)``."""
    if not plane:
        return unit_vectors(latitude, longitude)
    flat: Floats = np.stack([longitude, latitude, np.zeros(len(latitude))], axis=1)
    return flat / EARTH_RADIUS_KM


def _mean_positions(position: Floats, plants: Floats, block: Ints, plane: bool) -> Floats:
    mass = np.bincount(block, plants)
    middle: Floats = np.stack([np.bincount(block, plants * x) / mass for x in position.T], axis=1)
    return middle if plane else middle / np.sqrt((middle**2).sum(axis=1))[:, None]


def _middles(
    row: Ints,
    column: Ints,
    block: Ints,
    side: int,
    per_row: float,
    per_column: float,
    plane: bool,
) -> Floats:
    """Middles of the blocks of ``side`` cells, ``(B, 3)``."""
    one = np.empty(int(block.max()) + 1, dtype=np.int64)
    one[block] = np.arange(len(block))
    north = (row[one] // side + 0.5) * (side / per_row)
    east = (column[one] // side + 0.5) * (side / per_column)
    return _placed(north.astype(float), east.astype(float), plane)


def unit_vectors(latitude: Floats, longitude: Floats) -> Floats:
    """Points on the unit sphere, ``(n, 3)``, from degrees."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1
    )


def distance_matrix(
    positions: Floats, own_km: Floats | None = None, *, plane: bool = False
) -> Floats:
    """Distances of positions, ``(m, m)`` km; 0 or ``own_km`` if the same."""
    chord: Floats = cdist(positions, positions)
    distance = EARTH_RADIUS_KM * (chord if plane else 2 * np.arcsin(np.minimum(chord / 2, 1)))
    if own_km is not None:
        distance = np.where(chord < 1e-7, own_km[:, None], distance)
    return distance


def systematic_sample(positions: Floats, plants: Floats, size: int) -> Ints:
    """Every so-manyth site along a space-filling (Morton) curve, shape ``(≤ size,)``."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled = ((positions - low) / np.maximum(high - low, 1e-12) * 1023).astype(np.int64)
    code = np.zeros(len(positions), dtype=np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((scaled[:, axis] >> bit) & 1) << (3 * bit + axis)
    order = np.argsort(code, kind="stable")
    running = np.cumsum(plants[order])
    count = int(min(size, running[-1]))
    targets = (np.arange(count) + 0.5) * running[-1] / count
    chosen: Ints = order[np.searchsorted(running, targets)]
    return chosen


def _single(positions: Floats, plants: Floats, own_km: Floats, *, plane: bool) -> Places:
    """Cells that are their own blocks, in order along the map."""
    order = np.argsort(along(positions), kind="stable")
    each = np.arange(len(plants))
    return Places(
        positions=positions[order],
        plants=plants[order],
        own_km=own_km[order],
        of_site=_inverse(order),
        block=each,
        block_positions=positions[order],
        near_start=np.arange(len(plants) + 1),
        near=each,
        near_km=float(own_km.max()),
        rounding_km=0.0,
        plane=plane,
    )


def _near(positions: Floats, reach_km: float) -> tuple[Ints, Ints]:
    """Rows of a sparse table: the blocks within reach of each, itself included."""
    count = len(positions)
    each = np.arange(count)
    chord = 2 * np.sin(reach_km / EARTH_RADIUS_KM / 2)
    pairs = scipy.spatial.cKDTree(positions).query_pairs(chord, output_type="ndarray")
    rows = np.concatenate([each, pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([each, pairs[:, 1], pairs[:, 0]])
    table = sparse.coo_array((np.ones(len(rows), np.int8), (rows, columns)), (count, count)).tocsr()
    return table.indptr.astype(np.int64), table.indices.astype(np.int64)


def _inverse(order: Ints) -> Ints:
    """Where each entry went: the inverse of a permutation."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def along(positions: Floats) -> Floats:
    """Place of each position along the longest direction of the map, in earth radii."""
    centred = positions - positions.mean(axis=0)
    along: Floats = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return along


# ---- counting ------------------------------------------------------------------------------


class _Map(NamedTuple):
    """The places as the counting loops want them: three arrays of coordinates each."""

    x: Singles
    y: Singles
    z: Singles
    own_km: Floats
    block: Ints
    block_x: Singles
    block_y: Singles
    block_z: Singles
    along: Floats
    near_start: Ints
    near: Ints
    second: np.float32
    fourth: np.float32
    exact: bool


def _map_of(places: Places, reach_km: float) -> _Map:
    x, y, z = np.ascontiguousarray(places.positions.T.astype(np.float32))
    block_x, block_y, block_z = np.ascontiguousarray(places.block_positions.T.astype(np.float32))
    return _Map(
        x=x,
        y=y,
        z=z,
        own_km=places.own_km,
        block=places.block,
        block_x=block_x,
        block_y=block_y,
        block_z=block_z,
        along=along(places.block_positions) * EARTH_RADIUS_KM,
        near_start=places.near_start,
        near=places.near,
        second=np.float32(0 if places.plane else 1 / 24),
        fourth=np.float32(0 if places.plane else 3 / 640),
        exact=not places.plane and reach_km > EXACT_ARC_KM,
    )


def population_sums(
    places: Places,
    bin_km: float,
    bins: int,
    progress: Callable[[int], None] | None = None,
    *,
    exact_work: float = EXACT_WORK,
    sample: int = ROWS,
) -> Population:
    """Count what the null needs: ``G`` of shape ``(B,)`` and ``T₁`` of shape ``(B, B)``.

    Exact where the pairs of blocks within reach are no more than ``exact_work``. Elsewhere ``G``
    is exact and ``T₁ − GG'/N``, the covariance of the rows, is that of the rows of ``sample``
    sites.
    """
    drawn, reach = _map_of(places, bins * bin_km), bins * bin_km
    sites = round(float(places.plants.sum()))
    cells = systematic_sample(places.positions, places.plants, sample)
    rows = row_counts(places, cells, bin_km, bins)
    windows = np.searchsorted(drawn.along, drawn.along + reach) - np.arange(len(drawn.along))
    if 2 * float(windows.sum()) <= exact_work:
        G, T1 = _all_rows(places, drawn, bin_km, bins, progress)
        return Population(sites, bin_km, G, T1, cells, rows, exact=True)
    G = _pairs_of_cells(
        places, (np.arange(len(places.plants)), places.plants, places.plants), bin_km, bins
    )
    centred = rows - rows.mean(axis=0)
    T1 = np.outer(G, G) / sites + sites / (len(rows) - 1) * (centred.T @ centred)
    if progress:
        progress(len(places.plants))
    return Population(sites, bin_km, G, T1, cells, rows, exact=False)


def _all_rows(
    places: Places,
    drawn: _Map,
    bin_km: float,
    bins: int,
    progress: Callable[[int], None] | None,
) -> tuple[Floats, Floats]:
    """``G`` and ``T₁`` of all sites.

    The counts seen from a cell are those of far blocks, which all cells of its block share, and
    those of near cells, which reach few bins; their products are added up apart.
    """
    blocks = len(drawn.block_x)
    mass = _block_mass(places)
    start = np.searchsorted(places.block, np.arange(blocks + 1))
    few = min(int(places.near_km / bin_km) + 2, bins)
    G, T1 = np.zeros(bins), np.zeros((bins, bins))
    step = 2048
    for first in range(0, blocks, step):
        last = min(first + step, blocks)
        cells = np.arange(start[first], start[last])
        far, close = _rows(
            places, drawn, mass, start, cells, start[first : last + 1] - start[first], bin_km, bins
        )
        seen, close = far[:, :bins], close[:, :few]
        weighted = close * places.plants[cells, None]
        by_block = np.add.reduceat(weighted, start[first:last] - start[first], axis=0)
        G += mass[first:last] @ seen
        G[:few] += weighted.sum(axis=0)
        crossed = seen.T @ by_block
        scaled = seen * np.sqrt(mass[first:last, None])
        T1 += scaled.T @ scaled
        T1[:, :few] += crossed
        T1[:few] += crossed.T
        T1[:few, :few] += weighted.T @ close
        if progress:
            progress(int(start[last]))
    return G, T1


def _block_mass(places: Places) -> Floats:
    """Plants of each block."""
    blocks = len(places.block_positions)
    return np.bincount(places.block, places.plants, blocks).astype(float)


def row_counts(places: Places, cells: Ints, bin_km: float, bins: int) -> Floats:
    """Sites seen in each bin from a site of each of some cells, shape ``(len(cells), B)``."""
    drawn = _map_of(places, bins * bin_km)
    mass = _block_mass(places)
    start = np.searchsorted(places.block, np.arange(len(mass) + 1))
    unique, back = np.unique(cells, return_inverse=True)
    counted = np.empty((len(unique), bins))
    step = 512
    for first in range(0, len(unique), step):
        some = unique[first : first + step]
        new = np.flatnonzero(np.diff(places.block[some], prepend=-1))
        far, near = _rows(places, drawn, mass, start, some, np.append(new, len(some)), bin_km, bins)
        counted[first : first + step] = near[:, :bins]
        counted[first : first + step] += np.repeat(
            far[:, :bins], np.diff(np.append(new, len(some))), axis=0
        )
    rows: Floats = counted[back]
    return rows


def _rows(
    places: Places,
    drawn: _Map,
    mass: Floats,
    start: Ints,
    cells: Ints,
    by_block: Ints,
    bin_km: float,
    bins: int,
) -> tuple[Floats, Floats]:
    """Far counts of each block of ``cells`` and near counts of each cell, ``(…, B + 1)``."""
    blocks = places.block[cells[by_block[:-1]]]
    reach = bins * bin_km
    limits = np.array([drawn.along[blocks[0]] - reach, drawn.along[blocks[-1]] + reach])
    low, high = (int(k) for k in np.searchsorted(drawn.along, limits))
    far, near = np.empty((len(blocks), bins + 1)), np.empty((len(cells), bins + 1))
    _count_rows(
        drawn, places.plants, mass, start, blocks, cells, by_block, low, high, 1 / bin_km, far, near
    )
    return far, near


def pair_shares(places: Places, where: Ints, weights: Floats, bin_km: float, bins: int) -> Floats:
    """Share of the weighted pairs of one industry in each bin, shape ``(B,)``.

    Parameters
    ----------
    where
        Cell of each plant, ``(n,)``.
    weights
        Of each plant, ``(n,)``.
    """
    sums = _pairs_of_cells(places, _grouped(where, weights), bin_km, bins)
    shares: Floats = sums / (weights.sum() ** 2 - (weights**2).sum())
    return shares


def pairs_between(
    places: Places,
    where: tuple[Ints, Ints],
    weights: tuple[Floats, Floats],
    bin_km: float,
    bins: int,
) -> Floats:
    """Share of the weighted pairs of plants of two industries in each bin, shape ``(B,)``.

    The pairs of both together less those within each, halved: no plant is of both.
    """
    both = _grouped(np.concatenate(where), np.concatenate(weights))
    sums = _pairs_of_cells(places, both, bin_km, bins)
    for one, of_one in zip(where, weights, strict=True):
        sums = sums - _pairs_of_cells(places, _grouped(one, of_one), bin_km, bins)
    shares: Floats = sums / (2 * weights[0].sum() * weights[1].sum())
    return shares


def simulated_shares(
    places: Places, weights: Floats, bin_km: float, bins: int, times: int, rng: np.random.Generator
) -> Floats:
    """Shares of pairs of industries that chance put on the sites, ``(times, B)``.

    Each keeps the weights and is put on sites drawn without replacement.
    """
    of_site = np.repeat(np.arange(len(places.plants)), np.rint(places.plants).astype(np.int64))
    drawn = of_site[site_draws(len(of_site), len(weights), times, rng)]
    pairs = each_industry(places, drawn, weights, bin_km, bins)
    shares: Floats = pairs / (weights.sum() ** 2 - (weights**2).sum())
    return shares


def each_industry(
    places: Places, where: Ints, weights: Floats, bin_km: float, bins: int, first: int | None = None
) -> Floats:
    """Weighted pairs of many industries in the cells ``(times, n)``, ordered, ``(times, B)``.

    With ``first`` the unordered pairs of one of the ``first`` plants and one of the others. Every
    distance is from cell to cell: blocks would save no work among few plants.
    """
    drawn = _map_of(places, bins * bin_km)
    split = -1 if first is None else first
    pairs = np.empty((len(where), bins + 1))
    _count_each(drawn, where, weights, split, 1 / bin_km, pairs)
    return pairs[:, :bins]


def site_draws(sites: int, size: int, times: int, rng: np.random.Generator) -> Ints:
    """Draws of ``size`` of ``sites`` without replacement, ``(times, size)``.

    Each is the beginning of a shuffle (Fisher and Yates) of what the one before left.
    """
    drawn: Ints = _shuffled(np.arange(sites), rng.random((times, size)))
    return drawn


# ---- pairs: one by one, or by transforms -----------------------------------------------------


def _pairs_of_cells(
    places: Places, groups: tuple[Ints, Floats, Floats], bin_km: float, bins: int
) -> Floats:
    """Weighted ordered pairs of plants in each bin, ``(B,)``, by the way that is less work.

    ``groups`` are the cells that hold plants, ascending, and the sums of the weights of each and
    of the squares of these.
    """
    cells, mass, _ = groups
    drawn = _map_of(places, bins * bin_km)
    held = np.unique(places.block[cells])
    if places.lattice is not None:
        reach = drawn.along[held] + bins * bin_km
        pairs = np.searchsorted(drawn.along[held], reach) - np.arange(len(held))
        shape = _Shape.of(places.lattice, held, places.plane, bin_km, bins)
        if shape.work < PAIR_WORK * pairs.sum():
            blocks = len(drawn.block_x)
            total = np.bincount(places.block[cells], mass, blocks)[held].astype(float)
            far = _far_by_transforms(places.lattice, held, total, shape, bin_km, bins, places.plane)
            near = _count_pairs(drawn, groups, 1 / bin_km, bins, far=False)
            sums: Floats = far + near[:bins]
            return sums
    return _count_pairs(drawn, groups, 1 / bin_km, bins, far=True)[:bins]


PAIR_WORK, PRODUCT_WORK, TRANSFORM_WORK, LAG_WORK = 0.9, 1.0, 1.6, 2.5
"""Nanoseconds of one pair; of one number of a product, of a transform back (per bit of its length)
and of one difference of columns, as measured on an AMD EPYC. Only their ratios matter."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a lattice is transformed: rows, length, greatest differences, rows added up at once."""

    rows: int
    length: int
    row_reach: int
    column_reach: int
    width: int
    work: float

    @classmethod
    def of(cls, lattice: Lattice, held: Ints, plane: bool, bin_km: float, bins: int) -> "_Shape":
        row, column = lattice.row[held], lattice.column[held]
        rows, columns = int(np.ptp(row)) + 1, int(np.ptp(column)) + 1
        reach = bins * bin_km / EARTH_RADIUS_KM
        row_reach = min(rows - 1, int(reach / lattice.row_step) + 1)
        highest = max(abs(int(row.min())), abs(int(row.max()) + 1)) * lattice.row_step
        if plane:
            turn, width = reach, rows
        else:
            near_pole = np.sin(min(reach, np.pi) / 2) / max(np.cos(min(highest, np.pi / 2)), 1e-9)
            turn = 2 * float(np.arcsin(min(near_pole, 1)))
            # km by radian of mean latitude: d tan φ near by, up to twice the turn half way round
            slope = max(reach * np.tan(min(highest, 1.5)), 2.0 if reach > np.pi / 2 else 0.0)
            moved = slope * lattice.row_step / np.sqrt(12)
            width = max(1, int(ROUNDED_BINS * bin_km / EARTH_RADIUS_KM / max(moved, 1e-12)))
        column_reach = min(columns - 1, int(turn / lattice.column_step) + 1)
        if not plane and (columns + column_reach) * lattice.column_step > 2 * np.pi:
            column_reach = columns - 1  # near ones lie the other way round too
        length = int(fft.next_fast_len(columns + column_reach, real=True))
        pairs_of_rows = (row_reach + 1) * (rows - row_reach / 2)
        back = pairs_of_rows / min(width, rows)
        work = (
            PRODUCT_WORK * pairs_of_rows * length / 2
            + TRANSFORM_WORK * back * length * np.log2(length + 1) / 2
            + LAG_WORK * back * column_reach
        )
        if rows * length > LARGEST_SPECTRUM:
            work = np.inf
        return cls(rows, length, row_reach, column_reach, width, float(work))


ROUNDED_BINS = 0.2
"""Rows added up at once move a distance by at most this many bins (root mean square)."""


def _far_by_transforms(
    lattice: Lattice,
    held: Ints,
    total: Floats,
    shape: _Shape,
    bin_km: float,
    bins: int,
    plane: bool,
) -> Floats:
    """Weighted ordered pairs of plants of different blocks in each bin, ``(B,)``.

    On the sphere two places whose latitudes differ by ``δ`` and have the mean ``φ``, and whose
    longitudes differ by ``λ``, are ``2 asin √(hav δ + (cos δ + cos 2φ) hav λ / 2)`` apart.
    """
    south = int(lattice.row[held].min())
    row, column = lattice.row[held] - south, lattice.column[held] - lattice.column[held].min()
    grid = np.zeros((shape.rows, int(column.max()) + 1))
    grid[row, column] = total
    spectrum = fft.rfft(grid, shape.length, axis=1)
    real, imaginary = np.ascontiguousarray(spectrum.real), np.ascontiguousarray(spectrum.imag)
    lags = np.arange(shape.column_reach + 1) * lattice.column_step
    across = lags**2 / 4 if plane else np.sin(lags / 2) ** 2
    scale, exact = EARTH_RADIUS_KM / bin_km, not plane and bins * bin_km > EXACT_ARC_KM
    series = (0.0, 0.0) if plane else (1 / 6, 3 / 40)
    sums, where = np.zeros((PARTS, bins + 1)), np.empty((PARTS, len(across)), np.int32)
    for shift in range(shape.row_reach + 1):
        first = np.arange(0, shape.rows - shift, shape.width)
        last = np.minimum(first + shape.width, shape.rows - shift)
        products = np.empty((len(first), spectrum.shape[1]), dtype=np.complex128)
        _multiply(real, imaginary, shift, first, last, products)
        found = fft.irfft(products, shape.length, axis=1)
        apart = shift * lattice.row_step
        if plane:
            up, shrunk = apart**2 / 4, np.ones(len(first))
        else:
            middle = (south + (first + last + shift) / 2) * lattice.row_step
            up, shrunk = np.sin(apart / 2) ** 2, (np.cos(apart) + np.cos(2 * middle)) / 2
        if shift == 0:
            found[:, 0] = 0
        factor = 2.0 if shift > 0 else 1.0
        _put_into_bins(found, across, up, shrunk, factor, scale, series, exact, where, sums)
    counted: Floats = sums.sum(axis=0)[:bins]
    return counted


PARTS = 64
"""Shares of the sums over all pairs that may run at once."""


# Loops over threads only call loops that are compiled without threads: compiling takes half.


@nb.njit(fastmath=True, cache=True)
def _product(real, imaginary, shift, first, last, product):  # type: ignore[no-untyped-def]
    even, odd = np.zeros(len(product)), np.zeros(len(product))
    for r in range(first, last):
        a, b, c, d = real[r], imaginary[r], real[r + shift], imaginary[r + shift]
        for k in range(len(product)):
            even[k] += a[k] * c[k] + b[k] * d[k]
            odd[k] += a[k] * d[k] - b[k] * c[k]
    for k in range(len(product)):
        product[k] = even[k] + 1j * odd[k]


@nb.njit(parallel=True, cache=True)
def _multiply(real, imaginary, shift, first, last, products):  # type: ignore[no-untyped-def]
    """Products of the transforms of rows ``shift`` apart, added up over rows near each other."""
    for g in nb.prange(len(first)):
        _product(real, imaginary, shift, first[g], last[g], products[g])


@nb.njit(fastmath=True, cache=True)
def _put_group(found, across, up, shrunk, factor, scale, series, exact, where, sums):  # type: ignore[no-untyped-def]
    top = float(len(sums) - 1)
    for lag in range(len(across)):
        square = up + shrunk * across[lag]
        half = np.sqrt(square)
        if exact:
            arc = np.arcsin(min(half, 1.0))
        else:
            arc = half * (1.0 + square * (series[0] + square * series[1]))
        where[lag] = np.int32(min(2.0 * scale * arc, top))
    sums[where[0]] += factor * found[0]
    for lag in range(1, len(across)):
        sums[where[lag]] += factor * (found[lag] + found[len(found) - lag])


@nb.njit(parallel=True, cache=True)
def _put_into_bins(found, across, up, shrunk, factor, scale, series, exact, where, sums):  # type: ignore[no-untyped-def]
    """Add pairs at each difference of columns, to either side, into the bins of their distances."""
    for part in nb.prange(len(sums)):
        for g in range(part, len(found), len(sums)):
            _put_group(
                found[g], across, up, shrunk[g], factor, scale, series, exact, where[part],
                sums[part],
            )  # fmt: skip


@nb.njit(fastmath=True, cache=True)
def _bins_of(x, y, z, near_x, near_y, near_z, scale, top, bend, where):  # type: ignore[no-untyped-def]
    """Bin of the distance from one place to each of many.

    The arc from its chord by a series, right to 1 m up to 2,000 km, or exactly; ``bend`` are the
    terms of the series, zeros on a plane, and whether to be exact.
    """
    second, fourth, exact = bend
    one, half = np.float32(1), np.float32(0.5)
    if exact:
        for j in range(len(x)):
            dx, dy, dz = x[j] - near_x, y[j] - near_y, z[j] - near_z
            chord = np.sqrt(dx * dx + dy * dy + dz * dz)
            arc = scale * np.float32(2) * np.arcsin(min(half * chord, one))
            where[j] = np.int32(min(arc, top))
    else:
        for j in range(len(x)):
            dx, dy, dz = x[j] - near_x, y[j] - near_y, z[j] - near_z
            square = dx * dx + dy * dy + dz * dz
            arc = scale * np.sqrt(square) * (one + square * (second + square * fourth))
            where[j] = np.int32(min(arc, top))


@nb.njit(fastmath=True, cache=True)
def _add(x, y, z, mass, near_x, near_y, near_z, factor, scale, top, bend, where, lanes):  # type: ignore[no-untyped-def]
    """Add the masses at their distances; four lanes, so that no sum waits for the one before."""
    for start in range(0, len(x), CHUNK):
        stop = min(len(x), start + CHUNK)
        _bins_of(
            x[start:stop], y[start:stop], z[start:stop],
            near_x, near_y, near_z, scale, top, bend, where,
        )  # fmt: skip
        here, size = mass[start:stop], stop - start
        for j in range(size // 4):
            lanes[where[4 * j], 0] += factor * here[4 * j]
            lanes[where[4 * j + 1], 1] += factor * here[4 * j + 1]
            lanes[where[4 * j + 2], 2] += factor * here[4 * j + 2]
            lanes[where[4 * j + 3], 3] += factor * here[4 * j + 3]
        for j in range(size // 4 * 4, size):
            lanes[where[j], 0] += factor * here[j]


@nb.njit(cache=True)
def _add_lanes(lanes, sums):  # type: ignore[no-untyped-def]
    for k in range(len(sums)):
        sums[k] = lanes[k, 0] + lanes[k, 1] + lanes[k, 2] + lanes[k, 3]


@nb.njit(fastmath=True, cache=True)
def _count_block(drawn, plants, mass, start, b, cells, low, high, per_km, far, near):  # type: ignore[no-untyped-def]
    bins = len(far) - 1
    scale, top = np.float32(EARTH_RADIUS_KM * per_km), np.float32(bins)
    bend = (drawn.second, drawn.fourth, drawn.exact)
    where, lanes = np.empty(CHUNK, np.int32), np.zeros((bins + 1, 4))
    bx, by, bz = drawn.block_x[b], drawn.block_y[b], drawn.block_z[b]
    _add(
        drawn.block_x[low:high], drawn.block_y[low:high], drawn.block_z[low:high],
        mass[low:high], bx, by, bz, 1.0, scale, top, bend, where, lanes,
    )  # fmt: skip
    around = drawn.near[drawn.near_start[b] : drawn.near_start[b + 1]]
    _add(
        drawn.block_x[around], drawn.block_y[around], drawn.block_z[around],
        mass[around], bx, by, bz, -1.0, scale, top, bend, where, lanes,
    )  # fmt: skip
    _add_lanes(lanes, far)
    for at in range(len(cells)):
        i = cells[at]
        lanes[:] = 0
        for c in around:
            own = slice(start[c], start[c + 1])
            _add(
                drawn.x[own], drawn.y[own], drawn.z[own], plants[own],
                drawn.x[i], drawn.y[i], drawn.z[i], 1.0, scale, top, bend, where, lanes,
            )  # fmt: skip
        lanes[0, 0] -= plants[i]
        lanes[min(int(drawn.own_km[i] * per_km), bins), 0] += plants[i] - 1
        _add_lanes(lanes, near[at])


@nb.njit(parallel=True, cache=True)
def _count_rows(drawn, plants, mass, start, blocks, cells, by_block, low, high, per_km, far, near):  # type: ignore[no-untyped-def]
    """Sites seen at each distance: far ones from each block, near ones from each of its cells.

    ``cells[by_block[k]:by_block[k + 1]]`` are the cells of ``blocks[k]`` to look from.
    """
    for row in nb.prange(len(far)):
        own = slice(by_block[row], by_block[row + 1])
        _count_block(
            drawn, plants, mass, start, blocks[row], cells[own], low, high, per_km,
            far[row], near[own],
        )  # fmt: skip


def _grouped(where: Ints, weights: Floats) -> tuple[Ints, Floats, Floats]:
    """Cells that hold plants, with the sum of their weights and of its squares, each ``(m,)``."""
    order = np.argsort(where, kind="stable")
    cells, start = np.unique(where[order], return_index=True)
    ordered = weights[order].astype(float)
    return cells, np.add.reduceat(ordered, start), np.add.reduceat(ordered**2, start)


@nb.njit(cache=True)
def first_radius(radii, distance):  # type: ignore[no-untyped-def]
    """Number of the smallest of ascending radii that holds a distance, or of squares a square."""
    low, high = 0, len(radii)
    while low < high:
        middle = (low + high) // 2
        if radii[middle] < distance:
            low = middle + 1
        else:
            high = middle
    return low


class _Held(NamedTuple):
    """The cells of some plants, and the blocks that hold them."""

    cells: Ints
    mass: Floats
    square: Floats
    x: Singles
    y: Singles
    z: Singles
    block: Ints
    start: Ints
    slot: Ints
    total: Floats
    far_x: Singles
    far_y: Singles
    far_z: Singles
    end: Ints


def _count_pairs(
    drawn: _Map, groups: tuple[Ints, Floats, Floats], per_km: float, bins: int, *, far: bool
) -> Floats:
    """Weighted ordered pairs in each bin, ``(B + 1,)``.

    Without ``far`` only what near pairs differ from the distances of their blocks.
    """
    cells, mass, square = groups
    block, start = np.unique(drawn.block[cells], return_index=True)
    slot = np.full(len(drawn.block_x), -1, np.int64)
    slot[block] = np.arange(len(block))
    place = drawn.along[block]
    held = _Held(
        cells, mass, square, drawn.x[cells], drawn.y[cells], drawn.z[cells],
        block, np.append(start, len(cells)), slot, np.add.reduceat(mass, start),
        drawn.block_x[block], drawn.block_y[block], drawn.block_z[block],
        np.searchsorted(place, place + bins / per_km, side="right"),
    )  # fmt: skip
    many = not far or len(cells) > MANY
    sums = np.zeros((PARTS if many else 1, bins + 1))
    if many:
        _count_many_pairs(drawn, held, per_km, far, sums)
    else:
        _count_share(drawn, held, per_km, far, 0, sums)
    counted: Floats = sums.sum(axis=0)
    return counted


@nb.njit(fastmath=True, cache=True)
def _count_share(drawn, held, per_km, far, share, sums):  # type: ignore[no-untyped-def]
    shares, bins = len(sums), sums.shape[1] - 1
    x, y, z, mass, start = held.x, held.y, held.z, held.mass, held.start
    far_x, far_y, far_z, total = held.far_x, held.far_y, held.far_z, held.total
    scale, top = np.float32(EARTH_RADIUS_KM * per_km), np.float32(bins)
    bend = (drawn.second, drawn.fourth, drawn.exact)
    where, lanes = np.empty(CHUNK, np.int32), np.zeros((bins + 1, 4))
    for a in range(share, len(total), shares):
        b = held.block[a]
        if far:
            ahead = slice(a + 1, held.end[a])
            _add(
                far_x[ahead], far_y[ahead], far_z[ahead], total[ahead],
                far_x[a], far_y[a], far_z[a], 2 * total[a], scale, top, bend, where, lanes,
            )  # fmt: skip
        around = held.slot[drawn.near[drawn.near_start[b] : drawn.near_start[b + 1]]]
        around = around[around > a]
        _add(
            far_x[around], far_y[around], far_z[around], total[around],
            far_x[a], far_y[a], far_z[a], -2 * total[a], scale, top, bend, where, lanes,
        )  # fmt: skip
        for i in range(start[a], start[a + 1]):
            own = slice(i + 1, start[a + 1])
            _add(
                x[own], y[own], z[own], mass[own],
                x[i], y[i], z[i], 2 * mass[i], scale, top, bend, where, lanes,
            )  # fmt: skip
            for c in around:
                other = slice(start[c], start[c + 1])
                _add(
                    x[other], y[other], z[other], mass[other],
                    x[i], y[i], z[i], 2 * mass[i], scale, top, bend, where, lanes,
                )  # fmt: skip
            at = min(int(drawn.own_km[held.cells[i]] * per_km), bins)
            lanes[at, 0] += mass[i] ** 2 - held.square[i]
    _add_lanes(lanes, sums[share])


@nb.njit(parallel=True, cache=True)
def _count_many_pairs(drawn, held, per_km, far, sums):  # type: ignore[no-untyped-def]
    for share in nb.prange(len(sums)):
        _count_share(drawn, held, per_km, far, share, sums)


@nb.njit(cache=True)
def _shuffled(order, uniform):  # type: ignore[no-untyped-def]
    """The first entries of ``order``, shuffled anew by each row of uniform numbers below 1."""
    times, size = uniform.shape
    drawn = np.empty((times, size), np.int64)
    for k in range(times):
        for i in range(size):
            j = i + int(uniform[k, i] * (len(order) - i))
            order[i], order[j] = order[j], order[i]
            drawn[k, i] = order[i]
    return drawn


@nb.njit(fastmath=True, cache=True)
def _count_one(drawn, cells, weights, split, per_km, sums):  # type: ignore[no-untyped-def]
    size, bins = len(cells), len(sums) - 1
    scale, top = np.float32(EARTH_RADIUS_KM * per_km), np.float32(bins)
    bend = (drawn.second, drawn.fourth, drawn.exact)
    x, y, z = drawn.x[cells], drawn.y[cells], drawn.z[cells]
    at, lanes = np.empty(size, np.int32), np.zeros((2, bins + 1))
    for i in range(size if split < 0 else split):
        start = i + 1 if split < 0 else split
        _bins_of(x[start:], y[start:], z[start:], x[i], y[i], z[i], scale, top, bend, at)
        own = min(int(drawn.own_km[cells[i]] * per_km), bins)
        factor = 2 * weights[i] if split < 0 else weights[i]
        for j in range(start, size):
            bin_ = at[j - start]
            if bin_ == 0 and cells[j] == cells[i]:
                bin_ = own
            lanes[j & 1, bin_] += factor * weights[j]
    for b in range(bins + 1):
        sums[b] = lanes[0, b] + lanes[1, b]


@nb.njit(parallel=True, cache=True)
def _count_each(drawn, where, weights, split, per_km, sums):  # type: ignore[no-untyped-def]
    """Weighted pairs of each of many industries, ``(times, B + 1)``.

    Ordered pairs of all plants, or, from 0 on, those of one before ``split`` and one from there.
    """
    for k in nb.prange(len(where)):
        _count_one(drawn, where[k], weights, split, per_km, sums[k])
