"""Do the count models say what theory and another program say?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from shuseki.entry.counts import count_effects, count_model, overdispersion, separated
from shuseki.errors import ConvergenceError, DataError, ParameterError
from shuseki.language import told as in_language
from shuseki.papers.catalogue import printed_definitions

REFERENCE = Path(__file__).with_name("reference")
TRUTH = {"constant": 0.4, "a": 0.7, "b": -0.5}


def counts(
    n: int = 4000, alpha: float = 0.0, idle: float = 0.0, seed: int = 4, size: float = 4.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.uniform(0, 1, n), "b": rng.normal(size=n)})
    frame["base"] = rng.uniform(0.5, size, n)
    mean = frame["base"] * np.exp(0.4 + 0.7 * frame["a"] - 0.5 * frame["b"])
    gamma = rng.gamma(1 / alpha, alpha, n) if alpha else 1.0
    frame["births"] = rng.poisson(mean * gamma) * (rng.uniform(size=n) >= idle)
    frame["prefecture"] = rng.integers(0, 40, n)
    return frame


@pytest.mark.parametrize(
    ("family", "options"),
    [
        ("poisson", {}),
        ("negative_binomial", {"alpha": 0.5}),
        ("zero_inflated", {"idle": 0.3}),
    ],
)
def test_recovers_the_truth(family: str, options: dict[str, float]) -> None:
    fit = count_model(
        counts(**options), outcome="births", terms=["a", "b"], exposure="base", family=family
    )
    z = (fit.coefficients - np.array([*TRUTH.values()])) / fit.errors
    assert np.abs(z).max() < 3.5  # three normal deviates: beyond 3.5 once in 700 seeds
    if family == "negative_binomial":
        assert fit.dispersion == pytest.approx(0.5, abs=0.06)
    assert fit.zeros_expected == pytest.approx(fit.zeros, rel=0.1)


def test_poisson_equals_statsmodels_with_every_error() -> None:
    frame = counts(300)
    x = sm.add_constant(frame[["a", "b"]])
    model = sm.GLM(frame["births"], x, family=sm.families.Poisson(), offset=np.log(frame["base"]))
    for kind, groups in (("classical", None), ("HC0", None), ("cluster", "prefecture")):
        ours = count_model(
            frame,
            outcome="births",
            terms=["a", "b"],
            exposure="base",
            standard_errors=kind,
            groups=groups,
        )
        options = {
            "classical": {},
            "HC0": {"cov_type": "HC0"},
            # statsmodels multiplies G/(G−1) by (n−1)/(n−k) too; ours is G/(G−1)
            "cluster": {"cov_type": "cluster", "cov_kwds": {"groups": frame["prefecture"]}},
        }[kind]
        theirs = model.fit(tol=1e-12, **options)
        factor = np.sqrt((300 - 1) / (300 - 3)) if kind == "cluster" else 1.0
        np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-8)
        np.testing.assert_allclose(ours.errors * factor, theirs.bse, rtol=1e-6)


def stored(family: str, errors: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The made-up counts, and what R (MASS, pscl, sandwich) says of them; see counts.R."""
    answers = pd.read_csv(REFERENCE / "counts_reference.csv")
    mine = answers[(answers["family"] == family) & (answers["errors"] == errors)]
    return pd.read_csv(REFERENCE / "counts.csv"), mine


@pytest.mark.parametrize(
    ("family", "errors"),
    [("poisson", kind) for kind in ("classical", "HC0", "HC1", "cluster")]
    + [("zero_inflated", "classical")],
)
def test_equals_stored_output_of_r(family: str, errors: str) -> None:
    frame, theirs = stored(family, errors)
    ours = count_model(
        frame,
        outcome="births",
        terms=["a", "b"],
        exposure="base",
        family=family,
        standard_errors=errors,
        groups="prefecture" if errors == "cluster" else None,
    )
    # glm stops at a relative change of 1e-14 of the deviance, zeroinfl's optimiser at 1e-15 of a
    # flat maximum, with a Hessian by differences
    loose = family == "zero_inflated"
    np.testing.assert_allclose(
        ours.coefficients, theirs["coefficient"], rtol=1e-5 if loose else 1e-9
    )
    np.testing.assert_allclose(ours.errors, theirs["standard_error"], rtol=1e-4 if loose else 1e-7)
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-10)


def test_negative_binomial_equals_stored_output_of_r() -> None:
    # MASS maximises the same likelihood; its errors take α as known, which at the maximum costs
    # the slopes nothing (the information is block diagonal in expectation), so they agree to 5%
    frame, theirs = stored("negative_binomial", "theta known")
    ours = count_model(
        frame,
        outcome="births",
        terms=["a", "b"],
        exposure="base",
        family="negative_binomial",
        standard_errors="classical",
    )
    np.testing.assert_allclose(ours.coefficients, theirs["coefficient"], rtol=1e-6)
    assert ours.dispersion == pytest.approx(theirs["alpha"].iloc[0], rel=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-10)
    np.testing.assert_allclose(ours.errors, theirs["standard_error"], rtol=0.05)


def test_no_convergence_is_named_with_the_remedy() -> None:
    # counts with less variance than a Poisson: NB2's α runs to 0, where it has no maximum
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.uniform(size=200), "births": rng.binomial(5, 0.9, 200)})
    with pytest.raises(ConvergenceError, match=r"no overdispersion.*family='poisson'"):
        count_model(frame, outcome="births", terms=["a"], family="negative_binomial")


def test_marginal_effects_are_changes_of_the_mean_rate() -> None:
    frame = counts(500)
    fit = count_model(frame, outcome="births", terms=["a", "b"], exposure="base")
    x = np.column_stack([np.ones(500), frame["a"], frame["b"]])
    step = 1e-6
    b = fit.coefficients
    moved = (np.exp((x + np.array([0, step, 0])) @ b).mean() - np.exp(x @ b).mean()) / step
    assert fit.marginal_effects[1] == pytest.approx(moved, rel=1e-5)


def test_effects_are_told_as_those_of_the_linear_model() -> None:
    # a rate of exp(1 + 2 MRATIO) per 10,000: 10 points more are 0.1 · 2 · mean rate more births
    rng = np.random.default_rng(6)
    share = rng.uniform(0.1, 0.5, 400)
    base = rng.uniform(5, 50, 400)
    frame = pd.DataFrame({"MRATIO": share, "base": base})
    frame["START_H"] = rng.poisson(base * np.exp(1 + 2 * share))
    fit = count_model(frame, outcome="START_H", terms=["MRATIO"], exposure="base")
    told = count_effects([fit], definitions=printed_definitions())
    change = told.table["change"].iloc[0]
    assert change == pytest.approx(0.1 * 2 * np.exp(1 + 2 * share).mean(), rel=0.1)
    assert told.say("START_H", "poisson", "MRATIO") == (
        f"10 points more manufacturing share of workers: {change:.1f} more high-tech births per "
        "10,000 labour force"
    )
    assert "ハイテク業種の" in in_language(told.say("START_H", "poisson", "MRATIO"), "ja")


def test_exposure_units_do_not_matter() -> None:
    frame = counts(400)
    one = count_model(frame, outcome="births", terms=["a", "b"], exposure="base")
    frame["base"] *= 1000
    two = count_model(frame, outcome="births", terms=["a", "b"], exposure="base")
    np.testing.assert_allclose(one.coefficients[1:], two.coefficients[1:], rtol=1e-8)
    assert two.coefficients[0] == pytest.approx(one.coefficients[0] - np.log(1000))


def test_overdispersion_is_seen_only_where_it_is() -> None:
    for alpha in (0.0, 0.5):
        frame = counts(alpha=alpha)
        mean = frame["base"] * np.exp(0.4 + 0.7 * frame["a"] - 0.5 * frame["b"])
        answer = overdispersion(frame["births"].to_numpy(float), mean.to_numpy())
        assert (answer.t_nb2 > 4) == (alpha > 0)
    assert answer.alpha_nb2 == pytest.approx(0.5, abs=0.1)


def test_separation_by_hand() -> None:
    # the dummy is 1 only where there are no births: its coefficient runs to −∞
    y = np.array([0.0, 0, 3, 1, 2, 0])
    dummy = np.array([1.0, 1, 0, 0, 0, 0])
    where, columns = separated(y, np.column_stack([np.ones(6), dummy]))
    assert where.tolist() == [True, True, False, False, False, False]
    assert columns == [1]
    where, _ = separated(y, np.column_stack([np.ones(6), np.arange(6.0)]))
    assert not where.any()


def test_separation_is_named_with_its_rows() -> None:
    frame = counts(60)
    frame["island"] = 0.0
    frame.loc[[7, 9], "island"] = 1.0
    frame.loc[[7, 9], "births"] = 0
    with pytest.raises(ParameterError, match=r"separated by island: rows 7, 9"):
        count_model(frame, outcome="births", terms=["a", "island"], exposure="base")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"births": -1}, "Negative counts of births: rows 3"),
        ({"base": 0.0}, "Exposure is not positive in rows 3"),
    ],
)
def test_bad_rows_are_named(change: dict[str, float], message: str) -> None:
    frame = counts(50)
    for column, value in change.items():
        frame.loc[3, column] = value
    with pytest.raises(DataError, match=message):
        count_model(frame, outcome="births", terms=["a"], exposure="base")


def test_collinear_terms_are_named() -> None:
    frame = counts(50).assign(c=lambda t: 2 * t["a"] + 1, flat=1.0)
    with pytest.raises(DataError, match=r"add up to one another, .*: a, c"):
        count_model(frame, outcome="births", terms=["a", "b", "c"], exposure="base")
    with pytest.raises(DataError, match=r"do not vary .*: flat"):
        count_model(frame, outcome="births", terms=["a", "flat"], exposure="base")


def test_missing_rows_are_counted() -> None:
    frame = counts(50)
    frame.loc[:4, "a"] = np.nan
    fit = count_model(frame, outcome="births", terms=["a"], exposure="base")
    assert fit.n == 45
    assert fit.notes == ("5 areas with a missing value were left out.",)


def inflated(n: int = 600, seed: int = 4, *, both: bool = False) -> pd.DataFrame:
    """Poisson counts of mean exp(.3 + .5 a), and areas that cannot have births, by a if asked."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    frame["base"] = rng.uniform(1, 3, n)
    idle = 1 / (1 + np.exp(0.3 - (0.8 * frame["a"] if both else 0.0)))
    births = rng.poisson(frame["base"] * np.exp(0.3 + 0.5 * frame["a"] - 0.2 * frame["b"]))
    frame["births"] = np.where(rng.random(n) < idle, 0, births)
    return frame


@pytest.mark.parametrize("both", [False, True])
def test_effects_of_the_zero_inflated_model_hold_its_zeros(both: bool) -> None:
    # by moving each term in every area, and each parameter for the delta method
    frame = inflated(both=both)
    inflation = ["a"] if both else []
    fit = count_model(
        frame,
        outcome="births",
        terms=["a", "b"],
        exposure="base",
        family="zero_inflated",
        inflation=inflation,
        standard_errors="classical",
    )
    b, c = fit.coefficients, fit.inflation_coefficients

    def mean_rate(c, b, a=0.0, other=0.0):
        moved = frame["a"].to_numpy() + a
        idle = 1 / (1 + np.exp(-(c[0] + (c[1] * moved if both else 0.0))))
        return ((1 - idle) * np.exp(b[0] + b[1] * moved + b[2] * (frame["b"] + other))).mean()

    step = 1e-5
    by_a = (mean_rate(c, b, a=step) - mean_rate(c, b, a=-step)) / (2 * step)
    by_b = (mean_rate(c, b, other=step) - mean_rate(c, b, other=-step)) / (2 * step)
    assert fit.marginal_effects[1] == pytest.approx(by_a, rel=1e-6)
    assert fit.marginal_effects[2] == pytest.approx(by_b, rel=1e-6)
    assert np.isnan(fit.marginal_effects[0])
    assert fit.means.sum() == pytest.approx(frame["births"].sum(), rel=0.02)


def test_errors_of_the_inflated_effects_are_those_of_simulation() -> None:
    # 80 samples of the same law: the spread of the effects against the mean delta-method error
    effects, errors = [], []
    for seed in range(80):
        fit = count_model(
            inflated(250, seed, both=True),
            outcome="births",
            terms=["a"],
            exposure="base",
            family="zero_inflated",
            inflation=["a"],
            standard_errors="classical",
        )
        effects.append(fit.marginal_effects[1])
        errors.append(fit.marginal_errors[1])
    # a standard deviation of 80 draws is known to 8%: two and a half of them
    assert np.mean(errors) == pytest.approx(np.std(effects), rel=0.2)


def test_inflation_needs_its_family() -> None:
    with pytest.raises(ParameterError, match=r"inflation, a, for family 'poisson'"):
        count_model(inflated(), outcome="births", terms=["a"], inflation=["a"])


def test_clusters_that_are_few_or_say_nothing() -> None:
    # pyfixest and fixest: two clusters, the term constant within each, p of 0
    rng = np.random.default_rng(0)
    side = np.arange(200) < 100
    frame = pd.DataFrame(
        {"x": side.astype(float), "z": rng.normal(size=200), "y": rng.poisson(3, 200)}
    ).assign(g=np.where(side, "a", "b"), one="a", many=np.arange(200) % 5)
    ask = {"outcome": "y", "standard_errors": "cluster"}
    for terms in (["x"], ["x", "z"]):
        with pytest.raises(DataError, match=r"^x is decided almost alone by clusters"):
            count_model(frame, terms=terms, groups="g", **ask)
    with pytest.raises(DataError, match="in one cluster"):
        count_model(frame, terms=["z"], groups="one", **ask)
    fit = count_model(frame, terms=["z"], groups="many", **ask)
    assert fit.clusters == 5
    assert "Only 5 clusters" in fit.notes[0]
    z = fit.coefficients[1] / fit.errors[1]
    # Student's t with 4 degrees of freedom, not the normal distribution
    assert fit.p_values()[1] == pytest.approx(2 * stats.t.sf(abs(z), 4))
    assert "t" in fit.to_frame().columns


def test_a_dummy_of_one_area_is_refused_by_name() -> None:
    frame = counts(80)
    frame["alone"] = (frame.index == 5).astype(float)
    frame.loc[5, "births"] = 9
    count_model(
        frame, outcome="births", terms=["a", "alone"], exposure="base", standard_errors="classical"
    )
    with pytest.raises(DataError, match=r"^alone is decided almost alone by area 5 \(leverage 1\)"):
        count_model(frame, outcome="births", terms=["a", "alone"], exposure="base")


def test_no_excess_of_zeros_is_told() -> None:
    # Poisson counts with fewer zeros than expected: the share of idle areas goes to 0
    frame = counts(400)
    few = frame[frame["births"] > 0]
    told = [
        count_model(table, outcome="births", terms=["a"], exposure="base", family="zero_inflated")
        for table in (pd.concat([few, frame[frame["births"] == 0].head(2)]), inflated())
    ]
    assert any("no excess of zeros" in note for note in told[0].notes)
    assert not told[1].notes
