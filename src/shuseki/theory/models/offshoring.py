"""At which wage gap, and at which transport cost, does a cluster leave for abroad?

A cluster whose firms buy from one another earns a lock-in rent: a firm that left alone would pay
transport on its inputs and on what it sells at home. The rent shrinks as the broad transport cost
(広い意味での輸送費: freight, tariffs, communication, exchange-rate risk) falls, and with it the
wage gap that the cluster survives. With the home share of income y, ``s = α + (1-α) y`` and ::

    q(T) = T^(-ασ) [s T^(1-σ) + (1-s) T^(σ-1)]
    a core at home survives against a foreign wage  iff  w_home/w_foreign ≤ q(T)^(-1/((1-α)σ))

The bound is 1 at T = 1, rises to its maximum at ``T̂^(2(σ-1)) = (σ-1+ασ)s / [(σ-1-ασ)(1-s)]`` and
falls again: the cluster survives a wage gap between two transport costs. When the cost of a good
falls below the lower one, its cluster leaves. Goods that are costly to transport
(輸送費用が割高なもの) get there last; clusters of differentiated goods (差別化の程度が高いもの,
low σ) survive larger gaps: these stay.

Takes: parameters of the vertical-linkages model, a wage gap, costs.
Gives: wage ratios (1.2 = home pays 20% more), iceberg costs ≥ 1.
Sources: mechanism: Fujita (2006), as reported in Shoko Research Institute (2012), pp. 25–26;
equations: Fujita, Krugman and Venables (1999), chapter 14; the rent is derived here and checked
against the zero-profit condition of ``VerticalLinkages`` with unequal incomes.
Limits: a firm compares leaving alone with staying; foreign labour is abundant at its wage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, DataError, ParameterError
from shuseki.language import Message, say, told
from shuseki.results import Result, result
from shuseki.theory.models.literature import FUJITA_2006, FUJITA_KRUGMAN_VENABLES_1999
from shuseki.theory.models.vertical_linkages import VerticalLinkages
from shuseki.theory.solving.equilibrium import solve, stability
from shuseki.theory.solving.space import any_costs, check_costs, check_parameters

__all__ = [
    "Departures",
    "Good",
    "LockIn",
    "OffshoringPath",
    "departures",
    "offshoring_model",
    "offshoring_path",
]


@dataclass(frozen=True)
class LockIn:
    """The rent that holds a cluster at home.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1; low for differentiated goods.
    intermediate_share
        α in (0, 1), with σ(1-α) > 1.
    home_income_share
        y in (0, 1), share of home in the income of the two.

    Examples
    --------
    >>> rent = LockIn(elasticity_of_substitution=5, intermediate_share=0.5, home_income_share=0.5)
    >>> round(rent.strongest_cost(), 5), round(rent.largest_gap(), 4)
    (1.37798, 1.3219)
    """

    elasticity_of_substitution: float = 5.0
    intermediate_share: float = 0.5
    home_income_share: float = 0.5

    def __post_init__(self) -> None:
        check_parameters(
            "LockIn",
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            intermediate_share=(self.intermediate_share, 0, 1),
            home_income_share=(self.home_income_share, 0, 1),
        )
        strength = self.elasticity_of_substitution * (1 - self.intermediate_share)
        if strength <= 1:
            raise ParameterError(
                say(
                    "A black hole: σ(1-α) = {strength:.4g}, short of the 1 it must exceed by "
                    "{strength_2:.4g}: the rent would grow with transport cost without end. "
                    "Choose a larger σ or a smaller intermediate_share.",
                    strength=strength,
                    strength_2=1 - strength,
                )
            )

    def sustainable_gap(self, transport_cost: Floats | float) -> Floats:
        """Largest ratio of home to foreign wage at which the cluster stays, same shape."""
        sigma, alpha = self.elasticity_of_substitution, self.intermediate_share
        T = np.asarray(transport_cost, dtype=float)
        home = alpha + (1 - alpha) * self.home_income_share
        q = T ** (-alpha * sigma) * (home * T ** (1 - sigma) + (1 - home) * T ** (sigma - 1))
        return np.asarray(q ** (-1 / ((1 - alpha) * sigma)))

    def strongest_cost(self) -> float:
        """T̂, the transport cost at which the rent is largest."""
        sigma, alpha = self.elasticity_of_substitution, self.intermediate_share
        home = alpha + (1 - alpha) * self.home_income_share
        ratio = (sigma - 1 + alpha * sigma) * home / ((sigma - 1 - alpha * sigma) * (1 - home))
        return float(ratio ** (1 / (2 * (sigma - 1))))

    def largest_gap(self) -> float:
        """The largest wage ratio that the cluster survives at any transport cost."""
        return float(self.sustainable_gap(self.strongest_cost()))

    def costs_held(self, wage_gap: float) -> tuple[float, float] | None:
        """Lowest and highest transport cost at which a wage ratio is survived; ``None`` if none."""
        if not wage_gap > 0:
            raise ParameterError(
                say(
                    "wage_gap = {wage_gap:g}. Expected a ratio > 0.",
                    wage_gap=wage_gap,
                )
            )
        peak = self.strongest_cost()
        if wage_gap > self.largest_gap():
            return None

        def spare(cost: float) -> float:
            return float(np.log(self.sustainable_gap(cost)) - np.log(wage_gap))

        high = 2 * peak
        while spare(high) > 0:
            high *= 2
        top = float(scipy.optimize.brentq(spare, peak, high, xtol=1e-13))
        return (
            1.0 if wage_gap <= 1 else float(scipy.optimize.brentq(spare, 1.0, peak, xtol=1e-13))
        ), top


@dataclass(frozen=True)
class Good:
    """A kind of good.

    Parameters
    ----------
    name
        In English, or as the reader knows it.
    elasticity_of_substitution
        σ; low for differentiated goods.
    bulk
        Transport cost of this good relative to the average one: its iceberg cost is
        ``1 + bulk (T - 1)``. Small lots and short delivery times are bulk too (小ロット・短納期).
    intermediate_share
        α.
    """

    name: str
    elasticity_of_substitution: float = 5.0
    bulk: float = 1.0
    intermediate_share: float = 0.5


@result
class Departures(Result):
    """Which goods' clusters leave, in which order, as the broad transport cost falls.

    Attributes
    ----------
    goods
        Length g.
    wage_gap
        Home over foreign wage.
    transport_cost
        Broad iceberg costs of the average good, ascending, shape ``(m,)``.
    sustainable_gap
        Shape ``(g, m)``.
    leaves_at
        Broad cost below which the cluster is gone, shape ``(g,)``; nan where it never holds.
    """

    goods: tuple[Good, ...]
    wage_gap: float
    transport_cost: Floats
    sustainable_gap: Floats
    leaves_at: Floats

    def headline(self) -> Message:
        """First and last to leave."""
        order = np.argsort(-np.nan_to_num(self.leaves_at, nan=np.inf))
        last = order[-1]
        if np.isnan(self.leaves_at[last]):
            return say(
                "at a wage gap of {gap:g} no cluster stays at any transport cost; n = "
                "{n:count(good)}",
                gap=self.wage_gap,
                n=len(self.goods),
            )
        return say(
            "at a wage gap of {gap:g} the cluster of {first} leaves first and that of {last} "
            "last, at a broad transport cost of {cost:.4f}; n = {n:count(good)}",
            gap=self.wage_gap,
            first=self.goods[order[0]].name,
            last=self.goods[last].name,
            cost=self.leaves_at[last],
            n=len(self.goods),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per good."""
        return pd.DataFrame(
            {
                "good": [str(good.name) for good in self.goods],
                "good_ja": [told(good.name, "ja") for good in self.goods],
                "elasticity_of_substitution": [g.elasticity_of_substitution for g in self.goods],
                "bulk": [good.bulk for good in self.goods],
                "intermediate_share": [good.intermediate_share for good in self.goods],
                "largest_wage_gap": [
                    LockIn(g.elasticity_of_substitution, g.intermediate_share).largest_gap()
                    for g in self.goods
                ],
                "leaves_at_transport_cost": self.leaves_at,
            }
        )


def departures(
    goods: Sequence[Good],
    *,
    wage_gap: float,
    transport_cost: Floats,
    home_income_share: float = 0.5,
) -> Departures:
    """Let the broad transport cost fall and see whose clusters leave first.

    Parameters
    ----------
    goods
        One or more.
    wage_gap
        Home over foreign wage, > 1.
    transport_cost
        Broad iceberg costs of the average good, shape ``(m,)``, ≥ 1.
    home_income_share
        y, home's share of income.
    """
    if not goods:
        raise ParameterError(say("No goods. Expected one or more. Pass Good(name=..., ...)."))
    costs = np.sort(np.asarray(transport_cost, dtype=float))
    gaps, leaves = [], []
    for good in goods:
        rent = LockIn(good.elasticity_of_substitution, good.intermediate_share, home_income_share)
        gaps.append(rent.sustainable_gap(1 + good.bulk * (costs - 1)))
        held = rent.costs_held(wage_gap)
        leaves.append(np.nan if held is None else 1 + (held[0] - 1) / good.bulk)
    return Departures(
        goods=tuple(goods),
        wage_gap=wage_gap,
        transport_cost=costs,
        sustainable_gap=np.array(gaps),
        leaves_at=np.array(leaves),
        notes=(
            say(
                "A good without a cost at which its cluster leaves: the wage gap is larger than "
                "the cluster survives at any transport cost."
            ),
        ),
        sources=(FUJITA_2006, FUJITA_KRUGMAN_VENABLES_1999),
    )


# ---- home districts and foreign nodes ------------------------------------------------------------


@result
class OffshoringPath(Result):
    """Where manufacturing is as the cost of crossing the border falls.

    Attributes
    ----------
    names
        Home regions, then foreign nodes, length n.
    border_cost
        Iceberg cost of the border, in the order walked (falling), shape ``(m,)``.
    manufacturing_share
        Share of each region's labour in manufacturing, shape ``(m, n)``.
    labour
        Shape ``(n,)``.
    foreign
        How many of the last names are foreign.
    """

    names: tuple[str, ...]
    border_cost: Floats
    manufacturing_share: Floats
    labour: Floats
    foreign: int

    @property
    def home_share(self) -> Floats:
        """Share of all manufacturing labour that is at home, shape ``(m,)``."""
        workers = self.manufacturing_share * self.labour
        share: Floats = workers[:, : -self.foreign].sum(axis=1) / workers.sum(axis=1)
        return share

    @property
    def leaves_at(self) -> Floats:
        """Border cost at which a home region has lost half its manufacturing; nan if it has not."""
        home = self.manufacturing_share[:, : -self.foreign]
        lost = home < home[0] / 2
        first = np.where(lost.any(axis=0), lost.argmax(axis=0), 0)
        return np.where(lost.any(axis=0), self.border_cost[first], np.nan)

    def headline(self) -> Message:
        """Home's share before and after."""
        return say(
            "border cost {first:g} → {last:g}: home's share of manufacturing {before:.1f}% → "
            "{after:.1f}%; {gone} of {homes:count(region)} lose half or more, n = "
            "{n:count(region)}",
            first=self.border_cost[0],
            last=self.border_cost[-1],
            before=100 * self.home_share[0],
            after=100 * self.home_share[-1],
            gone=int(np.isfinite(self.leaves_at).sum()),
            homes=len(self.names) - self.foreign,
            n=len(self.names),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per border cost and region."""
        count, n = self.manufacturing_share.shape
        return pd.DataFrame(
            {
                "border_cost": np.repeat(self.border_cost, n),
                "region": list(self.names) * count,
                "is_foreign": np.tile(np.arange(n) >= n - self.foreign, count),
                "manufacturing_share": self.manufacturing_share.ravel(),
            }
        )


def offshoring_model(
    manufacturing_share: Floats,
    labour: Floats,
    iceberg: Floats,
    *,
    foreign_labour: Sequence[float] = (2.0,),
    foreign_wage: Sequence[float] = (0.7,),
    elasticity_of_substitution: float = 5.0,
    intermediate_share: float = 0.4,
    farm_elasticity: float = 0.7,
    border_cost: float = 3.0,
) -> tuple[VerticalLinkages, Floats]:
    """Home regions in equilibrium as observed, with foreign nodes across a border.

    Wages outside manufacturing, and the share of manufactures in spending, are chosen so that the
    observed shares are an equilibrium at the given border cost; foreign nodes hold the
    manufacturing that pays there at that cost.

    Parameters
    ----------
    manufacturing_share, labour
        Of the home regions, shape ``(n,)``, shares in (0, 1), labour > 0.
    iceberg
        Costs between home regions, ``(n, n)``, ≥ 1.
    foreign_labour
        Labour of each foreign node, in multiples of all home labour.
    foreign_wage
        Outside wage of each foreign node relative to the mean at home.
    elasticity_of_substitution, intermediate_share, farm_elasticity
        Of the vertical-linkages model.
    border_cost
        Iceberg cost on top of the way to the border (the mean home cost), > 1.

    Raises
    ------
    ParameterError
        The observed state is unstable under these parameters.

    Returns
    -------
    tuple
        The model over home and foreign, and its state, shape ``(n + foreign,)``.
    """
    check_costs(iceberg)
    observed = np.asarray(manufacturing_share, dtype=float)
    if not ((observed > 0) & (observed < 1)).all():
        raise DataError(
            say(
                "Manufacturing shares from {smallest_observed:.3g} to {largest_observed:.3g}. "
                "Expected shares inside (0, 1). Leave out regions without manufacturing.",
                smallest_observed=observed.min(),
                largest_observed=observed.max(),
            )
        )
    n, f = len(observed), len(foreign_labour)
    size = np.concatenate([labour / labour.sum(), np.asarray(foreign_labour, dtype=float)])
    costs = np.ones((n + f, n + f))
    costs[:n, :n] = iceberg
    way_out = np.exp(np.log(iceberg).mean(axis=1))
    for k in range(f):
        costs[:n, n + k] = costs[n + k, :n] = way_out * border_cost
        for j in range(k):
            costs[n + k, n + j] = costs[n + j, n + k] = border_cost
    state = np.concatenate([observed, np.full(f, 1e-6)])
    spent = float(observed @ size[:n])
    model = VerticalLinkages(
        elasticity_of_substitution=elasticity_of_substitution,
        intermediate_share=intermediate_share,
        manufacturing_share=spent,
        transport_cost=float(np.e),
        farm_elasticity=farm_elasticity,
        distance=any_costs(costs),
        labour=size,
        outside_wage=np.ones(n + f),
    )
    outside, odds = np.ones(n + f), np.zeros(f)
    for _ in range(2000):
        state[n:] = 1 / (1 + np.exp(-odds))
        farming = model.farming(state)[1]
        paid = model.payoff(state) + farming
        wanted = paid / (farming / outside)
        wanted[n:] = np.asarray(foreign_wage) * np.average(wanted[:n], weights=labour)
        wanted /= np.average(wanted[:n], weights=labour)
        step = np.clip(0.3 * np.log(paid[n:] / farming[n:]), -0.5, 0.5)
        odds = np.clip(odds + step, -20, 20)
        settled = (np.abs(step) < 1e-9) | (np.abs(odds) >= 20)
        moved = float(np.max(np.abs(np.log(wanted / outside))))
        outside = np.exp(0.5 * (np.log(outside) + np.log(wanted)))
        model = replace(model, outside_wage=outside)
        farm_product, marginal, _ = model.farming(state)
        payroll = float(size @ (state * marginal))
        spent = payroll / (payroll + float(size @ farm_product))
        model = replace(model, manufacturing_share=spent)
        if moved < 1e-9 and settled.all():
            break
    else:
        raise ConvergenceError(
            say(
                "The observed shares were not reached: outside wages still move by {moved:.1e}. "
                "Expected 1e-9. Choose a larger border_cost or a smaller intermediate_share.",
                moved=moved,
            )
        )
    state[n:] = 1 / (1 + np.exp(-odds))
    lead = stability(model, state).leading
    if lead >= 0:
        raise ParameterError(
            say(
                "The observed shares are an unstable equilibrium: small moves grow at "
                "{lead:+.4g}. Expected a negative rate. Choose a smaller intermediate_share, a "
                "smaller farm_elasticity or a larger elasticity_of_substitution.",
                lead=lead,
            )
        )
    return model, state


def offshoring_path(
    model: VerticalLinkages,
    state: Floats,
    *,
    foreign: int,
    border_factor: Floats,
    names: tuple[str, ...] = (),
    border_cost: float = 3.0,
    progress: Callable[[int, int], None] | None = None,
) -> OffshoringPath:
    """Lower the cost of the border step by step; each step starts where the last one ended.

    Parameters
    ----------
    model, state
        From ``offshoring_model``, with its ``border_cost``.
    foreign
        How many of the last regions are foreign.
    border_factor
        Factors on the border cost, from 1 downwards, shape ``(m,)``; the border costs ≥ 1.
    names
        Regions.
    progress
        Called with steps done and steps in all.
    """
    factors = np.sort(np.asarray(border_factor, dtype=float))[::-1]
    n = model.regions - foreign
    states = []
    current = np.maximum(state, 1e-6)
    for k, factor in enumerate(factors):
        distance = model.distance.copy()
        distance[:n, n:] += np.log(factor)
        distance[n:, :n] += np.log(factor)
        current = solve(
            replace(model, distance=np.maximum(distance, 0.0)),
            np.clip(current, 1e-6, 1 - 1e-9),
            tolerance=1e-7,
            newton=model.regions <= 30,
        ).state
        states.append(current)
        if progress:
            progress(k + 1, len(factors))
    return OffshoringPath(
        names=names or tuple(str(k) for k in range(model.regions)),
        border_cost=border_cost * factors,
        manufacturing_share=np.array(states),
        labour=model.persons,
        foreign=foreign,
        notes=(say("Each step starts where the last one ended, so history decides."),),
        sources=(FUJITA_2006, FUJITA_KRUGMAN_VENABLES_1999),
    )
