"""How does a table of an answer say its words in both languages?

Takes rows with messages in their cells. Gives a frame: where a column holds messages, ``x`` has the
English and ``x_ja`` the Japanese, as readers of tables expect them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from shuseki.language.messages import Message, told

__all__ = ["in_both"]


def in_both(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Make a frame of rows whose cells may be messages.

    Parameters
    ----------
    rows
        One mapping a row, all with the same keys.
    columns
        Names of the columns when there may be no row.

    Examples
    --------
    >>> from shuseki.language import say
    >>> in_both([{"what": say("row {row}", row=1), "n": 2}]).columns.tolist()
    ['what', 'what_ja', 'n']
    """
    every = list(rows)
    names = list(every[0]) if every else list(columns)
    made: dict[str, list[Any]] = {}
    for name in names:
        cells = [row[name] for row in every]
        if any(isinstance(cell, Message) for cell in cells):
            made[name] = [str(cell) if isinstance(cell, str) else cell for cell in cells]
            made[f"{name}_ja"] = [told(cell, "ja") for cell in cells]
        else:
            made[name] = cells
    return pd.DataFrame(made, columns=list(made))
