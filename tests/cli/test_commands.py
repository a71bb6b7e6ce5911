"""Does the command line say what it found, and what went wrong, with the right exit code?"""

import errno
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import shuseki.cli as cli
from shuseki.errors import DataError, OutputError


class Said(NamedTuple):
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def shuseki(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run a command line in this process."""

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["shuseki", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


Run = Callable[..., Said]


def test_help_lists_the_rooms_and_loads_none() -> None:
    code = (
        "import sys; sys.argv = ['shuseki', '--help']\n"
        "from shuseki.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('heavy:', sorted({'numba', 'ibis', 'plotly', 'scipy'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    for name in cli.COMMANDS:
        assert name in answer.stdout
    assert "heavy: []" in answer.stdout


def test_audit_finds_something_and_says_so_in_the_exit_code(shuseki: Run, tmp_path: Path) -> None:
    answer = shuseki("audit", "okamuro-2006", "--table", str(tmp_path / "findings.csv"))
    assert answer.code == 1
    assert "3,760 → 3,740" in answer.out  # p. 7: 3,760 + 12,453 ≠ 16,193
    assert (tmp_path / "findings.csv").is_file()


def test_audit_of_a_folder_a_table_and_tests(shuseki: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    started = shuseki("audit", "--new", str(folder))
    assert started.code == 0
    assert "0 contradictions in made-up" in started.out
    assert "rules could be applied" in started.out
    assert shuseki("audit", str(folder)).code == 0
    assert shuseki("audit", "--new", str(folder)).code == cli.BAD_OUTPUT
    fit = folder / "fit.csv"
    text = fit.read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if ",1,f_statistic," in row)
    other = line.split(",")[4]
    fit.write_text(text.replace(other, "9" + other), encoding="utf-8")
    assert "F against R²" in shuseki("audit", str(folder)).out
    fit.rename(folder / "fits.csv")
    answer = shuseki("audit", str(folder))
    assert answer.code == cli.BAD_INPUT
    assert "Did you mean fit.csv" in " ".join(answer.err.split())
    table = tmp_path / "table.csv"
    table.write_text(
        ",(1),(2)\nSIZE,0.50***,0.20\n,(0.10),(0.40)\nAGE,1.0***,1.0\n,(0.5),(0.9)\nFE,yes,\n",
        encoding="utf-8",
    )
    answer = shuseki("audit", "--from", str(table))
    assert answer.code == 1  # 1.0 with 0.5 has no three stars
    assert "stars against t" in answer.out
    assert "row 6 column 2 'yes'" in answer.out
    tests = tmp_path / "tests.csv"
    tests.write_text("coefficient,se,stars\n0.50,0.40,***\n0.50,0.10,***\n", encoding="utf-8")
    answer = shuseki("audit", str(tests), "--table", str(tmp_path / "found.csv"))
    assert answer.code == 1
    assert "1 of 2 printed tests" in answer.out
    assert shuseki("audit", str(tmp_path / "absent")).code == cli.BAD_INPUT


def test_audit_of_a_survey_in_japanese(shuseki: Run) -> None:
    answer = shuseki("audit", "shoko-2012", "--lang", "ja")
    assert answer.code == 0
    assert "割合29個のうち29個は人数が一通りに定まる（n = 144～152）" in answer.out
    assert "shoko-2012の矛盾0件（確実0件、有力0件、弱い0件）" in answer.out


def test_datasets_names_publisher_and_terms(shuseki: Run) -> None:
    answer = shuseki("datasets")
    assert answer.code == 0
    assert "synthetic-census" in answer.out
    assert "GoJ Standard Terms of Use 2.0" in answer.out
    assert "Studies: companies-2021-2026, okamuro-2006" in answer.out


def test_wrong_study_file(shuseki: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('[study]\nnmae = "x"', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = shuseki("run", "mine.toml")
    assert answer.code == cli.BAD_INPUT
    assert "study.nmae: unknown key. Did you mean 'name'?" in answer.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("program", ["shuseki", "python -m shuseki", "my tools/shuseki"])
def test_a_program_whose_name_has_blanks_names_a_wrong_command(
    shuseki: Run, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer._click.utils._detect_program_name", lambda: program)
    for words in (["runn"], ["entry", "rates", "a", "b", "c"], ["theory", "pat"]):
        answer = shuseki(*words)
        assert answer.code == 2
        assert "defect" not in answer.err


def test_unknown_command_and_study(shuseki: Run) -> None:
    assert shuseki("runn").code == 2
    answer = shuseki("run", "okamuro-206")
    assert answer.code == cli.BAD_INPUT
    assert "Did you mean okamuro-2006?" in answer.err


def test_signals_stop_once_and_again_later_when_a_library_swallows_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli, "CLEARING_SECONDS", 0.2)
    stopped = 0
    with cli.stopping() as came:
        for wait in (0.0, 0.0, 0.3):
            time.sleep(wait)
            try:
                signal.raise_signal(signal.SIGTERM)
            except cli.Stopped:
                stopped += 1
    assert (stopped, came) == (2, [signal.SIGTERM] * 3)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_a_library_logs_of_a_stop_that_it_swallows_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # SQLAlchemy does so where a signal comes while it closes a connection
    library = logging.getLogger("sqlalchemy.pool")
    with cli.stopping():
        library.error("before the signal")
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException:
            library.exception("Exception closing connection")
    library.error("after it")
    assert caplog.messages == ["before the signal", "after it"]


def test_a_stop_while_an_object_is_destroyed_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Dying:
        def __init__(self, error: BaseException | None = None) -> None:
            self.error = error

        def __del__(self) -> None:
            if self.error:
                raise self.error
            signal.raise_signal(signal.SIGINT)

    told_of: list[type] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: told_of.append(type(one.exc_value)))
    with cli.stopping() as came:
        Dying()
        Dying(ValueError())
    assert (came, told_of) == ([signal.SIGINT], [ValueError])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("Rows without a code: 3."), 3, "Rows without a code: 3."),
        (OutputError("No room to write."), 4, "No room to write."),
        (OSError(errno.ENAMETOOLONG, "", "a" * 300), 4, "aaa: File name too long. Expected a path"),
        (OSError(errno.EROFS, "", "x.csv"), 4, "The system refuses x.csv: Read-only file system"),
        (KeyboardInterrupt(), 130, "nothing was left half written"),
    ],
)
def test_every_refusal_has_its_exit_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("asked", [("--lang", "ja"), ("--lang=ja",)])
def test_a_refusal_is_told_in_japanese(
    shuseki: Run, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    records = tmp_path / "records.csv"
    records.write_text("a,b\n1,2\n", encoding="utf-8")
    words = ("ingest", str(records), "--store", str(tmp_path / "store"))
    answer = shuseki(*words, *asked)
    assert answer.code == cli.BAD_INPUT
    assert "必要な列がない" in answer.err
    assert "Columns missing" not in answer.err
    assert "Columns missing" in shuseki(*words).err


def test_no_module_of_a_command_hides_a_name_of_the_package() -> None:
    # an imported module becomes an attribute of its package: ``app.py`` would replace ``app``
    assert {module for module, _ in cli.COMMANDS.values()} & {*cli.__all__, "COMMANDS"} == set()
