"""Do the makers of differentiated goods gather in one region, or spread over many?

The core–periphery model (中心・周辺モデル) of Krugman. Farmers stay; workers in manufacturing
move to where real wages are higher. In the short run, given shares λ of the workers, farm shares
φ and a farm wage of 1, with ``D[r, s] = T_rs ** (1 - σ)``::

    g_s = Σ_r D_rs λ_r w_r^(1-σ)        price index G = g^(1/(1-σ))
    Y_s = μ λ_s w_s + (1-μ) φ_s         income
    w_r = [Σ_s D_rs Y_s / g_s]^(1/σ)    wage that breaks even
    ω_r = w_r g_r^(μ/(σ-1))             real wage

and ``dλ_r/dt = γ λ_r (ω_r - Σ λω)``. With ``congestion`` ξ > 0 a place is worth
``ω_r (λ_r/λ̄_r)^(-ξ)``, where λ̄ are the farm shares (a proxy of land): land and housing become
expensive where workers crowd (class III: industry is spread, then gathered, then spread again as
transport costs fall).

Takes: parameters, a distance matrix in steps, a transport cost per step.
Gives: the model for the solver and the simulator of ``theory.solving``; break and sustain points.
Sources: Krugman (1991); Fujita, Krugman and Venables (1999), chapters 4–6. The Jacobian, the
circle's e(d) and the class III band are derived here and checked against finite differences and
dense eigenvalues.
Limits: one mobile industry, one kind of mobile worker, myopic migration.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from scipy.optimize import brentq

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import say
from shuseki.sources import Source
from shuseki.theory.models.literature import FUJITA_KRUGMAN_VENABLES_1999, KRUGMAN_1991
from shuseki.theory.solving.bounds import SHARES, Bounds
from shuseki.theory.solving.space import (
    IcebergSpace,
    check_costs,
    check_parameters,
    discounts,
    is_circulant,
    two_regions,
)

__all__ = ["CorePeriphery", "ShortRun"]


@dataclass(frozen=True, eq=False)
class ShortRun:
    """Prices and incomes while nobody moves; each of shape ``(..., n)``.

    Attributes
    ----------
    wage
        Nominal wage of the mobile, farm wage = 1.
    price_index
        Cost of one unit of the bundle of manufactures.
    income
        Nominal income of the region.
    real_wage
        What the mobile compare.
    iterations
        Steps the fixed point took.
    """

    wage: Floats
    price_index: Floats
    income: Floats
    real_wage: Floats
    iterations: int = 0


@dataclass(frozen=True, eq=False)
class CorePeriphery(IcebergSpace):
    """Krugman's model on two regions, a circle, or any geography.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1 between varieties of manufactures.
    manufacturing_share
        μ in (0, 1): share of manufactures in spending, and of workers among people.
    transport_cost
        T > 1: units sent per unit delivered, over one step of distance.
    distance
        Steps between regions, origin × destination, shape ``(n, n)``.
    farm_shares
        Where the immobile live, shape ``(n,)``, adding up to 1; equal by default.
    congestion
        ξ ≥ 0: elasticity of the loss from crowding. Fréchet tastes of shape ε add 1/ε.
    speed
        γ > 0 of migration.

    Raises
    ------
    ParameterError
        A parameter is outside its range, or the no-black-hole condition fails: σ(1-μ) ≤ 1.
    DataError
        The distances are negative or cut regions off.

    Examples
    --------
    >>> model = CorePeriphery(elasticity_of_substitution=5, manufacturing_share=0.4)
    >>> round(model.break_point(), 6), round(model.sustain_point(), 6)
    (1.626577, 1.807313)
    """

    elasticity_of_substitution: float = 5.0
    manufacturing_share: float = 0.4
    transport_cost: float = 1.7
    distance: Floats = field(default_factory=two_regions)
    farm_shares: Floats | None = None
    congestion: float = 0.0
    speed: float = 1.0

    bounds: ClassVar[Bounds] = SHARES
    sources: ClassVar[tuple[Source, ...]] = (KRUGMAN_1991, FUJITA_KRUGMAN_VENABLES_1999)

    def __post_init__(self) -> None:
        check_parameters(
            "CorePeriphery",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            manufacturing_share=(self.manufacturing_share, 0, 1),
            transport_cost=(self.transport_cost, 1, np.inf),
            speed=(self.speed, 0, np.inf),
            congestion=(self.congestion, -1e-300, np.inf),
        )
        strength = self.elasticity_of_substitution * (1 - self.manufacturing_share)
        if strength <= 1:
            raise ParameterError(
                say(
                    "A black hole: σ(1-μ) = {strength:.4g}, short of the 1 it must exceed by "
                    "{strength_2:.4g}. Manufacturing would gather at every transport cost. "
                    "Expected σ > {manufacturing_share:.4g} at this μ. Choose a larger σ or a "
                    "smaller μ.",
                    strength=strength,
                    strength_2=1 - strength,
                    manufacturing_share=1 / (1 - self.manufacturing_share),
                )
            )
        check_costs(self.iceberg)
        if self.farm_shares is not None:
            check_shares("farm_shares", self.farm_shares, self.regions)

    # ---- the model -------------------------------------------------------------------

    @cached_property
    def immobile(self) -> Floats:
        """Farm shares φ, shape ``(n,)``."""
        if self.farm_shares is None:
            return np.full(self.regions, 1 / self.regions)
        return self.farm_shares

    @property
    def dispersed(self) -> Floats:
        """The state in which workers live where farmers do, shape ``(n,)``."""
        return self.immobile.copy()

    def at(self, transport_cost: float) -> "CorePeriphery":
        """Keep everything but the transport cost."""
        return replace(self, transport_cost=transport_cost)

    def short_run(self, state: Floats) -> ShortRun:
        """Wages, price indices, incomes and real wages, given shares of shape ``(..., n)``."""
        sigma, mu = self.elasticity_of_substitution, self.manufacturing_share
        wage, iterations = market_wages(self.proximity, state, mu, (1 - mu) * self.immobile, sigma)
        g = (state * wage ** (1 - sigma)) @ self.proximity
        return ShortRun(
            wage,
            g ** (1 / (1 - sigma)),
            mu * state * wage + (1 - mu) * self.immobile,
            wage * g ** (mu / (sigma - 1)),
            iterations,
        )

    def payoff(self, state: Floats) -> Floats:
        """What a worker gains in each region: the real wage, less crowding; ``(..., n)``."""
        return crowded(self.short_run(state).real_wage, state, self.immobile, self.congestion)

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the shares, shape ``(n, n)``."""
        sigma, mu, D = self.elasticity_of_substitution, self.manufacturing_share, self.proximity
        run = self.short_run(state)
        wage, g = run.wage, run.price_index ** (1 - sigma)
        dw = wage_derivative(D, state, wage, g, run.income, mu, sigma)
        dg = D.T @ (
            np.diag(wage ** (1 - sigma)) + (1 - sigma) * (state * wage**-sigma)[:, None] * dw
        )
        real = run.real_wage
        slope = real[:, None] * (dw / wage[:, None] + mu / (sigma - 1) * dg / g[:, None])
        return crowded_jacobian(slope, real, state, self.immobile, self.congestion)

    def drift(self, state: Floats) -> Floats:
        """dλ/dt, shape ``(..., n)``: towards higher real wages."""
        return self.speed * replicator(state, self.payoff(state))

    # ---- what is known in closed form -----------------------------------------------------

    def break_point(self) -> float:
        """Transport cost below which the even spread breaks; two regions, ξ = 0.

        ``T_B^(σ-1) = (1+μ)(σ(1+μ)-1) / [(1-μ)(σ(1-μ)-1)]`` (Fujita, Krugman and Venables 1999,
        chapter 5).
        """
        self._two_even_regions("break_point")
        return break_point(self.elasticity_of_substitution, self.manufacturing_share)

    def sustain_point(self) -> float:
        """Transport cost above which a core unravels; two regions, ξ = 0.

        The root above 1 of ``1 = ½(1+μ) T^(1-σ-μσ) + ½(1-μ) T^(σ-1-μσ)`` (Krugman 1991; Fujita,
        Krugman and Venables 1999, chapter 5).
        """
        self._two_even_regions("sustain_point")
        return sustain_point(
            self.elasticity_of_substitution,
            self.manufacturing_share,
            (1 + self.manufacturing_share) / 2,
        )

    def spectrum(self) -> Floats:
        """Growth rate e(d_k) of each wave on the even circle, shape ``(n,)``; entry 0 is nan.

        A wave of k peaks grows at the rate ``γ ω̄ e(d_k)``; the even spread is stable when all
        are negative.
        """
        return wave_growth(self.gain, self.proximity)

    def gain(self, discount: Floats) -> Floats:
        """e(d), the elasticity of payoffs to a wave with discount d, less congestion."""
        mu, sigma = self.manufacturing_share, self.elasticity_of_substitution
        d = np.asarray(discount, dtype=float)
        wage = d * (mu - d) * (1 - mu * d) / (sigma - mu * d - (sigma - 1) * d**2)
        return wage + mu * d / (sigma - 1) - self.congestion

    def critical_discount(self) -> float:
        """Root d* of e(d) without congestion: ``μ(2σ-1) / (σ(1+μ²)-1)``."""
        mu, sigma = self.manufacturing_share, self.elasticity_of_substitution
        return mu * (2 * sigma - 1) / (sigma * (1 + mu**2) - 1)

    def _two_even_regions(self, verb: str) -> None:
        if self.regions != 2 or self.congestion or not is_circulant(self.distance):
            raise ParameterError(
                say(
                    "{verb}() holds for two even regions without congestion; this model has "
                    "{regions} regions and congestion {congestion:g}. Use "
                    "shuseki.theory.{verb}s(model), which solves for it.",
                    verb=verb,
                    regions=self.regions,
                    congestion=self.congestion,
                )
            )


# ---- arithmetic shared by the models in which one factor moves -----------------------------


def break_point(sigma: float, mu: float) -> float:
    """Closed form of the break point; μ is the strength of the linkages."""
    top, bottom = (1 + mu) * (sigma * (1 + mu) - 1), (1 - mu) * (sigma * (1 - mu) - 1)
    return float((top / bottom) ** (1 / (sigma - 1)))


def sustain_point(sigma: float, mu: float, home_share: float) -> float:
    """Root T > 1 of ``home T^(1-σ-μσ) + (1-home) T^(σ-1-μσ) = 1``."""

    def pull(log_cost: float) -> float:
        low = home_share * np.exp(log_cost * (1 - sigma - mu * sigma))
        return float(low + (1 - home_share) * np.exp(log_cost * (sigma - 1 - mu * sigma)) - 1)

    # the curve starts at 0, falls to its minimum and rises once: bracket right of the minimum
    slope = (sigma - 1 + mu * sigma) * home_share / ((sigma - 1 - mu * sigma) * (1 - home_share))
    low = np.log(slope) / (2 * (sigma - 1))
    high = 2 * low
    while pull(high) < 0:
        high *= 2
    return float(np.exp(brentq(pull, low, high, xtol=1e-14)))


def market_wages(
    D: Floats,
    shares: Floats,
    spent: float,
    immobile_income: Floats,
    sigma: float,
    *,
    tolerance: float = 1e-12,
    limit: int = 2000,
) -> tuple[Floats, int]:
    """Wages that clear all markets: ``w^σ = D (Y/g)``, shape ``(..., n)``, and the steps taken.

    Income is ``spent · λ w + immobile_income``. One state: a fixed point until the log residual
    is 1e-3, then Newton steps. Many states at once: the fixed point alone.
    """
    wage = np.ones_like(shares)
    for step in range(1, limit + 1):
        demand = (spent * shares * wage + immobile_income) / ((shares * wage ** (1 - sigma)) @ D)
        new = (demand @ D.T) ** (1 / sigma)
        residual = float(np.max(np.abs(np.log(new / wage))))
        wage = new
        if residual < tolerance:
            return wage, step
        if residual < 1e-3 and shares.ndim == 1:
            break
    else:
        raise ConvergenceError(
            say(
                "Wages still move by {residual:.1e} after {limit} steps. Expected {tolerance:g}. "
                "Are transport costs or shares extreme? Start from milder ones.",
                residual=residual,
                limit=limit,
                tolerance=tolerance,
            )
        )
    for newton in range(1, 9):
        g = (shares * wage ** (1 - sigma)) @ D
        income = spent * shares * wage + immobile_income
        gap = wage**sigma - D @ (income / g)
        if np.max(np.abs(gap)) < tolerance * np.max(wage**sigma):
            return wage, step + newton
        wage = wage - np.linalg.solve(_market_matrix(D, shares, wage, g, income, spent, sigma), gap)
    return wage, step + newton


def wage_derivative(
    D: Floats, shares: Floats, wage: Floats, g: Floats, income: Floats, spent: float, sigma: float
) -> Floats:
    """dw/dλ at the short run, shape ``(n, n)``."""
    A = _market_matrix(D, shares, wage, g, income, spent, sigma)
    B = D * (spent * wage / g) - (D * (income / g**2)) @ (D.T * wage ** (1 - sigma))
    return lu_solve(lu_factor(A), B)


def _market_matrix(
    D: Floats, shares: Floats, wage: Floats, g: Floats, income: Floats, spent: float, sigma: float
) -> Floats:
    A = (1 - sigma) * (D * (income / g**2)) @ (D.T * (shares * wage**-sigma))
    A -= D * (spent * shares / g)
    A[np.diag_indices_from(A)] += sigma * wage ** (sigma - 1)
    return A


def replicator(shares: Floats, payoff: Floats) -> Floats:
    """``λ (ω - Σλω)``: shares grow where the payoff exceeds its mean, ``(..., n)``."""
    with np.errstate(invalid="ignore"):
        moved = np.where(shares > 0, shares * payoff, 0.0)
    return moved - shares * moved.sum(axis=-1, keepdims=True)


def crowded(real_wage: Floats, shares: Floats, land: Floats, congestion: float) -> Floats:
    """Real wage times density to the power -ξ; infinite in an empty place when ξ > 0."""
    if not congestion:
        return real_wage
    with np.errstate(divide="ignore"):
        return real_wage * (shares / land) ** -congestion


def crowded_jacobian(
    slope: Floats, real_wage: Floats, shares: Floats, land: Floats, congestion: float
) -> Floats:
    """Derivative of ``crowded`` given the derivative of the real wage."""
    if not congestion:
        return slope
    factor = (shares / land) ** -congestion
    slope = slope * factor[:, None]
    slope[np.diag_indices_from(slope)] -= congestion * real_wage * factor / shares
    return slope


def wave_growth(gain: Callable[[Floats], Floats], proximities: Floats) -> Floats:
    """e(d_k) for every wave on the circle; the zeroth (everyone moves in) has no meaning."""
    rates = np.asarray(gain(discounts(proximities)), dtype=float)
    rates[0] = np.nan
    return rates


def check_shares(name: str, shares: Floats, regions: int) -> None:
    """Refuse shares that are negative, of another length, or do not add up to 1."""
    if shares.shape != (regions,):
        raise ParameterError(
            say(
                "{name} has shape {shares_shape}. Expected one share per region ({regions},).",
                name=name,
                shares_shape=shares.shape,
                regions=regions,
            )
        )
    if not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-9:
        raise ParameterError(
            say(
                "{name} add up to {n_shares:.6g}, the smallest is {smallest_shares:.3g}. Expected "
                "shares ≥ 0 that add up to 1. Divide them by their sum.",
                name=name,
                n_shares=shares.sum(),
                smallest_shares=shares.min(),
            )
        )
