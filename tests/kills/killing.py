"""Kill our own work at random moments, and look at what is left; a script for ``test_kills``.

    python killing.py KIND[,KIND…] TRIALS SEED FOLDER

The process imports everything, also what a first child had to import on its way, and forks a child
for each trial: so a kill falls into the work. The child works as the command line does; after a
random share of the time that the work takes it gets SIGKILL, SIGTERM or SIGINT. Then the place is
looked at, another child does the same work undisturbed ("the next start"), and the place is looked
at again. A program that outlives a kill (a browser) is waited for first. Prints one line of JSON
for each kind, with the counts; every fault is named.
"""

import contextlib
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from shuseki.cli import stopping
from shuseki.disk import fingerprint
from shuseki.reading.lines import scan
from shuseki.records.ingest import ingest
from shuseki.records.store import Store
from shuseki.release import whole_folder
from shuseki.release.folders import _why_foreign
from shuseki.report.exports import write_tables
from shuseki.report.tables import Table
from shuseki.sources import Source
from shuseki.study.run import run

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
HEADER = "wave,id,municipality,industry,employees\n"
N = 3000


def wave(place: Path, name: str, year: int, employees: int) -> Path:
    rows = (f"{year},{k},01202,H01,{employees}\n" for k in range(N))
    path = place / name
    path.write_text(HEADER + "".join(rows))
    return path


def in_child(work: Callable[[], None], wait: float | None = None, number: int = 0) -> int:
    """Do work in a forked child, kill it after a while if asked, and give its exit status."""
    child = os.fork()
    if not child:
        code = 9
        try:
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, 1)
            with stopping():
                work()
            code = 0
        except BaseException as error:
            if not isinstance(error, Exception):
                code = 8  # stopped
            elif number == 0:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(code)
    if wait is not None:
        time.sleep(wait)
        os.kill(child, number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def state(place: Path) -> dict[str, str]:
    return {
        str(path.relative_to(place)): fingerprint(path)["sha256"]
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def programs_end(place: Path) -> None:
    """Wait for programs that a killed child started there, such as a browser that prints."""
    for _ in range(600):
        running = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                running.append(str(place).encode() in process.read_bytes())
        if not any(running):
            return
        time.sleep(0.1)
    raise AssertionError(f"a program still runs in {place}")


def left_over(*places: Path) -> list[str]:
    found = [path.name for place in places for path in place.rglob(".shuseki-*")]
    return found + [path.name for place in places for path in place.rglob("duckdb_temp*")]


class Ingest:
    """A second wave comes into a store; the first must stay as it is."""

    def __init__(self, place: Path) -> None:
        self.store = place / "store"
        self.first = wave(place, "w98.csv", 1998, 5)
        self.second = wave(place, "w00.csv", 2000, 7)

    def prepare(self) -> None:
        ingest(self.first, self.store)

    def work(self) -> None:
        ingest(self.second, self.store)

    def look(self, *, done: bool) -> None:
        store = Store.open(self.store)
        rows = store.establishments().group_by("wave").agg(n=lambda t: t.count()).to_pandas()
        found = dict(zip(rows["wave"], rows["n"], strict=True))
        allowed = [{1998: N, 2000: N}] if done else [{1998: N}, {1998: N, 2000: N}]
        assert found in allowed, found

    def places(self) -> list[Path]:
        return [self.store]

    def kept(self) -> dict[str, str]:
        return {name: told for name, told in state(self.store).items() if "w98" in name}


class Replace(Ingest):
    """A corrected wave takes the place of its earlier delivery: the old one or the new, once."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        (place / "again").mkdir()
        self.second = wave(place / "again", "w98.csv", 1998, 7)

    def work(self) -> None:
        ingest(self.second, self.store, replace=True)

    def look(self, *, done: bool) -> None:
        table = Store.open(self.store).establishments()
        found = (int(table.count().execute()), int(table.employees.sum().execute()))
        allowed = [(N, 7 * N)] if done else [(N, 5 * N), (N, 7 * N)]
        assert found in allowed, found

    def kept(self) -> dict[str, str]:
        return {}


class Write:
    """A folder of tables replaces an earlier one: the old or the new, whole."""

    def __init__(self, place: Path) -> None:
        self.out = place / "out"
        source = Source("u", "u", "2020", origin="user")
        frame = pd.DataFrame({"area": [f"{k:05d}" for k in range(400)], "x": range(400)})
        self.tables = [
            Table(name=f"t{k}", title=("T", "表"), frame=frame, sources=(source,)) for k in range(3)
        ]

    def prepare(self) -> None:
        with whole_folder(self.out) as folder:
            (folder / "old.csv").write_text("old")

    def work(self) -> None:
        with whole_folder(self.out) as folder:
            write_tables(self.tables, folder / "tables")

    def look(self, *, done: bool) -> None:
        if not self.out.exists():  # between the two renames; the next start puts it back
            assert not done
            assert [*self.out.parent.glob(".shuseki-*/kept/old.csv")]
            return
        assert _why_foreign(self.out) == ""
        names = {path.name for path in self.out.iterdir()}
        allowed = [{"manifest.json", "tables"}]
        assert names in (allowed if done else [*allowed, {"manifest.json", "old.csv"}]), names

    def places(self) -> list[Path]:
        return [self.out.parent]

    def kept(self) -> dict[str, str]:
        return {}


STUDY = """
[study]
name = "mine"
title = "Mine"
[records]
source = "files"
[[records.waves]]
file = "w98.csv"
[[records.waves]]
file = "w00.csv"
[births]
at = 2000
since = 1998
[region]
division = "prefecture"
[accounts]
source = "public"
[entry]
robustness = false
outliers = "none"
[[entry.equations]]
outcome = "START"
model = "1"
terms = ["UNEMPL", "MRATIO"]
"""


class Study(Write):
    """A study whose records lie in a temporary store replaces an earlier run."""

    def __init__(self, place: Path) -> None:
        self.out = place / "out"
        self.study = place / "study.toml"
        self.study.write_text(STUDY)
        rng = random.Random(1)
        codes = [f"{k:02d}201" for k in range(1, 48) if k != 13]
        for year, n in ((1998, N), (2000, 2 * N)):
            rows = (f"{year},{k},{rng.choice(codes)},H01,{rng.randint(4, 40)}\n" for k in range(n))
            (place / f"w{year % 100:02d}.csv").write_text(HEADER + "".join(rows))

    def work(self) -> None:
        run(self.study, out=self.out)

    def look(self, *, done: bool) -> None:
        if not self.out.exists():
            assert not done
            assert [*self.out.parent.glob(".shuseki-*/kept/old.csv")]
            return
        assert _why_foreign(self.out) == ""
        assert not done or (self.out / "report.html").is_file()

    def kept(self) -> dict[str, str]:
        found = state(self.study.parent)
        return {name: told for name, told in found.items() if name in ("w98.csv", "w00.csv")}


def command(*words: object) -> None:
    """Answer as the command line does; a refusal is a fault of the trial."""
    import shuseki.cli as cli

    sys.argv = ["shuseki", *map(str, words)]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            cli.app()
        except SystemExit as left:
            if left.code not in (0, 1, None):
                raise


def register(place: Path, name: str, n: int, seed: int) -> Path:
    rng = random.Random(seed)
    rows = (
        f"{k},製作所{rng.randint(0, 40)},大田区{rng.randint(1, 9)},13111,H01,{rng.randint(1, 40)}\n"
        for k in range(n)
    )
    path = place / name
    path.write_text("id,name,address,municipality,industry,employees\n" + "".join(rows))
    return path


class Link:
    """Links and pairs to look at take the place of an earlier file: the old one or the new."""

    def __init__(self, place: Path) -> None:
        self.place, self.out = place / "out", place / "out" / "links.csv"
        self.out.parent.mkdir()
        self.files = [register(place, f"{side}.csv", 60, seed) for seed, side in enumerate("ab")]

    def prepare(self) -> None:
        self.out.write_text("old")

    def work(self) -> None:
        command("link", *self.files, "--draws", 0, "--out", self.out,
                "--review", self.place / "review.csv")  # fmt: skip

    def look(self, *, done: bool) -> None:
        text = self.out.read_text("utf-8-sig")
        assert text.startswith("left,") or (text == "old" and not done), text[:80]
        names = {path.name for path in self.place.iterdir() if path.name[0] != "."}
        assert names <= {"links.csv", "review.csv"}, names

    def places(self) -> list[Path]:
        return [self.place]

    def kept(self) -> dict[str, str]:
        return {name: told for name, told in state(self.files[0].parent).items() if "/" not in name}


class Import:
    """A corrected list of firms comes into a registry: all of the old list or all of the new."""

    N = 60

    def __init__(self, place: Path) -> None:
        self.place, self.store = place / "out", place / "out" / "ota.sqlite"
        self.place.mkdir()
        for name, size in (("old", 20), ("new", 500)):
            rows = (f"{k},製作所{k},13111,旋盤,{size}以下\n" for k in range(self.N))
            (place / f"{name}.csv").write_text(
                "id,name,municipality,processes,size\n" + "".join(rows)
            )

    def _take(self, name: str) -> None:
        command("directory", "import", self.place.parent / f"{name}.csv", "--store", self.store,
                "--cluster", "ota", "--layout", "house")  # fmt: skip

    def prepare(self) -> None:
        self._take("old")

    def work(self) -> None:
        self._take("new")

    def look(self, *, done: bool) -> None:
        import sqlite3

        connection = sqlite3.connect(self.store)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute(
            "SELECT size_max_mm, count(*) FROM capabilities GROUP BY 1"
        ).fetchall()
        allowed = [[(500.0, self.N)]] if done else [[(20.0, self.N)], [(500.0, self.N)]]
        assert found in allowed, found

    def places(self) -> list[Path]:
        return [self.place]

    def kept(self) -> dict[str, str]:
        return {n: told for n, told in state(self.place.parent).items() if n.endswith(".csv")}


class ImportNew(Import):
    """A list makes a registry: the registry with all of the list, or none."""

    def prepare(self) -> None:
        pass

    def look(self, *, done: bool) -> None:
        left = {path.name for path in self.place.iterdir() if path.name[0] != "."}
        assert left <= {"ota.sqlite", "ota.key"}, left
        if done or left:
            super().look(done=True)


class Check(Link):
    """A judgement of a table made elsewhere takes the place of an earlier file."""

    def __init__(self, place: Path) -> None:
        self.place, self.out, self.store = place / "out", place / "out" / "c.csv", place / "store"
        self.place.mkdir()
        self.files = [wave(place, "w00.csv", 2000, 5), place / "counts.csv"]
        self.files[1].write_text(
            f"municipality,industry,establishments,employees\n01202,H01,{N},{5 * N}\n"
        )

    def prepare(self) -> None:
        self.out.write_text("old")
        ingest(self.files[0], self.store)

    def work(self) -> None:
        command("check-output", self.files[1], "--against", self.store, "--out", self.out)

    def look(self, *, done: bool) -> None:
        assert self.out.read_text("utf-8-sig") != "old" or not done
        assert [path.name for path in self.place.iterdir() if path.name[0] != "."] == ["c.csv"]
        Store.open(self.store)


class Karte(Write):
    """The profile of an area takes the place of an earlier folder."""

    def __init__(self, place: Path) -> None:
        self.out = place / "out"

    def work(self) -> None:
        command("profile", "154", "--out", self.out)

    def look(self, *, done: bool) -> None:
        if not self.out.exists():
            assert not done
            assert [*self.out.parent.glob(".shuseki-*/kept/old.csv")]
            return
        assert _why_foreign(self.out) == ""
        assert not done or (self.out / "profile.html").is_file()


KINDS: dict[str, type[Any]] = {
    "ingest": Ingest, "replace": Replace, "write": Write, "run": Study, "link": Link,
    "import": Import, "import new": ImportNew, "check-output": Check, "profile": Karte,
}  # fmt: skip


def load_what_it_imports(case: Any, note: Path) -> None:
    """Let a child do the work, and import here what it had to import."""

    def work() -> None:
        case.work()
        note.write_text("\n".join(sys.modules), encoding="utf-8")

    if in_child(work) == 0:
        for name in note.read_text(encoding="utf-8").splitlines():
            if name not in sys.modules:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
    scan(b"1,2\n", 2, ",", final=True)


def kill(name: str, trials: int, seed: str, folder: str) -> dict[str, object]:
    """Kill one kind of work at random moments: the counts."""
    kind, rng = KINDS[name], random.Random(f"{name} {seed}")
    counts: Counter[str] = Counter()
    faults: list[str] = []
    seconds = 0.0
    for trial in range(-2, trials):
        place = Path(folder, f"{name}{trial}")
        temporary = place / "tmp"
        temporary.mkdir(parents=True)
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None
        case = kind(place)
        if in_child(case.prepare):
            faults.append(f"{trial}: not prepared")
            continue
        before = case.kept()
        if trial == -2:
            load_what_it_imports(case, place / "imports")
            continue
        started = time.perf_counter()
        if trial == -1:  # how long the work takes
            in_child(case.work)
            seconds = time.perf_counter() - started
            continue
        number = SIGNALS[trial % 3]
        code = in_child(case.work, rng.uniform(0, seconds), number)
        sent = number.name
        counts[f"{sent} {'finished' if code == 0 else 'stopped'}"] += 1
        after = left_over(temporary, *case.places())
        counts[f"{sent} left behind"] += bool(after)
        if after and number != signal.SIGKILL:
            faults.append(f"{trial}: {sent} left {after}")
        programs_end(temporary)
        if any(not (folder / "lock").exists() for folder in temporary.parent.rglob(".shuseki-*")):
            time.sleep(1.1)  # without its lock it may be in the making: the next start leaves it
        if in_child(partial(case.look, done=False)):
            faults.append(f"{trial}: damaged after {sent}")
        if in_child(case.work):
            faults.append(f"{trial}: the next start failed after {sent}")
        if in_child(partial(case.look, done=True)):
            faults.append(f"{trial}: damaged after the next start")
        if case.kept() != before:
            faults.append(f"{trial}: what was there changed")
        if still := left_over(temporary, *case.places()):
            faults.append(f"{trial}: still there after the next start: {still}")
    return {"trials": trials, "seconds": round(seconds, 2), **counts, "faults": faults}


def main() -> None:
    kinds, trials, seed, folder = sys.argv[1:]
    for name in kinds.split(","):
        sys.stdout.write(json.dumps(kill(name, int(trials), seed, folder)) + "\n")


if __name__ == "__main__":
    main()
