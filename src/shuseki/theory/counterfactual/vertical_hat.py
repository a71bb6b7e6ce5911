"""What would change, where, if costs or productivity changed among makers that supply each other?

The vertical-linkages model (``models.vertical_linkages``) in changes. From observed shares of
labour in manufacturing λ_r, wages w_r, labour L_r and trade shares π (importer s × exporter r),
with x̂ = after/before and primes for what comes after::

    ŵ_r = [(1-λ'_r)/(1-λ_r)]^(η-1)                      what farming pays at the margin
    P̂_s^(1-σ) = Σ_r π_sr T̂_rs^(1-σ) S_r,                S_r = λ̂_r Â_r^σ ŵ_r^(1-σ(1-α)) P̂_r^(-ασ)
    λ'_r w'_r L_r / (1-α) = Σ_s π_sr T̂_rs^(1-σ) S_r P̂_s^(σ-1) E'_s
    E = μY + α/(1-α) L w λ,   Y = L w λ + L w (1-λ)/η    at the observed state

No level of productivity, price or transport cost is needed. The share μ of manufactures in spending
is the one at which the observed sales add up to the observed spending.

Given λ', the second line is a contraction in ln P̂ of modulus ασ/(σ-1), below 1 when there is no
black hole. The third is walked to by moving the log odds of λ' with ln(demand/supply), and finished
by Newton's method where the walk comes near a state that holds.

Takes: observed arrays, shape ``(n,)`` and ``(n, n)``; shocks as factors, 1 = no change.
Gives: factors of change by region.
Sources: Fujita, Krugman and Venables (1999), chapter 14; mechanism: Fujita (2006). The form in
changes is derived here and checked against ``VerticalLinkages`` solved anew in levels.
Limits: trade balances; labour does not move between regions; one industry; several equilibria are
possible, and the answer is the one to which the observed state (after closures) leads when log odds
move with excess demand. Small industries then grow by small steps; under the drift of
``VerticalLinkages``, which does not depend on size, a region comes back from more closures. A
region that would leave farming altogether is refused: its wage is then no longer that of farming.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, DataError, ParameterError, examples
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.theory.models.counterfactual import COMPARISON
from shuseki.theory.models.literature import FUJITA_2006, FUJITA_KRUGMAN_VENABLES_1999
from shuseki.theory.models.vertical_linkages import VerticalLinkages
from shuseki.theory.solving.equilibrium import stability
from shuseki.theory.solving.space import check_costs, check_parameters
from shuseki.theory.solving.threads import one_thread
from shuseki.theory.solving.trade import invert_trade, leading_eigenvalue

__all__ = ["LinkageCounterfactual", "ObservedLinkages", "linkage_hat"]

FARTHEST_LOG_ODDS = 25.0
"""The walk goes no farther towards no manufacturing (a share of 1e-11) or nothing else."""
LEAVING_LOG_ODDS = -8.0
"""A region below this (a share of 0.03%) that still shrinks is taken to empty; verified after."""
EMPTY = 1e-9
"""A share below this counts as none."""


@result
class LinkageCounterfactual(Result):
    """What would change.

    Attributes
    ----------
    names
        Regions, length n.
    observed_share, manufacturing_share
        Share of each region's labour in manufacturing before and after, shape ``(n,)``.
    wage, price_index
        Factors of change, shape ``(n,)``; 1 = no change. Farm goods are the unit of account.
    real_income
        Factor of change of income over the cost of living ``P^μ``, shape ``(n,)``.
    labour
        Persons, shape ``(n,)``.
    shock
        What was changed, in words.
    leading_growth
        Growth rate of the move away from the observed state that dies slowest; NaN if not examined.
    iterations
        Steps of the walk and of Newton's method.
    """

    names: tuple[str, ...]
    observed_share: Floats
    manufacturing_share: Floats
    wage: Floats
    price_index: Floats
    real_income: Floats
    labour: Floats
    shock: str
    leading_growth: float = np.nan
    iterations: int = 0

    @property
    def employment(self) -> Floats:
        """Factor of change of manufacturing employment ℓ̂, shape ``(n,)``."""
        return self.manufacturing_share / self.observed_share

    @property
    def total_employment(self) -> float:
        """Factor of change of manufacturing employment in all regions together."""
        before, after = self.observed_share @ self.labour, self.manufacturing_share @ self.labour
        return float(after / before)

    def headline(self) -> Message:
        """Winner, loser, total."""
        best, worst = int(np.argmax(self.employment)), int(np.argmin(self.employment))
        return say(
            "{shock}: manufacturing employment {best} {best_percent:+.2f}%, {worst} "
            "{worst_percent:+.2f}%, all {total:+.3f}%; n = {n:count(region)}",
            shock=self.shock,
            best=self.names[best],
            best_percent=100 * (self.employment[best] - 1),
            worst=self.names[worst],
            worst_percent=100 * (self.employment[worst] - 1),
            total=100 * (self.total_employment - 1),
            n=len(self.names),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        return pd.DataFrame(
            {
                "region": self.names,
                "manufacturing_share_observed": self.observed_share,
                "manufacturing_share": self.manufacturing_share,
                "manufacturing_employment_change_percent": 100 * (self.employment - 1),
                "wage_change_percent": 100 * (self.wage - 1),
                "price_index_change_percent": 100 * (self.price_index - 1),
                "real_income_change_percent": 100 * (self.real_income - 1),
            }
        )


@dataclass(frozen=True, eq=False)
class ObservedLinkages:
    """Regions as observed, whose manufacturers buy from one another; see also ``invert``.

    Parameters
    ----------
    manufacturing_share
        λ, share of labour in manufacturing, in (0, 1), shape ``(n,)``.
    wage
        Per person, > 0, any unit, shape ``(n,)``.
    labour
        Persons, > 0, shape ``(n,)``.
    trade_shares
        π, importer × exporter, ≥ 0, rows add up to 1, shape ``(n, n)``. Every region sells what it
        makes: ``λ w L / (1-α) = πᵀ E``.
    elasticity_of_substitution, intermediate_share, farm_elasticity
        σ, α and η of ``VerticalLinkages``, with ``ασ/(σ-1) < 1``.
    names
        Regions.
    sources
        Where the data come from.

    Raises
    ------
    DataError
        Data outside their range, or trade that does not balance.
    ParameterError
        A parameter outside its range, or a black hole.
    """

    manufacturing_share: Floats
    wage: Floats
    labour: Floats
    trade_shares: Floats
    elasticity_of_substitution: float = 5.0
    intermediate_share: float = 0.4
    farm_elasticity: float = 0.7
    names: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        _check_linkages(
            self.elasticity_of_substitution, self.intermediate_share, self.farm_elasticity
        )
        if not self.names:
            object.__setattr__(
                self, "names", tuple(str(k) for k in range(len(self.manufacturing_share)))
            )
        _check_observed(self.manufacturing_share, self.wage, self.labour, self.names)
        n, shares = len(self.manufacturing_share), self.trade_shares
        if shares.shape != (n, n):
            raise DataError(
                say(
                    "Trade shares of shape {shares_shape} for {n} regions. Expected ({n}, {n}), "
                    "importer × exporter. Align them.",
                    shares_shape=shares.shape,
                    n=n,
                )
            )
        if not ((shares >= 0).all() and np.allclose(shares.sum(axis=1), 1, rtol=0, atol=1e-9)):
            raise DataError(
                say(
                    "Trade shares from {smallest_shares:g}, rows adding up to "
                    "{smallest_n_shares:g} to {largest_n_shares:g}. Expected shares ≥ 0 of each "
                    "importer's spending (row), adding up to 1. Divide each row by its sum.",
                    smallest_shares=shares.min(),
                    smallest_n_shares=shares.sum(axis=1).min(),
                    largest_n_shares=shares.sum(axis=1).max(),
                )
            )
        off = shares.T @ self.spending / self.sales - 1
        if np.max(np.abs(off)) > 1e-6:
            worst = np.argsort(-np.abs(off))[: int((np.abs(off) > 1e-6).sum())]
            raise DataError(
                say(
                    "Trade does not balance in {n_worst} regions, sales over what is made: "
                    "{worst}. Expected 1 within 1e-6. Use ObservedLinkages.invert, which finds "
                    "trade shares that balance.",
                    n_worst=len(worst),
                    worst=examples(f"{self.names[k]} {1 + off[k]:.4g}" for k in worst),
                )
            )

    @classmethod
    def invert(
        cls,
        manufacturing_share: Floats,
        wage: Floats,
        labour: Floats,
        iceberg: Floats,
        *,
        elasticity_of_substitution: float = 5.0,
        intermediate_share: float = 0.4,
        farm_elasticity: float = 0.7,
        names: tuple[str, ...] = (),
        sources: tuple[Source, ...] = (),
    ) -> "ObservedLinkages":
        """Find the trade shares under which each region sells what it makes.

        Parameters
        ----------
        manufacturing_share, wage, labour
            As for the class, shape ``(n,)``.
        iceberg
            Units sent per unit delivered, origin × destination, ≥ 1, shape ``(n, n)``.
        """
        _check_linkages(elasticity_of_substitution, intermediate_share, farm_elasticity)
        share, pay, persons = (
            np.asarray(given, dtype=float) for given in (manufacturing_share, wage, labour)
        )
        labels = names or tuple(str(k) for k in range(len(share)))
        _check_observed(share, pay, persons, labels)
        check_costs(iceberg, names=labels)
        if iceberg.shape != (len(share), len(share)):
            raise DataError(
                say(
                    "{n_share} regions and costs of shape {iceberg_shape}. Expected one row and "
                    "one column per region. Align them.",
                    n_share=len(share),
                    iceberg_shape=iceberg.shape,
                )
            )
        sales, spending = _accounts(share, pay, persons, intermediate_share, farm_elasticity)[:2]
        with one_thread():
            kernel = np.exp((1 - elasticity_of_substitution) * np.log(iceberg.T))
            supply, access = invert_trade(kernel, sales, spending)
        shares = kernel * supply / access[:, None]
        return cls(
            manufacturing_share=share,
            wage=pay,
            labour=persons,
            trade_shares=shares / shares.sum(axis=1, keepdims=True),
            elasticity_of_substitution=elasticity_of_substitution,
            intermediate_share=intermediate_share,
            farm_elasticity=farm_elasticity,
            names=labels,
            sources=sources,
        )

    @property
    def sales(self) -> Floats:
        """``λ w L / (1-α)``, manufactures made, shape ``(n,)``."""
        return self._accounts[0]

    @property
    def spending(self) -> Floats:
        """E, spent on manufactures by consumers and by firms, shape ``(n,)``."""
        return self._accounts[1]

    @property
    def spending_share(self) -> float:
        """μ, share of manufactures in consumers' spending at which the world's sales are spent."""
        return self._accounts[2]

    @cached_property
    def _accounts(self) -> tuple[Floats, Floats, float]:
        return _accounts(
            self.manufacturing_share,
            self.wage,
            self.labour,
            self.intermediate_share,
            self.farm_elasticity,
        )

    @cached_property
    def levels(self) -> VerticalLinkages:
        """A model in levels of which the observed state is an equilibrium, price indices all alike.

        Productivity and tastes are put into the costs, which have no meaning one by one.
        """
        sigma, alpha = self.elasticity_of_substitution, self.intermediate_share
        eta, mu = self.farm_elasticity, self.spending_share
        made = self.manufacturing_share * self.labour * self.wage ** (1 - sigma * (1 - alpha))
        with np.errstate(divide="ignore"):
            log_proximity = np.log(self.trade_shares.T) - np.log(made)[:, None]
        rest = eta * (1 - mu) / (mu + eta * (1 - mu))  # K of VerticalLinkages
        return VerticalLinkages(
            elasticity_of_substitution=sigma,
            intermediate_share=alpha,
            manufacturing_share=mu,
            transport_cost=float(np.e),
            farm_elasticity=eta,
            distance=(log_proximity - log_proximity.max()) / (1 - sigma),
            labour=self.labour,
            outside_wage=self.wage * ((1 - self.manufacturing_share) / rest) ** (1 - eta),
        )

    @cached_property
    def leading_growth(self) -> float:
        """Growth rate of the move away from the observed state that dies slowest; ≥ 0: unstable."""
        with one_thread():
            return stability(self.levels, self.manufacturing_share).leading

    def counterfactual(
        self,
        *,
        transport_cost: Floats | None = None,
        productivity: Floats | None = None,
        closed_share: Floats | None = None,
        shock: str = "",
        audit: bool = True,
        tolerance: float = 1e-12,
        progress: Callable[[int, int], None] | None = None,
    ) -> LinkageCounterfactual:
        """Change costs, productivity or plants, and solve for the new long run.

        Parameters
        ----------
        transport_cost
            T̂, factors on iceberg costs, origin × destination, shape ``(n, n)``.
        productivity
            Â, factors on what a bundle of labour and intermediate goods makes, shape ``(n,)``.
        closed_share
            Share of the plants that close, in [0, 1), shape ``(n,)``. Fundamentals stay, so a
            region comes back, or does not: the walk begins after the closures.
        shock
            What it is, in words, for the headline.
        audit
            Refuse an unstable observed state.
        tolerance
            Largest |ln(demand/supply)| left.
        progress
            Called with steps done and steps allowed.

        Raises
        ------
        ParameterError
            A shock outside its range, an unstable observed state, or a region that would leave
            farming altogether.
        ConvergenceError
            No new equilibrium was reached.
        """
        n = len(self.manufacturing_share)
        closed = np.zeros(n) if closed_share is None else np.asarray(closed_share, dtype=float)
        for name, given, shape in (
            ("transport_cost", transport_cost, (n, n)),
            ("productivity", productivity, (n,)),
            ("closed_share", closed, (n,)),
        ):
            if given is not None and np.shape(given) != shape:
                raise ParameterError(
                    say(
                        "{name} has shape {shape}. Expected {shape_2}, by region. Align it.",
                        name=name,
                        shape=np.shape(given),
                        shape_2=shape,
                    )
                )
            if given is not None and given is not closed and not (np.asarray(given) > 0).all():
                raise ParameterError(
                    say(
                        "{name}: the smallest factor is {smallest_np:g}. Expected factors of "
                        "change > 0 (1 = as observed). Differences must be turned into factors.",
                        name=name,
                        smallest_np=np.min(given),
                    )
                )
        if not ((closed >= 0) & (closed < 1)).all():
            raise ParameterError(
                say(
                    "closed_share from {smallest_closed:g} to {largest_closed:g}. Expected shares "
                    "in [0, 1). To close every plant, leave the region out.",
                    smallest_closed=closed.min(),
                    largest_closed=closed.max(),
                )
            )
        growth = self.leading_growth if audit else np.nan
        if audit and growth >= 0:
            raise ParameterError(
                say(
                    "The observed state is unstable: small moves away from it grow at "
                    "{growth:+.4g} per unit of time. Expected a negative rate, or these "
                    "parameters cannot have brought it about. Choose a smaller "
                    "intermediate_share, a smaller farm_elasticity or a larger "
                    "elasticity_of_substitution.",
                    growth=growth,
                )
            )
        with one_thread():
            share, log_price, iterations = linkage_hat(
                self, transport_cost, productivity, closed, tolerance=tolerance, progress=progress
            )
        remaining = (1 - share) / (1 - self.manufacturing_share)
        wage = remaining ** (self.farm_elasticity - 1)
        before = self.wage * (
            self.manufacturing_share + (1 - self.manufacturing_share) / self.farm_elasticity
        )
        after = self.wage * wage * (share + (1 - share) / self.farm_elasticity)
        return LinkageCounterfactual(
            names=self.names,
            observed_share=self.manufacturing_share,
            manufacturing_share=np.where(share < EMPTY, 0.0, share),
            wage=wage,
            price_index=np.exp(log_price),
            real_income=after / before * np.exp(-self.spending_share * log_price),
            labour=self.labour,
            shock=shock or say("counterfactual"),
            leading_growth=growth,
            iterations=iterations,
            notes=(
                COMPARISON,
                say(
                    "Several equilibria are possible: this is the one to which the observed state "
                    "leads once plants have closed, small industries growing back slowly."
                    if closed.any()
                    else "Several equilibria are possible: this is the one to which the observed "
                    "state leads."
                ),
            ),
            sources=(*self.sources, FUJITA_KRUGMAN_VENABLES_1999, FUJITA_2006),
        )


# ---- array functions -------------------------------------------------------------------------


def linkage_hat(
    observed: ObservedLinkages,
    transport_cost: Floats | None = None,
    productivity: Floats | None = None,
    closed_share: Floats | None = None,
    *,
    tolerance: float = 1e-12,
    limit: int = 20_000,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Floats, Floats, int]:
    """Shares in manufacturing after a shock, log changes of price indices, and steps.

    Parameters
    ----------
    observed
        Before the shock.
    transport_cost, productivity, closed_share
        As for ``ObservedLinkages.counterfactual``.

    Returns
    -------
    tuple
        λ' and ln P̂, shape ``(n,)``; steps.
    """
    before, n = observed.manufacturing_share, len(observed.manufacturing_share)
    sigma = observed.elasticity_of_substitution
    kernel = observed.trade_shares
    if transport_cost is not None:
        kernel = kernel * np.exp((1 - sigma) * np.log(np.asarray(transport_cost).T))
    boost = np.zeros(n) if productivity is None else sigma * np.log(productivity)
    start = before if closed_share is None else before * (1 - closed_share)
    odds, log_price = np.log(start) - np.log1p(-start), np.zeros(n)
    market = _Market(observed, kernel, boost)
    stride, last, residual, next_try = 0.5, np.zeros(n), 1.0, 1
    for step in range(1, limit + 1):
        log_price, excess = market.trade(odds, log_price, settled=1e-3 * min(residual, 1.0))
        full = (odds >= FARTHEST_LOG_ODDS) & (excess > 0)
        if full.any():
            raise ParameterError(
                say(
                    "{n_full} regions would leave farming altogether: {which}. Expected "
                    "some farming everywhere, which sets the wage. Choose a farm_elasticity below "
                    "1, or a smaller shock.",
                    n_full=int(full.sum()),
                    which=examples(observed.names[k] for k in np.flatnonzero(full)),
                )
            )
        leaving = (odds < LEAVING_LOG_ODDS) & (excess < 0)
        residual = float(np.max(np.abs(np.where(leaving, 0.0, excess))))
        if not np.isfinite(residual):
            break
        if residual < 1e-2 and step >= next_try:
            near = market.polish(odds, log_price, leaving, tolerance)
            if near is not None:
                return market.share(near[0]), near[1], step + near[2]
            next_try = int(1.3 * step) + 1
        if progress and step % 100 == 0:
            progress(step, limit)
        weighed = excess * market.share(odds)  # the empty do not slow the rest
        stride = stride / 2 if weighed @ last < 0 else min(stride * 1.1, 50.0)
        odds = np.clip(
            odds + np.clip(stride * excess, -0.5, 0.5), -FARTHEST_LOG_ODDS, FARTHEST_LOG_ODDS
        )
        last = excess
    raise ConvergenceError(
        say(
            "Demand still differs from supply by {residual:.1e} (in logs) after {step:,} steps. "
            "Expected {tolerance:g}. Choose a smaller shock, or a smaller farm_elasticity.",
            residual=residual,
            step=step,
            tolerance=tolerance,
        )
    )


class _Market:
    """Demand and supply after a shock, for log odds of the share in manufacturing."""

    def __init__(self, observed: ObservedLinkages, kernel: Floats, boost: Floats) -> None:
        self.sigma, self.alpha = observed.elasticity_of_substitution, observed.intermediate_share
        self.eta, self.mu = observed.farm_elasticity, observed.spending_share
        self.before, self.kernel, self.boost = observed.manufacturing_share, kernel, boost
        self.payroll = observed.wage * observed.labour

    @staticmethod
    def share(odds: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-odds)))

    def trade(self, odds: Floats, y: Floats, settled: float = 1e-14) -> tuple[Floats, Floats]:
        """Settled ln P̂ from a guess y, and ln(demand/supply), each ``(n,)``."""
        fixed = self._supply(odds)
        for _ in range(400):
            new = np.log(self.kernel @ np.exp(fixed - self.alpha * self.sigma * y))
            new /= 1 - self.sigma
            moved = float(np.max(np.abs(new - y)))
            y = new
            if not moved > settled:
                break
        made, spent, _ = self._accounts(odds)
        offer = fixed - self.alpha * self.sigma * y
        sold = offer + np.log(self.kernel.T @ (np.exp((self.sigma - 1) * y) * spent))
        return y, sold - np.log(made)

    def polish(
        self, odds: Floats, y: Floats, leaving: Bools, tolerance: float
    ) -> tuple[Floats, Floats, int] | None:
        """Newton's method nearby; nothing if it strays or ends in a state that does not hold."""
        at, free = np.where(leaving, -FARTHEST_LOG_ODDS, odds), np.flatnonzero(~leaving)
        for step in range(1, 13):
            y, excess = self.trade(at, y)
            slope = self._slope(at, y)[np.ix_(free, free)]
            if np.max(np.abs(excess[free])) < tolerance:
                holds = leading_eigenvalue(slope) < 0 and (excess[leaving] < 0).all()
                return (at, y, step) if holds else None
            at[free] -= np.linalg.solve(slope, excess[free])
            if not np.max(np.abs(at - odds)[free]) < 0.3:
                return None
        return None

    def _supply(self, odds: Floats) -> Floats:
        """Supply ln S without the part of the price index, ``(n,)``."""
        log_share, log_rest = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
        wage = (self.eta - 1) * (log_rest - np.log1p(-self.before))
        own = 1 - self.sigma * (1 - self.alpha)
        return np.asarray(log_share - np.log(self.before) + own * wage + self.boost)

    def _accounts(self, odds: Floats) -> tuple[Floats, Floats, Floats]:
        """Manufactures made, spending on them, and its derivative by own log odds, ``(n,)``."""
        share = self.share(odds)
        rest = np.exp(-np.logaddexp(0, odds)) / (1 - self.before)
        wages = self.payroll * rest ** (self.eta - 1) * share
        farm = self.payroll * (1 - self.before) / self.eta * rest**self.eta
        weight = self.mu + self.alpha / (1 - self.alpha)
        slope = weight * wages * (1 - self.eta * share) - self.mu * self.eta * share * farm
        return wages / (1 - self.alpha), weight * wages + self.mu * farm, slope

    def _slope(self, odds: Floats, y: Floats) -> Floats:
        """Derivative of ln(demand/supply) by log odds, price indices settled, ``(n, n)``."""
        sigma, alpha, n = self.sigma, self.alpha, len(odds)
        share = self.share(odds)
        _, spent, spent_slope = self._accounts(odds)
        offer = np.exp(self._supply(odds) - alpha * sigma * y)
        bought = self.kernel * offer
        bought /= bought.sum(axis=1, keepdims=True)
        sold = (self.kernel * (np.exp((sigma - 1) * y) * spent)[:, None]).T
        sold /= sold.sum(axis=1, keepdims=True)
        # ln S = own part (by odds) - ασ ln P̂;  [(1-σ) + ασ bought] dlnP̂ = bought d(own part)
        own = (1 - share) + (1 - sigma * (1 - alpha)) * (1 - self.eta) * share
        prices = np.linalg.solve((1 - sigma) * np.eye(n) + alpha * sigma * bought, bought * own)
        slope: Floats = (sigma - 1) * sold @ prices - alpha * sigma * prices
        slope += sold * (spent_slope / spent)
        slope[np.diag_indices(n)] += own - (1 - self.eta * share)
        return slope


def _accounts(
    share: Floats, wage: Floats, labour: Floats, alpha: float, eta: float
) -> tuple[Floats, Floats, float]:
    """Manufactures made, spending on them, and the μ at which the two have one sum."""
    wages = wage * labour * share
    income = wages + wage * labour * (1 - share) / eta
    mu = float(wages.sum() / income.sum())
    return wages / (1 - alpha), mu * income + alpha / (1 - alpha) * wages, mu


def _check_linkages(sigma: float, alpha: float, eta: float) -> None:
    check_parameters(
        "ObservedLinkages",
        elasticity_of_substitution=(sigma, 1, np.inf),
        intermediate_share=(alpha, 0, 1),
        farm_elasticity=(eta, 0, 1 + 1e-15),
    )
    modulus = alpha * sigma / (sigma - 1)
    if modulus >= 1:
        raise ParameterError(
            say(
                "ασ/(σ-1) = {modulus:.4g}, above 1 by {modulus_2:.3g}: a black hole, in which "
                "price indices do not settle. Expected below 1, that is α < {sigma:.4g} at this "
                "σ. Choose a smaller intermediate_share or a larger elasticity_of_substitution.",
                modulus=modulus,
                modulus_2=modulus - 1,
                sigma=(sigma - 1) / sigma,
            )
        )


def _check_observed(share: Floats, wage: Floats, labour: Floats, names: tuple[str, ...]) -> None:
    if not share.shape == wage.shape == labour.shape == (len(names),):
        raise DataError(
            say(
                "Manufacturing shares, wages, labour and names of {share_shape}, {wage_shape}, "
                "{labour_shape} and {n_names} regions. Expected one of each per region. Align "
                "them.",
                share_shape=share.shape,
                wage_shape=wage.shape,
                labour_shape=labour.shape,
                n_names=len(names),
            )
        )
    for what, wrong, values in (
        (say("manufacturing share inside (0, 1)"), ~((share > 0) & (share < 1)), share),
        (say("positive wage"), ~(wage > 0), wage),
        (say("positive labour"), ~(labour > 0), labour),
    ):
        if wrong.any():
            raise DataError(
                say(
                    "{n_wrong} regions without a {what}: {which}. Expected one everywhere. "
                    "Leave those regions out, or merge them with a neighbour.",
                    n_wrong=int(wrong.sum()),
                    what=what,
                    which=examples(f"{names[k]} {values[k]:g}" for k in np.flatnonzero(wrong)),
                )
            )
