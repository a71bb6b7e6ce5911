"""Does every result of the room speak both languages, and neither in the other?"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from libpysal.weights import W

from shuseki.entry.atlas import atlas, influence, permutation_test
from shuseki.entry.conley import conley_errors
from shuseki.entry.counts import bootstrap_counts, count_effects, count_model, overdispersion
from shuseki.entry.definitions import Definitions, read_definitions
from shuseki.entry.descriptives import correlate, describe, rank
from shuseki.entry.design import Design
from shuseki.entry.effects import effects
from shuseki.entry.equality import equality_of_coefficients
from shuseki.entry.hypotheses import RULES, Hypothesis, examine
from shuseki.entry.imputation import FollowedSmallest, corrected_rates, pool_fit
from shuseki.entry.misclassification import (
    NEW,
    NOT_NEW,
    NOT_VERIFIED,
    Candidates,
    equal_shares,
    verified_shares,
)
from shuseki.entry.ols import estimate, estimate_all
from shuseki.entry.regions import Units, compare_divisions
from shuseki.entry.spatial import (
    spatial_effects,
    spatial_model,
    spatial_tests,
    surviving_conclusions,
)
from shuseki.entry.truncation import unseen_plants
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.entry.wild_bootstrap import wild_cluster_bootstrap
from shuseki.language import Message, told
from shuseki.results import Result

NAMES = {"Conley", "Webb", "Rademacher", "equal", "shares", "lost"}
"""Names that stay in Latin letters: of people, a function, and a column of the user's."""
N = 40
AREAS = [f"{k:03d}" for k in range(N)]


def translated(result: Result) -> None:
    """Headline and notes are messages, wholly in each language."""
    for text in (result.headline(), *result.notes):
        assert isinstance(text, Message), (type(result).__name__, text)
        japanese = told(text, "ja")
        # Capitals are symbols of variables and estimators (UNEMPL, HC1).
        left = {w for w in re.findall(r"[A-Za-z]{4,}", japanese) if not w.isupper()} - NAMES
        assert not left, (type(result).__name__, japanese)
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text), (type(result).__name__, text)


def frame() -> pd.DataFrame:
    """Made-up areas: two outcomes that depend on two terms."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, N))
    table = pd.DataFrame({"A": a, "B": b, "Y": 1 + a + rng.normal(size=N)}, index=AREAS)
    table["Z"] = 2 - a + rng.normal(size=N)
    table["BORN"] = rng.poisson(np.exp(0.2 + 0.4 * a)).astype(float)
    table["G"] = [f"{k % 6}" for k in range(N)]
    table.loc["003", "B"] = np.nan
    return table


def regional() -> RegionalVariables:
    """The same areas as regional variables, with names in both languages."""
    rng = np.random.default_rng(2)
    definitions = read_definitions(
        {
            "variable": [
                {"name": "U", "formula": "idle / people", "label": "idle share",
                 "label_ja": "失業率", "unit": "share", "unit_ja": "比率",
                 "step": 0.01, "step_words": "1 point more", "step_words_ja": "1ポイント高い"},
                {"name": "D", "formula": "shops / people"},
                {"name": "X", "formula": "lost / people"},
            ],
            "outcome": [
                {"name": "RATE", "denominator": "people", "per": 10_000, "label": "startup rate",
                 "label_ja": "開業率", "unit": "per 10,000", "unit_ja": "1万人あたり",
                 "noun": "births per 10,000", "noun_ja": "1万人あたりの開業数"},
            ],
        }
    )  # fmt: skip
    people = rng.uniform(20_000, 50_000, N)
    accounts = pd.DataFrame(
        {
            "people": people,
            "idle": people * rng.uniform(0.02, 0.06, N),
            "shops": people * rng.uniform(0.1, 0.2, N),
        },
        index=AREAS,
    )
    births = pd.DataFrame({"births": rng.poisson(people / 5_000).astype(float)}, index=AREAS)
    births.iloc[0] = 90  # an outlier
    groups = {code: f"{k % 6}" for k, code in enumerate(AREAS)}
    return regional_variables(accounts, births, definitions=definitions, area_groups=groups)


def of_equations() -> Iterator[Result]:
    variables = regional()
    yield variables
    yield describe(variables, ["RATE", "U", "D"])
    yield correlate(variables, ["RATE", "U", "D"])
    yield rank(variables, "RATE", top=3)
    terms = ("U", "D")
    for kind in ("HC1", "classical", "CR1"):
        fit = estimate(Design("RATE", terms, standard_errors=kind), variables)
        yield fit
    yield wild_cluster_bootstrap(fit, draws=99)
    fits = estimate_all([Design("RATE", terms), Design("RATE", ("U",), model="2")], variables)
    yield fits
    yield effects(fits)
    expected = Hypothesis("1", "more idle, more births", "失業率が高いほど開業が多い", {"U": "+"})
    for rule in RULES:
        yield examine(fits, [expected], rule=rule).beside({"1": "supported"})
    status = np.array([NEW, NOT_NEW, NOT_VERIFIED] * 40)
    candidates = Candidates(
        area=np.arange(120) % N,
        pattern=np.arange(120) // 3 % 2,
        status=status,
        counted=status != NOT_NEW,
        areas=tuple(AREAS),
        patterns=("開設時期不明", "同名あり"),
    )
    yield verified_shares(candidates)
    yield equal_shares(candidates, np.arange(N) % 7.0, "SIZE")
    for smallest in (None, FollowedSmallest(np.full(N, 5.0), 20, 4)):
        rates = corrected_rates(candidates, np.full(N, 10_000.0), draws=20, smallest=smallest)
        yield rates
        yield pool_fit(fits.fits[0], rates)
    sizes = np.arange(4, 11)
    yield unseen_plants(
        sizes, sizes, 1920 / 2.0**sizes, seen_to=10, families=["geometric", "Pareto"]
    )


def of_tables() -> Iterator[Result]:
    table = frame()
    rows = table.dropna()
    terms = ["A", "B"]
    answer = atlas(rows, outcomes=["Y", "Z"], terms=terms)
    yield answer
    yield influence(answer, "A")
    yield permutation_test(
        rows, outcomes=["Y"], terms=terms, permutations=5, rng=np.random.default_rng(0)
    )
    lone = rows.assign(B=(np.arange(len(rows)) == 0) * 1.0)
    yield atlas(lone, outcomes=["Y"], terms=terms)  # one area alone decides B
    for family in ("poisson", "negative_binomial", "zero_inflated"):
        count = count_model(table, outcome="BORN", terms=terms, family=family)  # type: ignore[arg-type]
        yield count
    yield count_effects([count], definitions=Definitions())
    yield count_model(table, outcome="BORN", terms=["A"], standard_errors="cluster", groups="G")
    yield bootstrap_counts(table, outcome="BORN", terms=["A"], groups="G", draws=99)
    yield overdispersion(rows["BORN"].to_numpy(), np.full(len(rows), rows["BORN"].mean()))
    for groups in (None, "G"):
        yield equality_of_coefficients(
            rows, outcomes=("Y", "Z"), terms=terms, standardised=True, groups=groups
        )
    yield equality_of_coefficients(
        rows.assign(G=[f"{k % 2}" for k in range(len(rows))]),
        outcomes=("Y", "Z"), terms=terms, groups="G",
    )  # fmt: skip
    place = np.random.default_rng(3).uniform(0, 300, (N, 2))
    distances = np.linalg.norm(place[:, None] - place[None], axis=2)
    for cutoffs, kernel in (
        ((50.0, 900.0), "uniform"),
        ((900.0,), "uniform"),
        ((60.0,), "bartlett"),
    ):
        yield conley_errors(
            table, outcome="Y", terms=terms, distances_km=distances, cutoffs_km=cutoffs,
            kernel=kernel,  # type: ignore[arg-type]
        )  # fmt: skip
    ring = W({code: [AREAS[k - 1], AREAS[(k + 1) % N]] for k, code in enumerate(AREAS)})
    yield spatial_tests(table, outcome="Y", terms=terms, neighbours={"環": ring}, permutations=19)
    for kind, method in (("ols", "ml"), ("lag", "gmm"), ("error", "ml"), ("durbin", "ml")):
        spatial = spatial_model(
            table,
            outcome="Y",
            terms=terms,
            neighbours=ring,
            kind=kind,
            method=method,
            label="W",  # type: ignore[arg-type]
        )
        yield spatial
        yield spatial_effects(spatial)
    yield surviving_conclusions(
        rows, outcomes=["Y"], terms=["A"], neighbours={"W": ring}, kinds=(("lag", "gmm"),)
    )


def of_divisions() -> Iterator[Result]:
    variables = regional()
    rng = np.random.default_rng(4)
    people = variables.exposure["RATE"] * 10_000
    accounts = pd.DataFrame(
        {"people": people, "idle": people * 0.03 * rng.uniform(0.5, 1.5, N)}, index=AREAS
    )
    definitions = read_definitions(
        {
            "variable": [{"name": "U", "formula": "idle / people"}],
            "outcome": [{"name": "RATE", "denominator": "people", "per": 10_000}],
        }
    )
    births = pd.DataFrame({"births": variables.counts["RATE"]}, index=AREAS)
    halves = pd.Series([f"h{k // 2}" for k in range(N)], index=AREAS)
    units = Units(accounts, births, rng.uniform([34, 135], [36, 138], (N, 2)))
    yield compare_divisions(
        units,
        {"単位": pd.Series(AREAS, index=AREAS), "半": halves},
        terms=["U"],
        outcomes=["RATE"],
        random_areas=[12],
        draws=2,
        rng=rng,
        definitions=definitions,
    )


@pytest.mark.parametrize("some", [of_equations, of_tables])
def test_results_speak_both_languages(some: Any) -> None:
    answers = list(some())
    assert len({type(answer) for answer in answers}) >= 11
    for answer in answers:
        translated(answer)


def test_names_of_divisions_are_the_users() -> None:
    (answer,) = of_divisions()
    assert told(answer.headline(), "ja").startswith("単位による係数1のうち")
    assert "random divisions" in answer.headline()
