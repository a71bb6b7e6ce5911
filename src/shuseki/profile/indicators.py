"""Which numbers describe an area, and how does an area stand in each?

An indicator is a formula over the columns of a base (``indicators.toml``), with unit, year, sign
and source. Its *standing* is the percentile among the areas that have it::

    standing_r = 100 (rank_r − 1) / (n − 1),   rank 1 = worst, ties in the middle

so that the best area has 100 and the worst 0. A standing of an unknown value is unknown.

Small places are uncertain. A count is read as chance around what such a place could have
(Poisson), an amount spread over plants varies with them besides::

    (se / value)² = Σ_k (1 + variation²) / count_k

The rank of an area then has a distribution: given its true value x, the number of areas above is a
sum of independent chances Φ((y_s − x) / se_s); this is mixed over x ~ N(value, se) at 21 points.
The interval holds 90 % of it.

Takes: a base, a file of indicators. Gives: values, standings, ranks with intervals.
Sources: typology's reading of small places (docs/measures/types.md); ranks: Goldstein and
Spiegelhalter (1996), J. R. Stat. Soc. A 159.
Limits: errors of different areas count as independent; amounts of censuses have no other error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from shuseki.arrays import Floats, Ints
from shuseki.entry.formulas import Formula
from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.base import Base
from shuseki.reading.toml import Faults, check_shape, only_tables, read_toml
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "Indicator",
    "Indicators",
    "Values",
    "all_rank_intervals",
    "indicators",
    "rank_intervals",
    "standings",
    "values_of",
]

COVERED = 0.90
POINTS = 21
FAR = 9.0
"""Standard deviations beyond which a chance is 0 or 1 (2e-19 off)."""
KEYS = {
    "key", "label", "label_ja", "formula", "early", "unit", "unit_ja", "year", "sign", "counts",
    "variation", "growth", "missing", "missing_ja",
}  # fmt: skip
TABLES = ("indicator", "framework", "direction", "fact")
"""What a file of the user's may hold: one file may say it all."""


@dataclass(frozen=True, eq=False)
class Indicator:
    """One indicator; see the module and ``indicators.toml``."""

    key: str
    label: Message
    unit: Message
    year: str
    sign: int
    formula: Formula | None
    early: Formula | None = None
    counts: tuple[str, ...] = ()
    variation: float = 0.0
    growth: bool = False
    missing: Message | None = None

    def why_missing(self, base: Base) -> Message | None:
        """Why a base cannot give it, or ``None``."""
        if self.formula is None:
            return self.missing
        lacking = [name for name in self.formula.columns if name not in base.columns]
        if not lacking:
            return None
        if not base.has_statistics:
            return say("Needs public statistics, which are not known of these areas.")
        return say("No column {column} is bundled yet.", column=lacking[0])


@result
class Indicators(Result):
    """The catalogue of indicators."""

    entries: tuple[Indicator, ...]

    def headline(self) -> Message:
        """Count them."""
        known = sum(entry.formula is not None for entry in self.entries)
        return say(
            "{n:count(indicator)}, {missing} of them in no public statistics",
            n=len(self.entries),
            missing=len(self.entries) - known,
        )

    def __getitem__(self, key: str) -> Indicator:
        if key not in self._by_key:
            raise UnknownCodeError.among("indicator", [key], list(self._by_key))
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, Indicator]:
        return {entry.key: entry for entry in self.entries}

    def to_frame(self) -> pd.DataFrame:
        """One row per indicator."""
        return in_both(
            {
                "indicator": e.key,
                "label": e.label,
                "unit": e.unit,
                "year": e.year,
                "sign": e.sign,
                "formula": e.formula.text if e.formula else "",
                "why_missing": e.missing or "",
            }
            for e in self.entries
        )


@dataclass(frozen=True, eq=False)
class Values:
    """Indicators of all areas of a base.

    Attributes
    ----------
    catalogue
        What they are, ``K``.
    value, error
        Shape ``(areas, K)``; ``nan`` where unknown. ``error`` is 0 where none is known.
    standing
        Percentile, sign applied, ``(areas, K)``.
    """

    catalogue: Indicators
    base: Base
    value: Floats
    error: Floats
    standing: Floats

    @cached_property
    def column(self) -> dict[str, int]:
        """Key → column."""
        return {entry.key: k for k, entry in enumerate(self.catalogue.entries)}

    @cached_property
    def median(self) -> Floats:
        """Median of the known areas, ``(K,)``; ``nan`` where nobody is known."""
        known = (column[np.isfinite(column)] for column in self.value.T)
        return np.array([np.median(column) if len(column) else np.nan for column in known])

    def of(self, key: str) -> Floats:
        """Values of one indicator, ``(areas,)``."""
        self.catalogue[key]
        found: Floats = self.value[:, self.column[key]]
        return found

    def sources(self, key: str) -> tuple[Source, ...]:
        """The data sets behind an indicator."""
        formula = self.catalogue[key].formula
        return self.base.sources_of(formula.columns) if formula else ()


# ---- public verbs ------------------------------------------------------------------------------


def indicators(also: str | Path | None = None) -> Indicators:
    """Give the catalogue of indicators.

    Parameters
    ----------
    also
        A TOML file of the user's with more of them, or with others under the same keys.

    Raises
    ------
    DataError
        An entry has an unknown or missing field, or a key stands twice.

    Examples
    --------
    >>> indicators()["unemployment"].label.in_language("ja")
    '失業率'
    """
    entries = {entry.key: entry for entry in _bundled()}
    if also is not None:
        table = read_toml(Path(also))
        entries |= {entry.key: entry for entry in read_entries(table, str(also))}
    return Indicators(entries=tuple(entries.values()))


def values_of(base: Base, catalogue: Indicators | None = None) -> Values:
    """Compute every indicator of every area of a base."""
    chosen = catalogue or _catalogue()
    n, k = len(base.codes), len(chosen.entries)
    value, error = np.full((n, k), np.nan), np.zeros((n, k))
    for column, entry in enumerate(chosen.entries):
        if entry.formula is None or entry.why_missing(base) is not None:
            continue
        value[:, column] = entry.formula.of(base.columns).to_numpy(float)
        relative = np.zeros(n)
        for name in entry.counts:
            if name in base.columns:
                count = base.columns[name].to_numpy(float)
                relative += (1 + entry.variation**2) / np.maximum(np.nan_to_num(count), 1.0)
        level = np.abs(value[:, column] + entry.growth)
        error[:, column] = np.where(np.isfinite(level), level * np.sqrt(relative), 0.0)
    sign = np.array([entry.sign for entry in chosen.entries], dtype=float)
    return Values(chosen, base, value, error, standings(value * sign))


# ---- reading -------------------------------------------------------------------------------------


@lru_cache
def _bundled() -> tuple[Indicator, ...]:
    place = files("shuseki.profile") / "indicators.toml"
    return read_entries(read_toml(Path(str(place))), "indicators.toml")


@lru_cache
def _catalogue() -> Indicators:
    return indicators()


def read_entries(table: Mapping[str, Any], where: str) -> tuple[Indicator, ...]:
    """Read the ``[[indicator]]`` tables of a file."""
    check_shape(table, only_tables(*TABLES), where)
    rows = table.get("indicator", [])
    faults, found = Faults(), []
    for row in rows:
        with faults.gathered():
            found.append(_entry(row, where))
    faults.tell()
    keys = [entry.key for entry in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise DataError(
            say(
                "{where}: indicators given twice: {twice}. Keep one of each.",
                where=where,
                twice=listed(twice),
            )
        )
    return tuple(found)


def _entry(row: Mapping[str, Any], where: str) -> Indicator:
    name = row.get("key", "an indicator without a key")
    unknown = sorted(set(row) - KEYS)
    lacking = [key for key in ("key", "label", "unit") if not isinstance(row.get(key), str)]
    if ("formula" in row) == ("missing" in row):
        lacking.append("either formula or missing")
    sign = row.get("sign", 1)
    if unknown or lacking:
        raise DataError(
            say(
                "{where}, {name}: missing {lacking}, unknown {unknown}. Expected {keys}. Correct "
                "it.",
                where=where,
                name=name,
                lacking=", ".join(lacking) or say("nothing"),
                unknown=", ".join(unknown) or say("nothing"),
                keys=listed(sorted(KEYS)),
            )
        )
    if sign not in (1, -1) or isinstance(sign, bool):
        raise DataError(
            say(
                "{where}, {name}: sign is {sign!r}. Expected 1 or -1. Correct it.",
                where=where,
                name=name,
                sign=sign,
            )
        )
    counts, variation = row.get("counts", []), row.get("variation", 0.0)
    if not isinstance(counts, list) or not all(isinstance(count, str) for count in counts):
        raise DataError(
            say(
                "{where}, {name}: counts is {counts!r}. Expected names of columns.",
                where=where,
                name=name,
                counts=counts,
            )
        )
    if not isinstance(variation, int | float) or not 0 <= variation < np.inf:
        raise DataError(
            say(
                "{where}, {name}: variation is {variation!r}. Expected 0 or more.",
                where=where,
                name=name,
                variation=variation,
            )
        )

    def both(key: str) -> Message:
        return TwoNames(str(row.get(key, "")), str(row.get(f"{key}_ja", row.get(key, ""))))

    return Indicator(
        key=str(row["key"]),
        label=both("label"),
        unit=both("unit"),
        year=str(row.get("year", "")),
        sign=int(sign),
        formula=Formula(str(row["formula"])) if "formula" in row else None,
        early=Formula(str(row["early"])) if "early" in row else None,
        counts=tuple(counts),
        variation=float(variation),
        growth=bool(row.get("growth", False)),
        missing=both("missing") if "missing" in row else None,
    )


# ---- arithmetic ----------------------------------------------------------------------------------


def standings(value: Floats) -> Floats:
    """Percentile of each area in each column, 0 to 100, more is better; unknown stays unknown.

    Parameters
    ----------
    value
        Shape ``(areas, K)``.

    Examples
    --------
    >>> standings(np.array([[3.0], [1.0], [np.nan], [2.0]]))[:, 0].tolist()
    [100.0, 0.0, nan, 50.0]
    """
    out = np.full(value.shape, np.nan)
    for k in range(value.shape[1]):
        known = np.isfinite(value[:, k])
        n = int(known.sum())
        if n > 1:
            out[known, k] = 100 * (pd.Series(value[known, k]).rank().to_numpy() - 1) / (n - 1)
        elif n == 1:
            out[known, k] = 50.0
    return out


def rank_intervals(value: Floats, error: Floats, row: int) -> tuple[Floats, Floats, Floats]:
    """Rank of one area in each column, best = 1, with its 90 % interval.

    Parameters
    ----------
    value, error
        Shape ``(areas, K)``, more is better.
    row
        The area.

    Returns
    -------
    tuple of arrays
        Rank, lower and upper, shape ``(K,)``; ``nan`` where unknown.

    Examples
    --------
    >>> value, error = np.array([[3.0], [2.0], [1.0]]), np.full((3, 1), 1e-9)
    >>> [float(part[0]) for part in rank_intervals(value, error, 1)]
    [2.0, 2.0, 2.0]
    """
    return _intervals([(value[:, k], error[:, k], row) for k in range(value.shape[1])])


def all_rank_intervals(value: Floats, error: Floats) -> tuple[Floats, Floats, Floats]:
    """The same of every area in one column.

    Parameters
    ----------
    value, error
        Shape ``(areas,)``, more is better.

    Returns
    -------
    tuple of arrays
        Rank, lower and upper, shape ``(areas,)``; ``nan`` where unknown.
    """
    return _intervals([(value, error, row) for row in range(len(value))])


def _intervals(cases: Sequence[tuple[Floats, Floats, int]]) -> tuple[Floats, Floats, Floats]:
    """Rank, lower and upper of each case: values and errors of all areas, and which area."""
    n = len(cases)
    rank, low, high = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    node = ndtri((np.arange(POINTS) + 0.5) / POINTS)
    drawn: list[int] = []
    others, mean, variance = np.zeros(n, np.int64), np.zeros((n, POINTS)), np.zeros((n, POINTS))
    for k, (values, errors, row) in enumerate(cases):
        x, own = values[row], errors[row]
        if not np.isfinite(x):
            continue
        known = np.isfinite(values)
        known[row] = False
        y, s = values[known], errors[known]
        rank[k] = 1 + (y > x).sum() + (y == x).sum() / 2
        if own <= 0 and not s.any():
            low[k] = high[k] = rank[k]
            continue
        # Which of two is ahead is certain where they are far apart: no chance is computed for them.
        is_near = np.abs(y - x) <= FAR * s + own * node[-1]
        near, spread = y[is_near], np.maximum(s[is_near], 1e-300)
        chance = ndtr((near[None, :] - (x + own * node)[:, None]) / spread[None, :])
        drawn.append(k)
        others[k] = len(y)
        mean[k] = (y[~is_near] > x).sum() + chance.sum(axis=1)
        variance[k] = (chance * (1 - chance)).sum(axis=1)
    deviation = np.sqrt(np.maximum(variance[drawn], 1e-12))
    for bound, chance_below in ((low, (1 - COVERED) / 2), (high, (1 + COVERED) / 2)):
        bound[drawn] = 1 + _ahead(mean[drawn], deviation, others[drawn], chance_below)
    return rank, np.minimum(low, rank), np.maximum(high, rank)


def _ahead(mean: Floats, deviation: Floats, others: Ints, chance: float) -> Ints:
    """Quantile of the number of areas ahead, in each case.

    The smallest k at which the mean of Φ((k + 1/2 − mean) / deviation) over the draws reaches
    ``chance``, found by halving 0 … ``others``.

    Parameters
    ----------
    mean, deviation
        Of the number of areas ahead, at each draw of the area's own value, ``(cases, POINTS)``.
    """
    low, high = np.zeros(len(others), np.int64), others.copy()
    while (low < high).any():
        middle = (low + high) // 2
        reached = ndtr((middle[:, None] + 0.5 - mean) / deviation).mean(axis=1) >= chance
        is_open = low < high
        high = np.where(is_open & reached, middle, high)
        low = np.where(is_open & ~reached, middle + 1, low)
    return low


def indicator_table(values: Values, keys: Sequence[str]) -> pd.DataFrame:
    """Values of some indicators, one row per area."""
    return pd.DataFrame(
        {key: values.of(key) for key in keys}, index=pd.Index(values.base.codes, name="area")
    )
