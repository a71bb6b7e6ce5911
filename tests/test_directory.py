import pytest

from shuseki.directory import Capability, Directory, Firm, Tie
from shuseki.errors import DataError, UnknownCodeError

OTA = (Firm("1", "ota", "A"), Firm("2", "ota", "B"))
SUWA = Firm("1", "suwa", "C")


def test_firms_of_two_clusters_may_share_an_id():
    directory = Directory((*OTA, SUWA), (Capability("suwa/1", "turning"),))
    assert directory.keys == ("ota/1", "ota/2", "suwa/1")
    assert repr(directory) == "Directory: 3 firms of 2 clusters (ota, suwa), 1 capabilities, 0 ties"


def test_a_firm_twice_is_refused():
    with pytest.raises(DataError, match="Repeated firms: ota/1"):
        Directory((*OTA, Firm("1", "ota", "again")))


def test_a_tie_to_nobody_is_refused():
    with pytest.raises(
        UnknownCodeError, match="Ties of firms that are not in the directory: ota/9"
    ):
        Directory(OTA, ties=(Tie("ota/1", "ota/9"),))


def test_a_part_keeps_what_belongs_to_its_firms():
    directory = Directory(
        (*OTA, SUWA),
        (Capability("ota/1", "turning"), Capability("suwa/1", "turning")),
        ties=(Tie("ota/1", "ota/2"), Tie("ota/1", "suwa/1")),
    )
    part = directory.of_clusters("ota")
    assert [c.firm for c in part.capabilities] == ["ota/1"]
    assert part.ties == (Tie("ota/1", "ota/2"),)


def test_frames_have_their_columns_without_rows():
    assert list(Directory(OTA).to_frame("ties").columns)[:2] == ["source", "target"]
