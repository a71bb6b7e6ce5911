"""Since when do more establishments close in Japan than open?

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

    def headline(self, lang: str = "en") -> str:
        """Rates of the last period, and since when exits lead, in English or Japanese."""
        if lang == "ja":
            return self._headline_ja()
        last = (
            f"entry {self.entry_rate_percent[-1]:.1f}% and exit {self.exit_rate_percent[-1]:.1f}% "
            f"a year in {self.from_year[-1]}–{self.to_year[-1]}"
        )
        since = self.exits_lead_since
        lead = f"; exits lead in every period since {since}" if since else ""
        return f"{self.unit.capitalize()}: {last}{lead} (n = {len(self.from_year)} periods)"

    def _headline_ja(self) -> str:
        since = self.exits_lead_since
        lead = f"。{since}年以降、廃業率が開業率を上回る" if since else ""
        return (
            f"{self.from_year[-1]}～{self.to_year[-1]}年の開業率{self.entry_rate_percent[-1]:.1f}%、"
            f"廃業率{self.exit_rate_percent[-1]:.1f}%（年平均、{len(self.from_year)}期間）{lead}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per period."""
        return pd.DataFrame({column: getattr(self, column) for column in COLUMNS})


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
            f"Missing columns: {examples(missing)}. Found {examples(series.columns, 12)}. "
            "Rename the columns that hold them."
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
            "All non-primary industries; figure 1 of Okamuro 2006 shows manufacturing alone, "
            "whose series is not openly published.",
            "Each rate is the yearly average of the period between two censuses.",
        ),
        sources=(source,) if source else (),
    )
