"""Is a folder of results on disk whole, or not at all?"""

# ruff: noqa: PT012  (the block inside `raises` is the work that is cut short)

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import shuseki.release.folders as folders
from shuseki.disk import fingerprint
from shuseki.errors import OutputError
from shuseki.release.folders import FORMAT, whole_folder


def write_run(folder: Path, text: str = "one") -> None:
    (folder / "tables").mkdir()
    (folder / "tables" / "a.csv").write_text(text)
    (folder / "manifest.json").write_text('{"study": "mine"}')


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_appears_when_finished_and_not_before(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "deep" / "run") as folder:
        write_run(folder)
        assert not (tmp_path / "deep" / "run").exists()
    assert names(tmp_path / "deep") == ["run"]
    assert (tmp_path / "deep" / "run" / "tables" / "a.csv").read_text() == "one"


def test_replaces_an_earlier_run_wholly(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with whole_folder(tmp_path / "run") as folder:
            write_run(folder, text)
            (folder / text).touch()
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["manifest.json", "tables", "two"]


@pytest.mark.parametrize("way", ["run/../run", "run/tables/../../run", "new/../run", "link/run"])
def test_the_way_to_a_run_may_lead_through_it(tmp_path: Path, way: str) -> None:
    # while it is replaced the run is not there, and nothing below it
    (tmp_path / "link").symlink_to(tmp_path)
    for text in ("one", "two"):
        with whole_folder(tmp_path / (way if text == "two" else "run")) as folder:
            write_run(folder, text)
    assert names(tmp_path) == ["link", "run"]
    assert (tmp_path / "run" / "tables" / "a.csv").read_text() == "two"


@pytest.mark.parametrize("stop", [ValueError("broken"), KeyboardInterrupt(), SystemExit(3)])
def test_leaves_nothing_and_keeps_the_earlier_run(tmp_path: Path, stop: BaseException) -> None:
    with whole_folder(tmp_path / "run") as folder:
        write_run(folder)
    with pytest.raises(type(stop)), whole_folder(tmp_path / "run") as folder:
        write_run(folder, "two")
        raise stop
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "tables" / "a.csv").read_text() == "one"


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(target: Path, match: str, apart: tuple[Path, ...] = ()) -> None:
    """The work does not begin, and nothing around the place changes."""
    before = everything(target.parent)
    with pytest.raises(OutputError, match=match), whole_folder(target, apart):
        pytest.fail("the work must not begin")
    assert everything(target.parent) == before


def a_run(target: Path, text: str = "one") -> Path:
    with whole_folder(target) as folder:
        write_run(folder, text)
    return target


def test_the_manifest_lists_every_file(tmp_path: Path) -> None:
    said = json.loads((a_run(tmp_path / "run") / "manifest.json").read_text())
    assert said["study"] == "mine"
    # SHA-256 of the three bytes "one" (sha256sum)
    digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert said["outputs"] == {"tables/a.csv": {"sha256": digest, "bytes": 3}}


def thesis(folder: Path) -> None:
    (folder / "chapter1.tex").write_text("precious")


def an_empty_manifest(folder: Path) -> None:
    thesis(folder)
    (folder / "manifest.json").write_text("{}")


def a_web_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"name": "my page", "icons": []}')


def a_forged_manifest(folder: Path) -> None:
    thesis(folder)
    told = {"chapter1.tex": fingerprint(folder / "chapter1.tex")}
    (folder / "manifest.json").write_text(json.dumps({"format": FORMAT, "outputs": told}))


def no_json(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"\xff\x00 no json")


@pytest.mark.parametrize(
    "filled", [thesis, an_empty_manifest, a_web_manifest, a_forged_manifest, no_json]
)
def test_refuses_a_folder_that_is_no_run(tmp_path: Path, filled: Callable[[Path], None]) -> None:
    (tmp_path / "mine").mkdir()
    filled(tmp_path / "mine")
    refused(tmp_path / "mine", r"no earlier run.*Nothing was touched")


def test_refuses_a_run_to_which_the_user_added_something(tmp_path: Path) -> None:
    for k, added in enumerate(("notes.txt", "tables/mine.xlsx", ".hidden")):
        run = a_run(tmp_path / f"run{k}")
        (run / added).write_text("precious")
        refused(run, f"others were added: {added}")
    run = a_run(tmp_path / "with_folder")
    (run / "empty").mkdir()
    refused(run, "others were added: empty")
    run = a_run(tmp_path / "with_link")
    (run / "link").symlink_to(tmp_path)
    refused(run, "others were added: link")


def test_refuses_a_run_that_the_user_edited(tmp_path: Path) -> None:
    run = a_run(tmp_path / "edited")
    (run / "tables/a.csv").write_text("two")  # the same size
    refused(run, "edited or removed: tables/a.csv")
    run = a_run(tmp_path / "removed")
    (run / "tables/a.csv").unlink()
    refused(run, "edited or removed: tables/a.csv")
    run = a_run(tmp_path / "noted")
    path = run / "manifest.json"
    path.write_text(path.read_text().replace('"mine"', '"mine, my remark"'))
    refused(run, "no earlier run")
    run = a_run(tmp_path / "linked")
    (tmp_path / "elsewhere.csv").write_text("one")
    (run / "tables/a.csv").unlink()
    (run / "tables/a.csv").symlink_to(tmp_path / "elsewhere.csv")
    refused(run, "others were added")


def test_refuses_the_working_folder_its_parents_and_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(tmp_path / "deep" / "run")
    monkeypatch.chdir(run)
    refused(run, "the folder in which you work")
    monkeypatch.chdir(run / "tables")
    refused(run, "the folder in which you work")
    monkeypatch.chdir(tmp_path)
    refused(run, "holds .*, which this run reads", (run / "tables/a.csv",))
    (tmp_path / "link.csv").symlink_to(run / "tables/a.csv")
    refused(run, "holds .*, which this run reads", (tmp_path / "link.csv",))
    (tmp_path / "store").mkdir()
    refused(tmp_path / "store" / "run", "lies in .*, which this run reads", (tmp_path / "store",))


def test_refuses_a_link(tmp_path: Path) -> None:
    a_run(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    refused(tmp_path / "link", "a link")


def test_a_place_below_a_file_or_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file" / "run", "is not a folder")


def test_refuses_a_foreign_folder_that_came_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="exists and is"), whole_folder(tmp_path / "run") as it:
        write_run(it)
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "precious").touch()
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["precious"]


def test_refuses_a_file_and_accepts_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="not a folder"), whole_folder(tmp_path / "file"):
        pass
    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as folder:
        write_run(folder)
    assert names(tmp_path / "empty") == ["manifest.json", "tables"]


def test_a_run_without_a_manifest_gets_one(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "run") as folder:
        (folder / "a.csv").touch()
    assert list(json.loads((tmp_path / "run/manifest.json").read_text())["outputs"]) == ["a.csv"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_says_what_to_do(tmp_path: Path, number: int) -> None:
    with pytest.raises(OutputError, match="Free the disk") as caught, whole_folder(tmp_path / "r"):
        raise OSError(number, os.strerror(number))
    assert isinstance(caught.value.__cause__, OSError)
    assert names(tmp_path) == []


def test_a_full_disk_told_by_a_query_engine(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Free the disk"), whole_folder(tmp_path / "run"):
        raise RuntimeError('IO Error: Could not write "x": No space left on device')


def test_a_full_disk_found_only_when_flushing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="Free the disk"), whole_folder(tmp_path / "run") as it:
        write_run(it)
    assert names(tmp_path) == []


def test_a_real_limit_of_the_system(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OutputError, match="Free the disk"), whole_folder(tmp_path / "r") as it:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
            (it / "big").write_bytes(bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == []


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    missing = tmp_path / "input.csv"
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "run"):
        missing.read_text()
    with pytest.raises(PermissionError), whole_folder(tmp_path / "run"):
        raise PermissionError(errno.EACCES, "Permission denied", str(missing))
    assert names(tmp_path) == []


def test_a_place_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OutputError, match="not allowed"), whole_folder(tmp_path / "run"):
        pass


def killed(tmp_path: Path, at: str) -> None:
    """A process that replaces a run kills itself at the given call of the exchange."""
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        import shuseki.release.folders as folders
        from pathlib import Path
        {at}
        with folders.whole_folder(sys.argv[1]) as folder:
            (folder / "new.csv").write_text("new")
        """
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run")], check=False)
    assert done.returncode == -signal.SIGKILL


DIE = "os.kill(os.getpid(), signal.SIGKILL)"


def test_a_kill_between_the_two_renames_is_undone(tmp_path: Path) -> None:
    a_run(tmp_path / "run")
    killed(
        tmp_path,
        "rename = Path.rename; "
        f"Path.rename = lambda self, to: {DIE} if self.name == 'new' else rename(self, to)",
    )
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match="broken"), whole_folder(tmp_path / "run"):
        raise ValueError("broken")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["manifest.json", "tables"]
    a_run(tmp_path / "run", "two")


def test_a_kill_after_the_two_renames_is_finished(tmp_path: Path) -> None:
    a_run(tmp_path / "run")
    killed(tmp_path, f"folders._finish = lambda place: {DIE}")
    assert names(tmp_path / "run") == ["manifest.json", "new.csv"]
    a_run(tmp_path / "other")
    assert names(tmp_path) == ["other", "run"]
    assert names(tmp_path / "run") == ["manifest.json", "new.csv"]


def test_what_came_into_a_run_as_it_was_replaced_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(tmp_path / "run")
    finish = folders._finish

    def meanwhile(place: Path) -> None:
        (place / "kept" / "precious.txt").write_text("precious")
        finish(place)

    monkeypatch.setattr(folders, "_finish", meanwhile)
    a_run(run, "two")
    monkeypatch.undo()
    a_run(run, "three")
    kept = list(tmp_path.glob(".shuseki-*/kept/*"))
    assert sorted(path.name for path in kept) == ["manifest.json", "precious.txt"]


def test_puts_the_earlier_run_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with whole_folder(tmp_path / "run") as folder:
        write_run(folder, "old")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"), whole_folder(tmp_path / "run") as folder:
        write_run(folder, "new")
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "tables" / "a.csv").read_text() == "old"


def test_a_signal_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import signal, sys, time
        from shuseki.release.folders import whole_folder
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background shell
        with whole_folder(sys.argv[1]) as folder:
            (folder / "half.csv").write_text("half")
            print("ready", flush=True)
            time.sleep(60)
        """
    )
    expected = {signal.SIGINT: -signal.SIGINT, signal.SIGTERM: 128 + signal.SIGTERM}
    runs = {
        number: subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / f"run-{int(number)}")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in expected
    }
    for number, process in runs.items():
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "ready\n"
        assert any(name.startswith(".shuseki-folder-") for name in names(tmp_path))
        process.send_signal(number)
        assert process.wait(timeout=30) == expected[number]
    assert names(tmp_path) == []
