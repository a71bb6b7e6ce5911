"""Which numbers are not written, so that none of the sensitive ones can be computed?

First the sensitive figures themselves (``rules``). Then others, so that the interval which the
written ones leave for each suppressed figure (``audit``) is as wide as the rules ask, in every
layer: counts, and each amount. Two tables that agree with all that is written witness a width::

    A u = A d = y  but for suppressed figures,   H u = H d = 0,   u, d ≥ 0,   a·u − a·d ≥ width

Small ledgers: the cheapest set of figures with such witnesses for all sensitive figures at once, a
mixed-integer program. Large ones: figure by figure, the witnesses that change the least that is
written (a linear program, weighted anew twice so that they change few figures); what they change is
suppressed. Then every suppressed figure is audited, those added too, and what fails is widened,
until none fails. Last, figures that turn out not to be needed are written after all.

Also asked: where a written sum leaves a rest of suppressed cells, that rest is known exactly, and
it must not be sensitive itself: two establishments alone in two cells of a row would find one
another out.

Takes: a ledger, rules. Gives: a ``Pattern``: suppressed figures and the audited intervals.

Sources: Fischetti and Salazar (2001), *Management Science* 47 (the integer program); Kelly, Golden
and Assad (1992) and Hundepool and others (2012), section 4.4 (heuristics by linear programs).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from scipy import sparse

from shuseki.arrays import Bools, Floats
from shuseki.release.disclosure.audit import Attack
from shuseki.release.disclosure.figures import COUNT, Ledger
from shuseki.release.disclosure.rules import Rules

__all__ = ["Pattern", "intervals", "sensitive", "suppress"]

SMALL_FIGURES = 90
"""Figures up to which an integer program chooses."""
SMALL_TARGETS = 10
TRIED = 150
"""Suppressed figures up to which each is tried once more."""
MANY = 400
"""Figures of a ledger beyond which the smallest sum around a failure is suppressed, unsearched."""
LISTED = 300
"""Suppressed figures up to which the interval of each is computed to be told."""
DRAWN = 24
"""Tables that are drawn to see at once which intervals are wide enough."""
NEAR_ATOMS = (150, 1500)
"""Atoms around a figure among which its witnesses are looked for; more where there are none."""
EPSILON = 1e-6


@dataclass(frozen=True, eq=False)
class Pattern:
    """What is suppressed, and what remains to be known of it.

    Attributes
    ----------
    suppressed, sensitive
        By figure, shape ``(figures,)``; the second are those the rules name.
    intervals
        Layer → figures × (least, most); ``nan`` where the figure is written or has no such layer.
        Empty where there are too many to list; each was found wide enough all the same.
    """

    suppressed: Bools
    sensitive: Bools
    intervals: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer of a ledger as arrays."""

    name: str
    values: Floats
    counts: Bools
    width: Floats
    sums: sparse.csr_array
    known: sparse.csr_array
    asked: Bools
    tables: list[Floats]
    """Tables found on the way, which may serve again."""


def suppress(ledger: Ledger, rules: Rules) -> Pattern:
    """Choose what is not written."""
    if not len(ledger):
        nothing = np.zeros(0, dtype=bool)
        return Pattern(nothing, nothing, {})
    sums, known = ledger.sums, ledger.known
    weights = np.array(ledger.weights)
    primary = sensitive(ledger, rules)
    asked = primary | (weights > 0)
    layers = [_layer(ledger, name, rules, asked) for name in ledger.layers]
    chosen = primary | (weights == 0)  # what no table shows is not written either
    if rules.secondary and primary.any():
        if len(chosen) <= SMALL_FIGURES and primary.sum() <= SMALL_TARGETS:
            chosen |= cheapest(sums, known, layers[0], primary, chosen, weights)
        chosen = _widened(ledger, rules, layers, chosen, weights)
        chosen = _spared(ledger, rules, layers, chosen, primary, weights)
    chosen = np.asarray(chosen)
    shown = chosen & (weights > 0)
    listed = shown.sum() <= LISTED
    found = {
        layer.name: intervals(ledger, chosen, layer.name, shown)
        for layer in layers
        if listed and shown.any()
    }
    return Pattern(chosen, primary, found)


def sensitive(ledger: Ledger, rules: Rules) -> Bools:
    """Figures that the rules name, in any layer, shape ``(figures,)``."""
    sums = ledger.sums
    found = rules.sensitive_counts(sums @ ledger.values(COUNT))
    for name in ledger.layers[1:]:
        found |= rules.sensitive_amounts(*_amounts(ledger, sums, name))
    return found


def intervals(ledger: Ledger, suppressed: Bools, layer: str, asked: Bools | None = None) -> Floats:
    """Least and most of suppressed figures that a reader can compute, shape ``(figures, 2)``.

    ``nan`` for figures that are written, not asked about, or that the layer does not count.
    """
    sums = ledger.sums
    attack = Attack(sums, ledger.known, ledger.values(layer), ~suppressed, layer == COUNT)
    holds = (sums @ ledger.holds(layer).astype(float)) > 0
    out = np.full((len(suppressed), 2), np.nan)
    for f in np.flatnonzero(suppressed & holds & (True if asked is None else asked)):
        out[f] = attack.of(int(f))
    return out


def _layer(ledger: Ledger, name: str, rules: Rules, asked: Bools) -> _Layer:
    sums = ledger.sums
    counts = (sums @ ledger.holds(name).astype(float)) > 0
    if name == COUNT:
        width = np.full(len(ledger), rules.count_width())
    else:
        width = rules.amount_width(*_amounts(ledger, sums, name))
    return _Layer(name, ledger.values(name), counts, width, sums, ledger.known, asked, [])


def _amounts(ledger: Ledger, sums: sparse.csr_array, name: str) -> tuple[Floats, Floats, Floats]:
    """Amount of each figure, and its largest and second largest contribution."""
    first, second = ledger.values(name, "_largest"), ledger.values(name, "_second")
    span, at = sums.indptr, sums.indices
    top = np.zeros((len(ledger), 2))
    for f in range(len(ledger)):
        inside = at[span[f] : span[f + 1]]
        both = np.concatenate([first[inside], second[inside], [0.0, 0.0]])
        top[f] = np.sort(np.partition(both, -2)[-2:])[::-1]
    return np.asarray(sums @ ledger.values(name)), top[:, 0], top[:, 1]


# ---- widening until nothing fails ---------------------------------------------------------------


def _failing(
    ledger: Ledger, rules: Rules, layer: _Layer, chosen: Bools, *, first: bool = False
) -> list[tuple[Floats, float]]:
    """Sums of atoms whose interval is too narrow, with the width that they need."""
    sums = layer.sums
    attack = Attack(
        sums, layer.known, layer.values, ~chosen, layer.name == COUNT, list(layer.tables)
    )
    asked = np.flatnonzero(chosen & layer.counts & layer.asked)
    narrow = asked[attack.seen()[asked] < layer.width[asked] - EPSILON]
    if len(narrow) > DRAWN and not first:
        attack.draw(DRAWN)
        narrow = asked[attack.seen()[asked] < layer.width[asked] - EPSILON]
    layer.tables[:] = attack.tables
    found: list[tuple[Floats, float]] = []
    for f in narrow:
        low, high = attack.of(int(f))
        if not high - low >= layer.width[f] - EPSILON:
            aim = np.zeros(sums.shape[1])
            aim[sums.indices[sums.indptr[f] : sums.indptr[f + 1]]] = 1.0
            found.append((aim, float(layer.width[f])))
            if first:
                return found
    for rest in attack.rests():
        need = _needed(ledger, rules, layer.name, np.array(rest))
        if need:
            aim = np.zeros(sums.shape[1])
            aim[list(rest)] = 1.0
            found.append((aim, need))
            if first:
                return found
    return found


def _needed(ledger: Ledger, rules: Rules, name: str, rest: np.ndarray) -> float:
    """Width that a rest of suppressed atoms needs; 0 where it is not sensitive."""
    count = ledger.values(COUNT)[rest].sum()
    few = bool(0 < count < rules.threshold)
    if name == COUNT:
        return rules.count_width() if few else 0.0
    amount = np.array([ledger.values(name)[rest].sum()])
    both = np.concatenate(
        [ledger.values(name, "_largest")[rest], ledger.values(name, "_second")[rest], [0.0, 0.0]]
    )
    top = np.sort(both)[::-1]
    sizes = (amount, top[:1], top[1:2])
    if (few and amount[0] > 0) or rules.sensitive_amounts(*sizes)[0]:
        return float(max(rules.amount_width(*sizes)[0], 1.0))
    return 0.0


def _widened(
    ledger: Ledger, rules: Rules, layers: list[_Layer], chosen: Bools, weights: Floats
) -> Bools:
    """Suppress more until every suppressed figure keeps its width in every layer."""
    sums, known = ledger.sums, ledger.known
    chosen = chosen.copy()
    stretch: dict[bytes, int] = {}
    while True:
        before = int(chosen.sum())
        failed = False
        for layer in layers:
            failing = _failing(ledger, rules, layer, chosen)
            fresh = np.zeros(len(chosen), dtype=bool)
            for aim, width in failing:
                failed = True
                if len(chosen) > MANY:
                    around = sums @ aim > 0
                    if not (around & fresh).any():
                        more = _smallest_around(sums, aim, chosen)
                        fresh |= more
                        chosen |= more
                    continue
                key = layer.name.encode() + np.flatnonzero(aim).tobytes()
                tries = stretch[key] = stretch.get(key, -1) + 1
                found: Bools | None = None
                for most in NEAR_ATOMS:
                    if found is None:
                        wide = width * (1 + tries)
                        found = witnesses(sums, known, layer, aim, wide, ~chosen, weights, most)
                if found is None or (tries > 2 and not (found & ~chosen).any()):
                    found = _smallest_around(sums, aim, chosen)
                chosen |= found
        if not failed:
            return chosen
        if int(chosen.sum()) == before and chosen.all():
            return chosen


def _smallest_around(sums: sparse.csr_array, aim: Floats, chosen: Bools) -> Bools:
    """The written figure with fewest atoms that shares some with the aim; all when none does."""
    shared = (sums @ aim > 0) & ~chosen
    found = np.zeros(len(chosen), dtype=bool)
    if not shared.any():
        found[:] = True
        return found
    size = np.where(shared, np.diff(sums.indptr), np.iinfo(np.int64).max)
    found[int(size.argmin())] = True
    return found


def _spared(
    ledger: Ledger,
    rules: Rules,
    layers: list[_Layer],
    chosen: Bools,
    primary: Bools,
    weights: Floats,
) -> Bools:
    """Write again what need not be suppressed, what shows most first."""
    added = np.flatnonzero(chosen & ~primary & (weights > 0))
    if len(added) > TRIED:
        return chosen
    size = ledger.sums @ ledger.values(COUNT)
    for f in sorted(added, key=lambda f: (-weights[f], -size[f])):
        trial = chosen.copy()
        trial[f] = False
        if not any(_failing(ledger, rules, layer, trial, first=True) for layer in layers):
            chosen = trial
    return chosen


# ---- witnesses ----------------------------------------------------------------------------------


def witnesses(
    sums: sparse.csr_array,
    known: sparse.csr_array,
    layer: _Layer,
    aim: Floats,
    width: float,
    written: Bools,
    weights: Floats,
    most: int,
) -> Bools | None:
    """Written figures that two tables change whose aims differ by the width; None if none do.

    Parameters
    ----------
    aim
        Ones for the atoms whose sum must be uncertain, shape ``(atoms,)``.
    written
        Figures that are written so far, shape ``(figures,)``.
    most
        Atoms that may change.
    """
    near = _near(sums, known, aim, written, most)
    rows = np.flatnonzero(written)
    part = sparse.csr_array(sums[rows][:, near])
    used = np.diff(part.indptr) > 0
    rows, part = rows[used], sparse.csr_array(part[used])
    relations = sparse.csr_array(known[:, near])
    relations = sparse.csr_array(relations[np.diff(relations.indptr) > 0])
    x, a = layer.values[near], aim[near]
    n, m = len(near), len(rows)
    base, rest = part @ x, relations @ x
    eye, none = sparse.eye_array(m), sparse.csr_array((m, n))
    blank = sparse.csr_array((relations.shape[0], m))
    zero = sparse.csr_array(relations.shape)
    constraints = [
        scipy.optimize.LinearConstraint(sparse.hstack([part, none, -eye]), -np.inf, base),
        scipy.optimize.LinearConstraint(sparse.hstack([-part, none, -eye]), -np.inf, -base),
        scipy.optimize.LinearConstraint(sparse.hstack([none, part, -eye]), -np.inf, base),
        scipy.optimize.LinearConstraint(sparse.hstack([none, -part, -eye]), -np.inf, -base),
        scipy.optimize.LinearConstraint(
            sparse.csr_array(np.concatenate([a, -a, np.zeros(m)])[None]), width, np.inf
        ),
    ]
    if relations.shape[0]:
        constraints += [
            scipy.optimize.LinearConstraint(sparse.hstack([relations, zero, blank]), rest, rest),
            scipy.optimize.LinearConstraint(sparse.hstack([zero, relations, blank]), rest, rest),
        ]
    scale = np.maximum(width, 1.0)
    cost = weights[rows] * (1.0 + np.log1p(base) / 20.0)
    moved = np.zeros(m)
    for again in range(3):
        price = cost if not again else cost / (moved / scale + 0.05)
        answer = scipy.optimize.milp(
            np.concatenate([np.full(2 * n, 1e-7), price]),
            constraints=constraints,
            bounds=scipy.optimize.Bounds(0.0, np.inf),
        )
        if answer.status != 0:
            return None
        u, d = answer.x[:n], answer.x[n : 2 * n]
        moved = np.maximum(abs(part @ u - base), abs(part @ d - base))
    found = np.zeros(len(written), dtype=bool)
    found[rows[moved > EPSILON * scale]] = True
    return found


def _near(
    sums: sparse.csr_array, known: sparse.csr_array, aim: Floats, written: Bools, most: int
) -> np.ndarray:
    """Atoms among which witnesses are looked for; the others stay as they are.

    First those that share small sums with the aim, then those that are not written themselves,
    which can be changed at no cost.
    """
    if sums.shape[1] <= most:
        return np.arange(sums.shape[1])
    size = np.diff(sums.indptr)
    both = sparse.csr_array(sparse.vstack([sums[size <= most // 4], abs(known)]))
    back = sparse.csr_array(both.T)
    reached = aim > 0
    order = list(np.flatnonzero(reached))
    while len(order) < most // 2:
        touched = back @ ((both @ reached.astype(float) > 0) * 1.0) > 0
        new = np.flatnonzero(touched & ~reached)
        if not len(new):
            break
        order += list(new)
        reached |= touched
    own = sums[written & (size == 1)].indices
    free = np.ones(sums.shape[1], dtype=bool)
    free[own] = False
    chosen = dict.fromkeys(int(atom) for atom in order[: max(most // 2, int((aim > 0).sum()))])
    for atom in (*np.flatnonzero(free), *range(sums.shape[1])):
        if len(chosen) >= most:
            break
        chosen[int(atom)] = None
    return np.sort(np.array(list(chosen), dtype=np.int64))


def cheapest(
    sums: sparse.csr_array,
    known: sparse.csr_array,
    layer: _Layer,
    primary: Bools,
    chosen: Bools,
    weights: Floats,
) -> Bools:
    """The cheapest figures whose suppression gives every sensitive one its width (integer program).

    Nothing is found where the program ends without an answer: the heuristic then does the work.
    """
    x, base = layer.values, sums @ layer.values
    figures, n = sums.shape
    targets = np.flatnonzero(primary & layer.counts)
    blocks = 2 * len(targets)
    size = figures + blocks * n
    lowest, highest = [], []
    rows = []
    for k, f in enumerate(targets):
        far = 3.0 * layer.width[f]
        for side in (0, 1):
            at = figures + (2 * k + side) * n
            put = sparse.csr_array((figures, size)).tolil()
            put[:, at : at + n] = sums
            up, down = put.copy(), put
            up.setdiag(-np.full(figures, far))
            down.setdiag(np.minimum(base, far))
            rows += [up, down]
            lowest += [np.full(figures, -np.inf), base]
            highest += [base, np.full(figures, np.inf)]
            if known.shape[0]:
                relation = sparse.csr_array((known.shape[0], size)).tolil()
                relation[:, at : at + n] = known
                rows.append(relation)
                lowest.append(known @ x)
                highest.append(known @ x)
        apart = sparse.csr_array((1, size)).tolil()
        at = figures + 2 * k * n
        apart[:, at : at + n] = sums[[f]]
        apart[:, at + n : at + 2 * n] = -sums[[f]]
        rows.append(apart)
        lowest.append(np.array([layer.width[f]]))
        highest.append(np.array([np.inf]))
    price = np.where(chosen, 0.0, weights * (1.0 + np.log1p(base) / 20.0))
    answer = scipy.optimize.milp(
        np.concatenate([price, np.zeros(blocks * n)]),
        constraints=scipy.optimize.LinearConstraint(
            sparse.csr_array(sparse.vstack(rows)), np.concatenate(lowest), np.concatenate(highest)
        ),
        bounds=scipy.optimize.Bounds(
            np.concatenate([chosen.astype(float), np.zeros(blocks * n)]),
            np.concatenate([np.ones(figures), np.full(blocks * n, np.inf)]),
        ),
        integrality=np.concatenate([np.ones(figures), np.zeros(blocks * n)]),
        options={"node_limit": 500, "mip_rel_gap": 0.02, "presolve": False},
    )
    if answer.x is None:
        return np.zeros(figures, dtype=bool)
    return np.asarray(answer.x[:figures] > 0.5)
