"""Can these records be believed?

``validate`` reads a file as ``ingest`` would and says what is wrong with it, row by row; it
changes nothing and never raises for a fault of the data. Four kinds of finding:

    file       the file cannot be read, or lacks a column: nothing of it would be taken in
    set aside  a row that ``ingest`` would set aside, with the reason
    blank      an optional value that cannot be read: the row would be kept without it
    repaired   a municipality code that is read otherwise than it is written, because its check
               digit proves what is meant (``geography.codes``): the row would be kept
    look       something to look at, the row would be kept: a municipality code of another date,
               with its likely successor; a day of opening or closing that does not fit the wave; an
               identifier or a code that was a number for a while (``1.0``, ``1.23E+12``), which
               would be kept as written; a month where a day was expected, whose first day would be
               taken

Takes: a CSV, Parquet or xlsx file, a layout, and what tells unknown municipality codes. Gives:
``Findings``. Rows are numbered as in ``records.files``.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd

from shuseki.disk import scratch
from shuseki.errors import DataError
from shuseki.geography.gazetteers import Codes, gazetteer
from shuseki.language import Message, joined, say, told, word
from shuseki.reading.files import Aside
from shuseki.reading.lines import Kind
from shuseki.records.engine import as_view, connect, read_parquet
from shuseki.records.establishments import FIELDS, LOOKS, REASONS, SCHEMA, reason
from shuseki.records.files import Account, FileFacts, examine, stage
from shuseki.records.layouts import Layout, layout
from shuseki.records.parts import AS_WRITTEN, cited
from shuseki.records.store import earliest, is_synthetic
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Checked", "Findings", "check_rows", "validate"]

OTHER_DATE = ("ended", "not yet")
"""Reasons of a code that is valid, but on another date."""
MISREAD = ("check digit", "lost zero", "spelling", "ambiguous", "malformed")
"""Reasons that concern how a code is written."""

SHOWN = 1000
COLUMN_OF: Mapping[str, str] = {
    "no wave": "wave",
    "no id": "id",
    "no municipality": "municipality",
    "ambiguous municipality": "municipality",
    "unknown municipality": "municipality",
    "no industry": "industry",
    "no employees": "employees",
    "negative employees": "employees",
    "duplicate id": "id",
    "superseded": "id",
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
        ``kind``, ``row``, ``column``, ``value``, ``reason``, ``says`` (a ``Message``); at most
        1,000 rows of each reason.
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

    def headline(self) -> Message:
        """Rows, and how many have which fault."""
        file = f"{self.file} ({self.encoding})" if self.encoding else self.file
        if self.is_clean:
            return say("{file}: {n:,} rows, nothing wrong", file=file, n=self.rows)
        told = joined(
            (
                say("{reason} {count:,}", reason=fault_words(reason), count=count)
                for reason, count in self.counts.items()
            ),
            ", ",
        )
        return say("{file}: {n:,} rows; {faults}", file=file, n=self.rows, faults=told)

    def to_frame(self) -> pd.DataFrame:
        """One row per fault; what it says in English and in Japanese."""
        says = self.faults["says"]
        return self.faults.assign(
            says=[str(one) for one in says], says_ja=[told(one, "ja") for one in says]
        )

    def told(self, lang: str) -> pd.DataFrame:
        """Give the faults in the words of a language."""
        frame = self.faults.copy()
        for name in ("kind", "reason"):
            frame[name] = [str(told(fault_words(value), lang)) for value in frame[name]]
        frame["column"] = [str(told(word(value), lang)) for value in frame["column"]]
        frame["says"] = [str(told(says, lang)) for says in frame["says"]]
        return frame


@dataclass(frozen=True, slots=True)
class Checked:
    """A file with the verdict on each row, as ingest takes it.

    Attributes
    ----------
    table
        Typed rows with ``row``, ``reason`` (null when kept), ``unread`` and ``written``: the
        municipality code where it was read otherwise than written, else empty.
    rejected
        Lines that could not be read.
    odd_codes
        ``wave``, ``code``, ``reason``, ``advice``, ``read`` of municipality codes that are not
        valid at the wave, or not read as they are written.
    account
        Where the lines of the file went.
    oddities
        What is odd in the codes and days of the rows kept → how many rows.
    days
        The days whose codes the rows bear.
    notes
        What a reader must know of how the rows were judged.
    """

    table: ir.Table
    rejected: ir.Table
    odd_codes: pd.DataFrame
    account: Account
    oddities: Mapping[str, int]
    days: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def validate(
    path: str | Path,
    which: "str | Layout | Mapping[str, Any]" = "house",
    *,
    wave: int | None = None,
    codes: Codes | None = None,
) -> Findings:
    """Say what is wrong with a file of records, changing nothing.

    Parameters
    ----------
    path
        CSV, Parquet or xlsx.
    which
        Layout: a name, a mapping or a ``Layout``.
    wave
        Year of the file when its rows do not say it.
    codes
        Whose the codes of places are; as the layout says by default.

    Raises
    ------
    ParameterError
        For an unknown layout only; faults of the data are findings.
    """
    chosen = layout(which, wave=wave, codes=codes)
    path = Path(path)
    try:
        facts = examine(path, chosen)
    except DataError as error:
        return whole_file(path, "", error)
    with scratch(what="validate") as work:
        connection = connect(work, temp_directory=str(work))
        try:
            checked = check_rows(connection, facts, chosen, work)
            return findings_of(checked, facts, chosen)
        except DataError as error:
            return whole_file(path, facts.encoding, error)
        finally:
            connection.disconnect()


def check_rows(
    connection: Any,
    facts: FileFacts,
    chosen: Layout,
    work: Path,
) -> Checked:
    """Read a file, type its columns and judge each row; the result lies in ``work``.

    Raises
    ------
    DataError
        When the file as a whole cannot be taken in.
    """
    staged = stage(facts, chosen, work)
    again = work / "repeated.parquet"
    try:
        rows = read_parquet(connection, staged.rows)
        rejected = read_parquet(connection, staged.rejected)
        odd = odd_codes(rows, chosen)
        rows = as_meant(connection, rows, odd, work)
        either = odd.loc[(odd["reason"] == "ambiguous") & (odd["read"] == ""), "code"]
        never = odd[~odd["reason"].isin((*OTHER_DATE, *MISREAD))]
        why = reason(
            rows,
            asked=chosen.asked,
            form=gazetteer(chosen.codes).form,
            ambiguous_municipalities=sorted(set(either)),
            unknown_municipalities=list(zip(never["wave"], never["code"], strict=True)),
            undecodable=facts.broken >= 0,
        )
        why = ibis.ifelse(rows.kept_by_layout, why, "not kept by the layout")
        table = rows.mutate(reason=why).drop("kept_by_layout")
        if chosen.rows == "changes":
            table = latest_of_each(connection, table, work)
        kept = table.filter(table.reason.isnull())
        repeated = kept.group_by("wave", "id").agg(first=kept.row.min(), times=kept.count())
        connection.to_parquet(repeated.filter(repeated.times > 1), again)
    except duckdb.IOException:
        raise
    except duckdb.Error as error:
        raise DataError(
            say(
                "{file} cannot be read: {why}. Expected a whole, undamaged file. Copy or write it "
                "again.",
                file=facts.path.name,
                why=str(error).splitlines()[0],
            )
        ) from error
    repeated = read_parquet(connection, again)
    if count(repeated):
        joined = table.left_join(repeated, ["wave", "id"])
        later = (joined.reason.isnull() & (joined.row > joined.first)).fill_null(False)
        columns = {name: joined[name] for name in table.columns}
        columns["reason"] = ibis.ifelse(later, "duplicate id", joined.reason)
        table = joined.select(**columns)
    table = as_view(connection, table)
    days = frozenset(days_of(table, chosen))
    notes = gazetteer(chosen.codes).notes(days)
    return Checked(table, rejected, odd, staged.account, oddities_of(table, odd), days, notes)


def latest_of_each(connection: Any, table: ir.Table, work: Path) -> ir.Table:
    """Of the changes of a unit keep the latest, with the earliest day of opening of them all.

    Where one of them does not say when the unit opened, that is not known; rows that are set aside
    are asked too, for a unit was there before its latest row. Only units with several rows are
    looked at, once: what is found of them lies in ``work``.
    """
    several = table.group_by("wave", "id").agg(times=table.count())
    several = several.filter(several.times > 1).select("wave", "id")
    rows = table.semi_join(several, ["wave", "id"])
    good = rows.reason.isnull()
    unit = ibis.window(
        group_by=[rows.wave, rows.id, good],
        order_by=[rows.recorded.desc(nulls_first=False), rows.row.desc()],
    )
    following = rows.select(
        its_row=rows.row,
        superseded=good & (ibis.row_number().over(unit) > 0),
        began=earliest(rows, ["wave", "id"]) if "opened" in rows.columns else ibis.null("date"),
    )
    place = work / "following.parquet"
    connection.to_parquet(following, place)
    found = read_parquet(connection, place)
    if not count(found):
        return table
    joined = table.left_join(found, table.row == found.its_row)
    columns = {name: joined[name] for name in table.columns}
    superseded = joined.superseded.fill_null(False)
    columns["reason"] = ibis.ifelse(superseded, "superseded", joined.reason)
    if "opened" in table.columns:
        columns["opened"] = ibis.ifelse(joined.its_row.notnull(), joined.began, joined.opened)
    return joined.select(**columns)


def days_of(table: ir.Table, chosen: Layout) -> set[str]:
    """The days whose codes the rows bear."""
    waves = table.filter(table.wave.notnull()).select("wave").distinct().to_pandas()["wave"]
    return {chosen.codes_on or f"{wave}-12-31" for wave in waves}


def as_meant(connection: Any, rows: ir.Table, odd: pd.DataFrame, work: Path) -> ir.Table:
    """Put what a municipality code is read as for what is written, and keep that.

    Which code is read as which lies in ``work``.
    """
    meant = odd.loc[(odd["read"] != "") & (odd["read"] != odd["code"]), ["code", "read"]]
    if meant.empty:
        return rows.mutate(written=ibis.literal(""))
    place = work / "meant.parquet"
    meant.drop_duplicates("code").to_parquet(place, index=False)
    table = read_parquet(connection, place)
    joined = rows.left_join(table, rows.municipality == table.code)
    columns = {name: joined[name] for name in rows.columns}
    columns["municipality"] = ibis.coalesce(joined.read, joined.municipality)
    return joined.select(
        **columns, written=ibis.ifelse(joined.read.notnull(), joined.municipality, "")
    )


def odd_dates(table: ir.Table) -> dict[str, ir.BooleanValue]:
    """Days of opening and closing that do not fit the wave or each other, by what is said."""
    if not {"opened", "closed"}.intersection(table.columns):
        return {}
    day = ibis.date(table.wave, 12, 31)
    odd: dict[str, ir.BooleanValue] = {}
    if "closed" in table.columns:
        odd[CLOSED] = table.closed <= day
    if "opened" in table.columns:
        odd[NOT_YET_OPEN] = table.opened > day
    if len(odd) == 2:
        odd[CLOSED_FIRST] = table.closed < table.opened
    kept = table.reason.isnull()
    return {says: (kept & rows).fill_null(False) for says, rows in odd.items()}


CLOSED = "closed before the wave"
NOT_YET_OPEN = "opened after the wave"
CLOSED_FIRST = "closed before it opened"
DATES_SAY: Mapping[str, tuple[str, Message]] = {
    CLOSED: (
        "closed",
        say("closed by 31 December of the wave: not counted as there in this wave"),
    ),
    NOT_YET_OPEN: ("opened", say("opened after 31 December of the wave, yet recorded in it")),
    CLOSED_FIRST: ("closed", say("closed before it opened")),
}


def oddities_of(table: ir.Table, odd: pd.DataFrame) -> dict[str, int]:
    """Count the rows kept that should be looked at: odd codes, and days that do not fit."""
    kept = table.reason.isnull()
    asked = {"repaired municipality": kept & (table.written != ""), **odd_dates(table)}
    for what, codes in (
        ("code of another date", odd[odd["reason"].isin(OTHER_DATE)]),
        ("code that could be another", odd[(odd["reason"] == "ambiguous") & (odd["read"] != "")]),
    ):
        if len(codes):
            at = table.wave.cast("string") + ":" + table.municipality
            pairs = [
                f"{wave}:{code}" for wave, code in zip(codes["wave"], codes["code"], strict=True)
            ]
            asked[what] = kept & at.isin(pairs)
    sums = {what: rows.fill_null(False).cast("int64").sum() for what, rows in asked.items()}
    found = table.agg(**sums).to_pandas().iloc[0].fillna(0)
    return {what: int(found[what]) for what in asked if found[what]}


def notes_on_oddities(oddities: Mapping[str, int]) -> tuple[Message, ...]:
    """What was done to rows that were kept, in words."""
    says = {
        "repaired municipality": say(
            "Municipality codes read otherwise than written, because their digits say what is meant"
        ),
        "code of another date": say(
            "Municipality codes of another date than their wave, kept; each counts with the place "
            "that it was"
        ),
        "code that could be another": say(
            "Municipality codes that could be read in two ways, read as written"
        ),
        CLOSED: say(
            "Establishments closed by the end of their wave, kept but not counted as there"
        ),
        NOT_YET_OPEN: say("Establishments that opened after the end of their wave, kept"),
        CLOSED_FIRST: say("Establishments that closed before they opened, kept"),
    }
    return tuple(say("{what}: {n:,}.", what=says[what], n=rows) for what, rows in oddities.items())


def odd_codes(rows: ir.Table, chosen: Layout) -> pd.DataFrame:
    """Ask for each wave which of its municipality codes were not valid."""
    none = pd.DataFrame(columns=["wave", "code", "reason", "advice", "read"])
    check = gazetteer(chosen.codes).check
    if chosen.codes == "any":
        return none
    pairs = rows.filter(rows.municipality.notnull(), rows.wave.notnull())
    pairs = pairs.select("wave", "municipality").distinct().to_pandas()
    everything = sorted(pairs["municipality"].unique())
    found = []
    for wave, codes in pairs.groupby("wave")["municipality"]:
        odd = check(everything, chosen.codes_on or f"{wave}-12-31")
        odd = odd.assign(wave=int(wave))
        borne = set(codes)
        borne.update(odd.loc[odd["code"].isin(borne), "read"])
        odd = odd[odd["code"].isin(borne)]
        if len(odd):
            found.append(odd[list(none.columns)])
    return pd.concat(found, ignore_index=True) if found else none


# ---- findings -------------------------------------------------------------------------------


def findings_of(checked: Checked, facts: FileFacts, chosen: Layout) -> Findings:
    """Turn verdicts into a list for readers."""
    table = checked.table
    per_reason = table.group_by("reason").agg(rows=table.count()).to_pandas()
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
    advice = {(int(w), code): says for w, code, _, says, _ in odd.itertuples(index=False)}
    faults: list[Fault] = []
    for row in shown.to_dict("records"):
        column = COLUMN_OF.get(row["reason"], "")
        value = row[f"at_{column}"] if column else None
        value = unread_of(row["unread"], column) if pd.isna(value) else str(value)
        says = REASONS[row["reason"]]
        if column == "municipality" and not pd.isna(row["wave"]):
            says = advice.get((int(row["wave"]), value), says)
        faults.append(("set aside", int(row["row"]), column, value, row["reason"], says))
    rejected = checked.rejected.order_by("row").limit(SHOWN).to_pandas()
    if len(rejected):
        counts["unreadable"] = count(checked.rejected)
        faults += [
            ("set aside", one.row, "", one.text[:200], "unreadable", one.told)
            for one in map(aside_of, rejected.to_dict("records"))
        ]
    lost = table.filter(table.unread != "", table.reason.isnull())
    parts = {name: lost.unread.contains(f"{name}=") for name in OPTIONAL}
    for name, n in how_many(lost, parts).items():
        if n:
            blank = lost.filter(parts[name])
            counts[f"unreadable {name}"] = n
            rows = blank.select("row", "unread").order_by("row").limit(SHOWN).to_pandas()
            says = say("{column} cannot be read; the row is kept without it", column=word(name))
            faults += [
                ("blank", int(row), name, unread_of(text, name), f"unreadable {name}", says)
                for row, text in rows.itertuples(index=False)
            ]
    for name, look, n, rows in looks_of(table):
        counts[f"{name}: {look}"] = n
        faults += [
            ("look", int(row), name, unread_of(text, f"{name}:{look}"), look, LOOKS[look])
            for row, text in rows.itertuples(index=False)
        ]
    counts |= checked.oddities

    def list_rows(kind: str, rows: ir.Table, column: str, why: str, says: Message) -> None:
        listed = rows.select("row", value=rows[column].cast("string")).order_by("row").limit(SHOWN)
        for row, value in listed.to_pandas().itertuples(index=False):
            faults.append((kind, int(row), column, str(value), why, says))

    kept = table.filter(table.reason.isnull())
    for wave, code, why, says, read in odd.itertuples(index=False):
        here = kept.filter(kept.wave == int(wave))
        if why in OTHER_DATE or (why == "ambiguous" and read):
            list_rows("look", here.filter(here.municipality == code), "municipality", why, says)
        elif read:
            rows = here.filter(here.written == code).drop("municipality")
            rows = rows.rename(municipality="written")
            list_rows("repaired", rows, "municipality", why, says)
    for why, rows in odd_dates(table).items():
        if why in checked.oddities:
            column, sentence = DATES_SAY[why]
            list_rows("look", table.filter(rows), column, why, sentence)
    if facts.advice:
        counts["encoding"] = 1
        kind = "file" if facts.misdeclared else "look"
        faults.append((kind, 0, "", facts.encoding, "encoding", facts.advice))
    return Findings(
        file=facts.path.name,
        encoding=facts.encoding,
        rows=checked.account.rows_in,
        counts=counts,
        faults=table_of(faults).sort_values("row", ignore_index=True),
        notes=(
            say("Read by the layout {name}.", name=chosen.name),
            *notes_of(checked.account),
            *checked.notes,
            *notes_on_oddities(checked.oddities),
        ),
        sources=(source_of(facts, chosen),),
    )


def looks_of(table: ir.Table) -> list[tuple[str, str, int, pd.DataFrame]]:
    """What to look at in kept rows: column, look, how many rows, some of them."""
    odd = table.filter(table.looks != "", table.reason.isnull())
    names = [field.name for field in FIELDS if field.name in table.columns]
    pairs = {f"{name}:{look}": (name, look) for name in names for look in LOOKS}
    parts = {pair: odd.looks.contains(f"{pair}=") for pair in pairs}
    found = []
    for pair, n in how_many(odd, parts).items():
        if n:
            rows = odd.filter(parts[pair])
            shown = rows.select("row", "looks").order_by("row").limit(SHOWN).to_pandas()
            found.append((*pairs[pair], n, shown))
    return found


def notes_of(account: Account) -> tuple[Message, ...]:
    """What to know of a file's lines."""
    parts = []
    if account.blank:
        parts.append(say("{n:,} empty lines", n=account.blank))
    if account.continued:
        parts.append(say("{n:,} lines that continue a record", n=account.continued))
    if not parts:
        return ()
    return (
        say(
            "{n:,} lines, of which {parts} are no rows of their own.",
            n=account.lines,
            parts=joined(parts, " and "),
        ),
    )


def fault_words(reason: str) -> Message:
    """What a kind of fault is called; of a column, with its name."""
    column, _, look = reason.partition(": ")
    if look in LOOKS:
        return say("{column}: {look}", column=word(column), look=word(look))
    if reason.startswith("unreadable ") and reason.removeprefix("unreadable ") in SCHEMA:
        return say("unreadable {column}", column=word(reason.removeprefix("unreadable ")))
    return word(reason)


def aside_of(row: Mapping[Hashable, Any]) -> Aside:
    """A line that could not be read, as it was kept."""
    return Aside(
        int(row["row"]), row["text"], Kind(row["kind"]), int(row["fields"]), int(row["expected"])
    )


Fault: TypeAlias = tuple[str, int, str, str, str, Message]
FAULTS = ["kind", "row", "column", "value", "reason", "says"]


def table_of(faults: Sequence[Fault]) -> pd.DataFrame:
    """Faults as a table whose sentences stay messages."""
    frame = pd.DataFrame([fault[:-1] for fault in faults], columns=FAULTS[:-1])
    return frame.assign(says=pd.Series([fault[-1] for fault in faults], dtype=object))


def whole_file(path: Path, encoding: str, error: DataError) -> Findings:
    """Findings of a file that cannot be taken in at all."""
    says = error.args[0] if isinstance(error.args[0], Message) else joined([str(error)], "")
    faults = table_of([("file", 0, "", "", "file", says)])
    return Findings(file=path.name, encoding=encoding, rows=0, counts={"file": 1}, faults=faults)


def source_of(facts: FileFacts, chosen: Layout) -> Source:
    """Where the records of a file came from."""
    synthetic = facts.format == "parquet" and is_synthetic(facts.path)
    return Source(
        key=facts.path.stem,
        citation=cited(chosen.publisher or "User", facts.path.name),
        year=chosen.constants.get("wave", AS_WRITTEN),
        terms=word(chosen.terms),
        origin="synthetic" if synthetic else chosen.origin,
    )


def unread_of(unread: str, column: str) -> str:
    """The text of one column among those that could not be read."""
    said = dict(line.split("=", 1) for line in unread.splitlines() if "=" in line)
    return said.get(column, "")


def how_many(table: ir.Table, parts: Mapping[str, ir.BooleanValue]) -> dict[str, int]:
    """Number of rows of each part of a table, in one pass; none where the table is empty."""
    if not count(table):
        return {}
    sums = {name: part.sum() for name, part in parts.items()}
    totals = table.aggregate(**sums).to_pandas().iloc[0].fillna(0)
    return {name: int(totals[name]) for name in parts}


def count(table: ir.Table) -> int:
    """Number of rows."""
    return int(table.count().to_pyarrow().as_py())
