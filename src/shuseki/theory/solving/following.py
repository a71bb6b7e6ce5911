"""Where does a branch of equilibria lead as the transport cost changes?

Keller's pseudo-arclength continuation: step along the tangent of the branch in shares and cost,
correct by Newton's method, and so pass the folds at which a branch turns back.

Takes: a model, a state of rest at a cost, a range of costs. Gives: a ``Branch``.
Limits: within one support: where a region empties, the branch ends (in a core).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from shuseki.arrays import Bools, Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.theory.solving.bounds import EMPTY
from shuseki.theory.solving.equilibrium import Model, stability

__all__ = ["Branch", "Follower", "distinct", "follow_both", "leave"]

SAME_COST = 1e-10
"""Costs that differ by less, relative, are one (the linear model has such a branch)."""


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


def leave(
    model: Model, state: Floats, cost: float, move: Floats, span: tuple[float, float]
) -> Branch | None:
    """Step off the dispersed state at a break point along a move, and follow where that leads."""
    free = state > EMPTY
    follow = Follower(model, free, span)
    start = follow.origin(state, cost)
    tangent = np.append(follow.bend(state).T @ move[free], 0.0)
    tangent /= np.linalg.norm(tangent)
    first = follow.correct(start + 0.05 * tangent, tangent)
    if first is None:
        return None
    return follow.run(first, tangent, [(state, cost)])


def follow_both(model: Model, state: Floats, cost: float, span: tuple[float, float]) -> Branch:
    """Follow the branch through a state both ways."""
    free = state > EMPTY
    follow = Follower(model, free, span)
    z = follow.origin(state, cost)
    tangent = follow.tangent(z, None)
    one, other = follow.run(z, tangent, []), follow.run(z, -tangent, [])
    return Branch(
        "asymmetric",
        np.concatenate([other.transport_cost[::-1], one.transport_cost[1:]]),
        np.concatenate([other.states[::-1], one.states[1:]]),
        np.concatenate([other.is_stable[::-1], one.is_stable[1:]]),
        distinct([*one.folds, *other.folds]),
        one.ends,
    )


class Follower:
    """Pseudo-arclength continuation in the coordinates of the bounds and log cost.

    In these coordinates the bounds are infinitely far: a branch that runs into a core keeps
    regular steps. The cost is stretched, so that a step in it stays small. A point z holds the
    coordinates within the support and the stretched log cost.
    """

    STRETCH = 8.0
    NEAREST = 1e-7

    def __init__(self, model: Model, free: Bools, span: tuple[float, float]) -> None:
        self.model, self.free, self.span = model, free, span
        self.Q = model.bounds.tangent(free)

    def origin(self, state: Floats, cost: float) -> Floats:
        """Point z of a state and a cost."""
        coordinates = self.model.bounds.coordinates(state[self.free])
        return np.append(self.Q.T @ coordinates, self.STRETCH * np.log(cost))

    def cost(self, z: Floats) -> float:
        """Transport cost at z."""
        return float(np.exp(z[-1] / self.STRETCH))

    def state(self, z: Floats) -> Floats:
        """State at z, shape ``(n,)``."""
        state = np.zeros(self.model.regions)
        state[self.free] = self.model.bounds.from_coordinates(self.Q @ z[:-1])
        return state

    def bend(self, state: Floats) -> Floats:
        """Derivative of the shares by the coordinates, shape ``(free, dimensions)``."""
        return self.model.bounds.bend(state[self.free]) @ self.Q

    def inside(self, z: Floats) -> bool:
        """Whether z is away from every bound."""
        held = self.state(z)[self.free]
        near = self.NEAREST
        return bool((held > near).all() and (held < 1 - near).all())

    def gap(self, z: Floats) -> Floats:
        """Differences of payoffs that vanish on the branch, shape ``(m,)``."""
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
        """Direction of the branch at z, of length 1, pointing along another direction."""
        null = np.linalg.svd(self.slope(z))[2][-1]
        return -null if along is not None and null @ along < 0 else null

    def correct(self, guess: Floats, tangent: Floats) -> Floats | None:
        """Newton's method back to the branch, across the tangent; ``None`` where it fails."""
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
                turn = self.turning(z, tangent, stride)
                folds += [] if turn is None else [turn]
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
        if np.ptp(costs) < SAME_COST * costs[0]:
            folds = []  # the branch stays at one cost and turns by rounding alone
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

    def turning(self, z: Floats, tangent: Floats, stride: float) -> float | None:
        """Cost at which the branch turns back, within a step from z.

        ``None`` where it only seems to, by rounding.
        """

        def rise(step: float) -> float:
            new = self.correct(z + step * tangent, tangent)
            return float(self.tangent(z if new is None else new, tangent)[-1])

        if rise(0.0) * rise(stride) >= 0:
            return None
        step = scipy.optimize.brentq(rise, 0.0, stride, xtol=1e-6)
        new = self.correct(z + step * tangent, tangent)
        return self.cost(z if new is None else new)


def distinct(points: Iterable[float]) -> tuple[float, ...]:
    """Costs in ascending order, each once."""
    kept: list[float] = []
    for point in sorted(points):
        if not kept or point - kept[-1] > 1e-7:
            kept.append(float(point))
    return tuple(kept)
