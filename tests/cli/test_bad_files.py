"""Does every command answer a bad file or an odd word in words, and never with a traceback?

The commands and their options are taken from the command line itself, so that a new one is tried
too. Each option and argument that takes a file gets, in turn, an empty file, a binary one, a
folder, a missing one and text of another kind; each option that writes gets a folder and an input.
Every option and argument gets odd words too, beside good files: a few drawn with a seed, and all of
them in a slow test.
"""

import inspect
import io
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, get_args, get_type_hints

import pytest

import shuseki.cli as cli
from shuseki.cli.gate import WRITES
from shuseki.errors import DataError, OutputError
from shuseki.records.ingest import ingest

HEAVY = {"run", "audit"}
"""Commands that work for long on good input; here they are given bad files only."""


def bad_files(place: Path) -> dict[str, Path]:
    made = {name: place / f"{name}.csv" for name in ("empty", "binary", "words", "latin", "zip")}
    made["empty"].touch()
    made["binary"].write_bytes(bytes(range(256)) * 20)
    made["words"].write_text("no table\nat all, but\n\n words\n")
    made["latin"].write_bytes("area,name\n1,Köln\n".encode("latin-1") * 20)
    made["zip"].write_bytes(b"PK\x03\x04 cut off")
    made["folder"] = place
    made["missing"] = place / "nowhere" / "missing.csv"
    made["cut"] = place / "cut.parquet"
    made["cut"].write_bytes(b"PAR1 cut off")
    return made


def commands() -> Iterator[tuple[list[str], Callable[..., Any]]]:
    for name, (module, _) in cli.COMMANDS.items():
        app = import_module(f"shuseki.cli.{module}").app
        inside = {
            one.name or one.callback.__name__.replace("_", "-"): one.callback
            for one in app.registered_commands
        }
        if name in inside:
            yield [name], inside[name]
        elif len(inside) == 1:
            yield [name], next(iter(inside.values()))
        else:
            yield from (([name, own], callback) for own, callback in inside.items())


def parts(callback: Callable[..., Any]) -> list[tuple[str, Any, bool]]:
    """Words before a value (empty for an argument), the annotation, whether it is required."""
    hints = get_type_hints(callback, include_extras=True)
    found = []
    for name, parameter in inspect.signature(callback).parameters.items():
        info = next(m for m in hints[name].__metadata__ if hasattr(m, "param_decls"))
        option = type(info).__name__ == "OptionInfo"
        declared = [d for d in (info.default, *(info.param_decls or ())) if str(d)[:2] == "--"]
        word = (declared or [f"--{name.replace('_', '-')}"])[0] if option else ""
        found.append((word, hints[name], parameter.default is inspect.Parameter.empty))
    return found


def reads(kind: Any) -> bool:
    return "Path" in str(kind) and WRITES not in kind.__metadata__


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["shuseki", *arguments])
        patch.setattr(sys, "stdin", io.StringIO(""))
        with pytest.raises(SystemExit) as left:
            cli.main()
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out + out.err


READING = [(words, callback) for words, callback in commands()]


def test_the_walk_finds_the_commands() -> None:
    found = [" ".join(words) for words, _ in READING]
    assert {"run", "audit", "validate", "ingest", "measure kdensity", "entry counts"} <= set(found)
    assert len(found) > 20


@pytest.mark.parametrize(
    ("words", "callback"), READING, ids=[" ".join(words) for words, _ in READING]
)
def test_a_bad_file_is_refused_in_words(
    words: list[str],
    callback: Callable[..., Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHUSEKI_APP_FOLDER", str(tmp_path / "home"))
    (tmp_path / "bad").mkdir()
    files = bad_files(tmp_path / "bad")
    own = parts(callback)
    taking = [(word, kind) for word, kind, _ in own if reads(kind)]
    if words == ["run"]:
        taking = [("", str)]
    for name, path in files.items():
        for tried, _ in taking:
            arguments = [*words]
            for word, kind, required in own:
                if word == tried or required:
                    value = str(path) if reads(kind) or words == ["run"] else "x,y"
                    arguments += [word, value] if word else [value]
            code, text = said(arguments, capsys)
            made = tried == "--new" and code == 0  # it starts a folder where nothing was
            assert made or code in (1, 2, 3, 4), (name, arguments, text)
            assert "Traceback" not in text
            assert text.strip()


@pytest.mark.parametrize(
    ("words", "callback"),
    [
        (words, callback)
        for words, callback in READING
        if any(WRITES in getattr(kind, "__metadata__", ()) for _, kind, _ in parts(callback))
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_output_that_may_not_be_written_is_refused_before_the_work(
    words: list[str],
    callback: Callable[..., Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("area,x\n1,2\n")
    for out, _, _ in [part for part in parts(callback) if WRITES in part[1].__metadata__]:
        arguments, option = [*words], [out] if out else []
        for word, kind, required in parts(callback):
            if word != out and (required or (reads(kind) and word)):
                number = {int, float} & {kind, *getattr(kind, "__args__", ())}
                value = str(table) if reads(kind) else "7" if number else "x,y"
                arguments += [word, value] if word else [value]
        for place in (tmp_path, tmp_path / "nowhere" / "a.csv"):
            code, text = said([*arguments, *option, str(place)], capsys)
            assert code == cli.BAD_OUTPUT, text
        if str(table) in arguments:
            code, text = said([*arguments, *option, str(table)], capsys)
            assert code == cli.BAD_OUTPUT, text
            assert "is the input table.csv itself" in " ".join(text.split())
    assert table.read_text() == "area,x\n1,2\n"


def test_two_options_never_write_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "one")
    code, text = said(["measure", "types", "--output", place, "--figure", place], capsys)
    assert code == cli.BAD_OUTPUT
    assert "both name" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write anything")
def test_without_permission(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.csv"
    path.write_text("wave,id,municipality,industry,employees\n1998,1,01202,H01,5\n")
    path.chmod(0)
    code, text = said(["validate", str(path)], capsys)
    assert code == cli.BAD_INPUT
    assert "not allowed" in text


# ---- the last resort ----------------------------------------------------------------------------


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)


def test_a_defect_says_what_to_report_and_keeps_the_data_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ValueError("could not convert 'Secret Works Ltd'"), monkeypatch)
    code, text = said(["run", "/home/someone/secret folder/study.toml"], capsys)
    assert code == cli.DEFECT == 5
    assert "Traceback" not in text
    assert "report it to the developers: shuseki 0." in text
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    written = kept.read_text()
    assert "Secret" not in written
    assert "secret folder" not in written
    assert "study.toml" in written
    assert "builtins.ValueError" in written
    assert "cli/__init__.py" in written


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (FileNotFoundError(2, "No such file", "/x/a.csv"), 3, "There is no file /x/a.csv"),
        (IsADirectoryError(21, "Is a directory", "/x"), 3, "is not a file"),
        (PermissionError(13, "Permission denied", "/x/a.csv"), 3, "Reading /x/a.csv is not allow"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), 3, "Save the file again as UTF-8"),
        (MemoryError(), 3, "not enough memory"),
        (OSError(28, "No space left on device"), 4, "Free the disk"),
        (DataError("told"), 3, "told"),
        (OutputError("told"), 4, "told"),
        (RuntimeError("defect"), 5, "A defect of shuseki"),
    ],
)
def test_each_kind_has_its_words_and_its_code(
    error: BaseException,
    code: int,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(error, monkeypatch)
    found, text = said(["datasets"], capsys)
    assert found == code, text
    assert says in text


# ---- any word for any option ---------------------------------------------------------------------

ODD = ("x", "", "²", "nan", "-1", "1e400", "a,b", "a=b", "a:b", "a:b:c", "=", ":", "1,2,x", "１２",
       "2001-", "x-y", "-", "0", "[1", "{", "../..", "a" * 300)  # fmt: skip
NEEDED = {"--at": "2000", "--since": "1998", "--industry": "A", "--area": "13111"}
GOOD = {"store": "st", "panel": "p.csv", "sites": "s.csv", "paper": "okamuro-2006"}
MAKING = {"--out", "--output", "--figure", "--store", "--data", "--new", "--pdf", "--slides"}
SECONDS, TRIED = 10, 3


def calls(words: list[str], callback: Callable[..., Any]) -> list[list[str]]:
    """The command with each odd word for each option and argument, all else being good."""
    own = list(zip(inspect.signature(callback).parameters, parts(callback), strict=True))

    def good(name: str, word: str, kind: Any) -> str:
        return NEEDED.get(word) or GOOD.get(name, "w.csv" if "Path" in str(kind) else "1")

    given = [(name, good(name, word, kind)) for name, (word, kind, needed) in own
             if needed and not word]  # fmt: skip
    base = [one for name, (word, kind, needed) in own if needed and word
            for one in (word, good(name, word, kind))]  # fmt: skip
    options = [
        word
        for _, (word, kind, _) in own
        if word and get_args(kind)[0] is not bool and word not in {"--lang", *MAKING}
    ]
    plain = [value for _, value in given]
    found = [[*words, *plain, *base, word, odd] for word in options for odd in ODD]
    for k, (name, _) in enumerate(given):
        if name != "store":
            found += [[*words, *plain[:k], odd, *plain[k + 1 :], *base] for odd in ODD]
    return found


EVERY = [
    (" ".join(words), made)
    for words, callback in READING
    if words[0] not in ("app", "pull") and (made := calls(words, callback))
]
"""Commands that neither serve nor ask publishers."""


@pytest.fixture(scope="module")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("words")
    rows = (f"{y},{k},13111,2911,{k % 9 + 1}\n" for y in (1996, 1998, 2000) for k in range(40))
    (place / "w.csv").write_text("wave,id,municipality,industry,employees\n" + "".join(rows))
    ingest(place / "w.csv", place / "st")
    cells = (
        f"{a},{i},{y},5,50,3{k}.1,139.{k}\n"
        for k, a in enumerate("abcd")
        for i in "AB"
        for y in (2001, 2006)
    )
    header = "area,industry,period,plants,employment,latitude,longitude\n"
    (place / "p.csv").write_text(header + "".join(cells))
    sites = (f"35.{k},139.{k},A,5\n" for k in range(9))
    (place / "s.csv").write_text("latitude,longitude,industry,employment\n" + "".join(sites))
    return place


def tried(every: list[list[str]], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Call each; what takes long was not refused, and is stopped as by Ctrl-C."""
    stopped = []

    def late(number: int, frame: FrameType | None) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, late)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            for call in every:
                stopped.clear()
                signal.alarm(SECONDS)
                code, text = said(call, capsys)
                signal.alarm(0)
                assert code in (0, 1, 2, 3, 4, *((130,) if stopped else ())), (call, text)
                assert "Traceback" not in text
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(("name", "every"), EVERY, ids=[name for name, _ in EVERY])
def test_a_few_odd_words(
    name: str, every: list[list[str]], good_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(random.Random(name).sample(every, min(TRIED, len(every))), good_files, capsys)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "every"), EVERY, ids=[name for name, _ in EVERY])
def test_every_odd_word(
    name: str, every: list[list[str]], good_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(every, good_files, capsys)
