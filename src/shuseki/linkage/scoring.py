"""What is each pair worth when there are hundreds of millions?

A model learned from a sample of the left register, with all candidates of those records, is that of
the whole: shares m and u do not hang on how many records there are, and the odds of a pair follow
from the numbers. Then the left records are taken a part at a time: their candidates are made,
compared and weighed, and those whose log odds are so low that no rival can matter are let go; of
the rest m, the number of pairs and the probability of each are learned once more with all rivals in
them (``model.matched``)::

    learned from pairs of n_s of n left records → m, u, pairs · n / n_s → weights → matched

Memory grows with the records and the pairs that are kept, a few for each record. Parts are weighed
in several threads; what is found does not hang on how many, nor on the size of the parts.

Takes: ``Candidates`` and what compares them. Gives: the pairs that are kept, ``Evidence`` and
``Model``.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.linkage.blocking import Candidates
from shuseki.linkage.matchings import HOPELESS
from shuseki.linkage.model import Evidence, Model, learned, matched, prior_odds, weights

__all__ = ["Progress", "kept_in_parts", "matched_again"]

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total)."""
PAIRS_AT_ONCE = 2_000_000
MOST_THREADS = 4
"""Parts at a time at most, each with its own memory."""
ROUNDS = 20
MARGIN = 2.0
"""How much the odds of all pairs may rise after a pair was let go."""


def kept_in_parts(
    candidates: Candidates,
    compared: Callable[[Ints, Ints], Evidence],
    prior_m: Sequence[Floats],
    prior_pairs: float,
    *,
    most_pairs: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Evidence, Model]:
    """Learn from some pairs, weigh all, keep those that may be.

    Parameters
    ----------
    candidates
        The pairs.
    compared
        Makes the evidence of some pairs from their positions, left and right; called from several
        threads.
    most_pairs
        About so many are learned from.
    threads
        Parts at a time; as many as there are processors by default, up to four.
    progress
        Called with (done, total), in pairs.

    Returns
    -------
    Evidence of the pairs that are kept, labelled pairs all, and the model of the sample with the
    number of pairs of the whole.
    """
    rng = np.random.default_rng(seed)
    n, total = candidates.n_left, candidates.total
    drawn = max(int(n * most_pairs / max(total, 1)), 2)
    chosen = np.sort(rng.permutation(n)[:drawn])
    number = np.full(n, -1)
    number[chosen] = np.arange(len(chosen))
    part = compared(*candidates.of(chosen))
    part = replace(part, left=number[part.left], n_left=len(chosen))
    model = learned(part, prior_m, prior_pairs, calibrate=False)
    pairs = model.pairs * n / len(chosen)
    log_odds = prior_odds(pairs, n, candidates.n_right)
    del part, number
    model = replace(model, pairs=pairs, log_odds=log_odds)

    def weighed(records: Ints) -> Evidence:
        part = compared(*candidates.of(records))
        parts = weights(part, model.m, model.u, model.together)
        is_kept = log_odds + parts.sum(axis=1) > HOPELESS - MARGIN
        if part.label is not None:
            is_kept |= part.label >= 0
        return taken(part, is_kept)

    done, kept = 0, []
    with ThreadPoolExecutor(threads or min(os.cpu_count() or 1, MOST_THREADS)) as pool:
        groups = candidates.parts(PAIRS_AT_ONCE)
        for records, part in zip(groups, pool.map(weighed, groups), strict=True):
            kept.append(part)
            done += int(candidates.counts[records].sum())
            if progress is not None:
                progress(done, total)
    return joined(kept), model


def matched_again(few: Evidence, model: Model, prior_m: Sequence[Floats]) -> Model:
    """The probability of the pairs that were kept, with all rivals in them.

    Parameters
    ----------
    few, model
        What ``kept_in_parts`` found.
    """
    model = replace(model, by_comparison=weights(few, model.m, model.u, model.together))
    return matched(few, model, prior_m=prior_m, rounds=ROUNDS)


def taken(evidence: Evidence, which: Bools) -> Evidence:
    """Some of the pairs."""
    return replace(
        evidence,
        left=evidence.left[which],
        right=evidence.right[which],
        levels=evidence.levels[which],
        frequency=evidence.frequency[which],
        label=None if evidence.label is None else evidence.label[which],
    )


def joined(parts: list[Evidence]) -> Evidence:
    """The pairs of all parts, one after the other; ``parts`` is used up."""
    n = sum(len(part.left) for part in parts)
    first = parts[0]
    whole = replace(
        first,
        left=np.empty(n, np.int64),
        right=np.empty(n, np.int64),
        levels=np.empty((n, first.levels.shape[1]), np.int8),
        frequency=np.empty((n, first.frequency.shape[1]), np.float32),
        label=None if first.label is None else np.empty(n, np.int8),
    )
    at = 0
    while parts:
        part = parts.pop(0)
        here = slice(at, at + len(part.left))
        whole.left[here], whole.right[here] = part.left, part.right
        whole.levels[here], whole.frequency[here] = part.levels, part.frequency
        if whole.label is not None and part.label is not None:
            whole.label[here] = part.label
        at = here.stop
    return whole
