"""Who is signed in, and in which role?

On loopback with bundled data nobody signs in: whoever sits at the machine is its administrator.
``shuseki app --accounts`` asks for names and passwords:

=============  ================================================================================
reader         sees what is public
member         of a cluster: sees what its members share, its own firm's record, places orders
coordinator    of a cluster: sees all of its records, reviews links, plans orders
administrator  sees accounts and the log, and takes backups
=============  ================================================================================

Passwords are kept as Argon2id; a session is an opaque word of which only the SHA-256 is kept, so a
copy of the database opens nothing. A name or an address that fails often must wait. A role that is
withdrawn, or a password that is changed, works at once. What people do is written to a log.
"""

import hashlib
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import SQLAlchemyError

from shuseki.errors import DataError, OutputError, ParameterError, UnknownCodeError
from shuseki.language import say

__all__ = [
    "LOCAL",
    "METADATA",
    "NOBODY",
    "ROLES",
    "Account",
    "Accounts",
    "Role",
    "TooManyFailuresError",
    "engine_of",
    "own_folder",
]

Role = Literal["nobody", "reader", "member", "coordinator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
LASTS = timedelta(hours=12)
FAILURES = {"name": 5, "address": 20}
"""Failures within ``WINDOW`` after which a name or an address must wait."""
WINDOW = timedelta(minutes=15)
MOST_SESSIONS = 20
"""Sessions of one account; the oldest end when there are more."""
HASHED_AT_ONCE = 2
"""Passwords looked at together: each takes 64 MB for a moment."""
SHORTEST = 12

METADATA = sa.MetaData()
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("cluster", sa.String(80), nullable=False, default=""),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
)
FIRMS = sa.Table(
    "firms_of_accounts",
    METADATA,
    sa.Column("account", sa.String(80), primary_key=True),
    sa.Column("firm", sa.String(200), nullable=False),
)
"""Which firm's record a member writes."""
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("account", sa.String(80), nullable=False, index=True),
    sa.Column("ends", sa.String(40), nullable=False),
)
FAILED = sa.Table(
    "failed_sign_ins",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("who", sa.String(200), nullable=False, index=True),
    sa.Column("at", sa.String(40), nullable=False),
)
LOG = sa.Table(
    "log",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("account", sa.String(80), nullable=False),
    sa.Column("address", sa.String(80), nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("about", sa.String(400), nullable=False),
)


@dataclass(frozen=True)
class Account:
    """Somebody who uses the app."""

    name: str
    role: Role
    cluster: str = ""

    def is_at_least(self, role: Role) -> bool:
        """Whether this role may do what ``role`` may."""
        return ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Account("", "nobody")
LOCAL = Account("local", "administrator")
"""Who sits at the machine, when nobody signs in."""


class TooManyFailuresError(Exception):
    """Too many failures: sign-in is refused for a while."""


def own_folder(folder: Path) -> Path:
    """Make the folder of the app, for its owner alone.

    Raises
    ------
    OutputError
        It cannot be made or written, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            say(
                "{folder} cannot be used: {strerror}. Expected a folder that may be made and "
                "written. Choose another with --data.",
                folder=folder,
                strerror=error.strerror,
            )
        ) from None
    return folder


def engine_of(folder: Path, database: str = "") -> sa.Engine:
    """Engine of the accounts of a folder, or of another database.

    Parameters
    ----------
    folder
        Of the app; it is made when it is not there.
    database
        URL of a database; ``app.sqlite`` in the folder when empty.

    Raises
    ------
    OutputError
        The folder cannot be made.
    ParameterError
        The URL is none, or of a kind of database for which nothing is installed.
    """
    place = own_folder(folder) / "app.sqlite"
    try:
        return sa.create_engine(database or sa.URL.create("sqlite", database=str(place)))
    except (SQLAlchemyError, ImportError, ValueError):
        raise ParameterError(
            say(
                "The URL of the database cannot be used. Expected "
                "postgresql+psycopg://user@host/name, with psycopg installed, or none for a file "
                "in the folder. Correct it."
            )
        ) from None


class Accounts:
    """Accounts, sessions and the log, in a database.

    Parameters
    ----------
    engine
        Of SQLAlchemy: SQLite or PostgreSQL. Tables are made when they are not there.
    hasher
        Of passwords; the library's own default.

    Raises
    ------
    DataError
        The database cannot be reached, or is none.
    """

    def __init__(self, engine: sa.Engine, hasher: PasswordHasher | None = None) -> None:
        self.engine = engine
        self.hasher = hasher or PasswordHasher()
        self._counting = threading.Lock()
        self._hashing = threading.BoundedSemaphore(HASHED_AT_ONCE)
        self._nobodys = self.hasher.hash(secrets.token_urlsafe())
        try:
            METADATA.create_all(engine)
        except SQLAlchemyError as error:
            engine.dispose()
            cause = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
            shown = engine.url.render_as_string(hide_password=True)
            raise DataError(
                say(
                    "The accounts in {shown} cannot be used: {cause}. Expected a database that is "
                    "whole and may be written. Check it, or restore a backup into another folder.",
                    shown=shown,
                    cause=cause,
                )
            ) from None

    def add(self, name: str, password: str, role: Role = "reader", cluster: str = "") -> Account:
        """Open an account.

        Raises
        ------
        ParameterError
            No name, a role that does not exist, or a password shorter than 12 letters.
        DataError
            The name is taken.
        """
        if not name.strip() or len(name) > 80 or not name.isprintable():
            raise ParameterError(
                say(
                    "The name {name!r}. Expected 1 to 80 printable letters.",
                    name=name[:80],
                )
            )
        _check_role(role)
        self._check_password(password)
        row = {
            "name": name,
            "role": role,
            "cluster": cluster,
            "password": self.hasher.hash(password),
            "created": _now().isoformat(),
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(ACCOUNTS), row)
        except sa.exc.IntegrityError:
            raise DataError(
                say(
                    "There is an account {name!r} already. Expected a new name. Choose another, "
                    "or change its role or password.",
                    name=name,
                )
            ) from None
        return Account(name, role, cluster)

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        cluster: str | None = None,
        password: str | None = None,
    ) -> None:
        """Change an account; its sessions end when the password changes.

        Raises
        ------
        UnknownCodeError
            No such account.
        """
        given: dict[str, str] = {}
        if role is not None:
            _check_role(role)
            given["role"] = role
        if cluster is not None:
            given["cluster"] = cluster
        if password is not None:
            self._check_password(password)
            given["password"] = self.hasher.hash(password)
        with self.engine.begin() as connection:
            if given:
                changed = connection.execute(
                    sa.update(ACCOUNTS).where(ACCOUNTS.c.name == name).values(**given)
                )
                self._check_found(changed.rowcount, name)
            if password is not None:
                connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.account == name))

    def remove(self, name: str) -> None:
        """Close an account and its sessions."""
        with self.engine.begin() as connection:
            gone = connection.execute(sa.delete(ACCOUNTS).where(ACCOUNTS.c.name == name))
            self._check_found(gone.rowcount, name)
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.account == name))
            connection.execute(sa.delete(FIRMS).where(FIRMS.c.account == name))

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.name)).all()
        return [Account(row.name, row.role, row.cluster) for row in rows]

    def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        """Open a session and give its word; None when name or password are wrong.

        Raises
        ------
        TooManyFailuresError
            The name or the address has failed too often in the last quarter of an hour.
        """
        name = name if name.isprintable() else ascii(name)
        now = _now()
        since, at = (now - WINDOW).isoformat(), now.isoformat()
        keys = {"name": name[:200], "address": address[:200]}
        with self._counting, self.engine.begin() as connection:
            connection.execute(sa.delete(FAILED).where(FAILED.c.at < since))
            for kind, who in keys.items():
                failures = connection.execute(
                    sa.select(sa.func.count())
                    .select_from(FAILED)
                    .where(FAILED.c.kind == kind, FAILED.c.who == who)
                ).scalar_one()
                if failures >= FAILURES[kind]:
                    raise TooManyFailuresError
            tried: list[int] = []  # counted before the password is looked at: many are many
            for kind, who in keys.items():
                row = {"kind": kind, "who": who, "at": at}
                made = connection.execute(sa.insert(FAILED).returning(FAILED.c.id), row)
                tried.append(made.scalar_one())
            found = connection.execute(
                sa.select(ACCOUNTS.c.password).where(ACCOUNTS.c.name == name)
            ).scalar_one_or_none()
        with self._hashing:
            is_right = self._is_right(found or self._nobodys, password)
        if not is_right or found is None:
            return None
        word = secrets.token_urlsafe(32)
        ends = (_now() + LASTS).isoformat()
        with self.engine.begin() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.ends < _now().isoformat()))
            connection.execute(
                sa.delete(FAILED).where(
                    sa.or_(
                        sa.and_(FAILED.c.kind == "name", FAILED.c.who == keys["name"]),
                        FAILED.c.id.in_(tried),
                    )
                )
            )
            connection.execute(
                sa.insert(SESSIONS), {"token": _digest(word), "account": name, "ends": ends}
            )
            older = (
                sa.select(SESSIONS.c.token)
                .where(SESSIONS.c.account == name)
                .order_by(SESSIONS.c.ends.desc(), SESSIONS.c.token)
                .offset(MOST_SESSIONS)
            )
            ended = connection.execute(older).scalars().all()
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.token.in_(ended)))
        return word

    def who(self, word: str) -> Account:
        """Whose session this is; ``NOBODY`` without one."""
        if not word:
            return NOBODY
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(ACCOUNTS.c.name, ACCOUNTS.c.role, ACCOUNTS.c.cluster)
                .join(SESSIONS, SESSIONS.c.account == ACCOUNTS.c.name)
                .where(SESSIONS.c.token == _digest(word), SESSIONS.c.ends >= _now().isoformat())
            ).one_or_none()
        return NOBODY if row is None else Account(row.name, row.role, row.cluster)

    def firm_of(self, name: str) -> str:
        """Key of the firm whose record a member writes; empty without one."""
        with self.engine.connect() as connection:
            found = connection.scalar(sa.select(FIRMS.c.firm).where(FIRMS.c.account == name))
        return found or ""

    def set_firm(self, name: str, firm: str) -> None:
        """Say whose record a member writes; empty for none."""
        with self.engine.begin() as connection:
            known = connection.execute(sa.select(ACCOUNTS.c.name).where(ACCOUNTS.c.name == name))
            self._check_found(len(known.all()), name)
            connection.execute(sa.delete(FIRMS).where(FIRMS.c.account == name))
            if firm:
                connection.execute(sa.insert(FIRMS), {"account": name, "firm": firm[:200]})

    def logged_of(self, about: str, most: int = 50) -> list[dict[str, str]]:
        """What people did with one thing, newest first: what the log says begins with it."""
        chosen = sa.select(LOG).where(
            (LOG.c.about == about) | LOG.c.about.startswith(f"{about}: ", autoescape=True)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(chosen.order_by(LOG.c.id.desc()).limit(most)).all()
        return [{k: getattr(row, k) for k in ("at", "account", "action", "about")} for row in rows]

    def sign_out(self, word: str) -> None:
        """End a session."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.token == _digest(word)))

    def log(self, account: Account, action: str, about: str = "", address: str = "") -> None:
        """Write down what somebody did."""
        with self.engine.begin() as connection:
            connection.execute(
                sa.insert(LOG),
                {
                    "at": _now().isoformat(),
                    "account": account.name,
                    "address": address[:80],
                    "action": action[:80],
                    "about": about[:400],
                },
            )

    def logged(self, most: int = 200) -> Iterator[dict[str, str]]:
        """What people did, newest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(LOG).order_by(LOG.c.id.desc()).limit(most)).all()
        for row in rows:
            yield {name: getattr(row, name) for name in ("at", "account", "action", "about")}

    def _is_right(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def _check_password(self, password: str) -> None:
        if len(password) < SHORTEST:
            raise ParameterError(
                say(
                    "A password of {n_password} letters. Expected {shortest} or more. Choose a "
                    "longer one.",
                    n_password=len(password),
                    shortest=SHORTEST,
                )
            )

    def _check_found(self, rows: int, name: str) -> None:
        if not rows:
            raise UnknownCodeError.among("account", [name], [one.name for one in self.all()])


def _check_role(role: str) -> None:
    if role not in ROLES[1:]:
        raise UnknownCodeError.among("role", [role], list(ROLES[1:]))


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
