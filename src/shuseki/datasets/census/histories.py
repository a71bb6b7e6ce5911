"""In which waves is a plant seen?

The national counts of plants with four or more workers are published for every year. Between two
waves

    seen(t) = seen(t−1) − gone + come

so a number of comers for each wave fixes the number of those who go. The comers of 1998 are many:
the survey of that year took in plants it had missed before (Okamuro 2006, pp. 5–6). For 1998–2000
the paper prints the numbers: 26,634 come; 6,711 of them had been seen in 1995–97.

Takes: nothing. Gives: how many plants have each history, a word of five letters, one per wave:
``"11101"`` was seen in 1995, 1996, 1997 and 2000.
Sources: METI 工業統計表 産業編 (``plant-sizes``); Okamuro (2006), pp. 6–7.
Limits: comers of 1996–1998, and those who are away for a wave, are ours: the print has no
numbers.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shuseki.arrays import Bools, Ints
from shuseki.datasets.catalogue import load

__all__ = ["CANDIDATES", "NEW", "SEEN_EARLIER", "SMALL", "WAVES", "Histories", "histories", "seen"]

WAVES = (1995, 1996, 1997, 1998, 2000)
CANDIDATES = 26_634
SEEN_EARLIER = 6_711
"""Printed 6,411 contradicts the other two counts and the percentages; this one fits them."""
NEW = CANDIDATES - SEEN_EARLIER
SMALL = 17_011
"""Of the new, those with fewer than 20 regular employees."""

COMERS = {1996: 9_000, 1997: 9_000, 1998: 31_000}
"""Seen for the first time, or again; in 1998 more than half were missed before (p. 6)."""
BACK_IN_1998 = 2_000
"""Of the comers of 1998, seen in 1995 and 1996."""
GONE_SOON = {"01000": 500, "01100": 400, "00100": 400}
"""Comers of 1996 and 1997 that are gone by 1998."""
BACK_IN_2000 = {"11101": 2_700, "11001": 2_200, "10001": 1_811}
"""The 6,711 seen earlier, by when they were last seen."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Number of plants by history.

    Attributes
    ----------
    in_1998
        Histories up to 1998 of the plants seen in 1998, with an ``x`` for 2000.
    gone, back
        Histories of plants seen neither in 1998 nor 2000; not in 1998 but again in 2000.
    ended
        Of the plants seen in 1998, how many are not seen in 2000.
    """

    in_1998: dict[str, int]
    gone: dict[str, int]
    back: dict[str, int]
    ended: int


@lru_cache
def histories() -> Histories:
    """Count plants by history, all Japan, scale 1."""
    n = published()
    come_1996, come_1997, come_1998 = (COMERS[year] for year in (1996, 1997, 1998))
    from_1997 = n[1998] - come_1998
    since_1997 = come_1997 - GONE_SOON["00100"]
    since_1996 = come_1996 - GONE_SOON["01000"] - GONE_SOON["01100"]
    gone_after = {
        1997: n[1997] - from_1997,
        1996: n[1996] - (n[1997] - come_1997) - BACK_IN_1998,
        1995: n[1995] - (n[1996] - come_1996),
    }
    gone = dict(GONE_SOON)
    gone["11100"] = gone_after[1997] - BACK_IN_2000["11101"] - gone["01100"] - gone["00100"]
    gone["11000"] = gone_after[1996] - BACK_IN_2000["11001"] - gone["01000"]
    gone["10000"] = gone_after[1995] - BACK_IN_2000["10001"]
    return Histories(
        in_1998={
            "1111x": from_1997 - since_1997 - since_1996,
            "0111x": since_1996,
            "0011x": since_1997,
            "0001x": come_1998 - BACK_IN_1998,
            "1101x": BACK_IN_1998,
        },
        gone=gone,
        back=dict(BACK_IN_2000),
        ended=n[1998] - (n[2000] - CANDIDATES),
    )


def published() -> dict[int, int]:
    """Plants with four or more workers in each wave."""
    sizes = load("plant-sizes")
    all_manufacturing = sizes[(sizes["industry_ja"] == "製造業計") & (sizes["size"] != "1~3")]
    plants = all_manufacturing.groupby("year")["plants"].sum()
    return {year: int(plants[year]) for year in WAVES}


def seen(words: list[str], counts: Ints) -> Bools:
    """Repeat histories: shape ``(sum of counts, waves)``; ``x`` counts as seen."""
    table = np.array([[letter != "0" for letter in word] for word in words], dtype=bool)
    repeated: Bools = np.repeat(table, counts, axis=0)
    return repeated
