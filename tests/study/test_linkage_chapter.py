"""A study links two registers."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from shuseki.errors import ShusekiError
from shuseki.study.run import run
from shuseki.study.specification import read_study


def study(folder: Path, linkage: str) -> Path:
    place = folder / "study.toml"
    place.write_text(f'[study]\nname = "links"\ntitle = "Links"\n\n[linkage]\n{linkage}\n')
    return place


def test_a_study_counts_births_of_two_registers(tmp_path: Path) -> None:
    names = [f"{a}{b}" for a in "東西南北上下中" for b in ("電機", "製作所", "印刷", "木工")]
    left = pd.DataFrame({"id": range(28), "name": names})
    right = pd.DataFrame({"id": range(100, 124), "name": [f"㈱{n}" for n in names[4:]]})
    left.to_csv(tmp_path / "left.csv", index=False)
    right.to_csv(tmp_path / "right.csv", index=False)
    place = study(tmp_path, 'left = "left.csv"\nright = "right.csv"\ndraws = 20')
    done = run(read_study(place), tmp_path / "out")
    answer = done.answers["linkage"]
    # all 24 on the right are on the left; 4 of the left are gone
    assert len(answer.links.table) == 24
    assert len(answer.continuity.births) == 0
    assert len(answer.continuity.deaths) == 4
    for file in (tmp_path / "out").rglob("*.csv"):
        assert "東電機" not in file.read_text(encoding="utf-8"), file
    # registers of a user are confidential like records: 4 deaths, of 10 that an interval needs
    assert json.loads((tmp_path / "out/outputs.json").read_text(encoding="utf-8"))["checked"]
    intervals = pd.read_csv(next((tmp_path / "out/tables").glob("drawn_links*.csv")))
    assert intervals.set_index("event")["mean"].isna().to_dict() == {
        "births": True, "deaths": True, "survivors": False,
    }  # fmt: skip
    steps = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))["steps"]
    assert next(one for one in steps if one["step"] == "link by likeness")["births"] == "X"


@pytest.mark.parametrize(
    "linkage",
    [
        'left = "left.csv"',
        "waves = [1996]",
        "waves = [1996, 1998]",
        'left = "left.csv"\nright = "left.csv"\nrule = "mine"',
        'left = "left.csv"\nright = "left.csv"\nsettings = {colour = 1}',
    ],
)
def test_faults_are_named_before_anything_runs(tmp_path: Path, linkage: str) -> None:
    (tmp_path / "left.csv").write_text("id,name\n1,a\n")
    with pytest.raises(ShusekiError, match="linkage"):
        read_study(study(tmp_path, linkage))
