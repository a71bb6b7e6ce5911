import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.industries.technology import technology_levels

FOUR = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 10.0})


def test_printed_rule_gives_the_printed_groups() -> None:
    # Okamuro 2006, p. 6: 22 high, 36 low; our codes carry the printed group.
    levels = technology_levels()
    assert levels.of("high") == tuple(f"H{k:02d}" for k in range(1, 23))
    assert levels.headline() == "36 low, 22 high of 58 industries (above 2.47%, as printed)"
    assert levels.sources[0].key == "Okamuro2006"


def test_recomputed_mean_moves_one_class() -> None:
    # The 58 printed intensities add up to 151.06: mean 2.6045, above H22 (2.58).
    levels = technology_levels(rule="mean")
    assert levels.thresholds_percent[0] == pytest.approx(151.06 / 58)
    assert set(technology_levels().of("high")) - set(levels.of("high")) == {"H22"}


def test_thresholds_by_hand() -> None:
    # Mean of 1, 2, 3, 10 is 4.
    assert technology_levels(FOUR, "mean").of("high") == ("d",)
    # At the threshold counts as below it.
    assert technology_levels(FOUR, 2.0).of("low") == ("a", "b")
    three = technology_levels(FOUR, [1.5, 5.0], names=["low", "medium", "high"])
    assert three.levels.tolist() == ["low", "medium", "medium", "high"]


def test_users_groups() -> None:
    groups = {"a": "x", "b": "y", "c": "y", "d": "z"}
    assert technology_levels(FOUR, groups).of("y") == ("b", "c")
    with pytest.raises(DataError, match="without a group: d"):
        technology_levels(FOUR, {"a": "x", "b": "y", "c": "y"})
    with pytest.raises(UnknownCodeError, match="industry"):
        technology_levels(FOUR, groups | {"e": "z"})
    with pytest.raises(ParameterError, match="one group"):
        technology_levels(FOUR, dict.fromkeys("abcd", "x"))


def test_bad_input() -> None:
    with pytest.raises(DataError, match="missing or negative: b"):
        technology_levels(pd.Series({"a": 1.0, "b": float("nan")}))
    with pytest.raises(ParameterError, match="rising"):
        technology_levels(FOUR, [3.0, 2.0])
    with pytest.raises(ParameterError, match="3 names for 1"):
        technology_levels(FOUR, 2.0, names=["a", "b", "c"])
    with pytest.raises(ParameterError, match="Unknown rule 'median'"):
        technology_levels(FOUR, "median")  # type: ignore[arg-type]


def test_scaling_intensities_and_thresholds_changes_nothing() -> None:
    one = technology_levels(FOUR, 2.5).levels
    assert technology_levels(FOUR * 100, 250.0).levels.equals(one)
