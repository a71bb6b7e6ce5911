"""Where do the waves live, and on which engine are they queried?

A store is a folder of Parquet::

    wave_1998.parquet                    waves written by a program, one file each
    parts/<file>-<hash>/wave=1998/…      waves that ``ingest`` made of a published file
    parts/<file>-<hash>/set_aside.parquet, report.json
    converter.parquet                    from_wave, to_wave, from_id, to_id (optional)

The folder is the truth; an engine only reads it. DuckDB is the default, Spark takes what does
not fit a machine. Every query of this project is one Ibis expression over ``wave`` and
``converter``, so the same expression runs on both.

Limits: a store is read as it is when opened; open it again after an ingest.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from shuseki.errors import DataError, MissingExtraError, UnknownCodeError, examples
from shuseki.records.establishments import FIELDS, REQUIRED
from shuseki.sources import Origin, Source

__all__ = ["CONVERTER", "Store"]

CONVERTER = {"from_wave": "int32", "to_wave": "int32", "from_id": "", "to_id": ""}
PARTS = "parts"


class Store:
    """Waves of establishments in a folder, with an engine to query them.

    Open one with ``Store.open`` (DuckDB) or ``Store.on_spark``.

    Attributes
    ----------
    folder
        Where the Parquet files are.
    connection
        The Ibis connection.
    waves
        Years, ascending.
    sources
        Where the records came from.
    """

    def __init__(self, folder: str | Path, connection: Any, sources: Sequence[Source] = ()) -> None:
        self.folder = Path(folder)
        self.connection = connection
        self._files = wave_files(self.folder)
        if not self._files:
            raise DataError(
                f"No waves in {self.folder}. Expected wave_<year>.parquet files or what ingest "
                "writes. Ingest records first, or check the folder."
            )
        self.waves: tuple[int, ...] = tuple(sorted(self._files))
        self.sources: tuple[Source, ...] = tuple(sources) or self._found_sources()
        self._tables: dict[int, ir.Table] = {}

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        spill_to: str | Path | None = None,
        sources: Sequence[Source] = (),
    ) -> "Store":
        """Open a folder of waves on DuckDB.

        Parameters
        ----------
        folder
            A store, or any folder with ``wave_<year>.parquet`` files in the house schema.
        memory_limit
            Most memory that the engine may take, e.g. ``"4GB"``; 80% of the machine by default.
        threads
            Number of threads; all cores by default.
        spill_to
            Folder for what does not fit the memory; ``.spill`` in the working folder by default
            of the engine.
        sources
            Where the records came from; by default what the files say of themselves.
        """
        options: dict[str, Any] = {"preserve_insertion_order": False}
        if memory_limit is not None:
            options["memory_limit"] = memory_limit
        if threads is not None:
            options["threads"] = threads
        if spill_to is not None:
            options["temp_directory"] = str(spill_to)
        return cls(folder, ibis.duckdb.connect(**options), sources)

    @classmethod
    def on_spark(
        cls, folder: str | Path, session: Any = None, *, sources: Sequence[Source] = ()
    ) -> "Store":
        """Open the same folder on Spark: a session of your cluster, or a local one.

        Raises
        ------
        MissingExtraError
            When pyspark is not installed.
        """
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise MissingExtraError(
                "Spark was asked for but pyspark is not installed. Expected the spark extra and "
                "Java 17 or later. Install them: pip install shuseki[spark]"
            ) from error
        if session is None:
            session = (
                SparkSession.builder.master("local[*]")
                .appName("shuseki")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .getOrCreate()
            )
        return cls(folder, ibis.pyspark.connect(session), sources)

    # ---- tables -------------------------------------------------------------------------

    def wave(self, year: int) -> ir.Table:
        """Establishments of one wave: the required columns, and the optional ones it has.

        ``id`` is a whole number when it is one in every wave of the store, else text.
        """
        self.check_waves([year])
        if self._text_ids:
            return self._read(year).mutate(id=self._read(year).id.cast("string"))
        return self._read(year)

    def establishments(self, waves: Sequence[int] | None = None) -> ir.Table:
        """All waves, or some, one below the other; columns that a wave lacks are null."""
        tables = [self.wave(year) for year in (self.waves if waves is None else waves)]
        names = [f.name for f in FIELDS if any(f.name in table.columns for table in tables)]
        kinds = {f.name: f.kind for f in FIELDS}
        kinds["id"] = "string" if self._text_ids else "int64"
        filled = [
            table.select(
                **{
                    name: table[name] if name in table.columns else ibis.null(kinds[name])
                    for name in names
                }
            )
            for table in tables
        ]
        return filled[0] if len(filled) == 1 else ibis.union(*filled)

    def converter(self) -> ir.Table | None:
        """Numbers that changed: ``from_wave``, ``to_wave``, ``from_id``, ``to_id``; or None."""
        path = self.folder / "converter.parquet"
        if not path.is_file():
            return None
        table = self._register([path], "converter")
        return self.as_converter(table)

    def as_converter(self, table: ir.Table) -> ir.Table:
        """Check the columns of a converter and give its ids the type of this store's."""
        missing = [name for name in CONVERTER if name not in table.columns]
        if missing:
            raise DataError(
                f"The converter lacks columns: {examples(missing)}. Found "
                f"{examples(table.columns, 12)}. Expected {', '.join(CONVERTER)}."
            )
        kind = "string" if self._text_ids else "int64"
        return table.select(
            from_wave=table.from_wave.cast("int32"),
            to_wave=table.to_wave.cast("int32"),
            from_id=table.from_id.cast(kind),
            to_id=table.to_id.cast(kind),
        )

    def check_waves(self, years: Sequence[int]) -> None:
        """Refuse waves that the store does not have."""
        unknown = [str(year) for year in years if year not in self._files]
        if unknown:
            raise UnknownCodeError.among("wave", unknown, [str(year) for year in self.waves])

    # ---- reading ------------------------------------------------------------------------

    @cached_property
    def _text_ids(self) -> bool:
        return any(self._read(year).id.type().is_string() for year in self.waves)

    def _read(self, year: int) -> ir.Table:
        if year not in self._tables:
            table = self._register(self._files[year], f"wave_{year}")
            missing = [name for name in REQUIRED if name not in table.columns]
            if missing:
                raise DataError(
                    f"Wave {year} lacks columns: {examples(missing)}. Found "
                    f"{examples(table.columns, 20)}. Expected the house schema; ingest the file."
                )
            columns = {}
            for field in FIELDS:
                if field.name in table.columns:
                    value = table[field.name]
                    if field.name == "id":
                        kind = "int64" if value.type().is_integer() else "string"
                    else:
                        kind = field.kind
                    columns[field.name] = value.cast(kind)
            self._tables[year] = table.select(**columns)
        return self._tables[year]

    def _register(self, files: Sequence[Path], name: str) -> ir.Table:
        paths = [str(path) for path in files]
        if self.connection.name == "duckdb":
            return self.connection.read_parquet(
                paths, table_name=name, union_by_name=True, hive_partitioning=False
            )
        tables = [
            self.connection.read_parquet(path, table_name=f"{name}_{k}")
            for k, path in enumerate(paths)
        ]
        if len(tables) == 1:
            return tables[0]
        text = any(t.id.type().is_string() for t in tables if "id" in t.columns)
        names = list(dict.fromkeys(column for table in tables for column in table.columns))
        kinds = {column: t[column].type() for t in tables for column in t.columns}
        if text:
            kinds["id"] = ibis.dtype("string")
        return ibis.union(
            *[
                table.select(
                    **{
                        column: table[column].cast(kinds[column])
                        if column in table.columns
                        else ibis.null(kinds[column])
                        for column in names
                    }
                )
                for table in tables
            ]
        )

    def _found_sources(self) -> tuple[Source, ...]:
        found: dict[str, Source] = {}
        for report in sorted(self.folder.glob(f"{PARTS}/*/report.json")):
            said = json.loads(report.read_text(encoding="utf-8"))["source"]
            found[said["key"]] = Source(**said)
        loose = [path for files in self._files.values() for path in files]
        loose = [path for path in loose if path.parent == self.folder]
        if loose:
            years = ", ".join(str(year) for year in self.waves)
            origin: Origin = "synthetic" if any(map(is_synthetic, loose)) else "user"
            title = "Synthetic census" if origin == "synthetic" else "Establishment records"
            found["waves"] = Source(
                self.folder.name, f"{title} in {self.folder.name}", years, origin=origin
            )
        return tuple(found.values())

    def __repr__(self) -> str:
        mark = "synthetic, " if any(s.origin == "synthetic" for s in self.sources) else ""
        years = ", ".join(str(year) for year in self.waves)
        return f"<Store: {mark}waves {years} on {self.connection.name}>"


def wave_files(folder: Path) -> dict[int, list[Path]]:
    """Which Parquet files hold which wave."""
    files: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("wave_*.parquet")):
        year = path.stem.removeprefix("wave_")
        if year.isdecimal():
            files.setdefault(int(year), []).append(path)
    for path in sorted(folder.glob(f"{PARTS}/*/wave=*/*.parquet")):
        if not path.parent.parent.name.startswith("."):
            files.setdefault(int(path.parent.name.removeprefix("wave=")), []).append(path)
    return files


def is_synthetic(path: Path) -> bool:
    """Whether a Parquet file says of itself that it is synthetic."""
    metadata = pq.read_metadata(path).metadata or {}
    return any(
        key.rsplit(b".", 1)[-1] == b"origin" and value == b"synthetic"
        for key, value in metadata.items()
    )
