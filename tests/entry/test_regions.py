"""Are areas added up right, random divisions contiguous, and slopes compared as they are?"""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from shuseki.entry.design import Design
from shuseki.entry.ols import estimate
from shuseki.entry.regions import (
    Units,
    add_up_accounts,
    compare_divisions,
    delaunay_links,
    random_division,
)
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.papers.catalogue import printed_definitions
from shuseki.papers.okamuro_2006.variables import table_2

TOLD = printed_definitions()
START = {"outcomes": ("START",), "definitions": TOLD}
TERMS = ("UNEMPL", "MRATIO", "HITECH")


@pytest.fixture(scope="module")
def units(accounts) -> Units:
    """The made-up areas as units, with births by their own accounts."""
    rng = np.random.default_rng(5)
    x = table_2(accounts).frame
    rate = 3 + 9 * x["UNEMPL"] + 9 * x["MRATIO"]
    births = rng.poisson(rate * accounts["labour_force_1995"] / 10_000)
    centres = np.column_stack([rng.uniform(33, 40, 253), rng.uniform(131, 141, 253)])
    return Units(accounts, pd.DataFrame({"births": births}, index=accounts.index), centres)


def every(units: Units, size: int) -> pd.Series:
    """Runs of units as areas."""
    return pd.Series(
        [f"{k // size:03d}" for k in range(len(units.accounts))], index=units.accounts.index
    )


def contiguous(links: sparse.csr_array, areas: np.ndarray) -> bool:
    """Whether every area is one connected part of the links."""
    return all(
        sparse.csgraph.connected_components(
            links[np.flatnonzero(areas == area)][:, np.flatnonzero(areas == area)], directed=False
        )[0]
        == 1
        for area in np.unique(areas)
    )


def test_rates_of_a_sum_are_the_sum_of_births_over_the_sum_of_people(units: Units) -> None:
    # two units: births a + b over labour force a + b, unemployed a + b over labour force a + b
    pair = list(units.accounts.index[:2])
    variables = add_up_accounts(units, pd.Series("x", index=pair), definitions=TOLD)
    labour = units.accounts.loc[pair, "labour_force_1995"].sum()
    born = units.counts.loc[pair, "births"].sum()
    assert variables.frame.loc["x", "START"] == pytest.approx(10_000 * born / labour)
    jobless = units.accounts.loc[pair, "unemployed_1995"].sum()
    assert variables.frame.loc["x", "UNEMPL"] == pytest.approx(jobless / labour)
    assert variables.frame.index.tolist() == ["x"]


def test_land_price_is_the_highest(units: Units) -> None:
    price = "industrial_land_price_yen_per_m2_1998"
    known = units.accounts[price].dropna().index[:3]
    variables = add_up_accounts(units, pd.Series("x", index=known), definitions=TOLD)
    highest = units.accounts.loc[known, price].max()
    assert variables.frame.loc["x", "LNLANDP"] == pytest.approx(np.log(highest / 100))


def test_units_as_areas_give_the_plain_equation(units: Units) -> None:
    identity = pd.Series(units.accounts.index, index=units.accounts.index)
    answer = compare_divisions(units, {"unit": identity}, terms=TERMS, **START)
    plain = estimate(Design("START", TERMS), table_2(units.accounts, units.counts))
    np.testing.assert_allclose(answer.table["coefficient"], plain.coefficients[1:], rtol=1e-9)
    np.testing.assert_allclose(answer.table["p_value"], plain.p[1:], rtol=1e-6)


def test_the_truth_is_found_in_every_division(units: Units) -> None:
    # births follow 9 UNEMPL and 9 MRATIO of each unit, so, with rates linear in shares, of any sum
    # of units up to the covariance of labour force and workers; four standard errors of room
    identity = pd.Series(units.accounts.index, index=units.accounts.index)
    answer = compare_divisions(
        units,
        {"unit": identity, "pairs": every(units, 2), "fours": every(units, 4)},
        terms=TERMS,
        **START,
        outliers="none",
    )
    table = answer.table[answer.table["term"] == "MRATIO"]
    assert (np.abs(table["coefficient"] - 9) < 4 * table["standard_error"]).all()
    assert table["areas"].tolist() == [253, 127, 64]
    assert "3 slopes" in answer.headline()


@pytest.mark.parametrize("areas", [2, 20, 100, 253])
def test_random_divisions_are_contiguous_and_complete(units: Units, areas: int) -> None:
    links = delaunay_links(units.centres)
    found = random_division(links, areas, np.random.default_rng(1))
    assert sorted(set(found)) == list(range(areas))
    assert contiguous(links, found)


def test_random_divisions_differ_and_repeat_with_the_seed(units: Units) -> None:
    links = delaunay_links(units.centres)
    rng = np.random.default_rng(1)
    one, two = random_division(links, 30, rng), random_division(links, 30, rng)
    assert (one != two).any()
    assert (random_division(links, 30, np.random.default_rng(1)) == one).all()


def test_unconnected_parts_each_get_an_area() -> None:
    links = sparse.block_diag([np.ones((3, 3)) - np.eye(3)] * 2, format="csr")
    found = random_division(sparse.csr_array(links), 2, np.random.default_rng(0))
    assert found.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(ParameterError, match="1 areas of 6 units in 2 unconnected parts"):
        random_division(sparse.csr_array(links), 1, np.random.default_rng(0))


def test_random_divisions_in_the_result(units: Units) -> None:
    identity = pd.Series(units.accounts.index, index=units.accounts.index)
    answer = compare_divisions(
        units,
        {"pairs": every(units, 2), "unit": identity},
        terms=TERMS,
        **START,
        random_areas=(127,),
        draws=20,
        rng=np.random.default_rng(0),
    )
    found = answer.agreement().set_index("term")
    # MRATIO drives the births in every division, HITECH in none
    assert found.loc["MRATIO", "random_same_sign_share"] == 1
    assert found.loc["MRATIO", "random_significant_share"] > 0.9
    assert found.loc["HITECH", "random_significant_share"] < 0.5
    assert len(answer.random) == 20 * 3
    frame = answer.to_frame()
    assert frame["division"].iloc[-1] == "random, 127 areas, 20 draws"
    middle = answer.random.loc[answer.random["term"] == "MRATIO", "coefficient"].median()
    assert frame.iloc[-2]["coefficient"] == pytest.approx(middle)


def test_units_that_a_division_leaves_out_are_left_out(units: Units) -> None:
    half = every(units, 1).iloc[:100]
    answer = compare_divisions(units, {"half": half}, terms=TERMS, **START)
    assert set(answer.table["areas"]) == {100}


def test_bad_input_is_named(units: Units) -> None:
    identity = pd.Series(units.accounts.index, index=units.accounts.index)
    with pytest.raises(UnknownCodeError, match="convert its codes"):
        compare_divisions(units, {"other": pd.Series("x", index=["13101"])}, terms=TERMS, **START)
    with pytest.raises(UnknownCodeError, match="district"):
        compare_divisions(units, {"unit": identity}, terms=TERMS, **START, reference="district")
    with pytest.raises(ParameterError, match="default_rng"):
        compare_divisions(units, {"unit": identity}, terms=TERMS, **START, random_areas=(20,))
    twice = pd.Series(["a", "b"], index=["001", "001"])
    with pytest.raises(DataError, match="two areas: 001"):
        compare_divisions(units, {"twice": twice}, terms=TERMS, **START)
    with pytest.raises(DataError, match="3 areas for 4 coefficients"):
        compare_divisions(units, {"three": every(units, 100)}, terms=TERMS, **START)
    births = pd.DataFrame({"births": [1]}, index=["999"])
    with pytest.raises(AlignmentError, match="Births in units without accounts: 999"):
        compare_divisions(Units(units.accounts, births), {"unit": identity}, terms=TERMS, **START)
    with pytest.raises(ParameterError, match="centres or links"):
        compare_divisions(
            Units(units.accounts, units.counts),
            {"unit": identity},
            terms=TERMS,
            **START,
            random_areas=(20,),
            rng=np.random.default_rng(0),
        )
    with pytest.raises(DataError, match="not on a line"):
        delaunay_links(np.array([[35.0, 135.0], [35.0, 136.0], [35.0, 137.0]]))
