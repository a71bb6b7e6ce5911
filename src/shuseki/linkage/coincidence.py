"""What do two records have in common that are known to be two?

Two records of one register are two establishments: whatever they share, they share by coincidence.
So pairs within a register tell which likenesses go together among pairs that are none (the name of
a town in the names of its firms, a trade in the name and in the industry), and no true pair is
among them. Pairs between the registers cannot tell it: where few of the records have a partner, a
coincidence looks like a pair.

Takes: ``Registers``, comparisons and the rules of blocking. Gives: levels, shape
``(pairs, comparisons)``, as ``comparing`` gives them.
Limits: a register in which establishments stand twice shows its doubles as coincidences.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuseki.linkage.blocking import candidates
from shuseki.linkage.levels import Ruler
from shuseki.linkage.registers import Registers
from shuseki.linkage.settings import Comparison

__all__ = ["within_registers"]

RECORDS, OTHERS = 5_000, 200_000
"""Of a large register so many records are compared with so many."""


def within_registers(
    registers: Registers,
    comparisons: Sequence[Comparison],
    rules: Sequence[Sequence[str]],
    *,
    pairs_per_record: float,
    pairs_per_rule: int,
    most_in_full: int,
    seed: int,
) -> NDArray[np.int8]:
    """Compare records of either register with others of the same one.

    Parameters
    ----------
    registers, comparisons
        What is compared.
    rules, pairs_per_record, pairs_per_rule, most_in_full
        Which pairs, as in ``blocking.candidates``.
    seed
        Of the records that are drawn from a large register.
    """
    rng = np.random.default_rng(seed)
    found = []
    for right in (False, True):
        start, stop = registers.side(right)
        size = stop - start
        some = others = np.arange(size)
        if size * size > most_in_full:
            others = np.sort(rng.choice(size, min(size, OTHERS), replace=False))
            some = np.sort(rng.choice(others, min(size, RECORDS), replace=False))
        own = registers.within(right, some, others)
        one, other = candidates(
            own,
            rules,
            pairs_per_record=pairs_per_record * len(some) / len(others),
            pairs_per_rule=pairs_per_rule,
            most_in_full=most_in_full,
        ).every()
        two = some[one] != others[other]
        found.append(Ruler(own, comparisons).levels(one[two], other[two]))
    return np.concatenate(found)
