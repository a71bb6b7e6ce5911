"""Which conditions of the theories does an area meet, and which does it lack?

A framework (``frameworks.toml``) is a list of conditions, a condition a list of indicators. Its
score is the mean of their standings (0–100 among the areas of the division), with

- the number of indicators known, and the names of the missing; below half: "cannot be said";
- the rank at equal weights, and the ranks between which it lies whatever the weights, each at most
  0.6 (``weightings``);
- for the framework, the *balance*: geometric over arithmetic mean of its conditions' scores. The
  2012 paper stresses that the conditions work together (有機的な相互関係): an area high in three
  and absent in one has a balance near 0, and is told so.

There is no league table: a framework is a mirror. Whether its scores went with later growth is
asked in ``later_growth``: scores about 2001 against growth of employees 2006–2012 and 2012–2019,
rank correlation with its 95 % interval (Fisher), told whatever it is.

Takes: values of indicators. Gives: ``FrameworkScores`` of one area.
Sources: Shoko Research Institute (2012), sections 2.1 and 2.2.
Limits: standings measure places against one another, not against a goal; what only firms can say is
named and not scored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import DataError
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.indicators import TABLES, Indicators, Values, standings
from shuseki.profile.weightings import corner_ranks, rank_range, scores
from shuseki.reading.toml import Faults, check_shape, only_tables, read_toml
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = [
    "Condition",
    "Framework",
    "FrameworkScores",
    "LaterGrowth",
    "frameworks",
    "later_growth",
    "scores_of",
    "tables_of",
    "texts_of",
]

ENOUGH = 0.5
"""Share of a condition's indicators that must be known."""
HIGH, ABSENT = 200 / 3, 10.0
"""Scores of a condition that is high, and of one that is as good as absent."""
FIELDS = {"key", "label", "label_ja", "author", "where", "condition"}
CONDITION_FIELDS = {"key", "label", "label_ja", "indicators", "ask", "ask_ja"}


@dataclass(frozen=True, eq=False)
class Condition:
    """One condition: indicators (key, and +1 or −1 for its sign), and what firms would be asked."""

    key: str
    label: Message
    indicators: tuple[tuple[str, int], ...]
    ask: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class Framework:
    """One framework."""

    key: str
    label: Message
    author: str
    where: str
    conditions: tuple[Condition, ...]


@result
class FrameworkScores(Result):
    """Scores of one area in every framework; ``C`` conditions in all.

    Attributes
    ----------
    frameworks
        What was scored.
    score, rank, rank_best, rank_worst, rank_best_reached, rank_worst_reached
        Of each condition in the order of the frameworks, ``(C,)``: score 0–100; rank at equal
        weights (1 is best); bounds over all weightings; what their corners reach.
    known, of
        Indicators known, and all, ``(C,)``.
    missing
        Labels of the missing indicators of each condition.
    areas
        Areas with a score, ``(C,)``.
    balance, mean
        Of each framework; ``nan`` where a condition cannot be said.
    """

    area: str
    area_name: Message
    frameworks: tuple[Framework, ...]
    score: Floats
    rank: Floats
    rank_best: Floats
    rank_worst: Floats
    rank_best_reached: Floats
    rank_worst_reached: Floats
    known: Floats
    of: Floats
    areas: Floats
    missing: tuple[tuple[Message, ...], ...]
    balance: Floats
    mean: Floats

    @property
    def conditions(self) -> tuple[tuple[Framework, Condition], ...]:
        """Every condition with its framework, in order."""
        return tuple((f, c) for f in self.frameworks for c in f.conditions)

    def headline(self) -> Message:
        """Say the clearest strength and the clearest gap."""
        if not np.isfinite(self.score).any():
            return say("{area}: no condition can be scored", area=self.area_name)
        high, low = int(np.nanargmax(self.score)), int(np.nanargmin(self.score))
        conditions = self.conditions
        return say(
            "{area} stands highest in {high} ({high_score:.0f} of 100) and lowest in {low} "
            "({low_score:.0f})",
            area=self.area_name,
            high=conditions[high][1].label,
            high_score=self.score[high],
            low=conditions[low][1].label,
            low_score=self.score[low],
        )

    def verdicts(self) -> tuple[Message, ...]:
        """One sentence for each framework."""
        said, at = [], 0
        for k, framework in enumerate(self.frameworks):
            part = slice(at, at + len(framework.conditions))
            at += len(framework.conditions)
            said.append(
                verdict(framework, self.score[part], self.rank[part], float(self.balance[k]))
            )
        return tuple(said)

    def to_frame(self) -> pd.DataFrame:
        """One row per condition."""
        rows = []
        for k, (framework, condition) in enumerate(self.conditions):
            rows.append(
                {
                    "framework": framework.label,
                    "condition": condition.label,
                    "score": self.score[k],
                    "rank": self.rank[k],
                    "rank_best": self.rank_best[k],
                    "rank_worst": self.rank_worst[k],
                    "areas": self.areas[k],
                    "indicators_known": self.known[k],
                    "indicators": self.of[k],
                    "missing_indicators": listed(self.missing[k]) if self.missing[k] else "",
                    "balance": self.balance[self.frameworks.index(framework)],
                }
            )
        return in_both(rows)


def verdict(framework: Framework, score: Floats, rank: Floats, balance: float) -> Message:
    """Say what the scores of a framework's conditions amount to."""
    known = np.isfinite(score)
    labels = [condition.label for condition in framework.conditions]
    unsaid = [label for label, is_known in zip(labels, known, strict=True) if not is_known]
    if not known.any():
        return say("{framework}: cannot be said", framework=framework.label)
    parts: list[Message] = []
    if known.all() and (rank == 1).all():
        parts.append(say("every condition is met best of all areas"))
    else:
        absent = [label for label, s in zip(labels, score, strict=True) if s <= ABSENT]
        high = [label for label, s in zip(labels, score, strict=True) if s >= HIGH]
        if high:
            parts.append(say("high: {conditions}", conditions=listed(high)))
        if absent and len(absent) == 1 and len(high) == int(known.sum()) - 1 and len(high) > 0:
            parts.append(
                say(
                    "one condition is missing, {condition}, and the others cannot stand in for it",
                    condition=absent[0],
                )
            )
        elif absent:
            parts.append(say("as good as absent: {conditions}", conditions=listed(absent)))
        if not high and not absent:
            parts.append(say("no condition stands out"))
    if unsaid:
        parts.append(say("cannot be said: {conditions}", conditions=listed(unsaid)))
    if np.isfinite(balance):
        parts.append(say("balance {balance:.2f}", balance=balance))
    return say("{framework}: {parts}", framework=framework.label, parts=joined(parts))


@result
class LaterGrowth(Result):
    """Did scores about 2001 go with later growth?

    Attributes
    ----------
    framework, condition, span
        Of each row; "all conditions" is the mean of the framework.
    correlation, lower, upper
        Rank correlation with growth of employees, and its 95 % interval.
    areas
        Areas compared.
    """

    framework: tuple[Message, ...]
    condition: tuple[Message, ...]
    span: tuple[str, ...]
    correlation: Floats
    lower: Floats
    upper: Floats
    areas: Floats
    early_indicators: Floats

    def headline(self) -> Message:
        """Count those that did."""
        return say(
            "Of {n} scores about 2001, {up} went with more growth of employees later, {down} with "
            "less, {none} with neither (95%)",
            n=len(self.correlation),
            up=int((self.lower > 0).sum()),
            down=int((self.upper < 0).sum()),
            none=int(((self.lower <= 0) & (self.upper >= 0)).sum()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per framework or condition and span."""
        return in_both(
            {
                "framework": self.framework[k],
                "condition": self.condition[k],
                "span": self.span[k],
                "rank_correlation": self.correlation[k],
                "lower": self.lower[k],
                "upper": self.upper[k],
                "areas": self.areas[k],
                "indicators": self.early_indicators[k],
            }
            for k in range(len(self.span))
        )


# ---- public verbs ------------------------------------------------------------------------------


def frameworks(also: str | Path | None = None) -> tuple[Framework, ...]:
    """Give the frameworks, with those of a TOML file of the user's.

    Examples
    --------
    >>> [framework.key for framework in frameworks()][:2]
    ['diamond', 'milieu']
    """
    found = {framework.key: framework for framework in _bundled()}
    if also is not None:
        table = read_toml(Path(also))
        found |= {one.key: one for one in read_frameworks(table, str(also))}
    return tuple(found.values())


def scores_of(
    values: Values, area: str, chosen: tuple[Framework, ...] | None = None
) -> FrameworkScores:
    """Score one area in every framework."""
    given = frameworks() if chosen is None else chosen
    row = values.base.position(area)
    out: dict[str, list[Any]] = {name: [] for name in OUT}
    balance, mean = [], []
    for framework in given:
        of_framework = []
        for condition in framework.conditions:
            standing = condition_standings(values, condition)
            one = _score(standing, row)
            of_framework.append(one["score"])
            for name in OUT[:-1]:
                out[name].append(one[name])
            out["missing"].append(_missing(values, condition, row))
        mean.append(float(np.mean(of_framework)))
        balance.append(balance_of(np.array(of_framework)))
    base = values.base
    return FrameworkScores(
        area=area,
        area_name=TwoNames(base.names("en")[row], base.names("ja")[row]),
        frameworks=given,
        missing=tuple(out.pop("missing")),
        balance=np.array(balance),
        mean=np.array(mean),
        notes=(
            say(
                "Scores are percentiles among {n:,} areas: a mirror, no league table. Bounds hold "
                "for all weightings with no indicator above 60%.",
                n=len(base.codes),
            ),
        ),
        sources=(
            AGGLOMERATION_2012.at(say("sections {number} and {last}", number="2.1", last="2.2")),
            *base.sources,
        ),
        **{name: np.array(column, dtype=float) for name, column in out.items()},
    )


OUT = ("score", "rank", "rank_best", "rank_worst", "rank_best_reached", "rank_worst_reached",
       "known", "of", "areas", "missing")  # fmt: skip


def later_growth(values: Values, chosen: tuple[Framework, ...] | None = None) -> LaterGrowth:
    """Compare scores about 2001 with the growth of manufacturing employees that followed."""
    given = frameworks() if chosen is None else chosen
    base = values.base
    early = early_standings(values)
    growths = later_growths(base.columns)
    rows: list[tuple[Any, ...]] = []
    for framework in given:
        means = []
        for condition in framework.conditions:
            pick = [(values.column[key], sign) for key, sign in condition.indicators]
            usable = [(k, sign) for k, sign in pick if np.isfinite(early[:, k]).any()]
            if not usable:
                continue
            part = np.stack(
                [early[:, k] if sign > 0 else 100 - early[:, k] for k, sign in usable], axis=1
            )
            score = scores(part)
            means.append(score)
            for span, growth in growths.items():
                rows.append((framework.label, condition.label, span,
                             *correlation(score, growth), len(usable)))  # fmt: skip
        if len(means) > 1:
            for span, growth in growths.items():
                whole = np.mean(means, axis=0)
                rows.append(
                    (
                        framework.label,
                        say("all conditions"),
                        span,
                        *correlation(whole, growth),
                        np.nan,
                    )
                )
    column = list(zip(*rows, strict=True)) if rows else [()] * 8
    return LaterGrowth(
        framework=tuple(column[0]),
        condition=tuple(column[1]),
        span=tuple(column[2]),
        correlation=np.array(column[3], dtype=float),
        lower=np.array(column[4], dtype=float),
        upper=np.array(column[5], dtype=float),
        areas=np.array(column[6], dtype=float),
        early_indicators=np.array(column[7], dtype=float),
        notes=(
            say(
                "Only indicators known about 2001 enter. Correlation is not cause; many are "
                "compared at once, so one in twenty crosses the line by chance."
            ),
        ),
        sources=base.sources,
    )


# ---- reading -------------------------------------------------------------------------------------


@lru_cache
def _bundled() -> tuple[Framework, ...]:
    place = files("shuseki.profile") / "frameworks.toml"
    return read_frameworks(read_toml(Path(str(place))), "frameworks.toml")


def read_frameworks(table: Mapping[str, Any], where: str) -> tuple[Framework, ...]:
    """Read the ``[[framework]]`` tables of a file; every fault of it is said at once."""
    check_shape(table, only_tables(*TABLES), where)
    faults, found = Faults(), []
    for row in tables_of(table, "framework", where):
        name = str(row.get("key", NAMELESS))
        conditions: list[Condition] = []
        with faults.gathered():
            _check(row, FIELDS, ("key", "label"), where, name)
        given: list[Mapping[str, Any]] = []
        with faults.gathered():
            given = tables_of(row, "condition", f"{where}, {name}")
            if not given:
                raise DataError(
                    say(
                        "{where}, {name}: no [[framework.condition]]. Expected one or more.",
                        where=where,
                        name=name,
                    )
                )
        for one in given:
            with faults.gathered():
                conditions.append(_condition(one, where, name))
        if not faults.found:
            found.append(
                Framework(str(row["key"]), _both(row), str(row.get("author", "")),
                          str(row.get("where", "")), tuple(conditions))
            )  # fmt: skip
    faults.tell()
    keys = [framework.key for framework in found]
    if len(set(keys)) < len(keys):
        raise DataError(
            say(
                "{where}: a framework is given twice. Keep one of each.",
                where=where,
            )
        )
    return tuple(found)


def _condition(given: Mapping[str, Any], where: str, framework: str) -> Condition:
    name = str(given.get("key", NAMELESS))
    _check(given, CONDITION_FIELDS, ("key", "label", "indicators"), f"{where}, {framework}", name)
    keys = given["indicators"]
    if not isinstance(keys, list) or not keys or not all(isinstance(k, str) for k in keys):
        raise DataError(
            say(
                "{where}, {name}, {given}: indicators is {keys!r}. Expected a list of "
                "keys of indicators. Name one at least.",
                where=where,
                name=framework,
                given=name,
                keys=keys,
            )
        )
    at = f"{where}, {framework}, {name}"
    asks = texts_of(given, "ask", at)
    asked = texts_of(given, "ask_ja", at, asks)
    if len(asks) != len(asked):
        raise DataError(
            say(
                "{where}, {name}, {given}: ask and ask_ja differ in length.",
                where=where,
                name=framework,
                given=name,
            )
        )
    return Condition(
        name,
        _both(given),
        tuple((key.lstrip("-"), -1 if key.startswith("-") else 1) for key in keys),
        tuple(TwoNames(a, b) for a, b in zip(asks, asked, strict=True)),
    )


NAMELESS = "an entry without a key"


def check_keys(chosen: tuple[Framework, ...], catalogue: Indicators) -> None:
    """Refuse conditions that name indicators nobody knows."""
    faults = Faults()
    for framework in chosen:
        for condition in framework.conditions:
            for key, _ in condition.indicators:
                with faults.gathered():
                    catalogue[key]
    faults.tell()


def tables_of(row: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    """The ``[[key]]`` tables of a file."""
    found = row.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DataError(
            say(
                "{where}: expected [[{name_given}]] tables. Write each so.",
                where=where,
                name_given=key,
            )
        )
    return found


def texts_of(
    row: Mapping[str, Any], key: str, where: str, missing: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """A list of words or sentences of a file."""
    found = row.get(key, list(missing))
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise DataError(
            say(
                "{where}: {field} is {found!r}. Expected a list of texts. Write it so.",
                where=where,
                field=key,
                found=found,
            )
        )
    return tuple(found)


def _check(
    row: Mapping[str, Any], known: set[str], wanted: tuple[str, ...], where: str, name: str
) -> None:
    unknown = sorted(set(row) - known)
    lacking = [key for key in wanted if key not in row]
    if unknown or lacking:
        raise DataError(
            say(
                "{where}, {name}: missing {lacking}, unknown {unknown}. Expected {known}. Correct "
                "it.",
                where=where,
                name=name,
                lacking=", ".join(lacking) or say("nothing"),
                unknown=", ".join(unknown) or say("nothing"),
                known=listed(sorted(known)),
            )
        )


def _both(row: Mapping[str, Any]) -> Message:
    return TwoNames(str(row["label"]), str(row.get("label_ja", row["label"])))


# ---- arithmetic ----------------------------------------------------------------------------------


def condition_standings(values: Values, condition: Condition) -> Floats:
    """Standings of all areas in a condition's indicators, signs turned, ``(areas, K)``."""
    columns = []
    for key, sign in condition.indicators:
        values.catalogue[key]
        standing = values.standing[:, values.column[key]]
        columns.append(standing if sign > 0 else 100 - standing)
    return np.stack(columns, axis=1)


def _score(standing: Floats, row: int) -> dict[str, float]:
    """Score, rank and ranges of one area; of indicators that nobody has nothing is asked."""
    given = np.isfinite(standing).any(axis=0)
    usable = standing[:, given]
    total = standing.shape[1]
    enough = np.isfinite(standing).sum(axis=1) >= ENOUGH * total
    known = int(np.isfinite(standing[row]).sum())
    one = dict.fromkeys(OUT[:-1], np.nan) | {"known": known, "of": total, "areas": enough.sum()}
    if not enough[row]:
        return one
    kept = usable[enough]
    at = int(enough[:row].sum())
    score = scores(kept)
    best, worst = rank_range(kept, at)
    best_reached, worst_reached = corner_ranks(kept, at)
    rank = 1 + int((score > score[at] + 1e-9).sum())
    return one | {
        "score": float(score[at]),
        "rank": rank,
        "rank_best": best,
        "rank_worst": worst,
        "rank_best_reached": best_reached,
        "rank_worst_reached": worst_reached,
    }


def _missing(values: Values, condition: Condition, row: int) -> tuple[Message, ...]:
    return tuple(
        values.catalogue[key].label
        for key, _ in condition.indicators
        if not np.isfinite(values.standing[row, values.column[key]])
    )


def balance_of(score: Floats) -> float:
    """Geometric over arithmetic mean; ``nan`` where a score is unknown, 1 where all are equal.

    Examples
    --------
    >>> balance_of(np.array([80.0, 80.0])), round(balance_of(np.array([90.0, 90.0, 0.0])), 2)
    (1.0, 0.0)
    """
    if not np.isfinite(score).all():
        return float("nan")
    mean = float(score.mean())
    if mean <= 0:
        return 0.0
    with np.errstate(divide="ignore"):
        return round(float(np.exp(np.log(score).mean()) / mean), 12)


def early_standings(values: Values) -> Floats:
    """Standings about 2001, ``(areas, K)``; unknown where an indicator has no early formula."""
    columns = values.base.columns
    early = np.full(values.value.shape, np.nan)
    for k, entry in enumerate(values.catalogue.entries):
        if entry.early is not None and all(name in columns for name in entry.early.columns):
            early[:, k] = entry.sign * entry.early.of(columns).to_numpy(float)
    return standings(early)


def later_growths(columns: pd.DataFrame) -> dict[str, Floats]:
    """Log growth of employees in plants of four or more workers, of the spans that are known."""
    found = {}
    for start, end in ((2006, 2012), (2012, 2019)):
        first, last = f"employees_4_plus_{start}", f"employees_4_plus_{end}"
        if first in columns and last in columns:
            with np.errstate(divide="ignore", invalid="ignore"):
                growth = np.log(columns[last].to_numpy(float) / columns[first].to_numpy(float))
            found[f"{start}-{end}"] = np.where(np.isfinite(growth), growth, np.nan)
    return found


def correlation(score: Floats, growth: Floats) -> tuple[float, float, float, int]:
    """Rank correlation, its 95 % interval (Fisher), and the number of areas."""
    known = np.isfinite(score) & np.isfinite(growth)
    n = int(known.sum())
    if n < 5:
        return np.nan, np.nan, np.nan, n
    pair = pd.DataFrame({"score": score[known], "growth": growth[known]}).rank()
    rho = float(pair["score"].corr(pair["growth"]))
    half = 1.96 * np.sqrt((1 + rho**2 / 2) / (n - 3))
    z = np.arctanh(np.clip(rho, -0.999999, 0.999999))
    return rho, float(np.tanh(z - half)), float(np.tanh(z + half)), n


def sources() -> tuple[Source, ...]:
    """The paper behind the frameworks."""
    return (AGGLOMERATION_2012.at(say("sections {number} and {last}", number="2.1", last="2.2")),)
