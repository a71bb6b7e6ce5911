"""Which areas are built most alike, and why?

The distance of two areas is the root of the sum of squares of what tells them apart::

    d² = (2 H(s_r, s_t))² + Σ_k ((x_rk − x_tk) / sd_k)² / 4

with H the Hellinger distance of their shares of employees by industry (0 alike, 1 nothing in
common) and x the logs of manufacturing workers, of plants per km², of workers per plant, and the
manufacturing share. Peers are the areas with the smallest d. *Why* names the industries in which
both are specialised, and the trait in which they differ most.

Takes: a base. Gives: ``Peers`` of one area; distances have no unit.
Sources: Hellinger distance: Le Cam and Yang (2000), Asymptotics in Statistics.
Limits: where an area's industries are not published only the traits speak, and the answer says so.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.base import Base
from shuseki.results import Result, result

__all__ = ["Peers", "peers_of"]

SHOWN = 6
TRAITS = {
    "workers": say("manufacturing workers"),
    "density": say("plants per km²"),
    "size": say("workers per plant"),
    "share": say("manufacturing share"),
}


@result
class Peers(Result):
    """The areas built most alike.

    Attributes
    ----------
    codes, names
        The peers, nearest first.
    distance, mix_distance, trait_distance
        Shape ``(peers,)``; ``mix_distance`` is Hellinger's, 0 to 1.
    why
        A sentence for each.
    """

    area: str
    area_name: Message
    codes: tuple[str, ...]
    names: tuple[Message, ...]
    distance: Floats
    mix_distance: Floats
    trait_distance: Floats
    why: tuple[Message, ...]

    def headline(self) -> Message:
        """Name the nearest."""
        return say(
            "Built most like {area}: {peers}", area=self.area_name, peers=listed(self.names[:3])
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per peer."""
        return in_both(
            {
                "code": self.codes[k],
                "similar_area": self.names[k],
                "distance": self.distance[k],
                "industry_mix_distance": self.mix_distance[k],
                "trait_distance": self.trait_distance[k],
                "why": self.why[k],
            }
            for k in range(len(self.codes))
        )


# ---- public verb -------------------------------------------------------------------------------


def peers_of(base: Base, area: str, count: int = SHOWN) -> Peers:
    """Find the areas built most like one.

    Parameters
    ----------
    base
        The areas.
    area
        Code.
    count
        How many.
    """
    row = base.position(area)
    traits = traits_of(base)
    share = shares_of(base)
    mix = hellinger(share, row) if share is not None else np.full(len(base.codes), np.nan)
    apart = (traits - traits[row]) / 2
    trait = np.sqrt(np.nansum(apart**2, axis=1))
    lacking = np.isnan(apart).any(axis=1)
    both = np.isfinite(mix)
    if both[row]:
        distance = np.where(both, np.sqrt((2 * np.nan_to_num(mix)) ** 2 + trait**2), np.inf)
    else:
        distance = trait.copy()
    distance[row] = np.inf
    distance[lacking & ~lacking[row]] = np.inf
    order = np.argsort(distance, kind="stable")[: min(count, int(np.isfinite(distance).sum()))]
    english, japanese = base.names("en"), base.names("ja")
    notes = [say("Distances compare industries of employees, size, density and plant size.")]
    if not both[row]:
        notes.insert(0, say("Its industries are not published: only size and density compare."))
    return Peers(
        area=area,
        area_name=TwoNames(english[row], japanese[row]),
        codes=tuple(base.codes[k] for k in order),
        names=tuple(TwoNames(english[k], japanese[k]) for k in order),
        distance=distance[order],
        mix_distance=mix[order],
        trait_distance=trait[order],
        why=tuple(_why(base, share, apart, row, k) for k in order),
        notes=tuple(notes),
        sources=base.sources,
    )


def _why(base: Base, share: Floats | None, apart: Floats, row: int, other: int) -> Message:
    parts: list[Message] = []
    if share is not None and base.mix is not None and np.isfinite(share[[row, other]]).all():
        nation = np.nansum(base.mix.employment, axis=0)
        quotient = share[[row, other]] / np.maximum(nation / nation.sum(), 1e-12)
        common = np.minimum(share[row], share[other]) * (quotient > 1).all(axis=0)
        order = [k for k in np.argsort(-common)[:2] if common[k] > 0.03]
        if order:
            parts.append(
                say(
                    "both are strong in {industries}",
                    industries=listed(
                        [TwoNames(base.mix.names_en[k], base.mix.names_ja[k]) for k in order]
                    ),
                )
            )
    known = np.isfinite(apart[other])
    if known.any():
        gaps = np.abs(np.where(known, apart[other], 0.0))
        keys = list(TRAITS)
        alike = [TRAITS[keys[k]] for k in range(len(keys)) if known[k] and gaps[k] < 0.15]
        if alike:
            parts.append(say("alike in {traits}", traits=listed(alike)))
        far = int(gaps.argmax())
        if gaps[far] >= 0.5:
            more = apart[other, far] > 0
            parts.append(
                say(
                    "higher in {trait}" if more else "lower in {trait}",
                    trait=TRAITS[keys[far]],
                )
            )
    return joined(parts) if parts else say("alike on the whole")


# ---- arithmetic ----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def traits_of(base: Base) -> Floats:
    """Traits of all areas in standard deviations, ``(areas, 4)``."""
    table = base.columns
    if base.has_statistics:
        workers = table["manufacturing_employees_2021"].to_numpy(float)
        plants = table["manufacturing_plants_2021"].to_numpy(float)
        land = table["habitable_area_km2_2024"].to_numpy(float)
        share = workers / table["all_employees_2021"].to_numpy(float)
    else:
        workers = table["industry_employment"].to_numpy(float)
        plants = table["industry_plants"].to_numpy(float)
        land, share = np.full(len(workers), np.nan), np.full(len(workers), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.stack(
            [np.log(workers), np.log(plants / land), np.log(workers / plants), share], axis=1
        )
    raw[~np.isfinite(raw)] = np.nan
    spread = np.array(
        [np.nanstd(column) if np.isfinite(column).any() else np.nan for column in raw.T]
    )
    scaled: Floats = raw / np.where(spread > 0, spread, np.nan)
    usable = np.isfinite(scaled).any(axis=0)
    scaled[:, ~usable] = 0.0
    return scaled


@lru_cache(maxsize=8)
def shares_of(base: Base) -> Floats | None:
    """Shares of employees by industry, ``(areas, I)``; ``nan`` rows where none is published."""
    if base.mix is None:
        return None
    employment = np.nan_to_num(base.mix.employment)
    total = employment.sum(axis=1, keepdims=True)
    found: Floats = np.divide(
        employment, total, out=np.full_like(employment, np.nan), where=total > 0
    )
    return found


def hellinger(share: Floats, row: int) -> Floats:
    """Hellinger distance of every row to one, ``(areas,)``.

    Examples
    --------
    >>> hellinger(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), 0).round(3).tolist()
    [0.0, 0.541, 1.0]
    """
    affinity = np.sqrt(share * share[row]).sum(axis=1)
    distance: Floats = np.sqrt(np.clip(1 - affinity, 0.0, 1.0))
    return distance
