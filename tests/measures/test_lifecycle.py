"""Life cycle: stages that were put in, the arithmetic by brute force, known cases, bad input."""

from itertools import pairwise, product

import numpy as np
import pytest

from shuseki.datasets.public import manufacturing_panel, shipments_panel
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.measures import lifecycle as module
from shuseki.measures.lifecycle import PROFILES, STAGES, calibration, life_cycle, stage_table
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


def test_said_and_right_agree_in_drawn_series():
    # tolerance: a class of 100 series with p = 1/2 has a standard error of 5 points
    for correlation in (0.0, 0.5):
        answer = calibration(correlation=correlation)
        table = answer.to_frame()
        sizeable = table[table["series"] >= 100]
        assert sizeable["said"].to_numpy() == pytest.approx(sizeable["right"].to_numpy(), abs=0.12)
        assert (answer.count * np.abs(answer.said - answer.right)).sum() < 0.05 * answer.series
        assert "Drawn from the model" in answer.headline()
        assert answer.is_synthetic
    with pytest.raises(ParameterError, match="Expected 6 to 19"):
        calibration(years=30)


def test_measures_that_move_together_count_as_fewer():
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, (200, 10))
    assert module.redundancy([noise]) == 1
    assert module.redundancy([noise, noise]) == pytest.approx(2)
    assert module.redundancy([noise, rng.normal(0, 1, (200, 10))]) == pytest.approx(1, abs=0.1)


def test_noise_is_larger_in_small_series():
    # put in: variance 0.03² + 0.2 / n
    rng = np.random.default_rng(4)
    plants = np.repeat(rng.integers(10, 400, 600)[:, None], 20, axis=1).astype(float)
    scale = np.sqrt(0.03**2 + 0.2 / plants)
    change = rng.normal(0, 1, plants.shape) * scale
    found = module.noise_scale(change, plants)
    # tolerance: five classes of size, the smallest of which is steep in 1 / n
    assert found == pytest.approx(scale, rel=0.25)
    assert module.noise_scale(change, 1000 * plants) == pytest.approx(found)
    assert np.ptp(module.noise_scale(change[:10], plants[:10])) == 0


def test_acceleration_tells_formation_from_qualitative_growth():
    # the same growth, 3 per cent, before and after years of 8 per cent
    rates = np.array([0.03] * 5 + [0.08] * 6 + [0.03] * 5)
    course = 1000 * np.exp(np.concatenate([[0], np.cumsum(rates)]))
    answer = life_cycle(panel([course, course], [course, course]))
    stages = answer.probability[0].argmax(axis=1)
    assert STAGES[stages[0]] == "formation"
    assert STAGES[stages[-1]] == "qualitative growth"
    # (3 + 3 + 3) / 3 less (8 + 3 + 3) / 3 per cent
    assert answer.acceleration_per_year[0] == pytest.approx([-0.05 / 3] * 2)
    assert "1.7 points lower" in answer.evidence()[0]
    assert "1.7ポイント低い" in answer.evidence("ja")[0]


def many() -> Panel:
    """Three areas, two industries, 12 years: one of six series is small, one declines."""
    years = np.arange(12)
    plants = np.full((3, 2, 12), 100.0)
    plants[0, 1] = 4
    plants[1, 0] = 400 * np.exp(-0.09 * years)
    values = {"plants": plants, "employment": 20 * plants}
    return Panel(
        ("a", "b", "c"),
        ("X", "Y"),
        tuple(str(2001 + k) for k in years),
        values,
        industry_names=("cutlery", "cups"),
    )


def test_every_industry_at_once():
    answer = life_cycle(many(), industry="each")
    assert list(zip(answer.codes, answer.industries, strict=True)) == [
        ("a", "X"), ("b", "X"), ("b", "Y"), ("c", "X"), ("c", "Y"),
    ]  # fmt: skip
    assert any("fewer than 10 plants: 1 series" in note for note in answer.notes)
    assert answer.stage[1] == "decline"
    assert answer.labels[1] == "b, cutlery"
    one = life_cycle(many(), industry="X")
    assert one.codes == ("a", "b", "c")
    assert one.stage[1] == "decline"
    # share of cutlery in a over its share in all areas, from the plants of all years
    total = many().values["plants"].sum(axis=2)
    quotient = total[0, 0] / total[0].sum() / (total[:, 0].sum() / total.sum())
    assert answer.location_quotient[0] == pytest.approx(quotient)
    counts = answer.by_industry()
    assert counts.sum().sum() == 5
    assert counts.loc["cutlery", "decline"] == 1
    assert answer.to_frame()["evidence_ja"].iloc[1].startswith("衰退期")
    with pytest.raises(ParameterError, match="has 2 industries"):
        answer.goes_with("b")
    assert answer.goes_with("b", industry="X").columns[1] == "decline"
    with pytest.raises(UnknownCodeError, match="Unknown"):
        answer.goes_with("z")


def test_an_area_has_the_same_stage_alone_and_among_others():
    every = life_cycle(many(), industry="each")
    alone = life_cycle(many(), industry="each", areas=["c", "b"])
    assert alone.codes == ("c", "c", "b", "b")
    assert alone.probability[:2] == pytest.approx(every.probability[3:])


def test_years_in_which_the_published_part_jumps_tell_nothing():
    # in c a town of half as many plants joins in 2006; all its plants were there all along
    joined = many()
    plants = joined.values["plants"].copy()
    plants[2, :, 5:] *= 1.5
    whole = plants.sum(axis=1, keepdims=True)
    whole[2] = whole[2, :, -1]
    everything = Panel(joined.areas, ("all",), joined.periods, {"plants": whole})
    seen = joined.with_variable("plants", plants).with_variable("employment", 20 * plants)
    misled = life_cycle(seen, industry="each", areas=["c"])
    told = life_cycle(seen, industry="each", areas=["c"], all_plants=everything)
    assert misled.growth_per_year[0] == pytest.approx([0, 0])
    assert any("1 of 33 area-years tell no growth" in note for note in told.notes)
    assert STAGES.index(told.stage[0]) == 3
    assert told.probability[0, 4, 1] < misled.probability[0, 4, 1]


def test_all_districts_and_industries():
    answer = life_cycle(
        manufacturing_panel("district-253", industries="comparable"),
        workers="employees",
        output="shipments_yen",
        industry="each",
        all_plants=manufacturing_panel("district-253", industries="total"),
    )
    assert len(answer.codes) > 2000
    stage = {
        (area, industry): name
        for area, industry, name in zip(answer.codes, answer.industries, answer.stage, strict=True)
    }
    assert stage["124", "21"] == "decline"  # ceramics of Tono
    assert stage["218", "13"] == "decline"  # furniture of Chikugo
    assert stage["133", "31"] == "maturity"  # cars of Toyota


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
    with pytest.raises(DataError, match="is unknown in half of the years"):
        life_cycle(panel(0 * plants, workers))
    plants[1, :15] = 0
    answer = life_cycle(panel(plants, workers))
    assert answer.codes == ("00", "02")
    assert any("Left out" in note for note in answer.notes)
