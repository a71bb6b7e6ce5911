"""What would change, where, if roads, land, productivity or a plant changed?

Quantitative spatial models on observed regions. ``invert`` finds the fundamentals (productivity,
amenities or housing) that make the observed employment and wages a long-run equilibrium;
``counterfactual`` changes some of them and solves in changes ("exact hat"); ``with_draws`` repeats
that over draws of the parameters.

What keeps people apart is a choice, and it decides the answer (``dispersion``):

``"housing"``
    Class II (Helpman; Redding and Rossi-Hansberg; Allen and Arkolakis): places grow dear. With
    market access ``Mi_n = Σ_i D_ni S_i``, ``S_i = (w_i/A_i)^(1-σ)``, ``Mo_i = Σ_n D_ni
    w_nL_n/Mi_n``,
    ``A = Ā L^α``, ``u = ū L^β``:  ``w^σ L^(1-α(σ-1)) = Ā^(σ-1) Mo`` and ``w u Mi^(1/(σ-1)) = W``.
    Helpman's housing is α = 1/(σ-1), β = -(1-μ)/μ. One equilibrium if |γ₂/γ₁| ≤ 1,
    γ₁ = 1-α(σ-1)-βσ, γ₂ = 1+ασ+β(σ-1).
``"immobile demand"``
    Class I: the footloose-entrepreneur model, kept apart by customers who stay.
``"immobile demand and congestion"``
    Class III: the same with crowding ξ; the class that 藤田 (2006) describes.

Every counterfactual is audited: is the observed state stable under these parameters (if not, the
parameters are refused)? Is the answer unique? What share of the parameter draws agree on the sign?

Takes: employment and wages, shape ``(n,)``, iceberg costs ``(n, n)`` origin × destination, ≥ 1.
Gives: factors of change (1 = no change) by region, and their intervals.
Sources: Helpman (1998); Redding and Rossi-Hansberg (2017); Allen and Arkolakis (2014). The hat
system in market-access form and the Jacobian are derived here; checked against a solution in
levels. Limits: one sector; trade balances; a comparison of two states of rest, not a forecast.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse.linalg import ArpackNoConvergence, eigs

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, DataError, ParameterError, examples
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.theory.models.footloose import FootlooseEntrepreneur
from shuseki.theory.models.literature import (
    ALLEN_ARKOLAKIS_2014,
    FORSLID_OTTAVIANO_2003,
    HELPMAN_1998,
    REDDING_ROSSI_HANSBERG_2017,
)
from shuseki.theory.solving.equilibrium import solve, stability
from shuseki.theory.solving.space import any_costs, check_costs, check_parameters
from shuseki.theory.solving.threads import one_thread

__all__ = [
    "Audit",
    "Counterfactual",
    "Dispersion",
    "Elasticities",
    "Intervals",
    "Prior",
    "QuantitativeSpatial",
    "exact_hat",
    "invert_trade",
    "long_run_symmetric",
]

Dispersion = Literal["housing", "immobile demand", "immobile demand and congestion"]
DISPERSIONS = ("housing", "immobile demand", "immobile demand and congestion")


@dataclass(frozen=True)
class Elasticities:
    """Parameters of a quantitative model.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1.
    goods_share
        μ in (0, 1): share of traded goods in spending.
    dispersion
        What keeps people apart; see the module.
    congestion
        ξ ≥ 0, used by ``"immobile demand and congestion"`` alone. Fréchet tastes of shape ε add
        1/ε.
    productivity_spillover, amenity_spillover
        α and β, used by ``"housing"`` alone; Helpman's housing by default.
    """

    elasticity_of_substitution: float = 5.0
    goods_share: float = 0.75
    dispersion: Dispersion = "housing"
    congestion: float = 0.0
    productivity_spillover: float | None = None
    amenity_spillover: float | None = None

    def __post_init__(self) -> None:
        check_parameters(
            "Elasticities",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            goods_share=(self.goods_share, 0, 1),
            congestion=(self.congestion, -1e-300, np.inf),
        )
        if self.dispersion not in DISPERSIONS:
            raise ParameterError(
                f"Unknown dispersion {self.dispersion!r}. Expected one of {DISPERSIONS}."
            )
        if self.dispersion == "immobile demand and congestion" and not self.congestion:
            raise ParameterError(
                "dispersion 'immobile demand and congestion' with congestion = 0. Expected "
                "congestion > 0. Give one, or choose 'immobile demand'."
            )

    @property
    def alpha(self) -> float:
        """α, elasticity of productivity to the number of people."""
        if self.productivity_spillover is None:
            return 1 / (self.elasticity_of_substitution - 1)
        return self.productivity_spillover

    @property
    def beta(self) -> float:
        """β, elasticity of amenities to the number of people."""
        if self.amenity_spillover is None:
            return -(1 - self.goods_share) / self.goods_share
        return self.amenity_spillover

    @property
    def gamma_1(self) -> float:
        """γ₁ = 1-α(σ-1)-βσ."""
        sigma = self.elasticity_of_substitution
        return 1 - self.alpha * (sigma - 1) - self.beta * sigma

    @property
    def gamma_2(self) -> float:
        """γ₂ = 1+ασ+β(σ-1)."""
        sigma = self.elasticity_of_substitution
        return 1 + self.alpha * sigma + self.beta * (sigma - 1)

    @property
    def contraction(self) -> float:
        """|γ₂/γ₁|: at most 1 where the equilibrium is unique (Allen and Arkolakis 2014)."""
        return abs(self.gamma_2 / self.gamma_1)


@dataclass(frozen=True)
class Prior:
    """Ranges from which parameters are drawn, uniformly and jointly.

    Parameters
    ----------
    elasticity_of_substitution, goods_share, congestion
        Lowest and highest value; ``None`` keeps the world's own.
    cost_scale
        Factor on log transport costs: 1 keeps the observed elasticity to distance.
    """

    elasticity_of_substitution: tuple[float, float] | None = (4.0, 9.0)
    goods_share: tuple[float, float] | None = (0.65, 0.80)
    congestion: tuple[float, float] | None = None
    cost_scale: tuple[float, float] = (0.75, 1.25)

    def draw(self, centre: Elasticities, rng: np.random.Generator) -> tuple[Elasticities, float]:
        """One set of parameters and one factor on log costs."""
        drawn: dict[str, Any] = {
            name: float(rng.uniform(*span))
            for name in ("elasticity_of_substitution", "goods_share", "congestion")
            if (span := getattr(self, name)) is not None
        }
        return replace(centre, **drawn), float(rng.uniform(*self.cost_scale))


# ---- results ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Audit:
    """Whether a counterfactual can be believed.

    Attributes
    ----------
    observed_is_stable
        Whether small moves away from the observed state die out.
    leading_growth
        Growth rate of the move that dies slowest (per unit of adjustment speed); ≥ 0 is unstable.
    is_unique
        Whether the long-run equilibrium is the only one: by theorem, or as far as found.
    uniqueness
        How that is known.
    """

    observed_is_stable: bool
    leading_growth: float
    is_unique: bool
    uniqueness: str


@dataclass(frozen=True, eq=False)
class Intervals:
    """What parameter draws say.

    Attributes
    ----------
    draws, kept
        Draws made, and draws under which the observed state is stable and the answer settled.
    level
        Share of draws between the bounds.
    employment_low, employment_high, wage_low, wage_high
        Bounds of the factors of change, shape ``(n,)``.
    welfare_low, welfare_high
        Bounds of the factor of welfare.
    agreement_share
        Share of the kept draws that agree with the central answer on who grows, shape ``(n,)``.
    """

    draws: int
    kept: int
    level: float
    employment_low: Floats
    employment_high: Floats
    wage_low: Floats
    wage_high: Floats
    welfare_low: float
    welfare_high: float
    agreement_share: Floats

    @property
    def stable_share(self) -> float:
        """Share of draws in which the observed state is stable."""
        return self.kept / self.draws


@result
class Counterfactual(Result):
    """What would change.

    Attributes
    ----------
    names
        Regions, length n.
    employment, wage, price_index
        Factors of change, shape ``(n,)``; 1 = no change. Wages in units of total income.
    welfare
        Factor of change of the utility that all mobile people share.
    observed_employment
        Persons before, shape ``(n,)``.
    shock
        What was changed, in words.
    audit, intervals
        Whether to believe it.
    iterations
        Steps of the solution.
    codes, division
        Codes of the regions and the division they belong to, for a map; empty when unknown.
    """

    names: tuple[str, ...]
    employment: Floats
    wage: Floats
    price_index: Floats
    welfare: float
    observed_employment: Floats
    shock: str
    audit: Audit | None = None
    intervals: Intervals | None = None
    iterations: int = 0
    codes: tuple[str, ...] = ()
    division: str = ""

    @property
    def moved_share(self) -> float:
        """Share of all people who live elsewhere afterwards."""
        share = self.observed_employment / self.observed_employment.sum()
        return float(np.abs(share * self.employment - share).sum() / 2)

    def headline(self) -> str:
        """Winner, loser, welfare, with intervals when there are draws."""
        best, worst = int(np.argmax(self.employment)), int(np.argmin(self.employment))

        def change(k: int) -> str:
            text = f"{self.names[k]} {100 * (self.employment[k] - 1):+.2f}%"
            if self.intervals is None:
                return text
            low, high = self.intervals.employment_low[k], self.intervals.employment_high[k]
            return f"{text} ({100 * (low - 1):+.2f} to {100 * (high - 1):+.2f})"

        return (
            f"{self.shock}: employment {change(best)}, {change(worst)}; welfare "
            f"{100 * (self.welfare - 1):+.4f}%; {100 * self.moved_share:.3f}% of people move; "
            f"n = {len(self.names)} regions"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        frame = pd.DataFrame(
            {
                **({"area": self.codes} if self.codes else {}),
                "region": self.names,
                "employment_observed": self.observed_employment,
                "employment_change_percent": 100 * (self.employment - 1),
                "wage_change_percent": 100 * (self.wage - 1),
                "price_index_change_percent": 100 * (self.price_index - 1),
            }
        )
        if self.intervals is not None:
            bounds = self.intervals
            frame["employment_change_low_percent"] = 100 * (bounds.employment_low - 1)
            frame["employment_change_high_percent"] = 100 * (bounds.employment_high - 1)
            frame["agreement_share"] = bounds.agreement_share
        return frame


# ---- the world ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class QuantitativeSpatial:
    """Observed regions with the fundamentals that make them an equilibrium; see ``invert``.

    Attributes
    ----------
    elasticities
        Parameters, with the dispersion class.
    employment, wage
        Observed, shape ``(n,)``.
    iceberg
        Costs, origin × destination, shape ``(n, n)``.
    names
        Regions.
    mobile
        Where people can move from and to; foreign nodes are not. Shape ``(n,)``.
    productivity, amenity
        Fundamentals Ā and ū (a factor on utility), shape ``(n,)``, geometric mean 1.
    trade_shares
        π, importer × exporter, rows add up to 1, shape ``(n, n)``.
    immobile
        Shares of the immobile customers (classes I and III), shape ``(n,)``.
    """

    elasticities: Elasticities
    employment: Floats
    wage: Floats
    iceberg: Floats
    names: tuple[str, ...]
    mobile: Bools
    productivity: Floats
    amenity: Floats
    trade_shares: Floats
    immobile: Floats | None = None
    sources: tuple[Source, ...] = ()

    @classmethod
    def invert(
        cls,
        employment: Floats,
        wage: Floats,
        iceberg: Floats,
        *,
        elasticities: Elasticities | None = None,
        names: tuple[str, ...] = (),
        mobile: Bools | None = None,
        immobile: Floats | None = None,
        sources: tuple[Source, ...] = (),
        tolerance: float = 1e-12,
    ) -> "QuantitativeSpatial":
        """Find the fundamentals under which the observed regions are in equilibrium.

        Parameters
        ----------
        employment
            Persons, > 0, shape ``(n,)``.
        wage
            Wage per person, > 0, any unit, shape ``(n,)``.
        iceberg
            Units sent per unit delivered, origin × destination, ≥ 1, shape ``(n, n)``.
        elasticities
            Parameters; Helpman's housing with σ = 5, μ = 0.75 by default.
        names
            Regions.
        mobile
            False for foreign nodes, whose people stay; everywhere by default.
        immobile
            Shares of the customers who stay (classes I and III); employment shares by default.
        sources
            Where the data come from.
        tolerance
            Largest relative change of a supply in the last step of the inversion.

        Raises
        ------
        DataError
            Employment or wages that are not positive; costs below 1, negative or disconnected.
        """
        chosen = elasticities or Elasticities()
        people, pay = np.asarray(employment, dtype=float), np.asarray(wage, dtype=float)
        labels = names or tuple(str(k) for k in range(len(people)))
        _check_positive("employment", people, labels)
        _check_positive("wages", pay, labels)
        if iceberg.shape != (len(people), len(people)) or pay.shape != people.shape:
            raise DataError(
                f"{len(people)} regions with employment, {len(pay)} wages and costs of shape "
                f"{iceberg.shape}. Expected one of each per region. Align them."
            )
        check_costs(iceberg, names=labels)
        able = np.ones(len(people), dtype=bool) if mobile is None else np.asarray(mobile)
        sigma = chosen.elasticity_of_substitution
        with one_thread():
            kernel = np.exp((1 - sigma) * np.log(iceberg.T))
            supply, access = invert_trade(kernel, pay * people, tolerance=tolerance)
        shares = kernel * supply / access[:, None]
        local = supply * pay ** (sigma - 1)
        productivity = local ** (1 / (sigma - 1)) * people**-chosen.alpha
        amenity = access ** (1 / (1 - sigma)) * people**-chosen.beta / pay
        own: tuple[Source, ...] = (HELPMAN_1998, REDDING_ROSSI_HANSBERG_2017, ALLEN_ARKOLAKIS_2014)
        if chosen.dispersion != "housing":
            own = (FORSLID_OTTAVIANO_2003,)
        return cls(
            elasticities=chosen,
            employment=people,
            wage=pay,
            iceberg=iceberg,
            names=labels,
            mobile=able,
            productivity=productivity / np.exp(np.log(productivity).mean()),
            amenity=amenity / np.exp(np.log(amenity).mean()),
            trade_shares=shares,
            immobile=immobile,
            sources=(*sources, *own),
        )

    @property
    def housing(self) -> Floats:
        """Housing stock H implied by Helpman's model, geometric mean 1, shape ``(n,)``."""
        mu = self.elasticities.goods_share
        return self.amenity ** (mu / (1 - mu))

    @property
    def market_access(self) -> Floats:
        """Access of consumers to goods, relative to its geometric mean, shape ``(n,)``."""
        log_access = -np.log(np.diag(self.trade_shares)) + (
            1 - self.elasticities.elasticity_of_substitution
        ) * (
            np.log(self.wage / self.productivity)
            - self.elasticities.alpha * np.log(self.employment)
        )
        return np.exp(log_access - log_access.mean())

    # ---- the audit -------------------------------------------------------------------------

    @cached_property
    def audit(self) -> Audit:
        """Is the observed state stable, and is the equilibrium unique?"""
        with one_thread():
            leading = self._leading_growth()
        if self.elasticities.dispersion != "housing":
            return Audit(
                leading < 0,
                leading,
                False,
                "several equilibria are possible in this class; the answer is the one that the "
                "observed state leads to",
            )
        ratio = self.elasticities.contraction
        if ratio <= 1 and self.mobile.all():
            return Audit(leading < 0, leading, True, f"by theorem: |γ₂/γ₁| = {ratio:.4f} ≤ 1")
        found = self._count_equilibria()
        reason = f"|γ₂/γ₁| = {ratio:.4f}" if ratio > 1 else "some regions are immobile"
        return Audit(
            leading < 0,
            leading,
            found == 1,
            f"no theorem applies ({reason}); {found} found from 8 starts",
        )

    def spectrum(self) -> np.ndarray:
        """Growth rates of all moves away from the observed state, largest real part first.

        All eigenvalues, dense; seconds at 1,741 regions.
        """
        with one_thread():
            values = np.linalg.eigvals(self._adjustment())
        return values[np.argsort(-values.real)][: int(self.mobile.sum()) - 1]

    def _adjustment(self) -> Floats:
        """Jacobian of d ln L/dt; the direction in which everyone grows is sent to -1."""
        share = self.employment[self.mobile] / self.employment[self.mobile].sum()
        gain = utility_slope(self.trade_shares, self.wage * self.employment, self.elasticities)
        if not self.mobile.all():
            gain = gain[np.ix_(self.mobile, self.mobile)]
        return gain - np.outer(np.ones(len(share)), share @ gain + share)

    def _leading_growth(self, tolerance: float = 1e-8) -> float:
        if self.elasticities.dispersion != "housing":
            return stability(self.footloose, self._shares).leading
        return leading_eigenvalue(self._adjustment(), tolerance)

    def _count_equilibria(self, starts: int = 8) -> int:
        rng = np.random.default_rng(0)
        found: list[Floats] = []
        for _ in range(starts):
            try:
                changes = exact_hat(
                    self.trade_shares,
                    self.wage * self.employment,
                    self.employment,
                    self.elasticities,
                    mobile=self.mobile,
                    start=rng.normal(0, 2, (2, len(self.employment))),
                )[0]
            except ConvergenceError:
                continue
            if all(np.max(np.abs(changes - other)) > 1e-5 for other in found):
                found.append(changes)
        return max(len(found), 1)

    # ---- classes I and III ------------------------------------------------------------------

    @property
    def _shares(self) -> Floats:
        return self.employment / self.employment.sum()

    @cached_property
    def footloose(self) -> FootlooseEntrepreneur:
        """The footloose-entrepreneur model whose equilibrium is the observed state."""
        if not self.mobile.all():
            raise ParameterError(
                f"{int((~self.mobile).sum())} immobile regions with dispersion "
                f"{self.elasticities.dispersion!r}. Expected none: foreign nodes need "
                "dispersion='housing'. Choose it, or leave those regions out."
            )
        chosen, skilled = self.elasticities, self._shares
        sigma = chosen.elasticity_of_substitution
        stay = skilled if self.immobile is None else self.immobile
        profit_share = chosen.goods_share / sigma
        pay = self.wage / (self.wage @ skilled) * profit_share / (1 - profit_share)
        kernel = np.exp((1 - sigma) * np.log(self.iceberg.T))
        # sales of r must be pay_r h_r / b: find the supply that sells them
        supply, _ = invert_trade(kernel, pay * skilled / profit_share, pay * skilled + stay)
        plain = FootlooseEntrepreneur(
            elasticity_of_substitution=sigma,
            manufacturing_share=chosen.goods_share,
            transport_cost=float(np.e),
            distance=any_costs(self.iceberg),
            workers=stay,
            productivity=(supply / skilled) ** (1 / (sigma - 1)),
            congestion=chosen.congestion,
        )
        worth = plain.payoff(skilled)
        return replace(plain, amenity=worth.mean() / worth)

    # ---- counterfactuals ----------------------------------------------------------------------

    def counterfactual(
        self,
        *,
        transport_cost: Floats | None = None,
        productivity: Floats | None = None,
        housing: Floats | None = None,
        amenity: Floats | None = None,
        closed_share: Floats | None = None,
        shock: str = "counterfactual",
        audit: bool = True,
        tolerance: float = 1e-12,
    ) -> Counterfactual:
        """Change fundamentals and solve for the new long run.

        Every argument is a factor of change, 1 = as observed.

        Parameters
        ----------
        transport_cost
            T̂, origin × destination, shape ``(n, n)``; transport costs stay ≥ 1.
        productivity, housing, amenity
            Â, Ĥ, û, shape ``(n,)``.
        closed_share
            Share of the plants that close, in [0, 1), shape ``(n,)``. Under ``"housing"`` their
            varieties are lost for good (Â^(σ-1) = 1 - share); in classes I and III their people
            leave, fundamentals stay, and the region comes back, or does not.
        shock
            What it is, in words, for the headline.
        audit
            Examine stability and uniqueness, and refuse an unstable observed state.
        tolerance
            Largest log change of market access (payoffs, in classes I and III) in the last step.

        Raises
        ------
        ParameterError
            The observed state is unstable under these parameters, or a shock is not positive.
        ConvergenceError
            No new equilibrium was reached.
        """
        n = len(self.employment)
        A, H, u = (
            _factor(name, given, (n,))
            for name, given in (
                ("productivity", productivity),
                ("housing", housing),
                ("amenity", amenity),
            )
        )
        cost = None if transport_cost is None else _factor("transport_cost", transport_cost, (n, n))
        if cost is not None:
            check_costs(self.iceberg * cost, names=self.names)
        closed = np.zeros(n) if closed_share is None else np.asarray(closed_share, dtype=float)
        if (closed < 0).any() or (closed >= 1).any():
            raise ParameterError(
                f"closed_share from {closed.min():g} to {closed.max():g}. Expected shares in "
                "[0, 1). To close every plant of a region, leave the region out."
            )
        checked = self._checked_audit() if audit else None
        with one_thread():
            if self.elasticities.dispersion == "housing":
                changes = self._hat(cost, A, H, u, closed, tolerance)
            else:
                changes = self._walk(cost, A, H, u, closed, max(tolerance, 1e-10))
        people, pay, price, welfare, iterations = changes
        notes = [
            "A comparison of two long-run equilibria: it says neither when nor at what cost.",
        ]
        if checked is not None:
            notes.append(
                f"Observed state {'stable' if checked.observed_is_stable else 'unstable'} "
                f"(leading growth rate {checked.leading_growth:+.4f}); uniqueness: "
                f"{checked.uniqueness}."
            )
        return Counterfactual(
            names=self.names,
            employment=people,
            wage=pay,
            price_index=price,
            welfare=welfare,
            observed_employment=self.employment,
            shock=shock,
            audit=checked,
            iterations=iterations,
            notes=tuple(notes),
            sources=self.sources,
        )

    def with_draws(
        self,
        *,
        draws: int = 1000,
        prior: Prior | None = None,
        level: float = 0.9,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
        **changes: Any,
    ) -> Counterfactual:
        """Add intervals: invert and solve anew under parameters drawn from a prior.

        Parameters
        ----------
        draws
            How many.
        prior
            Ranges of the parameters.
        level
            Share of draws between the bounds.
        seed
            Of the draws.
        progress
            Called with draws done and draws in all.
        changes
            As for ``counterfactual``.

        Raises
        ------
        ParameterError
            The observed state is unstable under every draw.
        """
        centre = self.counterfactual(**changes)
        ranges, rng = prior or Prior(), np.random.default_rng(seed)
        people, pay, welfare = [], [], []
        log_costs = np.log(self.iceberg)
        for k in range(draws):
            drawn, scale = ranges.draw(self.elasticities, rng)
            world = QuantitativeSpatial.invert(
                self.employment,
                self.wage,
                np.exp(scale * log_costs),
                elasticities=drawn,
                names=self.names,
                mobile=self.mobile,
                immobile=self.immobile,
                tolerance=1e-9,
            )
            if progress:
                progress(k + 1, draws)
            with one_thread():
                if world._leading_growth(tolerance=1e-4) >= 0:
                    continue
            try:
                one = world.counterfactual(audit=False, tolerance=1e-8, **changes)
            except ConvergenceError:
                continue
            people.append(one.employment)
            pay.append(one.wage)
            welfare.append(one.welfare)
        if not people:
            raise ParameterError(
                f"The observed state is unstable in all {draws} draws of the parameters. Expected "
                "some in which it holds. Move the prior: a larger σ, a smaller goods_share, or "
                "another dispersion."
            )
        tails = [100 * (1 - level) / 2, 100 * (1 + level) / 2]
        employment_low, employment_high = np.percentile(people, tails, axis=0)
        wage_low, wage_high = np.percentile(pay, tails, axis=0)
        welfare_low, welfare_high = np.percentile(welfare, tails)
        agree = np.sign(np.array(people) - 1) == np.sign(centre.employment - 1)
        intervals = Intervals(
            draws=draws,
            kept=len(people),
            level=level,
            employment_low=employment_low,
            employment_high=employment_high,
            wage_low=wage_low,
            wage_high=wage_high,
            welfare_low=float(welfare_low),
            welfare_high=float(welfare_high),
            agreement_share=agree.mean(axis=0),
        )
        return replace(
            centre,
            intervals=intervals,
            notes=(
                *centre.notes,
                f"{level:.0%} intervals from {draws} draws of the parameters (seed {seed}); the "
                f"observed state is stable in {intervals.stable_share:.1%} of them; the median "
                f"region agrees on its sign in {np.median(intervals.agreement_share):.1%}.",
            ),
        )

    def long_run(self) -> Floats:
        """Employment shares of the equilibrium, solved in levels from the fundamentals alone."""
        sigma = self.elasticities.elasticity_of_substitution
        with one_thread():
            kernel = np.exp((1 - sigma) * np.log(self.iceberg.T))
            return long_run_symmetric(kernel, self.productivity, self.amenity, self.elasticities)[0]

    def _checked_audit(self) -> Audit:
        found = self.audit
        if found.observed_is_stable:
            return found
        chosen = self.elasticities
        if chosen.dispersion == "housing":
            strength = chosen.elasticity_of_substitution * (1 - chosen.goods_share)
            reason = f"σ(1-μ) = {strength:.4g}" + (
                f", short of 1 by {1 - strength:.4g}" if strength <= 1 else ""
            )
            advice = "Choose a larger σ or a smaller goods_share."
        else:
            reason = f"congestion ξ = {chosen.congestion:g}"
            level = float(self.footloose.payoff(self._shares).mean())
            advice = (
                f"Choose 'immobile demand and congestion' with ξ above about "
                f"{chosen.congestion + found.leading_growth / level:.3g}, or 'housing'."
            )
        raise ParameterError(
            f"The observed state is unstable: small moves away from it grow at "
            f"{found.leading_growth:+.4g} per unit of time ({reason}). Expected a negative rate, "
            f"or the observed regions cannot be what these parameters predict. {advice}"
        )

    def _hat(
        self,
        cost: Floats | None,
        A: Floats,
        H: Floats,
        u: Floats,
        closed: Floats,
        tolerance: float,
    ) -> tuple[Floats, Floats, Floats, float, int]:
        chosen = self.elasticities
        sigma, mu = chosen.elasticity_of_substitution, chosen.goods_share
        log_people, log_pay, log_access, log_welfare, iterations = exact_hat(
            self.trade_shares,
            self.wage * self.employment,
            self.employment,
            chosen,
            transport_cost=None if cost is None else cost.T,
            productivity=np.log(A) + np.log1p(-closed) / (sigma - 1),
            amenity=np.log(u) + (1 - mu) / mu * np.log(H),
            mobile=None if self.mobile.all() else self.mobile,
            tolerance=tolerance,
        )
        price = np.exp(log_access / (1 - sigma))
        return np.exp(log_people), np.exp(log_pay), price, float(np.exp(log_welfare)), iterations

    def _walk(
        self,
        cost: Floats | None,
        A: Floats,
        H: Floats,
        u: Floats,
        closed: Floats,
        tolerance: float,
    ) -> tuple[Floats, Floats, Floats, float, int]:
        base, observed = self.footloose, self._shares
        assert base.productivity is not None
        assert base.amenity is not None
        shocked = replace(
            base,
            distance=base.distance if cost is None else any_costs(self.iceberg * cost),
            productivity=base.productivity * A,
            amenity=base.amenity * u * H**base.congestion,
        )
        start = observed * (1 - closed)
        found = solve(
            shocked, start / start.sum(), tolerance=tolerance, newton=len(observed) <= 400
        )
        before, after = base.short_run(observed), shocked.short_run(found.state)
        occupied = found.state > 0
        welfare = float(shocked.payoff(found.state)[occupied] @ found.state[occupied])
        welfare /= float(base.payoff(observed) @ observed)
        # wages in units of total income, as in the housing class
        scale = before.income.sum() / after.income.sum()
        return (
            found.state / observed,
            after.wage / before.wage * scale,
            after.price_index / before.price_index * scale,
            welfare,
            found.steps,
        )


# ---- array functions ---------------------------------------------------------------------------


def invert_trade(
    kernel: Floats,
    sales: Floats,
    spending: Floats | None = None,
    *,
    tolerance: float = 1e-12,
    limit: int = 60,
) -> tuple[Floats, Floats]:
    """Supplies S under which each region sells what it is seen to sell.

    They minimise the convex ``Σ spending ln(D S) - Σ sales ln S``: a few of Sinkhorn's steps, then
    Newton's method with conjugate gradients. Sinkhorn alone takes tens of thousands of steps where
    islands hardly trade with the mainland.

    Parameters
    ----------
    kernel
        D, importer × exporter, shape ``(n, n)``.
    sales, spending
        Income of each region as exporter and as importer (the same by default), with equal sums,
        shape ``(n,)``.

    Returns
    -------
    tuple
        S and market access ``Mi = D S``, shape ``(n,)``.
    """
    bought = sales if spending is None else spending
    bought = bought * (sales.sum() / bought.sum())
    supply = np.ones_like(sales)
    for _ in range(10):
        supply = sales / (kernel.T @ (bought / (kernel @ supply)))
    for _ in range(limit):
        access = kernel @ supply
        sold = supply * (kernel.T @ (bought / access))
        missing = np.log(sales / sold)
        if np.max(np.abs(missing)) < tolerance:
            return supply, access
        step = _newton_step(kernel, supply, access, bought, sold, sales - sold)
        supply = supply * np.exp(step / max(1.0, float(np.max(np.abs(step)))))
    raise ConvergenceError(
        f"The inversion still misses sales by {np.max(np.abs(missing)):.1e} after {limit} steps. "
        f"Expected {tolerance:g}. Do some regions hardly trade? Check for very large costs."
    )


def _newton_step(
    kernel: Floats, supply: Floats, access: Floats, bought: Floats, sold: Floats, gap: Floats
) -> Floats:
    """Solve ``[diag(sold) - S Dᵀ diag(bought/access²) D S] x = gap`` by conjugate gradients."""
    weight = bought / access**2
    gap = gap - sold * (gap.sum() / sold.sum())
    x = np.zeros_like(gap)
    left = gap
    scaled = left / sold
    direction, size = scaled, float(left @ scaled)
    goal = 1e-4 * size
    for _ in range(300):
        if size <= goal or size < 1e-300:
            break
        product = sold * direction - supply * (
            kernel.T @ (weight * (kernel @ (supply * direction)))
        )
        curvature = float(direction @ product)
        if curvature <= 0:
            break
        along = size / curvature
        x = x + along * direction
        left = left - along * product
        scaled = left / sold
        new = float(left @ scaled)
        direction, size = scaled + (new / size) * direction, new
    return x


def exact_hat(
    trade_shares: Floats,
    income: Floats,
    people: Floats,
    elasticities: Elasticities,
    *,
    transport_cost: Floats | None = None,
    productivity: Floats | None = None,
    amenity: Floats | None = None,
    mobile: Bools | None = None,
    start: Floats | None = None,
    tolerance: float = 1e-12,
    limit: int = 5000,
) -> tuple[Floats, Floats, Floats, float, int]:
    """Log changes between two long-run equilibria, for any costs, symmetric or not.

    The unknowns are the changes of inward and outward market access, on which the undamped
    iteration contracts; an iteration on people themselves would not. Anderson's mixing of the
    last steps shortens it, most where |γ₂/γ₁| is near 1.

    Parameters
    ----------
    trade_shares
        π, importer × exporter, rows add up to 1, shape ``(n, n)``.
    income, people
        wL and L before, shape ``(n,)``.
    transport_cost
        T̂, importer × exporter, shape ``(n, n)``.
    productivity, amenity
        ln Â and ln û, shape ``(n,)``.
    mobile
        Where people move, shape ``(n,)``.
    start
        Log changes of the two accesses to begin with, shape ``(2, n)``.

    Returns
    -------
    tuple
        Log changes of people, wages and inward access, shape ``(n,)``; log change of welfare;
        iterations.
    """
    sigma, alpha, beta = (
        elasticities.elasticity_of_substitution,
        elasticities.alpha,
        elasticities.beta,
    )
    gamma = elasticities.gamma_1
    n = len(people)
    moves = np.ones(n, dtype=bool) if mobile is None else mobile
    kernel = trade_shares
    if transport_cost is not None:
        kernel = trade_shares * np.exp((1 - sigma) * np.log(transport_cost))
    lA = np.zeros(n) if productivity is None else productivity
    lu = np.zeros(n) if amenity is None else amenity
    share = people[moves] / people[moves].sum()
    inward, outward = (np.zeros(n), np.zeros(n)) if start is None else (start[0], start[1])
    ahead = _Anderson()
    for step in range(1, limit + 1):
        lL = (outward + (sigma - 1) * lA + sigma * (inward / (sigma - 1) + lu)) / gamma
        top = lL[moves].max()
        level = float(np.log(share @ np.exp(lL[moves] - top)) + top)
        lL = np.where(moves, lL - level, 0.0)
        welfare = level * gamma / sigma
        lw = -inward / (sigma - 1) - lu + welfare - beta * lL
        if mobile is not None:
            lw = np.where(moves, lw, (outward + (sigma - 1) * lA) / sigma)
        supply = np.exp((1 - sigma) * (lw - alpha * lL - lA))
        spending = income * np.exp(lw + lL)
        new_in = kernel @ supply
        new_out = (kernel.T @ (spending / new_in)) / income
        scale = float(np.log(spending.sum() / income.sum()))
        new_inward = np.log(new_in) + (sigma - 1) * scale
        new_outward = np.log(new_out) - sigma * scale
        moved = max(
            float(np.max(np.abs(new_inward - inward))), float(np.max(np.abs(new_outward - outward)))
        )
        if not np.isfinite(moved):
            break
        if moved < tolerance:
            return lL, lw, new_inward, welfare, step
        inward, outward = np.split(
            ahead.next(
                np.concatenate([inward, outward]), np.concatenate([new_inward, new_outward])
            ),
            2,
        )
    raise ConvergenceError(
        f"Market access still moves by {moved:.1e} after {step:,} steps (|γ₂/γ₁| = "
        f"{elasticities.contraction:.4g}; above 1 the iteration need not contract). Expected "
        f"{tolerance:g}. Choose milder parameters or a smaller shock."
    )


class _Anderson:
    """The next guess of a fixed point from the last few (Anderson's mixing)."""

    MEMORY = 6

    def __init__(self) -> None:
        self.steps: list[Floats] = []
        self.gaps: list[Floats] = []

    def next(self, at: Floats, image: Floats) -> Floats:
        gap = image - at
        if self.gaps and np.max(np.abs(gap)) > 2 * np.max(np.abs(self.gaps[-1])):
            self.steps, self.gaps = [], []
        self.steps, self.gaps = (
            [*self.steps, image][-self.MEMORY :],
            [*self.gaps, gap][-self.MEMORY :],
        )
        if len(self.gaps) < 2:
            return image
        differences = np.diff(self.gaps, axis=0)
        gram = differences @ differences.T
        gram[np.diag_indices_from(gram)] += 1e-12 * gram.trace()
        mix = np.linalg.solve(gram, differences @ gap)
        mixed: Floats = image - mix @ np.diff(self.steps, axis=0)
        return mixed


def long_run_symmetric(
    kernel: Floats,
    productivity: Floats,
    amenity: Floats,
    elasticities: Elasticities,
    *,
    tolerance: float = 1e-12,
    limit: int = 5000,
) -> tuple[Floats, Floats, int]:
    """People and wages of the long run in levels, when costs are the same both ways.

    One product with D per step; contracts by |γ₂/γ₁| (Allen and Arkolakis 2014).

    Returns
    -------
    tuple
        Shares of people, wages (mean 1 over people), shape ``(n,)``; steps.
    """
    probe = np.cos(np.arange(len(kernel)))  # two products instead of n² comparisons
    one, other = kernel @ probe, probe @ kernel
    if np.max(np.abs(one - other)) > 1e-10 * np.max(kernel.sum(axis=0)):
        raise ParameterError(
            "Costs differ by direction. Expected a symmetric matrix here. Use exact_hat, which "
            "takes any."
        )
    sigma, alpha, beta = (
        elasticities.elasticity_of_substitution,
        elasticities.alpha,
        elasticities.beta,
    )
    ratio = elasticities.gamma_2 / elasticities.gamma_1
    if abs(ratio) >= 1:
        raise ParameterError(
            f"|γ₂/γ₁| = {abs(ratio):.4g}, above 1 by {abs(ratio) - 1:.3g}: there may be several "
            "equilibria and the iteration need not settle. Choose a larger σ or a smaller "
            "goods_share."
        )
    s = (sigma - 1) / (2 * sigma - 1)
    lA, lu = np.log(productivity), np.log(amenity)
    left, right = s * ((sigma - 1) * lA + sigma * lu), np.exp(s * ((sigma - 1) * lu + sigma * lA))
    y, step = np.zeros_like(lA), 0
    while True:
        step += 1
        new = left + np.log(kernel @ (right * np.exp(ratio * y)))
        new -= new.mean()
        moved = float(np.max(np.abs(new - y)))
        y = new
        if moved < tolerance:
            break
        if step == limit:
            raise ConvergenceError(
                f"People still move by {moved:.1e} after {limit} steps (contraction "
                f"{abs(ratio):.4g}). Expected {tolerance:g}. Raise the limit."
            )
    log_people = y / (s * elasticities.gamma_1)
    people = np.exp(log_people - log_people.max())
    people /= people.sum()
    lw = ((1 + (beta - alpha) * (sigma - 1)) * np.log(people) - (sigma - 1) * (lA - lu)) / (
        1 - 2 * sigma
    )
    wage = np.exp(lw - lw.mean())
    return people, wage / (wage @ people), step


def utility_slope(trade_shares: Floats, income: Floats, elasticities: Elasticities) -> Floats:
    """D ln V / d ln L while nobody else moves, shape ``(n, n)``.

    ``[σI - Ω + (1-σ) Ωπ] dw = [Ω + α(1-σ) Ωπ - (1-α(σ-1)) I] dL`` with Ω the shares of sales by
    destination; ``dV = dw + β dL - π(dw - α dL)``.
    """
    sigma, alpha, beta = (
        elasticities.elasticity_of_substitution,
        elasticities.alpha,
        elasticities.beta,
    )
    n = len(income)
    sold = (trade_shares * income[:, None] / income).T
    both = sold @ trade_shares
    weight = income / income.sum()
    matrix = (1 - sigma) * both - sold
    matrix[np.diag_indices(n)] += sigma
    matrix += weight  # the wage level is free: total income stays
    right = sold + alpha * (1 - sigma) * both
    right[np.diag_indices(n)] -= 1 - alpha * (sigma - 1)
    right -= weight
    dw = np.linalg.solve(matrix, right)
    gain = dw - trade_shares @ dw + alpha * trade_shares
    gain[np.diag_indices(n)] += beta
    return gain


def leading_eigenvalue(matrix: Floats, tolerance: float = 1e-8) -> float:
    """Largest real part of the eigenvalues: Arnoldi, or dense where it does not settle."""
    n = len(matrix)
    if n > 60:
        try:
            start = np.cos(np.arange(n))
            return float(
                eigs(
                    matrix, k=1, which="LR", tol=tolerance, v0=start, return_eigenvectors=False
                ).real[0]
            )
        except ArpackNoConvergence:
            pass
    return float(np.linalg.eigvals(matrix).real.max())


def _check_positive(what: str, values: Floats, names: tuple[str, ...]) -> None:
    wrong = ~(values > 0)
    if wrong.any():
        raise DataError(
            f"{int(wrong.sum())} regions without positive {what}: "
            f"{examples(f'{names[k]} {values[k]:g}' for k in np.flatnonzero(wrong))}. Expected "
            f"{what} > 0 everywhere. Leave those regions out, or merge them with a neighbour."
        )


def _factor(name: str, given: Floats | None, shape: tuple[int, ...]) -> Floats:
    if given is None:
        return np.ones(shape)
    factor = np.asarray(given, dtype=float)
    if factor.shape != shape:
        raise ParameterError(
            f"{name} has shape {factor.shape}. Expected factors of change, shape {shape}."
        )
    if not (factor > 0).all():
        raise ParameterError(
            f"{name}: the smallest factor is {factor.min():g}. Expected factors of change > 0 "
            "(1 = as observed; 0.8 = a fifth less). Differences must be turned into factors."
        )
    return factor
