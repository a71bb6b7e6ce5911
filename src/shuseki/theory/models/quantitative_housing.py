"""What would change, where, when costly housing keeps people apart?

Class II of dispersion (Helpman; Redding and Rossi-Hansberg; Allen and Arkolakis) on observed
regions. With market access ``Mi_n = Σ_i D_ni S_i``, ``S_i = (w_i/A_i)^(1-σ)``,
``Mo_i = Σ_n D_ni w_nL_n/Mi_n``, ``A = Ā L^α``, ``u = ū L^β``::

    w^σ L^(1-α(σ-1)) = Ā^(σ-1) Mo        w u Mi^(1/(σ-1)) = W

Helpman's housing is α = 1/(σ-1), β = -(1-μ)/μ. There is one equilibrium if |γ₂/γ₁| ≤ 1, with
γ₁ = 1-α(σ-1)-βσ and γ₂ = 1+ασ+β(σ-1). A counterfactual is solved in changes ("exact hat").

Takes: employment and wages, shape ``(n,)``, iceberg costs ``(n, n)``; see ``quantitative_spatial``.
Gives: factors of change by region.
Sources: Helpman (1998); Redding and Rossi-Hansberg (2017); Allen and Arkolakis (2014). The hat
system in market-access form and the Jacobian are derived here; checked against a solution in
levels and against finite differences.
Limits: people gather at high transport cost, around one centre; see ``quantitative_spatial``.
"""

from dataclasses import dataclass

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError
from shuseki.language import Message, say
from shuseki.sources import Source
from shuseki.theory.models.literature import (
    ALLEN_ARKOLAKIS_2014,
    HELPMAN_1998,
    REDDING_ROSSI_HANSBERG_2017,
)
from shuseki.theory.models.quantitative_spatial import Changes, ObservedRegions, Parameters, Shock
from shuseki.theory.solving.threads import one_thread
from shuseki.theory.solving.trade import invert_trade, leading_eigenvalue

__all__ = ["HousingParameters", "HousingRegions", "exact_hat", "utility_slope"]

STARTS = 8
"""Starts from which other equilibria are sought where no theorem says that there are none."""


@dataclass(frozen=True)
class HousingParameters(Parameters):
    """Parameters of the model in which housing keeps people apart.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1.
    goods_share
        μ in (0, 1): share of traded goods in spending; the rest is housing.
    productivity_spillover, amenity_spillover
        α and β; Helpman's housing by default.

    Examples
    --------
    >>> HousingParameters(5, 0.75).contraction < 1
    True
    """

    productivity_spillover: float | None = None
    amenity_spillover: float | None = None

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

    def _calibrated(
        self,
        employment: Floats,
        wage: Floats,
        iceberg: Floats,
        names: tuple[str, ...],
        mobile: Bools,
        sources: tuple[Source, ...],
        tolerance: float,
    ) -> "HousingRegions":
        sigma = self.elasticity_of_substitution
        kernel = np.exp((1 - sigma) * np.log(iceberg.T))
        supply, access = invert_trade(kernel, wage * employment, tolerance=tolerance)
        local = supply * wage ** (sigma - 1)
        productivity = local ** (1 / (sigma - 1)) * employment**-self.alpha
        amenity = access ** (1 / (1 - sigma)) * employment**-self.beta / wage
        return HousingRegions(
            parameters=self,
            employment=employment,
            wage=wage,
            iceberg=iceberg,
            names=names,
            mobile=mobile,
            productivity=productivity / np.exp(np.log(productivity).mean()),
            amenity=amenity / np.exp(np.log(amenity).mean()),
            trade_shares=kernel * supply / access[:, None],
            sources=(*sources, HELPMAN_1998, REDDING_ROSSI_HANSBERG_2017, ALLEN_ARKOLAKIS_2014),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class HousingRegions(ObservedRegions):
    """Observed regions in which housing keeps people apart; see ``HousingParameters.invert``."""

    parameters: HousingParameters

    @property
    def dispersion(self) -> Message:
        """What keeps people apart, in words."""
        return say("housing")

    @property
    def housing(self) -> Floats:
        """Housing stock H implied by Helpman's model, geometric mean 1, shape ``(n,)``."""
        mu = self.parameters.goods_share
        return self.amenity ** (mu / (1 - mu))

    @property
    def market_access(self) -> Floats:
        """Access of consumers to goods, relative to its geometric mean, shape ``(n,)``."""
        log_access = -np.log(np.diag(self.trade_shares)) + (
            1 - self.parameters.elasticity_of_substitution
        ) * (
            np.log(self.wage / self.productivity) - self.parameters.alpha * np.log(self.employment)
        )
        return np.exp(log_access - log_access.mean())

    def leading_growth(self, tolerance: float = 1e-8) -> float:
        """Growth rate of the move away from the observed state that dies slowest."""
        return leading_eigenvalue(self._adjustment(), tolerance)

    def uniqueness(self) -> tuple[bool, Message]:
        """By theorem, or as far as found from several starts."""
        ratio = self.parameters.contraction
        if ratio <= 1 and self.mobile.all():
            return True, say("by theorem: |γ₂/γ₁| = {ratio:.4f} ≤ 1", ratio=ratio)
        found = self._count_equilibria()
        if ratio > 1:
            why = say("|γ₂/γ₁| = {ratio:.4f}", ratio=ratio)
        else:
            why = say("some regions are immobile")
        return found == 1, say(
            "no theorem applies ({why}); {found} found from {starts:count(start)}",
            why=why,
            found=found,
            starts=STARTS,
        )

    def why_unstable(self, leading_growth: float) -> tuple[str, str]:
        """Helpman's condition, and the parameters that would meet it."""
        chosen = self.parameters
        strength = chosen.elasticity_of_substitution * (1 - chosen.goods_share)
        short = f", short of 1 by {1 - strength:.4g}" if strength <= 1 else ""
        return f"σ(1-μ) = {strength:.4g}{short}", "Choose a larger σ or a smaller goods_share."

    def changes(self, shock: Shock, tolerance: float) -> Changes:
        """Solve for the new long run in changes."""
        chosen, cost = self.parameters, shock.transport_cost
        sigma, mu = chosen.elasticity_of_substitution, chosen.goods_share
        log_people, log_pay, log_access, log_welfare, iterations = exact_hat(
            self.trade_shares,
            self.wage * self.employment,
            self.employment,
            chosen,
            transport_cost=None if cost is None else cost.T,
            productivity=np.log(shock.productivity) + np.log1p(-shock.closed_share) / (sigma - 1),
            amenity=np.log(shock.amenity) + (1 - mu) / mu * np.log(shock.housing),
            mobile=None if self.mobile.all() else self.mobile,
            tolerance=tolerance,
        )
        price = np.exp(log_access / (1 - sigma))
        return Changes(
            np.exp(log_people), np.exp(log_pay), price, float(np.exp(log_welfare)), iterations
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
        gain = utility_slope(self.trade_shares, self.wage * self.employment, self.parameters)
        if not self.mobile.all():
            gain = gain[np.ix_(self.mobile, self.mobile)]
        return gain - np.outer(np.ones(len(share)), share @ gain + share)

    def _count_equilibria(self) -> int:
        rng = np.random.default_rng(0)
        found: list[Floats] = []
        for _ in range(STARTS):
            try:
                changes = exact_hat(
                    self.trade_shares,
                    self.wage * self.employment,
                    self.employment,
                    self.parameters,
                    mobile=self.mobile,
                    start=rng.normal(0, 2, (2, len(self.employment))),
                )[0]
            except ConvergenceError:
                continue
            if all(np.max(np.abs(changes - other)) > 1e-5 for other in found):
                found.append(changes)
        return max(len(found), 1)


# ---- array functions ---------------------------------------------------------------------------


def exact_hat(
    trade_shares: Floats,
    income: Floats,
    people: Floats,
    parameters: HousingParameters,
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
    parameters
        σ, α and β.
    transport_cost
        T̂, importer × exporter, shape ``(n, n)``.
    productivity, amenity
        ln Â and ln û, shape ``(n,)``.
    mobile
        Where people move, shape ``(n,)``.
    start
        Log changes of the two accesses to begin with, shape ``(2, n)``.
    tolerance
        Largest log change of an access in the last step.
    limit
        Steps.

    Returns
    -------
    tuple
        Log changes of people, wages and inward access, shape ``(n,)``; log change of welfare;
        iterations.

    Raises
    ------
    ConvergenceError
        Access still moves after the last step.
    """
    sigma, alpha, beta = (
        parameters.elasticity_of_substitution,
        parameters.alpha,
        parameters.beta,
    )
    gamma = parameters.gamma_1
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
        say(
            "Market access still moves by {moved:.1e} after {step:,} steps (|γ₂/γ₁| = "
            "{contraction:.4g}; above 1 the iteration need not contract). Expected {tolerance:g}. "
            "Choose milder parameters or a smaller shock.",
            moved=moved,
            step=step,
            contraction=parameters.contraction,
            tolerance=tolerance,
        )
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


def utility_slope(trade_shares: Floats, income: Floats, parameters: HousingParameters) -> Floats:
    """D ln V / d ln L while nobody else moves, shape ``(n, n)``.

    ``[σI - Ω + (1-σ) Ωπ] dw = [Ω + α(1-σ) Ωπ - (1-α(σ-1)) I] dL`` with Ω the shares of sales by
    destination; ``dV = dw + β dL - π(dw - α dL)``.
    """
    sigma, alpha, beta = (
        parameters.elasticity_of_substitution,
        parameters.alpha,
        parameters.beta,
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
