"""Does every command that takes a person's file answer a malformed one in words?

    python tests/cli/test_malformed_files.py CASES [SEED [DOOR …]]   (a longer run)

A good file of each kind (a table, TOML, JSON, TeX) is spoilt at random: quotes, NULs, huge
numbers, NaN, bytes of another encoding, thousands of columns, lines cut, doubled or exchanged, keys
and values of other types. A command may answer, or refuse in words: it never ends in a defect.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pytest

import shuseki.cli as cli

JUNK = (
    '"', '""', "'", "\0", ",", ";", "\t", "\n", "\r", "x" * 70_000, "NaN", "nan", "inf", "-inf",
    "1e400", "-1e308", "9" * 400, "-1", "0", "-0.0", "1.5", "1e-320", "-", "－", "…", "***",
    "1,234", "35,56", "12e", "0x1F", "true", "None", "null", "=1+1", "\u3000", "\ufeff", "\u202e",
    "\u0301", "😀", "２０２０", "平成10年", "2026-02-30", "0001-01-01", "99999-01-01", "[]", "{}",
    "[[", "$$", "\\", "\\N", "%s", "{x}", "../../etc", "a" * 300, "１", "½", "∞", " ", "",
)  # fmt: skip
VALUES = (
    '""', "0", "-1", "1e400", "nan", "inf", "-inf", "true", "[]", "{}", "[1, 2]", '["x"]', "[nan]",
    "[[1]]", "{ a = 1 }", "2026-01-01", "1979-05-27T07:32:00Z", "07:32:00", "9223372036854775807",
    "9" * 30, '"NaN"', '"x"', '"1/0"', '"\\u0000"', '"(((((("', '"__import__"', "1e-320", '"２"',
    "99999999999999999999.0",
)  # fmt: skip
"""TOML values of other kinds than expected."""


class Door(NamedTuple):
    """A command, its good files by name, and which of them is spoilt."""

    words: Sequence[str]
    """``{name}`` stands for a file's path."""
    spoilt: str
    files: Sequence[str]


REGISTER = "id,name,address,municipality,industry,employees,latitude,longitude,opened\n" + "".join(
    f"{k},製作所{k % 7},大田区蒲田{k},13111,H0{k % 5 + 1},{k % 40 + 1},"
    f"35.{k:02d},139.7{k % 10},1990-04-01\n"
    for k in range(12)
)
FIRMS = """会員番号,会社名,所在地,緯度,経度,加工内容,材質,加工寸法,公差等級
1,鈴木製作所,大田区,35.56,139.72,旋盤,SUS304,1〜200,IT7
2,佐藤研磨,大田区,35.57,139.71,"バフ研磨、円筒研磨",ステンレス,500以下,IT6
"""
ORDER = """id = "valve body"
quantity = 200
placed = 2026-01-05
due = 2026-03-20
cluster = "ota"
destination = "14100"
material = "carbon_steel"
size_mm = 20
piece_kg = 0.3
[[steps]]
process = "turning"
[[steps]]
process = "grinding"
it_grade = 7
"""
ORDERS = ORDER.replace("id =", "[[orders]]\nid =").replace("[[steps]]", "[[orders.steps]]")
SURVEY = (
    "firm,size,higher level of technology,partners for development,nothing in particular\n"
    + "".join(f"f{k},{k % 30},{k % 2},{int(k % 3 == 0)},\n" for k in range(24))
)
QUESTIONS = (
    "question,answer,question_ja,answer_ja,wordings,kind\n"
    "technology,higher level of technology,技術,技術水準の向上,,multiple\n"
    "technology,partners for development,技術,開発の相手,,multiple\n"
    "technology,nothing in particular,技術,特になし,,exclusive\n"
)
PANEL = "area,industry,period,plants,employment\n" + "".join(
    f"A{a},{i},{y},{3 + a + y % 3},{40 + 7 * a * i}\n"
    for a in range(6)
    for i in (9, 13, 24)
    for y in (2010, 2015, 2020)
)
AREAS = "municipality,area\n13111,a\n13112,a\n14131,b\n27227,b\n20206,c\n"
REGRESSIONS = """,Model 1,Model 2
SIZE,0.52 **,0.48 *
,(2.21),(1.90)
WAGE,-1.30 ***,-1.10
,(-3.05),(-0.44)
constant,2.10 **,1.90 *
,(2.00),(1.80)
N,240,238
R2,0.31,0.22
"""
TEX = r"""\begin{tabular}{lcc}
 & (1) & (2) \\ \hline
Size & 0.52** & 0.48* \\
 & (0.21) & (0.25) \\
Wage & $-1.30^{***}$ & \multicolumn{1}{c}{0.10} \\
 & (0.40) & (0.30) \\ \hline
Observations & 1,240 & 1,238 \\
\end{tabular}
"""
TESTS = "table,column,row,coefficient,se,t,p,stars\n1,1,1,0.52,0.25,,,**\n1,1,2,1.4,0.9,,,\n"
INDICATOR = """[[indicator]]
key = "mine"
label = "Mine"
label_ja = "独自"
formula = "population_15_64_2020 / population_2020"
unit = "share"
unit_ja = "比率"
year = "2020"
sign = 1
counts = ["population_15_64_2020"]
"""
FRAMEWORK = """[[framework]]
key = "own"
label = "Own"
label_ja = "独自"
author = "Me (2026)"
where = "p. 1"
[[framework.condition]]
key = "factor"
label = "Factor"
label_ja = "要素"
indicators = ["labour_force_density", "-wage"]
ask = ["sites"]
ask_ja = ["用地"]
"""
DIRECTION = """[[direction]]
id = "own"
label = "Own"
label_ja = "独自"
text = "Do it."
text_ja = "行う。"
paper = "2012"
where = "§3"
when = "supplier_reach > 1.5 * median_supplier_reach and standing_wage >= 33"
evidence = ["It is {supplier_reach:.0f}."]
evidence_ja = ["{supplier_reach:.0f}である。"]
overturn = "Another."
overturn_ja = "別の。"
"""
SETTINGS = """prior_pairs = 2
[[comparison]]
name = "name"
columns = ["name"]
levels = [
    { says = "the same name", when = "equal(name)", m = 0.60, frequency = "name" },
    { says = "alike", when = "overlap(name_words) >= 0.4 or likeness(name) >= 0.84", m = 0.3 },
    { says = "another name", m = 0.1 },
]
"""
LAYOUT = """[mine]
title = "Mine"
table = "firms"
[mine.columns]
id = "会員番号"
name = ["会社名", "name"]
processes = "加工内容"
"""
ASSUMPTIONS = "handling_yen = 100000\nqueue_days = [5, 1, 15]\n"
COUNTS = "municipality,industry,establishments,employees\n01202,H01,12,300\n01202,H02,2,9\n"
WAVE = "wave,id,municipality,industry,employees\n" + "".join(
    f"2000,{k},01202,H0{k % 2 + 1},{k % 40 + 1}\n" for k in range(30)
)
LABELS = "left,right,match\n1,1,1\n2,3,0\n"
GROUPS = "industry,group\nH01,high\nH02,low\n"
GOOD = {
    "left.csv": REGISTER, "right.csv": REGISTER, "settings.toml": SETTINGS, "labels.csv": LABELS,
    "firms.csv": FIRMS, "layout.toml": LAYOUT, "order.toml": ORDER, "orders.toml": ORDERS,
    "own.toml": ASSUMPTIONS, "answers.csv": SURVEY, "questions.csv": QUESTIONS, "panel.csv": PANEL,
    "areas.csv": AREAS, "table.csv": REGRESSIONS, "table.tex": TEX, "tests.csv": TESTS,
    "indicators.toml": INDICATOR, "frameworks.toml": FRAMEWORK, "directions.toml": DIRECTION,
    "counts.csv": COUNTS, "groups.csv": GROUPS, "wave.csv": WAVE,
    "firms.json": json.dumps(
        {"firms": [{"id": "1", "name": "鈴木", "municipality": "13111", "employees": 5}]}
    ),
}  # fmt: skip
LINK = ("link", "{left.csv}", "{right.csv}", "--draws", "0")
IMPORT = ("directory", "import")
REGISTRY = ("--store", "{registry.sqlite}", "--cluster", "ota")
AGAINST = ("--against", "{store}")
QUICK = {
    "link": Door(LINK, "left.csv", ["right.csv"]),
    "link settings": Door(
        (*LINK, "--settings", "{settings.toml}"), "settings.toml", ["left.csv", "right.csv"]
    ),
    "link labels": Door(
        (*LINK, "--labels", "{labels.csv}"), "labels.csv", ["left.csv", "right.csv"]
    ),
    "directory import": Door((*IMPORT, "{firms.csv}", *REGISTRY), "firms.csv", []),
    "directory import json": Door((*IMPORT, "{firms.json}", *REGISTRY), "firms.json", []),
    "directory layout": Door(
        (*IMPORT, "{firms.csv}", *REGISTRY, "--layout", "{layout.toml}"),
        "layout.toml",
        ["firms.csv"],
    ),
    "directory check": Door(
        ("directory", "check", "{firms.csv}", "--cluster", "ota"), "firms.csv", []
    ),
    "survey": Door(
        (
            "survey",
            "{answers.csv}",
            "--questions",
            "{questions.csv}",
            "--group",
            "size",
            "--bounds",
            "1,5,20",
        ),
        "answers.csv",
        ["questions.csv"],
    ),
    "survey questions": Door(
        ("survey", "{answers.csv}", "--questions", "{questions.csv}"),
        "questions.csv",
        ["answers.csv"],
    ),
    "audit from csv": Door(("audit", "--from", "{table.csv}"), "table.csv", []),
    "audit from tex": Door(("audit", "--from", "{table.tex}", "--below", "se"), "table.tex", []),
    "audit tests": Door(("audit", "{tests.csv}"), "tests.csv", []),
    "check-output": Door(("check-output", "{counts.csv}", *AGAINST), "counts.csv", ["wave.csv"]),
    "check-output groups": Door(
        ("check-output", "{counts.csv}", *AGAINST, "--groups", "{groups.csv}"),
        "groups.csv",
        ["counts.csv", "wave.csv"],
    ),
    "check-output division": Door(
        ("check-output", "{counts.csv}", *AGAINST, "--division", "{areas.csv}"),
        "areas.csv",
        ["counts.csv", "wave.csv"],
    ),
}
LONG = {
    "plan": Door(("plan", "{order.toml}", "--draws", "0"), "order.toml", []),
    "plan assumptions": Door(
        ("plan", "{order.toml}", "--draws", "0", "--assumptions", "{own.toml}"),
        "own.toml",
        ["order.toml"],
    ),
    "capacity": Door(("capacity", "{orders.toml}", "--seconds", "1"), "orders.toml", []),
    "profile panel": Door(("profile", "A2", "--panel", "{panel.csv}"), "panel.csv", []),
    "profile by": Door(("profile", "a", "--by", "{areas.csv}"), "areas.csv", []),
    "profile indicators": Door(
        ("profile", "154", "--indicators", "{indicators.toml}", "--part", "position"),
        "indicators.toml",
        [],
    ),
    "profile frameworks": Door(
        ("profile", "154", "--frameworks", "{frameworks.toml}", "--part", "frameworks"),
        "frameworks.toml",
        [],
    ),
    "profile directions": Door(
        ("profile", "154", "--directions", "{directions.toml}", "--part", "directions"),
        "directions.toml",
        [],
    ),
    "compare": Door(("compare", "a", "b", "--by", "{areas.csv}"), "areas.csv", []),
}
DOORS = QUICK | LONG


# ---- how a file is spoilt -----------------------------------------------------------------------


def spoilt(name: str, rng: np.random.Generator) -> tuple[bytes, str]:
    """Bytes of a spoilt file, and the ending of its name."""
    text, ending = GOOD[name], Path(name).suffix
    for _ in range(rng.integers(1, 4)):
        text = str(_pick(_edits(ending), rng)(text, rng))
    dice = rng.random()
    if ending == ".csv" and dice < 0.12:
        return _workbook(text), ".xlsx"
    if ending == ".csv" and dice < 0.16:
        return _workbook(text)[: int(rng.integers(1, 4000))], ".xlsx"
    data = text.encode(str(rng.choice(["utf-8"] * 6 + ["utf-16", "cp932", "latin-1"])), "replace")
    if dice > 0.9:
        at = int(rng.integers(0, len(data) + 1))
        data = data[:at] + rng.integers(0, 256, 4).astype(np.uint8).tobytes() + data[at:]
    if dice > 0.98:
        data = b""
    return data, ending


Edit = Callable[[str, np.random.Generator], str]


def _pick(options: Sequence[Any], rng: np.random.Generator) -> Any:
    return options[int(rng.integers(len(options)))]


def _edits(ending: str) -> Sequence[Edit]:
    common: tuple[Edit, ...] = (stray, cut, lines_changed, long)
    own: dict[str, tuple[Edit, ...]] = {
        ".csv": (cell, cell, cell, header, column_gone, wide, delimiter),
        ".toml": (value, value, value, key_gone, key_renamed, value),
        ".json": (number, number, nested),
        ".tex": (cell, cell),
    }
    return (*common, *own[ending])


def stray(text: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(0, len(text) + 1))
    return text[:at] + _pick(JUNK, rng) + text[at:]


def cut(text: str, rng: np.random.Generator) -> str:
    return text[: int(rng.integers(0, len(text) + 1))]


def lines_changed(text: str, rng: np.random.Generator) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at, to = rng.integers(len(lines), size=2)
    sort = rng.integers(4)
    if sort == 0:
        del lines[at]
    elif sort == 1:
        lines.insert(to, lines[at])
    elif sort == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines = lines[:1]
    return "".join(lines)


def long(text: str, rng: np.random.Generator) -> str:
    return text + _pick(("\n" * 3000, text * 20, "," * 5000, "é" * 9, "\0" * 4), rng)


def _cells(text: str, change: Callable[[list[list[str]]], None]) -> str:
    mark = "&" if "tabular" in text else ","
    rows = [line.split(mark) for line in text.split("\n")]
    change(rows)
    return "\n".join(mark.join(row) for row in rows)


def cell(text: str, rng: np.random.Generator) -> str:
    def change(rows: list[list[str]]) -> None:
        for _ in range(rng.integers(1, 4)):
            row = rows[int(rng.integers(len(rows)))]
            row[int(rng.integers(len(row)))] = _pick(JUNK, rng)

    return _cells(text, change)


def header(text: str, rng: np.random.Generator) -> str:
    def change(rows: list[list[str]]) -> None:
        at = int(rng.integers(len(rows[0])))
        rows[0][at] = _pick((rows[0][0], rows[0][-1], _pick(JUNK, rng), rows[0][at].upper()), rng)

    return _cells(text, change)


def column_gone(text: str, rng: np.random.Generator) -> str:
    def change(rows: list[list[str]]) -> None:
        at = int(rng.integers(len(rows[0])))
        for row in rows:
            if at < len(row):
                del row[at]

    return _cells(text, change)


def wide(text: str, rng: np.random.Generator) -> str:
    n = int(_pick((1, 300, 10_000), rng)) if len(text) < 10_000 else 1

    def change(rows: list[list[str]]) -> None:
        for at, row in enumerate(rows):
            row += [f"more{k}" if at == 0 else "1" for k in range(n)]

    return _cells(text, change)


def delimiter(text: str, rng: np.random.Generator) -> str:
    return text.replace(",", _pick((";", "\t", "|", " ", ",,"), rng))


def _assignments(text: str) -> list[re.Match[str]]:
    return list(re.finditer(r"(\w+) = (\"[^\"\n]*\"|\[[^\]\n]*\]|[^\s,}]+)", text))


def value(text: str, rng: np.random.Generator) -> str:
    if not (found := _assignments(text)):
        return text
    one = _pick(found, rng)
    return text[: one.start(2)] + _pick(VALUES, rng) + text[one.end(2) :]


def key_gone(text: str, rng: np.random.Generator) -> str:
    if not (found := _assignments(text)):
        return text
    one = _pick(found, rng)
    return text[: one.start()] + text[one.end() :]


def key_renamed(text: str, rng: np.random.Generator) -> str:
    words = list(re.finditer(r"[a-z_]{2,}", text))
    if not words:
        return text
    one = _pick(words, rng)
    return text[: one.start()] + _pick(("x", "key", "class", "ключ"), rng) + text[one.end() :]


def number(text: str, rng: np.random.Generator) -> str:
    found = list(re.finditer(r'"[^"]*"|\d+', text))
    if not found:
        return text
    one = _pick(found, rng)
    new = _pick(("null", "NaN", "1e999", "-Infinity", "[]", "{}", '"x"', "true", "9" * 5000), rng)
    return text[: one.start()] + new + text[one.end() :]


def nested(text: str, rng: np.random.Generator) -> str:
    return "[" * int(_pick((1, 5, 100_000), rng)) + text


def _workbook(text: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    allowed = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]")
    for line in text.split("\n")[:40]:
        cells: list[object] = [allowed.sub("", c)[:32_000] for c in line.split(",")[:16_000]]
        sheet.append([float(c) if re.fullmatch(r"\d{1,5}", str(c)) else c for c in cells])
    book.save(out)
    return out.getvalue()


# ---- a command and its answer ------------------------------------------------------------------


def arguments(door: Door, place: Path, rng: np.random.Generator, store: Path) -> list[str]:
    """Write the files of a door, one of them spoilt, and give the words of the command."""
    paths = {"store": store, "registry.sqlite": place / "registry.sqlite"}
    for name in door.files:
        paths[name] = place / name
        paths[name].write_text(GOOD[name], encoding="utf-8")
    data, ending = spoilt(door.spoilt, rng)
    paths[door.spoilt] = place / f"{Path(door.spoilt).stem}{ending}"
    paths[door.spoilt].write_bytes(data)
    return [
        str(paths[word[1:-1]]) if word[:1] == "{" and word[1:-1] in paths else word
        for word in door.words
    ]


def filled_store(place: Path) -> Path:
    """A store of records to hold tables against."""
    from shuseki.records.ingest import ingest

    wave = place / "wave.csv"
    wave.write_text(GOOD["wave.csv"])
    ingest(wave, place / "store")
    return place / "store"


def answered(words: list[str], patch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit status and all that was said."""
    out = io.StringIO()
    patch.setattr(sys, "argv", ["shuseki", *words])
    for stream in ("stdout", "stderr"):
        patch.setattr(sys, stream, out)
    try:
        cli.main()
        code: object = 0
    except SystemExit as left:
        code = left.code
    return int(code or 0), out.getvalue()  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_store(tmp_path_factory.mktemp("records"))


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        *((name, 3) for name in QUICK),
        *((name, 1) for name in LONG),
        *(pytest.param(name, 60, marks=pytest.mark.slow) for name in DOORS),
    ],
)
def test_a_malformed_file_is_answered_in_words(
    name: str, cases: int, store: Path, tmp_path: Path
) -> None:
    for case in range(cases):
        rng = np.random.default_rng([9, list(DOORS).index(name), case])
        place = tmp_path / str(case)
        place.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            code, text = answered(arguments(DOORS[name], place, rng, store), patch)
        assert code in (0, 1, cli.BAD_INPUT, cli.BAD_OUTPUT), (case, text)
        assert "Traceback" not in text
        assert text.strip()


@pytest.mark.parametrize("name", ["link", "directory layout", "survey", "check-output"])
def test_the_good_file_is_taken(
    name: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise the spoilt ones would be refused for another reason than what spoilt them.
    def as_it_is(name: str, rng: np.random.Generator) -> tuple[bytes, str]:
        return GOOD[name].encode(), Path(name).suffix

    monkeypatch.setitem(globals(), "spoilt", as_it_is)
    words = arguments(DOORS[name], tmp_path, np.random.default_rng(0), store)
    with pytest.MonkeyPatch.context() as patch:
        code, text = answered(words, patch)
    assert code in (0, 1), text


# ---- a longer run -------------------------------------------------------------------------------


def _in_child(words: list[str], place: Path, seconds: int = 60) -> tuple[int, str]:
    """Answer in a process of its own, so that one case cannot spoil the next."""
    said = place / "said"
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        os.chdir(place)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        code = 99
        try:
            code, text = answered(words, pytest.MonkeyPatch())
            said.write_text(text, encoding="utf-8", errors="replace")
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, said.read_text(encoding="utf-8") if said.exists() else ""


def main(cases: int, seed: int, names: Sequence[str]) -> Iterator[str]:
    """Run many cases; give a line for each that failed, and at last the counts."""
    for module, _ in cli.COMMANDS.values():
        __import__(f"shuseki.cli.{module}")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        store = filled_store(Path(folder))
        for case in range(cases):
            name = names[case % len(names)]
            place = Path(folder, str(case))
            place.mkdir()
            rng = np.random.default_rng([seed, list(DOORS).index(name), case])
            words = arguments(DOORS[name], place, rng, store)
            code, text = _in_child(words, place)
            counts[f"exit {code}"] += 1
            if code not in (0, 1, 3, 4) or "Traceback" in text or not text.strip():
                yield f"{name} case {case}: exit {code}: {text[-600:]}"
            else:
                for path in sorted(place.rglob("*"), reverse=True):
                    path.unlink() if path.is_file() else path.rmdir()
    yield json.dumps(counts)


if __name__ == "__main__":
    which = sys.argv[3:] or list(DOORS)
    for line in main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 9, which):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
