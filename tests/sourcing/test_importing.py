"""Lists of chambers, good and bad."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.sourcing.exchange import directory_json
from shuseki.sourcing.importing import check_directory, known_layouts, read_list

DAY = date(2026, 4, 1)
HEAD = "会員番号,会社名,所在地,緯度,経度,従業員数,加工内容,材質,加工寸法,公差等級,ロット,有効期限"
GOOD = "1,鈴木製作所,大田区,35.56,139.72,9人,旋盤,SUS304,φ1〜φ200,IT7,1~500,2027-03-31"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def faults(path: Path, **more: object) -> list[tuple[str, int, str]]:
    return [(f.kind, f.row, f.column) for f in read_list(path, "ota", today=DAY, **more).faults]


def test_a_good_row(tmp_path: Path) -> None:
    read = read_list(written(tmp_path, GOOD), "ota", today=DAY)
    assert read.is_clean
    assert read.directory.firms == (
        Firm("1", "ota", "鈴木製作所", address="大田区", latitude=35.56, longitude=139.72,
             employees=9),
    )  # fmt: skip
    assert read.directory.capabilities == (
        Capability("ota/1", "turning", ("stainless_steel",), 1, 200, 7, lot_min=1, lot_max=500,
                   valid_until=date(2027, 3, 31)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("was", "becomes", "kind", "column"),
    [
        ("鈴木製作所", "", "set aside", "name"),
        ("鈴木製作所", "=1+1", "set aside", "name"),
        ("鈴木製作所", "@SUM(A1)", "set aside", "name"),
        ("鈴木製作所", "鈴木\u202e製作所", "set aside", "name"),
        ("1,鈴木", "a/b,鈴木", "set aside", "id"),
        ("大田区", "=HYPERLINK(1)", "blank", "address"),
        ("35.56", "139.72", "blank", "latitude"),
        ("35.56", "95", "blank", "latitude"),
        ("139.72", "181", "blank", "longitude"),
        ("35.56", "", "blank", "latitude"),
        ("35.56,139.72", "0,0", "blank", "latitude"),
        ("35.56", "北緯", "blank", "latitude"),
        ("9人", "-3", "blank", "employees"),
        ("9人", "九", "blank", "employees"),
        ("9人", "1.5", "blank", "employees"),
        ("旋盤", "謎の作業", "not understood", "processes"),
        ("旋盤", "円筒研磨", "not understood", "processes"),
        ("旋盤", "めっきは外注", "not understood", "processes"),
        ("SUS304", "木星", "not understood", "materials"),
        ("φ1〜φ200", "200〜1", "blank", "size"),
        ("φ1〜φ200", "大きい", "not understood", "size"),
        ("φ1〜φ200", "100x200", "not understood", "size"),
        ("IT7", "17", "blank", "it_grade"),
        ("IT7", "0", "blank", "it_grade"),
        ("1~500", "500~1", "blank", "lot"),
        ("2027-03-31", "2025-03-31", "look", "valid_until"),
        ("2027-03-31", "2027-13-01", "blank", "valid_until"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(
    tmp_path: Path, was: str, becomes: str, kind: str, column: str
) -> None:
    # The good row has another id, so that the file as a whole is not refused.
    path = written(tmp_path, GOOD.replace("1,鈴木", "9,佐藤"), GOOD.replace(was, becomes, 1))
    read = read_list(path, "ota", today=DAY)
    found = [(f.kind, f.row, f.column) for f in read.faults]
    assert (kind, 3, column) in found
    fault = read.faults[found.index((kind, 3, column))]
    assert fault.says.rstrip().endswith((".", "?"))  # it says what to do
    assert {row for _, row, _ in found} == {3}
    assert len(read.directory.firms) == (1 if kind == "set aside" else 2)


def test_a_value_that_cannot_be_is_unknown_and_not_zero(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("IT7", "99").replace("9人", "-1"))
    read = read_list(path, "ota", today=DAY).directory
    assert read.capabilities[0].it_grade is None
    assert read.firms[0].employees is None


def test_ranges_in_words(tmp_path: Path) -> None:
    rows = [
        GOOD.replace("1,鈴木", f"{n},鈴木{n}").replace("φ1〜φ200", said)
        for n, said in enumerate(["最大300mm", "200以下", "50以上", "1-20", "up to 80"], 1)
    ]
    made = read_list(written(tmp_path, *rows), "ota", today=DAY).directory.capabilities
    assert [(c.size_min_mm, c.size_max_mm) for c in made] == [
        (0, 300), (0, 200), (50, None), (1, 20), (0, 80)
    ]  # fmt: skip


def test_twins(tmp_path: Path) -> None:
    same = written(tmp_path, GOOD, GOOD)
    assert faults(same) == [("set aside", 3, "name")]
    unlike = written(tmp_path, GOOD, GOOD.replace("大田区", "川崎市"))
    assert faults(unlike) == [("set aside", 3, "id")]
    again = written(tmp_path, GOOD, GOOD.replace("1,鈴木製作所", "2,（株）鈴木 製作所"))
    assert faults(again) == [("look", 3, "name")]
    more = written(tmp_path, GOOD, GOOD.replace("旋盤", "フライス"))  # a second row of one firm
    assert faults(more) == []


def test_a_list_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of 1 row is good; row 2, name"):
        read_list(written(tmp_path, GOOD.replace("鈴木製作所", "")), "ota", today=DAY)
    with pytest.raises(DataError, match="no known layout"):
        read_list(written(tmp_path, "1,2", head="a,b"), "ota")
    with pytest.raises(DataError, match="no rows"):
        read_list(written(tmp_path), "ota")
    with pytest.raises(DataError):
        read_list(tmp_path / "nowhere.csv", "ota")
    with pytest.raises(ParameterError, match="cluster"):
        read_list(written(tmp_path, GOOD), "大田")
    with pytest.raises(UnknownCodeError, match="chamber"):
        read_list(written(tmp_path, GOOD), "ota", layout="chambre")
    with pytest.raises(DataError, match="lacks source"):
        read_list(written(tmp_path, GOOD), "ota", layout="ties")


def test_workbooks_and_json_say_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    frame = pd.read_csv(path, dtype=str)
    frame.to_excel(tmp_path / "list.xlsx", index=False)
    rows = frame.to_dict("records")
    (tmp_path / "list.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    wanted = read_list(path, "ota", today=DAY).directory
    for name in ("list.xlsx", "list.json"):
        read = read_list(tmp_path / name, "ota", today=DAY).directory
        assert read.firms == wanted.firms
        assert read.capabilities == wanted.capabilities


def test_an_export_is_read_again(tmp_path: Path) -> None:
    made = read_list(written(tmp_path, GOOD), "ota", today=DAY).directory
    path = tmp_path / "own.json"
    path.write_text(directory_json(made), encoding="utf-8")
    again = read_list(path, "ota", today=DAY)
    assert again.is_clean
    assert again.directory.firms == made.firms
    assert again.directory.capabilities == made.capabilities


@pytest.mark.parametrize(
    "content",
    ["{", "[1]", "null", '{"firms": 1}', '{"firms": [1]}', "[" * 100_000, '[{"会社名": {}}]'],
)
def test_json_that_is_no_list(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError):
        read_list(path, "ota")


KNOWN = Directory((Firm("1", "ota", "A"), Firm("2", "ota", "B")))


def test_ties_to_nobody(tmp_path: Path) -> None:
    head = "発注元,発注先,関係,金額,件数,最終取引日"
    rows = ["1,2,発注,1000,3,2025-01-05", "1,99,発注,,,", "2,2,発注,,,", ",2,発注,,,",
            "1,2,共同受注,-5,,2030-01-01", "1,2,発注,5,,", "2,1,友達,,,"]  # fmt: skip
    read = read_list(written(tmp_path, *rows, head=head), "ota", known=KNOWN, today=DAY)
    assert [(f.kind, f.row, f.column) for f in read.faults] == [
        ("set aside", 3, "target"),
        ("set aside", 4, "target"),
        ("set aside", 5, "source"),
        ("blank", 6, "last"),
        ("blank", 6, "amount_yen"),
        ("set aside", 7, "source"),
        ("not understood", 8, "kind"),
    ]
    assert [(t.source, t.target, t.kind) for t in read.directory.ties] == [
        ("ota/1", "ota/2", "order"), ("ota/1", "ota/2", "joint"), ("ota/2", "ota/1", "order")
    ]  # fmt: skip


def test_hours_below_zero_and_weeks_past(tmp_path: Path) -> None:
    rows = ["1,2026-04-06,-4,", "1,2026-04-07,4,", "1,2026-03-02,4,", "1,2026-04-06,14,旋盤",
            "1,2026-04-06,9,旋盤", "7,2026-04-06,9,", "1,2026-04-13,9,旋盤と研磨"]  # fmt: skip
    path = written(tmp_path, *rows, head="会員番号,週,空き時間,工程")
    read = read_list(path, "ota", known=KNOWN, today=DAY)
    assert [(f.kind, f.row, f.column) for f in read.faults] == [
        ("set aside", 2, "free_hours"),
        ("set aside", 3, "week"),
        ("look", 4, "week"),
        ("set aside", 6, "firm"),
        ("set aside", 7, "firm"),
        ("set aside", 8, "process"),
    ]
    assert [load.free_hours for load in read.directory.loads] == [4, 14]


def test_ratings(tmp_path: Path) -> None:
    rows = ["1,A,5,4,3,2026-03-01", "1,A,1,1,1,", "2,B,6,0,3,2027-01-01"]
    path = written(tmp_path, *rows, head="会員番号,注文番号,品質,納期,価格,評価日")
    read = read_list(path, "ota", known=KNOWN, today=DAY)
    assert [(f.kind, f.row, f.column) for f in read.faults] == [
        ("set aside", 3, "firm"),
        ("blank", 4, "on"),
        ("blank", 4, "quality"),
        ("blank", 4, "delivery"),
    ]
    assert read.directory.ratings[1].quality is None


def test_four_in_ten_unknown_is_said(tmp_path: Path) -> None:
    rows = [GOOD.replace("1,鈴木", f"{n},鈴木{n}") for n in range(10)]
    some = [row.replace("IT7", "") if n < 4 else row for n, row in enumerate(rows)]
    said = read_list(written(tmp_path, *some), "ota", today=DAY).notes
    assert any(str(note).startswith("4 of 10 capabilities do not say it_grade") for note in said)
    fewer = [row.replace("IT7", "") if n < 3 else row for n, row in enumerate(rows)]
    said = read_list(written(tmp_path, *fewer), "ota", today=DAY).notes
    assert not any("it_grade" in note for note in said)


def test_a_layout_of_ones_own(tmp_path: Path) -> None:
    path = written(tmp_path, "A社,溶接", head="Firma,Verfahren")
    plan = {"columns": {"name": "Firma", "processes": "Verfahren"}}
    read = read_list(path, "ota", layout=plan, today=DAY)
    assert [c.process for c in read.directory.capabilities] == ["welding"]
    with pytest.raises(UnknownCodeError, match="nome"):
        read_list(path, "ota", layout={"columns": {"nome": "Firma"}})
    with pytest.raises(ParameterError, match="layout"):
        read_list(path, "ota", layout={"colums": {}})


def test_layouts_are_whole() -> None:
    assert set(known_layouts()) >= {"house", "chamber", "loads", "ties", "ratings"}


def test_a_directory_is_checked_as_a_whole() -> None:
    held = Directory(
        (Firm("1", "ota", "A", corporate_number="7"), Firm("2", "ota", "B", corporate_number="7")),
        (Capability("ota/1", "turning", valid_until=date(2020, 1, 1)),),
    )
    assert [f.column for f in check_directory(held, today=DAY)] == [
        "corporate_number", "valid_until"
    ]  # fmt: skip


REGISTER = "shared/data/registers/tw_factories_2021-01_changhua.parquet"
TAIWAN = next(
    (up / REGISTER for up in Path(__file__).parents if (up / REGISTER).exists()), Path("absent")
)


@pytest.mark.skipif(not TAIWAN.exists(), reason="needs the shared register of Taiwan's factories")
def test_a_real_register(tmp_path: Path) -> None:
    frame = pd.read_parquet(TAIWAN).head(1500)
    frame.to_parquet(tmp_path / "part.parquet")
    read = read_list(tmp_path / "part.parquet", "changhua", layout="taiwan_factories", today=DAY)
    assert len(read.directory.firms) == 1500
    assert read.count("set aside") == 0
    done = {(c.firm, c.process) for c in read.directory.capabilities}
    texts = dict(zip("changhua/" + frame["factory_id"], frame["product_text"], strict=True))
    plated = [key for key, process in done if process == "electroplating"]
    assert plated
    assert all("電鍍" in texts[key] for key in plated)
