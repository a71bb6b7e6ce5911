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

Takes: coefficients with t or standard errors, adjusted R², n, means, deviations, correlations.
Checked: tests/papers/test_unusual.py (made-up papers), docs/audit_detection.py.
Limits: at least twelve ratios; a slip of less than a fourth does not show.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
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
    distance,
)
from shuseki.papers.audit.regressions import error_pair, implied, implies

__all__ = ["constraints", "left_over"]

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
    classical: float
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
    errors = np.array([ratio.classical for ratio in ratios])
    alike = _alike(ratios, moments)
    if alike is None:
        return
    cells = tuple(cell for ratio in ratios for cell in ratio.pair)
    logs = _logs(errors, page.readings(cells))
    kept = _agreeing(logs, alike)
    if kept is None:
        return
    for at, ratio in enumerate(ratios):
        others = [i for i in kept if i != at]
        order = [at, *others]
        twins = [i for i in others if alike[at, i] > TWIN]
        twin = max(twins, key=lambda i: float(alike[at, i]), default=at)
        weights, spread = left_over(alike[np.ix_(order, order)], logs[others])
        yield _in_words(
            ratio,
            tuple(cell for i in order for cell in ratios[i].pair),
            errors[order],
            weights,
            max(TIMES * spread, LEAST),
            tuple(dict.fromkeys((*ratio.pair, *ratios[twin].pair))),
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
    places = [names.index(term) for term in terms]
    inside = moments[np.ix_(places, places)]
    if not (share < 1 and n > len(terms)) or np.linalg.eigvalsh(inside)[0] <= SINGULAR:
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
        classical = np.sqrt((1 - share) / (n - 1) * inverse[k, k]) * sds[y] / sds[place]
        if np.isfinite(np.log(implied(*page.readings(pair)) / classical)):
            yield _Ratio(f"{outcome} {model}, {term}", pair, float(classical), regressor, residual)


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


def _logs(errors: Floats, r: Readings) -> Floats:
    """Log of each standard error over its classical one; readings are coefficient, t, …"""
    sizes = np.array([implied(b, t) for b, t in zip(r[::2], r[1::2], strict=True)])
    return np.asarray(np.log(sizes / errors), dtype=np.float64)


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
    whole, rest = _projection(alike), _projection(alike[1:, 1:])
    standardised = rest @ others / np.sqrt(np.diag(rest))
    scale = 1.4826 * float(np.median(np.abs(standardised)))
    return whole[0] / whole[0, 0], scale / float(np.sqrt(whole[0, 0]))


def _agreeing(logs: Floats, alike: Floats) -> list[int] | None:
    """The cells that agree among themselves; none if too many would have to be set apart."""
    kept = list(range(len(logs)))
    while True:
        inside = _projection(alike[np.ix_(kept, kept)])
        standardised = inside @ logs[kept] / np.sqrt(np.diag(inside))
        away = np.abs(standardised / np.sqrt(np.diag(inside)))
        scale = 1.4826 * float(np.median(np.abs(standardised)))
        far = np.where(away > LEAST, np.abs(standardised), 0.0)
        worst = int(np.argmax(far))
        order = [kept[worst], *kept[:worst], *kept[worst + 1 :]]
        weights, spread = left_over(alike[np.ix_(order, order)], logs[order[1:]])
        off = abs(float(weights @ logs[order]))
        if far[worst] <= TIMES / 2 * scale or off <= max(TIMES * spread, LEAST):
            return kept
        del kept[worst]
        if (len(logs) - len(kept)) * APART > len(logs):
            return None


def _in_words(
    ratio: _Ratio,
    cells: tuple[Cell, ...],
    errors: Floats,
    weights: Floats,
    room: float,
    suspects: tuple[Cell, ...],
) -> Constraint:
    def off(r: Readings, errors: Floats = errors, weights: Floats = weights) -> float:
        logs = _logs(errors, r)
        return float(weights @ logs) if np.all(np.isfinite(logs)) else np.nan

    return Constraint(
        "unusual standard error",
        cells,
        lambda r: distance(off(r), room),
        partial(implies, ratio.label),
        lambda r: say(
            "about {value:.3g}, as the rest of the table has it ({low:.3g} … {high:.3g})",
            value=implied(r[0], r[1]) * np.exp(-off(r)),
            low=implied(r[0], r[1]) * np.exp(-off(r) - room),
            high=implied(r[0], r[1]) * np.exp(-off(r) + room),
        ),
        "weak",
        ALIKE,
        suspects=suspects,
    )
