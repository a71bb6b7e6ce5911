"""On which made-up histories can a measure of the stage of an agglomeration be tried?

Definition. Made-up series of plants and workers whose stage is known in every year, in shapes of
many kinds: drawn from the model of the life cycle; whole lives in Toyama's order; decline and
renewal; long plateaus; shocks that last, that are heavy, or that hit all series; few plants, which
open and close one by one; rates of growth of any size, or drifting little by little. Where growth
was not put in by stage, the stage is the band in which the rate of growth lies (the borders are
halfway between the profiles of the stages); moderate growth is formation at the start of the record
and after a shrinking, qualitative growth after any other stage.

Takes a number of series and years. Gives the stage of each year and the plants and workers.
Sources: none; the data are synthetic.
Checked against: growth of the series by stage.
Limits: how often histories of these shapes occur is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from shuseki.arrays import Floats, Ints
from shuseki.errors import ParameterError, examples
from shuseki.language import say

__all__ = ["SHAPES", "History", "Stages", "made_up"]

FORMATION, QUANTITATIVE, QUALITATIVE, MATURITY, CONTRACTION, DECLINE = range(6)
PLANTS = 1000.0
FEW_PLANTS = (12, 50)
DEATHS = 0.08
"""Share of plants that close in a year, in histories of few plants."""
SPREAD_OF_SIZES = 0.9
"""Standard deviation of a plant's log growth of workers, in histories of few plants."""


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What a history is drawn from.

    Attributes
    ----------
    plants, workers
        Growth per year in each stage, ``(6,)``.
    transition
        Probability of each stage given that of the year before, ``(6, 6)``.
    """

    plants: Floats
    workers: Floats
    transition: Floats


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Stages ``(S, T − 1)``, and plants and workers ``(S, T)``."""

    stage: Ints
    plants: Floats
    workers: Floats


def made_up(
    shape: str,
    stages: Stages,
    rng: np.random.Generator,
    series: int,
    years: int,
    *,
    scale: float,
    correlation: float = 0.0,
) -> History:
    """Draw histories of a shape.

    Parameters
    ----------
    shape
        One of ``SHAPES``.
    stages
        Growth in each stage, and what follows what.
    rng, series, years
        Of the random numbers; how many, how long.
    scale
        Of the yearly shocks (Student's t, 4 degrees of freedom, unless the shape has its own).
    correlation
        Of the shocks of plants and workers.
    """
    if shape not in SHAPES:
        raise ParameterError(
            say(
                "shape is {shape!r}. Expected one of {shapes}.",
                shape=shape,
                shapes=examples(SHAPES, 12),
            )
        )
    return SHAPES[shape](stages, rng, series, years, scale, correlation)


# ---- shapes ------------------------------------------------------------------------------

Shape = Callable[[Stages, np.random.Generator, int, int, float, float], History]


def _own(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    stage = _chain(stages.transition, rng, series, years - 1)
    return _course(stages, stage, _shocks(rng, stage.shape, scale, r))


def _lives(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """The record starts anywhere in a life; each stage lasts 4 to 12 years."""
    stage = _in_order(rng, series, years - 1, [list(range(6))], (4, 12))
    return _course(stages, stage, _shocks(rng, stage.shape, scale, r))


def _renewals(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Shrinking, growth, shrinking again, in turns of 5 to 14 years."""
    courses = [
        [DECLINE, QUANTITATIVE],
        [CONTRACTION, FORMATION, QUANTITATIVE, MATURITY],
        [DECLINE, FORMATION, QUALITATIVE, MATURITY],
        [CONTRACTION, DECLINE, QUANTITATIVE, QUALITATIVE],
    ]
    stage = _in_order(rng, series, years - 1, courses, (5, 14))
    return _course(stages, stage, _shocks(rng, stage.shape, scale, r))


def _plateaus(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Level for 8 to 30 years, interrupted by a few years of growth or shrinking."""
    stage = np.full((series, years - 1), MATURITY)
    for one in range(series):
        year = int(rng.integers(0, 15))
        while year < years - 1:
            length = int(rng.integers(3, 7))
            stage[one, year : year + length] = rng.choice(
                [QUANTITATIVE, QUALITATIVE, CONTRACTION, DECLINE]
            )
            year += length + int(rng.integers(8, 31))
    return _course(stages, stage, _shocks(rng, stage.shape, scale, r))


def _lasting(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Half of each year's shock stays in the next."""
    stage = _chain(stages.transition, rng, series, years - 1)
    shocks = _shocks(rng, stage.shape, scale, r)
    for year in range(1, years - 1):
        shocks[:, :, year] = 0.5 * shocks[:, :, year - 1] + np.sqrt(0.75) * shocks[:, :, year]
    return _course(stages, stage, shocks)


def _heavy(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Shocks of almost infinite variance, and one year in eight in which all series fall."""
    stage = _chain(stages.transition, rng, series, years - 1)
    shocks = _shocks(rng, stage.shape, scale, r, freedom=2.2)
    slump = rng.random(years - 1) < 1 / 8
    return _course(stages, stage, shocks - 0.1 * slump)


def _levels(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Shocks to the level that are gone a year later, as errors of measurement are."""
    stage = _chain(stages.transition, rng, series, years - 1)
    level = _shocks(rng, (series, years), scale / np.sqrt(2), r)
    return _course(stages, stage, np.diff(level, axis=2))


def _few(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """12 to 50 plants, which open, close and grow independently."""
    stage = _chain(stages.transition, rng, series, years - 1)
    plants = np.empty((series, years))
    workers = np.empty((series, years))
    plants[:, 0] = rng.integers(*FEW_PLANTS, series)
    workers[:, 0] = 20 * plants[:, 0]
    for year in range(years - 1):
        rate = np.expm1(stages.plants[stage[:, year]])
        number = plants[:, year]
        closed = rng.binomial(number.astype(int), np.clip(DEATHS - rate / 2, 0.0, 1.0))
        opened = rng.poisson(number * np.maximum(DEATHS + rate / 2, 0))
        plants[:, year + 1] = np.maximum(number - closed + opened, 1)
        own = rng.standard_normal(series) * SPREAD_OF_SIZES / np.sqrt(plants[:, year + 1]) / 2
        more = stages.workers[stage[:, year]] - stages.plants[stage[:, year]]
        workers[:, year + 1] = workers[:, year] * plants[:, year + 1] / number * np.exp(more + own)
    return History(stage, plants, workers)


def _any_rate(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """Spells of 4 to 14 years at any rate of growth from −14 to 14 per cent."""
    rate = np.empty((series, years - 1))
    for one in range(series):
        year = -int(rng.integers(0, 10))
        while year < years - 1:
            length = int(rng.integers(4, 15))
            rate[one, max(year, 0) : max(year + length, 0)] = rng.uniform(-0.14, 0.14)
            year += length
    return _by_band(stages, rate, _shocks(rng, rate.shape, scale, r))


def _drifts(
    stages: Stages, rng: np.random.Generator, series: int, years: int, scale: float, r: float
) -> History:
    """A rate of growth that drifts by a point a year, around the level."""
    rate = np.empty((series, years - 1))
    rate[:, 0] = rng.normal(0, 0.06, series)
    for year in range(1, years - 1):
        rate[:, year] = 0.98 * rate[:, year - 1] + rng.normal(0, 0.012, series)
    return _by_band(stages, rate, _shocks(rng, rate.shape, scale, r))


SHAPES: Mapping[str, Shape] = {
    "own model": _own,
    "lives": _lives,
    "renewals": _renewals,
    "plateaus": _plateaus,
    "lasting shocks": _lasting,
    "heavy shocks": _heavy,
    "errors of level": _levels,
    "few plants": _few,
    "any rate": _any_rate,
    "drifts": _drifts,
}


# ---- parts -------------------------------------------------------------------------------


def _chain(transition: Floats, rng: np.random.Generator, series: int, steps: int) -> Ints:
    """Draw a Markov chain, ``(series, steps)``; any stage may be the first."""
    limits = transition.cumsum(axis=1)
    stage = np.empty((series, steps), dtype=np.int64)
    stage[:, 0] = rng.integers(0, len(transition), series)
    for year in range(1, steps):
        draw = rng.random(series)[:, None]
        following = (draw > limits[stage[:, year - 1]]).sum(axis=1)
        stage[:, year] = np.minimum(following, len(transition) - 1)
    return stage


def _in_order(
    rng: np.random.Generator,
    series: int,
    steps: int,
    courses: Sequence[Sequence[int]],
    lasts: tuple[int, int],
) -> Ints:
    """Stages of one of the courses, over and over, from a random point of it."""
    stage = np.empty((series, steps), dtype=np.int64)
    for one in range(series):
        course = courses[int(rng.integers(len(courses)))]
        at = int(rng.integers(len(course)))
        year = -int(rng.integers(0, lasts[0]))
        while year < steps:
            length = int(rng.integers(lasts[0], lasts[1] + 1))
            stage[one, max(year, 0) : max(year + length, 0)] = course[at % len(course)]
            year, at = year + length, at + 1
    return stage


def _shocks(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    scale: float,
    correlation: float,
    *,
    freedom: float = 4,
) -> Floats:
    """Shocks of plants and workers, ``(2, *shape)``."""
    shared, first, second = student.rvs(freedom, size=(3, *shape), random_state=rng)
    both = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * np.stack([first, second])
    shocks: Floats = scale * both
    return shocks


def _course(stages: Stages, stage: Ints, shocks: Floats) -> History:
    """Plants and workers that grow as their stage says."""
    rates = np.stack([stages.plants[stage], stages.workers[stage]])
    return _grown(stage, rates + shocks)


def _grown(stage: Ints, growth: Floats) -> History:
    start = np.zeros((*growth.shape[:2], 1))
    amount = PLANTS * np.exp(np.concatenate([start, growth.cumsum(axis=2)], axis=2))
    return History(stage, amount[0], amount[1])


def _by_band(stages: Stages, rate: Floats, shocks: Floats) -> History:
    """Find the stage from the rate of growth of workers; plants grow alike."""
    middle = stages.workers
    order = [DECLINE, CONTRACTION, MATURITY, QUALITATIVE, QUANTITATIVE]
    rates = middle[order]
    band = np.array(order)[np.searchsorted((rates[1:] + rates[:-1]) / 2, rate)]
    stage = band.copy()
    for year in range(rate.shape[1]):
        moderate = band[:, year] == QUALITATIVE
        if year == 0:
            stage[moderate, 0] = FORMATION
            continue
        before = stage[:, year - 1]
        again = np.isin(before, (FORMATION, CONTRACTION, DECLINE))
        stage[moderate & again, year] = FORMATION
    return _grown(stage, np.stack([rate, rate]) + shocks)
