"""How many slips would the audit find in a paper like mine?

One slip of each sort (a digit, two digits exchanged, a decimal point, a sign, stars, two rows
exchanged) is planted in a random cell of the paper, the paper is audited, and what the audit finds
beyond what it found before is counted. A slip is missed where nothing else in print repeats the
digit.

Takes: printed papers. Gives: ``AuditTrial``, planted, found, and found in the right cell.
Checked: tests/papers/test_trial.py.
Limits: one slip at a time; a last digit changed by one often hides within rounding, so first digits
are changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import Message, listed, say, told
from shuseki.papers.audit import Audit, audit
from shuseki.papers.audit.constraints import ROW_KEYS, Cell, Page, column_name
from shuseki.papers.audit.repairs import EXCHANGED, POINT, slips
from shuseki.papers.printed import PrintedPaper
from shuseki.results import Result, result

__all__ = ["SORTS", "AuditTrial", "Sort", "plant", "try_audit", "with_cell"]

Spoil = Callable[[str, np.random.Generator], str]


class Sort(NamedTuple):
    """A sort of slip: the table and column that it strikes, how it spoils a text, its name."""

    kind: str
    column: str
    spoil: Spoil | None
    name: Message


@result
class AuditTrial(Result):
    """What an audit finds of planted slips.

    Attributes
    ----------
    table
        One row per sort of slip: ``slip``, ``slip_ja``, ``planted``, ``found`` (the audit says
        something new), ``blamed`` (it names the spoilt cell).
    papers
        How many papers were spoilt.
    """

    table: pd.DataFrame
    papers: int

    def headline(self) -> Message:
        """How many were found, and in the right cell."""
        planted, found, blamed = (int(self.table[c].sum()) for c in ("planted", "found", "blamed"))
        return say(
            "{found} of {planted:count(planted slip)} found, {blamed} in the right cell "
            "({papers:count(paper)})",
            found=found,
            planted=planted,
            blamed=blamed,
            papers=self.papers,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per sort of slip."""
        return self.table.copy()


def try_audit(
    papers: PrintedPaper | Sequence[PrintedPaper],
    *,
    repeats: int = 1,
    seed: int = 0,
    sorts: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AuditTrial:
    """Plant slips in papers, one at a time, and count those that the audit finds.

    Parameters
    ----------
    papers
        One or several.
    repeats
        Slips of each sort in each paper.
    seed
        Of the random cells and digits.
    sorts
        Some of ``SORTS`` only.
    progress
        Called with (slips planted, slips in all).

    Raises
    ------
    DataError
        No paper has a cell that a slip could strike.
    UnknownCodeError
        There is no such sort of slip.
    """
    wanted = [*SORTS] if sorts is None else [*sorts]
    if unknown := [name for name in wanted if name not in SORTS]:
        raise UnknownCodeError.among("sort of slip", unknown, SORTS)
    several = (papers,) if isinstance(papers, PrintedPaper) else tuple(papers)
    rows: list[tuple[str, bool, bool]] = []
    total = len(several) * len(wanted) * repeats
    for k, paper in enumerate(several):
        known = {(finding.rule, str(finding.found)) for finding in audit(paper).findings}
        for s, name in enumerate(wanted):
            for again in range(repeats):
                # The same slips, whichever other sorts are wanted.
                rng = np.random.default_rng([seed, k, list(SORTS).index(name), again])
                planted = plant(name, paper, rng)
                if planted is not None:
                    spoilt, cell = planted
                    fresh = list(_new(audit(spoilt), known))
                    rows.append((name, bool(fresh), any(cell in cells for cells in fresh)))
                if progress is not None:
                    progress((k * len(wanted) + s) * repeats + again + 1, total)
    if not rows:
        raise DataError(
            say(
                "None of {n_several} papers has a cell of the kinds that slips strike: "
                "{kinds}. Expected at least one such table. Add one.",
                n_several=len(several),
                kinds=listed(dict.fromkeys(sort.kind for sort in SORTS.values())),
            )
        )
    frame = pd.DataFrame(rows, columns=["slip", "found", "blamed"])
    table = frame.groupby("slip", sort=False, as_index=False).agg(
        planted=("found", "size"), found=("found", "sum"), blamed=("blamed", "sum")
    )
    table.insert(1, "slip_ja", [str(told(SORTS[name].name, "ja")) for name in table["slip"]])
    return AuditTrial(
        table=table,
        papers=len(several),
        notes=(say("Slips are planted at random: they are not findings about the papers."),),
        sources=tuple(dict.fromkeys(paper.source for paper in several)),
    )


def _new(found: Audit, known: set[tuple[str, str]]) -> Iterator[tuple[Cell, ...]]:
    """Cells of the findings that were not there before."""
    for finding in found.findings:
        if (finding.rule, str(finding.found)) not in known:
            yield finding.cells


def plant(
    name: str, paper: PrintedPaper, rng: np.random.Generator
) -> tuple[PrintedPaper, Cell] | None:
    """Plant one slip in a random cell; nothing where the paper has no cell for it.

    Parameters
    ----------
    name
        One of ``SORTS``.

    Returns
    -------
    paper, cell
        The spoilt paper, and where.
    """
    sort = SORTS[name]
    if sort.spoil is None:
        return _rows_exchanged(paper, rng)
    page = Page(paper)
    cells = [cell for cell in page.texts if _strikes(sort, cell)]
    if not cells:
        return None
    cell = cells[rng.integers(len(cells))]
    return with_cell(paper, cell, sort.spoil(page.texts[cell], rng)), cell


def with_cell(paper: PrintedPaper, cell: Cell, text: str) -> PrintedPaper:
    """Print another text in one cell."""
    if cell.kind == "statement":
        return replace(
            paper,
            statements=tuple(
                replace(s, fields={**s.fields, cell.column: text}) if s.id == cell.key[0] else s
                for s in paper.statements
            ),
        )
    table = paper.tables[cell.kind].copy()
    # A question's number of respondents stands in the rows of all its answers.
    here = np.logical_and.reduce(
        [table[name] == code for name, code in zip(ROW_KEYS[cell.kind], cell.key, strict=False)]
    )
    table.loc[here, cell.column] = text
    return replace(paper, tables={**paper.tables, cell.kind: table})


def _strikes(sort: Sort, cell: Cell) -> bool:
    if cell.kind != sort.kind or (cell.kind == "correlations" and cell.key[0] == cell.key[1]):
        return False
    if cell.kind == "fit":
        return cell.key[2] == sort.column and cell.column == "value"
    return cell.column == sort.column


def _rows_exchanged(
    paper: PrintedPaper, rng: np.random.Generator
) -> tuple[PrintedPaper, Cell] | None:
    """Exchange a coefficient (with its t and stars) with the one below it."""
    table = paper.table("coefficients").copy()
    together = (table[["outcome", "model"]] == table[["outcome", "model"]].shift(-1)).all(axis=1)
    if not together.any():
        return None
    at = int(rng.choice(np.flatnonzero(together)))
    columns = ["coefficient", "t", "stars"]
    table.loc[[at, at + 1], columns] = table.loc[[at + 1, at], columns].to_numpy()
    row = table.loc[at]
    key = tuple(str(row[name]) for name in ("outcome", "model", "term"))
    cell = Cell("coefficients", key, "coefficient")
    return replace(paper, tables={**paper.tables, "coefficients": table}), cell


# ---- how a text is spoilt -----------------------------------------------------------------------


def first_digit(text: str, rng: np.random.Generator) -> str:
    """Another first digit that is not zero; the text itself if it has none."""
    at = next((i for i, c in enumerate(text) if c in "123456789"), None)
    if at is None:
        return text
    others = [d for d in "123456789" if d != text[at]]
    return text[:at] + others[rng.integers(len(others))] + text[at + 1 :]


def digits_exchanged(text: str, rng: np.random.Generator) -> str:
    """Two neighbouring digits that differ, exchanged; the text itself if there are none."""
    options = [new for new, slip, _ in slips(text) if slip == EXCHANGED]
    return options[rng.integers(len(options))] if options else text


def point_moved(text: str, rng: np.random.Generator) -> str:
    """The decimal point moved; the text itself if it has none."""
    options = [new for new, slip, _ in slips(text) if slip == POINT]
    return options[rng.integers(len(options))] if options else text


def sign_changed(text: str, rng: np.random.Generator) -> str:
    """A sign lost, or added."""
    return text[1:] if text.startswith("-") else f"-{text}"


def stars_wrong(text: str, rng: np.random.Generator) -> str:
    """One star too many or too few."""
    return {"": "*", "*": "**", "**": "*", "***": "**"}.get(text, "")


STRUCK = (
    ("coefficients", "coefficient"),
    ("coefficients", "t"),
    ("fit", "f_statistic"),
    ("fit", "adjusted_r2"),
    ("descriptives", "mean"),
    ("descriptives", "median"),
    ("descriptives", "sd"),
    ("descriptives", "max"),
    ("correlations", "r"),
    ("shares", "percent"),
)
"""Kinds of table and columns (or fit statistics) that slips strike."""
SIGNED = ("coefficient", "t", "r")
SPOILS: tuple[tuple[Message, Spoil], ...] = (
    (say("first digit"), first_digit),
    (say("exchanged digits"), digits_exchanged),
    (say("moved point"), point_moved),
    (say("sign"), sign_changed),
)
SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        f"{what} of {column}": Sort(
            kind, column, spoil, say("{what} of {column}", what=what, column=column_name(column))
        )
        for kind, column in STRUCK
        for what, spoil in SPOILS
        if spoil in (first_digit, digits_exchanged)
        or (kind != "shares" and spoil is point_moved)
        or column in SIGNED
    }
    | {
        "stars": Sort("coefficients", "stars", stars_wrong, say("stars")),
        "exchanged rows": Sort("coefficients", "coefficient", None, say("exchanged rows")),
    }
)
"""Name → sort of slip."""
