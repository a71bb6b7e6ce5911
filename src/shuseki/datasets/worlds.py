"""On which observed areas can a theory be calibrated?

``bundled_world_data`` gives manufacturing of 2001 by area, as one industry and period, with the
names of the areas in both languages and the distances within them: what
``shuseki.bridges.world.invert`` takes.

Takes the name of a division. Gives employees (persons), wages (yen), km.
Sources: METI 工業統計表 2001; areas in km² as in ``regional_accounts``. The distance within an area
is ``0.376 √(area km²)`` where the areas in km² are bundled (the districts), else unknown.
"""

from dataclasses import dataclass

import numpy as np

from shuseki.arrays import Floats
from shuseki.datasets.accounts import regional_accounts
from shuseki.datasets.public import manufacturing_panel
from shuseki.geography.distances import own_distance_km
from shuseki.geography.districts import division
from shuseki.panel import Panel

__all__ = ["WorldData", "bundled_world_data"]

YEAR = 2001
DATES = {"municipality": 2020, "prefecture": 1995, "district-253": 1995}
"""Year of the codes and names of each division."""


@dataclass(frozen=True, eq=False)
class WorldData:
    """Observed areas, named in both languages.

    Attributes
    ----------
    panel
        ``employees`` and ``wages_yen`` by area, in one industry and period.
    names_ja
        Japanese names in the order of the areas.
    within_km
        Distance within each area, shape ``(areas,)``; ``None`` where unknown.
    """

    panel: Panel
    names_ja: tuple[str, ...]
    within_km: Floats | None


def bundled_world_data(name: str = "district-253") -> WorldData:
    """Give manufacturing of 2001 in the areas of a bundled division.

    Parameters
    ----------
    name
        ``"district-253"``, ``"municipality"`` (those of 2020), ``"prefecture"``, or another bundled
        division.

    Raises
    ------
    UnknownCodeError
        No such division.
    """
    panel = manufacturing_panel(name, industries="total", years=[YEAR])
    return WorldData(panel, _names_ja(panel), _within_km(panel))


def _names_ja(panel: Panel) -> tuple[str, ...]:
    names = panel.area_names or panel.areas
    if panel.division not in DATES:
        return names
    areas = division(panel.division, DATES[panel.division]).areas
    known = areas.set_index("code")["name_ja"].to_dict()
    return tuple(known.get(code, name) for code, name in zip(panel.areas, names, strict=True))


def _within_km(panel: Panel) -> Floats | None:
    if panel.division != "district-253":
        return None
    area = regional_accounts(by=panel.division)["area_km2"].reindex(list(panel.areas))
    known = area.to_numpy(dtype=float)
    return own_distance_km(known) if np.isfinite(known).all() else None
