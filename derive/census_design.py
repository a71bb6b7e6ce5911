"""Find a table of the 253 districts that agrees with the tables of the 2006 paper.

    python -P derive/census_design.py [--out FILE]      (half an hour)

Unknown are the eleven regressors and two startup rates of 253 districts. The print gives some 380
conditions on them: coefficients, robust t, R² and F of twelve equations, means, medians, standard
deviations and extremes, correlations, totals. We start from the public statistics of the
districts and go the shortest way, in standard deviations, to a table that meets the conditions:

1. *real numbers*: Levenberg-Marquardt steps of least norm with the exact derivatives of all
   conditions, inside bounds (extremes, medians, what the top tens leave to the others), while the
   tolerances shrink; then again with whole institutes;
2. *whole births*: rounded up or down, district by district, so that the rounding errors cancel in
   the conditions; totals and zeros exactly;
3. *again*, with births fixed, over regressors and labour force;
4. *whole numbers* everywhere; the last errors are taken out by amounts in yen.

What the print leaves open, or contradicts, is read as follows.

- GRSALES is missing for 東大阪, an outlier of all three rates: n stays 251 though GRSALES has 252.
- Of the four outliers of START_H two have a land price (192 = 194 − 2): 東大阪 and 青梅.
- Correlations are over all districts, outliers included: only so can those of DENS and the
  equations hold together.
- HITECH in table 6, model 1, is −0.565: −0.0565 fits neither its t nor tables 4 and 5.
- High-technology births are 3,740: 3,760 fits neither total nor share.
- INST has the correlations +0.156 with UNIV and +0.144 with WAGE. By the formula of omitted
  variables the coefficients of INST in models 1 and 2 need, for all three rates, partial slopes of
  UNIV and WAGE on INST of about +2.0 and +2,900; −0.156 and −0.144 give −1.8 and −3,200.

Correlations are only near the print; ``census_correlations.py`` goes on from the table written
here.

It is also asked, within bounds, that the exercises of section 5-1 leave significant what is.

Writes ``src/shuseki/datasets/data/census/districts.csv`` and prints what was attained.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtri

from shuseki.datasets.accounts import regional_accounts
from shuseki.datasets.catalogue import load
from shuseki.geography.districts import division

DATA = Path(__file__).parents[1] / "src/shuseki/datasets/data"
PRINT = DATA / "okamuro_2006"
OUT = DATA / "census/districts.csv"

X = [
    "PCM",
    "GRSALES",
    "WAGE",
    "LNLANDP",
    "UNEMPL",
    "UNIV",
    "INST",
    "DENS",
    "MRATIO",
    "AVESIZE",
    "HITECH",
]
ROW = {name: row for row, name in enumerate([*X, "START_H", "START_L"])}
RATES = ("START", "START_H", "START_L")
MODELS = {
    "1": ["PCM", "GRSALES", "UNEMPL", "UNIV", "INST", "DENS", "MRATIO", "AVESIZE", "HITECH"],
    "2": ["PCM", "GRSALES", "WAGE", "UNEMPL", "INST", "DENS", "MRATIO", "AVESIZE", "HITECH"],
    "3": ["PCM", "GRSALES", "WAGE", "UNEMPL", "DENS", "MRATIO", "HITECH"],
    "4": ["PCM", "GRSALES", "LNLANDP", "UNEMPL", "INST", "MRATIO", "AVESIZE", "HITECH"],
}
N = 253
LABOUR_FORCE_1995_OVER_2000 = 67.02 / 66.10
"""Census, national, millions."""
PLANTS_1998_OVER_2001 = 373_713 / 316_267
"""Plants of four or more, national."""
HIGH_BIRTHS, LOW_BIRTHS = 3_740, 12_453
ZERO_HIGH_DISTRICTS = 23
SHARES = {"tokyo": 1_668, "top5": 3_935, "top10": 5_619}
"""10.3, 24.3 and 34.7% of 16,193 (p. 7)."""
SIGNIFICANT, INSIGNIFICANT = 1.74, 1.55
"""What t must exceed, or stay below, in the exercises; 1.65 is the critical value at 10%."""
TENTH = 300
"""Between the tenth and the eleventh district by number of births; ours."""
CHIBA = (13, 27)
"""Births where the rate is least: 40 give 0.516 (table 3), 27 the least low-technology rate."""


# ---- what is printed ----------------------------------------------------------------------------


def printed(name: str) -> pd.DataFrame:
    return pd.read_csv(PRINT / f"{name}.csv", dtype=str)


def printed_correlations() -> pd.DataFrame:
    """The correlations, with the one sign mended that the equations contradict."""
    table = printed("correlations")
    table = table[table["variable"] != table["with"]].copy()
    table["r"] = table["r"].astype(float)
    inst = table["variable"] == "INST"
    table.loc[inst & (table["with"] == "UNIV"), "r"] = 0.156
    table.loc[inst & (table["with"] == "WAGE"), "r"] = 0.144
    return table


def half_unit(text: str) -> float:
    """Half a unit of the last printed digit."""
    mantissa, _, exponent = text.upper().partition("E")
    digits = len(mantissa.split(".")[1]) if "." in mantissa else 0
    return 0.5 * 10.0 ** (int(exponent or 0) - digits)


names = division("district-253").areas
DISTRICT = {
    (row.prefecture, row.name_ja): at for at, row in enumerate(names.itertuples(index=False))
}
HIGASHI_OSAKA, OKAWA, OME, KIRYU, TAKEFU, CHIBA_AT, OSAKA, TOKYO = (
    DISTRICT[key]
    for key in (
        ("27", "東大阪"), ("37", "大川"), ("13", "青梅"), ("10", "桐生"), ("18", "武生・鯖江"),
        ("12", "千葉"), ("27", "大阪"), ("13", "東京(23区)"),
    )
)  # fmt: skip
TOP5 = [TOKYO, OSAKA, HIGASHI_OSAKA, DISTRICT["23", "名古屋"], DISTRICT["14", "横浜・川崎・横須賀"]]
TOP10 = [*TOP5, DISTRICT["26", "南部"], DISTRICT["11", "県央南部"], DISTRICT["11", "東埼玉南部"],
         DISTRICT["11", "西埼玉南部"], DISTRICT["28", "阪神(兵庫)"]]  # fmt: skip
OUTLIERS = {
    "START": [HIGASHI_OSAKA, OKAWA],
    "START_H": [TAKEFU, HIGASHI_OSAKA, OME, KIRYU],
    "START_L": [HIGASHI_OSAKA, OKAWA],
}


@dataclass
class Listed:
    """Births and labour force of the districts of table 1, as far as they follow from it."""

    high: dict[int, int] = field(default_factory=dict)
    low: dict[int, int] = field(default_factory=dict)
    least: dict[int, float] = field(default_factory=dict)
    most: dict[int, float] = field(default_factory=dict)


def read_rankings() -> Listed:
    table = printed("ranking")
    codes = {
        "大阪": "27", "香川": "37", "東京": "13", "山梨": "19", "群馬": "10", "福井": "18",
        "鹿児島": "46", "京都": "26", "山形": "06", "福島": "07", "新潟": "15", "神奈川": "14",
        "茨城": "08", "三重": "24",
    }  # fmt: skip
    births: dict[str, dict[int, int]] = {rate: {} for rate in RATES}
    found = Listed()
    for row in table.itertuples():
        at = DISTRICT[codes[row.prefecture], row.area]
        births[row.outcome][at] = int(row.births)
        half = 0.9 * half_unit(row.rate)
        low, high = (1e4 * int(row.births) / (float(row.rate) + s * half) for s in (1, -1))
        found.least[at] = max(found.least.get(at, 0.0), low)
        found.most[at] = min(found.most.get(at, np.inf), high)
    found.high, found.low = dict(births["START_H"]), dict(births["START_L"])
    for at, total in births["START"].items():
        if at in found.high:
            found.low[at] = total - found.high[at]
        else:
            found.high[at] = total - found.low[at]
    found.high[CHIBA_AT], found.low[CHIBA_AT] = CHIBA
    found.least[CHIBA_AT], found.most[CHIBA_AT] = (1e4 * 40 / rate for rate in (0.5164, 0.5156))
    # table 3 has the low-tech maximum to two decimals; of two rates of 4.3 the first is the higher
    nansatsu, kishu = DISTRICT["46", "南薩"], DISTRICT["24", "東紀州"]
    found.least[nansatsu] = max(found.least[nansatsu], 24e4 / 4.6845)
    found.most[nansatsu] = min(found.most[nansatsu], 24e4 / 4.6755)
    found.most[kishu] = min(found.most[kishu], 20e4 / 4.288)
    nagai = DISTRICT["06", "長井・西置賜"]  # tenth low-tech rate: 桐生, not listed, stays below it
    found.most[nagai] = min(found.most[nagai], 38_098)
    found.least[KIRYU] = max(found.least[KIRYU], 111_868)
    return found


# ---- where we start -----------------------------------------------------------------------------


def start() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Public accounts of the districts, and regressors with the printed distribution."""
    public = regional_accounts("public")
    rng = np.random.default_rng(1998)
    high = public["hightech_plants_1998"] / public["plants_1998"]
    high = high.fillna(high.groupby(names["prefecture"].to_numpy()).transform("mean"))
    raw = {
        "PCM": (public["value_added_yen_1998"] - public["cash_wages_yen_1998"])
        / public["shipments_yen_1998"],
        "GRSALES": public["shipments_yen_1998"] / public["shipments_yen_1995"] - 1,
        "WAGE": public["cash_wages_yen_1998"] / public["employees_1998"] / 1e4,
        "UNEMPL": public["unemployed_1995"] / public["labour_force_1995"],
        "UNIV": public["graduates_2000"] / public["population_15_and_over_2000"],
        "MRATIO": public["manufacturing_employees_1996"] / public["all_employees_1996"],
        "AVESIZE": public["employees_1998"] / public["plants_1998"],
        "HITECH": high,
        "DENS": public["plants_1996"] / public["area_km2"],
    }
    raw["DENS"].iloc[OSAKA] = max(raw["DENS"].iloc[OSAKA], raw["DENS"].max() * 1.01)
    x = {name: like_printed(column.to_numpy(float), name) for name, column in raw.items()}
    prices = np.ones(N, bool)
    score = np.log(public["population_15_and_over_2000"]) + 0.5 * np.log(raw["DENS"])
    for at in (HIGASHI_OSAKA, OME):
        score.iloc[at] = np.inf
    for at in (OKAWA, TAKEFU, KIRYU):
        score.iloc[at] = -np.inf
    prices[np.argsort(score.to_numpy())[: N - 194]] = False
    wish = correlated("LNLANDP", x, rng, 1.05)
    x["LNLANDP"] = np.where(prices, like_printed(np.where(prices, wish, np.nan), "LNLANDP"), np.nan)
    x["INST"] = like_printed(correlated("INST", x, rng, 1.5), "INST")
    x["GRSALES"][HIGASHI_OSAKA] = np.nan
    return public, x


def correlated(
    name: str, x: dict[str, np.ndarray], rng: np.random.Generator, boost: float
) -> np.ndarray:
    """Draw a variable that nobody publishes, with about the printed correlations with ``x``.

    ``boost`` makes up for what the skewed distribution takes away.
    """
    table = printed_correlations()
    r = {
        frozenset((a, b)): v
        for a, b, v in zip(table["variable"], table["with"], table["r"], strict=True)
    }
    given = [key for key in x if key != name]
    among = np.array([[1.0 if a == b else r[frozenset((a, b))] for b in given] for a in given])
    weights = np.linalg.solve(among, boost * np.array([r[frozenset((name, a))] for a in given]))
    z = np.array([scores(x[a]) for a in given])
    z = np.linalg.solve(np.linalg.cholesky(np.corrcoef(z)), z)
    fit = weights @ np.linalg.cholesky(among) @ z
    return fit + rng.standard_normal(N) * np.sqrt(max(1 - fit.var(), 0.05))


def scores(x: np.ndarray) -> np.ndarray:
    """Ranks as standard normal scores; missing is 0."""
    order = pd.Series(x).rank(pct=True).fillna(0.5).to_numpy()
    return ndtri(np.clip(order, 0.003, 0.997))


def like_printed(raw: np.ndarray, name: str) -> np.ndarray:
    """Stretch a variable, keeping its order, to its printed extremes, median, mean and sd."""
    row = printed("descriptives").set_index("variable").loc[name]
    low, middle, high, mean, sd = (float(row[c]) for c in ("min", "median", "max", "mean", "sd"))
    if name in ("INST", "DENS"):
        raw = pd.Series(raw).rank(pct=True).to_numpy()
    least, at_median, most = np.nanmin(raw), np.nanmedian(raw), np.nanmax(raw)
    below = raw <= at_median
    up = np.clip(
        np.where(
            below, (raw - least) / (at_median - least), (raw - at_median) / (most - at_median)
        ),
        0,
        1,
    )

    def stretched(powers: np.ndarray) -> np.ndarray:
        p, q = np.exp(powers)
        if name == "DENS":
            return np.where(
                below, low * (middle / low) ** (up**p), middle * (high / middle) ** (up**q)
            )
        return np.where(below, low + (middle - low) * up**p, middle + (high - middle) * up**q)

    def misfit(powers: np.ndarray) -> float:
        y = stretched(powers)
        return (
            (np.nanmean(y) - mean) ** 2 + (np.nanstd(y, ddof=1) - sd) ** 2
        ) / sd**2 + 1e-3 * powers[0] ** 2

    return stretched(minimize(misfit, [0.0, 0.0], method="Nelder-Mead").x)


# ---- conditions ---------------------------------------------------------------------------------


class Function(Protocol):
    """Values of the conditions, and their derivatives."""

    def values(self, unknowns: np.ndarray) -> np.ndarray:
        """Shape (m,)."""

    def evaluate(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values, and derivatives of shape (m, *unknowns)."""


@dataclass
class Equation:
    """One printed equation, or a variant of it."""

    rate: str
    terms: list[str]
    at: np.ndarray
    extra: np.ndarray | None = None  # fixed columns (dummies), shape (N, d)
    around: np.ndarray | None = None  # INST is averaged by these weights, shape (N, N)


@dataclass
class Conditions:
    """Functions of the table ``θ`` (13 × 253) with bounds on their values.

    ``scale`` is the size of a big error (a standard error, a standard deviation), ``tolerance`` the
    size of one that no longer matters.
    """

    labels: list[str] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    tolerance: list[float] = field(default_factory=list)
    parts: list[Callable[[np.ndarray, bool], tuple[np.ndarray, ...]]] = field(default_factory=list)

    def add(self, label: str, value: float, half: float, scale: float, slack: float) -> None:
        """A printed number: ``slack`` of its rounding interval is left free."""
        tolerance = 0.02 if label.startswith(("mean", "sd")) else 0.3
        self.bound(label, value - slack * half, value + slack * half, scale, tolerance * half)

    def bound(self, label: str, low: float, high: float, scale: float, tolerance: float) -> None:
        """Bound the value of one function, the next that ``parts`` give."""
        self.labels.append(label)
        self.low.append(low)
        self.high.append(high)
        self.scale.append(scale)
        self.tolerance.append(max(tolerance, 2e-6 * scale))

    def evaluate(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values, shape (m,), and derivatives, shape (m, 13, 253)."""
        found = [part(theta, True) for part in self.parts]
        return np.concatenate([v for v, _ in found]), np.concatenate([d for _, d in found])

    def values(self, theta: np.ndarray) -> np.ndarray:
        """Values only, shape (m,)."""
        return np.concatenate([part(theta, False)[0] for part in self.parts])


def regression(theta: np.ndarray, equation: Equation, slopes: bool) -> tuple[np.ndarray, ...]:
    """Coefficients, HC1 t, adjusted R² and F of an equation, and their derivatives.

    With G = (X'X)⁻¹, e = y − Xb, g = G[:, k], h = Xg:
    ∂b_k = h'∂y + (g e' − b h') : ∂X', and V_k = c Σ e²h² by the chain rule.
    """
    at, terms = equation.at, equation.terms
    columns = [np.ones(len(at)), *(theta[ROW[name], at] for name in terms)]
    if equation.around is not None and "INST" in terms:
        columns[1 + terms.index("INST")] = equation.around[at] @ theta[ROW["INST"]]
    if equation.extra is not None:
        columns += list(equation.extra[at].T)
    A = np.array(columns).T
    y = (
        theta[ROW["START_H"], at] + theta[ROW["START_L"], at]
        if equation.rate == "START"
        else theta[ROW[equation.rate], at]
    )
    n, k = A.shape
    size = np.sqrt((A**2).mean(axis=0))
    A = A / size
    G = np.linalg.inv(A.T @ A)
    b = G @ (A.T @ y)
    e = y - A @ b
    c = n / (n - k)
    H = A @ G
    V = c * ((e**2) @ H**2)
    t = b / np.sqrt(V)
    rss, centred = e @ e, y - y.mean()
    tss = centred @ centred
    r2 = 1 - rss / tss
    adjusted = 1 - (1 - r2) * (n - 1) / (n - k)
    f = r2 / (1 - r2) * (n - k) / (k - 1)
    values = np.concatenate([b / size, t, [adjusted, f]])
    if not slopes:
        return (values,)
    count = k
    dy = np.empty((2 * count + 2, n))
    dA = np.zeros((2 * count + 2, n, k))
    for j in range(count):
        g, h = G[:, j], H[:, j]
        dy[j] = h
        dA[j] = e[:, None] * g - h[:, None] * b
        p, q = 2 * c * e * h**2, 2 * c * e**2 * h
        s, r = G @ (A.T @ p), G @ (A.T @ q)
        v_y = p - A @ s
        v_A = (-p + A @ s)[:, None] * b - e[:, None] * s + (q - A @ r)[:, None] * g - h[:, None] * r
        root = np.sqrt(V[j])
        dy[count + j] = dy[j] / root - 0.5 * t[j] / V[j] * v_y
        dA[count + j] = dA[j] / root - 0.5 * t[j] / V[j] * v_A
    r2_y = -2 * e / tss + 2 * rss * centred / tss**2
    r2_A = 2 * e[:, None] * b / tss
    for row, slope in ((-2, (n - 1) / (n - k)), (-1, (n - k) / (k - 1) / (1 - r2) ** 2)):
        dy[row], dA[row] = slope * r2_y, slope * r2_A
    jacobian = np.zeros((2 * count + 2, 13, N))
    for row in ("START_H", "START_L") if equation.rate == "START" else (equation.rate,):
        jacobian[:, ROW[row], at] += dy
    for column, name in enumerate(terms, start=1):
        slope = dA[:, :, column] / size[column]
        if name == "INST" and equation.around is not None:
            jacobian[:, ROW[name]] += slope @ equation.around[at]
        else:
            jacobian[:, ROW[name], at] += slope
    jacobian[:count] /= size[:, None, None]
    return values, jacobian


def column_of(theta: np.ndarray, name: str) -> tuple[np.ndarray, list[int]]:
    """A variable, and the rows it is the sum of."""
    if name == "START":
        return theta[ROW["START_H"]] + theta[ROW["START_L"]], [ROW["START_H"], ROW["START_L"]]
    return theta[ROW[name]], [ROW[name]]


def conditions(
    x: dict[str, np.ndarray], labour_force: np.ndarray, robust: bool, medians: bool
) -> Conditions:
    """All that is printed, as conditions; births in conditions of totals need the labour force."""
    c = Conditions()
    everywhere = np.arange(N)
    priced = np.flatnonzero(~np.isnan(x["LNLANDP"]))
    grown = np.setdiff1d(everywhere, [HIGASHI_OSAKA])
    known = dict.fromkeys((*RATES, *X), everywhere) | {"LNLANDP": priced, "GRSALES": grown}
    sample = {rate: np.setdiff1d(everywhere, OUTLIERS[rate]) for rate in RATES}
    coefficients = printed("coefficients").set_index(["outcome", "model", "term"])
    fit = printed("fit").set_index(["outcome", "model", "statistic"])["value"]
    equations = {}
    for rate in RATES:
        for model, terms in MODELS.items():
            at = np.intersect1d(sample[rate], priced) if model == "4" else sample[rate]
            equations[rate, model] = equation = Equation(rate, terms, at)
            rows = [coefficients.loc[(rate, model, term)] for term in ("constant", *terms)]
            errors = []
            for term, row in zip(("constant", *terms), rows, strict=True):
                text = (
                    "-0.565"
                    if (rate, model, term) == ("START_L", "1", "HITECH")
                    else row["coefficient"]
                )
                errors.append(abs(float(text) / float(row["t"])))
                c.add(f"b {rate} {model} {term}", float(text), half_unit(text), errors[-1], 0.1)
            for term, row in zip(("constant", *terms), rows, strict=True):
                c.add(f"t {rate} {model} {term}", float(row["t"]), half_unit(row["t"]), 1.0, 0.6)
            for statistic, scale in (("adjusted_r2", 0.05), ("f_statistic", 4.0)):
                text = fit[rate, model, statistic]
                c.add(f"{statistic} {rate} {model}", float(text), half_unit(text), scale, 0.7)
            c.parts.append(
                lambda theta, slopes, equation=equation: regression(theta, equation, slopes)
            )
    table = printed("descriptives").set_index("variable")
    for name in (*RATES, *X):
        at = sample.get(name, known[name])
        row = table.loc[name]
        kinds = ["mean", "sd"] + (["median"] if name in RATES or medians else [])
        for kind in kinds:
            c.add(f"{kind} {name}", float(row[kind]), half_unit(row[kind]), float(row["sd"]), 0.7)
        c.parts.append(
            lambda theta, slopes, name=name, at=at, kinds=kinds: moments(theta, name, at, kinds)
        )
    means = {"START": 2.51, "START_H": 0.54, "START_L": 1.97}
    for name, mean in means.items():
        c.add(f"mean over all {name}", mean, 0.005, 1.0, 0.7)
        c.parts.append(lambda theta, slopes, name=name: moments(theta, name, everywhere, ["mean"]))
    weights = np.zeros((6, 13, N))
    for row, at in ((2, [TOKYO]), (3, TOP5), (4, TOP10), (5, [OSAKA])):
        weights[row][np.ix_([11, 12], at)] = labour_force[at] / 1e4
    weights[0, 11] = weights[1, 12] = labour_force / 1e4
    for label, low, high in (
        ("births high", HIGH_BIRTHS, HIGH_BIRTHS), ("births low", LOW_BIRTHS, LOW_BIRTHS),
        ("births tokyo", SHARES["tokyo"] - 3, SHARES["tokyo"] + 3),
        ("births top5", SHARES["top5"] - 3, SHARES["top5"] + 3),
        ("births top10", SHARES["top10"] - 3, SHARES["top10"] + 3),
        ("births osaka", 645, 720),
    ):  # fmt: skip
        c.bound(label, low, high, 300.0, 1.0)
    c.parts.append(lambda theta, slopes: (np.tensordot(weights, theta, axes=2), weights))
    for a, b, r in printed_correlations()[["variable", "with", "r"]].itertuples(index=False):
        at = np.intersect1d(known[a], known[b])
        c.bound(f"r {a} {b}", r - 4e-4, r + 4e-4, 0.15, 2e-3)
        c.parts.append(lambda theta, slopes, a=a, b=b, at=at: correlation(theta, a, b, at, slopes))
    if robust:
        add_robustness(c, equations, coefficients, x)
    return c


def add_robustness(
    c: Conditions,
    equations: dict[tuple[str, str], Equation],
    coefficients: pd.DataFrame,
    x: dict[str, np.ndarray],
) -> None:
    """Ask that three exercises of section 5-1 leave what is significant so: bounds on t."""
    public = regional_accounts("public")
    metropolitan = public["metropolitan"].to_numpy(bool)
    largest = public["largest_industry"].fillna("other")
    dummies = np.array(
        [(largest == kind).to_numpy(float) for kind in ("food", "textile", "electrical")]
    ).T
    prefecture = names["prefecture"].to_numpy()
    around = (prefecture[:, None] == prefecture) * public["plants_1996"].to_numpy()
    around /= around.sum(axis=1, keepdims=True)
    for (rate, model), equation in equations.items():
        terms = [term for term in equation.terms if term != "HITECH"]
        outside = equation.at[~metropolitan[equation.at]]
        exercises = {
            "without metropolitan": Equation(rate, equation.terms, outside),
            "largest industry": Equation(rate, terms, equation.at, extra=dummies),
        }
        if "INST" in terms:
            exercises["institutes by prefecture"] = Equation(
                rate, equation.terms, equation.at, around=around
            )
        for label, exercise in exercises.items():
            kept = []
            for at, term in enumerate(exercise.terms, start=1):
                if term == "INST":
                    continue
                row = coefficients.loc[(rate, model, term)]
                sign = np.sign(float(row["coefficient"]))
                stars = row["stars"] if isinstance(row["stars"], str) else ""
                bounds = (SIGNIFICANT, 30.0) if stars else (-INSIGNIFICANT, INSIGNIFICANT)
                low, high = sorted(sign * bound for bound in bounds)
                c.bound(f"{label} {rate} {model} {term}", low, high, 1.5, 0.05)
                kept.append(1 + len(exercise.terms) + at + (0 if exercise.extra is None else 3))
            rows = np.array(kept)
            c.parts.append(
                lambda theta, slopes, exercise=exercise, rows=rows: tuple(
                    found[rows] for found in regression(theta, exercise, slopes)
                )
            )


def moments(
    theta: np.ndarray, name: str, at: np.ndarray, kinds: list[str]
) -> tuple[np.ndarray, ...]:
    column, rows = column_of(theta, name)
    v = column[at]
    n, mean, sd = len(v), v.mean(), v.std(ddof=1)
    values, jacobian = np.empty(len(kinds)), np.zeros((len(kinds), 13, N))
    for j, kind in enumerate(kinds):
        if kind == "mean":
            values[j], slope = mean, np.full(n, 1 / n)
        elif kind == "sd":
            values[j], slope = sd, (v - mean) / ((n - 1) * sd)
        else:
            order = np.argsort(v, kind="stable")
            middle = order[[n // 2]] if n % 2 else order[[n // 2 - 1, n // 2]]
            values[j], slope = v[middle].mean(), np.zeros(n)
            slope[middle] = 1 / len(middle)
        for row in rows:
            jacobian[j, row, at] = slope
    return values, jacobian


def correlation(
    theta: np.ndarray, a: str, b: str, at: np.ndarray, slopes: bool
) -> tuple[np.ndarray, ...]:
    (u, rows_u), (v, rows_v) = column_of(theta, a), column_of(theta, b)
    u, v = u[at] - u[at].mean(), v[at] - v[at].mean()
    su, sv = np.sqrt(u @ u), np.sqrt(v @ v)
    r = u @ v / (su * sv)
    if not slopes:
        return (np.array([r]),)
    jacobian = np.zeros((1, 13, N))
    for row in rows_u:
        jacobian[0, row, at] += v / (su * sv) - r * u / su**2
    for row in rows_v:
        jacobian[0, row, at] += u / (su * sv) - r * v / sv**2
    return np.array([r]), jacobian


# ---- the way from the start to the conditions ---------------------------------------------------


@dataclass
class Box:
    """Where each unknown may go, and how far in a step, in the shape of the unknowns."""

    low: np.ndarray
    high: np.ndarray
    fixed: np.ndarray
    step: np.ndarray


def approach(
    function: Function,
    c: Conditions,
    unknowns: np.ndarray,
    box: Box,
    stages: range,
    active: np.ndarray,
    label: str,
    steps: int = 12,
) -> np.ndarray:
    """Levenberg-Marquardt steps of least norm, inside the box, with shrinking tolerances.

    What a step would carry out of the box is put on its border, and the rest makes up for it.
    """
    low, high, scale, final = (np.array(v)[active] for v in (c.low, c.high, c.scale, c.tolerance))
    labels = np.array(c.labels)[active]
    x, shape = unknowns.ravel().copy(), unknowns.shape
    box_low, box_high, step = box.low.ravel(), box.high.ravel(), box.step.ravel()
    free = ~box.fixed.ravel()

    def slopes_at(x: np.ndarray) -> np.ndarray:
        slopes = function.evaluate(x.reshape(shape))[1]
        return slopes.reshape(len(slopes), -1)[active]

    values = function.values(unknowns)[active]
    damping = 1e-2
    for stage in stages:
        tolerance = np.maximum(final, 0.3 * scale * 0.5**stage)
        gap = np.clip(values, low, high) - values
        merit = float(((gap / tolerance) ** 2).sum())
        taken = 0
        for _ in range(steps):
            slopes = slopes_at(x)
            weight = np.where(gap == 0, 0.1, 1.0) / tolerance
            better = False
            for _ in range(8):
                moved, mask, rest = np.zeros_like(x), free.copy(), gap.copy()
                for _ in range(10):
                    scaled = slopes * (step * mask)
                    normal = (scaled * weight[:, None]) @ (scaled * weight[:, None]).T
                    normal[np.diag_indices_from(normal)] += damping
                    pull = weight * np.linalg.solve(normal, weight * rest)
                    more = step * mask * (scaled.T @ pull)
                    out = mask & ((x + more < box_low - 1e-13) | (x + more > box_high + 1e-13))
                    if not out.any():
                        break
                    moved[out] = np.clip(x + more, box_low, box_high)[out] - x[out]
                    mask &= ~out
                    rest = gap - slopes @ moved
                trial = np.where(
                    free, np.clip(x + moved + np.where(mask, more, 0), box_low, box_high), x
                )
                new_values = function.values(trial.reshape(shape))[active]
                new_gap = np.clip(new_values, low, high) - new_values
                new_merit = float(((new_gap / tolerance) ** 2).sum())
                if np.isfinite(new_merit) and new_merit < merit:
                    better = True
                    break
                damping *= 5
            if not better:
                break
            gain = 1 - new_merit / max(merit, 1e-300)
            x, values, gap, merit = trial, new_values, new_gap, new_merit
            damping, taken = max(damping * 0.2, 1e-8), taken + 1
            if gain < 0.01 or merit < 1e-3:
                break
        worst = np.argsort(-np.abs(gap / scale))[:2]
        said = "; ".join(f"{labels[k]} {gap[k] / scale[k]:+.4f}" for k in worst)
        print(
            f"{label} {stage:2d}: {taken:2d} steps, merit {merit:9.3g}, "
            f"{int((np.abs(gap) > final).sum()):3d} off, worst (of a standard error) {said}",
            flush=True,
        )
        if merit < 1e-3 and (tolerance <= final * 1.001).all():
            break
    return x.reshape(shape)


def whole_institutes(theta: np.ndarray, box: Box, plants: np.ndarray) -> np.ndarray:
    """Round the institutes; from now on INST varies with the number of plants, by a quarter."""
    row = ROW["INST"]
    institutes = np.round(theta[row] * plants)
    top = np.argmax(theta[row])
    box.low[row] = institutes / (1.3 * plants)
    box.high[row] = np.minimum(institutes / (0.77 * plants), 0.0289)
    box.fixed[row] |= institutes == 0
    box.step[row] = 0.12 * theta[row] + 1e-9
    theta[row] = np.clip(theta[row], box.low[row], box.high[row])
    theta[row, top] = 0.029
    return institutes


def box_of(x: dict[str, np.ndarray], theta: np.ndarray) -> Box:
    """Bounds of the regressors: extremes and the halves of the median stay where they are."""
    table = printed("descriptives").set_index("variable")
    low, high = np.zeros((13, N)), np.full((13, N), np.inf)
    fixed, step = np.zeros((13, N), bool), np.zeros((13, N))
    for name in X:
        row, column = ROW[name], x[name]
        known = np.flatnonzero(~np.isnan(column))
        fixed[row, np.isnan(column)] = True
        least, middle, most, sd = (float(table.at[name, c]) for c in ("min", "median", "max", "sd"))
        step[row] = 0.3 * sd
        if name == "INST":
            low[row], high[row] = 0.0, 0.0289
            step[row] = 0.25 * column + 5e-4
            top = np.argmax(column)
            theta[row, top], fixed[row, top] = most, True
            continue
        order = known[np.argsort(column[known], kind="stable")]
        half = len(order) // 2
        low[row], high[row] = least, most
        theta[row, order[0]], theta[row, order[-1]] = least, most
        fixed[row, order[[0, -1]]] = True
        if len(order) % 2:
            theta[row, order[half]] = middle
            fixed[row, order[half]] = True
            below, above = order[:half], order[half + 1 :]
        else:
            tiny = 0.1 * half_unit(table.at[name, "median"])
            theta[row, order[half - 1]], theta[row, order[half]] = middle - tiny, middle + tiny
            fixed[row, order[[half - 1, half]]] = True
            below, above = order[: half - 1], order[half + 1 :]
        high[row, below] = np.where(below == order[-1], most, middle)
        low[row, above] = middle
        if name == "DENS":
            step[row] = np.clip(0.3 * column, 0.08, 8.0)
    return Box(low, high, fixed, step)


def main() -> None:
    began = time.time()
    listed = read_rankings()
    public, x = start()
    labour_force = np.round(public["labour_force_1995"].to_numpy() * LABOUR_FORCE_1995_OVER_2000)
    for at in listed.least:
        labour_force[at] = np.round((listed.least[at] + listed.most[at]) / 2)
    labour_low, labour_high = 0.95 * labour_force, 1.05 * labour_force
    for at in listed.least:
        labour_low[at], labour_high[at] = np.ceil(listed.least[at]), np.floor(listed.most[at])
    plants_1996 = np.round(public["plants_1996"].to_numpy())
    theta = np.array([np.nan_to_num(x[name]) for name in X] + [np.zeros(N), np.zeros(N)])
    theta[ROW["LNLANDP"]] = np.where(np.isnan(x["LNLANDP"]), 6.0, theta[ROW["LNLANDP"]])
    box = box_of(x, theta)
    zero = start_rates(theta, box, listed, labour_force)
    c = conditions(x, labour_force, robust=True, medians=False)
    smooth = np.array(
        [not label.startswith(("median START_H", "median START_L")) for label in c.labels]
    )
    print(f"{len(c.labels)} conditions, {int((~box.fixed).sum())} unknowns")
    theta = approach(c, c, theta, box, range(10), smooth, "real numbers")
    institutes = whole_institutes(theta, box, plants_1996)
    theta = approach(c, c, theta, box, range(5, 14), smooth, "whole institutes")
    high, low, labour_force = whole_births(
        theta, c, listed, zero, labour_force, labour_low, labour_high
    )
    theta, labour_force = settle(
        theta, c, box, high, low, labour_force, labour_low, labour_high, listed
    )
    write(public, x, c, box, theta, institutes, plants_1996, high, low, labour_force)
    print(f"{time.time() - began:.0f} s")


def start_rates(theta: np.ndarray, box: Box, listed: Listed, labour_force: np.ndarray) -> list[int]:
    """Rates that model 1 gives, with scatter; bounds from what the top tens leave; the 23 zeros."""
    rng = np.random.default_rng(2000)
    table = (
        printed("coefficients").set_index(["outcome", "model", "term"])["coefficient"].astype(float)
    )
    table["START_L", "1", "HITECH"] = -0.565
    per_birth = 1e4 / labour_force
    for rate, spread in (("START_H", 0.27), ("START_L", 0.62)):
        fit = table[rate, "1", "constant"] + sum(
            table[rate, "1", t] * theta[ROW[t]] for t in MODELS["1"]
        )
        noise = spread * np.sqrt(0.3 + 1.0 * per_birth)
        theta[ROW[rate]] = fit + noise * rng.standard_normal(N)
        box.step[ROW[rate]] = (
            0.3 * (0.41 if rate == "START_H" else 0.9) * np.sqrt(0.3 + 3.5 * per_birth)
        )
    size = np.maximum(theta[ROW["START_H"]], 0.0) / per_birth + 1e-5 * labour_force
    size[[*listed.high, *listed.low, *TOP10]] = np.inf
    zero = [int(at) for at in np.argsort(size)[:ZERO_HIGH_DISTRICTS]]
    for rate, least, most, given in (
        ("START_H", per_birth, 1.56, listed.high),
        ("START_L", np.maximum(per_birth, 0.55), 3.83, listed.low),
    ):
        row = ROW[rate]
        box.low[row], box.high[row] = least, most
        box.fixed[row, list(given)] = True
        theta[row] = np.clip(theta[row], box.low[row] + 0.02, most - 0.02)
        for at, births in given.items():
            theta[row, at] = births * per_birth[at]
    bound_births(box, listed, per_birth)
    for rate in ("START_H", "START_L"):
        row = ROW[rate]
        inside = np.clip(theta[row], box.low[row], box.high[row])
        theta[row] = np.where(box.fixed[row], theta[row], inside)
    row = ROW["START_H"]
    theta[row, zero], box.fixed[row, zero] = 0.0, True
    low_rate = ROW["START_L"]
    for at in listed.high:
        if at not in listed.low:
            box.high[low_rate, at] = min(box.high[low_rate, at], 5.40 - theta[row, at])
    theta[low_rate] = np.where(
        box.fixed[low_rate], theta[low_rate], np.minimum(theta[low_rate], box.high[low_rate])
    )
    for rate in ("START_H", "START_L"):
        halves(rate, theta[ROW[rate]], box)
    for at in listed.low:  # below the tenth rate of all
        box.high[row, at] = min(box.high[row, at], 5.45 - theta[ROW["START_L"], at])
    theta[row] = np.where(box.fixed[row], theta[row], np.minimum(theta[row], box.high[row]))
    wanted = {TOKYO: 1668, OSAKA: 655, TOP5[3]: 510, TOP5[4]: 464, TOP10[5]: 370, TOP10[6]: 350,
              TOP10[7]: 320, TOP10[8]: 330, TOP10[9]: 330}  # fmt: skip
    for at, births in wanted.items():
        rate = births * per_birth[at]
        theta[row, at] = min(0.231 * rate, 1.5)
        theta[ROW["START_L"], at] = min(rate - theta[row, at], 3.8)
    return zero


def bound_births(box: Box, listed: Listed, per_birth: np.ndarray) -> None:
    """Keep ten districts above the others by number of births."""
    for rate, share in (("START_H", HIGH_BIRTHS / 16_193), ("START_L", LOW_BIRTHS / 16_193)):
        row = ROW[rate]
        for at in range(N):
            if at in listed.high and at in listed.low:
                continue
            if at in TOP10:
                box.low[row, at] = max(box.low[row, at], share * (TENTH + 5) * per_birth[at])
            else:
                most = share * (TENTH - 5) * per_birth[at]
                box.high[row, at] = min(box.high[row, at], max(most, box.low[row, at] + 0.01))


def halves(rate: str, column: np.ndarray, box: Box) -> None:
    """Keep half of the districts of the sample below the printed median, and half above."""
    row, median = ROW[rate], float(printed("descriptives").set_index("variable").at[rate, "median"])
    sample = np.setdiff1d(np.arange(N), OUTLIERS[rate])
    order = sample[np.argsort(column[sample], kind="stable")]
    middle = len(order) // 2
    for at in order[:middle]:
        if not box.fixed[row, at]:
            box.high[row, at] = min(box.high[row, at], max(median, box.low[row, at] + 0.01))
    for at in order[middle:]:
        if not box.fixed[row, at]:
            box.low[row, at] = max(box.low[row, at], median)
    column[:] = np.where(box.fixed[row], column, np.clip(column, box.low[row], box.high[row]))


def whole_births(
    theta: np.ndarray,
    c: Conditions,
    listed: Listed,
    zero: list[int],
    labour_force: np.ndarray,
    labour_low: np.ndarray,
    labour_high: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Round births so that errors cancel in the conditions; the labour force helps within 5%."""
    rng = np.random.default_rng(3740)
    _, slopes = c.evaluate(theta)
    kinds = np.array([label.split()[0] for label in c.labels])
    counted = kinds != "births"
    weight = 1 / np.select([kinds == "b", kinds == "t", kinds == "r"], [0.03, 0.15, 0.07], 0.03)
    weight = (weight / np.array(c.scale))[counted, None]
    by_high, by_low = (slopes[counted, ROW[rate]] * weight for rate in ("START_H", "START_L"))
    want_high, want_low = theta[ROW["START_H"]], theta[ROW["START_L"]]
    options = []
    for at in range(N):
        spread = (9, 13) if at in TOP10 else (2, 2) if want_high[at] < 0.02 else (1, 1)
        choices = []
        for given, want, width in (
            (listed.high, want_high, spread[0]),
            (listed.low, want_low, spread[1]),
        ):
            exact = want[at] * labour_force[at] / 1e4
            if at in given:
                choices.append([given[at]])
            elif given is listed.high and at in zero:
                choices.append([0])
            else:
                around = np.arange(np.floor(exact) - width + 1, np.floor(exact) + width + 1)
                choices.append([int(b) for b in around if b >= 1])
        rows = []
        for high in choices[0]:
            for low in choices[1]:
                a = 1e4 * np.array([high / 0.41, low / 0.9])
                wish = np.array([want_high[at] / 0.41, want_low[at] / 0.9])
                force = np.clip((a @ a) / max(a @ wish, 1e-12), labour_low[at], labour_high[at])
                rate_high, rate_low = 1e4 * high / force, 1e4 * low / force
                both_given = at in listed.high and at in listed.low
                inside = (
                    (at in listed.high or rate_high < 1.574)
                    and (at in listed.low or 0.36 < rate_low < 3.845)
                    and (both_given or 0.53 < rate_high + rate_low < 5.46)
                    and (high + low > TENTH) == (at in TOP10)
                )
                if inside:
                    rows.append(
                        (high, low, force, rate_high - want_high[at], rate_low - want_low[at])
                    )
        options.append(np.array(rows))
    chosen = np.array([np.argmin((o[:, 3] / 0.41) ** 2 + (o[:, 4] / 0.9) ** 2) for o in options])
    member = np.array([np.isin(np.arange(N), group) for group in ([TOKYO], TOP5, TOP10)])
    target = np.array([HIGH_BIRTHS, LOW_BIRTHS, *SHARES.values()], float)

    def sums(at: int, rows: np.ndarray) -> np.ndarray:
        total = rows[:, 0] + rows[:, 1]
        return np.vstack([rows[:, 0], rows[:, 1], *(total * m[at] for m in member)])

    picked = np.array([o[k] for o, k in zip(options, chosen, strict=True)])
    error = by_high @ picked[:, 3] + by_low @ picked[:, 4]
    off = sum(sums(at, picked[[at]])[:, 0] for at in range(N)) - target
    best = error @ error + 3 * off @ off

    def errors_with(
        at: int, rows: np.ndarray, error: np.ndarray, off: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        now = options[at][chosen[at]]
        new_error = (
            error[:, None]
            + by_high[:, [at]] * (rows[:, 3] - now[3])
            + by_low[:, [at]] * (rows[:, 4] - now[4])
        )
        new_off = off[:, None] + sums(at, rows) - sums(at, now[None])
        return new_error, new_off

    improved = True
    while improved:
        improved = False
        for at in rng.permutation(N):
            if len(options[at]) == 1:
                continue
            new_error, new_off = errors_with(at, options[at], error, off)
            cost = (new_error**2).sum(axis=0) + 3 * (new_off**2).sum(axis=0)
            k = int(cost.argmin())
            if cost[k] < best - 1e-9:
                error, off, best, chosen[at], improved = (
                    new_error[:, k],
                    new_off[:, k],
                    cost[k],
                    k,
                    True,
                )
    several = [at for at in range(N) if len(options[at]) > 1]
    for _ in range(100_000):
        i, j = rng.choice(several, 2, replace=False)
        k, m = rng.integers(len(options[i])), rng.integers(len(options[j]))
        e1, o1 = errors_with(i, options[i][[k]], error, off)
        e2, o2 = errors_with(j, options[j][[m]], e1[:, 0], o1[:, 0])
        cost = (e2**2).sum() + 3 * (o2**2).sum()
        if cost < best:
            error, off, best, chosen[i], chosen[j] = e2[:, 0], o2[:, 0], cost, k, m
    picked = np.array([o[k] for o, k in zip(options, chosen, strict=True)])
    print(f"whole births: misfit {best:.1f}, totals off by {off}")
    return picked[:, 0], picked[:, 1], np.round(picked[:, 2])


def settle(
    theta: np.ndarray,
    c: Conditions,
    box: Box,
    high: np.ndarray,
    low: np.ndarray,
    labour_force: np.ndarray,
    labour_low: np.ndarray,
    labour_high: np.ndarray,
    listed: Listed,
) -> tuple[np.ndarray, np.ndarray]:
    """With births fixed, go on over the regressors and the labour force."""
    free_high = np.array([at not in listed.high for at in range(N)])
    free_low = np.array([at not in listed.low for at in range(N)])
    least = np.maximum.reduce(
        [
            labour_low,
            np.where(free_high, high * 1e4 / 1.574, 0),
            np.where(free_low, low * 1e4 / 3.845, 0),
            np.where(free_high | free_low, (high + low) * 1e4 / 5.46, 0),
        ]
    )
    most = np.where(
        free_high & free_low, np.minimum(labour_high, (high + low) * 1e4 / 0.525), labour_high
    )
    keep_medians(high, low, np.clip(labour_force, least, most), least, most)
    unknowns = np.vstack([theta[:11], np.log(np.clip(labour_force, least, most))])
    wider = Box(
        np.vstack([box.low[:11], np.log(least)]),
        np.vstack([box.high[:11], np.log(most)]),
        np.vstack([box.fixed[:11], np.zeros(N, bool)]),
        np.vstack([box.step[:11], np.full(N, 0.015)]),
    )

    class WithBirths:
        def values(self, u: np.ndarray) -> np.ndarray:
            return c.values(full(u, high, low))

        def evaluate(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            table = full(u, high, low)
            values, slopes = c.evaluate(table)
            by_force = -(slopes[:, 11] * table[11] + slopes[:, 12] * table[12])
            return values, np.concatenate([slopes[:, :11], by_force[:, None]], axis=1)

    active = np.array([not label.startswith(("births", "median START")) for label in c.labels])
    u = approach(WithBirths(), c, unknowns, wider, range(6, 18), active, "whole births")
    return full(u, high, low), np.exp(u[11])


def keep_medians(
    high: np.ndarray, low: np.ndarray, force: np.ndarray, least: np.ndarray, most: np.ndarray
) -> None:
    """Narrow the bounds of the labour force so that the medians of the rates round to the print.

    One district is given the median; of the others as many stay below as above: first those that
    cannot do otherwise, then by their present rate.
    """
    table = printed("descriptives").set_index("variable")
    for rate, births in (("START_H", high), ("START_L", low), ("START", high + low)):
        text = str(table.at[rate, "median"])
        median, half = float(text), 0.8 * half_unit(text)
        highest, lowest = births * 1e4 / (median - half), births * 1e4 / (median + half)
        may_be_below, may_be_above = lowest <= most, highest >= least
        sample = np.setdiff1d(np.arange(N), OUTLIERS[rate])
        order = sample[np.argsort(births[sample] / force[sample], kind="stable")]
        middle = len(order) // 2
        both = [at for at in order if may_be_below[at] and may_be_above[at]]
        at_median = min(both, key=lambda at: abs(int(np.flatnonzero(order == at)[0]) - middle))
        least[at_median] = max(least[at_median], lowest[at_median])
        most[at_median] = min(most[at_median], highest[at_median])
        rest = [at for at in order if at != at_median]
        rest.sort(key=lambda at: int(may_be_below[at]) - int(may_be_above[at]), reverse=True)
        below, above = rest[:middle], rest[middle:]
        least[below] = np.maximum(least[below], np.minimum(lowest, most)[below])
        most[above] = np.minimum(most[above], np.maximum(highest, least)[above])
        wrong = int((~may_be_below[below]).sum() + (~may_be_above[above]).sum())
        print(f"{rate}: {wrong} districts cannot keep to their side of the median")


def full(u: np.ndarray, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    per_birth = 1e4 / np.exp(u[11])
    return np.vstack([u[:11], high * per_birth, low * per_birth])


def write(
    public: pd.DataFrame,
    x: dict[str, np.ndarray],
    c: Conditions,
    box: Box,
    theta: np.ndarray,
    institutes: np.ndarray,
    plants_1996: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    labour_force: np.ndarray,
) -> None:
    """Make whole numbers of everything, take out the last errors by amounts in yen, and write."""
    t = {name: theta[ROW[name]] for name in X}
    force = np.round(labour_force)
    adults = np.round(public["population_15_and_over_2000"].to_numpy())
    workers = np.round(public["all_employees_1996"].to_numpy())
    plants_1996 = np.where(
        institutes > 0, np.round(institutes / np.where(institutes > 0, t["INST"], 1)), plants_1996
    )
    municipal = load("manufacturing-municipal")
    total = municipal[(municipal["year"] == 2001) & (municipal["industry"] == "all")]
    where = division("district-253").assignment("2001-12-31")["area"]
    counted = total["plants"].groupby(total["municipality"].map(where).to_numpy()).sum()
    of_four = np.round(counted.reindex(public.index).to_numpy(float) * PLANTS_1998_OVER_2001)
    plants = np.maximum(np.round(public["plants_1998"].to_numpy()), of_four * 1.05 + 1)
    pairs = []
    for share, about, least in zip(t["HITECH"], plants, of_four, strict=True):
        n = np.arange(max(int(0.97 * about), least + 1), int(1.03 * about) + 3)
        k = np.round(share * n)
        pairs.append((n[(at := np.argmin(abs(k / n - share) + 1e-8 * abs(n - about)))], k[at]))
    plants, high_plants = np.array(pairs).T
    priced = ~np.isnan(x["LNLANDP"])
    table = pd.DataFrame(
        {
            "labour_force_1995": force,
            "unemployed_1995": np.round(t["UNEMPL"] * force),
            "graduates_2000": np.round(t["UNIV"] * adults),
            "population_15_and_over_2000": adults,
            "value_added_yen_1998": 0,
            "cash_wages_yen_1998": 0,
            "shipments_yen_1998": 0,
            "shipments_yen_1995": 0,
            "employees_1998": np.round(t["AVESIZE"] * plants),
            "plants_1998": plants,
            "hightech_plants_1998": high_plants,
            "research_institutes_1996": institutes,
            "plants_1996": plants_1996,
            "area_km2": np.round(plants_1996 / t["DENS"], 4),
            "manufacturing_employees_1996": np.round(t["MRATIO"] * workers),
            "all_employees_1996": workers,
            "industrial_land_price_yen_per_m2_1998": np.where(
                priced, np.round(100 * np.exp(t["LNLANDP"])), np.nan
            ),
            "metropolitan": public["metropolitan"].to_numpy(bool),
            "largest_industry": public["largest_industry"].fillna("other").to_numpy(),
            "births_high": high,
            "births_low": low,
            "plants_of_4_or_more_1998": of_four,
        },
        index=pd.Index(public.index, name="district"),
    )
    exact = theta.copy()
    ratios = {
        "UNEMPL": ("unemployed_1995", "labour_force_1995"),
        "UNIV": ("graduates_2000", "population_15_and_over_2000"),
        "INST": ("research_institutes_1996", "plants_1996"),
        "DENS": ("plants_1996", "area_km2"),
        "MRATIO": ("manufacturing_employees_1996", "all_employees_1996"),
        "AVESIZE": ("employees_1998", "plants_1998"),
        "HITECH": ("hightech_plants_1998", "plants_1998"),
    }
    for name, (over, under) in ratios.items():
        exact[ROW[name]] = table[over] / table[under]
    price = table["industrial_land_price_yen_per_m2_1998"]
    exact[ROW["LNLANDP"]] = np.log(price.fillna(40_000) / 100)
    exact[ROW["START_H"]], exact[ROW["START_L"]] = 1e4 * high / force, 1e4 * low / force
    amounts = [ROW[name] for name in ("PCM", "GRSALES", "WAGE")]
    only = Box(box.low, box.high, box.fixed.copy(), box.step)
    only.fixed[[row for row in range(13) if row not in amounts]] = True
    own = tuple(f"{kind} {name}" for kind in ("mean", "sd") for name in ("PCM", "GRSALES", "WAGE"))
    active = np.array(
        [
            label.split()[0] in ("b", "t", "adjusted_r2", "f_statistic", "r") or label in own
            for label in c.labels
        ]
    )
    exact = approach(c, c, exact, only, range(9, 20), active, "yen")
    wages = np.round(exact[ROW["WAGE"]] * 1e4 * table["employees_1998"])
    shipments = np.round(np.maximum(public["shipments_yen_1998"].to_numpy(float), wages / 0.6), -4)
    table["cash_wages_yen_1998"], table["shipments_yen_1998"] = wages, shipments
    table["value_added_yen_1998"] = np.round(exact[ROW["PCM"]] * shipments + wages)
    table["shipments_yen_1995"] = np.round(shipments / (1 + exact[ROW["GRSALES"]]))
    table.iloc[HIGASHI_OSAKA, table.columns.get_loc("shipments_yen_1995")] = np.nan
    kept = ("area_km2", "metropolitan", "largest_industry")
    whole = {name: "Int64" for name in table.columns if name not in kept}
    OUT.parent.mkdir(exist_ok=True)
    table.astype(whole).to_csv(
        OUT if "--out" not in sys.argv else sys.argv[sys.argv.index("--out") + 1]
    )
    values, _ = c.evaluate(exact)
    off = np.maximum(np.array(c.low) - values, values - np.array(c.high))
    for label, v, o, s in zip(c.labels, values, off, c.scale, strict=True):
        if o > 0.02 * s:
            print(f"  {label}: {v:.5g}, {o:.2g} outside")


if __name__ == "__main__":
    main()
