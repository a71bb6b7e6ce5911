"""When does knowledge stop growing among people who know each other?

Knowledge creation (知識創造) of Berliant and Fujita. Person i knows n_i ideas; i and j share C_ij
of them (共有知識) and have D_ij = n_i - C_ij of their own (固有知識). Working together they
create ::

    a_ij = β C_ij^θ (D_ij D_ji)^((1-θ)/2)          alone: a_ii = α n_i
    dn_i/dt = Σ_j δ_ij a_ij,   dC_ij/dt = δ_ij a_ij,   δ symmetric, Σ_j δ_ij = 1

What follows for growth is in ``knowledge_growth``; here the persons are simulated. A fixed pair
drifts past the difference at which growth is largest; people who rotate stay different. Where
membership is fixed (メンバーの固定化), exchange with other regions restores diversity (多様性): see
``exchange_path``.

The state is scale-free: log n_i, and ``c_ij = C_ij / √(n_i n_j)`` for i < j.

Takes: who meets whom, θ, β, α. Gives: growth rates per unit of time.
Sources: Berliant and Fujita (2008); conclusion for regions: Fujita (2010), as reported in
Shoko Research Institute (2012), section 3, figure 3-5. Checked against the closed forms.
Limits: ``rotation`` and ``fixed`` are given schedules. ``greedy`` and ``entropic`` choice are
*behavioural variants*, not the published myopic core, whose tie-breaking they lack: spontaneous
splitting into groups of 1 + 1/θ does not appear under them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numba
import numpy as np
import pandas as pd

from shuseki.arrays import Floats, Ints
from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.results import Result, result
from shuseki.theory.models.knowledge_growth import ExchangeCurve, bliss_point, pair_growth
from shuseki.theory.models.literature import BERLIANT_FUJITA_2008, FUJITA_2010
from shuseki.theory.solving.dynamics import Trajectory, simulate
from shuseki.theory.solving.space import check_parameters

__all__ = [
    "KnowledgeCreation",
    "KnowledgePath",
    "Meeting",
    "exchange_meetings",
    "exchange_path",
    "fixed_pairs",
    "knowledge_path",
    "rotation",
]

Choice = Literal["given", "greedy", "entropic"]
NEWTON_AFTER = 40
"""Sinkhorn's steps before Newton's method."""


# ---- who meets whom --------------------------------------------------------------------------


def rotation(groups: Sequence[int]) -> Floats:
    """Everyone meets all others of the own group equally: δ, shape ``(N, N)``.

    >>> rotation([2, 3])[0]
    array([0., 1., 0., 0., 0.])
    """
    sizes = list(groups)
    if not sizes or min(sizes) < 2:
        raise ParameterError(
            say(
                "Groups of {sizes}. Expected two or more persons in each. Merge the single "
                "persons.",
                sizes=sizes,
            )
        )
    delta = np.zeros((sum(sizes), sum(sizes)))
    start = 0
    for size in sizes:
        delta[start : start + size, start : start + size] = 1 / (size - 1)
        start += size
    np.fill_diagonal(delta, 0.0)
    return delta


def fixed_pairs(persons: int) -> Floats:
    """Everyone always meets the same partner: δ, shape ``(N, N)``."""
    if persons % 2:
        raise ParameterError(
            say(
                "{persons} persons. Expected an even number for pairs.",
                persons=persons,
            )
        )
    return rotation([2] * (persons // 2))


def exchange_meetings(groups: Sequence[int], share: float) -> Floats:
    """Rotation within groups, and a share of time spread evenly over everybody outside."""
    if not 0 <= share <= 1:
        raise ParameterError(
            say(
                "share = {share:g}. Expected a share of time in [0, 1].",
                share=share,
            )
        )
    sizes = np.asarray(groups)
    if len(set(sizes.tolist())) > 1 or len(sizes) < 2:
        raise ParameterError(
            say(
                "Groups of {sizes}. Expected two or more of equal size, so that meetings are "
                "mutual.",
                sizes=sizes.tolist(),
            )
        )
    inside = rotation(list(sizes))
    region = np.repeat(np.arange(len(sizes)), sizes)
    outside = (region[:, None] != region[None, :]).astype(float)
    outside /= outside.sum(axis=1, keepdims=True)
    return (1 - share) * inside + share * outside


# ---- the model -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Meeting:
    """What happens at an instant.

    Attributes
    ----------
    meetings
        δ, share of i's time with j, shape ``(N, N)``; the diagonal is time alone.
    growth
        Growth of each person's knowledge, shape ``(N,)``.
    difference
        m_ij, own knowledge over all that i and j know, shape ``(N, N)``.
    """

    meetings: Floats
    growth: Floats
    difference: Floats


@dataclass(frozen=True, eq=False)
class KnowledgeCreation:
    """N persons who create knowledge together.

    Parameters
    ----------
    meetings
        Who meets whom under ``choice="given"``: δ, symmetric, rows add up to 1, shape ``(N, N)``;
        see ``rotation``, ``fixed_pairs``, ``exchange_meetings``.
    theta
        θ in (0, 1), weight of what is shared.
    beta, alpha
        Productivity together, > 0, and alone, ≥ 0.
    choice
        ``given`` meetings, or one of two behavioural variants: ``greedy`` (the most productive
        pairs form first) and ``entropic`` (growth plus η times the entropy of one's time).
    entropy
        η > 0 of the entropic choice.
    efficiency
        What an hour of i with j yields, relative, shape ``(N, N)``; ones by default.
    region
        Region of each person, shape ``(N,)``; one region by default.
    public_share
        χ in [0, 1): share of ideas that everyone of the region learns.
    """

    meetings: Floats
    theta: float = 1 / 3
    beta: float = 1.0
    alpha: float = 0.0
    choice: Choice = "given"
    entropy: float = 0.01
    efficiency: Floats | None = None
    region: Ints | None = None
    public_share: float = 0.0

    is_variant: bool = field(init=False)

    def __post_init__(self) -> None:
        check_parameters(
            "KnowledgeCreation",
            theta=(self.theta, 0, 1),
            beta=(self.beta, 0, np.inf),
            alpha=(self.alpha, -1e-300, np.inf),
            entropy=(self.entropy, 0, np.inf),
            public_share=(self.public_share, -1e-300, 1),
        )
        delta = self.meetings
        if delta.ndim != 2 or delta.shape[0] != delta.shape[1] or len(delta) < 2:
            raise ParameterError(
                say(
                    "Meetings of shape {delta_shape}. Expected N × N with N ≥ 2. Use "
                    "rotation([4]).",
                    delta_shape=delta.shape,
                )
            )
        uneven = float(np.max(np.abs(delta - delta.T)))
        short = float(np.max(np.abs(delta.sum(axis=1) - 1)))
        if uneven > 1e-9 or short > 1e-9 or (delta < 0).any():
            raise ParameterError(
                say(
                    "Meetings are not mutual by {uneven:.2g}, rows miss 1 by {short:.2g}, the "
                    "smallest is {smallest_delta:.2g}. Expected a symmetric δ ≥ 0 whose rows add "
                    "up to 1.",
                    uneven=uneven,
                    short=short,
                    smallest_delta=delta.min(),
                )
            )
        object.__setattr__(self, "is_variant", self.choice != "given")

    @property
    def persons(self) -> int:
        """Number of persons N."""
        return len(self.meetings)

    @cached_property
    def _pairs(self) -> tuple[Ints, Ints]:
        return np.triu_indices(self.persons, 1)

    def alike(self, difference: float) -> Floats:
        """The state in which everybody knows as much, and each pair differs by m in (0, ½)."""
        check_parameters("alike", difference=(difference, 0, 0.5))
        common = (1 - 2 * difference) / (1 - difference)
        return np.concatenate([np.zeros(self.persons), np.full(len(self._pairs[0]), common)])

    def unpack(self, state: Floats) -> tuple[Floats, Floats]:
        """Log knowledge, shape ``(N,)``, and c_ij, shape ``(N, N)``, ones on the diagonal."""
        common = np.eye(self.persons)
        common[self._pairs] = state[self.persons :]
        return state[: self.persons], common + np.triu(common, 1).T

    def short_run(self, state: Floats) -> Meeting:
        """Who meets, how fast each grows, how different each pair is."""
        log_known, common = self.unpack(state)
        ratio = np.exp((log_known[:, None] - log_known[None, :]) / 2)  # √(n_i/n_j)
        made, own = self._made(ratio, common)
        delta = self._meet(made, ratio)
        learnt = self._learnt(delta, made, ratio, log_known)[0]
        everything = common + own + own.T
        return Meeting(delta, learnt, own / everything)

    def drift(self, state: Floats) -> Floats:
        """Rates of change of log n and of c, shape of the state."""
        log_known, common = self.unpack(state)
        ratio = np.exp((log_known[:, None] - log_known[None, :]) / 2)
        made, _ = self._made(ratio, common)
        delta = self._meet(made, ratio)
        growth, shared = self._learnt(delta, made, ratio, log_known)
        change = shared - (growth[:, None] + growth[None, :]) / 2 * common
        return np.concatenate([growth, change[self._pairs]])

    # ---- arithmetic ----------------------------------------------------------------------------

    def _made(self, ratio: Floats, common: Floats) -> tuple[Floats, Floats]:
        """a_ij/√(n_i n_j), and own knowledge D_ij/√(n_i n_j), shape ``(N, N)``."""
        own = np.maximum(ratio - common, 0.0)
        np.fill_diagonal(own, 0.0)
        product = np.maximum(common, 0.0) ** self.theta * (own * own.T) ** ((1 - self.theta) / 2)
        made = self.beta * product
        if self.efficiency is not None:
            made = made * self.efficiency
        np.fill_diagonal(made, self.alpha)
        return made, own

    def _meet(self, made: Floats, ratio: Floats) -> Floats:
        if self.choice == "given":
            return self.meetings
        gain = made / ratio  # growth of i by a full hour with j
        mutual = (gain + gain.T) / 2
        if self.choice == "greedy":
            return greedy_meetings(mutual)
        return entropic_meetings(mutual, self.entropy)

    def _learnt(
        self, delta: Floats, made: Floats, ratio: Floats, log_known: Floats
    ) -> tuple[Floats, Floats]:
        """Growth of n_i, and dC_ij/dt over √(n_i n_j)."""
        flow = delta * made
        growth = (flow / ratio).sum(axis=1)
        if not self.public_share:
            return growth, flow
        chi = self.public_share
        region = np.zeros(self.persons, dtype=int) if self.region is None else self.region
        same = region[:, None] == region[None, :]
        known = np.exp(log_known - log_known.mean())
        scale = np.sqrt(known[:, None] * known[None, :])
        ideas = flow * scale * same
        own = ideas.sum(axis=1)
        total = same @ ((own - np.diag(ideas)) / 2 + np.diag(ideas))
        growth = growth + chi * (total - own) / known
        shared = flow + same * chi * (total[:, None] / scale - flow)
        return growth, shared


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def greedy_meetings(gain: Floats) -> Floats:
    """The pair that gains most spends all its time together, then the next, shape ``(N, N)``."""
    n = len(gain)
    delta = np.zeros((n, n))
    free = np.ones(n, dtype=np.bool_)
    for _ in range(n):
        best, first, second = -1.0, -1, -1
        for i in range(n):
            for j in range(i, n):
                if free[i] and free[j] and gain[i, j] > best:
                    best, first, second = gain[i, j], i, j
        if first < 0:
            break
        delta[first, second] = 1.0
        delta[second, first] = 1.0
        free[first] = False
        free[second] = False
    return delta


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def entropic_meetings(gain: Floats, entropy: float, tolerance: float = 1e-10) -> Floats:
    """Symmetric δ, rows adding up to 1, that maximises Σδ·gain + η·entropy, shape ``(N, N)``.

    Sinkhorn's iteration in logs, symmetric and halved; where it slows down, as partners lock in,
    Newton's method on the same convex problem. Stopping early would give growth
    rates that no allocation of time allows.
    """
    n = len(gain)
    kernel = gain / entropy
    for i in range(n):
        if gain[i, i] <= 0:
            kernel[i, i] = -np.inf  # alone yields nothing: not an option
    u = np.zeros(n)
    for sweep in range(200_000):
        if sweep == NEWTON_AFTER:
            u = _newton_meetings(kernel, u, tolerance)
        moved = 0.0
        new = np.empty(n)
        for i in range(n):
            top = -np.inf
            for j in range(n):
                top = max(top, kernel[i, j] + u[j])
            total = 0.0
            for j in range(n):
                total += np.exp(kernel[i, j] + u[j] - top)
            row = top + np.log(total)
            new[i] = (u[i] - row) / 2
            moved = max(moved, abs(row + u[i]))
        u = new
        if moved < tolerance:
            break
    delta = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            delta[i, j] = np.exp(kernel[i, j] + u[i] + u[j])
    return delta


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _newton_meetings(kernel: Floats, u: Floats, tolerance: float) -> Floats:
    """Multipliers that minimise ½ Σ exp(kernel_ij + u_i + u_j) - Σ u_i, or the guess, ``(N,)``."""
    n = len(u)
    at = u.copy()
    for _ in range(60):
        slope = np.empty((n, n))
        short = np.empty(n)
        for i in range(n):
            row = 0.0
            for j in range(n):
                slope[i, j] = np.exp(kernel[i, j] + at[i] + at[j])
                row += slope[i, j]
            short[i] = 1 - row
        if np.max(np.abs(short)) < tolerance / 10:
            return at
        for i in range(n):
            slope[i, i] += 1 - short[i] + 1e-11  # rings of even length leave one move free
        step = np.linalg.solve(slope, short)
        at = at + step / max(1.0, np.max(np.abs(step)))
    return u


# ---- results and verbs ---------------------------------------------------------------------------


@result
class KnowledgePath(Result):
    """Growth and difference over time.

    Attributes
    ----------
    model
        What was simulated.
    time
        Shape ``(m,)``.
    growth
        Mean growth over persons, shape ``(m,)``.
    difference
        Mean m over the pairs that meet, weighted by their meetings, shape ``(m,)``.
    partners
        Partners of a person, effective number ``1 / Σ_j δ_ij²``, mean over persons, ``(m,)``.
    """

    model: KnowledgeCreation
    time: Floats
    growth: Floats
    difference: Floats
    partners: Floats
    trajectory: Trajectory

    def headline(self) -> Message:
        """Growth at the end against the best there is."""
        best = float(pair_growth(bliss_point(self.model.theta), self.model.theta, self.model.beta))
        return say(
            "growth {growth:.5f} per unit of time at time {time:g} ({percent:.1f}% of bliss), "
            "difference m = {difference:.4f}, {partners:.2f} partners each, n = "
            "{n:count(person)}",
            growth=self.growth[-1],
            time=self.time[-1],
            percent=100 * self.growth[-1] / best,
            difference=self.difference[-1],
            partners=self.partners[-1],
            n=self.model.persons,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per time."""
        return pd.DataFrame(
            {
                "time": self.time,
                "growth_per_time": self.growth,
                "difference": self.difference,
                "partners": self.partners,
            }
        )


def knowledge_path(
    model: KnowledgeCreation,
    *,
    difference: float = 0.3,
    start: Floats | None = None,
    until: float = 200.0,
    records: int = 200,
    step: float = 0.02,
) -> KnowledgePath:
    """Let people meet and create, from alike or from a given state.

    Parameters
    ----------
    model
        The persons.
    difference
        m at the start, everyone alike.
    start
        Or a state, see ``KnowledgeCreation``.
    until, records
        Time to stop, and times recorded.
    step
        Longest step under ``greedy`` choice, whose drift jumps; other paths choose their own.
    """
    state = model.alike(difference) if start is None else start
    if model.choice == "greedy":
        path = _stepwise(model, state, until, records, step)
    else:
        path = simulate(model, state, until=until, records=records, tolerance=1e-9)
    growth, differences, partners = [], [], []
    for at in path.states:
        meeting = model.short_run(at)
        off = meeting.meetings - np.diag(np.diag(meeting.meetings))
        growth.append(meeting.growth.mean())
        differences.append((off * meeting.difference).sum() / max(off.sum(), 1e-300))
        partners.append((1 / (meeting.meetings**2).sum(axis=1)).mean())
    notes = []
    if model.choice == "greedy":
        notes.append(
            say("Partners by greedy choice: a behavioural variant, not the published concept.")
        )
    if model.choice == "entropic":
        notes.append(
            say("Partners by entropic choice: a behavioural variant, not the published concept.")
        )
    return KnowledgePath(
        model=model,
        time=path.time,
        growth=np.array(growth),
        difference=np.array(differences),
        partners=np.array(partners),
        trajectory=path,
        notes=tuple(notes),
        sources=(BERLIANT_FUJITA_2008, FUJITA_2010),
    )


def _stepwise(
    model: KnowledgeCreation, state: Floats, until: float, records: int, step: float
) -> Trajectory:
    """Short explicit steps, for a drift that jumps where partners change."""
    time = np.linspace(0, until, records)
    states = [state]
    for width in np.diff(time):
        count = max(int(np.ceil(width / step)), 1)
        for _ in range(count):
            state = state + (width / count) * model.drift(state)
        states.append(state)
    return Trajectory(model=model, time=time, states=np.array(states))


def exchange_path(curve: ExchangeCurve, *, until: float = 200.0) -> KnowledgePath:
    """Let two regions meet at the best share of exchange: does growth get there?

    Parameters
    ----------
    curve
        From ``exchange_curve``, where as many outsiders are met as there are in the group.
    until
        Time to stop.
    """
    groups = [curve.group, curve.group]
    region = np.repeat(np.arange(len(groups)), groups)
    efficiency = np.where(region[:, None] == region[None, :], 1.0, curve.efficiency)
    model = KnowledgeCreation(
        exchange_meetings(groups, curve.best_share),
        theta=curve.theta,
        beta=curve.beta,
        efficiency=efficiency,
    )
    return knowledge_path(model, until=until)
