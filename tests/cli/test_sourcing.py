"""Do plan, capacity, gaps and inquiry answer at a terminal, and refuse in words?"""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shuseki.cli import app
from shuseki.errors import ShusekiError

ORDER = """
id = "valve body"
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


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "valve.toml"
    path.write_text(ORDER, encoding="utf-8")
    return path


def run(*words: object) -> str:
    """What a command prints; what it refuses is raised."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_plan_in_both_languages_with_files(order: Path, tmp_path: Path) -> None:
    table, steps, refused, page = (
        tmp_path / name for name in ("plan.csv", "steps.csv", "refused.csv", "plan.html")
    )
    said = run(
        *("plan", order, "--draws", 2, "--out", table, "--steps", steps),
        *("--refused", refused, "--figure", page),
    )
    assert "valve body (wide area)" in said
    assert "without" in said
    assert "synthetic" in said
    with table.open(encoding="utf-8-sig") as rows:
        assert len(list(csv.DictReader(rows))) >= 1
    with steps.open(encoding="utf-8-sig") as rows:
        assert {"turning", "grinding"} <= {row["step"] for row in csv.DictReader(rows)}
    assert refused.exists()
    assert "Synthetic data" in page.read_text(encoding="utf-8")
    japanese = run("plan", order, "--draws", 0, "--lang", "ja")
    assert "広域" in japanese
    assert "がなければ" in japanese
    assert "推奨" in japanese


def test_a_plan_as_json(order: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    run("plan", order, "--draws", 0, "--out", out)
    assert "valve body" in json.dumps(json.loads(out.read_text("utf-8")))


def test_modes_are_compared_and_tipping_points_asked(order: Path, tmp_path: Path) -> None:
    assert "price of locality" in run("plan", order, "--mode", "all")
    own = order.read_text("utf-8").replace('cluster = "ota"', 'hub = "ota/0001"')
    order.write_text(own, encoding="utf-8")
    assert "insourcing pays" in run("plan", order, "--tipping")


def test_capacity_gaps_and_inquiry(order: Path, tmp_path: Path) -> None:
    page = tmp_path / "served.html"
    said = run("capacity", order, "--seconds", 5, "--figure", page)
    assert "1 of 1 order served" in said
    assert page.exists()
    assert "充足" in run("capacity", order, "--seconds", 5, "--lang", "ja")
    assert "dated" in run("capacity", order, "--seconds", 5, "--dates")
    assert "hours lent" in run("capacity", order, "--seconds", 5, "--lend")
    assert "cell" in run("gaps", order, "--cluster", "ota")
    assert "欠落" in run("gaps", order, "--cluster", "ota", "--lang", "ja")
    assert "may answer" in run("inquiry", "研磨とめっき")


def test_own_assumptions_are_used(order: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("handling_yen = 100000\nqueue_days = [5, 1, 15]\n", encoding="utf-8")
    with_own = run("plan", order, "--draws", 0, "--assumptions", own)
    assert with_own != run("plan", order, "--draws", 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--mode", "sideways"), "sideways"),
        (("--objective", "beauty"), "beauty"),
        (("--role", "king"), "king"),
        (("--lang", "fr"), "fr"),
        (("--mode", "insource"), "hub"),
        (("--cluster", "ota", "--store", "nowhere.sqlite"), "nowhere.sqlite"),
    ],
)
def test_what_cannot_be_planned_is_refused(order: Path, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(ShusekiError, match=says):
        run("plan", order, *words)


@pytest.mark.parametrize("text", ["queue_days = 'x'", "gravity = 1", "queue_days = [1, 2]"])
def test_assumptions_that_cannot_be_are_refused(order: Path, tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ShusekiError):
        run("plan", order, "--assumptions", own)


def test_a_lot_of_two_steps_is_not_shared(order: Path) -> None:
    with pytest.raises(ShusekiError, match="Expected one"):
        run("capacity", order, "--joint")
