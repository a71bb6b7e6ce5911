"""How many of the plants that look new are new?

A plant first seen may have been born; or it moved, lost its number, grew over the threshold,
changed its industry, or was missed before. And a number seen before may have passed to a new plant.
Records show traces of that, a *pattern* per candidate (opened before the last wave? a namesake
gone elsewhere?); a sample of candidates is verified, by telephone or in a second register. Within
a pattern p the share that is new has the posterior

    θ_p | new_p of verified_p  ~  Beta(½ + new_p, ½ + verified_p − new_p)          (Jeffreys)

Takes: ``Candidates``, arrays of one entry per plant. Gives: ``VerifiedShares``, shares from 0
(none is new) to 1. Sources: Brown, Cai and DasGupta (2001), section 4.3.
Checked against: scipy's beta distribution; the truth of the synthetic census.
Limits: the verified must be drawn at random within a pattern, and within a pattern candidates of
all areas must be equally likely to be new. ``equal_shares`` tests on the verified sample whether
they are, along any variable of the areas; ``split_patterns`` divides the patterns where they are
not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "NEW",
    "NOT_NEW",
    "NOT_VERIFIED",
    "Candidates",
    "EqualShares",
    "VerifiedShares",
    "draw_shares",
    "equal_shares",
    "split_patterns",
    "verified_shares",
    "verify_at_random",
]

BROWN_CAI_DASGUPTA_2001 = Source(
    "BrownCaiDasGupta2001",
    "Brown, L. D., Cai, T. T. and DasGupta, A., Interval estimation for a binomial proportion, "
    "Statistical Science 16",
    "2001",
    say("section {number}", number="4.3"),
)
NEW, NOT_NEW, NOT_VERIFIED = 1, 0, -1
"""What verification says of a candidate."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Plants that may be births.

    Attributes
    ----------
    area
        Position in ``areas``, −1 outside them, shape ``(n,)``.
    pattern
        Position in ``patterns``, shape ``(n,)``.
    status
        ``NEW``, ``NOT_NEW`` or ``NOT_VERIFIED``, shape ``(n,)``.
    counted
        Whether the records alone count it as a birth, shape ``(n,)``.
    areas, patterns
        Codes of the areas, and what the traces of a pattern are.
    sources
        Of the records.
    """

    area: Ints
    pattern: Ints
    status: Ints
    counted: Bools
    areas: tuple[str, ...]
    patterns: tuple[str, ...]
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        lengths = {
            name: len(getattr(self, name)) for name in ("area", "pattern", "status", "counted")
        }
        if len(set(lengths.values())) > 1:
            raise AlignmentError(
                say(
                    "Columns differ in length: {lengths}. Expected one entry per candidate.",
                    lengths=lengths,
                )
            )
        for name, low, high in (
            ("area", -1, len(self.areas) - 1),
            ("pattern", 0, len(self.patterns) - 1),
            ("status", -1, 1),
        ):
            given = getattr(self, name)
            wrong = np.flatnonzero((given < low) | (given > high))
            if len(wrong):
                rows = examples(
                    say("{value} in row {row}", value=given[row], row=row) for row in wrong
                )
                raise DataError(
                    say(
                        "{name} out of range: {rows}. Expected {low} to {high}. Correct those "
                        "rows.",
                        name=name,
                        rows=rows,
                        low=low,
                        high=high,
                    )
                )

    def observed(self) -> Ints:
        """Births as the records count them, shape ``(areas,)``."""
        return by_area(self.area[self.counted], len(self.areas))


@result
class VerifiedShares(Result):
    """Share of the candidates that is new, by pattern.

    Attributes
    ----------
    patterns
        What the traces are.
    candidates, verified, new
        Plants, of them verified, of them new, shape ``(patterns,)``.
    """

    patterns: tuple[str, ...]
    candidates: Ints
    verified: Ints
    new: Ints

    @property
    def share(self) -> Floats:
        """Posterior mean of the share that is new, shape ``(patterns,)``."""
        return np.asarray((self.new + 0.5) / (self.verified + 1))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Jeffreys intervals of the shares; the ends are 0 and 1 where none, or all, are new."""
        a, b = self.new + 0.5, self.verified - self.new + 0.5
        low = np.where(self.new == 0, 0.0, scipy.stats.beta.ppf(0.5 - level / 2, a, b))
        high = np.where(self.new == self.verified, 1.0, scipy.stats.beta.ppf(0.5 + level / 2, a, b))
        return low, high

    def headline(self) -> Message:
        """Expected births among the candidates."""
        return say(
            "{births:,.0f} births expected among {candidates:,} candidates, n = {n:,} verified",
            births=float(self.candidates @ self.share),
            candidates=int(self.candidates.sum()),
            n=int(self.verified.sum()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pattern."""
        low, high = self.interval()
        return pd.DataFrame(
            {
                "pattern": self.patterns,
                "candidates": self.candidates,
                "verified": self.verified,
                "new": self.new,
                "new_share": self.share,
                "low_share": low,
                "high_share": high,
            }
        )


@result
class EqualShares(Result):
    """Whether candidates of the same pattern are as likely to be new in all areas.

    Attributes
    ----------
    variable
        Along which the areas are compared.
    slope, error
        Change of the share new per standard deviation of the variable over the verified, within
        patterns, and its standard error.
    n
        Verified candidates in areas.
    """

    variable: str
    slope: float
    error: float
    n: int

    @property
    def p(self) -> float:
        """Two-sided p-value that the share does not change with the variable."""
        return float(2 * scipy.stats.norm.sf(abs(self.slope / self.error)))

    def headline(self) -> Message:
        """The change of the share, and whether chance explains it."""
        return say(
            "within patterns the share of new plants changes by {slope:+.1f} points "
            "(± {error:.1f}) per standard deviation of {variable}, p = {p:.3g}; n = {n:,} verified",
            slope=100 * self.slope,
            error=100 * self.error,
            variable=self.variable,
            p=self.p,
            n=self.n,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame(
            {
                "variable": [self.variable],
                "slope_share": [self.slope],
                "standard_error": [self.error],
                "p_value": [self.p],
                "n": [self.n],
            }
        )


def equal_shares(candidates: Candidates, values: Floats, variable: str) -> EqualShares:
    """Test on the verified whether, within patterns, the share new changes with a variable.

    Parameters
    ----------
    candidates
        Some of them verified.
    values
        The variable by area, shape ``(areas,)``.
    variable
        Its name.

    Notes
    -----
    Least squares of new (0 or 1) on the variable with an effect per pattern, HC0 errors: the linear
    form of the score test of a stratified logit.
    """
    known = (candidates.status != NOT_VERIFIED) & (candidates.area >= 0)
    pattern = candidates.pattern[known]
    x = np.asarray(values, dtype=float)[candidates.area[known]]
    spread = float(x.std()) if len(x) else 0.0
    if not spread > 0:
        raise DataError(
            say(
                "{variable} does not vary over the {n_x} verified candidates. Expected a variable "
                "of the areas that does. Verify more, or choose another.",
                variable=variable,
                n_x=len(x),
            )
        )
    x = (x - x.mean()) / spread
    new = (candidates.status[known] == NEW).astype(float)
    x, new = _within(x, pattern), _within(new, pattern)
    total = float(x @ x)
    if not total > 0:
        raise DataError(
            say(
                "{variable} does not vary within any pattern of traces. Expected verified "
                "candidates of several areas in a pattern. Verify more.",
                variable=variable,
            )
        )
    slope = float(x @ new) / total
    return EqualShares(
        variable=variable,
        slope=slope,
        error=float(np.sqrt((x**2 * (new - slope * x) ** 2).sum()) / total),
        n=int(known.sum()),
        sources=candidates.sources,
    )


def split_patterns(
    patterns: Sequence[str],
    pattern: Ints,
    area: Ints,
    values: Floats,
    variable: str,
    groups: int = 3,
) -> tuple[tuple[str, ...], Ints]:
    """Divide every pattern by groups of areas with low to high values of a variable.

    Parameters
    ----------
    patterns, pattern, area
        As in ``Candidates``; those outside the areas join the middle group.
    values
        The variable by area, shape ``(areas,)``.

    Returns
    -------
    patterns, pattern
        Names, and positions of the candidates in them.

    Examples
    --------
    >>> names, at = split_patterns(["old"], np.array([0, 0]), np.array([0, 1]), np.array([1, 9.0]),
    ...                            "size", groups=2)
    >>> names[at[0]], names[at[1]]
    ('old, size 1 of 2', 'old, size 2 of 2')
    """
    if groups < 2:
        raise ParameterError(
            say(
                "groups is {groups}. Expected at least 2.",
                groups=groups,
            )
        )
    ends = np.quantile(values, np.arange(1, groups) / groups)
    group = np.append(np.searchsorted(ends, values, side="left"), groups // 2)
    names = tuple(
        f"{name}, {variable} {g + 1} of {groups}" for name in patterns for g in range(groups)
    )
    return names, np.asarray(pattern * groups + group[area], dtype=np.int64)


def verified_shares(candidates: Candidates) -> VerifiedShares:
    """Estimate which share of the candidates is new, pattern by pattern.

    Raises
    ------
    DataError
        A pattern of which no candidate was verified.
    """
    counts, verified, new = pattern_counts(candidates)
    blank = (counts > 0) & (verified == 0)
    if blank.any():
        names = [f"{candidates.patterns[k]} ({counts[k]:,})" for k in np.flatnonzero(blank)]
        raise DataError(
            say(
                "Patterns of which no candidate was verified: {names}. Expected some of each. "
                "Verify a few, or join the pattern to a similar one.",
                names=examples(names),
            )
        )
    return VerifiedShares(
        patterns=candidates.patterns,
        candidates=counts,
        verified=verified,
        new=new,
        notes=(
            say("The verified candidates are taken as drawn at random within a pattern."),
            say(
                "Within a pattern, candidates of all areas are taken as equally likely to be new; "
                "where that varies with a regressor, its coefficient is biased (equal_shares tests "
                "it)."
            ),
        ),
        sources=(*candidates.sources, BROWN_CAI_DASGUPTA_2001),
    )


# ---- arrays ---------------------------------------------------------------------------------


def _within(values: Floats, pattern: Ints) -> Floats:
    """Take the mean of each pattern away, shape ``(n,)``."""
    count = np.maximum(np.bincount(pattern), 1)
    return np.asarray(values - (np.bincount(pattern, values) / count)[pattern])


def by_area(area: Ints, areas: int) -> Ints:
    """Count entries by area, those outside left out, shape ``(areas,)``."""
    return np.bincount(area[area >= 0], minlength=areas).astype(np.int64)


def pattern_counts(candidates: Candidates) -> tuple[Ints, Ints, Ints]:
    """Candidates, verified and new by pattern, each of shape ``(patterns,)``."""
    many, pattern, status = len(candidates.patterns), candidates.pattern, candidates.status
    all_of_them, known, new = (
        np.bincount(pattern[which], minlength=many).astype(np.int64)
        for which in (slice(None), status != NOT_VERIFIED, status == NEW)
    )
    return all_of_them, known, new


def draw_shares(verified: Ints, new: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Draw shares from their posterior.

    Parameters
    ----------
    verified, new
        Shape ``(patterns,)``.

    Returns
    -------
    Floats
        Shape ``(draws, patterns)``.
    """
    return np.asarray(rng.beta(new + 0.5, verified - new + 0.5, (draws, len(verified))))


def verify_at_random(
    pattern: Ints, is_new: Bools, wanted: Sequence[int], rng: np.random.Generator
) -> Ints:
    """Verify so many of each pattern at random: the status of each candidate, shape ``(n,)``."""
    short = [k for k, many in enumerate(wanted) if many < 0]
    if short:
        raise ParameterError(
            say(
                "Negative sample sizes of patterns {short}. Expected ≥ 0.",
                short=examples(short),
            )
        )
    status = np.full(len(pattern), NOT_VERIFIED, dtype=np.int64)
    order = rng.permutation(len(pattern))
    for k, many in enumerate(wanted):
        chosen = order[pattern[order] == k][:many]
        status[chosen] = np.where(is_new[chosen], NEW, NOT_NEW)
    return status
