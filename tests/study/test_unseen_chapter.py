"""A study corrects its births by a sample that its user verified; all is made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import ShusekiError
from shuseki.study.run import Run, run
from shuseki.study.specification import read_study

STUDY = """
[study]
name = "verified"
title = "Verified births"
[counted]
source = "file"
file = "births.csv"
codes = "any"
[accounts]
source = "file"
file = "accounts.csv"
map = false
[[accounts.variable]]
name = "SIZE"
formula = "people / 1000"
[[accounts.outcome]]
name = "START"
counts = "births"
denominator = "people"
per = 1000
[[entry.equations]]
model = "1"
outcome = "START"
terms = ["SIZE"]
[unseen]
sample = "sample.csv"
draws = 40
"""
AREAS = [f"A{k:02d}" for k in range(30)]
PEOPLE = np.arange(30) * 100 + 1000


def sample() -> pd.DataFrame:
    """Ten candidates an area, eight of them counted; every second is verified.

    Of pattern "opened before" none is new, of "no trace" all are.
    """
    rows = [
        (area, "opened before" if k < 4 else "no trace", int(k < 8), int(k >= 4), k % 2)
        for area in AREAS
        for k in range(10)
    ]
    frame = pd.DataFrame(rows, columns=["area", "pattern", "counted", "new", "verified"])
    frame["new"] = frame["new"].where(frame["verified"] == 1)
    return frame.drop(columns="verified")


def written(folder: Path, table: pd.DataFrame, study: str = STUDY) -> Path:
    pd.DataFrame({"area": AREAS, "births": 8}).to_csv(folder / "births.csv", index=False)
    pd.DataFrame({"area": AREAS, "people": PEOPLE}).to_csv(folder / "accounts.csv", index=False)
    table.to_csv(folder / "sample.csv", index=False)
    place = folder / "study.toml"
    place.write_text(study)
    return place


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("verified")
    return run(read_study(written(folder, sample())), folder / "out")


def test_births_are_what_the_sample_says(done: Run) -> None:
    rates = done["corrected_rates"]
    # eight are counted in each area; six of the ten candidates are new
    np.testing.assert_allclose(rates.observed, 1000 * 8 / PEOPLE)
    np.testing.assert_allclose(rates.rate, 1000 * 6 / PEOPLE, rtol=0.05)
    shares = done["verified_shares"].to_frame()
    assert shares["verified"].sum() == 150


def test_the_equation_is_estimated_again(done: Run) -> None:
    frame = done["corrected_start_1"].to_frame().set_index("term")
    # the corrected outcome is 6/8 of the other, and so is its slope
    assert frame.loc["SIZE", "corrected"] / frame.loc["SIZE", "observed"] == pytest.approx(
        0.75, rel=0.05
    )
    told = [section.title for section in done.document().sections]
    assert "Births by a verified sample" in told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="new"), "no column new"),
        (lambda t: t.assign(new="maybe"), "neither 1 nor 0"),
        (lambda t: t.assign(area="elsewhere"), "No area of the sample"),
        (lambda t: t.assign(counted=None), "counted is empty"),
        (lambda t: t.iloc[1:], "of the records and of the sample differ in 1 of 30"),
        (
            lambda t: t.assign(new=t["new"].where(t["pattern"] == "no trace")),
            "no candidate was verified: opened before",
        ),
    ],
)
def test_samples_that_cannot_be(tmp_path: Path, change, says: str) -> None:
    with pytest.raises(ShusekiError, match=says):
        run(read_study(written(tmp_path, change(sample()))))


def test_an_outcome_that_is_none_of_births(tmp_path: Path) -> None:
    study = STUDY + 'outcome = "STOP"\n'
    with pytest.raises(ShusekiError, match=r"unseen\.outcome: unknown 'STOP'"):
        read_study(written(tmp_path, sample(), study))
