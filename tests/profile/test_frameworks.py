from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from shuseki.errors import DataError, UnknownCodeError
from shuseki.profile import profile
from shuseki.profile.frameworks import (
    Framework,
    balance_of,
    check_keys,
    frameworks,
    scores_of,
)
from shuseki.profile.indicators import indicators

CATALOGUE = indicators()
FRAMEWORKS = frameworks()


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda one: one.key)
def test_a_place_best_in_everything_is_told_so(
    framework: Framework, made_up: SimpleNamespace
) -> None:
    value = made_up.best_in_everything(framework, CATALOGUE)
    values = made_up.values(value, CATALOGUE, made_up.keys_of(framework))
    found = scores_of(values, "000", (framework,))
    assert found.score == pytest.approx(np.full(len(framework.conditions), 100.0))
    assert (found.rank == 1).all()
    assert (found.rank_best == 1).all()
    assert (found.rank_worst == 1).all()
    assert found.balance[0] == pytest.approx(1.0)
    assert "every condition is met best of all areas" in found.verdicts()[0]


def test_a_single_missing_condition_is_told(made_up: SimpleNamespace) -> None:
    framework = next(one for one in FRAMEWORKS if one.key == "learning_region")
    keys = made_up.keys_of(framework)
    value = made_up.best_in_everything(framework, CATALOGUE)
    last = framework.conditions[2]
    for key, sign in last.indicators:
        value[0, keys.index(key)] = -5.0 * sign * CATALOGUE[key].sign
    found = scores_of(made_up.values(value, CATALOGUE, keys), "000", (framework,))
    assert found.score[2] == pytest.approx(0.0)
    said = found.verdicts()[0]
    assert "one condition is missing" in said
    assert str(last.label) in said
    assert str(framework.conditions[2].label) in said
    assert found.balance[0] == pytest.approx(0.0)
    assert "欠けている条件は一つ" in said.in_language("ja")


def test_order_of_indicators_changes_nothing(made_up: SimpleNamespace) -> None:
    framework = FRAMEWORKS[0]
    value = np.random.default_rng(2).normal(size=(25, len(made_up.keys_of(framework))))
    one = scores_of(
        made_up.values(value, CATALOGUE, made_up.keys_of(framework)), "004", (framework,)
    )
    order = list(np.random.default_rng(3).permutation(len(CATALOGUE.entries)))
    turned = made_up.values(value, CATALOGUE, made_up.keys_of(framework), column_order=order)
    other = scores_of(turned, "004", (framework,))
    for name in ("score", "rank", "rank_best", "rank_worst", "balance"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)


def test_below_half_of_the_indicators_nothing_is_said(made_up: SimpleNamespace) -> None:
    framework = FRAMEWORKS[0]
    keys = made_up.keys_of(framework)
    value = np.random.default_rng(4).normal(size=(12, len(keys)))
    related = [key for key, _ in framework.conditions[3].indicators]
    for key in related[:3]:
        value[0, keys.index(key)] = np.nan
    found = scores_of(made_up.values(value, CATALOGUE, keys), "000", (framework,))
    assert np.isnan(found.score[3])
    assert found.known[3] == 2  # of five
    assert np.isnan(found.balance[0])
    assert "cannot be said" in found.verdicts()[0]
    assert len(found.missing[3]) == 3


def test_balance_by_hand() -> None:
    # geometric mean of 90, 90, 30 is (243,000)^(1/3) = 62.403; arithmetic 70
    assert balance_of(np.array([90.0, 90.0, 30.0])) == pytest.approx(62.403 / 70, abs=1e-4)
    assert np.isnan(balance_of(np.array([90.0, np.nan])))


def test_a_user_adds_a_framework_and_an_indicator(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[[indicator]]\nkey = "zone"\nlabel = "Zone"\nunit = "share"\n'
        'formula = "industrial_zone_ha_latest / habitable_area_km2_2024"\n',
        encoding="utf-8",
    )
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(
        '[[framework]]\nkey = "mine"\nlabel = "Mine"\n'
        '[[framework.condition]]\nkey = "land"\nlabel = "Land"\nindicators = ["zone", "-wage"]\n',
        encoding="utf-8",
    )
    catalogue = indicators(mine)
    chosen = frameworks(theirs)
    assert chosen[-1].conditions[0].indicators == (("zone", 1), ("wage", -1))
    check_keys(chosen, catalogue)
    with pytest.raises(UnknownCodeError, match="zone"):
        check_keys(chosen, CATALOGUE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[framework]]\nkey = "a"\n', "missing label"),
        ('[[framework]]\nkey = "a"\nlabel = "A"\n', "no .*framework.condition"),
        ('[[framework]]\nkey = "a"\nlabel = "A"\ncolour = 1\n', "unknown colour"),
        (
            '[[framework]]\nkey = "a"\nlabel = "A"\n[[framework.condition]]\nkey = "c"\n'
            'label = "C"\nindicators = []\n',
            "list of keys",
        ),
        ("framework = 3\n", "framework: expected a list"),
        ('[[framework]]\nkey = "a"\nlabel = "A"\n[[framework', "not a TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        frameworks(path)


def test_every_fault_of_a_file_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        '[[indicator]]\nkey = "a"\nlabel = "A"\nunit = "x"\nformula = "import os"\n'
        '[[indicator]]\nkey = "b"\nlabel = "B"\nunit = "x"\nformula = "plants"\nsign = 2\n'
        '[[framework]]\nkey = "f"\n[[framework.condition]]\nkey = "c"\nlabel = "C"\n'
        "indicators = []\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as found:
        profile("154", indicators=path, frameworks=path)
    said = str(found.value)
    assert "'import os' is no arithmetic" in said
    assert "b: sign is 2" in said
    assert "f: missing label" in said
    assert "f, c: indicators is []" in said


def test_every_unknown_indicator_of_a_framework_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[framework]]\nkey = "f"\nlabel = "F"\n[[framework.condition]]\nkey = "c"\n'
        'label = "C"\nindicators = ["wages", "plant"]\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError) as found:
        profile("154", frameworks=path)
    assert "indicator: wages" in str(found.value)
    assert "indicator: plant" in str(found.value)
