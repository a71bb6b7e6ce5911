"""Layouts are data; a misspelt one says which was meant."""

import numpy as np
import pyarrow as pa
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.records.establishments import typed
from shuseki.records.layouts import Join, joined, known_layouts, layout


def test_the_known_layouts_read_as_they_say():
    known = known_layouts()
    assert {"house", "census-of-manufactures", "corporate-number"} <= set(known)
    assert known["sirene-establishments"].codes == known["companies-house"].codes == "any"
    register = known["corporate-number"]
    assert (register.header, register.width, register.origin) == (False, 30, "public")
    assert register.columns["municipality"] == Join(("c14", "c15"), (2, 3))
    assert register.asked == ("id", "municipality", "industry")


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(ParameterError, match=r"'hose'.*Did you mean 'house'\?"):
        layout("hose")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"colums": {}}, r"layout key: 'colums'.*'columns'"),
        ({"columns": {"emploees": "a"}}, r"\[columns\]: 'emploees'.*'employees'"),
        ({"columns": {"id": {"joined": ["a"]}}}, r"joined column: 'joined'.*'join'"),
        ({"like": "house", "encoding": "utf-9"}, r"encoding: 'utf-9'.*'utf-8'"),
        ({"columns": {"id": "a"}}, "does not say which column is 'municipality'"),
        ({"columns": {"id": 1, "municipality": 2}, "header": False}, "no header and no width"),
    ],
)
def test_a_misspelt_layout_is_refused_with_the_nearest_word(table, says):
    with pytest.raises(ParameterError, match=says):
        layout(table)


def test_a_layout_may_start_from_another():
    own = layout(
        {"like": "census-of-manufactures", "columns": {"employees": "従業者数計"}}, wave=1998
    )
    assert own.columns["employees"] == "従業者数計"
    assert own.multiply["shipments_yen"] == 10_000
    assert own.constants == {"wave": "1998"}
    assert "wave" not in own.columns


def test_a_missing_column_names_what_may_be_meant():
    columns = ("row", "wave", "id", "municipality", "industry", "emploees")
    with pytest.raises(DataError, match=r"'employees' \(is it 'emploees'\?\)"):
        layout().check_columns(columns)


def test_joins_pad_factors_multiply_and_values_map():
    raw = {
        "調査年": ["1998"],
        "都道府県番号": ["1"],
        "市区町村番号": ["202"],
        "事業所番号": ["77"],
        "産業分類番号": ["0911"],
        "常用従業者数": ["12"],
        "製造品出荷額等": ["1,250"],
        "経営組織": ["3"],
    }
    theirs = layout("census-of-manufactures")
    written = theirs.read({name: pa.array(cells) for name, cells in raw.items()}, 1)
    row = typed(written, np.array([2]), {}, theirs.multiply).table.to_pylist()[0]
    assert row["id"] == "0120200077"
    assert row["municipality"] == "01202"
    assert row["shipments_yen"] == 12_500_000  # 1,250 万円
    assert row["legal_form"] == "sole proprietor"


def test_a_join_of_which_a_padded_part_is_empty_is_empty():
    both = Join(("prefecture", "city"), (2, 3))
    columns = {"prefecture": pa.array(["13", "1"]), "city": pa.array(["", "202"])}
    assert joined(both, columns).to_pylist() == ["", "01202"]  # not 13000, a prefecture


def test_two_layouts_that_read_alike_have_one_fingerprint():
    own = layout({"like": "house", "title": "another title"})
    assert own.fingerprint() == layout("house").fingerprint()
    assert own.with_wave(1998).fingerprint() != own.fingerprint()
