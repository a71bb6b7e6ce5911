"""Can whole numbers of respondents give these percentages?

Rules, for answers of a survey printed as percentages of n respondents:

- every percentage is that of a whole count (GRIM, applied to shares);
- the answers of a question that allows one answer add up to all respondents;
- where one answer excludes the others ("none of these"), no other is larger than what it leaves,
  and the others together reach what it leaves.

Too much is certain. Too little has another explanation, that some respondents counted in n gave no
answer, so that side is strong.
"""

from collections.abc import Iterator

import numpy as np

from shuseki.language import Message, say
from shuseki.papers.audit.constraints import Cell, Constraint, Page, Reading, Readings
from shuseki.papers.shares import share_interval, whole_counts

__all__ = ["constraints"]

EVERYONE = say("every respondent counted in n gave an answer")


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything percentages of respondents must satisfy."""
    table = page.paper.table("shares")
    for question, rows in table[table["percent"] != ""].groupby("question", sort=False):
        name = str(question)
        n = page.respondents(name)
        cells = {
            kind: [page.share(name, str(answer)) for answer in of_kind["answer"]]
            for kind, of_kind in rows.groupby("kind", sort=False)
        }
        if n not in page:
            continue
        for cell in (cell for several in cells.values() for cell in several):
            yield _whole(page, cell, n)
        if "single" in cells:
            yield from _add_up(page, name, cells["single"], n)
        if "exclusive" in cells and "multiple" in cells:
            yield from _exclusive(page, name, cells["exclusive"], cells["multiple"], n)


def counts(share: Reading, n: Reading) -> tuple[int, int]:
    """Least and greatest count that print as a percentage; the least is larger when none does."""
    low, high = share_interval(share.text)
    least, greatest = whole_counts(np.array([low]), np.array([high]), np.array([int(n.value)]))
    return int(least[0]), int(greatest[0])


def _whole(page: Page, cell: Cell, n: Cell) -> Constraint:
    def strain(r: Readings) -> float:
        least, greatest = counts(r[0], r[1])
        return 0.0 if least <= greatest else np.inf

    def nearest(r: Readings) -> Message:
        low, _ = share_interval(r[0].text)
        size = max(r[1].value, 1.0)
        below = np.floor(low * size)
        return say(
            "{low:.2f}% or {high:.2f}%", low=100 * below / size, high=100 * (below + 1) / size
        )

    return Constraint(
        "percentage of a whole count",
        (cell, n),
        strain,
        lambda r: say(
            "{row}: {percent}% of {n}",
            row=page.row_label(cell),
            percent=r[0].text.removesuffix("%"),
            n=r[1].text,
        ),
        nearest,
    )


def _add_up(page: Page, question: str, answers: list[Cell], n: Cell) -> Iterator[Constraint]:
    """Answers of which each respondent gave one."""
    cells = (n, *answers)

    def totals(r: Readings) -> tuple[int, int]:
        ends = [counts(share, r[0]) for share in r[1:]]
        # A percentage of no whole count is for the other rule; it is widened to its neighbours.
        return sum(min(one) for one in ends), sum(max(one) for one in ends)

    def found(r: Readings) -> Message:
        return say(
            "{question}: {sum:.5g}% in all",
            question=page.name(question),
            sum=sum(50 * sum(share_interval(share.text)) for share in r[1:]),
        )

    yield Constraint(
        "answers add up",
        cells,
        lambda r: 0.0 if totals(r)[0] <= r[0].value else np.inf,
        found,
        lambda r: say("100% of {n}", n=r[0].text),
    )
    yield Constraint(
        "answers add up",
        cells,
        lambda r: 0.0 if totals(r)[1] >= r[0].value else np.inf,
        found,
        lambda r: say("100% of {n}", n=r[0].text),
        "strong",
        EVERYONE,
    )


def _exclusive(
    page: Page, question: str, alone: list[Cell], others: list[Cell], n: Cell
) -> Iterator[Constraint]:
    """Answers beside one that excludes them."""

    def left(r: Readings) -> tuple[int, int]:
        """Fewest and most respondents that the exclusive answers leave: readings are n, alone."""
        ends = [counts(share, r[0]) for share in r[1 : 1 + len(alone)]]
        size = int(r[0].value)
        return size - sum(max(one) for one in ends), size - sum(min(one) for one in ends)

    for cell in others:
        yield Constraint(
            "answers beside an exclusive one",
            (n, *alone, cell),
            lambda r: 0.0 if min(counts(r[-1], r[0])) <= left(r)[1] else np.inf,
            lambda r, cell=cell: say(
                "{row}: {percent}% of {n}",
                row=page.row_label(cell),
                percent=r[-1].text.removesuffix("%"),
                n=r[0].text,
            ),
            lambda r: say("at most the {n} respondents left", n=left(r)[1]),
        )
    yield Constraint(
        "answers beside an exclusive one",
        (n, *alone, *others),
        lambda r: (
            0.0
            if sum(max(counts(share, r[0])) for share in r[1 + len(alone) :]) >= left(r)[0]
            else np.inf
        ),
        lambda r: say(
            "{question}: {n} answers in all",
            question=page.name(question),
            n=sum(max(counts(share, r[0])) for share in r[1 + len(alone) :]),
        ),
        lambda r: say("at least one of each of the {n} respondents left", n=left(r)[0]),
        "strong",
        EVERYONE,
    )
