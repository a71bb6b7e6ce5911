"""Does the planner reach the published values, and how fast is it?

``python benchmarks/sourcing.py --instances FOLDER`` reads every instance under a folder, solves it
with the room's own functions, and prints value, bound, seconds and the reference beside it. The
format is told by the folder's name (``gap``, ``fjsp``, ``fjspt``, ``spa_biobj``), or, where no
folder says it, by what is in the file. References stand in the folder or above the instance:
``best_known.csv`` (gap), ``bks.json`` (fjsp), ``reference_cpsat.csv`` (fjspt), ``Y_N_<name>``
(spa_biobj). The last line says how many of the gap, spa_biobj and fjspt instances equal their
reference, and the exit code is 0 only if all do; of fjsp, where not every optimum is known, the
line before says how many reach the best known value.

Without ``--instances`` it times the planner on synthetic clusters and writes its section of
``README.md``.
"""

import argparse
import csv
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from sections import machine, write_section

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory
from shuseki.errors import ShusekiError
from shuseki.sourcing.assignment import assign, partition_front
from shuseki.sourcing.capacity import serve
from shuseki.sourcing.chains import pareto_chains
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import plan
from shuseki.sourcing.scheduling import Operation, in_sequence, schedule

T = TypeVar("T")
FORMATS = ("gap", "spa_biobj", "fjspt", "fjsp")
REQUIRED = ("gap", "spa_biobj", "fjspt")
NOT_INSTANCES = re.compile(r"(^license|^readme|^sources|^y_n_|^\.|\.(csv|json|md|py|jl)$)", re.I)
FJSP_SECONDS, FJSPT_SECONDS, EXACT_SECONDS = 30.0, 120.0, 600.0


@dataclass(frozen=True)
class Solved:
    """Value and bound as they are printed, and whether the value equals a reference."""

    value: str
    bound: str
    reference: str
    equal: bool | None
    """``None`` where there is no reference."""


# ---- reading -------------------------------------------------------------------------------------


def numbers(path: Path) -> list[int]:
    """Every number of a file, without comments; words (job names) are left out."""
    text = re.sub(r"(#|//).*", "", path.read_text(encoding="utf-8-sig", errors="replace"))
    return [int(float(x)) for x in text.replace(",", " ").split() if _is_number(x)]


def rows(path: Path) -> list[list[int]]:
    """The numbers of each line that has any."""
    text = re.sub(r"(#|//).*", "", path.read_text(encoding="utf-8-sig", errors="replace"))
    lines = (
        [x for x in line.replace(",", " ").split() if _is_number(x)] for line in text.splitlines()
    )
    return [[int(float(x)) for x in line] for line in lines if line]


def _is_number(text: str) -> bool:
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def read_gap(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Costs and loads, each agents × jobs, and capacities."""
    m, n, *rest = numbers(path)
    if len(rest) != 2 * m * n + m:
        raise ValueError(f"{len(rest)} numbers after {m} {n}, expected {2 * m * n + m}")
    values = np.array(rest, dtype=float)
    return (
        values[: m * n].reshape(m, n),
        values[m * n : 2 * m * n].reshape(m, n),
        values[2 * m * n :],
    )


def read_fjsp(path: Path) -> list[Operation]:
    """Operations of a flexible job shop; machines from 1."""
    first, *_ = rows(path)
    jobs_n = first[0]
    values = iter(numbers(path)[len(first) :])
    jobs = []
    for _ in range(jobs_n):
        job = []
        for _ in range(next(values)):
            pairs = [(next(values) - 1, next(values)) for _ in range(next(values))]
            job.append(Operation(tuple(m for m, _ in pairs), tuple(t for _, t in pairs)))
        jobs.append(job)
    if list(values) or any(m < 0 for job in jobs for one in job for m in one.machines):
        raise ValueError("numbers are left over, or a machine is not numbered from 1")
    return in_sequence(jobs)


def read_fjspt(path: Path) -> tuple[list[Operation], np.ndarray]:
    """Operations with what comes before each, and transport times; machines from 0."""
    (n, a, k), *rest = [line if i else line[:3] for i, line in enumerate(rows(path))]
    before: list[list[int]] = [[] for _ in range(n)]
    for u, v, *_ in rest[:a]:
        before[v].append(u)
    values = iter([x for line in rest[a:] for x in line])
    operations = []
    for i in range(n):
        pairs = [(next(values), next(values)) for _ in range(next(values))]
        machines, times = tuple(m for m, _ in pairs), tuple(t for _, t in pairs)
        operations.append(Operation(machines, times, tuple(before[i])))
    left = list(values)
    if len(left) < k * k:
        raise ValueError(f"{len(left)} transport times, expected {k} × {k}")
    return operations, np.array(left[: k * k]).reshape(k, k)


def read_spa(path: Path) -> tuple[np.ndarray, list[list[int]], int]:
    """Two costs of each column, the rows that it covers (from 0), and the number of rows."""
    m, n, *rest = numbers(path)
    values = iter(rest)
    costs, members = [], []
    for _ in range(n):
        costs.append((next(values), next(values)))
        members.append([next(values) - 1 for _ in range(next(values))])
    if list(values) or any(not 0 <= row < m for many in members for row in many):
        raise ValueError("numbers are left over, or a row does not exist")
    return np.array(costs, dtype=float), members, m


# ---- references ----------------------------------------------------------------------------------


def beside(path: Path, name: str, top: Path) -> Iterator[Path]:
    """Files of a name in the folder of an instance and above it, up to the top's parent."""
    for folder in [path.parent, *path.parent.parents]:
        if (folder / name).is_file():
            yield folder / name
        if folder == top.parent:
            break


def of_table(path: Path, table: Path, key: str) -> dict[str, str] | None:
    """The row of an instance: its key is the end of its path, with or without ending."""
    with table.open(encoding="utf-8-sig") as file:
        found = {row[key].strip(): row for row in csv.DictReader(file) if row.get(key)}
    parts = [*path.parts[:-1], path.stem] if path.suffix else list(path.parts)
    for count in range(len(parts), 0, -1):
        for name in ("/".join(parts[-count:]), "/".join(path.parts[-count:])):
            if name in found:
                return found[name]
    ends = {
        name.rsplit("/", 1)[-1].removesuffix(".txt").lower(): row for name, row in found.items()
    }
    return ends.get(path.name.lower()) or ends.get(path.stem.lower())


def gap_reference(path: Path, top: Path) -> float | None:
    for table in beside(path, "best_known.csv", top):
        row = of_table(path, table, "Path")
        if row is not None:
            told = row.get("Optimum") or row.get("Best known solution value") or ""
            return float(told) if _is_number(told) else None
    return None


def fjspt_reference(path: Path, top: Path) -> tuple[int, int] | None:
    for table in beside(path, "reference_cpsat.csv", top):
        row = of_table(path, table, "instance")
        if row is not None:
            return int(float(row["with_transport_obj"])), int(float(row["with_transport_bound"]))
    return None


def fjsp_reference(path: Path, top: Path) -> tuple[float, float] | None:
    for table in beside(path, "bks.json", top):
        known = {row["instance"].lower(): row for row in json.loads(table.read_text("utf-8"))}
        row = known.get(path.stem.lower())
        if row is not None:
            return float(row["upper_bound"]), float(row["lower_bound"])
    return None


def front_reference(path: Path) -> np.ndarray | None:
    """The points of ``Y_N_<name>``: seconds, how many, then the points."""
    name = re.sub(r"^bio", "", path.stem, flags=re.I)
    for other in sorted(path.parent.iterdir()):
        if re.fullmatch(rf"Y_N_(bio)?{re.escape(name)}", other.stem, re.I):
            values = [float(x) for x in other.read_text("utf-8").split() if _is_number(x)]
            return np.unique(np.array(values[2:]).reshape(-1, 2), axis=0)
    return None


# ---- solving -------------------------------------------------------------------------------------


def solve_gap(path: Path, top: Path) -> Solved:
    found = assign(*read_gap(path), seconds=EXACT_SECONDS)
    known = gap_reference(path, top)
    if found is None:
        return Solved("infeasible", "–", shown(known), None if known is None else False)
    proved = found.bound >= found.value - 1e-6
    equal = None if known is None else proved and abs(found.value - known) < 1e-6
    return Solved(shown(found.value), shown(found.bound), shown(known), equal)


def solve_spa(path: Path, top: Path) -> Solved:
    costs, members, count = read_spa(path)
    front = partition_front(costs, members, count, seconds=EXACT_SECONDS)
    known = front_reference(path)
    equal = None
    if known is not None:
        equal = np.array_equal(np.unique(front.values, axis=0), known)
    told = "–" if known is None else f"{len(known)} points"
    return Solved(f"{len(front.values)} points", "exact", told, equal)


def solve_fjspt(path: Path, top: Path) -> Solved:
    operations, transport = read_fjspt(path)
    found = schedule(operations, transport, seconds=FJSPT_SECONDS)
    known = fjspt_reference(path, top)
    equal = None
    if known is not None:
        value, bound = known
        equal = found.value == value or (bound < value and bound <= found.value < value)
    told = "–" if known is None else f"{known[0]} (bound {known[1]})"
    if known is not None and found.value < known[0]:
        told += "; not proved, and improved:"
    return Solved(str(found.value), str(found.bound), told, equal)


def solve_fjsp(path: Path, top: Path) -> Solved:
    found = schedule(read_fjsp(path), seconds=FJSP_SECONDS)
    known = fjsp_reference(path, top)
    equal = None if known is None else found.value <= known[0]
    told = "–" if known is None else f"{known[0]:.0f} (bound {known[1]:.0f})"
    return Solved(str(found.value), str(found.bound), told, equal)


SOLVERS: dict[str, Callable[[Path, Path], Solved]] = {
    "gap": solve_gap,
    "spa_biobj": solve_spa,
    "fjspt": solve_fjspt,
    "fjsp": solve_fjsp,
}


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def format_of(path: Path, top: Path) -> str | None:
    """Format by the nearest folder that is named after one, else by what fits."""
    for part in reversed(path.parts[:-1]):
        if part.lower() in FORMATS:
            return part.lower()
    readers: dict[str, Callable[[Path], object]] = {
        "gap": read_gap,
        "spa_biobj": read_spa,
        "fjspt": read_fjspt,
        "fjsp": read_fjsp,
    }
    for name, read in readers.items():
        try:
            read(path)
        except (ValueError, StopIteration, RuntimeError, IndexError, ShusekiError):
            continue
        return name
    return None


def instances(top: Path) -> list[tuple[str, Path]]:
    """Every instance under a folder, format by format."""
    files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
    root = top.parent if top.is_file() else top
    found = []
    for path in files:
        if NOT_INSTANCES.search(path.name):
            continue
        told = format_of(path, root)
        if told is not None and numbers(path):
            found.append((told, path))
    return sorted(found, key=lambda pair: (FORMATS.index(pair[0]), str(pair[1])))


def run_instances(top: Path) -> int:
    found = instances(top)
    if not found:
        print(f"No instance of {', '.join(FORMATS)} in {top}.")
        print("0 of 0")
        return 1
    print(f"{'instance':40} {'value':>12} {'bound':>12} {'seconds':>8}  reference")
    reached = {name: [0, 0] for name in FORMATS}
    for name, path in found:
        started = time.monotonic()
        label = f"{name}/{path.stem if path.suffix else path.name}"
        try:
            solved = SOLVERS[name](path, top)
        except (ShusekiError, ValueError, StopIteration, RuntimeError, IndexError) as error:
            solved = Solved("–", "–", f"not solved: {error or type(error).__name__}", False)
        taken = time.monotonic() - started
        mark = {True: "equal", False: "DIFFERS", None: "no reference"}[solved.equal]
        print(
            f"{label:40} {solved.value:>12} {solved.bound:>12} {taken:8.2f}  "
            f"{solved.reference} {mark}",
            flush=True,
        )
        if solved.equal is not None:
            reached[name][0] += solved.equal
            reached[name][1] += 1
    if reached["fjsp"][1]:
        print(f"fjsp: {reached['fjsp'][0]} of {reached['fjsp'][1]} at the best known value")
    for name in REQUIRED:
        if reached[name][1]:
            print(f"{name}: {reached[name][0]} of {reached[name][1]} at the reference or better")
    good, of = (sum(reached[name][k] for name in REQUIRED) for k in (0, 1))
    print(f"{good} of {of}")
    return 0 if good == of else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=Path, help="folder of published instances")
    given = parser.parse_args()
    if given.instances is not None:
        if not given.instances.exists():
            sys.exit(f"No folder {given.instances}. Expected instances. Check the path.")
        sys.exit(run_instances(given.instances.resolve()))
    time_the_planner()


# ---- the planner itself --------------------------------------------------------------------------


def time_the_planner() -> None:
    """Time the room's promises on synthetic clusters, and write the section of the README."""
    rng = np.random.default_rng(0)
    nodes = [rng.integers(0, 100_000, (300, 3)).astype(float) for _ in range(5)]
    arcs = [rng.integers(0, 100_000, (300, 300, 3)).astype(float) for _ in range(4)]
    small = [layer[:30] for layer in nodes], [arc[:30, :30] for arc in arcs]
    pareto_chains(*small)  # compiled before it is timed
    front, taken = timed(lambda: pareto_chains(nodes, arcs))
    by_enumeration = timed(lambda: enumerated(*small, layers=4))[1]
    by_labels = timed(lambda: pareto_chains(small[0][:4], small[1][:3]))[1]
    firms = synthetic_clusters(1, 600)
    orders = drawn_orders(firms, 200)
    served, all_orders = timed(lambda: serve(orders, firms))
    planned, one_order = timed(lambda: plan(orders[0], firms, draws=0))
    rows = [
        ("front of 5 steps × 300 firms, three objectives", f"{taken:.1f}", f"{len(front)} chains"),
        ("front of 4 steps × 30 firms, label setting", f"{by_labels:.3f}", "810,000 chains"),
        ("the same by going through every chain (numpy)", f"{by_enumeration:.1f}", ""),
        (
            f"plan of one order, {len(orders[0].steps)} steps, 600 synthetic firms",
            f"{one_order:.1f}",
            f"{len(planned.front)} chains",
        ),
        (
            "200 orders × 12 weeks, 600 synthetic firms",
            f"{all_orders:.1f}",
            f"{int(served.orders['served'].sum())} served, gap {served.gap_share:.2%}",
        ),
    ]
    lines = ["| what | CPU seconds | |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    text = (
        "## Planning chains of firms\n\n"
        f"{machine()} Published instances: run the script with `--instances FOLDER`.\n\n"
        + "\n".join(lines)
    )
    print(text)
    write_section("sourcing", text)


def timed(run: Callable[[], T]) -> tuple[T, float]:
    """What a function gives, and the CPU seconds that it took."""
    start = time.process_time()
    return run(), time.process_time() - start


def enumerated(nodes: list[np.ndarray], arcs: list[np.ndarray], layers: int) -> np.ndarray:
    """The front by going through every chain: what a user would write with numpy."""
    total = nodes[0]
    for k in range(1, layers):
        last = np.arange(len(total)) % len(nodes[k - 1])
        total = (total[:, None] + arcs[k - 1][last] + nodes[k][None]).reshape(-1, total.shape[1])
    order = np.lexsort(total.T[::-1])
    front: list[np.ndarray] = []
    for row in total[order]:
        if not front or not (np.array(front) <= row).all(axis=1).any():
            front.append(row)
    return np.array(front)


def drawn_orders(firms: Directory, count: int) -> list[Order]:
    """Orders for what the synthetic firms declare: two to five steps, three to eleven weeks."""
    rng = np.random.default_rng(1)
    common = Counter(c.process for c in firms.capabilities)
    processes = sorted(name for name, many in common.items() if many >= 8)
    placed = date(2026, 1, 5)
    orders = []
    for k in range(count):
        chosen = rng.choice(processes, int(rng.integers(2, 6)), replace=False)
        quantity = int(rng.integers(20, 300))
        steps = tuple(
            OrderStep(str(name), Step(str(name)), (str(chosen[i - 1]),) if i else ())
            for i, name in enumerate(chosen)
        )
        due = placed + timedelta(days=int(rng.integers(21, 80)))
        orders.append(Order(f"order {k}", steps, quantity, placed, due, piece_kg=0.2))
    return orders


if __name__ == "__main__":
    main()
