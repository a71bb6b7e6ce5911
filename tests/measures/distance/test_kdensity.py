"""K-density: the null against every possible sample, simulation, R dbmss; its size; its input."""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.measures.distance import kdensity as module
from shuseki.measures.distance.kdensity import joint_kdensity, kdensity, kdensity_areas
from shuseki.measures.distance.pairs import (
    distance_matrix,
    mesh,
    pair_shares,
    pairs_between,
    points,
    population_sums,
    simulated_shares,
    systematic_sample,
)
from shuseki.panel import Panel
from shuseki.sites import Sites

ORACLE = Path(__file__).parents[1] / "oracle"


def towns(sites: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Sites around 200 towns of very unequal size, degrees."""
    rng = np.random.default_rng(seed)
    centre = np.stack([rng.uniform(33, 40, 200), rng.uniform(131, 141, 200)], axis=1)
    size = rng.pareto(1.0, 200) + 0.2
    town = rng.choice(200, size=sites, p=size / size.sum())
    return (
        centre[town, 0] + rng.normal(0, 0.12, sites),
        centre[town, 1] + rng.normal(0, 0.15, sites),
    )


def at(latitude: np.ndarray, longitude: np.ndarray) -> Sites:
    """Sites of one industry."""
    here, n = (latitude, longitude), len(latitude)
    return Sites(*here, np.zeros(n, dtype=int), ("A",), np.ones(n))


def frame(sites: int = 400, industries: int = 4) -> pd.DataFrame:
    latitude, longitude = towns(sites)
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "latitude": latitude,
            "longitude": longitude,
            "industry": rng.integers(0, industries, sites).astype(str),
            "employment": np.ceil(rng.lognormal(2.5, 1, sites)),
        }
    )


@pytest.mark.parametrize(
    "weights", [np.ones(4), np.array([5.0, 1.0, 2.0, 0.5])], ids=["plants", "employment"]
)
def test_mean_and_covariance_over_every_possible_industry(weights):
    # 7 sites, 4 plants: all 840 ways to place them
    latitude, longitude = towns(7)
    places = points(at(latitude, longitude))
    bin_km, bins = 40.0, 30
    population = population_sums(places, bin_km, bins)
    mean, covariance = module.null_moments(population, weights)
    drawn = np.array(
        [
            pair_shares(places, np.array(where), weights, bin_km, bins)
            for where in permutations(range(7), 4)
        ]
    )
    assert mean == pytest.approx(drawn.mean(axis=0), abs=1e-12)
    assert covariance == pytest.approx(np.cov(drawn.T, bias=True), abs=1e-12)


def test_the_same_null_from_cells_as_from_points_in_the_same_places():
    latitude, longitude = towns(60)
    latitude, longitude = np.tile(latitude, 2), np.tile(longitude, 2)
    alone, gathered = points(at(latitude, longitude)), mesh(at(latitude, longitude))
    assert len(gathered.plants) <= 60
    apart, together = population_sums(alone, 2.0, 500), population_sums(gathered, 2.0, 500)
    assert together.sites == apart.sites == 120
    assert together.ordered_pairs.sum() == apart.ordered_pairs.sum()
    mean_apart, spread_apart = module.null_moments(apart, np.ones(30))
    mean_together, spread_together = module.null_moments(together, np.ones(30))
    # single precision moves a few pairs over a bin's edge: compare smoothed
    smooth = module.smoothing_map(np.linspace(0, 400, 41), 20.0, 2.0, 500)
    assert smooth @ mean_together == pytest.approx(smooth @ mean_apart, rel=1e-3)
    assert np.diag(smooth @ spread_together @ smooth.T) == pytest.approx(
        np.diag(smooth @ spread_apart @ smooth.T), rel=1e-3
    )


def null_of(weights: np.ndarray, sites: Sites, other: np.ndarray | None = None):
    """The null of an industry with these weights (or of two), and a way to draw its curves."""
    places = points(sites)
    sample = systematic_sample(places.positions, places.plants, module.SCALE_SITES)
    spread_km, range_km = module.distance_spread(places.positions[sample])
    member = module._Member("A", "A", np.arange(len(weights)), weights)
    if other is not None:
        member = module._Member("A", "A", member.rows, weights, (np.arange(len(other)), other))
    h = 0.9 * spread_km * member.effective_pairs**-0.2
    bin_km = min(1.0, h / 3)
    bins = int(np.ceil((range_km + 3 * h) / bin_km))
    at_km = np.linspace(0, range_km, module.DISTANCES + 1)
    population = population_sums(places, bin_km, bins)
    third = module.third_moment_ladder(places, population, np.array([h]), range_km)
    smooth = module.smoothing_map(at_km, h, bin_km, bins)
    null = module._null(places, population, third(h), member, smooth, at_km, 0.05)

    def draw(times: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        if other is not None:
            return module.simulated_curves(places, population, member, smooth, rng, times)
        return simulated_shares(places, weights, bin_km, bins, times, rng) @ smooth.T

    return null, draw


def even(sites: int, seed: int = 1) -> Sites:
    """Sites spread evenly over 14 by 15 degrees."""
    rng = np.random.default_rng(seed)
    return at(rng.uniform(31, 45, sites), rng.uniform(130, 145, sites))


def test_mean_and_deviation_against_simulation():
    # 10,000 simulations: the deviation has a standard error of 0.7%, so 3% is beyond 4 of them
    null, draw = null_of(np.ones(60), at(*towns(5_000)))
    drawn = draw(10_000, seed=1)
    expected, deviation, skewness = null.curves[:3]
    assert expected == pytest.approx(drawn.mean(axis=0), rel=0.03)
    assert deviation == pytest.approx(drawn.std(axis=0), rel=0.03)
    centred = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    assert skewness == pytest.approx((centred**3).mean(axis=0), abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "times"), [(20, 4_000), (100, 3_000), (500, 2_000), (5_000, 400)])
def test_size_is_five_percent(n, times):
    null, draw = null_of(np.ones(n), at(*towns(20_000)))
    drawn = draw(times, seed=7)
    # 20 plants in such towns have a skewness of 1.1
    assert null.by == ("simulation" if n == 20 else "moments")
    local_lower, local_upper, lower, upper = null.curves[3:]
    # ± 1 point, and three standard errors of the count of random industries
    tolerance = 0.01 + 3 * np.sqrt(0.05 * 0.95 / times)
    assert (drawn > upper).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn < lower).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn > local_upper).mean() == pytest.approx(0.05, abs=0.01)
    assert (drawn < local_lower).mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(("weights", "column"), [("none", "plain"), ("employment", "weighted")])
def test_density_against_dbmss(weights, column):
    sites = Sites.from_frame(pd.read_csv(ORACLE / "dbmss_plants.csv"))
    printed = pd.read_csv(ORACLE / "dbmss_kd.csv")
    answer = kdensity(
        sites,
        industries=["A"],
        weights=weights,
        range_km=200,
        bandwidth_km=float(printed["bandwidth"][0]),
    )
    ours = np.interp(printed["r"], answer.distances_km, answer.density_per_km[0])
    # dbmss evaluates a fast Fourier transform on 512 points and interpolates: 0.3%
    assert ours == pytest.approx(printed[column].to_numpy(), rel=0.004)


def test_density_of_two_plants_by_hand():
    # one pair 100 km apart, h = 10: K(100) = φ(0)/10 + φ(20)/10
    north = 100 / (6371.0088 * np.pi / 180)
    table = pd.DataFrame(
        {
            "latitude": [35.0, 35.0 + north, 36.5, 37.0],
            "longitude": [138.0] * 4,
            "industry": ["A", "A", "B", "B"],
        }
    )
    answer = kdensity(
        Sites.from_frame(table, employment=None), range_km=200, bandwidth_km=10.0, industries=["A"]
    )
    at_100 = np.interp(100, answer.distances_km, answer.density_per_km[0])
    assert at_100 == pytest.approx(0.3989423 / 10, rel=2e-3)


def test_a_gathered_industry_is_localised_and_a_random_one_is_not():
    table = frame(2_000, 8)
    table.loc[table["industry"] == "1", ["latitude", "longitude"]] = [35.7, 139.7]
    rng = np.random.default_rng(0)
    gathered = table["industry"] == "1"
    table.loc[gathered, "latitude"] += rng.normal(0, 0.2, gathered.sum())
    answer = kdensity(Sites.from_frame(table))
    assert answer.pattern[1] == "localised"
    assert answer.localisation_index[1] == max(answer.localisation_index)
    assert answer.localised_at[1, 0]
    assert answer.localisation_index[answer.industries.index("0")] < 0.01
    assert "of 2" in answer.headline() or "8 industries" in answer.headline()
    assert len(answer.to_frame()) == 8
    assert len(answer.curves()) == 8 * len(answer.distances_km)


def test_scaling_employment_changes_nothing():
    table = frame(500, 2)
    once = kdensity(Sites.from_frame(table), weights="employment")
    table["employment"] *= 10
    tenfold = kdensity(Sites.from_frame(table), weights="employment")
    assert tenfold.density_per_km == pytest.approx(once.density_per_km)
    assert tenfold.global_upper_per_km == pytest.approx(once.global_upper_per_km)


def test_areas_with_masses_equal_sites_at_their_centres():
    rng = np.random.default_rng(4)
    latitude, longitude = towns(50)
    counts = rng.poisson(6, (50, 2)).astype(float)
    panel = Panel(
        areas=tuple(map(str, range(50))),
        industries=("A", "B"),
        periods=("2001",),
        values={"plants": counts[:, :, None]},
        centres=np.stack([latitude, longitude], axis=1),
    )
    where, industry = (
        np.repeat(index.ravel(), counts.astype(int).ravel())
        for index in np.meshgrid(range(50), range(2), indexing="ij")
    )
    sites = Sites(latitude[where], longitude[where], industry, ("A", "B"), np.ones(len(where)))
    by_area, by_site = kdensity_areas(panel), kdensity(sites)
    assert by_area.density_per_km == pytest.approx(by_site.density_per_km, rel=1e-4)
    assert by_area.deviation_per_km == pytest.approx(by_site.deviation_per_km, rel=1e-3)


def test_areas_weighted_by_employment_equal_sites_of_mean_size():
    rng = np.random.default_rng(6)
    latitude, longitude = towns(40)
    counts = rng.poisson(4, (40, 2)).astype(float)
    workers = counts * rng.lognormal(2, 1, (40, 2))
    panel = Panel(
        tuple(map(str, range(40))),
        ("A", "B"),
        ("2001",),
        {"plants": counts[:, :, None], "employment": workers[:, :, None]},
        centres=np.stack([latitude, longitude], axis=1),
    )
    area, industry = (index.ravel() for index in np.indices((40, 2)))
    times = counts.ravel().astype(int)
    size = np.divide(workers, counts, out=np.zeros_like(workers), where=counts > 0).ravel()
    sites = Sites(
        np.repeat(latitude[area], times),
        np.repeat(longitude[area], times),
        np.repeat(industry, times),
        ("A", "B"),
        np.repeat(size, times),
    )
    by_area = kdensity_areas(panel, weights="employment", range_km=300, bandwidth_km=20)
    by_site = kdensity(sites, weights="employment", range_km=300, bandwidth_km=20)
    assert by_area.density_per_km == pytest.approx(by_site.density_per_km, rel=2e-3, abs=1e-6)
    assert by_area.deviation_per_km == pytest.approx(by_site.deviation_per_km, rel=2e-3)
    assert any("equal in size" in note for note in by_area.notes)


def test_mean_sizes_by_hand():
    # 10 workers in 2 plants; suppressed and empty: the mean of the known, 10 / 2
    size = module.mean_sizes(np.array([[2.0], [3.0], [0.0]]), np.array([[10.0], [np.nan], [0.0]]))
    assert size.ravel() == pytest.approx([5, 5, 5])


def test_suppressed_cells_are_noted():
    counts = np.full((10, 2, 1), 5.0)
    counts[3, 1, 0] = np.nan
    latitude, longitude = towns(10)
    panel = Panel(
        tuple("abcdefghij"),
        ("A", "B"),
        ("2001",),
        {"plants": counts},
        centres=np.stack([latitude, longitude], axis=1),
    )
    answer = kdensity_areas(panel)
    assert any(note.startswith("1 suppressed cells") for note in answer.notes)


def test_industries_of_one_plant_are_left_out_and_named():
    table = frame(100, 2)
    table.loc[0, "industry"] = "lonely"
    answer = kdensity(Sites.from_frame(table))
    assert answer.industries == ("0", "1")
    assert any("lonely" in note for note in answer.notes)


def test_only_one_plant_industries_is_refused():
    table = frame(5, 1)
    table["industry"] = list("abcde")
    with pytest.raises(DataError, match="None of the 5 industries has two plants"):
        kdensity(Sites.from_frame(table))


def test_unknown_industry_level_and_employment():
    sites = Sites.from_frame(frame(50))
    with pytest.raises(UnknownCodeError, match="Unknown industry"):
        kdensity(sites, industries=["9"])
    with pytest.raises(ParameterError, match="between 0 and"):
        kdensity(sites, level=5)
    with pytest.raises(ParameterError, match="positions is 'grid'"):
        kdensity(sites, positions="grid")
    with pytest.raises(ParameterError, match="range_km is 0"):
        kdensity(sites, range_km=0)
    with pytest.raises(ParameterError, match=r"bins of distance\. Expected 20,000"):
        kdensity(sites, bandwidth_km=0.001)
    unknown = Sites.from_frame(frame(50).assign(employment=[10.0] * 49 + [np.nan]))
    with pytest.raises(DataError, match="rows 49"):
        kdensity(unknown, weights="employment")


def test_gamma_quantiles_against_the_normal_and_by_hand():
    # skewness 0 is the normal law; skewness 2 the exponential: quantile −ln(1−p) − 1
    quantile = module.pearson_quantile(0.95, np.array([0.0, 2.0, -2.0]))
    assert quantile[0] == pytest.approx(1.6449, abs=1e-3)
    assert quantile[1] == pytest.approx(-np.log(0.05) - 1, rel=1e-6)
    assert quantile[2] == pytest.approx(1 + np.log(0.95), rel=1e-6)


def test_third_moments_over_every_pair_and_triple_by_brute_force():
    places, bin_km, bins = points(at(*towns(12))), 5.0, 200
    at_km, h = np.array([0.0, 80.0, 150.0]), 60.0
    population = population_sums(places, bin_km, bins)
    smooth = module.smoothing_map(at_km, h, bin_km, bins)
    distance = distance_matrix(places.positions)
    bins_of = np.minimum(distance / bin_km, bins).astype(int)
    np.fill_diagonal(bins_of, bins)
    ladder = module.pair_moments(
        smooth, population, population.rows, bins_of[population.cells][:, population.cells]
    )
    third = module.third_moments(
        module._Rung(at_km, population.rows, *ladder), population, smooth, at_km
    )
    n = 12
    for k in range(3):
        g = np.append(smooth[k], 0)[bins_of]
        off = ~np.eye(n, dtype=bool)
        mean = g[off].mean()
        a = np.array([sum(g[i, j] - mean for j in range(n) if j != i) / (n - 2) for i in range(n)])
        b = g - mean - a[:, None] - a[None, :]
        triples = [b[i, j] * b[j, k] * b[k, i] for i, j, k in combinations(range(n), 3)]
        # the pairs and triples of the sample are in single precision
        assert third.aaa[k] == pytest.approx((a**3).mean(), rel=1e-9)
        products = {"aab": a[:, None] * b * a, "abb": a[:, None] * b**2, "bbb": b**3}
        for name, product in products.items():
            wanted = product[off].mean()
            scale = max(abs(mean) ** 3, abs(wanted))
            assert getattr(third, name)[k] == pytest.approx(wanted, abs=1e-5 * scale), name
        assert third.triangle[k] == pytest.approx(np.mean(triples), rel=1e-4)
        # b has no row means: what is left once the linear part is out
        rows = [b[i, [j for j in range(n) if j != i]].sum() for i in range(n)]
        assert rows == pytest.approx([0] * n, abs=1e-12)


# ---- two industries, a plane, small and strange maps ----------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["plants", "employment"])
def test_joint_moments_over_every_possible_pair_of_industries(weighted):
    # 6 sites, 2 plants of one and 2 of the other: all 360 ways to place them
    places, bin_km, bins = points(at(*towns(6))), 40.0, 30
    w, v = (np.array([5.0, 1.0]), np.array([0.5, 2.0])) if weighted else (np.ones(2), np.ones(2))
    population = population_sums(places, bin_km, bins)
    mean, covariance = module.joint_null_moments(population, w, v)
    drawn = np.array(
        [
            pairs_between(places, (np.array(at[:2]), np.array(at[2:])), (w, v), bin_km, bins)
            for at in permutations(range(6), 4)
        ]
    )
    assert mean == pytest.approx(drawn.mean(axis=0), abs=1e-12)
    assert covariance == pytest.approx(np.cov(drawn.T, bias=True), abs=1e-12)


def test_joint_density_by_hand():
    # A at 0, B at 30 and 40 km, in bins of 1 km with the middles 30.5 and 40.5, h = 10:
    # K(30) = [φ(.05) + φ(1.05)] / 2 / 10; mirrors below 1e-8
    sites = Sites.on_plane(
        np.array([0.0, 30.0, 40.0, 200.0, 90.0]),
        np.zeros(5),
        np.array([0, 1, 1, 2, 2]),
        ("A", "B", "C"),
    )
    answer = joint_kdensity(sites, [("A", "B"), ("B", "C")], range_km=100, bandwidth_km=10.0)
    at_30 = np.interp(30, answer.distances_km, answer.density_per_km[0])
    assert at_30 == pytest.approx((0.3984439 + 0.2298821) / 2 / 10, rel=2e-3)
    assert answer.to_frame()[["industry", "other"]].to_numpy().tolist() == [["A", "B"], ["B", "C"]]
    assert answer.to_frame()["other_plants"].tolist() == [2, 2]
    assert "大域信頼帯は上下それぞれ5%" in told(answer.headline(), "ja")


def test_industries_that_stand_together_are_found():
    table = frame(1_500, 5)
    rng = np.random.default_rng(1)
    together = table["industry"].isin(["0", "1"])
    table.loc[together, "latitude"] = 35.6 + rng.normal(0, 0.2, together.sum())
    table.loc[together, "longitude"] = 139.6 + rng.normal(0, 0.2, together.sum())
    sites = Sites.from_frame(table)
    answer = joint_kdensity(sites, [("0", "1"), ("2", "3")])
    assert answer.pattern[0] == "localised"
    assert answer.localised_at[0, 0]
    assert answer.localisation_index[1] < answer.localisation_index[0] / 10
    # where they are they are mixed: no more together than their own sites allow
    mixed = joint_kdensity(sites, [("0", "1")], among="both")
    assert mixed.pattern == ("random",)
    assert mixed.sites == int(together.sum())
    assert "drawn from the sites of both" in mixed.headline()
    with pytest.raises(ParameterError, match="Pairs of one industry: 2"):
        joint_kdensity(sites, [("2", "2")])
    with pytest.raises(ParameterError, match="among is 'some'"):
        joint_kdensity(sites, [("2", "3")], among="some")


def test_joint_size_is_five_percent():
    null, draw = null_of(np.ones(60), at(*towns(2_000)), np.ones(150))
    drawn = draw(2_000, seed=3)
    expected, deviation, _, _, _, lower, upper = null.curves
    assert expected == pytest.approx(drawn.mean(axis=0), rel=0.03)
    # a standard error of a deviation is 1.6%
    assert deviation == pytest.approx(drawn.std(axis=0), rel=0.05)
    tolerance = 0.01 + 3 * np.sqrt(0.05 * 0.95 / 2_000)
    assert (drawn > upper).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn < lower).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)


def test_skewness_of_a_spread_out_map_is_what_simulation_finds():
    # pairs hardly vary with the site they are seen from; a sample of few sites said .72 for .03
    null, draw = null_of(np.ones(800), even(3_000))
    drawn = draw(1_000, seed=2)
    centred = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    # a skewness of 1,000 draws has a standard error of .08
    assert np.abs(null.curves[2] - (centred**3).mean(axis=0)).max() < 0.3
    assert null.by == "moments"
    tolerance = 0.01 + 3 * np.sqrt(0.05 * 0.95 / 1_000)
    assert (drawn < null.curves[5]).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)


def test_few_heavy_plants_among_many_are_simulated_in_part():
    size = np.random.default_rng(4).pareto(0.9, 1_000) + 0.1
    assert size.sum() ** 2 / (size**2).sum() < module.SMALLEST_EFFECTIVE_PLANTS
    null, draw = null_of(size, at(*towns(3_000)))
    drawn = draw(1_000, seed=2)
    assert null.by == "simulation of the heaviest"
    local_lower, local_upper, lower, upper = null.curves[3:]
    tolerance = 0.015 + 3 * np.sqrt(0.05 * 0.95 / 1_000)
    assert (drawn > upper).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn < lower).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn > local_upper).mean() == pytest.approx(0.05, abs=0.015)
    assert (drawn < local_lower).mean() == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("spread", ["towns", "even"])
def test_size_with_one_plant_of_most_of_the_weight_is_five_percent(spread):
    # Pareto, 0.7: the first of 1,000 has .80 of the weight, the second .06
    size = np.random.default_rng(4).pareto(0.7, 1_000) + 0.1
    null, draw = null_of(size, at(*towns(3_000)) if spread == "towns" else even(3_000))
    assert null.by == "simulation of the heaviest"
    drawn = draw(4_000, seed=2)
    local_lower, local_upper, lower, upper = null.curves[3:]
    # three standard errors of 4,000 drawn industries beyond a band of 4,000 simulated ones
    tolerance = 3 * np.sqrt(0.05 * 0.95 * 2 / 4_000)
    assert (drawn > upper).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn < lower).any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert (drawn > local_upper).mean(axis=0) == pytest.approx(0.05, abs=1.3 * tolerance)
    assert (drawn < local_lower).mean(axis=0) == pytest.approx(0.05, abs=1.3 * tolerance)


def test_few_plants_spread_evenly_are_simulated_and_many_are_not():
    # pairs make most of the variance near 0 km; by moments 6% of 100 plants passed the lower band
    null, draw = null_of(np.ones(100), even(5_000))
    assert null.by == "simulation"
    drawn = draw(4_000, seed=3)
    tolerance = 3 * np.sqrt(0.05 * 0.95 * 2 / 4_000)
    for beyond in (drawn > null.curves[6], drawn < null.curves[5]):
        assert beyond.any(axis=1).mean() == pytest.approx(0.05, abs=tolerance)
    assert null_of(np.ones(800), even(5_000))[0].by == "moments"
    # in towns the variance is that of where plants stand: a share of pairs of .06
    assert null_of(np.ones(100), at(*towns(5_000)))[0].by == "moments"


def test_the_fewest_heaviest_plants_are_simulated():
    def heavy(weights, other=None):
        rows = np.arange(len(weights))
        both = None if other is None else (np.arange(len(other)), other)
        return module._Member("A", "A", rows, weights, both).heavy.tolist()

    # shares .1, .4, .5: squares times (1 − share)² .0081, .0576, .0625, of which the last two make
    # .937; pairs Σ² − Σ⁴ of the last two make .0800 of .0882, so that all three are needed
    assert heavy(np.array([1.0, 4.0, 5.0])) == [0, 1, 2]
    # two of 1,000 beside 200 of 1: the pair makes 2e12 of (2e6 + 200)² − 2e12 − 200, or .9996
    assert heavy(np.array([1.0] * 100 + [1_000.0, 1_000.0] + [1.0] * 100)) == [100, 101]
    assert len(heavy(np.ones(5_000))) == module.SIMULATED_PLANTS
    assert heavy(np.array([1.0, 200.0]), np.array([300.0, 1.0, 1.0])) == [1, 2]


def test_two_covariances_are_those_of_the_exact_null():
    # Var K = [Σ s² − (Σ s)²/N] E aa' + 2 (p₂² − p₄)/q₂² E bb', but for terms of order 1/N²
    places, bin_km, bins = points(at(*towns(600))), 2.0, 200
    population = population_sums(places, bin_km, bins)
    smooth = module.smoothing_map(np.linspace(0, 300, 31), 20.0, bin_km, bins)
    weights = np.random.default_rng(1).pareto(0.9, 80) + 0.1
    member = module._Member("A", "A", np.arange(80), weights)
    covariance = smooth @ module.null_moments(population, member.relative)[1] @ smooth.T
    standing, beyond = module.two_covariances(population, smooth)
    w = member.shares
    pairs = 2 * ((w**2).sum() ** 2 - (w**4).sum()) / (1 - (w**2).sum()) ** 2
    parts = module.squares_at_random(member.slopes, 600) * standing + pairs * beyond
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert parts / scale == pytest.approx(covariance / scale, abs=0.01)


def test_coarser_bins_give_the_same_density():
    at_km, rng = np.linspace(0, 300, 61), np.random.default_rng(2)
    distance = rng.gamma(3, 50, 4_000)
    fine = module.smoothing_map(at_km, 30.0, 0.5, 790)
    coarse, bin_km = module.coarser(fine, 0.5)
    assert bin_km == pytest.approx(5.0)  # a sixth of 30 km
    one, other = (
        smooth @ np.histogram(distance, np.arange(smooth.shape[1] + 1) * width)[0] / 4_000
        for smooth, width in ((fine, 0.5), (coarse, bin_km))
    )
    # the kernel is (5/30)²/24 = 0.1% wider
    assert other == pytest.approx(one, rel=0.005, abs=1e-6)


def test_the_headline_says_that_the_level_is_of_each_side():
    answer = kdensity(Sites.from_frame(frame(200, 2)))
    assert "global bands at 5% on each side" in answer.headline()
    assert "大域信頼帯は上下それぞれ5%" in told(answer.headline(), "ja")


def test_an_industry_that_is_everyone_is_what_chance_gives():
    table = frame(80, 1)
    answer = kdensity(Sites.from_frame(table))
    assert answer.density_per_km == pytest.approx(answer.expected_per_km, rel=1e-3)
    assert answer.pattern == ("random",)
    assert any(note.startswith("All sites are of the industry") for note in answer.notes)


def test_a_plane_and_degrees_agree():
    sites = Sites.from_frame(frame(300, 2))
    flat = sites.projected()
    about = {"range_km": 300, "bandwidth_km": 20}
    round_, straight = kdensity(sites, **about), kdensity(flat, **about)
    # distances differ by up to .5%
    assert straight.density_per_km == pytest.approx(round_.density_per_km, rel=0.02)
    cells = kdensity(flat, positions="mesh", **about)
    assert cells.density_per_km == pytest.approx(straight.density_per_km, rel=0.02)


def test_the_same_map_past_the_antimeridian_and_at_a_pole():
    table = frame(200, 2)
    table["latitude"] -= 35
    here, past = table.copy(), table.copy()
    past["longitude"] = (past["longitude"] + 45 + 180) % 360 - 180
    about = {"range_km": 300, "bandwidth_km": 20}
    one, other = (kdensity(Sites.from_frame(t), **about) for t in (here, past))
    assert other.density_per_km == pytest.approx(one.density_per_km, rel=1e-3)
    polar = Sites.from_frame(table.assign(latitude=89 + table["latitude"] / 10))
    answer = kdensity(polar, positions="mesh")
    assert np.isfinite(answer.density_per_km).all()


def test_maps_without_distances_are_refused():
    one = Sites.from_frame(frame(1, 1))
    with pytest.raises(DataError, match="None of the 1 industries has two plants"):
        kdensity(one)
    table = frame(50, 2).assign(latitude=35.0, longitude=139.0)
    with pytest.raises(DataError, match="most sites are in one place"):
        kdensity(Sites.from_frame(table))
    # with a range and a bandwidth it is said: all pairs are 0 km apart, and chance gives that too
    answer = kdensity(Sites.from_frame(table), range_km=50, bandwidth_km=5)
    assert answer.pattern == ("random", "random")


def test_negative_and_infinite_counts_are_refused():
    latitude, longitude = towns(10)
    centres = np.stack([latitude, longitude], axis=1)
    counts = np.full((10, 2, 1), 5.0)
    areas = tuple("abcdefghij")
    for bad, match in (
        (-1.0, r"negative or infinite in 1 cells: d × B \(-1\)"),
        (np.inf, r"d × B \(inf\)"),
        (2e9, "adds up to 2,000,000,095. Plants are placed one by one"),
    ):
        counts[3, 1, 0] = bad
        with pytest.raises(DataError, match=match):
            kdensity_areas(Panel(areas, ("A", "B"), ("1",), {"plants": counts}, centres=centres))
