"""Links of registers with known pairs, and of registers that are hardly any."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import shuseki as sk
from shuseki.errors import DataError, ParameterError
from shuseki.language import told as told_in
from shuseki.linkage.evaluation import calibration, evaluated, f1
from shuseki.linkage.likeness import Links, link
from shuseki.linkage.review import from_words, in_words, to_review


@pytest.fixture(scope="module")
def links(known: dict[str, Any]) -> Links:
    return link(known["left"], known["right"])


def test_the_known_pairs_are_found(links: Links, known: dict[str, Any]) -> None:
    score = evaluated(links, known["truth"])
    # ten of 240 moved and ten were renamed; none changed both
    assert score.pairs["f1"] > 0.97
    assert score.births["f1"] > 0.93


def test_the_answer_has_the_columns_and_no_id_twice(links: Links) -> None:
    frame = links.to_frame()
    assert list(frame) == ["left", "right", "probability", "relation"]
    assert frame["left"].is_unique
    assert frame["right"].is_unique
    assert frame["probability"].between(0, 1).all()
    assert len(links.births()) == 300 - len(frame)
    assert sk.link is link


def test_relations_say_what_changed(links: Links, known: dict[str, Any]) -> None:
    frame = links.table.set_index("right")
    moved = frame.index.intersection(list(known["moved"]))
    renamed = frame.index.intersection(list(known["renamed"]))
    assert len(moved) >= 8
    assert set(frame.loc[moved, "relation"]) == {"moved"}
    assert len(renamed) >= 8
    assert set(frame.loc[renamed, "relation"]) == {"renamed"}
    same = frame.index.difference([*known["moved"], *known["renamed"]])
    assert (frame.loc[same, "relation"] == "same").mean() > 0.9


def test_the_order_of_rows_does_not_matter(links: Links, known: dict[str, Any]) -> None:
    again = link(known["left"].iloc[::-1], known["right"])
    one = links.to_frame().sort_values("left", ignore_index=True)
    other = again.to_frame().sort_values("left", ignore_index=True)
    assert set(map(tuple, one[["left", "right"]].values)) == set(
        map(tuple, other[["left", "right"]].values)
    )


def test_other_column_names_and_extra_columns(known: dict[str, Any]) -> None:
    left, right = (
        known[side].rename(columns={"name": "firm", "id": "no"})[["no", "firm", "address"]]
        for side in ("left", "right")
    )
    post = pd.Series(range(300)).astype(str)
    of = dict(zip(known["truth"]["right"], known["truth"]["left"], strict=True))
    left = left.assign(plz=post.to_numpy())
    code = dict(zip(left["no"], left["plz"], strict=True))
    right = right.assign(plz=[code.get(of.get(no, ""), f"x{no}") for no in right["no"]])
    found = link(left, right, name="firm", id="no", postcode="plz")
    assert "plz" in found.columns
    # the code is the pair's own: nothing can be missed
    assert evaluated(found, known["truth"]).pairs["f1"] > 0.99


def test_a_waterfall_adds_up_to_the_weight(links: Links) -> None:
    steps = links.waterfall(*links.table.loc[0, ["left", "right"]])
    assert steps["total_bits"].iloc[-1] == pytest.approx(steps["weight_bits"].sum())
    with pytest.raises(ParameterError, match="was not compared"):
        links.waterfall("nobody", "R0")


def test_labels_teach_and_keep_their_answer(known: dict[str, Any]) -> None:
    truth = known["truth"].iloc[60:110]
    wrong = pd.DataFrame({"left": truth["left"].iloc[:1], "right": [known["truth"]["right"][0]]})
    labels = pd.concat([truth.assign(match=1), wrong.assign(match=0)])
    found = link(known["left"], known["right"], labels=labels)
    kept = set(map(tuple, found.to_frame()[["left", "right"]].values))
    assert set(map(tuple, truth.values)) <= kept
    assert not set(map(tuple, wrong.values)) & kept


def test_review_lists_the_pairs_that_tell_most(links: Links, known: dict[str, Any]) -> None:
    listed = to_review(links, known["left"], known["right"], pairs=20)
    telling = listed["probability"] * (1 - listed["probability"])
    assert telling.is_monotonic_decreasing
    assert {"left", "right", "match", "name_left", "name_right"} <= set(listed)
    # what comes back unanswered is no label, what is answered is
    listed["match"] = [1, *[None] * (len(listed) - 1)]
    again = link(known["left"], known["right"], labels=listed)
    first = tuple(listed.loc[0, ["left", "right"]])
    assert first in set(map(tuple, again.to_frame()[["left", "right"]].values))


def test_settings_can_be_changed(known: dict[str, Any]) -> None:
    found = link(
        known["left"],
        known["right"],
        settings={"comparison": [{"name": "size", "leave_out": True}], "pairs_per_record": 5},
    )
    assert "size" not in [one.name for one in found.comparisons]
    level = {"says": "x", "when": "drop table(name)", "m": 0.5}
    for wrong in (
        {"colour": 1},
        {"pairs_per_record": -1},
        {"comparison": [{"name": "name", "levels": [level, {"says": "y", "m": 0.5}]}]},
        {"comparison": [{"levels": []}]},
        {"blocking": {"rules": []}},
    ):
        with pytest.raises(ParameterError, match="Expected"):
            link(known["left"], known["right"], settings=wrong)


def test_splink_takes_the_model(links: Links) -> None:
    settings = links.splink_settings()
    assert settings["link_type"] == "link_only"
    assert 0 < settings["probability_two_random_records_match"] < 1


# ---- registers that are hardly any -------------------------------------------------------------


def test_a_register_without_names_says_so(known: dict[str, Any]) -> None:
    found = link(known["left"].drop(columns="name"), known["right"].drop(columns="name"))
    assert any("No names to compare" in note for note in found.notes)
    # addresses alone find those that did not move
    assert evaluated(found, known["truth"]).pairs["f1"] > 0.85


def test_all_names_equal_tell_nothing(known: dict[str, Any]) -> None:
    left, right = (known[side].assign(name="東洋") for side in ("left", "right"))
    found = link(left, right)
    assert any("All names are equal" in note for note in found.notes)
    assert evaluated(found, known["truth"]).pairs["f1"] > 0.85


def test_a_wave_linked_with_itself_is_itself(known: dict[str, Any]) -> None:
    found = link(known["left"], known["left"])
    assert (found.table["left"] == found.table["right"]).all()
    assert len(found.table) == 300
    assert set(found.table["relation"]) == {"same"}


def test_records_alike_in_all_still_pair_one_to_one() -> None:
    frame = pd.DataFrame(
        {"id": range(60), "name": [f"{n}製作所" for n in "東洋北南西" for _ in range(12)]}
    )
    found = link(frame, frame.assign(id=range(100, 160)))
    assert found.table["left"].is_unique
    assert found.table["right"].is_unique
    # twelve equal records on either side have twelve partners, whoever they are
    assert len(found.births()) <= 2


def test_ids_partly_right_are_told_and_not_used(known: dict[str, Any]) -> None:
    right = known["right"].copy()
    of = dict(zip(known["truth"]["right"], known["truth"]["left"], strict=True))
    right["id"] = [of.get(no, no) if k % 2 else no for k, no in enumerate(right["id"])]
    found = link(known["left"], right)
    assert any("Ids were not used" in note for note in found.notes)


def test_a_third_of_the_addresses_missing(known: dict[str, Any]) -> None:
    rng = np.random.default_rng(2)
    left, right = known["left"].copy(), known["right"].copy()
    for side in (left, right):
        side.loc[rng.random(300) < 0.3, "address"] = None
    assert evaluated(link(left, right), known["truth"]).pairs["f1"] > 0.9


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("column", ["name", "address"])
def test_a_column_that_is_empty_in_one_register_tells_nothing(
    known: dict[str, Any], column: str, side: str
) -> None:
    given = {name: known[name] for name in ("left", "right")}
    given[side] = given[side].assign(**{column: ""})
    found = link(**given)
    if column == "address":
        assert evaluated(found, known["truth"]).pairs["f1"] > 0.9


def test_numbers_for_codes_and_blanks_for_missing(known: dict[str, Any]) -> None:
    left = known["left"].assign(
        municipality=known["left"]["municipality"].astype(float),
        industry=known["left"]["industry"].astype(int),
    )
    right = known["right"].assign(legal_form="", latitude=np.nan, longitude=np.nan)
    assert evaluated(link(left, right), known["truth"]).pairs["f1"] > 0.95


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.iloc[:0], "no records"),
        (lambda frame: frame.assign(id=["x"] * len(frame)), "more than once"),
        (lambda frame: frame.assign(id=[None, *frame["id"][1:]]), "without an id"),
        (lambda frame: frame[["id"]], "Nothing to compare"),
        (lambda frame: frame[["id"]].assign(name=None), "Nothing to compare"),
    ],
    ids=["empty", "same id twice", "no id", "nothing but ids", "no name filled"],
)
def test_what_cannot_be_linked_is_refused(known: dict[str, Any], change: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        link(known["left"], change(known["right"]))
    with pytest.raises(DataError, match=says):
        link(change(known["left"]), known["right"])


@pytest.mark.parametrize(
    "options",
    [
        {"extra": "postcode"},
        {"name": "nom"},
        {"at_least": 1.5},
        {"engine": "excel"},
    ],
)
def test_options_that_are_not_known(known: dict[str, Any], options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"Expected|Found"):
        link(known["left"], known["right"], **options)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (pd.DataFrame({"left": ["L1"]}), "without right"),
        (pd.DataFrame({"left": ["L1"], "right": ["R9999"]}), "does not have"),
        (pd.DataFrame({"left": ["L1"], "right": ["R1"], "match": ["maybe"]}), "neither 1 nor 0"),
    ],
)
def test_labels_that_cannot_be(known: dict[str, Any], labels: pd.DataFrame, says: str) -> None:
    with pytest.raises(DataError, match=says):
        link(known["left"], known["right"], labels=labels)


# ---- scores -------------------------------------------------------------------------------------


def test_f1_by_hand() -> None:
    # found 3, true 4, both 2: precision 2/3, recall 1/2, F1 = 4/7
    assert f1({1, 2, 3}, {2, 3, 4, 5}) == pytest.approx(
        {"precision": 2 / 3, "recall": 1 / 2, "f1": 4 / 7}
    )
    assert math.isnan(f1(set(), set())["f1"])


def test_calibration_by_hand() -> None:
    table = calibration(np.array([0.05, 0.15, 0.12, 0.95, 1.0]), np.array([0.0, 1, 0, 1, 1]))
    assert table["pairs"].tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table.loc[1, "mean_probability"] == pytest.approx(0.135)
    assert table.loc[1, "true_share"] == 0.5


def test_errors_are_told_by_kind(links: Links, known: dict[str, Any]) -> None:
    errors = evaluated(links, known["truth"]).errors
    kinds = {"never compared", "too unlike", "wrong partner", "false link"}
    assert set(errors["kind"]) <= kinds
    with pytest.raises(DataError, match="does not have"):
        evaluated(links, pd.DataFrame({"left": ["nobody"], "right": ["R1"]}))


def test_a_review_in_japanese_comes_back(links: Links, known: dict[str, Any]) -> None:
    listed = to_review(links, known["left"], known["right"], pairs=5)
    told = in_words(listed, "ja")
    assert list(told)[:2] == ["左側の記録", "右側の記録"]
    assert told.columns.is_unique
    assert list(from_words(told))[:4] == ["left", "right", "probability", "match"]
    assert list(from_words(in_words(listed, "en")))[:4] == list(listed)[:4]
    # "left" means what is left over elsewhere; here it is a record
    assert [told_in(words, "ja") for words in links.column_labels().values()] == list(told)[:2]
