"""Why do makers of final and of intermediate goods stay together?

Vertical linkages (Fujita, Krugman and Venables, chapter 14; Fujita 2006): nobody migrates, firms
buy each other's products. More makers of intermediate goods (中間財) make final goods cheaper
nearby, the forward linkage (前方連関効果); more makers of final goods buy more of them, the
backward linkage (後方連関効果). Each strengthens the other: the positive lock-in (正のロックイン).
Each region has labour ``L_r``, of which a share λ_r is in manufacturing; the rest farms with a
product A(1-λ)::

    p_r = w_r^(1-α) G_r^α
    G_s^(1-σ) = Σ_r L_r λ_r w_r p_r^(-σ) D_rs
    p_r^σ / (1-α) = Σ_s D_rs G_s^(σ-1) E_s
    E = μY + α/(1-α) L w λ,   Y = L (w λ + A(1-λ))
    dλ_r/dt = γ (w_r - A'(1-λ_r))

``A(x) = v (K/η) (x/K)^η``: with η = 1 farming takes labour at the wage v; with η < 1 wages rise
where industry gathers, and agglomeration is an inverted U (逆U字) in the transport cost.

Takes: parameters, a distance matrix in steps, a transport cost per step.
Gives: the model for the solver and the simulator of ``theory.solving``; break and sustain points.
What a lock-in is worth: ``models.offshoring``.
Sources: Fujita, Krugman and Venables (1999), chapter 14; mechanism in words: Fujita (2006). The
Jacobian is derived here. η and K formalise congestion, which Fujita (2006) has in words only.
Limits: labour does not move between regions; one industry.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import say
from shuseki.sources import Source
from shuseki.theory.models.core_periphery import ShortRun, break_point, sustain_point
from shuseki.theory.models.literature import FUJITA_2006, FUJITA_KRUGMAN_VENABLES_1999
from shuseki.theory.solving.bounds import BOX, Bounds
from shuseki.theory.solving.space import (
    IcebergSpace,
    check_costs,
    check_parameters,
    is_circulant,
    two_regions,
)

__all__ = ["VerticalLinkages"]


@dataclass(frozen=True, eq=False)
class VerticalLinkages(IcebergSpace):
    """Manufacturing that buys from itself, on two regions, a circle, or any geography.

    The state is the share of each region's labour in manufacturing, shape ``(n,)``, in [0, 1].

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1; low for differentiated goods (差別化).
    intermediate_share
        α in (0, 1), share of intermediate goods in the cost of manufactures.
    manufacturing_share
        μ in (0, 1), share of manufactures in consumers' spending.
    transport_cost
        T > 1: units sent per unit delivered, over one step of distance.
    farm_elasticity
        η in (0, 1]; 1 leaves the wage at v.
    distance
        Steps between regions, origin × destination, shape ``(n, n)``.
    labour
        L, persons per region, shape ``(n,)``; ones by default.
    outside_wage
        v, the wage outside manufacturing when a share K of labour is there, shape ``(n,)``; ones by
        default. A foreign node with v = 0.5 pays half.
    speed
        γ > 0.

    Raises
    ------
    ParameterError
        A parameter is outside its range, or the no-black-hole condition fails: σ(1-α) ≤ 1.

    Examples
    --------
    >>> model = VerticalLinkages(elasticity_of_substitution=5, intermediate_share=0.5)
    >>> round(model.break_point(), 6), round(model.sustain_point(), 6)
    (1.898829, 2.516716)
    """

    elasticity_of_substitution: float = 5.0
    intermediate_share: float = 0.5
    manufacturing_share: float = 0.4
    transport_cost: float = 1.5
    farm_elasticity: float = 1.0
    distance: Floats = field(default_factory=two_regions)
    labour: Floats | None = None
    outside_wage: Floats | None = None
    speed: float = 1.0

    bounds: ClassVar[Bounds] = BOX
    sources: ClassVar[tuple[Source, ...]] = (FUJITA_KRUGMAN_VENABLES_1999, FUJITA_2006)

    def __post_init__(self) -> None:
        check_parameters(
            "VerticalLinkages",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            intermediate_share=(self.intermediate_share, 0, 1),
            manufacturing_share=(self.manufacturing_share, 0, 1),
            transport_cost=(self.transport_cost, 1, np.inf),
            farm_elasticity=(self.farm_elasticity, 0, 1 + 1e-15),
            speed=(self.speed, 0, np.inf),
        )
        strength = self.elasticity_of_substitution * (1 - self.intermediate_share)
        if strength <= 1:
            raise ParameterError(
                say(
                    "A black hole: σ(1-α) = {strength:.4g}, short of the 1 it must exceed by "
                    "{strength_2:.4g}. Industry would gather at every transport cost. Expected σ "
                    "> {intermediate_share:.4g} at this α. Choose a larger σ or a smaller "
                    "intermediate_share.",
                    strength=strength,
                    strength_2=1 - strength,
                    intermediate_share=1 / (1 - self.intermediate_share),
                )
            )
        check_costs(self.iceberg)

    # ---- the model -------------------------------------------------------------------

    @cached_property
    def persons(self) -> Floats:
        """L, shape ``(n,)``."""
        return np.ones(self.regions) if self.labour is None else self.labour

    @cached_property
    def outside(self) -> Floats:
        """v, shape ``(n,)``."""
        return np.ones(self.regions) if self.outside_wage is None else self.outside_wage

    @property
    def even_share(self) -> float:
        """``μ / (μ + η(1-μ))``: share in manufacturing when all regions are alike."""
        mu = self.manufacturing_share
        return mu / (mu + self.farm_elasticity * (1 - mu))

    @property
    def dispersed(self) -> Floats:
        """The state of like regions, shape ``(n,)``."""
        return np.full(self.regions, self.even_share)

    def at(self, transport_cost: float) -> "VerticalLinkages":
        """Keep everything but the transport cost."""
        return replace(self, transport_cost=transport_cost)

    def farming(self, state: Floats) -> tuple[Floats, Floats, Floats]:
        """A(1-λ), A'(1-λ) and A''(1-λ), each ``(..., n)``."""
        eta, K = self.farm_elasticity, 1 - self.even_share
        if eta == 1:
            outside = np.broadcast_to(self.outside, state.shape)
            return outside * (1 - state), outside.copy(), np.zeros_like(state)
        rest = np.maximum((1 - state) / K, 1e-12)
        return (
            self.outside * (K / eta) * rest**eta,
            self.outside * rest ** (eta - 1),
            self.outside * (eta - 1) / K * rest ** (eta - 2),
        )

    def short_run(self, state: Floats) -> ShortRun:
        """Wages that manufacturers can pay, price indices and incomes, ``(..., n)``."""
        log_wage, log_price, steps = self._prices(state)
        wage, price = np.exp(log_wage), np.exp(log_price)
        income = self.persons * (wage * state + self.farming(state)[0])
        real = wage * price**-self.manufacturing_share
        return ShortRun(wage, price, income, real, steps)

    def payoff(self, state: Floats) -> Floats:
        """What manufacturing pays above farming, ``(..., n)``: labour moves in where positive."""
        return np.exp(self._prices(state)[0]) - self.farming(state)[1]

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the shares in manufacturing, shape ``(n, n)``."""
        log_wage, log_price, _ = self._prices(state)
        farm, marginal, curvature = self.farming(state)
        matrix, per_share, sold = self._linearised(state, log_wage, log_price, farm)
        mu, alpha = self.manufacturing_share, self.intermediate_share
        gained = (mu + alpha / (1 - alpha)) * np.exp(log_wage) - mu * marginal
        spending = self.persons * gained / self._spending(state, log_wage, farm)
        right = np.vstack([per_share.T, sold * spending])
        change = np.linalg.solve(matrix, right)[: self.regions]
        slope = np.exp(log_wage)[:, None] * change
        slope[np.diag_indices_from(slope)] += curvature
        return slope

    def drift(self, state: Floats) -> Floats:
        """dλ/dt, shape ``(..., n)``, zero at a bound that the state would cross."""
        gain = self.payoff(state)
        held = ((state <= 0) & (gain < 0)) | ((state >= 1) & (gain > 0))
        return self.speed * np.where(held, 0.0, gain)

    # ---- what is known in closed form -----------------------------------------------------

    def break_point(self) -> float:
        """Transport cost below which the even spread breaks; two like regions, η = 1.

        The core–periphery formula with α in the place of μ; the share μ plays no part.
        """
        self._two_even_regions("break_point")
        return break_point(self.elasticity_of_substitution, self.intermediate_share)

    def sustain_point(self) -> float:
        """Transport cost above which a core unravels; two like regions, η = 1, μ ≤ ½.

        The root above 1 of ``T^(-ασ) [s T^(1-σ) + (1-s) T^(σ-1)] = 1``, ``s = (1+α)/2``.
        """
        self._two_even_regions("sustain_point")
        if self.manufacturing_share > 0.5:
            raise ParameterError(
                say(
                    "μ = {manufacturing_share:g} is above ½: one region cannot hold all of "
                    "manufacturing. Expected μ ≤ ½ for the closed form. Use "
                    "shuseki.theory.sustain_points(model).",
                    manufacturing_share=self.manufacturing_share,
                )
            )
        alpha = self.intermediate_share
        return sustain_point(self.elasticity_of_substitution, alpha, (1 + alpha) / 2)

    def _two_even_regions(self, verb: str) -> None:
        uneven = self.outside_wage is not None or self.labour is not None
        if (
            self.regions != 2
            or self.farm_elasticity != 1
            or uneven
            or not is_circulant(self.distance)
        ):
            raise ParameterError(
                say(
                    "{verb}() holds for two like regions with farm_elasticity 1; this model has "
                    "{regions} regions and farm_elasticity {farm_elasticity:g}. Use "
                    "shuseki.theory.{verb}s(model), which solves for it.",
                    verb=verb,
                    regions=self.regions,
                    farm_elasticity=self.farm_elasticity,
                )
            )

    # ---- arithmetic ------------------------------------------------------------------------

    @cached_property
    def _last(self) -> dict[bytes, tuple[Floats, Floats, int]]:
        """Prices of the last state: payoff and Jacobian are asked for the same one in turn."""
        return {}

    def _prices(self, state: Floats) -> tuple[Floats, Floats, int]:
        key = state.tobytes()
        if key not in self._last:
            near = next(iter(self._last.values()), None)
            self._last.clear()
            self._last[key] = self._settle(state, near)
        return self._last[key]

    def _settle(
        self, state: Floats, near: tuple[Floats, Floats, int] | None
    ) -> tuple[Floats, Floats, int]:
        """Log wages and log price indices by a fixed point, then Newton; ``(..., n)``."""
        sigma, alpha = self.elasticity_of_substitution, self.intermediate_share
        D, persons = self.proximity, self.persons
        farm = self.farming(state)[0]
        x = np.broadcast_to(np.log(self.outside), state.shape).copy()
        y = np.zeros_like(state)
        if near is not None and near[0].shape == state.shape:
            x, y = near[0], near[1]
        tolerance, one_state = 1e-13, state.ndim == 1 and self.regions <= 64
        for step in range(1, 20_000):
            made = persons * state * np.exp((1 - sigma * (1 - alpha)) * x - alpha * sigma * y)
            new_y = np.log(made @ D) / (1 - sigma)
            spent = self._spending(state, x, farm)
            demand = np.log(((np.exp((sigma - 1) * new_y) * spent) @ D.T) * (1 - alpha))
            new_x = (demand - alpha * sigma * new_y) / (sigma * (1 - alpha))
            moved = max(float(np.max(np.abs(new_x - x))), float(np.max(np.abs(new_y - y))))
            x, y = new_x, new_y
            if moved < tolerance:
                return x, y, step
            if one_state and moved < 1e-2:
                break
        else:
            raise ConvergenceError(
                say(
                    "Prices still move by {moved:.1e}. Expected {tolerance:g}. Start from milder "
                    "transport costs or shares.",
                    moved=moved,
                    tolerance=tolerance,
                )
            )
        for newton in range(1, 20):
            gap = self._gap(state, x, y, farm)
            if np.max(np.abs(gap)) < tolerance:
                return x, y, step + newton
            matrix, _, _ = self._linearised(state, x, y, farm)
            change = np.linalg.solve(matrix, gap)
            x, y = x - change[: self.regions], y - change[self.regions :]
        return x, y, step + newton

    def _spending(self, state: Floats, x: Floats, farm: Floats) -> Floats:
        mu, alpha = self.manufacturing_share, self.intermediate_share
        wages = np.exp(x) * state
        return self.persons * (mu * (wages + farm) + alpha / (1 - alpha) * wages)

    def _gap(self, state: Floats, x: Floats, y: Floats, farm: Floats) -> Floats:
        sigma, alpha, D = self.elasticity_of_substitution, self.intermediate_share, self.proximity
        made = self.persons * state * np.exp((1 - sigma * (1 - alpha)) * x - alpha * sigma * y)
        demand = D @ (np.exp((sigma - 1) * y) * self._spending(state, x, farm))
        return np.concatenate(
            [
                (1 - sigma) * y - np.log(D.T @ made),
                sigma * ((1 - alpha) * x + alpha * y) - np.log((1 - alpha) * demand),
            ]
        )

    def _linearised(
        self, state: Floats, x: Floats, y: Floats, farm: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """The matrix of ``matrix @ (dlnw, dlnG) = right @ dλ``, shape ``(2n, 2n)``.

        With it what ``right`` is made of: supply per share in manufacturing, and where each region
        sells, both ``(n, n)``.
        """
        sigma, alpha = self.elasticity_of_substitution, self.intermediate_share
        mu, D, n = self.manufacturing_share, self.proximity, self.regions
        wage, persons = np.exp(x), self.persons
        spent = self._spending(state, x, farm)
        per_share = (
            D * (persons * np.exp((1 - sigma * (1 - alpha)) * x - alpha * sigma * y))[:, None]
        )
        per_share = per_share / (state @ per_share)
        bought = (state[:, None] * per_share).T  # where s buys: rows add up to 1
        sold = D * (np.exp((sigma - 1) * y) * spent)
        sold = sold / sold.sum(axis=1, keepdims=True)  # where r sells: rows add up to 1
        weight = mu + alpha / (1 - alpha)
        same = np.eye(n)
        matrix = np.empty((2 * n, 2 * n))
        matrix[:n, :n] = -(1 - sigma * (1 - alpha)) * bought
        matrix[:n, n:] = (1 - sigma) * same + alpha * sigma * bought
        matrix[n:, :n] = sigma * (1 - alpha) * same - sold * (
            weight * persons * wage * state / spent
        )
        matrix[n:, n:] = sigma * alpha * same - (sigma - 1) * sold
        return matrix, per_share, sold
