"""What does it bring clusters, and firms, to belong together?

v(S) is the value of the best plan that the clusters (or firms) S can make together: the worth of
the orders they can serve, less what serving them costs. ::

    rent of sharing   R = v(N) − Σ_i v({i})
    Shapley share     φ_i = Σ_{S ∌ i} |S|! (n−1−|S|)! / n! · (v(S ∪ i) − v(S));
                      Σ φ_i = v(N) − v(∅)
    gain of i         φ_i − v({i}),                        Σ gains = R where v(∅) = 0
    marginal value    v(N) − v(N ∖ i): what is lost if i alone leaves

Up to ten clusters the shares are exact, from all 2ⁿ plans; beyond, the mean over random orders of
arrival, with a standard error (each order's contributions add up to v(N) − v(∅), so the shares do
too). The rent is split by what carries it (Nishiguchi: 社会的埋め込み, 情報共有, 評判): the planner
is run with each channel on or off, and the Shapley rule is applied to the channels, so that the
order in which they are switched on does not matter.

Takes: a ``Value``, a function of a set of names, in yen; the planner gives one, a table of values
another. Gives: yen.
Sources: Shapley (1953); Castro, Gómez and Tejada (2009); Nishiguchi (2008), as told in Shoko
Research Institute (2012), section 3.2 ④. Checked against: the textbook games, additive games, sums.
Limits: a value is what a plan says it is, and rests on its prices. A share says what an even-handed
rule gives to each, not what each will accept: see ``is_stable``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, listed, say, word
from shuseki.reading.tables import read_table
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = [
    "CHANNELS",
    "EXACT",
    "ChannelSplit",
    "FirmValues",
    "SharingRent",
    "Value",
    "firm_values",
    "read_values",
    "sampled_shapley",
    "shapley_values",
    "sharing_rent",
    "split_by_channel",
    "value_table",
]

Value: TypeAlias = Callable[[frozenset[str]], float]
"""What a set of clusters (or of firms) can earn together, yen."""
EXACT = 10
"""Clusters up to which all 2ⁿ plans are made."""
CHANNELS = ("embedding", "information", "reputation")
"""What carries a rent: no cost of new ties; loads seen; ratings seen."""

SHAPLEY_1953 = Source(
    "Shapley1953",
    "Shapley, L. S., A value for n-person games, Contributions to the Theory of Games II",
    "1953",
)
CASTRO_2009 = Source(
    "CastroGomezTejada2009",
    "Castro, J., Gómez, D. and Tejada, J., Polynomial calculation of the Shapley value based on "
    "sampling, Computers & Operations Research 36",
    "2009",
)
NISHIGUCHI_2008 = Source(
    "Nishiguchi2008",
    say("Nishiguchi, on the rents of networks, as told in Shoko Research Institute (2012)"),
    "2008",
)


@result
class SharingRent(Result):
    """What clusters gain by sharing their directories, and whose it is.

    Attributes
    ----------
    clusters
        Names, shape ``(n,)``.
    alone
        v({i}), yen, shape ``(n,)``.
    shares
        Shapley share of each, yen, shape ``(n,)``.
    standard_errors
        Of the shares, yen; zeros where they are exact.
    left_out
        v(N ∖ i), yen, shape ``(n,)``.
    together, nothing
        v(N) and v(∅), yen.
    is_superadditive
        Whether no two disjoint sets lose by joining; ``None`` where not all plans were made.
    is_stable
        Whether no set of clusters earns more by itself than its shares (the core); ``None`` so.
    """

    clusters: tuple[str, ...]
    alone: Floats
    shares: Floats
    standard_errors: Floats
    left_out: Floats
    together: float
    nothing: float
    is_superadditive: bool | None
    is_stable: bool | None

    @property
    def rent(self) -> float:
        """v(N) − Σ v({i}), yen."""
        return float(self.together - self.alone.sum())

    def headline(self) -> Message:
        """Rent, and who brings most."""
        top = int(np.argmax(self.shares - self.alone))
        return say(
            "sharing brings ¥{rent:,.0f}: ¥{together:,.0f} together, ¥{alone:,.0f} each alone; "
            "{cluster} gains most by the Shapley rule, ¥{gain:,.0f}, n = {n:count(cluster)}",
            rent=self.rent,
            together=self.together,
            alone=float(self.alone.sum()),
            cluster=self.clusters[top],
            gain=float(self.shares[top] - self.alone[top]),
            n=len(self.clusters),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per cluster, the largest gain first, then by name."""
        frame = pd.DataFrame(
            {
                "cluster_name": self.clusters,
                "alone_yen": self.alone,
                "shapley_value_yen": self.shares,
                "standard_error_yen": self.standard_errors,
                "sharing_gain_yen": self.shares - self.alone,
                "marginal_value_yen": self.together - self.left_out,
            }
        )
        return frame.sort_values(
            ["sharing_gain_yen", "cluster_name"], ascending=[False, True], ignore_index=True
        )


def sharing_rent(
    value: Value,
    clusters: Sequence[str],
    *,
    draws: int = 500,
    rng: np.random.Generator | None = None,
    sources: tuple[Source, ...] = (),
    notes: tuple[str, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> SharingRent:
    """Compute the rent of sharing and the Shapley share of every cluster.

    Parameters
    ----------
    value
        v(S), yen; called once for each set that is needed.
    clusters
        Names, each once, two or more.
    draws
        Random orders of arrival where there are more than ten.
    rng
        Of the draws; ``default_rng(0)`` without it.
    sources, notes
        Of the values, to travel with the answer.
    progress
        Called with (done, of).

    Raises
    ------
    DataError
        Fewer than two clusters, one given twice, or a value that is not a number.
    ParameterError
        Fewer than two draws.

    Examples
    --------
    Two platers and one grinder: a part needs both processes and is worth ¥90.

    >>> def value(S):
    ...     return 90.0 if "grinder" in S and S & {"plater 1", "plater 2"} else 0.0
    >>> found = sharing_rent(value, ["grinder", "plater 1", "plater 2"])
    >>> dict(zip(found.clusters, found.shares.round(6).tolist()))
    {'grinder': 60.0, 'plater 1': 15.0, 'plater 2': 15.0}
    """
    names = _named(clusters)
    n = len(names)
    known = _Known(value, names)
    everyone = (1 << n) - 1
    superadditive: bool | None = None
    stable: bool | None = None
    if n <= EXACT:
        table = np.empty(1 << n)
        for mask in range(1 << n):
            table[mask] = known(mask)
            if progress:
                progress(mask + 1, 1 << n)
        shares, errors = shapley_values(table), np.zeros(n)
        tolerance = 1e-9 * max(1.0, float(np.abs(table).max()))
        superadditive = _is_superadditive(table, tolerance)
        stable = _is_stable(table, shares, tolerance)
        said = [say("Shares are exact: all {n:,} plans were made.", n=1 << n)]
    else:
        if draws < 2:
            raise ParameterError(
                say(
                    "{draws} draws. Expected 2 or more, such as 500.",
                    draws=draws,
                )
            )
        rng = np.random.default_rng(0) if rng is None else rng
        shares, errors = sampled_shapley(known, n, draws, rng, progress=progress)
        said = [say("Shares are means over {n:,} random orders of arrival.", n=draws)]
    if superadditive is False:
        said.append(
            say("Some clusters lose by joining: a plan for all is worth less than its parts.")
        )
    if stable is False:
        said.append(
            say("Some clusters would earn more by themselves than the Shapley rule gives them.")
        )
    return SharingRent(
        clusters=names,
        alone=np.array([known(1 << k) for k in range(n)]),
        shares=shares,
        standard_errors=errors,
        left_out=np.array([known(everyone ^ (1 << k)) for k in range(n)]),
        together=known(everyone),
        nothing=known(0),
        is_superadditive=superadditive,
        is_stable=stable,
        notes=(*notes, *said),
        sources=(*sources, SHAPLEY_1953, *((CASTRO_2009,) if n > EXACT else ())),
    )


class _Known:
    """Values of sets, as numbers of bits, each computed once."""

    def __init__(self, value: Value, names: tuple[str, ...]) -> None:
        self.value, self.names = value, names
        self.found: dict[int, float] = {}

    def __call__(self, mask: int) -> float:
        if mask not in self.found:
            members = frozenset(n for k, n in enumerate(self.names) if mask >> k & 1)
            found = float(self.value(members))
            if not np.isfinite(found):
                raise DataError(
                    say(
                        "The value of {{{members}}} is {found}. Expected yen. Give every set a "
                        "finite value; 0 where nothing can be made.",
                        members=examples(sorted(members)),
                        found=found,
                    )
                )
            self.found[mask] = found
        return self.found[mask]


def _named(names: Iterable[str]) -> tuple[str, ...]:
    given = tuple(names)
    twice = [name for name, count in Counter(given).items() if count > 1]
    if twice:
        raise DataError(
            say(
                "Given twice: {twice}. Expected each once. Keep one.",
                twice=examples(twice),
            )
        )
    if len(given) < 2:
        raise DataError(
            say(
                "{n_given} clusters: {given}. Expected two or more, who can share. Add another.",
                n_given=len(given),
                given=examples(given) or say("none"),
            )
        )
    return given


# ---- arithmetic ----------------------------------------------------------------------------------


def shapley_values(table: Floats) -> Floats:
    """Shapley values of a game, shape ``(n,)``.

    Parameters
    ----------
    table
        v of every set, shape ``(2ⁿ,)``; player k is in the set of number m where bit k of m is 1.

    Examples
    --------
    Glove game: player 0 has a left glove, 1 and 2 have a right one each; a pair is worth 1.

    >>> shapley_values(np.array([0, 0, 0, 1, 0, 1, 0, 1.0])).round(6).tolist()
    [0.666667, 0.166667, 0.166667]
    """
    n = int(np.log2(len(table)))
    if 1 << n != len(table):
        raise ParameterError(
            say(
                "{n_table} values. Expected 2ⁿ, one for every set.",
                n_table=len(table),
            )
        )
    masks = np.arange(len(table))
    size = np.array([int(m).bit_count() for m in masks])
    weight = np.array([factorial(s) * factorial(n - 1 - s) / factorial(n) for s in range(n)])
    values = np.empty(n)
    for k in range(n):
        without = masks[(masks >> k & 1) == 0]
        gain = table[without | (1 << k)] - table[without]
        values[k] = (weight[size[without]] * gain).sum()
    return values


def sampled_shapley(
    value: Callable[[int], float],
    n: int,
    draws: int,
    rng: np.random.Generator,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Floats, Floats]:
    """Means and standard errors of contributions over random orders, shape ``(n,)`` each.

    Parameters
    ----------
    value
        v of a set as a number of n bits.
    """
    gains = np.empty((draws, n))
    empty = value(0)
    for draw in range(draws):
        mask, before = 0, empty
        for k in rng.permutation(n).tolist():
            mask |= 1 << k
            after = value(mask)
            gains[draw, k] = after - before
            before = after
        if progress:
            progress(draw + 1, draws)
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(draws)


def _is_superadditive(table: Floats, tolerance: float) -> bool:
    """Whether v(S ∪ T) ≥ v(S) + v(T) for all disjoint S, T."""
    n = int(np.log2(len(table)))
    for whole in range(1, 1 << n):
        part = (whole - 1) & whole
        while part:
            if table[part] + table[whole ^ part] - table[0] > table[whole] + tolerance:
                return False
            part = (part - 1) & whole
    return True


def _is_stable(table: Floats, shares: Floats, tolerance: float) -> bool:
    """Whether Σ_{i∈S} φ_i ≥ v(S) for every S."""
    masks = np.arange(len(table))
    given = np.zeros(len(table))
    for k, share in enumerate(shares):
        given += np.where(masks >> k & 1, share, 0.0)
    return bool((given + tolerance >= table - table[0]).all())


def value_table(value: Value, names: Sequence[str]) -> pd.DataFrame:
    """V of every set of some clusters: columns ``clusters`` (joined by +) and ``value_yen``."""
    members = _named(names)
    rows = [
        ("+".join(some), float(value(frozenset(some))))
        for size in range(1, len(members) + 1)
        for some in combinations(members, size)
    ]
    return pd.DataFrame(rows, columns=["clusters", "value_yen"])


def read_values(given: str | Path | pd.DataFrame) -> tuple[Value, tuple[str, ...]]:
    """Values of all sets from a table: ``clusters`` (joined by +) and ``value_yen``.

    Returns
    -------
    tuple
        The value function, and the names in the order in which they first appear.

    Raises
    ------
    DataError
        A set is missing, given twice, or a value is not a number; the message names it.
    """
    if isinstance(given, pd.DataFrame):
        table = given[["clusters", "value_yen"]]
    else:
        table = read_table(given, codes=["clusters"], numbers=["value_yen"], required=["value_yen"])
    found: dict[frozenset[str], float] = {frozenset(): 0.0}
    rows: dict[frozenset[str], object] = {}
    names: dict[str, None] = {}
    for row, text, value in zip(table.index, table["clusters"], table["value_yen"], strict=True):
        parts = [part.strip() for part in str(text).split("+") if part.strip()]
        some = frozenset(parts)
        if len(parts) != len(some) or not some:
            raise DataError(
                say(
                    "Row {row}: {text!r} names no set of clusters. Expected names joined by +, "
                    "each once, such as ota+suwa. Correct the cell.",
                    row=row,
                    text=text,
                )
            )
        if some in rows:
            raise DataError(
                say(
                    "{some} is given twice, in rows {rows} and {row}. Expected each set once. "
                    "Keep one.",
                    some="+".join(sorted(some)),
                    rows=rows[some],
                    row=row,
                )
            )
        if not np.isfinite(value):
            raise DataError(
                say(
                    "Row {row}: no value for {text!r}. Expected yen. Fill it in.",
                    row=row,
                    text=text,
                )
            )
        rows[some], found[some] = row, float(value)
        names.update(dict.fromkeys(parts))
    everyone = tuple(names)
    if len(everyone) > EXACT:
        raise DataError(
            say(
                "{n_everyone} clusters in a table of sets. Expected {exact} or fewer: all 2ⁿ sets "
                "are needed. Join some clusters.",
                n_everyone=len(everyone),
                exact=EXACT,
            )
        )
    lacking = [
        "+".join(some)
        for size in range(1, len(everyone) + 1)
        for some in combinations(everyone, size)
        if frozenset(some) not in found
    ]
    if lacking:
        raise DataError(
            say(
                "No value for {lacking}. Expected one for each of the {n_everyone} sets of "
                "{n_everyone_2} clusters. Add the rows.",
                lacking=examples(lacking),
                n_everyone=(1 << len(everyone)) - 1,
                n_everyone_2=len(everyone),
            )
        )
    return found.__getitem__, everyone


# ---- which channel carries it --------------------------------------------------------------------


@result
class ChannelSplit(Result):
    """What each channel contributes to the rent of sharing.

    Attributes
    ----------
    channels
        Names, shape ``(c,)``.
    shares
        Shapley share of each in what all of them add, yen, shape ``(c,)``.
    only, without
        Rent with this channel alone on, and with it alone off, yen, shape ``(c,)``.
    all_off, all_on
        Rent with none and with all of them, yen.
    """

    channels: tuple[str, ...]
    shares: Floats
    only: Floats
    without: Floats
    all_off: float
    all_on: float

    def headline(self) -> Message:
        """Rent without channels, and what each adds."""
        parts = [
            say("{channel} ¥{yen:,.0f}", channel=word(name), yen=float(share))
            for name, share in zip(self.channels, self.shares, strict=True)
        ]
        return say(
            "of a rent of ¥{all_on:,.0f}, ¥{all_off:,.0f} needs none of these channels; "
            "{parts}, n = {n:count(channel)}",
            all_on=self.all_on,
            all_off=self.all_off,
            parts=listed(parts),
            n=len(self.channels),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per channel."""
        return pd.DataFrame(
            {
                "channel": pd.Series([word(name) for name in self.channels], dtype=object),
                "shapley_value_yen": self.shares,
                "rent_with_this_alone_yen": self.only,
                "rent_without_this_yen": self.without,
            }
        )


def split_by_channel(
    rent: Callable[[frozenset[str]], float],
    channels: Sequence[str] = CHANNELS,
    *,
    sources: tuple[Source, ...] = (),
) -> ChannelSplit:
    """Split a rent among the channels that carry it.

    Parameters
    ----------
    rent
        The rent (or value) when these channels are on, yen.
    channels
        Names, each once.

    Examples
    --------
    >>> found = split_by_channel(lambda on: 100.0 * len(on) + 30.0 * (len(on) == 3))
    >>> found.shares.round(6).tolist()
    [110.0, 110.0, 110.0]
    """
    names = _named(channels)
    known = _Known(rent, names)
    n = len(names)
    table = np.array([known(mask) for mask in range(1 << n)])
    everything = (1 << n) - 1
    return ChannelSplit(
        channels=names,
        shares=shapley_values(table),
        only=table[[1 << k for k in range(n)]],
        without=table[[everything ^ (1 << k) for k in range(n)]],
        all_off=float(table[0]),
        all_on=float(table[everything]),
        notes=(
            say(
                "A channel is switched off by making new ties cost, by hiding loads, or by hiding "
                "ratings; shares do not depend on the order."
            ),
        ),
        sources=(*sources, SHAPLEY_1953, NISHIGUCHI_2008, AGGLOMERATION_2012),
    )


# ---- firms ---------------------------------------------------------------------------------------


@result
class FirmValues(Result):
    """What the others would lose if a firm left the shared directory.

    Attributes
    ----------
    firms
        Names, shape ``(n,)``.
    marginal
        v(N) − v(N ∖ i), yen, shape ``(n,)``.
    """

    firms: tuple[str, ...]
    marginal: Floats
    together: float

    def headline(self) -> Message:
        """Who would be missed most."""
        top = int(np.argmax(self.marginal))
        none = int((self.marginal <= 0).sum())
        return say(
            "{firm} is worth most to the others, ¥{yen:,.0f} of ¥{together:,.0f}; "
            "{none:count(firm)} could leave at no loss, n = {n:count(firm)}",
            firm=self.firms[top],
            yen=float(self.marginal[top]),
            together=self.together,
            none=none,
            n=len(self.firms),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm, the most valuable first, then by name."""
        frame = pd.DataFrame({"firm": self.firms, "marginal_value_yen": self.marginal})
        return frame.sort_values(
            ["marginal_value_yen", "firm"], ascending=[False, True], ignore_index=True
        )


def firm_values(
    value: Value,
    firms: Sequence[str],
    *,
    sources: tuple[Source, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> FirmValues:
    """Marginal value of every firm's record, by planning without it.

    Parameters
    ----------
    value
        v of a set of firms, yen.
    firms
        Names, each once; each set but one firm is planned once.
    """
    names = _named(firms)
    everyone = frozenset(names)
    together = float(value(everyone))
    marginal = np.empty(len(names))
    for k, name in enumerate(names):
        marginal[k] = together - float(value(everyone - {name}))
        if progress:
            progress(k + 1, len(names))
    return FirmValues(
        firms=names,
        marginal=marginal,
        together=together,
        notes=(say("Firms that stand in for one another are each worth less than both."),),
        sources=sources,
    )
