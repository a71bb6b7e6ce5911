"""Births and events: by hand, and against lives whose truth is known."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from shuseki.demography.events import COUNTS, births, events
from shuseki.errors import DataError, ParameterError, UnknownCodeError

DIVISION = pd.DataFrame({"municipality": ["01202", "01203"], "area": ["001", "002"]})
CLASSES = {"H01": "high", "L01": "low"}

# By hand: of 2000, plant 1 was there in 1998; 2 was seen in 1995; 3 has 20 employees;
# 4 lies outside; 5 has an industry of no group; 6, 7 and 8 are births.
WAVES = {
    1995: [(2, "01202", "H01", 5), (90, "01202", "H01", 5)],
    1998: [(1, "01202", "H01", 5), (91, "01202", "H01", 5)],
    2000: [
        (1, "01202", "H01", 5),
        (2, "01202", "H01", 5),
        (3, "01202", "H01", 20),
        (4, "13101", "H01", 5),
        (5, "01202", "X99", 5),
        (6, "01202", "H01", 19),
        (7, "01203", "L01", 4),
        (8, "01203", "L01", 4),
    ],
}


def test_births_by_hand(open_store):
    found = births(
        open_store(WAVES),
        at=2000,
        since=1998,
        earlier=(1995,),
        fewer_than_employees=20,
        division=DIVISION,
        classes=CLASSES,
    )
    steps = {step.name: (step.set_aside, step.left) for step in found.funnel.steps}
    assert steps == {
        "candidates": (0, 7),
        "seen earlier": (1, 6),
        "large": (1, 5),
        "outside": (1, 4),
        "no group": (1, 3),
    }
    assert found.funnel.groups == {"high": 1, "low": 2}
    assert found.by_area().to_dict("index") == {
        "001": {"births": 1, "births_high": 1, "births_low": 0},
        "002": {"births": 2, "births_high": 0, "births_low": 2},
    }
    assert set(found.table.to_pandas()["id"]) == {6, 7, 8}
    assert found.panel.values["births"].sum() == found.funnel.left == 3
    assert found.headline() == "7 candidates → 3 births in 2 areas, 1998–2000"


def test_without_a_division_or_classes_each_municipality_counts_for_itself(open_store):
    found = births(open_store(WAVES), at=2000, since=1998)
    assert [step.name for step in found.funnel.steps] == ["candidates"]
    assert found.panel.areas == ("01202", "01203", "13101")
    assert found.funnel.left == 7
    assert list(found.by_area().columns) == ["births"]


def test_areas_and_industries_without_births_are_counted_zeros(open_store):
    division = pd.concat([DIVISION, pd.DataFrame([("01204", "003")], columns=DIVISION.columns)])
    found = births(
        open_store(WAVES),
        at=2000,
        since=1998,
        division=division,
        classes={**CLASSES, "H02": "high"},
    )
    assert found.panel.shape == (3, 3, 1)
    assert found.by_area().loc["003", "births"] == 0


def test_unknown_sizes_are_set_aside_by_name(open_store):
    waves = {
        1998: [(1, "01202", "H01", 5)],
        2000: [(2, "01202", "H01", None), (3, "01202", "H01", 4)],
    }
    found = births(open_store(waves), at=2000, since=1998, fewer_than_employees=20)
    assert found.funnel.step("size unknown").set_aside == 1
    assert found.funnel.left == 1


def test_waves_must_be_there_and_in_order(open_store):
    store = open_store(WAVES)
    with pytest.raises(UnknownCodeError, match="1999"):
        births(store, at=2000, since=1999)
    with pytest.raises(ParameterError, match="not in order"):
        births(store, at=1998, since=2000)
    with pytest.raises(ParameterError, match="at least two"):
        events(store, waves=[2000])


def test_a_division_that_names_a_municipality_twice_is_refused(open_store):
    twice = pd.concat([DIVISION, DIVISION.assign(area="009")])
    with pytest.raises(DataError, match="more than one area: 01202, 01203"):
        births(open_store(WAVES), at=2000, since=1998, division=twice)


def test_events_by_hand(open_store):
    # Plant 1 lives through; 2 dies after 1995; 3 is born in 1998 and moves in 2000;
    # 4 lapses in 1998 and re-appears in 2000; 5 is born in 1998 and dies.
    waves = {
        1995: [(1, "01202", "H01", 5), (2, "01202", "H01", 5), (4, "01202", "H01", 5)],
        1998: [(1, "01202", "H01", 5), (3, "01202", "H01", 5), (5, "01203", "H01", 5)],
        2000: [(1, "01202", "H01", 5), (3, "01203", "H01", 5), (4, "01202", "H01", 5)],
    }
    found = events(open_store(waves), division=DIVISION)
    assert found.to_frame().set_index("wave").loc[1998, "births"] == 2
    frame = found.to_frame().set_index("wave").drop(columns="establishments")
    assert frame.loc[1998].dropna().to_dict() == {
        "births": 2,
        "survivors": 1,
        "moves": 0,
        "deaths": 1,
        "lapses": 1,
    }
    assert frame.loc[2000].dropna().to_dict() == {
        "births": 0,
        "reappearances": 1,
        "survivors": 2,
        "moves": 1,
        "deaths": 1,
    }
    assert frame.loc[1995].isna().all()
    # The death of plant 5 is counted where it was last seen, at the wave that misses it.
    deaths = found.panel.cross_section("deaths", "2000")[:, 0]
    assert deaths.tolist() == [0, 1]


# ---- against lives whose truth is known ------------------------------------------------------


def lives(seed: int, plants: int = 60, years: tuple[int, ...] = (1995, 1996, 1997, 1998, 2000)):
    """Plants that live, lapse and change numbers; numbers given up are given again.

    Returns the waves, the converter and, per plant, in which waves it was seen and where.
    """
    rng = np.random.default_rng(seed)
    number: dict[int, int] = {}
    free = list(rng.permutation(plants * 3))
    waves, converter, seen = {}, [], {plant: {} for plant in range(plants)}
    born = rng.integers(-2, len(years), plants)
    dies = born + rng.integers(1, len(years) + 3, plants)
    for k, year in enumerate(years):
        alive = [p for p in range(plants) if born[p] <= k < dies[p]]
        dead = [p for p in number if p not in alive]
        # Some of the living change numbers; a number given up may go to another at once.
        movers = [p for p in alive if p in number and rng.random() < 0.3]
        before = {p: number[p] for p in movers}
        pool = [number[p] for p in movers]
        rng.shuffle(pool)
        for p in movers:
            number[p] = pool.pop() if rng.random() < 0.5 else free.pop()
        converter += [
            (years[k - 1], year, before[p], number[p]) for p in movers if number[p] != before[p]
        ]
        for p in dead:
            number.pop(p)  # the number of the dead is never given again without a row
        for p in alive:
            if p not in number:
                number[p] = free.pop()
        rows = []
        for p in alive:
            if rng.random() < 0.85:
                municipality = f"0120{rng.integers(2, 5)}"
                rows.append((number[p], municipality, "H01", int(rng.integers(4, 40))))
                seen[p][year] = municipality
        waves[year] = rows
    return waves, converter, seen


@pytest.mark.parametrize("seed", range(3))
def test_births_and_events_recover_known_lives(open_store, seed, request):
    if "spark" in request.node.callspec.id and seed > 0:
        pytest.skip("one seed is enough on Spark")
    waves, converter, seen = lives(seed)
    assert converter, "the lives must hold changes of number"
    store = open_store(waves, converter)
    years = sorted(waves)

    expected = sum(2000 in s and not s.keys() & {1995, 1996, 1997, 1998} for s in seen.values())
    candidates = sum(2000 in s and 1998 not in s for s in seen.values())
    found = births(store, at=2000, since=1998, earlier=(1995, 1996, 1997))
    assert (found.funnel.candidates, found.funnel.left) == (candidates, expected)

    truth: Counter[tuple[int, str]] = Counter()
    for s in seen.values():
        at = [k for k, year in enumerate(years) if year in s]
        for before, after in pairwise(at):
            if after == before + 1:
                truth[years[after], "survivors"] += 1
                truth[years[after], "moves"] += s[years[before]] != s[years[after]]
            else:
                truth[years[after], "reappearances"] += 1
                truth[years[before + 1], "lapses"] += 1
        if at and at[0] > 0:
            truth[years[at[0]], "births"] += 1
        if at and at[-1] < len(years) - 1:
            truth[years[at[-1] + 1], "deaths"] += 1
    frame = events(store).to_frame().set_index("wave")
    for year in years[1:]:
        for name in COUNTS:
            if not pd.isna(frame.loc[year, name]):
                assert frame.loc[year, name] == truth[year, name], (year, name)


def test_numbers_carry_no_meaning(open_store):
    """Invariance: other numbers, as text, give the same births."""
    waves, converter, _ = lives(1)
    expected = births(open_store(waves, converter), at=2000, since=1998, earlier=(1995,))

    def other(number: int) -> str:
        return f"{number * 7 + 1:06d}"

    renamed = {year: [(other(r[0]), *r[1:]) for r in rows] for year, rows in waves.items()}
    changed = [(a, b, other(x), other(y)) for a, b, x, y in converter]
    found = births(open_store(renamed, changed), at=2000, since=1998, earlier=(1995,))
    assert found.to_frame().equals(expected.to_frame())
