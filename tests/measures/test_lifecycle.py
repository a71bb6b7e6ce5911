"""Life cycle: stages that were put in, the arithmetic by brute force, known cases, bad input."""

from itertools import pairwise, product

import numpy as np
import pytest

from shuseki.datasets.public import manufacturing_panel, shipments_panel
from shuseki.errors import DataError, ParameterError
from shuseki.measures import lifecycle as module
from shuseki.measures.lifecycle import PROFILES, STAGES, life_cycle, stage_table
from shuseki.panel import Panel


def panel(plants, workers, first=1990) -> Panel:
    plants, workers = np.asarray(plants, float), np.asarray(workers, float)
    return Panel(
        tuple(f"{k:02d}" for k in range(len(plants))),
        ("all",),
        tuple(str(first + k) for k in range(plants.shape[1])),
        {"plants": plants[:, None, :], "employment": workers[:, None, :]},
    )


def drawn_courses(areas=60, years=20, seed=0):
    rng = np.random.default_rng(seed)
    transition = module.transition_matrix()
    stage = np.empty((areas, years - 1), dtype=int)
    stage[:, 0] = rng.integers(0, 6, areas)
    for year in range(1, years - 1):
        for k in range(areas):
            stage[k, year] = rng.choice(6, p=transition[stage[k, year - 1]])
    course = []
    for name in ("plants", "workers"):
        growth = np.array(PROFILES[name])[stage] + rng.normal(0, 0.02, stage.shape)
        course.append(1000 * np.exp(np.hstack([np.zeros((areas, 1)), np.cumsum(growth, axis=1)])))
    return stage, course


def test_stages_that_were_put_in_are_found():
    # formation and qualitative growth have the same growth here, so they count as one
    stage, (plants, workers) = drawn_courses()
    answer = life_cycle(panel(plants, workers))
    merged = np.array([0, 1, 0, 3, 4, 5])
    found = answer.probability.argmax(axis=2)
    assert (merged[found] == merged[stage]).mean() > 0.75


def test_probabilities_are_honest():
    # of the years given a probability p for the stage that was put in, a share p are right
    stage, (plants, workers) = drawn_courses(areas=150, seed=1)
    answer = life_cycle(panel(plants, workers))
    said = answer.probability.max(axis=2)
    right = answer.probability.argmax(axis=2) == stage
    assert right[said > 0.95].mean() > 0.9
    assert right[(said > 0.4) & (said < 0.7)].mean() == pytest.approx(0.55, abs=0.17)


def test_forward_backward_over_every_path():
    rng = np.random.default_rng(2)
    log_likelihood = rng.normal(0, 1, (1, 4, 6))
    transition = module.transition_matrix()
    exact = np.zeros((4, 6))
    for path in product(range(6), repeat=4):
        weight = np.exp(sum(log_likelihood[0, t, k] for t, k in enumerate(path)))
        for a, b in pairwise(path):
            weight *= transition[a, b]
        for t, k in enumerate(path):
            exact[t, k] += weight
    exact /= exact.sum(axis=1, keepdims=True)
    assert module.stage_probabilities(log_likelihood, transition)[0] == pytest.approx(exact)


def test_the_order_is_never_reversed():
    transition = module.transition_matrix()
    assert np.tril(transition, -1).sum() == 0
    assert transition.sum(axis=1) == pytest.approx(np.ones(6))


def test_unit_does_not_matter():
    _, (plants, workers) = drawn_courses(areas=10)
    once = life_cycle(panel(plants, workers))
    again = life_cycle(panel(plants, 1000 * workers))
    assert again.probability == pytest.approx(once.probability)


def test_known_cases_of_the_2012_paper():
    # p. 24: Ota, Okaya and Higashi-Osaka fell behind the nation, Kitakami did not
    ota, higashi_osaka, okaya, kitakami = "13111", "27227", "20204", "03206"
    short = life_cycle(
        manufacturing_panel("municipality", industries="total"),
        workers="employees",
        areas=[ota, higashi_osaka, okaya, kitakami],
    )
    stage = dict(zip(short.codes, short.stage, strict=True))
    assert stage[ota] in ("contraction", "decline")
    assert stage[higashi_osaka] in ("contraction", "decline")
    assert stage[okaya] in ("contraction", "decline")
    assert stage[kitakami] == "maturity"
    long = life_cycle(
        shipments_panel("municipality"),
        plants=None,
        workers=None,
        output="shipments_yen",
        areas=[ota, kitakami],
    )
    assert long.stage[0] == "decline"
    course = long.probability[1].argmax(axis=1)
    assert course[0] <= 1  # Kitakami begins in formation or quantitative growth
    assert "decline" in short.evidence()[0] or "contraction" in short.evidence()[0]


def test_what_goes_with_a_stage():
    table = stage_table()
    assert table["aspect"].iloc[0] == "market"
    assert set(STAGES) < set(table.columns)
    _, (plants, workers) = drawn_courses(areas=3)
    answer = life_cycle(panel(plants, workers))
    english = answer.goes_with("00")
    assert list(english.columns) == ["aspect", answer.stage[0]]
    japanese = answer.goes_with("00", "ja")
    assert list(japanese.columns) == ["aspect_ja", answer.stage_ja[0]]
    assert "Stage in" in answer.headline()
    assert len(answer.to_frame()) == 3


def test_births_and_unknown_years_are_used_as_far_as_known():
    _, (plants, workers) = drawn_courses(areas=4)
    workers[0, 5] = np.nan
    with_births = panel(plants, workers).with_variable("births", 0.02 * plants[:, None, :])
    answer = life_cycle(with_births, births="births")
    assert np.isfinite(answer.probability).all()
    # few births speak for the late stages
    without = life_cycle(panel(plants, workers))
    assert answer.probability[:, :, 4:].sum() > without.probability[:, :, 4:].sum()


def test_bad_input():
    _, (plants, workers) = drawn_courses(areas=3)
    with pytest.raises(ParameterError, match="six consecutive years"):
        life_cycle(panel(plants[:, :4], workers[:, :4]))
    with pytest.raises(ParameterError, match="Nothing to follow"):
        life_cycle(panel(plants, workers), plants=None, workers=None)
    with pytest.raises(DataError, match="unknown or empty"):
        life_cycle(panel(0 * plants, workers))
    plants[1, :15] = 0
    answer = life_cycle(panel(plants, workers))
    assert answer.codes == ("00", "02")
    assert any("Left out" in note for note in answer.notes)
