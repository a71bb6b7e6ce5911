"""Whose failure spreads furthest, and how many must go before a network falls apart?

**ESRI** (economic systemic risk index, Diem et al. 2022). W_ij is what i sells to j, s_i = Σ_j W_ij
its output. Firm f fails; production levels h fall until nothing changes::

    downstream  h_i = min( 1 − max_k Σ_{j in sector k} σ_j (1 − h_j) W_ji / Σ_{l in k} W_li,
                           1 − Σ_{j not essential} σ_j (1 − h_j) W_ji / Σ_l W_li ),  k essential
    upstream    h_i = Σ_j h_j W_ij / s_i
    σ_j = min(1, s_j / Σ_{l in the sector of j} s_l h_l)     who else could supply: market share
    ESRI_f = Σ_i s_i (1 − min(down_i, up_i)) / Σ_i s_i

σ_j is the share of j in what its sector still makes: near 0 where many others do the same, 1 where
j is alone. ``essential`` says which inputs stop production; all do by default, the cautious case.

**Percolation**. Firms leave at random; the largest connected part shrinks and breaks where the
share removed passes f* = 1 − 1/(κ − 1), κ = ⟨k²⟩/⟨k⟩ (Molloy and Reed; for random ties
1 − 1/⟨k⟩). ``removal_curve`` removes them, and finds where the other parts are largest.

Takes: a ``Network``, a sector per firm. Gives: shares of all output, 0 to 1.
Sources: Diem et al. (2022), eqs. of the methods section; Molloy and Reed (1995); Newman and Ziff
(2001). Checked against: hand cases, another program's stored output, random graphs.
Limits: no prices, no time: firms neither look for new partners nor pay more. Planning anew
(``resilience``) does; the two stand side by side.
"""

from typing import Literal

import numba
import numpy as np
import pandas as pd
from scipy import sparse

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sources import Source
from shuseki.sourcing.network import Network

__all__ = [
    "Percolation",
    "SystemicRisk",
    "cascade_shares",
    "component_curve",
    "expected_threshold",
    "percolation",
    "systemic_risk",
]

DIEM_2022 = Source(
    "Diem2022",
    "Diem, C., Borsos, A., Reisch, T., Kertész, J. and Thurner, S., Quantifying firm-level "
    "economic systemic risk from nation-wide supply networks, Scientific Reports 12: 7719",
    "2022",
)
MOLLOY_REED_1995 = Source(
    "MolloyReed1995",
    "Molloy, M. and Reed, B., A critical point for random graphs with a given degree sequence, "
    "Random Structures & Algorithms 6",
    "1995",
)
NEWMAN_ZIFF_2001 = Source(
    "NewmanZiff2001",
    "Newman, M. E. J. and Ziff, R. M., Fast Monte Carlo algorithm for site or bond percolation, "
    "Physical Review E 64",
    "2001",
)
CHUNK = 256
"""Failing firms that are followed at a time."""


@result
class SystemicRisk(Result):
    """ESRI of every firm.

    Attributes
    ----------
    firms, sectors
        Shape ``(n,)``.
    index
        Share of all output lost when the firm fails, shape ``(n,)``.
    own
        Share of all output that is the firm's own, shape ``(n,)``.
    """

    firms: tuple[str, ...]
    sectors: tuple[str, ...]
    index: Floats
    own: Floats

    def headline(self) -> Message:
        """The most critical firm, and by how much it exceeds its own size."""
        top = int(np.argmax(self.index))
        return say(
            "{firm}'s failure would stop {percent:.1f}% of all output, of which its own is "
            "{own:.1f}%; median over firms {median:.1f}%, n = {n:count(firm)}",
            firm=self.firms[top],
            percent=100 * float(self.index[top]),
            own=100 * float(self.own[top]),
            median=100 * float(np.median(self.index)),
            n=len(self.firms),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm, the most critical first, then by name."""
        frame = pd.DataFrame(
            {
                "firm": self.firms,
                "sector": self.sectors,
                "systemic_risk_share": self.index,
                "own_output_share": self.own,
            }
        )
        return frame.sort_values(
            ["systemic_risk_share", "firm"], ascending=[False, True], ignore_index=True
        )


def systemic_risk(
    network: Network,
    *,
    sectors: tuple[str, ...] | None = None,
    essential: Literal["all", "none"] | pd.DataFrame = "all",
    tolerance: float = 1e-6,
) -> SystemicRisk:
    """ESRI of every firm of a network of orders.

    Parameters
    ----------
    network
        ``w_ij`` is what i orders from j.
    sectors
        Of each firm; by default its first feature (its main process) where the network has
        features, else its group.
    essential
        ``"all"`` inputs stop production, ``"none"`` does, or a table of booleans: rows are sectors
        that supply, columns sectors that use.
    tolerance
        Largest change of a production level at which the cascade has ended.

    Raises
    ------
    DataError
        No tie, or a sector that the table of essential inputs does not have.
    ParameterError
        A tolerance outside (0, 0.1].
    """
    if not 0 < tolerance <= 0.1:
        raise ParameterError(
            say(
                "tolerance = {tolerance:g}. Expected one in (0, 0.1], such as 1e-6.",
                tolerance=tolerance,
            )
        )
    if not network.ties.any():
        raise DataError(
            say("The network has no tie. Expected one or more. Add ties between firms.")
        )
    named = _sectors(network) if sectors is None else sectors
    if len(named) != len(network):
        raise DataError(
            say(
                "{n_named} sectors for {n_network} firms. Expected one of each.",
                n_named=len(named),
                n_network=len(network),
            )
        )
    names, sector = np.unique(np.array(named, dtype=object), return_inverse=True)
    if isinstance(essential, pd.DataFrame):
        missing = sorted(
            (set(names) - set(essential.index)) | (set(names) - set(essential.columns))
        )
        if missing:
            raise DataError(
                say(
                    "The table of essential inputs lacks sectors {missing}. Expected a row and a "
                    "column for every sector. Add them.",
                    missing=listed(map(str, missing[:5])),
                )
            )
        needed = essential.loc[list(names), list(names)].to_numpy(dtype=bool)
    else:
        needed = np.full((len(names), len(names)), essential == "all")
    sales = network.weights.T  # i sells to j what j orders from i
    kind = np.where(needed[np.ix_(sector, sector)], 2, 1)
    output = sales.sum(axis=1)
    return SystemicRisk(
        firms=network.firms,
        sectors=tuple(map(str, named)),
        index=cascade_shares(sales, sector.astype(np.int64), kind, tolerance=tolerance),
        own=output / output.sum(),
        notes=(
            say(
                "Firms find no new partners and pay no other prices: an upper bound in that "
                "respect."
            ),
        ),
        sources=(*network.sources, DIEM_2022),
    )


def _sectors(network: Network) -> tuple[str, ...]:
    if not network.features:
        return network.groups
    return tuple(some[0] if some else "" for some in network.features)


def cascade_shares(
    sales: Floats, sector: Ints, kind: Ints, *, tolerance: float = 1e-6, most_rounds: int = 10_000
) -> Floats:
    """Share of all output lost when each firm fails, shape ``(n,)``.

    Parameters
    ----------
    sales
        What i sells to j, shape ``(n, n)``.
    sector
        Of each firm, shape ``(n,)``.
    kind
        Of i's product to j, shape ``(n, n)``: 2 essential, 1 not essential, 0 of no account.

    Examples
    --------
    A line of three: whoever fails, the two deliveries stop.

    >>> line = np.array([[0.0, 1, 0], [0, 0, 1], [0, 0, 0]])
    >>> cascade_shares(line, np.array([0, 1, 2]), np.full((3, 3), 2)).tolist()
    [1.0, 1.0, 1.0]
    """
    n = len(sector)
    output = sales.sum(axis=1)
    bought = sales.sum(axis=0)
    supplier, customer = np.nonzero(sales)
    weight = sales[supplier, customer]
    of_kind = kind[supplier, customer]
    # essential: one row for each pair of customer and supplying sector
    is_essential = of_kind == 2
    pair = customer[is_essential] * (int(sector.max()) + 1) + sector[supplier[is_essential]]
    pairs, at = np.unique(pair, return_inverse=True)
    shares = weight[is_essential] / np.bincount(at, weight[is_essential])[at]
    essential = sparse.csr_array((shares, (at, supplier[is_essential])), shape=(len(pairs), n))
    owner = pairs // (int(sector.max()) + 1)
    starts = np.flatnonzero(np.diff(owner, prepend=-1)) if len(pairs) else np.empty(0, int)
    users = owner[starts]
    other = of_kind == 1
    linear = sparse.csr_array(
        (weight[other] / bought[customer[other]], (customer[other], supplier[other])), shape=(n, n)
    )
    demand = sparse.csr_array((weight / output[supplier], (supplier, customer)), shape=(n, n))
    member = sparse.csr_array((output, (sector, np.arange(n))), shape=(int(sector.max()) + 1, n))
    sells = output > 0
    lost = np.empty(n)
    for first in range(0, n, CHUNK):
        failing = np.arange(first, min(first + CHUNK, n))
        cap = np.ones((n, len(failing)))
        cap[failing, np.arange(len(failing))] = 0.0
        down, up = np.ones_like(cap), np.ones_like(cap)
        for _ in range(most_rounds):
            left = (member @ down)[sector]
            replace = np.minimum(
                np.divide(output[:, None], left, out=np.ones_like(left), where=left > 0), 1.0
            )
            short = replace * (1 - down)
            new_down = np.minimum(cap, 1 - linear @ short)
            if len(pairs):
                worst = np.maximum.reduceat(essential @ short, starts, axis=0)
                new_down[users] = np.minimum(new_down[users], 1 - worst)
            new_up = np.where(sells[:, None], np.minimum(demand @ up, cap), cap)
            change = max(np.abs(new_down - down).max(), np.abs(new_up - up).max())
            down, up = new_down, new_up
            if change <= tolerance:
                break
        lost[failing] = output @ (1 - np.minimum(down, up)) / output.sum()
    return lost


# ---- percolation ---------------------------------------------------------------------------------


@result
class Percolation(Result):
    """How the largest connected part shrinks as firms leave at random.

    Attributes
    ----------
    removed
        Share of firms removed, shape ``(n,)``, rising.
    largest
        Share of all firms in the largest part, mean over draws, shape ``(n,)``.
    threshold
        Share removed at which the other parts are largest, mean over draws.
    threshold_low, threshold_high
        Of the middle nine tenths of the draws.
    expected
        1 − 1/(κ − 1) of the degrees; ``nan`` where the network has no large part to lose.
    """

    removed: Floats
    largest: Floats
    threshold: float
    threshold_low: float
    threshold_high: float
    expected: float
    draws: int

    def headline(self) -> Message:
        """Where it breaks."""
        if np.isnan(self.expected):
            return say(
                "the network is in small parts from the start: the largest holds {percent:.0f}% of "
                "firms, n = {n:count(firm)}",
                percent=100 * float(self.largest[0]),
                n=len(self.removed),
            )
        return say(
            "the network falls apart when about {percent:.0f}% of firms have left at random "
            "({low:.0f} to {high:.0f}%; {expected:.0f}% expected of its degrees), n = "
            "{n:count(firm)}",
            percent=100 * self.threshold,
            low=100 * self.threshold_low,
            high=100 * self.threshold_high,
            expected=100 * self.expected,
            n=len(self.removed),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per number of firms removed."""
        return pd.DataFrame(
            {"removed_firms_share": self.removed, "largest_part_share": self.largest}
        )


def percolation(
    network: Network, *, draws: int = 50, rng: np.random.Generator | None = None
) -> Percolation:
    """Remove firms in random order, many times.

    Raises
    ------
    DataError
        No tie.
    ParameterError
        Fewer than two draws.
    """
    if draws < 2:
        raise ParameterError(
            say(
                "{draws} draws. Expected 2 or more, such as 50.",
                draws=draws,
            )
        )
    ties = network.ties | network.ties.T
    if not ties.any():
        raise DataError(
            say("The network has no tie. Expected one or more. Add ties between firms.")
        )
    rng = np.random.default_rng(0) if rng is None else rng
    n = len(network)
    source, target = (end.astype(np.int64) for end in np.nonzero(ties))
    starts = np.searchsorted(source, np.arange(n + 1)).astype(np.int64)
    curves, at = np.zeros(n), np.empty(draws)
    for draw in range(draws):
        largest, other = component_curve(starts, target, rng.permutation(n).astype(np.int64))
        curves += largest / n / draws
        at[draw] = np.argmax(other) / n
    low, high = np.quantile(at, [0.05, 0.95])
    return Percolation(
        removed=np.arange(n) / n,
        largest=curves,
        threshold=float(at.mean()),
        threshold_low=float(low),
        threshold_high=float(high),
        expected=expected_threshold(ties.sum(axis=1)),
        draws=draws,
        notes=(say("Means over {n:,} random orders of leaving; ties count both ways.", n=draws),),
        sources=(*network.sources, MOLLOY_REED_1995, NEWMAN_ZIFF_2001),
    )


def expected_threshold(degree: Ints) -> float:
    """Molloy and Reed's share of random removals at which the large part is gone.

    Examples
    --------
    All of degree 3: κ = 3, half may leave.

    >>> expected_threshold(np.array([3, 3, 3, 3]))
    0.5
    """
    k = np.asarray(degree, dtype=float)
    ratio = float((k**2).sum() / k.sum())
    return 1 - 1 / (ratio - 1) if ratio > 2 else float("nan")


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def component_curve(starts: Ints, target: Ints, order: Ints) -> tuple[Floats, Floats]:
    """Largest part, and mean size of the part of a firm outside it, by number removed, ``(n,)``.

    Parameters
    ----------
    starts, target
        Neighbours of i are ``target[starts[i]:starts[i + 1]]``, both ways.
    order
        In which the firms leave; they are added back from the last to the first.
    """
    n = len(order)
    parent = np.arange(n)
    size = np.ones(n)
    there = np.zeros(n, dtype=np.bool_)
    largest = np.zeros(n)
    other = np.zeros(n)
    top = 0.0
    squares = 0.0
    for kept in range(n):
        i = order[n - 1 - kept]
        there[i] = True
        squares += 1.0
        top = max(top, 1.0)
        for at in range(starts[i], starts[i + 1]):
            j = target[at]
            if not there[j]:
                continue
            a, b = i, j
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            if a == b:
                continue
            if size[a] < size[b]:
                a, b = b, a
            parent[b] = a
            squares += 2 * size[a] * size[b]
            size[a] += size[b]
            top = max(top, size[a])
        removed = n - 1 - kept
        largest[removed] = top
        rest = kept + 1 - top
        other[removed] = (squares - top * top) / rest if rest > 0 else 0.0
    return largest, other
