"""Where does a model come to rest, and which of these states are stable?

One solver for all models. A model is a frozen dataclass of primitives that knows, for a state,
its ``short_run``, its ``payoff``, the derivative of the payoff and its ``drift``. A state (of the
kind that ``solving.bounds`` describes) is a long-run equilibrium when the payoff is the same
in every occupied place and no higher in empty ones. It is stable when every small move dies out:
the Jacobian of the drift, restricted to moves within the support, has eigenvalues with negative
real part, and empty places pay strictly less.

``solve`` walks to the equilibrium that a state leads to; ``equilibria`` looks for all of them at
one transport cost. How they change with the transport cost: ``solving.branches``.

Takes: a model. Gives: states, shape ``(n,)``.
Sources: Fujita, Krugman and Venables (1999), chapters 4–6, for the vocabulary; results name the
works of the model.
Limits: with two regions and one mobile share the list of equilibria is complete (a scan of the
unit interval, 1/800 apart); otherwise it is what the random starts found, and a note says so.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.theory.solving.bounds import EMPTY, Bounds

__all__ = [
    "Equilibria",
    "Equilibrium",
    "Model",
    "Stability",
    "equilibria",
    "solve",
    "stability",
]

SCAN_POINTS = 801


class Model(Protocol):
    """What the solver knows of a model."""

    @property
    def bounds(self) -> Bounds:
        """Shares of one whole, or one share per region."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Works that the model comes from."""

    @property
    def transport_cost(self) -> float:
        """Cost of one step of distance."""

    @property
    def regions(self) -> int:
        """Length of the state."""

    @property
    def dispersed(self) -> Floats:
        """The state without agglomeration, shape ``(n,)``."""

    def at(self, transport_cost: float) -> Any:
        """Keep everything but the transport cost."""

    def short_run(self, state: Floats) -> Any:
        """Prices and incomes while nobody moves."""

    def payoff(self, state: Floats) -> Floats:
        """What is gained by being in each region, shape ``(..., n)``."""

    def payoff_jacobian(self, state: Floats) -> Floats:
        """Derivative of the payoff by the state, shape ``(n, n)``."""

    def drift(self, state: Floats) -> Floats:
        """Rate of change of the state, shape ``(..., n)``."""


# ---- results ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether a state holds.

    Attributes
    ----------
    growth_rates
        Eigenvalues of the drift within the support, largest real part first.
    invasion
        Payoff of the best empty place above the payoff held (with one share per region: also how
        far the worst full place falls below it); ``-inf`` where no place is empty or full.
    moves
        The move that grows fastest, shape ``(n,)``.
    """

    growth_rates: np.ndarray
    invasion: float
    moves: Floats

    @property
    def leading(self) -> float:
        """The largest of the growth rates and the invasion: negative when the state holds."""
        inside = float(self.growth_rates[0].real) if len(self.growth_rates) else -np.inf
        return max(inside, self.invasion)

    @property
    def is_stable(self) -> bool:
        """Whether every small move dies out."""
        return self.leading < 0

    @property
    def unstable_directions(self) -> int:
        """How many moves within the support grow."""
        return int((self.growth_rates.real > 0).sum())


@result
class Equilibrium(Result):
    """A state of rest.

    Attributes
    ----------
    model
        The model it belongs to.
    state
        Shares, shape ``(n,)``.
    stability
        Growth rates of small moves.
    residual
        Largest relative difference of payoffs that should be equal.
    steps
        Steps of the walk.
    """

    model: Model
    state: Floats
    stability: Stability
    residual: float
    steps: int = 0

    @property
    def is_stable(self) -> bool:
        """Whether the state holds against small moves."""
        return self.stability.is_stable

    def headline(self) -> Message:
        """State, stability, cost."""
        largest = int(np.argmax(self.state))
        return say(
            "stable equilibrium at transport cost {cost:g}: largest share {share:.4f} in region "
            "{region}, n = {n:count(region)}"
            if self.is_stable
            else "unstable equilibrium at transport cost {cost:g}: largest share {share:.4f} in "
            "region {region}, n = {n:count(region)}",
            cost=self.model.transport_cost,
            share=self.state[largest],
            region=largest,
            n=self.model.regions,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        return pd.DataFrame(
            {
                "region": np.arange(self.model.regions),
                "share": self.state,
                "payoff": self.model.payoff(self.state),
                "is_stable": self.is_stable,
            }
        )


@result
class Equilibria(Result):
    """All states of rest that were found at one transport cost.

    Attributes
    ----------
    model
        The model at that cost.
    found
        Equilibria, those with the largest first share first.
    is_complete
        Whether there can be no others.
    """

    model: Model
    found: tuple[Equilibrium, ...]
    is_complete: bool

    def headline(self) -> Message:
        """How many, and how many of them are stable."""
        return say(
            "{found:count(equilibrium,equilibria)} at transport cost {cost:g}, {stable} of them "
            "stable, n = {n:count(region)}",
            found=len(self.found),
            cost=self.model.transport_cost,
            stable=sum(one.is_stable for one in self.found),
            n=self.model.regions,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per equilibrium and region."""
        frames = [one.to_frame().assign(equilibrium=k) for k, one in enumerate(self.found)]
        return pd.concat(frames, ignore_index=True)[
            ["equilibrium", "region", "share", "payoff", "is_stable"]
        ]


# ---- verbs -----------------------------------------------------------------------------------


def stability(model: Model, state: Floats) -> Stability:
    """How fast do small moves away from an equilibrium grow?

    Parameters
    ----------
    model
        Any model of the protocol.
    state
        An equilibrium, shape ``(n,)``.
    """
    payoff = model.payoff(state)
    free, low, high = model.bounds.support(state)
    level = model.bounds.level(state[free], payoff[free])
    invasion = max(
        float(np.max(payoff[low] - level, initial=-np.inf)),
        float(np.max(level - payoff[high], initial=-np.inf)),
    )
    moves = np.zeros_like(state)
    if not np.isfinite(payoff).all():
        return Stability(np.zeros(0), np.inf, moves)
    if low.any() and not np.isfinite(model.payoff(np.where(low, 0.0, state))).all():
        free, low = ~high, np.zeros_like(low)  # an empty place would draw people without bound
    Q = model.bounds.tangent(free)
    if Q.shape[1] == 0:
        return Stability(np.zeros(0), invasion, moves)
    slope = model.payoff_jacobian(state)[np.ix_(free, free)]
    jacobian = model.bounds.drift_slope(state[free], payoff[free], slope)
    values, vectors = np.linalg.eig(Q.T @ jacobian @ Q)
    order = np.argsort(-values.real)
    moves[free] = Q @ vectors[:, order[0]].real
    return Stability(values[order], invasion, moves)


def solve(
    model: Model,
    start: Floats | None = None,
    *,
    tolerance: float = 1e-10,
    limit: int = 5000,
    newton: bool | None = None,
) -> Equilibrium:
    """Walk from a state to the equilibrium it leads to.

    Shares grow by a factor that rises with their payoff (labour in manufacturing by an amount);
    the step shortens when the payoffs swing. Newton's method finishes what the walk has brought
    near, when it stays near and the state it finds holds.

    Parameters
    ----------
    model
        Any model of the protocol.
    start
        Shape ``(n,)``; the dispersed state by default.
    tolerance
        Largest relative difference of payoffs.
    limit
        Steps.
    newton
        Finish with Newton's method; by default up to 400 regions.

    Raises
    ------
    ConvergenceError
        The walk did not come to rest.
    """
    state = (model.dispersed if start is None else np.asarray(start, dtype=float)).copy()
    finish = model.regions <= 400 if newton is None else newton
    stride, last, residual = 1.0, np.zeros_like(state), np.inf
    for step in range(1, limit + 1):
        payoff = model.payoff(state)
        force, residual = pull(model, state, payoff)
        if residual < tolerance:
            break
        if finish and residual < 1e-3 and step % 10 == 0:
            polished = polish(model, state)
            if polished is not None and np.max(np.abs(polished - state)) < 0.02:
                exact = pull(model, polished, model.payoff(polished))[1]
                if exact < max(tolerance, 1e-11) and stability(model, polished).is_stable:
                    state, residual = polished, exact
                    break
        swing = (model.bounds.weight(state) * force) @ last
        stride = stride / 2 if swing < 0 else min(stride * 1.1, 50.0)
        state, last = model.bounds.moved(state, stride * force), force
    else:
        raise ConvergenceError(
            say(
                "Payoffs still differ by {residual:.1e} after {limit:,} steps. Expected "
                "{tolerance:g}. Raise the limit, or start elsewhere.",
                residual=residual,
                limit=limit,
                tolerance=tolerance,
            )
        )
    emptied = model.bounds.complete(np.where(state < EMPTY, 0.0, state))
    if np.isfinite(model.payoff(emptied)).all():
        state = emptied
    return Equilibrium(
        model=model,
        state=state,
        stability=stability(model, state) if finish else Stability(np.zeros(0), -np.inf, state * 0),
        residual=residual,
        steps=step,
        sources=model.sources,
        notes=()
        if finish
        else (say("Stability was not examined; stability(model, state) does so."),),
    )


def equilibria(model: Model, *, starts: int = 40, seed: int = 0) -> Equilibria:
    """Find the equilibria at the model's transport cost, stable and not.

    Parameters
    ----------
    model
        Any model of the protocol.
    starts, seed
        Random starts where a scan cannot be complete.
    """
    complete = is_scannable(model)
    candidates = scan(model) if complete else search(model, starts, np.random.default_rng(seed))
    states: list[Floats] = []
    for state in candidates:
        if all(np.max(np.abs(state - seen)) > 1e-6 for seen in states):
            states.append(state)
    states.sort(key=lambda state: tuple(-state))
    found = tuple(
        Equilibrium(
            model=model,
            state=state,
            stability=stability(model, state),
            residual=pull(model, state, model.payoff(state))[1],
        )
        for state in states
    )
    note = say("Found from {starts} random starts; there may be others.", starts=starts)
    return Equilibria(
        model=model,
        found=found,
        is_complete=complete,
        notes=() if complete else (note,),
        sources=model.sources,
    )


# ---- arithmetic: the walk --------------------------------------------------------------------


def pull(model: Model, state: Floats, payoff: Floats) -> tuple[Floats, float]:
    """Which way each share is drawn, and the largest violation of the equilibrium conditions."""
    force = model.bounds.force(state, payoff)
    _, low, high = model.bounds.support(state)
    wrong = np.where(
        low, np.maximum(force, 0), np.where(high, np.maximum(-force, 0), np.abs(force))
    )
    return force, float(wrong.max())


def polish(
    model: Model, state: Floats, free: Bools | None = None, steps: int = 12
) -> Floats | None:
    """Newton's method within the support; ``None`` when it leaves the bounds or fails."""
    if free is None:
        free = model.bounds.support(state)[0]
    state = model.bounds.complete(np.where(free, state, np.round(state)))
    Q = model.bounds.tangent(free)
    if Q.shape[1] == 0:
        return state
    for _ in range(steps):
        payoff = model.payoff(state)
        if not np.isfinite(payoff).all():
            return None
        gap = Q.T @ payoff[free]
        slope = Q.T @ model.payoff_jacobian(state)[np.ix_(free, free)] @ Q
        try:
            change = Q @ np.linalg.solve(slope, gap)
        except np.linalg.LinAlgError:
            return None
        state = state.copy()
        state[free] -= change
        if not np.isfinite(state).all() or (state < 0).any() or (state > 1 + 1e-12).any():
            return None
        if np.max(np.abs(change)) < 1e-13:
            return state
    return state if np.max(np.abs(change)) < 1e-9 else None


def is_scannable(model: Model) -> bool:
    """Whether the state is one number: a scan finds every equilibrium."""
    return model.regions - model.bounds.fixed_sums == 1


def scan(model: Model) -> list[Floats]:
    """Every root of the payoff gap of two regions, and the corners where the gap is finite."""
    share = np.linspace(0, 1, SCAN_POINTS)
    share = np.concatenate([share[:1], [1e-6, 1e-4], share[1:-1], [1 - 1e-4, 1 - 1e-6], share[-1:]])
    payoff = model.payoff(np.stack([share, 1 - share], axis=-1))
    gap = payoff[:, 0] - payoff[:, 1]
    found = []
    if np.isfinite(gap[[0, -1]]).all():
        found += [np.array([0.0, 1.0]), np.array([1.0, 0.0])]
    inner, gaps = share[1:-1], gap[1:-1]
    zero = np.abs(gaps) < 1e-13 * np.abs(payoff[1:-1, 0])
    found += [np.array([x, 1 - x]) for x in inner[zero]]
    for k in np.flatnonzero((gaps[1:] * gaps[:-1] < 0) & ~zero[1:] & ~zero[:-1]):
        root = _bisected(model, inner[k], inner[k + 1])
        found.append(np.array([root, 1 - root]))
    return found


def _bisected(model: Model, low: float, high: float) -> float:
    def gap(share: float) -> float:
        payoff = model.payoff(np.array([share, 1 - share]))
        return float(payoff[0] - payoff[1])

    return float(brentq(gap, low, high, xtol=1e-14))


def search(model: Model, starts: int, rng: np.random.Generator, *, walks: int = 10) -> list[Floats]:
    """Newton and walks from random states on random faces, the dispersed state and the cores."""
    n, found = model.regions, []
    everywhere = np.ones(n, dtype=bool)
    candidates = [(model.dispersed, everywhere)]
    candidates += [core_start(model, core) for core in cores(model)]
    for _ in range(starts):
        free = rng.random(n) < 0.5 + 0.5 * rng.random()
        if not free.any():
            continue
        state = np.where(free, rng.random(n) * 0.98 + 0.01, 0.0)
        candidates.append((model.bounds.complete(state), free))
    for state, free in candidates:
        exact = polish(model, state, free, steps=40)
        if exact is None:
            continue
        force, residual = pull(model, exact, model.payoff(exact))
        if residual < np.inf:
            still = model.bounds.support(exact)[0]
            if np.max(np.abs(force[still]), initial=0.0) < 1e-8:
                found.append(exact)
    for state, _ in candidates[:walks]:
        with suppress(ConvergenceError):
            found.append(solve(model, np.maximum(state, 1e-6), limit=2000).state)
    return found


def cores(model: Model) -> range:
    """Regions to try as the only core: every one of two, the first of many that are alike."""
    return range(model.regions) if model.regions <= 3 else range(1)


def core_start(model: Model, core: int) -> tuple[Floats, Bools]:
    """Everything in one region, and where that state is free to move, each ``(n,)``."""
    free = np.zeros(model.regions, dtype=bool)
    free[core] = True
    state = np.zeros(model.regions)
    state[core] = model.bounds.core(model.dispersed)
    return state, free
