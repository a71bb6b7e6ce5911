"""Papers printed on made-up data, consistent in every digit (synthetic).

For the tests of the audit and for ``docs/audit_detection.py``, which load this file by its path.
"""

import numpy as np
import pandas as pd
from scipy import stats as distributions

from shuseki.papers.printed import TABLE_COLUMNS, PrintedPaper, Statement
from shuseki.sources import Source

WHOLE, HIGH, LOW = "RATE", "RATE_H", "RATE_L"
OUTCOMES = (WHOLE, HIGH, LOW)
TERMS = ("SIZE", "WAGE", "DENSITY", "SHARE", "PRICE")
MODELS = {
    "1": ("SIZE", "WAGE", "DENSITY", "SHARE"),
    "2": ("SIZE", "WAGE", "DENSITY"),
    "3": ("SIZE", "WAGE", "SHARE", "PRICE"),
}
LEVELS = {"***": 0.01, "**": 0.05, "*": 0.10}


def three(value: float) -> str:
    """Three significant digits, as regression programs print them."""
    if value == 0:
        return "0"
    places = max(2 - int(np.floor(np.log10(abs(value)))), 0)
    return f"{value:.{places}f}"


def least_squares(
    y: np.ndarray, X: np.ndarray, classical: bool
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Coefficients, HC1 or classical t values, adjusted R² and F, by the textbook formulas."""
    n, size = X.shape
    inverse = np.linalg.inv(X.T @ X)
    b = inverse @ X.T @ y
    e = y - X @ b
    cov = inverse @ (X.T * e**2) @ X @ inverse * n / (n - size)
    if classical:
        cov = inverse * (e @ e) / (n - size)
    r2 = 1 - e @ e / ((y - y.mean()) ** 2).sum()
    adjusted = 1 - (1 - r2) * (n - 1) / (n - size)
    return b, b / np.sqrt(np.diag(cov)), adjusted, r2 / (size - 1) / ((1 - r2) / (n - size))


def consistent_paper(seed: int, style: str) -> PrintedPaper:
    """Print a paper on made-up data.

    Styles: ``"one sample"``, everything is of the same areas; ``"trimmed"``, statistics and
    equations leave out the outliers of each outcome, correlations do not, and one variable has
    gaps; ``"pairwise"``, the correlations too leave out each outcome's outliers; ``"classical"``,
    one sample and classical standard errors (the others are heteroskedasticity-robust).
    """
    trims = style not in ("one sample", "classical")
    rng = np.random.default_rng(seed)
    n = int(rng.integers(180, 320))
    loading = rng.normal(size=(5, 5)) * 0.4 + np.eye(5)
    z = rng.normal(size=(n, 5)) @ loading
    z[:, 4] = 0.9 * z[:, 2] / z[:, 2].std() + 0.4 * rng.normal(size=n)
    z /= z.std(0)
    data = pd.DataFrame(
        {
            "SIZE": 19 + 4 * z[:, 0],
            "WAGE": 390 + 70 * z[:, 1],
            "DENSITY": np.exp(0.8 + 0.7 * z[:, 2]),
            "SHARE": 0.24 + 0.05 * z[:, 3],
            "PRICE": 6 + 0.8 * z[:, 4],
        }
    )
    force = rng.lognormal(11.8, 0.8, n).round()
    signal = 0.25 * z[:, 3] - 0.2 * z[:, 0] + 0.08 * z[:, 2]
    high = rng.poisson(force / 1e4 * 0.6 * np.exp(signal + 0.3 * rng.normal(size=n)))
    low = rng.poisson(force / 1e4 * 2.0 * np.exp(0.7 * signal + 0.25 * rng.normal(size=n)))
    births = {HIGH: high, LOW: low, WHOLE: high + low}
    for name in OUTCOMES:
        data[name] = births[name] / force * 1e4
    gaps = rng.choice(n, n // 5, replace=False) if trims else np.array([], dtype=int)
    data.loc[gaps, "PRICE"] = np.nan
    kept = {
        name: data[name] <= data[name].mean() + 3 * data[name].std() if trims else data[name] >= 0
        for name in OUTCOMES
    }
    statements: list[Statement] = []

    def say(kind: str, name: str, **fields: object) -> None:
        statements.append(Statement(name, kind, str(rng.integers(1, 20)), "", name, fields))

    describe = []
    for name in (*OUTCOMES, *TERMS):
        values = data[name][kept[name]] if name in kept else data[name].dropna()
        numbers = (values.mean(), values.median(), values.std(), values.min(), values.max())
        describe.append(("3", name, *(f"{v:.4f}" for v in numbers), str(len(values))))
    shown_to_each_other = data.copy()
    for name in OUTCOMES if style == "pairwise" else ():
        shown_to_each_other.loc[~kept[name], name] = np.nan
    matrix = shown_to_each_other[[*OUTCOMES, *TERMS]].corr()
    names = list(matrix.columns)
    correlated = [
        ("A2", names[i], names[j], f"{matrix.iloc[i, j]:.3f}")
        for i in range(len(names))
        for j in range(i + 1)
    ]
    coefficients, fits = [], []
    shown: dict[tuple[str, str], dict[str, tuple[float, str]]] = {}
    for outcome in OUTCOMES:
        for model, terms in MODELS.items():
            rows = kept[outcome] & data[list(terms)].notna().all(axis=1)
            X = np.column_stack([np.ones(rows.sum()), data.loc[rows, list(terms)]])
            b, t, adjusted, f = least_squares(
                data.loc[rows, outcome].to_numpy(), X, style == "classical"
            )
            table = str(4 + OUTCOMES.index(outcome))
            for term, slope, ratio in zip(("constant", *terms), b, t, strict=True):
                coefficients.append(
                    (
                        table,
                        outcome,
                        model,
                        term,
                        three(slope),
                        three(ratio),
                        level(2 * distributions.t.sf(abs(ratio), rows.sum() - len(b))),
                    )
                )
                shown.setdefault((outcome, model), {})[term] = (slope, coefficients[-1][-1])
            fits += [
                (table, outcome, model, "adjusted_r2", f"{adjusted:.3f}", ""),
                (
                    table,
                    outcome,
                    model,
                    "f_statistic",
                    three(f),
                    level(distributions.f.sf(f, len(b) - 1, rows.sum() - len(b))),
                ),
                (table, outcome, model, "n", str(rows.sum()), ""),
            ]
    ranked = []
    for outcome in OUTCOMES:
        order = np.lexsort((force, -data[outcome]))[:10]
        for rank, i in enumerate(order, start=1):
            ranked.append(
                (
                    "1",
                    outcome,
                    str(rank),
                    "",
                    f"area {i}",
                    str(births[outcome][i]),
                    f"{data[outcome][i]:.2f}",
                )
            )
    industries = np.sort(rng.gamma(1.3, 2.0, 40))[::-1].round(2) + 0.01
    middle = industries.mean()
    classes = [
        ("A1", group, str(rank), f"industry {group} {rank}", f"{value:.2f}")
        for group, members in (
            ("high", industries[industries > middle]),
            ("low", industries[industries <= middle]),
        )
        for rank, value in enumerate(members, start=1)
    ]
    _say_counts(say, rng, births, force, industries, middle)
    _say_results(say, shown, data, kept, trims)
    rows = {
        "coefficients": coefficients,
        "fit": fits,
        "descriptives": describe,
        "correlations": correlated,
        "ranking": ranked,
        "industries": classes,
        "citations": [
            ("Smith and Jones", "1994", "3"),
            ("Mori", "2002", "4;5"),
            ("Li", "1999a", "6"),
        ],
        "references": [("Smith and Jones", "1994"), ("Mori", "2002"), ("Li", "1999a")],
    }
    about: dict[str, object] = {
        "stars": LEVELS,
        "areas": n,
        "births_by_group": {WHOLE: [HIGH, LOW]},
    }
    return PrintedPaper(
        key=f"made-up-{seed}",
        about=about,
        tables={
            k: pd.DataFrame(v, columns=list(TABLE_COLUMNS[k]), dtype=str) for k, v in rows.items()
        },
        titles={},
        statements=tuple(statements),
        source=Source("made-up", "A made-up paper", "2026", origin="synthetic"),
    )


def level(p: float) -> str:
    return next((s for s, limit in LEVELS.items() if p <= limit), "")


def _say_counts(say, rng, births, force, industries, middle) -> None:  # type: ignore[no-untyped-def]
    total, high, low = (int(births[name].sum()) for name in OUTCOMES)
    small = int(total / 0.93)
    left = int(small / 0.85)
    seen = int(rng.integers(1000, 7000))
    for name, value in (
        ("candidates", left + seen),
        ("seen", seen),
        ("left", left),
        ("small", small),
        ("births", total),
        ("births_high", high),
        ("births_low", low),
    ):
        say("quantity", name, value=f"{value:,}", unit="plants")
    order = np.sort(births[WHOLE])[::-1]
    for name, share in (
        ("small_share", small / left),
        ("births_share", total / small),
        ("high_share", high / total),
        ("top_1_share", order[0] / total),
        ("top_5_share", order[:5].sum() / total),
    ):
        say("quantity", name, value=f"{100 * share:.1f}%", unit="share")
    say("difference", "chain", **{"from": "candidates", "less": ["seen"], "leaves": "left"})
    say("sum", "groups", parts=["births_high", "births_low"], total="births")
    for part, whole, share in (
        ("small", "left", "small_share"),
        ("births", "small", "births_share"),
        ("births_high", "births", "high_share"),
    ):
        say("share", f"{part}_of_{whole}", part=part, whole=whole, share=share)
    largest = [f"area {i}" for i in np.argsort(-births[WHOLE])[:5]]
    say("named_share", "top_1", of="births", names=largest[:1], share="top_1_share")
    say("named_share", "top_5", of="births", names=largest, share="top_5_share")
    for name, size, group in (
        ("industries", len(industries), None),
        ("industries_high", (industries > middle).sum(), "high"),
        ("industries_low", (industries <= middle).sum(), "low"),
    ):
        of = {"table": "A1", "statistic": "count"} | ({"group": group} if group else {})
        say("quantity", name, value=str(size), unit="industries", of=of)
    say(
        "quantity",
        "intensity_mean",
        value=f"{middle:.2f}%",
        unit="share",
        of={"table": "A1", "statistic": "mean"},
    )
    say("threshold", "threshold", table="A1", value="intensity_mean", high="above", low="below")
    say("sum", "industries_sum", parts=["industries_high", "industries_low"], total="industries")
    for source, value in (("definition_one", "labour force"), ("definition_two", "labour force")):
        say("definition", source, of="rate", aspect="denominator", value=value)


def _say_results(say, shown, data, kept, trims) -> None:  # type: ignore[no-untyped-def]
    if trims:
        say(
            "outlier_rule",
            "outliers",
            variables=list(OUTCOMES),
            standard_deviations=3,
            side="above",
        )
        for name in OUTCOMES:
            of = {"variable": name, "statistic": "mean", "sample": "all areas"}
            say("quantity", f"mean_{name}", value=f"{data[name].mean():.2f}", unit="births", of=of)
        of = {"variable": WHOLE, "statistic": "max", "sample": "all areas"}
        say("quantity", "largest", value=f"{data[WHOLE].max():.2f}", unit="births", of=of)
    correlated = data[list(TERMS)].corr().abs()
    used = max(correlated.loc[a, b] for m in MODELS.values() for a in m for b in m if a != b)
    if correlated.loc["DENSITY", "PRICE"] > used:  # else the sentence would be one to question
        say("never_together", "apart", pairs=[["DENSITY", "PRICE"]])
    for outcome in OUTCOMES:
        for term in TERMS:
            inside = [m for m in MODELS if term in MODELS[m]]
            cells = {m: shown[outcome, m][term] for m in inside}
            found = [m for m in inside if cells[m][1]]
            if found and all(cells[m][0] > 0 for m in found):
                say(
                    "significance",
                    f"{outcome}_{term}",
                    variables=[term],
                    outcomes=[outcome],
                    models=found,
                    effect="positive",
                    only=True,
                )
                say(
                    "direction",
                    f"{outcome}_{term}_direction",
                    outcomes=[outcome],
                    higher_with=[term],
                    lower_with=[],
                )
            elif not found:
                say(
                    "significance",
                    f"{outcome}_{term}",
                    variables=[term],
                    outcomes=[outcome],
                    models="all",
                    effect="none",
                )
        (b, _) = shown[outcome, "1"]["SHARE"]
        effect = f"{abs(0.1 * b):.1g}"
        say(
            "effect",
            f"{outcome}_effect",
            variable="SHARE",
            outcome=outcome,
            models=["1"],
            change="0.1",
            low=effect,
            high=effect,
            direction="more" if b > 0 else "fewer",
        )
