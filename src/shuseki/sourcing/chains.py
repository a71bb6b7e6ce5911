"""Which chains through a layered graph are best in some respect?

A chain takes one node from each layer: one firm for each step of an order. Each node and each arc
between neighbouring layers has a cost in each of d objectives; those of a chain add up ::

    C_d = Σ_k nodes[k][i_k, d] + Σ_k arcs[k][i_k, i_{k+1}, d]

A chain is on the Pareto front where no other is at least as good in all objectives and better in
one. Label setting keeps, at each node, the labels that no other label there dominates; a label
is dropped too where the least it can become is dominated by a chain already known.

Takes arrays of costs, lower is better; ``inf`` forbids a node or an arc. Gives the values and the
nodes of each chain of the front, one chain for each value. Arithmetic is exact where the costs are
whole numbers below 2⁵³ (round them to the unit that matters); otherwise to the rounding of floats.
Sources: Martins (1984), label setting; Mandow and Pérez de la Cruz (2010), bounds (NAMOA*).
Checked against the enumeration of all chains. Limits: fronts grow fast with objectives; where
more than ``limit`` labels stand in one layer the search is repeated on a coarser grid, and the
front says by how much it may miss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numba
import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.language.glossary import named_kind
from shuseki.sources import Source

__all__ = [
    "MARTINS_1984",
    "NAMOA_2010",
    "Front",
    "beaten",
    "best_chains",
    "cheapest_through",
    "is_efficient",
    "pareto_chains",
]

MARTINS_1984 = Source(
    "Martins1984",
    "Martins, E. Q. V., On a multicriteria shortest path problem, "
    "European Journal of Operational Research 16",
    "1984",
)
NAMOA_2010 = Source(
    "NAMOA2010",
    "Mandow, L. and Pérez de la Cruz, J. L., Multiobjective A* search with consistent heuristics, "
    "Journal of the ACM 57",
    "2010",
)

LIMIT = 300_000
"""Labels in one layer beyond which the grid becomes coarser."""
NARROW_PROBES = 4
PROBES = 24
"""Weighted sums whose best chains prune the search."""


@dataclass(frozen=True, eq=False)
class Front:
    """The chains that no other chain dominates, in lexicographic order of their values.

    Attributes
    ----------
    values
        Costs in each objective, shape ``(p, d)``.
    paths
        Node taken in each layer, shape ``(p, layers)``.
    error
        By how much a chain of the true front may be better than the nearest one here, in each
        objective, shape ``(d,)``; zeros where the front is exact.
    """

    values: Floats
    paths: Ints
    error: Floats

    @property
    def is_exact(self) -> bool:
        """Whether nothing was left out."""
        return not self.error.any()

    def __len__(self) -> int:
        return len(self.values)


def pareto_chains(
    nodes: Sequence[Floats],
    arcs: Sequence[Floats],
    *,
    within: Floats | None = None,
    grid: Floats | None = None,
    limit: int = LIMIT,
) -> Front:
    """Find every chain that no other dominates.

    Parameters
    ----------
    nodes
        Costs of the nodes of each layer, each of shape ``(n_k, d)``.
    arcs
        Costs between a layer and the next, each of shape ``(n_k, n_k+1, d)``; one fewer.
    within
        Chains that exceed this in any objective are left out, shape ``(d,)``.
    grid
        Labels that are better by no more than this at a step may be dropped, shape ``(d,)``;
        exact by default. The front then misses at most ``layers - 1`` times as much.
    limit
        Labels of one layer beyond which the grid becomes coarser.

    Raises
    ------
    ParameterError
        Shapes do not fit, or a cost is below zero or not a number.

    Examples
    --------
    >>> one, two = np.array([[1.0, 5.0], [4.0, 1.0]]), np.array([[0.0, 0.0]])
    >>> pareto_chains([one, two], [np.zeros((2, 1, 2))]).values
    array([[1., 5.],
           [4., 1.]])
    """
    layers, between = _checked(nodes, arcs)
    d = layers[0].shape[1]
    bound = np.full(d, np.inf) if within is None else np.asarray(within, dtype=float)
    if bound.shape != (d,):
        raise ParameterError(
            say(
                "within has shape {bound_shape}. Expected one bound for each of {d}.",
                bound_shape=bound.shape,
                d=d,
            )
        )
    slack = np.zeros(d) if grid is None else np.asarray(grid, dtype=float)
    if slack.shape != (d,) or (slack < 0).any():
        raise ParameterError(
            say(
                "grid is {slack}. Expected one step ≥ 0 for each of {d} objectives.",
                slack=slack.tolist(),
                d=d,
            )
        )
    rest = _least_to_go(layers, between)
    least = (layers[0] + rest[0]).min(axis=0, initial=np.inf)
    if not np.isfinite(least).all():
        return _none(len(layers), d)
    narrow = bool(np.isfinite(bound).all())
    known = _probes(layers, between, least, NARROW_PROBES if narrow else PROBES)
    known = known[(known <= bound).all(axis=1)]
    while True:
        found = _label(layers, between, rest, known, bound, slack, limit)
        if found is not None:
            break
        scale = np.maximum(known.max(axis=0, initial=0.0) - least, 1.0)
        slack = np.maximum(slack * 4, scale * 1e-4)
    values, paths = found
    missed = slack * (len(layers) - 1)
    return Front(values, paths, missed)


def best_chains(
    nodes: Sequence[Floats],
    arcs: Sequence[Floats],
    *,
    weights: Floats | None = None,
    count: int = 1,
) -> Front:
    """Find the ``count`` chains with the least weighted sum of costs, best first.

    Ties go to the chain whose nodes come first. Chains without a finite cost are left out.

    Parameters
    ----------
    nodes, arcs
        As for ``pareto_chains``.
    weights
        Of the objectives, ≥ 0, shape ``(d,)``; ones by default.
    count
        Chains wanted, ≥ 1.
    """
    layers, between = _checked(nodes, arcs)
    d = layers[0].shape[1]
    weight = np.ones(d) if weights is None else np.asarray(weights, dtype=float)
    if count < 1 or weight.shape != (d,) or (weight < 0).any():
        raise ParameterError(
            say(
                "count = {count}, weights = {weight}. Expected one chain or more, and a weight ≥ "
                "0 for each of {d} objectives.",
                count=count,
                weight=weight.tolist(),
                d=d,
            )
        )
    return _best(layers, between, weight, count)


def _best(layers: list[Floats], between: list[Floats], weight: Floats, count: int) -> Front:
    d = layers[0].shape[1]
    cost = [_weigh(layer, weight) for layer in layers]
    step = [_weigh(arc, weight) for arc in between]
    if any(len(layer) == 0 for layer in layers):
        return _none(len(layers), d)
    score = cost[0][:, None]  # (n, ranks), ascending
    parents: list[Ints] = []
    for arc, own in zip(step, cost[1:], strict=True):
        ranks = score.shape[1]
        if count == 1:
            offers = score + arc
            order = offers.argmin(axis=0)[None]
            score = (offers[order[0], np.arange(len(own))] + own)[:, None]
            parents.append((order * MAX_RANKS).T)
            continue
        offers = (score[:, :, None] + arc[:, None, :]).reshape(-1, len(own))
        keep = min(count, len(offers))
        if keep < len(offers) and keep * 8 < len(offers):
            threshold = np.partition(offers, keep - 1, axis=0)[keep - 1]
            order = np.empty((keep, len(own)), dtype=np.int64)
            for j in range(len(own)):
                at = np.flatnonzero(offers[:, j] <= threshold[j])
                order[:, j] = at[np.argsort(offers[at, j], kind="stable")[:keep]]
        else:
            order = np.argsort(offers, axis=0, kind="stable")[:keep]
        score = (np.take_along_axis(offers, order, axis=0) + own).T
        parents.append((order // ranks * MAX_RANKS + order % ranks).T)
    flat = score.ravel()
    order = np.argsort(flat, kind="stable")[:count]
    order = order[np.isfinite(flat[order])]
    paths = np.zeros((len(order), len(layers)), dtype=np.int64)
    node, rank = order // score.shape[1], order % score.shape[1]
    for k in range(len(layers) - 1, -1, -1):
        paths[:, k] = node
        if k:
            back = parents[k - 1][node, rank]
            node, rank = back // MAX_RANKS, back % MAX_RANKS
    return Front(values_of(layers, between, paths), paths, np.zeros(d))


MAX_RANKS = 1_000_000


def cheapest_through(
    nodes: Sequence[Floats], arcs: Sequence[Floats], *, weights: Floats | None = None
) -> list[Floats]:
    """Give the least weighted cost of a chain through each node, one array for each layer."""
    layers, between = _checked(nodes, arcs)
    weight = np.ones(layers[0].shape[1]) if weights is None else np.asarray(weights, dtype=float)
    cost = [_weigh(layer, weight) for layer in layers]
    step = [_weigh(arc, weight) for arc in between]
    forward = [cost[0]]
    for arc, own in zip(step, cost[1:], strict=True):
        forward.append((forward[-1][:, None] + arc).min(axis=0, initial=np.inf) + own)
    backward = [np.zeros(len(cost[-1]))]
    for arc, own in zip(reversed(step), reversed(cost[1:]), strict=True):
        backward.append((arc + (own + backward[-1])[None, :]).min(axis=1, initial=np.inf))
    return [one + other for one, other in zip(forward, reversed(backward), strict=True)]


def beaten(nodes: Sequence[Floats], arcs: Sequence[Floats], values: Floats) -> Bools:
    """Say which values some chain beats: nowhere worse, and somewhere better, shape ``(m,)``.

    Parameters
    ----------
    nodes, arcs
        As for ``pareto_chains``.
    values
        Shape ``(m, d)``.
    """
    layers, between = _checked(nodes, arcs)
    rest = _least_to_go(layers, between)
    d = layers[0].shape[1]
    least = (layers[0] + rest[0]).min(axis=0, initial=np.inf)
    answer = np.zeros(len(values), dtype=bool)
    if not np.isfinite(least).all():
        return answer
    known = _probes(layers, between, least, 2 * NARROW_PROBES)
    for k, value in enumerate(np.asarray(values, dtype=float)):
        bound = value + 1e-9 * np.maximum(np.abs(value), 1)
        within = known[(known <= bound).all(axis=1)]
        answer[k] = _better(within, value)
        if not answer[k]:
            found = _label(layers, between, rest, within, bound, np.zeros(d), 50 * LIMIT)
            assert found is not None
            answer[k] = _better(found[0], value)
    return answer


def _better(found: Floats, value: Floats) -> bool:
    """Whether any row, none of which is worse anywhere, is better somewhere."""
    return bool((found < value - 1e-9 * np.maximum(np.abs(value), 1)).any())


def is_efficient(values: Floats) -> Bools:
    """Say which rows no other row dominates, shape ``(n,)``; of equal rows the first.

    Examples
    --------
    >>> is_efficient(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]]))
    array([ True,  True, False])
    """
    values = np.ascontiguousarray(values, dtype=float)
    kept = np.zeros(len(values), dtype=bool)
    kept[_efficient(values, np.zeros(values.shape[1]))] = True
    return kept


def values_of(layers: Sequence[Floats], between: Sequence[Floats], paths: Ints) -> Floats:
    """Add up the costs of chains, shape ``(p, d)``."""
    total = layers[0][paths[:, 0]].copy()
    for k, arc in enumerate(between):
        total += arc[paths[:, k], paths[:, k + 1]]
        total += layers[k + 1][paths[:, k + 1]]
    return np.asarray(total)


# ---- arithmetic ----------------------------------------------------------------------------------


def _checked(nodes: Sequence[Floats], arcs: Sequence[Floats]) -> tuple[list[Floats], list[Floats]]:
    layers = [np.ascontiguousarray(layer, dtype=float) for layer in nodes]
    between = [np.ascontiguousarray(arc, dtype=float) for arc in arcs]
    if not layers or len(between) != len(layers) - 1:
        raise ParameterError(
            say(
                "{n_layers} layers and {n_between} sets of arcs. Expected one set of arcs fewer "
                "than layers, and a layer for each step.",
                n_layers=len(layers),
                n_between=len(between),
            )
        )
    d = layers[0].shape[-1]
    wanted = [(len(a), len(b), d) for a, b in pairwise(layers)]
    if any(layer.ndim != 2 or layer.shape[1] != d for layer in layers) or d < 1:
        raise ParameterError(
            say(
                "Layers of shapes {layers}. Expected (nodes, objectives).",
                layers=[layer.shape for layer in layers],
            )
        )
    if [arc.shape for arc in between] != wanted:
        raise ParameterError(
            say(
                "Arcs of shapes {between}. Expected {wanted}: nodes of a layer × nodes of the "
                "next × objectives.",
                between=[arc.shape for arc in between],
                wanted=wanted,
            )
        )
    for what, many in (("node", layers), ("arc", between)):
        wrong = sum(int((np.isnan(one) | (one < 0)).sum()) for one in many)
        if wrong:
            raise ParameterError(
                say(
                    "{wrong} costs of {what}s are below zero or not a number. Expected ≥ 0, or "
                    "inf for what is forbidden.",
                    wrong=wrong,
                    what=named_kind(what),
                )
            )
    return layers, between


def _none(layers: int, d: int) -> Front:
    return Front(np.zeros((0, d)), np.zeros((0, layers), dtype=np.int64), np.zeros(d))


def _weigh(costs: Floats, weights: Floats) -> Floats:
    """Weighted sums; a weight of zero does not lift what is forbidden."""
    if (weights > 0).all():
        return np.asarray(costs @ weights)
    finite = np.isfinite(costs)
    return np.where(finite.all(axis=-1), np.where(finite, costs, 0.0) @ weights, np.inf)


def _least_to_go(layers: list[Floats], between: list[Floats]) -> list[Floats]:
    """Least further cost from each node to the end, in each objective alone, ``(n_k, d)``."""
    rest = [np.zeros_like(layers[-1])]
    for arc, layer in zip(reversed(between), reversed(layers[1:]), strict=True):
        rest.append((arc + (layer + rest[-1])[None]).min(axis=1, initial=np.inf))
    return rest[::-1]


def _probes(
    layers: list[Floats], between: list[Floats], least: Floats, count: int = PROBES
) -> Floats:
    """Chains that are best by some weights, shape ``(m, d)``."""
    d = len(least)
    weights = [np.where(np.arange(d) == k, 1.0, 1e-9) for k in range(d)]
    found = np.concatenate([best_chains_of(layers, between, one) for one in weights])
    if not len(found) or d == 1:
        return found
    scale = np.maximum(found.max(axis=0) - least, 1e-12)
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(d, 0.7), count) + 1e-6
    more = [best_chains_of(layers, between, share / scale) for share in shares]
    unique = np.unique(np.concatenate([found, *more]), axis=0)
    return np.asarray(unique[is_efficient(unique)])


def best_chains_of(layers: list[Floats], between: list[Floats], weights: Floats) -> Floats:
    """Values of the best chain by some weights, shape ``(1, d)`` or ``(0, d)``."""
    return _best(layers, between, weights, 1).values


def _label(
    layers: list[Floats],
    between: list[Floats],
    rest: list[Floats],
    known: Floats,
    bound: Floats,
    slack: Floats,
    limit: int,
) -> tuple[Floats, Ints] | None:
    """Front and paths, or nothing where a layer has more than ``limit`` labels."""
    at = np.arange(len(layers[0]))
    labels = layers[0]
    open_ = _may_matter(labels, rest[0], known, bound)
    labels, at = labels[open_], at[open_]
    history = [(at, np.zeros(len(at), dtype=np.int64))]
    for k, arc in enumerate(between):
        starts = np.searchsorted(at, np.arange(len(layers[k]) + 1))
        labels, at, parent, whole = _extend(
            labels, starts, arc, layers[k + 1], rest[k + 1], known, bound, slack, limit
        )
        if not whole:
            return None
        history.append((at, parent))
    last = _efficient(np.ascontiguousarray(labels), np.zeros(labels.shape[1]))
    values = labels[last]
    paths = np.zeros((len(last), len(layers)), dtype=np.int64)
    pointer = last
    for k in range(len(layers) - 1, -1, -1):
        node, parent = history[k]
        paths[:, k] = node[pointer]
        pointer = parent[pointer]
    return values, paths


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _useful(label: Floats, rest: Floats, known: Floats, bound: Floats) -> bool:
    d = len(label)
    for c in range(d):
        least = label[c] + rest[c]
        if not least <= bound[c] or least == np.inf:
            return False
    for u in range(len(known)):
        better = False
        for c in range(d):
            least = label[c] + rest[c]
            if known[u, c] > least:
                better = False
                break
            if known[u, c] < least:
                better = True
        if better:
            return False
    return True


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _may_matter(labels: Floats, rest: Floats, known: Floats, bound: Floats) -> Bools:
    """Whether the least that a label can become is not dominated by a known chain."""
    keep = np.zeros(len(labels), dtype=np.bool_)
    for i in range(len(labels)):
        keep[i] = _useful(labels[i], rest[i], known, bound)
    return keep


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sorted(values: Floats) -> Ints:
    """Rows in lexicographic order, equal ones as they come: a merge sort from below."""
    n, d = values.shape
    order, other = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for k in range(n):
        order[k] = k
    width = 1
    while width < n:
        for left in range(0, n, 2 * width):
            a, middle = left, min(left + width, n)
            b, end = middle, min(left + 2 * width, n)
            for k in range(left, end):
                take = b >= end
                if not take and a < middle:
                    take = True
                    for c in range(d):
                        one, two = values[order[a], c], values[order[b], c]
                        if one != two:
                            take = one < two
                            break
                if take:
                    other[k] = order[a]
                    a += 1
                else:
                    other[k] = order[b]
                    b += 1
        order, other = other, order
        width *= 2
    return order


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _efficient(values: Floats, slack: Floats) -> Ints:
    """Rows that no row before them in lexicographic order dominates within ``slack``."""
    n, d = values.shape
    order = _sorted(values)
    kept = np.empty(n, dtype=np.int64)
    count = 0
    if d == 3:
        ys, zs, steps = np.empty(n), np.empty(n), 0
        for r in order:
            y, z = values[r, 1], values[r, 2]
            low, high = 0, steps
            while low < high:  # the last stair with its y within reach
                middle = (low + high) // 2
                if ys[middle] <= y + slack[1]:
                    low = middle + 1
                else:
                    high = middle
            if low > 0 and zs[low - 1] <= z + slack[2]:
                continue
            kept[count] = r
            count += 1
            first = low
            while first > 0 and ys[first - 1] >= y:
                first -= 1
            last = first
            while last < steps and zs[last] >= z:
                last += 1
            moved = steps - last
            if last > first + 1:
                for k in range(moved):
                    ys[first + 1 + k], zs[first + 1 + k] = ys[last + k], zs[last + k]
            elif last == first:
                for k in range(moved - 1, -1, -1):
                    ys[first + 1 + k], zs[first + 1 + k] = ys[last + k], zs[last + k]
            ys[first], zs[first] = y, z
            steps = first + 1 + moved
        return kept[:count]
    for r in order:
        dominated = False
        for k in range(count - 1, -1, -1):
            q = kept[k]
            dominated = True
            for c in range(d):
                if values[q, c] > values[r, c] + slack[c]:
                    dominated = False
                    break
            if dominated or d <= 2:  # of two, the last one kept has the least second
                break
        if not dominated:
            kept[count] = r
            count += 1
    return kept[:count]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _wider(rows: Floats) -> Floats:
    """Make twice as many rows."""
    n, d = rows.shape
    twice = np.empty((2 * n, d))
    for k in range(n):
        for c in range(d):
            twice[k, c] = rows[k, c]
    return twice


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _longer(values: Ints) -> Ints:
    """Make twice as many values."""
    twice = np.empty(2 * len(values), dtype=np.int64)
    for k in range(len(values)):
        twice[k] = values[k]
    return twice


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _extend(
    labels: Floats,
    starts: Ints,
    arc: Floats,
    own: Floats,
    rest: Floats,
    known: Floats,
    bound: Floats,
    slack: Floats,
    limit: int,
) -> tuple[Floats, Ints, Ints, bool]:
    """Labels of the next layer: values, node, parent, and whether the limit held."""
    d = labels.shape[1]
    out = np.empty((1024, d))
    node, parent = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    total = 0
    offers, origin = np.empty((1024, d)), np.empty(1024, dtype=np.int64)
    one = np.empty(d)
    for j in range(len(own)):
        count = 0
        for i in range(len(starts) - 1):
            if arc[i, j, 0] == np.inf:
                continue
            for r in range(starts[i], starts[i + 1]):
                for c in range(d):
                    one[c] = labels[r, c] + arc[i, j, c] + own[j, c]
                if not _useful(one, rest[j], known, bound):
                    continue
                if count == len(offers):
                    offers, origin = _wider(offers), _longer(origin)
                for c in range(d):
                    offers[count, c] = one[c]
                origin[count] = r
                count += 1
        if count == 0:
            continue
        kept = _efficient(offers[:count], slack)
        if total + len(kept) > limit:
            return out[:total], node[:total], parent[:total], False
        while total + len(kept) > len(out):
            out, node, parent = _wider(out), _longer(node), _longer(parent)
        for q in kept:
            for c in range(d):
                out[total, c] = offers[q, c]
            node[total] = j
            parent[total] = origin[q]
            total += 1
    return out[:total], node[:total], parent[:total], True
