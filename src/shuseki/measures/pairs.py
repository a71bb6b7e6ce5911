"""How many pairs of plants lie at each distance?

Positions. Plants stand in cells: a cell is one plant (``points``), a cell of the standard mesh
(``mesh``, 30″ × 45″, about 1 km, at the mean position of its plants), or an area (``at_centres``).
Cells lie in blocks of ``side × side`` mesh cells (a point or an area is its own block). Two plants
of one cell are ``own_km`` apart; two plants of near blocks are as far apart as their cells; two
plants of far blocks (8 sides or more) as far as their blocks. So a distance is known to a fraction
of itself, and a census needs few distances. It is one fixed, symmetric distance between any two
sites, so a null that draws sites is as exact as with exact distances.

Counting. ``population_sums`` passes once over all sites and gives what the null of every industry
needs; ``pair_shares`` counts the weighted pairs of one industry. Both work in narrow bins of
distance, in single precision (0.4 m), and look only at blocks within reach.

Takes degrees, gives kilometres.
Checked against: brute force over all pairs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from shuseki.arrays import Floats, Ints
from shuseki.geography.distances import EARTH_RADIUS_KM

__all__ = [
    "Places",
    "Population",
    "along",
    "at_centres",
    "distance_matrix",
    "mesh",
    "pair_shares",
    "points",
    "population_sums",
    "simulated_shares",
    "systematic_sample",
    "unit_vectors",
]

Singles = NDArray[np.float32]

MESH_KM = EARTH_RADIUS_KM * float(np.radians(1 / 80))
"""The longer side of a cell of the standard mesh at the equator."""
SIDES = (8, 4, 2, 1)
NEAR_SIDES = 8
"""Blocks closer than this many sides are measured cell by cell."""
MANY = 3_000
"""Above this many cells of an industry its pairs are counted on all processors."""
CHUNK = 1024
OWN_MESH_KM = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where plants stand: ``A`` cells in ``B`` blocks, cells in the order of their blocks.

    Attributes
    ----------
    positions
        Unit vectors of the cells, shape ``(A, 3)``.
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
    """

    sites: int
    bin_km: float
    ordered_pairs: Floats
    row_products: Floats


# ---- positions -----------------------------------------------------------------------------


def points(latitude: Floats, longitude: Floats) -> Places:
    """Give every plant a cell of its own, at its exact position."""
    ones = np.ones(len(latitude))
    return _single(unit_vectors(latitude, longitude), ones, np.zeros(len(latitude)))


def at_centres(centres: Floats, plants: Floats, own_km: Floats) -> Places:
    """Put the plants of each area at its centre, ``(A, 2)`` degrees; ``of_site`` is of areas."""
    return _single(unit_vectors(centres[:, 0], centres[:, 1]), plants, own_km)


def mesh(latitude: Floats, longitude: Floats, rounding_km: float = 0.0) -> Places:
    """Put plants into cells of the standard mesh, and the cells into blocks.

    The standard mesh of the third order: 30″ of latitude by 45″ of longitude. The blocks are the
    largest of 8, 4, 2 or 1 cells a side that add no more than ``rounding_km`` to the distance of
    a far pair (standard deviation).
    """
    row = np.floor(latitude * 120).astype(np.int64)
    column = np.floor(longitude * 80).astype(np.int64)
    _, of_site, plants = np.unique(row * 100_000 + column, return_inverse=True, return_counts=True)
    first = np.empty(len(plants), dtype=np.int64)
    first[of_site] = np.arange(len(of_site))
    position = unit_vectors(
        np.bincount(of_site, latitude) / plants, np.bincount(of_site, longitude) / plants
    )
    for side in SIDES:
        key = (row[first] // side) * 100_000 + column[first] // side
        block = np.unique(key, return_inverse=True)[1]
        mass = np.bincount(block, plants)
        middle = np.stack([np.bincount(block, plants * x) / mass for x in position.T], axis=1)
        middle /= np.sqrt((middle**2).sum(axis=1))[:, None]
        away = EARTH_RADIUS_KM * np.sqrt(((position - middle[block]) ** 2).sum(axis=1))
        added_km = float(np.sqrt((plants * away**2).sum() / plants.sum()))
        if added_km <= rounding_km or side == 1:
            break
    sequence = np.argsort(along(middle), kind="stable")
    block = _inverse(sequence)[block]
    order = np.argsort(block, kind="stable")
    near_km = NEAR_SIDES * side * MESH_KM if side > 1 else 0.0
    near_start, near = _near(middle[sequence], near_km)
    return Places(
        positions=position[order],
        plants=plants[order].astype(float),
        own_km=np.full(len(plants), OWN_MESH_KM),
        of_site=_inverse(order)[of_site],
        block=block[order],
        block_positions=middle[sequence],
        near_start=near_start,
        near=near,
        near_km=near_km + 2 * float(away.max()),
        rounding_km=added_km,
    )


def unit_vectors(latitude: Floats, longitude: Floats) -> Floats:
    """Points on the unit sphere, ``(n, 3)``, from degrees."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1
    )


def distance_matrix(positions: Floats, own_km: Floats | None = None) -> Floats:
    """Great-circle distances of unit vectors, ``(m, m)`` km; 0 or ``own_km`` if the same."""
    chord = np.sqrt(np.maximum(2 - 2 * positions @ positions.T, 0))
    distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1))
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


def _single(positions: Floats, plants: Floats, own_km: Floats) -> Places:
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
    )


def _near(positions: Floats, reach_km: float) -> tuple[Ints, Ints]:
    """Rows of a sparse table: the blocks within reach of each, itself included."""
    count = len(positions)
    each = np.arange(count)
    chord = 2 * np.sin(reach_km / EARTH_RADIUS_KM / 2)
    pairs = cKDTree(positions).query_pairs(chord, output_type="ndarray")
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


def _map_of(places: Places) -> _Map:
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
    )


def population_sums(
    places: Places,
    bin_km: float,
    bins: int,
    progress: Callable[[int], None] | None = None,
) -> Population:
    """Pass once over all sites: ``G`` of shape ``(B,)`` and ``T₁`` of shape ``(B, B)``.

    The counts seen from a cell are those of far blocks, which all cells of its block share, and
    those of near cells, which reach few bins; their products are added up apart.
    """
    drawn = _map_of(places)
    blocks, reach = len(drawn.block_x), bins * bin_km
    mass = np.bincount(places.block, places.plants, blocks)
    start = np.searchsorted(places.block, np.arange(blocks + 1))
    few = min(int(places.near_km / bin_km) + 2, bins)
    G, T1 = np.zeros(bins), np.zeros((bins, bins))
    step = 2048
    for first in range(0, blocks, step):
        last = min(first + step, blocks)
        limits = np.array([drawn.along[first] - reach, drawn.along[last - 1] + reach])
        low, high = (int(k) for k in np.searchsorted(drawn.along, limits))
        far = np.empty((last - first, bins + 1))
        near = np.empty((int(start[last] - start[first]), bins + 1))
        _count_rows(drawn, places.plants, mass, start, (first, low, high), 1 / bin_km, far, near)
        seen, close = far[:, :bins], near[:, :few]
        own = places.plants[start[first] : start[last]]
        weighted = close * own[:, None]
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
    return Population(round(float(places.plants.sum())), bin_km, G, T1)


def pair_shares(places: Places, where: Ints, weights: Floats, bin_km: float, bins: int) -> Floats:
    """Share of the weighted pairs of one industry in each bin, shape ``(B,)``.

    Parameters
    ----------
    where
        Cell of each plant, ``(n,)``.
    weights
        Of each plant, ``(n,)``.
    """
    drawn = _map_of(places)
    groups = _grouped(where, weights)
    count = _count_many_pairs if len(groups[0]) > MANY else _count_few_pairs
    sums = count(drawn, *groups, 1 / bin_km, bins, 64 if len(groups[0]) > MANY else 1)
    shares: Floats = sums[:bins] / (weights.sum() ** 2 - (weights**2).sum())
    return shares


def simulated_shares(
    places: Places, weights: Floats, bin_km: float, bins: int, times: int, rng: np.random.Generator
) -> Floats:
    """Shares of pairs of industries that chance put on the sites, ``(times, B)``.

    Each keeps the weights and stands on sites drawn without replacement.
    """
    of_site = np.repeat(np.arange(len(places.plants)), np.rint(places.plants).astype(np.int64))
    drawn = of_site[_draws(len(of_site), len(weights), times, rng)]
    each = _count_each(_map_of(places), drawn, weights, 1 / bin_km, bins)
    shares: Floats = each[:, :bins] / (weights.sum() ** 2 - (weights**2).sum())
    return shares


def _draws(sites: int, size: int, times: int, rng: np.random.Generator) -> Ints:
    """Draws of ``size`` of ``sites`` without replacement, ``(times, size)``."""
    return np.array([rng.choice(sites, size=size, replace=False) for _ in range(times)])


@nb.njit(fastmath=True, cache=True)
def _bins_of(x, y, z, near_x, near_y, near_z, scale, top, where):  # type: ignore[no-untyped-def]
    """Bin of the distance from one place to each of many; the arc from its chord, to 1e-9."""
    one, second, fourth = np.float32(1), np.float32(1 / 24), np.float32(3 / 640)
    for j in range(len(x)):
        dx, dy, dz = x[j] - near_x, y[j] - near_y, z[j] - near_z
        square = dx * dx + dy * dy + dz * dz
        arc = scale * np.sqrt(square) * (one + square * (second + square * fourth))
        where[j] = np.int32(min(arc, top))


@nb.njit(fastmath=True, cache=True)
def _add(x, y, z, mass, near_x, near_y, near_z, factor, scale, top, where, lanes):  # type: ignore[no-untyped-def]
    """Add the masses at their distances; four lanes, so that no sum waits for the one before."""
    for start in range(0, len(x), CHUNK):
        stop = min(len(x), start + CHUNK)
        _bins_of(
            x[start:stop], y[start:stop], z[start:stop], near_x, near_y, near_z, scale, top, where
        )
        here, size = mass[start:stop], stop - start
        for j in range(size // 4):
            lanes[where[4 * j], 0] += factor * here[4 * j]
            lanes[where[4 * j + 1], 1] += factor * here[4 * j + 1]
            lanes[where[4 * j + 2], 2] += factor * here[4 * j + 2]
            lanes[where[4 * j + 3], 3] += factor * here[4 * j + 3]
        for j in range(size // 4 * 4, size):
            lanes[where[j], 0] += factor * here[j]


@nb.njit(parallel=True, fastmath=True, cache=True)
def _count_rows(drawn, plants, mass, start, window, per_km, far, near):  # type: ignore[no-untyped-def]
    """Sites seen at each distance: far ones from each block, near ones from each of its cells."""
    first, low, high = window
    bins = far.shape[1] - 1
    scale, top = np.float32(EARTH_RADIUS_KM * per_km), np.float32(bins)
    for row in nb.prange(len(far)):
        b = first + row
        where, lanes = np.empty(CHUNK, np.int32), np.zeros((bins + 1, 4))
        bx, by, bz = drawn.block_x[b], drawn.block_y[b], drawn.block_z[b]
        _add(
            drawn.block_x[low:high], drawn.block_y[low:high], drawn.block_z[low:high],
            mass[low:high], bx, by, bz, 1.0, scale, top, where, lanes,
        )  # fmt: skip
        around = drawn.near[drawn.near_start[b] : drawn.near_start[b + 1]]
        _add(
            drawn.block_x[around], drawn.block_y[around], drawn.block_z[around],
            mass[around], bx, by, bz, -1.0, scale, top, where, lanes,
        )  # fmt: skip
        for k in range(bins + 1):
            far[row, k] = lanes[k, 0] + lanes[k, 1] + lanes[k, 2] + lanes[k, 3]
        for i in range(start[b], start[b + 1]):
            lanes[:] = 0
            for c in around:
                own = slice(start[c], start[c + 1])
                _add(
                    drawn.x[own], drawn.y[own], drawn.z[own], plants[own],
                    drawn.x[i], drawn.y[i], drawn.z[i], 1.0, scale, top, where, lanes,
                )  # fmt: skip
            lanes[0, 0] -= plants[i]
            lanes[min(int(drawn.own_km[i] * per_km), bins), 0] += plants[i] - 1
            seen = near[i - start[first]]
            for k in range(bins + 1):
                seen[k] = lanes[k, 0] + lanes[k, 1] + lanes[k, 2] + lanes[k, 3]


@nb.njit(cache=True)
def _grouped(where, weights):  # type: ignore[no-untyped-def]
    """Cells that hold plants, with the sum of their weights and of its squares, each ``(m,)``."""
    order = np.argsort(where)
    cells = np.empty(len(where), np.int64)
    mass, square = np.zeros(len(where)), np.zeros(len(where))
    last = -1
    for k in order:
        if last < 0 or cells[last] != where[k]:
            last += 1
            cells[last] = where[k]
        mass[last] += weights[k]
        square[last] += weights[k] ** 2
    return cells[: last + 1], mass[: last + 1], square[: last + 1]


def _pairs(drawn, cells, mass, square, per_km, bins, shares):  # type: ignore[no-untyped-def]
    """Weighted ordered pairs in each bin, counted in ``shares`` that may run at once."""
    block = drawn.block[cells]
    new = np.ones(len(cells), np.bool_)
    new[1:] = block[1:] != block[:-1]
    start = np.append(np.flatnonzero(new), len(cells))
    held = block[new]
    slot = np.full(len(drawn.block_x), -1, np.int64)
    slot[held] = np.arange(len(held))
    total = np.zeros(len(held))
    for k in range(len(held)):
        total[k] = mass[start[k] : start[k + 1]].sum()
    x, y, z = drawn.x[cells], drawn.y[cells], drawn.z[cells]
    far_x, far_y, far_z = drawn.block_x[held], drawn.block_y[held], drawn.block_z[held]
    end = np.searchsorted(drawn.along[held], drawn.along[held] + bins / per_km, side="right")
    scale, top = np.float32(EARTH_RADIUS_KM * per_km), np.float32(bins)
    sums = np.zeros((shares, bins + 1))
    for share in nb.prange(shares):
        where, lanes = np.empty(CHUNK, np.int32), np.zeros((bins + 1, 4))
        for a in range(share, len(held), shares):
            ahead = slice(a + 1, end[a])
            _add(
                far_x[ahead], far_y[ahead], far_z[ahead], total[ahead],
                far_x[a], far_y[a], far_z[a], 2 * total[a], scale, top, where, lanes,
            )  # fmt: skip
            around = slot[drawn.near[drawn.near_start[held[a]] : drawn.near_start[held[a] + 1]]]
            around = around[around > a]
            _add(
                far_x[around], far_y[around], far_z[around], total[around],
                far_x[a], far_y[a], far_z[a], -2 * total[a], scale, top, where, lanes,
            )  # fmt: skip
            for i in range(start[a], start[a + 1]):
                own = slice(i + 1, start[a + 1])
                _add(
                    x[own], y[own], z[own], mass[own],
                    x[i], y[i], z[i], 2 * mass[i], scale, top, where, lanes,
                )  # fmt: skip
                for c in around:
                    other = slice(start[c], start[c + 1])
                    _add(
                        x[other], y[other], z[other], mass[other],
                        x[i], y[i], z[i], 2 * mass[i], scale, top, where, lanes,
                    )  # fmt: skip
                at = min(int(drawn.own_km[cells[i]] * per_km), bins)
                lanes[at, 0] += mass[i] ** 2 - square[i]
        sums[share] = lanes.sum(axis=1)
    return sums.sum(axis=0)


_count_few_pairs = nb.njit(fastmath=True, cache=True)(_pairs)
_count_many_pairs = nb.njit(parallel=True, fastmath=True, cache=True)(_pairs)


@nb.njit(parallel=True, cache=True)
def _count_each(drawn, where, weights, per_km, bins):  # type: ignore[no-untyped-def]
    """Weighted ordered pairs of each of many industries, ``(times, B + 1)``."""
    sums = np.empty((len(where), bins + 1))
    for k in nb.prange(len(where)):
        cells, mass, square = _grouped(where[k], weights)
        sums[k] = _count_few_pairs(drawn, cells, mass, square, per_km, bins, 1)
    return sums
