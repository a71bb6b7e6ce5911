"""Do skilled people gather where firms are, in a model that can be solved by hand?

The footloose-entrepreneur model (起業家移動モデル) of Forslid and Ottaviano: each firm needs one
skilled person, who moves; workers stay. Wages of the skilled solve a *linear* system, so the
model behaves like the core–periphery model and takes a fraction of its computing time: use it for
many regions. With skilled shares h, workers l, ``a = μ/(σ-1)`` and ``b = μ/σ``::

    Δ_s = Σ_r D_rs h_r
    w_r = b Σ_s D_rs (w_s h_s + l_s) / Δ_s
    V_r = w_r Δ_r^a  (h_r/l̄_r)^(-ξ)        ξ: congestion, l̄: shares of the workers

Takes: parameters, a distance matrix in steps, a transport cost per step.
Gives: the model for the solver and the simulator of ``theory.solving``; break and sustain points in
closed form.
Sources: Forslid and Ottaviano (2003). e(d) and the Jacobian are derived here.
Limits: as the core–periphery model; one firm, one entrepreneur.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import say
from shuseki.sources import Source
from shuseki.theory.models.core_periphery import (
    ShortRun,
    check_shares,
    crowded,
    crowded_jacobian,
    replicator,
    wave_growth,
)
from shuseki.theory.models.literature import FORSLID_OTTAVIANO_2003
from shuseki.theory.solving.bounds import SHARES, Bounds
from shuseki.theory.solving.space import (
    IcebergSpace,
    check_costs,
    check_parameters,
    is_circulant,
    proximity,
    two_regions,
)

__all__ = ["FootlooseEntrepreneur"]


@dataclass(frozen=True, eq=False)
class FootlooseEntrepreneur(IcebergSpace):
    """Forslid and Ottaviano's model on two regions, a circle, or any geography.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1 between varieties.
    manufacturing_share
        μ in (0, 1), share of manufactures in spending.
    transport_cost
        T > 1: units sent per unit delivered, over one step of distance.
    distance
        Steps between regions, origin × destination, shape ``(n, n)``.
    workers
        Shares of the immobile workers l, shape ``(n,)``, adding up to 1; equal by default.
    amenity
        Amenities: a factor on the payoff, shape ``(n,)``; ones by default.
    productivity
        A factor on output per firm, shape ``(n,)``; ones by default.
    congestion
        ξ ≥ 0: elasticity of the loss from crowding.
    speed
        γ > 0 of migration.

    Raises
    ------
    ParameterError
        A parameter is outside its range, or the no-black-hole condition fails: μ/(σ-1) ≥ 1.

    Examples
    --------
    >>> model = FootlooseEntrepreneur(elasticity_of_substitution=2.5, manufacturing_share=0.5)
    >>> phi = model.break_point() ** (1 - 2.5)
    >>> round(phi, 6)
    0.333333
    """

    elasticity_of_substitution: float = 5.0
    manufacturing_share: float = 0.4
    transport_cost: float = 1.1
    distance: Floats = field(default_factory=two_regions)
    workers: Floats | None = None
    amenity: Floats | None = None
    productivity: Floats | None = None
    congestion: float = 0.0
    speed: float = 1.0

    bounds: ClassVar[Bounds] = SHARES
    sources: ClassVar[tuple[Source, ...]] = (FORSLID_OTTAVIANO_2003,)

    def __post_init__(self) -> None:
        check_parameters(
            "FootlooseEntrepreneur",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            manufacturing_share=(self.manufacturing_share, 0, 1),
            transport_cost=(self.transport_cost, 1, np.inf),
            speed=(self.speed, 0, np.inf),
            congestion=(self.congestion, -1e-300, np.inf),
        )
        pull = self.price_elasticity
        if pull >= 1:
            raise ParameterError(
                say(
                    "A black hole: μ/(σ-1) = {pull:.4g}, above the 1 it must stay below by "
                    "{pull_2:.4g}. Firms would gather at every transport cost. Expected σ > "
                    "{manufacturing_share:.4g} at this μ. Choose a larger σ or a smaller μ.",
                    pull=pull,
                    pull_2=pull - 1,
                    manufacturing_share=1 + self.manufacturing_share,
                )
            )
        check_costs(self.iceberg)
        if self.workers is not None:
            check_shares("workers", self.workers, self.regions)

    # ---- the model -------------------------------------------------------------------

    @property
    def price_elasticity(self) -> float:
        """``a = μ/(σ-1)``: gain in real income per per cent more varieties nearby."""
        return self.manufacturing_share / (self.elasticity_of_substitution - 1)

    @property
    def profit_share(self) -> float:
        """``b = μ/σ``: operating profit per unit of income spent."""
        return self.manufacturing_share / self.elasticity_of_substitution

    @cached_property
    def proximity(self) -> Floats:
        """D, origin × destination, rows scaled by productivity to the power σ-1."""
        D = proximity(self.distance, self.transport_cost, self.elasticity_of_substitution)
        if self.productivity is None:
            return D
        return (self.productivity ** (self.elasticity_of_substitution - 1))[:, None] * D

    @cached_property
    def immobile(self) -> Floats:
        """Shares of the workers l, shape ``(n,)``."""
        return np.full(self.regions, 1 / self.regions) if self.workers is None else self.workers

    @property
    def dispersed(self) -> Floats:
        """The state in which the skilled live where workers do, shape ``(n,)``."""
        return self.immobile.copy()

    def at(self, transport_cost: float) -> "FootlooseEntrepreneur":
        """Keep everything but the transport cost."""
        return replace(self, transport_cost=transport_cost)

    def short_run(self, state: Floats) -> ShortRun:
        """Wages, price indices, incomes and real wages of the skilled, ``(..., n)``."""
        sigma = self.elasticity_of_substitution
        reach = state @ self.proximity
        if state.ndim == 1 and self.regions <= 64:
            wage, iterations = self._direct(state, reach), 0
        else:
            wage, iterations = skilled_wages(
                self.proximity, state, reach, self.immobile, self.profit_share
            )
        return ShortRun(
            wage,
            reach ** (1 / (1 - sigma)),
            state * wage + self.immobile,
            wage * reach**self.price_elasticity,
            iterations,
        )

    def payoff(self, state: Floats) -> Floats:
        """What the skilled gain in each region, shape ``(..., n)``."""
        worth = crowded(self.short_run(state).real_wage, state, self.immobile, self.congestion)
        return worth if self.amenity is None else worth * self.amenity

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the shares, shape ``(n, n)``."""
        D, a, b = self.proximity, self.price_elasticity, self.profit_share
        run = self.short_run(state)
        reach, wage = state @ D, run.wage
        right = b * (D * (wage / reach) - (D * (run.income / reach**2)) @ D.T)
        dw = np.linalg.solve(np.eye(len(state)) - b * D * (state / reach), right)
        slope = run.real_wage[:, None] * (dw / wage[:, None] + a * D.T / reach[:, None])
        slope = crowded_jacobian(slope, run.real_wage, state, self.immobile, self.congestion)
        return slope if self.amenity is None else slope * self.amenity[:, None]

    def drift(self, state: Floats) -> Floats:
        """dh/dt, shape ``(..., n)``."""
        return self.speed * replicator(state, self.payoff(state))

    def _direct(self, state: Floats, reach: Floats) -> Floats:
        D, b = self.proximity, self.profit_share
        matrix = np.eye(self.regions) - b * D * (state / reach)
        return np.asarray(np.linalg.solve(matrix, b * (D @ (self.immobile / reach))), dtype=float)

    # ---- what is known in closed form -----------------------------------------------------

    def break_point(self) -> float:
        """Transport cost below which the even spread breaks; two regions, ξ = 0.

        ``φ_B = (1-a)(1-b) / [(1+a)(1+b)]``, ``φ = T^(1-σ)`` (Forslid and Ottaviano 2003).
        """
        self._two_even_regions("break_point")
        a, b = self.price_elasticity, self.profit_share
        phi = (1 - a) * (1 - b) / ((1 + a) * (1 + b))
        return float(phi ** (1 / (1 - self.elasticity_of_substitution)))

    def sustain_point(self) -> float:
        """Transport cost above which a core unravels; two regions, ξ = 0.

        The root φ < 1 of ``1 = φ^(a-1) [(1+b)φ² + 1 - b] / 2``.
        """
        self._two_even_regions("sustain_point")
        a, b = self.price_elasticity, self.profit_share

        def pull(phi: float) -> float:
            return float(phi ** (a - 1) * ((1 + b) * phi**2 + 1 - b) / 2 - 1)

        lowest = np.sqrt((1 - a) * (1 - b) / ((1 + a) * (1 + b)))  # where the curve turns
        phi = brentq(pull, 1e-12, lowest, xtol=1e-15)
        return float(phi ** (1 / (1 - self.elasticity_of_substitution)))

    def spectrum(self) -> Floats:
        """Growth rate e(d_k) of each wave on the even circle, shape ``(n,)``; entry 0 is nan."""
        return wave_growth(self.gain, self.proximity)

    def gain(self, discount: Floats) -> Floats:
        """``e(d) = d [(b-d)/(1-bd) + a] - ξ``."""
        a, b, d = self.price_elasticity, self.profit_share, np.asarray(discount, dtype=float)
        return d * ((b - d) / (1 - b * d) + a) - self.congestion

    def critical_discount(self) -> float:
        """Root d* of e(d) without congestion: ``(a+b) / (1+ab)``."""
        a, b = self.price_elasticity, self.profit_share
        return (a + b) / (1 + a * b)

    def _two_even_regions(self, verb: str) -> None:
        even = self.amenity is None and self.productivity is None and is_circulant(self.distance)
        if self.regions != 2 or self.congestion or not even:
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


def skilled_wages(
    D: Floats,
    skilled: Floats,
    reach: Floats,
    workers: Floats,
    profit_share: float,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-13,
) -> tuple[Floats, int]:
    """Wages of the skilled by the Neumann series, modulus b; ``(..., n)``, and the steps."""
    wage = np.ones_like(skilled) if start is None else start
    for step in range(1, 1000):
        new = profit_share * (((wage * skilled + workers) / reach) @ D.T)
        if np.max(np.abs(new - wage)) <= tolerance * np.max(new):
            return new, step
        wage = new
    raise ConvergenceError(
        say(
            "Wages of the skilled did not settle in 1,000 steps (modulus {profit_share:.3g}). "
            "Expected a few dozen. Check the shares and costs for values near 0.",
            profit_share=profit_share,
        )
    )
