"""Quotients, specialisation, shift-share: by hand, against R REAT, invariances, bad input."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from shuseki.errors import AlignmentError, DataError, ParameterError
from shuseki.measures.indices.quotients import (
    location_quotient,
    location_quotients,
    poisson_limits,
    shift_share,
    specialisation,
)
from shuseki.panel import Panel

ORACLE = Path(__file__).parents[1] / "oracle"


def panel(**values) -> Panel:
    arrays = {name: np.array(array, dtype=float) for name, array in values.items()}
    areas, industries, periods = next(iter(arrays.values())).shape
    return Panel(
        tuple("abcdefgh"[:areas]),
        tuple("ABCDEFGH"[:industries]),
        tuple(str(2001 + k) for k in range(periods)),
        arrays,
    )


@pytest.fixture
def small() -> Panel:
    # area a: 30 + 10, area b: 10 + 50
    return panel(plants=[[[30], [10]], [[10], [50]]], employment=[[[300], [50]], [[40], [700]]])


def test_quotient_by_hand(small):
    answer = location_quotients(small)
    # (30/40) / (40/100) = 1.875
    assert answer.location_quotient[0, 0] == pytest.approx(1.875)
    # exact limits of a count of 30 (scipy's Poisson law) over its expectation, 16
    assert poisson.sf(29, answer.lower[0, 0] * 16) == pytest.approx(0.025, abs=1e-6)
    assert poisson.cdf(30, answer.upper[0, 0] * 16) == pytest.approx(0.025, abs=1e-6)
    assert "quotient" in answer.headline()
    assert len(answer.to_frame()) == 4
    assert answer.top(1)["area"][0] == "a"


def test_quotients_against_reat():
    printed = pd.read_csv(ORACLE / "reat.csv").set_index("name")["value"]
    plants = pd.read_csv(ORACLE / "dbmss_plants.csv")
    table = plants.assign(area=plants["latitude"].round().astype(int)).pivot_table(
        index="area", columns="industry", values="employment", aggfunc="sum"
    )
    quotient = location_quotient(table.to_numpy(dtype=float))[:, 0]
    for area, value in zip(table.index, quotient, strict=True):
        assert value == pytest.approx(printed[f"lq_{area}"], rel=1e-10)
    whole = Panel.from_frame(
        plants.assign(area=plants["latitude"].round().astype(int))
        .groupby(["area", "industry"], as_index=False)["employment"]
        .sum(),
        period=None,
    )
    assert specialisation(whole).krugman[0] == pytest.approx(printed["krugman"], rel=1e-10)


def test_bootstrap_interval_covers_as_the_poisson_one(small):
    exact = location_quotients(small)
    drawn = location_quotients(small, interval="bootstrap", replicates=2_000)
    assert (drawn.lower < drawn.location_quotient).all()
    assert (drawn.upper > drawn.location_quotient).all()
    # margins of a multinomial move with its cells, so its interval is the narrower one
    assert ((drawn.upper - drawn.lower) < (exact.upper - exact.lower)).all()
    by_workers = location_quotients(small, "employment", interval="bootstrap")
    assert by_workers.lower[0, 0] < by_workers.location_quotient[0, 0] < by_workers.upper[0, 0]


def test_poisson_limits_cover_at_least_as_stated():
    # for each mean the sum of probabilities of the counts whose limits hold it
    counts = np.arange(200.0)
    lower, upper = poisson_limits(counts, 0.95)
    for mean in (0.5, 3.0, 17.3, 60.0):
        covered = poisson.pmf(counts, mean)[(lower <= mean) & (mean <= upper)].sum()
        assert 0.95 <= covered <= 0.995


def test_unit_does_not_matter(small):
    doubled = small.with_variable("employment", small.values["employment"] * 1000)
    assert location_quotients(doubled, "employment").lower == pytest.approx(
        location_quotients(small, "employment").lower
    )


def test_suppressed_cells_and_absent_industries_are_stated():
    gappy = panel(plants=[[[4], [np.nan], [0]], [[2], [3], [0]]])
    answer = location_quotients(gappy)
    assert np.isnan(answer.location_quotient[0, 1])
    assert np.isnan(answer.location_quotient[:, 2]).all()
    assert any("1 suppressed" in note for note in answer.notes)
    assert any("nowhere have no quotient: C" in note for note in answer.notes)


def test_specialisation_by_hand(small):
    answer = specialisation(small, "plants", groups={"A": "g", "B": "g"})
    # shares of area a (.75, .25), of all (.4, .6)
    assert answer.krugman[0] == pytest.approx(0.35 + 0.35)
    assert answer.herfindahl[0] == pytest.approx(0.75**2 + 0.25**2)
    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert answer.variety[0] == pytest.approx(entropy)
    # one group: all variety is related
    assert answer.unrelated_variety[0] == pytest.approx(0)
    assert answer.related_variety[0] == pytest.approx(entropy)
    assert "Most specialised of 2 areas" in answer.headline()


def test_variety_of_groups_adds_up():
    rng = np.random.default_rng(0)
    many = panel(employment=rng.integers(1, 50, (5, 6, 1)))
    answer = specialisation(many, groups=dict(zip("ABCDEF", "xxyyzz", strict=True)))
    # related = Σ_g share_g × entropy within g, computed the other way round
    share = many.values["employment"][0, :, 0] / many.values["employment"][0, :, 0].sum()
    related = 0.0
    for first in (0, 2, 4):
        group = share[first : first + 2]
        within = group / group.sum()
        related += group.sum() * -(within * np.log(within)).sum()
    assert answer.related_variety[0] == pytest.approx(related)


def test_a_missing_group_is_named(small):
    with pytest.raises(AlignmentError, match="without a group: B"):
        specialisation(small, groups={"A": "g"})


def test_shift_share_adds_up_exactly():
    rng = np.random.default_rng(2)
    grown = panel(employment=rng.integers(0, 500, (7, 4, 2)))
    answer = shift_share(grown, start="2001", end="2002")
    parts = answer.national + answer.industry_mix + answer.competitive
    assert parts == pytest.approx(answer.change, abs=1e-9)
    # over all areas neither mix nor competition adds anything
    assert answer.industry_mix.sum() == pytest.approx(0, abs=1e-9)
    assert answer.competitive.sum() == pytest.approx(0, abs=1e-9)


def test_shift_share_by_hand():
    # nation: A 100→110, B 100→90, all 200→200: growth 0, A +10%, B −10%
    grown = panel(employment=[[[80, 90], [20, 20]], [[20, 20], [80, 70]]])
    answer = shift_share(grown, start="2001", end="2002")
    assert answer.national == pytest.approx([0, 0])
    assert answer.industry_mix == pytest.approx([8 - 2, 2 - 8])
    assert answer.competitive == pytest.approx([10 - 6, -10 + 6])


def test_an_industry_that_arrives_is_competitive():
    arrived = panel(employment=[[[10, 10], [0, 5]], [[10, 10], [0, 0]]])
    answer = shift_share(arrived, start="2001", end="2002")
    assert answer.change == pytest.approx(
        answer.national + answer.industry_mix + answer.competitive
    )
    assert answer.competitive[0] > 0


def test_an_area_without_anything_is_named_and_nobodys_extreme():
    gap = panel(plants=[[[4], [6]], [[0], [0]], [[np.nan], [np.nan]], [[1], [2]]])
    answer = location_quotients(gap)
    assert np.isnan(answer.location_quotient[1:3]).all()
    assert any("Areas without anything known have no quotient: b, c." in n for n in answer.notes)
    special = specialisation(gap, "plants")
    assert special.largest[1:3] == ("", "")
    assert np.isnan(special.krugman[1:3]).all()
    assert "Most specialised of 2 areas" in special.headline()


def test_a_bootstrap_does_not_give_intervals_to_what_is_unknown():
    gappy = panel(plants=[[[40], [np.nan], [1]], [[20], [30], [0]]])
    answer = location_quotients(gappy, interval="bootstrap", replicates=50)
    assert np.isnan(answer.lower[0, 1])
    # C is drawn in few replicates, and then holds nothing of the rest
    assert np.isfinite(answer.upper[:, 2]).all()


def test_how_many_would_be_above_one_by_chance_is_told(small):
    # four cells: 2.5% each
    assert "(about 0 would by chance)" in location_quotients(small).headline()
    unknown = panel(
        employment=[[[3], [4]], [[5], [6]]], plants=[[[np.nan], [np.nan]], [[np.nan], [np.nan]]]
    )
    with pytest.raises(DataError, match="adds up to nothing"):
        location_quotients(unknown, "employment")


def test_shift_share_names_what_has_no_base():
    arrived = panel(employment=[[[10, 10], [0, 5]], [[0, 4], [0, 0]]])
    answer = shift_share(arrived, start="2001", end="2002")
    assert any("nowhere in 2001" in note and "(B)" in note for note in answer.notes)
    assert any("Areas without anything in 2001" in n and "(b)" in n for n in answer.notes)
    # nothing to grow from: all of b's 4 is its own
    assert (answer.national[1], answer.industry_mix[1], answer.competitive[1]) == (0, 0, 4)


@pytest.mark.parametrize("wrong", [-2.0, np.inf, -np.inf])
def test_negative_and_infinite_amounts_are_refused_by_name(wrong):
    broken = panel(employment=[[[3, 3], [4, wrong]], [[5, 5], [6, 6]]])
    for verb in (
        lambda: location_quotients(broken, "employment", period="2002"),
        lambda: specialisation(broken, period="2002"),
        lambda: shift_share(broken, start="2001", end="2002"),
    ):
        with pytest.raises(DataError, match="negative or infinite in 1 cells: a × B"):
            verb()


def test_periods_and_empty_variables(small):
    two = panel(plants=np.ones((2, 2, 2)))
    with pytest.raises(ParameterError, match="2 periods"):
        location_quotients(two)
    with pytest.raises(DataError, match="adds up to nothing"):
        location_quotients(panel(plants=np.zeros((2, 2, 1))))
    with pytest.raises(DataError, match=r"adds up to 0\.4\. A bootstrap draws whole plants"):
        location_quotients(panel(plants=np.full((2, 2, 1), 0.1)), interval="bootstrap")
    with pytest.raises(ParameterError, match="coverage"):
        location_quotients(small, level=95)
