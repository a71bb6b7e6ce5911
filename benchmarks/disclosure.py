"""How much of a table is written, beside what the hypercube method would suppress?

Random two-way tables of counts with margins, as of births by area and industry. For each the
figures that are written by the control of disclosure, and by hypercube suppression (Repsilber 1994;
GHMITER of τ-argus): every sensitive cell becomes a corner of a hypercube whose other corners are
suppressed too, repeated until every suppressed cell is one. Both are then attacked by the same
integer programs: a suppressed cell whose interval is narrower than 3 establishments is found.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.release.disclosure.audit import Attack
from shuseki.release.disclosure.figures import COUNT, Ledger, Universe
from shuseki.release.disclosure.rules import Rules
from shuseki.release.disclosure.suppression import suppress

sys.path.insert(0, str(Path(__file__).parent))
from sections import machine, write_section

TABLES = 100


def with_margins(counts: np.ndarray) -> np.ndarray:
    """Add the margins and the total as a last row and column."""
    wide = np.column_stack([counts, counts.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)])


def hypercube(table: np.ndarray, threshold: int = 3, width: int = 3) -> np.ndarray:
    """Suppress by hypercubes: of a two-way table with margins, by rectangles.

    A rectangle protects a cell when the corners that move with and against it leave the width asked
    (Giessing and Repsilber 2002). The one that costs fewest new cells is taken, of those the one of
    the smallest sum. Zeros are no corners.
    """
    rows, columns = table.shape
    hidden = (table > 0) & (table < threshold)
    todo = list(zip(*np.nonzero(hidden), strict=True))
    done = set()
    while todo:
        r, c = todo.pop()
        if (r, c) in done:
            continue
        done.add((r, c))
        best = None
        for other_r, other_c in ((i, j) for i in range(rows) for j in range(columns)):
            if other_r == r or other_c == c:
                continue
            corners = [(other_r, c), (r, other_c), (other_r, other_c)]
            values = [table[one] for one in corners]
            if min(values) <= 0:
                continue
            # up: the two beside fall; down: the cell and the opposite one fall
            room = min(values[0], values[1]) + min(table[r, c], values[2])
            new = sum(not hidden[one] for one in corners)
            cost = (room < width, new, sum(values))
            if best is None or cost < best[0]:
                best = (cost, corners)
        if best is None:  # alone in its row and column: the margins are it
            corners = [(r, columns - 1), (rows - 1, c), (rows - 1, columns - 1)]
        else:
            corners = best[1]
        for one in corners:
            if not hidden[one] and table[one] > 0:
                hidden[one] = True
                todo.append(one)
    return hidden


def ledger_of(counts: np.ndarray) -> tuple[Ledger, dict[tuple[int, int], int]]:
    """The figures of a table with margins."""
    areas, industries = counts.shape
    frame = pd.DataFrame(
        [(f"{a}", f"{i}", counts[a, i]) for a in range(areas) for i in range(industries)],
        columns=["area", "industry", "count"],
    )
    universe = Universe.from_frame("births", frame, ["area", "industry"])
    ledger = Ledger({"births": universe})
    at = {}
    for a in range(areas + 1):
        for i in range(industries + 1):
            named = {"area": [str(a) if a < areas else "all"],
                     "industry": [str(i) if i < industries else "all"]}  # fmt: skip
            at[a, i] = ledger.figure("births", universe.rows(named, 1)[0])
    return ledger, at


def found(ledger: Ledger, hidden: np.ndarray, asked: np.ndarray) -> int:
    """Suppressed figures whose interval is narrower than the threshold."""
    attack = Attack(ledger.sums, ledger.known, ledger.values(COUNT), ~hidden, whole=True)
    spans = [attack.of(int(f)) for f in np.flatnonzero(hidden & asked)]
    return sum(not high - low >= 3 for low, high in spans)


def measure() -> pd.DataFrame:
    """One row per table and method."""
    rng = np.random.default_rng(2026)
    rows = []
    for number in range(TABLES):
        shape = (int(rng.integers(3, 8)), int(rng.integers(2, 6)))
        counts = rng.poisson(rng.gamma(0.8, rng.choice([1.5, 4.0, 10.0]), shape))
        table = with_margins(counts)
        ledger, at = ledger_of(counts)
        if len(ledger) == 0:
            continue
        everything = np.ones(len(ledger), dtype=bool)
        started = time.perf_counter()
        pattern = suppress(ledger, Rules())
        seconds = time.perf_counter() - started
        ours = np.array([[f >= 0 and pattern.suppressed[f] for f in row]
                         for row in grid(at, table.shape)])  # fmt: skip
        theirs = hypercube(table)
        hidden = np.zeros(len(ledger), dtype=bool)
        for place, figure in at.items():
            if figure >= 0 and theirs[place]:
                hidden[figure] = True
        cells = table > 0
        for method, gone, pattern_of, took in (
            ("shuseki", ours, pattern.suppressed, seconds),
            ("hypercube", theirs, hidden, np.nan),
        ):
            rows.append(
                {
                    "table": number,
                    "method": method,
                    "cells": int(cells.sum()),
                    "suppressed": int((gone & cells).sum()),
                    "found": found(ledger, pattern_of, everything),
                    "seconds": took,
                }
            )
    return pd.DataFrame(rows)


def grid(at: dict[tuple[int, int], int], shape: tuple[int, int]) -> list[list[int]]:
    """Figures in the shape of the table."""
    return [[at[a, i] for i in range(shape[1])] for a in range(shape[0])]


def main() -> None:
    """Measure, and write the section."""
    frame = measure()
    told = frame.groupby("method", sort=False).agg(
        cells=("cells", "sum"),
        suppressed=("suppressed", "sum"),
        found=("found", "sum"),
        seconds=("seconds", "median"),
    )
    told["released"] = 1 - told["suppressed"] / told["cells"]
    wide = frame.pivot(index="table", columns="method", values="suppressed")
    no_fewer = float((wide["shuseki"] <= wide["hypercube"]).mean())
    lines = [
        "## Disclosure: how much is written",
        "",
        f"{len(wide)} random two-way tables of counts with margins (3 to 7 areas, 2 to 5 "
        "industries), threshold 3; cells that are not 0, margins among them. *Found*: suppressed "
        "cells that an attack by integer programs narrows to less than 3 establishments.",
        "",
        "| method | cells | suppressed | released | found | median seconds a table |",
        "|---|---|---|---|---|---|",
    ]
    for method, row in told.iterrows():
        seconds = "–" if np.isnan(row["seconds"]) else f"{row['seconds']:.2f}"
        lines.append(
            f"| {method} | {row['cells']:,.0f} | {row['suppressed']:,.0f} | "
            f"{row['released']:.1%} | {row['found']:,.0f} | {seconds} |"
        )
    lines += [
        "",
        f"No more cells are suppressed than by hypercubes in {no_fewer:.0%} of the tables. "
        f"{machine()}",
    ]
    write_section("disclosure", "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
