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
channel until none moves); its range is the distance at which a plant counts half, ``ρ ln 2``, with
a bootstrap interval over areas. A channel counts as found where b is above 0 in at least
``(1 + level) / 2`` of the samples.
Beside it stand the coefficients of the same masses in rings, free of any form of decay; they are
of one standard deviation of a ring, and a far ring holds more plants than a near one.

Areas grow and decline for reasons of their own, which all their industries share. With
``area_effects`` (the default) the same industry, suppliers and customers are compared between the
industries of one area; variety, the same for all of them, between areas, their mean masses and
sizes held (Mundlak's device: the estimates of the others are those of area dummies).

Takes a panel with centres and two periods or more, and an input–output table (``input_output``; the
bundled one is ``datasets.public.input_output_shares``); without one, "related industries" are those
the caller names, or those located alike, in the place of suppliers and customers. Gives
half-distances in km and their change between two spans of time, and coefficients by channel and
ring with HC1 standard errors clustered by area.
Sources: section 2.1 of the 2012 paper; Rosenthal and Strange (2003), Review of Economics and
Statistics 85, pp. 377–393; shares of suppliers and customers as in Ellison, Glaeser and Kerr
(2010), American Economic Review 100, pp. 1195–1213.
Checked against: panels with a decay that was put in, in one channel at a time, and with none;
masses by hand; statsmodels (clustered OLS, area dummies).
Limits: association, not cause. Rings shorter than the spacing of areas see nothing; a half-distance
inside the first ring, or at the last, is not measured, only said to be there. Suppliers and
customers lie near one another: their masses go together, so that one may take the other's place.
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
from shuseki.measures.words import in_japanese
from shuseki.panel import Panel
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = ["CHANNELS_JA", "ExternalityRange", "InputOutput", "externality_range", "input_output"]

SAME, RELATED, SUPPLIERS, CUSTOMERS, VARIETY = (
    "same industry",
    "related industries",
    "suppliers",
    "customers",
    "variety",
)
CHANNELS_JA = {
    SAME: "同一業種（規模の経済）",
    RELATED: "関連業種（近接の利益）",
    SUPPLIERS: "仕入先業種（近接の利益）",
    CUSTOMERS: "販売先業種（近接の利益）",
    VARIETY: "多様性（範囲の経済）",
}

Outcome = Literal["growth", "births"]

ROSENTHAL_STRANGE = Source(
    "RosenthalStrange2003",
    "Rosenthal, S. S. and Strange, W. C., Geography, Industrial Organization, and Agglomeration, "
    "Review of Economics and Statistics 85",
    "2003",
)
SHORTEST_KM, TRIED = 2.0, 25
"""Half-distances from this to the last ring are tried, in steps of equal ratio."""
DRAWN_AT_ONCE = 25
NO_SPREAD = 1e-9
"""A column whose values differ by less is the same everywhere and says nothing."""


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

    def headline(self) -> str:
        """Say how much the largest partner has."""
        return (
            f"Dealings among {len(self.industries)} industries: the largest supplier of an "
            f"industry has {self.suppliers.max(axis=1).mean():.0%} of what it buys from the "
            f"others, the largest customer {self.customers.max(axis=1).mean():.0%} of what it "
            "sells to them (means)."
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
            f"Flows have sellers {examples(codes)} and buyers {examples(flows.columns)}. "
            "Expected the same industries, each once, on both sides. Complete the table."
        )
    amount = flows.set_axis([str(code) for code in flows.columns], axis=1)[list(codes)]
    cells = amount.to_numpy(dtype=float).copy()
    wrong = ~(np.isfinite(cells) & (cells >= 0))
    if wrong.any():
        pairs = [f"{codes[i]} to {codes[j]}" for i, j in np.argwhere(wrong)]
        raise DataError(
            f"Flows missing or negative: {examples(pairs)} ({len(pairs)} of {cells.size}). "
            "Expected amounts of 0 or more. Correct them, or put 0."
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
        Names, ``C``; ``CHANNELS_JA`` has them in Japanese.
    spans
        First and last period of each span.
    rings_km
        Edges of the rings, ``R + 1``.
    coefficient, standard_error
        Outcome per year that goes with one standard deviation, shape ``(P, C, R)``.
    half_distance_km, lower_km, upper_km
        Where a plant counts half, shape ``(P, C)``; ``nan`` where none was found.
    strength
        Outcome per year that goes with one standard deviation of the mass at that range,
        shape ``(P, C)``; the best fit also where it is not above 0.
    positive_share
        Share of bootstrap samples in which the strength is above 0, shape ``(P, C)``.
    widening
        Share of bootstrap samples in which the last span reaches further than the first, ``(C,)``;
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
    positive_share: Floats
    widening: Floats
    widening_km: Floats
    widening_lower_km: Floats
    widening_upper_km: Floats
    area_effects: bool
    observations: tuple[int, ...]
    level: float

    def headline(self, lang: str = "en") -> str:
        """Say the range of each channel in the last span, and what changed."""
        if lang == "ja":
            return self._headline_ja()
        start, end = self.spans[-1]
        parts = [
            f"{name} {_distance(half, low, high, self.rings_km)}"
            for name, half, low, high in zip(
                self.channels,
                self.half_distance_km[-1],
                self.lower_km[-1],
                self.upper_km[-1],
                strict=True,
            )
        ]
        what = f"growth of {self.variable}" if self.outcome == "growth" else "births"
        changes = [
            f"{name} {change:+.0f} km ({low:+.0f} to {high:+.0f})"
            for name, change, low, high in zip(
                self.channels,
                self.widening_km,
                self.widening_lower_km,
                self.widening_upper_km,
                strict=True,
            )
            if np.isfinite(change)
        ]
        since = f" Change since {'–'.join(self.spans[0])}: {', '.join(changes)}." if changes else ""
        return (
            f"Distance at which plants around go half as much with {what}, "
            f"{start}–{end}: {', '.join(parts)} ({self.level:.0%} intervals, "
            f"n = {self.observations[-1]:,}).{since}"
        )

    def _headline_ja(self) -> str:
        start, end = self.spans[-1]
        far = float(self.rings_km[-1])
        parts = []
        for name, half, low, high in zip(
            self.channels,
            self.half_distance_km[-1],
            self.lower_km[-1],
            self.upper_km[-1],
            strict=True,
        ):
            top = f"{high:.0f}" if high < far else f"{far:g}以上"
            reach = f"{half:.0f} km（{low:.0f}–{top}）" if np.isfinite(half) else "見られず"
            parts.append(f"{CHANNELS_JA.get(name, name)}{reach}")
        what = f"{in_japanese(self.variable)}の成長" if self.outcome == "growth" else "開業"
        return (
            f"周囲の事業所と{what}との関係が半減する距離（{start}–{end}年）：{'、'.join(parts)}"
            f"（{self.level:.0%}区間、n = {self.observations[-1]:,}）。"
        )

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
                "positive_share": self.positive_share[p, c],
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
        return frame[["channel", "span", "strength_per_year", "positive_share", *half]].sort_values(
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
    replicates: int = 200,
    level: float = 0.9,
    seed: int = 2003,
) -> ExternalityRange:
    """Estimate how growth or births go with mass at each distance, by channel and span of time.

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
        Whose growth is explained; all by default. The others lend mass all the same.
    area_effects
        Compare the industries of one area, so that what they all share says nothing; variety is
        then compared between areas. Otherwise cells are compared over areas and industries.
    smallest
        Cells below this at the start of the span are left out: their growth is noise.
    replicates, level, seed
        Of the bootstrap over areas.
    """
    if panel.centres is None:
        raise DataError("The panel has no centres. Rings need them. Give centres=…")
    if outcome not in get_args(Outcome):
        raise ParameterError(f"outcome is {outcome!r}. Expected 'growth' or 'births'.")
    edges = np.asarray(rings_km, dtype=float)
    if len(edges) < 3 or (np.diff(edges) <= 0).any() or edges[0] != 0:
        raise ParameterError(
            f"rings_km are {list(rings_km)}. Expected increasing edges from 0, two rings or more."
        )
    wanted = tuple(spans) if spans is not None else ((panel.periods[0], panel.periods[-1]),)
    backward = [span for span in wanted if float(span[1]) <= float(span[0])]
    if backward:
        raise ParameterError(f"Spans that end before they start: {examples(backward)}.")
    names, notes, sources = _channels(panel, related)
    notes = (
        "Industries are compared within areas, variety between areas."
        if area_effects
        else "Areas differ in more than what is around: industries are not compared within areas.",
        *notes,
    )
    explained = np.ones(len(panel.areas), dtype=bool)
    if areas is not None:
        explained[:] = False
        explained[[panel.position("area", code) for code in areas]] = True
        notes = (f"Growth of {explained.sum():,} areas; all {explained.size:,} lend mass.", *notes)
    distance = distance_matrix_km(panel.centres)
    rings = np.stack([(distance >= a) & (distance < b) for a, b in pairwise(edges)]).astype(float)
    halves_km = np.geomspace(SHORTEST_KM, edges[-1], TRIED)
    half_step = (halves_km[1] / halves_km[0]) ** 0.5
    fits = []
    for start, end in wanted:
        before = panel.variable(variable, start)
        rate = (
            _growth(before, panel.variable(variable, end), float(end) - float(start))
            if outcome == "growth"
            else _birth_rate(before, panel, births, start, end)
        )
        amount = np.nan_to_num(before)
        used = (amount >= smallest) & np.isfinite(rate) & explained[:, None]
        count = len(names) * len(rings)
        if used.sum() <= 2 * count:
            raise DataError(
                f"{used.sum()} cells of {smallest:g} or more {variable} in {start}. The estimate "
                f"needs more than {2 * count}. Lower smallest=…, or use finer areas."
            )
        links = _links(panel, related, amount)
        fits.append(_fit(rate, amount, distance, rings, halves_km, links, used, area_effects))
    found = []
    for fit in fits:
        square, moment = drawn_moments(fit.moments, np.ones((1, len(panel.areas))))
        found.append(best_decay(fit.moments, square[0], moment[0], halves_km))
    half = np.array([km for km, _ in found])
    drawn = _bootstrap(fits, halves_km, len(panel.areas), replicates, np.random.default_rng(seed))
    positive_share = np.isfinite(drawn).mean(axis=1)
    half = np.where(positive_share >= (1 + level) / 2, half, np.nan)
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
        coefficient=np.array([fit.coefficient for fit in fits]),
        standard_error=np.array([fit.standard_error for fit in fits]),
        half_distance_km=half,
        lower_km=np.where(np.isfinite(half), lower / half_step, np.nan),
        upper_km=np.where(np.isfinite(half), upper * half_step, np.nan),
        strength=np.array([strength for _, strength in found]),
        positive_share=positive_share,
        widening=np.where(changed, _share_above_0(changes), np.nan),
        widening_km=change,
        widening_lower_km=np.where(changed, _quantile(changes, tails[0]), np.nan),
        widening_upper_km=np.where(changed, _quantile(changes, tails[1]), np.nan),
        area_effects=area_effects,
        observations=tuple(fit.cells for fit in fits),
        level=level,
        notes=(
            "Association, not cause.",
            f"Half-distances of {SHORTEST_KM:g} to {edges[-1]:g} km are tried.",
            *notes,
            *panel.notes,
        ),
        sources=(
            *panel.sources,
            *sources,
            AGGLOMERATION_2012.at("section 2.1"),
            ROSENTHAL_STRANGE,
        ),
    )


def _channels(
    panel: Panel, related: Mapping[str, Sequence[str]] | InputOutput | None
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Source, ...]]:
    """Names of the channels, and what to say of them; checks that codes are known."""
    if related is None:
        note = "Related industries are those located alike, not an input–output table."
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


def _birth_rate(before: Floats, panel: Panel, births: str, start: str, end: str) -> Floats:
    """Births over the span per plant at its start and year, ``(areas, industries)``."""
    if births not in panel.values:
        raise UnknownCodeError.among("variable", [births], panel.values)
    inside = [p for p in panel.periods if float(start) < float(p) <= float(end)]
    total = sum((panel.variable(births, p) for p in inside), np.zeros_like(before))
    rate: Floats = np.divide(
        total, before, out=np.full_like(before, np.nan), where=np.nan_to_num(before) > 0
    )
    return rate / (float(end) - float(start))


def _growth(before: Floats, after: Floats, years: float) -> Floats:
    """Log growth per year, ``(areas, industries)``; ``nan`` where there is none at either end."""
    both = (np.nan_to_num(before) > 0) & (np.nan_to_num(after) > 0)
    ratio = np.divide(after, before, out=np.full_like(before, np.nan), where=both)
    growth: Floats = np.log(ratio) / years
    return growth


def _distance(half: float, low: float, high: float, rings_km: Floats) -> str:
    """Say a half-distance with its interval, and no more than the rings can see."""
    first, last = float(rings_km[1]), float(rings_km[-1])
    if not np.isfinite(half):
        return "none found"
    top = f"{high:.0f}" if high < last else f"{last:g} or more"
    if half >= 0.99 * last:
        return f"{last:g} km or more (from {low:.0f})"
    if half < first / 2:
        return f"within {first:g} km" + (f" (to {top})" if high > first else "")
    return f"{half:.0f} km ({low:.0f}–{top})"


# ---- array functions ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Moments:
    """Products of the columns and the outcome, area by area, from which any choice is fitted.

    Attributes
    ----------
    areas
        Numbers of the areas, ``(A,)``.
    square, moment
        Columns by columns ``(A, K, K)``, and columns by outcome ``(A, K)``.
    columns
        Numbers of the columns of each channel at each range; the first is the mass itself, a
        second the mean over the area.
    always
        Columns that are in every choice.
    """

    areas: Ints
    square: Floats
    moment: Floats
    columns: tuple[Ints, ...]  # per channel (ranges, 1 or 2)
    always: Ints


@dataclass(frozen=True, eq=False, slots=True)
class _Fit:
    cells: int
    coefficient: Floats  # (C, R)
    standard_error: Floats
    moments: Moments


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


def clustered_ols(growth: Floats, design: Floats, cluster: Ints) -> tuple[Floats, Floats]:
    """Least squares with standard errors clustered (small-sample factor of statsmodels)."""
    inverse = np.linalg.pinv(design.T @ design)
    coefficient = inverse @ (design.T @ growth)
    residual = growth - design @ coefficient
    scores = np.stack(
        [np.bincount(cluster, design[:, k] * residual) for k in range(design.shape[1])], axis=1
    )
    groups = len(np.unique(cluster))
    n, k = design.shape
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    variance = factor * inverse @ (scores.T @ scores) @ inverse
    return coefficient, np.sqrt(np.maximum(np.diag(variance), 0))


def drawn_moments(moments: Moments, weights: Floats) -> tuple[Floats, Floats]:
    """Add the areas up, as often as each is drawn: ``(draws, K, K)`` and ``(draws, K)``.

    Parameters
    ----------
    weights
        How often each area is drawn, ``(draws, areas)``.
    """
    here = weights[:, moments.areas]
    return np.tensordot(here, moments.square, 1), here @ moments.moment


def best_decay(
    moments: Moments, square: Floats, moment: Floats, halves_km: Floats
) -> tuple[Floats, Floats]:
    """Half-distance and strength of each channel that together fit best, ``(C,)`` and ``(C,)``.

    One channel at a time, from a short and from a long start, until none moves; ``nan`` km where
    the strength is not above 0.

    Parameters
    ----------
    square, moment
        Products of the columns, all areas together, ``(K, K)`` and ``(K,)``.
    halves_km
        Half-distances that are tried.
    """
    size = np.maximum(np.diag(square), 1e-300)
    square = square + np.diag(1e-9 * size)  # a column of zeros, or two alike, does no harm
    best: tuple[float, list[int], Floats] | None = None
    for start in (len(halves_km) // 4, 3 * len(halves_km) // 4):
        chosen = [start] * len(moments.columns)
        for _ in range(20):
            before = list(chosen)
            for c, own in enumerate(moments.columns):
                others = [moments.columns[k][chosen[k]] for k in range(len(chosen)) if k != c]
                fixed = np.concatenate([moments.always, *others])
                tried = np.hstack([own, np.tile(fixed, (len(own), 1))])
                beta = np.linalg.solve(
                    square[tried[:, :, None], tried[:, None, :]], moment[tried][:, :, None]
                )[:, :, 0]
                chosen[c] = int((beta * moment[tried]).sum(axis=1).argmax())
            if chosen == before:
                break
        picked = [columns[k] for columns, k in zip(moments.columns, chosen, strict=True)]
        every = np.concatenate([*picked, moments.always])
        beta = np.linalg.solve(square[np.ix_(every, every)], moment[every])
        gain = float(beta @ moment[every])
        if best is None or gain > best[0]:
            first = np.cumsum([0, *(len(columns) for columns in picked[:-1])])
            best = (gain, list(chosen), beta[first])
    assert best is not None
    _, chosen, strength = best
    return np.where(strength > 0, halves_km[chosen], np.nan), strength


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
    area, industry = np.nonzero(used)
    outcome = within(rate[area, industry], industry)
    own = np.log(amount[area, industry])[:, None]

    def parts(columns: Floats, varies: bool = True) -> tuple[Floats, Floats]:
        """What is compared, and the means of areas that are held, both ``(cells, k)``."""
        whole = within(columns, industry)
        inside = within(columns, industry, area) if area_effects and varies else whole
        inside = np.where(np.ptp(inside, axis=0) < NO_SPREAD, 0.0, inside)
        return inside, whole - inside if area_effects and varies else whole[:, :0]

    own_parts = parts(own)
    over: Bools = np.asarray(used.any(axis=1))
    masses = ring_masses(amount, rings, links, over)[:, :, area, industry]  # (C, R, cells)
    shape = masses.shape[:2]
    by_ring = [parts(mass.T, varies=c < shape[0] - 1) for c, mass in enumerate(masses)]
    design = np.column_stack(
        [inside for inside, _ in by_ring] + list(own_parts) + [means for _, means in by_ring]
    )
    coefficient, error = clustered_ols(outcome, design, area)
    unseen = np.ptp(design, axis=0) < NO_SPREAD
    coefficient, error = (
        np.where(unseen, np.nan, values)[: shape[0] * shape[1]].reshape(shape)
        for values in (coefficient, error)
    )
    faded = np.empty((shape[0], len(halves_km), len(area)))
    for k, half in enumerate(halves_km):
        weight = np.exp2(-distance_km / half)[None]
        faded[:, k] = ring_masses(amount, weight, links, over)[:, 0, area, industry]
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
    return _Fit(
        cells=len(area),
        coefficient=coefficient,
        standard_error=error,
        moments=_moments(np.column_stack(columns), outcome, area, numbers, always),
    )


def _moments(
    design: Floats, outcome: Floats, area: Ints, numbers: list[Ints], always: Ints
) -> Moments:
    """Products of columns and outcome, area by area."""
    areas = np.unique(area)
    width = design.shape[1]
    square, moment = np.empty((len(areas), width, width)), np.empty((len(areas), width))
    for k, code in enumerate(areas):
        rows = design[area == code]
        square[k] = rows.T @ rows
        moment[k] = rows.T @ outcome[area == code]
    return Moments(areas, square, moment, tuple(numbers), always)


def _bootstrap(
    fits: Sequence[_Fit],
    halves_km: Floats,
    areas: int,
    replicates: int,
    rng: np.random.Generator,
) -> Floats:
    """Half-distances when areas are drawn again, the same for all fits, ``(P, replicates, C)``."""
    present = np.unique(np.concatenate([fit.moments.areas for fit in fits]))
    halves = np.empty((len(fits), replicates, len(fits[0].moments.columns)))
    weights = np.stack(
        [np.bincount(rng.choice(present, len(present)), minlength=areas) for _ in range(replicates)]
    ).astype(float)
    for p, fit in enumerate(fits):
        for first in range(0, replicates, DRAWN_AT_ONCE):
            part = slice(first, first + DRAWN_AT_ONCE)
            halves[p, part] = [
                best_decay(fit.moments, square, moment, halves_km)[0]
                for square, moment in zip(*drawn_moments(fit.moments, weights[part]), strict=True)
            ]
    return halves


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
