"""Which pairs should a person look at, and how does the answer come back?

The pairs whose answer would move the count of births most are those nearest to even odds:
``p (1 − p)`` is what one answer takes off the variance. ``to_review`` lists them with what both
registers say, for a CSV with an empty column ``match``; filled in (1 or 0, empty for "cannot say"),
the same table is ``link(…, labels=…)``. ``in_words`` heads it in English or Japanese, and
``from_words`` takes either back.
"""

from typing import Any

import numpy as np
import pandas as pd

from shuseki.errors import ParameterError
from shuseki.language import LANGUAGES, glossary, say, told
from shuseki.linkage.likeness import SIDES, Links

__all__ = ["LABEL_COLUMNS", "from_words", "in_words", "to_review"]

HEADS = {
    **SIDES,
    "probability": say("Probability of a pair"),
    "match": say("A pair? 1 yes, 0 no"),
}
LABEL_COLUMNS = (
    "left",
    "right",
    *dict.fromkeys(told(SIDES[side], lang) for lang in LANGUAGES for side in ("left", "right")),
)
"""How the columns with ids of a table of labels may be headed."""


def in_words(listed: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Head the columns of ``to_review`` in a language.

    Examples
    --------
    >>> list(in_words(pd.DataFrame(columns=["left", "match", "name_left"]), "ja"))
    ['左側の記録', '同一か（1＝はい、0＝いいえ）', '名称（左）']
    """
    at = LANGUAGES.index(lang)
    known = glossary()

    def head(column: str) -> str:
        if column in HEADS:
            return str(told(HEADS[column], lang))
        stem, _, side = column.rpartition("_")
        own = known[stem][at] if stem in known else stem
        which = say("left") if side == "left" else say("right")
        return str(told(say("{column} ({which})", column=own, which=which), lang))

    return listed.set_axis([head(str(column)) for column in listed.columns], axis=1)


def from_words(listed: pd.DataFrame) -> pd.DataFrame:
    """Give a table of labels the columns ``left``, ``right`` and ``match``, however it is headed.

    Examples
    --------
    >>> list(from_words(pd.DataFrame(columns=["左側の記録", "右側の記録", "name"])))
    ['left', 'right', 'name']
    """
    back = {str(told(head, lang)): column for column, head in HEADS.items() for lang in LANGUAGES}
    return listed.rename(columns=back)


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
        raise ParameterError(
            say(
                "pairs is {pairs}. Expected one or more.",
                pairs=pairs,
            )
        )
    if len(left) != len(links.left_ids) or len(right) != len(links.right_ids):
        raise ParameterError(
            say(
                "Registers of {n_left:,} and {n_right:,} records. Expected those that were "
                "linked, {n_left_ids:,} and {n_right_ids:,}.",
                n_left=len(left),
                n_right=len(right),
                n_left_ids=len(links.left_ids),
                n_right_ids=len(links.right_ids),
            )
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
