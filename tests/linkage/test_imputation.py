"""Intervals of births, and estimates that know the linkage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import ParameterError
from shuseki.linkage.imputation import DrawnLinks, draw_links, pooled
from shuseki.linkage.likeness import link


@pytest.fixture(scope="module")
def drawn(known: dict[str, Any]) -> DrawnLinks:
    return draw_links(link(known["left"], known["right"]), draws=60, seed=1)


def test_the_interval_holds_the_true_births(drawn: DrawnLinks) -> None:
    low, mean, high = drawn.interval(drawn.is_birth.sum(axis=1))
    assert low <= 60 <= high  # 60 of the 300 are new
    assert low < mean < high


def test_draws_are_whole_matchings(drawn: DrawnLinks) -> None:
    for partner in drawn.partner:
        linked = partner[partner >= 0]
        assert len(set(linked)) == len(linked)
    assert (drawn.is_birth.sum(axis=1) == drawn.is_death.sum(axis=1)).all()  # 300 on either side


def test_births_by_group_add_up(drawn: DrawnLinks) -> None:
    group = pd.Series(["a", "b", "c"] * 100)
    table = drawn.births_by(group)
    assert table["mean"].sum() == pytest.approx(drawn.is_birth.sum(axis=1).mean())
    with pytest.raises(ParameterError, match="one for each"):
        drawn.births_by(group[:10])


def test_pooling_by_hand() -> None:
    # three draws with 1, 2 and 3 births: mean 2, between 1, within 0.5 → 0.5 + 4/3 · 1 = 11/6
    births = np.zeros((3, 4), dtype=bool)
    births[0, :1], births[1, :2], births[2, :3] = True, True, True
    drawn = DrawnLinks(
        is_birth=births, is_death=births, partner=np.where(births, -1, 0), level=0.95
    )
    found = pooled(drawn, lambda b: (np.array([float(b.sum())]), np.array([0.5])))
    assert found.estimate[0] == pytest.approx(2)
    assert found.standard_error[0] ** 2 == pytest.approx(11 / 6)
    # (M − 1) / (share of the between part)² = 2 / ((4/3) / (11/6))²
    assert found.degrees_of_freedom[0] == pytest.approx(2 / ((4 / 3) / (11 / 6)) ** 2)


def test_too_few_draws(known: dict[str, Any]) -> None:
    found = link(known["left"].head(20), known["right"].head(20))
    with pytest.raises(ParameterError, match="20 or more"):
        draw_links(found, draws=5)
    with pytest.raises(ParameterError, match="share"):
        draw_links(found, draws=20, level=2)
