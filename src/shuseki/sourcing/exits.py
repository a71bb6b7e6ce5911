"""How likely is each firm to leave, and of which processes will nobody be left?

The yearly hazard of exit of a firm, by its head's age, its successor, its size and the share of
sales that it has lost (complementary log-log)::

    h = 1 − exp(−exp(α + β_age (age − 60)/10 + β_successor + β_size log2(employees/10)
                       + β_sales · lost share))

What is not known of a firm is not made up: an unknown successor is a mixture, by published rates of
*one* publisher and year (their samples differ, so rates are never mixed); an unknown age is the
median of those known, an unknown size 10 persons, and the notes count both. Coefficients are
assumptions with ranges (``data/exit_hazard.csv``); ``calibrated`` moves α until the firms leave at
a stated yearly rate.

A process survives while one firm does: with exits independent, P(none left) = Π p_i.

Takes: a ``Directory`` or a table of firms. Gives: probabilities per year and over a horizon.
Sources: rates in ``data/succession.csv`` (TDB, TSR, JFC). Checked against: closed forms.
Limits: rates are shares of firms without a successor, not of firms that close; the step from one to
the other is assumed. Closures by debt, fire or flood are in α alone.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.reading.tables import read_table
from shuseki.results import Result, result
from shuseki.sources import USER, Source
from shuseki.sourcing.processes import processes

__all__ = [
    "STATUSES",
    "ExitHazard",
    "ExitOutlook",
    "Owners",
    "SuccessionRates",
    "exit_outlook",
    "exit_probability",
    "none_left",
    "owners_of",
    "read_owners",
    "succession_rates",
    "yearly_hazard",
]

STATUSES = ("decided", "undecided", "will_close", "too_early")
"""What is known of a successor; ``unknown`` is a mixture of them."""
TYPICAL_EMPLOYEES = 10.0
FALLBACK_AGE = 60.0


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("shuseki.sourcing") / "data" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@dataclass(frozen=True, eq=False)
class SuccessionRates:
    """Shares of firms by what is known of their successor, of one publisher and year.

    Attributes
    ----------
    publisher, year
        Of the rates.
    ages, absent
        Middle of each age class, and the share without a successor there, shape ``(k,)``; empty
        where the publisher gives intentions without ages.
    intentions
        Share of each of ``STATUSES``, where the publisher gives them.
    """

    publisher: str
    year: int
    ages: Floats
    absent: Floats
    intentions: Mapping[str, float] = field(default_factory=dict)
    source: Source = USER

    def mixture(self, age: Floats) -> Floats:
        """Share of each status among firms whose successor is unknown, shape ``(n, 4)``.

        Between the ages of the publisher's classes the share without a successor is interpolated;
        beyond them it stays. Without a successor counts as undecided, with one as decided.
        """
        at = np.asarray(age, dtype=float)
        if self.intentions:
            row = np.array([self.intentions[status] for status in STATUSES])
            return np.tile(row, (len(at), 1))
        absent = np.interp(at, self.ages, self.absent)
        return np.column_stack([1 - absent, absent, np.zeros_like(at), np.zeros_like(at)])


@cache
def succession_rates(publisher: str = "TDB", year: int | None = None) -> SuccessionRates:
    """Published rates of one publisher: ``"TDB"``, ``"TSR"`` or ``"JFC"``.

    Parameters
    ----------
    year
        The latest by default.

    Raises
    ------
    UnknownCodeError
        No such publisher, or no rates by age or by intention of that year.

    Examples
    --------
    >>> rates = succession_rates("TSR", 2022)
    >>> rates.absent.round(4).tolist(), rates.mixture(np.array([75.0])).round(4).tolist()
    ([0.391, 0.2749, 0.2181], [[0.7251, 0.2749, 0.0, 0.0]])
    """
    rows = _rows("succession.csv")
    publishers = sorted({row["publisher"] for row in rows})
    if publisher not in publishers:
        raise UnknownCodeError.among("publisher", [publisher], publishers)
    usable = [
        row
        for row in rows
        if row["publisher"] == publisher and (row["low_age"] or row["kind"] == "intention")
    ]
    years = sorted({int(row["year"]) for row in usable})
    chosen = years[-1] if year is None else year
    if chosen not in years:
        raise UnknownCodeError(
            say(
                "No rates by age of {publisher} in {chosen}. Expected one of {years}. Choose "
                "another year.",
                publisher=publisher,
                chosen=chosen,
                years=listed(map(str, years)),
            )
        )
    rows = [row for row in usable if int(row["year"]) == chosen]
    aged = sorted((row for row in rows if row["low_age"]), key=lambda row: int(row["low_age"]))
    return SuccessionRates(
        publisher=publisher,
        year=chosen,
        ages=np.array([(int(row["low_age"]) + int(row["high_age"]) + 1) / 2 for row in aged]),
        absent=np.array([float(row["percent"]) / 100 for row in aged]),
        intentions=MappingProxyType(
            {
                row["category"]: float(row["percent"]) / 100
                for row in rows
                if row["kind"] == "intention"
            }
        ),
        source=Source(
            f"{publisher}{chosen}",
            joined([publisher, rows[0]["seen_in"]], ", "),
            str(chosen),
            terms=say("facts of a publication; cite it"),
            origin="public",
        ),
    )


def _assumed(column: str = "value") -> dict[str, float]:
    return {row["name"]: float(row[column]) for row in _rows("exit_hazard.csv")}


def _effects(table: Mapping[str, float]) -> tuple[float, float, float, float]:
    decided, undecided, will_close, too_early = (table[name] for name in STATUSES)
    return decided, undecided, will_close, too_early


@dataclass(frozen=True)
class ExitHazard:
    """Coefficients of the yearly hazard; those of ``data/exit_hazard.csv`` by default.

    Attributes
    ----------
    hazard_at_60
        Share per year of firms of 10 whose head is 60 and successor undecided, in (0, 1).
    per_10_years_of_age, per_doubling_of_employees, per_share_of_sales_lost
        Effects on the log of the hazard.
    successor
        Effect of each of ``STATUSES``, in that order.

    Raises
    ------
    ParameterError
        A hazard outside (0, 1), or a number that is none.
    """

    hazard_at_60: float = field(default_factory=lambda: _assumed()["hazard_at_60"])
    per_10_years_of_age: float = field(default_factory=lambda: _assumed()["per_10_years_of_age"])
    successor: tuple[float, float, float, float] = field(
        default_factory=lambda: _effects(_assumed())
    )
    per_doubling_of_employees: float = field(
        default_factory=lambda: _assumed()["per_doubling_of_employees"]
    )
    per_share_of_sales_lost: float = field(
        default_factory=lambda: _assumed()["per_share_of_sales_lost"]
    )

    def __post_init__(self) -> None:
        if not 0 < self.hazard_at_60 < 1:
            raise ParameterError(
                say(
                    "hazard_at_60 = {hazard_at_60:g}. Expected a share per year in (0, 1), such "
                    "as 0.02.",
                    hazard_at_60=self.hazard_at_60,
                )
            )
        numbers = (
            self.per_10_years_of_age,
            self.per_doubling_of_employees,
            self.per_share_of_sales_lost,
            *self.successor,
        )
        if not np.isfinite(numbers).all() or len(self.successor) != len(STATUSES):
            raise ParameterError(
                say(
                    "Effects on the hazard: {numbers}. Expected numbers, one for each of "
                    "{statuses}.",
                    numbers=numbers,
                    statuses=listed(STATUSES),
                )
            )

    @staticmethod
    def ends(which: str) -> "ExitHazard":
        """The hazard with every coefficient at its ``"low"`` or ``"high"`` end of risk."""
        table = _assumed(which)
        return ExitHazard(
            table["hazard_at_60"],
            table["per_10_years_of_age"],
            _effects(table),
            table["per_doubling_of_employees"],
            table["per_share_of_sales_lost"],
        )

    def calibrated(self, owners: "Owners", exits_per_year_share: float) -> "ExitHazard":
        """The hazard whose mean over these firms is a stated share per year.

        Raises
        ------
        ParameterError
            The share is not in (0, 0.5).
        """
        if not 1e-9 < exits_per_year_share < 0.5:
            raise ParameterError(
                say(
                    "exits_per_year_share = {exits_per_year_share:g}. Expected a share in (0, "
                    "0.5), such as 0.02.",
                    exits_per_year_share=exits_per_year_share,
                )
            )

        def excess(log_hazard: float) -> float:
            tried = replace(self, hazard_at_60=float(-np.expm1(-np.exp(log_hazard))))
            return float(owners.hazard(tried).mean()) - exits_per_year_share

        return replace(
            self,
            hazard_at_60=float(
                -np.expm1(-np.exp(scipy.optimize.brentq(excess, -30.0, 3.0, xtol=1e-12)))
            ),
        )


@dataclass(frozen=True, eq=False)
class Owners:
    """What is known of the heads of firms, ready for arithmetic.

    Attributes
    ----------
    firms
        Names, unique.
    age
        Years, shape ``(n,)``; the median of those known where unknown.
    status
        Share of each of ``STATUSES`` for each firm, shape ``(n, 4)``: one 1 where known.
    employees
        Shape ``(n,)``.
    cells
        What each firm does, such as its processes.
    notes
        What had to be assumed of how many firms.
    """

    firms: tuple[str, ...]
    age: Floats
    status: Floats
    employees: Floats
    cells: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def __len__(self) -> int:
        return len(self.firms)

    def hazard(
        self, parameters: ExitHazard, *, years_on: float = 0.0, lost_share: Floats | float = 0.0
    ) -> Floats:
        """Yearly hazard of every firm, so many years from now, shape ``(n,)``."""
        return yearly_hazard(
            parameters, self.age + years_on, self.status, self.employees, lost_share
        )

    def with_successors(self, firms: Sequence[str]) -> "Owners":
        """The same firms after some of them found a successor."""
        status = self.status.copy()
        at = {name: k for k, name in enumerate(self.firms)}
        for name in firms:
            status[at[name]] = (1.0, 0.0, 0.0, 0.0)
        return replace(self, status=status)


def owners_of(directory: Directory, rates: SuccessionRates | None = None) -> Owners:
    """Heads of the firms of a directory; their processes are the cells."""
    processes: dict[str, set[str]] = {}
    for capability in directory.capabilities:
        processes.setdefault(capability.firm, set()).add(capability.process)
    return _owners(
        directory.keys,
        [firm.owner_age for firm in directory.firms],
        [firm.successor for firm in directory.firms],
        [firm.employees for firm in directory.firms],
        tuple(tuple(sorted(processes.get(key, ()))) for key in directory.keys),
        rates,
        directory.sources,
    )


def read_owners(path: str | Path | pd.DataFrame, rates: SuccessionRates | None = None) -> Owners:
    """Heads of firms from a table.

    Parameters
    ----------
    path
        Columns ``firm``, ``owner_age``, ``successor`` (decided, undecided, will_close, too_early,
        unknown), ``employees``, ``processes`` (separated by ``;``); all but the first may be
        missing or empty.

    Raises
    ------
    DataError
        A firm twice, an age or a number of employees that cannot be; the message names the rows.
    UnknownCodeError
        A word for the successor that is not known.
    """
    if isinstance(path, pd.DataFrame):
        table = path
    else:
        table = read_table(
            path,
            codes=["firm"],
            numbers=["owner_age", "employees"],
            text=["successor", "processes"],
        )
    if "firm" not in table or table.empty:
        raise DataError(
            say(
                "The table of firms has {n_table} rows and columns {columns}. Expected a column "
                "firm and one row or more. Correct it.",
                n_table=len(table),
                columns=examples(table.columns),
            )
        )
    repeated = table[table["firm"].duplicated(keep=False)]
    if len(repeated):
        raise DataError(
            say(
                "Firms given twice: {repeated}, in rows {index}. Expected each once. Keep one row "
                "of each.",
                repeated=examples(repeated["firm"].unique()),
                index=examples(repeated.index),
            )
        )
    status = (
        [str(cell).strip() or "unknown" for cell in table["successor"].astype(object).fillna("")]
        if "successor" in table
        else ["unknown"] * len(table)
    )
    known = (*STATUSES, "unknown")
    wrong = [
        say("{value!r} in row {row}", value=cell, row=row)
        for row, cell in zip(table.index, status, strict=True)
        if cell not in known
    ]
    if wrong:
        raise UnknownCodeError(
            say(
                "Unknown words for the successor: {wrong}. Expected one of {known}. Correct the "
                "cells.",
                wrong=examples(wrong),
                known=listed(known),
            )
        )
    for name, low, high in (("owner_age", 15, 110), ("employees", 0, 1e6)):
        if name in table:
            value = table[name].to_numpy(dtype=float)
            bad = ~np.isnan(value) & ~((value >= low) & (value <= high))
            if bad.any():
                said = examples(
                    say("{value:g} in row {row}", value=v, row=row)
                    for row, v in zip(table.index[bad], value[bad], strict=True)
                )
                raise DataError(
                    say(
                        "{name} that cannot be: {said}. Expected {low:,.15g} to {high:,.15g}. "
                        "Correct them, or leave the cell empty where it is not known.",
                        name=name,
                        said=said,
                        low=low,
                        high=high,
                    )
                )
    blank: list[Any] = [None] * len(table)
    cells: tuple[tuple[str, ...], ...] = ()
    if "processes" in table:
        cells = tuple(
            tuple(sorted({part.strip() for part in str(cell).split(";")} - {"", "nan"}))
            for cell in table["processes"].astype(object).fillna("")
        )
    return _owners(
        tuple(map(str, table["firm"])),
        _or_none(table["owner_age"]) if "owner_age" in table else blank,
        status,
        _or_none(table["employees"]) if "employees" in table else blank,
        cells,
        rates,
        (USER,),
    )


def _or_none(column: "pd.Series[Any]") -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _owners(
    firms: tuple[str, ...],
    ages: Sequence[float | None],
    statuses: Sequence[str],
    employees: Sequence[float | None],
    cells: tuple[tuple[str, ...], ...],
    rates: SuccessionRates | None,
    sources: tuple[Source, ...],
) -> Owners:
    """Fill what is unknown, and say how often."""
    twice = [name for name, count in Counter(firms).items() if count > 1]
    if twice:
        raise DataError(
            say(
                "Firms given twice: {twice}. Expected each once. Keep one.",
                twice=examples(twice),
            )
        )
    rates = succession_rates() if rates is None else rates
    told = np.array([np.nan if age is None else float(age) for age in ages])
    median = float(np.nanmedian(told)) if np.isfinite(told).any() else FALLBACK_AGE
    age = np.where(np.isnan(told), median, told)
    size = np.array([np.nan if x is None else max(float(x), 1.0) for x in employees])
    status = np.zeros((len(firms), len(STATUSES)))
    unknown = np.array([s == "unknown" for s in statuses], dtype=bool)
    for k, name in enumerate(statuses):
        if name != "unknown":
            status[k, STATUSES.index(name)] = 1.0
    notes: list[str] = []
    used = sources
    if unknown.any():
        status[unknown] = rates.mixture(age[unknown])
        used = (*sources, rates.source)
        notes.append(
            say(
                "The successors of {n:count(firm)} are unknown: shares of {publisher} {year} by "
                "age, of no other publisher.",
                n=int(unknown.sum()),
                publisher=rates.publisher,
                year=rates.year,
            )
        )
    if np.isnan(told).any():
        notes.append(
            say(
                "The heads' ages of {n:count(firm)} are unknown: taken as {age:g}, the median.",
                n=int(np.isnan(told).sum()),
                age=median,
            )
        )
    if np.isnan(size).any():
        notes.append(
            say(
                "The employees of {n:count(firm)} are unknown: taken as 10.",
                n=int(np.isnan(size).sum()),
            )
        )
    return Owners(
        firms=firms,
        age=age,
        status=status,
        employees=np.where(np.isnan(size), TYPICAL_EMPLOYEES, size),
        cells=cells,
        notes=tuple(notes),
        sources=used,
    )


# ---- arithmetic ----------------------------------------------------------------------------------


def yearly_hazard(
    parameters: ExitHazard,
    age: Floats,
    status: Floats,
    employees: Floats,
    lost_share: Floats | float = 0.0,
) -> Floats:
    """Yearly hazard of exit, shape ``(n,)``.

    Parameters
    ----------
    age
        Years, shape ``(n,)``.
    status
        Share of each of ``STATUSES``, rows add up to 1, shape ``(n, 4)``.
    employees
        Shape ``(n,)``, ≥ 1.
    lost_share
        Of the sales at the start, 0 to 1, shape ``(n,)``.

    Examples
    --------
    >>> ten, sixty = np.array([10.0]), np.array([60.0])
    >>> float(yearly_hazard(ExitHazard(), sixty, np.array([[0.0, 1, 0, 0]]), ten)[0].round(9))
    0.02
    """
    base = np.log(-np.log1p(-parameters.hazard_at_60))
    shift = (
        base
        + parameters.per_10_years_of_age * (age - 60.0) / 10.0
        + parameters.per_doubling_of_employees * np.log2(employees / TYPICAL_EMPLOYEES)
        + parameters.per_share_of_sales_lost * lost_share
    )
    by_status = -np.expm1(-np.exp(shift[:, None] + np.array(parameters.successor)))
    return np.asarray((status * by_status).sum(axis=1))


def exit_probability(owners: Owners, parameters: ExitHazard, years: int) -> Floats:
    """Probability of leaving within so many years, heads growing older, shape ``(n,)``.

    A mixture of successors stays one: the share of each status left after a year is what has
    survived it.
    """
    left = np.zeros(len(owners))
    for k in range(len(STATUSES)):
        only = np.zeros((len(owners), len(STATUSES)))
        only[:, k] = 1.0
        stays = np.ones(len(owners))
        for year in range(years):
            stays *= 1 - yearly_hazard(parameters, owners.age + year, only, owners.employees)
        left += owners.status[:, k] * (1 - stays)
    return left


def none_left(probability: Floats, member: Bools) -> Floats:
    """Probability that no firm of each cell is left, exits independent: Π p_i, shape ``(c,)``.

    Parameters
    ----------
    probability
        Of each firm's exit, shape ``(n,)``.
    member
        Whether a firm is in a cell, shape ``(n, c)``; an empty cell has 1.

    Examples
    --------
    >>> none_left(np.array([0.5, 0.2]), np.array([[True, True], [True, False]])).tolist()
    [0.1, 0.5]
    """
    return np.asarray(np.where(member, probability[:, None], 1.0).prod(axis=0))


# ---- outlook -------------------------------------------------------------------------------------


@result
class ExitOutlook(Result):
    """How likely firms are to leave, and processes to be left without any.

    Attributes
    ----------
    years
        Horizon.
    firms
        One row per firm: ``firm``, ``owner_age_years``, ``hazard_share`` (this year),
        ``exit_probability_share`` (within the horizon), and ``low``, ``high`` ends of it.
    cells
        One row per process: ``process``, ``firms``, ``expected_survivors``,
        ``none_left_share``; the rarest first.
    """

    years: int
    firms: pd.DataFrame
    cells: pd.DataFrame

    def headline(self) -> Message:
        """Expected exits, and the process most at risk."""
        expected = float(self.firms["exit_probability_share"].sum())
        said = say(
            "{expected:.1f} of {n:count(firm)} are expected to leave within {years:count(year)} "
            "({low:.1f} to {high:.1f} over the range of what is assumed)",
            expected=expected,
            low=float(self.firms["exit_probability_low_share"].sum()),
            high=float(self.firms["exit_probability_high_share"].sum()),
            n=len(self.firms),
            years=self.years,
        )
        if self.cells.empty:
            return said
        first = self.cells.iloc[0]
        return say(
            "{exits}; most at risk: {process}, nobody left with probability {none:.2f}",
            exits=said,
            process=_process_name(str(first["process"])),
            none=float(first["none_left_share"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm, the most likely to leave first."""
        return self.firms.copy()


def _process_name(code: str) -> str:
    """What a process is called, in both languages; a name that is no code stays."""
    known = processes().get(code)
    return code if known is None else TwoNames(known.name_en, known.name_ja)


def exit_outlook(
    owners: Owners, *, parameters: ExitHazard | None = None, years: int = 5
) -> ExitOutlook:
    """Exit within a horizon of every firm, and survival of every process.

    Raises
    ------
    ParameterError
        Fewer than one year, or more than 50.
    """
    if not 1 <= years <= 50:
        raise ParameterError(
            say(
                "years = {years}. Expected 1 to 50. Choose another horizon.",
                years=years,
            )
        )
    chosen = ExitHazard() if parameters is None else parameters
    middle = exit_probability(owners, chosen, years)
    ends = np.array(
        [exit_probability(owners, ExitHazard.ends(which), years) for which in ("low", "high")]
    )
    if parameters is not None:
        ends = np.array([middle, middle])  # the caller's own numbers have no stated range
    firms = pd.DataFrame(
        {
            "firm": owners.firms,
            "owner_age_years": owners.age,
            "hazard_share": owners.hazard(chosen),
            "exit_probability_share": middle,
            "exit_probability_low_share": np.minimum(ends.min(axis=0), middle),
            "exit_probability_high_share": np.maximum(ends.max(axis=0), middle),
        }
    ).sort_values(["exit_probability_share", "firm"], ascending=[False, True], ignore_index=True)
    names, member = cell_members(owners.cells, len(owners))
    cells = pd.DataFrame(
        {
            "process": names,
            "firms": member.sum(axis=0),
            "expected_survivors": member.T @ (1 - middle) if len(names) else [],
            "none_left_share": none_left(middle, member),
        }
    ).sort_values(["none_left_share", "process"], ascending=[False, True], ignore_index=True)
    return ExitOutlook(
        years=years,
        firms=firms,
        cells=cells,
        notes=(
            *owners.notes,
            say("Hazards are assumptions until a register of closures supplies them."),
        ),
        sources=owners.sources,
    )


def cell_members(cells: tuple[tuple[str, ...], ...], n: int) -> tuple[list[str], Bools]:
    """Names of cells, sorted, and who is in each, shape ``(n, c)``."""
    names = sorted({name for some in cells for name in some})
    at: dict[str, int] = {name: k for k, name in enumerate(names)}
    member = np.zeros((n, len(names)), dtype=bool)
    rows: Ints = np.arange(n)
    for row, some in zip(rows, cells, strict=False):
        for name in some:
            member[row, at[name]] = True
    return names, member
