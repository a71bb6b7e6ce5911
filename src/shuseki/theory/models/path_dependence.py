"""Why does a place keep its industry, and how large a shock changes its path?

Path dependence (経路依存性). Two views; a third is in ``urns``:

``escape_share``
    In a model of location: the smallest share of industry that must move before a core is left
    for good (path creation, 経路創造: crossing the unstable branch).
``Lifecycle``
    The stages of a cluster (産業集積のライフサイクル, figure 3-2) and its negative lock-in
    (負のロックイン): n plants, difference m of what their people know,
    ``dn/dt = n [ν₀ + κ g(m) - ξ ln n - x]``, ``dm/dt = (1-m) g(m) [(1-δ) - (2-δ) m]`` with
    meeting share ``δ = 1/(1 + openness·n)``: the people of few plants meet the same few partners,
    come to know the same, create little, and the cluster shrinks. The five scenarios
    of escape that figure 3-3 prints are shocks to it; ``escape`` finds the smallest that leads back
    to growth.

Takes: parameters. Gives: shares; sizes of shocks in the unit of what is shocked.
Sources: stages and scenarios: Toyama (2010) as reported in
Shoko Research Institute (2012), figures 3-2 and 3-3. The lifecycle equations are a proposal of this
package, not published.
Limits: the lifecycle illustrates a mechanism; its parameters are not estimated.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.language import Message, say, told
from shuseki.results import Result, result
from shuseki.theory.models.knowledge_growth import pair_growth
from shuseki.theory.models.literature import BERLIANT_FUJITA_2008, TOYAMA_2010
from shuseki.theory.solving.dynamics import simulate
from shuseki.theory.solving.equilibrium import Model, solve
from shuseki.theory.solving.space import check_parameters

__all__ = [
    "SCENARIOS",
    "EscapeShare",
    "Escapes",
    "Lifecycle",
    "LifecyclePath",
    "Scenario",
    "escape",
    "escape_share",
    "escapes",
    "lifecycle_path",
]


# ---- location: the share that must move --------------------------------------------------------


@result
class EscapeShare(Result):
    """How much must move before a state is left for good.

    Attributes
    ----------
    share
        Smallest share moved from the locked-in state after which it does not come back.
    state, threshold, destination
        Where it was locked in; the state at the threshold; where it goes beyond it; ``(n,)``.
    """

    model: Model
    share: float
    state: Floats
    threshold: Floats
    destination: Floats

    def headline(self) -> Message:
        """The threshold."""
        return say(
            "at transport cost {cost:g} {percent:.2f}% of the whole must move before the state "
            "is left for good, n = {n:count(region)}",
            cost=self.model.transport_cost,
            percent=100 * self.share,
            n=self.model.regions,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        return pd.DataFrame(
            {
                "region": np.arange(self.model.regions),
                "locked_in_share": self.state,
                "threshold_share": self.threshold,
                "destination_share": self.destination,
            }
        )


def escape_share(
    model: Model, state: Floats, towards: Floats, *, tolerance: float = 1e-7
) -> EscapeShare:
    """Smallest move from a stable state towards another after which it is not returned to.

    Parameters
    ----------
    model
        Any model of the protocol.
    state
        A stable equilibrium, shape ``(n,)``.
    towards
        Where the shock pushes, shape ``(n,)``; a full move must not lead back.
    tolerance
        Width of the bracket.

    Raises
    ------
    ParameterError
        Even the full move leads back: there is nothing to escape to in that direction.
    """
    locked = solve(model, np.maximum(state, 1e-12)).state

    def end(size: float) -> Floats:
        moved = np.maximum(state + size * (towards - state), 1e-12)
        return solve(model, model.bounds.complete(moved)).state

    def returns(size: float) -> bool:
        return bool(np.max(np.abs(end(size) - locked)) < 1e-3)

    if returns(1.0):
        raise ParameterError(
            say(
                "Even the full move leads back to the state. Expected `towards` in another basin. "
                "Choose another direction, or another transport cost."
            )
        )
    low, high = 0.0, 1.0
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (middle, high) if returns(middle) else (low, middle)
    threshold = state + high * (towards - state)
    return EscapeShare(
        model=model,
        share=float(np.abs(threshold - state).sum() / 2),
        state=locked,
        threshold=threshold,
        destination=end(high),
        notes=(say("Path creation: the threshold is a point of the unstable branch."),),
        sources=(TOYAMA_2010,),
    )


# ---- the lifecycle -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Lifecycle:
    """A cluster that grows with the knowledge that its people create together.

    The state is ``(ln n, m)``.

    Parameters
    ----------
    birth, exit_rate
        ν₀ and x, per unit of time.
    return_to_knowledge
        κ: entry per unit of knowledge growth.
    crowding
        ξ > 0: land and wages.
    openness
        Partners met per plant: δ = 1/(1 + openness·n).
    theta, beta
        Of knowledge creation.
    """

    birth: float = 0.05
    exit_rate: float = 0.40
    return_to_knowledge: float = 1.0
    crowding: float = 0.1
    openness: float = 0.3
    theta: float = 1 / 3
    beta: float = 1.0

    def __post_init__(self) -> None:
        check_parameters(
            "Lifecycle",
            crowding=(self.crowding, 0, np.inf),
            openness=(self.openness, 0, np.inf),
            theta=(self.theta, 0, 1),
            beta=(self.beta, 0, np.inf),
            return_to_knowledge=(self.return_to_knowledge, 0, np.inf),
        )

    def short_run(self, state: Floats) -> tuple[float, float]:
        """Meeting share δ and knowledge growth g(m)."""
        size, m = float(np.exp(min(state[0], 50.0))), float(np.clip(state[1], 1e-12, 0.5))
        return 1 / (1 + self.openness * size), float(pair_growth(m, self.theta, self.beta))

    def drift(self, state: Floats) -> Floats:
        """D ln n/dt and dm/dt."""
        delta, growth = self.short_run(state)
        m = float(np.clip(state[1], 1e-12, 0.5))
        size = (
            self.birth
            + self.return_to_knowledge * growth
            - self.crowding * state[0]
            - self.exit_rate
        )
        return np.array([size, (1 - m) * growth * ((1 - delta) - (2 - delta) * m)])


STAGES = {
    "emergence": say("emergence"),
    "growth": say("growth"),
    "maturity": say("maturity"),
    "decline": say("decline"),
}
PROPOSAL = say("The lifecycle equations are a proposal of this package, not estimated.")


@result
class LifecyclePath(Result):
    """Plants, difference and stage over time.

    Attributes
    ----------
    time, plants, difference
        Shape ``(m,)``.
    stage
        ``emergence`` (生成), ``growth`` (発展), ``maturity`` (成熟), ``decline`` (縮小・衰退),
        ``(m,)``.
    """

    model: Lifecycle
    time: Floats
    plants: Floats
    difference: Floats
    stage: tuple[str, ...]

    def headline(self) -> Message:
        """First and last."""
        return say(
            "{first:.2f} → {last:.2f} plants (index) over {span:g} units of time, last stage: "
            "{stage}, n = {n:count(time)}",
            first=self.plants[0],
            last=self.plants[-1],
            span=self.time[-1],
            stage=STAGES[self.stage[-1]],
            n=len(self.time),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per time."""
        return pd.DataFrame(
            {
                "time": self.time,
                "plants_index": self.plants,
                "difference": self.difference,
                "stage": self.stage,
            }
        )


def lifecycle_path(
    model: Lifecycle,
    *,
    plants: float = 1.0,
    difference: float = 0.4,
    until: float = 200.0,
    records: int = 201,
) -> LifecyclePath:
    """Let a cluster live.

    Stages are the signs of dn/dt and d²n/dt²: emergence (rising, faster and faster), growth
    (rising, slower), maturity (within 0.1% per unit of time), decline (falling).
    """
    path = simulate(
        model, np.array([np.log(plants), difference]), until=until, records=records, tolerance=1e-8
    )
    size = np.exp(path.states[:, 0])
    rate = np.array([model.drift(state)[0] for state in path.states])
    bend = np.gradient(rate * size, path.time)
    stage = np.where(
        np.abs(rate) < 1e-3,
        "maturity",
        np.where(rate < 0, "decline", np.where(bend > 0, "emergence", "growth")),
    )
    return LifecyclePath(
        model=model,
        time=path.time,
        plants=size,
        difference=path.states[:, 1],
        stage=tuple(map(str, stage)),
        notes=(PROPOSAL,),
        sources=(TOYAMA_2010, BERLIANT_FUJITA_2008),
    )


@dataclass(frozen=True)
class Scenario:
    """One of the scenarios of figure 3-3, as a shock.

    Attributes
    ----------
    name
        In Japanese as printed.
    kind
        ``pulse`` changes the state once, ``lasting`` changes a parameter for good.
    unit
        Of the size of the shock.
    limit
        Largest size tried.
    apply
        Model and state after a shock of a size.
    """

    name: Message
    kind: Literal["pulse", "lasting"]
    unit: Message
    limit: float
    apply: Callable[[Lifecycle, Floats, float], tuple[Lifecycle, Floats]] = field(repr=False)


def _indigenous(model: Lifecycle, state: Floats, size: float) -> tuple[Lifecycle, Floats]:
    return model, np.array([state[0], min(state[1] + size, 0.4999)])


def _diversity(model: Lifecycle, state: Floats, size: float) -> tuple[Lifecycle, Floats]:
    return replace(model, openness=model.openness * (1 + size)), state


def _transplant(model: Lifecycle, state: Floats, size: float) -> tuple[Lifecycle, Floats]:
    return model, np.array([np.log(np.exp(state[0]) + size), state[1]])


def _related(model: Lifecycle, state: Floats, size: float) -> tuple[Lifecycle, Floats]:
    return replace(model, birth=model.birth + size), state


def _upgrade(model: Lifecycle, state: Floats, size: float) -> tuple[Lifecycle, Floats]:
    return replace(model, return_to_knowledge=model.return_to_knowledge * (1 + size)), state


SCENARIOS = (
    Scenario(
        say("Indigenous creation"),
        "pulse",
        say("difference m added, of ½"),
        0.49,
        _indigenous,
    ),
    Scenario(
        say("Heterogeneity and diversity"),
        "lasting",
        say("rise of openness, share"),
        50.0,
        _diversity,
    ),
    Scenario(
        say("Transplantation from elsewhere"),
        "pulse",
        say("plants moved in, index"),
        500.0,
        _transplant,
    ),
    Scenario(
        say("Diversity of related industries"),
        "lasting",
        say("rise of the birth rate, per time"),
        2.0,
        _related,
    ),
    Scenario(
        say("Upgrading of existing industries"),
        "lasting",
        say("rise of the return to knowledge, share"),
        20.0,
        _upgrade,
    ),
)
"""The five rows of figure 3-3 (Toyama 2010)."""


def escape(
    model: Lifecycle,
    scenario: Scenario,
    *,
    locked_in: Floats,
    recovered: float,
    tolerance: float = 1e-4,
    horizon: float = 500.0,
) -> float:
    """Smallest size of a shock after which a locked-in cluster reaches a size again.

    Parameters
    ----------
    model
        The cluster.
    scenario
        The shock.
    locked_in
        State ``(ln n, m)``.
    recovered
        Plants that count as recovered.
    tolerance
        Width of the bracket, relative to the limit of the scenario.
    horizon
        Time given.

    Returns
    -------
    float
        Size in the scenario's unit; infinite when even the limit does not suffice.
    """

    def works(size: float) -> bool:
        changed, state = scenario.apply(model, locked_in, size)
        end = simulate(changed, state, until=horizon, records=2, tolerance=1e-7).end
        return bool(np.exp(end[0]) > recovered)

    low, high = 0.0, scenario.limit
    if not works(high):
        return np.inf
    while high - low > tolerance * scenario.limit:
        middle = (low + high) / 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


@result
class Escapes(Result):
    """How large each scenario of figure 3-3 must be to end a negative lock-in.

    Attributes
    ----------
    scenarios
        The shocks.
    size
        Smallest size that escapes, in the unit of each; infinite where none does.
    locked_in, thriving
        Plants in the locked-in state and in the thriving one.
    """

    model: Lifecycle
    scenarios: tuple[Scenario, ...]
    size: Floats
    locked_in: float
    thriving: float

    def headline(self) -> Message:
        """How many work."""
        return say(
            "locked in at {locked:.3f} plants (index) instead of {thriving:.1f}: {works} of "
            "{n:count(scenario)} can lead out of it",
            locked=self.locked_in,
            thriving=self.thriving,
            works=int(np.isfinite(self.size).sum()),
            n=len(self.scenarios),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per scenario."""
        return pd.DataFrame(
            {
                "scenario": [str(one.name) for one in self.scenarios],
                "scenario_ja": [told(one.name, "ja") for one in self.scenarios],
                "kind": [one.kind for one in self.scenarios],
                "smallest_size": self.size,
                "unit": [str(one.unit) for one in self.scenarios],
                "unit_ja": [told(one.unit, "ja") for one in self.scenarios],
            }
        )


def escapes(
    model: Lifecycle | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Escapes:
    """Compare the five scenarios of figure 3-3 on a cluster in negative lock-in.

    Parameters
    ----------
    model
        The cluster; it must have a locked-in and a thriving state.
    progress
        Called with scenarios done and scenarios in all.

    Raises
    ------
    ParameterError
        The model has one state of rest only: nothing to escape from, or to.
    """
    cluster = model or Lifecycle()
    low = simulate(cluster, np.array([-3.0, 0.05]), until=1000.0, records=2, tolerance=1e-7).end
    high = simulate(cluster, np.array([5.0, 0.4]), until=1000.0, records=2, tolerance=1e-7).end
    if high[0] - low[0] < 0.1:
        raise ParameterError(
            say(
                "From few plants and from many the cluster ends at {exp:.3g} and {exp_2:.3g} "
                "plants: there is no lock-in. Expected two states of rest. Choose a smaller "
                "openness, a larger exit_rate or less crowding.",
                exp=np.exp(low[0]),
                exp_2=np.exp(high[0]),
            )
        )
    thriving = float(np.exp(high[0]))
    halfway = float(np.exp((low[0] + high[0]) / 2))
    sizes = []
    for k, scenario in enumerate(SCENARIOS):
        sizes.append(escape(cluster, scenario, locked_in=low, recovered=halfway))
        if progress:
            progress(k + 1, len(SCENARIOS))
    return Escapes(
        model=cluster,
        scenarios=SCENARIOS,
        size=np.array(sizes),
        locked_in=float(np.exp(low[0])),
        thriving=thriving,
        notes=(
            say(
                "Recovered: more plants than halfway (in logs) to the thriving state. Sizes of "
                "different scenarios are in different units and cannot be compared."
            ),
            PROPOSAL,
        ),
        sources=(TOYAMA_2010,),
    )
