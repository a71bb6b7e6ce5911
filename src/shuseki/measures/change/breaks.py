"""When did the growth of a series break, if its shocks may last, and how sure is that?

Definition. A course is a continuous broken line through the logs of the series; a break is a year
in which its slope changes. Deviations from the course follow an autoregression of the first order
with coefficient ``phi`` between 0 (independent years) and 1 (permanent shocks, a random walk). For
a set of breaks, the likelihood of the deviations is that of what is left of the series after the
level and the slope are taken out (restricted maximum likelihood, which does not underestimate
``phi`` in short series); it is taken at its highest over ``phi``. One more break, or two at once,
is accepted if twice the rise of the log likelihood is larger than chance gives in series with the
breaks found so far, *whatever* ``phi`` *is*: the quantiles are the largest over ``phi``. One more
is tested at 4 %, two at once at 1 %, so that a series without breaks shows one in 5 % of cases at
most.

The years between which a break lies come from the same likelihood, with every set of years and
every ``phi`` equally probable beforehand.

Takes years and one amount, or many. Gives breaks with ``p``, the probability of as much evidence
in a series that lacks this break, and growth per year in each spell.
Sources: Bai and Perron (1998), Econometrica 66, for the search and the sequence of tests; Perron
and Yabu (2009), Journal of Business & Economic Statistics 27, and Kejriwal and Perron (2010),
Journal of Time Series Analysis 31, for tests that hold whether shocks last or not; Harville (1977),
Journal of the American Statistical Association 72, for the likelihood.
Checked against: least squares over every set of years; series with and without breaks, with shocks
of every kind (docs/measures/trends.md).
Limits: three breaks at most, three years apart or more, and five years to a spell on average;
fewer than ten known years show none. The quantiles are simulated with normal shocks
(``data/break_quantiles.csv``, made by ``python -m shuseki.measures.change.breaks``). A slope that
drifts slowly is described by a few breaks. Where shocks last, only a large break can be found.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

import numba as nb
import numpy as np

from shuseki.arrays import Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import Message, say

__all__ = ["Break", "evidence_of", "fit_course", "simulated_quantiles"]

MOST_BREAKS = 3
FEWEST_YEARS = 10
YEARS_PER_SPELL = 5
SHORTEST_SPELL = 4
"""Known years in a spell, both ends counted."""
LASTING = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Coefficients of the autoregression that are tried."""
ONE_MORE, TWO_MORE = 0.04, 0.01
COVERED = 0.90
EXACT = 1e-10
"""Mean squared deviations below this are a perfect fit."""
TABLE = Path(__file__).parent / "data" / "break_quantiles.csv"
TAILS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.04, 0.02, 0.01, 0.005, 0.002)
STEPS = ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1))
"""Breaks so far, breaks to add."""
SMALLEST_P = 1e-6


@dataclass(frozen=True, slots=True)
class Break:
    """A year in which the slope of a log series changes, and how sure that is.

    Attributes
    ----------
    year
        The break.
    first, last
        Years between which it lies with 90 % probability.
    likelihood_ratio
        Twice the log likelihood that is lost without this break.
    p
        Probability of a ratio as large in a series that lacks the break, however long its shocks
        last; not below one in a million.
    """

    year: int
    first: int
    last: int
    likelihood_ratio: float
    p: float


def evidence_of(p: float) -> Message:
    """Say how strong the evidence is.

    Examples
    --------
    >>> evidence_of(0.003), evidence_of(0.03).in_language("ja")
    ('strong', 'ある程度')
    """
    if p < 0.001:
        return say("very strong")
    if p < 0.01:
        return say("strong")
    return say("some" if p < 0.05 else "weak")


def fit_course(
    years: Floats, amount: Floats, rng: np.random.Generator | None = None
) -> tuple[tuple[Break, ...], tuple[float, ...]]:
    """Breaks of a log-linear course with their evidence, and its growth per year in each spell.

    Parameters
    ----------
    years, amount
        Shape ``(T,)``; unknown or zero amounts are gaps.
    rng
        Used for more known years than the table of quantiles has (60): those are simulated.

    Examples
    --------
    >>> t = np.arange(1990.0, 2011.0)
    >>> course = np.exp(np.where(t < 2000, 0.05 * (t - 1990), 0.5 - 0.1 * (t - 2000)))
    >>> breaks, growth = fit_course(t, course)
    >>> breaks[0].year, breaks[0].first, breaks[0].last, growth
    (2000, 2000, 2000, (0.051, -0.095))
    """
    used = np.isfinite(amount) & (np.nan_to_num(amount) > 0)
    t, logs = years[used], np.log(amount[used])
    if len(t) < 2:
        return (), (float("nan"),)
    when = tuple(float(year) for year in t)
    if len(when) < FEWEST_YEARS:
        return (), _growth(t, logs, np.empty(0), _lasting(when, logs, ()))
    quantiles = _quantiles(len(when), rng)
    found = [best_sets(when, count, logs) for count in range(_most(len(when)) + 1)]
    count = 0
    while count < len(found) - 1:
        for more, level in ((1, ONE_MORE), (2, TWO_MORE)):
            if count + more < len(found):
                ratio = 2 * (found[count + more].peak - found[count].peak)
                if tail_probability(ratio, quantiles[count, more]) < level:
                    count += more
                    break
        else:
            break
    best = found[count]
    knots = np.array([when[k] for k in best.at])
    growth = _growth(t, logs, knots, best.lasting)
    if not count:
        return (), growth
    breaks = []
    for k, (year, (first, last)) in enumerate(zip(knots, best.between, strict=True)):
        others = tuple(a for j, a in enumerate(best.at) if j != k)
        ratio = 2 * (best.peak - _peak_of(when, logs, others))
        p = tail_probability(ratio, quantiles[count - 1, 1])
        breaks.append(Break(int(year), int(when[first]), int(when[last]), round(ratio, 3), p))
    return tuple(breaks), growth


# ---- the likelihood of a set of breaks --------------------------------------------------


@dataclass(frozen=True, slots=True)
class BestSet:
    """The likeliest set of ``count`` breaks of one series, and what else it may be.

    Attributes
    ----------
    at
        Positions of the breaks among the known years.
    peak
        Log likelihood at its highest over ``phi``.
    lasting
        That ``phi``.
    between
        First and last position of each break, with 90 % probability.
    """

    at: tuple[int, ...]
    peak: float
    lasting: float
    between: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Ruler:
    """What is the same for all series of the same ``T`` years, for each of ``P`` values of ``phi``.

    Attributes
    ----------
    filters
        ``(P, T, T)``: turns deviations into shocks and takes level and slope out.
    bends
        ``(P, T, T)``: a bend in each year after the same.
    products
        ``(P, T, T)``: of the bends with one another.
    base
        ``(P,)``: the part of the log likelihood that does not depend on the series.
    """

    filters: Floats
    bends: Floats
    products: Floats
    base: Floats


@lru_cache(maxsize=32)
def ruler(years: tuple[float, ...]) -> Ruler:
    """Prepare the years."""
    t = np.array(years)
    line = np.stack([np.ones_like(t), t - t[0]], axis=1)
    bend = np.maximum(t[:, None] - t[None, :], 0)
    filters, bends, base = [], [], []
    for phi in LASTING:
        shocks, log_scale = _to_shocks(t, phi)
        known = shocks @ (line if phi < 1 else line[:, 1:])
        basis, triangle = np.linalg.qr(known)
        level_out = shocks - basis @ (basis.T @ shocks)
        filters.append(level_out)
        bends.append(level_out @ bend)
        base.append(-log_scale - float(np.log(np.abs(np.diag(triangle))).sum()))
    stacked = np.array(bends)
    return Ruler(np.array(filters), stacked, stacked.transpose(0, 2, 1) @ stacked, np.array(base))


def _to_shocks(t: Floats, phi: float) -> tuple[Floats, float]:
    """Matrix that turns deviations into independent shocks, and half the log of their variance.

    Between years that are ``d`` apart the coefficient is ``phi**d``. A random walk has no first
    shock; the constant, which it does not determine, takes its place.
    """
    gap = np.diff(t)
    keep = phi**gap
    variance = gap if phi == 1 else (1 - keep**2) / (1 - phi**2)
    matrix = np.diag(np.concatenate([[0.0], 1 / np.sqrt(variance)]))
    matrix[np.arange(1, len(t)), np.arange(len(t) - 1)] = -keep / np.sqrt(variance)
    log_scale = 0.5 * float(np.log(variance).sum())
    if phi < 1:
        matrix[0, 0] = np.sqrt(1 - phi**2)
        log_scale -= 0.5 * float(np.log(1 - phi**2))
    return matrix, log_scale


@lru_cache(maxsize=32)
def break_sets(years: tuple[float, ...], count: int) -> Ints:
    """All sets of positions for ``count`` breaks, ``(C, count)``."""
    inner = range(SHORTEST_SPELL - 1, len(years) - SHORTEST_SPELL + 1)
    apart = SHORTEST_SPELL - 1
    sets = [
        one
        for one in combinations(inner, count)
        if all(years[b] - years[a] >= apart for a, b in pairwise(one))
    ]
    return np.array(sets, dtype=np.int64).reshape(len(sets), count)


def log_likelihoods(years: tuple[float, ...], sets: Ints, logs: Floats) -> Floats:
    """Log likelihood of each set of breaks and ``phi``, ``(C, P)``, of one series ``(T,)``."""
    scale = ruler(years)
    left = scale.filters @ logs
    cross = np.einsum("ptc,pt->pc", scale.bends, left)
    squares = (left**2).sum(axis=1)
    found: Floats = _likelihoods(scale.products, cross, squares, sets, scale.base, len(years))
    return found


def best_sets(years: tuple[float, ...], count: int, logs: Floats) -> BestSet:
    """Find the likeliest set of ``count`` breaks; impossible numbers have no likelihood."""
    sets = break_sets(years, count)
    if not len(sets):
        return BestSet((), -np.inf, 0.0, ())
    likelihood = log_likelihoods(years, sets, logs)
    row, column = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
    weight = np.exp(likelihood - likelihood.max()).sum(axis=1)
    weight /= weight.sum()
    between = []
    for k in range(count):
        share = np.bincount(sets[:, k], weight, minlength=len(years)).cumsum()
        tail = (1 - COVERED) / 2
        between.append(
            (int((share <= tail).sum()), int((share < 1 - tail - 1e-12).sum())),
        )
    return BestSet(
        tuple(int(k) for k in sets[row]),
        float(likelihood[row, column]),
        LASTING[int(column)],
        tuple(between),
    )


def _peak_of(years: tuple[float, ...], logs: Floats, at: tuple[int, ...]) -> float:
    sets = np.array([at], dtype=np.int64).reshape(1, len(at))
    return float(log_likelihoods(years, sets, logs).max())


def _lasting(years: tuple[float, ...], logs: Floats, at: tuple[int, ...]) -> float:
    if len(years) < FEWEST_YEARS:
        return 0.0
    sets = np.array([at], dtype=np.int64).reshape(1, len(at))
    return LASTING[int(log_likelihoods(years, sets, logs)[0].argmax())]


def _growth(t: Floats, logs: Floats, knots: Floats, phi: float) -> tuple[float, ...]:
    """Growth per year in each spell, by least squares of the shocks."""
    columns = [np.ones_like(t), t - t[0], *(np.maximum(t - knot, 0) for knot in knots)]
    shocks, _ = _to_shocks(t, phi)
    design = shocks @ np.stack(columns, axis=1)
    weights = np.linalg.lstsq(design, shocks @ logs, rcond=None)[0]
    slopes = np.cumsum(weights[1:])
    return tuple(round(float(np.expm1(slope)), 3) + 0.0 for slope in slopes)


@nb.njit(cache=True, error_model="numpy")
def _left_over(products, cross, squares, sets, row):  # type: ignore[no-untyped-def]
    """Sum of squares that one set of up to three bends leaves."""
    count = sets.shape[1]
    if count == 0:
        return squares
    a = sets[row, 0]
    inverse = 1 / products[a, a]
    left = squares - cross[a] * cross[a] * inverse
    if count == 1:
        return left
    b = sets[row, 1]
    b_a = products[b, a] * inverse
    inverse_b = 1 / max(products[b, b] - b_a * products[b, a], 1e-300)
    part_b = cross[b] - b_a * cross[a]
    left -= part_b * part_b * inverse_b
    if count == 2:
        return left
    c = sets[row, 2]
    c_a = products[c, a] * inverse
    c_b = products[c, b] - c_a * products[b, a]
    variance = products[c, c] - c_a * products[c, a] - c_b * c_b * inverse_b
    part_c = cross[c] - c_a * cross[a] - c_b * inverse_b * part_b
    return left - part_c * part_c / max(variance, 1e-300)


@nb.njit(cache=True, error_model="numpy")
def _likelihoods(products, cross, squares, sets, base, years):  # type: ignore[no-untyped-def]
    found = np.empty((len(sets), len(base)))
    for p in range(len(base)):
        product, one = products[p], cross[p]
        for c in range(len(sets)):
            left = _left_over(product, one, squares[p], sets, c)
            found[c, p] = base[p] - 0.5 * (years - 2) * np.log(max(left, years * EXACT))
    return found


@nb.njit(cache=True, error_model="numpy")
def _peaks(products, cross, squares, sets, base, years):  # type: ignore[no-untyped-def]
    """Highest log likelihood of each of ``B`` series over all sets and ``phi``."""
    found = np.full(len(cross), -np.inf)
    for b in range(len(cross)):
        for p in range(len(base)):
            product, one, least = products[p], cross[b, p], np.inf
            for c in range(len(sets)):
                least = min(least, _left_over(product, one, squares[b, p], sets, c))
            value = base[p] - 0.5 * (years - 2) * np.log(max(least, years * EXACT))
            found[b] = max(found[b], value)
    return found


# ---- what chance gives -----------------------------------------------------------------


def tail_probability(ratio: float, quantiles: Floats) -> float:
    """Probability of a ratio as large by chance, between and beyond the quantiles at ``TAILS``.

    Examples
    --------
    >>> tail_probability(8.0, np.array([1, 2, 3, 5, 7, 8, 9, 11, 12, 15.0]))
    0.04
    """
    logs = np.log(TAILS)
    if ratio <= quantiles[0]:
        return 1.0 if ratio <= 0 else float(max(TAILS[0], 1 - ratio / quantiles[0] * TAILS[0]))
    if ratio < quantiles[-1]:
        return round(float(np.exp(np.interp(ratio, quantiles, logs))), 6)
    slope = (logs[-1] - logs[3]) / max(quantiles[-1] - quantiles[3], 1e-9)
    return max(round(float(np.exp(logs[-1] + slope * (ratio - quantiles[-1]))), 6), SMALLEST_P)


def _most(years: int) -> int:
    return min(MOST_BREAKS, years // YEARS_PER_SPELL - 1)


def _quantiles(years: int, rng: np.random.Generator | None) -> dict[tuple[int, int], Floats]:
    """Quantiles of each step for so many known years, from the table, or simulated beyond it."""
    table = _table()
    known = np.array(sorted({one[0] for one in table}))
    if years > known[-1]:
        return _simulated(years, int((rng or np.random.default_rng(0)).integers(2**31)))
    above = int(known[known >= years].min())
    below = int(known[known <= years].max())
    weight = 0.0 if above == below else (years - below) / (above - below)
    found = {}
    for step in STEPS:
        low, high = table.get((below, *step)), table.get((above, *step))
        if high is not None:
            found[step] = high if low is None else (1 - weight) * low + weight * high
    return found


@lru_cache(maxsize=4)
def _simulated(years: int, seed: int) -> dict[tuple[int, int], Floats]:
    return simulated_quantiles(years, 200, np.random.default_rng(seed))


@lru_cache
def _table() -> dict[tuple[int, int, int], Floats]:
    with TABLE.open(encoding="utf-8") as lines:
        return {
            (int(row["years"]), int(row["breaks"]), int(row["more"])): np.array(
                [float(row[f"{tail:g}"]) for tail in TAILS]
            )
            for row in csv.DictReader(lines)
        }


def drawn_shocks(rng: np.random.Generator, phi: float, draws: int, years: int) -> Floats:
    """Draw deviations of a course, ``(draws, years)``, whose shocks last as ``phi`` says."""
    shocks = rng.standard_normal((draws, years))
    deviations = np.empty_like(shocks)
    deviations[:, 0] = shocks[:, 0] / np.sqrt(1 - phi**2) if phi < 1 else 0
    for year in range(1, years):
        deviations[:, year] = phi * deviations[:, year - 1] + shocks[:, year]
    return deviations


def simulated_quantiles(
    years: int, draws: int, rng: np.random.Generator
) -> dict[tuple[int, int], Floats]:
    """Quantiles of twice the rise of the log likelihood by one or two more breaks.

    Series of ``years`` years are drawn with no, one or two large breaks, evenly spaced, and shocks
    that last as each of ``SIMULATED`` says; the largest quantile over these is given.

    Returns
    -------
    dict
        Breaks in the series and breaks added → quantiles ``(10,)`` at the tails ``TAILS``.
    """
    if years < FEWEST_YEARS:
        raise ParameterError(
            say(
                "{years} years. Expected {fewest_years} or more.",
                years=years,
                fewest_years=FEWEST_YEARS,
            )
        )
    when = tuple(float(year) for year in range(years))
    scale, most = ruler(when), _most(years)
    found: dict[tuple[int, int], Floats] = {}
    for phi in SIMULATED:
        for present in range(most):
            course = np.zeros(years)
            for k in range(present):
                knot = round((k + 1) * (years - 1) / (present + 1))
                course += (-1) ** k * LARGE * np.maximum(np.arange(years) - knot, 0)
            logs = course + drawn_shocks(rng, phi, draws, years)
            left = np.einsum("pts,bs->bpt", scale.filters, logs, optimize=True)
            cross = np.einsum("ptc,bpt->bpc", scale.bends, left, optimize=True)
            squares = (left**2).sum(axis=2)
            peaks = []
            for count in range(present, min(present + 2, most) + 1):
                some = draws if count < MOST_BREAKS else draws // 4  # there are many sets of three
                sets = break_sets(when, count)
                data = (cross[:some], squares[:some])
                peaks.append(_peaks(scale.products, *data, sets, scale.base, years))
            for more in range(1, len(peaks)):
                rise = peaks[more] - peaks[0][: len(peaks[more])]
                ratio = np.quantile(2 * rise, 1 - np.array(TAILS))
                step = (present, more)
                found[step] = np.maximum(found[step], ratio) if step in found else ratio
    return found


SIMULATED = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
LARGE = 30.0
"""Change of slope of a large break, in standard deviations of a year's shock."""
TABULATED = (10, 12, 14, 15, 17, 20, 25, 30, 36, 45, 60)


def _write_table(draws: int = 6000) -> None:
    rng = np.random.default_rng(1998)
    rows = [
        [years, breaks, more, *(f"{value:.2f}" for value in row)]
        for years in TABULATED
        for (breaks, more), row in simulated_quantiles(years, draws, rng).items()
    ]
    with TABLE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["years", "breaks", "more", *(f"{tail:g}" for tail in TAILS)])
        writer.writerows(rows)


if __name__ == "__main__":
    _write_table()
