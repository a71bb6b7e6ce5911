"""How has the area developed beside the nation, its prefecture and its peers?

Index of each series in percent of its first known year, for the area, the nation (all areas of the
division), the areas of the same prefecture, and the peers. Where the statistics change their
definition (``datasets.present.breaks``) a series is told in pieces, each an index of its own:
across a break nothing is compared.

The change of an area over a piece is split exactly into what its industries contributed
(percentage points)::

    E_T / E_0 − 1 = Σ_i (e_iT − e_i0) / E_0

Takes: a base and the peers. Gives: ``Trend``.
Sources: those of the series.
Limits: the nation is the sum of the areas of the division; nominal yen; unknown years are gaps.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.datasets.present import breaks
from shuseki.language import Message, say, word
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.panel import Panel
from shuseki.profile.base import Base
from shuseki.results import Result, result

__all__ = ["Trend", "trend_of"]

SERIES = ("plants_4_plus", "employees_4_plus", "shipments_yen", "plants_all_sizes",
          "employees_all_sizes", "population", "taxable_income_yen")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Piece:
    """A series between two breaks: years and index of each reference, first year = 100."""

    variable: str
    years: tuple[int, ...]
    value: Floats
    index: Floats


@result
class Trend(Result):
    """Series of one area and of what it is compared with.

    Attributes
    ----------
    references
        ``"area"``, ``"nation"``, ``"prefecture"``, ``"peers"``: those that are known.
    pieces
        Each with ``value`` and ``index`` of shape ``(references, years)``.
    breaks
        Variable, from, to and why.
    contributions
        Industry → percentage points of the growth of employees, 2002–2012.
    growth
        Growth of employees of the published industries over that span, share.
    """

    area: str
    area_name: Message
    references: tuple[str, ...]
    pieces: tuple[Piece, ...]
    breaks: tuple[tuple[str, str, str, Message], ...]
    contributions: tuple[tuple[Message, float], ...]
    growth: float

    def headline(self) -> Message:
        """Say the change of workers beside the nation's."""
        for name in ("employees_4_plus", "employment"):
            for piece in self.pieces:
                if piece.variable == name and len(piece.years) > 1 and len(piece.index) > 1:
                    return say(
                        "{area}: {variable} {own:+.0%} from {first} to {last}, nation "
                        "{nation:+.0%}",
                        area=self.area_name,
                        variable=word(name),
                        own=piece.index[0, -1] / 100 - 1,
                        first=str(piece.years[0]),
                        last=str(piece.years[-1]),
                        nation=piece.index[1, -1] / 100 - 1,
                    )
        return say("{area}: no series of two years", area=self.area_name)

    def to_frame(self) -> pd.DataFrame:
        """One row per series, reference and year."""
        rows = [
            {
                "series": word(piece.variable),
                "of": word(reference),
                "year": year,
                "value": piece.value[k, t],
                "index": piece.index[k, t],
                "base_year": piece.years[0],
            }
            for piece in self.pieces
            for k, reference in enumerate(self.references)
            for t, year in enumerate(piece.years)
        ]
        return in_both(rows, ["series", "of", "year", "value", "index", "base_year"])

    def contributions_frame(self) -> pd.DataFrame:
        """One row per industry."""
        return in_both(
            (
                {"industry": name, "contribution_percentage_points": points}
                for name, points in self.contributions
            ),
            ["industry", "contribution_percentage_points"],
        )


# ---- public verb -------------------------------------------------------------------------------


def trend_of(base: Base, area: str, peers: tuple[str, ...] = ()) -> Trend:
    """Follow one area beside the nation, its prefecture and its peers."""
    row = base.position(area)
    names = TwoNames(base.names("en")[row], base.names("ja")[row])
    panel = base.history
    if panel is None:
        return Trend(
            area=area, area_name=names, references=("area",), pieces=(), breaks=(),
            contributions=(), growth=np.nan, notes=base.notes, sources=base.sources,
        )  # fmt: skip
    groups = {"area": np.array([row]), "nation": np.arange(len(base.codes))}
    parents = base.division.parents
    if parents[row]:
        groups["prefecture"] = np.array([k for k, p in enumerate(parents) if p == parents[row]])
    if peers:
        groups["peers"] = np.array([base.position(code) for code in peers])
    table = breaks().to_dict("records") if base.has_statistics else []
    pieces: list[Piece] = []
    found: list[tuple[str, str, str, Message]] = []
    variables = SERIES if base.has_statistics else tuple(panel.values)
    for name in variables:
        if name not in panel.values:
            continue
        ends: set[str] = set()
        odd: set[str] = set()
        for one in table:
            if one["variable"] == name:
                start, end = one["from_period"], one["to_period"]
                (odd if start == end else ends).add(start)
                found.append((name, start, end, TwoNames(one["why_en"], one["why_ja"])))
        pieces += pieces_of(panel, name, tuple(groups.values()), ends, odd)
    contributions, growth = contributions_of(base, row)
    return Trend(
        area=area,
        area_name=names,
        references=tuple(groups),
        pieces=tuple(pieces),
        breaks=tuple(found),
        contributions=contributions,
        growth=growth,
        notes=(say("Across a break of definition nothing is compared."),),
        sources=panel.sources,
    )


def pieces_of(
    panel: Panel,
    name: str,
    groups: tuple[np.ndarray, ...],
    ends: set[str],
    odd: set[str],
) -> list[Piece]:
    """Cut one series after the periods where it breaks, and index every piece on its first year.

    Odd periods, whose definition is that of no other, are left out. The nation, prefecture and
    peers are sums of the areas known in every year of the piece.
    """
    amount = np.nansum(panel.values[name], axis=1)
    amount = np.where(np.isnan(panel.values[name]).all(axis=1), np.nan, amount)
    years = np.array(panel.years)
    own = amount[groups[0][0]]
    cuts, start = [], 0
    for t, period in enumerate(panel.periods):
        if period in ends:
            cuts.append((start, t + 1))
            start = t + 1
    cuts.append((start, len(years)))
    out = []
    for first, last in cuts:
        kept = [t for t in range(first, last) if np.isfinite(own[t]) and own[t] > 0
                and panel.periods[t] not in odd]  # fmt: skip
        if not kept:
            continue
        part = amount[:, kept]
        whole: Bools = np.asarray(np.isfinite(part).all(axis=1))
        value = np.stack(
            [part[group[whole[group] | (group == groups[0][0])]].sum(axis=0) for group in groups]
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            index = 100 * value / value[:, :1]
        out.append(Piece(name, tuple(int(y) for y in years[kept]), value, index))
    return out


def contributions_of(base: Base, row: int) -> tuple[tuple[tuple[Message, float], ...], float]:
    """What each industry contributed to the growth of employees, percentage points."""
    if base.early_groups is not None and base.late_groups is not None:
        late = base.late_groups
        names = [TwoNames(en, ja) for en, ja in zip(late.names_en, late.names_ja, strict=True)]
        before, after = base.early_groups.employment[row], late.employment[row]
    elif base.history is not None and len(base.history.periods) > 1:
        panel = base.history
        names = [TwoNames(n, n) for n in (panel.industry_names or panel.industries)]
        before = panel.cross_section("employment", panel.periods[0])[row]
        after = panel.cross_section("employment", panel.periods[-1])[row]
    else:
        return (), float("nan")
    before, after = np.nan_to_num(before), np.nan_to_num(after)
    if before.sum() <= 0:
        return (), float("nan")
    points = 100 * (after - before) / before.sum()
    order = np.argsort(points)
    parts = tuple((names[k], float(points[k])) for k in order)
    return parts, float(after.sum() / before.sum() - 1)
