"""Do the spatial models give published values, and do effects mean what they say?"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.spatial import (
    KINDS,
    METHODS,
    can_vary,
    effects_of,
    eigenvalues_of,
    spatial_effects,
    spatial_model,
    spatial_tests,
    surviving_conclusions,
    two_tailed,
)
from shuseki.errors import AlignmentError, ConvergenceError, DataError, ParameterError
from shuseki.language import told

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import libpysal

PUBLISHED = Path(__file__).parents[2] / "../shared/data/published/spatial_econ"
needs_published = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published data sets are not beside this checkout"
)


def columbus() -> tuple[pd.DataFrame, libpysal.weights.W]:
    frame = pd.read_csv(PUBLISHED / "spdata_columbus.csv")
    pairs = pd.read_csv(PUBLISHED / "spdata_col.gal.nb_nb.csv")
    near: dict[int, list[int]] = {k: [] for k in range(len(frame))}
    for i, j in pairs.iloc[:, :2].to_numpy():
        near[int(i)].append(int(j))
    return frame, libpysal.weights.W(near, silence_warnings=True)


@needs_published
def test_columbus_lag_and_error() -> None:
    # Anselin (1988), ch. 12: ML lag ρ = 0.404 (0.4039), b = 46.85, −1.0735, −0.2700,
    # log L = −183.17; ML error λ = 0.521, log L = −184.16
    frame, w = columbus()
    lag = spatial_model(frame, outcome="CRIME", terms=["INC", "HOVAL"], neighbours=w, kind="lag")
    assert lag.coefficient("rho") == pytest.approx(0.403890, abs=2e-6)
    np.testing.assert_allclose(lag.coefficients[:3], [46.8514, -1.0735, -0.2700], atol=6e-5)
    assert lag.log_likelihood == pytest.approx(-183.168, abs=1e-3)
    error = spatial_model(
        frame, outcome="CRIME", terms=["INC", "HOVAL"], neighbours=w, kind="error"
    )
    assert error.coefficient("lambda") == pytest.approx(0.520888, abs=2e-6)
    assert error.log_likelihood == pytest.approx(-184.155, abs=1e-3)


def neighbours_of_gal(path: Path) -> libpysal.weights.W:
    """Read a .gal file: per area its id, then the ids of its neighbours."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    near = {
        head.split()[0]: tail.split() for head, tail in zip(lines[::2], lines[1::2], strict=True)
    }
    return libpysal.weights.W(near, id_order=list(near), silence_warnings=True)


@needs_published
def test_baltimore_lag() -> None:
    # spreg's documentation of ML_Lag on this data set: ρ = 0.4258854
    table = pd.read_csv(PUBLISHED / "spdata_baltimore.csv")
    w = neighbours_of_gal(PUBLISHED / "libpysal/libpysal/examples/baltim/baltim_q.gal")
    table.index = w.id_order
    terms = ["NROOM", "NBATH", "PATIO", "FIREPL", "AC", "GAR", "AGE", "LOTSZ", "SQFT"]
    fit = spatial_model(table, outcome="PRICE", terms=terms, neighbours=w, kind="lag")
    assert fit.coefficient("rho") == pytest.approx(0.425885, abs=1e-6)


@needs_published
def test_ncovr_error() -> None:
    # the 1,412 southern counties, queen contiguity from their shapes: λ = 0.2986 here; spreg's
    # documentation has 0.2991 on the original shapes, whose islands differ by one county
    geopandas = pytest.importorskip("geopandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = geopandas.read_file(PUBLISHED / "spsur_NCOVR_geom.geojson")
        table = pd.read_csv(PUBLISHED / "spsur_NCOVR.sf.csv")
        south = (table["SOUTH"] == 1).to_numpy()
        w = libpysal.weights.Queen.from_dataframe(
            shapes[south].reset_index(drop=True), use_index=False, silence_warnings=True
        )
    part = table[south].reset_index(drop=True)
    part = part.drop(index=w.islands)
    fit = spatial_model(
        part,
        outcome="HR90",
        terms=["RD90", "PS90", "UE90", "DV90"],
        neighbours=w,
        kind="error",
    )
    assert fit.coefficient("lambda") == pytest.approx(0.2991, abs=1.5e-3)


def square(
    rho: float, theta: float = 0.0, n: int = 400, seed: int = 3
) -> tuple[pd.DataFrame, libpysal.weights.W, np.ndarray]:
    """Data from a spatial Durbin model on random points."""
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w = libpysal.weights.KNN.from_array(rng.uniform(0, 1, (n, 2)), k=6)
    names = [f"{k:03d}" for k in range(n)]
    w = libpysal.weights.W(
        {names[k]: [names[j] for j in near] for k, near in w.neighbors.items()},
        id_order=names,
        silence_warnings=True,
    )
    w.transform = "r"
    dense = w.full()[0]
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"], index=names)
    mean = 1 + frame["a"] - 0.5 * frame["b"] + theta * (dense @ frame["a"].to_numpy())
    frame["y"] = np.linalg.solve(np.eye(n) - rho * dense, mean + 0.5 * rng.normal(size=n))
    return frame, w, dense


def test_effects_equal_the_inverse_matrix() -> None:
    _, _, dense = square(0.0, n=60)
    b, theta, rho = 1.3, -0.4, 0.55
    matrix = np.linalg.inv(np.eye(60) - rho * dense) @ (b * np.eye(60) + theta * dense)
    effects, gradient = effects_of(b, theta, rho, np.linalg.eigvals(dense))
    direct, total = np.trace(matrix) / 60, matrix.sum() / 60
    np.testing.assert_allclose(effects, [direct, total - direct, total], rtol=1e-10)
    step = 1e-6
    for k, moved in enumerate(np.eye(3) * step):
        other, _ = effects_of(*(np.array([b, theta, rho]) + moved), np.linalg.eigvals(dense))
        np.testing.assert_allclose((other - effects) / step, gradient[:, k], rtol=1e-4)


def test_eigenvalues_of_mutual_neighbours_by_the_short_way() -> None:
    rng = np.random.default_rng(2)
    linked = np.triu(rng.uniform(size=(40, 40)) < 0.2, 1)
    linked = linked | linked.T | (np.abs(np.subtract.outer(range(40), range(40))) == 1)
    dense = linked / linked.sum(axis=1, keepdims=True)
    long_way = np.sort(np.linalg.eigvals(dense).real)
    np.testing.assert_allclose(np.sort(eigenvalues_of(dense)), long_way, atol=1e-10)
    assert np.iscomplexobj(eigenvalues_of(np.roll(np.eye(5), 1, axis=1)))  # a one-way ring


def test_delta_method_agrees_with_draws() -> None:
    frame, w, _ = square(0.4)
    fit = spatial_model(frame, outcome="y", terms=["a", "b"], neighbours=w, kind="lag")
    effects = spatial_effects(fit)
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(fit.coefficients, fit.covariance, size=4000)
    simulated = np.array([effects_of(d[1], 0.0, d[3], fit.eigenvalues)[0] for d in draws]).std(
        axis=0
    )
    # 4,000 draws give a standard deviation to about 1.1%; the delta method is linear: 5%
    np.testing.assert_allclose(effects.errors[:, 0], simulated, rtol=0.05)


@pytest.mark.parametrize(
    ("kind", "method"), [(kind, method) for kind in KINDS for method in METHODS[kind]]
)
def test_recovers_the_truth(kind: str, method: str) -> None:
    rho = 0.5 if kind in ("lag", "durbin", "lag_error") else 0.0
    theta = 0.8 if kind in ("slx", "durbin") else 0.0
    frame, w, _ = square(rho, theta)
    fit = spatial_model(
        frame, outcome="y", terms=["a", "b"], neighbours=w, kind=kind, method=method
    )
    truth = {"constant": 1.0, "a": 1.0, "b": -0.5, "W·a": theta, "W·b": 0.0, "rho": rho}
    truth["lambda"] = 0.0
    z = (fit.coefficients - np.array([truth[term] for term in fit.terms])) / fit.errors
    assert np.abs(z).max() < 4  # at most six normal deviates: beyond 4 once in 2,600 draws


def test_tests_point_to_the_right_model() -> None:
    for rho in (0.0, 0.5):
        frame, w, _ = square(rho)
        answer = spatial_tests(
            frame, outcome="y", terms=["a", "b"], neighbours={"nearest 6": w}, permutations=99
        )
        p = answer.table.set_index("test")["p_value"]
        assert (p["Moran's I of residuals"] < 0.01) == (rho > 0)
        assert (p["robust LM lag"] < 0.01) == (rho > 0)
    assert "1 of 1 definitions" in answer.headline()


def test_conclusions_survive_where_there_is_no_dependence() -> None:
    frame, w, _ = square(0.0)
    answer = surviving_conclusions(
        frame, outcomes=["y"], terms=["a", "b"], neighbours={"nearest 6": w}
    )
    assert (answer.table["same_verdict_share"] == 1).all()
    assert answer.table["verdict"].tolist() == ["positive", "negative"]


def test_order_of_areas_does_not_matter() -> None:
    frame, w, _ = square(0.4, n=80)
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = (
        spatial_model(table, outcome="y", terms=["a", "b"], neighbours=w, kind="lag")
        for table in (frame, shuffled)
    )
    np.testing.assert_allclose(one.coefficients, two.coefficients, rtol=1e-6)


def with_island() -> tuple[pd.DataFrame, libpysal.weights.W]:
    """Thirty areas; 007 has no neighbour, and 008 has 007 only, so that it has none either."""
    frame, w, _ = square(0.0, n=30)
    near = {code: list(others) for code, others in w.neighbors.items()}
    near["007"], near["008"] = [], ["007"]
    return frame, libpysal.weights.W(near, id_order=w.id_order, silence_warnings=True)


def test_islands_are_named_and_left_out() -> None:
    frame, broken = with_island()
    about = {"outcome": "y", "terms": ["a"]}
    fit = spatial_model(frame, neighbours=broken, kind="lag", **about)
    note = "neighbours: 2 areas without a neighbour left out: 007, 008."
    assert note in fit.notes
    assert told(fit.notes[-1], "ja") == "neighbours：近隣のない2地域を除いた：007、008。"
    # The same as without the two areas from the start.
    rest = frame.drop(index=["007", "008"])
    alone = spatial_model(rest, neighbours=broken, kind="lag", **about)
    assert fit.n == alone.n == 28
    assert alone.notes == ()
    np.testing.assert_array_equal(fit.coefficients, alone.coefficients)
    tests = spatial_tests(frame, neighbours={"band": broken}, permutations=19, **about)
    same = spatial_tests(rest, neighbours={"band": broken}, permutations=19, **about)
    pd.testing.assert_frame_equal(tests.table, same.table)
    assert tests.notes == ("band: 2 areas without a neighbour left out: 007, 008.",)
    kept = surviving_conclusions(
        frame, outcomes=["y"], terms=["a"], neighbours={"band": broken}, kinds=[("lag", "ml")]
    )
    assert kept.notes == tests.notes


def test_weights_without_any_link_are_refused() -> None:
    frame, w = with_island()
    none = libpysal.weights.W(
        {code: [] for code in w.id_order}, id_order=w.id_order, silence_warnings=True
    )
    with pytest.raises(ParameterError, match=r"without a neighbour: .*in all\) of 30.*nearest k"):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=none, kind="lag")


def test_foreign_areas_are_named() -> None:
    frame, w, _ = square(0.0, n=30)
    with pytest.raises(AlignmentError, match="no place in the weights: X"):
        spatial_model(
            frame.rename(index={"003": "X"}), outcome="y", terms=["a"], neighbours=w, kind="lag"
        )


def test_collinear_and_impossible_requests_are_refused() -> None:
    frame, w, _ = square(0.0, n=30)
    with pytest.raises(DataError, match=r"add up to one another, .*: a, c"):
        spatial_model(
            frame.assign(c=frame["a"] + 1),
            outcome="y",
            terms=["a", "c"],
            neighbours=w,
            kind="lag",
        )
    with pytest.raises(ParameterError, match="lag_error by gmm"):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=w, kind="lag_error", method="ml")


def in_pairs(values: np.ndarray) -> tuple[pd.DataFrame, "libpysal.weights.W"]:
    """Areas 0–1, 2–3 … that are each other's only neighbour; ``values`` are y and a."""
    codes = [f"{k:02d}" for k in range(len(values))]
    near = {code: [codes[k ^ 1]] for k, code in enumerate(codes)}
    w = libpysal.weights.W(near, id_order=codes, silence_warnings=True)
    return pd.DataFrame(values, index=codes, columns=["y", "a"]), w


@pytest.mark.parametrize("kind", ["slx", "durbin", "lag", "error"])
def test_lags_count_as_coefficients(kind: str) -> None:
    # a constant and a term for three areas are few enough; with a lag there are three
    codes = ["0", "1", "2"]
    w = libpysal.weights.W({code: [o for o in codes if o != code] for code in codes})
    frame = pd.DataFrame({"y": [1.0, 2, 4], "a": [1.0, 3, 2]}, index=codes)
    with pytest.raises(DataError, match=rf"3 areas for 3 coefficients in the {kind} model of y"):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=w, kind=kind)


@pytest.mark.parametrize("kind", ["slx", "durbin"])
def test_a_term_that_equals_its_own_lag_is_collinear(kind: str) -> None:
    rng = np.random.default_rng(0)
    frame, w = in_pairs(np.column_stack([rng.normal(size=12), np.repeat(rng.normal(size=6), 2)]))
    with pytest.raises(DataError, match=r"add up to one another, .*: a, W·a"):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=w, kind=kind)


@pytest.mark.parametrize("kind", ["lag", "error"])
def test_neighbours_that_are_equal_in_all_have_no_estimate(kind: str) -> None:
    # y = Wy: the likelihood grows without end as ρ (or λ) goes to 1
    rng = np.random.default_rng(0)
    frame, w = in_pairs(np.column_stack([np.repeat(rng.normal(size=6), 2), rng.normal(size=12)]))
    with pytest.raises(
        ConvergenceError, match=f"No estimate with standard errors for the {kind} model of y"
    ):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=w, kind=kind)


def test_conclusions_are_put_to_the_models_that_have_an_estimate() -> None:
    rng = np.random.default_rng(0)
    frame, pairs = in_pairs(
        np.column_stack([np.repeat(rng.normal(size=20), 2), rng.normal(size=40)])
    )
    ring = libpysal.weights.W(
        {f"{k:02d}": [f"{(k + 7) % 40:02d}", f"{(k - 7) % 40:02d}"] for k in range(40)}
    )
    about = {"outcomes": ["y"], "terms": ["a"], "kinds": [("lag", "ml")]}
    kept = surviving_conclusions(frame, neighbours={"pairs": pairs, "ring": ring}, **about)
    assert kept.table["models"].tolist() == [1]
    assert kept.notes[0].startswith("pairs, left out: No estimate with standard errors")
    with pytest.raises(ConvergenceError, match="pairs, left out"):
        surviving_conclusions(frame, neighbours={"pairs": pairs}, **about)


def test_moran_has_two_tails() -> None:
    # 80 noise samples: the median of a two-sided p is .5, and 5% are below .05 (4, at most 12)
    _, w, _ = square(0.0, n=50)
    p = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(50, 2)), columns=["y", "a"], index=w.id_order)
        table = spatial_tests(
            frame, outcome="y", terms=["a"], neighbours={"k": w}, permutations=99, seed=seed
        ).to_frame()
        p.append(table.set_index("test").at["Moran's I of the outcome", "p_value"])
    assert 0.35 < np.median(p) < 0.65
    assert sum(np.array(p) < 0.05) <= 12
    assert max(p) > 0.8
    assert table["distribution"].iloc[0] == "99 permutations, twice the smaller tail"


def test_a_smooth_and_a_checkered_map_are_both_far_from_chance() -> None:
    # a ring: neighbours alike, and neighbours opposite
    names = [f"{k:02d}" for k in range(40)]
    ring = {names[k]: [names[k - 1], names[(k + 1) % 40]] for k in range(40)}
    w = libpysal.weights.W(ring, id_order=names, silence_warnings=True)
    rng = np.random.default_rng(0)
    for y in (np.sin(2 * np.pi * np.arange(40) / 40), (-1.0) ** np.arange(40)):
        frame = pd.DataFrame({"y": y + 0.1 * rng.normal(size=40), "a": rng.normal(size=40)}, names)
        table = spatial_tests(
            frame, outcome="y", terms=["a"], neighbours={"ring": w}, permutations=199
        ).to_frame()
        assert table["p_value"].iloc[0] == pytest.approx(2 / 200)


@pytest.mark.parametrize(
    ("kind", "lags", "named"),
    [
        ("lag", None, "WX"),
        ("lag", 2, "WX + W²X"),
        ("lag_error", 1, "WX"),
        ("lag_error", 2, "WX + W²X"),
        ("durbin", None, "W²X + W³X"),
        ("durbin", 1, "W²X"),
    ],
)
def test_instruments_are_named_and_are_those_of_spreg(kind, lags, named) -> None:
    frame, w, _ = square(0.4, 0.5 if kind == "durbin" else 0.0, n=120)
    fit = spatial_model(
        frame,
        outcome="y",
        terms=["a", "b"],
        neighbours=w,
        kind=kind,
        method="gmm",
        instrument_lags=lags,
    )
    assert fit.instruments == named
    assert f"instruments {named} (neighbours)" in fit.headline()
    assert f"Instruments of the spatial lag of y: {named}." in fit.notes
    orders = lags or (2 if kind == "durbin" else 1)
    y, x = frame[["y"]].to_numpy(), frame[["a", "b"]].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spreg

        if kind == "lag_error":
            theirs = spreg.GM_Combo_Het(y, x, w=w, w_lags=orders)
        else:
            theirs = spreg.GM_Lag(
                y,
                x,
                w=w,
                w_lags=orders,
                slx_lags=int(kind == "durbin"),
                robust="white",
                spat_impacts=None,
            )
    np.testing.assert_allclose(fit.coefficients, theirs.betas.ravel(), rtol=1e-6)
    np.testing.assert_allclose(
        fit.errors, np.sqrt(np.diag(theirs.vm))[: len(fit.errors)], rtol=1e-6
    )


def test_instruments_without_a_lag_are_refused() -> None:
    frame, w, _ = square(0.0, n=40)
    for kind, method in (("lag", "ml"), ("error", "gmm")):
        with pytest.raises(ParameterError, match="there are no instruments"):
            spatial_model(
                frame,
                outcome="y",
                terms=["a"],
                neighbours=w,
                kind=kind,
                method=method,
                instrument_lags=2,
            )


def test_labels_say_which_errors_they_are() -> None:
    frame, w, _ = square(0.3, n=80)
    labels = {
        (kind, method): spatial_model(
            frame, outcome="y", terms=["a", "b"], neighbours=w, kind=kind, method=method
        ).standard_errors
        for kind, method in (("ols", "ml"), ("lag", "ml"), ("lag", "gmm"), ("error", "gmm"))
    }
    assert labels == {
        ("ols", "ml"): "HC1",
        ("lag", "ml"): "information",
        ("lag", "gmm"): "HC0",
        ("error", "gmm"): "robust to heteroskedasticity",
    }


def test_weights_in_any_order_say_the_same_and_stay_as_they_were() -> None:
    frame, w, _ = square(0.4, n=60)
    order = list(np.random.default_rng(1).permutation(w.id_order))
    mixed = libpysal.weights.W(
        {c: w.neighbors[c] for c in order},
        {c: [2.0 * v for v in w.weights[c]] for c in order},
        id_order=order,
        silence_warnings=True,
    )
    before = {c: list(v) for c, v in mixed.weights.items()}
    ask = {"outcome": "y", "terms": ["a", "b"]}
    tests = [
        spatial_tests(frame, neighbours={"k": u}, permutations=99, **ask).to_frame()
        for u in (w, mixed)
    ]
    np.testing.assert_allclose(tests[0]["statistic"], tests[1]["statistic"], rtol=1e-9)
    np.testing.assert_allclose(tests[0]["p_value"], tests[1]["p_value"], rtol=1e-9)
    fits = [
        spatial_model(frame, neighbours=u, kind="lag", **ask).coefficients for u in (w, mixed, w)
    ]
    np.testing.assert_allclose(fits[0], fits[1], rtol=1e-9)
    np.testing.assert_allclose(fits[0], fits[2], rtol=1e-12)
    assert {c: list(v) for c, v in mixed.weights.items()} == before


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_that_are_no_positive_numbers_are_refused(weight: float) -> None:
    frame, w, _ = square(0.0, n=30)
    near = {code: list(v) for code, v in w.weights.items()}
    near["004"][0] = weight
    broken = libpysal.weights.W(w.neighbors, near, id_order=w.id_order, silence_warnings=True)
    with pytest.raises(ParameterError, match="negative or no numbers: 004 to"):
        spatial_model(frame, outcome="y", terms=["a"], neighbours=broken, kind="lag")


def test_an_outcome_that_is_the_same_everywhere_is_refused() -> None:
    frame, w, _ = square(0.0, n=30)
    with pytest.raises(DataError, match="outcome is 2 in all 30 areas"):
        spatial_tests(frame.assign(y=2.0), outcome="y", terms=["a"], neighbours={"k": w})


def test_a_dummy_of_one_area_is_refused_where_errors_are_robust() -> None:
    frame, w, _ = square(0.3, n=50)
    frame["alone"] = (frame.index == "007").astype(float)
    for kind, method in (("ols", "ml"), ("lag", "gmm"), ("error", "gmm")):
        with pytest.raises(DataError, match=r"^alone is decided almost alone by area 007"):
            spatial_model(
                frame,
                outcome="y",
                terms=["a", "alone"],
                neighbours=w,
                kind=kind,
                method=method,
            )
    spatial_model(frame, outcome="y", terms=["a", "alone"], neighbours=w, kind="lag")


def test_ties_count_in_both_tails() -> None:
    assert two_tailed(0.3, np.full(99, 0.1 + 0.2)) == two_tailed(0.1 + 0.2, np.full(99, 0.3)) == 1
    # One value in one of 12 areas on a ring: every permutation has the same Moran's I.
    ids = [f"a{k}" for k in range(12)]
    ring = {ids[k]: [ids[k - 1], ids[(k + 1) % 12]] for k in range(12)}
    table = pd.DataFrame({"y": [1.1] + [0.0] * 11, "x": np.arange(12.0) ** 2}, index=ids)
    found = spatial_tests(
        table, outcome="y", terms=["x"], neighbours={"ring": libpysal.weights.W(ring)}
    )
    by = found.table.set_index("test")["p_value"]
    assert by["Moran's I of the outcome"] == 1


@pytest.mark.parametrize(("n", "terms"), [(5, 1), (8, 2), (12, 1)])
def test_what_is_the_same_for_all_values_has_no_p(n: int, terms: int) -> None:
    # Every area a neighbour of every other: I = -1 / (n - 1) whatever the values.
    ids = [f"a{k}" for k in range(n)]
    every = libpysal.weights.W({one: [other for other in ids if other != one] for one in ids})
    names = [f"x{k}" for k in range(terms)]
    values = np.random.default_rng(n).normal(size=(n, terms + 1))
    table = pd.DataFrame(values, index=ids, columns=["y", *names])
    found = spatial_tests(table, outcome="y", terms=names, neighbours={"all": every})
    assert found.table[["statistic", "p_value"]].isna().all(axis=None)
    assert told(found.notes[-1], "ja").startswith(
        "allでは定義されない：被説明変数のモランのI、残差のモランのI、"
    )


def test_one_residual_alone_has_the_same_moran_always() -> None:
    path = libpysal.weights.W({"a0": ["a1"], "a1": ["a0", "a2"], "a2": ["a1", "a3"], "a3": ["a2"]})
    x = np.random.default_rng(1).normal(size=(4, 2))
    assert can_vary(path.sparse, x[:, :1])
    assert not can_vary(path.sparse, x)
