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

import ast
import math
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from shuseki.errors import ParameterError, examples
from shuseki.language import Message, listed, say

__all__ = [
    "Comparison",
    "Engine",
    "Level",
    "LinkageSettings",
    "linkage_settings",
    "sql_of",
    "tree_of",
]

Engine: TypeAlias = Literal["arrays", "duckdb", "spark"]
Kind: TypeAlias = Literal["text", "number", "words", "keys"]
RELATIONS = ("moved", "renamed", "changed industry")
NUMBERS = (
    "prior_pairs",
    "most_pairs_compared_in_full",
    "pairs_per_record",
    "pairs_per_rule",
    "sampled_pairs",
    "pairs_learned_from",
)
COMPARISON = ("name", "columns", "levels", "given", "within", "leave_out")
LEVEL = ("says", "when", "m", "frequency", "means")
KINDS: dict[str, Kind] = {
    "name": "text",
    "name_start": "text",
    "name_numbers": "text",
    "name_words": "words",
    "name_word_pairs": "keys",
    "address": "text",
    "address_numbers": "text",
    "address_words": "words",
    "address_word_pairs": "keys",
    "municipality": "text",
    "industry": "text",
    "employees": "number",
    "latitude": "number",
    "longitude": "number",
    "cell": "keys",
    "legal_form": "text",
    "opened": "text",
}
"""What the folded columns of two registers hold; see ``linkage.registers``. An extra one: text."""


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

    def check_columns(self, extra: Collection[str]) -> None:
        """Check that every column is one that a linkage has, and of the kind it is asked for.

        Parameters
        ----------
        extra
            Names of the extra columns.

        Raises
        ------
        ParameterError
            A column is not known, or a condition asks for what it does not hold.
        """
        kinds = KINDS | dict.fromkeys(extra, "text")
        for one in self.comparisons:
            named = [*one.columns, *([one.within] if one.within else ())]
            named += [level.frequency for level in one.levels if level.frequency]
            _check_known(one.name, named, kinds)
            for level in one.levels:
                _check_calls(level.when, kinds)
        for rule in self.rules:
            _check_known("blocking.rules", [name for name in rule if name != "extra"], kinds)

    def comparisons_of(self, has: Any, extra: Mapping[str, str]) -> tuple[Comparison, ...]:
        """The comparisons that can be made: one of the columns is there.

        Parameters
        ----------
        has
            Whether a column is there.
        extra
            Extra column → its name as given.
        """
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
        for column, name in extra.items():
            given = tuple(
                Level(
                    level.says,
                    re.sub(r"\bx\b", column, level.when),
                    level.m,
                    column if level.frequency else "",
                    level.means,
                )
                for level in self.extra
            )
            made.append(Comparison(name, (column,), given))
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
    _check_keys("linkage.settings", given, tuple(known))
    numbers = {name: given.get(name, known[name]) for name in NUMBERS}
    for name, value in numbers.items():
        if not _is_number(value) or value <= 0:
            raise ParameterError(
                say(
                    "{name} is {value!r}. Expected a number above 0.",
                    name=name,
                    value=value,
                )
            )
    comparisons = {str(one["name"]): dict(one) for one in known["comparison"]}
    for one in _tables("comparison", given.get("comparison", ())):
        name = one.get("name", "")
        if not isinstance(name, str) or not name:
            raise ParameterError(
                say(
                    "A comparison without a name: {one!r}. Expected name, columns, levels. Name "
                    "it.",
                    one=dict(one),
                )
            )
        _check_keys(name, one, COMPARISON)
        leave_out = one.get("leave_out", False)
        if not isinstance(leave_out, bool):
            raise _unexpected(f"{name}.leave_out", leave_out, listed(["true", "false"]))
        if not leave_out:
            comparisons[name] = {**comparisons.get(name, {}), **one}
        elif comparisons.pop(name, None) is None:
            raise _unexpected("leave_out", name, listed(comparisons))
    if not comparisons:
        raise ParameterError(say("Every comparison is left out. Expected one at least. Keep one."))
    extra, blocking = given.get("extra", known["extra"]), given.get("blocking", known["blocking"])
    for name, table, key in (("extra", extra, "levels"), ("blocking", blocking, "rules")):
        if not isinstance(table, Mapping):
            raise _unexpected(name, table, key)
        _check_keys(name, table, (key,))
    rules = blocking.get("rules")
    if (
        not isinstance(rules, list | tuple)
        or not rules
        or not all(isinstance(rule, list | tuple) and _are_names(rule) for rule in rules)
    ):
        raise ParameterError(
            say(
                'blocking.rules is {rules!r}. Expected lists of columns, such as [["name"]].',
                rules=rules,
            )
        )
    every = list(dict.fromkeys([*(one["name"] for one in known["comparison"]), *comparisons]))
    made = tuple(_comparison(name, one, every) for name, one in comparisons.items())
    rest = _levels("extra", extra.get("levels", ()))
    for level in rest:
        _check_calls(level.when, {"x": "text"})
    return LinkageSettings(
        **numbers,
        comparisons=made,
        extra=rest,
        rules=tuple(tuple(rule) for rule in rules),
    )


def _comparison(name: str, one: Mapping[str, Any], every: Collection[str]) -> Comparison:
    columns, given, within = one.get("columns"), one.get("given", ""), one.get("within", "")
    if not isinstance(columns, list | tuple) or not _are_names(columns):
        raise ParameterError(
            say(
                "columns of comparison {name!r} is {columns!r}. Expected a list of columns, such "
                'as ["name"].',
                name=name,
                columns=columns,
            )
        )
    if given and given not in every:
        raise _unexpected(f"{name}.given", given, listed(every))
    if not isinstance(within, str):
        raise _unexpected(f"{name}.within", within, listed(KINDS))
    return Comparison(name, tuple(columns), _levels(name, one.get("levels", ())), given, within)


def _is_number(value: object) -> bool:
    """Whether a value is a number, and no endless one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _are_names(names: Sequence[object]) -> bool:
    """Whether there are names, and nothing else."""
    return bool(names) and all(isinstance(name, str) and name for name in names)


def _tables(setting: str, given: object) -> Sequence[Mapping[str, Any]]:
    """A list of tables, checked to be one."""
    if not isinstance(given, list | tuple) or not all(isinstance(one, Mapping) for one in given):
        raise ParameterError(
            say(
                "{setting} is {given!r}. Expected a list of tables.",
                setting=setting,
                given=given,
            )
        )
    return given


def _check_keys(setting: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ParameterError(
            say(
                "Settings of linkage that are not known: {unknown} in {setting}. Expected {known}. "
                "See linkage/data/establishments.toml.",
                unknown=examples(unknown),
                setting=setting,
                known=listed(known),
            )
        )


def _unexpected(setting: str, value: object, expected: str | Message) -> ParameterError:
    return ParameterError(
        say(
            "{setting} is {value!r}. Expected one of {expected}.",
            setting=setting,
            value=value,
            expected=expected,
        )
    )


def _levels(name: str, given: object) -> tuple[Level, ...]:
    tables = _tables(f"{name}.levels", given)
    if len(tables) < 2:
        raise ParameterError(
            say(
                "Comparison {name!r} has {n_given} levels. Expected two or more. Add one.",
                name=name,
                n_given=len(tables),
            )
        )
    levels = []
    for k, one in enumerate(tables):
        _check_keys(f"{name}.levels", one, LEVEL)
        for key in ("says", "when", "frequency", "means"):
            if not isinstance(one.get(key, ""), str):
                raise ParameterError(
                    say(
                        "{setting} is {value!r}. Expected text.",
                        setting=f"{name}.{key}",
                        value=one[key],
                    )
                )
        m = one.get("m", 0)
        level = Level(
            says=one.get("says", one.get("when", "")),
            when=one.get("when", "").strip(),
            m=float(m) if _is_number(m) else math.nan,
            frequency=one.get("frequency", ""),
            means=one.get("means", ""),
        )
        if not 0 < level.m < 1:
            raise ParameterError(
                say(
                    "m of level {says!r} of {name!r} is {value!r}. Expected a share of true pairs "
                    "between 0 and 1.",
                    says=level.says,
                    name=name,
                    value=m,
                )
            )
        if bool(level.when) == (k == len(tables) - 1):
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
        if level.when:
            sql_of(level.when)
            tree_of(level.when)
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
HOLDS = ("equal", "agree", "alike")
"""What holds of a pair or does not; the other measures are numbers."""
HELD: dict[str, tuple[Kind, ...]] = {
    "equal": ("text", "number"),
    "agree": ("text", "number"),
    "alike": ("text",),
    "likeness": ("text",),
    "overlap": ("words",),
    "within": ("words",),
    "shared": ("words",),
    "ratio": ("number",),
}
"""Of which kinds of column each can be asked."""
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
        if n and not re.fullmatch("[1-9][0-9]{0,8}", n):
            raise ParameterError(
                say(
                    "Condition {when!r}: {n!r} is no number of signs. Expected 1 or more, as in "
                    "alike(industry, 2).",
                    when=when,
                    n=n,
                )
            )
        return pattern.format(x=x, n=n)

    return quoted(CALL.sub(filled, when), engine)


def tree_of(when: str) -> ast.expr:
    """A condition as a tree of ``and``, ``or``, ``not`` over what holds or is compared.

    Raises
    ------
    ParameterError
        It is no condition.

    Examples
    --------
    >>> ast.dump(tree_of("equal(name)"))
    "Call(func=Name(id='equal', ctx=Load()), args=[Name(id='name', ctx=Load())], keywords=[])"
    """
    spelt = re.sub(r"(?<![<>=])=(?!=)", "==", when).replace("<>", "!=")
    try:
        tree = ast.parse(" ".join(spelt.split()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None or not _is_condition(tree):
        raise ParameterError(
            say(
                "{when!r} is no condition. Expected equal, agree or alike of a column, or another "
                "measure compared with a number, joined by and, or, not.",
                when=when,
            )
        )
    return tree


def _is_condition(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(_is_condition(part) for part in node.values)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _is_condition(node.operand)
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        measures = [side for side in sides if not isinstance(side, ast.Constant)]
        return len(sides) == 2 and len(measures) == 1 and _measure(measures[0]) not in ("", *HOLDS)
    return _measure(node) in HOLDS


def _measure(node: ast.expr) -> str:
    """Name of what is asked of a pair; ``""`` when it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _check_known(setting: str, named: Sequence[str], kinds: Mapping[str, Kind]) -> None:
    if unknown := [column for column in named if column not in kinds]:
        raise ParameterError(
            say(
                "Columns of {setting} that a linkage does not have: {unknown}. Expected {known}. "
                "Name a further column as an extra one.",
                setting=setting,
                unknown=examples(unknown),
                known=listed(kinds),
            )
        )


def _check_calls(when: str, kinds: Mapping[str, Kind]) -> None:
    """Check that what a condition asks of each column is what the column holds."""
    for measure, inside in CALL.findall(when):
        column = inside.partition(",")[0].strip()
        if measure:
            _check_known(repr(when), [column], kinds)
            if kinds[column] not in HELD[measure]:
                can = [name for name, held in HELD.items() if kinds[column] in held]
                raise ParameterError(
                    say(
                        "Condition {when!r} asks {measure} of {column}. Expected one of {can}.",
                        when=when,
                        measure=measure,
                        column=column,
                        can=listed(can) if can else "–",
                    )
                )


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
