"""Levels on arrays against the same conditions in SQL, and models learned from a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from shuseki.arrays import Ints
from shuseki.linkage.comparing import measuring
from shuseki.linkage.evaluation import evaluated
from shuseki.linkage.likeness import link, local_frequencies
from shuseki.linkage.registers import Registers, registers
from shuseki.linkage.settings import Comparison, Engine, linkage_settings

ENGINES: tuple[Engine, ...] = ("arrays", "duckdb")


def levels(
    both: Registers, made: Sequence[Comparison], left: Ints, right: Ints, engine: Engine
) -> NDArray[np.int8]:
    """Levels of some pairs on an engine."""
    with measuring(both, made, engine) as of:
        return of(left, right)


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_levels_are_those_of_splink_on_duckdb(known: dict[str, Any], missing: float) -> None:
    rng = np.random.default_rng(3)
    sides = []
    for which in ("left", "right"):
        side = known[which].head(60).assign(
            latitude=rng.uniform(35, 35.05, 60), longitude=rng.uniform(139, 139.05, 60),
            opened=rng.choice(["1970-01-01", "1970-05-01", "1981-01-01"], 60),
            postcode=rng.choice(["392-0001", "392-0002", "143-0001"], 60),
        )  # fmt: skip
        for column in side.columns[1:]:
            side[column] = side[column].astype(object).where(rng.random(60) >= missing)
        sides.append(side)
    both = registers(*sides, extra=["postcode"])
    comparisons = linkage_settings().comparisons_of(both.has, both.extra)
    left, right = np.repeat(np.arange(60), 60), np.tile(np.arange(60), 60)
    ours, sql = (levels(both, comparisons, left, right, engine) for engine in ENGINES)
    np.testing.assert_array_equal(ours, sql)
    # every comparison has pairs at several levels, or nothing was tested
    assert all(len(np.unique(column)) > 1 for column in ours.T)


def test_missing_addresses_are_not_alike() -> None:
    frame = pd.DataFrame({"id": [1, 2], "address": [None, "Main 1"], "municipality": ["a", "b"]})
    both = registers(frame, frame.assign(municipality=["b", "a"]))
    comparisons = linkage_settings().comparisons_of(both.has, {})
    at = [one.name for one in comparisons].index("place")
    says = [level.says for level in comparisons[at].levels]
    for engine in ENGINES:
        found = levels(both, comparisons, np.array([0]), np.array([0]), engine)
        assert says[found[0, at]] == "elsewhere"


def test_conditions_with_not_and_missing_values() -> None:
    left = pd.DataFrame({"id": [1, 2, 3], "name": ["ab", None, "ab"], "employees": [5, 5, None]})
    right = left.assign(id=[4, 5, 6])
    asked = [
        {"says": "x", "when": "not equal(name) and equal(employees)", "m": 0.5},
        {"says": "y", "m": 0.5},
    ]
    changes = {"comparison": [{"name": "both", "columns": ["name", "employees"], "levels": asked}]}
    both = registers(left, right)
    made = [
        one for one in linkage_settings(changes).comparisons_of(both.has, {}) if one.name == "both"
    ]
    a, b = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    ours, sql = (levels(both, made, a, b, engine) for engine in ENGINES)
    np.testing.assert_array_equal(ours, sql)


def test_a_model_of_a_part_links_as_one_of_all(known: dict[str, Any]) -> None:
    small = {"most_pairs_compared_in_full": 1, "sampled_pairs": 20_000}
    whole = link(known["left"], known["right"], settings=small)
    part = link(known["left"], known["right"], settings={**small, "pairs_learned_from": 5_000})
    assert any("Learned from those of a sample" in note for note in part.notes)
    assert len(part.pairs.left) < len(whole.pairs.left)
    # a sixth of the records teaches nearly as much: at most two links in a hundred differ
    one, other = (
        set(map(tuple, found.table[["left", "right"]].to_numpy())) for found in (whole, part)
    )
    assert len(one ^ other) <= 0.04 * len(one)
    assert evaluated(part, known["truth"]).pairs["f1"] > 0.96
    assert part.model.pairs == pytest.approx(whole.model.pairs, abs=6)


def test_labels_are_kept_when_a_part_is_learned_from(known: dict[str, Any]) -> None:
    wrong = pd.DataFrame({"left": ["L5"], "right": ["R7"], "match": [1]})
    found = link(
        known["left"], known["right"], labels=wrong,
        settings={"most_pairs_compared_in_full": 1, "pairs_learned_from": 5_000},
    )  # fmt: skip
    assert ("L5", "R7") in set(map(tuple, found.table[["left", "right"]].to_numpy()))


def test_frequencies_within_towns_by_hand() -> None:
    # towns of four: a a a b, and b b b a; half of all are a
    trades = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    towns = np.repeat([0, 1], 4)
    # two of a town agree 2 · (3·2) / (2 · 4·3) = 1/2, two at random 1/2: no town has its own
    # shares, c is beyond all bounds, and the frequency is that of all
    np.testing.assert_allclose(local_frequencies(trades, towns, np.array([0.5, 0.5])), 0.5)
    # towns a a a a and b b b b: two of a town always agree, c = 0, and the others all have it
    trades = np.repeat([0, 1], 4)
    np.testing.assert_allclose(local_frequencies(trades, towns, np.array([0.5, 0.5])), 1.0)


def test_a_level_that_cannot_be_asked_passes_its_share_on() -> None:
    whole = {one.name: one for one in linkage_settings().comparisons}["place"]
    made = linkage_settings().comparisons_of({"municipality"}.__contains__, {})
    place = next(one for one in made if one.name == "place")
    assert sum(level.m for level in place.levels) == pytest.approx(
        sum(level.m for level in whole.levels)
    )
    # all levels before "the same municipality" would hold there too
    at = [level.says for level in whole.levels].index("the same municipality")
    assert place.levels[0].m == pytest.approx(sum(level.m for level in whole.levels[: at + 1]))


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_spark_finds_the_same_links(spark: Any, known: dict[str, Any]) -> None:
    rng = np.random.default_rng(5)
    sides = []
    for which in ("left", "right"):
        side = known[which].assign(
            latitude=rng.uniform(35, 35.05, 300), longitude=rng.uniform(139, 139.05, 300),
            opened=rng.choice(["1970-01-01", "1970-05-01", "1981-01-01"], 300),
        )  # fmt: skip
        for column in side.columns[1:]:
            side[column] = side[column].astype(object).where(rng.random(300) >= 0.2)
        sides.append(side)
    few = {"most_pairs_compared_in_full": 10_000, "sampled_pairs": 2_000}
    on_arrays, on_spark = (
        link(*sides, engine=engine, session=session, settings=few)
        for engine, session in (("arrays", None), ("spark", spark))
    )
    np.testing.assert_array_equal(on_spark.pairs.levels, on_arrays.pairs.levels)
    pd.testing.assert_frame_equal(on_spark.table, on_arrays.table)
    # With a fifth of all values gone most of the 240 that go on are linked, or nothing was tested.
    assert len(on_arrays.table) > 150
