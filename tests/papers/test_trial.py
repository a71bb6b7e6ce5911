"""Are slips planted as their names say, and counted when found?"""

import runpy
from pathlib import Path

import numpy as np
import pytest

from shuseki.errors import DataError
from shuseki.papers.audit import Cell
from shuseki.papers.audit.trial import (
    SORTS,
    digits_exchanged,
    first_digit,
    plant,
    point_moved,
    sign_changed,
    try_audit,
    with_cell,
)
from shuseki.papers.catalogue import printed_paper

consistent_paper = runpy.run_path(str(Path(__file__).with_name("made_up.py")))["consistent_paper"]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_what_a_slip_does_to_a_text() -> None:
    spoilt = first_digit("0.052", rng())
    assert spoilt != "0.052" and spoilt[:3] == "0.0" and spoilt[4] == "2"  # noqa: PT018
    assert digits_exchanged("12", rng()) == "21"
    assert digits_exchanged("5", rng()) == "5"
    assert point_moved("5", rng()) == "5"
    assert sign_changed("-0.1", rng()) == "0.1"
    assert sign_changed("0.1", rng()) == "-0.1"


@pytest.mark.parametrize("name", ["first digit of t", "stars", "exchanged rows"])
def test_one_cell_is_spoilt(name: str) -> None:
    paper = consistent_paper(0, "one sample")
    planted = plant(name, paper, rng())
    assert planted is not None
    spoilt, cell = planted
    before, after = (p.table("coefficients") for p in (paper, spoilt))
    differs = (before != after).to_numpy()
    # Two rows of up to three cells are exchanged, or one cell is another.
    assert differs.any(axis=1).sum() == (2 if name == "exchanged rows" else 1)
    row = after[differs.any(axis=1)].iloc[0]
    assert cell.key == (row["outcome"], row["model"], row["term"])


def test_slips_of_the_survey_are_all_found() -> None:
    # 1 / n > .001 for n = 144 to 152: at most one whole count in seven tenths prints as a
    # percentage, so a wrong digit is found wherever no other count happens to print so.
    trial = try_audit(printed_paper("shoko-2012"), repeats=10)
    assert set(trial.table["slip"]) == {"first digit of percent", "exchanged digits of percent"}
    assert trial.table["planted"].tolist() == [10, 10]
    assert (trial.table["found"] >= 7).all(), trial.table.to_string()
    assert (trial.table["found"] == trial.table["blamed"]).all()
    assert trial.headline().startswith(f"{trial.table['found'].sum()} of 20 planted slips found")


def test_a_paper_without_such_cells_is_refused() -> None:
    paper = printed_paper("shoko-2012")
    with pytest.raises(DataError, match="None of 0 papers"):
        try_audit([])
    assert plant("stars", paper, rng()) is None


def test_respondents_of_a_question_stand_once() -> None:
    paper = with_cell(printed_paper("shoko-2012"), Cell("shares", ("technology",), "n"), "150")
    table = paper.table("shares")
    assert set(table.loc[table["question"] == "technology", "n"]) == {"150"}
    assert set(table.loc[table["question"] != "technology", "n"]) == {"144", "152"}
    assert set(SORTS["first digit of percent"]) >= {"shares", "percent"}
