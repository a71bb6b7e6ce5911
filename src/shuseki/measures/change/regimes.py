"""Which regime of growth is a series in, if regimes may come and go in any order?

Definition. A hidden Markov chain over regimes. A regime is left with the same probability each
year; which follows is given by a table. Each spell of a regime has a rate of growth of its own,
one of a few around the regime's usual rate. Yearly growth is that rate and a shock, Student's t
with 4 degrees of freedom (a year such as 2009 does not decide); the shock keeps a share ``phi`` of
itself in the next year. ``phi``, and how large the shocks are beside what the caller expects, are
unknown: the answer is the mean over a grid of both, weighted by the likelihood of the series and
of all others.

Takes growth of ``M`` measures in ``S`` series and ``T`` years, ``nan`` where unknown. Gives
probabilities of the regimes in each year, given all years and given the years so far.
Sources: Hamilton (1989), Econometrica 57, for regimes; Hamilton (1994), Time Series Analysis,
chapter 22, for the recursions; Robbins (1956) for weights from all series.
Checked against: enumeration of every path; series with regimes that were put in.
Limits: the length of a spell does not change the probability that it ends. In the first year of a
spell a share ``phi`` of the step in growth is taken for a shock.
"""

from dataclasses import dataclass

import numba as nb
import numpy as np

from shuseki.arrays import Floats, Ints

__all__ = ["Regimes", "Rules", "find_regimes"]

FREEDOM = 4
LASTING = (-0.4, 0.0, 0.4, 0.7)
LASTING_PRIOR = (0.2, 0.35, 0.3, 0.15)
FACTORS = (0.5, 0.75, 1.1, 1.6)
FACTOR_PRIOR = (0.15, 0.35, 0.35, 0.15)
"""Shares of a shock that stay, and sizes of shocks beside the expected, with their weights."""
PRIOR_SERIES = 20.0
"""The given weights count as so many series."""
LEARNED_FROM = 400
"""Series, evenly spread, from which the weights are learnt where there are more."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What is known beforehand of ``R`` regimes, each with a few rates, ``K`` in all.

    Attributes
    ----------
    rates
        Growth per year of each measure, ``(M, K)``.
    regime
        Which regime each rate belongs to, ``(K,)``.
    share
        How often a spell of the regime has this rate, ``(K,)``; adds up to 1 in each regime.
    start
        Probability of each regime in the first year, ``(R,)``.
    follows
        Probability of each regime after one that ends, ``(R, R)``.
    leaving
        Probability that a spell ends, per year.
    rising, falling
        Regimes of growth and of shrinking: growth after shrinking is a renewal.
    """

    rates: Floats
    regime: Ints
    share: Floats
    start: Floats
    follows: Floats
    leaving: float
    rising: tuple[int, ...]
    falling: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Regimes:
    """Probabilities of the regimes of ``S`` series.

    Attributes
    ----------
    smoothed, filtered
        Of each regime in each year, given all years, and given the years so far, ``(S, T, R)``.
    last
        Of each rate in the last year, ``(S, K)``.
    renewal
        That the series rises in the last year and has fallen before, ``(S,)``.
    weights
        Of the grid ``phi × size of shocks``, in all series together, ``(H,)``.
    own_weights
        The same in each series, ``(S, H)``.
    start
        Of the regimes in the first year, in all series together, ``(R,)``.
    """

    smoothed: Floats
    filtered: Floats
    last: Floats
    renewal: Floats
    weights: Floats
    own_weights: Floats
    start: Floats


def grid() -> tuple[Floats, Floats, Floats]:
    """``phi``, sizes of shocks and prior weights of their grid, each ``(H,)``."""
    phi, factor = (a.ravel() for a in np.meshgrid(LASTING, FACTORS, indexing="ij"))
    return phi, factor, np.outer(LASTING_PRIOR, FACTOR_PRIOR).ravel()


def find_regimes(
    growth: Floats, scale: Floats, rules: Rules, *, power: float = 1.0, more: Floats | None = None
) -> Regimes:
    """Find the regimes of all series.

    Parameters
    ----------
    growth, scale
        Yearly growth and the expected scale of its shocks, ``(M, S, T)``.
    rules
        What is known beforehand.
    power
        The evidence of growth counts to this power: below 1 where measures repeat one another.
    more
        Further log likelihood of each regime, ``(S, T, R)``.
    """
    phi, factor, prior = grid()
    series, years = growth.shape[1:]
    regimes = len(rules.start)
    extra = np.zeros((series, years, regimes)) if more is None else more
    weights, start = prior, rules.start
    falls = np.isin(np.arange(regimes), rules.falling)
    rises = np.isin(np.arange(regimes), rules.rising)
    some = slice(None, None, -(-series // LEARNED_FROM))
    for at in (some, slice(None)):  # first to learn the weights, then to use them
        evidence, first, smoothed, filtered, last, renewal = _find(
            *map(np.ascontiguousarray, (growth[:, at], scale[:, at], extra[at])),
            rules.rates, rules.regime, rules.share, start, rules.follows, rules.leaving,
            phi, factor, np.log(weights), power, rises, falls,
        )  # fmt: skip
        if at is some:
            weights = _mixture(evidence, prior)
            start = (PRIOR_SERIES * rules.start + first.sum(axis=0)) / (PRIOR_SERIES + len(first))
    joint = evidence + np.log(weights)
    own = np.exp(joint - joint.max(axis=1, keepdims=True))
    own /= own.sum(axis=1, keepdims=True)
    return Regimes(smoothed, filtered, last, renewal, weights, own, start)


def _mixture(evidence: Floats, prior: Floats) -> Floats:
    """Weights of a mixture whose parts give the series these log likelihoods, ``(S, H)``."""
    weights = prior
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    for _ in range(50):
        part = likelihood * weights
        part /= part.sum(axis=1, keepdims=True)
        weights = (PRIOR_SERIES * prior + part.sum(axis=0)) / (PRIOR_SERIES + len(evidence))
    return weights


@nb.njit(cache=True, error_model="numpy")
def _densities(growth, scale, extra, rates, regime, phi, factor, power, out):  # type: ignore[no-untyped-def]
    """Density of each year under each rate over a common factor, into ``out`` ``(T, K)``.

    Gives the log of the factors of all years, ``(T,)``; one series.
    """
    measures, years = growth.shape
    logs = np.zeros(years)
    for t in range(years):
        for k in range(len(regime)):
            out[t, k] = 1.0
        for m in range(measures):
            now = growth[m, t]
            if np.isnan(now):
                continue
            before = growth[m, t - 1] if t > 0 else np.nan
            keep = 0.0 if np.isnan(before) else phi
            spread = factor * scale[m, t] * np.sqrt(1 - keep * keep)
            own = now - keep * before if keep != 0 else now
            logs[t] -= power * np.log(spread)
            for k in range(len(regime)):
                standard = (own - (1 - keep) * rates[m, k]) / spread
                out[t, k] *= 1 + standard * standard / FREEDOM
        for k in range(len(regime)):
            out[t, k] = out[t, k] ** (-0.5 * (FREEDOM + 1) * power) * np.exp(extra[t, regime[k]])
    return logs


@nb.njit(cache=True, error_model="numpy")
def _ahead(state, regime, share, follows, leaving, out):  # type: ignore[no-untyped-def]
    """Probabilities a year later, ``(K,)``."""
    whole = np.zeros(len(follows))
    for k in range(len(regime)):
        whole[regime[k]] += state[k]
    arrives = np.zeros(len(follows))
    for a in range(len(follows)):
        for b in range(len(follows)):
            arrives[b] += whole[a] * follows[a, b]
    for k in range(len(regime)):
        out[k] = (1 - leaving) * state[k] + leaving * arrives[regime[k]] * share[k]


@nb.njit(cache=True, error_model="numpy")
def _find(  # type: ignore[no-untyped-def]
    growth,
    scale,
    extra,
    rates,
    regime,
    share,
    start,
    follows,
    leaving,
    phi,
    factor,
    log_weights,
    power,
    rises,
    falls,
):
    """Forward and backward over every series and every point of the grid."""
    series, years = growth.shape[1], growth.shape[2]
    rates_n, regimes, points = len(regime), len(start), len(phi)
    evidence = np.empty((series, points))
    first = np.zeros((series, regimes))
    smoothed = np.zeros((series, years, regimes))
    filtered = np.zeros((series, years, regimes))
    last = np.zeros((series, rates_n))
    renewal = np.zeros(series)
    for s in range(series):
        so_far = np.empty((points, years))
        both = np.zeros((points, years, regimes))
        past = np.zeros((points, years, regimes))
        ends = np.zeros((points, rates_n))
        again = np.zeros(points)
        density = np.empty((years, rates_n))
        forward = np.empty((years, rates_n))
        unbroken = np.empty(rates_n)
        step = np.empty(rates_n)
        behind = np.empty(rates_n)
        for h in range(points):
            logs = _densities(
                growth[:, s],
                scale[:, s],
                extra[s],
                rates,
                regime,
                phi[h],
                factor[h],
                power,
                density,
            )
            total = 0.0
            for t in range(years):
                if t == 0:
                    for k in range(rates_n):
                        forward[0, k] = start[regime[k]] * share[k]
                        unbroken[k] = forward[0, k]
                else:
                    _ahead(forward[t - 1], regime, share, follows, leaving, forward[t])
                    _ahead(unbroken, regime, share, follows, leaving, step)
                    unbroken[:] = step
                mass = 1e-300
                for k in range(rates_n):
                    forward[t, k] *= density[t, k]
                    mass += forward[t, k]
                for k in range(rates_n):
                    forward[t, k] /= mass
                    unbroken[k] *= density[t, k] / mass
                    if falls[regime[k]]:
                        unbroken[k] = 0.0
                    past[h, t, regime[k]] += forward[t, k]
                total += logs[t] + np.log(mass)
                so_far[h, t] = total + log_weights[h]
            evidence[s, h] = total
            for k in range(rates_n):
                ends[h, k] = forward[years - 1, k]
                if rises[regime[k]]:
                    again[h] += forward[years - 1, k] - unbroken[k]
            behind[:] = 1.0
            for t in range(years - 1, -1, -1):
                mass = 0.0
                for k in range(rates_n):
                    mass += forward[t, k] * behind[k]
                for k in range(rates_n):
                    both[h, t, regime[k]] += forward[t, k] * behind[k] / mass
                if t == 0:
                    break
                whole = np.zeros(regimes)
                top = 0.0
                for k in range(rates_n):
                    step[k] = behind[k] * density[t, k]
                    whole[regime[k]] += step[k] * share[k]
                for k in range(rates_n):
                    value = 0.0
                    for b in range(regimes):
                        value += follows[regime[k], b] * whole[b]
                    behind[k] = (1 - leaving) * step[k] + leaving * value
                    top = max(top, behind[k])
                for k in range(rates_n):
                    behind[k] /= top
        for t in range(years):
            top = so_far[:, t].max()
            mass = 0.0
            for h in range(points):
                mass += np.exp(so_far[h, t] - top)
            for h in range(points):
                weight = np.exp(so_far[h, t] - top) / mass
                for a in range(regimes):
                    filtered[s, t, a] += weight * past[h, t, a]
                if t == years - 1:
                    for u in range(years):
                        for a in range(regimes):
                            smoothed[s, u, a] += weight * both[h, u, a]
                    for k in range(rates_n):
                        last[s, k] += weight * ends[h, k]
                    renewal[s] += weight * again[h]
        first[s] = smoothed[s, 0]
    return evidence, first, smoothed, filtered, last, renewal
