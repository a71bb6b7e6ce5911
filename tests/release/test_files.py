"""Is a file on disk whole or not at all, and never in the place of an input?"""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from shuseki.errors import OutputError
from shuseki.release import check_file, inert, whole_file, write_csv, write_text


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_an_existing_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_text("old")
    place.chmod(0o640)
    write_text(place, "new")
    assert place.read_text() == "new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("stop", [ValueError("broken"), KeyboardInterrupt(), SystemExit(3)])
def test_an_end_in_the_middle_leaves_the_old_file(tmp_path: Path, stop: BaseException) -> None:
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(type(stop)), whole_file(tmp_path / "a.csv") as place:  # noqa: PT012
        place.write_text("half")
        raise stop
    assert (tmp_path / "a.csv").read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_an_input_is_never_replaced_by_whatever_name(tmp_path: Path) -> None:
    given = tmp_path / "in.csv"
    given.write_text("precious")
    (tmp_path / "link.csv").symlink_to(given)
    os.link(given, tmp_path / "hard.csv")
    (tmp_path / "folder").symlink_to(tmp_path)
    for other in ("in.csv", "link.csv", "hard.csv", "folder/in.csv"):
        with pytest.raises(OutputError, match=r"is the input in\.csv itself"):
            write_text(tmp_path / other, "new", [given])
    assert given.read_text() == "precious"


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_text(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_places_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        check_file(tmp_path)
    with pytest.raises(OutputError, match="There is no folder"):
        check_file(tmp_path / "nowhere" / "a.csv")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="There is no folder"):
        check_file(tmp_path / "file" / "a.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not allowed"):
        check_file(tmp_path / "a.csv")
    tmp_path.chmod(0o700)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    script = (
        "import resource, sys\n"
        "from shuseki.errors import OutputError\n"
        "from shuseki.release.files import write_text\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_text(sys.argv[1], 'x' * 5000)\n"
        "except OutputError as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Free the disk" in done.stdout
    assert (tmp_path / "a.csv").read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_a_pipe_is_written_straight(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True)
    write_text(tmp_path / "pipe", "through")
    assert reader.communicate(timeout=30)[0] == "through"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    write_text("/dev/null", "away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


RUN = ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", " =1", "-A1", "|x"]
TEXT = [
    "-",
    "-1.86",
    "-1.86***",
    "+3",
    "-0.10 (0.04)",
    "-1,234",
    "-5%",
    "-1e-05",
    "",
    "横浜",
    "a=b",
]


@pytest.mark.parametrize("text", RUN)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", TEXT)
def test_numbers_and_names_stay(text: str) -> None:
    assert inert(text) == text


def test_a_table_with_names_that_are_formulas(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=A1": ["=1", None, "x"], "x": [-1.5, 2.0, 3.0]})
    write_csv(tmp_path / "a.csv", frame)
    assert (tmp_path / "a.csv").read_text() == "'=A1,x\n'=1,-1.5\n,2.0\nx,3.0\n"
