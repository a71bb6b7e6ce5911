import numpy as np
import pytest

from shuseki.datasets.catalogue import load
from shuseki.datasets.present import breaks, present_accounts, present_panel, present_provenance


def test_national_totals_are_those_published() -> None:
    nation = present_accounts("prefecture").sum()
    # MIC, population census 2020: 126,146,099 people
    assert nation["population_2020"] == 126_146_099
    # MIC, economic census 2021: 412,617 private establishments of manufacturing; 5 lie in none of
    # the municipalities of the table
    assert nation["manufacturing_plants_2021"] == pytest.approx(412_617, abs=10)
    # METI, census of manufactures of 2019: 185,116 plants, 7,778,124 employees
    assert nation["plants_4_plus_2019"] == 185_116
    assert nation["employees_4_plus_2019"] == 7_778_124
    # METI: shipments of 2019 322,533,418 million yen; withheld municipalities are less than 0.1%
    assert nation["shipments_million_yen_2019"] == pytest.approx(322_533_418, rel=1e-3)


def test_unknown_stays_unknown() -> None:
    accounts = present_accounts("municipality")
    assert accounts["shipments_million_yen_2019"].isna().sum() > 20
    assert accounts["universities_2022"].notna().all()
    osaka = accounts.index.str.startswith("27")
    assert accounts.loc[~osaka, "land_price_points_2023"].isna().all()


def test_every_column_names_its_data_set() -> None:
    accounts, known = present_accounts("prefecture"), present_provenance()
    assert set(accounts.columns) <= set(known)
    for name in set(known.values()):
        assert len(load(name))


def test_series_reach_the_present() -> None:
    panel = present_panel("district-253")
    last = {
        name: max(int(p) for k, p in enumerate(panel.periods) if np.isfinite(array[:, 0, k]).any())
        for name, array in panel.values.items()
    }
    assert last == {
        "shipments_yen": 2019, "plants_4_plus": 2019, "employees_4_plus": 2019,
        "plants_all_sizes": 2021, "employees_all_sizes": 2021, "population": 2020,
        "labour_force": 2020, "unemployed": 2020, "taxable_income_yen": 2018,
    }  # fmt: skip


def test_breaks_name_series_that_there_are_in_both_languages() -> None:
    table = breaks()
    assert set(table["variable"]) <= set(present_panel("prefecture").values)
    assert (table["why_en"].str.len() > 10).all()
    assert (table["why_ja"] != table["why_en"]).all()
