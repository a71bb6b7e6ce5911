"""How uncertain are rates and coefficients when it is uncertain which plants are births?

Multiple imputation. In each of M draws: the share new of every pattern from its posterior, then
each candidate that was not verified is new or not, then the plants too small to be seen; so M
complete tables of births, M rates per area, M regressions. Rubin's (1987) rules pool them::

    b = mean of b_m        W = mean of the covariances V_m        B = covariance of b_m over m
    T = W + (1 + 1/M) B

Two questions have two answers. What would complete records have given for these very areas (finite
population)? Only what is imputed is unsure: (1 + 1/M) B, Student's t with M − 1 degrees of freedom.
Areas have this kind only: quantiles of the draws. Which law stands behind the areas
(superpopulation)? There T is too wide, because the imputer knows more than the analyst of complete
data would: shares are the same in all areas (Meng 1994). So *expected* births are imputed, shares
drawn but no draw made for each plant, and T of these is used; T of completed tables is kept beside
it.
Degrees of freedom are those of Barnard and Rubin (1999).

Takes: ``Candidates``; what is known of the smallest plants; a ``Fit``. Gives: ``CorrectedRates``,
in the unit of the outcome; ``PooledFit``. Sources: Rubin (1987), pp. 76–81; Barnard, Rubin (1999).
Checked against: the truth of synthetic censuses (``benchmarks/unseen.py``).
Limits: those of the patterns (``misclassification``). Which areas are in the equation is not drawn
anew: outliers stay set aside as the records had them.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats, Ints
from shuseki.entry.misclassification import (
    NEW,
    NOT_VERIFIED,
    Candidates,
    by_area,
    draw_shares,
    verified_shares,
)
from shuseki.entry.ols import Fit, least_squares, small_sample_factor
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "About",
    "CorrectedRates",
    "ExtrapolatedSmallest",
    "FollowedSmallest",
    "Pooled",
    "PooledFit",
    "Smallest",
    "corrected_rates",
    "draw_births",
    "many_least_squares",
    "pool",
    "pool_fit",
]

RUBIN_1987 = Source(
    "Rubin1987",
    "Rubin, D. B., Multiple Imputation for Nonresponse in Surveys, Wiley",
    "1987",
    say("pp. {first}-{last}", first=76, last=81),
)
BARNARD_RUBIN_1999 = Source(
    "BarnardRubin1999",
    "Barnard, J. and Rubin, D. B., Small-sample degrees of freedom with multiple imputation, "
    "Biometrika 86",
    "1999",
)
MENG_1994 = Source(
    "Meng1994",
    "Meng, X.-L., Multiple-imputation inferences with uncongenial sources of input, Statistical "
    "Science 9",
    "1994",
)
About = Literal["finite population", "superpopulation", "superpopulation, completed"]
"""These very areas; the law behind them, from expected births; the same from completed tables."""


ABOUT = get_args(About)


class Smallest(Protocol):
    """What is known of the births too small to be seen."""

    def expect(self, births: Floats, rng: np.random.Generator) -> Floats:
        """Draw how many to expect, from the seen births of each draw, shape ``(draws, areas)``."""


@dataclass(frozen=True, eq=False)
class FollowedSmallest:
    """Some plants below the threshold were asked when they opened.

    Attributes
    ----------
    plants
        Plants below the threshold by area, shape ``(areas,)``, from a full count.
    asked, opened
        How many were asked, drawn at random over all areas, and how many of them are births.
    """

    plants: Floats
    asked: int
    opened: int

    def __post_init__(self) -> None:
        if not 0 <= self.opened <= self.asked or self.asked == 0:
            raise DataError(
                say(
                    "{opened} of {asked} plants asked are births. Expected at least one asked, "
                    "and no more births than asked. Correct the counts.",
                    opened=self.opened,
                    asked=self.asked,
                )
            )
        wrong = np.flatnonzero(~(self.plants >= 0))
        if len(wrong):
            raise DataError(
                say(
                    "Plants below the threshold are negative or missing in areas {wrong}. "
                    "Expected counts of 0 or more. Correct them.",
                    wrong=examples(wrong),
                )
            )

    def expect(self, births: Floats, rng: np.random.Generator) -> Floats:
        """Plants times the share that are births, drawn from its posterior."""
        share = rng.beta(self.opened + 0.5, self.asked - self.opened + 0.5, (len(births), 1))
        return np.asarray(share * self.plants)


@dataclass(frozen=True, eq=False)
class ExtrapolatedSmallest:
    """Their births were not counted: a size distribution says how many there are per birth seen.

    Attributes
    ----------
    odds
        Draws of unseen per seen births (``UnseenPlants.draw_odds``), shape ``(draws,)``.
    plants
        Plants below the threshold by area, shape ``(areas,)``, when they are known: the unseen
        births then spread over the areas as these plants do, else as the births seen.
    """

    odds: Floats
    plants: Floats | None = None

    def expect(self, births: Floats, rng: np.random.Generator) -> Floats:
        """Births seen times the odds; those seen are taken as Poisson themselves."""
        if len(self.odds) != len(births):
            raise AlignmentError(
                say(
                    "{n_odds} draws of the odds for {n_births} draws of births. Expected as many. "
                    "Draw the odds with the same number.",
                    n_odds=len(self.odds),
                    n_births=len(births),
                )
            )
        mean = rng.gamma(births + 0.5)
        if self.plants is not None:
            mean = mean.sum(axis=1, keepdims=True) * self.plants / self.plants.sum()
        return np.asarray(mean * self.odds[:, None])


@result
class CorrectedRates(Result):
    """Startup rates corrected for what the records miss.

    Attributes
    ----------
    areas
        Codes.
    observed
        The rates by the records alone, shape ``(areas,)``.
    draws
        Imputed rates, shape ``(draws, areas)``.
    expected
        Rates to expect with the same shares, without a draw for each plant, shape
        ``(draws, areas)``.
    per
        Births per so many of the denominator.
    """

    areas: tuple[str, ...]
    observed: Floats
    draws: Floats
    expected: Floats
    per: int

    @property
    def rate(self) -> Floats:
        """Mean of the draws, shape ``(areas,)``."""
        return np.asarray(self.draws.mean(axis=0))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Quantiles of the draws, each of shape ``(areas,)``."""
        ends = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return ends[0], ends[1]

    def headline(self) -> Message:
        """Mean rate before and after."""
        return say(
            "mean startup rate {observed:.2f} by the records, {corrected:.2f} corrected, per "
            "{per:,}; n = {areas:count(area)}, {draws:count(draw)}",
            observed=float(self.observed.mean()),
            corrected=float(self.rate.mean()),
            per=self.per,
            areas=len(self.areas),
            draws=len(self.draws),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        low, high = self.interval()
        return pd.DataFrame(
            {
                "area": self.areas,
                f"observed_per_{self.per}": self.observed,
                f"corrected_per_{self.per}": self.rate,
                f"low_per_{self.per}": low,
                f"high_per_{self.per}": high,
            }
        )


@result
class PooledFit(Result):
    """One equation on imputed outcomes.

    Attributes
    ----------
    fit
        The equation on the records as they are.
    completed, expected
        Rubin's pieces, from completed tables and from expected births, of all coefficients, the
        constant first.
    draws
        Number of imputations.
    """

    fit: Fit
    completed: "Pooled"
    expected: "Pooled"
    draws: int

    @property
    def coefficients(self) -> Floats:
        """Mean over the imputations, shape ``(k,)``."""
        return self.expected.estimate

    def errors(self, about: About = "superpopulation") -> tuple[Floats, Floats]:
        """Standard errors and degrees of freedom, each of shape ``(k,)``."""
        if about not in ABOUT:
            raise ParameterError(
                say(
                    "about is {about!r}. Expected one of {about_2}.",
                    about=about,
                    about_2=listed(ABOUT),
                )
            )
        if about == "finite population":
            return self.completed.error_between()
        return (self.expected if about == "superpopulation" else self.completed).error_total()

    def interval(
        self, about: About = "superpopulation", level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Intervals of the coefficients, each of shape ``(k,)``."""
        error, degrees = self.errors(about)
        reach = scipy.stats.t.ppf(0.5 + level / 2, degrees) * error
        middle = (self.expected if about == "superpopulation" else self.completed).estimate
        return middle - reach, middle + reach

    def headline(self) -> Message:
        """How much of the variance is due to what the records do not show."""
        share = self.expected.missing_share[1:]
        worst = int(np.argmax(share))
        return say(
            "{outcome}, model {model}, corrected: {share:.0%} of the coefficients' variance comes "
            "from what the records do not show (most: {term}, {most:.0%}); n = {n}, {draws} "
            "imputations",
            outcome=self.fit.design.outcome,
            model=self.fit.design.model,
            share=float(share.mean()),
            term=self.fit.terms[1 + worst],
            most=float(share[worst]),
            n=self.fit.n,
            draws=self.draws,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per term: by the records, corrected, intervals of both kinds."""
        finite, behind = self.interval("finite population"), self.interval("superpopulation")
        return pd.DataFrame(
            {
                "outcome": self.fit.design.outcome,
                "model": self.fit.design.model,
                "term": self.fit.terms,
                "observed": self.fit.coefficients,
                "corrected": self.coefficients,
                "low_finite": finite[0],
                "high_finite": finite[1],
                "low": behind[0],
                "high": behind[1],
                "standard_error": self.errors()[0],
                "missing_share": self.expected.missing_share,
            }
        )


def corrected_rates(
    candidates: Candidates,
    denominator: Floats,
    *,
    per: int = 10_000,
    smallest: Smallest | None = None,
    draws: int = 200,
    seed: int = 0,
) -> CorrectedRates:
    """Impute births, and divide.

    Parameters
    ----------
    candidates
        Plants that may be births, some verified.
    denominator
        Of the rate by area, e.g. labour force, persons, shape ``(areas,)``.
    per
        Births per so many.
    smallest
        What is known of the births below the threshold; without it the rates are of births that
        were large enough to be seen.
    draws
        Number of imputations.

    Raises
    ------
    ParameterError
        Fewer than 20 draws: the ends of an interval need more.
    DataError
        A denominator that is not positive; a pattern that was never verified.
    """
    if draws < 20:
        raise ParameterError(
            say(
                "draws is {draws}. Expected at least 20; 200 is usual.",
                draws=draws,
            )
        )
    if len(denominator) != len(candidates.areas):
        raise AlignmentError(
            say(
                "{n_denominator} denominators for {n_areas} areas. Expected one per area, in the "
                "order of the candidates' areas.",
                n_denominator=len(denominator),
                n_areas=len(candidates.areas),
            )
        )
    wrong = [candidates.areas[k] for k in np.flatnonzero(~(denominator > 0))]
    if wrong:
        raise DataError(
            say(
                "The denominator is not positive in {wrong}. Expected a positive number. Correct "
                "it, or leave those areas out.",
                wrong=examples(wrong),
            )
        )
    rng = np.random.default_rng(seed)
    shares = verified_shares(candidates)
    births, expected = draw_births(candidates, draws, rng)
    if smallest is not None:
        unseen = smallest.expect(births.astype(float), rng)
        births, expected = births + rng.poisson(unseen), expected + unseen
    return CorrectedRates(
        areas=candidates.areas,
        observed=per * candidates.observed() / denominator,
        draws=per * births / denominator,
        expected=per * expected / denominator,
        per=per,
        notes=(
            *shares.notes,
            say("Births of every size below the limit.")
            if smallest is not None
            else say(
                "Births large enough for the survey; those below its threshold are not counted."
            ),
        ),
        sources=(*shares.sources, RUBIN_1987),
    )


def pool_fit(fit: Fit, rates: CorrectedRates) -> PooledFit:
    """Estimate an equation on every imputed outcome, and pool.

    Parameters
    ----------
    fit
        The equation on the records as they are: its areas, terms and standard errors are kept.
    rates
        Imputed outcomes of the same areas, in the unit of the fit's outcome.

    Raises
    ------
    AlignmentError
        The fit has areas that the rates have not.
    """
    where = {area: k for k, area in enumerate(rates.areas)}
    strange = [area for area in fit.sample.areas if area not in where]
    if strange:
        raise AlignmentError(
            say(
                "Areas of the fit without corrected rates: {strange}. Expected the same division "
                "in both. Correct the rates of all areas.",
                strange=examples(strange),
            )
        )
    rows = [where[area] for area in fit.sample.areas]
    X, kind, codes = fit.sample.regressors, fit.design.standard_errors, fit.sample.clusters
    completed, expected = (
        pool(*many_least_squares(outcomes[:, rows], X, kind, codes), fit.degrees_of_freedom)
        for outcomes in (rates.draws, rates.expected)
    )
    return PooledFit(
        fit=fit,
        completed=completed,
        expected=expected,
        draws=len(rates.draws),
        notes=(*rates.notes, *fit.notes),
        sources=tuple(dict.fromkeys((*fit.sources, *rates.sources, BARNARD_RUBIN_1999, MENG_1994))),
    )


# ---- arrays ---------------------------------------------------------------------------------


def draw_births(
    candidates: Candidates, draws: int, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Draw how many are new, and how many to expect, each of shape ``(draws, areas)``.

    Those verified count as they are; the others are binomial by area and pattern, with a share
    drawn from its posterior; expected, they count with that share.
    """
    a, p = len(candidates.areas), len(candidates.patterns)
    known = candidates.status != NOT_VERIFIED
    new = candidates.status == NEW
    shares = draw_shares(
        np.bincount(candidates.pattern[known], minlength=p),
        np.bincount(candidates.pattern[new], minlength=p),
        draws,
        rng,
    )
    unsure = ~known & (candidates.area >= 0)
    cells = np.bincount(
        candidates.area[unsure] * p + candidates.pattern[unsure], minlength=a * p
    ).reshape(a, p)
    births = rng.binomial(cells[None], shares[:, None, :]).sum(axis=2)
    sure = by_area(candidates.area[new], a)
    return np.asarray(births + sure, dtype=np.int64), shares @ cells.T + sure


def many_least_squares(
    Y: Floats, X: Floats, standard_errors: str, codes: Ints | None = None
) -> tuple[Floats, Floats]:
    """Regress many outcomes on the same regressors.

    Parameters
    ----------
    Y
        One outcome per row, shape ``(m, n)``.
    X
        Shape ``(n, k)``.
    standard_errors, codes
        As for ``ols.least_squares``, to which every row is equal.

    Returns
    -------
    tuple
        Coefficients and their variances, each of shape ``(m, k)``.
    """
    first = least_squares(Y[0], X, standard_errors, codes)
    n, k = X.shape
    H = np.linalg.pinv(X)
    coefficients = Y @ H.T
    residuals = Y - coefficients @ X.T
    if codes is not None:
        groups = int(codes.max()) + 1
        members = np.eye(groups)[codes]
        factor = small_sample_factor(standard_errors, n, k, groups)
        summed = np.stack([((residuals * row) @ members) ** 2 for row in H], axis=1)
        return coefficients, np.asarray(factor * summed.sum(axis=2))
    squares = residuals**2
    if standard_errors == "classical":
        return coefficients, np.outer(squares.sum(axis=1) / (n - k), (H**2).sum(axis=1))
    power = {"HC2": 1, "HC3": 2}.get(standard_errors, 0)
    weight = np.full(n, n / (n - k)) if standard_errors == "HC1" else np.ones(n)
    weight = weight / (1 - first.leverages) ** power
    return coefficients, np.asarray((squares * weight) @ (H**2).T)


class Pooled(NamedTuple):
    """Rubin's pieces.

    Attributes
    ----------
    estimate, within, between
        Mean of the estimates, mean of their variances, variance of the estimates, shape ``(k,)``.
    imputations
        M.
    complete_degrees_of_freedom
        Those of complete data.
    """

    estimate: Floats
    within: Floats
    between: Floats
    imputations: int
    complete_degrees_of_freedom: float

    @property
    def total(self) -> Floats:
        """T = W + (1 + 1/M) B, shape ``(k,)``."""
        return np.asarray(self.within + (1 + 1 / self.imputations) * self.between)

    @property
    def missing_share(self) -> Floats:
        """Share of the total variance that is between imputations, 0 to 1, shape ``(k,)``."""
        with np.errstate(invalid="ignore"):
            return np.asarray(1 - self.within / self.total)

    def error_between(self) -> tuple[Floats, Floats]:
        """Standard error of what is imputed alone, and its degrees of freedom, ``(k,)``."""
        m = self.imputations
        return np.sqrt((1 + 1 / m) * self.between), np.full(len(self.between), m - 1.0)

    def error_total(self) -> tuple[Floats, Floats]:
        """Standard error √T, and degrees of freedom of Barnard and Rubin (1999), ``(k,)``."""
        share, n = self.missing_share, self.complete_degrees_of_freedom
        inverse = share**2 / (self.imputations - 1)
        if np.isfinite(n):
            inverse = inverse + (n + 3) / ((n + 1) * n * np.maximum(1 - share, 1e-12))
        with np.errstate(divide="ignore"):
            return np.sqrt(self.total), np.asarray(1 / inverse)


def pool(
    estimates: Floats, covariances: Floats, complete_degrees_of_freedom: float = np.inf
) -> Pooled:
    """Pool estimates over imputations by Rubin's rules.

    Parameters
    ----------
    estimates
        Shape ``(m, k)``.
    covariances
        Shape ``(m, k, k)``, or variances ``(m, k)``.

    Examples
    --------
    Two imputations, 1 and 3, each with variance 1: W = 1, B = 2, T = 1 + 1.5 · 2.

    >>> pool(np.array([[1.0], [3.0]]), np.ones((2, 1))).total
    array([4.])
    """
    if len(estimates) < 2:
        raise ParameterError(
            say(
                "{n_estimates} imputations. Expected at least 2: one cannot vary.",
                n_estimates=len(estimates),
            )
        )
    variances = np.einsum("mkk->mk", covariances) if covariances.ndim == 3 else covariances
    return Pooled(
        estimates.mean(axis=0),
        variances.mean(axis=0),
        estimates.var(axis=0, ddof=1),
        len(estimates),
        complete_degrees_of_freedom,
    )
