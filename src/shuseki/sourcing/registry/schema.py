"""How does a registry lie in a database, SQLite or PostgreSQL?

One table for each table of a directory; the rows of a firm carry its cluster, its id and a
position. ``records`` counts the versions of each firm. ``published`` is what each audience was
told, and in which order. ``peers`` are the registries that are pulled from, ``levels`` those that
differ from the defaults. Text is compared byte by byte in Python, never by a collation.

``alembic`` makes and renews the tables (``migrations``); a test holds that what it makes is what
stands here.
"""

from dataclasses import Field, fields
from datetime import date
from typing import Any, get_args, get_origin

import sqlalchemy as sa

from shuseki.directory import TABLES

__all__ = ["ROWS", "columns_of", "levels", "metadata", "peers", "published", "records", "settings"]

metadata = sa.MetaData()


def type_of(declared: Any) -> Any:
    """Type of a column for a type of a field; lists are text (JSON)."""
    kinds = {float: sa.Double(), int: sa.BigInteger(), bool: sa.Boolean(), date: sa.Date()}
    for one in (declared, *get_args(declared)):
        if one in kinds:
            return kinds[one]
    return sa.Text()


def is_list(declared: Any) -> bool:
    """Whether a field holds several values."""
    return get_origin(declared) is tuple


def columns_of(table: str) -> tuple[Field[Any], ...]:
    """Fields of a table that are columns of its own: not the firm that a row belongs to."""
    left_out = ("cluster", "id") if table == "firms" else ("firm",)
    return tuple(f for f in fields(TABLES[table]) if f.name not in left_out)


def _table(name: str) -> sa.Table:
    keys: list[sa.Column[Any]] = [sa.Column("cluster", sa.Text, primary_key=True)]
    if name == "firms":
        keys.append(sa.Column("id", sa.Text, primary_key=True))
    else:
        keys.append(sa.Column("firm_id", sa.Text, primary_key=True))
        keys.append(sa.Column("position", sa.Integer, primary_key=True))
    own = [sa.Column(f.name, type_of(f.type), nullable=True) for f in columns_of(name)]
    return sa.Table(name, metadata, *keys, *own)


ROWS = {name: _table(name) for name in TABLES}
"""Table of a directory → table of the database."""

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
records = sa.Table(
    "records",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)
levels = sa.Table(
    "levels",
    metadata,
    sa.Column("firm_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
)
published = sa.Table(
    "published",
    metadata,
    sa.Column("audience", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("chain", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=True),
)
peers = sa.Table(
    "peers",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("chain", sa.Text, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
)
