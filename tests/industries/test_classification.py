import pytest

from shuseki.errors import UnknownCodeError
from shuseki.industries.classification import CLASSIFICATIONS, classification


@pytest.mark.parametrize(
    ("name", "count"),
    # Medium groups of manufacturing: 23 in revision 10, 24 since 11 (MIC).
    [("okamuro-58", 58), ("jsic-10", 23), ("jsic-11", 24), ("jsic-12", 24), ("jsic-14", 24)],
)
def test_counts(name: str, count: int) -> None:
    given = classification(name)
    assert len(given.codes) == len(set(given.codes)) == count
    assert all(given.names("en"))
    assert all(given.names("ja"))


def test_the_58_classes_are_the_printed_ones() -> None:
    table = classification("okamuro-58").table.set_index("code")
    # Okamuro 2006, appendix table 1.
    assert table.at["H01", "name_ja"] == "医薬品"
    assert table.at["H01", "rd_intensity_percent"] == 10.51
    assert table.at["L36", "rd_intensity_percent"] == 0.09
    assert (table["technology_as_printed"] == "high").sum() == 22
    # Within each printed group the intensity falls with the rank.
    for _, group in table.groupby("technology_as_printed"):
        assert group.sort_values("rank")["rd_intensity_percent"].is_monotonic_decreasing


def test_the_58_classes_nest_in_revision_10() -> None:
    table = classification("okamuro-58").table
    known = set(classification("jsic-10").codes)
    assert set(table["jsic10"]) <= known
    # Only ordnance has no class of its own.
    assert known - set(table["jsic10"]) == {"33"}
    assert set(table["jsic10_confidence"]) == {"high", "medium"}


def test_misprints_are_corrected_and_kept() -> None:
    table = classification("okamuro-58").table.set_index("code")
    assert table.at["L09", "name_ja"] == "銑鉄・粗鋼・鋼材"
    assert table.at["L09", "name_as_printed"] == "鉄鉄・粗鋼・鋼材"


def test_unknown_names_and_codes() -> None:
    with pytest.raises(UnknownCodeError, match="jsic-12"):
        classification("jsic-13")
    with pytest.raises(UnknownCodeError, match="H23"):
        classification("okamuro-58").require(["H01", "H23"])
    assert CLASSIFICATIONS[0] == "okamuro-58"
