"""Since when do more establishments of a nation close than open?

Entry and exit rates (開業率・廃業率) between two censuses: establishments opened, or closed, a year
in percent of those that stood at the beginning of the period.

Takes the national series, one row per period and unit counted. Gives percent a year.
Source: SME White Paper 2011, from the Establishment and Enterprise Census.
Limits: all non-primary industries. Figure 1 of Okamuro 2006 shows manufacturing, whose series is
not among the open statistics; its entry rates fell to between 1% and 2% in the late 1990s (p. 1),
below these. Censuses differ in how they find establishments, so that neighbouring periods are not
strictly comparable.
"""

from typing import Literal

import pandas as pd

from shuseki.arrays import Floats, Ints
from shuseki.datasets.catalogue import dataset, load
from shuseki.errors import DataError, UnknownCodeError, examples
from shuseki.language import Message, glossary, joined, say
from shuseki.language.names import TwoNames
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["EntryExitRates", "Unit", "entry_exit_rates"]

Unit = Literal["establishments", "enterprises", "companies", "proprietors"]

BUNDLED = "entry-exit-rates"
COLUMNS = ("from_year", "to_year", "entry_rate_percent", "exit_rate_percent")


@result
class EntryExitRates(Result):
    """Entry and exit rates, period by period.

    Attributes
    ----------
    unit
        What is counted: establishments, enterprises, companies or proprietors.
    from_year, to_year
        Censuses that bound each period, shape ``(n,)``.
    entry_rate_percent, exit_rate_percent
        Percent a year of what stood at the beginning, shape ``(n,)``.
    """

    unit: Unit
    from_year: Ints
    to_year: Ints
    entry_rate_percent: Floats
    exit_rate_percent: Floats

    @property
    def exits_lead_since(self) -> int | None:
        """Year from which exits have exceeded entries in every period; ``None`` if not now."""
        since = None
        for year, entry, exit_ in zip(
            self.from_year[::-1],
            self.entry_rate_percent[::-1],
            self.exit_rate_percent[::-1],
            strict=True,
        ):
            if exit_ <= entry:
                break
            since = int(year)
        return since

    def headline(self) -> Message:
        """Rates of the last period, and since when exits lead."""
        rates = say(
            "{unit}: entry {entry:.1f}% and exit {exit:.1f}% a year in {start}–{end}",
            unit=TwoNames(*_unit_words(self.unit)),
            entry=float(self.entry_rate_percent[-1]),
            exit=float(self.exit_rate_percent[-1]),
            start=int(self.from_year[-1]),
            end=int(self.to_year[-1]),
        )
        since = self.exits_lead_since
        if since:
            rates = joined([rates, say("exits lead in every period since {year}", year=since)])
        return say("{rates} (n = {n:count(period)})", rates=rates, n=len(self.from_year))

    def to_frame(self) -> pd.DataFrame:
        """One row per period."""
        return pd.DataFrame({column: getattr(self, column) for column in COLUMNS})


def _unit_words(unit: Unit) -> tuple[str, str]:
    english, japanese = glossary()[f"unit_{unit}"]
    return english[:1].upper() + english[1:], japanese


def entry_exit_rates(
    series: pd.DataFrame | None = None,
    unit: Unit = "establishments",
    *,
    source: Source | None = None,
) -> EntryExitRates:
    """Read entry and exit rates of one unit from the national series.

    Parameters
    ----------
    series
        Columns ``unit``, ``from_year``, ``to_year``, ``entry_rate_percent``,
        ``exit_rate_percent``; the bundled ``"entry-exit-rates"`` by default.
    unit
        What is counted.
    source
        Where the series comes from; that of the bundled one by default.

    Examples
    --------
    >>> entry_exit_rates().exits_lead_since
    1989
    """
    if series is None:
        series, source = load(BUNDLED), source or dataset(BUNDLED).source
    missing = [column for column in ("unit", *COLUMNS) if column not in series.columns]
    if missing:
        raise DataError(
            say(
                "Missing columns: {missing}. Found {columns}. Rename the columns that hold them.",
                missing=examples(missing),
                columns=examples(series.columns, 12),
            )
        )
    known = list(series["unit"].unique())
    if unit not in known:
        raise UnknownCodeError.among("unit", [unit], known)
    mine = series[series["unit"] == unit].sort_values("from_year")
    return EntryExitRates(
        unit=unit,
        from_year=mine["from_year"].to_numpy(dtype="int64"),
        to_year=mine["to_year"].to_numpy(dtype="int64"),
        entry_rate_percent=mine["entry_rate_percent"].to_numpy(dtype=float),
        exit_rate_percent=mine["exit_rate_percent"].to_numpy(dtype=float),
        notes=(
            say(
                "All non-primary industries; figure 1 of Okamuro 2006 shows manufacturing alone, "
                "whose series is not openly published."
            ),
            say("Each rate is the yearly average of the period between two censuses."),
        ),
        sources=(source,) if source else (),
    )
