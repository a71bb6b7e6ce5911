"""Which country is bundled, and what do its areas look like?

Statistics, codes, outlines and divisions of one country come with the library. Every other room
asks here and names no country itself, so that another one, or the user's own, takes the same way.

Takes: codes, or degrees. Gives: whether they are of the bundled country, and what its divisions are
called. Sources: those of ``areas``, ``districts`` and ``coordinates``.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import numpy as np

from shuseki.arrays import Floats
from shuseki.geography.codes import are_of_japan as are_bundled
from shuseki.geography.coordinates import JAPAN
from shuseki.language import Message, say

__all__ = [
    "COUNTRY",
    "DISTRICTS",
    "DIVISIONS",
    "MUNICIPALITIES",
    "PREFECTURES",
    "ZONES",
    "DivisionName",
    "are_bundled",
    "holds",
]

COUNTRY: Final = "japan"
"""Name of its codes of places, as layouts and studies write it."""

DivisionName: TypeAlias = Literal[
    "district-253", "municipality", "commuting-zone-1995", "prefecture"
]
DISTRICTS: Final = "district-253"
"""The division that is taken when none is named."""
MUNICIPALITIES: Final = "municipality"
ZONES: Final = "commuting-zone-1995"
PREFECTURES: Final = "prefecture"
DIVISIONS: Mapping[str, Message] = {
    DISTRICTS: say("industrial district"),
    MUNICIPALITIES: say("municipality"),
    ZONES: say("commuting zone"),
    PREFECTURES: say("prefecture"),
}
"""Its divisions, and what one area of each is called."""


def holds(latitude: Floats | float, longitude: Floats | float) -> bool:
    """Whether all places, degrees, lie in the country with its outlying islands.

    Examples
    --------
    >>> holds(35.7, 139.7), holds(24.1, 120.5)
    (True, False)
    """
    south, north, west, east = JAPAN
    north_of, east_of = np.asarray(latitude), np.asarray(longitude)
    inside = (south <= north_of) & (north_of <= north) & (west <= east_of) & (east_of <= east)
    return bool(inside.all())
