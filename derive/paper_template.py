"""Write the paper that `shuseki audit --new` starts from: small, made up, and consistent.

    python -P derive/paper_template.py

Sixty made-up regions; every number is computed from them and rounded as it is printed, so the
template passes. Writes ``src/shuseki/datasets/data/paper_template``.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/paper_template"
N = 60
LEVELS = {"***": 0.01, "**": 0.05, "*": 0.10}


def three(value: float) -> str:
    """Three significant digits."""
    return f"{value:.{max(2 - int(np.floor(np.log10(abs(value)))), 0)}f}"


def marked(p: float) -> str:
    """Stars."""
    return next((stars for stars, level in LEVELS.items() if p <= level), "")


def main() -> None:
    """Make the regions, and print them."""
    rng = np.random.default_rng(1)
    size = rng.normal(20, 5, N).clip(5)
    wage = 300 + 4 * size + rng.normal(0, 30, N)
    schools = rng.poisson(6, N)
    rate = 3 - 0.05 * size + 0.15 * schools + rng.normal(0, 0.5, N)
    data = pd.DataFrame({"RATE": rate, "SIZE": size, "WAGE": wage, "SCHOOLS": schools})
    coefficients: list[tuple[str, ...]] = []
    fits: list[tuple[str, ...]] = []
    for model, terms in {"1": ["SIZE", "SCHOOLS"], "2": ["SIZE", "WAGE", "SCHOOLS"]}.items():
        fit = sm.OLS(data["RATE"], sm.add_constant(data[terms])).fit()
        coefficients += [
            ("2", "RATE", model, "constant" if term == "const" else term,
             three(fit.params[term]), f"{fit.tvalues[term]:.2f}", marked(fit.pvalues[term]))
            for term in fit.params.index
        ]  # fmt: skip
        fits += [
            ("2", "RATE", model, "n", str(N), ""),
            ("2", "RATE", model, "adjusted_r2", f"{fit.rsquared_adj:.3f}", ""),
            ("2", "RATE", model, "f_statistic", f"{fit.fvalue:.2f}", marked(fit.f_pvalue)),
        ]
    described = [
        ("1", name, *(f"{getattr(v, s)():.2f}" for s in ("mean", "median", "std", "min", "max")),
         str(N), "1" if name == "SCHOOLS" else "")
        for name, v in data.items()
    ]  # fmt: skip
    r = data.corr()
    names = list(data)
    pairs = [
        ("A1", names[i], names[j], f"{r.iloc[i, j]:.3f}")
        for i in range(len(names))
        for j in range(i)
    ]
    OUT.mkdir(exist_ok=True)
    tables = {
        "coefficients": (
            "# One row per coefficient, numbers exactly as printed (0.50 is not 0.5). Give what\n"
            "# stands in parentheses as t, se or p (columns of that name); leave out what is not\n"
            "# printed.\n"
            "# The constant is the term 'constant'.\n",
            ["table", "outcome", "model", "term", "coefficient", "t", "stars"], coefficients,
        ),
        "fit": (
            "# One row per number below an equation: n, r2, adjusted_r2, f_statistic.\n",
            ["table", "outcome", "model", "statistic", "value", "stars"], fits,
        ),
        "descriptives": (
            "# One row per variable. step is the smallest difference of two values: 1 for whole\n"
            "# numbers, empty for others.\n",
            ["table", "variable", "mean", "median", "sd", "min", "max", "n", "step"], described,
        ),
        "correlations": (
            "# One row per printed correlation.\n", ["table", "variable", "with", "r"], pairs,
        ),
    }  # fmt: skip
    for name, (comment, columns, rows) in tables.items():
        text = pd.DataFrame(rows, columns=columns).to_csv(index=False)
        (OUT / f"{name}.csv").write_text(comment + text, encoding="utf-8")
    births, large = 480, 132
    (OUT / "paper.toml").write_text(
        f"""# A printed paper as data: what is printed, where, and nothing else. This one is made up
# and passes; replace it by yours. Numbers are texts exactly as printed. What the paper does not
# print is left out: rules without their numbers are not asked, and the audit says which.
# All names of files, columns and keys: shuseki/papers/printed.py.

[paper]
key = "made-up"                 # a short name
title_en = "Made-up regions"
citation = "Nobody, A made-up paper"
year = "2026"
standard_errors = "classical"   # as the paper says: classical, robust, clustered ...
stars = {{ "***" = 0.01, "**" = 0.05, "*" = 0.10 }}
areas = {N}                      # observations before any was left out

[tables]                        # number of a table = title, and page if known
"1" = {{ title = "Descriptive statistics", page = "4" }}
"2" = {{ title = "Startup rates", page = "6" }}
"A1" = {{ title = "Correlations", page = "9" }}

# Claims of the prose, if wanted: an id, a kind, page, section, `says` (your paraphrase), and the
# fields of that kind.

[[statement]]
id = "births"
kind = "quantity"
page = "3"
section = "2"
says = "Births in all regions"
value = "{births}"
unit = "plants"

[[statement]]
id = "births_large"
kind = "quantity"
page = "3"
section = "2"
says = "Of these, in the largest region"
value = "{large}"
unit = "plants"

[[statement]]
id = "large_share"
kind = "quantity"
page = "3"
section = "2"
says = "Their share"
value = "{100 * large / births:.1f}%"
unit = "share"

[[statement]]
id = "large_of_births"
kind = "share"
page = "3"
section = "2"
says = "The largest region has so many of all births"
part = "births_large"
whole = "births"
share = "large_share"
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
