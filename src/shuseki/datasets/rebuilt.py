"""How close are variables rebuilt from public statistics to those that the paper prints?

Table 3 of Okamuro 2006 prints mean, median, standard deviation, minimum and maximum of every
variable over the 253 districts. Nine of the eleven regressors can be rebuilt from public statistics
of the nearest year (``accounts``); here they stand beside the print.

Takes nothing: the division, the accounts and the print are bundled. Gives one row per variable and
statistic, ``nan`` where no public source exists.
Sources: Okamuro 2006, table 3; the accounts' own.
Limits: the statistics are over all districts with a value (``n``), as in the paper. ``REASONS``
says of every variable what keeps it from the print.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shuseki.datasets.accounts import COLUMNS, NATIONAL, regional_accounts
from shuseki.datasets.catalogue import dataset
from shuseki.language import Message, say
from shuseki.papers.catalogue import printed_definitions, printed_paper
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006

__all__ = ["REASONS", "RebuiltVariables", "rebuilt_variables"]

STATISTICS = ("mean", "median", "sd", "min", "max", "n")

REASONS: Mapping[str, Message] = {
    "PCM": say(
        "2001 for 1998; value added is published gross by municipality and is made net by one "
        "national ratio, which is too little where capital is heavy (羽咋 .39; the print ends at "
        ".344)"
    ),
    "GRSALES": say(
        "the same years; districts by our reading of the list, withheld municipalities count as "
        "nothing"
    ),
    "WAGE": say(
        "2001 for 1998; plants of 1–3 workers are included as in AVESIZE; without them the mean is "
        "396.8, and the print lies between"
    ),
    "LNLANDP": say("no public source by municipality at hand"),
    "UNEMPL": say(
        "2000 for 1995, by one national ratio; unemployment grew more outside the cities (Toyama "
        "2.8 to 3.4%), so rural districts stay too high and Okinawa too low"
    ),
    "UNIV": say("the same census; the population of 15 and over is the total less an estimate"),
    "INST": say("no public source by municipality"),
    "DENS": say(
        "2001 for 1996, and the paper takes the establishment census, which counts more plants "
        "than the census of manufactures; all statistics but the minimum are about a fifth too low"
    ),
    "MRATIO": say(
        "manufacturing of 2001 for 1996 over all employees of 2009, when there were as many"
    ),
    "HITECH": say(
        "two-digit groups of cities in 2001 for 58 classes in 1998: special machinery (part of 29) "
        "is missing, and fifteen districts show no industries"
    ),
    "AVESIZE": say(
        "2001 for 1998; plants of 1–3 workers are allocated by the ratio of all plants (2016) to "
        "larger plants (2012)"
    ),
}
"""Why a rebuilt variable differs from the print."""


@result
class RebuiltVariables(Result):
    """Printed and rebuilt statistics of the regressors.

    Attributes
    ----------
    table
        ``variable``, ``statistic``, ``printed``, ``rebuilt``.
    """

    table: pd.DataFrame

    def headline(self) -> Message:
        """Count the variables and the distance of their means."""
        means = self.table[self.table["statistic"] == "mean"].dropna(subset="rebuilt")
        spread = self.table[self.table["statistic"] == "sd"].set_index("variable")["printed"]
        gap = (means["rebuilt"] - means["printed"]).abs().to_numpy() / spread[
            means["variable"]
        ].to_numpy()
        return say(
            "{rebuilt} of {all} regressors rebuilt from public statistics; their means lie "
            "{mean:.2f} printed standard deviations from the print (at most {most:.2f})",
            rebuilt=len(means),
            all=self.table["variable"].nunique(),
            mean=float(gap.mean()),
            most=float(gap.max()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per variable and statistic."""
        return self.table.copy()

    def side_by_side(self) -> pd.DataFrame:
        """One row per variable: each statistic printed and rebuilt, in turn."""
        wide = self.table.pivot(index="variable", columns="statistic")
        wide = wide.swaplevel(axis=1).reindex(index=list(REASONS))
        return wide[[(s, kind) for s in STATISTICS for kind in ("printed", "rebuilt")]]


def rebuilt_variables() -> RebuiltVariables:
    """Put the regressors rebuilt from public statistics beside the printed table 3."""
    accounts, paper = regional_accounts(), printed_paper("okamuro-2006")
    rows = []
    for definition in printed_definitions().variables:
        name = definition.name
        values = definition.arithmetic.of(accounts).to_numpy(float)
        rebuilt = describe(values[np.isfinite(values)])
        for statistic in STATISTICS:
            cell = paper.number("descriptives", statistic, variable=name)
            rows.append((name, statistic, float(cell.text), rebuilt[statistic]))
    used = dict.fromkeys(column.data for column in COLUMNS if column.data)
    return RebuiltVariables(
        table=pd.DataFrame(rows, columns=["variable", "statistic", "printed", "rebuilt"]),
        notes=tuple(
            say("{name}: {reason}.", name=name, reason=reason) for name, reason in REASONS.items()
        ),
        sources=(
            OKAMURO_2006.at(say("table {number}", number=3)),
            *(dataset(name).source for name in (*used, *NATIONAL)),
        ),
    )


def describe(values: np.ndarray) -> dict[str, float]:
    """Statistics of table 3, shape ``(areas,)``; unknown when there are no values."""
    if not len(values):
        return dict.fromkeys(STATISTICS[:-1], np.nan) | {"n": 0.0}
    return {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "sd": float(values.std(ddof=1)),
        "min": float(values.min()),
        "max": float(values.max()),
        "n": float(len(values)),
    }
