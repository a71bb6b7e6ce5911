"""How technology-intensive is an industry?

An industry's R&D intensity is its research expenditure over its sales, in percent. The level is
given by a rule:

- ``"printed"``: high above 2.47 %, the threshold that Okamuro 2006 prints (p. 6);
- ``"mean"``: high above the simple mean of the intensities given;
- numbers: thresholds between two or more levels;
- a table: the user's own groups.

The mean of the 58 printed intensities is 2.60, not the printed 2.47: by ``"mean"``, household
electrical machinery (民生用電気機械, 2.58) is low, and 21 classes are high instead of 22.

Takes intensities by industry code, percent. Gives one level per industry.
Sources: Okamuro 2006, p. 6 and appendix table 1 (after Felder et al. 1997, Nerlinger 1998).
Limits: an intensity exactly at a threshold counts as below it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.industries.classification import classification
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006, Source

__all__ = ["PRINTED_THRESHOLD_PERCENT", "TechnologyLevels", "technology_levels"]

PRINTED_THRESHOLD_PERCENT = 2.47

Rule = Literal["printed", "mean"] | float | Sequence[float] | Mapping[str, str]


LEVEL_NAMES: Mapping[str, Message] = {"low": say("low"), "high": say("high")}


@result
class TechnologyLevels(Result):
    """The technology level of every industry.

    Attributes
    ----------
    levels
        Level per industry code, e.g. ``"high"`` or ``"low"``.
    intensities
        R&D over sales in percent per industry code.
    names
        The levels from low to high, or in order of appearance for a user's groups.
    thresholds_percent
        Between the levels; empty for a user's groups.
    rule
        The rule in words.
    """

    levels: "pd.Series[str]"
    intensities: "pd.Series[float]"
    names: tuple[str, ...]
    thresholds_percent: tuple[float, ...]
    rule: Message

    def of(self, level: str) -> tuple[str, ...]:
        """Codes of the industries on a level."""
        if level not in self.names:
            raise UnknownCodeError.among("technology level", [level], self.names)
        return tuple(self.levels.index[self.levels == level])

    def headline(self) -> Message:
        """Industries per level, and the rule."""
        return say(
            "{counts} of {industries:count(industry,industries)} ({rule})",
            counts=listed(
                say(
                    "{n} {level}",
                    n=int((self.levels == name).sum()),
                    level=LEVEL_NAMES.get(name, name),
                )
                for name in self.names
            ),
            industries=len(self.levels),
            rule=self.rule,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry."""
        return pd.DataFrame(
            {
                "industry": self.levels.index,
                "rd_intensity_percent": self.intensities.reindex(self.levels.index).to_numpy(),
                "technology": self.levels.to_numpy(),
            }
        )


def technology_levels(
    intensities: "pd.Series[float] | None" = None,
    rule: Rule = "printed",
    *,
    names: Sequence[str] | None = None,
) -> TechnologyLevels:
    """Say how technology-intensive every industry is.

    Parameters
    ----------
    intensities
        R&D over sales in percent, index industry code; the 58 printed ones by default.
    rule
        ``"printed"``, ``"mean"``, one or more thresholds in percent, or a mapping from industry
        to level.
    names
        Names of the levels from low to high, one more than there are thresholds;
        ``("low", "high")`` for one threshold, ``("level 1", …)`` for more.

    Raises
    ------
    DataError
        An intensity is missing or negative.
    ParameterError
        Thresholds do not rise, or names do not fit them.

    Examples
    --------
    >>> technology_levels()
    <TechnologyLevels: 36 low, 22 high of 58 industries (above 2.47%, as printed)>
    """
    sources: tuple[Source, ...] = ()
    if intensities is None:
        table = classification("okamuro-58").table
        intensities = table.set_index("code")["rd_intensity_percent"]
        sources = (OKAMURO_2006.at(say("appendix table {number}", number=1)),)
    if isinstance(rule, Mapping):
        return by_groups(intensities, rule, sources)
    wrong = intensities.index[~(intensities >= 0)]
    if len(wrong):
        raise DataError(
            say(
                "R&D intensities missing or negative: {wrong}. Expected percent of sales, 0 or "
                "more. Correct them.",
                wrong=examples(wrong),
            )
        )
    values: Floats = np.asarray(intensities, dtype=np.float64)
    thresholds: tuple[float, ...]
    if rule == "printed":
        thresholds = (PRINTED_THRESHOLD_PERCENT,)
        said = say("above {threshold}%, as printed", threshold=PRINTED_THRESHOLD_PERCENT)
    elif rule == "mean":
        thresholds = (float(values.mean()),)
        said = say("above the mean, {threshold:.2f}%", threshold=thresholds[0])
    elif isinstance(rule, str):
        raise ParameterError(
            say(
                "Unknown rule {rule!r}. Expected 'printed', 'mean', thresholds in percent, or "
                "groups.",
                rule=rule,
            )
        )
    else:
        thresholds = tuple(map(float, rule)) if isinstance(rule, Sequence) else (float(rule),)
        said = say(
            "above {thresholds}", thresholds=listed(f"{threshold:g}%" for threshold in thresholds)
        )
    if not thresholds or any(a >= b for a, b in pairwise(thresholds)):
        raise ParameterError(
            say(
                "Thresholds {thresholds}. Expected one or more rising numbers.",
                thresholds=thresholds,
            )
        )
    default = (
        ("low", "high")
        if len(thresholds) == 1
        else tuple(f"level {k + 1}" for k in range(len(thresholds) + 1))
    )
    labels = tuple(names) if names is not None else default
    if len(labels) != len(thresholds) + 1:
        raise ParameterError(
            say(
                "{n_labels} names for {n_thresholds} thresholds. Expected {n_thresholds_2}: one "
                "level below, between and above each.",
                n_labels=len(labels),
                n_thresholds=len(thresholds),
                n_thresholds_2=len(thresholds) + 1,
            )
        )
    level = level_of(values, np.array(thresholds))
    return TechnologyLevels(
        levels=pd.Series([labels[k] for k in level], index=intensities.index, name="technology"),
        intensities=intensities,
        names=labels,
        thresholds_percent=thresholds,
        rule=said,
        sources=sources,
    )


def level_of(intensities: Floats, thresholds: Floats) -> Ints:
    """Number of thresholds that each intensity exceeds, shape as the intensities."""
    level: Ints = np.searchsorted(thresholds, intensities, side="left").astype(np.int64)
    return level


def by_groups(
    intensities: "pd.Series[float]", groups: Mapping[str, str], sources: tuple[Source, ...]
) -> TechnologyLevels:
    """Take the user's own groups, which must cover every industry."""
    without = [str(code) for code in intensities.index if code not in groups]
    if without:
        raise DataError(
            say(
                "Industries without a group: {without}. Expected a group for every industry. Add "
                "them.",
                without=examples(without),
            )
        )
    unknown = [code for code in groups if code not in intensities.index]
    if unknown:
        raise UnknownCodeError.among("industry", unknown, [str(c) for c in intensities.index])
    levels = pd.Series(
        [groups[str(code)] for code in intensities.index],
        index=intensities.index,
        name="technology",
    )
    names = tuple(dict.fromkeys(groups.values()))
    if len(names) < 2:
        raise ParameterError(
            say(
                "All industries are in one group, {names}. Expected two or more.",
                names=names,
            )
        )
    return TechnologyLevels(
        levels=levels,
        intensities=intensities,
        names=names,
        thresholds_percent=(),
        rule=say("the user's groups"),
        sources=sources,
    )
