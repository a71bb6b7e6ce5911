"""Which plants are too small to appear in the waves?

Plants of one to three workers were surveyed in 1995, 1998 and 2000, but the records of them no
longer exist (Okamuro 2006, p. 4). Only the truth has them: about as many as published, by
district according to the accounts, with openings and closures.

Takes: the design and random numbers. Gives: one row per plant and wave.
Sources: METI 工業統計表 産業編 (``plant-sizes``). Limits: 1996 and 1997 are interpolated; that
they neither grow nor move is not true of them: those that grow over three workers are in
``plants``.
"""

import numpy as np
import pandas as pd

from shuseki.arrays import Ints
from shuseki.datasets.catalogue import load
from shuseki.datasets.census.design import DistrictDesign
from shuseki.datasets.census.histories import WAVES
from shuseki.datasets.census.plants import (
    DAY_1995,
    OUTSIDE,
    SURVEY_DAYS,
    Country,
    draw_places,
    repeat_cells,
)

__all__ = ["draw_smallest"]

CLOSING_SHARE = 0.075
"""Of the plants of 1–3 workers, those that close within a year."""
WORKERS = (0.25, 0.42, 0.33)
"""Shares of one, two and three workers; their mean is the published 2.08."""


def draw_smallest(
    design: DistrictDesign, place: Country, share: float, first_plant: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the plants of one to three workers.

    Returns
    -------
    DataFrame
        ``plant``, ``wave`` (position), ``municipality``, ``industry`` (positions), ``employees``,
        ``opened`` (days since 1970), ``born`` (opened since the wave before).
    """
    table = load("plant-sizes")
    table = table[(table["industry_ja"] == "製造業計") & (table["size"] == "1~3")]
    published = table.set_index("year")["plants"].reindex(range(1995, 2001)).astype(float)
    wanted = np.rint(published.interpolate().loc[list(WAVES)].to_numpy() * share).astype(np.int64)
    years = np.diff(WAVES, prepend=WAVES[0])
    stays = (1 - CLOSING_SHARE) ** years
    living = np.empty(0, dtype=np.int64)
    opened = np.empty(0)
    born_in = np.empty(0, dtype=np.int64)
    pieces: list[tuple[int, Ints]] = []
    for k, many in enumerate(wanted):
        living = living[rng.random(len(living)) < stays[k]][:many]
        new = np.arange(len(opened), len(opened) + many - len(living))
        until = SURVEY_DAYS[WAVES[k]]
        if k == 0:
            days = np.maximum(DAY_1995 + 365 - rng.exponential(16 * 365.25, len(new)), -25_000.0)
        else:
            days = until - rng.random(len(new)) * 365.25 * years[k]
        opened = np.concatenate([opened, np.floor(days)])
        born_in = np.concatenate([born_in, np.full(len(new), k)])
        living = np.concatenate([living, new])
        pieces.append((k, living))
    cells = smallest_cells(design, place, len(opened), rng)
    municipality, industry = draw_places(place, cells, rng)
    employees = 1 + rng.choice(3, size=len(opened), p=WORKERS)
    at = np.concatenate([those for _, those in pieces])
    wave = np.repeat([k for k, _ in pieces], [len(those) for _, those in pieces])
    return pd.DataFrame(
        {
            "plant": first_plant + at,
            "wave": wave,
            "municipality": municipality[at],
            "industry": industry[at],
            "employees": employees[at],
            "opened": opened[at],
            "born": (born_in[at] == wave) & (wave > 0),
        }
    )


def smallest_cells(
    design: DistrictDesign, place: Country, n: int, rng: np.random.Generator
) -> Ints:
    """Spread plants over districts and technology as the accounts' plants of 1–3 workers are."""
    accounts = design.accounts
    small = (
        (accounts["plants_1998"] - design.plants_of_4_or_more).clip(lower=0).to_numpy(dtype=float)
    )
    share = (accounts["hightech_plants_1998"] / accounts["plants_1998"]).to_numpy(dtype=float)
    weights = np.zeros((OUTSIDE + 1, 2))
    weights[:OUTSIDE, 1], weights[:OUTSIDE, 0] = small * share, small * (1 - share)
    outside = place.plants[place.area == OUTSIDE].sum() / place.plants.sum()
    weights[OUTSIDE] = weights.sum() * outside * np.array([0.8, 0.2])
    cells = repeat_cells(
        rng.multinomial(n, (weights / weights.sum()).ravel()).reshape(weights.shape)
    )
    return rng.permutation(cells)
