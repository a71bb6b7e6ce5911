"""Which rows of a user's table can an equation use?

Any table with one row per area will do: columns of numbers, and perhaps one of labels (clusters).
Rows with a missing value are left out; what is not a number, is infinite, or stands in two rows of
the same area is refused by name.

Takes    a table, names of columns.
Gives    the complete rows, numbers as floats.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, say

__all__ = ["complete_rows", "note_left_out"]


def complete_rows(
    table: pd.DataFrame, numbers: Sequence[str], labels: Sequence[str] = ()
) -> pd.DataFrame:
    """Take the named columns of the rows that have them all.

    Parameters
    ----------
    table
        Index: area codes, each once.
    numbers, labels
        Columns of numbers, and of names such as the prefecture.

    Raises
    ------
    DataError
        Columns that are not there or hold no numbers, infinite values, areas given twice.
    ParameterError
        A column named twice.

    Examples
    --------
    >>> complete_rows(pd.DataFrame({"y": [1, 2, None], "x": [4, 5, 6]}), ["y", "x"])
         y    x
    0  1.0  4.0
    1  2.0  5.0
    """
    wanted = [*numbers, *labels]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise DataError(
            say(
                "The table lacks columns {missing}. Found {columns}. Name columns that it has.",
                missing=examples(missing),
                columns=examples(table.columns, 20),
            )
        )
    twice = sorted({name for name in numbers if numbers.count(name) > 1})
    if twice:
        raise ParameterError(
            say(
                "Columns named twice: {twice}. Expected each once.",
                twice=examples(twice),
            )
        )
    if table.index.has_duplicates:
        repeated = table.index[table.index.duplicated()].unique()
        raise DataError(
            say(
                "Areas given twice: {repeated}. Expected one row per area. Add the rows up first, "
                "or keep one of each.",
                repeated=examples(repeated),
            )
        )
    words = {
        name: table[name][table[name].notna() & pd.to_numeric(table[name], errors="coerce").isna()]
        for name in numbers
        if not pd.api.types.is_numeric_dtype(table[name])
    }
    for name, held in words.items():
        if len(held):
            raise DataError(
                say(
                    "Column {name} holds {held}. Expected numbers. Correct them, or leave the "
                    "column out.",
                    name=name,
                    held=examples(map(repr, held.unique())),
                )
            )
    used = table[wanted].astype(dict.fromkeys(numbers, float)).dropna()
    infinite = [name for name in numbers if np.isinf(used[name]).any()]
    if infinite:
        rows = used.index[np.isinf(used[infinite].to_numpy()).any(axis=1)]
        raise DataError(
            say(
                "Infinite values of {infinite} in rows {rows}. Expected numbers, or nothing where "
                "unknown. Correct them.",
                infinite=examples(infinite),
                rows=examples(rows),
            )
        )
    return used


def note_left_out(table: pd.DataFrame, used: pd.DataFrame) -> tuple[Message, ...]:
    """Say how many areas were left out for a missing value; nothing when none was."""
    gone = len(table) - len(used)
    if not gone:
        return ()
    if gone == 1:
        return (say("1 area with a missing value was left out."),)
    return (say("{n:,} areas with a missing value were left out.", n=gone),)
