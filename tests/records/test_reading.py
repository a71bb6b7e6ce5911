"""What is kept is what was written; everything else is a finding or set aside."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import shuseki.reading.files as files
from shuseki.errors import DataError
from shuseki.reading.tables import read_table
from shuseki.records.ingest import ingest
from shuseki.records.validation import validate

HEADER = "wave,id,municipality,industry,employees,latitude,longitude,opened,shipments_yen\n"


def row(**said: str) -> str:
    cells = {
        "wave": "1998",
        "id": "1",
        "municipality": "01202",
        "industry": "H01",
        "employees": "5",
        "latitude": "41.5",
        "longitude": "140.5",
        "opened": "1990-04-01",
        "shipments_yen": "7",
        **said,
    }
    return ",".join(f'"{cell}"' for cell in cells.values()) + "\n"


def taken(folder: Path, *rows: str, header: str = HEADER, **options):
    """Findings by row, and the rows kept, of a file."""
    path = folder / "w.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    findings = validate(path, options.get("layout", "house"), codes="any")
    report = ingest(path, folder / "s", options.get("layout", "house"), codes="any")
    parts = list((folder / "s").glob("parts/*/wave=*/*.parquet"))
    kept = pd.concat([pd.read_parquet(part) for part in parts]) if parts else pd.DataFrame()
    found = findings.to_frame().groupby("row")["reason"].agg(list).to_dict()
    return found, kept.reset_index(drop=True), report


def test_employees_that_are_no_whole_number_cost_their_row(tmp_path):
    texts = ["NaN", "inf", "1e400", "", "-", "－", "X", "…", "2.5", "1.234", "9e18", "five", "35,5"]
    bad = [row(id=str(k), employees=text) for k, text in enumerate(texts, 2)]
    found, kept, _ = taken(tmp_path, *bad, row(id="99", employees="１２３４"))
    assert found == {k: ["no employees"] for k in range(2, 2 + len(texts))}
    assert kept["employees"].tolist() == [1234]


def test_an_optional_number_is_blanked_with_a_finding(tmp_path):
    texts = ["NaN", "inf", "-", "X", "1e400", "seven", "12%"]
    rows = [row(id=str(k), shipments_yen=text) for k, text in enumerate(texts, 2)]
    found, kept, report = taken(tmp_path, *rows)
    assert found == {k: ["unreadable shipments_yen"] for k in range(2, 9)}
    assert kept["shipments_yen"].isna().all()
    assert "7 rows were kept without a value" in report.notes[0]


def test_a_wave_that_is_no_year_costs_its_row(tmp_path):
    waves = ["199803", "98", "0", "", "19.98", "平成10年"]
    found, kept, _ = taken(tmp_path, *(row(id=w, wave=w) for w in waves), row(id="2"))
    assert found == {k: ["no wave"] for k in range(2, 8)}
    assert len(kept) == 1


def test_a_decimal_comma_is_read_by_its_column(tmp_path):
    """The unsure cell stands in the first stretch, what settles it may come later."""
    comma = {"longitude": "140,5"}
    _, kept, _ = taken(
        tmp_path, row(latitude="41,567", **comma), row(id="2", latitude="41,5", **comma)
    )
    assert kept["latitude"].tolist() == [41.567, 41.5]
    assert kept["longitude"].tolist() == [140.5, 140.5]


def test_a_file_of_semicolons_does_not_settle_a_comma(tmp_path):
    semicolons = row(shipments_yen="1,234").replace('","', '";"')
    found, kept, _ = taken(tmp_path, semicolons, header=HEADER.replace(",", ";"))
    assert found == {2: ["unreadable shipments_yen"]}
    layout = {"like": "house", "decimal": ","}
    (tmp_path / "again").mkdir()
    found, kept, _ = taken(
        tmp_path / "again", semicolons, header=HEADER.replace(",", ";"), layout=layout
    )
    assert found == {}
    assert kept["shipments_yen"].tolist() == [1.234]


def test_places_that_cannot_be_are_blanked(tmp_path):
    found, kept, _ = taken(tmp_path, row(latitude="140.5", longitude="41.5"))
    assert found == {2: ["unreadable latitude"]}
    assert kept["latitude"].isna().all()


def test_days_months_and_what_is_neither(tmp_path):
    said = {
        "平成2年4月1日": ("1990-04-01", None),
        "H2.4.1": ("1990-04-01", None),
        "199004": ("1990-04-01", ["month"]),
        "1990": ("None", ["unreadable opened"]),
        "90/4/1": ("None", ["unreadable opened"]),
        "19900231": ("None", ["unreadable opened"]),
    }
    found, kept, _ = taken(tmp_path, *(row(id=str(k), opened=t) for k, t in enumerate(said)))
    assert [str(day) for day in kept.sort_values("id")["opened"]] == [d for d, _ in said.values()]
    assert [found.get(k) for k in range(2, 8)] == [reasons for _, reasons in said.values()]


def test_identifiers_stay_as_they_are_written_but_for_width(tmp_path):
    ids = ["007", "7", "1.0", "1.23E+12", "ＡＢ", "nan", "NA", "A\u200bB", "C\x1b[31m"]
    found, kept, report = taken(tmp_path, *(row(id=one) for one in ids))
    assert kept["id"].tolist() == ["007", "7", "1.0", "1.23E+12", "AB", "NA", *ids[-2:]]
    told = {4: "decimal", 5: "scientific", 6: "width", 7: "no id", 9: "unseen", 10: "unseen"}
    assert found == {row: [reason] for row, reason in told.items()}
    assert any("decimal number" in note for note in report.notes)


def test_a_code_in_full_width_is_that_of_half_width_in_every_file(tmp_path):
    # one wave, and a table of groups, written on a Japanese keyboard; the other wave is not
    found, kept, _ = taken(tmp_path, row(id="１"), row(id="1", wave="2000", industry="Ｈ０１"))
    assert found == {2: ["width"], 3: ["width"]}
    assert kept[["id", "industry"]].astype(str).to_numpy().tolist() == [["1", "H01"]] * 2
    groups = tmp_path / "groups.csv"
    groups.write_text("industry,group\nＨ０１,high\n", encoding="utf-8")
    assert read_table(groups, codes=["industry"])["industry"].tolist() == ["H01"]


def test_stored_identifiers_that_became_decimal_numbers_are_whole_again(tmp_path):
    frame = pd.DataFrame(
        {"wave": [1998.0] * 3, "id": [1.0, 2.0, None], "municipality": "01202", "industry": "H01"}
    ).assign(employees=[5.0, np.nan, 7.0])
    path = tmp_path / "w.parquet"
    frame.to_parquet(path, index=False)
    findings = validate(path, codes="any")
    reasons = findings.to_frame().groupby("row")["reason"].agg(list).to_dict()
    assert reasons == {1: ["decimal"], 2: ["no employees"], 3: ["no id"]}
    ingest(path, tmp_path / "s", codes="any")
    (part,) = (tmp_path / "s").glob("parts/*/wave=*/*.parquet")
    assert pd.read_parquet(part)["id"].tolist() == [1]


def test_lists_in_parquet_are_refused_in_words(tmp_path):
    frame = pd.DataFrame({"wave": [1998], "id": [[1, 2]], "municipality": "01202"})
    path = tmp_path / "w.parquet"
    frame.assign(industry="H01", employees=5).to_parquet(path, index=False)
    findings = validate(path)
    assert not findings.can_be_ingested
    assert "id list<" in findings.faults["says"][0]


def test_exactly_the_file_that_is_named(tmp_path):
    folder = tmp_path / "employees=999"
    folder.mkdir()
    for name, n in (("w[2]000", 3), ("w2000", 4)):
        text = HEADER + "".join(row(id=str(k)) for k in range(n))
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    assert validate(folder / "w[2]000.csv").rows == 3
    report = ingest(folder / "w[2]000.csv", tmp_path / "s[1]*")
    assert report.files["rows_kept"].tolist() == [3]
    (part,) = (tmp_path / "s[1]*").glob("parts/*/wave=*/*.parquet")
    assert pd.read_parquet(part)["employees"].tolist() == [5, 5, 5]


def test_the_lines_of_a_file_are_all_accounted_for(tmp_path):
    text = HEADER + row(id="a\nb") + "\n" + row(id="2") + "broken\n" + row(id='3"').rstrip("\n")
    path = tmp_path / "w.csv"
    path.write_text(text, encoding="utf-8")
    told = ingest(path, tmp_path / "s", codes="any").files.iloc[0]
    assert told["lines"] == len(text.encode().splitlines()) == 7
    assert told["lines"] == (
        told["lines_above"] + told["lines_blank"] + told["lines_continued"] + told["rows_in"]
    )
    assert (told["rows_in"], told["rows_kept"], told["rows_set_aside"]) == (4, 2, 2)
    (report,) = (tmp_path / "s").glob("parts/*/report.json")
    assert json.loads(report.read_text(encoding="utf-8"))["lines_continued"] == 1


def test_a_parser_that_loses_rows_stops_the_ingest(tmp_path, monkeypatch):
    parse = files.parse
    monkeypatch.setattr(files, "parse", lambda *a, **k: parse(*a, **k).slice(1))
    path = tmp_path / "w.csv"
    path.write_text(HEADER + row() + row(id="2"), encoding="utf-8")
    with pytest.raises(DataError, match="2 records in the lines at hand, but the parser found 1"):
        ingest(path, tmp_path / "s")
    assert not list((tmp_path / "s").glob("parts/*/report.json"))
