"""Who goes on, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shuseki.demography.continuity import continuity, rule_of, rules
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.linkage.likeness import Links, Pairs


def linked(rows: list[tuple[str, str, str, str]], left: str, right: str) -> Links:
    """Links of which only the table is asked: left, right, what changed (m, r, c), relation."""
    table = pd.DataFrame(
        {
            "left": [row[0] for row in rows],
            "right": [row[1] for row in rows],
            "probability": 1.0,
            "relation": [row[3] for row in rows],
            "moved": ["m" in row[2] for row in rows],
            "renamed": ["r" in row[2] for row in rows],
            "changed_industry": ["c" in row[2] for row in rows],
        }
    )
    none = np.empty(0)
    pairs = Pairs(none, none, none, none, none, none, none)  # type: ignore[arg-type]
    return Links(
        table=table,
        offspring=pd.DataFrame(
            {"left": ["a"], "right": ["7"], "probability": [1.0], "relation": ["split"]}
        ),
        left_ids=np.array(list(left)),
        right_ids=np.array(list(right)),
        pairs=pairs,
        comparisons=(),
        model=None,  # type: ignore[arg-type]
        columns=(),
    )


ROWS = [
    ("a", "1", "", "split"),
    ("b", "2", "m", "moved"),
    ("c", "3", "r", "renamed"),
    ("d", "4", "c", "changed industry"),
    ("e", "5", "mr", "moved"),  # one of three holds: ended and begun
]


def test_two_of_three_by_hand() -> None:
    found = continuity(linked(ROWS, "abcdef", "12345678"))
    left = {step.name: step.set_aside for step in found.funnel.steps}
    assert left == {
        "records": 0,
        "survivors": 1,
        "relocations": 1,
        "takeovers": 1,
        "changes of activity": 1,
        "splits": 1,
        "mergers": 0,
        "reactivations": 0,
    }
    # of eight records four go on and 7 was split off: 5, 6 and 8 are births; e and f are gone
    assert sorted(found.births) == ["5", "6", "8"]
    assert sorted(found.deaths) == ["e", "f"]
    assert found.funnel.steps[-1].left == 3
    assert "two of three" in found.notes[0]


def test_a_place_bound_rule_makes_relocations_births() -> None:
    found = continuity(linked(ROWS, "abcdef", "12345678"), "place-bound")
    assert sorted(found.births) == ["2", "5", "6", "8"]


def test_who_comes_back_within_two_years_is_no_birth() -> None:
    links = linked(ROWS, "abcdef", "12345678")
    earlier = linked([("x", "6", "", "same"), ("y", "1", "", "same")], "xy", "12345678")
    found = continuity(links, earlier=earlier, pause_years=2)
    assert sorted(found.births) == ["5", "8"]
    assert {s.name: s.set_aside for s in found.funnel.steps}["reactivations"] == 1
    late = continuity(links, earlier=earlier, pause_years=3)
    assert sorted(late.births) == ["5", "6", "8"]


def test_rules_are_data_in_both_languages() -> None:
    for rule in rules().values():
        assert rule.says
        assert rule.words().in_language("ja") == rule.says_ja
    with pytest.raises(UnknownCodeError, match="eurostat-oecd"):
        rule_of("eurostat")


def test_earlier_links_of_other_records_are_refused() -> None:
    with pytest.raises(ParameterError, match="same later wave"):
        continuity(linked(ROWS, "abcdef", "12345678"), earlier=linked(ROWS, "abcdef", "1"))
