"""How often do 95% intervals hold the truth, by the records as they are and after correction?

Run: python benchmarks/unseen.py [--censuses 200]
Draws synthetic censuses (shuseki.study.unseen) and writes the table of coverage.
"""

import argparse
import time

import pandas as pd
from rich.progress import Progress
from sections import write_section

from shuseki.study.unseen import ESTIMATORS, Coverage, RecordBias, bias, coverage

TARGETS = {
    "rates": "district rates",
    "finite population": "coefficients, these districts",
    "superpopulation": "coefficients, the law",
    "superpopulation, completed": "the same by T of completed tables",
}


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def by_estimator(found: Coverage) -> str:
    lines = ["| | " + " | ".join(TARGETS.values()) + " |", "|---|" + "---|" * len(TARGETS)]
    lines += [
        f"| {name} | " + " | ".join(percent(found.share(name, to)) for to in TARGETS) + " |"
        for name in ESTIMATORS
    ]
    return "\n".join(lines)


def by_term(found: Coverage) -> str:
    table = found.to_frame()
    table = table[table["target"] != "rates"]
    shown = (ESTIMATORS[0], ESTIMATORS[1], ESTIMATORS[-1])
    heads = [f"{name}: {to}" for name in shown for to in ("these", "law")]
    lines = ["| term | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    cells = table.set_index(["what", "estimator", "target"])["coverage_share"]
    for term in pd.unique(table["what"]):
        shares = [
            percent(cells[term, name, to])
            for name in shown
            for to in ("finite population", "superpopulation")
        ]
        lines.append(f"| {term} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def by_step(found: RecordBias) -> str:
    frame = found.to_frame().drop(columns="constant")
    lines = ["| " + " | ".join(frame.columns) + " |", "|---|" + "---|" * (len(frame.columns) - 1)]
    for row in frame.itertuples(index=False):
        cells = [row[0], f"{row[1]:,}", *(f"{value:.3f}" for value in row[2:])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--censuses", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    start = time.perf_counter()
    with Progress() as bar:
        task = bar.add_task("censuses", total=asked.censuses)
        found = coverage(
            asked.censuses,
            draws=100,
            workers=asked.workers,
            progress=lambda done, total: bar.update(task, completed=done),
        )
    seconds = time.perf_counter() - start
    print(found.to_frame().to_string())
    write_section(
        "unseen",
        f"""## Do intervals hold what the records could not see?

Synthetic data. {found.censuses} censuses, {found.verified:,} candidates verified and
{found.followed:,} plants of 1–3 workers followed up in each, {found.draws} imputations;
{seconds / found.censuses:.1f} s per census. Share of 95% intervals that hold the truth. The first
two rows are of births of four or more workers, the others of births of any size below 20. "These
districts": the coefficients of model 1 on the true rates of the same census; "the law": their mean
over all censuses. Monte Carlo error: about {percent((0.95 * 0.05 / found.censuses) ** 0.5)} for one
coefficient.

{by_estimator(found)}

By term:

{by_term(found)}

One census, errors taken away one after the other:

{by_step(bias())}
""",
    )


if __name__ == "__main__":
    main()
