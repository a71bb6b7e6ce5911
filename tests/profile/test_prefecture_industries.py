import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.catalogue import load
from shuseki.profile.base import base_of
from shuseki.profile.prefecture_industries import (
    industries_around,
    location_quotients,
    quotients_around,
)


def test_quotients_by_hand() -> None:
    # Prefecture 01: 30 of 40 workers in 091, nation 100 of 200: 0.75 / 0.5 = 1.5. Offices (090) and
    # an industry whose workers are withheld are left out. log interval: 1.645 √((1 + 4) / 5)
    table = pd.DataFrame(
        {
            "prefecture": ["00", "00", "00", "01", "01", "01", "01"],
            "industry": ["091", "092", "090", "091", "092", "090", "093"],
            "plants": [20, 20, 7, 5, 5, 2, 3],
            "employees": [100, 100, 50, 30, 10, 9, None],
        }
    )
    found = location_quotients(table)
    assert found.loc["01", "quotient"].to_dict() == {"091": 1.5, "092": 0.5}
    one = found.loc[("01", "091")]
    assert np.log(one["upper"] / one["quotient"]) == pytest.approx(1.645)
    assert np.log(one["quotient"] / one["lower"]) == pytest.approx(1.645)


def test_quotients_of_a_prefecture_average_to_one() -> None:
    # Weighted by the nation's shares the quotients of any prefecture add up to 1
    table = load("manufacturing-prefecture-3digit-2014").astype({"industry": str})
    table = table[~table["industry"].str.endswith("0")].dropna(subset=["employees"])
    nation = table[table["prefecture"] == "00"].set_index("industry")["employees"].astype(float)
    share = nation / nation.sum()
    found = pd.Series(quotients_around(base_of("prefecture"), "15"))
    assert (found * share[found.index]).sum() == pytest.approx(1.0)


def test_every_industry_has_a_name_in_both_languages() -> None:
    codes = {code for code in load("manufacturing-prefecture-3digit-2014")["industry"].astype(str)
             if not code.endswith("0")}  # fmt: skip
    names = load("manufacturing-3digit-names")
    assert set(names["industry"]) == codes
    assert names[["name_en", "name_ja"]].notna().all().all()


def test_districts_and_towns_have_the_industries_of_their_prefecture() -> None:
    district = industries_around(base_of("district-253"), "090")
    town = industries_around(base_of("municipality"), "15213")
    prefecture = industries_around(base_of("prefecture"), "15")
    assert district is not None
    assert town is not None
    assert prefecture is not None
    assert district.codes == town.codes == prefecture.codes
    assert "Niigata" in district.headline()
    assert (np.diff(district.lower) <= 0).all()
    assert (district.lower > 1).all()
    # the source lacks Fukui (18)
    assert industries_around(base_of("district-253"), "107") is None
