"""How far do the external economies of an agglomeration reach, and do they reach further now?

Watanabe, as quoted by the 2012 paper (section 2.1): proximity, scale and scope economies each have
their own geographic range, and ranges widen. The measure (after Rosenthal and Strange 2003):
growth of an industry in an area, or its births, on what lies around it, nearer or further::

    g_ai = Σ_channel b_channel z_channel,ai(ρ_channel) + γ ln(own size) + industry
    mass of a channel = Σ_other exp(−distance / ρ) plants_other

with these channels: plants of the same industry, those of the area itself left out (scale
economies, 規模の経済); plants of its suppliers and of its customers, each weighed by its share in
what the industry buys from and sells to others (dealings nearby, 近接の利益); and the entropy of
industries, of plants weighed in the same way (scope economies, 範囲の経済). Logs of masses, and the
entropy, enter standardised over the areas explained: b is the growth per year that goes with one
standard deviation. Each channel has the ρ that fits best (least squares over a grid, channel by
channel until none moves); its range is the distance at which a plant counts half, ``ρ ln 2``.
Beside it are the coefficients of the same masses in rings, free of any form of decay; they are
of one standard deviation of a ring, and a far ring holds more plants than a near one.

Areas near one another share shocks, and what lies around them is much the same: taken as
independent, they show a same-industry effect in 40% of panels that have none. So the law of the
shocks is found from the residuals (``change.shocks``), and everything rests on
redraws that follow it. **A placebo tests each channel**: the outcome is redrawn without it, its
range sought again, and a channel counts as found where its evidence (the signed root of what it
adds to the fit) is reached by ``(1 − level) / 2`` of the placebos or fewer; the search over ranges
is thus part of the test. Intervals come from redraws of the outcome as fitted, and the rings'
standard errors from the law.

Areas grow and decline for reasons of their own, which all their industries share. With
``area_effects`` (the default) the same industry, suppliers and customers are compared between the
industries of one area; variety, the same for all of them, between areas, their mean masses and
sizes held (Mundlak's device: the estimates of the others are those of area dummies).

Takes a panel with centres and two periods or more, and an input–output table (``input_output``; the
bundled one is ``datasets.public.input_output_shares``); without one, "related industries" are those
the caller names, or those located alike, in the place of suppliers and customers. Gives
half-distances in km and their change between two spans of time, a placebo p by channel, and
coefficients by channel and ring.
Sources: section 2.1 of the 2012 paper; Rosenthal and Strange (2003), Review of Economics and
Statistics 85, pp. 377–393; shares of suppliers and customers as in Ellison, Glaeser and Kerr
(2010), American Economic Review 100, pp. 1195–1213.
Checked against: panels with a decay that was put in, in one channel at a time, and with none, with
shocks that near areas share and with others; masses by hand; area dummies.
Limits: association, not cause. Rings shorter than the spacing of areas see nothing; a half-distance
inside the first ring, or at the last, is not measured, only said to be there. Suppliers and
customers lie near one another: their masses go together, so that one may stand in for the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import (
    AlignmentError,
    DataError,
    ParameterError,
    UnknownCodeError,
    examples,
)
from shuseki.geography.distances import distance_matrix_km
from shuseki.language import Message, joined, say, word
from shuseki.measures.amounts import amounts
from shuseki.measures.change.shocks import (
    Cells,
    Normals,
    ShockLaw,
    drawn_shocks,
    estimate_covariance,
    fitted_law,
)
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = ["ExternalityRange", "InputOutput", "externality_range", "input_output"]

SAME, RELATED, SUPPLIERS, CUSTOMERS, VARIETY = (
    "same industry",
    "related industries",
    "suppliers",
    "customers",
    "variety",
)
Outcome = Literal["growth", "births"]

ROSENTHAL_STRANGE = Source(
    "RosenthalStrange2003",
    "Rosenthal, S. S. and Strange, W. C., Geography, Industrial Organization, and Agglomeration, "
    "Review of Economics and Statistics 85",
    "2003",
)
SHORTEST_KM, TRIED = 2.0, 25
"""Half-distances from this to the last ring are tried, in steps of equal ratio."""
NO_SPREAD = 1e-9
"""A column whose values differ by less is constant and is left out."""


# ---- who sells to whom -----------------------------------------------------------------------


@result
class InputOutput(Result):
    """Who sells to whom: shares of partners in the dealings of each industry.

    Attributes
    ----------
    industries
        Codes.
    suppliers
        Of what the row's industry buys from the others, the share that comes from the column's,
        ``(industries, industries)``; rows add up to 1, or to 0 where nothing is bought. The
        diagonal is 0: dealings within an industry are left out.
    customers
        Of what the row's industry sells to the others, the share that goes to the column's.
    """

    industries: tuple[str, ...]
    suppliers: Floats
    customers: Floats

    def headline(self) -> Message:
        """Say how much the largest partner has."""
        return say(
            "Dealings among {n} industries: the largest supplier of an industry has {bought:.0%} "
            "of what it buys from the others, the largest customer {sold:.0%} of what it sells to "
            "them (means).",
            n=len(self.industries),
            bought=self.suppliers.max(axis=1).mean(),
            sold=self.customers.max(axis=1).mean(),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per industry and partner."""
        n = len(self.industries)
        return pd.DataFrame(
            {
                "industry": np.repeat(self.industries, n),
                "partner": np.tile(self.industries, n),
                "supplier_share": self.suppliers.ravel(),
                "customer_share": self.customers.ravel(),
            }
        )


def input_output(
    flows: pd.DataFrame, *, sources: tuple[Source, ...] = (), notes: tuple[str, ...] = ()
) -> InputOutput:
    """Make shares of suppliers and customers of a table of flows.

    Parameters
    ----------
    flows
        Square: sellers in rows, buyers in columns, the same industry codes on both sides, any
        unit. The diagonal is not used.

    Examples
    --------
    >>> flows = pd.DataFrame([[9, 6, 2], [0, 5, 8], [1, 0, 0]], index=list("ABC"))
    >>> dealings = input_output(flows.set_axis(list("ABC"), axis=1))
    >>> dealings.suppliers[2].tolist()  # C buys 2 from A and 8 from B
    [0.2, 0.8, 0.0]
    >>> dealings.customers[0].tolist()  # A sells 6 to B and 2 to C
    [0.0, 0.75, 0.25]
    """
    codes = tuple(map(str, flows.index))
    if len(set(codes)) < len(codes) or set(codes) != set(map(str, flows.columns)):
        raise AlignmentError(
            say(
                "Flows have sellers {codes} and buyers {columns}. Expected the same industries, "
                "each once, on both sides. Complete the table.",
                codes=examples(codes),
                columns=examples(flows.columns),
            )
        )
    amount = flows.set_axis([str(code) for code in flows.columns], axis=1)[list(codes)]
    cells = amount.to_numpy(dtype=float).copy()
    wrong = ~(np.isfinite(cells) & (cells >= 0))
    if wrong.any():
        pairs = [
            say("{source} to {target}", source=codes[i], target=codes[j])
            for i, j in np.argwhere(wrong)
        ]
        raise DataError(
            say(
                "Flows missing or negative: {pairs} ({n_pairs} of {cells_size}). Expected amounts "
                "of 0 or more. Correct them, or put 0.",
                pairs=examples(pairs),
                n_pairs=len(pairs),
                cells_size=cells.size,
            )
        )
    np.fill_diagonal(cells, 0)
    return InputOutput(
        industries=codes,
        suppliers=shares_of_rows(cells.T),
        customers=shares_of_rows(cells),
        notes=notes,
        sources=sources,
    )


# ---- how far -----------------------------------------------------------------------------------


@result
class ExternalityRange(Result):
    """Growth or births on mass around; ``P`` spans of time, ``C`` channels, ``R`` rings.

    Attributes
    ----------
    outcome
        ``"growth"`` (log, per year) or ``"births"`` (per plant at the start and year).
    channels
        Names, ``C``.
    spans
        First and last period of each span.
    rings_km
        Edges of the rings, ``R + 1``.
    coefficient, standard_error
        Outcome per year that goes with one standard deviation, and its error when shocks
        follow the law of the residuals; shape ``(P, C, R)``.
    half_distance_km, lower_km, upper_km
        Where a plant counts half, shape ``(P, C)``; ``nan`` where none was found.
    strength
        Outcome per year that goes with one standard deviation of the mass at that range,
        shape ``(P, C)``; the best fit also where it is not above 0.
    p
        Share of placebos, redrawn without the channel, in which it shows as strongly; shape
        ``(P, C)``. A channel counts as found where this is ``(1 − level) / 2`` or less.
    shock_correlation
        Correlation of the shocks of one industry in two areas at the middle of each ring,
        shape ``(P, R)``.
    widening
        Share of redraws in which the last span reaches further than the first, ``(C,)``;
        ``nan`` with one span, or where one of the two found nothing.
    widening_km, widening_lower_km, widening_upper_km
        Last half-distance less the first, ``(C,)``.
    area_effects
        Whether industries were compared within areas.
    observations
        Area × industry cells of each span.
    """

    variable: str
    outcome: Outcome
    channels: tuple[str, ...]
    spans: tuple[tuple[str, str], ...]
    rings_km: Floats
    coefficient: Floats
    standard_error: Floats
    half_distance_km: Floats
    lower_km: Floats
    upper_km: Floats
    strength: Floats
    p: Floats
    shock_correlation: Floats
    widening: Floats
    widening_km: Floats
    widening_lower_km: Floats
    widening_upper_km: Floats
    area_effects: bool
    observations: tuple[int, ...]
    level: float

    def headline(self) -> Message:
        """Say the range of each channel in the last span, and what changed."""
        start, end = self.spans[-1]
        parts = [
            say("{channel} {distance}", channel=word(name), distance=self.distance(-1, c))
            for c, name in enumerate(self.channels)
        ]
        main = say(
            "Distance at which the association of {what} with the plants around halves, "
            "{start}–{end}: {parts} ({level:.0%} intervals; found at placebo p ≤ {p:.2g}; "
            "n = {n:,}).",
            what=say("growth of {variable}", variable=word(self.variable))
            if self.outcome == "growth"
            else word("births"),
            start=start,
            end=end,
            parts=joined(parts, ", "),
            level=self.level,
            p=(1 - self.level) / 2,
            n=self.observations[-1],
        )
        changes = [
            say(
                "{channel} {change:+.0f} km ({low:+.0f} to {high:+.0f})",
                channel=word(name),
                change=change,
                low=low,
                high=high,
            )
            for name, change, low, high in zip(
                self.channels,
                self.widening_km,
                self.widening_lower_km,
                self.widening_upper_km,
                strict=True,
            )
            if np.isfinite(change)
        ]
        if not changes:
            return main
        first, last = self.spans[0]
        since = say(
            "Change since {start}–{end}: {changes}.",
            start=first,
            end=last,
            changes=joined(changes, ", "),
        )
        return joined([main, since], " ")

    def distance(self, span: int, channel: int) -> Message:
        """Say a half-distance with its interval, and no more than the rings can show."""
        half, low, high = (
            float(values[span, channel])
            for values in (self.half_distance_km, self.lower_km, self.upper_km)
        )
        first, last = float(self.rings_km[1]), float(self.rings_km[-1])
        if not np.isfinite(half):
            return say("none found")
        if half >= 0.99 * last:
            return say("{last:g} km or more (from {low:.0f})", last=last, low=low)
        top = f"{high:.0f}" if high < last else say("{last:g} or more", last=last)
        if half >= first / 2:
            return say("{half:.0f} km ({low:.0f}–{top})", half=half, low=low, top=top)
        if high > first:
            return say("within {first:g} km (to {top})", first=first, top=top)
        return say("within {first:g} km", first=first)

    def to_frame(self) -> pd.DataFrame:
        """One row per span, channel and ring."""
        rows = [
            {
                "span": f"{start}–{end}",
                "channel": channel,
                "ring_from_km": self.rings_km[r],
                "ring_to_km": self.rings_km[r + 1],
                "coefficient_per_year": self.coefficient[p, c, r],
                "standard_error_per_year": self.standard_error[p, c, r],
                "strength_per_year": self.strength[p, c],
                "placebo_p": self.p[p, c],
                "shock_correlation": self.shock_correlation[p, r],
                "half_distance_km": self.half_distance_km[p, c],
                "half_distance_lower_km": self.lower_km[p, c],
                "half_distance_upper_km": self.upper_km[p, c],
            }
            for p, (start, end) in enumerate(self.spans)
            for c, channel in enumerate(self.channels)
            for r in range(len(self.rings_km) - 1)
        ]
        return pd.DataFrame(rows)

    def ranges(self) -> pd.DataFrame:
        """One row per channel and span: the half-distance, and how sure it is."""
        frame = self.to_frame().drop_duplicates(["span", "channel"])
        half = ["half_distance_km", "half_distance_lower_km", "half_distance_upper_km"]
        return frame[["channel", "span", "strength_per_year", "placebo_p", *half]].sort_values(
            "channel", kind="stable", ignore_index=True
        )


def externality_range(
    panel: Panel,
    *,
    variable: str = "plants",
    outcome: Outcome = "growth",
    births: str = "births",
    spans: Sequence[tuple[str, str]] | None = None,
    rings_km: Sequence[float] = (0, 15, 30, 60, 120),
    related: Mapping[str, Sequence[str]] | InputOutput | None = None,
    areas: Sequence[str] | None = None,
    area_effects: bool = True,
    smallest: float = 5.0,
    replicates: int = 399,
    level: float = 0.9,
    seed: int = 2003,
) -> ExternalityRange:
    """Estimate how growth or births depend on mass at each distance, by channel and span of time.

    Parameters
    ----------
    panel
        Plants (or another amount) by area, industry and period, with centres.
    variable
        What grows, and what the mass is made of.
    outcome
        ``"growth"`` of the variable, or ``"births"``: births per plant at the start and year.
    births
        Variable that counts births since the period before; those of the span are added up.
    spans
        Pairs of periods (years); the first and the last by default. Give two to compare.
    rings_km
        Edges; the first ring holds the area itself.
    related
        An input–output table: then suppliers and customers are two channels. Or industry → its
        partners, one channel. By default all industries whose location goes with it (correlation
        of log shares over areas above 0.3), a stand-in, as a note says.
    areas
        Whose growth is explained; all by default. The plants of the others count as around them.
    area_effects
        Compare the industries of one area, so that what they all share drops out; variety is
        then compared between areas. Otherwise cells are compared over areas and industries.
    smallest
        Cells below this at the start of the span are left out: their growth is noise.
    replicates, level, seed
        Redraws, for intervals and for the placebo of each channel; coverage of the intervals.
    """
    if panel.centres is None:
        raise DataError(say("The panel has no centres. Rings need them. Give centres=…"))
    if outcome not in get_args(Outcome):
        raise ParameterError(
            say(
                "outcome is {outcome!r}. Expected 'growth' or 'births'.",
                outcome=outcome,
            )
        )
    edges = np.asarray(rings_km, dtype=float)
    if len(edges) < 3 or (np.diff(edges) <= 0).any() or edges[0] != 0:
        raise ParameterError(
            say(
                "rings_km are {rings_km}. Expected increasing edges from 0, two rings or more.",
                rings_km=list(rings_km),
            )
        )
    wanted = tuple(spans) if spans is not None else ((panel.periods[0], panel.periods[-1]),)
    spans_in_years = [[panel.year(end) for end in span] for span in wanted]
    backward = [span for span, (a, b) in zip(wanted, spans_in_years, strict=True) if b <= a]
    if backward:
        raise ParameterError(
            say(
                "Spans that end before they start: {backward}.",
                backward=examples(backward),
            )
        )
    names, notes, sources = _channels(panel, related)
    compared = say(
        "Industries are compared within areas, variety between areas."
        if area_effects
        else "Areas differ in more than what is around: industries are not compared within areas."
    )
    notes = (compared, *notes)
    explained = np.ones(len(panel.areas), dtype=bool)
    if areas is not None:
        explained[:] = False
        explained[[panel.position("area", code) for code in areas]] = True
        chosen = say(
            "Growth of {n:,} areas; the plants around them are those of all {areas:,}.",
            n=int(explained.sum()),
            areas=explained.size,
        )
        notes = (chosen, *notes)
    distance = distance_matrix_km(panel.centres)
    rings = np.stack([(distance >= a) & (distance < b) for a, b in pairwise(edges)]).astype(float)
    halves_km = np.geomspace(SHORTEST_KM, edges[-1], TRIED)
    half_step = (halves_km[1] / halves_km[0]) ** 0.5
    fits = []
    for (start, end), (first, last) in zip(wanted, spans_in_years, strict=True):
        before, _ = amounts(panel, variable, start)
        rate = (
            _growth(before, amounts(panel, variable, end)[0], last - first)
            if outcome == "growth"
            else _birth_rate(before, panel, births, first, last)
        )
        amount = np.nan_to_num(before)
        used = (amount >= smallest) & np.isfinite(rate) & explained[:, None]
        count = len(names) * len(rings)
        if used.sum() <= 2 * count:
            raise DataError(
                say(
                    "{n_used} cells of {smallest:g} or more {variable} in {start}. The estimate "
                    "needs more than {count}. Lower smallest=…, or use finer areas.",
                    n_used=used.sum(),
                    smallest=smallest,
                    variable=variable,
                    start=start,
                    count=2 * count,
                )
            )
        if area_effects and not (used.sum(axis=1) > 1).any():
            raise ParameterError(
                say(
                    "No area has two industries of {smallest:g} or more {variable} in {start}. "
                    "Industries can then not be compared within areas. Give area_effects=False.",
                    smallest=smallest,
                    variable=variable,
                    start=start,
                )
            )
        links = _links(panel, related, amount)
        fits.append(_fit(rate, amount, distance, rings, halves_km, links, used, area_effects))
    answers = _examined(fits, halves_km, replicates, np.random.default_rng(seed))
    middles = (edges[1:] + edges[:-1]) / 2
    least, needed = 1 / (replicates + 1), (1 - level) / 2
    too_few = (
        [
            say(
                "With {n} redraws a placebo p cannot be below {least:.2f}: nothing can be found. "
                "Give {needed} or more.",
                n=replicates,
                least=least,
                needed=int(np.ceil(1 / needed - 1e-9)) - 1,
            )
        ]
        if least > needed + 1e-12
        else []
    )
    drawn = np.stack([one.drawn_km for one in answers])
    p = np.array([one.p for one in answers])
    strength = np.array([one.strength for one in answers])
    beyond = (p <= needed + 1e-12) & (strength > 0)
    half = np.where(beyond, [one.half_km for one in answers], np.nan)
    tails = ((1 - level) / 2, (1 + level) / 2)
    lower, upper = (np.array([_quantile(sample, q) for sample in drawn]) for q in tails)
    change = half[-1] - half[0] if len(wanted) > 1 else np.full(len(names), np.nan)
    changed = np.isfinite(change)
    changes = drawn[-1] - drawn[0]
    return ExternalityRange(
        variable=variable,
        outcome=outcome,
        channels=names,
        spans=wanted,
        rings_km=edges,
        coefficient=np.array([one.coefficient for one in answers]),
        standard_error=np.array([one.standard_error for one in answers]),
        half_distance_km=half,
        lower_km=np.where(np.isfinite(half), lower / half_step, np.nan),
        upper_km=np.where(np.isfinite(half), upper * half_step, np.nan),
        strength=strength,
        p=p,
        shock_correlation=np.array(
            [
                [one.law.correlation(km, fit.cells) for km in middles]
                for one, fit in zip(answers, fits, strict=True)
            ]
        ),
        widening=np.where(changed, _share_above_0(changes), np.nan),
        widening_km=change,
        widening_lower_km=np.where(changed, _quantile(changes, tails[0]), np.nan),
        widening_upper_km=np.where(changed, _quantile(changes, tails[1]), np.nan),
        area_effects=area_effects,
        observations=tuple(len(fit.outcome) for fit in fits),
        level=level,
        notes=(
            say("Association, not cause."),
            say(
                "Half-distances of {shortest:g} to {longest:g} km are tried.",
                shortest=SHORTEST_KM,
                longest=edges[-1],
            ),
            _correlations(wanted, answers, fits, middles[:3]),
            *too_few,
            *notes,
            *panel.notes,
        ),
        sources=(
            *panel.sources,
            *sources,
            AGGLOMERATION_2012.at(say("section {number}", number="2.1")),
            ROSENTHAL_STRANGE,
        ),
    )


def _correlations(
    spans: Sequence[tuple[str, str]],
    answers: Sequence["_Answer"],
    fits: Sequence["_Fit"],
    distances_km: Floats,
) -> Message:
    """Say how alike the shocks of one industry are in two areas so far apart."""
    by_span = [
        say(
            "{start}–{end} {parts}",
            start=start,
            end=end,
            parts=joined(
                [
                    say(
                        "{correlation:.2f} at {km:g} km",
                        correlation=one.law.correlation(km, fit.cells),
                        km=km,
                    )
                    for km in distances_km
                ],
                ", ",
            ),
        )
        for (start, end), one, fit in zip(spans, answers, fits, strict=True)
    ]
    return say(
        "Shocks of one industry are correlated between areas: {spans}. Placebos and errors allow "
        "for it.",
        spans=joined(by_span),
    )


def _channels(
    panel: Panel, related: Mapping[str, Sequence[str]] | InputOutput | None
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Source, ...]]:
    """Names of the channels, and what to say of them; checks that codes are known."""
    if related is None:
        note = say("Related industries are those located alike, not an input–output table.")
        return (SAME, RELATED, VARIETY), (note,), ()
    if isinstance(related, InputOutput):
        missing = sorted(set(panel.industries) - set(related.industries))
        if missing:
            raise UnknownCodeError.among(
                "industry of the input–output table", missing, related.industries
            )
        return (SAME, SUPPLIERS, CUSTOMERS, VARIETY), related.notes, related.sources
    named = {other for others in related.values() for other in others}
    unknown = sorted(named - set(panel.industries))
    if unknown:
        raise UnknownCodeError.among("industry", unknown, panel.industries)
    return (SAME, RELATED, VARIETY), (), ()


def _links(
    panel: Panel, related: Mapping[str, Sequence[str]] | InputOutput | None, amount: Floats
) -> Floats:
    """Weights of the column's industry for the row's, ``(links, industries, industries)``."""
    if related is None:
        return located_alike(amount)[None]
    if isinstance(related, InputOutput):
        at = np.ix_(*[[related.industries.index(code) for code in panel.industries]] * 2)
        return np.stack([related.suppliers[at], related.customers[at]])
    return np.array(
        [
            [
                [
                    float(other in related.get(code, ()) and other != code)
                    for other in panel.industries
                ]
                for code in panel.industries
            ]
        ]
    )


def _birth_rate(before: Floats, panel: Panel, births: str, first: int, last: int) -> Floats:
    """Births over the span per plant at its start and year, ``(areas, industries)``."""
    if births not in panel.values:
        raise UnknownCodeError.among("variable", [births], panel.values)
    inside = [
        period
        for period, year in zip(panel.periods, panel.years, strict=True)
        if first < year <= last
    ]
    total = sum((amounts(panel, births, p)[0] for p in inside), np.zeros_like(before))
    rate: Floats = np.divide(
        total, before, out=np.full_like(before, np.nan), where=np.nan_to_num(before) > 0
    )
    return rate / (last - first)


def _growth(before: Floats, after: Floats, years: float) -> Floats:
    """Log growth per year, ``(areas, industries)``; ``nan`` where there is none at either end."""
    both = (np.nan_to_num(before) > 0) & (np.nan_to_num(after) > 0)
    ratio = np.divide(after, before, out=np.full_like(before, np.nan), where=both)
    growth: Floats = np.log(ratio) / years
    return growth


# ---- array functions ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Moments:
    """Products of the columns, from which any choice of them is fitted.

    Attributes
    ----------
    square
        Columns by columns, ``(K, K)``.
    columns
        Numbers of the columns of each channel at each range; the first is the mass itself, a
        second the mean over the area.
    always
        Columns that are in every choice.
    """

    square: Floats
    columns: tuple[Ints, ...]  # per channel (ranges, 1 or 2)
    always: Ints


@dataclass(frozen=True, eq=False, slots=True)
class _Fit:
    """One span of time, ready to be fitted."""

    areas: Ints  # positions in the panel of the areas of the cells (A,)
    cells: Cells
    outcome: Floats  # (cells,), less the means of industries
    in_rings: Floats  # masses in rings (C × R columns first), own size, means of areas
    rings: tuple[int, ...]  # C, R
    design: Floats  # (cells, K)
    moments: Moments

    def expected(self, columns: Ints, moment: Floats) -> Floats:
        """Outcome that the columns lead to expect, ``(cells,)``."""
        square = self.moments.square[np.ix_(columns, columns)]
        fitted: Floats = self.design[:, columns] @ np.linalg.solve(square, moment[columns])
        return fitted

    def taken_out(self, columns: Ints) -> Floats:
        """All that such a fit takes out of the outcome, means of industries included."""
        industry = np.unique(self.cells.industry, return_inverse=True)[1]
        used = self.design[:, columns]
        used = used[:, np.ptp(used, axis=0) >= NO_SPREAD]
        return np.column_stack([np.eye(int(industry.max()) + 1)[industry], used])


def shares_of_rows(amount: Floats) -> Floats:
    """Rows divided by their sums; rows of zeros stay."""
    total = amount.sum(axis=1, keepdims=True)
    share: Floats = np.divide(amount, total, out=np.zeros_like(amount), where=total > 0)
    return share


def ring_masses(amount: Floats, rings: Floats, links: Floats, over: Bools | None = None) -> Floats:
    """Standardised mass of each channel in each ring, ``(C, R, areas, industries)``.

    The first channel is the same industry, the last variety; between them one for each link.

    Parameters
    ----------
    amount
        Shape ``(areas, industries)``.
    rings
        Weight of an area for another: 1 in a ring, or falling with distance; 1 for the area
        itself where it counts; ``(R, areas, areas)``.
    links
        Weight of the column's industry for the row's, ``(links, industries, industries)``.
    over
        Areas whose mean becomes 0 and whose standard deviation 1, ``(areas,)``; all by default.
    """
    around = rings @ amount
    others = around - rings[:, np.arange(len(amount)), np.arange(len(amount))][:, :, None] * amount
    total = around.sum(axis=2, keepdims=True)
    share = np.divide(around, total, out=np.zeros_like(around), where=total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(share > 0, -share * np.log(share), 0).sum(axis=2, keepdims=True)
    channels = np.stack(
        [
            np.log1p(np.maximum(others, 0)),
            *(np.log1p(around @ weights.T) for weights in links),
            np.broadcast_to(entropy, around.shape),
        ]
    )
    sample = channels if over is None else channels[:, :, over]
    mean = sample.mean(axis=2, keepdims=True)
    spread = sample.std(axis=2, keepdims=True)
    standard: Floats = np.divide(
        channels - mean, spread, out=np.zeros_like(channels), where=spread > 1e-12
    )
    return standard


def located_alike(amount: Floats, threshold: float = 0.3) -> Floats:
    """1 for pairs of industries whose log shares go together over areas, 0 on the diagonal."""
    total = amount.sum(axis=1, keepdims=True)
    share = np.log1p(np.divide(amount, total, out=np.zeros_like(amount), where=total > 0) * 100)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(np.corrcoef(share.T))
    alike: Floats = (correlation > threshold).astype(float)
    np.fill_diagonal(alike, 0)
    return alike


def within(values: Floats, *groups: Ints) -> Floats:
    """Values less the means of their groups, one kind of group after the other until none is left.

    Parameters
    ----------
    values
        Shape ``(cells,)`` or ``(cells, columns)``.
    groups
        Number of the group of each cell, ``(cells,)``, for each kind.
    """
    if values.ndim > 1:
        columns: Floats = np.stack([within(column, *groups) for column in values.T], axis=1)
        return columns
    left = values.astype(float)
    size = max(float(np.abs(values).max()), 1e-300)
    counts = [np.maximum(np.bincount(group), 1) for group in groups]
    for _ in range(1_000):
        moved = 0.0
        for group, count in zip(groups, counts, strict=True):
            means = np.bincount(group, left) / count
            left = left - means[group]
            moved = max(moved, float(np.abs(means).max()))
        if len(groups) == 1 or moved < 1e-11 * size:
            break
    return left


def best_decay(moments: Moments, moment: Floats, halves_km: Floats) -> tuple[Ints, Floats, Floats]:
    """Range, strength and weight of evidence of each channel that together fit best.

    One channel at a time, from a short and from a long start, until none moves.

    Parameters
    ----------
    moment
        Products of the columns with one outcome or several, ``(draws, K)``.
    halves_km
        Half-distances that are tried.

    Returns
    -------
    tuple
        Number of the half-distance, strength, and strength over its error up to the same factor
        for all (the signed root of what it adds to the fit), each ``(draws, C)``.
    """
    square = moments.square
    count, channels = len(moment), len(moments.columns)
    row = np.arange(count)[:, None]
    best = np.full(count, -np.inf)
    kept = np.zeros((count, channels), dtype=np.int64)
    strength, evidence = np.zeros((count, channels)), np.zeros((count, channels))
    for start in (len(halves_km) // 4, 3 * len(halves_km) // 4):
        chosen = np.full((count, channels), start)
        moving = np.arange(count)
        for _ in range(20):
            before = chosen[moving].copy()
            for c in range(channels):
                chosen[moving, c] = _best_of(moments, moment[moving], chosen[moving], c)
            moving = moving[(chosen[moving] != before).any(axis=1)]
            if not len(moving):
                break
        picked = [columns[chosen[:, c]] for c, columns in enumerate(moments.columns)]
        always = np.broadcast_to(moments.always, (count, len(moments.always)))
        every = np.concatenate([*picked, always], axis=1)
        inverse = np.linalg.inv(square[every[:, :, None], every[:, None, :]])
        here = moment[row, every]
        beta = np.einsum("dij,dj->di", inverse, here)
        gain = (beta * here).sum(axis=1)
        first = np.cumsum([0, *(columns.shape[1] for columns in picked[:-1])])
        better = gain > best
        best[better], kept[better] = gain[better], chosen[better]
        strength[better] = beta[better][:, first]
        error = np.sqrt(np.maximum(inverse[:, first, first], 1e-300))
        evidence[better] = (beta[:, first] / error)[better]
    return kept, strength, evidence


def _best_of(moments: Moments, moment: Floats, chosen: Ints, c: int) -> Ints:
    """Range of one channel that fits best beside the others as chosen, ``(draws,)``."""
    square, own = moments.square, moments.columns[c]
    others = [columns[chosen[:, k]] for k, columns in enumerate(moments.columns) if k != c]
    always = np.broadcast_to(moments.always, (len(moment), len(moments.always)))
    fixed = np.concatenate([always, *others], axis=1)  # (draws, f)
    tried = own.ravel()
    inner = square[fixed[:, :, None], fixed[:, None, :]]
    across = square[fixed[:, :, None], tried[None, None, :]]  # (draws, f, tried)
    held = np.take_along_axis(moment, fixed, axis=1)
    solved = np.linalg.solve(inner, np.concatenate([across, held[:, :, None]], axis=2))
    left = moment[:, tried] - np.einsum("dft,df->dt", across, solved[:, :, -1])
    shape = (len(moment), *own.shape)
    left = left.reshape(shape)
    taken = np.einsum(
        "dfhi,dfhj->dhij",
        across.reshape(len(moment), -1, *own.shape),
        solved[:, :, :-1].reshape(len(moment), -1, *own.shape),
    )
    rest = square[own[:, :, None], own[:, None, :]] - taken
    # a column that the others explain leaves nothing to divide by
    floor = 1e-9 * np.diagonal(square)[own]
    rest = rest + floor[None, :, :, None] * np.eye(own.shape[1])
    gain = (np.linalg.solve(rest, left[..., None])[..., 0] * left).sum(axis=2)
    best: Ints = gain.argmax(axis=1)
    return best


def _fit(
    rate: Floats,
    amount: Floats,
    distance_km: Floats,
    rings: Floats,
    halves_km: Floats,
    links: Floats,
    used: Bools,
    area_effects: bool,
) -> _Fit:
    """Regress the outcome of the used cells on masses in rings, and prepare the fit of decays."""
    place, industry = np.nonzero(used)
    outcome = within(rate[place, industry], industry)
    own = np.log(amount[place, industry])[:, None]
    areas, area = np.unique(place, return_inverse=True)
    cells = Cells(area, industry, distance_km[np.ix_(areas, areas)], amount[place, industry])

    def parts(columns: Floats, varies: bool = True) -> tuple[Floats, Floats]:
        """What is compared, and the means of areas that are held, both ``(cells, k)``."""
        whole = within(columns, industry)
        inside = within(columns, industry, area) if area_effects and varies else whole
        inside = np.where(np.ptp(inside, axis=0) < NO_SPREAD, 0.0, inside)
        return inside, whole - inside if area_effects and varies else whole[:, :0]

    own_parts = parts(own)
    over: Bools = np.asarray(used.any(axis=1))
    masses = ring_masses(amount, rings, links, over)[:, :, place, industry]  # (C, R, cells)
    shape = masses.shape[:2]
    by_ring = [parts(mass.T, varies=c < shape[0] - 1) for c, mass in enumerate(masses)]
    in_rings = np.column_stack(
        [inside for inside, _ in by_ring] + list(own_parts) + [means for _, means in by_ring]
    )
    faded = np.empty((shape[0], len(halves_km), len(area)))
    for k, half in enumerate(halves_km):
        weight = np.exp2(-distance_km / half)[None]
        faded[:, k] = ring_masses(amount, weight, links, over)[:, 0, place, industry]
    columns, numbers, at = [*own_parts], [], sum(part.shape[1] for part in own_parts)
    always = np.arange(at)
    for c, mass in enumerate(faded):
        inside, means = parts(mass.T, varies=c < shape[0] - 1)
        count = len(halves_km)
        kinds = [block for block in (inside, means) if block.shape[1]]
        columns += kinds
        numbers.append(
            np.stack([at + k * count + np.arange(count) for k in range(len(kinds))], axis=1)
        )
        at += count * len(kinds)
    design = np.column_stack(columns)
    square = design.T @ design
    # equal columns, or one of zeros, leave it invertible
    size = np.diag(square)
    square = square + np.diag(np.where(size > 0, 1e-9 * size, 1.0))
    return _Fit(
        areas=areas,
        cells=cells,
        outcome=outcome,
        in_rings=in_rings,
        rings=shape,
        design=design,
        moments=Moments(square, tuple(numbers), always),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Answer:
    """The estimates of one span of time."""

    law: ShockLaw
    coefficient: Floats  # of the rings (C, R)
    standard_error: Floats
    half_km: Floats  # best fit (C,)
    strength: Floats  # (C,)
    p: Floats  # (C,)
    drawn_km: Floats  # (replicates, C), nan where the strength is not above 0


def _examined(
    fits: Sequence[_Fit], halves_km: Floats, replicates: int, rng: np.random.Generator
) -> list[_Answer]:
    """Find ranges and what chance gives; shocks of two spans are correlated as found."""
    places = np.unique(np.concatenate([fit.areas for fit in fits]))
    industries = 1 + max(int(fit.cells.industry.max()) for fit in fits)
    answers: list[_Answer] = []
    normals: Normals | None = None
    residual = np.zeros(0)
    for k, fit in enumerate(fits):
        moment = fit.design.T @ fit.outcome
        chosen, strength, evidence = (
            one[0] for one in best_decay(fit.moments, moment[None], halves_km)
        )
        picked = [columns[j] for columns, j in zip(fit.moments.columns, chosen, strict=True)]
        every = np.concatenate([*picked, fit.moments.always])
        earlier, residual = residual, fit.outcome - fit.expected(every, moment)
        law = fitted_law(residual, fit.taken_out(every), fit.cells, rng)
        again = Normals.drawn(len(places), industries, replicates, rng)
        if normals is not None:
            again = normals.followed_by(again, _alike(fits[k - 1], earlier, fit, residual))
        normals = again
        shocks = drawn_shocks(law, fit.cells, normals.of(np.searchsorted(places, fit.areas)))
        noise = shocks.T @ fit.design  # (replicates, K)
        redrawn, above, _ = best_decay(
            fit.moments, fit.expected(every, moment) @ fit.design + noise, halves_km
        )
        p = np.ones(len(picked))
        for c, columns in enumerate(fit.moments.columns):
            without = fit.expected(every[~np.isin(every, columns)], moment)
            placebo = best_decay(fit.moments, without @ fit.design + noise, halves_km)[2][:, c]
            p[c] = (1 + int((placebo >= evidence[c]).sum())) / (replicates + 1)
        answers.append(
            _Answer(
                law,
                *_ring_estimates(fit, law),
                half_km=halves_km[chosen],
                strength=strength,
                p=p,
                drawn_km=np.where(above > 0, halves_km[redrawn], np.nan),
            )
        )
    return answers


def _alike(first: _Fit, residual: Floats, second: _Fit, later: Floats) -> float:
    """Correlation of the shocks of the cells that are in both spans."""
    width = 1 + max(int(fit.cells.industry.max()) for fit in (first, second))
    keys = [fit.areas[fit.cells.area] * width + fit.cells.industry for fit in (first, second)]
    _, one, two = np.intersect1d(keys[0], keys[1], return_indices=True)
    if len(one) < 3:
        return 0.0
    return float(np.nan_to_num(np.corrcoef(residual[one], later[two])[0, 1]))


def _ring_estimates(fit: _Fit, law: ShockLaw) -> tuple[Floats, Floats]:
    """Coefficients of the rings and their errors under the law of shocks, ``(C, R)``."""
    weights: Floats = np.linalg.pinv(fit.in_rings).T.astype(float)
    variance = np.diag(estimate_covariance(law, weights, fit.cells))
    unseen = np.ptp(fit.in_rings, axis=0) < NO_SPREAD
    coefficient, error = (
        np.where(unseen, np.nan, values)[: fit.rings[0] * fit.rings[1]].reshape(fit.rings)
        for values in (weights.T @ fit.outcome, np.sqrt(np.maximum(variance, 0)))
    )
    return coefficient, error


def _quantile(sample: Floats, q: float) -> Floats:
    """Quantile over replicates; those without a decay are left out, all-missing stays missing."""
    return np.array(
        [
            np.quantile(column[np.isfinite(column)], q) if np.isfinite(column).any() else np.nan
            for column in sample.T
        ]
    )


def _share_above_0(sample: Floats) -> Floats:
    known = np.isfinite(sample)
    share: Floats = np.divide(
        ((sample > 0) & known).sum(axis=0),
        known.sum(axis=0),
        out=np.full(sample.shape[1], np.nan),
        where=known.any(axis=0),
    )
    return share
