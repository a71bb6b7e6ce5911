"""What is each pair worth when there are tens of millions?

A model learned from a sample of the left register, with all candidates of those records, is that of
the whole: shares m and u do not hang on how many records there are, and the odds of a pair follow
from the numbers. Then all pairs are weighed, a part at a time; those whose log odds are so low that
no rival can matter are let go; of the rest m, the number of pairs and the probability of each are
learned once more with all rivals in them (``model.matched``)::

    learned from pairs of n_s of n left records → m, u, pairs · n / n_s → weights → matched

Takes: candidates and their levels. Gives: the pairs that are kept, ``Evidence`` and ``Model``.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shuseki.arrays import Floats, Ints
from shuseki.linkage.matchings import HOPELESS
from shuseki.linkage.model import Evidence, Model, learned, matched, prior_odds, weights

__all__ = ["learned_in_parts"]

PAIRS_AT_ONCE = 2_000_000
ROUNDS = 20
MARGIN = 2.0
"""How much the odds of all pairs may rise after a pair was let go."""


def learned_in_parts(
    evidence: Evidence,
    frequency: Callable[[Ints, Ints, NDArray[np.int8]], NDArray[np.float32]],
    prior_m: Sequence[Floats],
    prior_pairs: float,
    *,
    most_pairs: int,
    seed: int,
) -> tuple[Evidence, Model]:
    """Learn from some pairs, weigh all, keep those that may be.

    Parameters
    ----------
    evidence
        All candidates, ordered by the left record, without frequencies.
    frequency
        Finds the frequencies of some pairs.
    most_pairs
        About so many are learned from.

    Returns
    -------
    Evidence and model of the pairs that are kept; labelled pairs all are.
    """
    rng = np.random.default_rng(seed)
    n = evidence.n_left
    drawn = max(int(n * most_pairs / max(len(evidence.left), 1)), 2)
    chosen = np.sort(rng.permutation(n)[:drawn])
    number = np.full(n, -1)
    number[chosen] = np.arange(len(chosen))
    at = np.flatnonzero(number[evidence.left] >= 0)
    part = replace(
        _taken(evidence, frequency, at), left=number[evidence.left[at]], n_left=len(chosen)
    )
    model = learned(part, prior_m, prior_pairs, calibrate=False)
    pairs = model.pairs * n / len(chosen)
    log_odds = prior_odds(pairs, n, evidence.n_right)
    kept: list[Ints] = []
    for start in range(0, len(evidence.left), PAIRS_AT_ONCE):
        at = np.arange(start, min(start + PAIRS_AT_ONCE, len(evidence.left)))
        part = _taken(evidence, frequency, at)
        parts = weights(part, model.m, model.u, model.together)
        is_kept = log_odds + parts.sum(axis=1) > HOPELESS - MARGIN
        if part.label is not None:
            is_kept |= part.label >= 0
        kept.append(at[is_kept])
    few = _taken(evidence, frequency, np.concatenate(kept))
    model = replace(
        model,
        pairs=pairs,
        log_odds=log_odds,
        by_comparison=weights(few, model.m, model.u, model.together),
    )
    return few, matched(few, model, prior_m=prior_m, rounds=ROUNDS)


def _taken(
    evidence: Evidence,
    frequency: Callable[[Ints, Ints, NDArray[np.int8]], NDArray[np.float32]],
    at: Ints,
) -> Evidence:
    """Some of the pairs, with frequencies."""
    left, right = evidence.left[at], evidence.right[at]
    levels = evidence.levels[at]
    return replace(
        evidence,
        left=left,
        right=right,
        levels=levels,
        frequency=frequency(left, right, levels),
        label=None if evidence.label is None else evidence.label[at],
    )
