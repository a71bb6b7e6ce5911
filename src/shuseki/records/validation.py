"""Can these records be believed?

``validate`` reads a file as ``ingest`` would and says what is wrong with it, row by row; it
changes nothing and never raises for a fault of the data. Four kinds of finding:

    file       the file cannot be read, or lacks a column: nothing of it would be taken in
    set aside  a row that ``ingest`` would set aside, with the reason
    blank      an optional value that cannot be read: the row would be kept without it
    look       a municipality code of another date, with its likely successor: the row would
               be kept, because divisions know codes of several dates

Takes: a CSV or Parquet file, a layout, and what tells unknown municipality codes. Gives:
``Findings``. Rows are numbered as in ``records.files``.
"""

import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.errors import DataError
from shuseki.geography import areas
from shuseki.records.establishments import FIELDS, REASONS, reason, typed
from shuseki.records.files import FileFacts, examine, read_rows
from shuseki.records.layouts import Layout, layout
from shuseki.records.store import is_synthetic
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Checked", "CodeCheck", "Findings", "check_rows", "codes_of_japan", "validate"]

CodeCheck: TypeAlias = Callable[[Collection[str], str], pd.DataFrame]
"""Codes and a date (ISO) → those not valid on it: ``code``, ``reason``, ``advice``."""

OTHER_DATE = ("ended", "not yet")
"""Reasons of a code that is valid, but on another date."""

SHOWN = 1000
COLUMN_OF: Mapping[str, str] = {
    "no wave": "wave",
    "no id": "id",
    "no municipality": "municipality",
    "unknown municipality": "municipality",
    "no industry": "industry",
    "no employees": "employees",
    "negative employees": "employees",
    "duplicate id": "id",
}
VALUES = tuple(dict.fromkeys(COLUMN_OF.values()))
OPTIONAL = tuple(field.name for field in FIELDS if not field.required and field.kind != "string")


@result
class Findings(Result):
    """What is wrong with a file.

    Attributes
    ----------
    file
        Its name.
    encoding
        As found; empty for Parquet.
    rows
        Rows in the file, readable or not.
    counts
        Reason → number of rows (or of values, for blanks).
    faults
        ``kind``, ``row``, ``column``, ``value``, ``reason``, ``says``; at most 1,000 rows of
        each reason.
    """

    file: str
    encoding: str
    rows: int
    counts: Mapping[str, int]
    faults: pd.DataFrame

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.counts

    @property
    def can_be_ingested(self) -> bool:
        """Whether the file as a whole can be taken in, bad rows set aside."""
        return not (self.faults["kind"] == "file").any()

    def headline(self) -> str:
        """Rows, and how many have which fault."""
        read = f" ({self.encoding})" if self.encoding else ""
        if self.is_clean:
            return f"{self.file}{read}: {self.rows:,} rows, nothing wrong"
        told = ", ".join(f"{reason} {count:,}" for reason, count in self.counts.items())
        return f"{self.file}{read}: {self.rows:,} rows; {told}"

    def to_frame(self) -> pd.DataFrame:
        """One row per fault."""
        return self.faults.copy()


@dataclass(frozen=True, slots=True)
class Checked:
    """A file with the verdict on each row, as ingest takes it.

    Attributes
    ----------
    table
        Typed rows with ``row``, ``reason`` (null when kept) and ``unread``.
    rejected
        Lines that could not be read.
    odd_codes
        ``wave``, ``code``, ``reason``, ``advice`` of municipality codes not valid at the wave.
    """

    table: ir.Table
    rejected: ir.Table
    odd_codes: pd.DataFrame


def codes_of_japan(codes: Collection[str], date: str) -> pd.DataFrame:
    """Tell codes of Japanese municipalities and wards that were not valid on a date.

    Dates before or after the bundled list of codes are asked of its first or last day.
    """
    return areas.check_codes(codes, min(max(date, areas.FIRST_DAY), areas.LAST_DAY), wards=True)


def validate(
    path: str | Path,
    which: "str | Layout | Mapping[str, Any]" = "house",
    *,
    wave: int | None = None,
    check_codes: CodeCheck | None = codes_of_japan,
) -> Findings:
    """Say what is wrong with a file of records, changing nothing.

    Parameters
    ----------
    path
        CSV or Parquet.
    which
        Layout: a name, a mapping or a ``Layout``.
    wave
        Year of the file when its rows do not say it.
    check_codes
        Tells municipality codes that were not valid on a date: Japan's by default; with None
        only their form is checked.

    Raises
    ------
    ParameterError
        For an unknown layout only; faults of the data are findings.
    """
    chosen = layout(which, wave=wave)
    path = Path(path)
    try:
        facts = examine(path, chosen)
    except DataError as error:
        return whole_file(path, "", str(error))
    work = Path(tempfile.mkdtemp(prefix="shuseki-validate-"))
    try:
        connection = ibis.duckdb.connect()
        checked = check_rows(connection, facts, chosen, work, check_codes)
        return findings_of(checked, facts, chosen)
    except DataError as error:
        return whole_file(path, facts.encoding, str(error))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check_rows(
    connection: Any,
    facts: FileFacts,
    chosen: Layout,
    work: Path,
    check_codes: CodeCheck | None = None,
) -> Checked:
    """Read a file, type its columns and judge each row; the result lies in ``work``.

    Raises
    ------
    DataError
        When the file as a whole cannot be taken in.
    """
    raw = read_rows(connection, facts, chosen, work)
    rows = typed(chosen.read(raw.table))
    judged, again = work / "judged.parquet", work / "repeated.parquet"
    try:
        odd = odd_codes(rows, chosen, check_codes)
        never = odd[~odd["reason"].isin(OTHER_DATE)]
        why = reason(
            rows,
            asked=chosen.asked,
            unknown_municipalities=list(zip(never["wave"], never["code"], strict=True)),
            undecodable=facts.broken >= 0,
        )
        why = ibis.ifelse(rows.kept_by_layout, why, "not kept by the layout")
        judging = rows.mutate(reason=why).drop("kept_by_layout")
        connection.to_parquet(judging, judged, compression="zstd")
    except duckdb.IOException:
        raise
    except duckdb.Error as error:
        raise DataError(
            f"{facts.path.name} cannot be read: {str(error).splitlines()[0]}. "
            "Expected a whole, undamaged file. Copy or write it again."
        ) from error
    table = connection.read_parquet(str(judged))
    if not count(table) and not count(raw.rejected):
        raise DataError(
            f"{facts.path.name} has no rows. Expected one per establishment. "
            "Check that the whole wave was written."
        )
    kept = table.filter(table.reason.isnull())
    repeated = kept.group_by("wave", "id").agg(first=kept.row.min(), times=kept.count())
    connection.to_parquet(repeated.filter(repeated.times > 1), again)
    repeated = connection.read_parquet(str(again))
    if count(repeated):
        joined = table.left_join(repeated, ["wave", "id"])
        later = (joined.reason.isnull() & (joined.row > joined.first)).fill_null(False)
        columns = {name: joined[name] for name in table.columns}
        columns["reason"] = ibis.ifelse(later, "duplicate id", joined.reason)
        table = joined.select(**columns)
    return Checked(table, raw.rejected, odd)


def odd_codes(rows: ir.Table, chosen: Layout, check: CodeCheck | None) -> pd.DataFrame:
    """Ask for each wave which of its municipality codes were not valid."""
    none = pd.DataFrame(columns=["wave", "code", "reason", "advice"])
    if check is None:
        return none
    pairs = rows.filter(rows.municipality.notnull(), rows.wave.notnull())
    pairs = pairs.select("wave", "municipality").distinct().to_pandas()
    found = []
    for wave, codes in pairs.groupby("wave")["municipality"]:
        well_formed = sorted(codes[codes.str.fullmatch("[0-9]{5}")])
        odd = check(well_formed, chosen.codes_on or f"{wave}-12-31")
        if len(odd):
            found.append(odd.assign(wave=int(wave))[list(none.columns)])
    return pd.concat(found, ignore_index=True) if found else none


# ---- findings -------------------------------------------------------------------------------


def findings_of(checked: Checked, facts: FileFacts, chosen: Layout) -> Findings:
    """Turn verdicts into a list for readers."""
    table = checked.table
    per_reason = table.group_by("reason").agg(rows=table.count()).to_pandas()
    n_rows = int(per_reason["rows"].sum())
    per_reason = per_reason.dropna(subset=["reason"])
    counts = dict(zip(per_reason["reason"], map(int, per_reason["rows"]), strict=True))
    order = ibis.window(group_by="reason", order_by="row")
    bad = table.filter(table.reason.notnull()).mutate(nth=ibis.row_number().over(order))
    shown = bad.filter(bad.nth < SHOWN).order_by("row")
    shown = shown.select(
        "row",
        "reason",
        "wave",
        "unread",
        *[shown[c].cast("string").name(f"at_{c}") for c in VALUES],
    ).to_pandas()
    odd = checked.odd_codes
    advice = {(int(w), code): told for w, code, _, told in odd.itertuples(index=False)}
    faults = []
    for row in shown.to_dict("records"):
        column = COLUMN_OF.get(row["reason"], "")
        value = row[f"at_{column}"] if column else None
        value = unread_of(row["unread"], column) if pd.isna(value) else str(value)
        says = REASONS[row["reason"]]
        if row["reason"] == "unknown municipality":
            says = advice[int(row["wave"]), value]
        faults.append(("set aside", int(row["row"]), column, value, row["reason"], says))
    rejected = checked.rejected.order_by("row").limit(SHOWN).to_pandas()
    n_rejected = count(checked.rejected)
    if n_rejected:
        counts["unreadable"] = n_rejected
        says = REASONS["unreadable"]
        faults += [
            ("set aside", int(row), "", str(text)[:200], "unreadable", says)
            for row, text in zip(rejected["row"], rejected["text"], strict=True)
        ]
    lost = table.filter(table.unread != "", table.reason.isnull())
    for name in OPTIONAL:
        blank = lost.filter(lost.unread.contains(f"{name}="))
        if n := count(blank):
            counts[f"unreadable {name}"] = n
            rows = blank.select("row", "unread").order_by("row").limit(SHOWN).to_pandas()
            says = f"{name} cannot be read; the row is kept without it"
            faults += [
                ("blank", int(row), name, unread_of(text, name), f"unreadable {name}", says)
                for row, text in rows.itertuples(index=False)
            ]
    for wave, code, why, told in odd[odd["reason"].isin(OTHER_DATE)].itertuples(index=False):
        other = table.filter(
            table.wave == int(wave), table.municipality == code, table.reason.isnull()
        )
        if n := count(other):
            counts["code of another date"] = counts.get("code of another date", 0) + n
            rows = other.order_by("row").limit(SHOWN).row.to_pandas()
            faults += [("look", int(row), "municipality", code, why, told) for row in rows]
    if facts.advice:
        counts["encoding"] = 1
        kind = "file" if facts.misdeclared else "look"
        faults.append((kind, 0, "", facts.encoding, "encoding", facts.advice))
    return Findings(
        file=facts.path.name,
        encoding=facts.encoding,
        rows=n_rows + n_rejected,
        counts=counts,
        faults=pd.DataFrame(faults, columns=FAULTS).sort_values("row", ignore_index=True),
        notes=(f"Read by the layout {chosen.name!r}.",),
        sources=(source_of(facts, chosen),),
    )


FAULTS = ["kind", "row", "column", "value", "reason", "says"]


def whole_file(path: Path, encoding: str, says: str) -> Findings:
    """Findings of a file that cannot be taken in at all."""
    faults = pd.DataFrame([("file", 0, "", "", "file", says)], columns=FAULTS)
    return Findings(file=path.name, encoding=encoding, rows=0, counts={"file": 1}, faults=faults)


def source_of(facts: FileFacts, chosen: Layout) -> Source:
    """Where the records of a file came from."""
    synthetic = facts.format == "parquet" and is_synthetic(facts.path)
    return Source(
        key=facts.path.stem,
        citation=f"{chosen.publisher or 'User'}, {facts.path.name}",
        year=chosen.constants.get("wave", "as written in the file"),
        terms=chosen.terms,
        origin="synthetic" if synthetic else chosen.origin,
    )


def unread_of(unread: str, column: str) -> str:
    """The text of one column among those that could not be read."""
    said = dict(line.split("=", 1) for line in unread.splitlines() if "=" in line)
    return said.get(column, "")


def count(table: ir.Table) -> int:
    """Number of rows."""
    return int(table.count().to_pyarrow().as_py())
