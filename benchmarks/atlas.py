"""How much faster is the atlas than fitting each specification, and is it the same?

Side by side in one run: every specification of a 253-district design with HC1 by
``shuseki.entry.atlas``; a sample of them by ``specification_curve`` (install it for this script
only) and by statsmodels. A random thousand is compared with statsmodels number by number.

    python benchmarks/atlas.py
"""

import statistics
import time
import warnings

import numba
import numpy as np
import pandas as pd
import statsmodels.api as sm
from rich.progress import track
from sections import machine, write_section
from specification_curve import SpecificationCurve

from shuseki.datasets import regional_accounts
from shuseki.entry.atlas import Atlas, atlas
from shuseki.entry.design import OUTLIER_RULES
from shuseki.papers.catalogue import printed_definitions
from shuseki.papers.okamuro_2006.variables import table_2

TERMS = printed_definitions().names
OUTCOMES = ("START", "START_H", "START_L")
THREADS = 2
CHECKED = 1000
CONTROLS = TERMS[1:7]


def tables(seed: int = 2006) -> dict[str, pd.DataFrame]:
    """Both rate conventions: public regressors, invented births, institutes and land prices."""
    rng = np.random.default_rng(seed)
    accounts = regional_accounts("public")
    n = len(accounts)
    accounts["research_institutes_1996"] = rng.poisson(3, n)
    accounts["industrial_land_price_yen_per_m2_1998"] = np.exp(rng.normal(10.5, 0.8, n))
    x = table_2(accounts).frame[["MRATIO", "UNEMPL"]]
    mean = accounts["labour_force_1995"] / 10_000 * (1 + 9 * x["MRATIO"] + 9 * x["UNEMPL"])
    high, low = rng.poisson(0.25 * mean), rng.poisson(0.75 * mean)
    births = pd.DataFrame(
        {"births": high + low, "births_high": high, "births_low": low}, index=accounts.index
    )
    return {
        rule: table_2(accounts, births, convention=rule).frame
        for rule in ("labour_market", "ecological")
    }


def every(given: dict[str, pd.DataFrame]) -> Atlas:
    """All specifications."""
    return atlas(
        given,
        outcomes=OUTCOMES,
        terms=TERMS,
        outlier_rules={name: lambda y, r=rule: ~r(y) for name, rule in OUTLIER_RULES.items()},
        samples={
            "all": lambda table: np.ones(len(table), dtype=bool),
            "without metropolitan": lambda table: ~table["metropolitan"].to_numpy(dtype=bool),
        },
        standard_errors=("HC1",),
    )


def largest_difference(answer: Atlas, given: dict[str, pd.DataFrame]) -> float:
    """Largest relative difference from statsmodels, slopes and errors, of a random thousand."""
    worst = 0.0
    chosen = np.random.default_rng(1).choice(len(answer), CHECKED, replace=False)
    for s in track(chosen, description="statsmodels"):
        labels = answer.choices.iloc[s]
        table = given[labels["table"]]
        y = table[labels["outcome"]].to_numpy()
        keep = ~OUTLIER_RULES[labels["outliers"]](y)
        if labels["sample"] != "all":
            keep &= ~table["metropolitan"].to_numpy(dtype=bool)
        terms = [term for term, on in zip(TERMS, answer.included[s], strict=True) if on]
        x = table[terms].to_numpy()
        keep &= np.isfinite(x).all(axis=1)
        # statsmodels is given scaled columns: its own rounding is then below what is compared
        scale = x[keep].std(axis=0)
        fit = sm.OLS(y[keep], sm.add_constant(x[keep] / scale)).fit(cov_type="HC1")
        for ours, theirs in (
            (answer.coefficients[s, answer.included[s]], fit.params[1:] / scale),
            (answer.standard_errors[s, answer.included[s]], fit.bse[1:] / scale),
        ):
            worst = max(worst, float(np.abs(ours / theirs - 1).max()))
    return worst


def main() -> None:
    """Measure and write the section."""
    numba.set_num_threads(THREADS)
    given = tables()
    every({"labour_market": given["labour_market"].head(60)})  # compile
    ours, theirs = [], []
    answer = every(given)
    first = given["labour_market"]
    used = first[["START", TERMS[0], *CONTROLS]].dropna()
    for _ in range(3):
        start = time.perf_counter()
        answer = every(given)
        ours.append(time.perf_counter() - start)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            curve = SpecificationCurve(used, "START", TERMS[0], list(CONTROLS))
            start = time.perf_counter()
            curve.fit()
            theirs.append((time.perf_counter() - start) / len(curve.df_r))
    seconds, one = statistics.median(ours), statistics.median(theirs)
    ratios = [b / (a / len(answer)) for a, b in zip(ours, theirs, strict=True)]
    worst = largest_difference(answer, given)
    lines = [
        "## Atlas: every specification of the 253-district design",
        "",
        f"{machine()} {THREADS} threads; median of 3, alternating, one process; compilation "
        f"({len(TERMS)} terms, {len(OUTCOMES)} outcomes, {len(OUTLIER_RULES)} outlier rules, 2 "
        "samples, 2 rate conventions) left out.",
        "",
        "| | specifications | seconds | milliseconds each | ratio |",
        "|---|---|---|---|---|",
        f"| `shuseki.entry.atlas`, HC1 | {len(answer):,} | {seconds:.2f} "
        f"| {1000 * seconds / len(answer):.4f} | 1 |",
        f"| `specification_curve`, classical errors | {len(curve.df_r):,} "
        f"| {one * len(curve.df_r):.2f} | {1000 * one:.2f} | {one * len(answer) / seconds:,.0f} "
        f"({min(ratios):,.0f}–{max(ratios):,.0f}) |",
        "",
        f"Largest relative difference from statsmodels over a random {CHECKED:,} specifications "
        f"(slopes and HC1 errors): {worst:.1e}.",
    ]
    print("\n".join(lines))
    write_section("atlas", "\n".join(lines))


if __name__ == "__main__":
    main()
