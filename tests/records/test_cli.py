"""The commands that check records and take them in: what they print, and their exit codes."""

import pandas as pd
from typer.testing import CliRunner

from shuseki.cli.records import app

HEADER = "wave,id,municipality,industry,employees\n"
run = CliRunner().invoke


def test_validate_says_what_is_wrong_and_exits_with_1(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(HEADER + "1998,1,01202,H01,-5\n1998,2,01202,H01,5\n")
    output = tmp_path / "findings.csv"
    done = run(app, ["validate", str(path), "--output", str(output)])
    assert done.exit_code == 1
    assert "negative employees 1" in done.output
    assert pd.read_csv(output)["row"].tolist() == [2]


def test_validate_exits_with_0_on_a_clean_file_and_2_on_a_useless_one(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(HEADER + "1998,1,01202,H01,5\n")
    assert run(app, ["validate", str(path)]).exit_code == 0
    path.write_text(HEADER)
    done = run(app, ["validate", str(path)])
    assert done.exit_code == 3
    assert "has no rows" in " ".join(done.output.split())


def test_ingest_prints_rows_in_kept_and_set_aside(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(HEADER + "1998,1,01202,H01,-5\n1998,2,01202,H01,5\n")
    done = run(app, ["ingest", str(path), "--store", str(tmp_path / "store")])
    assert done.exit_code == 0
    assert "2 rows in = 1 kept + 1 set aside (negative employees 1)" in " ".join(
        done.output.split()
    )
    again = run(app, ["ingest", str(path), "--store", str(tmp_path / "store")])
    assert "1 file already in the store" in " ".join(again.output.split())


def test_layouts_are_listed():
    assert "corporate-number" in run(app, ["layouts"]).output
