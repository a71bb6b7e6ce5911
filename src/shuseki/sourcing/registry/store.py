"""Where does a cluster keep its records, and the copies that others let it have?

A registry belongs to one cluster. It writes the records of that cluster only; those of others come
in by ``sourcing.federation``, signed by their owners, and cannot be changed here. Every change of a
record makes a new version. What each audience (public, partner, coordinator) may see of a record is
published as a document of its own, with a version of its own: a change that an audience may not see
leaves no trace in what it is told, neither a version nor a hash nor an order.

SQLite by default (one file), PostgreSQL by a URL; ``alembic`` renews older registries when they are
opened. One writes at a time; readers see whole states only.

Takes a path or a URL. Gives a ``Registry``.
"""

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from shuseki.directory import TABLES, Directory, check_cluster
from shuseki.disk import NO_ROOM_SAID, flush_one, scratch
from shuseki.errors import DataError, OutputError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sources import USER
from shuseki.sourcing.registry.documents import (
    Document,
    canonical,
    digest,
    documents_of,
    read_document,
)
from shuseki.sourcing.registry.schema import (
    ROWS,
    columns_of,
    is_list,
    peers,
    published,
    records,
    settings,
)
from shuseki.sourcing.registry.schema import levels as levels_table
from shuseki.sourcing.registry.visibility import LEVELS, Level, Visibility, check_levels, view

__all__ = ["AUDIENCES", "START", "ChangedMeanwhileError", "Changes", "Entry", "Peer", "Registry"]

AUDIENCES: tuple[Level, ...] = ("public", "partner", "coordinator")
"""Who may be told: the levels but the owner's own."""
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "loads": ("firm", "week", "process"),
    "ties": ("source", "target", "kind"),
    "ratings": ("firm", "order"),
}
"""What makes a row the same as one that is here, where a list of such rows is taken in."""
START = "0" * 64
"""Chain before anything was published."""
BATCH = 500


class ChangedMeanwhileError(DataError):
    """A record was changed by somebody else since it was read. Remedy: look again, then change."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another cluster's registry.

    Attributes
    ----------
    url
        Where it is pulled from; empty for one that only pulls.
    public_key
        Ed25519, 64 hexadecimal digits.
    audience
        As what it reads here.
    seq, chain
        How far it was pulled, and the chain of hashes up to there.
    last_error
        Why the last pull ended early; empty when it did not.
    """

    cluster: str
    url: str
    public_key: str
    audience: str
    seq: int = 0
    chain: str = START
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of what an audience was told of a firm.

    Attributes
    ----------
    document
        Canonical JSON; ``None`` for one that was removed, or that a later step replaces.
    """

    seq: int
    id: str
    version: int
    hash: str
    deleted: bool
    chain: str
    document: str | None

    @property
    def link(self) -> str:
        """What the chain of hashes is made of."""
        return canonical([self.seq, self.id, self.version, self.hash, self.deleted])


@result
class Changes(Result):
    """What came into a registry."""

    cluster: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]

    def headline(self) -> Message:
        """How many records of each kind."""
        return say(
            "{cluster}: {added:,} added, {changed:,} changed, {unchanged:,} unchanged, {removed:,} "
            "removed",
            cluster=self.cluster,
            added=len(self.added),
            changed=len(self.changed),
            unchanged=self.unchanged,
            removed=len(self.removed),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm that changed."""
        named = [
            *((key, say("added")) for key in self.added),
            *((key, say("changed")) for key in self.changed),
            *((key, say("removed")) for key in self.removed),
        ]
        return pd.DataFrame(named, columns=["firm", "change"], dtype=object)


class Registry:
    """The records of a cluster, and copies of others; see the module.

    ``Registry.create`` makes one, ``Registry.open`` opens it.
    """

    def __init__(self, engine: sa.Engine, cluster: str, where: str) -> None:
        self.engine = engine
        self.cluster = cluster
        self.where = where

    def __repr__(self) -> str:
        return f"<Registry of {self.cluster} at {self.where}>"

    # ---- opening -----------------------------------------------------------------------------

    @classmethod
    def create(cls, where: str | Path, cluster: str) -> "Registry":
        """Make an empty registry for a cluster.

        Raises
        ------
        OutputError
            There is one already, or it cannot be made there.
        """
        with cls.making(where, cluster):
            pass
        engine, shown = _engine(where)
        return cls(engine, cluster, shown)

    @classmethod
    @contextmanager
    def making(cls, where: str | Path, cluster: str) -> Iterator["Registry"]:
        """Make a registry for a cluster, and what the block puts in: all of it or nothing.

        A file appears at its place when the block has ended well; one that is refused, interrupted
        or killed before leaves none.

        Raises
        ------
        OutputError
            There is one already, or it cannot be made there.
        """
        check_cluster(cluster)
        place = _file_of(where)
        if place is None:
            with cls._begun(where, cluster) as registry:
                yield registry
            return
        with ExitStack() as stack:
            with _saying_why(place):
                if os.path.lexists(place):
                    raise FileExistsError(place)
                beside = stack.enter_context(scratch(place.parent, "registry")) / place.name
                os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with cls._begun(beside, cluster, str(place)) as registry:
                yield registry
            with _saying_why(place):
                flush_one(beside)
                _move(beside, place)

    @classmethod
    @contextmanager
    def _begun(
        cls, where: str | Path, cluster: str, named: str | None = None
    ) -> Iterator["Registry"]:
        """A registry without records in an empty database; let go of at the end."""
        with _opening(where, named) as (engine, shown):
            with engine.connect() as connection:
                write(connection)
                with connection.begin():
                    if sa.inspect(connection).has_table("settings"):
                        raise OutputError(
                            say(
                                "{shown} holds a registry already. Expected an empty database. "
                                "Open it, or choose another.",
                                shown=shown,
                            )
                        )
                    _renew(connection)
                    connection.execute(settings.insert(), [{"name": "cluster", "value": cluster}])
            with cls(engine, cluster, shown) as registry:
                yield registry

    @classmethod
    def open(cls, where: str | Path) -> "Registry":
        """Open a registry; one of an older version is renewed.

        Raises
        ------
        DataError
            There is none, it is damaged, or a newer shuseki made it.
        """
        place = _file_of(where)
        if place is not None and not place.is_file():
            raise DataError(
                say(
                    "There is no registry at {place}. Expected a file that `shuseki directory "
                    "import` made. Check the name.",
                    place=place,
                )
            )
        with _opening(where) as (engine, shown), engine.connect() as connection:
            write(connection)
            with connection.begin():
                if not sa.inspect(connection).has_table("settings"):
                    raise DataError(
                        say(
                            "{shown} holds no registry. Expected one that `shuseki directory "
                            "import` made. Check the name.",
                            shown=shown,
                        )
                    )
                _renew(connection)
                cluster = connection.scalar(
                    sa.select(settings.c.value).where(settings.c.name == "cluster")
                )
        return cls(engine, str(cluster), shown)

    @staticmethod
    def is_at(where: str | Path) -> bool:
        """Whether a database holds a registry."""
        with _opening(where) as (engine, _), engine.connect() as connection:
            found = sa.inspect(connection).has_table("settings")
        engine.dispose()
        return found

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> "Registry":
        """Use it in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- reading -----------------------------------------------------------------------------

    def directory(self) -> Directory:
        """Everything that is here; ties to firms that are not are left out."""
        with self._reading() as connection:
            return self._directory(connection)

    def visibility(self) -> Visibility:
        """Levels that differ from those by default."""
        with self._reading() as connection:
            return self._visibility(connection)

    def view(self, role: str, cluster: str | None = None) -> Directory:
        """Give what a reader of a role and a cluster may see (``registry.view``)."""
        with self._reading() as connection:
            return view(
                self._directory(connection),
                role,
                self.cluster if cluster is None else cluster,
                self._visibility(connection),
            )

    def peers(self) -> tuple[Peer, ...]:
        """Registries that are known."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(peers)).mappings().all()
        return tuple(sorted((Peer(**row) for row in rows), key=lambda peer: peer.cluster))

    def peer(self, cluster: str) -> Peer:
        """One of them.

        Raises
        ------
        UnknownCodeError
            Nobody of that name.
        """
        known = {peer.cluster: peer for peer in self.peers()}
        if cluster not in known:
            raise UnknownCodeError.among("peer", [cluster], list(known))
        return known[cluster]

    def told(self, audience: str, after: int, most: int, most_bytes: int) -> tuple[Entry, ...]:
        """Give what an audience was told after a step: so many entries, or bytes, at most."""
        _check_audience(audience)
        chosen = (
            sa.select(published)
            .where(published.c.audience == audience, published.c.seq > after)
            .order_by(published.c.seq)
            .limit(most)
        )
        with self._reading() as connection:
            rows = connection.execute(chosen).mappings().all()
        entries: list[Entry] = []
        size = 0
        for row in rows:
            size += len(row["document"] or "") + 300
            if entries and size > most_bytes:
                break
            entries.append(Entry(**{k: v for k, v in row.items() if k != "audience"}))
        return tuple(entries)

    def shared(self, audience: str) -> Directory:
        """Own firms as an audience was told of them, read from what was published to it.

        Nothing else is read, so that not even the time it takes depends on what is hidden. Copies
        of other clusters are theirs to share.
        """
        _check_audience(audience)
        chosen = sa.select(published.c.id, published.c.document).where(
            published.c.audience == audience, published.c.document.is_not(None)
        )
        with self._reading() as connection:
            rows = {row.id: row.document for row in connection.execute(chosen)}
        tables: dict[str, list[Any]] = {table: [] for table in TABLES}
        for id in sorted(rows):
            document = read_document(json.loads(rows[id]), self.cluster, id)
            for table, some in document.rows.items():
                tables[table] += some
        known = {firm.key for firm in tables["firms"]}
        tables["ties"] = [t for t in tables["ties"] if t.source in known and t.target in known]
        return Directory(**{name: tuple(some) for name, some in tables.items()}, sources=(USER,))

    def head(self, audience: str, at: int | None = None) -> tuple[int, str]:
        """Last step that an audience was told (or step ``at``), and the chain up to it."""
        _check_audience(audience)
        chosen = sa.select(published.c.seq, published.c.chain).where(
            published.c.audience == audience
        )
        if at is not None:
            chosen = chosen.where(published.c.seq == at)
        with self._reading() as connection:
            row = connection.execute(chosen.order_by(published.c.seq.desc()).limit(1)).first()
        return (0, START) if row is None else (int(row[0]), str(row[1]))

    def versions(self, cluster: str) -> dict[str, int]:
        """Id of a firm of a cluster → version that is here, of removed ones too."""
        with self._reading() as connection:
            chosen = sa.select(records.c.id, records.c.version).where(records.c.cluster == cluster)
            return {str(row.id): int(row.version) for row in connection.execute(chosen)}

    # ---- writing -----------------------------------------------------------------------------

    def put(
        self,
        directory: Directory,
        *,
        tables: Iterable[str] = TABLES,
        whole: bool = False,
        seen: Mapping[str, int] | None = None,
        levels: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Changes:
        """Take records of the own cluster in, or new versions of them.

        Parameters
        ----------
        tables
            What of a firm is replaced; the rest stays as it is. Where it is not all, free hours,
            ties and ratings are renewed one by one.
        whole
            The directory is the whole cluster: firms that are not in it are removed.
        seen
            Id → version on which the change was made (``versions``), 0 for a firm that was not
            there: where another has changed it meanwhile, nothing is written.
        levels
            Key of a firm → who may see a field of it, from the same moment on; ``""`` for as by
            default.

        Raises
        ------
        ChangedMeanwhileError
            A firm has another version than was seen.
        DataError
            Records of another cluster, which are read-only here; or a tie to a firm that is nobody.
        """
        wanted = tuple(tables)
        foreign = [firm.key for firm in directory.firms if firm.cluster != self.cluster]
        if foreign and "firms" in wanted:
            raise DataError(
                say(
                    "Records of other clusters: {foreign} ({n_foreign}). Expected firms of "
                    "{cluster}: copies of others are read-only. Ask their owner, and pull.",
                    foreign=examples(foreign),
                    n_foreign=len(foreign),
                    cluster=self.cluster,
                )
            )
        for said in (levels or {}).values():
            Visibility({name: level for name, level in said.items() if level})  # type: ignore[misc]
        with self._writing() as connection:
            held = self._directory(connection)
            own = held.of_clusters(self.cluster)
            self._check_seen(connection, seen or {})
            renewed = self._merged(held, directory, wanted, whole)
            before = {document.id: document.text for document in documents_of(own, self.cluster)}
            after = {document.id: document for document in documents_of(renewed, self.cluster)}
            gone = sorted(set(before) - set(after))
            changed = [id for id, document in after.items() if document.text != before.get(id)]
            for id in (*gone, *changed):
                self._erase(connection, self.cluster, id)
            self._insert(connection, [after[id] for id in changed])
            for id in changed:
                self._count(connection, id, digest(after[id].text), deleted=False)
            for id in gone:
                self._count(connection, id, "", deleted=True)
            for key, said in (levels or {}).items():
                for name, level in said.items():
                    self._set_level(connection, key.partition("/")[2], name, level)
            self._publish(connection)
        return Changes(
            cluster=self.cluster,
            added=tuple(f"{self.cluster}/{id}" for id in changed if id not in before),
            changed=tuple(f"{self.cluster}/{id}" for id in changed if id in before),
            unchanged=len(after) - len(changed),
            removed=tuple(f"{self.cluster}/{id}" for id in gone),
            sources=(USER,),
        )

    def remove(self, keys: Iterable[str]) -> Changes:
        """Remove firms of the own cluster; those who had copies are told so."""
        held = self.directory().of_clusters(self.cluster)
        leaving = set(keys)
        unknown = leaving - set(held.keys)
        if unknown:
            raise UnknownCodeError.among("firm", unknown, list(held.keys))
        return self.put(held.only(set(held.keys) - leaving), whole=True)

    def set_level(self, name: str, level: str, firm: str = "") -> None:
        """Set who may see a table or a field (``"firms.owner_age"``), for all firms or one.

        Raises
        ------
        UnknownCodeError
            A field that there is not, or a firm that is not of the own cluster.
        ParameterError
            A level that is none.
        """
        Visibility({name: level})  # type: ignore[dict-item]  # refuses what cannot be
        with self._writing() as connection:
            if firm and firm not in self._directory(connection).of_clusters(self.cluster).keys:
                raise UnknownCodeError(
                    say(
                        "The firm {firm!r} is not of {cluster}. Expected one of its own. Only the "
                        "owner of a record says who may see it.",
                        firm=firm,
                        cluster=self.cluster,
                    )
                )
            id = firm.partition("/")[2]
            self._set_level(connection, id, name, level)
            self._publish(connection)

    def add_peer(self, cluster: str, url: str, public_key: str, audience: str = "partner") -> Peer:
        """Know another registry: by its key, and as what it reads here; its copies stay.

        Raises
        ------
        ParameterError
            The own cluster or no code of one, an address that is none of the web, a key that is
            none, a level that is no audience.
        """
        check_cluster(cluster)
        if url:
            check_address(cluster, url)
        _check_audience(audience)
        key = public_key.strip().lower()
        if len(key) != 64 or any(sign not in "0123456789abcdef" for sign in key):
            raise ParameterError(
                say(
                    "A public key of {n_key} signs. Expected 64 hexadecimal digits (Ed25519). Ask "
                    "the peer for what `shuseki directory key` prints.",
                    n_key=len(key),
                )
            )
        if cluster == self.cluster:
            raise ParameterError(
                say(
                    "{cluster} is this registry itself. Expected another cluster. Name the peer.",
                    cluster=cluster,
                )
            )
        peer = Peer(cluster, url, key, audience)
        with self._writing() as connection:
            connection.execute(peers.delete().where(peers.c.cluster == cluster))
            row = {name: getattr(peer, name) for name in Peer.__slots__}
            connection.execute(peers.insert(), [row])
        return peer

    def forget_peer(self, cluster: str) -> None:
        """Forget a peer, and the copies of its records."""
        self.peer(cluster)
        with self._writing() as connection:
            for table in (*ROWS.values(), records):
                connection.execute(table.delete().where(table.c.cluster == cluster))
            connection.execute(peers.delete().where(peers.c.cluster == cluster))

    def receive(
        self, cluster: str, entries: Iterable[tuple[Entry, Document | None]], seq: int, chain: str
    ) -> Changes:
        """Take in what a peer told, checked and signed: all of it or nothing."""
        added: list[str] = []
        changed: list[str] = []
        removed: list[str] = []
        with self._writing() as connection:
            versions = {
                row.id: row.version
                for row in connection.execute(
                    sa.select(records).where(records.c.cluster == cluster)
                )
                if not row.deleted
            }
            for entry, document in entries:
                key = f"{cluster}/{entry.id}"
                if document is None and not entry.deleted:
                    continue  # a later step replaces it
                self._erase(connection, cluster, entry.id)
                if document is not None:
                    self._insert(connection, [document])
                    (changed if entry.id in versions else added).append(key)
                elif entry.id in versions:
                    removed.append(key)
                connection.execute(
                    records.delete().where(records.c.cluster == cluster, records.c.id == entry.id)
                )
                connection.execute(
                    records.insert(),
                    [
                        {
                            "cluster": cluster,
                            "id": entry.id,
                            "version": entry.version,
                            "hash": entry.hash,
                            "deleted": entry.deleted,
                        }
                    ],
                )
            connection.execute(
                peers.update()
                .where(peers.c.cluster == cluster)
                .values(seq=seq, chain=chain, last_error="")
            )
        return Changes(
            cluster=cluster,
            added=tuple(added),
            changed=tuple(changed),
            unchanged=0,
            removed=tuple(removed),
        )

    def note_error(self, cluster: str, error: str) -> None:
        """Remember why a pull ended early."""
        with self._writing() as connection:
            connection.execute(
                peers.update().where(peers.c.cluster == cluster).values(last_error=error[:500])
            )

    # ---- inside ------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _in_words(self.where), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _in_words(self.where), self.engine.connect() as connection:
            write(connection)
            with connection.begin():
                chosen = sa.select(settings.c.value).where(settings.c.name == "cluster")
                connection.execute(chosen.with_for_update()).all()  # one writes at a time
                yield connection

    def _directory(self, connection: sa.Connection) -> Directory:
        tables: dict[str, list[Any]] = {}
        for name, kind in TABLES.items():
            rows = connection.execute(sa.select(ROWS[name])).mappings().all()
            keys = ("cluster", "id") if name == "firms" else ("cluster", "firm_id", "position")
            ordered = sorted(rows, key=lambda row, keys=keys: tuple(row[key] for key in keys))  # type: ignore[misc]
            tables[name] = [_read(row, name, kind) for row in ordered]
        known = {firm.key for firm in tables["firms"]}
        tables["ties"] = [t for t in tables["ties"] if t.source in known and t.target in known]
        return Directory(**{name: tuple(rows) for name, rows in tables.items()}, sources=(USER,))

    def _visibility(self, connection: sa.Connection) -> Visibility:
        general: dict[str, Level] = {}
        own: dict[str, dict[str, Level]] = {}
        for row in connection.execute(sa.select(levels_table)):
            if row.firm_id:
                own.setdefault(f"{self.cluster}/{row.firm_id}", {})[row.name] = row.level
            else:
                general[row.name] = row.level
        return Visibility(general, own)

    def _merged(
        self, held: Directory, directory: Directory, wanted: tuple[str, ...], whole: bool
    ) -> Directory:
        """Records as they shall be: those given, and what stays of those that are here."""
        given = set(directory.keys)
        keys_held = set(held.keys)
        unknown = sorted(given - keys_held)
        if unknown and "firms" not in wanted:
            raise DataError(
                say(
                    "Firms that are not in the registry: {unknown} ({n_unknown}). Expected known "
                    "ones. Import the firms first.",
                    unknown=examples(unknown),
                    n_unknown=len(unknown),
                )
            )
        tables: dict[str, tuple[Any, ...]] = {}
        for table in TABLES:
            new = getattr(directory, table) if table in wanted else ()
            if table == "firms":
                kept = [f for f in held.firms if f.key not in given or table not in wanted]
                if whole:
                    kept = [f for f in kept if f.cluster != self.cluster or f.key in given]
            else:
                identity = IDENTITY.get(table) if wanted != tuple(TABLES) else None
                again = (
                    {tuple(getattr(row, n) for n in identity) for row in new} if identity else set()
                )
                kept = [
                    row
                    for row in getattr(held, table)
                    if table not in wanted
                    or (
                        tuple(getattr(row, n) for n in identity) not in again
                        if identity
                        else not given & set(_owners(row, table))
                    )
                ]
            tables[table] = (*kept, *new)
        left = {firm.key for firm in tables["firms"]}
        for table in TABLES:
            if table != "firms":
                tables[table] = tuple(
                    dict.fromkeys(r for r in tables[table] if set(_owners(r, table)) <= left)
                )
        return Directory(**tables)

    def _check_seen(self, connection: sa.Connection, seen: Mapping[str, int]) -> None:
        """Refuse a change of a record that another has changed since it was read."""
        chosen = sa.select(records.c.id, records.c.version, records.c.deleted).where(
            records.c.cluster == self.cluster
        )
        now = {r.id: 0 if r.deleted else int(r.version) for r in connection.execute(chosen)}
        other = {id: now.get(id, 0) for id, version in seen.items() if now.get(id, 0) != version}
        if other:
            said = examples(
                say("{firm}, version {n}", firm=f"{self.cluster}/{id}", n=n)
                for id, n in other.items()
            )
            raise ChangedMeanwhileError(
                say(
                    "Changed by somebody else since it was read: {said} (0: not there). Expected "
                    "the versions that were seen. Look at it again, then change it.",
                    said=said,
                )
            )

    def _set_level(self, connection: sa.Connection, id: str, name: str, level: str) -> None:
        table = levels_table
        connection.execute(table.delete().where(table.c.firm_id == id, table.c.name == name))
        if level:
            connection.execute(table.insert(), [{"firm_id": id, "name": name, "level": level}])

    def _erase(self, connection: sa.Connection, cluster: str, id: str) -> None:
        for name, table in ROWS.items():
            key = table.c.id if name == "firms" else table.c.firm_id
            connection.execute(table.delete().where(table.c.cluster == cluster, key == id))

    def _insert(self, connection: sa.Connection, documents: list[Document]) -> None:
        for name, table in ROWS.items():
            rows = [
                _written(row, name, document, position)
                for document in documents
                for position, row in enumerate(document.rows.get(name, ()))
            ]
            for start in range(0, len(rows), BATCH):
                connection.execute(table.insert(), rows[start : start + BATCH])

    def _count(self, connection: sa.Connection, id: str, hash: str, *, deleted: bool) -> None:
        mine = (records.c.cluster == self.cluster, records.c.id == id)
        version = connection.scalar(sa.select(records.c.version).where(*mine)) or 0
        connection.execute(records.delete().where(*mine))
        row = {
            "cluster": self.cluster,
            "id": id,
            "version": version + 1,
            "hash": hash,
            "deleted": deleted,
        }
        connection.execute(records.insert(), [row])

    def _publish(self, connection: sa.Connection) -> None:
        """Tell each audience what has changed of what it may see, and nothing else."""
        directory, rules = self._directory(connection), self._visibility(connection)
        for audience in AUDIENCES:
            seen = view(directory, audience, "", rules)
            told = {document.id: document.text for document in documents_of(seen, self.cluster)}
            mine = published.c.audience == audience
            last = {
                row.id: row
                for row in connection.execute(
                    sa.select(published).where(mine).order_by(published.c.seq)
                )
            }
            seq = max((row.seq for row in last.values()), default=0)
            chain = next((row.chain for row in last.values() if row.seq == seq), START)
            for id in sorted(told.keys() | last.keys()):
                before, text = last.get(id), told.get(id)
                if before is None and text is None:
                    continue
                if before is not None and (
                    before.deleted if text is None else before.document == text
                ):
                    continue
                seq += 1
                entry = Entry(
                    seq,
                    id,
                    1 if before is None else before.version + 1,
                    "" if text is None else digest(text),
                    text is None,
                    "",
                    text,
                )
                chain = digest(chain + entry.link)
                if before is not None:
                    connection.execute(
                        published.update().where(mine, published.c.id == id).values(document=None)
                    )
                row = {name: getattr(entry, name) for name in Entry.__slots__}
                connection.execute(
                    published.insert(), [{**row, "audience": audience, "chain": chain}]
                )


# ---- rows and databases --------------------------------------------------------------------------


def _owners(row: Any, table: str) -> tuple[str, ...]:
    return (row.source, row.target) if table == "ties" else (row.firm,)


def _written(row: Any, table: str, document: Document, position: int) -> dict[str, Any]:
    told: dict[str, Any] = {"cluster": document.cluster}
    if table == "firms":
        told["id"] = document.id
    else:
        told |= {"firm_id": document.id, "position": position}
    for f in columns_of(table):
        value = getattr(row, f.name)
        if is_list(f.type):
            value = json.dumps(list(value), ensure_ascii=False)
        elif isinstance(value, float) and math.isnan(value):
            value = None
        elif isinstance(value, str) and "\x00" in value:
            raise DataError(
                say(
                    "{table}.{value} of {cluster}/{id} holds a sign that no text has. Expected "
                    "text. Correct it.",
                    table=table,
                    value=f.name,
                    cluster=document.cluster,
                    id=document.id,
                )
            )
        elif value is not None and not isinstance(value, str | date):
            value = value.item() if hasattr(value, "item") else value
        told[f.name] = value
    return told


def _read(row: Mapping[Any, Any], table: str, kind: type) -> Any:
    values = {
        f.name: tuple(json.loads(row[f.name])) if is_list(f.type) else row[f.name]
        for f in columns_of(table)
    }
    if table == "firms":
        return kind(id=row["id"], cluster=row["cluster"], **values)
    if table == "ties":
        return kind(**values)
    return kind(firm=f"{row['cluster']}/{row['firm_id']}", **values)


def _check_audience(audience: str) -> None:
    check_levels([audience])
    if audience not in AUDIENCES:
        raise ParameterError(
            say(
                "The audience {audience!r}. Expected one of {audiences}: what is {levels} leaves "
                "no registry. Choose one of them.",
                audience=audience,
                audiences=listed(AUDIENCES),
                levels=LEVELS[-1],
            )
        )


def check_address(cluster: str, url: str) -> None:
    """Refuse an address from which a peer cannot be pulled.

    Raises
    ------
    ParameterError
        It is none of the web.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or brackets that do not close
        good = False
    if not good:
        raise ParameterError(
            say(
                "The peer {cluster} has the address {url!r}. Expected http:// or https://. Add "
                "the peer again with its address.",
                cluster=cluster,
                url=url,
            )
        )


def _file_of(where: str | Path) -> Path | None:
    """The file of a SQLite registry; ``None`` for a URL."""
    return None if "://" in str(where) else Path(where)


@contextmanager
def _saying_why(place: Path) -> Iterator[None]:
    """Say in words why the file of a registry cannot be made."""
    try:
        yield
    except FileExistsError:
        raise OutputError(
            say(
                "{place} is there already. Expected a new file. Open it, or choose another name.",
                place=place,
            )
        ) from None
    except OSError as error:
        raise OutputError(
            say(
                "{place} cannot be made: {strerror}. Expected a folder that may be written. "
                "Choose another.",
                place=place,
                strerror=error.strerror,
            )
        ) from None


def _move(source: Path, place: Path) -> None:
    """Move a file to where nothing is: another that came meanwhile stays, and is told."""
    try:
        os.link(source, place)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        if os.path.lexists(place):
            raise FileExistsError(place) from None
        os.rename(source, place)


def _engine(where: str | Path) -> tuple[sa.Engine, str]:
    place = _file_of(where)
    if place is not None:
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(place)), connect_args={"timeout": 30}
        )
        sa.event.listen(engine, "connect", _sqlite_connects)
        sa.event.listen(engine, "begin", _sqlite_begins)
        return engine, str(place)
    try:
        url = make_url(str(where))
    except SQLAlchemyError:
        raise ParameterError(
            say(
                "The store is no path and no URL. Expected a file, or "
                "postgresql://user@host/name. Correct it."
            )
        ) from None
    if url.get_backend_name() != "postgresql":
        raise ParameterError(
            say(
                "A database of the kind {get_backend_name!r}. Expected a file (SQLite) or "
                "postgresql://user@host/name. Choose one of them.",
                get_backend_name=url.get_backend_name(),
            )
        )
    url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, pool_pre_ping=True), url.render_as_string(hide_password=True)


@contextmanager
def _opening(where: str | Path, named: str | None = None) -> Iterator[tuple[sa.Engine, str]]:
    """Reach a database; let go of it again when that fails."""
    engine, shown = _engine(where)
    shown = shown if named is None else named
    try:
        with _in_words(shown):
            yield engine, shown
    except BaseException:
        engine.dispose()
        raise


def _sqlite_connects(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin ourselves, so that tables are made whole as well
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA busy_timeout = 30000")


def _sqlite_begins(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def write(connection: sa.Connection) -> None:
    """Say that a connection will write, so that it waits its turn from the start."""
    connection.execution_options(writes=True)


def _renew(connection: sa.Connection) -> None:
    """Bring the tables to the newest schema."""
    config = Config()
    folder = files("shuseki.sourcing.registry") / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    here = MigrationContext.configure(connection).get_current_revision()
    if here is not None and here not in known:
        raise DataError(
            say(
                "The registry has the schema {here!r}. Expected one of {known}: a newer shuseki "
                "made it. Update shuseki.",
                here=here,
                known=listed(sorted(known)),
            )
        )
    command.upgrade(config, "head")


@contextmanager
def _in_words(where: str) -> Iterator[None]:
    """Say in words what a database refuses."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
        if any(words in cause for words in NO_ROOM_SAID):
            raise OutputError(
                say(
                    "There is no room to write the registry {where}: {cause}. Expected room for "
                    "all of it; what it held is as before. Free the disk, or choose another one.",
                    where=where,
                    cause=cause,
                )
            ) from None
        raise DataError(
            say(
                "The registry {where} cannot be used: {cause}. Expected a registry that is whole "
                "and may be written. Check the file or the server, or take a copy kept before.",
                where=where,
                cause=cause,
            )
        ) from None
