"""Are the accounts about 2020 those that were published?"""

import numpy as np
import pytest

from shuseki.datasets import regional_accounts, regional_accounts_provenance
from shuseki.datasets.accounts_2020 import COLUMNS_2020, MISSING
from shuseki.errors import ParameterError
from shuseki.geography.districts import division
from shuseki.papers.catalogue import printed_definitions


@pytest.fixture(scope="module")
def municipal():
    return regional_accounts("public-2020", by=division("municipality", 2020))


def test_national_totals(municipal) -> None:
    # Columns F1102 + F1107 and C2208 of SSDSE-A-2026, added up over its 1,741 rows.
    assert municipal["labour_force_2020"].sum() == 59_949_767
    assert municipal["unemployed_2020"].sum() / municipal["labour_force_2020"].sum() == (
        pytest.approx(0.0385, abs=0.001)
    )
    assert municipal["employees_2021"].sum() == 57_937_290
    # Area of Japan without the northern islands: 372,971 km2 (GSI).
    assert municipal["area_km2"].sum() == pytest.approx(372_971, rel=0.002)


def test_one_town_by_hand(municipal) -> None:
    # SSDSE-A-2026, 下川町 (01468): 1,547 employed, 39 unemployed, 27 plants, 187 workers, 1,068 in all.
    row = municipal.loc["01468"]
    assert row["labour_force_2020"] == 1_547 + 39
    assert row["manufacturing_plants_2021"] == 27
    assert row["manufacturing_employees_2021"] == 187
    assert row["employees_2021"] == 1_068
    assert row["area_km2"] == pytest.approx(644.54)


def test_nobody_in_the_labour_force_is_unknown_not_zero(municipal) -> None:
    assert municipal.index[municipal["labour_force_2020"].isna()].tolist() == ["07546"]  # 双葉町


def test_districts_and_provenance() -> None:
    accounts = regional_accounts("public-2020")
    assert list(accounts.columns) == [column.column for column in COLUMNS_2020]
    assert len(accounts) == 253
    assert np.isfinite(accounts.drop(columns="metropolitan").to_numpy(float)).all()
    table = regional_accounts_provenance("public-2020")
    assert table["column"].tolist() == list(accounts.columns)
    assert (table["publisher"] != "").all()


def test_growth_compares_the_same_municipalities() -> None:
    # National shipments: 313.1 trillion yen in 2015 and 331.8 in 2018, as METI prints: +6.0%.
    accounts = regional_accounts("public-2020", by=division("prefecture", 2020))
    growth = accounts["shipments_yen_2018"].sum() / accounts["shipments_yen_2015"].sum() - 1
    assert growth == pytest.approx(331.8 / 313.1 - 1, abs=0.002)


def test_what_is_missing_is_named() -> None:
    known = set(printed_definitions().names)
    assert set(MISSING) <= known
    # The eleven regressors of the paper: six as defined, the rest named.
    assert known - set(MISSING) == {"GRSALES", "UNEMPL", "UNIV", "DENS", "MRATIO", "AVESIZE"}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ParameterError, match="public-2020"):
        regional_accounts("public-2010")
