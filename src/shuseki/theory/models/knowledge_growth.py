"""How large should groups be, and how much exchange keeps knowledge growing?

What the equations of ``knowledge_creation`` (Berliant and Fujita) say of growth, in closed form or
as the root of one equation. Two people with too much in common have nothing to tell each other;
with too little they do not understand each other. With ``m = D/(C + 2D)``, growth of two alike is
``g(m) = β (1-2m)^θ m^(1-θ) / (1-m)``, largest at the bliss point ``m = (1-θ)/(2-θ)``. A fixed pair
drifts past it: what they share grows, and growth of knowledge dies. People who rotate among N stay
at ``m = (N-2)/(2N-3)`` and grow by ``γ(N) = β (N-2)^(1-θ)/(N-1)``, most in groups of
``N = 1 + 1/θ``. Where membership is fixed (メンバーの固定化), exchange with other regions
restores diversity (多様性), at a cost; the best share of it is computed here.

Takes: numbers of persons, θ, β. Gives: growth rates per unit of time.
Sources: Berliant and Fujita (2008); conclusion for regions: Fujita (2010), as reported in
Shoko Research Institute (2012), section 3, figure 3-5. γ(N), g at bliss, the exchange and
public-knowledge formulas are derived here and checked against the simulated equations.
Limits: everybody alike, in the long run.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.theory.models.literature import BERLIANT_FUJITA_2008, FUJITA_2010
from shuseki.theory.solving.space import check_parameters

__all__ = [
    "ExchangeCurve",
    "GroupSizes",
    "best_group_size",
    "bliss_point",
    "exchange_curve",
    "exchange_growth",
    "group_sizes",
    "pair_growth",
    "public_knowledge",
    "rotation_growth",
]


@result
class GroupSizes(Result):
    """Growth by size of the group that rotates.

    Attributes
    ----------
    persons
        Group sizes, shape ``(k,)``.
    growth
        γ(N), shape ``(k,)``.
    best
        1 + 1/θ.
    """

    theta: float
    beta: float
    persons: Ints
    growth: Floats
    best: float

    def headline(self) -> Message:
        """The best size."""
        k = int(np.argmax(self.growth))
        return say(
            "growth is largest in groups of {best:.4g} (1 + 1/θ); of the sizes tried, {persons} "
            "with {growth:.5f} per unit of time, n = {n:count(size)}",
            best=self.best,
            persons=self.persons[k],
            growth=self.growth[k],
            n=len(self.persons),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per group size."""
        m = (self.persons - 2) / (2 * self.persons - 3)
        return pd.DataFrame(
            {"persons": self.persons, "difference": m, "growth_per_time": self.growth}
        )


def group_sizes(
    persons: Sequence[int] = tuple(range(2, 13)), *, theta: float = 1 / 3, beta: float = 1.0
) -> GroupSizes:
    """Compare groups of several sizes, each rotating, in the long run."""
    _check_theta(theta)
    sizes = np.asarray(persons, dtype=np.int64)
    _check_persons(float(sizes.min(initial=2)))
    return GroupSizes(
        theta=theta,
        beta=beta,
        persons=sizes,
        growth=rotation_growth(sizes.astype(float), theta, beta),
        best=best_group_size(theta),
        notes=(
            say("A pair by itself does not grow in the long run: it falls back to working alone."),
        ),
        sources=(BERLIANT_FUJITA_2008,),
    )


@result
class ExchangeCurve(Result):
    """Growth by the share of time spent with people of other regions.

    Attributes
    ----------
    share
        e, shape ``(k,)``.
    growth
        Shape ``(k,)``.
    best_share, best_growth
        The optimum.
    """

    group: int
    efficiency: float
    theta: float
    beta: float
    share: Floats
    growth: Floats
    best_share: float
    best_growth: float

    def headline(self) -> Message:
        """Closed against best."""
        return say(
            "groups of {group}, efficiency outside {efficiency:g}: growth {closed:.4f} at "
            "{from_percent:.0f}% exchange, at best {best:.5f} at {best_percent:.1f}%, n = "
            "{n:count(share)}",
            group=self.group,
            efficiency=self.efficiency,
            closed=self.growth[0],
            from_percent=100 * self.share[0],
            best=self.best_growth,
            best_percent=100 * self.best_share,
            n=len(self.share),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per share."""
        return pd.DataFrame({"exchange_share": self.share, "growth_per_time": self.growth})


def exchange_curve(
    share: Floats | None = None,
    *,
    group: int = 2,
    outsiders: int | None = None,
    efficiency: float = 1.0,
    theta: float = 1 / 3,
    beta: float = 1.0,
) -> ExchangeCurve:
    """How much exchange with other regions keeps knowledge growing fastest?

    Parameters
    ----------
    share
        Shares of time, shape ``(k,)``; 0 to 0.95 by default.
    group, outsiders, efficiency, theta, beta
        As for ``exchange_growth``.
    """
    grid = np.linspace(0, 0.95, 39) if share is None else np.asarray(share, dtype=float)

    def growth(e: float) -> float:
        return exchange_growth(
            e, group, outsiders=outsiders, efficiency=efficiency, theta=theta, beta=beta
        )

    values = np.array([growth(float(e)) for e in grid])
    near = float(grid[int(np.argmax(values))])
    reach = 0.05
    best = scipy.optimize.minimize_scalar(
        lambda e: -growth(float(e)),
        bounds=(max(near - reach, 0.0), min(near + reach, 1.0)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    best_share, best_growth = float(best.x), float(-best.fun)
    if values.max() > best_growth:
        best_share, best_growth = near, float(values.max())
    return ExchangeCurve(
        group=group,
        efficiency=efficiency,
        theta=theta,
        beta=beta,
        share=grid,
        growth=values,
        best_share=best_share,
        best_growth=best_growth,
        notes=(
            say(
                "Where membership is fixed, diversity shrinks with every idea that is shared; "
                "exchange with other regions restores it."
            ),
        ),
        sources=(FUJITA_2010, BERLIANT_FUJITA_2008),
    )


# ---- arithmetic ------------------------------------------------------------------------------


def pair_growth(difference: Floats | float, theta: float, beta: float = 1.0) -> Floats:
    """g(m), growth of each of two who differ by m in [0, ½], same shape."""
    m = np.asarray(difference, dtype=float)
    return np.asarray(beta * (1 - 2 * m) ** theta * m ** (1 - theta) / (1 - m))


def bliss_point(theta: float) -> float:
    """The difference at which growth is largest: ``(1-θ)/(2-θ)``; g there is βθ^θ(1-θ)^(1-θ).

    >>> round(bliss_point(1 / 3), 12)
    0.4
    """
    _check_theta(theta)
    return (1 - theta) / (2 - theta)


def best_group_size(theta: float) -> float:
    """Persons in the group that grows fastest under rotation: ``1 + 1/θ``."""
    _check_theta(theta)
    return 1 + 1 / theta


def rotation_growth(persons: Floats | float, theta: float, beta: float = 1.0) -> Floats:
    """γ(N), long-run growth when N ≥ 2 persons take turns, same shape; 0 for a pair."""
    N = np.asarray(persons, dtype=float)
    return np.asarray(beta * (N - 2) ** (1 - theta) / (N - 1))


def public_knowledge(
    persons: int, public_share: float, theta: float, beta: float = 1.0, groups: int = 1
) -> tuple[float, float]:
    """Difference and growth under rotation when a share χ of ideas reaches the whole region.

    ``m* = (1-δ)(1-χ) / [2(1-δ)(1-χ) + δ + χ(N/2-δ)]``, δ = 1/(N-1).

    Parameters
    ----------
    persons
        N in each region (of ``groups`` equal ones, the persons are divided among them).
    public_share
        χ in [0, 1): share of ideas that everyone in the region learns.

    Returns
    -------
    tuple
        m* and g(m*), ideas created per person relative to what the person knows.

    Raises
    ------
    ParameterError
        Fewer than two persons in a group, or a share or θ outside its bounds.
    """
    N = persons / groups
    _check_persons(N)
    _check_theta(theta)
    if not 0 <= public_share < 1:
        raise ParameterError(
            say(
                "public_share = {share:g}. Expected a share of ideas in [0, 1).", share=public_share
            )
        )
    delta, chi = 1 / (N - 1), public_share
    own = (1 - delta) * (1 - chi)
    m = own / (2 * own + delta + chi * (N / 2 - delta))
    return m, float(pair_growth(m, theta, beta))


def exchange_growth(
    share: float,
    group: int,
    *,
    outsiders: int | None = None,
    efficiency: float = 1.0,
    theta: float = 1 / 3,
    beta: float = 1.0,
) -> float:
    """Long-run growth when a share of working time goes to people of another region.

    With e the share, ``γ = (1-e) g_in + e t g_out``, ``m_in = (γ-δ_in g_in)/(2γ-δ_in g_in)`` and
    the same for outsiders with ``t g_out``. Each m is explicit in γ, which leaves one equation.

    Parameters
    ----------
    share
        e in [0, 1], exchange between regions (他地域との交流).
    group, outsiders
        Persons in one's own group, and persons met elsewhere (as many as the group by default).
    efficiency
        t in (0, 1]: what an hour with outsiders yields relative to one at home.

    Raises
    ------
    ParameterError
        A share, an efficiency or θ outside these bounds, or too few persons to meet.
    """
    _check_persons(group)
    _check_theta(theta)
    met = outsiders if outsiders is not None else group
    if not 0 <= share <= 1:
        raise ParameterError(
            say(
                "share = {share:g}. Expected a share of time in [0, 1].",
                share=share,
            )
        )
    if met < 1:
        raise ParameterError(
            say("outsiders = {met:g}. Expected 1 or more persons to meet elsewhere.", met=met)
        )
    if not 0 < efficiency <= 1:
        raise ParameterError(
            say(
                "efficiency = {efficiency:g}. Expected what an hour with outsiders yields relative "
                "to one at home, in (0, 1].",
                efficiency=efficiency,
            )
        )
    if group == 2 and share == 0:
        return 0.0
    delta_in = (1 - share) / (group - 1)
    delta_out = share / met

    def rate(gamma: float, delta: float, worth: float) -> float:
        """Growth g at the difference that balances: γ = δtβ [m/(1-2m)]^(1-θ), solved for m."""
        if delta == 0:
            return 0.0
        u = (gamma / (delta * worth * beta)) ** (1 / (1 - theta))
        return worth * float(pair_growth(u / (1 + 2 * u), theta, beta))

    def excess(gamma: float) -> float:
        inside = (1 - share) * rate(gamma, delta_in, 1.0)
        return inside + share * rate(gamma, delta_out, efficiency) - gamma

    best = float(pair_growth(bliss_point(theta), theta, beta))
    return float(scipy.optimize.brentq(excess, 1e-9 * best, best * (1 + 1e-9), xtol=1e-14))


def _check_persons(persons: float) -> None:
    if not persons >= 2:
        raise ParameterError(
            say("Groups of {persons:g} persons. Expected 2 or more.", persons=persons)
        )


def _check_theta(theta: float) -> None:
    check_parameters(say("Knowledge creation"), theta=(theta, 0, 1))
