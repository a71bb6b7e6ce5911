"""Which pairs should a person look at, and how does the answer come back?

The pairs whose answer would move the count of births most are those nearest to even odds:
``p (1 − p)`` is what one answer takes off the variance. ``to_review`` lists them with what both
registers say, for a CSV with an empty column ``match``; filled in (1 or 0, empty for "cannot say"),
the same table is ``link(…, labels=…)``.
"""

from typing import Any

import numpy as np
import pandas as pd

from shuseki.errors import ParameterError
from shuseki.linkage.likeness import Links

__all__ = ["to_review"]


def to_review(
    links: Links,
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    pairs: int = 100,
    id_column: str = "id",
) -> pd.DataFrame:
    """List the pairs to look at.

    Parameters
    ----------
    links
        What ``link`` found.
    left, right
        The registers that were linked, in the same order.
    pairs
        How many to list.

    Returns
    -------
    pandas.DataFrame
        ``left``, ``right``, ``probability``, ``match`` (empty), and each column that both registers
        have as ``<column>_left``, ``<column>_right``; the most telling pair first.
    """
    if pairs < 1:
        raise ParameterError(f"pairs is {pairs}. Expected one or more.")
    if len(left) != len(links.left_ids) or len(right) != len(links.right_ids):
        raise ParameterError(
            f"Registers of {len(left):,} and {len(right):,} records. Expected those that were "
            f"linked, {len(links.left_ids):,} and {len(links.right_ids):,}."
        )
    p = links.pairs.probability
    telling = p * (1 - p)
    at = np.argsort(-telling, kind="stable")[:pairs]
    at = at[telling[at] > 0]
    one, other = links.pairs.left[at], links.pairs.right[at]
    columns: dict[str, Any] = {
        "left": np.asarray(links.left_ids)[one],
        "right": np.asarray(links.right_ids)[other],
        "probability": p[at].round(4),
        "match": pd.array([pd.NA] * len(at), dtype="Int64"),
    }
    for name in left.columns:
        if name in right.columns and name != id_column:
            columns[f"{name}_left"] = left[name].to_numpy()[one]
            columns[f"{name}_right"] = right[name].to_numpy()[other]
    return pd.DataFrame(columns)
