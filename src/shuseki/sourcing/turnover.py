"""Who came and who went between two lists of members, and what follows if nobody does?

From two lists, A and then B, t years apart::

    Jaccard index J = |A ∩ B| / |A ∪ B|          replacement = joined / left
    a year's share that stays   s = (|A ∩ B| / |A|)^(1/t)
    Jaccard turnover of a year  1 − 1 / (1/s + 1/s_B − 1),   s_B = (|A ∩ B| / |B|)^(1/t)

Where membership is fixed (メンバーの固定化) what members share grows and new ideas die out. With
groups of N who take turns, and pairs that newcomers renew at rate λ = −2 ln s per year, the common
share c of a pair (``theory.knowledge_creation``) follows ::

    dc/dt = g(c) (1/(N−1) − c) − λ (c − c₀)

g the growth of knowledge, c₀ what a newcomer shares with a member. ``knowledge_outlook`` gives the
growth that follows, and the smallest share of time with outsiders at which a group without
newcomers keeps most of the growth that it has now (``theory.knowledge_growth.exchange_growth``).

Takes: two lists of names, years between. Gives: counts, shares per year, growth per year.
Sources: Jaccard (1901); Berliant and Fujita (2008), as told by Fujita (2010) in Shoko
Research Institute (2012), section 3.2 ⑤, figure 3-5. Checked against: the simulated
model, its closed forms.
Limits: a model's advice. The size of groups, growth at the best and what newcomers share are
assumptions that no list of members tells.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, say, word
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, USER, Source
from shuseki.sourcing.assumptions import check_within
from shuseki.theory.models.knowledge_growth import (
    bliss_point,
    exchange_growth,
    pair_growth,
    rotation_growth,
)
from shuseki.theory.models.literature import BERLIANT_FUJITA_2008, FUJITA_2010

__all__ = ["KnowledgeOutlook", "Turnover", "common_share_path", "knowledge_outlook", "turnover"]

JACCARD_1901 = Source(
    "Jaccard1901",
    "Jaccard, P., Étude comparative de la distribution florale, Bulletin de la Société vaudoise "
    "des sciences naturelles 37",
    "1901",
)


@result
class Turnover(Result):
    """Who stayed, left and joined between two lists.

    Attributes
    ----------
    years
        Between the lists.
    stayed, left, joined
        Names, sorted.
    """

    years: float
    stayed: tuple[str, ...]
    left: tuple[str, ...]
    joined: tuple[str, ...]

    @property
    def jaccard_index(self) -> float:
        """Those on both lists over those on either, 0 to 1."""
        every = len(self.stayed) + len(self.left) + len(self.joined)
        return len(self.stayed) / every

    @property
    def staying_share_per_year(self) -> float:
        """Share of members that stay for a year, were every year alike."""
        return float((len(self.stayed) / (len(self.stayed) + len(self.left))) ** (1 / self.years))

    @property
    def jaccard_turnover_per_year(self) -> float:
        """1 − Jaccard index of two lists a year apart, were every year alike."""
        if not self.stayed:
            return 1.0
        of_later = (len(self.stayed) / (len(self.stayed) + len(self.joined))) ** (1 / self.years)
        return float(1 - 1 / (1 / self.staying_share_per_year + 1 / of_later - 1))

    @property
    def replacement_ratio(self) -> float:
        """Joined over left; ``nan`` where nobody left."""
        return len(self.joined) / len(self.left) if self.left else float("nan")

    def headline(self) -> Message:
        """Turnover of a year, stays, exits, entries."""
        return say(
            "{turnover:.1f}% of the membership turns over in a year: {stayed:,} stayed, {left:,} "
            "left, {joined:,} joined in {years:g} years, n = {n:count(member)}",
            turnover=100 * self.jaccard_turnover_per_year,
            stayed=len(self.stayed),
            left=len(self.left),
            joined=len(self.joined),
            years=self.years,
            n=len(self.stayed) + len(self.left),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per name: whether it stayed, left or joined."""
        rows = [
            (name, word(f"member_{what}"))
            for what, names in (
                ("stayed", self.stayed),
                ("left", self.left),
                ("joined", self.joined),
            )
            for name in names
        ]
        return pd.DataFrame(rows, columns=["member", "change"], dtype=object)


def turnover(before: Sequence[str], after: Sequence[str], *, years: float) -> Turnover:
    """Compare two lists of members, or two lists of partners or ties written as names.

    Parameters
    ----------
    before, after
        Names, each once.
    years
        Between the two, > 0.

    Raises
    ------
    DataError
        A list is empty, or has a name twice.
    ParameterError
        ``years`` is not above 0.

    Examples
    --------
    >>> found = turnover(["a", "b", "c", "d"], ["b", "c", "d", "e"], years=1)
    >>> found.jaccard_index, found.replacement_ratio
    (0.6, 1.0)
    """
    if not (years > 0 and np.isfinite(years)):
        raise ParameterError(
            say(
                "years = {years:g}. Expected the years between the lists, above 0.",
                years=years,
            )
        )
    for which, names in ((say("earlier"), before), (say("later"), after)):
        if not len(names):
            raise DataError(
                say(
                    "The {which} list is empty. Expected one member or more. Check it.",
                    which=which,
                )
            )
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise DataError(
                say(
                    "Members given twice in the {which} list: {twice}. Expected each once. Keep "
                    "one.",
                    which=which,
                    twice=examples(twice),
                )
            )
    first, second = set(before), set(after)
    return Turnover(
        years=years,
        stayed=tuple(sorted(first & second)),
        left=tuple(sorted(first - second)),
        joined=tuple(sorted(second - first)),
        sources=(USER, JACCARD_1901),
    )


@result
class KnowledgeOutlook(Result):
    """What a membership does to the growth of its knowledge: a model's advice.

    Attributes
    ----------
    group
        Persons or firms that take turns in working together.
    turnover_per_year
        λ/2 = −ln of the share that stays.
    time_years
        Shape ``(t,)``.
    growth_closed, growth_observed
        Growth of knowledge per year without newcomers, and with those observed, shape ``(t,)``.
    growth_best
        At the bliss point, per year.
    keep_share
        Share of the growth of now that exchange is to keep.
    exchange_share
        Smallest share of time with outsiders that keeps so much for good; ``nan`` where none does.
    halving_years
        Until growth without newcomers is half of now; ``nan`` where it stays above.
    """

    group: int
    theta: float
    turnover_per_year: float
    time_years: Floats
    growth_closed: Floats
    growth_observed: Floats
    growth_best: float
    keep_share: float
    exchange_share: float
    halving_years: float

    def headline(self) -> Message:
        """Decay, and what stops it."""
        return say(
            "with newcomers as observed, growth of knowledge goes from {now:.0f}% of the best to "
            "{then:.0f}% in {years:g} years; without any, to {closed:.0f}%; {exchange}, n = groups "
            "of {group}",
            now=100 * self.growth_closed[0] / self.growth_best,
            then=100 * self.growth_observed[-1] / self.growth_best,
            closed=100 * self.growth_closed[-1] / self.growth_best,
            years=self.time_years[-1],
            exchange=self._exchange(),
            group=self.group,
        )

    def _exchange(self) -> Message:
        if np.isnan(self.exchange_share):
            return say(
                "no share of time with outsiders keeps {keep:.0f}% of it",
                keep=100 * self.keep_share,
            )
        if self.exchange_share == 0:
            return say("{keep:.0f}% of it stays without exchange", keep=100 * self.keep_share)
        return say(
            "{percent:.0f}% of time with outsiders keeps {keep:.0f}% of it",
            percent=100 * self.exchange_share,
            keep=100 * self.keep_share,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per year."""
        return pd.DataFrame(
            {
                "time_years": self.time_years,
                "growth_without_newcomers_share": self.growth_closed,
                "growth_with_newcomers_share": self.growth_observed,
            }
        )


def knowledge_outlook(
    observed: Turnover,
    *,
    group: int = 2,
    theta: float = 1 / 3,
    growth_at_best_per_year: float = 0.05,
    difference: float | None = None,
    newcomer_difference: float = 0.45,
    efficiency: float = 1.0,
    keep_share: float = 0.95,
    years: int = 30,
) -> KnowledgeOutlook:
    """What the turnover of members does to the knowledge that they create together.

    Parameters
    ----------
    observed
        Turnover of members, or of partners.
    group
        How many take turns in working together; 2 are lasting pairs, the case that decays most.
    theta
        Weight of shared knowledge, in (0, 1).
    growth_at_best_per_year
        Growth of knowledge at the best difference, which sets the length of a year: an assumption.
    difference
        m of the members now, in (0, ½); the best by default.
    newcomer_difference
        m of a newcomer and a member, in (0, ½).
    efficiency
        What an hour with outsiders yields, relative.
    keep_share
        Share of the growth of now that exchange is to keep.
    years
        How far to look.

    Raises
    ------
    ParameterError
        A parameter is outside its range, or nobody stayed, so that no rate follows.
    """
    best_difference = bliss_point(theta)
    now = best_difference if difference is None else difference
    check_within(
        ("group", group, 2, np.inf),
        ("growth_at_best_per_year", growth_at_best_per_year, 1e-9, np.inf),
        ("difference", now, 1e-6, 0.5 - 1e-6),
        ("newcomer_difference", newcomer_difference, 1e-6, 0.5 - 1e-6),
        ("efficiency", efficiency, 1e-6, 1.0),
        ("keep_share", keep_share, 0.01, 1.0),
        ("years", years, 1, 1000),
    )
    if not observed.stayed:
        raise ParameterError(
            say(
                "No member stayed between the lists. Expected one or more: with none, the lists "
                "may be of two associations. Check them, or choose lists that are closer in time."
            )
        )
    beta = growth_at_best_per_year / float(pair_growth(best_difference, theta))
    rate = -float(np.log(observed.staying_share_per_year))
    time = np.linspace(0.0, years, 10 * years + 1)
    start, fresh = _common(now), _common(newcomer_difference)
    closed = _growth(common_share_path(time, start, fresh, 0.0, group, theta, beta), theta, beta)
    with_new = _growth(
        common_share_path(time, start, fresh, 2 * rate, group, theta, beta), theta, beta
    )
    below = np.flatnonzero(closed <= closed[0] / 2)
    every = slice(None, None, 10)
    return KnowledgeOutlook(
        group=group,
        theta=theta,
        turnover_per_year=rate,
        time_years=time[every],
        growth_closed=closed[every],
        growth_observed=with_new[every],
        growth_best=growth_at_best_per_year,
        keep_share=keep_share,
        exchange_share=_stopping_share(
            keep_share * float(closed[0]), group, theta, beta, efficiency
        ),
        halving_years=float(time[below[0]]) if below.size else float("nan"),
        notes=(
            say("A model's advice, not a measurement of these members' knowledge."),
            say(
                "Assumed: groups of {group}, knowledge growing by {percent:g}% per year at best, "
                "a newcomer's difference m = {m:g}, θ = {theta:.3g}.",
                group=group,
                percent=100 * growth_at_best_per_year,
                m=newcomer_difference,
                theta=theta,
            ),
        ),
        sources=(*observed.sources, BERLIANT_FUJITA_2008, FUJITA_2010, AGGLOMERATION_2012),
    )


def common_share_path(
    time: Floats,
    start: float,
    fresh: float,
    renewal: float,
    group: int,
    theta: float,
    beta: float,
) -> Floats:
    """Common share c of a pair over time, shape as ``time``.

    Parameters
    ----------
    time
        Rising, first 0.
    start, fresh
        c now, and c₀ of a pair with a newcomer, in (0, 1).
    renewal
        λ, pairs renewed per unit of time.
    group, theta, beta
        Of ``theory.knowledge_creation``.
    """
    steady = 1 / (group - 1)

    def drift(_: float, c: Floats) -> Floats:
        return _growth(c, theta, beta) * (steady - c) - renewal * (c - fresh)

    found = scipy.integrate.solve_ivp(
        drift, (time[0], time[-1]), [start], t_eval=time, rtol=1e-9, atol=1e-12, method="LSODA"
    )
    return np.asarray(np.clip(found.y[0], 0.0, 1.0))


def _common(difference: float) -> float:
    return (1 - 2 * difference) / (1 - difference)


def _growth(common: Floats, theta: float, beta: float) -> Floats:
    """Growth of two who share c: g at m = (1 − c)/(2 − c)."""
    c = np.clip(common, 0.0, 1.0)
    return pair_growth((1 - c) / (2 - c), theta, beta)


def _stopping_share(
    target: float, group: int, theta: float, beta: float, efficiency: float
) -> float:
    """Smallest share of exchange whose long-run growth is the target; 0 or ``nan`` at the ends."""
    if float(rotation_growth(group, theta, beta)) >= target:
        return 0.0

    def excess(share: float) -> float:
        found = exchange_growth(share, group, efficiency=efficiency, theta=theta, beta=beta)
        return found - target

    grid = np.linspace(0.005, 0.995, 199)
    enough = [share for share in grid if excess(float(share)) >= 0]
    if not enough:
        return float("nan")
    first = float(enough[0])
    if first == grid[0]:
        return first
    return float(scipy.optimize.brentq(excess, first - (grid[1] - grid[0]), first))
