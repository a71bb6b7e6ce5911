import importlib
from pathlib import Path

import numpy as np
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.language import say
from shuseki.profile.directions import directions, judge, reach
from shuseki.profile.indicators import indicators

CATALOGUE = indicators()
ALL = directions()
# For each rule, facts of a made-up district where it applies and of one where it does not.
CASES = {
    "wide-area-use": (
        {"supplier_reach": 90, "median_supplier_reach": 30, "standing_supplier_access_100_km": 60},
        {"supplier_reach": 20, "median_supplier_reach": 30, "standing_supplier_access_100_km": 60},
    ),
    "share-directory": ({"complements": 2}, {"complements": 0}),
    "demand-carriers": (
        {"membership_company_town": 0.6, "standing_plants": 70},
        {"membership_company_town": 0.1, "standing_plants": 70},
    ),
    "regroup-inside": (
        {"plant_loss_beyond_nation": 0.1, "standing_integration": 80},
        {"plant_loss_beyond_nation": -0.1, "standing_integration": 80},
    ),
    "help-the-willing": (
        {"shrinking": 0.9, "standing_plant_size": 10},
        {"shrinking": 0.1, "standing_plant_size": 10},
    ),
    "development-and-brand": (
        {"membership_local_product": 0.8, "shrinking": 0.9},
        {"membership_local_product": 0.1, "shrinking": 0.9},
    ),
    "exchange-for-variety": (
        {"standing_workers": 20, "standing_variety": 5},
        {"standing_workers": 20, "standing_variety": 90},
    ),
    "build-network": (
        {"leading_type": "attracted complex", "standing_plants": 50},
        {"leading_type": "urban complex", "standing_plants": 50},
    ),
    "open-network": (
        {"standing_leading_share": 90, "standing_migration_turnover": 10},
        {"standing_leading_share": 10, "standing_migration_turnover": 90, "inward_index": 0.2,
         "inward_by_chance": 0.1},
    ),
    "value-the-rents": (
        {"survey_new_products_share": 18.1, "survey_information_share": 44.7},
        {"survey_new_products_share": 60.0, "survey_information_share": 44.7},
    ),
    "keep-dear-to-move": (
        {"standing_plant_size": 10, "standing_supplier_access_10_km": 90},
        {"standing_plant_size": 90, "standing_supplier_access_10_km": 90},
    ),
    "escape-lock-in": (
        {"shrinking": 0.9, "standing_variety": 20, "size_over_peak": 0.5},
        {"shrinking": 0.9, "standing_variety": 20, "size_over_peak": 0.95},
    ),
    "prepare-succession": (
        {"shrinking": 0.9, "standing_working_age_share": 10},
        {"shrinking": 0.9, "standing_working_age_share": 80},
    ),
    "room-for-machines": (
        {"standing_plant_density": 99, "standing_labour_force_density": 99},
        {"standing_plant_density": 20, "standing_labour_force_density": 99},
    ),
    "congestion": (
        {"standing_wage": 95, "standing_labour_force_density": 95},
        {"standing_wage": 10, "standing_labour_force_density": 95},
    ),
    "demand-promotion": (
        {"abs_t_PCM": 0.1, "abs_t_GRSALES": 0.2, "standing_price_cost_margin": 10,
         "standing_shipments_growth": 50},
        {"abs_t_PCM": 0.1, "abs_t_GRSALES": 0.2, "standing_price_cost_margin": 90,
         "standing_shipments_growth": 90},
    ),
    "births-of-need": (
        {"t_UNEMPL_low": 2.6, "standing_unemployment": 5, "lowtech_share": 0.9,
         "mean_lowtech_share": 0.8},
        {"t_UNEMPL_low": 2.6, "standing_unemployment": 95, "lowtech_share": 0.9,
         "mean_lowtech_share": 0.8},
    ),
    "seedbed": (
        {"t_DENS": 5.8, "t_MRATIO": 11.1, "seedbed_births": 1.0},
        {"t_DENS": 5.8, "t_MRATIO": 11.1, "seedbed_births": -1.0},
    ),
    "research-centre": (
        {"abs_t_INST_high": 0.9, "expected_high": 0.2, "mean_high": 0.5,
         "standing_engineering_university_density": 10},
        {"abs_t_INST_high": 0.9, "expected_high": 0.9, "mean_high": 0.5,
         "standing_engineering_university_density": 10},
    ),
    "spin-offs-of-large-plants": (
        {"t_AVESIZE": -10.1, "contribution_AVESIZE": -2.0},
        {"t_AVESIZE": -10.1, "contribution_AVESIZE": 1.0},
    ),
    "hightech-base": (
        {"t_HITECH_high": 8.6, "contribution_HITECH_high": 0.5},
        {"t_HITECH_high": 8.6, "contribution_HITECH_high": -0.5},
    ),
}  # fmt: skip


def verdict(name: str, facts: dict[str, object]) -> str:
    chosen = tuple(one for one in ALL if one.id == name)
    found = judge(facts, "000", say("nothing"), CATALOGUE, chosen)  # type: ignore[arg-type]
    return found.judged[0].verdict


def test_every_rule_has_its_two_districts() -> None:
    assert set(CASES) == {one.id for one in ALL}


@pytest.mark.parametrize("name", CASES)
def test_applies_here_and_not_there_and_unknown_is_unknown(name: str) -> None:
    here, there = CASES[name]
    assert verdict(name, here) == "applies"
    assert verdict(name, there) == "does not apply"
    assert verdict(name, {}) == "cannot be judged"


def test_what_a_plan_says_decides() -> None:
    here = CASES["wide-area-use"][0]
    assert verdict("wide-area-use", here | {"locality_price": -0.01}) == "does not apply"
    assert (
        verdict("wide-area-use", CASES["wide-area-use"][1] | {"locality_price": 0.2}) == "applies"
    )


def test_missing_facts_are_named_in_both_languages() -> None:
    found = judge({}, "000", say("nothing"), CATALOGUE)
    for one in found.judged:
        assert one.verdict == "cannot be judged"
        assert one.unknown
        assert all(str(label) and label.in_language("ja") for label in one.unknown)
        assert not one.evidence  # a sentence of unknown facts is left out


def test_every_direction_has_its_place_and_what_overturns_it() -> None:
    for one in ALL:
        assert one.paper in ("2006", "2012")
        assert one.where
        assert str(one.overturn)
        assert one.overturn.in_language("ja") != str(one.overturn)
        assert one.text.in_language("ja") != str(one.text)


def test_reach_counts_verdicts() -> None:
    answers = {
        "a": judge(CASES["seedbed"][0], "a", say("nothing"), CATALOGUE),
        "b": judge(CASES["seedbed"][1], "b", say("nothing"), CATALOGUE),
    }
    row = reach(answers).set_index("id").loc["seedbed"]
    assert (row["applies"], row["does_not_apply"], row["cannot_be_judged"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[[direction]]\nid = "x"\n', DataError),
        ('[[direction]]\nid = "x"\nlabel = "x"\ntext = "x"\nwhen = "a > 1"\nmore = 1\n', DataError),
        ('[[direction]]\nid = "x"\nlabel = "x"\ntext = "x"\nwhen = "import os"\n', ParameterError),
        ('[[direction]]\nid = "x"\nlabel = "x"\ntext = "x"\nwhen = "a > 1"\nevidence = ["a"]\n'
         "evidence_ja = []\n", DataError),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error):
        directions(path)


def test_a_user_adds_a_direction(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[direction]]\nid = "mine"\nlabel = "Mine"\ntext = "Do it"\nwhen = "wage > 1"\n',
        encoding="utf-8",
    )
    found = directions(path)[-1]
    assert found.when.holds({"wage": 2.0}) is True
    assert np.isfinite(len(found.evidence))


def test_every_fact_that_a_rule_asks_for_has_words():
    """What cannot be judged names its missing facts; a key is no name."""
    module = importlib.import_module("shuseki.profile.directions")
    catalogue = indicators()
    asked = {name for one in module._bundled()[0] for name in one.when.names}
    assert len(asked) > 40
    assert [name for name in sorted(asked) if module.fact_label(name, catalogue) == name] == []
