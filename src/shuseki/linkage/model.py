"""How much more likely is what two records have in common when they are one, than when not?

Fellegi–Sunter: of each comparison, m is the share of true pairs at a level and u that of other
pairs; a pair weighs the product of m/u over its comparisons::

    log weight(l, r) = log λ + Σ over comparisons of log m(level) − log u(level)

At levels with a ``frequency`` the common value's own frequency stands for u: a common name tells
little. Where two comparisons go together among other pairs (the trade in the name and the
industry), u of the one is counted given the level of the other.

Learning is EM in which every step knows that a record has one partner at most: the probabilities of
pairs are those of whole matchings (``matchings.pair_probabilities``). m begins with the settings,
which weigh as ``prior_pairs`` pairs; the odds of a pair are those of k pairs among n × n′ records,
``λ = k / ((n − k)(n′ − k))``, with k expected. Pairs with a label keep it.

Takes: levels, shape ``(pairs, comparisons)``, -1 missing; frequencies likewise. Gives: ``Model``.
Sources: Fellegi and Sunter (1969); Sadinle (2017), JASA 112, for the prior of a matching.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from shuseki.arrays import Floats, Ints
from shuseki.linkage.matchings import MOST, pair_probabilities

__all__ = ["Evidence", "Model", "learned"]

OFTEN, TOGETHER_PRIOR, TOGETHER_RANGE = 500, 20.0, (-1.0, 7.0)
ROUNDS = 60
SETTLED = 1e-4
UNSEEN = 0.5
"""Other pairs that stand for what was never seen among them."""
SEEN_ENOUGH = 50
"""From so many sampled pairs on a share is taken from the sample."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of the candidate pairs.

    Attributes
    ----------
    left, right
        Positions of the two records, shape ``(pairs,)``.
    levels
        Shape ``(pairs, comparisons)``; -1 where something is missing.
    frequency
        Frequency of what the two share, shape ``(pairs, comparisons)``; ``nan`` where the level has
        none.
    at_random
        Levels of pairs at random, shape ``(sample, comparisons)``; none where the candidates are
        all pairs.
    given
        For each comparison the one with which it goes together among other pairs, -1 for none.
    n_left, n_right
        Records.
    within
        Levels of pairs within a register, which are no pairs, shape ``(any, comparisons)``.
    label
        1 a pair, 0 none, -1 not known, shape ``(pairs,)``.
    """

    left: Ints
    right: Ints
    levels: NDArray[np.int8]
    frequency: NDArray[np.float32]
    at_random: NDArray[np.int8]
    given: Sequence[int]
    n_left: int
    n_right: int
    within: NDArray[np.int8]
    label: NDArray[np.int8] | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """What was learned.

    Attributes
    ----------
    m, u
        Shares by level, for each comparison.
    log_odds
        log λ, the odds of a pair before anything is compared.
    pairs
        Expected pairs.
    log_weight
        Of each candidate, shape ``(pairs,)``.
    probability
        Of each candidate, shape ``(pairs,)``.
    by_comparison
        Parts of the log weight, shape ``(pairs, comparisons)``.
    rounds
        Rounds of EM.
    settled
        Whether they came to rest.
    prior_pairs
        How many pairs the settings weighed.
    together
        For each comparison how much oftener other pairs have a level when they have one of another
        comparison, as logarithms, shape ``(levels of the other, levels)``.
    """

    m: tuple[Floats, ...]
    u: tuple[Floats, ...]
    log_odds: float
    pairs: float
    log_weight: Floats
    probability: Floats
    by_comparison: NDArray[np.float32]
    rounds: int
    settled: bool
    prior_pairs: float
    together: tuple[Floats | None, ...]


def learned(
    evidence: Evidence, prior_m: Sequence[Floats], prior_pairs: float, *, calibrate: bool = True
) -> Model:
    """Learn the shares and the probability of each pair.

    Parameters
    ----------
    evidence
        The candidate pairs.
    prior_m
        Expected shares of true pairs by level.
    prior_pairs
        How many pairs the expectation weighs.
    calibrate
        With labels: bring probabilities to the shares found among the labelled.
    """
    n_left, n_right = evidence.n_left, evidence.n_right
    m = tuple(np.asarray(one, float) / np.sum(one) for one in prior_m)
    u = tuple(unlike(evidence, k, np.zeros(len(evidence.left)), len(m[k])) for k in range(len(m)))
    pairs = 0.5 * min(n_left, n_right)
    probability = np.zeros(len(evidence.left))
    settled, done = False, 0
    parts = np.zeros(evidence.levels.shape, np.float32)
    together: tuple[Floats | None, ...] = ()
    for round_ in range(1, ROUNDS + 1):
        done = round_
        together = tuple(
            goes_together(evidence, k, u[k]) if evidence.given[k] >= 0 else None
            for k in range(len(m))
        )
        parts = weights(evidence, m, u, together)
        log_odds = prior_odds(pairs, n_left, n_right)
        log_weight = labelled(evidence, log_odds + parts.sum(axis=1, dtype=float))
        new = pair_probabilities(
            evidence.left,
            evidence.right,
            log_weight,
            n_left=n_left,
            n_right=n_right,
            tolerance=1e-3,
        )
        found = float(new.sum())
        settled = abs(found - pairs) < SETTLED * min(n_left, n_right)
        settled = settled and float(np.abs(new - probability).mean()) < SETTLED
        probability, pairs = new, found
        if settled:
            break
        m = tuple(
            like(evidence.levels[:, k], probability, prior_m[k], prior_pairs) for k in range(len(m))
        )
        u = tuple(unlike(evidence, k, probability, len(m[k])) for k in range(len(m)))
    model = Model(
        m,
        u,
        log_odds,
        pairs,
        log_weight,
        probability,
        parts,
        done,
        settled,
        prior_pairs,
        together,
    )
    return matched(evidence, model, calibrate=calibrate)


def matched(
    evidence: Evidence,
    model: Model,
    *,
    calibrate: bool = True,
    prior_m: Sequence[Floats] = (),
    rounds: int = 0,
) -> Model:
    """The probability of each pair with shares that were learned.

    Parameters
    ----------
    evidence
        The candidate pairs; those that cannot be pairs may be left out.
    model
        With ``by_comparison`` of these pairs.
    calibrate
        With labels: bring probabilities to the shares found among the labelled.
    prior_m, rounds
        Rounds of EM in which m and the number of pairs are learned again, and u is kept: it is
        counted among pairs that may have been left out.
    """
    n_left, n_right = evidence.n_left, evidence.n_right
    pairs, log_odds, m, parts = model.pairs, model.log_odds, model.m, model.by_comparison

    def probable(log_weight: Floats, tolerance: float) -> Floats:
        return pair_probabilities(
            evidence.left,
            evidence.right,
            log_weight,
            n_left=n_left,
            n_right=n_right,
            tolerance=tolerance,
        )

    for _ in range(rounds):
        log_odds = prior_odds(pairs, n_left, n_right)
        p = probable(labelled(evidence, log_odds + parts.sum(axis=1, dtype=float)), 1e-3)
        found = float(p.sum())
        settled = abs(found - pairs) < SETTLED * min(n_left, n_right)
        pairs = found
        m = tuple(
            like(evidence.levels[:, k], p, prior_m[k], model.prior_pairs) for k in range(len(m))
        )
        parts = weights(evidence, m, model.u, model.together)
        if settled:
            break
    likeness = parts.sum(axis=1, dtype=float)
    log_weight = labelled(evidence, log_odds + likeness)
    if calibrate and evidence.label is not None:
        log_weight = calibrated(evidence, log_odds + likeness)
    probability = probable(log_weight, 1e-5)
    return replace(
        model,
        m=m,
        log_odds=log_odds,
        log_weight=log_weight,
        probability=probability,
        by_comparison=parts,
        pairs=float(probability.sum()),
    )


def prior_odds(pairs: float, n_left: int, n_right: int) -> float:
    """Odds of a pair before anything is compared, as a logarithm.

    Examples
    --------
    >>> round(prior_odds(50, 100, 100), 2)
    -3.93
    """
    k = min(max(pairs, 0.5), min(n_left, n_right) - 0.5) if min(n_left, n_right) > 1 else 0.5
    return float(np.log(k) - np.log((n_left - k + 0.5) * (n_right - k + 0.5)))


def like(level: NDArray[np.int8], p: Floats, prior: Floats, prior_pairs: float) -> Floats:
    """Share of true pairs by level, from the probability of each pair."""
    there = level >= 0
    seen: Floats = np.bincount(level[there], weights=p[there], minlength=len(prior)).astype(float)
    count = seen + prior_pairs * np.asarray(prior) / np.sum(prior)
    return np.asarray(count / count.sum(), dtype=float)


def unlike(evidence: Evidence, k: int, p: Floats, number: int) -> Floats:
    """Share of other pairs by level: of the sample, or of the candidates where it saw too few.

    Candidates are all pairs that are alike, so for the first levels they count better than a
    sample; both hold true pairs, which are taken out.
    """
    level = evidence.levels[:, k]
    there = level >= 0
    random = evidence.at_random[:, k]
    hits = np.bincount(random[random >= 0], minlength=number).astype(float)
    shares = hits / max(hits.sum(), 1.0)
    every = float(evidence.n_left) * evidence.n_right
    missing = 1.0 - there.mean() if len(there) else 0.0
    every = max(every * (1.0 - missing), 1.0)
    true = np.bincount(level[there], weights=p[there], minlength=number)
    others = np.bincount(level[there], minlength=number) - true + UNSEEN
    from_sample = np.maximum(shares - true / every, 0.0)
    from_candidates = others / every
    enough = hits >= SEEN_ENOUGH
    u = np.where(enough & (from_sample > from_candidates), from_sample, from_candidates)
    u[-1] = max(u[-1], 1.0 - u[:-1].sum())
    u = np.maximum(u, UNSEEN / every)
    return np.asarray(u / u.sum(), dtype=float)


def weights(
    evidence: Evidence, m: Sequence[Floats], u: Sequence[Floats], together: Sequence[Floats | None]
) -> NDArray[np.float32]:
    """Parts of the log weight of each pair, shape ``(pairs, comparisons)``; 0 where missing."""
    parts = np.zeros(evidence.levels.shape, np.float32)
    for k in range(evidence.levels.shape[1]):
        level = evidence.levels[:, k]
        log_m = np.append(np.log(m[k]), 0.0).astype(np.float32)
        ratio = np.append(np.log(m[k]) - np.log(u[k]), 0.0).astype(np.float32)
        part = ratio[level]
        known = np.flatnonzero(np.isfinite(evidence.frequency[:, k]) & (level >= 0))
        part[known] = log_m[level[known]] - np.log(evidence.frequency[known, k])
        table = together[k]
        if table is not None:
            other = np.minimum(evidence.levels[:, evidence.given[k]], len(table) - 1)
            # What is missing, -1, takes the last row and column: nothing.
            more = np.pad(table, ((0, 1), (0, 1))).astype(np.float32)
            part -= more[other, level]
        parts[:, k] = part
    return parts


def goes_together(evidence: Evidence, k: int, u: Floats) -> Floats:
    """How much oftener other pairs have a level when they have a level of another comparison.

    Logarithm of ``u(level | other level) / u(level)``, shape ``(levels of the other, levels)``.
    Counted among pairs at random where they show the other level often enough, among pairs within
    a register where not: of pairs that are that much alike, all are candidates.
    """
    other = evidence.given[k]
    top = int(max(evidence.levels[:, other].max(initial=0), 0)) + 1
    shape = (top, len(u))

    def counted(levels: NDArray[np.int8]) -> Floats:
        one, own = levels[:, other], levels[:, k]
        there = (one >= 0) & (own >= 0) & (one < top)
        at = one[there].astype(np.int64) * shape[1] + own[there]
        found = np.bincount(at, minlength=shape[0] * shape[1])
        return np.asarray(found, dtype=float).reshape(shape)

    by_sample = counted(evidence.at_random)
    enough = by_sample.sum(axis=1, keepdims=True) >= OFTEN
    table = np.where(enough, by_sample, counted(evidence.within)) + TOGETHER_PRIOR * u
    share = table / table.sum(axis=1, keepdims=True)
    return np.asarray(np.clip(np.log(share) - np.log(u), *TOGETHER_RANGE), dtype=float)


def labelled(evidence: Evidence, log_weight: Floats) -> Floats:
    """Log weights in which labelled pairs are certain."""
    if evidence.label is None:
        return log_weight
    return np.where(
        evidence.label == 1, MOST, np.where(evidence.label == 0, -MOST, log_weight)
    ).astype(float)


def calibrated(evidence: Evidence, log_weight: Floats) -> Floats:
    """Log weights stretched and shifted so that labelled pairs have the shares that were found.

    A logistic regression of the labels on the log odds, with a weak pull to no change.
    """
    label = evidence.label
    if label is None:
        return log_weight
    known = label >= 0
    y, x = label[known].astype(float), np.clip(log_weight[known], -MOST, MOST)
    if len(np.unique(y)) < 2:
        return labelled(evidence, log_weight)

    def loss(line: Floats) -> float:
        z = line[0] + line[1] * x
        fit = np.logaddexp(0.0, z) - y * z
        return float(fit.sum() + 0.5 * line[0] ** 2 + 2.0 * (line[1] - 1.0) ** 2)

    line = optimize.minimize(loss, np.array([0.0, 1.0]), method="Nelder-Mead").x
    return labelled(evidence, line[0] + max(line[1], 0.05) * log_weight)
