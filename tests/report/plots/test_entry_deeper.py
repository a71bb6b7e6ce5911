"""Are the pictures of the deeper questions drawn in both languages, marked and true?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.atlas import atlas, permutation_test
from shuseki.entry.conley import conley_errors
from shuseki.entry.counts import count_model
from shuseki.entry.equality import equality_of_coefficients
from shuseki.entry.regions import DivisionComparison
from shuseki.entry.spatial import (
    spatial_effects,
    spatial_model,
    spatial_tests,
    surviving_conclusions,
)
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.weights import nearest_neighbours
from shuseki.report.plots import plot
from shuseki.results import Result
from shuseki.sources import Source

MADE_UP = (Source("MadeUp", "Made up", "2006", origin="synthetic"),)
NAMES = (
    "tests",
    "effects",
    "survival",
    "conley",
    "counts",
    "equality",
    "regions",
    "atlas",
    "luck",
)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Result]:
    rng = np.random.default_rng(3)
    codes = [f"{k:03d}" for k in range(90)]
    table = pd.DataFrame(rng.normal(size=(90, 2)), columns=["a", "b"], index=codes)
    table["START_H"] = 3 + table["a"] + 0.3 * rng.normal(size=90)
    table["START_L"] = 3 + table["b"] + 0.3 * rng.normal(size=90)
    table["births"] = rng.poisson(np.exp(1 + 0.3 * table["a"]))
    centres = np.column_stack([rng.uniform(33, 40, 90), rng.uniform(131, 141, 90)])
    w = {"nearest 5": nearest_neighbours(codes, centres, 5).to_w()}
    one = {"outcome": "START_H", "terms": ["a", "b"], "sources": MADE_UP}
    lag = spatial_model(table, **one, neighbours=w["nearest 5"], kind="lag")
    many = {"outcomes": ["START_H", "START_L"], "terms": ["a", "b"], "sources": MADE_UP}
    rows = [
        {
            "division": name,
            "areas": 90,
            "n": 90,
            "outcome": "START",
            "term": term,
            "coefficient": 1.0,
            "standard_error": 0.1,
            "low": 0.8,
            "high": 1.2,
            "p_value": 0.01,
        }
        for name in ("district", "prefecture")
        for term in ("a", "b")
    ]
    draws = [
        {
            "areas": 47,
            "draw": draw,
            "n": 47,
            "outcome": "START",
            "term": term,
            "coefficient": 1.0 + 0.1 * draw,
            "p_value": 0.01,
        }
        for draw in range(3)
        for term in ("a", "b")
    ]
    return {
        "tests": spatial_tests(table, **one, neighbours=w, permutations=19),
        "effects": spatial_effects(lag),
        "survival": surviving_conclusions(table, **many, neighbours=w),
        "conley": conley_errors(table, **one, distances_km=distance_matrix_km(centres)),
        "counts": count_model(table, outcome="births", terms=["a"], sources=MADE_UP),
        "equality": equality_of_coefficients(
            table, outcomes=("START_H", "START_L"), terms=["a", "b"], sources=MADE_UP
        ),
        "regions": DivisionComparison(
            terms=("a", "b"),
            table=pd.DataFrame(rows),
            random=pd.DataFrame(draws),
            reference="district",
            sources=MADE_UP,
        ),
        "atlas": atlas(table, **many),
        "luck": permutation_test(table, **many, permutations=3, rng=rng),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_in_both_languages_is_marked(drawn: dict[str, Result], name: str) -> None:
    english = plot(drawn[name])
    japanese = plot(drawn[name], lang="ja")
    assert "Synthetic data" in english.layout.title.text
    assert "合成データ" in japanese.layout.title.text
    assert english.data


def test_numbers_are_those_of_the_result(drawn: dict[str, Result]) -> None:
    equality = drawn["equality"]
    points = next(trace for trace in plot(equality).data if trace.name == "START_H")
    np.testing.assert_allclose(points.x, equality.first / equality.errors)
    divisions = plot(drawn["regions"]).data
    # the median of three draws 1.0, 1.1, 1.2
    assert [trace.x[0] for trace in divisions if trace.marker.symbol == "diamond"] == [1.1, 1.1]
