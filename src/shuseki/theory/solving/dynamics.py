"""How does a model move from where it is?

One simulator for all models: any frozen dataclass with a ``drift(state)``. It integrates
``d state / dt = drift(state)`` and keeps what the model keeps (shares add up to 1 because their
rates of change add up to 0). ``speed_at_end`` says whether the path has come to rest.

Takes: a model, a first state, a time. Gives: states over time, shape ``(times, n)``.
Limits: a path that starts exactly on an unstable state stays there; move it a little first.
"""

from typing import Protocol

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from shuseki.arrays import Floats
from shuseki.errors import ConvergenceError, ParameterError
from shuseki.language import Message, say
from shuseki.results import Result, result

__all__ = ["Moving", "Trajectory", "simulate"]


class Moving(Protocol):
    """What the simulator knows of a model."""

    def drift(self, state: Floats) -> Floats:
        """Rate of change of the state, shape ``(n,)``."""


@result
class Trajectory(Result):
    """A path through time.

    Attributes
    ----------
    model
        What moved.
    time
        Shape ``(m,)``, in units of 1/speed.
    states
        Shape ``(m, n)``.
    """

    model: Moving
    time: Floats
    states: Floats

    @property
    def end(self) -> Floats:
        """The last state, shape ``(n,)``."""
        last: Floats = self.states[-1]
        return last

    @property
    def speed_at_end(self) -> float:
        """Largest rate of change in the last state; near 0 at rest."""
        return float(np.max(np.abs(self.model.drift(self.end))))

    def headline(self) -> Message:
        """Where it ended, how fast it still moves."""
        return say(
            "over {span:g} units of time: largest entry {largest:.4f}, still moving at "
            "{speed:.1e}, n = {n:count(entry,entries)}",
            span=self.time[-1] - self.time[0],
            largest=self.end.max(),
            speed=self.speed_at_end,
            n=len(self.end),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per time and entry of the state."""
        count, n = self.states.shape
        return pd.DataFrame(
            {
                "time": np.repeat(self.time, n),
                "entry": np.tile(np.arange(n), count),
                "value": self.states.ravel(),
            }
        )


def simulate(
    model: Moving,
    start: Floats,
    *,
    until: float,
    records: int = 200,
    tolerance: float = 1e-9,
) -> Trajectory:
    """Integrate the drift of a model.

    Parameters
    ----------
    model
        Anything with ``drift(state)``.
    start
        First state, shape ``(n,)``.
    until
        Time to stop, > 0.
    records
        Times recorded, evenly spaced.
    tolerance
        Relative error per step (explicit Runge–Kutta of order 8).
    """
    if not until > 0 or records < 2:
        raise ParameterError(
            say(
                "until = {until:g}, records = {records}. Expected until > 0 and at least 2 "
                "records.",
                until=until,
                records=records,
            )
        )
    time = np.linspace(0.0, until, records)
    path = solve_ivp(
        lambda _, state: model.drift(state),
        (0.0, until),
        np.asarray(start, dtype=float),
        method="DOP853",
        t_eval=time,
        rtol=max(tolerance, 3e-14),
        atol=tolerance * 1e-3,
    )
    if not path.success:
        raise ConvergenceError(
            say(
                "The path stopped at time {value:g} of {until:g}: {message} Expected a smooth "
                "drift. Start elsewhere, or loosen the tolerance.",
                value=path.t[-1],
                until=until,
                message=path.message,
            )
        )
    return Trajectory(model=model, time=path.t, states=path.y.T)
