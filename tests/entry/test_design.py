"""Samples: which rows and columns go in, and who is set aside."""

import numpy as np
import pytest

from shuseki.entry.design import OUTLIER_RULES, Design, read_designs
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.papers.catalogue import paper_folder, printed_paper


def test_outlier_rules_by_hand():
    # Nine zeros and one ten: mean 1, sd (n − 1) 3.162, so 10 < 1 + 9.49 is above → 10 > 10.49 no.
    ten = np.array([0.0] * 9 + [10.0])
    assert not OUTLIER_RULES["printed"](ten).any()
    # Nineteen zeros and one ten: mean 0.5, sd 2.236; 10 > 7.2.
    twenty = np.array([0.0] * 19 + [10.0])
    assert OUTLIER_RULES["printed"](twenty).tolist() == [False] * 19 + [True]
    assert not OUTLIER_RULES["printed"](-twenty).any()
    assert OUTLIER_RULES["two_sided"](-twenty).sum() == 1
    assert not OUTLIER_RULES["none"](twenty).any()


def test_an_outlier_behind_an_outlier_needs_repetition():
    values = np.array([*np.tile([-1.0, 1.0], 50), 12.0, 100.0])
    assert OUTLIER_RULES["printed"](values).nonzero()[0].tolist() == [101]
    assert OUTLIER_RULES["iterated"](values).nonzero()[0].tolist() == [100, 101]
    # Median 1, MAD 2: above 1 + 3 · 1.4826 · 2 = 9.9; the robust rule is not fooled by the 100.
    assert OUTLIER_RULES["robust"](values).nonzero()[0].tolist() == [100, 101]


@pytest.mark.parametrize("rule", list(OUTLIER_RULES))
def test_unknown_values_are_never_outliers(rule):
    values = np.array([np.nan, *range(30), 1000.0, np.nan])
    out = OUTLIER_RULES[rule](values)
    assert not out[[0, -1]].any()
    assert not OUTLIER_RULES[rule](np.full(4, np.nan)).any()


def test_a_sample_says_who_is_set_aside(variables):
    metropolitan = variables.frame["metropolitan"].astype(bool)
    design = Design("START", ("LNLANDP", "UNEMPL"), exclude=("metropolitan",))
    sample = design.sample(variables)
    kept = ~metropolitan & variables.frame["LNLANDP"].notna()
    assert sample.n == kept.sum()
    assert sample.terms == ("constant", "LNLANDP", "UNEMPL")
    assert set(sample.set_aside) == {"metropolitan", "incomplete"}
    assert len(sample.set_aside["metropolitan"]) == metropolitan.sum()
    assert sample.n + sum(map(len, sample.set_aside.values())) == 253
    np.testing.assert_array_equal(sample.regressors[:, 0], 1)
    np.testing.assert_array_equal(sample.outcome, variables.frame.loc[kept, "START"])


def test_outliers_are_judged_before_rows_are_left_out(variables):
    rates = variables.column("START").to_numpy().copy()
    rates[:3] = [50.0, 14.0, 14.0]
    changed = variables.with_columns(
        START=rates, LNLANDP=[np.nan, *[6.0] * 252], FIRST=[True] + [False] * 252
    )
    # Without the 50, 14 would be above mean + 3 sd; the rule looks at all areas first.
    sample = Design("START", ("UNEMPL",), exclude=("FIRST",)).sample(changed)
    assert sample.set_aside["outliers"][0] == "001"
    assert "FIRST" not in sample.set_aside


def test_the_bundled_designs_are_the_twelve_equations():
    """Terms of each equation = rows of tables 4 to 6; the pairs of p. 12 never meet."""
    designs = read_designs(paper_folder() / "designs.toml")
    printed = printed_paper().table("coefficients")
    assert len(designs) == 12
    for design in designs:
        rows = printed[(printed["outcome"] == design.outcome) & (printed["model"] == design.model)]
        assert set(rows["term"]) == {"constant", *design.terms}
        assert design.outliers == "printed"
        for pair in printed_paper().statement("never_together")["pairs"]:
            assert not set(pair) <= set(design.terms)


def test_designs_can_be_varied():
    design = Design("START", ("PCM", "HITECH"))
    assert design.without("PCM").terms == ("HITECH",)
    assert design.replacing("HITECH", "FOOD", "TEXTILE").terms == ("PCM", "FOOD", "TEXTILE")
    assert design.replacing("UNIV", "FOOD") is design


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"terms": ()}, "no terms"),
        ({"terms": ("PCM", "PCM")}, "Terms named twice: PCM"),
        ({"terms": ("PCM", "START")}, "both outcome and term"),
        ({"terms": ("constant",)}, "always added"),
        ({"terms": ("PCM",), "outliers": "3sd"}, "outlier rule '3sd'"),
        ({"terms": ("PCM",), "standard_errors": "white"}, "HC0"),
    ],
)
def test_designs_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        Design("START", **arguments)


def test_samples_that_cannot_be_are_refused(variables):
    with pytest.raises(UnknownCodeError, match="UNEMPL"):
        Design("START", ("UNEMP",)).sample(variables)
    with pytest.raises(DataError, match=r"No area has a value of EMPTY"):
        Design("START", ("EMPTY",)).sample(variables.with_columns(EMPTY=[np.nan] * 253))
    with pytest.raises(DataError, match="Infinite values of BIG"):
        Design("START", ("BIG",)).sample(variables.with_columns(BIG=[np.inf] * 253))
    with pytest.raises(DataError, match="No area is left"):
        Design("START", ("PCM",), exclude=("ALL",)).sample(variables.with_columns(ALL=[True] * 253))
    with pytest.raises(UnknownCodeError, match="metropolitan"):
        Design("START", ("PCM",), exclude=("metropolis",)).sample(variables)
    with pytest.raises(DataError, match="Expected true or false"):
        Design("START", ("PCM",), exclude=("largest_industry",)).sample(variables)


def test_design_files_are_checked(tmp_path):
    file = tmp_path / "designs.toml"
    file.write_text('outcomes = ["START"]\n[model]\n1 = ["PCM"]\n', encoding="utf-8")
    with pytest.raises(DataError, match="missing models, unknown model"):
        read_designs(file)
