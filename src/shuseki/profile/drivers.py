"""What entry does the area's make-up lead one to expect, and which drivers make the difference?

A linear equation of entry says ``rate = a + Σ_k b_k x_k``. Put as differences from the mean area::

    predicted_r − mean = Σ_k b_k (x_rk − x̄_k)

so that the drivers' contributions add up to the difference exactly. Three equations are the
printed ones of the 2006 paper (all, high-tech and low-tech births per 10,000 labour force in two
years; model 1 of tables 4–6), applied to the regional accounts about 1998; where births of
companies 2021–2026 are bundled, a fourth is estimated on the accounts of today. A driver that an
area lacks is taken at the mean and named; its spread widens the interval of the prediction.

The interval (90 %) of a contribution is ``b ± 1.645 se`` times the difference. The print gives
standard errors and no covariances: intervals of several drivers together add their widths, the
widest there can be. The interval of a prediction adds the residual spread ``sd √(1 − R̄²)``.

Takes: a base. Gives: ``Drivers`` of one area.
Sources: Okamuro (2006), tables 1, 3, 4–6, with the printed number as it stands.
Limits: equations of districts; for other areas they are an extrapolation, and say so. Observed
rates of 1998–2000 are printed for the ten highest districts only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.entry.definitions import Definitions
from shuseki.entry.ols import least_squares
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.papers.catalogue import printed_definitions, printed_paper
from shuseki.papers.printed import PrintedNumber, PrintedPaper
from shuseki.profile.base import Base
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006, Source

__all__ = ["Drivers", "Equation", "Term", "drivers_of", "equation", "equations"]

Z = 1.645
"""Half-width of a 90 % interval in standard errors."""
PRINTED = {"births": "START", "high-tech births": "START_H", "low-tech births": "START_L"}
MODEL = "1"
COMPANIES = "companies"
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, eq=False)
class Term:
    """One driver of an equation."""

    key: str
    label: Message
    unit: Message
    coefficient: float
    standard_error: float
    step: float
    step_words: Message


@dataclass(frozen=True, eq=False)
class Equation:
    """A linear equation of entry and the drivers of all areas; ``K`` terms.

    Attributes
    ----------
    x
        Drivers, ``(areas, K)``; ``nan`` where unknown.
    mean_x, spread_x
        Mean and standard deviation, of the areas or as printed where no area is known, ``(K,)``.
    mean
        Of the outcome.
    residual
        Standard deviation of what the equation leaves open.
    observed
        ``(areas,)``; ``nan`` where not published.
    """

    key: str
    label: Message
    unit: Message
    period: str
    terms: tuple[Term, ...]
    x: Floats
    mean_x: Floats
    spread_x: Floats
    mean: float
    residual: float
    observed: Floats
    fitted_to_districts: bool
    sources: tuple[Source, ...]
    notes: tuple[Message, ...] = ()

    @property
    def coefficients(self) -> Floats:
        """Shape ``(K,)``."""
        return np.array([term.coefficient for term in self.terms])

    @property
    def errors(self) -> Floats:
        """Standard errors, ``(K,)``."""
        return np.array([term.standard_error for term in self.terms])

    def find(self, name: str) -> int:
        """Position of a driver by its symbol or its label in either language.

        Raises
        ------
        UnknownCodeError
            No such driver; the nearest are named.
        """
        asked = name.strip().casefold()
        for k, term in enumerate(self.terms):
            labels = (term.key, str(term.label), term.label.in_language("ja"))
            if asked in {label.casefold() for label in labels}:
                return k
        raise UnknownCodeError.among("driver", [name], [term.key for term in self.terms])

    def range_of(self, k: int) -> tuple[float, float]:
        """Smallest and largest value of a driver among the areas."""
        column = self.x[:, k]
        if not np.isfinite(column).any():
            raise ParameterError(
                say(
                    "{name_given} is known of no area. Expected a driver that is. Choose among "
                    "{terms}.",
                    name_given=self.terms[k].key,
                    terms=listed(t.key for j, t in enumerate(self.terms) if self.known[j]),
                )
            )
        return float(np.nanmin(column)), float(np.nanmax(column))

    def given(self, row: int) -> Floats:
        """Drivers of one area, those that are unknown at the mean, ``(K,)``."""
        found: Floats = np.where(np.isfinite(self.x[row]), self.x[row], self.mean_x)
        return found

    @cached_property
    def expected(self) -> Floats:
        """Expected rate of every area, ``(areas,)``."""
        x = np.where(np.isfinite(self.x), self.x, self.mean_x)
        found: Floats = self.mean + (x - self.mean_x) @ self.coefficients
        return found

    @property
    def known(self) -> Bools:
        """Whether any area is known, ``(K,)``."""
        return np.asarray(np.isfinite(self.x).any(axis=0))


@result
class Drivers(Result):
    """Entry of one area by one equation.

    Attributes
    ----------
    contribution, lower, upper
        Of each driver to ``predicted − mean``, with 90 % interval, ``(K,)``.
    value, mean_value
        Of each driver in the area and in the mean area.
    missing
        Drivers taken at the mean.
    observed, predicted, predicted_lower, predicted_upper, mean
        In the unit of the equation; ``observed`` is ``nan`` where not published.
    """

    area: str
    area_name: Message
    equation: Equation
    contribution: Floats
    lower: Floats
    upper: Floats
    value: Floats
    mean_value: Floats
    missing: tuple[Message, ...]
    observed: float
    predicted: float
    predicted_lower: float
    predicted_upper: float
    mean: float

    def headline(self) -> Message:
        """Say observed, predicted, mean and the largest driver."""
        k = int(np.abs(self.contribution).argmax())
        parts: list[Message] = [
            say(
                "{area}: {predicted:.2f} {outcome} expected ({low:.2f}–{high:.2f}), mean "
                "{mean:.2f}",
                area=self.area_name,
                predicted=self.predicted,
                outcome=self.equation.unit,
                low=self.predicted_lower,
                high=self.predicted_upper,
                mean=self.mean,
            ),
            say("observed {observed:.2f}", observed=self.observed)
            if np.isfinite(self.observed)
            else say("observed rate not published"),
            say(
                "largest driver {driver} ({part:+.2f})",
                driver=self.equation.terms[k].label,
                part=self.contribution[k],
            ),
        ]
        return joined(parts)

    def to_frame(self) -> pd.DataFrame:
        """One row per driver, the largest first."""
        order = np.argsort(-np.abs(self.contribution), kind="stable")
        terms = self.equation.terms
        return in_both(
            {
                "driver": terms[k].label,
                "symbol": terms[k].key,
                "value": self.value[k],
                "mean_value": self.mean_value[k],
                "coefficient": terms[k].coefficient,
                "standard_error": terms[k].standard_error,
                "contribution": self.contribution[k],
                "contribution_lower": self.lower[k],
                "contribution_upper": self.upper[k],
            }
            for k in order
        )


# ---- public verbs ------------------------------------------------------------------------------


def equations(base: Base) -> dict[str, Equation]:
    """The equations of entry that a base can be put into; none without public statistics."""
    return _equations(base)


def equation(base: Base, key: str = "births") -> Equation:
    """One equation by its name.

    Raises
    ------
    UnknownCodeError
        No such equation of this base.
    """
    found = _equations(base)
    if key not in found:
        raise UnknownCodeError.among("equation", [key], list(found) or ["none"])
    return found[key]


def drivers_of(base: Base, area: str, key: str = "births") -> Drivers:
    """Say what entry one area's drivers lead one to expect."""
    of = equation(base, key)
    row = base.position(area)
    value, lacking = of.given(row), ~np.isfinite(of.x[row])
    apart = value - of.mean_x
    contribution, lower, upper = contributions_of(apart, of.coefficients, of.errors)
    predicted = of.mean + float(contribution.sum())
    unknown = float(((of.coefficients * of.spread_x)[lacking] ** 2).sum())
    half = Z * np.sqrt(float(((apart * of.errors) ** 2).sum()) + unknown + of.residual**2)
    notes = list(of.notes)
    if lacking.any():
        names = [of.terms[k].label for k in np.flatnonzero(lacking)]
        notes.insert(
            0,
            say(
                "Taken at the mean of the areas, for want of data: {drivers}.",
                drivers=listed(names),
            ),
        )
    if of.fitted_to_districts and base.division.name != DISTRICTS:
        notes.append(say("The equation is one of industrial districts: here it is extrapolated."))
    outside = outside_of(of, value)
    if outside:
        notes.append(
            say(
                "More than three standard deviations from the mean, where a line is least to be "
                "trusted: {drivers}.",
                drivers=listed(of.terms[k].label for k in outside),
            )
        )
    return Drivers(
        area=area,
        area_name=TwoNames(base.names("en")[row], base.names("ja")[row]),
        equation=of,
        contribution=contribution,
        lower=lower,
        upper=upper,
        value=value,
        mean_value=of.mean_x,
        missing=tuple(of.terms[k].label for k in np.flatnonzero(lacking)),
        observed=float(of.observed[row]),
        predicted=predicted,
        predicted_lower=predicted - half,
        predicted_upper=predicted + half,
        mean=of.mean,
        notes=tuple(notes),
        sources=of.sources,
    )


def outside_of(of: Equation, value: Floats) -> list[int]:
    """Drivers farther than three standard deviations from the mean."""
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(value - of.mean_x) / of.spread_x
    return [int(k) for k in np.flatnonzero(far > 3)]


# ---- the equations -------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _equations(base: Base) -> dict[str, Equation]:
    if not base.has_statistics:
        return {}
    found = {key: _printed(base, key, outcome) for key, outcome in PRINTED.items()}
    companies = _companies(base)
    if companies is not None:
        found[COMPANIES] = companies
    return found


@lru_cache
def _paper() -> PrintedPaper:
    return printed_paper("okamuro-2006")


@lru_cache
def _definitions() -> Definitions:
    return printed_definitions("okamuro-2006")


def _printed(base: Base, key: str, outcome: str) -> Equation:
    paper, told = _paper(), _definitions()
    table = paper.table("coefficients")
    rows = table[(table["outcome"] == outcome) & (table["model"] == MODEL)].set_index("term")
    described = paper.table("descriptives").set_index("variable")
    fit = paper.table("fit")
    fit = fit[(fit["outcome"] == outcome) & (fit["model"] == MODEL)].set_index("statistic")
    explained = PrintedNumber(str(fit.loc["adjusted_r2", "value"])).value
    terms, columns, mean_x, spread_x = [], [], [], []
    for name in rows.index:
        if name == "constant":
            continue
        variable = told.variable(name)
        assert variable is not None, name
        b = PrintedNumber(str(rows.loc[name, "coefficient"])).value
        t = PrintedNumber(str(rows.loc[name, "t"])).value
        terms.append(
            Term(name, TwoNames(variable.label, variable.label_ja),
                 TwoNames(variable.unit, variable.unit_ja), b, abs(b / t) if t else np.nan,
                 float(variable.step or 0.0),
                 TwoNames(variable.step_words, variable.step_words_ja))
        )  # fmt: skip
        column = variable.arithmetic.of(base.columns).to_numpy(float)
        known = np.isfinite(column)
        columns.append(column)
        printed = {s: PrintedNumber(str(described.loc[name, s])).value for s in ("mean", "sd")}
        mean_x.append(float(column[known].mean()) if known.any() else printed["mean"])
        spread_x.append(float(column[known].std(ddof=1)) if known.sum() > 1 else printed["sd"])
    number = {s: PrintedNumber(str(described.loc[outcome, s])).value for s in ("mean", "sd")}
    noun = {"START": "", "START_H": "high-tech ", "START_L": "low-tech "}[outcome]
    noun_ja = {"START": "", "START_H": "ハイテク業種の", "START_L": "ローテク業種の"}[outcome]
    return Equation(
        key=key,
        label=TwoNames(
            f"{noun}births of manufacturing plants, 1998–2000",
            f"製造業事業所の{noun_ja}開業（1998～2000年）",
        ),
        unit=TwoNames(
            f"{noun}births per 10,000 labour force in two years",
            f"労働力人口1万人あたり{noun_ja}開業数（2年間）",
        ),
        period="1998-2000",
        terms=tuple(terms),
        x=np.stack(columns, axis=1),
        mean_x=np.array(mean_x),
        spread_x=np.array(spread_x),
        mean=number["mean"],
        residual=number["sd"] * float(np.sqrt(1 - explained)),
        observed=_ranked(base, outcome),
        fitted_to_districts=True,
        sources=(OKAMURO_2006.at(say(
                     "tables {first}, {second} and {table}, model {model}",
                     first=1, second=3, table=rows.iloc[0]["table"], model=MODEL,
                 )),
                 *base.sources_of(("labour_force_1995", "plants_1998"))),
        notes=(
            say(
                "Printed coefficients on public accounts about 1998. The print gives no "
                "covariances: intervals of several drivers add their widths."
            ),
            *((MISPRINT,) if outcome == "START_L" else ()),
        ),
    )  # fmt: skip


MISPRINT = say(
    "The coefficient of HITECH in table 6, model 1 is taken as printed, −0.0565; its t and the "
    "other models fit −0.565 (shuseki audit okamuro-2006)."
)


def _ranked(base: Base, outcome: str) -> Floats:
    """Rates that table 1 prints, for the districts that it names."""
    observed = np.full(len(base.codes), np.nan)
    if base.division.name != DISTRICTS:
        return observed
    ranking = _paper().table("ranking")
    ranking = ranking[ranking["outcome"] == outcome]
    areas = base.division.areas
    parents = base.division.parent_names("ja")
    for row in ranking.itertuples():
        hit = [
            k
            for k, (name, prefecture) in enumerate(
                zip(areas["name_ja"], areas["prefecture"], strict=True)
            )
            if name == row.area and parents[prefecture].startswith(str(row.prefecture))
        ]
        if len(hit) == 1:
            observed[hit[0]] = PrintedNumber(str(row.rate)).value
    return observed


TODAY: Mapping[str, tuple[str, str, str, str, str, float, str, str]] = {
    # symbol: formula is in _companies; label en, ja, unit en, ja, …, step and its words
    "UNEMPL": ("unemployment rate", "失業率", "share", "比率", "", 0.01,
               "1 point more unemployment", "失業率が1ポイント高い"),
    "UNIV": ("share of university graduates", "大卒比率", "share", "比率", "", 0.1,
             "10 points more university graduates", "大卒比率が10ポイント高い"),
    "DENS": ("establishments per km² (log)", "事業所密度（対数）", "log", "対数", "", 0.0953,
             "10% more establishments per km²", "事業所密度が10%高い"),
    "MRATIO": ("manufacturing share of workers", "製造業比率", "share", "比率", "", 0.1,
               "10 points more manufacturing share", "製造業比率が10ポイント高い"),
    "AVESIZE": ("workers per establishment", "平均規模", "workers", "人", "", -1.0,
                "1 worker fewer per establishment", "平均従業者数が1人少ない"),
    "INCOME": ("taxable income per taxpayer", "納税者1人あたり課税対象所得", "10,000 yen", "万円",
               "", 10.0, "100,000 yen more income", "所得が10万円高い"),
}  # fmt: skip


def _companies(base: Base) -> Equation | None:
    """Births of companies today on the accounts of today, by least squares (HC1)."""
    table = base.columns
    if "companies_created_per_year" not in table:
        return None
    labour = (table["employed_2020"] + table["unemployed_2020"]).to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = 10_000 * table["companies_created_per_year"].to_numpy(float) / labour
        columns = {
            "UNEMPL": table["unemployed_2020"].to_numpy(float) / labour,
            "UNIV": (table["university_graduates_2010"] / table["population_2010"]).to_numpy(float),
            "DENS": np.log(
                (table["all_plants_2021"] / table["habitable_area_km2_2024"]).to_numpy(float)
            ),
            "MRATIO": (
                table["manufacturing_employees_2021"] / table["all_employees_2021"]
            ).to_numpy(float),
            "AVESIZE": (table["all_employees_2021"] / table["all_plants_2021"]).to_numpy(float),
            "INCOME": (
                table["taxable_income_1000_yen_2020"] / table["income_taxpayers_2020"] / 10
            ).to_numpy(float),
        }
    x = np.stack(list(columns.values()), axis=1)
    x[~np.isfinite(x)] = np.nan
    whole = np.isfinite(x).all(axis=1) & np.isfinite(rate)
    if whole.sum() < 3 * x.shape[1]:
        return None
    design = np.column_stack([np.ones(int(whole.sum())), x[whole]])
    fit = least_squares(rate[whole], design, "HC1")
    errors = np.sqrt(np.diag(fit.covariance))[1:]
    terms = tuple(
        Term(name, TwoNames(told[0], told[1]), TwoNames(told[2], told[3]), float(b), float(se),
             told[5], TwoNames(told[6], told[7]))
        for (name, told), b, se in zip(TODAY.items(), fit.coefficients[1:], errors, strict=True)
    )  # fmt: skip
    return Equation(
        key=COMPANIES,
        label=TwoNames(
            "new companies of all industries, 2021–2026", "新設法人（全産業、2021～2026年）"
        ),
        unit=TwoNames(
            "new companies per 10,000 labour force and year",
            "労働力人口1万人あたり新設法人数（年率）",
        ),
        period="2021-2026",
        terms=terms,
        x=x,
        mean_x=x[whole].mean(axis=0),
        spread_x=x[whole].std(axis=0, ddof=1),
        mean=float(rate[whole].mean()),
        residual=float(fit.residuals.std(ddof=len(terms) + 1)),
        observed=np.where(np.isfinite(rate), rate, np.nan),
        fitted_to_districts=False,
        sources=base.sources_of(("companies_created_per_year", "employed_2020")),
        notes=(
            say("Estimated on the areas shown, standard errors HC1: companies of all industries."),
        ),
    )  # fmt: skip


# ---- arithmetic ----------------------------------------------------------------------------------


def contributions_of(
    apart: Floats, coefficients: Floats, errors: Floats
) -> tuple[Floats, Floats, Floats]:
    """Contribution of each driver and its 90 % interval, ``(K,)`` each.

    Examples
    --------
    >>> part, low, high = contributions_of(np.array([2.0]), np.array([3.0]), np.array([1.0]))
    >>> float(part[0]), round(float(low[0]), 2), round(float(high[0]), 2)
    (6.0, 2.71, 9.29)
    """
    part = coefficients * apart
    half = Z * np.abs(apart) * errors
    return part, part - half, part + half
