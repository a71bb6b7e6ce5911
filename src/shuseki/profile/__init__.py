"""How does this area stand, why, and what follows?

The room can be called: ``shuseki.profile("東大阪")`` is ``shuseki.profile.profile("東大阪")``.
"""

import sys
from types import ModuleType
from typing import Any

from shuseki.profile.directions import Directions, directions, reach
from shuseki.profile.frameworks import FrameworkScores, frameworks, later_growth
from shuseki.profile.indicators import Indicators, indicators
from shuseki.profile.profiles import (
    PARTS,
    Comparison,
    Profile,
    compare,
    indicator,
    profile,
    what_if,
)

__all__ = [
    "PARTS",
    "Comparison",
    "Directions",
    "FrameworkScores",
    "Indicators",
    "Profile",
    "compare",
    "directions",
    "frameworks",
    "indicator",
    "indicators",
    "later_growth",
    "profile",
    "reach",
    "what_if",
]


class Room(ModuleType):
    """A package that answers its question when it is called."""

    def __call__(self, area: str, **options: Any) -> Profile:
        """Give the profile of an area; see ``profile``."""
        return profile(area, **options)


sys.modules[__name__].__class__ = Room
