"""The variables of table 2."""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.definitions import read_definitions
from shuseki.entry.variables import regional_variables
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.panel import Panel
from shuseki.papers.catalogue import printed_paper
from shuseki.papers.okamuro_2006.variables import table_2

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
    row = table_2(ONE, BIRTHS).frame.loc["207"]
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
    row = table_2(ONE, BIRTHS, convention="ecological").frame.loc["207"]
    assert row["START"] == pytest.approx(6.4)  # 16 / 250 × 100
    assert row["START_H"] + row["START_L"] == pytest.approx(row["START"])


def test_definitions_are_those_of_table_2():
    printed = printed_paper("okamuro-2006").table("variables").set_index("variable")
    variables = table_2(ONE, BIRTHS)
    ours = variables.described().set_index("variable")
    assert set(ours.index) == set(printed.index)
    for definition in variables.definitions.variables:
        name = definition.name
        assert definition.label_ja.removesuffix("（対数）") == printed.loc[name, "name_ja"]
        assert definition.period == printed.loc[name, "period"]


def test_units_of_money_and_people_do_not_matter_where_they_cancel(accounts):
    thousand = accounts.copy()
    money = [c for c in accounts if "_yen_" in c and "land" not in c]
    thousand[money] = thousand[money] * 1000
    a, b = table_2(accounts).frame, table_2(thousand).frame
    for name in ("PCM", "GRSALES"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-12)
    np.testing.assert_allclose(1000 * a["WAGE"], b["WAGE"], rtol=1e-12)


def test_a_missing_account_is_a_missing_variable_with_a_note():
    variables = table_2(ONE.drop(columns=["area_km2", "graduates_2000"]), BIRTHS)
    assert variables.frame[["DENS", "UNIV"]].isna().all(axis=None)
    assert "DENS is missing: the accounts have no area_km2." in variables.notes
    assert "UNIV is missing: the accounts have no graduates_2000." in variables.notes


def test_an_account_nobody_has_is_said():
    variables = table_2(ONE.assign(research_institutes_1996=np.nan), BIRTHS)
    assert "INST is missing: no area has research_institutes_1996." in variables.notes


def test_no_births_no_rates():
    variables = table_2(ONE)
    assert variables.outcomes == ()
    assert "START" not in variables.frame
    assert any("no outcome" in note for note in variables.notes)


def test_a_panel_of_births_by_industry_is_summed_by_group():
    panel = Panel(
        ("207",), ("H01", "L01", "L02"), ("all",), {"births": np.array([[[2.0], [4.0], [10.0]]])},
        area_names=("大川",), area_groups=("37",),
    )  # fmt: skip
    groups = {"H01": "high", "L01": "low", "L02": "low"}
    variables = table_2(ONE, panel, groups=groups)
    assert variables.counts.loc["207"].to_dict() == {"START": 16, "START_H": 2, "START_L": 14}
    assert variables.area_names == ("大川",)
    assert variables.area_groups == ("37",)
    with pytest.raises(ParameterError, match="3 industries"):
        table_2(ONE, panel)
    with pytest.raises(UnknownCodeError, match="L02"):
        table_2(ONE, panel, groups={"H01": "high", "L01": "low"})


def test_groups_of_your_own_become_outcomes():
    births = BIRTHS.rename(columns={"births_high": "births_green", "births_low": "births_grey"})
    told = read_definitions(
        {
            "outcome": [
                {"name": "START", "denominator": "plants_1998", "per": 100},
                {"name": "GREEN", "counts": "births_green", "denominator": "plants_1998"},
                {"name": "EXIT", "counts": "deaths", "denominator": "plants_1998"},
            ]
        }
    )
    found = regional_variables(ONE, births, definitions=told)
    assert found.outcomes == ("START", "GREEN")  # no deaths were counted
    assert found.frame.loc["207"].tolist() == [100 * 16 / 250, 2 / 250]
    assert found.exposure.loc["207"].tolist() == [2.5, 250]


def test_deaths_stock_and_net_change_are_outcomes_too():
    told = read_definitions(
        {
            "outcome": [
                {"name": "NET", "counts": "net_change", "denominator": "stock_before", "per": 100},
                {"name": "EXIT", "counts": "deaths", "denominator": "stock_before", "per": 100},
                {"name": "SIZE", "counts": "stock"},
            ]
        }
    )
    counts = pd.DataFrame({"net_change": [-3], "deaths": [5], "stock": [47]}, index=["a"])
    accounts = pd.DataFrame({"stock_before": [50]}, index=["a"])
    found = regional_variables(accounts, counts, definitions=told)
    assert found.frame.loc["a"].tolist() == [-6.0, 10.0, 47.0]  # 100·(−3)/50, 100·5/50, 47


def test_columns_can_be_added():
    variables = table_2(ONE, BIRTHS).with_columns(PORT=[True])
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
        table_2(ONE.assign(**{column: value}), BIRTHS)


def test_negative_value_added_is_possible():
    assert table_2(ONE.assign(value_added_yen_1998=-1e9)).frame["PCM"].iloc[0] < 0


def test_births_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="do not add up to all births in 207"):
        table_2(ONE, BIRTHS.assign(births=17))
    with pytest.raises(DataError, match="Negative births in 207"):
        table_2(ONE, BIRTHS * [1, -1, 1])
    with pytest.raises(DataError, match="No counts"):
        table_2(ONE, BIRTHS[["births_high"]])
    with pytest.raises(AlignmentError, match=r"1 areas of the counts .* 999"):
        table_2(ONE, BIRTHS.set_axis(["999"]))
    with pytest.raises(DataError, match="given twice in the accounts: 207"):
        table_2(pd.concat([ONE, ONE]), BIRTHS)
    with pytest.raises(DataError, match="given twice in the counts: 207"):
        table_2(ONE, pd.concat([BIRTHS, BIRTHS]))
    with pytest.raises(ParameterError, match="labour_market, ecological"):
        table_2(ONE, BIRTHS, convention="labour")
    with pytest.raises(DataError, match="plants_1998"):
        table_2(ONE.drop(columns="plants_1998"), BIRTHS, convention="ecological")


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
    labour = table_2(accounts, births).frame
    plants = table_2(accounts, births, convention="ecological").frame
    assert labour[["START", "AVESIZE"]].corr().iloc[0, 1] < 0
    assert plants[["START", "AVESIZE"]].corr().iloc[0, 1] > 0
