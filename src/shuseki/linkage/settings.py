"""How are two registers to be compared?

The settings are data: ``data/establishments.toml`` is the default for establishments. A study, or
``link(settings=…)``, overrides a number, a comparison by its name, or the rules of blocking::

    [linkage.settings]
    pairs_per_record = 10
    [[linkage.settings.comparison]]
    name = "industry"
    leave_out = true

Gives: ``LinkageSettings``, checked, with the conditions of the levels as SQL for DuckDB or Spark.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from shuseki.errors import ParameterError, examples
from shuseki.language import listed, say

__all__ = ["Comparison", "Engine", "Level", "LinkageSettings", "linkage_settings", "sql_of"]

Engine: TypeAlias = Literal["arrays", "duckdb", "spark"]
RELATIONS = ("moved", "renamed", "changed industry")
NUMBERS = (
    "prior_pairs",
    "most_pairs_compared_in_full",
    "pairs_per_record",
    "pairs_per_rule",
    "sampled_pairs",
    "pairs_learned_from",
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a comparison.

    Attributes
    ----------
    says
        What holds of a pair at this level.
    when
        The condition; ``""`` for the last level, which takes what is left.
    m
        Share of true pairs expected at this level.
    frequency
        Column whose common values say less; ``""`` for none.
    means
        Relation of a link at this level: ``"moved"``, ``"renamed"``, ``"changed industry"`` or
        ``""``.
    """

    says: str
    when: str
    m: float
    frequency: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, and in which levels.

    Attributes
    ----------
    name
        Of the comparison.
    columns
        Columns it reads; it is made when one of them is there.
    levels
        In the order in which they are asked.
    given
        Another comparison with which it goes together among other pairs: who has the same trade in
        the name is likely to be of the same industry.
    within
        A column within which common values are counted when a pair shares it: a trade that is
        common in a town says little there.
    """

    name: str
    columns: tuple[str, ...]
    levels: tuple[Level, ...]
    given: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class LinkageSettings:
    """Settings of a linkage; see ``data/establishments.toml``."""

    prior_pairs: float
    most_pairs_compared_in_full: int
    pairs_per_record: float
    pairs_per_rule: int
    sampled_pairs: int
    pairs_learned_from: int
    comparisons: tuple[Comparison, ...]
    extra: tuple[Level, ...]
    rules: tuple[tuple[str, ...], ...]

    def comparisons_of(self, has: Any, extra: Sequence[str]) -> tuple[Comparison, ...]:
        """The comparisons that can be made: one of the columns is there."""
        made = []
        for one in self.comparisons:
            if any(has(column) for column in one.columns):
                can: list[Level] = []
                share = 0.0
                for level in one.levels:
                    # Who would be at a level that cannot be asked is at a later one.
                    share += level.m
                    if not level.when or any(has(column) for column in columns_of(level.when)):
                        can.append(replace(level, m=share))
                        share = 0.0
                # At the best level that there can be, nothing has changed.
                levels = (replace(can[0], means=""), *can[1:])
                made.append(replace(one, levels=levels))
        for name in extra:
            given = tuple(
                Level(
                    level.says,
                    re.sub(r"\bx\b", name, level.when),
                    level.m,
                    name if level.frequency else "",
                    level.means,
                )
                for level in self.extra
            )
            made.append(Comparison(name, (name,), given))
        return tuple(made)


@lru_cache
def default() -> dict[str, Any]:
    """The settings for establishments as data."""
    with (files("shuseki.linkage") / "data" / "establishments.toml").open("rb") as file:
        return tomllib.load(file)


def linkage_settings(changes: Mapping[str, Any] | None = None) -> LinkageSettings:
    """Settings for establishments, with changes.

    Parameters
    ----------
    changes
        Numbers, ``comparison`` (a list of tables; one of a known name takes its place, with
        ``leave_out = true`` it is left out), ``extra``, ``blocking.rules``.

    Raises
    ------
    ParameterError
        A key is not known, a level lacks a condition, or shares are none.
    """
    given = dict(changes or {})
    known = default()
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ParameterError(
            say(
                "Settings of linkage that are not known: {unknown}. Expected {known}. See "
                "linkage/data/establishments.toml.",
                unknown=examples(unknown),
                known=listed(known),
            )
        )
    numbers = {name: given.get(name, known[name]) for name in NUMBERS}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ParameterError(
                say(
                    "{name} is {value!r}. Expected a number above 0.",
                    name=name,
                    value=value,
                )
            )
    comparisons = {str(one["name"]): dict(one) for one in known["comparison"]}
    for one in given.get("comparison", ()):
        if "name" not in one:
            raise ParameterError(
                say(
                    "A comparison without a name: {one!r}. Expected name, columns, levels. Name "
                    "it.",
                    one=one,
                )
            )
        if one.get("leave_out"):
            comparisons.pop(str(one["name"]), None)
        else:
            comparisons[str(one["name"])] = {**comparisons.get(str(one["name"]), {}), **one}
    if not comparisons:
        raise ParameterError(say("Every comparison is left out. Expected one at least. Keep one."))
    rules = given.get("blocking", known["blocking"]).get("rules")
    if not rules or not all(isinstance(rule, list | tuple) and rule for rule in rules):
        raise ParameterError(
            say(
                'blocking.rules is {rules!r}. Expected lists of columns, such as [["name"]].',
                rules=rules,
            )
        )
    return LinkageSettings(
        **numbers,
        comparisons=tuple(
            Comparison(
                name,
                tuple(one.get("columns", ())),
                _levels(name, one.get("levels", ())),
                str(one.get("given", "")),
                str(one.get("within", "")),
            )
            for name, one in comparisons.items()
        ),
        extra=_levels("extra", given.get("extra", known["extra"]).get("levels", ())),
        rules=tuple(tuple(map(str, rule)) for rule in rules),
    )


def _levels(name: str, given: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    if len(given) < 2:
        raise ParameterError(
            say(
                "Comparison {name!r} has {n_given} levels. Expected two or more. Add one.",
                name=name,
                n_given=len(given),
            )
        )
    levels = []
    for k, one in enumerate(given):
        unknown = sorted(set(one) - {"says", "when", "m", "frequency", "means"})
        if unknown:
            raise ParameterError(
                say(
                    "A level of {name!r} has keys that are not known: {unknown}. Expected says, "
                    "when, m, frequency, means.",
                    name=name,
                    unknown=examples(unknown),
                )
            )
        level = Level(
            str(one.get("says", one.get("when", ""))),
            str(one.get("when", "")),
            float(one.get("m", 0)),
            str(one.get("frequency", "")),
            str(one.get("means", "")),
        )
        if not 0 < level.m < 1:
            raise ParameterError(
                say(
                    "m of level {says!r} of {name!r} is {value:g}. Expected a share of true pairs "
                    "between 0 and 1.",
                    says=level.says,
                    name=name,
                    value=level.m,
                )
            )
        if bool(level.when) == (k == len(given) - 1):
            raise ParameterError(
                say(
                    "Level {says!r} of {name!r} and its condition {when!r}. Expected one in every "
                    "level but the last.",
                    says=level.says,
                    name=name,
                    when=level.when,
                )
            )
        if level.means and level.means not in RELATIONS:
            raise ParameterError(
                say(
                    "means of level {says!r} is {means!r}. Expected one of {relations}.",
                    says=level.says,
                    means=level.means,
                    relations=listed(RELATIONS),
                )
            )
        sql_of(level.when)
        levels.append(level)
    return tuple(levels)


# ---- conditions ------------------------------------------------------------------------------

CALL = re.compile(r"([a-z_]+)\(([^()]*)\)|\bdistance_km\b")
ALLOWED = re.compile(r"^[\s0-9.()<>=]*(?:\b(?:and|or|not)\b[\s0-9.()<>=]*)*$")
DISTANCE_SQL = (
    "(6371.0088 * 2 * asin(sqrt(least(1.0, pow(sin(radians(latitude_r - latitude_l) / 2), 2) + "
    "cos(radians(latitude_l)) * cos(radians(latitude_r)) * "
    "pow(sin(radians(longitude_r - longitude_l) / 2), 2)))))"
)
SQL = {
    "equal": '("{x}_l" = "{x}_r")',
    "agree": '("{x}_l" = "{x}_r")',
    "overlap": (
        '(2.0 * shared_weight("{x}_l", "{x}_r") / nullif("{x}_total_l" + "{x}_total_r", 0))'
    ),
    "within": (
        '(1.0 * shared_weight("{x}_l", "{x}_r") / nullif(least("{x}_total_l", "{x}_total_r"), 0))'
    ),
    "shared": '(shared_weight("{x}_l", "{x}_r") / 10.0)',
    "ratio": '((least("{x}_l", "{x}_r") + 1.0) / (greatest("{x}_l", "{x}_r") + 1.0))',
    "alike": '(substr("{x}_l", 1, {n}) = substr("{x}_r", 1, {n}))',
}
LIKENESS = {
    "duckdb": 'jaro_winkler_similarity("{x}_l", "{x}_r")',
    "spark": 'byte_likeness("{x}_l", "{x}_r")',
}


def sql_of(when: str, engine: Engine = "duckdb") -> str:
    """A condition as SQL.

    Examples
    --------
    >>> sql_of("equal(name) or likeness(name) >= 0.9")
    '("name_l" = "name_r") or jaro_winkler_similarity("name_l", "name_r") >= 0.9'
    """
    rest = CALL.sub(" ", when)
    if not ALLOWED.match(rest):
        raise ParameterError(
            say(
                "Condition {when!r} has {rest!r}. Expected and, or, not, numbers and {value}, "
                "distance_km. Write it with these.",
                when=when,
                rest=rest.strip(),
                value=listed((*SQL, "likeness")),
            )
        )

    def filled(found: "re.Match[str]") -> str:
        if found[1] is None:
            return DISTANCE_SQL
        pattern = LIKENESS[engine] if found[1] == "likeness" else SQL.get(found[1])
        x, _, n = (part.strip() for part in found[2].partition(","))
        if pattern is None or not re.fullmatch(r"\w+", x) or bool(n) != (found[1] == "alike"):
            raise ParameterError(
                say(
                    "Condition {when!r} asks {found!r}. Expected one of {value} of one column. "
                    "Correct it.",
                    when=when,
                    found=found[0],
                    value=listed((*SQL, "likeness")),
                )
            )
        if n and not (n.isascii() and n.isdecimal()):
            raise ParameterError(
                say(
                    "Condition {when!r}: {n!r} is no number of signs.",
                    when=when,
                    n=n,
                )
            )
        return pattern.format(x=x, n=n)

    return quoted(CALL.sub(filled, when), engine)


def quoted(sql: str, engine: Engine) -> str:
    """SQL with names quoted as the engine has it: Spark takes double quotes for text.

    Examples
    --------
    >>> quoted('"name_l" IS NULL', "spark")
    '`name_l` IS NULL'
    """
    return sql.replace('"', "`") if engine == "spark" else sql


def columns_of(when: str) -> list[str]:
    """Columns that a condition reads."""
    found = []
    for call, inside in CALL.findall(when):
        found += [inside.partition(",")[0].strip()] if call else ["latitude", "longitude"]
    return found
