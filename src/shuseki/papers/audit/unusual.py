"""Is a standard error unusual beside the others of its table?

A robust standard error does not follow from what else is printed: no digit of it can be refuted.
But it has a classical one beside it, which follows from the means, deviations and correlations, and
the ratio of the two varies little, and alike where regressions are alike. With residuals e of an
equation and w of a regressor on the others, it is ``Σ e²w² / (s² Σ w²)`` but for constants, so that
the logs of two ratios go together as the squares of the correlations of their w and of their e.
These follow from the print as well. So every ratio is predicted from the others (the best linear
prediction with a common mean), and the spread of what is left over is that of the table itself. A
ratio that is far off is a question, no contradiction: ``weak``.

Cells are set apart one by one, the furthest first, until the others agree among themselves. Where
more than one in ten would have to go, the moments or the model are not those of the table, and
nothing is asked.

The adjusted R² and n of an equation are in its classical errors, and so are suspects too.

Takes: coefficients with t or standard errors, adjusted R², n, means, deviations, correlations.
Checked: tests/papers/test_unusual.py (made-up papers), docs/audit_detection.py.
Limits: at least twelve ratios; a slip of less than a fourth does not show; slips in one direction
in more than one cell of twenty hide one another.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from math import inf, isinf, log, nan
from typing import NamedTuple

import numpy as np

from shuseki.arrays import Floats
from shuseki.language import say
from shuseki.papers.audit.constraints import (
    CONSTANT,
    Cell,
    Constraint,
    Page,
    Readings,
    changes,
    distance,
)
from shuseki.papers.audit.regressions import error_pair, implied, implies

__all__ = ["agreeing", "constraints", "left_over"]

FEWEST = 12
"""Ratios below which a table has no spread of its own."""
APART = 10
"""At most one in so many cells is set apart."""
TIMES = 10.0
"""Of the table's own (robust) spread: beyond it, a ratio is unusual …"""
LEAST = float(np.log(1.25))
"""… if it is at least this far off."""
OWN = 0.1
"""Variance of a ratio that is its own, beside the variance that it shares with those alike."""
TWIN = 0.5
"""Correlation of two ratios above which either of the two may be the one that is off."""
SINGULAR = 1e-9
ALIKE = say("the ratio of robust to classical errors varies as it does in the rest of the table")


class _Ratio(NamedTuple):
    """A coefficient whose standard error can be held against the classical one."""

    label: str
    pair: tuple[Cell, Cell]
    fit: tuple[Cell, Cell]
    """Adjusted R² and n of its equation."""
    size: int
    """Terms of its equation."""
    factor: float
    """Of the classical error: what the moments give beside ``√((1 − adjusted R²)/(n − 1))``."""
    regressor: Floats
    """The regressor's residual on the others, as weights of all variables."""
    residual: Floats


def constraints(page: Page) -> Iterator[Constraint]:
    """One for each standard error that has a classical one, within a set of equations."""
    equations = [
        (outcome, model, terms) for outcome, model, terms in page.equations() if CONSTANT in terms
    ]
    outcomes = list(dict.fromkeys(outcome for outcome, _, _ in equations))
    together = _moments(page, outcomes, equations)
    for group in [outcomes] if together is not None else [[outcome] for outcome in outcomes]:
        within = [equation for equation in equations if equation[0] in group]
        moments = together if together is not None else _moments(page, group, within)
        if moments is not None:
            yield from _table(page, within, *moments)


def _moments(
    page: Page, outcomes: Sequence[str], equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> tuple[list[str], Floats, Floats] | None:
    """Names (the constant first), second moments of the standardised variables, deviations."""
    slopes = [term for _, _, terms in equations for term in terms if term != CONSTANT]
    names = list(dict.fromkeys([*outcomes, *slopes]))
    described = [page.described(name, column) for column in ("mean", "sd") for name in names]
    pairs = [
        (i, j, page.correlation(names[i], names[j])) for i, j in combinations(range(len(names)), 2)
    ]
    if not names or not all(cell in page for cell in (*described, *(cell for _, _, cell in pairs))):
        return None
    means, sds = np.array([page.reading(cell).value for cell in described]).reshape(2, -1)
    correlations = np.eye(len(names))
    for i, j, cell in pairs:
        correlations[i, j] = correlations[j, i] = page.reading(cell).value
    if not (np.all(sds > 0) and np.isfinite([*means, *sds, *correlations.flat]).all()):
        return None
    middle = means / sds
    moments = np.ones((len(names) + 1, len(names) + 1))
    moments[0, 1:] = moments[1:, 0] = middle
    moments[1:, 1:] = correlations + np.outer(middle, middle)
    return [CONSTANT, *names], moments, np.array([1.0, *sds])


def _table(
    page: Page,
    equations: Sequence[tuple[str, str, tuple[str, ...]]],
    names: list[str],
    moments: Floats,
    sds: Floats,
) -> Iterator[Constraint]:
    ratios = [
        ratio
        for outcome, model, terms in equations
        for ratio in _ratios(page, outcome, model, terms, names, moments, sds)
    ]
    if len(ratios) < FEWEST:
        return
    alike = _alike(ratios, moments)
    if alike is None:
        return
    logs = np.array([_log(ratio, page.readings((*ratio.pair, *ratio.fit))) for ratio in ratios])
    kept = agreeing(logs, alike)
    if kept is None:
        return
    whole = _projection(alike[np.ix_(kept, kept)])
    pulled = whole @ logs[kept]
    for at in range(len(ratios)):
        others = [i for i in kept if i != at]
        if at in kept:
            weights, spread = _left_over(whole, pulled, kept.index(at))
        else:
            order = [at, *others]
            weights, spread = left_over(alike[np.ix_(order, order)], logs[others])
        twins = [i for i in others if alike[at, i] > TWIN]
        twin = max(twins, key=lambda i: float(alike[at, i]), default=at)
        yield _in_words(
            page,
            [ratios[i] for i in (at, *others)],
            weights,
            logs[[at, *others]],
            max(TIMES * spread, LEAST),
            ratios[twin],
        )


def _ratios(
    page: Page,
    outcome: str,
    model: str,
    terms: Sequence[str],
    names: list[str],
    moments: Floats,
    sds: Floats,
) -> Iterator[_Ratio]:
    fit = page.fit(outcome, model, "adjusted_r2"), page.fit(outcome, model, "n")
    if not all(cell in page for cell in fit):
        return
    share, n = (page.reading(cell).value for cell in fit)
    places, size = [names.index(term) for term in terms], len(terms)
    inside = moments[np.ix_(places, places)]
    if not (share < 1 and n > size) or np.linalg.eigvalsh(inside)[0] <= SINGULAR:
        return
    y = names.index(outcome)
    residual = np.zeros(len(names))
    residual[y], residual[places] = 1.0, -np.linalg.solve(inside, moments[places, y])
    # Row k of the inverse, over its diagonal, leaves what regressor k has beyond the others.
    inverse = np.linalg.inv(inside)
    for k, (term, place) in enumerate(zip(terms, places, strict=True)):
        pair = error_pair(page, outcome, model, term)
        if not all(cell in page for cell in pair) or not np.isfinite(implied(*page.readings(pair))):
            continue
        regressor = np.zeros(len(names))
        regressor[places] = inverse[k] / inverse[k, k]
        factor = float(np.sqrt(inverse[k, k]) * sds[y] / sds[place])
        label = f"{outcome} {model}, {term}"
        ratio = _Ratio(label, pair, fit, size, factor, regressor, residual)
        if np.isfinite(_log(ratio, page.readings((*pair, *fit)))):
            yield ratio


def _alike(ratios: Sequence[_Ratio], moments: Floats) -> Floats | None:
    """How the logs of the ratios go together, up to a scale; none if the moments cannot be."""
    product = np.ones((len(ratios), len(ratios)))
    for side in ([r.regressor for r in ratios], [r.residual for r in ratios]):
        weights = np.array(side)
        shared = weights @ moments @ weights.T
        sizes = np.diag(shared)
        if np.any(sizes <= SINGULAR):
            return None
        product *= shared / np.sqrt(np.outer(sizes, sizes))
    alike = product**2 + OWN * np.eye(len(ratios))
    return alike if np.linalg.eigvalsh(alike)[0] > OWN / 2 else None


def _log(ratio: _Ratio, r: Readings) -> float:
    """Log of a standard error over its classical one; infinite where the fit cannot be.

    The readings are a coefficient, its t or standard error, the adjusted R² and n.
    """
    robust, share, n = implied(r[0], r[1]), r[2].value, r[3].value
    if share >= 1 or n <= ratio.size:
        return inf
    return log(robust / ratio.factor) - log((1 - share) / (n - 1)) / 2 if robust > 0 else nan


def _projection(alike: Floats) -> Floats:
    """The inverse of the covariance, less the common mean."""
    inverse = np.linalg.inv(alike)
    sums = inverse.sum(axis=1)
    return np.asarray(inverse - np.outer(sums, sums) / sums.sum(), dtype=np.float64)


def left_over(alike: Floats, others: Floats) -> tuple[Floats, float]:
    """How the first of several is predicted from the others, and how far off it may be.

    Parameters
    ----------
    alike : ndarray, shape (n, n)
        Covariances of all, up to a scale.
    others : ndarray, shape (n - 1,)
        All but the first.

    Returns
    -------
    weights : ndarray, shape (n,)
        Of what is left over: the first less its prediction.
    spread : float
        Its standard deviation, with the scale at which the others depart from one another.
    """
    whole = _projection(alike)
    return _left_over(whole, whole[:, 1:] @ others, 0)


def _left_over(whole: Floats, pulled: Floats, at: int) -> tuple[Floats, float]:
    """What `left_over` says of one of several, from the projection of all, times all values.

    The projection of the others alone follows without another inverse (Schur's complement), and
    the one's own value cancels. The one comes first in the weights.
    """
    own, beside = whole[at, at], np.delete(whole[at], at)
    rest = np.delete(pulled, at) - beside * pulled[at] / own
    sizes = np.delete(np.diag(whole), at) - beside**2 / own
    scale = 1.4826 * float(np.median(np.abs(rest / np.sqrt(sizes))))
    return np.concatenate([[1.0], beside / own]), scale / float(np.sqrt(own))


def agreeing(logs: Floats, alike: Floats) -> list[int] | None:
    """The cells that agree among themselves; none if too many would have to be set apart."""
    kept = list(range(len(logs)))
    while True:
        inside = _projection(alike[np.ix_(kept, kept)])
        pulled = inside @ logs[kept]
        standardised = pulled / np.sqrt(np.diag(inside))
        away = np.abs(standardised / np.sqrt(np.diag(inside)))
        scale = 1.4826 * float(np.median(np.abs(standardised)))
        far = np.where(away > LEAST, np.abs(standardised), 0.0)
        worst = int(np.argmax(far))
        _, spread = _left_over(inside, pulled, worst)
        off = float(away[worst])
        if far[worst] <= TIMES / 2 * scale or off <= max(TIMES * spread, LEAST):
            return kept
        del kept[worst]
        if (len(logs) - len(kept)) * APART > len(logs):
            return None


def _in_words(
    page: Page,
    ratios: Sequence[_Ratio],
    weights: Floats,
    logs: Floats,
    room: float,
    twin: _Ratio,
) -> Constraint:
    """The first ratio against what the others make of it."""
    pairs = tuple(cell for ratio in ratios for cell in ratio.pair)
    cells = tuple(dict.fromkeys((*pairs, *(cell for ratio in ratios for cell in ratio.fit))))
    at = {cell: k for k, cell in enumerate(cells)}
    places = [[at[cell] for cell in (*ratio.pair, *ratio.fit)] for ratio in ratios]
    read_by: list[list[int]] = [[] for _ in cells]
    for i, own in enumerate(places):
        for k in own:
            read_by[k].append(i)
    printed = page.readings(cells)
    as_printed = float(weights @ logs)

    def off(r: Readings) -> float:
        # A repair changes one reading of some two hundred, and thousands of repairs are tried.
        moved = as_printed
        for i in {i for k, q in changes(r, printed) if q != printed[k] for i in read_by[k]}:
            now = _log(ratios[i], [r[k] for k in places[i]])
            if isinf(now):
                return inf
            moved += float(weights[i]) * (now - float(logs[i]))
        return moved

    return Constraint(
        "unusual standard error",
        cells,
        lambda r: distance(off(r), room),
        partial(implies, ratios[0].label),
        lambda r: say(
            "about {value:.3g}, as the rest of the table has it ({low:.3g} … {high:.3g})",
            value=implied(r[0], r[1]) * np.exp(-off(r)),
            low=implied(r[0], r[1]) * np.exp(-off(r) - room),
            high=implied(r[0], r[1]) * np.exp(-off(r) + room),
        ),
        "weak",
        ALIKE,
        suspects=tuple(dict.fromkeys((*ratios[0].pair, *twin.pair, *ratios[0].fit, *twin.fit))),
    )
