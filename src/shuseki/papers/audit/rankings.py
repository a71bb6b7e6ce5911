"""Do ranks, rates and counts of a ranking agree?

A rate is a count over a denominator. So each row of a ranking implies a denominator, and an area
that stands in the rankings of several outcomes must imply the same one. Where one outcome is the
sum of others, counts and rates of an area add. Rates descend with rank; an area that the other
rankings imply a high rate for must itself be ranked.

All of this is arithmetic on the print. One rule needs more: given the true denominators from
elsewhere (official statistics), the ratio of implied to true must be alike for all areas.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import DataError
from shuseki.language import listed, say
from shuseki.papers.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Reading,
    Readings,
    distance,
    overlap,
)

__all__ = ["constraints", "implied_denominators", "odd_denominators"]

PER = 10_000.0
"""Rates are per this many; the rules hold for any unit, the messages use this one."""


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything a set of rankings must satisfy."""
    table = page.paper.table("ranking")
    if table.empty:
        return
    places = {
        (str(row["outcome"]), str(row["area"])): str(row["rank"])
        for row in table.to_dict("records")
    }
    outcomes = list(dict.fromkeys(table["outcome"]))
    for outcome in outcomes:
        rows = page.ranked(outcome)
        for (upper, one), (lower, other) in pairwise(rows):
            yield _descending(outcome, upper, lower, one, other)
    for area in dict.fromkeys(table["area"]):
        inside = [outcome for outcome in outcomes if (outcome, area) in places]
        for i, one in enumerate(inside):
            for other in inside[i + 1 :]:
                yield _same_denominator(
                    area, (one, places[one, area]), (other, places[other, area])
                )
        for whole, parts in page.parts.items():
            if whole not in inside:
                continue
            present = [part for part in parts if part in inside]
            if len(present) == len(parts):
                yield from _parts_add(area, whole, parts, places)
            for part in present:
                yield _not_larger(area, (whole, places[whole, area]), (part, places[part, area]))
            if len(present) == len(parts) - 1:
                (missing,) = (part for part in parts if part not in present)
                if missing in outcomes:
                    last = page.ranked(missing)[-1][0]
                    yield _absent(area, whole, present, missing, last, places)
        for whole, parts in page.parts.items():
            if whole in outcomes and whole not in inside:
                for part in (part for part in parts if part in inside):
                    yield _absent_whole(
                        area, (part, places[part, area]), (whole, page.ranked(whole)[-1][0])
                    )
    for statement in page.paper.of_kind("rank"):
        outcome, area = str(statement["outcome"]), str(statement["area"])
        if outcome in outcomes:
            yield _stated_rank(page, outcome, area, str(statement["rank"]), places)


def _cells(outcome: str, rank: str) -> tuple[Cell, Cell]:
    return Cell("ranking", (outcome, rank), "births"), Cell("ranking", (outcome, rank), "rate")


def _descending(outcome: str, upper: str, lower: str, one: str, other: str) -> Constraint:
    return Constraint(
        "order of a ranked list",
        (_cells(outcome, upper)[1], _cells(outcome, lower)[1]),
        lambda r: distance(max(r[1].value - r[0].value, 0.0), r[0].half + r[1].half),
        lambda r: say(
            "{one} {first} before {other} {second}",
            one=one,
            first=r[0].text,
            other=other,
            second=r[1].text,
        ),
        lambda r: say("a descending list"),
    )


def _denominator(births: Reading, rate: Reading) -> tuple[float, float]:
    if rate.low <= 0:
        return 0.0, np.inf
    return births.value * PER / rate.high, births.value * PER / rate.low


def _same_denominator(area: str, one: tuple[str, str], other: tuple[str, str]) -> Constraint:
    """An area has one labour force, whichever births are divided by it."""

    def strain(r: Readings) -> float:
        return overlap(*_denominator(r[0], r[1]), *_denominator(r[2], r[3]))

    def found(r: Readings) -> str:
        first, second = (b.value * PER / q.value for b, q in ((r[0], r[1]), (r[2], r[3])))
        text = (
            f"{r[0].text} / {r[1].text} → {first:,.0f}, {r[2].text} / {r[3].text} → {second:,.0f}"
        )
        return f"{area}: {text}"

    return Constraint(
        "one denominator per area",
        (*_cells(*one), *_cells(*other)),
        strain,
        found,
        lambda r: say("the same denominator"),
    )


def _parts_add(
    area: str, whole: str, parts: tuple[str, ...], places: Mapping[tuple[str, str], str]
) -> Iterator[Constraint]:
    for column, rule in ((0, "births of groups add"), (1, "rates of groups add")):
        cells = tuple(_cells(name, places[name, area])[column] for name in (whole, *parts))

        def strain(r: Readings) -> float:
            return distance(r[0].value - sum(q.value for q in r[1:]), sum(q.half for q in r))

        def found(r: Readings) -> str:
            return f"{area}: {' + '.join(q.text for q in r[1:])} = {r[0].text}"

        def expected(r: Readings) -> str:
            return f"{sum(q.value for q in r[1:]):.10g}"

        yield Constraint(rule, cells, strain, found, expected)


def _not_larger(area: str, whole: tuple[str, str], part: tuple[str, str]) -> Constraint:
    return Constraint(
        "a group is no larger than the whole",
        (_cells(*part)[0], _cells(*whole)[0]),
        lambda r: 0.0 if r[0].value <= r[1].value else np.inf,
        lambda r: say("{area}: {part} of {whole}", area=area, part=r[0].text, whole=r[1].text),
        lambda r: say("no more than the whole"),
    )


def _absent(
    area: str,
    whole: str,
    present: list[str],
    missing: str,
    last: str,
    places: Mapping[tuple[str, str], str],
) -> Constraint:
    """The rest of an area's births implies a rate; a high one must be in the ranking."""
    cells = (
        _cells(missing, last)[1],
        *_cells(whole, places[whole, area]),
        *(_cells(part, places[part, area])[0] for part in present),
    )

    def rest(r: Readings) -> float:
        return r[1].value - sum(q.value for q in r[3:])

    def strain(r: Readings) -> float:
        if r[1].value <= 0:
            return 0.0
        rate = rest(r) * r[2].value / r[1].value
        room = r[0].half + abs(rest(r)) * r[2].half / r[1].value
        return distance(max(rate - r[0].value, 0.0), room)

    def found(r: Readings) -> str:
        rate = rest(r) * r[2].value / r[1].value
        return say(
            "{area} is not ranked for {outcome}, yet {births:g} births imply {rate:.3g}",
            area=area,
            outcome=missing,
            births=rest(r),
            rate=rate,
        )

    return Constraint(
        "an unranked area is below the last",
        cells,
        strain,
        found,
        lambda r: say("at most the last ranked, {rate}", rate=r[0].text),
    )


def _absent_whole(area: str, part: tuple[str, str], whole_last: tuple[str, str]) -> Constraint:
    return Constraint(
        "an unranked area is below the last",
        (_cells(*part)[1], _cells(*whole_last)[1]),
        lambda r: distance(max(r[0].value - r[1].value, 0.0), r[0].half + r[1].half),
        lambda r: say(
            "{area} has {rate} for {part} alone and is not ranked for {whole}",
            area=area,
            rate=r[0].text,
            part=part[0],
            whole=whole_last[0],
        ),
        lambda r: say("at most the last ranked, {rate}", rate=r[1].text),
    )


def _stated_rank(
    page: Page, outcome: str, area: str, rank: str, places: Mapping[tuple[str, str], str]
) -> Constraint:
    printed = places.get((outcome, area), "none")
    cell = _cells(outcome, rank)[1]
    anchor = (cell,) if cell in page else ()
    return Constraint(
        "rank in words",
        anchor,
        lambda r: 0.0 if printed == rank else np.inf,
        lambda r: say(
            "{area} is said to be {rank} for {outcome}", area=area, rank=rank, outcome=outcome
        ),
        lambda r: say("ranked {rank} in the table", rank=printed),
        certainty="strong",
        assumption=say("the sentence refers to this table"),
        rewording=say("rank {rank}", rank=printed),
        suspects=(),
    )


def implied_denominators(page: Page) -> pd.DataFrame:
    """Denominator that each ranked area implies, the narrowest of its rankings.

    Returns
    -------
    pandas.DataFrame
        Index area; ``low``, ``high`` (in the denominator's unit) and the ``outcome`` and ``rank``
        of the narrowest row.
    """
    rows: dict[str, tuple[float, float, str, str]] = {}
    for row in page.paper.table("ranking").to_dict("records"):
        outcome, rank, area = str(row["outcome"]), str(row["rank"]), str(row["area"])
        births, rate = (page.reading(cell) for cell in _cells(outcome, rank))
        low, high = _denominator(births, rate)
        if area not in rows or high - low < rows[area][1] - rows[area][0]:
            rows[area] = (low, high, outcome, rank)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "outcome", "rank"])


def odd_denominators(implied: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Areas whose implied denominator is out of line with the true one, and what would fit.

    Parameters
    ----------
    implied
        As `implied_denominators` gives.
    members
        True denominators: one row per member (municipality) of an area, with ``area``, ``member``,
        ``value`` (same unit) and, if known, ``later`` (the unit the member became part of). For the
        denominators of another year the ratio need not be one, only alike.

    Returns
    -------
    pandas.DataFrame
        Index area; ``ratio`` of true to implied, ``typical`` ratio of all areas, ``distance`` in
        robust standard deviations, ``fitting`` (tuple of members that alone would give the implied
        denominator, empty if none do) and ``later``, what they became if that is one unit.
    """
    missing = {"area", "member", "value"} - set(members.columns)
    if missing:
        raise DataError(
            say(
                "Missing columns in the denominators: {missing}. Expected area, member, value. "
                "Add them.",
                missing=listed(sorted(missing)),
            )
        )
    truth = members.groupby("area")["value"].sum()
    both = implied.join(truth.rename("truth"), how="inner")
    low, high = both["low"].to_numpy(float), both["high"].to_numpy(float)
    logs = np.log(both["truth"].to_numpy(float) / ((low + high) / 2))
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    away = np.abs(logs - middle) - np.log(high / low) / 2
    odd = np.flatnonzero((away > 6 * spread) & (away > np.log(1.1)))
    if len(both) < 5:
        odd = odd[:0]
    rows = []
    for position in odd.tolist():
        area = str(both.index[position])
        inside = members[members["area"] == area].reset_index(drop=True)
        later = [str(unit) for unit in inside["later"]] if "later" in inside else None
        chosen = _fitting_subset(
            inside["value"].to_numpy(float),
            float(np.exp(middle - 3 * spread)) * low[position],
            float(np.exp(middle + 3 * spread)) * high[position],
            later,
        )
        units = {later[i] for i in chosen} if later else set()
        rows.append(
            {
                "area": area,
                "ratio": float(np.exp(logs[position])),
                "typical": float(np.exp(middle)),
                "distance": float(away[position] / spread) if spread else np.inf,
                "fitting": tuple(str(inside["member"].iloc[i]) for i in chosen),
                "later": units.pop() if len(units) == 1 else "",
            }
        )
    columns = ["area", "ratio", "typical", "distance", "fitting", "later"]
    return pd.DataFrame(rows, columns=columns).set_index("area")


def _fitting_subset(
    values: Floats, low: float, high: float, later: list[str] | None
) -> tuple[int, ...]:
    """Members whose sum fits: those that became one unit, or else the best of all subsets."""
    if later is not None:
        for unit in dict.fromkeys(later):
            chosen = tuple(i for i, name in enumerate(later) if name == unit)
            if len(chosen) < len(values) and low <= values[list(chosen)].sum() <= high:
                return chosen
    if not 1 < len(values) <= 16:
        return ()
    masks = (np.arange(1, 2 ** len(values) - 1)[:, None] >> np.arange(len(values))) & 1
    sums = masks @ values
    fits = (sums >= low) & (sums <= high)
    # Neighbours in the list are neighbours on the ground: prefer unbroken runs, then a close fit.
    runs = (np.diff(masks, axis=1, prepend=0, append=0) == 1).sum(1)
    if not fits.any():
        return ()
    order = np.lexsort((np.abs(np.log(sums / np.sqrt(low * high))), runs, ~fits))
    return tuple(np.flatnonzero(masks[order[0]]).tolist())
