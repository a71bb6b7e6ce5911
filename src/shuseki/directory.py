"""Which firms are there, by name, and what can each of them do?

A directory is the third thing that crosses the first waist, beside the panel and the sites: firms
that must be named because somebody will call them. It holds what a chamber of commerce or a
coordinator knows; rules about who may see what stand in ``sourcing.registry``.

Takes degrees for places, mm for sizes, μm for roughness, hours and yen for set-up and rates.
``None`` (or ``nan`` in frames) means unknown, and unknown is never taken for "can" or for "free".
Sources: ``sourcing`` notes of the project; attributes after Catena-X CX-0115
(ManufacturingCapability 3.1.0), IOF-SCRO/SUDOKN and ISO 286 for the grades of tolerance.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Literal

import pandas as pd

from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import listed, say
from shuseki.language.glossary import named_kind
from shuseki.sources import Source

__all__ = [
    "Capability",
    "Directory",
    "Equipment",
    "Firm",
    "Load",
    "Rating",
    "Tie",
    "check_cluster",
]

Successor = Literal["decided", "undecided", "will_close", "too_early", "unknown"]
Evidence = Literal["declared", "verified", "observed"]
TieKind = Literal["order", "joint", "lending", "membership", "ownership"]


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm that somebody may call.

    Attributes
    ----------
    id
        Unique within its cluster.
    cluster
        The cluster (registry) that owns the record, e.g. ``"ota"``.
    latitude, longitude
        Degrees, or ``None`` when unknown.
    employees
        Persons, or ``None``.
    owner_age
        Years, or ``None``.
    """

    id: str
    cluster: str
    name: str
    municipality: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    corporate_number: str = ""
    employees: int | None = None
    owner_age: int | None = None
    successor: Successor = "unknown"
    founded: int | None = None
    coordinator: bool = False
    products: str = ""

    @property
    def key(self) -> str:
        """Cluster and id, unique over all registries."""
        return f"{self.cluster}/{self.id}"


@dataclass(frozen=True, slots=True)
class Capability:
    """One process that a firm declares, has verified, or was seen to do.

    Attributes
    ----------
    firm
        Key of the firm, ``cluster/id``.
    process
        Code of ``sourcing.processes``.
    materials
        Codes of material groups; empty when unknown.
    size_min_mm, size_max_mm
        Largest dimension of the part, mm.
    it_grade
        Best (smallest) grade of tolerance of ISO 286, 1 to 16.
    roughness_um
        Best (smallest) arithmetic mean roughness Ra, μm.
    lot_min, lot_max
        Pieces.
    setup_hours, hours_per_piece, rate_yen_per_hour
        Hours per lot and per piece at IT10, yen per hour of machine and person.
    """

    firm: str
    process: str
    materials: tuple[str, ...] = ()
    size_min_mm: float | None = None
    size_max_mm: float | None = None
    it_grade: int | None = None
    roughness_um: float | None = None
    lot_min: int | None = None
    lot_max: int | None = None
    setup_hours: float | None = None
    hours_per_piece: float | None = None
    rate_yen_per_hour: float | None = None
    certificates: tuple[str, ...] = ()
    evidence: Evidence = "declared"
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """A machine: what it is, how many, since when."""

    firm: str
    name: str
    process: str = ""
    count: int = 1
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Free hours of a firm's process in the week that begins on a Monday."""

    firm: str
    week: date
    free_hours: float
    process: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """A relation between two firms; orders go from ``source`` (who orders) to ``target``."""

    source: str
    target: str
    kind: TieKind = "order"
    amount_yen: float | None = None
    orders: int | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """What was thought of an order when it was done: 1 (bad) to 5 (good)."""

    firm: str
    order: str
    quality: float | None = None
    delivery: float | None = None
    cost: float | None = None
    on: date | None = None


@dataclass(frozen=True, eq=False)
class Directory:
    """Firms with names, and what is known of each.

    Raises
    ------
    DataError
        Two firms with one key.
    UnknownCodeError
        A capability, machine, load, tie or rating of a firm that is not in the directory.
    """

    firms: tuple[Firm, ...]
    capabilities: tuple[Capability, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    loads: tuple[Load, ...] = ()
    ties: tuple[Tie, ...] = ()
    ratings: tuple[Rating, ...] = ()
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        keys = pd.Index([firm.key for firm in self.firms])
        repeated = keys[keys.duplicated()].unique()
        if len(repeated):
            raise DataError(
                say(
                    "Repeated firms: {repeated}. Expected each cluster/id once. Keep the latest "
                    "record of each firm.",
                    repeated=examples(repeated),
                )
            )
        known = set(keys)
        for what, named in (
            ("Capabilities", (c.firm for c in self.capabilities)),
            ("Machines", (e.firm for e in self.equipment)),
            ("Loads", (x.firm for x in self.loads)),
            ("Ties", (end for tie in self.ties for end in (tie.source, tie.target))),
            ("Ratings", (r.firm for r in self.ratings)),
        ):
            nobody = sorted(set(named) - known)
            if nobody:
                raise UnknownCodeError(
                    say(
                        "{what} of firms that are not in the directory: {nobody} ({n_nobody}). "
                        "Expected keys such as {known}. Correct the key, or add the firm.",
                        what=named_kind(what),
                        nobody=examples(nobody),
                        n_nobody=len(nobody),
                        known=examples(sorted(known)[:2]),
                    )
                )

    def __len__(self) -> int:
        return len(self.firms)

    def __repr__(self) -> str:
        clusters = sorted({firm.cluster for firm in self.firms})
        return (
            f"Directory: {len(self.firms)} firms of {len(clusters)} clusters "
            f"({', '.join(clusters)}), {len(self.capabilities)} capabilities, "
            f"{len(self.ties)} ties"
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the firms, in the order of ``firms``."""
        return tuple(firm.key for firm in self.firms)

    def only(self, keep: Iterable[str]) -> "Directory":
        """The directory of some firms (keys), with what belongs to them."""
        kept = set(keep)
        return Directory(
            firms=tuple(f for f in self.firms if f.key in kept),
            capabilities=tuple(c for c in self.capabilities if c.firm in kept),
            equipment=tuple(e for e in self.equipment if e.firm in kept),
            loads=tuple(x for x in self.loads if x.firm in kept),
            ties=tuple(t for t in self.ties if t.source in kept and t.target in kept),
            ratings=tuple(r for r in self.ratings if r.firm in kept),
            sources=self.sources,
            notes=self.notes,
        )

    def of_clusters(self, *clusters: str) -> "Directory":
        """The directory of the firms of some clusters."""
        return self.only(firm.key for firm in self.firms if firm.cluster in clusters)

    def to_frame(self, table: str = "firms") -> pd.DataFrame:
        """One of ``firms``, ``capabilities``, ``equipment``, ``loads``, ``ties``, ``ratings``."""
        if table not in TABLES:
            raise UnknownCodeError(
                say(
                    "Unknown table {table!r}. Expected one of {tables}.",
                    table=table,
                    tables=listed(TABLES),
                )
            )
        rows: list[dict[str, Any]] = [asdict(row) for row in getattr(self, table)]
        return pd.DataFrame(rows, columns=[f.name for f in fields(TABLES[table])])


TABLES: dict[str, type] = {
    "firms": Firm,
    "capabilities": Capability,
    "equipment": Equipment,
    "loads": Load,
    "ties": Tie,
    "ratings": Rating,
}
"""Name of a table of a directory → the type of its rows."""


def check_cluster(code: str) -> None:
    """Refuse what cannot be the code of a cluster.

    Raises
    ------
    ParameterError
        It is not 1 to 40 small letters, digits and ``_``, a letter first.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", code):
        raise ParameterError(
            say(
                "The cluster {cluster!r}. Expected small letters, digits and _, such as 'ota' or "
                "'tsubame_sanjo'. Choose another code.",
                cluster=code,
            )
        )
