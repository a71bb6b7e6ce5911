"""How is DuckDB opened, so that it reads and writes only what it is told?

It sees the files and folders that are named when it is opened, and nothing else: external access
and the loading of extensions are off, and the settings are locked. What does not fit the memory
goes to a folder of ours, never into the working directory. Paths are given through ``exact``:
DuckDB takes ``[2]``, ``*`` and ``?`` in a name for a pattern and would read other files.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

__all__ = ["as_view", "connect", "exact", "read_parquet"]


def connect(*folders: str | Path, files: Iterable[str | Path] = (), **options: Any) -> Any:
    """Open DuckDB in memory, behind closed doors; the caller disconnects.

    Parameters
    ----------
    folders, files
        What it may read and write; with none it may do neither.
    options
        Settings of the engine, e.g. ``memory_limit="4GB"``, ``threads=2``, and ``temp_directory``:
        a private folder for what does not fit the memory.
    """
    connection = ibis.duckdb.connect(
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
        allow_community_extensions=False,
        **options,
    )
    spill = [options["temp_directory"]] if "temp_directory" in options else []
    for setting, paths in (
        ("allowed_directories", [*folders, *spill]),
        ("allowed_paths", [*files]),
    ):
        absolute = [Path(path).absolute() for path in paths]
        names = dict.fromkeys([*map(str, absolute), *map(exact, absolute)])
        if names:
            connection.raw_sql(f"SET {setting} = [{', '.join(map(quoted, names))}]")
    connection.raw_sql("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def exact(path: str | Path) -> str:
    """Write a path as the pattern that matches this path only.

    Examples
    --------
    >>> exact("w[2]000.parquet")
    'w[[]2]000.parquet'
    """
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))


def read_parquet(
    connection: Any, path: str | Path, name: str | None = None, **options: Any
) -> ir.Table:
    """One Parquet file as a table; its folder's name says nothing about its columns."""
    return connection.read_parquet(
        exact(Path(path).absolute()), table_name=name, hive_partitioning=False, **options
    )


def as_view(connection: Any, table: ir.Table) -> ir.Table:
    """Give a query a name in the engine; what is asked of it then is translated without it.

    Ibis translates a whole expression to SQL each time, which takes longer than the engine needs
    for the rows of most files. A view holds no rows: the engine plans as it would without.

    Parameters
    ----------
    table
        A query of files; it outlives no table in memory.
    """
    return connection.create_view(gen_name("asked"), table)


def quoted(text: object) -> str:
    """A string as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"
