"""Concentration: by hand, against R REAT and esda, invariances, bad input."""

from pathlib import Path

import esda
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from shuseki.errors import AlignmentError, DataError, ParameterError
from shuseki.geography.weights import Neighbours, nearest_neighbours
from shuseki.language import told
from shuseki.measures.distance.kdensity import kdensity
from shuseki.measures.indices import concentration as module
from shuseki.measures.indices.concentration import (
    coagglomeration,
    concentration,
    disagreement,
    plant_herfindahls,
    scale_sweep,
)
from shuseki.panel import Panel
from shuseki.sites import Sites
from shuseki.study.chapters.measures import measure

ORACLE = Path(__file__).parents[1] / "oracle"


@pytest.fixture
def plants() -> pd.DataFrame:
    table = pd.read_csv(ORACLE / "dbmss_plants.csv")
    return table.assign(area=table["latitude"].round().astype(int))


@pytest.fixture
def printed() -> pd.Series:
    return pd.read_csv(ORACLE / "reat.csv").set_index("name")["value"]


def test_gamma_and_its_z_against_reat(plants, printed):
    by_area = plants.pivot_table(
        index="area", columns="industry", values="employment", aggfunc="sum"
    ).to_numpy(dtype=float)
    z = plants.loc[plants["industry"] == "A", "employment"].to_numpy(dtype=float)
    z /= z.sum()
    share, base = by_area[:, :1] / by_area[:, 0].sum(), by_area.sum(axis=1) / by_area.sum()
    H = np.array([(z**2).sum()])
    gamma, error = module.ellison_glaeser(share, base, H, np.array([(z**4).sum()]))
    assert H[0] == pytest.approx(printed["H"], rel=1e-10)
    assert gamma[0] == pytest.approx(printed["gamma"], rel=1e-10)
    # REAT standardises G − (1−Σx²)H by the same variance: γ over its error
    assert gamma[0] / error[0] == pytest.approx(printed["z"], rel=1e-10)


def test_gini_over_equal_areas_against_reat(plants, printed):
    own = plants[plants["industry"] == "A"].groupby("area")["employment"].sum().to_numpy(float)
    share = (own / own.sum())[:, None]
    gini = module.locational_gini(share, np.full(len(own), 1 / len(own)))
    assert gini[0] == pytest.approx(printed["gini_equal_areas"], rel=1e-10)


def test_indices_by_hand():
    # s = (.8, .2), x = (.5, .5): Lorenz (0,0) (.5,.2) (1,1): Gini = 1 − 2(.05 + .3) = .3
    share, base = np.array([[0.8], [0.2]]), np.array([0.5, 0.5])
    assert module.locational_gini(share, base)[0] == pytest.approx(0.3)
    theil = 0.8 * np.log(1.6) + 0.2 * np.log(0.4)
    assert module.theil(share, base, np.array([0, 1]))[1][0] == pytest.approx(theil)
    # G = .18, 1 − Σx² = .5; H = .1: γ = (.18 − .05)/(.5 × .9)
    gamma, _ = module.ellison_glaeser(share, base, np.array([0.1]), np.array([0.001]))
    assert gamma[0] == pytest.approx(0.13 / 0.45)
    # (Σs² − Σx²)/(1 − Σx²) = (.68 − .5)/.5 = .36
    H = np.array([0.1])
    index, error = module.maurel_sedillot(share, base, H, H**2, H**3)
    assert index[0] == pytest.approx(0.26 / 0.9)
    # two equal areas: Σx³ = (Σx²)² = 1/4, so only pairs vary: 2 (H² − H³)(x2 − x2²)
    assert error[0] == pytest.approx(np.sqrt(2 * 0.009 * 0.25) / (0.5 * 0.9))


def test_indices_are_zero_on_average_under_random_location():
    # 6,000 industries of 50 unequal plants thrown at 30 areas
    rng = np.random.default_rng(1)
    base = rng.dirichlet(np.ones(30) * 2)
    z = rng.lognormal(0, 1, 50)
    z /= z.sum()
    where = rng.choice(30, size=(6_000, 50), p=base)
    share = np.stack([np.bincount(row, z, 30) for row in where], axis=1)
    H, third, fourth = (np.full(6_000, (z**k).sum()) for k in (2, 3, 4))
    for index, error in (
        module.ellison_glaeser(share, base, H, fourth),
        module.maurel_sedillot(share, base, H, third, fourth),
    ):
        assert index.mean() == pytest.approx(0, abs=4 * error[0] / np.sqrt(6_000))
        assert index.std() == pytest.approx(error[0], rel=0.05)  # a skewed law's deviation
    # the first half against the second: 3,000 pairs of independent industries
    pairs = [
        module.pairwise_coagglomeration(share[:, [k, k + 3_000]], base, H[:2]) for k in range(3_000)
    ]
    gamma = np.array([pair[0][0, 1] for pair in pairs])
    error = pairs[0][1][0, 1]
    assert gamma.mean() == pytest.approx(0, abs=4 * error / np.sqrt(3_000))
    assert gamma.std() == pytest.approx(error, rel=0.06)


def test_theil_parts_add_up_and_groups_of_one_are_all_between(panel):
    answer = concentration(panel, permutations=99)
    assert answer.theil_between + answer.theil_within == pytest.approx(answer.theil)
    assert (answer.theil_between >= -1e-12).all()
    assert (answer.theil_within >= -1e-12).all()


def test_the_indices_tell_the_three_industries_apart(panel):
    answer = concentration(panel, permutations=199)
    assert answer.ellison_glaeser[0] < 0.02
    assert answer.ellison_glaeser[2] > 0.05
    assert answer.moran_p[1] < 0.02
    assert answer.moran[1] > answer.moran[2]
    assert answer.herfindahl_from == "cell means"
    assert any("lower bound" in note for note in answer.notes)
    assert "highly concentrated" in answer.headline()


def test_moran_against_esda(panel):
    neighbours = nearest_neighbours(panel.areas, panel.centres, 8)
    values = np.random.default_rng(3).normal(size=(40, 2)) + panel.centres[:, :1]
    ours, p = module.moran(values, neighbours.matrix, 999, 1)
    for k in range(2):
        theirs = esda.Moran(values[:, k], neighbours.to_w(), permutations=999)
        assert ours[k] == pytest.approx(theirs.I, rel=1e-10)
        # two sets of 999 permutations
        assert p[k] == pytest.approx(theirs.p_sim, abs=0.03)


def test_equal_values_have_no_moran():
    touch = sparse.csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0.0]]))
    row = Neighbours(tuple("abcd"), touch, "a row", False)
    # 0.1 + 0.2 is not 0.3 to the last digit: still equal
    cube = np.array([[0.1 + 0.2, 0.3, 3, 0.3], [1, 1, 10, 1]]).T[:, :, None]
    data = Panel(tuple("abcd"), ("A", "rest"), ("1",), {"employment": cube, "plants": cube})
    whole = concentration(data, neighbours=row)
    assert np.isnan(whole.moran).all()
    assert np.isnan(whole.moran_p).all()
    assert "Moran's I is undefined, all quotients being equal or too few: A, rest." in whole.notes


def test_areas_without_data_are_left_out_of_moran(panel):
    cube = panel.values["employment"].copy()
    cube[3] = 0  # no one works in 03
    cube[5] = np.nan  # nothing is published of 05
    cube[9, 1] = np.nan  # "corner" is suppressed in 09
    gappy = panel.with_variable("employment", cube)
    kept = [code for code in panel.areas if code not in ("03", "05", "09")]
    whole = concentration(gappy, permutations=99)
    same = concentration(gappy.select(areas=kept), permutations=99)
    assert whole.moran[1] == pytest.approx(same.moran[1])
    assert any("Areas without data are left out of Moran's I: 03, 05;" in n for n in whole.notes)


def test_jackknife_error_against_the_spread_of_samples():
    # areas drawn again and again: the jackknife's error is the deviation of the index
    rng = np.random.default_rng(5)
    errors, values = [], []
    for _ in range(200):
        employment = rng.lognormal(3, 0.8, (200, 2))
        share, base = employment / employment.sum(axis=0), employment.sum(axis=1)
        values.append(module.locational_gini(share, base / base.sum())[0])
        errors.append(module.jackknife_error(module.locational_gini, employment)[0])
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_splitting_units_changes_nothing_but_relabelling(panel):
    order = np.random.default_rng(0).permutation(40)
    again = panel.select(areas=[panel.areas[k] for k in order])
    first, second = concentration(panel, permutations=9), concentration(again, permutations=9)
    assert second.ellison_glaeser == pytest.approx(first.ellison_glaeser)
    assert second.locational_gini == pytest.approx(first.locational_gini)
    assert second.moran == pytest.approx(first.moran)


def test_coagglomeration_by_hand_and_as_a_group():
    share = np.array([[0.8, 0.6], [0.2, 0.4]])
    base = np.array([0.5, 0.5])
    gamma, _ = module.pairwise_coagglomeration(share, base, np.array([0.1, 0.05]))
    assert gamma[0, 1] == pytest.approx((0.3 * 0.1 + 0.3 * 0.1) / 0.5)
    # the paper's γᶜ of a group of two is the pair's, whatever their weights and plants
    weight, H = np.array([0.3, 0.7]), np.array([0.1, 0.05])
    own, _ = module.ellison_glaeser(share, base, H, H**3)
    together = module.group_coagglomeration(share, base, weight, own, H)
    assert together == pytest.approx(gamma[0, 1])


def test_coagglomeration_names_the_pair(panel):
    answer = coagglomeration(panel)
    assert len(answer.to_frame()) == 3
    assert "Of 3 pairs" in answer.headline()
    assert "standard errors" in answer.headline()
    assert (answer.to_frame()["standard_error"] > 0).all()


def test_disagreement_says_why(panel):
    rng = np.random.default_rng(2)
    sites = Sites(
        rng.uniform(34, 38, 600),
        rng.uniform(136, 139, 600),
        np.repeat(np.arange(3), 200),
        panel.industries,
        np.ones(600),
    )
    indices = concentration(panel, permutations=99)
    plain, with_distance = disagreement(indices), disagreement(indices, kdensity(sites))
    assert plain.ranks.shape == (3, 5)
    # no industry is localised by distance, so Γ ties them all and is left out
    assert "k_density" not in with_distance.indices
    assert any("K-density" in note for note in with_distance.notes)
    frame = plain.to_frame()
    assert frame["spread"].is_monotonic_decreasing
    assert "agree least" in plain.headline()


def test_disagreement_blames_large_plants():
    # "few" has all its workers in three huge plants: unequal by Gini, nothing left in γ
    rng = np.random.default_rng(3)
    plants = rng.poisson(30, (60, 8)).astype(float)
    plants[:, 0] = 0
    plants[[5, 25, 45], 0] = 1
    employment = 10 * plants
    employment[[5, 25, 45], 0] = 4_000
    panel = Panel(
        tuple(map(str, range(60))),
        ("few", *map(str, range(7))),
        ("2001",),
        {"plants": plants[:, :, None], "employment": employment[:, :, None]},
    )
    answer = disagreement(concentration(panel))
    assert "moran" not in answer.indices  # no centres, no neighbours
    assert np.isfinite(answer.ranks).all()


def test_scale_sweep_compares_units(panel):
    coarse = Panel(
        areas=tuple("ABCDEFGH"),
        industries=panel.industries,
        periods=panel.periods,
        values={
            name: array.reshape(8, 5, 3, 1).sum(axis=1) for name, array in panel.values.items()
        },
    )
    answer = scale_sweep({"fine": panel, "coarse": coarse})
    assert len(answer.to_frame()) == 6
    assert "fine" in answer.headline()
    with pytest.raises(ParameterError, match="two areal units"):
        scale_sweep({"fine": panel})


def test_herfindahl_of_plants_and_its_bound(plants):
    table = plants.assign(longitude=plants["longitude"])
    exact = plant_herfindahls(Sites.from_frame(table))
    own = plants[plants["industry"] == "A"]
    assert exact["A"] == pytest.approx(
        (own["employment"] ** 2).sum() / own["employment"].sum() ** 2
    )
    cells = plants.groupby(["area", "industry"]).agg(
        employment=("employment", "sum"), plants=("employment", "size")
    )
    panel = Panel.from_frame(cells.reset_index(), period=None)
    answer = concentration(panel)
    assert answer.herfindahl[0] <= exact["A"]
    squares = plants.assign(square=plants["employment"].astype(float) ** 2)
    tallied = panel.with_variable(
        "squared_employment",
        squares.pivot_table(index="area", columns="industry", values="square", aggfunc="sum")
        .fillna(0)
        .to_numpy()[:, :, None],
    )
    assert concentration(tallied).herfindahl[0] == pytest.approx(exact["A"])
    assert concentration(tallied).herfindahl_from == "squares"
    with_sizes = concentration(panel, herfindahl=exact)
    assert with_sizes.ellison_glaeser[0] <= answer.ellison_glaeser[0]
    assert with_sizes.herfindahl_from == "plants"
    by_hand = concentration(panel, herfindahl=dict(exact))
    assert by_hand.herfindahl_from == "squares"
    assert "equal size" in " ".join(by_hand.notes)
    # with H known and plants unequal, the error of equal plants is too large
    assert (
        with_sizes.ellison_glaeser_standard_error <= by_hand.ellison_glaeser_standard_error + 1e-15
    ).all()


def test_errors_are_of_the_plants_own_sizes(plants, printed):
    # z of γ by REAT, from the sizes: the panel with powers, and the sites, must give it
    powers = {
        f"{name}_employment": plants["employment"].astype(float) ** k
        for k, name in ((2, "squared"), (3, "cubed"), (4, "fourth_power"))
    }
    cells = (
        plants.assign(**powers)
        .groupby(["area", "industry"])
        .agg(
            employment=("employment", "sum"),
            plants=("employment", "size"),
            **{name: (name, "sum") for name in powers},
        )
        .reset_index()
    )
    tallied = Panel.from_frame(cells, period=None)
    plain = Panel.from_frame(cells, period=None, variables=["employment", "plants"])
    sizes = plant_herfindahls(Sites.from_frame(plants))
    for answer in (concentration(tallied), concentration(plain, herfindahl=sizes)):
        assert answer.herfindahl_from == "plants"
        z = answer.ellison_glaeser / answer.ellison_glaeser_standard_error
        assert z[0] == pytest.approx(printed["z"], rel=1e-10)
        assert any("the sizes of the plants" in note for note in answer.notes)
    equal = concentration(plain, herfindahl=dict(sizes))
    assert (equal.ellison_glaeser / equal.ellison_glaeser_standard_error)[0] < printed["z"]


def test_sizes_of_other_plants_are_not_used(plants):
    cells = plants.groupby(["area", "industry"]).agg(
        employment=("employment", "sum"), plants=("employment", "size")
    )
    panel = Panel.from_frame(cells.reset_index(), period=None)
    here, elsewhere = Sites.from_frame(plants), Sites.from_frame(plants[plants["area"] > 35])
    assert plant_herfindahls(here).differs_from(panel, "employment") is None
    assert "plants" in plant_herfindahls(elsewhere).differs_from(panel, "employment") or (
        "employment" in plant_herfindahls(elsewhere).differs_from(panel, "employment")
    )
    exact = measure(panel, here, {"concentration": True})["concentration"]
    assert exact.herfindahl_from == "plants"
    told = measure(panel, elsewhere, {"concentration": True})["concentration"]
    assert told.herfindahl_from == "cell means"
    assert any("The sites are other plants than the panel's" in note for note in told.notes)
    # sizes in the panel are of its own plants: sites are not asked
    squares = plants.assign(square=plants["employment"].astype(float) ** 2)
    own = squares.groupby(["area", "industry"])["square"].sum().unstack().fillna(0).to_numpy()
    both = panel.with_variable("squared_employment", own[:, :, None])
    assert measure(both, elsewhere, {"concentration": True})["concentration"].herfindahl == (
        pytest.approx(exact.herfindahl)
    )


def test_bad_input(panel):
    empty = panel.with_variable("employment", panel.values["employment"] * [[[1], [0], [1]]])
    with pytest.raises(DataError, match=r"Industries that employ no one: corner \(1 of 3\)"):
        concentration(empty)
    with pytest.raises(AlignmentError, match="without a Herfindahl index: corner, single"):
        concentration(panel, herfindahl={"even": 0.1})
    with pytest.raises(DataError, match="γ needs plants"):
        concentration(Panel(("a", "b"), ("A",), ("1",), {"employment": np.ones((2, 1, 1))}))
    for wrong in (-3.0, np.inf):
        broken = panel.values["employment"].copy()
        broken[2, 1, 0] = wrong
        for verb in (concentration, coagglomeration):
            with pytest.raises(DataError, match="negative or infinite in 1 cells: 02 × corner"):
                verb(panel.with_variable("employment", broken))
    with pytest.raises(DataError, match="The panel has one area"):
        concentration(panel.select(areas=["00"]))
    # 1 − Σx² is zero where one area has everything
    gathered = panel.values["employment"].copy()
    gathered[1:] = 0
    for verb in (concentration, coagglomeration):
        with pytest.raises(DataError, match="Only 00 has any 'employment'"):
            verb(panel.with_variable("employment", gathered))
    nobody = panel.with_variable("employment", 0 * panel.values["employment"])
    for verb in (concentration, coagglomeration):
        with pytest.raises(DataError, match="adds up to nothing in 2001"):
            verb(nobody)
    with pytest.raises(DataError, match="takes two"):
        coagglomeration(panel.select(industries=["even"]))
    gappy = panel.values["employment"].copy()
    gappy[0, 0, 0] = np.nan
    answer = concentration(panel.with_variable("employment", gappy), permutations=9)
    assert any("1 suppressed" in note for note in answer.notes)


def test_an_industry_alone_is_compared_with_itself(panel):
    answer = concentration(panel.select(industries=["corner"]))
    assert answer.locational_gini == pytest.approx([0])
    assert np.isnan(answer.ellison_glaeser).all()
    assert np.isnan(answer.moran).all()
    assert any("γ says nothing" in note for note in answer.notes)
    assert "γ is undefined for all of 1 industries" in answer.headline()
    assert "γが定まらない" in told(answer.headline(), "ja")
    answers = measure(panel.select(industries=["corner"]), None, {"concentration": True})
    assert list(answers) == ["concentration"]


def test_industries_without_an_index_are_not_ranked(panel):
    cube = np.concatenate([panel.values["plants"], np.zeros((40, 1, 1))], axis=1)
    cube[4, 3] = 1
    more = Panel(
        panel.areas, (*panel.industries, "one"), ("1",), {"plants": cube, "employment": cube}
    )
    answer = concentration(more)
    assert np.isnan(answer.ellison_glaeser[3])
    assert "least" in answer.headline()
    assert "nan" not in answer.headline()
    compared = disagreement(answer)
    assert compared.industries == panel.industries
    assert "Industries without one of the indices: one." in compared.notes


def test_a_one_plant_industry_has_no_gamma():
    plants = np.array([[5.0, 1.0], [7.0, 0.0], [6.0, 0.0]])[:, :, None]
    answer = concentration(
        Panel(("a", "b", "c"), ("many", "one"), ("1",), {"plants": plants, "employment": plants})
    )
    assert np.isnan(answer.ellison_glaeser[1])
    assert any("One-plant industries" in note for note in answer.notes)
