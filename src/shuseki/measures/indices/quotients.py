"""What is an area specialised in, how varied is it, and why did it grow?

Definitions. With ``x`` the variable over area ``a`` and industry ``i``, ``s_ai`` the share of
industry ``i`` in area ``a`` and ``s_i`` its share in all areas:

- location quotient ``s_ai / s_i``: 1 as everywhere, 2 twice the share;
- Krugman specialisation ``Σ_i |s_ai − s_i|``: 0 as everywhere, 2 nothing in common;
- Herfindahl ``Σ_i s_ai²`` and its inverse, the effective number of industries;
- variety, the entropy ``−Σ_i s_ai ln s_ai``, which splits exactly into unrelated variety
  (between groups of industries) and related variety (within them);
- shift-share: the change of an area is what national growth, its mix of industries, and its own
  competitiveness contribute; the three add up exactly.

Takes a panel and one of its extensive variables. Suppressed cells (``nan``) are unknown, not 0:
they are left out of the totals, their own quotient is ``nan``, and a note counts them. An
industry that is nowhere, and an area without anything, have no quotient (``nan``), and are named.
Sources: Florence (1939); Krugman (1991), Geography and Trade; Frenken, van Oort and
Verburg (2007), Regional Studies 41, pp. 685–697; Dunn (1960), Papers of the RSA 6.
Checked against: hand calculation, R REAT 3.0.3 (stored output).
Limits: a quotient of a small area is noise; look at its interval. Shift-share describes; its
competitive part is not a cause.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError, DataError, ParameterError, examples
from shuseki.language import Message, say, word
from shuseki.language.names import some_of
from shuseki.measures.amounts import amounts, positive_amounts
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "LocationQuotients",
    "ShiftShare",
    "Specialisation",
    "location_quotient",
    "location_quotients",
    "shift_share",
    "specialisation",
]

Interval = Literal["poisson", "bootstrap"]

FLORENCE = Source(
    "Florence1939", "Florence, P. S., Report of the Location of Industry, P.E.P.", "1939"
)
FRENKEN = Source(
    "Frenken2007",
    "Frenken, K., van Oort, F. and Verburg, T., Related Variety, Unrelated Variety and Regional "
    "Economic Growth, Regional Studies 41",
    "2007",
)
DUNN = Source(
    "Dunn1960",
    "Dunn, E. S., A statistical and analytical technique for regional "
    "analysis, Papers of the Regional Science Association 6",
    "1960",
)


@result
class LocationQuotients(Result):
    """Location quotients with intervals; arrays of shape ``(areas, industries)``.

    Attributes
    ----------
    areas, industries, area_names, industry_names
        Codes and names.
    variable, period
        What was counted, and when.
    amount
        The variable itself.
    location_quotient, lower, upper
        Quotient and interval; ``nan`` where unknown.
    interval, level
        How the interval was made, and its coverage.
    """

    areas: tuple[str, ...]
    industries: tuple[str, ...]
    area_names: tuple[str, ...]
    industry_names: tuple[str, ...]
    variable: str
    period: str
    amount: Floats
    location_quotient: Floats
    lower: Floats
    upper: Floats
    interval: str
    level: float

    def headline(self) -> Message:
        """Name the quotient whose lower limit is highest."""
        known = int(np.isfinite(self.lower).sum())
        if not known:
            return say(
                "No quotient of {variable}, {period}, has an interval: plants are not known.",
                variable=word(self.variable),
                period=self.period,
            )
        surest = np.unravel_index(int(np.nanargmax(self.lower)), self.lower.shape)
        a, i = int(surest[0]), int(surest[1])
        return say(
            "{above:,} of {n:,} area × industry cells have an interval above 1 (about "
            "{chance:,.0f} would by chance); the surest is {area}, {industry}: quotient "
            "{quotient:.1f} ({level:.0%} interval {low:.1f}–{high:.1f}) of {variable}, {period}.",
            above=int((self.lower > 1).sum()),
            n=known,
            chance=(1 - self.level) / 2 * known,
            area=self.area_names[a],
            industry=self.industry_names[i],
            quotient=self.location_quotient[a, i],
            level=self.level,
            low=self.lower[a, i],
            high=self.upper[a, i],
            variable=word(self.variable),
            period=self.period,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area and industry."""
        areas, industries = self.amount.shape
        return pd.DataFrame(
            {
                "area": np.repeat(self.areas, industries),
                "area_name": np.repeat(self.area_names, industries),
                "industry": np.tile(self.industries, areas),
                "industry_name": np.tile(self.industry_names, areas),
                self.variable: self.amount.ravel(),
                "location_quotient": self.location_quotient.ravel(),
                "lower": self.lower.ravel(),
                "upper": self.upper.ravel(),
            }
        )

    def top(self, count: int = 10) -> pd.DataFrame:
        """The cells whose lower limit is highest."""
        return self.to_frame().nlargest(count, "lower").reset_index(drop=True)


@result
class Specialisation(Result):
    """How specialised or varied each area is; arrays of shape ``(areas,)``.

    Attributes
    ----------
    krugman
        0 (as all areas together) to 2.
    herfindahl, effective_industries
        Sum of squared shares, 1/industries to 1, and its inverse.
    variety, related_variety, unrelated_variety
        Entropy in nats; the last two add up to the first. ``nan`` without groups.
    largest, largest_share
        The largest industry of the area and its share; ``""`` and ``nan`` where nothing is.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    variable: str
    period: str
    krugman: Floats
    herfindahl: Floats
    effective_industries: Floats
    variety: Floats
    related_variety: Floats
    unrelated_variety: Floats
    largest: tuple[str, ...]
    largest_share: Floats

    def headline(self) -> Message:
        """Name the most specialised and the most varied area."""
        special, varied = int(np.nanargmax(self.krugman)), int(np.nanargmax(self.variety))
        return say(
            "Most specialised of {n} areas: {special} (Krugman {krugman:.2f}, {share:.0%} in "
            "{largest}); most varied: {varied} ({effective:.1f} effective industries); "
            "{variable}, {period}.",
            n=int(np.isfinite(self.krugman).sum()),
            special=self.area_names[special],
            krugman=self.krugman[special],
            share=self.largest_share[special],
            largest=self.largest[special],
            varied=self.area_names[varied],
            effective=self.effective_industries[varied],
            variable=word(self.variable),
            period=self.period,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        return pd.DataFrame(
            {
                "area": self.areas,
                "area_name": self.area_names,
                "krugman": self.krugman,
                "herfindahl": self.herfindahl,
                "effective_industries": self.effective_industries,
                "variety_nats": self.variety,
                "related_variety_nats": self.related_variety,
                "unrelated_variety_nats": self.unrelated_variety,
                "largest_industry": self.largest,
                "largest_share": self.largest_share,
            }
        )


@result
class ShiftShare(Result):
    """Why each area changed, in units of the variable; arrays of shape ``(areas,)``.

    Attributes
    ----------
    change
        Change of the area between the two periods.
    national, industry_mix, competitive
        The three contributions; they add up to ``change``.
    """

    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    variable: str
    start: str
    end: str
    initial: Floats
    change: Floats
    national: Floats
    industry_mix: Floats
    competitive: Floats

    def headline(self) -> Message:
        """Say the national change and name the best and the worst competitor."""
        best, worst = int(np.argmax(self.competitive)), int(np.argmin(self.competitive))
        return say(
            "{variable} {start}–{end}: {change:+,.0f} in all ({growth:+.1%}); beyond nation and "
            "industry mix {best} gained most ({gain:+,.0f}), {worst} lost most ({loss:+,.0f}), "
            "n = {n}.",
            variable=word(self.variable),
            start=self.start,
            end=self.end,
            change=self.change.sum(),
            growth=self.change.sum() / self.initial.sum(),
            best=self.area_names[best],
            gain=self.competitive[best],
            worst=self.area_names[worst],
            loss=self.competitive[worst],
            n=len(self.areas),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area."""
        return pd.DataFrame(
            {
                "area": self.areas,
                "area_name": self.area_names,
                f"{self.variable}_{self.start}": self.initial,
                "change": self.change,
                "national": self.national,
                "industry_mix": self.industry_mix,
                "competitive": self.competitive,
            }
        )


# ---- the public verbs --------------------------------------------------------------------


def location_quotients(
    panel: Panel,
    variable: str = "plants",
    *,
    period: str | None = None,
    interval: Interval = "poisson",
    level: float = 0.95,
    replicates: int = 1_000,
    seed: int = 1939,
) -> LocationQuotients:
    """Compute location quotients, each with an interval.

    Parameters
    ----------
    panel
        With ``plants`` if ``variable`` is another.
    variable, period
        What to compare, and when.
    interval
        ``"poisson"``: exact (Garwood) limits of the count of plants over its expectation; for
        another variable the relative width of the plants' limits is carried over, which takes
        plants of a cell as equal. ``"bootstrap"``: cells of plants drawn again from a
        multinomial law with the observed shares, percentile limits; it cannot move an empty
        cell from 0, the Poisson limits can.
    level
        Coverage of the interval.
    replicates, seed
        Of the bootstrap.
    """
    if not 0 < level < 1:
        raise ParameterError(
            say(
                "level is {level}. Expected a coverage between 0 and 1.",
                level=level,
            )
        )
    amount, when = positive_amounts(panel, variable, period)
    plants = positive_amounts(panel, "plants", period)[0] if "plants" in panel.values else amount
    quotient = location_quotient(amount)
    if interval == "poisson":
        low, high = poisson_limits(plants, level)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (
                np.where(plants > 0, quotient / plants, np.nan)
                if variable != "plants"
                else 1 / _expected(plants)
            )
            lower, upper = low * scale, high * scale
            lower[~np.isfinite(quotient)] = upper[~np.isfinite(quotient)] = np.nan
    else:
        lower, upper = _bootstrap(np.nan_to_num(plants), level, replicates, seed)
        lower[~np.isfinite(quotient)] = upper[~np.isfinite(quotient)] = np.nan
        if variable != "plants":
            with np.errstate(divide="ignore", invalid="ignore"):
                base = location_quotient(plants)
                lower, upper = lower * quotient / base, upper * quotient / base
    return LocationQuotients(
        areas=panel.areas,
        industries=panel.industries,
        area_names=panel.area_names or panel.areas,
        industry_names=panel.industry_names or panel.industries,
        variable=variable,
        period=when,
        amount=amount,
        location_quotient=quotient,
        lower=lower,
        upper=upper,
        interval=interval,
        level=level,
        notes=(*_treatment(amount, panel), *panel.notes),
        sources=(*panel.sources, FLORENCE),
    )


def specialisation(
    panel: Panel,
    variable: str = "employment",
    *,
    period: str | None = None,
    groups: Mapping[str, str] | None = None,
) -> Specialisation:
    """Measure how specialised or varied each area's industries are.

    Parameters
    ----------
    panel, variable, period
        What, and when. The measures of areas without anything are ``nan``, and a note names them.
    groups
        Industry code → group of related industries; splits variety. Every industry needs one.
    """
    amount, when = positive_amounts(panel, variable, period)
    if groups is not None:
        missing = [code for code in panel.industries if code not in groups]
        if missing:
            raise AlignmentError(
                say(
                    "Industries without a group: {missing}. Expected one for each of the "
                    "{n_industries}. Add them to groups.",
                    missing=examples(missing),
                    n_industries=len(panel.industries),
                )
            )
    share = area_shares(amount)
    whole = np.nansum(amount, axis=0)
    labels = [groups[code] for code in panel.industries] if groups else list(panel.industries)
    total, unrelated = varieties(share, np.unique(labels, return_inverse=True)[1])
    herfindahl = (share**2).sum(axis=1)
    filled = np.nan_to_num(share)
    names = panel.industry_names or panel.industries
    unknown = np.full(len(panel.areas), np.nan)
    return Specialisation(
        areas=panel.areas,
        area_names=panel.area_names or panel.areas,
        variable=variable,
        period=when,
        krugman=np.abs(share - whole / whole.sum()).sum(axis=1),
        herfindahl=herfindahl,
        effective_industries=1 / herfindahl,
        variety=total,
        related_variety=total - unrelated if groups else unknown,
        unrelated_variety=unrelated if groups else unknown,
        largest=tuple(
            names[k] if known else ""
            for k, known in zip(filled.argmax(axis=1), np.isfinite(herfindahl), strict=True)
        ),
        largest_share=share.max(axis=1),
        notes=(*_treatment(amount, panel), *panel.notes),
        sources=(*panel.sources, FRENKEN),
    )


def shift_share(panel: Panel, variable: str = "employment", *, start: str, end: str) -> ShiftShare:
    """Decompose each area's change into nation, industry mix and own competitiveness.

    Cells unknown in either period are left out of both, and counted in a note.
    """
    before, after = amounts(panel, variable, start)[0], amounts(panel, variable, end)[0]
    known = np.isfinite(before) & np.isfinite(after)
    unknown = int((~known).sum())
    notes = list[Message]()
    if unknown:
        notes.append(
            say(
                "{n:,} cells unknown in {start} or {end} are left out.",
                n=unknown,
                start=start,
                end=end,
            )
        )
    first, last = (np.where(known, array, 0) for array in (before, after))
    arrived = np.flatnonzero((first.sum(axis=0) == 0) & (last.sum(axis=0) > 0))
    if len(arrived):
        notes.append(
            say(
                "Industries that were nowhere in {start} have no growth rate: their arrival counts "
                "as competitive ({industries}).",
                start=start,
                industries=some_of(panel.industries[k] for k in arrived),
            )
        )
    empty = np.flatnonzero((first.sum(axis=1) == 0) & (last.sum(axis=1) > 0))
    if len(empty):
        notes.append(
            say(
                "Areas without anything in {start}: all that they gained counts as competitive "
                "({areas}).",
                start=start,
                areas=some_of(panel.areas[k] for k in empty),
            )
        )
    national, mix, competitive = shift_share_parts(first, last)
    return ShiftShare(
        areas=panel.areas,
        area_names=panel.area_names or panel.areas,
        variable=variable,
        start=start,
        end=end,
        initial=first.sum(axis=1),
        change=(last - first).sum(axis=1),
        national=national,
        industry_mix=mix,
        competitive=competitive,
        notes=(*notes, *panel.notes),
        sources=(*panel.sources, DUNN),
    )


# ---- array functions ---------------------------------------------------------------------


def location_quotient(amount: Floats) -> Floats:
    """Location quotient of ``(areas, industries)``; ``nan`` where nothing is expected.

    Examples
    --------
    >>> location_quotient(np.array([[30.0, 10.0], [10.0, 50.0]]))
    array([[1.875     , 0.41666667],
           [0.41666667, 1.38888889]])
    """
    expected = _expected(amount)
    quotient: Floats = np.divide(
        amount, expected, out=np.full(amount.shape, np.nan), where=expected > 0
    )
    return quotient


def poisson_limits(count: Floats, level: float) -> tuple[Floats, Floats]:
    """Exact limits of a Poisson mean given its count (Garwood 1936), shape as given.

    Examples
    --------
    >>> [limit.round(2) for limit in poisson_limits(np.array([0.0, 10.0]), 0.95)]
    [array([0. , 4.8]), array([ 3.69, 18.39])]
    """
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        lower = np.where(
            count > 0, scipy.stats.chi2.ppf(tail, 2 * np.maximum(count, 1e-9)) / 2, 0.0
        )
        upper = scipy.stats.chi2.isf(tail, 2 * (count + 1)) / 2
    return np.where(np.isnan(count), np.nan, lower), upper


def area_shares(amount: Floats) -> Floats:
    """Share of each industry in each area, rows add up to 1; ``nan`` for empty areas."""
    filled = np.nan_to_num(amount)
    total = filled.sum(axis=1, keepdims=True)
    share: Floats = np.divide(filled, total, out=np.full(filled.shape, np.nan), where=total > 0)
    return share


def varieties(share: Floats, group: np.ndarray) -> tuple[Floats, Floats]:
    """Entropy over industries and over groups of them, nats, each ``(areas,)``."""
    grouped = np.stack(
        [share[:, group == g].sum(axis=1) for g in range(int(group.max()) + 1)], axis=1
    )
    return _entropy(share), _entropy(grouped)


def shift_share_parts(before: Floats, after: Floats) -> tuple[Floats, Floats, Floats]:
    """National, mix and competitive parts of ``(areas, industries)``, each ``(areas,)``.

    An industry that was nowhere at the start counts as competitive where it arrives.
    """
    if before.sum() <= 0:
        raise DataError(say("The first period adds up to 0. Growth needs a positive start."))
    growth = after.sum() / before.sum() - 1
    start = before.sum(axis=0)
    by_industry = np.divide(after.sum(axis=0), start, out=np.ones_like(start), where=start > 0) - 1
    national = before.sum(axis=1) * growth
    mix = before @ (by_industry - growth)
    competitive = (after - before * (1 + by_industry)).sum(axis=1)
    return national, mix, competitive


def _treatment(amount: Floats, panel: Panel) -> tuple[Message, ...]:
    notes = list[Message]()
    unknown = int(np.isnan(amount).sum())
    if unknown:
        notes.append(
            say("{n:,} suppressed cells are unknown and left out of the totals.", n=unknown)
        )
    nowhere, empty = (
        [code for code, total in zip(codes, np.nansum(amount, axis=axis), strict=True) if not total]
        for axis, codes in enumerate((panel.industries, panel.areas))
    )
    if nowhere:
        notes.append(
            say(
                "Industries that are nowhere have no quotient: {industries}.",
                industries=some_of(nowhere),
            )
        )
    if empty:
        notes.append(
            say("Areas without anything known have no quotient: {areas}.", areas=some_of(empty))
        )
    return tuple(notes)


def _expected(amount: Floats) -> Floats:
    filled = np.nan_to_num(amount)
    expected: Floats = filled.sum(axis=1)[:, None] * filled.sum(axis=0)[None, :] / filled.sum()
    return expected


def _entropy(share: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(share > 0, -share * np.log(share), np.where(np.isnan(share), np.nan, 0))
    total: Floats = terms.sum(axis=1)
    return total


def _bootstrap(plants: Floats, level: float, replicates: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    total = round(float(plants.sum()))
    if total < 1:
        raise DataError(
            say(
                "'plants' adds up to {total:.3g}. A bootstrap draws whole plants: expected one or "
                "more. Choose interval='poisson'.",
                total=float(plants.sum()),
            )
        )
    drawn = np.zeros((replicates, *plants.shape), dtype=np.float32)
    for k in range(replicates):
        again = rng.multinomial(total, (plants / plants.sum()).ravel()).reshape(plants.shape)
        # a row or column that was not drawn holds nothing of anything
        drawn[k] = np.nan_to_num(location_quotient(again.astype(float)))
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return lower, upper
