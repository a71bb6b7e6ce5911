"""How are figures of municipalities carried to other areas, and to another day?

Counts and amounts are added up; a municipality that was merged from several areas is divided by
size (``geography.mergers``). What is withheld counts as 0 in a sum.

Takes municipal tables and their date. Gives one row per area, in the unit of the table.
"""

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.districts import Division
from shuseki.geography.mergers import crosswalk

__all__ = ["add_up", "near_metropolis", "on_date"]

METROPOLITAN_KM = 50.0
METROPOLITAN_CENTRES = {"Tokyo": (35.6812, 139.7671), "Osaka": (34.7025, 135.4959)}
"""Tokyo and Osaka stations, degrees."""


def add_up(
    by: Division, table: pd.DataFrame, date: str, sizes: "pd.Series[float] | None" = None
) -> pd.DataFrame:
    """Add the numeric columns of a municipal table up to the areas; withheld cells count as 0."""
    columns = [c for c in table.columns if c not in ("municipality", "year", "industry")]
    weights = by.crosswalk(date, sizes=sizes).matrix(list(table["municipality"]))
    amounts = table[columns].to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(weights @ np.nan_to_num(amounts), index=list(by.codes), columns=columns)


def on_date(amounts: "pd.Series[float]", date: str, to: str) -> "pd.Series[float]":
    """Carry municipal amounts of one date to the codes of another."""
    way = crosswalk(date, to)
    codes = [str(code) for code in amounts.index]
    carried = way.matrix(codes) @ amounts.to_numpy(float)
    return pd.Series(carried, index=list(way.to_areas["code"]))


def near_metropolis(centres: Floats) -> Bools:
    """Whether each centre, shape ``(areas, 2)``, lies near Tokyo or Osaka station."""
    stations = np.array(list(METROPOLITAN_CENTRES.values()))
    near: Bools = distance_matrix_km(centres, stations).min(axis=1) <= METROPOLITAN_KM
    return near
