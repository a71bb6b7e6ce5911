"""How do the equilibria change with the transport cost?

- ``sweep`` follows every branch through a range of transport costs, with break points (the even
  spread becomes unstable), sustain points (a core becomes unstable) and folds.
- ``break_points`` and ``sustain_points`` give these costs alone.
- ``hysteresis`` lets the cost fall and rise again: where history decides.

Takes: a model, transport costs. Gives: states, shape ``(n,)``; costs in the model's unit.
Sources: Fujita, Krugman and Venables (1999), chapters 4–6, for the vocabulary; results name the
works of the model.
Checked against the closed forms of the models with two even regions.
Limits: detached branches are looked for with two regions alone; a note says what was not sought.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.language.names import named
from shuseki.results import Result, result
from shuseki.theory.solving.bounds import FLOOR
from shuseki.theory.solving.equilibrium import (
    Model,
    core_start,
    cores,
    is_scannable,
    polish,
    pull,
    scan,
    search,
    solve,
    stability,
)
from shuseki.theory.solving.following import Branch, distinct, follow_both, leave

__all__ = [
    "Branch",
    "Hysteresis",
    "Sweep",
    "break_points",
    "hysteresis",
    "sustain_points",
    "sweep",
]

NEAR = 0.03
"""Shares, and logs of costs, that differ by less are near."""
Progress = Callable[[int, int], None]


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
        return distinct(f for branch in self.branches for f in branch.folds)

    def headline(self) -> Message:
        """Break and sustain points."""
        return say(
            "transport cost {low:g}–{high:g}: break points {breaks}; sustain points {sustains}; "
            "{branches:count(branch,branches)}, n = {n:count(region)}",
            low=self.transport_cost[0],
            high=self.transport_cost[-1],
            breaks=named(f"{point:.6f}" for point in self.break_points),
            sustains=named(f"{point:.6f}" for point in self.sustain_points),
            branches=len(self.branches),
            n=self.model.regions,
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
    """The path as transport costs fall, and as they rise again: where history decides.

    Attributes
    ----------
    model
        The model at its own transport cost.
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

    def headline(self) -> Message:
        """Jumps both ways."""
        return say(
            "jumps as transport cost falls: {down}; as it rises: {up}; n = {n:count(region)}",
            down=named(f"{cost:g}" for cost in self.jumps_falling),
            up=named(f"{cost:g}" for cost in self.jumps_rising),
            n=self.model.regions,
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


def break_points(model: Model, *, between: tuple[float, float] = (1.005, 6.0)) -> tuple[float, ...]:
    """Transport costs at which the dispersed state gains or loses a growing move, ascending.

    On a circle there is one for each wave. Parameters as in ``sweep``.
    """
    grid = np.exp(np.linspace(np.log(between[0]), np.log(between[1]), 120))
    return _crossings(model, _feasible(model, grid))


def sustain_points(
    model: Model, *, between: tuple[float, float] = (1.005, 6.0), core: int = 0
) -> tuple[float, ...]:
    """Transport costs at which everything in one region becomes stable or unstable, ascending."""
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
    sustains = distinct(point for core in cores(model) for point in _sustains(model, costs, core))
    with_core = [_core_branch(model, _beside(costs, sustains), core) for core in cores(model)]
    branches += [branch for branch in with_core if branch is not None]
    report(2, total)
    for cost in breaks:
        for branch in _leaving(model, cost, span):
            if not _known(branch, branches):
                branches.append(branch)
    report(3, total)
    reach = max(NEAR, float(np.max(np.diff(np.log(costs)))))
    for k, cost in enumerate(np.linspace(*span, seeds + 2)[1:-1]):
        for state in _sought(model.at(float(cost)), k):
            if not _on_some_branch(state, float(cost), branches, reach):
                branches.append(follow_both(model, state, float(cost), span))
        report(4 + k, total)
    return Sweep(
        model=model,
        transport_cost=costs,
        branches=tuple(branches),
        break_points=breaks,
        sustain_points=sustains,
        notes=_what_was_not_sought(model),
        sources=model.sources,
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
            tilted = model.bounds.complete(np.clip(tilted, FLOOR, 1))
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
        notes=(
            say(
                "A jump is a change of a share by more than {jump:g} from one cost to the next.",
                jump=jump,
            ),
        ),
        sources=model.sources,
    )


# ---- arithmetic --------------------------------------------------------------------------------


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
            say(
                "{n_kept} usable transport costs. Expected two or more. Widen the range.",
                n_kept=len(kept),
            )
        )
    return np.array(kept)


def _rest(model: Model) -> Floats:
    """The dispersed equilibrium: as it is where regions are alike, else polished."""
    state = model.dispersed
    residual = pull(model, state, model.payoff(state))[1]
    if residual < 1e-9:
        return state
    exact = polish(model, state, steps=60)
    return solve(model, state).state if exact is None else exact


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
        return stability(at, _rest(at)).unstable_directions

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
    return distinct(points)


def _core_state(model: Model, core: int) -> Floats | None:
    state, free = core_start(model, core)
    if not np.isfinite(model.payoff(state)).all():
        return None
    exact = polish(model, state, free, steps=60)
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
    def leading(cost: float) -> float:
        at = model.at(cost)
        state = _core_state(at, core)
        return np.nan if state is None else stability(at, state).leading

    values = [leading(float(cost)) for cost in costs]
    return distinct(
        float(brentq(leading, float(costs[k]), float(costs[k + 1]), xtol=1e-12))
        for k in range(len(costs) - 1)
        if values[k] * values[k + 1] < 0
    )


def _leaving(model: Model, cost: float, span: tuple[float, float]) -> Iterator[Branch]:
    """Branches that leave the dispersed state at a break point."""
    state = _rest(model.at(cost))
    for direction in _null_moves(model, cost):
        for sign in (1.0, -1.0):
            branch = leave(model, state, cost, sign * direction, span)
            if branch is not None:
                yield branch


def _sought(at: Model, seed: int) -> list[Floats]:
    """Equilibria of two regions at one cost, from which detached branches may be followed."""
    if at.regions > 2:
        return []
    if is_scannable(at):
        return scan(at)
    return search(at, 12, np.random.default_rng(seed), walks=0)


def _what_was_not_sought(model: Model) -> tuple[Message, ...]:
    if model.regions > 2:
        return (
            say(
                "With more than two regions only branches that leave the dispersed state or a "
                "core are followed."
            ),
        )
    if not is_scannable(model):
        return (
            say(
                "Each region has a share of its own, so detached branches were sought from "
                "random starts, not by a scan: there may be others."
            ),
        )
    return ()


def _null_moves(model: Model, cost: float) -> list[Floats]:
    """Moves that neither grow nor shrink at a break point, each adding to the state."""
    at = model.at(cost)
    state = _rest(at)
    free = at.bounds.support(state)[0]
    Q = at.bounds.tangent(free)
    slope = Q.T @ at.payoff_jacobian(state)[np.ix_(free, free)] @ Q
    _, sizes, rows = np.linalg.svd(slope)
    moves = []
    scale = np.max(np.abs(at.payoff_jacobian(state)))
    for row in rows[sizes < 1e-6 * scale]:
        move = np.zeros_like(state)
        move[free] = Q @ row
        moves.append(move / np.max(np.abs(move)))
    return moves


def _on_some_branch(state: Floats, cost: float, branches: list[Branch], reach: float) -> bool:
    """Whether a branch has a like state at a log cost within reach."""
    for branch in branches:
        near = np.abs(np.log(branch.transport_cost / cost)) <= reach
        if near.any() and np.min(np.max(np.abs(branch.states[near] - state), axis=1)) < NEAR:
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
