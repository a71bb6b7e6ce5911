"""The variables of table 2."""

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.printed import printed_paper
from shuseki.entry.variables import DEFINITIONS, regional_variables
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.panel import Panel

ONE = pd.DataFrame(
    {
        "labour_force_1995": [20_000],
        "unemployed_1995": [740],
        "graduates_2000": [2_976],
        "population_15_and_over_2000": [32_000],
        "value_added_yen_1998": [40e9],
        "cash_wages_yen_1998": [18.4e9],
        "shipments_yen_1998": [100e9],
        "shipments_yen_1995": [96e9],
        "employees_1998": [4_600],
        "plants_1998": [250],
        "hightech_plants_1998": [51],
        "research_institutes_1996": [1],
        "plants_1996": [260],
        "area_km2": [52.0],
        "manufacturing_employees_1996": [4_500],
        "all_employees_1996": [18_000],
        "industrial_land_price_yen_per_m2_1998": [44_000],
    },
    index=["207"],
)
BIRTHS = pd.DataFrame({"births": [16], "births_high": [2], "births_low": [14]}, index=["207"])


def test_every_variable_by_hand():
    row = regional_variables(ONE, BIRTHS).frame.loc["207"]
    assert row["START"] == pytest.approx(8.0)  # 16 / 20,000 × 10,000
    assert row["START_H"] == pytest.approx(1.0)
    assert row["START_L"] == pytest.approx(7.0)
    assert row["PCM"] == pytest.approx(0.216)  # (40 − 18.4) / 100
    assert row["GRSALES"] == pytest.approx(4 / 96)
    assert row["WAGE"] == pytest.approx(400.0)  # 18.4e9 / 4,600 = 4 million yen
    assert row["LNLANDP"] == pytest.approx(np.log(440))  # in 100 yen
    assert row["UNEMPL"] == pytest.approx(0.037)
    assert row["UNIV"] == pytest.approx(0.093)
    assert row["INST"] == pytest.approx(1 / 260)
    assert row["DENS"] == pytest.approx(5.0)
    assert row["MRATIO"] == pytest.approx(0.25)
    assert row["HITECH"] == pytest.approx(0.204)
    assert row["AVESIZE"] == pytest.approx(18.4)


def test_the_ecological_rate_divides_by_all_plants():
    row = regional_variables(ONE, BIRTHS, convention="ecological").frame.loc["207"]
    assert row["START"] == pytest.approx(6.4)  # 16 / 250 × 100
    assert row["START_H"] + row["START_L"] == pytest.approx(row["START"])


def test_definitions_are_those_of_table_2():
    printed = printed_paper("okamuro-2006").table("variables").set_index("variable")
    variables = regional_variables(ONE, BIRTHS)
    ours = variables.definitions().set_index("variable")
    assert set(ours.index) == set(printed.index)
    for name, definition in DEFINITIONS.items():
        assert definition.label_ja.removesuffix("（対数）") == printed.loc[name, "name_ja"]
        assert definition.period == printed.loc[name, "period"]


def test_units_of_money_and_people_do_not_matter_where_they_cancel(accounts):
    thousand = accounts.copy()
    money = [c for c in accounts if "_yen_" in c and "land" not in c]
    thousand[money] = thousand[money] * 1000
    a, b = regional_variables(accounts).frame, regional_variables(thousand).frame
    for name in ("PCM", "GRSALES"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-12)
    np.testing.assert_allclose(1000 * a["WAGE"], b["WAGE"], rtol=1e-12)


def test_a_missing_account_is_a_missing_variable_with_a_note():
    variables = regional_variables(ONE.drop(columns=["area_km2", "graduates_2000"]), BIRTHS)
    assert variables.frame[["DENS", "UNIV"]].isna().all(axis=None)
    assert "DENS is missing: the accounts have no area_km2." in variables.notes
    assert "UNIV is missing: the accounts have no graduates_2000." in variables.notes


def test_an_account_nobody_has_is_said():
    variables = regional_variables(ONE.assign(research_institutes_1996=np.nan), BIRTHS)
    assert "INST is missing: no area has research_institutes_1996." in variables.notes


def test_no_births_no_rates():
    variables = regional_variables(ONE)
    assert variables.outcomes == ()
    assert "START" not in variables.frame
    assert any("no startup rate" in note for note in variables.notes)


def test_a_panel_of_births_by_industry_is_summed_by_group():
    panel = Panel(
        ("207",), ("H01", "L01", "L02"), ("all",), {"births": np.array([[[2.0], [4.0], [10.0]]])},
        area_names=("大川",), area_groups=("37",),
    )  # fmt: skip
    groups = {"H01": "high", "L01": "low", "L02": "low"}
    variables = regional_variables(ONE, panel, groups=groups)
    assert variables.births.loc["207"].to_dict() == {"START": 16, "START_H": 2, "START_L": 14}
    assert variables.area_names == ("大川",)
    assert variables.area_groups == ("37",)
    with pytest.raises(ParameterError, match="3 industries"):
        regional_variables(ONE, panel)
    with pytest.raises(UnknownCodeError, match="L02"):
        regional_variables(ONE, panel, groups={"H01": "high", "L01": "low"})


def test_groups_of_your_own_become_outcomes():
    births = BIRTHS.rename(columns={"births_high": "births_green", "births_low": "births_grey"})
    assert regional_variables(ONE, births).outcomes == ("START", "START_GREEN", "START_GREY")


def test_columns_can_be_added():
    variables = regional_variables(ONE, BIRTHS).with_columns(PORT=[True])
    assert variables.column("PORT").tolist() == [1.0]
    with pytest.raises(AlignmentError, match="2 values"):
        variables.with_columns(PORT=[1, 2])
    with pytest.raises(AlignmentError, match="999"):
        variables.with_columns(PORT=pd.Series({"999": 1}))
    with pytest.raises(UnknownCodeError, match="UNEMPL"):
        variables.column("UNEMPLOY")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("plants_1998", 0, "AVESIZE needs plants_1998, which is 0 in 207"),
        ("unemployed_1995", -1, "UNEMPL needs unemployed_1995, which is -1 in 207"),
        ("labour_force_1995", 0, "labour_force_1995"),
        ("industrial_land_price_yen_per_m2_1998", 0, "LNLANDP needs"),
    ],
)
def test_impossible_accounts_are_refused(column, value, message):
    with pytest.raises(DataError, match=message):
        regional_variables(ONE.assign(**{column: value}), BIRTHS)


def test_negative_value_added_is_possible():
    assert regional_variables(ONE.assign(value_added_yen_1998=-1e9)).frame["PCM"].iloc[0] < 0


def test_births_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="do not add up to all births in 207"):
        regional_variables(ONE, BIRTHS.assign(births=17))
    with pytest.raises(DataError, match="Negative births in 207"):
        regional_variables(ONE, BIRTHS * [1, -1, 1])
    with pytest.raises(DataError, match="No column 'births'"):
        regional_variables(ONE, BIRTHS[["births_high"]])
    with pytest.raises(AlignmentError, match=r"1 areas of the births .* 999"):
        regional_variables(ONE, BIRTHS.set_axis(["999"]))
    with pytest.raises(DataError, match="given twice in the accounts: 207"):
        regional_variables(pd.concat([ONE, ONE]), BIRTHS)
    with pytest.raises(DataError, match="given twice in the births: 207"):
        regional_variables(ONE, pd.concat([BIRTHS, BIRTHS]))
    with pytest.raises(ParameterError, match="labour_market, ecological"):
        regional_variables(ONE, BIRTHS, convention="labour")
    with pytest.raises(DataError, match="plants_1998"):
        regional_variables(ONE.drop(columns="plants_1998"), BIRTHS, convention="ecological")


def test_the_result_says_itself(variables):
    assert variables.is_synthetic
    assert "11 regressors of 253 areas" in variables.headline()
    frame = variables.to_frame()
    assert len(frame) == 253
    assert list(frame.columns[:2]) == ["area", "area_group"]


def test_a_convention_reverses_the_sign_of_size():
    """Note 12: with births per head fixed, births per plant rise with mean plant size."""
    size = np.array([5.0, 10.0, 20.0, 40.0])
    workers = 10_000.0
    accounts = pd.DataFrame(
        {"labour_force_1995": 50_000, "plants_1998": workers / size, "employees_1998": workers},
        index=list("abcd"),
    )
    births = pd.DataFrame({"births": [14.0, 13.0, 12.0, 11.0]}, index=list("abcd"))
    labour = regional_variables(accounts, births).frame
    plants = regional_variables(accounts, births, convention="ecological").frame
    assert labour[["START", "AVESIZE"]].corr().iloc[0, 1] < 0
    assert plants[["START", "AVESIZE"]].corr().iloc[0, 1] > 0
