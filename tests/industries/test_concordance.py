import numpy as np
import pytest

from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.industries.classification import classification
from shuseki.industries.concordance import comparable_groups, concordance, successor


@pytest.mark.parametrize(("earlier", "later"), [(10, 11), (11, 12), (12, 14), (10, 14)])
def test_every_group_has_a_successor_and_a_predecessor(earlier: int, later: int) -> None:
    table = concordance(earlier, later)
    assert set(table["from_code"]) == set(classification(f"jsic-{earlier}").codes)
    assert set(table["to_code"]) == set(classification(f"jsic-{later}").codes)
    assert not table.duplicated(["from_code", "to_code"]).any()


def test_shares_are_one_a_partition_or_unknown() -> None:
    for earlier, later in ((10, 11), (11, 12), (12, 14)):
        total = concordance(earlier, later).groupby("from_code")["plants_share"]
        share = total.sum(min_count=1)
        known = share[total.count() == total.size()]
        np.testing.assert_allclose(known, 1, atol=1e-3)
        # Shares are known for all the parts of a group or for none.
        assert set(total.count()[total.count() < total.size()]) <= {0}


def test_a_unique_successor_is_found_over_several_revisions() -> None:
    # 食料品: 12 in revision 10, 09 since.
    assert successor("12", 10, 14) == "09"
    # 武器 became a part of その他 in 2002, where it stayed until 2007.
    assert successor("33", 10, 11) == "32"


def test_no_unique_successor_is_said_with_the_parts() -> None:
    with pytest.raises(UnknownCodeError, match=r"no unique successor.*27 \(major part\)"):
        successor("30", 10, 11)
    with pytest.raises(UnknownCodeError, match=r"11 \(minor part\)"):
        successor("17", 11, 12)
    with pytest.raises(UnknownCodeError, match="99"):
        successor("99", 10, 11)


def test_comparable_groups_are_crossed_by_no_change() -> None:
    groups = comparable_groups([10, 11, 12]).set_index(["revision", "code"])["group"]
    for earlier, later in ((10, 11), (11, 12)):
        table = concordance(earlier, later)
        for row in table.itertuples():
            assert groups[str(earlier), row.from_code] == groups[str(later), row.to_code]
    # Electrical machinery split in three in 2002: the three are one comparable group.
    assert groups["12", "28"] == groups["12", "29"] == groups["12", "30"] == "28+29+30"


def test_neglecting_minor_parts_gives_finer_groups() -> None:
    strict = comparable_groups([11, 12])["group"].nunique()
    loose = comparable_groups([11, 12], minor=False)
    assert loose["group"].nunique() > strict
    table = loose.set_index(["revision", "code"])["group"]
    # Without chemical fibres, chemicals (17 in revision 11, 16 in 12) stand alone.
    assert table["11", "17"] == "16"


def test_bad_revisions() -> None:
    with pytest.raises(UnknownCodeError, match="9"):
        concordance(9, 11)
    with pytest.raises(ParameterError, match="earlier and a later"):
        concordance(12, 11)
    with pytest.raises(ParameterError, match="two or more"):
        comparable_groups([12])
    assert concordance(11, 13).equals(concordance(11, 12))
