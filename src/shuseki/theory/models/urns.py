"""Where does industry end up when new plants open where plants are?

Path dependence (経路依存性) by chance, two processes:

``Urn``
    Each new plant picks region r with probability ``(s_r + n_r)^κ / Σ(s + n)^κ``: with κ = 1 early
    chance decides the shares for good (Dirichlet limit); κ > 1 ends in monopoly, κ < 1 in equal
    shares.
``EntryExit``
    Plants close at random and open again at r with probability ∝ ``a_r + b n_r``; at rest the
    numbers are Dirichlet-multinomial with parameters a/b.

Takes: parameters, a seed. Gives: shares over many histories.
Sources: Arthur (1989) for urns.
Checked against the limit distributions.
"""

from dataclasses import dataclass

import numba
import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.theory.models.literature import ARTHUR_1989
from shuseki.theory.solving.space import check_parameters

__all__ = ["EntryExit", "History", "Urn", "play"]


@dataclass(frozen=True, eq=False)
class Urn:
    """New plants go where plants are.

    Parameters
    ----------
    seeds
        s, what each region starts with, > 0, shape ``(n,)``.
    feedback
        κ: 1 in proportion, above it more than that.
    """

    seeds: Floats
    feedback: float = 1.0

    def __post_init__(self) -> None:
        if not (np.asarray(self.seeds) > 0).all() or len(self.seeds) < 2:
            raise ParameterError(
                say(
                    "Seeds {asarray}. Expected two or more, each > 0.",
                    asarray=np.asarray(self.seeds).tolist()[:5],
                )
            )
        check_parameters("Urn", feedback=(self.feedback, 0, np.inf))

    def short_run(self, state: Floats) -> Floats:
        """Probability that the next plant opens in each region, given shares, ``(..., n)``."""
        pull: Floats = np.asarray(state) ** self.feedback
        return pull / pull.sum(axis=-1, keepdims=True)

    def drift(self, state: Floats) -> Floats:
        """Mean change of the shares per relative growth of the whole, ``(..., n)``."""
        return self.short_run(state) - state


@dataclass(frozen=True, eq=False)
class EntryExit:
    """A fixed number of plants; one closes at random, another opens where plants are.

    Parameters
    ----------
    attraction
        a, what draws a plant to each region by itself, > 0, shape ``(n,)``.
    feedback
        b > 0: what each plant there adds.
    plants
        Total number.
    """

    attraction: Floats
    feedback: float
    plants: int

    def __post_init__(self) -> None:
        check_parameters(
            "EntryExit", feedback=(self.feedback, 0, np.inf), plants=(self.plants, 0, np.inf)
        )
        if not (np.asarray(self.attraction) > 0).all():
            raise ParameterError(say("attraction has values ≤ 0. Expected > 0 everywhere."))

    def short_run(self, state: Floats) -> Floats:
        """Probability that the next plant opens in each region, given shares, ``(..., n)``."""
        pull = self.attraction + self.feedback * self.plants * np.asarray(state)
        return pull / pull.sum(axis=-1, keepdims=True)

    def drift(self, state: Floats) -> Floats:
        """Mean change of the shares per closure, ``(..., n)``."""
        return (self.short_run(state) - state) / self.plants


@result
class History(Result):
    """Many histories of the same process.

    Attributes
    ----------
    model
        Urn or entry–exit.
    shares
        Final shares, shape ``(histories, n)``.
    steps
        Plants that opened in each history.
    seed
        Of the chance.
    """

    model: Urn | EntryExit
    shares: Floats
    steps: int
    seed: int

    @property
    def leader_share(self) -> float:
        """Share of the largest region, mean over histories."""
        return float(self.shares.max(axis=1).mean())

    def headline(self) -> Message:
        """How much the leader has."""
        return say(
            "after {steps:count(opening)} the leading region holds {percent:.1f}% on average, "
            "n = {n:count(history,histories)} of {regions:count(region)} (seed {seed})",
            steps=self.steps,
            percent=100 * self.leader_share,
            n=len(self.shares),
            regions=self.shares.shape[1],
            seed=self.seed,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per region."""
        return pd.DataFrame(
            {
                "region": np.arange(self.shares.shape[1]),
                "mean_share": self.shares.mean(axis=0),
                "variance": self.shares.var(axis=0),
                "probability_of_leading": np.bincount(
                    self.shares.argmax(axis=1), minlength=self.shares.shape[1]
                )
                / len(self.shares),
            }
        )


def play(
    model: Urn | EntryExit, *, histories: int = 1000, steps: int = 1000, seed: int = 0
) -> History:
    """Run a process many times; the same seed gives the same histories.

    Parameters
    ----------
    model
        Urn or entry–exit.
    histories
        Runs.
    steps
        Plants that open in each.
    seed
        Of the chance.
    """
    if histories < 1 or steps < 1:
        raise ParameterError(
            say(
                "histories = {histories}, steps = {steps}. Expected 1 or more each.",
                histories=histories,
                steps=steps,
            )
        )
    rng = np.random.default_rng(seed)
    shares = np.empty((histories, len(_base(model))))
    for h in range(histories):
        if isinstance(model, Urn):
            chance = rng.random(steps)
            shares[h] = _urn(np.asarray(model.seeds, dtype=float), model.feedback, chance)
        else:
            start = rng.multinomial(model.plants, model.short_run(np.zeros(shares.shape[1])))
            shares[h] = _entry_exit(
                start.astype(float),
                np.asarray(model.attraction, dtype=float),
                model.feedback,
                rng.random((steps, 2)),
            )
    return History(model=model, shares=shares, steps=steps, seed=seed, sources=(ARTHUR_1989,))


def _base(model: Urn | EntryExit) -> Floats:
    return np.asarray(model.seeds if isinstance(model, Urn) else model.attraction)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _pick(weights: Floats, chance: float) -> int:
    target = chance * weights.sum()
    total = 0.0
    for r in range(len(weights)):
        total += weights[r]
        if target < total:
            return r
    return len(weights) - 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _urn(seeds: Floats, feedback: float, chance: Floats) -> Floats:
    size = seeds.copy()
    for t in range(len(chance)):
        size[_pick(size**feedback, chance[t])] += 1.0
    opened = size - seeds
    return opened / opened.sum()


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _entry_exit(plants: Floats, attraction: Floats, feedback: float, chance: Floats) -> Floats:
    size = plants.copy()
    for t in range(len(chance)):
        size[_pick(size, chance[t, 0])] -= 1.0
        size[_pick(attraction + feedback * size, chance[t, 1])] += 1.0
    return size / size.sum()
