"""What share of the plants is published by industry, and when does that change?

Statistics by small area publish industries for some places only: in Japan for cities, not for
towns. Where a town joins a city its plants appear in the city's industries, and look like growth;
where a city is divided into wards they may vanish. The seen share of an area is the number of
plants in its published industries over all its plants; a year in which it jumps says nothing of
the growth of any industry.

Takes a panel by industry, and one of all plants of the same areas and periods. Gives shares (0 to
1; ``areas × periods``), the years that can be compared with the one before, and the areas that can
be compared over all periods.
Limits: plants that were hidden before and after a jump may be of another industry than those seen.
"""

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.panel import Panel

__all__ = ["SEEN_ENOUGH", "comparable_areas", "comparable_years", "seen_share"]

JUMP = 0.03
"""Change of the seen share in a year, relative to itself, that cannot be chance."""
DRIFT = 0.05
"""The same over all periods."""
SEEN_ENOUGH = 0.25
"""Where less is seen, the published industries are those of a part of the area."""


def seen_share(panel: Panel, all_plants: Panel, plants: str = "plants") -> Floats:
    """Share of each area's plants that the panel's industries hold, ``(areas, periods)``.

    Parameters
    ----------
    panel
        Plants by area, industry and period.
    all_plants
        All plants of the same areas and periods, in any order.
    plants
        Name of the variable, in both.
    """
    rows = [all_plants.position("area", code) for code in panel.areas]
    columns = [all_plants.position("period", code) for code in panel.periods]
    whole = np.nansum(all_plants.values[plants], axis=1)[np.ix_(rows, columns)]
    seen = np.nansum(panel.values[plants], axis=1)
    share: Floats = np.divide(seen, whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def comparable_years(share: Floats) -> Bools:
    """Whether each period but the first can be compared with the one before, ``(areas, T − 1)``."""
    before, after = share[:, :-1], share[:, 1:]
    change = np.divide(after, before, out=np.zeros_like(after), where=before > 0) - 1
    enough = np.minimum(before, after) >= SEEN_ENOUGH
    steady: Bools = (np.abs(change) <= JUMP) & enough
    return steady


def comparable_areas(share: Floats) -> Bools:
    """Whether an area's periods can all be compared with one another, ``(areas,)``."""
    lowest, highest = share.min(axis=1), share.max(axis=1)
    steady: Bools = (highest <= (1 + DRIFT) * lowest) & (lowest >= SEEN_ENOUGH)
    return steady
