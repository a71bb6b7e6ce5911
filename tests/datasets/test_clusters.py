"""Synthetic firms of six clusters."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from shuseki.datasets.catalogue import load
from shuseki.datasets.clusters import CLUSTERS, cluster_centres, shared_out, synthetic_clusters
from shuseki.datasets.public import manufacturing_panel
from shuseki.directory import TABLES
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.sourcing.processes import processes


def test_facts_are_those_of_the_bundled_statistics() -> None:
    """Plants and employees of 2012 in the panel of the METI's 工業統計表."""
    panel = manufacturing_panel("municipality", industries="total", years=[2012])
    facts = load("clusters")
    at = [panel.areas.index(code) for code in facts["municipality"]]
    np.testing.assert_array_equal(panel.values["plants"][at, 0, 0], facts["plants"])
    np.testing.assert_array_equal(panel.values["employment"][at, 0, 0], facts["employees"])
    assert panel.centres is not None
    np.testing.assert_allclose(panel.centres[at], facts[["latitude", "longitude"]], atol=1e-4)


def test_assumptions_are_whole() -> None:
    mix = load("cluster-mix")
    assert set(mix["cluster"]) == set(CLUSTERS)
    assert set(mix["process"]) <= set(processes())
    assert (mix["weight"] > 0).all()
    assert load("cluster-assumptions")["basis"].str.len().min() > 0


def test_the_same_seed_gives_the_same_firms() -> None:
    one, again, other = (synthetic_clusters(seed, 60) for seed in (3, 3, 4))
    for table in TABLES:
        assert getattr(one, table) == getattr(again, table)
        assert getattr(one, table) != getattr(other, table)


def test_firms_of_a_cluster_do_not_depend_on_the_others() -> None:
    among = synthetic_clusters(1, 400).of_clusters("sabae").firms
    assert synthetic_clusters(1, len(among), clusters=("sabae",)).firms == among


def test_it_says_that_it_is_synthetic() -> None:
    made = synthetic_clusters(1, 12)
    assert {source.origin for source in made.sources} == {"synthetic"}
    assert all("合成" in firm.name for firm in made.firms)


def test_shares_follow_the_plants() -> None:
    made = synthetic_clusters(1, 1000, weeks=0)
    counts = {c: sum(f.cluster == c for f in made.firms) for c in CLUSTERS}
    # 2,780 of 6,810 plants are in Higashi-Osaka: 1 + 994 · 0.408 = 406.8
    assert counts["higashi_osaka"] == 407
    assert sum(counts.values()) == 1000
    assert not made.loads


def test_unknown_shares() -> None:
    none = synthetic_clusters(1, 200, unknown_share=0)
    assert all(c.it_grade is not None and c.materials for c in none.capabilities)
    all_of_them = synthetic_clusters(1, 30, unknown_share=1)
    assert all(c.it_grade is None and not c.materials for c in all_of_them.capabilities)
    some = synthetic_clusters(1, 600, unknown_share=0.4)
    share = np.mean([c.it_grade is None for c in some.capabilities])
    assert share == pytest.approx(0.4, abs=0.06)  # four standard errors of 1,000 draws


def test_centres_lie_within_the_clusters() -> None:
    centres = cluster_centres()
    assert tuple(centres.index) == CLUSTERS
    assert centres.loc["ota", "latitude"] == 35.5685
    # Tsubame 708 plants at 37.6718, Sanjo 581 at 37.6298: 37.6718 − 0.042 · 581 / 1289 = 37.65287
    assert centres.loc["tsubame_sanjo", "latitude"] == pytest.approx(37.65287, abs=1e-5)


def test_shared_out() -> None:
    assert shared_out(10, np.array([1.0, 1.0, 2.0])) == [3, 3, 4]
    assert shared_out(3, np.array([1.0, 100.0, 1.0])) == [1, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"clusters": ("hamamatsu",)}, UnknownCodeError),
        ({"clusters": ()}, ParameterError),
        ({"firms": 5}, ParameterError),
        ({"unknown_share": 1.1}, ParameterError),
        ({"weeks": -1}, ParameterError),
        ({"first_week": date(2026, 1, 6)}, ParameterError),
    ],
)
def test_bad_arguments(wrong: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        synthetic_clusters(**wrong)
