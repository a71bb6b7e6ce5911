"""How many plants are too small to be covered by the survey?

Sizes S = 1, 2, 3, … workers are seen from ``seen_from`` to ``seen_to`` only. A family with survival
function G(s) = P(S ≥ s) is fitted to what is seen,

    P(low ≤ S ≤ high | seen) = (G(low) − G(high + 1)) / (G(seen_from) − G(seen_to + 1))

by maximum likelihood, and extrapolated: for every plant seen there are

    odds = (1 − G(seen_from)) / (G(seen_from) − G(seen_to + 1))

too small to be seen. Families: geometric; negative binomial of S − 1; a mixture of two geometrics;
log-normal and Pareto (Lomax), rounded to whole workers. They are averaged with Akaike weights,
and the spread between families is part of the standard error, on the log scale.

Takes: counts of plants by size or size class, plants. Gives: ``UnseenPlants``, odds as unseen
plants per seen plant. Sources: Burnham and Anderson (2002), sections 2.6 and 4.3. Checked against:
samples of the families; the published plants of 1–3 workers (``docs/entry/unseen.md``).
Limits: an extrapolation. Families that fit what is seen equally well differ by a factor below it,
and the interval reflects only the families that were tried. Where the smallest have been counted,
use that (``imputation.FollowedSmallest``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
import scipy
from scipy import special

from shuseki.arrays import Floats, Ints
from shuseki.errors import ConvergenceError, DataError, UnknownCodeError, examples
from shuseki.language import Message, say
from shuseki.language.names import named
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["FAMILIES", "Family", "FamilyFit", "UnseenPlants", "fit_family", "unseen_plants"]

BURNHAM_ANDERSON_2002 = Source(
    "BurnhamAnderson2002",
    "Burnham, K. P. and Anderson, D. R., Model Selection and Multimodel Inference, Springer",
    "2002",
    say("sections {number} and {last}", number="2.6", last="4.3"),
)
LARGEST_LOG_ERROR = 2.0
"""A family whose log odds have a larger standard error than this says nothing about the unseen."""


# ---- families: parameters (p,), sizes (n,) → P(S ≥ size) (n,) -----------------------------------


def geometric(parameters: Floats, size: Floats) -> Floats:
    """P(S ≥ s) = q^(s−1)."""
    return np.asarray(special.expit(parameters[0]) ** (size - 1))


def negative_binomial(parameters: Floats, size: Floats) -> Floats:
    """S − 1 is negative binomial with shape r and success probability p."""
    r, p = np.exp(parameters[0]), special.expit(parameters[1])
    return np.where(size <= 1, 1.0, special.betainc(np.maximum(size - 1, 1), r, 1 - p))


def geometric_mixture(parameters: Floats, size: Floats) -> Floats:
    """Two geometrics."""
    share = special.expit(parameters[0])
    return np.asarray(
        share * geometric(parameters[1:2], size) + (1 - share) * geometric(parameters[2:3], size)
    )


def lognormal(parameters: Floats, size: Floats) -> Floats:
    """The nearest whole number, at least 1, to a log-normal size."""
    z = (np.log(np.maximum(size - 0.5, 0.5)) - parameters[0]) / np.exp(parameters[1])
    return np.where(size <= 1, 1.0, special.ndtr(-z))


def pareto(parameters: Floats, size: Floats) -> Floats:
    """P(S ≥ s) = (1 + (s − 1) / b)^−a."""
    a, b = np.exp(parameters)
    return np.asarray(np.exp(-a * np.log1p((size - 1) / b)))


@dataclass(frozen=True)
class Family:
    """A family of size distributions.

    Attributes
    ----------
    survival
        Parameters ``(p,)`` and sizes ``(n,)`` → P(S ≥ size), shape ``(n,)``, 1 at size 1.
    starts
        Where the search for the parameters starts, in their unbounded scale.
    label
        Its name, in both languages.
    """

    survival: Callable[[Floats, Floats], Floats]
    starts: tuple[tuple[float, ...], ...]
    label: Message


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "geometric": Family(geometric, ((1.0,), (3.0,)), say("geometric")),
        "negative binomial": Family(
            negative_binomial,
            ((0.0, -2.0), (-1.0, -3.0), (1.0, -1.0)),
            say("negative binomial"),
        ),
        "geometric mixture": Family(
            geometric_mixture, ((0.5, 0.5, 3.0), (1.0, 1.0, 2.0)), say("geometric mixture")
        ),
        "log-normal": Family(lognormal, ((1.0, 0.0), (2.0, 0.0), (0.0, 0.5)), say("log-normal")),
        "Pareto": Family(pareto, ((0.0, 0.0), (0.5, 1.5), (1.5, 3.0)), say("Pareto")),
    }
)
"""Name → family."""


@dataclass(frozen=True, eq=False)
class FamilyFit:
    """One family, fitted.

    Attributes
    ----------
    parameters
        In the family's unbounded scale, shape ``(p,)``.
    log_likelihood, aic
        Of the counts, given the seen total.
    log_odds, standard_error
        Log of unseen plants per seen plant; ``nan`` standard error where the counts do not
        identify the family below the threshold.
    """

    family: str
    parameters: Floats
    log_likelihood: float
    aic: float
    log_odds: float
    standard_error: float

    @property
    def is_identified(self) -> bool:
        """Whether the counts tell this family's odds at all."""
        return bool(self.standard_error <= LARGEST_LOG_ERROR)


@result
class UnseenPlants(Result):
    """Plants below the threshold of the survey, per plant seen.

    Attributes
    ----------
    fits
        The families, in the order asked for.
    weights
        Akaike weights of the identified families, 0 for the others, shape ``(families,)``.
    seen
        Plants counted.
    seen_from, seen_to
        Smallest and largest size seen, workers; ``None`` for no upper limit.
    """

    fits: tuple[FamilyFit, ...]
    weights: Floats
    seen: int
    seen_from: int
    seen_to: int | None

    @property
    def log_odds(self) -> float:
        """Averaged over families: log of unseen plants per seen plant."""
        return float(self.weights @ self._log_odds)

    @property
    def standard_error(self) -> float:
        """Of the log odds, within and between families."""
        between = np.nan_to_num(self._log_odds - self.log_odds)
        within = np.nan_to_num([fit.standard_error for fit in self.fits])
        return float(self.weights @ np.hypot(within, between))

    @property
    def _log_odds(self) -> Floats:
        logs = np.array([fit.log_odds for fit in self.fits])
        return np.asarray(np.nan_to_num(logs, posinf=0, neginf=0))

    @property
    def odds(self) -> float:
        """Unseen plants per seen plant."""
        return float(np.exp(self.log_odds))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of the odds."""
        reach = scipy.stats.norm.ppf(0.5 + level / 2) * self.standard_error
        return float(np.exp(self.log_odds - reach)), float(np.exp(self.log_odds + reach))

    def draw_odds(self, draws: int, rng: np.random.Generator) -> Floats:
        """Draw odds: a family by its weight, then its odds; shape ``(draws,)``."""
        which = rng.choice(len(self.fits), draws, p=self.weights)
        error = np.nan_to_num(np.array([fit.standard_error for fit in self.fits]))
        return np.asarray(np.exp(self._log_odds[which] + error[which] * rng.normal(size=draws)))

    def headline(self) -> Message:
        """Odds with interval, and unseen plants."""
        low, high = self.interval()
        return say(
            "{odds:.2f} plants below {size} workers per plant seen (95% {low:.2f} to {high:.2f}), "
            "n = {n:,} seen",
            odds=self.odds,
            size=self.seen_from,
            low=low,
            high=high,
            n=self.seen,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per family: fit, weight, odds and unseen plants."""
        return pd.DataFrame(
            [
                {
                    "family": fit.family,
                    "log_likelihood": fit.log_likelihood,
                    "aic": fit.aic,
                    "weight": weight,
                    "unseen_per_seen": np.exp(fit.log_odds),
                    "log_standard_error": fit.standard_error,
                    "unseen_plants": np.exp(fit.log_odds) * self.seen,
                    "identified": fit.is_identified,
                }
                for fit, weight in zip(self.fits, self.weights, strict=True)
            ]
        )


def unseen_plants(
    low: Sequence[int] | Ints,
    high: Sequence[int] | Ints,
    plants: Sequence[int] | Ints | Floats,
    *,
    seen_from: int = 4,
    seen_to: int | None = None,
    families: Sequence[str] = tuple(FAMILIES),
    sources: tuple[Source, ...] = (),
) -> UnseenPlants:
    """Estimate how many plants lie below the threshold of the survey.

    Parameters
    ----------
    low, high
        Smallest and largest size of each class, workers; the same for single sizes. A ``high``
        of 0 is an open class.
    plants
        Plants in each class; weights need not be whole.
    seen_from, seen_to
        Only these sizes are held, by the survey or by the definition of a birth; ``None`` for no
        upper limit.
    families
        Which of ``FAMILIES`` to try.

    Raises
    ------
    DataError
        Classes outside the sizes seen, or too few of them.
    UnknownCodeError
        An unknown family.
    ConvergenceError
        No family is identified by the counts.

    Examples
    --------
    Plants halve with every worker more (120, 60, 30, … seen from 4): one seen for seven unseen.

    >>> sizes = np.arange(4, 11)
    >>> found = unseen_plants(sizes, sizes, 1920 / 2.0 ** sizes, seen_to=10, families=["geometric"])
    >>> round(found.odds * (1 - 2.0**-7), 3)
    7.0
    """
    unknown = [name for name in families if name not in FAMILIES]
    if unknown:
        raise UnknownCodeError.among("family", unknown, list(FAMILIES))
    lower, upper = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    upper = np.where(upper == 0, np.inf, upper)
    counts = np.asarray(plants, dtype=float)
    check_classes(lower, upper, counts, seen_from, seen_to)
    fits = tuple(fit_family(name, lower, upper, counts, seen_from, seen_to) for name in families)
    usable = np.array([fit.is_identified for fit in fits])
    if not usable.any():
        raise ConvergenceError(
            say(
                "None of {n_fits} families is identified below {seen_from} workers by "
                "{n_counts:,.0f} plants in {n_counts_2} classes. Expected the standard error of "
                "the log odds below {largest_log_error:g}. Give finer classes, or a count of the "
                "smallest.",
                n_fits=len(fits),
                seen_from=seen_from,
                n_counts=counts.sum(),
                n_counts_2=len(counts),
                largest_log_error=LARGEST_LOG_ERROR,
            )
        )
    aic = np.array([fit.aic for fit in fits])
    weights = np.where(usable, np.exp(-(aic - aic[usable].min()) / 2), 0.0)
    left_out = [FAMILIES[fit.family].label for fit in fits if not fit.is_identified]
    return UnseenPlants(
        fits=fits,
        weights=weights / weights.sum(),
        seen=round(counts.sum()),
        seen_from=seen_from,
        seen_to=seen_to,
        notes=(
            say(
                "An extrapolation below what was seen: the interval reflects only the families "
                "that were tried."
            ),
            *(
                (say("Not identified, left out: {names}.", names=named(left_out)),)
                if left_out
                else ()
            ),
        ),
        sources=(*sources, BURNHAM_ANDERSON_2002),
    )


def check_classes(
    low: Floats, high: Floats, counts: Floats, seen_from: int, seen_to: int | None
) -> None:
    """Refuse classes that overlap, lie outside the sizes seen, or are too few."""
    wrong = (low < seen_from) | (high > (seen_to or np.inf)) | (high < low)
    if wrong.any():
        bad = [f"{a:g}–{b:g}" for a, b in zip(low[wrong], high[wrong], strict=True)]
        until = say("no upper limit") if seen_to is None else f"{seen_to}"
        raise DataError(
            say(
                "Size classes outside what is seen: {bad}. Expected sizes from {seen_from} to "
                "{until}. Leave them out, or widen seen_from and seen_to.",
                bad=examples(bad),
                seen_from=seen_from,
                until=until,
            )
        )
    order = np.argsort(low)
    overlap = low[order][1:] <= high[order][:-1]
    if overlap.any():
        at = low[order][1:][overlap]
        raise DataError(
            say(
                "Size classes overlap at {at} workers. Expected each size in one class. Correct "
                "the bounds.",
                at=examples(f"{x:g}" for x in at),
            )
        )
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise DataError(
            say("Plants by size are negative or missing. Expected counts of 0 or more.")
        )
    if (counts > 0).sum() < 3:
        raise DataError(
            say(
                "{n_counts} size classes hold plants. Expected at least 3: fewer say nothing "
                "about the slope. Give finer classes.",
                n_counts=int((counts > 0).sum()),
            )
        )


# ---- arrays ---------------------------------------------------------------------------------


def fit_family(
    name: str, low: Floats, high: Floats, counts: Floats, seen_from: int, seen_to: int | None
) -> FamilyFit:
    """Fit one family by maximum likelihood to counts by size class.

    Parameters
    ----------
    low, high, counts
        Shape ``(classes,)``; ``inf`` for an open class.
    """
    family = FAMILIES[name]
    top = np.inf if seen_to is None else float(seen_to)
    bounds = np.array([float(seen_from), top + 1])

    def survival(parameters: Floats, size: Floats) -> Floats:
        known = family.survival(parameters, np.where(np.isinf(size), 1.0, size))
        return np.asarray(np.where(np.isinf(size), 0.0, known))

    def loss(parameters: Floats) -> float:
        with np.errstate(all="ignore"):
            share = survival(parameters, low) - survival(parameters, high + 1)
            seen = survival(parameters, bounds)
            told = counts @ np.log(share / (seen[0] - seen[1]))
        return float(-told) if np.isfinite(told) else 1e12

    def log_odds(parameters: Floats) -> float:
        with np.errstate(all="ignore"):
            seen = survival(parameters, bounds)
            return float(np.log((1 - seen[0]) / (seen[0] - seen[1])))

    best = min(
        (
            scipy.optimize.minimize(
                loss,
                np.array(start),
                method="Nelder-Mead",
                options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000},
            )
            for start in family.starts
        ),
        key=lambda found: found.fun,
    )
    at = np.asarray(best.x)
    slope = gradient(log_odds, at)
    curvature = hessian(loss, at)
    spread = np.linalg.eigvalsh(curvature) if np.isfinite(curvature).all() else np.zeros(1)
    error = np.nan
    if spread.min() > 1e-8 * max(spread.max(), 1e-300) and np.isfinite(slope).all():
        error = float(np.sqrt(slope @ np.linalg.solve(curvature, slope)))
    return FamilyFit(
        family=name,
        parameters=at,
        log_likelihood=-float(best.fun),
        aic=2 * len(at) + 2 * float(best.fun),
        log_odds=log_odds(at),
        standard_error=error,
    )


def gradient(f: Callable[[Floats], float], at: Floats, step: float = 1e-4) -> Floats:
    """Central differences, shape ``(p,)``."""
    return np.array([(f(at + step * e) - f(at - step * e)) / (2 * step) for e in np.eye(len(at))])


def hessian(f: Callable[[Floats], float], at: Floats, step: float = 1e-3) -> Floats:
    """Central second differences, shape ``(p, p)``."""
    p = len(at)
    H = np.empty((p, p))
    E = step * np.eye(p)
    for i in range(p):
        for j in range(i, p):
            H[i, j] = H[j, i] = (
                f(at + E[i] + E[j])
                - f(at + E[i] - E[j])
                - f(at - E[i] + E[j])
                + f(at - E[i] - E[j])
            ) / (4 * step**2)
    return H
