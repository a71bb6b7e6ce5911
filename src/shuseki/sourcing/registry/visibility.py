"""What may a reader see of a directory?

Every table and every field has a level: ``public`` (anyone), ``partner`` (firms and registries that
have an agreement), ``coordinator`` (who chains firms), ``private`` (the cluster that owns the
record). A reader of a role sees the fields at its level and below. Firms of other clusters are seen
as a coordinator at most, and their free hours, rates and amounts as bands; inside the own cluster
a coordinator sees them exactly, a partner as bands.

A field that may not be seen is absent (``None``, empty, ``"unknown"``), as if nobody had declared
it; a row that may not be seen is not there; a firm that may not be seen takes with it whatever
names it. A band is shown by one value: rates and amounts by its middle, free hours by its lower
end, so that nobody is promised more than there is. Rows come in an order that depends on what is
seen only. So two directories that differ only in what a reader may not see give the same view, and
everything that is computed from it is the same to the byte.

Takes a directory, a role, and the cluster of the reader. Gives a ``Directory``.
The levels by default and the bands are data (``visibility.csv``, ``bands.csv``); a cluster may
change them for a field, and a firm for itself.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np

from shuseki.directory import TABLES, Directory
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import listed, say

__all__ = ["LEVELS", "Level", "Visibility", "band", "view"]

Level = Literal["public", "partner", "coordinator", "private"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Levels and roles, from what anyone sees to what only the owner sees."""

RANK: Mapping[str, int] = {level: rank for rank, level in enumerate(LEVELS)}
KEYS: Mapping[str, tuple[str, ...]] = {
    "firms": ("id", "cluster"),
    "capabilities": ("firm", "process"),
    "equipment": ("firm", "name"),
    "loads": ("firm", "week", "free_hours"),
    "ties": ("source", "target"),
    "ratings": ("firm", "order"),
}
"""Fields without which a row says nothing: where one may not be seen, the row is not there."""


@dataclass(frozen=True, slots=True)
class Band:
    """Between which edges a number lies is told, not the number."""

    edges: tuple[float, ...]
    shown: Literal["middle", "lower"]

    def of(self, value: float | None) -> float | None:
        """One value for the whole band that the number lies in."""
        if value is None or np.isnan(value):
            return None
        at = int(np.searchsorted(self.edges, value, side="right")) - 1
        low = self.edges[max(at, 0)]
        if self.shown == "lower" or at + 1 >= len(self.edges):
            return low
        return (low + self.edges[at + 1]) / 2


@dataclass(frozen=True, slots=True)
class Visibility:
    """Levels of tables and fields, for a whole cluster and for single firms.

    Attributes
    ----------
    levels
        ``"table"`` or ``"table.field"`` → level; what is not named here is as by default.
    own
        Key of a firm → the same, for what belongs to that firm (a tie belongs to both ends).

    Raises
    ------
    UnknownCodeError
        A table or a field that a directory does not have.
    ParameterError
        A level that is none.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for levels in (self.levels, *self.own.values()):
            unknown = set(levels) - set(_defaults())
            if unknown:
                raise UnknownCodeError.among("field", unknown, list(_defaults()))
            check_levels(levels.values())

    def of(self, name: str, firms: Iterable[str] = ()) -> Level:
        """Level of a table or a field for some firms: the strictest of theirs."""
        general = self.levels.get(name, _defaults()[name])
        said = [self.own.get(firm, {}).get(name, general) for firm in firms]
        return max(said, key=RANK.__getitem__, default=general)


def view(
    directory: Directory, role: str, cluster: str = "", visibility: Visibility | None = None
) -> Directory:
    """Give what a reader may see of a directory.

    Parameters
    ----------
    role
        ``public``, ``partner``, ``coordinator`` or ``private`` (who owns the records).
    cluster
        Cluster of the reader; empty for a reader of none.

    Raises
    ------
    ParameterError
        A role that is none.

    Examples
    --------
    >>> from shuseki.directory import Firm
    >>> all_of_it = Directory((Firm("1", "ota", "A", owner_age=71, employees=9),))
    >>> [(f.employees, f.owner_age) for f in view(all_of_it, "partner", "suwa").firms]
    [(9, None)]
    """
    check_levels([role])
    rules = visibility or Visibility()
    limits: dict[tuple[str, bool, tuple[str, ...]], Limits] = {}
    cluster_of = {firm.key: firm.cluster for firm in directory.firms}
    seen: set[str] = set()
    tables: dict[str, tuple[Any, ...]] = {}
    for table in TABLES:
        rows = []
        for row in getattr(directory, table):
            owners = owners_of(row, table)
            if table != "firms" and not seen.issuperset(owners):
                continue
            at_home = all(cluster_of[owner] == cluster for owner in owners)
            own = tuple(owner if owner in rules.own else "" for owner in owners)
            case = (table, at_home, own)
            if case not in limits:
                limits[case] = _limits(table, own, role, at_home, rules)
            if limits[case].row:
                rows.append(limits[case].applied(row, table))
        if table == "firms":
            seen.update(firm.key for firm in rows)
        tables[table] = tuple(sorted(rows, key=order_of))
    return Directory(**tables, sources=directory.sources, notes=directory.notes)


def band(quantity: str, value: float | None) -> float | None:
    """Show a number by its band: ``rate_yen_per_hour``, ``amount_yen`` or ``free_hours``.

    Examples
    --------
    >>> band("rate_yen_per_hour", 6900), band("free_hours", 13.5), band("free_hours", None)
    (7250.0, 8.0, None)
    """
    if quantity not in _bands():
        raise UnknownCodeError.among("banded quantity", [quantity], list(_bands()))
    return _bands()[quantity].of(value)


def check_levels(levels: Iterable[str]) -> None:
    """Refuse a level, or a role, that is none."""
    wrong = sorted(set(levels) - set(LEVELS))
    if wrong:
        raise ParameterError(
            say(
                "Role or level {wrong}. Expected one of {levels}. Choose one.",
                wrong=listed(map(repr, wrong)),
                levels=listed(LEVELS),
            )
        )


def owners_of(row: Any, table: str) -> tuple[str, ...]:
    """Keys of the firms that a row speaks of."""
    if table == "firms":
        return (row.key,)
    return (row.source, row.target) if table == "ties" else (row.firm,)


def order_of(row: Any) -> tuple[str, ...]:
    """Key by which rows are ordered: what they say, so that no hidden order shows through."""
    return tuple(repr(getattr(row, f.name)) for f in fields(row))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a role sees of the rows of a table: whether at all, what is absent, what is banded."""

    row: bool
    hidden: tuple[str, ...]
    banded: tuple[tuple[str, Band], ...]

    def applied(self, row: Any, table: str) -> Any:
        """Give a row as the role sees it."""
        changes: dict[str, Any] = {name: how.of(getattr(row, name)) for name, how in self.banded}
        changes |= {name: absent(table, name) for name in self.hidden}
        return replace(row, **changes) if changes else row


def _limits(
    table: str, own: tuple[str, ...], role: str, at_home: bool, rules: Visibility
) -> Limits:
    rank = RANK[role] if at_home else min(RANK[role], RANK["coordinator"])
    names = [f.name for f in fields(TABLES[table])]
    hidden = tuple(n for n in names if RANK[rules.of(f"{table}.{n}", own)] > rank)
    seen = RANK[rules.of(table, own)] <= rank and not set(hidden) & set(KEYS[table])
    exact = at_home and rank >= RANK["coordinator"]
    return Limits(seen, hidden, () if exact else tuple(_banded().get(table, {}).items()))


def absent(table: str, name: str) -> Any:
    """What stands in a field that may not be seen."""
    wanted = next(f for f in fields(TABLES[table]) if f.name == name)
    return "" if wanted.default is MISSING else wanted.default


@cache
def _defaults() -> Mapping[str, Level]:
    """``"table"`` and ``"table.field"`` → level by default."""
    levels: dict[str, Level] = {}
    rows = _rows("visibility.csv")
    said = {(row["table"], row["field"]): row["level"] for row in rows}
    for table, kind in TABLES.items():
        levels[table] = said[table, ""]  # type: ignore[assignment]
        for f in fields(kind):
            levels[f"{table}.{f.name}"] = said.get((table, f.name), said[table, ""])  # type: ignore[assignment]
    return levels


@cache
def _bands() -> Mapping[str, Band]:
    return {
        row["quantity"]: Band(tuple(map(float, row["edges"].split())), row["shown"])  # type: ignore[arg-type]
        for row in _rows("bands.csv")
    }


@cache
def _banded() -> Mapping[str, Mapping[str, Band]]:
    """Table → field → its bands."""
    found: dict[str, dict[str, Band]] = {}
    for row in _rows("visibility.csv"):
        if row["banded"]:
            found.setdefault(row["table"], {})[row["field"]] = _bands()[row["banded"]]
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (files("shuseki.sourcing") / "data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
