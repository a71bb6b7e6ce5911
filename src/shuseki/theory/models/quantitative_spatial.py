"""What would change, where, if roads, land, productivity or a plant changed?

Quantitative spatial models on observed regions. ``Parameters.invert`` finds the fundamentals under
which the observed employment and wages are a long-run equilibrium; ``counterfactual`` changes some
of them and solves for the new one; ``with_draws`` repeats that over draws of the parameters.

What keeps people apart is a choice, and it decides the answer. Each choice is a model with
parameters of its own:

==================  ======================================  ================================
people kept apart   parameters                              module
==================  ======================================  ================================
by costly housing   ``HousingParameters`` (class II)        ``quantitative_housing``
by customers who    ``ImmobileDemandParameters`` (class I;  ``quantitative_immobile``
stay                class III with congestion)
==================  ======================================  ================================

Both are ``ObservedRegions``: they say how fast moves away from the observed state grow, whether the
equilibrium is unique, and how regions change after a shock. All else is done here, once.

Every counterfactual is audited: is the observed state stable under these parameters (if not, the
parameters are refused)? Is the answer unique? What share of the parameter draws agree on the sign?

Takes: employment and wages, shape ``(n,)``, iceberg costs ``(n, n)`` origin × destination, ≥ 1.
Gives: factors of change (1 = no change) by region, and their intervals.
Sources: those of the models.
Limits: one sector; trade balances; a comparison of two states of rest, not a forecast.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, DataError, ParameterError, examples
from shuseki.language import Message, listed, say
from shuseki.language.glossary import named_kind
from shuseki.sources import Source
from shuseki.theory.models.counterfactual import COMPARISON, Audit, Counterfactual, Intervals
from shuseki.theory.solving.space import check_costs, check_parameters
from shuseki.theory.solving.threads import one_thread

__all__ = ["Changes", "ObservedRegions", "Parameters", "Prior", "Shock"]


# ---- parameters ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameters(ABC):
    """What every quantitative model has, whatever keeps people apart.

    Parameters
    ----------
    elasticity_of_substitution
        σ > 1.
    goods_share
        μ in (0, 1): share of traded goods in spending.
    """

    elasticity_of_substitution: float = 5.0
    goods_share: float = 0.75

    def __post_init__(self) -> None:
        check_parameters(
            type(self).__name__,
            elasticity_of_substitution=(self.elasticity_of_substitution, 1, np.inf),
            goods_share=(self.goods_share, 0, 1),
        )

    def invert(
        self,
        employment: Floats,
        wage: Floats,
        iceberg: Floats,
        *,
        names: tuple[str, ...] = (),
        mobile: Bools | None = None,
        sources: tuple[Source, ...] = (),
        tolerance: float = 1e-12,
    ) -> "ObservedRegions":
        """Find the fundamentals under which the observed regions are in equilibrium.

        Parameters
        ----------
        employment
            Persons, > 0, shape ``(n,)``.
        wage
            Wage per person, > 0, any unit, shape ``(n,)``.
        iceberg
            Units sent per unit delivered, origin × destination, ≥ 1, shape ``(n, n)``.
        names
            Regions.
        mobile
            False for foreign nodes, whose people stay; everywhere by default.
        sources
            Where the data come from.
        tolerance
            Largest relative difference between sales implied and observed.

        Raises
        ------
        DataError
            Employment or wages that are not positive; costs below 1, negative or disconnected.
        ParameterError
            Regions whose people stay, in a model that has none.
        """
        people, pay = np.asarray(employment, dtype=float), np.asarray(wage, dtype=float)
        labels = names or tuple(str(k) for k in range(len(people)))
        _check_positive("employment", people, labels)
        _check_positive("wages", pay, labels)
        if iceberg.shape != (len(people), len(people)) or pay.shape != people.shape:
            raise DataError(
                say(
                    "{n_people} regions with employment, {n_pay} wages and costs of shape "
                    "{iceberg_shape}. Expected one of each per region. Align them.",
                    n_people=len(people),
                    n_pay=len(pay),
                    iceberg_shape=iceberg.shape,
                )
            )
        check_costs(iceberg, names=labels)
        able = np.ones(len(people), dtype=bool) if mobile is None else np.asarray(mobile)
        with one_thread():
            return self._calibrated(people, pay, iceberg, labels, able, sources, tolerance)

    @abstractmethod
    def _calibrated(
        self,
        employment: Floats,
        wage: Floats,
        iceberg: Floats,
        names: tuple[str, ...],
        mobile: Bools,
        sources: tuple[Source, ...],
        tolerance: float,
    ) -> "ObservedRegions":
        """Invert observations that were checked."""


@dataclass(frozen=True)
class Prior:
    """Ranges from which parameters are drawn, uniformly and jointly.

    Parameters
    ----------
    elasticity_of_substitution, goods_share, congestion
        Lowest and highest value; ``None`` keeps the model's own.
    cost_scale
        Factor on log transport costs: 1 keeps the observed elasticity to distance.
    """

    elasticity_of_substitution: tuple[float, float] | None = (4.0, 9.0)
    goods_share: tuple[float, float] | None = (0.65, 0.80)
    congestion: tuple[float, float] | None = None
    cost_scale: tuple[float, float] = (0.75, 1.25)

    def draw(self, centre: Parameters, rng: np.random.Generator) -> tuple[Parameters, float]:
        """One set of parameters and one factor on log costs.

        Raises
        ------
        ParameterError
            A range of a parameter that the model does not have.
        """
        spans = {
            name: span
            for name in ("elasticity_of_substitution", "goods_share", "congestion")
            if (span := getattr(self, name)) is not None
        }
        known = [field.name for field in fields(centre)]
        strange = [name for name in spans if name not in known]
        if strange:
            raise ParameterError(
                say(
                    "The prior has a range of {strange}; {kind} has {known}. Expected ranges of "
                    "these. Leave the others out.",
                    strange=listed(strange),
                    kind=type(centre).__name__,
                    known=listed(known),
                )
            )
        drawn = {name: float(rng.uniform(*span)) for name, span in spans.items()}
        return replace(centre, **drawn), float(rng.uniform(*self.cost_scale))


# ---- observed regions ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Shock:
    """What changes, as factors, 1 = as observed.

    Attributes
    ----------
    transport_cost
        T̂, origin × destination, shape ``(n, n)``; ``None`` for no change.
    productivity, housing, amenity
        Â, Ĥ, û, shape ``(n,)``.
    closed_share
        Share of the plants that close, shape ``(n,)``.
    """

    transport_cost: Floats | None
    productivity: Floats
    housing: Floats
    amenity: Floats
    closed_share: Floats


class Changes(NamedTuple):
    """Factors of change from the observed state to the new one, and steps of the solution."""

    employment: Floats
    wage: Floats
    price_index: Floats
    welfare: float
    iterations: int


@dataclass(frozen=True, eq=False, kw_only=True)
class ObservedRegions(ABC):
    """Observed regions with the fundamentals that make them an equilibrium.

    Attributes
    ----------
    parameters
        With what keeps people apart.
    employment, wage
        Observed, shape ``(n,)``.
    iceberg
        Costs, origin × destination, shape ``(n, n)``.
    names
        Regions.
    mobile
        Where people can move from and to; foreign nodes are not. Shape ``(n,)``.
    productivity, amenity
        Fundamentals (factors on output and on utility), shape ``(n,)``, geometric mean 1.
    trade_shares
        π, importer × exporter, rows add up to 1, shape ``(n, n)``.
    sources
        Of the data and of the model.
    """

    parameters: Any
    employment: Floats
    wage: Floats
    iceberg: Floats
    names: tuple[str, ...]
    mobile: Bools
    productivity: Floats
    amenity: Floats
    trade_shares: Floats
    sources: tuple[Source, ...] = ()

    # ---- what a model must know ------------------------------------------------------------

    @property
    @abstractmethod
    def dispersion(self) -> Message:
        """What keeps people apart, in words."""

    @property
    @abstractmethod
    def market_access(self) -> Floats:
        """Access of consumers to goods, relative to its geometric mean, shape ``(n,)``."""

    @abstractmethod
    def leading_growth(self, tolerance: float = 1e-8) -> float:
        """Growth rate of the move away from the observed state that dies slowest."""

    @abstractmethod
    def uniqueness(self) -> tuple[bool, Message]:
        """Whether the equilibrium is the only one, and how that is known."""

    @abstractmethod
    def why_unstable(self, leading_growth: float) -> tuple[str, str]:
        """The condition that fails, and what to do, for a message that refuses the parameters."""

    @abstractmethod
    def changes(self, shock: Shock, tolerance: float) -> Changes:
        """Solve for the new long run."""

    # ---- what all models do alike ------------------------------------------------------------

    @cached_property
    def audit(self) -> Audit:
        """Is the observed state stable, and is the equilibrium unique?"""
        with one_thread():
            leading = self.leading_growth()
            return Audit(leading < 0, leading, *self.uniqueness())

    def counterfactual(
        self,
        *,
        transport_cost: Floats | None = None,
        productivity: Floats | None = None,
        housing: Floats | None = None,
        amenity: Floats | None = None,
        closed_share: Floats | None = None,
        shock: str = "",
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
            Share of the plants that close, in [0, 1), shape ``(n,)``. Where housing keeps people
            apart their varieties are lost for good (Â^(σ-1) = 1 - share); where immobile demand
            does, their people leave, fundamentals stay, and the region comes back, or does not.
        shock
            What it is, in words, for the headline.
        audit
            Examine stability and uniqueness, and refuse an unstable observed state.
        tolerance
            Largest log change of market access, or difference of payoffs, in the last step.

        Raises
        ------
        ParameterError
            The observed state is unstable under these parameters, or a shock is not positive.
        ConvergenceError
            No new equilibrium was reached.
        """
        change = self._checked_shock(transport_cost, productivity, housing, amenity, closed_share)
        checked = self._checked_audit() if audit else None
        with one_thread():
            found = self.changes(change, tolerance)
        return Counterfactual(
            names=self.names,
            employment=found.employment,
            wage=found.wage,
            price_index=found.price_index,
            welfare=found.welfare,
            observed_employment=self.employment,
            shock=shock or say("counterfactual"),
            audit=checked,
            iterations=found.iterations,
            notes=(COMPARISON, *_notes_of(checked)),
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
        kept: list[Counterfactual] = []
        for k in range(draws):
            parameters, scale = ranges.draw(self.parameters, rng)
            one = self._under(parameters, scale, changes)
            if one is not None:
                kept.append(one)
            if progress:
                progress(k + 1, draws)
        if not kept:
            raise ParameterError(
                say(
                    "The observed state is unstable in all {draws} draws of the parameters. "
                    "Expected some in which it holds. Move the prior: a larger σ, a smaller "
                    "goods_share, more congestion, or another dispersion.",
                    draws=draws,
                )
            )
        intervals = _intervals(centre, kept, draws, level)
        note = say(
            "{level:.0%} intervals from {draws:count(draw)} of the parameters (seed {seed}); the "
            "observed state is stable in {stable:.1%} of them; the median region agrees on its "
            "sign in {agreement:.1%}.",
            level=level,
            draws=draws,
            seed=seed,
            stable=intervals.stable_share,
            agreement=np.median(intervals.agreement_share),
        )
        return replace(centre, intervals=intervals, notes=(*centre.notes, note))

    def _under(
        self, parameters: Parameters, cost_scale: float, changes: dict[str, Any]
    ) -> Counterfactual | None:
        """The counterfactual under other parameters; nothing where the observed is unstable."""
        world = parameters.invert(
            self.employment,
            self.wage,
            np.exp(cost_scale * np.log(self.iceberg)),
            names=self.names,
            mobile=self.mobile,
            tolerance=1e-9,
        )
        with one_thread():
            if world.leading_growth(tolerance=1e-4) >= 0:
                return None
        try:
            return world.counterfactual(audit=False, tolerance=1e-8, **changes)
        except ConvergenceError:
            return None

    def _checked_shock(
        self,
        transport_cost: Floats | None,
        productivity: Floats | None,
        housing: Floats | None,
        amenity: Floats | None,
        closed_share: Floats | None,
    ) -> Shock:
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
                say(
                    "closed_share from {smallest_closed:g} to {largest_closed:g}. Expected shares "
                    "in [0, 1). To close every plant of a region, leave the region out.",
                    smallest_closed=closed.min(),
                    largest_closed=closed.max(),
                )
            )
        return Shock(cost, A, H, u, closed)

    def _checked_audit(self) -> Audit:
        found = self.audit
        if found.observed_is_stable:
            return found
        reason, advice = self.why_unstable(found.leading_growth)
        raise ParameterError(
            say(
                "The observed state is unstable: small moves away from it grow at "
                "{leading_growth:+.4g} per unit of time ({reason}). Expected a negative rate, or "
                "the observed regions cannot be what these parameters predict. {advice}",
                leading_growth=found.leading_growth,
                reason=reason,
                advice=advice,
            )
        )


# ---- array functions ---------------------------------------------------------------------------


def _intervals(
    centre: Counterfactual, kept: list[Counterfactual], draws: int, level: float
) -> Intervals:
    people = np.array([one.employment for one in kept])
    tails = [100 * (1 - level) / 2, 100 * (1 + level) / 2]
    employment_low, employment_high = np.percentile(people, tails, axis=0)
    wage_low, wage_high = np.percentile([one.wage for one in kept], tails, axis=0)
    welfare_low, welfare_high = np.percentile([one.welfare for one in kept], tails)
    agree = np.sign(people - 1) == np.sign(centre.employment - 1)
    return Intervals(
        draws=draws,
        kept=len(kept),
        level=level,
        employment_low=employment_low,
        employment_high=employment_high,
        wage_low=wage_low,
        wage_high=wage_high,
        welfare_low=float(welfare_low),
        welfare_high=float(welfare_high),
        agreement_share=agree.mean(axis=0),
    )


def _notes_of(audit: Audit | None) -> tuple[Message, ...]:
    if audit is None:
        return ()
    return (
        say(
            "The observed state is stable (leading growth rate {growth:+.4f}); uniqueness: "
            "{uniqueness}.",
            growth=audit.leading_growth,
            uniqueness=audit.uniqueness,
        ),
    )


def _check_positive(what: str, values: Floats, names: tuple[str, ...]) -> None:
    wrong = ~(values > 0)
    if wrong.any():
        raise DataError(
            say(
                "{n_wrong} regions without positive {what}: {which}. Expected {what} > 0 "
                "everywhere. Leave those regions out, or merge them with a neighbour.",
                n_wrong=int(wrong.sum()),
                what=named_kind(what),
                which=examples(f"{names[k]} {values[k]:g}" for k in np.flatnonzero(wrong)),
            )
        )


def _factor(name: str, given: Floats | None, shape: tuple[int, ...]) -> Floats:
    if given is None:
        return np.ones(shape)
    factor = np.asarray(given, dtype=float)
    if factor.shape != shape:
        raise ParameterError(
            say(
                "{name} has shape {factor_shape}. Expected factors of change, shape {shape}.",
                name=name,
                factor_shape=factor.shape,
                shape=shape,
            )
        )
    if not (factor > 0).all():
        raise ParameterError(
            say(
                "{name}: the smallest factor is {smallest_factor:g}. Expected factors of change > "
                "0 (1 = as observed; 0.8 = a fifth less). Differences must be turned into factors.",
                name=name,
                smallest_factor=factor.min(),
            )
        )
    return factor
