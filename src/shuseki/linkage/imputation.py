"""How sure are births and deaths when it is not sure who is who?

Links are not independent: a record that is linked here is free nowhere else. Whole matchings are
drawn from their joint probability (``matchings.draw_matchings``); between draws the shares m and
the odds of a pair are drawn too, from what the matching before says of them (data augmentation), so
that intervals know that the model itself was learned::

    matching → m ~ Dirichlet(prior + counts), pairs ~ Beta → weights → matching → …

``draw_links`` gives the draws: who is new and who is gone in each. ``interval`` makes an interval
of a count from them, ``pooled`` combines an estimate made on each draw by Rubin's rules.

Counts are whole numbers, and few of them are likely: a closed interval that holds 95% of the draws
at least holds 97 or 98% of them where the draws stand two or three numbers apart. So a number is in
the interval when its mid-p does not fall under the tail (Lancaster 1961)::

    draws below + ½ draws equal, as a share, between (1 − level) / 2 and (1 + level) / 2

which holds the level on average, neither more nor less, and is the usual one where counts are many.

Takes: ``Links``. Gives: ``DrawnLinks``. Sources: Sadinle (2017), JASA 112, for the sampler; Rubin
(1987), Multiple imputation for nonresponse in surveys, pp. 76–77; Barnard and Rubin (1999) for the
degrees of freedom; Lancaster (1961), Significance tests in discrete distributions, JASA 56.
Limits: a partner that is no candidate (changed beyond likeness) is in no draw: births that are none
because name and place both changed are counted as births, in the interval too.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.linkage.likeness import Links
from shuseki.linkage.matchings import HOPELESS, draw_matchings
from shuseki.linkage.model import prior_odds
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["RUBIN", "DrawnLinks", "PooledLinks", "draw_links", "mid_interval", "pooled"]

RUBIN = Source(
    "Rubin1987", "Rubin, D. B., Multiple imputation for nonresponse in surveys, Wiley", "1987"
)
LEAST_SHARE = 1e-9


@result
class DrawnLinks(Result):
    """Whole matchings, drawn.

    Attributes
    ----------
    is_birth
        Whether each right record has no partner, shape ``(draws, right)``.
    is_death
        Whether each left record has none, shape ``(draws, left)``.
    partner
        Position of the left partner of each right record, -1 for none, shape ``(draws, right)``.
    level
        Of the intervals.
    """

    is_birth: Bools
    is_death: Bools
    partner: Ints
    level: float

    def headline(self) -> Message:
        """Births and deaths with their intervals."""
        births, deaths = (
            self.interval(self.is_birth.sum(axis=1)),
            self.interval(self.is_death.sum(axis=1)),
        )
        return say(
            "births {births:,.0f} ({birth_low:,.0f}–{birth_high:,.0f}), deaths {deaths:,.0f} "
            "({death_low:,.0f}–{death_high:,.0f}), {level:.0%} intervals, {draws} draws",
            births=births[1],
            birth_low=births[0],
            birth_high=births[2],
            deaths=deaths[1],
            death_low=deaths[0],
            death_high=deaths[2],
            level=self.level,
            draws=len(self.is_birth),
        )

    def to_frame(self) -> pd.DataFrame:
        """``event``, ``low``, ``mean``, ``high``: births, deaths and survivors."""
        rows = []
        for event, count in (
            ("births", self.is_birth.sum(axis=1)),
            ("deaths", self.is_death.sum(axis=1)),
            ("survivors", (~self.is_birth).sum(axis=1)),
        ):
            low, mean, high = self.interval(count)
            rows.append({"event": event, "low": low, "mean": mean, "high": high})
        return pd.DataFrame(rows)

    def interval(self, counts: Ints) -> tuple[float, float, float]:
        """Low end, mean and high end of a count over the draws."""
        low, high = mid_interval(np.asarray(counts, dtype=float)[:, None], self.level)
        return float(low[0]), float(np.mean(counts)), float(high[0])

    def births_by(self, group: "pd.Series[str]") -> pd.DataFrame:
        """Births by group of the right records: ``group``, ``low``, ``mean``, ``high``.

        Parameters
        ----------
        group
            Group of each right record, in its order, such as its area.
        """
        codes, names = pd.factorize(group, sort=True)
        if len(codes) != self.is_birth.shape[1]:
            raise ParameterError(
                say(
                    "Groups of {n_codes} records. Expected {is_birth_shape}, one for each record "
                    "of the right register, in its order.",
                    n_codes=len(codes),
                    is_birth_shape=self.is_birth.shape[1],
                )
            )
        there = codes >= 0
        counts = np.array(
            [
                np.bincount(codes[there], weights=draw[there], minlength=len(names))
                for draw in self.is_birth
            ]
        )
        low, high = mid_interval(counts, self.level)
        return pd.DataFrame({"group": names, "low": low, "mean": counts.mean(axis=0), "high": high})


@result
class PooledLinks(Result):
    """An estimate that knows the linkage.

    Attributes
    ----------
    estimate, standard_error
        Rubin's rules, shape ``(k,)``.
    within, between
        Variance of the estimate given the links, and over the draws, shape ``(k,)``.
    degrees_of_freedom
        Shape ``(k,)``.
    level
        Of the interval.
    """

    estimate: Floats
    standard_error: Floats
    within: Floats
    between: Floats
    degrees_of_freedom: Floats
    level: float

    def headline(self) -> Message:
        """How much of the variance the linkage makes."""
        total = self.standard_error**2
        share = np.divide(total - self.within, total, out=np.zeros(len(total)), where=total > 0)
        return say(
            "{n:count(estimate)}; the linkage makes {share:.0%} of the variance at most",
            n=len(self.estimate),
            share=float(share.max()),
        )

    def interval(self) -> tuple[Floats, Floats]:
        """Low and high ends, shape ``(k,)``."""
        reach = stats.t.ppf(0.5 + self.level / 2, self.degrees_of_freedom) * self.standard_error
        return self.estimate - reach, self.estimate + reach

    def to_frame(self) -> pd.DataFrame:
        """One row per estimate."""
        low, high = self.interval()
        return pd.DataFrame(
            {
                "estimate": self.estimate,
                "standard_error": self.standard_error,
                "low": low,
                "high": high,
                "degrees_of_freedom": self.degrees_of_freedom,
            }
        )


def mid_interval(counts: Floats, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of a whole number from draws of it, by mid-p.

    Parameters
    ----------
    counts
        Shape ``(draws, k)``.
    level
        Share of the draws that the interval is to hold, on average over many such numbers.

    Returns
    -------
    low, high
        Shape ``(k,)``.

    Examples
    --------
    Of 100 draws 4 are 7, 92 are 8 and 4 are 9. The mid-p of 7 is 2%, under 2.5%:

    >>> draws = np.repeat([7.0, 8.0, 9.0], [4, 92, 4])[:, None]
    >>> [end.tolist() for end in mid_interval(draws, 0.95)]
    [[8.0], [8.0]]
    """
    middle = (stats.rankdata(counts, axis=0) - 0.5) / len(counts)
    tail = (1.0 - level) / 2
    low = np.where(middle >= tail, counts, np.inf).min(axis=0)
    high = np.where(middle <= 1.0 - tail, counts, -np.inf).max(axis=0)
    return np.minimum(low, high), np.maximum(low, high)


def draw_links(links: Links, *, draws: int = 200, level: float = 0.95, seed: int = 0) -> DrawnLinks:
    """Draw whole matchings.

    Parameters
    ----------
    links
        What ``link`` found.
    draws
        How many, from 20.
    level
        Of the intervals.
    seed
        Of the draws.
    """
    if draws < 20:
        raise ParameterError(
            say(
                "draws is {draws}. Expected 20 or more for an interval.",
                draws=draws,
            )
        )
    if not 0 < level < 1:
        raise ParameterError(
            say(
                "level is {level!r}. Expected a share between 0 and 1.",
                level=level,
            )
        )
    rng = np.random.default_rng(seed)
    n_left, n_right = len(links.left_ids), len(links.right_ids)
    pairs = links.pairs
    # Those that cannot be pairs are passed over, as in the probabilities.
    some = np.flatnonzero((pairs.log_weight > HOPELESS) | pairs.linked)
    left, right, levels = pairs.left[some], pairs.right[some], pairs.levels[some]
    taken: Bools = pairs.linked[some]
    partner = np.full((draws, n_right), -1, dtype=np.int64)
    is_death = np.ones((draws, n_left), dtype=bool)
    prior = [np.array([level.m for level in one.levels]) for one in links.comparisons]
    for draw in range(-WARM_UP, draws):
        log_weight = _drawn_weights(links, pairs.log_weight[some], levels, taken, prior, rng)
        taken = draw_matchings(
            left,
            right,
            log_weight,
            n_left=n_left,
            n_right=n_right,
            draws=1,
            rng=rng,
            start=taken,
            warm_up=SWEEPS,
        )[0]
        if draw >= 0:
            partner[draw, right[taken]] = left[taken]
            is_death[draw, left[taken]] = False
    return DrawnLinks(
        is_birth=partner < 0,
        is_death=is_death,
        partner=partner,
        level=level,
        notes=(
            say(
                "Intervals are of whole matchings; a plant that changed its name and its place at "
                "once is beyond them."
            ),
        ),
        sources=links.sources,
    )


WARM_UP, SWEEPS = 20, 5


def _drawn_weights(
    links: Links,
    log_weight: Floats,
    levels: NDArray[np.int8],
    taken: Bools,
    prior: list[Floats],
    rng: np.random.Generator,
) -> Floats:
    """Log weights with m and the odds of a pair drawn, given a matching."""
    n_left, n_right = len(links.left_ids), len(links.right_ids)
    n_pairs = int(taken.sum())
    smaller = min(n_left, n_right)
    expected = smaller * rng.beta(n_pairs + 0.5, smaller - n_pairs + 0.5)
    log_weight = log_weight + prior_odds(expected, n_left, n_right) - links.model.log_odds
    for k, first in enumerate(prior):
        level = levels[:, k]
        counts = np.bincount(level[taken & (level >= 0)], minlength=len(first))
        m = rng.dirichlet(links.model.prior_pairs * first / first.sum() + counts)
        change = np.log(np.maximum(m, LEAST_SHARE)) - np.log(links.model.m[k])
        log_weight = log_weight + np.append(change, 0.0)[level]
    return np.asarray(log_weight, dtype=float)


def pooled(
    drawn: DrawnLinks,
    estimate: Callable[[Bools], tuple[Floats, Floats]],
    *,
    level: float = 0.95,
    complete_degrees_of_freedom: float = np.inf,
) -> PooledLinks:
    """Make an estimate on every draw, and combine them.

    Parameters
    ----------
    drawn
        Draws of who is new.
    estimate
        Takes whether each right record is a birth, shape ``(right,)``; gives estimates and their
        variances, shape ``(k,)`` each: a rate, or the coefficients of a regression.
    complete_degrees_of_freedom
        Of the estimate if the links were known.

    Returns
    -------
    PooledLinks
        Rubin's rules: mean; variance ``W + (1 + 1/M) B``.
    """
    found = [estimate(draw) for draw in drawn.is_birth]
    values = np.array([np.atleast_1d(one) for one, _ in found], dtype=float)
    within = np.array([np.atleast_1d(one) for _, one in found], dtype=float).mean(axis=0)
    many = len(values)
    between = values.var(axis=0, ddof=1)
    total = within + (1 + 1 / many) * between
    return PooledLinks(
        estimate=values.mean(axis=0),
        standard_error=np.sqrt(total),
        within=within,
        between=between,
        degrees_of_freedom=_degrees(within, between, many, complete_degrees_of_freedom),
        level=level,
        notes=drawn.notes,
        sources=(*drawn.sources, RUBIN),
    )


def _degrees(within: Floats, between: Floats, many: int, complete: float) -> Floats:
    """Degrees of freedom of Barnard and Rubin."""
    total = within + (1 + 1 / many) * between
    share = np.divide((1 + 1 / many) * between, total, out=np.zeros(len(total)), where=total > 0)
    old = (many - 1) / np.maximum(share, 1e-12) ** 2
    if not np.isfinite(complete):
        return np.asarray(old, dtype=float)
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    return np.asarray(1 / (1 / old + 1 / np.maximum(observed, 1e-9)), dtype=float)
