"""Who sells to whom: does the bundled table say what is known of Japan, and is nothing left out?"""

import numpy as np
import pytest

from shuseki.datasets.catalogue import load
from shuseki.datasets.public import fully_published, input_output_shares, manufacturing_panel
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.industries.classification import classification


@pytest.mark.parametrize("industries", ["jsic-10", "jsic-11", "comparable"])
def test_every_industry_of_the_panel_is_there_and_shares_add_up(industries: str) -> None:
    dealings = input_output_shares(industries, year=2001)
    year = {"jsic-10": 2001, "jsic-11": 2005, "comparable": 2001}[industries]
    panel = manufacturing_panel("prefecture", industries=industries, years=[year])
    assert set(panel.industries) == set(dealings.industries)
    for shares in (dealings.suppliers, dealings.customers):
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        assert (np.diag(shares) == 0).all()
        assert (shares >= 0).all()


def test_every_medium_group_of_revisions_10_and_11_is_mapped_and_sectors_are_shared_out() -> None:
    table = load("input-output-industries")
    for revision in ("10", "11"):
        part = table[table["revision"] == revision]
        assert set(part["industry"]) == set(classification(f"jsic-{revision}").codes)
        assert part.groupby("sector")["sector_share"].sum().to_numpy() == pytest.approx(1, abs=2e-4)
        assert set(part["sector"]) == set(load("input-output-flows")["seller"])


def test_flows_are_those_of_the_oecd() -> None:
    # OECD, Input-Output Tables 2021 edition, Japan 2005: basic metals are 25.7% of the output of
    # fabricated metal products, the largest of its inputs.
    flows = load("input-output-flows")
    assert len(flows) == 17 * 17
    table = flows.pivot(index="seller", columns="buyer", values="million_usd_2005")
    assert table["D25"].idxmax() == "D24"
    assert table["D29"].idxmax() == "D29"  # motor vehicles buy most from motor vehicles
    assert table["D13T15"].drop("D13T15").idxmax() == "D20"  # fibres
    assert (flows.filter(like="million").to_numpy() >= 0).all()


def test_who_supplies_whom() -> None:
    dealings = input_output_shares("jsic-10", year=2005)
    frame = dealings.to_frame()
    largest = frame.loc[frame.groupby("industry")["supplier_share"].idxmax()]
    supplier = largest.set_index("industry")["partner"]
    assert supplier["28"] == "26"  # metal products buy steel
    assert supplier["22"] == "20"  # plastic products buy chemicals
    assert supplier["14"] == "20"  # textiles buy fibres
    # Iron and steel and non-ferrous metals share a sector: no dealings between them are known.
    assert frame.query("industry == '26' and partner == '27'")["supplier_share"].item() == 0
    assert any("left out" in note for note in dealings.notes)
    assert {source.key for source in dealings.sources} == {
        "input-output-flows",
        "input-output-industries",
    }


def test_shares_by_hand() -> None:
    # Wood (D16) and ceramics (D23) are whole sectors. What wood buys from food (12) is the food
    # sector's sale times food's part of it, over all that wood buys from other sectors.
    flows = load("input-output-flows").pivot(
        index="seller", columns="buyer", values="million_usd_1998"
    )
    part = load("input-output-industries").query("revision == '10' and industry == '12'")
    bought = flows["D16"].drop("D16")
    expected = bought["D10T12"] * part["sector_share"].item() / bought.sum()
    frame = input_output_shares("jsic-10", year=1998).to_frame()
    row = frame.query("industry == '16' and partner == '12'")
    assert row["supplier_share"].item() == pytest.approx(expected, rel=1e-3)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match="Expected 1995 to 2018"):
        input_output_shares(year=1994)
    with pytest.raises(UnknownCodeError, match="jsic-12"):
        input_output_shares("jsic-12")  # type: ignore[arg-type]


def test_areas_that_towns_joined_are_not_fully_published() -> None:
    # Joetsu took in thirteen towns in 2005; Ota and Higashi-Osaka did not change. Kawasaki and Osaka
    # publish their industries by ward, which are added up.
    kept = fully_published("municipality", [2001, 2006, 2012])
    assert {"13111", "27227", "14130", "27100"} <= set(kept)
    assert "15222" not in kept
    assert set(kept) <= set(fully_published("municipality", [2006, 2012]))
