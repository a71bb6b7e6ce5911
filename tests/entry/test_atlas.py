"""Does the atlas say exactly what estimating each equation alone would say?"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from shuseki.entry.atlas import (
    STANDARD_ERRORS,
    admissible_sets,
    atlas,
    influence,
    lone_rows,
    permutation_test,
    strongly_correlated,
    subset_regressions,
)
from shuseki.errors import DataError, ParameterError, UnknownCodeError

RTOL = 1e-9  # two exact algorithms in double precision; scales four orders apart, as in the paper


def design(n: int = 120, p: int = 7, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Skewed, correlated columns of very different scales, heteroskedastic errors."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) @ (np.eye(p) + 0.3 * rng.normal(size=(p, p)))
    x[:, 0] = np.exp(x[:, 0])
    x = x * 10.0 ** rng.uniform(-2, 2, p) + rng.normal(size=p)
    y = 3 + x @ (rng.normal(size=p) / x.std(axis=0)) + rng.normal(size=n) * (0.2 + np.abs(x[:, 0]))
    return x, y


@pytest.mark.parametrize("kind", STANDARD_ERRORS)
def test_equals_statsmodels(kind: str) -> None:
    x, y = design()
    sets = admissible_sets([f"x{j}" for j in range(x.shape[1])])
    slopes, errors, r2 = subset_regressions(x, y, sets, kind)
    for s in np.random.default_rng(0).choice(len(sets), 40, replace=False):
        fit = sm.OLS(y, sm.add_constant(x[:, sets[s]])).fit()
        robust = fit.get_robustcov_results(kind) if kind != "classical" else fit
        np.testing.assert_allclose(slopes[s, sets[s]], fit.params[1:], rtol=RTOL)
        np.testing.assert_allclose(errors[s, sets[s]], robust.bse[1:], rtol=RTOL)
        assert r2[s] == pytest.approx(fit.rsquared, rel=RTOL)
        assert np.isnan(slopes[s, ~sets[s]]).all()


def test_rules_by_hand() -> None:
    # a, b, c with a and b never together, c required: {c}, {a c}, {b c}
    sets = admissible_sets("abc", never_together=[frozenset("ab")], required="c")
    assert {"".join(t for t, on in zip("abc", row, strict=True) if on) for row in sets} == {
        "c",
        "ac",
        "bc",
    }
    assert len(admissible_sets("abcd", smallest=2, largest=3)) == 6 + 4


def test_unknown_term_in_a_rule_is_named() -> None:
    with pytest.raises(UnknownCodeError, match="d"):
        admissible_sets("abc", required="d")


def test_strongly_correlated_pairs() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=400)
    frame = pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=400), "c": rng.normal(size=400)})
    assert strongly_correlated(frame, 0.5) == (frozenset({"a", "b"}),)


def frame_with_gaps() -> pd.DataFrame:
    x, y = design(150, 4, 9)
    frame = pd.DataFrame(x, columns=list("abcd")).assign(y=y, w=-y)
    frame.loc[frame.index[::7], "d"] = np.nan
    return frame


def test_complete_cases_are_those_of_the_own_terms() -> None:
    frame = frame_with_gaps()
    answer = atlas(frame, outcomes=["y"], terms=list("abcd"), standard_errors=["HC1", "HC3"])
    with_d = answer.included[:, 3]
    assert set(answer.n[~with_d]) == {150}
    assert set(answer.n[with_d]) == {150 - 22}  # every seventh of 150 rows is missing: 22
    row = answer.to_frame().query("standard_errors == 'HC3' and term == 'd'").iloc[-1]
    at = int(row["specification"])
    terms = [t for t, on in zip("abcd", answer.included[at], strict=True) if on]
    used = frame.dropna(subset=terms)
    fit = sm.OLS(used["y"], sm.add_constant(used[terms])).fit(cov_type="HC3")
    assert row["coefficient"] == pytest.approx(fit.params["d"], rel=RTOL)
    assert row["standard_error"] == pytest.approx(fit.bse["d"], rel=RTOL)


def test_choices_multiply() -> None:
    frame = frame_with_gaps()
    answer = atlas(
        {"one": frame, "two": frame.iloc[:100]},
        outcomes=["y", "w"],
        terms=list("abc"),
        outlier_rules={
            "none": np.isfinite,
            "mean+3sd": lambda y: y <= y.mean() + 3 * y.std(ddof=1),
        },
        samples={"all": lambda t: np.ones(len(t), bool), "even": lambda t: t.index % 2 == 0},
    )
    assert len(answer) == 2 * 2 * 2 * 2 * 7
    # w = −y: every slope changes sign exactly, when no rows are left out
    none = answer.choices["outliers"] == "none"
    y_rows = answer.coefficients[(none & (answer.choices["outcome"] == "y")).to_numpy()]
    w_rows = answer.coefficients[(none & (answer.choices["outcome"] == "w")).to_numpy()]
    np.testing.assert_allclose(y_rows, -w_rows, rtol=RTOL)


def test_singular_specifications_are_marked_not_hidden() -> None:
    frame = frame_with_gaps().assign(e=lambda t: 2 * t["a"] + 1)
    answer = atlas(frame, outcomes=["y"], terms=["a", "e", "b"])
    both = answer.included[:, 0] & answer.included[:, 1]
    assert (answer.singular == both).all()
    assert "2 of them singular" in answer.headline()


def test_influence_finds_the_choice_that_matters() -> None:
    # b is correlated with a and belongs in the equation: leaving it out moves a's slope;
    # c is independent noise: leaving it out hardly moves anything
    rng = np.random.default_rng(3)
    a = rng.normal(size=500)
    b = 0.8 * a + 0.6 * rng.normal(size=500)
    frame = pd.DataFrame({"a": a, "b": b, "c": rng.normal(size=500)})
    frame["y"] = a + 2 * b + 0.1 * rng.normal(size=500)
    answer = influence(atlas(frame, outcomes=["y"], terms=list("abc")), "a")
    assert answer.table["choice"].iloc[0] == "b in or out"
    assert answer.table["first_order_share"].iloc[0] > 0.99


def test_permutations_tell_signal_from_noise() -> None:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(rng.normal(size=(80, 3)), columns=["signal", "noise", "more"])
    frame["y"] = frame["signal"] + rng.normal(size=80)
    answer = permutation_test(
        frame, outcomes=["y"], terms=["signal", "noise", "more"], permutations=99, rng=rng
    )
    p = answer.table.set_index("term")["p_value"]
    assert p["signal"] == pytest.approx(0.01)
    assert p["noise"] > p["signal"]
    assert p["more"] > p["signal"]


def test_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="lacks columns z"):
        atlas(frame_with_gaps(), outcomes=["y"], terms=["a", "z"])


def test_impossible_rules_are_refused() -> None:
    with pytest.raises(ParameterError, match="No set of terms"):
        atlas(frame_with_gaps(), outcomes=["y"], terms=["a"], smallest=2)


def test_specifications_that_one_area_decides_are_set_aside_and_named() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["y", "a", "b"])
    frame.index = [f"{k:03d}" for k in range(60)]
    frame["alone"] = (frame.index == "007").astype(float)
    frame["pair"] = frame.index.isin(["001", "002"]).astype(float)
    answer = atlas(
        frame,
        outcomes=["y"],
        terms=["a", "b", "alone", "pair"],
        standard_errors=["classical", "HC1", "HC3"],
    )
    robust = (answer.choices["standard_errors"] != "classical").to_numpy()
    np.testing.assert_array_equal(answer.decided_alone, answer.included[:, 2] & robust)
    assert not answer.singular.any()
    assert np.isnan(answer.standard_errors[answer.decided_alone]).all()
    assert "16 set aside: one area alone decides a term" in answer.headline()  # 8 sets, 2 kinds
    assert "an area (007) alone decides" in answer.notes[0]
    luck = permutation_test(
        frame, outcomes=["y"], terms=["a", "alone"], permutations=19, rng=rng
    ).to_frame()
    assert np.isnan(luck.set_index("term").at["alone", "p_value"])
    assert luck.set_index("term").at["a", "p_value"] > 0


def test_a_leverage_of_exactly_one_divides_by_nothing() -> None:
    # the second dummy alone has leverage 1 to the last digit: 1 − h is 0, not 1e-16
    frame = pd.DataFrame({"y": [5.0, 3, 3, 4], "a": [1.0, 0, 0, 0], "b": [0.0, 1, 0, 0]})
    answer = atlas(frame, outcomes=["y"], terms=["a", "b"], standard_errors=STANDARD_ERRORS)
    robust = (answer.choices["standard_errors"] != "classical").to_numpy()
    assert len(robust) == 3 * len(STANDARD_ERRORS)
    np.testing.assert_array_equal(answer.decided_alone, robust)
    assert np.isnan(answer.standard_errors[robust]).all()
    # by hand: the other two average 3.5 with residuals −.5 and .5, so σ² = .5 with one degree
    both = answer.included.all(axis=1) & ~robust
    assert answer.coefficients[both] == pytest.approx(np.array([[1.5, -0.5]]))
    assert answer.standard_errors[both] == pytest.approx(np.sqrt([[0.5 * 1.5] * 2]))


@pytest.mark.parametrize("collinear", [False, True])
def test_lone_rows_are_those_with_leverage_one(collinear: bool) -> None:
    rng = np.random.default_rng(4)
    x = np.column_stack([rng.normal(size=(40, 3)), np.arange(40) == 3, np.arange(40) == 9])
    if collinear:
        x = np.column_stack([x, x[:, 3] + x[:, 4]])
    sets = admissible_sets([f"x{j}" for j in range(x.shape[1])])
    found = lone_rows(x, sets)
    for chosen, lone in zip(sets, found, strict=True):
        full = np.column_stack([np.ones(40), x[:, chosen]])
        leverage = np.einsum("ij,ji->i", full, np.linalg.pinv(full))
        np.testing.assert_array_equal(lone, leverage > 1 - 1e-9)
