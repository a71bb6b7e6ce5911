"""How is everything of the app taken away in one file, and put back?

A backup is a tar file, private, written whole or not at all: the rows of every table of the
app as JSON lines, whichever database they are in, and the folders of jobs, uploads, reviews and
areas, and the registry of firms. A job that runs is taken as it is at that moment; restored, it
counts as failed. It goes back into an empty
folder and an empty database, of the same or of another kind.
"""

import io
import json
import os
import sqlite3
import tarfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shuseki.app.directory import REGISTRY
from shuseki.disk import scratch
from shuseki.errors import DataError, OutputError
from shuseki.language import say, words_of
from shuseki.release import whole_file

__all__ = ["back_up", "restore"]

FORMAT = "shuseki backup 1"
FOLDERS = ("jobs", "uploads", "reviews", "areas")
KEPT = (*FOLDERS, REGISTRY)
ROWS = 5000


def back_up(data: Path, engine: sa.Engine, metadata: sa.MetaData, file: Path) -> int:
    """Write a backup; gives the number of rows and files in it.

    Parameters
    ----------
    data
        Folder of the app.
    engine, metadata
        Its database, and the tables in it that are the app's: what else may stand there is not
        ours to take away.
    file
        Where the backup goes.

    Raises
    ------
    DataError
        There is nothing to keep: no account, no job and no upload.
    """
    count = 0
    with whole_file(file) as place:
        place.touch(mode=0o600)
        with tarfile.open(place, "w") as pack:
            _add(pack, "format.json", json.dumps({"format": FORMAT}).encode())
            with engine.connect() as connection:
                if engine.dialect.name == "postgresql":  # every table as of one moment
                    connection.execution_options(isolation_level="REPEATABLE READ")
                for table in metadata.sorted_tables:
                    rows = connection.execute(sa.select(table)).mappings()
                    lines = [json.dumps(dict(row), default=_plain) for row in rows]
                    count += len(lines)
                    _add(pack, f"tables/{table.name}.jsonl", "\n".join(lines).encode())
            for folder in FOLDERS:
                root = data / folder
                for path in sorted(root.rglob("*")) if root.is_dir() else []:
                    if path.is_file() and not path.name.endswith(".lock"):
                        pack.add(path, str(path.relative_to(data)), recursive=False)
                        count += 1
            if (data / REGISTRY).is_file():
                with scratch(what="registry") as other:
                    _copy(data / REGISTRY, other / REGISTRY)
                    pack.add(other / REGISTRY, REGISTRY)
                count += 1
        if not count:
            raise DataError(
                say(
                    "{data} has no account, no job and no upload. Expected the folder of an app "
                    "that was used. Choose it with --data.",
                    data=data,
                )
            )
        os.chmod(place, 0o600)
    return count


def restore(file: Path, data: Path, engine: sa.Engine, metadata: sa.MetaData) -> int:
    """Put a backup into an empty folder and database; gives the number of rows and files.

    Raises
    ------
    DataError
        It is no backup of ours, or a name in it leads elsewhere.
    OutputError
        The folder or the database is not empty.
    """
    for folder in FOLDERS:
        if (data / folder).is_dir() and any((data / folder).iterdir()):
            raise OutputError(
                say(
                    "{data} is not empty. Expected an empty folder, so that nothing is mixed. "
                    "Choose another with --data.",
                    data=data / folder,
                )
            )
    if (data / REGISTRY).exists():
        raise OutputError(
            say(
                "{given} is there already. Expected a folder without one, so that nothing is "
                "mixed. Choose another with --data.",
                given=data / REGISTRY,
            )
        )
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    metadata.create_all(engine)
    count = 0
    try:
        with tarfile.open(file) as pack, engine.begin() as connection:
            names = pack.getnames()
            if "format.json" not in names or _json(pack, "format.json") != {"format": FORMAT}:
                raise DataError(
                    say(
                        "{file} is no backup of this program. Expected {format}.",
                        file=file.name,
                        format=FORMAT,
                    )
                )
            for table in metadata.sorted_tables:
                rows = _rows(pack, f"tables/{table.name}.jsonl", names)
                if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
                    raise OutputError(
                        say(
                            "The table {table} is not empty. Expected an empty database. Choose "
                            "another with --database.",
                            table=table.name,
                        )
                    )
                for start in range(0, len(rows), ROWS):
                    connection.execute(sa.insert(table), rows[start : start + ROWS])
                count += len(rows)
                _go_on_counting(connection, table)
            files = [one for one in pack.getmembers() if one.name.split("/")[0] in KEPT]
            for one in files:
                if not one.isfile() or ".." in Path(one.name).parts:
                    raise DataError(
                        say(
                            "{file} holds {one!r}, which is no file of a backup.",
                            file=file.name,
                            one=one.name,
                        )
                    )
            pack.extractall(data, members=files, filter="data")
            count += len(files)
    except tarfile.TarError as error:
        raise DataError(
            say(
                "{file} cannot be read: {error}. Expected a whole backup.",
                file=file.name,
                error=words_of(error),
            )
        ) from None
    for folder in FOLDERS:
        for path in [data / folder, *(data / folder).rglob("*")]:
            if path.is_dir():
                path.chmod(0o700)
    return count


def _copy(registry: Path, place: Path) -> None:
    """Copy a SQLite file as it is at one moment, whoever writes to it."""
    with closing(sqlite3.connect(registry)) as one, closing(sqlite3.connect(place)) as other:
        one.backup(other)
    place.chmod(0o600)


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """Let the numbers that PostgreSQL gives go on after those restored; SQLite does so itself."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None:
        counter = sa.func.pg_get_serial_sequence(table.name, column.name)
        last = sa.select(sa.func.max(column)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(counter, last)))  # of an empty table: nothing


def _add(pack: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    pack.addfile(entry, io.BytesIO(content))


def _json(pack: tarfile.TarFile, name: str) -> Any:
    stream = pack.extractfile(name)
    return json.loads(stream.read()) if stream is not None else None


def _rows(pack: tarfile.TarFile, name: str, names: list[str]) -> list[dict[str, Any]]:
    if name not in names:
        return []
    stream = pack.extractfile(name)
    text = stream.read().decode() if stream is not None else ""
    return [json.loads(line) for line in text.splitlines()]


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be backed up")
