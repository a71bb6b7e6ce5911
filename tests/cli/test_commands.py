"""Does the command line say what it found, and what went wrong, with the right exit code?"""

import subprocess
import sys
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


def test_datasets_names_publisher_and_terms(shuseki: Run) -> None:
    answer = shuseki("datasets")
    assert answer.code == 0
    assert "synthetic-census" in answer.out
    assert "GoJ Standard Terms of Use 2.0" in answer.out
    assert "Studies: okamuro-2006" in answer.out


def test_wrong_study_file(shuseki: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('[study]\nnmae = "x"', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = shuseki("run", "mine.toml")
    assert answer.code == cli.BAD_INPUT
    assert "study.nmae: unknown key. Did you mean 'name'?" in answer.err
    assert not (tmp_path / "runs").exists()


def test_unknown_command_and_study(shuseki: Run) -> None:
    assert shuseki("runn").code == 2
    answer = shuseki("run", "okamuro-206")
    assert answer.code == cli.BAD_INPUT
    assert "Did you mean okamuro-2006?" in answer.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("Rows without a code: 3."), 3, "Rows without a code: 3."),
        (OutputError("No room to write."), 4, "No room to write."),
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
