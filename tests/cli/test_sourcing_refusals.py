"""Does every verb of the directory and of sourcing refuse what cannot be?

A table of cases: the words of a command, the files that it is given, the exit code, and what it
must say: the row or place, the value found, what to do. Each runs in-process; beside what it says,
nothing may be left behind, and the refusal is told in Japanese without an English sentence in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from shuseki.cli import BAD_INPUT, BAD_OUTPUT, app
from shuseki.cli.refusals import refusal
from shuseki.errors import OutputError, ShusekiError
from shuseki.language import told, words_of
from shuseki.sourcing.registry.store import Registry

USAGE = 2
FOUND = 1
"""Exit code of ``check`` and ``pull`` where they found something."""
HEADER = "id,name,processes,materials,size_min_mm,size_max_mm,lot_min,lot_max,valid_until,employees"
SUZUKI = "1,Suzuki,turning,stainless_steel,1,200,1,100,2030-01-01,5"
SATO = "2,Sato,grinding,stainless_steel,1,500,1,100,2030-01-01,8"
FIRMS = f"{HEADER}\n{SUZUKI}\n{SATO}\n"
ORDER = """id = "valve body"
quantity = 200
placed = 2026-01-05
due = 2026-03-20
cluster = "ota"
material = "carbon_steel"
size_mm = 20
[[steps]]
process = "turning"
[[steps]]
process = "grinding"
it_grade = 7
"""
MANY = ORDER.replace("id =", "[[orders]]\nid =").replace("[[steps]]", "[[orders.steps]]")
OWNERS = "firm,owner_age,successor,employees,processes\na,70,undecided,5,turning\nb,60,decided,9,\n"
CHAINS = "order,chain,cost_yen,worth_yen\no1,a > b,100,300\no2,a,50,\n"
VALUES = "clusters,value_yen\nota,5\nsuwa,4\nota+suwa,9\n"
ANSWERS = "firm,size,higher level of technology,nothing in particular\n" + "".join(
    f"f{k},{k % 30},{k % 2},\n" for k in range(40)
)
QUESTIONS = (
    "question,answer,question_ja,answer_ja,wordings,kind\n"
    "technology,higher level of technology,技術,技術水準の向上,,multiple\n"
    "technology,nothing in particular,技術,特になし,,exclusive\n"
)


class Case(NamedTuple):
    """A command; ``{place}`` is the folder, ``{store}`` a registry of two firms."""

    words: str | Sequence[str]
    files: Mapping[str, str | bytes]
    says: Sequence[str]
    code: int = BAD_INPUT


def firms(**changed: str) -> dict[str, str | bytes]:
    """A list of two good firms and a third that differs from the first."""
    row = dict(zip(HEADER.split(","), SUZUKI.split(","), strict=True)) | {"id": "3", "name": "Ito"}
    return {"list.csv": FIRMS + ",".join((row | changed).values()) + "\n"}


def order(old: str, new: str) -> dict[str, str | bytes]:
    """An order in which something stands instead of something else."""
    assert old in ORDER
    return {"order.toml": ORDER.replace(old, new, 1)}


CHECK = "directory check {place}/list.csv --store {store} --layout house"
IMPORT = "directory import {place}/list.csv --store {place}/new.sqlite --cluster ota"
DETAILS = "directory import {place}/list.csv --store {store}"
PLAN = "plan {place}/order.toml --draws 0"
CAPACITY = "capacity {place}/order.toml"
RENTS = "rents --values {place}/values.csv"
RESILIENCE = "resilience --chains {place}/chains.csv --firms {place}/firms.csv --runs 2 --years 2"
SURVEY = "survey {place}/answers.csv --questions {place}/questions.csv"


def heads(**files: str) -> dict[str, str | bytes]:
    """Chains and heads of firms, one of the two changed."""
    return {"chains.csv": files.get("chains", CHAINS), "firms.csv": files.get("firms", OWNERS)}


def answers(text: str = ANSWERS, questions: str = QUESTIONS) -> dict[str, str | bytes]:
    """A survey and its questions."""
    return {"answers.csv": text, "questions.csv": questions}


CASES: dict[str, Case] = {
    # a row that is wrong is named; the others are good
    "unknown process": Case(
        CHECK, firms(processes="teleporting"), ("4", "processes", "teleporting", "Use another"), 1
    ),
    "least above most": Case(
        CHECK, firms(size_min_mm="300", size_max_mm="20"), ("4", "300 > 20", "correct them"), 1
    ),
    "lots contradict": Case(
        CHECK, firms(lot_min="300", lot_max="20"), ("4", "lot_max", "300 > 20", "correct them"), 1
    ),
    "date past": Case(
        CHECK, firms(valid_until="2001-01-01"), ("4", "2001-01-01", "Ask the firm"), 1
    ),
    "negative": Case(
        CHECK, firms(employees="-3"), ("4", "employees", "-3", "0 to 1,000,000", "Correct it"), 1
    ),
    "no number": Case(
        CHECK, firms(size_max_mm="big"), ("4", "size_max_mm", "big", "Write it in digits"), 1
    ),
    "two firms with one id": Case(
        CHECK, firms(id="1"), ("4", "ota/1 stands in row 2", "Make them agree"), 1
    ),
    # a list of which nothing is good makes no registry
    "no good row": Case(
        IMPORT, {"list.csv": f"{HEADER}\n,,turning,,,,,,,\n"}, ("row 2", "name ''", "Correct the")
    ),
    "an empty file": Case(IMPORT, {"list.csv": ""}, ("list.csv is empty", "Check the file")),
    "a header alone": Case(IMPORT, {"list.csv": HEADER}, ("list.csv has no rows", "Check the")),
    "other columns": Case(IMPORT, {"list.csv": "foo,bar\n1,2\n"}, ("foo, bar", "Rename the")),
    "another encoding": Case(
        IMPORT, {"list.csv": "name\nKöln\n".encode("latin-1")}, ("byte", "save it again as UTF-8")
    ),
    "no file": Case(IMPORT, {}, ("There is no file", "list.csv", "Expected a CSV")),
    "a folder": Case(
        IMPORT.replace("/list.csv", ""), {}, ("is a folder", "Expected a CSV")
    ),
    "no cluster": Case(
        IMPORT.replace("--cluster ota", "--cluster Ota/City"), firms(), ("'Ota/City'", "Choose")
    ),
    "no layout": Case(IMPORT + " --layout mine", firms(), ("mine",)),
    "a layout with an unknown key": Case(
        IMPORT + " --layout {place}/own.toml",
        {**firms(), "own.toml": 'gravity = 1\n[columns]\nname = "name"\n'},
        ("gravity", "Correct it"),
    ),
    "a layout with a wrong type": Case(
        IMPORT + " --layout {place}/own.toml",
        {**firms(), "own.toml": 'title = 5\n[columns]\nname = "name"\n'},
        ("title = 5", "text in quotes", "Correct it"),
    ),
    "a layout that is no TOML": Case(
        IMPORT + " --layout {place}/own.toml",
        {**firms(), "own.toml": "name = = 3\n"},
        ("own.toml", "line 1", "Correct that line"),
    ),
    "no folder for the registry": Case(
        IMPORT.replace("new.sqlite", "nowhere/new.sqlite"),
        firms(),
        ("nowhere/new.sqlite cannot be made", "Choose another"),
        BAD_OUTPUT,
    ),
    "a list of ties for a registry that is not there": Case(
        IMPORT, {"list.csv": "source,target\n1,2\n"}, ("row 2", "ota/1", "import the firm first")
    ),
    "ties to nobody": Case(
        DETAILS, {"list.csv": "source,target\n1,99\n"}, ("row 2", "ota/99", "Correct the id")
    ),
    "a tie to itself": Case(
        DETAILS, {"list.csv": "source,target\n1,1\n"}, ("row 2", "target '1'", "Name the other")
    ),
    "hours below zero": Case(
        DETAILS,
        {"list.csv": "firm,week,free_hours\n1,2099-01-05,-4\n"},
        ("row 2", "free_hours '-4'", "0 to 100,000", "Correct it"),
    ),
    "hours that are no number": Case(
        DETAILS,
        {"list.csv": "firm,week,free_hours\n1,2099-01-05,many\n"},
        ("row 2", "free_hours 'many'", "Write it in digits"),
    ),
    "a rating of nobody": Case(
        DETAILS, {"list.csv": "firm,order,quality\n99,A,4\n"}, ("row 2", "ota/99", "Correct the id")
    ),
    # the registry and its peers
    "search nowhere": Case(
        "directory search x --store {place}/none.sqlite", {}, ("none.sqlite", "Check the name")
    ),
    "search what is no registry": Case(
        "directory search x --store {place}/a.csv", {"a.csv": FIRMS}, ("a.csv", "Check the file")
    ),
    "search for nothing": Case(["directory", "search", ""], {}, ("asks for nothing", "Write one")),
    "search for an impossible size": Case(
        "directory search φ-20 --store {store}", {}, ("'φ-20'", "above 0. Correct it")
    ),
    "export nowhere": Case(
        "directory export --store {store} --output {place}/nowhere/x.json",
        {},
        ("nowhere", "Make it, or choose another"),
        BAD_OUTPUT,
    ),
    "export of another kind": Case(
        "directory export --store {store} --output {place}/x.doc", {}, ("x.doc", "Choose one")
    ),
    "pull from nobody": Case(
        "directory pull suwa --store {store}", {}, ("suwa", "Unknown peer"), FOUND
    ),
    "a peer of an impossible name": Case(
        f"directory peer su/wa {'ab' * 32} --store {{store}}", {}, ("'su/wa'", "Choose another")
    ),
    "a peer that is nowhere": Case(
        f"directory peer suwa {'ab' * 32} --store {{store}} --url ftp://x",
        {},
        ("suwa", "'ftp://x'", "Expected http", "Add the peer again"),
    ),
    "a level of nobody": Case(
        "directory level firms.name public --store {store} --firm ota/99", {}, ("'ota/99'", "ota")
    ),
    "a certificate that is none": Case(
        "directory serve --store {store} --certificate {place}/a.pem",
        {"a.pem": "no certificate"},
        ("a.pem", "Expected PEM files", "Check both names"),
    ),
    "an address of another machine": Case(
        "directory serve --store {store} --behind-proxy --host 192.0.2.1",
        {},
        ("192.0.2.1", "Choose another --host or --port"),
    ),
    # an order
    "plan an unknown process": Case(
        PLAN, order('"turning"', '"teleporting"'), ("step 1", "teleporting")
    ),
    "due before it is placed": Case(
        PLAN, order("2026-03-20", "2025-03-20"), ("2025-03-20", "2026-01-05", "Correct due")
    ),
    "negative quantity": Case(PLAN, order("= 200", "= -3"), ("quantity = -3", "Correct it")),
    "quantity in words": Case(
        PLAN, order("= 200", '= "many"'), ("order.toml", "quantity = 'many'", "a number", "Correct")
    ),
    "no quantity": Case(PLAN, order("quantity = 200\n", ""), ("quantity is missing", "Add it")),
    "an unknown field": Case(
        PLAN, order("size_mm", "size_mn"), ("order.toml", "size_mn", "Did you mean size_mm?")
    ),
    "a day in quotes": Case(
        PLAN, order("2026-03-20", '"2026-03-20"'), ("due = '2026-03-20'", "a day without quotes")
    ),
    "a size of nothing": Case(PLAN, order("size_mm = 20", "size_mm = -1"), ("-1", "Correct it")),
    "a cluster that is none": Case(PLAN, order('"ota"', '"mars"'), ("'mars'", "Correct cluster")),
    "a step after none": Case(
        PLAN, order("it_grade = 7", 'after = ["milling"]'), ("grinding", "milling", "Correct after")
    ),
    "a certificate that is no text": Case(
        PLAN,
        order("it_grade = 7", "certificates = [3]"),
        ("step 2", "certificates = [3]", "texts in quotes"),
    ),
    "steps that are no tables": Case(
        PLAN,
        {"order.toml": ORDER[: ORDER.index("[[")] + 'steps = ["turning"]\n'},
        ("step 1", "'turning'", "Write it as one"),
    ),
    "an order of another encoding": Case(
        PLAN, {"order.toml": ORDER.replace("valve", "弁").encode("cp932")}, ("UTF-8", "Correct")
    ),
    "no order": Case(PLAN, {}, ("order.toml", "Check the path")),
    "an empty order": Case(PLAN, {"order.toml": ""}, ("quantity is missing", "steps is missing")),
    "many orders to plan": Case(PLAN, {"order.toml": MANY}, ("1 order as", "Use shuseki capacity")),
    "plan nowhere": Case(
        PLAN + " --store {place}/none.sqlite", order("200", "300"), ("none.sqlite", "Check the")
    ),
    "draws without end": Case(
        PLAN.replace("draws 0", "draws 1000000000"), order("200", "300"), ("1000000000", "10,000")
    ),
    "an assumption that is none": Case(
        PLAN + " --assumptions {place}/own.toml",
        {**order("200", "300"), "own.toml": "gravity = 1\n"},
        ("gravity",),
    ),
    "an assumption in words": Case(
        PLAN + " --assumptions {place}/own.toml",
        {**order("200", "300"), "own.toml": "queue_days = 'x'\n"},
        ("queue_days = 'x'", "Correct it"),
    ),
    "an assumption outside its range": Case(
        PLAN + " --assumptions {place}/own.toml",
        {**order("200", "300"), "own.toml": "queue_days = [5, 6, 7]\n"},
        ("queue_days", "5", "Correct them"),
    ),
    "orders in a row": Case(PLAN, {"order.toml": "orders = 3\n"}, ("orders = 3", "Write each")),
    # many orders
    "the same order twice": Case(CAPACITY, {"order.toml": MANY + MANY}, ("valve body", "Rename")),
    "the second order": Case(
        CAPACITY,
        {"order.toml": MANY + MANY.replace("valve body", "two").replace("200", "true")},
        ("order.toml, order 2", "quantity = True", "Correct it"),
    ),
    "no weeks": Case(CAPACITY + " --weeks 0", order("200", "300"), ("0 weeks", "1 to 104")),
    "two questions at once": Case(
        CAPACITY + " --joint --lend", order("200", "300"), ("--joint, --lend", "Leave the others")
    ),
    "a mode of capacity that is none": Case(
        CAPACITY + " --mode all", order("200", "300"), ("'all'", "wide, inside, insource. Choose")
    ),
    "a folder without orders": Case("capacity {place}", {}, ("No .toml file", "Check the folder")),
    "gaps of a cluster that is none": Case(
        "gaps {place}/order.toml --cluster mars", order("200", "300"), ("mars",)
    ),
    "gaps never": Case(
        "gaps {place}/order.toml --cluster ota --per-year -1", order("200", "300"), ("-1",)
    ),
    "gaps of an impossible order": Case(
        "gaps {place}/order.toml", order("= 200", "= 0"), ("quantity = 0", "Correct it")
    ),
    # inquiries
    "an inquiry of nothing": Case(["inquiry", ""], {}, ("0 characters", "Say in a few")),
    "an inquiry of another kind": Case("inquiry polishing --kind wish", {}, ("'wish'", "Choose")),
    "an inquiry by nobody": Case("inquiry polishing --asker ota/99999", {}, ("ota/99999",)),
    # rents
    "values in words": Case(
        RENTS, {"values.csv": VALUES.replace(",4", ",many")}, ("'many'", "row 3", "Correct")
    ),
    "a set without value": Case(
        RENTS, {"values.csv": VALUES.replace("suwa,4\n", "", 1)}, ("suwa",)
    ),
    "values of other columns": Case(RENTS, {"values.csv": "a,b\n1,2\n"}, ("clusters",)),
    "values of nothing": Case(RENTS, {"values.csv": ""}, ("values.csv", "empty")),
    "rents nowhere": Case("rents --store {place}/none.sqlite", {}, ("none.sqlite", "Check the")),
    # resilience
    "a chain through nobody": Case(
        RESILIENCE, heads(chains=CHAINS + "o3,z,5,\n"), ("'z'", "row 4", "Correct the name")
    ),
    "a negative cost": Case(
        RESILIENCE, heads(chains=CHAINS + "o3,a,-5,\n"), ("-5", "row 4", "Correct them")
    ),
    "an order with two worths": Case(
        RESILIENCE, heads(chains=CHAINS + "o1,a,5,99\n"), ("'o1'", "99", "the same worth_yen")
    ),
    "two rows of one firm": Case(
        RESILIENCE, heads(firms=OWNERS + "a,50,decided,5,\n"), ("a",)
    ),
    "an age in words": Case(
        RESILIENCE, heads(firms=OWNERS.replace("70", "old")), ("'old'", "row 2")
    ),
    "an impossible age": Case(RESILIENCE, heads(firms=OWNERS.replace("70", "-70")), ("-70",)),
    "an unknown successor": Case(
        RESILIENCE, heads(firms=OWNERS.replace("undecided", "maybe")), ("maybe",)
    ),
    "no years": Case(RESILIENCE.replace("years 2", "years 0"), heads(), ("years = 0", "1 to 50")),
    "runs without end": Case(
        RESILIENCE.replace("runs 2", "runs 1000000000"), heads(), ("1,000,000,000 runs", "100,000")
    ),
    "a seed below zero": Case(RESILIENCE + " --seed -1", heads(), ("--seed",), USAGE),
    "newcomers beyond reason": Case(
        RESILIENCE + " --entry-per-year 2", heads(), ("entry_share = 2", "0 to 1", "Choose")
    ),
    # surveys
    "a firm that answers twice": Case(SURVEY, answers(ANSWERS + "f1,3,1,\n"), ("f1",)),
    "an answer in words": Case(SURVEY, answers(ANSWERS + "g1,3,perhaps,\n"), ("perhaps",)),
    "a question of another kind": Case(
        SURVEY, answers(questions=QUESTIONS.replace("exclusive", "alone")), ("alone",)
    ),
    "a survey of nothing": Case(SURVEY, answers(""), ("answers.csv", "empty")),
    "a size in words": Case(
        SURVEY + " --group size --bounds 1,5 --minimum 1",
        answers(ANSWERS.replace("f1,1", "f1,big")),
        ("'big'", "bounds 1", "Correct them"),
    ),
    "a confidence that is none": Case(SURVEY + " --confidence 2", answers(), ("2",)),
}  # fmt: skip


def ran(words: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, and what was said in English and in Japanese."""
    done = CliRunner().invoke(app, list(words))
    if done.exit_code == USAGE:  # typer's own words
        return USAGE, " ".join(done.output.split()), ""
    if done.exception is None or isinstance(done.exception, SystemExit):
        japanese = CliRunner().invoke(app, [*words, "--lang", "ja"]).output
        return done.exit_code, " ".join(done.output.split()), japanese
    known = done.exception if isinstance(done.exception, ShusekiError) else refusal(done.exception)
    assert known is not None, repr(done.exception)
    code = BAD_OUTPUT if isinstance(known, OutputError) else BAD_INPUT
    return code, str(known), told(words_of(known), "ja")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of two firms, with its key."""
    place = tmp_path_factory.mktemp("registry")
    (place / "list.csv").write_text(FIRMS)
    words = ["directory", "import", place / "list.csv", "--store", place / "ota.sqlite"]
    done = CliRunner().invoke(app, [*map(str, words), "--cluster", "ota", "--layout", "house"])
    assert done.exit_code == 0, done.output
    return place / "ota.sqlite"


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_is_refused(name: str, registry: Path, tmp_path: Path) -> None:
    case = CASES[name]
    for file, content in case.files.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / file).write_bytes(data)
    with Registry.open(registry) as opened:
        before = opened.directory(), opened.peers(), opened.visibility()
    words = case.words.split() if isinstance(case.words, str) else case.words
    code, said, japanese = ran([word.format(place=tmp_path, store=registry) for word in words])
    assert code == case.code, said
    for words_said in case.says:
        assert words_said in said
    assert not re.search(r"Expected|[a-z]\. [A-Z]", japanese), japanese
    assert {path.name for path in tmp_path.iterdir()} == set(case.files)
    with Registry.open(registry) as opened:
        after = opened.directory(), opened.peers(), opened.visibility()
    for held in ("firms", "capabilities", "loads", "ties", "ratings"):
        assert getattr(after[0], held) == getattr(before[0], held)
    assert after[1:] == before[1:]


def test_four_in_ten_unknown_is_said_and_taken(tmp_path: Path) -> None:
    rows = [SUZUKI, SATO.replace(",1,500,", ",,,"), SATO.replace("2,Sato", "3,Ito")]
    rows[2] = rows[2].replace(",1,500,", ",,,")
    (tmp_path / "list.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    code, said, _ = ran(IMPORT.format(place=tmp_path).split())
    assert code == 0
    assert "2 of 3 capabilities do not say size_max_mm" in said


def test_good_files_are_taken(registry: Path, tmp_path: Path) -> None:
    """The files from which the cases are made are good: what is refused is what was changed."""
    files = {
        "order.toml": ORDER, "values.csv": VALUES, **heads(), **answers(), "list.csv": FIRMS
    }  # fmt: skip
    for file, content in files.items():
        (tmp_path / file).write_text(str(content))
    for words in (CHECK, IMPORT + " --layout house", PLAN, RENTS, RESILIENCE, SURVEY):
        code, said, _ = ran(words.format(place=tmp_path, store=registry).split())
        assert code == 0, said
