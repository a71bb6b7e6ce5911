"""How does a published file become establishments?

Each file becomes one folder of a store, whole or not at all::

    parts/<file>-<hash>/wave=<year>/establishments.parquet    the rows kept
    parts/<file>-<hash>/set_aside.parquet                     the others, each with its reason
    parts/<file>-<hash>/report.json                           rows in, kept, set aside; hash; layout

The folder gets its name when it is complete, in one step, so an interrupted ingest leaves
nothing behind and the next call goes on with the files that are not in yet; a file that is in
(same bytes) is skipped. Always: rows in = rows kept + rows set aside.

Takes: CSV (UTF-8 or CP932) or Parquet files of any size, and a layout. Gives: ``IngestReport``.
Files are streamed through DuckDB; what does not fit its memory limit spills to disk.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd

from shuseki.errors import DataError, OutputError, ParameterError
from shuseki.records.establishments import FIELDS, WHOLE_NUMBER
from shuseki.records.files import FileFacts, examine
from shuseki.records.layouts import Layout, layout
from shuseki.records.store import PARTS, wave_files
from shuseki.records.validation import (
    Checked,
    CodeCheck,
    check_rows,
    codes_of_japan,
    count,
    source_of,
)
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["IngestReport", "Progress", "ingest"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the bytes that is done, 0 to 1."""

TERMS_OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@result
class IngestReport(Result):
    """What became of each file.

    Attributes
    ----------
    folder
        The store.
    files
        One row per file: ``file``, ``encoding``, ``waves``, ``rows_in``, ``rows_kept``,
        ``rows_set_aside``, ``values_blanked``, ``skipped`` (it was in already).
    reasons
        Reason → rows set aside, over all files.
    """

    folder: Path
    files: pd.DataFrame
    reasons: Mapping[str, int]

    def headline(self) -> str:
        """Rows in = rows kept + rows set aside, and why."""
        total = self.files[["rows_in", "rows_kept", "rows_set_aside"]].sum()
        why = ", ".join(f"{reason} {n:,}" for reason, n in self.reasons.items())
        skipped = int(self.files["skipped"].sum())
        return (
            f"{len(self.files)} files: {total.rows_in:,} rows in = {total.rows_kept:,} kept + "
            f"{total.rows_set_aside:,} set aside"
            + (f" ({why})" if why else "")
            + (f"; {skipped} files were in already" if skipped else "")
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per file."""
        return self.files.copy()


def ingest(
    paths: "str | Path | Iterable[str | Path]",
    folder: str | Path,
    which: "str | Layout | Mapping[str, Any]" = "house",
    *,
    wave: int | None = None,
    check_codes: CodeCheck | None = codes_of_japan,
    memory_limit: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Take published files into a store.

    Parameters
    ----------
    paths
        One or more CSV or Parquet files of the same layout.
    folder
        The store; made when it does not exist.
    which
        Layout: a name, a mapping or a ``Layout``.
    wave
        Year of the files when their rows do not say it.
    check_codes
        Tells municipality codes that were not valid on a date: Japan's by default; rows whose
        code never was valid are set aside. With None only the form of a code is checked.
    memory_limit, threads
        Options of the engine, e.g. ``"4GB"``, 2.
    progress
        Called while working; silent without it.

    Raises
    ------
    DataError
        When a file as a whole cannot be taken in.
    ParameterError
        When a file is in the store by another layout.
    OutputError
        When the disk is full or cannot be written; what was in the store stays as it was.
    """
    chosen = layout(which, wave=wave)
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    parts = Path(folder) / PARTS
    total = sum(path.stat().st_size for path in files if path.is_file()) or 1
    done = 0
    reports = []
    for path in files:
        if progress:
            progress(path.name, done / total)
        facts = examine(path, chosen)
        options: dict[str, Any] = {}
        if memory_limit is not None:
            options["memory_limit"] = memory_limit
        if threads is not None:
            options["threads"] = threads
        try:
            reports.append(take_in(facts, parts, chosen, check_codes, options))
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            if not is_about_the_disk(error):
                raise
            raise OutputError(
                f"{path.name} could not be written into {folder}: {str(error).splitlines()[0]}. "
                "Nothing of it was kept; the store is as before. Free the disk, or choose "
                "another folder, and call again: files that are in will be skipped."
            ) from error
        done += facts.bytes
    if progress:
        progress("done", 1.0)
    return report_of(Path(folder), reports)


def take_in(
    facts: FileFacts,
    parts: Path,
    chosen: Layout,
    check_codes: CodeCheck | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Make one part of a store of one file, or find it made."""
    part = parts / f"{facts.path.stem}-{facts.sha256[:12]}"
    if part.exists():
        report: dict[str, Any] = json.loads((part / "report.json").read_text(encoding="utf-8"))
        if report["layout"] != chosen.fingerprint():
            raise ParameterError(
                f"{facts.path.name} is in the store by another layout. Expected the same one. "
                f"To take it in again, remove the folder {part} first."
            )
        return {**report, "skipped": True}
    if facts.misdeclared:
        raise DataError(facts.advice)
    parts.mkdir(parents=True, exist_ok=True)
    work = parts / f".{part.name}.partial"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        connection = ibis.duckdb.connect(temp_directory=str(work / "spill"), **options)
        checked = check_rows(connection, facts, chosen, work, check_codes)
        checked = without_known(connection, checked, parts.parent)
        whole = work / "part"
        whole.mkdir()
        report = {
            "file": facts.path.name,
            "sha256": facts.sha256,
            "encoding": facts.encoding,
            "layout": chosen.fingerprint(),
            "source": asdict(source_of(facts, chosen)),
            **write_part(connection, checked, whole),
            "skipped": False,
        }
        connection.disconnect()
        text = json.dumps(report, ensure_ascii=False, indent=1)
        with (whole / "report.json").open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        whole.rename(part)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report


def without_known(connection: Any, checked: Checked, folder: Path) -> Checked:
    """Set aside rows whose number is in the store already for the same wave."""
    held = wave_files(folder) if folder.exists() else {}
    table = checked.table
    waves = table.filter(table.reason.isnull()).wave.as_table().distinct().to_pandas()["wave"]
    for wave in sorted(waves):
        for k, path in enumerate(held.get(int(wave), [])):
            there = connection.read_parquet(str(path), table_name=f"held_{wave}_{k}")
            ids = there.select(held=there.id.cast("string"), held_wave=int(wave)).distinct()
            joined = table.left_join(
                ids, [table.id.cast("string") == ids.held, table.wave == ids.held_wave]
            )
            again = joined.reason.isnull() & joined.held.notnull()
            columns = {name: joined[name] for name in table.columns}
            columns["reason"] = ibis.ifelse(again, "duplicate id", joined.reason)
            table = joined.select(**columns)
    return Checked(table, checked.rejected, checked.odd_codes)


def write_part(connection: Any, checked: Checked, folder: Path) -> dict[str, Any]:
    """Write kept rows by wave and the rows set aside; give the counts.

    Raises
    ------
    DataError
        When rows in are not rows kept plus rows set aside: a fault of this program.
    """
    table = checked.table
    kept = table.filter(table.reason.isnull())
    names = [field.name for field in FIELDS if field.name in table.columns]
    kept = kept.select(*names)
    if table.id.type().is_string() and not count(kept.filter(~kept.id.re_search(WHOLE_NUMBER))):
        kept = kept.mutate(id=kept.id.cast("int64"))
    waves = sorted(int(w) for w in kept.select("wave").distinct().to_pandas()["wave"])
    rows_kept = 0
    for wave in waves:
        to = folder / f"wave={wave}"
        to.mkdir()
        path = to / "establishments.parquet"
        connection.to_parquet(kept.filter(kept.wave == wave), path, compression="zstd")
        rows_kept += count(connection.read_parquet(str(path)))
    aside = table.filter(table.reason.notnull())
    aside = aside.select(
        "row",
        "reason",
        **{name: aside[name].cast("string") for name in names},
        text=ibis.null("string"),
    )
    lines = checked.rejected
    lines = lines.select(
        row=lines.row.cast("int64"),
        reason=ibis.literal("unreadable"),
        **{name: ibis.null("string") for name in names},
        text=lines.text,
    )
    path = folder / "set_aside.parquet"
    connection.to_parquet(aside.union(lines).order_by("row"), path, compression="zstd")
    written = connection.read_parquet(str(path))
    reasons = written.group_by("reason").agg(rows=written.count()).order_by("reason").to_pandas()
    rows_in = count(table) + count(checked.rejected)
    rows_aside = int(reasons["rows"].sum())
    if rows_in != rows_kept + rows_aside:
        raise DataError(
            f"{rows_in:,} rows in, but {rows_kept:,} kept + {rows_aside:,} set aside. "
            "Expected these to agree. Nothing was kept; please report this."
        )
    blanked = table.filter(table.reason.isnull(), table.unread != "")
    return {
        "waves": waves,
        "rows_in": rows_in,
        "rows_kept": rows_kept,
        "rows_set_aside": rows_aside,
        "values_blanked": count(blanked),
        "reasons": dict(zip(reasons["reason"], map(int, reasons["rows"]), strict=True)),
    }


def report_of(folder: Path, reports: list[dict[str, Any]]) -> IngestReport:
    """One answer from the reports of the files."""
    reasons: dict[str, int] = {}
    for report in reports:
        for reason, rows in report["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + rows
    columns = ["file", "encoding", "waves", "rows_in", "rows_kept", "rows_set_aside"]
    columns += ["values_blanked", "skipped"]
    frame = pd.DataFrame([{name: report[name] for name in columns} for report in reports])
    return IngestReport(
        folder=folder,
        files=frame.reindex(columns=columns),
        reasons=dict(sorted(reasons.items())),
        sources=tuple(Source(**report["source"]) for report in reports),
    )


def is_about_the_disk(error: BaseException) -> bool:
    """Whether an error says that the disk is full or cannot be written."""
    if isinstance(error, OSError):
        return error.errno in TERMS_OF_DISK
    text = str(error).lower()
    told = ("no space left", "file too large", "could not write", "read-only", "temp_directory")
    return any(words in text for words in told)
