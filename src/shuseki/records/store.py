"""Where do the waves live, and on which engine are they queried?

A store is a folder of Parquet::

    wave_1998.parquet               waves written by a program, one file each
    converter.parquet               from_wave, to_wave, from_id, to_id (optional)
    parts/<file>-<hash>/            waves that ``ingest`` made of a published file (``parts``)

The folder is the truth; an engine only reads it, and only the files that the store names: no
pattern, no column from the name of a folder. DuckDB is the default, Spark takes what does not fit
a machine. Every query of this project is one Ibis expression over ``wave`` and ``converter``, so
the same expression runs on both.

A study reads exactly the parts of the files it names, and its own converter, whatever else the
folder holds: ``Store.open(folder, parts=…, converter=…)``.

A *register* that says when its units opened and keeps those that closed (``keeps_closed`` of its
layout) stands for every earlier year too: asked for such a year, the store gives the units that had
opened by its 31 December, with what the register says of them now. So births, deaths, stocks and
survival come from waves, or from the days of one file.

Limits: a store is read as it is when opened; open it again after an ingest.
"""

import re
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shuseki.disk import Scratch
from shuseki.errors import DataError, MissingExtraError, UnknownCodeError, examples
from shuseki.geography.gazetteers import Gazetteer, gazetteer
from shuseki.language import Message, listed, say
from shuseki.records.engine import connect, exact
from shuseki.records.establishments import FIELDS, REQUIRED, WHOLE_NUMBER
from shuseki.records.parts import Part, check_one_store, parts_of, refuse_damaged
from shuseki.sources import Origin, Source

__all__ = ["CONVERTER", "Store", "open_store"]

FIRST_YEAR = 1600
"""No register is asked for years before it."""
CONVERTER = {"from_wave": "int32", "to_wave": "int32", "from_id": "", "to_id": ""}


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
    parts
        What is read of ``parts/``.
    gazetteer
        What is known of the codes of places; None when the files do not say whose they are.
    sources
        Where the records came from.

    Raises
    ------
    DataError
        No waves are there; a part is damaged; two parts of a wave were never compared, so that
        rows may be there twice.
    """

    def __init__(
        self,
        folder: str | Path,
        connection: Any,
        sources: Sequence[Source] = (),
        *,
        parts: Sequence[str] | None = None,
        converter: pd.DataFrame | Literal["own"] | None = "own",
    ) -> None:
        self.folder = Path(folder)
        self.connection = connection
        self.parts = _named(self.folder, parts)
        self._files = wave_files(self.folder, self.parts, loose=parts is None)
        if not self._files:
            raise DataError(
                say(
                    "No waves in {folder}. Expected wave_<year>.parquet files or what ingest "
                    "writes. Ingest records first, or check the folder.",
                    folder=self.folder,
                )
            )
        self._given_converter = converter
        self.gazetteer: Gazetteer | None = _gazetteer(self.parts)
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
        parts: Sequence[str] | None = None,
        converter: pd.DataFrame | Literal["own"] | None = "own",
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
            Folder for what does not fit the memory; the system's folder for temporary files by
            default. A private folder is made in it, and removed at the end.
        sources
            Where the records came from; by default what the files say of themselves.
        parts
            Names of the parts to read (``IngestReport.parts``), and nothing else of the folder; by
            default all that it holds.
        converter
            The converter of a study, or None for none; by default the folder's own.
        """
        if spill_to is not None:
            Path(spill_to).mkdir(parents=True, exist_ok=True)
        spill = Scratch(spill_to, "spill")
        options: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads}
        try:
            connection = connect(
                folder,
                temp_directory=str(spill.work),
                preserve_insertion_order=False,
                **{name: value for name, value in options.items() if value is not None},
            )
            # Expressions may outlive the store: the folder goes with the connection.
            weakref.finalize(connection, spill.close)
            return cls(folder, connection, sources, parts=parts, converter=converter)
        except BaseException:
            spill.close()
            raise

    def close(self) -> None:
        """Disconnect from the engine; what was made of the store cannot be asked any more."""
        if self.connection.name == "duckdb":
            self.connection.disconnect()

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
                say(
                    "Spark was asked for but pyspark is not installed. Expected the spark extra "
                    "and Java 17 or later. Install them: pip install shuseki[spark]"
                )
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
        """Records of one wave: the required columns, and the optional ones it has.

        ``id`` is a whole number when it is one in every wave of the store, else text. Records of
        establishments that had closed are among them; see ``there``.
        """
        self.check_waves([year])
        table = self._read(year) if year in self._files else self._as_of(year)
        return table.mutate(id=table.id.cast("string")) if self._text_ids else table

    def register_of(self, year: int) -> int | None:
        """The wave from which a year that has none of its own is read: the next one later.

        None where that one is no register that keeps the closed, or the year is a wave itself.
        """
        later = [wave for wave in self.waves if wave > year]
        if year in self._files or not later:
            return None
        parts = [part for part in self.parts if later[0] in part.waves]
        keeps = all(part.report.get("keeps_closed", False) for part in parts)
        whole = len(parts) == len(self._files[later[0]])
        return later[0] if keeps and whole and year > FIRST_YEAR else None

    def notes_on(self, years: Sequence[int]) -> tuple[Message, ...]:
        """What a reader must know of years that are read from a register of a later one."""
        read: dict[int, list[int]] = {}
        for year in sorted(set(years)):
            if (register := self.register_of(year)) is not None:
                read.setdefault(register, []).append(year)
        told = []
        for register, asked in read.items():
            table = self._read(register)
            counts = table.agg(n=table.count(), no=table.opened.isnull().sum()).to_pandas().iloc[0]
            told.append(
                say(
                    "Years read from the register of {register}: {years}. Its units stand where, "
                    "and are what, they were in {register}. {undated:,} of {n:,} do not say when "
                    "they opened, and count as there from the first year on.",
                    years=listed(asked),
                    register=register,
                    undated=int(counts["no"] or 0),
                    n=int(counts["n"]),
                )
            )
        return tuple(told)

    def there(self, year: int) -> ir.Table:
        """Records of who was there on 31 December of a wave's year.

        These are the establishments that had not closed by then, as far as the records say.
        """
        table = self.wave(year)
        if "closed" not in table.columns:
            return table
        day = ibis.literal(f"{year:04d}-12-31").cast("date")
        return table.filter(table.closed.isnull() | (table.closed > day))

    def establishments(self, waves: Sequence[int] | None = None) -> ir.Table:
        """Who was there in all waves, or some, one below the other.

        Columns that a wave lacks are null.
        """
        tables = [self.there(year) for year in (self.waves if waves is None else waves)]
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
        given = self._given_converter
        if isinstance(given, pd.DataFrame):
            return self.as_converter(ibis.memtable(self._checked(given))) if len(given) else None
        path = self.folder / "converter.parquet"
        if given is None or not path.is_file():
            return None
        table = self._register([path], "converter")
        return self.as_converter(table)

    def as_converter(self, table: ir.Table) -> ir.Table:
        """Check the columns of a converter and give its ids the type of this store's."""
        missing = [name for name in CONVERTER if name not in table.columns]
        if missing:
            raise DataError(
                say(
                    "The converter lacks columns: {missing}. Found {columns}. Expected "
                    "{converter}.",
                    missing=examples(missing),
                    columns=examples(table.columns, 12),
                    converter=listed(CONVERTER),
                )
            )
        kind = "string" if self._text_ids else "int64"
        return table.select(
            from_wave=table.from_wave.cast("int32"),
            to_wave=table.to_wave.cast("int32"),
            from_id=table.from_id.try_cast(kind),
            to_id=table.to_id.try_cast(kind),
        )

    def check_waves(self, years: Sequence[int]) -> None:
        """Refuse waves that the store does not have."""
        unknown = [
            str(year)
            for year in years
            if year not in self._files and self.register_of(year) is None
        ]
        if unknown:
            raise UnknownCodeError.among("wave", unknown, [str(year) for year in self.waves])

    def _checked(self, converter: pd.DataFrame) -> pd.DataFrame:
        """Refuse the ids of a converter that no establishment of this store can have."""
        kept = converter[[name for name in CONVERTER if name in converter.columns]]
        if self._text_ids:
            return kept
        for name in ("from_id", "to_id"):
            if name in kept and not pd.api.types.is_integer_dtype(kept[name]):
                ids = kept[name].astype("string").str.strip()
                odd = ids[~ids.str.fullmatch(WHOLE_NUMBER).fillna(False)]
                if len(odd):
                    raise DataError(
                        say(
                            "{n_odd} numbers in {name} of the converter are no whole numbers: "
                            "{values}. Expected numbers as in the waves, which have whole numbers "
                            "without leading zeros. Correct the converter.",
                            n_odd=len(odd),
                            name=name,
                            values=examples(odd.fillna("(empty)")),
                        )
                    )
                kept = kept.assign(**{name: ids})
        return kept

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
                    say(
                        "Wave {year} lacks columns: {missing}. Found {columns}. Expected the "
                        "house schema; ingest the file.",
                        year=year,
                        missing=examples(missing),
                        columns=examples(table.columns, 20),
                    )
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
            table = table.select(**columns)
            self._tables[year] = latest(table) if self._are_changes(year) else table
        return self._tables[year]

    def _are_changes(self, year: int) -> bool:
        """Whether several files say what became of the units of a wave."""
        parts = [part for part in self.parts if year in part.waves]
        return len(self._files[year]) > 1 and any(
            part.report.get("rows") == "changes" for part in parts
        )

    def _as_of(self, year: int) -> ir.Table:
        """The units of a later register that had opened by 31 December of a year."""
        register = self.register_of(year)
        assert register is not None
        table = self._read(register)
        day = ibis.literal(f"{year:04d}-12-31").cast("date")
        opened = table.opened.isnull() | (table.opened <= day)
        return table.filter(opened).mutate(wave=ibis.literal(year, "int32"))

    def _register(self, files: Sequence[Path], name: str) -> ir.Table:
        for path in files:
            _metadata(path)
        if self.connection.name == "duckdb":
            return self.connection.read_parquet(
                [exact(path.absolute()) for path in files],
                table_name=name,
                union_by_name=True,
                hive_partitioning=False,
            )
        tables = [
            self.connection.read_parquet(_for_spark(path), table_name=f"{name}_{k}")
            for k, path in enumerate(files)
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
        for part in self.parts:
            found[part.source.key] = part.source
        loose = [path for files in self._files.values() for path in files]
        loose = [path for path in loose if path.parent == self.folder]
        if loose:
            years = ", ".join(str(year) for year in self.waves)
            origin: Origin = "synthetic" if any(map(is_synthetic, loose)) else "user"
            title = (
                say("Synthetic census in {folder}", folder=self.folder.name)
                if origin == "synthetic"
                else say("Establishment records in {folder}", folder=self.folder.name)
            )
            found["waves"] = Source(self.folder.name, title, years, origin=origin)
        return tuple(found.values())

    def __repr__(self) -> str:
        mark = "synthetic, " if any(s.origin == "synthetic" for s in self.sources) else ""
        years = ", ".join(str(year) for year in self.waves)
        return f"<Store: {mark}waves {years} on {self.connection.name}>"


def earliest(table: ir.Table, unit: Sequence[str]) -> ir.DateValue:
    """The earliest day of opening that the rows of a unit say; unknown where one does not say."""
    whole = ibis.window(group_by=list(unit))
    unsaid = table.opened.isnull().cast("int64").sum().over(whole) > 0
    return ibis.ifelse(unsaid, ibis.null("date"), table.opened.min().over(whole))


def latest(table: ir.Table) -> ir.Table:
    """Of each unit what was recorded latest, with the earliest day of opening that is known."""
    unit = ibis.window(
        group_by="id",
        order_by=[
            table.recorded.desc(nulls_first=False),
            table.closed.desc(nulls_first=False) if "closed" in table.columns else table.id,
            table.municipality,
        ],
    )
    opened = {"opened": earliest(table, ["id"])} if "opened" in table.columns else {}
    ranked = table.mutate(nth=ibis.row_number().over(unit), **opened)
    return ranked.filter(ranked.nth == 0).drop("nth")


def wave_files(folder: Path, parts: Sequence[Part], *, loose: bool = True) -> dict[int, list[Path]]:
    """Which Parquet files hold which wave: those of parts, and the loose ones of the folder."""
    files: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("wave_*.parquet")) if loose else ():
        year = path.stem.removeprefix("wave_")
        if year.isdecimal() and path.is_file():
            files.setdefault(int(year), []).append(path)
    for part in parts:
        for wave, path in part.waves_in().items():
            files.setdefault(wave, []).append(path)
    return files


def _named(folder: Path, names: Sequence[str] | None) -> tuple[Part, ...]:
    """The parts to read, whole and compared with one another."""
    found = parts_of(folder, pass_damaged=names is not None)
    if names is not None:
        by_name = {part.name: part for part in found}
        missing = [name for name in names if name not in by_name]
        if missing:
            raise UnknownCodeError.among("part", missing, list(by_name))
        found = tuple(by_name[name] for name in dict.fromkeys(names))
    for part in found:
        refuse_damaged(part, wholly=False)
    check_one_store(found)
    return found


def _gazetteer(parts: Sequence[Part]) -> Gazetteer | None:
    """Whose codes the parts bear."""
    said = sorted({part.making.codes for part in parts})
    if len(said) > 1:
        named = examples(f"{part.file} ({part.making.codes})" for part in parts)
        raise DataError(
            say(
                "Parts with codes of different countries: {named}. Expected one country in a "
                "store. Ingest them again with the same codes (--codes), or into stores of their "
                "own.",
                named=named,
            )
        )
    return gazetteer(said[0]) if said else None


def _metadata(path: Path) -> Any:
    """What a Parquet file says of itself; refuses one whose end is missing or damaged."""
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            say(
                "{path} cannot be read as Parquet: {why}. Expected a whole file; it was "
                "probably cut off or damaged. Copy it again, or ingest its file again.",
                path=path,
                why=str(error).splitlines()[0],
            )
        ) from error


def _for_spark(path: Path) -> str:
    """Name a file for Spark such that no character of it is a pattern."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path.absolute()))


def is_synthetic(path: Path) -> bool:
    """Whether a Parquet file says of itself that it is synthetic."""
    metadata = _metadata(path).metadata or {}
    return any(
        key.rsplit(b".", 1)[-1] == b"origin" and value == b"synthetic"
        for key, value in metadata.items()
    )


open_store = Store.open
"""``Store.open``: open a folder of waves on DuckDB."""
