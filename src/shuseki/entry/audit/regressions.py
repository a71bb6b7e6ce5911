"""Do coefficients, t values, stars, fits and counts of the equations fit one another?

Exact rules: a coefficient and its t have one sign; stars follow from t and F by the stated levels;
the adjusted R² lies where it can; more regressors explain no less; the number of observations fits
those of the variables; the constant is what the means leave.

Rules that rest on an assumption, which each finding names:

- F from R², n and the number of regressors (the classical F; only asked where most of the paper's
  equations obey it, since some papers print a robust one).
- The standard error implied by a coefficient and its t, against the classical one that moments
  give, in line with the paper's other cells; without moments, in line with the other models.
- Where one outcome is the sum of others, its coefficients are the sums of theirs, and its standard
  errors obey the triangle inequality (its residual is the sum of their residuals). Exact for the
  same observations. When outliers were dropped from each outcome separately, the room is the most
  that those observations can move: one with a standardised residual z moves a coefficient by
  ``z c`` standard errors and adds ``z²c²`` to its relative variance, where the partial leverage c²
  is at most ``VIF · d² / (n − 1)`` with d the variable's furthest distance from its mean in
  standard deviations.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from math import comb

import numpy as np
from scipy import stats

from shuseki.arrays import Floats
from shuseki.entry.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Reading,
    Readings,
    Words,
    distance,
    overlap,
)
from shuseki.entry.audit.correlations import equation_cells
from shuseki.entry.audit.descriptives import dropped, same_drops

__all__ = ["constraints"]

CONSTANT = "constant"
OUT_OF_LINE = 6.0
"""Robust standard deviations beyond which an implied standard error is out of line."""
LEAST_FACTOR = float(np.log(3.0))
"""… and at least this far off in any case (log of the ratio), as robust errors do vary."""
COINCIDENCE = 0.01
"""Chance below which an agreement of counts needs an explanation."""

CLASSICAL_F = Words(
    "F is the classical one, from R²", "F値が決定係数から計算される通常のものであること"
)
SAME_ROWS = Words("the same observations in these equations", "これらの式が同じ標本によること")
LINE = Words(
    "robust and classical standard errors differ no more here than in the paper's other cells",
    "頑健な標準誤差と通常の標準誤差の比が他のセルと同程度であること",
)
FEW_DROPPED = Words(
    "the equations differ only in the outliers dropped",
    "式の間の標本の違いが除外された外れ値だけであること",
)


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything a set of equations must satisfy."""
    equations = list(page.equations())
    levels = _levels(page)
    for outcome, model, terms in equations:
        n = page.fit(outcome, model, "n")
        for term in terms:
            yield from _term(page, outcome, model, term, len(terms), n, levels)
        yield from _adjusted(page, outcome, model, len(terms))
        yield from _f_stars(page, outcome, model, len(terms), n, levels)
        yield from _constant(page, outcome, model, terms)
        yield from _count(page, outcome, model, terms)
    yield from _f_statistics(page, equations)
    yield from _nested(page, equations)
    yield from _standard_errors(page, equations)
    yield from _sums(page, equations)
    yield from _coincidences(page, equations)


def _levels(page: Page) -> list[tuple[str, float]]:
    """Stars and their levels, strictest first."""
    stars: Mapping[str, float] = page.paper.about.get("stars", {})
    return sorted(stars.items(), key=lambda item: item[1])


def _starred(p: float, levels: Sequence[tuple[str, float]]) -> str:
    return next((stars for stars, level in levels if p <= level), "")


def _term(
    page: Page,
    outcome: str,
    model: str,
    term: str,
    size: int,
    n: Cell,
    levels: Sequence[tuple[str, float]],
) -> Iterator[Constraint]:
    b, t, stars = (
        page.coefficient(outcome, model, term, column) for column in ("coefficient", "t", "stars")
    )
    label = f"{outcome} {model}, {term}"
    if b in page and t in page:
        yield Constraint(
            "sign of t",
            (b, t),
            lambda r: np.inf if r[0].value * r[1].value < 0 else 0.0,
            lambda r: Words(
                f"{label}: {r[0].text} ({r[1].text})", f"{label}: {r[0].text} ({r[1].text})"
            ),
            lambda r: Words("one sign", "同じ符号"),
        )
    if t in page and stars in page and n in page and levels:

        def allowed(r: Readings) -> set[str]:
            freedom = max(r[2].value - size, 1)
            low, high = sorted((abs(r[0].low), abs(r[0].high)))
            if r[0].low <= 0 <= r[0].high:
                low = 0.0
            # Robust t values are read against Student's t by some programs, the normal by others.
            tails = [
                2 * d(v)
                for v in (low, high)
                for d in (lambda v: stats.t.sf(v, freedom), stats.norm.sf)
            ]
            inside = {s for s, level in levels if min(tails) <= level <= max(tails)}
            return {_starred(p, levels) for p in tails} | inside

        yield Constraint(
            "stars against t",
            (stars, t, n),
            lambda r: 0.0 if r[0].text in allowed((r[1], r[1], r[2])) else np.inf,
            lambda r: Words(
                f"{label}: t {r[1].text}, {r[0].text or 'no stars'}",
                f"{label}: t値{r[1].text}、{r[0].text or '印なし'}",
            ),
            lambda r: Words(
                " or ".join(sorted(s or "no stars" for s in allowed((r[1], r[1], r[2])))),
                "または".join(sorted(s or "印なし" for s in allowed((r[1], r[1], r[2])))),
            ),
            suspects=(stars, t),
        )


def _f_stars(
    page: Page, outcome: str, model: str, size: int, n: Cell, levels: Sequence[tuple[str, float]]
) -> Iterator[Constraint]:
    f, stars = (
        page.fit(outcome, model, "f_statistic"),
        page.fit(outcome, model, "f_statistic", "stars"),
    )
    if not (f in page and stars in page and n in page and levels):
        return
    if not page.paper.table("fit").query("statistic == 'f_statistic'")["stars"].any():
        return

    def allowed(r: Readings) -> set[str]:
        freedom = max(r[2].value - size, 1)
        return {
            _starred(float(stats.f.sf(max(v, 0.0), size - 1, freedom)), levels)
            for v in (r[1].low, r[1].value, r[1].high)
        }

    yield Constraint(
        "stars against F",
        (stars, f, n),
        lambda r: 0.0 if r[0].text in allowed(r) else np.inf,
        lambda r: Words(
            f"{outcome} {model}: F {r[1].text}, {r[0].text or 'no stars'}",
            f"{outcome} {model}: F値{r[1].text}、{r[0].text or '印なし'}",
        ),
        lambda r: Words(
            " or ".join(sorted(s or "no stars" for s in allowed(r))),
            "または".join(sorted(s or "印なし" for s in allowed(r))),
        ),
        suspects=(stars, f),
    )


def _adjusted(page: Page, outcome: str, model: str, size: int) -> Iterator[Constraint]:
    cells = (page.fit(outcome, model, "adjusted_r2"), page.fit(outcome, model, "n"))
    if not all(cell in page for cell in cells):
        return

    def strain(r: Readings) -> float:
        least = -(size - 1) / max(r[1].value - size, 1)
        return distance(max(r[0].value - 1, least - r[0].value, 0.0), r[0].half)

    yield Constraint(
        "range of adjusted R²",
        cells,
        strain,
        lambda r: Words(f"{outcome} {model}: {r[0].text}", f"{outcome} {model}: {r[0].text}"),
        lambda r: Words("at most 1", "1以下"),
    )


def _f_of(adjusted: float, n: float, size: int) -> float:
    """Classical F of an adjusted R²; ``size`` counts the constant."""
    freedom = n - size
    r2 = 1 - (1 - adjusted) * freedom / max(n - 1, 1)
    return np.inf if r2 >= 1 or freedom <= 0 else r2 / (size - 1) / ((1 - r2) / freedom)


def _f_statistics(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    ready = []
    for outcome, model, terms in equations:
        cells = tuple(page.fit(outcome, model, s) for s in ("f_statistic", "adjusted_r2", "n"))
        if not all(cell in page for cell in cells):
            continue
        size = len(terms)

        def strain(r: Readings, size: int = size) -> float:
            if r[2].value <= size:
                return np.inf
            return overlap(
                r[0].low,
                r[0].high,
                _f_of(r[1].low, r[2].value, size),
                _f_of(r[1].high, r[2].value, size),
            )

        def expected(r: Readings, size: int = size) -> Words:
            text = " … ".join(f"{_f_of(v, r[2].value, size):.2f}" for v in (r[1].low, r[1].high))
            return Words(f"F of {text}", f"F値は{text}")

        ready.append(
            Constraint(
                "F against R²",
                cells,
                strain,
                lambda r, outcome=outcome, model=model: Words(
                    f"{outcome} {model}: F {r[0].text}, adjusted R² {r[1].text}, n {r[2].text}",
                    f"{outcome} {model}: F値{r[0].text}、"
                    f"修正済み決定係数{r[1].text}、n {r[2].text}",
                ),
                expected,
                "strong",
                CLASSICAL_F,
            )
        )
    obeying = sum(c.strain(page.readings(c.cells)) <= 1 for c in ready)
    if 2 * obeying > len(ready):
        yield from ready


def _nested(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    for (outcome, small, few), (other, large, many) in permutations(equations, 2):
        if outcome != other or not set(few) < set(many):
            continue
        cells = tuple(
            page.fit(outcome, model, s) for model in (small, large) for s in ("adjusted_r2", "n")
        )
        if not all(cell in page for cell in cells):
            continue
        if page.n(cells[1]) != page.n(cells[3]):
            continue
        sizes = len(few), len(many)

        def shares(r: Readings, sizes: tuple[int, int] = sizes) -> tuple[float, float, float]:
            spare = [(r[2 * i + 1].value - sizes[i]) / (r[2 * i + 1].value - 1) for i in (0, 1)]
            one, two = (1 - (1 - r[2 * i].value) * spare[i] for i in (0, 1))
            return one, two, r[0].half * spare[0] + r[2].half * spare[1]

        def strain(r: Readings, sizes: tuple[int, int] = sizes) -> float:
            if r[1].value != r[3].value:
                return 0.0
            one, two, room = shares(r, sizes)
            return distance(max(one - two, 0.0), room)

        yield Constraint(
            "more regressors explain no less",
            cells,
            strain,
            lambda r, o=outcome, a=small, b=large: Words(
                f"{o}: adjusted R² {r[0].text} in model {a}, {r[2].text} in the larger model {b}",
                f"{o}: モデル{a}の修正済み決定係数{r[0].text}、変数の多いモデル{b}では{r[2].text}",
            ),
            lambda r: Words("R² no smaller", "決定係数が小さくならない"),
            "strong",
            SAME_ROWS,
        )


def _constant(page: Page, outcome: str, model: str, terms: tuple[str, ...]) -> Iterator[Constraint]:
    """``b₀ = ȳ − Σ b x̄`` over the equation's observations.

    The means are printed over each variable's own n; if the equation has m fewer, the mean over it
    lies within ``m/n · max(x_max − x̄, x̄ − x_min)`` of the printed one.
    """
    slopes = [term for term in terms if term != CONSTANT]
    count = page.n(page.fit(outcome, model, "n"))
    if len(slopes) == len(terms) or count is None:
        return
    described = [
        page.described(name, s) for name in (outcome, *slopes) for s in ("mean", "min", "max", "n")
    ]
    cells = (
        *(page.coefficient(outcome, model, term) for term in (CONSTANT, *slopes)),
        page.fit(outcome, model, "n"),
        *described,
    )
    if not all(cell in page for cell in cells):
        return
    k = len(slopes)

    def means(r: Readings) -> list[tuple[float, float]]:
        everyone = page.areas or max(r[i].value for i in range(k + 5, len(r), 4))
        pairs = []
        for i in range(k + 2, len(r), 4):
            mean, low, high, n = r[i : i + 4]
            # Observations in the equation but not in the mean, or in the mean but not the equation.
            apart = max(n.value - r[k + 1].value, 0.0)
            if n.value != r[k + 1].value:
                apart = max(apart, everyone - r[k + 1].value)
            reach = max(high.value - mean.value, mean.value - low.value)
            pairs.append((mean.value, mean.half + apart / max(r[k + 1].value, 1) * max(reach, 0.0)))
        return pairs

    def parts(r: Readings) -> tuple[float, float]:
        (my, room), *rest = means(r)
        value = my
        for b, (mx, hx) in zip(r[1 : k + 1], rest, strict=True):
            value -= b.value * mx
            room += b.half * abs(mx) + (abs(b.value) + b.half) * hx
        return value, room

    def strain(r: Readings) -> float:
        value, room = parts(r)
        return distance(r[0].value - value, room + r[0].half)

    yield Constraint(
        "constant from the means",
        cells,
        strain,
        lambda r: Words(
            f"{outcome} {model}: constant {r[0].text}", f"{outcome} {model}: 定数項{r[0].text}"
        ),
        lambda r: Words(
            f"{parts(r)[0]:.3f} ± {parts(r)[1]:.3f} from the means",
            f"平均値からは{parts(r)[0]:.3f} ± {parts(r)[1]:.3f}",
        ),
        "strong",
        SAME_ROWS,
        suspects=(*cells[: k + 1], *described[::4]),
    )


def _count(page: Page, outcome: str, model: str, terms: tuple[str, ...]) -> Iterator[Constraint]:
    """Complete rows lie between what all gaps apart leave, and what the emptiest variable has."""
    n = page.fit(outcome, model, "n")
    cells = (
        n,
        *(page.described(name, "n") for name in (outcome, *terms) if name != CONSTANT),
    )
    everyone = page.areas
    if everyone is None or not all(cell in page for cell in cells):
        return

    def limits(r: Readings) -> tuple[float, float]:
        return everyone - sum(everyone - q.value for q in r[1:]), min(q.value for q in r[1:])

    def strain(r: Readings) -> float:
        low, high = limits(r)
        return 0.0 if low <= r[0].value <= high else np.inf

    yield Constraint(
        "observations of an equation",
        cells,
        strain,
        lambda r: Words(
            f"{outcome} {model}: n {r[0].text}", f"{outcome} {model}: 観測数{r[0].text}"
        ),
        lambda r: Words(
            f"{limits(r)[0]:.0f} to {limits(r)[1]:.0f} complete rows",
            f"欠測のない観測は{limits(r)[0]:.0f}から{limits(r)[1]:.0f}",
        ),
    )


def _implied(b: Reading, t: Reading) -> float:
    """Standard error, from a coefficient and its t; NaN when either could be zero."""
    if b.low <= 0 <= b.high or t.low <= 0 <= t.high:
        return np.nan
    return abs(b.value / t.value)


def _standard_errors(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """Implied standard errors in line with the classical ones, or with the other models'."""
    compared: list[tuple[str, tuple[Cell, ...], Callable[[Readings], float]]] = []
    for outcome, model, terms in equations:
        slopes = [term for term in terms if term != CONSTANT]
        context = _classical_cells(page, outcome, model, slopes)
        classical = _classical(len(slopes))
        for i, term in enumerate(slopes):
            pair = _pair(page, outcome, model, term)
            if not all(cell in page for cell in pair):
                continue
            label = f"{outcome} {model}, {term}"
            if context:
                compared.append((label, (*pair, *context), _entry(classical, i)))
                continue
            others = [
                _pair(page, o, other, term)
                for o, other, ts in equations
                if o == outcome and other != model and term in ts
            ]
            if len(others) >= 2 and all(cell in page for pair in others for cell in pair):
                cells = tuple(cell for pair in others for cell in pair)
                compared.append((label, (*pair, *cells), _usual_of_others))
    logs = np.array([_log_ratio(page.readings(cells), usual) for _, cells, usual in compared])
    logs = logs[np.isfinite(logs)]
    if len(logs) < 8:
        return
    middle = float(np.median(logs))
    room = max(OUT_OF_LINE * 1.4826 * float(np.median(np.abs(logs - middle))), LEAST_FACTOR)
    for label, cells, usual in compared:

        def strain(r: Readings, usual: Callable[[Readings], float] = usual) -> float:
            log = _log_ratio(r, usual)
            return distance(log - middle, room) if np.isfinite(log) else 0.0

        yield Constraint(
            "standard error in line",
            cells,
            strain,
            lambda r, label=label: Words(
                f"{label}: {r[0].text} ({r[1].text}) implies a standard error of "
                f"{_implied(r[0], r[1]):.3g}",
                f"{label}: {r[0].text} ({r[1].text})から標準誤差は{_implied(r[0], r[1]):.3g}",
            ),
            lambda r, usual=usual: Words(
                f"about {usual(r) * np.exp(middle):.3g}, as in the other cells",
                f"他のセルからは{usual(r) * np.exp(middle):.3g}程度",
            ),
            "strong",
            LINE,
            suspects=cells[:2],
        )


def _pair(page: Page, outcome: str, model: str, term: str) -> tuple[Cell, Cell]:
    """A coefficient and its t."""
    return (
        page.coefficient(outcome, model, term),
        page.coefficient(outcome, model, term, "t"),
    )


def _log_ratio(r: Readings, usual: Callable[[Readings], float]) -> float:
    """Implied standard error over the usual one, in logs; NaN when either is unknown."""
    implied, expected = _implied(r[0], r[1]), usual(r)
    if not (np.isfinite(implied) and np.isfinite(expected) and implied > 0 and expected > 0):
        return np.nan
    return float(np.log(implied / expected))


def _usual_of_others(r: Readings) -> float:
    """Median of the standard errors that the other models imply."""
    others = [_implied(b, t) for b, t in zip(r[2::2], r[3::2], strict=True)]
    return float(np.median([e for e in others if np.isfinite(e)] or [np.nan]))


def _classical_cells(
    page: Page, outcome: str, model: str, slopes: list[str]
) -> tuple[Cell, ...] | None:
    """Fit, then moments, that classical standard errors follow from; none if incomplete."""
    moments = equation_cells(page, outcome, slopes)
    fit = (page.fit(outcome, model, "adjusted_r2"), page.fit(outcome, model, "n"))
    if moments is None or not slopes or not all(cell in page for cell in fit):
        return None
    return (*fit, *moments)


def _entry(errors: Callable[[tuple[Reading, ...]], Floats], i: int) -> Callable[[Readings], float]:
    """One of the errors."""
    return lambda r: float(errors(tuple(r))[i])


def _classical(k: int) -> Callable[[tuple[Reading, ...]], Floats]:
    """Build the classical standard errors of ``k`` slopes, as a function of readings.

    The readings are a coefficient and its t (not used), the adjusted R², n, the correlations above
    the diagonal (outcome first) and the standard deviations. NaN where they cannot be had.
    """
    above = np.triu_indices(k + 1, 1)
    m = len(above[0])

    @lru_cache(maxsize=4096)
    def errors(moments: tuple[Reading, ...]) -> Floats:
        r2, n = moments[0].value, moments[1].value
        R = np.zeros((k + 1, k + 1))
        R[above] = [q.value for q in moments[2 : m + 2]]
        R = R + R.T + np.eye(k + 1)
        sds = np.array([q.value for q in moments[m + 2 :]])
        if np.linalg.eigvalsh(R[1:, 1:])[0] <= 0 or np.any(sds <= 0) or n <= k + 1 or r2 >= 1:
            return np.full(k, np.nan)
        # (1 − R²)/(n − k − 1) is (1 − adjusted R²)/(n − 1).
        variances = (1 - r2) / (n - 1) * np.diag(np.linalg.inv(R[1:, 1:]))
        return np.asarray(np.sqrt(variances) * sds[0] / sds[1:])

    return lambda r: errors(r[2:])


def _sums(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """Coefficients and standard errors of a sum of outcomes."""
    present = {(outcome, model): terms for outcome, model, terms in equations}
    for whole, parts in page.parts.items():
        for (outcome, model), terms in present.items():
            if outcome != whole or any(present.get((p, model)) != terms for p in parts):
                continue
            names = (whole, *parts)
            counts = [page.n(page.fit(name, model, "n")) for name in names]
            if None in counts:
                continue
            same = len(set(counts)) == 1 and same_drops(page, names)
            for term in terms:
                moves = [
                    (0.0, 0.0) if same else _influence(page, whole, part, model, term)
                    for part in parts
                ]
                if all(np.isfinite(move).all() for move in moves):
                    yield from _sum_of(page, names, model, term, moves, same)


def _influence(page: Page, whole: str, part: str, model: str, term: str) -> tuple[float, float]:
    """Most that the observations of one equation only can move a coefficient of the part.

    Returns the move in standard errors, ``Σ|z| c``, and the relative growth of the variance,
    ``Σ z² c²``; NaN when the paper does not tell.
    """
    unknown = np.nan, np.nan
    n = page.n(page.fit(part, model, "n"))
    tops = dropped(page, whole), dropped(page, part)
    cells = (
        page.fit(part, model, "adjusted_r2"),
        *(page.described(part, s) for s in ("mean", "sd")),
        *(page.described(term, s) for s in ("mean", "sd", "min", "max")),
    )
    if n is None or None in tops or not all(cell in page for cell in cells):
        return unknown
    fit, mean, sd, term_mean, term_sd, low, high = (page.reading(cell).value for cell in cells)
    if sd <= 0 or term_sd <= 0 or fit >= 1:
        return unknown
    areas = [dict(page.ranked(name)) for name in (whole, part)]
    sets = [{areas[i][rank] for rank in tops[i] or []} for i in (0, 1)]
    rank_of = {area: rank for rank, area in page.ranked(part)}
    distances = []
    for area in sets[0] ^ sets[1]:
        away = 3.0  # an observation that the part's own rule kept
        if area in rank_of:
            rate = page.reading(Cell("ranking", (part, rank_of[area]), "rate")).value
            away = max(abs(rate - mean) / (sd * np.sqrt(1 - fit)), away)
        distances.append(away)
    furthest = max(high - term_mean, term_mean - low) / term_sd
    terms = next(ts for o, m, ts in page.equations() if (o, m) == (part, model))
    slopes = [name for name in terms if name != CONSTANT]
    leverage = _inflation(page, part, slopes)[slopes.index(term)] * furthest**2 / (n - 1)
    z = np.array(distances)
    return float(np.abs(z).sum() * np.sqrt(leverage)), float((z**2).sum() * leverage)


def _inflation(page: Page, outcome: str, slopes: list[str]) -> Floats:
    """Variance inflation factors from printed correlations; twice, when there are none."""
    cells = equation_cells(page, outcome, slopes)
    k = len(slopes)
    if cells is None:
        return np.full(k, 2.0)
    R = np.zeros((k + 1, k + 1))
    R[np.triu_indices(k + 1, 1)] = [page.reading(cell).value for cell in cells[: k * (k + 1) // 2]]
    R = R[1:, 1:] + R[1:, 1:].T + np.eye(k)
    if np.linalg.eigvalsh(R)[0] <= 0:
        return np.full(k, 2.0)
    return np.asarray(np.diag(np.linalg.inv(R)))


def _sum_of(
    page: Page,
    names: tuple[str, ...],
    model: str,
    term: str,
    moves: Sequence[tuple[float, float]],
    same: bool,
) -> Iterator[Constraint]:
    pairs = [
        (page.coefficient(name, model, term), page.coefficient(name, model, term, "t"))
        for name in names
    ]
    if not all(cell in page for pair in pairs for cell in pair):
        return
    cells = tuple(cell for pair in pairs for cell in pair)
    label = f"model {model}, {term}"
    growth = [float(np.sqrt(1 + variance)) for _, variance in moves]

    def errors(r: Readings) -> list[float]:
        return [_implied(b, t) for b, t in zip(r[::2], r[1::2], strict=True)]

    def strain(r: Readings) -> float:
        gap = r[0].value - sum(q.value for q in r[2::2])
        room = sum(q.half for q in r[::2])
        if not same:
            se = [e if np.isfinite(e) else 0.0 for e in errors(r)[1:]]
            room += sum(move * e for (move, _), e in zip(moves, se, strict=True))
        return distance(gap, room)

    yield Constraint(
        "coefficients of a sum add",
        cells,
        strain,
        lambda r: Words(
            f"{label}: {' + '.join(q.text for q in r[2::2])} = {r[0].text}",
            f"{label}: {' + '.join(q.text for q in r[2::2])} = {r[0].text}",
        ),
        lambda r: Words(
            f"{sum(q.value for q in r[2::2]):.4g}", f"{sum(q.value for q in r[2::2]):.4g}"
        ),
        "strong",
        SAME_ROWS if same else FEW_DROPPED,
    )

    def triangle(r: Readings) -> float:
        se = errors(r)
        if not np.all(np.isfinite(se)):
            return 0.0
        reach = [
            (b.half / abs(b.value) + t.half / abs(t.value)) * e
            for b, t, e in zip(r[::2], r[1::2], se, strict=True)
        ]
        grown = [e * g for e, g in zip(se[1:], growth, strict=True)]
        over = se[0] - sum(grown)
        under = 2 * max(se[1:]) / max(growth) - sum(grown) - se[0]
        gap = max(over, under, 0.0)
        return distance(gap, max(sum(reach), 1e-12))

    yield Constraint(
        "standard errors of a sum",
        cells,
        triangle,
        lambda r: Words(
            f"{label}: standard errors {', '.join(f'{e:.3g}' for e in errors(r))}",
            f"{label}: 標準誤差 {', '.join(f'{e:.3g}' for e in errors(r))}",
        ),
        lambda r: Words(
            f"the first at most the sum of the others, {sum(errors(r)[1:]):.3g}",
            f"最初の値は他の和{sum(errors(r)[1:]):.3g}以下",
        ),
        "strong",
        SAME_ROWS if same else FEW_DROPPED,
    )


def _coincidences(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """A variable with gaps, in equations that lose no row by it.

    It can be, if every area where it is missing is among the outliers that all these equations
    drop. The chance of that, for gaps at random, is ``C(d, m) / C(N, m)`` with ``m`` gaps,
    ``d`` areas dropped by all of them and ``N`` areas.
    """
    everyone = page.areas
    if everyone is None:
        return
    for variable in page.paper.table("descriptives")["variable"]:
        own = page.described(str(variable), "n")
        using = [
            (outcome, model)
            for outcome, model, terms in equations
            if variable in terms
            and page.n(page.fit(outcome, model, "n")) == page.n(page.described(outcome, "n"))
        ]
        if own not in page or not using or page.n(own) == everyone:
            continue
        sets = []
        for outcome in dict.fromkeys(outcome for outcome, _ in using):
            top = dropped(page, outcome)
            if top is None:
                break
            sets.append({area for rank, area in page.ranked(outcome) if rank in top})
        else:
            shared = len(set.intersection(*sets))
            cells = (own, *(page.fit(outcome, model, "n") for outcome, model in using))

            def chance(r: Readings, shared: int = shared) -> float:
                gaps = int(everyone - r[0].value)
                if not 0 <= gaps <= everyone:
                    return 0.0
                return comb(shared, gaps) / comb(everyone, gaps)

            def strain(
                r: Readings,
                own_n: tuple[int | None, ...] = tuple(
                    page.n(page.described(outcome, "n")) for outcome, _ in using
                ),
                shared: int = shared,
            ) -> float:
                if any(q.value != n for q, n in zip(r[1:], own_n, strict=True)):
                    return 0.0
                return (
                    COINCIDENCE / max(chance(r, shared), 1e-12)
                    if chance(r, shared) < COINCIDENCE
                    else 0.0
                )

            yield Constraint(
                "gaps that cost no row",
                cells,
                strain,
                lambda r, v=variable: Words(
                    f"{v} has {r[0].text} of {everyone}, yet {len(r) - 1} equations with it "
                    "lose no row",
                    f"{v}は{everyone}のうち{r[0].text}だが、"
                    f"これを含む{len(r) - 1}本の式で観測が減らない",
                ),
                lambda r, chance=chance: Words(
                    f"the gaps would all be among the dropped outliers (chance {chance(r):.1%})",
                    f"欠測がすべて除外された外れ値に含まれる場合だけ（確率{chance(r):.1%}）",
                ),
                "weak",
                Words("gaps fall at random", "欠測が無作為に生じること"),
                suspects=(own,),
            )
