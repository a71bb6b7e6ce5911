"""Do errors of the records bias rates as their mechanism says, and does correction undo it?"""

import numpy as np
import pytest

from shuseki.datasets.census.plants import BIRTH, MOVE, country
from shuseki.datasets.census.unseen import (
    CONDITIONS,
    FOLLOWED,
    NEW_NUMBERS,
    PATTERNS,
    REASONS,
    Conditions,
    bias,
    coverage,
    draw_census,
    model_1,
    poisson_interval,
    told,
    verify,
)
from shuseki.entry.misclassification import NEW, NOT_VERIFIED, equal_shares
from shuseki.errors import ParameterError


@pytest.fixture(scope="module")
def world():
    return model_1()


@pytest.fixture(scope="module")
def drawn(world):
    return draw_census(world.design, country(), np.random.default_rng(3))


def test_records_count_the_births_of_the_design(drawn, world):
    births = (world.design.births_high + world.design.births_low).to_numpy()
    assert (drawn.count(drawn.counted) == births).all()
    assert births.sum() == 16_193  # Okamuro (2006), p. 7


def test_truth_has_the_reasons_of_the_census(drawn):
    shares = dict(REASONS.small)
    counted = drawn.event[drawn.counted]
    assert (counted == BIRTH).mean() == pytest.approx(shares[BIRTH], abs=0.015)
    # A move whose origin is drawn in the same town is a lost number.
    assert shares[MOVE] - 0.02 < (counted == MOVE).mean() < shares[MOVE]


def test_numbers_that_go_on_are_never_counted(drawn):
    assert (drawn.counted == (drawn.pattern < NEW_NUMBERS)).all()
    hidden = drawn.is_new & ~drawn.counted
    assert 300 < hidden.sum() < 700  # 0.2% of some 300,000 survivors, three quarters small


def test_traces_tell_births_from_others(drawn):
    share = {PATTERNS[k]: drawn.is_new[drawn.pattern == k].mean() for k in np.unique(drawn.pattern)}
    assert share["opened before"] < 0.01
    assert share["no namesake left, opened since 1998"] > 0.95
    assert share["namesake left the town, opening unknown"] < 0.15


def test_verification_samples_every_pattern_truly(drawn, world):
    candidates = verify(drawn, world, 1500, np.random.default_rng(0))
    known = candidates.status != NOT_VERIFIED
    in_pattern = np.bincount(candidates.pattern, minlength=len(PATTERNS))
    verified = np.bincount(candidates.pattern[known], minlength=len(PATTERNS))
    assert (verified >= np.minimum(in_pattern, 10)).all()
    assert ((candidates.status[known] == NEW) == drawn.is_new[known]).all()
    assert known.sum() == pytest.approx(1500, rel=0.1)


def test_redrawn_births_have_the_mean_of_the_law(world):
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(200):
        design = world.redrawn(rng)
        draws.append((design.births_high + design.births_low).to_numpy())
    mean = np.mean(draws, axis=0)
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    far = np.abs(mean - world.expected) / np.maximum(error, 1e-9)
    assert (far < 4.5).all()
    assert (far < 2).mean() > 0.9


def test_bias_walks_from_the_records_to_the_truth():
    found = bias(seed=3)
    assert found.is_synthetic
    assert found.births[0] == 16_193
    assert (np.diff(found.births[:6]) < 0).all()
    assert (np.diff(found.births[5:]) > 0).all()
    table = found.to_frame()
    assert table["rank_correlation_with_truth"].iloc[-1] == pytest.approx(1)
    assert found.rates[0].sum() > 1.5 * found.rates[-2].sum()
    assert "n = 253 districts" in found.headline()


def test_poisson_interval_of_none_and_of_ten():
    # Garwood (1936): 0 → 0 to 3.689; 10 → 4.795 to 18.390.
    low, high = poisson_interval(np.array([0, 10]))
    assert low == pytest.approx([0, 4.795], abs=1e-3)
    assert high == pytest.approx([3.689, 18.390], abs=1e-3)


def test_samples_too_small_are_refused():
    with pytest.raises(ParameterError, match="censuses is 1"):
        coverage(1)
    with pytest.raises(ParameterError, match="verified is 5"):
        coverage(2, verified=5)


@pytest.mark.slow
def test_correction_brings_the_truth_into_the_intervals():
    # Eight censuses: 2,024 rates, correlated within a census; 200 are in benchmarks/README.md.
    seen = []
    found = coverage(8, draws=100, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)
    assert found.share("records") < 0.4
    assert 0.92 < found.share("verified and imputed") < 0.985
    assert found.share("records, all sizes") < 0.6
    assert found.share("followed up, all sizes") > 0.85
    with pytest.raises(ParameterError, match="nothing"):
        found.share("nothing")


def test_as_assumed_is_the_census_as_it_was(world):
    # the conditions draw nothing more where they hold
    ask = (world.design, country(), np.random.default_rng(4), REASONS)
    given = draw_census(*ask)
    same = draw_census(*ask[:2], np.random.default_rng(4), REASONS, CONDITIONS["as assumed"])
    assert (given.pattern == same.pattern).all()
    assert (given.event == same.event).all()


def test_wrong_days_lie_on_the_other_side(world):
    half = Conditions(unknown_openings=0.0, wrong_openings=0.5)
    drawn = draw_census(world.design, country(), np.random.default_rng(4), REASONS, half)
    recent = np.array(["opened since" in name for name in PATTERNS])
    births = drawn.pattern[drawn.counted & drawn.is_new]
    # half of the births' days are wrong: 16,193 numbers, half births, 0.6% is one deviation
    assert recent[births].mean() == pytest.approx(0.5, abs=0.03)
    none = Conditions(unknown_openings=1.0)
    drawn = draw_census(world.design, country(), np.random.default_rng(4), REASONS, none)
    unknown = np.array(["opening unknown" in name for name in PATTERNS])
    assert unknown[drawn.pattern].all()


def test_errors_that_follow_a_variable_are_seen_by_the_sample(world):
    along = world.variables.column(FOLLOWED).to_numpy()
    p = {}
    for name in ("as assumed", f"errors follow {FOLLOWED}"):
        rng = np.random.default_rng(1)
        drawn = draw_census(world.design, country(), rng, REASONS, CONDITIONS[name])
        p[name] = equal_shares(verify(drawn, world, 1500, rng), along, FOLLOWED).p
    assert p["as assumed"] > 0.01
    assert p[f"errors follow {FOLLOWED}"] < 0.01


def test_errors_vary_from_a_fifth_to_all(world):
    wrong = {}
    for name in ("as assumed", f"errors follow {FOLLOWED}"):
        drawn = draw_census(
            world.design, country(), np.random.default_rng(2), REASONS, CONDITIONS[name]
        )
        wrong[name] = drawn.count(drawn.counted & ~drawn.is_new)
    order = np.argsort(world.variables.column(FOLLOWED).to_numpy())
    low, high = order[:80], order[-80:]
    kept = wrong[f"errors follow {FOLLOWED}"] / np.maximum(wrong["as assumed"], 1)
    # the lowest 80 of 253 keep .2 to .45 of their errors, the highest .75 to 1
    assert kept[low].mean() < 0.5
    assert kept[high].mean() > 0.7


def test_split_patterns_verify_each_third(world, drawn):
    split = verify(drawn, world, 1500, np.random.default_rng(0), split=True)
    assert len(split.patterns) == 3 * len(PATTERNS)
    assert split.patterns[0] == f"{PATTERNS[0]}, {FOLLOWED} 1 of 3"
    assert (split.pattern // 3 == drawn.pattern).all()
    outside = split.area < 0
    assert (split.pattern[outside] % 3 == 1).all()


def test_conditions_are_told_and_checked():
    assert told(CONDITIONS["a fifth of the opening dates wrong"]) == (
        "opening dates known for 60% of the candidates, 20% of them wrong; errors equally frequent "
        "in all districts"
    )
    with pytest.raises(ParameterError, match=r"wrong_openings is 1\.5"):
        Conditions(wrong_openings=1.5)
    with pytest.raises(ParameterError, match="errors is 'many'"):
        Conditions(errors="many")


@pytest.mark.slow
def test_coverage_breaks_where_errors_follow_a_regressor_and_is_mended():
    # eight censuses: the coefficient of the regressor, these districts
    name = f"errors follow {FOLLOWED}"
    broken = coverage(8, draws=60, conditions=CONDITIONS[name])
    mended = coverage(8, draws=60, conditions=CONDITIONS[f"{name}, patterns by its thirds"])
    ask = ("verified and imputed", "finite population", FOLLOWED)
    assert broken.share(*ask) <= 2 / 8
    assert mended.share(*ask) >= 5 / 8
    assert "in the order of MRATIO" in broken.headline()
    assert any("in the order of MRATIO" in note for note in broken.notes)
