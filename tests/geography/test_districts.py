from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import BUNDLED, aggregate, division, division_from_table
from shuseki.panel import Panel


def test_the_printed_districts() -> None:
    given = division("district-253")
    # Okamuro 2006, p. 5: 253 districts; 2,659 members by our reading of appendix table 3.
    assert given.codes == tuple(f"{k:03d}" for k in range(1, 254))
    assert len(given.members) == 2659
    assert given.members["municipality"].is_unique
    assert set(given.members["municipality"]) <= set(municipalities(1995)["code"])
    assert given.members["confidence"].value_counts().to_dict() == {
        "high": 2637, "medium": 20, "low": 2,
    }  # fmt: skip
    assert int(given.areas["complete"].sum()) == 240


def test_higashiosaka_is_three_cities() -> None:
    # p. 7 of the paper: 東大阪市, 八尾市, 大東市.
    members = division("district-253").members
    own = members[members["area"] == "154"]["municipality"]
    assert set(own) == {"27227", "27212", "27218"}


@pytest.mark.parametrize("name", BUNDLED)
def test_every_division_is_whole(name: str) -> None:
    given = division(name)
    assert given.members["municipality"].is_unique
    assert set(given.members["area"]) == set(given.codes)
    assert given.areas["municipalities"].sum() == len(given.members)
    assert given.areas[["latitude", "longitude"]].notna().all(axis=None)


def test_prefectures_and_zones() -> None:
    assert len(division("prefecture").codes) == 47
    assert len(division("commuting-zone-1995").codes) == 496  # Adachi et al., 1995
    assert len(division("municipality", 2020).codes) == 1741
    with pytest.raises(ParameterError, match="list of municipalities of 1995"):
        division("district-253", 2010)
    with pytest.raises(UnknownCodeError, match="prefecture"):
        division("prefectures")


def test_assignment_is_exact_on_its_date_and_by_the_largest_share_later() -> None:
    given = division("district-253")
    own = given.assignment()
    assert (own["share"] == 1).all()
    assert len(own) == 2659
    later = given.assignment("2012-12-31")
    assert set(later.index) <= set(municipalities("2012-12-31")["code"])
    # 浜松市 of 2012 (22130) is 西遠 (127) but for a part of the north, 佐久間町 and others.
    assert later.at["22130", "area"] == "127"
    assert 0.9 < later.at["22130", "share"] <= 1


def one_each(date: int) -> Panel:
    codes = tuple(municipalities(date)["code"])
    return Panel(codes, ("all",), (str(date),), {"plants": np.ones((len(codes), 1, 1))})


def test_aggregate_counts_members_and_what_is_outside() -> None:
    given = division("district-253")
    done = aggregate(one_each(1995), given)
    np.testing.assert_array_equal(
        done.panel.values["plants"][:, 0, 0], given.areas["municipalities"]
    )
    assert done.panel.division == "district-253"
    assert done.panel.centres is not None
    assert len(done.lost) == 3255 - 2659
    before, after, lost = done.totals.set_index("variable").loc["plants"]
    assert before == pytest.approx(after + lost)


def test_aggregate_of_a_later_date_keeps_the_total() -> None:
    done = aggregate(one_each(2010), division("prefecture"), date=2010)
    assert done.panel.values["plants"].sum() == pytest.approx(1750)
    assert done.lost.empty


def test_a_users_table(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"municipality": ["34205", "34206", "34202"], "area": ["east", "east", "west"],
         "name_en": ["East", "East", "West"]}
    )  # fmt: skip
    path = tmp_path / "mine.csv"
    table.to_csv(path, index=False)
    for given in (division_from_table(table), division_from_table(path)):
        assert given.codes == ("east", "west")
        assert given.areas["name_en"].tolist() == ["East", "West"]
        assert given.areas["prefecture"].tolist() == ["34", "34"]
        assert given.sources[0].origin == "user"


def test_bad_tables_are_refused() -> None:
    good = pd.DataFrame({"municipality": ["34205", "34206"], "area": ["a", "b"]})
    with pytest.raises(DataError, match="Missing columns: area"):
        division_from_table(good.rename(columns={"area": "district"}))
    assert division_from_table(good.rename(columns={"area": "district"}), area="district").codes
    with pytest.raises(DataError, match="34206 in a and b"):
        division_from_table(
            pd.concat([good, pd.DataFrame({"municipality": ["34206"], "area": ["a"]})])
        )
    with pytest.raises(UnknownCodeError, match=r"34206.*its successor is 34205"):
        division_from_table(good, date=2010)
    with pytest.raises(DataError, match="'area': no code in rows 1"):
        division_from_table(good.assign(area=["a", None]))
