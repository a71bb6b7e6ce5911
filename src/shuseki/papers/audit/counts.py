"""Do the counts of the text add up, and do its percentages fit them?

Rules: a difference, a sum, a multiple; a share against its counts; shares of nested groups of named
areas against one another, against the counts printed for those areas, and against the areas that
were not named; the counts, order, threshold and mean of a classified list.

All are arithmetic on what is printed, so a failure is certain.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import scipy

from shuseki.language import say
from shuseki.papers.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Readings,
    distance,
    overlap,
)
from shuseki.papers.printed import Statement

__all__ = ["constraints"]


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything the counts of a paper must satisfy."""
    paper = page.paper
    for statement in paper.of_kind("difference"):
        yield from _sum(
            page, statement, [statement["leaves"], *statement["less"]], statement["from"]
        )
    for statement in paper.of_kind("sum"):
        yield from _sum(page, statement, statement["parts"], statement["total"])
    for statement in paper.of_kind("share"):
        yield _share(page, statement)
    for statement in paper.of_kind("multiple"):
        yield from _multiple(page, statement)
    named = paper.of_kind("named_share")
    for whole in dict.fromkeys(statement["of"] for statement in named):
        yield from _named(page, whole, [s for s in named if s["of"] == whole])
    yield from _classification(page)


def _sum(
    page: Page, statement: Statement, parts: Sequence[str], total: str
) -> Iterator[Constraint]:
    """Parts add to the total; a difference is a sum read backwards."""
    names = [total, *parts]
    cells = tuple(page.statement(page.paper.statement(name)) for name in names)
    if not all(cell in page for cell in cells):
        return
    is_difference = statement.kind == "difference"

    def strain(readings: Readings) -> float:
        gap = readings[0].value - sum(r.value for r in readings[1:])
        return distance(gap, sum(r.half for r in readings))

    def found(readings: Readings) -> str:
        if is_difference:
            taken = " − ".join(r.text for r in readings[2:])
            text = f"{readings[0].text} − {taken} = {readings[1].text}"
        else:
            text = f"{' + '.join(r.text for r in readings[1:])} = {readings[0].text}"
        return text

    def expected(readings: Readings) -> str:
        if is_difference:
            result = readings[0].value - sum(r.value for r in readings[2:])
        else:
            result = sum(r.value for r in readings[1:])
        return say("the left side is {value:,.10g}", value=result)

    yield Constraint("sum of counts", cells, strain, found, expected)


def _share(page: Page, statement: Statement) -> Constraint:
    cells = tuple(
        page.statement(page.paper.statement(statement[name])) for name in ("part", "whole", "share")
    )

    def strain(readings: Readings) -> float:
        part, whole, share = readings
        if whole.value <= 0:
            return np.inf
        room = share.half + (part.half + part.value / whole.value * whole.half) / whole.value
        return distance(part.value / whole.value - share.value, room)

    def found(readings: Readings) -> str:
        return f"{readings[0].text} / {readings[1].text} = {readings[2].text}"

    def expected(readings: Readings) -> str:
        ratio = f"{100 * readings[0].value / readings[1].value:.2f}%"
        return say("the counts give {ratio}", ratio=ratio)

    return Constraint("share against counts", cells, strain, found, expected)


def _multiple(page: Page, statement: Statement) -> Iterator[Constraint]:
    one, many = (page.paper.statement(statement[name]) for name in ("of", "gives"))
    times = float(statement["times"])
    for field in ("value", "low", "high"):
        cells = (page.statement(one, field), page.statement(many, field))
        if not all(cell in page for cell in cells):
            continue

        def strain(readings: Readings) -> float:
            gap = times * readings[0].value - readings[1].value
            return distance(gap, times * readings[0].half + readings[1].half)

        def found(readings: Readings) -> str:
            return f"{times:g} × {readings[0].text} = {readings[1].text}"

        def expected(readings: Readings) -> str:
            return f"{times * readings[0].value:,.10g}"

        yield Constraint("multiple", cells, strain, found, expected)


def _named(page: Page, whole: str, statements: Sequence[Statement]) -> Iterator[Constraint]:
    """Shares of the largest areas: some descending counts must give them all.

    A linear program looks for counts of the named areas such that each nested group has its share,
    an area of a smaller group is no smaller than one of a larger group, areas with a printed count
    have it, and no printed count outside the groups is larger than the least inside.
    """
    statements = sorted(statements, key=lambda s: len(s["names"]))
    order = list(dict.fromkeys(name for s in statements for name in s["names"]))
    tier = {n: i for i, s in reversed(list(enumerate(statements))) for n in s["names"]}
    shares = [page.statement(page.paper.statement(s["share"])) for s in statements]
    total = page.statement(page.paper.statement(whole))
    table = page.paper.table("ranking")
    outcomes = [o for o in dict.fromkeys(table["outcome"]) if o in page.parts] or list(
        dict.fromkeys(table["outcome"])
    )
    births: dict[str, Cell] = {
        str(row["area"]): Cell("ranking", (str(row["outcome"]), str(row["rank"])), "births")
        for row in table[table["outcome"].isin(outcomes[:1])].to_dict("records")
    }
    known = tuple(births.items())
    cells = (*shares, total, *births.values())
    if not all(cell in page for cell in cells):
        return

    def strain(readings: Readings) -> float:
        m = len(shares)
        size = readings[m].value
        counted = {area: r.value for (area, _), r in zip(known, readings[m + 1 :], strict=True)}
        # Unknowns: a count per named area, and the factor by which every share's room is stretched.
        rows, bounds = [], []
        for statement, share in zip(statements, readings[:m], strict=True):
            inside = np.array([name in statement["names"] for name in order], dtype=float)
            for sign in (1.0, -1.0):
                rows.append(np.append(sign * inside, -share.half * size - 0.5))
                bounds.append(sign * share.value * size)
        for i, one in enumerate(order):
            for j, other in enumerate(order):
                if tier[one] < tier[other]:
                    row = np.zeros(len(order) + 1)
                    row[j], row[i] = 1.0, -1.0
                    rows.append(row)
                    bounds.append(0.0)
        outside = max((v for area, v in counted.items() if area not in tier), default=0.0)
        limits = [
            (counted[name], counted[name]) if name in counted else (outside, None) for name in order
        ]
        goal = np.append(np.zeros(len(order)), 1.0)
        solved = scipy.optimize.linprog(
            goal, np.array(rows), np.array(bounds), bounds=[*limits, (0.0, None)]
        )
        return float(solved.fun) if solved.success else np.inf

    def found(readings: Readings) -> str:
        text = ", ".join(
            f"{len(s['names'])}: {r.text}" for s, r in zip(statements, readings, strict=False)
        )
        return say("shares of the largest areas, {shares}", shares=text)

    def expected(readings: Readings) -> str:
        return say("no counts of these areas give these shares and this order")

    yield Constraint(
        "shares of named areas", cells, strain, found, expected, suspects=cells[: len(shares) + 1]
    )


def _classification(page: Page) -> Iterator[Constraint]:
    table = page.paper.table("industries")
    if table.empty:
        return
    groups: dict[str, list[Cell]] = {}
    names: dict[Cell, str] = {}
    for row in table.to_dict("records"):
        cell = Cell("industries", (str(row["group"]), str(row["rank"])), "rd_intensity_percent")
        groups.setdefault(str(row["group"]), []).append(cell)
        names[cell] = str(row["industry"])
    for members in groups.values():
        ordered = sorted(members, key=lambda cell: int(cell.key[1]))
        for upper, lower in pairwise(ordered):
            yield Constraint(
                "order of a ranked list",
                (upper, lower),
                lambda r: distance(max(r[1].value - r[0].value, 0.0), r[0].half + r[1].half),
                lambda r: say("{first} before {second}", first=r[0].text, second=r[1].text),
                lambda r: say("a descending list"),
            )
    for statement in page.paper.of_kind("threshold"):
        value = page.statement(page.paper.statement(statement["value"]))
        for group in ("high", "low"):
            for cell in groups.get(group, []):
                yield _beyond(cell, value, names[cell], 1.0 if group == "high" else -1.0)
    every = [cell for members in groups.values() for cell in members]
    for statement in page.paper.of_kind("quantity"):
        of = statement.get("of", {})
        cell = page.statement(statement)
        if of.get("table") != str(table["table"].iloc[0]) or cell not in page:
            continue
        if of.get("statistic") == "mean":
            yield _list_mean(cell, every)
        elif of.get("statistic") == "count":
            size = len(groups.get(of["group"], [])) if "group" in of else len(every)
            yield _list_count(cell, size)


def _beyond(cell: Cell, threshold: Cell, name: str, side: float) -> Constraint:
    """A member lies on its group's side of the threshold."""

    def strain(readings: Readings) -> float:
        member, limit = readings
        # The list prints per cent as plain numbers; the threshold may be printed as a percentage.
        unit = 100.0 if "%" in limit.text else 1.0
        short = side * (limit.value * unit - member.value)
        return distance(max(short, 0.0), member.half + unit * limit.half)

    def found(readings: Readings) -> str:
        text = f"{name} {readings[0].text}, {readings[1].text}"
        return say("{value} as the threshold", value=text)

    def expected(readings: Readings) -> str:
        return say("above the threshold") if side > 0 else say("below the threshold")

    return Constraint("group against threshold", (cell, threshold), strain, found, expected)


def _list_mean(cell: Cell, members: Sequence[Cell]) -> Constraint:
    def mean(readings: Readings) -> float:
        return float(np.mean([r.value for r in readings[1:]]))

    def strain(readings: Readings) -> float:
        stated = readings[0]
        unit = 100.0 if "%" in stated.text else 1.0
        room = unit * stated.half + float(np.mean([r.half for r in readings[1:]]))
        return distance(mean(readings) - unit * stated.value, room)

    def found(readings: Readings) -> str:
        return say(
            "mean of {n} printed values stated as {mean}", n=len(members), mean=readings[0].text
        )

    def expected(readings: Readings) -> str:
        value = mean(readings)
        limit = readings[0].value * (100.0 if "%" in readings[0].text else 1.0)
        between = [r.text for r in readings[1:] if min(limit, value) < r.value < max(limit, value)]
        if not between:
            return say("the list gives {value:.3f}", value=value)
        return say(
            "the list gives {value:.3f}; {between} between the two",
            value=value,
            between=", ".join(between),
        )

    return Constraint("mean of a list", (cell, *members), strain, found, expected)


def _list_count(cell: Cell, size: int) -> Constraint:
    return Constraint(
        "members of a list",
        (cell,),
        lambda r: overlap(r[0].low, r[0].high, size, size),
        lambda r: say("{n} members stated", n=r[0].text),
        lambda r: say("the list has {n}", n=size),
    )
