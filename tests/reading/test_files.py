"""The same table, however it is written and packed; and exactly the file that was named."""

import gzip
import zipfile

import openpyxl
import pandas as pd
import pytest

import shuseki.reading.encoding as encoding
from shuseki.errors import DataError, ParameterError
from shuseki.reading.encoding import codec, examine_bytes
from shuseki.reading.files import Options, open_table
from shuseki.reading.tables import as_codes, as_numbers, read_table

TEXT = "code,名,n\n01,東京都大田区ひがし,5\n02,㈱髙島①カナ製作所,7\n"
FRAME = [["01", "東京都大田区ひがし", 5.0], ["02", "㈱髙島①カナ製作所", 7.0]]


def written(folder, data: bytes, name="t.csv"):
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"]
)
def test_encodings_are_found(tmp_path, name):
    path = written(tmp_path, TEXT.encode(name))
    assert read_table(path, codes=["code"]).to_numpy().tolist() == FRAME


def test_euc_jp_is_found(tmp_path):
    path = written(tmp_path, TEXT.replace("㈱髙島①", "高島").encode("euc-jp"))
    assert examine_bytes(path).encoding == "euc-jp"
    assert read_table(path, codes=["code"])["名"].tolist()[1] == "高島カナ製作所"


@pytest.mark.parametrize("said", ["auto", "ISO-2022-JP", "jis"])
def test_jis_is_found_though_all_its_bytes_are_plain(tmp_path, said):
    path = written(tmp_path, TEXT.replace("㈱髙島①", "高島").encode("iso2022_jp"))
    frame = read_table(path, codes=["code"], encoding=said)
    assert frame["名"].tolist() == ["東京都大田区ひがし", "高島カナ製作所"]
    with pytest.raises(DataError, match="declared as utf-8 but is iso2022_jp"):
        read_table(path, codes=["code"], encoding="utf-8")


@pytest.mark.parametrize("word", ["点検", "髙﨑①Ⅲ㈱㎝～－∥￢", "ソ表能予ポ", "ｶﾌﾞｼｷｶﾞｲｼｬ", "社"])
def test_cp932_is_found_from_one_word(tmp_path, word):
    path = written(tmp_path, f"code,name\n01,{word}\n".encode("cp932"))
    assert read_table(path, codes=["code"])["name"].tolist() == [word]


@pytest.mark.parametrize("word", ["Café", "Señor Núñez", "Zürich Löß", "Ålesund", "François"])
@pytest.mark.parametrize("said", ["auto", "utf-8"])
def test_western_letters_are_read_when_said_and_refused_with_advice_when_not(tmp_path, word, said):
    path = written(tmp_path, f"code,name\n01,{word}\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"Western.*'cp1252'.*'latin-1'"):
        read_table(path, codes=["code"], encoding=said)
    for name in ("latin-1", "ISO-8859-1", "cp1252"):
        assert read_table(path, codes=["code"], encoding=name)["name"].tolist() == [word]


def test_a_wrong_encoding_is_refused_and_an_unknown_one_told(tmp_path):
    path = written(tmp_path, TEXT.encode("utf-8"))
    with pytest.raises(DataError, match="declared as latin-1 but is utf-8"):
        read_table(path, encoding="latin-1")
    with pytest.raises(ParameterError, match="Did you mean 'utf-8'"):
        codec("utf-9")
    assert codec("Shift_JIS") == codec("sjis") == codec("Windows-31J") == "cp932"
    plain = written(tmp_path, b"a\n1\n", "plain.csv")
    assert read_table(plain, encoding="cp932")["a"].tolist() == [1.0]


def test_bytes_that_the_encoding_lacks_are_refused_with_their_rows(tmp_path):
    path = written(tmp_path, (TEXT * 3).encode() + b"03,\xff\xfe,1\n")
    with pytest.raises(DataError, match="rows 10: bytes that utf-8 does not have"):
        read_table(path, codes=["code"], text=["n"])


def test_gzip_and_zip(tmp_path):
    data = TEXT.encode("cp932")
    path = written(tmp_path, gzip.compress(data), "t.csv.gz")
    assert read_table(path, codes=["code"]).to_numpy().tolist() == FRAME
    pack = tmp_path / "t.zip"
    with zipfile.ZipFile(pack, "w") as file:
        file.writestr("a.csv", data)
    assert read_table(pack, codes=["code"]).to_numpy().tolist() == FRAME
    with zipfile.ZipFile(pack, "a") as file:
        file.writestr("b.csv", b"code,n\n09,9\n")
    with pytest.raises(DataError, match=r"holds 2 files: a.csv, b.csv"):
        read_table(pack)
    assert read_table(pack, codes=["code"], member="b.csv")["code"].tolist() == ["09"]
    cut = written(tmp_path, gzip.compress(data)[:-20], "cut.csv.gz")
    with pytest.raises(DataError, match="cannot be unpacked"):
        read_table(cut)


def test_a_locked_zip_is_refused(tmp_path):
    pack = tmp_path / "t.zip"
    with zipfile.ZipFile(pack, "w") as file:
        file.writestr("a.csv", TEXT)
    data = bytearray(pack.read_bytes())
    data[6] |= 1  # the flag of a locked member, in its own header and in the list at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    pack.write_bytes(bytes(data))
    for member in ("", "a.csv"):
        with pytest.raises(DataError, match="locked by a password"):
            read_table(pack, member=member)


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "ALWAYS_ALLOWED", 1 << 20)
    bomb = written(tmp_path, gzip.compress(b"a\n" + b"0\n" * (1 << 23)), "bomb.csv.gz")
    with pytest.raises(DataError, match="over 200 times its size"):
        read_table(bomb)


def test_exactly_the_file_that_is_named(tmp_path):
    """Names that other programs take for patterns, and folders that they take for columns."""
    folder = tmp_path / "n=9"
    folder.mkdir()
    for name, n in (("w[2]000", 1), ("w2000", 2), ("w*", 3), ("w?", 4)):
        pd.DataFrame({"n": [n]}).to_csv(folder / f"{name}.csv", index=False)
        pd.DataFrame({"n": [n]}).to_parquet(folder / f"{name}.parquet", index=False)
    for name, n in (("w[2]000", 1), ("w2000", 2), ("w*", 3), ("w?", 4)):
        for kind in ("csv", "parquet"):
            frame = read_table(folder / f"{name}.{kind}")
            assert frame.to_dict("list") == {"n": [n]}
    with pytest.raises(DataError, match="There is no file"):
        read_table(folder / "w200?.csv")


def test_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["code", "day", "n", "share"])
    sheet.append([1202, pd.Timestamp("1998-04-01").to_pydatetime(), 5, 0.25])
    sheet["A2"].number_format = "00000"
    sheet.append([])
    sheet.append(["01100", "1998/4/1", 5.0, "X"])
    sheet.append([13111.0, None, None, None, "beyond"])
    book.create_sheet("other").append(["x"])
    book["other"].append([1])
    path = tmp_path / "t.xlsx"
    book.save(path)
    (chunk,) = open_table(path).chunks()
    assert chunk.columns["code"].to_pylist() == ["01202", "01100"]
    assert chunk.columns["day"].to_pylist() == ["1998-04-01", "1998/4/1"]
    assert chunk.columns["n"].to_pylist() == ["5", "5"]
    assert chunk.rows.tolist() == [2, 4]
    assert (chunk.lines, chunk.blank, [a.row for a in chunk.aside]) == (4, 1, [5])
    assert read_table(path, sheet="other")["x"].tolist() == [1.0]
    with pytest.raises(DataError, match=r"no sheet 'none'. Found Sheet, other"):
        open_table(path, Options(sheet="none"))
    broken = written(tmp_path, path.read_bytes()[:-30], "cut.xlsx")
    with pytest.raises(DataError, match="cut off"):
        open_table(broken)


def test_a_table_is_read_whole_or_refused_with_row_column_and_value(tmp_path):
    path = written(tmp_path, b"area,n,name\n01,5,x\n,7,y\n")
    with pytest.raises(DataError, match=r"'area': no code in rows 3"):
        read_table(path, codes=["area"])
    path = written(tmp_path, b"area,n\n01,5\n02,5e400\n03,many\n")
    with pytest.raises(
        DataError, match=r"'n': 2 cells are not numbers: '5e400' in row 3, 'many' in"
    ):
        read_table(path, codes=["area"], numbers=["n"])
    path = written(tmp_path, b"area;n\n01;1,234\n")
    with pytest.raises(DataError, match=r"two readings: '1,234' in row 2"):
        read_table(path, codes=["area"], numbers=["n"])
    assert read_table(path, codes=["area"], decimal=",")["n"].tolist() == [1.234]
    path = written(tmp_path, b"area,n\n01,5,6\n")
    with pytest.raises(DataError, match=r"row 2: .* 3 for 2"):
        read_table(path)
    with pytest.raises(DataError, match="lacks columns area"):
        read_table(written(tmp_path, b"town,n\n01,5\n"), codes=["area"])
    with pytest.raises(DataError, match="has no rows"):
        read_table(written(tmp_path, b"area,n\n"))


def test_columns_that_are_not_asked_for(tmp_path):
    path = written(tmp_path, "area,id,n,name\nNA,007,-,県\nIT,12,5,\n".encode())
    frame = read_table(path, codes=["area"])
    # NA is Naples; 007 is no number, because its zeros would be lost.
    assert frame.to_numpy().tolist() == [["NA", "007", 0.0, "県"], ["IT", "12", 5.0, ""]]
    assert frame.index.tolist() == [2, 3]


def test_codes_and_numbers_of_frames():
    frame = pd.DataFrame({"area": [1.0, "02", 3], "n": ["1,200", "X", "-"]})
    assert as_codes(frame["area"], "area").tolist() == ["1", "02", "3"]
    numbers = as_numbers(frame["n"], "n")
    assert numbers[0] == 1200
    assert numbers[1] != numbers[1]
    assert numbers[2] == 0
    with pytest.raises(DataError, match="no code in rows 1"):
        as_codes(pd.Series(["a", float("nan")]), "area")
    with pytest.raises(DataError, match="'five' in row 1"):
        as_numbers(pd.Series(["5", "five"]), "n")
