"""How does a table beside the records become a frame: areas, accounts, panels, sites, groups?

``read_table`` reads any file that ``reading.files`` opens. Codes stay text and must be there in
every row; numbers are read by ``reading.values``; a cell that cannot be read is refused with its
row, column and value. Nothing is set aside: a side table is read whole or not at all.

Takes: a path, and which columns are codes and which are numbers. Gives: a frame whose index,
``row``, is the number of each row in the file.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, say
from shuseki.reading.files import Options, TableFile, open_table
from shuseki.reading.values import (
    Cells,
    Convention,
    Sign,
    as_text,
    codes_of,
    is_missing,
    numbers_of,
    truth,
)

__all__ = ["as_codes", "as_numbers", "read_table"]

THE_TABLE = say("The table")

CONVENTIONS: dict[str, Convention] = {".": "point", ",": "comma"}


def read_table(
    path: str | Path,
    *,
    codes: Sequence[str] = (),
    numbers: Collection[str] = (),
    required: Collection[str] = (),
    codes_if_any: Collection[str] = (),
    text: Collection[str] = (),
    encoding: str = "auto",
    delimiter: str = "auto",
    decimal: str = "auto",
    sheet: str = "",
    member: str = "",
    skip_lines: int = 0,
) -> pd.DataFrame:
    r"""Read a table beside the records, from CSV, Parquet or xlsx.

    Parameters
    ----------
    path
        The file; exactly this one.
    codes
        Columns of codes, which must be there and filled in every row; they stay text.
    numbers
        Columns that must be numbers where they are there.
    required
        Further columns that must be there.
    codes_if_any
        Columns of codes that may be missing, but are filled in every row when they are there.
    text
        Columns that stay text and may be empty.
    encoding, delimiter, decimal
        ``"auto"``, or what they are.
    sheet, member
        Which sheet of a workbook, which file in a zip.
    skip_lines
        Lines above the header.

    Returns
    -------
    pandas.DataFrame
        Index ``row``. Codes and text are ``str``; numbers are float, ``nan`` where withheld or
        not available, 0 for nil. Any other column is numbers when all that it says are numbers or
        signs of tables, and none begins with zeros like a code; it is text otherwise.

    Raises
    ------
    DataError
        For a file that is no table, a column that is missing, a code that is empty, a cell that is
        no number or two; the message names row, column and value.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "areas.csv"
    >>> _ = path.write_text('area;plants;share\n01;-;35,56\n02;X;12,5\n')
    >>> read_table(path, codes=["area"]).values.tolist()
    [['01', 0.0, 35.56], ['02', nan, 12.5]]
    """
    if decimal not in ("auto", ".", ","):
        raise ParameterError(
            say(
                "The decimal sign is {decimal!r}. Expected 'auto', '.' or ','.",
                decimal=decimal,
            )
        )
    table = open_table(
        path,
        Options(
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            member=member,
            skip_lines=skip_lines,
        ),
    )
    if table.writing.found:
        raise DataError(misdeclared(table))
    missing = [name for name in (*codes, *required) if name not in table.named]
    if missing:
        raise DataError(
            say(
                "{table} lacks columns {missing}. Found {named}. Expected them by these names. "
                "Rename the columns.",
                table=table.path.name,
                missing=examples(missing),
                named=examples(table.named, 12),
            )
        )
    chunks = list(table.chunks())
    aside = [line for chunk in chunks for line in chunk.aside]
    if aside:
        first = aside[0]
        raise DataError(
            say(
                "{table}, row {row}: {told} ({n_aside} such rows). Found {text!r}. Expected one "
                "record per line, {n_names} fields. Correct the file.",
                table=table.path.name,
                row=first.row,
                told=first.told,
                n_aside=len(aside),
                text=first.text[:80],
                n_names=len(table.names),
            )
        )
    rows = np.concatenate([chunk.rows for chunk in chunks]) if chunks else np.empty(0, int)
    if not len(rows):
        raise DataError(
            say(
                "{table} has no rows. Expected a header and data. Check the file.",
                table=table.path.name,
            )
        )
    columns: dict[str, Any] = {}
    for name in table.named:
        parts = [chunk.columns[name] for chunk in chunks]
        column = pa.chunked_array(
            [piece for part in parts for piece in getattr(part, "chunks", [part])]
        )
        columns[name] = read_column(
            table, name, column, rows, {*codes, *codes_if_any}, numbers, text, decimal
        )
    if table.writing.broken >= 0:
        check_letters(table, columns, rows)
    index = pd.Index(rows, name="row")
    return pd.DataFrame(columns, index=index)


def read_column(
    table: TableFile,
    name: str,
    column: Any,
    rows: np.ndarray,
    codes: Collection[str],
    numbers: Collection[str],
    text: Collection[str],
    decimal: str,
) -> Any:
    """Read one column as codes, text or numbers."""
    try:
        if name in codes:
            found = codes_of(column)
            empty = found.to_numpy(zero_copy_only=False) == ""
            if empty.any():
                raise DataError(
                    say(
                        "{table}, {name!r}: no code in rows {rows}. Expected one in every row. "
                        "Fill them in, or leave the rows out.",
                        table=table.path.name,
                        name=name,
                        rows=examples(rows[empty]),
                    )
                )
            return as_objects(found)
        if name in text:
            return as_objects(as_text(column))
        cells = settled(column, decimal, semicolons=table.delimiter == ";")
        if name in numbers:
            check_numbers(table.path.name, name, as_text(column), cells, rows)
            return cells.values
        return cells.values if are_numbers(cells, column) else as_objects(as_text(column))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        if name in codes or name in numbers:
            raise DataError(
                say(
                    "{table}, {name!r}: the column holds {type}. Expected text or numbers. Write "
                    "it as one of them.",
                    table=table.path.name,
                    name=name,
                    type=column.type,
                )
            ) from error
        return np.array([""] * len(rows), dtype=object)


def settled(column: Any, decimal: str, *, semicolons: bool) -> Cells:
    """Read numbers by the decimal sign that is said, or that the column speaks for."""
    if decimal in CONVENTIONS:
        return numbers_of(column, CONVENTIONS[decimal])
    cells = numbers_of(column)
    convention = cells.evidence.convention(semicolons=semicolons)
    return cells if convention == "point" else numbers_of(column, convention)


def are_numbers(cells: Cells, column: Any) -> bool:
    """Whether a column is one of numbers: some are, nothing else is said, no zeros stand before."""
    if not np.isfinite(cells.values).any() or cells.faults.any():
        return False
    return not truth(pc.match_substring_regex(as_text(column), "^0[0-9]+$")).any()


def check_numbers(file: str, name: str, text: Any, cells: Cells, rows: np.ndarray) -> None:
    """Refuse cells that are no numbers, or two."""
    at = np.flatnonzero(cells.faults)
    if not at.size:
        return
    said = [text[int(k)].as_py() for k in at[:5]]
    where = examples(
        say("{value!r} in row {row}", value=value, row=rows[k])
        for k, value in zip(at, said, strict=False)
    )
    more = say(" ({n} in all)", n=at.size) if at.size > len(said) else ""
    if (cells.signs[at] == Sign.AMBIGUOUS).all():
        raise DataError(
            say(
                "{file}, {name!r}: cells with two readings: {where}{more}. Expected numbers whose "
                "decimal sign is plain. Say decimal = ',' or '.', or write them without "
                "separators.",
                file=file,
                name=name,
                where=where,
                more=more,
            )
        )
    raise DataError(
        say(
            "{file}, {name!r}: {n} cells are not numbers: {where}{more}. Expected numbers, "
            "X for withheld, - for nil, … for not available. Correct those cells.",
            file=file,
            name=name,
            n=at.size,
            where=where,
            more=more,
        )
    )


def check_letters(table: TableFile, columns: dict[str, Any], rows: np.ndarray) -> None:
    """Refuse text that holds bytes which the encoding does not have."""
    for name, column in columns.items():
        if column.dtype == object:
            bad = [row for row, cell in zip(rows, column, strict=True) if "\ufffd" in cell]
            if bad:
                raise DataError(
                    say(
                        "{table}, {name!r}, rows {bad}: bytes that {encoding} does not have. "
                        "Expected text. Say the encoding, or save the file again as UTF-8.",
                        table=table.path.name,
                        name=name,
                        bad=examples(bad),
                        encoding=table.writing.encoding,
                    )
                )


def misdeclared(table: TableFile) -> Message:
    """Say that a file is in another encoding than was declared."""
    return say(
        "{file} was declared as {declared} but is {found}. Say encoding = '{found}', or 'auto'.",
        file=table.path.name,
        declared=table.options.encoding,
        found=table.writing.found,
    )


# ---- frames that were never files -----------------------------------------------------------


def as_codes(column: "pd.Series[Any] | Sequence[Any]", name: str) -> "pd.Series[str]":
    """Read a column of a frame as codes, as if it had come from a file.

    Raises
    ------
    DataError
        When a code is missing; the message names the rows.
    """
    series = pd.Series(column)
    said = [
        str(int(value))
        if isinstance(value, float | np.floating) and np.isfinite(value) and value == int(value)
        else ("" if value is None or value is pd.NA or is_missing(str(value)) else str(value))
        for value in series
    ]
    found = codes_of(pa.array(said, pa.string())).to_pylist()
    empty = [label for label, code in zip(series.index, found, strict=True) if not code]
    if empty:
        raise DataError(
            say(
                "{name!r}: no code in rows {empty}. Expected one in every row. Fill them in, or "
                "leave the rows out.",
                name=name,
                empty=examples(empty),
            )
        )
    return pd.Series(found, index=series.index, dtype=object, name=series.name)


def as_numbers(column: "pd.Series[Any]", name: str, *, table: str = THE_TABLE) -> Any:
    """Read a column of a frame as numbers, as if it had come from a file.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n,)``.

    Raises
    ------
    DataError
        When a cell is no number, or two; the message names row, column and value.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isinf(values), np.nan, values)
    said = ["" if value is None or value is pd.NA else str(value) for value in column]
    text = pa.array(said, pa.string())
    cells = settled(text, "auto", semicolons=False)
    check_numbers(table, name, text, cells, column.index.to_numpy())
    return cells.values


def as_objects(column: Any) -> Any:
    """Arrow text as a numpy array of ``str``."""
    return np.array(column.to_pylist(), dtype=object)
