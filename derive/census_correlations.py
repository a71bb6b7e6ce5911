"""Bring the stored table of districts as near to appendix 2 as the equations allow.

    export PYTHONPATH=derive
    python -P derive/census_correlations.py search [SECONDS]    how many can hold at once?
    python -P derive/census_correlations.py reach [--out FILE]  a table in which they hold (5 min.)

``census_design.py`` finds a table that agrees with tables 1 and 3-6; its correlations are near the
print, not the print. Tables 4-6 leave little choice: models 1, 2 and 3 of three outcomes are normal
equations of the same moments, 84 conditions on the 75 correlations between their variables. What
is free is rounding, and where the districts stand that the equations leave out.

``search`` knows no districts but those left out (東大阪, 大川, 武生・鯖江, 青梅, 桐生).
Unknown are the
moments of the regressors of models 1-3 over the districts kept, with each other and with
the two rates, and the regressors of the five: 135 numbers. It asks for every coefficient
and adjusted R² of models 1-3 within rounding, for means and standard deviations, and for as
many printed correlations as it can: least squares with weights of one over the miss, so
that a few are missed by much rather than many by little. From random places of the five
districts it prints the best it finds. That is a search, not a proof: more may be attainable
than it finds.

``reach`` goes from the stored table, births fixed, to the correlations of the best so found
(``RELEASED`` are those it misses), by the steps of ``census_design.py``: real numbers, whole
institutes, labour force, yen.
"""

import sys
import time

import census_design as design
import numpy as np
import pandas as pd
from census_design import ROW, Conditions, N, half_unit, printed

from shuseki.datasets.accounts import regional_accounts
from shuseki.datasets.census.design import stored

RELEASED = {
    "PCM START_H", "GRSALES START", "GRSALES START_H", "LNLANDP START", "UNIV PCM", "UNIV GRSALES",
    "INST WAGE", "INST UNIV", "DENS UNIV", "MRATIO INST", "AVESIZE GRSALES", "HITECH UNIV",
    "HITECH INST",
}  # fmt: skip
"""Correlations that the best of the search misses; and LNLANDP's with START, which
its parts give otherwise."""
BAND = 0.05
"""How far a released correlation may go beyond what it is."""
INSIDE = 3.6e-4
"""What is asked of the others: print rounds at 5e-4, and whole numbers need some of it."""
LEFT_OUT = (design.HIGASHI_OSAKA, design.OKAWA, design.OME, design.KIRYU, design.TAKEFU)


def printed_correlations() -> dict[str, float]:
    """The 91 correlations as printed, signs and all."""
    table = printed("correlations")
    return {
        f"{a} {b}": float(r)
        for a, b, r in table[["variable", "with", "r"]].itertuples(index=False)
        if a != b
    }


def columns_of(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The eleven regressors of a table of accounts."""
    ratio = {
        "PCM": (
            table["value_added_yen_1998"] - table["cash_wages_yen_1998"]
        ) / table["shipments_yen_1998"],
        "GRSALES": table["shipments_yen_1998"] / table["shipments_yen_1995"] - 1,
        "WAGE": table["cash_wages_yen_1998"] / table["employees_1998"] / 1e4,
        "LNLANDP": np.log(table["industrial_land_price_yen_per_m2_1998"] / 100),
        "UNEMPL": table["unemployed_1995"] / table["labour_force_1995"],
        "UNIV": table["graduates_2000"] / table["population_15_and_over_2000"],
        "INST": table["research_institutes_1996"] / table["plants_1996"],
        "DENS": table["plants_1996"] / table["area_km2"],
        "MRATIO": table["manufacturing_employees_1996"] / table["all_employees_1996"],
        "AVESIZE": table["employees_1998"] / table["plants_1998"],
        "HITECH": table["hightech_plants_1998"] / table["plants_1998"],
    }  # fmt: skip
    return {name: pd.to_numeric(values).to_numpy(float) for name, values in ratio.items()}


def of_stored() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Regressors of the stored table, and the table θ of `census_design`."""
    table = stored()
    x = columns_of(table)
    per = 1e4 / table["labour_force_1995"].to_numpy(float)
    rates = [per * table[f"births_{kind}"].to_numpy(float) for kind in ("high", "low")]
    theta = np.array([np.nan_to_num(x[name]) for name in design.X] + rates)
    theta[ROW["LNLANDP"]] = np.where(np.isnan(x["LNLANDP"]), 6.0, theta[ROW["LNLANDP"]])
    return x, theta


# ---- what can hold at once ----------------------------------------------------------------------


class Moments:
    """Conditions of print on the moments of the kept, and the regressors of those left out."""

    def __init__(self) -> None:
        x, theta = of_stored()
        self.names = [name for name in design.X if name != "LNLANDP"]
        table = printed("descriptives").set_index("variable")
        center = {name: np.nanmean(x[name]) for name in self.names}
        spread = {name: np.nanstd(x[name], ddof=1) for name in self.names}
        self.z = np.array(
            [
                (np.nan_to_num(x[name], nan=center[name]) - center[name]) / spread[name]
                for name in self.names
            ]
            + [theta[11], theta[12]]
        )
        kept = np.setdiff1d(np.arange(N), LEFT_OUT[:2])
        with_one = np.vstack([np.ones(len(kept)), self.z[:, kept]])
        self.kept, self.sums = len(kept), with_one @ with_one.T
        self.free = [(i, j) for i in range(11) for j in range(i, 11) if (i, j) != (0, 0)]
        self.free += [(i, j) for i in range(1, 11) for j in (11, 12)]
        self.limits = np.array(
            [
                [(float(table.at[n, side]) - center[n]) / spread[n] for side in ("min", "max")]
                for n in self.names
            ]
        )
        self.equations: list[tuple[str, list[int]]] = []
        self.labels: list[str] = []
        low, high = [], []

        def ask(label: str, text: str, scale: float = 1.0, less: float = 0.0) -> None:
            half = 0.95 * half_unit(text)
            self.labels.append(label)
            low.append((float(text) - half - less) * scale)
            high.append((float(text) + half - less) * scale)

        b = printed("coefficients").set_index(["outcome", "model", "term"])["coefficient"].copy()
        b["START_L", "1", "HITECH"] = "-0.565"
        fit = printed("fit").set_index(["outcome", "model", "statistic"])["value"]
        for rate in design.RATES:
            for model in "123":
                terms = design.MODELS[model]
                self.equations.append((rate, [0, *(1 + self.names.index(t) for t in terms)]))
                for term in terms:
                    ask(f"b {rate} {model} {term}", b[rate, model, term], spread[term])
                ask(f"R2 {rate} {model}", fit[rate, model, "adjusted_r2"])
        for n in self.names:
            ask(f"mean {n}", table.at[n, "mean"], 1 / spread[n], center[n])
            ask(f"sd {n}", table.at[n, "sd"], 1 / spread[n])
        self.pairs = []
        for pair, r in printed_correlations().items():
            one, other = pair.split()
            if "LNLANDP" not in pair and not one.startswith("START"):
                self.pairs.append((one, other))
                ask(f"r {pair}", f"{r:.3f}")
        self.low, self.high = np.array(low), np.array(high)
        self.correlates = np.array([label.startswith("r ") for label in self.labels])

    def start(self) -> np.ndarray:
        """The stored table's."""
        moments = [self.sums[i, j] / self.kept for i, j in self.free]
        return np.concatenate([moments, self.z[:10][:, LEFT_OUT].ravel()])

    def values(self, u: np.ndarray) -> np.ndarray:
        """Values of the conditions, shape (m,)."""
        M = self.sums.copy()
        for (i, j), value in zip(self.free, u, strict=False):
            M[i, j] = M[j, i] = value * self.kept
        where = u[len(self.free) :].reshape(10, 5)
        out = [
            np.concatenate([[1.0], where[:, k], self.z[10:, at]]) for k, at in enumerate(LEFT_OUT)
        ]
        outer = [np.outer(row, row) for row in out]
        of_high = M + outer[1] - outer[2] - outer[3] - outer[4]
        found: list[float] = []
        for rate, at in self.equations:
            Q = of_high if rate == "START_H" else M
            weight = np.array([rate != "START_L", rate != "START_H"], float)
            xy, yy = Q[at, 11:] @ weight, weight @ Q[11:, 11:] @ weight
            b = np.linalg.solve(Q[np.ix_(at, at)], xy)
            n = Q[0, 0]
            total, left = yy - xy[0] ** 2 / n, yy - b @ xy
            found += [*b[1:], 1 - left / (n - len(at)) * (n - 1) / total]
        scatter, correlations, means = {}, {}, {}
        for grown, full in ((False, M + outer[0] + outer[1]), (True, M + outer[1])):
            mean = full[0, 1:] / full[0, 0]
            means[grown] = mean
            scatter[grown] = full[1:, 1:] - full[0, 0] * np.outer(mean, mean)
            add = np.vstack([np.eye(12), np.r_[np.zeros(10), 1.0, 1.0]])
            S = add @ scatter[grown] @ add.T
            size = np.sqrt(np.abs(np.diag(S)))
            correlations[grown] = S / np.outer(size, size)
        for i, name in enumerate(self.names):
            grown = name == "GRSALES"
            found += [means[grown][i], np.sqrt(abs(scatter[grown][i, i]) / (251 + (not grown)))]
        at_row = {name: i for i, name in enumerate([*self.names, "START_H", "START_L", "START"])}
        found += [
            correlations["GRSALES" in pair][at_row[pair[0]], at_row[pair[1]]] for pair in self.pairs
        ]
        return np.array(found)

    def solve(self, u: np.ndarray, without: set[str], rounds: int = 60) -> np.ndarray:
        """Reweighted least squares inside the limits of print."""
        m = len(self.free)
        step = np.r_[np.full(m, 0.1), np.full(50, 0.5)]
        least = np.r_[np.full(m, -np.inf), np.repeat(self.limits[:, 0], 5)]
        most = np.r_[np.full(m, np.inf), np.repeat(self.limits[:, 1], 5)]
        room = np.maximum((self.high - self.low) / 20, 2e-5)
        asked = np.array([label not in without for label in self.labels])
        for turn in range(rounds):
            at = self.values(u)
            slopes = np.array([(self.values(u + 1e-6 * e) - at) / 1e-6 for e in np.eye(len(u))]).T
            gap = np.clip(at, self.low, self.high) - at
            near = np.maximum(np.abs(gap), max(5e-3 * 0.8**turn, 1e-4))
            weight = 1 / np.where(self.correlates, near, np.maximum(room, 5e-3 * 0.7**turn))
            weight *= asked * np.where(gap == 0, 0.3, 1.0)
            moved, mask = np.zeros_like(u), np.ones(len(u), bool)
            for _ in range(6):
                S = slopes * (step * mask) * weight[:, None]
                pull = S.T @ (weight * (gap - slopes @ moved))
                more = step * mask * np.linalg.solve(S.T @ S + 0.05 * np.eye(len(u)), pull)
                out = mask & ((u + more < least - 1e-12) | (u + more > most + 1e-12))
                if not out.any():
                    break
                moved[out] = np.clip(u + more, least, most)[out] - u[out]
                mask &= ~out
            trials = [np.clip(u + s * (moved + more * mask), least, most) for s in (1, 0.5, 0.2)]
            misses = []
            for trial in trials:
                v = self.values(trial)
                misses.append(((weight * (np.clip(v, self.low, self.high) - v)) ** 2).sum())
            u = trials[int(np.argmin(misses))]
        return u

    def score(self, u: np.ndarray) -> tuple[int, float, float, dict[str, float]]:
        """Correlations held, largest other miss, smallest eigenvalue, and what is missed."""
        v = self.values(u)
        off = v - np.clip(v, self.low, self.high)
        M = np.zeros((11, 11))
        for (i, j), value in zip(self.free, u, strict=False):
            if j < 11:
                M[i, j] = M[j, i] = value
        S = M[1:, 1:] - np.outer(M[0, 1:], M[0, 1:])
        held = np.abs(off[self.correlates]) < 5e-5
        missed = {
            label[2:]: round(float(o), 4)
            for label, o in zip(self.labels, off, strict=True)
            if label.startswith("r ") and abs(o) >= 5e-5
        }
        others = float(np.abs(off[~self.correlates]).max())
        return int(held.sum()), others, float(np.linalg.eigvalsh(S)[0]), missed


def search(seconds: float) -> None:
    """Print the largest number of printed correlations found to hold, as it grows."""
    moments, rng, began = Moments(), np.random.default_rng(2), time.time()
    best = starts = 0
    start = moments.start()
    m = len(moments.free)
    signs = {"r INST UNIV", "r INST WAGE"}
    while time.time() - began < seconds:
        u = start.copy()
        low, high = moments.limits[:, [0]], moments.limits[:, [1]]
        if starts % 2:
            u[m:] = (low + (high - low) * rng.random((10, 5))).ravel()
        elif starts:
            u[m:] = np.clip(u[m:].reshape(10, 5) + rng.normal(size=(10, 5)), low, high).ravel()
        starts += 1
        try:
            u = moments.solve(u, signs if starts % 3 else set())
            held, others, eigenvalue, missed = moments.score(u)
        except np.linalg.LinAlgError:
            continue
        if held > best and others < 0.02 and eigenvalue > 0.02:
            best = held
            print(f"start {starts}: {held} of {len(moments.pairs)}; missed {missed}", flush=True)
    print(f"{starts} starts in {time.time() - began:.0f} s; at most {best} held together")


# ---- a table in which they hold -----------------------------------------------------------------


def within_rounding(
    self: Conditions, label: str, value: float, half: float, scale: float, slack: float
) -> None:
    """A printed number: nine tenths of its rounding interval are free."""
    tolerance = 0.02 if label.startswith(("mean", "sd")) else 0.1
    self.bound(label, value - 0.9 * half, value + 0.9 * half, scale, tolerance * half)


def reach() -> None:
    """Move the stored table to the correlations that can hold, and write it."""
    Conditions.add = within_rounding  # type: ignore[method-assign]
    table = stored()
    x, theta = of_stored()
    public, listed = regional_accounts("public"), design.read_rankings()
    ratio = design.LABOUR_FORCE_1995_OVER_2000
    force = np.round(public["labour_force_1995"].to_numpy() * ratio)
    for at in listed.least:
        force[at] = np.round((listed.least[at] + listed.most[at]) / 2)
    least, most = 0.95 * force, 1.05 * force
    for at in listed.least:
        least[at], most[at] = np.ceil(listed.least[at]), np.floor(listed.most[at])
    box = design.box_of(x, theta)
    limits = printed("descriptives").set_index("variable")
    for at in LEFT_OUT:
        for name in design.X:
            row = ROW[name]
            if name != "LNLANDP" and not box.fixed[row, at]:
                low, high, sd = (float(limits.at[name, c]) for c in ("min", "max", "sd"))
                edge = 0.003 * (high - low)
                box.low[row, at], box.high[row, at] = low + edge, high - edge
                box.step[row, at] = 0.5 * sd
    box.fixed[11:] = True
    c = design.conditions(x, force, robust=True, medians=True)
    now = dict(zip(c.labels, c.values(theta), strict=True))
    for pair, r in printed_correlations().items():
        at, label = c.labels.index(f"r {pair}"), f"r {pair}"
        c.low[at], c.high[at], c.scale[at], c.tolerance[at] = r - INSIDE, r + INSIDE, 0.02, 4e-5
        if pair in RELEASED:
            c.low[at], c.high[at] = min(r, now[label]) - BAND, max(r, now[label]) + BAND
            c.tolerance[at] = 1e-3
    rates = {"r START_H START", "r START_L START", "r START_L START_H"}
    active = np.array(
        [
            not label.startswith(("median START", "births")) and label not in rates
            for label in c.labels
        ]
    )
    theta = design.approach(c, c, theta, box, range(2, 9), active, "real numbers", steps=15)
    plants = table["plants_1996"].to_numpy(float)
    institutes = design.whole_institutes(theta, box, plants)
    high, low = (table[f"births_{kind}"].to_numpy(float) for kind in ("high", "low"))
    theta, force = design.settle(
        theta, c, box, high, low, table["labour_force_1995"].to_numpy(float), least, most, listed
    )
    design.write(public, x, c, box, theta, institutes, plants, high, low, force)


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"]:
        search(float(sys.argv[2]) if len(sys.argv) > 2 else 300.0)
    else:
        reach()
