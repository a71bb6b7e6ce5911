"""How did an area grow beside the nation, when did its course break, and who contributed?

Definitions. An index is ``100 x_t / x_base``. A break is a year in which the slope of the log
series changes: the piecewise linear, continuous course with the fewest breaks that the Bayesian
information criterion prefers, by exact search over all years. The contribution of an area or
industry to a change is its own change over the total at the start; contributions add up to the
growth of the total.

Takes a panel of two periods or more; the periods are years. Gives indices (no unit), growth per
year (share), breaks (years).
Sources: figures 1-1 to 1-3 of the 2012 paper (plants, employees, shipments, 1990 = 100); Bai and
Perron (1998), Econometrica 66, for the search.
Checked against: hand calculation; series with known breaks.
Limits: the information criterion takes the deviations from the course as independent. Amounts are
nominal unless deflated before. Indices of municipalities need constant boundaries.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError, ParameterError, examples
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = ["Contributions", "Trends", "contributions", "fit_course", "trends"]

NATION = "nation"
MOST_BREAKS = 3
SHORTEST_SPELL = 4


@result
class Trends(Result):
    """Indices of several areas and of all areas together.

    Attributes
    ----------
    codes, names
        The series: areas, then ``"nation"`` (all areas of the panel).
    variable, industry
        What is followed; ``"all"`` industries unless one was named.
    periods
        ``T`` years.
    amount, index
        Shape ``(series, T)``; the index is 100 in ``base``.
    breaks
        Years of each series in which its slope changes.
    growth_per_year
        Mean log growth in each spell between the breaks, as a share per year.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    variable: str
    industry: str
    periods: tuple[str, ...]
    base: str
    amount: Floats
    index: Floats
    breaks: tuple[tuple[int, ...], ...]
    growth_per_year: tuple[tuple[float, ...], ...]

    def headline(self) -> str:
        """Say where each series ended, and whether it beat the nation."""
        last = self.index[:, -1]
        parts = ", ".join(
            f"{name} {value:.0f}" for name, value in zip(self.names[:-1], last[:-1], strict=True)
        )
        below = int((last[:-1] < last[-1]).sum())
        return (
            f"{self.variable} in {self.periods[-1]} ({self.base} = 100): {parts}; all areas "
            f"together {last[-1]:.0f}. {below} of {len(last) - 1} are below that."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per series and period."""
        series, count = len(self.codes), len(self.periods)
        return pd.DataFrame(
            {
                "area": np.repeat(self.codes, count),
                "area_name": np.repeat(self.names, count),
                "period": np.tile(self.periods, series),
                self.variable: self.amount.ravel(),
                f"index_{self.base}_100": self.index.ravel(),
            }
        )

    def spells(self) -> pd.DataFrame:
        """One row per series and spell between breaks: from, to, growth per year."""
        rows = []
        for name, breaks, growth in zip(self.names, self.breaks, self.growth_per_year, strict=True):
            ends = [int(self.periods[0]), *breaks, int(self.periods[-1])]
            rows += [
                {"area_name": name, "from": a, "to": b, "growth_per_year": g}
                for a, b, g in zip(ends[:-1], ends[1:], growth, strict=True)
            ]
        return pd.DataFrame(rows)


@result
class Contributions(Result):
    """Who contributed how much to the change of the total; arrays of shape ``(parts,)``."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    variable: str
    start: str
    end: str
    change: Floats
    contribution_points: Floats
    total_growth: float

    def headline(self) -> str:
        """Name the largest contributor in the direction of the total."""
        sign = 1 if self.total_growth >= 0 else -1
        first = int(np.nanargmax(sign * self.contribution_points))
        return (
            f"{self.variable} {self.start}–{self.end}: {self.total_growth:+.1%}, of which "
            f"{self.names[first]} {self.contribution_points[first]:+.1f} points "
            f"(n = {len(self.codes)})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per part, the largest contributions first."""
        frame = pd.DataFrame(
            {
                "code": self.codes,
                "name": self.names,
                "change": self.change,
                "contribution_points": self.contribution_points,
            }
        )
        return frame.sort_values(
            "contribution_points", key=np.abs, ascending=False, ignore_index=True
        )


# ---- the public verbs --------------------------------------------------------------------


def trends(
    panel: Panel,
    areas: Sequence[str],
    variable: str,
    *,
    industry: str | None = None,
    base: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Trends:
    """Follow areas beside all areas together, as indices.

    Parameters
    ----------
    panel
        Two periods or more, whose codes are years.
    areas
        Codes of the areas to follow.
    variable, industry
        What; all industries together by default.
    base
        Period whose index is 100; the first by default.
    names
        Area code → name, to replace those of the panel.

    Raises
    ------
    DataError
        The base is unknown or 0 in an area.

    Notes
    -----
    Unknown years are gaps in an area's series. The total of all areas leaves out areas that are
    unknown in any year, so that it compares like with like.
    """
    if len(panel.periods) < 2:
        raise ParameterError("The panel has one period. A trend needs two. Add periods.")
    start = panel.periods[0] if base is None else base
    at = panel.position("period", start)
    table = panel.variable(variable)
    if industry is None:
        unknown_everywhere = np.isnan(table).all(axis=1)
        cube = np.where(unknown_everywhere, np.nan, np.nansum(table, axis=1))
        if len(panel.industries) == 1:
            cube = table[:, 0, :]
    else:
        cube = table[:, panel.position("industry", industry), :]
    complete: Bools = np.asarray(np.isfinite(cube).all(axis=1))
    if not complete.any():
        raise DataError(
            f"Every area lacks {variable!r} in some year. A total of like with like needs areas "
            "that are known throughout. Choose fewer periods."
        )
    rows = [panel.position("area", code) for code in areas]
    amount = np.vstack([cube[rows], cube[complete].sum(axis=0)])
    lacking = [
        code for code, value in zip((*areas, NATION), amount[:, at], strict=True) if not value > 0
    ]
    if lacking:
        raise DataError(
            f"No {variable!r} in the base period {start}: {examples(lacking)}. An index needs a "
            "positive base. Choose another base period."
        )
    years = np.array([float(period) for period in panel.periods])
    courses = [fit_course(years, series) for series in amount]
    given = dict(zip(panel.areas, panel.area_names or panel.areas, strict=True)) | dict(names or {})
    notes = list(panel.notes)
    if not complete.all():
        notes.insert(
            0,
            f"The total leaves out {int((~complete).sum())} of {len(complete)} areas that are "
            "unknown in some year.",
        )
    return Trends(
        codes=(*areas, NATION),
        names=(*(given[code] for code in areas), "all areas"),
        variable=variable,
        industry=industry or "all",
        periods=panel.periods,
        base=start,
        amount=amount,
        index=100 * amount / amount[:, [at]],
        breaks=tuple(breaks for breaks, _ in courses),
        growth_per_year=tuple(growth for _, growth in courses),
        notes=tuple(notes),
        sources=(*panel.sources, AGGLOMERATION_2012.at("figures 1-1 to 1-3")),
    )


def contributions(
    panel: Panel, variable: str, *, start: str, end: str, by: str = "area"
) -> Contributions:
    """Split the growth of the total into what each area or industry contributed.

    Parts unknown in either period are left out of both, and counted in a note.
    """
    if by not in ("area", "industry"):
        raise ParameterError(f"by is {by!r}. Expected 'area' or 'industry'.")
    before, after = panel.variable(variable, start), panel.variable(variable, end)
    known = np.isfinite(before) & np.isfinite(after)
    axis = 1 if by == "area" else 0
    first = np.where(known, before, 0).sum(axis=axis)
    change = np.where(known, after - before, 0).sum(axis=axis)
    if first.sum() <= 0:
        raise DataError(f"{variable!r} adds up to 0 in {start}. Growth needs a positive start.")
    codes = panel.areas if by == "area" else panel.industries
    names = (panel.area_names if by == "area" else panel.industry_names) or codes
    unknown = int((~known).sum())
    notes = (f"{unknown} cells unknown in {start} or {end} are left out.",) if unknown else ()
    return Contributions(
        codes=codes,
        names=names,
        variable=variable,
        start=start,
        end=end,
        change=change,
        contribution_points=100 * change / first.sum(),
        total_growth=float(change.sum() / first.sum()),
        notes=(*notes, *panel.notes),
        sources=panel.sources,
    )


# ---- array functions ---------------------------------------------------------------------


def fit_course(years: Floats, amount: Floats) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Breaks of a log-linear course, and its growth per year in each spell.

    Parameters
    ----------
    years, amount
        Shape ``(T,)``; unknown or zero amounts are gaps.

    Examples
    --------
    >>> t = np.arange(1990.0, 2011.0)
    >>> fit_course(t, 100 * np.exp(np.where(t < 2000, 0.05 * (t - 1990), 0.5 - 0.1 * (t - 2000))))
    ((2000,), (0.051, -0.095))
    """
    used = np.isfinite(amount) & (np.nan_to_num(amount) > 0)
    t, y = years[used], np.log(amount[used])
    if len(t) < 2:
        return (), (float("nan"),)
    inner = t[SHORTEST_SPELL - 1 : len(t) - SHORTEST_SPELL + 1]
    best, slopes = np.inf, np.array([0.0])
    chosen: tuple[float, ...] = ()
    for count in range(MOST_BREAKS + 1):
        for knots in combinations(inner, count):
            if count > 1 and min(np.diff(knots)) < SHORTEST_SPELL - 1:
                continue
            columns = [np.ones_like(t), t - t[0], *(np.maximum(t - knot, 0) for knot in knots)]
            design = np.stack(columns, axis=1)
            fit = np.linalg.lstsq(design, y, rcond=None)[0]
            error = float(((y - design @ fit) ** 2).mean())
            # each break costs two parameters: where, and by how much
            score = len(t) * np.log(max(error, 1e-10)) + (2 + 2 * count) * np.log(len(t))
            if score < best - 1e-9:
                best, chosen, slopes = score, knots, np.cumsum(fit[1:])
    growth = tuple(round(float(np.expm1(slope)), 3) for slope in slopes)
    return tuple(int(knot) for knot in chosen), growth
