"""Can any data have these means, deviations, extremes and counts?

Per variable: order of minimum, median, mean and maximum; the median no further from the mean than a
standard deviation; the standard deviation no larger than the extremes and the mean allow (Bhatia
and Davis 2000) and no smaller than the two extremes alone force.

Between tables, when the paper states its outlier rule (above ``mean + c`` standard deviations) and
ranks the outcome: the observations left out are the top of the ranking, so the trimmed maximum is
the next rate in it; put back, they give the full mean that the text states, the full means of the
groups add to that of the whole, and the full mean and deviation put the cut between the largest
kept and the smallest dropped.

Sources: Bhatia, R. and Davis, C. (2000), A better bound on the variance, American Mathematical
Monthly 107, 353–357.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from shuseki.entry.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Readings,
    Words,
    distance,
    overlap,
)
from shuseki.entry.printed import Statement

__all__ = ["constraints", "dropped", "full_sd", "same_drops"]

SAME = Words(
    "the observations left out are the first of the ranking",
    "除外された地区が順位表の上位であること",
)


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything descriptive statistics must satisfy."""
    for variable in page.paper.table("descriptives")["variable"]:
        yield from _one_variable(page, str(variable))
    for rule in page.paper.of_kind("outlier_rule"):
        if rule["side"] == "above":
            for variable in rule["variables"]:
                yield from _trimmed(page, rule, str(variable))
            yield from _full_means_add(page, rule)
    for statement in page.paper.of_kind("quantity"):
        yield from _stated_extreme(page, statement)


def dropped(page: Page, variable: str) -> list[str] | None:
    """Ranks that the outlier rule left out of a variable's statistics, if the paper shows it."""
    cell = page.described(variable, "n")
    if page.areas is None or cell not in page:
        return None
    count = page.areas - int(page.reading(cell).value)
    ranks = [rank for rank, _ in page.ranked(variable)]
    return ranks[:count] if 0 <= count < len(ranks) else None


def same_drops(page: Page, names: Sequence[str]) -> bool:
    """Whether some variables' statistics are shown to leave out the same areas."""
    if len({page.n(page.described(name, "n")) for name in names}) > 1:
        return False
    ruled = {str(v) for rule in page.paper.of_kind("outlier_rule") for v in rule["variables"]}
    if not ruled & set(names):
        return True
    sets = []
    for name in names:
        top = dropped(page, name)
        if top is None:
            return False
        sets.append({area for rank, area in page.ranked(name) if rank in top})
    return all(areas == sets[0] for areas in sets)


def _one_variable(page: Page, variable: str) -> Iterator[Constraint]:
    names = ("min", "median", "mean", "max", "sd", "n")
    cells = {name: page.described(variable, name) for name in names}
    if not all(cell in page for cell in cells.values()):
        return
    for low, high in (("min", "median"), ("median", "max"), ("min", "mean"), ("mean", "max")):
        yield Constraint(
            "order of statistics",
            (cells[low], cells[high]),
            lambda r: distance(max(r[0].value - r[1].value, 0.0), r[0].half + r[1].half),
            lambda r, low=low, high=high: Words(
                f"{variable}: {low} {r[0].text}, {high} {r[1].text}",
                f"{variable}: {low} {r[0].text}, {high} {r[1].text}",
            ),
            lambda r, low=low, high=high: Words(f"{low} ≤ {high}", f"{low} ≤ {high}"),
        )
    yield Constraint(
        "median within a standard deviation of the mean",
        (cells["mean"], cells["median"], cells["sd"]),
        lambda r: distance(
            max(abs(r[0].value - r[1].value) - r[2].value, 0.0), r[0].half + r[1].half + r[2].half
        ),
        lambda r: Words(
            f"{variable}: mean {r[0].text}, median {r[1].text}, sd {r[2].text}",
            f"{variable}: 平均 {r[0].text}, 中央値 {r[1].text}, 標準偏差 {r[2].text}",
        ),
        lambda r: Words("|mean − median| ≤ sd", "|平均 − 中央値| ≤ 標準偏差"),
    )
    five = tuple(cells[name] for name in ("sd", "mean", "min", "max", "n"))

    def largest(r: Readings) -> float:
        n = r[4].value
        middle = np.clip((r[2].low + r[3].high) / 2, r[1].low, r[1].high)
        spread = max(r[3].high - middle, 0.0) * max(middle - r[2].low, 0.0)
        return float(np.sqrt(spread * max(n, 0.0) / max(n - 1, 1)))

    def least(r: Readings) -> float:
        n = r[4].value
        if n < 3:
            return 0.0
        # Two observations sit at the extremes; the others share what balances the mean.
        low, high = r[2].high, r[3].low
        mean = np.clip((low + high) / 2, r[1].low, r[1].high)
        up, down = max(high - mean, 0.0), max(mean - low, 0.0)
        return float(np.sqrt((up**2 + down**2 + (up - down) ** 2 / (n - 2)) / (n - 1)))

    def found(r: Readings) -> Words:
        return Words(
            f"{variable}: sd {r[0].text} for mean {r[1].text}, {r[2].text} to {r[3].text}, "
            f"n {r[4].text}",
            f"{variable}: 標準偏差 {r[0].text}, 平均 {r[1].text}, {r[2].text}～{r[3].text}, "
            f"n {r[4].text}",
        )

    yield Constraint(
        "largest possible standard deviation",
        five,
        lambda r: r[0].low / largest(r) if largest(r) > 0 else (0.0 if r[0].low <= 0 else np.inf),
        found,
        lambda r: Words(f"at most {largest(r):.3g}", f"{largest(r):.3g}以下"),
    )
    yield Constraint(
        "smallest possible standard deviation",
        five,
        lambda r: least(r) / r[0].high if r[0].high > 0 else (0.0 if least(r) <= 0 else np.inf),
        found,
        lambda r: Words(f"at least {least(r):.3g}", f"{least(r):.3g}以上"),
    )


def _trimmed(page: Page, rule: Statement, variable: str) -> Iterator[Constraint]:
    top = dropped(page, variable)
    maximum = page.described(variable, "max")
    if top is None or maximum not in page:
        return
    ranks = [rank for rank, _ in page.ranked(variable)]
    names = dict(page.ranked(variable))
    following = ranks[len(top)]
    count = page.described(variable, "n")
    rate = Cell("ranking", (variable, following), "rate")
    yield Constraint(
        "largest kept is the next in the ranking",
        (maximum, rate, count),
        lambda r: (
            overlap(r[0].low, r[0].high, r[1].low, r[1].high)
            if page.areas is not None and r[2].value == page.areas - len(top)
            else np.inf
        ),
        lambda r: Words(
            f"{variable}: maximum {r[0].text} with {len(top)} left out; rank {following} "
            f"({names[following]}) has {r[1].text}",
            f"{variable}: 上位{len(top)}地区を除く最大値{r[0].text}、{following}位"
            f"（{names[following]}）は{r[1].text}",
        ),
        lambda r: Words("the same number", "同じ値"),
        "strong",
        SAME,
    )
    rates = tuple(Cell("ranking", (variable, rank), "rate") for rank in top)
    mean, sd = page.described(variable, "mean"), page.described(variable, "sd")
    stated = [
        page.statement(s)
        for s in page.paper.of_kind("quantity")
        if s.get("of", {}).get("variable") == variable
        and s.get("of", {}).get("statistic") == "mean"
        and s.get("of", {}).get("sample") == "all areas"
    ]
    for cell in stated:
        yield Constraint(
            "mean with the outliers put back",
            (cell, mean, count, *rates),
            lambda r: distance(r[0].value - _full_mean(r[1:])[0], r[0].half + _full_mean(r[1:])[1]),
            lambda r: Words(
                f"{variable}: {r[0].text} over all, {r[1].text} over {r[2].text}",
                f"{variable}: 全地区の平均{r[0].text}、{r[2].text}地区の平均{r[1].text}",
            ),
            lambda r: Words(
                f"{_full_mean(r[1:])[0]:.4g} over all", f"全地区では{_full_mean(r[1:])[0]:.4g}"
            ),
            "strong",
            SAME,
        )
    times = float(rule["standard_deviations"])
    if rates:
        yield _cut(variable, times, (mean, sd, count, maximum, *rates))


def _full_mean(r: Readings) -> tuple[float, float]:
    """Mean over kept and dropped, and its room: readings are mean, n, then the dropped values."""
    n, m = r[1].value, len(r) - 2
    value = (r[0].value * n + sum(q.value for q in r[2:])) / (n + m)
    room = (r[0].half * n + sum(q.half for q in r[2:])) / (n + m)
    return value, room


def full_sd(mean: float, sd: float, n: float, outliers: list[float]) -> tuple[float, float]:
    """Mean and standard deviation of kept and dropped together."""
    m = len(outliers)
    full = (mean * n + sum(outliers)) / (n + m)
    squares = (n - 1) * sd**2 + n * (mean - full) ** 2 + sum((x - full) ** 2 for x in outliers)
    return full, float(np.sqrt(max(squares, 0.0) / max(n + m - 1, 1)))


def _cut(variable: str, times: float, cells: tuple[Cell, ...]) -> Constraint:
    def cuts(r: Readings) -> tuple[float, float]:
        ends = []
        for side in ("low", "high"):
            outliers = [getattr(q, side) for q in r[4:]]
            full, sd = full_sd(
                getattr(r[0], side), max(getattr(r[1], side), 0.0), r[2].value, outliers
            )
            ends.append(full + times * sd)
        return min(ends), max(ends)

    def strain(r: Readings) -> float:
        low, high = cuts(r)
        least = min(q.value for q in r[4:])
        room = (high - low) / 2 + max(q.half for q in r[3:])
        middle = (low + high) / 2
        return distance(max(r[3].value - middle, middle - least, 0.0), room)

    def found(r: Readings) -> Words:
        least = min(r[4:], key=lambda q: q.value)
        return Words(
            f"{variable}: {r[3].text} kept, {least.text} left out",
            f"{variable}: {r[3].text}は残り、{least.text}は除外",
        )

    def expected(r: Readings) -> Words:
        low, high = cuts(r)
        text = f"{(low + high) / 2:.3g}"
        return Words(f"the rule cuts at {text}", f"基準値は{text}")

    return Constraint(
        "outlier rule against its result", cells, strain, found, expected, "strong", SAME
    )


def _full_means_add(page: Page, rule: Statement) -> Iterator[Constraint]:
    for whole, parts in page.parts.items():
        names = (whole, *parts)
        tops = [dropped(page, name) for name in names]
        if any(top is None for top in tops) or not set(names) <= set(rule["variables"]):
            continue
        cells: list[Cell] = []
        sizes = []
        for name, top in zip(names, tops, strict=True):
            assert top is not None
            block = [
                page.described(name, "mean"),
                page.described(name, "n"),
                *(Cell("ranking", (name, rank), "rate") for rank in top),
            ]
            cells += block
            sizes.append(len(block))

        def means(r: Readings, sizes: list[int] = sizes) -> list[tuple[float, float]]:
            edges = np.cumsum([0, *sizes])
            return [_full_mean(r[a:b]) for a, b in pairwise(edges)]

        def strain(r: Readings) -> float:
            full = means(r)
            return distance(full[0][0] - sum(m for m, _ in full[1:]), sum(room for _, room in full))

        def found(r: Readings) -> Words:
            full = means(r)
            text = f"{' + '.join(f'{m:.4g}' for m, _ in full[1:])} = {full[0][0]:.4g}"
            return Words(f"means with the outliers put back: {text}", f"外れ値を戻した平均: {text}")

        def expected(r: Readings) -> Words:
            text = f"{sum(m for m, _ in means(r)[1:]):.4g}"
            return Words(text, text)

        yield Constraint(
            "means of groups add", tuple(cells), strain, found, expected, "strong", SAME
        )


def _stated_extreme(page: Page, statement: Statement) -> Iterator[Constraint]:
    """An extreme of all areas, in words: the first of the ranking, or the trimmed minimum."""
    of = statement.get("of", {})
    if of.get("sample") != "all areas" or of.get("statistic") not in ("min", "max"):
        return
    variable, cell = str(of["variable"]), page.statement(statement)
    ranks = page.ranked(variable)
    if of["statistic"] == "max" and ranks:
        other = Cell("ranking", (variable, ranks[0][0]), "rate")
    elif of["statistic"] == "min" and page.paper.of_kind("outlier_rule"):
        other = page.described(variable, "min")
    else:
        return
    if cell in page and other in page:
        yield Constraint(
            "extreme in words",
            (cell, other),
            lambda r: overlap(r[0].low, r[0].high, r[1].low, r[1].high),
            lambda r: Words(
                f"{variable}: {of['statistic']} {r[0].text} in the text, {r[1].text} in the table",
                f"{variable}: 本文の{of['statistic']} {r[0].text}、表では{r[1].text}",
            ),
            lambda r: Words("the same number", "同じ値"),
        )
