"""What would change, where, and can it be believed?

The answer of the quantitative spatial models (``quantitative_spatial``): factors of change by
region, 1 = no change, with an audit and, on request, intervals from draws of the parameters.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.language import Message, say, told
from shuseki.results import Result, result

__all__ = ["COMPARISON", "Audit", "Counterfactual", "Intervals"]

COMPARISON = say("A comparison of two long-run equilibria: it says neither when nor at what cost.")
"""The note of every counterfactual."""


@dataclass(frozen=True)
class Audit:
    """Whether a counterfactual can be believed.

    Attributes
    ----------
    observed_is_stable
        Whether small moves away from the observed state die out.
    leading_growth
        Growth rate of the move that dies slowest (per unit of adjustment speed); ≥ 0 is unstable.
    is_unique
        Whether the long-run equilibrium is the only one: by theorem, or as far as found.
    uniqueness
        How that is known.
    """

    observed_is_stable: bool
    leading_growth: float
    is_unique: bool
    uniqueness: Message


@dataclass(frozen=True, eq=False)
class Intervals:
    """What parameter draws say.

    Attributes
    ----------
    draws, kept
        Draws made, and draws under which the observed state is stable and the answer settled.
    level
        Share of draws between the bounds.
    employment_low, employment_high, wage_low, wage_high
        Bounds of the factors of change, shape ``(n,)``.
    welfare_low, welfare_high
        Bounds of the factor of welfare.
    agreement_share
        Share of the kept draws that agree with the central answer on who grows, shape ``(n,)``.
    """

    draws: int
    kept: int
    level: float
    employment_low: Floats
    employment_high: Floats
    wage_low: Floats
    wage_high: Floats
    welfare_low: float
    welfare_high: float
    agreement_share: Floats

    @property
    def stable_share(self) -> float:
        """Share of draws in which the observed state is stable."""
        return self.kept / self.draws


@result
class Counterfactual(Result):
    """What would change.

    Attributes
    ----------
    names
        Regions, length n.
    employment, wage, price_index
        Factors of change, shape ``(n,)``; 1 = no change. Wages in units of total income.
    welfare
        Factor of change of the utility that all mobile people share.
    observed_employment
        Persons before, shape ``(n,)``.
    shock
        What was changed, in words.
    audit, intervals
        Whether to believe it.
    iterations
        Steps of the solution.
    codes, division
        Codes of the regions and the division they belong to, for a map; empty when unknown.
    """

    names: tuple[str, ...]
    employment: Floats
    wage: Floats
    price_index: Floats
    welfare: float
    observed_employment: Floats
    shock: str
    audit: Audit | None = None
    intervals: Intervals | None = None
    iterations: int = 0
    codes: tuple[str, ...] = ()
    division: str = ""

    @property
    def moved_share(self) -> float:
        """Share of all people who live elsewhere afterwards."""
        share = self.observed_employment / self.observed_employment.sum()
        return float(np.abs(share * self.employment - share).sum() / 2)

    def headline(self) -> Message:
        """Winner, loser, welfare, with intervals when there are draws."""
        return say(
            "{shock}: employment {best}, {worst}; welfare {welfare:+.4f}%; {moved:.3f}% of people "
            "move; n = {n:count(region)}",
            shock=self.shock,
            best=self._change(int(np.argmax(self.employment))),
            worst=self._change(int(np.argmin(self.employment))),
            welfare=100 * (self.welfare - 1),
            moved=100 * self.moved_share,
            n=len(self.names),
        )

    def _change(self, k: int) -> Message:
        """Change of one region's employment."""
        change = say(
            "{region} {percent:+.2f}%",
            region=self.names[k],
            percent=100 * (self.employment[k] - 1),
        )
        if self.intervals is None:
            return change
        return say(
            "{change} ({low:+.2f} to {high:+.2f})",
            change=change,
            low=100 * (self.intervals.employment_low[k] - 1),
            high=100 * (self.intervals.employment_high[k] - 1),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        frame = pd.DataFrame(
            {
                **({"area": self.codes} if self.codes else {}),
                "region": [str(name) for name in self.names],
                "region_ja": [told(name, "ja") for name in self.names],
                "employment_observed": self.observed_employment,
                "employment_change_percent": 100 * (self.employment - 1),
                "wage_change_percent": 100 * (self.wage - 1),
                "price_index_change_percent": 100 * (self.price_index - 1),
            }
        )
        if self.intervals is not None:
            bounds = self.intervals
            frame["employment_change_low_percent"] = 100 * (bounds.employment_low - 1)
            frame["employment_change_high_percent"] = 100 * (bounds.employment_high - 1)
            frame["agreement_share"] = bounds.agreement_share
        return frame
