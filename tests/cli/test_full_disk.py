"""What happens when the disk fills up: a refusal in words, nothing damaged, nothing left behind.

A small disk in memory (tmpfs) is filled but for some kilobytes, and is in turn the place of the
output, of the store, and of temporary files. Where it may not be mounted, the tests are skipped.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import shuseki.cli as cli
from shuseki.disk import sweep
from shuseki.errors import OutputError

OTHER = runpy.run_path(str(Path(__file__).with_name("test_malformed_files.py")))
GOOD: dict[str, str] = OTHER["GOOD"]
answered: Callable[[Sequence[str], pytest.MonkeyPatch], tuple[int, str]] = OTHER["answered"]
FILLER = "filler"
ROOM = (0, 8, 64, 1024)
"""Kilobytes left."""
MANY = "wave,id,municipality,industry,employees\n" + "".join(
    f"{{year}},{k},01202,H0{k % 2 + 1},{k % 40 + 1}\n" for k in range(20_000)
)
COMMANDS = {
    "births": ("births", "{store}", "--from", "1998", "--to", "2000", "--output", "{disk}/b.csv"),
    "link": ("link", "{left.csv}", "{right.csv}", "--draws", "0", "--out", "{disk}/l.csv",
             "--review", "{disk}/r.csv"),
    "audit": ("audit", "--from", "{table.csv}", "--output", "{disk}/a.xlsx"),
    "audit new": ("audit", "--new", "{disk}/paper"),
    "survey": ("survey", "{answers.csv}", "--questions", "{questions.csv}", "--out",
               "{disk}/s.html"),
    "check-output": ("check-output", "{counts.csv}", "--against", "{store}", "--out",
                     "{disk}/c.csv"),
    "ingest": ("ingest", "{w98.csv}", "--store", "{disk}/store"),
    "directory import": ("directory", "import", "{firms.csv}", "--store", "{disk}/r.sqlite",
                         "--cluster", "ota"),
}  # fmt: skip
LONG = {
    "profile": ("profile", "154", "--out", "{disk}/profile"),
    "plan": ("plan", "{order.toml}", "--draws", "0", "--figure", "{disk}/p.html"),
    "run": ("run", "companies-2021-2026", "--out", "{disk}/run"),
}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path_factory.mktemp("disk")
    mount = shutil.which("mount")
    asked = [mount or "mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if mount is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk in memory")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good files, and a store of two waves."""
    from shuseki.records.ingest import ingest

    place = tmp_path_factory.mktemp("inputs")
    for name, text in GOOD.items():
        (place / name).write_text(text, encoding="utf-8")
    for year in (1998, 2000):
        wave = place / f"w{year % 100:02d}.csv"
        wave.write_text(MANY.replace("{year}", str(year)))
        ingest(wave, place / "store")
    return place


def fill(disk: Path, kilobytes: int) -> None:
    """Leave this much room."""
    free = shutil.disk_usage(disk).free
    with (disk / FILLER).open("wb") as out:
        for _ in range(max(free // 1024 - kilobytes, 0)):
            out.write(bytes(1024))


def emptied(disk: Path) -> None:
    for path in disk.iterdir():
        path.unlink() if path.is_file() or path.is_symlink() else shutil.rmtree(path)


def filled_in(words: Sequence[str], inputs: Path, disk: Path) -> list[str]:
    names = sorted(path.name for path in inputs.iterdir())
    said = [word.replace("{disk}", str(disk)) for word in words]
    return [
        str(inputs / word[1:-1]) if word[:1] == "{" and word[1:-1] in names else word
        for word in said
    ]


def left(disk: Path) -> list[str]:
    return sorted(str(path.relative_to(disk)) for path in disk.rglob("*") if path.name != FILLER)


@pytest.mark.parametrize(
    "name", [*COMMANDS, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)]
)
def test_an_output_for_which_there_is_no_room(
    name: str, disk: Path, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled_in((COMMANDS | LONG)[name], inputs, disk)
    codes = []
    for kilobytes in ROOM:
        emptied(disk)
        (disk / "mine.txt").write_text("mine")
        fill(disk, kilobytes)
        with pytest.MonkeyPatch.context() as patch:
            code, text = answered(words, patch)
        codes.append(code)
        assert "Traceback" not in text
        assert (disk / "mine.txt").read_text() == "mine"
        if code == cli.BAD_OUTPUT:
            assert left(disk) == ["mine.txt"], (kilobytes, text)
            assert "room" in text.lower() or "full" in text.lower(), text
        else:  # it did fit
            assert code in (0, 1), (kilobytes, text)
            assert sweep(disk) == []
    assert codes[0] == cli.BAD_OUTPUT


@pytest.mark.parametrize("name", ["births", "ingest", "link", "directory import"])
def test_no_room_for_temporary_files(name: str, disk: Path, inputs: Path, tmp_path: Path) -> None:
    words = filled_in(COMMANDS[name], inputs, tmp_path)
    for kilobytes in ROOM[:2]:
        emptied(disk)
        fill(disk, kilobytes)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TMPDIR", str(disk))
            patch.setattr(tempfile, "tempdir", None)
            code, text = answered(words, patch)
        assert code in (0, 1, cli.BAD_OUTPUT), text
        assert "Traceback" not in text
        assert left(disk) == []
        if code == cli.BAD_OUTPUT:
            assert os.listdir(tmp_path) == []
        for path in tmp_path.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)


def test_a_store_keeps_what_it_had(disk: Path, inputs: Path) -> None:
    from shuseki.records.store import Store

    for kilobytes in ROOM[:3]:
        emptied(disk)
        with pytest.MonkeyPatch.context() as patch:
            words = ("ingest", "{w98.csv}", "--store", "{disk}/store")
            assert answered(filled_in(words, inputs, disk), patch)[0] == 0
            fill(disk, kilobytes)
            words = ("ingest", "{w00.csv}", "--store", "{disk}/store")
            code, text = answered(filled_in(words, inputs, disk), patch)
        assert code == cli.BAD_OUTPUT, text
        store = Store.open(disk / "store", spill_to=inputs)
        assert store.waves == (1998,)
        assert int(store.establishments().count().execute()) == 20_000
        store.close()
        assert not [name for name in left(disk) if ".shuseki-" in name]


def test_a_job_of_the_application(disk: Path, inputs: Path) -> None:
    from shuseki.app.jobs import Jobs

    emptied(disk)
    jobs = Jobs(disk / "jobs")
    fill(disk, 16)
    with pytest.raises((OutputError, OSError)) as caught:
        jobs.add("Mine", "me", {"w98.csv": inputs / "w98.csv"}, "[study]\nname = 'x'\n")
    assert isinstance(caught.value, OutputError)
    assert jobs.all() == []
    assert [name for name in left(disk) if "w98" in name] == []
