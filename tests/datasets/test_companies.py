"""Are births, closures and moves of corporations those that the publisher's files say?"""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.catalogue import load
from shuseki.datasets.companies import (
    MONTHS,
    WHOLE_MONTHS,
    company_moves,
    company_panel,
    company_series,
)
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import division

DERIVE = Path(__file__).parents[2] / "derive" / "corporate_register.py"


def test_births_to_october_2022_are_those_of_the_publishers_summary() -> None:
    # Summary of the daily files (code4fukui/gBizINFO), correct = 0 and latest = 1, all kinds.
    assert company_series(kinds="all", last="2022-10").births.sum() == 185_210


def test_new_companies_of_all_months() -> None:
    # SOURCES.md of the register: 709,494 new companies, 69,354 other corporations.
    assert company_series().births.sum() == 709_494
    assert company_series(kinds="other").births.sum() == 778_848 - 709_494
    # Nearly all births are in a municipality: only foreign companies may have no place in Japan.
    everywhere = company_panel("municipality", first=MONTHS[0], last=MONTHS[-1])
    assert everywhere.values["births"].sum() == 709_494


def test_the_clearings_of_january_are_no_deaths() -> None:
    series = company_series()
    # SOURCES.md: 55,686 companies in January 2025, 45,400 in January 2026.
    cleared = dict(zip(series.months, series.closed_by_registrar, strict=True))
    assert cleared["2025-01"] == 55_686
    assert cleared["2026-01"] == 45_400
    assert {month[-2:] for month in series.purges} == {"01"}
    deaths = dict(zip(series.months, series.deaths, strict=True))
    # With the clearing, January 2025 would have twelve times the deaths of December 2024.
    assert 0.5 < deaths["2025-01"] / deaths["2024-12"] < 2
    assert deaths["2025-01"] + cleared["2025-01"] > 10 * deaths["2024-12"]
    panel = company_panel("prefecture", first="2025-01", last="2025-01")
    assert panel.values["deaths"].sum() == pytest.approx(deaths["2025-01"])
    assert panel.values["closed_by_registrar"].sum() == pytest.approx(55_686)


def test_whole_months_are_five_years() -> None:
    assert len(WHOLE_MONTHS) == 60
    assert (WHOLE_MONTHS[0], WHOLE_MONTHS[-1]) == ("2021-08", "2026-07")
    series = company_series()
    # The first and the last month are covered in part, and say so.
    assert series.births[0] < 0.6 * series.births[1]
    assert any("2021-07, 2026-08" in note for note in series.notes)
    assert not any(
        "in part" in note for note in company_series(first="2021-08", last="2021-09").notes
    )


def test_the_table_has_the_municipalities_of_2020() -> None:
    table = load("company-events")
    known = set(municipalities("2020-10-01")["code"]) | {"00000"}
    assert set(table["municipality"].astype(str)) <= known
    assert not table.duplicated(["municipality", "month", "kind"]).any()
    assert (table.select_dtypes("number") >= 0).all().all()


@pytest.mark.parametrize("name", ["prefecture", "commuting-zone-1995"])
def test_divisions_of_the_whole_country_keep_every_birth(name: str) -> None:
    panel = company_panel(name)
    assert panel.values["births"].sum() == pytest.approx(
        company_panel("municipality").values["births"].sum(), rel=1e-9
    )


def test_districts_keep_the_births_of_a_municipality_inside() -> None:
    districts = division("district-253")
    panel = company_panel(districts)
    # Tokyo (23 wards), district 083, is the 23 municipalities 13101-13123, none of them divided.
    own = company_panel("municipality")
    wards = [k for k, code in enumerate(own.areas) if "13101" <= code <= "13123"]
    assert len(wards) == 23
    at = panel.areas.index("083")
    assert panel.values["births"][at].sum() == pytest.approx(own.values["births"][wards].sum())
    assert any("none of the areas" in note for note in panel.notes)


def test_moves_balance_and_are_no_births() -> None:
    moves = company_moves("prefecture")
    assert moves.table["net"].sum() == pytest.approx(0.0, abs=1e-6)
    assert (moves.pairs["from_area"] != moves.pairs["to_area"]).all()
    assert moves.table["moved_in"].sum() == pytest.approx(moves.pairs["n"].sum())
    # By hand: rows of the table whose two codes lie in different prefectures.
    table = load("company-moves")
    table = table[table["year"].between(2022, 2026)]
    crossing = table["from_code"].astype(str).str[:2] != table["to_code"].astype(str).str[:2]
    assert moves.pairs["n"].sum() == table.loc[crossing, "n"].sum()


@pytest.mark.parametrize(
    "asked",
    [
        {"kinds": "companies"},
        {"first": "2021-06"},
        {"last": "2026-09"},
        {"first": "2024-02", "last": "2024-01"},
        {"first": "202201"},
        {"first": ""},
    ],
)
def test_bad_questions_are_refused(asked: dict[str, str]) -> None:
    with pytest.raises(ParameterError, match="Expected"):
        company_panel("prefecture", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("years", [(2018, 2026), (2024, 2023), (2022, 2027)])
def test_years_of_moves_outside_are_refused(years: tuple[int, int]) -> None:
    with pytest.raises(ParameterError, match="2019 to 2026"):
        company_moves("prefecture", first=years[0], last=years[1])


def test_an_unknown_division_names_the_known() -> None:
    with pytest.raises(UnknownCodeError, match="prefecture"):
        company_panel("prefectures")


def test_rows_of_the_register_that_are_births() -> None:
    """One row of every kind of trap; only the first is a birth."""
    spec = importlib.util.spec_from_file_location("corporate_register", DERIVE)
    assert spec is not None
    assert spec.loader is not None
    derive = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derive)
    rows = pd.DataFrame(
        [
            ("01", "0", "1", "2022-03-01"),  # born
            ("01", "1", "1", "2022-03-01"),  # a correction
            ("01", "1", "0", "2022-03-01"),  # an older state of one
            ("01", "0", "1", "2015-10-05"),  # existed when numbers were given out
            ("12", "0", "1", "2022-03-01"),  # moved
            ("21", "0", "1", "2022-03-01"),  # closed
        ],
        columns=["process", "correct", "latest", "assignmentDate"],
    )
    assert derive.births_of(rows).tolist() == [True, False, False, False, False, False]


def test_the_headline_says_units_and_months() -> None:
    said = company_series(first="2022-01", last="2022-03").headline()
    assert "3 months" in said
    assert "2022-01 to 2022-03" in said
    frame = company_series(first="2022-01", last="2022-03").to_frame()
    assert frame["month"].tolist() == ["2022-01", "2022-02", "2022-03"]
    assert np.issubdtype(frame["births"].dtype, np.integer)
