"""Clusters: put in and found, every scheme of a small map, size under chance, extent, bad input."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.measure import app
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.borders import land_km2
from shuseki.geography.weights import nearest_neighbours
from shuseki.language import told
from shuseki.measures.clusters import clusters as module
from shuseki.measures.clusters.clusters import clusters, point_clusters
from shuseki.panel import Panel
from shuseki.report.plots import plot
from shuseki.sites import Sites
from shuseki.study.chapters.measures import measure


def grid(side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.stack(
        [np.repeat(35 + 0.1 * np.arange(side), side), np.tile(138 + 0.12 * np.arange(side), side)],
        axis=1,
    )
    return centres, rng.poisson(40, side * side).astype(float)


def panel(count, others, centres) -> Panel:
    cube = np.stack([count, others], axis=1)[:, :, None]
    codes = tuple(f"{k:03d}" for k in range(len(count)))
    return Panel(codes, ("A", "rest"), ("2001",), {"plants": cube}, centres=centres)


def test_two_clusters_that_were_put_in():
    centres, others = grid(12)
    rng = np.random.default_rng(1)
    count = rng.poisson(1, 144).astype(float)
    first, second = [13, 14, 25, 26], [118, 119, 130]
    count[first] = 30
    count[second] = 15
    answer = clusters(panel(count, others, centres), "A", simulations=19)
    assert {frozenset(map(int, one.areas)) for one in answer.found[:2]} == {
        frozenset(first),
        frozenset(second),
    }
    assert answer.p == 0.05
    assert answer.found[0].essential
    assert answer.found[0].ratio > 5
    assert "of 4 areas" in answer.headline()
    assert answer.found[0].p == answer.found[1].p == 0.05  # above the best of 19 random ones
    assert list(answer.to_frame()["p"]) == sorted(answer.to_frame()["p"])
    assert answer.members()["area"].nunique() == len(answer.members())
    assert len(answer.to_frame()) == len(answer.found)


def found_by_chance(plants: int, samples: int, simulations: int) -> list[bool]:
    """Whether a cluster is found among plants thrown at very unequal areas, by the reference."""
    centres, others = grid(10)
    others *= np.ceil(np.random.default_rng(9).lognormal(0, 1, 100))
    rng = np.random.default_rng(plants)
    near = nearest_neighbours([f"{k:03d}" for k in range(100)], centres, 6)
    found = []
    for seed in range(samples):
        count = rng.multinomial(plants, others / others.sum()).astype(float)
        answer = clusters(
            panel(count, others, centres),
            "A",
            neighbours=near,
            simulations=simulations,
            seed=seed,
        )
        found.append(bool(answer.found))
    return found


@pytest.mark.parametrize("plants", [20, 50, 500])
def test_chance_seldom_makes_clusters(plants):
    # 5% of 100 samples: mean 5, three standard deviations above is 11
    assert sum(found_by_chance(plants, 100, 19)) <= 11


@pytest.mark.slow
@pytest.mark.parametrize("plants", [20, 50, 500])
def test_chance_makes_clusters_in_five_percent_at_most(plants):
    # 5% of 400 samples: mean 20, two standard deviations above is 29
    assert sum(found_by_chance(plants, 400, 99)) <= 29


def test_noise_is_told_as_noise():
    # 50 plants over 400 unequal areas: the search alone makes "clusters" of one or two plants
    centres, others = grid(20)
    others = np.ceil(others * np.random.default_rng(1).lognormal(-1, 1.5, 400))
    count = np.random.default_rng(3).multinomial(50, others / others.sum()).astype(float)
    answer = clusters(panel(count, others, centres), "A", simulations=99)
    assert answer.found == ()
    assert len(answer.within_chance) >= 5
    assert min(one.p for one in answer.within_chance) > 0.05
    assert answer.share == 0
    assert np.isnan(answer.global_extent_share)
    assert answer.to_frame().empty
    assert answer.members().empty
    assert not answer.candidates()["beyond_chance"].any()
    assert f"no cluster beyond chance ({len(answer.within_chance)} candidates" in answer.headline()
    assert "偶然を超える集積なし" in told(answer.headline(), "ja")
    for lang in ("en", "ja"):
        assert plot(answer, lang=lang).layout.title.text


def test_too_few_random_industries_find_nothing_and_say_so():
    centres, others = grid(6)
    count = np.ones(36)
    count[[0, 1]] = 50
    answer = clusters(panel(count, others, centres), "A", simulations=9)
    assert answer.found == ()
    assert "p cannot be below 0.10: give 19 or more" in " ".join(answer.notes)
    untested = clusters(panel(count, others, centres), "A", simulations=0)
    assert "not tested against chance" in untested.headline()
    assert np.isnan(untested.p)
    assert len(clusters(panel(count, others, centres), "A", simulations=19).found) == 1


def test_the_search_against_the_best_of_all_schemes():
    # a row of 7 areas: all 2^7 sets, each set's runs being its clusters
    rng = np.random.default_rng(3)
    touching = [np.array([k for k in (a - 1, a + 1) if 0 <= k < 7]) for a in range(7)]
    reached = []
    for _ in range(30):
        base = rng.integers(20, 60, 7).astype(float)
        count = rng.poisson(base * np.where(rng.random(7) < 0.3, 0.8, 0.1)).astype(float) + 1
        sets, _ = module.cluster_scheme(count, base, touching)

        def value(runs, count=count, base=base):
            inside = np.array([count[run].sum() for run in runs])
            reference = np.array([base[run].sum() for run in runs])
            return module.criterion(inside, reference, count.sum(), base.sum())

        best = 0.0
        for chosen in product([0, 1], repeat=7):
            runs, run = [], []
            for k, taken in enumerate((*chosen, 0)):
                if taken:
                    run.append(k)
                elif run:
                    runs.append(run)
                    run = []
            dense = all(
                count[run].sum() / count.sum() > base[run].sum() / base.sum() for run in runs
            )
            if runs and dense and len(runs) < 7:
                best = max(best, value(runs))
        found = value(sets) if sets else 0.0
        assert found <= best + 1e-9
        if best > 0:
            reached.append(found / best)
    # greedy: nearly always the best
    assert np.mean(np.array(reached) > 1 - 1e-9) > 0.9


def test_gain_by_hand():
    # one area with 30 of 40 plants and half of the reference
    count, base = np.array([30.0, 10.0]), np.array([50.0, 50.0])
    value = module.criterion(count[:1], base[:1], 40.0, 100.0)
    expected = 30 * np.log(0.75 / 0.5) + 10 * np.log(0.25 / 0.5) - np.log(40) / 2
    assert value == pytest.approx(expected)


def test_an_even_industry_has_no_cluster():
    centres, others = grid(6)
    answer = clusters(panel(others / 4, others, centres), "A", simulations=9)
    assert answer.found == ()
    assert "no cluster" in answer.headline()
    assert answer.to_frame().empty
    assert answer.members().empty


def test_an_enclosed_area_joins():
    _, others = grid(5)
    count = np.ones(25)
    ring = [6, 7, 8, 11, 13, 16, 17, 18]
    count[ring] = 80
    count[12] = 0
    others[12] = 400
    touching = [
        np.array([b for b in range(25) if abs(a // 5 - b // 5) + abs(a % 5 - b % 5) == 1])
        for a in range(25)
    ]
    sets, _ = module.cluster_scheme(count, count + others, touching)
    assert any(set(ring) <= set(members) and 12 in members for members in sets)


def test_extent_and_density_by_hand():
    # a board of 5 × 5, of which four corners of a square of 3 × 3 are essential
    centres, _ = grid(5)
    essential = np.zeros(25, dtype=bool)
    essential[[0, 2, 10, 12]] = True
    land = np.ones(25)
    land[1] = 5
    contained, extent, density = module.extents(essential, centres, land)
    # Great circles bulge north: area 1, halfway between 0 and 2 on the southern edge, lies outside.
    assert set(np.flatnonzero(contained).tolist()) == {0, 2, 5, 6, 7, 10, 11, 12}
    assert extent == pytest.approx(8 / 29)
    assert density == pytest.approx(4 / 8)


def test_hulls_follow_great_circles():
    corners = np.array([[40.0, 130.0], [40.0, 140.0], [35.0, 135.0]])
    # the great circle between the two northern corners passes 135° E at tan φ = tan 40° / cos 5°
    highest = np.degrees(np.arctan(np.tan(np.radians(40)) / np.cos(np.radians(5))))
    places = np.array([[highest - 0.001, 135.0], [highest + 0.001, 135.0], [-37.0, -45.0]])
    np.testing.assert_array_equal(module.in_hull(corners, places), [True, False, False])
    np.testing.assert_array_equal(module.in_hull(corners, corners), True)
    np.testing.assert_array_equal(module.in_hull(corners[:1], corners), [True, False, False])


def municipal(code: str) -> tuple[Panel, list[str]]:
    """Plants of an invented industry in the municipalities of a prefecture."""
    table = municipalities(2020)
    table = table[table["prefecture"] == code]
    codes = table["code"].tolist()
    rng = np.random.default_rng(5)
    others = rng.poisson(200, len(codes)).astype(float)
    count = rng.poisson(3, len(codes)).astype(float)
    put_in = ["10201", "10204", "10202"]  # Maebashi, Isesaki, Takasaki: a row
    count[[codes.index(one) for one in put_in]] = (90, 80, 70)
    cube = np.stack([count, others], axis=1)[:, :, None]
    centres = table[["latitude", "longitude"]].to_numpy(float)
    return (
        Panel(tuple(codes), ("A", "rest"), ("2001",), {"plants": cube}, centres=centres),
        put_in,
    )


def test_municipalities_of_2020_touch_by_their_borders():
    data, put_in = municipal("10")
    answer = clusters(data, "A", simulations=19)
    # the members with most plants come first
    assert answer.found[0].areas == ("10201", "10204", "10202")
    assert any("share a border in 2020" in note for note in answer.notes)
    assert any(source.key == "Borders2020" for source in answer.sources)
    land = land_km2(data.areas)
    within = np.isin(data.areas, answer.containment)
    assert answer.extent_unit == "land"
    assert answer.global_extent_share == pytest.approx(land[within].sum() / land.sum())
    essential = np.isin(data.areas, [a for one in answer.essential for a in one.areas])
    assert answer.local_density_share == pytest.approx(land[essential].sum() / land[within].sum())
    assert set(put_in) <= set(answer.containment)
    assert "of the land and fill" in answer.headline()
    near = nearest_neighbours(data.areas, data.centres, 4)
    assert "the 4 nearest" in clusters(data, "A", neighbours=near, simulations=0).notes[0]


def test_other_areas_touch_by_nearness_and_are_counted():
    centres, others = grid(6)
    count = np.ones(36)
    count[[0, 1]] = 50
    answer = clusters(panel(count, others, centres), "A", simulations=19)
    assert "the 6 nearest" in answer.notes[0]
    assert answer.extent_unit == "areas"
    assert answer.global_extent_share == pytest.approx(len(answer.containment) / 36)
    others[35] = count[35] = 0
    answer = clusters(panel(count, others, centres), "A", simulations=0)
    assert answer.without_reference == ("035",)
    assert any("1 of 36 areas have no plant of the reference" in note for note in answer.notes)


def test_dense_points_against_scattered_ones():
    rng = np.random.default_rng(4)
    latitude = np.concatenate(
        [rng.normal(35.6, 0.02, 80), rng.normal(34.7, 0.02, 60), rng.uniform(33, 39, 40)]
    )
    longitude = np.concatenate(
        [rng.normal(139.7, 0.02, 80), rng.normal(135.5, 0.02, 60), rng.uniform(132, 141, 40)]
    )
    sites = Sites(latitude, longitude, np.zeros(180, dtype=int), ("A",), np.ones(180))
    answer = point_clusters(sites, "A")
    assert len(answer.places) == 2
    assert answer.places["plants"].iloc[0] == pytest.approx(80, abs=6)
    assert answer.places["latitude"].iloc[0] == pytest.approx(35.6, abs=0.02)
    # the radius of half the plants of a round normal cloud is 1.18 deviations: 2.2 km by 1.8 km
    assert answer.places["median_radius_km"].iloc[0] == pytest.approx(2.4, abs=0.5)
    assert "2 dense places with" in answer.headline()
    assert "not tested against chance, so none is called a cluster" in answer.headline()
    assert answer.places["p"].isna().all()  # no other plant to compare with
    assert answer.table.empty
    assert (answer.members()["cluster"] == 0).all()
    assert "nothing to compare with" in answer.notes[0]
    with pytest.raises(DataError, match="needs 500"):
        point_clusters(sites, "A", smallest=500)
    with pytest.raises(UnknownCodeError):
        point_clusters(sites, "B")


def towns(seed: int, agglomeration: int) -> Sites:
    """Twelve towns and scattered plants, an industry drawn from all; one gathering put in."""
    rng = np.random.default_rng(seed)
    centre = np.column_stack([rng.uniform(33, 39, 12), rng.uniform(132, 141, 12)])
    town = np.repeat(centre, 100, axis=0) + rng.normal(0, 0.05, (1200, 2))
    scattered = np.column_stack([rng.uniform(33, 39, 500), rng.uniform(132, 141, 500)])
    own = np.zeros(1700, dtype=int)
    own[rng.choice(1700, 250, replace=False)] = 1
    extra = rng.normal((36.0, 136.5), 0.03, (agglomeration, 2))
    places = np.vstack([town, scattered, extra])
    industry = np.concatenate([own, np.ones(agglomeration, dtype=int)])
    return Sites(places[:, 0], places[:, 1], industry, ("rest", "A"), np.ones(len(places)))


def test_towns_are_dense_but_only_the_gathering_is_beyond_chance():
    answer = point_clusters(towns(1, 40), "A", smallest=10, simulations=39)
    assert len(answer.places) > 3
    beyond = answer.to_frame()
    assert len(beyond) == 1
    assert (answer.places["beyond_chance"] == (answer.places["p"] <= 0.05)).all()
    assert beyond["latitude"].item() == pytest.approx(36.0, abs=0.03)
    assert beyond["longitude"].item() == pytest.approx(136.5, abs=0.03)
    assert beyond["ratio"].item() > 4
    assert "A: 1 cluster beyond chance" in answer.headline()
    number = beyond["cluster"].item()
    assert set(answer.members()["cluster"]) == {0, number}


def test_chance_seldom_makes_significant_points():
    p = [
        point_clusters(towns(seed, 0), "A", smallest=10, simulations=9).places["p"].min()
        for seed in range(20)
    ]
    # p ≤ .1 in 10% of 20 samples: mean 2, three standard deviations above is 6
    assert np.sum(np.array(p) <= 0.1) <= 6


def test_likelihood_ratio_by_hand():
    # 8 of 10 inside, 12 of 90 outside, 20 of 100 in all
    expected = 8 * np.log(0.8) + 2 * np.log(0.2) + 12 * np.log(12 / 90) + 78 * np.log(78 / 90)
    expected -= 20 * np.log(0.2) + 80 * np.log(0.8)
    given = module.likelihood_ratio(np.array([8.0, 1.0]), np.array([10.0, 10.0]), 20, 100)
    np.testing.assert_allclose(given, [expected, 0.0])  # 1 of 10 is thinner than the rest


def test_points_from_a_terminal_and_in_a_study(tmp_path):
    given = towns(1, 40)
    table = pd.DataFrame(
        {
            "latitude": given.latitude,
            "longitude": given.longitude,
            "industry": np.array(given.industries)[given.industry],
            "employment": 1,
        }
    )
    table.to_csv(tmp_path / "sites.csv", index=False)
    members, figure = tmp_path / "members.csv", tmp_path / "map.html"
    words = ["clusters", "A", "--sites", str(tmp_path / "sites.csv"), "--smallest", "10"]
    words.append("--internal")
    words += ["--simulations", "19", "--members", str(members), "--figure", str(figure)]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    assert "beyond chance" in run.output
    written = pd.read_csv(members)
    assert len(written) == 290  # 250 among the towns, 40 gathered
    assert set(written) == {"latitude", "longitude", "cluster", "dense_place", "data_origin"}
    assert "plotly" in figure.read_text(encoding="utf-8")[:20_000]

    data, _ = municipal("10")
    options = {"industries": ["A"], "simulations": 9, "points": True, "smallest": 10}
    answers = measure(data, given, {"clusters": options})
    assert list(answers) == ["clusters_A", "point_clusters_A"]
    assert answers["point_clusters_A"].simulations == 9
    with pytest.raises(ParameterError, match="there are no sites"):
        measure(data, None, {"clusters": options})


def test_bad_input():
    centres, others = grid(4)
    one = np.zeros(16)
    one[3] = 1
    with pytest.raises(DataError, match="has 1 plants"):
        clusters(panel(one, others, centres), "A")
    with pytest.raises(AlignmentError, match="one amount per area"):
        clusters(panel(others, others, centres), "A", reference=np.ones(3))
    with pytest.raises(DataError, match="a reference of 0"):
        clusters(panel(others, others, centres), "A", reference=np.zeros(16))
    with pytest.raises(AlignmentError, match="a positive one per area"):
        clusters(panel(others, others, centres), "A", land=np.zeros(16))
    for wrong in (-1.0, np.inf):
        broken = others.copy()
        broken[2] = wrong
        with pytest.raises(DataError, match="negative or infinite in 1 cells: 002 × A"):
            clusters(panel(broken, others, centres), "A")
        with pytest.raises(DataError, match="reference is missing, infinite or negative"):
            clusters(panel(others, others, centres), "A", reference=broken)
    with pytest.raises(DataError, match="has one area"):
        clusters(panel(others[:1], others[:1], centres[:1]), "A")
    with pytest.raises(DataError, match="only one of the panel"):
        clusters(panel(others, others, centres).select(industries=["A"]), "A")
    few = nearest_neighbours(["a", "b", "c"], centres[:3], 1)
    with pytest.raises(AlignmentError, match="Neighbours of 3 areas"):
        clusters(panel(others, others, centres), "A", neighbours=few)
    with pytest.raises(DataError, match="no centres"):
        clusters(panel(others, others, None), "A")
    gappy = others.copy()
    gappy[0] = np.nan
    answer = clusters(panel(gappy, others, centres), "A", simulations=0)
    assert any("1 suppressed" in note for note in answer.notes)
