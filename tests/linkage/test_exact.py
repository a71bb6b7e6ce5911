"""Numbers through converters, on both engines."""

import pandas as pd
import pytest

from shuseki.demography.events import births
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.linkage.exact import STORED, carried, converter_of, examine_converter


def wave(*numbers: int) -> list[tuple[int, str, str, int]]:
    return [(number, "01202", "H01", 5) for number in numbers]


def carry(store, year: int, at: int) -> set[tuple[int, int]]:
    """Numbers of a wave as of a later one, with the wave of their end or 0."""
    frame = carried(store, year, at, converter_of(store, STORED), ["employees"]).to_pandas()
    return {(int(number), int(ended)) for number, ended in zip(frame.id, frame.ended, strict=True)}


def test_a_number_follows_its_changes_over_several_steps(open_store):
    # 1 → 10 (1996) → 100 (2000); 2 stays; 3 → 2 would be another plant's number (2000),
    # so the 2 of 1995 has ended by then.
    store = open_store(
        {1995: wave(1, 2, 3), 1996: wave(10, 2, 3), 2000: wave(100, 2)},
        [(1995, 1996, 1, 10), (1996, 2000, 10, 100), (1996, 2000, 3, 2)],
    )
    assert carry(store, 1995, 2000) == {(100, 0), (2, 2000), (2, 0)}
    assert carry(store, 1995, 1996) == {(10, 0), (2, 0), (3, 0)}


def test_a_step_over_the_wave_itself_does_not_end_its_number(open_store):
    # The change from 1995 to 2000 may have happened before 1998: then 1998 has the new number.
    store = open_store({1995: wave(1), 1998: wave(10), 2000: wave(10)}, [(1995, 2000, 1, 10)])
    assert carry(store, 1998, 2000) == {(10, 0)}
    assert births(store, at=2000, since=1998).funnel.left == 0


def test_two_plants_that_exchange_numbers_are_not_born(open_store):
    store = open_store(
        {1998: wave(1, 2), 2000: wave(1, 2)}, [(1998, 2000, 1, 2), (1998, 2000, 2, 1)]
    )
    assert births(store, at=2000, since=1998).funnel.left == 0
    assert examine_converter(store).findings["finding"].tolist() == ["exchanged", "exchanged"]


def test_a_number_given_to_a_newcomer_by_the_converter_leaves_its_bearer_dead(open_store):
    # 1 → 2; the old bearer of 2 has no row: 2000's plant 2 is 1998's plant 1, nobody is born.
    store = open_store({1998: wave(1, 2), 2000: wave(2)}, [(1998, 2000, 1, 2)])
    assert births(store, at=2000, since=1998).funnel.left == 0
    # … and number 1, free again, goes to a new plant: it is born.
    store = open_store({1998: wave(1, 2), 2000: wave(1, 2)}, [(1998, 2000, 1, 2)])
    assert births(store, at=2000, since=1998).table.to_pandas()["id"].tolist() == [1]


def test_without_a_converter_changed_numbers_are_births(open_store):
    store = open_store({1998: wave(1), 2000: wave(2)}, [(1998, 2000, 1, 2)])
    assert births(store, at=2000, since=1998).funnel.left == 0
    assert births(store, at=2000, since=1998, converter=None).funnel.left == 1
    given = pd.DataFrame([(1998, 2000, 1, 2)], columns=["from_wave", "to_wave", "from_id", "to_id"])
    assert births(store, at=2000, since=1998, converter=given).funnel.left == 0
    assert births(store, at=2000, since=1998, converter=given[:0]).funnel.left == 1


def test_many_to_one_one_to_many_cycles_and_dangling_rows_are_findings(open_store):
    store = open_store(
        {1995: wave(1, 2, 3, 5), 1996: wave(9, 3, 4, 6), 1997: wave(9, 3, 4, 5)},
        [
            (1995, 1996, 1, 9),
            (1995, 1996, 2, 9),  # many to one
            (1996, 1997, 3, 3),
            (1996, 1997, 3, 4),  # one to many
            (1995, 1996, 5, 6),
            (1996, 1997, 6, 5),  # returned: a cycle over time
            (1995, 1996, 77, 78),  # no such plant
        ],
    )
    found = examine_converter(store)
    assert sorted(found.findings[["finding", "id"]].itertuples(index=False, name=None)) == [
        ("merged", 9),
        ("returned", 5),
        ("split", 3),
        ("without record", 77),
    ]
    assert found.rows == 7
    assert "1 merged" in found.headline()


def test_a_row_that_leads_back_in_time_is_refused(open_store):
    store = open_store({1998: wave(1), 2000: wave(2)}, [(2000, 1998, 2, 1)])
    with pytest.raises(DataError, match="leads back in time: 2000 to 1998"):
        births(store, at=2000, since=1998)


def test_a_converter_without_its_columns_is_refused(open_store):
    store = open_store({1998: wave(1), 2000: wave(2)})
    with pytest.raises(DataError, match="lacks columns: from_wave, to_wave"):
        births(store, at=2000, since=1998, converter=pd.DataFrame({"from_id": [1], "to_id": [2]}))
    with pytest.raises(ParameterError, match=r"'converter.parquet' is not known"):
        births(store, at=2000, since=1998, converter="converter.parquet")
    assert examine_converter(store).headline() == "0 changes of number, nothing odd"
    with pytest.raises(UnknownCodeError, match="2020"):
        store.wave(2020)


def test_long_numbers_chain_without_rounding(open_store):
    # 2**53 + 1 is the first whole number that a float cannot hold.
    long = 2**53 + 1
    store = open_store(
        {1995: wave(1, 2), 1996: wave(long, 2), 2000: wave(long, long + 2)},
        [(1995, 1996, 1, long), (1996, 2000, 2, long + 2)],
    )
    assert carry(store, 1995, 2000) == {(long, 0), (long + 2, 0)}
