"""How good is a linkage whose truth is known?

Pairs and births are judged apart: a wrong link hides a birth and a missed one makes one::

    F1 = 2 · found and true / (found + true)      of links, of births, of deaths
    calibration: of the pairs with a probability in a tenth, the share that is true

Takes: ``Links`` and the true pairs (``left``, ``right``). Gives: ``LinkageScore``, and the wrong
ones with their kind: *missed* (never compared, or too unlike), *wrong partner*, *false link*.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import DataError, examples
from shuseki.language import Message, say
from shuseki.linkage.likeness import Links
from shuseki.results import Result, result

__all__ = ["LinkageScore", "evaluated", "f1"]

TENTHS = 10


@result
class LinkageScore(Result):
    """Scores of a linkage against the truth.

    Attributes
    ----------
    pairs, births, deaths
        ``precision``, ``recall``, ``f1`` of each, 0 to 1; ``nan`` where there are none.
    calibration
        ``from_probability``, ``to_probability``, ``pairs``, ``mean_probability``, ``true_share``.
    errors
        ``left``, ``right``, ``kind``, ``probability`` of what went wrong.
    by_group
        ``group``, ``true``, ``found``, ``f1`` when groups were given.
    """

    pairs: Mapping[str, float]
    births: Mapping[str, float]
    deaths: Mapping[str, float]
    calibration: pd.DataFrame
    errors: pd.DataFrame
    by_group: pd.DataFrame

    def headline(self) -> Message:
        """The F1 of pairs and of births."""
        return say(
            "pairs F1 {pairs:.3f}, births F1 {births:.3f}, calibration error {error:.3f}",
            pairs=self.pairs["f1"],
            births=self.births["f1"],
            error=self.calibration_error(),
        )

    def to_frame(self) -> pd.DataFrame:
        """``what``, ``precision``, ``recall``, ``f1``."""
        kinds = (("pairs", self.pairs), ("births", self.births), ("deaths", self.deaths))
        return pd.DataFrame([{"what": name, **score} for name, score in kinds])

    def calibration_error(self) -> float:
        """Mean gap between probability and share true, weighted by pairs."""
        table = self.calibration[self.calibration["pairs"] > 0]
        gap = (table["mean_probability"] - table["true_share"]).abs()
        return float((gap * table["pairs"]).sum() / max(table["pairs"].sum(), 1))


def f1(found: set[Any], true: set[Any]) -> dict[str, float]:
    """Precision, recall and F1.

    Examples
    --------
    >>> f1({1, 2}, {2, 3, 4})
    {'precision': 0.5, 'recall': 0.3333333333333333, 'f1': 0.4}
    """
    both = len(found & true)
    return {
        "precision": both / len(found) if found else float("nan"),
        "recall": both / len(true) if true else float("nan"),
        "f1": 2 * both / (len(found) + len(true)) if found or true else float("nan"),
    }


def evaluated(
    links: Links, truth: pd.DataFrame, *, groups: "pd.Series[Any] | None" = None
) -> LinkageScore:
    """Score links.

    Parameters
    ----------
    links
        What ``link`` found.
    truth
        ``left``, ``right``: every true pair; records that are in none have no partner.
    groups
        Group of each left record by its id, such as its size, to score apart.

    Raises
    ------
    DataError
        The truth names an id that a register does not have, or the same twice.
    """
    ids = {"left": pd.Index(links.left_ids), "right": pd.Index(links.right_ids)}
    for side, known in ids.items():
        if side not in truth.columns:
            raise DataError(
                say(
                    "The truth has no column {side!r}. Found {columns}. Expected left and right.",
                    side=side,
                    columns=examples(map(str, truth.columns)),
                )
            )
        unknown = truth.loc[~truth[side].isin(known), side]
        if len(unknown) or truth[side].duplicated().any():
            raise DataError(
                say(
                    "True pairs with {side} ids that the register does not have or that stand "
                    "twice: {unknown}. Expected each at most once.",
                    side=side,
                    unknown=examples(
                        unknown if len(unknown) else truth[side][truth[side].duplicated()]
                    ),
                )
            )
    true = set(zip(truth["left"].tolist(), truth["right"].tolist(), strict=True))
    found = set(zip(links.table["left"].tolist(), links.table["right"].tolist(), strict=True))
    born = set(ids["right"].tolist()) - set(truth["right"].tolist())
    died = set(ids["left"].tolist()) - set(truth["left"].tolist())
    return LinkageScore(
        pairs=f1(found, true),
        births=f1(set(np.asarray(links.births()).tolist()), born),
        deaths=f1(set(np.asarray(links.deaths()).tolist()), died),
        calibration=calibration(*_judged(links, truth)),
        errors=_errors(links, true, found),
        by_group=_by_group(true, found, groups),
        notes=links.notes,
        sources=links.sources,
    )


def _judged(links: Links, truth: pd.DataFrame) -> tuple[Floats, Floats]:
    """Probability of each candidate and whether it is true."""
    partner = pd.Series(truth["right"].to_numpy(), index=truth["left"].to_numpy())
    right = pd.Index(links.right_ids)
    of_left = np.full(len(links.left_ids), -1)
    known = pd.Index(links.left_ids).isin(partner.index)
    of_left[known] = right.get_indexer(partner.reindex(np.asarray(links.left_ids)[known]))
    is_true = of_left[links.pairs.left] == links.pairs.right
    return links.pairs.probability, is_true.astype(float)


def calibration(probability: Floats, is_true: Floats) -> pd.DataFrame:
    """Probability against the share true, in ten bins; pairs under one in a thousand left out."""
    kept = probability >= 1e-3
    p, y = np.clip(probability[kept], 0, 1), is_true[kept]
    bin_of = np.minimum((p * TENTHS).astype(int), TENTHS - 1)
    count = np.bincount(bin_of, minlength=TENTHS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(bin_of, weights=p, minlength=TENTHS) / count
        share = np.bincount(bin_of, weights=y, minlength=TENTHS) / count
    return pd.DataFrame(
        {
            "from_probability": np.arange(TENTHS) / TENTHS,
            "to_probability": (np.arange(TENTHS) + 1) / TENTHS,
            "pairs": count,
            "mean_probability": mean,
            "true_share": share,
        }
    )


def _errors(links: Links, true: set[Any], found: set[Any]) -> pd.DataFrame:
    """What went wrong, and how."""
    left, right = np.asarray(links.left_ids), np.asarray(links.right_ids)
    wrong = (true | found) - (true & found)
    likely: dict[Any, float] = {}
    lefts = {a for a, _ in wrong}
    at = np.flatnonzero(np.isin(left[links.pairs.left], np.array(list(lefts), dtype=left.dtype)))
    for k in at:
        pair = (_plain(left[links.pairs.left[k]]), _plain(right[links.pairs.right[k]]))
        if pair in wrong:
            likely[pair] = float(links.pairs.probability[k])
    partners = dict(found)
    true_lefts, true_rights = {a for a, _ in true}, {b for _, b in true}
    rows = []
    for a, b in sorted(wrong, key=str):
        if (a, b) in true:
            kind = "never compared" if (a, b) not in likely else "too unlike"
            kind = "wrong partner" if a in partners else kind
        else:
            kind = "wrong partner" if a in true_lefts or b in true_rights else "false link"
        rows.append({"left": a, "right": b, "kind": kind, "probability": likely.get((a, b))})
    return pd.DataFrame(rows, columns=["left", "right", "kind", "probability"])


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _by_group(true: set[Any], found: set[Any], groups: "pd.Series[Any] | None") -> pd.DataFrame:
    if groups is None:
        return pd.DataFrame(columns=["group", "true", "found", "f1"])
    of = groups.to_dict()
    rows = []
    for name in sorted(set(of.values()), key=str):
        own_true = {pair for pair in true if of.get(pair[0]) == name}
        own_found = {pair for pair in found if of.get(pair[0]) == name}
        rows.append(
            {
                "group": name,
                "true": len(own_true),
                "found": len(own_found),
                "f1": f1(own_found, own_true)["f1"],
            }
        )
    return pd.DataFrame(rows)
