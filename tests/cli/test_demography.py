"""Are births, events, survival and panels had from a store at the terminal, in both languages?"""

import json

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli import app
from shuseki.errors import ShusekiError

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three waves of places of no known country; numbers in S were there before, without one."""
    folder = tmp_path_factory.mktemp("waves")
    rows = {
        2010: ["a1", "a2", "b1", "b2"],
        2015: ["a1", "a2", "b1", "b3", "S1"],
        2020: ["a1", "b1", "b3", "a4", "S2"],
    }
    for year, ids in rows.items():
        pd.DataFrame(
            {
                "id": ids,
                "municipality": ["Aberdeen" if i[0] == "a" else "Bristol" for i in ids],
                "industry": ["25" if i.endswith(("1", "3")) else "29" for i in ids],
                "employees": 5,
            }
        ).to_csv(folder / f"{year}.csv", index=False)
        done = RUNNER.invoke(
            app,
            ["ingest", str(folder / f"{year}.csv"), "--store", str(folder / "store"),
             "--wave", str(year), "--codes", "any"],
        )  # fmt: skip
        assert done.exit_code == 0, done.output
    return folder / "store"


def test_births_with_an_exclusion(store, tmp_path):
    out = tmp_path / "births.csv"
    arguments = ["births", str(store), "--at", "2020", "--since", "2015", "--exclude", "id:^S"]
    arguments.append("--internal")
    done = RUNNER.invoke(app, [*arguments, "--output", str(out)])
    assert done.exit_code == 0, done.output
    # new in 2020: a4 and S2; S2 is set aside
    assert "2 candidates → 1 birth in 1 area" in " ".join(done.output.split())
    frame = pd.read_csv(out)
    assert frame.loc[frame["births"] > 0, "area"].tolist() == ["Aberdeen"]


def test_events_survival_and_panel_in_every_format(store, tmp_path):
    for command, more in (("events", []), ("survival", []), ("panel", ["--wave", "2020"])):
        for ending in ("csv", "xlsx", "tex", "html", "json", "parquet"):
            out = tmp_path / f"{command}.{ending}"
            done = RUNNER.invoke(
                app, [command, str(store), *more, "--internal", "--output", str(out)]
            )
            assert done.exit_code == 0, done.output
            assert out.stat().st_size > 50
    events = pd.read_csv(tmp_path / "events.csv").set_index("wave")
    # 2015: b3, S1 new, b2 gone; 2020: a4, S2 new, a2, S1 gone
    assert events["births"].tolist()[1:] == [2, 2]
    assert events["deaths"].tolist()[1:] == [1, 2]
    said = json.loads((tmp_path / "panel.json").read_text(encoding="utf-8"))
    assert sum(row["plants"] for row in said["rows"]) == 5
    assert said["headline"].startswith("5 plants in 2 areas")


def test_bad_input_is_said(store, tmp_path):
    for arguments, message in (
        (["births", str(store), "--at", "2020", "--since", "2014"], "wave"),
        (["births", str(store), "--at", "2020", "--since", "2015", "--exclude", "id"], "colon"),
        (["births", str(store), "--at", "2020", "--since", "2015", "--exclude", "id:("], "regular"),
        (["events", str(tmp_path / "nothing")], "No store"),
        (["panel", str(store), "--output", str(tmp_path / "a.doc")], "Cannot write .doc"),
        (["panel", str(store), "--division", "districts"], "No division 'districts'"),
    ):
        done = RUNNER.invoke(app, arguments)
        assert done.exit_code != 0
        assert message in (done.output + str(done.exception))


@pytest.mark.parametrize(
    ("opened", "closed", "answers"),
    [
        # all closed by the end of their wave: nobody is there
        ("1990-01-01", "2000-06-30", {"panel": "0 plants", "events": "0 births"}),
        # days that contradict each other, and no day of closing that could be used
        ("2030-01-01", "1980-01-01", {"panel": "0 plants"}),
        # the days that registers write for "always" and "not yet"
        ("0001-01-01", "9999-12-31", {"panel": "40 plants", "events": "20 births and 20 deaths"}),
    ],
)
def test_stores_at_the_edge(opened, closed, answers, tmp_path):
    records = tmp_path / "w.csv"
    rows = (
        f"{wave},{wave}{k},13111,2911,5,{opened},{closed}\n"
        for wave in (2000, 2002)
        for k in range(20)
    )
    records.write_text(
        "wave,id,municipality,industry,employees,opened,closed\n" + "".join(rows), "utf-8"
    )
    folder = str(tmp_path / "store")
    assert RUNNER.invoke(app, ["ingest", str(records), "--store", folder]).exit_code == 0
    for words in (
        ["panel"],
        ["panel", "--division", "district-253"],
        ["events"],
        ["events", "--lives", "spells"],
        ["survival"],
        ["survival", "--lives", "spells"],
        ["survival", "--lives", "spells", "--by", "area"],
        ["births", "--at", "2002", "--since", "2000"],
        ["births", "--at", "2002", "--since", "2000", "--lives", "spells"],
    ):
        done = RUNNER.invoke(app, [words[0], folder, *words[1:], "--internal"])
        refused = isinstance(done.exception, ShusekiError)
        assert done.exit_code == 0 or refused, (words, done.exception)
        if len(words) == 1 and words[0] in answers:
            assert answers[words[0]] in done.output


def test_what_a_command_shows_of_a_users_store_may_leave(store, tmp_path):
    # two births of 2020 in all, a4 and S2: none of it may be read
    words = ["births", str(store), "--at", "2020", "--since", "2015"]
    done = RUNNER.invoke(app, [*words, "--output", str(tmp_path / "births.csv")])
    assert done.exit_code != 0
    assert not (tmp_path / "births.csv").exists()
    assert "2 candidates" not in done.output
    assert "Held" in done.output
    japanese = RUNNER.invoke(app, [*words, "--lang", "ja"])
    assert "公表" in japanese.output


def test_what_is_internal_is_marked_in_the_file(store, tmp_path):
    for ending in ("csv", "json", "html", "tex", "parquet"):
        out = tmp_path / f"panel.{ending}"
        done = RUNNER.invoke(app, ["panel", str(store), "--internal", "--output", str(out)])
        assert done.exit_code == 0, done.output
        assert b"not for release" in out.read_bytes()
    assert "not for release" in " ".join(done.output.split())


def test_a_table_made_elsewhere_is_checked(store, tmp_path):
    table = tmp_path / "table.csv"
    # Aberdeen in 2020: a1 (25) and a4 (29); Bristol: b1, b3 (25) and S2 (29)
    table.write_text("municipality,wave,plants\nAberdeen,2020,2\nBristol,2020,3\n")
    done = RUNNER.invoke(app, ["check-output", str(table), "--against", str(store)])
    assert done.exit_code == 1, done.output
    assert "1 unsafe cell among 2 numbers" in " ".join(done.output.split())
    table.write_text("municipality,wave,plants\nBristol,2020,3\n")
    done = RUNNER.invoke(app, ["check-output", str(table), "--against", str(store)])
    assert done.exit_code == 0, done.output
    # a workbook whose second sheet gives away what the first one hides: 5 - 3 = 2
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("totals")
    for sheet, rows in (
        (first, [["Plants"], ["municipality", 2020], ["Aberdeen", "X"], ["Bristol", 3]]),
        (second, [["municipality", "wave", "plants"], ["total", 2020, 5]]),
    ):
        for row in rows:
            sheet.append(row)
    workbook = tmp_path / "tables.xlsx"
    book.save(workbook)
    done = RUNNER.invoke(app, ["check-output", str(workbook), "--against", str(store)])
    assert done.exit_code == 1, done.output
    assert "1 unsafe cell among 2 numbers" in " ".join(done.output.split())
    second.delete_rows(1, 2)
    book.save(workbook)
    done = RUNNER.invoke(app, ["check-output", str(workbook), "--against", str(store)])
    assert done.exit_code == 0, done.output
