"""A folder of waves, on both engines."""

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, MissingExtraError, UnknownCodeError
from shuseki.records.store import Store

WAVES = {
    1998: [(1, "01202", "H01", 5), (2, "01202", "H01", 6)],
    2000: [(1, "01202", "H01", 7)],
}


def test_waves_and_their_union(open_store):
    store = open_store(WAVES)
    assert store.waves == (1998, 2000)
    frame = store.establishments().order_by(["wave", "id"]).to_pandas()
    assert frame[["wave", "id", "employees"]].to_numpy().tolist() == [
        [1998, 1, 5],
        [1998, 2, 6],
        [2000, 1, 7],
    ]
    assert "waves 1998, 2000 on" in repr(store)


def test_columns_that_a_wave_lacks_are_null(open_store):
    store = open_store(WAVES)
    path = store.folder / "wave_2000.parquet"
    pd.read_parquet(path).assign(shipments_yen=1e9).to_parquet(path, index=False)
    again = Store(store.folder, store.connection)
    frame = again.establishments().order_by(["wave", "id"]).to_pandas()
    assert frame["shipments_yen"].tolist()[2] == 1e9
    assert np.isnan(frame["shipments_yen"].to_numpy(dtype=float)[:2]).all()


def test_ids_are_text_when_one_wave_has_text(open_store):
    store = open_store({**WAVES, 2000: [("007", "01202", "H01", 7)]})
    assert store.wave(1998).id.type().is_string()
    assert sorted(store.establishments().id.to_pandas()) == ["007", "1", "2"]


def test_an_unknown_wave_names_those_there(open_store):
    with pytest.raises(UnknownCodeError, match="Unknown wave: 1999"):
        open_store(WAVES).wave(1999)


def test_a_wave_without_a_required_column_is_refused(open_store):
    store = open_store(WAVES)
    path = store.folder / "wave_2000.parquet"
    pd.read_parquet(path).drop(columns="employees").to_parquet(path, index=False)
    with pytest.raises(DataError, match="Wave 2000 lacks columns: employees"):
        Store(store.folder, store.connection).wave(2000)


def test_a_folder_without_waves_is_refused(tmp_path):
    with pytest.raises(DataError, match="No waves in"):
        Store.open(tmp_path)


def test_without_pyspark_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match=r"shuseki\[spark\]"):
        Store.on_spark(tmp_path)
