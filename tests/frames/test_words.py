"""Headlines and notes are whole in both languages."""

import re

import pandas as pd

import shuseki as sk
from shuseki.frames.formulas import ols
from shuseki.language import told

TABLE = pd.DataFrame(
    {
        "y": [1.0, 2, 4, 3, 6, 5, 8, 7.5],
        "x": [1.0, 2, 3, 5, 4, 6, 7, None],
        "latitude": [35.0, 36, 37, 38, 39, 40, 41, 42],
        "longitude": [136.0, 137, 136, 138, 139, 140, 141, 142],
    }
)
NAMES = r"Conley|classical|HC1"


def test_what_this_room_says_is_told_in_japanese():
    fit = ols("y ~ x", TABLE, vcov="conley:9km")
    left_out = next(note for note in fit.notes if "missing value" in note)
    one = sk.side_by_side([fit], names=["甲"])
    shorter = ols("y ~ x", TABLE.head(6))
    two = sk.side_by_side([fit, shorter], names=["甲", "乙"])
    said = [left_out, fit.errors_called, one.headline(), two.headline(), one.notes[0]]
    for message in said:
        japanese = re.sub(NAMES, "", told(message, "ja"))
        assert not re.search(r"[A-Za-z]{4,}", japanese), japanese
        assert not re.search(r"[ぁ-んァ-ン一-龥]", re.sub("甲|乙", "", str(message)))
    assert told(left_out, "ja") == "欠損値のある1行を除いた。"
