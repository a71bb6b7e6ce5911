"""Which industry did an older code become?

Between revisions of the Japan Standard Industrial Classification a medium group of manufacturing
went on *whole*, or in parts: a *major* part, or a *minor* one that a comparison over time may
neglect at a stated price (chemical fibres left chemicals for textiles in 2007). Where an old group
has several successors, the share of each is given only where a publication shows it; otherwise it
is unknown (``nan``) and the group has no unique successor.

A series over several revisions is comparable only over *groups of groups*: the smallest sets of
codes that no change crosses. ``comparable_groups`` finds them, with or without the minor parts.

Takes revisions 10 to 14 (13 counts as 12). Gives tables with one row per old and new code.
Sources: MIC, tables of old and new items; METI, notes to the 2008 survey of manufactures; shares:
METI 工業統計表 2002, plants with four or more employees.
Limits: two digits, manufacturing. Exchanges between minor groups smaller than those noted are not
followed. Newspapers and publishing left manufacturing in revision 11.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import pandas as pd

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.industries.classification import JSIC, classification, read
from shuseki.language import listed, say
from shuseki.language.names import TwoNames
from shuseki.sources import Source

__all__ = ["CONCORDANCE", "comparable_groups", "concordance", "successor"]

REVISIONS = ("10", "11", "12", "14")
CONCORDANCE = Source(
    "JSICConcordance",
    TwoNames(
        "MIC 日本標準産業分類 新旧対照; METI 工業統計調査 改定内容 (2008); "
        "two digits, own compilation",
        "総務省、日本標準産業分類 新旧対照；経済産業省、工業統計調査 改定内容（2008年）；"
        "中分類、独自の編集",
    ),
    "1993-2023",
    terms=say("GoJ Standard Terms of Use 2.0"),
    origin="public",
)
SOURCES = (JSIC, CONCORDANCE)


def concordance(from_revision: int | str, to_revision: int | str) -> pd.DataFrame:
    """Relate the medium groups of one revision to those of a later one.

    Returns
    -------
    DataFrame
        ``from_code``, ``to_code``; ``relation``: ``"whole"``, ``"major"`` or ``"minor"``, the
        weakest on the way; ``plants_share``: share of the old group's plants, ``nan`` where it
        is not known; ``note``.

    Examples
    --------
    >>> table = concordance(10, 11)
    >>> table[table["from_code"] == "30"][["to_code", "plants_share"]].values.tolist()
    [['27', 0.6095], ['28', 0.1253], ['29', 0.2652]]
    """
    start, end = (REVISIONS.index(revision(value)) for value in (from_revision, to_revision))
    if start >= end:
        raise ParameterError(
            say(
                "No concordance from revision {from_revision} to {to_revision}. Expected an "
                "earlier and a later one; read the table backwards to go back.",
                from_revision=from_revision,
                to_revision=to_revision,
            )
        )
    table = step(REVISIONS[start], REVISIONS[start + 1])
    for k in range(start + 1, end):
        table = compose(table, step(REVISIONS[k], REVISIONS[k + 1]))
    return table


def successor(code: str, from_revision: int | str, to_revision: int | str) -> str:
    """Give the one group that a group became.

    Raises
    ------
    UnknownCodeError
        The code is not in the older revision, or has no unique successor; the message lists
        the parts.
    """
    classification(f"jsic-{revision(from_revision)}").require([code])
    table = concordance(from_revision, to_revision)
    parts = table[table["from_code"] == code]
    if len(parts) == 1 and parts["relation"].iloc[0] == "whole":
        return str(parts["to_code"].iloc[0])
    said = listed(
        say("{code} ({relation} part)", code=row.to_code, relation=row.relation)
        for row in parts.itertuples()
    )
    raise UnknownCodeError(
        say(
            "Group {code} of revision {from_revision} has no unique successor in revision "
            "{to_revision}: {said}. Expected a group that went on whole. Use comparable_groups(), "
            "or choose a part.",
            code=code,
            from_revision=from_revision,
            to_revision=to_revision,
            said=said,
        )
    )


def comparable_groups(revisions: Sequence[int | str], *, minor: bool = True) -> pd.DataFrame:
    """Find the smallest groups of codes that no change between some revisions crosses.

    Parameters
    ----------
    revisions
        Two or more revisions.
    minor
        Whether minor parts count; without them there are more, slightly leaking groups.

    Returns
    -------
    DataFrame
        ``revision``, ``code``, ``group`` (the codes of the last revision joined by ``"+"``).
    """
    wanted = sorted({revision(value) for value in revisions}, key=REVISIONS.index)
    if len(wanted) < 2:
        raise ParameterError(
            say(
                "Revisions {revisions}. Expected two or more different ones.",
                revisions=list(revisions),
            )
        )
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for number in wanted:
        for code in classification(f"jsic-{number}").codes:
            root((number, code))
    for earlier, later in pairwise(wanted):
        table = concordance(earlier, later)
        if not minor:
            table = table[table["relation"] != "minor"]
        for row in table.itertuples():
            parent[root((earlier, str(row.from_code)))] = root((later, str(row.to_code)))
    label: dict[tuple[str, str], list[str]] = {}
    for node in parent:
        codes = label.setdefault(root(node), [])
        if node[0] == wanted[-1]:
            codes.append(node[1])
    rows = [
        (number, code, "+".join(sorted(label[root((number, code))]))) for number, code in parent
    ]
    return pd.DataFrame(rows, columns=["revision", "code", "group"]).sort_values(
        ["revision", "code"], ignore_index=True
    )


# ---- one step ----------------------------------------------------------------------------------


def revision(value: int | str) -> str:
    """Normalise a revision; 13 has the medium groups of 12."""
    text = {"13": "12"}.get(str(value), str(value))
    if text not in REVISIONS:
        raise UnknownCodeError.among("JSIC revision", [str(value)], (*REVISIONS, "13"))
    return text


@lru_cache
def step(earlier: str, later: str) -> pd.DataFrame:
    """Concordance between two neighbouring revisions."""
    table = read("jsic_concordance.csv")
    table = table[(table["from_revision"] == earlier) & (table["to_revision"] == later)]
    return table.assign(
        plants_share=pd.to_numeric(table["plants_share"], errors="coerce")
    ).reset_index(drop=True)[["from_code", "to_code", "relation", "plants_share", "note"]]


def compose(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Follow one concordance by another; shares multiply, the weaker relation is kept."""
    rank = {"whole": 0, "major": 1, "minor": 2}
    words = {value: key for key, value in rank.items()}
    joined = first.merge(second, left_on="to_code", right_on="from_code", suffixes=("", "_after"))
    joined["plants_share"] *= joined["plants_share_after"]
    weakest = pd.concat(
        [joined["relation"].map(rank), joined["relation_after"].map(rank)], axis=1
    ).max(axis=1)
    joined["relation"] = weakest.map(words)
    joined["note"] = (joined["note"] + "; " + joined["note_after"]).str.strip("; ")
    joined = joined.sort_values("relation", key=lambda words_: words_.map(rank))
    table = joined.groupby(["from_code", "to_code_after"], as_index=False).agg(
        relation=("relation", "first"),
        plants_share=("plants_share", lambda shares: shares.sum(skipna=False)),
        note=("note", "first"),
    )
    return table.rename(columns={"to_code_after": "to_code"})
