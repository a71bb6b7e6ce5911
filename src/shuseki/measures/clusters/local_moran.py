"""Where do areas with much of an industry lie together, and where those with little?

Definition (Anselin 1995). With ``z`` the location quotient of the industry in each area, less its
mean and over its standard deviation, and weights ``w`` that add up to 1 over the neighbours of an
area::

    I_a = z_a Σ_b w_ab z_b

Above 0 the area is like its neighbours, below 0 unlike them; the mean of all ``I_a`` is Moran's I.
p compares ``I_a`` with what it would be if the neighbours of ``a`` were drawn from all other areas.

Takes a panel with centres, or neighbours. Gives ``I_a`` (no unit), p and the kind of each area.
Areas without employment, those where the industry's cell is suppressed, and those that are left
without a neighbour are left out and named. Where all quotients are equal, ``I_a`` and p are
undefined (``nan``).
Source: Anselin (1995), Geographical Analysis 27, pp. 93–115.
Checked against: esda (the statistic), hand calculation, all draws of a small map (p).
Limits: p is for one area; among many areas some are below the level by chance. ``clusters`` tests
the map as a whole.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError
from shuseki.geography.weights import Neighbours
from shuseki.language import Message, say
from shuseki.measures.amounts import amounts
from shuseki.measures.neighbours import EQUAL, KnownNeighbours, standardised
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["LocalMoran", "local_moran"]

ANSELIN = Source(
    "Anselin1995",
    "Anselin, L., Local Indicators of Spatial Association, Geographical Analysis 27",
    "1995",
)


@result
class LocalMoran(Result):
    """Where like areas lie together, for one industry; arrays of shape ``(areas,)``.

    Attributes
    ----------
    areas
        Those that have a quotient and a neighbour.
    value
        Location quotient less 1 of the industry in each area.
    local_moran, p
        Local indicator, and its two-sided conditional permutation p: twice the smaller of the
        shares of draws that are as high and as low, equal ones in both. ``nan`` where all
        quotients are equal.
    kind
        ``high-high``, ``low-low``, ``high-low``, ``low-high``, or ``""`` where p is ``level`` or
        above.
    without_data
        Areas left out: no employment, the industry's cell suppressed, or no neighbour left.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    industry: str
    period: str
    value: Floats
    local_moran: Floats
    p: Floats
    kind: tuple[str, ...]
    without_data: tuple[str, ...]
    level: float

    def headline(self) -> Message:
        """Count the areas of each kind."""
        left = len(self.without_data)
        outside = say("; {n:count(area)} without data left out", n=left) if left else ""
        if not np.isfinite(self.p).any():
            return say(
                "{industry}, {period}: the quotient is the same in all areas, so that local Moran "
                "is undefined (n = {n}{outside}).",
                industry=self.industry,
                period=self.period,
                n=len(self.areas),
                outside=outside,
            )
        return say(
            "{industry}, {period}: {high} areas of high quotient among high, {low} of low among "
            "low (p < {level:g}, n = {n}; {chance:.0f} of all kinds expected by chance{outside}).",
            industry=self.industry,
            period=self.period,
            high=self.kind.count("high-high"),
            low=self.kind.count("low-low"),
            level=self.level,
            n=len(self.areas),
            chance=self.level * len(self.areas),
            outside=outside,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        return pd.DataFrame(
            {
                "area": self.areas,
                "area_name": self.area_names,
                "location_quotient_less_1": self.value,
                "local_moran": self.local_moran,
                "p": self.p,
                "kind": self.kind,
            }
        )


def local_moran(
    panel: Panel,
    industry: str,
    *,
    period: str | None = None,
    variable: str = "employment",
    neighbours: Neighbours | None = None,
    permutations: int = 999,
    level: float = 0.05,
    seed: int = 1995,
) -> LocalMoran:
    """Find areas whose quotient, and whose neighbours' quotient, are unlike the rest.

    Parameters
    ----------
    panel, industry, period, variable
        Of which the quotient is taken. Areas that have none are left out and named.
    neighbours
        One row per area of the panel; by default the eight nearest of the areas that have a
        quotient.
    permutations, level, seed
        Of p.

    Raises
    ------
    DataError
        The variable is negative or infinite; the industry is nowhere; fewer than three areas have
        data; no centres and no neighbours.
    """
    amount, when = amounts(panel, variable, period)
    filled = np.nan_to_num(amount)
    k = panel.position("industry", industry)
    total = filled.sum(axis=1)
    known: Bools = np.isfinite(amount[:, k]) & (total > 0)
    if filled[:, k].sum() <= 0:
        raise DataError(
            say(
                "Industry {industry} has no {variable} anywhere in {when}. A quotient needs some. "
                "Choose another industry or period.",
                industry=industry,
                variable=variable,
                when=when,
            )
        )
    if neighbours is None and panel.centres is None:
        raise DataError(say("The panel has no centres. Neighbours need them. Give neighbours=…"))
    near = KnownNeighbours(panel, neighbours)
    matrix, kept = near.among(known)
    if kept.sum() < 3:
        raise DataError(
            say(
                "{n_kept} areas have a quotient of {industry} and a neighbour. Local Moran needs "
                "three. Give finer areas.",
                n_kept=int(kept.sum()),
                industry=industry,
            )
        )
    expected = total[kept] * filled[:, k].sum() / filled.sum()
    value = filled[kept, k] / expected - 1
    z = standardised(value)
    around = matrix @ z
    local = z * around
    p = conditional_p(z, matrix, local, permutations, seed)
    names = np.where(z > 0, "high", "low"), np.where(around > 0, "high", "low")
    kind = tuple(
        f"{own}-{beside}" if chance < level else ""
        for own, beside, chance in zip(*names, p, strict=True)
    )
    area_names = panel.area_names or panel.areas
    return LocalMoran(
        areas=tuple(np.array(panel.areas)[kept].tolist()),
        area_names=tuple(np.array(area_names)[kept].tolist()),
        industry=(panel.industry_names or panel.industries)[k],
        period=when,
        value=value,
        local_moran=local,
        p=p,
        kind=kind,
        without_data=tuple(np.array(panel.areas)[~kept].tolist()),
        level=level,
        notes=(
            say("p is not corrected for the number of areas."),
            *near.notes(~kept),
            *panel.notes,
        ),
        sources=(*panel.sources, ANSELIN),
    )


# ---- array functions ---------------------------------------------------------------------
# Ours and not esda's: esda 2.9 counts draws equal to the statistic in one tail only, so that an
# area all of whose draws are equal has the smallest p there is.


def conditional_p(
    z: Floats, weights: sparse.csr_array, local: Floats, permutations: int, seed: int
) -> Floats:
    """Two-sided p of local indicators: the area stays, its neighbours are drawn, ``(areas,)``.

    Twice the smaller of two shares of draws, as high and as low, 1 added above and below; equal
    draws count in both. The same draws of positions serve every area. ``nan`` where the indicator
    is.
    """
    if np.isnan(local).all():
        return np.full(len(z), np.nan)
    rng = np.random.default_rng(seed)
    others = len(z) - 1
    most = int(np.diff(weights.indptr).max())
    drawn = rng.random((permutations, others)).argpartition(min(most, others - 1), axis=1)
    p = np.ones(len(z))
    for a in range(len(z)):
        row = weights.data[weights.indptr[a] : weights.indptr[a + 1]]
        chosen = drawn[:, : len(row)]
        around = z[chosen + (chosen >= a)] @ row * z[a]
        near = EQUAL * max(1.0, abs(local[a]))
        high, low = (around >= local[a] - near).sum(), (around <= local[a] + near).sum()
        p[a] = min(1.0, 2 * (int(min(high, low)) + 1) / (permutations + 1))
    return p
