"""Does the stored table of districts agree with the print? By statsmodels, from the accounts.

Expected values: tables 1 and 3-6, appendix table 2 and pp. 6-7 of Okamuro (2006), as bundled.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from shuseki.datasets.census import district_design, synthetic_accounts
from shuseki.errors import ParameterError
from shuseki.geography.districts import division

PRINT = files("shuseki.papers") / "okamuro_2006"
MISPRINT = ("START_L", "1", "HITECH")
"""-0.0565 with t -0.894: b and t of the neighbours, and tables 4 and 5, give -0.565."""
MISSIGNED = {("INST", "UNIV"), ("INST", "WAGE")}
"""-0.156 and -0.144: what the coefficients of INST in models 1 and 2 of all three tables differ by
needs positive partial slopes of UNIV and WAGE on INST."""


MISSED = {
    ("PCM", "START_H"), ("GRSALES", "START"), ("GRSALES", "START_H"), ("LNLANDP", "START"),
    ("UNIV", "PCM"), ("UNIV", "GRSALES"), ("INST", "WAGE"), ("INST", "UNIV"), ("DENS", "UNIV"),
    ("MRATIO", "INST"), ("AVESIZE", "GRSALES"), ("HITECH", "UNIV"), ("HITECH", "INST"),
}  # fmt: skip
"""Correlations of appendix 2 that the equations and the other correlations leave no room for."""


def printed(name: str) -> pd.DataFrame:
    with (PRINT / f"{name}.csv").open(encoding="utf-8") as text:
        return pd.read_csv(text, dtype=str)


def half_unit(text: str) -> float:
    mantissa, _, exponent = text.upper().partition("E")
    digits = len(mantissa.split(".")[1]) if "." in mantissa else 0
    return 0.5 * 10.0 ** (int(exponent or 0) - digits)


@pytest.fixture(scope="module")
def variables() -> pd.DataFrame:
    """The fourteen variables, computed here from the accounts by the definitions of table 2."""
    design = district_design()
    a = design.accounts
    return design.rates.assign(
        PCM=(a["value_added_yen_1998"] - a["cash_wages_yen_1998"]) / a["shipments_yen_1998"],
        GRSALES=a["shipments_yen_1998"] / a["shipments_yen_1995"] - 1,
        WAGE=a["cash_wages_yen_1998"] / a["employees_1998"] / 10_000,
        LNLANDP=np.log(a["industrial_land_price_yen_per_m2_1998"] / 100),
        UNEMPL=a["unemployed_1995"] / a["labour_force_1995"],
        UNIV=a["graduates_2000"] / a["population_15_and_over_2000"],
        INST=a["research_institutes_1996"] / a["plants_1996"],
        DENS=a["plants_1996"] / a["area_km2"],
        MRATIO=a["manufacturing_employees_1996"] / a["all_employees_1996"],
        AVESIZE=a["employees_1998"] / a["plants_1998"],
        HITECH=a["hightech_plants_1998"] / a["plants_1998"],
    )


def cleared(variables: pd.DataFrame) -> pd.DataFrame:
    """Outliers of each rate set aside: above mean + 3 standard deviations."""
    kept = variables.copy()
    for rate in ("START", "START_H", "START_L"):
        column = variables[rate]
        kept[rate] = column.where(column <= column.mean() + 3 * column.std())
    return kept


def codes(*named: tuple[str, str]) -> list[str]:
    areas = division("district-253").areas.set_index(["prefecture", "name_ja"])["code"]
    return [areas[name] for name in named]


def test_births_add_up_to_the_print() -> None:
    design = district_design()
    # p. 7: 16,193 births; 3,740 high-technology fits total and 23.1%, 3,760 as printed does not
    assert int(design.births_high.sum()) == 3_740
    assert int(design.births_low.sum()) == 12_453
    assert int((design.births_high == 0).sum()) == 23
    births = (design.births_high + design.births_low).sort_values(ascending=False)
    top10 = codes(("13", "東京(23区)"), ("27", "大阪"), ("27", "東大阪"), ("23", "名古屋"),
                  ("14", "横浜・川崎・横須賀"), ("26", "南部"), ("11", "県央南部"),
                  ("11", "東埼玉南部"), ("11", "西埼玉南部"), ("28", "阪神(兵庫)"))  # fmt: skip
    assert births.index[:5].tolist() == top10[:5]
    assert set(births.index[:10]) == set(top10)
    shares = births.cumsum() / births.sum()
    assert shares.iloc[[0, 4, 9]].round(3).tolist() == [0.103, 0.243, 0.347]


@pytest.mark.parametrize("rate", ["START", "START_H", "START_L"])
def test_top_tens(variables: pd.DataFrame, rate: str) -> None:
    design = district_design()
    births = {
        "START": design.births_high + design.births_low,
        "START_H": design.births_high,
        "START_L": design.births_low,
    }[rate]
    names = division("district-253").areas.set_index("code")["name_ja"]
    table = printed("ranking")
    table = table[table["outcome"] == rate]
    top = variables[rate].sort_values(ascending=False).index[:10]
    same_rate = table["rate"].duplicated(keep=False).to_numpy()
    found = names[top].tolist()
    # printed to one decimal, equal rates may stand in any order
    assert [name for name, tie in zip(found, same_rate, strict=True) if not tie] == table.loc[
        ~same_rate, "area"
    ].tolist()
    assert set(found) == set(table["area"])
    code = dict(zip(found, top, strict=True))
    for row in table.itertuples():
        at = code[row.area]
        assert births[at] == int(row.births)
        assert abs(variables.at[at, rate] - float(row.rate)) <= half_unit(row.rate) * 1.001


def test_the_printed_rule_sets_aside_the_printed_outliers(variables: pd.DataFrame) -> None:
    kept = cleared(variables)
    names = division("district-253").areas.set_index("code")["name_ja"]
    aside = {rate: set(names[kept.index[kept[rate].isna()]]) for rate in kept.columns[:3]}
    assert aside["START"] == aside["START_L"] == {"東大阪", "大川"}
    assert aside["START_H"] == {"武生・鯖江", "東大阪", "青梅", "桐生"}


def test_twelve_equations(variables: pd.DataFrame) -> None:
    kept = cleared(variables)
    fit = printed("fit").set_index(["outcome", "model", "statistic"])["value"]
    stars_agree, cells = 0, 0
    for (rate, model), rows in printed("coefficients").groupby(["outcome", "model"]):
        terms = [term for term in rows["term"] if term != "constant"]
        used = kept[[rate, *terms]].dropna()
        regressors = sm.add_constant(used[terms])
        ols = sm.OLS(used[rate], regressors).fit()
        robust = ols.get_robustcov_results("HC1", use_t=True)
        assert ols.nobs == int(fit[rate, model, "n"])
        for statistic, value in (("adjusted_r2", ols.rsquared_adj), ("f_statistic", ols.fvalue)):
            text = fit[rate, model, statistic]
            assert abs(value - float(text)) <= 2 * half_unit(text), (rate, model, statistic)
        at = {name: k for k, name in enumerate(regressors.columns)}
        for row in rows.itertuples():
            k = at["const" if row.term == "constant" else row.term]
            b, p = robust.params[k], robust.pvalues[k]
            expected = -0.565 if (rate, model, row.term) == MISPRINT else float(row.coefficient)
            # issue of agreement: 2%, or one unit of the last digit; 10% in model 4
            allowed = max(
                2 * half_unit(row.coefficient), (0.1 if model == "4" else 0.02) * abs(expected)
            )
            assert abs(b - expected) <= allowed, (rate, model, row.term, b, expected)
            assert np.sign(b) == np.sign(expected)
            assert abs(robust.tvalues[k] - float(row.t)) < 0.06
            stars = "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""
            stars_agree += stars == (row.stars if isinstance(row.stars, str) else "")
            cells += 1
    assert cells == 111
    assert stars_agree >= 0.95 * cells


def test_descriptives_round_to_the_print(variables: pd.DataFrame) -> None:
    kept = cleared(variables)
    off = []
    for row in printed("descriptives").itertuples():
        column = kept[row.variable].dropna()
        assert len(column) == int(row.n)
        for kind, text in (
            ("mean", row.mean), ("median", row.median), ("std", row.sd), ("min", row.min),
            ("max", row.max),
        ):  # fmt: skip
            # births are whole numbers, so a median of rates cannot be set at will
            units = 2 if kind == "median" else 1
            if abs(getattr(column, kind)() - float(text)) > 2 * units * half_unit(text):
                off.append((row.variable, kind))
    assert off == []


def test_correlations_over_all_districts_are_the_print_but_for_those_the_equations_forbid(
    variables: pd.DataFrame,
) -> None:
    found = variables.corr()
    off = {}
    for row in printed("correlations").itertuples():
        a, b = row.variable, row._3
        if a != b:
            off[a, b] = found.at[a, b] - float(row.r)
    assert len(off) == 91
    exact = {pair for pair, gap in off.items() if abs(gap) <= 5e-4}
    # derive/census_correlations.py: its search finds no more than 63 of 75 correlations of the
    # variables of models 1-3 that hold with all their coefficients; of the other 16, 15 can.
    assert len(exact) >= 76
    assert {pair for pair, gap in off.items() if abs(gap) > 1.5e-3} == MISSED
    assert max(abs(gap) for pair, gap in off.items() if pair not in MISSIGNED) < 0.06


def test_accounts_are_whole_complete_and_marked() -> None:
    accounts = synthetic_accounts()
    assert accounts.index.tolist() == [f"{k:03d}" for k in range(1, 254)]
    assert accounts.attrs["sources"][0]["origin"] == "synthetic"
    missing = accounts.isna().sum()
    # n of table 3: GRSALES 252, LNLANDP 194
    assert missing[missing > 0].to_dict() == {
        "shipments_yen_1995": 1,
        "industrial_land_price_yen_per_m2_1998": 59,
    }
    assert (accounts["hightech_plants_1998"] <= accounts["plants_1998"]).all()
    assert (district_design().plants_of_4_or_more < accounts["plants_1998"]).all()


def test_accounts_grow_with_the_scale_but_ratios_do_not() -> None:
    one, ten = synthetic_accounts(), synthetic_accounts(10)
    assert np.allclose(ten["plants_1996"], 10 * one["plants_1996"])
    assert np.allclose(ten["plants_1996"] / ten["area_km2"], one["plants_1996"] / one["area_km2"])
    price = "industrial_land_price_yen_per_m2_1998"
    assert ten[price].equals(one[price])


@pytest.mark.parametrize("scale", [0.0, -1.0, 0.001, 101.0, float("nan")])
def test_scales_outside_are_refused(scale: float) -> None:
    with pytest.raises(ParameterError, match=r"0\.01 to 100"):
        synthetic_accounts(scale)
