"""Where are the clusters of every industry, and how far is each localised?

Made once for all profiles (``derive/profile_tables.py``) from the municipalities of 2012, two-digit
industries, cities only: see ``measures.clusters`` and ``measures.distance``.
"""

import pandas as pd

from shuseki.datasets.public import default_division, manufacturing_panel
from shuseki.measures.clusters.clusters import clusters
from shuseki.measures.distance.kdensity import kdensity_areas
from shuseki.panel import Panel

__all__ = ["cluster_table", "kdensity_table"]


def _towns() -> Panel:
    by = default_division("municipality")
    return manufacturing_panel(by, industries="jsic-12", years=[2012]).drop_empty("plants")


def cluster_table(simulations: int = 99) -> pd.DataFrame:
    """Clusters of every industry, one row per municipality in one."""
    panel = _towns()
    rows = []
    for industry in panel.industries:
        found = clusters(panel, industry, simulations=simulations)
        for k, one in enumerate(found.found):
            rows += [(industry, k + 1, code, round(one.plants), round(one.ratio, 2))
                     for code in one.areas]  # fmt: skip
    columns = ["industry", "cluster", "municipality", "plants", "ratio"]
    return pd.DataFrame(rows, columns=columns)


def kdensity_table() -> pd.DataFrame:
    """K-density of every industry: pattern, and from where to where it is localised."""
    frame = kdensity_areas(_towns()).to_frame()
    columns = ["industry", "plants", "pattern", "localisation_index", "localised_from_km",
               "localised_to_km"]  # fmt: skip
    return frame[columns].round(3)
