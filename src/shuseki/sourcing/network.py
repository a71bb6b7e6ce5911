"""Who deals with whom, and how is each firm placed among the others?

A network is firms, the group of each (its cluster, or any other), and ties: ``w_ij`` is what firm i
orders from firm j (yen, orders, or 1). ::

    brokerage     open two-paths i → j → k (no tie i → k), told apart by the groups of i, j and k:
                  coordinator (all one group), itinerant (i and k of one, j of another),
                  gatekeeper (j and k of one), representative (i and j of one), liaison (three)
    E–I index     (E − I) / (E + I), ties to other groups and within the own: −1 all within, 1 none
    constraint    Burt's Σ_j (p_ij + Σ_q p_iq p_qj)²; effective size: partners that do not overlap
    coupling      first order Σ_j p_ij², p_ij the share of i's trade with j (1/k to 1);
                  second order: mean of the partners' first order, weighted by p_ij
    diversity     Blau 1 − Σ s_k², Shannon −Σ s_k ln s_k, of the partners' groups or processes

The raw E–I index depends on the sizes of the groups, and so do counts of roles: both stand beside
what a permutation of the groups over the same ties gives on average (exactly), and the E–I index
beside the share of permutations that are as far from it.

Takes: ``Network``, of a ``Directory`` or of tables of ties and firms. Gives: counts and shares.
Sources: Gould and Fernandez (1989); Krackhardt and Stern (1988); Burt (1992); Uzzi (1996).
Checked against: cases by hand, enumeration, stored output of RSiena on an advice network.
Limits: what the ties leave out (money, advice, kinship) the measures leave out too; the weights
are kept as an n × n array, enough for some thousand firms.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numba
import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say, word
from shuseki.reading.tables import as_codes, as_numbers, read_table
from shuseki.results import Result, result
from shuseki.sources import USER, Source

__all__ = [
    "ROLES",
    "Brokerage",
    "GroupMixing",
    "Network",
    "Positions",
    "blau_index",
    "broker_counts",
    "brokerage",
    "coupling",
    "expected_role_shares",
    "external_internal_index",
    "group_mixing",
    "network_of",
    "positions",
    "read_network",
    "shannon_index",
]

ROLES = ("coordinator", "itinerant", "gatekeeper", "representative", "liaison")
"""Roles of a broker, in the order of their columns."""
SAMPLED_BETWEENNESS = 1500
"""Firms above which betweenness is estimated from shortest paths out of 500 of them."""

GOULD_FERNANDEZ_1989 = Source(
    "GouldFernandez1989",
    "Gould, R. V. and Fernandez, R. M., Structures of mediation, Sociological Methodology 19",
    "1989",
)
KRACKHARDT_STERN_1988 = Source(
    "KrackhardtStern1988",
    "Krackhardt, D. and Stern, R. N., Informal networks and organizational crises, "
    "Social Psychology Quarterly 51",
    "1988",
)
BURT_1992 = Source("Burt1992", "Burt, R. S., Structural Holes, Harvard University Press", "1992")
UZZI_1996 = Source(
    "Uzzi1996",
    "Uzzi, B., The sources and consequences of embeddedness for the economic performance of "
    "organizations: the network effect, American Sociological Review 61",
    "1996",
)


@dataclass(frozen=True, eq=False)
class Network:
    """Firms, their groups, and what each orders from each.

    Attributes
    ----------
    firms
        Names, unique.
    groups
        Group of each firm, such as its cluster.
    weights
        ``w_ij ≥ 0`` from i (who orders) to j, shape ``(n, n)``; the diagonal is 0.
    features
        What each firm does, such as its processes, the main one first; empty where unknown.

    Raises
    ------
    DataError
        A firm twice, a firm tied to itself, a weight below 0 or not a number.
    """

    firms: tuple[str, ...]
    groups: tuple[str, ...]
    weights: Floats
    features: tuple[tuple[str, ...], ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.firms)
        twice = [firm for firm, count in Counter(self.firms).items() if count > 1]
        if twice:
            raise DataError(
                say(
                    "Firms given twice: {twice}. Expected each once. Keep one record of each firm.",
                    twice=examples(twice),
                )
            )
        if len(self.groups) != n or self.weights.shape != (n, n):
            raise DataError(
                say(
                    "{n} firms, {n_groups} groups, weights of shape {weights_shape}. Expected {n} "
                    "groups and {n} × {n} weights. Give one of each per firm.",
                    n=n,
                    n_groups=len(self.groups),
                    weights_shape=self.weights.shape,
                )
            )
        if self.features and len(self.features) != n:
            raise DataError(
                say(
                    "{n_features} lists of features for {n} firms. Expected one per firm.",
                    n_features=len(self.features),
                    n=n,
                )
            )
        own = np.flatnonzero(np.diagonal(self.weights))
        if own.size:
            raise DataError(
                say(
                    "Firms tied to themselves: {own}. Expected ties between two firms. Leave "
                    "those ties out.",
                    own=examples(self.firms[k] for k in own),
                )
            )
        bad = np.argwhere(~(self.weights >= 0) | np.isinf(self.weights))
        if bad.size:
            said = examples(
                f"{self.firms[i]} → {self.firms[j]} = {self.weights[i, j]:g}" for i, j in bad
            )
            raise DataError(
                say(
                    "Weights that are no amounts: {said}. Expected 0 or more. Correct them.",
                    said=said,
                )
            )

    def __len__(self) -> int:
        return len(self.firms)

    def __repr__(self) -> str:
        return (
            f"Network: {len(self)} firms of {len(set(self.groups))} groups, "
            f"{int(self.ties.sum())} ties"
        )

    @property
    def ties(self) -> Bools:
        """Whether i orders from j, shape ``(n, n)``."""
        return self.weights > 0

    @property
    def group_numbers(self) -> Ints:
        """Number of each firm's group, shape ``(n,)``."""
        return np.unique(np.array(self.groups, dtype=object), return_inverse=True)[1].astype(
            np.int64
        )


# ---- where networks come from --------------------------------------------------------------------


def network_of(
    directory: Directory,
    *,
    weight: Literal["ties", "orders", "amount"] = "ties",
    kinds: Sequence[str] = ("order", "joint", "lending"),
) -> Network:
    """The network of a directory: its firms, their clusters, their ties.

    Parameters
    ----------
    directory
        Firms and ties; the processes of each firm become its features.
    weight
        1 for each tie, its number of orders, or its yen; a tie whose number is unknown counts
        as one order, and has no amount.
    kinds
        Which ties count.

    Raises
    ------
    DataError
        The directory has no firms, or ties a firm to itself.
    """
    if not len(directory):
        raise DataError(
            say("The directory has no firms. Expected two or more. Import a list first.")
        )
    known = ("order", "joint", "lending", "membership", "ownership")
    if set(kinds) - set(known):
        raise UnknownCodeError.among("kind of tie", set(kinds) - set(known), known)
    at = {key: k for k, key in enumerate(directory.keys)}
    weights = np.zeros((len(at), len(at)))
    for tie in directory.ties:
        if tie.kind in kinds:
            size = {
                "ties": 1.0,
                "orders": float(1 if tie.orders is None else tie.orders),
                "amount": float(tie.amount_yen or 0.0),
            }[weight]
            weights[at[tie.source], at[tie.target]] += size
    if weight == "ties":
        weights = np.minimum(weights, 1.0)
    processes: dict[str, dict[str, None]] = {}
    for capability in directory.capabilities:
        processes.setdefault(capability.firm, {})[capability.process] = None
    return Network(
        firms=directory.keys,
        groups=tuple(firm.cluster for firm in directory.firms),
        weights=weights,
        features=tuple(tuple(processes.get(key, ())) for key in directory.keys),
        sources=directory.sources,
    )


def read_network(
    ties: str | Path | pd.DataFrame,
    firms: str | Path | pd.DataFrame | None = None,
    *,
    group: str = "group",
    directed: bool = True,
) -> Network:
    """Read a network from a table of ties and one of firms.

    Parameters
    ----------
    ties
        Columns ``source`` (who orders), ``target``, and ``weight`` (yen, orders; 1 without it).
    firms
        Columns ``firm``, the column of groups, and ``features`` (separated by ``;``) if known.
        Without it the firms are those of the ties, all of one group.
    group
        Name of the column of groups.
    directed
        False where a tie runs both ways, as in advice or membership.

    Raises
    ------
    DataError
        A tie to a firm that is not in the table, a firm tied to itself, a firm twice, no tie at
        all; the message names the rows.
    """
    table = _table(ties, codes=["source", "target"], numbers=["weight"])
    ends = table[["source", "target"]].to_numpy(dtype=object)
    features: tuple[tuple[str, ...], ...] = ()
    if firms is None:
        names = tuple(dict.fromkeys(ends.ravel().tolist()))
        groups: tuple[str, ...] = ("",) * len(names)
    else:
        names, groups, features = _firms(firms, group)
    place = {name: k for k, name in enumerate(names)}
    nobody = [
        say("{value!r} in row {row}", value=name, row=row)
        for row, pair in zip(table.index, ends, strict=True)
        for name in pair
        if name not in place
    ]
    if nobody:
        raise DataError(
            say(
                "Ties to firms that are not in the table of firms: {nobody}. Expected firms such "
                "as {names}. Correct the name, or add the firm.",
                nobody=examples(nobody),
                names=examples(names[:2]),
            )
        )
    own = [
        say("{value!r} in row {row}", value=pair[0], row=row)
        for row, pair in zip(table.index, ends, strict=True)
        if pair[0] == pair[1]
    ]
    if own:
        raise DataError(
            say(
                "Firms tied to themselves: {own}. Expected ties between two firms. Leave those "
                "rows out.",
                own=examples(own),
            )
        )
    amounts = table["weight"].to_numpy(dtype=float) if "weight" in table else np.ones(len(table))
    wrong = [
        say("{value:g} in row {row}", value=size, row=row)
        for row, size in zip(table.index, amounts, strict=True)
        if not size >= 0
    ]
    if wrong:
        raise DataError(
            say(
                "Weights that are no amounts: {wrong}. Expected 0 or more in every row. Correct "
                "them, or leave the column out: each tie then counts 1.",
                wrong=examples(wrong),
            )
        )
    weights = np.zeros((len(names), len(names)))
    for pair, size in zip(ends, amounts, strict=True):
        weights[place[pair[0]], place[pair[1]]] += size
        if not directed:
            weights[place[pair[1]], place[pair[0]]] += size
    return Network(names, groups, weights, features, (USER,))


def _firms(
    firms: str | Path | pd.DataFrame, group: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names, groups and features of a table of firms."""
    table = _table(firms, codes=["firm"], text=[group, "features"])
    if group not in table:
        raise DataError(
            say(
                "The table of firms has no column {group!r}. Found {columns}. Expected the group "
                "of each firm. Say which column holds it.",
                group=group,
                columns=examples(table.columns),
            )
        )
    repeated = table[table["firm"].duplicated(keep=False)]
    if len(repeated):
        said = examples(
            say("{firm!r} in rows {rows}", firm=firm, rows=listed(rows.index))
            for firm, rows in repeated.groupby("firm", sort=False)
        )
        raise DataError(
            say(
                "Firms given twice: {said}. Expected each once. Keep one row of each.",
                said=said,
            )
        )
    named = table[group].astype(str).str.strip()
    if (named == "").any():
        raise DataError(
            say(
                "No {group} in rows {index}. Expected one for every firm. Fill them in.",
                group=group,
                index=examples(table.index[named == ""]),
            )
        )
    features: tuple[tuple[str, ...], ...] = ()
    if "features" in table:
        features = tuple(
            tuple(dict.fromkeys(part.strip() for part in str(cell).split(";") if part.strip()))
            for cell in table["features"]
        )
    return tuple(table["firm"]), tuple(named), features


def _table(
    given: str | Path | pd.DataFrame,
    *,
    codes: Sequence[str],
    numbers: Sequence[str] = (),
    text: Sequence[str] = (),
) -> pd.DataFrame:
    """A table of a file, or a frame read as if it had come from one."""
    if not isinstance(given, pd.DataFrame):
        return read_table(given, codes=codes, numbers=numbers, text=text)
    missing = [name for name in codes if name not in given]
    if missing:
        raise DataError(
            say(
                "The table lacks columns {missing}. Found {columns}. Rename the columns.",
                missing=examples(missing),
                columns=examples(given.columns),
            )
        )
    if given.empty:
        raise DataError(
            say("The table has no rows. Expected one or more. Check where it comes from.")
        )
    read: dict[str, Any] = {name: as_codes(given[name], name) for name in codes}
    for name in numbers:
        if name in given:
            read[name] = as_numbers(given[name], name)
    for name in text:
        if name in given:
            read[name] = given[name].astype(object).fillna("").astype(str)
    return pd.DataFrame(read, index=given.index)


# ---- brokerage -----------------------------------------------------------------------------------


@result
class Brokerage(Result):
    """Between whom each firm stands, by role.

    Attributes
    ----------
    firms, groups
        Shape ``(n,)``.
    counts
        Open two-paths through each firm by role, shape ``(n, 5)``, columns as ``ROLES``.
    expected
        Mean over permutations of the groups of all other firms, shape ``(n, 5)``.
    """

    firms: tuple[str, ...]
    groups: tuple[str, ...]
    counts: Ints
    expected: Floats

    def headline(self) -> Message:
        """The busiest broker, and the role that is furthest from chance."""
        totals = self.counts.sum(axis=1)
        top = int(np.argmax(totals))
        if not totals[top]:
            return say("no firm stands between two others, n = {n:count(firm)}", n=len(self.firms))
        role = int(np.argmax(np.abs(self.counts.sum(axis=0) - self.expected.sum(axis=0))))
        return say(
            "{firm} stands between most others: {paths:count(pair)} of {total:,} that only a "
            "broker joins; {role} {observed:,} against {expected:,.1f} by chance, n = "
            "{n:count(firm)}",
            firm=self.firms[top],
            paths=int(totals[top]),
            total=int(totals.sum()),
            role=word(ROLES[role]),
            observed=int(self.counts[:, role].sum()),
            expected=float(self.expected[:, role].sum()),
            n=len(self.firms),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm that brokers, most first, then by name."""
        frame = pd.DataFrame(self.counts, columns=list(ROLES))
        frame.insert(0, "firm", self.firms)
        frame.insert(1, "group", self.groups)
        frame["open_pairs"] = self.counts.sum(axis=1)
        for k, role in enumerate(ROLES):
            frame[f"{role}_expected"] = self.expected[:, k]
        frame = frame[frame["open_pairs"] > 0]
        return frame.sort_values(["open_pairs", "firm"], ascending=[False, True], ignore_index=True)


def brokerage(network: Network) -> Brokerage:
    """Count the five roles of Gould and Fernandez.

    Raises
    ------
    DataError
        Fewer than three firms.

    Examples
    --------
    A buyer in Ota orders from a hub in Ota, and the hub from Suwa:

    >>> chain = pd.DataFrame({"source": ["buyer", "hub"], "target": ["hub", "plater"]})
    >>> firms = pd.DataFrame({"firm": ["buyer", "hub", "plater"], "group": ["ota", "ota", "suwa"]})
    >>> brokerage(read_network(chain, firms)).to_frame()[["firm", "representative"]].values.tolist()
    [['hub', 1]]
    """
    if len(network) < 3:
        raise DataError(
            say(
                "{n_network} firms. Expected three or more: a broker stands between two others.",
                n_network=len(network),
            )
        )
    counts = broker_counts(network.ties, network.group_numbers)
    shares = expected_role_shares(network.group_numbers)
    return Brokerage(
        firms=network.firms,
        groups=network.groups,
        counts=counts,
        expected=counts.sum(axis=1, keepdims=True) * shares,
        notes=(
            say(
                "Expected counts keep the ties and the broker's own group, and permute the groups "
                "of all other firms."
            ),
        ),
        sources=(*network.sources, GOULD_FERNANDEZ_1989),
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def broker_counts(ties: Bools, group: Ints) -> Ints:
    """Open two-paths through each firm by role, shape ``(n, 5)``.

    Parameters
    ----------
    ties
        Directed, shape ``(n, n)``; the diagonal is not read.
    group
        Shape ``(n,)``.
    """
    n = len(group)
    counts = np.zeros((n, 5), dtype=np.int64)
    for j in range(n):
        for i in range(n):
            if i == j or not ties[i, j]:
                continue
            for k in range(n):
                if k in (i, j) or not ties[j, k] or ties[i, k]:
                    continue
                if group[i] == group[k]:
                    role = 0 if group[j] == group[i] else 1
                elif group[j] == group[k]:
                    role = 2
                elif group[j] == group[i]:
                    role = 3
                else:
                    role = 4
                counts[j, role] += 1
    return counts


def expected_role_shares(group: Ints) -> Floats:
    """Probability of each role of a path through j, the others' groups permuted, ``(n, 5)``.

    With N_g firms of j's group g among n, and D = (n−1)(n−2): coordinator (N_g−1)(N_g−2)/D,
    itinerant Σ_{h≠g} N_h(N_h−1)/D, gatekeeper and representative (n−N_g)(N_g−1)/D each.
    """
    n = len(group)
    sizes = np.bincount(group)
    own = sizes[group].astype(float)
    others = n - own
    squares = (sizes.astype(float) ** 2).sum() - own**2
    pairs = (n - 1) * (n - 2)
    within = (own - 1) * (own - 2)
    itinerant = squares - others
    across = others * (own - 1)
    liaison = others**2 - squares
    return np.column_stack([within, itinerant, across, across, liaison]) / pairs


# ---- within or across groups ---------------------------------------------------------------------


@result
class GroupMixing(Result):
    """Whether ties stay within groups, against chance.

    Attributes
    ----------
    index
        E–I index of all ties, −1 to 1.
    expected
        Its mean when the groups are permuted over the same ties.
    p_value
        Share of permutations as far from the mean as the index, two-sided.
    table
        One row per group: ``group``, ``firms``, ``external_ties``, ``internal_ties``,
        ``external_internal_index``, ``expected_index`` (ties that touch the group).
    """

    index: float
    expected: float
    p_value: float
    permutations: int
    ties: int
    table: pd.DataFrame

    def headline(self) -> Message:
        """Index, chance, p."""
        return say(
            "E–I index {index:+.3f}, by chance {expected:+.3f} (p = {p:.3f}): {verdict}, n = "
            "{n:count(tie)}",
            index=self.index,
            expected=self.expected,
            p=self.p_value,
            verdict=self._verdict(),
            n=self.ties,
        )

    def _verdict(self) -> Message:
        if self.p_value >= 0.05:
            return say("not told apart from chance")
        if self.index < self.expected:
            return say("ties turn inward beyond chance")
        return say("ties reach outward beyond chance")

    def to_frame(self) -> pd.DataFrame:
        """One row per group."""
        return self.table.copy()


def group_mixing(
    network: Network, *, permutations: int = 999, rng: np.random.Generator | None = None
) -> GroupMixing:
    """E–I index of a network, beside what chance gives with groups of these sizes.

    Parameters
    ----------
    permutations
        Of the groups over the firms, for the p-value.
    rng
        Of the permutations; ``default_rng(0)`` without it.

    Raises
    ------
    DataError
        No tie, or only one group.
    ParameterError
        Fewer than one permutation.
    """
    if permutations < 1:
        raise ParameterError(
            say(
                "{permutations} permutations. Expected 1 or more, such as 999.",
                permutations=permutations,
            )
        )
    ties, group = network.ties, network.group_numbers
    if not ties.any():
        raise DataError(
            say("The network has no tie. Expected one or more. Add ties between firms.")
        )
    if len(set(network.groups)) < 2:
        raise DataError(
            say(
                "All {n_network} firms are of one group. Expected two or more groups. Give the "
                "group of each firm.",
                n_network=len(network),
            )
        )
    rng = np.random.default_rng(0) if rng is None else rng
    observed = external_internal_index(ties, group)
    chance = _chance_index(group)
    source, target = np.nonzero(ties)
    drawn = np.array(
        [_index_of(rng.permutation(group), source, target) for _ in range(permutations)]
    )
    far = np.abs(drawn - chance) >= abs(observed - chance) - 1e-12
    names = np.unique(np.array(network.groups, dtype=object))
    rows = []
    sizes = np.bincount(group)
    n = len(group)
    for g, name in enumerate(names):
        touching = (group[source] == g) | (group[target] == g)
        across = int((touching & (group[source] != group[target])).sum())
        within = int(touching.sum()) - across
        outside, inside = 2 * sizes[g] * (n - sizes[g]), sizes[g] * (sizes[g] - 1)
        rows.append(
            {
                "group": name,
                "firms": int(sizes[g]),
                "external_ties": across,
                "internal_ties": within,
                "external_internal_index": _ratio(across, within),
                "expected_index": _ratio(outside, inside),
            }
        )
    return GroupMixing(
        index=observed,
        expected=chance,
        p_value=float((far.sum() + 1) / (permutations + 1)),
        permutations=permutations,
        ties=len(source),
        table=pd.DataFrame(rows),
        notes=(
            say(
                "By chance: mean over all permutations of the groups, exact; p from {n:,} of them.",
                n=permutations,
            ),
        ),
        sources=(*network.sources, KRACKHARDT_STERN_1988),
    )


def external_internal_index(ties: Bools, group: Ints) -> float:
    """(E − I) / (E + I) of directed ties, shape ``(n, n)``; ``nan`` without a tie.

    Examples
    --------
    >>> ties = np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)
    >>> external_internal_index(ties, np.array([0, 0, 1]))
    0.0
    """
    source, target = np.nonzero(ties)
    return _index_of(group, source, target)


def _index_of(group: Ints, source: Ints, target: Ints) -> float:
    across = int((group[source] != group[target]).sum())
    return _ratio(across, len(source) - across)


def _ratio(across: float, within: float) -> float:
    return float((across - within) / (across + within)) if across + within else float("nan")


def _chance_index(group: Ints) -> float:
    """Mean of the index over permutations: each tie is within with probability Σ N(N−1)/n(n−1)."""
    n = len(group)
    sizes = np.bincount(group).astype(float)
    within = float((sizes * (sizes - 1)).sum() / (n * (n - 1)))
    return 1 - 2 * within


# ---- the place of each firm ----------------------------------------------------------------------


@result
class Positions(Result):
    """The place of each firm in the network.

    Attributes
    ----------
    table
        One row per firm: ``firm``, ``group``, ``customers`` and ``suppliers`` (partners who order
        from it, and from whom it orders), ``constraint`` and ``effective_size`` (Burt, ``nan``
        without partners), ``core`` (largest k such that it is in the k-core), ``betweenness``
        (share of shortest paths), ``clustering`` (share of its partners' pairs that are tied),
        ``first_order_coupling``, ``second_order_coupling``, ``blau_groups``, ``shannon_groups``,
        ``blau_features``, ``shannon_features`` (of its partners).
    transitivity
        Closed share of all two-paths, ties taken both ways, 0 to 1.
    place
        Where each firm is drawn, tied firms near each other, shape ``(n, 2)``; no geography.
    source, target
        Numbers of the firms of each tie, shape ``(t,)``.
    """

    table: pd.DataFrame
    transitivity: float
    place: Floats
    source: Ints
    target: Ints

    @property
    def ties(self) -> int:
        """Number of ties."""
        return len(self.source)

    def headline(self) -> Message:
        """Size, closure, isolates."""
        alone = int(((self.table["customers"] + self.table["suppliers"]) == 0).sum())
        return say(
            "{n:count(firm)}, {ties:count(tie)}; {closed:.0f}% of two-paths are closed, innermost "
            "core k = {core}, {alone:count(firm)} without a partner",
            n=len(self.table),
            ties=self.ties,
            closed=100 * self.transitivity,
            core=int(self.table["core"].max()),
            alone=alone,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm."""
        return self.table.copy()


def positions(network: Network, *, rng: np.random.Generator | None = None) -> Positions:
    """Constraint, coupling, cores, closure, betweenness and diversity of partners of every firm.

    Parameters
    ----------
    rng
        Draws the firms whose shortest paths are followed where there are more than 1,500.

    Raises
    ------
    DataError
        The network has no tie.
    """
    import networkx as nx  # heavy: only who asks for positions pays for it

    ties = network.ties
    if not ties.any():
        raise DataError(
            say("The network has no tie. Expected one or more. Add ties between firms.")
        )
    n = len(network)
    directed = nx.from_numpy_array(network.weights, create_using=nx.DiGraph)
    both = nx.Graph(list(zip(*np.nonzero(ties), strict=True)))
    both.add_nodes_from(range(n))
    notes = []
    sample = None
    if n > SAMPLED_BETWEENNESS:
        sample = 500
        notes.append(say("Betweenness is estimated from the paths of 500 firms drawn at random."))
    seed = None if rng is None else int(rng.integers(2**31))
    between = nx.betweenness_centrality(directed, k=sample, seed=0 if seed is None else seed)
    first, second = coupling(network.weights + network.weights.T)
    partners = ties | ties.T
    table = pd.DataFrame(
        {
            "firm": network.firms,
            "group": network.groups,
            "customers": ties.sum(axis=0),
            "suppliers": ties.sum(axis=1),
            "constraint": _by_firm(nx.constraint(directed, weight="weight"), n),
            "effective_size": _by_firm(nx.effective_size(both), n),
            "core": _by_firm(nx.core_number(both), n).astype(int),
            "betweenness": _by_firm(between, n),
            "clustering": _by_firm(nx.clustering(both), n),
            "first_order_coupling": first,
            "second_order_coupling": second,
        }
    )
    own = [(name,) for name in network.groups]
    for what, kinds in (("groups", own), ("features", network.features)):
        if kinds:
            counts = _kinds(partners, kinds)
            table[f"blau_{what}"] = blau_index(counts)
            table[f"shannon_{what}"] = shannon_index(counts)
    return Positions(
        table=table,
        transitivity=float(nx.transitivity(both)),
        place=_drawn(both, n),
        source=np.nonzero(ties)[0].astype(np.int64),
        target=np.nonzero(ties)[1].astype(np.int64),
        notes=tuple(notes),
        sources=(*network.sources, BURT_1992, UZZI_1996),
    )


def _by_firm(values: Mapping[int, float], n: int) -> Floats:
    return np.array([float(values[k]) for k in range(n)])


def _drawn(both: Any, n: int) -> Floats:
    """Places of the firms: the largest part inside the circle of radius 1, the others around it."""
    import networkx as nx

    place = np.zeros((n, 2))
    parts = sorted(nx.connected_components(both), key=lambda part: (-len(part), min(part)))
    for k, part in enumerate(parts):
        rows = sorted(part)
        own = np.zeros((1, 2))
        if len(rows) > 1:
            spread = 3 / np.sqrt(len(rows))
            found = nx.spring_layout(both.subgraph(rows), k=spread, seed=0, iterations=80)
            own = np.array([found[row] for row in rows])
            own = own - own.mean(axis=0)
            own /= np.quantile(np.hypot(own[:, 0], own[:, 1]), 0.95) or 1.0
        if k:
            angle = 2 * np.pi * k / max(len(parts) - 1, 1)
            own = own * 0.08 + 1.4 * np.array([np.cos(angle), np.sin(angle)])
        place[rows] = own
    return place


def _kinds(partners: Bools, kinds: Sequence[tuple[str, ...]]) -> Floats:
    """How often the partners of each firm have each kind, shape ``(n, kinds)``."""
    names = sorted({name for some in kinds for name in some})
    at = {name: k for k, name in enumerate(names)}
    has = np.zeros((len(kinds), len(names)))
    for row, some in enumerate(kinds):
        for name in some:
            has[row, at[name]] = 1.0
    return partners.astype(float) @ has


def coupling(weights: Floats) -> tuple[Floats, Floats]:
    """First- and second-order coupling of each firm, shape ``(n,)`` each; ``nan`` without trade.

    Parameters
    ----------
    weights
        What i trades with j, both ways added up, shape ``(n, n)``.

    Examples
    --------
    Three in a row, equal amounts: the ends have one partner, the middle two.

    >>> row = np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> [values.tolist() for values in coupling(row)]
    [[1.0, 0.5, 1.0], [0.5, 1.0, 0.5]]
    """
    total = weights.sum(axis=1, keepdims=True)
    alone = total[:, 0] == 0
    shares = weights / np.where(total == 0, 1.0, total)
    first = (shares**2).sum(axis=1)
    second = shares @ first
    first[alone] = second[alone] = np.nan
    return first, second


def blau_index(counts: Floats) -> Floats:
    """1 − Σ s_k² of each row of counts, shape ``(n,)``; ``nan`` where the row is empty.

    Examples
    --------
    >>> blau_index(np.array([[1.0, 1], [2, 0]])).tolist()
    [0.5, 0.0]
    """
    return np.asarray(1 - (_row_shares(counts) ** 2).sum(axis=1))


def shannon_index(counts: Floats) -> Floats:
    """−Σ s_k ln s_k of each row of counts, shape ``(n,)``; ``nan`` where the row is empty."""
    shares = _row_shares(counts)
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(np.abs(-(shares * logs).sum(axis=1)))


def _row_shares(counts: Floats) -> Floats:
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1.0), np.nan)
