"""Registers taken in parts against the same ones taken whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shuseki.linkage import blocking, likeness, scoring
from shuseki.linkage.blocking import candidates
from shuseki.linkage.columns import coded, word_keys
from shuseki.linkage.likeness import link
from shuseki.linkage.normalisation import words
from shuseki.linkage.registers import registers
from shuseki.linkage.settings import linkage_settings

IN_PARTS = {"most_pairs_compared_in_full": 1, "pairs_learned_from": 5_000, "sampled_pairs": 20_000}


@pytest.mark.parametrize(("pairs", "threads"), [(500, 1), (500, 3), (4_000, 2)])
def test_the_size_of_parts_and_threads_change_nothing(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, pairs: int, threads: int
) -> None:
    whole = link(known["left"], known["right"], settings=IN_PARTS)
    monkeypatch.setattr(scoring, "PAIRS_AT_ONCE", pairs)
    monkeypatch.setattr(scoring.os, "cpu_count", lambda: threads)
    told: list[tuple[int, int]] = []
    part = link(
        known["left"],
        known["right"],
        settings=IN_PARTS,
        progress=lambda done, total: told.append((done, total)),
    )
    pd.testing.assert_frame_equal(part.table, whole.table)
    pd.testing.assert_frame_equal(part.offspring, whole.offspring)
    for name in ("left", "right", "levels", "log_weight", "probability", "linked"):
        np.testing.assert_array_equal(getattr(part.pairs, name), getattr(whole.pairs, name))
    # several parts there were, and each was told
    assert len(told) > 3
    assert told[-1][0] == told[-1][1]
    assert all(one[0] < other[0] for one, other in pairwise(told))


def test_parts_link_as_the_whole(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**IN_PARTS, "pairs_learned_from": 10**9}
    whole = link(known["left"], known["right"], settings=settings)
    monkeypatch.setattr(likeness, "PARTS", 0)
    monkeypatch.setattr(scoring, "PAIRS_AT_ONCE", 500)
    part = link(known["left"], known["right"], settings=settings)
    assert len(part.pairs.left) < len(whole.pairs.left)
    assert part.table[["left", "right", "relation"]].equals(
        whole.table[["left", "right", "relation"]]
    )
    # both learn from all pairs; m is learned once more from those that are kept
    np.testing.assert_allclose(
        part.table["probability"], whole.table["probability"], rtol=0, atol=0.01
    )


def test_labels_are_the_same_in_parts(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = known["truth"].iloc[:40].assign(match=1)
    labels.loc[labels.index[:5], "match"] = 0
    # the same pair again: the last answer stands
    labels = pd.concat([labels, labels.iloc[:1].assign(match=1)])
    whole = link(known["left"], known["right"], labels=labels, settings=IN_PARTS)
    monkeypatch.setattr(scoring, "PAIRS_AT_ONCE", 500)
    part = link(known["left"], known["right"], labels=labels, settings=IN_PARTS)
    pd.testing.assert_frame_equal(part.table, whole.table)
    linked = set(map(tuple, part.table[["left", "right"]].to_numpy()))
    expected = set(map(tuple, labels.loc[labels["match"] == 1, ["left", "right"]].to_numpy()))
    assert expected <= linked
    denied = set(map(tuple, labels.iloc[1:5][["left", "right"]].to_numpy()))
    assert not denied & linked


# ---- blocks ----------------------------------------------------------------------------------


def found(both: Any, rules: list[list[str]], budget: int) -> Any:
    return candidates(both, rules, pairs_per_record=1e-9, pairs_per_rule=budget, most_in_full=1)


@pytest.mark.parametrize("budget", [300, 1_000, 10**6])
def test_the_same_blocks_in_parts_of_the_keys(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    both = registers(known["left"], known["right"])
    rules = [list(rule) for rule in linkage_settings().rules]
    whole = found(both, rules, budget).every()
    monkeypatch.setattr(blocking, "ROWS_AT_ONCE", 40)
    monkeypatch.setattr(blocking, "RECORDS_AT_ONCE", 64)
    parts = found(both, rules, budget)
    np.testing.assert_array_equal(parts.every(), whole)
    assert parts.total == len(whole[0])
    # some records alone have the pairs that they have among all
    some = np.array([3, 4, 77, 250])
    left, right = parts.of(some)
    its = np.isin(whole[0], some)
    np.testing.assert_array_equal(left, whole[0][its])
    np.testing.assert_array_equal(right, whole[1][its])
    groups = parts.parts(100)
    np.testing.assert_array_equal(np.concatenate(groups), np.arange(300))
    assert max(parts.counts[group].sum() for group in groups) < 100 + parts.counts.max()


def test_the_smaller_blocks_are_taken_within_the_budget(known: dict[str, Any]) -> None:
    columns = ["municipality", "industry"]
    both = registers(known["left"], known["right"])
    shared = known["left"].reset_index().merge(known["right"].reset_index(), on=columns)
    size = shared.groupby(columns).size().sort_values()
    budget = int(size.iloc[: len(size) // 2].sum()) + 1
    left, right = found(both, [columns], budget).every()
    taken = set(zip(left.tolist(), right.tolist(), strict=True))
    of_block = shared.assign(
        taken=[pair in taken for pair in zip(shared["index_x"], shared["index_y"], strict=True)]
    ).groupby(columns)["taken"]
    # blocks are whole, no other pair is there, and none fits that was left out
    assert (of_block.all() == of_block.any()).all()
    assert len(taken) == int(size[of_block.any()[size.index]].sum()) <= budget
    left_out = size[~of_block.any()[size.index]]
    assert left_out.min() >= size[of_block.any()[size.index]].max()
    assert len(taken) + left_out.min() > budget


def test_each_pair_once_where_rules_agree(known: dict[str, Any]) -> None:
    both = registers(known["left"], known["right"])
    one = found(both, [["name"]], 10**6).every()
    twice = found(both, [["name"], ["name"]], 10**6).every()
    np.testing.assert_array_equal(one, twice)
    # pairs by hand: the names are the same when folded
    codes = both.values["name"].codes
    same = np.argwhere(codes[:300, None] == codes[None, 300:])
    np.testing.assert_array_equal(np.column_stack(one), same)


# ---- columns ---------------------------------------------------------------------------------


def test_numbers_of_words_are_equal_where_words_are() -> None:
    texts = [
        "東洋製作所", "東洋製作所2工場", "東洋abc製作", "アサヒビール", "muller maschinenbau",
        "baerum as", "muller", "", " ", "々工", "々工機", "ー", "a", "ab", "abc", "abcd ab",
        "ㄅㄆㄇ x", "木 木工 木工木", "諏訪市高島 1-22-30", "岡谷市本町 1-22-30", "пермь завод",
    ]  # fmt: skip
    keys, sizes = word_keys(texts)
    every = [word for text in texts for word in words(text)]
    assert sizes.tolist() == [len(words(text)) for text in texts]
    assert len(set(zip(every, keys.tolist(), strict=True))) == len(set(every))
    assert len(set(keys.tolist())) == len(set(every))


def test_values_are_numbered_as_they_first_stand() -> None:
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "industry": ["b", None, "Ａ", " "]})
    both = registers(frame, pd.DataFrame({"id": [1, 2], "industry": ["a", "B"]}))
    column = both.values["industry"]
    # width and case are folded, a blank is missing
    assert column.distinct.to_pylist() == ["b", "a"]
    assert column.codes.tolist() == [0, -1, 1, -1, 1, 0]
    assert coded(column.codes, column.distinct).codes.tolist() == column.codes.tolist()


def test_codes_of_several_kinds_are_as_they_were_written() -> None:
    mixed = pd.Series([1, "1", 1.0, 2.5, None, True], dtype=object)
    frame = pd.DataFrame({"id": range(6), "industry": mixed})
    both = registers(frame, frame)
    column = both.values["industry"]
    assert column.distinct.to_pylist() == ["1", "1.0", "2.5", "true"]
    assert column.codes[:6].tolist() == [0, 0, 1, 2, -1, 3]
