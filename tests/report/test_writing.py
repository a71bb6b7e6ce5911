"""Is a folder of results on disk whole, or not at all?"""

# ruff: noqa: PT012  (the block inside `raises` is the work that is cut short)

import errno
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import shuseki
import shuseki.report
from shuseki.errors import OutputError
from shuseki.report.writing import whole_folder


def write_run(folder: Path, text: str = "one") -> None:
    (folder / "tables").mkdir()
    (folder / "tables" / "a.csv").write_text(text)
    (folder / "manifest.json").write_text("{}")


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


@pytest.mark.parametrize("stop", [ValueError("broken"), KeyboardInterrupt(), SystemExit(3)])
def test_leaves_nothing_and_keeps_the_earlier_run(tmp_path: Path, stop: BaseException) -> None:
    with whole_folder(tmp_path / "run") as folder:
        write_run(folder)
    with pytest.raises(type(stop)), whole_folder(tmp_path / "run") as folder:
        write_run(folder, "two")
        raise stop
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "tables" / "a.csv").read_text() == "one"


def test_refuses_a_folder_that_is_not_a_run_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    with (
        pytest.raises(OutputError, match=r"without manifest\.json.*Choose another folder"),
        whole_folder(tmp_path / "thesis"),
    ):
        pytest.fail("the work must not begin")
    assert names(tmp_path) == ["thesis"]
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "precious"


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


def test_every_run_says_what_it_is(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"Nothing named manifest\.json"),
        whole_folder(tmp_path / "run") as folder,
    ):
        (folder / "a.csv").touch()
    assert names(tmp_path) == []


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


def test_a_stop_between_the_two_renames_is_undone(tmp_path: Path) -> None:
    previous = tmp_path / ".run.previous"
    previous.mkdir()
    write_run(previous, "old")
    with pytest.raises(ValueError, match="broken"), whole_folder(tmp_path / "run"):
        raise ValueError("broken")
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "tables" / "a.csv").read_text() == "old"


def test_puts_the_earlier_run_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with whole_folder(tmp_path / "run") as folder:
        write_run(folder, "old")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if ".partial-" in self.name:
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
        import sys, time, types
        for name, place in zip(("shuseki", "shuseki.report"), sys.argv[2:]):
            sys.modules[name] = types.ModuleType(name)  # without all that a package imports
            sys.modules[name].__path__ = [place]
        from shuseki.report.writing import whole_folder
        with whole_folder(sys.argv[1]) as folder:
            (folder / "half.csv").write_text("half")
            print("ready", flush=True)
            time.sleep(60)
        """
    )
    packages = [str(Path(module.__path__[0])) for module in (shuseki, shuseki.report)]
    expected = {signal.SIGINT: -signal.SIGINT, signal.SIGTERM: 128 + signal.SIGTERM}
    runs = {
        number: subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / f"run-{int(number)}"), *packages],
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
        assert any(f".run-{int(number)}.partial-" in name for name in names(tmp_path))
        process.send_signal(number)
        assert process.wait(timeout=30) == expected[number]
    assert names(tmp_path) == []
