"""Which files may come in?"""

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shuseki.app.uploads import Uploads
from shuseki.errors import DataError, ParameterError, UnknownCodeError

WAVE = b"id,municipality,industry,employees\n1,13101,29,5\n2,13101,29,x\n"


def packed(content: bytes, name: str = "w.csv") -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(name, content)
    return place.getvalue()


def test_a_file_is_understood(tmp_path: Path):
    uploads = Uploads(tmp_path / "u")
    one = uploads.add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    assert one.rows == 2
    assert one.faults is not None
    assert sum(one.faults.values()) == 1
    assert one.file.read_bytes() == WAVE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\x\\w.csv", "w.csv"),
        ("<b>w</b>.csv", "b>.csv"),
        ("a\r\nset-cookie: x.csv", "aset-cookie: x.csv"),
        ("表.CSV", "表.CSV"),
    ],
)
def test_a_name_is_only_shown(tmp_path: Path, name: str, shown: str):
    uploads = Uploads(tmp_path / "u")
    one = uploads.add(io.BytesIO(WAVE), name, "mei", "house", 2001)
    assert one.name == shown
    assert one.file == one.folder / "records.csv"


@pytest.mark.parametrize("name", ["w.exe", "w", "", "w.csv.exe", "w.html", "w.svg"])
def test_other_endings_are_refused(tmp_path: Path, name: str):
    uploads = Uploads(tmp_path / "u")
    with pytest.raises(ParameterError, match="Expected records as"):
        uploads.add(io.BytesIO(WAVE), name, "mei", "house", 2001)
    assert list((tmp_path / "u").iterdir()) == []


@pytest.mark.parametrize("kind", ["gz", "bz2", "zip", "xlsx"])
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, kind: str):
    content = b"0" * 3_000_000
    pack = {"gz": gzip.compress, "bz2": bz2.compress}.get(kind, packed)
    bomb = pack(content)
    assert len(bomb) < 20_000
    uploads = Uploads(tmp_path / "u", most_unpacked=1_000_000)
    name = {"gz": "w.csv.gz", "bz2": "w.csv", "zip": "w.zip", "xlsx": "w.xlsx"}[kind]
    with pytest.raises(DataError, match="unpacks to more than"):
        uploads.add(io.BytesIO(bomb), name, "mei", "house", 2001)
    assert list((tmp_path / "u").iterdir()) == []


@pytest.mark.parametrize("cut", [20, 60])
def test_a_packed_file_that_is_cut_is_refused_in_words(tmp_path: Path, cut: int):
    uploads = Uploads(tmp_path / "u")
    with pytest.raises(DataError, match="cannot be unpacked"):
        uploads.add(io.BytesIO(gzip.compress(WAVE * 50)[:cut]), "w.csv.gz", "mei", "house", 2001)


def test_a_parquet_file_of_endless_rows_is_refused_by_what_it_says(tmp_path: Path):
    place = io.BytesIO()
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), ["x"])
    pq.write_table(pa.table({"id": same}), place)
    assert len(place.getvalue()) < 20_000
    uploads = Uploads(tmp_path / "u", most_unpacked=1_000_000)
    with pytest.raises(DataError, match="unpacks to more than"):
        uploads.add(io.BytesIO(place.getvalue()), "w.parquet", "mei", "house", 2001)
    assert list((tmp_path / "u").iterdir()) == []


@pytest.mark.parametrize("content", [b"PAR1" + b"x" * 100, b"BZh9" + b"x" * 100, b"PK\x03\x04"])
def test_a_file_that_only_begins_as_a_packed_one_is_refused(tmp_path: Path, content: bytes):
    uploads = Uploads(tmp_path / "u")
    with pytest.raises(DataError, match="cannot be unpacked"):
        uploads.add(io.BytesIO(content), "w.parquet", "mei", "house", 2001)
    assert list((tmp_path / "u").iterdir()) == []


def test_an_unknown_layout_is_refused(tmp_path: Path):
    with pytest.raises(UnknownCodeError, match="layout"):
        Uploads(tmp_path / "u").add(io.BytesIO(WAVE), "w.csv", "mei", "nothing", 2001)


def test_what_a_broken_connection_left_is_swept(tmp_path: Path):
    Uploads(tmp_path / "u")
    (tmp_path / "u" / "new-x").mkdir()
    (tmp_path / "u" / "new-x" / "records.csv").write_bytes(WAVE)
    Uploads(tmp_path / "u")
    assert list((tmp_path / "u").iterdir()) == []


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    uploads = Uploads(tmp_path / "u")
    with pytest.raises(ConnectionResetError):
        uploads.add(Broken(), "w.csv", "mei", "house", 2001)
    assert list((tmp_path / "u").iterdir()) == []


def test_the_folder_is_private(tmp_path: Path):
    one = Uploads(tmp_path / "u").add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    assert one.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"[" * 300_000, b'{"a":' * 100_000])
def test_a_text_without_end_is_refused_in_words(tmp_path: Path, content: bytes):
    one = Uploads(tmp_path / "u").add(io.BytesIO(content), "w.json", "mei", "house", 2001)
    assert one.refusal or one.faults == {"file": 1}
    assert not one.rows
