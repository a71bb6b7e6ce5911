"""Does every command take any word for any of its options, and answer or refuse it in words?

The commands and their options are taken from the command line itself. Files and stores are good
ones, so that the word is what is wrong. A few options of each command are tried here, drawn with a
seed; the slow test tries every word for every option.
"""

import os
import random
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from typer.main import get_command

import shuseki.cli as cli
from shuseki.records.ingest import ingest

WORDS = ("x", "", "²", "nan", "-1", "1e400", "a,b", "a=b", "a:b", "a:b:c", "=", ":", "1,2,x",
         "１２", "2001-", "x-y", "-", "0", "[1", "{", "../..", "a" * 300)  # fmt: skip
NEEDED = {"--at": "2000", "--since": "1998", "--industry": "A", "--area": "13111"}
FILES = {"store": "st", "panel": "p.csv", "sites": "s.csv", "paper": "okamuro-2006"}
WRITING = {"--out", "--output", "--figure", "--store", "--data", "--new", "--pdf", "--slides"}
SECONDS = 10
TRIED = 3


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, (module, _) in cli.COMMANDS.items():
        if name in ("app", "pull"):  # they serve, and ask publishers
            continue
        room = get_command(import_module(f"shuseki.cli.{module}").app)
        inside = getattr(room, "commands", {name: room})
        if name in inside:
            yield (name,), inside[name]
        else:
            yield from (((name, own), command) for own, command in inside.items())


def calls(words: tuple[str, ...], command: Any) -> list[list[str]]:
    """The command with each word for each option and argument, everything else being good."""

    def good(parameter: Any) -> str:
        kind = str(parameter.type_descriptor.annotation)
        if parameter.opts[0] in NEEDED:
            return NEEDED[parameter.opts[0]]
        return FILES.get(parameter.name, "w.csv" if "Path" in kind else "1")

    positions = [p for p in command.params if p.param_type_name == "argument" and p.required]
    options = [p for p in command.params if p.param_type_name == "option"]
    given = [good(p) for p in positions]
    base = [w for p in options if p.required for w in (p.opts[0], good(p))]
    found = [
        [*words, *given, *base, p.opts[0], word]
        for p in options
        if not (p.is_flag or p.opts[0] == "--lang" or WRITING.intersection(p.opts))
        for word in WORDS
    ]
    for k, one in enumerate(positions):
        if one.name != "store":
            found += [[*words, *given[:k], word, *given[k + 1 :], *base] for word in WORDS]
    return found


EVERY = [(" ".join(words), calls(words, command)) for words, command in commands()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


def answer(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Call it; what takes long was not refused, and is stopped as by Ctrl-C."""
    stopped = []

    def late(number: int, frame: FrameType | None) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["shuseki", *call])
            with pytest.raises(SystemExit) as left:
                cli.main()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    said = capsys.readouterr()
    expected = (None, 0, 1, 2, 3, 4, *((130,) if stopped else ()))
    assert left.value.code in expected, (call, said.err)
    assert "Traceback" not in said.out + said.err


def tried(every: list[list[str]], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = Path.cwd()
    os.chdir(place)
    try:
        for call in every:
            answer(call, capsys)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(("name", "every"), EVERY, ids=[name for name, _ in EVERY])
def test_a_few_words(
    name: str, every: list[list[str]], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(random.Random(name).sample(every, min(TRIED, len(every))), place, capsys)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "every"), EVERY, ids=[name for name, _ in EVERY])
def test_every_word(
    name: str, every: list[list[str]], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(every, place, capsys)
