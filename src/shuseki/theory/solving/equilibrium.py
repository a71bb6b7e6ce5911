"""Where does a model come to rest, which of these places hold, and how do they change with cost?

One solver for all models. A model is a frozen dataclass of primitives that knows, for a state
(shares of the mobile, or of each region's labour), its ``short_run``, its ``payoff``, the
derivative of the payoff and its ``drift``. A state is a long-run equilibrium when the payoff is the
same wherever somebody is and no higher where nobody is. It holds (is stable) when every small move
dies out: the Jacobian of the drift, restricted to moves within the support, has eigenvalues with
negative real part, and empty places pay strictly less.

- ``solve`` walks to the equilibrium that a state leads to; ``equilibria`` finds all of them.
- ``sweep`` follows every branch through a range of transport costs (pseudo-arclength), with break
  points (the even spread gives way), sustain points (a core gives way) and folds.
- ``hysteresis`` sweeps down and up again: where history decides.

Takes: a model, costs. Gives: states, shape ``(n,)``; costs in the model's unit.
Sources: Fujita, Krugman and Venables (1999), chapters 4–6, for the vocabulary; Keller's
pseudo-arclength continuation.
Limits: with two regions and one mobile share the list of equilibria is complete (a scan of the
unit interval, 1/800 apart); otherwise it is what the seeds found, and a note says so.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.results import Result, result
from shuseki.theory.models.literature import FUJITA_KRUGMAN_VENABLES_1999

__all__ = [
    "Branch",
    "Equilibria",
    "Equilibrium",
    "Hysteresis",
    "Model",
    "Stability",
    "Sweep",
    "break_points",
    "equilibria",
    "hysteresis",
    "solve",
    "stability",
    "sustain_points",
    "sweep",
]

EMPTY = 1e-9
"""A share below this is nobody."""
FLOOR = 1e-14
"""A share is never pushed lower, so that a place can be settled again."""
SCAN_POINTS = 801
Progress = Callable[[int, int], None]


class Model(Protocol):
    """What the solver knows of a model."""

    @property
    def bounds(self) -> Literal["shares", "box"]:
        """Shares of one whole, or one share per region."""

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
        Payoff of the most tempting empty place above the payoff held (of the most reluctant full
        place below, with one share per region); ``-inf`` where none is empty.
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

    def headline(self) -> str:
        """State, stability, cost."""
        largest = int(np.argmax(self.state))
        return (
            f"{'stable' if self.is_stable else 'unstable'} equilibrium at transport cost "
            f"{self.model.transport_cost:g}: largest share {self.state[largest]:.4f} in region "
            f"{largest}, n = {self.model.regions} regions"
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
    """All states of rest that were found at one transport cost."""

    model: Model
    found: tuple[Equilibrium, ...]
    is_complete: bool

    def headline(self) -> str:
        """How many, how many hold."""
        stable = sum(one.is_stable for one in self.found)
        return (
            f"{len(self.found)} equilibria at transport cost {self.model.transport_cost:g}, "
            f"{stable} of them stable, n = {self.model.regions} regions"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per equilibrium and region."""
        frames = [one.to_frame().assign(equilibrium=k) for k, one in enumerate(self.found)]
        return pd.concat(frames, ignore_index=True)[
            ["equilibrium", "region", "share", "payoff", "is_stable"]
        ]


@dataclass(frozen=True, eq=False)
class Branch:
    """Equilibria that follow one another as the transport cost changes.

    Attributes
    ----------
    kind
        ``dispersed``, ``core`` or ``asymmetric``.
    transport_cost
        Shape ``(m,)``, in the order of the branch.
    states
        Shape ``(m, n)``.
    is_stable
        Shape ``(m,)``.
    folds
        Transport costs at which the branch turns back.
    ends
        Why it was followed no further: ``range``, ``core``, ``dispersed`` or ``steps``.
    """

    kind: Literal["dispersed", "core", "asymmetric"]
    transport_cost: Floats
    states: Floats
    is_stable: Bools
    folds: tuple[float, ...] = ()
    ends: str = "range"


@result
class Sweep(Result):
    """Every branch through a range of transport costs.

    Attributes
    ----------
    model
        The model at its own transport cost.
    transport_cost
        The grid asked for.
    branches
        Stable and unstable.
    break_points
        Costs at which the dispersed state gains or loses stability in some direction.
    sustain_points
        Costs at which a core gains or loses stability.
    """

    model: Model
    transport_cost: Floats
    branches: tuple[Branch, ...]
    break_points: tuple[float, ...]
    sustain_points: tuple[float, ...]

    @property
    def folds(self) -> tuple[float, ...]:
        """Costs at which a branch turns back, ascending, each once."""
        return _distinct(f for branch in self.branches for f in branch.folds)

    def headline(self) -> str:
        """Break and sustain points."""

        def listed(points: tuple[float, ...]) -> str:
            return ", ".join(f"{point:.6f}" for point in points) or "none"

        low, high = self.transport_cost[[0, -1]]
        return (
            f"transport cost {low:g}–{high:g}: break points {listed(self.break_points)}; "
            f"sustain points {listed(self.sustain_points)}; {len(self.branches)} branches, "
            f"n = {self.model.regions} regions"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per branch, cost and region."""
        frames = []
        for k, branch in enumerate(self.branches):
            count, n = branch.states.shape
            frames.append(
                pd.DataFrame(
                    {
                        "branch": k,
                        "kind": branch.kind,
                        "transport_cost": np.repeat(branch.transport_cost, n),
                        "region": np.tile(np.arange(n), count),
                        "share": branch.states.ravel(),
                        "is_stable": np.repeat(branch.is_stable, n),
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)


@result
class Hysteresis(Result):
    """What history leaves: the path as costs fall, and as they rise again.

    Attributes
    ----------
    transport_cost
        Ascending, shape ``(m,)``.
    falling, rising
        States at each cost on the way down and on the way up, shape ``(m, n)``.
    jumps_falling, jumps_rising
        Costs at which the state jumps (the cost after the jump).
    """

    model: Model
    transport_cost: Floats
    falling: Floats
    rising: Floats
    jumps_falling: tuple[float, ...]
    jumps_rising: tuple[float, ...]

    def headline(self) -> str:
        """Jumps both ways."""
        down = ", ".join(f"{cost:g}" for cost in self.jumps_falling) or "none"
        up = ", ".join(f"{cost:g}" for cost in self.jumps_rising) or "none"
        return (
            f"jumps as transport cost falls: {down}; as it rises: {up}; "
            f"n = {self.model.regions} regions"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per direction, cost and region."""
        n = self.model.regions
        frames = [
            pd.DataFrame(
                {
                    "direction": direction,
                    "transport_cost": np.repeat(self.transport_cost, n),
                    "region": np.tile(np.arange(n), len(self.transport_cost)),
                    "share": states.ravel(),
                }
            )
            for direction, states in (("falling", self.falling), ("rising", self.rising))
        ]
        return pd.concat(frames, ignore_index=True)


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
    free, low, high = _support(model, state)
    level = float(payoff[free] @ state[free]) if model.bounds == "shares" else 0.0
    invasion = max(
        float(np.max(payoff[low] - level, initial=-np.inf)),
        float(np.max(level - payoff[high], initial=-np.inf)),
    )
    moves = np.zeros_like(state)
    if not np.isfinite(payoff).all():
        return Stability(np.zeros(0), np.inf, moves)
    if low.any() and not np.isfinite(model.payoff(np.where(low, 0.0, state))).all():
        free, low = ~high, np.zeros_like(low)  # an empty place would draw people without bound
    Q = _tangent(model, free)
    if Q.shape[1] == 0:
        return Stability(np.zeros(0), invasion, moves)
    slope = model.payoff_jacobian(state)[np.ix_(free, free)]
    jacobian = _drift_slope(model, state[free], payoff[free], slope)
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
        force, residual = _force(model, state, payoff)
        if residual < tolerance:
            break
        if finish and residual < 1e-3 and step % 10 == 0:
            polished = _polish(model, state)
            if polished is not None and np.max(np.abs(polished - state)) < 0.02:
                exact = _force(model, polished, model.payoff(polished))[1]
                if exact < max(tolerance, 1e-11) and stability(model, polished).is_stable:
                    state, residual = polished, exact
                    break
        weight = state if model.bounds == "shares" else state * (1 - state)
        stride = stride / 2 if (weight * force) @ last < 0 else min(stride * 1.1, 50.0)
        state, last = _move(model, state, stride * force), force
    else:
        raise ConvergenceError(
            f"Payoffs still differ by {residual:.1e} after {limit:,} steps. Expected "
            f"{tolerance:g}. Raise the limit, or start elsewhere."
        )
    emptied = np.where(state < EMPTY, 0.0, state)
    if model.bounds == "shares":
        emptied = emptied / emptied.sum()
    if np.isfinite(model.payoff(emptied)).all():
        state = emptied
    return Equilibrium(
        model=model,
        state=state,
        stability=stability(model, state) if finish else Stability(np.zeros(0), -np.inf, state * 0),
        residual=residual,
        steps=step,
        sources=(FUJITA_KRUGMAN_VENABLES_1999,),
        notes=() if finish else ("Stability was not examined: call stability(model, state).",),
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
    complete = model.regions == 2 and model.bounds == "shares"
    candidates = _scan(model) if complete else _search(model, starts, np.random.default_rng(seed))
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
            residual=_force(model, state, model.payoff(state))[1],
        )
        for state in states
    )
    note = "" if complete else f"Found from {starts} random starts; there may be others."
    return Equilibria(
        model=model,
        found=found,
        is_complete=complete,
        notes=(note,) if note else (),
        sources=(FUJITA_KRUGMAN_VENABLES_1999,),
    )


def break_points(model: Model, *, between: tuple[float, float] = (1.005, 6.0)) -> tuple[float, ...]:
    """Transport costs at which the dispersed state gains or loses a growing move, ascending.

    On a circle there is one for each wave. Parameters as in ``sweep``.
    """
    grid = np.exp(np.linspace(np.log(between[0]), np.log(between[1]), 120))
    return _crossings(model, _feasible(model, grid))


def sustain_points(
    model: Model, *, between: tuple[float, float] = (1.005, 6.0), core: int = 0
) -> tuple[float, ...]:
    """Transport costs at which everything in one region starts or ceases to hold, ascending."""
    grid = np.exp(np.linspace(np.log(between[0]), np.log(between[1]), 120))
    return _sustains(model, _feasible(model, grid), core)


def sweep(
    model: Model,
    *,
    transport_cost: Floats,
    seeds: int = 9,
    progress: Progress | None = None,
) -> Sweep:
    """Follow every branch of equilibria through a range of transport costs.

    The dispersed state and the cores are solved at each cost; from each break point the branches
    that leave it are followed by pseudo-arclength; at ``seeds`` costs all equilibria are sought
    anew, and a branch that nothing above has met is followed from there.

    Parameters
    ----------
    model
        Any model of the protocol; its own transport cost plays no part.
    transport_cost
        Ascending, shape ``(m,)``.
    seeds
        Costs at which to look for detached branches.
    progress
        Called with steps done and steps in all.

    Examples
    --------
    >>> from shuseki.theory import CorePeriphery
    >>> found = sweep(CorePeriphery(), transport_cost=np.linspace(1.5, 2.0, 26))
    >>> [round(point, 6) for point in found.break_points + found.sustain_points]
    [1.626577, 1.807313]
    """
    costs = _feasible(model, np.sort(np.asarray(transport_cost, dtype=float)))
    span = (float(costs[0]), float(costs[-1]))
    report = progress or (lambda done, total: None)
    total = 3 + seeds
    breaks = _crossings(model, costs)
    branches = [_dispersed_branch(model, _beside(costs, breaks))]
    report(1, total)
    sustains = _distinct(point for core in _cores(model) for point in _sustains(model, costs, core))
    cores = [_core_branch(model, _beside(costs, sustains), core) for core in _cores(model)]
    branches += [branch for branch in cores if branch is not None]
    report(2, total)
    for cost in breaks:
        for direction in _null_moves(model, cost):
            for sign in (1.0, -1.0):
                branch = _leave(model, cost, sign * direction, span)
                if branch is not None and not _known(branch, branches):
                    branches.append(branch)
    report(3, total)
    for k, cost in enumerate(np.linspace(*span, seeds + 2)[1:-1]):
        if model.regions == 2:
            at = model.at(float(cost))
            scanned = model.bounds == "shares"
            for state in (
                _scan(at) if scanned else _search(at, 12, np.random.default_rng(k), walks=0)
            ):
                if not _on_some_branch(state, float(cost), branches):
                    branches.append(_follow_both(model, state, float(cost), span))
        report(4 + k, total)
    if model.regions > 2:
        note = (
            "With more than two regions only branches that leave the dispersed state or a core "
            "are followed."
        )
    elif model.bounds == "box":
        note = (
            "Each region has a share of its own, so detached branches were sought from random "
            "starts, not by a scan: there may be others."
        )
    else:
        note = ""
    return Sweep(
        model=model,
        transport_cost=costs,
        branches=tuple(branches),
        break_points=breaks,
        sustain_points=sustains,
        notes=(note,) if note else (),
        sources=(FUJITA_KRUGMAN_VENABLES_1999,),
    )


def hysteresis(
    model: Model,
    *,
    transport_cost: Floats,
    jump: float = 0.1,
    tilt: float = 1e-6,
    progress: Progress | None = None,
) -> Hysteresis:
    """Let the transport cost fall, then rise, each time starting where the last step ended.

    Parameters
    ----------
    model
        Any model of the protocol.
    transport_cost
        Ascending, shape ``(m,)``.
    jump
        A change of the state that counts as a jump.
    tilt
        Share by which the first region is nudged at each cost, so that an unstable state is left.
    progress
        Called with steps done and steps in all.
    """
    costs = np.asarray(transport_cost, dtype=float)
    total = 2 * len(costs)

    def walk(order: Sequence[int], state: Floats, done: int) -> tuple[Floats, tuple[float, ...]]:
        states, jumps = np.empty((len(costs), model.regions)), []
        previous: Floats | None = None
        for k in order:
            tilted = np.maximum(state, FLOOR)
            tilted[0] += tilt * (1 if tilted[0] < 0.5 else -1)
            tilted[1:] += tilt * (-1 if state[0] < 0.5 else 1) / (model.regions - 1)
            tilted = np.clip(tilted, FLOOR, 1)
            if model.bounds == "shares":
                tilted = tilted / tilted.sum()
            state = solve(model.at(float(costs[k])), tilted).state
            states[k] = state
            if previous is not None and np.max(np.abs(state - previous)) > jump:
                jumps.append(float(costs[k]))
            previous = state
            done += 1
            if progress:
                progress(done, total)
        return states, tuple(jumps)

    falling, down = walk(range(len(costs) - 1, -1, -1), model.dispersed, 0)
    rising, up = walk(range(len(costs)), falling[0].copy(), len(costs))
    return Hysteresis(
        model=model,
        transport_cost=costs,
        falling=falling,
        rising=rising,
        jumps_falling=down,
        jumps_rising=up,
        notes=(f"A jump is a change of a share by more than {jump:g} from one cost to the next.",),
        sources=(FUJITA_KRUGMAN_VENABLES_1999,),
    )


# ---- arithmetic: the walk --------------------------------------------------------------------


def _support(model: Model, state: Floats) -> tuple[Bools, Bools, Bools]:
    """Where the state is inside its bounds, at the lower one, at the upper one."""
    low = state <= EMPTY
    high = state >= 1 - EMPTY if model.bounds == "box" else np.zeros(len(state), dtype=bool)
    return ~(low | high), low, high


def _tangent(model: Model, free: Bools) -> Floats:
    """Orthonormal moves within the support, shape ``(free, dimensions)``."""
    k = int(free.sum())
    if model.bounds == "box" or k == 0:
        return np.eye(k)
    # Helmert's contrasts: orthonormal, each adds up to zero
    Q = np.triu(np.ones((k, k)), 1)[:, 1:]
    size = np.arange(1, k)
    Q[size, size - 1] = -size
    return Q / np.sqrt(size * (size + 1.0))


def _drift_slope(model: Model, state: Floats, payoff: Floats, slope: Floats) -> Floats:
    if model.bounds == "box":
        return slope
    mean = float(state @ payoff)
    return np.diag(payoff - mean) + state[:, None] * (slope - (payoff + slope.T @ state)[None, :])


def _force(model: Model, state: Floats, payoff: Floats) -> tuple[Floats, float]:
    """Which way each share is drawn, and the largest violation of the equilibrium conditions."""
    if model.bounds == "shares":
        inside = np.isfinite(payoff)
        mean = float(payoff[inside] @ state[inside])
        force = np.where(inside, payoff, mean + abs(mean)) - mean
        force = force / abs(mean)
    else:
        force = payoff
    _, low, high = _support(model, state)
    wrong = np.where(
        low, np.maximum(force, 0), np.where(high, np.maximum(-force, 0), np.abs(force))
    )
    return force, float(wrong.max())


def _move(model: Model, state: Floats, push: Floats) -> Floats:
    if model.bounds == "shares":
        moved = np.maximum(state, FLOOR) * np.exp(np.clip(push, -0.5, 0.5))
        moved = np.maximum(moved, FLOOR)
        return moved / moved.sum()
    inside = np.clip(state, FLOOR, 1 - FLOOR)
    moved = np.log(inside / (1 - inside)) + np.clip(push, -0.5, 0.5)
    return 1 / (1 + np.exp(-np.clip(moved, -33, 33)))


def _polish(
    model: Model, state: Floats, free: Bools | None = None, steps: int = 12
) -> Floats | None:
    """Newton's method within the support; ``None`` when it leaves the bounds or fails."""
    if free is None:
        free = _support(model, state)[0]
    state = np.where(free, state, np.round(state))
    Q = _tangent(model, free)
    if model.bounds == "shares":
        state = state / state.sum()
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


def _scan(model: Model) -> list[Floats]:
    """Every root of the payoff gap of two regions, and the corners where they hold still."""
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


def _search(
    model: Model, starts: int, rng: np.random.Generator, *, walks: int = 10
) -> list[Floats]:
    """Newton and walks from random states on random faces, the dispersed state and the cores."""
    n, found = model.regions, []
    everywhere = np.ones(n, dtype=bool)
    candidates = [(model.dispersed, everywhere)]
    candidates += [_core_start(model, core) for core in _cores(model)]
    for _ in range(starts):
        free = rng.random(n) < 0.5 + 0.5 * rng.random()
        if not free.any():
            continue
        state = np.where(free, rng.random(n) * 0.98 + 0.01, 0.0)
        candidates.append((state / state.sum() if model.bounds == "shares" else state, free))
    for state, free in candidates:
        exact = _polish(model, state, free, steps=40)
        if exact is not None and _force(model, exact, model.payoff(exact))[1] < np.inf:
            still = _support(model, exact)[0]
            force = _force(model, exact, model.payoff(exact))[0]
            if np.max(np.abs(force[still]), initial=0.0) < 1e-8:
                found.append(exact)
    for state, _ in candidates[:walks]:
        with suppress(ConvergenceError):
            found.append(solve(model, np.maximum(state, 1e-6), limit=2000).state)
    return found


# ---- arithmetic: branches ----------------------------------------------------------------------


def _feasible(model: Model, costs: Floats) -> Floats:
    """Costs that the model accepts."""
    kept = []
    for cost in costs:
        try:
            model.at(float(cost))
        except ParameterError:
            continue
        kept.append(cost)
    if len(kept) < 2:
        model.at(float(costs[0]))  # raises the model's own message
        raise ParameterError(
            f"{len(kept)} usable transport costs. Expected two or more. Widen the range."
        )
    return np.array(kept)


def _rest(model: Model) -> Floats:
    """The dispersed equilibrium: as it is where regions are alike, else polished."""
    state = model.dispersed
    residual = _force(model, state, model.payoff(state))[1]
    if residual < 1e-9:
        return state
    exact = _polish(model, state, steps=60)
    return solve(model, state).state if exact is None else exact


def _growing(model: Model, state: Floats) -> int:
    return stability(model, state).unstable_directions


def _beside(costs: Floats, points: tuple[float, ...]) -> Floats:
    """Costs with a neighbour on either side of each point, so that stability turns there."""
    return np.unique([*costs, *(p * (1 + side) for p in points for side in (-1e-7, 1e-7))])


def _dispersed_branch(model: Model, costs: Floats) -> Branch:
    states = np.array([_rest(model.at(float(cost))) for cost in costs])
    stable = np.array(
        [
            stability(model.at(float(cost)), state).is_stable
            for cost, state in zip(costs, states, strict=True)
        ]
    )
    return Branch("dispersed", costs, states, stable)


def _crossings(model: Model, costs: Floats) -> tuple[float, ...]:
    """Where the number of growing moves of the dispersed state changes, by bisection."""

    def count(cost: float) -> int:
        at = model.at(cost)
        return _growing(at, _rest(at))

    counts = [count(float(cost)) for cost in costs]
    points: list[float] = []

    def narrow(low: float, high: float, at_low: int, at_high: int) -> None:
        if at_low == at_high:
            return
        if high - low < 1e-11 * high:
            points.append((low + high) / 2)
            return
        middle = (low + high) / 2
        at_middle = count(middle)
        narrow(low, middle, at_low, at_middle)
        narrow(middle, high, at_middle, at_high)

    for k in range(len(costs) - 1):
        narrow(float(costs[k]), float(costs[k + 1]), counts[k], counts[k + 1])
    return _distinct(points)


def _cores(model: Model) -> range:
    """Regions to try as the only core: every one of two, the first of many that are alike."""
    return range(model.regions) if model.regions <= 3 else range(1)


def _core_start(model: Model, core: int) -> tuple[Floats, Bools]:
    free = np.zeros(model.regions, dtype=bool)
    free[core] = True
    state = np.zeros(model.regions)
    state[core] = 1.0 if model.bounds == "shares" else min(0.999, model.dispersed.sum())
    return state, free


def _core_state(model: Model, core: int) -> Floats | None:
    state, free = _core_start(model, core)
    if not np.isfinite(model.payoff(state)).all():
        return None
    if model.bounds == "shares":
        return state
    exact = _polish(model, state, free, steps=60)
    if exact is not None:
        return exact
    state[core] = 1.0
    return state if model.payoff(state)[core] > 0 else None


def _core_branch(model: Model, costs: Floats, core: int) -> Branch | None:
    kept, states, stable = [], [], []
    for cost in costs:
        at = model.at(float(cost))
        state = _core_state(at, core)
        if state is not None:
            kept.append(float(cost))
            states.append(state)
            stable.append(stability(at, state).is_stable)
    if not kept:
        return None
    return Branch("core", np.array(kept), np.array(states), np.array(stable))


def _sustains(model: Model, costs: Floats, core: int) -> tuple[float, ...]:
    def temptation(cost: float) -> float:
        at = model.at(cost)
        state = _core_state(at, core)
        return np.nan if state is None else stability(at, state).leading

    values = [temptation(float(cost)) for cost in costs]
    return _distinct(
        float(brentq(temptation, float(costs[k]), float(costs[k + 1]), xtol=1e-12))
        for k in range(len(costs) - 1)
        if values[k] * values[k + 1] < 0
    )


def _null_moves(model: Model, cost: float) -> list[Floats]:
    """Moves that neither grow nor shrink at a break point, each adding to the state."""
    at = model.at(cost)
    state = _rest(at)
    free = _support(at, state)[0]
    Q = _tangent(at, free)
    slope = Q.T @ at.payoff_jacobian(state)[np.ix_(free, free)] @ Q
    _, sizes, rows = np.linalg.svd(slope)
    moves = []
    scale = np.max(np.abs(at.payoff_jacobian(state)))
    for row in rows[sizes < 1e-6 * scale]:
        move = np.zeros_like(state)
        move[free] = Q @ row
        moves.append(move / np.max(np.abs(move)))
    return moves


def _leave(model: Model, cost: float, move: Floats, span: tuple[float, float]) -> Branch | None:
    """Step off the dispersed branch along a null move and follow where it leads."""
    state = _rest(model.at(cost))
    free = state > EMPTY
    follow = _Follower(model, free, span)
    start = follow.origin(state, cost)
    tangent = np.append(follow.bend(state).T @ move[free], 0.0)
    tangent /= np.linalg.norm(tangent)
    first = follow.correct(start + 0.05 * tangent, tangent)
    if first is None:
        return None
    return follow.run(first, tangent, [(state, cost)])


def _follow_both(model: Model, state: Floats, cost: float, span: tuple[float, float]) -> Branch:
    free = state > EMPTY
    follow = _Follower(model, free, span)
    z = follow.origin(state, cost)
    tangent = follow.tangent(z, None)
    one, other = follow.run(z, tangent, []), follow.run(z, -tangent, [])
    return Branch(
        "asymmetric",
        np.concatenate([other.transport_cost[::-1], one.transport_cost[1:]]),
        np.concatenate([other.states[::-1], one.states[1:]]),
        np.concatenate([other.is_stable[::-1], one.is_stable[1:]]),
        _distinct([*one.folds, *other.folds]),
        one.ends,
    )


class _Follower:
    """Pseudo-arclength in log shares (log odds, with one share per region) and log cost.

    In these coordinates the bounds are infinitely far: a branch that runs into a core keeps
    regular steps. The cost is stretched, so that a step in it stays small.
    """

    STRETCH = 8.0
    NEAREST = 1e-7

    def __init__(self, model: Model, free: Bools, span: tuple[float, float]) -> None:
        self.model, self.free, self.span = model, free, span
        self.Q = _tangent(model, free)

    def origin(self, state: Floats, cost: float) -> Floats:
        held = state[self.free]
        odds = np.log(held) if self.model.bounds == "shares" else np.log(held / (1 - held))
        return np.append(self.Q.T @ odds, self.STRETCH * np.log(cost))

    def cost(self, z: Floats) -> float:
        return float(np.exp(z[-1] / self.STRETCH))

    def state(self, z: Floats) -> Floats:
        odds = self.Q @ z[:-1]
        state = np.zeros(self.model.regions)
        if self.model.bounds == "shares":
            grown = np.exp(odds - odds.max())
            state[self.free] = grown / grown.sum()
        else:
            state[self.free] = 1 / (1 + np.exp(-odds))
        return state

    def bend(self, state: Floats) -> Floats:
        """Derivative of the shares by the coordinates, shape ``(free, dimensions)``."""
        held = state[self.free]
        if self.model.bounds == "shares":
            return (np.diag(held) - np.outer(held, held)) @ self.Q
        return np.diag(held * (1 - held)) @ self.Q

    def inside(self, z: Floats) -> bool:
        held = self.state(z)[self.free]
        near = self.NEAREST
        return bool((held > near).all() and (held < 1 - near).all())

    def gap(self, z: Floats) -> Floats:
        at = self.model.at(self.cost(z))
        return self.Q.T @ at.payoff(self.state(z))[self.free]

    def slope(self, z: Floats) -> Floats:
        """Derivative of the gap by the coordinates and the stretched cost, ``(m, m+1)``."""
        state = self.state(z)
        inner = self.model.at(self.cost(z)).payoff_jacobian(state)[np.ix_(self.free, self.free)]
        h = np.zeros_like(z)
        h[-1] = 1e-6
        by_cost = (self.gap(z + h) - self.gap(z - h)) / 2e-6
        return np.column_stack([self.Q.T @ inner @ self.bend(state), by_cost])

    def tangent(self, z: Floats, along: Floats | None) -> Floats:
        null = np.linalg.svd(self.slope(z))[2][-1]
        return -null if along is not None and null @ along < 0 else null

    def correct(self, guess: Floats, tangent: Floats) -> Floats | None:
        z = guess.copy()
        for _ in range(8):
            try:
                gap = np.append(self.gap(z), tangent @ (z - guess))
                change = np.linalg.solve(np.vstack([self.slope(z), tangent]), gap)
            except (np.linalg.LinAlgError, ParameterError, ConvergenceError):
                return None
            z = z - change
            if not np.isfinite(z).all() or np.max(np.abs(z - guess)) > 1:
                return None
            if np.max(np.abs(change)) < 1e-9:
                return z
        return None

    def run(
        self, z: Floats, tangent: Floats, before: list[tuple[Floats, float]], steps: int = 1500
    ) -> Branch:
        """Follow from z until the range, a core, or the dispersed state is met."""
        low, high = self.STRETCH * np.log(self.span[0]), self.STRETCH * np.log(self.span[1])
        stride, ends = 0.05, "steps"
        tangent = self.tangent(z, tangent)
        path, folds = [z], []
        for _ in range(steps):
            new = self.correct(z + stride * tangent, tangent)
            turned = None if new is None else self.tangent(new, tangent)
            if new is None or turned is None or turned @ tangent < 0.9:
                stride /= 2
                if stride < 1e-5:
                    break
                continue
            if len(path) > 3 and self.passes_dispersed(z, new):
                ends = "dispersed"
                break
            if len(path) > 3 and tangent[-1] * turned[-1] < 0:
                folds.append(self.turning(z, tangent, stride))
            z, tangent = new, turned
            path.append(z)
            stride = min(stride * 1.4, 0.2)
            if not low <= z[-1] <= high:
                ends = "range"
                break
            if not self.inside(z):
                ends = "core"
                break
        costs = [self.cost(point) for point in path]
        states = [self.state(point) for point in path]
        stable = [
            stability(self.model.at(cost), state).is_stable
            for cost, state in zip(costs, states, strict=True)
        ]
        for state, cost in before:
            costs.insert(0, cost)
            states.insert(0, state)
            stable.insert(0, stable[0])
        return Branch(
            "asymmetric", np.array(costs), np.array(states), np.array(stable), tuple(folds), ends
        )

    def passes_dispersed(self, z: Floats, new: Floats) -> bool:
        """Whether a step runs through the dispersed state."""
        rest = self.model.dispersed
        if (rest[~self.free] > 0).any():
            return False
        middle = self.origin(rest, 1.0)[:-1]
        before, after = z[:-1] - middle, new[:-1] - middle
        step = after - before
        nearest = before - step * (before @ step) / max(float(step @ step), 1e-300)
        return bool(before @ after < 0 and np.linalg.norm(nearest) < 0.02)

    def turning(self, z: Floats, tangent: Floats, stride: float) -> float:
        """Cost at which the branch turns back, within a step from z."""

        def rise(step: float) -> float:
            new = self.correct(z + step * tangent, tangent)
            return float(self.tangent(z if new is None else new, tangent)[-1])

        step = brentq(rise, 0.0, stride, xtol=1e-6)
        new = self.correct(z + step * tangent, tangent)
        return self.cost(z if new is None else new)


def _on_some_branch(state: Floats, cost: float, branches: list[Branch]) -> bool:
    for branch in branches:
        near = np.abs(np.log(branch.transport_cost / cost)) < 0.03
        if near.any() and np.min(np.max(np.abs(branch.states[near] - state), axis=1)) < 0.03:
            return True
    return False


def _known(branch: Branch, branches: list[Branch]) -> bool:
    middle = len(branch.states) // 2
    return any(
        np.min(
            np.max(np.abs(other.states - branch.states[middle]), axis=1)
            + np.abs(np.log(other.transport_cost / branch.transport_cost[middle]))
        )
        < 0.01
        for other in branches
        if other.kind == "asymmetric"
    )


def _distinct(points: Any) -> tuple[float, ...]:
    kept: list[float] = []
    for point in sorted(points):
        if not kept or point - kept[-1] > 1e-7:
            kept.append(float(point))
    return tuple(kept)
