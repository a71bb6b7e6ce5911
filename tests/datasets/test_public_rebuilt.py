import numpy as np
import pytest

from shuseki.datasets.rebuilt import REASONS, describe, rebuilt_variables
from shuseki.papers.catalogue import printed_definitions


def test_every_regressor_stands_beside_the_print() -> None:
    given = rebuilt_variables()
    assert set(given.table["variable"]) == set(printed_definitions().names) == set(REASONS)
    wide = given.side_by_side()
    # Okamuro 2006, table 3.
    assert wide.at["PCM", ("mean", "printed")] == 0.216
    assert wide.at["DENS", ("max", "printed")] == 167.8
    assert wide["mean", "rebuilt"].isna().sum() == 2  # land price, research institutes
    assert given.headline().startswith("9 of 11 regressors")
    assert not given.is_synthetic


def test_spreads_and_extremes_are_near_the_print() -> None:
    wide = rebuilt_variables().side_by_side()
    near = wide["sd", "rebuilt"] / wide["sd", "printed"]
    # Within a quarter for every variable: the variation between districts is the real one.
    assert near.dropna().between(0.75, 1.25).all()
    # The minimum of GRSALES is printed as -.230.
    assert wide.at["GRSALES", ("min", "rebuilt")] == pytest.approx(-0.230, abs=5e-4)


def test_describe_by_hand() -> None:
    given = describe(np.array([1.0, 2.0, 6.0]))
    # Mean 3, deviations -2, -1, 3: variance 14 / 2 = 7.
    assert given == {
        "mean": 3.0, "median": 2.0, "sd": pytest.approx(7**0.5), "min": 1.0, "max": 6.0, "n": 3.0,
    }  # fmt: skip
    assert np.isnan(describe(np.array([]))["mean"])
