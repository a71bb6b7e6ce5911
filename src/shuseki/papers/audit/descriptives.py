"""Can any data have these means, deviations, extremes and counts?

Per variable: order of minimum, median, mean and maximum; the median no further from the mean than a
standard deviation, and where the extremes let it be; the standard deviation no larger than the
extremes and the mean allow (Bhatia and Davis 2000) and no smaller than the two extremes force.

Between tables, when the paper states its outlier rule (above ``mean + c`` standard deviations) and
ranks the outcome: the observations left out are the top of the ranking, so the trimmed maximum is
the next rate in it; put back, they give the full mean that the text states, the full means of the
groups add to that of the whole, and the full mean and deviation put the cut between the largest
kept and the smallest dropped.

Where ``step`` says that a variable has whole numbers: GRIM, GRIMMER and DEBIT (`_granular`).

Sources: Brown, N. J. L. and Heathers, J. A. J. (2017), The GRIM test, Social Psychological and
Personality Science 8, 363-369; Anaya, J. (2016), The GRIMMER test, PeerJ Preprints 4:e2400v1;
Heathers, J. A. J. and Brown, N. J. L. (2019), DEBIT. Bhatia, R. and Davis, C. (2000), A better
bound on the variance, American Mathematical
Monthly 107, 353–357.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from shuseki.language import Message, say
from shuseki.papers.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Readings,
    distance,
    overlap,
)
from shuseki.papers.printed import Statement

__all__ = ["constraints", "dropped", "full_sd", "same_drops"]

LEAST_FOR_SKEW = 30
"""Observations below which the place of the median says little."""
TAIL, AGAINST_TAIL, FAR = 1.5, 0.25, 0.775
"""One tail this many times the other; standard deviations of the median from the mean, on its side,
and anywhere, beyond which it is rare: √(3/5) for one peak."""
STATISTICS: Mapping[str, Message] = {
    "min": say("min"),
    "median": say("median"),
    "mean": say("mean"),
    "max": say("max"),
}
SAME = say("the observations left out are the first of the ranking")


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything descriptive statistics must satisfy."""
    for variable in page.paper.table("descriptives")["variable"]:
        yield from _one_variable(page, str(variable))
        yield from _granular(page, str(variable))
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


def _granular(page: Page, variable: str) -> Iterator[Constraint]:
    """Whole numbers (in units of ``step``): what their means and deviations can be.

    - GRIM: ``n · mean / step`` is a whole number within the rounding of the mean.
    - GRIMMER: so is the sum of squares, ``(n − 1) sd² + S²/n`` with S the sum; and it is odd when S
      is, since a number and its square are.
    - DEBIT: zeros and ones have ``sd² = mean (1 − mean) n / (n − 1)``.
    - Extremes are whole numbers, and so is the median of an odd n; that of an even n lies on one or
      half way between two.
    """
    for name in ("median", "min", "max"):
        yield from _whole(page, variable, name)
    cells = {name: page.described(variable, name) for name in ("mean", "sd", "n", "step")}
    if not all(cells[name] in page for name in ("mean", "n", "step")):
        return
    three = (cells["mean"], cells["n"], cells["step"])

    def sums(r: Readings) -> range:
        """Whole sums that print as this mean: mean, n, step."""
        if r[2].value <= 0:
            return range(0)
        low, high = (r[1].value * end / r[2].value for end in (r[0].low, r[0].high))
        return range(int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9)) + 1)

    yield Constraint(
        "mean of whole numbers",
        three,
        lambda r: 0.0 if r[2].value <= 0 or len(sums(r)) else np.inf,
        lambda r: say(
            "{variable}: mean {mean} of {n} values in steps of {step}",
            variable=variable,
            mean=r[0].text,
            n=r[1].text,
            step=r[2].text,
        ),
        lambda r: say(
            "{low:.6g} or {high:.6g}",
            **dict(zip(("low", "high"), _nearest_means(r), strict=True)),
        ),
        suspects=three[:2],
    )
    if cells["sd"] not in page:
        return
    four = (cells["sd"], *three)

    def squares(r: Readings) -> bool:
        n, step = r[2].value, r[3].value
        if n < 2 or step <= 0:
            return True
        for total in sums(r[1:]):
            low, high = (
                (n - 1) * (max(end, 0.0) / step) ** 2 + total**2 / n
                for end in (r[0].low, r[0].high)
            )
            first, last = int(np.ceil(low - 1e-7)), int(np.floor(high + 1e-7))
            first += (first - total) % 2
            if first <= last:
                return True
        return not len(sums(r[1:]))  # then the mean itself is at fault

    yield Constraint(
        "standard deviation of whole numbers",
        four,
        lambda r: 0.0 if squares(r) else np.inf,
        lambda r: say(
            "{variable}: sd {sd}, mean {mean} of {n} values in steps of {step}",
            variable=variable,
            sd=r[0].text,
            mean=r[1].text,
            n=r[2].text,
            step=r[3].text,
        ),
        lambda r: say("a whole sum of squares, odd if the sum is"),
        suspects=four[:3],
    )
    ends = tuple(page.described(variable, name) for name in ("min", "max"))
    if not all(end in page for end in ends):
        return
    if [page.reading(end).value for end in ends] != [0.0, 1.0]:
        return
    if page.reading(cells["step"]).value != 1:
        return

    def binary(r: Readings) -> tuple[float, float]:
        n = max(r[2].value, 2.0)
        spots = np.clip(
            [r[1].low, r[1].high, 0.5 if r[1].low <= 0.5 <= r[1].high else r[1].low], 0, 1
        )
        spread = np.sqrt(spots * (1 - spots) * n / (n - 1))
        return float(spread.min()), float(spread.max())

    yield Constraint(
        "standard deviation of zeros and ones",
        four[:3],
        lambda r: overlap(r[0].low, r[0].high, *binary(r)),
        lambda r: say(
            "{variable}: sd {sd} for a share of {share}",
            variable=variable,
            sd=r[0].text,
            share=r[1].text,
        ),
        lambda r: "{:.4g} … {:.4g}".format(*binary(r)),
    )


def _whole(page: Page, variable: str, name: str) -> Iterator[Constraint]:
    """One value, or the middle of two, of whole numbers in units of ``step``."""
    three = tuple(page.described(variable, column) for column in (name, "n", "step"))
    if not all(cell in page for cell in three):
        return

    def unit(r: Readings) -> float:
        return r[2].value / (2 if name == "median" and r[1].value % 2 == 0 else 1)

    def strain(r: Readings) -> float:
        if r[2].value <= 0:
            return 0.0
        nearest = round(r[0].value / unit(r)) * unit(r)
        return 0.0 if r[0].low - 1e-9 <= nearest <= r[0].high + 1e-9 else np.inf

    yield Constraint(
        "median and extremes of whole numbers",
        three,
        strain,
        lambda r: say(
            "{variable}: {statistic} {value} of {n} values in steps of {step}",
            variable=variable,
            statistic=STATISTICS[name],
            value=r[0].text,
            n=r[1].text,
            step=r[2].text,
        ),
        lambda r: say(
            "{low:.6g} or {high:.6g}",
            low=float(np.floor(r[0].value / unit(r))) * unit(r),
            high=float(np.ceil(r[0].value / unit(r))) * unit(r),
        ),
        suspects=three[:2],
    )


def _nearest_means(r: Readings) -> tuple[float, float]:
    """Means of whole numbers next to a printed one: mean, n, step."""
    total = r[0].value * r[1].value / r[2].value
    return (
        float(np.floor(total)) * r[2].value / r[1].value,
        float(np.ceil(total)) * r[2].value / r[1].value,
    )


def _one_variable(page: Page, variable: str) -> Iterator[Constraint]:
    names = ("min", "median", "mean", "max", "sd", "n")
    cells = {name: page.described(variable, name) for name in names}

    def printed(*wanted: str) -> bool:
        return all(cells[name] in page for name in wanted)

    for low, high in (("min", "median"), ("median", "max"), ("min", "mean"), ("mean", "max")):
        if not printed(low, high):
            continue
        yield Constraint(
            "order of statistics",
            (cells[low], cells[high]),
            lambda r: distance(max(r[0].value - r[1].value, 0.0), r[0].half + r[1].half),
            lambda r, low=low, high=high: say(
                "{variable}: {low} {first}, {high} {second}",
                variable=variable,
                low=STATISTICS[low],
                first=r[0].text,
                high=STATISTICS[high],
                second=r[1].text,
            ),
            lambda r, low=low, high=high: say(
                "{low} ≤ {high}", low=STATISTICS[low], high=STATISTICS[high]
            ),
        )
    if printed("mean", "median", "sd"):
        three = (cells["mean"], cells["median"], cells["sd"])
        yield Constraint(
            "median within a standard deviation of the mean",
            (*three, cells["n"]) if printed("n") else three,
            lambda r: distance(
                max(abs(r[0].value - r[1].value) - _reach_of_median(r) * r[2].value, 0.0),
                r[0].half + r[1].half + r[2].half,
            ),
            lambda r: say(
                "{variable}: mean {mean}, median {median}, sd {sd}",
                variable=variable,
                mean=r[0].text,
                median=r[1].text,
                sd=r[2].text,
            ),
            lambda r: say("|mean − median| ≤ sd"),
        )
    if printed("median", "mean", "min", "max", "n"):
        yield Constraint(
            "median that the extremes allow",
            (cells["median"], cells["mean"], cells["min"], cells["max"], cells["n"]),
            lambda r: _median_strain(r),
            lambda r: say(
                "{variable}: median {median} for mean {mean}, {low} to {high}",
                variable=variable,
                median=r[0].text,
                mean=r[1].text,
                low=r[2].text,
                high=r[3].text,
            ),
            lambda r: "{:.4g} … {:.4g}".format(*_median_limits(r)),
        )
    if printed(*names):
        yield _skew(
            variable, tuple(cells[name] for name in ("median", "mean", "sd", "min", "max", "n"))
        )
    if not printed("sd", "mean", "min", "max", "n"):
        return
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

    def found(r: Readings) -> str:
        return say(
            "{variable}: sd {sd} for mean {mean}, {low} to {high}, n {n}",
            variable=variable,
            sd=r[0].text,
            mean=r[1].text,
            low=r[2].text,
            high=r[3].text,
            n=r[4].text,
        )

    yield Constraint(
        "largest possible standard deviation",
        five,
        lambda r: r[0].low / largest(r) if largest(r) > 0 else (0.0 if r[0].low <= 0 else np.inf),
        found,
        lambda r: say("at most {value:.3g}", value=largest(r)),
    )
    yield Constraint(
        "smallest possible standard deviation",
        five,
        lambda r: least(r) / r[0].high if r[0].high > 0 else (0.0 if least(r) <= 0 else np.inf),
        found,
        lambda r: say("at least {value:.3g}", value=least(r)),
    )


def _reach_of_median(r: Readings) -> float:
    """Most that a median can be away from the mean, in standard deviations: readings end with n.

    If the median is d above the mean, half of the n (of an odd n, one more) are at least d above it
    and the others as far below as balances them, so that the sum of squares is at least n d², or
    d² n (n + 1) / (n − 1) for an odd n; it is (n − 1) sd².
    """
    n = r[3].value if len(r) > 3 else np.inf
    if not 2 <= n < np.inf:
        return 1.0
    return float(np.sqrt((n - 1) / n) if n % 2 == 0 else (n - 1) / np.sqrt(n * (n + 1)))


def _median_limits(r: Readings) -> tuple[float, float]:
    """Least and greatest median: half of the observations lie no lower, half no higher.

    With h = ⌊n/2⌋ observations at or below the median, and the rest at or above it, the mean is at
    least ``(h min + (n − h) median)/n`` and at most ``(h max + (n − h) median)/n``.
    """
    n = max(r[4].value, 2.0)
    # The middle counts to both halves; one observation at each extreme is known besides.
    low_half = float(n // 2)
    high_half = n - low_half
    least = (n * r[1].low - low_half * r[3].high) / high_half
    most = (n * r[1].high - low_half * r[2].low) / high_half
    return least, most


def _median_strain(r: Readings) -> float:
    low, high = _median_limits(r)
    if r[0].high < low or r[0].low > high:
        return distance(r[0].value - (low + high) / 2, (high - low) / 2 + r[0].half)
    return 0.0


def _skew(variable: str, cells: tuple[Cell, ...]) -> Constraint:
    """A median on the side of the longer tail, or far from the mean, is rare: a question."""

    def away(r: Readings) -> float:
        """Median less mean in standard deviations, as near to zero as rounding allows."""
        if r[2].value <= 0:
            return 0.0
        gap, room = r[0].value - r[1].value, r[0].half + r[1].half
        if all(q.value == round(q.value) for q in (r[0], r[3], r[4])):
            room += 0.5  # whole numbers: the median of them moves in steps
        return float(np.sign(gap) * max(abs(gap) - room, 0.0) / r[2].high)

    def strain(r: Readings) -> float:
        if r[5].value < LEAST_FOR_SKEW or r[2].value <= 0:
            return 0.0
        if r[0].value in (r[3].value, r[4].value):
            return 0.0  # half of them, or more, at one end
        up, down = r[4].value - r[1].value, r[1].value - r[3].value
        gap = away(r)
        if up <= 0 or down <= 0:
            return 0.0
        against = (up > TAIL * down and gap > 0) or (down > TAIL * up and gap < 0)
        return abs(gap) / (AGAINST_TAIL if against else FAR)

    return Constraint(
        "median against the tails",
        cells,
        strain,
        lambda r: say(
            "{variable}: median {median}, mean {mean}, sd {sd}, {low} to {high}",
            variable=variable,
            median=r[0].text,
            mean=r[1].text,
            sd=r[2].text,
            low=r[3].text,
            high=r[4].text,
        ),
        lambda r: say("a median near the mean, away from the longer tail"),
        "weak",
        say("a distribution with one peak"),
        suspects=cells[:3],
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
        lambda r: say(
            "{variable}: maximum {maximum} with {dropped} left out; rank {rank} ({area}"
            ") has {rate}",
            variable=variable,
            maximum=r[0].text,
            dropped=len(top),
            rank=following,
            area=names[following],
            rate=r[1].text,
        ),
        lambda r: say("the same number"),
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
            lambda r: say(
                "{variable}: {mean} over all, {kept} over {n}",
                variable=variable,
                mean=r[0].text,
                kept=r[1].text,
                n=r[2].text,
            ),
            lambda r: say("{value:.4g} over all", value=_full_mean(r[1:])[0]),
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

    def found(r: Readings) -> str:
        least = min(r[4:], key=lambda q: q.value)
        return say(
            "{variable}: {kept} kept, {dropped} left out",
            variable=variable,
            kept=r[3].text,
            dropped=least.text,
        )

    def expected(r: Readings) -> str:
        low, high = cuts(r)
        text = f"{(low + high) / 2:.3g}"
        return say("the rule cuts at {cut}", cut=text)

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

        def found(r: Readings) -> str:
            full = means(r)
            text = f"{' + '.join(f'{m:.4g}' for m, _ in full[1:])} = {full[0][0]:.4g}"
            return say("means with the outliers put back: {sums}", sums=text)

        def expected(r: Readings) -> str:
            return f"{sum(m for m, _ in means(r)[1:]):.4g}"

        yield Constraint(
            "means of groups add", tuple(cells), strain, found, expected, "strong", SAME
        )


def _stated_extreme(page: Page, statement: Statement) -> Iterator[Constraint]:
    """An extreme of all areas, in words: the first of the ranking, or the trimmed minimum."""
    of = statement.get("of", {})
    if of.get("sample") != "all areas" or of.get("statistic") not in ("min", "max"):
        return
    variable, cell = of.get("variable", ""), page.statement(statement)
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
            lambda r: say(
                "{variable}: {statistic} {said} in the text, {printed} in the table",
                variable=variable,
                statistic=STATISTICS[of["statistic"]],
                said=r[0].text,
                printed=r[1].text,
            ),
            lambda r: say("the same number"),
        )
