"""Is the schedule feasible, and optimal where that is known?"""

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from shuseki.errors import ShusekiError
from shuseki.sourcing.assignment import assign, partition_front
from shuseki.sourcing.scheduling import Operation, in_sequence, schedule

INSTANCES = Path(__file__).parents[4] / "shared/data/sourcing"
INSTANCES = next(
    (
        parent / "shared/data/sourcing"
        for parent in Path(__file__).parents
        if (parent / "shared/data/sourcing").is_dir()
    ),
    INSTANCES,
)
needs_instances = pytest.mark.skipif(
    not INSTANCES.is_dir(), reason="needs the published instances, which are not distributed"
)


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark script, which reads the published formats."""
    path = Path(__file__).parents[3] / "benchmarks/sourcing.py"
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("sourcing_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    sys.path.remove(str(path.parent))
    return module


def test_transport_decides_who_goes_on_by_hand() -> None:
    # first on machine 0 (2); then 3 on machine 0, or 1 on machine 1 after a way of 3: 5 against 6
    first, then = Operation((0,), (2,)), Operation((0, 1), (3, 1))
    way = np.array([[0, 3], [3, 0]])
    found = schedule(in_sequence([[first, then]]), way)
    assert (found.value, found.bound, found.machine.tolist()) == (5, 5, [0, 0])
    near = schedule(in_sequence([[first, then]]), np.zeros((2, 2), dtype=int))
    assert (near.value, near.machine.tolist()) == (3, [0, 1])


def test_lateness_by_hand() -> None:
    # one machine; 4 and 3 long, due at 3 and 3, weights 1 and 5: the short one first, 4 late
    operations = [Operation((0,), (4,), due=3, weight=1), Operation((0,), (3,), due=3, weight=5)]
    found = schedule(operations, objective="lateness")
    assert found.value == found.bound == 4
    assert found.start.tolist() == [3, 0]


def test_machines_of_a_kind_work_side_by_side() -> None:
    operations = [Operation((0,), (5,))] * 2
    assert schedule(operations).value == 10
    assert schedule(operations, count=[2]).value == 5


def test_nothing_overlaps_and_all_is_carried() -> None:
    rng = np.random.default_rng(2)
    jobs = [
        [
            Operation(
                tuple(int(m) for m in rng.choice(4, 2, replace=False)),
                tuple(int(t) for t in rng.integers(1, 9, 2)),
            )
            for _ in range(3)
        ]
        for _ in range(4)
    ]
    way = rng.integers(1, 5, (4, 4))
    np.fill_diagonal(way, 0)
    operations = in_sequence(jobs)
    found = schedule(operations, way, seconds=10)
    for k, one in enumerate(operations):
        for before in one.after:
            carried = way[found.machine[before], found.machine[k]]
            assert found.start[k] >= found.end[before] + carried
    for m in range(4):
        own = np.flatnonzero(found.machine == m)
        order = own[np.argsort(found.start[own])]
        assert (found.start[order][1:] >= found.end[order][:-1]).all()
    assert found.bound <= found.value == found.end.max()


@pytest.mark.parametrize(
    "operations",
    [
        [Operation((), ())],
        [Operation((0,), (1, 2))],
        [Operation((0,), (-1,))],
        [Operation((-1,), (1,))],
        [Operation((0,), (1,), after=(5,))],
        [Operation((0,), (1,), after=(0,))],
        [Operation((0,), (1,), after=(1,)), Operation((0,), (1,), after=(0,))],
        [Operation((0,), (2**50,))],
    ],
)
def test_operations_that_cannot_be_done_are_refused(operations: list[Operation]) -> None:
    with pytest.raises(ShusekiError):
        schedule(operations)


def test_transport_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ShusekiError, match="Transport"):
        schedule([Operation((3,), (1,))], np.zeros((2, 2), dtype=int))
    with pytest.raises(ShusekiError, match="Transport"):
        schedule([Operation((0,), (1,))], -np.ones((1, 1), dtype=int))
    assert schedule([]).value == 0


# ---- assignment and partition --------------------------------------------------------------------


def test_an_assignment_without_room_is_none() -> None:
    assert assign(np.ones((1, 2)), np.ones((1, 2)), np.array([1.0])) is None


def test_assignments_are_those_of_enumeration() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        cost, load = rng.integers(1, 20, (3, 5)), rng.integers(1, 9, (3, 5))
        capacity = rng.integers(8, 20, 3)
        best = np.inf
        for agents in np.ndindex(*(3,) * 5):
            used = np.bincount(agents, load[list(agents), range(5)], 3)
            if (used <= capacity).all():
                best = min(best, cost[list(agents), range(5)].sum())
        found = assign(cost, load, capacity)
        assert (np.inf if found is None else found.value) == best


@pytest.mark.parametrize("bad", [(-1.0, 1.0), (1.0, -1.0)])
def test_loads_below_zero_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(ShusekiError):
        assign(np.ones((1, 1)), np.array([[bad[0]]]), np.array([bad[1]]))


def test_a_front_of_partitions_by_hand() -> None:
    # {0,1} at once for (5, 1) or (6, 9); apart for (1, 4) + (1, 4)
    costs = np.array([[5, 1], [6, 9], [1, 4], [1, 4]])
    front = partition_front(costs, [[0, 1], [0, 1], [0], [1]], 2)
    assert front.values.tolist() == [[2, 8], [5, 1]]
    assert front.columns.tolist() == [[False, False, True, True], [True, False, False, False]]
    assert len(partition_front(costs[:1], [[0]], 2).values) == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_front_of_partitions_equals_every_choice_tried(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = 5, 12
    members = [sorted(rng.choice(rows, rng.integers(1, 4), replace=False)) for _ in range(columns)]
    costs = rng.integers(-3 if seed % 3 == 0 else 1, 30, (columns, 2))
    cover = np.zeros((columns, rows), dtype=int)
    for k, many in enumerate(members):
        cover[k, many] = 1
    choices = (np.arange(2**columns)[:, None] >> np.arange(columns)) & 1
    values = (choices @ costs)[(choices @ cover == 1).all(axis=1)]
    best = {
        tuple(one)
        for one in values.tolist()
        if not ((values <= one).all(axis=1) & (values < one).any(axis=1)).any()
    }
    front = partition_front(costs, members, rows)
    assert front.values.tolist() == [list(map(float, one)) for one in sorted(best)]
    for chosen, value in zip(front.columns, front.values, strict=True):
        assert (chosen @ cover == 1).all()
        assert (chosen @ costs).tolist() == value.tolist()


# ---- published instances -------------------------------------------------------------------------


@needs_instances
def test_published_small_instances_equal_their_reference(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in (
        "gap/best_known.csv",
        "gap/cattrysse1994/gap1-0",
        "fjspt/reference_cpsat.csv",
        "fjspt/FMJ/sfjs07.txt",
        "fjspt/FMJ/README.txt",
        "spa_biobj/biodidactic.txt",
        "spa_biobj/Y_N_didactic.txt",
        "fjsp/bks.json",
        "fjsp/KacemHammadiBorne2002/kacem1.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((INSTANCES / name).read_bytes())
    assert bench.run_instances(tmp_path) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "3 of 3"
    assert any(line.startswith("fjsp: 1 of 1") for line in said)


@needs_instances
def test_a_wrong_reference_is_told(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "gap").mkdir()
    (tmp_path / "gap/gap1-0").write_bytes((INSTANCES / "gap/cattrysse1994/gap1-0").read_bytes())
    with (INSTANCES / "gap/best_known.csv").open() as table:
        rows = list(csv.reader(table))
    with (tmp_path / "gap/best_known.csv").open("w", newline="") as table:
        csv.writer(table).writerows(
            [rows[0], *([row[0], *row[1:-2], "1", "1"] for row in rows[1:])]
        )
    assert bench.run_instances(tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 1"


def test_an_empty_folder_is_told(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert bench.run_instances(tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 0"
