"""Registers as published: every sample in the publisher's format is read to the cell.

The samples (``registers/``, all synthetic) are small enough to read by eye: what is expected of
them was written by hand from their rows.
"""

import bz2
import datetime
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import shuseki.cli.records as commands
from shuseki.cli.demography import app as demography
from shuseki.cli.records import app
from shuseki.demography.events import births, events
from shuseki.demography.survival import survival
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import spells as spells_of_codes
from shuseki.language import Message, told
from shuseki.reading.tables import read_table
from shuseki.records.ingest import ingest
from shuseki.records.layouts import known_layouts, layout
from shuseki.records.store import Store
from shuseki.records.tally import tally
from shuseki.records.validation import validate

HERE = Path(__file__).parent / "registers"
ALL = HERE / "corporate_number_all.csv"
CHANGES = [
    HERE / "corporate_number_changes_20240401_cp932.csv",
    HERE / "corporate_number_changes_20240510.csv",
]
run = CliRunner().invoke


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def kept(path: Path, which: Any, folder: Path, wave: int | None = None) -> pd.DataFrame:
    """Take a file into a store: its rows by their identifier."""
    ingest(path, folder, which, wave=wave)
    return rows_of(folder)


def rows_of(folder: Path) -> pd.DataFrame:
    """The rows of a store by their identifier."""
    with_days = Store.open(folder)
    frame = pd.concat([with_days.wave(year).to_pandas() for year in with_days.waves])
    for name in ("opened", "closed", "recorded"):
        if name in frame:
            frame[name] = [None if pd.isna(d) else pd.Timestamp(d).date() for d in frame[name]]
    return frame.assign(id=frame["id"].astype(str)).set_index("id").sort_index()


# Layout → sample, wave, and what of it is kept: id → (place, industry, opened, closed).
SAMPLES: dict[str, tuple[str, int | None, dict[str, tuple[str, str, str, str]]]] = {
    "corporate-number": (
        "corporate_number_all.csv", 2026,
        {
            # assigned on 2015-10-05: it existed then, and when it opened is not said
            "1000000000011": ("13111", "all", "", ""),
            "2000000000012": ("18207", "all", "2022-03-01", ""),
            "3000000000013": ("01202", "all", "2019-05-20", ""),
            "4000000000014": ("13111", "all", "2018-04-02", "2023-01-31"),
            "5000000000015": ("18207", "all", "", ""),  # closed by the registrar (21): no death
            "6000000000016": ("13111", "all", "2016-07-01", "2023-10-01"),
            "7000000000017": ("22131", "all", "2023-04-03", ""),
        },  # 8000000000018 was deleted (99)
    ),
    "gbizinfo": (
        "gbizinfo.csv", 2024,
        {
            "1000000000011": ("東京都大田区", "all", "1962-04-01", ""),
            "2000000000012": ("福井県鯖江市", "all", "2022-03-01", ""),
            "3000000000013": ("宮城県柴田郡村田町", "all", "", "2023-01-31"),
            "4000000000014": ("三重県四日市市", "all", "1980-10-01", ""),
        },
    ),
    "edinet": (
        "edinet_cp932.csv", 2023,
        {"E99901": ("前橋市", "水産・農林業", "", ""), "E99902": ("市川市", "卸売業", "", "")},
    ),
    "estat-table": (
        "estat.csv", None,
        {
            "20210000001311109": ("13111", "09", "", ""),
            "20210000001311124": ("13111", "24", "", ""),
            "20210000001820709": ("18207", "09", "", ""),
        },
    ),
    "sirene-establishments": (
        "sirene_stock.csv", 2024,
        {
            "99900000100011": ("01053", "25.62A", "1985-03-01", ""),
            "99900000100037": ("75111", "47.89Z", "", ""),  # 1900-01-01 is no day
        },
    ),
    "sirene-stock": (
        "sirene_stock.csv", 2024,
        {
            "99900000100011": ("01053", "25.62A", "1985-03-01", ""),
            "99900000100029": ("2A004", "10.71C", "2012-05-10", "2020-09-30"),
            "99900000100037": ("75111", "47.89Z", "", ""),  # 1900-01-01 is no day
        },
    ),
    "sirene-history": (
        "sirene_history.csv", 2024,
        {
            # its first period has no industry and is set aside, and yet it began then
            "99900000100011": ("FR", "32.12Z", "2000-09-26", "2009-05-27"),
            "99900000100029": ("FR", "10.71C", "", ""),  # its first period does not say
            "99900000100037": ("FR", "47.89Z", "2010-01-01", ""),  # closed, and opened again
        },
    ),
    "companies-house": (
        "companies_house.csv", 2021,
        {
            "09999902": ("LEEDS", "99999", "2012-09-11", ""),
            "99999901": ("SHEFFIELD", "25620", "2020-07-29", ""),
            "SC999903": ("GLASGOW", "None Supplied", "2018-06-05", ""),
        },
    ),
    "estonia": (
        "estonia.csv", 2024,
        {
            "99999901": ("0176", "all", "2014-04-25", ""),
            "99999902": ("0793", "all", "1997-02-01", ""),
        },
    ),
    "bronnoysund": (
        "bronnoysund.json", 2024,
        {
            "999999901": ("3006", "25.620", "1995-03-12", ""),
            "999999903": ("0301", "10.209", "2019-01-20", ""),
        },
    ),
    "offeneregister": (
        "offeneregister.jsonl", 2018, {"K1101R_HRB999901": ("Hamburg", "all", "", "")},
    ),
    "licences": (
        "licences.csv", 2004,
        {
            "A001": ("north", "food", "1990-04-01", "2003-03-03"),
            "A002": ("north", "food", "", "2001-06-30"),
            "A003": ("south", "metal", "2001-05-05", ""),
            "A004": ("south", "metal", "1995-01-01", ""),
            "A005": ("north", "food", "2001-02-01", "2001-12-01"),
            "A006": ("south", "metal", "", ""),
            "A007": ("south", "metal", "2003-07-01", ""),
        },
    ),
    "taiwan-factories": (
        "taiwan_factories.csv", 2021,
        {
            "99000001": ("彰化縣伸港鄉", "25", "1986-11-20", ""),  # 民國 75
            "99000004": ("桃園市平鎮區", "22", "2010-01-05", ""),  # 民國 99, six digits
            "S9900002": ("彰化縣彰化市", "08", "2020-05-08", ""),
        },
    ),
}  # fmt: skip
SET_ASIDE = {
    "corporate-number": {"not kept by the layout": 1},
    "gbizinfo": {},
    "edinet": {"no municipality": 1},  # abroad
    "estat-table": {"no employees": 1, "unknown municipality": 1},  # X, and 00000
    "sirene-establishments": {"no municipality": 1, "not kept by the layout": 1},
    "sirene-stock": {"no municipality": 1},
    "sirene-history": {"no industry": 1, "superseded": 4},
    "companies-house": {},
    "estonia": {"not kept by the layout": 1},
    "bronnoysund": {"no municipality": 1},
    "offeneregister": {"not kept by the layout": 1, "no municipality": 1},
    "licences": {},
    "taiwan-factories": {"not kept by the layout": 1},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_the_format_of_the_publisher_is_read(tmp_path: Path, name: str) -> None:
    file, wave, expected = SAMPLES[name]
    findings = validate(HERE / file, name, wave=wave)
    assert findings.can_be_ingested
    report = ingest(HERE / file, tmp_path / "store", name, wave=wave)
    frame = rows_of(tmp_path / "store")
    blank = pd.DataFrame(None, frame.index, ["opened", "closed"], dtype=object)
    frame = frame.reindex(columns=[*frame.columns, *blank.columns.difference(frame.columns)])
    found = {
        key: (row.municipality, row.industry, str(row.opened or ""), str(row.closed or ""))
        for key, row in frame.astype(object).where(frame.notna(), None).iterrows()
    }
    assert found == expected
    assert dict(report.reasons) == SET_ASIDE[name]
    for text in (findings.headline(), *findings.notes, report.headline(), *report.notes):
        assert isinstance(text, Message)
        assert re.search("[ぁ-んァ-ン一-龠]", told(text, "ja")), text
    for says in findings.told("ja")["says"]:
        assert re.search("[ぁ-ん]", says), says


def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file says does not depend on the language it is told in: commands read it once."""

    def once(read: Callable[..., Any]) -> Callable[..., Any]:
        answers: list[Any] = []

        def answer(*given: Any, **options: Any) -> Any:
            if not answers:
                answers.append(read(*given, **options))
            return answers[0]

        return answer

    for name in ("look_at", "take_in"):
        monkeypatch.setattr(commands, name, once(getattr(commands, name)))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_commands_read_every_sample_in_both_languages(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_once(monkeypatch)
    file, wave, expected = SAMPLES[name]
    said = ["--layout", name, *(["--wave", str(wave)] if wave else [])]
    for lang in ("en", "ja"):
        done = run(app, ["validate", str(HERE / file), *said, "--lang", lang])
        assert done.exit_code in (0, 1), done.output
        store = str(tmp_path / "store")
        done = run(app, ["ingest", str(HERE / file), *said, "--store", store, "--lang", lang])
        assert done.exit_code == 0, done.output
        assert str(len(expected)) in done.output


def test_the_commands_list_every_layout() -> None:
    listed = run(app, ["layouts"]).output
    assert [name for name in SAMPLES if name not in listed] == []


def test_every_layout_of_a_register_has_a_sample() -> None:
    known = set(known_layouts()) - {"house", "census-of-manufactures"}
    assert known == {*SAMPLES, "corporate-number-changes"}


# ---- formats -------------------------------------------------------------------------------------


def test_names_with_quotes_breaks_and_commas_are_whole(tmp_path: Path) -> None:
    uk = kept(HERE / "companies_house.csv", "companies-house", tmp_path / "uk", 2021)
    assert uk.at["99999901", "name"] == 'SYNTHETIC "SHEFFIELD" LIMITED'
    assert uk.at["SC999903", "name"] == "SYNTHETIC GLASGOW, LTD"
    licences = kept(HERE / "licences.csv", "licences", tmp_path / "licences", 2004)
    assert licences.at["A003", "name"] == "Synthetic\nWorkshop"
    assert licences.at["A001", "address"] == "1 Sample Street, First Floor"
    norway = kept(HERE / "bronnoysund.json", "bronnoysund", tmp_path / "norway", 2024)
    assert norway.at["999999901", "address"] == "Syntetisk vei 1, c/o Prøve"


def test_estat_says_the_same_as_csv_and_as_json(tmp_path: Path) -> None:
    one = read_table(HERE / "estat.csv", codes=["area_code"], text=["annotation"])
    other = read_table(HERE / "estat.json", codes=["area_code"], text=["annotation"])
    assert one.reset_index(drop=True).equals(other.reset_index(drop=True))
    assert one["value"].tolist()[:3] == [3021, 1204, 1817]
    assert one.index[0] == 25  # as an editor numbers the lines; the title runs over two
    assert kept(HERE / "estat.json", "estat-table", tmp_path)["employees"].tolist() == [
        1204, 1817, 35,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["estat.csv", "estat.json"])
def test_a_refusal_of_estat_is_no_table(tmp_path: Path, name: str) -> None:
    text = (HERE / name).read_text(encoding="utf-8")
    if name.endswith("csv"):
        text = text.replace('"STATUS","0"', '"STATUS","100"').split('"VALUE"')[0]
        text = text.replace("正常に終了しました。", "認証に失敗しました。")
    else:
        text = '{"GET_STATS_DATA":{"RESULT":{"STATUS":100,"ERROR_MSG":"認証に失敗しました。"}}}'
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    findings = validate(path, "estat-table")
    assert not findings.can_be_ingested
    assert "認証に失敗しました。 (status 100)" in str(findings.faults["says"][0])


def test_an_answer_of_estat_without_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"RESULT"\n"STATUS","0"\n"ERROR_MSG","ok"\n', encoding="utf-8")
    with pytest.raises(DataError, match="without values"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"a": 1}, {"a"', "breaks off after object 1"),
        ('{"GET_STATS_DATA": {"RESULT"', "breaks off"),
        ('{"a":\n 1}\n', "holds no objects"),
    ],
)
def test_json_that_breaks_off_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=says):
        read_table(path)


def test_a_line_that_is_no_object_is_set_aside(tmp_path: Path) -> None:
    lines = (HERE / "offeneregister.jsonl").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "companies.jsonl.bz2"
    path.write_bytes(bz2.compress("\n".join([lines[0], "[1, 2]", "", lines[1][:50]]).encode()))
    report = ingest(path, tmp_path / "store", "offeneregister", wave=2018)
    row = report.to_frame().iloc[0]
    assert (row.rows_in, row.rows_kept, row.rows_set_aside, row.lines_blank) == (3, 1, 2, 1)
    assert dict(report.reasons) == {"unreadable": 2}
    findings = validate(path, "offeneregister", wave=2018)
    assert findings.faults["row"].tolist() == [2, 4]
    assert set(findings.faults["says"].astype(str)) == {"the line is no JSON object"}


def test_letters_cut_between_two_blocks_are_whole(tmp_path: Path) -> None:
    """Blocks have 4 MiB: an array of objects in Japanese crosses several."""
    rows = [{"id": k, "name": "大田" * 40} for k in range(60_000)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    table = read_table(path)
    assert len(table) == 60_000
    assert table["name"].unique().tolist() == ["大田" * 40]


def test_a_pack_with_a_signature_holds_one_table(tmp_path: Path) -> None:
    path = tmp_path / "13_tokyo_all_20240131.zip"
    with zipfile.ZipFile(path, "w") as pack:
        pack.write(ALL, "13_tokyo_all_20240131.csv")
        pack.writestr("13_tokyo_all_20240131.csv.asc", "-----BEGIN PGP SIGNATURE-----")
    assert len(kept(path, "corporate-number", tmp_path / "store", 2026)) == 7


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_file_of_all_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "all.csv"
    path.write_bytes(ALL.read_bytes().decode().encode(encoding))
    frame = kept(path, "corporate-number", tmp_path / "store", 2026)
    assert len(frame) == 7
    assert frame.at["1000000000011", "address"] == "東京都大田区蒲田１丁目１番１号"


def test_rows_with_another_number_of_columns_are_set_aside(tmp_path: Path) -> None:
    lines = CHANGES[1].read_text(encoding="utf-8").splitlines()
    path = tmp_path / "changes.csv"
    path.write_text("\n".join([lines[0], lines[1] + ",", lines[1][:80]]) + "\n", encoding="utf-8")
    report = ingest(path, tmp_path / "store", "corporate-number-changes", wave=2026)
    assert (report.to_frame().iloc[0].rows_kept, dict(report.reasons)) == (1, {"unreadable": 2})


def test_columns_added_at_the_end_do_no_harm(tmp_path: Path) -> None:
    lines = (HERE / "estonia.csv").read_text(encoding="utf-8-sig").splitlines()
    path = tmp_path / "estonia.csv"
    path.write_text("\n".join(f"{line};x{k or ''}" for k, line in enumerate(lines)))
    assert len(kept(path, "estonia", tmp_path / "store", 2024)) == 2


def test_places_are_found_in_every_address_of_japan() -> None:
    """Every municipality of the bundled lists, with and without the prefecture."""
    codes = spells_of_codes()
    codes = codes[codes["kind"] != "ward"].drop_duplicates("code", keep="last")
    codes = codes[~codes["county_ja"].str.contains("支庁")]  # no part of an address
    assert len(codes) > 3_000
    patterns = [known_layouts()[name].columns["municipality"] for name in ("gbizinfo", "edinet")]
    first, second = (re.compile(source.extract) for source in patterns)  # type: ignore[union-attr]
    prefectures = {"13": "東京都", "18": "福井県", "27": "大阪府", "01": "北海道"}
    for code in codes.itertuples():
        name = f"{code.county_ja}{code.name_ja}"
        full = prefectures.get(code.prefecture, "鹿児島県") + name
        for rest in ("中央町１丁目２番", "市場村３番", "本町村山１", "１番"):
            found = first.search(full + rest)
            assert found is not None
            assert found[0] == full
            for start in ("", prefectures.get(code.prefecture, "岐阜県")):
                found = second.search(start + name + rest)
                assert found is not None
                assert found[1] == name


# ---- days ----------------------------------------------------------------------------------------

HEADER = "wave,id,municipality,industry,employees,opened,closed\n"


def of_days(folder: Path, *days: str) -> Path:
    path = folder / "days.csv"
    rows = [f'2024,{k},13111,24,5,"{text}",' for k, text in enumerate(days, 1)]
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("said", ["31/01/2024", "01/31/2024", "05/04/2024", "31.01.2024"])
def test_days_whose_order_is_not_said_are_refused_with_the_remedy(
    tmp_path: Path, said: str
) -> None:
    path = of_days(tmp_path, said, said, "2024-01-01")
    findings = validate(path)
    assert not findings.can_be_ingested
    text = findings.faults["says"][0]
    assert "2 of 3 days in opened" in text
    assert "--dates day-month-year" in text
    assert "二通り" in told(text, "ja")
    with pytest.raises(DataError, match="not guessed"):
        ingest(path, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_the_order_of_days_is_said_for_the_file_and_never_guessed(tmp_path: Path) -> None:
    path = of_days(tmp_path, "05/04/2024", "31/01/2024", "2024-02-29", "R6.1.31", "")
    european = {"like": "house", "date_order": "day-month-year"}
    found = kept(path, european, tmp_path / "a")["opened"]
    assert found.tolist() == [
        day("2024-04-05"), day("2024-01-31"), day("2024-02-29"), day("2024-01-31"), None,
    ]  # fmt: skip
    american = {"like": "house", "date_order": "month-day-year"}
    found = kept(path, american, tmp_path / "b")["opened"]
    assert found.tolist()[:2] == [day("2024-05-04"), None]  # there is no month 31
    counts = validate(path, american).counts
    assert counts["unreadable opened"] == 1


def test_a_stray_day_with_two_readings_is_left_empty_and_said(tmp_path: Path) -> None:
    path = of_days(tmp_path, "2024-01-01", "2024-01-02", "05/04/2024")
    findings = validate(path)
    assert findings.counts["opened: two readings"] == 1
    assert "say what comes first" in str(findings.faults["says"][0])
    assert kept(path, "house", tmp_path / "store")["opened"].tolist()[2] is None


def test_the_order_of_days_is_an_option_of_the_commands(tmp_path: Path) -> None:
    path = str(of_days(tmp_path, "31/01/2024"))
    assert run(app, ["validate", path]).exit_code == 3
    assert run(app, ["validate", path, "--dates", "day-month-year"]).exit_code == 0
    store = str(tmp_path / "store")
    done = run(app, ["ingest", path, "--store", store, "--dates", "day-month-year"])
    assert done.exit_code == 0
    assert Store.open(store).wave(2024).to_pandas()["opened"][0] == pd.Timestamp("2024-01-31")
    with pytest.raises(ParameterError, match="'auto', 'day-month-year', 'month-day-year'"):
        run(app, ["validate", path, "--dates", "dmy"], catch_exceptions=False)


def test_months_of_eras_are_read_as_their_first_day(tmp_path: Path) -> None:
    path = of_days(tmp_path, "昭和60年3月", "S60.3", "平成元年1月", "昭和64年2月", "20240131")
    found = kept(path, "house", tmp_path / "store")["opened"].tolist()
    # 平成 began on 8 January 1989; February 1989 was 平成, and no month of 昭和.
    assert found == [
        day("1985-03-01"), day("1985-03-01"), day("1989-01-08"), None, day("2024-01-31"),
    ]  # fmt: skip
    counts = validate(path).counts
    assert (counts["opened: month"], counts["unreadable opened"]) == (3, 1)


MINGUO = {"like": "house", "calendar": {"opened": "minguo"}}


def test_days_of_the_minguo_calendar(tmp_path: Path) -> None:
    expected = [
        ("1090508", "2020-05-08"), ("0990508", "2010-05-08"), ("990508", "2010-05-08"),
        ("109/5/8", "2020-05-08"), ("109.05.08", "2020-05-08"), ("民國109年5月8日", "2020-05-08"),
        ("中華民國元年1月1日", "1912-01-01"), ("１０９年５月８日", "2020-05-08"),
        ("2020-05-08", "2020-05-08"), ("20200508", "2020-05-08"), ("10905", "2020-05-01"),
        ("1090231", ""), ("later", ""), ("", ""),
    ]  # fmt: skip
    path = of_days(tmp_path, *(said for said, _ in expected))
    found = kept(path, MINGUO, tmp_path / "store")["opened"]
    told_of = [(said, str(found[str(k)] or "")) for k, (said, _) in enumerate(expected, 1)]
    assert told_of == expected


# ---- layouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"like": "house", "date_order": "dmy"}, "order of days: 'dmy'"),
        ({"like": "house", "rows": "change"}, "kind of rows: 'change'.*'changes'"),
        ({"like": "house", "rows": "changes"}, "does not say which column is 'recorded'"),
        ({"like": "companies-house", "columns": {"opened": {"column": "a", "were": {}}}}, "were"),
        ({"columns": {"id": "a", "municipality": "b"}, "keeps_closed": True}, "'opened'"),
        ({"columns": {"id": "a", "municipality": {"column": "a", "where": {}, "x": 1}}}, "'x'"),
    ],
)
def test_a_wrong_layout_is_refused(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        layout(table)


def test_a_register_needs_the_year_and_its_days(tmp_path: Path) -> None:
    findings = validate(HERE / "licences.csv", "licences")
    assert not findings.can_be_ingested
    assert "--wave" in findings.faults["says"][0]
    path = tmp_path / "licences.csv"
    path.write_text("licence,name,area,activity,start_date\n1,a,north,food,1990-01-01\n")
    findings = validate(path, "licences", wave=2004)
    assert "'close_date'" in findings.faults["says"][0]


# ---- changes -------------------------------------------------------------------------------------


def test_changes_follow_the_file_of_all(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(ALL, store, "corporate-number", wave=2026)
    ingest(CHANGES, store, "corporate-number-changes", wave=2026)
    found = Store.open(store).wave(2026).to_pandas()
    found = found.assign(id=found["id"].astype(str)).set_index("id")
    assert len(found) == 8  # seven, and one that was created on 2024-04-01
    assert found["municipality"]["2000000000012"] == "13111"  # moved from 18207
    assert found["name"]["1000000000011"] == "合成カマタ株式会社"  # a correction: the newest state
    assert found["closed"]["3000000000013"] == pd.Timestamp("2024-03-29")
    assert found["closed"]["9000000000019"] == pd.Timestamp("2024-05-08")
    assert pd.isna(found["closed"]["5000000000015"])  # revived
    assert found["opened"]["9000000000019"] == pd.Timestamp("2024-04-01")


def test_the_order_in_which_changes_come_does_not_matter(tmp_path: Path) -> None:
    ingest(ALL, tmp_path / "a", "corporate-number", wave=2026)
    for path in CHANGES:
        ingest(path, tmp_path / "a", "corporate-number-changes", wave=2026)
    for path in reversed(CHANGES):
        ingest(path, tmp_path / "b", "corporate-number-changes", wave=2026)
    ingest(ALL, tmp_path / "b", "corporate-number", wave=2026)
    one, other = (Store.open(tmp_path / name).wave(2026).to_pandas() for name in "ab")
    one, other = (t.sort_values("id", ignore_index=True) for t in (one, other))
    assert one[sorted(one)].equals(other[sorted(one)])


def test_changes_are_taken_in_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(CHANGES, store, "corporate-number-changes", wave=2026)
    again = ingest(CHANGES, store, "corporate-number-changes", wave=2026)
    assert again.to_frame()["skipped"].all()
    corrected = tmp_path / CHANGES[1].name
    corrected.write_text(CHANGES[1].read_text(encoding="utf-8").replace("休眠", "復活"))
    report = ingest(corrected, store, "corporate-number-changes", wave=2026, replace=True)
    assert report.to_frame()["replaced"].tolist() == [[CHANGES[1].name]]
    names = set(Store.open(store).wave(2026).to_pandas()["name"])
    assert names == {"合成眼鏡合同会社", "合成函館水産有限会社", "合成新設株式会社",
                     "合成カマタ株式会社", "合成復活株式会社"}  # fmt: skip


def test_rows_of_one_file_that_follow_one_another(tmp_path: Path) -> None:
    """The latest recorded counts; of two on one day the later row; a bad row hides no good one."""
    own = {
        "like": "house", "rows": "changes", "codes": "any",
        "columns": {"recorded": "seen"},
    }  # fmt: skip
    path = tmp_path / "changes.csv"
    path.write_text(
        "wave,id,municipality,industry,employees,opened,seen\n"
        "2024,1,c,24,5,1990-01-01,2024-02-01\n"
        "2024,1,a,24,5,1990-01-01,2024-01-01\n"
        "2024,1,d,24,5,1990-01-01,2024-02-01\n"
        "2024,2,a,24,5,2000-01-01,2024-01-01\n"
        "2024,2,b,24,-5,2000-01-01,2024-03-01\n"
        "2024,3,a,24,5,2001-01-01,\n"
        "2024,3,b,24,5,1999-01-01,2024-01-01\n"
    )
    report = ingest(path, tmp_path / "store", own)
    assert dict(report.reasons) == {"negative employees": 1, "superseded": 3}
    found = Store.open(tmp_path / "store").wave(2024).to_pandas().set_index("id")
    assert found["municipality"].to_dict() == {1: "d", 2: "a", 3: "b"}
    assert found.at[3, "opened"] == pd.Timestamp("1999-01-01")


# ---- spells: one file in place of waves ----------------------------------------------------------


def licences(folder: Path) -> Store:
    ingest(HERE / "licences.csv", folder / "store", "licences", wave=2004)
    return Store.open(folder / "store")


def test_births_deaths_and_stocks_come_from_one_register(tmp_path: Path) -> None:
    """By hand; the licences are the plants of ``tests/demography/test_spells.py``.

    Two of the seven do not say when they opened, and are there from the first year on: 2 (to June
    2001) and 6. At the end of 2000: 1, 2, 4, 6; of 2002: 1, 3, 4, 6; of 2004: 3, 4, 6, 7.
    """
    store = licences(tmp_path)
    assert store.waves == (2004,)
    by_days = events(store, waves=[2000, 2002, 2004], lives="spells").to_frame().set_index("wave")
    assert by_days["establishments"].tolist() == [4, 4, 4]
    # in 2001 and 2002: 3 and 5 began; 2 and 5 ended. In 2003 and 2004: 7 began, 1 ended.
    assert by_days.loc[2002, ["births", "survivors", "deaths"]].tolist() == [2, 3, 2]
    assert by_days.loc[2004, ["births", "survivors", "deaths"]].tolist() == [1, 3, 1]
    by_waves = events(store, waves=[2000, 2002, 2004]).to_frame().set_index("wave")
    assert by_waves["establishments"].tolist() == [4, 4, 4]
    assert by_waves.loc[2002, ["births", "survivors", "deaths"]].tolist() == [1, 3, 1]  # 5 unseen
    found = births(store, at=2002, since=2000, lives="spells")
    assert set(found.table.to_pandas()["id"]) == {"A003", "A005"}
    assert set(births(store, at=2002, since=2000).table.to_pandas()["id"]) == {"A003"}
    assert "Years read from the register of 2004: 2000, 2002" in " ".join(found.notes)
    assert "2 of 7 do not say when they opened" in " ".join(found.notes)


def test_a_register_gives_the_panel_of_any_earlier_year(tmp_path: Path) -> None:
    panel = tally(licences(tmp_path), waves=[1992, 2002])
    frame = panel.to_frame().set_index(["area", "industry", "period"])["plants"]
    # 1992: 1, 2 (north, food), 6 (south, metal); 2002: 1; 3, 4, 6
    assert frame.to_dict() == {
        ("north", "food", "1992"): 2, ("north", "food", "2002"): 1,
        ("north", "metal", "1992"): 0, ("north", "metal", "2002"): 0,
        ("south", "food", "1992"): 0, ("south", "food", "2002"): 0,
        ("south", "metal", "1992"): 1, ("south", "metal", "2002"): 3,
    }  # fmt: skip


def test_survival_comes_from_one_register(tmp_path: Path) -> None:
    # At risk from the first closing, 2001-06-30. In days: 1 from 4,108 to 4,719 (dies); 3 from 56
    # to 1,336; 4 from 2,372 to 3,652; 5 from 149 to 303 (dies); 7 from 0 to 549. At 303: 3, 5, 7
    # at risk: 2/3. At 4,719: 1 alone, 0.
    found = survival(licences(tmp_path), lives="spells")
    deaths = found.curves[found.curves["deaths"] > 0]
    assert (deaths["years"] * 365.25).round().tolist() == [303, 4719]
    assert deaths["at_risk"].tolist() == [3, 1]
    assert deaths["survival_share"].to_numpy() == pytest.approx([2 / 3, 0])


def test_waves_cut_from_a_register_give_what_the_register_gives(tmp_path: Path) -> None:
    """Who was there each year, delivered as waves, has the events of the one file."""
    register = licences(tmp_path)
    years = [1990, 1995, 2001, 2004]
    for year in years:
        frame = register.there(year).to_pandas().drop(columns=["opened", "closed"])
        frame.to_parquet(tmp_path / f"wave_{year}.parquet", index=False)
    waves = events(Store.open(tmp_path), waves=years).counts
    assert waves.equals(events(register, waves=years).counts)


def test_only_registers_that_keep_the_closed_stand_for_earlier_years(tmp_path: Path) -> None:
    ingest(HERE / "companies_house.csv", tmp_path / "uk", "companies-house", wave=2021)
    with pytest.raises(UnknownCodeError, match="2019"):
        births(Store.open(tmp_path / "uk"), at=2021, since=2019)
    store = licences(tmp_path)
    with pytest.raises(UnknownCodeError, match="2005"):
        store.wave(2005)
    with pytest.raises(ParameterError, match="any year up to its own"):
        events(store)


def test_a_wave_stands_for_itself_and_the_next_register_for_the_years_between(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    own = {"like": "licences", "codes": "any"}
    path = tmp_path / "earlier.csv"
    path.write_text(
        "licence,name,address,area,activity,start_date,close_date\nA001,x,,west,food,1990-04-01,\n"
    )
    ingest(path, store, own, wave=1995)
    ingest(HERE / "licences.csv", store, "licences", wave=2004)
    opened = Store.open(store)
    assert [opened.register_of(year) for year in (1990, 1995, 2000, 2004, 2010)] == [
        1995, None, 2004, None, None,
    ]  # fmt: skip
    assert opened.wave(1990).to_pandas()["municipality"].tolist() == ["west"]
    assert len(opened.wave(2000).to_pandas()) == 4  # opened by then: 1, 4; unsaid: 2, 6


def test_the_commands_count_from_a_register(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    done = run(
        app,
        ["ingest", str(HERE / "licences.csv"), "--layout", "licences", "--wave", "2004",
         "--store", store],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    asked = ["--wave", "2000", "--wave", "2002", "--lives", "spells", "--internal"]
    done = run(demography, ["events", store, *asked])
    assert done.exit_code == 0, done.output
    assert "2 births and 2 deaths over the waves 2000, 2002" in done.output
    japanese = run(demography, ["events", store, *asked, "--lang", "ja"])
    assert "2004年の名簿から読んだ年：2000、2002" in japanese.output.replace("\n", "")
    done = run(demography, ["births", store, "--at", "2002", "--since", "2000"])
    assert done.exit_code == 0, done.output
    assert run(demography, ["survival", store, "--lives", "spells"]).exit_code == 0
