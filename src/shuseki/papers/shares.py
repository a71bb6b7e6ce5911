"""How many respondents stand behind a printed percentage?

A percentage p of n respondents comes from a whole count c. All that print as p are::

    n · (p − h) ≤ c ≤ n · (p + h),      h half a unit of the last printed digit

At most one remains where n is smaller than 1 / (2h): 1,000 for one decimal of a percent.
Where none remains, the percentage, n or the rounding is not as printed (GRIM, applied to shares).

Takes: a ``PrintedPaper`` with ``shares.csv``. Gives: ``RecoveredCounts``, respondents.
Source: Brown, N. J. L. and Heathers, J. A. J. (2017), The GRIM test, Social Psychological and
Personality Science 8, 363-369.
Limits: rounding to nearest is assumed; a percentage cut off may lie up to one unit off.
"""

import numpy as np
import pandas as pd

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError
from shuseki.language import Message, listed, say, told
from shuseki.papers.printed import PrintedNumber, PrintedPaper
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["RecoveredCounts", "recover_counts", "share_interval", "whole_counts"]

GRIM = Source(
    "BrownHeathers2017",
    "Brown, N. J. L. and Heathers, J. A. J., The GRIM test, Social Psychological and Personality "
    "Science 8",
    "2017",
)


@result
class RecoveredCounts(Result):
    """The whole counts behind printed percentages.

    Attributes
    ----------
    title
        Key of the paper.
    table
        One row per answer: ``question``, ``answer``, ``percent`` (as printed), ``n``,
        ``least_count``, ``greatest_count`` (respondents; the least is larger where no whole count
        fits), ``where``, ``where_ja``; and ``question_ja``, ``answer_ja`` where the paper's folder
        has them.
    """

    title: str
    table: pd.DataFrame

    def headline(self) -> Message:
        """How many cells have exactly one count, several, none."""
        spare = (self.table["greatest_count"] - self.table["least_count"]).to_numpy()
        parts = [
            say(
                "exactly one whole count behind {exact} of {cells:count(printed percentage)}",
                exact=int((spare == 0).sum()),
                cells=len(spare),
            )
        ]
        if several := int((spare > 0).sum()):
            parts.append(say("several behind {n}", n=several))
        if none := int((spare < 0).sum()):
            parts.append(say("none behind {n}", n=none))
        sizes = self.table["n"]
        return say(
            "{title}: {parts} (n = {fewest} to {most})",
            title=self.title,
            parts=listed(parts),
            fewest=int(sizes.min()),
            most=int(sizes.max()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per answer."""
        return self.table.copy()


def recover_counts(paper: PrintedPaper) -> RecoveredCounts:
    """Find the whole counts that print as a paper's percentages.

    Parameters
    ----------
    paper
        With ``shares.csv``; answers without n are left out.

    Raises
    ------
    DataError
        The paper prints no percentage with its n.

    Examples
    --------
    >>> from shuseki.papers.catalogue import printed_paper
    >>> found = recover_counts(printed_paper("shoko-2012")).table
    >>> found[["percent", "n", "least_count"]].head(2).to_numpy().tolist()
    [['28.9', 149, 43], ['25.5', 149, 38]]
    """
    frame = paper.table("shares")
    frame = frame[(frame["percent"] != "") & (frame["n"] != "")].reset_index(drop=True)
    if frame.empty:
        raise DataError(
            say(
                "{name_given} prints no percentage of a number of respondents. Expected "
                "shares.csv with percent and n. Add them.",
                name_given=paper.key,
            )
        )
    ends = np.array([share_interval(text) for text in frame["percent"]])
    n = np.array([int(PrintedNumber(text, exact=True).value) for text in frame["n"]])
    least, greatest = whole_counts(ends[:, 0], ends[:, 1], n)
    columns = ["question", "question_ja", "answer", "answer_ja", "percent"]
    kept = frame[[name for name in columns if name in frame]]
    places = [paper.where(number) for number in frame["table"]]
    return RecoveredCounts(
        title=paper.key,
        table=kept.assign(
            n=n,
            least_count=least,
            greatest_count=greatest,
            where=list(map(str, places)),
            where_ja=[str(told(place, "ja")) for place in places],
        ),
        notes=(say("Percentages are taken as rounded to nearest."),),
        sources=(paper.source, GRIM),
    )


def share_interval(text: str) -> tuple[float, float]:
    """Lowest and highest share that print as this percentage, with or without its sign.

    Examples
    --------
    >>> share_interval("28.9%") == share_interval("28.9")
    True
    """
    low, high = PrintedNumber(text).interval
    unit = 1.0 if "%" in text else 0.01
    return round(low * unit, 12), round(high * unit, 12)


def whole_counts(low: Floats, high: Floats, n: Ints) -> tuple[Ints, Ints]:
    """Least and greatest whole count whose share of n lies in an interval, shape as the shares.

    Parameters
    ----------
    low, high
        Ends of the intervals, shares from 0 to 1.
    n
        Respondents.

    Examples
    --------
    33.3% of 12 is 4 alone; 30.0% of 12 is none; 33% of 200 is 65 to 67.

    >>> least, greatest = whole_counts(
    ...     np.array([0.3325, 0.2995, 0.325]), np.array([0.3335, 0.3005, 0.335]),
    ...     np.array([12, 12, 200]))
    >>> least.tolist(), greatest.tolist()
    ([4, 4, 65], [4, 3, 67])
    """
    least = np.ceil(np.maximum(low, 0.0) * n - 1e-9).astype(np.int64)
    greatest = np.floor(np.minimum(high, 1.0) * n + 1e-9).astype(np.int64)
    return least, greatest
