"""What would change, where, when customers who stay keep firms apart?

Class I of dispersion: the footloose-entrepreneur model on observed regions, with customers who stay
in proportion to the observed employment; class III, which Fujita (2006) describes, with congestion
ξ > 0. A counterfactual changes fundamentals and walks, from the observed state (after closures), to
the equilibrium that it leads to.

Takes: employment and wages, shape ``(n,)``, iceberg costs ``(n, n)``; see ``quantitative_spatial``.
Gives: factors of change by region.
Sources: Forslid and Ottaviano (2003). The inversion is derived here; checked against the payoffs
and wages of the model at the observed state.
Limits: several equilibria are possible; people can move everywhere: no foreign nodes; see
``quantitative_spatial``.
"""

from dataclasses import dataclass, replace

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.sources import Source
from shuseki.theory.models.footloose import FootlooseEntrepreneur
from shuseki.theory.models.literature import FORSLID_OTTAVIANO_2003
from shuseki.theory.models.quantitative_spatial import Changes, ObservedRegions, Parameters, Shock
from shuseki.theory.solving.equilibrium import solve, stability
from shuseki.theory.solving.space import any_costs, check_parameters
from shuseki.theory.solving.trade import invert_trade

__all__ = ["ImmobileDemandParameters", "ImmobileDemandRegions"]

NEWTON_UP_TO = 400
"""Regions up to which Newton's method finishes the walk."""
CLOSEST = 1e-10
"""Differences of payoffs are not followed further than this."""


@dataclass(frozen=True)
class ImmobileDemandParameters(Parameters):
    """Parameters of the model in which customers who stay keep firms apart.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1.
    goods_share
        μ in (0, 1): share of traded goods in spending.
    congestion
        ξ ≥ 0, loss from crowding; class III where positive. Fréchet tastes of shape ε add 1/ε.
    """

    congestion: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_parameters(type(self).__name__, congestion=(self.congestion, -1e-300, np.inf))

    def _calibrated(
        self,
        employment: Floats,
        wage: Floats,
        iceberg: Floats,
        names: tuple[str, ...],
        mobile: Bools,
        sources: tuple[Source, ...],
        tolerance: float,
    ) -> "ImmobileDemandRegions":
        if not mobile.all():
            raise ParameterError(
                say(
                    "{n_mobile} regions whose people stay, with dispersion by immobile demand. "
                    "Expected none: foreign nodes need dispersion by housing. Choose it, or leave "
                    "those regions out.",
                    n_mobile=int((~mobile).sum()),
                )
            )
        sigma, skilled = self.elasticity_of_substitution, employment / employment.sum()
        profit_share = self.goods_share / sigma
        pay = wage / (wage @ skilled) * profit_share / (1 - profit_share)
        kernel = np.exp((1 - sigma) * np.log(iceberg.T))
        # sales of r must be pay_r h_r / b: find the supply that sells them
        supply, access = invert_trade(
            kernel, pay * skilled / profit_share, pay * skilled + skilled, tolerance=tolerance
        )
        plain = FootlooseEntrepreneur(
            elasticity_of_substitution=sigma,
            manufacturing_share=self.goods_share,
            transport_cost=float(np.e),
            distance=any_costs(iceberg),
            workers=skilled,
            productivity=(supply / skilled) ** (1 / (sigma - 1)),
            congestion=self.congestion,
        )
        worth = plain.payoff(skilled)
        footloose = replace(plain, amenity=worth.mean() / worth)
        return ImmobileDemandRegions(
            parameters=self,
            employment=employment,
            wage=wage,
            iceberg=iceberg,
            names=names,
            mobile=mobile,
            productivity=_relative(footloose.productivity),
            amenity=_relative(footloose.amenity),
            trade_shares=kernel * supply / access[:, None],
            footloose=footloose,
            sources=(*sources, FORSLID_OTTAVIANO_2003),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ImmobileDemandRegions(ObservedRegions):
    """Observed regions in which customers who stay keep firms apart.

    Attributes
    ----------
    footloose
        The footloose-entrepreneur model whose equilibrium is the observed state.
    """

    parameters: ImmobileDemandParameters
    footloose: FootlooseEntrepreneur

    @property
    def shares(self) -> Floats:
        """Observed shares of employment, shape ``(n,)``."""
        return self.employment / self.employment.sum()

    @property
    def dispersion(self) -> Message:
        """What keeps people apart, in words."""
        if self.parameters.congestion:
            return say("immobile demand and congestion")
        return say("immobile demand")

    @property
    def market_access(self) -> Floats:
        """Access of consumers to goods, relative to its geometric mean, shape ``(n,)``."""
        return _relative(self.shares @ self.footloose.proximity)

    def leading_growth(self, tolerance: float = 1e-8) -> float:
        """Growth rate of the move away from the observed state that dies slowest."""
        return stability(self.footloose, self.shares).leading

    def uniqueness(self) -> tuple[bool, Message]:
        """Never by theorem in this class."""
        return False, say(
            "several equilibria are possible in this class; the answer is the one that the "
            "observed state leads to"
        )

    def why_unstable(self, leading_growth: float) -> tuple[str, str]:
        """The congestion that there is, and the one that would hold the observed state."""
        congestion = self.parameters.congestion
        level = float(self.footloose.payoff(self.shares).mean())
        return (
            f"congestion ξ = {congestion:g}",
            f"Choose congestion ξ above about {congestion + leading_growth / level:.3g}, or "
            "dispersion by housing.",
        )

    def changes(self, shock: Shock, tolerance: float) -> Changes:
        """Walk to the new long run in levels."""
        base, observed, cost = self.footloose, self.shares, shock.transport_cost
        assert base.productivity is not None
        assert base.amenity is not None
        shocked = replace(
            base,
            distance=base.distance if cost is None else any_costs(self.iceberg * cost),
            productivity=base.productivity * shock.productivity,
            amenity=base.amenity * shock.amenity * shock.housing**base.congestion,
        )
        start = observed * (1 - shock.closed_share)
        found = solve(
            shocked,
            start / start.sum(),
            tolerance=max(tolerance, CLOSEST),
            newton=len(observed) <= NEWTON_UP_TO,
        )
        before, after = base.short_run(observed), shocked.short_run(found.state)
        occupied = found.state > 0
        welfare = float(shocked.payoff(found.state)[occupied] @ found.state[occupied])
        welfare /= float(base.payoff(observed) @ observed)
        # wages in units of total income, as in the housing class
        scale = before.income.sum() / after.income.sum()
        return Changes(
            found.state / observed,
            after.wage / before.wage * scale,
            after.price_index / before.price_index * scale,
            welfare,
            found.steps,
        )


def _relative(values: Floats | None) -> Floats:
    """Values over their geometric mean."""
    logs = np.log(np.asarray(values, dtype=float))
    return np.exp(logs - logs.mean())
