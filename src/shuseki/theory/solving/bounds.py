"""Which states are possible, and how does a state move without leaving them?

Two kinds of state, and everything that the solver does differently for the two:

``SHARES``
    Shares of one whole over the regions, each ≥ 0, adding up to 1: where the mobile live. A state
    of rest pays the same in every occupied place.
``BOX``
    One share per region, each in [0, 1]: the part of each region's labour in manufacturing. A
    state of rest pays zero (relative to what is left) in every region inside its bounds.

Takes: states and payoffs, shape ``(n,)``. Gives: arrays of the same shape.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shuseki.arrays import Bools, Floats

__all__ = ["BOX", "EMPTY", "FLOOR", "SHARES", "Bounds", "Box", "Shares"]

EMPTY = 1e-9
"""A share below this counts as none."""
FLOOR = 1e-14
"""A share is never pushed lower, so that a place can be settled again."""
LONGEST_LOG_STEP = 0.5
FARTHEST_LOG_ODDS = 33.0


class Bounds(Protocol):
    """What the solver knows of the states of a model."""

    @property
    def fixed_sums(self) -> int:
        """How many sums of the state are given: 1 for shares of one whole, else 0."""

    def complete(self, state: Floats) -> Floats:
        """Scale a state so that it is one: shares add up to 1."""

    def support(self, state: Floats) -> tuple[Bools, Bools, Bools]:
        """Where a state is inside its bounds, at the lower one, at the upper one."""

    def tangent(self, free: Bools) -> Floats:
        """Orthonormal moves within the support, shape ``(free, dimensions)``."""

    def level(self, state: Floats, payoff: Floats) -> float:
        """Payoff with which each region's is compared: the mean over people, or zero."""

    def force(self, state: Floats, payoff: Floats) -> Floats:
        """Which way each share is drawn, without unit for shares, shape ``(n,)``."""

    def weight(self, state: Floats) -> Floats:
        """How much each region counts when the solver looks for swings, shape ``(n,)``."""

    def moved(self, state: Floats, push: Floats) -> Floats:
        """Move a state by a push on log shares or log odds, kept short, shape ``(n,)``."""

    def drift_slope(self, state: Floats, payoff: Floats, slope: Floats) -> Floats:
        """Jacobian of the drift within the support, from that of the payoff."""

    def coordinates(self, state: Floats) -> Floats:
        """Log shares, or log odds: in these the bounds are infinitely far."""

    def from_coordinates(self, coordinates: Floats) -> Floats:
        """Turn log shares, or log odds, back into shares."""

    def bend(self, state: Floats) -> Floats:
        """Derivative of the shares by their coordinates, shape ``(n, n)``."""

    def core(self, dispersed: Floats) -> float:
        """First guess of the share of a region that holds everything."""


@dataclass(frozen=True)
class Shares:
    """Shares of one whole; see the module."""

    fixed_sums: int = 1

    def complete(self, state: Floats) -> Floats:
        """Scale to a sum of 1."""
        return state / state.sum()

    def support(self, state: Floats) -> tuple[Bools, Bools, Bools]:
        """Occupied places, empty places, and no upper bound."""
        low = state <= EMPTY
        return ~low, low, np.zeros(len(state), dtype=bool)

    def tangent(self, free: Bools) -> Floats:
        """Helmert's contrasts: orthonormal, each adds up to zero."""
        k = int(free.sum())
        if k == 0:
            return np.eye(0)
        Q = np.triu(np.ones((k, k)), 1)[:, 1:]
        size = np.arange(1, k)
        Q[size, size - 1] = -size
        return Q / np.sqrt(size * (size + 1.0))

    def level(self, state: Floats, payoff: Floats) -> float:
        """Mean payoff of the people."""
        return float(payoff @ state)

    def force(self, state: Floats, payoff: Floats) -> Floats:
        """Payoff above the mean, relative to it."""
        inside = np.isfinite(payoff)
        mean = float(payoff[inside] @ state[inside])
        force = np.where(inside, payoff, mean + abs(mean)) - mean
        return force / abs(mean)

    def weight(self, state: Floats) -> Floats:
        """The people."""
        return state

    def moved(self, state: Floats, push: Floats) -> Floats:
        """Shares grow by a factor."""
        step = np.exp(np.clip(push, -LONGEST_LOG_STEP, LONGEST_LOG_STEP))
        grown = np.maximum(np.maximum(state, FLOOR) * step, FLOOR)
        return grown / grown.sum()

    def drift_slope(self, state: Floats, payoff: Floats, slope: Floats) -> Floats:
        """Of ``λ (ω - Σλω)``."""
        mean = float(state @ payoff)
        own = np.diag(payoff - mean)
        return own + state[:, None] * (slope - (payoff + slope.T @ state)[None, :])

    def coordinates(self, state: Floats) -> Floats:
        """Log shares."""
        return np.log(state)

    def from_coordinates(self, coordinates: Floats) -> Floats:
        """Shares of logs known up to a constant."""
        grown = np.exp(coordinates - coordinates.max())
        return grown / grown.sum()

    def bend(self, state: Floats) -> Floats:
        """``diag(λ) - λλᵀ``."""
        return np.diag(state) - np.outer(state, state)

    def core(self, dispersed: Floats) -> float:
        """Everybody."""
        return 1.0


@dataclass(frozen=True)
class Box:
    """One share per region; see the module."""

    fixed_sums: int = 0

    def complete(self, state: Floats) -> Floats:
        """Leave the state as it is."""
        return state

    def support(self, state: Floats) -> tuple[Bools, Bools, Bools]:
        """Where both bounds are away, where the share is 0, where it is 1."""
        low, high = state <= EMPTY, state >= 1 - EMPTY
        return ~(low | high), low, high

    def tangent(self, free: Bools) -> Floats:
        """Each share moves by itself."""
        return np.eye(int(free.sum()))

    def level(self, state: Floats, payoff: Floats) -> float:
        """Zero: the payoff is a difference already."""
        return 0.0

    def force(self, state: Floats, payoff: Floats) -> Floats:
        """The payoff."""
        return payoff

    def weight(self, state: Floats) -> Floats:
        """Labour that can move either way."""
        return state * (1 - state)

    def moved(self, state: Floats, push: Floats) -> Floats:
        """Log odds grow by an amount."""
        inside = np.clip(state, FLOOR, 1 - FLOOR)
        odds = np.log(inside / (1 - inside)) + np.clip(push, -LONGEST_LOG_STEP, LONGEST_LOG_STEP)
        return 1 / (1 + np.exp(-np.clip(odds, -FARTHEST_LOG_ODDS, FARTHEST_LOG_ODDS)))

    def drift_slope(self, state: Floats, payoff: Floats, slope: Floats) -> Floats:
        """The slope of the payoff."""
        return slope

    def coordinates(self, state: Floats) -> Floats:
        """Log odds."""
        return np.log(state / (1 - state))

    def from_coordinates(self, coordinates: Floats) -> Floats:
        """Shares of log odds."""
        return 1 / (1 + np.exp(-coordinates))

    def bend(self, state: Floats) -> Floats:
        """``diag(λ(1-λ))``."""
        return np.diag(state * (1 - state))

    def core(self, dispersed: Floats) -> float:
        """As much as all regions hold together, short of all labour."""
        return float(min(0.999, dispersed.sum()))


SHARES: Bounds = Shares()
BOX: Bounds = Box()
