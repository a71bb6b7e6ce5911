"""Where does the area stand in each indicator, and how sure is that?

Value, standing (percentile, 100 is best), rank (1 is best) and the interval that holds 90 % of the
rank's distribution (``indicators.rank_intervals``): small places are uncertain.

Takes: values of indicators. Gives: ``Position`` of one area. Sources: with every indicator.
"""

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.language import Message, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.indicators import Indicator, Values, rank_intervals
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Position", "position_of"]


@result
class Position(Result):
    """Standing of one area in ``K`` indicators.

    Attributes
    ----------
    indicators
        The known and the missing.
    value, standing, rank, rank_lower, rank_upper, areas
        Shape ``(K,)``; ``nan`` where missing; ``areas`` are those ranked.
    median
        Of all areas, ``(K,)``.
    why_missing
        Why an indicator is missing, or ``None``.
    indicator_sources
        Data sets of each.
    """

    area: str
    area_name: Message
    division: str
    indicators: tuple[Indicator, ...]
    value: Floats
    standing: Floats
    rank: Floats
    rank_lower: Floats
    rank_upper: Floats
    areas: Floats
    median: Floats
    why_missing: tuple[Message | None, ...]
    indicator_sources: tuple[tuple[Source, ...], ...]

    def headline(self) -> Message:
        """Say the best and the worst, and how many are missing."""
        known = np.isfinite(self.standing)
        if not known.any():
            return say("{area}: no indicator is known", area=self.area_name)
        best, worst = int(np.nanargmax(self.standing)), int(np.nanargmin(self.standing))
        return say(
            "{area}: best in {best} (rank {best_rank:.0f} of {n:.0f}), worst in {worst} (rank "
            "{worst_rank:.0f}); {missing} of {all} indicators missing",
            area=self.area_name,
            best=self.indicators[best].label,
            best_rank=self.rank[best],
            n=self.areas[best],
            worst=self.indicators[worst].label,
            worst_rank=self.rank[worst],
            missing=int((~known).sum()),
            all=len(known),
        )

    def recomputed_by(self, k: int) -> str:
        """The line of Python that recomputes one number."""
        key = self.indicators[k].key
        return (
            "from shuseki.profile import indicator; "
            f'indicator("{key}", "{self.area}", by="{self.division}")'
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per indicator: those known first."""
        order = np.argsort(~np.isfinite(self.standing), kind="stable")
        return in_both(
            [
                {
                    "indicator": self.indicators[k].label,
                    "indicator_key": self.indicators[k].key,
                    "value": self.value[k],
                    "unit": self.indicators[k].unit,
                    "year": self.indicators[k].year,
                    "median": self.median[k],
                    "standing": self.standing[k],
                    "rank": self.rank[k],
                    "rank_lower": self.rank_lower[k],
                    "rank_upper": self.rank_upper[k],
                    "areas": self.areas[k],
                    "why_missing": self.why_missing[k] or "",
                    "source": "; ".join(s.key for s in self.indicator_sources[k]),
                    "recompute": self.recomputed_by(k),
                }
                for k in order
            ]
        )


def position_of(values: Values, area: str) -> Position:
    """Place one area among all."""
    base = values.base
    row = base.position(area)
    entries = values.catalogue.entries
    sign = np.array([entry.sign for entry in entries], dtype=float)
    rank, low, high = rank_intervals(values.value * sign, values.error, row)
    known = np.isfinite(values.value)
    why = []
    for k, entry in enumerate(entries):
        reason = entry.why_missing(base)
        if reason is None and not known[row, k]:
            reason = say("Not published for this area.")
        why.append(reason)
    found = tuple(values.sources(entry.key) for entry in entries)
    return Position(
        area=area,
        area_name=TwoNames(base.names("en")[row], base.names("ja")[row]),
        division=base.division.name,
        indicators=entries,
        value=values.value[row],
        standing=values.standing[row],
        rank=rank,
        rank_lower=low,
        rank_upper=high,
        areas=known.sum(axis=0).astype(float),
        median=values.median,
        why_missing=tuple(why),
        indicator_sources=found,
        notes=(
            say(
                "Intervals hold 90% of what the rank could be, were the counts drawn again: small "
                "places are uncertain."
            ),
        ),
        sources=tuple(dict.fromkeys(one for of in found for one in of)) or base.sources,
    )
