"""Where do people settle when houses, not farms, keep them apart?

Helpman's model (class II of dispersion): all people move, each place has a stock of housing, and
what spreads them is its price. With H the shares of housing, μ the share of goods in spending::

    g_s = Σ_r D_rs L_r w_r^(1-σ)
    w_r = [Σ_s D_rs w_s L_s / g_s]^(1/σ)            Σ w_r L_r = 1
    V_r = (w_r g_r^(1/(σ-1)))^μ (H_r/L_r)^(1-μ)

People gather at *high* transport cost, around one centre only, and spread when transport becomes
cheap: the opposite of the core–periphery model. Decide which class fits before you rely on a
result.

Takes: parameters, a distance matrix in steps, a transport cost per step.
Gives: the model for the solver and the simulator of ``theory.solving``. For thousands of regions
and observed data use ``quantitative_housing``.
Sources: Helpman (1998); Redding and Rossi-Hansberg (2017); one centre only: Akamatsu, Mori,
Osawa and Takayama. e(d) is derived here.
Limits: rents are paid back where they arise; no farmers, so the wage level is arbitrary.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import scipy

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import say
from shuseki.sources import Source
from shuseki.theory.models.core_periphery import ShortRun, check_shares, replicator, wave_growth
from shuseki.theory.models.literature import (
    AKAMATSU_MORI_TAKAYAMA_2019,
    HELPMAN_1998,
    REDDING_ROSSI_HANSBERG_2017,
)
from shuseki.theory.solving.bounds import SHARES, Bounds
from shuseki.theory.solving.space import (
    IcebergSpace,
    check_costs,
    check_parameters,
    is_circulant,
    two_regions,
)

__all__ = ["Housing"]

PLAIN, STEPS = 100, 200
"""Plain steps of wages before Newton's, and all steps."""


@dataclass(frozen=True, eq=False)
class Housing(IcebergSpace):
    """Helpman's model on two regions, a circle, or any geography.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1 between varieties.
    goods_share
        μ in (0, 1), share of goods in spending; 1-μ is housing.
    transport_cost
        T > 1: units sent per unit delivered, over one step of distance.
    distance
        Steps between regions, origin × destination, shape ``(n, n)``.
    housing
        Shares of the housing stock, shape ``(n,)``, adding up to 1; equal by default.
    speed
        γ > 0 of migration.

    Examples
    --------
    >>> model = Housing(elasticity_of_substitution=4, goods_share=0.8)
    >>> round(model.critical_discount(), 6), round(model.break_point(), 5)
    (0.631579, 1.64218)
    """

    elasticity_of_substitution: float = 4.0
    goods_share: float = 0.8
    transport_cost: float = 1.5
    distance: Floats = field(default_factory=two_regions)
    housing: Floats | None = None
    speed: float = 1.0

    bounds: ClassVar[Bounds] = SHARES
    sources: ClassVar[tuple[Source, ...]] = (
        HELPMAN_1998,
        REDDING_ROSSI_HANSBERG_2017,
        AKAMATSU_MORI_TAKAYAMA_2019,
    )

    def __post_init__(self) -> None:
        check_parameters(
            "Housing",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            goods_share=(self.goods_share, 0, 1),
            transport_cost=(self.transport_cost, 1, np.inf),
            speed=(self.speed, 0, np.inf),
        )
        check_costs(self.iceberg)
        if self.housing is not None:
            check_shares("housing", self.housing, self.regions)

    @cached_property
    def stock(self) -> Floats:
        """Housing shares H, shape ``(n,)``."""
        return np.full(self.regions, 1 / self.regions) if self.housing is None else self.housing

    @property
    def dispersed(self) -> Floats:
        """People in proportion to housing, shape ``(n,)``."""
        return self.stock.copy()

    def at(self, transport_cost: float) -> "Housing":
        """Keep everything but the transport cost."""
        return replace(self, transport_cost=transport_cost)

    def short_run(self, state: Floats) -> ShortRun:
        """Wages (mean 1 over people), prices of goods, incomes and real wages, ``(..., n)``."""
        sigma, D = self.elasticity_of_substitution, self.proximity
        wage = np.ones_like(state)
        for steps in range(1, STEPS + 1):
            g = (state * wage ** (1 - sigma)) @ D
            new = ((state * wage / g) @ D.T) ** (1 / sigma)
            new = new / (state * new).sum(axis=-1, keepdims=True)
            gap = np.log(new / wage)
            moved = np.max(np.abs(gap))
            # Where regions hardly trade, plain steps crawl; Newton's do not.
            wage = new if steps <= PLAIN else wage * np.exp(self._newton(state, wage, g, gap))
            wage = wage / (state * wage).sum(axis=-1, keepdims=True)
            if moved < 1e-13:
                break
        else:
            raise ConvergenceError(
                say(
                    "Wages still move by {moved:.1e} after {limit} steps. Expected 1e-13. Start "
                    "from milder costs.",
                    moved=moved,
                    limit=STEPS,
                )
            )
        g = (state * wage ** (1 - sigma)) @ D
        return ShortRun(
            wage, g ** (1 / (1 - sigma)), state * wage, wage * g ** (1 / (sigma - 1)), steps
        )

    def _newton(self, state: Floats, wage: Floats, g: Floats, gap: Floats) -> Floats:
        """Step of log wages towards the point where a plain step moves none, ``(..., n)``."""
        sigma, D = self.elasticity_of_substitution, self.proximity
        sold = (state * wage / g)[..., None, :] * D
        sold = sold / sold.sum(axis=-1, keepdims=True)
        bought = (state * wage ** (1 - sigma))[..., None, :] * D.T / g[..., :, None]
        slope = (sold + (sigma - 1) * sold @ bought) / sigma
        level = (state * wage)[..., None, :]  # wages of mean 1: their level is not to be found
        return np.linalg.solve(np.eye(self.regions) - slope + level, gap[..., None])[..., 0]

    def payoff(self, state: Floats) -> Floats:
        """Utility in each place, shape ``(..., n)``; infinite where nobody lives."""
        real = self.short_run(state).real_wage
        with np.errstate(divide="ignore"):
            return real**self.goods_share * (self.stock / state) ** (1 - self.goods_share)

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the shares, shape ``(n, n)``."""
        mu, sigma, D = self.goods_share, self.elasticity_of_substitution, self.proximity
        run = self.short_run(state)
        slope = real_wage_slope(D, state, run.wage, sigma)
        slope = mu * slope
        slope[np.diag_indices_from(slope)] -= (1 - mu) / state
        return self.payoff(state)[:, None] * slope

    def drift(self, state: Floats) -> Floats:
        """dL/dt, shape ``(..., n)``."""
        return self.speed * replicator(state, self.payoff(state))

    def break_point(self) -> float:
        """Transport cost *above* which two even regions turn uneven.

        The root of e(d) in ``d = (1-φ)/(1+φ)``, ``φ = T^(1-σ)``.

        Raises
        ------
        ParameterError
            The even spread is stable at every transport cost, σ(1-μ) ≥ 1.
        """
        if self.regions != 2 or not is_circulant(self.distance):
            raise ParameterError(
                say(
                    "break_point() holds for two even regions; this model has {regions}. Use "
                    "shuseki.theory.break_points(model), which solves for it.",
                    regions=self.regions,
                )
            )
        d = self.critical_discount()
        return float(((1 - d) / (1 + d)) ** (1 / (1 - self.elasticity_of_substitution)))

    def critical_discount(self) -> float:
        """Root d* of e(d); waves with a larger d grow."""
        strength = self.elasticity_of_substitution * (1 - self.goods_share)
        if strength >= 1:
            raise ParameterError(
                say(
                    "σ(1-μ) = {strength:.4g}, above 1 by {strength_2:.4g}: the even spread never "
                    "breaks. Expected σ(1-μ) < 1 for a break point. Choose a larger goods_share.",
                    strength=strength,
                    strength_2=strength - 1,
                )
            )
        return float(
            scipy.optimize.brentq(lambda d: float(self.gain(np.array(d))), 1e-12, 1.0, xtol=1e-14)
        )

    def spectrum(self) -> Floats:
        """Growth rate e(d_k) of each wave on the even circle, shape ``(n,)``; entry 0 is nan."""
        return wave_growth(self.gain, self.proximity)

    def gain(self, discount: Floats) -> Floats:
        """``e(d) = μ d (2σ-1) / [(σ-1)(σ+(σ-1)d)] - (1-μ)``, rising in d."""
        mu, sigma = self.goods_share, self.elasticity_of_substitution
        d = np.asarray(discount, dtype=float)
        return mu * d * (2 * sigma - 1) / ((sigma - 1) * (sigma + (sigma - 1) * d)) - (1 - mu)


def real_wage_slope(D: Floats, people: Floats, wage: Floats, sigma: float) -> Floats:
    """D ln(w g^(1/(σ-1))) / dL with wages normalised to Σ wL = const, shape ``(n, n)``.

    Wages are free up to a factor; the Jacobian of the market system is singular in that one
    direction, which the row for the normalisation takes up.
    """
    n = len(people)
    g = (people * wage ** (1 - sigma)) @ D
    sold = D * (people * wage / g)  # r's sales to s over w_r^σ ... rows add up to w^σ
    out = sold / sold.sum(axis=1, keepdims=True)  # where r sells, rows add up to 1
    bought = (D * (people * wage ** (1 - sigma))[:, None]) / g  # where s buys, columns add up to 1
    # σ dw = out (dL/L + dw - dg),  dg = boughtᵀ (dL/L + (1-σ) dw), all in logs
    matrix = sigma * np.eye(n) - out + (1 - sigma) * out @ bought.T
    income = people * wage
    inverse_people = 1 / people
    right = (out - out @ bought.T) * inverse_people
    # normalisation: Σ wL (dlnw + dlnL) = 0, added to every row of the singular system
    matrix = matrix + np.ones((n, 1)) * income
    right = right - np.ones((n, 1)) * (income * inverse_people)
    dw = np.linalg.solve(matrix, right)
    dg = bought.T @ (np.diag(inverse_people) + (1 - sigma) * dw)
    return dw + dg / (sigma - 1)
