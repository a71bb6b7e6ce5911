"""M: against R dbmss, every possible sample, and simulation."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.measures import mfunction as module
from shuseki.measures.mfunction import m_function
from shuseki.sites import Sites

ORACLE = Path(__file__).parent / "oracle"


@pytest.fixture
def sites() -> Sites:
    return Sites.from_frame(pd.read_csv(ORACLE / "dbmss_plants.csv"))


@pytest.mark.parametrize(("weights", "column"), [("none", "plain"), ("employment", "weighted")])
def test_m_against_dbmss(sites, weights, column):
    printed = pd.read_csv(ORACLE / "dbmss_m.csv").iloc[1:]
    answer = m_function(sites, "A", radii_km=printed["r"], weights=weights)
    assert answer.m == pytest.approx(printed[column].to_numpy(), rel=1e-7)
    assert answer.null_by == ("moments" if weights == "none" else "simulation")
    assert "times its industry's share" in answer.headline()
    assert len(answer.to_frame()) == 6


def test_covariance_over_every_possible_industry():
    rng = np.random.default_rng(1)
    x, y, z = module._chord_coordinates(35 + rng.normal(0, 0.1, 9), 139 + rng.normal(0, 0.1, 9))
    squares = np.array([18.0, 22.0, 30.0]) ** 2
    everyone, ones = np.arange(9), np.ones(9)
    around = module._mass_within(x, y, z, ones, everyone, everyone, squares)
    assert around.min() > 0  # no site without a neighbour: the covariance is exact
    drawn = np.array(
        [
            module._m_of(x, y, z, ones, np.array(chosen), around, squares)
            for chosen in combinations(range(9), 4)
        ]
    )
    assert drawn.mean(axis=0) == pytest.approx(np.ones(3))
    assert module.m_covariance(x, y, z, around, squares, 4) == pytest.approx(
        np.cov(drawn.T, bias=True), abs=1e-12
    )


def test_deviation_against_simulation(sites):
    # weighted by equal employment is the unweighted null, simulated 1,000 times: s.e. 2.2%
    equal = Sites(
        sites.latitude, sites.longitude, sites.industry, sites.industries, np.ones(len(sites))
    )
    exact = m_function(equal, "A", radii_km=(10, 20, 50, 100))
    simulated = m_function(equal, "A", radii_km=(10, 20, 50, 100), weights="employment")
    assert exact.m == pytest.approx(simulated.m)
    assert exact.deviation == pytest.approx(simulated.deviation, rel=0.09)


def test_bad_radii_and_one_plant(sites):
    with pytest.raises(ParameterError, match="positive, increasing"):
        m_function(sites, "A", radii_km=(5, 5))
    lonely = Sites(
        sites.latitude,
        sites.longitude,
        np.where(np.arange(300) == 0, 0, 1),
        ("A", "B"),
        sites.employment,
    )
    with pytest.raises(DataError, match="has 1 plants"):
        m_function(lonely, "A")
