"""Does industry gather when demand is linear and transport costs are additive, not iceberg?

The linear model (線形モデル) of Ottaviano, Tabuchi and Thisse: quadratic preferences, a transport
cost of τ units of the numeraire per unit and step, prices that meet the competition of each
market. With N = L/ϕ firms, b = 1/(β+(N-1)γ), a = αb, c = γb/(β-γ), n_r = Nλ_r firms in r and
m_s = Σ_r n_r τ_rs::

    P_s  = [N a + (b+cN) m_s] / (2b+cN)                   price index
    p_rs = (a + c P_s) / (2(b+cN)) + τ_rs/2                price of r's goods in s
    w_r  = (b+cN)/ϕ Σ_s (p_rs - τ_rs)² (A_s + L λ_s)       wage of the mobile
    S_s  = a²N/(2b) - a Σ_r n_r p_rs + (b+cN)/2 Σ_r n_r p_rs² - c/2 P_s²
    V_r  = S_r + w_r

Takes: preferences, firms' fixed labour, a distance matrix, a transport cost τ per step.
Gives: the model for the solver of ``theory.solving``; the break point (which is the sustain point)
and the cost above which nobody trades, in closed form.
Sources: Ottaviano, Tabuchi and Thisse (2002); any number of regions follows from the same demand.
Limits: every pair must trade, so the highest cost must stay below ``trade_limit()``.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.sources import Source
from shuseki.theory.models.core_periphery import ShortRun, replicator
from shuseki.theory.models.literature import OTTAVIANO_TABUCHI_THISSE_2002
from shuseki.theory.solving.bounds import SHARES, Bounds
from shuseki.theory.solving.space import check_connected, check_parameters, two_regions

__all__ = ["Linear"]


@dataclass(frozen=True, eq=False)
class Linear:
    """Ottaviano, Tabuchi and Thisse's model.

    Parameters
    ----------
    workers, mobile
        A and L: numbers of the immobile (spread evenly) and of the mobile.
    taste
        α > 0, intensity of the preference for the differentiated good.
    variety
        β > γ: β - γ is the taste for variety.
    substitution
        γ > 0 between varieties.
    labour_per_firm
        ϕ > 0, mobile persons per firm.
    transport_cost
        τ > 0: units of the numeraire per unit shipped, over one step of distance.
    distance
        Steps between regions, shape ``(n, n)``.
    speed
        γ > 0 of migration.

    Examples
    --------
    >>> model = Linear(workers=20, mobile=5, taste=3, variety=1.5, substitution=1,
    ...                labour_per_firm=0.5, transport_cost=0.2)
    >>> round(model.break_point(), 8), round(model.trade_limit(), 6)
    (0.22572178, 0.272727)
    """

    workers: float = 20.0
    mobile: float = 5.0
    taste: float = 3.0
    variety: float = 1.5
    substitution: float = 1.0
    labour_per_firm: float = 0.5
    transport_cost: float = 0.2
    distance: Floats = field(default_factory=two_regions)
    speed: float = 1.0

    bounds: ClassVar[Bounds] = SHARES
    sources: ClassVar[tuple[Source, ...]] = (OTTAVIANO_TABUCHI_THISSE_2002,)

    def __post_init__(self) -> None:
        positive = {
            name: (getattr(self, name), 0, np.inf)
            for name in (
                "workers",
                "mobile",
                "taste",
                "substitution",
                "labour_per_firm",
                "transport_cost",
                "speed",
            )
        }
        check_parameters("Linear", **positive, variety=(self.variety, self.substitution, np.inf))
        if (self.distance < 0).any():
            raise ParameterError(
                say(
                    "Negative distances: {n_distance}. Expected steps ≥ 0.",
                    n_distance=int((self.distance < 0).sum()),
                )
            )
        check_connected(np.isfinite(self.distance))
        dearest, limit = float(self.additive_costs.max()), self.trade_limit()
        if dearest >= limit:
            raise ParameterError(
                say(
                    "The most distant pair costs τ = {dearest:.6g}, above the limit of trade "
                    "{limit:.6g} by {dearest_2:.3g}. Expected that all regions trade. Choose a "
                    "smaller transport_cost.",
                    dearest=dearest,
                    limit=limit,
                    dearest_2=dearest - limit,
                )
            )

    # ---- the model -------------------------------------------------------------------

    @property
    def regions(self) -> int:
        """Number of regions n."""
        return len(self.distance)

    @cached_property
    def additive_costs(self) -> Floats:
        """τ_rs in units of the numeraire, origin × destination."""
        return self.transport_cost * np.asarray(self.distance, dtype=float)

    @cached_property
    def demand(self) -> tuple[float, float, float, float]:
        """Coefficients a, b, c of linear demand, and N."""
        firms = self.mobile / self.labour_per_firm
        b = 1 / (self.variety + (firms - 1) * self.substitution)
        return self.taste * b, b, self.substitution * b / (self.variety - self.substitution), firms

    @property
    def dispersed(self) -> Floats:
        """The even spread, shape ``(n,)``."""
        return np.full(self.regions, 1 / self.regions)

    def at(self, transport_cost: float) -> "Linear":
        """Keep everything but the transport cost."""
        return replace(self, transport_cost=transport_cost)

    def short_run(self, state: Floats) -> ShortRun:
        """Wages, price indices, incomes and indirect utilities, shape ``(..., n)``."""
        a, b, c, firms = self.demand
        cost = self.additive_costs
        spread = firms * state
        inward = spread @ cost
        index = (firms * a + (b + c * firms) * inward) / (2 * b + c * firms)
        mill = (a + c * index) / (2 * (b + c * firms))
        people = self.workers / self.regions + self.mobile * state
        # Σ_s (mill_s - τ_rs/2)² people_s, opened up so that many states go at once
        profit = (
            (mill**2 * people).sum(axis=-1, keepdims=True)
            - (mill * people) @ cost.T
            + people @ (cost**2).T / 4
        )
        wage = (b + c * firms) / self.labour_per_firm * profit
        paid = firms * mill + inward / 2
        squared = firms * mill**2 + mill * inward + spread @ cost**2 / 4
        surplus = (
            a**2 * firms / (2 * b) - a * paid + (b + c * firms) / 2 * squared - c / 2 * index**2
        )
        return ShortRun(wage, index / firms, people, surplus + wage)

    def payoff(self, state: Floats) -> Floats:
        """Indirect utility of the mobile, shape ``(..., n)``."""
        return self.short_run(state).real_wage

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the shares, shape ``(n, n)``."""
        a, b, c, firms = self.demand
        cost = self.additive_costs
        k = b + c * firms
        people = self.workers / self.regions + self.mobile * state
        inward = firms * state @ cost
        index = (firms * a + k * inward) / (2 * b + c * firms)
        mill = (a + c * index) / (2 * k)
        d_inward = firms * cost.T
        d_index = k / (2 * b + c * firms) * d_inward
        d_mill = c / (2 * k) * d_index
        margin = mill[None, :] - cost / 2
        d_wage = (
            k / self.labour_per_firm * (2 * (margin * people) @ d_mill + margin**2 * self.mobile)
        )
        d_paid = firms * d_mill + d_inward / 2
        d_squared = (
            (2 * firms * mill + inward)[:, None] * d_mill
            + mill[:, None] * d_inward
            + firms * (cost**2).T / 4
        )
        return d_wage - a * d_paid + k / 2 * d_squared - c * index[:, None] * d_index

    def drift(self, state: Floats) -> Floats:
        """dλ/dt, shape ``(..., n)``."""
        return self.speed * replicator(state, self.payoff(state))

    # ---- what is known in closed form -----------------------------------------------------

    def break_point(self) -> float:
        """τ*, below which the mobile gather; two regions.

        ``τ* = 4aϕ(3bϕ+2cL) / {2bϕ(3bϕ+3cL+cA) + c²L(A+L)}`` (Ottaviano, Tabuchi and Thisse 2002).
        """
        a, b, c, _ = self.demand
        A, L, phi = self.workers, self.mobile, self.labour_per_firm
        bracket = 2 * b * phi * (3 * b * phi + 3 * c * L + c * A) + c**2 * L * (A + L)
        return 4 * a * phi * (3 * b * phi + 2 * c * L) / bracket

    def sustain_point(self) -> float:
        """The break point: in this model the two coincide."""
        return self.break_point()

    def trade_limit(self) -> float:
        """τ at which the two regions stop trading: ``2aϕ / (2bϕ+cL)``."""
        a, b, c, _ = self.demand
        return 2 * a * self.labour_per_firm / (2 * b * self.labour_per_firm + c * self.mobile)

    def spectrum(self) -> Floats:
        """Growth rate of each wave on the even circle, per person moved; entry 0 is nan."""
        jacobian = self.payoff_jacobian(self.dispersed)
        rates = np.fft.fft(jacobian[0]).real / self.regions
        rates[0] = np.nan
        return rates
