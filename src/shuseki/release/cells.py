"""Is this text, or would a spreadsheet run it?

Excel and others run a cell of a CSV file that begins with ``=``, ``+``, ``-`` or ``@`` (CWE-1236).
A name that begins so gets an apostrophe before it, which a spreadsheet takes for "this is text".
Numbers keep their signs: ``-1.86``, ``+3``, ``-1.2***``, ``-0.10 (0.04)`` and a lone ``-`` are no
formulas.
"""

import re
from collections.abc import Hashable

import pandas as pd

__all__ = ["inert", "inert_frame"]

_RUN = re.compile(r"^\s*[=+\-@|\t\r]")
_NUMBER = re.compile(
    r"^\s*[+-]?[\d.,\s]*(?:e[+-]?\d+)?\s*%?[*†]*\s*(?:\([+-]?[\d.,]+\)[*†]*)?\s*$", re.IGNORECASE
)


def inert(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run.

    Examples
    --------
    >>> inert("=HYPERLINK(A1)"), inert("-1.86**"), inert("Ota")
    ("'=HYPERLINK(A1)", '-1.86**', 'Ota')
    """
    return f"'{text}" if _RUN.match(text) and not _NUMBER.match(text) else text


def inert_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Make every text of a table inert, names of columns included; numbers stay as they are."""
    columns: dict[Hashable, pd.Series] = {}
    for k in range(frame.shape[1]):
        column = frame.iloc[:, k]
        if not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(
            column
        ):
            column = column.map(lambda cell: inert(cell) if isinstance(cell, str) else cell)
        columns[k] = column
    made = pd.DataFrame(columns, index=frame.index)
    made.columns = pd.Index([inert(str(name)) for name in frame.columns])
    return made
