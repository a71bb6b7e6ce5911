"""How did an area grow compared with the nation, when did its growth break, and who contributed?

Definitions. An index is ``100 x_t / x_base``. A break is a year in which the slope of the log
series changes, found and tested by ``breaks``: a test that holds whether the shocks of the series
last or not, so that a series without breaks shows one in 5 % of cases at most. Each break comes
with its evidence: ``p``, and between which years it lies with 90 % probability. The contribution of
an area or industry to a change is its own change over the total at the start; contributions add up
to the growth of the total.

Takes a panel of two periods or more; the periods are years. Gives indices (no unit), growth per
year (share), breaks (years).
Sources: figures 1-1 to 1-3 of the 2012 paper (plants, employees, shipments, 1990 = 100); those of
``breaks``.
Checked against: hand calculation; series with known breaks, and without any.
Limits: those of ``breaks``: fewer than ten known years show no break, and where shocks last only
a large one is seen. Amounts are nominal unless deflated before. Indices of
municipalities need constant boundaries. Those of an industry need a published part of the area's
plants that stays the same; give all plants, and it is checked.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, joined, say, told, word
from shuseki.language.names import some_of
from shuseki.measures.amounts import series
from shuseki.measures.change.breaks import FEWEST_YEARS, Break, evidence_of, fit_course
from shuseki.measures.visibility import comparable_areas, seen_share
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012

__all__ = ["Break", "Contributions", "Trends", "contributions", "fit_course", "trends"]

NATION = "nation"


@result
class Trends(Result):
    """Indices of several areas and of all areas together.

    Attributes
    ----------
    codes, names
        The series: areas, then ``"nation"`` (all areas of the panel).
    variable, industry, industry_name
        What is followed; ``"all"`` industries unless one was named.
    periods
        ``T`` years.
    amount, index
        Shape ``(series, T)``; the index is 100 in ``base``.
    breaks
        Years of each series in which its slope changes, with their evidence.
    growth_per_year
        Mean log growth in each spell between the breaks, as a share per year.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    variable: str
    industry: str
    industry_name: str
    periods: tuple[str, ...]
    base: str
    amount: Floats
    index: Floats
    breaks: tuple[tuple[Break, ...], ...]
    growth_per_year: tuple[tuple[float, ...], ...]

    def headline(self) -> Message:
        """Say where each series ended, and how many are below all areas together."""
        last = self.index[:, -1]
        variable = word(self.variable)
        return say(
            "{what} in {period} ({base} = 100): {each}; all areas together {nation:.0f}. {below} "
            "of {n} are below that.",
            what=variable
            if self.industry == "all"
            else say("{variable} of {industry}", variable=variable, industry=self.industry_name),
            period=self.periods[-1],
            base=self.base,
            each=joined(
                [
                    say("{area} {index:.0f}", area=name, index=value)
                    for name, value in zip(self.names[:-1], last[:-1], strict=True)
                ],
                ", ",
            ),
            nation=last[-1],
            below=int((last[:-1] < last[-1]).sum()),
            n=len(last) - 1,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per series and period."""
        series, count = len(self.codes), len(self.periods)
        return pd.DataFrame(
            {
                "area": np.repeat(self.codes, count),
                "area_name": np.repeat(self.names, count),
                "industry": self.industry,
                "period": np.tile(self.periods, series),
                self.variable: self.amount.ravel(),
                f"index_{self.base}_100": self.index.ravel(),
            }
        )

    def spells(self) -> pd.DataFrame:
        """One row per series and spell between breaks: from, to, growth per year."""
        rows = []
        for name, breaks, growth in zip(self.names, self.breaks, self.growth_per_year, strict=True):
            ends = [int(self.periods[0]), *(b.year for b in breaks), int(self.periods[-1])]
            rows += [
                {"area_name": name, "from": a, "to": b, "growth_per_year": g}
                for a, b, g in zip(ends[:-1], ends[1:], growth, strict=True)
            ]
        return pd.DataFrame(rows)

    def break_evidence(self, lang: str = "en") -> pd.DataFrame:
        """One row per break: its interval, growth per year before and after, the evidence."""
        columns = ["area_name", "break", "first", "last", "before", "after"]
        columns += ["likelihood_ratio", "p", "evidence"]
        rows = [
            (
                name, b.year, b.first, b.last, growth[k], growth[k + 1],
                b.likelihood_ratio, b.p, str(told(evidence_of(b.p), lang)),
            )
            for name, breaks, growth in zip(
                self.names, self.breaks, self.growth_per_year, strict=True
            )
            for k, b in enumerate(breaks)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)


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
    by: str = "area"

    def headline(self) -> Message:
        """Name the largest contributor in the direction of the total."""
        sign = 1 if self.total_growth >= 0 else -1
        first = int(np.nanargmax(sign * self.contribution_points))
        return say(
            "{variable} {start}–{end}: {growth:+.1%}, of which {part} {points:+.1f} points "
            "(n = {n}).",
            variable=word(self.variable),
            start=self.start,
            end=self.end,
            growth=self.total_growth,
            part=self.names[first],
            points=self.contribution_points[first],
            n=len(self.codes),
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
    all_plants: Panel | None = None,
    seed: int = 0,
) -> Trends:
    """Follow areas and all areas together, as indices.

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
    all_plants
        All plants of the same areas and periods, where the panel holds those of published
        industries only: areas whose published part changes are left out of the total, and named in
        a note if they were asked for.
    seed
        Of the random numbers, which only series of more than 60 years need.

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
        raise ParameterError(say("The panel has one period. A trend needs two. Add periods."))
    years = np.array(panel.years, dtype=float)
    if (np.diff(years) <= 0).any():
        raise ParameterError(
            say(
                "The periods are {periods}. Expected years in order, each once. Sort them.",
                periods=examples(panel.periods),
            )
        )
    start = panel.periods[0] if base is None else base
    at = panel.position("period", start)
    table = series(panel, variable)
    if industry is None:
        unknown_everywhere = np.isnan(table).all(axis=1)
        cube = np.where(unknown_everywhere, np.nan, np.nansum(table, axis=1))
        if len(panel.industries) == 1:
            cube = table[:, 0, :]
    else:
        cube = table[:, panel.position("industry", industry), :]
    complete: Bools = np.asarray(np.isfinite(cube).all(axis=1))
    steady = _steady(panel, all_plants)
    complete = complete & steady
    if not complete.any():
        raise DataError(
            say(
                "Every area lacks {variable!r} in some year. A total of like with like needs "
                "areas that are known throughout. Choose fewer periods.",
                variable=variable,
            )
        )
    rows = [panel.position("area", code) for code in areas]
    amount = np.vstack([cube[rows], cube[complete].sum(axis=0)])
    lacking = [
        code for code, value in zip((*areas, NATION), amount[:, at], strict=True) if not value > 0
    ]
    if lacking:
        raise DataError(
            say(
                "No {variable!r} in the base period {start}: {lacking}. An index needs a positive "
                "base. Choose another base period.",
                variable=variable,
                start=start,
                lacking=examples(lacking),
            )
        )
    rng = np.random.default_rng(seed)
    courses = [fit_course(years, series, rng) for series in amount]
    given = dict(zip(panel.areas, panel.area_names or panel.areas, strict=True)) | dict(names or {})
    lines = dict(zip(panel.industries, panel.industry_names or panel.industries, strict=True))
    notes = list(panel.notes)
    if not complete.all():
        notes.insert(
            0,
            say(
                "The total leaves out {n:,} of {areas:,} areas that are unknown in some year."
                if steady.all()
                else "The total leaves out {n:,} of {areas:,} areas that are unknown in some year, "
                "or whose published part of plants changes.",
                n=int((~complete).sum()),
                areas=len(complete),
            ),
        )
    if len(years) < FEWEST_YEARS:
        notes.append(say("{n} periods are too few to look for breaks.", n=len(years)))
    jumping = [given[code] for code, row in zip(areas, rows, strict=True) if not steady[row]]
    if jumping:
        notes.insert(
            0,
            say(
                "The part of plants whose industry is published changes in {areas}: some of the "
                "change there is due to that.",
                areas=some_of(jumping),
            ),
        )
    return Trends(
        codes=(*areas, NATION),
        names=(*(given[code] for code in areas), "all areas"),
        variable=variable,
        industry=industry or "all",
        industry_name=lines[industry] if industry else "all industries",
        periods=panel.periods,
        base=start,
        amount=amount,
        index=100 * amount / amount[:, [at]],
        breaks=tuple(breaks for breaks, _ in courses),
        growth_per_year=tuple(growth for _, growth in courses),
        notes=tuple(notes),
        sources=(
            *panel.sources,
            AGGLOMERATION_2012.at(say("figures {first} to {last}", first="1-1", last="1-3")),
        ),
    )


def contributions(
    panel: Panel,
    variable: str,
    *,
    start: str,
    end: str,
    by: str = "area",
    all_plants: Panel | None = None,
) -> Contributions:
    """Split the growth of the total into what each area or industry contributed.

    Parts unknown in either period are left out of both, and counted in a note; so are areas whose
    published part of plants changes, if all plants are given (as in ``trends``).
    """
    if by not in ("area", "industry"):
        raise ParameterError(
            say(
                "by is {by!r}. Expected 'area' or 'industry'.",
                by=by,
            )
        )
    span = range(panel.position("period", start), panel.position("period", end) + 1)
    if len(span) < 2:
        raise ParameterError(
            say(
                "The end {end} is not after the start {start}. Expected a later end. Swap them.",
                end=end,
                start=start,
            )
        )
    before, after = (panel.cross_section(variable, one) for one in (start, end))
    steady = _steady(panel.select(periods=[start, end]), all_plants)
    known = np.isfinite(before) & np.isfinite(after) & steady[:, None]
    axis = 1 if by == "area" else 0
    first = np.where(known, before, 0).sum(axis=axis)
    change = np.where(known, after - before, 0).sum(axis=axis)
    if first.sum() <= 0:
        raise DataError(
            say(
                "{variable!r} adds up to 0 in {start}. Growth needs a positive start.",
                variable=variable,
                start=start,
            )
        )
    codes = panel.areas if by == "area" else panel.industries
    names = (panel.area_names if by == "area" else panel.industry_names) or codes
    unknown = int((~known[steady]).sum())
    notes = list[Message]()
    if not steady.all():
        notes.append(
            say(
                "{n:,} of {areas:,} areas are left out, since the published part of their plants "
                "changes.",
                n=int((~steady).sum()),
                areas=len(steady),
            )
        )
    if unknown:
        notes.append(
            say(
                "{n:,} cells unknown in {start} or {end} are left out.",
                n=unknown,
                start=start,
                end=end,
            )
        )
    return Contributions(
        codes=codes,
        names=names,
        variable=variable,
        start=start,
        end=end,
        change=change,
        contribution_points=100 * change / first.sum(),
        total_growth=float(change.sum() / first.sum()),
        by=by,
        notes=(*notes, *panel.notes),
        sources=panel.sources,
    )


def _steady(panel: Panel, all_plants: Panel | None) -> Bools:
    """Areas whose published part of plants stays the same, ``(areas,)``."""
    if all_plants is None:
        return np.ones(len(panel.areas), dtype=bool)
    return comparable_areas(seen_share(panel, all_plants))
