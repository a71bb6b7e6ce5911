"""How does a published file become establishments?

Each file becomes one part of a store, whole or not at all::

    parts/<file>-<hash>/wave=<year>/establishments.parquet    the rows kept
    parts/<file>-<hash>/set_aside.parquet                     the others, each with its reason
    parts/<file>-<hash>/report.json                           what it was made of; counts

A part gets its name when it is complete and has reached the disk, in one step, so an interrupted
ingest leaves the store as it was, and the next call goes on with the files that are not in yet; a
file that is in (same bytes, read alike) is skipped. Always: rows in = rows kept + rows set aside.

One process at a time writes to a store; another waits, and is refused in words when that takes too
long. Everything is readable by its owner only. What a killed ingest left, the next one removes.

Files of changes (``rows = "changes"``) follow one another: all are kept, and of each unit the store
reads what was recorded latest, in whichever order the files came.

A wave that is delivered again, corrected, is recognised by its numbers: more than half of the rows
are in the store for the same wave. It is refused, or, with ``replace=True``, takes the place of the
earlier delivery. A few numbers that another file of the wave holds are set aside as duplicates.

Takes: CSV, Parquet or xlsx files, and a layout. Gives: ``IngestReport``.
Files are streamed through DuckDB; what does not fit its memory limit spills to disk.
"""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from dataclasses import replace as changed
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow.parquet as pq

from shuseki.disk import (
    Lock,
    fingerprint,
    flush,
    flush_one,
    locked,
    make_private,
    scratch,
    sweep,
)
from shuseki.errors import DataError, OutputError, ParameterError, examples
from shuseki.geography.gazetteers import Codes, gazetteer
from shuseki.language import Message, joined, say, word
from shuseki.language.names import some_of
from shuseki.records.engine import as_view, connect, read_parquet
from shuseki.records.establishments import FIELDS, LOOKS, WHOLE_NUMBER
from shuseki.records.files import FileFacts, examine
from shuseki.records.layouts import Layout, layout
from shuseki.records.parts import (
    FORMAT,
    PARTS,
    REPORT,
    Making,
    Part,
    are_compared,
    part_name,
    parts_of,
    read_part,
    refuse_damaged,
)
from shuseki.records.store import wave_files
from shuseki.records.validation import (
    Checked,
    check_rows,
    count,
    fault_words,
    looks_of,
    notes_on_oddities,
    oddities_of,
    source_of,
)
from shuseki.results import Result, result

__all__ = ["Delivery", "IngestReport", "Progress", "bind", "ingest", "writing"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the bytes that is done, 0 to 1."""

TERMS_OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
WRITTEN = re.compile(r"wave=\d+/establishments\.parquet|set_aside\.parquet")
"""The files of a part, besides its report."""
AGAIN = 0.5
"""More than this share of a file's rows in the store already: the wave is delivered again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file, and how it is laid out."""

    path: Path
    layout: Layout


@result
class IngestReport(Result):
    """What became of each file.

    Attributes
    ----------
    folder
        The store.
    files
        One row per file: ``file``, ``encoding``, ``waves``, ``rows_in``, ``rows_kept``,
        ``rows_set_aside``, ``values_blanked``, where its ``lines`` went (``lines_above`` the first
        row, ``lines_blank``, ``lines_continued`` in a quoted field), ``skipped`` (it was in
        already), ``replaced`` (files whose place it took).
    reasons
        Reason → rows set aside, over all files.
    parts
        Names of the parts of the store that hold these files, for ``Store.open(parts=…)``.
    hashes
        ``sha256`` and ``bytes`` of each file, as it was read.
    """

    folder: Path
    files: pd.DataFrame
    reasons: Mapping[str, int]
    parts: tuple[str, ...] = ()
    hashes: tuple[Mapping[str, Any], ...] = ()

    def headline(self) -> Message:
        """Rows in = rows kept + rows set aside, and why."""
        total = self.files[["rows_in", "rows_kept", "rows_set_aside"]].sum()
        skipped = int(self.files["skipped"].sum())
        replaced = [name for names in self.files["replaced"] for name in names]
        parts: list[str] = [
            say(
                "{files:count(file)}: {rows:,} rows in = {kept:,} kept + {aside:,} set aside",
                files=len(self.files),
                rows=int(total.rows_in),
                kept=int(total.rows_kept),
                aside=int(total.rows_set_aside),
            )
        ]
        if self.reasons:
            why = joined(
                (
                    say("{reason} {count:,}", reason=fault_words(reason), count=n)
                    for reason, n in self.reasons.items()
                ),
                ", ",
            )
            parts[0] = say("{counts} ({why})", counts=parts[0], why=why)
        if skipped:
            parts.append(say("{n:count(file)} already in the store", n=skipped))
        if replaced:
            parts.append(say("replaced: {names}", names=some_of(replaced)))
        return joined(parts, "; ")

    def to_frame(self) -> pd.DataFrame:
        """One row per file."""
        return self.files.copy()


def ingest(
    paths: "str | Path | Iterable[str | Path]",
    folder: str | Path,
    which: "str | Layout | Mapping[str, Any]" = "house",
    *,
    wave: int | None = None,
    codes: Codes | None = None,
    replace: bool = False,
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
    codes
        Whose the codes of places are; as the layout says by default. Rows whose code never was
        valid in that country are set aside; under ``"any"`` every code is a place.
    replace
        Let a file take the place of what the store has of the same delivery: a part that was made
        of a file of the same name for the same wave, or of which more than half of the numbers
        come again. The part is removed when the new one stands.
    memory_limit, threads
        Options of the engine, e.g. ``"4GB"``, 2.
    progress
        Called while working; silent without it.

    Raises
    ------
    DataError
        When a file as a whole cannot be taken in, or holds a wave that is in the store already.
    ParameterError
        When a file is in the store, read in another way.
    OutputError
        When the disk is full or cannot be written, or another process writes to the store for
        long; what was in the store stays as it was.
    """
    chosen = layout(which, wave=wave, codes=codes)
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    taking = Taking(Path(folder), engine_options(memory_limit, threads), progress)
    seen = [look(Delivery(path, chosen)) for path in files]
    with writing(folder, progress):
        held = list(parts_of(taking.folder))
        new: list[str] = []
        made: list[Taken] = []
        for file, _ in zip(seen, taking.told(files), strict=True):
            done = take_in(file, taking, held, new, replace=replace)
            held = [part for part in held if part.name not in done.part.replaces]
            if not done.skipped:
                held.append(done.part)
            new.append(done.part.name)
            made.append(done)
    return report_of(taking.folder, made)


def bind(
    deliveries: Sequence[Delivery],
    folder: str | Path,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Have exactly these files in a store, whatever else is in it; the caller holds ``writing``.

    Parts that are in already are taken as they are, when they were made of the same bytes in the
    same way and compared with no other files than these. Other parts are neither read nor touched.

    Returns
    -------
    IngestReport
        Its ``parts`` are what to read: ``Store.open(folder, parts=report.parts)``.

    Raises
    ------
    DataError, OutputError
        As ``ingest`` does.
    """
    taking = Taking(Path(folder), engine_options(memory_limit, threads), progress)
    held = parts_of(taking.folder, pass_damaged=True)
    seen = [look(delivery) for delivery in deliveries]
    alike = [[part for part in held if part.making == taking.making(file)] for file in seen]
    first = [parts[0] for parts in alike if parts]
    whole = len(first) == len(seen) and _stand_alone(first)
    made: list[Taken] = []
    for k, _ in enumerate(taking.told([delivery.path for delivery in deliveries])):
        beside = [done.part for done in made]
        found = [first[k]] if whole else [p for p in alike[k] if _stand_alone([*beside, p])]
        if found:
            refuse_damaged(found[0], wholly=True)
            made.append(Taken(seen[k].name, found[0], skipped=True))
        else:
            names = [part.name for part in beside]
            made.append(take_in(seen[k], taking, beside, names, replace=False))
    return report_of(taking.folder, made)


def _stand_alone(parts: Sequence[Part]) -> bool:
    """Whether these parts, without any other, hold each row of their files once."""
    names = {part.name for part in parts}
    for k, one in enumerate(parts):
        if any(rows and name not in names for name, rows in one.beside.items()):
            return False
        if any(one.shares_a_wave(other) and not are_compared(one, other) for other in parts[:k]):
            return False
    return True


@contextmanager
def writing(folder: str | Path, progress: Progress | None = None) -> Iterator[Lock]:
    """Be the only process that writes to a store, and clear up after killed ones.

    A store that was made for it and got nothing goes away again.

    Raises
    ------
    OutputError
        The folder cannot be made or written, or another process writes to it for long.
    """
    store = Path(folder)
    parts = store / PARTS
    wait = None if progress is None else lambda: progress("waiting for another writer", 0.0)
    for _ in range(5):  # another writer that put nothing in takes its folder away again
        try:
            made = _made(parts)
            before = parts.stat()
            if not os.access(parts, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise OutputError(
                say(
                    "The store {store} cannot be written: {strerror}. Expected a folder that you "
                    "may write. Choose another.",
                    store=store,
                    strerror=error.strerror,
                )
            ) from error
        with locked(parts, waiting=wait) as lock:
            if not parts.is_dir() or not os.path.samestat(before, parts.stat()):
                continue
            try:
                for left in parts.glob(".*.partial"):  # of versions before the scratch folders
                    shutil.rmtree(left, ignore_errors=True)
                sweep(parts)  # also where nothing is to be taken in, and no scratch folder is made
                _finish_replacing(store)
                yield lock
            finally:
                for place in reversed(made):  # those that are still empty
                    with suppress(OSError):
                        place.rmdir()
            return
    raise OutputError(
        say(
            "The store {store} cannot be kept: others remove it. Expected one writer at a time. "
            "Call again.",
            store=store,
        )
    )


def _made(folder: Path) -> list[Path]:
    """Make a private folder and those above it; give the ones that were not there."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    made = list(reversed(missing))
    for place in made:
        place.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return made


@dataclass(frozen=True, slots=True)
class Taking:
    """What the files of one call have in common."""

    folder: Path
    options: Mapping[str, Any]
    progress: Progress | None

    def told(self, files: Sequence[Path]) -> Iterator[Path]:
        """Go through files, telling the share of the bytes that is done."""
        sizes = [path.stat().st_size if path.is_file() else 0 for path in files]
        total, done = sum(sizes) or 1, 0
        for path, size in zip(files, sizes, strict=True):
            if self.progress:
                self.progress(path.name, done / total)
            yield path
            done += size
        if self.progress:
            self.progress("done", 1.0)

    def making(self, seen: "Seen") -> Making:
        """Of what, and how, a part of this file would be made."""
        chosen = seen.layout
        return Making(seen.facts.sha256, chosen.fingerprint(), chosen.codes, version("shuseki"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was found: what it is, and its state on the disk just before."""

    facts: FileFacts
    layout: Layout
    state: tuple[int, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.facts.path.name

    def refuse_changed(self) -> None:
        """Refuse a file that is not as it was found."""
        if _state(self.facts.path) != self.state:
            raise DataError(
                say(
                    "{name} changed while it was read. Expected a file at rest; nothing of it was "
                    "kept. Call again when it is written.",
                    name=self.name,
                )
            )


def look(delivery: Delivery) -> Seen:
    """Hash a file and find its encoding; refuse one that the layout declares wrongly."""
    before = _state(delivery.path)
    facts = examine(delivery.path, delivery.layout)
    if facts.misdeclared:
        raise DataError(str(facts.advice))
    return Seen(facts, delivery.layout, before)


def _state(path: Path) -> tuple[int, ...]:
    """What changes when a file is written."""
    if not path.is_file():
        return ()
    told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Taken:
    """A file, its part, and whether it was in already."""

    file: str
    part: Part
    skipped: bool
    replaced: tuple[str, ...] = ()


def engine_options(memory_limit: str | None, threads: int | None) -> dict[str, Any]:
    """Options of the engine that were given."""
    given = {"memory_limit": memory_limit, "threads": threads}
    return {name: value for name, value in given.items() if value is not None}


def take_in(
    seen: Seen,
    taking: Taking,
    held: Sequence[Part],
    new: Sequence[str],
    *,
    replace: bool,
) -> Taken:
    """Make one part of a store of one file, or find it made.

    Parameters
    ----------
    seen
        The file.
    taking
        The store, and how to read.
    held
        Parts with which its rows are compared.
    new
        Names of the parts that this call has made or found, which are not replaced.
    replace
        Whether others may be replaced.
    """
    facts, chosen = seen.facts, seen.layout
    path, making = facts.path, taking.making(seen)
    others: list[Part] = []
    for part in held:
        if part.making == making:
            refuse_damaged(part, wholly=True)
            return Taken(path.name, part, skipped=True)
        if part.making.sha256 == facts.sha256 and part.name not in new:
            if not replace:
                raise ParameterError(
                    say(
                        "{path} is in the store by another layout, list of codes or version "
                        "({part}). Expected the same one. To take it in again, replace it: "
                        "replace=True, or --replace.",
                        path=path.name,
                        part=part.name,
                    )
                )
            others.append(part)
    parts = taking.folder / PARTS
    try:
        with scratch(parts, "ingest") as work:
            whole, spill = work / "part", work / "spill"
            whole.mkdir()
            spill.mkdir()
            connection = connect(taking.folder, temp_directory=str(spill), **taking.options)
            try:
                checked = check_rows(connection, facts, chosen, work)
                if chosen.rows == "changes":
                    meeting = _following(checked, held, new, path.name)
                else:
                    meeting = _meet(connection, checked, held, new, path.name, taking.folder)
                replaced = [*others, *(meeting.repeated if replace else ())]
                checked = meeting.without_known(connection, replaced)
                written = write_part(connection, checked, whole)
            finally:
                connection.disconnect()
            seen.refuse_changed()
            _refuse_to_lose(path.name, replaced, written["waves"])
            beside = {
                part.name: meeting.rows.get(part.name, 0)
                for part in held
                if part not in replaced and set(part.waves) & set(written["waves"])
            }
            names = [part.name for part in replaced]
            place = parts / part_name(path.name, making, beside, names)
            make_private(whole)
            report = {
                "format": FORMAT,
                "file": path.name,
                "bytes": facts.bytes,
                "encoding": facts.encoding,
                **asdict(making),
                "source": asdict(source_of(facts, chosen)),
                "rows": chosen.rows,
                "keeps_closed": chosen.keeps_closed,
                **written,
                "beside": beside,
                "replaces": names,
                "files": _listed(whole),
            }
            text = json.dumps(report, ensure_ascii=False, indent=1)
            (whole / REPORT).write_text(text, encoding="utf-8")
            make_private(whole)
            flush(whole)
            if (same := read_part(place)) is not None:  # one that another has replaced
                _remove_part(same)
            whole.rename(place)
            flush_one(parts)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if not is_about_the_disk(error):
            raise
        raise OutputError(
            say(
                "{path} could not be written into {folder}: {why}. Nothing of it was kept; "
                "the store is as before. Free the disk, or choose another folder, and call again: "
                "files that are in will be skipped.",
                path=path.name,
                folder=taking.folder,
                why=str(error).splitlines()[0],
            )
        ) from error
    _finish_replacing(taking.folder)
    made = read_part(place)
    assert made is not None
    return Taken(path.name, made, skipped=False, replaced=tuple(gone.file for gone in replaced))


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file of a part with its hash and size."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): fingerprint(path) for path in files}


# ---- what the store has already -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """A checked file, and which of its rows the store has already.

    Attributes
    ----------
    checked
        The file.
    known
        ``part``, ``known_wave``, ``known_id`` of the store, as far as the waves are the file's;
        None when the store has nothing of them.
    rows
        Part → rows of the file whose number it holds for the same wave.
    kept
        Rows of the file that are kept otherwise.
    repeated
        Parts that the file delivers again.
    """

    checked: Checked
    known: Any
    rows: Mapping[str, int]
    kept: int
    repeated: tuple[Part, ...]
    file: str

    def without_known(self, connection: Any, replaced: Sequence[Part]) -> Checked:
        """Set aside rows whose number another part holds for the same wave.

        Raises
        ------
        DataError
            They are more than half: the wave is delivered again.
        """
        gone = {part.name for part in replaced}
        left = {name: rows for name, rows in self.rows.items() if name not in gone}
        if self.known is None or not sum(left.values()):
            return self.checked
        known = self.known.filter(self.known.part.notin(list(gone))) if gone else self.known
        known = known.select("known_wave", "known_id").distinct()
        table = self.checked.table
        joined = table.left_join(
            known, [table.id.cast("string") == known.known_id, table.wave == known.known_wave]
        )
        again = joined.reason.isnull() & joined.known_id.notnull()
        columns = {name: joined[name] for name in table.columns}
        columns["reason"] = ibis.ifelse(again, "duplicate id", joined.reason)
        found = as_view(connection, joined.select(**columns))
        lost = self.kept - count(found.filter(found.reason.isnull()))
        if lost > AGAIN * self.kept:
            raise DataError(
                say(
                    "{lost:,} of the {kept:,} establishments of {file} are in the store already "
                    "for the same wave, from {left}. Expected a wave once. Is it delivered again, "
                    "corrected? Then let it take the place of the earlier delivery: replace=True, "
                    "or --replace. Otherwise use another store.",
                    lost=lost,
                    kept=self.kept,
                    file=self.file,
                    left=examples(left),
                )
            )
        odd = oddities_of(found, self.checked.odd_codes)
        return changed(self.checked, table=found, oddities=odd)


def _following(checked: Checked, held: Sequence[Part], new: Sequence[str], file: str) -> Meeting:
    """A file of changes: what other parts say of the same units it does not repeat but follows.

    ``Store`` reads of each unit what was recorded latest.
    """
    waves = {
        int(wave) for wave in checked.table.select("wave").distinct().to_pandas()["wave"].dropna()
    }
    beside = [part for part in held if set(part.waves) & waves]
    for part in beside:
        refuse_damaged(part, wholly=False)
    repeated = tuple(part for part in beside if part.name not in new and part.file == file)
    return Meeting(checked, None, {}, 0, repeated, file)


def _meet(
    connection: Any,
    checked: Checked,
    held: Sequence[Part],
    new: Sequence[str],
    file: str,
    folder: Path,
) -> Meeting:
    """Look for the rows of a file in what the store has."""
    table = checked.table
    kept = table.filter(table.reason.isnull())
    n = count(kept)
    waves = {int(wave) for wave in kept.select("wave").distinct().to_pandas()["wave"]}
    there = [
        (part.name, wave, path)
        for part in held
        for wave, path in part.waves_in().items()
        if wave in waves
    ]
    loose = wave_files(folder, ()).items()
    there += [(path.name, wave, path) for wave, paths in loose if wave in waves for path in paths]
    for part in held:
        if set(part.waves) & waves:
            refuse_damaged(part, wholly=False)
    if not there:
        return Meeting(checked, None, {}, n, (), file)
    known = ibis.union(
        *(
            read_parquet(connection, path).select(
                part=ibis.literal(name),
                known_wave=ibis.literal(wave),
                known_id=ibis._.id.cast("string"),
            )
            for name, wave, path in there
        ),
        distinct=True,
    )
    both = kept.inner_join(
        known, [kept.id.cast("string") == known.known_id, kept.wave == known.known_wave]
    )
    met = both.group_by("part").agg(rows=both.count()).to_pandas()
    held_rows = known.group_by("part").agg(rows=known.count()).to_pandas()
    rows = dict(zip(met["part"], map(int, met["rows"]), strict=True))
    has = dict(zip(held_rows["part"], map(int, held_rows["rows"]), strict=True))
    repeated = tuple(
        part
        for part in held
        if part.name not in new
        and set(part.waves) & waves
        and (part.file == file or rows.get(part.name, 0) > AGAIN * has[part.name])
    )
    return Meeting(checked, known, rows, n, repeated, file)


def _refuse_to_lose(file: str, replaced: Sequence[Part], waves: Sequence[int]) -> None:
    """Refuse to replace a part that holds waves which the new file has not."""
    for part in replaced:
        lost = sorted(set(part.waves) - set(waves))
        if lost:
            raise DataError(
                say(
                    "{file} would take the place of {file_2}, which holds the waves {waves}; wave "
                    "{lost} would be lost. Expected a delivery of all of them. Nothing was "
                    "changed.",
                    file=file,
                    file_2=part.file,
                    waves=examples(map(str, part.waves)),
                    lost=examples(map(str, lost)),
                )
            )


def _finish_replacing(folder: Path) -> None:
    """Remove the parts whose place others have taken."""
    parts = folder / PARTS
    for part in parts_of(folder, pass_damaged=True):
        for name in part.replaces:
            if name == Path(name).name:
                with suppress(DataError):
                    if (gone := read_part(parts / name)) is not None:
                        _remove_part(gone)


def _remove_part(part: Part) -> None:
    """Remove what ingest wrote, the report last; files that came later, or were changed, stay."""
    for name, told in part.files.items():
        path = part.folder / name
        if WRITTEN.fullmatch(name) and path.is_file() and fingerprint(path) == dict(told):
            path.unlink()
    for place in sorted(part.folder.glob("wave=*")):
        if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
            place.rmdir()
    if [inside.name for inside in part.folder.iterdir()] == [REPORT]:
        (part.folder / REPORT).unlink()
        part.folder.rmdir()


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
        rows_kept += pq.read_metadata(path).num_rows
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
    written = read_parquet(connection, path)
    reasons = written.group_by("reason").agg(rows=written.count()).order_by("reason").to_pandas()
    account = checked.account
    rows_in = account.rows_in  # counted by the lines of the file
    rows_aside = int(reasons["rows"].sum())
    if rows_in != rows_kept + rows_aside:
        raise DataError(
            say(
                "{rows_in:,} rows in, but {rows_kept:,} kept + {rows_aside:,} set aside. Expected "
                "these to agree. Nothing was kept; please report this.",
                rows_in=rows_in,
                rows_kept=rows_kept,
                rows_aside=rows_aside,
            )
        )
    blanked = table.filter(table.reason.isnull(), table.unread != "")
    return {
        "waves": waves,
        "rows_in": rows_in,
        "rows_kept": rows_kept,
        "rows_set_aside": rows_aside,
        "values_blanked": count(blanked),
        "lines": account.lines,
        "lines_above": account.above,
        "lines_blank": account.blank,
        "lines_continued": account.continued,
        "looks": {f"{name}: {look}": n for name, look, n, _ in looks_of(table)},
        "oddities": dict(checked.oddities),
        "days": sorted(checked.days),
        "reasons": dict(zip(reasons["reason"], map(int, reasons["rows"]), strict=True)),
    }


def report_of(folder: Path, made: Sequence[Taken]) -> IngestReport:
    """One answer from the reports of the files."""
    reasons: dict[str, int] = {}
    for done in made:
        for reason, rows in done.part.report["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + rows
    columns = ["encoding", "waves", "rows_in", "rows_kept", "rows_set_aside"]
    columns += ["values_blanked", "lines", "lines_above", "lines_blank", "lines_continued"]
    rows = [
        {"file": done.file}
        | {name: done.part.report[name] for name in columns}
        | {"skipped": done.skipped, "replaced": list(done.replaced)}
        for done in made
    ]
    parts = [done.part for done in made]
    return IngestReport(
        folder=folder,
        files=pd.DataFrame(rows, columns=["file", *columns, "skipped", "replaced"]),
        reasons=dict(sorted(reasons.items())),
        parts=tuple(part.name for part in parts),
        hashes=tuple(
            {"sha256": part.making.sha256, "bytes": part.report["bytes"]} for part in parts
        ),
        notes=tuple(note for done in made for note in _notes(done, made)),
        sources=tuple(part.source for part in parts),
    )


def _notes(done: Taken, made: Sequence[Taken]) -> Iterator[Message]:
    """Say what to look at in the rows that were kept, and which others have already."""
    report = done.part.report
    for what, rows in report["looks"].items():
        column, _, look = what.partition(": ")
        yield say(
            "{file}: {column} {says}, in {n:,} rows.",
            file=done.file,
            column=word(column),
            says=LOOKS[look],
            n=rows,
        )
    lists = gazetteer(done.part.making.codes).notes(report.get("days", ()))
    for note in (*lists, *notes_on_oddities(report.get("oddities", {}))):
        yield say("{file}: {note}", file=done.file, note=note)
    if blanked := report["values_blanked"]:
        yield say(
            "{file}: {n:,} rows were kept without a value that could not be read; validate names "
            "them.",
            file=done.file,
            n=blanked,
        )
    files = {other.part.name: other.file for other in made}
    for name, rows in done.part.beside.items():
        if rows:
            yield say(
                "{n:,} rows of {file} are set aside: {other} has establishments with their numbers "
                "in the same wave.",
                n=rows,
                file=done.file,
                other=files.get(name, name),
            )


def is_about_the_disk(error: BaseException) -> bool:
    """Whether an error says that the disk is full or cannot be written."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in TERMS_OF_DISK
    text = str(error).lower()
    told = ("no space left", "file too large", "could not write", "read-only", "temp_directory")
    return any(words in text for words in told)
